# shellcheck shell=bash disable=SC2046 # options are words
# SPDX-License-Identifier: Apache-2.0
# 65-verify.sh - --verify finds nothing wrong with a good sandbox, and names each control that is
# missing. build/pillbox-seam is pillbox with the option to leave a step out (tests/seam.c).

SEAM=$STAGE/bin/pillbox-seam

# --- a good sandbox -----------------------------------------------------------------------------

# Everything that this machine can have of a preset; --verbose counts the controls.
good() { # PRESET [OPTION...]
	local preset=$1
	shift
	[ "$preset" != strict ] || set -- --allow-missing=cgroup --allow-missing=apparmor "$@"
	inside --verbose --verify --preset "$preset" "$@" -- facts
	want_ok
	want_err 'verify: [0-9]+ controls hold'
	want_out 'uid=[0-9]+.?' # a terminal ends its lines with a CR, too
	[ "$(printf '%s\n' "$ERR" | sed -n 's/.*verify: \([0-9]*\) controls.*/\1/p')" -ge 14 ] ||
		bad "hardly a control was asked: $ERR"
}

all_good() { # PRESET
	good "$1"
	good "$1" --no-init
	good "$1" --writable
	good "$1" --network host
	good "$1" --secret "src=$STAGE/sentinel/file,target=word"
	good "$1" --config "content=x,target=/opt/a b" --add-host a:::1 --dns ::1 --domainname d
	good "$1" --device /dev/full:/dev/x/full --device /dev/full:/mnt/full
	good "$1" -t
	good "$1" -v "$STAGE/sentinel:/mnt:ro" --tmpfs '/opt/with blank:noexec'
	[ "$ID" = root ] || good "$1" --userns single
}
t '--verify finds nothing wrong: hardened' all_good hardened
t '--verify finds nothing wrong: docker' all_good docker
t '--verify finds nothing wrong: strict' all_good strict

# A mount point that is reached by a link is looked for where it leads.
linked_target() {
	local ROOT=$ROOT
	run cp -a "$ROOT" "$TMP/linked"
	ROOT=$TMP/linked
	run ln -s mnt "$ROOT/link"
	good hardened -v "$STAGE/sentinel:/link:ro"
	want_out 'mount=/mnt .*'
	run rm -rf "$ROOT"
}
t '--verify follows a link in the rootfs' linked_target

# --- a step left out ----------------------------------------------------------------------------

# STEP | OPTIONS | what --verify says | what the probe finds without --verify (a line; ! none such)
# Options are those under which the step matters and the launch comes as far as verify. Where the
# launch always fails earlier, the third column starts with another step's name.
table() {
	cat <<'END'
clone        |                                      | idmap: |
idmap        |                                      | (become-)?root(-idmap)?: |
guard        | --no-init                            | there is no process pillbox-guard |
oom          | --oom-score-adj 500                  | oom_score_adj is | !oom_score_adj=500
undump       | --userns single                      | the process is dumpable |
net-lo       |                                      | lo is down |
root-ro      |                                      | / is writable | mount=/ [^ ]+ rw.*
mounts       |                                      | nothing is mounted on /tmp | !mount=/tmp .*
secrets      | --secret src=FILE,target=word        | no read-only mount on /run/secrets | !mount=/run/secrets .*
secrets      | --config content=x,target=/srv/c     | no read-only mount on /srv/c | !mount=/srv/c .*
dev          | --security-opt systempaths=unconfined --landlock off | no mount on /dev | !mount=/dev .*
proc         | --preset docker --network host --security-opt systempaths=unconfined --security-opt apparmor=unconfined | no mount on /proc | status=ENOENT
mask         |                                      | is not covered | !mount=/proc/sys .*
sys          | --preset docker                      | no read-only mount on /sys | !mount=/sys .*
tty          | -t                                   | tty-attach: |
pivot        |                                      | cwd: |
session      |                                      | is not pid 1's own | sid=0
limits       |                                      | the limit on processes is not 1024 | !rlimit.nproc=1024:1024
umask        |                                      | Umask is 0077 | Umask=0077
filter-early | --preset docker                      | no filter is loaded | Seccomp=0
caps         | -u 0:0                               | CapBnd is | !CapBnd=0000000000000000
nnp          | --landlock off --security-opt seccomp=unconfined | NoNewPrivs is 0 | NoNewPrivs=0
landlock     | --landlock on                        | not seen in force |
tcp          | --tcp none --allow-missing=landlock  | not seen in force |
init         |                                      | Name is .*, not pillbox-init | pid=1
fds          |                                      | SigBlk is | !SigBlk=0000000000000000
filter       |                                      | no filter is loaded | Seccomp=0
notify       | --explain-denials                    | there is no process pillbox-listen |
END
}

# With the caller's umask at 077, because 022 would be the same as what the step sets.
seam() { # OPTION... -- PROBE-ARGS
	local opts=()
	while [ "$1" != -- ]; do
		opts+=("$1")
		shift
	done
	shift
	# shellcheck disable=SC2016 # the inner shell's words
	run sh -c 'umask 077; exec "$@"' sh "$SEAM" "${opts[@]}" "$ROOT" -- /bin/probe "$@"
}

has_fact() { # EXPRESSION, or ! and one that must not be there
	if [ "${1#!}" != "$1" ]; then
		! printf '%s\n' "$OUT" | grep -qxE -- "${1#!}"
	else
		printf '%s\n' "$OUT" | grep -qxE -- "$1"
	fi
}

left_out() { # STEP OPTIONS SAID FACT
	local step=$1 said=$3 fact=$4 with
	read -ra with <<<"${2/FILE/$STAGE/sentinel/file}"
	seam --skip="$step" run --verify "${with[@]}" -- facts
	case $said in
	*:) want_refused 125 "^pillbox: $said" ;;
	*) want_refused 125 "^pillbox: verify: $step does not hold: .*$said" ;;
	esac
	[ -n "$fact" ] || return 0
	# The step makes the difference, and it is one that a program inside can see.
	seam run "${with[@]}" -- facts
	want_ok
	! has_fact "$fact" || bad "with the step there is $fact, too"
	seam --skip="$step" run "${with[@]}" -- facts
	has_fact "$fact" || bad "without the step and without --verify there is no $fact"
}

each_verify() {
	local step rest row options said fact
	while read -r step _ rest; do
		[ "${rest%verify}" != "$rest" ] || continue
		case $step in
		cgroup | lsm) continue ;; # below
		undump) [ "$ID" != root ] || continue ;; # becoming another user does the same to root
		esac
		row=$(table | grep -E "^$step +\\|")
		IFS='|' read -r _ options said fact < <(printf '%s\n' "$row" | sed 's/ *| */|/g')
		if [ -n "$row" ]; then
			t "--verify without $step" left_out "$step" "$options" "$said" "$fact"
		else
			echo "not ok - $ID: --verify without $step: no line in the table of 65-verify.sh"
		fi
	done < <("$SEAM" --list)
	# The other way round: a question that was taken out of a step is missed.
	while read -r step _; do
		"$SEAM" --list | grep -q "^$step .*verify\$" || echo "not ok - $ID: --verify without $step: --verify does not ask"
	done < <(table)
}

# These two need what not every machine has.
left_out_cgroup() {
	run "$SEAM" run -m 64m "$ROOT" -- /bin/probe exit 0
	if [ "$RC" != 0 ]; then
		skip "$(printf '%s\n' "$ERR" | sed -n 's/^pillbox: cgroup-plan: //p')"
		return
	fi
	left_out cgroup '-m 64m' '' ''
}

left_out_lsm() {
	have_profile || { skip "$WHY"; return; }
	left_out lsm '--security-opt apparmor=pillbox-default' 'not seen accepted' attr.current=unconfined
	drop_profile
}

if [ -x "$SEAM" ]; then
	each_verify
	t '--verify without cgroup' left_out_cgroup
	t '--verify without lsm' left_out_lsm
else
	echo "not ok - $ID: $SEAM is not there: run make seam"
fi
