/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attacks_mount.c - attacks by mounts.
 *
 * Should:  change mounts in a mount namespace of the attempt's own where one can be had, and undo
 *          what was mounted where none can.
 * Mustn't: create what outlives the attempt.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "probe.h"

/* ---- what is mounted here ------------------------------------------------------------------- */

/* One line of mountinfo; see proc_pid_mountinfo(5). */
struct mounted {
	unsigned major;
	char root[256], point[256], type[32];
};

static bool mounted_next(FILE *f, struct mounted *m)
{
	char line[4096], *rest;

	while (fgets(line, sizeof(line), f)) {
		*m = (struct mounted){0};
		rest = strstr(line, " - ");
		if (rest && sscanf(rest + 3, "%31s", m->type) == 1 &&
		    sscanf(line, "%*u %*u %u:%*u %255s %255s", &m->major, m->root, m->point) == 3)
			return true;
	}
	return false;
}

/* Is there a file system of this type, with nothing mounted over any part of it? */
static bool is_seen_whole(const char *type)
{
	char point[sizeof(((struct mounted *)NULL)->point)] = "";
	FILE *f = fopen("/proc/self/mountinfo", "re");
	struct mounted m;
	bool is_whole = false;

	while (f && mounted_next(f, &m)) {
		size_t len = strlen(point);

		if (!strcmp(m.type, type) && !strcmp(m.root, "/")) {
			(void)snprintf(point, sizeof(point), "%s", m.point);
			is_whole = true;
		} else if (is_whole && !strncmp(m.point, point, len) && m.point[len] == '/') {
			is_whole = false;
		}
	}
	if (f)
		(void)fclose(f);
	return is_whole;
}

/* ---- one mount ------------------------------------------------------------------------------ */

/* The namespaces that a mount of these types is about, besides that of mounts. */
static const struct {
	const char *type;
	enum ns_kind kind;
} shown[] = {
	{"proc", NS_PID},      {"sysfs", NS_NET},      {"mqueue", NS_IPC},
	{"cgroup", NS_CGROUP}, {"cgroup2", NS_CGROUP},
};

/*
 * After a call that changes mounts was refused: name what the general rules cannot know. `type` is
 * that of the file system, or NULL.
 */
static void refused(struct attempt *a, const char *type)
{
	if (a->ret != -EPERM || ~fact_caps("CapEff") & CAP(SYS_ADMIN) || by_filter(a) != 0)
		return;
	if (fact_ns_ours(NS_MNT) == 0) {
		held(a, BY_NAMESPACE, "the mounts belong to another user namespace");
		return;
	}
	if (fact_landlock() > 0) {
		held(a, BY_LSM, "Landlock, which refuses every change of mounts");
		return;
	}
	for (size_t i = 0; type && i < sizeof(shown) / sizeof(shown[0]); i++)
		if (!strcmp(type, shown[i].type) && fact_ns_ours(shown[i].kind) == 0) {
			held(a, BY_NAMESPACE, "the %s namespace belongs to another user namespace",
			     ns_names[shown[i].kind]);
			return;
		}
	if (type && (!strcmp(type, "proc") || !strcmp(type, "sysfs")) && !fact_first_user_ns() &&
	    !is_seen_whole(type))
		held(a, BY_NAMESPACE, "in a user namespace: no new %s but beside one without masks",
		     type);
	else if (type && !strcmp(type, "cgroup") && ns_is_own(NS_CGROUP) == 1)
		held(a, BY_NAMESPACE, "a cgroup namespace of its own");
}

/* Where to mount: in a mount namespace of our own, if that can be. */
static const char *place(struct attempt *a)
{
	private_mounts(a);
	return scratch(NULL);
}

static void undo(const char *dir)
{
	/* What covers the root is not to be found by its name, and harms nobody. */
	if (strcmp(dir, "/") != 0)
		(void)umount2(dir, MNT_DETACH);
}

static void mount_type(struct attempt *a, const char *type)
{
	const char *dir = place(a);

	if (TRY(a, mount, "none", dir, type, 0, NULL) < 0) {
		refused(a, type);
		return;
	}
	undo(dir);
	worked(a, "a %s on %s", type, dir);
}

#define MOUNT_TYPE(type)                            \
	static void mount_##type(struct attempt *a) \
	{                                           \
		mount_type(a, #type);               \
	}
MOUNT_TYPE(tmpfs)
MOUNT_TYPE(ramfs)
MOUNT_TYPE(proc)
MOUNT_TYPE(sysfs)
MOUNT_TYPE(devpts)
MOUNT_TYPE(mqueue)
MOUNT_TYPE(cgroup2)

static void mount_bind(struct attempt *a)
{
	const char *dir = place(a);

	if (TRY(a, mount, "/", dir, NULL, MS_BIND, NULL) >= 0) {
		undo(dir);
		worked(a, "/ without its submounts, on %s", dir);
		return;
	}
	/* Locked: mounts of another user namespace's cannot be parted from what they hide. */
	if (a->ret == -EINVAL && TRY(a, mount, "/", dir, NULL, MS_BIND | MS_REC, NULL) >= 0) {
		(void)umount2(dir, MNT_DETACH);
		worked(a, "/ on %s, but with its submounts", dir);
		return;
	}
	refused(a, NULL);
}

/* The layers lie on a tmpfs, so that nothing is left. */
static void mount_overlay(struct attempt *a)
{
	static const char *const names[] = {"l", "u", "w", "m"};
	const char *dir = place(a);
	char path[4][64], options[256];

	if (!strcmp(dir, "/")) {
		not_applicable(a, "no directory but / to mount on");
		return;
	}
	if (TRY(a, mount, "none", dir, "tmpfs", 0, NULL) < 0) {
		refused(a, "tmpfs");
		return;
	}
	for (int i = 0; i < 4; i++) {
		(void)snprintf(path[i], sizeof(path[i]), "%s/%s", dir, names[i]);
		(void)mkdir(path[i], 0700);
	}
	(void)snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s", path[0],
		       path[1], path[2]);
	if (TRY(a, mount, "none", path[3], "overlay", 0, options) < 0) {
		refused(a, "overlay");
	} else {
		(void)umount2(path[3], MNT_DETACH);
		worked(a, "an overlay on %s", path[3]);
	}
	undo(dir);
}

/* File systems that show the kernel as a whole; each is for the first user namespace only. */
static void mount_kernel(struct attempt *a)
{
	static const char *const types[] = {"debugfs", "tracefs", "securityfs", "configfs"};
	const char *dir = place(a);

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (TRY(a, mount, "none", dir, types[i], 0, NULL) == 0) {
			undo(dir);
			worked(a, "%s on %s", types[i], dir);
			return;
		}
		if (a->ret != -ENODEV)
			break;
	}
	refused(a, NULL);
}

/* ---- control groups of version 1 ------------------------------------------------------------ */

/* A hierarchy of our own, which goes with its mount, or else one that is there. */
static long cgroup_mount(struct attempt *a, const char *dir)
{
	long ret = TRY(a, mount, "none", dir, "cgroup", 0, "none,name=pillbox-probe");
	FILE *f = ret < 0 ? fopen("/proc/self/cgroup", "re") : NULL;
	char line[512], names[128];

	while (ret < 0 && f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*u:%127[^:]:", names) == 1)
			ret = TRY(a, mount, "none", dir, "cgroup", 0, names);
	if (f)
		(void)fclose(f);
	return ret;
}

static void mount_cgroup(struct attempt *a)
{
	const char *dir = place(a);

	if (cgroup_mount(a, dir) < 0) {
		refused(a, "cgroup");
		return;
	}
	undo(dir);
	worked(a, "a hierarchy of cgroup v1 on %s", dir);
}

/* The kernel asks for the capability when the file is written, so what was read is written back. */
static void cgroup_release_agent(struct attempt *a)
{
	const char *dir = place(a);
	char path[64], agent[4096];
	ssize_t n;
	int fd;

	if (cgroup_mount(a, dir) < 0) {
		refused(a, "cgroup");
		return;
	}
	(void)snprintf(path, sizeof(path), "%s/release_agent", dir);
	fd = try_open(a, path, O_RDWR);
	n = fd < 0 ? -1 : read(fd, agent, sizeof(agent) - 1);
	if (n == 0)
		agent[n++] = '\n';
	if (n > 0 && TRY(a, write, fd, agent, n) == n)
		worked(a, "wrote %s as it was", path);
	undo(dir);
}

/* ---- flags of the root's mount -------------------------------------------------------------- */

/* A directory of the root's file system that only `ro` keeps us from writing to, if there is one. */
static const char *closed_by_ro(void)
{
	static const char *const paths[] = {"/", "/etc", "/usr", "/bin", "/home", "/var", "/mnt"};
	struct stat root, st;

	if (stat("/", &root))
		return "/";
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (stat(paths[i], &st) == 0 && st.st_dev == root.st_dev &&
		    faccessat(AT_FDCWD, paths[i], W_OK, AT_EACCESS) && errno == EROFS)
			return paths[i];
	return "/";
}

static bool is_root_ro(unsigned long *ret_flags)
{
	struct statvfs fs;

	if (statvfs("/", &fs))
		return false;
	/* Of these, the flags of statvfs(3) and of mount(2) are the same numbers. */
	*ret_flags = fs.f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME);
	return fs.f_flag & ST_RDONLY;
}

static void make_root_writable(struct attempt *a, bool by_setattr)
{
	const char *dir = closed_by_ro();
	struct mount_attr attr = {.attr_clr = MOUNT_ATTR_RDONLY};
	unsigned long flags = 0;
	long ret;
	int fd;

	if (!is_root_ro(&flags)) {
		not_applicable(a, "the root is not read-only");
		return;
	}
	private_mounts(a);
	if (by_setattr)
		ret = TRY(a, mount_setattr, AT_FDCWD, "/", 0, &attr, sizeof(attr));
	else
		ret = TRY(a, mount, NULL, "/", NULL, MS_REMOUNT | MS_BIND | flags, NULL);
	if (ret < 0) {
		refused(a, NULL);
		return;
	}
	if (is_root_ro(&flags)) {
		held(a, BY_MOUNT_FLAG, "the mount is writable; its file system is not");
		return;
	}
	/* O_TMPFILE: a file without a name, gone with its descriptor. */
	fd = try_open(a, dir, O_TMPFILE | O_RDWR);
	if (fd >= 0)
		worked(a, "a new file in %s could be written", dir);
	else if (fd == -EOPNOTSUPP)
		worked(a, "the mount of %s is writable", dir);
	(void)mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | flags, NULL);
}

static void remount_rw(struct attempt *a)
{
	make_root_writable(a, false);
}

static void setattr_rw(struct attempt *a)
{
	make_root_writable(a, true);
}

/* ---- taking mounts away --------------------------------------------------------------------- */

/*
 * MNT_EXPIRE: the first such call only marks the mount, and answers EAGAIN (EBUSY: it is in use);
 * both come after all questions about rights. Wanted: what is mounted below /proc, else the last.
 */
static void umount_mask(struct attempt *a)
{
	char point[256] = "";
	struct mounted m;
	int fd = try_open(a, "/proc/self/mountinfo", O_RDONLY);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (!f)
		return;
	while (strncmp(point, "/proc/", 6) != 0 && mounted_next(f, &m))
		if (strcmp(m.point, "/") != 0 && !strchr(m.point, '\\'))
			(void)snprintf(point, sizeof(point), "%s", m.point);
	(void)fclose(f);
	if (!point[0]) {
		not_applicable(a, "nothing is mounted but the root");
		return;
	}
	TRY(a, umount2, point, MNT_EXPIRE);
	if (a->ret == -EAGAIN || a->ret == -EBUSY)
		worked(a, "%s could be taken away", point);
	else if (a->ret == -EINVAL && by_filter(a) == 0)
		held(a, BY_NAMESPACE, "%s is locked: it came from another user namespace", point);
	else
		refused(a, NULL);
}

/* ---- the calls by descriptor ---------------------------------------------------------------- */

/* A descriptor is what was wanted. */
static void got_fd(struct attempt *a, const char *what)
{
	if (a->ret < 0)
		refused(a, NULL);
	else
		worked(a, "%s", what);
}

static void fsopen_tmpfs(struct attempt *a)
{
	TRY(a, fsopen, "tmpfs", FSOPEN_CLOEXEC);
	got_fd(a, "a file system being made");
}

static void copy_root(struct attempt *a)
{
	TRY(a, open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	/* As in mount_bind(); but here nothing is gained with them. */
	if (a->ret == -EINVAL && TRY(a, open_tree, AT_FDCWD, "/",
				     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE) >= 0)
		held(a, BY_NAMESPACE,
		     "mounts below / are locked: another user namespace made them");
	else
		got_fd(a, "a copy of the mount of /");
}

static void fspick_root(struct attempt *a)
{
	TRY(a, fspick, AT_FDCWD, "/", FSPICK_CLOEXEC);
	/* Set by chroot(2), / is no mount; that is looked at after all questions about rights. */
	if (a->ret == -EINVAL && by_filter(a) == 0)
		worked(a, "the call is let through; / is no mount of its own");
	else
		got_fd(a, "the settings of the root's file system");
}

static void attach_tmpfs(struct attempt *a)
{
	const char *dir = place(a);
	long fs = TRY(a, fsopen, "tmpfs", FSOPEN_CLOEXEC), tree;

	if (fs >= 0 && TRY(a, fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0) {
		tree = TRY(a, fsmount, fs, FSMOUNT_CLOEXEC, 0);
		if (tree >= 0)
			TRY(a, move_mount, tree, "", AT_FDCWD, dir, MOVE_MOUNT_F_EMPTY_PATH);
	}
	if (a->ret < 0) {
		refused(a, "tmpfs");
		return;
	}
	undo(dir);
	worked(a, "a tmpfs on %s, without mount(2)", dir);
}

/* ---- the root directory --------------------------------------------------------------------- */

/* The root in place of itself: EBUSY, or EINVAL for a shared one, past all questions about rights. */
static void change_root(struct attempt *a)
{
	private_mounts(a);
	TRY(a, pivot_root, "/", "/");
	if (a->ret == -EBUSY || (a->ret == -EINVAL && by_filter(a) == 0))
		worked(a, "the call is let through");
	else
		refused(a, NULL);
}

/* ---- what the table of mounts tells --------------------------------------------------------- */

/*
 * The host's: all of them in the host's mount namespace; in another, a disk that is mounted as a
 * whole somewhere below /. What was given to the sandbox on purpose is a part of a disk.
 */
static void mountinfo_host(struct attempt *a)
{
	int fd = try_open(a, "/proc/self/mountinfo", O_RDONLY), own = ns_is_own(NS_MNT);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	unsigned n = 0, disks = 0;
	char disk[64] = "";
	struct mounted m;

	if (!f)
		return;
	for (; mounted_next(f, &m); n++)
		if (m.major && !strcmp(m.root, "/") && strcmp(m.point, "/") != 0 && !disks++)
			(void)snprintf(disk, sizeof(disk), "%.63s", m.point);
	(void)fclose(f);
	if (own == 0)
		worked(a, "the mount namespace is the host's: %u mounts", n);
	else if (disks)
		worked(a, "a disk, as a whole, on %s", disk);
	else
		held(a, BY_NAMESPACE, "%u mounts%s, none of them a whole disk", n,
		     own == 1 ? " of a namespace of its own" : "");
}

/* ---- the list ------------------------------------------------------------------------------- */

#define ADMIN .caps = CAP(SYS_ADMIN), .cure = "--cap-drop SYS_ADMIN"
#define ROW(id_, weight_, run_, what_, gives_, ...)                                        \
	{                                                                                  \
		.id = id_, .what = what_, .gives = gives_, .weight = weight_, .run = run_, \
		__VA_ARGS__                                                                \
	}

const struct attack attacks_mount[] = {
	ROW("mount-tmpfs", 3, mount_tmpfs, "mount a tmpfs",
	    "files of its own in place of any that later programs of the sandbox trust", ADMIN),
	ROW("mount-ramfs", 4, mount_ramfs, "mount a ramfs", "files in memory that no size= limits",
	    ADMIN),
	ROW("mount-proc", 5, mount_proc, "mount a proc",
	    "a /proc without masks: kernel settings, keys, sysrq-trigger", ADMIN),
	ROW("mount-sysfs", 5, mount_sysfs, "mount a sysfs",
	    "the host's devices and drivers, and their settings", ADMIN),
	ROW("mount-devpts", 1, mount_devpts, "mount a devpts",
	    "terminals in place of the sandbox's, and kernel code to attack", ADMIN),
	ROW("mount-mqueue", 1, mount_mqueue, "mount a mqueue",
	    "every POSIX message queue of the ipc namespace, by name", ADMIN),
	ROW("mount-bind", 4, mount_bind, "bind / to another place",
	    "what masks and other mounts hide, and files in place of others", ADMIN),
	ROW("mount-overlay", 4, mount_overlay, "mount an overlay",
	    "overlayfs, where users became root before (CVE-2021-3493, CVE-2023-0386)",
	    /* the second: the kernel itself makes a directory of mode 0 in workdir= */
	    .caps = CAP(SYS_ADMIN) | CAP(DAC_OVERRIDE), .cure = "--cap-drop SYS_ADMIN"),
	ROW("mount-cgroup", 4, mount_cgroup, "mount a hierarchy of cgroup v1",
	    "the sandbox's own limits to write, and the place of release_agent", ADMIN),
	ROW("cgroup-release-agent", 10, cgroup_release_agent, "set a release_agent of cgroup v1",
	    "a program that the kernel starts as root of the host (CVE-2022-0492)", ADMIN,
	    .in_first = true),
	ROW("mount-cgroup2", 3, mount_cgroup2, "mount the hierarchy of cgroup v2",
	    "the sandbox's own limits to write", ADMIN),
	ROW("mount-kernel-fs", 8, mount_kernel, "mount debugfs, tracefs, securityfs",
	    "tracing and settings of the whole kernel: what every process does", ADMIN,
	    .in_first = true),
	ROW("remount-rw", 6, remount_rw, "remount the root read-write",
	    "changes to the tree that later sandboxes start from, or the host itself", ADMIN),
	ROW("mount-setattr-rw", 6, setattr_rw, "the same, by mount_setattr",
	    "the same, past a filter or a security module that looks at mount(2) alone", ADMIN),
	ROW("umount-mask", 5, umount_mask, "unmount what hides a file of /proc",
	    "the files that the sandbox hides below a mount", ADMIN),
	ROW("fsopen", 3, fsopen_tmpfs, "begin a file system by fsopen",
	    "the way to mount past mount(2), and its parser (CVE-2022-0185)", ADMIN),
	ROW("open-tree", 4, copy_root, "copy the mount of / by open_tree",
	    "a view of the tree without the mounts over it", ADMIN),
	ROW("move-mount", 3, attach_tmpfs, "mount a tmpfs by move_mount",
	    "any mount, past a filter that looks at mount(2) alone", ADMIN),
	ROW("fspick", 3, fspick_root, "open the root's settings by fspick",
	    "a way to reconfigure the file system that the root lies on", ADMIN),
	ROW("pivot-root", 3, change_root, "exchange the root by pivot_root",
	    "another root for every process of the sandbox", ADMIN),
	ROW("mountinfo-host", 3, mountinfo_host, "find the host's mounts",
	    "the host's disks, and where they are to be found", .cure = NULL),
	{0},
};
