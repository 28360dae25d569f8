# shellcheck shell=bash disable=SC2034,SC2016 # OUT and RAN are lib.sh's; conditions that are evaluated later
# SPDX-License-Identifier: Apache-2.0
# 80-placement.sh - where a sandbox's control group is made: on which rung of the ladder each kind of
# caller ends, by what the kernel shows from outside, and with which sentence it ends where there is
# none. scripts/vm has the places: root, an ordinary user without a session, and one in a session
# (PILLBOX_PLACE=session).

CG=/sys/fs/cgroup
HERE=${PILLBOX_PLACE-}
PB_DIR=$(dirname "$PB")
WITH_SYSTEMD=''
[ ! -d /run/systemd/system ] || WITH_SYSTEMD=1

has_v2() { # CONTROLLER...
	local c
	for c; do
		grep -qsw "$c" $CG/cgroup.controllers && continue
		skip "no cgroup v2 controllers here: $c is not in $CG/cgroup.controllers"
		return 1
	done
}

# Until the command is true, for some seconds: systemd removes what is empty a little later.
soon() { # COMMAND...
	local end=$((SECONDS + 10 * ${SLOW:-1}))
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}

uid_of() { id -u "$1"; }
manager_of() { # UID -> the group of its systemd
	echo "$CG/user.slice/user-$1.slice/user@$1.service"
}

# --- a sandbox that stays, to be looked at from outside ------------------------------------------

HELD=0
# Start COMMAND... in the background as the identity; it prints `up` inside and waits for a line.
# HELD_JOB is the launcher itself, or where another identity is taken on, a shell around it.
hold() { # COMMAND...
	HELD=$((HELD + 1))
	KEYS=$TMP/keys.$HELD
	SAYS=$TMP/says.$HELD
	rm -f "$KEYS" "$SAYS"
	mkfifo "$KEYS"
	chmod 0666 "$KEYS"
	: >"$SAYS"
	chmod 0666 "$SAYS"
	RAN=$(printf '%q ' "$@" | cut -c1-300)
	exec {keys}<>"$KEYS"
	{
		exec {keys}>&-
		[ -n "$(user_of "$ID")" ] || exec "$@"
		as "$ID" "$@"
	} <"$KEYS" >"$SAYS" 2>&1 &
	HELD_JOB=$!
	soon grep -qx up "$SAYS" || bad "it does not start: $(head -n 3 "$SAYS")"
}

release() { # -> RC
	echo go >&"$keys"
	wait "$HELD_JOB"
	RC=$?
	exec {keys}>&-
	OUT=$(cat "$SAYS")
	rm -f "$KEYS" "$SAYS"
}

waiting=(/bin/sh -c 'echo up; read -r word')

group_dirs() { find $CG -type d -name "pillbox-$1" 2>/dev/null; }
procs_of() { cat "$1/cgroup.procs" 2>/dev/null; }

# The sandbox NAME is in a group PARENT/pillbox-NAME, its launcher isn't, and the limit is there.
want_placed() { # PARENT NAME
	local dir=$1/pillbox-$2 pid
	if [ ! -d "$dir" ]; then
		bad "no group $dir: $(find $CG -type d -name '*pillbox*' | tr '\n' ' ') $(head -n 2 "$SAYS")"
		return
	fi
	[ "$(cat "$dir/memory.max")" = 67108864 ] || bad "memory.max is $(cat "$dir/memory.max")"
	[ "$(procs_of "$dir" | wc -l)" -ge 2 ] || bad "in the group: $(procs_of "$dir" | tr '\n' ' ')"
	for pid in $(procs_of "$dir"); do
		grep -qsE '^NSpid:.[0-9]+.[0-9]+$' "/proc/$pid/status" ||
			bad "process $pid in the group is not of the sandbox"
	done
}

want_gone() { # NAME
	soon eval "[ -z \"\$(group_dirs '$1*')\" ]" || bad "still there: $(group_dirs "$1*" | tr '\n' ' ')"
}

# --- root ---------------------------------------------------------------------------------------

root_own() {
	has_v2 memory || return
	hold "$PB" run -m 64m --name own "$ROOT" -- "${waiting[@]}"
	want_placed $CG/pillbox own
	[ -z "$(procs_of $CG/pillbox)" ] || bad "processes in $CG/pillbox itself"
	release
	want_rc 0
	[ ! -d $CG/pillbox ] || bad "$CG/pillbox stays"
}

# SIGKILL leaves no time to clean up: the next run does it. The counterpart is that it was there.
root_sweep() {
	local launcher
	has_v2 memory || return
	hold "$PB" run -m 64m --name killed "$ROOT" -- "${waiting[@]}"
	kill -KILL "$HELD_JOB"
	release 2>/dev/null
	soon eval '[ -z "$(procs_of $CG/pillbox/pillbox-killed)" ]' || bad "the sandbox lives on"
	[ -d $CG/pillbox/pillbox-killed ] || bad "nothing was left to sweep"
	pb -m 64m "$ROOT" -- /bin/probe exit 0
	want_ok
	want_gone killed
	[ ! -d $CG/pillbox ] || bad "$CG/pillbox stays"
}

root_same_name() {
	has_v2 memory || return
	hold "$PB" run -m 64m --name once "$ROOT" -- "${waiting[@]}"
	pb -m 64m --name once "$ROOT" -- /bin/probe exit 0
	want_refused 125 '^pillbox: cgroup: .*pillbox-once: File exists' '^hint: .*choose another --name'
	want_placed $CG/pillbox once
	release
	want_rc 0
}

# As root in a service of the system, with a part of the tree of its own and without.
root_service() {
	has_v2 memory || return
	[ -n "$WITH_SYSTEMD" ] || { skip "no systemd here"; return; }
	hold systemd-run -q --wait --pipe -p Delegate=yes --unit pb-test-a "$PB" run -m 64m --name inside \
		"$ROOT" -- "${waiting[@]}"
	want_placed $CG/system.slice/pb-test-a.service inside
	release
	want_rc 0
	hold systemd-run -q --wait --pipe --unit pb-test-b "$PB" run -m 64m --name beside \
		"$ROOT" -- "${waiting[@]}"
	want_placed $CG/pillbox beside
	release
	want_rc 0
}

# uid 0 that isn't root: the rung of root is not tried.
userns_root() {
	has_v2 memory || return
	run unshare --map-root-user "$PB" run --userns single -m 64m "$ROOT" -- /bin/probe exit 0
	want_refused 125 '^pillbox: cgroup-plan: --memory: .* is not delegated to this user' '^hint: as root, make a group'
}

# --- an ordinary user without a session ---------------------------------------------------------

no_manager() {
	local uid unit said
	has_v2 memory || return
	[ -n "$WITH_SYSTEMD" ] || { skip "no systemd here"; return; }
	uid=$(uid_of "$(user_of "$ID")")
	[ ! -S "/run/user/$uid/systemd/private" ] || { bad "there is a manager of uid $uid"; return; }
	unit=$(sed -n 's,^0::/system.slice/\([^/]*\.service\).*,\1,p' /proc/self/cgroup)
	said="there is no user manager of uid $uid to ask for a scope \\(no /run/user/$uid/systemd/private\\)"
	[ -z "$unit" ] || said="$said, and $unit, in which we are, has no Delegate=yes"
	pb -m 64m "$ROOT" -- /bin/probe exit 0
	want_refused 125 "^pillbox: cgroup-plan: --memory: $said\$" "^hint: .*loginctl enable-linger $uid"
	[ -z "$unit" ] || want_err "^hint: as root, .systemctl edit $unit. and put .Delegate=yes."
	# Not asked for, a group isn't missed.
	pb "$ROOT" -- /bin/probe exit 0
	want_ok
	pb -m 64m --allow-missing=cgroup "$ROOT" -- /bin/probe exit 0
	want_rc 0
	want_err '^pillbox: note: NOT ENFORCED: --memory: there is no user manager of uid '
}

# --- a user's systemd that runs without a login: what su, cron and `ssh -T` come upon -------------

linger() { # USER
	loginctl enable-linger "$1" 2>/dev/null || true
	systemctl start "user@$(uid_of "$1").service" && soon test -S "/run/user/$(uid_of "$1")/systemd/private"
}
unlinger() { # USER
	local uid
	uid=$(uid_of "$1")
	loginctl disable-linger "$1" 2>/dev/null || true
	systemctl stop "user@$uid.service" "user-runtime-dir@$uid.service"
	soon eval "[ ! -d $(manager_of "$uid") ]"
}

# As root, so that a manager can be started and stopped; what is tested is the user's.
as_user_of_root() { # FUNCTION
	has_v2 memory || return
	[ -n "$WITH_SYSTEMD" ] || { skip "no systemd here"; return; }
	id "$USER_RANGE" >/dev/null 2>&1 || { skip "no user $USER_RANGE"; return; }
	if [ -S "/run/user/$(uid_of "$USER_RANGE")/systemd/private" ]; then
		bad "there is a manager of $USER_RANGE already"
		return
	fi
	if [ ! -d "$TMP/user/root" ]; then # a tree of that user's
		mkdir "$TMP/user"
		chown "$USER_RANGE" "$TMP/user"
		as range "$STAGE/bin/mkrootfs" small "$TMP/user/root" 2>/dev/null || bad "mkrootfs"
		as range cp "$STAGE/bin/probe" "$TMP/user/root/bin/probe"
	fi
	linger "$USER_RANGE" || bad "no manager of $USER_RANGE comes up"
	"$1" "$(uid_of "$USER_RANGE")"
	unlinger "$USER_RANGE" || bad "the manager of $USER_RANGE does not end"
}

lingering() { # UID
	local ID=range ROOT=$TMP/user/root
	hold "$PB" run -m 64m --name su "$ROOT" -- "${waiting[@]}"
	want_placed "$(manager_of "$1")/app.slice/pillbox-su.scope" su
	release
	want_rc 0
	want_gone su
}

# Two in a service of the system, as a user with Delegate=yes: in it, and without it in a scope.
user_service() { # UID
	hold systemd-run -q --wait --pipe -p User="$USER_RANGE" -p Delegate=yes --unit pb-test-c \
		"$PB" run -m 64m --name inside "$TMP/user/root" -- "${waiting[@]}"
	want_placed $CG/system.slice/pb-test-c.service inside
	release
	want_rc 0
	hold systemd-run -q --wait --pipe -p User="$USER_RANGE" --unit pb-test-d \
		"$PB" run -m 64m --name moved "$TMP/user/root" -- "${waiting[@]}"
	want_placed "$(manager_of "$1")/app.slice/pillbox-moved.scope" moved
	release
	want_rc 0
	want_gone moved
}

# The cure that the hint names is one: cpuset is refused, and with the drop-in it isn't.
drop_in() { # UID
	local ID=range ROOT=$TMP/user/root dir=/etc/systemd/system/user@.service.d
	has_v2 cpuset || return
	pb --cpuset-cpus 0 "$ROOT" -- /bin/probe exit 0
	want_refused 125 "^pillbox: cgroup-plan: --cpuset-cpus: $(manager_of "$1") has no controller cpuset delegated to it\$" \
		"$dir/delegate.conf" 'systemctl daemon-reload' "systemctl restart user@$1"
	mkdir -p $dir
	printf '[Service]\nDelegate=cpu cpuset io memory pids\n' >$dir/delegate.conf
	systemctl daemon-reload
	systemctl restart "user@$1"
	soon test -S "/run/user/$1/systemd/private" || bad "the manager does not come back"
	pb --cpuset-cpus 0 "$ROOT" -- /bin/sh -c 'grep Cpus_allowed_list /proc/self/status'
	want_ok
	want_out 'Cpus_allowed_list:.0'
	pb "$ROOT" -- /bin/sh -c 'grep Cpus_allowed_list /proc/self/status'
	want_no_out 'Cpus_allowed_list:.0'
	rm -r $dir
	systemctl daemon-reload
}

# Number 4711 means another process in another pid namespace: from there nothing is asked.
pid_namespace() { # UID
	local ID=root as_range=(setpriv --reuid "$USER_RANGE" --regid "$USER_RANGE" --init-groups --reset-env)
	run unshare --pid --fork --mount-proc "${as_range[@]}" \
		"$PB" run -m 64m "$TMP/user/root" -- /bin/probe exit 0
	want_refused 125 '^pillbox: cgroup-scope: --memory(, --pids-limit)?: the user manager runs in another pid namespace'
	[ -z "$(group_dirs '*')" ] || bad "somebody was moved into $(group_dirs '*')"
	run "${as_range[@]}" "$PB" run -m 64m "$TMP/user/root" -- /bin/probe exit 0
	want_ok
	want_gone ''
}

# A socket that nobody listens on any more.
deaf_socket() { # UID
	local ID=range ROOT=$TMP/user/root
	pb -m 64m "$ROOT" -- /bin/probe exit 0
	want_ok
	mv "/run/user/$1/systemd/private" "/run/user/$1/systemd/private.away"
	mv "/run/user/$1/bus" "/run/user/$1/bus.away"
	python3 -c 'import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
os.chown(sys.argv[1], int(sys.argv[2]), -1)' "/run/user/$1/systemd/private" "$1"
	pb -m 64m "$ROOT" -- /bin/probe exit 0
	want_refused 125 "^pillbox: cgroup-scope: --memory(, --pids-limit)?: the user manager does not answer: /run/user/$1/systemd/private: Connection refused" \
		'systemctl restart user@'
	# D-Bus alone will do as well.
	mv "/run/user/$1/bus.away" "/run/user/$1/bus"
	pb -m 64m "$ROOT" -- /bin/probe exit 0
	want_ok
	rm "/run/user/$1/systemd/private"
	mv "/run/user/$1/systemd/private.away" "/run/user/$1/systemd/private"
	want_gone ''
}

# --- in a session -------------------------------------------------------------------------------

session_manager() { manager_of "$(id -u)"; }

session_scope() {
	local scope unit
	hold "$PB" run -m 64m --name here "$ROOT" -- "${waiting[@]}"
	scope=$(session_manager)/app.slice/pillbox-here.scope
	want_placed "$scope" here
	[ "$(procs_of "$scope")" = '' ] || bad "processes in the scope itself: $(procs_of "$scope")"
	grep -q . "$scope/launcher-of-pillbox/cgroup.procs" || bad "no launcher in its leaf"
	# What was not asked for is not handed on; the preset has a limit on processes.
	[ "$(cat "$scope/cgroup.subtree_control")" = 'memory pids' ] ||
		bad "handed on: $(cat "$scope/cgroup.subtree_control")"
	unit=$(systemctl --user is-active pillbox-here.scope)
	[ "$unit" = active ] || bad "systemd says of the scope: $unit"
	release
	want_rc 0
	want_gone here
	[ -z "$(systemctl --user list-units --all --no-legend 'pillbox-*.scope')" ] ||
		soon eval '[ -z "$(systemctl --user list-units --all --no-legend "pillbox-*.scope")" ]' ||
		bad "systemd still knows $(systemctl --user list-units --all --no-legend 'pillbox-*.scope')"
}

# Without a limit, nobody is asked and the launcher stays where it was.
session_nothing_asked() {
	local before
	before=$(sed -n 's/^0:://p' /proc/self/cgroup)
	hold "$PB" run --name free "$ROOT" -- "${waiting[@]}"
	[ -z "$(group_dirs 'free*')" ] || bad "a group: $(group_dirs 'free*')"
	[ "$(sed -n 's/^0:://p' "/proc/$HELD_JOB/cgroup")" = "$before" ] || bad "the launcher was moved"
	release
	want_rc 0
}

# The environment has no say: after su it is another user's, or none.
session_environment() {
	run env -u XDG_RUNTIME_DIR -u DBUS_SESSION_BUS_ADDRESS "$PB" run -m 64m "$ROOT" -- /bin/probe exit 0
	want_ok
	run env XDG_RUNTIME_DIR=/run/user/0 DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere \
		LD_PRELOAD=/nowhere.so SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console \
		"$PB" run -m 64m "$ROOT" -- /bin/probe exit 0
	want_ok
	want_gone ''
}

# In scopes and services of the user's own manager, which does not mark what it delegates: always a
# scope beside it, and the limit that is left is told.
session_units() {
	local n=0 how
	for how in '--scope' '--scope -p Delegate=yes' '--wait --pipe' '--wait --pipe -p Delegate=yes'; do
		n=$((n + 1))
		# shellcheck disable=SC2086 # words
		hold systemd-run -q --user $how -p MemoryMax=500M --unit pb-unit-$n \
			"$PB" run -m 64m --name unit-$n "$ROOT" -- "${waiting[@]}"
		want_placed "$(session_manager)/app.slice/pillbox-unit-$n.scope" unit-$n
		release
		want_rc 0
		want_out 'pillbox: note: in a scope of its own the sandbox is no longer below memory.max of .*/pb-unit-.*'
	done
	want_gone unit-
}

session_parallel() {
	local i n=20 failed=0
	for ((i = 0; i < n; i++)); do
		as "$ID" "$PB" run -m 64m --verify "$ROOT" -- /bin/probe exit 7 >"$TMP/par.$i" 2>&1 &
	done
	for i in $(jobs -p); do
		wait "$i"
		[ $? = 7 ] || failed=$((failed + 1))
	done
	RAN="$n times pillbox run -m 64m, at once"
	[ $failed = 0 ] || bad "$failed of $n failed: $(cat "$TMP"/par.* | head -n 3)"
	rm -f "$TMP"/par.*
	want_gone ''
}

# A name belongs to one at a time; the next one has it at once.
session_same_name() {
	local i
	hold "$PB" run -m 64m --name a+b "$ROOT" -- "${waiting[@]}"
	pb -m 64m --name a+b "$ROOT" -- /bin/probe exit 0
	want_refused 125 '^pillbox: cgroup-scope: --memory(, --pids-limit)?: there is a scope of this name$' \
		'^hint: a sandbox of this name is running: choose another --name'
	release
	want_rc 0
	for i in 1 2 3; do
		pb -m 64m --name a+b "$ROOT" -- /bin/probe exit 0
		want_ok
	done
	want_gone a
}

# Killed, it can't clean up: systemd does, since nobody is left in the scope.
session_killed() {
	hold "$PB" run -m 64m --name dead "$ROOT" -- "${waiting[@]}"
	want_placed "$(session_manager)/app.slice/pillbox-dead.scope" dead
	kill -KILL "$HELD_JOB"
	release 2>/dev/null
	want_gone dead
	soon eval '[ -z "$(systemctl --user list-units --all --no-legend "pillbox-*.scope")" ]' ||
		bad "systemd still knows $(systemctl --user list-units --all --no-legend 'pillbox-*.scope')"
}

# Set-up that fails when the scope is there.
session_fails_late() {
	local step
	[ -x "$PB_DIR/pillbox-seam" ] || { bad "no pillbox-seam: run make seam"; return; }
	for step in cgroup clone idmap caps exec; do
		run "$PB_DIR/pillbox-seam" --fail-at=$step:12 run -m 64m --name late "$ROOT" -- /bin/probe exit 0
		want_refused 125 "^pillbox: $step: injected"
	done
	want_gone late
	soon eval '[ -z "$(systemctl --user list-units --all --no-legend "pillbox-*.scope")" ]' ||
		bad "systemd still knows $(systemctl --user list-units --all --no-legend 'pillbox-*.scope')"
}

# --- the program that asks ----------------------------------------------------------------------

# A pillbox of its own, whose pillbox-scope is this script.
impostor() { # MODE TEXT
	rm -rf "$TMP/own"
	mkdir "$TMP/own"
	cp "$PB" "$TMP/own/pillbox"
	[ -z "$2" ] || printf '#!/bin/sh\n%s\n' "$2" >"$TMP/own/pillbox-scope"
	[ -z "$2" ] || chmod "$1" "$TMP/own/pillbox-scope"
	run "$TMP/own/pillbox" run -m 64m "$ROOT" -- /bin/probe exit 0
}

session_impostors() {
	local bell
	bell=$(printf '\007')
	impostor 0755 ''
	want_refused 125 '^pillbox: cgroup-plan: --memory: the program pillbox-scope, .* is neither in ' \
		'^hint: .make install. puts it there'
	impostor 0777 'echo done'
	want_refused 125 '^pillbox: cgroup-plan: --memory: .*/pillbox-scope is not executed: others could have written it'
	# What it says isn't believed, and what it quotes can't drive a terminal.
	impostor 0755 'echo done'
	want_refused 125 '^pillbox: cgroup-scope: --memory(, --pids-limit)?: systemd says that we are in .*/app.slice/pillbox-.*, and the kernel '
	impostor 0755 "echo 'refused a${bell}b'; exit 1"
	want_refused 125 '^pillbox: cgroup-scope: --memory(, --pids-limit)?: systemd refuses the scope: a\\x07b'
	impostor 0755 'echo done; exit 1'
	want_refused 125 'ended without an answer, exit status 1'
	impostor 0755 'kill -TERM $$'
	want_refused 125 'ended without an answer, by signal 15'
	impostor 0755 'printf "done\nand more\n"'
	want_refused 125 'ended without an answer'
	impostor 0755 'head -c 100000 /dev/zero'
	want_refused 125 'ended without an answer'
	rm -r "$TMP/own"
	[ -z "$(group_dirs '*')" ] || bad "a group: $(group_dirs '*')"
}

# The launcher is killed while it waits: nobody goes on asking in its name.
session_killed_while_asking() {
	rm -rf "$TMP/own"
	mkdir "$TMP/own"
	cp "$PB" "$TMP/own/pillbox"
	cat >"$TMP/own/pillbox-scope" <<END
#!/bin/sh
: >$TMP/own/asked
while [ ! -e $TMP/own/killed ]; do sleep 0.1; done
exec $PB_DIR/pillbox-scope "\$@"
END
	chmod 0755 "$TMP/own/pillbox-scope"
	RAN="kill -KILL a launcher that waits for pillbox-scope"
	"$TMP/own/pillbox" run -m 64m --name never "$ROOT" -- /bin/probe exit 0 2>/dev/null &
	HELD_JOB=$!
	soon test -e "$TMP/own/asked" || bad "it was not started"
	kill -KILL $HELD_JOB
	{ wait $HELD_JOB; } 2>/dev/null
	: >"$TMP/own/killed"
	soon eval '! pgrep -f "^$PB_DIR/pillbox-scope|$TMP/own" >/dev/null' || bad "it is still running"
	[ "$(systemctl --user show -P LoadState pillbox-never.scope)" = not-found ] || bad "a scope was made"
	rm -r "$TMP/own"
}

# --- which of them here -------------------------------------------------------------------------

in_session() { # FUNCTION
	has_v2 memory || return
	"$@"
}

if [ "$HERE" = session ]; then
	t 'a limit gets a scope from systemd, and nothing stays' in_session session_scope
	t 'without a limit nobody is asked' in_session session_nothing_asked
	t 'the scope does not depend on the environment' in_session session_environment
	t 'in scopes and services of the user: a scope beside it' in_session session_units
	t 'twenty at once' in_session session_parallel
	t '--name is for one at a time' in_session session_same_name
	t 'a killed launcher leaves no scope' in_session session_killed
	t 'failing set-up leaves no scope' in_session session_fails_late
	t 'who answers for systemd is not believed' in_session session_impostors
	t 'a launcher killed while it asks' in_session session_killed_while_asking
	t 'uid 0 of a user namespace is not root' userns_root
elif [ "$ID" = root ]; then
	t 'a group of its own, and nothing stays' root_own
	t 'what a killed launcher left is swept by the next run' root_sweep
	t '--name is for one at a time' root_same_name
	t 'in services of the system: delegated and not' root_service
	t 'a user with a systemd but no session gets a scope' as_user_of_root lingering
	t 'a user in services of the system: delegated and not' as_user_of_root user_service
	t 'a controller that is not delegated, and the cure' as_user_of_root drop_in
	t 'from another pid namespace nothing is asked' as_user_of_root pid_namespace
	t 'a systemd that does not answer' as_user_of_root deaf_socket
else
	t 'without a manager of the user: the reason and the cure' no_manager
	t 'uid 0 of a user namespace is not root' userns_root
fi
