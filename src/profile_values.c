/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_values.c - the argument values at which a filter's answer can change.
 *
 * BPF compares 32-bit halves with constants, and those come from the rules. So every half takes each
 * constant, one less, one more, zero and all ones (for a mask also each of its bits flipped), and
 * every high half is combined with every low half. Between two such values no comparison changes
 * its answer. A program that is wrong may compare with other constants than its rules have: who wants
 * to find that hands in its tests. For masks, add_joint() looks for what this leaves out. profile_points.c combines
 * the values of several arguments.
 *
 * Should: give the same values for the same rules, so that a profile is refused always or never.
 * Mustn't: take a value away because of the program; what it compares is what is in doubt.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>

#include "profile_values.h"
#include "util.h"

#define MAX_HALVES 65536 /* 4096 instructions hold about 1000 masks, of 35 values each */

struct halves {
	uint32_t v[MAX_HALVES];
	size_t n;
};

static void add_half(struct halves *h, uint32_t v)
{
	if (h->n < ARRAY_SIZE(h->v))
		h->v[h->n++] = v;
}

static int by_half(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void add_plain(struct halves *h, uint32_t v)
{
	add_half(h, v);
	add_half(h, v - 1);
	add_half(h, v + 1);
}

static void add_masked(struct halves *h, uint32_t mask, uint32_t want)
{
	add_half(h, want);
	add_half(h, want | ~mask);
	add_half(h, want ^ mask);
	for (unsigned bit = 0; bit < 32; bit++) {
		if (mask & (1U << bit))
			add_half(h, want ^ (1U << bit));
	}
}

/* What the program compares that half with, whatever the rules say. */
static void add_tests(struct halves *h, const struct profile_tests *tests, unsigned word)
{
	for (size_t i = 0; tests && i < tests->n; i++) {
		const struct profile_test *t = &tests->t[i];

		if (t->word != word)
			continue;
		if (t->mask == UINT32_MAX)
			add_plain(h, t->k);
		else
			add_masked(h, t->mask, t->k);
	}
}

static void collect(const struct profile_entry *e, size_t n, const struct profile_tests *tests,
		    unsigned index, unsigned shift, struct halves *h)
{
	size_t kept = 0;

	h->n = 0;
	add_half(h, 0);
	add_half(h, UINT32_MAX);
	add_tests(h, tests, profile_word(index, shift != 0));
	for (size_t i = 0; i < n; i++) {
		for (unsigned c = 0; c < e[i].n_conds; c++) {
			const struct profile_cond *cond = &e[i].conds[c];
			uint32_t v = (uint32_t)(cond->value >> shift);
			uint32_t d = (uint32_t)(cond->datum >> shift);

			if (cond->index != index)
				continue;
			if (cond->op != SCMP_CMP_MASKED_EQ)
				add_plain(h, v);
			else
				add_masked(h, v, d);
		}
	}
	qsort(h->v, h->n, sizeof(h->v[0]), by_half);
	for (size_t i = 0; i < h->n; i++) {
		if (i == 0 || h->v[i] != h->v[kept - 1])
			h->v[kept++] = h->v[i];
	}
	h->n = kept;
}

/* A value for which no masked rule holds, by flipping a bit of each that does; or some other. */
static uint64_t avoid_masks(const struct profile_entry *e, size_t n, unsigned index, uint64_t v)
{
	bool is_held = true;

	for (unsigned round = 0; is_held && round < 64; round++) {
		is_held = false;
		for (size_t i = 0; i < n; i++) {
			for (unsigned c = 0; c < e[i].n_conds; c++) {
				const struct profile_cond *cond = &e[i].conds[c];
				uint64_t bits = cond->value;

				if (cond->index != index || cond->op != SCMP_CMP_MASKED_EQ ||
				    !bits || (v & bits) != cond->datum)
					continue;
				/* another bit each time, or two rules could undo each other for ever */
				for (unsigned k = 0; k < round && (bits & (bits - 1)); k++)
					bits &= bits - 1;
				v ^= bits & -bits;
				is_held = true;
			}
		}
	}
	return v;
}

/*
 * Masks are not compared with constants, so halves do not reach every answer: many rules of a bit
 * each ("differs from this value somewhere") all hold but for one value. Look for the values at
 * which none does, and flip each of their bits.
 */
static void add_joint(const struct profile_entry *e, size_t n, unsigned index, bool is_32bit,
		      struct profile_values *ret)
{
	for (size_t i = 0; i < n; i++) {
		for (unsigned c = 0; c < e[i].n_conds && ret->n + 66 < PROFILE_POINTS; c++) {
			const struct profile_cond *cond = &e[i].conds[c];
			uint64_t v;

			if (cond->index != index || cond->op != SCMP_CMP_MASKED_EQ)
				continue;
			v = avoid_masks(e, n, index,
					i % 2 ? cond->datum : cond->datum | ~cond->value);
			if (is_32bit)
				v = (uint32_t)v;
			ret->v[ret->n++] = v;
			for (unsigned bit = 0; bit < (is_32bit ? 32U : 64U); bit++)
				ret->v[ret->n++] = v ^ 1ULL << bit;
		}
	}
}

/* Every high half with every low half; thinned out evenly where that is too many. */
int profile_values(const struct profile_entry *e, size_t n, const struct profile_tests *tests,
		   unsigned index, bool is_32bit, struct profile_values *ret)
{
	auto_free struct halves *high = malloc(sizeof(*high));
	auto_free struct halves *low = malloc(sizeof(*low));
	size_t all, step;

	if (!high || !low)
		return -ENOMEM;
	collect(e, n, tests, index, 32, high);
	if (is_32bit) {
		/* The kernel reports such arguments with an empty high half, and none is compared. */
		high->v[0] = 0;
		high->n = 1;
	}
	collect(e, n, tests, index, 0, low);
	all = high->n * low->n;
	step = all / (PROFILE_POINTS / 2) + 1;
	ret->v = malloc(PROFILE_POINTS * sizeof(*ret->v));
	if (!ret->v)
		return -ENOMEM;
	ret->index = index;
	ret->n = 0;
	for (size_t i = 0; i < all; i += step)
		ret->v[ret->n++] = (uint64_t)high->v[i / low->n] << 32 | low->v[i % low->n];
	add_joint(e, n, index, is_32bit, ret);
	return 0;
}
