/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root_idmap.c - real root's rootfs, shown through an id-mapped mount.
 *
 * Real root is never root inside, so the files of its tree would be nobody's there. An id-mapped
 * mount shows them with the sandbox's ids, without a chown of a single file: the owner of the
 * rootfs directory becomes container 0, and the ids that follow it follow.
 *
 * Should: map the whole tree, with every mount below it, before it is attached anywhere.
 * Mustn't: leave a part unmapped: such a part would show the host's root as nobody, or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ids.h"
#include "ids_host.h"
#include "sys.h"
#include "util.h"

static bool root_idmap_wanted(const struct run *r)
{
	return r->plan->map_kind == MAP_ROOT;
}

/*
 * A tree that root owns has the sandbox's own map; any other one has that map moved to its owner.
 */
static bool is_moved(const struct plan *p)
{
	return p->root_uid != 0;
}

static void map_move(const struct id_map *from, uint32_t owner, struct id_map *ret)
{
	*ret = (struct id_map){.n = 0};
	for (unsigned i = 0; i < from->n; i++) {
		struct id_extent e = from->ext[i];

		if (e.inside >= UINT32_MAX - owner)
			break; /* the id space ends here */
		e.inside += owner;
		if (e.count > UINT32_MAX - e.inside)
			e.count = UINT32_MAX - e.inside;
		ret->ext[ret->n++] = e;
	}
}

/*
 * Body of the process that holds a user namespace for us: it ends when we close the pipe, or die.
 */
static _Noreturn void holder_main(int in, int out)
{
	char c;

	(void)close(out);
	while (read(in, &c, 1) < 0 && errno == EINTR)
		;
	_exit(0);
}

/* A user namespace that has only a map; nothing ever runs in it. */
static int userns_make(const struct plan *p, struct err *err)
{
	struct clone_args args = {.flags = CLONE_NEWUSER | CLONE_CLEAR_SIGHAND,
				  .exit_signal = SIGCHLD};
	auto_close int in = -1, out = -1;
	struct id_map uids, gids;
	char path[64];
	int pair[2], res, fd = -1;
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_set(err, errno, "pipe for the mount's user namespace");
	in = pair[0];
	out = pair[1];
	pid = sys_clone3(&args);
	if (pid < 0)
		return err_set(err, -pid, "user namespace for the id-mapped mount");
	if (pid == 0)
		holder_main(in, out);
	map_move(&p->uids, p->root_uid, &uids);
	map_move(&p->gids, p->root_gid, &gids);
	res = idmap_write(pid, &uids, &gids, false, err);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	if (!res) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			res = err_set(err, errno, "%s", path);
	}
	(void)close(take_fd(&out)); /* ends it */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return res ? res : fd;
}

static int userns_get(const struct run *r, struct err *err)
{
	char path[64];
	int fd;

	if (is_moved(r->plan))
		return userns_make(r->plan, err);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", r->child);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_set(err, errno, "%s", path) : fd;
}

static int tree_map(int dirfd, const char *path, int userns, unsigned recursive)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (unsigned)userns};
	int tree = sys_open_tree(dirfd, path,
				 AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive);
	int res;

	if (tree < 0)
		return tree;
	res = sys_mount_setattr(tree, "", AT_EMPTY_PATH | recursive, &attr);
	if (res < 0) {
		(void)close(tree);
		return res;
	}
	return tree;
}

/* mountinfo writes blanks and the like as \ooo. In place. */
static void unescape(char *s)
{
	char *out = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*out++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*out++ = *s;
		}
	}
	*out = '\0';
}

/* After a failure: try each mount of the tree alone, to name the one that cannot be mapped. */
static bool culprit_find(const struct run *r, int userns, char *ret, size_t size)
{
	char self[48], root[PATH_MAX];
	auto_free char *text = NULL;
	char *save = NULL;
	size_t len;
	ssize_t n;

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", r->root_src);
	n = readlink(self, root, sizeof(root) - 1);
	if (n <= 0 || read_file(AT_FDCWD, "/proc/self/mountinfo", 16u << 20, &text, &len))
		return false;
	root[n] = '\0';
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		char *point = l, *end, *type = strstr(l, " - ");
		int fd;

		for (int i = 0; i < 4 && point; i++)
			point = strchr(point + 1, ' ');
		end = point ? strchr(point + 1, ' ') : NULL;
		if (!end || !type)
			continue;
		*end = '\0';
		unescape(++point);
		if (!path_below(point, root) || !strcmp(point, root))
			continue;
		fd = tree_map(AT_FDCWD, point, userns, 0);
		if (fd < 0) {
			type += 3;
			(void)snprintf(ret, size, "%s (%.*s)", point, (int)strcspn(type, " "),
				       type);
			return true;
		}
		(void)close(fd);
	}
	return false;
}

static int root_idmap_run(struct run *r, struct err *err)
{
	auto_close int userns = userns_get(r, err);
	char culprit[512];
	int tree, num;

	if (userns < 0)
		return userns;
	tree = tree_map(r->root_src, "", userns, AT_RECURSIVE);
	if (tree >= 0) {
		r->hand = tree;
		return 0;
	}
	num = -tree;
	if (culprit_find(r, userns, culprit, sizeof(culprit))) {
		err_set(err, num, "%s: id-mapped mount of %s, which is mounted in it",
			r->spec->rootfs, culprit);
		err_hint(err, "unmount it, or run from a copy of the tree");
	}
	return err_set(err, num, "%s: id-mapped mount", r->spec->rootfs);
}

static void root_idmap_show(const struct run *r, struct show *out)
{
	const struct plan *p = r->plan;

	show(out, "owner_on_disk", "%u:%u", p->root_uid, p->root_gid);
	show(out, "owner_inside", "0:%u", is_moved(p) ? 0 : p->root_gid);
}

static const struct hint root_idmap_hints[] = {
	{EINVAL,
	 "the file system cannot be id-mapped (see mount_setattr(2) for those that can); run as "
	 "the tree's owner, or as an ordinary user, or copy the tree to another file system"},
	{EPERM, "CAP_SYS_ADMIN in the initial user namespace is needed, and the tree must not be "
		"id-mapped already"},
	{ENOSYS,
	 "mount_setattr needs Linux 5.12; inside a container its seccomp filter may hide it"},
	{0, NULL},
};

const struct step step_root_idmap = {
	.id = "root-idmap",
	.what = "show the rootfs through an id-mapped mount, because real root is not root inside",
	.why = "the mount takes its map from a user namespace whose map is written, so it comes "
	       "after idmap; and it takes real root's power over the file system, which the child "
	       "has not, so the launcher makes it and hands the detached tree over with the baton",
	.refs = "mount_setattr(2), open_tree(2)",
	.calls = "open_tree(root, OPEN_TREE_CLONE | AT_RECURSIVE)\n"
		 "mount_setattr(tree, AT_RECURSIVE, {attr_set = MOUNT_ATTR_IDMAP, userns_fd})",
	.side = PARENT,
	.is_vital = true,
	.wanted = root_idmap_wanted,
	.by = "being started by real root",
	.show = root_idmap_show,
	.no_tool =
		"mount -o X-mount.idmap came with util-linux 2.39, and Debian 12 has 2.38. "
		"The files of the tree belong to nobody inside, so only what everybody may read can be read",
	.run = root_idmap_run,
	.hints = root_idmap_hints,
};
