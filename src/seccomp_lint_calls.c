/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_lint_calls.c - what a profile allows and what it does not: calls that were the way of many
 * attacks, arguments that get past a comparison, and what every program needs.
 *
 * Should: ask for answers, not for rules: what is allowed by the default action counts as well.
 * Mustn't: list every call where the default action allows; that is said in one line.
 */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>

#include "calls_values.h"
#include "profile_values.h"
#include "seccomp_lint.h"

/* Not in every version of the headers. */
#define OLD_TIOCLINUX 0x541C
#define HIGH_BIT (1ULL << 32)

/* ---- answers -------------------------------------------------------------------------------- */

static int number_of(const struct lint *l, const char *name)
{
	unsigned sub;
	int mux;

	return profile_call(l->v.arch, name, &mux, &sub);
}

/* A verdict that cannot be had counts as a refusal; build() in seccomp_lint.c has said why. */
static uint32_t answer(const struct profile_view *v, int nr, const __u64 *args)
{
	struct err err = {0};
	struct verdict verdict;

	if (nr < 0 || profile_verdict(v, (uint32_t)nr, args, &verdict, &err) < 0)
		return SECCOMP_RET_KILL_PROCESS;
	return verdict.action;
}

static bool allows(const struct lint *l, const char *name, uint64_t arg0, uint64_t arg1)
{
	__u64 args[PROFILE_ARGS] = {arg0, arg1};

	return verdict_allows(answer(&l->v, number_of(l, name), args));
}

/* For some arguments, or for all. */
static void answers(const struct lint *l, const char *name, bool *ret_some, bool *ret_all)
{
	int nr = number_of(l, name);
	struct profile_answers a = {.can_refuse = true};
	struct err err = {0};

	if (nr >= 0)
		(void)profile_answers(&l->v, (uint32_t)nr, &a, &err);
	*ret_some = a.can_allow;
	*ret_all = a.can_allow && !a.can_refuse;
}

static bool allows_some(const struct lint *l, const char *name)
{
	bool some, all;

	answers(l, name, &some, &all);
	return some;
}

/* The first rule about a call, NULL: the default action speaks. */
static const struct profile_rule *rule_of(const struct lint *l, const char *name)
{
	const struct profile_entry *e;
	int nr = number_of(l, name);

	return nr >= 0 && profile_view_rules(&l->v, (uint32_t)nr, &e) ? e->rule : NULL;
}

static unsigned line_of(const struct lint *l, const char *name)
{
	return lint_line(l, rule_of(l, name));
}

/* ---- dangers -------------------------------------------------------------------------------- */

/* Of these groups a call that is dangerous at all is rarely allowed on purpose. */
static bool is_warned(const struct call_info *info)
{
	static const char *const groups[] = {"io_uring", "keys",   "namespaces", "mounts",
					     "tracing",  "probes", "modules",    "machine",
					     "handles",  "clock"};

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (strcmp(groups[i], info->group) == 0)
			return true;
	return strcmp(info->name, "userfaultfd") == 0 || strcmp(info->name, "fanotify_init") == 0;
}

static void check_dangers(struct lint *l)
{
	char by_default[1900] = ""; /* all of them together have fewer letters */
	size_t used = 0;

	for (size_t i = 0; i < call_table_len; i++) {
		const struct call_info *info = &call_table[i];
		const struct profile_rule *rule;
		bool some, all;

		/* These two have findings of their own. */
		if (!info->danger || strcmp(info->name, "ioctl") == 0 ||
		    strcmp(info->name, "clone") == 0)
			continue;
		answers(l, info->name, &some, &all);
		rule = rule_of(l, info->name);
		if (all && rule)
			lint_add(l, is_warned(info) ? SEV_WARNING : SEV_NOTE, lint_line(l, rule),
				 "dangerous", "%s is allowed: %s", info->name, info->danger);
		else if (all && used < sizeof(by_default) - 64)
			used += (size_t)snprintf(by_default + used, sizeof(by_default) - used,
						 "%s%s", used ? ", " : "", info->name);
	}
	if (used)
		lint_add(l, SEV_WARNING, 0, "dangerous", "allowed by the default action: %s",
			 by_default);
}

static void check_namespaces(struct lint *l)
{
	bool some, all, some3, all3;
	uint32_t clone3;
	__u64 args[PROFILE_ARGS] = {0};

	answers(l, "clone", &some, &all);
	answers(l, "clone3", &some3, &all3);
	if (allows(l, "clone", CLONE_NEWUSER, 0) && rule_of(l, "clone"))
		lint_add(
			l, SEV_WARNING, line_of(l, "clone"), "namespaces",
			"clone is allowed with CLONE_NEWUSER, which gives every capability in a new "
			"user namespace; unless that is meant, a condition on the CLONE_NEW flags");
	if (!some || allows(l, "clone", CLONE_NEWUSER, 0))
		return;
	clone3 = answer(&l->v, number_of(l, "clone3"), args);
	if (some3)
		lint_add(
			l, SEV_WARNING, line_of(l, "clone3"), "clone3",
			"clone3 is allowed and goes round the conditions of clone: its flags are in "
			"memory, where no filter can look; SCMP_ACT_ERRNO with errnoRet 38 (ENOSYS)");
	else if (clone3 != (SECCOMP_RET_ERRNO | ENOSYS))
		lint_add(
			l, SEV_WARNING, line_of(l, "clone3"), "clone3",
			"clone3 is not answered with ENOSYS: only that makes C libraries use clone; "
			"otherwise programs cannot start threads. \"errnoRet\": 38");
}

static void check_terminal(struct lint *l)
{
	static const struct {
		const char *name, *what;
		uint64_t request;
	} bad[] = {{"TIOCSTI", "types into the terminal", TIOCSTI},
		   {"TIOCLINUX", "pastes into a console", OLD_TIOCLINUX},
		   {"TIOCSETD", "loads a line discipline, of which many were broken", TIOCSETD}};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (allows(l, "ioctl", 1, bad[i].request))
			lint_add(l, SEV_NOTE, line_of(l, "ioctl"), "terminal",
				 "ioctl is allowed with %s, which %s", bad[i].name, bad[i].what);
}

/* ---- half of an argument -------------------------------------------------------------------- */

/* Does the kernel take 32 bits only? */
static bool is_half(const char *kind)
{
	const struct call_kind *k = call_kind(kind);

	return k && !k->is_64;
}

struct half {
	const struct lint *l;
	const struct call_info *info;
	int nr;
	unsigned index;
	uint64_t value; /* one that is refused, and gets through with a bit above */
};

static int try_high(void *arg, const __u64 *args)
{
	struct half *h = arg;
	__u64 high[PROFILE_ARGS];

	if (args[h->index] > UINT32_MAX || verdict_allows(answer(&h->l->v, h->nr, args)))
		return 0;
	memcpy(high, args, sizeof(high));
	high[h->index] |= HIGH_BIT;
	h->value = args[h->index];
	return verdict_allows(answer(&h->l->v, h->nr, high));
}

static void check_halves(struct lint *l, const struct call_info *info)
{
	struct half h = {.l = l, .info = info, .nr = number_of(l, info->name)};
	char name[32], kind[SECCOMP_KIND], value[128];
	const struct profile_entry *e;
	size_t n;

	n = h.nr < 0 ? 0 : profile_view_rules(&l->v, (uint32_t)h.nr, &e);
	for (h.index = 0; n && h.index < PROFILE_ARGS; h.index++) {
		seccomp_arg(info, h.index, name, sizeof(name), kind);
		if (!is_half(kind))
			continue;
		if (profile_points(e, n, l->v.is_32bit, try_high, &h) <= 0)
			continue;
		lint_add(
			l, SEV_NOTE, lint_line(l, e->rule), "high-bits",
			"%s: argument %u is compared as 64 bits, and the kernel takes 32: %s is "
			"refused, and the same with bit 32 set is allowed; SCMP_CMP_MASKED_EQ with "
			"4294967295",
			info->name, h.index, call_value_text(kind, h.value, value, sizeof(value)));
	}
}

/* ---- other architectures -------------------------------------------------------------------- */

/* Has a socket call conditions that socketcall, whose arguments are in memory, does not have? */
static bool has_way_round(const struct lint *l, uint32_t arch)
{
	__u64 args[PROFILE_ARGS] = {1}; /* SYS_SOCKET */
	struct profile_answers a = {0};
	struct profile_view v;
	struct err err = {0};
	unsigned sub;
	int mux, nr = profile_call(arch, "socket", &mux, &sub);
	bool is_round = false;

	if (nr < 0 || mux < 0)
		return false;
	if (profile_view(&v, &l->sp.p, l->sp.prog, arch, &err) == 0 &&
	    profile_answers(&v, (uint32_t)nr, &a, &err) == 0)
		is_round = a.can_refuse && verdict_allows(answer(&v, mux, args));
	profile_view_free(&v);
	return is_round;
}

static void check_arches(struct lint *l)
{
	const struct profile *p = &l->sp.p;

	for (unsigned i = 1; i < p->n_arches; i++) {
		lint_add(
			l, SEV_NOTE, 0, "more-arches",
			"%s is allowed beside %s: a second way into the kernel, which few programs "
			"need",
			seccomp_arch(p->arches[i]), seccomp_arch(p->arches[0]));
		if (has_way_round(l, p->arches[i]))
			lint_add(
				l, SEV_NOTE, line_of(l, "socket"), "socketcall",
				"on %s socketcall goes round the conditions of socket: its arguments "
				"are in memory, where no filter can look",
				seccomp_arch(p->arches[i]));
	}
}

/* ---- what programs need --------------------------------------------------------------------- */

/*
 * What the loader of the GNU C library cannot do without, by trying; that execve is missing the
 * compiler has said already.
 */
static void check_start(struct lint *l)
{
	static const char *const needed[] = {"openat",  "read",       "close",   "mmap",
					     "pread64", "arch_prctl", "mprotect"};
	char text[256] = "";
	size_t used = 0;

	if (!l->sp.prog)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (number_of(l, needed[i]) >= 0 && !allows_some(l, needed[i]))
			used += (size_t)snprintf(text + used, sizeof(text) - used, " %s",
						 needed[i]);
	if (!allows_some(l, "fstat") && !allows_some(l, "newfstatat"))
		used += (size_t)snprintf(text + used, sizeof(text) - used, " fstat newfstatat");
	if (used)
		lint_add(l, SEV_WARNING, 0, "cannot-start",
			 "an ordinary dynamic program cannot start: refused are%s", text);
}

void lint_calls(struct lint *l)
{
	if (verdict_allows(l->sp.p.def_action))
		lint_add(l, SEV_WARNING, 0, "block-list",
			 "the default action allows: every call that the profile does not name is "
			 "open, those of later kernels too");
	check_dangers(l);
	check_namespaces(l);
	check_terminal(l);
	for (size_t i = 0; i < call_table_len; i++)
		check_halves(l, &call_table[i]);
	check_arches(l);
	check_start(l);
}
