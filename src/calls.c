/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls.c - system calls for people: what is known of a name, and the name of a number.
 *
 * Should: name every call that libseccomp or profile_calls.c can number, by the same number.
 * Mustn't: allocate once an architecture has been asked for: who explains a refusal is confined.
 */
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "profile.h"
#include "util.h"

#define X32_BIT 0x40000000U
#define PLAIN 1024U           /* numbers that are kept from 0 on */
#define ARM_PRIVATE 0x0f0000U /* the few calls of arm's own stand far above all others */
#define ARM_PRIVATE_LEN 16U

const struct call_group call_groups[] = {
	{"io", "reading, writing and flushing what is open"},
	{"descriptors", "making, copying, controlling and waiting on descriptors"},
	{"files", "opening, making, naming and removing files"},
	{"attributes", "what is known of files: kind, mode, owner, times, extended attributes"},
	{"handles", "files by number instead of path"},
	{"watching", "being told of changes to files"},
	{"memory", "mappings and their protection"},
	{"numa", "on which memory node pages lie"},
	{"processes", "starting, ending and waiting for processes and threads"},
	{"threads", "locks between threads, and what each thread registers"},
	{"identity", "user and group ids, capabilities"},
	{"signals", "sending, blocking and handling signals"},
	{"scheduling", "priorities and processors"},
	{"limits", "resource limits and what was used"},
	{"time", "reading clocks, sleeping, timers"},
	{"clock", "setting the machine's clock"},
	{"sockets", "networking and local sockets"},
	{"ipc", "System V queues, semaphores and shared memory; POSIX queues"},
	{"aio", "asynchronous input and output, the old way"},
	{"io_uring", "asynchronous calls of any kind, the new way"},
	{"mounts", "mounting, and looking at mounts"},
	{"namespaces", "another view of the system: namespaces, root, host name"},
	{"confinement", "a process that confines itself: filters, Landlock, security modules"},
	{"keys", "the kernel's store of keys"},
	{"tracing", "looking into other processes, and changing them"},
	{"probes", "BPF programs, performance counters, probe points"},
	{"modules", "loading code: kernel modules, another kernel, old libraries"},
	{"machine", "what acts on the whole machine: swap, quotas, ports, reboot"},
	{"processor", "what only one kind of processor has: segments, thread pointers, caches"},
	{"system", "names, numbers and random bytes from the kernel"},
	{"obsolete", "in no kernel of today"},
};
const size_t call_groups_len = ARRAY_SIZE(call_groups);

static int by_name(const void *name, const void *entry)
{
	return strcmp(name, ((const struct call_info *)entry)->name);
}

const struct call_info *call_info(const char *name)
{
	return bsearch(name, call_table, call_table_len, sizeof(call_table[0]), by_name);
}

/* ---- names by number ------------------------------------------------------------------------ */

static const uint32_t arches[] = {
	SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32, SCMP_ARCH_AARCH64, SCMP_ARCH_ARM,
};

static struct {
	bool is_known;
	const char *names[PLAIN + ARM_PRIVATE_LEN];
} seen[ARRAY_SIZE(arches)];

/* One name, the table's own where it has it. A libseccomp newer than the table has a copy kept. */
static const char *ask(uint32_t arch, uint32_t nr)
{
	char *known = seccomp_syscall_resolve_num_arch(arch, (int)nr);
	const struct call_info *info = known ? call_info(known) : NULL;

	if (!known)
		return profile_new_call_name(arch, nr);
	if (!info)
		return known;
	free(known);
	return info->name;
}

static void learn(size_t at)
{
	uint32_t arch = arches[at];

	for (uint32_t i = 0; i < PLAIN; i++)
		seen[at].names[i] = ask(arch, arch == SCMP_ARCH_X32 ? i | X32_BIT : i);
	for (uint32_t i = 0; arch == SCMP_ARCH_ARM && i < ARM_PRIVATE_LEN; i++)
		seen[at].names[PLAIN + i] = ask(arch, ARM_PRIVATE + i);
	seen[at].is_known = true;
}

const char *call_name(uint32_t arch, uint32_t nr)
{
	size_t at = 0;

	/* The kernel reports an x32 call as one of x86_64 with the bit. */
	if (arch == SCMP_ARCH_X86_64 && nr & X32_BIT)
		arch = SCMP_ARCH_X32;
	while (at < ARRAY_SIZE(arches) && arches[at] != arch)
		at++;
	if (at == ARRAY_SIZE(arches))
		return NULL;
	if (!seen[at].is_known)
		learn(at);
	if (arch == SCMP_ARCH_X32)
		return nr & X32_BIT && (nr ^ X32_BIT) < PLAIN ? seen[at].names[nr ^ X32_BIT] : NULL;
	if (arch == SCMP_ARCH_ARM && nr - ARM_PRIVATE < ARM_PRIVATE_LEN)
		nr = PLAIN + (nr - ARM_PRIVATE);
	else if (nr >= PLAIN)
		return NULL;
	return seen[at].names[nr];
}
