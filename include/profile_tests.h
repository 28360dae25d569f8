/* SPDX-License-Identifier: Apache-2.0 */
/* profile_tests.h - what a filter program compares with what, without running it. */
#ifndef PILLBOX_PROFILE_TESTS_H
#define PILLBOX_PROFILE_TESTS_H

#include "profile.h"

/* The record that a filter sees, in words: number, architecture, two that no rule is about, arguments. */
#define PROFILE_WORD_NR 0
#define PROFILE_WORD_ARCH 1
#define PROFILE_WORD_ARGS 4
#define PROFILE_WORDS 16

/* One half of an argument: its word in the record. */
unsigned profile_word(unsigned index, bool is_high);

/* (word & mask) is compared with k; the mask is all ones where there is none. */
struct profile_test {
	unsigned word;
	uint32_t mask, k;
};

struct profile_tests {
	struct profile_test t[2 * PROFILE_MAX_INSNS];
	size_t n;
	const struct sock_filter *insns; /* the program, and where it was begun */
	unsigned from;
};

/*
 * All comparisons on any way through the program that starts at `pc` with nothing loaded. -EINVAL:
 * the program isn't one that a compiler of ours makes, or ends without an answer.
 */
int profile_tests(const struct sock_filter *insns, unsigned n, unsigned pc,
		  struct profile_tests *ret);

/* Arguments for which the program takes some way through it: another one each time. */
void profile_walk(const struct profile_tests *tests, bool is_32bit, uint64_t *state, __u64 *args);

enum profile_sim_end {
	PROFILE_SIM_UNKNOWN, /* an instruction that no filter of ours contains, or no answer */
	PROFILE_SIM_ANSWER,  /* *ret is the answer */
	PROFILE_SIM_BEYOND, /* *ret is where more than the first `len` bytes of the record are read */
};

/* Run a program from `pc` on, where nothing is loaded yet. */
enum profile_sim_end profile_sim_within(const struct sock_filter *insns, unsigned n, unsigned pc,
					const struct seccomp_data *data, size_t len, uint32_t *ret);

#endif
