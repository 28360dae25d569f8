/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host.h - what step `host` looks at, one thing at a time, for `pillbox check` as well.
 */
#ifndef PILLBOX_HOST_H
#define PILLBOX_HOST_H

#include <stdbool.h>
#include <sys/types.h>

#include "step.h"

/* The running kernel as major * 1000 + minor; -errno: too old for pillbox. *ret is set then, too. */
int host_kernel(unsigned *ret, struct err *err);
/* Is /proc a proc file system? */
int host_proc(struct err *err);
/* Are user namespaces switched off by a sysctl? Only what can be read; the clone knows the rest. */
int host_userns(uid_t caller, struct err *err);

/* Fill in the plan what the kernel's own limits are: last_cap. */
void host_limits(struct plan *plan);

/* Are we under a seccomp filter: inside a container, as a rule? */
bool host_is_filtered(void);
/* The number in a file of /proc/sys, or -1 when there is none. */
long sysctl_number(const char *path);

#endif
