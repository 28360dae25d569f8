/* SPDX-License-Identifier: Apache-2.0 */
/* call_text.h - a system call that waits, as text. */
#ifndef PILLBOX_CALL_TEXT_H
#define PILLBOX_CALL_TEXT_H

#include "notify.h"

struct text {
	char buf[900]; /* a line of err.c's is longer */
	size_t len;
};

void text_add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* One more value into a hash (FNV-1a); for telling calls apart, not for secrets. */
static inline uint64_t hash_mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * 1099511628211ULL;
}

/* SCMP_ARCH_*; the kernel has the same word for x86-64 and x32. */
uint32_t call_arch(const struct seccomp_data *call);
/*
 * "openat(AT_FDCWD, "/etc/x", O_WRONLY)": words where they are known, strings and addresses read from
 * the process. Returns a hash of what makes it another kind of call, never 0.
 */
uint64_t call_text(struct text *t, const struct seccomp_data *call, const struct peer *p);

#endif
