/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_walk.c - arguments that lead a filter program along a way that was chosen by chance.
 *
 * Where several arguments are compared, some instructions are only reached by values that fit
 * together in all of them; values chosen one by one seldom do. So the way is chosen first: at each
 * comparison one of its two sides, and of the values that are left only those that lead there.
 *
 * Should: take each way that there is with a chance that is not small.
 * Mustn't: decide anything.
 */
#include <string.h>

#include "profile_tests.h"
#include "util.h"

#define LEFT_MAX 128 /* values of one word; of more, those of the first comparisons are tried */

struct left {
	uint32_t v[LEFT_MAX];
	unsigned n;
};

static void left_add(struct left *l, uint32_t v)
{
	if (l->n < LEFT_MAX)
		l->v[l->n++] = v;
}

/* The values of each word around what it is compared with. */
static void left_fill(struct left *left, const struct profile_tests *tests, bool is_32bit)
{
	for (unsigned w = 0; w < PROFILE_WORDS; w++) {
		left[w].n = 0;
		left_add(&left[w], 0);
		left_add(&left[w], UINT32_MAX);
	}
	for (size_t i = 0; i < tests->n; i++) {
		const struct profile_test *t = &tests->t[i];
		struct left *l = &left[t->word];

		left_add(l, t->k);
		if (t->mask == UINT32_MAX) {
			left_add(l, t->k - 1);
			left_add(l, t->k + 1);
			continue;
		}
		left_add(l, t->k | ~t->mask);
		left_add(l, t->k ^ (t->mask & -t->mask));
		left_add(l, t->k ^ t->mask);
	}
	for (unsigned i = 0; is_32bit && i < PROFILE_ARGS; i++)
		left[profile_word(i, true)].n = 1;
}

static bool is_true(const struct sock_filter *in, uint32_t a)
{
	switch (BPF_OP(in->code)) {
	case BPF_JEQ:
		return a == in->k;
	case BPF_JGT:
		return a > in->k;
	case BPF_JGE:
		return a >= in->k;
	default:
		return (a & in->k) != 0;
	}
}

/* Take one side of a comparison; only the values that lead there are left. */
static bool choose(struct left *l, const struct sock_filter *in, uint32_t mask, bool want)
{
	unsigned n = 0, yes = 0;

	for (unsigned i = 0; i < l->n; i++)
		yes += is_true(in, l->v[i] & mask);
	if (yes == 0 || yes == l->n)
		want = yes > 0;
	for (unsigned i = 0; i < l->n; i++) {
		if (is_true(in, l->v[i] & mask) == want)
			l->v[n++] = l->v[i];
	}
	l->n = n;
	return want;
}

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}

void profile_walk(const struct profile_tests *tests, bool is_32bit, uint64_t *state, __u64 *args)
{
	struct left left[PROFILE_WORDS];
	unsigned word = 0, pc = tests->from;
	uint32_t mask = UINT32_MAX;

	left_fill(left, tests, is_32bit);
	/* profile_tests() saw that each way ends within the program. */
	while (BPF_CLASS(tests->insns[pc].code) != BPF_RET) {
		const struct sock_filter *in = &tests->insns[pc++];

		if (BPF_CLASS(in->code) == BPF_LD) {
			word = in->k / 4;
			mask = UINT32_MAX;
		} else if (BPF_CLASS(in->code) == BPF_ALU) {
			mask &= in->k;
		} else if (BPF_OP(in->code) == BPF_JA) {
			pc += in->k;
		} else {
			pc += choose(&left[word], in, mask, next_random(state) & 1) ? in->jt
										    : in->jf;
		}
	}
	for (unsigned i = 0; i < PROFILE_ARGS; i++) {
		const struct left *high = &left[profile_word(i, true)];
		const struct left *low = &left[profile_word(i, false)];

		args[i] = (uint64_t)high->v[next_random(state) % high->n] << 32 |
			  low->v[next_random(state) % low->n];
	}
}
