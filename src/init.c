/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init - pid 1 of the sandbox: reaps, passes signals on, and has nothing to lose.
 *
 * The kernel treats pid 1 specially: signals without a handler are ignored, orphans become its
 * children, and its end is the end of all. Programs are not written for that, so pillbox's own
 * process takes the place and the workload is an ordinary child of it. It shares the sandbox with
 * the workload, often under the same user, so it holds no descriptor, no capability and no memory
 * worth reading, and can make seven system calls.
 *
 * Should: end with the workload's status; be fully confined before the workload runs.
 * Mustn't: allocate; read anything from the workload but its death.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervise.h"
#include "sys.h"
#include "verify.h"

static bool init_wanted(const struct run *r)
{
	return r->spec->has_init;
}

static void init_show(const struct run *r, struct show *out)
{
	(void)r;
	show(out, "pid_1", "pillbox-init");
	show(out, "pid_2", "the command");
}

/* The workload's pidfd to the launcher, which from then on signals it directly. */
static int send_pidfd(int sock, int pidfd, struct err *err)
{
	char byte = 'I';
	struct iovec iov = {&byte, 1};
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.buf,
			     .msg_controllen = sizeof(control.buf)};
	struct cmsghdr *c;

	memset(&control, 0, sizeof(control));
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &pidfd, sizeof(int));
	if (sendmsg(sock, &msg, MSG_NOSIGNAL) != 1)
		return err_set(err, errno, "hand the command's pidfd to the launcher");
	return 0;
}

static int wait_code(int status)
{
	return WIFSIGNALED(status) ? EXIT_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Reap what is dead; does not return when the workload was among it. */
static void reap(const struct run *r, pid_t workload, int flags)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, flags | __WALL)) > 0) {
		if (pid != workload)
			continue;
		r->page->status = status;
		r->page->has_status = 1;
		_exit(wait_code(status));
	}
	if (pid < 0 && errno == ECHILD) /* the workload can't be missed; stay safe if it could */
		_exit(EXIT_SETUP);
}

/*
 * A key on the terminal (Ctrl-C) reaches the workload from the kernel, which signals the whole
 * foreground group: passing it on would deliver it twice. A hang-up goes to the session's leader
 * only, and that is us.
 */
static bool is_delivered(const siginfo_t *info)
{
	switch (info->si_signo) {
	case SIGINT:
	case SIGQUIT:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGCONT:
	case SIGWINCH:
		return info->si_code == SI_KERNEL;
	default:
		return false;
	}
}

static _Noreturn void init_loop(const struct run *r, pid_t workload)
{
	sigset_t all;
	siginfo_t info;

	(void)sigfillset(&all);
	for (;;) {
		/* First, for the death that came before the signals were blocked. */
		reap(r, workload, WNOHANG);
		if (sigwaitinfo(&all, &info) < 0) {
			/* Under a profile that denies the call: no forwarding, but no hang either. */
			if (errno != EINTR && errno != EAGAIN)
				reap(r, workload, 0);
		} else if (info.si_signo != SIGCHLD && !is_delivered(&info)) {
			(void)kill(workload, info.si_signo); /* EPERM: it became another user */
		}
	}
}

/* The launcher's arguments and environment are still in our memory, and in /proc/1/cmdline. */
static void forget_args(const struct spec *s)
{
	static const char name[] = "pillbox-init";

	if (s->args_len < sizeof(name))
		return;
	explicit_bzero(s->args, s->args_len);
	memcpy(s->args, name, sizeof(name));
}

/* pid 1 after the fork. Returns only on failure. */
static int init_settle(struct run *r, pid_t workload, int pidfd, struct err *err)
{
	const struct mini_rule rules[] = {
		{.nr = __NR_rt_sigtimedwait},
		{.nr = __NR_wait4},
		{.nr = __NR_kill, .n_args = 1, .args = {{0, (uint32_t)workload}}},
		{.nr = __NR_close_range},
		{.nr = __NR_exit_group},
		{.nr = __NR_rt_sigreturn},
		{.nr = __NR_restart_syscall},
	};
	int ret = send_pidfd(r->baton, pidfd, err);

	forget_args(r->spec);
	if (!ret)
		ret = confine_process("pillbox-init", rules, ARRAY_SIZE(rules), err);
	if (ret)
		return ret;
	/*
	 * Also closes the gate: only now the workload goes on. The baton before that: while we hold
	 * it the launcher does not know that the command runs, and would drop its signals.
	 */
	r->page->is_init_ready = 1;
	ret = sys_close_range((unsigned)r->baton, (unsigned)r->baton, 0);
	if (!ret)
		ret = sys_close_range(0, ~0U, 0);
	if (ret)
		return err_set(err, -ret, "close the descriptors of pid 1");
	init_loop(r, workload);
}

/*
 * The workload's side: wait until pid 1 is confined; it says so by closing its end. So does its death,
 * a moment before the kernel ends the namespace: then the page has no word of it.
 */
static int gate_wait(const struct run *r, int gate)
{
	char byte;
	ssize_t n;

	do
		n = read(gate, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	(void)close(gate);
	return n == 0 && r->page->is_init_ready ? 0 : -EPIPE;
}

static int init_run(struct run *r, struct err *err)
{
	sigset_t all, before;
	int gate[2];
	int leash = 0;
	int pidfd = -1;
	pid_t pid;
	int ret;

	/* Whatever is not on pid 1 by now never will be: what comes after is on its child alone. */
	if (step_wanted(r, &step_leash) &&
	    (prctl(PR_GET_PDEATHSIG, &leash, 0, 0, 0) < 0 || leash != SIGKILL))
		return err_say(err, "pid 1 would survive the launcher");
	if (pipe2(gate, O_CLOEXEC))
		return err_set(err, errno, "gate between init and the command");
	/* Before the fork: unblocked, a SIGCHLD to pid 1 would be ignored and lost. */
	(void)sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, &before))
		return err_set(err, errno, "block signals");
	/* Not clone3: a filter loaded early answers that with ENOSYS, as Docker's does. */
	pid = (pid_t)syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &pidfd, 0, 0);
	if (pid < 0)
		return err_set(err, errno, "fork the command's process");
	if (pid > 0) {
		(void)close(gate[0]);
		ret = init_settle(r, pid, pidfd, err);
		(void)kill(pid, SIGKILL); /* or our exit would open its gate */
		return ret;
	}
	/* Our own copy would keep the gate shut for ever. */
	if (close(gate[1]))
		return err_set(err, errno, "gate between init and the command");
	ret = gate_wait(r, gate[0]);
	if (ret)
		return err_set(err, -ret, "wait for init");
	/*
	 * With the launcher's terminal the signals of job control have to be able to stop it: a
	 * group of its own is not orphaned, its parent being in another. With a terminal of its own
	 * it stays in the foreground group, and Ctrl-Z does nothing to it that nobody could undo.
	 */
	if (!r->plan->has_tty && setpgid(0, 0))
		return err_set(err, errno, "process group of the command");
	if (sigprocmask(SIG_SETMASK, &before, NULL))
		return err_set(err, errno, "restore the signal mask");
	return 0;
}

static int init_verify(const struct run *r, struct err *err)
{
	static const struct {
		const char *key, *want;
	} facts[] = {
		{"Name", "pillbox-init"},
		{"NoNewPrivs", "1"},
		{"Seccomp", "2"},
		{"CapPrm", "0000000000000000"},
		{"CapEff", "0000000000000000"},
		{"CapAmb", "0000000000000000"},
	};
	char text[128];

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		int ret = proc_status(r->child, facts[i].key, text, sizeof(text));

		if (ret < 0)
			return err_set(err, -ret, "status of the sandbox's pid 1");
		if (strcmp(text, facts[i].want) != 0)
			return err_say(err, "the sandbox's pid 1: %s is %s, not %s", facts[i].key,
				       text, facts[i].want);
	}
	return 0;
}

static const struct hint init_hints[] = {
	{EAGAIN,
	 "the sandbox needs room for two processes: raise --pids-limit or --ulimit nproc, or "
	 "use --no-init"},
	{EPERM, "a seccomp profile that is loaded before the capabilities are dropped has to allow "
		"what pillbox-init does (clone, sendmsg, prctl, capset, close_range); keep "
		"no_new_privs on, or use --no-init"},
	{ENOSYS,
	 "a seccomp profile that is loaded early hides a system call from pillbox-init; keep "
	 "no_new_privs on, or use --no-init"},
	{0, NULL},
};

const struct step step_init = {
	.id = "init",
	.what = "fork: pid 1 stays as a tiny init, its child goes on to become the command",
	.why = "after caps, landlock and leash, so that both halves of the fork have them; before fds "
	       "and filter, which are the command's alone. pid 1 confines itself before it lets the "
	       "command go on: an init that came late would be open to the command for a moment",
	.refs = "pid_namespaces(7), clone(2), close_range(2), sigwaitinfo(2)",
	.calls =
		"fork()\n"
		"in pid 1: close_range(0, ~0), prctl(PR_SET_SECCOMP, seven system calls), rt_sigtimedwait()",
	.side = CHILD,
	.wanted = init_wanted,
	.by = "--init",
	.show = init_show,
	.no_tool =
		"the shell of the last line stays as pid 1 and waits. It has given up its rights like "
		"the command; but it is no filter that keeps it from anything, and signals are not passed on",
	.run = init_run,
	.verify = init_verify,
	.hints = init_hints,
};
