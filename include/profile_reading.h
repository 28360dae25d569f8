/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_reading.h - what the rules of a profile say about a call, read directly.
 *
 * The other opinion beside the compiled program's: profile_check.c compares the two.
 */
#ifndef PILLBOX_PROFILE_READING_H
#define PILLBOX_PROFILE_READING_H

#include "profile.h"

/* One rule as it applies to one call number of one architecture. */
struct profile_entry {
	uint32_t nr;
	uint32_t action;
	unsigned n_conds;
	const struct profile_cond *conds;
	const char *name;
	const struct profile_rule *rule;
};

/*
 * The rules as they apply to one architecture, sorted by number. Room for twice p->n_rules: on
 * 32-bit x86 a rule may be about a call of its own and about what is behind socketcall(2).
 */
size_t profile_entries(const struct profile *p, uint32_t arch, struct profile_entry *ret);

/*
 * The answer of the n rules of one call: the strictest action of those that fit. *ret_by is one
 * that has it; NULL: none fits, and def is the answer.
 */
uint32_t profile_decide(const struct profile_entry *e, size_t n, uint32_t def, const __u64 *args,
			const struct profile_entry **ret_by);

bool profile_cond_holds(const struct profile_cond *c, uint64_t value);

/* The kernel's order: as signed numbers, smaller is stricter. */
bool profile_is_stricter(uint32_t a, uint32_t b);

#endif
