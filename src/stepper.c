/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stepper.c - waiting for the user before each step (--step), and the two shells.
 *
 * Theory of operation
 *
 * The prompt is on the caller's terminal, whatever stdin is. All forwarded signals are blocked in
 * the launcher, so Ctrl-C arrives as data and ends the launch as `q` does. While the launcher waits,
 * the child waits for the baton, which has no deadline.
 *
 *   s  a shell on the host, a child of the launcher: $PILLBOX_PID is the half-built sandbox
 *   i  a shell in it, a child of the child, with just what the child has by then: its ids, its
 *      capabilities, its filter. Its descriptors are the caller's, so it ends with step `session`
 *      where the sandbox gets a terminal of its own
 *
 * Should: put the terminal's foreground back after a shell.
 * Mustn't: leave a shell behind when the launch ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "runner.h"
#include "supervise.h"
#include "sys.h"
#include "watch.h"

int stepper_open(struct stepper *p, struct err *err)
{
	sigset_t mask;

	p->tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (p->tty < 0) {
		err_set(err, errno, "--step: /dev/tty");
		err_hint(err,
			 "--step asks before each step, so it needs a terminal; --explain tells "
			 "the same without waiting");
		return -err->num;
	}
	supervise_signals(&mask);
	p->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (p->signals < 0)
		return err_set(err, errno, "signalfd");
	return 0;
}

void stepper_close(struct stepper *p)
{
	if (p->tty >= 0)
		(void)close(take_fd(&p->tty));
	if (p->signals >= 0)
		(void)close(take_fd(&p->signals));
}

/* ---- shells --------------------------------------------------------------------------------- */

/* In the new process: the default for every signal, none blocked, then /bin/sh. */
static _Noreturn void shell_exec(const char *const *env)
{
	static const char *const argv[] = {"sh", "-i", NULL};
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)execve("/bin/sh", (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)env);
	_exit(EXIT_NOT_FOUND);
}

static void host_shell(const struct stepper *p, const struct run *r)
{
	char pid[48], root[PATH_MAX + 32], term[96];
	const char *env[] = {pid,          root,
			     term,         "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
			     "PS1=host$ ", NULL};
	pid_t shell;

	(void)snprintf(pid, sizeof(pid), "PILLBOX_PID=%d", r->child ? r->child : getpid());
	(void)snprintf(root, sizeof(root), "PILLBOX_ROOT=%s", r->spec->rootfs);
	(void)snprintf(term, sizeof(term), "TERM=%.80s", getenv("TERM") ? getenv("TERM") : "dumb");
	dprintf(p->tty, "A shell on the host; $PILLBOX_PID is the %s. `exit` goes on.\n",
		r->child ? "sandbox's process" : "launcher");
	shell = fork();
	if (shell == 0) {
		for (int fd = 0; fd <= 2; fd++)
			if (dup2(p->tty, fd) < 0)
				_exit(EXIT_SETUP);
		if (sys_close_range(3, ~0U, 0) < 0)
			_exit(EXIT_SETUP);
		shell_exec(env);
	}
	if (shell > 0)
		(void)waitpid(shell, NULL, 0);
}

void child_shell(const struct run *r)
{
	static const char *const env[] = {"PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
					  "PS1=inside$ ", "TERM=linux", NULL};
	pid_t shell = fork();
	int pidfd;

	if (shell == 0)
		shell_exec(env);
	if (shell < 0)
		return;
	pidfd = sys_pidfd_open(shell, 0);
	for (;;) {
		struct pollfd p[] = {{.fd = pidfd, .events = POLLIN}, {.fd = r->baton}};

		/* The launcher's death must not wait for a shell that nobody types into. */
		if (poll(p, ARRAY_SIZE(p), -1) < 0 && errno != EINTR)
			break;
		if (p[1].revents & POLLHUP)
			(void)kill(shell, SIGKILL);
		if (p[0].revents || p[1].revents)
			break;
	}
	(void)waitpid(shell, NULL, 0);
	(void)close(pidfd);
}

/* Why no shell can run inside just now; NULL: it can. */
static const char *no_inside(const struct run *r, const struct step *next)
{
	if (!r->child)
		return "there is no sandbox yet: it begins with the step clone";
	if (!isatty(STDIN_FILENO))
		return "its standard input is no terminal";
	for (size_t i = 0; i < program_len && program[i] != next; i++)
		if (program[i] == &step_session && r->plan->has_tty)
			return "it has a terminal of its own by now, which is served only when the "
			       "command runs; --no-tty goes without";
	return NULL;
}

static int inside_shell(const struct stepper *p, struct run *r, const struct step *next,
			struct err *err)
{
	const char *why = no_inside(r, next);

	if (why) {
		dprintf(p->tty, "No shell inside: %s.\n", why);
		return 0;
	}
	dprintf(p->tty, "A shell in the half-built sandbox, as it is now. `exit` goes on.\n");
	return runner_child_shell(r, err);
}

/* ---- the prompt ----------------------------------------------------------------------------- */

static void list(const struct stepper *p, const struct run *r, const struct step *next)
{
	for (size_t i = 0; i < program_len; i++)
		dprintf(p->tty, "%s %-14s %s\n",
			program[i] == next           ? "=>"
			: step_wanted(r, program[i]) ? "  "
						     : " -",
			program[i]->id, program[i]->what);
}

/* One line from the terminal. 0: a signal or the end of file says stop. */
static char read_key(const struct stepper *p)
{
	struct pollfd f[] = {{.fd = p->tty, .events = POLLIN},
			     {.fd = p->signals, .events = POLLIN}};
	struct signalfd_siginfo info;
	char line[256];

	for (;;) {
		ssize_t n;

		if (poll(f, ARRAY_SIZE(f), -1) < 0 && errno != EINTR)
			return 0;
		if (f[1].revents && read(p->signals, &info, sizeof(info)) == sizeof(info) &&
		    (info.ssi_signo == SIGINT || info.ssi_signo == SIGTERM ||
		     info.ssi_signo == SIGHUP || info.ssi_signo == SIGQUIT))
			return 0;
		if (!f[0].revents)
			continue;
		n = read(p->tty, line, sizeof(line));
		return n <= 0 ? 0 : line[0];
	}
}

int stepper_ask(struct stepper *p, struct run *r, const struct step *s, struct err *err)
{
	pid_t ours = getpgrp();
	int rc = 0;

	while (!p->goes_on && rc == 0) {
		char key;

		dprintf(p->tty, "[Enter] do it  [s]hell on the host  shell [i]nside  [l]ist  "
				"[c]ontinue  [q]uit: ");
		key = read_key(p);
		switch (key) {
		case '\n':
			return 0;
		case 's':
			host_shell(p, r);
			break;
		case 'i':
			rc = inside_shell(p, r, s, err);
			break;
		case 'l':
			list(p, r, s);
			break;
		case 'c':
			p->goes_on = true;
			break;
		case 'q':
		case 0:
			err_say(err, "ended by the user before this step");
			err->num = ECANCELED;
			return -ECANCELED;
		default:
			break;
		}
		/* An interactive shell took the terminal for its own process group. */
		if (key == 's' || key == 'i')
			(void)tcsetpgrp(p->tty, ours);
	}
	return rc;
}
