/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ids_host.c - step `ids`: what the choice of the map needs to know from this host, and the answer
 * put into the plan.
 *
 * Should: find out here, before anything is touched, whatever would make newuidmap fail later: no
 * program, no set-uid bit, a nosuid file system, no_new_privs. Each has a cure of its own.
 * Mustn't: use NSS (the binary is static) or change anything.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "helper.h"
#include "ids.h"
#include "ids_host.h"
#include "util.h"

#define SUBID_FILE_MAX (1u << 20)
#define GETENT_MS 5000

const char *idmap_helper(bool is_gid)
{
	static const char *const names[2][2] = {
		{"/usr/bin/newuidmap", "/bin/newuidmap"},
		{"/usr/bin/newgidmap", "/bin/newgidmap"},
	};

	for (size_t i = 0; i < 2; i++)
		if (access(names[is_gid][i], F_OK) == 0)
			return names[is_gid][i];
	return NULL;
}

/* Will the program get its power when we start it? Root needs none of it, and does not call it. */
static int helper_check(bool is_gid, struct err *err)
{
	const char *path = idmap_helper(is_gid);
	struct statvfs fs;
	struct stat st;
	int res;

	if (!path) {
		res = err_set(err, ENOENT, "/usr/bin/%s", is_gid ? "newgidmap" : "newuidmap");
		err_hint(err, "apt install uidmap, or run with --userns single");
		return res;
	}
	if (stat(path, &st) < 0 || statvfs(path, &fs) < 0)
		return err_set(err, errno, "%s", path);
	if (!((st.st_mode & S_ISUID) && st.st_uid == 0) &&
	    getxattr(path, "security.capability", NULL, 0) <= 0) {
		err_say(err,
			"%s: has neither its set-uid bit nor file capabilities, so it cannot map "
			"ids",
			path);
		err_hint(err, "as root: chmod u+s %s, or run with --userns single", path);
		return -EPERM;
	}
	if (fs.f_flag & ST_NOSUID) {
		err_say(err, "%s: is on a file system mounted nosuid, so it cannot map ids", path);
		err_hint(err, "remount it with suid, or run with --userns single");
		return -EPERM;
	}
	if (access(path, X_OK) < 0)
		return err_set(err, errno, "%s", path);
	return 0;
}

static int helpers_check(struct err *err)
{
	int res = helper_check(false, err);

	if (!res)
		res = helper_check(true, err);
	if (!res && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) {
		err_say(err,
			"newuidmap: pillbox itself was started with no_new_privs, so the set-uid "
			"bit of newuidmap has no effect");
		err_hint(err, "start it without no_new_privs, or run with --userns single");
		return -EPERM;
	}
	return res;
}

/* One line of passwd(5) for our uid: keep its name. */
static char *login_in(const struct id_text *t, uid_t uid, struct arena *a)
{
	struct err unused = {.num = 0};
	struct passwd_entry e;

	if (passwd_find(t, NULL, uid, &e, &unused) != 1 || e.name_len == 0)
		return NULL;
	return arena_strndup(a, e.name, e.name_len);
}

/*
 * The uid is not in /etc/passwd: LDAP and the like are reached through a program, not through us.
 */
static int login_ask(uid_t uid, struct arena *a, char **ret, struct err *err)
{
	struct helper h = HELPER_NONE;
	char number[16];
	const char *const argv[] = {"/usr/bin/getent", "passwd", number, NULL};
	struct id_text t = {.file = "getent passwd", .text = h.said};
	int res;

	if (access(argv[0], X_OK) < 0)
		return 0; /* no such program: then there is nobody to ask */
	(void)snprintf(number, sizeof(number), "%u", uid);
	res = helper_start(&h, argv, 1, err);
	if (!res)
		res = helper_wait(&h, 1, GETENT_MS, err);
	helper_end(&h);
	if (res) {
		err_hint(err, "getent passwd %u has to answer, or run with --userns single", uid);
		return res;
	}
	t.len = h.n_said;
	*ret = login_in(&t, uid, a);
	return 0;
}

static int login_find(uid_t uid, struct arena *a, char **ret, struct err *err)
{
	struct id_text t = {.file = "/etc/passwd"};
	auto_free char *text = NULL;
	int res = read_file(AT_FDCWD, t.file, USER_FILE_MAX, &text, &t.len);

	if (res && res != -ENOENT)
		return err_set(err, -res, "%s", t.file);
	t.text = text;
	*ret = text ? login_in(&t, uid, a) : NULL;
	return *ret ? 0 : login_ask(uid, a, ret, err);
}

static int subid_load(const char *file, struct id_text *t, char **keep, struct err *err)
{
	int res = read_file(AT_FDCWD, file, SUBID_FILE_MAX, keep, &t->len);

	t->file = file;
	t->text = *keep;
	if (!res || res == -ENOENT)
		return 0;
	if (res == -EFBIG)
		err_say(err, "%s: larger than 1 MiB", file);
	else if (res == -EINVAL)
		err_say(err, "%s: not a regular file", file);
	else
		err_set(err, -res, "%s", file);
	err_hint(err, "correct the file as root, or run with --userns single");
	return res;
}

static int own_load(const char *path, struct id_extent *ret, size_t *ret_n, struct err *err)
{
	int res = idmap_read(path, ret, OWN_EXTENTS, ret_n);

	return res ? err_set(err, -res, "%s", path) : 0;
}

/* Everything that was asked for by container id has to have a place in the map. */
static int requests_fit(const struct run *r, const struct ids_in *in, const struct ids_out *map,
			struct err *err)
{
	const struct spec *s = r->spec;
	const struct plan *p = r->plan;
	char what[64];
	int res;

	(void)snprintf(what, sizeof(what), "-u %.48s", s->user ? s->user : "");
	res = ids_fit(map, what, "uid", p->uid, in, err);
	if (!res)
		res = ids_fit(map, what, "gid", p->gid, in, err);
	for (size_t i = 0; !res && i < s->n_mounts; i++) {
		const struct mount_req *m = &s->mounts[i];

		if (m->has_uid)
			res = ids_fit(map, m->origin, "uid", m->uid, in, err);
		if (!res && m->has_gid)
			res = ids_fit(map, m->origin, "gid", m->gid, in, err);
	}
	for (size_t i = 0; !res && i < s->n_secrets; i++) {
		const struct secret_req *q = &s->secrets[i];

		if (q->has_uid)
			res = ids_fit(map, q->origin, "uid", q->uid, in, err);
		if (!res && q->has_gid)
			res = ids_fit(map, q->origin, "gid", q->gid, in, err);
	}
	return res;
}

/*
 * The supplementary groups. With a single-id map setgroups is denied, for good reason
 * (CVE-2014-8989), so there can be none, and asking for one is an error rather than a silence.
 */
static int groups_fit(const struct run *r, const struct ids_in *in, const struct ids_out *map,
		      struct err *err)
{
	struct plan *p = r->plan;

	for (size_t i = 0; i < p->n_groups; i++) {
		int res;

		if (map->kind != MAP_SINGLE) {
			res = ids_fit(map, "supplementary group", "gid", p->groups[i], in, err);
			if (res)
				return res;
		} else if (p->groups[i] != p->gid) {
			err_say(err,
				"group %u: no supplementary group can be had with a single-id map "
				"(%s)",
				p->groups[i], map->why);
			err_hint(err, "leave --group-add out and give -u USER:GROUP, or get a "
				      "subordinate range: see usermod(8), --add-subuids");
			return -EPERM;
		}
	}
	if (map->kind == MAP_SINGLE)
		p->n_groups = 0;
	return 0;
}

static void in_fill(const struct run *r, struct ids_in *in)
{
	const struct plan *p = r->plan;

	in->mode = r->spec->userns;
	in->caller_uid = p->caller_uid;
	in->caller_gid = p->caller_gid;
	in->owner_uid = p->root_uid;
	in->owner_gid = p->root_gid;
	in->dev = p->root_dev;
	in->ino = p->root_ino;
	in->uid = p->uid;
	in->gid = p->gid;
}

static int ids_run(struct run *r, struct err *err)
{
	struct ids_in in = {.login = NULL};
	auto_free char *subuid = NULL;
	auto_free char *subgid = NULL;
	struct plan *p = r->plan;
	char *login = NULL;
	struct ids_out out;
	int res;

	in_fill(r, &in);
	res = own_load("/proc/self/uid_map", in.own_uids, &in.n_own_uids, err);
	if (!res)
		res = own_load("/proc/self/gid_map", in.own_gids, &in.n_own_gids, err);
	if (!res && in.mode != USERNS_SINGLE) {
		res = subid_load("/etc/subuid", &in.subuid, &subuid, err);
		if (!res)
			res = subid_load("/etc/subgid", &in.subgid, &subgid, err);
		if (!res && (in.subuid.len || in.subgid.len || in.mode == USERNS_RANGE))
			res = login_find(in.caller_uid, r->spec->arena, &login, err);
		in.login = login;
	}
	if (!res)
		res = ids_choose(&in, &out, err);
	if (!res)
		res = requests_fit(r, &in, &out, err);
	if (!res)
		res = groups_fit(r, &in, &out, err);
	if (!res && p->caller_uid != 0 && (out.kind == MAP_CALLER || out.kind == MAP_RANGE))
		res = helpers_check(err);
	if (res)
		return res;
	p->map_kind = out.kind;
	p->map_why = out.why;
	p->uids = out.uids;
	p->gids = out.gids;
	return 0;
}

void id_map_show(const char *name, const struct id_map *m, struct show *out)
{
	for (unsigned i = 0; i < m->n; i++)
		show(out, name, "%u %u %u", m->ext[i].inside, m->ext[i].outside, m->ext[i].count);
}

static void ids_show(const struct run *r, struct show *out)
{
	const struct plan *p = r->plan;

	show(out, "map", "%s", map_kind_name(p->map_kind));
	show(out, "because", "%s", p->map_why);
	id_map_show("uid_map", &p->uids, out);
	id_map_show("gid_map", &p->gids, out);
	show(out, "setgroups", "%s", p->map_kind == MAP_SINGLE ? "deny" : "allow");
}

static const struct hint ids_hints[] = {
	{ETIME, "the name service does not answer; --userns single needs no names"},
	{EACCES, "--userns single needs none of these files"},
	{0, NULL},
};

const struct step step_ids = {
	.id = "ids",
	.what = "read /etc/subuid and /etc/subgid and choose the id map",
	.why = "needs the rootfs' owner, who is root inside, and the workload's ids, which must be "
	       "in the map; stands before clone, because a range that is missing, malformed or too "
	       "small, and a newuidmap that cannot work, have to be said while nothing exists yet",
	.refs = "user_namespaces(7), subuid(5), subgid(5), newuidmap(1)",
	.calls = "open(\"/etc/subuid\"), open(\"/etc/subgid\")",
	.side = PARENT,
	.is_pure = true,
	.show = ids_show,
	.run = ids_run,
	.hints = ids_hints,
};
