/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root.c - the root file system: found, copied as a mount, made read-only, entered.
 *
 * Should: hold the rootfs by descriptor from the first look on, and notice when it was exchanged;
 * set all flags on the detached tree, before anybody can see it.
 * Mustn't: change anything in the user's directory; follow a symlink of the rootfs outside.
 */
#include "dev.h"
#include "mnt.h"
#include "overlay.h"
#include "root.h"
#include "sys.h"
#include "verify.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* ---- root-open (parent, pure) ------------------------------------------------------------- */

/* Mount points every sandbox needs, which must be real directories: no symlink, whatever it is. */
static const char *const fixed_points[] = {"/dev", "/proc"};

static int fixed_point_check(struct run *r, const char *path, struct err *err)
{
	auto_close int fd = mnt_resolve_strict(r->root_src, path, O_DIRECTORY);

	switch (fd) {
	case -ENOENT:
		return 1;
	case -ELOOP:
		err_say(err, "%s%s: is a symbolic link", r->spec->rootfs, path);
		err_hint(
			err,
			"pillbox mounts there, and a link in a rootfs may lead anywhere: make it a "
			"directory");
		return -ELOOP;
	case -ENOTDIR:
		err_say(err, "%s%s: is not a directory", r->spec->rootfs, path);
		err_hint(err, "pillbox mounts a file system there: make it an empty directory");
		return -ENOTDIR;
	case -EACCES:
		if (r->plan->root_uid == r->plan->caller_uid)
			return err_set(err, EACCES, "%s", r->spec->rootfs);
		return 0; /* owned by an id that is not ours: the child, as its owner, will see */
	default:
		return fd < 0 ? err_set(err, -fd, "%s%s", r->spec->rootfs, path) : 0;
	}
}

/* Is `path` on a mount that is made before it? Then the rootfs itself need not have it. */
static bool is_covered(const struct spec *s, const char *path, size_t upto)
{
	for (size_t i = 0; i < upto; i++)
		if (strcmp(path, s->mounts[i].target) != 0 && path_below(path, s->mounts[i].target))
			return true;
	return false;
}

/* 1: absent, 0: there, -errno: it can never be a mount point. */
static int target_check(struct run *r, const struct mount_req *m, bool is_dir, struct err *err)
{
	auto_close int fd = mnt_resolve(r->root_src, m->target, 0);
	auto_close int link = -1;
	struct stat st;

	if (fd == -EACCES)
		return 0;
	if (fd == -ENOENT) {
		link = mnt_resolve(r->root_src, m->target, O_NOFOLLOW);
		if (link < 0)
			return 1;
		err_say(err, "%s: mount point %s is a symbolic link that leads nowhere", m->origin,
			m->target);
		return -ENOENT;
	}
	if (fd < 0) {
		err_set(err, -fd, "%s: mount point %s in the rootfs", m->origin, m->target);
		if (fd == -ELOOP)
			err_hint(err, "its symbolic links form a loop, or lead through /proc");
		return fd;
	}
	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "%s: mount point %s", m->origin, m->target);
	if (S_ISDIR(st.st_mode) != is_dir) {
		err_say(err, "%s: mount point %s is %s, but what is mounted there is %s", m->origin,
			m->target, is_dir ? "not a directory" : "a directory",
			is_dir ? "a directory" : "a file");
		return -ENOTDIR;
	}
	return 0;
}

/* The source as the caller sees it: it must exist now, and tells directory from file. */
static int source_check(const struct mount_req *m, bool *ret_is_dir, struct device_seen *ret,
			struct err *err)
{
	struct stat st;

	if (stat(m->source, &st) < 0) {
		err_set(err, errno, "%s: source %s", m->origin, m->source);
		if (errno == ENOENT)
			err_hint(err,
				 "pillbox makes no directory for a missing source: mkdir it first");
		return -err->num;
	}
	*ret_is_dir = S_ISDIR(st.st_mode);
	if (!m->is_device)
		return 0;
	*ret = (struct device_seen){.rdev = st.st_rdev, .type = st.st_mode & S_IFMT};
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		return 0;
	err_say(err, "%s: %s is no device", m->origin, m->source);
	err_hint(err, "--device takes one node; -v shows a file or directory");
	return -EINVAL;
}

static void absent_add(struct run *r, const char *path, bool is_dir)
{
	r->plan->absent[r->plan->n_absent++] = arena_printf(r->spec->arena, "%s%s", path,
							    is_dir ? "/" : "");
}

/* Where the files of --secret and --config go: one directory for all that have but a name. */
static int secret_points_check(struct run *r, struct err *err)
{
	const struct spec *s = r->spec;
	bool is_checked = false;

	for (size_t i = 0; i < s->n_secrets; i++) {
		bool is_dir = !secret_is_placed(&s->secrets[i]);
		struct mount_req m = {.origin = is_dir ? "--secret" : s->secrets[i].origin,
				      .target = is_dir ? "/run/secrets" : s->secrets[i].target};
		int rc;

		if ((is_dir && is_checked) || is_covered(s, m.target, s->n_mounts))
			continue;
		rc = target_check(r, &m, is_dir, err);
		if (rc < 0)
			return rc;
		if (rc)
			absent_add(r, m.target, is_dir);
		is_checked |= is_dir;
	}
	return 0;
}

static int mount_points_check(struct run *r, struct err *err)
{
	const struct spec *s = r->spec;
	int rc;

	r->plan->absent = arena_alloc(s->arena, (s->n_mounts + s->n_secrets + 4) * sizeof(char *));
	r->plan->devices = arena_alloc(s->arena, (s->n_mounts + 1) * sizeof(*r->plan->devices));
	for (size_t i = 0; i < ARRAY_SIZE(fixed_points); i++) {
		rc = fixed_point_check(r, fixed_points[i], err);
		if (rc < 0)
			return rc;
		if (rc)
			absent_add(r, fixed_points[i], true);
	}
	if (s->has_sys) {
		rc = fixed_point_check(r, "/sys", err);
		if (rc < 0)
			return rc;
		if (rc)
			absent_add(r, "/sys", true);
	}
	for (size_t i = 0; i < s->n_mounts; i++) {
		bool is_dir = true;

		rc = s->mounts[i].kind == MOUNT_BIND
			     ? source_check(&s->mounts[i], &is_dir, &r->plan->devices[i], err)
			     : 0;
		if (rc < 0)
			return rc;
		if (dev_makes(&s->mounts[i]) || is_covered(s, s->mounts[i].target, i))
			continue;
		rc = target_check(r, &s->mounts[i], is_dir, err);
		if (rc < 0)
			return rc;
		if (rc)
			absent_add(r, s->mounts[i].target, is_dir);
	}
	return secret_points_check(r, err);
}

static int root_open_run(struct run *r, struct err *err)
{
	struct stat st;

	r->root_src = open(r->spec->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->root_src < 0) {
		err_set(err, errno, "%s", r->spec->rootfs);
		if (errno == ENOENT)
			err_hint(err, "ROOTFS is a directory with a root file system in it: "
				      "scripts/mkrootfs makes one");
		else if (errno == ENOTDIR)
			err_hint(
				err,
				"ROOTFS is a directory; unpack an archive first: mkdir d && tar -C d "
				"-xf FILE");
		return -err->num;
	}
	if (fstat(r->root_src, &st) < 0)
		return err_set(err, errno, "%s", r->spec->rootfs);
	r->plan->root_dev = st.st_dev;
	r->plan->root_ino = st.st_ino;
	r->plan->root_uid = st.st_uid;
	r->plan->root_gid = st.st_gid;
	if (mount_points_check(r, err) < 0)
		return err->num ? -err->num : -EINVAL;
	r->plan->need_overlay = r->spec->root_mode != ROOT_READONLY || r->plan->n_absent;
	return 0;
}

static void root_open_show(const struct run *r, struct show *out)
{
	show(out, "rootfs", "%s", r->spec->rootfs);
	show(out, "owner", "%u:%u", r->plan->root_uid, r->plan->root_gid);
	for (size_t i = 0; i < r->plan->n_absent; i++)
		show(out, "made_on_overlay", "%s", r->plan->absent[i]);
}

const struct step step_root_open = {
	.id = "root-open",
	.what = "hold the rootfs by descriptor and look at every mount point in it",
	.why = "before the ids, because its owner decides who is root inside; the child compares "
	       "device and inode, so a directory exchanged in between is noticed",
	.refs = "open(2), openat2(2)",
	.calls = "open(ROOTFS, O_PATH | O_DIRECTORY)\n"
		 "openat2(root, MOUNT POINT, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)",
	.side = PARENT,
	.is_pure = true,
	.show = root_open_show,
	.run = root_open_run,
	.hints =
		(const struct hint[]){
			{EACCES,
			 "the caller may not enter that directory: check the mode of each parent"},
			{0, NULL}},
};

/* ---- hold (child) ------------------------------------------------------------------------- */

static int hold_root(struct run *r, struct err *err)
{
	struct stat st;

	(void)close(r->root_src); /* the parent's, in the host's mount namespace: no use here */
	r->root_src = open(r->spec->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->root_src < 0 || fstat(r->root_src, &st) < 0)
		return err_set(err, errno, "%s", r->spec->rootfs);
	if (st.st_dev != r->plan->root_dev || st.st_ino != r->plan->root_ino)
		return err_say(err, "%s: was exchanged for another directory", r->spec->rootfs);
	return 0;
}

/* The node that was looked at, and one that can be opened where it lies. */
static int hold_device(const struct run *r, size_t i, struct err *err)
{
	const struct mount_req *m = &r->spec->mounts[i];
	const struct device_seen *seen = &r->plan->devices[i];
	struct statvfs fs;
	struct stat st;

	if (fstat(r->src[i], &st) < 0 || fstatvfs(r->src[i], &fs) < 0)
		return err_set(err, errno, "%s: source %s", m->origin, m->source);
	if ((st.st_mode & S_IFMT) != seen->type || st.st_rdev != seen->rdev)
		return err_say(err, "%s: %s was exchanged for something else", m->origin,
			       m->source);
	if (fs.f_flag & ST_NODEV)
		return err_say(err, "%s: %s lies on a mount without devices (nodev)", m->origin,
			       m->source);
	return 0;
}

static int hold_run(struct run *r, struct err *err)
{
	const struct spec *s = r->spec;

	if (r->plan->map_kind == MAP_ROOT) {
		(void)close(r->root_src);
		r->root_src = -1;
		r->root_tree = take_fd(&r->received);
	} else if (hold_root(r, err) < 0) {
		return -EIO;
	}
	for (size_t i = 0; i < s->n_mounts; i++) {
		if (s->mounts[i].kind != MOUNT_BIND)
			continue;
		r->src[i] = open(s->mounts[i].source, O_PATH | O_CLOEXEC);
		if (r->src[i] < 0)
			return err_set(err, errno, "%s: source %s", s->mounts[i].origin,
				       s->mounts[i].source);
		if (s->mounts[i].is_device && hold_device(r, i, err) < 0)
			return -EIO;
	}
	if (s->root_mode == ROOT_OVERLAY) {
		r->overlay_src = open(s->overlay_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (r->overlay_src < 0)
			return err_set(err, errno, "--overlay %s", s->overlay_dir);
	}
	return 0;
}

const struct step step_hold = {
	.id = "hold",
	.what = "take hold of the rootfs and of every bind source, in the new mount namespace",
	.why = "before become-root: the caller may pass through directories (a home of mode 0700) that "
	       "the ids of the map may not; after clone, because a mount can only be copied inside "
	       "its own mount namespace",
	.refs = "open(2), O_PATH",
	.calls = "open(ROOTFS, O_PATH), open(SOURCE, O_PATH) of each bind",
	.side = CHILD,
	.is_vital = true,
	.sh = hold_sh,
	.run = hold_run,
	.hints =
		(const struct hint[]){
			{EACCES,
			 "inside the sandbox's user namespace root has no special rights on the host: the "
			 "caller itself must be able to reach that path"},
			{0, NULL}},
};

/* ---- private ------------------------------------------------------------------------------ */

static int private_run(struct run *r, struct err *err)
{
	struct mount_attr a = {.propagation = MS_PRIVATE};
	int rc;

	(void)r;
	rc = sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &a);
	return rc < 0 ? err_set(err, -rc, "make all mounts private") : 0;
}

const struct step step_private = {
	.id = "private",
	.what = "cut the propagation of mounts between host and sandbox",
	.why = "before the first mount, or it could appear on the host, and the host's later mounts in "
	       "the sandbox",
	.refs = "mount_setattr(2), mount_namespaces(7)",
	.calls = "mount_setattr(\"/\", AT_RECURSIVE, {propagation = MS_PRIVATE})",
	.side = CHILD,
	.sh = private_sh,
	.run = private_run,
};

/* ---- root-bind, root-ro, root-attach ------------------------------------------------------- */

static int root_bind_run(struct run *r, struct err *err)
{
	struct stat st;

	if (r->root_tree < 0) {
		/* nodev always: a device node in a rootfs is somebody else's idea */
		r->root_tree = mnt_clone(r->root_src, "", MOUNT_ATTR_NODEV, err);
		if (r->root_tree < 0)
			return r->root_tree;
	} else {
		int rc = mnt_setattr(r->root_tree, AT_RECURSIVE, MOUNT_ATTR_NODEV, MS_PRIVATE);

		if (rc < 0)
			return err_set(err, -rc, "flags of the root");
	}
	if (fstat(r->root_tree, &st) < 0)
		return err_set(err, errno, "copy of the root");
	if (st.st_dev != r->plan->root_dev || st.st_ino != r->plan->root_ino)
		return err_say(err, "%s: was exchanged for another directory", r->spec->rootfs);
	return r->plan->need_overlay ? overlay_build(r, err) : 0;
}

const struct step step_root_bind = {
	.id = "root-bind",
	.what = "copy the rootfs as a detached mount; under an overlay if something must be written",
	.why = "after private, and before every other mount, which all hang below it",
	.refs = "open_tree(2), mount_setattr(2)",
	.calls =
		"open_tree(root, OPEN_TREE_CLONE | AT_RECURSIVE)\n"
		"mount_setattr(tree, AT_RECURSIVE, {attr_set = MOUNT_ATTR_NODEV, propagation = MS_PRIVATE})\n"
		"with an overlay: fsopen(\"overlay\"), fsconfig(lowerdir, upperdir, workdir, userxattr), fsmount()",
	.side = CHILD,
	.is_vital = true,
	.sh = root_bind_sh,
	.run = root_bind_run,
	.hints =
		(const struct hint[]){
			{EINVAL,
			 "the directory is not in this mount namespace, or is covered by a locked mount"},
			{EOVERFLOW,
			 "a directory of the rootfs belongs to a user or group that is not in the id map, "
			 "so the kernel cannot copy it up to make a mount point in it: chown the tree, or "
			 "make the mount point in it"},
			{EPERM, "the user namespace has no capabilities: see pillbox(1), SECURITY"},
			{0, NULL}},
};

static bool root_ro_wanted(const struct run *r)
{
	return r->spec->root_mode == ROOT_READONLY;
}

static int root_ro_run(struct run *r, struct err *err)
{
	int rc = mnt_setattr(r->root_tree, AT_RECURSIVE, MOUNT_ATTR_RDONLY, 0);

	return rc < 0 ? err_set(err, -rc, "make the root read-only") : 0;
}

/* A mount that another step made has flags of its own. */
static bool is_of_root(const struct run *r, const char *point)
{
	const struct spec *s = r->spec;
	char target[PATH_MAX];

	if (path_below(point, "/dev") || path_below(point, "/proc"))
		return false;
	if (s->has_sys && path_below(point, "/sys"))
		return false;
	for (size_t i = 0; i < s->n_mounts; i++) {
		verify_target(r, s->mounts[i].target, target);
		if (path_below(point, target))
			return false;
	}
	return true;
}

static int root_ro_each(const struct run *r, const char *point, const char *options, void *arg)
{
	if (verify_option(options, "ro") || !is_of_root(r, point))
		return 0;
	return err_say(arg, "%s is writable", point);
}

static int root_ro_verify(const struct run *r, struct err *err)
{
	int rc = verify_mounts(r, root_ro_each, err);

	return rc < 0 ? err_set(err, -rc, "mounts of the sandbox") : 0;
}

const struct step step_root_ro = {
	.id = "root-ro",
	.what = "make the whole root tree read-only, submounts included",
	.why = "on the detached tree, before it can be seen; before the writable mounts, or those would "
	       "turn read-only too",
	.refs = "mount_setattr(2), AT_RECURSIVE",
	.calls = "mount_setattr(tree, AT_RECURSIVE, {attr_set = MOUNT_ATTR_RDONLY})",
	.side = CHILD,
	.wanted = root_ro_wanted,
	.by = "--read-only",
	.sh = root_ro_sh,
	.run = root_ro_run,
	.verify = root_ro_verify,
};

static int root_attach_run(struct run *r, struct err *err)
{
	/* nosuid with no_new_privs: set-user-ID bits could not work anyway, so say so twice */
	uint64_t attr = r->spec->no_new_privs ? MOUNT_ATTR_NOSUID : 0;
	auto_close int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int rc;

	if (top < 0)
		return err_set(err, errno, "/");
	rc = attr ? mnt_setattr(r->root_tree, AT_RECURSIVE, attr, 0) : 0;
	if (rc < 0)
		return err_set(err, -rc, "flags of the root");
	rc = mnt_attach(r->root_tree, top);
	if (rc < 0)
		return err_set(err, -rc, "attach the root");
	r->root = take_fd(&r->root_tree);
	return 0;
}

const struct step step_root_attach = {
	.id = "root-attach",
	.what = "attach the finished root tree, over / of our own mount namespace",
	.why = "it has all its flags now; mounts can only be placed on a tree that is attached. Over /, "
	       "because that needs no path that anybody else could change",
	.refs = "move_mount(2)",
	.calls = "mount_setattr(tree, AT_RECURSIVE, {attr_set = MOUNT_ATTR_NOSUID})\n"
		 "move_mount(tree, \"\", \"/\", \"\")",
	.side = CHILD,
	.is_vital = true,
	.sh = root_attach_sh,
	.run = root_attach_run,
	.hints = (const struct hint[]){{EPERM, MNT_HINT_FIRST}, {0, NULL}},
};
