/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setid.c - set-user-ID programs: do they give the rights of their owner in here?
 *
 * Should:  stop the program as soon as it has begun: whose rights it has is all that is asked.
 * Mustn't: leave a file behind, or let a program read or write anything of anybody's.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "setid.h"

const char *setid_own_file(struct attempt *a, int *ret_fd)
{
	static char path[64];

	(void)snprintf(path, sizeof(path), "%s/.pillbox-probe-%d", scratch(NULL), getpid());
	*ret_fd = try_open(a, path, O_RDWR | O_CREAT | O_EXCL);
	return *ret_fd < 0 ? NULL : path;
}

static bool copy_self(int to)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	static char buf[65536];
	ssize_t n = -1;

	if (from < 0)
		from = open((const char *)getauxval(AT_EXECFN), O_RDONLY | O_CLOEXEC);
	while (from >= 0 && (n = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, (size_t)n) != n)
			return false;
	if (from >= 0)
		close(from);
	return n == 0;
}

/* Effective uid of a process, or -1 */
static long euid_of(pid_t pid)
{
	char path[64], line[128];
	long euid = -1;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Uid: %*d %ld", &euid) == 1)
			break;
	if (f)
		(void)fclose(f);
	return euid;
}

/* In the child: the program with nothing to talk to, asked for a text that it writes to nobody. */
static _Noreturn void exec_muted(struct attempt *a, const char *path, uid_t as)
{
	const char *const argv[] = {path, "--version", NULL}, *const envp[] = {NULL};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	for (int i = 0; i < 3; i++)
		if (null < 0 || dup2(null, i) < 0)
			close(i);
	if (as != geteuid() && TRY(a, setresuid, as, as, as) < 0)
		_exit(1);
	(void)TRY(a, execve, path, argv, envp);
	about(a, path, X_OK);
	_exit(1);
}

/*
 * Start a program as `as`, stop it as soon as it has begun, and see whose rights it has: its
 * effective uid, -1 when it did not start. execve closes the pipe; what it has by then is final.
 */
static long euid_gained(struct attempt *a, const char *path, uid_t as)
{
	long euid = -1;
	char byte;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid == 0)
		exec_muted(a, path, as);
	close(fds[1]);
	while (pid > 0 && read(fds[0], &byte, 1) < 0 && errno == EINTR)
		;
	close(fds[0]);
	if (pid < 0)
		return -1;
	/* Stopped or ended, /proc keeps it for us until it is waited for. */
	(void)kill(pid, SIGSTOP);
	(void)waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WSTOPPED | WEXITED | WNOWAIT);
	if (a->is_in_call)
		euid = euid_of(pid);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return euid;
}

/* What came of a set-user-ID program of `owner`'s; people know it as `name` */
static void judge_setuid(struct attempt *a, const char *path, const char *name, uid_t owner,
			 long euid)
{
	struct statvfs fs = {0};

	if (euid < 0 && !a->is_in_call) { /* it was refused, and the last call says what */
		if (a->ret == -ENOENT && access(path, F_OK) == 0)
			not_applicable(a, "%s needs a loader that is not here", name);
		return;
	}
	(void)statvfs(path, &fs);
	if (euid < 0)
		not_applicable(a, "no /proc to see in whose rights it runs with");
	else if (euid == (long)owner)
		worked(a, "%s ran as uid %u", name, owner);
	else if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		held(a, BY_NNP, "no_new_privs: %s ran as uid %ld", name, euid);
	else if (fs.f_flag & ST_NOSUID)
		held(a, BY_MOUNT_FLAG, "nosuid on %s: it ran as uid %ld", name, euid);
	else if (owner == 65534 && ns_is_own(NS_USER) == 1)
		held(a, BY_NAMESPACE, "the owner of %s has no uid in here", name);
	else
		held(a, BY_UNKNOWN, "%s ran as uid %ld", name, euid);
}

/* One that is there; 0 in the search for one of root's, which is worth most. */
static bool setuid_find(char *path, size_t size, uid_t *ret_owner)
{
	static const char *const dirs[] = {"/bin",      "/usr/bin",       "/sbin",
					   "/usr/sbin", "/usr/local/bin", "/usr/lib/openssh"};
	bool is_found = false;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		DIR *dir = opendir(dirs[i]);
		struct dirent *e;
		struct stat st;

		while (dir && (e = readdir(dir))) {
			if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) ||
			    !S_ISREG(st.st_mode) || !(st.st_mode & S_ISUID) ||
			    st.st_uid == geteuid() || (is_found && st.st_uid) ||
			    faccessat(dirfd(dir), e->d_name, X_OK, AT_EACCESS))
				continue;
			(void)snprintf(path, size, "%s/%s", dirs[i], e->d_name);
			*ret_owner = st.st_uid;
			is_found = true;
			if (!st.st_uid)
				break;
		}
		if (dir)
			closedir(dir);
		if (is_found && !*ret_owner)
			break;
	}
	return is_found;
}

void setid_program(struct attempt *a)
{
	uid_t owner = 0;
	char path[320];

	if (!geteuid())
		not_applicable(a, "this is uid 0 already");
	else if (!setuid_find(path, sizeof(path), &owner))
		not_applicable(a, "no set-user-ID program of another user's in the usual places");
	else
		judge_setuid(a, path, path, owner, euid_gained(a, path, geteuid()));
}

/*
 * A program of ours that lends our uid to everybody, tried as another user. It has no name by the
 * time that it is one: nobody can find it, whatever becomes of us.
 */
void setid_make(struct attempt *a)
{
	int fd, program;
	const char *path = setid_own_file(a, &fd);
	uid_t owner = geteuid();
	char link[64];

	if (!path)
		return;
	program = open(path, O_RDONLY | O_CLOEXEC);
	(void)unlink(path);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", program);
	if (program < 0 || access(link, F_OK) || !copy_self(fd)) {
		not_applicable(a, "this program cannot be copied here, or run without /proc");
		return;
	}
	close(fd); /* or it would be busy */
	if (TRY(a, fchmod, program, 04755) == 0) {
		judge_setuid(a, link, "a copy of this program", owner,
			     euid_gained(a, link, setid_other(owner)));
		if (a->path[0])
			about(a, scratch(NULL), X_OK);
	}
}
