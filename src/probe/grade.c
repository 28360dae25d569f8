/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grade.c - the words of a verdict, and from verdicts and weights to a letter.
 *
 * Should:  count what is not known as open: nobody may get a better grade for hiding something.
 */
#include "probe.h"

const char *const verdict_names[] = {
	[VERDICT_BLOCKED] = "blocked",
	[VERDICT_ALLOWED] = "allowed",
	[VERDICT_NOT_APPLICABLE] = "not applicable",
	[VERDICT_UNKNOWN] = "unknown",
};

const char *const by_names[BY_COUNT] = {
	[BY_UNKNOWN] = "unknown",
	[BY_SECCOMP] = "seccomp",
	[BY_CAPABILITY] = "capability",
	[BY_NAMESPACE] = "namespace",
	[BY_MOUNT_FLAG] = "mount flag",
	[BY_NNP] = "no_new_privs",
	[BY_LSM] = "LSM",
	[BY_LIMIT] = "limit",
	[BY_PERMISSION] = "permission",
	[BY_ABSENT] = "absent",
	[BY_KERNEL] = "kernel",
};

void grade_add(struct grade *g, enum verdict verdict, unsigned weight)
{
	unsigned *const counts[] = {
		[VERDICT_BLOCKED] = &g->blocked,
		[VERDICT_ALLOWED] = &g->allowed,
		[VERDICT_NOT_APPLICABLE] = &g->not_applicable,
		[VERDICT_UNKNOWN] = &g->unknown,
	};

	++*counts[verdict];
	if (verdict == VERDICT_NOT_APPLICABLE)
		return;
	g->weight_tried += weight;
	if (verdict != VERDICT_BLOCKED)
		g->weight_open += weight;
}

void grade_end(struct grade *g)
{
	static const struct {
		unsigned most;
		char letter;
	} letters[] = {{0, 'A'}, {5, 'B'}, {15, 'C'}, {30, 'D'}, {50, 'E'}, {100, 'F'}};
	unsigned i = 0;

	if (g->weight_tried)
		g->exposure = (100 * g->weight_open + g->weight_tried - 1) / g->weight_tried;
	while (g->exposure > letters[i].most)
		i++;
	g->letter = letters[i].letter;
}
