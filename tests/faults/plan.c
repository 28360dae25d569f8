/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.c - the list of launches: each call fails with each errno, at each call processes are killed.
 *
 * Should:  be the same list for the same clean launch and options.
 * Mustn't: leave out a call because somebody thinks that it cannot fail.
 */
#include "faults.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct item *items;
static size_t n_items;

static void plan_add(struct fault f)
{
	items[n_items++] = (struct item){.fault = {f}, .n = 1};
}

/* Is NAME in the list of --calls? */
static bool is_listed(const char *name)
{
	size_t len = strlen(name);

	for (const char *at = want.calls; at && (at = strstr(at, name)); at += len)
		if ((at == want.calls || at[-1] == ',') && (!at[len] || at[len] == ','))
			return true;
	return false;
}

static bool is_point_wanted(const struct record *r, const struct point *p)
{
	return !want.calls || is_listed(call_name(p->nr)) || is_listed(r->roles[p->role].name);
}

static void plan_fail(const struct record *r)
{
	for (size_t i = 0; i < r->n_points; i++) {
		const struct point *p = &r->points[i];

		if (never_fails(p->nr) || !is_point_wanted(r, p))
			continue;
		for (size_t e = 0; e < N_ERRORS; e++)
			if (want.errors & 1u << e && (!is_brk(p->nr) || errors[e].num == ENOMEM))
				plan_add((struct fault){p->role, p->n, errors[e].num, 0});
	}
}

/* The process itself; the launcher; pid 1 of the sandbox, when it is there. */
static void plan_kill(const struct record *r)
{
	int child = -1;

	for (int i = 0; i < r->n_roles; i++)
		if (!strcmp(r->roles[i].name, "child"))
			child = i;
	for (size_t i = 0; i < r->n_points; i++) {
		const struct point *p = &r->points[i];

		if (!is_point_wanted(r, p))
			continue;
		plan_add((struct fault){p->role, p->n, 0, p->role});
		if (p->role)
			plan_add((struct fault){p->role, p->n, 0, 0});
		if (child > 0 && p->role != child && i > r->born[child])
			plan_add((struct fault){p->role, p->n, 0, child});
	}
}

uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static void plan_pairs(size_t n_single)
{
	for (long i = 0; i < want.pairs; i++) {
		uint64_t dice = mix((uint64_t)want.seed * 1000003 + (uint64_t)i + 1);
		struct item *item = &items[n_items++];

		*item = items[dice % n_single];
		item->n = 2;
		dice = mix(dice);
		item->fault[1] = (struct fault){FAULT_LATER, 0, 0, 0};
		if (dice % 7)
			item->fault[1].num = errors[dice / 7 % N_ERRORS].num;
	}
}

struct item *plan_make(const struct record *r, size_t *ret_n)
{
	size_t kept = 0, room = r->n_points * (N_ERRORS + 3) + (size_t)want.pairs + 1;
	size_t n_single;

	items = calloc(room, sizeof(*items));
	if (!items)
		die("memory");
	if (!want.no_fail)
		plan_fail(r);
	if (!want.no_kill)
		plan_kill(r);
	n_single = n_items;
	if (want.pairs && n_single) { /* pairs alone: the single ones are where they start */
		plan_pairs(n_single);
		*ret_n = (size_t)want.pairs;
		return items + n_single;
	}
	for (size_t i = 0; i < n_single; i++)
		if ((long)(i % (size_t)want.every) == want.seed % want.every)
			items[kept++] = items[i];
	*ret_n = kept;
	return items;
}
