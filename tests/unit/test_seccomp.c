/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_seccomp.c - `pillbox seccomp`: verdicts and their reasons, what a capability opens, what
 * differs, what lint finds; and that the command says so.
 */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "builtin_filter.h"
#include "seccomp_cmd.h"

#define CALLS "\"execve\", \"exit_group\", \"read\""
#define BASE "{\"names\": [" CALLS "], \"action\": \"SCMP_ACT_ALLOW\"}"
#define PROFILE(rules) "{\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\"syscalls\": [" BASE rules "]}"

static struct err err;

static const struct builtin_filter *builtin(const char *name)
{
	for (size_t i = 0; i < n_builtin_filters; i++)
		if (strcmp(builtin_filters[i].name, name) == 0)
			return &builtin_filters[i];
	cr_assert_fail("no %s", name);
	return NULL;
}

static void load(struct seccomp_profile *sp, const char *name, uint64_t cap_add)
{
	struct seccomp_req req = {.cap_add = cap_add};

	memset(&err, 0, sizeof(err));
	cr_assert(seccomp_profile_load(&req, name, sp, &err) == 0, "%s: %s", name, err.msg);
}

/* A profile as a file that has a name. */
static const char *file_of(const char *text, char *path, size_t size)
{
	int fd = memfd_create("profile", 0);

	cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	snprintf(path, size, "/proc/self/fd/%d", fd);
	return path;
}

/* ---- the command ---------------------------------------------------------------------------- */

static char out[1 << 20];

/* `pillbox seccomp WORDS`; its output is in out. */
static int command(const char *const *words)
{
	int argc = 0, rc, saved = dup(STDOUT_FILENO), fd = memfd_create("out", 0);
	ssize_t n;

	while (words[argc])
		argc++;
	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	rc = cmd_seccomp(argc, (char **)(uintptr_t)words, NULL);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	n = pread(fd, out, sizeof(out) - 1, 0);
	out[n > 0 ? n : 0] = '\0';
	close(fd);
	close(saved);
	return rc;
}

#define RUN(...) command((const char *const[]){__VA_ARGS__, NULL})

static json_t *document(void)
{
	json_error_t where;
	json_t *doc = json_loads(out, 0, &where);

	cr_assert(doc, "%s: %.200s", where.text, out);
	cr_assert(json_integer_value(json_object_get(doc, "format")) == SECCOMP_FORMAT);
	return doc;
}

/* ---- verdicts ------------------------------------------------------------------------------- */

Test(seccomp, what_is_looked_at_is_what_is_loaded)
{
	for (size_t i = 0; i < n_builtin_filters; i++) {
		const struct builtin_filter *b = &builtin_filters[i];
		struct seccomp_profile sp;

		load(&sp, b->name, 0);
		cr_expect(sp.caps == b->caps && sp.prog->n == b->n && sp.p.flags == b->flags);
		cr_expect(memcmp(sp.prog->insns, b->insns, b->n * sizeof(*b->insns)) == 0,
			  "%s: another program", b->name);
		seccomp_profile_free(&sp);
	}
}

Test(seccomp, rules_and_programs_agree, .timeout = 120)
{
	static const uint32_t arches[] = {SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32,
					  SCMP_ARCH_AARCH64};

	for (size_t i = 0; i < n_builtin_filters * ARRAY_SIZE(arches); i++) {
		struct profile_answers a;
		struct seccomp_profile sp;
		struct profile_view v;

		load(&sp, builtin_filters[i / ARRAY_SIZE(arches)].name, i % 2 ? CAP_ALL_BIT : 0);
		cr_assert(profile_view(&v, &sp.p, sp.prog, arches[i % ARRAY_SIZE(arches)], &err) ==
			  0);
		for (size_t k = 0; k < call_table_len; k++) {
			unsigned sub;
			int mux, nr = profile_call(v.arch, call_table[k].name, &mux, &sub);

			if (nr >= 0)
				cr_expect(profile_answers(&v, (uint32_t)nr, &a, &err) == 0, "%s",
					  err.msg);
		}
		profile_view_free(&v);
		seccomp_profile_free(&sp);
	}
}

static const struct {
	const char *profile, *call;
	uint32_t arch;
	uint64_t args[3];
	uint32_t action;
	enum verdict_by by;
} verdicts[] = {
	{"default", "read", SCMP_ARCH_X86_64, {0}, SECCOMP_RET_ALLOW, BY_RULE},
	{"default", "mount", SCMP_ARCH_X86_64, {0}, SECCOMP_RET_ERRNO | EPERM, BY_DEFAULT},
	{"default", "clone3", SCMP_ARCH_X86_64, {0}, SECCOMP_RET_ERRNO | ENOSYS, BY_RULE},
	{"default", "socket", SCMP_ARCH_X86_64, {2}, SECCOMP_RET_ALLOW, BY_RULE},
	{"default", "socket", SCMP_ARCH_X86_64, {17}, SECCOMP_RET_ERRNO | EPERM, BY_DEFAULT},
	{"default", "socket", SCMP_ARCH_X86_64, {16, 3, 0}, SECCOMP_RET_ALLOW, BY_RULE},
	{"default", "socket", SCMP_ARCH_X86_64, {16, 3, 4}, SECCOMP_RET_ERRNO | EPERM, BY_DEFAULT},
	{"default", "read", SCMP_ARCH_X86, {0}, SECCOMP_RET_KILL_PROCESS, BY_ARCH},
	{"default", "read", SCMP_ARCH_X32, {0}, SECCOMP_RET_KILL_PROCESS, BY_ARCH},
	{"docker", "read", SCMP_ARCH_X32, {0}, SECCOMP_RET_ALLOW, BY_RULE},
	{"docker", "socket", SCMP_ARCH_X86, {40}, SECCOMP_RET_ERRNO | EPERM, BY_DEFAULT},
	{"docker", "socketcall", SCMP_ARCH_X86, {1}, SECCOMP_RET_ALLOW, BY_RULE},
	{"strict", "socket", SCMP_ARCH_X86_64, {2}, SECCOMP_RET_ERRNO | EPERM, BY_DEFAULT},
};

Test(seccomp, verdicts)
{
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		__u64 args[6] = {verdicts[i].args[0], verdicts[i].args[1], verdicts[i].args[2]};
		struct seccomp_profile sp;
		struct profile_view v;
		struct verdict verdict;
		unsigned sub;
		int mux, nr = profile_call(verdicts[i].arch, verdicts[i].call, &mux, &sub);

		load(&sp, verdicts[i].profile, 0);
		cr_assert(profile_view(&v, &sp.p, sp.prog, verdicts[i].arch, &err) == 0);
		cr_assert(profile_verdict(&v, (uint32_t)nr, args, &verdict, &err) == 0, "%s",
			  err.msg);
		cr_expect(verdict.action == verdicts[i].action && verdict.by == verdicts[i].by,
			  "%s %s: 0x%x by %d", verdicts[i].profile, verdicts[i].call,
			  verdict.action, (int)verdict.by);
		cr_expect((verdict.by == BY_RULE) == (verdict.rule != NULL));
		profile_view_free(&v);
		seccomp_profile_free(&sp);
	}
}

/* A number above all that the profile names, and a program that is not the rules'. */
Test(seccomp, newer_and_wrong)
{
	__u64 args[6] = {0};
	struct seccomp_profile sp;
	struct profile_view v;
	struct verdict verdict;

	load(&sp, "default", 0);
	cr_assert(profile_view(&v, &sp.p, sp.prog, SCMP_ARCH_X86_64, &err) == 0);
	cr_assert(profile_verdict(&v, v.newest + 1, args, &verdict, &err) == 0);
	cr_expect(verdict.action == (SECCOMP_RET_ERRNO | ENOSYS) && verdict.by == BY_NEWER);
	sp.prog->insns[0] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	cr_expect(profile_verdict(&v, v.newest + 1, args, &verdict, &err) == -EINVAL);
	cr_expect(strstr(err.hint, "bug"), "%s", err.hint);
	profile_view_free(&v);
	seccomp_profile_free(&sp);
}

/* ---- capabilities ---------------------------------------------------------------------------- */

static const struct profile_unlock *unlock_of(const struct profile_unlock *u, size_t n,
					      unsigned cap)
{
	for (size_t i = 0; i < n; i++)
		if (u[i].cap == cap)
			return &u[i];
	return NULL;
}

Test(seccomp, unlocks)
{
	const struct builtin_filter *b = builtin("default");
	const struct profile_unlock *one;
	struct profile_unlock *u;
	uint64_t caps;
	__u64 args[6] = {0};
	bool has_mount = false;
	size_t n;

	cr_assert(profile_unlocks("default", b->json, b->json_len, 0, 6001, &u, &n, &err) == 0);
	one = unlock_of(u, n, CAP_SYS_CHROOT);
	cr_expect(one && one->n == 1 && strcmp(one->calls[0], "chroot") == 0);
	one = unlock_of(u, n, CAP_SYS_ADMIN);
	cr_assert(one);
	for (size_t i = 0; i < one->n; i++) {
		has_mount |= strcmp(one->calls[i], "mount") == 0;
		cr_expect(i == 0 || strcmp(one->calls[i - 1], one->calls[i]) < 0, "not sorted");
		cr_expect(strcmp(one->calls[i], "ptrace") != 0);
	}
	cr_expect(has_mount && !unlock_of(u, n, CAP_CHOWN));
	profile_unlocks_free(u, n);
	/* What is there already opens nothing. */
	cr_assert(profile_unlocks("default", b->json, b->json_len, CAP_BIT(CAP_SYS_CHROOT), 6001,
				  &u, &n, &err) == 0);
	cr_expect(!unlock_of(u, n, CAP_SYS_CHROOT));
	profile_unlocks_free(u, n);
	cr_assert(profile_unlockers("default", b->json, b->json_len, 0, 6001, SCMP_ARCH_X86_64, 321,
				    args, &caps, &err) == 0);
	cr_expect(caps == (CAP_BIT(CAP_BPF) | CAP_BIT(CAP_SYS_ADMIN)), "bpf: 0x%llx",
		  (unsigned long long)caps);
	cr_expect(profile_unlocks("x", "{", 1, 0, 6001, &u, &n, &err) < 0 && err.is_set);
}

/* ---- text ----------------------------------------------------------------------------------- */

static const struct {
	const char *profile, *call, *text;
} texts[] = {
	{"default", "read", "allowed"},
	{"default", "mount", "refused with EPERM"},
	{"default", "clone3", "refused with ENOSYS"},
	{"default", "ioctl",
	 "allowed unless (u32)ioctl = TIOCSTI or TIOCLINUX or TIOCSETD; otherwise refused with EPERM"},
	{"strict", "socket", "allowed if (u32)family = AF_UNIX; otherwise refused with EPERM"},
	{"docker", "socket",
	 "allowed if family < 38 or family = AF_NFC or family > 40; otherwise refused with EPERM"},
};

Test(seccomp, conditions_as_text)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct seccomp_profile sp;
		struct profile_view v;
		const struct profile_entry *e;
		auto_free char *text = NULL;
		unsigned sub;
		size_t n;
		int mux;

		load(&sp, texts[i].profile, 0);
		cr_assert(profile_view(&v, &sp.p, NULL, SCMP_ARCH_X86_64, &err) == 0);
		n = profile_view_rules(
			&v, (uint32_t)profile_call(v.arch, texts[i].call, &mux, &sub), &e);
		text = seccomp_rules_text(call_info(texts[i].call), e, n, sp.p.def_action);
		cr_expect_str_eq(text, texts[i].text);
		profile_view_free(&v);
		seccomp_profile_free(&sp);
	}
}

static const struct {
	uint32_t action;
	const char *text, *name, *num;
} answers[] = {
	{SECCOMP_RET_ALLOW, "allowed", "allow", NULL},
	{SECCOMP_RET_LOG, "allowed and logged", "log", NULL},
	{SECCOMP_RET_ERRNO | EACCES, "refused with EACCES", "errno", "EACCES"},
	{SECCOMP_RET_ERRNO | 4000, "refused with errno 4000", "errno", "errno 4000"},
	{SECCOMP_RET_ERRNO, "skipped, and returns 0", "errno", "0"},
	{SECCOMP_RET_TRAP, "refused with SIGSYS", "trap", NULL},
	{SECCOMP_RET_TRACE | 7, "left to a tracer, refused with ENOSYS without one", "trace", NULL},
	{SECCOMP_RET_KILL_THREAD, "kills the thread", "kill_thread", NULL},
	{SECCOMP_RET_KILL_PROCESS, "kills the process", "kill_process", NULL},
};

Test(seccomp, answers_as_text)
{
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		json_t *j = seccomp_action_json(answers[i].action);
		const char *num = json_string_value(json_object_get(j, "errno"));
		char buf[64];

		cr_expect_str_eq(seccomp_answer(answers[i].action, buf, sizeof(buf)),
				 answers[i].text);
		cr_expect_str_eq(json_string_value(json_object_get(j, "action")), answers[i].name);
		cr_expect(answers[i].num ? num && strcmp(num, answers[i].num) == 0 : !num);
		json_decref(j);
	}
}

/* ---- test ----------------------------------------------------------------------------------- */

static const struct {
	const char *words[10];
	int rc;
	const char *part;
} asked[] = {
	{{"test", "default", "read"}, 0, "allowed: read\n"},
	{{"test", "default", "0"}, 0, "allowed: read\n"},
	{{"test", "default", "mount"}, 1, "--cap-add SYS_ADMIN would allow it"},
	{{"test", "default", "mount", "--cap-add", "sys_admin"}, 0, "allowed: mount"},
	{{"test", "default", "9999"}, 1, "newer than all that the profile names"},
	{{"test", "default", "socket"}, 2, "it depends"},
	{{"test", "default", "socket", "AF_INET"}, 0, "allowed: socket(AF_INET)"},
	{{"test", "default", "socket", "AF_NETLINK"}, 2, "allowed if"},
	{{"test", "default", "socket", "AF_NETLINK", "SOCK_RAW", "0"}, 0, "allowed"},
	{{"test", "default", "socket", "AF_PACKET"}, 1, "refused with EPERM"},
	{{"test", "default", "ioctl", "0", "TIOCSTI"}, 1, "refused"},
	{{"test", "default", "ioctl", "-1", "0x100005412"}, 1, "refused"},
	{{"test", "docker", "socket", "0x100000028"}, 0, "allowed"},
	{{"test", "docker", "clone", "CLONE_NEWUSER|SIGCHLD"}, 1, "refused"},
	{{"test", "docker", "clone", "SIGCHLD"}, 0, "allowed"},
	{{"test", "--arch", "x86", "default", "read"}, 1, "kills the process"},
	{{"test", "--arch", "x86", "docker", "socket", "AF_VSOCK"}, 1, "socketcall(1)"},
	{{"test", "--arch=x32", "docker", "read"}, 0, "allowed"},
	{{"test", "--preset=docker", "--cap-drop", "ALL", "docker", "chroot"}, 1, "SYS_CHROOT"},
	{{"test", "docker", "chroot"}, 0, "allowed"},
};

Test(seccomp, test_command)
{
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		int rc = command(asked[i].words);

		cr_expect(rc == asked[i].rc, "%s %s: %d", asked[i].words[1], asked[i].words[2], rc);
		cr_expect(strstr(out, asked[i].part), "no '%s' in: %s", asked[i].part, out);
	}
}

/* Rules and program agree on every number, or it would be an error. */
Test(seccomp, test_any_number)
{
	static const char *const numbers[] = {"1073741824", "2147483648", "4294967295"};
	static const char *const arches[] = {"x86_64", "x86", "x32"};

	for (size_t i = 0; i < ARRAY_SIZE(numbers) * ARRAY_SIZE(arches) * n_builtin_filters; i++) {
		const char *number = numbers[i % ARRAY_SIZE(numbers)];
		const char *arch = arches[i / ARRAY_SIZE(numbers) % ARRAY_SIZE(arches)];
		const char *name =
			builtin_filters[i / ARRAY_SIZE(numbers) / ARRAY_SIZE(arches)].name;
		int rc = RUN("test", "--arch", arch, name, number);

		cr_expect(rc == 0 || rc == 1, "%s %s %s: %d", arch, name, number, rc);
	}
}

Test(seccomp, test_names_the_rule)
{
	char path[64];

	file_of(PROFILE(",\n\n{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
			"[{\"index\": 0, \"op\": \"SCMP_CMP_EQ\", \"value\": 1}]}"),
		path, sizeof(path));
	cr_expect(RUN("test", path, "socket", "AF_UNIX") == 0);
	cr_expect(strstr(out, ":4: syscalls[1]: family = AF_UNIX"), "%s", out);
	cr_expect(RUN("test", "--json", path, "socket", "AF_UNIX") == 0);
	json_decref(document());
	cr_expect(strstr(out, "\"line\": 4"), "%s", out);
}

/* ---- diff ----------------------------------------------------------------------------------- */

#define SOCKET(conds) \
	", {\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [" conds "]}"
#define COND(op, value) "{\"index\": 0, \"op\": \"SCMP_CMP_" op "\", \"value\": " value "}"

/* What is no call: flags, architectures, whatever is newer. */
Test(seccomp, diff_of_the_rest)
{
	char a[64], b[64];

	file_of("{\"defaultAction\": \"SCMP_ACT_ALLOW\"}", a, sizeof(a));
	file_of("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"flags\": "
		"[\"SECCOMP_FILTER_FLAG_LOG\"]}",
		b, sizeof(b));
	cr_expect(RUN("diff", a, b) == 1 && strstr(out, "flags: LOG"), "%s", out);
	file_of("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": "
		"[\"SCMP_ARCH_X32\"]}",
		b, sizeof(b));
	cr_expect(RUN("diff", a, b) == 1 && strstr(out, "x32: only B has it"), "%s", out);
	file_of(PROFILE(""), a, sizeof(a));
	file_of(PROFILE(", {\"name\": \"bind\", \"action\": \"SCMP_ACT_ERRNO\"}"), b, sizeof(b));
	/* Docker's ENOSYS begins above the last call that is named. */
	cr_expect(RUN("diff", a, b) == 0, "%s", out);
	file_of(PROFILE(", {\"name\": \"statmount\", \"action\": \"SCMP_ACT_ERRNO\"}"), b,
		sizeof(b));
	cr_expect(RUN("diff", a, b) == 1 && strstr(out, "statmount"), "%s", out);
	file_of("{\"defaultAction\": \"SCMP_ACT_ALLOW\"}", a, sizeof(a));
	file_of("{\"defaultAction\": \"SCMP_ACT_LOG\"}", b, sizeof(b));
	cr_expect(RUN("diff", a, b) == 1 && strstr(out, "whatever is newer"), "%s", out);
}

static const struct {
	const char *a, *b;
	const char *kind; /* NULL: the same */
	const char *call;
} diffs[] = {
	{PROFILE(""), PROFILE(""), NULL, NULL},
	/* The same, said otherwise. */
	{PROFILE(SOCKET(COND("LT", "2"))), PROFILE(SOCKET(COND("EQ", "0")) SOCKET(COND("LE", "1"))),
	 NULL, NULL},
	{PROFILE(SOCKET(COND("EQ", "1"))), PROFILE(SOCKET(COND("EQ", "2"))), "conditions",
	 "socket"},
	{PROFILE(SOCKET(COND("EQ", "1"))), PROFILE(SOCKET("")), "conditions", "socket"},
	{PROFILE(SOCKET("")), PROFILE(", {\"name\": \"socket\", \"action\": \"SCMP_ACT_ERRNO\"}"),
	 "only_a", "socket"},
	{PROFILE(", {\"name\": \"socket\", \"action\": \"SCMP_ACT_ERRNO\"}"), PROFILE(SOCKET("")),
	 "only_b", "socket"},
	{PROFILE(", {\"name\": \"socket\", \"action\": \"SCMP_ACT_ERRNO\"}"),
	 PROFILE(", {\"name\": \"socket\", \"action\": \"SCMP_ACT_KILL\"}"), "answers", "socket"},
};

Test(seccomp, diff)
{
	for (size_t i = 0; i < ARRAY_SIZE(diffs); i++) {
		char a[64], b[64];
		int rc = RUN("diff", "--json", file_of(diffs[i].a, a, sizeof(a)),
			     file_of(diffs[i].b, b, sizeof(b)));
		json_t *doc = document(), *changes = json_object_get(doc, "changes"), *change;
		bool is_found = false;
		size_t k;

		cr_expect(rc == (diffs[i].kind ? 1 : 0), "%zu: %d", i, rc);
		cr_expect(json_is_true(json_object_get(doc, "same")) == !diffs[i].kind);
		json_array_foreach(changes, k, change)
		{
			const char *call = json_string_value(json_object_get(change, "call"));

			is_found |= call && diffs[i].call && strcmp(call, diffs[i].call) == 0 &&
				    strcmp(json_string_value(json_object_get(change, "kind")),
					   diffs[i].kind) == 0;
		}
		cr_expect(is_found == (diffs[i].kind != NULL), "%zu: %s", i, out);
		json_decref(doc);
	}
	cr_expect(RUN("diff", "default", "default", "--kernel", "6.1", "--cap-add", "ALL") == 0);
	cr_expect(RUN("diff", "default", "strict") == 1);
	cr_expect(strstr(out, "only A allows") && strstr(out, "memfd_create"), "%s", out);
	cr_expect(RUN("diff", "docker", "default") == 1 && strstr(out, "x86: only A has it"), "%s",
		  out);
}

/* ---- lint ----------------------------------------------------------------------------------- */

#define ALLOW(names, more) ", {\"names\": [" names "], \"action\": \"SCMP_ACT_ALLOW\"" more "}"
#define NEEDED                                                                                                  \
	ALLOW("\"openat\", \"close\", \"mmap\", \"brk\", \"arch_prctl\", \"mprotect\", \"pread64\", \"fstat\"", \
	      "")

static const struct {
	const char *text, *severity, *id, *part;
} lints[] = {
	{PROFILE(""), "warning", "cannot-start",
	 "openat close mmap pread64 arch_prctl mprotect fstat newfstatat"},
	{PROFILE(NEEDED ALLOW("\"opennat\"", "")), "warning", "unknown-name",
	 "did you mean openat"},
	{PROFILE(NEEDED ALLOW("\"io_uring_setup\"", "")), "warning", "dangerous", "io_uring_setup"},
	{PROFILE(NEEDED ALLOW("\"unshare\"", "")), "warning", "dangerous", "unshare is allowed"},
	{PROFILE(NEEDED ALLOW("\"clone\"", "")), "warning", "namespaces", "CLONE_NEWUSER"},
	{PROFILE(NEEDED ALLOW("\"ioctl\"", "")), "note", "terminal", "TIOCSTI"},
	{PROFILE(NEEDED SOCKET(COND("GT", "40"))), "note", "high-bits", "argument 0"},
	{PROFILE(NEEDED SOCKET(COND("LT", "0"))), "warning", "never-holds", "less than 0"},
	{PROFILE(NEEDED SOCKET(COND("GE", "0"))), "warning", "always-holds", "argument 0"},
	{PROFILE(NEEDED SOCKET(COND("EQ", "1")) SOCKET("")), "note", "redundant", "syscalls["},
	{PROFILE(NEEDED SOCKET(COND("EQ", "1")) ", {\"name\": \"socket\", \"action\": "
						"\"SCMP_ACT_KILL\"}"),
	 "warning", "shadowed", "kills the thread"},
	{PROFILE(NEEDED ", {\"name\": \"bind\", \"action\": \"SCMP_ACT_ERRNO\"}"), "note",
	 "repeats-default", "bind"},
	{PROFILE(NEEDED ", {\"name\": \"bind\", \"action\": \"SCMP_ACT_KILL\"}"), "note", "kills",
	 "bind"},
	{PROFILE(NEEDED ALLOW("\"bind\"", ", \"includes\": {\"minKernel\": \"4.8\"}")), "note",
	 "always-in-force", "4.8"},
	{PROFILE(NEEDED ALLOW("\"bind\"", ", \"excludes\": {\"minKernel\": \"4.8\"}")), "warning",
	 "never-in-force", "4.8"},
	{PROFILE(NEEDED ALLOW("\"bind\"", ", \"includes\": {\"arches\": [\"s390x\"]}")), "note",
	 "other-arch", "not for amd64"},
	{PROFILE(NEEDED ALLOW("\"bind\"", ", \"includes\": {\"caps\": [\"CAP_KILL\"]}, "
					  "\"excludes\": {\"caps\": [\"CAP_KILL\"]}")),
	 "warning", "never-in-force", "CAP_KILL"},
	{"{\"defaultAction\": \"SCMP_ACT_ALLOW\"}", "warning", "block-list", "later kernels"},
	{"{\"defaultAction\": \"SCMP_ACT_LOG\"}", "warning", "dangerous", "vmsplice"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_X86\"], "
	 "\"syscalls\": [" BASE "]}",
	 "note", "more-arches", "x86"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"name\": \"read\", \"action\": "
	 "\"SCMP_ACT_ALLOW\"}]}",
	 "error", "unusable", "cannot execute anything"},
};

static bool has_finding(const json_t *doc, const char *severity, const char *id, const char *part)
{
	json_t *f;
	size_t i;

	json_array_foreach(json_object_get(doc, "findings"), i, f)
	{
		if (strcmp(json_string_value(json_object_get(f, "severity")), severity) == 0 &&
		    strcmp(json_string_value(json_object_get(f, "id")), id) == 0 &&
		    strstr(json_string_value(json_object_get(f, "text")), part))
			return true;
	}
	return false;
}

Test(seccomp, lint)
{
	for (size_t i = 0; i < ARRAY_SIZE(lints); i++) {
		char path[64];
		json_t *doc;
		int rc;

		rc = RUN("lint", "--json", file_of(lints[i].text, path, sizeof(path)));
		doc = document();
		cr_expect(has_finding(doc, lints[i].severity, lints[i].id, lints[i].part),
			  "no %s '%s' in: %s", lints[i].id, lints[i].part, out);
		cr_expect(rc == (json_integer_value(json_object_get(doc, "errors")) +
					 json_integer_value(json_object_get(doc, "warnings")) >
				 0));
		json_decref(doc);
	}
}

Test(seccomp, lint_is_content_with_ours)
{
	cr_expect(RUN("lint", "default") == 0, "%s", out);
	cr_expect(RUN("lint", "strict") == 0, "%s", out);
	cr_expect(RUN("lint", "docker") == 1 && strstr(out, "socketcall"), "%s", out);
}

/* ---- show and compile ----------------------------------------------------------------------- */

Test(seccomp, show)
{
	json_t *doc, *calls, *call;
	size_t i, n[3] = {0};

	cr_expect(RUN("show", "--json", "default") == 0);
	doc = document();
	calls = json_object_get(doc, "calls");
	cr_expect(json_array_size(calls) > 350);
	json_array_foreach(calls, i, call)
	{
		const char *state = json_string_value(json_object_get(call, "state"));

		n[*state == 'a' ? 0 : *state == 'c' ? 1 : 2]++;
		cr_expect(json_object_get(call, *state == 'c' ? "rules" : "answer") != NULL);
	}
	cr_expect(n[0] > 200 && n[1] >= 5 && n[1] < 12 && n[2] > 50, "%zu %zu %zu", n[0], n[1],
		  n[2]);
	json_decref(doc);
	cr_expect(RUN("show", "docker") == 0);
	cr_expect(strstr(out, "--cap-add SYS_ADMIN") && strstr(out, "family < 38"), "%s", out);
}

Test(seccomp, compile)
{
	const struct builtin_filter *b = builtin("strict");

	cr_redirect_stderr();
	/* No regular file can be replaced by way of /proc; a pipe is written to. */
	cr_expect(RUN("compile", "strict", "-o", "/dev/null") == 0);
	cr_expect(RUN("compile", "strict", "-o-") == 0);
	cr_expect(memcmp(out, b->insns, b->n * sizeof(*b->insns)) == 0);
	cr_expect(RUN("compile", "strict") == EXIT_SETUP);
	cr_expect(RUN("compile", "strict", "-o", "/nowhere/x") == EXIT_SETUP);
}

Test(seccomp, command_line)
{
	cr_redirect_stderr();
	cr_expect(command((const char *const[]){NULL}) == EXIT_SETUP);
	cr_expect(RUN("shw") == EXIT_SETUP);
	cr_expect(RUN("show") == EXIT_SETUP);
	cr_expect(RUN("show", "default", "strict") == EXIT_SETUP);
	cr_expect(RUN("show", "default", "--jsn") == EXIT_SETUP);
	cr_expect(RUN("show", "default", "--json=1") == EXIT_SETUP);
	cr_expect(RUN("show", "default", "-o", "x") == EXIT_SETUP);
	cr_expect(RUN("show", "default", "--kernel", "6") == EXIT_SETUP);
	cr_expect(RUN("show", "default", "--cap-add", "FLY") == EXIT_SETUP);
	cr_expect(RUN("show", "default", "--preset") == EXIT_SETUP);
	cr_expect(RUN("show", "default", "--arch", "x86", "--arch", "x32") == EXIT_SETUP);
	cr_expect(RUN("test", "default", "red") == EXIT_SETUP);
	cr_expect(RUN("test", "default", "socket", "AF_NOPE") == EXIT_SETUP);
	cr_expect(RUN("diff", "-", "-") == EXIT_SETUP);
	cr_expect(RUN("--help") == 0 && strstr(out, "pillbox seccomp lint"));
}
