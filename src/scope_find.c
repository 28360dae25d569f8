/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scope_find.c - can the user's own systemd give us a scope?
 *
 * Theory of operation
 *
 * An ordinary user's manager, user@UID.service, has a part of the tree delegated to it and gives
 * from it to whoever has the user's uid. All that can be in the way is seen by reading: whether
 * systemd runs at all, whether this user has a manager, which controllers were handed down to it.
 * Its slices and our unit's name are fixed, so the group that we shall be in is known beforehand;
 * the plan is complete before anything is touched, and scope.c only compares.
 *
 * Everything is found by uid: XDG_RUNTIME_DIR and DBUS_SESSION_BUS_ADDRESS are not read. After su or
 * in a cron job they are absent or another user's, although the manager is there.
 *
 * What a user's manager may be told, it is told by anyone of that uid; a sandbox whose -v shows it
 * /run/user/UID is no sandbox. Its answer isn't believed: see scope.c.
 *
 * Should: name of all that is absent the first thing, in the order in which it is cured.
 * Mustn't: connect, make or start anything.
 */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAM "pillbox-scope"

/* ---- the user's manager --------------------------------------------------------------------- */

/* A socket of the user's own in the runtime directory, which systemd makes with mode 0700. */
static bool has_socket(const char *run, uid_t uid, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/user/%u/%s", run, uid, name);
	return lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_uid == uid;
}

/* "foo.service" when our group is that of a system service or a scope beside one. */
static bool system_unit(const char *path, char *unit, size_t size)
{
	const char *start = path;
	size_t len;

	while ((start = strchr(start, '/'))) {
		start++;
		len = strcspn(start, "/");
		if (len > 8 && !memcmp(start + len - 8, ".service", 8))
			return !strncmp(path, "/system.slice/", 14) &&
			       cgroup_keep(unit, size, start, len);
	}
	return false;
}

static int fail_no_manager(const struct cgroup_host *h, const struct cgroup_ask *ask,
			   struct err *err)
{
	char unit[256], text[400], hint[600];

	(void)snprintf(text, sizeof(text),
		       "there is no user manager of uid %u to ask for a scope (no "
		       "%s/user/%u/systemd/private)",
		       ask->uid, ask->run, ask->uid);
	if (system_unit(h->path, unit, sizeof(unit))) {
		(void)snprintf(hint, sizeof(hint),
			       "as root, `systemctl edit %s` and put `Delegate=yes` under "
			       "[Service], or start a manager once and for all: loginctl "
			       "enable-linger %u" CGROUP_OR_WITHOUT,
			       unit, ask->uid);
		cgroup_say(err, ESRCH, hint, "%s, and %s, in which we are, has no Delegate=yes",
			   text, unit);
		return -err->num;
	}
	(void)snprintf(hint, sizeof(hint),
		       "log in directly: su, cron and ssh without PAM start none; or as root, once "
		       "and for all: loginctl enable-linger %u" CGROUP_OR_WITHOUT,
		       ask->uid);
	cgroup_say(err, ESRCH, hint, "%s", text);
	return -err->num;
}

/* What the manager itself was given: from that it can give us any part. */
static int manager_look(const char *dir, uid_t uid, unsigned *ret_has, struct err *err)
{
	auto_close int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_free char *text = NULL;
	struct stat st;
	size_t len;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != uid ||
	    read_file(fd, "cgroup.controllers", 4096, &text, &len) < 0) {
		cgroup_say(err, ENOENT,
			   "the user's systemd runs in another container or part of the tree: "
			   "start pillbox where it runs" CGROUP_OR_WITHOUT,
			   "the user manager's group %s is not to be seen, or not this user's",
			   dir);
		return -err->num;
	}
	*ret_has = cgroup_parse_controllers(text);
	return 0;
}

/* ---- the program that asks ------------------------------------------------------------------ */

/*
 * It runs with the caller's rights, so only the caller or root may have written it. The directory
 * counts too, but not for its group: a build tree made under umask 002 is the caller's own group's.
 */
static int program_check(const char *path, size_t dir_len, uid_t uid, struct err *err)
{
	char dir[PATH_MAX];
	struct stat st;

	(void)cgroup_keep(dir, sizeof(dir), path, dir_len);
	if (stat(path, &st) < 0)
		return -errno;
	if ((st.st_uid != 0 && st.st_uid != uid) || st.st_mode & (S_IWGRP | S_IWOTH) ||
	    !S_ISREG(st.st_mode) || access(path, X_OK) < 0 || stat(dir, &st) < 0 ||
	    (st.st_uid != 0 && st.st_uid != uid) || st.st_mode & S_IWOTH) {
		cgroup_say(err, EACCES,
			   "it and its directory have to belong to root or to the caller and be "
			   "writable by nobody else (make install)" CGROUP_OR_WITHOUT,
			   "%s is not executed: others could have written it", path);
		return -err->num;
	}
	return 0;
}

static int program_find(const struct cgroup_ask *ask, char buf[PATH_MAX], struct err *err)
{
	/* In the build tree; installed. Both from where we are: nothing to set, and it can be moved. */
	static const char *const places[] = {"", "../libexec/pillbox/"};
	const char *exe = ask->exe;
	const char *slash = strrchr(exe, '/');
	int dir_len = slash ? (int)(slash - exe) : 0;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		int rc, len = snprintf(buf, PATH_MAX, "%.*s/%s" PROGRAM, dir_len, exe, places[i]);

		if (len < 0 || len >= PATH_MAX)
			return err_set(err, ENAMETOOLONG, "%s", exe);
		rc = program_check(buf, (size_t)len - strlen("/" PROGRAM), ask->uid, err);
		if (rc == 0 || err->is_set)
			return rc;
	}
	cgroup_say(err, ENOENT, "`make install` puts it there" CGROUP_OR_WITHOUT,
		   "the program " PROGRAM
		   ", which asks systemd for a scope, is neither in %.*s nor in "
		   "%.*s/../libexec/pillbox",
		   dir_len, exe, dir_len, exe);
	return -err->num;
}

/* ---- the rung ------------------------------------------------------------------------------- */

/*
 * A limit around us that doesn't hold in the scope, because that isn't below the group that has
 * it. pids.max isn't looked at: systemd sets one for each service, asked or not.
 */
static bool limit_left(const struct cgroup_host *h, const char *scope, char *buf, size_t size)
{
	static const char *const files[] = {"memory.max", "memory.high", "memory.swap.max",
					    "cpu.max", "cpuset.cpus"};
	char dir[2 * PATH_MAX];

	(void)snprintf(dir, sizeof(dir), "%s%s", h->mount, h->path);
	while (!path_below(scope, dir)) {
		auto_close int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		for (size_t i = 0; fd >= 0 && i < ARRAY_SIZE(files); i++) {
			auto_free char *text = NULL;
			size_t len;

			if (read_file(fd, files[i], 4096, &text, &len) < 0 ||
			    !strncmp(text, "max", 3) || text[0] == '\n' || !text[0])
				continue;
			(void)snprintf(buf, size, "%s of %.400s", files[i], dir);
			return true;
		}
		*strrchr(dir,
			 '/') = '\0'; /* absolute, so `scope` is below it at the latest at "" */
	}
	return false;
}

int scope_place(const struct cgroup_host *h, const struct cgroup_ask *ask, struct cgroup_place *ret,
		struct err *err)
{
	char manager[128], list[64], hint[600], dir[PATH_MAX];
	unsigned has = 0;

	if (!has_socket(ask->run, ask->uid, "systemd/private") &&
	    !has_socket(ask->run, ask->uid, "bus"))
		return fail_no_manager(h, ask, err);
	(void)snprintf(manager, sizeof(manager), "/user.slice/user-%u.slice/user@%u.service",
		       ask->uid, ask->uid);
	if ((size_t)snprintf(dir, sizeof(dir), "%s%s", h->mount, manager) >= sizeof(dir))
		return err_set(err, ENAMETOOLONG, "%s", h->mount);
	if (strcmp(h->root, "/") != 0)
		dir[0] = '\0'; /* the mount shows another part of the tree */
	if (manager_look(dir, ask->uid, &has, err) < 0 || cgroup_kernel_has(h, ask->need, err) < 0)
		return -err->num;
	if (ask->need & ~has) {
		cgroup_ctl_list(ask->need & ~has, 0, list, sizeof(list));
		(void)snprintf(
			hint, sizeof(hint),
			"as root, put `[Service]` and `Delegate=cpu cpuset io memory pids` "
			"into /etc/systemd/system/user@.service.d/delegate.conf, run "
			"`systemctl daemon-reload`, then log out everywhere and in again, or "
			"`systemctl restart user@%u`" CGROUP_OR_WITHOUT,
			ask->uid);
		cgroup_say(err, ENOENT, hint, "%s has no controller %s delegated to it", dir, list);
		return -err->num;
	}
	if (program_find(ask, ret->scope_program, err) < 0)
		return -err->num;
	if ((size_t)snprintf(ret->scope_path, sizeof(ret->scope_path), "%s/" SCOPE_SLICE "/%s",
			     manager, ask->unit) >= sizeof(ret->scope_path) ||
	    (size_t)snprintf(ret->parent, sizeof(ret->parent), "%s/" SCOPE_SLICE "/%s", dir,
			     ask->unit) >= sizeof(ret->parent))
		return err_set(err, ENAMETOOLONG, "%s", ask->unit);
	if (limit_left(h, ret->parent, ret->left, sizeof(ret->left)) && !ask->need) {
		cgroup_say(err, EBUSY, "give the sandbox a limit of its own",
			   "a scope only to count in would take it out of %s", ret->left);
		ret->parent[0] = '\0';
		return -err->num;
	}
	ret->take = ask->need | (ask->want & has);
	ret->scope = ret->leaf = true;
	return 0;
}
