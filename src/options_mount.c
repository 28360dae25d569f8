/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options_mount.c - setters: the root and the mounts in it.
 *
 * Should: turn -v, --mount and --tmpfs into one list of mounts with tidy targets, no two on one.
 * Mustn't: look at a source or target; and never let a mount cover what pillbox itself makes
 *	    (/proc, /sys, /dev, the secrets), since masks and checks rely on these.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "nearest.h"
#include "options_set.h"

#define MOUNTS_MAX 1000

int opt_read_only(struct spec *s, const char *value, const char *origin, struct err *err)
{
	(void)value, (void)origin, (void)err;
	s->root_mode = ROOT_READONLY;
	return 0;
}

int opt_writable(struct spec *s, const char *value, const char *origin, struct err *err)
{
	(void)value, (void)origin, (void)err;
	s->root_mode = ROOT_WRITABLE;
	return 0;
}

int opt_overlay(struct spec *s, const char *value, const char *origin, struct err *err)
{
	int rc = value_not_empty(value, origin, err);

	if (rc < 0)
		return rc;
	s->root_mode = ROOT_OVERLAY;
	s->overlay_dir = value;
	return 0;
}

int opt_shm_size(struct spec *s, const char *value, const char *origin, struct err *err)
{
	uint64_t size;
	int rc = value_size(value, origin, &size, err);

	if (rc < 0)
		return rc;
	if (size == 0)
		return err_say(err, "%s: 0 would mean no limit at all to the kernel", origin);
	s->shm_size = size;
	return 0;
}

/* Is it below /dev, where --device alone may put something? */
static bool dev_has(const char *target)
{
	return path_below(target, "/dev") && strcmp(target, "/dev") != 0;
}

static int check_target(const char *target, bool is_device, const char *origin, struct err *err)
{
	static const struct {
		const char *dir, *hint;
	} own[] = {
		{"/proc", "--security-opt systempaths=unconfined uncovers it"},
		{"/sys", "--preset docker shows a read-only one"},
		{"/dev", "--shm-size sets the size of /dev/shm, --device adds a device"},
		{"/run/secrets", "--secret puts files there, each by its name"},
	};

	if (strcmp(target, "/") == 0)
		return err_say(err, "%s: the root itself is ROOTFS", origin);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		int rc;

		if (!path_below(target, own[i].dir) || (is_device && dev_has(target)))
			continue;
		rc = err_say(err, "%s: %s is pillbox's own", origin, own[i].dir);
		err_hint(err, "%s", own[i].hint);
		return rc;
	}
	return 0;
}

int mount_target_check(const char *target, const char *origin, struct err *err)
{
	return check_target(target, false, origin, err);
}

/* Add `m` with its target as the user gave it. A preset's tmpfs gives way to it. */
static int add_mount(struct spec *s, struct mount_req *m, const char *target, const char *origin,
		     struct err *err)
{
	int rc;

	if (!target || !*target)
		return err_say(err, "%s: the target is missing", origin);
	if (m->kind == MOUNT_BIND && (!m->source || !*m->source))
		return err_say(err, "%s: the source is missing", origin);
	if (path_tidy(s->arena, target, &m->target) < 0)
		return err_say(err, "%s: the target must be an absolute path without '..'", origin);
	if (strlen(m->target) >= PATH_MAX)
		return err_say(err, "%s: the target is longer than %d bytes", origin, PATH_MAX - 1);
	rc = check_target(m->target, m->is_device, origin, err);
	if (rc < 0)
		return rc;
	m->origin = arena_strdup(s->arena, origin);
	for (size_t i = 0; i < s->n_mounts; i++) {
		if (strcmp(s->mounts[i].target, m->target) != 0)
			continue;
		if (strcmp(s->mounts[i].origin, "preset") != 0)
			return err_say(err, "%s: %s is the target of %s too", origin, m->target,
				       s->mounts[i].origin);
		s->mounts[i] = *m;
		return 0;
	}
	if (s->n_mounts >= MOUNTS_MAX)
		return err_say(err, "%s: more than %d mounts", origin, MOUNTS_MAX);
	s->mounts = list_grow(s->arena, s->mounts, s->n_mounts, sizeof(*s->mounts));
	s->mounts[s->n_mounts++] = *m;
	return 0;
}

/*
 * ro, noexec, ...: 0 done, -ENOENT not one of them. Not is_on: the opposite. The last one counts, as
 * with mount(8), but is_unsure says that its opposite was there, too.
 */
static int mount_flag(struct mount_req *m, const char *word, bool is_on)
{
	static const struct {
		const char *name;
		size_t offset;
		bool is_set;
	} flags[] = {
		{"ro", offsetof(struct mount_req, is_readonly), true},
		{"rw", offsetof(struct mount_req, is_readonly), false},
		{"exec", offsetof(struct mount_req, is_exec), true},
		{"noexec", offsetof(struct mount_req, is_exec), false},
		{"suid", offsetof(struct mount_req, is_suid), true},
		{"nosuid", offsetof(struct mount_req, is_suid), false},
		{"dev", offsetof(struct mount_req, is_dev), true},
		{"nodev", offsetof(struct mount_req, is_dev), false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		size_t said_at = is_on ? i : i ^ 1; /* opposites stand side by side */

		if (strcmp(flags[i].name, word) != 0)
			continue;
		m->is_unsure |= (m->said & 1U << (said_at ^ 1)) != 0;
		m->said |= 1U << said_at;
		*(bool *)((char *)m + flags[i].offset) = flags[i].is_set == is_on;
		return 0;
	}
	return -ENOENT;
}

static int not_zero(const char *value, const char *key, const char *origin, uint64_t *ret,
		    struct err *err)
{
	uint64_t size;
	int rc = value_size(value, origin, &size, err);

	if (rc < 0)
		return rc;
	if (size == 0)
		return err_say(err, "%s: %s=0 would mean no limit at all to the kernel", origin,
			       key);
	*ret = size;
	return 0;
}

/* size=, mode=, uid=, gid=, nr_inodes= of a tmpfs; -ENOENT: another key, no error is set. */
static int tmpfs_value(struct mount_req *m, const char *key, const char *value, const char *origin,
		       struct err *err)
{
	int rc;

	if (strcmp(key, "size") == 0)
		return not_zero(value, key, origin, &m->size, err);
	if (strcmp(key, "nr_inodes") == 0)
		return not_zero(value, key, origin, &m->inodes, err);
	if (strcmp(key, "mode") == 0) {
		rc = value_mode(value, origin, &m->mode, err);
		m->has_mode = rc == 0;
		return rc;
	}
	if (strcmp(key, "uid") == 0) {
		rc = value_id(value, origin, &m->uid, err);
		m->has_uid = rc == 0;
		return rc;
	}
	if (strcmp(key, "gid") == 0) {
		rc = value_id(value, origin, &m->gid, err);
		m->has_gid = rc == 0;
		return rc;
	}
	return -ENOENT;
}

static int unknown_word(const char *word, const char *const *known, const char *origin,
			struct err *err)
{
	unsigned best = 3;
	const char *near = NULL;
	int rc = err_say(err, "%s: '%.60s' is unknown here", origin, word);

	for (; *known; known++) {
		unsigned far = edit_distance(word, *known);

		if (far < best && far < strlen(word)) {
			best = far;
			near = *known;
		}
	}
	if (near)
		err_hint(err, "did you mean %s?", near);
	return rc;
}

int opt_tmpfs(struct spec *s, const char *value, const char *origin, struct err *err)
{
	static const char *const known[] = {"ro",     "rw",  "exec",      "noexec", "suid",
					    "nosuid", "dev", "nodev",     "size",   "mode",
					    "uid",    "gid", "nr_inodes", NULL};
	struct mount_req m = {.kind = MOUNT_TMPFS};
	const char *colon = strchr(value, ':'), *cursor = colon ? colon + 1 : NULL;
	const char *target = colon ? arena_strndup(s->arena, value, (size_t)(colon - value))
				   : value;

	while (cursor) {
		const char *field, *key, *v;
		int rc = value_next(s->arena, &cursor, origin, &field, err);

		if (rc < 0)
			return rc;
		value_cut(s->arena, field, &key, &v);
		rc = v ? tmpfs_value(&m, key, v, origin, err) : mount_flag(&m, key, true);
		if (rc == -ENOENT)
			return unknown_word(field, known, origin, err);
		if (rc < 0)
			return rc;
	}
	return add_mount(s, &m, target, origin, err);
}

/* Docker's words for what a bind always is here: accepted, so that its command lines run. */
static bool is_always_so(const char *word)
{
	static const char *const words[] = {"rbind", "private", "rprivate"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

static int volume_options(struct spec *s, struct mount_req *m, const char *cursor,
			  const char *origin, struct err *err)
{
	static const char *const known[] = {"ro",    "rw",      "exec",     "noexec",
					    "suid",  "nosuid",  "dev",      "nodev",
					    "rbind", "private", "rprivate", NULL};

	while (cursor) {
		const char *word;
		int rc = value_next(s->arena, &cursor, origin, &word, err);

		if (rc < 0)
			return rc;
		if (is_always_so(word))
			continue;
		if (mount_flag(m, word, true) == 0) {
			/* Docker refuses it, too */
			if (m->is_unsure)
				return err_say(err, "%s: %s contradicts a word before it", origin,
					       word);
			continue;
		}
		rc = unknown_word(word, known, origin, err);
		if (strcasecmp(word, "z") == 0)
			err_hint(err, "SELinux labels are not changed; leave it out");
		else
			err_hint(err,
				 "a path with ':' in it needs --mount type=bind,source=,target=");
		return rc;
	}
	return 0;
}

int opt_volume(struct spec *s, const char *value, const char *origin, struct err *err)
{
	struct mount_req m = {.kind = MOUNT_BIND, .is_exec = true};
	const char *first = strchr(value, ':'), *second = first ? strchr(first + 1, ':') : NULL;
	size_t len;
	int rc;

	if (!first) {
		rc = err_say(err, "%s: SRC:DST is needed", origin);
		err_hint(err, "--tmpfs PATH makes an empty writable directory");
		return rc;
	}
	len = second ? (size_t)(second - first - 1) : strlen(first + 1);
	m.source = arena_strndup(s->arena, value, (size_t)(first - value));
	/* Docker reads a bare word as a volume's name. A directory must not be taken for one. */
	if (*m.source && *m.source != '/' && *m.source != '.') {
		rc = err_say(err, "%s: there are no named volumes", origin);
		err_hint(err, "./%s is the directory", m.source);
		return rc;
	}
	rc = volume_options(s, &m, second ? second + 1 : NULL, origin, err);
	if (rc < 0)
		return rc;
	return add_mount(s, &m, arena_strndup(s->arena, first + 1, len), origin, err);
}

struct mount_fields {
	const char *type, *source, *target, *propagation;
	const char *tmpfs_key; /* the last key that only a tmpfs has */
};

/* The keys of --mount with a text as their value; Docker has three words for one of them. */
static const char **mount_text(struct mount_fields *f, const char *key)
{
	const struct {
		const char *name;
		const char **field;
	} texts[] = {
		{"type", &f->type},
		{"source", &f->source},
		{"src", &f->source},
		{"target", &f->target},
		{"dst", &f->target},
		{"destination", &f->target},
		{"bind-propagation", &f->propagation},
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (strcmp(texts[i].name, key) == 0)
			return texts[i].field;
	return NULL;
}

/* One key of --mount; -ENOENT: unknown, no error is set. */
static int mount_field(struct mount_req *m, struct mount_fields *f, const char *key, const char *v,
		       const char *origin, struct err *err)
{
	const char **text = v ? mount_text(f, key) : NULL;
	bool is_on = !v || strcmp(v, "true") == 0 || strcmp(v, "1") == 0;
	int rc;

	if (text) {
		if (*text && strcmp(*text, v) != 0)
			return err_say(err, "%s: two values for %s", origin, key);
		*text = v;
		return 0;
	}
	if (v && strncmp(key, "tmpfs-", 6) == 0) {
		f->tmpfs_key = key;
		return tmpfs_value(m, key + 6, v, origin, err);
	}
	rc = mount_flag(m, strcmp(key, "readonly") == 0 ? "ro" : key, is_on);
	if (rc == 0 && !is_on && strcmp(v, "false") != 0 && strcmp(v, "0") != 0)
		return err_say(err, "%s: '%.60s' is neither true nor false", origin, v);
	return rc;
}

static int mount_fields(struct spec *s, const char *value, struct mount_req *m,
			struct mount_fields *f, const char *origin, struct err *err)
{
	static const char *const known[] = {"type",
					    "source",
					    "src",
					    "target",
					    "dst",
					    "destination",
					    "readonly",
					    "ro",
					    "rw",
					    "exec",
					    "noexec",
					    "suid",
					    "nosuid",
					    "dev",
					    "nodev",
					    "bind-propagation",
					    "tmpfs-size",
					    "tmpfs-mode",
					    "tmpfs-uid",
					    "tmpfs-gid",
					    "tmpfs-nr_inodes",
					    NULL};
	const char *cursor = value;

	while (cursor) {
		const char *field, *key, *v;
		int rc = value_next(s->arena, &cursor, origin, &field, err);

		if (rc < 0)
			return rc;
		value_cut(s->arena, field, &key, &v);
		rc = mount_field(m, f, key, v, origin, err);
		if (rc == -ENOENT)
			return unknown_word(key, known, origin, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int opt_mount(struct spec *s, const char *value, const char *origin, struct err *err)
{
	struct mount_fields f = {0};
	struct mount_req m = {0};
	int rc = mount_fields(s, value, &m, &f, origin, err);

	if (rc < 0)
		return rc;
	if (!f.type || (strcmp(f.type, "bind") != 0 && strcmp(f.type, "tmpfs") != 0))
		return err_say(err, "%s: type=bind or type=tmpfs is needed", origin);
	if (f.propagation && !is_always_so(f.propagation))
		return err_say(err, "%s: mounts are always rprivate", origin);
	m = (struct mount_req){0};
	if (*f.type == 't') {
		if (f.source)
			return err_say(err, "%s: a tmpfs has no source", origin);
		m.kind = MOUNT_TMPFS;
	} else {
		if (f.tmpfs_key)
			return err_say(err, "%s: %s belongs to type=tmpfs", origin, f.tmpfs_key);
		m.kind = MOUNT_BIND;
		m.is_exec = true;
	}
	/* Again, on the defaults of this type: `type` may stand behind what it decides. */
	rc = mount_fields(s, value, &m, &f, origin, err);
	m.source = f.source;
	return rc < 0 ? rc : add_mount(s, &m, f.target, origin, err);
}

/* ---- --device -------------------------------------------------------------------------------- */

/* Below /dev, the first name of the path: the one thing that decides whether it is free. */
static bool is_own_node(const char *target)
{
	static const char *const own[] = {"null", "zero", "full",  "random", "urandom",
					  "tty",  "fd",   "stdin", "stdout", "stderr",
					  "ptmx", "pts",  "shm",   "mqueue", "console"};
	const char *name = target + strlen("/dev/");
	size_t len = strcspn(name, "/");

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (strlen(own[i]) == len && memcmp(own[i], name, len) == 0)
			return true;
	return false;
}

/* "rwm": what Docker's device controller would allow. Less than reading and writing cannot be had. */
static int check_rights(const char *rights, const char *origin, struct err *err)
{
	int rc;

	if (!*rights || rights[strspn(rights, "rwm")])
		return err_say(err, "%s: '%.20s' is not r, w and m", origin, rights);
	if (strchr(rights, 'r') && strchr(rights, 'w'))
		return 0;
	rc = err_say(err, "%s: less than rw cannot be enforced", origin);
	err_hint(err, "the device controller of control groups takes privilege; what the "
		      "workload may do with the device is for its owner and mode on the host");
	return rc;
}

int opt_device(struct spec *s, const char *value, const char *origin, struct err *err)
{
	struct mount_req m = {.kind = MOUNT_BIND, .is_device = true, .is_dev = true};
	size_t len = strcspn(value, ":");
	const char *target, *rights = NULL;
	int rc;

	m.source = target = arena_strndup(s->arena, value, len);
	if (value[len] && value[len + 1] == '/') {
		const char *rest = value + len + 1;

		len = strcspn(rest, ":");
		target = arena_strndup(s->arena, rest, len);
		rights = rest[len] ? rest + len + 1 : NULL;
	} else if (value[len]) {
		rights = value + len + 1;
	}
	rc = rights ? check_rights(rights, origin, err) : 0;
	if (rc < 0)
		return rc;
	if (path_tidy(s->arena, target, &target) == 0 && dev_has(target) && is_own_node(target)) {
		rc = err_say(err, "%s: %s is pillbox's own", origin, target);
		err_hint(err, "null, zero, full, random, urandom and tty are there already");
		return rc;
	}
	return add_mount(s, &m, target, origin, err);
}
