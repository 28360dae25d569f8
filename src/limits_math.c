/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits_math.c - weights.
 *
 * Should: give the numbers that Docker's current runtime writes, so that a limit moved here from
 *	   a Compose file weighs the same.
 * Mustn't: touch a cgroup.
 */
#include <math.h>

#include "limits_math.h"

/*
 * Shares are relative to 1024, weights to 100, and both ranges end at "as much as possible". A
 * straight line through the ends maps the default 1024 to 39, so that a container with default
 * shares loses to every other group on the host. The curve below goes through both ends and
 * through (1024, 100).
 */
uint64_t cpu_weight_from_shares(uint64_t shares)
{
	double l, weight;

	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2((double)shares);
	weight = pow(10, (l * l + 125 * l) / 612.0 - 7.0 / 34.0);
	/* 1024 is exactly 100: a rounding error above it must not become 101. */
	return (uint64_t)ceil(weight - 1e-9);
}

uint64_t io_weight_from_blkio(uint64_t weight)
{
	if (weight <= 10)
		return 1;
	if (weight >= 1000)
		return 10000;
	return 1 + (weight - 10) * 9999 / 990;
}
