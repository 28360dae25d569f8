# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# SPDX-License-Identifier: Apache-2.0
# 70-commands.sh - the other commands: words that are not theirs, files that cannot be read.
[ "$ID" != none ] || return 0

class 'commands'
for word in rnu Run RUN ru exec start ps images -run --run '' ' ' . / $'run\n' $'\e[31m' help2 "$(printf '%0300d' 0)"; do row 125h . "$word"; done
for word in rnu x '' 'run x'; do
	read -ra words <<<"$word"
	row - . help "${words[@]}"
done

class 'commands: words'
while IFS= read -r line; do
	[ -n "$line" ] || continue
	eval "words=($line)"
	row 125 . "${words[@]}"
done <<'END'
audit
audit /nowhere
audit --only
audit --only x "$ROOT"
audit --format x "$ROOT"
audit --compare /nowhere "$ROOT"
audit --compare /dev/zero "$ROOT"
audit --compare / "$ROOT"
audit --fail-below Z "$ROOT"
audit --fail-on x "$ROOT"
audit --timeout x "$ROOT"
audit --timeout -1 "$ROOT"
audit --timeout 99999999999 "$ROOT"
audit --memory 5x "$ROOT"
audit "$ROOT" -- sh
audit --x "$ROOT"
check --x
check x
check --format x
check --json=x
record
record /nowhere
record -o
record -o /nowhere/x "$ROOT" -- true
record -o / "$ROOT" -- true
record -o '' "$ROOT" -- true
record --add /nowhere "$ROOT" -- true
record --x "$ROOT" -- true
seccomp
seccomp x
seccomp show
seccomp show x y
seccomp show /nowhere
seccomp show /
seccomp show /dev/zero
seccomp show --x default
seccomp show --cap-add X default
seccomp show --kernel x default
seccomp show --kernel 6 default
seccomp show --kernel 6.1.2 default
seccomp show --kernel -6.1 default
seccomp lint
seccomp lint /nowhere
seccomp lint /dev/null
seccomp diff
seccomp diff default
seccomp diff default /nowhere
seccomp diff default default default
seccomp test
seccomp test default
seccomp test default nosuchcall
seccomp test default 'openat(x)'
seccomp test default 'openat('
seccomp test default 'openat(1,2,3,4,5,6,7)'
seccomp test default 99999999999
seccomp test default -1x
seccomp compile
seccomp compile default -o /
seccomp compile default -o /nowhere/x
seccomp compile default -o ''
seccomp compile /nowhere
apparmor x
apparmor load x y
apparmor status x
lesson x
lesson 99
lesson -1
lesson 1 2
lesson --x
run --dry-run=x "$ROOT" -- true
run --explain=x "$ROOT" -- true
run --step=x "$ROOT" -- true
run --skip "$ROOT"
run --skip x "$ROOT" -- true
run --skip '' "$ROOT" -- true
run --skip filter,x "$ROOT" -- true
run --stats=x "$ROOT" -- true
run --verify=x "$ROOT" -- true
run --explain-denials=x "$ROOT" -- true
run --strace "$ROOT" -- true
export
END
