/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_load.c - which files, in which directory, under which name: one project.
 *
 * Should: find the files, .env and the name where Docker does, in its order.
 * Mustn't: read YAML itself (compose_files.c), or know what a service's keys mean.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "compose_files.h"
#include "options_set.h"

#define PARENTS_MAX 64

struct load {
	struct compose_project *p;
	const struct compose_req *req;
	struct err *err;
	const char *files[COMPOSE_FILES_MAX];
	size_t n_files;
	bool is_env_given; /* files of variables are named: no .env */
};

/* ---- which files ------------------------------------------------------------------------------ */

static int add_file(struct load *l, const char *path)
{
	if (l->n_files == COMPOSE_FILES_MAX)
		return err_say(l->err, "more than %d Compose files", COMPOSE_FILES_MAX);
	l->files[l->n_files++] = path;
	return 0;
}

static bool is_there(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

/* The first of the names that is in a directory ("" or with a slash at its end). */
static const char *first_of(struct arena *a, const char *dir, const char *const *names)
{
	for (; *names; names++) {
		const char *path = arena_printf(a, "%s%s", dir, *names);

		if (is_there(path))
			return path;
	}
	return NULL;
}

static bool is_root(const char *dir)
{
	struct stat st, root;

	return stat(dir[0] ? dir : ".", &st) < 0 || stat("/", &root) < 0 ||
	       (st.st_dev == root.st_dev && st.st_ino == root.st_ino);
}

/* Here, then in each directory above, and what overrides it beside it. */
static int find_files(struct load *l)
{
	static const char *const names[] = {"compose.yaml", "compose.yml", "docker-compose.yml",
					    "docker-compose.yaml", NULL};
	static const char *const over[] = {"compose.override.yml", "compose.override.yaml",
					   "docker-compose.override.yml",
					   "docker-compose.override.yaml", NULL};
	struct arena *a = l->p->arena;
	const char *dir = l->req->project_dir ? arena_printf(a, "%s/", l->req->project_dir) : "";
	const char *found = first_of(a, dir, names), *other;

	for (unsigned i = 0; !found && i < PARENTS_MAX && !is_root(dir); i++) {
		dir = arena_printf(a, "%s../", dir);
		found = first_of(a, dir, names);
	}
	if (!found) {
		(void)err_say(l->err, "no Compose file here or in a directory above");
		err_hint(l->err, "name it: -f FILE; looked for are compose.yaml, compose.yml, "
				 "docker-compose.yml and docker-compose.yaml");
		return -EINVAL;
	}
	other = first_of(a, dir, over);
	if (strncmp(found, "../", 3) == 0) {
		struct place at = {found, 1, 1};

		compose_note(
			l->p, "file-above", &at, NULL,
			arena_printf(a, "the file is one of a directory above: %.255s", found));
	}
	(void)add_file(l, found);
	return other ? add_file(l, other) : 0;
}

/* COMPOSE_FILE: paths with ':' between them, or what COMPOSE_PATH_SEPARATOR is. */
static int split_files(struct load *l, const char *list)
{
	const char *separator = compose_lookup(l->p, "COMPOSE_PATH_SEPARATOR");

	if (!separator || !separator[0])
		separator = ":";
	while (*list) {
		const char *next = strstr(list, separator);
		size_t len = next ? (size_t)(next - list) : strlen(list);
		int rc = len ? add_file(l, arena_strndup(l->p->arena, list, len)) : 0;

		if (rc < 0)
			return rc;
		list = next ? next + strlen(separator) : list + len;
	}
	if (l->n_files)
		return 0;
	return err_say(l->err, "COMPOSE_FILE names no file");
}

static int choose_files(struct load *l)
{
	const char *list;

	for (size_t i = 0; i < l->req->n_files; i++)
		if (!l->req->files[i][0])
			return err_say(l->err, "--file: the path is empty");
	if (l->req->n_files) {
		memcpy(l->files, l->req->files, l->req->n_files * sizeof(l->files[0]));
		l->n_files = l->req->n_files;
		return 0;
	}
	list = compose_lookup(l->p, "COMPOSE_FILE");
	return list && list[0] ? split_files(l, list) : find_files(l);
}

/* ---- variables, profiles, name ------------------------------------------------------------------- */

/* The next of a list with ',' between its words, blanks around them taken off; NULL: the end. */
static const char *next_word(struct arena *a, const char **list)
{
	while (*list && **list) {
		size_t blank = strspn(*list, " "), len = strcspn(*list + blank, ",");
		const char *word = *list + blank;

		*list = word + len + (word[len] == ',');
		while (len && word[len - 1] == ' ')
			len--;
		if (len)
			return arena_strndup(a, word, len);
	}
	return NULL;
}

/* .env of a directory, if the caller does not want it away. */
static int read_default_env(struct load *l, const char *dir)
{
	const char *off = compose_lookup(l->p, "COMPOSE_DISABLE_ENV_FILE");

	if (l->is_env_given || (off && (strcmp(off, "1") == 0 || strcasecmp(off, "true") == 0)))
		return 0;
	return compose_env_default(l->p, dir, l->err);
}

/* --env-file or COMPOSE_ENV_FILES, the later over the earlier; or the .env that is here. */
static int read_env(struct load *l)
{
	const char *list = l->req->n_env_files ? NULL : compose_lookup(l->p, "COMPOSE_ENV_FILES");
	const char *path;
	int rc = 0;

	for (size_t i = 0; i < l->req->n_env_files && rc == 0; i++)
		rc = compose_env_add(l->p, l->req->env_files[i], true, l->err);
	l->is_env_given = l->req->n_env_files || (list && *list);
	while (rc == 0 && (path = next_word(l->p->arena, &list)))
		rc = compose_env_add(l->p, path, true, l->err);
	return rc < 0 ? rc : read_default_env(l, l->p->dir ? l->p->dir : ".");
}

static void add_profile(struct load *l, const char *name)
{
	const char **grown = list_grow(l->p->arena, l->p->profiles, l->p->n_profiles,
				       sizeof(*grown));

	grown[l->p->n_profiles++] = name;
	l->p->profiles = grown;
}

static void choose_profiles(struct load *l)
{
	const char *list = compose_lookup(l->p, "COMPOSE_PROFILES"), *name;

	for (size_t i = 0; i < l->req->n_profiles; i++)
		add_profile(l, l->req->profiles[i]);
	while ((name = next_word(l->p->arena, &list)))
		add_profile(l, name);
}

bool compose_is_active(const struct compose_project *p, const struct yaml_node *service)
{
	const struct yaml_node *list = yaml_get(service, "profiles");

	if (!list || list->kind != YAML_TREE_LIST || !list->n)
		return true;
	for (size_t i = 0; i < p->n_profiles; i++) {
		if (strcmp(p->profiles[i], "*") == 0)
			return true;
		for (size_t j = 0; j < list->n; j++)
			if (list->items[j]->kind == YAML_TREE_SCALAR &&
			    strcmp(p->profiles[i], list->items[j]->text) == 0)
				return true;
	}
	return false;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static int check_name(const char *name, const struct place *at, struct err *err)
{
	bool is_good = is_name_char(name[0]);

	for (const char *c = name; *c; c++)
		is_good = is_good && (is_name_char(*c) || *c == '_' || *c == '-');
	if (is_good)
		return 0;
	(void)place_say(err, at, "\"%.64s\" is no name of a project", name);
	err_hint(err, "small letters, digits, '-' and '_', a letter or a digit first");
	return -EINVAL;
}

/* The directory's, made one that a project may have. */
static const char *name_of_dir(struct arena *a, const char *dir)
{
	auto_free char *real = realpath(dir, NULL);
	const char *base = real ? strrchr(real, '/') + 1 : "";
	char *name = arena_alloc(a, strlen(base) + sizeof("project"));
	size_t n = 0;

	for (; *base; base++) {
		char c = (char)tolower((unsigned char)*base);

		if (is_name_char(c) || (n && (c == '_' || c == '-')))
			name[n++] = c;
	}
	return n ? name : "project";
}

/* *ret_given: the command line or the environment say it, so that `name:` does not count. */
static int choose_name(struct load *l, bool *ret_given)
{
	const struct place line = {NULL, 0, 0};
	const char *name = l->req->project_name;

	if (!name)
		name = compose_lookup(l->p, "COMPOSE_PROJECT_NAME");
	*ret_given = name && name[0];
	l->p->name = *ret_given ? name : name_of_dir(l->p->arena, l->p->dir);
	return *ret_given ? check_name(name, &line, l->err) : 0;
}

/* ---- the project ------------------------------------------------------------------------------- */

static int read_name(struct load *l, const struct yaml_node *root)
{
	const struct yaml_node *name = yaml_get(root, "name");

	if (!name || name->kind == YAML_TREE_NULL)
		return 0;
	if (name->kind != YAML_TREE_SCALAR)
		return place_say(l->err, &name->at, "name: this has to be a text");
	l->p->name = name->text;
	return l->p->is_raw && strchr(name->text, '$') ? 0
						       : check_name(name->text, &name->at, l->err);
}

static int read_files(struct load *l, bool is_name_given)
{
	struct compose_project *p = l->p;
	int rc = 0;

	for (size_t i = 0; i < l->n_files && rc == 0; i++) {
		struct yaml_node *root = NULL;

		rc = compose_file(p, l->files[i], NULL, NULL, NULL, &root, l->err);
		if (rc == 0 && !is_name_given)
			rc = read_name(l, root);
		if (rc == 0 && p->root)
			rc = compose_merge(p->arena, p->root, root, &root, l->err);
		p->root = root;
	}
	if (rc == 0)
		rc = compose_drop_resets(p->root, l->err);
	return rc;
}

static void set_sections(struct compose_project *p)
{
	const struct {
		const char *key;
		struct yaml_node **to;
	} sections[] = {
		{"services", &p->services}, {"secrets", &p->secrets},   {"configs", &p->configs},
		{"volumes", &p->volumes},   {"networks", &p->networks},
	};
	const char **files = arena_alloc(p->arena, (p->n_reads + 1) * sizeof(*files));

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		struct yaml_node *n = yaml_get(p->root, sections[i].key);

		*sections[i].to = n && n->kind == YAML_TREE_MAP ? n : NULL;
	}
	for (size_t i = 0; i < p->n_reads; i++)
		files[i] = p->reads[i].path;
	p->files = files;
}

int compose_load(struct compose_project *p, struct arena *a, const struct compose_req *req,
		 struct err *err)
{
	struct load l = {.p = p, .req = req, .err = err};
	const char *first_dir;
	bool is_name_given;
	int rc;

	*p = (struct compose_project){.arena = a, .dir = req->project_dir, .is_raw = req->is_raw};
	rc = read_env(&l); /* before the files, which it can name */
	if (rc == 0)
		rc = choose_files(&l);
	if (rc < 0)
		return rc;
	first_dir = p->dir ? p->dir : ".";
	if (!p->dir)
		p->dir = compose_dirname(a, l.files[0]);
	if (strcmp(p->dir, first_dir) != 0)
		rc = read_default_env(&l, p->dir);
	choose_profiles(&l);
	if (rc == 0)
		rc = choose_name(&l, &is_name_given);
	if (rc == 0)
		rc = read_files(&l, is_name_given);
	if (rc == 0)
		set_sections(p);
	return rc;
}
