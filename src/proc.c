/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc.c - /proc and /sys: our own, with what is dangerous in them covered.
 *
 * Everything is written and covered through descriptors of a procfs and sysfs that we mounted
 * ourselves, and never by a path that begins in the rootfs: its /proc can be exchanged for another
 * directory at any time, and the mount goes with it. A write takes RESOLVE_NO_XDEV besides, so that
 * nothing laid over it can redirect it (CVE-2025-52881).
 *
 * Should: cover by our own null and our own empty tmpfs; cover whatever the caller's rights are:
 * sysctl files check the host's uid, so root in a namespace that maps 0 to 0 could write them.
 * Mustn't: skip a path for any reason but that it doesn't exist.
 */
#include "drysh.h"
#include "mnt.h"
#include "sys.h"
#include "verify.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define PROC_ATTR (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* Hidden: they tell about the host or its other users (Docker's list, moby daemon/pkg/oci). */
static const char *const masked[] = {
	"proc/acpi",       "proc/asound",        "proc/interrupts",  "proc/kcore",
	"proc/keys",       "proc/latency_stats", "proc/sched_debug", "proc/scsi",
	"proc/timer_list", "proc/timer_stats",   "sys/firmware",     "sys/devices/virtual/powercap",
};

/* Read-only: writing there changes the kernel for everybody. */
static const char *const readonly[] = {
	"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger",
};

/* ---- proc --------------------------------------------------------------------------------- */

static int proc_run(struct run *r, struct err *err)
{
	const struct mnt_param subset[] = {{"subset", "pid"}, {NULL, NULL}};
	auto_close int target = mnt_resolve_strict(r->root, "/proc", O_DIRECTORY);
	auto_close int fd = -1;
	int rc;

	if (target < 0)
		return err_set(err, -target, "mount point /proc");
	fd = mnt_new("proc", r->spec->proc_mode == PROC_SUBSET ? subset : NULL, PROC_ATTR, err);
	if (fd < 0)
		return fd;
	rc = mnt_attach(fd, target);
	if (rc < 0)
		return err_set(err, -rc, "mount /proc");
	r->proc = take_fd(&fd);
	return 0;
}

static void proc_show(const struct run *r, struct show *out)
{
	show(out, "mounts", "proc on /proc nosuid,nodev,noexec%s",
	     r->spec->proc_mode == PROC_SUBSET ? ",subset=pid" : "");
}

static void proc_sh(const struct run *r, struct sh *out)
{
	sh_place(out, "/proc", false);
	sh_line(out, "mount -t proc -o nosuid,nodev,noexec%s proc \"$at\"",
		r->spec->proc_mode == PROC_SUBSET ? ",subset=pid" : "");
}

static int proc_verify(const struct run *r, struct err *err)
{
	static const char *const flags[] = {"nosuid", "nodev", "noexec"};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (!verify_mount(r, "/proc", flags[i]))
			return err_say(err, "no mount on /proc that is %s", flags[i]);
	return 0;
}

const struct step step_proc = {
	.id = "proc",
	.what = "a /proc of the new pid namespace",
	.why = "while the host's /proc is still in sight: the kernel allows a new one in a user "
	       "namespace only if an uncovered one is visible to compare with",
	.refs = "proc(5), pid_namespaces(7)",
	.calls =
		"fsopen(\"proc\"), fsmount(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)\n"
		"move_mount(proc, \"/proc\")",
	.side = CHILD,
	.show = proc_show,
	.sh = proc_sh,
	.run = proc_run,
	.verify = proc_verify,
	.hints =
		(const struct hint[]){
			{EPERM,
			 "parts of the host's /proc are covered by mounts, as inside another container; "
			 "then the kernel refuses a new one (mount_too_revealing). Start pillbox outside, or "
			 "give the outer container an uncovered /proc (systempaths=unconfined)"},
			{ELOOP, "/proc in the rootfs is a symbolic link: make it a directory"},
			{0, NULL}},
};

/* ---- sysctl ------------------------------------------------------------------------------- */

static bool sysctl_wanted(const struct run *r)
{
	return r->spec->n_sysctls || !r->spec->nested_userns;
}

/* With subset=pid our /proc has no sys/: use another instance, that nobody else will ever see. */
static int sysctl_proc(const struct run *r, struct err *err)
{
	if (r->spec->proc_mode == PROC_SUBSET)
		return mnt_new("proc", NULL, PROC_ATTR, err);
	return sys_openat2(r->proc, ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0, RESOLVE_BENEATH);
}

static int sysctl_write(int proc, const char *path, const char *value)
{
	char full[256];
	auto_close int fd = -1;
	size_t len = strlen(value);

	if ((size_t)snprintf(full, sizeof(full), "sys/%s", path) >= sizeof(full))
		return -ENAMETOOLONG;
	fd = sys_openat2(proc, full, O_WRONLY | O_CLOEXEC, 0,
			 RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
	if (fd < 0)
		return fd;
	return write(fd, value, len) == (ssize_t)len ? 0 : -(errno ? errno : EIO);
}

static int sysctl_run(struct run *r, struct err *err)
{
	auto_close int proc = sysctl_proc(r, err);
	int rc;

	if (proc < 0)
		return err_set(err, -proc, "proc for sysctls");
	for (size_t i = 0; i < r->spec->n_sysctls; i++) {
		const struct sysctl_req *s = &r->spec->sysctls[i];

		rc = sysctl_write(proc, s->path, s->value);
		if (rc < 0)
			return err_set(err, -rc, "--sysctl %s=%s", s->key, s->value);
	}
	if (r->spec->nested_userns)
		return 0;
	rc = sysctl_write(proc, "user/max_user_namespaces", "0");
	return rc < 0 ? err_set(err, -rc, "forbid nested user namespaces") : 0;
}

static void sysctl_show(const struct run *r, struct show *out)
{
	for (size_t i = 0; i < r->spec->n_sysctls; i++)
		show(out, "set", "%s=%s", r->spec->sysctls[i].key, r->spec->sysctls[i].value);
	if (!r->spec->nested_userns)
		show(out, "set", "user.max_user_namespaces=0");
}

static void sysctl_sh(const struct run *r, struct sh *out)
{
	bool is_subset = r->spec->proc_mode == PROC_SUBSET;
	const char *proc = is_subset ? "/proc" : "\"$root/proc\"";

	if (is_subset)
		sh_note(out,
			"The sandbox's own /proc has no sys; in any other it shows the namespaces of who "
			"writes, too.");
	for (size_t i = 0; i < r->spec->n_sysctls; i++)
		sh_line(out, "printf '%%s\\n' %s >%s/sys/%s",
			sh_quote(r, r->spec->sysctls[i].value), proc,
			sh_quote(r, r->spec->sysctls[i].path));
	if (!r->spec->nested_userns)
		sh_line(out, "echo 0 >%s/sys/user/max_user_namespaces", proc);
}

const struct step step_sysctl = {
	.id = "sysctl",
	.what = "set the namespaced sysctls; forbid user namespaces inside (max_user_namespaces 0)",
	.why = "before mask makes /proc/sys read-only; a nested user namespace would give the workload "
	       "every capability inside it, and so most of the kernel to attack",
	.refs = "proc(5), namespaces(7), user_namespaces(7)",
	.calls = "write(VALUE) to /proc/sys/KEY, by the sandbox's own proc",
	.side = CHILD,
	.wanted = sysctl_wanted,
	.by = "--sysctl, or any preset that forbids nested user namespaces",
	.show = sysctl_show,
	.sh = sysctl_sh,
	.run = sysctl_run,
	.hints =
		(const struct hint[]){
			{ENOENT, "this kernel has no such sysctl, or not in a namespace"},
			{EACCES, "this sysctl is not writable from inside a namespace"},
			{EPERM, "this sysctl is not writable from inside a namespace"},
			{EINVAL, "the kernel does not take that value"},
			{0, NULL}},
};

/* ---- mask --------------------------------------------------------------------------------- */

static bool mask_wanted(const struct run *r)
{
	return r->spec->is_masked && r->spec->proc_mode == PROC_FULL;
}

/* A path of the lists in our own mount of that file system, wherever that lies by now. */
static int inside(int mount, const char *path)
{
	return mnt_resolve_strict(mount, strchr(path, '/') + 1, 0);
}

/*
 * What covers a directory: an empty tmpfs, made for the first one and copied from there. A copy of
 * a mount that is attached nowhere would cost a grace period when its descriptor is closed.
 */
static int cover_dir(int *empty, struct err *err)
{
	struct mnt_tmpfs t = {.size = 4096, .inodes = 2, .has_mode = true, .mode = 0555};
	int fd;

	if (*empty >= 0)
		return mnt_clone(*empty, "", PROC_ATTR | MOUNT_ATTR_RDONLY, err);
	*empty = mnt_tmpfs(&t, PROC_ATTR | MOUNT_ATTR_RDONLY, err);
	if (*empty < 0)
		return *empty;
	fd = fcntl(*empty, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

static int cover(const struct run *r, int mount, const char *path, int *empty, struct err *err)
{
	auto_close int target = inside(mount, path);
	auto_close int fd = -1;
	struct stat st;
	int rc;

	if (target == -ENOENT)
		return 0; /* this kernel has none: nothing to hide */
	if (target < 0 || fstat(target, &st) < 0)
		return err_set(err, target < 0 ? -target : errno, "mask /%s", path);
	if (S_ISDIR(st.st_mode))
		fd = cover_dir(empty, err);
	else
		fd = mnt_clone(r->null, "", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, err);
	if (fd < 0)
		return err_set(err, -fd, "mask /%s", path);
	rc = mnt_attach(fd, target);
	return rc < 0 ? err_set(err, -rc, "mask /%s", path) : 0;
}

static int seal(const struct run *r, const char *path, struct err *err)
{
	auto_close int target = inside(r->proc, path);
	auto_close int fd = -1;
	int rc;

	if (target == -ENOENT)
		return 0;
	if (target < 0)
		return err_set(err, -target, "read-only /%s", path);
	fd = mnt_clone(target, "", PROC_ATTR | MOUNT_ATTR_RDONLY, err);
	if (fd < 0)
		return fd;
	rc = mnt_attach(fd, target);
	return rc < 0 ? err_set(err, -rc, "read-only /%s", path) : 0;
}

static int mask_list(const struct run *r, int mount, const char *below, struct err *err)
{
	auto_close int empty = -1;

	for (size_t i = 0; i < ARRAY_SIZE(masked); i++)
		if (!strncmp(masked[i], below, strlen(below)) &&
		    cover(r, mount, masked[i], &empty, err) < 0)
			return -EIO;
	return 0;
}

static int mask_run(struct run *r, struct err *err)
{
	/* Without our /proc every path is absent, and an absent path is no error. */
	if (r->proc < 0)
		return err_say(err, "there is no /proc of our own to mask");
	for (size_t i = 0; i < ARRAY_SIZE(readonly); i++)
		if (seal(r, readonly[i], err) < 0)
			return -EIO;
	return mask_list(r, r->proc, "proc/", err);
}

/* The script's cover(), and all paths of the list that begin with `below`. */
static void cover_sh(struct sh *out, const char *below)
{
	const char *paths[ARRAY_SIZE(masked)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(masked); i++)
		if (!strncmp(masked[i], below, strlen(below)))
			paths[n++] = masked[i];
	sh_line(out, "cover() { # PATH: a directory by an empty one, a file by our own null");
	sh_line(out, "\tplace \"$1\"");
	sh_line(out, "\tif [ -d \"$at\" ]; then");
	sh_line(out,
		"\t\tmount -t tmpfs -o nosuid,nodev,noexec,mode=0555,size=4k,nr_inodes=2 tmpfs \"$at\"");
	sh_line(out, "\t\tadd_flags ro \"$at\"");
	sh_line(out, "\telif [ -e \"$at\" ]; then");
	sh_line(out, "\t\tmount --bind \"$root/dev/null\" \"$at\"");
	sh_line(out, "\tfi # what this kernel does not have need not be hidden");
	sh_line(out, "}");
	sh_line(out, "for path in \\");
	for (size_t i = 0; i < n; i++)
		sh_line(out, "\t/%s%s", paths[i], i + 1 < n ? " \\" : "; do");
	sh_line(out, "\tcover \"$path\"");
	sh_line(out, "done");
}

static void mask_sh(const struct run *r, struct sh *out)
{
	(void)r;
	sh_line(out, "for path in \\");
	for (size_t i = 0; i < ARRAY_SIZE(readonly); i++)
		sh_line(out, "\t/%s%s", readonly[i], i + 1 < ARRAY_SIZE(readonly) ? " \\" : "; do");
	sh_line(out, "\tplace \"$path\"");
	sh_line(out, "\t[ -e \"$at\" ] || continue");
	sh_line(out, "\tmount --rbind \"$at\" \"$at\"");
	sh_line(out, "\tadd_flags ro,nosuid,nodev,noexec \"$at\"");
	sh_line(out, "done");
	cover_sh(out, "proc/");
}

static void mask_show(const struct run *r, struct show *out)
{
	(void)r;
	for (size_t i = 0; i < ARRAY_SIZE(masked); i++)
		show(out, "hidden", "/%s", masked[i]);
	for (size_t i = 0; i < ARRAY_SIZE(readonly); i++)
		show(out, "read_only", "/%s", readonly[i]);
}

/* Every masked path of /proc must be covered by a mount of its own, every sealed one be read-only. */
static int mask_verify(const struct run *r, struct err *err)
{
	struct stat st;
	char path[96];

	for (size_t i = 0; i < ARRAY_SIZE(masked); i++) {
		(void)snprintf(path, sizeof(path), "/%s", masked[i]);
		if (strncmp(path, "/proc/", 6) != 0 || lstat(path, &st) < 0)
			continue;
		if (!verify_mount(r, path, NULL))
			return err_say(err, "%s is not covered", path);
	}
	for (size_t i = 0; i < ARRAY_SIZE(readonly); i++) {
		(void)snprintf(path, sizeof(path), "/%s", readonly[i]);
		if (lstat(path, &st) < 0)
			continue;
		if (!verify_mount(r, path, "ro"))
			return err_say(err, "%s is not read-only", path);
	}
	return 0;
}

const struct step step_mask = {
	.id = "mask",
	.what = "hide and seal the parts of /proc that reach the host",
	.why = "after dev, whose null covers files, and after sysctl, which still writes below /proc/sys",
	.refs = "proc(5)",
	.calls =
		"hidden file: open_tree(\"/dev/null\", OPEN_TREE_CLONE), move_mount()\n"
		"hidden directory: fsopen(\"tmpfs\"), fsmount(MOUNT_ATTR_RDONLY), move_mount()\n"
		"read-only: open_tree(PATH, OPEN_TREE_CLONE), mount_setattr(MOUNT_ATTR_RDONLY), move_mount()",
	.side = CHILD,
	.wanted = mask_wanted,
	.by = "every preset, without --security-opt systempaths=unconfined",
	.show = mask_show,
	.sh = mask_sh,
	.run = mask_run,
	.verify = mask_verify,
};

/* ---- sys ---------------------------------------------------------------------------------- */

static bool sys_wanted(const struct run *r)
{
	return r->spec->has_sys;
}

static int sys_run(struct run *r, struct err *err)
{
	auto_close int target = mnt_resolve_strict(r->root, "/sys", O_DIRECTORY);
	auto_close int fd = -1;
	int rc;

	if (target < 0)
		return err_set(err, -target, "mount point /sys");
	/* A sysfs shows one network namespace and can only be made by its owner: else the host's. */
	if (r->spec->net == NET_HOST)
		fd = mnt_clone(AT_FDCWD, "/sys", PROC_ATTR | MOUNT_ATTR_RDONLY, err);
	else
		fd = mnt_new("sysfs", NULL, PROC_ATTR | MOUNT_ATTR_RDONLY, err);
	if (fd < 0)
		return fd;
	rc = mnt_attach(fd, target);
	if (rc < 0)
		return err_set(err, -rc, "mount /sys");
	r->sys = take_fd(&fd);
	return r->spec->is_masked ? mask_list(r, r->sys, "sys/", err) : 0;
}

static void sys_sh(const struct run *r, struct sh *out)
{
	sh_place(out, "/sys", false);
	if (r->spec->net == NET_HOST)
		sh_line(out, "mount --rbind /sys \"$at\"");
	else
		sh_line(out, "mount -t sysfs -o nosuid,nodev,noexec sysfs \"$at\"");
	sh_line(out, "add_flags ro,nosuid,nodev,noexec \"$at\"");
	if (r->spec->is_masked)
		cover_sh(out, "sys/");
}

static int sys_verify(const struct run *r, struct err *err)
{
	return verify_mount(r, "/sys", "ro") ? 0 : err_say(err, "no read-only mount on /sys");
}

const struct step step_sys = {
	.id = "sys",
	.what = "a read-only /sys, with Docker's masks",
	.why = "after mask, with the same means; before pivot, because the kernel compares with the "
	       "host's /sys as it does for /proc",
	.refs = "sysfs(5)",
	.calls = "fsopen(\"sysfs\"), fsmount(MOUNT_ATTR_RDONLY), move_mount()",
	.side = CHILD,
	.wanted = sys_wanted,
	.by = "--preset docker",
	.sh = sys_sh,
	.run = sys_run,
	.verify = sys_verify,
	.hints =
		(const struct hint[]){
			{EPERM,
			 "parts of the host's /sys are covered, so the kernel refuses a new one; the "
			 "hardened preset needs no /sys"},
			{0, NULL}},
};
