/* SPDX-License-Identifier: Apache-2.0 */
/*
 * launch.c - one launch, from fork to the last of its processes.
 *
 * We are the subreaper of all of them: a process that lives on is a child of ours in the end, and none
 * can hide. The pid namespace's own processes die with its pid 1.
 *
 * Should:  end within the time limits whatever the launch does, and leave no process.
 * Mustn't: wait for anything without them.
 */
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pty.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LEFT_MS 1000 /* so long after a launch all its processes have to be gone */

static int out_fd = -1, err_fd = -1, null_fd = -1, master_fd = -1, slave_fd = -1;
static long n_launches;

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- one launch ----------------------------------------------------------------------------- */
static void become(const char *user)
{
	const struct passwd *pw = getpwnam(user);
	if (!pw || initgroups(user, pw->pw_gid) || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) || setenv("HOME", pw->pw_dir, 1) ||
	    setenv("USER", user, 1) || setenv("LOGNAME", user, 1))
		die(user);
}
/* Launchers that keep a state by name need a new name each time: %n is the launch's number. */
static char *const *argv_now(char *const *argv)
{
	static char *now[256];
	static char text[4096];
	size_t used = 0, n = 0;

	for (; argv[n] && n < 255; n++) {
		const char *at = strstr(argv[n], "%n");

		now[n] = argv[n];
		if (!at || used + strlen(argv[n]) + 24 > sizeof(text))
			continue;
		now[n] = text + used;
		used += (size_t)sprintf(now[n], "%.*s%ld%s", (int)(at - argv[n]), argv[n],
					n_launches, at + 2) +
			1;
	}
	now[n] = NULL;
	return now;
}

static _Noreturn void launch_child(const struct setup *s, int go)
{
	sigset_t none;
	char byte;
	/* As a shell's job in the foreground; the session is the worker's. */
	if (setpgid(0, 0) || (s->has_tty && tcsetpgrp(slave_fd, getpid())))
		die("process group");
	if (dup2(s->has_tty ? slave_fd : null_fd, 0) < 0 || dup2(out_fd, 1) < 0 ||
	    dup2(err_fd, 2) < 0)
		die("descriptors");
	signal(SIGALRM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGTTOU, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (s->user)
		become(s->user);
	if (read(go, &byte, 1) != 1)
		_exit(99);
	execvp(s->argv[0], argv_now(s->argv));
	die(s->argv[0]);
}
static void on_alarm(int sig)
{
	(void)sig; /* only so that waitpid comes back */
}
void trace_start(const struct setup *s)
{
	const struct sigaction act = {.sa_handler = on_alarm};
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) || sigaction(SIGALRM, &act, NULL) || setsid() < 0)
		die("subreaper");
	signal(SIGHUP, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
	out_fd = memfd_create("out", MFD_CLOEXEC);
	err_fd = memfd_create("err", MFD_CLOEXEC);
	null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (out_fd < 0 || err_fd < 0 || null_fd < 0 || fchmod(out_fd, 0666) || fchmod(err_fd, 0666))
		die("files for the output");
	if (!s->has_tty)
		return;
	if (openpty(&master_fd, &slave_fd, NULL, NULL, NULL) ||
	    fcntl(master_fd, F_SETFD, FD_CLOEXEC) || fcntl(slave_fd, F_SETFD, FD_CLOEXEC) ||
	    fchmod(slave_fd, 0666) || ioctl(slave_fd, TIOCSCTTY, 0))
		die("terminal");
	host_terminal(slave_fd);
}
/* Children of ours that live: the launch's processes, since we are their subreaper. */
static int kill_rest(void)
{
	char path[64], line[4096];
	int count = 0;
	FILE *f;
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	f = fopen(path, "re");
	if (!f)
		die(path);
	if (fgets(line, sizeof(line), f)) {
		char *at = line;
		for (long pid; (pid = strtol(at, &at, 10)) > 0; count++)
			kill((pid_t)pid, SIGKILL);
	}
	fclose(f);
	return count;
}
static void wait_all(const struct setup *s, long limit, struct result *ret)
{
	const struct itimerval tick = {{0, 50000}, {0, 50000}}, off = {0};
	long until = now_ms() + limit;
	long rest = 0; /* after the launcher's end; 0: it lives */
	setitimer(ITIMER_REAL, &tick, NULL);
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);
		if (pid < 0 && errno == ECHILD)
			break;
		if (pid > 0 && WIFSTOPPED(status))
			trace_stop(pid, status);
		else if (pid > 0)
			trace_end(pid, status);
		if (trace_is_over() && !rest)
			rest = now_ms() + (long)LEFT_MS * s->slow;
		if (now_ms() < (trace_is_over() ? rest : until))
			continue;
		if (!trace_is_over())
			ret->is_late = true;
		trace_let_go();
		ret->left += kill_rest();
		until = rest = now_ms() + 200; /* and those that come to us by that */
	}
	setitimer(ITIMER_REAL, &off, NULL);
}
static void take_text(int fd, char *text)
{
	ssize_t n = pread(fd, text, MAX_TEXT - 1, 0);
	text[n < 0 ? 0 : n] = '\0';
}
void trace_launch(const struct setup *s, struct record *rec, bool records,
		  const struct fault *faults, int n_faults, struct result *ret)
{
	int go[2];
	pid_t pid;
	ret->second = (struct fault){.role = FAULT_LATER};
	ret->status = ret->fired = ret->left = 0;
	ret->is_library = ret->is_late = ret->is_write_hit = ret->is_launcher_killed = false;
	if (ftruncate(out_fd, 0) || ftruncate(err_fd, 0) || lseek(out_fd, 0, SEEK_SET) ||
	    lseek(err_fd, 0, SEEK_SET) || pipe2(go, O_CLOEXEC))
		die("files for the output");
	n_launches++;
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid)
		launch_child(s, go[0]);
	close(go[0]);
	trace_begin(s, rec, records, faults, n_faults, ret, pid);
	if (write(go[1], "", 1) != 1)
		die("start");
	close(go[1]);
	wait_all(s, s->within * 1000 * s->slow, ret);
	if (s->has_tty)
		(void)tcsetpgrp(slave_fd, getpid());
	take_text(out_fd, ret->out);
	take_text(err_fd, ret->err);
}
