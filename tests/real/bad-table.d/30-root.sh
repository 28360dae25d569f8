# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# SPDX-License-Identifier: Apache-2.0
# 30-root.sh - the rootfs as a hostile or careless image has it, and commands that cannot be executed.

DIRS=(proc dev sys tmp run var etc bin)
[ "$ID" != none ] || DIRS=(proc etc)
# Whatever stands in the place of a directory: it works or it says why, and the host's files stay as they are.
class 'rootfs: something else for a directory'
for dir in "${DIRS[@]}"; do
	for make in ": >$dir" "ln -s $STAGE/sentinel $dir" "ln -s ../../../../../..$STAGE/sentinel $dir" "ln -s $dir $dir" "ln -s nowhere $dir" "mkfifo $dir" \
		"mkdir -m 0 $dir" "ln -s / $dir" "ln -s /proc/self/root $dir" "ln -s . $dir" "ln -s /proc/1/cwd $dir" ':'; do
		root - "$dir|true|not" "rm -rf $dir; $make"
	done
done

class 'rootfs: files that the launcher writes or reads'
for file in resolv.conf hosts hostname passwd group; do
	for make in "mkdir etc/$file" "ln -s $STAGE/sentinel/file etc/$file" "ln -s ../../../../../../..$STAGE/sentinel/file etc/$file" "ln -s $file etc/$file" \
		"ln -s nowhere/x etc/$file" "mkfifo etc/$file" "truncate -s 100M etc/$file" "printf 'a\0b' >etc/$file" "printf '\377\376' >etc/$file" "ln -s /dev/zero etc/$file" ":"; do
		case $file in
		hosts) set -- --add-host a:1.2.3.4 ;;
		resolv.conf) set -- --dns 1.2.3.4 ;;
		hostname) set -- --hostname a ;;
		*) set -- -u nobody:nogroup ;;
		esac
		with "$TREE && rm -f etc/$file && { $make
		}"
		row - "$file|nobody|nogroup|passwd|group" run "$@" "$D/tree" -- /bin/true
	done
done
[ "$ID" != none ] || return 0

class 'rootfs: passwd and group'
for text in 'app' 'app:' 'app::' 'app:x:' 'app:x:x:0::/:/x' 'app:x:-1:0::/:/x' 'app:x:4294967295:0::/:/x' 'app:x:4294967296:0::/:/x' 'app:x: 5:0::/:/x' 'app:x:05:0::/:/x' \
	'app:x:5:x::/:/x' 'app:x:5:-1::/:/x' 'app:x:5:4294967295::/:/x' 'app:x:99999999999999999999:0::/:/x' '+app:x:5:5::/:/x' 'App:x:5:5::/:/x' 'app :x:5:5::/:/x' ' app:x:5:5::/:/x' ':x:5:5::/:/x'; do
	with "$TREE && printf '%s\n' '$text' >etc/passwd"
	row 125 'app|etc/passwd:1: ' run -u app "$D/tree" -- true
done
for text in 'grp' 'grp:' 'grp:x:' 'grp:x:x:' 'grp:x:-1:' 'grp:x:4294967295:' 'grp:x: 5:' 'grp:x:05:' 'Grp:x:5:' ' grp:x:5:'; do
	with "$TREE && printf '%s\n' '$text' >etc/group"
	row 125 'grp|etc/group:1: ' run -u 0:grp "$D/tree" -- true
	row 125 'grp|etc/group:1: ' run --group-add grp "$D/tree" -- true
done
with "$TREE && { head -c 70000 /dev/zero | tr '\\0' a; echo ':x:5:5::/:/x'; } >etc/passwd"
row 125 'app|etc/passwd:1: ' run -u app "$D/tree" -- true
with "$TREE && printf '5:x:6:6::/:/x\n' >etc/passwd"
row - '5' run -u 5 "$D/tree" -- /bin/true

class 'rootfs: no rootfs'
with ': >file; mkdir dir; ln -s file link; ln -s link2 link2; mkfifo fifo; mkdir -m 0 closed; mkdir empty'
for what in nowhere file link link2 fifo file/x dir/nowhere link2/x; do
	row 125 "${what%%/*}|rootfs" run "$D/$what/." -- true
	row 125 "$what" run "$D/$what" -- true
done
row - 'closed' run "$D/closed" -- true
row 127 'true' run "$D/empty" -- true
row - 'proc' run /proc -- true
row - 'true|sys|overlay' run /sys -- true
row - 'dev' run /dev -- true
row 127 '.' run "$D" -- true
row 125 'null' run /dev/null -- true
row 125 '0' run "/$(printf '%0300d' 0)" -- true
row 125 '0' run "/$(printf '%04200d' 0)" -- true
row 125 '.' run $'/no\nwhere' -- true
row 125 'x1b' run $'/no\e[31mwhere' -- true
row 125 'where' run $'/no\xff\xfewhere' -- true

class 'the command'
root 127 'no-such' ':' no-such
root 127 'no-such' ':' /no-such
root 127 'no-such' ':' ./no-such
root 127 'no-such' ':' bin/no-such
root 127 'no-such|Not a dir|etc/passwd' ':' /etc/passwd/no-such
root 125 'COMMAND: empty' ':' ''
root 126 'etc' ':' /etc
root 126 'etc' ':' /etc/
root 126 '/' ':' /
root 126 'passwd' ':' /etc/passwd
root 126 'proc' ':' /proc/self
root 127 'fd/99' ':' /proc/self/fd/99
root 126 'null' ':' /dev/null
root 126 'x' 'printf x >bin/x; chmod 644 bin/x' /bin/x
root 126 'x' ': >bin/x; chmod 755 bin/x' /bin/x
root 126 'x' 'printf "\177ELF" >bin/x; chmod 755 bin/x' /bin/x
root 126 'x' 'head -c 64 bin/busybox >bin/x; chmod 755 bin/x' /bin/x
root 126 'x' 'head -c 4 bin/busybox >bin/x; head -c 5000 /dev/zero >>bin/x; chmod 755 bin/x' /bin/x
root 127 'x|nope' 'printf "#!/nope\n" >bin/x; chmod 755 bin/x' /bin/x
root 127 'x|nope' 'printf "#!/nope/nope -x\n" >bin/x; chmod 755 bin/x' /bin/x
root 126 'x|etc' 'printf "#!/etc\n" >bin/x; chmod 755 bin/x' /bin/x
root 126 'x|passwd' 'printf "#!/etc/passwd\n" >bin/x; chmod 755 bin/x' /bin/x
root 126 'x' 'printf "#!\n" >bin/x; chmod 755 bin/x' /bin/x
root 126 'x' 'printf "#!/bin/x\n" >bin/x; chmod 755 bin/x' /bin/x
root 127 'x' 'printf "#!/bin/sh\r\n" >bin/x; chmod 755 bin/x' /bin/x
root - 'x' 'printf "echo\n" >bin/x; chmod 755 bin/x' /bin/x
root 126 'x' 'mkfifo bin/x; chmod 755 bin/x' /bin/x
root 127 'x' 'ln -s nowhere bin/x' /bin/x
root 126 'x' 'ln -s x bin/x' /bin/x
root 127 'x' "ln -s $STAGE/bin/harness bin/x" /bin/x
root 127 'x' "ln -s ../../../../../../..$STAGE/bin/harness bin/x" /bin/x
root 127 'ld-linux|loader|interpreter' 'cp /bin/ls bin/x' /bin/x
root 127 '0000' ':' "/bin/$(printf '%0255d' 0)"
root 126 '0000' ':' "/bin/$(printf '%0300d' 0)"
root 127 'x1b' ':' $'/bin/\e[31m'
root 126 'x' 'chmod 0 bin' /bin/x
for dir in nowhere etc/passwd/x proc/self/fd/99 loop dangling; do
	with "$TREE && ln -s loop loop && ln -s nowhere dangling"
	row 125 "$dir" run -w "/$dir" "$D/tree" -- /bin/true
done
with "$TREE && { a=; i=0; while [ \$i -lt 41 ]; do ln -s l\$((i + 1)) l\$i; i=\$((i + 1)); done; }"
row 125 'l0' run -w /l0 "$D/tree" -- /bin/true
row 126 'l0' run "$D/tree" -- /l0
