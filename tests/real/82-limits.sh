# shellcheck shell=bash disable=SC2016,SC2034 # inner shells expand; LIMIT is lib.sh's
# SPDX-License-Identifier: Apache-2.0
# 82-limits.sh - limits by effect, and what --stats counts. Nothing is read back: a hog is killed, a
# fork fails, a busy loop gets its share. Each has a counterpart that would fail without the limit.

LIMIT=120 # an emulated machine is slow, and a hang is what only this is for

# The value of a key in the report, which is the last line: "null" when it isn't known.
stat_of() { # KEY
	printf '%s\n' "$ERR" | tail -n 1 | sed -nE "s/^\\{.*\"$1\":(\"([^\"]*)\"|([^,}]*)).*/\\2\\3/p"
}

want_stat() { # KEY VALUE
	[ "$(stat_of "$1")" = "$2" ] || bad "$1 is '$(stat_of "$1")', not $2"
}

# A whole number between two others; "null" is none.
want_between() { # WHAT VALUE MIN MAX
	if ! [[ $2 =~ ^[0-9]+$ ]]; then
		bad "$1 is '$2' and no number"
	elif [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ]; then
		bad "$1 is $2, not between $3 and $4"
	fi
}

cpu_of() { echo $(($(stat_of cpu_user_us) + $(stat_of cpu_system_us))); }

# CPU time in percent of the wall time
share_of() { echo $(($(cpu_of) * 100 / $(stat_of wall_us))); }

mib=$((1024 * 1024))

# --- the report, wherever there is a group or none --------------------------------------------------

# Against what the process itself was told it had. Building a sandbox costs time too, and more on an
# emulated machine: that is what the idle one shows.
counts_cpu() {
	pb --stats=json "$ROOT" -- sleep 1
	want_ok
	want_between 'CPU time of an idle command' "$(cpu_of)" 0 900000
	want_between wall_us "$(stat_of wall_us)" 1000000 60000000
	pb --stats=json "$ROOT" -- /bin/probe use cpu 2000
	want_ok
	want_between 'CPU time counted' "$(cpu_of)" $(($(fact cpu_ms) * 900)) $(($(fact cpu_ms) * 1000 + 900000))
}
t '--stats counts CPU time and wall time' counts_cpu

counts_orphans() {
	pb --stats=json "$ROOT" -- sh -c '(/bin/probe use cpu 600 >/tmp/out &); until [ -s /tmp/out ]; do sleep 0.1; done; cat /tmp/out'
	want_ok
	want_between 'CPU time counted' "$(cpu_of)" $(($(fact cpu_ms) * 800)) 60000000
}
t '--stats counts what init reaped' counts_orphans

how_it_ended() {
	pb --stats=json "$ROOT" -- sh -c 'exit 7'
	want_rc 7
	want_stat exit_status 7
	want_stat signal null
	want_stat limit_hit null
	pb --stats=json "$ROOT" -- sh -c 'kill -TERM $$'
	want_rc 143
	want_stat exit_status 143
	want_stat signal 15
	[ "$(printf '%s\n' "$ERR" | wc -l)" = 1 ] || bad "more than one line: $ERR"
	if command -v jq >/dev/null; then
		printf '%s\n' "$ERR" | jq -e 'has("io_writes") and has("limits")' >/dev/null || bad "not JSON: $ERR"
	fi
}
t '--stats=json tells how the command ended, on one line' how_it_ended

as_text() {
	pb --stats -q "$ROOT" -- sh -c 'echo to stderr >&2; exit 3'
	want_rc 3
	want_err '^to stderr$'
	want_err '^pillbox: usage: wall time +[0-9]+\.[0-9]{3} s$'
	want_err '^pillbox: usage: CPU +[0-9.]+ s user, [0-9.]+ s system; [0-9]+% of one CPU'
	want_err '^pillbox: usage: memory +[0-9.]+[KM]'
	want_err '^pillbox: usage: ended +with status 3$'
	[ "$(printf '%s\n' "$ERR" | head -n 1)" = 'to stderr' ] || bad "the report came first: $ERR"
	pb "$ROOT" -- true
	want_ok
	want_no_err
}
t '--stats is for people, comes last, and is not said unasked' as_text

# On the caller's terminal, and in its own mode again: the line end is the terminal's CR LF.
on_terminal() {
	on_tty "$(printf '%q ' "$PB" run -t --stats "$ROOT" -- echo inside)"
	want_ok
	want_out inside
	want_out 'pillbox: usage: ended +with status 0'
	[ "$(printf '%s\n' "$OUT" | grep -c .)" -ge 4 ] || bad "lines ran together: $OUT"
	[ "$(printf '%s\n' "$OUT" | head -n 1)" = inside ] || bad "first line: $OUT"
	! tr -d '\0' <"$TMP/out" | grep 'usage' | grep -qv $'\r$' || bad 'the terminal was still raw'
}
t '--stats waits until the terminal is restored' on_terminal

bad_device() {
	pb --device-read-bps /dev/null:1m --allow-missing=cgroup "$ROOT" -- true
	want_refused 125 '^pillbox: io-devices: --device-read-bps /dev/null: not a block device$' '^hint: lsblk'
	pb --device-write-iops /dev/no-such:5 --allow-missing=cgroup "$ROOT" -- true
	want_refused 125 '^pillbox: io-devices: --device-write-iops /dev/no-such: No such file'
	pb --blkio-weight-device "$ROOT:500" --allow-missing=cgroup "$ROOT" -- true
	want_refused 125 'io-devices: --blkio-weight-device .*: not a block device$'
}
t 'a limit of a device that is none' bad_device

# --- where limits can be had --------------------------------------------------------------------

v2_lacks() { # CONTROLLER...: which of them are not in cgroup v2 here
	local c
	for c; do
		grep -qw "$c" /sys/fs/cgroup/cgroup.controllers 2>/dev/null || echo "$c"
	done
}
no_v2=$(v2_lacks cpu cpuset memory pids io | tr '\n' ' ')

# Is there a place for a group, as this identity? Ordinary users have one only after a login.
has_place() { [ "$ID" = root ] || [ "${PILLBOX_PLACE-}" = session ]; }

# Is the controller there for this identity? Root has all; a user's manager may hand on fewer.
has_ctl() { # CONTROLLER
	local uid
	[ "$ID" != root ] || return 0
	uid=$(as "$ID" id -u)
	grep -qw "$1" "/sys/fs/cgroup/user.slice/user-$uid.slice/user@$uid.service/cgroup.controllers" 2>/dev/null
}

limit() { # NAME FUNCTION: only by effect, so only where it can be had
	if [ -n "$no_v2" ]; then
		t "$1" skip "no cgroup v2 controllers here ($no_v2)"
	elif has_place; then
		t "$@"
	fi
}

no_place() {
	pb -m 64m "$ROOT" -- true
	want_refused 125 '--memory: ' '^hint: '
	pb --stats=json "$ROOT" -- true
	want_ok
	want_stat source wait
	want_stat memory_peak_bytes null
	[ "$(stat_of no_cgroup_why)" != null ] || bad 'the reason is missing'
	pb --stats "$ROOT" -- true
	want_err '^pillbox: usage: not known: .*: no control group \('
}
if [ -z "$no_v2" ] && ! has_place; then
	t 'without a place a limit is refused, and the report says why it knows little' no_place
fi

# --- memory -------------------------------------------------------------------------------------

hog='/bin/probe use memory 100; echo survived'

oom() {
	pb -m 48m --memory-swap 48m --stats=json "$ROOT" -- sh -c "sleep 99 & $hog"
	want_rc 137
	want_err '^pillbox: note: killed: out of memory \(limit 48M, peak 4[78](\.[0-9])?M\)$'
	want_no_out 'survived' # it was no hog itself: memory.oom.group
	want_stat limit_hit memory
	want_stat signal 9
	want_between memory_peak_bytes "$(stat_of memory_peak_bytes)" $((46 * mib)) $((48 * mib))
	want_between oom_kills "$(stat_of oom_kills)" 3 10
	! grep -q 'from outside' <<<"$ERR" || bad "$ERR"
	pb -m 48m --memory-swap 48m "$ROOT" -- sh -c "$hog"
	want_rc 137
	want_err '^pillbox: note: killed: out of memory \(limit 48M, peak '
	want_no_out 'survived'
	[ "$(grep -c . <<<"$ERR")" = 1 ] || bad "more than the limit is named: $ERR"
}
limit 'a memory hog is killed with all others, and the limit named' oom

no_oom() {
	pb -m 200m --memory-swap 200m --stats=json "$ROOT" -- sh -c "$hog"
	want_ok
	want_out survived
	want_stat limit_hit null
	want_stat oom_kills 0
	want_between memory_peak_bytes "$(stat_of memory_peak_bytes)" $((100 * mib)) $((140 * mib))
	! grep -q 'note' <<<"$ERR" || bad "$ERR"
}
limit 'the same below its limit is not, and its peak is known' no_oom

oom_no_init() {
	pb --no-init -m 48m --memory-swap 48m "$ROOT" -- /bin/probe use memory 100
	want_rc 137
	want_err '^pillbox: note: killed: out of memory \(limit 48M, '
}
limit 'a memory hog that is process 1' oom_no_init

swap() {
	[ "$(wc -l </proc/swaps)" -gt 1 ] || { bad 'this machine has no swap to test with'; return; }
	pb -m 32m --memory-swap 32m "$ROOT" -- /bin/probe use memory 48
	want_rc 137
	pb -m 32m --memory-swap 96m --stats=json "$ROOT" -- /bin/probe use memory 48
	want_ok
	want_between swapped_kib "$(fact swapped_kib)" 8192 65536
	[ "$(stat_of swap_peak_bytes)" = null ] ||
		want_between swap_peak_bytes "$(stat_of swap_peak_bytes)" $((8 * mib)) $((64 * mib))
	# Docker's default: as much swap as memory
	pb -m 32m "$ROOT" -- /bin/probe use memory 48
	want_ok
	pb -m 32m "$ROOT" -- /bin/probe use memory 80
	want_rc 137
	want_err 'killed: out of memory \(limit 32M, '
}
limit 'swap is limited: none, more, and Docker'"'"'s default' swap

# --- processes ----------------------------------------------------------------------------------

# With CAP_SETUID an rlimit would not hold, so that this is the group's.
pids() {
	pb --preset docker --pids-limit 20 --stats=json "$ROOT" -- /bin/probe try fork-bomb 100
	want_ok
	want_fact_like forks '1[4-9]'
	want_fact fork-bomb EAGAIN
	want_err '^pillbox: note: pids limit 20 reached$'
	want_stat limit_hit pids
	[ "$(stat_of pids_peak)" = null ] || want_stat pids_peak 20
	pb --preset docker --pids-limit 200 --stats=json "$ROOT" -- /bin/probe try fork-bomb 100
	want_ok
	want_fact forks 100
	want_stat limit_hit null
	[ "$(stat_of pids_peak)" = null ] || want_between pids_peak "$(stat_of pids_peak)" 101 110
	[ "$(grep -c . <<<"$ERR")" = 1 ] || bad "a limit is named that was not hit: $ERR"
}
limit 'a fork bomb ends at the limit of the group, which is named' pids

# --- CPU ----------------------------------------------------------------------------------------

share() { # MIN MAX OPTION...: a busy loop of 4 s gets so many percent of one CPU
	local min=$1 max=$2
	shift 2
	pb --stats=json "$@" "$ROOT" -- /bin/probe use cpu 4000
	want_ok
	want_between 'share of a CPU in percent' "$(share_of)" "$min" "$max"
}

cpus() {
	has_ctl cpu || { bad 'the cpu controller is not handed on'; return; }
	share 80 110
	share 18 32 --cpus 0.25
	want_between throttled_us "$(stat_of throttled_us)" 1500000 60000000
	want_between throttled_periods "$(stat_of throttled_periods)" 15 1000
	share 32 48 --cpu-period 50000 --cpu-quota 20000
}
limit 'a busy loop gets the share of --cpus or --cpu-quota' cpus

cpuset() {
	pb "$ROOT" -- /bin/probe facts
	want_fact cpus "$(nproc)"
	pb --cpuset-cpus 1 "$ROOT" -- /bin/probe facts
	if ! has_ctl cpuset; then
		want_refused 125 '--cpuset-cpus: ' 'controller' '^hint: .*Delegate=cpu cpuset io memory pids'
		return
	fi
	want_ok
	want_fact cpus 1
	want_fact Cpus_allowed_list 1
	pb --cpuset-cpus 1 "$ROOT" -- /bin/probe use cpu 500
	want_fact ran_on 1
	pb --cpuset-cpus 0 "$ROOT" -- /bin/probe use cpu 500
	want_fact ran_on 0
}
limit '--cpuset-cpus says where it runs' cpuset

# Two busy loops on one CPU, at the same time; what each got, in ms.
race() { # OPTIONS-A OPTIONS-B
	local a b
	RAN="$1 against $2"
	# shellcheck disable=SC2086
	as "$ID" timeout 100 "$PB" run --cpuset-cpus 0 $1 "$ROOT" -- /bin/probe use cpu 6000 >"$TMP/a" 2>"$TMP/a.err" &
	a=$!
	# shellcheck disable=SC2086
	as "$ID" timeout 100 "$PB" run --cpuset-cpus 0 $2 "$ROOT" -- /bin/probe use cpu 6000 >"$TMP/b" 2>"$TMP/b.err" &
	b=$!
	wait $a $b
	a=$(sed -n 's/^cpu_ms=//p' "$TMP/a")
	b=$(sed -n 's/^cpu_ms=//p' "$TMP/b")
	echo $((${a:-0} * 100 / (${b:-0} + 1)))
}

# 1024 shares are a weight of 100, 256 one of 35: 2.86 to 1
weight() {
	local ratio
	race '--cpu-shares 1024' '--cpu-shares 1024' >"$TMP/ratio"
	ratio=$(cat "$TMP/ratio")
	want_between 'equal shares, in percent' "$ratio" 70 140
	race '--cpu-shares 1024' '--cpu-shares 256' >"$TMP/ratio"
	ratio=$(cat "$TMP/ratio")
	want_between '1024 shares against 256, in percent' "$ratio" 190 420
}
# A user's sandboxes are in a scope each, and what weighs between these is systemd's.
[ "$ID" != root ] || limit '--cpu-shares divide a CPU that two want' weight

# --- only root can make these conditions ---------------------------------------------------------

# A group of the test's own with 40 MiB, without swap, and pillbox alone in it: its sandbox's group
# goes below. X/limits-test is removed again.
in_small_group() { # COMMAND...
	local x=/sys/fs/cgroup/limits-test
	mkdir "$x" && echo $((40 * mib)) >"$x/memory.max" && echo 0 >"$x/memory.swap.max"
	run sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$x" "$@"
	rmdir "$x" || bad "$x stays: $(ls -R $x)"
}

limit_above() {
	in_small_group "$PB" run -m 200m --stats=json "$ROOT" -- sh -c "$hog"
	want_rc 137
	want_no_out survived
	want_err 'note: killed: out of memory outside of the sandbox \(its own limit 200M, peak [234][0-9](\.[0-9])?M\): at a limit of a group above, or the host has no more$'
	want_stat limit_hit memory-above
	# Without a limit of its own it has no memory.oom.group either, and only the hog dies: which
	# also shows that the tests above see memory.oom.group at work.
	in_small_group "$PB" run --memory-reservation 6m --stats=json "$ROOT" -- sh -c "$hog"
	want_ok
	want_out survived
	want_err 'note: out of memory outside of the sandbox \(no limit of its own, peak .*; processes killed: 1, the command was not$'
}
[ "$ID" != root ] || limit 'a limit of a group above is told from one of its own' limit_above

# 40 MiB that sleep, 72 MiB for both, 64 MiB that are wanted: what is the sleeper left with?
pressed() { # RESERVATION -> bytes of the sleeper that went to swap
	local x=/sys/fs/cgroup/limits-test swapped
	mkdir "$x" "$x/launch" && echo $((72 * mib)) >"$x/memory.max"
	RAN="--memory-reservation $1 under pressure"
	: >"$TMP/sleeper" && : >"$TMP/presser"
	(
		# Not alone in its own group, so that the sandbox goes beside it, into x
		echo "$BASHPID" >"$x/launch/cgroup.procs"
		"$PB" run --memory-reservation "$1" "$ROOT" -- /bin/probe use memory 40 90000 >"$TMP/sleeper" 2>&1 &
		sleeper=$!
		until grep -q '^mib=40' "$TMP/sleeper"; do
			kill -0 $sleeper 2>/dev/null || exit 1
			sleep 0.2
		done
		"$PB" run "$ROOT" -- /bin/probe use memory 64 >"$TMP/presser" 2>&1
		cat "$x"/pillbox-*/memory.swap.current >"$TMP/swapped"
		kill -TERM $sleeper
		wait $sleeper
	)
	grep -q '^mib=64' "$TMP/presser" || bad "no pressure: $(cat "$TMP/sleeper" "$TMP/presser")"
	swapped=$(cat "$TMP/swapped")
	rmdir "$x/launch" "$x" || bad "$x stays"
	want_between "swapped out of 40 MiB with $1 reserved" "$swapped" "$2" "$3"
}
reservation() {
	pressed 48m 0 $((1 * mib))
	pressed 6m $((4 * mib)) $((48 * mib))
}
[ "$ID" != root ] || limit '--memory-reservation keeps memory when others want it' reservation

# --- disks --------------------------------------------------------------------------------------

spare=/dev/pillbox/spare # of scripts/vm: empty, and nobody's
scheduler() { # NAME
	echo "$1" >"/sys/block/$(basename "$(readlink -f $spare)")/queue/scheduler"
}

disk_mount() {
	mkfs.ext4 -q -F $spare >"$TMP/mkfs" 2>&1 || bad "mkfs: $(cat "$TMP/mkfs")"
	mkdir -p "$TMP/disk"
	mount $spare "$TMP/disk" || bad 'mount'
	chmod 0777 "$TMP/disk"
}

# 4 MiB, and at 1 MiB or 16 requests of 64 KiB a second that takes four seconds.
disk() { # read|write MIN-MS MAX-MS OPTION...
	local how=$1 min=$2 max=$3
	shift 3
	pb --stats=json -v "$TMP/disk:/data" "$@" "$ROOT" -- /bin/probe use disk "$how" /data/file 4096
	want_ok
	want_fact kib 4096
	want_between "ms to $how 4 MiB with $*" "$(fact ms)" "$min" "$max"
}

io_max() {
	[ -b $spare ] || { bad "$spare: not there"; return; }
	disk_mount
	disk write 0 2000
	disk read 0 2000
	disk write 3000 9000 --device-write-bps $spare:1m
	want_between io_written_bytes "$(stat_of io_written_bytes)" $((4 * mib)) $((8 * mib))
	want_between io_writes "$(stat_of io_writes)" 64 1000
	disk read 3000 9000 --device-read-bps $spare:1m
	want_between io_read_bytes "$(stat_of io_read_bytes)" $((4 * mib)) $((8 * mib))
	disk read 0 2000 --device-write-bps $spare:1m --verify # the other direction is free
	disk write 3000 9000 --device-write-iops $spare:16
	disk read 3000 9000 --device-read-iops "$(readlink -f $spare):16" --device-read-bps $spare:100m --verify
	umount "$TMP/disk"
}
[ "$ID" != root ] || limit '--device-read-bps and the others hold on a real disk' io_max

same_disk() {
	pb --device-read-bps $spare:1m --device-read-bps "$(readlink -f $spare):2m" "$ROOT" -- true
	want_refused 125 'io-devices: --device-read-bps .*:? contradicts .* same device'
}
[ "$ID" != root ] || limit 'two names of one disk with two values are a contradiction' same_disk

partition() {
	local disk
	disk=$(readlink -f $spare)
	dd if=/dev/zero of="$disk" bs=1M count=1 status=none
	# one entry of type 83: 32768 sectors from 2048 on
	printf '\0\0\0\0\203\0\0\0\0\10\0\0\0\200\0\0' | dd of="$disk" bs=1 seek=446 status=none
	printf '\125\252' | dd of="$disk" bs=1 seek=510 conv=notrunc status=none
	blockdev --rereadpt "$disk"
	[ -b "${disk}1" ] || bad 'no partition was made'
	pb --device-read-bps "${disk}1:1m" "$ROOT" -- true
	want_refused 125 "^pillbox: io-devices: --device-read-bps ${disk}1: a partition, " "^hint: this one is on $disk:"
	dd if=/dev/zero of="$disk" bs=1M count=1 status=none
	blockdev --rereadpt "$disk"
	pb --device-read-bps "$disk:1m" "$ROOT" -- true
	want_ok
}
[ "$ID" != root ] || limit 'a partition is refused with the name of its disk' partition

io_weight() {
	scheduler none
	pb --blkio-weight 200 "$ROOT" -- true
	want_refused 125 'io-devices: --blkio-weight 200: no disk here has a scheduler' '^hint: .*modprobe bfq'
	pb --blkio-weight 200 --allow-missing=cgroup "$ROOT" -- true
	want_ok
	want_err 'NOT ENFORCED: --blkio-weight: no disk'
	pb --blkio-weight-device $spare:300 "$ROOT" -- true
	want_refused 125 '--blkio-weight-device: write ' '^hint: .*bfq'
	modprobe bfq
	scheduler bfq
	pb --blkio-weight 200 --blkio-weight-device $spare:300 --verify "$ROOT" -- true
	want_ok
	scheduler none
}
[ "$ID" != root ] || limit '--blkio-weight needs a scheduler that knows weights' io_weight

io_not_delegated() {
	! has_ctl io || return 0
	pb --device-read-bps $spare:1m "$ROOT" -- true
	want_refused 125 '--device-read-bps: ' 'controller' '^hint: .*Delegate=cpu cpuset io memory pids'
}
[ "$ID" = root ] || limit 'a user to whom I/O is not delegated is told how it would be' io_not_delegated

# What the hint says, done: the user's next login has it.
user_io() {
	local uid dir=/etc/systemd/system/user@.service.d
	uid=$(id -u "$USER_RANGE")
	mkdir -p $dir "$STAGE/user-io"
	chown "$USER_RANGE" "$STAGE/user-io"
	as range "$STAGE/bin/mkrootfs" small "$STAGE/user-io/root" 2>/dev/null
	as range cp "$STAGE/bin/probe" "$STAGE/user-io/root/bin/probe"
	disk_mount
	printf '[Service]\nDelegate=cpu cpuset io memory pids\n' >$dir/delegate.conf
	systemctl daemon-reload
	systemctl stop "user@$uid"
	run su -l "$USER_RANGE" -c "$PB run --stats=json -v $TMP/disk:/data --device-write-bps $spare:1m $STAGE/user-io/root -- /bin/probe use disk write /data/file 4096"
	want_ok
	want_between 'ms to write 4 MiB' "$(fact ms)" 3000 9000
	want_between io_written_bytes "$(stat_of io_written_bytes)" $((4 * mib)) $((8 * mib))
	rm -r $dir
	systemctl daemon-reload
	systemctl stop "user@$uid"
	umount "$TMP/disk"
	rm -rf "$STAGE/user-io"
}
if [ "$ID" = root ] && [ -d /run/systemd/system ] && id "$USER_RANGE" >/dev/null 2>&1; then
	limit 'an ordinary user limits I/O where all is delegated' user_io
fi
