# shellcheck shell=bash disable=SC2034 # WHY and OUT are lib.sh's
# SPDX-License-Identifier: Apache-2.0
# 75-apparmor.sh - the profiles by effect: what they deny is denied, and is allowed without them, so
# that it is AppArmor that is seen. Root's shell loads the profiles of the tests, whatever the
# identity is; in a user's own session pillbox-default has to be there already.

OURS=$STAGE/profiles/apparmor
LABEL='pillbox-default (enforce)'
NAMES=()
is_admin() { [ "$(id -u)" = 0 ]; }
pillbox() { "$PB" "$@"; }

# --- the files, which need no AppArmor in the kernel ----------------------------------------------

parses() {
	local file
	[ -x /sbin/apparmor_parser ] || { skip "apparmor_parser is not installed"; return; }
	for file in pillbox pillbox-default; do
		run /sbin/apparmor_parser --skip-kernel-load --skip-cache --names "$OURS/$file"
		want_ok
		want_out "$file"
		run /sbin/apparmor_parser --skip-kernel-load --skip-cache "$OURS/$file"
		want_ok
		# The rules for AppArmor 4.0 are there, and hidden from this one.
		grep -q '^#4.0#  [a-z]*,$' "$OURS/$file" || bad "$file has no rule for AppArmor 4.0"
	done
}
t 'apparmor_parser takes the profiles' parses

bad_words() {
	run "$PB" apparmor lode
	want_refused 125 "^pillbox: apparmor: 'lode': no such action" '^hint: '
	run "$PB" apparmor status now
	want_refused 125 'status: takes no arguments'
	is_admin && [ "$ID" = root ] && return
	run "$PB" apparmor load
	want_refused 125 'only root may change' '^hint: sudo pillbox apparmor load$'
	run "$PB" apparmor unload
	want_refused 125 'only root may change' '^hint: sudo pillbox apparmor unload$'
}
t 'pillbox apparmor: wrong words, and not root' bad_words

if ! grep -qx Y /sys/module/apparmor/parameters/enabled 2>/dev/null; then
	absent() {
		run "$PB" apparmor status
		want_rc 1
		want_out 'kernel: this kernel has no AppArmor|kernel: AppArmor is switched off .*'
		want_no_err
		is_admin && [ "$ID" = root ] || return 0
		run "$PB" apparmor load
		want_refused 125 'load: .*AppArmor' '^hint: boot with'
	}
	t 'pillbox apparmor: a kernel without AppArmor' absent
fi

# --- a test's own profiles -----------------------------------------------------------------------

# All that a launcher does, as rules
FREE='file, capability, network, mount, umount, pivot_root, signal, ptrace, unix,'

profile() { # NAME FLAGS RULES...
	local name=$1 flags=$2
	shift 2
	printf 'abi <abi/3.0>,\nprofile %s flags=(%s) {\n  %s\n}\n' "$name" "$flags" "$*" >"$TMP/profile"
	pillbox apparmor load "$TMP/profile" >"$TMP/said" 2>&1 || bad "profile $name: $(cat "$TMP/said")"
	NAMES+=("$name")
}

profiles_gone() {
	[ ${#NAMES[@]} = 0 ] || pillbox apparmor unload "${NAMES[@]}" >/dev/null
	NAMES=()
}

# The launcher itself under a profile: under NAME COMMAND...
under() {
	local name=$1
	shift
	# shellcheck disable=SC2016 # the inner shell's words
	run bash -c 'echo "exec $0" >/proc/self/attr/apparmor/exec && exec "$@"' "$name" "$@"
}

# What --dry-run=sh prints, run: by_hand AROUND ARG...      AROUND: under NAME, or run
by_hand() {
	local around=$1
	shift
	$around "$PB" run --dry-run=sh "${KEYRING[@]}" "$@"
	want_ok
	cp "$TMP/out" "$TMP/script"
	chmod a+r "$TMP/script"
	$around dash "$TMP/script"
}

current() { # [OPTION...]: what the command, and the one that it executes, run under
	pb "$@" "$ROOT" -- /bin/sh -c 'cat /proc/self/attr/current; (cat /proc/self/attr/current)
		exec /bin/probe facts' # three ways to a second program
	want_ok
}

want_label() { # LABEL
	[ "$(printf '%s\n' "$OUT" | grep -cxF -- "$1")" = 2 ] || bad "label: $(printf '%s\n' "$OUT" | head -n 2)"
	want_fact attr.current "$1"
}

# --- loading ---------------------------------------------------------------------------------------

loading() {
	ID=root run "$PB" apparmor load
	want_ok
	want_out 'loaded pillbox-default \(enforce\) from /.*/profiles/apparmor/pillbox-default'
	want_out 'loaded pillbox \(unconfined\) from /.*/apparmor.*/pillbox'
	run "$PB" apparmor status
	want_rc 0
	want_out 'kernel: AppArmor is enabled'
	want_out 'pillbox-default: loaded, mode enforce'
	want_out 'pillbox: loaded, mode unconfined'
	want_out 'this process: unconfined'
	current
	want_label "$LABEL"
	ID=root run "$PB" apparmor unload
	want_ok
	want_out 'unloaded pillbox-default: .*'
	run "$PB" apparmor status
	want_rc 1
	want_out 'pillbox-default: not loaded: as root, pillbox apparmor load'
	current
	want_label unconfined
	pb --security-opt apparmor=pillbox-default "$ROOT" -- /bin/probe exit 0
	want_refused 125 '^pillbox: lsm-check: apparmor=pillbox-default: the profile is not loaded$' \
		'^hint: as root: pillbox apparmor load '
	pb --preset strict --allow-missing=cgroup "$ROOT" -- /bin/probe exit 0
	want_refused 125 '^pillbox: lsm-check: AppArmor profile pillbox-default, which preset strict wants: '
	ID=root run "$PB" apparmor unload # again
	want_ok
	want_out 'not loaded: pillbox-default'
}

bad_files() {
	printf 'profile pillbox-test-x { nonsense, }\n' >"$TMP/bad"
	ID=root run "$PB" apparmor load "$TMP/bad"
	want_refused 125 "^pillbox: apparmor: $TMP/bad: .*line 1: syntax error"
	ID=root run "$PB" apparmor load "$TMP/none"
	want_refused 125 "^pillbox: apparmor: $TMP/none: No such file"
	ID=root run "$PB" apparmor unload 'a b'
	want_refused 125 'has no blank'
}

if grep -qx Y /sys/module/apparmor/parameters/enabled 2>/dev/null && is_admin; then
	if pillbox apparmor status >/dev/null 2>&1; then
		load_skipped() { skip "pillbox-default is loaded here already, and stays"; }
		t 'load, status, unload' load_skipped
	else
		t 'load, status, unload' loading
	fi
	t 'load and unload: what they refuse' bad_files
fi

if ! have_profile; then
	none() { skip "$WHY"; }
	t 'the profile in force' none
	return 0
fi

# --- the label -----------------------------------------------------------------------------------

labels() {
	current
	want_label "$LABEL"
	want_fact NoNewPrivs 1
	current --security-opt apparmor=pillbox-default --no-init --verify
	want_label "$LABEL"
	current --preset docker
	want_label "$LABEL"
	want_fact NoNewPrivs 0
	current --preset docker --security-opt no-new-privileges --verify
	want_label "$LABEL"
	current --security-opt apparmor=unconfined
	want_label unconfined
	# init forwards signals and reaps: it is the launcher's, and not the command's
	pb "$ROOT" -- /bin/cat /proc/1/attr/current
	want_out "$(cat /proc/self/attr/current)"
	by_hand run "$ROOT" -- /bin/cat /proc/self/attr/current
	[ "$OUT" = "$LABEL" ] || bad "by the script of --dry-run=sh: $OUT"
}
t 'the command and what it executes run under pillbox-default' labels

# Nothing that strict wants is missing here but, without a manager of the user's, a control group.
strict() {
	local opts=(--preset strict --verify)
	[ "$ID" = root ] || [ "${PILLBOX_PLACE-}" = session ] || opts+=(--allow-missing=cgroup)
	pb "${opts[@]}" "$ROOT" -- /bin/cat /proc/self/attr/current
	want_ok
	want_out "pillbox-default \(enforce\)"
	! printf '%s\n' "$ERR" | grep -i 'not enforced.*\(apparmor\|landlock\)' >/dev/null ||
		bad "not enforced: $ERR"
}
t 'strict has AppArmor and Landlock' strict

# What only this profile refuses, told before it is refused (foresee.c)
foretold() {
	inside --preset docker -u 0 --explain-denials -- try socket raw
	want_out 'socket=EACCES'
	want_err '^pillbox: fails: socket\(AF_INET, SOCK_RAW.*\) = EACCES: .*the AppArmor profile pillbox-default '
	inside --preset docker -u 0 --explain-denials --security-opt apparmor=unconfined -- try socket raw
	want_out 'socket=OK'
	[[ $ERR != *'fails: '* ]] || bad "foretold without the profile: $ERR"
}
[ "$ID" = none ] || t '--explain-denials names the profile' foretold

# The name goes to the kernel and to no file that looks like its (CVE-2019-16884).
false_proc() {
	local ROOT=$ROOT file
	run cp -a "$ROOT" "$TMP/false"
	ROOT=$TMP/false
	# shellcheck disable=SC2016 # the inner shell's words
	run sh -c 'cd "$0/proc" && for d in self thread-self 1; do
		mkdir -p $d/attr/apparmor && echo false >$d/attr/exec && echo false >$d/attr/apparmor/exec
		done' "$ROOT"
	want_ok
	current
	want_label "$LABEL"
	for file in "$ROOT"/proc/*/attr/exec "$ROOT"/proc/*/attr/apparmor/exec; do
		[ "$(cat "$file")" = false ] || bad "$file was written"
	done
	run rm -rf "$ROOT"
}
t 'a false /proc in the rootfs does not swallow the name' false_proc

# --- what it denies, and nothing else does -----------------------------------------------------------

# OPTIONS | ATTEMPT | with the profile | without
table() {
	local move=OK
	# Linux 6.1's AppArmor does not see move_mount(2); seccomp and the capability do.
	[ ! -e /sys/kernel/security/apparmor/features/mount/move_mount ] || move=EACCES
	cat <<END
--preset docker | socket raw | EACCES | OK
--preset docker | socket packet | EACCES | OK
--preset docker | socket inet | OK | OK
--preset docker | socket inet6 | OK | OK
--preset docker | socket unix | OK | OK
--preset docker | socket netlink | OK | OK
ADMIN | mount | EACCES | OK
ADMIN | mount-bind | EACCES | OK
ADMIN | mount-proc | EACCES | OK
ADMIN | remount | EACCES | OK
ADMIN | umount | EACCES | OK
ADMIN | pivot | EACCES | EINVAL
ADMIN | move-mount | $move | OK
ADMIN | sethostname | OK | OK
SYSTEM | open-w /proc/sys/net/ipv4/ip_forward | EACCES | OK
SYSTEM | open-w /proc/sys/user/max_user_namespaces | EACCES | OK
SYSTEM | read /sys/firmware | EACCES | EISDIR
ADMIN | open-w /proc/self/attr/exec | EACCES | OK
ADMIN | open-w /proc/self/comm | OK | OK
ADMIN | open-w /proc/self/oom_score_adj | OK | OK
ADMIN | open-w /proc/self/mem | OK | OK
ADMIN | open-w /proc/self/uid_map | OK | OK
ADMIN | create /p | OK | OK
ADMIN | create /procs | OK | OK
ADMIN | create /sy | OK | OK
ADMIN | create /sysx | OK | OK
ADMIN | mkdir /tmp/proc | OK | OK
ADMIN | exec-from /tmp/probe2 | EXIT0 | EXIT0
END
}

denied() { # OPTIONS ATTEMPT WITH WITHOUT
	local -a opts attempt
	read -ra opts <<<"$1"
	read -ra attempt <<<"$2"
	inside "${opts[@]}" --security-opt apparmor=pillbox-default -- try "${attempt[@]}"
	want_out "${attempt[0]}=$3"
	inside "${opts[@]}" --security-opt apparmor=unconfined -- try "${attempt[@]}"
	want_out "${attempt[0]}=$4"
}

ADMIN='--preset docker --cap-add ALL --security-opt seccomp=unconfined'
SYSTEM="$ADMIN --security-opt systempaths=unconfined"
while IFS='|' read -r options attempt with without; do
	read -r options <<<"$options"
	case $options in
	ADMIN) options=$ADMIN ;;
	SYSTEM) options=$SYSTEM ;;
	esac
	read -r attempt <<<"$attempt"
	read -r with <<<"$with"
	read -r without <<<"$without"
	if [ "$with" = "$without" ]; then say=allows; else say=denies; fi
	t "pillbox-default $say: $attempt" denied "$options" "$attempt" "$with" "$without"
done < <(table)

among_itself() {
	pb --security-opt apparmor=pillbox-default "$ROOT" -- /bin/sh -c '
		sleep 100 & kill -0 $! && kill -STOP $! && kill -KILL $! && wait $!; echo $?
		cat /proc/$$/environ >/dev/null && readlink /proc/$$/exe'
	want_out 137
	want_out /bin/busybox
}
t 'signals and /proc among the processes of the sandbox' among_itself

forwarded() {
	# shellcheck disable=SC2016 # the inner shell's words
	run timeout -s TERM 2 "$PB" run --security-opt apparmor=pillbox-default "$ROOT" -- /bin/sh -c '
		trap "echo caught; exit 7" TERM; while :; do sleep 0.1; done'
	want_out caught
}
t 'a signal reaches the command under its profile' forwarded
is_admin || return 0

# --- profiles of one's own ------------------------------------------------------------------------

custom() {
	profile pillbox-test-own attach_disconnected "$FREE deny /bin/probe r, deny /etc/** r,"
	current --security-opt apparmor=pillbox-test-own
	want_label 'pillbox-test-own (enforce)'
	inside --security-opt apparmor=pillbox-test-own -- try read /etc/passwd
	want_out read=EACCES
	inside --security-opt apparmor=pillbox-default -- try read /etc/passwd
	want_out read=OK
	profiles_gone
	inside --security-opt apparmor=pillbox-test-own -- try read /etc/passwd
	want_refused 125 '^pillbox: lsm-check: apparmor=pillbox-test-own: the profile is not loaded$'
}
t 'a profile by its name; unloaded, nothing runs' custom

complaining() {
	profile pillbox-test-weak complain "/** r,"
	pb --security-opt apparmor=pillbox-test-weak "$ROOT" -- /bin/probe exit 0
	want_refused 125 '^pillbox: lsm-check: apparmor=pillbox-test-weak: .*not in enforce mode$' \
		'^hint: take flags=\(complain\) out of its file, and as root: pillbox apparmor load FILE'
	pb --security-opt apparmor=pillbox-test-weak --allow-missing=apparmor "$ROOT" -- \
		/bin/cat /proc/self/attr/current
	want_ok
	want_err '^pillbox: note: NOT ENFORCED: AppArmor profile pillbox-test-weak: '
	want_out 'pillbox-test-weak \(complain\)'
	# What the hint says
	profile pillbox-test-weak attach_disconnected "$FREE"
	current --security-opt apparmor=pillbox-test-weak
	want_label 'pillbox-test-weak (enforce)'
	profiles_gone
}
t 'a profile that only complains is refused' complaining

# One process of the sandbox in another label: as pillbox-default, but that /opt/probe leaves it.
traced() { # OPTION...
	pb --preset docker --cap-add SYS_PTRACE "$@" -v "$TMP/other:/opt:ro" "$ROOT" -- /bin/sh -c '
		/opt/probe signal 19 &
		until grep -q "^State:.T" /proc/$!/status; do :; done
		cat /proc/$!/attr/current
		/bin/probe try ptrace1 $!
		kill -KILL $! 2>/dev/null; echo kill=$?'
	want_ok
}

other_label() {
	mkdir -p "$TMP/other"
	cp "$STAGE/bin/probe" "$TMP/other/probe"
	chmod -R a+rX "$TMP/other"
	profile pillbox-test-other attach_disconnected "$FREE"
	sed -e 's/^profile pillbox-default/profile pillbox-test-trace/' -e 's/}pillbox-default{/}pillbox-test-trace{/' \
		-e 's|^  include if .*|  /opt/probe px -> pillbox-test-other,|' "$OURS/pillbox-default" >"$TMP/profile"
	pillbox apparmor load "$TMP/profile" >"$TMP/said" 2>&1 || bad "$(cat "$TMP/said")"
	NAMES+=(pillbox-test-trace)
	traced --security-opt apparmor=pillbox-test-trace
	want_out 'pillbox-test-other \(enforce\)'
	want_out ptrace1=EACCES
	want_out kill=1
	traced --security-opt apparmor=pillbox-default
	want_out 'pillbox-default \(enforce\)'
	want_out ptrace1=OK
	want_out kill=0
	traced --security-opt apparmor=unconfined
	want_out ptrace1=OK
	profiles_gone
	rm -rf "$TMP/other"
}
t 'no ptrace of, and no signal to a process under another label' other_label

# A process that got out of the sandbox with all of root's power is still under the profile.
outside() { # COMMAND
	# shellcheck disable=SC2016 # the inner shell's words
	ID=root under pillbox-default sh -c "$1"
}

escaped() {
	local command
	run mkdir -p "$TMP/m"
	while read -r command; do
		ID=root run sh -c "cd $TMP && $command"
		[ "$RC" = 0 ] || bad "without the profile: $command: $ERR"
		umount "$TMP/m" 2>/dev/null
		rm -f "$TMP/n"
		outside "cd $TMP && $command"
		[ "$RC" != 0 ] || bad "under the profile it works: $command"
		want_err 'denied|not permitted|cannot mount'
	done <<-'END'
		: >>/proc/sys/kernel/core_pattern
		: >>/proc/sysrq-trigger
		: >>/sys/class/net/lo/mtu
		: </proc/kcore
		cat /sys/kernel/security/lsm
		mount -t tmpfs none m
		mknod n c 1 3
		echo changeprofile unconfined >/proc/self/attr/apparmor/current
	END
	rmdir "$TMP/m"
}
[ "$ID" != root ] || t 'what has got out of the sandbox is held, too' escaped

# --- pillbox under a profile ----------------------------------------------------------------------

stacked() { # NAME
	profile "$1" attach_disconnected "$FREE change_profile -> &pillbox-default,"
	local label
	label="$(printf '%s\n' "$1" pillbox-default | LC_ALL=C sort | paste -sd'|' | sed 's/|/\/\/\&/') (enforce)"
	for opts in '' '--preset docker' '--no-init --verify'; do
		# shellcheck disable=SC2086 # options are words
		under "$1" "$PB" run $opts "$ROOT" -- /bin/probe facts
		want_ok
		want_fact attr.current "$label"
	done
	# both hold: the outer one lets mount, ours does not; and its processes may signal each other
	# shellcheck disable=SC2086 # options are words
	under "$1" "$PB" run $ADMIN "$ROOT" -- /bin/probe each mount sethostname
	want_out mount=EACCES
	want_out sethostname=OK
	under "$1" "$PB" run "$ROOT" -- /bin/sh -c 'sleep 100 & kill $!; wait $!; echo $?'
	want_out 143
	under "$1" "$PB" run --verbose "$ROOT" -- /bin/probe exit 0
	want_err 'lsm: at_exec: stack pillbox-default'
	by_hand "under $1" "$ROOT" -- /bin/cat /proc/self/attr/current
	[ "$OUT" = "$label" ] || bad "by the script of --dry-run=sh: $OUT"
	profiles_gone
}
t 'pillbox under a profile adds pillbox-default to it' stacked a-test-around
t 'pillbox under a profile, in the other order' stacked z-test-around

# What the hint says is what helps.
not_allowed() {
	profile pillbox-test-around attach_disconnected "$FREE"
	under pillbox-test-around "$PB" run "$ROOT" -- /bin/probe exit 0
	want_refused 125 '^pillbox: lsm: apparmor=pillbox-default: Permission denied$' \
		'^hint: .*needs the rule .change_profile -> &NAME,.'
	profile pillbox-test-around attach_disconnected "$FREE change_profile -> &pillbox-default,"
	under pillbox-test-around "$PB" run "$ROOT" -- /bin/probe exit 0
	want_ok
	profiles_gone
}
t 'a profile around pillbox that forbids it, and the cure' not_allowed

not_confined() {
	local opts
	profile pillbox-test-free unconfined ''
	for opts in '' '--preset docker' '--preset docker --security-opt no-new-privileges'; do
		# shellcheck disable=SC2086 # options are words
		under pillbox-test-free "$PB" run $opts "$ROOT" -- /bin/probe facts
		want_ok
		want_fact attr.current "$LABEL"
	done
	under pillbox-test-free "$PB" apparmor status
	want_out 'this process: pillbox-test-free \(unconfined\)'
	profile pillbox-test-free attach_disconnected,complain "$FREE"
	under pillbox-test-free "$PB" run "$ROOT" -- /bin/probe facts
	want_fact attr.current 'pillbox-default//&pillbox-test-free (mixed)'
	profiles_gone
}
t 'under a profile that confines nothing pillbox-default replaces it' not_confined

# Capabilities refused by a profile around us: the kernel says EPERM, the hint says who it was.
powerless() {
	profile pillbox-test-around attach_disconnected 'file, network, signal, ptrace, unix, change_profile,'
	under pillbox-test-around "$PB" run "$ROOT" -- /bin/probe exit 0
	want_refused 125 '^pillbox: (clone|idmap): .*' \
		'^hint: pillbox runs under the AppArmor profile pillbox-test-around \(enforce\), .*dmesg \| grep DENIED'
	dmesg | grep -q 'DENIED.*profile="pillbox-test-around"' || bad "dmesg shows no such denial"
	profiles_gone
}
t 'a failure under a profile names the profile' powerless

# Linux 6.12: unprivileged users cannot leave "unconfined", the kernel stacks on it instead.
restricted() {
	local file=/proc/sys/kernel/apparmor_restrict_unprivileged_unconfined was
	was=$(cat $file)
	echo 1 >$file
	current --verify
	want_label 'pillbox-default//&unconfined (enforce)'
	# shellcheck disable=SC2086 # options are words
	inside $ADMIN --verify -- each mount sethostname
	want_out mount=EACCES
	want_out sethostname=OK
	echo "$was" >$file
}
[ ! -e /proc/sys/kernel/apparmor_restrict_unprivileged_unconfined ] ||
	t 'kernel.apparmor_restrict_unprivileged_unconfined=1' restricted

# --- the launcher's own profile --------------------------------------------------------------------

# In a mount namespace of its own: /etc/apparmor.d as `make install` leaves it.
installed() { # COMMAND...
	# shellcheck disable=SC2016 # the inner shell's words
	ID=root run unshare -m sh -c 'mount --bind "$0/etc" /etc/apparmor.d && exec "$@"' "$TMP" "$@"
}

launcher() {
	run rm -rf "${TMP:?}/etc"
	cp -a /etc/apparmor.d "$TMP/etc"
	cp "$OURS/pillbox" "$OURS/pillbox-default" "$TMP/etc/"
	mkdir -p "$TMP/etc/tunables/pillbox.d"
	echo "@{pillbox_exe} += $PB" >"$TMP/etc/tunables/pillbox.d/local"
	installed "$PB" apparmor load /etc/apparmor.d/pillbox
	want_ok
	want_out 'loaded pillbox \(unconfined\) from /etc/apparmor.d/pillbox'
	run "$PB" apparmor status
	want_out 'pillbox: loaded, mode unconfined'
	want_out 'this process: pillbox \(unconfined\)'
	for opts in '--verify' '--preset docker'; do
		# shellcheck disable=SC2086 # options are words
		current $opts
		want_label "$LABEL"
	done
	# Without a profile of its own the command keeps the launcher's, and what keeps it from user
	# namespaces are the filter and the limit: each alone, and the label is nothing to go by.
	current --security-opt apparmor=unconfined
	want_label 'pillbox (unconfined)'
	inside --security-opt apparmor=unconfined --landlock off -- try unshare-user
	want_out unshare-user=EPERM
	inside --security-opt apparmor=unconfined --security-opt seccomp=unconfined -- try unshare-user
	want_out unshare-user=ENOSPC
	ID=root run "$PB" apparmor unload pillbox
	want_ok
	run "$PB" apparmor status
	want_out 'this process: unconfined'
	rm -rf "${TMP:?}/etc"
}
if [ -z "$PROFILE_OURS" ] && pillbox apparmor status | grep -q '^pillbox: loaded'; then
	launcher() { skip "the profile pillbox is loaded here already, and stays"; }
fi
t 'the profile of pillbox itself, and a pillbox in another place' launcher

# Ubuntu's sysctl is not in Debian's kernels. A file of that name in front of /proc/sys/kernel shows
# the sentence: with a covered /proc, an ordinary user's mount of a new one is refused.
restriction() { # 0|1
	local user
	user=$(user_of "$ID")
	# shellcheck disable=SC2016 # the inner shell's words
	ID=root run unshare -m sh -c '
		last=$(cat /proc/sys/kernel/cap_last_cap)
		mount -t tmpfs none /proc/sys/kernel && cd /proc/sys/kernel && echo "$last" >cap_last_cap
		echo "$1" >apparmor_restrict_unprivileged_userns
		shift
		"$@" apparmor status
		exec setpriv --reuid "$0" --regid "$0" --init-groups "$@" run "$ROOT" -- /bin/probe exit 0' \
		"$user" "$1" "$PB"
	want_rc 125
	want_err '^pillbox: [a-z-]*: .*(Operation not permitted|Permission denied)$'
}

restriction_named() {
	export ROOT
	restriction 1
	want_out 'user namespaces: without capabilities but for .*restrict_unprivileged_userns=1\)'
	want_err '^hint: kernel.apparmor_restrict_unprivileged_userns is 1: .*make install; pillbox apparmor load.*'
	want_err "@\{pillbox_exe\} \+= $PB' >/etc/apparmor.d/tunables/pillbox.d/local"
	restriction 0
	want_out 'user namespaces: not restricted .*'
	! printf '%s\n' "$ERR" | grep -q restrict_unprivileged || bad "named, and not on: $ERR"
}
[ "$ID" = root ] || [ -e /proc/sys/kernel/apparmor_restrict_unprivileged_userns ] ||
	t 'user namespaces restricted by AppArmor: the sysctl and the cure are named' restriction_named
