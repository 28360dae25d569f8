/* SPDX-License-Identifier: Apache-2.0 */
/*
 * by.c - what stopped an attack, by rule.
 *
 * Should:  ask the kernel where it can be asked (by_filter), else reason from what it shows:
 * capabilities, namespaces, flags of the mount, owner and mode. Say BY_UNKNOWN when no rule fits.
 * Mustn't: know any sandbox program, or any attack by its name.
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "caps_names.h"

/* ---- is it a filter? ------------------------------------------------------------------------- */

/* What the trial's process tells, in shared memory: it can make no call any more but the one. */
struct trial {
	volatile int listener; /* descriptor, 0: none yet, -1: there can be none */
	volatile int is_ready; /* the filter is in force */
	volatile long ret;
};

/* One number, of one architecture or of whatever (0): nothing else is called in there. */
static int filter_load(unsigned arch, long nr, unsigned action, unsigned flags)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arch, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	unsigned short skip = arch ? 0 : 2, len = sizeof(code) / sizeof(code[0]);
	struct sock_fprog prog = {.len = len - skip, .filter = code + skip};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	if (flags)
		return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0);
}

static void trial_child(const struct attempt *a, struct trial *t)
{
	int fd = filter_load(a->arch, a->nr, SECCOMP_RET_USER_NOTIF,
			     SECCOMP_FILTER_FLAG_NEW_LISTENER);

	t->listener = fd > 0 ? fd : -1;
	/* One listener in a chain of filters is all that there can be (EBUSY): then without. */
	if (fd < 0 && filter_load(a->arch, a->nr, SECCOMP_RET_TRACE, 0))
		_exit(1);
	t->is_ready = 1;
	t->ret = abi_call(a->arch, a->nr, a->args);
	_exit(0);
}

#define TRIAL_MS 4000

/* Has the call come to our listener, past all outer filters? Else the process ends by itself. */
static bool trial_notified(struct trial *t, pid_t pid, int *ret_status)
{
	bool is_notified = false;

	for (int ms = 0; ms < TRIAL_MS && !is_notified; ms++) {
		struct pollfd p = {.fd = t->listener > 0 ? t->listener : -1, .events = POLLIN};

		if (waitpid(pid, ret_status, WNOHANG) == pid)
			return false;
		is_notified = poll(&p, 1, 1) == 1 && p.revents & POLLIN;
		/* Nobody is under the filter any more: it is ending, and will soon be seen to have. */
		if (!is_notified && p.revents & POLLHUP)
			return waitpid(pid, ret_status, 0) != pid;
	}
	/* Nobody answers it: the process ends in the middle of the call, which is never made. */
	kill(pid, SIGKILL);
	waitpid(pid, ret_status, 0);
	return is_notified;
}

int by_filter(const struct attempt *a)
{
	struct trial *t;
	int status = 0, answer;
	bool is_notified;
	pid_t pid;

	if (a->nr < 0 || !a->call[0])
		return -1;
	if (fact_status("Seccomp", 10, -1) == 0)
		return 0;
	t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t == MAP_FAILED)
		return -1;
	t->ret = 0;
	/* One table of descriptors: the listener is ours as soon as it is there. */
	pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		trial_child(a, t);
	if (pid < 0) {
		munmap(t, sizeof(*t));
		return -1;
	}
	is_notified = trial_notified(t, pid, &status);
	if (is_notified)
		answer = 0;
	else if (WIFSIGNALED(status))
		answer = WTERMSIG(status) == SIGSYS ? 1 : -1;
	else if (!t->is_ready)
		answer = -1;
	else if (t->listener > 0)
		answer = t->ret < 0;
	else /* ENOSYS is ours, or an outer filter's: see the true call */
		answer = t->ret == -ENOSYS ? (a->ret == -ENOSYS ? -1 : 0) : 1;
	if (t->listener > 0)
		close(t->listener);
	munmap(t, sizeof(*t));
	return answer;
}

/* ---- the rules ------------------------------------------------------------------------------- */

static void set(struct result *r, enum by by, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void set(struct result *r, enum by by, const char *fmt, ...)
{
	va_list ap;

	r->by = by;
	va_start(ap, fmt);
	(void)vsnprintf(r->why, sizeof(r->why), fmt, ap);
	va_end(ap);
}

/* The rule about capabilities; false: it says nothing. */
static bool by_caps(const struct attack *k, struct result *r)
{
	uint64_t missing = k->caps & ~fact_caps("CapEff");
	char names[128] = "";

	if (!k->caps)
		return false;
	if (missing) {
		caps_text(missing, names, sizeof(names));
		set(r, BY_CAPABILITY, "%s missing", names);
		return true;
	}
	if (fact_first_user_ns())
		return false;
	caps_text(k->caps, names, sizeof(names));
	if (k->in_first)
		set(r, BY_NAMESPACE, "%s counts for the sandbox's user namespace only", names);
	/* A namespace obeys rights in the user namespace that it was made in: not in ours. */
	else if (k->ns && ns_is_own(k->ns - 1) != 1)
		set(r, BY_NAMESPACE, "%s counts for own namespaces, and the %s one is another's",
		    names, ns_names[k->ns - 1]);
	else
		return false;
	return true;
}

/* Rules about the file that the last call was about. */
static bool by_path(const struct attempt *a, int err, struct result *r)
{
	bool is_there = access(a->path, F_OK) == 0;
	struct statvfs fs = {0};
	char label[256] = "";
	struct stat st = {0};

	if (!a->path[0])
		return false;
	if (err == ENOENT || err == ENXIO || err == ENODEV || err == ENOTDIR) {
		set(r, BY_ABSENT, "%s is not there", a->path);
		return true;
	}
	if (err == EACCES && !is_there && access(a->path, F_OK) && errno == EACCES) {
		set(r, BY_PERMISSION, "a directory on the way to %s is closed", a->path);
		return true;
	}
	if ((err != EACCES && err != EPERM) || !is_there || statvfs(a->path, &fs) ||
	    stat(a->path, &st))
		return false;
	if (a->access & X_OK && fs.f_flag & ST_NOEXEC)
		set(r, BY_MOUNT_FLAG, "noexec on %s", a->path);
	else if ((S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) && fs.f_flag & ST_NODEV)
		set(r, BY_MOUNT_FLAG, "nodev on %s", a->path);
	else if (faccessat(AT_FDCWD, a->path, a->access, AT_EACCESS) && errno == EACCES)
		set(r, BY_PERMISSION, "%s has mode %04o, owner %u:%u", a->path,
		    (unsigned)st.st_mode & 07777, st.st_uid, st.st_gid);
	/* Owner and mode let us (access(2) asks no more than these and the mount), and yet: */
	else if (err == EACCES && fact_label(label, sizeof(label)) &&
		 strncmp(label, "unconfined", 10) != 0)
		set(r, BY_LSM, "AppArmor's %s, or Landlock: owner and mode would let us", label);
	else if (err == EACCES)
		set(r, BY_LSM, "Landlock, or another: owner and mode would let us");
	/* Security modules say EACCES (devcgroup_check_permission says EPERM). */
	else if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		set(r, BY_LIMIT, "the control group's list of devices, or the driver of %s",
		    a->path);
	else
		return false;
	return true;
}

/* Something outside that cannot be seen from here */
static bool by_namespace(const struct attack *k, int err, struct result *r)
{
	static const int unseen[] = {ESRCH,        ENOENT,        ECONNREFUSED, ENETUNREACH,
				     EHOSTUNREACH, EADDRNOTAVAIL, EINVAL,       EIDRM,
				     ENODEV,       EBADF,         ENOKEY};

	for (size_t i = 0; k->ns && i < sizeof(unseen) / sizeof(unseen[0]); i++)
		if (err == unseen[i] && ns_is_own(k->ns - 1) == 1) {
			set(r, BY_NAMESPACE, "a %s namespace of its own", ns_names[k->ns - 1]);
			return true;
		}
	return false;
}

static void by_errno(const struct attack *k, const struct attempt *a, struct result *r)
{
	int err = (int)-a->ret;
	bool is_refusal = err == EPERM || err == EACCES;

	if (err == EROFS)
		set(r, BY_MOUNT_FLAG, "ro%s%s", a->path[0] ? " on " : "", a->path);
	else if (err == ENOSYS)
		set(r, BY_KERNEL, "this kernel has no %s", a->call);
	else if (err == EOVERFLOW && !fact_first_user_ns())
		set(r, BY_NAMESPACE, "an id that this user namespace does not map");
	else if ((is_refusal && by_caps(k, r)) || by_path(a, err, r) || by_namespace(k, err, r))
		return;
	else if (err == EAFNOSUPPORT || err == EPROTONOSUPPORT || err == ESOCKTNOSUPPORT ||
		 err == EOPNOTSUPP || err == ENODEV)
		set(r, BY_KERNEL, "this kernel does not offer it");
	else
		set(r, BY_UNKNOWN, "no rule explains this answer");
}

void by_rule(const struct attack *k, const struct attempt *a, int status, struct result *r)
{
	int filter;

	if (a->end == END_HELD) {
		set(r, a->by, "%s", a->note);
		return;
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
		set(r, BY_SECCOMP, "the filter kills at %s", a->call);
		return;
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV && a->is_in_call && a->arch) {
		set(r, BY_KERNEL, "this kernel has no gate for %s", a->call);
		return;
	}
	if (WIFSIGNALED(status)) {
		set(r, BY_UNKNOWN, "killed by signal %d", WTERMSIG(status));
		return;
	}
	filter = by_filter(a);
	if (filter == 1) {
		char rest[sizeof(r->why)] = "";

		if (by_caps(k, r))
			(void)snprintf(rest, sizeof(rest), "; behind it: %.200s", r->why);
		set(r, BY_SECCOMP, "the filter refuses %s%s", a->call, rest);
	} else if (filter < 0 && a->ret == -ENOSYS) {
		set(r, BY_UNKNOWN, "a filter, or a kernel without %s", a->call);
	} else {
		by_errno(k, a, r);
		if (filter < 0 && r->by != BY_MOUNT_FLAG && r->by != BY_ABSENT)
			set(r, BY_UNKNOWN, "a filter cannot be told from other reasons here");
	}
}
