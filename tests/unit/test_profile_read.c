/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_profile_read.c - the profile reader: where an error stands, text that is not JSON, and each
 * part of Docker's and podman's format.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "bpfsim.h"
#include "builtin_filter.h"
#include "profile.h"
#include "util.h"

#define OK SECCOMP_RET_ALLOW
#define NO (SECCOMP_RET_ERRNO | EPERM)
#define CALLS "\"execve\", \"exit_group\", \"read\""
#define BASE "{\"names\": [" CALLS "], \"action\": \"SCMP_ACT_ALLOW\"}"
#define ALLOW "{\"defaultAction\": \"SCMP_ACT_ALLOW\""

static struct err err;
static struct profile_result res;

static int compile_bytes(const char *text, size_t len)
{
	profile_result_free(&res);
	memset(&err, 0, sizeof(err));
	return profile_compile("f.json", text, len, 1ULL << CAP_CHOWN, 6001, &res, &err);
}

static int compile(const char *text)
{
	return compile_bytes(text, strlen(text));
}

/* Single quotes are double ones: tests are read more often than they are written. */
static int compile_quoted(const char *text)
{
	auto_free char *copy = strdup(text);

	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	return compile(copy);
}

static uint32_t answer(uint32_t nr, uint64_t a0)
{
	return bpfsim_call(res.insns, res.n, AUDIT_ARCH_X86_64, nr, (uint64_t[6]){a0});
}

/* ---- where an error stands ------------------------------------------------------------------ */

#define AT4(rest) "{\n'defaultAction': 'SCMP_ACT_ALLOW',\n'syscalls': [\n\t" rest "\n]}"
#define COND(rest) AT4("{'name': 'dup', 'action': 'SCMP_ACT_TRAP', 'args': [" rest "]}")
#define MATCH(rest) AT4("{'name': 'dup', 'action': 'SCMP_ACT_TRAP', " rest "}")

static const struct {
	const char *text, *msg, *hint;
} placed[] = {
	{"{}", "f.json:1:1: \"defaultAction\" is missing and there are no rules",
	 "seccomp=unconfined"},
	{"\n {'syscalls': []}", "f.json:2:2: \"defaultAction\" is missing and", "unconfined"},
	{"{'defaultAction': ''}", "f.json:1:1: \"defaultAction\" is missing and", "unconfined"},
	{"{'syscalls': [1]}", "f.json:1:1: \"defaultAction\" is missing", ""},
	{"{'defaultAction': 'SCMP_ACT_ALOW'}", "f.json:1:19: unknown action \"SCMP_ACT_ALOW\"",
	 "the actions are SCMP_ACT_KILL, SCMP_ACT_KILL_THREAD, "},
	{"{\n 'colour': 1}", "f.json:2:2: unknown field \"colour\" in the profile",
	 "the fields here are defaultAction, "},
	{"{'': 1}", "f.json:1:1: unknown field \"\"", ""},
	{"{'syscalls': {'x': 1}, 'syscalls.x': 1}", "f.json:1:24: unknown field \"syscalls.x\"",
	 ""},
	/* columns are characters, and keys with escapes are not found: the object is */
	{"{'comment': 'h\xc3\xa9 \xf0\x9f\x98\x80', 'x': 1}", "f.json:1:21: unknown field \"x\"",
	 ""},
	{"{'comment': '\\'}', 'x': 1}", "f.json:1:20: unknown field \"x\"", ""},
	{" {'\\u0078': 1}", "f.json:1:2: unknown field \"x\"", ""},
	{"{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 4096}",
	 "f.json:1:56: \"defaultErrnoRet\" is 4096: an errno is 0..4094", ""},
	{"{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrno': 'EWHAT'}", "f.json:1:53: ", ""},
	{"{'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': '/x'}",
	 "f.json:1:53: listenerPath needs an agent", "SCMP_ACT_LOG"},
	{"{'defaultAction': 'SCMP_ACT_ALLOW', 'listenerMetadata': 'x'}",
	 "f.json:1:57: listenerMetadata needs an agent", "SCMP_ACT_LOG"},
	{"{'defaultAction': 'SCMP_ACT_ALLOW', 'listenerMetadata': 1}", "f.json:1:57: ", ""},
	{"{'defaultAction': 'SCMP_ACT_NOTIFY'}", "f.json:1:19: SCMP_ACT_NOTIFY needs an agent", ""},
	{"{'defaultAction': 'SCMP_ACT_ALLOW', 'flags': ['SECCOMP_FILTER_FLAG_LOG',\n'LOG']}",
	 "f.json:2:1: unknown flag \"LOG\"", "the flags are SECCOMP_FILTER_FLAG_LOG, "},
	{"{'defaultAction': 'SCMP_ACT_ALLOW', 'architectures': ['SCMP_ARCH_X86',\n'SCMP_ARCH_X68']}",
	 "f.json:2:1: unknown architecture", "SCMP_ARCH_X86?"},
	{"{'defaultAction': 'SCMP_ACT_ALLOW', 'archMap': [{\n'architecture': 'TOASTER'}]}",
	 "f.json:2:17: archMap[0]: unknown architecture", "SCMP_ARCH_X86_64"},
	{"{'defaultAction': 'SCMP_ACT_ALLOW', 'archMap': [{'architecture': 'SCMP_ARCH_X86'},\n"
	 "{'architecture': 'SCMP_ARCH_ARM', 'subArchitectures': ['amd64']}]}",
	 "f.json:2:56: archMap[1]: unknown architecture \"amd64\"", ""},
	{"{'defaultAction': 'SCMP_ACT_ALLOW', 'archMap': {}}", "f.json:1:48: \"archMap\" is not",
	 ""},
	{AT4("1"), "f.json:4:2: syscalls[0]: a rule is not a JSON object", ""},
	{AT4("{'name': 'dup', 'action': 'SCMP_ACT_TRAP'},\n{'name': 'x'}"),
	 "f.json:5:1: syscalls[1]: \"action\" is missing", ""},
	{AT4("{'name': 'dup', 'action': 'SCMP_ACT_TRAP'},\n{'name': 'x', 'action': 'TRAP'}"),
	 "f.json:5:25: syscalls[1]: unknown action", ""},
	{AT4("{'name': 'x', 'names': ['y'], 'action': 'SCMP_ACT_TRAP'}"),
	 "f.json:4:11: syscalls[0]: both \"name\" and", ""},
	{AT4("{'names': ['y', [1, 2], 3], 'action': 'SCMP_ACT_TRAP'}"),
	 "f.json:4:18: syscalls[0]: \"names\" holds", ""},
	{AT4("{'names': ['y'], 'action': 'SCMP_ACT_TRAP', 'names.x': 1}"),
	 "f.json:4:46: syscalls[0]: unknown field \"names.x\" in a rule",
	 "the fields here are name,"},
	{COND("{'index': 6, 'value': 1, 'op': 'SCMP_CMP_EQ'}"),
	 "f.json:4:64: syscalls[0].args[0]: \"index\" is not in 0..5", ""},
	{COND("{'index': 0, 'op': 'SCMP_CMP_EQ'}, {'index': 0, 'op': '<'}"),
	 "f.json:4:108: syscalls[0].args[1]: unknown operator \"<\"",
	 "the operators are SCMP_CMP_NE,"},
	{COND("{'index': 0, 'value': 18446744073709551615, 'op': '<'}"),
	 "f.json:4:104: syscalls[0].args[0]: unknown operator", ""},
	{COND("{'index': 0, 'value': 18446744073709551616, 'op': '<'}"),
	 "f.json:4:76: syscalls[0].args[0]: \"value\" is not in 0..18446744073709551615", ""},
	{COND("{'index': 0, 'value': '18446744073709551615', 'op': 'SCMP_CMP_EQ'}"),
	 "f.json:4:76: syscalls[0].args[0]: \"value\" is not a whole number", ""},
	{COND("{'index': 0, 'op': 18446744073709551615}"),
	 "f.json:4:73: syscalls[0].args[0]: \"op\" is not a string", ""},
	{COND("[]"), "f.json:4:54: syscalls[0].args[0]: args is not a JSON object", ""},
	{MATCH("'includes': {'caps': ['CAP_CHOWN', 'CAP_CHWON']}"),
	 "f.json:4:80: syscalls[0].includes: unknown capability \"CAP_CHWON\"",
	 "did you mean CAP_CHOWN?"},
	{MATCH("'excludes': {'arches': ['amd46']}"),
	 "f.json:4:69: syscalls[0].excludes: unknown architecture \"amd46\"",
	 "did you mean amd64?"},
	{MATCH("'excludes': {'minKernel': '4.8.1'}"), "f.json:4:71: syscalls[0].excludes: ", ""},
	{MATCH("'excludes': []"), "f.json:4:57: syscalls[0].excludes: excludes is not", ""},
	{AT4("{'name': 'read', 'action': 'SCMP_ACT_TRAP'},\n\n{'name': 'dup', 'action': 'SCMP_ACT_TRAP', "
	     "'args': [{'index': 0, 'value': 3, 'op': 'SCMP_CMP_NE'}, {'index': 0, 'op': 'SCMP_CMP_NE'}]}"),
	 "f.json:6: dup: argument 0 \"not equal", "alternatives"},
};

Test(profile_read, places)
{
	for (size_t i = 0; i < ARRAY_SIZE(placed); i++) {
		cr_expect(compile_quoted(placed[i].text) == -EINVAL, "accepted: %s",
			  placed[i].text);
		cr_expect(strncmp(err.msg, placed[i].msg, strlen(placed[i].msg)) == 0,
			  "'%s' is not '%s'", err.msg, placed[i].msg);
		cr_expect(strstr(err.hint, placed[i].hint), "%s: '%s' has no '%s'", err.msg,
			  err.hint, placed[i].hint);
		cr_expect(!strchr(err.msg, '\x7f'), "%s", err.msg);
	}
}

static const struct {
	const char *text;
	size_t len;
	const char *msg;
} not_json[] = {
#define TEXT(s) s, sizeof(s) - 1
	{TEXT(""), "f.json:1:1: not JSON: "},
	{TEXT("\n\n  "), "f.json:3:2: not JSON: "},
	{TEXT(ALLOW), "f.json:1:34: not JSON: "},
	{TEXT(ALLOW "\n"), "f.json:1:35: not JSON: "},
	{TEXT(ALLOW ",\n \"x\": tru}"), "f.json:2:9: not JSON: invalid token near 'tru'"},
	{TEXT(ALLOW ",\n \"flags\": [],\n \"flags\": 1}"), "f.json:3:8: not JSON: duplicate"},
	{TEXT(ALLOW ",}"), "f.json:1:36: not JSON: "},
	{TEXT(ALLOW "} {"), "f.json:1:37: not JSON: end of file expected"},
	{TEXT(ALLOW "}\0"), "f.json:1:36: not JSON: there is a NUL byte"},
	{TEXT("\xff\xfe{\0}\0"), "f.json:1:1: not JSON: byte 0xff is not UTF-8"},
	{TEXT("{\0}\0"), "f.json:1:2: not JSON: there is a NUL byte"},
	{TEXT("{\"x\": \"\0\"}"), "f.json:1:8: not JSON: there is a NUL byte"},
	{TEXT("\xef\xbb\xbf" ALLOW "}"), "f.json:1:1: not JSON: it starts with a byte order mark"},
	{TEXT("{\"x\": \"\xc3\xa9\xe9\"}"), "f.json:1:9: not JSON: byte 0xe9 is not UTF-8"},
	{TEXT("{\"x\": \"\xed\xa0\x80\"}"), "f.json:1:8: not JSON: byte 0xed is not UTF-8"},
	{TEXT("{\"x\": \"\\ud800\"}"), "f.json:1:"},
	{TEXT("{\"x\": \"\\u0000\"}"), "f.json:1:"},
	{TEXT("{\"x\": \"\\y\"}"), "f.json:1:9: not JSON: "},
	{TEXT("{\"x\": 01}"), "f.json:1:7: not JSON: "},
	{TEXT("{'x': 1}"), "f.json:1:2: not JSON: "},
	{TEXT("{\"x\": -9223372036854775809}"), "f.json:1:26: not JSON: too big negative"},
	{TEXT("{\"x\": 1e999}"), "f.json:1:11: not JSON: real number overflow"},
	{TEXT("{12345678901234567890: 1}"), "f.json:1:21: not JSON: "},
	/* the place is the one in the text as it was given, before long numbers are quoted */
	{TEXT("{\"x\": [12345678901234567890, 12345678901234567890, ?]}"),
	 "f.json:1:52: not JSON: "},
	{TEXT("{\"x\": [12345678901234567890\n12345678901234567890]}"),
	 "f.json:2:20: not JSON: ']' expected"},
	{TEXT("{\"x\": [1234567890123456789012345"), "f.json:1:32: not JSON: "},
#undef TEXT
};

Test(profile_read, not_json)
{
	for (size_t i = 0; i < ARRAY_SIZE(not_json); i++) {
		cr_expect(compile_bytes(not_json[i].text, not_json[i].len) == -EINVAL,
			  "accepted: %s", not_json[i].text);
		cr_expect(strncmp(err.msg, not_json[i].msg, strlen(not_json[i].msg)) == 0,
			  "'%s' is not '%s'", err.msg, not_json[i].msg);
		cr_expect(*err.hint && !strchr(err.msg, '\x7f'), "%s", err.msg);
	}
}

/* A real profile, cut off anywhere: the error is at its end. */
Test(profile_read, truncated)
{
	const char *text = builtin_filters[0].json;
	unsigned line, col, at_line, at_col;

	for (size_t len = 1; len + 2 < builtin_filters[0].json_len; len += 13) {
		auto_free char *copy = strndup(text, len);

		cr_expect(compile(copy) == -EINVAL);
		cr_expect(sscanf(err.msg, "f.json:%u:%u: not JSON: ", &line, &col) == 2, "%s",
			  err.msg);
		profile_position(text, len, len - 1, &at_line, &at_col);
		cr_expect(line == at_line && col == at_col, "%u:%u is not %u:%u", line, col,
			  at_line, at_col);
	}
}

Test(profile_read, locate)
{
	static const char text[] =
		" {\"a\": [1, {\"b\" : \"]}\\\"\"}, 3],\n\"a[2]\":\t[[[]], {}], \"c.d\": 7}";
	static const struct {
		const char *path;
		unsigned line, col, key_col;
		int rc;
	} t[] = {
		{"", 1, 2, 2, 0},
		{"a", 1, 8, 3, 0},
		{"a[0]", 1, 9, 9, 0},
		{"a[1]", 1, 12, 12, 0},
		{"a[1].b", 1, 19, 13, 0},
		{"a[2]", 2, 9, 1, 0},
		{"a[2][1]", 2, 16, 16, 0},
		{"c.d", 2, 28, 21, 0},
		{"a[", 1, 9, 9, 0},
		{"a[3]", 1, 8, 8, -ENOENT},
		{"c", 1, 2, 2, -ENOENT},
		{"a[1].c", 1, 12, 12, -ENOENT},
		{"a.b", 1, 8, 8, -ENOENT},
		{"[", 1, 2, 2, -ENOENT},
		{".", 1, 2, 2, -ENOENT},
		{"a[1x", 1, 12, 12, -ENOENT},
		{"c.d.", 2, 28, 28, -ENOENT},
	};
	unsigned line, col;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		int rc = profile_locate(text, strlen(text), t[i].path, &line, &col);

		cr_expect(rc == t[i].rc && line == t[i].line && col == t[i].col, "%s: %d, %u:%u",
			  t[i].path, rc, line, col);
		rc = profile_locate_key(text, strlen(text), t[i].path, &line, &col);
		cr_expect(rc == t[i].rc && line == t[i].line && col == t[i].key_col,
			  "the key %s: %d, %u:%u", t[i].path, rc, line, col);
	}
	/* text that ends too early, at every length */
	for (size_t len = 0; len < sizeof(text); len++) {
		auto_free char *copy = malloc(len + 1);

		memcpy(copy, text, len);
		for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
			(void)profile_locate(copy, len, t[i].path, &line, &col);
			cr_expect(line == 1 || (line == 2 && len > 31));
		}
	}
}

Test(profile_read, lines_of_rules)
{
	static const char text[] =
		"{\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\"comment\": {\"syscalls\": [1]},\n\"syscalls\": ["
		"{\"name\": \"dup\", \"action\": \"SCMP_ACT_ALLOW\"},\n\n"
		"{\"names\": [\"execve\",\n \"exit_group\"], \"action\": \"SCMP_ACT_ALLOW\"},\n"
		"{\"name\": \"never\", \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"arches\": [\"s390x\"]}},\n"
		"{\"name\": \"dup\", \"action\": \"SCMP_ACT_ALLOW\"}, {\"name\": \"read\", \"action\": "
		"\"SCMP_ACT_LOG\"}]}";
	static const struct {
		const char *name;
		unsigned entry, line;
	} want[] = {{"dup", 0, 3}, {"execve", 1, 5}, {"exit_group", 1, 5}, {"read", 4, 8}};
	struct profile p;

	cr_assert(profile_read("f.json", text, strlen(text), 0, 6001, &p, &err) == 0, "%s",
		  err.msg);
	cr_assert(p.n_rules == ARRAY_SIZE(want));
	for (size_t i = 0; i < p.n_rules; i++)
		cr_expect(strcmp(p.rules[i].name, want[i].name) == 0 &&
				  p.rules[i].entry == want[i].entry &&
				  p.rules[i].line == want[i].line,
			  "%s: %u, line %u", p.rules[i].name, p.rules[i].entry, p.rules[i].line);
	profile_free(&p);
}

/* ---- Docker's and podman's format ----------------------------------------------------------- */

#define PROFILE(action, rules) "{'defaultAction': '" action "', 'syscalls': [" QUOTED rules "]}"
#define QUOTED "{'names': ['execve', 'exit_group', 'read'], 'action': 'SCMP_ACT_ALLOW'}"

/* A text that is taken, and its answer to dup(7) and to a call that is newer than all in it. */
static const struct {
	const char *what, *text;
	uint32_t dup, newer;
} taken[] = {
#define ENOSYS_RET (SECCOMP_RET_ERRNO | ENOSYS)
	{"name", PROFILE("SCMP_ACT_ERRNO", ", {'name': 'dup', 'action': 'SCMP_ACT_ALLOW'}"), OK,
	 ENOSYS_RET},
	{"names", PROFILE("SCMP_ACT_ERRNO", ", {'names': ['dup'], 'action': 'SCMP_ACT_ALLOW'}"), OK,
	 ENOSYS_RET},
	{"an empty name",
	 PROFILE("SCMP_ACT_ERRNO", ", {'name': '', 'names': ['dup'], 'action': 'SCMP_ACT_ALLOW'}"),
	 OK, ENOSYS_RET},
	{"empty names",
	 PROFILE("SCMP_ACT_ERRNO", ", {'name': 'dup', 'names': [], 'action': 'SCMP_ACT_ALLOW'}"),
	 OK, ENOSYS_RET},
	{"no rules", "{'defaultAction': 'SCMP_ACT_LOG'}", SECCOMP_RET_LOG, SECCOMP_RET_LOG},
	{"null for nothing",
	 "{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': null, 'archMap': null, "
	 "'architectures': null, 'flags': null, 'defaultErrnoRet': null, 'listenerPath': null}",
	 OK, OK},
	{"an empty listener",
	 "{'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': '', 'listenerMetadata': ''}", OK, OK},
	{"an empty archMap beside architectures",
	 "{'defaultAction': 'SCMP_ACT_ALLOW', 'architectures': ['SCMP_ARCH_X86'], 'archMap': []}",
	 OK, OK},
	{"no architectures beside archMap",
	 "{'defaultAction': 'SCMP_ACT_ALLOW', 'architectures': [], 'archMap': [{'architecture': "
	 "'SCMP_ARCH_AARCH64', 'subArchitectures': ['SCMP_ARCH_ARM']}]}",
	 OK, OK},
	{"rare architectures",
	 "{'defaultAction': 'SCMP_ACT_ALLOW', 'architectures': ['SCMP_ARCH_M68K', 'SCMP_ARCH_SHEB', "
	 "'SCMP_ARCH_LOONGARCH64', 'SCMP_ARCH_PARISC64', 'SCMP_ARCH_RISCV64']}",
	 OK, OK},
	{"defaultErrnoRet",
	 "{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 13, 'syscalls': [" QUOTED "]}",
	 SECCOMP_RET_ERRNO | EACCES, ENOSYS_RET},
	{"defaultErrnoRet 0",
	 "{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 0, 'syscalls': [" QUOTED "]}",
	 SECCOMP_RET_ERRNO, ENOSYS_RET},
	{"defaultErrno",
	 "{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrno': 'ENOENT', 'syscalls': [" QUOTED "]}",
	 SECCOMP_RET_ERRNO | ENOENT, ENOSYS_RET},
	{"errnoRet of a trace as the default",
	 "{'defaultAction': 'SCMP_ACT_TRACE', 'defaultErrnoRet': 65535, 'syscalls': [" QUOTED "]}",
	 SECCOMP_RET_TRACE | 0xffff, SECCOMP_RET_TRACE | 0xffff},
	{"errnoRet",
	 PROFILE("SCMP_ACT_ALLOW", ", {'name': 'dup', 'action': 'SCMP_ACT_ERRNO', "
				   "'errnoRet': 4094}"),
	 SECCOMP_RET_ERRNO | 4094, OK},
	{"errnoRet 0: the call is left out",
	 PROFILE("SCMP_ACT_ALLOW", ", {'name': 'dup', 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 0}"),
	 SECCOMP_RET_ERRNO, OK},
	{"errnoRet 0 with a condition",
	 PROFILE("SCMP_ACT_ALLOW", ", {'name': 'dup', 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 0, "
				   "'args': [{'index': 0, 'value': 7, 'op': 'SCMP_CMP_EQ'}]}"),
	 SECCOMP_RET_ERRNO, OK},
	{"no errnoRet is EPERM, not the default's",
	 "{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 38, 'syscalls': [" QUOTED
	 ", {'name': 'dup', 'action': 'SCMP_ACT_ERRNO'}]}",
	 NO, ENOSYS_RET},
	{"podman's errno",
	 PROFILE("SCMP_ACT_ERRNO",
		 ", {'names': ['dup'], 'action': 'SCMP_ACT_ERRNO', "
		 "'args': [], 'comment': '', 'includes': {}, 'excludes': {'caps': ['CAP_SYS_ADMIN']}, "
		 "'errnoRet': 22, 'errno': 'EINVAL'}"),
	 SECCOMP_RET_ERRNO | EINVAL, ENOSYS_RET},
	{"podman's errno alone",
	 PROFILE("SCMP_ACT_ALLOW", ", {'names': ['dup'], 'action': "
				   "'SCMP_ACT_ERRNO', 'errno': 'ENODEV'}"),
	 SECCOMP_RET_ERRNO | ENODEV, OK},
	{"trap", PROFILE("SCMP_ACT_ALLOW", ", {'name': 'dup', 'action': 'SCMP_ACT_TRAP'}"),
	 SECCOMP_RET_TRAP, OK},
	{"kill", PROFILE("SCMP_ACT_ALLOW", ", {'name': 'dup', 'action': 'SCMP_ACT_KILL'}"),
	 SECCOMP_RET_KILL_THREAD, OK},
	{"kill the thread",
	 PROFILE("SCMP_ACT_ALLOW", ", {'name': 'dup', 'action': "
				   "'SCMP_ACT_KILL_THREAD'}"),
	 SECCOMP_RET_KILL_THREAD, OK},
	{"kill the process",
	 PROFILE("SCMP_ACT_LOG", ", {'name': 'dup', 'action': "
				 "'SCMP_ACT_KILL_PROCESS'}"),
	 SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_LOG},
	{"log", PROFILE("SCMP_ACT_ERRNO", ", {'name': 'dup', 'action': 'SCMP_ACT_LOG'}"),
	 SECCOMP_RET_LOG, ENOSYS_RET},
	{"log with a condition",
	 PROFILE("SCMP_ACT_ERRNO", ", {'name': 'dup', 'action': 'SCMP_ACT_LOG', "
				   "'args': [{'index': 0, 'value': 7, 'op': 'SCMP_CMP_LE'}]}"),
	 SECCOMP_RET_LOG, ENOSYS_RET},
	{"a rule that repeats the default",
	 PROFILE("SCMP_ACT_ERRNO", ", {'name': 'dup', 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 1}"),
	 NO, ENOSYS_RET},
	{"the same with a condition",
	 PROFILE("SCMP_ACT_ALLOW",
		 ", {'name': 'dup', 'action': "
		 "'SCMP_ACT_ALLOW', 'args': [{'index': 0, 'value': 7, 'op': 'SCMP_CMP_EQ'}]}"),
	 OK, OK},
	{"it does not lift a stricter one",
	 PROFILE("SCMP_ACT_LOG", ", {'name': 'dup', 'action': 'SCMP_ACT_TRAP'}, {'name': 'dup', "
				 "'action': 'SCMP_ACT_LOG'}"),
	 SECCOMP_RET_TRAP, SECCOMP_RET_LOG},
	{"two on one argument: or",
	 PROFILE("SCMP_ACT_ERRNO",
		 ", {'name': 'dup', 'action': "
		 "'SCMP_ACT_ALLOW', 'args': [{'index': 0, 'value': 3, 'op': 'SCMP_CMP_EQ'}, {'index': 0, "
		 "'value': 7, 'op': 'SCMP_CMP_EQ'}]}"),
	 OK, ENOSYS_RET},
	{"a third condition is an alternative, too",
	 PROFILE("SCMP_ACT_ERRNO",
		 ", {'name': 'dup', "
		 "'action': 'SCMP_ACT_ALLOW', 'args': [{'index': 0, 'value': 3, 'op': 'SCMP_CMP_EQ'}, {'index': "
		 "0, 'value': 4, 'op': 'SCMP_CMP_EQ'}, {'index': 1, 'value': 0, 'op': 'SCMP_CMP_EQ'}]}"),
	 OK, ENOSYS_RET},
	{"no value is 0",
	 PROFILE("SCMP_ACT_ERRNO", ", {'name': 'dup', 'action': 'SCMP_ACT_ALLOW', "
				   "'args': [{'index': 0, 'op': 'SCMP_CMP_GT'}]}"),
	 OK, ENOSYS_RET},
	{"the largest value",
	 PROFILE("SCMP_ACT_ERRNO",
		 ", {'name': 'dup', 'action': 'SCMP_ACT_ALLOW', "
		 "'args': [{'index': 0, 'value': 18446744073709551615, 'op': 'SCMP_CMP_LT'}]}"),
	 OK, ENOSYS_RET},
	{"a capability that is there",
	 PROFILE("SCMP_ACT_ERRNO", ", {'name': 'dup', 'action': "
				   "'SCMP_ACT_ALLOW', 'includes': {'caps': ['CAP_CHOWN']}}"),
	 OK, ENOSYS_RET},
	{"one of two that is not",
	 PROFILE("SCMP_ACT_ERRNO",
		 ", {'name': 'dup', 'action': "
		 "'SCMP_ACT_ALLOW', 'includes': {'caps': ['CAP_CHOWN', 'CAP_KILL']}}"),
	 NO, ENOSYS_RET},
	{"any of two excludes",
	 PROFILE("SCMP_ACT_ERRNO",
		 ", {'name': 'dup', 'action': "
		 "'SCMP_ACT_ALLOW', 'excludes': {'caps': ['CAP_KILL', 'CAP_CHOWN']}}"),
	 NO, ENOSYS_RET},
	{"this kernel",
	 PROFILE("SCMP_ACT_ERRNO",
		 ", {'name': 'dup', 'action': 'SCMP_ACT_ALLOW', "
		 "'includes': {'minKernel': '6.1', 'arches': ['arm64', 'amd64']}}"),
	 OK, ENOSYS_RET},
	{"a later kernel",
	 PROFILE("SCMP_ACT_ERRNO", ", {'name': 'dup', 'action': 'SCMP_ACT_ALLOW', "
				   "'includes': {'minKernel': '6.2'}}"),
	 NO, ENOSYS_RET},
	{"not on this kernel",
	 PROFILE("SCMP_ACT_ERRNO", ", {'name': 'dup', 'action': "
				   "'SCMP_ACT_ALLOW', 'excludes': {'minKernel': '6.1'}}"),
	 NO, ENOSYS_RET},
	{"ENOSYS as the default",
	 "{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 38, "
	 "'syscalls': [" QUOTED "]}",
	 ENOSYS_RET, ENOSYS_RET},
	{"no ENOSYS where the default ends the process",
	 PROFILE("SCMP_ACT_KILL_PROCESS", ", {'name': 'dup', 'action': 'SCMP_ACT_ALLOW'}"), OK,
	 SECCOMP_RET_KILL_PROCESS},
};

Test(profile_read, taken)
{
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
		cr_expect(compile_quoted(taken[i].text) == 0, "%s: %s", taken[i].what, err.msg);
		if (!res.n)
			continue;
		cr_expect(bpfsim_reject(res.insns, res.n) == NULL, "%s: not loadable",
			  taken[i].what);
		cr_expect(answer(SYS_dup, 7) == taken[i].dup, "%s: dup: 0x%x", taken[i].what,
			  answer(SYS_dup, 7));
		cr_expect(answer(2000, 7) == taken[i].newer, "%s: a newer call: 0x%x",
			  taken[i].what, answer(2000, 7));
	}
}

Test(profile_read, flags)
{
	static const struct {
		const char *name;
		unsigned flag;
	} t[] = {{"LOG", SECCOMP_FILTER_FLAG_LOG},
		 {"SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
		 {"TSYNC", 0},
		 {"WAIT_KILLABLE_RECV", 0}};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		auto_free char *text = NULL;

		cr_assert(asprintf(&text, ALLOW ", \"flags\": [\"SECCOMP_FILTER_FLAG_%s\"]}",
				   t[i].name) > 0);
		cr_assert(compile(text) == 0, "%s", err.msg);
		cr_expect(res.flags == t[i].flag, "%s: 0x%x", t[i].name, res.flags);
	}
}
