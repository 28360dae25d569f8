# shellcheck shell=bash disable=SC2034 # OUT and RAN are lib.sh's
# SPDX-License-Identifier: Apache-2.0
# 86-teach.sh - the dry run, the narration, and leaving a step out on purpose.

json() { # FILTER -> its output, from the JSON in OUT
	printf '%s\n' "$OUT" | jq -r "$1" 2>&1
}

want_json() { # FILTER VALUE
	local got
	got=$(json "$1")
	[ "$got" = "$2" ] || bad "$1 is '$got', not '$2'"
}

# --- the dry run --------------------------------------------------------------------------------

touches_nothing() {
	pb --dry-run -m 64m --allow-missing=cgroup "$ROOT" -- /bin/sh -c 'echo ran >&2; exit 9'
	want_ok
	want_out ' *[0-9]+ clone +namespaces: user mnt pid ipc uts cgroup net'
	want_out ' *[0-9]+ exec +argv: /bin/sh -c'
	[[ $ERR != *ran* ]] || bad 'the command ran'
}
t '--dry-run tells the steps and does nothing' touches_nothing

# From `clone` on nothing may happen: in particular no process and no mount.
no_calls() {
	local calls
	# The leak check is a tracer itself.
	run strace -f -qq -E ASAN_OPTIONS=detect_leaks=0 -o "$TMP/trace" "$PB" run --dry-run "$ROOT" -- /bin/true
	want_ok
	calls=$(grep -oE '^[0-9]+ +(clone3?|fork|vfork|mount|mount_setattr|move_mount|fsopen|mkdir(at)?|unlink(at)?|execve|setns|unshare|pivot_root)\(' \
		"$TMP/trace" | grep -vc execve)
	rm -f "$TMP/trace"
	[ "$calls" = 0 ] || bad "$calls calls that change something"
}
t '--dry-run makes no process, mount, directory' no_calls

# `| head`: ended by the pipe, as any other program, and without a word.
reader_ends() {
	local form
	for form in text json sh dot; do
		# shellcheck disable=SC2016 # the inner shell's
		run bash -c 'trap - PIPE; { "$@"; echo $? >&3; } 3>&2 | :' sh \
			sh -c 'sleep 0.1; exec "$@"' sh "$PB" run --dry-run=$form "$ROOT"
		[ "$ERR" = 141 ] || bad "$form: $ERR"
	done
}
t '--dry-run ends with its reader, in silence' reader_ends

is_refused_too() {
	pb --dry-run -v /nowhere:/mnt "$ROOT"
	want_refused 125 'source /nowhere: No such file'
	pb --dry-run --security-opt seccomp=/nowhere.json "$ROOT"
	want_refused 125 '/nowhere.json'
	pb --dry-run -u nobody-of-this-name "$ROOT"
	want_refused 125 'nobody-of-this-name'
}
t '--dry-run refuses what can be refused by reading' is_refused_too

as_json() {
	pb --dry-run=json --hostname box -v /usr:/mnt:ro --ulimit nofile=64:128 "$ROOT" -- /bin/echo 'a b' $'new\nline'
	want_ok
	want_json .format 1
	want_json .rootfs "$ROOT"
	want_json '.steps[]|select(.id=="hostname").values.hostname[0]' box
	want_json '.steps[]|select(.id=="mounts").values.mounts[]|select(startswith("bind"))' \
		'bind /usr on /mnt ro,nosuid,nodev'
	want_json '.steps[]|select(.id=="exec").values.argv|length' 3
	want_json '.steps[]|select(.id=="exec").values.argv[2]' $'new\nline'
	want_json '[.steps[]|select((.what|length)==0 or (.why|length)==0)]|length' 0
	want_json '.steps|map(.id)|unique|length' "$(json '.steps|length')"
	want_json '.steps[-1].id' exec
}
t '--dry-run=json: valid, raw values, every step' as_json

# What the dry run promises is what a launch then has.
same_as_real() {
	local uid_map caps
	pb --dry-run=json "$ROOT" -- /bin/true
	want_ok
	uid_map=$(json '.steps[]|select(.id=="idmap").values.uid_map|join(";")')
	caps=$(json '.steps[]|select(.id=="caps").values.bounding|join(" ")')
	inside -- facts
	want_ok
	[ "$(fact uid_map | tr '\n' ';' | sed 's/;$//; s/  */ /g')" = "$uid_map" ] ||
		bad "uid_map $(fact uid_map), the dry run said $uid_map"
	[ "$caps" = none ] || bad "bounding $caps"
	want_fact CapBnd 0000000000000000
}
t '--dry-run tells the map and capabilities that a launch then has' same_as_real

not_utf8() {
	pb --dry-run=json "$ROOT" -- $'\xff\xfe"'
	want_ok
	want_json '.steps[]|select(.id=="exec").values.argv[0]' '\xff\xfe"'
}
t '--dry-run=json of bytes that are no text' not_utf8

as_dot() {
	pb --dry-run=dot --hostname box "$ROOT" -- $'/bin/"x\\'
	want_ok
	want_out 'digraph pillbox \{'
	[ "$(printf '%s' "$OUT" | tail -n 1)" = '}' ] || bad 'it does not end'
	# Every quote that is not escaped opens or closes a label: an even number.
	[ $(($(printf '%s' "$OUT" | sed 's/\\.//g' | tr -cd '"' | wc -c) % 2)) = 0 ] ||
		bad 'a quote is open'
}
t '--dry-run=dot is closed, whatever the names are' as_dot

odd_form() {
	pb --dry-run=xml "$ROOT"
	want_refused 125 '--dry-run xml'
}
t '--dry-run of an unknown form' odd_form

# docs/dry-run.md is what tools rely on.
keys_are_documented() {
	local missing options
	missing=$(for options in '' '--preset docker' '--no-init --oom-score-adj 500 -v /usr:/mnt --tmpfs /x'; do
		# shellcheck disable=SC2086 # words
		as "$ID" "$PB" run --dry-run=json $options "$ROOT"
	done | jq -r 'keys[], (.steps[]|keys[]), (.steps[].values|keys[])' | sort -u |
		while read -r key; do grep -q "\`$key\`" "$STAGE/dry-run.md" || echo "$key"; done)
	RAN='jq keys'
	[ -z "$missing" ] || bad "not in docs/dry-run.md: $missing"
}
t 'every key of the JSON is documented' keys_are_documented

# --- the narration ------------------------------------------------------------------------------

told() { # EXPRESSION: a line of the narration
	printf '%s\n' "$ERR" | grep -qE -- "$1" || bad "not told: $1"
}

narrates() {
	pb --explain --hostname box "$ROOT" -- /bin/echo ran
	want_ok
	[ "$OUT" = ran ] || bad "output: $OUT"
	told '^clone +one clone3'
	told '^   why here +[a-z]'
	told 'ns/mnt mnt:\[[0-9]+\]  ->  mnt:\[[0-9]+\]'
	told 'NSpid: [0-9]+  ->  [0-9]+ 1$'
	told '\+ uid_map '
	told '\+ mount / [a-z0-9]+ ro,'
	told 'CapBnd: 0000.*  ->  0000000000000000$'
	told 'NoNewPrivs: 0  ->  1$'
	told 'Seccomp: 0  ->  2$'
	told '^secrets-read +not here: '
	told 'With: --secret, --config, --add-host or --dns$'
	! printf '%s' "$ERR" | grep -q $'\033' || bad 'colour in a file'
}
t '--explain tells what, why and what the kernel shows' narrates

# What is said to bring a step does: STEP | a preset without it | OPTIONS
brings() {
	local step preset options
	while IFS='|' read -r step preset options; do
		step=${step// /} preset=${preset// /}
		# shellcheck disable=SC2086 # words
		set -- --dry-run=json $options
		pb --dry-run=json --preset "$preset" "$ROOT"
		[ "$(jq ".steps[] | select(.id == \"$step\").wanted" "$TMP/out")" = false ] || bad "$step is there anyway"
		[[ $options == *--preset* ]] || set -- "$@" --preset "$preset"
		pb "$@" "$ROOT"
		want_ok
		[ "$(jq ".steps[] | select(.id == \"$step\").wanted" "$TMP/out")" = true ] || bad "$step: not with $options"
		# An example must be of what the step itself says.
		[[ "$(jq -r ".steps[] | select(.id == \"$step\").with" "$TMP/out")" == *"$(cut -d' ' -f2 <<<"$options" | cut -d= -f1)"* ]] ||
			bad "$step does not speak of $options"
	done <<-END
		overlay-check | hardened | --writable
		secrets       | hardened | --secret src=$STAGE/sentinel/file,target=word
		secrets       | hardened | --add-host a:::1
		secrets-read  | docker   | --dns ::1
		secrets       | docker   | --config src=$STAGE/sentinel/file,target=word
		cgroup-plan   | docker   | --stats
		oom           | hardened | --oom-score-adj 5
		guard         | hardened | --no-init
		root-ro       | docker   | --read-only
		mounts        | docker   | --tmpfs /srv
		tty           | hardened | --tty
		tty-attach    | hardened | --tty
		sys           | hardened | --preset=docker
		filter-early  | hardened | --preset=docker
		nnp           | docker   | --security-opt no-new-privileges
		filter        | docker   | --security-opt no-new-privileges
		verify        | hardened | --verify
	END
}
t 'what is said to bring a step brings it' brings

# Each claim of a change must be the step's own: without the step there is none.
honest() {
	pb --explain --skip root-ro "$ROOT" -- /bin/true
	want_ok
	told '^root-ro +LEFT OUT by --skip'
	told '\+ mount / [a-z0-9]+ rw,'
	! printf '%s\n' "$ERR" | grep -qE '\+ mount / [a-z0-9]+ ro,' || bad 'a read-only root all the same'
	pb --explain --skip limits "$ROOT" -- /bin/true
	! printf '%s\n' "$ERR" | grep -q 'Max core file size' || bad 'a limit that was not set is told'
	pb --explain "$ROOT" -- /bin/true
	told 'limit Max core file size .*  ->  0 0'
}
t '--explain shows no change where the step is left out' honest

one_step() {
	pb --explain=landlock "$ROOT" -- /bin/true
	want_ok
	told '^landlock +Landlock: '
	told '^   options +--landlock'
	told '^   fails +EPERM: '
	! printf '%s\n' "$ERR" | grep -q '^clone ' || bad 'another step is told, too'
	pb --explain=landlok "$ROOT"
	want_refused 125 '--explain landlok: no step of this name' '^hint: did you mean landlock'
}
t '--explain=STEP tells one in depth' one_step

width() {
	local longest
	pb --explain "$ROOT" -- /bin/true
	longest=$(printf '%s\n' "$ERR" | grep -E '^ {3}(why here|calls|read) ' | awk '{ if (length > n) n = length } END { print n }')
	[ "$longest" -le 80 ] || bad "a line of $longest columns"
}
t '--explain is wrapped' width

# --- colour -------------------------------------------------------------------------------------

colour() {
	on_tty "env TERM=xterm $PB run --explain=pivot $ROOT -- /bin/true"
	[[ $OUT == *$'\033[1mpivot'* ]] || bad 'no colour on a terminal'
	on_tty "env TERM=xterm NO_COLOR=1 $PB run --explain=pivot $ROOT -- /bin/true"
	[[ $OUT == *pivot* && $OUT != *$'\033'* ]] || bad 'colour with NO_COLOR'
	on_tty "env TERM=dumb $PB run --explain=pivot $ROOT -- /bin/true"
	[[ $OUT == *pivot* && $OUT != *$'\033'* ]] || bad 'colour on a dumb terminal'
}
t 'colour on a terminal, unless NO_COLOR or TERM=dumb' colour

# --- every step's system calls ------------------------------------------------------------------

# tests/lib/calls.py; steps that no run here has are named.
calls_are_made() {
	local named made missing step name options
	RAN='calls.py'
	named=$(as "$ID" "$PB" run --dry-run=json "$ROOT" | jq -r '.steps[]|.id as $i|.calls[]|[$i,.]|@tsv' |
		awk -F'\t' '{ while (match($2, /[a-z_0-9]+\(/)) { print $1, substr($2, RSTART, RLENGTH - 1); $2 = substr($2, RSTART + RLENGTH) } }' | sort -u)
	made=$(
		for options in '--no-tty' '--tcp none' '-m 64m --allow-missing=cgroup' '--writable' '--preset docker' '--pty' \
			'-v /usr:/mnt:ro --secret env=PATH,target=x --config env=PATH,target=/y --domainname d --oom-score-adj 500' '--no-init' '--no-tty --explain-denials' \
			'--preset docker --explain-denials'; do
			# shellcheck disable=SC2086 # words
			if [ "$options" = --pty ]; then
				as "$ID" "$STAGE/bin/calls.py" --pty "$PB" "$ROOT"
			else
				as "$ID" "$STAGE/bin/calls.py" "$PB" "$ROOT" $options
			fi || echo "FAILED $options"
		done | sort -u
	)
	[[ $made != *FAILED* ]] || bad "calls.py failed: $made"
	while read -r step _; do
		case $step in
		exec) continue ;;                                # ends the narration
		lsm | cgroup | cgroup-scope | overlay-dirs) continue ;; # not on every machine
		root-idmap) [ "$ID" = root ] || continue ;;
		esac
		grep -qx "$step" <<<"$made" || missing+="$step is never seen; "
	done <<<"$named"
	while read -r step name; do
		grep -qx "$step" <<<"$made" || continue
		case "$ID $step $name" in
		root\ root-bind\ open_tree) continue ;; # root-idmap makes the tree
		none\ *\ setgroups) continue ;;       # denied with a single id
		esac
		grep -qx "$step $name" <<<"$made" || missing+="$step does not call $name; "
	done <<<"$named"
	[ -z "${missing-}" ] || bad "$missing"
}
# Traced by an ordinary user, newuidmap has no privilege.
[ "$ID" = range ] || t 'each step makes the system calls that it names' calls_are_made

# --- leaving a step out -------------------------------------------------------------------------

vital() {
	pb --skip clone "$ROOT"
	want_refused 125 '--skip clone: nothing works without clone' '^hint: what it does: one clone3'
	pb --skip ids "$ROOT"
	want_refused 125 'nothing works without ids'
	pb --skip clon "$ROOT"
	want_refused 125 'no step of this name' 'did you mean clone'
}
t '--skip of a step that everything needs is refused' vital

# The attack that the control stops, with it and without it.
skip_one() { # STEP EXPRESSION-WITH EXPRESSION-WITHOUT [OPTION...] -- PROBE-ARGS...
	local step=$1 with=$2 without=$3
	shift 3
	inside "$@"
	want_out "$with"
	inside --skip "$step" "$@"
	want_out "$without"
	want_err "--skip $step: NOT ENFORCED"
}
as_root=()
[ "$ID" = none ] || as_root=(-u 0)
t '--skip root-ro: the root can be written' skip_one root-ro 'open-rw=EROFS' 'open-rw=OK' \
	--landlock off ${as_root[@]+"${as_root[@]}"} -- try open-rw /etc/passwd
t '--skip filter: no filter' skip_one filter 'Seccomp=2' 'Seccomp=0' -- facts
t '--skip caps: the capabilities stay' skip_one caps 'CapBnd=0000000000000000' 'CapBnd=0*[1-9a-f][0-9a-f]*' -- facts
t '--skip sysctl: user namespaces may be made' skip_one sysctl 'unshare-user=ENOSPC' 'unshare-user=OK' \
	--security-opt seccomp=unconfined -- try unshare-user
t '--skip hostname: the host name is the host'"'"'s' skip_one hostname 'hostname=pillbox' "hostname=$(uname -n)" -- facts

verified_skip() {
	pb --verify --skip root-ro "$ROOT" -- /bin/true
	want_ok
	want_err 'NOT ENFORCED'
}
t '--verify does not ask for what --skip left out' verified_skip

two_need() {
	pb --skip dev "$ROOT" -- /bin/true
	want_rc 125
	want_err '^hint: it may need what --skip dev left out: skip it, too'
}
t 'a step that needs what was left out says so' two_need

# --- failures -----------------------------------------------------------------------------------

why() {
	pb --verbose "$ROOT" -- /nowhere
	want_rc 127
	want_err '^pillbox: exec: /nowhere'
	want_err '^pillbox: note: step exec: last: '
}
t 'a failed run with --verbose tells why the step stands there' why
