/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempt.c - what an attack says while it is tried.
 *
 * Should:  write down each call before it is made, since some do not come back.
 * Mustn't: decide what stopped it (by.c).
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

long abi_call(unsigned arch, long nr, const long args[6])
{
	long ret;

#ifdef __x86_64__
	if (arch == AUDIT_ARCH_I386) {
		/* Kernels before 4.17 leave something else in r8 to r11. */
		__asm__ volatile("int $0x80"
				 : "=a"(ret)
				 : "a"(nr), "b"(args[0]), "c"(args[1]), "d"(args[2]), "S"(args[3]),
				   "D"(args[4])
				 : "memory", "r8", "r9", "r10", "r11");
		return (int)ret;
	}
#endif
	if (arch)
		return -ENOSYS;
	ret = syscall(nr, args[0], args[1], args[2], args[3], args[4], args[5]);
	return ret == -1 ? -errno : ret;
}

long try_abi(struct attempt *a, const char *name, unsigned arch, long nr, const long args[6])
{
	a->path[0] = '\0';
	a->call = name;
	a->arch = arch;
	a->nr = nr;
	memcpy(a->args, args, sizeof(a->args));
	a->is_in_call = true;
	a->ret = abi_call(arch, nr, args);
	a->is_in_call = false;
	return a->ret;
}

long try_call(struct attempt *a, const char *name, long nr, const long args[6])
{
	return try_abi(a, name, 0, nr, args);
}

void about(struct attempt *a, const char *path, int access)
{
	(void)snprintf(a->path, sizeof(a->path), "%s", path);
	a->access = access;
}

int try_open(struct attempt *a, const char *path, int flags)
{
	static const int wants[] = {[O_RDONLY] = R_OK, [O_WRONLY] = W_OK, [O_RDWR] = R_OK | W_OK};
	int fd = (int)TRY(a, openat, AT_FDCWD, path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
			  0600);

	about(a, path, wants[flags & O_ACCMODE]);
	return fd;
}

void try_any(struct attempt *a, const char *const *paths, size_t n, int flags)
{
	const char *refused = NULL;

	for (size_t i = 0; i < n; i++) {
		int fd = try_open(a, paths[i], flags);

		if (fd >= 0) {
			worked(a, "%s", paths[i]);
			return;
		}
		if (fd != -ENOENT && fd != -ENXIO && fd != -ENODEV && fd != -ENOTDIR)
			refused = paths[i];
	}
	/* One that is there and refuses says more than the last absent one. */
	if (refused)
		(void)try_open(a, refused, flags);
}

int try_socket(struct attempt *a, int family, int type, int protocol)
{
	return (int)TRY(a, socket, family, type | SOCK_CLOEXEC, protocol);
}

static void end(struct attempt *a, enum end how, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

static void end(struct attempt *a, enum end how, const char *fmt, va_list ap)
{
	(void)vsnprintf(a->note, sizeof(a->note), fmt, ap);
	a->end = how;
}

void worked(struct attempt *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	end(a, END_WORKED, fmt, ap);
	va_end(ap);
}

void held(struct attempt *a, enum by by, const char *fmt, ...)
{
	va_list ap;

	a->by = by;
	va_start(ap, fmt);
	end(a, END_HELD, fmt, ap);
	va_end(ap);
}

void not_applicable(struct attempt *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	end(a, END_NOT_APPLICABLE, fmt, ap);
	va_end(ap);
}

void remark(struct attempt *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	end(a, END_OPEN, fmt, ap);
	va_end(ap);
}

/* ---- what several attacks need ------------------------------------------------------------------ */

const char *scratch(bool *ret_is_writable)
{
	static const char *const places[] = {"/tmp", "/run", "/var/tmp", "/dev/shm", "/mnt", "/"};
	const size_t n = sizeof(places) / sizeof(places[0]);

	for (size_t i = 0; i < n; i++)
		if (faccessat(AT_FDCWD, places[i], W_OK | X_OK, AT_EACCESS) == 0) {
			if (ret_is_writable)
				*ret_is_writable = true;
			return places[i];
		}
	if (ret_is_writable)
		*ret_is_writable = false;
	for (size_t i = 0; i < n; i++)
		if (access(places[i], F_OK) == 0)
			return places[i];
	return "/";
}

void own_name(char *buf, size_t size, const char *dir)
{
	(void)snprintf(buf, size, "%s/.pillbox-probe-%d", strcmp(dir, "/") != 0 ? dir : "",
		       (int)getpid());
}

void private_mounts(struct attempt *a)
{
	if (TRY(a, unshare, CLONE_NEWNS) == 0)
		(void)mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}
