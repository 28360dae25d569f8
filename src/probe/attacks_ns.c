/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attacks_ns.c - attacks by new namespaces, and by joining those of others.
 *
 * Should:  leave nothing but a namespace that goes with its process.
 * Mustn't: change what a namespace holds that others are in.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

/* ---- a new namespace ------------------------------------------------------------------------ */

/* The first line of a file of /proc/sys; "" without. */
static void sysctl_read(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);

	text[n < 0 ? 0 : n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

/* A call that makes a namespace was refused: two settings that the general rules do not know. */
static void refused(struct attempt *a, const char *kind)
{
	bool is_closed = !strcmp(kind, "user") && a->ret == -EPERM &&
			 ~fact_caps("CapEff") & CAP(SYS_ADMIN);
	char path[64], text[32];

	if ((a->ret != -ENOSPC && !is_closed) || by_filter(a) == 1)
		return;
	if (is_closed) {
		/* A switch of Debian's and Ubuntu's kernels */
		sysctl_read("/proc/sys/kernel/unprivileged_userns_clone", text, sizeof(text));
		if (!strcmp(text, "0"))
			held(a, BY_KERNEL, "kernel.unprivileged_userns_clone is 0");
		return;
	}
	(void)snprintf(path, sizeof(path), "/proc/sys/user/max_%s_namespaces", kind);
	sysctl_read(path, text, sizeof(text));
	held(a, BY_LIMIT, "how many %s namespaces there may be%s%s", kind, text[0] ? ": here " : "",
	     text);
}

static void by_unshare(struct attempt *a, const char *kind, unsigned long flag)
{
	if (TRY(a, unshare, flag) < 0)
		refused(a, kind);
	else
		worked(a, "in a new %s namespace", kind);
}

/*
 * The child shares the record of the attempt: by CLONE_VFORK it has ended before the parent writes
 * there what the call gave.
 */
static void child_ended(struct attempt *a, const char *kind)
{
	if (a->ret == 0)
		_exit(0);
	if (a->ret < 0) {
		refused(a, kind);
		return;
	}
	(void)waitpid((pid_t)a->ret, NULL, 0);
	worked(a, "a process in a new %s namespace", kind);
}

static void by_clone(struct attempt *a, const char *kind, unsigned long flag)
{
	TRY(a, clone, flag | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
	child_ended(a, kind);
}

static void by_clone3(struct attempt *a, const char *kind, unsigned long flag)
{
	struct clone_args args = {.flags = flag | CLONE_VFORK, .exit_signal = SIGCHLD};

	TRY(a, clone3, &args, sizeof(args));
	child_ended(a, kind);
}

/* Every kind that clone(2) can name: CLONE_NEWTIME lies in the bits of its exit signal. */
#define KINDS(X)         \
	X(user, NEWUSER) \
	X(mnt, NEWNS)    \
	X(pid, NEWPID)   \
	X(net, NEWNET)   \
	X(ipc, NEWIPC)   \
	X(uts, NEWUTS)   \
	X(cgroup, NEWCGROUP)

#define RUN(how, kind, flag)                        \
	static void how##_##kind(struct attempt *a) \
	{                                           \
		by_##how(a, #kind, CLONE_##flag);   \
	}
#define RUNS(kind, flag) RUN(unshare, kind, flag) RUN(clone, kind, flag) RUN(clone3, kind, flag)
KINDS(RUNS)
RUN(unshare, time, NEWTIME)
RUN(clone3, time, NEWTIME)

/* What makes a user namespace dangerous: in it one has every capability. */
static void nested_mount(struct attempt *a)
{
	const char *dir = scratch(NULL);

	if (TRY(a, unshare, CLONE_NEWUSER | CLONE_NEWNS) < 0) {
		refused(a, "user");
		return;
	}
	if (TRY(a, mount, "none", dir, "tmpfs", 0, NULL) == 0)
		worked(a, "a tmpfs on %s, by a right that the sandbox did not give", dir);
	else if (a->ret == -EPERM && by_filter(a) == 0 && fact_landlock() > 0)
		held(a, BY_LSM, "Landlock, which refuses every change of mounts");
}

/* ---- clone3 behind a filter ----------------------------------------------------------------- */

/* Would a filter refuse the call? It is not made. */
static int is_filtered(const char *name, long nr, long arg)
{
	struct attempt a = {.call = name, .nr = nr, .args = {arg}, .ret = -EPERM};

	return by_filter(&a);
}

static void clone3_behind(struct attempt *a)
{
	int by_unshare = is_filtered("unshare", SYS_unshare, CLONE_NEWUSER);
	int by_clone = is_filtered("clone", SYS_clone, CLONE_NEWUSER | SIGCHLD);

	if (by_unshare == 1 || by_clone == 1)
		by_clone3(a, "user", CLONE_NEWUSER);
	else if (by_unshare < 0 || by_clone < 0)
		not_applicable(a, "whether a filter refuses CLONE_NEWUSER cannot be told");
	else
		not_applicable(a, "no filter refuses unshare or clone with CLONE_NEWUSER");
}

/* ---- the map of a new user namespace -------------------------------------------------------- */

/* A child in a user namespace of its own that waits to be killed; `ready` closes when it is there. */
static pid_t child_in_userns(struct attempt *a)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready))
		return -1;
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		TRY(a, unshare, CLONE_NEWUSER);
		close(ready[0]);
		close(ready[1]);
		for (;;)
			(void)pause();
	}
	close(ready[1]);
	(void)!read(ready[0], &byte, 1);
	close(ready[0]);
	return pid;
}

static void map_root(struct attempt *a)
{
	char path[64];
	pid_t pid;
	int fd;

	if (geteuid() == 0) {
		not_applicable(a, "it is user 0 already");
		return;
	}
	pid = child_in_userns(a);
	if (pid < 0)
		return;
	if (a->ret < 0) {
		refused(a, "user");
	} else {
		(void)snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
		fd = try_open(a, path, O_WRONLY);
		if (fd >= 0 && TRY(a, write, fd, "0 0 1", 5) == 5)
			worked(a, "user 0 of a new user namespace is user 0 outside of it");
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

/* ---- namespaces of other processes ---------------------------------------------------------- */

/*
 * Join what this process is in and we are not. 1: joined; 0: it is in none but ours; -1: refused,
 * as the attempt's last call says.
 */
static int join(struct attempt *a, pid_t pid)
{
	/* The user namespace last: there we would lose what the others ask for. */
	static const enum ns_kind order[] = {NS_MNT,    NS_NET, NS_IPC, NS_UTS,
					     NS_CGROUP, NS_PID, NS_USER};
	struct stat own, st;
	char path[64];
	int ret = 0;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		int fd;

		(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, ns_names[order[i]]);
		fd = try_open(a, path, O_RDONLY);
		if (fd < 0)
			return -1;
		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", ns_names[order[i]]);
		if (fstat(fd, &st) || stat(path, &own) || st.st_ino == own.st_ino) {
			close(fd);
			continue;
		}
		ret = -1;
		if (TRY(a, setns, fd, 0) == 0) {
			worked(a, "in the %s namespace of process %d", ns_names[order[i]], pid);
			return 1;
		}
	}
	return ret;
}

static void setns_init(struct attempt *a)
{
	if (join(a, 1) == 0)
		held(a, BY_NAMESPACE, "process 1 is in no namespace but ours");
}

/* The process that was told, where its number means the same; else any that can be seen. */
static void setns_host(struct attempt *a)
{
	bool is_own = ns_is_own(NS_PID) == 1, is_refused = false;
	DIR *proc = opendir("/proc");
	struct dirent *e;

	if (targets.pid > 0 && !is_own && join(a, targets.pid) == 1)
		return;
	if (!proc) {
		try_open(a, "/proc", O_RDONLY);
		return;
	}
	while ((e = readdir(proc))) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
		int ret = pid > 0 ? join(a, pid) : 0;

		if (ret == 1)
			return;
		/* One that has just ended tells nothing. */
		is_refused |= ret < 0 && a->ret != -ENOENT && a->ret != -ESRCH;
	}
	(void)closedir(proc);
	if (is_own)
		held(a, BY_NAMESPACE, "a pid namespace of its own: none of the host's is seen");
	else if (!is_refused)
		not_applicable(a, "every process is in the namespaces that we are in");
	else
		(void)join(a, 1);
}

/* Refused with the capability: whose is the namespace? `ours` as of fact_ns_ours(). */
static void refused_uts(struct attempt *a, int ours)
{
	if (a->ret == -EPERM && !(~fact_caps("CapEff") & CAP(SYS_ADMIN)) && ours == 0 &&
	    by_filter(a) == 0)
		held(a, BY_NAMESPACE, "the uts namespace belongs to another user namespace");
}

/* By a descriptor of the process; what is joined was left just before, if that was possible. */
static void setns_pidfd(struct attempt *a)
{
	int ours = fact_ns_ours(NS_UTS), fd;

	(void)unshare(CLONE_NEWUTS);
	fd = (int)TRY(a, pidfd_open, getppid(), 0);
	if (fd >= 0 && TRY(a, setns, fd, CLONE_NEWUTS) == 0)
		worked(a, "in the uts namespace of process %d", getppid());
	else
		refused_uts(a, ours);
}

/* From 6.12 on; later ones ask for the first pid namespace, too. */
#ifndef NS_MNT_GET_PREV
#define NS_MNT_GET_PREV _IOR(0xb7, 12, char[16])
#endif
#define WALK_MAX 4096

static void ns_walk(struct attempt *a)
{
	int fd = try_open(a, "/proc/self/ns/mnt", O_RDONLY), prev;
	uint32_t info[4] = {sizeof(info)};
	struct stat st;

	for (int i = 0; fd >= 0 && i < WALK_MAX; i++, fd = prev) {
		prev = (int)TRY(a, ioctl, fd, NS_MNT_GET_PREV, info);
		close(fd);
		if (prev < 0)
			break;
		if (fstat(prev, &st) || st.st_ino != targets.ns[NS_MNT])
			continue;
		if (TRY(a, setns, prev, CLONE_NEWNS) == 0)
			worked(a, "in the host's mount namespace");
		return;
	}
	if (!targets.ns[NS_MNT])
		not_applicable(a, "which one is the host's was not told");
	else if (a->ret == -EPERM && fact_first_user_ns() && ns_is_own(NS_PID) == 1 &&
		 !(~fact_caps("CapEff") & CAP(SYS_ADMIN)) && by_filter(a) == 0)
		held(a, BY_NAMESPACE, "the kernel asks for the first pid namespace");
	else if (a->ret == -ENOTTY && by_filter(a) == 0)
		not_applicable(a, "this kernel has no NS_MNT_GET_PREV (6.12 has)");
}

/* ---- names ---------------------------------------------------------------------------------- */

static void set_name(struct attempt *a, const char *name)
{
	if (a->ret == 0)
		worked(a, "set it to what it is: %.64s", name);
	else
		refused_uts(a, fact_ns_ours(NS_UTS));
}

static void set_hostname(struct attempt *a)
{
	struct utsname names = {0};

	(void)uname(&names);
	TRY(a, sethostname, names.nodename, strlen(names.nodename));
	set_name(a, names.nodename);
}

static void set_domainname(struct attempt *a)
{
	struct utsname names = {0};

	(void)uname(&names);
	TRY(a, setdomainname, names.domainname, strlen(names.domainname));
	set_name(a, names.domainname);
}

/* ---- the list ------------------------------------------------------------------------------- */

#define GIVES_user "every capability in it, and so the kernel code behind mounts and netfilter"
#define GIVES_mnt "mounts that the rest of the sandbox, and who looks at it, does not see"
#define GIVES_pid "processes whose numbers nobody outside of it knows"
#define GIVES_net "a network without the rules of the sandbox's, and its code to attack"
#define GIVES_ipc "queues and segments that the limits of the sandbox's do not count"
#define GIVES_uts "a host name that differs from the one the sandbox was given"
#define GIVES_cgroup "a hidden place in the tree of groups, to mount and rule from there"
#define GIVES_time "another boot time and monotonic clock for the programs it starts"
#define WEIGHT_user 5, FILTER
#define WEIGHT_mnt 3, ADMIN
#define WEIGHT_pid 2, ADMIN
#define WEIGHT_net 3, ADMIN
#define WEIGHT_ipc 1, ADMIN
#define WEIGHT_uts 1, ADMIN
#define WEIGHT_cgroup 2, ADMIN
#define WEIGHT_time 1, ADMIN
#define ADMIN .caps = CAP(SYS_ADMIN), .cure = "--cap-drop SYS_ADMIN"

#define NEW(how, kind)                                  \
	{.id = #how "-" #kind,                          \
	 .what = "make a " #kind " namespace by " #how, \
	 .gives = GIVES_##kind,                         \
	 .weight = WEIGHT_##kind,                       \
	 .run = how##_##kind},
#define NEWS(kind, flag) NEW(unshare, kind) NEW(clone, kind) NEW(clone3, kind)

#define FILTER .cure = "--security-opt seccomp=builtin"
#define HOST \
	.caps = CAP(SYS_ADMIN) | CAP(SYS_PTRACE), .in_first = true, .cure = "--cap-drop SYS_ADMIN"
#define ROW(id_, weight_, run_, what_, gives_, ...) \
	{.id = id_, .what = what_, .gives = gives_, .weight = weight_, .run = run_, __VA_ARGS__},

/* clang-format off: the commas are those of the macros */
const struct attack attacks_ns[] = {
	KINDS(NEWS) NEW(unshare, time) NEW(clone3, time) ROW(
		"nested-userns-mount", 6, nested_mount, "mount in a new user namespace",
		"file systems of every kind, set up by data that the attacker chose",
		FILTER) ROW("clone3-behind-filter", 5, clone3_behind,
			    "a user namespace behind a filter",
			    "what the filter forbids: it cannot see the flags of clone3",
			    FILTER) ROW("userns-map-root", 5, map_root,
					"map user 0 into a user namespace",
					"user 0's rights over its files for who is another user",
					.caps = CAP(SETUID) | CAP(SETFCAP),
					.cure = "--cap-drop SETUID")
		ROW("setns-init", 9, setns_init, "join the namespaces of process 1",
		    "the host's files, processes and network",
		    HOST) ROW("setns-host", 9, setns_host, "join another process's namespaces",
			      "the files, processes and network of the host, or of another sandbox",
			      HOST)
			ROW("setns-pidfd", 2, setns_pidfd, "join a namespace by a pidfd",
			    "the namespaces of each process that it may trace, without /proc",
			    ADMIN) ROW("ns-walk", 9, ns_walk, "walk over namespaces to the host's",
				       "the host's files, though none of its processes is to be seen",
				       .caps = CAP(SYS_ADMIN), .in_first = true, .ns = IN(MNT),
				       .cure = "--cap-drop SYS_ADMIN")
				ROW("sethostname", 1, set_hostname, "set the host name",
				    "a name of another host in logs and prompts; outside of a sandbox, the host's",
				    ADMIN)
					ROW("setdomainname", 1, set_domainname,
					    "set the NIS domain name",
					    "another domain for programs that ask NIS; outside of a sandbox, the host's",
					    ADMIN){0},
};
/* clang-format on */
