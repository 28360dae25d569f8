/* SPDX-License-Identifier: Apache-2.0 */
/*
 * random_rules.h - seccomp profiles made by chance, and what they say, for tests.
 *
 * Should: be a reading of its own: numbers, comparisons, precedence and boundary values are written
 *         here once more and share nothing with src/profile*.c.
 * Mustn't: make a profile of which it isn't known whether it is to be refused.
 */
#ifndef RANDOM_RULES_H
#define RANDOM_RULES_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SET_CALLS 3
#define SET_RULES 4
#define SET_CONDS 3

enum set_op { OP_NE, OP_LT, OP_LE, OP_EQ, OP_GE, OP_GT, OP_MASKED, SET_OPS };

struct set_cond {
	unsigned index;
	enum set_op op;
	uint64_t value, datum;
};

struct set_rule {
	uint32_t action; /* SECCOMP_RET_*, with its number */
	unsigned n_conds;
	struct set_cond conds[SET_CONDS];
};

struct set_call {
	unsigned which; /* of set_calls[] */
	unsigned n_rules;
	struct set_rule rules[SET_RULES];
};

struct set {
	uint32_t def;
	bool has_x86, has_x32;
	unsigned n_calls;
	struct set_call calls[SET_CALLS];
};

/* An architecture as the kernel reports it, and the calls' numbers there. */
enum set_abi { ABI_X86_64, ABI_X86, ABI_X32, ABIS };
struct set_name {
	const char *name;
	uint32_t nr[ABIS];
};
extern const struct set_name set_calls[];
extern const uint32_t set_arch[ABIS];

uint64_t rnd(uint64_t *state);

enum set_kind {
	SET_ANY,   /* any actions, any of the three architectures */
	SET_PLAIN, /* x86_64, one action for all rules of a call: what libseccomp says it can do */
};
void set_random(struct set *s, enum set_kind kind, uint64_t *state);
/* In Docker's format; malloc'd. execve and exit_group are allowed. */
char *set_text(const struct set *s);
/* Do two of its rules say "not equal to a" or "not equal to b" of one argument? */
bool set_is_refused(const struct set *s);

/* What the rules say: the strictest action of those that fit, as the kernel orders them. */
uint32_t set_answer(const struct set *s, const struct set_call *c, enum set_abi abi,
		    const uint64_t *args);
/* Arguments at which the answer can change, one choice of many. */
void set_args(const struct set_call *c, enum set_abi abi, uint64_t *args, uint64_t *state);
bool set_has_abi(const struct set *s, enum set_abi abi);

/* A rule set and arguments in words, for a message; static storage. */
const char *set_where(const struct set *s, const struct set_call *c, enum set_abi abi,
		      const uint64_t *args);

#endif
