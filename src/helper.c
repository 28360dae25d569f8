/* SPDX-License-Identifier: Apache-2.0 */
/*
 * helper.c - running a host program that pillbox depends on.
 *
 * Should: give the program nothing of ours but its arguments: no environment that could steer its
 * libraries, no descriptors, no ignored or blocked signals, no directory. Bound what it may say
 * and how long it may take.
 * Mustn't: search PATH, use a shell, or leave a process behind. Parent only.
 */
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sys.h"
#include "util.h"

#define HELPER_LOST 127 /* exit status of a helper that could not even be started */

static const char *const clean_env[] = {"PATH=/usr/sbin:/usr/bin", NULL};

/* The helper's side of the fork: only what execve(2) needs, and no way back. */
static _Noreturn void helper_exec(const char *const *argv, int fd, int pipe_end)
{
	sigset_t none;
	int null = open("/dev/null", O_RDWR);

	(void)sigemptyset(&none);
	/* A group of its own: the terminal's Ctrl-C is for us to answer. */
	if (null < 0 || setpgid(0, 0) < 0 || sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		_exit(HELPER_LOST);
	for (int i = 0; i <= 2; i++)
		if (dup2(i == fd ? pipe_end : null, i) < 0)
			_exit(HELPER_LOST);
	if (sys_close_range(3, ~0U, 0) < 0 || chdir("/") < 0)
		_exit(HELPER_LOST);
	(void)execve(argv[0], (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)clean_env);
	_exit(HELPER_LOST);
}

int helper_start(struct helper *h, const char *const *argv, int fd, struct err *err)
{
	auto_close int theirs = -1, ours = -1;
	int pair[2];
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_set(err, errno, "pipe for %s", argv[0]);
	ours = pair[0];
	theirs = pair[1];
	/*
	 * Not posix_spawn: its vfork would hold us until the program has started, and two helpers
	 * could not start side by side. We are small: a fork costs less than that wait.
	 */
	pid = fork();
	if (pid < 0)
		return err_set(err, errno, "%s", argv[0]);
	if (pid == 0)
		helper_exec(argv, fd, theirs);
	*h = (struct helper)HELPER_NONE;
	h->pid = pid;
	h->out = take_fd(&ours);
	h->pidfd = sys_pidfd_open(pid, 0);
	if (h->pidfd < 0)
		return err_set(err, -h->pidfd, "pidfd of %s", argv[0]);
	return 0;
}

/* Take what is there; keep the first part, so that a chatty helper cannot block or fill us. */
static void said_read(struct helper *h)
{
	char drop[512];

	for (;;) {
		size_t room = sizeof(h->said) - 1 - h->n_said;
		ssize_t n = read(h->out, room ? h->said + h->n_said : drop,
				 room ? room : sizeof(drop));

		if (n > 0) {
			h->n_said += room ? (size_t)n : 0;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0 || errno != EAGAIN)
			(void)close(take_fd(&h->out));
		break;
	}
	h->said[h->n_said] = '\0';
}

static void ended_read(struct helper *h)
{
	siginfo_t info = {.si_pid = 0};

	if (waitid(P_PID, (id_t)h->pid, &info, WEXITED | WNOHANG) < 0) {
		h->has_ended = true; /* nobody can say how it ended: not a success */
		h->code = 0;
		h->status = -1;
	} else if (info.si_pid) {
		h->has_ended = true;
		h->code = info.si_code;
		h->status = info.si_status;
	}
	if (h->has_ended) {
		h->pid = 0;
		if (h->out >=
		    0) /* what it said last; a grandchild may hold the pipe open: no waiting */
			said_read(h);
	}
}

static long now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000L + t.tv_nsec / 1000000L;
}

#define HELPERS_MAX 4

int helper_wait(struct helper *h, size_t n, unsigned ms, struct err *err)
{
	long end = now_ms() + (long)ms;

	if (n > HELPERS_MAX)
		return err_set(err, EINVAL, "helpers to wait for");
	for (;;) {
		struct pollfd fds[2 * HELPERS_MAX];
		size_t alive = 0;
		long left = end - now_ms();

		for (size_t i = 0; i < n; i++) {
			bool is_alive = h[i].pid && !h[i].has_ended;

			fds[2 * i] = (struct pollfd){is_alive ? h[i].pidfd : -1, POLLIN, 0};
			fds[2 * i + 1] = (struct pollfd){is_alive ? h[i].out : -1, POLLIN, 0};
			alive += is_alive;
		}
		if (!alive)
			return 0;
		if (left <= 0) {
			for (size_t i = 0; i < n; i++)
				helper_end(&h[i]);
			return err_set(err, ETIME, "no end after %u s", ms / 1000);
		}
		if (poll(fds, 2 * n, (int)left) < 0 && errno != EINTR)
			return err_set(err, errno, "poll of helper programs");
		for (size_t i = 0; i < n; i++) {
			if (fds[2 * i + 1].revents && h[i].out >= 0)
				said_read(&h[i]);
			if (fds[2 * i].revents)
				ended_read(&h[i]);
		}
	}
}

void helper_end(struct helper *h)
{
	if (h->pid) {
		/*
		 * Our own child and not reaped, so the pid is its own; its group is what it
		 * started.
		 */
		(void)kill(-h->pid, SIGKILL);
		(void)kill(h->pid, SIGKILL);
		while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
			;
		h->pid = 0;
	}
	if (h->pidfd >= 0)
		(void)close(take_fd(&h->pidfd));
	if (h->out >= 0)
		(void)close(take_fd(&h->out));
}
