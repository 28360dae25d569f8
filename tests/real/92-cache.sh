# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# 92-cache.sh - the cache of compiled profiles, seen by what the filter refuses: the second launch
# takes it, nothing that others could have written is taken, and no failure of it ends a launch.

CACHE=$TMP/cache
DIR=$CACHE/pillbox/seccomp
TOLD='seccomp cache:'
HIT='seccomp cache: .*: as compiled before, '

as "$ID" sh -c "cat >$TMP/no-mkdir.json" <<-'END'
	{ "defaultAction": "SCMP_ACT_ALLOW",
	  "syscalls": [ { "names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 30 } ] }
END
as "$ID" sh -c "echo '{ \"defaultAction\": \"SCMP_ACT_ALLOW\" }' >$TMP/all.json"

cached() { # PROFILE [OPTION...]
	run env XDG_CACHE_HOME="$CACHE" "$PB" run --verbose --security-opt "seccomp=$TMP/$1" "${@:2}" \
		"$ROOT" -- /bin/probe try mkdir /tmp/d
}

want_filtered() {
	want_ok
	want_out 'mkdir=EROFS'
}

want_not_told() { # EXPRESSION
	! has_line "$1" "$ERR" || bad "in the errors: $(printf '%s\n' "$ERR" | grep -E -- "$1")"
}

no_cache() { rm -rf "$CACHE"; }
entries() { find "$DIR" -mindepth 1 -printf '%f\n'; }

# The entry of no-mkdir.json, alone in a new cache
ENTRY=
one_entry() {
	no_cache
	cached no-mkdir.json
	want_filtered
	ENTRY=$DIR/$(entries)
	[ -f "$ENTRY" ] || bad "not one entry: $ENTRY"
}

# --- it is taken --------------------------------------------------------------------------------

second() {
	one_entry
	want_not_told "$HIT"
	[ "$(stat -c %a "$CACHE" "$DIR" "$ENTRY" | tr '\n' ' ')" = '700 700 600 ' ] ||
		bad "modes: $(stat -c %a "$CACHE" "$DIR" "$ENTRY")"
	cached no-mkdir.json
	want_filtered
	want_err "$HIT"
	# the text counts and not the name; other capabilities are another program
	as "$ID" cp "$TMP/no-mkdir.json" "$TMP/copy.json"
	cached copy.json
	want_filtered
	want_err "$HIT"
	cached no-mkdir.json --cap-add SYS_TIME
	want_filtered
	want_not_told "$HIT"
	[ "$(entries | wc -l)" = 2 ] || bad "entries: $(entries)"
}
t 'the second launch takes it' second

builtin() {
	no_cache
	inside -- exit 0
	run env XDG_CACHE_HOME="$CACHE" "$PB" run "$ROOT" -- true
	[ ! -e "$CACHE" ] || bad "the embedded filter was put into the cache"
	for _ in 1 2; do
		run env XDG_CACHE_HOME="$CACHE" "$PB" run --verbose --cap-add SYS_PTRACE "$ROOT" -- true
		want_ok
	done
	want_err "$HIT"
}
t 'a built-in profile for other capabilities is kept, the embedded one needs none' builtin

quiet() {
	one_entry
	run env XDG_CACHE_HOME="$CACHE" "$PB" run --security-opt "seccomp=$TMP/no-mkdir.json" "$ROOT" -- true
	want_ok
	want_not_told "$TOLD"
	chmod 666 "$ENTRY"
	run env XDG_CACHE_HOME="$CACHE" "$PB" run --security-opt "seccomp=$TMP/no-mkdir.json" "$ROOT" -- true
	want_ok
	want_not_told "$TOLD"
}
t 'without --verbose not a word of it' quiet

option() {
	no_cache
	cached no-mkdir.json --no-cache
	want_filtered
	want_not_told "$TOLD"
	[ ! -e "$CACHE" ] || bad "--no-cache made $CACHE"
	one_entry
	printf x >"$ENTRY"
	cached no-mkdir.json --no-cache
	want_filtered
	want_not_told "$TOLD"
	[ "$(cat "$ENTRY")" = x ] || bad "--no-cache wrote"
}
t '--no-cache neither reads nor writes' option

dry_run() {
	no_cache
	cached no-mkdir.json --dry-run
	want_ok
	[ ! -e "$CACHE" ] || bad "a dry run made $CACHE"
	one_entry
	cached no-mkdir.json --dry-run
	want_err "$HIT"
}
t 'a dry run writes nothing' dry_run

# --- it is not taken ----------------------------------------------------------------------------

spoil_byte() { printf '\377' | dd of="$ENTRY" bs=1 seek=$(($(stat -c %s "$ENTRY") - 4)) conv=notrunc status=none; }
spoil_cut() { truncate -s -8 "$ENTRY"; }
spoil_huge() { truncate -s 4G "$ENTRY"; }
spoil_mode() { chmod 666 "$ENTRY"; }
spoil_link() { ln "$ENTRY" "$TMP/second-name"; }
spoil_fifo() { rm "$ENTRY" && mkfifo "$ENTRY"; }
spoil_symlink() { mv "$ENTRY" "$TMP/moved" && ln -s "$TMP/moved" "$ENTRY"; }
# what would weaken it: the entry of a profile that refuses nothing, under this name
spoil_other() {
	cached all.json
	want_out 'mkdir=OK'
	mv "$(find "$DIR" -type f ! -path "$ENTRY")" "$ENTRY"
}

# The file stays the identity's own when root prepares it.
spoilt() { # HOW WORD
	one_entry
	"spoil_$1"
	[ "$ID" = root ] || chown -h "$(user_of "$ID")" "$ENTRY" "$TMP/moved" 2>/dev/null
	cached no-mkdir.json
	want_filtered
	want_err "$TOLD .*$2.*: not used\$"
	want_not_told "$HIT"
	cached no-mkdir.json
	want_filtered
	want_err "$HIT"
	rm -f "$TMP/second-name" "$TMP/moved"
}
t 'a changed byte' spoilt byte 'is damaged'
t 'cut short' spoilt cut 'is damaged'
t 'a huge file' spoilt huge 'not the size'
t 'writable for others' spoilt mode 'others may write'
t 'a hard link' spoilt link 'more than one link'
t 'a FIFO' spoilt fifo 'not a regular file'
t 'a symbolic link' spoilt symlink 'symbolic links'
t 'the entry of a weaker profile under this name' spoilt other 'not what its name says'

open_dir() {
	one_entry
	chmod 777 "$DIR"
	cached no-mkdir.json
	want_filtered
	want_err "$TOLD $DIR: others may write to it"
	want_not_told "$HIT"
}
t 'a directory that others may write to' open_dir

# The workload of an earlier launch that got the directory writable: what it leaves is no entry.
from_inside() {
	one_entry
	cached no-mkdir.json -v "$TMP:/mnt"
	want_filtered
	want_err "$TOLD .*the sandbox may write to $DIR: not used"
	want_not_told "$HIT"
	as "$ID" ln -sfn cache "$TMP/alias"
	cached no-mkdir.json -v "$TMP/alias:/mnt"
	want_err "$TOLD .*the sandbox may write to $DIR: not used"
	cached no-mkdir.json -v "$TMP:/mnt:ro"
	want_err "$HIT"
	no_cache
	as "$ID" mkdir -m 700 "$CACHE"
	cached no-mkdir.json -v "$CACHE:/mnt"
	want_filtered
	[ ! -e "$DIR" ] || [ -z "$(entries)" ] || bad "an entry where the sandbox may write"
}
t 'a launch that gives the cache to the sandbox' from_inside

another_home() {
	local home=$TMP/home user
	user=$(user_of none)
	# An entry of that user's, which would be the right one
	rm -rf "$home"
	mkdir -m 755 "$home"
	chown "$user:" "$home"
	run env -u XDG_CACHE_HOME HOME="$home" "$PB" run --verbose \
		--security-opt "seccomp=$TMP/no-mkdir.json" "$ROOT" -- /bin/probe try mkdir /tmp/d
	want_filtered
	want_err "$TOLD $home: belongs to uid $(id -u "$user"), and not to the caller: not used"
	[ -z "$(ls -A "$home")" ] || bad "root made something in another user's home"
	one_entry
	mv "$CACHE" "$home/.cache"
	chown -R "$user:" "$home/.cache"
	run env -u XDG_CACHE_HOME HOME="$home" "$PB" run --verbose \
		--security-opt "seccomp=$TMP/no-mkdir.json" "$ROOT" -- /bin/probe try mkdir /tmp/d
	want_filtered
	want_err "$TOLD $home/.cache: belongs to uid"
	rm -rf "$home"
}
[ "$ID" != root ] || t "root with another user's HOME" another_home

# --- it is no reason to fail --------------------------------------------------------------------

no_place() {
	local where
	no_cache
	as "$ID" touch "$CACHE"
	for where in "$CACHE" /dev/null /proc/self /nowhere/at/all ''; do
		run env -u HOME XDG_CACHE_HOME="$where" "$PB" run --security-opt "seccomp=$TMP/no-mkdir.json" \
			"$ROOT" -- /bin/probe try mkdir /tmp/d
		want_filtered
		want_no_err
	done
	rm -f "$CACHE"
}
t 'no place for it' no_place

# What the compiler itself writes fits, and the entry does not.
small_limit() {
	local i rules=
	no_cache
	for i in {1..60}; do
		rules+=", { \"name\": \"ioctl\", \"action\": \"SCMP_ACT_ERRNO\", \"args\":
			[ { \"index\": 1, \"value\": $i, \"op\": \"SCMP_CMP_EQ\" } ] }"
	done
	as "$ID" tee "$TMP/large.json" >/dev/null <<-END
		{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		  { "names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 30 } $rules ] }
	END
	# shellcheck disable=SC2016 # the inner shell's words
	run env XDG_CACHE_HOME="$CACHE" sh -c 'ulimit -f 1 && exec "$@"' sh "$PB" run --verbose \
		--security-opt "seccomp=$TMP/large.json" "$ROOT" -- /bin/probe try mkdir /tmp/d
	want_filtered
	want_err "$TOLD .*File too large: not used"
	[ -z "$(entries)" ] || bad "something is left: $(entries)"
}
t 'a file size limit' small_limit

at_once() {
	no_cache
	# shellcheck disable=SC2016 # the inner shell's words
	run env XDG_CACHE_HOME="$CACHE" sh -c '
		for i in 1 2 3 4 5 6 7 8; do
			"$@" >"$0.$i" 2>&1 &
		done
		wait
		cat "$0".*; rm -f "$0".*' "$TMP/said" "$PB" run --security-opt "seccomp=$TMP/no-mkdir.json" \
		"$ROOT" -- /bin/probe try mkdir /tmp/d
	want_ok
	[ "$(printf '%s\n' "$OUT" | grep -cx 'mkdir=EROFS')" = 8 ] || bad "not eight times refused"
	[ "$(printf '%s\n' "$OUT" | wc -l)" = 8 ] || bad "something else was said"
	[ "$(entries | wc -l)" = 1 ] || bad "entries: $(entries)"
}
t 'eight launches at once' at_once
