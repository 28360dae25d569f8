/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tty - a pseudo-terminal of the workload's own.
 *
 * The pair is made inside, on the sandbox's own devpts, so that its name and its owner mean
 * something there. The master travels out to the launcher with the baton; the slave becomes the
 * workload's controlling terminal. The caller's terminal never enters: a process inside could
 * push input into it (TIOCSTI) or change its mode for the shell that comes after.
 *
 * Should: go by descriptors only; the rootfs has no say in what /dev/console becomes.
 * Mustn't: change the caller's terminal: that is done when the workload runs (relay.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <termios.h>
#include <unistd.h>

#include "mnt.h"
#include "supervise.h"
#include "sys.h"

#define DEVPTS_MAGIC 0x1cd1 /* DEVPTS_SUPER_MAGIC in <linux/magic.h> */

static bool tty_wanted(const struct run *r)
{
	return r->plan->has_tty;
}

int tty_caller(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (isatty(fd))
			return fd;
	return -1;
}

bool tty_save(struct run *r)
{
	if (!r->has_tty_saved && !tcgetattr(STDIN_FILENO, &r->tty_saved))
		r->has_tty_saved = true;
	return r->has_tty_saved;
}

void tty_raw_mode(const struct run *r, struct termios *ret)
{
	*ret = r->tty_saved;
	cfmakeraw(ret);
	if (r->plan->passes_tty[STDOUT_FILENO])
		ret->c_oflag = r->tty_saved.c_oflag;
	ret->c_cc[VMIN] = 1;
	ret->c_cc[VTIME] = 0;
}

bool tty_same_mode(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
	       a->c_lflag == b->c_lflag;
}

/*
 * /dev/console is this terminal, for programs that log there: a bind mount of the descriptor on the
 * empty file that step dev made.
 */
static int bind_console(const struct run *r, struct err *err)
{
	auto_close int tree = -1;
	auto_close int place = -1;
	int rc;

	place = openat(r->dev, "console", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (place < 0)
		return err_set(err, errno, "/dev/console: open the mount point");
	tree = mnt_clone(r->tty, "", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, err);
	if (tree < 0)
		return tree;
	rc = mnt_attach(tree, place);
	return rc < 0 ? err_set(err, -rc, "/dev/console: mount the terminal") : 0;
}

static int tty_run(struct run *r, struct err *err)
{
	const int flags = O_RDWR | O_NOCTTY | O_CLOEXEC;
	auto_close int master = openat(r->dev, "pts/ptmx", flags | O_NOFOLLOW);
	auto_close int slave = -1;
	struct statfs fs;
	int unlocked = 0;

	if (master < 0)
		return err_set(err, errno, "/dev/pts/ptmx");
	/* Anything else under that name would hand the launcher a descriptor of unknown kind. */
	if (fstatfs(master, &fs))
		return err_set(err, errno, "/dev/pts/ptmx");
	if (fs.f_type != DEVPTS_MAGIC)
		return err_say(err, "/dev/pts/ptmx: not on a devpts file system");
	if (ioctl(master, TIOCSPTLCK, &unlocked))
		return err_set(err, errno, "unlock the new terminal");
	slave = ioctl(master, TIOCGPTPEER, flags);
	if (slave < 0)
		return err_set(err, errno, "open the new terminal");
	/* Or the workload could use the terminal, but not open it again by its name. */
	if (fchown(slave, r->plan->uid, (gid_t)-1))
		return err_set(err, errno, "give the new terminal to user %u", r->plan->uid);
	r->tty = take_fd(&slave);
	int ret = bind_console(r, err);
	if (ret)
		return ret;
	r->hand = take_fd(&master);
	return 0;
}

int tty_take(struct run *r, struct err *err)
{
	int fd = r->tty;

	if (ioctl(fd, TIOCSCTTY, 0))
		return err_set(err, errno, "make the terminal the controlling one");
	for (int i = 0; i <= 2; i++)
		if (!r->plan->passes_tty[i] && dup2(fd, i) < 0)
			return err_set(err, errno, "terminal as descriptor %d", i);
	if (fd > 2)
		(void)close(fd);
	r->tty = -1;
	return 0;
}

/* In /proc/PID/stat after the name in brackets: state, ppid, pgrp, session, tty_nr. */
static int tty_verify(const struct run *r, struct err *err)
{
	char path[32];
	char text[512];
	char *at;
	unsigned dev = 0;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", r->child);
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return err_set(err, errno, "%s", path);
	text[n] = '\0';
	at = strrchr(text, ')');
	if (!at || sscanf(at + 1, " %*c %*d %*d %*d %u", &dev) != 1)
		return err_say(err, "%s: not understood", path);
	/* Majors 136 to 143 are pseudo-terminals (devices.txt). */
	if ((dev >> 8 & 0xfff) < 136 || (dev >> 8 & 0xfff) > 143)
		return err_say(err,
			       "the sandbox has no pseudo-terminal as its controlling terminal");
	return 0;
}

static const struct hint tty_hints[] = {
	{ENOSPC, "the kernel's pseudo-terminals are used up: see /proc/sys/kernel/pty/max, or use "
		 "--no-tty"},
	{EIO, "the sandbox's devpts allows no terminal: see /proc/sys/kernel/pty/max"},
	{0, NULL},
};

const struct step step_tty = {
	.id = "tty",
	.what = "make a pseudo-terminal on the sandbox's own devpts and bind it to /dev/console",
	.why = "after dev, which mounts that devpts, and before pivot and caps: opening, chown and "
	       "the bind mount need the set-up's rights; a terminal made on the host's devpts would "
	       "have a name outside and none inside",
	.refs = "pty(7), pts(4), ioctl_tty(2), open_tree(2)",
	.calls = "open(\"/dev/ptmx\") on the sandbox's own devpts\n"
		 "ioctl(TIOCGPTPEER), move_mount(the slave, \"/dev/console\")",
	.side = CHILD,
	.wanted = tty_wanted,
	.by = "--tty, or standard input being a terminal",
	.no_tool =
		"script(1) makes a terminal on the host's devpts, not on the sandbox's. The command has "
		"your own standard streams, and a session without a controlling terminal",
	.run = tty_run,
	.verify = tty_verify,
	.hints = tty_hints,
};

/* ---- the launcher's end ------------------------------------------------------------------- */

static int tty_attach_run(struct run *r, struct err *err)
{
	struct winsize size;
	unsigned number;
	int caller = tty_caller();

	r->tty = take_fd(&r->received);
	if (r->tty < 0)
		return err_say(err, "no terminal came from the sandbox");
	/* It came from the child: only a terminal's master answers this. */
	if (ioctl(r->tty, TIOCGPTN, &number))
		return err_set(err, errno, "terminal from the sandbox");
	if (fcntl(r->tty, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
		return err_set(err, errno, "terminal from the sandbox");
	/* The same size, keys and encoding as outside; without a terminal there the kernel's own. */
	if (caller >= 0 && !ioctl(caller, TIOCGWINSZ, &size) && ioctl(r->tty, TIOCSWINSZ, &size))
		return err_set(err, errno, "size of the new terminal");
	if (tty_save(r) && tcsetattr(r->tty, TCSANOW, &r->tty_saved))
		return err_set(err, errno, "mode of the new terminal");
	return 0;
}

const struct step step_tty_attach = {
	.id = "tty-attach",
	.what = "the launcher takes the terminal's master and gives it the caller's size and keys",
	.why = "right after tty, with whose baton the master comes; before the workload starts, which "
	       "asks for the size once; the caller's own terminal is changed only after exec, so "
	       "that no failed set-up can leave it raw",
	.refs = "unix(7), ioctl_tty(2), termios(3)",
	.calls = "ioctl(TIOCGWINSZ) of the caller's terminal, ioctl(TIOCSWINSZ) of the new one",
	.side = PARENT,
	.wanted = tty_wanted,
	.by = "--tty, or standard input being a terminal",
	.no_tool = "there is no terminal of the sandbox's own",
	.run = tty_attach_run,
};
