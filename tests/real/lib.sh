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
#
# PILLBOX_SLOW=N says that this machine is N times slower than one that is not emulated: all time
# limits are N times longer. PILLBOX_PLACE=WORD stands before the identity in the tests' names.
#
# On an emulated processor a program that is started costs as much as a launch does, so what is done
# in every test is done by the shell itself or by tests/harness.c ($HARNESS).
set -u
export LC_ALL=C
SLOW=${PILLBOX_SLOW:-1}
PLACE=${PILLBOX_PLACE:+$PILLBOX_PLACE: }

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
	if [ -n "$user" ] && [ -n "${HARNESS-}" ]; then
		"$HARNESS" as "$user" "$@"
	elif [ -n "$user" ]; then
		setpriv --reuid "$user" --regid "$user" --init-groups --reset-env \
			env PATH=/usr/local/bin:/usr/bin:/bin "$@"
	else
		"$@"
	fi
}

# --- what must be the same before and after -----------------------------------------------------

# Processes that our launches made, and no others: those that run our copy of pillbox (launcher,
# guard, init), and those that see one of our trees as a mount.
live_pids() { "$HARNESS" left "$STAGE"; }

# Mounts, control groups, core_pattern, names, and every file that a sandbox should not change. An
# ordinary user's groups are his own: root's come and go where the identities run side by side.
GROUPS_OF=-1
[ -z "${ID-}" ] || [ -z "$(user_of "$ID")" ] || GROUPS_OF=$(id -u "$(user_of "$ID")")
host_state() { "$HARNESS" state "$GROUPS_OF" "$ROOT" "$STAGE/sentinel" "$PB"; }

nothing_left() {
	local tries=0 left after
	while :; do
		left=$(live_pids)
		[ -n "$left" ] || break
		tries=$((tries + 1))
		if [ $tries -gt $((20 * SLOW)) ]; then
			bad "left behind: $(for p in $left; do tr '\0' ' ' <"/proc/$p/cmdline"; done 2>/dev/null)"
			for p in $left; do kill -KILL "$p" 2>/dev/null; done
			break
		fi
		sleep 0.05
	done
	after=$(host_state)
	# In a session a limit gets a scope, which systemd removes a moment after its launcher's end.
	tries=0
	while [ "$after" != "$STATE_BEFORE" ] && [ "${PILLBOX_PLACE-}" = session ] && [ $tries -lt $((50 * SLOW)) ]; do
		tries=$((tries + 1))
		sleep 0.1
		after=$(host_state)
	done
	[ -n "$after" ] || bad "the host's state cannot be read"
	[ "$after" = "$STATE_BEFORE" ] ||
		bad "the host changed: $(diff <(echo "$STATE_BEFORE") <(echo "$after") | tr '\n' ' ' | cut -c1-300)"
	STATE_BEFORE=$after # of the next test
}

# --- one test -----------------------------------------------------------------------------------

REASON=''
FAILED=0
bad() { [ -n "$REASON" ] || REASON=$*; return 0; }

t() { # NAME FUNCTION [ARG...]
	local name="$PLACE$ID: $1"
	[[ $1 == *"${ONLY-}"* ]] || return 0
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
	local out=$TMP/out err=$TMP/err start=$SECONDS limit=$((${LIMIT:-20} * SLOW)) user
	printf -v RAN '%q ' "$@"
	RAN=${RAN:0:400}
	user=$(user_of "$ID")
	"$HARNESS" run "${user:--}" $limit "$@" >"$out" 2>"$err"
	RC=$?
	{ # bash drops the NUL bytes, and says so
		OUT=$(<"$out")
		ERR=$(<"$err")
	} 2>/dev/null
	# 124 may be the command's own status
	if [ "$RC" = 124 ] && [ $((SECONDS - start)) -ge $limit ]; then
		bad "still running after $limit s"
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

# For --dry-run=sh: keyctl may not be installed; then the step is left out, with pillbox's own word.
KEYRING=()
# shellcheck disable=SC2034 # the tests use it
command -v keyctl >/dev/null || KEYRING=(--skip keyring)

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

# Does a line of TEXT match the extended expression, whole with -x, any case with -i?
has_line() { # [-x] [-i] EXPRESSION TEXT
	local whole='' any='' line lines rc=1
	while :; do
		case $1 in
		-x) whole=yes ;;
		-i) any=yes ;;
		*) break ;;
		esac
		shift
	done
	# Many lines: one grep is faster than as many expressions compiled.
	if [ ${#2} -gt 800 ]; then
		grep -qE ${whole:+-x} ${any:+-i} -- "$1" <<<"$2"
		return
	fi
	local expr=$1
	[ -z "$whole" ] || expr="^($1)\$"
	[ -z "$any" ] || shopt -s nocasematch
	mapfile -t lines <<<"$2"
	for line in "${lines[@]}"; do
		if [[ $line =~ $expr ]]; then
			rc=0
			break
		fi
	done
	shopt -u nocasematch
	return $rc
}

want_out() { # a line of the output matches the extended expression whole
	has_line -x "$1" "$OUT" || bad "no line '$1' in the output"
}

want_no_out() {
	! has_line -x "$1" "$OUT" ||
		bad "in the output: $(printf '%s\n' "$OUT" | grep -xE -- "$1" | head -n 1)"
}

want_err() { # some line of the errors contains the expression
	has_line "$1" "$ERR" || bad "no '$1' in the errors: $(printf '%s\n' "$ERR" | head -n 2)"
}

want_no_err() {
	[ -z "$ERR" ] || bad "on stderr: $(printf '%s\n' "$ERR" | head -n 1)"
}

# The contract for errors: the status, one `pillbox: ` line that matches, hints and notes only besides.
want_refused() { # RC EXPRESSION...
	local word line lines errors=()
	want_rc "$1"
	shift
	mapfile -t lines <<<"$ERR"
	for line in "${lines[@]}"; do
		case $line in
		'pillbox: note: '* | 'hint: '*) ;;
		*) errors+=("$line") ;;
		esac
	done
	[ ${#errors[@]} = 1 ] || bad "not one line of error: $ERR"
	[[ ${errors[0]-} = 'pillbox: '* ]] || bad "no line 'pillbox: ...': ${errors[0]-}"
	for word in "$@"; do
		has_line -i "$word" "$ERR" || bad "no '$word' in: $ERR"
	done
	[[ ${ERR//[$'\n\t']/} != *[[:cntrl:]]* ]] || bad "a control character in the message"
	[ -z "$OUT" ] || bad "output from a run that was refused: $OUT"
}

fact() { # KEY -> its value(s) in the probe's output
	local line lines
	mapfile -t lines <<<"$OUT"
	for line in "${lines[@]}"; do
		[[ $line != "$1="* ]] || printf '%s\n' "${line#*=}"
	done
}

want_fact() { # KEY VALUE
	local value
	value=$(fact "$1")
	[ "$value" = "$2" ] || bad "$1=$value, not $2"
}

want_fact_like() { # KEY EXPRESSION
	local value
	value=$(fact "$1")
	has_line -x "$2" "$value" || bad "$1=$value, not like $2"
}
