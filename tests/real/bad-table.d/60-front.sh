# shellcheck shell=bash disable=SC1003,SC2016,SC2034,SC2154
# SPDX-License-Identifier: Apache-2.0
# 60-front.sh - Compose files and docker run lines.
[ "$ID" != none ] || return 0

compose() { # STATUS PATTERN TEXT: compose.yaml, of which service a is run
	local WITH="cat >compose.yaml <<'END_OF_FILE'
$3
END_OF_FILE"
	row "$1" "$2" run --from-compose "service=a,file=$D/compose.yaml" "$ROOT" -- /bin/true
}
service() { compose "$1" "$2" "services:
  a:
    image: x
    $3"; }

class 'compose files: no project'
for text in '' '#' '---' '[]' '1' '"x"' 'services' 'services:' 'services: []' 'services: 1' 'services: {}' 'services: {a: }' 'services: {a: []}' 'services: {a: 1}' 'services: {b: {image: x}}' \
	'servces: {a: {image: x}}' $'services: {a: {image: x}\n' $'services:\n\ta: {}' 'services: {a: {image: x}, a: {image: x}}' '{{}}' '*x' '&x' '!!python/object {}' $'--- 1\n--- 2' 'services: {a: *x}' \
	'services: &x {a: *x}' $'a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e]' \
	'services: {"a/b": {image: x}}' 'services: {a: {image: x}} }' '%YAML 9.9' $'services:\n  a:\n image: x' 'include: nowhere.yml' 'include: [/etc]' 'include: 1' 'include: compose.yaml' 'name: "../x"' 'name: ""' 'name: 1'; do
	compose 125 'compose.yaml|service|nowhere|etc' "$text"
done

class 'compose files: a key with what it cannot be'
for line in 'command: {a: b}' 'command: [{}]' 'entrypoint: {}' 'user: {}' 'user: -1' 'user: "x:y:z"' 'working_dir: 1x/..' 'working_dir: []' 'environment: 1' 'environment: [[]]' 'environment: {A: {}}' 'environment: ["=x"]' \
	'env_file: nowhere.env' 'env_file: {}' 'env_file: [1]' 'env_file: /dev/zero' 'env_file: .' 'volumes: 1' 'volumes: [1]' 'volumes: ["x"]' 'volumes: [{}]' 'volumes: [{type: x}]' 'volumes: ["/nowhere:/x"]' 'volumes: ["/etc:x"]' \
	'volumes: ["/etc:/x:wat"]' 'volumes: ["a:/x"]' 'tmpfs: 1' 'tmpfs: [x]' 'tmpfs: ["/x:size=q"]' 'read_only: x' 'read_only: 2' 'cap_add: X' 'cap_add: [X]' 'cap_add: [[]]' 'cap_drop: [CAP_X]' 'privileged: true' 'privileged: x' \
	'security_opt: x' 'security_opt: [x]' 'security_opt: ["seccomp:nowhere.json"]' 'pids_limit: x' 'pids_limit: 1.5' 'pids_limit: 0x5x' 'mem_limit: x' 'mem_limit: -1' 'mem_limit: []' 'mem_limit: 5' 'cpus: x' 'cpus: -1' 'cpus: []' \
	'cpu_shares: x' 'cpuset: x' 'cpuset: "9999"' 'ulimits: 1' 'ulimits: {x: 1}' 'ulimits: {nofile: x}' 'ulimits: {nofile: {soft: 5, hard: 1}}' 'sysctls: 1' 'sysctls: {kernel.x: 1}' 'sysctls: [x]' 'network_mode: x' 'network_mode: "container:x"' \
	'network_mode: []' 'networks: 1' 'hostname: "a b"' 'hostname: []' 'domainname: "a b"' 'extra_hosts: 1' 'extra_hosts: [x]' 'extra_hosts: ["a:x"]' 'dns: x' 'dns: [1.2.3]' 'dns_search: ["a b"]' 'devices: 1' 'devices: ["/dev/nowhere"]' \
	'devices: ["x"]' 'stop_signal: X' 'stop_signal: []' 'stop_grace_period: x' 'stop_grace_period: -5s' 'shm_size: x' 'shm_size: 0' 'tty: x' 'init: x' 'userns_mode: x' 'ipc: x' 'ipc: host' 'pid: x' 'pid: host' 'uts: x' 'group_add: 1' 'group_add: [-1]' \
	'oom_score_adj: x' 'oom_score_adj: 1001' 'secrets: 1' 'secrets: [x]' 'secrets: [{}]' 'configs: [x]' 'deploy: 1' 'deploy: {resources: 1}' 'deploy: {resources: {limits: {memory: x}}}' 'deploy: {resources: {limits: {cpus: x}}}' \
	'extends: x' 'extends: {service: x}' 'extends: {file: nowhere.yml, service: x}' 'extends: {}' 'extends: a' 'colour: red' 'Image: x' 'runtime: runc' 'cgroup_parent: x' 'isolation: hyperv' 'credential_spec: {}' 'profiles: 1' 'blkio_config: 1' \
	'blkio_config: {weight: 5}' 'blkio_config: {device_read_bps: [{path: x}]}' 'command: ${' 'command: ${X:?must}' 'command: ${X' 'command: $ {' 'user: ${NOT_SET?}' 'labels: [[]]' 'build: .' 'x-rootfs: []' 'volumes_from: [b]' 'links: 1' 'gpus: all'; do
	service - 'compose.yaml:[0-9]+:[0-9]+|nowhere|blkio-weight' "$line"
done

class 'compose: actions and files'
with ': >empty.yaml; mkdir dir; mkfifo fifo; truncate -s 1G huge.yaml; printf "services: {a: {image: x}}\n" >good.yaml; printf "A=\0\n" >zero.env; printf "=x\n" >eq.env; printf "\377=1\n" >utf.env; : >closed; chmod 0 closed'
for file in empty.yaml dir fifo huge.yaml nowhere.yaml /dev/zero closed /proc/self/mem good.yaml/x; do
	case $ID:$file in
	root:closed) row 125 . compose config --file "$D/$file" ;;
	*) row 125 "${file%%.*}" compose config --file "$D/$file" ;;
	esac
	row 125 "${file%%.*}|no service|empty|services" run --from-compose "service=a,file=$D/$file" "$ROOT" -- true
done
for file in nowhere.env dir fifo /dev/zero zero.env eq.env utf.env; do row - "${file#/}|env" run --from-compose "service=a,file=$D/good.yaml,env-file=$D/$file" "$ROOT" -- /bin/true; done
row 125 'b' run --from-compose "service=b,file=$D/good.yaml" "$ROOT" -- true
for word in cnofig up down 'run' '' -x --file 'config x' 'config --x' 'run --x' 'check x y' 'ps'; do
	read -ra words <<<"$word"
	row 125 . compose "${words[@]}"
done

class 'docker run lines'
line() { row "$1" "$2" run --from-docker="$3" "$ROOT" -- /bin/true; }
for text in '' ' ' docker 'docker run' 'docker ps' 'run x' 'docker run -x x' 'docker run --memroy 5 x' 'docker run --memory x' 'docker run --memory 5x x y' 'docker run -m' 'docker run --privileged x' 'docker run -v x' 'docker run -v /nowhere:/x x' \
	'docker run -p x x' 'docker run -p 99999:1 x' 'docker run --network bridgex x' 'docker run -u : x' 'docker run --cap-add X x' 'docker run --ulimit x x' 'docker run "x' "docker run 'x" 'docker run x \' 'docker run $(x) y' 'docker run `x` y' \
	'docker run x | y' 'docker run x; y' 'docker run x && y' 'docker run x > y' 'docker run $X y' 'docker run ${X} y' 'docker run --env-file /nowhere x' 'docker run --security-opt seccomp=/nowhere x' 'docker run --device /dev/nowhere x' \
	'docker run --pid host x' 'docker run --ipc host x' 'docker run --tmpfs x x' 'docker run --mount type=x x' 'docker run --stop-signal X x' 'docker run --hostname "a b" x' 'docker run --cpus x x' 'docker run --sysctl x x' 'docker run --runtime x y' \
	'docker run --userns host x' 'docker run --gpus all x' 'docker run --restart sometimes x' 'docker run --name "a b" x' 'podman run --x y' 'sudo rm -rf /' 'docker run --read-only=x y' 'docker run -it=5 x' 'docker run --rm=maybe x' $'docker run \e[31m x' $'docker run --\xff x'; do
	line - '.' "$text"
done
line - . "docker run $(printf '%0100000d' 0)x --memory"

class 'export'
for words in '' '--to' '--to x' '--to docker' '--to kubernetes /nowhere --x' '--to compose --memory 5x /x' '--to systemd' '-x' '--to docker --to compose /x'; do
	read -ra words <<<"$words"
	row - . export "${words[@]}"
done
