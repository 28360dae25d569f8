/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.c - a file for the user.
 *
 * Should: leave the old file as it is until the new one is whole.
 * Mustn't: replace a device, a pipe or a link by a file.
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"

int output_all(int fd, const void *data, size_t len)
{
	const char *at = data;
	size_t left = len;

	while (left) {
		ssize_t done = write(fd, at, left);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		at += done;
		left -= (size_t)done;
	}
	return 0;
}

/* What is no regular file cannot be replaced, and need not: nobody finds half of a pipe later. */
static int write_there(const char *path, const void *data, size_t len, struct err *err)
{
	auto_close int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	int rc;

	if (fd < 0)
		return err_set(err, errno, "%s", path);
	rc = output_all(fd, data, len);
	return rc < 0 ? err_set(err, -rc, "%s", path) : 0;
}

/* Beside the old one, then over it. */
static int replace(const char *path, const void *data, size_t len, struct err *err)
{
	char tmp[PATH_MAX + 32];
	auto_close int fd = -1;
	int rc;

	(void)snprintf(tmp, sizeof(tmp), "%s.%d.new", path, (int)getpid());
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_set(err, errno, "%s", path);
	rc = output_all(fd, data, len);
	if (rc == 0 && fsync(fd) < 0)
		rc = -errno;
	if (rc == 0 && renameat(AT_FDCWD, tmp, AT_FDCWD, path) < 0)
		rc = -errno;
	if (rc < 0)
		(void)unlinkat(AT_FDCWD, tmp, 0);
	return rc < 0 ? err_set(err, -rc, "%s", path) : 0;
}

int output_file(const char *path, const void *data, size_t len, struct err *err)
{
	char real[PATH_MAX];
	struct stat st;

	if (!*path)
		return err_say(err, "the name of the file is empty");
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? replace(path, data, len, err)
				       : err_set(err, errno, "%s", path);
	if (stat(path, &st) < 0)
		return err_set(err, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return write_there(path, data, len, err);
	if (!realpath(path, real)) /* a symbolic link stays one */
		return err_set(err, errno, "%s", path);
	return replace(real, data, len, err);
}
