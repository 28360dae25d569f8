/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify.h - a filter that asks a process outside, seccomp_unotify(2), for --explain-denials and
 * `pillbox record`.
 *
 *   notify_program.c  the filter, so that it asks where it would have refused (or allowed)
 *   notify.c          the steps that start who answers, and his loop
 *   peer.c            the process that asks: who it is, what stands in its memory
 *   denials.c         what is printed of a refused call (call_text.c: its arguments)
 *   foresee.c         ... and of one that the filter allows and something else refuses
 *   needs.c           what a call needs besides the filter's word (needs.h)
 *
 * The answer is always what the filter itself says of the registers. What is read from the memory
 * of the process that asks is for people and decides nothing: it can be changed at any moment.
 */
#ifndef PILLBOX_NOTIFY_H
#define PILLBOX_NOTIFY_H

#include <linux/seccomp.h>

#include "step.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* Linux 5.19 */
#endif

/* PARENT, in filter-compile: plan->filter becomes the one that asks, the other is plan->judge. */
int notify_program(struct run *r, struct err *err);

/* A process that waits for an answer. Everything in it is its own say, but the numbers. */
struct peer {
	int listener; /* ... at this descriptor ... */
	uint64_t id;  /* ... with this question */
	int tid;
	int proc;                /* its directory below /proc */
	int pid;                 /* of the process (not the thread), as seen from here */
	int inside;              /* ... and as the sandbox numbers it */
	char name[40];           /* comm, escaped */
	bool has_sigsys;         /* it catches, ignores or blocks SIGSYS */
	uint64_t caps;           /* effective */
	uint32_t uid[4], gid[4]; /* real, effective, saved, of files; as seen from here */
	uint32_t groups[64];
	size_t n_groups;
};

/*
 * Who asks, by the question. -ESRCH: gone. What is read while the kernel says that the question still
 * stands is its own; peer_read() asks each time.
 */
int peer_open(int proc, int listener, const struct seccomp_notif *q, struct peer *ret);
void peer_close(struct peer *p);
/* Does its question still stand? As long as it does, its numbers are its own. */
bool peer_is_waiting(const struct peer *p);
/* Is this group among its own? */
bool peer_in_group(const struct peer *p, uint32_t gid);
/* Where one of its descriptors leads, as readlink(2) on /proc/PID/fd would tell; -errno. */
long peer_fd_path(const struct peer *p, int fd, char *buf, size_t size);
/* Up to size bytes at addr: how many, or -errno. */
long peer_read(const struct peer *p, uint64_t addr, void *buf, size_t size);
/* A string of at most size - 1 bytes; longer ones are cut, with "..." at the end. 0 or -errno. */
int peer_string(const struct peer *p, uint64_t addr, char *buf, size_t size);

/* What is remembered of the calls that were told. */
struct denials {
	unsigned long total; /* refused or logged calls */
	unsigned n;          /* different ones */
	uint64_t seen[512];  /* a hash of what makes them different */
	bool is_full;
	bool has_begun; /* execve was called: no call is pillbox's own any more */
};

/* Is it the first of its kind? Says once that there are too many. */
bool denials_new(struct denials *d, uint64_t hash);
/* Before the process is confined: whatever the texts take from the heap. */
void denials_prepare(const struct run *r);
/* `action` is the filter's: what the call gets. */
void denials_tell(const struct run *r, struct denials *d, const struct seccomp_data *call,
		  const struct peer *p, uint32_t action);
/* The filter lets it pass: does something else refuse it, as far as can be seen from outside? */
void denials_foresee(const struct run *r, struct denials *d, const struct seccomp_data *call,
		     const struct peer *p);
void denials_end(const struct denials *d);

#endif
