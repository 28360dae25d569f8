/* SPDX-License-Identifier: Apache-2.0 */
/*
 * helper.h - the host programs that pillbox calls: newuidmap, newgidmap, getent, apparmor_parser.
 *
 * They run with a fixed environment, an empty descriptor table, default signals, cwd / and a
 * deadline, and what they say on stderr is kept for the error message.
 */
#ifndef PILLBOX_HELPER_H
#define PILLBOX_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "err.h"

struct helper {
	pid_t pid; /* 0: not running */
	int pidfd;
	int out; /* our end of the pipe from its stderr, or stdout; -1: it was closed */
	bool has_ended;
	int status;      /* waitid's si_status */
	int code;        /* waitid's si_code: CLD_EXITED, CLD_KILLED, ... */
	char said[1024]; /* what it wrote, terminated; the rest is thrown away */
	size_t n_said;
};

#define HELPER_NONE                              \
	{                                        \
		.pid = 0, .pidfd = -1, .out = -1 \
	}

/*
 * Start argv[0], an absolute path. `fd` is the descriptor whose output is kept: 1 or 2; the other
 * one and stdin are /dev/null.
 */
int helper_start(struct helper *h, const char *const *argv, int fd, struct err *err);
/* Wait for all n until the deadline; who has not ended by then is killed. -ETIME: that happened. */
int helper_wait(struct helper *h, size_t n, unsigned ms, struct err *err);
/* Kill if it still runs, reap, close. Safe to call on HELPER_NONE and twice. */
void helper_end(struct helper *h);

#endif
