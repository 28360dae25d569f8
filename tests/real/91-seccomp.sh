# shellcheck shell=bash disable=SC2016 # inner shells expand
# SPDX-License-Identifier: Apache-2.0
# 91-seccomp.sh - `pillbox seccomp`: what it says of profiles, that it is what a sandbox then does, and
# what it does with bad input.

sc() { run "$PB" seccomp "$@"; }

profile() { # FILE TEXT: a profile of the identity's own
	printf '%s\n' "$2" | as "$ID" tee "$TMP/$1" >/dev/null
}

NEEDED='"execve","exit_group","read","write","openat","close","mmap","brk","arch_prctl","mprotect","pread64","fstat"'
profile small.json "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [
{\"names\": [$NEEDED], \"action\": \"SCMP_ACT_ALLOW\"},
{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"}]}]}"

# --- what it says ---------------------------------------------------------------------------------

show() {
	sc show default
	want_ok
	want_no_err
	want_out 'default'
	want_out '  capabilities +none \(preset hardened\)'
	want_out '  ioctl +allowed unless \(u32\)ioctl = TIOCSTI or TIOCLINUX or TIOCSETD; otherwise refused'
	want_out '  --cap-add SYS_ADMIN .*'
	sc show docker --cap-add SYS_ADMIN
	want_ok
	want_out '  mount  .*'
	want_no_out '  --cap-add SYS_ADMIN .*'
}
t 'show tells what a profile allows, and for which capabilities' show

documents() {
	local p
	for p in default strict docker "$TMP/small.json"; do
		sc show --json "$p"
		want_ok
		printf '%s' "$OUT" | jq -e '.format == 1 and (.calls | length) > 300 and
			([.calls[].name] | unique | length) == (.calls | length) and
			all(.calls[]; (.state == "conditional") == (.rules != null) and
				(.state == "conditional") == (.answer == null) and (.group | length) > 1)' >/dev/null ||
			bad "$p: the JSON of show is not as promised: $(printf '%s' "$OUT" | head -c 300)"
		sc lint --json "$p"
		printf '%s' "$OUT" | jq -e '.format == 1 and (.errors + .warnings + .notes) == (.findings | length)' >/dev/null ||
			bad "$p: the JSON of lint is not as promised"
		[ "$RC" = "$(printf '%s' "$OUT" | jq 'if .errors + .warnings > 0 then 1 else 0 end')" ] ||
			bad "$p: lint's exit status $RC"
		sc test --json "$p" socket
		printf '%s' "$OUT" | jq -e '.format == 1 and .verdict == "depends" and .answer == null' >/dev/null ||
			bad "$p: the JSON of test is not as promised"
		sc diff --json "$p" "$p"
		want_ok
		printf '%s' "$OUT" | jq -e '.format == 1 and .same and (.changes | length) == 0' >/dev/null ||
			bad "$p: differs from itself"
	done
}
t 'the JSON documents have what they promise' documents

verdicts() {
	sc test default socket AF_INET
	want_ok
	want_out 'allowed: socket\(AF_INET\)'
	sc test default socket AF_PACKET SOCK_RAW
	want_rc 1
	want_out 'refused with EPERM: .*'
	sc test "$TMP/small.json" socket AF_UNIX
	OUT=$(printf '%s' "$OUT" | tr -s '\n ' ' ') # a long directory wraps the line
	want_out '.* [^ ]*small.json:3: syscalls\[1\]: family = AF_UNIX'
	sc test default mount
	want_rc 1
	want_out '  --cap-add SYS_ADMIN would allow it, .*'
	sc test default socket
	want_rc 2
	want_out 'it depends on the other arguments: socket'
}
t 'test names the verdict, the rule and the capability' verdicts

differ() {
	sc diff default strict
	want_rc 1
	want_out '  only A allows'
	sc diff default "$STAGE/profiles/seccomp/default.json"
	want_ok
	run sh -c '"$1" seccomp diff - "$2" <"$3"' sh "$PB" docker "$STAGE/profiles/seccomp/docker.json"
	want_rc 1 # a file has the capabilities of hardened
	run sh -c '"$1" seccomp diff --preset docker - "$2" <"$3"' sh "$PB" docker "$STAGE/profiles/seccomp/docker.json"
	want_ok
}
t 'diff compares answers, of files, standard input and built-in profiles' differ

ours() {
	sc lint default
	want_ok
	want_out '0 errors, 0 warnings, 1 note'
	sc lint strict
	want_ok
	sc lint docker
	want_rc 1
	profile bad.json "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [$NEEDED,
\"opennat\", \"unshare\"], \"action\": \"SCMP_ACT_ALLOW\"}]}"
	sc lint "$TMP/bad.json"
	want_rc 1
	want_out '.*bad.json:2: warning: opennat: .*did you mean openat\? \[unknown-name\]'
	want_out '.*bad.json:2: warning: unshare is allowed: .*\[dangerous\]'
}
t 'lint has nothing against our own profiles, and names the line of a mistake' ours

# --- what it says is what happens -----------------------------------------------------------------

# CALL ARGS..., by number: `probe syscall` makes it, and seccomp test has said what comes of it.
agrees() { # PROFILE CALL [ARG...]
	local profile=$1 opts nr said
	shift
	opts=(--security-opt "seccomp=$STAGE/profiles/seccomp/$profile.json")
	sc test --json "$STAGE/profiles/seccomp/$profile.json" "$@"
	said=$(printf '%s' "$OUT" | jq -r '.verdict + " " + (.answer.errno // "")')
	nr=$(printf '%s' "$OUT" | jq .nr)
	shift
	inside "${opts[@]}" -- try syscall "$nr" "$@"
	case $said in
	'refused EPERM') [[ $OUT == *EPERM* ]] || bad "$nr: said $said, and: $OUT" ;;
	'refused ENOSYS') [[ $OUT == *ENOSYS* ]] || bad "$nr: said $said, and: $OUT" ;;
	allowed*) [[ $OUT != *EPERM* && $OUT != *ENOSYS* ]] || bad "$nr: said $said, and: $OUT" ;;
	*) bad "$nr: said $said" ;;
	esac
}

effect() {
	local profile
	for profile in default strict; do
		agrees $profile getppid
		agrees $profile socket 1 1 0
		agrees $profile socket 2 1 0
		agrees $profile socket 40 1 0
		agrees $profile personality 0x20000
		agrees $profile memfd_create 0
		agrees $profile clone3 0 0
		agrees $profile keyctl 0
		agrees $profile 600
	done
}
t 'a sandbox answers as test says' effect

# --- compile --------------------------------------------------------------------------------------

compiles() {
	as "$ID" ln -sf out.bpf "$TMP/link"
	sc compile strict -o "$TMP/out.bpf"
	want_ok
	want_no_err
	want_out '.*/out.bpf: [0-9]+ instructions, [0-9]+ bytes'
	[ "$(($(stat -c %s "$TMP/out.bpf") % 8))" = 0 ] || bad 'not a row of instructions'
	cp "$TMP/out.bpf" "$TMP/kept"
	sc compile "$TMP/missing.json" -o "$TMP/out.bpf"
	want_rc 125
	cmp -s "$TMP/kept" "$TMP/out.bpf" || bad 'a failure changed the file'
	sc compile default -o "$TMP/link"
	want_ok
	[ -L "$TMP/link" ] || bad 'the link was replaced'
	! cmp -s "$TMP/kept" "$TMP/out.bpf" || bad 'what the link points to was not replaced'
	run sh -c '"$1" seccomp compile strict -o - | cmp - "$2"' sh "$PB" "$TMP/kept"
	want_ok
	[ -z "$(find "$TMP" -name '*.new')" ] || bad 'a temporary file is left'
}
t 'compile writes a program, whole or not at all' compiles

refuses() {
	on_tty "'$PB' seccomp compile strict -o -"
	want_rc 125
	[[ $OUT == *'standard output: a terminal'* ]] || bad "on a terminal: $OUT"
	run sh -c '"$1" seccomp compile strict -o - >/dev/full' sh "$PB"
	want_refused 125 'standard output: No space left'
	sc compile strict -o /dev/full
	want_refused 125 '/dev/full: No space left'
	sc compile strict -o "$TMP"
	want_refused 125 'Is a directory'
	sc compile strict -o /proc/nowhere
	want_refused 125 '/proc/nowhere'
	sc compile strict
	want_refused 125 '-o: missing'
	as "$ID" ln -sf nowhere "$TMP/dangling"
	sc compile strict -o "$TMP/dangling"
	want_refused 125 'dangling: No such file'
	profile log.json "{\"defaultAction\": \"SCMP_ACT_LOG\", \"flags\": [\"SECCOMP_FILTER_FLAG_LOG\"]}"
	sc compile "$TMP/log.json" -o "$TMP/log.bpf"
	want_ok
	want_err 'FILTER_FLAG_LOG is not in the program'
}
t 'compile refuses terminals and full disks, and says which flags are lost' refuses

# strict refuses mknodat, which nothing else here does.
elsewhere() {
	sc compile strict -o "$TMP/bwrap.bpf"
	want_ok
	run bwrap --bind / / mkfifo "$TMP/pipe1"
	want_ok
	run sh -c 'bwrap --bind / / --seccomp 9 mkfifo "$2" 9<"$1"' sh "$TMP/bwrap.bpf" "$TMP/pipe2"
	want_rc 1
	want_err 'Operation not permitted'
}
# Nothing is missed where there is no other launcher: a sandbox of our own has shown that it holds.
if as "$ID" bwrap --bind / / true 2>/dev/null; then
	t 'bubblewrap takes the program, and it holds there' elsewhere
fi

# --- bad input ------------------------------------------------------------------------------------

words() {
	sc
	want_refused 125 'seccomp: no action'
	sc shw default
	want_refused 125 "'shw': no such action" 'did you mean: pillbox seccomp show'
	sc show
	want_refused 125 'a word is missing' 'usage: pillbox seccomp show'
	sc show default strict
	want_refused 125 "'strict': one word too many"
	sc show default --jsn
	want_refused 125 'jsn: unknown option' 'did you mean --json'
	sc show default --json=yes
	want_refused 125 'takes no value'
	sc diff default strict --arch x86
	want_refused 125 'diff has no use for it'
	sc show default --kernel 6
	want_refused 125 'not of the form MAJOR.MINOR'
	sc show default --cap-add SYS_ADMN
	want_refused 125 'no capability' 'did you mean SYS_ADMIN'
	sc show default --cap-add ALL --cap-drop ALL
	want_refused 125 'contradicts'
	sc show default --preset docker --preset strict
	want_refused 125 'contradicts'
	sc show default --preset
	want_refused 125 'the value is missing'
	sc test default opennat
	want_refused 125 'no system call is called so' 'did you mean openat'
	sc test default socket AF_NOPE
	want_refused 125 "'AF_NOPE': neither a number nor a name for family of socket"
	sc test default socket 1 2 3 4 5 6 7
	want_refused 125 'one word too many'
	sc test --arch x86 default read 0x100000000
	want_refused 125 '32 bits'
	sc test --arch x86 default arch_prctlx
	want_refused 125 'no system call'
	sc diff - -
	want_refused 125 'standard input can be read once only'
}
t 'wrong words' words

files() {
	local action
	profile broken.json '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action": "ALLOW"}]}'
	for action in show lint test 'diff default'; do
		# shellcheck disable=SC2046,SC2086 # words
		sc $action "$TMP/broken.json" $([ "$action" != test ] || echo read)
		want_refused 125 'broken.json:1:[0-9]+: .*unknown action "ALLOW"'
	done
	sc show "$TMP/nothing.json"
	want_refused 125 'nothing.json: No such file'
	sc show ''
	want_refused 125 "''"
	sc show "$TMP"
	want_refused 125 "$TMP"
	sc show /dev/zero
	want_refused 125 '/dev/zero'
	as "$ID" mkfifo "$TMP/fifo"
	sc show "$TMP/fifo"
	want_refused 125 'fifo'
	run sh -c 'head -c 2000000 /dev/zero | "$1" seccomp show -' sh "$PB"
	want_refused 125 'standard input: larger than the limit'
	run sh -c '"$1" seccomp show - </dev/null' sh "$PB"
	want_refused 125 'standard input:.*not JSON'
	run sh -c '"$1" seccomp show default >/dev/full' sh "$PB"
	want_refused 125 'standard output: No space left'
	sc show ./default
	want_refused 125 './default: No such file'
	profile 'esc.json' '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["execve", "exit_group", "\u001b[31mred"], "action": "SCMP_ACT_ALLOW"}]}'
	sc lint "$TMP/esc.json"
	want_rc 1
	[[ $OUT != *$'\033'* ]] || bad 'an escape sequence gets through lint'
	sc show "$TMP/esc.json"
	[[ $OUT != *$'\033'* ]] || bad 'an escape sequence gets through show'
}
t 'wrong files' files
