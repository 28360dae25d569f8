/* SPDX-License-Identifier: Apache-2.0 */
/*
 * needs.h - what a system call needs besides the filter's word, for reports: `pillbox record` says
 * what was used, run --explain-denials what was missing.
 */
#ifndef PILLBOX_NEEDS_H
#define PILLBOX_NEEDS_H

#include "notify.h"

#define NEEDS_PATH 256

struct needs {
	uint64_t
		caps; /* capabilities without which it fails, whether the process has them or not */

	char path[2 * NEEDS_PATH]; /* the file that it names, from the sandbox's root, or "" */
	char real[2 * NEEDS_PATH]; /* where it, or its directory, really is; with has_file */
	bool is_writing, is_execute;
	bool has_file; /* what follows is known: of the file, or of the directory it would be in */
	bool is_device, is_special;
	bool is_refused;           /* by the permission bits */
	unsigned long mount_flags; /* ST_RDONLY and others, statvfs(3) */
	unsigned mode;
};

/* The i-th of them; NULL: there are not so many. Some come twice. */
const char *needs_call(size_t i);
/* Is there anything to find out about a call of this name? */
bool needs_has_rule(const char *call);
/* Cut a path from the root down to the directory that it is in. */
void needs_parent(char *path);
/* socket(2) of the raw kind? */
bool needs_is_raw_socket(const char *call, const struct seccomp_data *data);
/* In the listener's process, while the call waits. */
void needs_find(const struct run *r, const char *call, const struct seccomp_data *data,
		const struct peer *p, struct needs *ret);

#endif
