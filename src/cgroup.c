/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup.c - the sandbox's own control group: made, filled, removed.
 *
 * Theory of operation
 *
 * The group exists and its limits are written before there is a process to limit; clone3 then has
 * the child born in it. It is a directory `pillbox-NAME` (or -PID) below the place that
 * cgroup_find.c found. Its maker holds a lock (flock) on the directory for as long as the sandbox
 * lives, the child by inheritance too; so a group that is empty and not locked belongs to a
 * launcher that was killed, and whoever comes next removes it (cgroup_sweep.c). A group that was
 * made a moment ago cannot be taken for a dead one twice: the maker looks again after it has the
 * lock.
 *
 * Removal is cgroup.kill, a bounded wait for the last process, rmdir. It works on the one descriptor
 * of the group that was opened at the start, from which the parent is "..", with openat, read, write,
 * ppoll, unlinkat and close, which is what the launcher's own filter still allows by then.
 *
 * Should: fail on any limit that the kernel does not take as it was asked.
 * Mustn't: touch a group that isn't pillbox's by its name, or leave one behind.
 */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "step.h"

#define LEAF "launcher-of-pillbox" /* where the launcher goes when it has to leave the parent */
#define END_MS 2000                /* processes that are killed need this long at worst */
#define RETRIES 10                 /* another launcher removed the directory under us */

/* ---- directories ---------------------------------------------------------------------------- */

static void nap(long ms)
{
	const struct timespec t = {.tv_nsec = ms * 1000000};

	(void)ppoll(NULL, 0, &t, NULL); /* shorter by a signal is fine, the loop is bounded */
}

static int group_read(int dirfd, const char *file, char *buf, size_t size)
{
	auto_close int fd = openat(dirfd, file, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n = fd < 0 ? -1 : 1;

	/* One read gives a page at most. */
	for (; n > 0 && used<size - 1; used += n> 0 ? (size_t)n : 0)
		n = read(fd, buf + used, size - 1 - used);
	if (n < 0)
		return -errno;
	buf[used] = '\0';
	return 0;
}

/* Hand the controllers on to the groups below `fd`; `dir` is for messages. */
static int controllers_enable(int fd, const char *dir, unsigned need, struct err *err)
{
	char text[512], list[64];
	int rc;

	if (!need)
		return 0;
	rc = group_read(fd, "cgroup.subtree_control", text, sizeof(text));
	if (rc < 0)
		return err_set(err, -rc, "%s/cgroup.subtree_control", dir);
	need &= ~cgroup_parse_controllers(text);
	if (!need)
		return 0;
	cgroup_ctl_list(need, '+', list, sizeof(list));
	rc = write_file(fd, "cgroup.subtree_control", list);
	if (rc < 0)
		return err_set(err, -rc, "%s to %s/cgroup.subtree_control", list, dir);
	return 0;
}

static int dir_open(int dirfd, const char *path)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 ? -errno : fd;
}

/* The limits' controllers, or an error; those that only count as far as they come. */
static int controllers_hand_on(int fd, const char *dir, const struct plan *p, struct err *err)
{
	int rc = controllers_enable(fd, dir, p->cgroup_need, err);

	for (unsigned i = 0; i < CTL_COUNT && rc == 0; i++) {
		struct err unused = {0};

		(void)controllers_enable(fd, dir, p->cgroup_want & 1u << i, &unused);
	}
	return rc;
}

/* Real root: our own directory below the root of the tree, with the controllers it needs. */
static int parent_make(struct run *r, struct err *err)
{
	const struct plan *p = r->plan;
	const char *slash = strrchr(p->cgroup_parent, '/');
	char top[PATH_MAX];
	auto_close int fd = -1;

	(void)snprintf(top, sizeof(top), "%.*s", (int)(slash - p->cgroup_parent), p->cgroup_parent);
	fd = dir_open(AT_FDCWD, top);
	if (fd < 0)
		return err_set(err, -fd, "%s", top);
	if (controllers_hand_on(fd, top, p, err) < 0)
		return -err->num;
	/* Before the directory: what is made has somebody who will remove it. */
	if (cgroup_remover_start(r, fd, err) < 0)
		return -err->num;
	if (mkdirat(fd, slash + 1, 0755) < 0 && errno != EEXIST)
		return err_set(err, errno, "%s", p->cgroup_parent);
	return 0;
}

/* The launcher, alone in the parent, steps aside; "0" is the one who writes. */
static int leaf_enter(int parent, const struct plan *p, struct err *err)
{
	int rc;

	if (mkdirat(parent, LEAF, 0755) < 0 && errno != EEXIST)
		return err_set(err, errno, "%s/" LEAF, p->cgroup_parent);
	rc = write_file(parent, LEAF "/cgroup.procs", "0");
	return rc < 0 ? err_set(err, -rc, "move into %s/" LEAF, p->cgroup_parent) : 0;
}

static int parent_open(struct run *r, struct err *err)
{
	const struct plan *p = r->plan;
	struct statfs fs;
	int fd;

	if (p->cgroup_make && parent_make(r, err) < 0)
		return -err->num;
	fd = dir_open(AT_FDCWD, p->cgroup_parent);
	if (fd < 0)
		return err_set(err, -fd, "%s", p->cgroup_parent);
	r->cgroup_parent = fd;
	if (fstatfs(fd, &fs) < 0 || (unsigned)fs.f_type != CGROUP2_SUPER_MAGIC)
		return err_say(err, "%s: is not in a cgroup2 file system", p->cgroup_parent);
	if (p->cgroup_leaf && leaf_enter(fd, p, err) < 0)
		return -err->num;
	return controllers_hand_on(fd, p->cgroup_parent, p, err);
}

/* 0, -EAGAIN when a sweeper took it between our mkdir and our lock, or another -errno. */
static int group_make(struct run *r, struct err *err)
{
	const struct plan *p = r->plan;
	char text[128];
	int fd;

	if (mkdirat(r->cgroup_parent, p->cgroup_name, 0755) < 0) {
		if (errno == ENOENT || errno == ENODEV)
			return -EAGAIN;
		err_set(err, errno, "%s/%s", p->cgroup_parent, p->cgroup_name);
		if (err->num == EEXIST)
			err_hint(
				err,
				r->spec->name
					? "a sandbox of this name is running: choose another --name"
					: "another pid namespace uses it: give a --name");
		return -err->num;
	}
	fd = dir_open(r->cgroup_parent, p->cgroup_name);
	if (fd < 0)
		return -EAGAIN;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 ||
	    group_read(fd, "cgroup.events", text, sizeof(text)) < 0) {
		(void)close(fd);
		nap(2); /* a sweeper has it in hand: let it finish */
		return -EAGAIN;
	}
	r->cgroup = fd;
	return 0;
}

/* ---- the limits ----------------------------------------------------------------------------- */

/* Without any swap there is nothing to limit; with some, an absent file would mean no limit. */
static bool host_has_swap(void)
{
	auto_free char *text = NULL;
	size_t len;
	const char *line;

	if (read_file(AT_FDCWD, "/proc/swaps", 1 << 16, &text, &len) < 0)
		return true;
	line = strchr(text, '\n'); /* the first line is the heading */
	return line && line[1];
}

/* Which file takes it here, and with what value. NULL: none has to. */
static const char *write_pick(int dirfd, const struct cgroup_write *w, const char **ret_value)
{
	*ret_value = w->text ? w->text : w->value;
	if (faccessat(dirfd, w->file, F_OK, 0) == 0 || errno != ENOENT)
		return w->file; /* whether it takes it, the write tells */
	if (!strcmp(w->file, "memory.swap.max") && !host_has_swap())
		return NULL;
	if (w->alt)
		*ret_value = w->alt_value;
	return w->alt ? w->alt : w->file;
}

/* cpuset.cpus takes CPUs that aren't there, and cpuset.cpus.effective then says what is. */
static int cpuset_check(int dirfd, const struct cgroup_write *w, struct err *err)
{
	char file[64], got[4096];
	int rc;

	(void)snprintf(file, sizeof(file), "%s.effective", w->file);
	rc = group_read(dirfd, file, got, sizeof(got));
	if (rc < 0)
		return err_set(err, -rc, "%s %s: %s", w->option, w->text, file);
	if (!cgroup_same(w->file, w->text, got)) {
		got[strcspn(got, "\n")] = '\0';
		err_say(err, "%s %.200s: only %.200s can be used here", w->option, w->text, got);
		return -err->num;
	}
	return 0;
}

static int limit_write(int dirfd, const struct cgroup_write *w, struct err *err)
{
	const char *value;
	const char *file = write_pick(dirfd, w, &value);
	int rc;

	if (!file)
		return 0;
	rc = write_file(dirfd, file, value);
	if (rc < 0) {
		err_set(err, -rc, "%s: write %.200s to %s", w->option, value, file);
		if (rc == -ENOENT && w->ctl == CTL_MEMORY)
			err_hint(err, "the kernel does not count swap: see cgroup.memory=noswap in "
				      "/proc/cmdline, or swapoff -a");
		if (rc == -ENOENT && w->ctl == CTL_IO)
			err_hint(err,
				 strcmp(file, "io.max") != 0
					 ? "it needs the BFQ scheduler or the kernel's iocost "
					   "controller"
					 : "the kernel is built without CONFIG_BLK_DEV_THROTTLING");
		if (rc == -ENODEV && w->ctl == CTL_IO)
			err_hint(err, "the kernel limits whole disks only, not partitions");
		if (rc == -EOPNOTSUPP && w->ctl == CTL_IO)
			err_hint(err, "the device's scheduler has no weights: see bfq in "
				      "/sys/block/NAME/queue/scheduler");
		return rc;
	}
	return w->ctl == CTL_CPUSET ? cpuset_check(dirfd, w, err) : 0;
}

static int group_setup(struct run *r, struct err *err)
{
	struct cgroup_write w = {0};
	int rc = -EAGAIN;

	for (int i = 0; i < RETRIES && rc == -EAGAIN; i++) {
		struct err last = {0};

		if (r->cgroup_parent >= 0)
			(void)close(take_fd(&r->cgroup_parent));
		rc = parent_open(r, &last);
		/* Another launcher of ours was the last one in there and removed it just now. */
		if (r->plan->cgroup_make && (rc == -ENOENT || rc == -ENODEV) && i + 1 < RETRIES) {
			rc = -EAGAIN;
			continue;
		}
		if (rc == 0) {
			cgroup_sweep(r->cgroup_parent);
			rc = cgroup_sweep_hold(r->cgroup_parent);
			if (rc < 0)
				err_set(&last, -rc, "lock of %s", r->plan->cgroup_parent);
			else
				rc = group_make(r, &last);
			(void)flock(r->cgroup_parent, LOCK_UN); /* our own lock: cannot fail */
		}
		if (last.is_set)
			*err = last;
	}
	if (rc == -EAGAIN)
		return err_set(err, EBUSY, "%s/%s is removed again and again",
			       r->plan->cgroup_parent, r->plan->cgroup_name);
	if (rc == 0)
		(void)close(take_fd(&r->cgroup_parent)); /* it is the group's ".." from now on */
	while (rc == 0 && cgroup_write_next(&r->spec->limits, r->plan, &w))
		if (w.ctl & r->plan->cgroup_need)
			rc = limit_write(r->cgroup, &w, err);
	return rc;
}

/* ---- the end -------------------------------------------------------------------------------- */

/* Remove a group that is about to be empty: its last processes are dead but not yet gone. */
static int group_remove(const struct run *r)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "../%s", r->plan->cgroup_name);
	for (int ms = 0; ms < END_MS; ms += 5) {
		if (unlinkat(r->cgroup, path, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY &&
		    ms >= 10) /* once is no answer: what stays, stays until the next start */
			break;
		nap(5);
	}
	return -errno;
}

static void group_end(int group)
{
	char events[128];

	if (write_file(group, "cgroup.kill", "1") < 0)
		return; /* rmdir will tell */
	for (int ms = 0; ms < END_MS; ms += 2) {
		if (group_read(group, "cgroup.events", events, sizeof(events)) < 0 ||
		    strstr(events, "populated 0"))
			return;
		nap(2);
	}
}

/*
 * Back out of the leaf: what was handed on is taken back first, or we may not return. From a group
 * that is removed already ".." still leads to where it was.
 */
static void leaf_leave(const struct run *r)
{
	bool is_made = r->cgroup >= 0;
	int dir = is_made ? r->cgroup : r->cgroup_parent;
	size_t up = is_made ? 0 : strlen("../");
	char list[64];

	cgroup_ctl_list(r->plan->cgroup_need | r->plan->cgroup_want, '-', list, sizeof(list));
	(void)write_file(dir, &"../cgroup.subtree_control"[up], list);
	(void)write_file(dir, &"../cgroup.procs"[up], "0");
	(void)unlinkat(dir, &("../" LEAF)[up],
		       AT_REMOVEDIR); /* EBUSY: the scope's end removes it */
}

static void cgroup_undo(struct run *r)
{
	int rc = 0;

	if (r->cgroup >= 0) {
		group_end(r->cgroup);
		rc = group_remove(r);
	}
	if (rc < 0)
		note("group %s/%s stays: %s", r->plan->cgroup_parent, r->plan->cgroup_name,
		     strerrordesc_np(-rc));
	if ((r->cgroup >= 0 || r->cgroup_parent >= 0) && r->plan->cgroup_leaf)
		leaf_leave(r);
	if (r->cgroup >= 0)
		(void)close(take_fd(&r->cgroup));
	if (r->cgroup_parent >= 0)
		(void)close(take_fd(&r->cgroup_parent));
	cgroup_remover_end(r); /* of what root's rung made */
}

static int cgroup_run(struct run *r, struct err *err)
{
	int rc = r->has_no_scope ? 0 : group_setup(r, err);

	if (rc < 0 && cgroup_go_without(r, err)) {
		cgroup_undo(r);
		rc = 0;
	}
	return rc;
}

/* ---- from outside --------------------------------------------------------------------------- */

static bool has_pid(const char *procs, pid_t pid)
{
	for (const char *line = procs; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (*line && strtol(line, NULL, 10) == pid)
			return true;
	}
	return false;
}

static int cgroup_verify(const struct run *r, struct err *err)
{
	struct cgroup_write w = {0};
	char dir[PATH_MAX], got[16384]; /* a line for each of IO_REQS_MAX devices */
	auto_free char *procs = NULL;
	auto_close int fd = -1;
	size_t len;
	int rc;

	if (r->cgroup < 0 && r->plan->cgroup_counts)
		return 0; /* it was to count only, and couldn't be had */
	(void)snprintf(dir, sizeof(dir), "%s/%s", r->plan->cgroup_parent, r->plan->cgroup_name);
	fd = dir_open(AT_FDCWD, dir);
	if (fd < 0)
		return err_set(err, -fd, "%s", dir);
	while (cgroup_write_next(&r->spec->limits, r->plan, &w)) {
		const char *value;
		const char *file = write_pick(fd, &w, &value);

		if (!file || !(w.ctl & r->plan->cgroup_need))
			continue;
		rc = group_read(fd, file, got, sizeof(got));
		if (rc < 0)
			return err_set(err, -rc, "%s: %s/%s", w.option, dir, file);
		if (!cgroup_same(file, value, got))
			return err_say(err, "%s: %s is %.*s, not %.200s", w.option, file,
				       (int)strcspn(got, "\n"), got, value);
	}
	rc = read_file(fd, "cgroup.procs", 1 << 20, &procs, &len);
	if (rc < 0)
		return err_set(err, -rc, "%s/cgroup.procs", dir);
	if (!has_pid(procs, r->child))
		return err_say(err, "process %d is not in %s", r->child, dir);
	return 0;
}

static bool cgroup_wanted(const struct run *r)
{
	return r->plan->has_cgroup;
}

static void cgroup_show(const struct run *r, struct show *out)
{
	struct cgroup_write w = {0};

	show(out, "group", "%s/%s", r->plan->cgroup_parent, r->plan->cgroup_name);
	while (cgroup_write_next(&r->spec->limits, r->plan, &w))
		if (w.ctl & r->plan->cgroup_need)
			show(out, w.file, "%s", w.text ? w.text : w.value);
}

static const struct hint cgroup_hints[] = {
	{EBUSY, "a group that hands controllers on may hold no process itself: cgroups(7)"},
	{EACCES,
	 "the group above is not delegated to this user; as root: systemd-run --uid USER -p "
	 "Delegate=yes pillbox run ..., or --allow-missing=cgroup"},
	{EROFS, "cgroup2 is mounted read-only here; or do without: --allow-missing=cgroup"},
	{EAGAIN, "cgroup.max.descendants or cgroup.max.depth of a group above is reached"},
	{ENOSPC, "no more groups: too many, or cpuset is empty in the group above"},
	{EINVAL, "the kernel does not take this value"},
	{ERANGE, "the value is outside of what the kernel takes, or names CPUs that are not there"},
	{ENOENT, "a controller is missing in the group: see cgroup.controllers in its parent"},
	{0, NULL},
};

const struct step step_cgroup = {
	.id = "cgroup",
	.what = "make the control group and write the limits into it",
	.why = "before `clone`, so that the first process is born under its limits; made "
	       "afterwards, a process could fork or allocate before it is moved in, and what it "
	       "has by then is not counted",
	.refs = "cgroups(7), clone(2) CLONE_INTO_CGROUP",
	.calls = "mkdirat(PARENT, GROUP)\n"
		 "write(LIMIT, VALUE) to each file of the group",
	.side = PARENT,
	.wanted = cgroup_wanted,
	.by = "a limit such as --memory or --cpus, or --stats",
	.show = cgroup_show,
	.sh = cgroup_sh,
	.run = cgroup_run,
	.undo = cgroup_undo,
	.verify = cgroup_verify,
	.hints = cgroup_hints,
};
