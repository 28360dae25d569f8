/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.c - what holds in this process, as the kernel shows it.
 *
 * Should:  work without /proc where a system call tells the same.
 * Mustn't: take a file for the kernel's word that is not on a proc file system.
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

/* Inode numbers of the first namespaces, include/linux/proc_ns.h; net and mnt are counted up. */
static const uint64_t ns_first[NS_KINDS] = {
	[NS_USER] = 0xeffffffd, [NS_PID] = 0xeffffffc,    [NS_IPC] = 0xefffffff,
	[NS_UTS] = 0xeffffffe,  [NS_CGROUP] = 0xeffffffb,
};

/* The whole of a file of /proc, at most size - 1 bytes; -1 without it. */
static ssize_t proc_read(const char *path, char *buf, size_t size)
{
	struct statfs fs;
	ssize_t n = -1, len = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC)
		while ((n = read(fd, buf + len, size - 1 - (size_t)len)) > 0)
			len += n;
	close(fd);
	buf[n < 0 ? 0 : len] = '\0';
	return n < 0 ? -1 : len;
}

long fact_status(const char *key, int base, long absent)
{
	char buf[8192];
	size_t len = strlen(key);

	if (proc_read("/proc/self/status", buf, sizeof(buf)) < 0)
		return absent;
	for (const char *line = buf; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, len) && line[len] == ':')
			return (long)strtoull(line + len + 1, NULL, base);
	}
	return absent;
}

long fact_number(const char *path)
{
	char buf[32], *end;
	long n;

	if (proc_read(path, buf, sizeof(buf)) <= 0)
		return -1;
	n = strtol(buf, &end, 10);
	return end == buf ? -1 : n;
}

uint64_t fact_caps(const char *which)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	uint64_t caps = 0;

	if (!strcmp(which, "CapBnd")) {
		for (int cap = 0; cap <= 63; cap++)
			if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
				caps |= 1ULL << cap;
		return caps;
	}
	if (syscall(SYS_capget, &head, data))
		return (uint64_t)fact_status(which, 16, 0);
	if (!strcmp(which, "CapPrm"))
		return data[0].permitted | (uint64_t)data[1].permitted << 32;
	if (!strcmp(which, "CapEff"))
		return data[0].effective | (uint64_t)data[1].effective << 32;
	return (uint64_t)fact_status(which, 16, 0);
}

int ns_is_own(enum ns_kind kind)
{
	char path[64];
	struct stat st;
	uint64_t host = targets.ns[kind] ? targets.ns[kind] : ns_first[kind];

	(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", ns_names[kind]);
	if (!host || stat(path, &st))
		return -1;
	return st.st_ino != host;
}

int fact_ns_ours(enum ns_kind kind)
{
	char path[64];
	struct stat own, st;
	int ns, owner, err, ret = -1;

	(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", ns_names[kind]);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0)
		return -1;
	owner = ioctl(ns, NS_GET_USERNS);
	err = errno;
	close(ns);
	if (owner < 0)
		return err == EPERM ? 0 : -1;
	if (fstat(owner, &st) == 0 && stat("/proc/self/ns/user", &own) == 0)
		ret = st.st_ino == own.st_ino;
	close(owner);
	return ret;
}

bool fact_first_user_ns(void)
{
	char map[512];
	unsigned long inside, outside, count;
	int own = ns_is_own(NS_USER);

	if (own >= 0)
		return own == 0;
	/* Without /proc: nobody else can have this map, and who has another is elsewhere. */
	return proc_read("/proc/self/uid_map", map, sizeof(map)) > 0 &&
	       sscanf(map, "%lu %lu %lu", &inside, &outside, &count) == 3 && !inside && !outside &&
	       count == 4294967295UL;
}

bool fact_label(char *buf, size_t size)
{
	if (proc_read("/proc/self/attr/apparmor/current", buf, size) <= 0)
		return false;
	buf[strcspn(buf, "\n")] = '\0';
	return true;
}

static _Noreturn void landlock_fill(int max)
{
	struct landlock_ruleset_attr attr = {.handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE};
	int fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(uint64_t), 0), n = 0;

	if (fd < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		_exit(255);
	while (n < max && syscall(SYS_landlock_restrict_self, fd, 0) == 0)
		n++;
	_exit(n < max && errno != E2BIG ? 255 : max - n);
}

int fact_landlock(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	int status = 0;
	pid_t pid;

	if (abi < 0) /* a filter may answer ENOSYS, too */
		return errno == EOPNOTSUPP ||
				       (errno == ENOSYS && fact_status("Seccomp", 10, -1) == 0)
			       ? 0
			       : -1;
	pid = fork();
	if (pid == 0)
		landlock_fill(abi > 1 ? 16 : 64);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) == 255)
		return -1;
	return WEXITSTATUS(status);
}
