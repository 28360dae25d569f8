/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_tests.c - what a filter program compares with what, without running it.
 *
 * Jumps only lead forward, so one pass in the order of the instructions sees each way to each of them:
 * what may be loaded there is known from those before it.
 *
 * Should: leave out no comparison that can be reached.
 * Mustn't: know what the rules say.
 */
#include "profile_tests.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>

#include "util.h"

#define NOTHING 16 /* loaded */

/* Before an instruction: which words may be loaded, a bit each, and through which mask. */
struct loaded {
	uint32_t words;
	uint32_t mask;
};

unsigned profile_word(unsigned index, bool is_high)
{
	return PROFILE_WORD_ARGS + 2 * index + (is_high == (__BYTE_ORDER == __LITTLE_ENDIAN));
}

static bool is_jump(const struct sock_filter *in)
{
	return in->code == (BPF_JMP | BPF_JEQ | BPF_K) || in->code == (BPF_JMP | BPF_JGT | BPF_K) ||
	       in->code == (BPF_JMP | BPF_JGE | BPF_K) || in->code == (BPF_JMP | BPF_JSET | BPF_K);
}

/* A way leads from one instruction to `to`. A load and an answer forget what was loaded before. */
static int lead(const struct sock_filter *insns, unsigned n, struct loaded *at, unsigned to,
		struct loaded from)
{
	if (to >= n)
		return -EINVAL;
	if (BPF_CLASS(insns[to].code) == BPF_LD || BPF_CLASS(insns[to].code) == BPF_RET)
		from.mask = UINT32_MAX;
	if (at[to].words && at[to].mask != from.mask)
		return -EINVAL; /* a comparison of one thing here, of another there */
	at[to].words |= from.words;
	at[to].mask = from.mask;
	return 0;
}

static int add_tests(struct profile_tests *to, const struct sock_filter *in, struct loaded l)
{
	bool is_set = BPF_OP(in->code) == BPF_JSET;

	for (unsigned word = 0; word < PROFILE_WORDS; word++) {
		if (!(l.words & 1U << word))
			continue;
		if (to->n == ARRAY_SIZE(to->t))
			return -EINVAL;
		to->t[to->n++] = (struct profile_test){word, is_set ? l.mask & in->k : l.mask,
						       is_set ? 0 : in->k};
	}
	return 0;
}

static int step(const struct sock_filter *insns, unsigned n, unsigned pc, struct loaded *at,
		struct profile_tests *ret)
{
	const struct sock_filter *in = &insns[pc];
	struct loaded l = at[pc];
	int rc;

	if (is_jump(in)) {
		rc = add_tests(ret, in, l);
		rc = rc ? rc : lead(insns, n, at, pc + 1 + in->jt, l);
		return rc ? rc : lead(insns, n, at, pc + 1 + in->jf, l);
	}
	switch (in->code) {
	case BPF_RET | BPF_K:
		return 0;
	case BPF_JMP | BPF_JA:
		return in->k >= n ? -EINVAL : lead(insns, n, at, pc + 1 + in->k, l);
	case BPF_LD | BPF_W | BPF_ABS:
		/* Not from where the call came, words 2 and 3: no rule is about that. */
		if (in->k % 4 || in->k / 4 >= PROFILE_WORDS || in->k / 4 == 2 || in->k / 4 == 3)
			return -EINVAL;
		return lead(insns, n, at, pc + 1, (struct loaded){1U << in->k / 4, UINT32_MAX});
	case BPF_ALU | BPF_AND | BPF_K:
		l.mask &= in->k;
		return lead(insns, n, at, pc + 1, l);
	default:
		return -EINVAL;
	}
}

int profile_tests(const struct sock_filter *insns, unsigned n, unsigned pc,
		  struct profile_tests *ret)
{
	auto_free struct loaded *at = calloc(n + 1U, sizeof(*at));
	int rc = 0;

	ret->n = 0;
	ret->insns = insns;
	ret->from = pc;
	if (!at)
		return -ENOMEM;
	if (pc >= n)
		return -EINVAL;
	at[pc] = (struct loaded){1U << NOTHING, UINT32_MAX};
	for (; pc < n && !rc; pc++)
		rc = at[pc].words ? step(insns, n, pc, at, ret) : 0;
	return rc;
}
