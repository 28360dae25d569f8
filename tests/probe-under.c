/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe-under.c - `probe under NR=ANSWER... -- COMMAND [ARG...]` runs a command under a seccomp filter
 * that answers the system call NR with an errno, or with `kill`: what containers put around pillbox.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "probe.h"

#define RULES 16

int run_under(char **argv)
{
	struct sock_filter insn[1 + 2 * RULES + 1] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
	struct sock_fprog prog = {.filter = insn};
	unsigned short n = 1;

	for (; *argv && strcmp(*argv, "--") && n < 2 * RULES; argv++) {
		const char *answer = strchr(*argv, '=');
		unsigned action;

		if (!answer)
			break;
		action = strcmp(answer + 1, "kill") ? SECCOMP_RET_ERRNO | (unsigned)atoi(answer + 1)
						    : SECCOMP_RET_KILL_PROCESS;
		insn[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							 (unsigned)atoi(*argv), 0, 1);
		insn[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
	}
	if (!*argv || strcmp(*argv, "--") || !argv[1]) {
		fprintf(stderr, "usage: probe under NR=ERRNO|NR=kill... -- COMMAND [ARG...]\n");
		return 2;
	}
	insn[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	prog.len = n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog)) {
		fprintf(stderr, "probe: filter: %s\n", errno_name(errno));
		return 2;
	}
	execv(argv[1], argv + 1);
	fprintf(stderr, "probe: %s: %s\n", argv[1], errno_name(errno));
	return 2;
}
