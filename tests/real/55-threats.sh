# shellcheck shell=bash disable=SC2016
# SPDX-License-Identifier: Apache-2.0
# 55-threats.sh - rows of docs/threats.md that no other file tests: the system calls of a launch, and
# what else launchers and their callers were attacked with.

WEAK=$STAGE/bin/pillbox-weak

# --- the system calls of a launch -------------------------------------------------------------------

trace() { # [--doctor] PILLBOX [OPTION...]
	local doctor=()
	[ "$(id -u)" = 0 ] || { skip 'only root can trace a process that is not dumpable'; return 1; }
	! grep -q libasan "$PB" || { skip 'a sanitizer makes system calls of its own'; return 1; }
	[ "$1" != --doctor ] || { doctor=(--doctor) && shift; }
	ID=root run "$STAGE/bin/trace.py" ${doctor[@]+"${doctor[@]}"} --as "$(user_of "$ID")" "$ROOT" "$@" "$ROOT" -- /bin/true
	return 0
}

keeps() { # the same: no rule is broken, and what breaks one is noticed
	echo hush >"$TMP/hush"
	mkdir -p "$TMP/share"
	chmod a+rx "$TMP/share" && chmod a+r "$TMP/hush"
	trace "$@" || return 0
	want_ok
	want_out 'status=0'
	[ "$(fact calls)" -gt 400 ] 2>/dev/null || bad "only $(fact calls) calls were seen"
	[ "$(fact attached)" -gt 15 ] 2>/dev/null || bad "only $(fact attached) mounts were seen"
	want_no_out 'doctor .*: missed.*'
	[ "$1" != --doctor ] || [ "$(grep -c '^doctor ' <<<"$OUT")" -ge 20 ] || bad 'the doctor did nothing'
}
rest=(--secret "src=$TMP/hush" --config "content=x,target=/etc/app" --add-host a:::1 -v "$TMP/share:/mnt/new:ro" --tmpfs /srv/new)
t 'a trace: hardened keeps the rules about paths and mounts; broken, each is noticed' keeps --doctor \
	"$PB" run -v "$TMP/share:/mnt:ro" --tmpfs /srv
t 'a trace: hardened with everything that is mounted and made' keeps "$PB" run "${rest[@]}"
t 'a trace: strict' keeps --doctor "$PB" run --preset strict --allow-missing=cgroup,apparmor "${rest[@]}"
t 'a trace: docker, on its overlay' keeps --doctor "$PB" run --preset docker "${rest[@]}"
t 'a trace: a writable root, a terminal, devices, no init, a working directory that is made' keeps \
	"$PB" run --no-init --writable -t --device /dev/full:/dev/x/full --device /dev/full:/mnt/full -w /new/dir

trace_notices() { # RULE WEAKNESS [OPTION...]
	local rule=$1
	shift
	trace "$WEAK" "$@" || return 0
	want_rc 1
	want_out "$rule: .*"
}
if [ -x "$WEAK" ]; then
	t 'a trace notices flags that come after the mount' trace_notices flags-first flags run
	t 'a trace notices a mount point made by its path' trace_notices one-name path run
	t 'a trace notices a path in the rootfs walked without bounds' trace_notices resolve resolve run
else
	echo "not ok - $ID: $WEAK is not there: run make seam"
fi
