/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_look.c - what /proc gives of other processes, and what those left behind in ours.
 *
 * Should:  open, and read a few bytes at most; say no value of a variable of anybody's.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "proc_look.h"

/* Is /proc one of another pid namespace, the host's say? Then it has another number for us. */
bool proc_is_foreign(void)
{
	char self[32];
	ssize_t n = readlink("/proc/self", self, sizeof(self) - 1);

	if (n <= 0)
		return false;
	self[n] = '\0';
	return strtol(self, NULL, 10) != getpid();
}

static const char *file_of(pid_t pid, const char *name)
{
	static char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return path;
}

/* That no such number is there is a pid namespace's doing, not the file's. */
static int open_of(struct attempt *a, pid_t pid, const char *name, int flags)
{
	int fd = try_open(a, file_of(pid, name), flags);

	if (fd == -ENOENT && access("/proc/self", F_OK) == 0)
		a->path[0] = '\0';
	return fd;
}

void look_mem(struct attempt *a, pid_t pid)
{
	if (open_of(a, pid, "mem", O_RDWR) >= 0)
		worked(a, "%s is open for writing", a->path);
}

void look_entry(struct attempt *a, pid_t pid)
{
	if (open_of(a, pid, "", O_RDONLY | O_DIRECTORY) >= 0)
		worked(a, "/proc/%d is the host's process", pid);
}

/* The whole tree of the host's files, by the root of a process that lives there. */
void look_root(struct attempt *a, pid_t pid)
{
	if (open_of(a, pid, "root", O_PATH | O_DIRECTORY) >= 0)
		worked(a, "%s is open", a->path);
}

/* Something of it could be read; only the start is said, and of a variable only its name. */
static bool text_of(struct attempt *a, pid_t pid, const char *name, const char *end)
{
	char text[64];
	int fd = try_open(a, file_of(pid, name), O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	text[strcspn(text, end)] = '\0';
	worked(a, "%s: \"%s...\"", a->path, text);
	return true;
}

static bool environ_of(struct attempt *a, pid_t pid)
{
	return text_of(a, pid, "environ", "=");
}

static bool maps_of(struct attempt *a, pid_t pid)
{
	return text_of(a, pid, "maps", " \n");
}

static bool cmdline_of(struct attempt *a, pid_t pid)
{
	return text_of(a, pid, "cmdline", " ");
}

static bool is_same(const struct stat *s, const struct stat *t)
{
	return s->st_dev == t->st_dev && s->st_ino == t->st_ino;
}

/* Does the way up from this directory end elsewhere than at our root? */
static bool is_outside(int dir)
{
	struct stat here = {0}, up, root;
	int fd = dup(dir);

	for (int i = 0; i < 256 && fd >= 0 && fstat(fd, &here) == 0; i++) {
		int next = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		bool is_top = next < 0 || fstat(next, &up) || is_same(&here, &up);

		close(fd);
		fd = next;
		if (is_top)
			break;
	}
	if (fd >= 0)
		close(fd);
	return here.st_ino && stat("/", &root) == 0 && !is_same(&here, &root);
}

/* Is what a link of /proc shows a file that our own root has too? */
static bool is_in_root(const char *link, const struct stat *st)
{
	char path[512];
	ssize_t n = readlink(link, path, sizeof(path) - 1);
	struct stat own;

	if (n <= 0)
		return false;
	path[n] = '\0';
	return path[0] == '/' && stat(path, &own) == 0 && is_same(st, &own);
}

/* Its root or working directory, where that leads out of our root. */
static bool root_of(struct attempt *a, pid_t pid)
{
	static const char *const links[] = {"root", "cwd"};

	for (int i = 0; i < 2; i++) {
		int fd = try_open(a, file_of(pid, links[i]), O_PATH | O_DIRECTORY);
		bool is_found = fd >= 0 && is_outside(fd);

		if (fd >= 0)
			close(fd);
		if (is_found) {
			worked(a, "%s leads to other files than our root", a->path);
			return true;
		}
	}
	return false;
}

/*
 * Its program for writing: what a launcher that came in to start a process runs (CVE-2019-5736).
 * ETXTBSY comes after owner and mode, and is over when the program ends; but before the mount and
 * seals are looked at.
 */
static bool exe_of(struct attempt *a, pid_t pid)
{
	const char *path = file_of(pid, "exe");
	int fd = try_open(a, path, O_RDONLY), rc;
	struct statvfs fs = {0};
	struct stat st;
	bool is_sandboxs;

	if (fd < 0)
		return false;
	is_sandboxs = fstat(fd, &st) || (ns_is_own(NS_PID) == 1 && is_in_root(path, &st));
	rc = is_sandboxs ? 0 : try_open(a, path, O_WRONLY);
	if (rc == -ETXTBSY && fcntl(fd, F_GETFD) >= 0 && fcntl(fd, F_GET_SEALS) > 0 &&
	    fcntl(fd, F_GET_SEALS) & F_SEAL_WRITE)
		held(a, BY_PERMISSION, "%s is a sealed copy in memory", path);
	else if (rc == -ETXTBSY && fstatvfs(fd, &fs) == 0 && fs.f_flag & ST_RDONLY)
		held(a, BY_MOUNT_FLAG, "ro on %s", path);
	else if (!is_sandboxs && (rc >= 0 || rc == -ETXTBSY))
		worked(a, "%s can be written%s", path, rc < 0 ? " when it has ended" : "");
	close(fd);
	if (rc > 0)
		close(rc);
	return a->end != END_OPEN;
}

/* A descriptor of its that can be opened, and is none that we have. */
static bool fds_of(struct attempt *a, pid_t pid)
{
	char path[64], to[100];

	for (int fd = 0; fd < 64; fd++) {
		struct stat st, own;
		bool is_ours = false;
		ssize_t n;
		int got;

		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
		got = try_open(a, path, O_PATH);
		if (got == -EACCES || got == -EPERM)
			return false;
		if (got < 0 || fstat(got, &st))
			continue;
		close(got);
		for (int i = 0; i < 10 && !is_ours; i++)
			is_ours = fstat(i, &own) == 0 && is_same(&st, &own);
		n = readlink(path, to, sizeof(to) - 1);
		if (is_ours || n <= 0 || is_in_root(path, &st))
			continue;
		to[n] = '\0';
		worked(a, "%s: %s", path, to);
		return true;
	}
	a->ret = 0; /* those that it has not are no refusal */
	return false;
}

/* ---- all that /proc shows ---------------------------------------------------------------------- */

/* Ours: this process, the judge, and those that it descends from, but not process 1. */
static bool is_ours(pid_t pid)
{
	pid_t mine = getpid();

	if (pid == getppid())
		return true;
	for (int depth = 0; depth < 64 && mine > 1; depth++) {
		FILE *f;
		int parent = 0;

		if (mine == pid)
			return true;
		f = fopen(file_of(mine, "stat"), "re");
		if (!f || fscanf(f, "%*d (%*[^)]) %*c %d", &parent) != 1)
			parent = mine == getpid() ? getppid() : 0;
		if (f)
			(void)fclose(f);
		mine = parent;
	}
	return false;
}

/* Look at each process that is not ours, from number `from` on, until one look says how it ends. */
static void others(struct attempt *a, pid_t from, bool (*look)(struct attempt *a, pid_t pid))
{
	int fd = try_open(a, "/proc/self/stat", O_RDONLY);
	DIR *proc = fd < 0 ? NULL : opendir("/proc");
	unsigned count = 0;
	struct dirent *e;

	if (fd >= 0)
		close(fd);
	while (proc && a->end == END_OPEN && (e = readdir(proc))) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);

		if (pid < from || is_ours(pid))
			continue;
		count++;
		if (look(a, pid))
			break;
	}
	if (proc)
		closedir(proc);
	if (a->end != END_OPEN || !proc)
		return;
	if (!count)
		held(a, ns_is_own(NS_PID) == 1 ? BY_NAMESPACE : BY_ABSENT,
		     "/proc shows this program's own processes only");
	else if (a->ret >= 0)
		held(a, BY_ABSENT, "those that may be looked at hold nothing of outside");
}

void look_others(struct attempt *a, enum look what)
{
	static const struct {
		pid_t from; /* process 1 has rows of its own */
		bool (*look)(struct attempt *a, pid_t pid);
	} looks[] = {
		[LOOK_ENVIRON] = {2, environ_of}, [LOOK_MAPS] = {2, maps_of},
		[LOOK_CMDLINE] = {2, cmdline_of}, [LOOK_EXE] = {1, exe_of},
		[LOOK_ROOT] = {1, root_of},
	};

	others(a, looks[what].from, looks[what].look);
	if (a->end == END_OPEN && a->ret == -EACCES && a->access == W_OK &&
	    faccessat(AT_FDCWD, a->path, W_OK, AT_EACCESS))
		held(a, BY_PERMISSION, "owner and mode of %s", a->path);
}

void look_environ(struct attempt *a, pid_t pid)
{
	if (!environ_of(a, pid) && a->ret >= 0)
		held(a, BY_ABSENT, "%s is empty", a->path);
}

void look_fds(struct attempt *a, pid_t pid)
{
	if (!fds_of(a, pid) && a->ret >= 0)
		held(a, BY_ABSENT, "process %d holds nothing that is not in here", pid);
}

/* ---- what was left in this process ------------------------------------------------------------- */

/* Is it more than a path would give us? A directory outside, a file that is not ours to open so. */
static bool is_gain(int fd, const char *link)
{
	int flags = fcntl(fd, F_GETFL), mode = flags & O_ACCMODE;
	struct stat st;
	char path[512];
	ssize_t n = readlink(link, path, sizeof(path) - 1);

	if (fstat(fd, &st))
		return false;
	if (S_ISDIR(st.st_mode))
		return is_outside(fd);
	if (n <= 0 || !is_in_root(link, &st))
		return true;
	path[n] = '\0';
	return faccessat(AT_FDCWD, path,
			 mode == O_RDONLY   ? R_OK
			 : mode == O_WRONLY ? W_OK
					    : R_OK | W_OK,
			 AT_EACCESS) != 0;
}

void look_inherited(struct attempt *a)
{
	char link[64], to[100];

	for (int fd = 3; fd < 1024; fd++) {
		ssize_t n;

		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		if (TRY(a, fcntl, fd, F_GETFD) < 0 || !is_gain(fd, link))
			continue;
		n = readlink(link, to, sizeof(to) - 1);
		to[n > 0 ? n : 0] = '\0';
		worked(a, "descriptor %d was open: %s", fd, n > 0 ? to : "no /proc tells on what");
		return;
	}
	held(a, BY_ABSENT, "no descriptor but 0, 1 and 2 that leads out of here");
}

void look_cwd(struct attempt *a)
{
	char path[512] = "";
	int fd;

	if (TRY(a, getcwd, path, sizeof(path)) > 0 && path[0] != '/') {
		worked(a, "it is %.100s", path);
		return;
	}
	fd = try_open(a, ".", O_PATH | O_DIRECTORY);
	if (fd < 0)
		return;
	if (is_outside(fd))
		worked(a, "the way up from it ends at another root");
	else
		held(a, BY_ABSENT, "the working directory is inside of the root");
	close(fd);
}
