/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_mount.c - checks: the file systems that a launch mounts, and pivot_root.
 *
 * Should: mount them as the rooms of the launch do, and use what was mounted.
 * Mustn't: be called anywhere but in a child with a mount namespace of its own.
 */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "check.h"
#include "dev.h"
#include "mnt.h"
#include "overlay.h"
#include "runner.h"
#include "sys.h"

/*
 * In place of a rootfs: a directory that every host has, and in which nothing is mounted (over a
 * tree with locked mounts in it, as /usr may be one, the kernel makes no overlay).
 */
#define SAMPLE "/usr/bin"

#define SAFE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

static int tmpfs_new(struct err *err)
{
	const struct mnt_tmpfs plain = {.size = 1 << 20, .has_mode = true, .mode = 0755};

	return mnt_tmpfs(&plain, MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID, err);
}

static int attach(int fd, const char *path, struct err *err)
{
	auto_close int at = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int rc = at < 0 ? -errno : mnt_attach(fd, at);

	return rc < 0 ? err_set(err, -rc, "attach over %s", path) : 0;
}

int act_pivot(struct trial *t, struct err *err)
{
	trial_as(t, &step_root_attach);
	t->run.root = tmpfs_new(err);
	if (t->run.root < 0 || attach(t->run.root, "/", err) < 0 ||
	    trial_step(t, &step_pivot, err) < 0)
		return -err->num;
	if (faccessat(AT_FDCWD, "/proc", F_OK, 0) == 0)
		return err_say(err, "the old root is still in sight");
	trial_say(t, "a new root, the old one detached");
	return 0;
}

/* ---- proc and sysfs ------------------------------------------------------------------------- */

int act_proc(struct trial *t, struct err *err)
{
	auto_close int fd = -1;
	char link[16] = "";

	trial_as(t, &step_proc);
	fd = mnt_new("proc", NULL, SAFE, err);
	if (fd < 0)
		return fd;
	if (readlinkat(fd, "self", link, sizeof(link) - 1) < 0 || strcmp(link, "1") != 0)
		return err_say(err, "a new proc shows another pid namespace");
	trial_say(t, "of a pid namespace of its own");
	return 0;
}

/* Root of a namespace below ours; it is gone when its own first look is over. */
static int nested_try(void)
{
	struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	pid_t pid = sys_clone3(&args);

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	return pid < 0 ? pid : 0;
}

int act_nested(struct trial *t, struct err *err)
{
	int rc;

	trial_as(t, &step_proc);
	t->run.proc = mnt_new("proc", NULL, SAFE, err);
	if (t->run.proc < 0 || trial_step(t, &step_sysctl, err) < 0)
		return -err->num;
	rc = nested_try();
	if (rc == 0)
		return err_say(err, "a user namespace could be made all the same");
	if (rc != -ENOSPC && rc != -EPERM)
		return err_set(err, -rc, "a nested user namespace failed otherwise");
	trial_say(t, "forbidden inside by user.max_user_namespaces");
	return 0;
}

int act_sysfs(struct trial *t, struct err *err)
{
	auto_close int fd = -1;

	trial_as(t, &step_sys);
	fd = mnt_new("sysfs", NULL, SAFE | MOUNT_ATTR_RDONLY, err);
	if (fd < 0)
		return fd;
	if (faccessat(fd, "class/net/lo", F_OK, 0) < 0)
		return err_set(err, errno, "network device lo in a new sysfs");
	trial_say(t, "of a network namespace of its own");
	return 0;
}

/* ---- /dev ----------------------------------------------------------------------------------- */

int act_dev(struct trial *t, struct err *err)
{
	char names[128] = "";

	trial_as(t, &step_dev);
	for (size_t i = 0; dev_node_name(i); i++) {
		size_t len = strlen(names);
		auto_close int fd = dev_node(dev_node_name(i), err);

		if (fd < 0)
			return fd;
		(void)snprintf(names + len, sizeof(names) - len, "%s%s", i ? " " : "",
			       dev_node_name(i));
		/* Some places of containers are mounted nodev: a node there is bound and can't be opened. */
		if (!strcmp(dev_node_name(i), "null")) {
			char path[40];
			auto_close int null = -1;

			(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
			null = open(path, O_WRONLY | O_CLOEXEC);
			if (null < 0 || write(null, "x", 1) != 1)
				return err_set(err, errno, "write to a bound /dev/null");
		}
	}
	trial_say(t, "%s", names);
	return 0;
}

/* A pair of terminals from our own instance. */
int act_devpts(struct trial *t, struct err *err)
{
	const struct mnt_param params[] = {
		{"newinstance", NULL}, {"ptmxmode", "0666"}, {"mode", "0620"}, {NULL, NULL}};
	auto_close int fd = -1;
	auto_close int master = -1;
	auto_close int slave = -1;
	int unlock = 0;

	trial_as(t, &step_dev);
	fd = mnt_new("devpts", params, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, err);
	if (fd < 0)
		return fd;
	master = openat(fd, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return err_set(err, errno, "terminal of a new devpts");
	slave = openat(fd, "0", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || write(slave, "x", 1) != 1)
		return err_set(err, errno, "other side of the terminal");
	trial_say(t, "terminals of its own");
	return 0;
}

int act_mqueue(struct trial *t, struct err *err)
{
	auto_close int fd = -1;
	auto_close int queue = -1;

	trial_as(t, &step_dev);
	fd = mnt_new("mqueue", NULL, SAFE, err);
	if (fd < 0)
		return fd;
	queue = openat(fd, "queue", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (queue < 0)
		return err_set(err, errno, "message queue");
	trial_say(t, "message queues of its own");
	return 0;
}

/* ---- overlay -------------------------------------------------------------------------------- */

/* The tree at hand under a throw-away layer, as --writable does it; a new file must be there. */
static int overlay_over(struct trial *t, int lower, struct err *err)
{
	auto_close int file = -1;

	trial_as(t, &step_root_bind);
	t->spec.root_mode = ROOT_WRITABLE;
	t->run.root_tree = lower;
	if (overlay_build(&t->run, err) < 0)
		return -err->num;
	file = openat(t->run.root_tree, "pillbox-check", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		      0600);
	return file < 0 ? err_set(err, errno, "new file on the overlay") : 0;
}

int act_overlay(struct trial *t, struct err *err)
{
	struct stat st;
	int lower;

	trial_as(t, &step_root_bind);
	lower = mnt_clone(AT_FDCWD, SAMPLE, MOUNT_ATTR_NODEV, err);
	if (lower < 0 || overlay_over(t, lower, err) < 0)
		return -err->num;
	if (fstatat(AT_FDCWD, SAMPLE "/pillbox-check", &st, 0) == 0)
		return err_say(err, "what was written on the overlay is on the host");
	trial_say(t, "over " SAMPLE);
	return 0;
}

/* A file and a directory of the lower layer, open, to be changed through the overlay. */
static int lower_fill(int lower, struct err *err)
{
	auto_close int file = openat(lower, "file", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (file < 0 || mkdirat(lower, "dir", 0755) < 0)
		return err_set(err, errno, "lower layer");
	return 0;
}

int act_overlay_tmpfs(struct trial *t, struct err *err)
{
	auto_close int below = -1;
	auto_close int file = -1;
	struct stat st;
	int lower;

	trial_as(t, &step_root_bind);
	lower = tmpfs_new(err);
	if (lower < 0 || lower_fill(lower, err) < 0)
		return -err->num;
	below = openat(lower, "file", O_RDONLY | O_CLOEXEC);
	if (overlay_over(t, lower, err) < 0)
		return -err->num;
	file = openat(t->run.root_tree, "file", O_WRONLY | O_CLOEXEC);
	if (file < 0 || write(file, "x", 1) != 1)
		return err_set(err, errno, "change a file of the lower layer");
	if (fstat(below, &st) < 0 || st.st_size != 0)
		return err_say(err, "the change went into the lower layer");
	trial_say(t, "files and directories of the tree can be changed");
	/* The mark of a directory that hides the lower one is a user.* attribute of the upper layer. */
	if (unlinkat(t->run.root_tree, "dir", AT_REMOVEDIR) < 0 ||
	    mkdirat(t->run.root_tree, "dir", 0755) < 0) {
		trial_say(t, "a directory of the tree cannot be replaced: %s",
			  strerrordesc_np(errno));
		trial_partly(t,
			     "tmpfs has user attributes from Linux 6.6 on; --overlay DIR on a disk "
			     "does not need them");
	}
	return 0;
}

/* ---- id-mapped mount ------------------------------------------------------------------------ */

/* The ids of the original are not in that map, and must not be seen as they are. */
static int idmap_seen(struct trial *t, int tree, struct err *err)
{
	struct stat was, is;

	if (fstat(tree, &was) < 0 || fstat(t->run.hand, &is) < 0)
		return err_set(err, errno, SAMPLE);
	if (was.st_uid == is.st_uid)
		return err_say(err, "the owner of " SAMPLE " is shown as it is");
	trial_say(t, "of " SAMPLE);
	return 0;
}

/*
 * SAMPLE, shown as a sandbox's tree by the launch's own step. It has to be attached for that, but
 * not over /: below a root that is not its namespace's, the kernel makes no user namespace.
 */
int act_idmapped(struct trial *t, struct err *err)
{
	auto_close int tree = -1;

	trial_as(t, &step_root_idmap);
	tree = sys_open_tree(AT_FDCWD, SAMPLE, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return err_set(err, -tree, "copy of " SAMPLE);
	if (attach(tree, "/dev", err) < 0)
		return -err->num;
	t->spec.rootfs = SAMPLE;
	t->run.root_src = tree;
	/* As if somebody else owned it: for such a tree the step makes the namespace itself. */
	t->plan.root_uid = t->plan.root_gid = 1;
	if (trial_step(t, &step_root_idmap, err) < 0)
		return -err->num;
	return idmap_seen(t, tree, err);
}
