# shellcheck shell=bash disable=SC2046,SC2034
# SPDX-License-Identifier: Apache-2.0
# 93-denials.sh - run --explain-denials: each refused call is told once and refused all the same,
# whatever the workload does to the one who tells.

no='EPERM|EACCES|ENOSYS'
told() { # CALL-EXPRESSION ANSWER: a line about it
	want_err "^pillbox: refused: $1 $2: [^ ]+ \(process [0-9]+\).*, by "
}

# --- what is told -------------------------------------------------------------------------------

one() { # EXPRESSION ANSWER NAME [ARG...]
	local line=$1 answer=$2
	shift 2
	inside --explain-denials -- try "$@"
	want_ok
	want_out "$1=($no)"
	told "$line" "$answer"
}
t 'a call with words for its arguments' one 'keyctl\(KEYCTL_[A-Z_]+.*\)' '= EPERM' keyctl
t 'a path is read out of memory' one 'mount\(.*"/[^"]*".*\)' '= EPERM' mount
t 'flags' one 'unshare\(CLONE_NEWNET\)' '= EPERM' unshare net
t 'a socket family' one 'socket\(AF_ALG, SOCK_SEQPACKET[^)]*\)' '= EPERM' socket alg
t 'a call that no kernel has' one 'system call 2000\(\)' '= ENOSYS' syscall 2000

once() {
	inside --explain-denials -- each keyctl keyctl keyctl
	want_ok
	[ "$(grep -c '^pillbox: refused: keyctl' <<<"$ERR")" = 1 ] || bad "told more than once: $ERR"
	want_err '^pillbox: [0-9]+ system calls were refused or logged, [0-9]+ different ones$'
	inside --explain-denials -- each keyctl add-key
	[ "$(grep -c '^pillbox: refused: ' <<<"$ERR")" -ge 2 ] || bad "only one of two: $ERR"
	inside --explain-denials --quiet -- try keyctl
	told 'keyctl\(.*\)' '= EPERM'
	inside -- try keyctl
	[[ $ERR != *refused:* ]] || bad "told without the option"
}
t 'each different call is told once, with --quiet too, and without the option never' once

# --- the answers are the same -------------------------------------------------------------------

all='mount mount-bind fsopen open-tree mount-setattr pivot chroot unshare-user clone-user clone3-user setns
sethostname ptrace1 vm-write bpf perf userfaultfd io-uring clock syslog reboot iopl keyctl add-key mknod handle
setuid setgroups tiocsti int80 x32'
same() { # OPTION...
	local before
	# shellcheck disable=SC2086 # words
	inside "$@" -- each $all
	want_ok
	before=$OUT
	# shellcheck disable=SC2086
	inside "$@" --explain-denials -- each $all
	want_ok
	[ "$OUT" = "$before" ] || bad "other answers: $(diff <(echo "$before") <(echo "$OUT") | tr '\n' ' ')"
	want_err '^pillbox: refused: '
}
t 'hardened: every answer is the same with and without' same
t 'strict: every answer is the same' same $(preset strict)
t 'docker, with the filter loaded early: every answer is the same' same --preset docker
t 'without init' same --no-init
t 'with --verify' same --verify

ends() {
	inside --explain-denials -- try int80
	want_err '^pillbox: refused: [a-z0-9_]+\(.*\) ends the process: probe \(process [0-9]+\) in 32-bit mode, by '
	inside --explain-denials -- try x32
	want_err '^pillbox: refused: [a-z0-9_]+\(.*\) ends the process: probe \(process [0-9]+\) in x32 mode, by '
}
[ "$(uname -m)" != x86_64 ] || t 'what ends a process is told first' ends

# --- profiles of one's own ----------------------------------------------------------------------

profile() { # JSON
	printf '%s\n' "$1" >"$TMP/profile.json"
	chmod 644 "$TMP/profile.json"
}

learning() {
	profile '{"defaultAction":"SCMP_ACT_LOG"}'
	inside --security-opt seccomp="$TMP/profile.json" -- exit 0
	want_ok
	want_err 'SCMP_ACT_LOG: .*--explain-denials shows them here$'
	inside --security-opt seccomp="$TMP/profile.json" --explain-denials -- try keyctl
	want_ok
	want_err '^pillbox: logged: execve\(.*\) is let through'
	want_err '^pillbox: logged: keyctl\(KEYCTL_'
	[[ $OUT == *keyctl=OK* ]] || bad "a logged call was not let through: $OUT"
}
t 'a profile of SCMP_ACT_LOG shows what it would log' learning

answers() {
	profile '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
		{"name":"keyctl","action":"SCMP_ACT_ERRNO","errnoRet":5},
		{"name":"add_key","action":"SCMP_ACT_KILL_PROCESS"},
		{"name":"syslog","action":"SCMP_ACT_TRAP"}]}'
	inside --security-opt seccomp="$TMP/profile.json" --explain-denials -- each keyctl add-key syslog
	want_ok
	want_out 'keyctl=EIO'
	want_out 'add-key=SIGSYS'
	want_out 'syslog=SIGSYS'
	told 'keyctl\(.*\)' '= EIO'
	told 'add_key\(.*\)' 'ends the process'
}
t 'an errno, a kill and a trap of a profile' answers

# Addresses are read out as well, whatever kind they are of.
addresses() {
	profile '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"name":"connect","action":"SCMP_ACT_ERRNO","errnoRet":111}]}'
	pb --security-opt seccomp="$TMP/profile.json" --explain-denials "$ROOT" -- /bin/sh -c '
		nc 127.0.0.1 7; nc ::1 8; probe try connect-abstract name'
	told 'connect\([0-9]+, 127.0.0.1:7, 16\)' '= ECONNREFUSED'
	told 'connect\([0-9]+, \[::1\]:8, 28\)' '= ECONNREFUSED'
	told 'connect\([0-9]+, "@name".*\)' '= ECONNREFUSED'
}
t 'socket addresses' addresses

# --- what is not the filter ---------------------------------------------------------------------

# What is foretold is what the kernel then answers; and with the cure nothing is foretold.
foretold() { # CAUSE-EXPRESSION OPTIONS OPTIONS-WITH-CURE NAME [ARG...]
	local cause=$1 options=$2 cure=$3 answer
	shift 3
	# shellcheck disable=SC2086 # words
	inside --explain-denials $options -- try "$@"
	want_ok
	answer=${OUT##*=}
	want_err "^pillbox: fails: .* = $answer: probe \\(process [0-9]+\\): not the filter: $cause"
	# shellcheck disable=SC2086
	inside --explain-denials $cure -- try "$@"
	[[ $OUT == *=OK* ]] || bad "with $cure: $OUT"
	[[ $ERR != *'fails: '* ]] || bad "with $cure it is foretold still: $ERR"
}
owner=$([ "$ID" = none ] || echo -u 0) # of the tree, who may write to its root
t 'a read-only root' foretold 'the file system is mounted read-only there' "$owner" "$owner --writable" create /file
t 'a read-only tmpfs' foretold 'the mount on /mnt is read-only' '--tmpfs /mnt:ro' '--tmpfs /mnt:rw' create /mnt/file
noexec() {
	inside --explain-denials --tmpfs /mnt:mode=1777 -- try exec-from /mnt/p
	want_out 'exec-from=EACCES'
	want_err '^pillbox: fails: execve\("/mnt/p".*\) = EACCES: .*: the mount there has the flag noexec'
	inside --explain-denials --tmpfs /mnt:exec,mode=1777 -- try exec-from /mnt/p
	want_ok
	[[ $ERR != *'fails: '* ]] || bad "with exec it is foretold still: $ERR"
}
t 'noexec' noexec
if [ "$ID" != none ]; then # who has one id cannot change it
	t 'a capability' foretold 'it takes the capability SETGID' '-u 0' '-u 0 --cap-add SETGID' setgroups 1
	t 'another one' foretold 'it takes the capability CHOWN' '-u 0' '-u 0 --cap-add CHOWN' chown 1
fi
landlock() {
	local ROOT=$ROOT
	run cp -a "$ROOT" "$TMP/tree"
	ROOT=$TMP/tree
	run ln -s ../tmp "$ROOT/mnt/link"
	inside --explain-denials --landlock on -- try create /mnt/link/../tmp/file
	want_out 'create=OK'
	[[ $ERR != *'fails: '* ]] || bad "a link and .. were taken for the place: $ERR"
	foretold 'Landlock: ' '--skip root-ro --landlock on -u 0' '--skip root-ro --landlock off -u 0' create /file
	run rm -rf "$TMP/tree"
}
[ "$ID" = none ] || t 'Landlock' landlock # its only user may write nowhere in the tree anyway
# What a call changes is the file, or the directory that it is in.
itself() {
	pb --explain-denials "$ROOT" -- /bin/sh -c 'chmod 755 /etc; echo a >/tmp/f; chmod 600 /tmp/f; rm /tmp/f; mkdir /x'
	want_err '^pillbox: fails: (f?chmodat|chmod)\(.*"/etc".* = EROFS: '
	want_err "^chmod: /etc: Read-only file system"
	want_err '^pillbox: fails: mkdir\("/x".* = EROFS: '
	[ "$(grep -c '^pillbox: fails: ' <<<"$ERR")" = 2 ] || bad "other lines: $ERR"
	[ "$ID" != none ] || return 0 # there is no other id to give it to
	pb --explain-denials "$ROOT" -- /bin/sh -c 'chown 5 /tmp'
	want_err '^pillbox: fails: chown\("/tmp", .* = EPERM: .*CHOWN$'
	want_err '^chown: /tmp: Operation not permitted'
}
t 'a file and its directory' itself
bits() {
	run mkdir -p "$TMP/dir"
	run chmod 0555 "$TMP/dir"
	inside --explain-denials -v "$TMP/dir:/mnt" -- try create /mnt/file
	# of an ordinary user's the bits hold; root of the sandbox without DAC_OVERRIDE is no other
	[[ $OUT == *=EACCES* ]] || return 0
	want_err '^pillbox: fails: .* = EACCES: .*: not the filter: the permission bits \(mode 0555\)'
}
t 'permission bits' bits

# --- attacks ------------------------------------------------------------------------------------

contradiction() {
	inside --explain-denials --security-opt seccomp=unconfined -- exit 0
	want_rc 125
	want_err '^pillbox: run: --explain-denials: contradicts --security-opt seccomp=unconfined$'
}
t 'without a filter there is nothing to explain' contradiction

# Escape sequences in a path and in a name, and more different calls than anybody wants to read
flood() {
	inside --explain-denials -- try chroot $'/\e[2J\nx'
	[[ $ERR != *$'\e'* ]] || bad 'an escape sequence reached the terminal'
	LIMIT=60 inside --explain-denials -- try many 3000
	want_out 'many=EPERM'
	[ "$(grep -c '^pillbox: refused: ' <<<"$ERR")" -lt 400 ] || bad "$(wc -l <<<"$ERR") lines"
	want_err 'different calls were told; further ones are not$'
}
t 'hostile text and many calls' flood

# The one who answers is killed: what would have been refused must not be allowed.
# Its number, while there is one. By /proc/PID/cmdline, which an ordinary user can read, too.
listener() {
	local dir name
	for dir in /proc/[0-9]*; do
		name=''
		read -r name <"$dir/comm"
		[ "$name" != pillbox-listen ] || ! grep -qaF -- "$ROOT" "$dir/cmdline" || echo "${dir#/proc/}"
	done 2>/dev/null
}

orphan() {
	local pid='' end=$((SECONDS + 1 + 2 * SLOW))
	run true
	"$HARNESS" run "$(user_of "$ID" | grep . || echo -)" $((60 * SLOW)) "$PB" run --explain-denials "$ROOT" -- \
		/bin/probe try late-keyctl $((2 + 2 * SLOW)) >"$TMP/out" 2>"$TMP/err" &
	# Not before the workload waits: what it needs to come that far would be refused, too.
	while [ -z "$pid" ] && [ $SECONDS -lt $end ]; do
		sleep 0.1
		! grep -qx waiting "$TMP/err" || pid=$(listener)
	done
	[ -n "$pid" ] || bad "there is no listener: $(cat "$TMP/out" "$TMP/err")"
	[ -z "$pid" ] || kill -KILL "$pid"
	wait $!
	grep -qx 'late-keyctl=ENOSYS' "$TMP/out" || bad "the answer is $(cat "$TMP/out")"
}
t 'the listener is killed: refused calls stay refused' orphan

on_terminal() {
	run script -qec "$PB run --explain-denials $ROOT -- /bin/probe try keyctl" /dev/null <>"$TMP/keyboard"
	[[ $OUT == *'refused: keyctl('* ]] || bad "not told: $OUT"
	# each line ends with CR LF, or they would run down the screen like stairs
	! grep -a 'refused: ' <<<"$OUT" | grep -qav $'\r$' || bad 'a line without a carriage return'
}
tty_denials() {
	[ -p "$TMP/keyboard" ] || mkfifo "$TMP/keyboard"
	on_terminal
}
t 'on a terminal that is raw' tty_denials
