/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_find.c - where on this host a group with limits can be made.
 *
 * Theory of operation
 *
 * Two kernel rules and one of systemd's decide.
 *
 * - No internal processes: a group other than the real root that hands controllers to its children
 *   may hold no process itself. So the directory that our group goes into (the parent) has to be
 *   empty of processes, or hand the controllers on already. When the only process in it is the
 *   launcher, it can step into a leaf of its own first: that is what makes
 *   `systemd-run --uid USER -p Delegate=yes pillbox run ...` work.
 * - Common ancestor: a process is moved, or born, into another group only by one who may write
 *   cgroup.procs of the directory that both are below. So the parent is looked for upwards from the
 *   group we are in, and never elsewhere in the tree: there, clone3 would fail.
 * - Single writer: systemd owns its part of the tree. Below a unit with Delegate=yes others may
 *   make groups, and it marks these with the attribute user.delegate=1; anywhere else it may take
 *   controllers away at any time. So the way up ends at the nearest scope or service, and that has
 *   to be marked, even though an ordinary user owns all that his own manager made. A user's manager
 *   marks none of its units, delegated or not (systemd 252): in these a scope is asked for.
 *
 * Rungs, lowest first: a directory on that way; for an ordinary user a scope asked of his systemd
 * (scope_find.c); for real root a group of its own below the real root of the tree (/pillbox, which
 * keeps the controllers enabled above it for as long as it has them enabled itself).
 *
 * When no rung carries, one reason is told: that of the rung whose cure is nearest. What no rung
 * could do without (a mounted, writable cgroup2 with our group in it) comes first. Where systemd
 * runs the cure is always at the scope's rung, but for one case: a place that is ours already and
 * only too full or too poor, for a user without a manager.
 *
 * Should: only read; say of each rung why it doesn't carry.
 * Mustn't: make anything (cgroup.c does), or fall back to less than was asked.
 */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* ---- one directory -------------------------------------------------------------------------- */

struct look {
	bool is_ours; /* we may make groups here and move processes */
	int why;      /* ... if not: the errno */
	uid_t owner;
	bool is_real_root; /* the root of the whole tree: the rules for inner groups don't hold */
	unsigned has;      /* controllers there are */
	unsigned gives;    /* controllers handed to the children */
	bool is_empty;     /* no process in it */
	bool is_self_only; /* just us */
};

static unsigned look_set(int dirfd, const char *file)
{
	auto_free char *text = NULL;
	size_t len;

	return read_file(dirfd, file, 4096, &text, &len) < 0 ? 0 : cgroup_parse_controllers(text);
}

static void look_procs(int dirfd, pid_t self, struct look *l)
{
	auto_free char *text = NULL;
	size_t len;
	char me[24];

	/* Too many to read is not empty; a pid of another namespace reads as 0, which is not us. */
	if (read_file(dirfd, "cgroup.procs", 1 << 20, &text, &len) < 0)
		return;
	(void)snprintf(me, sizeof(me), "%d\n", self);
	l->is_empty = len == 0;
	l->is_self_only = !strcmp(text, me);
}

static int look_at(const char *dir, uid_t uid, pid_t self, struct look *l)
{
	static const char *const written[] = {".", "cgroup.procs", "cgroup.subtree_control"};
	auto_close int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	memset(l, 0, sizeof(*l));
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	l->owner = st.st_uid;
	l->is_ours = st.st_uid == uid;
	l->why = EACCES;
	for (size_t i = 0; i < ARRAY_SIZE(written) && l->is_ours; i++) {
		if (faccessat(fd, written[i], W_OK, AT_EACCESS) < 0) {
			l->is_ours = false;
			l->why = errno;
		}
	}
	l->has = look_set(fd, "cgroup.controllers");
	l->gives = look_set(fd, "cgroup.subtree_control");
	l->is_real_root = faccessat(fd, "cgroup.type", F_OK, 0) < 0;
	if (l->is_real_root && errno != ENOENT)
		return -errno;
	look_procs(fd, self, l);
	return 0;
}

/* systemd's mark on a unit with Delegate=yes; trusted.* can be read by root only. */
static bool is_delegated(const char *dir)
{
	static const char *const names[] = {"user.delegate", "trusted.delegate"};
	char value[4];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		ssize_t n = getxattr(dir, names[i], value, sizeof(value));

		if (n == 1 && value[0] == '1')
			return true;
	}
	return false;
}

/* ---- reasons -------------------------------------------------------------------------------- */

static const char hint_unit[] =
	"as root, name it in Delegate= of that unit and start the unit again" CGROUP_OR_WITHOUT;
static const char hint_hand_on[] =
	"as root, write it with a + before its name to cgroup.subtree_control of each group above, "
	"from the top down" CGROUP_OR_WITHOUT;
static const char hint_chown[] =
	"as root, make a group that belongs to this user (mkdir, chown -R), write the pid of the "
	"user's shell to its cgroup.procs and start pillbox there: cgroups(7), delegation" CGROUP_OR_WITHOUT;
static const char hint_alone[] =
	"start pillbox in a group of its own: mkdir one below that, and write the shell's pid to its "
	"cgroup.procs" CGROUP_OR_WITHOUT;
static const char hint_v2[] =
	"boot with systemd.unified_cgroup_hierarchy=1 (with systemd) or cgroup_no_v1=all "
	"(without) on the kernel command line" CGROUP_OR_WITHOUT;
static const char hint_mount[] =
	"as root: mount -t cgroup2 cgroup2 /sys/fs/cgroup" CGROUP_OR_WITHOUT;

void cgroup_say(struct err *err, int num, const char *hint, const char *fmt, ...)
{
	char text[600];
	va_list ap;

	if (err->is_set)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)err_say(err, "%s", text);
	err->num = num;
	err_hint(err, "%s", hint);
}

/*
 * Every controller that is needed but bound to v1, with the place where it is mounted. On a hybrid
 * host there is a cgroup2 mount, which looks as if all were well.
 */
static int fail_v1(const struct cgroup_host *h, unsigned bound, struct err *err)
{
	char text[600];
	size_t used = 0;

	for (unsigned i = 0; i < CTL_COUNT && used < sizeof(text); i++) {
		int len;

		if (!(bound & 1u << i))
			continue;
		len = snprintf(text + used, sizeof(text) - used, "%s%s is bound to cgroup v1%s%s",
			       used ? "; " : "", cgroup_ctl_name(i),
			       h->v1_mount[i][0] ? " at " : "", h->v1_mount[i]);
		used += len > 0 ? (size_t)len : 0;
	}
	if (h->mount[0])
		cgroup_say(err, EOPNOTSUPP, hint_v2,
			   "%s (a hybrid host: cgroup v2 at %s comes without it)", text, h->mount);
	else
		cgroup_say(err, EOPNOTSUPP, hint_v2, "%s", text);
	return -err->num;
}

int cgroup_kernel_has(const struct cgroup_host *h, unsigned need, struct err *err)
{
	auto_close int fd = open(h->mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char list[64];
	unsigned has;

	/* Elsewhere than at the real root, what is absent may be the fault of the groups above. */
	if (fd < 0 || strcmp(h->root, "/") != 0 || faccessat(fd, "cgroup.type", F_OK, 0) == 0)
		return 0;
	has = look_set(fd, "cgroup.controllers");
	if (!(need & ~has))
		return 0;
	cgroup_ctl_list(need & ~has, 0, list, sizeof(list));
	cgroup_say(err, ENOENT,
		   "see /proc/cgroups, and cgroup_disable= in /proc/cmdline" CGROUP_OR_WITHOUT,
		   "this kernel offers no controller %s in cgroup v2", list);
	return -err->num;
}

/* ---- the way up ----------------------------------------------------------------------------- */

/* The directory of our own group; -errno when this mount doesn't show it, or nobody may write. */
static int own_dir(const struct cgroup_host *h, char dir[PATH_MAX], struct err *err)
{
	const char *rest = h->path;
	struct statvfs fs;

	if (!h->has_path || !h->mount[0]) {
		cgroup_say(err, ENOENT, h->v1 ? hint_v2 : hint_mount,
			   "cgroup v2 is not mounted (no cgroup2 in /proc/self/mountinfo)");
		return -err->num;
	}
	if (strcmp(h->root, "/") != 0 && path_below(h->path, h->root))
		rest += strlen(h->root);
	else if (strcmp(h->root, "/") != 0 || strstr(h->path, "/..")) {
		cgroup_say(err, ENOENT,
			   "the cgroup namespace or mount is another container's: mount cgroup2 "
			   "anew" CGROUP_OR_WITHOUT,
			   "our own group %s does not show below %s", h->path, h->mount);
		return -err->num;
	}
	if ((size_t)snprintf(dir, PATH_MAX, "%s%s", h->mount, strcmp(rest, "/") ? rest : "") >=
	    PATH_MAX)
		return err_set(err, ENAMETOOLONG, "path of our own group");
	if (statvfs(h->mount, &fs) == 0 && fs.f_flag & ST_RDONLY) {
		cgroup_say(
			err, EROFS,
			"this is usual in containers: mount cgroup2 writable there" CGROUP_OR_WITHOUT,
			"%s is mounted read-only", h->mount);
		return -err->num;
	}
	return 0;
}

/* Length of `dir` up to its nearest scope or service below `mount`; 0: there is none. */
static size_t unit_end(const char *dir, const char *mount)
{
	size_t end = strlen(dir);
	size_t top = strlen(mount);

	while (end > top) {
		size_t start = end;

		while (start > top && dir[start - 1] != '/')
			start--;
		if ((end - start > 6 && !memcmp(dir + end - 6, ".scope", 6)) ||
		    (end - start > 8 && !memcmp(dir + end - 8, ".service", 8)))
			return end;
		end = start > top ? start - 1 : top;
	}
	return 0;
}

/* One who looks for a place, and what is known by now. */
struct search {
	const struct cgroup_host *h;
	const struct cgroup_ask *ask;
	bool has_systemd;
	bool is_final; /* what fails here fails on every rung */
	bool is_ours;  /* the first directory is ours, but full or poor */
};

/* Why this directory will not do; the first reason on the way up is the one that is told. */
static void refuse(const struct search *s, const char *dir, const struct look *l, struct err *err)
{
	unsigned lacks = s->ask->need & ~l->has;
	char list[64];

	if (!l->is_ours) {
		cgroup_say(err, l->why, hint_chown,
			   "%s is not delegated to this user (its owner is uid %u)", dir, l->owner);
	} else if (lacks) {
		cgroup_ctl_list(lacks, 0, list, sizeof(list));
		cgroup_say(err, ENOENT, s->has_systemd ? hint_unit : hint_hand_on,
			   "%s has no controller %s delegated to it", dir, list);
	} else {
		cgroup_say(
			err, EBUSY, hint_alone,
			"%s holds other processes, so it cannot hand limits on (cgroups(7), \"no "
			"internal processes\")",
			dir);
	}
}

/* Can our group be made here? Then *ret is filled in. */
static bool will_do(const struct search *s, const char *dir, const struct look *l, bool is_own,
		    struct cgroup_place *ret)
{
	unsigned take = s->ask->need | (s->ask->want & l->has);
	bool is_leaf = (take & ~l->gives) && !l->is_empty && !l->is_real_root;

	if (!l->is_ours || take & ~l->has || (is_leaf && !(is_own && l->is_self_only)))
		return false;
	(void)cgroup_keep(ret->parent, sizeof(ret->parent), dir, strlen(dir));
	ret->take = take;
	ret->leaf = is_leaf;
	return true;
}

/* The nearest unit, up to which we go, has to be marked: see the head of this file. */
static int unit_check(const struct search *s, const char *top, struct err *err)
{
	struct stat st;

	/* Another's is refused for that, and needs no mark. */
	if (stat(top, &st) == 0 && (st.st_uid != s->ask->uid || is_delegated(top)))
		return 0;
	cgroup_say(err, EACCES, hint_unit, "%s belongs to systemd (it has no Delegate=yes)", top);
	return -err->num;
}

/* From our own group up to its unit (or the mount): the first directory that will do. */
static int place_here(struct search *s, struct cgroup_place *ret, struct err *err)
{
	char dir[PATH_MAX], top[PATH_MAX];
	struct look l;
	size_t unit, stop;
	bool is_own = true;

	s->is_final = own_dir(s->h, dir, err) < 0;
	if (s->is_final)
		return -err->num;
	unit = unit_end(dir, s->h->mount);
	stop = unit ? unit : strlen(s->h->mount);
	if (unit) {
		(void)cgroup_keep(top, sizeof(top), dir, unit);
		if (unit_check(s, top, err) < 0)
			return -err->num;
	}
	for (size_t len = strlen(dir); len >= stop && len > 0; is_own = false) {
		int rc;

		dir[len] = '\0';
		rc = look_at(dir, s->ask->uid, s->ask->self, &l);
		if (rc < 0)
			return err_set(err, -rc, "%s", dir);
		if (l.is_real_root && s->ask->uid == 0)
			break; /* has a better rung */
		if (will_do(s, dir, &l, is_own, ret))
			return 0;
		refuse(s, dir, &l, err);
		if (!l.is_ours)
			break; /* nor is anything above it */
		s->is_ours = true;
		while (len > 0 && dir[len - 1] != '/')
			len--;
		len = len ? len - 1 : 0;
	}
	return err->is_set ? -err->num : -ENOENT;
}

/* Real root, with the real root of the tree in sight: a group of our own there. */
static int place_root(const struct search *s, struct cgroup_place *ret, struct err *err)
{
	const char *top = s->h->mount;
	struct look l;
	int rc = look_at(top, 0, s->ask->self, &l);

	if (rc < 0)
		return err_set(err, -rc, "%s", top);
	if (!l.is_real_root || strcmp(s->h->root, "/") != 0)
		return -ENOENT;
	if (!l.is_ours) {
		refuse(s, top, &l, err);
		return -err->num;
	}
	if (cgroup_kernel_has(s->h, s->ask->need, err) < 0)
		return -err->num;
	if ((size_t)snprintf(ret->parent, sizeof(ret->parent), "%s/" CGROUP_ROOT_DIR, top) >=
	    sizeof(ret->parent))
		return err_set(err, ENAMETOOLONG, "%s", top);
	ret->make = true;
	ret->take = s->ask->need | (s->ask->want & l.has);
	return 0;
}

static bool systemd_runs(const char *run)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/systemd/system", run); /* sd_booted(3) */
	return access(path, F_OK) == 0;
}

/* All rungs, for one set of wishes. */
static int ladder(const struct cgroup_host *h, const struct cgroup_ask *ask,
		  struct cgroup_place *ret, struct err *err)
{
	struct search s = {.h = h, .ask = ask, .has_systemd = systemd_runs(ask->run)};
	struct err here = {0}, above = {0};
	int rc = place_here(&s, ret, &here);

	if (rc == 0)
		return 0;
	if (!s.is_final && ask->uid == 0)
		rc = place_root(&s, ret, &above);
	else if (!s.is_final && s.has_systemd)
		rc = scope_place(h, ask, ret, &above);
	if (rc == 0)
		return 0;
	/* Without a manager nothing can be asked, and a place of our own is nearer than that. */
	if (above.is_set && (above.num != ESRCH || !s.is_ours))
		here = above;
	if (!here.is_set)
		err_set(&here, ENOENT, "no directory of %s takes a group", h->mount);
	*err = here;
	return -err->num;
}

int cgroup_place(const struct cgroup_host *h, const struct cgroup_ask *ask,
		 struct cgroup_place *ret, struct err *err)
{
	struct cgroup_ask less = *ask;
	int rc;

	if (ask->need & h->v1)
		return fail_v1(h, ask->need & h->v1, err);
	rc = ladder(h, ask, ret, err);
	/* What is only counted must not cost a limit its place. */
	if (rc < 0 && ask->need && ask->want) {
		*err = (struct err){0};
		less.want = 0;
		rc = ladder(h, &less, ret, err);
	}
	return rc;
}
