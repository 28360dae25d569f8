# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# 90-audit.sh - `pillbox audit`: its report, its exit status, what it leaves behind, and that it
# notices a control that does not hold. Each attack is tested by tests/audit/run.

audit() { run "$PB" audit "$@"; }

# Everything that this machine can have of a preset, as in lib.sh's preset()
# shellcheck disable=SC2046 # options are words
of_preset() { # PRESET [OPTION...]
	local preset=$1
	shift
	audit $(preset "$preset") "$@" "$ROOT"
}

# --- the report -----------------------------------------------------------------------------------

plain() {
	audit "$ROOT"
	want_ok
	want_no_err
	want_out 'Controls: asked; inside; outside'
	want_out '  read-only root  .*yes; read-only; holds'
	want_out '  blocked   mount a tmpfs .* seccomp'
	want_out 'grade [AB]: exposure [0-9]+ of 100 .*'
	want_no_out 'ASKED FOR.*'
	want_no_out '.*NOT MEANT.*'
	want_no_out '  unknown .*'
}
t 'the report of the default preset' plain

# As JSON: what docs/audit.md promises, in types and sums.
# shellcheck disable=SC2016 # jq's variables
valid='
	.format == 1 and (.pillbox | type) == "string" and (.settings | length) == $n and
	all(.settings[];
		(.summary | .blocked + .allowed + .unknown + .not_applicable) == (.attacks | length) and
		(.summary.grade | test("^[A-F]$")) and
		([.attacks[] | select(.verdict == "allowed" or .verdict == "unknown") | .weight] | add // 0)
			== .summary.weight_open and
		([.attacks[] | select(.verdict != "not applicable") | .weight] | add)
			== .summary.weight_tried and
		(.attacks | length) > 200 and ([.attacks[].id] | unique | length) == (.attacks | length) and
		all(.attacks[]; (.what | length) > 5 and (.gives | length) > 10 and .weight >= 1 and .weight <= 10
			and (.verdict == "blocked") == (.by != null)
			and (.verdict != "blocked" or (.why | length) > 1)
			and (.verdict != "not applicable" or (.note | length) > 3)
			and (.meant == null) == (.verdict == "blocked" or .verdict == "not applicable")) and
		all(.controls[]; (.id | length) > 1 and (.asked | type) == "boolean") and
		(.would_help | length) <= 3)'

json() { # PRESET [OPTION...]
	of_preset "$@" --format json
	want_ok
	printf '%s' "$OUT" | jq -e --argjson n 1 "$valid" >/dev/null || bad "the JSON is not as it should be"
}
t 'JSON: hardened' json hardened
t 'JSON: docker' json docker
t 'JSON: strict' json strict

kinds() {
	local options
	for options in '-u 0:0' '--no-init' '--network host' '--writable' '--cap-add ALL --pids-limit -1' \
		'--security-opt seccomp=unconfined' '--security-opt systempaths=unconfined' '-t' \
		'--userns single' '--shm-size 1m --ulimit core=1000' '--landlock off'; do
		[ "$ID $options" != 'root --userns single' ] || continue
		# shellcheck disable=SC2086 # options are words
		audit --quiet --format json $options "$ROOT"
		want_ok
		printf '%s' "$OUT" | jq -e '.settings[0].summary | .broken == 0 and .blocked > 100' >/dev/null ||
			bad "$options: $(printf '%s' "$OUT" | jq -c '.settings[0] | [.summary, (.attacks[] | select(.meant == false) | .id)]' 2>&1)"
	done
}
t 'with other settings nothing is broken, and what they let is meant' kinds

# What a setting opens, the audit shows, and as meant: by the effect of each option.
opens() { # OPTIONS ID...
	local options=$1
	shift
	# shellcheck disable=SC2086 # options are words
	audit --quiet --format json --only "$(IFS=,; echo "$*")" $options "$ROOT"
	want_ok
	printf '%s' "$OUT" | jq -e 'all(.settings[0].attacks[]; .verdict == "allowed" and .meant)' >/dev/null ||
		bad "$options: $(printf '%s' "$OUT" | jq -c '[.settings[0].attacks[] | [.id, .verdict, .meant, .why]]')"
}
t 'what an option opens is allowed, and meant: network' opens '--network host --landlock off' host-loopback host-abstract
t 'what an option opens is allowed, and meant: filter' opens '--security-opt seccomp=unconfined' io-uring personality-exec
t 'what an option opens is allowed, and meant: root' opens '-u 0:0 --writable' write-root
t 'what an option opens is allowed, and meant: capability' opens '--cap-add NET_RAW' socket-raw

# --- a control that does not hold -------------------------------------------------------------------

# With the step left out in silence (tests/seam.c): STEP | OPTIONS | the control's name in the report
broken_table() {
	cat <<'END'
root-ro      |                  | read-only root
caps         | -u 0:0           | capabilities
filter       |                  | seccomp filter
filter-early | --preset docker  | seccomp filter
nnp          | --landlock off --security-opt seccomp=unconfined | no_new_privs
limits       |                  | limit on processes
mask         |                  | masks over /proc and /sys
mounts       |                  | mounts and their flags
sysctl       |                  | no user namespaces inside
session      |                  | a session of its own
landlock     | --landlock on    | Landlock
init         |                  | pid 1 that confines itself
END
}

broken() { # STEP OPTIONS NAME
	# shellcheck disable=SC2086 # options are words
	run "$STAGE/bin/pillbox-seam" "--skip=$1" audit --quiet --only mount-tmpfs $2 "$ROOT"
	want_rc 1
	[ "${OUT%%$'\n'*}" = 'ASKED FOR, AND DOES NOT HOLD' ] || bad "it does not stand first: ${OUT%%$'\n'*}"
	want_out "  $3 .*asked: .*"
	# shellcheck disable=SC2086
	audit --quiet --only mount-tmpfs $2 "$ROOT"
	want_ok
}

broken_all() {
	local step options name
	if [ ! -x "$STAGE/bin/pillbox-seam" ]; then
		bad 'pillbox-seam is not there: make seam'
		return
	fi
	while IFS='|' read -r step options name; do
		broken "${step%% *}" "$options" "${name# }"
	done < <(broken_table)
}
t 'a step that is left out in silence: status 1, and it stands first' broken_all

# Not by what is read back: the attacks notice it, too.
broken_attack() {
	run "$STAGE/bin/pillbox-seam" --skip=caps audit --quiet --format json -u 0:0 --only setuid-other,chown-other "$ROOT"
	want_rc 1
	[ "$ID" = none ] || printf '%s' "$OUT" | jq -e 'all(.settings[0].attacks[];
		.verdict == "allowed" and .meant == false and .should_be_stopped_by == "caps")' >/dev/null ||
		bad "$OUT"
}
t 'attacks that work against what was asked name the control' broken_attack

skipped() {
	audit --quiet --only write-root --skip root-ro "$ROOT"
	want_ok
	want_out '  read-only root  .*not asked for; inside: writable'
}
t '--skip: what is left out on purpose was not asked for' skipped

# --- side by side -----------------------------------------------------------------------------------

compare() {
	printf '%s\n' '# a comment' '' '--preset docker' '--cap-drop=ALL' ' --security-opt  no-new-privileges ' >"$TMP/options"
	audit --quiet --allow-missing=cgroup,apparmor --compare docker --compare strict --compare "$TMP/options" \
		--format json "$ROOT"
	want_ok
	printf '%s' "$OUT" | jq -e --argjson n 4 "$valid" >/dev/null || bad 'the JSON is not as it should be'
	printf '%s' "$OUT" | jq -e '[.settings[].summary.exposure] | .[1] > .[3] and .[3] > .[2] and .[0] < .[3]' >/dev/null ||
		bad "exposures: $(printf '%s' "$OUT" | jq -c '[.settings[].summary.exposure]')"
	audit --quiet --only socket-raw,write-root --compare docker "$ROOT"
	want_ok
	want_out ' +this +docker *'
	want_out '  read-only root +holds +-'
	want_out '  open a raw IP socket +capability +allowed'
	rm -f "$TMP/options"
}
t '--compare: presets and a file of options, a column each' compare

formats() {
	audit --quiet --only socket-raw,write-root --compare docker --format markdown "$ROOT"
	want_ok
	want_out '\| control \| this \| docker \|'
	want_out '\| open a raw IP socket \| capability \| allowed \|'
	printf '%s\n' "$OUT" | awk -F'|' 'NF && NF != 5 { exit 1 }' || bad 'a row has not three cells'
	audit --quiet --only socket-raw,write-root --compare docker --format html "$ROOT"
	want_ok
	printf '%s' "$OUT" | python3 "$STAGE/bin/page.py" >"$TMP/html" 2>&1 || bad "html: $(head -n 1 "$TMP/html")"
	rm -f "$TMP/html"
}
t 'Markdown and HTML' formats

# --- the exit status --------------------------------------------------------------------------------

gates() {
	audit --quiet --fail-below B "$ROOT"
	want_ok
	audit --quiet --fail-below A --preset docker "$ROOT"
	want_rc 1
	audit --quiet --fail-on mount-tmpfs,io-uring --fail-on socket-raw "$ROOT"
	want_ok
	audit --quiet --fail-on mount-tmpfs,socket-raw --preset docker "$ROOT"
	want_rc 1
}
t '--fail-below, --fail-on' gates

bad_input() {
	audit
	want_refused 125 'ROOTFS: missing'
	audit "$ROOT" -- true
	want_refused 125 'COMMAND true: an audit runs a program of its own'
	audit --dry-run "$ROOT"
	want_refused 125 '--dry-run: not with audit'
	audit --explain "$ROOT"
	want_refused 125 '--explain, --step: not with audit'
	audit --stats "$ROOT"
	want_refused 125 '--stats: not with audit'
	audit --nonsense "$ROOT"
	want_refused 125 '--nonsense: unknown option'
	audit --format yaml "$ROOT"
	want_refused 125 '--format yaml' 'html'
	audit --format
	want_refused 125 '--format: the value is missing'
	audit --fail-below G "$ROOT"
	want_refused 125 '--fail-below G'
	audit --fail-on nothing "$ROOT"
	want_refused 125 '--fail-on nothing: no attack of this name'
	audit --only nothing "$ROOT"
	want_refused 125 '--only nothing: no attack of this name'
	audit --compare /nowhere "$ROOT"
	want_refused 125 '--compare /nowhere'
	printf 'docker\n' >"$TMP/options"
	audit --compare "$TMP/options" "$ROOT"
	want_refused 125 'not an option'
	printf '%s\n' '--cap-add NOTHING' >"$TMP/options"
	audit --compare "$TMP/options" "$ROOT"
	want_refused 125 'NOTHING'
	rm -f "$TMP/options"
	# shellcheck disable=SC2046 # eight times the same words
	audit $(printf -- '--compare docker %.0s' 1 2 3 4 5 6 7 8) "$ROOT"
	want_refused 125 'more than 7'
	audit --memory 5x "$ROOT"
	want_refused 125 '--memory 5x'
	audit /nowhere
	want_refused 125 'root-open'
	audit --timeout 0 --bisect "$ROOT" -- true
	want_refused 125 '--timeout 0'
	audit --bisect=yes "$ROOT" -- true
	want_refused 125 '--bisect'
}
t 'bad input' bad_input

# --- a hostile place --------------------------------------------------------------------------------

# A filter that ends whatever it does not know: the attack's row says so, and the rest goes on.
killer() {
	cat >"$TMP/kill.json" <<'END'
{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
 {"names": ["add_key", "unshare"], "action": "SCMP_ACT_KILL_PROCESS"},
 {"names": ["keyctl"], "action": "SCMP_ACT_ERRNO", "errnoRet": 117},
 {"names": ["personality"], "action": "SCMP_ACT_TRAP"}]}
END
	audit --quiet --format json --security-opt "seccomp=$TMP/kill.json" "$ROOT"
	want_ok
	printf '%s' "$OUT" | jq -e --argjson n 1 "$valid" >/dev/null || bad 'the JSON is not as it should be'
	printf '%s' "$OUT" | jq -e '[.settings[0].attacks[] | select(.id == "add-key" or .id == "unshare-user"
		or .id == "keyring-session" or .id == "personality-exec") | .by == "seccomp"] == [true, true, true, true]' >/dev/null ||
		bad "not by seccomp: $(printf '%s' "$OUT" | jq -c '[.settings[0].attacks[] | select(.id == "add-key" or .id == "unshare-user"
		or .id == "keyring-session" or .id == "personality-exec") | [.id, .verdict, .by, .why]]')"
	rm -f "$TMP/kill.json"
}
t 'a filter that kills, traps, or has an errno of its own' killer

# The probe needs nothing of the tree.
empty() {
	run mkdir -p "$TMP/nothing"
	audit --quiet --format json "$TMP/nothing"
	want_ok
	printf '%s' "$OUT" | jq -e --argjson n 1 "$valid" >/dev/null || bad 'the JSON is not as it should be'
	run rmdir "$TMP/nothing"
}
t 'a rootfs with nothing in it' empty

# Files and segments that it makes outside, to attack them from inside; not those of another identity
outside() {
	# shellcheck disable=SC2016 # the inner shell's
	as "$ID" sh -c 'find /tmp -maxdepth 1 -name "pillbox-witness-*" -user "$(id -un)" | wc -l
		ipcs -m | grep -c "^0x[^ ]* *[^ ]* *$(id -un | cut -c1-10)"'
}

ended() { # SIGNAL
	local before pid first tries=0
	before=$(outside)
	as "$ID" "$PB" audit --quiet "$ROOT" >/dev/null 2>&1 &
	pid=$!
	sleep 0.1
	first=$("$HARNESS" left "$STAGE" | head -n 1)
	run kill "-$1" "${first:-$pid}"
	wait "$pid" 2>/dev/null
	while [ "$(outside)" != "$before" ] && [ $tries -lt $((20 * SLOW)) ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
	[ "$(outside)" = "$before" ] || bad "left behind: $(outside), and there were $before"
}
t 'nothing is left when it is ended: TERM' ended TERM
t 'nothing is left when it is ended: KILL' ended KILL

# --- bisect -----------------------------------------------------------------------------------------

bisect() { # EXPECTED-LINE COMMAND...
	local line=$1
	shift
	audit --bisect "$ROOT" -- "$@"
	want_ok
	want_out "$line"
	want_out 'without any one of these it fails .*'
}

bisects() {
	bisect '  --cap-add SYS_ADMIN' hostname other
	bisect '  --writable .*' sh -c ': >/file'
	[ "$ID" = none ] || bisect '  --cap-add CHOWN' chown 7 /tmp
	bisect '  --nested-userns .*' unshare -U true
	want_out '  --security-opt seccomp=unconfined .*'
	# What it found is enough, and all of it is needed.
	pb --nested-userns --security-opt seccomp=unconfined "$ROOT" -- unshare -U true
	want_ok
	pb --nested-userns "$ROOT" -- unshare -U true
	want_rc 1
}
t '--bisect finds what has to be loosened' bisects

bisect_ends() {
	audit --bisect "$ROOT" -- true
	want_ok
	want_out '.*nothing has to be loosened'
	audit --bisect "$ROOT" -- sh -c 'exit 3'
	want_rc 1
	want_out 'exit status 3 as asked, 3 with everything loosened: no control is the only cause .*'
	audit --bisect --timeout 1 "$ROOT" -- sleep 30
	want_rc 1
	want_out 'the time is over.*'
}
t '--bisect: nothing to find, no control, no time' bisect_ends

# --- goldens ----------------------------------------------------------------------------------------

# By control: asked, inside, outside; and what is allowed. KERNEL is 6.1, 6.12, or that of the build
# machine. BLESS=DIRECTORY writes them there.
golden() { # PRESET
	local kernel file
	kernel=$(uname -r | cut -d. -f1,2)
	file=$STAGE/golden/$kernel-$1-${PILLBOX_PLACE:+$PILLBOX_PLACE-}$ID
	of_preset "$1" --quiet --format json
	[ "$RC" = 0 ] || bad "$(printf '%s' "$OUT" | jq -c '.settings[0] | [.summary, (.attacks[] | select(.meant == false) | [.id, .note]),
		(.controls[] | select(.asked and (.holds_inside == false or .holds_outside == false)))]')"
	printf '%s' "$OUT" | jq -r '.settings[0] | (.controls[] | "\(.id): asked \(.asked), inside \(.holds_inside), outside \(.holds_outside)"),
		(.attacks[] | select(.verdict == "allowed") | "allowed: \(.id)")' >"$TMP/golden" 2>&1
	if [ -n "${BLESS-}" ]; then
		cp "$TMP/golden" "$BLESS/${file##*/}"
	elif [ ! -e "$file" ]; then
		skip "there is none for Linux $kernel: BLESS=DIRECTORY makes it"
	else
		diff "$file" "$TMP/golden" >"$TMP/diff" || bad "$(tr '\n' ' ' <"$TMP/diff")"
	fi
	rm -f "$TMP/golden" "$TMP/diff"
}
t 'golden: hardened' golden hardened
t 'golden: docker' golden docker
t 'golden: strict' golden strict
