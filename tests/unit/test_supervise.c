/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The launcher's later life, as far as it can be tried without a sandbox: which signal means what,
 * which status is believed, and the small filters, on live processes.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "minifilter.h"
#include "runner.h"
#include "supervise.h"

Test(supervise, signals)
{
	sigset_t set;

	cr_assert_eq(signal_rule(SIGTERM), SIGNAL_STOP);
	cr_assert_eq(signal_rule(SIGINT), SIGNAL_PASS);
	cr_assert_eq(signal_rule(SIGHUP), SIGNAL_PASS);
	cr_assert_eq(signal_rule(SIGRTMIN + 3), SIGNAL_PASS);
	cr_assert_eq(signal_rule(SIGPIPE), SIGNAL_DROP);
	cr_assert_eq(signal_rule(SIGSEGV), SIGNAL_FATAL);
	supervise_signals(&set);
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		if (sig < 32 || sig >= SIGRTMIN)
			cr_assert_eq(sigismember(&set, sig), signal_rule(sig) != SIGNAL_FATAL,
				     "signal %d", sig);
}

Test(supervise, exit_status)
{
	cr_assert_eq(exit_status(CLD_EXITED, 0), 0);
	cr_assert_eq(exit_status(CLD_EXITED, 255), 255);
	cr_assert_eq(exit_status(CLD_KILLED, SIGKILL), 137);
	cr_assert_eq(exit_status(CLD_DUMPED, SIGSEGV), 139);
}

/* A wait status as wait(2) packs it. */
static int packed(int code, int sig)
{
	return code << 8 | sig;
}

Test(supervise, page_is_not_trusted)
{
	struct page page = {0};
	int sig = -1;

	/* The page says killed by 9, init's own end agrees. */
	page.has_status = 1;
	page.status = packed(0, SIGKILL);
	cr_assert_eq(workload_status(&page, true, CLD_EXITED, 137, &sig), 137);
	cr_assert_eq(sig, SIGKILL);
	/* The page says so, and init's own end does not. */
	cr_assert_eq(workload_status(&page, true, CLD_EXITED, 1, &sig), 1);
	cr_assert_eq(sig, 0);
	/* It exited with 137 by itself. */
	page.status = packed(137, 0);
	cr_assert_eq(workload_status(&page, true, CLD_EXITED, 137, &sig), 137);
	cr_assert_eq(sig, 0);
	/* A page that claims success after a failure, and one with rubbish in it. */
	page.status = packed(0, 0);
	cr_assert_eq(workload_status(&page, true, CLD_EXITED, 1, &sig), 1);
	page.status = -1;
	cr_assert_eq(workload_status(&page, true, CLD_EXITED, 3, &sig), 3);
	cr_assert_eq(sig, 0);
	page.status = packed(0, SIGTERM);
	cr_assert_eq(workload_status(&page, true, CLD_KILLED, SIGKILL, &sig), 137);
	cr_assert_eq(sig, SIGKILL);
	cr_assert_eq(workload_status(&page, false, CLD_EXITED, 143, &sig), 143);
	cr_assert_eq(sig, 0);
}

/* Run `fn` in a child under the filter; the wait status. */
static int under(const struct mini_rule *rules, size_t n, int (*fn)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || minifilter_load(rules, n))
			_exit(99);
		_exit(fn());
	}
	cr_assert_gt(pid, 0);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static const struct mini_rule few[] = {
	{.nr = __NR_exit_group},
	{.nr = __NR_umask, .action = SECCOMP_RET_ERRNO | EXDEV},
	{.nr = __NR_kill, .n_args = 2, .args = {{0, 1}, {1, 0}}},
	{.nr = __NR_fsync, .n_args = 1, .args = {{0, 1}}},
	{.nr = __NR_fsync, .n_args = 1, .args = {{0, 2}}},
};

static int do_nothing(void)
{
	return 7;
}

static int do_getppid(void)
{
	return (int)syscall(SYS_getppid) & 0;
}

static int do_umask(void)
{
	return syscall(SYS_umask, 0) == -1 && errno == EXDEV ? 8 : 1;
}

static int do_kill_match(void)
{
	(void)syscall(SYS_kill, 1, 0);
	return 9;
}

static int do_kill_second_differs(void)
{
	(void)syscall(SYS_kill, 1, SIGWINCH);
	return 9;
}

static int do_kill_first_differs(void)
{
	(void)syscall(SYS_kill, 2, 0);
	return 9;
}

static int do_fsync_second_rule(void)
{
	(void)syscall(SYS_fsync, 1);
	(void)syscall(SYS_fsync, 2);
	return 10;
}

static int do_fsync_other(void)
{
	(void)syscall(SYS_fsync, 0);
	return 10;
}

#define assert_exit(fn, code)                                                                  \
	do {                                                                                   \
		int s_ = under(few, sizeof(few) / sizeof(few[0]), fn);                         \
		cr_assert(WIFEXITED(s_) && WEXITSTATUS(s_) == (code), #fn ": status %#x", s_); \
	} while (0)

#define assert_killed(fn)                                                                     \
	do {                                                                                  \
		int s_ = under(few, sizeof(few) / sizeof(few[0]), fn);                        \
		cr_assert(WIFSIGNALED(s_) && WTERMSIG(s_) == SIGSYS, #fn ": status %#x", s_); \
	} while (0)

Test(minifilter, live)
{
	assert_exit(do_nothing, 7);
	assert_killed(do_getppid);
	assert_exit(do_umask, 8);
	assert_exit(do_kill_match, 9);
	assert_killed(do_kill_second_differs);
	assert_killed(do_kill_first_differs);
	assert_exit(do_fsync_second_rule, 10);
	assert_killed(do_fsync_other);
}

#if defined(__x86_64__)
static int do_x32(void)
{
	(void)syscall(0x40000000L | SYS_fsync, 1);
	return 1;
}

/* fgetxattr by the 32-bit table, where its number is that of exit_group, which is allowed. */
static int do_int80(void)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"((long)__NR_exit_group), "b"(-1L), "c"(0L), "d"(0L), "S"(0L)
			 : "memory", "cc");
	return (int)(ret & 0);
}

Test(minifilter, other_tables)
{
	assert_killed(do_x32);
	assert_killed(do_int80);
}
#endif

Test(minifilter, too_long)
{
	struct sock_filter insn[8];

	cr_assert_eq(minifilter_build(few, sizeof(few) / sizeof(few[0]), insn, 8), -E2BIG);
}

Test(confine, close_all_but)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		const int keep[] = {20, -1, 2, 7, 20};

		for (int fd = 3; fd < 25; fd++)
			if (dup2(2, fd) < 0)
				_exit(90);
		if (close_all_but(keep, 5))
			_exit(91);
		for (int fd = 0; fd < 30; fd++)
			if ((fcntl(fd, F_GETFD) >= 0) != (fd == 2 || fd == 7 || fd == 20))
				_exit(100 + fd);
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0, "status %#x", status);
}

Test(confine, process)
{
	static const struct mini_rule rules[] = {{.nr = __NR_exit_group}, {.nr = __NR_prctl}};
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct err err = {0};

		if (confine_process("t", rules, 2, &err))
			_exit(1);
		if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) ||
		    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
			_exit(2);
		if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER)
			_exit(3);
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0, "status %#x", status);
}

#if !HAS_ASAN /* whose runtime needs memory, and has rules of its own for it */
static bool can_gain_exec(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page != MAP_FAILED && !mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

/* The filter is left open here for the calls in question: what refuses is not the filter. */
Test(confine, no_memory_becomes_executable)
{
	static const struct mini_rule rules[] = {
		{.nr = __NR_exit_group}, {.nr = __NR_mmap}, {.nr = __NR_mprotect}};
	int status;
	pid_t pid;

	if (prctl(66 /* PR_GET_MDWE */, 0, 0, 0, 0) < 0)
		cr_skip_test("Linux 6.3 has PR_SET_MDWE");
	pid = fork();
	if (pid == 0) {
		struct err err = {0};

		if (!can_gain_exec()) /* the counterpart */
			_exit(1);
		if (confine_process("t", rules, 3, &err))
			_exit(2);
		_exit(can_gain_exec() ? 3 : 0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0, "status %#x", status);
}

Test(confine, the_launcher_gets_no_memory)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct err err = {0};
		struct run run;
		void *volatile big;

		run_init(&run, NULL);
		big = malloc(64 << 20); /* the counterpart */
		if (!big || confine_launcher(&run, NULL, 0, &err))
			_exit(1);
		big = malloc(64 << 20);
		if (big || syscall(SYS_brk, 0))
			_exit(2);
		for (int i = 0; i < 10000; i++) /* 10 MB in small pieces: the heap's end */
			big = malloc(1000);
		_exit(big ? 3 : 0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0, "status %#x", status);
}
#endif
