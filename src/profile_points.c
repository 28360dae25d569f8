/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_points.c - the arguments at which a filter's answer can change, several at a time.
 *
 * All combinations of the values of profile_values.c, where they are few. Otherwise each rule in turn
 * is brought to the point where it alone decides: its conditions hold, and of each other rule one
 * does not. There one argument after the other goes through all its values; and then come a
 * pseudo-random choice of values, and of ways through the program (profile_walk.c).
 *
 * Should: give the same arguments for the same rules, so that a profile is refused always or never.
 * Mustn't: take longer the more rules there are: the number of points has a limit.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "profile_values.h"
#include "util.h"

#define ISOLATED 32 /* rules of one call, up to which each is tried where it alone decides */

struct points {
	const struct profile_entry *e;
	size_t n;
	const struct profile_tests *tests; /* of the program, or NULL */
	struct profile_values vals[PROFILE_ARGS];
	unsigned n_vals;
	bool is_32bit;
	int (*fn)(void *arg, const __u64 *args);
	void *arg;
	uint64_t state;
};

/* The kernel reports 32-bit arguments with an empty high half. */
static int try_point(const struct points *p, __u64 *args)
{
	for (unsigned i = 0; p->is_32bit && i < PROFILE_ARGS; i++)
		args[i] = (uint32_t)args[i];
	return p->fn(p->arg, args);
}

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}

/* Every argument at one of its values. */
static void pick_any(const struct profile_values *vals, unsigned n_vals, uint64_t *state,
		     __u64 *args)
{
	for (unsigned i = 0; i < n_vals; i++)
		args[vals[i].index] = vals[i].v[next_random(state) % vals[i].n];
}

/* Arguments for which the rule holds, but perhaps for its condition on `spare`. */
static void go_near(const struct profile_entry *near, unsigned spare, __u64 *args)
{
	for (unsigned k = 0; k < near->n_conds; k++) {
		const struct profile_cond *cond = &near->conds[k];
		uint64_t v = cond->op == SCMP_CMP_MASKED_EQ ? cond->datum : cond->value;

		v += cond->op == SCMP_CMP_GT || cond->op == SCMP_CMP_NE;
		v -= cond->op == SCMP_CMP_LT;
		if (cond->index != spare)
			args[cond->index] = v;
	}
}

/* ---- where one rule decides ----------------------------------------------------------------- */

/* Is the value one at which the rule can hold? */
static bool suits(const struct profile_entry *rule, unsigned index, uint64_t v)
{
	for (unsigned k = 0; k < rule->n_conds; k++) {
		if (rule->conds[k].index == index && !profile_cond_holds(&rule->conds[k], v))
			return false;
	}
	return true;
}

/* The rules, a bit each, of which a condition fails with that value. */
static uint32_t failing(const struct points *p, unsigned index, uint64_t v)
{
	uint32_t set = 0;

	for (size_t i = 0; i < p->n; i++)
		set |= suits(&p->e[i], index, v) ? 0 : 1U << i;
	return set;
}

/* The better of two values: more rules fail with it that did not yet. */
static void prefer(const struct points *p, const struct profile_entry *rule, unsigned index,
		   uint64_t v, uint32_t failed, __u64 *best)
{
	if (p->is_32bit)
		v = (uint32_t)v;
	if (!suits(rule, index, v))
		return;
	if (!suits(rule, index, *best) ||
	    __builtin_popcount(failing(p, index, v) & ~failed) >
		    __builtin_popcount(failing(p, index, *best) & ~failed))
		*best = v;
}

/* The rule holds, and as few others as can be, whatever `spare` is. */
static void isolate(const struct points *p, const struct profile_entry *rule, unsigned spare,
		    __u64 *args)
{
	uint32_t failed = 0;

	for (unsigned a = 0; a < p->n_vals; a++) {
		unsigned index = p->vals[a].index;

		if (index == spare)
			continue;
		for (size_t i = 0; i < p->n; i++) {
			for (unsigned k = 0; k < p->e[i].n_conds; k++) {
				const struct profile_cond *c = &p->e[i].conds[k];
				bool is_mask = c->op == SCMP_CMP_MASKED_EQ;
				uint64_t at = is_mask ? c->datum : c->value;

				if (c->index != index)
					continue;
				prefer(p, rule, index, at, failed, &args[index]);
				prefer(p, rule, index,
				       is_mask ? at ^ (c->value & -c->value) : at + 1, failed,
				       &args[index]);
				prefer(p, rule, index, is_mask ? at | ~c->value : at - 1, failed,
				       &args[index]);
			}
		}
		failed |= failing(p, index, args[index]);
	}
}

/* ---- combinations --------------------------------------------------------------------------- */

static int all_combinations(const struct points *p, size_t all)
{
	__u64 args[PROFILE_ARGS] = {0};
	int rc = 0;

	for (size_t point = 0; point < all && !rc; point++) {
		size_t rest = point;

		for (unsigned i = 0; i < p->n_vals; i++) {
			args[p->vals[i].index] = p->vals[i].v[rest % p->vals[i].n];
			rest /= p->vals[i].n;
		}
		rc = try_point(p, args);
	}
	return rc;
}

/* One argument at each of its values, or at one in `step`; the others as the rule needs them. */
static int sweep_one(struct points *p, const struct profile_entry *rule,
		     const struct profile_values *v, size_t step, size_t *point)
{
	__u64 args[PROFILE_ARGS] = {0};
	int rc = 0;

	pick_any(p->vals, p->n_vals, &p->state, args);
	if (p->n <= ISOLATED)
		isolate(p, rule, v->index, args);
	for (size_t k = 0; k < v->n && !rc; k++) {
		if ((*point)++ % step)
			continue;
		if (p->n > ISOLATED) {
			pick_any(p->vals, p->n_vals, &p->state, args);
			go_near(rule, v->index, args);
		}
		args[v->index] = v->v[k];
		rc = try_point(p, args);
	}
	return rc;
}

static int sweep(struct points *p)
{
	size_t all = 0, point = 0;
	int rc = 0;

	for (unsigned i = 0; i < p->n_vals; i++)
		all += p->n * p->vals[i].n;
	for (size_t r = 0; r < p->n; r++) {
		for (unsigned i = 0; i < p->n_vals && !rc; i++)
			rc = sweep_one(p, &p->e[r], &p->vals[i], all / PROFILE_POINTS + 1, &point);
	}
	return rc;
}

/* As many as PROFILE_POINTS, most of them around one of the rules. */
static int sample(struct points *p)
{
	__u64 args[PROFILE_ARGS] = {0};
	int rc = 0;

	for (size_t point = 0; point < PROFILE_POINTS && !rc; point++) {
		pick_any(p->vals, p->n_vals, &p->state, args);
		if (p->n && point % 4)
			go_near(&p->e[next_random(&p->state) % p->n],
				(unsigned)next_random(&p->state) % PROFILE_ARGS, args);
		rc = try_point(p, args);
	}
	return rc;
}

/* Along the ways through the program, chosen by chance. */
static int walk(struct points *p)
{
	__u64 args[PROFILE_ARGS];
	int rc = 0;

	for (size_t point = 0; point < PROFILE_POINTS / 2 && !rc; point++) {
		profile_walk(p->tests, p->is_32bit, &p->state, args);
		rc = try_point(p, args);
	}
	return rc;
}

/* All combinations, or the same choice of them each time. */
static int combine(struct points *p)
{
	size_t all = 1;
	int rc;

	for (unsigned i = 0; i < p->n_vals; i++)
		all = all > PROFILE_POINTS ? all : all * p->vals[i].n;
	if (all <= PROFILE_POINTS)
		return all_combinations(p, all);
	rc = sweep(p);
	rc = rc ? rc : sample(p);
	return rc || !p->tests || !p->tests->n ? rc : walk(p);
}

/* The arguments that a rule or a test is about, a bit each. */
static unsigned used_arguments(const struct profile_entry *e, size_t n,
			       const struct profile_tests *tests)
{
	unsigned used = 0;

	for (size_t i = 0; i < n; i++) {
		for (unsigned k = 0; k < e[i].n_conds; k++)
			used |= 1U << e[i].conds[k].index;
	}
	for (size_t i = 0; tests && i < tests->n; i++) {
		if (tests->t[i].word >= PROFILE_WORD_ARGS)
			used |= 1U << (tests->t[i].word - PROFILE_WORD_ARGS) / 2;
	}
	return used;
}

int profile_points_and(const struct profile_entry *e, size_t n, const struct profile_tests *tests,
		       bool is_32bit, int (*fn)(void *arg, const __u64 *args), void *arg)
{
	struct points p = {.e = e,
			   .n = n,
			   .tests = tests,
			   .is_32bit = is_32bit,
			   .fn = fn,
			   .arg = arg,
			   .state = 1};
	unsigned used = used_arguments(e, n, tests);
	__u64 ones[PROFILE_ARGS];
	int rc = 0;

	for (unsigned i = 0; i < PROFILE_ARGS && !rc; i++) {
		if (used & (1U << i))
			rc = profile_values(e, n, tests, i, is_32bit, &p.vals[p.n_vals++]);
		ones[i] = is_32bit ? UINT32_MAX : UINT64_MAX;
	}
	rc = rc ? rc : combine(&p);
	/* No rule of a call without conditions may look at any bit. */
	rc = rc ? rc : fn(arg, ones);
	for (unsigned i = 0; i < p.n_vals; i++)
		free(p.vals[i].v);
	return rc;
}

int profile_points(const struct profile_entry *e, size_t n, bool is_32bit,
		   int (*fn)(void *arg, const __u64 *args), void *arg)
{
	return profile_points_and(e, n, NULL, is_32bit, fn, arg);
}
