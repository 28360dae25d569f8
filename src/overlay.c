/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overlay.c - an overlay over the rootfs: for --writable, for --overlay DIR, and for a read-only
 * rootfs that lacks a mount point.
 *
 * overlayfs takes its layers by path and, before Linux 6.15, only from attached mounts. So a tmpfs
 * is attached as a stage over / of our own mount namespace, the layers are put there, named
 * relative to the working directory, and the stage is detached again: the overlay keeps its own
 * private copies of the layer mounts. No path of the rootfs or of the host is involved.
 *
 * Should: leave the user's directory as it is, unless --overlay names it.
 * Mustn't: trust the upper layer of --overlay more than the rootfs.
 */
#include "overlay.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "ids.h"
#include "mnt.h"
#include "sys.h"

/* The root directory of an overlay is the upper one's: give it the lower one's mode and owner. */
static int layer_make(int stage, const char *name, const struct stat *like, struct err *err)
{
	if (mkdirat(stage, name, 0700) < 0 && errno != EEXIST)
		return err_set(err, errno, "overlay layer %s", name);
	if (!like)
		return 0;
	/* EINVAL: the owner has no id in the map; the caller's own id then stands in for it. */
	if (fchownat(stage, name, like->st_uid, like->st_gid, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno != EINVAL)
		return err_set(err, errno, "owner of overlay layer %s", name);
	if (fchmodat(stage, name, like->st_mode & 07777, 0) < 0)
		return err_set(err, errno, "mode of overlay layer %s", name);
	return 0;
}

/* Attach the mount `fd` on the directory `name` of the stage. */
static int stage_mount(int stage, const char *name, int fd, struct err *err)
{
	auto_close int at = -1;
	int rc;

	if (mkdirat(stage, name, 0700) < 0)
		return err_set(err, errno, "overlay stage %s", name);
	at = openat(stage, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (at < 0)
		return err_set(err, errno, "overlay stage %s", name);
	rc = mnt_attach(fd, at);
	return rc < 0 ? err_set(err, -rc, "overlay stage %s", name) : 0;
}

/* --overlay DIR: a copy of its mount, with upper/ and work/ in it. */
static int store_prepare(struct run *r, int stage, const struct stat *root, struct err *err)
{
	auto_close int tree = mnt_clone(r->overlay_src, "", MOUNT_ATTR_NODEV, err);
	struct stat st;
	int rc;

	if (tree < 0)
		return tree;
	rc = stage_mount(stage, "store", tree, err);
	if (rc < 0)
		return rc;
	rc = fstatat(tree, "upper", &st, AT_SYMLINK_NOFOLLOW) < 0
		     ? layer_make(tree, "upper", root, err)
		     : 0;
	if (rc == 0)
		rc = layer_make(tree, "work", NULL, err);
	if (rc < 0)
		return rc;
	if (fstatat(tree, "upper", &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode) ||
	    fstatat(tree, "work", &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
		return err_say(err, "--overlay %s: upper or work in it is not a directory",
			       r->spec->overlay_dir);
	return 0;
}

static int layers_prepare(struct run *r, int stage, struct err *err)
{
	struct stat root;
	int rc;

	if (fstat(r->root_tree, &root) < 0)
		return err_set(err, errno, "rootfs");
	rc = stage_mount(stage, "lower", r->root_tree, err);
	if (rc < 0)
		return rc;
	if (r->spec->root_mode == ROOT_OVERLAY)
		return store_prepare(r, stage, &root, err);
	rc = layer_make(stage, "upper", &root, err);
	return rc < 0 ? rc : layer_make(stage, "work", NULL, err);
}

static int mount_points_make(struct run *r, int root, struct err *err)
{
	mnt_own(r, root);
	for (size_t i = 0; i < r->plan->n_absent; i++) {
		const char *path = r->plan->absent[i];
		int rc = mnt_make(r, root, path, path[strlen(path) - 1] == '/');

		if (rc < 0)
			return err_set(err, -rc, "make mount point %s on the overlay", path);
	}
	/* A read-only root is no place where later steps may make anything. */
	if (r->spec->root_mode == ROOT_READONLY)
		r->n_own_dev--;
	return 0;
}

int overlay_build(struct run *r, struct err *err)
{
	bool is_kept = r->spec->root_mode == ROOT_OVERLAY;
	struct mnt_param params[] = {{"lowerdir", "lower"},
				     {"upperdir", is_kept ? "store/upper" : "upper"},
				     {"workdir", is_kept ? "store/work" : "work"},
				     {"userxattr", NULL},
				     {NULL, NULL}};
	struct mnt_tmpfs plain = {.has_mode = true, .mode = 0755};
	auto_close int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int stage = mnt_tmpfs(&plain, MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID, err);
	auto_close int tree = -1;
	int rc;

	if (stage < 0)
		return stage;
	if (top < 0)
		return err_set(err, errno, "/");
	rc = mnt_attach(stage, top);
	if (rc < 0) {
		err_set(err, -rc, "attach the overlay's stage");
		if (rc == -EPERM)
			err_hint(err, MNT_HINT_FIRST);
		return rc;
	}
	if (layers_prepare(r, stage, err) < 0)
		return -EIO;
	if (fchdir(stage) < 0)
		return err_set(err, errno, "enter the overlay's stage");
	tree = mnt_new("overlay", params, MOUNT_ATTR_NODEV, err);
	if (tree < 0) {
		err_hint(
			err,
			"an overlay in a user namespace needs Linux 5.11, and --overlay DIR a file "
			"system that can hold user.* attributes; NFS and FUSE often cannot. A rootfs "
			"with all its mount points (dev proc tmp run var/tmp) needs no overlay");
		return tree;
	}
	if (mount_points_make(r, tree, err) < 0)
		return -EIO;
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return err_set(err, errno, "take the overlay's stage away");
	(void)close(r->root_tree);
	r->root_tree = take_fd(&tree);
	return 0;
}

void overlay_sh(const struct run *r, struct sh *out)
{
	bool is_kept = r->spec->root_mode == ROOT_OVERLAY;
	const char *top = is_kept ? "store/" : "";

	sh_note(out,
		"The root of an overlay is its upper layer's, so that gets the mode and the owner of the "
		"tree's (if that owner has an id in the map).");
	sh_line(out, "add_flags nodev \"$stage/lower\"");
	if (is_kept)
		sh_line(out, "add_flags nodev \"$stage/store\"");
	sh_line(out, "cd \"$stage\"");
	sh_line(out, is_kept ? "if [ ! -d %supper ]; then" : "mkdir %supper", top);
	if (is_kept)
		sh_line(out, "\tmkdir %supper", top);
	sh_line(out, "%schown --reference=lower %supper 2>/dev/null || :", is_kept ? "\t" : "",
		top);
	sh_line(out, "%schmod --reference=lower %supper", is_kept ? "\t" : "", top);
	if (is_kept)
		sh_line(out, "fi");
	sh_line(out, "mkdir -p -m 0700 %swork", top);
	sh_line(out,
		"mount -t overlay -o nodev,userxattr,lowerdir=lower,upperdir=%supper,workdir=%swork \\",
		top, top);
	sh_line(out, "\toverlay root");
	sh_line(out, "cd /");
	if (r->plan->n_absent)
		sh_note(out, "The mount points that the tree lacks:");
	for (size_t i = 0; i < r->plan->n_absent; i++) {
		const char *path = r->plan->absent[i];
		bool is_dir = path[strlen(path) - 1] == '/';

		sh_place(out, path, is_dir);
		if (!is_dir)
			sh_line(out, "mkdir -p \"${at%%/*}\"; : >\"$at\"");
	}
}

/* ---- overlay-check (parent, pure) ---------------------------------------------------------- */

static bool overlay_check_wanted(const struct run *r)
{
	return r->spec->root_mode != ROOT_READONLY;
}

static int overlay_check_run(struct run *r, struct err *err)
{
	const char *dir = r->spec->overlay_dir;
	struct stat st;

	if (r->spec->root_mode == ROOT_OVERLAY) {
		if (stat(dir, &st) < 0)
			return err_set(err, errno, "--overlay %s", dir);
		if (!S_ISDIR(st.st_mode))
			return err_set(err, ENOTDIR, "--overlay %s", dir);
		if (r->plan->map_kind != MAP_ROOT &&
		    !id_map_has_outside(&r->plan->uids, st.st_uid)) {
			err_say(err, "--overlay %s: its owner %u is not in the id map", dir,
				st.st_uid);
			err_hint(
				err,
				"the layer is written as root of the sandbox, here uid %u of the host: "
				"use a directory that belongs to it",
				r->plan->uids.ext[0].outside);
			return -EOVERFLOW;
		}
	}
	/* Copying a file up keeps its owner, and the kernel refuses an owner that it cannot express. */
	if (r->plan->map_kind != MAP_ROOT &&
	    (!id_map_has_outside(&r->plan->uids, r->plan->root_uid) ||
	     !id_map_has_outside(&r->plan->gids, r->plan->root_gid)))
		note("the rootfs belongs to %u:%u, which is not in the id map: what is in it cannot be "
		     "changed inside (EOVERFLOW), only new files be made elsewhere. Unpack the tree as "
		     "yourself to change it",
		     r->plan->root_uid, r->plan->root_gid);
	return 0;
}

const struct step step_overlay_check = {
	.id = "overlay-check",
	.what = "see whether the writable layer can hold what will be written",
	.why = "after ids, because a file can only be copied up if its owner is in the map",
	.refs = "user_namespaces(7), mount(8) overlay",
	.side = PARENT,
	.is_pure = true,
	.wanted = overlay_check_wanted,
	.by = "--writable or --overlay",
	.run = overlay_check_run,
	.hints =
		(const struct hint[]){
			{ENOENT,
			 "--overlay keeps the changes in a directory of yours: mkdir it first"},
			{0, NULL}},
};

/* ---- overlay-dirs (parent) ------------------------------------------------------------------ */

static bool overlay_dirs_wanted(const struct run *r)
{
	return r->spec->root_mode == ROOT_OVERLAY && r->plan->map_kind == MAP_ROOT;
}

/* One directory, owned by root of the sandbox. One that is there keeps what it has. */
static int dir_make(int dir, const char *name, mode_t mode, const struct run *r, struct err *err)
{
	auto_close int fd = -1;

	if (mkdirat(dir, name, 0700) < 0)
		return errno == EEXIST ? 0 : err_set(err, errno, "--overlay: make %s", name);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, r->plan->uids.ext[0].outside, r->plan->gids.ext[0].outside) < 0 ||
	    fchmod(fd, mode) < 0)
		return err_set(err, errno, "--overlay: owner of %s", name);
	return 0;
}

static void overlay_dirs_sh(const struct run *r, struct sh *out)
{
	const char *dir = sh_source(r, r->spec->overlay_dir);
	unsigned uid = r->plan->uids.ext[0].outside, gid = r->plan->gids.ext[0].outside;

	sh_line(out, "dir=%s", dir);
	sh_line(out,
		"[ -d \"$dir/upper\" ] || install -d -o %u -g %u -m \"$(stat -c %%a %s)\" \"$dir/upper\"",
		uid, gid, sh_source(r, r->spec->rootfs));
	sh_line(out, "[ -d \"$dir/work\" ] || install -d -o %u -g %u -m 0700 \"$dir/work\"", uid,
		gid);
}

static int overlay_dirs_run(struct run *r, struct err *err)
{
	auto_close int dir = open(r->spec->overlay_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat root;

	if (dir < 0 || fstat(r->root_src, &root) < 0)
		return err_set(err, errno, "--overlay %s", r->spec->overlay_dir);
	if (dir_make(dir, "upper", root.st_mode & 07777, r, err) < 0)
		return -EIO;
	return dir_make(dir, "work", 0700, r, err);
}

const struct step step_overlay_dirs = {
	.id = "overlay-dirs",
	.what = "make the layer's two directories in --overlay DIR, for root of the sandbox",
	.why = "real root is nobody inside, so the child could make nothing in a directory of root's; "
	       "before clone, while we are root",
	.refs = "chown(2)",
	.calls = "mkdirat(DIR, \"upper\"), mkdirat(DIR, \"work\")",
	.side = PARENT,
	.wanted = overlay_dirs_wanted,
	.by = "--overlay, when real root starts it",
	.sh = overlay_dirs_sh,
	.run = overlay_dirs_run,
};
