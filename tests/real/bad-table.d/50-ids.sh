# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# SPDX-License-Identifier: Apache-2.0
# 50-ids.sh - subordinate ids and the helpers that write the map: what can be wrong on a host.
#
# The files are covered in a mount namespace of the row's own, which takes root; the machine's stay
# as they are.
[ "$ID" != root ] && [ "$(id -u)" = 0 ] || return 0

cat >"$STAGE/covered-$ID" <<'END'
#!/bin/sh
# covered-ID USER FILE PATH... -- COMMAND...: COMMAND as USER, with FILE over each PATH
user=$1
shift
while [ "$1" != -- ]; do
	mount --bind "$1" "$2" || exit 99
	shift 2
done
shift
exec "$HARNESS" as "$user" "$@"
END
chmod 755 "$STAGE/covered-$ID"
user=$USER_IS
COVER_IS=$USER_IS

# A row with other texts in these files; the row itself becomes the user.
covered() { # STATUS PATTERN SUBUID-TEXT SUBGID-TEXT ARG...
	local AROUND="exec unshare -m --propagation private '$STAGE/covered-$ID' $COVER_IS '$STAGE/cover-$ID/$NAMES.u' /etc/subuid '$STAGE/cover-$ID/$NAMES.g' /etc/subgid -- \"\$@\""
	printf %b "$3" >"$STAGE/cover-$ID/$NAMES.u"
	printf %b "$4" >"$STAGE/cover-$ID/$NAMES.g"
	NAMES=$((NAMES + 1))
	row "$1" "$2" "${@:5}"
}
NAMES=0
mkdir -p "$STAGE/cover-$ID"
USER_IS=- # harness as root

class 'subordinate ids'
for text in '' '\n' '#\n' "$user\n" "$user:\n" "$user:100000\n" "$user:100000:\n" "$user::65536\n" "$user:x:65536\n" "$user:100000:x\n" "$user:100000:0\n" "$user:-1:65536\n" \
	"$user:100000:-1\n" "$user:4294967295:2\n" "$user:4294967290:65536\n" "$user:4294967296:65536\n" "$user:99999999999999999999:65536\n" "$user:100000:99999999999999999999\n" \
	"$user:0:65536\n" "$user:100000:65536:\n" "$user:100000:65536:x\n" "$user: 100000:65536\n" "$user:100000 :65536\n" "$user:0100000:65536\n" "$user:+100000:65536\n" "$user:0x10:65536\n" \
	"$user:1e5:65536\n" " $user:100000:65536\n" "$user :100000:65536\n" ":100000:65536\n" "x$user:100000:65536\n" "$user:100000:65536" "$user:100000:65536\r\n" "$user:100000:1\n" "$user:100000:2\n" \
	"$user:100000:65536\n$user:100000:65536\n" "$user:100000:65536\n$user:130000:65536\n" "$user:100000:65536\nother:130000:65536\n" "$user:100000:10\n$user:200000:10\n" \
	"$(id -u "$user"):100000:65536\n" "$user:$(id -u "$user"):65536\n" '\0\0\0' '\377\376' "$user:100000:65536\0\n" ':::\n:::\n' "$user:100000:65536\n\n\n#x\n"; do
	covered - 'subuid|subgid|range|newuidmap|newgidmap|uid_map' "$text" "$text" run "$ROOT" -- /bin/true
	covered - 'subuid|subgid|range|newuidmap|newgidmap|uid_map' "$text" "$text" run --userns range -u 1 "$ROOT" -- /bin/true
done
covered - 'subuid|subgid|range|newuidmap|newgidmap' "$user:100000:65536\n" '' run --userns range "$ROOT" -- /bin/true
covered - 'subuid|subgid|range|newuidmap|newgidmap' '' "$user:100000:65536\n" run --userns range "$ROOT" -- /bin/true

class 'subordinate ids: no such file'
for cover in /dev/zero /dev/full /dev/null; do
	around "exec unshare -m --propagation private '$STAGE/covered-$ID' $COVER_IS $cover /etc/subuid $cover /etc/subgid -- \"\$@\""
	row - 'subuid' run "$ROOT" -- /bin/true
	row 125 'subuid' run --userns range "$ROOT" -- /bin/true
done
mkfifo "$STAGE/cover-$ID/fifo"
truncate -s 100M "$STAGE/cover-$ID/huge"
for cover in fifo huge; do
	around "exec unshare -m --propagation private '$STAGE/covered-$ID' $COVER_IS '$STAGE/cover-$ID/$cover' /etc/subuid '$STAGE/cover-$ID/$cover' /etc/subgid -- \"\$@\""
	row - 'subuid' run "$ROOT" -- /bin/true
	row 125 'subuid' run --userns range "$ROOT" -- /bin/true
done

class 'newuidmap and newgidmap'
helper() { # NAME TEXT MODE: a helper that is not one
	printf '%b' "$2" >"$STAGE/cover-$ID/$1"
	chmod "$3" "$STAGE/cover-$ID/$1"
	local path
	for path in /usr/bin/newuidmap /usr/bin/newgidmap; do
		# It takes its time: once is enough.
		[ "$1 $path" != 'hangs /usr/bin/newgidmap' ] || continue
		around "exec unshare -m --propagation private '$STAGE/covered-$ID' $COVER_IS '$STAGE/cover-$ID/$1' $path -- \"\$@\""
		[ "$1" = hangs ] || row - 'new[ug]idmap|subuid|uid_map|range' run "$ROOT" -- /bin/true
		row 125 'new[ug]idmap|subuid|range' run --userns range "$ROOT" -- /bin/true
	done
}
if [ "$ID" = range ]; then
	helper zero '#!/bin/sh\nexit 0\n' 4755
	helper one '#!/bin/sh\nexit 1\n' 4755
	helper says '#!/bin/sh\necho no >&2\necho no\nexit 1\n' 4755
	helper signal '#!/bin/sh\nkill -KILL $$\n' 4755
	helper escape '#!/bin/sh\nprintf "\\033[31mred\\007" >&2\nexit 1\n' 4755
	helper floods '#!/bin/sh\nhead -c 5000000 /dev/zero >&2\nexit 1\n' 4755
	helper hangs '#!/bin/sh\nexec sleep 60\n' 4755
	helper unset '#!/bin/sh\nexit 0\n' 755
	helper closed '#!/bin/sh\nexit 0\n' 644
	helper empty '' 4755
fi
class ''
USER_IS=$COVER_IS
