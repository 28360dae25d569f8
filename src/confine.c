/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine - what pillbox takes away from its own processes once the sandbox runs.
 *
 * The launcher stays outside for as long as the workload runs, with the caller's rights, and reads
 * what the workload writes. A mistake in that code should be worth nothing: no capabilities, no
 * debugger's way in, no files, about twenty system calls, and no more memory than it has.
 *
 * Should: leave a process only what its loop needs; fail when that cannot be had.
 * Mustn't: touch the sandbox, or be called before the last thing that needs the rights is done.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "cgroup.h"
#include "supervise.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65 /* Linux 6.3 */
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

#if HAS_ASAN
/*
 * The leak check at exit traces its own process, which neither the missing dump flag nor the
 * filter allows. A confined process answers "off" instead of failing with a false alarm.
 */
static int is_confined;
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return is_confined;
}
#endif

static int drop_caps(uint64_t keep, struct err *err)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct left[_LINUX_CAPABILITY_U32S_3] = {0};

	/* Without CAP_SETPCAP the bounding set stays; no_new_privs makes it worthless anyway. */
	for (unsigned long cap = 0;; cap++) {
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) < 0) {
			if (errno != EINVAL) /* that is the end of the kernel's capabilities */
				return err_set(err, errno, "read the bounding set");
			break;
		}
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0)) {
			if (errno != EPERM)
				return err_set(err, errno, "empty the bounding set");
			break;
		}
	}
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
		return err_set(err, errno, "clear ambient capabilities");
	/* Lowering the permitted set, unlike raising it, keeps the parent-death signal. */
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		left[i].effective = left[i].permitted = (uint32_t)(keep >> (32 * i));
	if (syscall(SYS_capset, &head, left))
		return err_set(err, errno, "drop capabilities");
	return 0;
}

int confine_process(const char *name, const struct mini_rule *rules, size_t n, struct err *err)
{
	return confine_process_with(name, 0, rules, n, err);
}

int confine_process_with(const char *name, uint64_t caps, const struct mini_rule *rules, size_t n,
			 struct err *err)
{
	int ret;

	if (name && prctl(PR_SET_NAME, name, 0, 0, 0))
		return err_set(err, errno, "name the process %s", name);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return err_set(err, errno, "make the process undumpable");
	/*
	 * No memory becomes executable any more, whatever system calls should be had. An older kernel
	 * does not know it (EINVAL), a processor cannot hold it (ENOTSUP): the filter has no mprotect
	 * and no mmap anyway.
	 */
	if (prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) && errno != EINVAL &&
	    errno != ENOTSUP && errno != ENOSYS)
		return err_set(err, errno, "no more executable memory");
	ret = drop_caps(caps, err);
	if (ret)
		return ret;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return err_set(err, errno, "no_new_privs for pillbox itself");
#if HAS_ASAN
	is_confined = 1;
#endif
	ret = minifilter_load(rules, n);
	if (ret)
		return err_set(err, -ret, "load the filter for pillbox itself");
	return 0;
}

int close_all_but(const int *keep, size_t n)
{
	unsigned from = 0;

	for (;;) {
		int next = -1; /* the smallest kept descriptor that is not below `from` */

		for (size_t i = 0; i < n; i++)
			if (keep[i] >= 0 && (unsigned)keep[i] >= from &&
			    (next < 0 || keep[i] < next))
				next = keep[i];
		if (next < 0)
			return close_range(from, ~0U, 0) ? -errno : 0;
		if ((unsigned)next > from && close_range(from, (unsigned)next - 1, 0))
			return -errno;
		from = (unsigned)next + 1;
	}
}

/* The termios2 requests that later C libraries use: number, and the size of their struct. */
#define TERMIOS2(dir, nr) MINI_IOCTL(_IOC((dir), 'T', (nr), 44))
/* A failed answer instead of death: the allocator takes no for an answer and returns NULL. */
#define REFUSE(call, num)                                         \
	{                                                         \
		.nr = (call), .action = SECCOMP_RET_ERRNO | (num) \
	}

static const struct mini_rule launcher_rules[] = {
#ifdef __NR_poll
	{.nr = __NR_poll},
#endif
	{.nr = __NR_ppoll},
	{.nr = __NR_read},
	{.nr = __NR_write},
	{.nr = __NR_writev},
	{.nr = __NR_pidfd_send_signal},
	{.nr = __NR_waitid},
	{.nr = __NR_wait4},
	{.nr = __NR_clock_gettime},
	{.nr = __NR_close},
	{.nr = __NR_rt_sigprocmask},
	{.nr = __NR_rt_sigaction},
	{.nr = __NR_rt_sigreturn},
	{.nr = __NR_restart_syscall},
	{.nr = __NR_munmap},
	{.nr = __NR_exit_group},
	MINI_IOCTL(TCGETS),
	MINI_IOCTL(TCSETS),
	MINI_IOCTL(TCSETSW),
	MINI_IOCTL(TCSETSF),
	TERMIOS2(_IOC_READ, 0x2A),
	TERMIOS2(_IOC_WRITE, 0x2B),
	TERMIOS2(_IOC_WRITE, 0x2C),
	MINI_IOCTL(TIOCGWINSZ),
	MINI_IOCTL(TIOCSWINSZ),
	MINI_IOCTL(TIOCGPGRP),
	/* 0 is a "break" below every request, which brk(2) callers read as failure. */
	REFUSE(__NR_brk, 0),
	REFUSE(__NR_mmap, ENOMEM),
	REFUSE(__NR_mremap, ENOMEM),
	REFUSE(__NR_mprotect, ENOMEM),
};

/* The cgroup's undo works by one directory. An absolute path would still get through. */
#define BELOW(call, fd)                                                    \
	{                                                                  \
		.nr = (call), .n_args = 1, .args = { {0, (uint32_t)(fd)} } \
	}
#define KILL_RULE(pid, sig)                                                                \
	{                                                                                  \
		.nr = __NR_kill, .n_args = 2, .args = { {0, (uint32_t)(pid)}, {1, (sig)} } \
	}

int confine_launcher(const struct run *r, const int *terminal, size_t n_terminal, struct err *err)
{
	const struct mini_rule own[] = {
		KILL_RULE(getpid(), SIGSTOP), /* to stop with the job */
		/* the bystanders' undo */
		KILL_RULE(r->guard, SIGKILL),
		KILL_RULE(r->listens, SIGKILL),
		KILL_RULE(r->remover, REMOVER_GO),
		BELOW(__NR_openat, r->cgroup),
		BELOW(__NR_unlinkat, r->cgroup),
	};
	const bool is_own_wanted[] = {true,           r->guard > 0,   r->listens > 0,
				      r->remover > 0, r->cgroup >= 0, r->cgroup >= 0};
	struct mini_rule rules[ARRAY_SIZE(launcher_rules) + ARRAY_SIZE(own)];
	int keep[9] = {STDERR_FILENO, r->sigfd, r->pidfd, r->workload, r->cgroup};
	size_t n_keep = 5;
	size_t n = ARRAY_SIZE(launcher_rules);
	int ret;

	memcpy(rules, launcher_rules, sizeof(launcher_rules));
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (is_own_wanted[i])
			rules[n++] = own[i];
	for (size_t i = 0; i < n_terminal && n_keep < ARRAY_SIZE(keep); i++)
		keep[n_keep++] = terminal[i];
	/*
	 * When there is no more memory the C library would look for another arena, and for that count
	 * the processors, which the filter answers with death.
	 */
	(void)mallopt(M_ARENA_MAX, 1); /* fails for no value that is known */
	/* A launcher that stands in a directory keeps its file system busy. */
	if (chdir("/"))
		return err_set(err, errno, "change to /");
	ret = close_all_but(keep, n_keep);
	if (ret)
		return err_set(err, -ret, "close descriptors");
	return confine_process(NULL, rules, n, err);
}
