/* SPDX-License-Identifier: Apache-2.0 */
/*
 * idmap.c - writing the id map into the child's user namespace, and showing a tree through it.
 *
 * Should: write exactly the plan's map, read it back, and compare: a helper that exits 0 without
 * having mapped must not go unnoticed. The child is blocked on the baton and not reaped meanwhile,
 * so its pid cannot become another process's.
 * Mustn't: call a helper by PATH or with our environment, wait without a deadline, or leave
 * setgroups allowed with a single-id map (CVE-2014-8989: dropping a group can open a file it was
 * denied).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drysh.h"
#include "helper.h"
#include "ids.h"
#include "ids_host.h"
#include "sys.h"
#include "util.h"

#define HELPER_MS 8000 /* a user hears of it within ten seconds */

int idmap_read(const char *path, struct id_extent *ret, size_t max, size_t *ret_n)
{
	char text[OWN_EXTENTS * 33 + 1]; /* a line is three columns of ten and their separators */
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;

	if (fd < 0)
		return -errno;
	for (;;) {
		ssize_t n = read(fd, text + len, sizeof(text) - 1 - len);

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
		if (len == sizeof(text) - 1)
			return -E2BIG;
	}
	text[len] = '\0';
	return idmap_parse(text, ret, max, ret_n);
}

/* Does the kernel have the map that was planned? */
static int map_compare(pid_t pid, const char *file, const struct id_map *want, struct err *err)
{
	struct id_extent ext[ID_EXTENTS];
	char path[64];
	size_t n = 0;
	int res;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	res = idmap_read(path, ext, ID_EXTENTS, &n);
	if (res)
		return err_set(err, -res, "%s", path);
	if (n == 0)
		return err_say(err, "%s of the sandbox: nothing was mapped", file);
	if (n != want->n || memcmp(ext, want->ext, n * sizeof(*ext)))
		return err_say(
			err, "%s of the sandbox: is '%u %u %u%s' and not the map that was planned",
			file, ext[0].inside, ext[0].outside, ext[0].count, n > 1 ? " ..." : "");
	return 0;
}

static int setgroups_compare(pid_t pid, const char *want, struct err *err)
{
	char path[64], text[16];
	auto_close int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/setgroups", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return err_set(err, errno, "%s", path);
	text[n] = '\0';
	if (strncmp(text, want, strlen(want)) || text[strlen(want)] != '\n')
		return err_say(err, "setgroups of the sandbox: is '%.*s' and not '%s'",
			       (int)strcspn(text, "\n"), text, want);
	return 0;
}

static int idmap_verify(const struct run *r, struct err *err)
{
	const struct plan *p = r->plan;
	int res = map_compare(r->child, "uid_map", &p->uids, err);

	if (!res)
		res = map_compare(r->child, "gid_map", &p->gids, err);
	if (!res)
		res = setgroups_compare(r->child, p->map_kind == MAP_SINGLE ? "deny" : "allow",
					err);
	return res;
}

/* One write: the kernel takes a map once and whole. */
static int proc_write(pid_t pid, const char *file, const char *text, size_t len, struct err *err)
{
	char path[64];
	auto_close int fd = -1;
	struct statfs fs;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC))
		return err_say(err, "%s: not on a proc file system", path);
	n = fd < 0 ? -1 : write(fd, text, len);
	if (n < 0)
		return err_set(err, errno, "%s of the sandbox: write '%.*s'", file,
			       (int)strcspn(text, "\n"), text);
	return (size_t)n == len ? 0 : err_set(err, EIO, "%s of the sandbox: short write", file);
}

/* By our own hand: a single id needs no privilege, and real root has it. */
int idmap_write(pid_t pid, const struct id_map *uids, const struct id_map *gids, bool deny,
		struct err *err)
{
	char text[256];
	size_t len;
	int res = 0;

	if (deny) /* before gid_map, or the kernel refuses the map */
		res = proc_write(pid, "setgroups", "deny", 4, err);
	if (!res) {
		len = id_map_print(gids, text, sizeof(text));
		res = proc_write(pid, "gid_map", text, len, err);
	}
	if (!res) {
		len = id_map_print(uids, text, sizeof(text));
		res = proc_write(pid, "uid_map", text, len, err);
	}
	return res;
}

struct mapper {
	const char *argv[2 + 3 * ID_EXTENTS + 1];
	char text[1 + 3 * ID_EXTENTS][12];
};

static void mapper_fill(struct mapper *m, const char *path, pid_t pid, const struct id_map *map)
{
	size_t n = 0, t = 0;

	m->argv[n++] = path;
	(void)snprintf(m->text[t], sizeof(m->text[t]), "%d", pid);
	m->argv[n++] = m->text[t++];
	for (unsigned i = 0; i < map->n; i++) {
		const uint32_t v[3] = {map->ext[i].inside, map->ext[i].outside, map->ext[i].count};

		for (size_t k = 0; k < 3; k++) {
			(void)snprintf(m->text[t], sizeof(m->text[t]), "%u", v[k]);
			m->argv[n++] = m->text[t++];
		}
	}
	m->argv[n] = NULL;
}

/* How it ended, with its own words, and the map it was given. */
static int mapper_judge(const struct helper *h, const struct mapper *m, struct err *err)
{
	size_t len = h->n_said;

	if (h->code == CLD_EXITED && h->status == 0)
		return 0;
	while (len && (h->said[len - 1] == '\n' || h->said[len - 1] == ' '))
		len--;
	err_say(err, "%s %s %s %s %s%s: %s %d%s%.*s", m->argv[0], m->argv[1], m->argv[2],
		m->argv[3], m->argv[4], m->argv[5] ? " ..." : "",
		h->code == CLD_EXITED ? "exit status" : "ended by signal", h->status,
		len ? ", it said: " : "", (int)(len < 300 ? len : 300), h->said);
	err_hint(
		err,
		"newuidmap wants the caller's login group as the current one, ranges that "
		"/etc/subuid and /etc/subgid give to this user, and its privilege; --userns single "
		"works without it");
	return -EPERM;
}

/* Both helpers at once: each costs a millisecond or two of loading its libraries. */
static int map_help(pid_t pid, const struct plan *p, struct err *err)
{
	struct helper h[2] = {HELPER_NONE, HELPER_NONE};
	struct mapper m[2];
	int res = 0;

	for (int i = 0; !res && i < 2; i++) {
		const char *path = idmap_helper(i == 1);

		if (!path)
			res = err_set(err, ENOENT, "/usr/bin/%s", i ? "newgidmap" : "newuidmap");
		if (res)
			break;
		mapper_fill(&m[i], path, pid, i ? &p->gids : &p->uids);
		res = helper_start(&h[i], m[i].argv, 2, err);
	}
	if (!res) {
		struct err late = {.num = 0};

		res = helper_wait(h, 2, HELPER_MS, &late);
		if (res)
			err_set(err, -res, "newuidmap and newgidmap: %s", late.msg);
	}
	for (int i = 0; !res && i < 2; i++)
		res = mapper_judge(&h[i], &m[i], err);
	helper_end(&h[0]);
	helper_end(&h[1]);
	return res;
}

static int idmap_run(struct run *r, struct err *err)
{
	const struct plan *p = r->plan;
	int res;

	if (p->map_kind == MAP_SINGLE || p->caller_uid == 0)
		res = idmap_write(r->child, &p->uids, &p->gids, p->map_kind == MAP_SINGLE, err);
	else
		res = map_help(r->child, p, err);
	return res ? res : idmap_verify(r, err);
}

static void idmap_show(const struct run *r, struct show *out)
{
	const struct plan *p = r->plan;

	if (p->map_kind == MAP_SINGLE)
		show(out, "written_by", "the launcher, after deny to setgroups");
	else if (p->caller_uid == 0)
		show(out, "written_by", "the launcher");
	else
		show(out, "written_by", "newuidmap and newgidmap, both at once");
	id_map_show("uid_map", &p->uids, out);
	id_map_show("gid_map", &p->gids, out);
}

/* One write for the whole map, which is what one printf does. */
static void map_sh(struct sh *out, const char *file, const struct id_map *m)
{
	char text[256] = "";
	size_t len = 0;

	for (unsigned i = 0; i < m->n && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, " '%u %u %u'",
					m->ext[i].inside, m->ext[i].outside, m->ext[i].count);
	sh_line(out, "printf '%%s\\n'%s >\"/proc/$child/%s\"", text, file);
}

static void mapper_sh(struct sh *out, const char *tool, const struct id_map *m)
{
	char text[256] = "";
	size_t len = 0;

	for (unsigned i = 0; i < m->n && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, " %u %u %u",
					m->ext[i].inside, m->ext[i].outside, m->ext[i].count);
	sh_need(out, tool, "uidmap");
	sh_line(out, "%s \"$child\"%s", tool, text);
}

static void idmap_sh(const struct run *r, struct sh *out)
{
	const struct plan *p = r->plan;

	sh_note(out, "Each entry: first id inside, first id outside, how many.");
	if (p->map_kind != MAP_SINGLE && p->caller_uid != 0) {
		mapper_sh(out, "newuidmap", &p->uids);
		mapper_sh(out, "newgidmap", &p->gids);
		return;
	}
	if (p->map_kind == MAP_SINGLE)
		sh_line(out, "echo deny >\"/proc/$child/setgroups\"");
	map_sh(out, "gid_map", &p->gids);
	map_sh(out, "uid_map", &p->uids);
}

static const struct hint idmap_hints[] = {
	{EPERM,
	 "the kernel refused the map: an LSM restricts user namespaces (on Ubuntu the sysctl "
	 "kernel.apparmor_restrict_unprivileged_userns), or, for root, CAP_SETUID, CAP_SETGID or "
	 "CAP_SETFCAP is missing"},
	{EACCES,
	 "the child's files in /proc are not ours: an LSM, a /proc mounted with hidepid, or "
	 "pillbox itself is not dumpable"},
	{EINVAL, "the kernel does not accept these ranges; see dmesg, and try --userns single"},
	{ENOENT, "/proc is not mounted, or apt install uidmap"},
	{ETIME, "newuidmap or newgidmap hangs, often in the name service: try getent passwd; "
		"--userns single works without them"},
	{ESRCH, "the sandbox's first process has died"},
	{0, NULL},
};

const struct step step_idmap = {
	.id = "idmap",
	.what = "write the uid and gid map of the new user namespace and read them back",
	.why = "from outside, because a range takes newuidmap's privilege, which the child has "
	       "not; after clone, because the maps belong to the child's user namespace, and "
	       "before the child does anything: without a map its setresuid fails and every file "
	       "is nobody's",
	.refs = "user_namespaces(7), newuidmap(1), newgidmap(1), posix_spawn(3)",
	.calls =
		"write(\"INSIDE OUTSIDE COUNT\") to /proc/PID/gid_map and /proc/PID/uid_map, by newgidmap and newuidmap for a range of an ordinary user",
	.side = PARENT,
	.is_vital = true,
	.show = idmap_show,
	.sh = idmap_sh,
	.run = idmap_run,
	.verify = idmap_verify,
	.hints = idmap_hints,
};
