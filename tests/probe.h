/* SPDX-License-Identifier: Apache-2.0 */
/* probe.h - what probe.c and probe-try.c share. */
#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>

struct attempt {
	const char *name;
	const char *args;        /* how to call it, or NULL */
	int (*run)(char **args); /* 0, or -1 with errno */
};

extern const struct attempt attempts[]; /* ends with a NULL name */
extern const struct attempt uses[];     /* the same; each needs its first argument */

const char *errno_name(int num);

#endif
