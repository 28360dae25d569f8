# shellcheck shell=bash disable=SC2016,SC2034 # inner shells expand; LIMIT is lib.sh's
# SPDX-License-Identifier: Apache-2.0
# 30-bad-input.sh - what a user sees who asked for what cannot be had: one line that names the
# option or file, the value and the cause; the right status; nothing left behind.

# refused RC WORD... -- ARG...: pillbox run ARGs
refused() {
	local rc=$1 words=()
	shift
	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	shift
	pb "$@"
	want_refused "$rc" ${words[@]+"${words[@]}"}
}

# bad NAME WORD ARG...: an option with a bad value before a good rootfs
bad_option() {
	local name=$1 word=$2
	shift 2
	t "$name" refused 125 "$word" -- "$@" "$ROOT" -- true
}

long=$(printf '%0300d' 0)

# --- command line -------------------------------------------------------------------------------

t 'no arguments at all' refused 125 rootfs --
bad_option 'unknown option, with the nearest name' 'memory' --memroy 64m
bad_option 'unknown option' 'no-such' --no-such
bad_option 'unknown short option' '-Z' -Z

no_value() { pb -m; want_refused 125 '-m|memory'; }
t 'an option without its value' no_value
t 'ROOTFS is an empty string' refused 125 'empty|rootfs' -- '' -- true
bad_option '-w with an empty string' 'workdir|-w' -w ''
bad_option '-v with an empty string' 'volume|-v' -v ''
bad_option '--secret with an empty string' 'secret' --secret ''
bad_option '--preset unknown' 'preset' --preset medium
bad_option '--network unknown' 'network' --network bridge
bad_option '--read-only and --writable' 'writable|read-only' --read-only --writable
bad_option '-t and --no-tty' 'tty' -t --no-tty
bad_option 'the same limit twice, not alike' 'memory|-m' -m 64m -m 128m
bad_option '-u twice, not alike' 'user|-u' -u 1 -u 2

for value in 1e9 -5 0x10 ' 5' '5 ' 99999999999999999999 1.5.2 +5 05 '' x; do
	bad_option "--pids-limit '$value'" 'pids-limit' --pids-limit "$value"
done
for value in 10Q 18446744073709551616 0 5m -1 1.5.2m '10 m' m ''; do
	bad_option "-m '$value'" 'memory|-m' -m "$value"
done
for value in 0 -1 1e3 0x2 abc '' 1000000000000 0.0000001; do
	bad_option "--cpus '$value'" 'cpus' --cpus "$value"
done
for value in 1 262145 -3 12x; do
	bad_option "--cpu-shares '$value'" 'cpu-shares' --cpu-shares "$value"
done
for value in 9 1001 x; do
	bad_option "--blkio-weight '$value'" 'blkio-weight' --blkio-weight "$value"
done
for value in 0- a 1,,2 3-1 9999 ''; do
	bad_option "--cpuset-cpus '$value'" 'cpuset' --cpuset-cpus "$value"
done
for value in 1001 -1001 1.5 x ''; do
	bad_option "--oom-score-adj '$value'" 'oom-score-adj' --oom-score-adj "$value"
done
for value in 01 +1 ' 1' 1x -1 4294967295 4294967296 '' :5 1: '1:-1' '1:x y' no-such-user; do
	bad_option "-u '$value'" 'user|-u' -u "$value"
done
for value in -1 4294967295 01 no-such-group ''; do
	bad_option "--group-add '$value'" 'group' --group-add "$value"
done
for value in nofile nofile=x nofile=10:5 nosuch=5 nofile=-2 =5 nofile= nofile=1:2:3; do
	bad_option "--ulimit '$value'" 'ulimit' --ulimit "$value"
done
for value in kernel.core_pattern=x 'net.ipv4.ip_forward=1+kernel.core_pattern=x' \
	net/../kernel/core_pattern=x net.ipv4.no_such_thing=1 novalue =1 ''; do
	bad_option "--sysctl '$value'" 'sysctl' --sysctl "$value"
done
for value in "$(printf '%065d' 0)" '' 'a b' a/b $'a\nb'; do
	bad_option "--hostname '${value:0:10}'" 'hostname' --hostname "$value"
done
for value in .. . a/b "$long" $'a\nb' '' 'a b'; do
	bad_option "--name '${value:0:10}'" 'name' --name "$value"
done
for value in NO_SUCH 41 '' cap_ CAP_CHOWN,,CAP_KILL; do
	bad_option "--cap-add '$value'" 'cap' --cap-add "$value"
done
for value in seccomp=/nowhere.json seccomp= nonsense apparmor= no-new-privileges=maybe ''; do
	bad_option "--security-opt '$value'" 'security-opt|seccomp|apparmor|nowhere' --security-opt "$value"
done
for value in nothing cgroups '' 'cgroup,'; do
	bad_option "--allow-missing '$value'" 'allow-missing' "--allow-missing=$value"
done
for value in NOSUCH 0 65 -9 ''; do
	bad_option "--stop-signal '$value'" 'stop-signal' --stop-signal "$value"
done
for value in -1 x '' 1e5; do
	bad_option "--stop-timeout '$value'" 'stop-timeout' --stop-timeout "$value"
done
for value in -1 x 100000 5; do
	bad_option "--preserve-fds '$value'" 'preserve-fds|descriptor' --preserve-fds "$value"
done
for value in '=x' ''; do
	bad_option "-e '$value'" '(env|-e)' -e "$value"
done

# --- mounts -------------------------------------------------------------------------------------

as "$ID" mkdir -p "$TMP/dir"
as "$ID" sh -c "echo x >$TMP/file"
bad_option '-v without a target' '-v|volume' -v "$TMP/dir"
bad_option '-v with a source that is not there' '/nowhere' -v /nowhere:/mnt
bad_option '-v on a relative target' 'mnt' -v "$TMP/dir:mnt"
bad_option '-v on /' "-v|volume" -v "$TMP/dir:/"
bad_option '-v on /proc' '/proc' -v "$TMP/dir:/proc"
bad_option '-v on /proc/sys' '/proc' -v "$TMP/dir:/proc/sys"
bad_option '-v with ..' '\.\.' -v "$TMP/dir:/mnt/../etc"
bad_option '-v with an unknown option' 'wat' -v "$TMP/dir:/mnt:wat"
bad_option '-v of a file on a directory' 'director' -v "$TMP/file:/mnt"
bad_option '-v of a directory on a file' 'director' -v "$TMP/dir:/etc/passwd"
bad_option 'two mounts on one target' '/mnt' -v "$TMP/dir:/mnt" --tmpfs /mnt
bad_option '--mount without a type' 'mount' --mount "source=$TMP/dir,target=/mnt"
bad_option '--mount of an unknown type' 'volume' --mount "type=volume,source=$TMP/dir,target=/mnt"
bad_option '--mount with an unknown field' 'colour' --mount "type=bind,source=$TMP/dir,target=/mnt,colour=red"
bad_option '--tmpfs with a bad size' 'size' --tmpfs /mnt:size=lots
bad_option '--tmpfs with a bad mode' 'mode' --tmpfs /mnt:mode=888
bad_option '--shm-size 0' 'shm-size' --shm-size 0
bad_option '--secret that is not there' '/nowhere' --secret src=/nowhere
bad_option '--secret from a variable that is not set' 'NOT_SET' --secret env=NOT_SET
bad_option '--secret with a path as its name' 'target' --secret "src=$TMP/file,target=../x"
bad_option '--config that is not there' '/nowhere' --config src=/nowhere
bad_option '--config that never ends' 'not a regular file' --config src=/dev/zero
bad_option '--config over a directory' '/etc.*directory' --config content=x,target=/etc
bad_option '--config and --add-host want the same file' '/etc/hosts' --config content=x,target=/etc/hosts --add-host a:::1
bad_option '--add-host with a line break' 'not an address' --add-host $'a:1.2.3.4\n6.6.6.6 b'
bad_option '--overlay that is not there' '/nowhere' --overlay /nowhere
bad_option '--env-file that is not there' '/nowhere' --env-file /nowhere
bad_option '--env-file that is a directory' 'dir' --env-file "$TMP/dir"
bad_option '--env-file that never ends' '/dev/zero' --env-file /dev/zero

fifo() {
	as "$ID" mkfifo "$TMP/fifo"
	LIMIT=5
	pb --env-file "$TMP/fifo" "$ROOT" -- true
	LIMIT=
	want_refused 125 fifo
	as "$ID" rm -f "$TMP/fifo"
}
t '--env-file that is a fifo' fifo

same_message() { # what cannot be read must not be told from what is not there
	local hidden absent
	mkdir -p "$STAGE/hidden-$ID/sub"
	chmod 700 "$STAGE/hidden-$ID"
	pb -v "$STAGE/hidden-$ID/sub:/mnt" "$ROOT" -- true
	want_rc 125
	hidden=${ERR//sub/X}
	pb -v "$STAGE/hidden-$ID/nop:/mnt" "$ROOT" -- true
	want_rc 125
	absent=${ERR//nop/X}
	[ "$hidden" = "$absent" ] || bad "told apart: $hidden -- $absent"
}
# Only root can hide a directory from the user that runs pillbox.
[ "$ID" = root ] || [ "$(id -u)" != 0 ] || t 'an unreadable source and an absent one look alike' same_message

# --- profiles -----------------------------------------------------------------------------------

profile() { # NAME WORD TEXT
	as "$ID" sh -c "cat >$TMP/profile.json" <<<"$3"
	t "seccomp: $1" refused 125 "$2" -- --security-opt "seccomp=$TMP/profile.json" "$ROOT" -- true
}
allow='{ "names": ["read"], "action": "SCMP_ACT_ALLOW"'
profile 'not JSON, with line and column' 'profile.json:2:1: not JSON' $'{\n?'
profile 'truncated' 'profile.json:1:[0-9]+: not JSON' '{ "defaultAction": '
profile 'empty file' 'profile.json:1:1: not JSON' ''
profile 'a list, not an object' 'profile.json:1:1: the profile is not a JSON object' '[]'
profile 'no default action' 'profile.json:1:1: "defaultAction" is missing' '{ "syscalls": [] }'
profile 'an empty object' 'seccomp=unconfined' '{}'
profile 'unknown field' 'profile.json:2:2: unknown field "colour"' $'{ "defaultAction": "SCMP_ACT_ALLOW",\n "colour": 1 }'
profile 'unknown action' 'profile.json:1:20: unknown action "SCMP_ACT_MAYBE"' '{ "defaultAction": "SCMP_ACT_MAYBE" }'
profile 'an action that needs an agent' 'profile.json:1:20: SCMP_ACT_NOTIFY needs an agent' '{ "defaultAction": "SCMP_ACT_NOTIFY" }'
profile 'an agent' 'profile.json:1:54: listenerPath needs an agent' '{ "defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/run/a" }'
profile 'unknown architecture' 'profile.json:1:56: unknown architecture "SCMP_ARCH_TOASTER"' '{ "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_TOASTER"] }'
profile 'unknown flag' 'profile.json:1:48: unknown flag "LOG"' '{ "defaultAction": "SCMP_ACT_ALLOW", "flags": ["LOG"] }'
profile 'denies execve' 'execve' '{ "defaultAction": "SCMP_ACT_ERRNO" }'
rule() { # NAME WORD REST-OF-A-RULE: it stands in line 2
	profile "$1" "profile.json:2:[0-9]+: syscalls.0.[^ ]*: $2" '{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		{ "names": ["read"], "action": "SCMP_ACT_ERRNO", '"$3"' } ] }'
}
arg() { # NAME WORD ARGUMENT
	rule "$1" "$2" "\"args\": [ { $3 } ]"
}
arg 'argument index 6' '"index" is not in 0..5' '"index": 6, "value": 1, "op": "SCMP_CMP_EQ"'
arg 'unknown operator' 'unknown operator "SCMP_CMP_MAYBE"' '"index": 0, "value": 1, "op": "SCMP_CMP_MAYBE"'
arg 'a negative value' '"value" is negative' '"index": 0, "value": -1, "op": "SCMP_CMP_EQ"'
arg 'a value above 64 bits' '"value" is not in 0..18446744073709551615' '"index": 0, "value": 18446744073709551616, "op": "SCMP_CMP_EQ"'
arg 'a value that is a string' '"value" is not a whole number' '"index": 0, "value": "18446744073709551615", "op": "SCMP_CMP_EQ"'
rule 'errnoRet 5000' '"errnoRet" is 5000' '"errnoRet": 5000'
rule 'a name that is no errno' 'no errno is called "ENONSENSE"' '"errno": "ENONSENSE"'
rule 'unknown capability in includes' 'unknown capability "CAP_NOSUCH"' '"includes": { "caps": ["CAP_NOSUCH"] }'
rule 'a rule without a list of arguments' '"args" is not a list' '"args": {}'
profile 'the same key twice' 'profile.json:2:15: not JSON: duplicate' $'{ "defaultAction": "SCMP_ACT_ALLOW",\n"defaultAction": "SCMP_ACT_ALLOW" }'
profile 'nested too deeply' 'profile.json:1:[0-9]+: not JSON: maximum parsing depth' "$(head -c 5000 /dev/zero | tr '\0' '[')"
profile 'more than a megabyte' 'larger than the limit of 1048576 bytes' "$(head -c 1100000 /dev/zero | tr '\0' ' ')"
profile 'not UTF-8' 'profile.json:1:4: not JSON: byte 0xe9 is not UTF-8' $'{ "\xe9": 1 }'
profile 'UTF-16' 'profile.json:1:1: not JSON: byte 0xff is not UTF-8' $'\xff\xfe{'
profile 'a byte order mark' 'profile.json:1:1: not JSON: it starts with a byte order mark' $'\xef\xbb\xbf{ "defaultAction": "SCMP_ACT_ALLOW" }'

# --- the rootfs ---------------------------------------------------------------------------------

t 'rootfs: not there' refused 125 '/nowhere' -- /nowhere -- true
t 'rootfs: a file' refused 125 'director' -- "$TMP/file" -- true
root_slash() { pb / -- true; [ "$RC" = 0 ] || want_refused 125 '/'; }
t 'rootfs: /: it works or it says why' root_slash

# A tree of its own for each: tree NAME COMMAND changes it, then RC and words as with refused
tree() { # NAME RC WORD SHELL-TEXT [COMMAND]
	t "rootfs: $1" tree_case "$2" "$3" "$4" "${5-true}"
}
tree_case() {
	local dir=$TMP/tree
	as "$ID" cp -a "$ROOT" "$dir"
	as "$ID" sh -c "cd $dir && $3" || bad "cannot prepare the tree"
	pb "$dir" -- "$4"
	as "$ID" sh -c "chmod -R u+rwX $dir; rm -rf $dir"
	want_refused "$1" "$2"
}
tree_runs() { # NAME SHELL-TEXT: what must not matter
	t "rootfs: $1 does not matter" tree_runs_case "$2"
}
tree_runs_case() {
	local dir=$TMP/tree
	as "$ID" cp -a "$ROOT" "$dir"
	as "$ID" sh -c "cd $dir && $1" || bad "cannot prepare the tree"
	pb "$dir" -- /bin/busybox true
	as "$ID" sh -c "chmod -R u+rwX $dir; rm -rf $dir"
	want_ok
}

tree 'the command is not there' 127 'no-such-command' ':' no-such-command
tree 'the command is not there, with a path' 127 '/bin/nothing' ':' /bin/nothing
tree 'the command is a directory' 126 '/etc' ':' /etc
tree 'the command is not executable' 126 '/etc/passwd' ':' /etc/passwd
tree 'the command is an empty file' 126 '/bin/empty' ': >bin/empty; chmod 755 bin/empty' /bin/empty
tree 'the interpreter is not there' 127 '/usr/bin/nope' 'printf "#!/usr/bin/nope\n" >bin/s; chmod 755 bin/s' /bin/s
tree 'the loader is not there' 127 'ld-linux|loader|interpreter' 'cp /bin/true bin/dyn' /bin/dyn
tree 'another architecture' 126 'arch|machine|format' \
	'head -c 18 bin/busybox >bin/arm; printf "\267\000" >>bin/arm; tail -c +21 bin/busybox >>bin/arm; chmod 755 bin/arm' /bin/arm
for dir in proc dev; do
	tree "/$dir is an absolute symlink" 125 "/?$dir" "rmdir $dir; ln -s $STAGE/sentinel $dir"
	tree "/$dir is a symlink that climbs out" 125 "/?$dir" "rmdir $dir; ln -s ../../../../$STAGE/sentinel $dir"
	tree "/$dir is a loop" 125 "/?$dir" "rmdir $dir; ln -s $dir $dir"
	tree "/$dir dangles" 125 "/?$dir" "rmdir $dir; ln -s nowhere $dir"
	tree "/$dir is a file" 125 "/?$dir" "rmdir $dir; : >$dir"
	tree "/$dir is a fifo" 125 "/?$dir" "rmdir $dir; mkfifo $dir"
done
tree '/tmp is a file' 125 '/?tmp' 'rmdir tmp; : >tmp'
tree '/var/tmp below a file' 125 'var' 'rm -rf var; : >var'
tree '/run is a loop' 125 '/?run' 'rmdir run; ln -s run run'
for name in resolv.conf hosts hostname passwd; do
	tree_runs "/etc/$name as a symlink to the host" "rm -f etc/$name; ln -s $STAGE/sentinel/file etc/$name"
	tree_runs "/etc/$name as a loop" "rm -f etc/$name; ln -s $name etc/$name"
done
tree_runs 'an absent /proc, /dev, /tmp, /run, /var' 'rmdir proc dev tmp run var/tmp var'
tree_runs 'no /etc at all' 'rm -rf etc'
tree_runs '/tmp with mode 000' 'chmod 000 tmp'
tree_runs 'passwd without a final newline, with CRLF' 'printf "root:x:0:0::/:/bin/sh\r\napp:x:1000:1000::/:/bin/sh" >etc/passwd'
tree_runs 'names with newlines, setuid files' 'touch "$(printf "a\nb")"; cp bin/busybox bin/su2; chmod 4755 bin/su2'

unreadable() {
	as "$ID" sh -c "mkdir $TMP/closed && chmod 000 $TMP/closed"
	pb "$TMP/closed" -- true
	if [ "$ID" = root ]; then
		[ "$RC" -ge 125 ] || bad "exit status $RC"
	else
		want_rc 125
		want_err 'closed'
	fi
	as "$ID" rmdir "$TMP/closed"
}
t 'rootfs: unreadable' unreadable

workdir_missing() { refused 125 '/no/such/dir' -- -w /no/such/dir "$ROOT" -- true; }
t '-w that is not there' workdir_missing

control_name() { pb $'/no\e[31mwhere' -- true; want_refused 125 'where'; }
t 'control characters in a name are escaped' control_name

# --- the caller's own state ---------------------------------------------------------------------

closed() { # REDIRECTIONS as text: which of 0 1 2 are closed
	run sh -c "\"\$0\" run \"\$1\" -- /bin/sh -c 'true <&0 && echo x >&1 && echo y >&2 && exit 7' $1" "$PB" "$ROOT"
	want_rc 7
}
for which in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
	t "standard descriptors closed: $which" closed "$which"
done

stdin_dir() { pb "$ROOT" -- true </etc; want_refused 125 'stdin|standard input|descriptor 0'; }
t 'standard input is a directory' stdin_dir

full() { run sh -c '"$0" run "$1" -- /bin/echo hello >/dev/full' "$PB" "$ROOT"; want_rc 1; }
t 'standard output is /dev/full: the workload sees it' full

pipe_closed() { run sh -c '"$0" run "$1" -- /bin/sh -c "sleep 0.2; yes" | head -n 1' "$PB" "$ROOT"; want_ok; want_out y; }
t 'standard output is a pipe that closes' pipe_closed

sigchld() { run sh -c 'trap "" CHLD; exec "$0" run "$1" -- /bin/sh -c "exit 9"' "$PB" "$ROOT"; want_rc 9; }
t 'SIGCHLD ignored by the caller' sigchld

low_limits() { # LIMIT
	# A sanitizer maps terabytes and loads its library before main(): such limits are its end, not ours.
	case $1 in
	'-n 3' | -v*) if grep -q libasan "$PB"; then skip 'the sanitizer cannot start'; return; fi ;;
	esac
	run sh -c "ulimit $1; exec \"\$0\" run \"\$1\" -- /bin/sh -c 'exit 9'" "$PB" "$ROOT"
	[ "$RC" = 9 ] || want_refused 125
}
for limit in '-n 8' '-n 3' '-f 0' '-s 64' '-v 20000' '-v 5000'; do # below that the C library ends before main()
	t "caller's ulimit $limit: it works or it says why" low_limits "$limit"
done

# In a user namespace of its own, whose counters the caller may set.
no_counter() { # KIND
	run unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_'"$1"'_namespaces; exec "$0" run "$1" -- true' "$PB" "$ROOT"
	want_refused 125 'clone' "hint: /proc/sys/user/max_$1_namespaces is 0"
}
for kind in net pid ipc; do
	t "no $kind namespaces are left: the counter is named" no_counter $kind
done

deleted_cwd() { run sh -c 'mkdir "$2"; cd "$2"; rmdir "$2"; exec "$0" run "$1" -- /bin/sh -c "exit 9"' "$PB" "$ROOT" "$TMP/gone"; want_rc 9; }
t 'the current directory is deleted' deleted_cwd

relative() { run sh -c 'cd "$1"; exec "$0" run . -- /bin/sh -c "exit 9"' "$PB" "$ROOT"; want_rc 9; }
t 'rootfs is the current directory' relative

many_fds() { run bash -c 'ulimit -n 4096; for ((i = 10; i < 4000; i++)); do eval "exec $i</dev/null"; done; exec "$0" run "$1" -- /bin/probe facts' "$PB" "$ROOT"; want_ok; want_fact fds 3; }
t '4000 inherited descriptors' many_fds

big_argument() { run bash -c 'exec "$0" run "$1" -- /bin/sh -c "echo \${#1}" sh "$(head -c 131000 /dev/zero | tr "\0" x)"' "$PB" "$ROOT"; want_ok; want_out 131000; }
t 'an argument of 131,000 bytes' big_argument

big_argv() { run bash -c 'exec "$0" run "$1" -- /bin/sh -c "echo \$#" sh $(seq 1 60000)' "$PB" "$ROOT"; want_ok; want_out 60000; }
t 'an argv of 60,000 words' big_argv

big_env() {
	as "$ID" sh -c "seq 1 30000 | sed 's/.*/V&=0123456789/' >$TMP/big"
	pb --env-file "$TMP/big" "$ROOT" -- /bin/sh -c 'env | wc -l'
	[ "$RC" != 0 ] || want_out '3000[0-9]'
	[ "$RC" = 0 ] || want_refused 125
}
t 'an environment of 30,000 variables' big_env

not_setuid() {
	cp "$PB" "$STAGE/pillbox-suid"
	chmod 4755 "$STAGE/pillbox-suid"
	run "$STAGE/pillbox-suid" run "$ROOT" -- true
	rm -f "$STAGE/pillbox-suid"
	want_refused 125 'set-?uid|set-user'
}
if [ "$ID" != root ] && [ "$(id -u)" = 0 ]; then
	t 'pillbox with a set-uid bit' not_setuid
fi

userns_off() { # in a user namespace of its own, where the counter can be set to nothing
	run unshare --user --map-root-user sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$0" run "$1" -- true' "$PB" "$ROOT"
	want_refused 125 'max_user_namespaces'
}
t 'user namespaces are used up' userns_off
