# shellcheck shell=bash disable=SC2034 # RAN and REASON are lib.sh's
# SPDX-License-Identifier: Apache-2.0
# 60-inject.sh - every step fails once with each of three errors: the right step is named, with the
# right error, and nothing is left. build/pillbox-seam is pillbox with that option (tests/seam.c).

SEAM=$STAGE/bin/pillbox-seam

# What has to be asked for so that the step is wanted; more than the default is listed here. A step
# that this does not reach fails the test: its injected error does not come.
wanted_by() { # STEP
	case $1 in
	secrets-read | secrets) echo "--secret src=$STAGE/sentinel/file,target=word" ;;
	filter-early | sys) echo --preset docker ;;
	notify-early) echo --preset docker --explain-denials ;;
	notify) echo --explain-denials ;;
	overlay-check) echo --writable ;;
	io-devices) echo -q --blkio-weight 500 --allow-missing=cgroup ;;
	overlay-dirs) echo "--overlay $TMP/ov" ;;
	oom) echo --oom-score-adj 500 ;;
	guard) echo --no-init ;;
	landlock) echo --landlock on ;;
	tcp) echo --tcp none --allow-missing=landlock ;;
	verify) echo --verify ;;
	cgroup | cgroup-scope) echo -m 64m ;;
	lsm) echo --security-opt apparmor=pillbox-default ;;
	esac
}

# Steps that not every machine and identity has, each with its reason.
beyond() { # STEP -> the reason, or nothing
	# shellcheck disable=SC2046 # options are words
	case $1 in
	lsm)
		run "$SEAM" run $(wanted_by lsm) "$ROOT" -- /bin/probe exit 0
		[ "$RC" = 0 ] || printf '%s\n' "$ERR" | sed -n 's/^pillbox: lsm-check: //p'
		;;
	cgroup)
		run "$SEAM" run $(wanted_by cgroup) "$ROOT" -- /bin/probe exit 0
		[ "$RC" = 0 ] || printf '%s\n' "$ERR" | sed -n 's/^pillbox: cgroup-plan: //p'
		;;
	esac
}

strerror() { # ERRNO
	case $1 in
	1) echo 'Operation not permitted' ;;
	12) echo 'Cannot allocate memory' ;;
	28) echo 'No space left on device' ;;
	esac
}

# A command that was found and does not start is 126, out of memory is the set-up's failure.
status_for() { # STEP ERRNO
	if [ "$1" = exec ] && [ "$2" != 12 ]; then echo 126; else echo 125; fi
}

injected() { # STEP ERRNO: what every one of these launches must have come to
	want_refused "$(status_for "$1" "$2")"
	[ "$(printf '%s\n' "$ERR" | head -n 1)" = "pillbox: $1: injected: $(strerror "$2")" ] ||
		bad "errno $2: the first line is: $(printf '%s\n' "$ERR" | head -n 1)"
	[ "$(printf '%s\n' "$ERR" | tail -n +2 | grep -vc '^hint: ')" = 0 ] ||
		bad "errno $2: more than a hint follows: $(printf '%s\n' "$ERR" | tail -n +2 | head -n 2)"
}

fails() { # STEP
	local why num
	why=$(beyond "$1")
	if [ -n "$why" ]; then
		skip "$why"
		return
	fi
	for num in 1 28 12; do
		# shellcheck disable=SC2046 # options are words
		run "$SEAM" --fail-at="$1:$num" run $(wanted_by "$1") "$ROOT" -- /bin/probe exit 0
		injected "$1" "$num"
	done
}

# The same with a terminal as standard input: its mode is the same before and after.
fails_on_terminal() { # STEP
	local num line
	for num in 1 28 12; do
		rm -f "$TMP"/{before,after,said,printed,status}
		line=$(printf '%q ' "$SEAM" --fail-at="$1:$num" run "$ROOT" -- /bin/probe exit 0)
		run script -qec "cd $TMP && stty -g >before; $line 2>said >printed; echo \$? >status; stty -g >after" \
			/dev/null
		RAN=$line
		RC=$(cat "$TMP/status" 2>/dev/null)
		OUT=$(cat "$TMP/printed" 2>/dev/null)
		ERR=$(cat "$TMP/said" 2>/dev/null)
		injected "$1" "$num"
		[ -s "$TMP/before" ] || bad "stty found no terminal"
		cmp -s "$TMP/before" "$TMP/after" || bad "errno $num: the terminal's mode was changed"
	done
	rm -f "$TMP"/{before,after,said,printed,status}
}

each_step() {
	local step
	while read -r step _; do
		case $step in
		root-idmap | overlay-dirs) # nobody else wants them
			mkdir -p "$TMP/ov"
			[ "$ID" != root ] || t "$step fails" fails "$step"
			;;
		lsm)
			have_profile
			t "$step fails" fails "$step"
			drop_profile
			;;
		cgroup-scope) # nobody else asks systemd
			[ "${PILLBOX_PLACE-}" != session ] || t "$step fails" fails "$step"
			;;
		tty | tty-attach) t "$step fails, on a terminal" fails_on_terminal "$step" ;;
		guard | hold | pivot | session | exec)
			t "$step fails" fails "$step"
			t "$step fails, on a terminal" fails_on_terminal "$step"
			;;
		*) t "$step fails" fails "$step" ;;
		esac
	done < <("$SEAM" --list)
}

# These pass through other code before they fail: an overlay, a range, no range, other ids.
variants() {
	local step
	for step in root-bind root-ro root-attach mounts dev pivot caps init exec; do
		run "$SEAM" --fail-at=$step:28 run --tmpfs /not/there "$ROOT" -- /bin/probe exit 0
		injected $step 28
	done
	for step in idmap hold become-root root-bind root-attach dev sys pivot filter-early caps init exec; do
		run "$SEAM" --fail-at=$step:12 run --preset docker "$ROOT" -- /bin/probe exit 0
		injected $step 12
	done
	[ "$ID" != root ] || return 0
	for step in idmap hold become-root root-bind dev caps exec; do
		run "$SEAM" --fail-at=$step:1 run --userns single "$ROOT" -- /bin/probe exit 0
		injected $step 1
	done
}

# The upper layer that stays belongs to the user; a failure leaves at most its two directories.
overlay_stays_tidy() {
	local step
	run mkdir "$TMP/kept"
	want_ok
	for step in root-bind root-attach mounts pivot exec; do
		run "$SEAM" --fail-at=$step:12 run --overlay "$TMP/kept" "$ROOT" -- /bin/probe exit 0
		injected $step 12
		[ -z "$(find "$TMP/kept" -mindepth 1 ! -path "$TMP/kept/upper" ! -path "$TMP/kept/work*")" ] ||
			bad "left in the overlay: $(find "$TMP/kept" -mindepth 1 | tr '\n' ' ')"
	done
	rm -rf "$TMP/kept"
}

if [ -x "$SEAM" ]; then
	each_step
	t 'steps fail under other options' variants
	t 'steps fail under --overlay' overlay_stays_tidy
else
	echo "not ok - $ID: $SEAM is not there: run make seam"
fi
