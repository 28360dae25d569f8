/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.h - looking at the sandbox from outside, through /proc.
 */
#ifndef PILLBOX_VERIFY_H
#define PILLBOX_VERIFY_H

#include "step.h"

/* One field of /proc/PID/status ("CapEff"), blanks around it cut. -errno; -ENOENT: no such field. */
int proc_status(pid_t pid, const char *field, char *buf, size_t size);

/* The host pid of the workload (not of init), from its pidfd; r->child when there is no other. */
pid_t verify_pid(const struct run *r);

/* err when `field` of the workload's status is not `want`. */
int verify_status(const struct run *r, const char *field, const char *want, struct err *err);

/*
 * Is there a mount on exactly `target` inside the sandbox, and, when `option` is not NULL, does the
 * topmost one have that per-mount option ("ro", "nosuid")?
 */
bool verify_mount(const struct run *r, const char *target, const char *option);

/*
 * Call `each` for every mount of the sandbox with its mount point and per-mount options, lower ones
 * first. Stops at the first answer that is not 0 and returns it; -errno: no mountinfo to be had.
 */
int verify_mounts(const struct run *r,
		  int (*each)(const struct run *r, const char *point, const char *options,
			      void *arg),
		  void *arg);
/* "ro,nosuid" holds "ro" as a whole word. */
bool verify_option(const char *options, const char *option);

/*
 * Where a mount on `target` really is: symbolic links of the rootfs followed, as the child did. In
 * doubt (the caller may not look there, or it is absent) the target itself. `buf` holds PATH_MAX.
 */
void verify_target(const struct run *r, const char *target, char *buf);

#endif
