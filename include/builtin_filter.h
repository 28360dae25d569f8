/* SPDX-License-Identifier: Apache-2.0 */
/*
 * builtin_filter.h - the table that build/mkfilter writes: our profiles, compiled beforehand.
 *
 * Compiling Docker's profile and checking the program takes longer than all the rest of a launch.
 */
#ifndef PILLBOX_BUILTIN_FILTER_H
#define PILLBOX_BUILTIN_FILTER_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

/* Requires Linux 5.14: a built-in profile may not depend on a newer kernel than this. */
#define BUILTIN_KERNEL 5014

struct builtin_filter {
	const char *name; /* "default", "strict", "docker" */
	const struct sock_filter *insns;
	unsigned short n;
	unsigned flags;     /* for seccomp(2) */
	uint64_t caps;      /* the bounding set it was compiled for */
	uint64_t caps_mask; /* the capabilities its rules depend on */
	const char *json;   /* its source, for any other set */
	size_t json_len;
};

extern const struct builtin_filter builtin_filters[];
extern const size_t n_builtin_filters;

#endif
