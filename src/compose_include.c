/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_include.c - `include`: what other projects' files bring into this one.
 *
 * Should: read each with the variables of its own .env behind the project's; say where two files define
 *	   the same thing differently.
 * Mustn't: merge what it brings, or fetch anything from another machine.
 */
#include <errno.h>
#include <string.h>

#include "compose_files.h"

static const char *const sections[] = {"services", "networks", "volumes",
				       "secrets",  "configs",  "models"};

struct include {
	struct compose_project *p;
	struct err *err;
	const struct compose_chain *chain;
	const struct yaml_node *paths; /* a text or a list of texts */
	const struct yaml_node *env_files;
	const char *dir;
};

static int bad_text(const struct include *in, const struct yaml_node *n, const char *what)
{
	return place_say(in->err, &n->at, "include: %s has to be a text", what);
}

/* The i-th text of a text or a list; NULL behind the last. */
static const struct yaml_node *text_at(const struct yaml_node *n, size_t i)
{
	if (!n || n->kind == YAML_TREE_NULL)
		return NULL;
	if (n->kind == YAML_TREE_LIST)
		return i < n->n ? n->items[i] : NULL;
	return i ? NULL : n;
}

static int check_texts(const struct include *in, const struct yaml_node *n, const char *what)
{
	const struct yaml_node *text;

	for (size_t i = 0; (text = text_at(n, i)); i++) {
		if (text->kind != YAML_TREE_SCALAR || !text->text[0])
			return bad_text(in, text, what);
		if (compose_is_remote(text->text)) {
			(void)place_say(in->err, &text->at,
					"include: %.128s is not on this machine", text->text);
			err_hint(in->err, "fetch it, look at it, and name the file");
			return -EINVAL;
		}
	}
	return 0;
}

/* {path: ..., project_directory: ..., env_file: ...}, or a path alone. */
static int read_entry(struct include *in, const struct yaml_node *entry)
{
	const struct yaml_node *dir = NULL;
	int rc;

	in->paths = entry;
	in->env_files = NULL;
	if (entry->kind == YAML_TREE_MAP) {
		for (size_t i = 0; i < entry->n; i++) {
			const struct yaml_pair *pair = &entry->pairs[i];

			if (strcmp(pair->key, "path") != 0 && strcmp(pair->key, "env_file") != 0 &&
			    strcmp(pair->key, "project_directory") != 0) {
				(void)place_say(in->err, &pair->at,
						"include: unknown key \"%.64s\"", pair->key);
				err_hint(in->err, "known are path, project_directory and env_file");
				return -EINVAL;
			}
		}
		in->paths = yaml_get(entry, "path");
		in->env_files = yaml_get(entry, "env_file");
		dir = yaml_get(entry, "project_directory");
	}
	if (!text_at(in->paths, 0))
		return place_say(in->err, &entry->at, "include: the path is missing");
	rc = check_texts(in, in->paths, "the path");
	if (rc == 0)
		rc = check_texts(in, in->env_files, "env_file");
	if (rc == 0 && dir && (dir->kind != YAML_TREE_SCALAR || !dir->text[0]))
		rc = bad_text(in, dir, "project_directory");
	if (rc == 0)
		in->dir = dir ? dir->text
			      : compose_dirname(in->p->arena, text_at(in->paths, 0)->text);
	return rc;
}

/* Variables that only the included files see; what is there already goes before them. */
static int read_env(const struct include *in)
{
	struct compose_project *p = in->p;
	const struct yaml_node *file;
	size_t n = 0;

	while (text_at(in->env_files, n))
		n++;
	if (!n)
		return compose_env_default(p, compose_path(p, in->dir), in->err);
	while (n-- > 0) { /* the last one first: it wins over those before it */
		int rc;

		file = text_at(in->env_files, n);
		rc = compose_env_add(p, compose_path(p, file->text), false, in->err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int read_files(const struct include *in, struct yaml_node **ret)
{
	const struct yaml_node *path;

	*ret = NULL;
	for (size_t i = 0; (path = text_at(in->paths, i)); i++) {
		struct yaml_node *root = NULL;
		int rc = compose_file(in->p, path->text, in->dir, &path->at, in->chain, &root,
				      in->err);

		if (rc == 0 && *ret)
			rc = compose_merge(in->p->arena, *ret, root, &root, in->err);
		if (rc < 0)
			return rc;
		*ret = root;
	}
	return 0;
}

static int bring(const struct include *in, struct yaml_node *root, const char *section,
		 const struct yaml_node *from)
{
	struct arena *a = in->p->arena;
	struct yaml_node *to = yaml_get(root, section);

	if (from->kind != YAML_TREE_MAP)
		return 0;
	if (to && to->kind != YAML_TREE_MAP)
		return place_say(in->err, &to->at,
				 "%s: this has to be a map where files are included", section);
	if (!to) {
		to = yaml_map(a, &from->at);
		yaml_add(a, root, section, &from->at, to);
	}
	for (size_t i = 0; i < from->n; i++) {
		const struct yaml_pair *pair = &from->pairs[i], *there = yaml_find(to, pair->key);

		if (!there && to->n == YAML_MAX_ITEMS)
			return place_say(in->err, &pair->at, "more than %d %s", YAML_MAX_ITEMS,
					 section);
		if (!there) {
			yaml_add(a, to, pair->key, &pair->at, pair->value);
		} else if (!yaml_equal(there->value, pair->value)) {
			(void)place_say(
				in->err, &pair->at,
				"%s.%.64s: this file is included, and %.255s:%u has another",
				section, pair->key, there->at.file, there->at.line);
			err_hint(in->err,
				 "give one of them another name, or merge the files by -f");
			return -EINVAL;
		}
	}
	return 0;
}

static int include_entry(struct include *in, struct yaml_node *root, const struct yaml_node *entry)
{
	size_t n_vars = in->p->n_vars;
	struct yaml_node *from = NULL;
	int rc = read_entry(in, entry);

	if (rc == 0)
		rc = read_env(in);
	if (rc == 0)
		rc = read_files(in, &from);
	in->p->n_vars = n_vars;
	for (size_t i = 0; i < ARRAY_SIZE(sections) && rc == 0; i++) {
		const struct yaml_node *section = yaml_get(from, sections[i]);

		if (section)
			rc = bring(in, root, sections[i], section);
	}
	return rc;
}

int compose_include(struct compose_project *p, struct yaml_node *root,
		    const struct compose_chain *chain, struct err *err)
{
	struct include in = {.p = p, .err = err, .chain = chain};
	const struct yaml_node *list = yaml_get(root, "include");
	int rc = 0;

	if (!list)
		return 0;
	if (list->kind != YAML_TREE_LIST && list->kind != YAML_TREE_NULL)
		return place_say(err, &list->at, "include: this has to be a list");
	yaml_remove(root, "include");
	for (size_t i = 0; list->kind == YAML_TREE_LIST && i < list->n && rc == 0; i++)
		rc = include_entry(&in, root, list->items[i]);
	return rc;
}
