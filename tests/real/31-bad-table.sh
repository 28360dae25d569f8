# shellcheck shell=bash disable=SC2016,SC2034 # inner shells expand; the tables' variables
# SPDX-License-Identifier: Apache-2.0
# 31-bad-table.sh - bad input as a table: one row is one run of pillbox and what a user must see.
#
# The contract: one line `pillbox: OBJECT: CAUSE`, hints and notes besides, no control bytes, the right
# status, nothing on stdout, an end within ten seconds and by no signal, and nothing left behind. The
# tables are in bad-table.d: what 30-bad-input.sh tries one by one isn't there once more.
#
#     class NAME                    what follows belongs to it; each class is one test
#     row STATUS PATTERN ARG...     pillbox ARG...; PATTERN is an extended expression, any case
#     opt STATUS PATTERN OPTION VALUE...     a row for each value: run OPTION VALUE ROOT -- true
#     root STATUS PATTERN SHELL-TEXT [COMMAND]     run in a copy of ROOT that the text changes
#     with SHELL-TEXT               before each row of the class, as the user, in $D, which is new
#     around SHELL-TEXT             each row of the class as "$@" in a shell that runs this text
#
# STATUS is a number; with an h behind it there must be a hint. `-` is: it works or it says why.
#
# The user with a range has all rows. Root has one in three, a sanitized build one in four, an emulated
# processor one in twelve, and of each class at least one; BAD_EVERY=1 is all, whoever it is.

LIMIT=10
EVERY=1
[ "$ID" != root ] || EVERY=3
! grep -q libasan "$PB" || EVERY=4
[ "$SLOW" = 1 ] || EVERY=12
EVERY=${BAD_EVERY:-$EVERY}
D=$TMP/d
CLEAN="[ ! -e $D ] || { chmod -R u+rwX $D; rm -rf $D; }"
USER_IS=$(user_of "$ID")
CLASS='' WITH='' AROUND=''
ROWS=0 RAN_ROWS=0 TABLE=()

# A copy of ROOT is made for each row that changes it: the programs in it are links.
as "$ID" sh -c "mkdir $TMP/plain $TMP/programs && cp -a $ROOT/. $TMP/plain && mv $TMP/plain/bin $TMP/programs"
TREE="cp -a $TMP/plain tree && cp -al $TMP/programs/bin tree && cd tree"

as_user() {
	if [ -n "$USER_IS" ]; then "$HARNESS" as "$USER_IS" "$@"; else "$@"; fi
}

# --- one run ------------------------------------------------------------------------------------

# WHY is empty when what was seen is the contract.
on_contract() { # STATUS PATTERN, with RC, and $TMP/out and $TMP/err of the run
	local want=$1 line lines errors=() hint='' text
	WHY=''
	mapfile -t lines <"$TMP/err"
	for line in "${lines[@]}"; do
		case $line in
		'pillbox: note: '*) ;;
		'hint: '?*) hint=yes ;;
		*) errors+=("$line") ;;
		esac
	done
	if [ "$RC" = 0 ] && [ "$want" = - ] && [ ${#errors[@]} = 0 ]; then
		return
	elif [ "$RC" = 124 ]; then
		WHY="still running after $LIMIT s"
	elif [ "$RC" -gt 128 ]; then
		WHY="ended by signal $((RC - 128))"
	elif [ "$want" = - ] && { [ "$RC" -lt 125 ] || [ "$RC" -gt 127 ]; }; then
		WHY="status $RC"
	elif [ "$want" != - ] && [ "$RC" != "${want%h}" ]; then
		WHY="status $RC, not ${want%h}"
	elif [ ${#errors[@]} = 0 ]; then
		WHY='it says nothing'
	elif [ ${#errors[@]} != 1 ]; then
		WHY="${#errors[@]} lines of error"
	elif [[ ${lines[0]} != 'pillbox: '?*': '* ]] && [[ ${errors[0]} != 'pillbox: '?*': '* ]]; then
		WHY='no line of the form pillbox: OBJECT: CAUSE'
	elif [[ "${lines[*]}" == *[[:cntrl:]]* ]]; then
		WHY='a control byte'
	elif [[ $want = *h ]] && [ -z "$hint" ]; then
		WHY='no hint'
	elif [ -s "$TMP/out" ]; then
		WHY='something on standard output'
	elif shopt -s nocasematch && ! [[ ${lines[*]} =~ $2 ]]; then
		WHY="no '$2'"
	fi
	shopt -u nocasematch
	[ -z "$WHY" ] || WHY+=": ${errors[0]-}"
}

# One row as TABLE has it: WITH, AROUND, STATUS, PATTERN, ARG...
try_row() {
	local with=$1 around=$2 status=$3 pattern=$4
	shift 4
	if [ -n "$with" ] && ! as_user sh -c "$CLEAN; mkdir $D && cd $D && $with" >"$TMP/with" 2>&1; then
		WHY="cannot be arranged: $(head -n 1 "$TMP/with")"
		return
	fi
	if [ -n "$around" ]; then
		set -- sh -c "$around" sh "$PB" "$@"
	else
		set -- "$PB" "$@"
	fi
	"$HARNESS" run "${USER_IS:--}" $((LIMIT * SLOW)) "$@" >"$TMP/out" 2>"$TMP/err"
	RC=$?
	on_contract "$status" "$pattern"
}

# --- the table ----------------------------------------------------------------------------------

# The rows since the last class, as one test.
class() { # NAME
	if [ -n "$CLASS" ] && [ ${#TABLE[@]} -gt 0 ]; then
		t "table: $CLASS: $(((${#TABLE[@]} + EVERY - 1) / EVERY)) of ${#TABLE[@]} rows" run_rows
	fi
	CLASS=$1 WITH='' AROUND='' TABLE=()
}
with() { WITH=$1; }
around() { AROUND=$1; }

row() { # STATUS PATTERN ARG...
	local words
	printf -v words '%q ' "$WITH" "$AROUND" "$@"
	TABLE+=("$words")
}
opt() { # STATUS PATTERN OPTION VALUE...
	local status=$1 pattern=$2 option=$3 value
	shift 3
	for value; do
		row "$status" "$pattern" run "$option" "$value" "$ROOT" -- true
	done
}
root() { # STATUS PATTERN SHELL-TEXT [COMMAND]
	local before=$WITH
	WITH="$TREE && { $3
	}"
	row "$1" "$2" run "$D/tree" -- "${4-/bin/true}"
	WITH=$before
}

run_rows() {
	local n=0 words args
	RC=0
	for words in "${TABLE[@]}"; do
		ROWS=$((ROWS + 1))
		[ $((n++ % EVERY)) = 0 ] || continue
		RAN_ROWS=$((RAN_ROWS + 1))
		RAN=yes
		eval "args=($words)"
		try_row "${args[@]}"
		[ -z "$WHY" ] || printf '  row: %.300s\n  why: %.300s\n' "${args[*]:4}" "$WHY"
		[ -z "$WHY" ] || bad "${args[*]:4:6}: $WHY"
	done
	as_user sh -c "$CLEAN"
	RAN="$CLASS" RC='' OUT=''
}

# --- the checker notices ------------------------------------------------------------------------

# A launcher that breaks the contract in one way; each must be seen, and the good one not.
fake() { # TEXT WHY: what the fake does, and what must be found
	local PB=$STAGE/fake-$ID LIMIT=2
	printf '#!/bin/sh\n%s\n' "$1" >"$PB"
	chmod 755 "$PB"
	try_row '' '' 125h 'thing: is not' run
	[[ $WHY = "$2"* && ${WHY:+x} = "${2:+x}" ]] || bad "$1: '$WHY' and not '$2'"
}
notices() {
	local good='echo "pillbox: the thing: is not good" >&2; echo "hint: another" >&2' SLOW=1
	fake "$good; exit 125" ''
	fake 'exit 125' 'it says nothing'
	fake "$good; exit 1" 'status 1, not 125'
	fake "$good; exit 0" 'status 0, not 125'
	fake "$good; kill -SEGV \$\$" 'ended by signal 11'
	fake "$good; $good; exit 125" '2 lines of error'
	fake "$good; sleep 9; exit 125" 'still running'
	fake "$good; echo out; exit 125" 'something on standard output'
	fake 'echo "the thing: is not good" >&2; echo "hint: x" >&2; exit 125' 'no line of the form'
	fake 'echo "pillbox: the thing: is not good" >&2; exit 125' 'no hint'
	fake 'echo "pillbox: a: b" >&2; echo "hint: x" >&2; exit 125' "no 'thing"
	fake 'printf "pillbox: the thing: is not \033[31m\nhint: x\n" >&2; exit 125' 'a control byte'
	RAN=fakes RC='' OUT=''
}
t 'the checker notices what breaks the contract' notices

# What a row leaves is seen by the test around it.
leaves() {
	local REASON=''
	printf '#!/bin/sh\necho "pillbox: a: b" >&2\n: >%s\nexit 125\n' "$STAGE/sentinel/left" >"$STAGE/fake-$ID"
	chmod 755 "$STAGE/fake-$ID"
	chmod 777 "$STAGE/sentinel"
	STATE_BEFORE=$(host_state)
	PB=$STAGE/fake-$ID try_row '' '' 125 b run
	LEFT_WHY=$WHY
	nothing_left
	LEFT=$REASON
	rm -f "$STAGE/sentinel/left" "$STAGE/fake-$ID"
	chmod 755 "$STAGE/sentinel"
}
leaves_seen() {
	leaves
	STATE_BEFORE=$(host_state)
	[[ -z $LEFT_WHY && $LEFT = 'the host changed'* ]] || bad "a file that was left: '$LEFT_WHY' '$LEFT'"
	RAN=fakes RC='' OUT=''
}
t 'a file that a row leaves is noticed' leaves_seen

for table in "$STAGE"/real/bad-table.d/*.sh; do
	# shellcheck source=/dev/null
	. "$table"
	class ''
done
printf '  %s: %d rows, %d run\n' "$ID" "$ROWS" "$RAN_ROWS"
