# shellcheck shell=bash disable=SC2034 # RAN and OUT are read by lib.sh
# SPDX-License-Identifier: Apache-2.0
# 70-idmap.sh - the host's part of an id map: /etc/subuid, /etc/subgid, newuidmap and newgidmap, each
# in every state that users have met. A private mount namespace puts a file of ours over the host's.

# with PATH FILE [PATH FILE...] -- COMMAND...: COMMAND as the identity, FILE bound over PATH
with() {
	local script='mount --make-rprivate /'
	while [ "$1" != -- ]; do
		script="$script && mount --bind '$2' '$1'"
		shift 2
	done
	shift
	local out=$TMP/out err=$TMP/err user
	user=$(user_of "$ID")
	RAN=$(printf '%q ' "$script" "$@" | cut -c1-400)
	# shellcheck disable=SC2086 # no user: no words
	timeout -k 2 $((25 * SLOW)) unshare -m sh -c "$script"' && exec "$@"' sh \
		${user:+setpriv --reuid "$user" --regid "$user" --init-groups --reset-env} \
		"$@" >"$out" 2>"$err"
	RC=$?
	OUT=$(tr -d '\0' <"$out")
	ERR=$(tr -d '\0' <"$err")
	[ "$RC" != 124 ] || bad "still running after $((25 * SLOW)) s"
}

mine=$(user_of "$ID")
mine=${mine:-$(id -un)}
make_file() { # NAME MODE TEXT
	# shellcheck disable=SC2059 # a format is meant
	printf "$3" >"$TMP/$1" && chmod "$2" "$TMP/$1"
}

# --- /etc/subuid --------------------------------------------------------------------------------

# A text for both files that has to be refused, with words of the message.
refused() { # TEXT WORD...
	local text=$1
	shift
	make_file sub 644 "$text"
	with /etc/subuid "$TMP/sub" /etc/subgid "$TMP/sub" -- "$PB" run "$ROOT" true
	want_refused 125 '/etc/sub[ug]id' "$@"
}

accepted() { # TEXT UID_MAP-LINE
	make_file sub 644 "$1"
	with /etc/subuid "$TMP/sub" /etc/subgid "$TMP/sub" -- "$PB" run "$ROOT" cat /proc/self/uid_map
	want_ok
	[ "$(printf '%s\n' "$OUT" | tail -n 1 | awk '{print $1, $2, $3}')" = "$2" ] || bad "uid_map: $OUT"
}

if [ "$(id -u)" != 0 ]; then
	cannot() { skip 'only root can put files over /etc/subuid and newuidmap'; }
	t 'broken id map files and helpers' cannot
else
	t 'subuid: a line with two fields' refused "$mine:100000\n" ':1:'
	t 'subuid: a line with four fields, second line' refused "$mine:100000:65536\n$mine:1:2:3\n" ':2:'
	t 'subuid: letters for the start' refused "$mine:1x:65536\n" ':1:'
	t 'subuid: a negative count' refused "$mine:100000:-1\n" ':1:'
	t 'subuid: a count of 0' refused "$mine:100000:0\n" ':1:'
	t 'subuid: an end above 2^32' refused "$mine:4294967000:65536\n" ':1:'
	t 'subuid: twenty digits' refused "$mine:99999999999999999999:1\n" ':1:'
	t 'subuid: a malformed line of somebody else' refused "nobody:x:y\n$mine:100000:65536\n" ':1:'
	t 'subuid: two overlapping ranges' refused "$mine:100000:65536\n$mine:165000:65536\n" ':2:'
	t 'subuid: CR LF' refused "$mine:100000:65536\r\n" ':1:'
	case $ID in
	range)
		base=$(awk -F: -v u="$mine" '$1 == u { print $2 }' /etc/subuid)
		t 'subuid: no newline at the end' accepted "$mine:$base:65536" "1 $base 65536"
		t 'subuid: by uid' accepted "$(id -u "$mine"):$base:65536\n" "1 $base 65536"
		small() {
			make_file sub 644 "$mine:$base:100\n"
			with /etc/subuid "$TMP/sub" /etc/subgid "$TMP/sub" -- "$PB" run "$ROOT" true
			want_refused 125 1000 'map' 'hint: '
		}
		t 'subuid: a range too small for uid 1000' small
		single() {
			make_file sub 644 ''
			with /etc/subuid "$TMP/sub" /etc/subgid "$TMP/sub" -- "$PB" run --verbose "$ROOT" \
				cat /proc/self/uid_map
			want_ok
			want_out ' *1000 +[0-9]+ +1'
			want_err 'single id'
		}
		t 'subuid: empty: a single-id map, and the report says so' single
		must_range() {
			make_file sub 644 ''
			with /etc/subuid "$TMP/sub" /etc/subgid "$TMP/sub" -- "$PB" run --userns range "$ROOT" true
			want_refused 125 'range' 'hint: .*--add-subuids'
		}
		t '--userns range without one' must_range

		# --- the helpers ------------------------------------------------------------------------
		helper() { # SCRIPT MODE
			make_file helper "$2" "#!/bin/sh\n$1\n"
			with /usr/bin/newuidmap "$TMP/helper" -- "$PB" run "$ROOT" true
		}
		missing() {
			with /usr/bin/newuidmap /dev/null -- "$PB" run "$ROOT" true
			want_refused 125 newuidmap 'hint: '
		}
		t 'newuidmap is not a program' missing
		no_suid() {
			cp /usr/bin/newuidmap "$TMP/plain" && chmod 755 "$TMP/plain"
			with /usr/bin/newuidmap "$TMP/plain" -- "$PB" run "$ROOT" true
			want_refused 125 newuidmap 'set-?uid|file capabilit' 'hint: .*(chmod|reinstall)'
		}
		t 'newuidmap without its set-user-ID bit' no_suid
		liar() { helper 'exit 0' 4755; want_refused 125 'uid_map|newuidmap'; }
		t 'newuidmap ends with 0 and has not mapped' liar
		failing() { helper 'echo "no \\033[31mway" >&2; exit 3' 4755; want_refused 125 newuidmap 'way'; }
		t 'newuidmap fails: its words, escaped' failing
		flood() { helper 'head -c 300000 /dev/zero | tr "\\\\0" x >&2; exit 1' 4755; want_refused 125 newuidmap; }
		t 'newuidmap floods stderr' flood
		hanging() {
			local start=$SECONDS
			helper 'exec sleep 60' 4755
			want_refused 125 newuidmap
			[ $((SECONDS - start)) -le $((9 + 3 * SLOW)) ] || bad "it took $((SECONDS - start)) s"
		}
		t 'newuidmap hangs' hanging
		nnp() {
			run setpriv --no-new-privs "$PB" run "$ROOT" true
			want_refused 125 'no_new_privs|NoNewPrivs' 'hint: '
		}
		t 'the caller has no_new_privs' nnp
		;;
	root)
		root_range() {
			make_file sub 644 "root:700000:65536\n"
			with /etc/subuid "$TMP/sub" /etc/subgid "$TMP/sub" -- "$PB" run "$ROOT" sh -c \
				'cat /proc/self/uid_map; stat -c %%u /bin'
			want_ok
			want_out ' *0 +700000 +65536'
		}
		t "root's own range in /etc/subuid" root_range
		never_zero() {
			make_file sub 644 "root:0:65536\n"
			with /etc/subuid "$TMP/sub" /etc/subgid "$TMP/sub" -- "$PB" run "$ROOT" true
			want_refused 125
		}
		t 'a range that holds host id 0 is refused' never_zero
		;;
	none)
		own() { pb "$ROOT" cat /proc/self/uid_map; want_ok; want_out " *1000 +$(id -u "$mine") +1"; }
		t 'without a range the map is one id, our own' own
		;;
	esac
fi
