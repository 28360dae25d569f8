# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# lib.sh - what every real-kernel test file starts with.
#
# Should:  run pillbox as one identity, keep its exit status, output and errors, and check after
#          each test that nothing is left on the host.
# Mustn't: count a test as passed that did not run to its end, or hide what pillbox printed.
#
# A test file is run by tests/real/run with these set: ID (root, range or none), PB (pillbox),
# ROOT (a small rootfs of that identity's, with /bin/probe), TMP (a directory of its own) and
# STAGE (readable by everyone). It calls
#     t NAME FUNCTION [ARG...]
# for each test. The function calls `pb ARGS...` (pillbox run ARGS...) and then the want_*
# functions; the first that does not hold is the reason of `not ok`.
set -u
export LC_ALL=C

# --- identities ---------------------------------------------------------------------------------

USER_RANGE=${PILLBOX_USER_RANGE:-pillbox-t1}
USER_NONE=${PILLBOX_USER_NONE:-pillbox-t2}

user_of() { # ID -> user name, "" for the caller itself
	[ "$(id -u)" = 0 ] || return 0
	case $1 in
	range) echo "$USER_RANGE" ;;
	none) echo "$USER_NONE" ;;
	esac
}

has_range() { # USER
	grep -q "^$1:" /etc/subuid 2>/dev/null && grep -q "^$1:" /etc/subgid 2>/dev/null
}

# The identities that can be had here, one a line; "ID: reason" for one that cannot.
identities() {
	if [ "$(id -u)" = 0 ]; then
		echo root
		for id in range none; do
			if id "$(user_of $id)" >/dev/null 2>&1; then
				echo $id
			else
				echo "$id: no user $(user_of $id): scripts/check makes it"
			fi
		done
		return
	fi
	echo "root: started by an ordinary user"
	if has_range "$(id -un)"; then
		echo range
		echo "none: $(id -un) has a subordinate range"
	else
		echo "range: $(id -un) has no subordinate range"
		echo none
	fi
}

# Run a command as the identity, with a clean environment.
as() { # ID COMMAND...
	local user
	user=$(user_of "$1")
	shift
	if [ -n "$user" ]; then
		setpriv --reuid "$user" --regid "$user" --init-groups --reset-env \
			env PATH=/usr/local/bin:/usr/bin:/bin "$@"
	else
		"$@"
	fi
}

# --- what must be the same before and after -----------------------------------------------------

# Processes that our launches made, and no others: those that run our copy of pillbox (launcher,
# guard, init), and those that see one of our trees as a mount.
live_pids() {
	{
		stat -c %N /proc/[0-9]*/exe 2>/dev/null | grep -F " '$STAGE/"
		grep -lsF " $STAGE/" /proc/[0-9]*/mountinfo
	} | cut -d/ -f3 | sort -un
}

host_state() {
	sha256sum </proc/self/mountinfo
	find /sys/fs/cgroup -type d -name '*pillbox*' ! -path '*/unit-*' 2>/dev/null | sort # unit tests have their own
	cat /proc/sys/kernel/core_pattern
	find "$ROOT" "$STAGE/sentinel" -printf '%p %i %m %U %G %s %T@ %l\n' 2>/dev/null | sort | sha256sum
	sha256sum <"$PB"
	uname -n
}

nothing_left() {
	local tries=0 left after
	while :; do
		left=$(live_pids | tr '\n' ' ')
		[ -n "$left" ] || break
		tries=$((tries + 1))
		if [ $tries -gt 20 ]; then
			bad "left behind: $(for p in $left; do tr '\0' ' ' <"/proc/$p/cmdline"; done 2>/dev/null)"
			for p in $left; do kill -KILL "$p" 2>/dev/null; done
			break
		fi
		sleep 0.05
	done
	after=$(host_state)
	[ "$after" = "$STATE_BEFORE" ] ||
		bad "the host changed: $(diff <(echo "$STATE_BEFORE") <(echo "$after") | tr '\n' ' ' | cut -c1-300)"
	STATE_BEFORE=$after # of the next test
}

# --- one test -----------------------------------------------------------------------------------

REASON=''
FAILED=0
bad() { [ -n "$REASON" ] || REASON=$*; return 0; }

t() { # NAME FUNCTION [ARG...]
	local name="$ID: $1"
	shift
	REASON='' RC='' OUT='' ERR='' RAN='' SKIP=''
	[ -n "${STATE_BEFORE-}" ] || STATE_BEFORE=$(host_state)
	"$@" </dev/null
	[ -n "$RAN" ] || [ -n "$SKIP" ] || bad "the test ran nothing"
	nothing_left
	if [ -n "$REASON" ]; then
		FAILED=$((FAILED + 1))
		printf 'not ok - %s: %s\n' "$name" "$(printf '%s' "$REASON" | tr '\n' ' ')"
		[ -z "${RAN}" ] || printf '  ran: %s\n  rc: %s\n' "$RAN" "$RC"
		[ -z "$OUT" ] || printf '%s\n' "$OUT" | head -n 5 | sed 's/^/  out: /'
		[ -z "$ERR" ] || printf '%s\n' "$ERR" | head -n 5 | sed 's/^/  err: /'
	elif [ -n "$SKIP" ]; then
		printf 'skip - %s: %s\n' "$name" "$SKIP"
	else
		printf 'ok - %s\n' "$name"
	fi
}

# Say in a test function that it cannot run here; the caller returns after it.
skip() { SKIP=$*; }

# Run a command as the identity; standard input is what the caller gives.
run() {
	local out=$TMP/out err=$TMP/err start=$SECONDS
	RAN=$(printf '%q ' "$@" | cut -c1-400)
	as "$ID" timeout --foreground -k 2 "${LIMIT:-20}" "$@" >"$out" 2>"$err"
	RC=$?
	OUT=$(tr -d '\0' <"$out")
	ERR=$(tr -d '\0' <"$err")
	# 124 may be the command's own status
	if [ "$RC" = 124 ] && [ $((SECONDS - start)) -ge "${LIMIT:-20}" ]; then
		bad "still running after ${LIMIT:-20} s"
	fi
}

# A command line on a terminal of its own. Its input stays open: at an end of file script(1) would
# type ^D, which shows up in the output.
on_tty() {
	[ -p "$TMP/keyboard" ] || mkfifo "$TMP/keyboard"
	run script -qec "$1" /dev/null <>"$TMP/keyboard"
	OUT=$(printf '%s' "$OUT" | tr -d '\r')
}

# pillbox run ARGS...
pb() { run "$PB" run "$@"; }

# The probe inside, with pillbox's options before `--`: inside [OPTION...] -- PROBE-ARGS...
inside() {
	local opts=()
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		opts+=("$1")
		shift
	done
	[ $# = 0 ] || shift
	pb ${opts[@]+"${opts[@]}"} "$ROOT" -- /bin/probe "$@"
}

# A preset by its options. `strict` limits memory and CPUs and enters an AppArmor profile, which
# not every test machine can.
preset() { # NAME
	echo --preset "$1"
	[ "$1" != strict ] || echo --allow-missing=cgroup,apparmor
}

# Is pillbox-default loaded and enforced? Root loads it, where AppArmor is, until drop_profile or the
# end of the file; otherwise WHY says what is missing. Not in a subshell: that has an end of its own.
# shellcheck disable=SC2034 # WHY is for the test file
have_profile() {
	WHY=
	"$PB" apparmor status >"$STAGE/status" 2>&1 && return
	if ! grep -qx 'kernel: AppArmor is enabled' "$STAGE/status"; then
		WHY=$(sed -n 's/^kernel: //p' "$STAGE/status")
	elif [ "$(id -u)" != 0 ]; then
		WHY="pillbox-default is not loaded, and only root can do that"
	elif ! "$PB" apparmor load >"$STAGE/status" 2>&1; then
		WHY=$(cat "$STAGE/status")
	else
		PROFILE_OURS=1
		trap drop_profile EXIT
		return
	fi
	return 1
}

PROFILE_OURS=
drop_profile() {
	[ -z "$PROFILE_OURS" ] || "$PB" apparmor unload >/dev/null
	PROFILE_OURS=
}

want_rc() {
	[ "$RC" = "$1" ] || bad "exit status $RC, not $1"
}

want_ok() {
	[ "$RC" = 0 ] || bad "exit status $RC: $(printf '%s\n' "$ERR" | head -n 1)"
}

want_out() { # a line of the output matches the extended expression whole
	printf '%s\n' "$OUT" | grep -qxE -- "$1" || bad "no line '$1' in the output"
}

want_no_out() {
	! printf '%s\n' "$OUT" | grep -qxE -- "$1" ||
		bad "in the output: $(printf '%s\n' "$OUT" | grep -xE -- "$1" | head -n 1)"
}

want_err() { # some line of the errors contains the expression
	printf '%s\n' "$ERR" | grep -qE -- "$1" || bad "no '$1' in the errors: $(printf '%s\n' "$ERR" | head -n 2)"
}

want_no_err() {
	[ -z "$ERR" ] || bad "on stderr: $(printf '%s\n' "$ERR" | head -n 1)"
}

# The contract for errors: the status, one `pillbox: ` line that matches, hints and notes only besides.
want_refused() { # RC EXPRESSION...
	local word
	want_rc "$1"
	shift
	[ "$(printf '%s\n' "$ERR" | grep -vcE '^(pillbox: note: |hint: )')" = 1 ] ||
		bad "not one line of error: $ERR"
	printf '%s\n' "$ERR" | grep -vE '^(pillbox: note: |hint: )' | head -n 1 | grep -q '^pillbox: ' ||
		bad "no line 'pillbox: ...': $(printf '%s\n' "$ERR" | head -n 1)"
	for word in "$@"; do
		printf '%s\n' "$ERR" | grep -qiE -- "$word" || bad "no '$word' in: $ERR"
	done
	if printf '%s' "$ERR" | tr -d '\n\t' | grep -q '[[:cntrl:]]'; then
		bad "a control character in the message"
	fi
	[ -z "$OUT" ] || bad "output from a run that was refused: $OUT"
}

fact() { # KEY -> its value(s) in the probe's output
	printf '%s\n' "$OUT" | sed -n "s/^$1=//p"
}

want_fact() { # KEY VALUE
	local value
	value=$(fact "$1")
	[ "$value" = "$2" ] || bad "$1=$value, not $2"
}

want_fact_like() { # KEY EXPRESSION
	local value
	value=$(fact "$1")
	printf '%s\n' "$value" | grep -qxE -- "$2" || bad "$1=$value, not like $2"
}
