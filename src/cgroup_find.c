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
 *   `systemd-run --user --scope -p Delegate=yes pillbox run ...` work.
 * - Common ancestor: a process is moved, or born, into another group only by one who may write
 *   cgroup.procs of the directory that both are below. So the parent is looked for upwards from the
 *   group we are in, and never elsewhere in the tree: there, clone3 would fail.
 * - Single writer: systemd owns its part of the tree. Below a unit with Delegate=yes others may
 *   make groups, and it marks these with the attribute user.delegate=1; anywhere else it may take
 *   controllers away at any time. So the way up ends at the nearest scope or service, and that has
 *   to be marked, even though an ordinary user owns all that his own manager made.
 *
 * Rungs, lowest first: a directory on that way; for real root a group of its own below the real
 * root of the tree (/pillbox, which keeps the controllers enabled above it for as long as it has
 * them enabled itself). A rung for a scope asked of systemd goes between the two.
 *
 * Should: only read; say of each rung why it doesn't carry.
 * Mustn't: make anything (cgroup.c does), or fall back to less than was asked.
 */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char *const ctl_names[CTL_COUNT] = {"cpu", "cpuset", "memory", "pids", "io"};

static unsigned ctl_by_name(const char *name, size_t len)
{
	if (len == 5 && !memcmp(name, "blkio", 5))
		return CTL_IO; /* its name in cgroup v1 */
	for (unsigned i = 0; i < CTL_COUNT; i++)
		if (strlen(ctl_names[i]) == len && !memcmp(name, ctl_names[i], len))
			return 1u << i;
	return 0;
}

/* Names separated by any of `sep`, at most `len` bytes. */
static unsigned ctl_set(const char *text, size_t len, const char *sep)
{
	unsigned set = 0;

	for (size_t i = 0; i < len;) {
		size_t word = strcspn(text + i, sep);

		if (word > len - i)
			word = len - i;
		set |= ctl_by_name(text + i, word);
		i += word + 1;
	}
	return set;
}

unsigned cgroup_parse_controllers(const char *text)
{
	return ctl_set(text, strlen(text), " \n");
}

void cgroup_ctl_list(unsigned set, char sign, char *buf, size_t size)
{
	const char mark[2] = {sign, '\0'};
	size_t used = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < CTL_COUNT && used < size; i++) {
		int len;

		if (!(set & 1u << i))
			continue;
		len = snprintf(buf + used, size - used, "%s%s%s", used ? " " : "", mark,
			       ctl_names[i]);
		used += len > 0 ? (size_t)len : 0;
	}
}

/* ---- the two files of /proc ----------------------------------------------------------------- */

/* Copy; false when it does not fit, and then nothing is copied: half a path is another path. */
static bool keep(char *out, size_t size, const char *text, size_t len)
{
	if (len >= size)
		return false;
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

/* cgroups(7): "hierarchy-ID:controller-list:path", v2 has ID 0 and no list. */
void cgroup_parse_self(const char *text, struct cgroup_host *h)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		const char *list = memchr(text, ':', len);
		const char *path = list ? memchr(list + 1, ':', len - (size_t)(list + 1 - text))
					: NULL;

		if (path) {
			size_t path_len = len - (size_t)(path + 1 - text);

			if (!strncmp(text, "0::", 3))
				h->has_path = keep(h->path, sizeof(h->path), path + 1, path_len);
			else
				h->v1 |= ctl_set(list + 1, (size_t)(path - list - 1), ",");
		}
		text += len + (text[len] == '\n');
	}
}

/* One field of mountinfo, with its octal escapes (blank, tab, newline, backslash) undone. */
static bool unescape(char *out, size_t size, const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '\\' && i + 3 < len && text[i + 1] >= '0' && text[i + 1] <= '3') {
			c = (char)((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
				   (text[i + 3] - '0'));
			i += 3;
		}
		if (n + 1 >= size)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	return true;
}

/*
 * proc(5): "36 35 98:0 /root /mount rw,noatime master:1 - type source super-options". Mounts come
 * in the order they were made; the first cgroup2 mount that shows our group is the one to use.
 */
static void parse_mount(const char *line, size_t len, struct cgroup_host *h)
{
	const char *field[32];
	size_t field_len[32];
	size_t n = 0, dash = 0;
	char type[16];

	for (size_t i = 0; i < len && n < ARRAY_SIZE(field);) {
		size_t word = strcspn(line + i, " ");

		word = word > len - i ? len - i : word;
		field[n] = line + i;
		field_len[n] = word;
		if (!dash && n >= 6 && word == 1 && line[i] == '-')
			dash = n;
		n++;
		i += word + 1;
	}
	if (!dash || dash + 3 >= n ||
	    !keep(type, sizeof(type), field[dash + 1], field_len[dash + 1]))
		return;
	if (!strcmp(type, "cgroup")) {
		unsigned set = ctl_set(field[dash + 3], field_len[dash + 3], ",");

		h->v1 |= set;
		for (unsigned i = 0; i < CTL_COUNT; i++)
			if (set & 1u << i && !h->v1_mount[i][0])
				(void)unescape(h->v1_mount[i], sizeof(h->v1_mount[i]), field[4],
					       field_len[4]);
	} else if (!strcmp(type, "cgroup2")) {
		char root[PATH_MAX];

		if (!unescape(root, sizeof(root), field[3], field_len[3]))
			return;
		if (h->mount[0] &&
		    (!h->has_path || path_below(h->path, h->root) || !path_below(h->path, root)))
			return;
		if (unescape(h->mount, sizeof(h->mount), field[4], field_len[4]))
			(void)keep(h->root, sizeof(h->root), root, strlen(root));
	}
}

void cgroup_parse_mounts(const char *text, struct cgroup_host *h)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		parse_mount(text, len, h);
		text += len + (text[len] == '\n');
	}
}

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
	l->is_real_root = faccessat(fd, "cgroup.type", F_OK, 0) < 0 && errno == ENOENT;
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

/* ---- the ladder ----------------------------------------------------------------------------- */

static const char hint_scope[] =
	"run it in a scope of its own: systemd-run --user --scope -p Delegate=yes pillbox run "
	"... (needs a systemd user session: log in directly, not by su or cron, or once "
	"`loginctl enable-linger USER`); or do without: --allow-missing=cgroup";
static const char hint_delegate[] =
	"as root, put `[Service]` and `Delegate=cpu cpuset io memory pids` into "
	"/etc/systemd/system/user@.service.d/delegate.conf, run `systemctl daemon-reload` and "
	"log in again; or do without: --allow-missing=cgroup";
static const char hint_v2[] =
	"boot with systemd.unified_cgroup_hierarchy=1 (with systemd) or cgroup_no_v1=all "
	"(without) on the kernel command line; or do without: --allow-missing=cgroup";

/* A whole sentence with the errno that it stands for. The first one told on the way up stays. */
__attribute__((format(printf, 4, 5))) static void say(struct err *err, int num, const char *hint,
						      const char *fmt, ...)
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

/* Every controller that is needed but bound to v1, with the place where it is mounted. */
static int fail_v1(const struct cgroup_host *h, unsigned bound, struct err *err)
{
	char text[600];
	size_t used = 0;

	for (unsigned i = 0; i < CTL_COUNT && used < sizeof(text); i++) {
		int len;

		if (!(bound & 1u << i))
			continue;
		len = snprintf(text + used, sizeof(text) - used, "%s%s is bound to cgroup v1%s%s",
			       used ? "; " : "", ctl_names[i], h->v1_mount[i][0] ? " at " : "",
			       h->v1_mount[i]);
		used += len > 0 ? (size_t)len : 0;
	}
	say(err, EOPNOTSUPP, hint_v2, "%s", text);
	return -err->num;
}

/* The directory of our own group; -errno when this mount doesn't show it. */
static int own_dir(const struct cgroup_host *h, char dir[PATH_MAX], struct err *err)
{
	const char *rest = h->path;

	if (!h->has_path || !h->mount[0]) {
		say(err, ENOENT, hint_v2,
		    "cgroup v2 is not mounted (no cgroup2 in /proc/self/mountinfo)");
		return -err->num;
	}
	if (strcmp(h->root, "/") != 0 && path_below(h->path, h->root))
		rest += strlen(h->root);
	else if (strcmp(h->root, "/") != 0 || strstr(h->path, "/..")) {
		say(err, ENOENT,
		    "the cgroup namespace or mount is another container's: mount cgroup2 anew, or "
		    "do without: --allow-missing=cgroup",
		    "our own group %s does not show below %s", h->path, h->mount);
		return -err->num;
	}
	if ((size_t)snprintf(dir, PATH_MAX, "%s%s", h->mount, strcmp(rest, "/") ? rest : "") >=
	    PATH_MAX)
		return err_set(err, ENAMETOOLONG, "path of our own group");
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

/* Why this directory will not do; the first reason on the way up is the one that is told. */
static void refuse(const char *dir, const struct look *l, unsigned need, struct err *err)
{
	char list[64];

	if (!l->is_ours && l->why == EROFS) {
		say(err, EROFS,
		    "this is usual in containers: mount cgroup2 writable there, or do without: "
		    "--allow-missing=cgroup",
		    "%s is mounted read-only", dir);
	} else if (!l->is_ours) {
		say(err, l->why, hint_scope,
		    "%s is not delegated to this user (its owner is uid %u)", dir, l->owner);
	} else if (need & ~l->has) {
		cgroup_ctl_list(need & ~l->has, 0, list, sizeof(list));
		say(err, ENOENT, hint_delegate, "%s has no controller %s delegated to it", dir,
		    list);
	} else {
		say(err, EBUSY, hint_scope,
		    "%s holds other processes, so it cannot hand limits on (cgroups(7), \"no "
		    "internal processes\")",
		    dir);
	}
}

/* From our own group up to its unit (or the mount): the first directory that will do. */
static int place_here(const struct cgroup_host *h, unsigned need, uid_t uid, pid_t self,
		      struct cgroup_place *ret, struct err *err)
{
	char dir[PATH_MAX];
	struct look l;
	size_t unit, stop;
	bool is_own = true;

	if (own_dir(h, dir, err) < 0)
		return -err->num;
	unit = unit_end(dir, h->mount);
	stop = unit ? unit : strlen(h->mount);
	if (unit) {
		char top[PATH_MAX];

		(void)keep(top, sizeof(top), dir, unit);
		if (!is_delegated(top) && (look_at(top, uid, self, &l) < 0 || l.is_ours)) {
			say(err, EACCES, hint_scope,
			    "%s belongs to systemd (it has no Delegate=yes)", top);
			return -err->num;
		}
	}
	for (size_t len = strlen(dir); len >= stop; is_own = false) {
		int rc;

		dir[len] = '\0';
		rc = look_at(dir, uid, self, &l);
		if (rc < 0)
			return err_set(err, -rc, "%s", dir);
		if (l.is_real_root && uid == 0)
			break; /* has a better rung */
		if (l.is_ours && !(need & ~l.has) &&
		    (!(need & ~l.gives) || l.is_empty || l.is_real_root ||
		     (is_own && l.is_self_only))) {
			(void)keep(ret->parent, sizeof(ret->parent), dir, len);
			ret->make = false;
			ret->leaf = (need & ~l.gives) && !l.is_empty && !l.is_real_root;
			return 0;
		}
		refuse(dir, &l, need, err);
		if (!l.is_ours)
			break; /* nor is anything above it */
		while (len > 0 && dir[len - 1] != '/')
			len--;
		len = len ? len - 1 : 0;
		if (!len)
			break;
	}
	return err->is_set ? -err->num : -ENOENT;
}

/* Real root, with the real root of the tree in sight: a group of our own there. */
static int place_root(const struct cgroup_host *h, unsigned need, pid_t self,
		      struct cgroup_place *ret, struct err *err)
{
	struct look l;
	char list[64];
	int rc = look_at(h->mount, 0, self, &l);

	if (rc < 0)
		return err_set(err, -rc, "%s", h->mount);
	if (!l.is_real_root || strcmp(h->root, "/") != 0)
		return -ENOENT;
	if (!l.is_ours) {
		refuse(h->mount, &l, need, err);
		return -err->num;
	}
	if (need & ~l.has) {
		cgroup_ctl_list(need & ~l.has, 0, list, sizeof(list));
		say(err, ENOENT,
		    "see /proc/cgroups, and cgroup_disable= in /proc/cmdline; or do without: "
		    "--allow-missing=cgroup",
		    "this kernel offers no controller %s in cgroup v2", list);
		return -err->num;
	}
	if ((size_t)snprintf(ret->parent, sizeof(ret->parent), "%s/pillbox", h->mount) >=
	    sizeof(ret->parent))
		return err_set(err, ENAMETOOLONG, "%s", h->mount);
	ret->make = true;
	ret->leaf = false;
	return 0;
}

int cgroup_place(const struct cgroup_host *h, unsigned need, uid_t uid, pid_t self,
		 struct cgroup_place *ret, struct err *err)
{
	struct err here = {0};

	if (need & h->v1)
		return fail_v1(h, need & h->v1, err);
	if (place_here(h, need, uid, self, ret, &here) == 0)
		return 0;
	if (uid == 0 && h->mount[0]) {
		int rc = place_root(h, need, self, ret, err);

		if (rc == 0 || err->is_set)
			return rc;
	}
	if (!here.is_set)
		err_set(&here, ENOENT, "no directory of %s takes a group", h->mount);
	*err = here;
	return -err->num;
}
