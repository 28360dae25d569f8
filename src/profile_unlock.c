/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_unlock.c - what a profile would allow with one capability more.
 *
 * A profile is a function of the capabilities. It is read once for each that its rules depend on, and
 * the rules are compared; no program is built for that.
 *
 * Should: tell what a capability opens besides the call that somebody misses.
 * Mustn't: try sets of capabilities: a rule that wants two is opened by neither alone.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "profile_values.h"
#include "profile_verdict.h"

#define CAPS 64

/* A profile read for some set of capabilities. */
struct reading {
	struct profile p;
	struct profile_view v;
};

static int reading_open(struct reading *r, const char *origin, const char *text, size_t len,
			uint64_t caps, unsigned kernel, uint32_t arch, struct err *err)
{
	memset(r, 0, sizeof(*r));
	if (profile_read(origin, text, len, caps, kernel, &r->p, err) < 0)
		return -EINVAL;
	return profile_view(&r->v, &r->p, NULL, arch, err);
}

static void reading_close(struct reading *r)
{
	profile_view_free(&r->v);
	profile_free(&r->p);
}

/* ---- one call ------------------------------------------------------------------------------- */

struct pair {
	const struct profile_view *a, *b;
	uint32_t nr;
};

static int is_weaker_at(void *arg, const __u64 *args)
{
	struct pair *p = arg;
	struct verdict a, b;

	/* Neither has a program: there is nothing that could fail. */
	(void)profile_verdict(p->a, p->nr, args, &a, NULL);
	(void)profile_verdict(p->b, p->nr, args, &b, NULL);
	/* Another errno is not weaker. */
	return profile_is_stricter(a.action & SECCOMP_RET_ACTION_FULL,
				   b.action & SECCOMP_RET_ACTION_FULL);
}

/* Has b a weaker answer than a somewhere? 1 or 0; -ENOMEM. */
static int is_weaker(const struct profile_view *a, const struct profile_view *b, uint32_t nr)
{
	const struct profile_entry *ea, *eb;
	struct pair pair = {.a = a, .b = b, .nr = nr};
	size_t na = profile_view_rules(a, nr, &ea), nb = profile_view_rules(b, nr, &eb);
	struct profile_entry *both;
	int rc;

	if (na + nb == 0)
		return 0;
	both = calloc(na + nb, sizeof(*both));
	if (!both)
		return -ENOMEM;
	memcpy(both, ea, na * sizeof(*both));
	memcpy(both + na, eb, nb * sizeof(*both));
	rc = profile_points(both, na + nb, a->is_32bit, is_weaker_at, &pair);
	free(both);
	return rc;
}

/* ---- all calls ------------------------------------------------------------------------------ */

static int compare(const struct reading *a, const struct reading *b, struct profile_unlock *ret)
{
	ret->calls = calloc(call_table_len + 1, sizeof(*ret->calls));
	if (!ret->calls)
		return -ENOMEM;
	for (size_t i = 0; i < call_table_len; i++) {
		unsigned sub;
		int mux, rc, nr = profile_call(a->v.arch, call_table[i].name, &mux, &sub);

		if (nr < 0)
			continue;
		rc = is_weaker(&a->v, &b->v, (uint32_t)nr);
		if (rc < 0)
			return rc;
		if (rc)
			ret->calls[ret->n++] = call_table[i].name;
	}
	return 0;
}

void profile_unlocks_free(struct profile_unlock *u, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(u[i].calls);
	free(u);
}

int profile_unlocks(const char *origin, const char *text, size_t len, uint64_t caps,
		    unsigned kernel, struct profile_unlock **ret, size_t *ret_n, struct err *err)
{
	struct profile_unlock *list = calloc(CAPS, sizeof(*list));
	uint32_t arch = seccomp_arch_native();
	struct reading now, more;
	size_t n = 0;
	int rc;

	if (!list)
		return err_set(err, ENOMEM, "%s", origin);
	rc = reading_open(&now, origin, text, len, caps, kernel, arch, err);
	for (unsigned cap = 0; cap < CAPS && rc == 0; cap++) {
		if (!(now.p.caps_mask & ~caps & 1ULL << cap))
			continue;
		rc = reading_open(&more, origin, text, len, caps | 1ULL << cap, kernel, arch, err);
		list[n].cap = cap;
		if (rc == 0 && compare(&now, &more, &list[n]) < 0)
			rc = err_set(err, ENOMEM, "%s", origin);
		reading_close(&more);
		if (list[n].n)
			n++;
		else
			free(list[n].calls), list[n].calls = NULL;
	}
	reading_close(&now);
	if (rc < 0) {
		profile_unlocks_free(list, n);
		return rc;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

int profile_unlockers(const char *origin, const char *text, size_t len, uint64_t caps,
		      unsigned kernel, uint32_t arch, uint32_t nr, const __u64 *args, uint64_t *ret,
		      struct err *err)
{
	struct reading r;
	uint64_t mask;
	int rc = reading_open(&r, origin, text, len, caps, kernel, arch, err);

	mask = r.p.caps_mask & ~caps;
	reading_close(&r);
	*ret = 0;
	for (unsigned cap = 0; cap < CAPS && rc == 0; cap++) {
		struct verdict verdict;

		if (!(mask & 1ULL << cap))
			continue;
		rc = reading_open(&r, origin, text, len, caps | 1ULL << cap, kernel, arch, err);
		if (rc == 0)
			rc = profile_verdict(&r.v, nr, args, &verdict, err);
		if (rc == 0 && verdict_allows(verdict.action))
			*ret |= 1ULL << cap;
		reading_close(&r);
	}
	return rc;
}
