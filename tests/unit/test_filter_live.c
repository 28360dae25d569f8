/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_filter_live.c - the filter steps, and the built-in programs on the running kernel.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "builtin_filter.h"
#include "step.h"

#define BIT(cap) (1ULL << (cap))

static struct err err;
static struct arena arena;
static struct spec spec;
static struct plan plan;
static struct run run;

static void set_up(enum preset_id preset)
{
	memset(&err, 0, sizeof(err));
	memset(&spec, 0, sizeof(spec));
	memset(&plan, 0, sizeof(plan));
	memset(&run, 0, sizeof(run));
	cr_assert(arena_init(&arena, &err) == 0);
	spec.arena = &arena;
	spec.preset = preset;
	spec.no_new_privs = true;
	spec.verify = true;
	spec.no_cache = true; /* the tests of that: test_profile_cache.c */
	plan.kernel = 6012;
	run.spec = &spec;
	run.plan = &plan;
	run.workload = -1;
}

/* ---- filter-compile ----------------------------------------------------------------------- */

Test(filter_step, prebuilt_where_it_fits)
{
	set_up(PRESET_HARDENED);
	cr_assert(step_filter_compile.run(&run, &err) == 0, "%s", err.msg);
	cr_expect(plan.filter == builtin_filters[0].insns && plan.n_filter == builtin_filters[0].n);
	cr_expect(strcmp(plan.filter_name, "built-in profile default") == 0);

	set_up(PRESET_HARDENED);
	spec.caps = BIT(CAP_NET_BIND_SERVICE); /* no rule depends on it */
	cr_assert(step_filter_compile.run(&run, &err) == 0);
	cr_expect(plan.filter == builtin_filters[0].insns);

	set_up(PRESET_HARDENED);
	spec.caps = BIT(CAP_SYS_PTRACE);
	cr_assert(step_filter_compile.run(&run, &err) == 0, "%s", err.msg);
	cr_expect(plan.filter && plan.filter != builtin_filters[0].insns);

	set_up(PRESET_DOCKER);
	spec.caps = builtin_filters[2].caps;
	cr_assert(step_filter_compile.run(&run, &err) == 0);
	cr_expect(plan.filter == builtin_filters[2].insns);
	spec.caps &= ~BIT(CAP_SYS_CHROOT);
	cr_assert(step_filter_compile.run(&run, &err) == 0);
	cr_expect(plan.filter != builtin_filters[2].insns);
}

static int compile_file(const char *text)
{
	char path[] = "/tmp/pillbox-profile-XXXXXX";
	int fd = mkstemp(path), rc;

	cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	set_up(PRESET_HARDENED);
	spec.filter = FILTER_FILE;
	spec.filter_file = path;
	rc = step_filter_compile.run(&run, &err);
	close(fd);
	unlink(path);
	return rc;
}

Test(filter_step, file)
{
	cr_expect(compile_file("{\"defaultAction\": \"SCMP_ACT_LOG\"}") == 0, "%s", err.msg);
	cr_expect(plan.filter && plan.n_filter > 1);
	cr_expect(compile_file("{\n\"defaultAction\"\n") == -EINVAL && !plan.filter);
	cr_expect(strstr(err.msg, "/tmp/pillbox-profile-") && strstr(err.msg, ":2:16:"), "%s",
		  err.msg);

	set_up(PRESET_HARDENED);
	spec.filter = FILTER_FILE;
	spec.filter_file = "/nonexistent.json";
	cr_expect(step_filter_compile.run(&run, &err) == -ENOENT && err.num == ENOENT);
	cr_expect(strstr(err.msg, "seccomp=/nonexistent.json"));
	memset(&err, 0, sizeof(err));
	spec.filter_file = "/dev/zero";
	cr_expect(step_filter_compile.run(&run, &err) == -EINVAL);
	memset(&err, 0, sizeof(err));
	spec.filter_file = "/proc/self";
	cr_expect(step_filter_compile.run(&run, &err) == -EISDIR);
	cr_expect(!plan.filter);
}

Test(filter_step, wanted)
{
	set_up(PRESET_HARDENED);
	cr_expect(step_filter_compile.wanted(&run) && step_filter.wanted(&run) &&
		  !step_filter_early.wanted(&run));
	spec.no_new_privs = false;
	cr_expect(!step_filter.wanted(&run) && step_filter_early.wanted(&run));
	spec.filter = FILTER_UNCONFINED;
	cr_expect(!step_filter_compile.wanted(&run) && !step_filter.wanted(&run) &&
		  !step_filter_early.wanted(&run));
}

/* ---- in a process of its own -------------------------------------------------------------- */

/* Run fn in a child with the preset's filter; its result, or -signal. */
static int in_sandbox(enum preset_id preset, long (*fn)(void))
{
	int status;
	pid_t pid;

	set_up(preset);
	spec.caps = preset == PRESET_DOCKER ? builtin_filters[2].caps : 0;
	cr_assert(step_filter_compile.run(&run, &err) == 0);
	pid = fork();
	cr_assert(pid >= 0);
	if (pid == 0) {
		struct err e = {0};

		prctl(PR_SET_DUMPABLE, 0);
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || step_filter.run(&run, &e))
			_exit(255);
		errno = 0;
		_exit(fn() < 0 ? errno : 0);
	}
	cr_assert(waitpid(pid, &status, 0) == pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static long do_nothing(void)
{
	return 0;
}
static long do_getpid(void)
{
	return syscall(SYS_getpid);
}
static long do_unshare(void)
{
	return syscall(SYS_unshare, CLONE_NEWUSER);
}
static long do_clone3(void)
{
	return syscall(SYS_clone3, NULL, 0);
}
static long do_999(void)
{
	return syscall(999);
}
static long do_setns(void)
{
	return syscall(SYS_setns, -1, 0);
}
static long do_tiocsti(void)
{
	return syscall(SYS_ioctl, -1, 0x5412UL, "x");
}
static long do_tiocsti_high(void)
{
	return syscall(SYS_ioctl, -1, 0x100005412UL, "x");
}
static long do_tcgets(void)
{
	return syscall(SYS_ioctl, -1, 0x5401UL, 0);
}
static long do_clone_user(void)
{
	return syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
}
static long do_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}
static long do_inet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}
static long do_alg(void)
{
	return socket(AF_ALG, SOCK_SEQPACKET, 0);
}
static long do_alg_high(void)
{
	return syscall(SYS_socket, 0x100000000UL | AF_ALG, SOCK_SEQPACKET, 0);
}
static long do_netfilter(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 12);
}
static long do_uring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL);
}
static long do_memfd(void)
{
	return syscall(SYS_memfd_create, "x", 0);
}
static long do_x32(void)
{
	return syscall(0x40000000 + 39);
}
static long do_mknod(void)
{
	return mknod("/tmp", S_IFCHR | 0600, 0x103);
}

static long do_fork(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(0);
	return pid < 0 || waitpid(pid, &status, 0) != pid ? -1 : status;
}

static long do_int80(void)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "0"(20L) : "memory");
	return ret < 0 ? (errno = (int)-ret, -1) : 0;
}

static const struct {
	const char *what;
	long (*fn)(void);
	int hardened, strict, docker;
} live[] = {
	{"getpid", do_getpid, 0, 0, 0},
	{"fork", do_fork, 0, 0, 0},
	{"unshare", do_unshare, EPERM, EPERM, EPERM},
	{"clone3", do_clone3, ENOSYS, ENOSYS, ENOSYS},
	{"call 999", do_999, ENOSYS, ENOSYS, ENOSYS},
	{"setns", do_setns, EPERM, EPERM, EPERM},
	{"TIOCSTI", do_tiocsti, EPERM, EPERM, EBADF},
	{"TIOCSTI with a high bit", do_tiocsti_high, EPERM, EPERM, EBADF},
	{"TCGETS", do_tcgets, EBADF, EBADF, EBADF},
	{"clone(CLONE_NEWUSER)", do_clone_user, EPERM, EPERM, EPERM},
	{"AF_UNIX", do_unix, 0, 0, 0},
	{"AF_INET", do_inet, 0, EPERM, 0},
	{"AF_ALG", do_alg, EPERM, EPERM, EPERM},
	{"AF_ALG with a high bit", do_alg_high, EPERM, EPERM, -1},
	{"netfilter", do_netfilter, EPERM, EPERM, -1},
	{"io_uring", do_uring, EPERM, EPERM, EPERM},
	{"memfd_create", do_memfd, 0, ENOSYS, 0},
	{"int $0x80", do_int80, -SIGSYS, -SIGSYS, -1},
	{"x32", do_x32, -SIGSYS, -SIGSYS, -1},
	{"mknod of a device", do_mknod, EPERM, EPERM, -1},
};

/* -1: whatever the kernel says, but not killed by the filter */
static void expect_live(enum preset_id preset, size_t i, int want)
{
	int got = in_sandbox(preset, live[i].fn);

	if (want == -1)
		cr_expect(got >= 0, "%s: %s: %d", preset_name(preset), live[i].what, got);
	else
		cr_expect(got == want, "%s: %s: %d and not %d", preset_name(preset), live[i].what,
			  got, want);
}

Test(filter_live, answers)
{
	for (size_t i = 0; i < ARRAY_SIZE(live); i++) {
		expect_live(PRESET_HARDENED, i, live[i].hardened);
		expect_live(PRESET_STRICT, i, live[i].strict);
		expect_live(PRESET_DOCKER, i, live[i].docker);
	}
}

Test(filter_live, needs_no_new_privs)
{
	int status;
	pid_t pid;

	set_up(PRESET_STRICT);
	cr_assert(step_filter_compile.run(&run, &err) == 0);
	pid = fork();
	cr_assert(pid >= 0);
	if (pid == 0) {
		struct err e = {0};

		/* without a capability and without no_new_privs the kernel refuses, and so do we */
		if (geteuid() == 0 && syscall(SYS_setresuid, 65534, 65534, 65534))
			_exit(254);
		_exit(step_filter.run(&run, &e) == -EACCES && e.num == EACCES ? 0 : 253);
	}
	cr_assert(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	cr_expect(WEXITSTATUS(status) == 0, "%d", WEXITSTATUS(status));
}

/* verify sees a filter that is there, and one that is not. */
static int verify_child(bool has_filter, unsigned extra)
{
	int ready[2], status, rc;
	char byte;

	set_up(PRESET_HARDENED);
	cr_assert(step_filter_compile.run(&run, &err) == 0 && pipe(ready) == 0);
	plan.n_filters_outside += extra;
	run.child = fork();
	cr_assert(run.child >= 0);
	if (run.child == 0) {
		struct err e = {0};

		if (has_filter &&
		    (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || step_filter.run(&run, &e)))
			_exit(1);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	cr_assert(read(ready[0], &byte, 1) == 1);
	rc = step_filter.verify(&run, &err);
	kill(run.child, SIGKILL);
	waitpid(run.child, &status, 0);
	close(ready[0]);
	close(ready[1]);
	return rc;
}

Test(filter_live, verify)
{
	cr_expect(verify_child(true, 0) == 0, "%s", err.msg);
	cr_expect(verify_child(false, 0) != 0 && strstr(err.msg, "eccomp"), "%s", err.msg);
	/* only the caller's own filters are there */
	cr_expect(verify_child(true, 1) != 0 && strstr(err.msg, "ours is not loaded"), "%s",
		  err.msg);
	cr_expect(in_sandbox(PRESET_HARDENED, do_nothing) == 0);
}
