# shellcheck shell=bash disable=SC2046
# SPDX-License-Identifier: Apache-2.0
# 56-races.sh - a hostile process exchanges what a launch walks through, while it is launched again and
# again (tests/race.c). RACES=N starts for each test: 2,000 by `make attacks`; in the checks 100 as the
# user with a range and 20 as the others.
#
# Each start runs or is refused by the contract. What runs sees nothing of the host, no procfs or
# sysfs without its masks, no mount without its flags. The victim, a directory of the host's to which
# the links lead, stays as it is. The second half takes a protection out (tests/weak.c): then the
# same tests have to notice.

RACE=$STAGE/bin/race
WEAK=$STAGE/bin/pillbox-weak
RACES=${RACES:-$([ "$ID" = range ] && echo 100 || echo 20)}
# shellcheck disable=SC2034 # of lib.sh
LIMIT=$((120 + RACES / 2))

# A tree and a victim of its own for each test; R and V are their paths.
stage() {
	R=$TMP/tree V=$TMP/victim
	as "$ID" cp -a "$ROOT" "$R"
	as "$ID" cp "$RACE" "$R/bin/race"
	# what the names are exchanged for, besides links: directories that look like it
	as "$ID" sh -c "cd $R && mkdir -p x x/proc/sys/kernel x/proc/keys x/proc/1 x/dev/pts x/sys/firmware x/etc \
		x/tmp x/deep/d x/c/d a/b/c/d/e sys && : >x/proc/kcore && : >x/dev/null && echo pillbox-init >x/proc/1/comm"
	mkdir -p "$V/sys" "$V/pts" "$V/deep/e" "$V/a/b/c/d/e"
	echo untouched | tee "$V/file" "$V/ptmx" "$V/null" "$V/hosts" "$V/deep/file" >/dev/null
	chmod -R a+rwX "$V" # so that a wrong write would go through
	VICTIM=$(victim)
}

victim() { find "$V" -printf '%p %y %m %U %s %T@ %l\n' | sort; }

unstage() {
	VICTIM_NOW=$(victim)
	as "$ID" sh -c "chmod -R u+rwX $R; rm -rf $R"
	rm -rf "$V" "$TMP/vol"
}

# Pairs are A=B below the tree; B that begins with @ is a link to that, made here.
race() { # PAIR... -- PILLBOX [OPTION...] -- LOOK-ARG...
	local swaps=() pair n=0 cmd=()
	while [ "$1" != -- ]; do
		pair=$1 n=$((n + 1))
		case ${pair#*=} in
		@*)
			as "$ID" ln -s "${pair#*=@}" "$R/x/link$n"
			swaps+=(-x "$R/${pair%%=*}" "$R/x/link$n")
			;;
		/*) swaps+=(-x "${pair%%=*}" "${pair#*=}") ;;
		*) swaps+=(-x "$R/${pair%%=*}" "$R/${pair#*=}") ;;
		esac
		shift
	done
	shift
	while [ "$1" != -- ]; do
		cmd+=("$1")
		shift
	done
	shift
	# shellcheck disable=SC2086 # a number and an option
	run "$RACE" run $STARTS -p "$SLOW" "${swaps[@]}" -- "${cmd[@]}" "$R" -- /bin/race look "$@"
}

# A number that the racer printed
number() { sed -n "s/^$1=//p" <<<"$OUT"; }

safe() { # race ARGS: each start is good, and the victim unchanged
	stage
	STARTS=$RACES
	race "$@"
	unstage
	want_ok
	want_out "started=$RACES"
	want_out 'bad=0'
	[ "$(number swaps)" -ge "$RACES" ] || bad "only $(number swaps) exchanges"
	[ "$VICTIM_NOW" = "$VICTIM" ] || bad "the victim changed: $(diff <(echo "$VICTIM") <(echo "$VICTIM_NOW"))"
	[ "$RACES" -lt 1000 ] || printf '  %s starts: %s ran, %s refused; %s exchanges\n' \
		"$(number started)" "$(number ran)" "$(number refused)" "$(number swaps)"
	# A race in which nothing ever ran would prove little.
	[ "$RACES" -lt 20 ] || [ "$(number ran)" -gt 0 ] || bad "none of $RACES ran: $(sed -n 's/^why: //p' <<<"$OUT" | head -n 1)"
}

names=(-f "$STAGE/sentinel" -f "$TMP" /proc /dev /tmp /run /x/proc /x/dev /x/tmp)
pb=("$PB" run)
docker=("$PB" run --preset docker --read-only)
sys=("${names[@]}" /sys /x/sys)

t '/proc and another directory' safe proc=x/proc -- "${pb[@]}" -- "${names[@]}"
t '/proc and a link to the host' safe proc=@"$TMP/victim" -- "${pb[@]}" -- "${names[@]}" /x/link1
t '/dev and another directory' safe dev=x/dev -- "${pb[@]}" -- "${names[@]}"
t '/dev and a link to the host' safe dev=@"$TMP/victim" -- "${pb[@]}" -- "${names[@]}" /x/link1
t '/proc, /dev and /sys in a circle' safe proc=x/proc dev=proc sys=dev proc=sys -- "${docker[@]}" -- "${sys[@]}"
t '/sys and a link that climbs' safe sys=@"../../../../../../..$TMP/victim" -- "${docker[@]}" -- "${sys[@]}" /x/link1

# The preset's tmpfs, a secret, a config and hosts, where the tree's own links lead elsewhere
printf 'hush' >"$TMP/hush" && chmod 644 "$TMP/hush"
files=(--secret "src=$TMP/hush" --config "content=x,target=/etc/app" --add-host a:::1)
t '/tmp, /run and /etc and links to the host' safe tmp=@"$TMP/victim" run=@"$TMP/victim" etc=@"$TMP/victim" -- \
	"${pb[@]}" "${files[@]}" -- "${names[@]}" /x/link1 /x/link2

# Each component of a deep target: a directory, a link to the host, one that climbs, another's
mkdir -p "$TMP/source/inner" && : >"$TMP/source/mark" && chmod -R a+rX "$TMP/source"
bind=(-v "$TMP/source:/a/b/c/d/e:ro,noexec")
deep=(a=@"$TMP/victim/a" a/b=@"../../../../../../../..$TMP/victim/a/b" a/b/c=x/deep a/b/c/d=@/proc/self/root"$TMP/victim"
	a/b/c/d/e=@"$TMP/victim/deep/e")
t 'each component of a deep mount point' safe "${deep[@]}" -- "${pb[@]}" "${bind[@]}" -- "${names[@]}" /a/b/c/d/e
t 'each component of a mount point that is made, in a writable root' safe a/b=@"$TMP/victim/a/b" a/b/c=@"$TMP/victim" -- \
	"$PB" run --writable -v "$TMP/source:/a/b/c/new/e:ro,noexec" -- -w "${names[@]}" /a/b/c/new/e
# `..` makes the kernel say EAGAIN when anything was renamed meanwhile
t 'a mount point below a link that climbs' safe a/b=@../x/../a/../x/./../x a/b/c=@../../x/../../x/deep -- \
	"${pb[@]}" -v "$TMP/source:/a/b/c/d:ro,noexec" -- "${names[@]}" /a/b/c/d
t 'the working directory' safe a/b=@"$TMP/victim/a" a/b/c=@/proc/self/fd/7 a/b/c/d=@"../../../../../../../..$TMP" -- \
	"${pb[@]}" -w /a/b/c/d -- "${names[@]}"

# The source: what the caller named may be either, but nothing between
source_race() {
	as "$ID" mkdir -p "$TMP/vol/one/in" "$TMP/vol/two"
	as "$ID" sh -c ": >$TMP/vol/one/mark; : >$TMP/vol/one/in/mark; ln -s $TMP/vol/one $TMP/vol/link; : >$TMP/vol/two/mark"
	safe "$@"
}
t 'the source of a bind, its directory, and a link' source_race "$TMP/vol/one=$TMP/vol/link" "$TMP/vol/two=$TMP/vol/one" -- \
	"${pb[@]}" -v "$TMP/vol/one:/mnt:ro,noexec" -- "${names[@]}" /mnt

rootfs_race() { # the tree itself and another: what was looked at is what is taken, or it is said
	as "$ID" mkdir -p "$TMP/vol/other/proc" "$TMP/vol/other/dev" "$TMP/vol/other/bin"
	as "$ID" cp "$RACE" "$TMP/vol/other/bin/race"
	safe "$@"
}
t 'the rootfs and another tree' rootfs_race "$TMP/tree=$TMP/vol/other" -- "${pb[@]}" -- "${names[@]}"

# --- with a protection taken out --------------------------------------------------------------------

noticed() { # WEAKNESS race ARGS: some start is bad, or the victim changed
	local what=$1
	shift
	stage
	STARTS='2000 -s'
	race "$@"
	unstage
	[ "$(number started)" -gt 0 ] || bad "it did not run: $OUT"
	[ "$RC" != 123 ] || bad 'the racer failed'
	[ "$(number bad)" -gt 0 ] || [ "$VICTIM_NOW" != "$VICTIM" ] || bad "nothing was noticed without $what"
}

if [ -x "$WEAK" ]; then
	t 'masks looked up by path are noticed: /proc' noticed masks proc=x/proc -- "$WEAK" masks run -- "${names[@]}"
	t 'masks looked up by path are noticed: /sys' noticed masks sys=x/sys -- \
		"$WEAK" masks run --preset docker --read-only -- "${sys[@]}"
	t 'links followed are noticed: a deep mount point' noticed make "${deep[@]}" -- \
		"$WEAK" make run -v "$TMP/source:/a/b/c/d/new:ro,noexec" -- "${names[@]}"
else
	echo "not ok - $ID: $WEAK is not there: run make seam"
fi
