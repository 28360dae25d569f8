/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weak.c - pillbox with one protection taken out: the counter-proof of the tests of races and of the
 * trace. Linked with the same objects; what is taken out stands between them and the kernel. Never
 * installed.
 *
 *   pillbox-weak WHAT run ...
 *     resolve   paths in the rootfs are walked as any program walks them: links lead to the host
 *     make      the same, and what is missing is made wherever that led
 *     masks     what is masked in /proc and /sys is looked up by its path in the rootfs
 *     flags     a mount gets its flags after it was attached
 *     path      a mount point is made by its whole path
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli.h"
#include "mnt.h"

long __real_syscall(long nr, ...);
long __wrap_syscall(long nr, ...);
int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
int __real_mkdirat(int dir, const char *name, mode_t mode);
int __wrap_mkdirat(int dir, const char *name, mode_t mode);
int __real_mnt_resolve_strict(int root, const char *path, int flags);
int __wrap_mnt_resolve_strict(int root, const char *path, int flags);

static const char *weak = "";

static bool is_weak(const char *what)
{
	return !strcmp(weak, what);
}

/* ---- flags: remembered when they are set, set when the mount was attached -------------------- */

static struct {
	int fd;
	unsigned flags;
	struct mount_attr attr;
} late;

static long set_later(const long *a)
{
	late.fd = (int)a[0];
	late.flags = (unsigned)a[2];
	late.attr = *(const struct mount_attr *)a[3]; // NOLINT: the kernel's own argument
	return 0;
}

static long attach_early(const long *a)
{
	long rc = __real_syscall(SYS_move_mount, a[0], a[1], a[2], a[3], a[4]);

	if (rc == 0 && late.fd == (int)a[0])
		(void)__real_syscall(SYS_mount_setattr, a[0], "", late.flags, &late.attr,
				     sizeof(late.attr));
	late.fd = -1;
	return rc;
}

/* ---- system calls --------------------------------------------------------------------------- */

static long open_anyhow(const long *a)
{
	struct open_how how = *(const struct open_how *)a[2]; // NOLINT: the same
	const char *path = (const char *)a[1];

	if (how.resolve & RESOLVE_IN_ROOT) {
		how.resolve = 0;
		path += strspn(path, "/");
	}
	return __real_syscall(SYS_openat2, a[0], *path ? path : ".", &how, sizeof(how));
}

long __wrap_syscall(long nr, ...)
{
	long a[6];
	va_list list;

	va_start(list, nr);
	for (size_t i = 0; i < ARRAY_SIZE(a); i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (nr == SYS_openat2 && (is_weak("resolve") || is_weak("make")))
		return open_anyhow(a);
	if (nr == SYS_mount_setattr && is_weak("flags"))
		return set_later(a);
	if (nr == SYS_move_mount && is_weak("flags"))
		return attach_early(a);
	return __real_syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* make: every file system passes for one of ours. */
int __wrap_fstat(int fd, struct stat *st)
{
	int rc = __real_fstat(fd, st);

	if (is_weak("make"))
		st->st_dev = 1;
	return rc;
}

int __wrap_mkdirat(int dir, const char *name, mode_t mode)
{
	char path[4200];

	if (!is_weak("path"))
		return __real_mkdirat(dir, name, mode);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dir, name);
	return __real_mkdirat(AT_FDCWD, path, mode);
}

/* masks: as it was once. The step that mounts /proc shows which descriptor is the rootfs. */
int __wrap_mnt_resolve_strict(int root, const char *path, int flags)
{
	static int rootfs = -1;
	static char below[8];
	char full[256];

	if (!is_weak("masks"))
		return __real_mnt_resolve_strict(root, path, flags);
	if (!strcmp(path, "/proc") || !strcmp(path, "/sys")) {
		rootfs = root;
		(void)snprintf(below, sizeof(below), "%s", path);
	}
	if (*path == '/' || rootfs < 0)
		return __real_mnt_resolve_strict(root, path, flags);
	(void)snprintf(full, sizeof(full), "%s/%s", below, path);
	return __real_mnt_resolve_strict(rootfs, full, flags);
}

int main(int argc, char *argv[])
{
	struct seam seam = {0};

	if (argc < 3)
		return 2;
	weak = argv[1];
	argv[1] = argv[0];
	return cli_main(argc - 1, argv + 1, &seam);
}
