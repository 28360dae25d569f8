# shellcheck shell=bash disable=SC2034 # RAN and OUT are read by lib.sh
# SPDX-License-Identifier: Apache-2.0
# 85-check.sh - `pillbox check`: what it says of this host, and of places made worse on purpose, where
# a launch has to fail exactly when it says so.

check() { run "$PB" check "$@"; }

as "$ID" cp "$PB" "$ROOT/bin/pillbox" # for a check inside of a sandbox

of() { # ID KEY -> the value in the JSON of the last run
	printf '%s' "$OUT" | jq -r --arg id "$1" --arg key "$2" '.checks[] | select(.id == $id) | .[$key]'
}

want_state() { # ID STATE [EXPRESSION-OF-DETAIL [EXPRESSION-OF-CURE]]
	[ "$(of "$1" state)" = "$2" ] || bad "$1 is $(of "$1" state) and not $2: $(of "$1" detail)"
	of "$1" detail | grep -qE -- "${3-}" || bad "$1: no '${3-}' in: $(of "$1" detail)"
	of "$1" cure | grep -qE -- "${4-}" || bad "$1: no '${4-}' in the cure: $(of "$1" cure)"
}

# What a launch of the default preset does in the same place: works exactly if the check says so.
want_agreement() { # COMMAND-BEFORE-PILLBOX...
	local said=$RC out=$OUT
	run "$@" "$PB" run "$ROOT" -- /bin/probe exit 0
	if [ "$said" = 0 ]; then
		[ "$RC" = 0 ] || bad "check says in full, and a launch fails: $ERR"
	else
		[ "$RC" = 125 ] || bad "check says not in full, and a launch ends with $RC"
	fi
	OUT=$out
	RC=$said
}

# --- here ---------------------------------------------------------------------------------------

usage() {
	check --jsn
	want_refused 125 '^pillbox: check: --jsn: unknown argument' '^hint: usage: pillbox check'
	run "$PB" help
	want_out '  pillbox check \[--json\]'
}
t 'it is in the list of commands, and takes no other argument' usage

document() {
	check --json
	printf '%s' "$OUT" | jq -e '
		(keys - ["checks", "default_preset", "kernel", "pillbox", "presets", "user"] == []) and
		(.default_preset == .presets.hardened) and (.user.uid | type == "number") and
		(.checks | length > 25) and (.checks | map(.id) | unique | length) == (.checks | length) and
		(.checks | all(.state == "works" and .cure == null and .loses == null or
			(.state == "restricted" or .state == "missing") and
			(.cure | length > 0) and (.loses | length > 0))) and
		(.checks | all(.group == "default" or .group == "options" or .group == "optional"))' >/dev/null ||
		bad "the document is not as promised: $(printf '%s' "$OUT" | head -c 300)"
	[ "$(printf '%s' "$OUT" | jq .user.uid)" = "$(as "$ID" id -u)" ] || bad 'another uid'
	[ "$(printf '%s' "$OUT" | jq -r .kernel)" = "$(uname -r)" ] || bad 'another kernel'
	[ "$RC" = "$(printf '%s' "$OUT" | jq 'if .default_preset then 0 else 1 end')" ] ||
		bad "exit status $RC and default_preset disagree"
	want_no_err
}
t 'the JSON document has what it promises' document

same_in_text() {
	local want
	check --json
	want=$(printf '%s' "$OUT" | jq -r '.checks[] | .state + " " + .what' | sort)
	check
	[ "$(printf '%s\n' "$OUT" | sed -nE 's/^  (works|restricted|missing) +(.{21}) .*/\1 \2/p' |
		sed 's/ *$//' | sort)" = "$want" ] || bad 'text and JSON differ'
	printf '%s' "$OUT" | tr -d '\n' | grep -q '[[:cntrl:]]' && bad 'control characters, and no terminal'
	want_out 'preset (hardened \(the default\)|strict|docker) +(in full|not in full: .*)'
}
t 'the text says the same, plainly' same_in_text

colored() {
	on_tty "TERM=xterm NO_COLOR= '$PB' check"
	printf '%s' "$OUT" | grep -q $'\033\[32mworks' || bad 'no colour on a terminal'
	on_tty "TERM=xterm NO_COLOR=1 '$PB' check"
	! printf '%s' "$OUT" | grep -q $'\033' || bad 'colour in spite of NO_COLOR'
}
t 'colour on a terminal, unless it is not wanted' colored

full_disk() {
	run sh -c "'$PB' check --json >/dev/full"
	want_refused 125 '^pillbox: check: write the report'
}
t 'a report that cannot be written is an error' full_disk

here() {
	check --json
	[ "$RC" = 0 ] || bad "the tests run here, so the default preset must: $(printf '%s' "$OUT" |
		jq -c '[.checks[] | select(.group == "default" and .state != "works") | .id, .detail]')"
	want_agreement env
	for id in kernel calls userns map namespaces pivot proc nested dev devpts mqueue loopback caps pids \
		keyring seccomp overlay sysfs actions; do
		want_state $id works
	done
	case $(of kernel detail) in
	"Linux $(uname -r)"*) ;;
	*) bad "kernel: $(of kernel detail)" ;;
	esac
}
t 'what the other tests rely on works here' here

ids_here() {
	check --json
	case $ID in
	none)
		want_state range restricted 'no range in /etc/subuid' 'usermod --add-subuids|/etc/subuid'
		[ "$(printf '%s' "$OUT" | jq -c .user.range)" = '[]' ] || bad 'a range from nowhere'
		;;
	range)
		want_state range works
		[ "$(printf '%s' "$OUT" | jq -r '.user.range[0] | "\(.first):\(.count)"')" = \
			"$(sed -n "s/^$(as "$ID" id -un)://p" /etc/subuid | head -n 1)" ] || bad 'another range'
		want_state idmapped works '^not needed'
		;;
	root)
		want_state range works
		want_state idmapped works '/usr'
		;;
	esac
	[ "$RC" = 0 ] || bad "exit status $RC: one id is enough for the default preset"
}
t 'subordinate ids, and without them still exit status 0' ids_here

# The same facts, found another way.
landlock_here() {
	local abi
	check --json
	abi=$(of landlock detail | sed -nE 's/^ABI ([0-9]+): .*/\1/p')
	pb --verbose "$ROOT" -- /bin/probe exit 0
	want_ok
	printf '%s\n' "$ERR" | grep -qE "landlock_abi: $abi\$|landlock: abi: $abi\$|Landlock: ABI $abi\b" ||
		[ -z "$abi" ] || bad "the launch does not tell of ABI $abi: $ERR"
}
t 'Landlock: the ABI that a launch takes' landlock_here

apparmor_here() {
	local list=/sys/kernel/security/apparmor/profiles
	check --json
	if [ ! -e /sys/module/apparmor ]; then
		want_state apparmor missing 'this kernel has no AppArmor'
	elif grep -q '^pillbox-default (enforce)' $list 2>/dev/null; then
		want_state apparmor works 'pillbox-default is loaded'
	else
		[ "$(of apparmor state)" != works ] || bad 'a profile that is not loaded works'
	fi
}
t 'AppArmor: as the kernel lists it' apparmor_here

limits_here() {
	local ctl what=cgroup-memory
	check --json
	for ctl in memory cpu pids cpuset io; do
		case $(of cgroup-$ctl detail) in
		*'bound to cgroup v1 at '*)
			want_state cgroup-$ctl restricted '' 'systemd.unified_cgroup_hierarchy=1'
			[ -d "$(of cgroup-$ctl detail | sed 's/.* v1 at \([^ ]*\).*/\1/')" ] || bad "$ctl: not there"
			;;
		esac
	done
	if [ "$(of cgroup-memory state)" = works ]; then
		pb -m 64m "$ROOT" -- /bin/probe exit 0
		want_ok
	else
		pb -m 64m "$ROOT" -- /bin/probe exit 0
		want_rc 125
	fi
}
t 'limits: a launch with one agrees, controllers on v1 are named' limits_here

# --- places made worse --------------------------------------------------------------------------

# A user namespace of the test's own, in which none below it may be made.
no_userns() {
	local switch='exec "$@"'
	run unshare -Ur sh -c "$switch" sh "$PB" check --json
	want_state userns works
	switch='echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"'
	run unshare -Ur sh -c "$switch" sh "$PB" check --json
	want_rc 1
	want_state userns missing 'max_user_namespaces is 0' '^as root: sysctl user.max_user_namespaces=10000$'
	want_state proc missing '^not tried: ' '^as root: sysctl user.max_user_namespaces'
	want_state keyring works
	want_agreement unshare -Ur sh -c "$switch" sh
	run unshare -Ur sh -c "$switch" sh "$PB" check
	want_out 'preset hardened \(the default\) +not in full: user namespace'
}
t 'no user namespaces left' no_userns

# As containers do it: a filter around pillbox that answers some calls by itself.
case $(uname -m) in
x86_64) clone3=435 fsopen=430 pidfd_open=434 openat2=437 keyctl=250 landlock=444 seccomp=317 mqueue=240 ;;
*) clone3=435 fsopen=430 pidfd_open=434 openat2=437 keyctl=219 landlock=444 seccomp=277 mqueue=180 ;;
esac
filtered() { # NR=ANSWER ID STATE [DETAIL [CURE]]
	local how=$1
	shift
	run "$STAGE/bin/probe" under "$how" -- "$PB" check --json
	want_rc 1
	want_state "$@"
	want_agreement "$STAGE/bin/probe" under "$how" --
}
ENOSYS=38 EPERM=1
# With a range a filter says less: it goes with no_new_privs, and then newuidmap cannot work.
if [ "$ID" != range ]; then
	t 'a filter that hides clone3' filtered $clone3=$ENOSYS userns restricted clone3 'seccomp filter'
	t 'a filter that hides clone3 shows in the list of calls' filtered $clone3=$ENOSYS calls restricted \
		'^clone3: ' 'seccomp filter is around pillbox'
	t 'a filter that forbids file systems' filtered $fsopen=$EPERM userns restricted tmpfs
	t 'a filter that forbids keyctl' filtered $keyctl=$EPERM keyring restricted 'session keyring' \
		'seccomp filter is around pillbox'
	t 'a filter that forbids filters' filtered $seccomp=$EPERM seccomp restricted '' container
	t 'a filter that forbids openat2' filtered $openat2=$EPERM calls restricted '^openat2: ' 'seccomp filter is around'
	kills() {
		run "$STAGE/bin/probe" under $pidfd_open=kill -- "$PB" check --json
		want_rc 1
		want_state calls restricted '^pidfd_open: .* kills who calls it'
		want_state userns works
	}
	t 'a filter that kills' kills

	# Not by the launch's exit status: without Landlock the default preset runs, with one layer less.
	landlock_hidden() { # ERRNO
		run "$STAGE/bin/probe" under $landlock="$1" 445="$1" 446="$1" -- "$PB" check --json
		want_state landlock restricted '' 'seccomp filter is around pillbox'
		if [ "$(of apparmor state)" = works ]; then want_rc 0; else want_rc 1; fi
		run "$STAGE/bin/probe" under $mqueue="$EPERM" -- "$PB" check --json
		want_state landlock works
	}
	t 'a filter that hides Landlock, as an old kernel would' landlock_hidden $ENOSYS
	t 'a filter that forbids Landlock' landlock_hidden $EPERM
	# One call that fails alone is not how a kernel without Landlock answers: nothing goes on without it.
	landlock_half() {
		run "$STAGE/bin/probe" under $landlock=$ENOSYS -- "$PB" run --landlock on "$ROOT" -- /bin/probe exit 0
		want_refused 125 Landlock 'hint: .*seccomp'
	}
	t 'a filter that forbids one call of Landlock' landlock_half
fi

# A pillbox in a pillbox: everything is allowed, and Landlock still refuses every mount.
is_sanitized() { grep -q libasan "$PB"; }
in_pillbox() { # on|off
	! is_sanitized || { skip 'a sanitized pillbox needs its libraries inside'; return; }
	pb --landlock "$1" --nested-userns --security-opt seccomp=unconfined \
		--security-opt systempaths=unconfined --security-opt apparmor=unconfined \
		"$ROOT" -- /bin/pillbox check --json
	if [ "$1" = on ]; then
		want_rc 1
		want_state userns restricted '^attach a tmpfs: ' 'Landlock domain'
	else
		want_rc 0
		want_state userns works
		want_state proc works
	fi
}
t 'inside of Landlock' in_pillbox on
t 'the same place without Landlock' in_pillbox off

# --- a mount namespace of the test's own, where root puts things over others ----------------------

beside() { # SCRIPT -> the words before pillbox
	local user
	user=$(user_of "$ID")
	# Another proc or sysfs of the host's, in some chroot, would be as good to compare with.
	BESIDE=(unshare -m sh -c "mount --make-rprivate / && {
		findmnt -rno TARGET -t proc,sysfs | grep -vxE '/proc|/sys' | xargs -r umount -l; } && $1"' && exec "$@"' sh)
	[ -z "$user" ] || BESIDE+=(setpriv --reuid "$user" --regid "$user" --init-groups --reset-env
		env PATH=/usr/local/bin:/usr/bin:/bin)
}

# run, but as root: the identity is taken on in there
run_beside() {
	local id=$ID
	ID=root
	run "${BESIDE[@]}" "$@"
	ID=$id
}

no_proc() {
	! is_sanitized || { skip 'the leak check needs /proc'; return; }
	worse 'mount -t tmpfs none /proc' 1 kernel missing 'no proc file system' 'mount -t proc'
}

worse() { # SCRIPT RC ID STATE [DETAIL [CURE]]
	local rc=$2 said
	beside "$1"
	shift 2
	run_beside "$PB" check --json
	want_rc "$rc"
	want_state "$@"
	said=$OUT
	run_beside "$PB" run "$ROOT" -- /bin/probe exit 0
	want_rc $((rc ? 125 : 0))
	OUT=$said
}


if [ "$(id -u)" != 0 ]; then
	cannot() { skip 'only root can put things over /proc and /dev'; }
	t 'a /proc, /sys or /dev that is covered' cannot
else
	t 'a /proc that is partly covered' worse 'mount -t tmpfs none /proc/fs' 1 proc restricted \
		'^proc' 'mount_too_revealing'
	t 'what hangs on it is not tried' worse 'mount -t tmpfs none /proc/fs' 1 nested missing \
		'^not tried: ' 'mount_too_revealing'
	t 'a /proc that is none' no_proc
	t 'a /dev/full that is another device' worse 'mount --bind /dev/zero /dev/full' 1 dev missing \
		'/dev/full is not character device 1:7'
fi

# The default preset has no /sys.
sys_covered() {
	beside 'mount -t tmpfs none /sys/kernel'
	run_beside "$PB" check --json
	want_rc 0
	want_state sysfs restricted '' 'covered'
	[ "$(printf '%s' "$OUT" | jq .presets.docker)" = false ] || bad 'preset docker in full without /sys'
	run_beside "$PB" run --preset docker "$ROOT" -- /bin/probe exit 0
	want_refused 125 '^pillbox: sys: '
}
[ "$(id -u)" != 0 ] || t 'a /sys that is partly covered' sys_covered

# A launch does not go on with less than what /etc/subuid promises, so nor does the check.
if [ "$(id -u)" = 0 ] && [ "$ID" = range ]; then
	helper_hidden() { # FILE
		worse "mount --bind /dev/null $1" 1 map restricted "^$1: " 'chmod u\+s .*, or run with --userns single$'
		want_state range missing '^not tried: '
		[ "$(printf '%s' "$OUT" | jq -c .user.range)" = '[]' ] || bad 'a range that cannot be mapped'
		run_beside "$PB" run --userns single "$ROOT" -- /bin/probe exit 0
		want_ok
	}
	t 'newuidmap hidden' helper_hidden /usr/bin/newuidmap
	t 'newgidmap hidden' helper_hidden /usr/bin/newgidmap
	printf '%s:1:2:3\n' "$(user_of range)" >"$TMP/subuid"
	t 'a bad line in /etc/subuid' worse "mount --bind $TMP/subuid /etc/subuid" 1 map restricted \
		'^/etc/subuid:1: ' 'correct the file as root'
	: >"$TMP/empty"
	t 'no line in /etc/subuid' worse "mount --bind $TMP/empty /etc/subuid" 0 range restricted \
		'none in /etc/subuid' 'usermod --add-subuids'
fi
