# shellcheck shell=bash disable=SC2046,SC2016 # $(preset NAME) is a list of words; inner shells expand
# SPDX-License-Identifier: Apache-2.0
# 20-options.sh - each option of `pillbox run`, seen from inside.

sh_in() { # SCRIPT [OPTION...]: a shell script in the sandbox
	local script=$1
	shift
	pb "$@" "$ROOT" -- /bin/sh -c "$script"
}

# A directory of the identity's with a file in it, to be bound.
share=$TMP/share
as "$ID" mkdir -p "$share/sub"
as "$ID" sh -c "echo hello >$share/file; chmod 666 $share/file; chmod 755 $share $share/sub"

# --- what to run --------------------------------------------------------------------------------

exit_code() { sh_in 'exit 42'; want_rc 42; }
t 'the exit status is the command'"'"'s' exit_code

default_command() { pb "$ROOT" </dev/null; want_ok; }
t 'no command: /bin/sh' default_command

path_search() { pb "$ROOT" -- id -u; want_ok; want_out 1000; }
t 'a command without a slash is looked for in PATH' path_search

arguments() {
	pb "$ROOT" -- /bin/probe facts '' 'a b' $'new\nline' $'\xff\xfe' '--' -x
	want_ok
	want_fact argv.2 ''
	want_fact argv.3 'a b'
	want_fact argv.4 'new\x0aline'
	want_fact argv.6 --
	want_fact argv.7 -x
	[ "$(fact argv.5 | od -An -tx1 | tr -d ' \n')" = fffe0a ] || bad 'bytes that are no UTF-8 were changed'
}
t 'arguments arrive byte for byte' arguments

stdin_passes() {
	# shellcheck disable=SC2317
	piped() { printf 'one\ntwo\n' | pb "$ROOT" -- wc -l; want_ok; }
	printf 'one\ntwo\n' >"$TMP/in"
	chmod 644 "$TMP/in"
	pb "$ROOT" -- wc -l <"$TMP/in"
	want_ok
	want_out 2
}
t 'standard input is connected' stdin_passes

streams() {
	sh_in 'echo out; echo err >&2; exit 3'
	want_rc 3
	[ "$OUT" = out ] || bad "output: $OUT"
	[ "$ERR" = err ] || bad "errors: $ERR"
}
t 'output and errors stay apart' streams

workdir() { inside -w /var/tmp -- facts; want_ok; want_fact cwd /var/tmp; }
t '-w' workdir

env_options() {
	as "$ID" sh -c "printf 'A=file\n# no\n\nB=two words\n' >$TMP/envfile"
	run env GIVEN=outer "$PB" run --env-file "$TMP/envfile" -e A=cli -e GIVEN -e EMPTY= "$ROOT" -- /bin/probe
	want_ok
	fact env | grep -qx 'A=cli' || bad "A: $(fact env | grep '^A=')"
	fact env | grep -qx 'B=two words' || bad 'B of --env-file'
	fact env | grep -qx 'GIVEN=outer' || bad '-e GIVEN does not pass the value on'
	fact env | grep -qx 'EMPTY=' || bad '-e EMPTY='
}
t '-e and --env-file' env_options

unset_env() { inside -e NOT_SET_ANYWHERE -- facts; want_ok; want_no_out 'env=NOT_SET_ANYWHERE.*'; }
t '-e of a variable that is not set' unset_env

preserve() {
	exec 3<"$share/file" 4</dev/zero 7</etc/passwd
	pb --preserve-fds 1 "$ROOT" -- /bin/probe facts
	exec 3<&- 4<&- 7<&-
	want_ok
	want_fact fds 4
	[ -n "$(fact fd.3)" ] || bad 'descriptor 3 is not there'
}
t '--preserve-fds 1 hands on descriptor 3 and no other' preserve

# --- root and files -----------------------------------------------------------------------------

ro_root() { sh_in 'touch /new'; want_rc 1; want_err 'Read-only'; }
t 'hardened: the root is read-only' ro_root

writable() {
	sh_in 'echo new >/etc/new && rm /etc/hosts && cat /etc/new' --writable -u 0
	want_ok
	want_out new
	if [ -e "$ROOT/etc/new" ] || [ ! -e "$ROOT/etc/hosts" ]; then
		bad 'the tree was changed'
	fi
}
t '--writable: changes vanish' writable

docker_writes() { sh_in 'echo new >/etc/new && cat /etc/new' $(preset docker); want_ok; want_out new; }
t 'docker: the root is writable' docker_writes

overlay() {
	local dir=$TMP/upper
	as "$ID" mkdir -p "$dir"
	sh_in 'echo kept >/etc/kept' --overlay "$dir" -u 0
	want_ok
	sh_in 'cat /etc/kept' --overlay "$dir"
	want_ok
	want_out kept
	[ ! -e "$ROOT/etc/kept" ] || bad 'the tree was changed'
}
[ "$ID" = none ] || t '--overlay keeps the changes' overlay

bind() {
	sh_in 'cat /mnt/file; echo more >>/mnt/file' -v "$share:/mnt:ro"
	want_rc 1
	want_out hello
	want_err 'Read-only'
}
t '-v SRC:DST:ro' bind

bind_made() {
	sh_in 'cat /deep/er/file' -v "$share:/deep/er:ro"
	want_ok
	want_out hello
	[ ! -e "$ROOT/deep" ] || bad 'a mount point was made in the tree'
}
t '-v to a place that is not there' bind_made

bind_file() { sh_in 'cat /etc/hosts' -v "$share/file:/etc/hosts:ro"; want_ok; want_out hello; }
t '-v of a file' bind_file

bind_writes() {
	sh_in 'echo from inside >/mnt/made' -v "$share:/mnt" $(case $ID in root) echo -u 0 ;; range) echo -u 0 ;; esac)
	if [ "$ID" = root ]; then
		# the tree of the host's root: its owner is not in the map, so it stays closed
		want_rc 1
	else
		want_ok
		[ "$(as "$ID" cat "$share/made")" = 'from inside' ] || bad 'the file is not there'
		[ "$(stat -c %U "$share/made")" = "$(as "$ID" id -un)" ] || bad "owner $(stat -c %U "$share/made")"
		as "$ID" rm -f "$share/made"
	fi
}
t '-v writable: files are the caller'"'"'s' bind_writes

mount_bind() { sh_in 'cat /mnt/file' --mount "type=bind,source=$share,target=/mnt,readonly"; want_ok; want_out hello; }
t '--mount type=bind' mount_bind

mount_tmpfs() {
	inside --mount type=tmpfs,target=/mnt,tmpfs-size=1m,tmpfs-mode=0700 -- facts
	want_ok
	fact mount | grep -qE '^/mnt tmpfs rw,nosuid,nodev[^ ]* [^ ]*size=1024k[^ ]*mode=700' || bad "$(fact mount | grep '^/mnt')"
}
t '--mount type=tmpfs' mount_tmpfs

tmpfs_limit() {
	inside --tmpfs /mnt:size=2m -- try fill /mnt/fill 10
	want_out 'mib=2'
	want_out 'fill=ENOSPC'
}
t '--tmpfs size= is enforced' tmpfs_limit

tmpfs_noexec() {
	inside --tmpfs /mnt -- try exec-from /mnt/prog
	want_out 'exec-from=EACCES'
	inside --tmpfs /mnt:exec -- try exec-from /mnt/prog
	want_out 'exec-from=(OK|EXIT0)'
}
t '--tmpfs is noexec unless said otherwise' tmpfs_noexec

tmp_exec() { inside -- try exec-from /tmp/prog; want_out 'exec-from=(OK|EXIT0)'; }
t 'hardened: programs may run from /tmp' tmp_exec

tmp_noexec() { inside $(preset strict) -- try exec-from /tmp/prog; want_out 'exec-from=EACCES'; }
t 'strict: no programs from /tmp' tmp_noexec

shm() {
	inside --shm-size 1m -- try fill /dev/shm/fill 10
	want_out 'mib=1'
	want_out 'fill=ENOSPC'
}
t '--shm-size' shm

secret() {
	as "$ID" sh -c "echo hush >$TMP/secret; chmod 600 $TMP/secret"
	run env TOKEN=word "$PB" run --secret "src=$TMP/secret" --secret env=TOKEN,target=tok,mode=0440 "$ROOT" -- \
		/bin/sh -c 'cat /run/secrets/secret; cat /run/secrets/tok; echo; stat -c %a /run/secrets/secret /run/secrets/tok; env; echo x >/run/secrets/new'
	want_rc 1
	want_out hush
	want_out word
	want_out 400
	want_out 440
	want_no_out 'TOKEN=.*'
}
t '--secret: in a file, not in the environment' secret

secret_elsewhere() {
	as "$ID" sh -c "echo hush >$TMP/secret; chmod 600 $TMP/secret"
	run "$PB" run --verify --secret "src=$TMP/secret,target=/etc/app/key,mode=0440" \
		--secret content=word,target=/run/secrets/w "$ROOT" -- /bin/sh -c \
		'cat /etc/app/key /run/secrets/w; echo; stat -c %a /etc/app/key; ls /etc/app /run/secrets; echo x >/etc/app/key; rm /etc/app/key; cp /bin/true /tmp/ && /etc/app/key'
	want_rc 126
	want_out hush
	want_out word
	want_out 440
	[ ! -e "$ROOT/etc/app" ] || bad 'a mount point was made in the rootfs'
	has_line 'Read-only file system|Permission denied' "$ERR" || bad 'written'
	inside --secret "src=$TMP/secret,target=/etc/app/key" -- facts
	want_out 'mount=/etc/app/key .*ro,.*noexec.*'
}
t '--secret with a path of its own: there, read-only, and nothing stays' secret_elsewhere

config() {
	run env CONF='of the environment' "$PB" run --verify --config "\"content=a,b\",target=/tmp/c" \
		--config env=CONF,target=etc/env.conf,mode=0600 --config "src=$STAGE/sentinel/file,target=/usr/x" "$ROOT" -- \
		/bin/sh -c 'cat /tmp/c; echo; cat /etc/env.conf; echo; cat /usr/x; stat -c "%n %a" /tmp/c /etc/env.conf /usr/x; echo x >/tmp/c'
	want_rc 1
	want_out 'a,b'
	want_out 'of the environment'
	want_out "$(head -n 1 "$STAGE/sentinel/file")"
	want_out '/tmp/c 444'
	want_out '/etc/env.conf 600'
	want_out '/usr/x 444'
	want_err 'Read-only file system'
}
t '--config: a text, a variable, a file, each at its place and read-only' config

config_run() { # a config may be a program; a secret may not
	pb --config "\"content=#!/bin/sh
echo ran\",target=/entry,mode=0755" "$ROOT" -- /entry
	want_ok
	want_out ran
	pb --secret "\"content=#!/bin/sh
echo ran\",target=/entry,mode=0755" "$ROOT" -- /entry
	want_rc 126
}
t '--config with mode=0755 is a program, --secret is none' config_run

config_owner() {
	pb --config content=x,target=/c,uid=7,gid=8 "$ROOT" -- /bin/stat -c %u:%g /c
	want_ok
	want_out 7:8
}
[ "$ID" = none ] || t '--config uid= and gid=' config_owner

config_in_bind() { # a mount point is never made in a directory of the user's
	as "$ID" mkdir -p "$TMP/bind"
	pb -v "$TMP/bind:/mnt" --config content=x,target=/mnt/c "$ROOT" -- /bin/true
	want_refused 125 '/mnt/c' '^hint: .*make an empty one'
	[ ! -e "$TMP/bind/c" ] || bad 'a file was made in the bind'
	as "$ID" touch "$TMP/bind/c"
	pb -v "$TMP/bind:/mnt" --config content=inside,target=/mnt/c "$ROOT" -- /bin/cat /mnt/c
	want_ok
	want_out inside
	[ ! -s "$TMP/bind/c" ] || bad 'the bind was written to'
	as "$ID" rm -r "$TMP/bind"
}
t '--config in a bind: only over a file that is there' config_in_bind

content_hidden() {
	pb --secret content=hush,target=/proc/x "$ROOT" -- /bin/true
	want_refused 125 'content=\.\.\.'
	! has_line hush "$ERR" || bad 'the text is in the message'
	pb --dry-run=json --secret content=hush,target=x "$ROOT"
	want_ok
	! has_line hush "$OUT" || bad 'the text is in the dry run'
	has_line '/run/secrets/x 0400 from the request' "$OUT" || bad 'the file is not'
}
t '--secret content= is in no message and no dry run' content_hidden

names() {
	pb --verify --hostname web --domainname example.org --add-host db=192.0.2.7 --add-host "six:[2001:db8::7]" \
		--dns 192.0.2.53 --dns-search a.example --dns-opt ndots:2 "$ROOT" -- /bin/sh -c \
		'cat /etc/hosts /etc/resolv.conf /proc/sys/kernel/domainname; echo x >/etc/hosts'
	want_rc 1
	want_out '127\.0\.1\.1	web\.example\.org web'
	want_out '192\.0\.2\.7	db'
	want_out '2001:db8::7	six'
	want_out 'nameserver 192\.0\.2\.53'
	want_out 'search a\.example'
	want_out 'options ndots:2'
	want_out 'example\.org'
	want_err 'Read-only file system'
	pb "$ROOT" -- /bin/sh -c 'cat /etc/hosts /etc/resolv.conf 2>/dev/null; cat /proc/sys/kernel/domainname'
	want_no_out '192\.0\.2\..*'
	printf '%s\n' "$OUT" | grep -qxF "$(cat /proc/sys/kernel/domainname)" || bad 'another domain name than the host'"'"'s'
}
t '--add-host, --dns, --domainname: files of pillbox'"'"'s own; else the rootfs'"'"'' names

device() {
	local node=/dev/full # is everywhere, and may be opened by all
	pb --verify --device $node:/dev/sub/full --device $node:/mnt/full:rwm "$ROOT" -- /bin/sh -c \
		'stat -c "%n %F %t:%T" /dev/sub/full /mnt/full; echo x >/dev/sub/full; echo x >/mnt/full; touch /dev/sub/new'
	want_rc 1
	want_out '/dev/sub/full character special file 1:7'
	want_out '/mnt/full character special file 1:7'
	[ "$(grep -c 'No space left on device' <<<"$ERR")" = 2 ] || bad "not two devices that are full: $ERR"
	want_err 'Read-only file system'
	[ ! -e "$ROOT/mnt/full" ] || bad 'a mount point was made in the rootfs'
	pb "$ROOT" -- /bin/ls /dev/sub
	[ "$RC" != 0 ] || bad 'the device is there unasked'
}
t '--device: in /dev, elsewhere, and only when asked' device

device_refused() {
	pb --device "$STAGE/sentinel" "$ROOT" -- /bin/true
	want_refused 125 'is no device' '^hint: '
	pb --device "$STAGE/sentinel/file:/dev/x" "$ROOT" -- /bin/true
	want_refused 125 'is no device'
	pb --device /dev/nonexistent "$ROOT" -- /bin/true
	want_refused 125 '/dev/nonexistent: No such file'
	pb --device /dev/full:/dev/x:r "$ROOT" -- /bin/true
	want_refused 125 'less than rw' '^hint: '
}
t '--device of a file, a directory, nothing, or for reading only is refused' device_refused

# --- users --------------------------------------------------------------------------------------

user_number() { # needs more than one id
	inside -u 7:8 -- facts
	want_ok
	want_fact Uid '7 7 7 7'
	want_fact Gid '8 8 8 8'
}
[ "$ID" = none ] || t '-u 7:8' user_number

user_name() {
	inside -u app -- facts
	if [ "$ID" = none ]; then
		# the tree's group file says that app is in staff: one id cannot have that
		want_refused 125 'group 50' '^hint: '
		inside -u nobody -- facts
		want_ok
		want_fact uid 65534
	else
		want_ok
		want_fact uid 1000
		want_fact gid 1000
		want_fact_like Groups '(1000 )?50( 1000)?'
		want_out 'env=HOME=/home/app'
	fi
}
t '-u NAME from the tree'"'"'s own passwd' user_name

user_root() { inside -u 0 -- facts; want_ok; want_fact uid 0; want_fact CapEff 0000000000000000; }
t '-u 0 has no capabilities either' user_root

group_add() { inside --group-add staff --group-add 77 -- facts; want_ok; want_fact_like Groups '(.* )?50( .*)?'; want_fact_like Groups '(.* )?77( .*)?'; }
[ "$ID" = none ] || t '--group-add' group_add

group_add_single() { inside --group-add 77 -- facts; want_refused 125 'group'; }
[ "$ID" != none ] || t '--group-add without a range is refused' group_add_single

# --- rights -------------------------------------------------------------------------------------

cap_add() {
	inside --cap-add NET_BIND_SERVICE -- facts
	want_ok
	want_fact CapBnd 0000000000000400
	want_fact CapEff 0000000000000400
	want_fact CapAmb 0000000000000400
}
t '--cap-add: a user other than root really has it' cap_add

cap_drop() {
	inside $(preset docker) --cap-drop ALL --cap-add CHOWN -- facts
	want_ok
	want_fact CapBnd 0000000000000001
}
t '--cap-drop ALL --cap-add CHOWN' cap_drop

cap_names() { inside --cap-add cap_chown,SYS_TIME -- facts; want_ok; want_fact CapBnd 0000000002000001; }
t '--cap-add takes names in any form' cap_names

no_seccomp() { inside --security-opt seccomp=unconfined -- facts; want_ok; want_fact_like Seccomp '[02]'; }
t '--security-opt seccomp=unconfined' no_seccomp

seccomp_file() {
	as "$ID" sh -c "cat >$TMP/p.json" <<-'END'
		{ "defaultAction": "SCMP_ACT_ALLOW",
		  "syscalls": [ { "names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 30 } ] }
	END
	inside --security-opt "seccomp=$TMP/p.json" -- try mkdir /tmp/d
	want_ok
	want_out 'mkdir=EROFS'
}
t '--security-opt seccomp=FILE' seccomp_file

nnp_off() { inside --security-opt no-new-privileges=false --pids-limit -1 -- facts; want_ok; want_fact NoNewPrivs 0; want_fact Seccomp 2; }
t '--security-opt no-new-privileges=false keeps the filter' nnp_off

nnp_on() { inside $(preset docker) --security-opt no-new-privileges -- facts; want_ok; want_fact NoNewPrivs 1; want_fact Seccomp 2; }
t 'docker with no-new-privileges' nnp_on

nested() { inside --nested-userns -- facts; want_ok; [ "$(fact max_user_namespaces)" != 0 ] || bad 'still 0'; }
t '--nested-userns' nested

unmasked() {
	inside --security-opt systempaths=unconfined -- facts
	want_ok
	[ "$(fact mount | grep -c '^/proc/')" = 0 ] || bad "$(fact mount | grep '^/proc/' | head -n 1)"
}
t '--security-opt systempaths=unconfined' unmasked

landlock_off() { inside --landlock off -- facts; want_ok; }
t '--landlock off' landlock_off

# --- limits -------------------------------------------------------------------------------------

ulimit() {
	inside --landlock on --ulimit nofile=4 -- facts
	want_refused 125 'landlock: .*Too many open files' '^hint: .*--ulimit nofile'
	inside --ulimit nofile=16 -- facts
	want_ok
	inside --ulimit nofile=100:200 --ulimit cpu=50 -- facts
	want_ok
	want_fact rlimit.nofile 100:200
	want_fact rlimit.cpu 50:50
}
t '--ulimit' ulimit

pids() {
	inside --pids-limit 20 -- try fork-bomb 60
	want_ok
	want_out 'fork-bomb=EAGAIN'
	[ "$(fact forks)" -le 20 ] || bad "$(fact forks) processes"
}
t '--pids-limit is enforced' pids

pids_default() {
	inside -- try fork-bomb 1500
	want_ok
	want_out 'fork-bomb=EAGAIN'
	[ "$(fact forks)" -le 1024 ] || bad "$(fact forks) processes"
}
t 'hardened: a fork bomb ends at 1024' pids_default

memory() {
	inside -m 64m -- facts
	if [ -e /sys/fs/cgroup/cgroup.controllers ] && grep -q memory /sys/fs/cgroup/cgroup.controllers; then
		[ "$RC" = 0 ] || want_refused 125 'memory'
	else
		want_refused 125 'memory|cgroup' 'cgroup' '^hint: '
	fi
}
t '-m is enforced or refused' memory

memory_missing() {
	inside -m 64m --allow-missing=cgroup -- facts
	want_ok
	[ -e /sys/fs/cgroup/cgroup.controllers ] || want_err 'NOT ENFORCED'
}
t '--allow-missing=cgroup says NOT ENFORCED' memory_missing

apparmor_missing() {
	inside --security-opt apparmor=some-profile -- facts
	want_refused 125 'some-profile'
}
t 'an AppArmor profile that is not there is refused' apparmor_missing

sysctl() { sh_in 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start' --sysctl net.ipv4.ip_unprivileged_port_start=80; want_ok; want_out 80; }
docker_ports() {
	sh_in 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start' --preset docker
	want_ok
	want_out 0
	sh_in 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start' --preset docker --sysctl net.ipv4.ip_unprivileged_port_start=99
	want_ok
	want_out 99
	sh_in 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start'
	want_ok
	want_out 1024
}
t 'the docker preset opens the ports below 1024' docker_ports
t '--sysctl' sysctl

oom() { inside --oom-score-adj 500 -- facts; want_ok; want_fact oom_score_adj 500; }
t '--oom-score-adj' oom

# --- network ------------------------------------------------------------------------------------

loopback() { sh_in 'ip addr show lo; ip link | grep -c ": "'; want_ok; want_out '.*inet 127\.0\.0\.1/8.*'; want_out 1; }
t '--network none: loopback, up, and nothing else' loopback

loopback_works() { sh_in '(for i in $(seq 50); do echo ping | nc -l -p 8080; done) & for i in $(seq 100); do nc 127.0.0.1 8080 2>/dev/null | grep ping && break; sleep 0.1; done'; want_ok; want_out ping; }
t 'a server on loopback can be reached inside' loopback_works

verbose() { inside --verbose -- exit 0; want_ok; want_err 'clone'; want_err 'exec'; }
t '--verbose names the steps' verbose

quiet() { inside -q --network host -- exit 0; want_ok; want_no_err; }
t '--quiet prints no notes' quiet

name() { inside --name box-1 -- facts; want_ok; want_fact hostname box-1; }
t '--name' name

privileged() { pb --privileged "$ROOT" -- true; want_refused 125 'privileged' '^hint: '; }
t '--privileged is refused with what to ask for' privileged
