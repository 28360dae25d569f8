/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_sweep.c - removing the groups that killed launchers left.
 *
 * A group is dead when it is ours by name, not locked, and the kernel says it is empty. No pid and
 * start time need comparing. Between its mkdir and its lock a fresh group looks just so: who makes
 * one holds the parent's lock shared, and who sweeps needs it alone and does not wait for it.
 *
 * Should: cost next to nothing where there is nothing to sweep.
 * Mustn't: fail a launch, or touch what isn't pillbox's by its name.
 */
#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define LOCK_TRIES 1000 /* 2 s: a sweeper stuck for longer is no sweeper */

static void sweep_one(int parent, const char *name)
{
	auto_close int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	auto_free char *events = NULL;
	size_t len;

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return;
	if (read_file(fd, "cgroup.events", 4096, &events, &len) == 0 &&
	    strstr(events, "populated 0"))
		(void)unlinkat(parent, name, AT_REMOVEDIR);
}

static void sweep_locked(int parent)
{
	int copy = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *e;

	if (!dir) {
		if (copy >= 0)
			(void)close(copy);
		return; /* it costs a leftover directory, not safety */
	}
	while ((e = readdir(dir)))
		if (!strncmp(e->d_name, CGROUP_PREFIX, strlen(CGROUP_PREFIX)))
			sweep_one(parent, e->d_name);
	(void)closedir(dir);
}

void cgroup_sweep(int parent)
{
	if (flock(parent, LOCK_EX | LOCK_NB) < 0)
		return;
	sweep_locked(parent);
	(void)flock(parent, LOCK_UN); /* our own lock: cannot fail */
}

int cgroup_sweep_hold(int parent)
{
	const struct timespec nap = {.tv_nsec = 2000000};

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(parent, LOCK_SH | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		(void)ppoll(NULL, 0, &nap, NULL);
	}
	return -EBUSY;
}
