/* SPDX-License-Identifier: Apache-2.0 */
/*
 * random_rules.c - seccomp profiles made by chance, and what they say, for tests.
 */
#include "random_rules.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From the kernel's tables. All of them are below execveat, so that each has a rule that is newer. */
const struct set_name set_calls[] = {
	{"ioctl", {16, 54, 0x40000000 + 514}},         {"fcntl", {72, 55, 0x40000000 + 72}},
	{"personality", {135, 136, 0x40000000 + 135}}, {"prctl", {157, 172, 0x40000000 + 157}},
	{"clone", {56, 120, 0x40000000 + 56}},         {"madvise", {28, 219, 0x40000000 + 28}},
};
#define N_CALLS (sizeof(set_calls) / sizeof(set_calls[0]))
const uint32_t set_arch[ABIS] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_X86_64};

static const struct {
	uint32_t ret;
	const char *json; /* with its number */
} actions[] = {
	{SECCOMP_RET_ALLOW, "\"SCMP_ACT_ALLOW\""},
	{SECCOMP_RET_ERRNO | 1, "\"SCMP_ACT_ERRNO\""},
	{SECCOMP_RET_ERRNO | 13, "\"SCMP_ACT_ERRNO\", \"errnoRet\": 13"},
	{SECCOMP_RET_LOG, "\"SCMP_ACT_LOG\""},
	{SECCOMP_RET_TRAP, "\"SCMP_ACT_TRAP\""},
	{SECCOMP_RET_KILL_THREAD, "\"SCMP_ACT_KILL\""},
	{SECCOMP_RET_KILL_PROCESS, "\"SCMP_ACT_KILL_PROCESS\""},
};
#define N_ACTIONS (sizeof(actions) / sizeof(actions[0]))
static const char *const op_names[SET_OPS] = {"NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"};

uint64_t rnd(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* ---- making -------------------------------------------------------------------------------- */

/* Few halves, so that rules collide, and now and then any value. */
static uint64_t random_value(uint64_t *state)
{
	static const uint32_t half[] = {0,    0,          0,          1,          2,
					0x10, 0x7fffffff, 0x80000000, 0xfffffffe, ~0U};

	if (rnd(state) % 16 == 0)
		return rnd(state) >> rnd(state) % 64;
	return (uint64_t)half[rnd(state) % 10] << 32 | half[rnd(state) % 10];
}

static void random_rule(struct set_rule *r, uint64_t *state)
{
	unsigned index = (unsigned)(rnd(state) % 6);

	r->n_conds = rnd(state) % 2 ? 1 : 1 + (unsigned)(rnd(state) % SET_CONDS);
	for (unsigned k = 0; k < r->n_conds; k++) {
		struct set_cond *c = &r->conds[k];

		/* No argument twice in a rule: that would be two rules. */
		*c = (struct set_cond){.index = (index + k * 2) % 6,
				       .op = (enum set_op)(rnd(state) % SET_OPS),
				       .value = random_value(state)};
		if (c->op == OP_MASKED)
			c->datum = random_value(state) & c->value;
	}
}

void set_random(struct set *s, enum set_kind kind, uint64_t *state)
{
	/* Arguments of few kinds: rules that never meet show nothing. */
	static const unsigned few[] = {0, 1, 3};
	unsigned first = (unsigned)(rnd(state) % N_CALLS);

	memset(s, 0, sizeof(*s));
	s->def = actions[kind == SET_PLAIN ? 4 : rnd(state) % N_ACTIONS].ret;
	s->has_x86 = kind == SET_ANY && rnd(state) % 4 == 0;
	s->has_x32 = kind == SET_ANY && rnd(state) % 4 == 0;
	s->n_calls = kind == SET_PLAIN ? 1 : 1 + (unsigned)(rnd(state) % SET_CALLS);
	for (unsigned i = 0; i < s->n_calls; i++) {
		struct set_call *c = &s->calls[i];
		uint32_t action = rnd(state) % 2 ? actions[0].ret : actions[1].ret;
		bool mixed = kind == SET_ANY && rnd(state) % 2;

		c->which = (first + i) % (unsigned)N_CALLS;
		c->n_rules = 1 + (unsigned)(rnd(state) % SET_RULES);
		if (kind == SET_PLAIN)
			c->n_rules = 2 + (unsigned)(rnd(state) % 2);
		for (unsigned r = 0; r < c->n_rules; r++) {
			random_rule(&c->rules[r], state);
			c->rules[r].action = mixed ? actions[rnd(state) % N_ACTIONS].ret : action;
			if (kind == SET_PLAIN) {
				c->rules[r].n_conds = 1;
				c->rules[r].conds[0].index = 0;
			} else if (c->rules[r].n_conds == 1) {
				c->rules[r].conds[0].index = few[rnd(state) % 3];
			}
		}
	}
}

static const char *action_json(uint32_t ret)
{
	for (size_t i = 0; i < N_ACTIONS; i++) {
		if (actions[i].ret == ret)
			return actions[i].json;
	}
	abort();
}

static void put_call(FILE *out, const struct set_call *c)
{
	for (unsigned r = 0; r < c->n_rules; r++) {
		const struct set_rule *rule = &c->rules[r];

		fprintf(out, ",\n{\"names\": [\"%s\"], \"action\": %s, \"args\": [",
			set_calls[c->which].name, action_json(rule->action));
		for (unsigned k = 0; k < rule->n_conds; k++) {
			const struct set_cond *cond = &rule->conds[k];

			fprintf(out, "%s{\"index\": %u, \"op\": \"SCMP_CMP_%s\", \"value\": %llu",
				k ? ", " : "", cond->index, op_names[cond->op],
				(unsigned long long)cond->value);
			if (cond->op == OP_MASKED)
				fprintf(out, ", \"valueTwo\": %llu",
					(unsigned long long)cond->datum);
			fputc('}', out);
		}
		fputs("]}", out);
	}
}

char *set_text(const struct set *s)
{
	char *text = NULL;
	char def[96];
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		abort();
	/* The number of a default has a name of its own. */
	snprintf(def, sizeof(def), "%s", action_json(s->def));
	if (s->def == (SECCOMP_RET_ERRNO | 13))
		snprintf(def, sizeof(def), "\"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 13");
	fprintf(out, "{\"defaultAction\": %s, \"architectures\": [\"SCMP_ARCH_X86_64\"%s%s],\n",
		def, s->has_x86 ? ", \"SCMP_ARCH_X86\"" : "",
		s->has_x32 ? ", \"SCMP_ARCH_X32\"" : "");
	fputs("\"syscalls\": [{\"names\": [\"execve\", \"exit_group\"], \"action\": "
	      "\"SCMP_ACT_ALLOW\"}",
	      out);
	for (unsigned i = 0; i < s->n_calls; i++)
		put_call(out, &s->calls[i]);
	fputs("]}\n", out);
	if (fclose(out))
		abort();
	return text;
}

/* ---- reading ------------------------------------------------------------------------------- */

static bool is_same(const struct set_cond *a, const struct set_cond *b)
{
	return a->index == b->index && a->op == b->op && a->value == b->value &&
	       (a->op != OP_MASKED || a->datum == b->datum);
}

/* All conditions alike but for two of "not equal": then every value fits one of the rules. */
static bool is_always(const struct set_rule *a, const struct set_rule *b)
{
	unsigned others = 0, both = 0;

	if (a->action != b->action || a->n_conds != b->n_conds)
		return false;
	for (unsigned k = 0; k < a->n_conds; k++) {
		const struct set_cond *x = &a->conds[k], *y = &b->conds[k];

		if (is_same(x, y))
			continue;
		others++;
		both += x->op == OP_NE && y->op == OP_NE && x->index == y->index;
	}
	return others == 1 && both == 1;
}

bool set_is_refused(const struct set *s)
{
	for (unsigned i = 0; i < s->n_calls; i++) {
		const struct set_call *c = &s->calls[i];

		for (unsigned a = 0; a < c->n_rules; a++) {
			for (unsigned b = a + 1; b < c->n_rules; b++) {
				if (is_always(&c->rules[a], &c->rules[b]))
					return true;
			}
		}
	}
	return false;
}

static bool fits(const struct set_cond *c, uint64_t v)
{
	switch (c->op) {
	case OP_NE:
		return v != c->value;
	case OP_LT:
		return v < c->value;
	case OP_LE:
		return v <= c->value;
	case OP_EQ:
		return v == c->value;
	case OP_GE:
		return v >= c->value;
	case OP_GT:
		return v > c->value;
	default:
		return (v & c->value) == c->datum;
	}
}

/* seccomp(2): of several answers the first in this order counts. */
static unsigned rank(uint32_t action)
{
	static const uint32_t order[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD,
					 SECCOMP_RET_TRAP,         SECCOMP_RET_ERRNO,
					 SECCOMP_RET_TRACE,        SECCOMP_RET_LOG,
					 SECCOMP_RET_ALLOW};
	unsigned i = 0;

	while (order[i] != (action & SECCOMP_RET_ACTION_FULL))
		i++;
	/* Two errors: the smaller number, which is how this program's rules are said to be read. */
	return i << 16 | (action & SECCOMP_RET_DATA);
}

uint32_t set_answer(const struct set *s, const struct set_call *c, enum set_abi abi,
		    const uint64_t *args)
{
	uint32_t best = s->def;
	bool is_found = false;

	if (!set_has_abi(s, abi))
		return SECCOMP_RET_KILL_PROCESS;
	for (unsigned r = 0; r < c->n_rules; r++) {
		const struct set_rule *rule = &c->rules[r];
		unsigned k = 0;

		while (k < rule->n_conds && fits(&rule->conds[k], args[rule->conds[k].index]))
			k++;
		if (k < rule->n_conds || (is_found && rank(rule->action) >= rank(best)))
			continue;
		best = rule->action;
		is_found = true;
	}
	return best;
}

bool set_has_abi(const struct set *s, enum set_abi abi)
{
	return abi == ABI_X86_64 || (abi == ABI_X86 ? s->has_x86 : s->has_x32);
}

/* ---- arguments ----------------------------------------------------------------------------- */

static const struct set_cond *any_cond(const struct set_call *c, uint64_t *state)
{
	const struct set_rule *r = &c->rules[rnd(state) % c->n_rules];

	return &r->conds[rnd(state) % r->n_conds];
}

static uint32_t near(uint32_t v, uint64_t *state)
{
	return v + (uint32_t)(rnd(state) % 3) - 1;
}

/* Around one constant, or its halves around those of two. */
static uint64_t boundary(const struct set_call *c, uint64_t *state)
{
	const struct set_cond *a = any_cond(c, state), *b = any_cond(c, state);
	uint64_t v = a->op == OP_MASKED ? a->datum : a->value;
	uint64_t w = b->op == OP_MASKED ? b->datum : b->value;

	switch (rnd(state) % 5) {
	case 0:
		return v + rnd(state) % 3 - 1;
	case 1:
		return v ^ 1ULL << rnd(state) % 64;
	case 2:
		return (uint64_t)near((uint32_t)(v >> 32), state) << 32 | near((uint32_t)w, state);
	case 3:
		return a->op == OP_MASKED ? a->datum | (rnd(state) & ~a->value)
					  : random_value(state);
	default:
		return v;
	}
}

void set_args(const struct set_call *c, enum set_abi abi, uint64_t *args, uint64_t *state)
{
	const struct set_rule *r = &c->rules[rnd(state) % c->n_rules];
	bool is_near = rnd(state) % 2;

	for (unsigned i = 0; i < 6; i++)
		args[i] = boundary(c, state);
	/* all conditions of a rule but one */
	for (unsigned k = 0; is_near && k < r->n_conds; k++) {
		const struct set_cond *cond = &r->conds[k];
		uint64_t v = cond->op == OP_MASKED ? cond->datum : cond->value;

		v += cond->op == OP_GT || cond->op == OP_NE;
		v -= cond->op == OP_LT;
		if (k != rnd(state) % SET_CONDS)
			args[cond->index] = v;
	}
	for (unsigned i = 0; abi == ABI_X86 && i < 6; i++)
		args[i] = (uint32_t)args[i];
}

const char *set_where(const struct set *s, const struct set_call *c, enum set_abi abi,
		      const uint64_t *args)
{
	static const char *const names[ABIS] = {"x86_64", "x86", "x32"};
	static char buf[8192];
	char *text = set_text(s);

	snprintf(buf, sizeof(buf), "%s %s(0x%llx, 0x%llx, 0x%llx, 0x%llx, 0x%llx, 0x%llx) in %s",
		 names[abi], set_calls[c->which].name, (unsigned long long)args[0],
		 (unsigned long long)args[1], (unsigned long long)args[2],
		 (unsigned long long)args[3], (unsigned long long)args[4],
		 (unsigned long long)args[5], text);
	free(text);
	return buf;
}
