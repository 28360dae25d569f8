/* SPDX-License-Identifier: Apache-2.0 */
/* profile_values.h - the arguments at which the answer to a call can change. */
#ifndef PILLBOX_PROFILE_VALUES_H
#define PILLBOX_PROFILE_VALUES_H

#include "profile_reading.h"
#include "profile_tests.h"

#define PROFILE_POINTS 16384 /* of one call; beyond it they are sampled */

/* Of one argument; v is malloc'd. */
struct profile_values {
	unsigned index;
	uint64_t *v;
	size_t n;
};

/* Values of argument `index` around everything that the n rules of one call, or the tests, compare it with. */
int profile_values(const struct profile_entry *e, size_t n, const struct profile_tests *tests,
		   unsigned index, bool is_32bit, struct profile_values *ret);

/*
 * Call fn for each combination of such values, or for at most 2.5 * PROFILE_POINTS of them, the same each
 * time, and for arguments of all ones. Ends when fn does not return 0, and returns that; -ENOMEM.
 */
int profile_points_and(const struct profile_entry *e, size_t n, const struct profile_tests *tests,
		       bool is_32bit, int (*fn)(void *arg, const __u64 *args), void *arg);
/* The same for the rules alone. */
int profile_points(const struct profile_entry *e, size_t n, bool is_32bit,
		   int (*fn)(void *arg, const __u64 *args), void *arg);

#endif
