/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sys.h - the system calls that the C library of Debian 12 has no function for.
 *
 * Should: be thin. Each wrapper is one system call; it returns what the kernel returned, or -errno,
 * and errno is set as well, so that both `-fd` and `errno` name the cause.
 * Mustn't: retry, log, allocate, or choose flags for the caller. CHILD steps call these.
 *
 * fsopen, fsconfig, fsmount, open_tree, move_mount and mount_setattr are in <sys/mount.h> and
 * pidfd_open, pidfd_send_signal in <sys/pidfd.h> (glibc 2.36), which this header includes; do not
 * include <linux/mount.h> next to it, the two define the same names.
 */
#ifndef PILLBOX_SYS_H
#define PILLBOX_SYS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

static inline long sys_ret(long ret)
{
	return ret < 0 ? -(long)errno : ret;
}

/* A descriptor, or -errno. mode counts with O_CREAT only; else 0, or the kernel refuses. */
static inline int sys_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode,
			      uint64_t resolve)
{
	struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};

	return (int)sys_ret(syscall(SYS_openat2, dirfd, path, &how, sizeof(how)));
}

/* 0 in the child, its pid in the parent, or -errno. Like fork: no new stack (args->stack is 0). */
static inline pid_t sys_clone3(struct clone_args *args)
{
	return (pid_t)sys_ret(syscall(SYS_clone3, args, sizeof(*args)));
}

static inline int sys_pidfd_open(pid_t pid, unsigned flags)
{
	return (int)sys_ret(syscall(SYS_pidfd_open, pid, flags));
}

static inline int sys_pidfd_send_signal(int pidfd, int sig)
{
	return (int)sys_ret(syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0));
}

/* waitid(2) with what the C library's leaves out: usage of the process and of those it waited for. */
static inline int sys_waitid(idtype_t type, id_t id, siginfo_t *info, int flags,
			     struct rusage *usage)
{
	return (int)sys_ret(syscall(SYS_waitid, type, id, info, flags, usage));
}

/* flags: 0 closes them, CLOSE_RANGE_CLOEXEC only marks them. */
static inline int sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return (int)sys_ret(syscall(SYS_close_range, first, last, flags));
}

static inline int sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)sys_ret(syscall(SYS_pivot_root, new_root, put_old));
}

static inline int sys_open_tree(int dirfd, const char *path, unsigned flags)
{
	return (int)sys_ret(syscall(SYS_open_tree, dirfd, path, flags));
}

static inline int sys_move_mount(int from_fd, const char *from, int to_fd, const char *to,
				 unsigned flags)
{
	return (int)sys_ret(syscall(SYS_move_mount, from_fd, from, to_fd, to, flags));
}

static inline int sys_mount_setattr(int dirfd, const char *path, unsigned flags,
				    struct mount_attr *attr)
{
	return (int)sys_ret(syscall(SYS_mount_setattr, dirfd, path, flags, attr, sizeof(*attr)));
}

static inline int sys_fsopen(const char *type, unsigned flags)
{
	return (int)sys_ret(syscall(SYS_fsopen, type, flags));
}

/* cmd is one of FSCONFIG_*; for FSCONFIG_CMD_CREATE key and value are NULL, aux 0. */
static inline int sys_fsconfig(int fd, unsigned cmd, const char *key, const void *value, int aux)
{
	return (int)sys_ret(syscall(SYS_fsconfig, fd, cmd, key, value, aux));
}

/* attr: MOUNT_ATTR_* of the new, detached mount. */
static inline int sys_fsmount(int fd, unsigned flags, unsigned attr)
{
	return (int)sys_ret(syscall(SYS_fsmount, fd, flags, attr));
}

#endif
