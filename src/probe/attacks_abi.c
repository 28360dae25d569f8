/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attacks_abi.c - ways around a filter: another gate of the kernel, another number, other bits.
 *
 * A filter sees numbers. It is got round where the kernel takes two of them for the same call, and
 * the filter knows one.
 *
 * Should:  compile on every processor; what one has not is not applicable there.
 * Mustn't: use calls that do harm: what counts is that they are let through.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

/* A number that no kernel has yet, on any processor */
#define NR_NONE 1000

/* ---- the gates of the older and of the narrow x86 ---------------------------------------------- */

#ifdef __x86_64__

/* arch/x86/entry/syscalls/syscall_32.tbl */
enum { I386_GETPID = 20, I386_MOUNT = 21, I386_UMOUNT2 = 52, I386_SOCKETCALL = 102 };
enum { I386_UNSHARE = 310 };
#define X32_BIT 0x40000000L

/* Where a 32-bit call can point to */
static char *low_page(struct attempt *a)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (page != MAP_FAILED)
		return page;
	not_applicable(a, "no memory below 4 GiB to point to");
	return NULL;
}

static long int80(struct attempt *a, const char *name, long nr, long a1, long a2, long a3)
{
	return try_abi(a, name, AUDIT_ARCH_I386, nr, (const long[6]){a1, a2, a3});
}

static void int80_getpid(struct attempt *a)
{
	if (int80(a, "int 0x80: getpid", I386_GETPID, 0, 0, 0) > 0)
		worked(a, "the 32-bit gate is open: process id %ld", a->ret);
}

static void int80_unshare(struct attempt *a)
{
	if (int80(a, "int 0x80: unshare", I386_UNSHARE, CLONE_NEWUSER, 0, 0) == 0)
		worked(a, "a user namespace, and in it all capabilities");
	else if (a->ret == -ENOSPC && by_filter(a) == 0)
		held(a, BY_LIMIT, "how many user namespaces there may be");
}

static void int80_mount(struct attempt *a)
{
	char *page = low_page(a);

	if (!page)
		return;
	private_mounts(a);
	(void)snprintf(page, 64, "%s", scratch(NULL));
	(void)snprintf(page + 64, 64, "tmpfs");
	/* source, target, type; flags and data are 0 */
	if (int80(a, "int 0x80: mount", I386_MOUNT, (long)page + 64, (long)page, (long)page + 64) !=
	    0)
		return;
	(void)abi_call(AUDIT_ARCH_I386, I386_UMOUNT2, (const long[6]){(long)page, MNT_DETACH});
	worked(a, "a tmpfs on %s", page);
}

/* One call for all of sockets, with its arguments in memory: a filter cannot look at the family. */
static void int80_socketcall(struct attempt *a)
{
	static const unsigned families[] = {AF_ALG, AF_VSOCK};
	char *page = low_page(a);

	for (size_t i = 0; page && i < sizeof(families) / sizeof(families[0]); i++) {
		const unsigned args[3] = {families[i], i ? SOCK_STREAM : SOCK_SEQPACKET, 0};

		memcpy(page, args, sizeof(args));
		if (int80(a, "int 0x80: socketcall", I386_SOCKETCALL, 1, (long)page, 0) < 0)
			continue;
		worked(a, "a socket of family %u", families[i]);
		return;
	}
}

static void x32_getpid(struct attempt *a)
{
	if (try_abi(a, "x32 getpid", 0, X32_BIT | SYS_getpid, (const long[6]){0}) > 0)
		worked(a, "x32 numbers are taken: process id %ld", a->ret);
}

#else
static void int80_getpid(struct attempt *a)
{
	not_applicable(a, "this processor has no other gate that is tried here");
}
#define int80_unshare int80_getpid
#define int80_mount int80_getpid
#define int80_socketcall int80_getpid
#define x32_getpid int80_getpid
#endif

/* ---- bits that the kernel does not look at ----------------------------------------------------------- */

static long arg_call(struct attempt *a, const char *name, long nr, unsigned long first)
{
	long ret = try_call(a, name, nr, (const long[6]){(long)first, SOCK_SEQPACKET});

	if (ret >= 0 && nr == SYS_socket)
		close((int)ret);
	return ret;
}

/*
 * Calls whose first argument is an int to the kernel: it drops the upper half of the register that a
 * filter compares. Only a call that is refused without those bits tells anything.
 */
static void high_bits(struct attempt *a)
{
	static const struct {
		const char *name;
		long nr;
		unsigned first;
	} calls[] = {
		{"socket", SYS_socket, AF_VSOCK},
		{"socket", SYS_socket, AF_ALG},
		{"socket", SYS_socket, AF_PACKET},
		{"personality", SYS_personality, READ_IMPLIES_EXEC},
	};
	const unsigned long high = 1UL << 32;
	int refused = -1;

	for (int i = 0; i < (int)(sizeof(calls) / sizeof(calls[0])); i++) {
		(void)arg_call(a, calls[i].name, calls[i].nr, calls[i].first);
		if (by_filter(a) != 1)
			continue;
		refused = i;
		(void)arg_call(a, calls[i].name, calls[i].nr, calls[i].first | high);
		if (by_filter(a) != 0)
			continue;
		worked(a, "%s(%#x) is refused, %s(%#lx) is not, and does the same", calls[i].name,
		       calls[i].first, calls[i].name, calls[i].first | high);
		return;
	}
	if (refused < 0)
		not_applicable(a, "no filter looks at these arguments");
	else
		(void)arg_call(a, calls[refused].name, calls[refused].nr,
			       calls[refused].first | high);
}

/* ---- numbers that the filter's author did not know ---------------------------------------------------- */

static void unknown_call(struct attempt *a)
{
	(void)try_call(a, "a call that does not exist yet", NR_NONE, (const long[6]){0});
	if (by_filter(a) == 0)
		worked(a, "call %d came as far as the kernel, which has none of that number",
		       NR_NONE);
}

/* Young ones with some power. Their numbers are the same on all processors; wrong arguments. */
static void new_calls(struct attempt *a)
{
	static const struct {
		const char *name;
		long nr;
	} calls[] = {
		{"lsm_set_self_attr", 460}, /* 6.8 */
		{"open_tree_attr", 467},    /* 6.15 */
		{"listns", 470},            /* 6.19 */
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		(void)try_call(a, calls[i].name, calls[i].nr, (const long[6]){-1});
		if (a->ret == -ENOSYS || by_filter(a) != 0)
			continue;
		worked(a, "%s came as far as the kernel", calls[i].name);
		return;
	}
}

/* ---- getting rid of the filter ------------------------------------------------------------------------ */

struct retry {
	const struct attempt *call;
	int answer;
};

static void *retry_thread(void *arg)
{
	struct retry *r = arg;

	r->answer = by_filter(r->call);
	return NULL;
}

/* Is the call let through under a filter of ours that allows everything, on top of the others? */
static int retry_under_own(const struct attempt *call)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = {.len = 1, .filter = &allow};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0))
		return -1;
	return by_filter(call);
}

/* It stays refused in a thread, and under a filter of our own: the kernel takes the strictest. */
static void drop_filter(struct attempt *a)
{
	static const struct attempt calls[] = {
		{.call = "a call that does not exist yet", .nr = NR_NONE},
		{.call = "add_key", .nr = SYS_add_key},
		{.call = "bpf", .nr = SYS_bpf, .args = {-1}},
		{.call = "mount", .nr = SYS_mount},
	};
	struct retry r = {0};
	pthread_t thread;

	for (size_t i = 0; !r.call && i < sizeof(calls) / sizeof(calls[0]); i++)
		if (by_filter(&calls[i]) == 1)
			r.call = &calls[i];
	if (!r.call) {
		not_applicable(a, "no filter refuses a call that could be tried");
		return;
	}
	r.answer = -1;
	if (pthread_create(&thread, NULL, retry_thread, &r) == 0)
		pthread_join(thread, NULL);
	if (r.answer == 0)
		worked(a, "%s is let through in a thread", r.call->call);
	else if (retry_under_own(r.call) == 0)
		worked(a, "%s is let through under a filter of our own", r.call->call);
	else
		(void)try_call(a, r.call->call, r.call->nr, r.call->args);
}

/* For checkpoints, who debugs a process may take its filters off for as long as it does. */
static void suspend_filter(struct attempt *a)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		for (;;)
			pause();
	}
	if (pid < 0) {
		not_applicable(a, "no second process could be had");
		return;
	}
	if (TRY(a, ptrace, PTRACE_SEIZE, pid, 0, PTRACE_O_SUSPEND_SECCOMP) == 0)
		worked(a, "the filters of a child were suspended");
	else if (a->ret == -EPERM && fact_caps("CapEff") & CAP(SYS_ADMIN) && fact_first_user_ns() &&
		 fact_status("Seccomp", 10, 0) > 0 && by_filter(a) == 0)
		held(a, BY_SECCOMP, "nobody may do that who has a filter of its own");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* ---- the list ------------------------------------------------------------------------------------------ */

#define FILTER "--security-opt seccomp=builtin"
#define HARDENED "--preset hardened"

const struct attack attacks_abi[] = {
	{.id = "int80-getpid",
	 .what = "make a 32-bit system call",
	 .gives = "a second set of numbers for all calls, and the kernel's code behind it",
	 .weight = 2,
	 .cure = HARDENED,
	 .run = int80_getpid},
	{.id = "int80-unshare",
	 .what = "make a user namespace by a 32-bit call",
	 .gives = "all capabilities in it, where a filter forbids the 64-bit call only",
	 .weight = 5,
	 .cure = FILTER,
	 .run = int80_unshare},
	{.id = "int80-mount",
	 .what = "mount a tmpfs by a 32-bit call",
	 .gives = "masks and read-only paths undone, where a filter forbids the 64-bit call only",
	 .weight = 5,
	 .caps = CAP(SYS_ADMIN),
	 .cure = FILTER,
	 .run = int80_mount},
	{.id = "int80-socketcall",
	 .what = "make sockets by the 32-bit socketcall",
	 .gives = "socket families that the filter of socket(2) leaves out, such as AF_VSOCK",
	 .weight = 3,
	 .cure = HARDENED,
	 .run = int80_socketcall},
	{.id = "x32-getpid",
	 .what = "make a system call with an x32 number",
	 .gives = "a second set of numbers for all calls, and the kernel's code behind it",
	 .weight = 2,
	 .cure = HARDENED,
	 .run = x32_getpid},
	{.id = "high-bits",
	 .what = "hide a forbidden argument behind high bits",
	 .gives = "what a filter refuses by argument, such as a family of sockets",
	 .weight = 3,
	 .cure = HARDENED,
	 .run = high_bits},
	{.id = "unknown-call",
	 .what = "make a call that does not exist yet",
	 .gives = "each new system call, as soon as the host has a newer kernel",
	 .weight = 2,
	 .cure = FILTER,
	 .run = unknown_call},
	{.id = "new-calls",
	 .what = "make calls newer than most filters",
	 .gives = "young code of the kernel's that the author of the filter did not know",
	 .weight = 2,
	 .cure = FILTER,
	 .run = new_calls},
	{.id = "drop-filter",
	 .what = "get rid of the filter in a thread or child",
	 .gives = "all that the filter refuses",
	 .weight = 2,
	 .run = drop_filter},
	{.id = "suspend-filter",
	 .what = "suspend a child's filter by ptrace",
	 .gives = "all that the filter refuses, in a child",
	 .weight = 5,
	 .caps = CAP(SYS_ADMIN),
	 .in_first = true,
	 .cure = "--cap-drop SYS_ADMIN",
	 .run = suspend_filter},
	{0},
};
