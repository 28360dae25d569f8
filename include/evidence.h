/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence.h - what the kernel shows of a process, before and after a step.
 */
#ifndef PILLBOX_EVIDENCE_H
#define PILLBOX_EVIDENCE_H

#include <stddef.h>
#include <sys/types.h>

/* Facts about one process, a line each: "ns/mnt mnt:[4026531841]", "mount /tmp tmpfs rw,nosuid". */
struct evidence {
	char **line;
	size_t n;
	unsigned hidden; /* bits of enum evidence_kind that /proc did not let us read */
};

/* Read what /proc shows of `pid`. Never fails: what cannot be read is missing, and `hidden` says so. */
void evidence_read(struct evidence *e, pid_t pid);
void evidence_free(struct evidence *e);

/*
 * Calls `each` for what differs: (was, is) for a fact with another value, (was, NULL) for a line
 * that is gone, (NULL, is) for a new one. The first `key` bytes name the fact. A kind that is hidden
 * in either is left out.
 */
void evidence_diff(const struct evidence *old, const struct evidence *now,
		   void (*each)(const char *was, const char *is, size_t key, void *arg), void *arg);

#endif
