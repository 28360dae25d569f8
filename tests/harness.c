/* SPDX-License-Identifier: Apache-2.0 */
/*
 * harness.c - what tests/real/lib.sh does around each test: another user, a time limit, a look at
 * the host.
 *
 * Theory of operation
 *
 * The shell could do all of it with setpriv, env, timeout, find, grep, sort and sha256sum, and did.
 * On an emulated processor (scripts/vm) starting a program costs 10 to 60 ms, most of it the
 * dynamic loader's, and so a test spent four fifths of its time on its own harness. This program is
 * static and is started three times a test.
 *
 * Should:  harness as USER COMMAND...            COMMAND as USER with a fresh environment
 *          harness run USER SECONDS COMMAND...   the same (USER - is the caller) with a time limit:
 *                                                status 124, COMMAND gets SIGTERM, then SIGKILL
 *          harness left DIR       pids of processes that run a program in DIR or see a mount of it
 *          harness state UID PATH...   text that changes when the host does: mounts, control groups
 *                                 of pillbox's (UID's; -1: everybody's), core_pattern, the host's
 *                                 name, all below each PATH
 * Mustn't: change anything, or end with 124 for another reason than the time.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TROUBLE 123 /* our own failure: not a status that pillbox gives */
#define MAX_GROUPS 64

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "harness: %s: %s\n", what, strerror(errno));
	exit(TROUBLE);
}

/* ---- another user --------------------------------------------------------------------------- */

/* The fields of a line `a:b:c`, in place; how many there are. */
static int split(char *line, char **field, int max)
{
	int n = 0;

	line[strcspn(line, "\n")] = '\0';
	while (n < max && (field[n] = strsep(&line, ":")))
		n++;
	return n;
}

/* The groups of a user, with the primary one first: a static program has no getgrouplist. */
static int groups_of(const char *user, gid_t *list)
{
	FILE *f = fopen("/etc/group", "re");
	char line[4096], *field[4];
	int n = 1;

	if (!f)
		die("/etc/group");
	while (fgets(line, sizeof(line), f)) {
		if (split(line, field, 4) != 4)
			continue;
		for (char *name; n < MAX_GROUPS && (name = strsep(&field[3], ","));) {
			if (!strcmp(name, user))
				list[n++] = (gid_t)strtoul(field[2], NULL, 10);
		}
	}
	fclose(f);
	return n;
}

static void become(const char *user)
{
	FILE *f = fopen("/etc/passwd", "re");
	const char *term = getenv("TERM");
	char line[4096], *field[7];
	gid_t groups[MAX_GROUPS];
	uid_t uid;

	if (!f)
		die("/etc/passwd");
	do {
		if (!fgets(line, sizeof(line), f)) {
			errno = ENOENT;
			die(user);
		}
	} while (split(line, field, 7) != 7 || strcmp(field[0], user));
	fclose(f);
	uid = (uid_t)strtoul(field[2], NULL, 10);
	groups[0] = (gid_t)strtoul(field[3], NULL, 10);
	if (setgroups((size_t)groups_of(user, groups), groups) ||
	    setresgid(groups[0], groups[0], groups[0]) || setresuid(uid, uid, uid))
		die(user);
	term = term ? strdup(term) : NULL;
	if (clearenv() || (term && setenv("TERM", term, 1)) || setenv("HOME", field[5], 1) ||
	    setenv("SHELL", field[6], 1) || setenv("USER", user, 1) || setenv("LOGNAME", user, 1) ||
	    setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1))
		die("environment");
}

/* ---- a time limit --------------------------------------------------------------------------- */

static pid_t command_pid;

static void pass_on(int sig)
{
	if (command_pid > 0)
		(void)kill(command_pid, sig);
}

static bool ended(int pidfd, long ms)
{
	struct timespec until, now;
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	long left = ms;

	clock_gettime(CLOCK_MONOTONIC, &until);
	while (poll(&p, 1, (int)left) < 0) { /* a signal: go on with what is left of the time */
		clock_gettime(CLOCK_MONOTONIC, &now);
		left = ms - (now.tv_sec - until.tv_sec) * 1000 -
		       (now.tv_nsec - until.tv_nsec) / 1000000;
		left = left < 0 ? 0 : left;
	}
	return p.revents;
}

static _Noreturn void run_limited(long seconds, char **argv)
{
	const struct sigaction act = {.sa_handler = pass_on}, dfl = {.sa_handler = SIG_DFL};
	struct sigaction old;
	bool late = false;
	int status, pidfd;

	/* Ignored, it would take the status from us; the command gets it as the caller has it. */
	sigaction(SIGCHLD, &dfl, &old);
	command_pid = fork();
	if (command_pid < 0)
		die("fork");
	if (!command_pid) {
		sigaction(SIGCHLD, &old, NULL);
		execvp(argv[0], argv);
		fprintf(stderr, "harness: %s: %s\n", argv[0], strerror(errno));
		_exit(errno == ENOENT ? 127 : 126);
	}
	for (const int *sig = (const int[]){SIGTERM, SIGINT, SIGHUP, SIGQUIT, 0}; *sig; sig++)
		sigaction(*sig, &act, NULL);
	pidfd = (int)syscall(SYS_pidfd_open, command_pid, 0);
	if (pidfd < 0)
		die("pidfd_open");
	if (!ended(pidfd, seconds * 1000)) {
		late = true;
		kill(command_pid, SIGTERM);
		kill(command_pid, SIGCONT);
		if (!ended(pidfd, 2000))
			kill(command_pid, SIGKILL);
	}
	while (waitpid(command_pid, &status, 0) < 0) {
		if (errno != EINTR)
			die("waitpid");
	}
	if (late)
		exit(124);
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* ---- the host ------------------------------------------------------------------------------- */

static char *whole_file(const char *path)
{
	size_t size = 0, used = 0;
	char *text = NULL;
	ssize_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	do {
		used += (size_t)n;
		if (used + 4096 > size) {
			size = size ? size * 2 : 16384;
			text = realloc(text, size);
			if (!text)
				die("realloc");
		}
		n = read(fd, text + used, size - used - 1);
	} while (n > 0);
	text[used] = '\0';
	close(fd);
	return text;
}

/* Does the process run a program in `dir/`, or is a mount below `dir` in its namespace? */
static bool is_ours(const char *pid, const char *dir)
{
	char path[64], exe[PATH_MAX], mount[PATH_MAX + 3];
	char *text;
	ssize_t n;
	bool ours;

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	if (n > 0) {
		exe[n] = '\0';
		if (!strncmp(exe, dir, strlen(dir)) && exe[strlen(dir)] == '/')
			return true;
	}
	snprintf(path, sizeof(path), "/proc/%s/mountinfo", pid);
	snprintf(mount, sizeof(mount), " %s/", dir);
	text = whole_file(path);
	ours = text && strstr(text, mount);
	free(text);
	return ours;
}

static void print_left(const char *dir)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;

	if (!proc)
		die("/proc");
	while ((d = readdir(proc))) {
		if (isdigit((unsigned char)d->d_name[0]) &&
		    strtol(d->d_name, NULL, 10) != getpid() && is_ours(d->d_name, dir))
			puts(d->d_name);
	}
	closedir(proc);
}

static void print_text(const char *path)
{
	char *text = whole_file(path);

	if (text)
		fputs(text, stdout);
	free(text);
}

static uid_t group_owner = (uid_t)-1; /* whose groups are printed; -1: everybody's */

/*
 * Groups of pillbox's. Unit tests have their own, and root's parent group `pillbox` stays, empty,
 * once it was made.
 */
static int print_group(const char *path, const struct stat *st, int type, struct FTW *at)
{
	if (group_owner != (uid_t)-1 && st->st_uid != group_owner)
		return 0;
	if (type == FTW_D && strstr(path + at->base, "pillbox") &&
	    strcmp(path + at->base, "pillbox") && !strstr(path, "/unit-"))
		puts(path);
	return 0;
}

/* With its times a file cannot be changed unseen: nobody sets ctime. */
static int print_file(const char *path, const struct stat *st, int type, struct FTW *at)
{
	char target[PATH_MAX] = "";

	(void)at;
	if (type == FTW_SL && readlink(path, target, sizeof(target) - 1) < 0)
		target[0] = '\0';
	printf("%s %lu %o %u:%u %ld %ld.%09ld %ld.%09ld %s\n", path, (unsigned long)st->st_ino,
	       st->st_mode, st->st_uid, st->st_gid, (long)st->st_size, (long)st->st_mtim.tv_sec,
	       st->st_mtim.tv_nsec, (long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec, target);
	return 0;
}

static void print_state(uid_t owner, char **paths)
{
	group_owner = owner;
	print_text("/proc/self/mountinfo");
	nftw("/sys/fs/cgroup", print_group, 16, FTW_PHYS);
	print_text("/proc/sys/kernel/core_pattern");
	print_text("/proc/sys/kernel/hostname");
	for (; *paths; paths++)
		nftw(*paths, print_file, 16, FTW_PHYS);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";

	if (!strcmp(what, "as") && argc > 3) {
		become(argv[2]);
		execvp(argv[3], argv + 3);
		fprintf(stderr, "harness: %s: %s\n", argv[3], strerror(errno));
		return errno == ENOENT ? 127 : 126;
	}
	if (!strcmp(what, "run") && argc > 4) {
		if (strcmp(argv[2], "-"))
			become(argv[2]);
		run_limited(strtol(argv[3], NULL, 10), argv + 4);
	}
	if (!strcmp(what, "left"))
		print_left(argv[2]);
	else if (!strcmp(what, "state") && argc > 3)
		print_state((uid_t)strtol(argv[2], NULL, 10), argv + 3);
	else
		return TROUBLE;
	return 0;
}
