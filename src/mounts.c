/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts.c - the places that the user and the preset asked for: binds and tmpfs.
 *
 * Should: give each mount its flags while it is detached; resolve each target as the sandbox sees
 * it; make a missing mount point only on a file system that is ours.
 * Mustn't: take away a flag (nosuid, ro, ...) that the source has; touch the user's directories.
 */
#include "dev.h"
#include "drysh.h"
#include "mnt.h"
#include "sys.h"
#include "verify.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t mount_attr(const struct mount_req *m)
{
	uint64_t attr = 0;

	if (m->is_readonly)
		attr |= MOUNT_ATTR_RDONLY;
	if (!m->is_exec)
		attr |= MOUNT_ATTR_NOEXEC;
	if (!m->is_suid)
		attr |= MOUNT_ATTR_NOSUID;
	if (!m->is_dev)
		attr |= MOUNT_ATTR_NODEV;
	return attr;
}

/* The detached mount for one request. */
static int mount_make(struct run *r, size_t i, struct err *err)
{
	const struct mount_req *m = &r->spec->mounts[i];
	struct mnt_tmpfs t = {.size = m->size,
			      .inodes = m->inodes,
			      .mode = m->mode,
			      .uid = m->uid,
			      .gid = m->gid,
			      .has_mode = m->has_mode,
			      .has_uid = m->has_uid,
			      .has_gid = m->has_gid};
	int fd;

	if (m->kind == MOUNT_BIND)
		return mnt_clone(r->src[i], "", mount_attr(m), err);
	/* A read-only tmpfs would be a place where nothing can ever be: only sealed when asked. */
	fd = mnt_tmpfs(&t, mount_attr(m), err);
	if (fd >= 0 && !m->is_readonly)
		mnt_own(r, fd);
	return fd;
}

static int mount_one(struct run *r, size_t i, struct err *err)
{
	const struct mount_req *m = &r->spec->mounts[i];
	auto_close int fd = -1;
	auto_close int target = -1;
	struct stat st;
	int rc;

	fd = mount_make(r, i, err);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "%s", m->origin);
	target = mnt_resolve(r->root, m->target, 0);
	if (target == -ENOENT) {
		rc = mnt_make(r, r->root, m->target, S_ISDIR(st.st_mode));
		target = rc < 0 ? rc : mnt_resolve(r->root, m->target, 0);
	}
	if (target < 0)
		return err_set(err, -target, "%s: mount point %s", m->origin, m->target);
	rc = mnt_attach(fd, target);
	if (rc < 0)
		return err_set(err, -rc, "%s: mount on %s", m->origin, m->target);
	r->mounted[i] = (struct mounted){st.st_dev, st.st_ino};
	return 0;
}

static bool mounts_wanted(const struct run *r)
{
	for (size_t i = 0; i < r->spec->n_mounts; i++)
		if (!dev_makes(&r->spec->mounts[i]))
			return true;
	return false;
}

static int mounts_run(struct run *r, struct err *err)
{
	for (size_t i = 0; i < r->spec->n_mounts; i++) {
		if (dev_makes(&r->spec->mounts[i]))
			continue;
		if (mount_one(r, i, err) < 0)
			return -EIO;
		if (r->src[i] >= 0)
			(void)close(take_fd(&r->src[i]));
	}
	return 0;
}

static void mounts_show(const struct run *r, struct show *out)
{
	for (size_t i = 0; i < r->spec->n_mounts; i++) {
		const struct mount_req *m = &r->spec->mounts[i];
		char size[40] = "";

		if (dev_makes(m))
			continue;
		if (m->size)
			(void)snprintf(size, sizeof(size), ",size=%llu",
				       (unsigned long long)m->size);
		show(out, "mounts", "%s%s%s on %s %s%s%s%s%s",
		     m->kind == MOUNT_BIND ? "bind" : "tmpfs", m->kind == MOUNT_BIND ? " " : "",
		     m->kind == MOUNT_BIND ? m->source : "", m->target,
		     m->is_readonly ? "ro" : "rw", m->is_exec ? "" : ",noexec",
		     m->is_suid ? "" : ",nosuid", m->is_dev ? "" : ",nodev", size);
	}
}

/* ",noexec" and the like behind what is there. */
static void flags_add(const struct mount_req *m, char *buf, size_t size)
{
	size_t len = strlen(buf);

	(void)snprintf(buf + len, size - len, "%s%s%s", m->is_exec ? "" : ",noexec",
		       m->is_suid ? "" : ",nosuid", m->is_dev ? "" : ",nodev");
}

static void tmpfs_sh(const struct mount_req *m, struct sh *out)
{
	char text[256] = "";
	size_t len = 0;

	flags_add(m, text, sizeof(text));
	len = strlen(text);
	if (m->size)
		len += (size_t)snprintf(text + len, sizeof(text) - len, ",size=%llu",
					(unsigned long long)m->size);
	if (m->inodes)
		len += (size_t)snprintf(text + len, sizeof(text) - len, ",nr_inodes=%llu",
					(unsigned long long)m->inodes);
	if (m->has_mode)
		len += (size_t)snprintf(text + len, sizeof(text) - len, ",mode=%04o", m->mode);
	if (m->has_uid)
		len += (size_t)snprintf(text + len, sizeof(text) - len, ",uid=%u", m->uid);
	if (m->has_gid)
		(void)snprintf(text + len, sizeof(text) - len, ",gid=%u", m->gid);
	if (*text)
		sh_line(out, "mount -t tmpfs -o %s tmpfs \"$at\"", text + 1);
	else
		sh_line(out, "mount -t tmpfs tmpfs \"$at\"");
	if (m->is_readonly)
		sh_line(out, "add_flags ro \"$at\"");
}

bool mount_is_on_tmpfs(const struct spec *s, const char *target, size_t upto)
{
	const struct mount_req *above = NULL;

	for (size_t i = 0; i < upto; i++)
		if (path_below(target, s->mounts[i].target) &&
		    strcmp(target, s->mounts[i].target) != 0 &&
		    (!above || strlen(s->mounts[i].target) >= strlen(above->target)))
			above = &s->mounts[i];
	return above && above->kind == MOUNT_TMPFS && !above->is_readonly;
}

static void mount_sh(const struct run *r, struct sh *out, size_t i)
{
	const struct mount_req *m = &r->spec->mounts[i];
	bool is_made = mount_is_on_tmpfs(r->spec, m->target, i);
	char target[PATH_MAX], flags[64];
	struct stat st;
	bool is_dir = m->kind != MOUNT_BIND || stat(m->source, &st) < 0 || S_ISDIR(st.st_mode);

	verify_target(r, m->target, target);
	sh_place(out, target, is_made && is_dir);
	if (m->kind == MOUNT_TMPFS) {
		tmpfs_sh(m, out);
		return;
	}
	if (is_made && !is_dir)
		sh_line(out, "mkdir -p \"${at%%/*}\"; [ -e \"$at\" ] || : >\"$at\"");
	(void)snprintf(flags, sizeof(flags), "%s", m->is_readonly ? ",ro" : "");
	flags_add(m, flags, sizeof(flags));
	sh_line(out, "mount --rbind \"$stage/bind-%zu\" \"$at\"", i);
	if (*flags)
		sh_line(out, "add_flags %s \"$at\"", flags + 1);
}

static void mounts_sh(const struct run *r, struct sh *out)
{
	for (size_t i = 0; i < r->spec->n_mounts; i++)
		if (!dev_makes(&r->spec->mounts[i]))
			mount_sh(r, out, i);
}

/* The options that the topmost mount on `point` must have, and the one it must not. */
static int mount_check(const struct run *r, const struct mount_req *m, struct err *err)
{
	const struct {
		const char *option;
		bool is_wanted;
	} flags[] = {{"ro", m->is_readonly},
		     {"noexec", !m->is_exec},
		     {"nosuid", !m->is_suid},
		     {"nodev", !m->is_dev}};
	char point[PATH_MAX];

	verify_target(r, m->target, point);
	if (!verify_mount(r, point, NULL))
		return err_say(err, "%s: nothing is mounted on %s", m->origin, point);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].is_wanted && !verify_mount(r, point, flags[i].option))
			return err_say(err, "%s: %s is not %s", m->origin, point, flags[i].option);
	/* A bind may have it from its source. */
	if (m->kind == MOUNT_TMPFS && !m->is_readonly && verify_mount(r, point, "ro"))
		return err_say(err, "%s: %s is read-only", m->origin, point);
	return 0;
}

static int mounts_verify(const struct run *r, struct err *err)
{
	const struct spec *s = r->spec;

	for (size_t i = 0; i < s->n_mounts; i++) {
		bool is_inside = false; /* of another mount, whose links may lead it elsewhere */

		if (dev_makes(&s->mounts[i]))
			continue;
		for (size_t j = 0; j < i; j++)
			is_inside |= path_below(s->mounts[i].target, s->mounts[j].target);
		if (is_inside && !verify_mount(r, s->mounts[i].target, NULL))
			continue;
		if (mount_check(r, &s->mounts[i], err) < 0)
			return -EINVAL;
	}
	return 0;
}

const struct step step_mounts = {
	.id = "mounts",
	.what = "mount the binds and tmpfs that were asked for, parents before children",
	.why = "after root-ro, each with its own flags, or they would all be read-only",
	.refs = "open_tree(2), fsopen(2), move_mount(2), tmpfs(5)",
	.calls = "tmpfs: fsopen(\"tmpfs\"), fsconfig(\"size\", \"mode\", ...), fsmount(FLAGS)\n"
		 "bind: open_tree(SOURCE, OPEN_TREE_CLONE), mount_setattr(FLAGS)\n"
		 "openat2(root, TARGET, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)\n"
		 "move_mount(mount, target)",
	.side = CHILD,
	.wanted = mounts_wanted,
	.by = "--volume or --tmpfs",
	.show = mounts_show,
	.sh = mounts_sh,
	.run = mounts_run,
	.verify = mounts_verify,
	.hints =
		(const struct hint[]){
			{EROFS,
			 "the mount point does not exist, and is not on a file system of the sandbox's own: "
			 "make it in the rootfs, or below the bind it belongs to"},
			{ENOTDIR,
			 "a directory can only be mounted on a directory, a file only on a file"},
			{EPERM,
			 "a mount below the source is locked by an outer sandbox, or the file system type "
			 "is not allowed in a user namespace"},
			{ENOSPC, "too many mounts: /proc/sys/fs/mount-max"},
			{0, NULL}},
};
