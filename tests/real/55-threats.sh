# shellcheck shell=bash disable=SC2016,SC2046,SC2015
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

# --- sources and mount points -----------------------------------------------------------------------

sources() { # what the caller names is followed as the caller would; what is nowhere is refused
	local d=$TMP/src
	as "$ID" sh -c "mkdir -p $d/real && : >$d/real/mark && ln -s real $d/link && ln -s nowhere $d/dangling && ln -s loop $d/loop"
	pb -v "$d/link:/mnt:ro" "$ROOT" -- ls /mnt
	want_ok
	want_out mark
	pb -v "$d/dangling:/mnt" "$ROOT" -- true
	want_refused 125 'dangling: No such file'
	pb -v "$d/loop:/mnt" "$ROOT" -- true
	want_refused 125 'loop: Too many levels'
	# /proc/self of who opens it: the launcher looks at its own, and takes the child's, the same
	run sh -c "cd $d/real && exec \"\$0\" run -v /proc/self/cwd:/mnt:ro \"\$1\" -- ls /mnt" "$PB" "$ROOT"
	[ "$RC" = 0 ] || want_refused 125
	[ "$RC" != 0 ] || want_out mark
	as "$ID" rm -rf "$d"
}
t 'a source that is a link, a dangling one, a loop, a magic link' sources

# The same tree for both: a directory of the payload's own with links to a victim. Debian 12's bubblewrap
# walks /oldroot, where its old root still hangs: the counter-proof that such a tree is dangerous.
payload_links() {
	local victim=$TMP/victim own=$TMP/own link
	as "$ID" mkdir -p "$victim" "$own"
	as "$ID" sh -c "cd $own && ln -s /oldroot$victim l && ln -s /proc/1/root$victim m && ln -s ../../../../../../..$victim n"
	for link in l m n; do
		pb -v "$own:/mnt" --tmpfs "/mnt/$link/made" "$ROOT" -- true
		want_refused 125
		pb -v "$own:/mnt" -v "$own:/mnt/$link/bound" "$ROOT" -- true
		want_refused 125
		pb --writable -v "$own:/mnt" --config "content=x,target=/mnt/$link/file" "$ROOT" -- true
		want_refused 125
	done
	[ -z "$(ls -A "$victim")" ] || bad "made on the host: $(ls "$victim")"
	rm -rf "$victim" "$own"
}
t 'mount points below links of a directory that the payload owns' payload_links

old_bubblewrap() {
	local victim=$TMP/victim own=$TMP/own version
	version=$(dpkg-query -W -f '${Version}' bubblewrap 2>/dev/null) || { skip 'bubblewrap is not installed'; return; }
	dpkg --compare-versions "$version" lt 0.9 || { skip "bubblewrap $version is newer than the hole"; return; }
	as "$ID" mkdir -p "$victim" "$own"
	as "$ID" ln -s "/oldroot$victim" "$own/l"
	run bwrap --unshare-all --bind "$ROOT" / --bind "$own" /mnt --tmpfs /mnt/l/made /bin/true
	[ -d "$victim/made" ] || bad 'the old bubblewrap made nothing on the host, so the tree is harmless'
	rm -rf "$victim" "$own"
}
[ "$ID" = root ] || t 'bubblewrap 0.8 makes such a mount point on the host' old_bubblewrap

chains() { # mount point behind 19, 42 links, and behind a path of almost 4,096 bytes
	local dir=$TMP/tree long
	as "$ID" cp -a "$ROOT" "$dir"
	as "$ID" sh -c "cd $dir && mkdir chain && ln -s ../mnt chain/0 && for i in \$(seq 41); do ln -s \$((i - 1)) chain/\$i; done"
	# (forty are too many, and the kernel may count those twice that it walks again)
	pb --tmpfs /chain/18 "$dir" -- /bin/probe facts
	want_ok
	want_out 'mount=/mnt .*'
	pb --tmpfs /chain/41 "$dir" -- true
	want_refused 125 'Too many levels'
	long=$(printf './%.0s' $(seq 2040))
	as "$ID" ln -s "$long../mnt" "$dir/chain/long" 2>/dev/null || bad 'no long link'
	pb --tmpfs /chain/long "$dir" -- /bin/probe facts
	want_ok
	want_out 'mount=/mnt .*'
	pb --tmpfs "/$(printf '%04096d' 0)" "$dir" -- true
	want_refused 125
	as "$ID" rm -rf "$dir"
}
t 'mount points behind chains of links and long paths' chains

# Every mount with its flags, in order; what each kernel has more in /proc is left out.
GOLDEN='/ rootfs ro,nosuid,nodev
/tmp tmpfs rw,nosuid,nodev
/run tmpfs rw,nosuid,nodev,noexec
/var/tmp tmpfs rw,nosuid,nodev,noexec
/dev tmpfs ro,nosuid,noexec
/dev/null host rw,nosuid,noexec
/dev/zero host rw,nosuid,noexec
/dev/full host rw,nosuid,noexec
/dev/random host rw,nosuid,noexec
/dev/urandom host rw,nosuid,noexec
/dev/tty host rw,nosuid,noexec
/dev/pts devpts rw,nosuid,noexec
/dev/shm tmpfs rw,nosuid,nodev,noexec
/dev/mqueue mqueue rw,nosuid,nodev,noexec
/proc proc rw,nosuid,nodev,noexec
/proc/bus proc ro,nosuid,nodev,noexec
/proc/fs proc ro,nosuid,nodev,noexec
/proc/irq proc ro,nosuid,nodev,noexec
/proc/sys proc ro,nosuid,nodev,noexec'

mount_list() {
	awk -F'[= ]' '$1 == "mount" { sub(/,(relatime|noatime|nodiratime|idmapped)/, "", $4); gsub(/,(relatime|noatime|nodiratime|idmapped)/, "", $4)
		if ($2 == "/") $3 = "rootfs"; else if ($2 ~ /^\/dev\/(null|zero|full|random|urandom|tty)$/) $3 = "host"
		print $2, $3, $4 }' <<<"$OUT" | grep -vE '^/proc/(acpi|asound|interrupts|kcore|keys|latency_stats|sched_debug|scsi|timer_list|timer_stats|sysrq-trigger) '
}

golden() {
	inside -- facts
	want_ok
	[ "$(mount_list)" = "$GOLDEN" ] || bad "the mounts are others: $(diff <(mount_list) <(echo "$GOLDEN") | head -n 6)"
	inside --tmpfs /srv -- facts
	[ "$(mount_list)" != "$GOLDEN" ] || bad 'one mount more is not seen'
}
t 'the list of all mounts with their flags' golden

# --- the host's mounts ------------------------------------------------------------------------------

# As root in a mount namespace whose mounts are all shared, 300 of them, and one that comes and goes
# meanwhile; pillbox as this identity, 20 times. Prints whether the mounts there changed.
in_shared() { # COMMAND...
	[ "$(id -u)" = 0 ] || { skip 'only root can share mounts'; return 1; }
	mkdir -p "$TMP/many"
	ID=root run unshare --mount --propagation private sh -c '
		dir=$1 user=$2; shift 2
		mount -t tmpfs tmpfs "$dir" && mount --make-rshared / && mkdir "$dir/churn" || exit 99
		for i in $(seq 300); do mkdir "$dir/$i"; mount --bind "$dir/$i" "$dir/$i"; done
		list() { grep -v "$dir/churn" /proc/self/mountinfo; }
		before=$(list)
		( while :; do mount --bind "$dir/1" "$dir/churn" && umount "$dir/churn"; done ) 2>/dev/null &
		churn=$!; trap "kill $churn" EXIT
		for i in $(seq 20); do "$HARNESS" run "${user:--}" 20 "$@" || { echo "failed: $?"; break; }; done
		kill $churn; trap - EXIT; wait $churn 2>/dev/null
		[ "$(list)" = "$before" ] || echo changed
		echo ended' sh "$TMP/many" "$(user_of "$ID")" "$@"
	rmdir "$TMP/many"
	return 0
}
shared() {
	in_shared "$PB" run "$ROOT" -- /bin/sh -c '! grep -E " (shared|master):" /proc/self/mountinfo' || return 0
	want_rc 0
	want_out 'ended'
	want_no_out 'changed|failed.*|.*(shared|master):.*'
}
t 'hundreds of shared mounts that come and go: none gets in or out' shared
shared_noticed() { # the same without a sandbox
	in_shared /bin/sh -c '! grep -E " (shared|master):" /proc/self/mountinfo' || return 0
	want_out 'failed: 1'
	[ "$ID" = root ] || return 0
	in_shared mount -t tmpfs tmpfs /mnt
	want_out 'changed'
}
t 'without a sandbox that is seen' shared_noticed

over_proc() { # root has laid files over parts of the host's /proc: none of them is written
	[ "$(id -u)" = 0 ] || { skip 'only root can mount over /proc'; return; }
	echo untouched >"$TMP/trap"
	chmod a+rw "$TMP/trap"
	ID=root run unshare --mount --propagation private sh -c '
		trap=$1 user=$2; shift 2
		for f in sys/user/max_user_namespaces sysrq-trigger sys/kernel/core_pattern self/oom_score_adj; do
			[ ! -e /proc/$f ] || mount --bind "$trap" /proc/$f || exit 99
		done
		"$HARNESS" run "${user:--}" 20 "$@"; echo "status $?"' sh "$TMP/trap" "$(user_of "$ID")" \
		"$PB" run --oom-score-adj 500 "$ROOT" -- cat /proc/sys/user/max_user_namespaces
	[ "$(cat "$TMP/trap")" = untouched ] || bad "written: $(cat "$TMP/trap")"
	case $OUT in
	*'status 0') want_out 0 ;;
	*) want_out 'status 125' ;;
	esac
	rm -f "$TMP/trap"
}
t 'files laid over the host'"'"'s /proc are not written' over_proc

nested() {
	run unshare -Urm unshare -Urm unshare -Urm "$PB" run "$ROOT" -- /bin/probe facts
	want_ok
	want_fact uid 1000
	want_fact CapEff 0000000000000000
}
[ "$ID" = root ] || t 'three user namespaces deep' nested

# --- the program itself, its helpers, what the caller hands in ---------------------------------------

own_binary() { # a pillbox that belongs to who is root inside
	local dir=$TMP/tree own=$TMP/own/pillbox before
	as "$ID" sh -c "mkdir $TMP/own && cp '$PB' $own && cp -a '$ROOT' $dir && printf '#!/proc/self/exe\nx\n' >$dir/bin/self &&
		printf '#!/proc/self/exe run\nx\n' >$dir/bin/self2 && chmod 755 $dir/bin/self $dir/bin/self2"
	before=$(sha256sum <"$own")
	for user in 0:0 1000:1000; do
		for what in self self2; do
			run "$own" run -u $user "$dir" -- /bin/$what
			[ "$RC" != 0 ] || bad "/bin/$what ended with 0"
		done
		run "$own" run -u $user "$dir" -- /bin/probe try exe-write
		want_ok
		want_no_out 'exe-write=OK'
		run "$own" run -u $user --no-init "$dir" -- /bin/sh -c 'for i in 1 2 3; do : >>/proc/1/exe; : >>/proc/$$/exe; done; true'
	done
	[ "$(sha256sum <"$own")" = "$before" ] || bad 'the program was changed'
	as "$ID" rm -rf "$dir" "$TMP/own"
}
t 'a pillbox that the caller may write is not written from inside' own_binary

memfd_noexec() { # vm.memfd_noexec is a setting of the pid namespace
	[ "$(id -u)" = 0 ] || { skip 'only root can set vm.memfd_noexec'; return; }
	[ -e /proc/sys/vm/memfd_noexec ] || { run true; return; } # older than Linux 6.3
	echo hush >"$TMP/hush"
	chmod a+r "$TMP/hush"
	ID=root run unshare --pid --fork --mount --mount-proc --propagation private sh -c '
		echo 2 >/proc/sys/vm/memfd_noexec || exit 99
		user=$1; shift
		"$HARNESS" run "${user:--}" 20 "$1" run --secret "src=$3" "$2" -- cat /run/secrets/hush; echo "status $?"
		"$HARNESS" run "${user:--}" 60 "$1" audit --quiet --only mount-tmpfs "$2" >/dev/null; echo "audit $?"' \
		sh "$(user_of "$ID")" "$PB" "$ROOT" "$TMP/hush"
	want_out 'hush'
	want_out 'status 0'
	want_out 'audit (0|125)' # a program from memory is what this setting forbids: then it is said
	[[ $OUT != *'audit 125'* ]] || want_err '^pillbox: audit: '
}
t 'vm.memfd_noexec=2: a launch needs no program in memory, and the audit says that it does' memfd_noexec

hostile_environment() { # thirty variables that libraries and shells obey
	local v list=()
	for v in LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT LD_DEBUG LD_DEBUG_OUTPUT LD_ORIGIN_PATH LD_PROFILE LD_SHOW_AUXV \
		LD_BIND_NOW GCONV_PATH LOCPATH NLSPATH LANG LC_ALL LANGUAGE MALLOC_TRACE MALLOC_CHECK_ MALLOC_PERTURB_ \
		GLIBC_TUNABLES RESOLV_HOST_CONF HOSTALIASES LOCALDOMAIN RES_OPTIONS TZ TZDIR TMPDIR BASH_ENV ENV SHELLOPTS \
		PS4 IFS LIBMOUNT_FORCE_MOUNT2 LIBSECCOMP_DEBUG DBUS_SYSTEM_BUS_ADDRESS PILLBOX_BUILD ASAN_OPTIONS; do
		# a sanitizer needs its own library, and a loader for it
		[[ $v != LD_* && $v != ASAN_* ]] || ! grep -q libasan "$PB" || continue
		list+=("$v=$STAGE/sentinel/file")
	done
	run env "${list[@]}" PATH="$STAGE/sentinel" "$PB" run "$ROOT" -- /bin/probe facts
	want_ok
	want_no_out 'env=(LD_|GCONV|LOC|NLS|MALLOC|GLIBC|RES|HOSTAL|TZ|TMPDIR|BASH|ENV|SHELL|PS4|IFS|LIB|DBUS|PILLBOX).*'
	[ "$(fact env | wc -l)" -le 6 ] || bad "more variables than a launch sets: $(fact env | tr '\n' ' ')"
	run env "${list[@]}" PATH="$STAGE/sentinel" "$STAGE/bin/probe" facts # without a sandbox
	want_out 'env=GCONV_PATH=.*'
}
t 'thirty-six hostile variables reach nobody; without a sandbox they do' hostile_environment

caller_state() { # 10-facts looks that none of this arrives; here that it would
	run bash -c 'trap "" PIPE INT; umask 0; exec 33</etc 44</etc/passwd; exec "$0" facts' "$STAGE/bin/probe"
	want_fact Umask 0000
	want_fact_like SigIgn '[0-9a-f]*1[0-9a-f][0-9a-f][2367abef]' # INT, PIPE, and what the tests' own caller ignores
	[ "$(fact fds)" -gt 4 ] 2>/dev/null || bad "only $(fact fds) descriptors"
	run sh -c 'exec "$0" facts <&-' "$STAGE/bin/probe"
	want_no_out 'fd\.0=.*'
	run sh -c 'exec "$0" run "$1" -- /bin/probe facts <&-' "$PB" "$ROOT"
	want_out 'fd\.0=/dev/null'
	pb "$ROOT" -- /bin/probe facts
	want_fact Umask 0022
	want_fact SigIgn 0000000000000000
}
t 'without a sandbox the caller'"'"'s signals, umask and descriptors arrive' caller_state

threads() { # clone3 is refused with ENOSYS: a C library takes clone then
	local p=$1
	pb --preset "$p" $([ "$p" != strict ] || echo --allow-missing=cgroup,apparmor) -v /usr:/usr:ro -v /usr/lib:/lib:ro \
		-v /usr/lib64:/lib64:ro "$ROOT" -- /usr/bin/python3 -c '
import os, threading
done = []
threads = [threading.Thread(target=lambda: done.append(os.system("exit 7") >> 8)) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
print(done)'
	want_ok
	want_out '\[7, 7, 7, 7\]'
}
for p in hardened strict docker; do
	t "$p: threads and system() of a C library" threads $p
done

# A file that its group may not read, and everybody else may: dropping the group would give it.
negative_group() {
	[ "$(id -u)" = 0 ] || { skip 'only root can give a file away'; return; }
	mkdir -p "$TMP/acl"
	echo hidden >"$TMP/acl/file"
	chown "root:$(id -gn "$(user_of "$ID")")" "$TMP/acl/file"
	chmod 0607 "$TMP/acl/file"
	run cat "$TMP/acl/file"
	want_rc 1
	for user in 0 1000; do
		pb -u $user -v "$TMP/acl:/mnt" "$ROOT" -- cat /mnt/file
		[ "$RC" != 0 ] && [ -z "$OUT" ] || bad "-u $user reads it"
	done
	rm -rf "$TMP/acl"
}
[ "$ID" != none ] || t 'a file that the group may not read stays closed: setgroups is denied with one id' negative_group
