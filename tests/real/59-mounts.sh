# shellcheck shell=bash disable=SC2016 # inner shells expand
# SPDX-License-Identifier: Apache-2.0
# 59-mounts.sh - flags and places of mounts that no other test looks at: below binds and below the root,
# masks that this kernel may not need, what happens on the host while the set-up goes on.

flags_of() { # MOUNT-POINT EXPRESSION: its line has it, in the order of proc(5)
	fact mount | grep -qE "^$1 $2" || bad "$1: $(fact mount | grep "^$1 " || echo 'not mounted')"
}

facts() {
	inside "$@" -- facts
	want_ok
}

inodes() {
	facts
	flags_of /tmp 'tmpfs rw.* [^ ]*nr_inodes=65536'
}
t 'the number of files on a tmpfs is limited' inodes

writable() {
	facts --writable
	flags_of / 'overlay rw,nosuid,nodev'
	facts --preset docker
	flags_of / 'overlay rw,nodev'
}
t 'a writable root is nodev and nosuid' writable

dev_noexec() {
	facts
	flags_of /dev 'tmpfs ro,nosuid,noexec[^ ]* [^ ]*size=64k,nr_inodes=64'
	flags_of /dev/pts 'devpts rw,nosuid,noexec[^ ]* [^ ]*mode=620,ptmxmode=666'
}
t '/dev is noexec, small, and its terminals are their users'"'"'' dev_noexec

secrets() {
	facts --secret "src=$STAGE/sentinel/file,target=word" --secret "src=$STAGE/sentinel/file,target=/tmp/word"
	flags_of /run/secrets 'tmpfs ro,nosuid,nodev,noexec'
	flags_of /tmp/word 'tmpfs ro,nosuid,nodev,noexec'
}
t 'secrets are nosuid, nodev, noexec' secrets

not_in_binds() {
	as "$ID" mkdir "$TMP/mine"
	pb -v "$TMP/mine:/mnt" --tmpfs /mnt/new "$ROOT" -- true
	want_refused 125 /mnt/new
	[ -z "$(ls -A "$TMP/mine")" ] || bad "made there: $(ls -A "$TMP/mine")"
	rm -rf "$TMP/mine"
}
t 'no mount point is made in a directory of the caller' not_in_binds

# A link means a place in the rootfs, whether the host has one of that name or not.
links() {
	local dir=$TMP/tree
	as "$ID" cp -a "$ROOT" "$dir"
	as "$ID" sh -c "mkdir -p $dir/etc $TMP/mine; ln -s /etc $dir/link; echo >$TMP/mine/of-the-bind"
	pb -v "$TMP/mine:/link" "$dir" -- ls /etc
	want_ok
	want_out of-the-bind
	as "$ID" rm -rf "$dir" "$TMP/mine"
}
t 'a link in the rootfs leads to a place in the rootfs' links

# Read on the host, by the caller: a link must not lead to a file of the host's.
passwd_link() {
	local dir=$TMP/tree
	as "$ID" cp -a "$ROOT" "$dir"
	as "$ID" sh -c "rm -f $dir/etc/passwd; ln -s $TMP/passwd $dir/etc/passwd; echo mallory:x:1000:1000::/: >$TMP/passwd"
	pb -u mallory "$dir" -- true
	want_refused 125 mallory
	as "$ID" rm -rf "$dir" "$TMP/passwd"
}
t "a passwd file that is a link is the rootfs' own" passwd_link

upper_link() {
	as "$ID" sh -c "mkdir $TMP/layer $TMP/other; ln -s $TMP/other $TMP/layer/upper; mkdir $TMP/layer/work"
	pb --overlay "$TMP/layer" "$ROOT" -- true
	want_refused 125 'upper'
	[ -z "$(ls -A "$TMP/other")" ] || bad "written there: $(ls -A "$TMP/other")"
	as "$ID" rm -rf "$TMP/layer" "$TMP/other"
}
t 'a link as the upper layer is refused' upper_link

# ... but where pillbox's own file systems go there must be none, not even one that stays inside.
no_links() {
	local dir=$TMP/tree point
	for point in dev proc sys; do
		as "$ID" cp -a "$ROOT" "$dir"
		as "$ID" sh -c "rm -rf $dir/$point; mkdir -p $dir/elsewhere; ln -s elsewhere $dir/$point"
		pb --preset docker "$dir" -- true
		want_refused 125 "/$point: is a symbolic link"
		as "$ID" rm -rf "$dir"
	done
}
t '/dev, /proc and /sys that are links are refused' no_links

opaque() {
	pb --writable -u 0 "$ROOT" -- /bin/sh -c 'rm -rf /etc && mkdir /etc && ls -A /etc && echo anew'
	want_ok
	[ "$OUT" = anew ] || bad "in the new /etc: $OUT"
}
t 'a directory of a writable root that was removed and made anew is empty' opaque

# --- /proc and /sys -----------------------------------------------------------------------------

# Not every kernel has each of these; the plan has them all.
lists() {
	local path
	pb --preset docker --dry-run=json "$ROOT" -- true
	want_ok
	for path in /proc/{acpi,asound,interrupts,kcore,keys,latency_stats,sched_debug,scsi,timer_list,timer_stats} \
		/sys/firmware /sys/devices/virtual/powercap; do
		has_line "\"$path\"" "$OUT" || bad "$path would not be hidden"
	done
	for path in bus fs irq sys sysrq-trigger; do
		has_line "\"/proc/$path\"" "$OUT" || bad "/proc/$path would not be read-only"
	done
}
t 'the lists of masks and of read-only paths are whole' lists

docker_sys() {
	local path
	facts --preset docker
	flags_of /sys 'sysfs ro,nosuid,nodev,noexec'
	for path in /sys/firmware /sys/devices/virtual/powercap; do
		[ ! -e $path ] || flags_of $path 'tmpfs ro,nosuid,nodev,noexec'
	done
}
t 'docker: /sys is read-only, with its masks' docker_sys

docker_sys_host() {
	facts --preset docker --network host
	flags_of /sys 'sysfs ro,nosuid,nodev,noexec'
	! fact mount | grep -E '^/sys(/| )' | grep -vE '^[^ ]+ [^ ]+ ro,' >"$TMP/rw" || bad "writable: $(head -n 1 "$TMP/rw")"
	rm -f "$TMP/rw"
}
t "docker with the host's network: /sys is read-only" docker_sys_host

covers() {
	local path seen=
	facts
	for path in acpi asound scsi; do
		[ -d /proc/$path ] || continue
		seen=yes
		flags_of /proc/$path 'tmpfs ro,nosuid,nodev,noexec'
		pb "$ROOT" -- ls -A /proc/$path
		[ -z "$OUT" ] || bad "in /proc/$path: $OUT"
	done
	[ -n "$seen" ] && return
	facts --preset docker
	flags_of /sys/firmware 'tmpfs ro,nosuid,nodev,noexec'
}
t 'what covers a masked directory is empty and read-only' covers

# --- mounts of the host's, in a mount namespace of the test's own: for who may make one ----------

[ "$ID" = root ] || return 0

# SCRIPT with mounts, then pillbox
with_mounts() { # SCRIPT ARGS-OF-PILLBOX...
	local script=$1
	shift
	run unshare --mount --propagation private -- sh -euc "$script; exec \"\$@\"" sh "$PB" "$@"
}

below_bind() {
	mkdir -p "$TMP/src/sub"
	with_mounts "mount -t tmpfs none $TMP/src/sub" run -v "$TMP/src:/mnt:ro" "$ROOT" -- /bin/probe facts
	want_ok
	flags_of /mnt '[^ ]+ ro,nosuid,nodev'
	flags_of /mnt/sub 'tmpfs ro,nosuid,nodev'
	rm -rf "$TMP/src"
}
t 'the flags of a bind reach what is mounted below it' below_bind

below_root() {
	cp -a "$ROOT" "$TMP/tree"
	mkdir -p "$TMP/tree/srv"
	with_mounts "mount --bind $TMP/tree/var $TMP/tree/srv" run "$TMP/tree" -- /bin/probe facts
	want_ok
	flags_of /srv '[^ ]+ ro,nosuid,nodev'
	rm -rf "$TMP/tree"
}
t 'the flags of the root reach what is mounted in it' below_root

on_nodev() {
	mkdir -p "$TMP/nodev"
	with_mounts "mount -t tmpfs -o nodev none $TMP/nodev; mknod -m 666 $TMP/nodev/full c 1 7" \
		run --device "$TMP/nodev/full:/dev/x" "$ROOT" -- true
	want_refused 125 nodev
	rmdir "$TMP/nodev"
}
t 'a device on a nodev mount is refused' on_nodev

wrong_node() {
	with_mounts 'mount --bind /dev/zero /dev/full' run "$ROOT" -- true
	want_refused 125 '/dev/full is not character device 1:7'
}
t "a node of the host's that is another device is refused" wrong_node

# What is mounted on the host while the sandbox is built does not come in. pivot is held up for it.
later_script='
	exec 2>&1
	mkdir -p "$2/sub" "$2/later"
	mount -t tmpfs none "$2/sub"
	mkdir "$2/sub/later"
	mount --make-rshared /
	strace -f -qq -o /dev/null -e trace=pivot_root -e inject=pivot_root:delay_enter=2500000 "$1" run "$3" -- true &
	for try in 1 2 3 4 5 6 7 8 9 10; do
		sleep 0.2
		child=
		for pid in $(pgrep -x pillbox); do
			[ "$(readlink "/proc/$pid/exe")" = "$1" ] && grep -qE "^NSpid:.*[[:space:]]1$" "/proc/$pid/status" &&
				grep -q " $2/sub " "/proc/$pid/mountinfo" && child=$pid
		done
		[ -z "$child" ] || break
	done
	[ -n "$child" ] || echo "no child is there"
	sleep 0.4
	mount -t tmpfs none "$2/later"
	mount -t tmpfs none "$2/sub/later"
	grep -E " $2/(later|sub/later) " "/proc/$child/mountinfo" && echo "it came in"
	wait
	echo done
'
later() {
	mkdir -p "$TMP/later"
	run unshare --mount --propagation private -- sh -c "$later_script" sh "$PB" "$TMP/later" "$ROOT"
	[ "$OUT" = 'done' ] || bad "$OUT"
	rm -rf "$TMP/later"
}
t "mounts of the host's do not come in while the sandbox is built" later
