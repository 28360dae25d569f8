/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_profile.c - the profile reader and compiler: what is refused, and what the program decides.
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
#include "profile.h"
#include "util.h"

#define CALLS "\"execve\", \"exit_group\", \"read\""
#define BASE "{\"names\": [" CALLS "], \"action\": \"SCMP_ACT_ALLOW\"}"
#define HEAD "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [" BASE

static struct err err;
static struct profile_result res;

static int compile_as(const char *text, size_t len, uint64_t caps, unsigned kernel)
{
	profile_result_free(&res);
	memset(&err, 0, sizeof(err));
	return profile_compile("f.json", text, len, caps, kernel, &res, &err);
}

static int compile(const char *text)
{
	return compile_as(text, strlen(text), 0, 6001);
}

/* HEAD plus `rules` and the end of the text. */
static int compile_rules(const char *rules)
{
	auto_free char *text = NULL;

	cr_assert(asprintf(&text, HEAD "%s%s]}", *rules ? ", " : "", rules) > 0);
	return compile(text);
}

static uint32_t answer(uint32_t nr, uint64_t a0, uint64_t a1)
{
	uint64_t args[6] = {a0, a1};

	return bpfsim_call(res.insns, res.n, AUDIT_ARCH_X86_64, nr, args);
}

/* ---- refused ------------------------------------------------------------------------------ */

#define RULE(more) HEAD ", {\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\"" more "}]}"
#define ARG(more) RULE(", \"args\": [{" more "}]")

static const struct {
	const char *text, *part;
} bad[] = {
	{"", "f.json:1:1: not JSON"},
	{"{", "not JSON"},
	{"nonsense", "f.json:1:"},
	{"{\"defaultAction\": \"SCMP_ACT_ALLOW\",\n \"defaultAction\": \"SCMP_ACT_LOG\"}",
	 "f.json:2:"},
	{"{}x", "not JSON"},
	{"{\"defaultAction\": \"\\u0000\"}", "not JSON"},
	{"[]", "not a JSON object"},
	{"{}", "\"defaultAction\" is missing"},
	{"{\"defaultAction\": 1}", "\"defaultAction\" is not a string"},
	{"{\"defaultAction\": \"SCMP_ACT_DENY\"}", "unknown action \"SCMP_ACT_DENY\""},
	{"{\"defaultAction\": \"SCMP_ACT_NOTIFY\"}", "needs an agent"},
	{"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"defaultErrnoRet\": 1}", "has no meaning"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 4096}", "0..4094"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": -1}", "negative"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 1.5}", "not a whole number"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": \"1\"}",
	 "not a whole number"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 1, \"defaultErrno\": \"ENOSYS\"}",
	 "says ENOSYS"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrno\": \"EWHAT\"}", "EWHAT"},
	{"{\"defaultAction\": \"SCMP_ACT_TRACE\", \"defaultErrnoRet\": 65536}", "above 65535"},
	{"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"default\": 1}", "unknown field \"default\""},
	{"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"listenerPath\": \"/x\"}", "listenerPath needs"},
	{"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": {}}", "\"syscalls\" is not a list"},
	{"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [1]}",
	 "syscalls[0]: a rule is not"},
	{"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"flags\": [\"X\"]}", "unknown flag \"X\""},
	{"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": [\"SCMP_ARCH_Z80\"]}", "Z80"},
	{"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": [\"X86\"]}", "\"X86\""},
	{"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": [\"SCMP_ARCH_X86\"], "
	 "\"archMap\": [{\"architecture\": \"SCMP_ARCH_X86\"}]}",
	 "both \"architectures\" and \"archMap\""},
	{"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"archMap\": [{}]}",
	 "\"architecture\" is missing"},
	{RULE(", \"name\": \"bind\""), "syscalls[1]: both \"name\" and \"names\""},
	{HEAD ", {\"action\": \"SCMP_ACT_ALLOW\"}]}", "\"names\" is missing"},
	{HEAD ", {\"names\": [], \"action\": \"SCMP_ACT_ALLOW\"}]}", "\"names\" is missing"},
	{HEAD ", {\"names\": [1], \"action\": \"SCMP_ACT_ALLOW\"}]}", "not a name"},
	{HEAD ", {\"names\": [\"\"], \"action\": \"SCMP_ACT_ALLOW\"}]}", "not a name"},
	{HEAD ", {\"names\": [\"bind\"]}]}", "\"action\" is missing"},
	{RULE(", \"errnoRet\": 1"), "has no meaning with SCMP_ACT_ALLOW"},
	{RULE(", \"nonsense\": 1"), "unknown field \"nonsense\""},
	{RULE(", \"includes\": {\"caps\": [\"CAP_FLY\"]}"), "unknown capability \"CAP_FLY\""},
	{RULE(", \"excludes\": {\"arches\": [\"z80\"]}"), "unknown architecture \"z80\""},
	{RULE(", \"includes\": {\"minKernel\": \"4\"}"), "MAJOR.MINOR"},
	{RULE(", \"includes\": {\"minKernel\": \"4.8.1\"}"), "MAJOR.MINOR"},
	{RULE(", \"includes\": {\"minKernel\": 4.8}"), "not a string"},
	{RULE(", \"includes\": {\"uid\": 0}"), "unknown field \"uid\""},
	{RULE(", \"args\": {}"), "\"args\" is not a list"},
	{ARG("\"index\": 6, \"value\": 1, \"op\": \"SCMP_CMP_EQ\""), "\"index\" is not in 0..5"},
	{ARG("\"index\": -1, \"value\": 1, \"op\": \"SCMP_CMP_EQ\""), "negative"},
	{ARG("\"value\": 1, \"op\": \"SCMP_CMP_EQ\""), "\"index\" is missing"},
	{ARG("\"index\": 0, \"value\": 1"), "\"op\" is missing"},
	{ARG("\"index\": 0, \"value\": 1, \"op\": \"==\""), "unknown operator \"==\""},
	{ARG("\"index\": 0, \"value\": -1, \"op\": \"SCMP_CMP_EQ\""), "negative"},
	{ARG("\"index\": 0, \"value\": 1.5, \"op\": \"SCMP_CMP_EQ\""), "not a whole number"},
	{ARG("\"index\": 0, \"value\": 1e3, \"op\": \"SCMP_CMP_EQ\""), "not a whole number"},
	{ARG("\"index\": 0, \"value\": \"1\", \"op\": \"SCMP_CMP_EQ\""), "not a whole number"},
	{ARG("\"index\": 0, \"value\": 18446744073709551616, \"op\": \"SCMP_CMP_EQ\""),
	 "not in 0..18446744073709551615"},
	{ARG("\"index\": 0, \"value\": -9223372036854775809, \"op\": \"SCMP_CMP_EQ\""), "not JSON"},
	{ARG("\"index\": 0, \"value\": 1, \"valueTwo\": 1, \"op\": \"SCMP_CMP_EQ\""),
	 "\"valueTwo\""},
	{ARG("\"index\": 0, \"value\": 1, \"valueTwo\": 2, \"op\": \"SCMP_CMP_MASKED_EQ\""),
	 "can never hold"},
	{ARG("\"index\": 0, \"value\": 38, \"op\": \"SCMP_CMP_NE\"}, "
	     "{\"index\": 0, \"value\": 40, \"op\": \"SCMP_CMP_NE\""),
	 "socket: argument 0 \"not equal to 38\" or \"not equal to 40\""},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\"}",
	 "cannot execute anything: its answer to execve"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"accept4\", \"futex\"], "
	 "\"action\": \"SCMP_ACT_ALLOW\"}]}",
	 "cannot execute anything"},
	{"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"name\": \"exit_group\", "
	 "\"action\": \"SCMP_ACT_KILL\"}]}",
	 "its answer to exit_group is kill the thread"},
};

Test(profile, refused)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cr_expect(compile(bad[i].text) == -EINVAL, "accepted: %s", bad[i].text);
		cr_expect(err.is_set && strstr(err.msg, bad[i].part) &&
				  strncmp(err.msg, "f.json:", 7) == 0,
			  "'%s' has no '%s'", err.msg, bad[i].part);
		cr_expect(res.insns == NULL, "a ret_ parameter was set on failure");
	}
}

Test(profile, hostile_sizes)
{
	size_t len = PROFILE_MAX_BYTES + 1;
	auto_free char *text = malloc(len);

	memset(text, '[', len);
	cr_expect(compile_as(text, len, 0, 6001) && strstr(err.msg, "above the limit"));
	cr_expect(compile_as(text, len - 1, 0, 6001) && strstr(err.msg, "depth"), "%s", err.msg);
	memset(text, '9', len);
	cr_expect(compile_as(text, len - 1, 0, 6001) && strstr(err.msg, "not JSON"));
	memset(text, '"', len);
	cr_expect(compile_as(text, len - 1, 0, 6001) && strstr(err.msg, "not JSON"));
	memset(text, '\\', len);
	cr_expect(compile_as(text, len - 1, 0, 6001) && strstr(err.msg, "not JSON"));
	cr_expect(compile_as("{\"defaultAction\": \"SCMP_ACT_ALLOW\"}\0", 36, 0, 6001));
}

/* n rules on one call, or, without an operator, a call name each */
static int compile_many(unsigned n, const char *op)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int rc;

	fprintf(out, HEAD);
	for (unsigned i = 0; i < n; i++) {
		if (op)
			fprintf(out,
				", {\"name\": \"ioctl\", \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 1, "
				"\"value\": %u, \"op\": \"%s\"}]}",
				i, op);
		else
			fprintf(out, ", {\"name\": \"nosuch%u\", \"action\": \"SCMP_ACT_ALLOW\"}",
				i);
	}
	fprintf(out, "]}");
	fclose(out);
	rc = compile(text);
	free(text);
	return rc;
}

Test(profile, too_many, .timeout = 10)
{
	cr_expect(compile_many(5000, "SCMP_CMP_EQ") && strstr(err.msg, "rules are in force"), "%s",
		  err.msg);
	cr_expect(compile_many(2000, "SCMP_CMP_EQ") && strstr(err.msg, "instructions"), "%s",
		  err.msg);
	cr_expect(compile_many(700, "SCMP_CMP_EQ") == 0, "%s", err.msg);
	cr_expect(answer(SYS_ioctl, 0, 699) == SECCOMP_RET_ALLOW &&
		  answer(SYS_ioctl, 0, 700) != SECCOMP_RET_ALLOW);
	cr_expect(compile_many(9000, NULL));
	cr_expect(compile_many(3000, NULL) == 0);
	cr_expect(res.n_unknown == 3000 && strncmp(res.unknown, "nosuch0, nosuch1,", 17) == 0);
}

/* ---- decided ------------------------------------------------------------------------------ */

#define OK SECCOMP_RET_ALLOW
#define NO (SECCOMP_RET_ERRNO | EPERM)
#define BIG 0x1234567800000010ULL

Test(profile, operators)
{
	static const struct {
		const char *op;
		uint64_t value, two;
		int n_yes, n_no;
		uint64_t yes[4], no[4];
	} t[] = {
		{"EQ", BIG, 0, 4, 4, {BIG, BIG, BIG, BIG}, {0x10, BIG + 1, BIG ^ (1ULL << 63), 0}},
		{"NE", BIG, 0, 4, 4, {0x10, BIG + 1, ~0ULL, 0}, {BIG, BIG, BIG, BIG}},
		{"LT",
		 BIG,
		 0,
		 4,
		 4,
		 {0, BIG - 1, 0xffffffff, BIG - (1ULL << 32)},
		 {BIG, BIG + 1, ~0ULL, 1ULL << 63}},
		{"LE",
		 BIG,
		 0,
		 4,
		 4,
		 {0, BIG, 0xffffffff, BIG - 1},
		 {BIG + 1, ~0ULL, BIG + (1ULL << 32), 1ULL << 63}},
		{"GT",
		 BIG,
		 0,
		 4,
		 4,
		 {BIG + 1, ~0ULL, BIG + (1ULL << 32), 1ULL << 63},
		 {0, BIG, 0xffffffff, BIG - 1}},
		{"GE",
		 BIG,
		 0,
		 4,
		 4,
		 {BIG, ~0ULL, 1ULL << 63, BIG + 1},
		 {0, BIG - 1, 0xffffffff, 0x10}},
		{"LT", 0, 0, 0, 4, {0}, {0, 1, ~0ULL, 1ULL << 32}},
		{"GE", ~0ULL, 0, 1, 4, {~0ULL, ~0ULL, ~0ULL, ~0ULL}, {0, ~0ULL - 1, 0xffffffff, 1}},
		{"MASKED_EQ",
		 0xf0000000fULL,
		 0x100000002ULL,
		 4,
		 4,
		 {0x100000002, 0x1000000f2, 0x10100000002, 0x1fffffff2},
		 {2, 0x100000003, 0x200000002, ~0ULL}},
		{"MASKED_EQ", 0, 0, 4, 0, {0, 1, ~0ULL, BIG}, {0}},
		{"MASKED_EQ",
		 0xffffffff,
		 0x5412,
		 4,
		 4,
		 {0x5412, 0x100005412, 0xffffffff00005412, 0x8000000000005412},
		 {0, 0x5413, 0xffffffff, ~0ULL}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		auto_free char *rule = NULL;

		cr_assert(
			asprintf(&rule,
				 "{\"name\": \"ioctl\", \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
				 "[{\"index\": 1, \"op\": \"SCMP_CMP_%s\", \"value\": %llu, "
				 "\"valueTwo\": %llu}]}",
				 t[i].op, (unsigned long long)t[i].value,
				 (unsigned long long)t[i].two) > 0);
		cr_assert(compile_rules(rule) == 0, "%s", err.msg);
		for (int k = 0; k < t[i].n_yes; k++)
			cr_expect(answer(SYS_ioctl, 7, t[i].yes[k]) == OK,
				  "%s 0x%lx: 0x%lx is refused", t[i].op, t[i].value, t[i].yes[k]);
		for (int k = 0; k < t[i].n_no; k++)
			cr_expect(answer(SYS_ioctl, 7, t[i].no[k]) == NO,
				  "%s 0x%lx: 0x%lx is allowed", t[i].op, t[i].value, t[i].no[k]);
	}
}

#define ALLOW_ARG(op, value)                                               \
	"{\"name\": \"ioctl\", \"action\": \"SCMP_ACT_ALLOW\", \"args\": " \
	"[{\"index\": 0, \"op\": \"SCMP_CMP_" op "\", \"value\": " value "}]}"

/* libseccomp itself lets 0x10 through here. */
Test(profile, high_halves_or)
{
	cr_assert(compile_rules(ALLOW_ARG("LE", "0") ", " ALLOW_ARG("GE", "68719476752")) == 0);
	cr_expect(answer(SYS_ioctl, 0, 0) == OK && answer(SYS_ioctl, 0x1000000010, 0) == OK);
	cr_expect(answer(SYS_ioctl, 0x10, 0) == NO && answer(SYS_ioctl, 0xf00000010, 0) == NO);
}

Test(profile, and_or)
{
	/* two arguments: and; two on one argument: or */
	cr_assert(compile_rules("{\"name\": \"ioctl\", \"action\": \"SCMP_ACT_ALLOW\", \"args\": ["
				"{\"index\": 0, \"op\": \"SCMP_CMP_EQ\", \"value\": 1},"
				"{\"index\": 1, \"op\": \"SCMP_CMP_EQ\", \"value\": 2}]}") == 0);
	cr_expect(answer(SYS_ioctl, 1, 2) == OK && answer(SYS_ioctl, 1, 3) == NO &&
		  answer(SYS_ioctl, 0, 2) == NO);
	cr_assert(compile_rules(
			  "{\"name\": \"ioctl\", \"action\": \"SCMP_ACT_ALLOW\", \"args\": ["
			  "{\"index\": 0, \"op\": \"SCMP_CMP_LT\", \"value\": 3, \"valueTwo\": 0},"
			  "{\"index\": 0, \"op\": \"SCMP_CMP_GT\", \"value\": 5}]}") == 0);
	cr_expect(answer(SYS_ioctl, 2, 0) == OK && answer(SYS_ioctl, 6, 0) == OK &&
		  answer(SYS_ioctl, 4, 0) == NO);
}

Test(profile, strictest_wins)
{
	cr_assert(
		compile_rules(
			"{\"name\": \"ioctl\", \"action\": \"SCMP_ACT_ALLOW\"}, "
			"{\"name\": \"ioctl\", \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 13, \"args\": ["
			"{\"index\": 1, \"op\": \"SCMP_CMP_EQ\", \"value\": 2}]},"
			"{\"name\": \"ioctl\", \"action\": \"SCMP_ACT_KILL_PROCESS\", \"args\": ["
			"{\"index\": 0, \"op\": \"SCMP_CMP_EQ\", \"value\": 1}]},"
			"{\"name\": \"read\", \"action\": \"SCMP_ACT_ERRNO\"}") == 0,
		"%s", err.msg);
	cr_expect(answer(SYS_ioctl, 0, 0) == OK &&
		  answer(SYS_ioctl, 0, 2) == (SECCOMP_RET_ERRNO | 13));
	cr_expect(answer(SYS_ioctl, 1, 2) == SECCOMP_RET_KILL_PROCESS);
	cr_expect(answer(SYS_read, 0, 0) == NO, "a later refusal of an allowed call was lost");
}

Test(profile, new_calls)
{
	cr_assert(
		compile_rules(
			"{\"names\": [\"mseal\", \"nosuchcall\"], \"action\": \"SCMP_ACT_ALLOW\"},"
			"{\"name\": \"setxattrat\", \"action\": \"SCMP_ACT_ALLOW\", \"args\": ["
			"{\"index\": 0, \"op\": \"SCMP_CMP_EQ\", \"value\": 5}]},"
			"{\"name\": \"kill\", \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"caps\": [\"CAP_KILL\"]}}") ==
			0,
		"%s", err.msg);
	cr_expect(answer(462, 0, 0) == OK && answer(463, 5, 0) == OK && answer(463, 6, 0) == NO);
	cr_expect(answer(461, 0, 0) == NO && answer(464, 0, 0) == (SECCOMP_RET_ERRNO | ENOSYS));
	cr_expect(answer(0x3fffffff, 0, 0) == (SECCOMP_RET_ERRNO | ENOSYS));
	cr_expect(res.n_unknown == 1 && strcmp(res.unknown, "nosuchcall") == 0, "%s", res.unknown);
	cr_expect(res.caps_mask == 1ULL << CAP_KILL);
	/* only where the default is an errno, and what is not in force counts as known */
	cr_assert(compile("{\"defaultAction\": \"SCMP_ACT_KILL\", \"syscalls\": [" BASE "]}") == 0);
	cr_expect(answer(999, 0, 0) == SECCOMP_RET_KILL_THREAD);
	cr_assert(compile_rules("{\"name\": \"mseal\", \"action\": \"SCMP_ACT_ALLOW\", "
				"\"excludes\": {\"arches\": [\"amd64\"]}}") == 0);
	cr_expect(answer(462, 0, 0) == NO && answer(463, 0, 0) == (SECCOMP_RET_ERRNO | ENOSYS));
}

Test(profile, log_everything)
{
	cr_assert(compile("{\"defaultAction\": \"SCMP_ACT_LOG\"}") == 0, "%s", err.msg);
	cr_expect(answer(SYS_read, 0, 0) == SECCOMP_RET_LOG &&
		  answer(999, 0, 0) == SECCOMP_RET_LOG);
}

Test(profile, includes_excludes)
{
	static const char text[] = HEAD
		", {\"name\": \"mount\", \"action\": \"SCMP_ACT_ALLOW\", \"includes\": "
		"{\"caps\": [\"CAP_SYS_ADMIN\", \"cap_chown\"]}, \"excludes\": {}},"
		"{\"name\": \"kill\", \"action\": \"SCMP_ACT_ALLOW\", \"excludes\": {\"caps\": [\"CAP_KILL\", \"CAP_CHOWN\"]}},"
		"{\"name\": \"dup\", \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"minKernel\": \"6.2\"}},"
		"{\"name\": \"dup2\", \"action\": \"SCMP_ACT_ALLOW\", \"excludes\": {\"minKernel\": \"6.2\"}},"
		"{\"name\": \"pipe\", \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"arches\": [\"arm64\", \"s390x\"]}},"
		"{\"name\": \"pipe2\", \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"arches\": [\"x32\", \"amd64\"]}}]}";
	uint64_t admin = 1ULL << CAP_SYS_ADMIN, chown = 1ULL << CAP_CHOWN;

	cr_assert(compile_as(text, strlen(text), admin, 6001) == 0, "%s", err.msg);
	cr_expect(answer(SYS_mount, 0, 0) == NO && answer(SYS_kill, 0, 0) == OK);
	cr_expect(answer(SYS_dup, 0, 0) == NO && answer(SYS_dup2, 0, 0) == OK);
	cr_expect(answer(SYS_pipe, 0, 0) == NO && answer(SYS_pipe2, 0, 0) == OK);
	cr_expect(res.kernel_max == 6002);
	cr_assert(compile_as(text, strlen(text), admin | chown, 6002) == 0);
	cr_expect(answer(SYS_mount, 0, 0) == OK && answer(SYS_kill, 0, 0) == NO);
	cr_expect(answer(SYS_dup, 0, 0) == OK && answer(SYS_dup2, 0, 0) == NO);
}

Test(profile, errno_names_and_flags)
{
	cr_assert(
		compile("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrno\": \"ENOSYS\", "
			"\"defaultErrnoRet\": 38, \"comment\": \"x\", \"archMap\": null, "
			"\"flags\": [\"SECCOMP_FILTER_FLAG_LOG\"], \"syscalls\": [" BASE ","
			"{\"name\": \"kill\", \"names\": null, \"args\": [], \"comment\": \"\", \"errno\": \"EACCES\", "
			"\"action\": \"SCMP_ACT_ERRNO\"}, {\"name\": \"dup\", \"action\": \"SCMP_ACT_TRACE\", "
			"\"errnoRet\": 7}]}") == 0,
		"%s", err.msg);
	cr_expect(answer(SYS_kill, 0, 0) == (SECCOMP_RET_ERRNO | EACCES));
	cr_expect(answer(SYS_mount, 0, 0) == (SECCOMP_RET_ERRNO | ENOSYS));
	cr_expect(answer(SYS_dup, 0, 0) == (SECCOMP_RET_TRACE | 7));
	cr_expect(res.flags == SECCOMP_FILTER_FLAG_LOG);
}

Test(profile, architectures)
{
	static const char *const forms[] = {
		"\"architectures\": [\"SCMP_ARCH_X86\", \"SCMP_ARCH_AARCH64\"]",
		"\"archMap\": [{\"architecture\": \"SCMP_ARCH_X86_64\", \"subArchitectures\": [\"SCMP_ARCH_X86\"]},"
		"{\"architecture\": \"SCMP_ARCH_AARCH64\", \"subArchitectures\": [\"SCMP_ARCH_ARM\"]}]"};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		auto_free char *text = NULL;

		cr_assert(
			asprintf(
				&text,
				"{\"defaultAction\": \"SCMP_ACT_ERRNO\", %s, \"syscalls\": [" BASE
				", {\"name\": \"socket\", \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, "
				"\"op\": \"SCMP_CMP_EQ\", \"value\": 1}]}, {\"name\": \"connect\", \"action\": "
				"\"SCMP_ACT_ALLOW\"}]}",
				forms[i]) > 0);
		cr_assert(compile(text) == 0, "%s", err.msg);
		cr_expect(bpfsim_call(res.insns, res.n, AUDIT_ARCH_I386, 3, NULL) == OK);
		cr_expect(bpfsim_call(res.insns, res.n, AUDIT_ARCH_I386, 4, NULL) == NO);
		cr_expect(bpfsim_call(res.insns, res.n, AUDIT_ARCH_ARM, 3, NULL) ==
			  SECCOMP_RET_KILL_PROCESS);
		/* socketcall: connect has no condition, socket has one that cannot be seen there */
		cr_expect(bpfsim_call(res.insns, res.n, AUDIT_ARCH_I386, 102, (uint64_t[6]){3}) ==
			  OK);
		cr_expect(bpfsim_call(res.insns, res.n, AUDIT_ARCH_I386, 102, (uint64_t[6]){1}) ==
			  NO);
		cr_expect(bpfsim_call(res.insns, res.n, AUDIT_ARCH_I386, 359, (uint64_t[6]){1}) ==
			  OK);
		cr_expect(answer(0x40000000, 0, 0) == SECCOMP_RET_KILL_PROCESS,
			  "x32 is not listed");
		cr_expect(answer(0x40000000 + 999, 0, 0) == SECCOMP_RET_KILL_PROCESS);
		cr_expect(bpfsim_reject(res.insns, res.n) == NULL);
	}
}
