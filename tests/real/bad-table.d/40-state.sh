# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# SPDX-License-Identifier: Apache-2.0
# 40-state.sh - the launcher's own state: limits, descriptors, signals, directories, namespaces.

asan=$(grep -c libasan "$PB") # a sanitizer needs more than such limits leave

class "the caller's limits"
for limit in '-n 4' '-n 5' '-n 6' '-n 10' '-n 16' '-f 1' '-s 128' '-s 512' '-v 40000' '-c 0' '-t 1' '-x 0' '-e 0' '-r 0' '-l 0' '-q 0' '-i 0' '-u 0' '-u 1' '-u 2' '-u 3' '-u 4' '-m 0' '-d 2000'; do
	case $asan:$limit in
	[1-9]*:-[nvsdu]*) continue ;;
	esac
	around "bash -c 'ulimit $limit && exec \"\$@\"' sh \"\$@\""
	row - . run "$ROOT" -- /bin/true
	row 125 'memory|fork|Resource' run --memory 5x "$ROOT" -- /bin/true
done

class 'descriptors'
for redirection in '<&-' '</etc' '<>/dev/full' '</dev/zero' '</proc/self/mem' '3<&- 4<&-' '3</etc' '3</ 4</etc/passwd'; do
	around "exec \"\$@\" $redirection"
	row - 'stdin|standard input|descriptor|tty' run "$ROOT" -- /bin/true
	row 125 'nowhere|stdin' run --preset hardened /nowhere -- /bin/true
done
for redirection in '>&-' '>/dev/full' '>/dev/null'; do
	around "exec \"\$@\" $redirection"
	row - . run "$ROOT" -- /bin/true
	row 125 'nowhere' run /nowhere -- /bin/true
	[ "$redirection" != '>/dev/full' ] || row 125 'standard output' seccomp show default
done
around 'exec "$@" 5</etc'
row 125 'preserve-fds|descriptor' run --preserve-fds 9 "$ROOT" -- /bin/true
row 125 'descriptor|director' run --preserve-fds 3 "$ROOT" -- /bin/true

class 'signals, masks, environment'
for text in 'trap "" CHLD' 'trap "" TERM INT HUP QUIT PIPE' 'trap "" USR1 USR2 ALRM' 'umask 0777' 'umask 0' 'unset PATH HOME USER' 'export HOME=' 'export HOME=/nowhere' \
	'export PATH=' 'export LD_PRELOAD=/nowhere.so' 'export TMPDIR=/nowhere' 'export XDG_CACHE_HOME=/dev/null' 'export XDG_CACHE_HOME=relative' 'export XDG_CACHE_HOME=/nowhere' \
	'export XDG_RUNTIME_DIR=/nowhere' 'export DBUS_SESSION_BUS_ADDRESS=x' 'export TERM=' 'export COLUMNS=0 LINES=-1' 'export MALLOC_PERTURB_=5' 'export GLIBC_TUNABLES=glibc.malloc.check=3' 'export LC_ALL=xx_YY'; do
	around "$text; exec \"\$@\""
	row - . run "$ROOT" -- /bin/true
	row 125 'nowhere' run --security-opt seccomp=/nowhere.json "$ROOT" -- /bin/true
done
around 'exec env -i "$@"'
row - . run "$ROOT" -- /bin/true
row 125 'NOT_SET' run --secret env=NOT_SET "$ROOT" -- /bin/true
class 'directories'
around 'cd /tmp && d=$(mktemp -d) && cd "$d" && rmdir "$d" && exec "$@"'
row - . run "$ROOT" -- /bin/true
row 125 '\.|overlay' run . -- /bin/true
row 125 'relative' run relative -- /bin/true
row 125 '\.' run -v ./x:/mnt "$ROOT" -- /bin/true
row 125 'x.json' run --security-opt seccomp=x.json "$ROOT" -- /bin/true
row 125 '.' compose config
around 'exec setpriv --no-new-privs "$@"'
row - 'newuidmap|no_new_privs|privileges' run "$ROOT" -- /bin/true
row - 'newuidmap|no_new_privs|privileges|range' run --userns range "$ROOT" -- /bin/true

class 'counters of namespaces'
for kind in mnt uts cgroup net pid ipc user; do
	around "exec unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_${kind}_namespaces; exec \"\$@\"' sh \"\$@\""
	row 125h "max_${kind}_namespaces" run "$ROOT" -- /bin/true
done

class 'in other namespaces'
inside="exec unshare -Urm --propagation private sh -c"
for text in 'mount -t tmpfs none /proc' 'mount -t tmpfs none /sys' 'mount -t tmpfs none /dev' 'mount -t tmpfs none /etc' 'mount -t tmpfs none /usr/bin' \
	'mount -t tmpfs none /sys/fs/cgroup' 'mount --bind /dev/null /proc/self/mountinfo' 'mount -t tmpfs none /proc/sys' 'mount -t tmpfs none /run' 'umount -l /proc' 'mount --bind /etc /proc/self'; do
	case $asan:$text in
	[1-9]*:*proc*) continue ;; # the leak check reads it
	esac
	around "$inside '$text 2>/dev/null; exec \"\$@\"' sh \"\$@\""
	row - . run "$ROOT" -- /bin/true
	row 125 'nowhere|proc' run /nowhere -- /bin/true
done
[ "$asan" != 0 ] || around 'exec unshare -Urmpf --mount-proc sh -c '\''exec "$@"'\'' sh "$@"'
row - . run "$ROOT" -- /bin/true
around 'exec unshare -Ur --kill-child -f sh -c '\''exec "$@"'\'' sh "$@"'
row - . run "$ROOT" -- /bin/true
# 32 user namespaces deep is the kernel's limit
around 'n=0
	deeper='\''n=$((n + 1)); if [ $n -lt 31 ]; then export n; exec unshare -Ur sh -c "$deeper" sh "$@"; fi; exec "$@"'\''; export deeper n; eval "$deeper"'
row - 'clone|nest|deep|level|uid_map|user namespace|newuidmap' run "$ROOT" -- /bin/true
row - 'clone|nest|deep|level|uid_map|user namespace|newuidmap' run --userns single "$ROOT" -- /bin/true
