# shellcheck shell=bash disable=SC2016 # what is for the line's reader is not expanded here
# SPDX-License-Identifier: Apache-2.0
# 96-docker-line.sh - docker run lines as people write them, each flag by what the program inside
# sees; lines that are refused; and `pillbox export`, whose texts come back as the same sandbox.

DIR=$TMP/line
as "$ID" mkdir -p "$DIR/site"
as "$ID" cp "$PB" "$DIR/site/page"
printf '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["socket"],"action":"SCMP_ACT_ERRNO","errnoRet":13}]}' \
	>"$TMP/put"
chmod a+r "$TMP/put"
as "$ID" cp "$TMP/put" "$DIR/filter.json"
as "$ID" cp "$TMP/put" "$DIR/key"
rm -f "$TMP/put"

# Limits are taken where the machine has them.
line() { run "$PB" run --allow-missing=cgroup --from-docker "$1" "$ROOT"; }

# --- lines as they are found --------------------------------------------------------------------

server() {
	line "docker run -d --name web --restart unless-stopped -p 127.0.0.1:8080:80 \\
		--read-only --tmpfs /run --tmpfs /tmp:rw,noexec,nosuid,size=16m \\
		--cap-drop=ALL --cap-add=NET_BIND_SERVICE --security-opt no-new-privileges:true \\
		--user 101:101 --pids-limit=100 -v '$DIR/site:/srv:ro' \\
		--health-cmd 'curl -f http://localhost/ || exit 1' --log-opt max-size=10m \\
		nginx:1.27-alpine /bin/probe facts"
	want_ok
	want_fact Uid '101 101 101 101'
	want_fact NoNewPrivs 1
	want_fact CapBnd 0000000000000400
	want_fact hostname web
	fact mount | grep -qE '^/ [^ ]+ ro,' || bad "the root: $(fact mount | head -n 1)"
	fact mount | grep -qE '^/srv [^ ]+ ro,' || bad 'the volume can be written'
	fact mount | grep -qE '^/tmp tmpfs rw,nosuid,nodev,noexec[^ ]* [^ ]*size=16384k' || bad "$(fact mount | grep '^/tmp')"
	want_err '--detach: enforced differently'
}
t 'a web server with all controls' server

untrusted() {
	line "sudo docker run --rm -i --network none --read-only --tmpfs /tmp:size=4m --cap-drop ALL \\
		--security-opt=no-new-privileges --security-opt seccomp=$DIR/filter.json \\
		--memory 64m --memory-swap 64m --cpus 0.5 --pids-limit 64 \\
		--ulimit nofile=64:64 --ulimit fsize=1000000 -u 65534:65534 -w /tmp \\
		-e 'GREETING=two words' --hostname box python:3-slim /bin/probe facts"
	want_ok
	want_fact Uid '65534 65534 65534 65534'
	want_fact cwd /tmp
	want_fact rlimit.nofile 64:64
	want_fact rlimit.fsize 1000000:1000000
	want_fact CapBnd 0000000000000000
	want_fact hostname box
	fact env | grep -qx 'GREETING=two words' || bad "$(fact env)"
	line "docker run --security-opt seccomp=$DIR/filter.json x /bin/probe try socket unix"
	want_out 'socket=EACCES'
	line 'docker run x /bin/probe try socket unix'
	want_out 'socket=OK'
}
t 'a run of untrusted code, with a profile of its own' untrusted

podman() {
	line 'podman run --rm --read-only --read-only-tmpfs=false x /bin/probe facts'
	want_ok
	want_fact CapBnd 00000000800405fb
	line 'docker run x /bin/probe facts'
	want_ok
	want_fact CapBnd 00000000a80425fb
}
t "podman's default capabilities are not Docker's" podman

words() {
	run "$PB" run --allow-missing=cgroup --from-docker "$ROOT" -- docker run -e 'A=$HOME' x /bin/sh -c 'echo "$A"'
	want_ok
	want_out '\$HOME'
	# the command line goes over the line
	run "$PB" run --allow-missing=cgroup --hostname mine --from-docker 'docker run -h theirs x /bin/hostname' "$ROOT"
	want_ok
	want_out mine
	run "$PB" run --allow-missing=cgroup --from-docker "docker run --entrypoint /bin/echo x one" "$ROOT" -- two
	want_ok
	want_out two
}
t 'words behind --; options and a command on the command line' words

files() {
	line "docker run --user 0 -v '$DIR/key:/run/secrets/key:ro' x /bin/probe try read /run/secrets/key"
	want_out 'read=OK'
	want_err '--volume: enforced differently: a secret'
	line "docker run --user 0 -v '$DIR/key:/run/secrets/key' x /bin/probe try open-w /run/secrets/key"
	want_out 'open-w=EROFS'
	line 'docker run -v data:/var/lib/data x /bin/probe try create /var/lib/data/x'
	want_out 'create=OK'
	want_err 'instead of a volume'
	line "docker run --mount type=bind,source=$DIR/site,target=/srv,readonly x /bin/probe try create /srv/x"
	want_out 'create=EROFS'
	line 'docker run x /bin/probe try create /new'
	want_out 'create=OK'
	line 'docker run --read-only x /bin/probe try create /new'
	want_out 'create=EROFS'
}
t 'volumes, mounts, secrets and the root' files

# --- refused ------------------------------------------------------------------------------------

refused() {
	line 'docker run --privileged x cmd'
	want_refused 125 '--privileged: not offered' '--cap-add'
	line 'docker run --memroy 5m x cmd'
	want_refused 125 '--memroy' 'did you mean --memory'
	line 'docker run --memory 5x x cmd'
	want_refused 125 '--memory 5x: not a size'
	line 'docker run --memory 8m --memory 9m x cmd'
	want_refused 125 'contradicts'
	line 'docker run x'
	want_refused 125 'no command|command: missing'
	line 'docker run x $(id)'
	want_refused 125 'no command is executed'
	line 'docker run x ; id'
	want_refused 125 'no script'
	line 'docker run -v $PWD:/x x cmd'
	want_refused 125 'no variable is expanded'
	line 'docker compose run web'
	want_refused 125 'not a docker run line' 'pillbox compose run'
	line 'docker run --security-opt seccomp=/nowhere.json x cmd'
	want_refused 125 '/nowhere.json'
	line 'docker run -e TOKEN=geheim --env =geheim x cmd'
	want_rc 125
	[[ $ERR != *geheim* ]] || bad 'the value of a variable is shown'
}
t 'what is wrong, unknown or not offered' refused

# --- export -------------------------------------------------------------------------------------

# The sandbox as a dry run tells it, without what depends on the moment of the run.
plan() { jq -S 'del(.rootfs) | del(.steps[] | select(.id == "cgroup" or .id == "cgroup-plan" or .id == "cgroup-scope"))'; }

# OPTION...: the settings, and what becomes of them by way of a text for TARGET
there_and_back() { # TARGET OPTION...
	local target=$1 first
	shift
	run "$PB" run --allow-missing=cgroup --dry-run=json "$@" "$ROOT" -- /bin/probe facts
	want_ok
	first=$(plan <<<"$OUT")
	run "$PB" export --to "$target" "$@" "$ROOT" -- /bin/probe facts
	want_ok
	printf '%s\n' "$OUT" >"$TMP/text"
	case $target in
	compose)
		as "$ID" rm -f "$DIR/text.yaml"
		chmod a+r "$TMP/text"
		as "$ID" cp "$TMP/text" "$DIR/text.yaml"
		run "$PB" run --allow-missing=cgroup --dry-run=json --from-compose "service=app,file=$DIR/text.yaml" -
		;;
	*)
		grep -v '^#' "$TMP/text" >"$TMP/line.sh"
		sh -n "$TMP/line.sh" || bad 'the shell does not take the line'
		run "$PB" run --allow-missing=cgroup --dry-run=json --from-docker "$(cat "$TMP/line.sh")" "$ROOT"
		;;
	esac
	rm -f "$TMP/text" "$TMP/line.sh"
	want_ok
	[ "$(plan <<<"$OUT")" = "$first" ] ||
		bad "$target: another sandbox: $(diff <(echo "$first") <(plan <<<"$OUT") | head -n 12)"
}

round_trip() {
	local target
	for target in compose docker; do
		there_and_back "$target" --preset docker --ulimit core=0
		there_and_back "$target" --preset docker --ulimit core=0 --user 7:8 --read-only --tmpfs /tmp:size=1m \
			-v "$DIR/site:/srv:ro" --cap-drop ALL --cap-add CHOWN --security-opt no-new-privileges \
			--security-opt "seccomp=$DIR/filter.json" -e 'A=$x "y" %z' --hostname box --workdir /tmp \
			--ulimit nofile=9:10 --shm-size 1m --stop-signal INT
		there_and_back "$target" --preset docker --ulimit core=0 --network host --no-init --cap-drop NET_RAW \
			--security-opt systempaths=unconfined --oom-score-adj 100 --add-host a=192.0.2.1 --dns 192.0.2.2
	done
	# What Docker has no word for comes back by x-preset
	there_and_back compose --ulimit core=0 --sysctl net.ipv4.ip_unprivileged_port_start=1024
}
t 'export to a Compose file and a docker line, and back' round_trip

targets() {
	run "$PB" export --to systemd --read-only --memory 64m "$ROOT" -- /bin/probe facts
	want_ok
	want_out 'ReadOnlyPaths=/'
	want_out 'MemoryMax=64M'
	want_err 'systemd: [0-9]+ settings are not expressible or weaker'
	if command -v systemd-analyze >/dev/null; then
		printf '%s\n' "$OUT" >"$TMP/pillbox-export.service"
		# the command is looked for on this host; calls that are newer than systemd are not known to it
		! systemd-analyze verify "$TMP/pillbox-export.service" 2>&1 |
			grep -vE 'Failed to parse system call|is not executable|^$' | grep -q . ||
			bad "systemd-analyze: $(systemd-analyze verify "$TMP/pillbox-export.service" 2>&1 | head -n 3)"
		rm -f "$TMP/pillbox-export.service"
	fi
	run "$PB" export --to kubernetes --read-only --memory 64m "$ROOT" -- /bin/probe facts
	want_ok
	want_out '        readOnlyRootFilesystem: true'
	want_out '          memory: "64Mi"'
	run env TOKEN=geheim "$PB" export -e TOKEN --secret env=TOKEN "$ROOT"
	want_ok
	[[ $OUT != *geheim* ]] || bad 'a value of the caller is written'
	run "$PB" export --to swarm "$ROOT"
	want_refused 125 'the targets are'
	run "$PB" export --to
	want_refused 125 'value is missing'
	run "$PB" export
	want_refused 125 'ROOTFS: missing'
	run "$PB" export --privileged "$ROOT"
	want_refused 125 'privileged'
}
t 'export to units and pods; what cannot be written' targets
