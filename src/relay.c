/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay - bytes between the caller's terminal and the workload's pseudo-terminal.
 *
 * The caller's terminal is put into raw mode, so that Ctrl-C and the like are bytes, which the
 * workload's own terminal turns into signals inside. Two buffers of fixed size: a side that does
 * not read stops its own direction only, never the loop, so signals always get through.
 *
 * Should: give the caller's terminal back as it was, on every way out.
 * Mustn't: set O_NONBLOCK on descriptors the caller shares with us; block in a write; busy-wait.
 */
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "supervise.h"

#define PAUSE_MS 250       /* between looks at a terminal that nobody inside has open */
#define BACKGROUND_MS 1000 /* between looks whether the shell put us into the foreground */
#define LEAVE_TRIES 3      /* to put the terminal's mode back: a raw one is hard to get rid of */
#define SHARED_WRITE 512   /* most bytes at once to a description that can block */

int64_t clock_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * A description of our own for the terminal or pipe behind fd. Where that cannot be had (no /proc,
 * a terminal of another user) the inherited one serves, with small writes after poll: then a
 * terminal that takes no more can hold us up, and only SIGKILL gets through.
 */
static int reopen(int fd, int flags, bool *ret_own)
{
	char path[32];
	struct stat st;
	int own;

	*ret_own = false;
	if (fstat(fd, &st))
		return fd;
	if (!S_ISFIFO(st.st_mode) && !isatty(fd))
		return fd;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own < 0)
		return fd;
	*ret_own = true;
	return own;
}

/* One description can do for two: the same terminal, by the same name. */
static bool is_same_tty(int a, int b)
{
	struct stat st, other;

	return !fstat(a, &st) && !fstat(b, &other) && S_ISCHR(st.st_mode) &&
	       st.st_dev == other.st_dev && st.st_ino == other.st_ino && isatty(a);
}

static bool is_open_for(int fd, int flags)
{
	int now = fcntl(fd, F_GETFL);

	return now >= 0 && ((now & O_ACCMODE) == O_RDWR || (now & O_ACCMODE) == flags);
}

/*
 * Input and output, from descriptor 0 and to `out`. On one terminal, as nearly always, both go by
 * one description, and so do our own messages: each one open is one that could be misused.
 */
static void open_both(struct relay *l, int out)
{
	int *fd = l->fd;
	bool *is_own = l->is_own;

	if (is_same_tty(STDIN_FILENO, out)) {
		fd[RELAY_IN] = reopen(STDIN_FILENO, O_RDWR, &is_own[RELAY_IN]);
		if (is_own[RELAY_IN] || is_open_for(fd[RELAY_IN], O_WRONLY)) {
			fd[RELAY_OUT] = fd[RELAY_IN];
			is_own[RELAY_OUT] = is_own[RELAY_IN];
		}
	} else {
		fd[RELAY_IN] = reopen(STDIN_FILENO, O_RDONLY, &is_own[RELAY_IN]);
	}
	if (fd[RELAY_OUT] < 0)
		fd[RELAY_OUT] = reopen(out, O_WRONLY, &is_own[RELAY_OUT]);
	if (!is_same_tty(fd[RELAY_OUT], STDERR_FILENO))
		return;
	if (is_own[RELAY_OUT] ? dup2(fd[RELAY_OUT], STDERR_FILENO) < 0
			      : !is_open_for(STDERR_FILENO, O_RDWR))
		return;
	if (fd[RELAY_IN] == fd[RELAY_OUT])
		fd[RELAY_IN] = STDERR_FILENO;
	fd[RELAY_OUT] = STDERR_FILENO; /* the other is closed with all that are not named */
}

void relay_init(struct relay *l, const struct run *r)
{
	int out = STDOUT_FILENO;

	memset(l, 0, sizeof(*l));
	l->fd[RELAY_IN] = l->fd[RELAY_OUT] = l->fd[RELAY_MASTER] = l->term = -1;
	if (!r->plan->has_tty)
		return;
	l->fd[RELAY_MASTER] = r->tty;
	l->is_own[RELAY_MASTER] = true;
	l->pgrp = getpgrp();
	l->last = '\n';
	l->is_in_tty = isatty(STDIN_FILENO);
	l->is_shared = r->plan->passes_tty[STDOUT_FILENO];
	while (out < STDERR_FILENO && r->plan->passes_tty[out])
		out++;
	/* Both outputs go elsewhere: what is echoed, or written to /dev/tty, is still to be seen. */
	if (r->plan->passes_tty[out])
		out = STDIN_FILENO;
	l->term = l->is_in_tty ? STDIN_FILENO : tty_caller();
	open_both(l, out);
	/* The inherited one is closed in a moment; its new description is the same terminal. */
	if (l->is_in_tty)
		l->term = l->fd[RELAY_IN];
	else if (l->term == STDOUT_FILENO)
		l->term = l->fd[RELAY_OUT];
	if (r->has_tty_saved) {
		l->has_mode = l->is_in_tty;
		l->saved = r->tty_saved;
		tty_raw_mode(r, &l->raw);
	}
}

static bool in_background(const struct relay *l)
{
	pid_t front;

	/* ENOTTY: not our controlling terminal, so nobody takes it from us. */
	if (l->term < 0 || ioctl(l->term, TIOCGPGRP, &front))
		return false;
	return front != l->pgrp;
}

void relay_resize(const struct relay *l)
{
	struct winsize size;

	if (l->term >= 0 && l->fd[RELAY_MASTER] >= 0 && !ioctl(l->term, TIOCGWINSZ, &size))
		(void)ioctl(l->fd[RELAY_MASTER], TIOCSWINSZ,
			    &size); /* fails only after a hang-up */
}

void relay_enter(struct relay *l)
{
	l->is_background = in_background(l);
	if (l->is_background) /* the mode belongs to whoever is in front */
		return;
	/* TCSANOW: waiting for the output to drain could wait for ever. */
	if (l->has_mode && !tcsetattr(l->term, TCSANOW, &l->raw))
		l->is_raw = true;
	relay_resize(l);
}

void relay_leave(struct relay *l)
{
	struct termios now;

	/* In a pipeline a pager may have set a mode of its own, and will put back what it found. */
	if (l->is_shared && !tcgetattr(l->term, &now) && !tty_same_mode(&now, &l->raw))
		l->is_raw = false;
	/* After a hang-up it fails each time, and nobody is there to miss it. */
	for (int i = 0; i < LEAVE_TRIES && l->is_raw && !in_background(l); i++)
		l->is_raw = tcsetattr(l->term, TCSANOW, &l->saved) != 0;
	l->is_raw = false;
}

static size_t pending(const struct relay_buf *b)
{
	return b->end - b->start;
}

int relay_poll(struct relay *l, struct pollfd *p)
{
	bool can_read = !l->is_background || !l->is_in_tty;
	int64_t now;
	int timeout = -1;

	for (int i = 0; i < RELAY_FDS; i++)
		p[i] = (struct pollfd){.fd = -1};
	if (l->fd[RELAY_MASTER] < 0)
		return -1;
	if (l->fd[RELAY_IN] >= 0 && can_read && !pending(&l->to_master))
		p[RELAY_IN] = (struct pollfd){.fd = l->fd[RELAY_IN], .events = POLLIN};
	if (l->fd[RELAY_OUT] >= 0 && pending(&l->to_out))
		p[RELAY_OUT] = (struct pollfd){.fd = l->fd[RELAY_OUT], .events = POLLOUT};
	if (l->is_background)
		timeout = BACKGROUND_MS;
	if (l->pause_until) {
		now = clock_ms();
		if (now < l->pause_until)
			return (int)(l->pause_until - now);
		l->pause_until = 0;
	}
	p[RELAY_MASTER].events = (short)((pending(&l->to_out) ? 0 : POLLIN) |
					 (pending(&l->to_master) || l->eofs ? POLLOUT : 0));
	/* With nothing to ask for, a master without slaves would still wake us with POLLHUP. */
	if (p[RELAY_MASTER].events)
		p[RELAY_MASTER].fd = l->fd[RELAY_MASTER];
	return timeout;
}

/* No more input. A pipe's end becomes the end-of-file character; a terminal's is a hang-up. */
static void in_ended(struct relay *l)
{
	l->fd[RELAY_IN] = -1;
	if (l->is_in_tty)
		l->is_hangup = true;
	else /* on a line that was begun the first one only hands over that line */
		l->eofs = l->last == '\n' ? 1 : 2;
}

static void in_read(struct relay *l)
{
	struct relay_buf *b = &l->to_master;
	ssize_t n = read(l->fd[RELAY_IN], b->data, sizeof(b->data));

	if (n > 0) {
		b->start = 0;
		b->end = (size_t)n;
		l->last = b->data[n - 1];
	} else if (n < 0 && errno == EIO && in_background(l)) {
		l->is_background = true; /* not ours at the moment, but not gone */
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		in_ended(l);
	}
}

static void out_write(struct relay *l)
{
	struct relay_buf *b = &l->to_out;
	size_t n = pending(b);
	ssize_t done;

	if (l->fd[RELAY_OUT] < 0) { /* nobody there: drop it, or the workload would block */
		b->start = b->end = 0;
		return;
	}
	if (!l->is_own[RELAY_OUT] && n > SHARED_WRITE)
		n = SHARED_WRITE;
	done = write(l->fd[RELAY_OUT], b->data + b->start, n);
	if (done > 0) {
		b->start += (size_t)done;
	} else if (done < 0 && errno != EAGAIN && errno != EINTR) {
		if (errno != EPIPE && errno != EIO)
			l->lost = errno;
		l->fd[RELAY_OUT] = -1;
		l->is_hangup = true;
		b->start = b->end = 0;
	}
}

static bool master_read(struct relay *l)
{
	struct relay_buf *b = &l->to_out;
	ssize_t n;

	do
		n = read(l->fd[RELAY_MASTER], b->data, sizeof(b->data));
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		b->start = 0;
		b->end = (size_t)n;
		/* Saves a round through poll; what cannot be written now stays. */
		if (l->is_own[RELAY_OUT] || l->fd[RELAY_OUT] < 0)
			out_write(l);
		return true;
	}
	if (n < 0 && errno != EAGAIN && errno != EIO)
		l->lost = errno;
	if (n == 0 || errno != EAGAIN) /* EIO: no slave is open */
		l->pause_until = clock_ms() + PAUSE_MS;
	return false;
}

static void master_write(struct relay *l)
{
	struct relay_buf *b = &l->to_master;
	struct termios mode;
	ssize_t n;

	if (pending(b)) {
		n = write(l->fd[RELAY_MASTER], b->data + b->start, pending(b));
		if (n > 0)
			b->start += (size_t)n;
		return;
	}
	/* Only a terminal that collects lines knows an end of file. */
	if (tcgetattr(l->fd[RELAY_MASTER], &mode) || !(mode.c_lflag & ICANON)) {
		l->eofs = 0;
		return;
	}
	if (write(l->fd[RELAY_MASTER], &mode.c_cc[VEOF], 1) == 1)
		l->eofs--;
}

void relay_move(struct relay *l, const struct pollfd *p)
{
	if (l->fd[RELAY_MASTER] < 0)
		return;
	if (l->is_background && !in_background(l))
		relay_enter(l);
	if (p[RELAY_OUT].revents)
		out_write(l);
	if (p[RELAY_IN].revents)
		in_read(l);
	if (p[RELAY_MASTER].revents & POLLOUT && (pending(&l->to_master) || l->eofs))
		master_write(l);
	if (p[RELAY_MASTER].revents & POLLIN && !pending(&l->to_out))
		(void)master_read(l);
	else if (p[RELAY_MASTER].revents & (POLLHUP | POLLERR))
		l->pause_until = clock_ms() + PAUSE_MS;
}

void relay_drain(struct relay *l, int64_t ms)
{
	int64_t end = clock_ms() + ms;
	int64_t left;

	if (l->fd[RELAY_MASTER] < 0)
		return;
	/* All of the sandbox is dead: what is in the terminal is all there will be. */
	while ((left = end - clock_ms()) > 0) {
		struct pollfd p = {.fd = l->fd[RELAY_OUT], .events = POLLOUT};
		int rc;

		if (!pending(&l->to_out) && !master_read(l))
			return;
		if (!pending(&l->to_out))
			continue;
		rc = l->fd[RELAY_OUT] >= 0 ? poll(&p, 1, (int)left) : 1;
		if (rc < 0 && errno != EINTR)
			l->lost = errno;
		if (rc == 0 || (rc < 0 && l->lost))
			return;
		out_write(l);
	}
}
