/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard - a bystander that acts when the launcher is killed.
 *
 * What the launcher promises "whatever happens" it cannot keep itself once it got SIGKILL. The
 * kernel keeps one promise for it: pid 1 dies with its parent (step leash). It does not when pid 1
 * is the workload, which can take its own leash off; and no kernel puts a terminal's mode back. For
 * those two cases a process stands by that waits for two deaths and can do two things.
 *
 * Should: outlive the launcher, in a session of its own, out of reach of keys and hang-ups.
 * Mustn't: hold anything but two pidfds and the terminal; stay when its work is done.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "supervise.h"
#include "sys.h"

/* The descriptors it keeps, by their place; the last one only until it is ready. */
enum { GUARD_TERMINAL, GUARD_LAUNCHER, GUARD_SANDBOX, GUARD_READY, GUARD_FDS };

static bool guard_wanted(const struct run *r)
{
	return !r->spec->has_init || r->plan->has_tty;
}

static void guard_show(const struct run *r, struct show *out)
{
	if (!r->spec->has_init)
		show(out, "when_launcher_dies", "kill the sandbox");
	if (r->plan->has_tty)
		show(out, "when_launcher_dies", "put the terminal's mode back");
}

/* Only what is still as the launcher left it: a shell that took over has set its own. */
static void restore_terminal(const struct run *r)
{
	struct termios now, raw;

	if (!r->has_tty_saved || tcgetattr(GUARD_TERMINAL, &now))
		return;
	tty_raw_mode(r, &raw);
	if (tty_same_mode(&now, &raw))
		(void)tcsetattr(GUARD_TERMINAL, TCSANOW,
				&r->tty_saved); /* hung up: nothing to do */
}

static void guard_loop(struct run *r)
{
	struct pollfd p[] = {{.fd = GUARD_LAUNCHER, .events = POLLIN},
			     {.fd = GUARD_SANDBOX, .events = POLLIN}};

	for (;;) {
		if (poll(p, ARRAY_SIZE(p), -1) < 0 && errno != EINTR)
			break;
		if (p[0].revents) {
			sandbox_kill(GUARD_SANDBOX);
			restore_terminal(r);
			_exit(0);
		}
		/* The launcher ends us when it is done with the terminal: see guard_undo(). */
		if (p[1].revents)
			p[1].fd = -1;
	}
}

/* *ready moves to its place on the way, so that the caller can still report what comes after. */
static int guard_settle(struct run *r, int *ready, struct err *err)
{
	static const struct mini_rule rules[] = {
#ifdef __NR_poll
		{.nr = __NR_poll},
#endif
		{.nr = __NR_ppoll},
		{.nr = __NR_pidfd_send_signal},
		{.nr = __NR_write, .n_args = 1, .args = {{0, GUARD_READY}}},
		{.nr = __NR_close},
		{.nr = __NR_exit_group},
		{.nr = __NR_rt_sigreturn},
		{.nr = __NR_restart_syscall},
		MINI_IOCTL(TCGETS),
		MINI_IOCTL(TCSETS),
		/* TCGETS2 and TCSETS2, for later C libraries. */
		MINI_IOCTL(_IOC(_IOC_READ, 'T', 0x2A, 44)),
		MINI_IOCTL(_IOC(_IOC_WRITE, 'T', 0x2B, 44)),
	};
	static const int keep[] = {GUARD_TERMINAL, GUARD_LAUNCHER, GUARD_SANDBOX, GUARD_READY};
	const int from[] = {r->launcher, r->pidfd, *ready};
	sigset_t all;
	int rc;

	/* Everything, SIGTTOU too: from the background it would stop us at the last moment. */
	(void)sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, NULL) || setsid() < 0 || chdir("/"))
		return err_set(err, errno, "leave the launcher's session");
	rc = bystander_places(from, ARRAY_SIZE(from), GUARD_LAUNCHER, err);
	if (rc)
		return rc;
	*ready = GUARD_READY;
	if (close_all_but(keep, ARRAY_SIZE(keep)))
		return err_set(err, errno, "close descriptors");
	return confine_process("pillbox-guard", rules, ARRAY_SIZE(rules), err);
}

static const struct bystander guard = {"pillbox-guard", guard_settle, guard_loop};

static int guard_run(struct run *r, struct err *err)
{
	int rc;

	if (r->plan->has_tty)
		(void)tty_save(r); /* false: stdin is no terminal, nothing to put back */
	/* Before the fork, or it could be asked for a pid that is somebody else's by then. */
	r->launcher = sys_pidfd_open(getpid(), 0);
	if (r->launcher < 0)
		return err_set(err, -r->launcher, "pidfd of the launcher");
	rc = bystander_start(r, &guard, &r->guard, err);
	(void)close(take_fd(&r->launcher));
	return rc;
}

static void guard_undo(struct run *r)
{
	if (r->guard <= 0)
		return;
	/* Ours and not reaped, so the pid is still its own. Not killed it ends a moment after us. */
	if (!kill(r->guard, SIGKILL))
		(void)waitpid(r->guard, NULL, 0);
	r->guard = 0;
}

static int guard_verify(const struct run *r, struct err *err)
{
	return bystander_verify(&guard, r->guard, err);
}

static const struct hint guard_hints[] = {
	{EAGAIN, "the limit on processes is reached: ulimit -u, or pids.max of the cgroup"},
	{0, NULL},
};

const struct step step_guard = {
	.id = "guard",
	.what = "a process outside that, when the launcher is killed, kills the sandbox and puts the "
		"terminal back",
	.why = "after clone, since it needs the sandbox's pidfd; before anything that could fail or "
	       "take long, so that no moment is left in which a killed launcher leaves something",
	.refs = "pidfd_open(2), pidfd_send_signal(2), setsid(2)",
	.calls = "fork()",
	.side = PARENT,
	.wanted = guard_wanted,
	.by = "a terminal of its own, or --no-init",
	.show = guard_show,
	.no_tool =
		"pdeathsig and --kill-child tie each of these shells to the one before, which is what "
		"the guard is for; but a command that is pid 1 itself could take its own tie off",
	.run = guard_run,
	.undo = guard_undo,
	.verify = guard_verify,
	.hints = guard_hints,
};
