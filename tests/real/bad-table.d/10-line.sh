# shellcheck shell=bash disable=SC2016,SC2034,SC2054,SC2154
# SPDX-License-Identifier: Apache-2.0
# 10-line.sh - the command line: every option of the help text, and every kind of value.
#
# It does not depend on who one is; the user without a range has the other tables.
[ "$ID" != none ] || return 0

"$PB" run --help >"$STAGE/help"
# --name of each option, and which of them take a value
mapfile -t OPTIONS < <(grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' "$STAGE/help" | grep -oE -- '--[a-z-]+' | sort -u)
mapfile -t VALUED < <(grep -E '^ +(-[a-zA-Z], )?--[a-z-]+ [A-Za-z]' "$STAGE/help" | grep -oE -- '--[a-z-]+' | sort -u)
declare -A TAKES=()
for o in "${VALUED[@]}"; do TAKES[$o]=1; done

class 'an option at the end, without its value'
for o in "${VALUED[@]}"; do row 125 "$o" run "$o"; done

class 'a value for an option that takes none'
for o in "${OPTIONS[@]}"; do
	case $o in
	--help | --version) continue ;;
	esac
	grep -qE -- "$o\[?=" "$STAGE/help" || [ -n "${TAKES[$o]-}" ] || row 125 "$o" run "$o=5" "$ROOT" -- true
done

class 'an option with two letters exchanged: the nearest is named'
for o in "${OPTIONS[@]}"; do
	[ ${#o} -ge 7 ] || continue
	wrong=${o:0:4}${o:5:1}${o:4:1}${o:6}
	[ "$wrong" = "$o" ] || row 125h "$wrong" run "$wrong" "$ROOT" -- true
done
class 'an option with a letter too many'
for o in "${OPTIONS[@]}"; do row 125h "${o}z" run "${o}z" "$ROOT" -- true; done

class 'words that are no option'
for word in --- -- --=5 --- -- --ROOT --Memory --MEMORY -% '-ä' $'--\xff\xfe' $'--a\nb' $'--\e[31m' '--memory ' ' --memory' \
	"--$(printf '%05000d' 0)" --no-no-init --no-memory --memory-- --c --me=5m; do
	case $word in
	--) row 125 rootfs run -- ;;
	*) row 125 . run "$word" "$ROOT" -- true ;;
	esac
done

BAD_NUMBERS=(1e9 0x10 ' 5' '5 ' 99999999999999999999 1.5.2 +5 '' x 5x $'5\n' $'\t5' 1_000 1,000 - -- --5 NaN inf 5% '٥' 5/2 '5;6')
class 'numbers'
for o in --cpu-shares --blkio-weight --cpu-period --stop-timeout --preserve-fds --oom-score-adj --cpu-quota; do
	opt 125 "$o" "$o" "${BAD_NUMBERS[@]}"
done
opt 125 cpu-shares --cpu-shares -1 0 1 262145 4294967296
opt 125 blkio-weight --blkio-weight -1 0 9 1001
opt 125 cpu-period --cpu-period -1 999 1000001
opt 125 cpu-quota --cpu-quota -2 999 9223372036854775808
opt 125 pids-limit --pids-limit 0 -2 - $'5\n' 5/2 '٥' NaN 9223372036854775808 18446744073709551616
opt 125 cpus --cpus -0.5 1.5.2 ' 1' '1 ' 1,5 0x1 +1 NaN inf 99999999999999999999 0.0001 . 1..2 '½'
opt 125 oom-score-adj --oom-score-adj 1001 -1001 -1e3 --1

SIZES=(10Q 18446744073709551616 9223372036854775808 1.5.2m '10 m' m '' 0x10 1e6 +5m 5mm 5bm ' 5m' '5m ' 1..5m .m -5m 5m5 5% $'5m\n' '5 MiB' 5MiBB 99999999999t)
class 'sizes'
for o in --memory --memory-reservation --memory-swap --shm-size; do opt 125 "$o" "$o" "${SIZES[@]}"; done
for size in "${SIZES[@]}"; do
	row 125 size run --tmpfs "/mnt:size=$size" "$ROOT" -- true
	row 125 'size' run --mount "type=tmpfs,target=/mnt,tmpfs-size=$size" "$ROOT" -- true
done
opt 125 memory --memory 0 1 5m 6291455
row 125 'memory-swap' run --memory 64m --memory-swap 32m "$ROOT" -- true
row 125 'memory-reservation' run --memory 64m --memory-reservation 65m "$ROOT" -- true

IDS=(01 +1 ' 1' 1x -1 4294967295 4294967296 18446744073709551616 0x1 1e1 '1 ' $'1\n' 1,2 1/2)
class 'ids'
for id in "${IDS[@]}"; do
	row 125 'user|-u' run -u "0:$id" "$ROOT" -- true
	row 125 'group' run --group-add "$id" "$ROOT" -- true
	row 125 'uid' run --tmpfs "/mnt:uid=$id" "$ROOT" -- true
	row 125 'gid' run --tmpfs "/mnt:gid=$id" "$ROOT" -- true
	row 125 'uid|behind' run --secret "content=x,target=a,uid=$id" "$ROOT" -- true
	row 125 'gid|behind' run --config "content=x,target=/a,gid=$id" "$ROOT" -- true
done
opt 125 'user|-u' -u : :: 0: 0:0:0 '0 0' $'root\n' $'ro\x01ot' root:nogroup-x "$(printf '%0400d' 1)" nobody1 -root ../etc/passwd '*' 0:

class 'names'
for o in --name --hostname --domainname; do
	opt 125 "$o" "$o" $'a\nb' $'a\x01' 'a b' a/b "$(printf '%0300d' 0)" $'\xff\xfe'
done
opt 125 name --name . .. '' ' ' a: '*'
opt 125 hostname --hostname '' -a .a

class 'lists and pairs'
opt 125 cpuset-cpus --cpuset-cpus , 0, ,0 0,,1 0-a 1-0 -1 0--1 0-1-2 '0 1' 4096 99999999999 x
opt 125 cpuset-mems --cpuset-mems , 0, 1-0 x 0--1 99999
opt 125 ulimit --ulimit '' = nofile nofile= =5 nofile=a:b nofile=5:4 nofile=1:2:3 nofile=-2 nofile=5: nofile=:5 NOFILE=5x \
	nofile=18446744073709551616 rlimit=5 'nofile= 5' 'nofile =5' nofile=0x5 nofile=1e3 core=1:0
opt 125 sysctl --sysctl '' = a =1 novalue kernel.hostname=x kernel.core_pattern='|/bin/sh' fs.suid_dumpable=2 kernel.sysrq=1 \
	vm.overcommit_memory=1 kernel.modprobe=/x user.max_user_namespaces=9 net/../../x=1 net.ipv4..x=1 net.ipv4.=1 .=1 /=1 \
	$'net.ipv4.ip_forward\n=1' net.ipv4.no_such=1 'net.ipv4.ip forward=1' kernel.shm_rmid_forced=2x kernel.randomize_va_space=0
opt 125 'cap' --cap-add X CAP_ CAP_X 41 -1 '' , SYS_ADMIN, ,SYS_ADMIN 'SYS ADMIN' $'SYS_ADMIN\n' CAP_CAP_CHOWN NONE "$(printf '%0300d' 0)"
opt 125 'cap' --cap-drop X CAP_ CAP_X 41 -1 '' , CHOWN, ,CHOWN 'SYS ADMIN' $'CHOWN\n'
opt 125 'security-opt|seccomp|apparmor|no-new|landlock' --security-opt '' = x x=y seccomp seccomp= seccomp=/nowhere seccomp=/ seccomp=/dev/null \
	seccomp=/dev/zero no-new-privileges=2 no-new-privileges= NO-NEW-PRIVILEGES apparmor apparmor= label=disable label=type:x \
	systempaths=x systempaths= seccomp:unconfine systempaths 'seccomp=unconfined '
opt 125 allow-missing --allow-missing '' , x cgroup, ,cgroup seccomp mounts 'cgroup apparmor' all
opt 125 preset --preset '' Docker HARDENED none docker, ' docker' $'docker\n' strict2
opt 125 network --network '' bridge None container:x host, none: slirp4netns ' none'
opt 125 'tcp' --tcp '' on off NONE any,none x
opt 125 'landlock' --landlock '' yes no AUTO on,off x
opt 125 'userns' --userns '' host keep-id nomap RANGE auto: range,single x
opt 125 'stop-signal' --stop-signal '' 0 65 -9 SIG SIGFOO TERM,KILL 9x 'TERM ' 0x9 99999999999 SIGRTMAX+1 RTMIN+99
opt 125 'env|-e' -e = =x =
opt 125 'dns' --dns '' x 1.2.3 1.2.3.4.5 256.1.1.1 ::g 1.2.3.4:53 $'1.2.3.4\n5.6.7.8' '1.2.3.4 5.6.7.8' localhost fe80::1%
opt 125 'dns-search' --dns-search '' 'a b' $'a\nb' "$(printf '%0300d' 0)" ..
opt 125 'dns-opt' --dns-option '' 'a b' $'a\nb'
opt 125 'add-host' --add-host '' a a: :1.2.3.4 a:x a:1.2.3 a:256.1.1.1 'a b:1.2.3.4' $'a\nb:1.2.3.4' a:1.2.3.4,5.6.7.8 a=1.2.3.4x a:::g
opt 125 'timeout|stop' --stop-timeout -2 99999999999

class 'mounts'
for o in -v --volume; do
	opt 125 "-v|volume" "$o" '' : :: /tmp /tmp: :/mnt /tmp:mnt /tmp:/mnt: /tmp:/mnt:x /tmp:/mnt:ro,rw /tmp:/mnt:ro:ro /nowhere:/mnt /tmp:/ \
		/tmp:// /tmp:/. /tmp:/.. /tmp:/mnt/.. /tmp:/mnt/../.. /tmp:/proc /tmp:/proc/1 /tmp:/proc/self/fd /tmp:/sys /tmp:/sys/fs /tmp:/dev \
		/tmp:/dev/pts /dev/null/x:/mnt name:/mnt ./x:/mnt ../x:/mnt "/tmp:/$(printf '%0300d' 0)" "/tmp:/$(printf '%04200d' 0)" \
		"/$(printf '%04200d' 0):/mnt" /tmp:/mnt:z /tmp:/mnt:U /tmp:/mnt:shared
done
opt 125 mount --mount '' , = type type= type=bind type=bind,target=/mnt type=bind,source=/tmp type=bind,source=,target=/mnt \
	type=bind,source=/tmp,target= type=bind,source=/tmp,target=mnt type=bind,source=/tmp,target=/mnt,x=y type=bind,source=/tmp,target=/mnt,readonly=x \
	type=tmpfs type=tmpfs,target= type=tmpfs,target=/ type=tmpfs,source=/x,target=/mnt type=tmpfs,target=/mnt,tmpfs-mode=9 \
	type=tmpfs,target=/mnt,tmpfs-mode=99999 type=volume,source=a,target=/mnt type=npipe,source=a,target=/mnt type=bind,type=tmpfs,target=/mnt \
	type=bind,source=/tmp,target=/mnt,target=/mnt2 type=BIND,source=/tmp,target=/mnt type=bind,source=/tmp,target=/mnt,bind-propagation=rshared \
	'type=bind,source=/tmp,target=/mnt,"' 'type=bind,"source=/tmp,target=/mnt' type=image,source=x,target=/mnt type=cluster,target=/mnt
opt 125 tmpfs --tmpfs '' : mnt / // /.. /proc /sys /dev /mnt: /mnt:x /mnt:size /mnt:size= /mnt:size=0 /mnt:mode= /mnt:mode=8 /mnt:mode=77777 \
	/mnt:mode=-1 /mnt:mode=0x7 /mnt:nr_inodes=x /mnt:nr_inodes=-1 /mnt:nr_inodes= /mnt:uid= /mnt:gid=x /mnt:size=1m,size=2m,x /mnt:rw=1 \
	/mnt:huge=always /mnt:mpol=bind /mnt:size=100%
opt 125 'device' --device '' : /dev/nowhere /dev /tmp /etc/passwd :/dev/x /dev/null:x /dev/null:/etc/../x /dev/null:/dev/../etc /dev/null:/dev/x:rwmx \
	null /dev/null:/dev/pts/x /dev/null: /dev/null:/dev/x:r:w
opt 125 'overlay' --overlay '' /nowhere /dev/null /etc/passwd nowhere /proc
for o in --secret --config; do
	opt 125 "${o#--}" "$o" '' , = src src= src=/nowhere src=/ src=/dev/null env= env=NOT_SET_X content=x,src=/etc/passwd x=y content=x,mode=8 \
		content=x,target=a,mode=9 content=x,target=../a content=x,target=/ content=x,target= content=x,target=/proc/x content=x,target=/dev/x \
		content=x,target=a,mode= content=x,target=a,uid=x content=x,target=a,x=y type=x,content=x "content=x,target=$(printf '%0300d' 0)"
done
opt 125 'workdir|-w|cwd' -w '' etc ./etc ../etc /etc/.. /etc/passwd /nowhere '/ etc' /proc/self/fd/../x "/$(printf '%0300d' 0)" "/$(printf '%04200d' 0)"
opt 125 'env-file|dev|etc|nowhere|file' --env-file '' /nowhere / /etc /dev/null/x /dev/zero /dev/random /proc/self/mem "/$(printf '%04200d' 0)"
opt 125 'from-compose|service|compose|nowhere' --from-compose '' , = service= x=y service=a,service=b service=a,file=/nowhere service=a,x=y file=/nowhere

class 'the same target twice'
for a in '-v /tmp:/mnt' '--tmpfs /mnt' '--mount type=bind,source=/etc,target=/mnt' '--config content=x,target=/mnt'; do
	for b in '-v /tmp:/mnt/' '--tmpfs //mnt' '--mount type=tmpfs,target=/./mnt' '--config content=y,target=/mnt'; do
		read -ra one <<<"$a"
		read -ra two <<<"$b"
		row 125 '/mnt' run "${one[@]}" "${two[@]}" "$ROOT" -- true
	done
done

class 'options that contradict each other'
for pair in '--read-only --writable' '-t --no-tty' '--memory 64m --memory 65m' '--name a --name b' '--preset docker --preset strict' \
	'--network none --network host' '--user 0 --user 1' '--workdir / --workdir /etc' '--hostname a --hostname b' '--cpus 1 --cpus 2' \
	'--cpus 1 --cpu-quota 5000' '--tcp any --tcp none' '--landlock on --landlock off' '--userns range --userns single' \
	'--stop-signal TERM --stop-signal INT' '--stop-timeout 1 --stop-timeout 2' '--oom-score-adj 1 --oom-score-adj 2' \
	'--pids-limit 5 --pids-limit 6' '--shm-size 1m --shm-size 2m' '--domainname a --domainname b' '--overlay /tmp --writable' \
	'--network host --hostname a' '--network host --sysctl net.ipv4.ip_forward=1' '--privileged --cap-drop ALL' \
	'--security-opt seccomp=unconfined --security-opt seccomp=/x' '--ulimit nofile=1 --ulimit nofile=2' '--sysctl net.ipv4.ip_forward=1 --sysctl net.ipv4.ip_forward=0'; do
	read -ra words <<<"$pair"
	row - "${words[0]#--}|${words[2]-}" run "${words[@]}" "$ROOT" -- true
done
row 125h command
row 125 rootfs run
row 125 . run --
row 125 rootfs run -- --
row 125 no-such-dir run no-such-dir
