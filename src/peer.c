/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer.c - a process that stands still in a system call: who it is, what stands in its memory.
 *
 * Reading another's memory is ptrace(2)'s right: it is ours, because the caller owns the user
 * namespace in which the process has executed its program.
 *
 * Should: take every byte for hostile, and work without the heap.
 * Mustn't: write anywhere, or decide anything: another thread may change it while we look.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "notify.h"
#include "sys.h"
#include "util.h"

/* The value of "NAME:" in a /proc status text; NULL: no such line. */
static const char *status_field(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, len) && line[len] == ':')
			return line + len + 1;
	}
	return NULL;
}

static int status_number(const char *text, const char *name)
{
	const char *value = status_field(text, name);

	return value ? (int)strtol(value, NULL, 10) : 0;
}

/* "NSpid:	1234	7": the last is the innermost namespace's. */
static int status_inside(const char *text)
{
	const char *value = status_field(text, "NSpid");
	char *end = NULL;
	int pid = 0;

	while (value && *value && *value != '\n') {
		pid = (int)strtol(value, &end, 10);
		value = end + strspn(end, "\t ");
	}
	return pid;
}

static bool has_signal(const char *text, const char *name, int sig)
{
	const char *value = status_field(text, name);

	return value && (strtoull(value, NULL, 16) >> (sig - 1) & 1);
}

/* "Uid:	0	0	0	0", "Groups:	4 24": up to max numbers. */
static size_t status_ids(const char *text, const char *name, uint32_t *ret, size_t max)
{
	const char *value = status_field(text, name);
	size_t n = 0;

	for (; value && n < max; n++) {
		char *end;

		value += strspn(value, "\t ");
		if (*value < '0' || *value > '9')
			break;
		ret[n] = (uint32_t)strtoul(value, &end, 10);
		value = end;
	}
	return n;
}

bool peer_in_group(const struct peer *p, uint32_t gid)
{
	bool is_in = gid == p->gid[3];

	for (size_t i = 0; i < p->n_groups; i++)
		is_in |= p->groups[i] == gid;
	return is_in;
}

static ssize_t read_text(int dir, const char *file, char *buf, size_t size)
{
	auto_close int fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, buf, size - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	return n;
}

bool peer_is_waiting(const struct peer *p)
{
	return !ioctl(p->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &p->id);
}

int peer_open(int proc, int listener, const struct seccomp_notif *q, struct peer *ret)
{
	char name[32], status[4096], comm[32];
	const char *caps;
	size_t len;

	*ret = (struct peer){.listener = listener, .id = q->id, .tid = (int)q->pid};
	(void)snprintf(name, sizeof(name), "%d", ret->tid);
	ret->proc = openat(proc, name, O_RDONLY | O_CLOEXEC);
	if (ret->proc < 0)
		return -ESRCH;
	if (read_text(ret->proc, "status", status, sizeof(status)) <= 0 || !peer_is_waiting(ret)) {
		peer_close(ret);
		return -ESRCH;
	}
	ret->pid = status_number(status, "Tgid");
	ret->inside = status_inside(status);
	for (size_t i = 0; i < 3; i++)
		ret->has_sigsys |= has_signal(
			status, (const char *const[]){"SigBlk", "SigIgn", "SigCgt"}[i], SIGSYS);
	caps = status_field(status, "CapEff");
	ret->caps = caps ? strtoull(caps, NULL, 16) : 0;
	(void)status_ids(status, "Uid", ret->uid, 4);
	(void)status_ids(status, "Gid", ret->gid, 4);
	ret->n_groups = status_ids(status, "Groups", ret->groups, ARRAY_SIZE(ret->groups));
	(void)read_text(ret->proc, "comm", comm, sizeof(comm));
	len = strcspn(comm, "\n");
	comm[len] = '\0';
	escape(ret->name, sizeof(ret->name), comm);
	return 0;
}

void peer_close(struct peer *p)
{
	if (p->proc >= 0)
		(void)close(take_fd(&p->proc));
}

/* By the call and not by /proc/PID/mem, which belongs to the sandbox's user and not to us. */
long peer_read(const struct peer *p, uint64_t addr, void *buf, size_t size)
{
	struct iovec here = {buf, size};
	struct iovec there = {(void *)(uintptr_t)addr, size};
	ssize_t n = process_vm_readv(p->tid, &here, 1, &there, 1, 0);

	if (n < 0)
		return -errno;
	return peer_is_waiting(p) ? n : -ESRCH;
}

long peer_fd_path(const struct peer *p, int fd, char *buf, size_t size)
{
	auto_close int pidfd = sys_pidfd_open(p->pid, 0);
	auto_close int ours = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	char link[32];
	ssize_t n;

	if (ours < 0 || !peer_is_waiting(p))
		return -errno;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", ours);
	n = readlink(link, buf, size);
	return n < 0 ? -errno : n;
}

int peer_string(const struct peer *p, uint64_t addr, char *buf, size_t size)
{
	long n = peer_read(p, addr, buf, size - 1);
	size_t len;

	/* Near the end of a mapping the whole is not to be had: up to the next page, then. */
	if (n == -EFAULT && 4096 - addr % 4096 < size)
		n = peer_read(p, addr, buf, 4096 - addr % 4096);
	if (n <= 0) {
		buf[0] = '\0';
		return n < 0 ? (int)n : -EFAULT;
	}
	len = strnlen(buf, (size_t)n);
	buf[len] = '\0';
	if (len == size - 1 && size > 4)
		memcpy(buf + size - 4, "...", 4);
	return 0;
}
