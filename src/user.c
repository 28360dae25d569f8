/* SPDX-License-Identifier: Apache-2.0 */
/*
 * user.c - who the workload is: -u and --group-add, resolved in the container's own passwd and
 * group.
 *
 * Should: follow Docker's rules (a number is always an id and never looked up as a name; a uid
 * without an entry has group 0 and no others; a group that is given is the only one) and accept no
 * text that could be read in two ways: CVE-2026-30892 ran "1" as root.
 * Mustn't: look anything up on the host, use NSS, follow a link out of the rootfs, or trust a file
 * in it: any size, any bytes, any file type may be there.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ids.h"
#include "sys.h"
#include "util.h"

#define NAME_LEN_MAX 256

struct line {
	const char *text;
	size_t len;
	unsigned number;
};

/* The next line, without LF or CR LF. Hold a zeroed `line` and the offset between calls. */
static bool line_next(const struct id_text *t, size_t *at, struct line *l)
{
	const char *nl;

	if (!t->text || *at >= t->len)
		return false;
	l->text = t->text + *at;
	nl = memchr(l->text, '\n', t->len - *at);
	l->len = nl ? (size_t)(nl - l->text) : t->len - *at;
	l->number++;
	*at += l->len + 1;
	if (l->len && l->text[l->len - 1] == '\r')
		l->len--;
	return true;
}

/* Field `n` of a line with ':' between fields; false: there is no such field. */
static bool field_get(const struct line *l, unsigned n, const char **ret, size_t *ret_len)
{
	const char *at = l->text, *end = l->text + l->len;

	for (;;) {
		const char *colon = memchr(at, ':', (size_t)(end - at));

		if (n-- == 0) {
			*ret = at;
			*ret_len = (size_t)((colon ? colon : end) - at);
			return true;
		}
		if (!colon)
			return false;
		at = colon + 1;
	}
}

static bool field_is(const struct line *l, unsigned n, const char *text, size_t len)
{
	const char *field;
	size_t field_len;

	return field_get(l, n, &field, &field_len) && field_len == len && !memcmp(field, text, len);
}

static int field_id(const struct line *l, unsigned n, uint32_t *ret)
{
	const char *field;
	size_t len;
	char buf[16];

	if (!field_get(l, n, &field, &len) || len == 0 || len >= sizeof(buf) ||
	    memchr(field, 0, len))
		return -EINVAL;
	memcpy(buf, field, len);
	buf[len] = '\0';
	return parse_id(buf, ret);
}

int passwd_find(const struct id_text *t, const char *name, uid_t uid, struct passwd_entry *ret,
		struct err *err)
{
	struct passwd_entry e = {.uid = uid};
	struct line l = {.number = 0};
	size_t at = 0, name_len = name ? strlen(name) : 0;

	while (line_next(t, &at, &l)) {
		bool is_id = !field_id(&l, 2, &e.uid);

		if (name ? !field_is(&l, 0, name, name_len) : !is_id || e.uid != uid)
			continue;
		e.line = l.number;
		if (!is_id || field_id(&l, 3, &e.gid))
			return err_say(err, "%s:%u: the line has no valid %s", t->file, l.number,
				       is_id ? "gid" : "uid");
		if (!field_get(&l, 0, &e.name, &e.name_len) ||
		    !field_get(&l, 5, &e.home, &e.home_len))
			return err_say(err, "%s:%u: the line has fewer than six fields", t->file,
				       l.number);
		*ret = e;
		return 1;
	}
	return 0;
}

int group_find(const struct id_text *t, const char *name, gid_t *ret, struct err *err)
{
	struct line l = {.number = 0};
	size_t at = 0, len = strlen(name);

	while (line_next(t, &at, &l)) {
		if (!field_is(&l, 0, name, len))
			continue;
		if (field_id(&l, 2, ret))
			return err_say(err, "%s:%u: the line has no valid gid", t->file, l.number);
		return 1;
	}
	return 0;
}

static bool is_member(const struct line *l, const char *name, size_t len)
{
	const char *at, *end;
	size_t field_len;

	if (!field_get(l, 3, &at, &field_len))
		return false;
	end = at + field_len;
	for (;;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));

		if ((size_t)((comma ? comma : end) - at) == len && !memcmp(at, name, len))
			return true;
		if (!comma)
			return false;
		at = comma + 1;
	}
}

/* Append a group once. */
static int group_add(struct user_out *out, gid_t gid, const char *what, struct err *err)
{
	for (size_t i = 0; i < out->n_groups; i++)
		if (out->groups[i] == gid)
			return 0;
	if (out->n_groups == USER_GROUPS)
		return err_say(err, "%s: more than %d groups", what, USER_GROUPS);
	out->groups[out->n_groups++] = gid;
	return 0;
}

/* Every group whose member list has the name. */
static int group_list(const struct id_text *t, const char *name, size_t len, struct user_out *out,
		      struct err *err)
{
	struct line l = {.number = 0};
	size_t at = 0;
	gid_t gid;
	int res;

	while (len && line_next(t, &at, &l)) {
		if (!is_member(&l, name, len))
			continue;
		if (field_id(&l, 2, &gid))
			return err_say(err, "%s:%u: the line has no valid gid", t->file, l.number);
		res = group_add(out, gid, t->file, err);
		if (res)
			return res;
	}
	return 0;
}

/* A file that is needed: absent is as good as empty, anything else that failed is an error. */
static int file_need(const struct user_file *f, struct err *err)
{
	if (f->num == 0 || f->num == ENOENT)
		return 0;
	if (f->num == EFBIG)
		err_say(err, "%s: larger than %u MiB", f->t.file, USER_FILE_MAX >> 20);
	else if (f->num == EINVAL)
		err_say(err, "%s: not a regular file", f->t.file);
	else
		err_set(err, f->num, "%s", f->t.file);
	err_hint(err, "give both ids as numbers, -u UID:GID: then the file is not needed");
	return -f->num;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One half of -u, or one --group-add, as the user wrote it. */
struct who {
	bool is_number;
	uint32_t id;
	char name[NAME_LEN_MAX];
};

/*
 * POSIX's portable names, and the '$' and '@' of directory services. Never a number, sign or
 * blank.
 */
static bool is_name(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

		if (!is_letter && (i == 0 || (!is_digit(c) && !strchr(".-$@", c))))
			return false;
	}
	return len > 0;
}

static int who_parse(const char *option, const char *text, size_t len, const char *kind,
		     struct who *ret, struct err *err)
{
	size_t digits = 0;
	int res;

	if (len == 0 || len >= sizeof(ret->name))
		return err_say(err, "%s: the %s is %s", option, kind, len ? "too long" : "empty");
	memcpy(ret->name, text, len);
	ret->name[len] = '\0';
	while (digits < len && is_digit(text[digits]))
		digits++;
	ret->is_number = digits == len;
	if (!ret->is_number && is_name(text, len))
		return 0;
	if (!ret->is_number) {
		err_say(err, "%s: '%s' is neither a number nor a name", option, ret->name);
		err_hint(err, "a %s is decimal digits, or a name that starts with a letter", kind);
		return -EINVAL;
	}
	res = parse_id(ret->name, &ret->id);
	if (res == -ERANGE)
		return err_say(err, "%s: %s is too large, the highest id is 4294967294", option,
			       ret->name);
	if (res)
		return err_say(err, "%s: %s: an id has no leading zeros", option, ret->name);
	return 0;
}

/* -u USER[:GROUP] taken apart; *ret_has_group tells whether there is a group. */
static int user_parse(const char *text, struct who *user, struct who *group, bool *ret_has_group,
		      struct err *err)
{
	char option[64];
	const char *colon;
	int res;

	if (!text)
		text = "";
	(void)snprintf(option, sizeof(option), "-u %.48s", text);
	colon = strchr(text, ':');
	res = who_parse(option, text, colon ? (size_t)(colon - text) : strlen(text), "user", user,
			err);
	if (!res && colon)
		res = who_parse(option, colon + 1, strlen(colon + 1), "group", group, err);
	if (!res)
		*ret_has_group = colon;
	return res;
}

static int group_resolve(const char *option, const struct who *who, const struct user_file *group,
			 gid_t *ret, struct err *err)
{
	int res;

	if (who->is_number) {
		*ret = who->id;
		return 0;
	}
	res = file_need(group, err);
	if (!res)
		res = group_find(&group->t, who->name, ret, err);
	if (res)
		return res < 0 ? res : 0;
	err_say(err, "%s: unable to find group %s: no such entry in the rootfs' %s", option,
		who->name, group->t.file);
	return -EINVAL;
}

/* HOME comes from a hostile file: only an absolute path without control bytes is one. */
static void home_set(const struct passwd_entry *e, struct user_out *out)
{
	out->home = "/";
	out->home_len = 1;
	if (!e->home_len || e->home_len >= PATH_MAX || e->home[0] != '/')
		return;
	for (size_t i = 0; i < e->home_len; i++)
		if ((unsigned char)e->home[i] < 0x20 || e->home[i] == 0x7f)
			return;
	out->home = e->home;
	out->home_len = e->home_len;
}

/* Is a file of the rootfs that cannot be read so by its own doing? */
static bool is_rootfs_state(int num)
{
	return num == ENOENT || num == EACCES || num == ELOOP || num == EINVAL || num == EFBIG ||
	       num == ENAMETOOLONG;
}

/* The user's entry. 1: found, 0: a number without an entry. */
static int entry_get(const struct who *user, bool has_group, const struct user_file *passwd,
		     struct passwd_entry *ret, struct err *err)
{
	struct err unused = {.num = 0};
	int res;

	if (user->is_number && has_group) {
		/*
		 * Everything was said; the file could only add a home, and however it is in that
		 * rootfs it must not stop the launch. What is wrong with the host does.
		 */
		if (passwd->num && !is_rootfs_state(passwd->num))
			return err_set(err, passwd->num, "%s", passwd->t.file);
		if (passwd->num)
			return 0;
		return passwd_find(&passwd->t, NULL, user->id, ret, &unused) == 1;
	}
	res = file_need(passwd, err);
	if (res)
		return res;
	res = passwd_find(&passwd->t, user->is_number ? NULL : user->name, user->id, ret, err);
	if (res == 0 && !user->is_number) {
		err_say(err, "-u: unable to find user %s: no such entry in the rootfs' %s",
			user->name, passwd->t.file);
		return -EINVAL;
	}
	return res;
}

/* The parts that do not depend on --group-add. */
static int user_first(const struct user_req *req, const struct user_file *passwd,
		      const struct user_file *group, struct user_out *out, struct err *err)
{
	struct who user = {.id = 0}, grp = {.id = 0};
	struct passwd_entry e = {.name = NULL};
	bool has_group = false;
	int found, res;

	res = user_parse(req->user, &user, &grp, &has_group, err);
	if (res)
		return res;
	found = entry_get(&user, has_group, passwd, &e, err);
	if (found < 0)
		return found;
	out->uid = found ? e.uid : user.id;
	out->home = "/";
	out->home_len = 1;
	if (found)
		home_set(&e, out);
	if (has_group)
		res = group_resolve("-u", &grp, group, &out->gid, err);
	else
		out->gid = found ? e.gid : 0;
	if (!res)
		res = group_add(out, out->gid, "-u", err);
	if (!res && found && !has_group) {
		res = file_need(group, err);
		if (!res)
			res = group_list(&group->t, e.name, e.name_len, out, err);
	}
	return res;
}

bool user_needs_group(const struct user_req *req)
{
	const char *colon = req->user ? strchr(req->user, ':') : NULL;

	if (!colon || !is_digit(colon[1]))
		return true;
	for (size_t i = 0; i < req->n_group_add; i++)
		if (!is_digit(req->group_add[i][0]))
			return true;
	return false;
}

int user_resolve(const struct user_req *req, const struct user_file *passwd,
		 const struct user_file *group, struct user_out *ret, struct err *err)
{
	struct user_out out = {.uid = 0};
	int res = user_first(req, passwd, group, &out, err);

	for (size_t i = 0; !res && i < req->n_group_add; i++) {
		const char *text = req->group_add[i];
		struct who who = {.id = 0};
		char option[64];
		gid_t gid = 0;

		(void)snprintf(option, sizeof(option), "--group-add %.40s", text);
		res = who_parse(option, text, strlen(text), "group", &who, err);
		if (!res)
			res = group_resolve("--group-add", &who, group, &gid, err);
		if (!res)
			res = group_add(&out, gid, "--group-add", err);
	}
	if (!res)
		*ret = out;
	return res;
}

/*
 * Read a file of the rootfs. The type is looked at through a path descriptor before the file is
 * opened: opening a device or a FIFO that somebody put there could already have an effect.
 */
static void file_load(int root, const char *path, struct user_file *f, char **keep)
{
	auto_close int fd = sys_openat2(root, path, O_PATH | O_CLOEXEC, 0,
					RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	char self[48];
	struct stat st;

	*f = (struct user_file){.t.file = path};
	if (fd < 0) {
		f->num = fd == -ENOTDIR ? ENOENT : -fd;
		return;
	}
	if (fstat(fd, &st) < 0) {
		f->num = errno;
		return;
	}
	if (!S_ISREG(st.st_mode)) {
		f->num = EINVAL;
		return;
	}
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	f->num = -read_file(AT_FDCWD, self, USER_FILE_MAX, keep, &f->t.len);
	if (!f->num)
		f->t.text = *keep;
}

static int user_run(struct run *r, struct err *err)
{
	const struct spec *s = r->spec;
	struct user_req req = {s->user, s->group_add, s->n_group_add};
	struct user_file passwd = {.num = ENOENT}, group = {.t.file = "etc/group", .num = ENOENT};
	auto_free char *passwd_text = NULL;
	auto_free char *group_text = NULL;
	struct plan *p = r->plan;
	struct user_out out;
	int res;

	file_load(r->root_src, "etc/passwd", &passwd, &passwd_text);
	if (user_needs_group(&req))
		file_load(r->root_src, "etc/group", &group, &group_text);
	res = user_resolve(&req, &passwd, &group, &out, err);
	if (res)
		return res;
	_Static_assert(sizeof(p->groups) == sizeof(out.groups),
		       "plan.groups and USER_GROUPS differ");
	p->uid = out.uid;
	p->gid = out.gid;
	memcpy(p->groups, out.groups, sizeof(p->groups));
	p->n_groups = out.n_groups;
	p->home = arena_strndup(s->arena, out.home, out.home_len);
	return 0;
}

static void user_show(const struct run *r, struct show *out)
{
	const struct plan *p = r->plan;

	show(out, "uid", "%u", p->uid);
	show(out, "gid", "%u", p->gid);
	for (size_t i = 0; i < p->n_groups; i++)
		show(out, "groups", "%u", p->groups[i]);
	show(out, "home", "%s", p->home);
}

static const struct hint user_hints[] = {
	{ELOOP,
	 "etc/passwd or etc/group of the rootfs is a link that leads nowhere; give -u UID:GID"},
	{EACCES, "the caller may not read that file of the rootfs; give -u UID:GID"},
	{0, NULL},
};

const struct step step_user = {
	.id = "user",
	.what = "find the workload's uid, gid, groups and home in the rootfs' own passwd and group",
	.why = "the rootfs has to be open, because the names are the container's and not the "
	       "host's; and the id map is chosen next, which must hold every id found here: found "
	       "later, an id without a place in the map would only show as a failing setresuid",
	.refs = "passwd(5), group(5), openat2(2)",
	.calls = "openat2(root, \"etc/passwd\", O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)",
	.side = PARENT,
	.is_pure = true,
	.show = user_show,
	.run = user_run,
	.hints = user_hints,
};
