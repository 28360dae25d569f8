/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mnt.h - mounts as descriptors: made detached, given their flags, then attached.
 *
 * Everything here runs in the child, in its own mount namespace, and takes descriptors: a path
 * inside the rootfs is hostile and is only ever resolved by mnt_resolve().
 */
#ifndef PILLBOX_MNT_H
#define PILLBOX_MNT_H

#include <stdint.h>

#include "step.h"

/* One fsconfig(2) parameter; value NULL: a flag. The list ends with a NULL key. */
struct mnt_param {
	const char *key, *value;
};

/* A new file system as a detached mount with MOUNT_ATTR_* `attr`; its descriptor, or -errno. */
int mnt_new(const char *type, const struct mnt_param *params, uint64_t attr, struct err *err);

/* What a tmpfs can be given; zero stands for the kernel's default. */
struct mnt_tmpfs {
	uint64_t size, inodes;
	uint32_t mode, uid, gid;
	bool has_mode, has_uid, has_gid;
};

int mnt_tmpfs(const struct mnt_tmpfs *t, uint64_t attr, struct err *err);

/*
 * A detached, private copy of the tree at dirfd/path with `attr` added on every mount of it.
 * Flags that are there (nosuid, ro, ...) stay. path "" stands for dirfd itself.
 */
int mnt_clone(int dirfd, const char *path, uint64_t attr, struct err *err);

/* Add `attr` to a mount (and, with AT_RECURSIVE in `flags`, to all below). 0 or -errno. */
int mnt_setattr(int fd, unsigned flags, uint64_t attr, uint64_t propagation);

/* Attach the detached mount `fd` on the place that `target` (O_PATH) holds. 0 or -errno. */
int mnt_attach(int fd, int target);

/*
 * What EPERM of the first attachment means. The namespace's capabilities have worked until then,
 * and nothing shows a process that it is in a Landlock domain: only the refusal itself does.
 */
#define MNT_HINT_FIRST                                                                         \
	"pillbox seems to be started inside a Landlock domain (of a sandbox, or of a program " \
	"that restricts itself), where the kernel refuses every mount: start it outside, or "  \
	"under a domain that leaves files alone; a seccomp filter around pillbox can do the same"

/*
 * mounts.c: of the first `upto` mounts, is the nearest above `target` a file system of the
 * sandbox's own, where anything may be made?
 */
bool mount_is_on_tmpfs(const struct spec *s, const char *target, size_t upto);

/*
 * Resolve a path of the sandbox below descriptor `root`: symlinks are followed as the sandbox will
 * see them and lead nowhere outside; magic links (/proc/self/fd/N) are refused.
 * An O_PATH descriptor, or -errno.
 */
int mnt_resolve(int root, const char *path, int flags);

/* The same, but every component must be a real directory or file: no symlink at all (-ELOOP). */
int mnt_resolve_strict(int root, const char *path, int flags);

/* st_dev of a file system that we mounted ourselves: mount points may be made in it. */
void mnt_own(struct run *r, int fd);
bool mnt_is_own(const struct run *r, int fd);

/*
 * Make the directory (or, with is_dir false, the empty file) `path` below `root`, component by
 * component, and only on file systems of our own. -EROFS: a component would have to be made on
 * something that isn't ours.
 */
int mnt_make(const struct run *r, int root, const char *path, bool is_dir);

#endif
