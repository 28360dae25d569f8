# shellcheck shell=bash disable=SC2046,SC2016,SC2034
# SPDX-License-Identifier: Apache-2.0
# 50-attacks.sh - what a hostile workload or a hostile tree tries. After each test the harness
# compares the host: sentinel files, the tree, mounts, cgroups, core_pattern, pillbox itself.

# One attempt of the probe, under a preset: each answer is a line NAME=ANSWER.
try() { # PRESET EXPECTED NAME [ARG...]
	local how=$1 expected=$2
	shift 2
	inside $(preset "$how") -- try "$@"
	want_ok
	want_out "$1=($expected)"
}

no='EPERM|EACCES|ENOSYS'

for p in hardened strict; do
	# mounts and namespaces
	for name in mount mount-bind mount-proc remount umount fsopen open-tree mount-setattr pivot \
		chroot unshare-user clone-user nested-userns setns sethostname; do
		t "$p: $name" try $p "$no" $name
	done
	# ENOSYS, not EPERM: glibc falls back to clone only then
	t "$p: clone3 into a user namespace" try $p 'ENOSYS|EPERM|ENOSPC' clone3-user
	for kind in mnt pid net ipc uts cgroup time; do
		t "$p: unshare $kind" try $p "$no" unshare $kind
	done
	# credentials
	for name in setuid setgid; do
		t "$p: $name 0" try $p "$no|EINVAL" $name 0
	done
	for name in setgroups capset securebits nice chown; do
		t "$p: $name" try $p "$no|EINVAL" $name
	done
	# devices and kernel surface
	for name in mknod handle bpf perf userfaultfd io-uring clock syslog reboot iopl keyctl add-key; do
		t "$p: $name" try $p "$no" $name
	done
	for kind in packet raw; do
		t "$p: socket $kind" try $p "$no" socket $kind
	done
	for kind in vsock alg nfnetlink; do
		t "$p: socket $kind" try $p "$no|EAFNOSUPPORT|EPROTONOSUPPORT|ESOCKTNOSUPPORT" socket $kind
	done
	t "$p: a 32-bit call by int 0x80" try $p "SIGSYS|SIGSEGV|$no" int80
	t "$p: an x32 call" try $p "SIGSYS|$no" x32
	t "$p: a call that no kernel has gets ENOSYS" try $p ENOSYS syscall 2000
	# other processes
	for name in ptrace1 vm-write mem; do
		t "$p: $name of pid 1" try $p "$no|ESRCH|ENOENT" $name
	done
	t "$p: writing other programs' executables" try $p "$no|ESRCH|ENOENT|ETXTBSY" exe-write
done

# a terminal is needed for the ioctl to mean anything
tiocsti() {
	on_tty "$PB run $* $ROOT -- /bin/probe each tiocsti tiocsti-high tioclinux"
	# EIO: dev.tty.legacy_tiocsti is 0 (Linux 6.2), and the kernel refuses it to everyone
	want_out "tiocsti=($no|EIO)"
	want_out "tiocsti-high=($no|EIO)"
	want_out "tioclinux=($no|ENOTTY)"
}
t 'hardened: TIOCSTI and TIOCLINUX' tiocsti
t 'hardened: TIOCSTI without a terminal of its own' tiocsti --no-tty
# Docker's profile allows it, and so it can reach only a terminal of the sandbox's own
t 'docker: TIOCSTI to the caller'"'"'s terminal' tiocsti --preset docker --no-tty

# Docker's preset keeps what Docker keeps, and no more
for name in mount mount-bind mount-proc remount umount fsopen open-tree mount-setattr pivot unshare-user \
	nested-userns setns sethostname bpf perf clock reboot iopl keyctl add-key; do
	t "docker: $name" try docker "$no" $name
done
for name in chroot setuid; do
	t "docker: $name is allowed" try docker OK $name
done
t 'docker: mknod of a device' try docker "$no" mknod
t 'docker: io_uring' try docker "$no" io-uring

# --- everything below /proc/sys and /sys that opens for writing ---------------------------------

proc_writable() { # OPTION...
	# shellcheck disable=SC2016
	pb "$@" "$ROOT" -- /bin/sh -c 'find /proc/sys /proc/irq /proc/bus /proc/fs /proc/sysrq-trigger /proc/kcore /sys -type f 2>/dev/null |
		while read -r f; do true 2>/dev/null >>"$f" && echo "writable $f"; done 2>/dev/null; echo done'
	want_out 'done'
	want_no_out 'writable .*'
}
t 'hardened: nothing in /proc/sys and /sys opens for writing' proc_writable
t 'hardened, -u 0: nothing in /proc/sys and /sys opens for writing' proc_writable -u 0
t 'docker: nothing in /proc/sys and /sys opens for writing' proc_writable --preset docker
t 'docker, all capabilities: nothing in /proc/sys and /sys opens for writing' proc_writable --preset docker --cap-add ALL

all_caps() { # no filter, all capabilities: the masks still hold
	pb --preset docker --cap-add ALL --security-opt seccomp=unconfined "$ROOT" -- /bin/sh -c '
		umount /proc/keys 2>/dev/null && echo unmasked
		umount -l /proc/sys 2>/dev/null && echo unmasked
		mount -o remount,rw /proc/sys 2>/dev/null && echo remounted
		( : >/proc/sys/kernel/core_pattern ) 2>/dev/null && echo wrote
		( : >>/proc/sysrq-trigger ) 2>/dev/null && echo wrote
		[ "$(cat /proc/keys | wc -c)" = 0 ] || echo read
		echo done'
	want_out 'done'
	want_no_out 'wrote|remounted'
}
t 'all capabilities and no filter: the host'"'"'s /proc/sys stays closed' all_caps

# --- hostile trees ------------------------------------------------------------------------------

tree_attack() { # SHELL-TEXT [OPTION...]: it runs or is refused; the harness checks the host
	local text=$1 dir=$TMP/tree
	shift
	as "$ID" cp -a "$ROOT" "$dir"
	as "$ID" sh -c "cd $dir && $text" || bad 'cannot prepare the tree'
	pb "$@" "$dir" -- /bin/busybox sh -c 'ls /dev /proc >/dev/null; : >/dev/null; exit 0'
	as "$ID" sh -c "chmod -R u+rwX $dir; rm -rf $dir"
	[ "$RC" = 0 ] || want_refused 125
}
# the sentinel is open to all for this, so that a wrong write would go through
if chmod -R a+rwX "$STAGE/sentinel" 2>/dev/null; then
	STATE_BEFORE=
fi
s=$STAGE/sentinel
t '/dev is a symlink to the host' tree_attack "rmdir dev; ln -s $s dev"
t '/dev is a symlink that climbs' tree_attack "rmdir dev; ln -s ../../../../../../../..$s dev"
t '/proc is a symlink to the host' tree_attack "rmdir proc; ln -s $s proc"
t '/tmp is a symlink to the host' tree_attack "rmdir tmp; ln -s $s tmp"
t '/run is a symlink to the host' tree_attack "rmdir run; ln -s $s run"
t '/var is a symlink to the host' tree_attack "rm -rf var; mkdir -p $TMP/v; ln -s $s var"
t '/dev/null is a symlink to core_pattern' tree_attack 'ln -s /proc/sys/kernel/core_pattern dev/null'
t '/dev/ptmx, /dev/fd, /dev/pts as symlinks' tree_attack "ln -s $s/ptmx dev/ptmx; ln -s $s dev/fd; ln -s $s dev/pts; ln -s $s dev/shm"
t '/etc/resolv.conf and friends as symlinks' tree_attack "for f in resolv.conf hosts hostname machine-id mtab; do rm -f etc/\$f; ln -s $s/file etc/\$f; done"
t '/etc is a symlink to the host' tree_attack "rm -rf etc; ln -s /etc etc"
t 'with --writable: /dev is a symlink to the host' tree_attack "rmdir dev; ln -s $s dev" --writable
t 'with --writable: absent mount points below a symlink' tree_attack "rm -rf var; ln -s $s var" --writable

bind_target() { # LINK-TARGET: -v below a symlink that the tree controls
	local dir=$TMP/tree
	as "$ID" cp -a "$ROOT" "$dir"
	as "$ID" ln -s "$1" "$dir/link"
	as "$ID" mkdir -p "$TMP/share"
	pb -v "$TMP/share:/link/made" "$dir" -- true
	as "$ID" rm -rf "$dir"
	[ "$RC" = 0 ] || want_refused 125
	[ ! -e "$s/made" ] || bad 'it was made on the host'
}
t 'a mount below a symlink to the host' bind_target "$s"
t 'a mount below a symlink that climbs' bind_target "../../../../../../..$s"
t 'a mount below /proc/self/root' bind_target "/proc/self/root$s"
t 'a mount below /oldroot' bind_target "/oldroot$s"

secret_target() {
	local dir=$TMP/tree
	as "$ID" cp -a "$ROOT" "$dir"
	as "$ID" sh -c "rmdir $dir/run; ln -s $s $dir/run; echo hush >$TMP/hush"
	pb --secret "src=$TMP/hush" "$dir" -- true
	as "$ID" rm -rf "$dir"
	[ "$RC" = 0 ] || want_refused 125
	[ ! -e "$s/secrets" ] || bad 'the secret was put on the host'
}
t 'a secret where /run is a symlink to the host' secret_target

placed_target() { # LINK
	local dir=$TMP/tree
	as "$ID" cp -a "$ROOT" "$dir"
	as "$ID" sh -c "rm -rf $dir/etc; ln -s $1 $dir/etc; rm -rf $dir/srv; ln -s $1/file $dir/srv"
	pb --config content=mine,target=/etc/made --config content=mine,target=/srv --add-host a:::1 "$dir" -- true
	[ "$RC" = 0 ] || want_refused 125
	pb --device "/dev/full:/etc/made" "$dir" -- true
	[ "$RC" = 0 ] || want_refused 125
	as "$ID" rm -rf "$dir"
	[ ! -e "$s/made" ] || bad 'a mount point was made on the host'
	[ ! -e "$s/hosts" ] || bad 'a mount point was made on the host'
	[ "$(cat "$s/file")" = untouched ] || bad "a file of the host's was written"
}
t 'configs, hosts and devices below a symlink to the host' placed_target "$s"
t 'configs, hosts and devices below a symlink that climbs' placed_target "../../../../../../..$s"
t 'configs, hosts and devices below /proc/self/root' placed_target "/proc/self/root$s"

workdir_fd() {
	local n
	for n in 3 4 5 6 7 8 9 10 11 12 20; do
		exec 9</
		pb -w "/proc/self/fd/$n" "$ROOT" -- /bin/sh -c 'ls ..; pwd'
		exec 9<&-
		[ "$RC" != 0 ] || bad "-w /proc/self/fd/$n was entered: $OUT"
	done
	pb -w /proc/1/cwd "$ROOT" -- pwd
	[ "$RC" != 0 ] || want_no_out '.*unreachable.*'
}
t '-w /proc/self/fd/N' workdir_fd

workdir_link() {
	local dir=$TMP/tree
	as "$ID" cp -a "$ROOT" "$dir"
	as "$ID" ln -s /proc/self/fd/7 "$dir/wd"
	pb -w /wd "$dir" -- pwd
	as "$ID" rm -rf "$dir"
	[ "$RC" != 0 ] || bad "entered: $OUT"
}
t '-w through a symlink of the tree' workdir_link

digits_name() {
	local dir=$TMP/tree
	as "$ID" cp -a "$ROOT" "$dir"
	as "$ID" sh -c "echo '1000:x:0:0::/:/bin/sh' >>$dir/etc/passwd"
	# with its group: who has one id only cannot have the groups that the tree gives to 1000
	pb -u 1000:1000 "$dir" -- id -u
	as "$ID" rm -rf "$dir"
	want_ok
	want_out 1000
}
t 'a passwd name of digits does not beat the number' digits_name

suid() {
	local dir=$TMP/tree
	as "$ID" cp -a "$ROOT" "$dir"
	as "$ID" sh -c "cp $dir/bin/probe $dir/bin/suid; chmod 4755 $dir/bin/suid"
	pb "$@" "$dir" -- /bin/suid facts
	as "$ID" rm -rf "$dir"
	want_ok
	[ $# != 0 ] || want_fact euid 1000
	want_fact CapEff 0000000000000000
	want_fact CapBnd 0000000000000000
}
t 'a set-user-ID program of the tree gains nothing' suid
[ "$ID" = none ] || t 'without no_new_privs it gains no capability either' suid --security-opt no-new-privileges=false --pids-limit -1

# --- what the launcher could give away ----------------------------------------------------------

proc_others() {
	pb "$ROOT" -- /bin/sh -c 'for p in /proc/[0-9]*; do
			case $p in /proc/1) ls $p/root/ $p/cwd/ $p/fd/ >/dev/null 2>&1 && echo open $p; esac
		done; ls /proc | grep -c "^[0-9]"; grep -a . /proc/1/environ 2>/dev/null && echo environ; echo done'
	want_out 'done'
	want_no_out 'open .*'
	want_no_out 'environ'
}
t 'pid 1 shows no root, cwd, descriptors or environment' proc_others

abstract() {
	local name
	# one that listens on the host, if any does
	name=$(awk '$NF ~ /^@/ && $6 == "01" { print substr($NF, 2); exit }' /proc/net/unix)
	inside -- try connect-abstract "${name:-pillbox-test}"
	want_ok
	want_out 'connect-abstract=(ECONNREFUSED|EPERM|EACCES)'
}
t 'abstract sockets of the host are out of reach' abstract

helper_env() { # the helpers must not see a hostile environment
	run env LD_PRELOAD="$STAGE/sentinel/evil.so" GCONV_PATH="$s" LOCPATH="$s" PATH="$s:/usr/bin:/bin" MALLOC_TRACE="$s/trace" \
		"$PB" run "$ROOT" -- /bin/probe facts
	want_ok
	want_no_out 'env=(LD_PRELOAD|GCONV_PATH|LOCPATH|MALLOC_TRACE).*'
	[ ! -e "$s/trace" ] || bad 'MALLOC_TRACE was honoured'
}
t 'a hostile environment reaches nobody' helper_env

fork_bomb() { pb "$ROOT" -- /bin/sh -c 'f() { f | f & }; f 2>/dev/null; sleep 0.5; exit 8'; [ -n "$RC" ] || bad 'no status'; }
t 'a fork bomb ends with its sandbox' fork_bomb

zombie_storm() { pb "$ROOT" -- /bin/sh -c 'for i in $(seq 300); do (sleep 0.01 &) ; done; sleep '"$SLOW"'; ps -o stat | grep -c ^Z'; want_rc 1; want_out 0; }
t 'a storm of orphans' zombie_storm

leaves_files() {
	pb --writable -u 0 "$ROOT" -- /bin/sh -c 'mkdir -p /a/b; echo x >/a/b/c; rm -rf /etc /bin/false; ln -s / /loop; chmod 000 /usr'
	[ -e "$ROOT/etc/passwd" ] || bad 'the tree was changed'
}
t 'destruction in a writable root stays there' leaves_files

no_core() {
	inside -- try abort
	want_ok
	want_out 'abort=SIGABRT'
	[ -z "$(find "$TMP" "$ROOT" -name 'core*' -newer "$TMP/out" 2>/dev/null)" ] || bad 'a core dump'
}
t 'a crash leaves no core' no_core
