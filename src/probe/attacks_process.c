/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attacks_process.c - attacks on processes that are not ours: process 1, the told one of the host's,
 * and whatever else /proc shows; and on others' share of the CPU.
 *
 * Should:  ask for the access and touch nothing: address 0, signal 0, files only opened.
 * Mustn't: take a number of this pid namespace for one of the host's.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#include "proc_look.h"

/* ---- which process ----------------------------------------------------------------------------- */

/* The attack on process 1: the host's, or the one that watches over the sandbox. */
static void on_init(struct attempt *a, void (*attack)(struct attempt *a, pid_t pid))
{
	if (getppid() == 1)
		not_applicable(a, "process 1 is this program itself");
	else
		attack(a, 1);
}

/*
 * The attack on the process outside that we were told of. In a pid namespace of our own its number
 * is nobody's, or another process's: then it is tried as well, and whom it found is said. By /proc
 * the number may yet be right.
 */
static void on_host(struct attempt *a, bool is_by_proc,
		    void (*attack)(struct attempt *a, pid_t pid))
{
	if (!targets.pid) {
		not_applicable(a, "no process outside was told (--target=pid=N)");
		return;
	}
	attack(a, targets.pid);
	if (a->end == END_WORKED && ns_is_own(NS_PID) == 1 && !(is_by_proc && proc_is_foreign()))
		held(a, BY_NAMESPACE, "process %d of this pid namespace is another one",
		     targets.pid);
}

#define ON_INIT(attack)                              \
	static void attack##_init(struct attempt *a) \
	{                                            \
		on_init(a, attack);                  \
	}
#define ON_HOST(attack)                              \
	static void attack##_host(struct attempt *a) \
	{                                            \
		on_host(a, false, attack);           \
	}
#define ON_HOST_PROC(attack)                         \
	static void attack##_host(struct attempt *a) \
	{                                            \
		on_host(a, true, attack);            \
	}

/* ---- by system calls --------------------------------------------------------------------------- */

/* Seized is not stopped; and the end of this process lets go of it. */
static void seize(struct attempt *a, pid_t pid)
{
	if (TRY(a, ptrace, PTRACE_SEIZE, pid, 0, 0) == 0)
		worked(a, "process %d was traced", pid);
}

/* Nothing is ever mapped at address 0: EFAULT comes after the check, and nothing is touched. */
static void vm_call(struct attempt *a, const char *name, long nr, pid_t pid)
{
	char byte = 0;
	struct iovec here = {&byte, 1}, there = {NULL, 1};
	const long args[6] = {pid, (long)&here, 1, (long)&there, 1, 0};

	if (try_call(a, name, nr, args) == -EFAULT)
		worked(a, "the memory of process %d is open to us", pid);
}

static void vm_read(struct attempt *a, pid_t pid)
{
	vm_call(a, "process_vm_readv", SYS_process_vm_readv, pid);
}

static void vm_write(struct attempt *a, pid_t pid)
{
	vm_call(a, "process_vm_writev", SYS_process_vm_writev, pid);
}

static void signal0(struct attempt *a, pid_t pid)
{
	if (TRY(a, kill, pid, 0) == 0)
		worked(a, "process %d may be signalled", pid);
}

static void pidfd(struct attempt *a, pid_t pid)
{
	if (TRY(a, pidfd_open, pid, 0) >= 0)
		worked(a, "a descriptor of process %d", pid);
}

/* A number that no table has: EBADF comes after the check. */
static void pidfd_getfd(struct attempt *a, pid_t pid)
{
	long fd = TRY(a, pidfd_open, pid, 0);

	if (fd >= 0 && TRY(a, pidfd_getfd, fd, INT32_MAX, 0) == -EBADF)
		worked(a, "descriptors of process %d can be taken", pid);
}

static void compare(struct attempt *a, pid_t pid)
{
	if (TRY(a, kcmp, getpid(), pid, KCMP_VM, 0, 0) >= 0)
		worked(a, "its kernel objects were compared with ours");
}

/* No pages at all: only the question whose they would be. */
static void move_pages(struct attempt *a, pid_t pid)
{
	if (TRY(a, move_pages, pid, 0, 0, 0, 0, 0) == 0)
		worked(a, "the pages of process %d can be found and moved", pid);
}

/* What it has already is set again. */
static void limits(struct attempt *a, pid_t pid)
{
	struct rlimit old;

	if (TRY(a, prlimit64, pid, RLIMIT_CORE, NULL, &old) == 0 &&
	    TRY(a, prlimit64, pid, RLIMIT_CORE, &old, NULL) == 0)
		worked(a, "the limits of process %d were set", pid);
}

static void renice(struct attempt *a, pid_t pid)
{
	if (TRY(a, setpriority, PRIO_PROCESS, pid, getpriority(PRIO_PROCESS, (id_t)pid)) == 0)
		worked(a, "the priority of process %d was set", pid);
}

ON_INIT(seize)
ON_HOST(seize)
ON_INIT(vm_read)
ON_INIT(vm_write)
ON_HOST(vm_read)
ON_HOST(vm_write)
ON_HOST(signal0)
ON_HOST(pidfd)
ON_INIT(pidfd_getfd)
ON_INIT(compare)
ON_INIT(move_pages)
ON_HOST(limits)
ON_HOST(renice)

ON_INIT(look_mem)
ON_HOST_PROC(look_mem)
ON_HOST_PROC(look_entry)
ON_HOST_PROC(look_root)
ON_INIT(look_environ)
ON_INIT(look_fds)

#define OTHERS(name, what)                  \
	static void name(struct attempt *a) \
	{                                   \
		look_others(a, what);       \
	}
OTHERS(environ_others, LOOK_ENVIRON)
OTHERS(maps_others, LOOK_MAPS)
OTHERS(cmdline_others, LOOK_CMDLINE)
OTHERS(exe_others, LOOK_EXE)
OTHERS(root_others, LOOK_ROOT)

/* ---- more than the share of this process ------------------------------------------------------- */

static void nice_lower(struct attempt *a)
{
	int now = getpriority(PRIO_PROCESS, 0);

	if (now == -20)
		not_applicable(a, "the nice value is the lowest already");
	else if (TRY(a, setpriority, PRIO_PROCESS, 0, now - 1) == 0)
		worked(a, "nice %d, from %d", getpriority(PRIO_PROCESS, 0), now);
}

static void sched_realtime(struct attempt *a)
{
	struct sched_param param = {.sched_priority = 1};

	if (TRY(a, sched_setscheduler, 0, SCHED_FIFO, &param) == 0)
		worked(a, "it runs before all that are not real-time");
}

static void ioprio_realtime(struct attempt *a)
{
	const int process = 1, realtime = 1 << 13 | 4;

	if (TRY(a, ioprio_set, process, 0, realtime) == 0)
		worked(a, "its I/O goes before that of all others");
}

/* The permission is checked when it is written. It is this process's own, and ends with it. */
static void oom_lower(struct attempt *a)
{
	int fd = try_open(a, "/proc/self/oom_score_adj", O_RDWR);
	char text[32];
	ssize_t n;
	long now;

	if (fd < 0)
		return;
	n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	now = strtol(text, NULL, 10);
	if (now == -1000) {
		not_applicable(a, "it is the lowest already");
		return;
	}
	(void)snprintf(text, sizeof(text), "%ld", now - 1);
	if (TRY(a, write, fd, text, strlen(text)) > 0)
		worked(a, "%s, from %ld", text, now);
}

/* ---- the table --------------------------------------------------------------------------------- */

const struct attack attacks_process[] = {
	{.id = "ptrace-init",
	 .what = "trace process 1",
	 .gives = "its registers, memory and every call of it",
	 .weight = 5,
	 .caps = CAP(SYS_PTRACE),
	 .in_first = true,
	 .cure = "--cap-drop SYS_PTRACE",
	 .run = seize_init},
	{.id = "ptrace-host",
	 .what = "trace a process of the host",
	 .gives = "a process outside does what the attacker wants",
	 .weight = 9,
	 .caps = CAP(SYS_PTRACE),
	 .in_first = true,
	 .ns = IN(PID),
	 .cure = "--preset hardened",
	 .run = seize_host},
	{.id = "vm-read-init",
	 .what = "read the memory of process 1",
	 .gives = "secrets in the memory of what started the sandbox",
	 .weight = 4,
	 .caps = CAP(SYS_PTRACE),
	 .in_first = true,
	 .cure = "--cap-drop SYS_PTRACE",
	 .run = vm_read_init},
	{.id = "vm-write-init",
	 .what = "write to the memory of process 1",
	 .gives = "code of the attacker's in what watches over the sandbox",
	 .weight = 5,
	 .caps = CAP(SYS_PTRACE),
	 .in_first = true,
	 .cure = "--cap-drop SYS_PTRACE",
	 .run = vm_write_init},
	{.id = "vm-read-host",
	 .what = "read the memory of a host process",
	 .gives = "passwords and keys of programs outside",
	 .weight = 8,
	 .caps = CAP(SYS_PTRACE),
	 .in_first = true,
	 .ns = IN(PID),
	 .cure = "--preset hardened",
	 .run = vm_read_host},
	{.id = "vm-write-host",
	 .what = "write to the memory of a host process",
	 .gives = "code of the attacker's runs outside",
	 .weight = 9,
	 .caps = CAP(SYS_PTRACE),
	 .in_first = true,
	 .ns = IN(PID),
	 .cure = "--preset hardened",
	 .run = vm_write_host},
	{.id = "mem-init",
	 .what = "open /proc/1/mem for writing",
	 .gives = "process 1 rewritten without a single ptrace call",
	 .weight = 5,
	 .caps = CAP(SYS_PTRACE),
	 .in_first = true,
	 .cure = "--cap-drop SYS_PTRACE",
	 .run = look_mem_init},
	{.id = "mem-host",
	 .what = "open a host process's mem file for writing",
	 .gives = "a process outside rewritten by file",
	 .weight = 9,
	 .caps = CAP(SYS_PTRACE),
	 .in_first = true,
	 .ns = IN(PID),
	 .cure = "--preset hardened",
	 .run = look_mem_host},
	{.id = "environ-init",
	 .what = "read the environment of process 1",
	 .gives = "secrets that were handed over in variables",
	 .weight = 4,
	 .caps = CAP(SYS_PTRACE),
	 .in_first = true,
	 .cure = "--cap-drop SYS_PTRACE",
	 .run = look_environ_init},
	{.id = "environ-others",
	 .what = "read the environment of other processes",
	 .gives = "secrets of other programs' variables",
	 .weight = 5,
	 .caps = CAP(SYS_PTRACE),
	 .in_first = true,
	 .ns = IN(PID),
	 .cure = "--preset hardened",
	 .run = environ_others},
	{.id = "maps-others",
	 .what = "read the memory map of other processes",
	 .gives = "the addresses that an exploit has to know",
	 .weight = 3,
	 .caps = CAP(SYS_PTRACE),
	 .in_first = true,
	 .ns = IN(PID),
	 .cure = "--preset hardened",
	 .run = maps_others},
	{.id = "cmdline-others",
	 .what = "read the command lines of others",
	 .gives = "who runs what, and passwords in arguments",
	 .weight = 3,
	 .ns = IN(PID),
	 .cure = "--preset hardened",
	 .run = cmdline_others},
	{.id = "exe-launcher",
	 .what = "open another process's program for writing",
	 .gives = "the launcher itself replaced (CVE-2019-5736)",
	 .weight = 10,
	 .caps = CAP(SYS_PTRACE),
	 .in_first = true,
	 .cure = "--cap-drop SYS_PTRACE",
	 .run = exe_others},
	{.id = "root-host",
	 .what = "enter the root of a host process",
	 .gives = "all files of the host through /proc/PID/root",
	 .weight = 10,
	 .caps = CAP(SYS_PTRACE),
	 .in_first = true,
	 .ns = IN(PID),
	 .cure = "--preset hardened",
	 .run = look_root_host},
	{.id = "root-others",
	 .what = "find a process with another root",
	 .gives = "files outside through /proc/PID/root or cwd",
	 .weight = 9,
	 .caps = CAP(SYS_PTRACE),
	 .in_first = true,
	 .cure = "--cap-drop SYS_PTRACE",
	 .run = root_others},
	{.id = "fds-init",
	 .what = "open a descriptor of process 1 in /proc",
	 .gives = "files and sockets that the launcher left open",
	 .weight = 5,
	 .caps = CAP(SYS_PTRACE),
	 .in_first = true,
	 .cure = "--cap-drop SYS_PTRACE",
	 .run = look_fds_init},
	{.id = "pidfd-getfd-init",
	 .what = "take a descriptor of process 1",
	 .gives = "the sockets and files that it holds",
	 .weight = 5,
	 .caps = CAP(SYS_PTRACE),
	 .in_first = true,
	 .cure = "--cap-drop SYS_PTRACE",
	 .run = pidfd_getfd_init},
	{.id = "kcmp-init",
	 .what = "compare kernel objects with process 1",
	 .gives = "the order of kernel addresses, and what is shared",
	 .weight = 1,
	 .caps = CAP(SYS_PTRACE),
	 .in_first = true,
	 .cure = "--cap-drop SYS_PTRACE",
	 .run = compare_init},
	{.id = "move-pages-init",
	 .what = "move the memory pages of process 1",
	 .gives = "where its memory lies, and it made slow",
	 .weight = 1,
	 .caps = CAP(SYS_PTRACE),
	 .in_first = true,
	 .cure = "--cap-drop SYS_PTRACE",
	 .run = move_pages_init},
	{.id = "kill-host",
	 .what = "signal a process of the host",
	 .gives = "any program of the caller's ended",
	 .weight = 7,
	 .caps = CAP(KILL),
	 .in_first = true,
	 .ns = IN(PID),
	 .cure = "--preset hardened",
	 .run = signal0_host},
	{.id = "pidfd-open-host",
	 .what = "get a descriptor of a host process",
	 .gives = "a lasting handle on a program outside",
	 .weight = 2,
	 .ns = IN(PID),
	 .cure = "--preset hardened",
	 .run = pidfd_host},
	{.id = "prlimit-host",
	 .what = "set the limits of a host process",
	 .gives = "a program outside starved of files or memory",
	 .weight = 5,
	 .caps = CAP(SYS_RESOURCE),
	 .in_first = true,
	 .ns = IN(PID),
	 .cure = "--preset hardened",
	 .run = limits_host},
	{.id = "renice-host",
	 .what = "set the priority of a host process",
	 .gives = "a program outside slowed down for good",
	 .weight = 3,
	 .caps = CAP(SYS_NICE),
	 .in_first = true,
	 .ns = IN(PID),
	 .cure = "--preset hardened",
	 .run = renice_host},
	{.id = "see-host-processes",
	 .what = "find a host process in /proc",
	 .gives = "who runs what outside, and when",
	 .weight = 3,
	 .ns = IN(PID),
	 .cure = "--preset hardened",
	 .run = look_entry_host},
	{.id = "fd-inherited",
	 .what = "use a descriptor that was left open",
	 .gives = "a directory, file or socket of outside",
	 .weight = 8,
	 .run = look_inherited},
	{.id = "cwd-outside",
	 .what = "climb out of the working directory",
	 .gives = "the host's files, relative to it (CVE-2024-21626)",
	 .weight = 10,
	 .run = look_cwd},
	{.id = "nice-lower",
	 .what = "lower the own nice value",
	 .gives = "more of the CPU than others of the host get",
	 .weight = 2,
	 .caps = CAP(SYS_NICE),
	 .in_first = true,
	 .cure = "--cap-drop SYS_NICE",
	 .run = nice_lower},
	{.id = "sched-realtime",
	 .what = "become a real-time process",
	 .gives = "a CPU that nobody else gets any more",
	 .weight = 5,
	 .caps = CAP(SYS_NICE),
	 .in_first = true,
	 .cure = "--cap-drop SYS_NICE",
	 .run = sched_realtime},
	{.id = "ioprio-realtime",
	 .what = "ask for real-time I/O",
	 .gives = "a disk that others wait for",
	 .weight = 2,
	 .caps = CAP(SYS_NICE),
	 .in_first = true,
	 .cure = "--cap-drop SYS_NICE",
	 .run = ioprio_realtime},
	{.id = "oom-score-lower",
	 .what = "lower the own oom_score_adj",
	 .gives = "others are killed when memory runs out",
	 .weight = 3,
	 .caps = CAP(SYS_RESOURCE),
	 .in_first = true,
	 .cure = "--cap-drop SYS_RESOURCE",
	 .run = oom_lower},
	{0},
};
