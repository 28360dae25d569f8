/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payload.c - what the order mutation test runs inside: it says what the sandbox is like, as
 * key=value lines, and sleeps until somebody kills it.
 *
 * Should:  tell everything that a wrong order could change: /proc/1, what can be written, what is
 *          allowed; the rest comes from the probe (tests/probe.c).
 * Mustn't: say anything that is different in the next run of the same sandbox.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "order.h"

static void put(const char *key, int rc)
{
	printf("%s=%s\n", key, rc < 0 ? strerrorname_np(errno) : "OK");
}

static void put_pid1(void)
{
	static const char *const wanted[] = {"Name",       "Uid",     "Gid",    "Groups", "Cap",
					     "NoNewPrivs", "Seccomp", "SigBlk", "SigIgn", "Umask"};
	static const char *const paths[] = {"/proc/1/mem", "/proc/1/exe", "/proc/1/root",
					    "/proc/1/cwd", "/proc/1/fd",  "/proc/1/environ"};
	char line[512], key[64];
	FILE *f = fopen("/proc/1/status", "re");

	while (f && fgets(line, sizeof(line), f))
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
			if (!strncmp(line, wanted[i], strlen(wanted[i])))
				printf("pid1.%.*s=%s", (int)strcspn(line, ":"), line,
				       line + strcspn(line, ":") + 2);
	if (f)
		fclose(f);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int fd = open(paths[i], O_RDONLY | O_CLOEXEC);

		snprintf(key, sizeof(key), "open.%s", paths[i]);
		put(key, fd);
		if (fd >= 0)
			close(fd);
	}
}

/* Which places can be written, and whose the new file is. */
static void put_writable(void)
{
	static const char *const dirs[] = {"/",
					   "/etc",
					   "/tmp",
					   "/run",
					   "/var/tmp",
					   "/dev",
					   "/dev/shm",
					   "/proc",
					   "/proc/sys/kernel",
					   "/run/secrets",
					   "."};
	char path[128], key[64];
	struct stat st;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		int fd;

		snprintf(path, sizeof(path), "%s/.order-%d", dirs[i], getpid());
		snprintf(key, sizeof(key), "write.%s", dirs[i]);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		put(key, fd);
		if (fd < 0)
			continue;
		if (!fstat(fd, &st))
			printf("owner.%s=%u:%u mode %o\n", dirs[i], st.st_uid, st.st_gid,
			       st.st_mode);
		close(fd);
		unlink(path);
	}
}

static void put_attempts(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc;

	put("lo", fd < 0 ? fd : bind(fd, (struct sockaddr *)&a, sizeof(a)));
	if (fd >= 0) {
		a.sin_port = htons(9);
		put("lo.connect", connect(fd, (struct sockaddr *)&a, sizeof(a)));
		close(fd);
	}
	put("kill.1", kill(1, 0));
	rc = mknod("/dev/shm/.order-node", S_IFCHR | 0600, makedev(0, 0));
	put("whiteout", rc);
	unlink("/dev/shm/.order-node");
	put("setgid0", setregid((gid_t)-1, 0));
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	put("oom.write", fd);
	if (fd >= 0)
		close(fd);
	put("sethostname", sethostname("order", 5));
	/* Last: it would change what comes after. */
	put("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
	put("unshare", unshare(CLONE_NEWUSER));
}

int payload(void)
{
	struct stat top, here;
	char text[64] = "";
	pid_t pid;
	int fd;

	pid = fork();
	if (!pid) {
		execl("/bin/probe", "probe", "facts", (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	put_pid1();
	if (!stat("/", &top) && !stat(".", &here))
		printf("cwd.is=%s\n", top.st_ino == here.st_ino ? "the root" : "elsewhere");
	fd = open("/run/secrets/word", O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
		strcpy(text, "?");
	printf("secret=%s\n", text);
	put_writable();
	fflush(stdout);
	pid = fork();
	if (!pid) {
		put_attempts();
		fflush(stdout);
		_exit(0);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	printf(READY);
	fflush(stdout);
	for (;;)
		pause();
}
