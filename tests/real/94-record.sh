# shellcheck shell=bash disable=SC2046,SC2034
# SPDX-License-Identifier: Apache-2.0
# 94-record.sh - pillbox record: what it writes, what it refuses to write, and that a workload cannot
# use it to be allowed more. Real programs are recorded in tests/debian.

rec() { run "$PB" record -o "$TMP/rec.json" "$@"; }
names() { jq -r '.syscalls[].names[]' "$TMP/rec.json" | sort -u; }

simple() {
	rm -f "$TMP/rec.json"
	rec "$ROOT" -- /bin/probe exit 7
	want_rc 7
	want_err '^pillbox: [^ ]+rec.json: [0-9]+ kinds of calls were seen, [0-9]+ added$'
	want_err '^pillbox: capabilities: it had none, and needs none$'
	want_err '^pillbox: writable: nothing but what is writable already$'
	jq -e '.defaultAction == "SCMP_ACT_ERRNO" and (.archMap | length == 1)' "$TMP/rec.json" >/dev/null ||
		bad "the profile: $(head -c 300 "$TMP/rec.json")"
	names | grep -qx execve || bad 'no execve'
	! names | grep -qxE 'socket|mount|recvmsg|sendmsg' || bad "calls that were not made: $(names | tr '\n' ' ')"
	pb --security-opt seccomp="$TMP/rec.json" "$ROOT" -- /bin/probe exit 7
	want_rc 7
	inside --security-opt seccomp="$TMP/rec.json" -- try socket unix
	[[ $OUT != *=OK* ]] || bad 'it allows more than was done'
}
t 'the profile of a small program' simple

arguments() {
	rm -f "$TMP/rec.json"
	rec "$ROOT" -- /bin/probe try socket unix
	want_ok
	inside --security-opt seccomp="$TMP/rec.json" -- try socket unix
	want_out 'socket=OK'
	inside --security-opt seccomp="$TMP/rec.json" -- try socket inet
	want_out 'socket=EPERM'
	# and with what else is done, both
	rec --merge "$ROOT" -- /bin/probe try socket inet
	want_ok
	want_err ' seen, [1-9][0-9]* added$'
	inside --security-opt seccomp="$TMP/rec.json" -- try socket unix
	want_out 'socket=OK'
	inside --security-opt seccomp="$TMP/rec.json" -- try socket inet
	want_out 'socket=OK'
	inside --security-opt seccomp="$TMP/rec.json" -- try socket inet6
	want_out 'socket=EPERM'
	rec --merge "$ROOT" -- /bin/probe try socket inet
	want_err ' seen, 0 added$'
}
t 'a socket family is part of it; --merge adds' arguments

# Calls that the run's own filter refuses are not in the profile, whatever the workload does.
hostile() {
	local name
	rm -f "$TMP/rec.json"
	rec "$ROOT" -- /bin/probe each mount keyctl bpf unshare-user io-uring userfaultfd clone3-user setns ptrace1 \
		mount-setattr
	want_ok
	want_no_out '.*=OK'
	for name in mount keyctl bpf unshare io_uring_setup userfaultfd setns ptrace; do
		! jq -e --arg n "$name" '.syscalls[] | select(.names | index($n)) | select(.action == "SCMP_ACT_ALLOW")' \
			"$TMP/rec.json" >/dev/null || bad "$name is in the profile"
	done
	run "$PB" seccomp diff --preset hardened default "$TMP/rec.json"
	want_rc 1
	[[ $OUT != *'only B allows'* ]] || bad "wider than what it was recorded under: $OUT"
	rec "$ROOT" -- /bin/probe each mount keyctl bpf unshare-user clone3-user
	# ENOSYS stays ENOSYS: programs fall back
	inside --security-opt seccomp="$TMP/rec.json" -- try clone3-user
	want_out 'clone3-user=ENOSYS'
}
t 'what the filter refuses is not recorded' hostile

unconfined() {
	rm -f "$TMP/rec.json"
	rec --security-opt seccomp=unconfined "$ROOT" -- /bin/probe try keyctl
	want_ok
	names | grep -qx keyctl || bad 'keyctl was used, and is not in the profile'
	[ "$(jq '[.syscalls[] | select(.names == ["keyctl"])][0].args[0].valueTwo' "$TMP/rec.json")" = 0 ] ||
		bad 'not with its operation'
}
t 'without a filter all is recorded' unconfined

presets() {
	for p in docker strict; do
		rm -f "$TMP/rec.json"
		rec $(preset $p) "$ROOT" -- /bin/probe try open-w /dev/null
		want_ok
		pb $(preset $p) --security-opt seccomp="$TMP/rec.json" "$ROOT" -- /bin/probe try open-w /dev/null
		want_ok
		want_out 'open-w=OK'
	done
	rm -f "$TMP/rec.json"
	rec --no-init "$ROOT" -- /bin/probe exit 3
	want_rc 3
	pb --no-init --security-opt seccomp="$TMP/rec.json" "$ROOT" -- /bin/probe exit 3
	want_rc 3
}
t 'docker (filter loaded early), strict, without init' presets

bad_input() {
	run "$PB" record "$ROOT" -- /bin/probe exit 0
	want_rc 125
	want_err '^pillbox: record: -o: missing$'
	rec -o "$TMP/other" "$ROOT" -- /bin/probe exit 0
	want_rc 125
	want_err 'contradicts -o '
	rm -f "$TMP/rec.json"
	rec "$ROOT" -- /bin/nothing-of-this-name
	want_rc 127
	[ ! -e "$TMP/rec.json" ] || bad 'a profile of a command that never ran'
	rec "$TMP/no-such-root" -- /bin/true
	want_rc 125
	[ ! -e "$TMP/rec.json" ] || bad 'a profile without a run'
	printf '[]' >"$TMP/rec.json"
	rec --merge "$ROOT" -- /bin/probe exit 0
	want_rc 125
	want_err '^pillbox: record: --merge .*: no profile: not a JSON object$'
	printf '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"name":"execve","acton":"SCMP_ACT_ALLOW"}]}' >"$TMP/rec.json"
	rec --merge "$ROOT" -- /bin/probe exit 0
	want_rc 125
	grep -q acton "$TMP/rec.json" || bad 'the broken profile was written over'
	printf '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"name":"getpid","action":"SCMP_ACT_ERRNO"}]}' >"$TMP/rec.json"
	rec --merge "$ROOT" -- /bin/probe exit 0
	run "$PB" record -o /proc/nothing "$ROOT" -- /bin/probe exit 0
	want_rc 125
	run "$PB" record -o "$TMP" "$ROOT" -- /bin/probe exit 0
	want_rc 125
}
t 'bad input' bad_input

ends() {
	rm -f "$TMP/rec.json"
	rec "$ROOT" -- /bin/probe signal 9
	want_rc 137
	[ -s "$TMP/rec.json" ] || bad 'no profile of a command that was killed'
}
t 'a command that is killed is recorded as well' ends
