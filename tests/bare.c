/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bare.c - pillbox whose launcher leaves out one thing of those that confine it (src/confine.c), so
 * that tests can show that they would notice. The same objects; the linker leads the calls here
 * (--wrap). Never installed.
 *
 *   pillbox-bare caps|dumpable|mdwe|nnp|filter|cwd|fds run ...
 *   pillbox-bare stray|stray-free run ...    the launcher makes a system call that is not on its list;
 *                                            -free: without its filter
 *
 * Should:  leave out what is named, in the launcher only; all else is pillbox.
 * Mustn't: change anything in the sandbox or in the bystanders.
 */
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#endif

static const char *left_out = "";
static pid_t launcher;
static bool is_loop; /* the launcher is in the loop that its filter is made for */

int __real_prctl(int op, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
int __wrap_prctl(int op, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
long __real_syscall(long nr, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long nr, long a, long b, long c, long d, long e, long f);
int __real_chdir(const char *path);
int __wrap_chdir(const char *path);
int __real_close_range(unsigned from, unsigned to, int flags);
int __wrap_close_range(unsigned from, unsigned to, int flags);
int __real_poll(struct pollfd *p, nfds_t n, int timeout);
int __wrap_poll(struct pollfd *p, nfds_t n, int timeout);

static bool leaves(const char *what)
{
	return !strcmp(left_out, what) && getpid() == launcher;
}

int __wrap_prctl(int op, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	if ((op == PR_SET_DUMPABLE && leaves("dumpable")) ||
	    (op == PR_SET_MDWE && leaves("mdwe")) ||
	    (op == PR_SET_SECCOMP && (leaves("filter") || leaves("stray-free"))) ||
	    (op == PR_SET_NO_NEW_PRIVS && leaves("nnp")) ||
	    ((op == PR_CAPBSET_DROP || op == PR_CAP_AMBIENT) && leaves("caps")))
		return 0;
	return __real_prctl(op, a, b, c, d);
}

long __wrap_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	if (nr == SYS_capset && leaves("caps"))
		return 0;
	return __real_syscall(nr, a, b, c, d, e, f);
}

int __wrap_chdir(const char *path)
{
	return leaves("cwd") ? 0 : __real_chdir(path);
}

int __wrap_close_range(unsigned from, unsigned to, int flags)
{
	if (getpid() == launcher && !flags)
		is_loop = true; /* what it does just before it loads the filter */
	return leaves("fds") ? 0 : __real_close_range(from, to, flags);
}

int __wrap_poll(struct pollfd *p, nfds_t n, int timeout)
{
	/* Not getpid(), which leaves() calls: a filter is to be what ends it here. */
	if (is_loop && !strncmp(left_out, "stray", 5))
		(void)__real_syscall(SYS_getppid, 0, 0, 0, 0, 0, 0);
	return __real_poll(p, n, timeout);
}

int main(int argc, char *argv[])
{
	if (argc < 3)
		return 2;
	left_out = argv[1];
	launcher = getpid();
	argv[1] = argv[0];
	return cli_main(argc - 1, argv + 1, NULL);
}
