/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attacks_limits.c - more of everything than was allotted. The last group: it may end the sandbox.
 *
 * Should:  go just past a limit that is known, and not on to where the host would feel it.
 * Mustn't: leave anything behind: processes, files, locked memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

#define MIB (1ULL << 20)

/* The text of a small file; false without it. */
static bool text_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, buf, size - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return n > 0;
}

/*
 * The limit of our control group, where it shows one and that is below `limit`. The root of what is
 * seen at /sys/fs/cgroup has the file only if it is no host's true root.
 */
static uint64_t cgroup_limit(const char *v2, const char *v1, uint64_t limit, const char **ret_name)
{
	const char *const files[] = {v2, v1};
	char text[32];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		/* "max" is no number. */
		uint64_t n = text_read(files[i], text, sizeof(text)) ? strtoull(text, NULL, 10) : 0;

		if (!n || n >= limit)
			continue;
		limit = n;
		*ret_name = files[i];
	}
	return limit;
}

/* ---- processes ------------------------------------------------------------------------------------- */

#define FORKS_MAX 4096

/* The smallest limit on processes that is known, and its name; 0: none that could be reached. */
static uint64_t processes_limit(const char **ret_name)
{
	uint64_t limit = targets.pids ? targets.pids : UINT64_MAX;
	struct rlimit rlimit;

	*ret_name = "the limit that was asked for";
	limit = cgroup_limit("/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max", limit,
			     ret_name);
	if (getrlimit(RLIMIT_NPROC, &rlimit) == 0 && rlimit.rlim_cur < limit) {
		limit = rlimit.rlim_cur;
		*ret_name = "RLIMIT_NPROC";
	}
	return limit > FORKS_MAX ? 0 : limit;
}

/* One process more, that waits to be killed; 0, or an errno. */
static int process_more(pid_t *ret_pid)
{
	*ret_pid = fork();
	if (*ret_pid < 0)
		return errno;
	if (*ret_pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		for (;;)
			pause();
	}
	return 0;
}

static void fork_bomb(struct attempt *a)
{
	static pid_t pids[FORKS_MAX + 16];
	const char *name;
	uint64_t limit = processes_limit(&name), n = 0;
	int err = 0;

	if (!limit) {
		not_applicable(a, "no limit of at most %d is known: nothing would stop it",
			       FORKS_MAX);
		return;
	}
	while (n < limit + 16 && (err = process_more(&pids[n])) == 0)
		n++;
	if (err == EAGAIN)
		held(a, BY_LIMIT, "no process after %llu more: %s is %llu", (unsigned long long)n,
		     name, (unsigned long long)limit);
	else if (err)
		held(a, BY_UNKNOWN, "no process after %llu more: %s", (unsigned long long)n,
		     strerrordesc_np(err));
	else
		worked(a, "%llu processes, and %s is %llu", (unsigned long long)n, name,
		       (unsigned long long)limit);
	while (n-- > 0) {
		kill(pids[n], SIGKILL);
		waitpid(pids[n], NULL, 0);
	}
}

/* ---- memory -------------------------------------------------------------------------------------------- */

/* Fill `size` bytes, and tell after each MiB; 0, or an errno. In a process of its own. */
static int memory_fill(volatile uint64_t *filled, uint64_t size)
{
	for (; *filled < size; *filled += MIB) {
		void *at = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
				0);

		if (at == MAP_FAILED)
			return errno;
		memset(at, 0x5a, MIB);
	}
	return 0;
}

static void memory_hog(struct attempt *a)
{
	const uint64_t size = targets.memory + targets.memory / 4;
	volatile uint64_t *filled = mmap(NULL, sizeof(*filled), PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0;
	pid_t pid;

	if (!targets.memory || size > 1024 * MIB || filled == MAP_FAILED) {
		not_applicable(a, targets.memory
					  ? "the limit is more than would be harmless to fill"
					  : "no limit on memory was told");
		return;
	}
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		_exit(memory_fill(filled, size));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		not_applicable(a, "no second process could be had");
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		held(a, BY_LIMIT, "killed when it had %llu MiB of %llu",
		     (unsigned long long)(*filled / MIB),
		     (unsigned long long)(targets.memory / MIB));
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		worked(a, "%llu MiB filled, and the limit is %llu",
		       (unsigned long long)(*filled / MIB),
		       (unsigned long long)(targets.memory / MIB));
	else
		held(a, WIFEXITED(status) && WEXITSTATUS(status) == ENOMEM ? BY_LIMIT : BY_UNKNOWN,
		     "no more memory after %llu MiB", (unsigned long long)(*filled / MIB));
}

/* Locked without being touched (MLOCK_ONFAULT): it costs no memory, and counts all the same. */
static void memory_lock(struct attempt *a)
{
	struct rlimit limit = {0};
	size_t size = 1024 * MIB;
	void *at;

	(void)getrlimit(RLIMIT_MEMLOCK, &limit);
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_MEMLOCK, &limit);
	if (limit.rlim_max >= size && limit.rlim_max != RLIM_INFINITY &&
	    limit.rlim_max < 1ULL << 40)
		size = limit.rlim_max + MIB;
	at = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED) {
		not_applicable(a, "no %zu MiB of addresses to lock", size / (size_t)MIB);
		return;
	}
	if (TRY(a, mlock2, at, size, MLOCK_ONFAULT) == 0)
		worked(a, "%zu MiB may be locked", size / (size_t)MIB);
	else if ((a->ret == -ENOMEM || (a->ret == -EPERM && !limit.rlim_max)) && by_filter(a) != 1)
		held(a, BY_LIMIT, "RLIMIT_MEMLOCK is %llu KiB",
		     (unsigned long long)limit.rlim_max >> 10);
}

static void pipe_grow(struct attempt *a)
{
	char text[32];
	long most = text_read("/proc/sys/fs/pipe-max-size", text, sizeof(text))
			    ? strtol(text, NULL, 10)
			    : 0;
	int fds[2];

	if (most <= 0 || most > 16 << 20)
		most = 1 << 20;
	if (pipe2(fds, O_CLOEXEC)) {
		not_applicable(a, "no pipe could be had");
		return;
	}
	if (TRY(a, fcntl, fds[0], F_SETPIPE_SZ, 2 * most) > most)
		worked(a, "a pipe of %ld KiB", a->ret >> 10);
}

/* ---- file systems in memory --------------------------------------------------------------------------- */

/* A file of ours in a tmpfs that may be written; -1: there is none, and how it ended is said. */
static int tmpfs_file(struct attempt *a, const char *const *places, struct statvfs *ret_fs,
		      char *path, size_t size)
{
	struct statfs fs;

	for (; *places; places++) {
		int fd;

		if (statfs(*places, &fs) || fs.f_type != TMPFS_MAGIC || statvfs(*places, ret_fs))
			continue;
		(void)snprintf(path, size, "%s/.pillbox-probe-%d", *places, (int)getpid());
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0)
			return fd;
	}
	not_applicable(a, "no tmpfs here that may be written");
	return -1;
}

static uint64_t half_of_memory(void)
{
	struct sysinfo info = {0};

	(void)sysinfo(&info);
	return (uint64_t)info.totalram * info.mem_unit / 2;
}

/* Without a size of its own. A group that has little memory is not brought down for it. */
static void fill_some(struct attempt *a, int fd, const char *path)
{
	static const char block[1 << 16];
	const char *name = "";
	uint64_t most = 16 * MIB, done = 0, limit = UINT64_MAX;

	limit = cgroup_limit("/sys/fs/cgroup/memory.max",
			     "/sys/fs/cgroup/memory/memory.limit_in_bytes", limit, &name);
	if (limit < half_of_memory()) {
		held(a, BY_LIMIT, "%s counts for %s, %llu MiB", path, name,
		     (unsigned long long)(limit / MIB));
		return;
	}
	if (targets.memory && targets.memory / 8 < most)
		most = targets.memory / 8;
	while (done < most && TRY(a, write, fd, block, sizeof(block)) > 0)
		done += sizeof(block);
	if (done >= most)
		worked(a, "%llu MiB in %s, which has half of all memory or more%s",
		       (unsigned long long)(done / MIB), path,
		       targets.memory ? "; only the limit on memory is behind it" : "");
	else if (a->ret == -ENOSPC || a->ret == -EDQUOT || a->ret == -EFBIG)
		held(a, BY_LIMIT, "%s took %llu MiB", path, (unsigned long long)(done / MIB));
}

/* More than its size, at once: the kernel compares before it takes a page. */
static void fill(struct attempt *a, const char *const *places)
{
	char path[256];
	struct statvfs fs = {0};
	uint64_t size;
	int fd = tmpfs_file(a, places, &fs, path, sizeof(path));

	if (fd < 0)
		return;
	(void)unlink(path);
	*strrchr(path, '/') = '\0';
	size = (uint64_t)fs.f_blocks * fs.f_frsize;
	/* The default is half of the memory. */
	if (!size || size >= half_of_memory() / 16 * 15)
		fill_some(a, fd, path);
	else if (TRY(a, fallocate, fd, 0, 0, size + MIB) == 0)
		worked(a, "more than its %llu MiB in %s", (unsigned long long)(size / MIB), path);
	else if (a->ret == -ENOSPC)
		held(a, BY_LIMIT, "%s ends at %llu MiB", path, (unsigned long long)(size / MIB));
}

/* /dev/shm has a row of its own. */
static const char *const anywhere[] = {"/tmp", "/run", "/var/tmp", "/mnt", "/", NULL};

static void tmpfs_fill(struct attempt *a)
{
	fill(a, anywhere);
}

static void shm_fill(struct attempt *a)
{
	fill(a, (const char *const[]){"/dev/shm", NULL});
}

/*
 * Names for one file: a tmpfs counts each of them as an inode, for what it costs the kernel. Who
 * gave it a number of its own gave less than the default, half the host's number of pages.
 */
static void tmpfs_inodes(struct attempt *a)
{
	enum { LINKS = 3000 };
	const uint64_t unlimited = half_of_memory() / (uint64_t)sysconf(_SC_PAGESIZE) / 16 * 15;
	char path[256], name[280];
	struct statvfs fs = {0};
	int fd = tmpfs_file(a, anywhere, &fs, path, sizeof(path)), n = 0;

	if (fd < 0)
		return;
	for (; n < LINKS; n++) {
		(void)snprintf(name, sizeof(name), "%s.%d", path, n);
		if (TRY(a, linkat, AT_FDCWD, path, AT_FDCWD, name, 0) < 0)
			break;
	}
	if (a->ret == -ENOSPC || (n == LINKS && fs.f_files && fs.f_files < unlimited))
		held(a, BY_LIMIT, "%d names; its file system says it has room for %llu", n,
		     (unsigned long long)fs.f_files);
	else if (n == LINKS)
		worked(a, "%d names for one file, and room for %llu", n,
		       (unsigned long long)fs.f_files);
	while (n-- > 0) {
		(void)snprintf(name, sizeof(name), "%s.%d", path, n);
		(void)unlink(name);
	}
	(void)unlink(path);
}

/* ---- what a crash leaves ------------------------------------------------------------------------------ */

/*
 * A handler gets the memory of who crashed, and runs as root of the host. No limit keeps it away:
 * core(5) says so of RLIMIT_CORE, and the 1 that the kernel takes for "never" can be made a 0.
 */
static void core_dump(struct attempt *a)
{
	char pattern[128];
	struct rlimit limit = {0};

	if (!text_read("/proc/sys/kernel/core_pattern", pattern, sizeof(pattern))) {
		not_applicable(a, "the kernel's core_pattern is not to be read here");
		return;
	}
	if (pattern[0] == '|' || pattern[0] == '@') {
		worked(a, "a crash starts the host's %.100s, whatever RLIMIT_CORE is", pattern + 1);
		return;
	}
	if (TRY(a, prlimit64, 0, RLIMIT_CORE, NULL, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (!limit.rlim_max)
		held(a, BY_LIMIT, "RLIMIT_CORE is 0");
	else if (TRY(a, prlimit64, 0, RLIMIT_CORE, &limit, NULL) == 0)
		worked(a, "a crash writes the file %.100s", pattern);
}

/* ---- the list ------------------------------------------------------------------------------------------ */

const struct attack attacks_limits[] = {
	{.id = "core-dump",
	 .what = "leave a core file, or wake its handler",
	 .gives = "a full disk, or data of the attacker's for a program that is root on the host",
	 .weight = 2,
	 .cure = "--ulimit core=0",
	 .run = core_dump},
	{.id = "locked-memory",
	 .what = "lock 1 GiB of memory",
	 .gives = "memory that the host cannot take back when it is short of it",
	 .weight = 2,
	 .caps = CAP(IPC_LOCK),
	 .in_first = true,
	 .cure = "--ulimit memlock=8388608",
	 .run = memory_lock},
	{.id = "pipe-size",
	 .what = "make a pipe larger than the host's limit",
	 .gives = "memory of the kernel's that is charged to nobody in particular",
	 .weight = 1,
	 .caps = CAP(SYS_RESOURCE),
	 .in_first = true,
	 .cure = "--cap-drop SYS_RESOURCE",
	 .run = pipe_grow},
	{.id = "tmpfs-inodes",
	 .what = "make 3000 names in a tmpfs",
	 .gives = "memory of the kernel's filled with empty files",
	 .weight = 1,
	 .cure = "--tmpfs /tmp:size=64m,nr_inodes=10000",
	 .run = tmpfs_inodes},
	{.id = "tmpfs-fill",
	 .what = "fill a file system in memory",
	 .gives = "the host's memory, by way of files",
	 .weight = 3,
	 .cure = "--tmpfs /tmp:size=64m,nr_inodes=10000",
	 .run = tmpfs_fill},
	{.id = "shm-fill",
	 .what = "fill /dev/shm",
	 .gives = "the host's memory, by way of files",
	 .weight = 3,
	 .cure = "--shm-size 64m",
	 .run = shm_fill},
	{.id = "fork-bomb",
	 .what = "start more processes than the limit",
	 .gives = "a host on which no program starts any more",
	 .weight = 5,
	 .cure = "--pids-limit 256",
	 .run = fork_bomb},
	{.id = "memory-hog",
	 .what = "fill more memory than the limit",
	 .gives = "the host's memory, and its other programs killed for it",
	 .weight = 5,
	 .cure = "--memory 512m",
	 .seconds = 60, /* half a gigabyte on an emulated processor */
	 .run = memory_hog},
	{0},
};
