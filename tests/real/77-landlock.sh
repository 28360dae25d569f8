# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# 77-landlock.sh - what Landlock alone refuses: each thing once with it and once without, so that it
# is seen to be Landlock and not another layer. What an ABI does not know is expected to pass on a
# kernel of that ABI, and never skipped: 6.1 has ABI 2, 6.12 ABI 6, 6.18 ABI 7.

SEAM=$STAGE/bin/pillbox-seam
PROBE=$STAGE/bin/probe
ABI=$("$PROBE" outside landlock-abi)

# ABI is a number everywhere where these tests run; no Landlock at all is a failure of the first.
has_abi() { [ "$ABI" -ge "$1" ] 2>/dev/null; }

# Where a profile is loaded, AppArmor would refuse some of this, too, and `auto` leave Landlock out.
ALONE=(--security-opt apparmor=unconfined)
alone() { inside "${ALONE[@]}" "$@"; }

# --- the report ---------------------------------------------------------------------------------

report() {
	local gaps=
	has_abi 1 || { bad "this kernel has no Landlock: $ABI"; return; }
	has_abi 6 || gaps='abstract sockets and signals (ABI 6)'
	has_abi 5 || gaps="ioctl on devices (ABI 5), $gaps"
	has_abi 4 || gaps="TCP (ABI 4), $gaps"
	has_abi 3 || gaps="cutting files short (ABI 3), $gaps"
	alone --verbose --landlock on -- exit 0
	want_ok
	want_err "^pillbox: note: lsm-check: landlock_abi: $((ABI > 7 ? 7 : ABI))\$"
	[ -z "$gaps" ] || printf '%s\n' "$ERR" |
		grep -qxF "pillbox: note: lsm-check: landlock_does_not_know: $gaps" ||
		bad "the report: $(printf '%s\n' "$ERR" | grep -i landlock | head -n 2)"
	alone --verbose --landlock off -- exit 0
	want_err '^pillbox: note: lsm-check: landlock_why: it is off$'
	alone --verbose --security-opt no-new-privileges=false --pids-limit -1 -- exit 0
	[ "$RC" != 0 ] || want_err 'landlock_why: it needs no_new_privs$'
}
t 'the report says the ABI and what it does not know' report

# --- files --------------------------------------------------------------------------------------

# A tree whose root is not made read-only, because the seam leaves that step out: every change that
# the mount flags let through is Landlock's to refuse. The workload is root inside, and owns it all.
unsealed() { # on|off ATTEMPT [ARG...]
	local how=$1
	shift
	run "$SEAM" --skip=root-ro run -u 0:0 "${ALONE[@]}" --landlock "$how" "$TMP/tree" -- /bin/probe try "$@"
	want_ok
}

only_landlock() { # EXPECTED ATTEMPT [ARG...]: OK without Landlock, EXPECTED with it
	local want=$1
	shift
	rm -rf "$TMP/tree"
	run cp -a "$ROOT" "$TMP/tree"
	run mkdir "$TMP/tree/a" "$TMP/tree/a/empty" "$TMP/tree/b"
	run cp /etc/passwd "$TMP/tree/a/file"
	unsealed on "$@"
	want_out "$1=$want"
	unsealed off "$@"
	want_out "$1=OK"
	run rm -rf "$TMP/tree"
	want_ok
}

if [ -x "$SEAM" ]; then
	t 'only Landlock: create a file' only_landlock EACCES create /a/new
	t 'only Landlock: open a file for writing' only_landlock EACCES open-w /a/file
	t 'only Landlock: mkdir' only_landlock EACCES mkdir /a/new
	t 'only Landlock: rmdir' only_landlock EACCES rmdir /a/empty
	t 'only Landlock: unlink' only_landlock EACCES unlink /a/file
	t 'only Landlock: symlink' only_landlock EACCES symlink /a/new
	t 'only Landlock: mkfifo' only_landlock EACCES mkfifo /a/new
	t 'only Landlock: rename' only_landlock EACCES rename /a/file /a/new
	t 'only Landlock: rename to another directory' only_landlock EACCES rename /a/file /b/file
	t 'only Landlock: link to another directory' only_landlock EACCES link /a/file /b/file
	if has_abi 3; then
		t 'only Landlock: truncate' only_landlock EACCES truncate /a/file
	else
		t 'only Landlock: truncate, which ABI 2 does not know' only_landlock OK truncate /a/file
	fi
fi

# What is declared writable is so in full: in one directory, from one to another, and cut short.
writable() {
	mkdir -p "$TMP/share"
	chmod 0777 "$TMP/share"
	# shellcheck disable=SC2016 # the inner shell's words
	pb "${ALONE[@]}" --landlock on -v "$TMP/share:/mnt" "$ROOT" -- /bin/sh -ec '
		for d in /tmp /run /dev/shm /mnt; do
			cd $d
			mkdir a b
			echo one >a/f
			mv a/f b/f
			ln b/f a/g
			echo two >b/f
			: >b/f
			ln -s f b/s
			mkfifo b/p
			mv a/g a/h
			mv b c
			rm -r a c
		done
		echo done'
	want_ok
	want_out 'done'
}
t 'under Landlock: rename and link between directories, cut short, all kinds of files' writable

# Rules add up along the path, so below a writable root nothing is read-only to Landlock. This is
# what the documentation says it is: no more.
writable_root() {
	mkdir -p "$TMP/fifo"
	[ -p "$TMP/fifo/f" ] || mkfifo "$TMP/fifo/f"
	chmod 0777 "$TMP/fifo"
	chmod 0666 "$TMP/fifo/f"
	alone --landlock on --writable -v "$TMP/fifo:/mnt:ro" -- try open-rw /mnt/f
	want_out 'open-rw=OK'
	alone --landlock on -v "$TMP/fifo:/mnt:ro" -- try open-rw /mnt/f
	want_out 'open-rw=EACCES'
	alone --landlock on --writable -v "$TMP/fifo:/mnt:ro" -- try create /mnt/new
	want_out 'create=EROFS'
}
t 'with --writable Landlock leaves a read-only mount to its flags' writable_root

# No process in a user namespace may make a device node; who says so shows in the answer.
device_node() { # [OPTION...]
	alone --security-opt seccomp=unconfined --landlock off "$@" -- try mknod /tmp/node
	want_out 'mknod=EPERM'
	alone --security-opt seccomp=unconfined --landlock on "$@" -- try mknod /tmp/node
	want_out 'mknod=EACCES'
}
t 'Landlock refuses a device node before the capability is asked for' device_node
t 'Landlock refuses a device node in a writable root, too' device_node --writable

# Mounts, for a workload that has the capability and no filter. What it could do with them is undo
# what the mount flags say, and that is shown, too.
remount() {
	local name with=("${ALONE[@]}" --cap-add SYS_ADMIN --security-opt seccomp=unconfined --pids-limit -1 -u 0:0
		-v "$TMP/share:/mnt:ro")
	mkdir -p "$TMP/share"
	chmod 0777 "$TMP/share"
	pb "${with[@]}" --landlock off "$ROOT" -- /bin/sh -c '
		mount -t tmpfs none /tmp && mount -o remount,bind,rw /mnt && touch /mnt/written; echo $?'
	want_out 0
	[ -e "$TMP/share/written" ] || bad "without Landlock the remount failed"
	rm -f "$TMP/share/written"
	for name in mount mount-bind mount-proc remount umount pivot; do
		inside "${with[@]}" --landlock on -- try $name
		want_out "$name=EPERM"
	done
	# shellcheck disable=SC2016 # the inner shell's words
	pb "${with[@]}" --landlock on "$ROOT" -- /bin/sh -c '
		mount -o remount,bind,rw /mnt; touch /mnt/written; echo $?'
	want_out 1
	[ ! -e "$TMP/share/written" ] || bad "it was written"
}
t 'only Landlock: a mount, and a read-only mount made writable' remount

# --- sockets ------------------------------------------------------------------------------------

# Somebody on the host listens; with --network host nothing but Landlock stands between.
hosted() { # OPTION... -- ATTEMPT [ARG...]
	local opts=()
	while [ "$1" != -- ]; do
		opts+=("$1")
		shift
	done
	shift
	run "$PROBE" outside listen "$PB" run --network host "${ALONE[@]}" "${opts[@]}" "$ROOT" -- \
		/bin/probe try "$@"
	want_ok
}

abstract() {
	hosted --landlock off -- connect-abstract @ABSTRACT@
	want_out 'connect-abstract=OK'
	hosted --landlock on -- connect-abstract @ABSTRACT@
	if has_abi 6; then
		want_out 'connect-abstract=EPERM'
	else
		want_out 'connect-abstract=OK'
	fi
	# Without the host's network there is no such name, and the answer is another one.
	run "$PROBE" outside listen "$PB" run "${ALONE[@]}" --landlock off "$ROOT" -- /bin/probe try connect-abstract @ABSTRACT@
	want_out 'connect-abstract=ECONNREFUSED'
}
t 'only Landlock: an abstract unix socket of the host' abstract

# --- TCP ----------------------------------------------------------------------------------------

# Landlock for --tcp none: ABI 4, or the word to do without it.
NO_TCP=(--tcp none)
has_abi 4 || NO_TCP+=(--allow-missing=landlock)

ways='tcp-connect tcp-bind tcp6-bind tcp-listen tcp-fastopen mptcp-connect mptcp-bind'

way() { # NAME -> the attempt with its arguments
	case $1 in
	*-connect | *-fastopen) echo "$1 @TCP@" ;;
	*) echo "$1" ;;
	esac
}

tcp_none() {
	local name
	for name in $ways; do
		# shellcheck disable=SC2046 # two words
		hosted "${NO_TCP[@]}" -- $(way "$name")
		want_out "$name=EACCES"
		# shellcheck disable=SC2046
		hosted --tcp any -- $(way "$name")
		case $name in
		mptcp-*) want_out "$name=(OK|EPROTONOSUPPORT|ENOPROTOOPT)" ;; # where the kernel has it
		*) want_out "$name=OK" ;;
		esac
	done
	for name in udp 'socket unix' 'socket netlink'; do
		# shellcheck disable=SC2086
		hosted "${NO_TCP[@]}" -- $name
		want_out "${name%% *}=OK"
	done
}
t '--tcp none: no way to TCP is left, UDP is' tcp_none

tcp_loopback() {
	alone -- try tcp-bind
	want_out 'tcp-bind=OK'
	alone -- try tcp-connect 9
	want_out 'tcp-connect=ECONNREFUSED'
	alone "${NO_TCP[@]}" -- try tcp-bind
	want_out 'tcp-bind=EACCES'
	alone "${NO_TCP[@]}" -- try tcp-connect 9
	want_out 'tcp-connect=EACCES'
}
t '--tcp none takes the own loopback, too' tcp_loopback

# A socket that was made outside has passed the filter of step tcp: what is left is Landlock.
handed() { # COMMAND OPTION... -- ATTEMPT...
	run "$PROBE" outside listen "$PROBE" outside handed "$@"
	want_ok
}

handed_in() {
	local name no=EACCES
	has_abi 4 || no=OK
	for name in handed-bind 'handed-connect @TCP@'; do
		# shellcheck disable=SC2086
		handed "$PB" run "${ALONE[@]}" --network host --preserve-fds 1 --tcp any "$ROOT" -- /bin/probe try $name
		want_out "${name%% *}=OK"
		# shellcheck disable=SC2086
		handed "$PB" run "${ALONE[@]}" --network host --preserve-fds 1 "${NO_TCP[@]}" "$ROOT" -- /bin/probe try $name
		want_out "${name%% *}=$no"
	done
}
t 'only Landlock: a TCP socket that was handed in' handed_in

# Each of the two layers with the other one left out.
one_layer() {
	local name no=EACCES opts=(--network host "${ALONE[@]}" "${NO_TCP[@]}")
	has_abi 4 || no=OK
	for name in $ways; do
		# shellcheck disable=SC2046
		run "$PROBE" outside listen "$SEAM" --skip=landlock run "${opts[@]}" "$ROOT" -- /bin/probe try $(way "$name")
		want_out "$name=EACCES"
	done
	for name in tcp-bind 'tcp-connect @TCP@'; do
		# shellcheck disable=SC2086
		run "$PROBE" outside listen "$SEAM" --skip=tcp run "${opts[@]}" "$ROOT" -- /bin/probe try $name
		want_out "${name%% *}=$no"
	done
	# Why there is a filter: this is not asked of Landlock.
	run "$PROBE" outside listen "$SEAM" --skip=tcp run "${opts[@]}" "$ROOT" -- /bin/probe try tcp-listen
	want_out 'tcp-listen=OK'
}
[ ! -x "$SEAM" ] || t '--tcp none: the filter without Landlock, and Landlock without the filter' one_layer

tcp_asked() {
	alone --tcp none -- exit 0
	if has_abi 4; then
		want_ok
	else
		want_refused 125 "^pillbox: lsm-check: --tcp none: Landlock: ABI $ABI has no rule for TCP\$" \
			'^hint: ABI 4 came with Linux 6.7; or do without: --allow-missing=landlock$'
		alone --tcp none --allow-missing=landlock -- try socket inet
		want_out 'socket=EACCES'
		want_err "^pillbox: note: NOT ENFORCED: Landlock for --tcp none: ABI $ABI has no rule for TCP; a system call filter alone refuses TCP\$"
	fi
	alone --tcp none --landlock off -- exit 0
	want_refused 125 '^pillbox: lsm-check: --tcp none: Landlock: it is off$' \
		'^hint: add --landlock on; or do without: --allow-missing=landlock$'
	alone --tcp none --landlock off --allow-missing=landlock -- try socket inet
	want_out 'socket=EACCES'
	want_err 'NOT ENFORCED: Landlock for --tcp none: it is off; a system call filter alone refuses TCP$'
	alone --preset docker --tcp none --landlock on -- exit 0
	want_refused 125 '^pillbox: lsm-check: --landlock on: it needs no_new_privs$'
	alone --preset docker --tcp none -- exit 0
	want_refused 125 '^pillbox: lsm-check: --tcp none: Landlock: it is off$'
}
t '--tcp none that cannot be had is refused' tcp_asked

# By the preset: what the kernel has, and the report says what that is.
tcp_strict() {
	local name
	for name in tcp-bind 'tcp-connect 9' mptcp-bind; do
		# shellcheck disable=SC2046,SC2086
		alone --verbose $(preset strict) -- try $name
		want_ok
		want_out "${name%% *}=(EPERM|EACCES)"
		if has_abi 4; then
			want_err 'note: landlock: refused: TCP bind and connect$'
		else
			want_err "note: lsm-check: tcp: ABI $ABI has no rule for it: the system call filter and the network namespace alone keep it away\$"
		fi
		# The preset's own filter taken away: what it says of TCP holds all the same.
		# shellcheck disable=SC2046,SC2086
		alone $(preset strict) --security-opt seccomp=unconfined -- try $name
		want_out "${name%% *}=EACCES"
	done
	# shellcheck disable=SC2046
	alone $(preset strict) --security-opt seccomp=unconfined --tcp any -- try tcp-bind
	want_out 'tcp-bind=OK'
}
t 'strict has no TCP, with its own filter and without' tcp_strict

# --- pillbox inside of a Landlock domain --------------------------------------------------------

# no_new_privs comes with a domain, and so newuidmap has no effect.
SINGLE=()
[ "$ID" = root ] || SINGLE=(--userns single)

layers() { # N KIND OPTION...
	local n=$1 kind=$2
	shift 2
	run "$PROBE" outside layers "$n" "$kind" "$PB" run "${ALONE[@]}" ${SINGLE[@]+"${SINGLE[@]}"} "$@" \
		"$ROOT" -- /bin/probe exit 0
}

in_domain() {
	local option
	for option in --verify --writable '--landlock off' '--preset docker'; do
		# shellcheck disable=SC2086
		layers 1 fs $option
		want_refused 125 '^pillbox: root-(attach|bind): attach the (root|overlay.s stage): Operation not permitted$' \
			'^hint: pillbox seems to be started inside a Landlock domain .*: start it outside'
	done
}
t 'started in a Landlock domain: the refused mount is explained' in_domain

# Domains that leave files alone (ABI 4: ports) stack, up to sixteen.
sixteen() {
	if ! has_abi 4; then
		# Here all domains are about files, so that no launch comes as far as the seventeenth.
		layers 16 fs
		want_refused 125 '^pillbox: root-attach: ' '^hint: .* inside a Landlock domain'
		return
	fi
	layers 1 tcp --verify
	want_ok
	layers 15 tcp --verify
	want_ok
	layers 16 tcp
	want_refused 125 '^pillbox: landlock: put the Landlock rules in force: Argument list too long$' \
		'^hint: sixteen layers of Landlock are around pillbox already'
	layers 16 tcp --landlock off --verify
	want_ok
}
t 'sixteen layers of Landlock are the kernel'"'"'s limit' sixteen
