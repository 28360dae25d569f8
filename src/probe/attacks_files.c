/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attacks_files.c - files: the host's, and what may be written and run here.
 *
 * Should:  open and not write, and remove what was made.
 * Mustn't: need more than one place that can be written, or any.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/memfd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Make a file there; it is gone at once, by name. A descriptor or -errno. */
static int make_in(struct attempt *a, const char *dir)
{
	char path[512];
	int fd;

	own_name(path, sizeof(path), dir);
	fd = try_open(a, path, O_RDWR | O_CREAT | O_EXCL);
	/* The directory decides, and its mount: the file is not there. */
	about(a, dir, W_OK | X_OK);
	if (fd >= 0)
		(void)unlink(path);
	return fd;
}

/* ---- writing --------------------------------------------------------------------------------- */

static const char *fs_text(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs))
		return "of unknown kind";
	if (fs.f_type == OVERLAYFS_SUPER_MAGIC)
		return "an overlay";
	return fs.f_type == TMPFS_MAGIC ? "in memory" : "on a disk";
}

static void write_root(struct attempt *a)
{
	static const char *const files[] = {"/bin/sh", "/bin/busybox", "/usr/bin/env",
					    "/etc/passwd", "/etc/hosts"};
	int fd = make_in(a, "/");

	if (fd >= 0)
		worked(a, "a new file in /, which is %s", fs_text("/"));
	for (size_t i = 0; fd == -EACCES && i < COUNT(files); i++) {
		if (access(files[i], F_OK))
			continue;
		fd = try_open(a, files[i], O_WRONLY);
		/* It runs just now: asked after the check of the right. */
		if (fd >= 0 || fd == -ETXTBSY)
			worked(a, "%s, which is %s", files[i], fs_text(files[i]));
	}
}

/*
 * What of the host was shown here: a part of some file system, as mountinfo tells by its root. Our
 * own mounts, and those parts of /proc, /dev and /sys that sandboxes lay over each other, are not; nor
 * are devices and pipes, which hide files: what is written to them changes nothing that is kept.
 */
static bool is_bind(const char *line, char *dir, size_t size)
{
	static const char *const own[] = {"proc",   "sysfs",   "devtmpfs", "devpts",
					  "mqueue", "cgroup2", "cgroup",   "nsfs"};
	char root[256], at[256], type[64];
	const char *dash = strstr(line, " - ");

	if (!dash || sscanf(line, "%*u %*u %*s %255s %255s", root, at) != 2 ||
	    sscanf(dash, " - %63s", type) != 1 || !strcmp(root, "/") || !strcmp(at, "/"))
		return false;
	for (size_t i = 0; i < COUNT(own); i++)
		if (!strcmp(type, own[i]))
			return false;
	(void)snprintf(dir, size, "%s", at);
	return true;
}

static void write_binds(struct attempt *a)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char line[1024], dir[256];
	unsigned n = 0;

	while (mounts && fgets(line, sizeof(line), mounts)) {
		struct stat st;
		int fd;

		if (!is_bind(line, dir, sizeof(dir)) || stat(dir, &st) ||
		    (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)))
			continue;
		n++;
		fd = S_ISDIR(st.st_mode) ? make_in(a, dir) : try_open(a, dir, O_WRONLY);
		if (fd < 0 && fd != -ETXTBSY)
			continue;
		worked(a, "%s", dir);
		break;
	}
	if (!n)
		not_applicable(a, mounts ? "nothing of the host is mounted here"
					 : "the mounts cannot be listed here");
	if (mounts)
		(void)fclose(mounts);
}

/* ---- running --------------------------------------------------------------------------------- */

/* The smallest program: exit(0). */
static const struct {
	unsigned char ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
	uint32_t p_type, p_flags;
	uint64_t p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align;
	unsigned char code[12];
} program = {
	.ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
	.type = 2,
	.version = 1,
	.entry = 0x400078,
	.phoff = 64,
	.ehsize = 64,
	.phentsize = 56,
	.phnum = 1,
	.p_type = 1,
	.p_flags = 5,
	.p_vaddr = 0x400000,
	.p_paddr = 0x400000,
	.p_filesz = 0x84,
	.p_memsz = 0x84,
	.p_align = 0x1000,
#if defined(__x86_64__)
	.machine = 62,
	.code = {0x31, 0xff, 0xb8, 0x3c, 0, 0, 0, 0x0f, 0x05}, /* edi = 0; eax = 60; syscall */
#elif defined(__aarch64__)
	.machine = 183, /* x0 = 0; x8 = 93; svc 0 */
	.code = {0x00, 0, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 0x01, 0, 0, 0xd4},
#endif
};
_Static_assert(offsetof(__typeof__(program), code) == 0x78, "the entry point");

/* Run the file, in a child: 0 when it ran and ended well, else what the call in it answered. */
static long run_fd(struct attempt *a, int fd, const char *path)
{
	const char *const argv[] = {"probe", NULL}, *const envp[] = {NULL};
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		TRY(a, execveat, fd, path, argv, envp, path[0] ? 0 : AT_EMPTY_PATH);
		_exit(1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -EAGAIN;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : a->ret;
}

static bool is_program_known(struct attempt *a)
{
	if (!program.machine)
		not_applicable(a, "no program for this architecture");
	return program.machine;
}

/* Write it, and close it: a file that is open for writing cannot be run. */
static bool program_write(struct attempt *a, const char *path)
{
	int fd = try_open(a, path, O_WRONLY | O_CREAT | O_EXCL);
	bool is_done = fd >= 0 && write(fd, &program, sizeof(program)) == sizeof(program) &&
		       fchmod(fd, 0700) == 0;

	if (fd >= 0)
		close(fd);
	return is_done;
}

static void exec_writable(struct attempt *a)
{
	static const char *const places[] = {"/tmp", "/run", "/var/tmp", "/dev/shm",
					     "/dev", "/mnt", "/root",    "/"};
	bool is_refused = false;
	char path[64];

	for (size_t i = 0; is_program_known(a) && i < COUNT(places); i++) {
		long rc;

		/* After a refusal to run, one to write would say less. */
		if (is_refused && access(places[i], W_OK))
			continue;
		own_name(path, sizeof(path), places[i]);
		if (!program_write(a, path)) {
			about(a, places[i], W_OK | X_OK);
			(void)unlink(path);
			continue;
		}
		rc = run_fd(a, AT_FDCWD, path);
		about(a, places[i], X_OK);
		(void)unlink(path);
		if (rc == 0) {
			worked(a, "a program of its own, from %s", places[i]);
			return;
		}
		is_refused = true;
	}
}

static void exec_memfd(struct attempt *a)
{
	int fd;

	if (!is_program_known(a))
		return;
	fd = (int)TRY(a, memfd_create, "probe", MFD_CLOEXEC);
	if (fd >= 0 && write(fd, &program, sizeof(program)) == sizeof(program) &&
	    run_fd(a, fd, "") == 0)
		worked(a, "a program of its own, from memory");
}

/* Set and taken away on a file that has no name any more, so that nothing can stay. */
static void immutable_flag(struct attempt *a)
{
	int fd = make_in(a, scratch(NULL)), flags = 0, with;

	if (fd < 0)
		fd = (int)TRY(a, memfd_create, "probe", MFD_CLOEXEC);
	if (fd < 0)
		return;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags)) {
		not_applicable(a, "the file system at %s knows no flags", scratch(NULL));
		return;
	}
	with = flags | FS_IMMUTABLE_FL;
	if (TRY(a, ioctl, fd, FS_IOC_SETFLAGS, &with) < 0)
		return;
	(void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
	worked(a, "a file that could not be removed any more");
}

/* ---- the witness's file ---------------------------------------------------------------------- */

/* Is the word in it? Another file of that name is none of the host's. */
static bool has_word(struct attempt *a, int dir, const char *path)
{
	char text[sizeof(targets.word)] = "";
	int fd = (int)TRY(a, openat, dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
	bool is_it = fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 &&
		     !strncmp(text, targets.word, strlen(targets.word));

	if (fd >= 0)
		close(fd);
	if (is_it)
		worked(a, "%s", path);
	return is_it;
}

/* By the root or the working directory of every process that is seen */
static bool by_processes(struct attempt *a)
{
	static const char *const ways[] = {"root", "cwd/../../../.."};
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	char path[512];

	for (int n = 0; proc && n < 500 && (entry = readdir(proc));) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		n++;
		for (size_t i = 0; i < COUNT(ways); i++) {
			(void)snprintf(path, sizeof(path), "/proc/%.20s/%s%s", entry->d_name,
				       ways[i], targets.file);
			if (has_word(a, AT_FDCWD, path))
				return true;
		}
	}
	return false;
}

static void host_file(struct attempt *a)
{
	static const char *const roots[] = {"",     "/host",     "/hostfs",    "/rootfs",
					    "/mnt", "/mnt/host", "/.old-root", "/oldroot"};
	char path[512];

	if (!targets.file[0] || !targets.word[0]) {
		not_applicable(a, "no --target=file= was given");
		return;
	}
	for (size_t i = 0; i < COUNT(roots); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", roots[i], targets.file);
		if (has_word(a, AT_FDCWD, path))
			return;
	}
	/* A directory that was left open (CVE-2024-21626) */
	(void)snprintf(path, sizeof(path), "../../../../../../../..%s", targets.file);
	for (int fd = 0; fd < 256; fd++)
		if (has_word(a, fd, path))
			return;
	if (by_processes(a) || has_word(a, AT_FDCWD, targets.file))
		return;
	about(a, targets.file, R_OK);
	if (a->ret >= 0)
		held(a, BY_NAMESPACE, "a file of that name, but another one");
}

/* ---- the table ------------------------------------------------------------------------------- */

/* clang-format off */
const struct attack attacks_files[] = {
	{.id = "host-file", .what = "read a file of the host",
	 .gives = "what the user keeps: keys, tokens, documents",
	 .weight = 10, .cure = "--preset hardened", .run = host_file},
	{.id = "write-root", .what = "write to the root directory",
	 .gives = "programs and settings changed for whoever runs there next",
	 .weight = 4, .cure = "--read-only", .run = write_root},
	{.id = "write-binds", .what = "write to what the host mounted here",
	 .gives = "the host's own files, changed",
	 .weight = 4, .cure = "--volume SRC:DST:ro", .run = write_binds},
	{.id = "exec-writable", .what = "run a program from where one can write",
	 .gives = "own tools: all that a download brings",
	 .weight = 2, .cure = "--tmpfs /tmp:size=64m,nr_inodes=10000", .run = exec_writable},
	{.id = "exec-memfd", .what = "run a program from memory",
	 .gives = "own tools past noexec, and past a look at the files",
	 .weight = 2, .cure = "--preset strict", .run = exec_memfd},
	{.id = "immutable-flag", .what = "make a file immutable",
	 .gives = "files in a volume that their owner cannot remove",
	 .weight = 2, .caps = CAP(LINUX_IMMUTABLE), .in_first = true,
	 .cure = "--cap-drop LINUX_IMMUTABLE", .run = immutable_flag},
	{0},
};
/* clang-format on */
