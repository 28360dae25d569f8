/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_remover.c - a bystander that takes real root's directory away when the launcher is through.
 *
 * The root of the tree of groups has mode 0555. Who removes a directory from it needs
 * CAP_DAC_OVERRIDE, uid 0 or not, and the launcher gives up all capabilities once the workload runs:
 * it can remove the sandbox's group from /pillbox, and not /pillbox. To leave it that capability
 * would leave it every file of the host. So a process stands by that has it, waits for one signal, and
 * can do nothing with it but remove directories.
 *
 * It acts when the launcher says so, or is dead: both are the same signal, from the launcher or in its
 * name from the kernel. EBUSY is a good answer: another sandbox uses it.
 *
 * Should: be there for real root only, who is the only one with a directory at that place; cost the
 * launcher no descriptor.
 * Mustn't: go for anybody else's signal, or be waited for without being told to go.
 */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervise.h"

/* The launcher's word, or its death: nobody else's signal has its pid in it. */
static void wait_for(pid_t launcher)
{
	siginfo_t info = {0};
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, REMOVER_GO);
	while (sigwaitinfo(&set, &info) < 0 || info.si_pid != launcher)
		if (getppid() != launcher)
			return;
}

static _Noreturn void remover_main(pid_t launcher, int top, int ready)
{
	const struct mini_rule rules[] = {
		{.nr = __NR_rt_sigtimedwait},
		{.nr = __NR_getppid},
		{.nr = __NR_write, .n_args = 1, .args = {{0, (uint32_t)ready}}},
		{.nr = __NR_unlinkat, .n_args = 2, .args = {{0, (uint32_t)top}, {2, AT_REMOVEDIR}}},
		{.nr = __NR_close},
		{.nr = __NR_exit_group},
		{.nr = __NR_rt_sigreturn},
		{.nr = __NR_restart_syscall},
	};
	const int keep[] = {top, ready};
	struct err unused = {0};
	sigset_t all;

	/* Out of reach of keys and hang-ups: it is needed most when the launcher is killed. */
	(void)sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, NULL) || setsid() < 0 || chdir("/") ||
	    prctl(PR_SET_PDEATHSIG, REMOVER_GO, 0, 0, 0) || getppid() != launcher ||
	    close_all_but(keep, ARRAY_SIZE(keep)) ||
	    confine_process_with("pillbox-remover", 1ULL << CAP_DAC_OVERRIDE, rules,
				 ARRAY_SIZE(rules), &unused) ||
	    write(ready, "", 1) != 1)
		_exit(EXIT_SETUP);
	(void)close(ready);
	wait_for(launcher);
	(void)unlinkat(top, CGROUP_ROOT_DIR, AT_REMOVEDIR);
	_exit(0);
}

int cgroup_remover_start(struct run *r, int top, struct err *err)
{
	auto_close int from = -1;
	pid_t launcher = getpid();
	int ready[2];
	char byte;
	ssize_t n;
	pid_t pid;

	if (r->remover > 0)
		return 0;
	if (pipe2(ready, O_CLOEXEC) < 0)
		return err_set(err, errno, "pipe from the remover");
	from = ready[0];
	pid = fork();
	if (pid == 0)
		remover_main(launcher, top, ready[1]);
	(void)close(ready[1]); /* or our own copy would keep EOF from us */
	if (pid < 0)
		return err_set(err, errno, "fork of the remover");
	r->remover = pid;
	do
		n = read(from, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1 ? 0 : err_set(err, ECHILD, "the remover ended before it was ready");
}

void cgroup_remover_end(struct run *r)
{
	if (r->remover <= 0)
		return;
	(void)kill(r->remover, REMOVER_GO); /* ours and not reaped, so the pid is still its own */
	(void)waitpid(r->remover, NULL, 0);
	r->remover = 0;
}
