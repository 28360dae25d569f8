/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervise - the launcher's loop from exec to the end.
 *
 * One poll on the signalfd, the sandbox's pidfd and, where there is one, the terminal. All signals
 * are blocked and arrive as data, so there is no handler and no race with one. The pidfd of pid 1
 * turns readable only when the whole pid namespace is empty.
 *
 * Should: end when the sandbox ends, whoever ended it, with the workload's status.
 * Mustn't: open, allocate or parse anything: it is confined (confine.c) before it starts.
 */
#include "supervise.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay.h"
#include "sys.h"

#ifndef PIDFD_SIGNAL_PROCESS_GROUP
#define PIDFD_SIGNAL_PROCESS_GROUP (1U << 2) /* Linux 6.9 */
#endif

#define KILL_TRIES 3
#define DRAIN_MS 2000 /* for the last output, when its reader is slow */

struct loop {
	struct run *r;
	struct relay relay;
	pid_t self;
	int64_t kill_at; /* ms; -1: no stop is under way */
	bool was_killed; /* we sent SIGKILL ourselves */
};

/* What is not listed is passed on as it is. */
static const struct {
	int sig;
	enum signal_rule rule;
} signal_rules[] = {
	{SIGTERM, SIGNAL_STOP},
	{SIGTSTP, SIGNAL_TSTP},
	{SIGCONT, SIGNAL_CONT},
	{SIGWINCH, SIGNAL_RESIZE},
	{SIGCHLD, SIGNAL_CHILD},
	/* Asked for by our own reads and writes on a terminal; blocked, they fail with EIO. */
	{SIGTTIN, SIGNAL_DROP},
	{SIGTTOU, SIGNAL_DROP},
	{SIGPIPE, SIGNAL_DROP},
	/* A fault of the launcher's must end it, not wait in a queue. */
	{SIGSEGV, SIGNAL_FATAL},
	{SIGBUS, SIGNAL_FATAL},
	{SIGFPE, SIGNAL_FATAL},
	{SIGILL, SIGNAL_FATAL},
	{SIGABRT, SIGNAL_FATAL},
	{SIGTRAP, SIGNAL_FATAL},
	{SIGSYS, SIGNAL_FATAL},
	{SIGKILL, SIGNAL_FATAL},
	{SIGSTOP, SIGNAL_FATAL},
};

enum signal_rule signal_rule(int sig)
{
	for (size_t i = 0; i < ARRAY_SIZE(signal_rules); i++)
		if (signal_rules[i].sig == sig)
			return signal_rules[i].rule;
	return SIGNAL_PASS;
}

void supervise_signals(sigset_t *ret)
{
	sigset_t set;

	(void)sigfillset(&set); /* also leaves out the two signals the C library keeps to itself */
	for (int sig = 1; sig < NSIG; sig++)
		if (signal_rule(sig) == SIGNAL_FATAL)
			(void)sigdelset(&set, sig);
	*ret = set;
}

int exit_status(int code, int value)
{
	return code == CLD_EXITED ? value & 0xff : EXIT_SIGNAL + (value & 0x7f);
}

int workload_status(const struct page *page, bool has_init, int code, int value, int *ret_signal)
{
	int status = exit_status(code, value);
	int told = page->status;
	int signal = code == CLD_EXITED ? 0 : value;

	/*
	 * init ends with the workload's status, as a shell would; the page tells 137 from "killed
	 * by signal 9". A page that says something else than init's own end was not written by init.
	 */
	if (has_init && code == CLD_EXITED && page->has_status && WIFSIGNALED(told) &&
	    exit_status(CLD_KILLED, WTERMSIG(told)) == status)
		signal = WTERMSIG(told);
	*ret_signal = signal;
	return status;
}

/*
 * To the workload; with is_group to its whole process group, as the terminal would have done:
 * Ctrl-C has to end `sleep` in `sh -c 'sleep 99'` too. Gone or not allowed is no reason to stop.
 */
static void send_signal(const struct loop *l, int sig, bool is_group)
{
	int fd = l->r->workload >= 0 ? l->r->workload : l->r->pidfd;

	if (is_group && !syscall(SYS_pidfd_send_signal, fd, sig, NULL, PIDFD_SIGNAL_PROCESS_GROUP))
		return;
	(void)sys_pidfd_send_signal(fd, sig);
}

/* Whoever calls this waits for its end, so one that failed once is tried again. ESRCH: gone already. */
void sandbox_kill(int pidfd)
{
	int rc = -EINTR;

	for (int i = 0; i < KILL_TRIES && rc < 0 && rc != -ESRCH; i++)
		rc = sys_pidfd_send_signal(pidfd, SIGKILL);
}

static void kill_sandbox(struct loop *l)
{
	l->was_killed = true;
	l->kill_at = -1;
	sandbox_kill(l->r->pidfd);
}

/* Ask it to end, and see to it. A second request is passed on but does not prolong the time. */
static void stop_sandbox(struct loop *l, int sig, bool is_group)
{
	send_signal(l, sig, is_group);
	if (l->kill_at < 0 && !l->was_killed)
		l->kill_at = clock_ms() + (int64_t)l->r->spec->stop_timeout * 1000;
}

/* Stop as a job, with the caller's terminal as it was; returns when somebody sends SIGCONT. */
static void stop_self(struct loop *l)
{
	relay_leave(&l->relay);
	(void)kill(l->self, SIGSTOP);
	relay_enter(&l->relay);
}

/* Without init only the guard holds the promise that the sandbox dies with the launcher. */
static void check_guard(struct loop *l)
{
	siginfo_t info = {0};

	if (l->r->guard <= 0 || l->r->spec->has_init)
		return;
	if (!waitid(P_PID, (id_t)l->r->guard, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid)
		kill_sandbox(l);
}

static void take_signal(struct loop *l, const struct signalfd_siginfo *info)
{
	int sig = (int)info->ssi_signo;
	bool has_tty = l->r->plan->has_tty;
	bool is_key = info->ssi_code == SI_KERNEL; /* typed on the caller's terminal */

	switch (signal_rule(sig)) {
	case SIGNAL_PASS:
		send_signal(l, sig, is_key);
		break;
	case SIGNAL_STOP:
		stop_sandbox(l, l->r->spec->stop_signal, false);
		break;
	case SIGNAL_TSTP:
		if (!has_tty)
			send_signal(l, sig, is_key);
		/* On pid 1 SIGTSTP has no default action; SIGSTOP from out here has. */
		if (!has_tty && !l->r->spec->has_init)
			send_signal(l, SIGSTOP, is_key);
		stop_self(l);
		break;
	case SIGNAL_CONT:
		if (has_tty)
			relay_enter(&l->relay);
		else
			send_signal(l, sig, true);
		break;
	case SIGNAL_RESIZE:
		if (has_tty)
			relay_resize(&l->relay);
		else
			send_signal(l, sig, is_key);
		break;
	case SIGNAL_CHILD:
		check_guard(l);
		break;
	case SIGNAL_DROP:
	case SIGNAL_FATAL:
		break;
	}
}

static void take_signals(struct loop *l)
{
	struct signalfd_siginfo info;

	if (read(l->r->sigfd, &info, sizeof(info)) == sizeof(info))
		take_signal(l, &info);
}

static int sooner(int a, int b)
{
	return a < 0 ? b : b < 0 || a < b ? a : b;
}

/* One round. 0: go on; 1: the sandbox is gone; -errno. */
static int turn(struct loop *l, struct err *err)
{
	struct pollfd p[2 + RELAY_FDS] = {{.fd = l->r->sigfd, .events = POLLIN},
					  {.fd = l->r->pidfd, .events = POLLIN}};
	int timeout = relay_poll(&l->relay, p + 2);
	int64_t left;

	if (l->kill_at >= 0) {
		left = l->kill_at - clock_ms();
		timeout = sooner(timeout, left < 0 ? 0 : left > 60000 ? 60000 : (int)left);
	}
	if (poll(p, ARRAY_SIZE(p), timeout) < 0)
		return errno == EINTR ? 0 : err_set(err, errno, "wait for the sandbox");
	if ((p[0].revents | p[1].revents) & POLLNVAL)
		return err_set(err, EBADF, "wait for the sandbox");
	if (p[1].revents)
		return 1;
	if (p[0].revents)
		take_signals(l);
	relay_move(&l->relay, p + 2);
	if (l->relay.is_hangup) {
		l->relay.is_hangup = false;
		/* Nobody is left to type or read: as with SIGTERM there is an end to patience. */
		stop_sandbox(l, SIGHUP, true);
	}
	if (l->kill_at >= 0 && clock_ms() >= l->kill_at)
		kill_sandbox(l);
	return 0;
}

static uint64_t time_us(const struct timeval *t)
{
	return (uint64_t)t->tv_sec * 1000000 + (uint64_t)t->tv_usec;
}

/*
 * What pid 1 and those it waited for used. An init that was killed waited for nobody: the kernel
 * ends the rest of its namespace and counts that nowhere.
 */
static void life_usage(struct life *life, const struct rusage *usage, bool is_init_killed)
{
	life->has_usage = !is_init_killed;
	life->cpu_user_us = time_us(&usage->ru_utime);
	life->cpu_system_us = time_us(&usage->ru_stime);
	life->max_resident = (uint64_t)usage->ru_maxrss * 1024;
}

static int loop_run(struct loop *l, struct err *err)
{
	const struct relay *t = &l->relay;
	const int terminal[] = {t->fd[RELAY_IN], t->fd[RELAY_OUT], t->fd[RELAY_MASTER], t->term};
	siginfo_t info = {0};
	struct life *life = &l->r->life;
	struct rusage usage = {0};
	int ret;

	ret = confine_launcher(l->r, terminal, ARRAY_SIZE(terminal), err);
	if (ret)
		return ret;
	relay_enter(&l->relay);
	do
		ret = turn(l, err);
	while (!ret);
	if (ret < 0)
		return ret;
	life->ended_us = clock_us();
	relay_drain(&l->relay, DRAIN_MS);
	if (sys_waitid(P_PIDFD, (id_t)l->r->pidfd, &info, WEXITED | WNOHANG | __WALL, &usage) < 0)
		return err_set(err, errno, "exit status of the sandbox");
	life_usage(life, &usage, l->r->spec->has_init && info.si_code != CLD_EXITED);
	life->status = workload_status(l->r->page, l->r->spec->has_init, info.si_code,
				       info.si_status, &life->signal);
	relay_leave(&l->relay);
	if (l->r->spec->has_init && info.si_code != CLD_EXITED && !l->was_killed)
		life->init_signal = info.si_status;
	if (t->lost)
		return err_set(err, t->lost, "pass on what the command printed");
	return life->status;
}

int supervise(struct run *r, struct err *err)
{
	struct loop l = {.r = r, .self = getpid(), .kill_at = -1};
	sigset_t all;
	int ret;

	/* SIGPIPE must not end us: the terminal would stay raw. The write's EPIPE says it all. */
	supervise_signals(&all);
	if (sigprocmask(SIG_BLOCK, &all, NULL))
		return err_set(err, errno, "block signals");
	relay_init(&l.relay, r);
	ret = loop_run(&l, err);
	relay_leave(&l.relay);
	return ret;
}
