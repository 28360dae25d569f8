# shellcheck shell=bash disable=SC2046,SC2034 # $(preset NAME) is a list of words; RAN is lib.sh's
# SPDX-License-Identifier: Apache-2.0
# 10-facts.sh - what the workload finds, per preset: namespaces, maps, ids, capabilities, filter,
# mounts, descriptors, environment, limits.

facts() { # [OPTION...]: the probe's facts, once
	inside "$@" -- facts
	want_ok
}

other_namespaces() {
	local kind
	facts
	for kind in user mnt pid net ipc uts cgroup; do
		[ "$(fact ns.$kind)" != "$(readlink /proc/self/ns/$kind)" ] || bad "$kind namespace is the host's"
		fact ns.$kind | grep -q "^$kind:\[" || bad "no $kind namespace: $(fact ns.$kind)"
	done
}
t 'seven namespaces of its own' other_namespaces

host_network() {
	facts --network host
	[ "$(fact ns.net)" = "$(readlink /proc/self/ns/net)" ] || bad "the network namespace is not the host's"
	[ "$(fact ns.pid)" != "$(readlink /proc/self/ns/pid)" ] || bad "the pid namespace is the host's"
	want_err 'host'
}
t '--network host shares only the network and says so' host_network

map_of_identity() {
	local me range
	facts
	case $ID in
	root)
		# never 0 to 0, and nothing of the host's own users
		fact uid_map | tr ';' '\n' | awk '$2 < 65536 { exit 1 }' || bad "uid_map=$(fact uid_map)"
		fact gid_map | tr ';' '\n' | awk '$2 < 65536 { exit 1 }' || bad "gid_map=$(fact gid_map)"
		want_fact setgroups allow
		;;
	range)
		me=$(as range id -u)
		range=$(awk -F: -v u="$(as range id -un)" '$1 == u { print $2 }' /etc/subuid)
		want_fact_like uid_map "0 $me 1;1 $range 65536"
		want_fact setgroups allow
		;;
	none)
		me=$(as none id -u)
		want_fact uid_map "1000 $me 1"
		want_fact gid_map "1000 $(as none id -g) 1"
		want_fact setgroups deny
		;;
	esac
}
t 'the id map of this identity' map_of_identity

single_map() {
	facts --userns single
	want_fact uid_map "1000 $(as "$ID" id -u) 1"
	want_fact setgroups deny
	want_fact uid 1000
}
if [ "$ID" = range ]; then
	t '--userns single maps one id' single_map
fi

ids_of_preset() { # PRESET UID GID
	facts $(preset "$1")
	want_fact Uid "$2 $2 $2 $2"
	want_fact Gid "$3 $3 $3 $3"
}
t 'hardened runs as 1000:1000' ids_of_preset hardened 1000 1000
t 'strict runs as 1000:1000' ids_of_preset strict 1000 1000
t 'docker runs as 0:0' ids_of_preset docker 0 0

groups_of() {
	facts
	# without a range the kernel refuses setgroups: the caller's groups stay, shown as 65534
	if [ "$ID" = none ]; then
		want_fact_like Groups '(1000|65534)?( 65534)*'
	else
		want_fact_like Groups '(50|1000|)( ?(50|1000))*'
	fi
}
t 'no group of the host' groups_of

no_caps() { # PRESET
	facts $(preset "$1")
	for set in Inh Prm Eff Bnd Amb; do
		want_fact Cap$set 0000000000000000
	done
	want_fact NoNewPrivs 1
	want_fact Seccomp 2
	[ "$(fact Seccomp_filters)0" -ge 10 ] || bad "Seccomp_filters=$(fact Seccomp_filters)"
}
t 'hardened: no capabilities, no_new_privs, a filter' no_caps hardened
t 'strict: no capabilities, no_new_privs, a filter' no_caps strict

docker_rights() {
	facts --preset docker
	want_fact CapBnd 00000000a80425fb
	want_fact CapEff 00000000a80425fb
	want_fact CapPrm 00000000a80425fb
	want_fact CapInh 0000000000000000
	want_fact CapAmb 0000000000000000
	want_fact NoNewPrivs 0
	want_fact Seccomp 2
}
t "docker: Docker's 14 capabilities and its filter" docker_rights

docker_user() {
	local set
	facts --preset docker -u 1000:1000
	for set in Inh Prm Eff Amb; do
		want_fact Cap$set 0000000000000000
	done
	facts --preset docker -u 1000:1000 --cap-add CHOWN
	want_fact CapAmb 0000000000000001
	want_fact CapEff 0000000000000001
}
t 'docker, another user than root: no capability but what was added' docker_user

locked_bits() {
	local bits
	facts
	bits=$(fact securebits)
	# NOROOT (bit 0) on, and every lock bit (odd ones) that keeps a set from coming back
	[ $((bits & 1)) = 1 ] || bad "securebits $bits: NOROOT is off"
	[ $((bits & 2)) = 2 ] || bad "securebits $bits: NOROOT is not locked"
	[ $((bits & 8)) = 8 ] || bad "securebits $bits: NO_SETUID_FIXUP is not locked"
	[ $((bits & 32)) = 32 ] || bad "securebits $bits: KEEP_CAPS is not locked"
	[ $((bits & 64)) = 64 ] || bad "securebits $bits: NO_CAP_AMBIENT_RAISE is off"
	[ $((bits & 128)) = 128 ] || bad "securebits $bits: NO_CAP_AMBIENT_RAISE is not locked"
}
t 'securebits are locked' locked_bits

readonly_root() { # PRESET
	local line
	facts $(preset "$1")
	printf '%s\n' "$OUT" | grep -qE '^mount=/ [^ ]+ ro(,|$)' || bad "/ is not read-only"
	printf '%s\n' "$OUT" | grep -qE '^mount=/ [^ ]+ [^ ]*nosuid' || bad "/ is not nosuid"
	printf '%s\n' "$OUT" | grep -qE '^mount=/ [^ ]+ [^ ]*nodev' || bad "/ is not nodev"
	# whatever is writable is a file system in memory, or a device node
	while read -r line; do
		case $line in
		*' tmpfs rw'* | *' devpts rw'* | *' mqueue rw'* | '/proc proc rw'*) ;;
		'/dev/'*' devtmpfs rw'*) ;;
		'/proc/'*) ;; # our null over a masked file
		*' ro'*) ;;
		*) bad "writable: $line" ;;
		esac
	done < <(fact mount)
}
t 'hardened: nothing of the disk is writable' readonly_root hardened
t 'strict: nothing of the disk is writable' readonly_root strict

no_propagation() {
	facts
	! fact mount | grep -E 'shared:|master:' >"$TMP/shared" || bad "propagation: $(head -n 1 "$TMP/shared")"
}
t 'no mount propagates to or from the host' no_propagation

tmpfs_of() { # PRESET TARGET...
	local preset=$1 target
	shift
	facts $(preset "$preset")
	for target; do
		fact mount | grep -qE "^$target tmpfs rw,nosuid,nodev[^ ]* [^ ]*size=" ||
			bad "$target: $(fact mount | grep "^$target ")"
	done
}
t 'hardened: sized tmpfs on /tmp, /run, /var/tmp' tmpfs_of hardened /tmp /run /var/tmp
t 'strict: sized tmpfs on /tmp' tmpfs_of strict /tmp

strict_tmp() {
	facts $(preset strict)
	fact mount | grep -qE '^/tmp tmpfs [^ ]*noexec' || bad "/tmp: $(fact mount | grep '^/tmp ')"
	fact mount | grep -E '^/(run|var/tmp) ' >"$TMP/more" && bad "also: $(head -n 1 "$TMP/more")"
	fact mount | grep -qE '^/proc proc [^ ]* [^ ]*subset=pid' || bad "/proc: $(fact mount | grep '^/proc ')"
	! fact mount | grep -q '^/sys ' || bad '/sys is there'
}
t 'strict: /tmp noexec, /proc subset=pid, no /sys' strict_tmp

devices() {
	local node
	facts
	fact mount | grep -qE '^/dev tmpfs ro' || bad "/dev: $(fact mount | grep '^/dev ')"
	for node in null zero full random urandom tty; do
		fact mount | grep -q "^/dev/$node " || bad "no /dev/$node"
	done
	fact mount | grep -qE '^/dev/pts devpts .*ptmxmode=0?666' || bad 'no devpts of its own'
	fact mount | grep -qE '^/dev/shm tmpfs rw,nosuid,nodev,noexec[^ ]* [^ ]*size=65536k' ||
		bad "/dev/shm: $(fact mount | grep '^/dev/shm')"
	fact mount | grep -q '^/dev/mqueue mqueue ' || bad 'no /dev/mqueue'
	[ "$(fact mount | grep -c '^/dev/')" = 9 ] || bad "more in /dev: $(fact mount | grep '^/dev/' | tr '\n' ' ')"
}
t '/dev: six nodes, pts, shm, mqueue, and sealed' devices

proc_masks() {
	local path
	facts
	fact mount | grep -qE '^/proc proc rw,nosuid,nodev,noexec' || bad "/proc: $(fact mount | grep '^/proc ')"
	for path in bus fs irq sys sysrq-trigger; do
		[ ! -e /proc/$path ] || fact mount | grep -qE "^/proc/$path proc ro" || bad "/proc/$path is not read-only"
	done
	for path in acpi asound interrupts kcore keys latency_stats timer_list timer_stats sched_debug scsi; do
		[ ! -e /proc/$path ] || fact mount | grep -q "^/proc/$path " || bad "/proc/$path is not masked"
	done
	! fact mount | grep -q '^/sys ' || bad '/sys is there'
}
t '/proc: masked and read-only paths' proc_masks

descriptors() {
	facts
	want_fact fds 3
	for fd in 0 1 2; do
		[ -n "$(fact fd.$fd)" ] || bad "descriptor $fd is closed"
	done
}
t 'descriptors 0 1 2 and no other' descriptors

inherited_descriptors() {
	exec 33</etc 44<"$STAGE/sentinel/file" 99</
	descriptors
	exec 33<&- 44<&- 99<&-
}
t 'inherited descriptors are closed' inherited_descriptors

environment() {
	run env SECRET=leak GCONV_PATH=/nowhere "$PB" run -e ASKED=yes "$ROOT" -- /bin/probe facts
	want_ok
	[ "$(fact env | cut -d= -f1 | sort | tr '\n' ' ')" = 'ASKED HOME HOSTNAME PATH ' ] ||
		[ "$(fact env | cut -d= -f1 | sort | tr '\n' ' ')" = 'ASKED HOME PATH ' ] ||
		bad "environment: $(fact env | tr '\n' ' ')"
	fact env | grep -qx 'ASKED=yes' || bad 'ASKED is not there'
}
t 'only the environment that was asked for' environment

process() {
	facts
	want_fact pid 2
	want_fact ppid 1
	[ "$(fact sid)" -le 2 ] || bad "session $(fact sid)"
	want_fact Umask 0022
	want_fact SigBlk 0000000000000000
	want_fact SigIgn 0000000000000000
	want_fact SigCgt 0000000000000000
	want_fact rlimit.core 0:0
	want_fact cwd /
	want_fact TracerPid 0
	want_fact personality 0
	want_fact argv.0 /bin/probe
	want_fact tty.0 no
	# pid 1 must not be a copy of the launcher that still knows its arguments or its file
	want_fact dumpable 1
}
t 'a clean process: session, umask, signals, core, cwd' process

no_init() {
	facts --no-init
	want_fact pid 1
	want_fact ppid 0
	want_fact SigIgn 0000000000000000
}
t '--no-init: the workload is pid 1' no_init

inherited_state() {
	(
		trap '' PIPE INT CHLD HUP QUIT
		umask 0777
		ulimit -c unlimited 2>/dev/null
		facts
		want_fact SigIgn 0000000000000000
		want_fact Umask 0022
		want_fact rlimit.core 0:0
		[ -z "$REASON" ] || echo "$REASON" >"$TMP/reason"
		umask 022
	)
	RAN=facts # the subshell's does not come back
	if [ -s "$TMP/reason" ]; then
		bad "$(cat "$TMP/reason")"
		rm -f "$TMP/reason"
	fi
}
t 'ignored signals, umask 0777 and core limits of the caller stay outside' inherited_state

# 50 us is what every process has that nobody gave another slack.
odd_process() {
	local cpus
	run "$STAGE/bin/probe" facts
	cpus=$(fact cpus)
	run "$STAGE/bin/probe" outside odd "$STAGE/bin/probe" facts
	[ "$(fact personality) $(fact scheduler) $(fact timerslack)" = '0x40000 3 77777' ] ||
		bad "the caller itself is not as it should be: $OUT"
	run "$STAGE/bin/probe" outside odd "$PB" run "$ROOT" -- /bin/probe facts
	want_ok
	want_fact personality 0
	want_fact scheduler 0
	want_fact cpus "$cpus"
	want_fact timerslack 50000
}
t 'personality, scheduler, CPUs and timer slack of the caller stay outside' odd_process

keyring() {
	# keyctl is refused by the filter of the presets: look without it
	run "$STAGE/bin/probe" outside keys "$STAGE/bin/probe" facts
	[ "$(fact mine)" = "$(fact keyring)" ] || bad "a process does not inherit its keyring here: $OUT"
	run "$STAGE/bin/probe" outside keys "$PB" run --security-opt seccomp=unconfined "$ROOT" -- /bin/probe facts
	want_ok
	want_fact_like keyring '[0-9]+'
	[ "$(fact keyring)" != "$(fact mine)" ] || bad "the session keyring is the caller's"
}
t 'a session keyring of its own' keyring

nested_forbidden() {
	facts
	want_fact max_user_namespaces 0
}
t 'no user namespaces inside' nested_forbidden

host_name() {
	facts --hostname some-host
	want_fact hostname some-host
	[ "$(uname -n)" != some-host ] || bad "the host is now called some-host"
}
t '--hostname' host_name

pids_limit() { # PRESET LIMIT
	facts $(preset "$1")
	[ "$(fact rlimit.nproc | cut -d: -f2)" = "$2" ] || fact cgroup | grep -q pillbox ||
		bad "no limit on processes: rlimit.nproc=$(fact rlimit.nproc)"
}
t 'hardened: at most 1024 processes' pids_limit hardened 1024

verified() {
	facts --verify
}
t '--verify finds the sandbox as planned' verified

range_tree() {
	local dir=$TMP/range-root
	cp -a "$ROOT" "$dir"
	as range unshare --map-root-user --map-auto chown -Rh 1:1 "$dir" || bad 'chown in a namespace'
	pb "$dir" -- /bin/probe facts
	want_ok
	want_fact_like uid_map "0 $(awk -F: -v u="$(as range id -un)" '$1 == u { print $2 }' /etc/subuid) 65536"
	as range unshare --map-root-user --map-auto rm -rf "$dir"
}
if [ "$ID" = range ]; then
	t 'a tree owned by the range: the map is the range' range_tree
fi
