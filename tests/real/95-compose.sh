# shellcheck shell=bash disable=SC2016,SC2034 # what is for the sandbox or for YAML is not expanded; LIMIT is lib.sh's
# SPDX-License-Identifier: Apache-2.0
# 95-compose.sh - pillbox compose run, check and config: what each key of a service does, as the
# program inside sees it; what a mistake in a file is told as; and files that mean harm.

DIR=$TMP/project
as "$ID" mkdir -p "$DIR"

# The project directory's file NAME from standard input. The caller may not be the identity.
put() { # NAME
	cat >"$TMP/put"
	chmod a+r "$TMP/put"
	as "$ID" cp "$TMP/put" "$DIR/$1"
	rm -f "$TMP/put"
}

# A file with the service `web`, its keys from standard input; what belongs beside `services` as $1.
service() {
	{
		printf 'services:\n  web:\n    image: example/web:1.0\n    x-rootfs: %s\n' "$ROOT"
		sed 's/^/    /'
		[ $# = 0 ] || printf '%s\n' "$1"
	} | put compose.yaml
}

co() { # ACTION [ARG...]
	local action=$1
	shift
	run "$PB" compose "$action" -f "$DIR/compose.yaml" "$@"
}

# Limits are taken where the machine has them.
web() { co run --allow-missing=cgroup web "$@"; }
facts() { web /bin/probe facts; want_ok; }

# --- who and what is run ------------------------------------------------------------------------

user() {
	service <<-'END'
		user: "7:8"
		group_add: [9]
		hostname: box
		domainname: example.org
		working_dir: /usr
	END
	facts
	want_fact Uid '7 7 7 7'
	want_fact Gid '8 8 8 8'
	want_fact_like Groups '.*9.*'
	web /bin/sh -c 'pwd; hostname; cat /proc/sys/kernel/domainname'
	want_out /usr
	want_out box
	want_out example.org
}
[ "$ID" = none ] || t 'user, group_add, hostname, domainname, working_dir' user

words() {
	service <<-'END'
		entrypoint: [/bin/echo, one]
		command: two 'three  four' $$HOME
	END
	co run web
	want_ok
	want_out 'one two three  four \$HOME'
	web five
	want_out 'one five'
	service <<<'entrypoint: /bin/echo "a b" c'
	co run web
	want_out 'a b c'
	local n list='/bin/echo'
	for n in 1 2 3 4 5 6 7 8; do # the list ends where it ends, however long it is
		list+=", w$n"
		service <<<"command: [$list]"
		co run web
		want_ok
	done
	want_out 'w1 w2 w3 w4 w5 w6 w7 w8'
	service <<<'tty: false'
	co run web
	want_refused 125 'compose.yaml:[0-9]+:[0-9]+' 'no command'
}
t 'entrypoint and command, as strings and lists; the line replaces the command' words

environment() {
	printf 'FROM_FILE=file\nBOTH=file\nQUOTED="a b"\n' | put web.env
	printf 'DOTENV=dot\n' | put .env
	service <<-'END'
		env_file: web.env
		environment:
		  BOTH: key
		  HANDED:
		  ABSENT:
		  JOINED: "${DOTENV}-${NOWHERE:-default}-$$x"
	END
	run env HANDED=caller "$PB" compose run -f "$DIR/compose.yaml" web /bin/env
	want_ok
	want_out FROM_FILE=file
	want_out BOTH=key
	want_out 'QUOTED=a b'
	want_out HANDED=caller
	want_out 'JOINED=dot-default-\$x'
	want_no_out 'ABSENT.*'
	want_no_out 'DOTENV.*'
	as "$ID" rm "$DIR/.env"
}
t 'environment, env_file and .env, by their order' environment

# --- rights -------------------------------------------------------------------------------------

rights() {
	service <<<'cap_drop: [ALL]'
	facts
	want_fact CapBnd 0000000000000000
	want_fact NoNewPrivs 0
	want_fact Seccomp 2
	service <<-'END'
		cap_drop: [all]
		cap_add: [NET_BIND_SERVICE, cap_chown]
		security_opt: ["no-new-privileges:true", "seccomp=unconfined", "apparmor=unconfined"]
	END
	facts
	want_fact CapBnd 0000000000000401
	want_fact NoNewPrivs 1
	want_fact Seccomp 0
	service <<<'user: "0:0"'
	facts
	want_fact_like CapBnd '00000000a80425fb'
}
t 'cap_add, cap_drop, security_opt; Docker'"'"'s own set without them' rights

profile() {
	put mine.json <<-'END'
		{"defaultAction": "SCMP_ACT_ALLOW",
		 "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}
	END
	service <<<'security_opt: ["seccomp:mine.json"]'
	web /bin/mkdir /tmp/x
	want_rc 1
	want_err 'not implemented'
	service <<<'security_opt: ["seccomp:gone.json"]'
	web /bin/true
	want_refused 125 'gone.json' 'No such file'
}
t 'security_opt seccomp: a file of the project' profile

privileged() {
	service <<<'privileged: true'
	web /bin/true
	want_refused 125 'compose.yaml:5:[0-9]+' privileged '^hint: '
	co check web
	want_rc 1
	want_out '.*not enforceable.*privileged.*'
	service <<<'privileged: false'
	web /bin/true
	want_ok
}
t 'privileged is refused, with its place' privileged

# --- files --------------------------------------------------------------------------------------

read_only() {
	service <<-'END'
		read_only: true
		tmpfs:
		  - /run/app:size=1m,mode=0700
		  - /work
		shm_size: 1m
	END
	web /bin/sh -c 'touch /x; touch /run/app/y /work/z && stat -c %a /run/app && ls /work; grep -E " /(run/app|work|dev/shm) " /proc/mounts'
	want_err 'Read-only file system'
	want_out 700
	want_out z
	want_out '[^ ]+ /run/app tmpfs rw,nosuid,nodev,noexec,.*size=1024k.*'
	want_out '[^ ]+ /dev/shm tmpfs .*size=1024k.*'
	service <<<'read_only: false'
	web /bin/sh -c 'touch /x && ls /x'
	want_ok
	want_out /x
	[ ! -e "$ROOT/x" ] || bad 'a file was made in the rootfs'
}
t 'read_only, tmpfs, shm_size' read_only

volumes() {
	as "$ID" mkdir -p "$DIR/data" "$DIR/site"
	as "$ID" chmod a+rwx "$DIR/data" # real root is not root inside
	echo page | put site/index
	service <<-'END' $'volumes:\n  scratch: {}'
		volumes:
		  - ./data:/data
		  - ./site:/site:ro
		  - type: bind
		    source: ./site
		    target: /long
		    read_only: true
		  - scratch:/scratch
		  - /anonymous
	END
	web /bin/sh -c 'echo written >/data/f; cat /site/index /long/index; touch /scratch/s /anonymous/a && echo both; touch /site/x; touch /long/x'
	want_out page
	want_out both
	[ "$(grep -c 'Read-only file system' <<<"$ERR")" = 2 ] || bad "not two read-only binds: $ERR"
	[ "$(cat "$DIR/data/f")" = written ] || bad 'nothing arrived in the bind'
	service <<<'volumes: ["./nowhere:/data"]'
	web /bin/true
	want_refused 125 'compose.yaml:5:[0-9]+: volumes' nowhere
	as "$ID" rm -r "$DIR/data"
}
t 'volumes: short, long, named, anonymous; a missing source is an error' volumes

# Secrets and configs have their owner and mode, and read_only is no hindrance.
files() { # KEYS
	echo of-the-file | put secret.txt
	service <<-END $'secrets:
  s_file: { file: ./secret.txt }
  s_env: { environment: WORD }
configs:
  c_file: { file: ./secret.txt }
  c_text:
    content: |
      text, with "all" of ${WORD}'
		$1
		secrets:
		  - s_file
		  - { source: s_env, target: renamed, mode: 0440 }
		  - { source: s_file, target: /etc/app/key, mode: 0400 }
		configs:
		  - c_file
		  - { source: c_text, target: /etc/app/text.conf, mode: 0440 }
	END
	run env WORD=of-the-caller "$PB" compose run -f "$DIR/compose.yaml" web /bin/sh -c '
		for f in /run/secrets/s_file /run/secrets/renamed /etc/app/key /c_file /etc/app/text.conf; do
			echo "$f $(stat -c %a "$f") $(cat "$f")"
			echo x 2>/dev/null >"$f" && echo "$f was written"
		done; env; true'
	want_ok
	want_out '/run/secrets/s_file 444 of-the-file'
	want_out '/run/secrets/renamed 440 of-the-caller'
	want_out '/etc/app/key 400 of-the-file'
	want_out '/c_file 444 of-the-file'
	want_out '/etc/app/text.conf 440 text, with "all" of of-the-caller'
	want_no_out '.* was written'
	want_no_out 'WORD=.*'
	[ ! -e "$ROOT/etc/app" ] || bad 'a directory was made in the rootfs'
	[ ! -e "$ROOT/c_file" ] || bad 'a file was made in the rootfs'
}
t 'secrets and configs: file, environment, content, at their places' files 'read_only: false'
t 'secrets and configs with read_only' files 'read_only: true'
t 'secrets and configs with a preset of pillbox' files 'x-preset: hardened'

file_owner() {
	echo x | put secret.txt
	service <<-'END' 'secrets: { s: { file: ./secret.txt } }'
		secrets: [{ source: s, uid: "7", gid: "8", mode: 0400 }]
	END
	web /bin/stat -c '%u:%g %a' /run/secrets/s
	want_out '7:8 400'
}
[ "$ID" = none ] || t 'secrets: uid, gid and mode hold for a file, too' file_owner

unset_secret() {
	service <<<'secrets: [s]' 'secrets: { s: { environment: NOT_SET_ANYWHERE } }'
	web /bin/true
	want_refused 125 NOT_SET_ANYWHERE
	service <<<'secrets: [s]'
	web /bin/true
	want_refused 125 'compose.yaml:5:' 'secrets'
	service <<<'secrets: [s]' 'secrets: { s: { external: true } }'
	web /bin/ls /run/secrets/s
	want_refused 125 'compose.yaml:5:' 'external'
	co check web
	want_rc 1
	has_line external "$OUT$ERR" || bad 'nothing is said of external'
}
t 'a secret that is not set, not there, or external' unset_secret

device() {
	service <<<'devices: ["/dev/full:/dev/sub/full", "/dev/full:/dev/all:rwm"]'
	web /bin/sh -c 'echo x >/dev/sub/full; echo x >/dev/all; true'
	want_ok
	[ "$(grep -c 'No space left on device' <<<"$ERR")" = 2 ] || bad "not two devices that are full: $ERR"
	service <<<'devices: ["/dev/full:/dev/x:r"]'
	web /bin/true
	[ "$RC" != 0 ] || has_line 'NOT ENFORCED' "$ERR" || bad 'read-only devices go unsaid'
}
t 'devices' device

# --- network ------------------------------------------------------------------------------------

names() {
	service <<-'END'
		hostname: web
		extra_hosts:
		  - "db:192.0.2.7"
		  - "six=[2001:db8::7]"
		dns: [192.0.2.53]
		dns_search: example.org
		dns_opt: ["ndots:2"]
		read_only: true
	END
	web /bin/sh -c 'cat /etc/hosts /etc/resolv.conf; echo x >>/etc/hosts'
	want_out '192\.0\.2\.7	db'
	want_out '2001:db8::7	six'
	want_out 'nameserver 192\.0\.2\.53'
	want_out 'search example\.org'
	want_out 'options ndots:2'
	want_err 'Read-only file system'
	service <<-'END'
		extra_hosts: { db: 192.0.2.8 }
	END
	web /bin/cat /etc/hosts
	want_out '192\.0\.2\.8	db'
	service <<<'extra_hosts: ["gate:host-gateway"]'
	web /bin/true
	if [ "$RC" = 0 ]; then
		want_err 'without effect here'
		co check web
		want_out '.*ignored +extra_hosts.*host-gateway'
	fi
}
t 'extra_hosts, dns, dns_search, dns_opt' names

network() {
	local host
	host=$(readlink /proc/self/ns/net)
	service <<<'network_mode: none'
	facts
	[ "$(fact ns.net)" != "$host" ] || bad "the host's network"
	service <<<'network_mode: host'
	facts
	want_fact ns.net "$host"
	service <<<'ports: ["127.0.0.1:8080:80"]'
	facts
	[ "$(fact ns.net)" != "$host" ] || bad "the host's network"
	co check web
	want_out '.*ports\[0\].*'
	service <<-'END'
		network_mode: host
		networks: [default]
	END
	web /bin/true
	want_refused 125 'compose.yaml:[56]:[0-9]+' 'network'
}
t 'network_mode, networks, ports' network

# --- limits -------------------------------------------------------------------------------------

limits() {
	service <<-'END'
		ulimits:
		  nofile: { soft: 100, hard: 200 }
		  core: 0
		oom_score_adj: 500
		sysctls:
		  net.ipv4.ip_unprivileged_port_start: 1000
		stop_signal: SIGINT
		stop_grace_period: 1m30s
	END
	facts
	want_fact rlimit.nofile 100:200
	want_fact rlimit.core 0:0
	want_fact oom_score_adj 500
	web /bin/cat /proc/sys/net/ipv4/ip_unprivileged_port_start
	want_out 1000
	service <<<'pids_limit: 20'
	LIMIT=60 web /bin/probe forks 40
	want_no_out 'forks=40'
}
t 'ulimits, oom_score_adj, sysctls' limits

# Where there is a control group its files say what was asked; elsewhere --allow-missing says so.
group() { # KEYS; what follows is the same in two spellings
	local file=$TMP/out
	service <<<"$1"
	co run --dry-run=json web /bin/true
	if [ "$RC" != 0 ]; then
		want_refused 125 'cgroup|control group'
		web /bin/true
		want_ok
		want_err 'NOT ENFORCED'
		skip 'no control group can be had here'
		return
	fi
	[ "$(jq -r '[.steps[]|select(.id=="cgroup")|.values["memory.max"],.values["cpu.max"]]|flatten|join(" ")' "$file")" = \
		'536870912 50000 100000' ] || bad "not 512 MiB and half a CPU"
}
t 'mem_limit, cpus' group $'mem_limit: 512m\ncpus: 0.5'
t 'deploy.resources.limits' group $'deploy: { resources: { limits: { memory: 512M, cpus: "0.50" } } }'

# --- check and config ---------------------------------------------------------------------------

# A verdict for every key that is there, and none is of another word.
check() {
	service <<-'END'
		user: "1000:1000"
		read_only: true
		cap_drop: [ALL]
		security_opt: ["no-new-privileges:true"]
		restart: always
		ports: ["8080:80"]
		depends_on: [db]
		healthcheck: { test: ["NONE"] }
		x-note: mine
	END
	printf '  db:\n    image: db:1\n    command: x\n' >>"$DIR/compose.yaml"
	co check --format json web
	[ "$RC" = 0 ] || [ "$RC" = 1 ] || bad "exit status $RC"
	for key in user read_only 'cap_drop[0]' 'security_opt[0]' restart 'ports[0]' depends_on healthcheck image x-rootfs; do
		jq -e --arg key "$key" '.services[0].keys | any(.key | startswith($key))' "$TMP/out" >/dev/null ||
			bad "no verdict for $key"
	done
	[ "$(jq -r '.services[0].keys[].verdict' "$TMP/out" | sort -u | grep -vcxE 'enforced|enforced differently|not enforceable|ignored')" = 0 ] ||
		bad 'a verdict of another word'
	jq -e '.services[0].keys[]|select(.key=="read_only")|.verdict == "enforced" and .at.line == 6' "$TMP/out" >/dev/null ||
		bad 'read_only is not enforced at line 6'
	jq -e '.services[0].keys[]|select(.verdict=="ignored")|.text|length > 10' "$TMP/out" >/dev/null ||
		bad 'ignored, and no reason'
	jq -e '.services[0].advice|any(.id|contains("mem"))' "$TMP/out" >/dev/null || bad 'no advice on memory'
	co check
	want_out 'web .*'
	want_out 'db .*'
}
t 'check: a verdict and a place for every key' check

check_status() {
	service <<<'read_only: true'
	co check web
	want_ok
	co check --fail-on advice web
	want_rc 1
	service <<<'restart: always'
	co check web
	want_ok
	co check --fail-on ignored web
	want_rc 1
	service <<<'privileged: true'
	co check web
	want_rc 1
	co check --fail-on never web
	want_ok
	co check nobody
	want_refused 125 nobody
}
t 'check: exit statuses for CI' check_status

config() {
	put compose.yaml <<-END
		x-base: &base
		  read_only: true
		  environment: { A: "1", B: "\${B_IS_NOT_SET:-two}" }
		services:
		  web:
		    <<: *base
		    x-rootfs: $ROOT
		    command: ["echo", "yes", "0755", "1e3"]
	END
	co config
	want_ok
	want_out ' +read_only: "?true"?'
	want_out ' +B: "?two"?'
	cp "$TMP/out" "$TMP/again"
	put second.yaml <"$TMP/again"
	run "$PB" compose config -f "$DIR/second.yaml"
	want_ok
	cmp -s "$TMP/out" "$TMP/again" || bad "read again it is another: $(diff "$TMP/out" "$TMP/again" | head -n 3)"
	run "$PB" compose run -f "$DIR/second.yaml" web
	want_out 'yes 0755 1e3'
}
t 'config: resolved, and the same when it is read again' config

several() {
	service <<-'END'
		environment: { A: base, B: base }
		command: [/bin/env]
		read_only: true
	END
	put over.yaml <<-'END'
		services:
		  web:
		    environment: { B: over }
		    read_only: !reset null
	END
	put other.yaml <<-END
		services:
		  parent:
		    x-rootfs: $ROOT
		    environment: { P: parent, A: parent }
		    command: [/bin/env]
	END
	run "$PB" compose run -f "$DIR/compose.yaml" -f "$DIR/over.yaml" web
	want_ok
	want_out A=base
	want_out B=over
	put compose.yaml <<-'END'
		services:
		  web:
		    extends: { file: other.yaml, service: parent }
		    environment: { A: child }
		  spare:
		    profiles: [debug]
		    extends: web
	END
	co run web
	want_ok
	want_out P=parent
	want_out A=child
	co run spare
	want_ok
	want_out A=child
}
t 'several files, extends, profiles' several

no_rootfs() {
	put compose.yaml <<<'services: { web: { image: "nginx:1.27", command: [/bin/true] } }'
	co run web
	want_refused 125 'compose.yaml:1:[0-9]+' 'nginx:1.27' '^hint: --rootfs'
	co run --rootfs "$ROOT" web
	want_ok
}
t 'without a rootfs: what is missing, and --rootfs' no_rootfs

# --- mistakes, with their place -----------------------------------------------------------------

wrong() { # PLACE WORD FILE
	printf '%s\n' "$3" | put compose.yaml
	co run --rootfs "$ROOT" web /bin/true
	want_refused 125 "$DIR/compose.yaml:$1" "$2"
	co check web
	want_refused 125 "compose.yaml:$1" "$2"
}
t 'an unknown key of a service' wrong 3:5 'read_onyl' $'services:\n  web:\n    read_onyl: true'
t 'an unknown key of the file' wrong 1:1 'servces' 'servces: {}'
t 'a key twice' wrong 4:5 user $'services:\n  web:\n    user: "1"\n    user: "2"'
t 'no YAML' wrong '3:[0-9]+' '' $'services:\n  web:\n    a: b: c'
t 'a tab' wrong '2:[0-9]+' '' $'services:\n\tweb: {}'
t 'a wrong type' wrong '3:[0-9]+' cap_drop $'services:\n  web:\n    cap_drop: {a: b}'
t 'an unknown capability' wrong '3:[0-9]+' NET_ADMN $'services:\n  web:\n    cap_add: [NET_ADMN]'
t 'a size that is none' wrong '3:[0-9]+' mem_limit $'services:\n  web:\n    mem_limit: lots'
t 'a variable that must be set' wrong '3:[0-9]+' 'say so' $'services:\n  web:\n    user: ${NOT_SET_ANYWHERE:?say so}'
t 'an alias to nothing' wrong '3:[0-9]+' nothing $'services:\n  web:\n    user: *nothing'
t 'two documents' wrong '[0-9]+:[0-9]+' document $'services:\n  web: {}\n---\na: b'

missing() {
	run "$PB" compose run -f "$DIR/nowhere.yaml" web
	want_refused 125 nowhere.yaml 'No such file'
	service <<<'read_only: true'
	co run wbe
	want_refused 125 wbe '^hint: .*web'
	co rum web
	want_refused 125 rum '^hint: .*run'
	co run --read-onyl web
	want_refused 125 read-onyl
}
t 'a file, a service, an action, an option that is not there' missing

# --- files that mean harm -----------------------------------------------------------------------

hostile() { # WORD...: refused soon, and with little memory
	local began=$SECONDS memory=1000000
	! grep -q libasan "$PB" || memory=unlimited # a sanitizer maps terabytes
	LIMIT=10 run bash -c 'ulimit -v "$0"; exec "$@"' "$memory" "$PB" compose check -f "$DIR/compose.yaml"
	want_refused 125 compose.yaml "$@"
	[ $((SECONDS - began)) -le $((5 * SLOW)) ] || bad 'it took long'
}

bomb() {
	{
		echo 'x-a: &a [l, l, l, l, l, l, l, l, l, l]'
		for pair in ab bc cd de ef fg gh hi ij; do
			printf 'x-%s: &%s [' "${pair:1}" "${pair:1}"
			printf "*${pair:0:1}, %.0s" 1 2 3 4 5 6 7 8 9
			printf '*%s]\n' "${pair:0:1}"
		done
		printf 'services: { web: { command: *j } }\n'
	} | put compose.yaml
	hostile '[0-9]+:[0-9]+'
}
t 'a bomb of aliases' bomb

deep() {
	printf 'services: %s\n' "$(printf '[%.0s' {1..2000})" | put compose.yaml
	hostile '1:[0-9]+'
}
t 'two thousand lists in each other' deep

endless() {
	put compose.yaml <<<'services: &s { web: { command: *s } }'
	hostile '1:[0-9]+'
	put compose.yaml <<-'END'
		services:
		  web: { extends: other }
		  other: { extends: web }
	END
	hostile extends
	put compose.yaml <<<'include: [compose.yaml]'
	hostile include
	printf 'A=${B}\nB=${A}\n' | put .env
	service <<<'user: "${A}"'
	co check web # what stands before is known, what stands behind is not: no circle
	[ "$RC" = 0 ] || [ "$RC" = 1 ] || [ "$RC" = 125 ] || bad "exit status $RC"
	as "$ID" rm "$DIR/.env"
}
t 'circles: aliases, extends, include' endless

odd_files() {
	as "$ID" rm -f "$DIR/compose.yaml"
	as "$ID" mkfifo "$DIR/compose.yaml"
	hostile 'not a regular file'
	as "$ID" rm "$DIR/compose.yaml"
	as "$ID" truncate -s 1G "$DIR/compose.yaml"
	hostile 'large|bytes|MiB'
	as "$ID" rm "$DIR/compose.yaml"
	as "$ID" mkdir "$DIR/compose.yaml"
	hostile ''
	as "$ID" rmdir "$DIR/compose.yaml"
	printf 'services:\n  web:\n    user: "a\0b"\n' | put compose.yaml
	hostile ''
	printf 'services:\n  web:\n    user: "\xff\xfe"\n' | put compose.yaml
	hostile ''
	printf 'services:\n  web:\n    user: "a\\0b"\n' | put compose.yaml
	hostile ''
	printf 'services:\n  web:\n    "\\e[31mred": true\n' | put compose.yaml
	hostile ''
}
t 'a FIFO, a sparse gigabyte, a directory, bytes that are no text' odd_files

as "$ID" rm -rf "$DIR"
