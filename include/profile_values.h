/* SPDX-License-Identifier: Apache-2.0 */
/* profile_values.h - the argument values at which profile_check.c compares. */
#ifndef PILLBOX_PROFILE_VALUES_H
#define PILLBOX_PROFILE_VALUES_H

#include "profile.h"

#define PROFILE_POINTS 16384 /* of one call; beyond it they are sampled */

/* One rule as it applies to one call number of one architecture. */
struct profile_entry {
	uint32_t nr;
	uint32_t action;
	unsigned n_conds;
	const struct profile_cond *conds;
	const char *name;
};

/* Of one argument; v is malloc'd. */
struct profile_values {
	unsigned index;
	uint64_t *v;
	size_t n;
};

/* Values of argument `index` around everything that the n rules of one call compare it with. */
int profile_values(const struct profile_entry *e, size_t n, unsigned index, bool is_32bit,
		   struct profile_values *ret);

#endif
