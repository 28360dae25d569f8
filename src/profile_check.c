/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_check.c - does the compiled program decide what the rules say?
 *
 * libseccomp (2.5.4 to 2.6.1) builds wrong programs for some sets of OR-ed 64-bit comparisons:
 * `arg0 <= 0 || arg0 >= 0x1000000010` lets 0x10 through. A wrong filter looks like a right one, so
 * none is used before it was run here, in a small interpreter, over every call number and over the
 * arguments where an answer can change, and compared with a direct reading of the rules.
 *
 * Where several rules fit a call, the strictest action must hold: libseccomp has no such order,
 * and a profile for which that matters is refused by name.
 *
 * Should: share no code with profile_build.c but the call numbers.
 * Mustn't: correct anything: a program that differs is refused.
 */
#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile.h"
#include "profile_values.h"
#include "util.h"

#define X32_BIT 0x40000000U
#define FOREIGN_CALLS 600 /* numbers tried of an architecture that is not in the profile */

/* ---- a direct reading of the rules -------------------------------------------------------- */

/* What a call means behind socketcall(2) and ipc(2): its number is the first argument. */
static const struct profile_cond sub_conds[32] = {
#define SUB(n) [n] = {0, SCMP_CMP_EQ, n, 0}
	SUB(1),  SUB(2),  SUB(3),  SUB(4),  SUB(5),  SUB(6),  SUB(7),  SUB(8),
	SUB(9),  SUB(10), SUB(11), SUB(12), SUB(13), SUB(14), SUB(15), SUB(16),
	SUB(17), SUB(18), SUB(19), SUB(20), SUB(21), SUB(22), SUB(23), SUB(24),
#undef SUB
};

static bool cond_holds(const struct profile_cond *c, const __u64 *args)
{
	uint64_t v = args[c->index];

	switch (c->op) {
	case SCMP_CMP_NE:
		return v != c->value;
	case SCMP_CMP_LT:
		return v < c->value;
	case SCMP_CMP_LE:
		return v <= c->value;
	case SCMP_CMP_EQ:
		return v == c->value;
	case SCMP_CMP_GE:
		return v >= c->value;
	case SCMP_CMP_GT:
		return v > c->value;
	case SCMP_CMP_MASKED_EQ:
		return (v & c->value) == c->datum;
	default:
		return false;
	}
}

/* The kernel's order: as signed numbers, smaller is stricter. */
static bool is_stricter(uint32_t a, uint32_t b)
{
	return (int32_t)a < (int32_t)b;
}

static uint32_t decide(const struct profile_entry *e, size_t n, uint32_t def, const __u64 *args)
{
	uint32_t action = def;
	bool is_found = false;

	for (size_t i = 0; i < n; i++) {
		unsigned c = 0;

		while (c < e[i].n_conds && cond_holds(&e[i].conds[c], args))
			c++;
		if (c < e[i].n_conds)
			continue;
		if (!is_found || is_stricter(e[i].action, action))
			action = e[i].action;
		is_found = true;
	}
	return action;
}

/* ---- comparing ---------------------------------------------------------------------------- */

struct check {
	const struct profile *p;
	const struct profile_prog *prog;
	struct err *err;
	uint32_t audit_arch;
	bool is_32bit;
	struct profile_entry *entries; /* of this architecture, sorted by number */
	size_t n_entries;
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
		 "libseccomp cannot compile this set of rules: let only one rule fit each "
		 "call, compare with values below 2^32 or with SCMP_CMP_MASKED_EQ%s",
		 d->arch == SCMP_ARCH_X86 ? ", or leave 32-bit x86 out of the architectures" : "");
	return -EINVAL;
}

static int compare(const struct check *c, const struct profile_entry *e, size_t n,
		   const struct seccomp_data *d, uint32_t def)
{
	uint32_t want = decide(e, n, def, d->args);
	uint32_t got;

	if (!profile_sim(c->prog->insns, c->prog->n, d, &got))
		return err_say(c->err, "%s: libseccomp wrote an instruction that is not understood",
			       c->p->origin);
	return want == got ? 0 : differs(c, n ? e->name : NULL, d, want, got);
}

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}

/* All combinations, or as many as PROFILE_POINTS of them, most of them around one of the rules. */
static int compare_points(const struct check *c, const struct profile_entry *e, size_t n,
			  struct seccomp_data *d, const struct profile_values *vals,
			  unsigned n_vals)
{
	uint64_t state = 1;
	size_t all = 1;

	for (unsigned i = 0; i < n_vals; i++)
		all = all > PROFILE_POINTS ? all : all * vals[i].n;
	for (size_t point = 0; point < all && point < PROFILE_POINTS; point++) {
		size_t rest = point;

		for (unsigned i = 0; i < n_vals; i++) {
			size_t pick = all > PROFILE_POINTS ? next_random(&state) % vals[i].n
							   : rest % vals[i].n;

			d->args[vals[i].index] = vals[i].v[pick];
			rest /= vals[i].n;
		}
		if (all > PROFILE_POINTS && point % 4) {
			const struct profile_entry *near = &e[next_random(&state) % n];
			unsigned spare = (unsigned)next_random(&state) % PROFILE_ARGS;

			for (unsigned k = 0; k < near->n_conds; k++) {
				const struct profile_cond *cond = &near->conds[k];
				uint64_t v = cond->op == SCMP_CMP_MASKED_EQ ? cond->datum
									    : cond->value;

				v += cond->op == SCMP_CMP_GT || cond->op == SCMP_CMP_NE;
				v -= cond->op == SCMP_CMP_LT;
				if (cond->index != spare)
					d->args[cond->index] = v;
			}
		}
		if (compare(c, e, n, d, c->p->def_action))
			return -EINVAL;
	}
	return 0;
}

/* All rules of one call number. */
static int check_call(const struct check *c, const struct profile_entry *e, size_t n)
{
	struct seccomp_data d = {.nr = (int)e->nr, .arch = c->audit_arch};
	struct profile_values vals[PROFILE_ARGS] = {0};
	unsigned n_vals = 0, used = 0;
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		for (unsigned k = 0; k < e[i].n_conds; k++)
			used |= 1U << e[i].conds[k].index;
	}
	for (unsigned i = 0; i < PROFILE_ARGS && !rc; i++) {
		if (used & (1U << i))
			rc = profile_values(e, n, i, c->is_32bit, &vals[n_vals++]);
	}
	rc = rc ? err_set(c->err, -rc, "%s", c->p->origin)
		: compare_points(c, e, n, &d, vals, n_vals);
	/* And once with every bit set, which no rule of a call without conditions may look at. */
	for (unsigned i = 0; i < PROFILE_ARGS; i++)
		d.args[i] = c->is_32bit ? UINT32_MAX : UINT64_MAX;
	rc = rc ? rc : compare(c, e, n, &d, c->p->def_action);
	for (unsigned i = 0; i < n_vals; i++)
		free(vals[i].v);
	return rc;
}

static int by_nr(const void *a, const void *b)
{
	const struct profile_entry *x = a, *y = b;

	return x->nr < y->nr ? -1 : x->nr > y->nr;
}

static void collect_entries(struct check *c, uint32_t arch)
{
	c->n_entries = 0;
	for (size_t i = 0; i < c->p->n_rules; i++) {
		const struct profile_rule *r = &c->p->rules[i];
		struct profile_entry e = {.action = r->action,
					  .n_conds = r->n_conds,
					  .conds = r->conds,
					  .name = r->name};
		unsigned sub = 0;
		int mux, nr = profile_call(arch, r->name, &mux, &sub);

		e.nr = (uint32_t)nr;
		if (nr >= 0)
			c->entries[c->n_entries++] = e;
		/* Conditions cannot be checked behind a multiplexer: such a rule says nothing about it. */
		if (mux < 0 || r->n_conds || sub >= ARRAY_SIZE(sub_conds))
			continue;
		e.nr = (uint32_t)mux;
		e.n_conds = 1;
		e.conds = &sub_conds[sub];
		c->entries[c->n_entries++] = e;
	}
	if (c->n_entries)
		qsort(c->entries, c->n_entries, sizeof(*c->entries), by_nr);
}

/* Every number from 0 to just above the newest, with its rules or with the default. */
static int check_arch(struct check *c, unsigned at)
{
	uint32_t base = c->p->arches[at] == SCMP_ARCH_X32 ? X32_BIT : 0;
	uint32_t newest = c->prog->newest[at];
	uint32_t beyond = profile_has_enosys(c->p) ? SECCOMP_RET_ERRNO | ENOSYS : c->p->def_action;
	struct seccomp_data d = {.arch = c->audit_arch};
	size_t i = 0;

	for (uint32_t nr = base; nr <= newest + 2; nr++) {
		size_t n = 0;

		while (i + n < c->n_entries && c->entries[i + n].nr == nr)
			n++;
		d.nr = (int)nr;
		if (n ? check_call(c, &c->entries[i], n)
		      : compare(c, NULL, 0, &d, nr > newest ? beyond : c->p->def_action))
			return -EINVAL;
		i += n;
	}
	if (i < c->n_entries)
		return err_say(c->err, "%s: %.64s: its number %u was not checked", c->p->origin,
			       c->entries[i].name, c->entries[i].nr);
	d.nr = (int)(base + X32_BIT - 2);
	return compare(c, NULL, 0, &d, beyond);
}

/* Every call of an architecture that is not in the profile ends the process, x32 included. */
static int check_killed(const struct check *c, uint32_t arch, uint32_t first)
{
	for (unsigned fill = 0; fill < 2; fill++) {
		struct seccomp_data d = {.arch = arch};
		int rc = 0;

		memset(d.args, fill ? 0xff : 0, sizeof(d.args));
		for (uint32_t nr = first; nr < first + FOREIGN_CALLS && !rc; nr++) {
			d.nr = (int)nr;
			rc = compare(c, NULL, 0, &d, SECCOMP_RET_KILL_PROCESS);
		}
		if (rc)
			return rc;
	}
	return 0;
}

static int check_foreign(const struct check *c)
{
	static const uint32_t others[] = {
		AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM, 0,
		0xdeadbeef};
	bool has_x32 = false;
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(others) && !rc; i++) {
		bool is_listed = false;

		for (unsigned k = 0; k < c->p->n_arches; k++) {
			is_listed |= profile_audit_arch(c->p->arches[k]) == others[i];
			has_x32 |= c->p->arches[k] == SCMP_ARCH_X32;
		}
		if (!is_listed)
			rc = check_killed(c, others[i], 0);
		else if (others[i] == AUDIT_ARCH_X86_64 && !has_x32)
			rc = check_killed(c, others[i], X32_BIT);
	}
	return rc;
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
					"%s: %.64s: argument %u \"not equal to %llu\" or \"not "
					"equal to %llu\" is true for every value, so nothing is "
					"decided by it",
					p->origin, a->name, a->conds[k].index,
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

int profile_check(const struct profile *p, const struct profile_prog *prog, struct err *err)
{
	struct check c = {.p = p, .prog = prog, .err = err};
	auto_free struct profile_entry *entries = calloc(2 * p->n_rules + 1, sizeof(*entries));
	int rc;

	if (!entries)
		return err_set(err, ENOMEM, "%s", p->origin);
	c.entries = entries;
	rc = check_not_equal(&c);
	for (unsigned a = 0; a < p->n_arches && !rc; a++) {
		c.audit_arch = profile_audit_arch(p->arches[a]);
		/* x32 is no exception: its registers have 64 bits, and so does its audit value. */
		c.is_32bit = !(c.audit_arch & __AUDIT_ARCH_64BIT);
		collect_entries(&c, p->arches[a]);
		rc = check_arch(&c, a);
	}
	rc = rc ? rc : check_foreign(&c);
	return rc ? rc : check_usable(&c);
}
