# shellcheck shell=bash disable=SC2034 # RAN and RC are lib.sh's
# SPDX-License-Identifier: Apache-2.0
# 58-launcher.sh - pillbox's own processes while the command runs, seen from outside: what the launcher,
# pid 1, the guard and the listener have given up. Only root may look at their descriptors.



# A sandbox in the background, with descriptors 33, 44 and 99 open in its caller: $launcher is its pid.
start() { # OPTION...
	local user tries=0 as=()
	user=$(user_of "$ID")
	[ -z "$user" ] || as=(setpriv --reuid "$user" --regid "$user" --init-groups --reset-env)
	RAN="pillbox run $* ROOT -- sleep"
	: >"$TMP/out"
	"${as[@]}" "$PB" run "$@" "$ROOT" -- /bin/sh -c 'echo ready; exec sleep 60' \
		</dev/null >"$TMP/out" 2>"$TMP/err" 33</etc 44<"$STAGE/sentinel/file" 99</ &
	launcher=$!
	until grep -q ready "$TMP/out"; do
		tries=$((tries + 1))
		if [ $tries -gt $((200 * SLOW)) ]; then
			bad "the command did not start: $(head -n 1 "$TMP/err")"
			break
		fi
		sleep 0.05
	done
	# It says so before the launcher, which hears of the command's start by the end of a socket, has
	# confined itself.
	tries=0
	until [ "$(of $launcher Seccomp)" = 2 ] || [ $tries -gt $((40 * SLOW)) ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
}

finish() {
	kill -TERM "$launcher" 2>/dev/null
	wait "$launcher"
	RC=$?
}

of() { # PID FIELD -> its value in /proc/PID/status
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" 2>/dev/null
}

child_named() { # NAME -> pid of a child of the launcher's
	local pid
	for pid in $(pgrep -P "$launcher"); do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != "$1" ] || echo "$pid"
	done
}

want_of() { # PID FIELD VALUE
	[ "$(of "$1" "$2")" = "$3" ] || bad "$(of "$1" Name): $2 is $(of "$1" "$2"), not $3"
}

confined() { # PID [CAPABILITIES]: what all of them have in common
	local set
	for set in Prm Eff; do
		want_of "$1" Cap$set "${2-0000000000000000}"
	done
	want_of "$1" CapInh 0000000000000000
	want_of "$1" CapAmb 0000000000000000
	want_of "$1" NoNewPrivs 1
	want_of "$1" Seccomp 2
	# proc(5): what is not dumpable belongs to root, whoever it is
	[ "$(stat -c %u "/proc/$1/status")" = 0 ] || bad "$(of "$1" Name) is dumpable"
}

descriptors() { # PID MOST [ONE]: how many it has; none of its caller's, no file or directory but for 2 and ONE
	local link n=0
	[ "$(id -u)" = 0 ] || return 0
	for link in "/proc/$1/fd"/*; do
		[ -L "$link" ] || continue
		n=$((n + 1))
		case ${link##*/} in 33 | 44 | 99) bad "$(of "$1" Name) has descriptor ${link##*/} of its caller" ;; 2 | "${3-2}") continue ;; esac
		case $(readlink "$link") in anon_inode:* | pidfd:* | pipe:* | socket:* | seccomp:* | /proc) ;;
		*) bad "$(of "$1" Name) has $(readlink "$link")" ;; esac
	done
	[ $n -le "$2" ] || bad "$(of "$1" Name) has $n descriptors"
}

cwd_is_top() { # PID
	[ "$(id -u)" = 0 ] || return 0
	[ "$(readlink "/proc/$1/cwd")" = / ] || bad "$(of "$1" Name) stands in $(readlink "/proc/$1/cwd")"
}

launcher_confined() {
	start "$@"
	confined "$launcher"
	descriptors "$launcher" 6
	cwd_is_top "$launcher"
	grep -qE '^Max core file size +0 ' "/proc/$launcher/limits" || bad 'it could dump core'
	finish
}
t 'the launcher has given up its rights' launcher_confined
t 'the launcher has given up its rights, without init' launcher_confined --no-init
launcher_bounding() {
	start
	want_of "$launcher" CapBnd 0000000000000000
	finish
}
[ "$ID" != root ] || t 'the launcher has an empty bounding set' launcher_bounding

pid_1() {
	local init
	start
	init=$(child_named pillbox-init)
	[ -n "$init" ] || bad 'there is no pillbox-init'
	confined "$init"
	descriptors "$init" 0
	# Saved and file system ids, too: no way back.
	[ "$(of "$init" Uid | tr -s '[:space:]' '\n' | sort -u | wc -l)" = 1 ] || bad "its uids: $(of "$init" Uid)"
	[ "$(of "$init" Gid | tr -s '[:space:]' '\n' | sort -u | wc -l)" = 1 ] || bad "its gids: $(of "$init" Gid)"
	[ "$(tr '\0' ' ' <"/proc/$init/cmdline" | sed 's/ *$//')" = pillbox-init ] || bad "its arguments: $(tr '\0' ' ' <"/proc/$init/cmdline")"
	# What is in its memory stays readable for who is root outside.
	[ "$(id -u)" != 0 ] || ! grep -aq '[A-Za-z]' "/proc/$init/environ" || bad "its environment: $(tr '\0' ' ' <"/proc/$init/environ")"
	finish
}
t 'pid 1 has given up its rights' pid_1

guard() {
	local guard
	start --no-init
	guard=$(child_named pillbox-guard)
	[ -n "$guard" ] || bad 'there is no pillbox-guard'
	confined "$guard"
	descriptors "$guard" 3 0 # where the terminal is, if there is one
	cwd_is_top "$guard"
	# Out of reach of keys and hang-ups: all signals blocked, in a session of its own.
	want_of "$guard" SigBlk fffffffe7ffbfeff
	[ "$(ps -o sid= -p "$guard" | tr -d ' ')" = "$guard" ] || bad 'the guard is in the session of its caller'
	finish
}
t 'the guard has given up its rights' guard

listener() {
	local pid
	start --explain-denials
	pid=$(child_named pillbox-listen)
	[ -n "$pid" ] || bad 'there is no pillbox-listen'
	confined "$pid"
	descriptors "$pid" 3
	cwd_is_top "$pid"
	finish
}
t 'the listener has given up its rights' listener

# It is there for real root only, and keeps the one capability by which it removes a directory.
remover() {
	local pid
	if ! grep -q ' - cgroup2 ' /proc/self/mountinfo; then
		skip 'no cgroup2 file system is mounted here'
		return
	fi
	start --stats
	pid=$(child_named pillbox-remover)
	[ -n "$pid" ] || bad 'there is no pillbox-remover'
	confined "$pid" 0000000000000002
	descriptors "$pid" 2 "$(basename "$(find "/proc/$pid/fd" -lname '/sys/fs/cgroup*')")"
	cwd_is_top "$pid"
	finish
}
[ "$ID" != root ] || t 'the remover has given up its rights' remover

# pid 1 confines itself after the fork; with that held up for a moment the command must not be there.
gate() {
	local single=()
	[ "$ID" = root ] || single=(--userns single) # newuidmap has no power under a tracer
	run strace -f -qq -o /dev/null -e trace=capset -e inject=capset:delay_enter=400000 \
		"$PB" run "${single[@]}" --no-tty "$ROOT" -- /bin/grep -E '^(Name|Seccomp):' /proc/1/status
	want_ok
	want_out 'Name:[[:space:]]pillbox-init'
	want_out 'Seccomp:[[:space:]]2'
}
if command -v strace >/dev/null; then
	t 'the command waits until pid 1 is confined' gate
else
	echo "not ok - $ID: strace is not there: scripts/packages install test"
fi

leash() {
	run "$STAGE/bin/pillbox-seam" --skip=leash run "$ROOT" -- true
	want_refused 125 'pid 1 would survive the launcher'
}
t 'without its leash pid 1 does not go on' leash
