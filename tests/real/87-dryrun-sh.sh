# shellcheck shell=bash disable=SC2034,SC2016 # OUT and RAN are lib.sh's; what is for the sandbox is not expanded
# SPDX-License-Identifier: Apache-2.0
# 87-dryrun-sh.sh - the script of --dry-run=sh makes the same sandbox as pillbox run: the same facts
# and attempts inside, under dash and under busybox sh.

# --- running a script ---------------------------------------------------------------------------

SCRIPT=$TMP/sandbox.sh

# A shell cannot close descriptors from 10 on (step fds says so), and a test runner may leave some.
closed='for fd in /proc/$$/fd/*; do
	fd=${fd##*/}
	[ "$fd" -le 2 ] || eval "exec $fd>&-"
done
exec "$@"'

# Write the script for pillbox run ARGS...
script() {
	pb --dry-run=sh "${KEYRING[@]}" "$@"
	cp "$TMP/out" "$SCRIPT"
	chmod a+r "$SCRIPT"
}

# Run it: by_hand [SHELL...]
by_hand() {
	[ $# -gt 0 ] || set -- dash
	run bash -c "$closed" bash "$@" "$SCRIPT"
}

# The script's inner shells, too, and not busybox' own tools, which busybox sh prefers to those that
# the script means: give those their path.
in_busybox() {
	local tools='setpriv|unshare|mount|umount|nsenter|env|ip|hostname|realpath|mkdir|chmod|chown|touch|stat|ln|cat'
	sed -i -E -e '/^\s*#/b' -e "s,(^|[[:blank:](])($tools) ,\\1/usr/bin/\\2 ,g" -e 's,/usr/bin/ip ,/usr/sbin/ip ,g' \
		-e "s,(^|[[:blank:]])(/bin/)?sh -euc,\\1$(command -v busybox) sh -euc,g" "$SCRIPT"
}

# --- comparing ----------------------------------------------------------------------------------

# What differs, and why no tool can help it.
#   pid NSpid        each tool before it was a process of the new pid namespace
#   ppid             the same, where the command is the child of a shell of the test
#   pgrp             no tool of Debian 12 makes a process group (setpgid(1) is of util-linux 2.39)
#   comm1            pid 1 is a shell, not pillbox-init
#   Seccomp*         no tool loads a filter
#   keyring          a number that is new each time; and the filter hides it from the command
# The names of namespaces are new each time: only whether they are the host's is compared. Real
# root's tree is id-mapped by pillbox and by no tool, so its files belong to others.
comparable() {
	local kind host root=/^$/d
	[ "$ID" != root ] || root='s/^(mount=.*),idmapped/\1/; / (0:0|65534:65534) 0:0$/d; /^writable=/d'
	sed -E -e '/^(pid|NSpid|ppid|pgrp|comm1|Seccomp|Seccomp_filters|keyring)=/d' -e "$root" |
		while IFS= read -r line; do
			case $line in
			ns.*)
				kind=${line#ns.} kind=${kind%%=*}
				host=$(readlink "/proc/self/ns/$kind")
				if [ "${line#*=}" = "$host" ]; then
					echo "ns.$kind=host"
				else
					echo "ns.$kind=${line#*=}" | sed 's/\[[0-9]*\]/[new]/'
				fi
				;;
			*) printf '%s\n' "$line" ;;
			esac
		done | LC_ALL=C sort
}

# What the sandbox looks like beyond probe's facts: nodes, owners, modes, loopback, what is hidden.
more='
/bin/probe facts
cd /
for f in /* /dev/* /dev/*/. /tmp/. /run/. /var/tmp/. /run/secrets/*; do
	stat -c "stat=%n %f %u:%g %t:%T" "$f" 2>&1
done
for f in /proc/kcore /proc/timer_list /proc/interrupts; do
	echo "hidden=$f $(head -c 1 "$f" 2>&1 | wc -c)"
done
for f in /x /proc/x /sys/x /dev/x /tmp/x /run/x /root/x /proc/sys/kernel/hostname; do
	(echo >"$f") 2>/dev/null && echo "writable=$f" || echo "writable=no $f"
done
ifconfig lo | sed "s/^/lo=/; /bytes/d; /packets/d"
cat /proc/sys/net/ipv4/ip_unprivileged_port_start 2>&1 | sed "s/^/port_start=/"
ulimit -a | sed "s/^/ulimit=/"
'

# Run both; DIFF is what differs. both SHELL [OPTION...]
both() {
	local shell=$1
	shift
	script "$@" "$ROOT" -- /bin/sh -c "$more"
	want_ok
	pb "${KEYRING[@]}" "$@" "$ROOT" -- /bin/sh -c "$more"
	want_ok
	printf '%s\n' "$OUT" | comparable >"$TMP/by-pillbox"
	grep -q '^CapBnd=' "$TMP/by-pillbox" || bad 'no facts from pillbox'
	OUT=
	if [ "$shell" = busybox ]; then
		in_busybox
		by_hand busybox sh
	else
		by_hand "$shell"
	fi
	printf '%s\n' "$OUT" | comparable >"$TMP/by-hand"
	DIFF=$(diff "$TMP/by-pillbox" "$TMP/by-hand" | grep -a '^[<>]')
}

same() { # SHELL [OPTION...]
	both "$@"
	want_ok
	[ -z "$DIFF" ] || bad "pillbox (<) and the script (>) differ: $DIFF"
}

SRC=$TMP/src
mkdir -p "$SRC/sub"
echo of-the-host >"$SRC/file"
chmod -R a+rX "$SRC"
[ "$ID" = root ] || chown -R "$(user_of "$ID")" "$SRC" "$TMP"

binds=(-v "$SRC:/mnt:ro" -v "$SRC:/opt" -v "$SRC/file:/tmp/a/b/file:ro" --tmpfs '/srv:size=1m,exec,mode=0700')
rights=(-e A=b -e "B=it's \$HOME" --hostname box --ulimit nofile=100:200 --ulimit core=5:5
	--sysctl net.ipv4.ip_unprivileged_port_start=80 --cap-add NET_RAW --cap-add NET_BIND_SERVICE
	--oom-score-adj 500)

for shell in dash busybox; do
	t "$shell: hardened" same $shell
	t "$shell: docker" same $shell --preset docker
done
# strict's filter has no calls for what looks at the loopback interface
t 'strict' same dash --preset strict --allow-missing=cgroup,apparmor --security-opt seccomp=unconfined
t 'binds, tmpfs, a working directory' same dash "${binds[@]}" -w /opt/sub
t 'capabilities, environment, limits, sysctl' same dash "${rights[@]}"
t 'mount points that the tree lacks' same dash -v "$SRC:/not/there:ro" -v "$SRC/file:/nor/this"
t 'writable' same dash --writable -w /made/for/this
t 'docker, read-only, another user' same dash --preset docker --read-only -u 1000:1000
t "the host's network, and no init" same dash --network host --no-init
t 'all masks off' same dash --preset docker --security-opt systempaths=unconfined

groups() { # a single id has none
	same dash -u 1000:1000 --group-add 50 --group-add 4
	[ "$(fact Groups)" = '4 50 1000' ] || bad "Groups=$(fact Groups)"
}
[ "$ID" = none ] || t 'supplementary groups' groups

# Files of the overlay belong to ids of the sandbox: they are removed the same way.
gone() {
	as "$ID" rm -rf "$1" 2>/dev/null || as "$ID" unshare --map-root-user --map-auto rm -rf "$1"
}
kept_overlay() {
	local i
	for i in 1 2; do
		as "$ID" mkdir "$TMP/layer$i"
	done
	script -u 0:0 --overlay "$TMP/layer1" "$ROOT" -- /bin/sh -c 'echo kept >/kept; stat -c %f:%u:%g / /kept'
	by_hand
	want_ok
	by=$OUT
	pb "${KEYRING[@]}" -u 0:0 --overlay "$TMP/layer2" "$ROOT" -- /bin/sh -c 'echo kept >/kept; stat -c %f:%u:%g / /kept'
	want_ok
	[ "$OUT" = "$by" ] || bad "by hand '$by', pillbox '$OUT'"
	[ "$(cat "$TMP/layer1/upper/kept")" = kept ] || bad 'nothing was kept'
	[ "$(stat -c '%f %u %g' "$TMP/layer1/upper/kept")" = "$(stat -c '%f %u %g' "$TMP/layer2/upper/kept")" ] ||
		bad 'kept under another owner or mode'
	gone "$TMP/layer1"
	gone "$TMP/layer2"
}
# Of root's own tree nobody inside may write (no id-mapped mount).
[ "$ID" = root ] || t '--overlay keeps the same' kept_overlay

# A tree of subordinate ids, in a directory that only the caller may enter.
of_the_range() {
	local keep=$ROOT
	as range mkdir -m 0700 "$TMP/private"
	as range cp -a "$ROOT" "$TMP/private/root"
	as range unshare --map-root-user --map-auto chown -hR 1:1 "$TMP/private/root"
	ROOT=$TMP/private/root
	as range cp -a "$SRC" "$TMP/private/src"
	same dash -v "$TMP/private/src:/opt" -v "$TMP/private/src/file:/tmp/file" --secret "src=$TMP/private/src/file"
	fact uid_map | grep -q '^0 [0-9]* 65536$' || bad "not the range: $(fact uid_map)"
	ROOT=$keep
	as range unshare --map-root-user --map-auto rm -rf "$TMP/private"
}
[ "$ID" != range ] || t "a tree of the range's own ids" of_the_range

# --- the comparison can fail ----------------------------------------------------------------------

# Without one line of the script some fact differs: without LINE-EXPRESSION FACT [OPTION...]
without() {
	local line=$1 fact=$2 before command=(/bin/probe facts)
	shift 2
	case $fact in hidden= | lo=) command=(/bin/sh -c "$more") ;; esac
	script "$@" "$ROOT" -- "${command[@]}"
	want_ok
	pb "${KEYRING[@]}" "$@" "$ROOT" -- "${command[@]}"
	want_ok
	printf '%s\n' "$OUT" | comparable >"$TMP/by-pillbox"
	before=$(wc -l <"$SCRIPT")
	sed -i -E "/$line/d" "$SCRIPT"
	[ "$(wc -l <"$SCRIPT")" -lt "$before" ] || bad "the script has no line $line"
	by_hand
	printf '%s\n' "$OUT" | comparable >"$TMP/by-hand"
	DIFF=$(diff "$TMP/by-pillbox" "$TMP/by-hand" | grep -aE "^[<>] $fact")
	[ -n "$DIFF" ] || bad "$fact is the same without the line"
}
t 'noticed: no hostname' without '^hostname ' hostname=
t 'noticed: no loopback' without '^ip link ' 'lo='
t 'noticed: no read-only root' without '^add_flags ro "\$root"$' 'mount=/ '
t 'noticed: no nosuid' without '^add_flags nosuid "\$root"$' 'mount=/ '
t 'noticed: no nodev' without '^add_flags nodev "\$root"$' 'mount=/ '
t 'noticed: no bounding set' without '--bounding-set=' CapBnd= --cap-add NET_RAW
t 'noticed: no no_new_privs' without '--no-new-privs' NoNewPrivs=
t 'noticed: no securebits' without ' capsh ' securebits=
t 'noticed: no session' without '^set -- .* setsid' sid=
t 'noticed: no limits' without '^set -- .* prlimit' rlimit.core=
t 'noticed: nested user namespaces' without 'max_user_namespaces' max_user_namespaces=
t 'noticed: nothing hidden' without '^	cover ' hidden=
t 'noticed: a writable /dev' without 'remount,bind,ro,nosuid,noexec' 'mount=/dev '

# --- attempts -------------------------------------------------------------------------------------

# Without filter and Landlock on either side the rest must hold as well. Not compared: ptrace1,
# vm-write, mem and setns (of pid 1), because pid 1 of the script is a shell that its own user can
# look at, and pillbox-init is not (steps undump and init).
attempts() { # [OPTION...]
	local list=(mount mount-bind mount-proc remount umount fsopen open-tree mount-setattr pivot chroot
		mknod chown setuid setgid setgroups capset securebits nice unshare-user clone-user clone3-user
		nested-userns sethostname socket-packet handle exe-write)
	[ "$ID" != root ] || list=("${list[@]/chown/nice}") # the tree's owners have no id inside
	local off=(--security-opt seccomp=unconfined --landlock off "$@")
	pb "${KEYRING[@]}" "${off[@]}" "$ROOT" -- /bin/probe each "${list[@]}"
	want_ok
	printf '%s\n' "$OUT" >"$TMP/by-pillbox"
	[ "$(wc -l <"$TMP/by-pillbox")" = ${#list[@]} ] || bad "not every attempt answered"
	script "${off[@]}" "$ROOT" -- /bin/probe each "${list[@]}"
	by_hand
	want_ok
	printf '%s\n' "$OUT" >"$TMP/by-hand"
	DIFF=$(diff "$TMP/by-pillbox" "$TMP/by-hand" | grep '^[<>]')
	[ -z "$DIFF" ] || bad "pillbox (<) and the script (>) differ: $DIFF"
}
t 'attempts are refused alike' attempts
t 'attempts of a root with capabilities are refused alike' attempts --preset docker

keyring() {
	local own
	if [ ${#KEYRING[@]} != 0 ]; then
		skip 'keyctl is not installed: scripts/packages install test'
		return
	fi
	own=$(as "$ID" "$STAGE/bin/probe" facts | sed -n 's/^keyring=//p')
	script --security-opt seccomp=unconfined "$ROOT" -- /bin/probe facts
	by_hand
	want_ok
	fact keyring | grep -qx '[0-9]*' || bad "keyring=$(fact keyring)"
	[ "$(fact keyring)" != "$own" ] || bad "the session keyring is the caller's"
}
t 'a session keyring of its own' keyring

# --- secrets and values -----------------------------------------------------------------------------

secrets() {
	printf 'a\0b-of-the-file\n' >"$TMP/secret"
	chown "$(user_of "$ID")" "$TMP/secret" 2>/dev/null
	chmod 0600 "$TMP/secret"
	run env SECRET='of the environment' "$PB" run --dry-run=sh "${KEYRING[@]}" --secret "src=$TMP/secret" \
		--secret env=SECRET,mode=0444 "$ROOT" -- /bin/sh -c 'cd /run/secrets; stat -c %n:%f:%u *; cat SECRET; od -c secret'
	want_ok
	cp "$TMP/out" "$SCRIPT"
	! grep -qE 'b-of-the-file|of the environment' "$SCRIPT" || bad 'a secret is in the script'
	run env SECRET='of the environment' bash -c "$closed" bash dash "$SCRIPT"
	want_ok
	want_out 'SECRET:8124:1000'
	want_out 'secret:8100:1000'
	want_out 'of the environment.*'
	printf '%s\n' "$OUT" | grep -q 'a  \\0   b   -   o   f' || bad "the file is not what it was"
	by_hand
	[ "$RC" != 0 ] || bad 'ran without the variable'
	want_err 'SECRET.*is not set'
	rm -f "$TMP/secret"
}
t 'secrets are not in the script, and in the sandbox' secrets

placed() {
	local d=/srv full=/srv/full # as real root the tree is nobody's, and no mount point can be made in it
	[ "$ID" != root ] || d=/run full=/dev/y
	printf 'of-the-file\n' >"$TMP/conf"
	chmod a+r "$TMP/conf"
	script --hostname web --domainname example.org --add-host db:192.0.2.7 --config "src=$TMP/conf,target=$d/c,uid=1000" \
		--config $'"content=it\'s\nhere, too",target=/tmp/d e,mode=0755' --secret "content=hush-of-mine,target=$d/s" \
		--device /dev/full:/dev/x/full --device "/dev/full:$full" "$ROOT" -- /bin/sh -c \
		'cat /etc/hosts $1/c "/tmp/d e" $1/s /proc/sys/kernel/domainname; stat -c "%n %a %u" $1/[cs] "/tmp/d e"; echo x >/dev/x/full; echo x >$2; echo x >$1/c' sh $d $full
	! grep -q hush-of-mine "$SCRIPT" || bad 'the text of a secret is in the script'
	run env SECRET_2=hush-of-mine bash -c "$closed" bash dash "$SCRIPT"
	want_rc 1
	want_out '192.0.2.7	db'
	want_out '127.0.1.1	web.example.org web'
	want_out of-the-file
	want_out "it's"
	want_out 'here, toohush-of-mineexample.org'
	want_out "$d/c 444 1000"
	want_out "$d/s 400 1000"
	want_out '/tmp/d e 755 1000'
	[ "$(grep -c 'No space left on device' <<<"$ERR")" = 2 ] || bad "not two devices that are full: $ERR"
	want_err 'Read-only file system'
	by_hand
	[ "$RC" != 0 ] || bad 'ran without the text of the secret'
	want_err 'SECRET_2.*is not set'
	rm -f "$TMP/conf"
}
t 'configs, hosts, devices at their places' placed

environment() {
	echo FROM_FILE=password-of-the-file >"$TMP/env"
	chmod a+r "$TMP/env"
	run env FROM_ENV=password-of-the-caller "$PB" run --dry-run=sh "${KEYRING[@]}" --env-file "$TMP/env" \
		-e FROM_ENV -e TYPED=typed "$ROOT" -- /bin/probe facts
	want_ok
	cp "$TMP/out" "$SCRIPT"
	! grep -q 'password-of' "$SCRIPT" || bad 'a value is in the script that was not typed'
	grep -q "TYPED='typed'" "$SCRIPT" || bad 'the value that was typed is not in the script'
	run env FROM_ENV=password-of-the-caller FROM_FILE=2 bash -c "$closed" bash dash "$SCRIPT"
	want_ok
	[ "$(fact env | LC_ALL=C sort | tr '\n' ';')" = "$(printf '%s;' FROM_ENV=password-of-the-caller FROM_FILE=2 \
		HOME=/home/app HOSTNAME=pillbox PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TYPED=typed)" ] ||
		bad "environment $(fact env | tr '\n' ' ')"
	by_hand
	[ "$RC" != 0 ] || bad 'ran without the variable'
	rm -f "$TMP/env"
}
t 'values of the environment that were not typed are not in the script' environment

# A name that the script uses for itself cannot be handed on from the caller's environment.
own_names() {
	local name names
	pb --dry-run=sh "${KEYRING[@]}" "${binds[@]}" "${rights[@]}" --writable "$ROOT"
	names=$(grep -oE '^\s*[a-z]\w*=|\bfor [a-z]\w* in|read -r [a-z_ ]+' "$TMP/out" |
		sed -E 's/^\s*//; s/=$//; s/^for //; s/ in$//; s/^read -r //' | tr ' ' '\n' | grep -v '^_$' | sort -u)
	[ "$(echo "$names" | wc -l)" -ge 8 ] || bad "few names: $names"
	for name in $names; do
		run env "$name=x" "$PB" run --dry-run=sh "${KEYRING[@]}" -e "$name" "$ROOT"
		want_ok
		grep -q "^# $name is left out" "$TMP/out" || bad "$name is taken for a variable of the caller's"
	done
}
t "the script's own variables are nobody else's" own_names

# What shellcheck says of the script, and of each shell in it
checked() {
	local part
	shellcheck "$SCRIPT" >"$TMP/findings" || bad "shellcheck: $(head -n 20 "$TMP/findings")"
	for part in HELPER HOLDER BUILDER; do
		{
			printf '#!/bin/sh\n# shellcheck disable=SC2016\nset -eu\n'
			awk "/^$part\$/ { f = 0 } f; /<<'$part'/ { f = 1 }" "$SCRIPT"
		} >"$SCRIPT.part"
		[ "$(wc -l <"$SCRIPT.part")" -gt 8 ] || bad "no $part in the script"
		shellcheck "$SCRIPT.part" >"$TMP/findings" || bad "shellcheck of $part: $(head -n 20 "$TMP/findings")"
		rm -f "$SCRIPT.part"
	done
}
hostile() {
	local dir keep=$ROOT
	dir=$TMP/$'h\n$(id)`id`"\' \\ \033[31m \377 \303\274 \342\200\256;touch '"$TMP/ran"';'
	as "$ID" mkdir -p "$dir/src"
	as "$ID" cp -a "$ROOT" "$dir/root"
	as "$ID" mkdir "$dir/root/"$'a \\b"$x\nY'
	as "$ID" sh -c 'echo x >"$1"' sh "$dir/src/-f"
	ROOT=$dir/root
	same dash -v "$dir/src:/opt:ro" -v "$dir/src/-f:/tmp/--help'\"" --secret "src=$dir/src/-f,target=-x \$(id)'" \
		-e "A=$dir" -e "X='" -w $'/a \\b"$x\nY' --hostname box
	[ ! -e "$TMP/ran" ] || bad 'a name was run as a command'
	LC_ALL=C grep -qaP '[\x00-\x08\x0b-\x1f\x7f]' "$SCRIPT" && bad 'a control byte in the script'
	! command -v shellcheck >/dev/null || checked
	ROOT=$keep
	as "$ID" rm -rf "$dir"
}
t 'hostile names' hostile

clean() { # [OPTION...]
	script "$@" "$ROOT" -- /bin/sh -c "it's"
	want_ok
	checked
}
checkable() { # [OPTION...]
	if command -v shellcheck >/dev/null; then clean "$@"; else skip 'shellcheck is not installed'; fi
}
t 'shellcheck: hardened' checkable "${binds[@]}" "${rights[@]}"
t 'shellcheck: docker' checkable --preset docker --no-init
t 'shellcheck: limits, secrets, writable' checkable --preset strict --allow-missing=cgroup,apparmor --writable \
	--secret "src=$SRC/file" -e "A=\$x"

# --- the end ----------------------------------------------------------------------------------------

statuses() {
	local row
	for row in '0 true' '7 exit 7' '143 kill -TERM $$' '127 exec /nowhere' '126 exec /etc/passwd'; do
		script "$ROOT" -- /bin/sh -c "${row#* }"
		by_hand
		want_rc "${row%% *}"
	done
	# a program, not a command of the last shell's own
	script "$ROOT" -- exit 5
	by_hand
	want_rc 127
	script --no-init "$ROOT" -- /bin/sh -c 'echo $$; exit 3'
	by_hand
	want_rc 3
	want_out 1
}
t "the status is the command's" statuses

stdin() {
	script "$ROOT" -- /bin/cat
	run bash -c "$closed" bash dash "$SCRIPT" <<<'through the sandbox'
	want_ok
	want_out 'through the sandbox'
}
t 'standard input is the command'\''s' stdin

# nothing_left (lib.sh) looks for processes after each test.
killed() { # SIGNAL
	local pid launcher
	mkfifo -m 0666 "$TMP/up"
	script -v "$TMP/up:/tmp/up" "$ROOT" -- /bin/sh -c 'echo up >/tmp/up; sleep 60'
	want_ok
	as "$ID" bash -c "$closed" bash dash "$SCRIPT" >"$TMP/log" 2>&1 </dev/null &
	pid=$!
	timeout 20 cat "$TMP/up" >"$TMP/said"
	[ "$(cat "$TMP/said")" = up ] || bad "it did not start: $(tail -n 1 "$TMP/log")"
	launcher=$(pgrep -P "$pid" -f "dash $SCRIPT") || launcher=$pid
	kill "-$1" "$launcher"
	wait "$pid" 2>/dev/null
	rm -f "$TMP/up"
}
t 'SIGTERM ends all of it' killed TERM
t 'SIGKILL ends all of it' killed KILL

fails_early() {
	local word=$1
	script --no-init "$ROOT" -- /bin/true
	sed -i -E "$2" "$SCRIPT"
	by_hand
	[ "$RC" != 0 ] || bad "ended well though $word failed"
	want_err "$3"
}
t 'an error of the builder ends it' fails_early mount 's/^mount -t proc .*/mount -t proc x \/nonsense/' nonsense
t 'an error of the holder ends it' fails_early cd 's,^cd .*/root.$,cd /nowhere,' nowhere
t 'an error of the helper ends it' fails_early nsenter 's/^(as_root )?nsenter .* umount .*/nsenter --nonsense/' nonsense
t 'a link where none was is not followed' fails_early place \
	's,^place ./tmp.$,ln -s /etc "$stage/link"; root=$stage/link; place /tmp,' 'symbolic link'

# --- skip -------------------------------------------------------------------------------------------

left_out() {
	script --skip hostname,caps "$ROOT" -- /bin/probe facts
	want_ok
	grep -A 1 -- '---- hostname' "$SCRIPT" | grep -q 'LEFT OUT by --skip' || bad 'it is not said'
	by_hand
	want_ok
	want_fact hostname "$(uname -n)"
	[ "$(fact CapEff)" != 0000000000000000 ] || bad 'there are no capabilities'
	want_fact NoNewPrivs 1
}
t '--skip leaves it out of the script' left_out

# --- limits, where there is a control group ---------------------------------------------------------

# The files of the group while the command runs, the same by both ways.
group_files() {
	local group
	for _ in $(seq 200); do
		group=$(find /sys/fs/cgroup -type d -name 'pillbox-by' 2>/dev/null)
		[ -n "$group" ] && [ -s "$group/cgroup.procs" ] && [ -s "$TMP/up" ] && break
		sleep 0.05
	done
	(cd "$group" && grep -H . memory.max memory.low memory.swap.max memory.oom.group cpu.max cpu.weight pids.max 2>/dev/null)
}
in_group() {
	local options=(--name by -m 64m --memory-reservation 16m --cpus 0.5 --cpu-shares 512 --pids-limit 100
		-v "$TMP:/tmp/shared" --cap-add SETUID) want
	run "$PB" run --dry-run "${options[@]}" "$ROOT" -- /bin/true
	if [ "$RC" != 0 ]; then
		skip "no control group: $(printf '%s\n' "$ERR" | head -n 1)"
		return
	fi
	for way in pillbox script; do
		rm -f "$TMP/up" "$TMP/end"
		: >"$TMP/up"
		chmod 0666 "$TMP/up" # the command is not the caller
		mkfifo -m 0666 "$TMP/end"
		if [ $way = pillbox ]; then
			as "$ID" timeout $((30 * SLOW)) "$PB" run "${KEYRING[@]}" "${options[@]}" "$ROOT" -- \
				/bin/sh -c "$wait_for_end" >"$TMP/log" 2>&1 &
		else
			script "${options[@]}" "$ROOT" -- /bin/sh -c "$wait_for_end"
			want_ok
			as "$ID" timeout $((30 * SLOW)) bash -c "$closed" bash dash "$SCRIPT" >"$TMP/log" 2>&1 </dev/null &
		fi
		group_files >"$TMP/files-$way"
		# Where nobody reads, this would wait for ever.
		timeout $((5 * SLOW)) sh -c 'echo end >"$1"' sh "$TMP/end" || bad "$way: it did not start"
		wait $! || bad "$way: $(tail -n 2 "$TMP/log" | tr '\n' ' ')"
		[ "$(cat "$TMP/up")" = 0::/ ] || bad "$way: the command is in group $(cat "$TMP/up")"
	done
	rm -f "$TMP/end"
	[ "$(wc -l <"$TMP/files-pillbox")" -ge 5 ] || bad "few files: $(cat "$TMP/files-pillbox")"
	grep -q 'memory.max:67108864' "$TMP/files-pillbox" || bad "no limit: $(cat "$TMP/files-pillbox")"
	DIFF=$(diff "$TMP/files-pillbox" "$TMP/files-script")
	[ -z "$DIFF" ] || bad "the limits differ: $DIFF"
	! find /sys/fs/cgroup -type d -name 'pillbox-by' | grep -q . || bad 'the group is still there'
}
wait_for_end='grep -E "^0::" /proc/self/cgroup >/tmp/shared/up; cat /tmp/shared/end >/dev/null'
t 'limits: the same files, and none of them stays' in_group

rm -rf "$SRC" "$SCRIPT" "$TMP"/by-* "$TMP/findings" "$TMP/log" "$TMP/said"
