/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_tree.c - the part of a filter for the calls whose answer depends on their number alone.
 *
 * Such calls lie in runs with the same answer, 60 to 120 of them on an architecture in a profile of
 * Docker's size. So it is a binary search over the numbers where the answer changes:
 *
 *     jge START, right, 0
 *     <left>              of half the runs, down to ret ACTION
 *     right: <right>
 *
 * What is loaded counts: the kernel translates each instruction at each launch. libseccomp, which
 * searches for one number after the other, needs three to four times as many.
 *
 * Should: answer every number; give the default to those that no rule names.
 * Mustn't: look at arguments: those calls are profile_head.c's, and don't get here.
 */
#include <errno.h>
#include <stdlib.h>

#include "profile.h"
#include "util.h"

struct run_of_calls {
	uint32_t start; /* the first number with this answer */
	uint32_t action;
};

static int by_start(const void *a, const void *b)
{
	const struct run_of_calls *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	/* the kernel's order: as signed numbers, the stricter action is the smaller one */
	return (int32_t)x->action < (int32_t)y->action ? -1 : x->action != y->action;
}

/* A run ends where the next one starts, so the same answer again is no new one. */
static size_t add_run(struct run_of_calls *runs, size_t n, uint32_t start, uint32_t action)
{
	if (n && runs[n - 1].start == start)
		n--;
	if (n && runs[n - 1].action == action)
		return n;
	runs[n] = (struct run_of_calls){start, action};
	return n + 1;
}

static size_t find_calls(const struct profile *p, uint32_t arch, struct run_of_calls *calls)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_rules; i++) {
		unsigned sub;
		int mux, nr = profile_call(arch, p->rules[i].name, &mux, &sub);

		if (nr >= 0 && profile_rule_is_plain(p, i))
			calls[n++] = (struct run_of_calls){(uint32_t)nr, p->rules[i].action};
	}
	if (n)
		qsort(calls, n, sizeof(*calls), by_start);
	return n;
}

/* Instructions for n runs. A jump of more than 255 takes one more. */
static size_t tree_size(size_t n)
{
	size_t left;

	if (n == 1)
		return 1;
	left = tree_size(n / 2);
	return 1u + (left > UINT8_MAX) + left + tree_size(n - n / 2);
}

static void emit_tree(struct profile_prog *prog, const struct run_of_calls *runs, size_t n)
{
	uint32_t left;

	if (n == 1) {
		prog->insns[prog->n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
								      runs->action);
		return;
	}
	left = (uint32_t)tree_size(n / 2);
	if (left > UINT8_MAX) {
		prog->insns[prog->n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K,
								      runs[n / 2].start, 0, 1);
		prog->insns[prog->n++] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, left);
	} else {
		prog->insns[prog->n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JGE | BPF_K, runs[n / 2].start, (uint8_t)left, 0);
	}
	emit_tree(prog, runs, n / 2);
	emit_tree(prog, runs + n / 2, n - n / 2);
}

int profile_tree(const struct profile *p, uint32_t arch, struct profile_prog *prog)
{
	auto_free struct run_of_calls *calls = calloc(p->n_rules + 1, sizeof(*calls));
	auto_free struct run_of_calls *runs = calloc(2 * p->n_rules + 1, sizeof(*runs));
	size_t n_calls, n;

	if (!calls || !runs)
		return -ENOMEM;
	n_calls = find_calls(p, arch, calls);
	n = add_run(runs, 0, 0, p->def_action);
	for (size_t i = 0; i < n_calls; i++) {
		if (i && calls[i].start == calls[i - 1].start)
			continue;
		n = add_run(runs, n, calls[i].start, calls[i].action);
		n = add_run(runs, n, calls[i].start + 1, p->def_action);
	}
	if (prog->n + tree_size(n) > PROFILE_MAX_INSNS)
		return -E2BIG;
	emit_tree(prog, runs, n);
	return 0;
}
