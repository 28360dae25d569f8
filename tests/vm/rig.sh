#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2317,SC1003 # inner shells expand; functions are called by name
# rig.sh - scripts/vm itself: what it gives back, when it ends, that its images stay as they are.
#
# Should:  print `ok - rig: NAME` or `not ok - rig: NAME: REASON`; exit 1 when one failed.
# Mustn't: change the caches of the user who runs it.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
vm=$top/scripts/vm
dir=$(mktemp -d "${TMPDIR:-/tmp}/pillbox-rig.XXXXXX")
chmod 0755 "$dir"
trap 'rm -rf "$dir" 2>/dev/null || unshare --map-root-user --map-auto rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
failed=0

bad() { [ -n "$REASON" ] || REASON=$*; }

t() { # NAME FUNCTION
	REASON='' RC='' OUT='' ERR=''
	"$2"
	if [ -z "$REASON" ]; then
		echo "ok - rig: $1"
		return
	fi
	failed=1
	echo "not ok - rig: $1: $REASON"
	printf '  rc: %s\n' "$RC"
	tail -n 5 <<<"$OUT" | sed 's/^/  out: /'
	tail -n 20 <<<"$ERR" | sed 's/^/  err: /'
}

run() { # COMMAND...
	"$@" >"$dir/out" 2>"$dir/err" </dev/null
	RC=$?
	OUT=$(cat "$dir/out")
	ERR=$(cat "$dir/err")
}

want_rc() { [ "$RC" = "$1" ] || bad "exit status $RC, not $1"; }
want_out() { [ "$OUT" = "$1" ] || bad "output: $(printf %q "$OUT")"; }
want_line() { grep -qxE -- "$1" <<<"$OUT" || bad "no line '$1' in the output"; }
want_err() { grep -qE -- "$1" <<<"$ERR" || bad "no '$1' in the errors"; }

# A mount for writing counts in the superblock, which is at the start.
state_of() { head -c 1M "$1" | sha256sum; }

gives_back() {
	local image before
	image=$("$top/scripts/vm-image" root) || { bad 'no root disk'; return; }
	before=$(state_of "$image")
	run "$vm" run -t 200 -- sh -c 'echo x >/written; sync; printf "%s\n" "$@"; echo err >&2; (sleep 500 &); exit 7' \
		sh 'two words' "it's" '"q" $HOME `id` \' $'new\nline' '' '*'
	want_rc 7
	want_out "$(printf '%s\n' 'two words' "it's" '"q" $HOME `id` \' $'new\nline' '' '*' err)"
	[ "$(state_of "$image")" = "$before" ] || bad 'the image was changed'
}
t 'output, status and arguments arrive; a process left behind does not hold it' gives_back

second_run() {
	run "$vm" run -k 6.1 -u pillbox-t2 -t 200 -- bash -c '
		uname -r; id -un; cat /proc/self/cgroup; echo "runtime=${XDG_RUNTIME_DIR-}"
		[ ! -e /written ] || echo written; echo "net:" /sys/class/net/*; cat /sys/kernel/security/lsm; echo
		head -c 300000 /dev/zero | tr "\0" x | wc -c; head -c 300000 /dev/zero | tr "\0" "\n"; echo end'
	want_rc 0
	want_line '6\.1\..*-cloud-amd64'
	want_line pillbox-t2
	want_line '0::/system.slice/vm.service'
	want_line 'runtime='
	want_line '.*landlock.*apparmor.*'
	want_line 'net: /sys/class/net/lo'
	! grep -qx written "$dir/out" || bad 'a file of the last run'
	[ "$(wc -l <"$dir/out")" -ge 300000 ] || bad "of 300000 lines came $(wc -l <"$dir/out")"
	! grep -q $'\r' "$dir/out" || bad 'a CR came in'
	[ "$(tail -n 1 "$dir/out")" = end ] || bad 'the end is lost'
	! grep -q making "$dir/err" || bad 'the images were made anew'
	OUT=
}
t 'a second run uses the cache and finds nothing of the first' second_run

session() {
	run "$vm" run -u pillbox-t1 --session -t 200 -- bash -c 'cat /proc/self/cgroup; echo "$XDG_RUNTIME_DIR"; pwd
		cat /sys/fs/cgroup/user.slice/user-$UID.slice/user@$UID.service/cgroup.controllers
		systemd-run --user --scope --quiet cat /proc/self/cgroup; printf "%s\n" "$0"' 'two words'
	want_rc 0
	want_line '0::/user.slice/user-1001.slice/session-.*\.scope'
	want_line '/run/user/1001'
	want_line /pillbox
	want_line '.*cpu.*memory.*pids.*'
	want_line '0::/user.slice/user-1001.slice/user@1001.service/.*\.scope'
	want_line 'two words'
}
t '--session is a session with a systemd of its own' session

hang() {
	local start=$SECONDS
	# Before systemd, whose start takes long where much else runs
	run "$vm" run -t 25 -a 'rdinit=/bin/busybox -- sleep 1000' -- true
	want_rc 124
	want_out ''
	want_err '^console: '
	want_err '^vm: still running after 25 s'
	[ $((SECONDS - start)) -ge 25 ] || bad "it took $((SECONDS - start)) s"
	[ $((SECONDS - start)) -le 60 ] || bad "it took $((SECONDS - start)) s"
}
t 'a hang ends at the limit, with the console' hang

panic() {
	run "$vm" run -t 100 -a 'rdinit=/nowhere root=/dev/none' -- true
	want_rc 125
	want_err '^console: .*Kernel panic'
	want_err '^vm: the machine ended without a status'
}
t 'a kernel panic is status 125, with the console' panic

# script(1) hands its command to $SHELL, and this one wants bash (PIPESTATUS)
with_keys() { SHELL=/bin/bash "$@" <&6; }
interactive() {
	mkfifo "$dir/keys"
	exec 6<>"$dir/keys"
	(sleep 2; for _ in $(seq 60); do grep -q '#' "$dir/screen" 2>/dev/null && break; sleep 2; done
		printf 'tty; sleep 100\n'; sleep 3; printf '\003'; sleep 1; printf 'stty size; exit 5\n') >&6 &
	run with_keys script -qec "stty rows 33 cols 99; stty -g >$dir/before; $vm shell -t 200 | tee $dir/screen; echo status=\${PIPESTATUS[0]}; stty -g >$dir/after" \
		/dev/null
	exec 6>&-
	OUT=$(tr -d '\r' <"$dir/out" | sed 's/\x1b\[?2004[hl]//g') # readline's bracketed paste
	want_line 'status=5'
	want_line /dev/ttyS1
	want_line '33 99'
	cmp -s "$dir/before" "$dir/after" || bad 'the terminal was left changed'
}
t 'a shell on the terminal: Ctrl-C, size, status' interactive

# --- an ordinary user ---------------------------------------------------------------------------

# As USER with a copy of the tree and a cache of its own. Root's cache shows only what is given.
as_user() { # USER SHOWN -- COMMAND...
	local user=$1 shown=$2
	shift 3
	mkdir -p "$dir/$user/tree" "$dir/$user/tmp"
	tar -c -C "$top" --exclude=./.git --exclude='./build-*' . | tar -x -C "$dir/$user/tree"
	chown -R "$user:" "$dir/$user"
	run unshare -m bash -c 'mount --make-rprivate / && mkdir "$0/shown" &&
		{ [ -z "$1" ] || cp --reflink=auto "$1" "$0/shown/"; } && mount --bind "$0/shown" /var/cache/pillbox &&
		cd "$0/tree" && exec setpriv --reuid "$2" --regid "$2" --init-groups --reset-env \
			env XDG_CACHE_HOME="$0/cache" TMPDIR="$0/tmp" PATH=/usr/local/bin:/usr/bin:/bin "${@:3}"' \
		"$dir/$user" "$shown" "$user" "$@"
}

no_range() {
	as_user pillbox-t2 '' -- scripts/vm run true
	want_rc 125
	[ "$(grep -vc '^hint: ' "$dir/err")" = 1 ] || bad 'not one line of error'
	want_err 'pillbox-t2 cannot have a user namespace with a range of ids'
	want_err '^hint: .*--add-subuids'
}

with_range() {
	local tarball
	tarball=/var/cache/pillbox/$("$top/scripts/vm-image" tarball)
	[ -r "$tarball" ] || tarball=
	as_user pillbox-t1 "$tarball" -- scripts/vm run -t 200 -- sh -c \
		'stat -c "%n %u:%g" /etc/passwd /home/pillbox-t1 /usr/bin/newuidmap; stat -c %a /usr/bin/newuidmap; exit 9'
	want_rc 9
	want_line '/etc/passwd 0:0'
	want_line '/home/pillbox-t1 1001:1001'
	want_line '4755'
	[ -n "$(find "$dir/pillbox-t1/cache" -name 'vm-root-*.img' -user pillbox-t1)" ] || bad 'no image of its own'
}

if [ "$(id -u)" = 0 ]; then
	t 'an ordinary user without a range is told what to do' no_range
	t 'an ordinary user makes images and runs the machine' with_range
fi
exit $failed
