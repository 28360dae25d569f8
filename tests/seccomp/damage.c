/* SPDX-License-Identifier: Apache-2.0 */
/*
 * damage.c - does profile_check() notice every damage to a compiled program?
 *
 * usage: damage ONE-IN [SEED [SETS]]      one damage in so many is tried, of the built-in profiles and
 *                                         of SETS profiles made by chance
 *
 * A program is changed in one instruction in every way that could matter: other constants, jumps,
 * comparisons, offsets, masks, answers, an instruction too few, two exchanged. Where
 * tests/lib/bpfsim.c finds a call whose answer is another one, the check must refuse the program.
 * The arguments at which that is looked for come from the instructions of both programs, not from the
 * rules.
 *
 * Should:  print `ok - ` or `not ok - ` for each profile; fail when one damage is passed.
 * Mustn't: count a damage that changes no answer as one that was missed.
 */
#include <errno.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpfsim.h"
#include "builtin_filter.h"
#include "profile.h"
#include "random_rules.h"
#include "util.h"

#define WORDS (sizeof(struct seccomp_data) / sizeof(uint32_t))
#define MAX_VALUES 512
#define ARG_POINTS 1500

/* Of one word of the record: where a comparison may change its answer. */
struct values {
	uint32_t v[MAX_VALUES];
	size_t n;
};

static uint64_t state;

static void add(struct values *to, uint32_t v)
{
	for (size_t i = 0; i < to->n; i++) {
		if (to->v[i] == v)
			return;
	}
	if (to->n < MAX_VALUES)
		to->v[to->n++] = v;
}

/* ---- what a program compares ---------------------------------------------------------------- */

static void add_test(struct values *to, uint32_t k, uint32_t mask)
{
	add(to, 0);
	add(to, UINT32_MAX);
	add(to, k - 1);
	add(to, k);
	add(to, k + 1);
	if (mask == UINT32_MAX)
		return;
	add(to, k | ~mask);
	for (unsigned bit = 0; bit < 32; bit++)
		add(to, k ^ 1U << bit);
}

/* All tests from `pc` on with `word` in the accumulator, jumps taken both ways. */
static void walk(const struct profile_prog *p, unsigned pc, int word, uint32_t mask, char *seen,
		 struct values *to)
{
	for (; pc < p->n; pc++) {
		const struct sock_filter *in = &p->insns[pc];
		char *mark =
			&seen[(pc * (WORDS + 1) + (unsigned)(word + 1)) * 2 + (mask != UINT32_MAX)];

		if (*mark)
			return;
		*mark = 1;
		if (in->code == (BPF_LD | BPF_W | BPF_ABS)) {
			word = (int)(in->k / 4);
			mask = UINT32_MAX;
		} else if (in->code == (BPF_ALU | BPF_AND | BPF_K)) {
			mask &= in->k;
		} else if (in->code == (BPF_JMP | BPF_JA)) {
			pc += in->k;
		} else if (BPF_CLASS(in->code) == BPF_JMP) {
			bool is_set = BPF_OP(in->code) == BPF_JSET;

			if (word >= 0)
				add_test(&to[word], is_set ? 0 : in->k,
					 is_set ? mask & in->k : mask);
			walk(p, pc + 1 + in->jt, word, mask, seen, to);
			pc += in->jf;
		} else {
			return;
		}
	}
}

static void collect(const struct profile_prog *p, unsigned pc, int word, struct values *to)
{
	static char seen[PROFILE_MAX_INSNS * (WORDS + 1) * 2];

	memset(seen, 0, p->n * (WORDS + 1) * 2);
	walk(p, pc, word, UINT32_MAX, seen, to);
}

/* Follow number and architecture to an answer (true) or to where something else is loaded. */
static bool by_number(const struct profile_prog *p, uint32_t arch, uint32_t nr, uint32_t *ret)
{
	uint32_t a = 0;

	for (unsigned pc = 0;; pc++) {
		const struct sock_filter *in = &p->insns[pc];
		bool yes;

		switch (in->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (in->k > 4) {
				*ret = pc;
				return false;
			}
			a = in->k ? arch : nr;
			continue;
		case BPF_RET | BPF_K:
			*ret = in->k;
			return true;
		case BPF_JMP | BPF_JA:
			pc += in->k;
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= in->k;
			continue;
		default:
			break;
		}
		yes = BPF_OP(in->code) == BPF_JEQ   ? a == in->k
		      : BPF_OP(in->code) == BPF_JGT ? a > in->k
		      : BPF_OP(in->code) == BPF_JGE ? a >= in->k
						    : (a & in->k) != 0;
		pc += yes ? in->jt : in->jf;
	}
}

/* ---- do two programs answer alike? ---------------------------------------------------------- */

static bool differ_at(const struct profile_prog *a, const struct profile_prog *b,
		      const struct seccomp_data *d)
{
	return bpfsim_run(a->insns, a->n, d) != bpfsim_run(b->insns, b->n, d);
}

/* At random choices of the values, and with each word in turn at each of its values. */
static bool differ_by_args(const struct profile_prog *a, const struct profile_prog *b,
			   uint32_t arch, uint32_t nr, unsigned from_a, unsigned from_b)
{
	static struct values vals[WORDS];
	uint32_t words[WORDS] = {nr, arch};
	struct seccomp_data d;

	memset(vals, 0, sizeof(vals));
	collect(a, from_a, -1, vals);
	collect(b, from_b, -1, vals);
	for (unsigned i = 0; i < ARG_POINTS; i++) {
		for (unsigned w = 2; w < WORDS; w++) {
			/* mostly stay near the last one: conditions on several arguments */
			if (vals[w].n && (i % 64 == 0 || rnd(&state) % 3 == 0))
				words[w] = vals[w].v[rnd(&state) % vals[w].n];
		}
		if (arch == AUDIT_ARCH_I386)
			for (unsigned w = 5; w < WORDS; w += 2)
				words[w] = 0;
		memcpy(&d, words, sizeof(d));
		if (differ_at(a, b, &d))
			return true;
	}
	return false;
}

static bool differ_at_number(const struct profile_prog *a, const struct profile_prog *b,
			     uint32_t arch, uint32_t nr)
{
	uint32_t x, y;
	bool end_a = by_number(a, arch, nr, &x), end_b = by_number(b, arch, nr, &y);

	if (end_a && end_b)
		return x != y;
	return differ_by_args(a, b, arch, nr, end_a ? 0 : x, end_b ? 0 : y);
}

static bool is_other(const struct profile_prog *a, const struct profile_prog *b)
{
	static const uint32_t arches[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64};
	static struct values vals[WORDS];

	memset(vals, 0, sizeof(vals));
	collect(a, 0, -1, vals);
	collect(b, 0, -1, vals);
	for (size_t i = 0; i < ARRAY_SIZE(arches); i++)
		add(&vals[1], arches[i]);
	for (size_t i = 0; i < vals[1].n; i++) {
		uint32_t arch = vals[1].v[i];

		for (size_t k = 0; k < vals[0].n; k++) {
			if (differ_at_number(a, b, arch, vals[0].v[k]))
				return true;
		}
		for (uint32_t nr = 0; nr < 560 && arch == AUDIT_ARCH_X86_64; nr++) {
			if (differ_at_number(a, b, arch, nr) ||
			    differ_at_number(a, b, arch, 0x40000000 + nr))
				return true;
		}
	}
	return false;
}

/* ---- damages -------------------------------------------------------------------------------- */

#define DAMAGES 30

/* Change instruction `at` in way `kind`; false: there is no such way. */
static bool damage_jump(struct sock_filter *in, unsigned kind)
{
	static const uint16_t ops[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
	uint8_t jt = in->jt;

	switch (kind) {
	case 0:
		in->jt = in->jf;
		in->jf = jt;
		return true;
	case 1:
		in->jt = in->jf;
		return true;
	case 2:
		in->jf = in->jt;
		return true;
	case 3:
	case 4:
		in->jt = (uint8_t)(in->jt + (kind == 3 ? 1 : -1));
		return true;
	case 5:
	case 6:
		in->jf = (uint8_t)(in->jf + (kind == 5 ? 1 : -1));
		return true;
	case 7:
	case 8:
		in->k += kind == 7 ? 1U : -1U;
		return true;
	case 9:
		in->k ^= 1U << 31;
		return true;
	case 10:
	case 11:
	case 12:
		in->k ^= 1U << rnd(&state) % 32;
		return true;
	case 13:
		in->k = (uint32_t)rnd(&state);
		return true;
	case 14:
		in->jt = (uint8_t)rnd(&state);
		return true;
	case 15:
		in->jf = (uint8_t)rnd(&state);
		return true;
	default:
		if (kind < 16 || kind > 19)
			return false;
		in->code = (uint16_t)(BPF_JMP | BPF_K | ops[kind - 16]);
		return true;
	}
}

static bool damage_other(struct sock_filter *in, unsigned kind)
{
	static const uint32_t answers[] = {SECCOMP_RET_ALLOW,          SECCOMP_RET_ERRNO | 1,
					   SECCOMP_RET_ERRNO | ENOSYS, SECCOMP_RET_LOG,
					   SECCOMP_RET_KILL_PROCESS,   SECCOMP_RET_KILL_THREAD};

	if (BPF_CLASS(in->code) == BPF_RET && kind < ARRAY_SIZE(answers)) {
		in->k = answers[kind];
		return true;
	}
	if (in->code == (BPF_LD | BPF_W | BPF_ABS) && kind < WORDS) {
		in->k = kind * 4;
		return true;
	}
	if (in->code == (BPF_ALU | BPF_AND | BPF_K) && kind < 8) {
		in->k = kind == 0 ? 0 : kind == 1 ? UINT32_MAX : in->k ^ 1U << rnd(&state) % 32;
		return true;
	}
	if (in->code == (BPF_JMP | BPF_JA) && kind < 4) {
		in->k += (uint32_t[]){1, -1U, 2, -2U}[kind];
		return true;
	}
	return false;
}

static bool damage(struct profile_prog *p, unsigned at, unsigned kind)
{
	struct sock_filter *in = &p->insns[at], was = *in;

	if (kind == DAMAGES - 1) { /* one too few */
		*in = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0);
	} else if (kind == DAMAGES - 2 && at + 1 < p->n) {
		*in = in[1];
		in[1] = was;
	} else if (BPF_CLASS(in->code) == BPF_JMP && in->code != (BPF_JMP | BPF_JA)) {
		if (!damage_jump(in, kind))
			return false;
	} else if (!damage_other(in, kind)) {
		return false;
	}
	return memcmp(in, &was, sizeof(was)) != 0 && !bpfsim_reject(p->insns, p->n);
}

/* ---- one profile ---------------------------------------------------------------------------- */

struct tally {
	unsigned long tried, seen, harmless, missed;
	char first[160];
};

static void try_one(const struct profile *p, const struct profile_prog *good, unsigned at,
		    unsigned kind, struct tally *t)
{
	static struct profile_prog broken;
	const struct sock_filter *in = &broken.insns[at];
	struct err err = {0};

	broken = *good;
	if (!damage(&broken, at, kind))
		return;
	t->tried++;
	if (profile_check(p, &broken, &err)) {
		t->seen++;
	} else if (!is_other(good, &broken)) {
		t->harmless++;
	} else if (!t->missed++) {
		snprintf(t->first, sizeof(t->first),
			 "instruction %u, kind %u: 0x%02x %u %u 0x%x for 0x%02x %u %u 0x%x", at,
			 kind, in->code, in->jt, in->jf, in->k, good->insns[at].code,
			 good->insns[at].jt, good->insns[at].jf, good->insns[at].k);
	}
}

static int try_profile(const char *name, const char *text, size_t len, uint64_t caps,
		       unsigned one_in, struct tally *t)
{
	static struct profile_prog good;
	struct err err = {0};
	struct profile p;

	if (profile_read(name, text, len, caps, 6012, &p, &err) || profile_build(&p, &good, &err) ||
	    profile_check(&p, &good, &err)) {
		printf("not ok - %s: %s\n", name, err.msg);
		return 1;
	}
	for (unsigned at = 0; at < good.n; at++) {
		for (unsigned kind = 0; kind < DAMAGES; kind++) {
			if (rnd(&state) % one_in == 0)
				try_one(&p, &good, at, kind, t);
		}
	}
	profile_free(&p);
	return 0;
}

static int say(const char *name, const struct tally *t)
{
	bool ok = t->seen > 0 && t->missed == 0;

	printf("%s - %s: %lu damaged programs, %lu refused, %lu answer alike, %lu passed%s%s\n",
	       ok ? "ok" : "not ok", name, t->tried, t->seen, t->harmless, t->missed,
	       t->missed ? ", the first: " : "", t->first);
	fflush(stdout);
	return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
	unsigned one_in = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	unsigned sets = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 20;
	struct tally random = {0};
	int rc = 0;

	if (!one_in) {
		fprintf(stderr, "usage: damage ONE-IN [SEED [SETS]]\n");
		return 2;
	}
	state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	for (size_t i = 0; i < n_builtin_filters; i++) {
		const struct builtin_filter *b = &builtin_filters[i];
		struct tally t = {0};

		rc |= try_profile(b->name, b->json, b->json_len, b->caps, one_in, &t);
		rc |= say(b->name, &t);
	}
	for (unsigned i = 0; i < sets; i++) {
		struct set s;
		auto_free char *text = NULL;

		do {
			free(text);
			set_random(&s, SET_ANY, &state);
			text = set_text(&s);
		} while (set_is_refused(&s));
		rc |= try_profile("made by chance", text, strlen(text), 0,
				  one_in > 5 ? one_in / 5 : 1, &random);
	}
	if (sets)
		rc |= say("profiles made by chance", &random);
	return rc;
}
