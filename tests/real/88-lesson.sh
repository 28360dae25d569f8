# shellcheck shell=bash disable=SC2034 # OUT and RAN are lib.sh's
# SPDX-License-Identifier: Apache-2.0
# 88-lesson.sh - the command that shows the lessons. Their commands are run by tests/lessons.

list() {
	run "$PB" lesson
	want_ok
	want_no_err
	want_out 'Lessons: .*'
	want_out ' +1  A sandbox is a process +[0-9]+ min'
	want_out ' +10  Breaking out.* [0-9]+ min'
	[[ $OUT != *'.md)'* ]] || bad 'the list for a browser is shown, too'
}
t 'lesson lists the lessons' list

one() {
	run "$PB" lesson 4
	want_ok
	want_no_err
	[ "${OUT%%$'\n'*}" = '4. A root that nobody can write' ] || bad "first line: ${OUT%%$'\n'*}"
	want_out ' {4}\$ pillbox run .*touch /x'
	want_out ' {4}touch: /x: Read-only file system'
	[[ $OUT != *'```'* && $OUT != *$'\n## '* && $OUT != *$'\033'* ]] || bad 'Markdown or colour'
	[ "$(printf '%s\n' "$OUT" | grep -v '^    ' | awk '{ if (length > n) n = length } END { print n }')" -le 80 ] ||
		bad 'lines of more than 80 columns'
}
t 'lesson 4 is plain text, wrapped' one

unknown() {
	local last
	for last in 0 11 99999999999999999999 -1 4x x ' 4' ''; do
		run "$PB" lesson "$last"
		want_refused 125 "lesson: '$last': no such lesson" '^hint: pillbox lesson lists them, 1 to 10'
	done
	run "$PB" lesson 4 5
	want_refused 125 "lesson: '4 ...': one number" '^hint: '
	run "$PB" leson
	want_refused 125 "did you mean: pillbox lesson"
}
t 'a lesson that is not there' unknown

full() {
	# shellcheck disable=SC2016 # the shell's own
	run sh -c '"$0" lesson 1 >/dev/full' "$PB"
	want_rc 125
	want_err '^pillbox: lesson: standard output: No space left on device'
}
t 'a lesson that cannot be printed' full

on_a_terminal() {
	on_tty "stty cols 60; env TERM=xterm $PB lesson 4"
	[[ $OUT == *$'\033[1m4. A root that nobody can write\033[0m'* ]] || bad 'the title is not bold'
	[[ $OUT == *$'\033[1m$ pillbox run ~/rootfs -- touch /x\033[0m'* ]] || bad 'commands are not bold'
	[ "$(printf '%s\n' "$OUT" | grep -v -e '^    ' | sed $'s/\033\\[[0-9]*m//g' |
		awk '{ if (length > n) n = length } END { print n }')" -le 60 ] || bad 'wider than the terminal'
	on_tty "env TERM=xterm NO_COLOR=1 $PB lesson 4"
	[[ $OUT == *'4. A root'* && $OUT != *$'\033'* ]] || bad 'colour with NO_COLOR'
	on_tty "env TERM=dumb $PB lesson"
	[[ $OUT == *'A sandbox is a process'* && $OUT != *$'\033'* ]] || bad 'colour on a dumb terminal'
}
t 'lesson on a terminal: as wide as it, in colour, unless NO_COLOR or TERM=dumb' on_a_terminal
