# shellcheck shell=bash disable=SC2034 # OUT and RAN are lib.sh's
# SPDX-License-Identifier: Apache-2.0
# 60-limits-lsm.sh - limits, AppArmor and Landlock as far as this kernel has them: by effect where it
# does, by the exact refusal where it doesn't. Tests of a kernel without AppArmor, or with controllers
# under cgroup v1, are made there only: what holds elsewhere is in 75-apparmor, 80-placement, 82-limits.

# A controller bound to cgroup v1 here, or nothing.
v1_mount() { # CONTROLLER
	awk -v c="$1" '{ for (i = 7; i < NF; i++) if ($i == "-" && $(i + 1) == "cgroup") {
		n = split($NF, o, ","); for (j = 1; j <= n; j++) if (o[j] == c) { print $5; exit } } }' \
		/proc/self/mountinfo
}

landlock_is_there() {
	pb --landlock on "$ROOT" -- /bin/probe exit 0
	[ "$RC" = 0 ]
}

# --- limits -------------------------------------------------------------------------------------

limit_on_v1() {
	local memory
	memory=$(v1_mount memory)
	pb -m 64m "$ROOT" -- /bin/probe exit 0
	want_refused 125 "^pillbox: cgroup-plan: --memory: memory is bound to cgroup v1 at $memory( \\(a hybrid host: .*\\))?\$" \
		'^hint: boot with systemd.unified_cgroup_hierarchy=1 .* cgroup_no_v1=all '
}
[ -z "$(v1_mount memory)" ] || t 'a limit on cgroup v1 names controller, place and cure' limit_on_v1

only_the_bound_ones() {
	pb --cpuset-cpus 0 -m 64m --memory-swap 64m "$ROOT" -- /bin/probe exit 0
	want_refused 125 '--memory, --memory-swap, --cpuset-cpus: cpuset is bound .*; memory is bound '
}
[ -z "$(v1_mount memory)" ] || [ -z "$(v1_mount cpuset)" ] ||
	t 'each limit that cannot be had is named once' only_the_bound_ones

without_group() {
	pb -m 64m --pids-limit 50 --allow-missing=cgroup "$ROOT" -- /bin/probe try fork-bomb 100
	want_err '^pillbox: note: NOT ENFORCED: --memory: memory is bound to cgroup v1 at '
	want_fact_like forks '[1-4][0-9]'
}
[ -z "$(v1_mount memory)" ] ||
	t '--allow-missing=cgroup says what is lost and keeps the pids limit' without_group

pids_limit() {
	inside --pids-limit 20 -- try fork-bomb 100
	want_fact_like forks '1[0-9]'
	want_fact fork-bomb EAGAIN
}
t 'a fork bomb ends at --pids-limit' pids_limit

pids_limit_needs_group() {
	# With set-user-ID programs, or CAP_SETUID, the uid can change and the rlimit counts anew.
	pb --preset docker --pids-limit 20 "$ROOT" -- /bin/probe exit 0
	want_refused 125 '--pids-limit: pids is bound to cgroup v1'
	pb --cap-add SETUID --pids-limit 20 "$ROOT" -- /bin/probe exit 0
	want_refused 125 '--pids-limit: pids is bound to cgroup v1'
}
[ -z "$(v1_mount pids)" ] ||
	t 'where the uid can change the pids limit needs a group' pids_limit_needs_group

# --- AppArmor -----------------------------------------------------------------------------------

no_apparmor() {
	pb --security-opt apparmor="$1" "$ROOT" -- /bin/probe exit 0
	want_refused 125 "^pillbox: lsm-check: apparmor=$1: this kernel has no AppArmor\$" \
		'^hint: .*--allow-missing=apparmor'
}
if [ ! -e /sys/module/apparmor ]; then
	t 'a profile without AppArmor is refused' no_apparmor pillbox-default
	t 'unconfined_x is a name and not the word unconfined' no_apparmor unconfined_x
fi

odd_profile() {
	pb --security-opt apparmor="$(printf 'a%.0s' $(seq 5000))" "$ROOT" -- /bin/probe exit 0
	want_refused 125 'profile name'
	pb --security-opt apparmor="$(printf 'a\nb')" "$ROOT" -- /bin/probe exit 0
	want_refused 125 'apparmor=a'
	pb --security-opt apparmor=unconfined "$ROOT" -- /bin/probe exit 0
	want_ok
}
t 'odd profile names' odd_profile

strict_apparmor() {
	pb --preset strict --allow-missing=cgroup "$ROOT" -- /bin/probe exit 0
	want_refused 125 'pillbox-default, which preset strict wants: this kernel has no AppArmor'
	pb --preset strict --allow-missing=cgroup,apparmor "$ROOT" -- /bin/probe exit 0
	want_ok
	want_err 'NOT ENFORCED: AppArmor profile pillbox-default: this kernel has no AppArmor'
}
[ -e /sys/module/apparmor ] || t 'strict wants AppArmor, or the word to do without' strict_apparmor

# --- Landlock -----------------------------------------------------------------------------------

# Writing to a FIFO is not writing to its file system: read-only mounts let it through.
only_landlock() {
	landlock_is_there || { skip "this kernel has no Landlock"; return; }
	mkdir -p "$TMP/fifo"
	[ -p "$TMP/fifo/f" ] || mkfifo "$TMP/fifo/f"
	chmod 0777 "$TMP/fifo"
	chmod 0666 "$TMP/fifo/f"
	inside --landlock off -v "$TMP/fifo:/mnt:ro" -- try open-rw /mnt/f
	want_out 'open-rw=OK'
	inside --landlock on -v "$TMP/fifo:/mnt:ro" -- try open-rw /mnt/f
	want_out 'open-rw=EACCES'
	# by itself where no AppArmor profile is applied
	inside --security-opt apparmor=unconfined -v "$TMP/fifo:/mnt:ro" -- try open-rw /mnt/f
	want_out 'open-rw=EACCES'
	inside -v "$TMP/fifo:/mnt" -- try open-rw /mnt/f
	want_out 'open-rw=OK'
}
t 'Landlock stops what the read-only mount does not' only_landlock

still_works() {
	landlock_is_there || { skip "this kernel has no Landlock"; return; }
	# What is not ours to write may not be opened anew either, with or without Landlock.
	: >"$TMP/out" && : >"$TMP/err" && chmod 0666 "$TMP/out" "$TMP/err"
	pb --landlock on "$ROOT" -- /bin/sh -ec '
		echo a >/tmp/a; mkdir /tmp/d; mv /tmp/a /tmp/d/; cat /tmp/d/a
		echo b >/dev/shm/b; cat /dev/shm/b
		echo c >/dev/null; echo 7 >/proc/self/oom_score_adj; cat /proc/self/oom_score_adj
		echo d >>/dev/stdout; echo e >>/dev/stderr'
	want_ok
	[ "$OUT" = "$(printf 'a\nb\n7\nd')" ] || bad "output: $OUT"
	want_err '^e$'
}
t 'under Landlock: /tmp, /dev/shm, /dev, /proc/self, /dev/stdout' still_works

needs_nnp() {
	pb --preset docker --landlock on "$ROOT" -- /bin/probe exit 0
	want_refused 125 '--landlock on: it needs no_new_privs' '^hint: add --security-opt no-new-privileges'
}
t '--landlock on without no_new_privs is refused' needs_nnp

verified() {
	landlock_is_there || { skip "this kernel has no Landlock"; return; }
	pb --landlock on --pids-limit 50 --verify "$ROOT" -- /bin/probe exit 0
	want_ok
}
t 'Landlock passes --verify' verified
