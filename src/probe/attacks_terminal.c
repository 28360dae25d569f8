/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attacks_terminal.c - attacks on the terminal, the console, and whoever types there.
 *
 * Should:  give each ioctl a value that is refused after the permission, or try it on a terminal
 * of our own.
 * Mustn't: put a byte into anybody's terminal, or change one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/kd.h>
#include <linux/tiocl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "caps_names.h"
#include "probe.h"

/* No line discipline has this number (N_DEVELOPMENT), so no module is loaded for it. */
#define LDISC_NONE 29
#define MAJOR_PTS 136

/* ---- which terminal ---------------------------------------------------------------------------- */

/* The terminal that we were given, or the controlling one; -1 and a verdict: there is none. */
static int terminal(struct attempt *a)
{
	int fd;

	for (fd = 0; fd < 3; fd++)
		if (isatty(fd))
			return fd;
	fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		not_applicable(a, "no terminal: run it with one (-t)");
	return fd;
}

/* A new pair of our own: the master, and its other end, opened as wanted. */
static int own_pty(struct attempt *a, int flags, int *ret_slave)
{
	int master = try_open(a, "/dev/ptmx", O_RDWR), unlocked = 0;

	if (master < 0)
		return master;
	(void)ioctl(master, TIOCSPTLCK, &unlocked);
	*ret_slave = (int)TRY(a, ioctl, master, TIOCGPTPEER, flags | O_NOCTTY);
	return *ret_slave < 0 ? -1 : master;
}

/* Is it one of the host's? 1, 0, or -1: nothing tells. Consoles are the machine's, always. */
static int is_hosts(const struct stat *st)
{
	if (major(st->st_rdev) < MAJOR_PTS || major(st->st_rdev) >= MAJOR_PTS + 8)
		return 1;
	if (targets.ptsdev)
		return st->st_dev == targets.ptsdev;
	return ns_is_own(NS_MNT) == 0 ? 1 : -1;
}

static void judge_host(struct attempt *a, const struct stat *st, const char *what)
{
	int hosts = is_hosts(st);

	if (hosts == 1)
		worked(a, "%s is one of the host's (%u:%u)", what, major(st->st_rdev),
		       minor(st->st_rdev));
	else if (hosts == 0)
		held(a, BY_NAMESPACE, "%s is of a /dev/pts of the sandbox's own", what);
	else
		not_applicable(a,
			       "nothing told which /dev/pts is the host's (--target=ptsdev=DEV)");
}

/*
 * An ioctl on the console's device was refused: by a capability? The table cannot say it, for then
 * it would be said of a refused open, too.
 */
static void judge_cap(struct attempt *a, unsigned cap)
{
	char name[32];

	(void)cap_name(cap, name, sizeof(name));
	if (a->end != END_OPEN || a->ret != -EPERM || strcmp(a->call, "ioctl") != 0 ||
	    by_filter(a) != 0)
		return;
	if (!(fact_caps("CapEff") >> cap & 1))
		held(a, BY_CAPABILITY, "%s missing", name);
	else if (!fact_first_user_ns())
		held(a, BY_NAMESPACE, "%s counts for the sandbox's user namespace only", name);
}

/* Run it in a session without a terminal, which a process that leads a group cannot make itself. */
static void in_session(struct attempt *a, int fd, void (*run)(struct attempt *a, int fd))
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		if (setsid() > 0)
			run(a, fd);
		_exit(0);
	}
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
}

/* ---- what others type -------------------------------------------------------------------------- */

/* With no byte to put in: EFAULT comes after both permissions (tty_io.c, tiocsti). */
static void push(struct attempt *a, unsigned long command)
{
	int fd = terminal(a);

	if (fd < 0)
		return;
	if (TRY(a, ioctl, fd, command, NULL) == -EFAULT)
		worked(a, "all was granted but the address of the byte");
	else if (a->ret == -EIO && by_filter(a) == 0)
		held(a, BY_KERNEL, "dev.tty.legacy_tiocsti is 0");
}

static void tiocsti(struct attempt *a)
{
	push(a, TIOCSTI);
}

/* The kernel takes the low 32 bits of the command; a filter may compare 64. */
static void tiocsti_high(struct attempt *a)
{
	push(a, 1UL << 32 | TIOCSTI);
}

/* A question only, behind the same check as pasting is. */
static void tioclinux(struct attempt *a)
{
	char subcode = TIOCL_GETSHIFTSTATE;
	int fd;

	for (fd = 0; fd < 3 && !isatty(fd); fd++)
		;
	/* On what is no virtual console it means nothing; but a filter shows itself there, too. */
	if (fd == 3 || (TRY(a, ioctl, fd, TIOCLINUX, &subcode) == -ENOTTY && by_filter(a) == 0)) {
		fd = try_open(a, "/dev/tty0", O_RDWR);
		if (fd >= 0)
			(void)TRY(a, ioctl, fd, TIOCLINUX, &subcode);
	}
	if (a->ret == 0)
		worked(a, "the console would paste what it is told to");
	judge_cap(a, CAP_SYS_ADMIN);
}

static void launcher(struct attempt *a)
{
	int fd = terminal(a);
	unsigned number = 0;
	char path[64];
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return;
	if (fd < 3) {
		judge_host(a, &st, "the terminal");
	} else if (ioctl(fd, TIOCGDEV, &number)) {
		not_applicable(a, "the controlling terminal does not say which it is");
	} else { /* /dev/tty: look for what it stands for */
		(void)snprintf(path, sizeof(path), "/dev/pts/%u", minor(number));
		if (stat(path, &st) == 0 && st.st_rdev == number)
			judge_host(a, &st, "the controlling terminal");
		else
			worked(a, "the controlling terminal (%u:%u) is none of this /dev/pts",
			       major(number), minor(number));
	}
}

static void pts_host(struct attempt *a)
{
	char path[64];
	struct stat st;
	int fd;

	if (targets.pts < 0) {
		not_applicable(a, "no terminal outside was told (--target=pts=N)");
		return;
	}
	(void)snprintf(path, sizeof(path), "/dev/pts/%ld", targets.pts);
	fd = try_open(a, path, O_RDWR);
	if (fd >= 0 && fstat(fd, &st) == 0)
		judge_host(a, &st, path);
	else if (fd == -ENOENT && ns_is_own(NS_MNT) == 1)
		a->path[0] = '\0'; /* another /dev/pts has other numbers */
}

/* Whatever other terminal there is; ours are those of 0, 1, 2 and the controlling one. */
static bool is_ours(dev_t device)
{
	int tty = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
	unsigned number = 0;
	struct stat st;

	if (tty >= 0) {
		(void)ioctl(tty, TIOCGDEV, &number);
		close(tty);
	}
	for (int fd = 0; fd < 3; fd++)
		if (fstat(fd, &st) == 0 && st.st_rdev == device)
			return true;
	return device == number;
}

static void pts_others(struct attempt *a)
{
	int fd = try_open(a, "/dev/pts", O_RDONLY | O_DIRECTORY);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	unsigned count = 0;
	struct dirent *e;
	char path[300];
	struct stat st;

	while (dir && a->end == END_OPEN && (e = readdir(dir))) {
		(void)snprintf(path, sizeof(path), "/dev/pts/%s", e->d_name);
		if (stat(path, &st) || !S_ISCHR(st.st_mode) || major(st.st_rdev) < MAJOR_PTS ||
		    is_ours(st.st_rdev))
			continue;
		count++;
		if (try_open(a, path, O_RDWR) >= 0)
			worked(a, "%s is open", path);
	}
	if (dir && !count)
		held(a, BY_ABSENT, "no other terminal in /dev/pts");
	if (dir)
		closedir(dir);
}

static void ptmx_host(struct attempt *a)
{
	int slave, master = own_pty(a, O_RDWR, &slave);
	struct stat st;

	if (master >= 0 && fstat(slave, &st) == 0)
		judge_host(a, &st, "a terminal of /dev/ptmx's");
}

/* ---- to take one away -------------------------------------------------------------------------- */

static void take_by_force(struct attempt *a, int fd)
{
	if (TRY(a, ioctl, fd, TIOCSCTTY, 1) == 0)
		worked(a, "a session lost its terminal to another");
}

static void take(struct attempt *a, int fd)
{
	if (TRY(a, ioctl, fd, TIOCSCTTY, 0) == 0)
		in_session(a, fd, take_by_force);
}

/* Both sessions and the terminal are ours. */
static void tty_steal(struct attempt *a)
{
	int slave;

	if (own_pty(a, O_RDWR, &slave) >= 0)
		in_session(a, slave, take);
}

/* Without a terminal there is none to hang up; the permission comes first. */
static void hang_up(struct attempt *a, int fd)
{
	(void)fd;
	if (TRY0(a, vhangup) == 0)
		worked(a, "all was granted, and no terminal was there to hang up");
}

static void vhangup_tried(struct attempt *a)
{
	in_session(a, -1, hang_up);
}

/* ---- the console, and the kernel's code behind terminals ----------------------------------------- */

/* A mode that is none: EINVAL comes after the permission. */
static void console_mode(struct attempt *a)
{
	int fd = try_open(a, "/dev/tty0", O_RDWR);

	if (fd < 0)
		return;
	if (TRY(a, ioctl, fd, KDSETMODE, 99) == -EINVAL)
		worked(a, "the console can be switched to graphics, and shows nothing then");
	judge_cap(a, CAP_SYS_TTY_CONFIG);
}

/* What a key means already is set again. */
static void keymap(struct attempt *a)
{
	struct kbentry key = {.kb_table = 0, .kb_index = 30};
	int fd = try_open(a, "/dev/tty0", O_RDWR);

	if (fd < 0)
		return;
	if (TRY(a, ioctl, fd, KDGKBENT, &key) == 0 && TRY(a, ioctl, fd, KDSKBENT, &key) == 0)
		worked(a, "a key was given a meaning: that which it had");
	judge_cap(a, CAP_SYS_TTY_CONFIG);
}

static void console_write(struct attempt *a)
{
	int fd = try_open(a, "/dev/console", O_WRONLY);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0)
		judge_host(a, &st, "/dev/console");
}

static void screen_read(struct attempt *a)
{
	if (try_open(a, "/dev/vcs", O_RDONLY) >= 0)
		worked(a, "/dev/vcs is open: what the console shows");
}

static void line_discipline(struct attempt *a)
{
	const int none = LDISC_NONE;
	int slave;

	if (own_pty(a, O_RDWR, &slave) >= 0 && TRY(a, ioctl, slave, TIOCSETD, &none) == -EINVAL)
		worked(a, "all was granted but a discipline that does not exist");
	else if (a->ret == -EPERM && fact_number("/proc/sys/dev/tty/ldisc_autoload") == 0 &&
		 by_filter(a) == 0)
		held(a, BY_CAPABILITY, "SYS_MODULE missing, and dev.tty.ldisc_autoload is 0");
}

/* A descriptor that cannot be written to: EBADF comes after the permission. */
static void console_redirect(struct attempt *a)
{
	int slave;

	if (own_pty(a, O_RDONLY, &slave) < 0)
		return;
	(void)TRY(a, ioctl, slave, TIOCCONS, 0);
	if (a->ret == -EBADF || a->ret == -EBUSY || a->ret == 0)
		worked(a, "all was granted but a terminal that can be written to");
}

/* ---- the table --------------------------------------------------------------------------------- */

const struct attack attacks_terminal[] = {
	{.id = "tiocsti",
	 .what = "type into the terminal",
	 .gives = "commands in the shell that gets the terminal back",
	 .weight = 9,
	 .caps = CAP(SYS_ADMIN),
	 .in_first = true,
	 .cure = "--security-opt seccomp=builtin",
	 .run = tiocsti},
	{.id = "tiocsti-high-bits",
	 .what = "the same, past a filter of 64 bits",
	 .gives = "commands in that shell, by a number that the filter misses",
	 .weight = 9,
	 .caps = CAP(SYS_ADMIN),
	 .in_first = true,
	 .cure = "--security-opt seccomp=builtin",
	 .run = tiocsti_high},
	{.id = "tioclinux",
	 .what = "paste on a virtual console",
	 .gives = "commands in the shell of whoever sits at the machine",
	 .weight = 7,
	 .cure = "--security-opt seccomp=builtin",
	 .run = tioclinux},
	{.id = "tty-of-launcher",
	 .what = "reach the launcher's own terminal",
	 .gives = "what is typed there later, and control of it",
	 .weight = 6,
	 .ns = IN(MNT),
	 .cure = "--tty",
	 .run = launcher},
	{.id = "pts-host",
	 .what = "open a terminal of the host's",
	 .gives = "what is typed there, and text on its screen",
	 .weight = 7,
	 .ns = IN(MNT),
	 .cure = "--preset hardened",
	 .run = pts_host},
	{.id = "pts-others",
	 .what = "open any other terminal",
	 .gives = "what others type, and text on their screens",
	 .weight = 6,
	 .cure = "--preset hardened",
	 .run = pts_others},
	{.id = "ptmx-host",
	 .what = "make a terminal in the host's /dev/pts",
	 .gives = "terminals used up for all, and the host's /dev/pts seen",
	 .weight = 3,
	 .ns = IN(MNT),
	 .cure = "--preset hardened",
	 .run = ptmx_host},
	{.id = "tty-steal",
	 .what = "take a terminal from another session",
	 .gives = "the terminal of any session that can be opened",
	 .weight = 5,
	 .caps = CAP(SYS_ADMIN),
	 .in_first = true,
	 .cure = "--cap-drop SYS_ADMIN",
	 .run = tty_steal},
	{.id = "vhangup",
	 .what = "hang up a terminal",
	 .gives = "a session of somebody else's that ends",
	 .weight = 3,
	 .caps = CAP(SYS_TTY_CONFIG),
	 .in_first = true,
	 .cure = "--cap-drop SYS_TTY_CONFIG",
	 .run = vhangup_tried},
	{.id = "console-mode",
	 .what = "switch the console to graphics",
	 .gives = "a machine that shows nothing to whoever sits at it",
	 .weight = 3,
	 .cure = "--preset hardened",
	 .run = console_mode},
	{.id = "console-keymap",
	 .what = "give a key of the console a meaning",
	 .gives = "commands that run when somebody presses a key",
	 .weight = 7,
	 .cure = "--preset hardened",
	 .run = keymap},
	{.id = "console-write",
	 .what = "write to the console",
	 .gives = "text that passes for the machine's own",
	 .weight = 3,
	 .cure = "--preset hardened",
	 .run = console_write},
	{.id = "console-redirect",
	 .what = "redirect the console",
	 .gives = "what the kernel and init say there",
	 .weight = 4,
	 .caps = CAP(SYS_ADMIN),
	 .in_first = true,
	 .cure = "--cap-drop SYS_ADMIN",
	 .run = console_redirect},
	{.id = "screen-read",
	 .what = "read the console's screen",
	 .gives = "all that stands on it",
	 .weight = 5,
	 .cure = "--preset hardened",
	 .run = screen_read},
	{.id = "tty-ldisc",
	 .what = "load a line discipline",
	 .gives = "drivers nobody uses, with a long record of bugs",
	 .weight = 4,
	 .cure = "--preset hardened",
	 .run = line_discipline},
	{0},
};
