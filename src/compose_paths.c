/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_paths.c - paths in Compose files: relative to what?
 *
 * Should: know every key that holds a path, in one table.
 * Mustn't: open anything.
 *
 * A file that another one names (extends, include) has a directory of its own. Its paths are rewritten
 * when it is read, and are relative to the project's directory from then on.
 */
#include <stdlib.h>
#include <string.h>

#include "compose_files.h"

/* Which keys of a service are paths, or have paths in them. */
enum shape {
	SHAPE_PATH,     /* a text */
	SHAPE_PATHS,    /* a text, or a list of texts or of maps with `path` */
	SHAPE_VOLUMES,  /* "./SOURCE:TARGET", {type: bind, source: ...} */
	SHAPE_SECURITY, /* "seccomp:FILE" */
	SHAPE_IN,       /* a map with one, or a text that is it */
};

static const struct {
	const char *key;
	enum shape shape;
	const char *in; /* SHAPE_IN: the key of that map */
	bool is_bare;   /* SHAPE_IN: a text without the map is the path */
} service_paths[] = {
	{"build", SHAPE_IN, "context", true},     {"credential_spec", SHAPE_IN, "file", false},
	{"env_file", SHAPE_PATHS, NULL, false},   {"extends", SHAPE_IN, "file", false},
	{"label_file", SHAPE_PATHS, NULL, false}, {"security_opt", SHAPE_SECURITY, NULL, false},
	{"volumes", SHAPE_VOLUMES, NULL, false},  {"x-rootfs", SHAPE_PATH, NULL, false},
};

struct rebase {
	struct arena *arena;
	const char *base;
};

const char *compose_dirname(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ".";
	return slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path));
}

bool compose_is_remote(const char *path)
{
	return strstr(path, "://") || strncmp(path, "git@", 4) == 0 ||
	       strncmp(path, "github.com/", 11) == 0;
}

const char *compose_path(const struct compose_project *p, const char *path)
{
	const char *home = path[0] == '~' && (!path[1] || path[1] == '/') ? getenv("HOME") : NULL;

	if (home)
		return arena_printf(p->arena, "%s%s", home, path + 1);
	while (path[0] == '.' && path[1] == '/')
		path += 2 + strspn(path + 2, "/");
	if (path[0] == '/' || strcmp(p->dir, ".") == 0)
		return path[0] ? path : ".";
	return arena_printf(p->arena, "%s/%s", p->dir, path);
}

/* ---- rewriting ------------------------------------------------------------------------------- */

static const char *rebased(const struct rebase *r, const char *path)
{
	/* '$': a variable that is not interpolated, what comes of it is not known */
	if (!path[0] || strchr("/~$", path[0]) || compose_is_remote(path))
		return path;
	while (path[0] == '.' && path[1] == '/')
		path += 2 + strspn(path + 2, "/");
	/* "./" in front, so that it is not taken for the name of a volume */
	return arena_printf(r->arena, "%s%s/%s", strchr("/.~", r->base[0]) ? "" : "./", r->base,
			    path);
}

static void rebase_text(const struct rebase *r, struct yaml_node *n)
{
	if (n && n->kind == YAML_TREE_SCALAR)
		n->text = rebased(r, n->text);
}

static void rebase_list(const struct rebase *r, struct yaml_node *n)
{
	rebase_text(r, n);
	for (size_t i = 0; n->kind == YAML_TREE_LIST && i < n->n; i++) {
		rebase_text(r, n->items[i]);
		rebase_text(r, yaml_get(n->items[i], "path"));
	}
}

static void rebase_volumes(const struct rebase *r, const struct yaml_node *n)
{
	for (size_t i = 0; n->kind == YAML_TREE_LIST && i < n->n; i++) {
		struct yaml_node *item = n->items[i], *type = yaml_get(item, "type");
		const char *colon;

		if (type && type->kind == YAML_TREE_SCALAR && strcmp(type->text, "bind") == 0)
			rebase_text(r, yaml_get(item, "source"));
		/* a source without '.' in front is the name of a volume */
		if (item->kind != YAML_TREE_SCALAR || item->text[0] != '.')
			continue;
		colon = strchr(item->text, ':');
		if (colon)
			item->text = arena_printf(
				r->arena, "%s%s",
				rebased(r, arena_strndup(r->arena, item->text,
							 (size_t)(colon - item->text))),
				colon);
	}
}

static void rebase_security(const struct rebase *r, const struct yaml_node *n)
{
	for (size_t i = 0; n->kind == YAML_TREE_LIST && i < n->n; i++) {
		struct yaml_node *item = n->items[i];
		const char *value;

		if (item->kind != YAML_TREE_SCALAR || strncmp(item->text, "seccomp", 7) != 0 ||
		    !item->text[7] || !strchr("=:", item->text[7]))
			continue;
		value = item->text + 8;
		/* words that are no files: presets of pillbox's among them */
		if (strcmp(value, "unconfined") == 0 || strcmp(value, "builtin") == 0)
			continue;
		item->text = arena_printf(r->arena, "%.8s%s", item->text, rebased(r, value));
	}
}

static void rebase_service(const struct rebase *r, const struct yaml_node *service)
{
	for (size_t i = 0; i < ARRAY_SIZE(service_paths); i++) {
		struct yaml_node *n = yaml_get(service, service_paths[i].key);

		if (!n)
			continue;
		switch (service_paths[i].shape) {
		case SHAPE_PATH:
			rebase_text(r, n);
			break;
		case SHAPE_PATHS:
			rebase_list(r, n);
			break;
		case SHAPE_VOLUMES:
			rebase_volumes(r, n);
			break;
		case SHAPE_SECURITY:
			rebase_security(r, n);
			break;
		case SHAPE_IN:
			if (service_paths[i].is_bare)
				rebase_text(r, n);
			rebase_text(r, yaml_get(n, service_paths[i].in));
			break;
		}
	}
}

static void rebase_includes(const struct rebase *r, const struct yaml_node *include)
{
	for (size_t i = 0; include->kind == YAML_TREE_LIST && i < include->n; i++) {
		static const char *const keys[] = {"path", "project_directory", "env_file"};
		struct yaml_node *item = include->items[i];

		rebase_text(r, item);
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
			if (yaml_get(item, keys[k]))
				rebase_list(r, yaml_get(item, keys[k]));
	}
}

/* A volume's directory: pillbox's own key, and Docker's way of saying it. */
static void rebase_volume(const struct rebase *r, const struct yaml_node *volume)
{
	struct yaml_node *device = yaml_get(yaml_get(volume, "driver_opts"), "device");

	rebase_text(r, yaml_get(volume, "x-path"));
	if (device && device->kind == YAML_TREE_SCALAR && device->text[0] == '.')
		rebase_text(r, device);
}

static void rebase_file(const struct rebase *r, const struct yaml_node *n)
{
	rebase_text(r, yaml_get(n, "file"));
}

void compose_rebase(struct compose_project *p, struct yaml_node *root, const char *base)
{
	static const struct {
		const char *key;
		void (*rebase)(const struct rebase *r, const struct yaml_node *n);
	} sections[] = {
		{"services", rebase_service},
		{"secrets", rebase_file},
		{"configs", rebase_file},
		{"volumes", rebase_volume},
	};
	const struct rebase r = {p->arena, base};
	const struct yaml_node *include = yaml_get(root, "include");

	if (!base || strcmp(base, ".") == 0)
		return;
	for (size_t s = 0; s < ARRAY_SIZE(sections); s++) {
		const struct yaml_node *section = yaml_get(root, sections[s].key);

		for (size_t i = 0; section && section->kind == YAML_TREE_MAP && i < section->n; i++)
			sections[s].rebase(&r, section->pairs[i].value);
	}
	if (include)
		rebase_includes(&r, include);
}
