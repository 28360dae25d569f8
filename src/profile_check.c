/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_check.c - does the compiled program decide what the rules say?
 *
 * A wrong filter looks like a right one: libseccomp (2.5.4 to 2.6.1) builds programs for some sets of
 * OR-ed 64-bit comparisons in which `arg0 <= 0 || arg0 >= 0x1000000010` lets 0x10 through, and nobody
 * saw. So no program, and ours is none better, is used before it was run here, in a small
 * interpreter, over every call number and over the arguments where an answer can change, and compared
 * with a direct reading of the rules (profile_reading.c). Where an answer can change is what the rules
 * compare with, and what the program does (profile_tests.c): a wrong one may look elsewhere.
 *
 * Where several rules fit a call, the strictest action must hold.
 *
 * Should: find every difference that there is.
 * Mustn't: correct anything: a program that differs is refused.
 */
#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile.h"
#include "profile_tests.h"
#include "profile_values.h"
#include "util.h"

#define X32_BIT 0x40000000U
#define BY_NUMBER offsetof(struct seccomp_data, instruction_pointer) /* the record up to there */
#define FOREIGN_CALLS 600 /* numbers tried of an architecture that is not in the profile */

/* ---- comparing ---------------------------------------------------------------------------- */

struct check {
	const struct profile *p;
	const struct profile_prog *prog;
	struct err *err;
	uint32_t audit_arch;
	bool is_32bit;
	struct profile_entry *entries; /* of this architecture, sorted by number */
	size_t n_entries;
	struct profile_tests *of_all;  /* what the whole program compares with what */
	struct profile_tests *of_call; /* and what the part for one call does */
};

static const char *action_text(uint32_t action, char *buf, size_t size)
{
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		return "allow";
	case SECCOMP_RET_LOG:
		return "log";
	case SECCOMP_RET_TRAP:
		return "trap";
	case SECCOMP_RET_TRACE:
		return "trace";
	case SECCOMP_RET_KILL_THREAD:
		return "kill the thread";
	case SECCOMP_RET_KILL_PROCESS:
		return "kill the process";
	default:
		break;
	}
	snprintf(buf, size, "errno %u", action & SECCOMP_RET_DATA);
	return buf;
}

static int differs(const struct check *c, const char *name, const struct seccomp_data *d,
		   uint32_t want, uint32_t got)
{
	char a[32], b[32], nr[48];

	if (!name) {
		snprintf(nr, sizeof(nr), "call %u", (unsigned)d->nr);
		name = nr;
	}
	err_say(c->err,
		"%s: %.64s: the compiled filter is not what the rules say: with arguments "
		"0x%llx, 0x%llx, 0x%llx, 0x%llx the rules %s and the filter would %s",
		c->p->origin, name, (unsigned long long)d->args[0], (unsigned long long)d->args[1],
		(unsigned long long)d->args[2], (unsigned long long)d->args[3],
		action_text(want, a, sizeof(a)), action_text(got, b, sizeof(b)));
	err_hint(c->err,
		 "this set of rules cannot be compiled: let only one rule fit each "
		 "call, compare with values below 2^32 or with SCMP_CMP_MASKED_EQ%s",
		 d->arch == SCMP_ARCH_X86 ? ", or leave 32-bit x86 out of the architectures" : "");
	return -EINVAL;
}

static int not_understood(const struct check *c)
{
	return err_say(c->err, "%s: the program has an instruction that is not understood",
		       c->p->origin);
}

/* ---- one call ------------------------------------------------------------------------------- */

struct call_check {
	const struct check *c;
	const struct profile_entry *e;
	size_t n;
	struct seccomp_data d;
	enum profile_sim_end end;
	uint32_t at; /* the answer, or where the arguments are looked at */
};

static int check_point(void *arg, const __u64 *args)
{
	struct call_check *cc = arg;
	const struct check *c = cc->c;
	const struct profile_entry *by;
	uint32_t want = profile_decide(cc->e, cc->n, c->p->def_action, args, &by);
	uint32_t got = cc->at;

	memcpy(cc->d.args, args, sizeof(cc->d.args));
	if (cc->end == PROFILE_SIM_BEYOND &&
	    profile_sim_within(c->prog->insns, c->prog->n, cc->at, &cc->d, sizeof(cc->d), &got) !=
		    PROFILE_SIM_ANSWER)
		return not_understood(c);
	return want == got ? 0 : differs(c, cc->n ? cc->e->name : NULL, &cc->d, want, got);
}

/* All rules of one call number; none: the default. */
static int check_call(const struct check *c, const struct profile_entry *e, size_t n, uint32_t nr)
{
	struct call_check cc = {
		.c = c, .e = e, .n = n, .d = {.nr = (int)nr, .arch = c->audit_arch}};
	int rc;

	cc.end = profile_sim_within(c->prog->insns, c->prog->n, 0, &cc.d, BY_NUMBER, &cc.at);
	if (cc.end == PROFILE_SIM_UNKNOWN)
		return not_understood(c);
	c->of_call->n = 0;
	if (cc.end == PROFILE_SIM_BEYOND) {
		rc = profile_tests(c->prog->insns, c->prog->n, cc.at, c->of_call);
		if (rc)
			return rc == -ENOMEM ? err_set(c->err, ENOMEM, "%s", c->p->origin)
					     : not_understood(c);
	}
	rc = profile_points_and(e, n, c->of_call, c->is_32bit, check_point, &cc);
	return rc == -ENOMEM ? err_set(c->err, ENOMEM, "%s", c->p->origin) : rc;
}

/* One number of which no rule speaks: the answer must come from the number alone. */
static int check_number(const struct check *c, uint32_t arch, uint32_t nr, uint32_t want)
{
	struct seccomp_data d = {.nr = (int)nr, .arch = arch};
	uint32_t got;

	if (profile_sim_within(c->prog->insns, c->prog->n, 0, &d, BY_NUMBER, &got) !=
	    PROFILE_SIM_ANSWER)
		return not_understood(c);
	return want == got ? 0 : differs(c, NULL, &d, want, got);
}

/* ---- all numbers ---------------------------------------------------------------------------- */

/* Around each value that the program compares a word of the record with; `do_with` gives 0 or ends it. */
static int around_tests(const struct check *c, unsigned word, void *arg,
			int (*do_with)(const struct check *c, void *arg, uint32_t value))
{
	for (size_t i = 0; i < c->of_all->n; i++) {
		const struct profile_test *t = &c->of_all->t[i];

		if (t->word != word)
			continue;
		if (t->mask != UINT32_MAX) /* ours masks no number and no architecture */
			return not_understood(c);
		for (uint32_t v = t->k - 1, left = 3; left; v++, left--) {
			int rc = do_with(c, arg, v);

			if (rc)
				return rc;
		}
	}
	return 0;
}

struct far {
	uint32_t base, newest, beyond;
	bool has_x32; /* in the profile, so that it is checked by itself */
};

/* A number beyond those that are tried one by one. */
static int check_far(const struct check *c, void *arg, uint32_t nr)
{
	const struct far *far = arg;
	bool is_64bit = c->audit_arch == AUDIT_ARCH_X86_64;

	if (is_64bit && nr >= X32_BIT && !far->base && far->has_x32)
		return 0;
	if (is_64bit && nr >= X32_BIT && !far->base)
		return check_number(c, c->audit_arch, nr,
				    nr == UINT32_MAX ? c->p->def_action : SECCOMP_RET_KILL_PROCESS);
	if (nr < far->base || nr <= far->newest + 2)
		return 0;
	return check_number(c, c->audit_arch, nr, far->beyond);
}

/* Every number from 0 to just above the newest, with its rules or with the default. */
static int check_arch(const struct check *c, unsigned at, bool has_x32)
{
	struct far far = {.base = c->p->arches[at] == SCMP_ARCH_X32 ? X32_BIT : 0,
			  .newest = c->prog->newest[at],
			  .beyond = profile_has_enosys(c->p) ? SECCOMP_RET_ERRNO | ENOSYS
							     : c->p->def_action,
			  .has_x32 = has_x32};
	size_t i = 0;
	int rc = 0;

	for (uint32_t nr = far.base; nr <= far.newest + 2 && !rc; nr++) {
		size_t n = 0;

		while (i + n < c->n_entries && c->entries[i + n].nr == nr)
			n++;
		rc = n || nr <= far.newest ? check_call(c, &c->entries[i], n, nr)
					   : check_number(c, c->audit_arch, nr, far.beyond);
		i += n;
	}
	if (!rc && i < c->n_entries)
		return err_say(c->err, "%s: %.64s: its number %u was not checked", c->p->origin,
			       c->entries[i].name, c->entries[i].nr);
	rc = rc ? rc : check_far(c, &far, far.base + X32_BIT - 2);
	rc = rc ? rc : check_far(c, &far, UINT32_MAX);
	return rc ? rc : around_tests(c, PROFILE_WORD_NR, &far, check_far);
}

static bool has_arch(const struct profile *p, uint32_t audit_arch, bool is_x32)
{
	for (unsigned i = 0; i < p->n_arches; i++) {
		if (profile_audit_arch(p->arches[i]) == audit_arch &&
		    (!is_x32 || p->arches[i] == SCMP_ARCH_X32))
			return true;
	}
	return false;
}

/* Every call of an architecture that is not in the profile ends the process, x32 included. */
static int check_killed(const struct check *c, uint32_t arch, uint32_t first)
{
	int rc = 0;

	for (uint32_t nr = first; nr < first + FOREIGN_CALLS && !rc; nr++)
		rc = check_number(c, arch, nr, SECCOMP_RET_KILL_PROCESS);
	return rc ? rc : check_number(c, arch, UINT32_MAX - 1, SECCOMP_RET_KILL_PROCESS);
}

static int check_foreign_arch(const struct check *c, void *arg, uint32_t arch)
{
	(void)arg;
	if (!has_arch(c->p, arch, false))
		return check_killed(c, arch, 0);
	if (arch == AUDIT_ARCH_X86_64 && !has_arch(c->p, arch, true))
		return check_killed(c, arch, X32_BIT);
	return 0;
}

static int check_foreign(const struct check *c)
{
	static const uint32_t others[] = {
		AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM, 0,
		0xdeadbeef};
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(others) && !rc; i++)
		rc = check_foreign_arch(c, NULL, others[i]);
	return rc ? rc : around_tests(c, PROFILE_WORD_ARCH, NULL, check_foreign_arch);
}

/* ---- profiles that cannot be meant -------------------------------------------------------- */

static bool is_same_but(const struct profile_rule *a, const struct profile_rule *b, unsigned k)
{
	for (unsigned i = 0; i < a->n_conds; i++) {
		if (i != k && memcmp(&a->conds[i], &b->conds[i], sizeof(a->conds[i])) != 0)
			return false;
	}
	return true;
}

/* "!= a" or "!= b" is always true: who wrote that meant "and". */
static int check_not_equal(const struct check *c)
{
	const struct profile *p = c->p;

	for (size_t i = 0; i < p->n_rules; i++) {
		const struct profile_rule *a = &p->rules[i];

		for (size_t j = i + 1; j < p->n_rules && j < i + 256; j++) {
			const struct profile_rule *b = &p->rules[j];

			if (strcmp(a->name, b->name) != 0 || a->action != b->action ||
			    a->n_conds != b->n_conds)
				break;
			for (unsigned k = 0; k < a->n_conds; k++) {
				if (a->conds[k].op != SCMP_CMP_NE ||
				    b->conds[k].op != SCMP_CMP_NE ||
				    a->conds[k].index != b->conds[k].index || !is_same_but(a, b, k))
					continue;
				err_say(c->err,
					"%s:%u: %.64s: argument %u \"not equal to %llu\" or \"not "
					"equal to %llu\" is true for every value, so nothing is "
					"decided by it",
					p->origin, b->line, a->name, a->conds[k].index,
					(unsigned long long)a->conds[k].value,
					(unsigned long long)b->conds[k].value);
				err_hint(c->err,
					 "conditions on one argument are alternatives: write "
					 "less than, equal and greater than as separate rules");
				return -EINVAL;
			}
		}
	}
	return 0;
}

/* The calls without which not even an empty program starts and ends. */
static int check_usable(const struct check *c)
{
	static const char *const needed[] = {"execve", "exit_group"};

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		struct seccomp_data d = {.arch = profile_audit_arch(c->p->arches[0])};
		uint32_t action;
		unsigned sub;
		char buf[32];
		int mux;

		d.nr = profile_call(c->p->arches[0], needed[i], &mux, &sub);
		if (!profile_sim(c->prog->insns, c->prog->n, &d, &action))
			action = SECCOMP_RET_KILL_PROCESS;
		if (action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG)
			continue;
		err_say(c->err, "%s: this profile cannot execute anything: its answer to %s is %s",
			c->p->origin, needed[i], action_text(action, buf, sizeof(buf)));
		err_hint(
			c->err,
			"add execve and exit_group to a rule with SCMP_ACT_ALLOW; a profile "
			"that only lists what to block needs \"defaultAction\": \"SCMP_ACT_ALLOW\"");
		return -EINVAL;
	}
	return 0;
}

static int check_all(struct check *c)
{
	const struct profile *p = c->p;
	int rc = profile_tests(c->prog->insns, c->prog->n, 0, c->of_all);

	if (rc)
		return rc == -ENOMEM ? err_set(c->err, ENOMEM, "%s", p->origin) : not_understood(c);
	for (unsigned a = 0; a < p->n_arches && !rc; a++) {
		c->audit_arch = profile_audit_arch(p->arches[a]);
		/* x32 is no exception: its registers have 64 bits, and so does its audit value. */
		c->is_32bit = !(c->audit_arch & __AUDIT_ARCH_64BIT);
		c->n_entries = profile_entries(p, p->arches[a], c->entries);
		rc = check_arch(c, a, has_arch(p, c->audit_arch, true));
	}
	rc = rc ? rc : check_foreign(c);
	return rc ? rc : check_usable(c);
}

int profile_check(const struct profile *p, const struct profile_prog *prog, struct err *err)
{
	auto_free struct profile_entry *entries = calloc(2 * p->n_rules + 1, sizeof(*entries));
	auto_free struct profile_tests *tests = malloc(2 * sizeof(*tests));
	struct check c = {.p = p, .prog = prog, .err = err, .entries = entries, .of_all = tests};
	int rc;

	if (!entries || !tests)
		return err_set(err, ENOMEM, "%s", p->origin);
	c.of_call = &tests[1];
	rc = check_not_equal(&c);
	return rc ? rc : check_all(&c);
}
