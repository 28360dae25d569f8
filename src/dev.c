/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dev.c - /dev: a small tmpfs with six bound nodes, pts, shm and mqueue.
 *
 * The image's own /dev is never used: not its nodes, not its links (CVE-2025-31133,
 * CVE-2026-41579: an image whose /dev or /dev/null is a symlink). Everything is made relative to
 * the descriptor of our fresh tmpfs.
 *
 * Should: check each node of the host to be the device that its name promises.
 * Mustn't: leave /dev writable; hand out any other device than these and those of --device.
 */
#include "dev.h"
#include "drysh.h"
#include "ids.h"
#include "mnt.h"
#include "sys.h"
#include "verify.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define PTS_GID 5 /* group tty: pts nodes are 0620 with it, as on any Linux */

static const struct node {
	const char *name;
	unsigned major, minor;
} nodes[] = {
	{"null", 1, 3},   {"zero", 1, 5},    {"full", 1, 7},
	{"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0},
};

static const struct {
	const char *name, *to;
} links[] = {
	{"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
	{"stderr", "/proc/self/fd/2"}, {"ptmx", "pts/ptmx"},
};

/* The host's node as a detached mount, checked by what it is and not by where it was found. */
static int node_clone(const struct node *n, struct err *err)
{
	char path[32];
	auto_close int fd = -1;
	struct stat st;

	(void)snprintf(path, sizeof(path), "/dev/%s", n->name);
	fd = mnt_clone(AT_FDCWD, path, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, err);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "host's %s", path);
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(n->major, n->minor))
		return err_say(err, "host's %s is not character device %u:%u", path, n->major,
			       n->minor);
	return take_fd(&fd);
}

int dev_node(const char *name, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		if (!strcmp(nodes[i].name, name))
			return node_clone(&nodes[i], err);
	return err_set(err, ENOENT, "/dev/%s", name);
}

const char *dev_node_name(size_t i)
{
	return i < ARRAY_SIZE(nodes) ? nodes[i].name : NULL;
}

bool dev_makes(const struct mount_req *m)
{
	return m->is_device && path_below(m->target, "/dev");
}

/* Inodes of the tmpfs: the usual ones, and some for each device with its directories. */
static unsigned long dev_inodes(const struct spec *s)
{
	unsigned long n = 64;

	for (size_t i = 0; i < s->n_mounts; i++)
		n += dev_makes(&s->mounts[i]) ? 8 : 0;
	return n;
}

/* An empty file or directory on the tmpfs to mount on. */
static int place_make(int dev, const char *name, bool is_dir, struct err *err)
{
	int fd;

	if (is_dir) {
		if (mkdirat(dev, name, 0755) < 0)
			return err_set(err, errno, "/dev/%s", name);
		fd = openat(dev, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	} else {
		fd = openat(dev, name, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	}
	return fd < 0 ? err_set(err, errno, "/dev/%s", name) : fd;
}

static int place_mount(int dev, const char *name, bool is_dir, int fd, struct err *err)
{
	auto_close int at = place_make(dev, name, is_dir, err);
	int rc;

	if (at < 0)
		return at;
	rc = mnt_attach(fd, at);
	return rc < 0 ? err_set(err, -rc, "mount on /dev/%s", name) : 0;
}

static int nodes_make(struct run *r, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		auto_close int fd = node_clone(&nodes[i], err);

		if (fd < 0)
			return fd;
		if (place_mount(r->dev, nodes[i].name, false, fd, err) < 0)
			return -EIO;
	}
	/* For the masks. By descriptor of our own tmpfs, so it is the node that was just checked. */
	r->null = openat(r->dev, "null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (r->null < 0)
		return err_set(err, errno, "/dev/null");
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (symlinkat(links[i].to, r->dev, links[i].name) < 0)
			return err_set(err, errno, "/dev/%s", links[i].name);
	return 0;
}

/* Those of --device; step hold looked at what they are. */
static int asked_make(struct run *r, struct err *err)
{
	const struct spec *s = r->spec;
	const size_t n_own = r->n_own_dev;
	int rc = 0;

	mnt_own(r, r->dev);
	for (size_t i = 0; i < s->n_mounts && rc == 0; i++) {
		const struct mount_req *m = &s->mounts[i];
		const char *name = m->target + strlen("/dev");
		auto_close int fd = -1;
		auto_close int at = -1;

		if (!dev_makes(m))
			continue;
		fd = mnt_clone(r->src[i], "", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, err);
		if (fd < 0)
			return fd;
		(void)close(take_fd(&r->src[i]));
		rc = mnt_make(r, r->dev, name, false);
		at = rc < 0 ? rc : mnt_resolve_strict(r->dev, name, 0);
		rc = at < 0 ? at : mnt_attach(fd, at);
		if (rc < 0)
			rc = err_set(err, -rc, "%s: mount on %s", m->origin, m->target);
	}
	r->n_own_dev = n_own; /* it will be read-only */
	return rc;
}

/* devpts refuses an owner that is not in the map. */
static int pts_make(struct run *r, struct err *err)
{
	struct mnt_param params[] = {{"newinstance", NULL},
				     {"ptmxmode", "0666"},
				     {"mode", "0620"},
				     {id_map_has(&r->plan->gids, PTS_GID) ? "gid" : NULL, "5"},
				     {NULL, NULL}};
	auto_close int fd = mnt_new("devpts", params, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, err);

	return fd < 0 ? fd : place_mount(r->dev, "pts", true, fd, err);
}

static int shm_make(struct run *r, struct err *err)
{
	struct mnt_tmpfs t = {.size = r->spec->shm_size, .has_mode = true, .mode = 01777};
	auto_close int fd = mnt_tmpfs(&t, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
				      err);

	return fd < 0 ? fd : place_mount(r->dev, "shm", true, fd, err);
}

static int mqueue_make(struct run *r, struct err *err)
{
	auto_close int fd = mnt_new("mqueue", NULL,
				    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, err);

	return fd < 0 ? fd : place_mount(r->dev, "mqueue", true, fd, err);
}

static int dev_run(struct run *r, struct err *err)
{
	struct mnt_tmpfs t = {
		.size = 64 << 10, .inodes = dev_inodes(r->spec), .has_mode = true, .mode = 0755};
	auto_close int target = mnt_resolve_strict(r->root, "/dev", O_DIRECTORY);
	auto_close int fd = -1;
	int rc;

	if (target < 0)
		return err_set(err, -target, "mount point /dev");
	fd = mnt_tmpfs(&t, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, err);
	if (fd < 0)
		return fd;
	rc = mnt_attach(fd, target);
	if (rc < 0)
		return err_set(err, -rc, "mount /dev");
	r->dev = take_fd(&fd);
	if (nodes_make(r, err) < 0 || pts_make(r, err) < 0 || shm_make(r, err) < 0 ||
	    mqueue_make(r, err) < 0 || asked_make(r, err) < 0)
		return -EIO;
	if (r->plan->has_tty) { /* /dev/console is bound by step tty */
		auto_close int console = place_make(r->dev, "console", false, err);

		if (console < 0)
			return console;
	}
	rc = mnt_setattr(r->dev, 0, MOUNT_ATTR_RDONLY, 0);
	return rc < 0 ? err_set(err, -rc, "seal /dev") : 0;
}

static void dev_show(const struct run *r, struct show *out)
{
	show(out, "tmpfs", "/dev ro,nosuid,noexec");
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		show(out, "nodes", "%s", nodes[i].name);
	for (size_t i = 0; i < r->spec->n_mounts; i++)
		if (dev_makes(&r->spec->mounts[i]))
			show(out, "devices", "%s on %s", r->spec->mounts[i].source,
			     r->spec->mounts[i].target);
	show(out, "mounts", "/dev/pts");
	show(out, "mounts", "/dev/shm");
	show(out, "mounts", "/dev/mqueue");
	show(out, "shm_size", "%llu", (unsigned long long)r->spec->shm_size);
}

static void dev_sh(const struct run *r, struct sh *out)
{
	char names[128] = "";
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, " %s", nodes[i].name);
	sh_place(out, "/dev", false);
	sh_line(out,
		"mount -t tmpfs -o nosuid,noexec,mode=0755,size=64k,nr_inodes=%lu tmpfs \"$at\"",
		dev_inodes(r->spec));
	sh_line(out, "for node in%s; do", names);
	sh_line(out, "\t[ -c \"/dev/$node\" ] || fail \"/dev/$node is no device\"");
	sh_line(out, "\t: >\"$root/dev/$node\"");
	sh_line(out, "\tmount --bind \"/dev/$node\" \"$root/dev/$node\"");
	sh_line(out, "\tadd_flags nosuid,noexec \"$root/dev/$node\"");
	sh_line(out, "done");
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		sh_line(out, "ln -s %s \"$root/dev/%s\"", links[i].to, links[i].name);
	sh_line(out, "mkdir \"$root/dev/pts\" \"$root/dev/shm\" \"$root/dev/mqueue\"");
	sh_line(out,
		"mount -t devpts -o nosuid,noexec,newinstance,ptmxmode=0666,mode=0620%s devpts \\",
		id_map_has(&r->plan->gids, PTS_GID) ? ",gid=5" : "");
	sh_line(out, "\t\"$root/dev/pts\"");
	sh_line(out,
		"mount -t tmpfs -o nosuid,nodev,noexec,mode=1777,size=%llu tmpfs \"$root/dev/shm\"",
		(unsigned long long)r->spec->shm_size);
	sh_line(out, "mount -t mqueue -o nosuid,nodev,noexec mqueue \"$root/dev/mqueue\"");
	for (size_t i = 0; i < r->spec->n_mounts; i++) {
		const struct mount_req *m = &r->spec->mounts[i];

		if (!dev_makes(m))
			continue;
		sh_place(out, m->target, false);
		sh_line(out, "mkdir -p \"${at%%/*}\"; : >\"$at\"");
		sh_line(out, "mount --bind \"$stage/bind-%zu\" \"$at\"", i);
		sh_line(out, "add_flags nosuid,noexec \"$at\"");
	}
	if (r->plan->has_tty)
		sh_line(out, ": >\"$root/dev/console\"");
	sh_line(out,
		"mount -o remount,bind,ro,nosuid,noexec \"$root/dev\" # what is mounted in it stays writable");
}

static int dev_verify(const struct run *r, struct err *err)
{
	static const char *const inside[] = {"/dev/pts", "/dev/shm", "/dev/mqueue"};
	char path[32];

	if (!verify_mount(r, "/dev", "ro") || !verify_mount(r, "/dev", "nosuid"))
		return err_say(err, "no mount on /dev that is ro and nosuid");
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		(void)snprintf(path, sizeof(path), "/dev/%s", nodes[i].name);
		if (!verify_mount(r, path, "noexec"))
			return err_say(err, "%s is not bound", path);
	}
	for (size_t i = 0; i < ARRAY_SIZE(inside); i++)
		if (!verify_mount(r, inside[i], "noexec"))
			return err_say(err, "nothing is mounted on %s", inside[i]);
	for (size_t i = 0; i < r->spec->n_mounts; i++) {
		const struct mount_req *m = &r->spec->mounts[i];

		if (dev_makes(m) && !verify_mount(r, m->target, "noexec"))
			return err_say(err, "%s: %s is not bound", m->origin, m->target);
	}
	return 0;
}

const struct step step_dev = {
	.id = "dev",
	.what = "a /dev of our own: null zero full random urandom tty, pts, shm, mqueue, those of "
		"--device; then sealed",
	.why = "before mask, which needs its null; while the host's nodes can still be reached to bind "
	       "them, because a user namespace cannot make device nodes",
	.refs = "null(4), pts(4), shm_overview(7), mq_overview(7)",
	.calls =
		"fsopen(\"tmpfs\"), fsmount(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC)\n"
		"open_tree(\"/dev/NODE\", OPEN_TREE_CLONE), move_mount() for each node\n"
		"fsopen(\"devpts\"), fsconfig(\"newinstance\", \"ptmxmode\"), fsmount(), move_mount()\n"
		"fsopen(\"mqueue\"), fsmount(), move_mount()\n"
		"mount_setattr({attr_set = MOUNT_ATTR_RDONLY})",
	.side = CHILD,
	.show = dev_show,
	.sh = dev_sh,
	.run = dev_run,
	.verify = dev_verify,
	.hints =
		(const struct hint[]){
			{ELOOP, "/dev in the rootfs is a symbolic link: make it a directory"},
			{ENOENT,
			 "the host's /dev lacks a standard node, or the rootfs has no /dev"},
			{EPERM, "the user namespace has no capabilities: see pillbox(1), SECURITY"},
			{0, NULL}},
};
