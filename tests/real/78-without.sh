# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# 78-without.sh - the other half of the proof: what a control refuses works where it was switched
# off, and only then. Where two controls hold against one thing, each is shown to hold alone.
# Landlock has a file of its own (77), the steps left out by the seam have 65.

ALONE=(--security-opt apparmor=unconfined --landlock off)

# ATTEMPT... => ANSWER under the options: answer 'OPTIONS' ANSWER ATTEMPT [ARG...]
answer() {
	local options=$1 want=$2
	shift 2
	# shellcheck disable=SC2086 # options are words
	inside "${ALONE[@]}" $options -- try "$@"
	want_ok
	want_out "$1=($want)"
}

NO_FILTER='--security-opt seccomp=unconfined'

nested() {
	answer '' 'EPERM' unshare-user
	answer "$NO_FILTER" 'ENOSPC|EPERM' unshare-user
	answer '--nested-userns' 'EPERM' unshare-user
	answer "--nested-userns $NO_FILTER" OK unshare-user
	# ... and in it a mount, which is what makes it dangerous
	answer "--nested-userns $NO_FILTER" OK nested-userns
}
t 'user namespaces inside: the sysctl alone, the filter alone, neither' nested

filter() {
	local name
	for name in keyctl add-key whiteout; do
		set -- "$name"
		[ "$name" != whiteout ] || set -- whiteout /tmp/w
		answer '' 'EPERM' "$@"
		answer "$NO_FILTER" OK "$@"
	done
	answer '' 'ENOSYS' syscall 2000
	answer '' 'EPERM|EAFNOSUPPORT' socket alg
	answer "$NO_FILTER" 'OK|EAFNOSUPPORT' socket alg
}
t 'the filter: keys, device nodes' filter

caps() {
	answer "-u 0:0 $NO_FILTER" EPERM sethostname
	answer "-u 0:0 $NO_FILTER --cap-add SYS_ADMIN --pids-limit -1" OK sethostname
	answer "-u 0:0 $NO_FILTER" EPERM mount
	answer "-u 0:0 $NO_FILTER --cap-add SYS_ADMIN --pids-limit -1" OK mount
	[ "$ID" != none ] || return 0 # there is one id only
	answer '' 'EPERM|EACCES' chown 0
	answer '-u 0:0' EPERM chown 1
	answer '-u 0:0 --cap-add CHOWN' OK chown 1
}
t 'capabilities: a host name, a mount, another owner' caps

# A sysctl of the sandbox's own network namespace, which its root may write.
masks() {
	local with="-u 0:0 $NO_FILTER --cap-add NET_ADMIN" file=/proc/sys/net/ipv4/ip_forward
	answer "$with" EROFS write $file 1
	answer "$with --security-opt systempaths=unconfined" OK write $file 1
}
t 'a read-only /proc/sys: a capability and no filter do not write it' masks

suid() {
	local dir=$TMP/tree
	as "$ID" cp -a "$ROOT" "$dir"
	as "$ID" sh -c "cp $dir/bin/probe $dir/bin/suid; chmod 4755 $dir/bin/suid"
	pb "${ALONE[@]}" "$dir" -- /bin/suid facts
	want_ok
	want_fact euid 1000
	pb "${ALONE[@]}" --security-opt no-new-privileges=false --pids-limit -1 "$dir" -- /bin/suid facts
	want_ok
	want_fact euid 0
	as "$ID" rm -rf "$dir"
}
[ "$ID" = none ] || t 'no_new_privs: a set-user-ID program changes the user without it' suid

root() {
	answer '-u 0:0' EROFS create /new
	answer '-u 0:0 --writable' OK create /new
	answer '-u 0:0' EROFS create /etc/new
}
t 'a read-only root' root

noexec() {
	answer '' EACCES exec-from /run/probe
	inside "${ALONE[@]}" --tmpfs /run:exec -- try exec-from /run/probe
	want_rc 0
	want_no_out 'exec-from=EACCES'
	answer '--preset strict --allow-missing=cgroup,apparmor' EACCES exec-from /tmp/probe
}
t 'noexec: a program written at run time' noexec

network() {
	run "$STAGE/bin/probe" outside listen "$PB" run "${ALONE[@]}" "$ROOT" -- /bin/probe try tcp-connect @TCP@
	want_out 'tcp-connect=ECONNREFUSED'
	run "$STAGE/bin/probe" outside listen "$PB" run "${ALONE[@]}" --network host "$ROOT" -- /bin/probe try tcp-connect @TCP@
	want_out 'tcp-connect=OK'
	run "$STAGE/bin/probe" outside listen "$PB" run "${ALONE[@]}" "$ROOT" -- /bin/probe try connect-abstract @ABSTRACT@
	want_out 'connect-abstract=ECONNREFUSED'
	run "$STAGE/bin/probe" outside listen "$PB" run "${ALONE[@]}" --network host "$ROOT" -- /bin/probe try connect-abstract @ABSTRACT@
	want_out 'connect-abstract=OK'
}
t 'the network namespace: servers of the host, by TCP and abstract socket' network

pids() {
	inside "${ALONE[@]}" --pids-limit 20 -- try fork-bomb 60
	want_out 'fork-bomb=EAGAIN'
	inside "${ALONE[@]}" --pids-limit -1 -- try fork-bomb 60
	want_out 'fork-bomb=OK'
	want_fact forks 60
}
t 'the limit on processes' pids
