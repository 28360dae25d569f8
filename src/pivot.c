/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pivot.c - entering the new root, and the working directory in it.
 *
 * Should: leave no path to the host: the old root is detached, and that is checked.
 * Mustn't: take a working directory on trust (CVE-2024-21626).
 */
#include "drysh.h"
#include "mnt.h"
#include "sys.h"
#include "verify.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* ---- pivot --------------------------------------------------------------------------------- */

/*
 * Somebody who can write in the rootfs can exchange a mount point for another directory, and what
 * is mounted there goes with it. Without /dev or /proc of ours the workload would see the rootfs' own.
 */
static int own_check(int top, const char *path, int mount, struct err *err)
{
	auto_close int fd = mnt_resolve_strict(top, path, O_DIRECTORY);
	struct stat here, ours;

	if (fd < 0 && fd != -ENOENT && fd != -ELOOP && fd != -ENOTDIR)
		return err_set(err, -fd, "mounted on %s", path);
	if (fd >= 0) {
		if (fstat(fd, &here) < 0 || fstat(mount, &ours) < 0)
			return err_set(err, errno, "mounted on %s", path);
		if (here.st_dev == ours.st_dev && here.st_ino == ours.st_ino)
			return 0;
	}
	err_say(err, "%s of the rootfs was exchanged for something else meanwhile", path);
	err_hint(err, "another program renames what is in the rootfs: stop it first");
	return -ESTALE;
}

static int own_checks(const struct run *r, struct err *err)
{
	const struct {
		const char *path;
		int mount;
	} own[] = {{"/dev", r->dev}, {"/proc", r->proc}, {"/sys", r->sys}};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (own[i].mount >= 0 && own_check(r->root, own[i].path, own[i].mount, err) < 0)
			return -ESTALE;
	return 0;
}

static int pivot_run(struct run *r, struct err *err)
{
	struct stat new_root, now;
	int rc;

	if (fchdir(r->root) < 0 || fstat(r->root, &new_root) < 0)
		return err_set(err, errno, "enter the new root");
	rc = sys_pivot_root(".", ".");
	if (rc < 0)
		return err_set(err, -rc, "pivot_root");
	/* The old root now lies on top of the new one, at the same place: take it away. */
	if (umount2(".", MNT_DETACH) < 0)
		return err_set(err, errno, "detach the old root");
	if (stat("/", &now) < 0)
		return err_set(err, errno, "/");
	if (now.st_dev != new_root.st_dev || now.st_ino != new_root.st_ino)
		return err_say(err, "/ is not the new root after pivot_root");
	return chdir("/") < 0 ? err_set(err, errno, "/") : own_checks(r, err);
}

static int count_root(const struct run *r, const char *point, const char *options, void *arg)
{
	unsigned *n = arg;

	(void)r, (void)options;
	*n += !strcmp(point, "/");
	return 0;
}

/* Before pivot the new root lies over the old one: two mounts on /. Afterwards there is one. */
static int pivot_verify(const struct run *r, struct err *err)
{
	unsigned n = 0;
	int rc = verify_mounts(r, count_root, &n);

	if (rc < 0)
		return err_set(err, -rc, "mounts of the sandbox");
	return n == 1 ? 0 : err_say(err, "%u mounts on /, so the host's root is still there", n);
}

static void pivot_sh(const struct run *r, struct sh *out)
{
	const char *as_root = sh_as_root(r);

	sh_note(out,
		"Not here: the helper does it, see there, when this process has no rights any more and "
		"waits in the last line. pivot_root(2) moves every process of the mount namespace whose "
		"root is the old one, so also the one that waits.");
	sh_part(out, SH_HELPER);
	sh_note(out,
		"Afterwards the old root lies on top of the new one. The second nsenter gets to what "
		"is on top, so it finds umount once more, and takes that root away.");
	sh_line(out,
		"%snsenter --mount --target \"$child\" -- sh -euc 'cd \"$1\"; pivot_root . .' sh \\",
		as_root);
	sh_line(out, "\t%s/root", sh_stage(r));
	sh_line(out, "%snsenter --mount --target \"$child\" -- umount --lazy /", as_root);
}

const struct step step_pivot = {
	.id = "pivot",
	.what = "make the new tree the root of the mount namespace and detach the old one",
	.why = "after the last mount that needs something of the host; from here on no path leads to it",
	.refs = "pivot_root(2), umount2(2) MNT_DETACH",
	.calls = "fchdir(root)\n"
		 "pivot_root(\".\", \".\")\n"
		 "umount2(\".\", MNT_DETACH)\n"
		 "chdir(\"/\")",
	.side = CHILD,
	.sh = pivot_sh,
	.run = pivot_run,
	.verify = pivot_verify,
	.hints =
		(const struct hint[]){
			{EINVAL,
			 "the host's root is an initramfs, or its / is shared: see pivot_root(2)"},
			{0, NULL}},
};

static int cwd_run(struct run *r, struct err *err)
{
	auto_close int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int dir = -1;
	struct stat now, root;
	char path[PATH_MAX];

	if (top < 0 || fstat(top, &now) < 0 || fstat(r->root, &root) < 0)
		return err_set(err, errno, "/");
	if (step_wanted(r, &step_pivot) && (now.st_dev != root.st_dev || now.st_ino != root.st_ino))
		return err_say(err, "/ is still the host's");
	dir = mnt_resolve(top, r->spec->workdir, O_DIRECTORY);
	if (dir == -ENOENT &&
	    mnt_is_own(r, top)) { /* Docker makes it; on a writable root so do we */
		int rc = mnt_make(r, top, r->spec->workdir, true);

		dir = rc < 0 ? rc : mnt_resolve(top, r->spec->workdir, O_DIRECTORY);
	}
	if (dir < 0)
		return err_set(err, -dir, "--workdir %s", r->spec->workdir);
	if (fchdir(dir) < 0)
		return err_set(err, errno, "--workdir %s", r->spec->workdir);
	/* CVE-2024-21626: a working directory outside of the root shows as "(unreachable)". */
	if (syscall(SYS_getcwd, path, sizeof(path)) < 0)
		return err_set(err, errno, "--workdir %s", r->spec->workdir);
	if (path[0] != '/')
		return err_say(err, "--workdir %s: leads outside of the sandbox", r->spec->workdir);
	return 0;
}

/* As cwd_run(): made on a writable root, but not in a directory of the user's. */
static bool cwd_is_made(const struct run *r)
{
	const struct spec *s = r->spec;

	for (size_t i = 0; i < s->n_mounts; i++)
		if (s->mounts[i].kind == MOUNT_BIND && path_below(s->workdir, s->mounts[i].target))
			return false;
	return s->root_mode != ROOT_READONLY;
}

static void cwd_sh(const struct run *r, struct sh *out)
{
	char dir[PATH_MAX];

	verify_target(r, r->spec->workdir, dir);
	sh_note(out,
		"Before the pivot, because this process does no more after it. No link was followed, so "
		"it is in the new tree, and stays there.");
	sh_place(out, dir, cwd_is_made(r));
	sh_line(out, "cd \"$at\"");
}

static void cwd_show(const struct run *r, struct show *out)
{
	show(out, "workdir", "%s", r->spec->workdir);
}

const struct step step_cwd = {
	.id = "cwd",
	.what = "enter the working directory",
	.why = "after pivot, or it could point into the host (CVE-2024-21626)",
	.refs = "chdir(2), openat2(2)",
	.calls = "openat2(\"/\", WORKDIR, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)\n"
		 "fchdir()",
	.side = CHILD,
	.show = cwd_show,
	.sh = cwd_sh,
	.run = cwd_run,
	.hints =
		(const struct hint[]){
			{ENOENT, "make the directory in the rootfs, or choose another with -w"},
			{ENOTDIR, "the working directory has to be a directory"},
			{ELOOP, "a symbolic link into /proc, or a loop, is no working directory"},
			{EACCES,
			 "the root of the sandbox may not enter it: see its owner and mode"},
			{0, NULL}},
};
