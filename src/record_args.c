/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_args.c - of which calls the arguments go into a recorded profile.
 *
 * Each of these is many calls in one, told apart by an argument that the kernel takes as 32 bits.
 * All others are recorded by name: their arguments are sizes, addresses and descriptors, which are
 * others at each run.
 */
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "profile.h"
#include "record.h"
#include "util.h"

/* Namespaces by clone(2); the bit of CLONE_NEWTIME is part of the signal there, and of no signal. */
#define NAMESPACES                                                                     \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
	 CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME)

static const struct record_arg table[] = {
	{"arch_prctl", 0, UINT32_MAX, 0, 0, 0},
	{"bpf", 0, UINT32_MAX, 0, 0, 0},
	{"clone", 0, NAMESPACES, 0, 0, 0},
	{"ioctl", 1, UINT32_MAX, 0, 0, 0},
	{"keyctl", 0, UINT32_MAX, 0, 0, 0},
	{"mknod", 1, S_IFMT, 0, 0, 0},
	{"mknodat", 2, S_IFMT, 0, 0, 0},
	{"personality", 0, UINT32_MAX, 0, 0, 0},
	{"prctl", 0, UINT32_MAX, 0, 0, 0},
	{"ptrace", 0, UINT32_MAX, 0, 0, 0},
	{"setns", 1, UINT32_MAX, 0, 0, 0},
	/* A netlink socket is as many subsystems of the kernel as it has protocols. */
	{"socket", 0, UINT32_MAX, AF_NETLINK, 2, UINT32_MAX},
	{"socketpair", 0, UINT32_MAX, 0, 0, 0},
	{"unshare", 0, UINT32_MAX, 0, 0, 0},
};

const struct record_arg *record_arg(const char *call)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (!strcmp(table[i].call, call))
			return &table[i];
	return NULL;
}

static struct profile_cond cond(unsigned index, uint32_t mask, uint64_t value)
{
	return (struct profile_cond){
		.index = index, .op = SCMP_CMP_MASKED_EQ, .value = mask, .datum = value & mask};
}

unsigned record_conds(const struct record_arg *a, const __u64 *args, struct profile_cond *ret)
{
	if (!a)
		return 0;
	ret[0] = cond(a->index, a->mask, args[a->index]);
	if (!a->mask2 || ret[0].datum != a->when)
		return 1;
	ret[1] = cond(a->index2, a->mask2, args[a->index2]);
	return 2;
}
