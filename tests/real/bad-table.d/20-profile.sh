# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# SPDX-License-Identifier: Apache-2.0
# 20-profile.sh - seccomp profiles: each field with each wrong type and value, and what is no profile.
[ "$ID" != none ] || return 0

profile() { # STATUS PATTERN TEXT: the file is p.json
	local WITH="cat >p.json <<'END_OF_PROFILE'
$3
END_OF_PROFILE"
	row "$1" "$2" run --no-cache --security-opt "seccomp=$D/p.json" "$ROOT" -- true
}
allow='"defaultAction": "SCMP_ACT_ALLOW"'

class 'profiles: a field of another type'
for field in defaultAction architectures archMap flags syscalls defaultErrnoRet defaultErrno listenerPath listenerMetadata; do
	for value in 1 -1 1.5 true '"x"' '[1]' '{}' '[[]]' '{"a": 1}' '[null]'; do
		if [ "$field" = defaultAction ]; then
			profile 125 'p.json:[0-9]+:[0-9]+' "{\"$field\": $value}"
		else
			profile - 'p.json:[0-9]+:[0-9]+' "{$allow, \"$field\": $value}"
		fi
	done
done

class 'profiles: a field of a rule'
rule() { profile "$1" "$2" "{$allow, \"syscalls\": [{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\", $3}]}"; }
for value in 1 '"x"' '{}' true '[1]' '["index"]' '[[]]' '[{}]'; do rule 125 'p.json:1:[0-9]+: syscalls.0' "\"args\": $value"; done
for value in -1 6 7 1.5 '"0"' true '[]' 4294967296 18446744073709551616; do
	rule 125 'p.json:1:[0-9]+: .*index' "\"args\": [{\"index\": $value, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"}]"
done
for value in -1 1.5 '"0"' true '[]' 1e3 18446744073709551616 99999999999999999999999; do
	rule 125 'p.json:1:[0-9]+: .*(value|not JSON)' "\"args\": [{\"index\": 0, \"value\": $value, \"op\": \"SCMP_CMP_EQ\"}]"
	rule 125 'p.json:1:[0-9]+: .*(valueTwo|not JSON)' "\"args\": [{\"index\": 0, \"value\": 1, \"valueTwo\": $value, \"op\": \"SCMP_CMP_MASKED_EQ\"}]"
done
for value in '"EQ"' '"SCMP_CMP_"' '"scmp_cmp_eq"' '"SCMP_CMP_EQ "' 4 true '[]' '"=="'; do
	rule 125 'p.json:1:[0-9]+: .*(op|operator)' "\"args\": [{\"index\": 0, \"value\": 1, \"op\": $value}]"
done
rule 125 'not in the mask|never|mask' '"args": [{"index": 0, "value": 1, "valueTwo": 2, "op": "SCMP_CMP_MASKED_EQ"}]'
rule 125h 'not equal to' '"args": [{"index": 0, "value": 1, "op": "SCMP_CMP_NE"}, {"index": 0, "value": 2, "op": "SCMP_CMP_NE"}]'
for value in -1 4096 5000 65536 1.5 '"1"' true '[]' 18446744073709551616; do rule 125 'p.json:1:[0-9]+: .*(errnoRet|not JSON)' "\"errnoRet\": $value"; done
for value in '"ENONE"' '"eperm"' '"E"' 1 true '[]' '"1"'; do rule 125 'p.json:1:[0-9]+: .*errno' "\"errno\": $value"; done
for key in includes excludes; do
	for value in 1 '"x"' '[]' '{"caps": "CAP_CHOWN"}' '{"caps": ["CAP_X"]}' '{"caps": [1]}' '{"caps": ["CHOWNX"]}' '{"arches": "amd64"}' '{"arches": [1]}' \
		'{"minKernel": "x"}' '{"minKernel": "6.x"}' '{"minKernel": 6.1}' '{"minKernel": "-1.0"}' '{"minKernel": "6.1.2.3"}' '{"x": 1}' '{"minKernel": "99999999999.1"}'; do
		rule 125 'p.json:1:[0-9]+: .*syscalls.0' "\"$key\": $value"
	done
done
rule 125 'colour' '"colour": 1'
rule 125 'name' '"name": "write"'

class 'profiles: rules'
for value in '[1]' '["x"]' '[[]]' '[null]' '[true]' '[{}]' '[{"names": []}]' '[{"names": 1}]' '[{"names": "read"}]' '[{"names": [1]}]' '[{"name": 1}]' \
	'[{"names": ["read"]}]' '[{"names": ["read"], "action": 1}]' '[{"names": ["read"], "action": ""}]' '[{"names": ["read"], "action": "ALLOW"}]' \
	'[{"names": ["read"], "action": "SCMP_ACT_NOTIFY"}]' '[{"action": "SCMP_ACT_ALLOW"}]' '[{"names": ["read"], "action": "SCMP_ACT_ERRNO", "action": "SCMP_ACT_ALLOW"}]'; do
	profile 125 'p.json:1:[0-9]+' "{$allow, \"syscalls\": $value}"
done
for value in 'execve' 'exit_group' 'execve", "exit_group'; do
	profile 125h "cannot execute anything.*(execve|exit_group)" "{$allow, \"syscalls\": [{\"names\": [\"$value\"], \"action\": \"SCMP_ACT_ERRNO\"}]}"
done
for value in ERRNO KILL KILL_PROCESS TRAP; do profile 125h 'cannot execute anything' "{\"defaultAction\": \"SCMP_ACT_$value\"}"; done
for value in SCMP_ARCH_X SCMP_ARCH_x86 X86_64 '' amd64; do profile 125 'p.json:1:[0-9]+: .*arch' "{$allow, \"architectures\": [\"$value\"]}"; done
for value in SECCOMP_FILTER_FLAG_X LOG '' SECCOMP_FILTER_FLAG_NEW_LISTENER; do profile 125 'p.json:1:[0-9]+: .*flag' "{$allow, \"flags\": [\"$value\"]}"; done
profile - 'p.json' "{$allow, \"syscalls\": [{\"names\": [\"no_such_call\"], \"action\": \"SCMP_ACT_ERRNO\"}]}"
many=$(for ((i = 0; i < 500; i++)); do printf '{"index": 0, "value": %d, "op": "SCMP_CMP_EQ"},' "$i"; done)
rule 125 'conditions|rules|instructions' "\"args\": [${many%,}]"
class 'profiles: too many'
with 'printf %s "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [" >p.json
	i=0; while [ $i -lt 5000 ]; do printf "%s" "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\", \"args\": [{\"index\": 0, \"value\": $i, \"op\": \"SCMP_CMP_EQ\"}]},"; i=$((i + 1)); done >>p.json
	printf %s "{\"names\": [\"write\"], \"action\": \"SCMP_ACT_LOG\"}]}" >>p.json'
row 125h 'instructions|rules' run --no-cache --security-opt "seccomp=$D/p.json" "$ROOT" -- true
with 'printf "{\"a\": " >p.json; head -c 3000000 /dev/zero | tr "\0" " " >>p.json'
row 125 'p.json: .*larger' run --no-cache --security-opt "seccomp=$D/p.json" "$ROOT" -- true
with 'truncate -s 1G p.json'
row 125 'p.json: .*larger' run --no-cache --security-opt "seccomp=$D/p.json" "$ROOT" -- true

class 'profiles: no text of a profile'
for text in '{' '}' '[' '"' 'x' 'null' '1' '""' 'true' '{}{}' '{"defaultAction": "SCMP_ACT_ALLOW"} x' '{"defaultAction": "SCMP_ACT_ALLOW",}' \
	'{defaultAction: 1}' "{'a': 1}" '{"a": 01}' '{"a": .5}' '{"a": 1.}' '{"a": 1e}' '{"a": "\x"}' '{"a": "\u12"}' '{"a": "\ud800"}' '// c' '/* c */ {}' '{"a" 1}' '{"a":: 1}' '{"a": tru}' $'{"a": "\t"}'; do
	profile 125 'p.json:1:[0-9]+' "$text"
done
for text in '{"a": "\0"}' '\377\376{\0' '\0' '{}\0' '{"a": "\303"}' '{"\300\200": 1}' '\357\273\277{}' '\033[31m' '{"\033[31m": 1}'; do
	with "printf '$text' >p.json"
	row 125 'p.json:1:[0-9]+' run --no-cache --security-opt "seccomp=$D/p.json" "$ROOT" -- true
done

class 'profiles: no file of a profile'
for make in 'mkfifo p.json' 'mkdir p.json' 'ln -s p.json p.json' 'ln -s nowhere p.json' 'ln -s /dev/zero p.json' 'ln -s /proc/self/mem p.json' ':' ': >p.json; chmod 0 p.json' 'ln -s /dev/tty p.json'; do
	with "$make"
	[ "$ID$make" = 'root: >p.json; chmod 0 p.json' ] || row 125 'p.json' run --no-cache --security-opt "seccomp=$D/p.json" "$ROOT" -- true
done
