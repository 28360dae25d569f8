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

/* Each ends with a NULL name. */
extern const struct attempt attempts[], attempts_landlock[];
extern const struct attempt uses[]; /* the same; each needs its first argument */

/* `probe outside NAME ...`: for the tests, not for the sandbox. Returns the exit status. */
int outside(char **args);

const char *errno_name(int num);

/* probe-under.c: does not return when it works. */
int run_under(char **argv);

#endif
