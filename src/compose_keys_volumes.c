/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_keys_volumes.c - volumes: short and long, binds, named ones, tmpfs.
 *
 * There is no store of volumes here. A named one is a directory if the file says which (x-path, or the
 * local driver's bind), else an empty file system in memory.
 *
 * Should: keep of the host's files what the file says, read-only all the way down where it says so.
 * Mustn't: make anything on the host; guess where a named volume is.
 */
#include <errno.h>
#include <string.h>

#include "compose_keys.h"

/* One entry, short or long. Paths of the host are as the file has them. */
struct volume {
	const char *type; /* "bind", "volume", "tmpfs" */
	const char *source, *target, *subpath;
	struct compose_words tmpfs, flags; /* "size=1m"; "noexec": of the mount */
	bool is_readonly;
};

static bool is_path(const char *source)
{
	return strchr("./~", *source) && *source;
}

static void ask_mount(struct reading *r, const struct item *it, const struct volume *v,
		      const char *list)
{
	if (v->is_readonly)
		list = csv_add(r, list, "readonly", NULL);
	for (size_t i = 0; i < v->flags.n; i++)
		list = csv_add(r, list, v->flags.words[i], NULL);
	ask(r, it, "mount", list);
}

static void show_dir(struct reading *r, const struct item *it, const struct volume *v,
		     const char *source)
{
	const char *list = csv_add(r, NULL, "type", "bind");

	list = csv_add(r, list, "source", compose_path(r->project, source));
	ask_mount(r, it, v, csv_add(r, list, "target", v->target));
}

/* A volume is executable, as Docker's are; a tmpfs is not. */
static void in_memory(struct reading *r, const struct item *it, const struct volume *v,
		      bool is_volume)
{
	const char *list = csv_add(r, NULL, "type", "tmpfs");

	list = csv_add(r, list, "target", v->target);
	for (size_t i = 0; i < v->tmpfs.n; i++) {
		const char *word = v->tmpfs.words[i];
		int len = (int)strcspn(word, "=");

		list = csv_add(r, list, arena_printf(r->asked->arena, "tmpfs-%.*s", len, word),
			       word + len + 1);
	}
	ask_mount(r, it, v, is_volume ? csv_add(r, list, "exec", NULL) : list);
}

/* ---- named volumes ---------------------------------------------------------------------------- */

static bool begins_with_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strncmp(word, *list, strlen(*list)) == 0)
			return true;
	return false;
}

/* `o` of the local driver: "bind,ro", "size=1g,uid=1000". What has no place here is said. */
static int driver_words(struct reading *r, const struct item *o, struct volume *v, bool is_bind)
{
	static const char *const idle[] = {"bind", "rbind", "rw", "private", "rprivate", NULL};
	static const char *const flags[] = {"noexec", "nosuid", "nodev", NULL};
	static const char *const values[] = {"size=", "mode=", "uid=", "gid=", "nr_inodes=", NULL};
	const char *at = o->node->text, *left_out = NULL;

	if (strlen(at) > 4096)
		return wrong(r, o, "%zu bytes for one mount", strlen(at));
	for (; *at; at += *at == ',') {
		size_t len = strcspn(at, ",");
		const char *word = arena_strndup(r->asked->arena, at, len);

		at += len;
		if (strcmp(word, "ro") == 0)
			v->is_readonly = true;
		else if (begins_with_one_of(word, flags))
			words_add(r, &v->flags, word);
		else if (!is_bind && begins_with_one_of(word, values))
			words_add(r, &v->tmpfs, word);
		else if (len && !begins_with_one_of(word, idle))
			left_out = left_out ? arena_printf(r->asked->arena, "%s,%s", left_out, word)
					    : word;
	}
	if (left_out)
		say(r, o, VERDICT_IGNORED, "without %s: there is no such mount here", left_out);
	return 0;
}

/* Where a named volume is on the host; *ret NULL: nowhere. */
static int named_path(struct reading *r, const struct item *top, struct volume *v, const char **ret)
{
	struct item path, opts, o, device;
	int rc;

	*ret = NULL;
	rc = check_kind(r, top, "mn");
	if (rc == 0)
		rc = check_fields(r, top, "name driver driver_opts:m external:bm labels:ml x-path");
	if (rc < 0)
		return rc;
	if (item_get(r, top, "x-path", &path)) {
		if (!*path.node->text)
			return wrong(r, &path, "the directory's name is empty");
		*ret = path.node->text;
		return 0;
	}
	if (!item_get(r, top, "driver_opts", &opts))
		return 0;
	for (size_t i = 0; i < opts.node->n; i++) {
		struct item one = item_of_pair(r, &opts, &opts.node->pairs[i]);

		rc = check_kind(r, &one, "s");
		if (rc < 0)
			return rc;
	}
	if (!item_get(r, &opts, "o", &o))
		return 0;
	if (item_get(r, &opts, "device", &device) && is_path(device.node->text) &&
	    strstr(o.node->text, "bind"))
		*ret = device.node->text;
	return driver_words(r, &o, v, *ret);
}

static int unknown_volume(struct reading *r, const struct item *it, const char *name)
{
	const char *near = nearest_key(r->project->volumes, name);
	int rc = wrong(r, it, "no volume %.60s is among the file's", name);

	if (near)
		err_hint(r->err, "did you mean %s?", near);
	err_hint(r->err,
		 "./%.60s is the directory; or add the volume on the outermost level: "
		 "volumes: {%.60s: {x-path: DIR}}",
		 name, name);
	return rc;
}

static const char *below(struct reading *r, const char *path, const char *subpath)
{
	return subpath ? arena_printf(r->asked->arena, "%s/%s", path, subpath) : path;
}

static int named(struct reading *r, const struct item *it, struct volume *v)
{
	struct item volumes = {.key = "volumes", .node = r->project->volumes}, top;
	const char *path;
	int rc;

	if (!volumes.node || !item_get(r, &volumes, v->source, &top))
		return unknown_volume(r, it, v->source);
	rc = named_path(r, &top, v, &path);
	if (rc < 0)
		return rc;
	if (path) {
		show_dir(r, it, v, below(r, path, v->subpath));
		say(r, it, VERDICT_DIFFERENTLY, "the directory %s, which has to be there%s", path,
		    v->is_readonly ? "; read-only, mounts below it included" : "");
		return 0;
	}
	in_memory(r, it, v, true);
	say(r, it, VERDICT_DIFFERENTLY,
	    "an empty file system in memory, gone at the end; volumes: {%s: {x-path: DIR}} keeps it",
	    v->source);
	return 0;
}

/* ---- both forms ------------------------------------------------------------------------------- */

static int apply(struct reading *r, const struct item *it, struct volume *v)
{
	if (v->subpath && (*v->subpath == '/' || strstr(v->subpath, "..")))
		return wrong(r, it, "subpath '%.60s' leads out of the volume", v->subpath);
	if (strcmp(v->type, "bind") == 0) {
		show_dir(r, it, v, v->source);
		say(r, it, VERDICT_ENFORCED, "%s",
		    v->is_readonly
			    ? "read-only, mounts below it included; nothing is made on the host where "
			      "the source is missing"
			    : "nothing in it is set-user-ID; nothing is made on the host where the "
			      "source is missing");
		return 0;
	}
	if (strcmp(v->type, "tmpfs") == 0) {
		in_memory(r, it, v, false);
		say(r, it, VERDICT_ENFORCED, "%s", "");
		return 0;
	}
	if (v->source && *v->source)
		return named(r, it, v);
	in_memory(r, it, v, true);
	say(r, it, VERDICT_DIFFERENTLY,
	    "a volume without a name: empty, in memory, gone at the end");
	return 0;
}

/* One word behind the second colon; *ret_note: what about it has to be said. */
static int short_option(struct reading *r, const struct item *it, struct volume *v,
			const char *word, const char **ret_note)
{
	static const char fields[] =
		"ro rw z Z nocopy cached delegated consistent rprivate private "
		"rshared shared rslave slave";
	static const char *const notes[][2] = {
		{"z", "z is SELinux's and changes nothing here"},
		{"Z", "Z is SELinux's and changes nothing here"},
		{"shared", "as rprivate: no mount passes in or out"},
		{"rshared", "as rprivate: no mount passes in or out"},
		{"slave", "as rprivate: no mount passes in or out"},
		{"rslave", "as rprivate: no mount passes in or out"},
	};
	static const char *const plain[] = {"ro",        "rw",         "nocopy",   "cached",
					    "delegated", "consistent", "rprivate", "private"};

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		if (strcmp(plain[i], word) == 0) {
			v->is_readonly |= i == 0;
			return 0;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(notes); i++) {
		if (strcmp(notes[i][0], word) == 0) {
			*ret_note = notes[i][1];
			return 0;
		}
	}
	(void)wrong(r, it, "'%.40s' is no option of a volume", word);
	err_hint(r->err, "known are: %s", fields);
	return -EINVAL;
}

static int volume_short(struct reading *r, const struct item *it)
{
	struct arena *a = r->asked->arena;
	const char *text = it->node->text, *colon = strchr(text, ':'), *second, *note_text = NULL;
	struct volume v = {.type = "volume", .target = text};
	int rc;

	if (colon) {
		v.source = arena_strndup(a, text, (size_t)(colon - text));
		v.type = is_path(v.source) ? "bind" : "volume";
		second = strchr(colon + 1, ':');
		v.target = second ? arena_strndup(a, colon + 1, (size_t)(second - colon - 1))
				  : colon + 1;
		while (second) {
			size_t len = strcspn(++second, ",");

			rc = short_option(r, it, &v, arena_strndup(a, second, len), &note_text);
			if (rc < 0)
				return rc;
			second = second[len] ? second + len : NULL;
		}
	}
	if (v.source && !*v.source)
		return wrong(r, it, "nothing stands in front of the first ':'");
	if (*v.target != '/') {
		rc = wrong(r, it, "the target '%.60s' is not an absolute path", v.target);
		err_hint(r->err, "SRC:DST[:ro]; ./NAME is a directory beside the file");
		return rc;
	}
	rc = apply(r, it, &v);
	if (rc == 0 && note_text)
		say(r, it, VERDICT_IGNORED, "%s", note_text);
	return rc;
}

/* ---- the long form ---------------------------------------------------------------------------- */

static int bind_recursive(struct reading *r, const struct item *it, const struct volume *v)
{
	const char *mode = it->node->text;

	if (strcmp(mode, "disabled") == 0)
		say(r, it, VERDICT_UNPRIVILEGED,
		    "mounts below the source are shown, too: in a user namespace the kernel refuses "
		    "to leave them out");
	else if (strcmp(mode, "writable") == 0)
		say(r, it, VERDICT_DIFFERENTLY, "%s",
		    v->is_readonly ? "stricter: mounts below the source are read-only, too"
				   : "the mounts below the source, too");
	else if (strcmp(mode, "enabled") == 0 || strcmp(mode, "readonly") == 0)
		say(r, it, VERDICT_ENFORCED, "%s", "");
	else
		return wrong(r, it, "'%.40s': enabled, disabled, writable or readonly is needed",
			     mode);
	return 0;
}

static int bind_fields(struct reading *r, const struct item *it, const struct volume *v)
{
	struct item f;
	int rc = check_fields(r, it, "propagation create_host_path:b recursive selinux");

	if (rc == 0 && item_get(r, it, "propagation", &f)) {
		const char *mode = f.node->text;
		size_t len = strlen(mode);

		if (strcmp(mode, "") == 0 || (len >= 7 && strcmp(mode + len - 7, "private") == 0))
			say(r, &f, VERDICT_ENFORCED, "%s", "");
		else
			say(r, &f, VERDICT_DIFFERENTLY,
			    "as rprivate, which is stricter: no mount passes in or out");
	}
	if (rc == 0 && item_get(r, it, "create_host_path", &f)) {
		if (is_true(f.node))
			say(r, &f, VERDICT_DIFFERENTLY,
			    "nothing is made on the host: a source that isn't there is an error");
		else
			say(r, &f, VERDICT_ENFORCED, "%s", "");
	}
	if (rc == 0 && item_get(r, it, "selinux", &f))
		say(r, &f, VERDICT_IGNORED, "SELinux: pillbox neither sets nor needs labels");
	if (rc == 0 && item_get(r, it, "recursive", &f))
		rc = bind_recursive(r, &f, v);
	return rc;
}

static int volume_fields(struct reading *r, const struct item *it, struct volume *v)
{
	struct item f;
	int rc = check_fields(r, it, "labels:ml nocopy:b subpath");

	if (rc == 0 && item_get(r, it, "subpath", &f)) {
		v->subpath = f.node->text;
		say(r, &f, VERDICT_ENFORCED, "%s", "");
	}
	if (rc == 0 && item_get(r, it, "nocopy", &f))
		say(r, &f, VERDICT_ENFORCED, "nothing is ever copied into a volume here");
	if (rc == 0 && item_get(r, it, "labels", &f))
		say(r, &f, VERDICT_IGNORED, "there is no store of volumes");
	return rc;
}

static int tmpfs_fields(struct reading *r, const struct item *it, struct volume *v)
{
	struct arena *a = r->asked->arena;
	const char *mode = NULL;
	struct item f;
	int rc = check_fields(r, it, "size mode");

	if (rc == 0 && item_get(r, it, "size", &f) && !is_zero(f.node->text))
		words_add(r, &v->tmpfs, arena_printf(a, "size=%s", f.node->text));
	if (rc == 0 && item_get(r, it, "mode", &f))
		rc = read_mode(r, &f, &mode);
	if (mode)
		words_add(r, &v->tmpfs, arena_printf(a, "mode=%s", mode));
	return rc;
}

static int long_type(struct reading *r, const struct item *it, struct volume *v)
{
	static const char *const known[] = {"bind", "volume", "tmpfs", "image", "npipe", "cluster"};
	struct item type;
	int rc;

	if (!item_get(r, it, "type", &type)) {
		rc = wrong(r, it, "`type` is missing");
		err_hint(r->err, "bind, volume or tmpfs");
		return rc;
	}
	v->type = type.node->text;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(known[i], v->type) == 0)
			return i > 2;
	rc = wrong(r, &type, "'%.40s' is no type of Compose's", v->type);
	err_hint(r->err, "bind, volume or tmpfs");
	return rc;
}

static int volume_long(struct reading *r, const struct item *it)
{
	struct volume v = {.type = ""};
	struct item f;
	int rc = check_fields(r, it,
			      "type source target read_only:b consistency bind:m volume:m tmpfs:m "
			      "image:m");
	int other = rc < 0 ? rc : long_type(r, it, &v);

	if (other < 0)
		return other;
	if (item_get(r, it, "source", &f))
		v.source = f.node->text;
	if (item_get(r, it, "target", &f))
		v.target = f.node->text;
	if (item_get(r, it, "read_only", &f))
		v.is_readonly = is_true(f.node);
	if (!v.target || *v.target != '/')
		return wrong(r, it, "`target`, an absolute path, is missing");
	if (other) {
		say(r, it, VERDICT_UNPRIVILEGED,
		    "type %s is not available: nothing is mounted at %.100s. A directory of the host "
		    "is: type: bind",
		    v.type, v.target);
		return 0;
	}
	if (strcmp(v.type, "bind") == 0 && (!v.source || !*v.source))
		return wrong(r, it, "`source` is missing");
	if (strcmp(v.type, "tmpfs") == 0 && v.source)
		return wrong(r, it, "a tmpfs has no source");
	if (item_get(r, it, "bind", &f))
		rc = bind_fields(r, &f, &v);
	if (rc == 0 && item_get(r, it, "volume", &f))
		rc = volume_fields(r, &f, &v);
	if (rc == 0 && item_get(r, it, "tmpfs", &f))
		rc = tmpfs_fields(r, &f, &v);
	return rc < 0 ? rc : apply(r, it, &v);
}

static int volume_one(struct reading *r, const struct item *it)
{
	return it->node->kind == YAML_TREE_MAP ? volume_long(r, it) : volume_short(r, it);
}

int key_volumes(struct reading *r, const struct item *it)
{
	return each_entry(r, it, "sm", volume_one);
}
