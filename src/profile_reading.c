/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_reading.c - what the rules of a profile say about a call, read directly.
 *
 * Should: be so plain that one can see that it is right: programs are measured by it.
 * Mustn't: share code with profile_build.c and profile_head.c but the call numbers.
 */
#include "profile_reading.h"

#include <seccomp.h>
#include <stdlib.h>

#include "util.h"

/* What a call means behind socketcall(2) and ipc(2): its number is the first argument. */
static const struct profile_cond sub_conds[32] = {
#define SUB(n) [n] = {0, SCMP_CMP_EQ, n, 0}
	SUB(1),  SUB(2),  SUB(3),  SUB(4),  SUB(5),  SUB(6),  SUB(7),  SUB(8),
	SUB(9),  SUB(10), SUB(11), SUB(12), SUB(13), SUB(14), SUB(15), SUB(16),
	SUB(17), SUB(18), SUB(19), SUB(20), SUB(21), SUB(22), SUB(23), SUB(24),
#undef SUB
};

bool profile_cond_holds(const struct profile_cond *c, uint64_t v)
{
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

bool profile_is_stricter(uint32_t a, uint32_t b)
{
	return (int32_t)a < (int32_t)b;
}

uint32_t profile_decide(const struct profile_entry *e, size_t n, uint32_t def, const __u64 *args,
			const struct profile_entry **ret_by)
{
	const struct profile_entry *by = NULL;

	for (size_t i = 0; i < n; i++) {
		unsigned c = 0;

		while (c < e[i].n_conds &&
		       profile_cond_holds(&e[i].conds[c], args[e[i].conds[c].index]))
			c++;
		if (c < e[i].n_conds)
			continue;
		if (!by || profile_is_stricter(e[i].action, by->action))
			by = &e[i];
	}
	*ret_by = by;
	return by ? by->action : def;
}

static int by_nr(const void *a, const void *b)
{
	const struct profile_entry *x = a, *y = b;

	if (x->nr != y->nr)
		return x->nr < y->nr ? -1 : 1;
	/* The order of the rules: qsort() keeps none among equals. */
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

size_t profile_entries(const struct profile *p, uint32_t arch, struct profile_entry *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_rules; i++) {
		const struct profile_rule *r = &p->rules[i];
		struct profile_entry e = {.action = r->action,
					  .n_conds = r->n_conds,
					  .conds = r->conds,
					  .name = r->name,
					  .rule = r};
		unsigned sub = 0;
		int mux, nr = profile_call(arch, r->name, &mux, &sub);

		e.nr = (uint32_t)nr;
		if (nr >= 0)
			ret[n++] = e;
		/* Conditions cannot be checked behind a multiplexer: such a rule says nothing about it. */
		if (mux < 0 || r->n_conds || sub >= ARRAY_SIZE(sub_conds))
			continue;
		e.nr = (uint32_t)mux;
		e.n_conds = 1;
		e.conds = &sub_conds[sub];
		ret[n++] = e;
	}
	if (n)
		qsort(ret, n, sizeof(*ret), by_nr);
	return n;
}
