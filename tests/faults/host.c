/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host.c - what has to be after a launch as it was before.
 *
 * The sweep has a mount namespace of its own, so that what others mount meanwhile is not taken for
 * the launcher's doing; its mounts are shared, so that whatever spreads from a sandbox is seen there.
 *
 * Should: see every mount, file, key, terminal mode and control group that a launch could leave.
 * Mustn't: write anything.
 */
#include "faults.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

static FILE *out; /* nftw hands nothing through */
static const char *tag;
static int terminal = -1;

_Noreturn void die(const char *what)
{
	fprintf(stderr, "faults: %s: %s\n", what, strerror(errno));
	_exit(98);
}

void host_enter(void)
{
	if (geteuid())
		return; /* an ordinary user cannot, and can mount nothing either */
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL))
		die("a mount namespace");
}

void host_terminal(int fd)
{
	terminal = fd;
}

void host_watch(const struct setup *s)
{
	(void)s;
	/* A session keyring with one key in it: what a launch does to the caller's shows there. */
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0) < 0 ||
	    syscall(SYS_add_key, "user", "faults", "x", 1, KEY_SPEC_SESSION_KEYRING) < 0)
		die("a session keyring");
}

static void put_file(const char *path)
{
	char text[8192];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && (n = read(fd, text, sizeof(text))) > 0)
		fwrite(text, 1, (size_t)n, out);
	if (fd >= 0)
		close(fd);
}

/* Where a launcher keeps its state its own coming and going shows in the times: what stays counts. */
static int put_name(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	fprintf(out, "file %s\n", path);
	return 0;
}

/* With its times a file cannot be changed unseen: nobody sets ctime. */
static int put_path(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)type;
	(void)at;
	fprintf(out, "file %s %lu %o %u:%u %ld %ld.%09ld %ld.%09ld\n", path,
		(unsigned long)st->st_ino, st->st_mode, st->st_uid, st->st_gid, (long)st->st_size,
		(long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec, (long)st->st_ctim.tv_sec,
		st->st_ctim.tv_nsec);
	return 0;
}

static void put_keys(void)
{
	int32_t keys[256];
	long n = syscall(SYS_keyctl, KEYCTL_READ, KEY_SPEC_SESSION_KEYRING, keys, sizeof(keys), 0);

	fprintf(out, "session keyring %ld:",
		syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0, 0, 0));
	for (long i = 0; i < n / 4; i++)
		fprintf(out, " %d", keys[i]);
	fputc('\n', out);
}

static void put_terminal(void)
{
	struct termios t;
	struct stat st;

	if (terminal < 0)
		return;
	if (tcgetattr(terminal, &t) || fstat(terminal, &st)) {
		fprintf(out, "terminal: %s\n", strerror(errno));
		return;
	}
	fprintf(out, "terminal %x %x %x %x owner %u:%u %o\n", t.c_iflag, t.c_oflag, t.c_cflag,
		t.c_lflag, st.st_uid, st.st_gid, st.st_mode);
}

char *host_state(const struct setup *s)
{
	char *text = NULL;
	size_t size = 0;

	out = open_memstream(&text, &size);
	if (!out)
		die("memory");
	put_file("/proc/self/mountinfo");
	put_file("/proc/sys/kernel/core_pattern");
	put_file("/proc/sys/kernel/hostname");
	put_keys();
	put_terminal();
	for (int i = 0; i < s->n_watch; i++)
		if (!strncmp(s->watch[i], "names:", 6))
			nftw(s->watch[i] + 6, put_name, 16, FTW_PHYS);
		else
			nftw(s->watch[i], put_path, 16, FTW_PHYS);
	fclose(out);
	return text;
}

static int put_group(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	if (type == FTW_D && strstr(path + at->base, tag))
		fprintf(out, "group %s\n", path);
	return 0;
}

char *host_groups(const struct setup *s)
{
	char *text = NULL;
	size_t size = 0;

	out = open_memstream(&text, &size);
	if (!out)
		die("memory");
	tag = s->tag;
	if (tag)
		nftw("/sys/fs/cgroup", put_group, 16, FTW_PHYS | FTW_MOUNT * 0);
	fclose(out);
	return text;
}

/* The first line that differs, as it is after. */
void host_difference(const char *before, const char *after, char *ret, size_t size)
{
	while (*before && *after) {
		size_t n = strcspn(before, "\n"), m = strcspn(after, "\n");

		if (n != m || memcmp(before, after, n)) {
			snprintf(ret, size, "`%.*s`, was `%.*s`", m < 90 ? (int)m : 90, after,
				 n < 90 ? (int)n : 90, before);
			return;
		}
		before += n + (before[n] == '\n');
		after += m + (after[m] == '\n');
	}
	snprintf(ret, size, "%s `%.*s`",
		 *after ? "new:" : "gone:", (int)strcspn(*after ? after : before, "\n"),
		 *after ? after : before);
}
