# shellcheck shell=bash disable=SC2016,SC2034,SC2086
# (inner shells expand; RAN and RC are lib.sh's; a pid is one word)
# SPDX-License-Identifier: Apache-2.0
# 40-signals.sh - exit statuses, forwarded signals, and that nothing outlives the launcher.

exit_status() { inside "${@:2}" -- exit "$1"; want_rc "$1"; want_no_err; }
for code in 0 1 2 63 64 100 124 125 126 127 128 129 137 200 254 255; do
	t "exit status $code" exit_status $code
done
t 'exit status 5 with --no-init' exit_status 5 --no-init

by_signal() { # NUMBER
	inside -- signal "$1"
	want_rc $((128 + $1))
}
for sig in 1 2 3 6 8 9 11 13 14 15 31 34 64; do
	t "ended by signal $sig: $((128 + sig))" by_signal $sig
done

# Start a sandbox in the background; its shell prints `ready` first. $launcher is its pid.
start() { # SCRIPT [OPTION...]
	local script=$1 tries=0
	shift
	RAN="pillbox run $* ROOT -- sh -c '$script'"
	# No intermediate process: the pid is the launcher's, so a signal to it is one to pillbox.
	: >"$TMP/out"
	: >"$TMP/err"
	local user
	user=$(user_of "$ID")
	if [ -n "$user" ]; then
		setpriv --reuid "$user" --regid "$user" --init-groups --reset-env \
			"$PB" run "$@" "$ROOT" -- /bin/sh -c "$script" </dev/null >"$TMP/out" 2>"$TMP/err" &
	else
		"$PB" run "$@" "$ROOT" -- /bin/sh -c "$script" </dev/null >"$TMP/out" 2>"$TMP/err" &
	fi
	launcher=$!
	until grep -q ready "$TMP/out"; do
		tries=$((tries + 1))
		if [ $tries -gt $((100 * SLOW)) ]; then
			bad "the workload did not start: $(head -n 1 "$TMP/err")"
			kill -KILL $launcher
			return 1
		fi
		sleep 0.05
	done
}

# Wait for the launcher, but not for ever; its status is RC.
finish() { # SECONDS
	local tries=$(($1 * 20 * SLOW))
	while kill -0 $launcher 2>/dev/null; do
		tries=$((tries - 1))
		if [ $tries -le 0 ]; then
			bad "the launcher still runs after $1 s"
			kill -KILL $launcher
			break
		fi
		sleep 0.05
	done
	wait $launcher
	RC=$?
	OUT=$(cat "$TMP/out")
	ERR=$(cat "$TMP/err")
}

forward() { # SIGNAL NUMBER [OPTION...]
	start "trap 'echo got $1; exit 9' $1; echo ready; while :; do sleep 0.1; done" "${@:3}" || return
	kill -"$1" $launcher
	finish 5
	want_rc 9
	want_out "got $1"
}
for sig in TERM INT HUP USR1 USR2 WINCH QUIT CONT; do
	t "SIG$sig is forwarded" forward $sig 0
done
t 'SIGTERM is forwarded with --no-init' forward TERM 0 --no-init

# A launcher that was not given the processor while the command started: the signal is the command's.
late() {
	local delay pid user hits=0 pillbox=("$PB")
	RAN='pillbox run ROOT, stopped at many moments'
	user=$(user_of "$ID")
	[ -z "$user" ] || pillbox=("$HARNESS" as "$user" "$PB") # becomes the launcher
	for delay in 0.00{2,3,4,5,6,7,8,9} 0.01{0,1,2,3,4,5,6,8} 0.02{0,3,6} 0.03 0.04; do
		: >"$TMP/out"
		"${pillbox[@]}" run "$ROOT" -- /bin/sh -c "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done" </dev/null >"$TMP/out" 2>"$TMP/err" &
		pid=$!
		sleep $delay
		kill -STOP $pid
		sleep 0.1
		! grep -q ready "$TMP/out" || hits=$((hits + 1))
		grep -q ready "$TMP/out" && kill -TERM $pid
		kill -CONT $pid
		until grep -q ready "$TMP/out"; do sleep 0.02; done
		kill -TERM $pid 2>/dev/null
		wait $pid
		RC=$?
		ERR=$(cat "$TMP/err")
		want_rc 9
	done
	[ $hits -gt 0 ] || bad 'no command started while its launcher was stopped'
}
t 'SIGTERM to a launcher that has not yet seen the command start' late

stop_signal() {
	start 'trap "echo got USR1; exit 9" USR1; trap "" TERM; echo ready; while :; do sleep 0.1; done' --stop-signal USR1 || return
	kill -TERM $launcher
	finish 5
	want_rc 9
	want_out 'got USR1'
}
t '--stop-signal' stop_signal

stop_timeout() {
	local begin=$SECONDS
	start 'trap "" TERM INT HUP; echo ready; while :; do sleep 0.1; done' --stop-timeout 1 || return
	kill -TERM $launcher
	finish 5
	want_rc 137
	[ $((SECONDS - begin)) -le $((4 * SLOW)) ] || bad "it took $((SECONDS - begin)) s"
}
t 'a workload that ignores SIGTERM is killed after --stop-timeout' stop_timeout

unhandled_term() {
	start 'echo ready; exec sleep 100' || return
	kill -TERM $launcher
	finish 5
	want_rc 143
}
t 'SIGTERM ends a workload that has no handler' unhandled_term

killed() { # OPTION...: after SIGKILL nothing_left (lib.sh) sees that all are gone within a second
	start 'trap "" TERM HUP INT; (setsid sleep 100 </dev/null >/dev/null 2>&1 &) ; (sleep 100 &); echo ready; sleep 100' "$@" || return
	kill -KILL $launcher
	finish 2
	want_rc 137
}
t 'the launcher is killed: all are dead' killed
t 'the launcher is killed: all are dead, with --no-init' killed --no-init
t 'the launcher is killed: all are dead, with --writable' killed --writable

killed_early() { # killed at ever later moments of the set-up
	local delay
	RAN='pillbox killed during its set-up'
	for delay in 1 2 3 4 5 6 7 8 10 12 15; do
		as "$ID" timeout -s KILL "0.0$(printf '%02d' $delay)" "$PB" run "$ROOT" -- /bin/sleep 100 \
			>/dev/null 2>&1 </dev/null
	done
	RC=0
}
t 'the launcher is killed during the set-up' killed_early

stopped() {
	start 'echo ready; exec sleep 100' || return
	kill -STOP $launcher
	sleep 0.1
	kill -KILL $launcher
	finish 2
	want_rc 137
}
t 'a stopped launcher is killed' stopped

daemon() {
	pb "$ROOT" -- /bin/sh -c '(setsid sleep 100 </dev/null >/dev/null 2>&1 &); exit 4'
	want_rc 4
}
t 'what the workload left running ends with it' daemon

orphans() {
	pb "$ROOT" -- /bin/sh -c 'for i in $(seq 200); do (true &); done; sleep '"$SLOW"'; ps -o stat,comm | grep -c "^Z"; exit 0'
	want_ok
	want_out 0
}
t '200 orphans are reaped' orphans

init_dies() {
	pb "$ROOT" -- /bin/sh -c 'kill -9 1; kill -STOP 1; echo alive; exit 6'
	want_rc 6
	want_out alive
}
t 'the workload cannot kill its init' init_dies

kill_all() { pb "$ROOT" -- /bin/sh -c 'kill -9 -1; exit 3'; [ "$RC" = 3 ] || [ "$RC" = 137 ] || bad "exit status $RC"; }
t 'kill -9 -1 inside ends only the workload' kill_all

init_killed_outside() {
	local init
	start 'echo ready; sleep 100' || return
	init=$(pgrep -P $launcher | while read -r pid; do
		[ "$(awk '/^NSpid:/ { print $NF }' "/proc/$pid/status")" = 1 ] && echo "$pid"
	done)
	[ -n "$init" ] || { bad 'no child of the launcher is pid 1'; kill -KILL $launcher; finish 2; return; }
	as "$ID" kill -KILL "$init" || kill -KILL "$init"
	finish 3
	want_rc 137
}
t 'somebody kills the init from outside' init_killed_outside

blocked_reader() {
	RAN='pillbox into a pipe that nobody reads'
	start 'echo ready; exec yes' || return
	kill -TERM $launcher
	finish 5
	want_rc 143
	OUT=''
}
t 'a flood of output does not hinder the end' blocked_reader

# --- a terminal ---------------------------------------------------------------------------------

own_tty() {
	on_tty "$PB run $ROOT -- /bin/probe facts"
	want_ok
	want_fact tty.0 yes
	want_fact tty.1 yes
	want_fact_like ttyname.0 '/dev/(pts/[0-9]+|console)'
	[ "$(fact sid)" = "$(fact pgrp)" ] || bad 'not a session of its own'
	[ "$(fact tcpgrp)" = "$(fact pgrp)" ] || bad 'not in the foreground'
}
t 'stdin is a terminal: the workload gets one of its own' own_tty

no_tty() {
	on_tty "$PB run --no-tty $ROOT -- /bin/sh -c 'tty; echo >/dev/tty' </dev/null"
	want_rc 1
	want_out 'not a tty'
}
t '--no-tty' no_tty

tty_restored() {
	on_tty "stty -a >$TMP/before; $PB run $ROOT -- /bin/sh -c 'stty raw -echo; exit 0'; stty -a >$TMP/after"
	cmp -s "$TMP/before" "$TMP/after" || bad "the terminal was left changed: $(diff "$TMP/before" "$TMP/after" | head -n 2 | tr '\n' ' ')"
}
t 'the terminal is as before' tty_restored

tty_restored_kill() {
	on_tty "stty -a >$TMP/before; $PB run $ROOT -- /bin/sh -c 'echo ready; sleep 100' & sleep $((SLOW * 500))e-3; kill -KILL \$!; sleep $((SLOW * 500))e-3; stty -a >$TMP/after"
	cmp -s "$TMP/before" "$TMP/after" || bad "the terminal was left changed: $(diff "$TMP/before" "$TMP/after" | head -n 2 | tr '\n' ' ')"
}
t 'the terminal is as before, though the launcher was killed' tty_restored_kill

job_control() {
	on_tty "$PB run $ROOT -- /bin/sh -c 'set -m; sleep 0.3 & fg %1 && echo done'"
	want_ok
	want_out 'done'
}
t 'job control works' job_control
