/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - `pillbox record`: what a workload does, as a seccomp profile in Docker's format.
 *
 *   record.c          the command: options, the launch in a child, the report
 *   record_take.c     in the listener's process (notify.c): notes each call that the filter allows
 *                     and, by needs.c, which capability it used and which directory it wrote to
 *   record_profile.c  notes -> profile, or -> an older profile with more in it
 *
 * The filter of the run stays in force: what it refuses is not asked about and so not in the
 * profile. A recorded profile is never wider than the one it was recorded under, but where
 * record_args.c says that values of an argument are taken together.
 */
#ifndef PILLBOX_RECORD_H
#define PILLBOX_RECORD_H

#include <jansson.h>
#include <linux/seccomp.h>

#include "notify.h"
#include "profile.h"
#include "step.h"

/* Which values of which argument make a call another one: socket families, ioctl requests, ... */
struct record_arg {
	const char *call;
	unsigned index;
	uint32_t mask; /* bits that count; the kernel takes these arguments as 32 bits */
	/* a second argument that counts where the first is `when`; mask2 0: there is none */
	uint32_t when;
	unsigned index2;
	uint32_t mask2;
};

/* NULL: all calls of this name are the same. */
const struct record_arg *record_arg(const char *call);
/* The conditions for a call with these arguments: 0, 1 or 2. */
unsigned record_conds(const struct record_arg *a, const __u64 *args, struct profile_cond *ret);

#define RECORD_CALLS 4096 /* different ones: a power of two, three quarters of it used */
#define RECORD_DIRS 128
#define RECORD_DIR_LEN 256

/* Shared memory: the listener's process writes, `pillbox record` reads when that is gone. */
struct record_log {
	bool has_run;   /* the command was executed */
	bool has_begun; /* execve was called: what follows is not pillbox's own any more */
	bool is_full, has_more_dirs;
	unsigned n;
	struct seccomp_data calls[RECORD_CALLS];     /* one of each kind; nr -1: a free place */
	struct sock_filter judge[PROFILE_MAX_INSNS]; /* the filter of the run ... */
	unsigned n_judge;                            /* ... which answered all of them */
	unsigned kernel;                             /* major * 1000 + minor */
	uint64_t caps;                               /* capabilities that were used */
	unsigned n_dirs;
	char dirs[RECORD_DIRS][RECORD_DIR_LEN]; /* written to, or tried; paths inside */
};

struct record_log *record_log_new(void); /* NULL: no memory */
void record_ran(struct record_log *log); /* in the launcher */
/* In the listener's process, before it is confined. */
void record_prepare(const struct run *r);
/* In the listener's process, for each call. `tid` waits for the answer. */
void record_take(const struct run *r, const struct seccomp_notif *q, int proc, int listener);
/*
 * `doc`: the profile so far, or NULL. What the log has and the profile does not allow is added.
 * *ret_added: how many rules that took. NULL and an error: the profile refuses by a rule what was
 * done, so nothing that is added can help.
 */
json_t *record_profile(const struct spec *s, const struct record_log *log, const char *origin,
		       json_t *doc, unsigned *ret_added, struct err *err);

int cmd_record(int argc, char *argv[], const struct seam *seam);

#endif
