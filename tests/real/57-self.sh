# shellcheck shell=bash disable=SC2016,SC2034 # scripts of the command's shell; lib.sh reads RAN
# SPDX-License-Identifier: Apache-2.0
# 57-self.sh - what pillbox takes away from its own processes, and what a command can do to them.
#
# The launcher stays outside with the caller's rights while the command runs, and reads what the
# command writes. So it gives up what it does not need; pid 1 and the bystanders do, too. Here they
# are looked at from outside, where only root sees a process that is not dumpable. For each thing
# there is a launcher that leaves it out (tests/bare.c): the same look has to find that.
BARE=$STAGE/bin/pillbox-bare
SANITIZED=$(grep -aom 1 __asan_init "$PB" | head -n 1)

# --- a command that waits, and the processes around it -----------------------------------------------

LAUNCHER='' SHELL_PID=''

# Start PROGRAM... with pillbox's options, and a command that says `ready` and waits. How: `tty`, its
# standard streams are a terminal; `keys`, they are, but its input is a pipe; `file`, none is.
hold() { # HOW PROGRAM... -- OPTION...
	local how=$1 program=() tries=0 line
	shift
	while [ "$1" != -- ]; do
		program+=("$1")
		shift
	done
	shift
	local command=("${program[@]}" run "$@" "$ROOT" -- /bin/sh -c 'echo ready; exec sleep 100')
	RAN="${command[*]}"
	printf -v line '%q ' "${command[@]}"
	: >"$TMP/out"
	chmod 0666 "$TMP/out"
	case $how in
	file) as "$ID" "${command[@]}" </dev/null >"$TMP/out" 2>&1 & ;;
	tty) as "$ID" script -qefc "$line" /dev/null < <(sleep 100) >"$TMP/out" 2>&1 & ;;
	keys) as "$ID" script -qefc "sleep 100 | $line" /dev/null < <(sleep 100) >"$TMP/out" 2>&1 & ;;
	esac
	SHELL_PID=$!
	until grep -q ready "$TMP/out" && find_launcher; do
		tries=$((tries + 1))
		if [ $tries -gt $((200 * SLOW)) ]; then
			bad "it did not start: $(head -n 2 "$TMP/out")"
			return 1
		fi
		sleep 0.05
	done
	sleep 0.1 # it says ready a moment before the launcher is in its loop
}

# Of the processes that run our copy: the launcher, and the others by their names.
find_launcher() {
	local pid name
	LAUNCHER='' OTHERS=()
	for pid in $(live_pids); do
		name=$(cat "/proc/$pid/comm" 2>/dev/null)
		case $name in
		pillbox | pillbox-bare)
			[ -n "$LAUNCHER" ] || [ "$(readlink "/proc/$pid/exe")" != "$(readlink -f "$STAGE/bin/$name")" ] || LAUNCHER=$pid
			;;
		pillbox-*) OTHERS+=("$name:$pid") ;;
		esac
	done
	[ -n "$LAUNCHER" ]
}

release() {
	local tries=0
	[ -z "$LAUNCHER" ] || kill -TERM "$LAUNCHER" 2>/dev/null
	while kill -0 "${LAUNCHER:-0}" 2>/dev/null && [ $tries -lt $((100 * SLOW)) ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
	pkill -P "$SHELL_PID" 2>/dev/null # the one that held the terminal's input open
	kill "$SHELL_PID" 2>/dev/null
	wait "$SHELL_PID" 2>/dev/null
}

status_field() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" 2>/dev/null; }

# --- what can be seen of one: a line for each thing that is wrong ---------------------------------------

look_caps() { # PID [WHAT IS LEFT]
	local set want
	for set in CapInh CapPrm CapEff CapAmb; do
		want=0000000000000000
		[[ $set != Cap[PE]?? ]] || want=${2-$want}
		[ "$(status_field "$1" $set)" = "$want" ] || echo "$set is $(status_field "$1" $set)"
	done
	# Without CAP_SETPCAP an ordinary user's launcher cannot lower it, and no_new_privs makes it nothing.
	[ "$ID" != root ] || [ "$(status_field "$1" CapBnd)" = 0000000000000000 ] || echo "CapBnd is $(status_field "$1" CapBnd)"
}

look_nnp() { [ "$(status_field "$1" NoNewPrivs)" = 1 ] || echo "no_new_privs is $(status_field "$1" NoNewPrivs)"; }
look_filter() { [ "$(status_field "$1" Seccomp)" = 2 ] || echo "Seccomp is $(status_field "$1" Seccomp)"; }
look_cwd() { [ "$(readlink "/proc/$1/cwd")" = / ] || echo "its directory is $(readlink "/proc/$1/cwd")"; }

# Neither file nor descriptor of it, for another process of the same user: what a debugger needs, too.
look_dumpable() {
	local user
	user=$(user_of "$ID")
	if [ -n "$user" ]; then
		! as "$ID" cat "/proc/$1/environ" >/dev/null 2>&1 || echo "$user reads its environment"
	else
		! setpriv --inh-caps=-all --bounding-set=-all cat "/proc/$1/environ" >/dev/null 2>&1 ||
			echo 'a root without capabilities reads its environment'
	fi
}

look_memory() {
	! grep -E '^[0-9a-f]+-[0-9a-f]+ .w.?x' "/proc/$1/maps" || echo 'memory that is writable and executable'
	# A sanitized pillbox is linked to shared libraries; the one that is installed never is.
	[ -z "$SANITIZED" ] || return 0
	! grep -F / "/proc/$1/maps" | grep -vF -e "$STAGE/bin/pillbox" -e '/dev/zero (deleted)' ||
		echo 'a file in memory'
}

# Descriptors by what they are; at most 6, of which none is a directory or a file of the host's but
# the standard error and the group.
look_fds() {
	local fd link n=0
	for fd in "/proc/$1/fd"/*; do
		link=$(readlink "$fd") || continue
		n=$((n + 1))
		case ${fd##*/}:$link in
		2:* | *:'anon_inode:[signalfd]' | *:'anon_inode:[pidfd]' | *:'pidfd:['* | *:/dev/pts/* | *:/dev/ptmx | *:*/ptmx) ;;
		*:/dev/pts | *:pipe:* | *:/sys/fs/cgroup/*pillbox-*) ;;
		*) echo "descriptor ${fd##*/} is $link" ;;
		esac
	done
	[ $n -le $((6 + EXTRA)) ] || echo "$n descriptors: $(for fd in "/proc/$1/fd"/*; do printf '%s ' "$(readlink "$fd")"; done)"
	[ $n -ge 4 ] || echo "only $n descriptors were seen"
}

# One more where three things come together: a terminal, a stream that is not it, and a group.
EXTRA=0

look_all() { # PID
	look_caps "$1"
	look_nnp "$1"
	look_filter "$1"
	look_cwd "$1"
	look_dumpable "$1"
	look_memory "$1"
	look_fds "$1"
}

only_root() {
	[ "$(id -u)" != 0 ] || return 0
	skip 'only root can look at a process that is not dumpable'
	return 1
}

# --- the launcher ---------------------------------------------------------------------------------------

launcher() { # HOW OPTION...
	local how=$1 said
	shift
	only_root || return
	if hold "$how" "$PB" -- "$@"; then
		said=$(look_all "$LAUNCHER")
		[ -z "$said" ] || bad "$said"
	fi
	release
}
t 'the launcher gives up all but its work' launcher file
t 'the launcher gives up all but its work: --no-init' launcher file --no-init --stop-signal KILL
t 'the launcher gives up all but its work: --stats' launcher file --stats
t 'the launcher gives up all but its work: --explain-denials' launcher file --explain-denials
t 'the launcher gives up all but its work: on a terminal' launcher tty
t 'the launcher gives up all but its work: a terminal, input from a pipe' launcher keys -t
t 'the launcher gives up all but its work: on a terminal, with all bystanders' launcher tty --stats --explain-denials --no-init --stop-signal KILL

launcher_most() {
	local EXTRA=1
	launcher keys -t --stats
}
t 'the launcher gives up all but its work: a terminal, input from a pipe, a group' launcher_most

# The same launcher with one thing left out: the same look has to see it.
missing() { # WHAT LOOK
	local what=$1 look=$2
	only_root || return
	if [ ! -x "$BARE" ]; then
		skip 'pillbox-bare is not built: make seam'
		return
	fi
	cd "$STAGE" || return
	if hold file "$BARE" "$what" --; then
		[ -n "$("$look" "$LAUNCHER")" ] || bad 'it was not seen'
	fi
	release
}
# An ordinary user's launcher has no capability to keep.
[ "$ID" != root ] || t 'counterpart: capabilities' missing caps look_caps
t 'counterpart: dumpable' missing dumpable look_dumpable
t 'counterpart: the filter' missing filter look_filter
t 'counterpart: the directory' missing cwd look_cwd
t 'counterpart: descriptors' missing fds look_fds
# The filter of a process without capabilities needs no_new_privs; so that it does not load shows it.
nnp_missing() {
	only_root || return
	run "$BARE" nnp run "$ROOT" -- /bin/true
	want_rc 125
	want_err 'load the filter for pillbox itself'
}
[ "$ID" = root ] || t 'counterpart: no_new_privs' nnp_missing

# --- init and the bystanders -------------------------------------------------------------------------------

others() {
	local each name pid said='' names='' fds want=0000000000000000
	only_root || return
	if hold tty "$PB" -- --stats --explain-denials; then
		for each in "${OTHERS[@]}"; do
			name=${each%:*} pid=${each#*:}
			names+=" $name"
			want=0000000000000000
			[ "$name" != pillbox-remover ] || want=0000000000000002 # CAP_DAC_OVERRIDE
			said+=$(look_caps "$pid" $want; look_nnp "$pid"; look_filter "$pid"; look_cwd "$pid"; look_memory "$pid") || :
			[ "$name" = pillbox-remover ] || said+=$(look_dumpable "$pid")
			fds=$(find "/proc/$pid/fd" -mindepth 1 | wc -l)
			case $name:$fds in
			pillbox-init:0 | pillbox-guard:3 | pillbox-listen:3 | pillbox-remover:1) ;;
			*) said+="$fds descriptors" ;;
			esac
			[ -z "$said" ] || bad "$name: $said"
		done
		for name in init guard listen; do
			[[ " $names " = *" pillbox-$name "* ]] || bad "no pillbox-$name among$names"
		done
	fi
	release
}
t 'init and the bystanders give up all but their work' others

# --- memory ----------------------------------------------------------------------------------------------

flat() {
	local before after
	only_root || return
	: >"$TMP/out"
	as "$ID" script -qefc "$PB run $ROOT -- /bin/sh -c 'echo ready; sleep 1; head -c 3000000 /dev/zero | tr \"\\\\0\" x; echo; echo later; exec sleep 100'" \
		/dev/null < <(sleep 100) >"$TMP/out" 2>&1 &
	SHELL_PID=$!
	RAN='3 MB through the terminal'
	LAUNCHER=''
	wait_for ready || bad 'it did not start'
	find_launcher || bad 'no launcher'
	before=$(grep -E '^(VmPeak|VmData|VmStk):' "/proc/$LAUNCHER/status")
	wait_for later || bad 'the bytes did not come'
	after=$(grep -E '^(VmPeak|VmData|VmStk):' "/proc/$LAUNCHER/status")
	[ -n "$before" ] || bad 'nothing to see'
	[ "$before" = "$after" ] || bad "it grew: $before, then $after"
	release
}
wait_for() { # WORD
	local tries=0
	until grep -aq "$1" "$TMP/out"; do
		tries=$((tries + 1))
		[ $tries -lt $((400 * SLOW)) ] || return 1
		sleep 0.05
	done
}
t 'the launcher does not grow with what the command writes' flat

# --- system calls ---------------------------------------------------------------------------------------------

# All calls of each of pillbox's processes from its own filter on, in a trace of the whole launch. The
# last column: what it may do at all.
CALLS='
pillbox         : poll ppoll read write writev pidfd_send_signal waitid wait4 clock_gettime close rt_sigprocmask rt_sigaction rt_sigreturn restart_syscall munmap exit_group ioctl kill openat unlinkat brk mmap mremap mprotect
pillbox-init    : rt_sigtimedwait wait4 kill close_range exit_group rt_sigreturn restart_syscall
pillbox-guard   : poll ppoll pidfd_send_signal write close exit_group rt_sigreturn restart_syscall ioctl
pillbox-remover : rt_sigtimedwait getppid write unlinkat close exit_group rt_sigreturn restart_syscall
'

# pid, name and call of what comes after the filter; a process is named by its prctl(PR_SET_NAME).
after_filter() {
	awk '
		!launcher { launcher = $1 }
		/PR_SET_NAME, "pillbox-/ { match($0, /"[a-z-]+"/); name[$1] = substr($0, RSTART + 1, RLENGTH - 2) }
		confined[$1] && match($2, /^[a-z_0-9]+\(/) { print name[$1], substr($2, 1, RLENGTH - 1) }
		/^[0-9]+ +execve/ { confined[$1] = 0 }
		/PR_SET_SECCOMP, SECCOMP_MODE_FILTER/ && (name[$1] || $1 == launcher) {
			confined[$1] = 1
			if (!name[$1]) name[$1] = "pillbox"
		}' "$TMP/trace" | sort -u
}

check_calls() { # NAME...: has to be among them
	local name call list
	while read -r name call; do
		list=$(sed -n "s/^$name  *: //p" <<<"$CALLS")
		[[ " $list " = *" $call "* ]] || bad "$name calls $call"
	done <"$TMP/calls"
	for name; do
		grep -q "^$name " "$TMP/calls" || bad "no call of $name in the trace"
	done
}

# newuidmap is set-user-ID, which it is under a tracer that is root.
AS=(-u "$(user_of "$ID")")
[ -n "${AS[1]}" ] || AS=()

traced() { # NAMES OPTION... -- COMMAND...
	local names=$1 opts=()
	only_root || return
	shift
	while [ "$1" != -- ]; do
		opts+=("$1")
		shift
	done
	shift
	local ID=root # the tracer: it reads the names of processes that are not dumpable
	run strace -f -qq "${AS[@]}" -o "$TMP/trace" "$PB" run ${opts[@]+"${opts[@]}"} "$ROOT" -- "$@"
	after_filter >"$TMP/calls"
	# shellcheck disable=SC2086 # a list
	check_calls $names
}

traced_plain() { traced 'pillbox pillbox-init' -- /bin/sh -c 'echo a; sleep 0.1; kill $$; exit 3'; want_rc 143; }
traced_bystanders() { traced 'pillbox pillbox-guard' --no-init --stats -- /bin/echo b; want_ok; }
traced_term() {
	only_root || return
	local ID=root
	on_tty "strace -f -qq ${AS[*]} -o $TMP/trace $PB run --stats $ROOT -- /bin/sh -c 'ls /; stty size; exit 4'"
	want_rc 4
	after_filter >"$TMP/calls"
	check_calls pillbox pillbox-init pillbox-guard
}
# Of a sanitized pillbox its runtime makes calls of its own (asan_rules in minifilter.c).
if [ -z "$SANITIZED" ]; then
	t 'no system call but those of the list' traced_plain
	t 'no system call but those of the list: without init, with figures' traced_bystanders
	t 'no system call but those of the list: on a terminal' traced_term
fi

# The list is the kernel's business: a call that is not on it ends the launcher, and all with it. Made
# by a launcher without a filter it does nothing.
stray() { # WHAT STATUS
	if [ ! -x "$BARE" ]; then
		skip 'pillbox-bare is not built: make seam'
		return
	fi
	run "$BARE" "$1" run "$ROOT" -- /bin/sleep 0.2
	want_rc "$2"
}
t 'a system call that is not on the list ends the launcher' stray stray 159
t 'counterpart: without the filter it does not' stray stray-free 0

# --- from inside -----------------------------------------------------------------------------------------------

# The command as root inside, with every capability there and without a filter: what keeps it from
# pid 1 is pid 1 itself.
FREE=(--preset docker -u 0:0 --cap-add ALL --security-opt seccomp=unconfined --security-opt no-new-privileges=false
	--security-opt systempaths=unconfined --security-opt apparmor=unconfined --pids-limit -1)

against_init() { # EXPECTED ATTEMPT...
	local want=$1
	shift
	inside "${FREE[@]}" -- try "$@"
	want_ok
	want_out "$1=$want"
}
t 'the command cannot trace its init' against_init '(EPERM|EACCES)' ptrace1
t 'the command cannot write its memory' against_init '(EPERM|EACCES)' vm-write
t 'the command cannot open its memory' against_init '(EPERM|EACCES)' mem

# ... and the same attempts succeed with a process that is not confined: the command's own child.
against_child() {
	pb "${FREE[@]}" "$ROOT" -- /bin/sh -c 'sleep 100 & for a in ptrace1 vm-write mem; do /bin/probe try $a $!; done; kill $!'
	want_ok
	want_out 'ptrace1=OK'
	want_out 'mem=OK'
}
t 'counterpart: a process that is not confined lets it' against_child

stop_init() { # what init passes on, the command ignores here
	pb "${FREE[@]}" "$ROOT" -- /bin/sh -c 'trap "" TSTP INT HUP QUIT USR1
		for s in STOP KILL TSTP INT HUP QUIT USR1; do kill -$s 1; done
		(sleep 0.1 &); sleep 0.3; grep State: /proc/1/status; exit 9'
	want_rc 9
	want_out 'State:.S \(sleeping\)'
}
t 'the command cannot stop or end its init' stop_init

binary() {
	pb "${FREE[@]}" "$ROOT" -- /bin/sh -c 'cat /proc/1/exe >/dev/null 2>&1 && echo read
		(echo x >/proc/1/exe) 2>/dev/null && echo written
		for d in fd cwd/ root/ map_files; do for f in /proc/1/$d/*; do [ ! -e "$f" ] || echo "$f"; done; done; echo done'
	want_ok
	[ "$OUT" = 'done' ] || bad "it sees $OUT"
	inside "${FREE[@]}" -- try exe-write
	want_no_out 'exe-write=OK'
}
t 'the command reaches neither binary nor descriptors of its init' binary

# The launcher has no pid inside, and nothing that says who it is.
hidden() {
	inside "${FREE[@]}" -- facts
	want_ok
	want_fact ppid 1
	pb "${FREE[@]}" --no-init "$ROOT" -- /bin/sh -c 'echo "parent $PPID"; kill -KILL 0; kill -KILL -1; echo alive'
	want_out 'parent 0'
}
t 'the command does not see the launcher' hidden

# What only pillbox says, or the status that only pillbox gives: the command's own words go to its own
# streams, and --stats tells who ended.
fooled() {
	pb --stats "$ROOT" -- /bin/sh -c 'exit 125'
	want_rc 125
	want_err '^pillbox: usage: ended +with status 125'
	want_no_out '.*pillbox: .*'
	pb --stats "$ROOT" -- /bin/sh -c 'exit 137'
	want_rc 137
	want_err '^pillbox: usage: ended +with status 137'
	pb --stats "$ROOT" -- /bin/sh -c 'kill -KILL $$'
	want_rc 137
	want_err '^pillbox: usage: ended +by signal 9'
}
t 'the command cannot pass an exit for a signal' fooled
