/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mnt.c - the mount vocabulary of all mount rooms (open_tree, fsopen, mount_setattr, move_mount).
 *
 * Should: hand out detached mounts that have all their flags before anything can see them; take
 * and return descriptors.
 * Mustn't: give a path inside the rootfs to any call but openat2(RESOLVE_IN_ROOT); remount.
 */
#include "mnt.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "sys.h"

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

/* The file system context tells in words what it did not like (fsopen(2)): "e tmpfs: Bad value". */
static int context_error(int context, int num, const char *type, const char *key, struct err *err)
{
	char text[256];
	ssize_t n = read(context, text, sizeof(text) - 1);

	if (n > 2) {
		text[n] = '\0';
		text[strcspn(text, "\n")] = '\0';
		return err_set(err, num, "%s%s%s (%s)", type, key[0] ? " option " : "", key,
			       text + 2);
	}
	return err_set(err, num, "%s%s%s", type, key[0] ? " option " : "", key);
}

int mnt_new(const char *type, const struct mnt_param *params, uint64_t attr, struct err *err)
{
	auto_close int context = sys_fsopen(type, FSOPEN_CLOEXEC);
	int fd;

	if (context < 0)
		return err_set(err, -context, "%s file system", type);
	for (const struct mnt_param *p = params; p && p->key; p++) {
		int rc = sys_fsconfig(context, p->value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
				      p->key, p->value, 0);

		if (rc < 0)
			return context_error(context, -rc, type, p->key, err);
	}
	fd = sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (fd < 0)
		return context_error(context, -fd, type, "", err);
	fd = sys_fsmount(context, FSMOUNT_CLOEXEC, (unsigned)attr);
	if (fd < 0)
		return context_error(context, -fd, type, "", err);
	return fd;
}

int mnt_tmpfs(const struct mnt_tmpfs *t, uint64_t attr, struct err *err)
{
	char size[24], inodes[24], mode[16], uid[16], gid[16];
	struct mnt_param params[6] = {0};
	unsigned n = 0;

	if (t->size) {
		(void)snprintf(size, sizeof(size), "%" PRIu64, t->size);
		params[n++] = (struct mnt_param){"size", size};
	}
	if (t->inodes) {
		(void)snprintf(inodes, sizeof(inodes), "%" PRIu64, t->inodes);
		params[n++] = (struct mnt_param){"nr_inodes", inodes};
	}
	if (t->has_mode) {
		(void)snprintf(mode, sizeof(mode), "%o", t->mode);
		params[n++] = (struct mnt_param){"mode", mode};
	}
	if (t->has_uid) {
		(void)snprintf(uid, sizeof(uid), "%u", t->uid);
		params[n++] = (struct mnt_param){"uid", uid};
	}
	if (t->has_gid) {
		(void)snprintf(gid, sizeof(gid), "%u", t->gid);
		params[n++] = (struct mnt_param){"gid", gid};
	}
	return mnt_new("tmpfs", params, attr, err);
}

int mnt_setattr(int fd, unsigned flags, uint64_t attr, uint64_t propagation)
{
	struct mount_attr a = {.attr_set = attr, .propagation = propagation};

	return sys_mount_setattr(fd, "", AT_EMPTY_PATH | flags, &a);
}

int mnt_clone(int dirfd, const char *path, uint64_t attr, struct err *err)
{
	auto_close int fd = sys_open_tree(
		dirfd, path, AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int rc;

	if (fd < 0)
		return err_set(err, -fd, "copy of mount %s", path);
	/* Recursive: a copy whose submounts stay writable is the classic half read-only bind. */
	rc = mnt_setattr(fd, AT_RECURSIVE, attr, MS_PRIVATE);
	if (rc < 0)
		return err_set(err, -rc, "flags of mount %s", path);
	return take_fd(&fd);
}

int mnt_attach(int fd, int target)
{
	return sys_move_mount(fd, "", target, "",
			      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static int resolve(int root, const char *path, int flags, uint64_t how)
{
	int fd;

	do /* EAGAIN: a rename or mount raced with the walk and the kernel could not be sure */
		fd = sys_openat2(root, path, (uint64_t)(flags | O_PATH | O_CLOEXEC), 0,
				 how | RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	while (fd == -EAGAIN || fd == -EINTR);
	return fd;
}

int mnt_resolve(int root, const char *path, int flags)
{
	return resolve(root, path, flags, 0);
}

int mnt_resolve_strict(int root, const char *path, int flags)
{
	return resolve(root, path, flags, RESOLVE_NO_SYMLINKS);
}

void mnt_own(struct run *r, int fd)
{
	struct stat st;

	/* A full table only means that later mount points below it are refused: fail closed. */
	if (r->n_own_dev < OWN_DEVS && fstat(fd, &st) == 0)
		r->own_dev[r->n_own_dev++] = st.st_dev;
}

bool mnt_is_own(const struct run *r, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	for (size_t i = 0; i < r->n_own_dev; i++)
		if (r->own_dev[i] == st.st_dev)
			return true;
	return false;
}

/* Make one component. EEXIST is a symlink that leads nowhere: the lookup before found nothing. */
static int make_one(const struct run *r, int parent, const char *name, bool is_dir)
{
	int fd;

	if (!mnt_is_own(r, parent))
		return -EROFS;
	if (is_dir)
		return mkdirat(parent, name, 0755) < 0 ? -errno : 0;
	fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	(void)close(fd); /* an empty file: nothing to lose */
	return 0;
}

int mnt_make(const struct run *r, int root, const char *path, bool is_dir)
{
	auto_close int parent = mnt_resolve(root, "/", O_DIRECTORY);
	char prefix[PATH_MAX];
	const char *end = path;

	if (parent < 0)
		return parent;
	while (*end) {
		char name[NAME_MAX + 1];
		bool is_last;
		size_t len;
		int fd;

		end += strspn(end, "/");
		len = strcspn(end, "/");
		if (!len)
			break;
		if (len > NAME_MAX || (size_t)(end + len - path) >= sizeof(prefix))
			return -ENAMETOOLONG;
		memcpy(name, end, len);
		name[len] = '\0';
		end += len;
		memcpy(prefix, path, (size_t)(end - path));
		prefix[end - path] = '\0';
		is_last = !end[strspn(end, "/")];
		fd = mnt_resolve(root, prefix, is_last && !is_dir ? 0 : O_DIRECTORY);
		if (fd == -ENOENT) {
			int rc = make_one(r, parent, name, is_dir || !is_last);

			if (rc < 0)
				return rc;
			fd = mnt_resolve(root, prefix, 0);
		}
		if (fd < 0)
			return fd;
		(void)close(parent);
		parent = fd;
	}
	return 0;
}
