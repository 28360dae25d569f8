/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_files.c - one Compose file: read, bounded, its sections looked at.
 *
 * Should: leave maps with maps in them where the specification has them, so that nobody else asks.
 * Mustn't: know the keys of a service.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "compose_files.h"
#include "nearest.h"
#include "options_set.h"

static const char *const top_keys[] = {
	"configs", "include",  "models",  "name",    "networks",
	"secrets", "services", "version", "volumes",
};

/* Those that are maps of maps. */
static const char *const sections[] = {"configs", "models",   "networks",
				       "secrets", "services", "volumes"};

static const char *top_key(size_t i)
{
	return top_keys[i];
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static int read_stdin(struct arena *a, const char **ret, size_t *ret_len, struct err *err)
{
	char *text = arena_alloc(a, YAML_MAX_BYTES + 2);
	size_t len = 0;

	for (;;) {
		ssize_t n = read(STDIN_FILENO, text + len, YAML_MAX_BYTES + 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, errno, "standard input");
		len += (size_t)n;
		if (n == 0 || len > YAML_MAX_BYTES)
			break;
	}
	*ret = text;
	*ret_len = len;
	return 0;
}

/* `at`: what asked for the file, or NULL: the command line. */
static int read_failed(const char *path, const struct place *at, int num, struct err *err)
{
	if (num == EFBIG)
		return place_say(err, at, "%.255s: larger than %lu KiB", path,
				 YAML_MAX_BYTES >> 10);
	if (num == EINVAL)
		return place_say(err, at, "%.255s: not a regular file", path);
	return place_say(err, at, "%.255s: %s", path, strerror(num));
}

static int read_yaml(struct compose_project *p, const char *path, const struct place *at,
		     struct yaml_node **ret, struct err *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	auto_free char *text = NULL;
	const char *from = NULL;
	size_t len = 0;
	int rc;

	/* what is read lives until the end, and the arena has to hold the rest of the request, too */
	if (p->n_reads == COMPOSE_READS_MAX || p->arena->used > p->arena->size / 2) {
		(void)place_say(err, at, "%.255s: too many files, or too much in them", path);
		err_hint(err, "%d files at most, of which all together have a few MiB",
			 COMPOSE_READS_MAX);
		return -EINVAL;
	}
	if (is_stdin) {
		rc = read_stdin(p->arena, &from, &len, err);
	} else {
		rc = read_file(AT_FDCWD, path, YAML_MAX_BYTES, &text, &len);
		from = text;
		if (rc < 0)
			return read_failed(path, at, -rc, err);
	}
	if (rc)
		return rc;
	p->reads = list_grow(p->arena, p->reads, p->n_reads, sizeof(*p->reads));
	p->reads[p->n_reads++] = (struct compose_read){arena_strdup(p->arena, path), NULL};
	return yaml_read(p->arena, is_stdin ? "<stdin>" : path, from, len, ret, err);
}

/* ---- sections -------------------------------------------------------------------------------- */

static bool is_service_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";

	return name[0] && !name[strspn(name, allowed)];
}

static int check_service(const struct yaml_pair *pair, struct err *err)
{
	if (!is_service_name(pair->key)) {
		(void)place_say(err, &pair->at, "\"%.64s\" is no name of a service", pair->key);
		err_hint(err, "letters, digits, '.', '_' and '-'");
		return -EINVAL;
	}
	if (pair->value->tag == YAML_TAG_RESET)
		return 0;
	if (pair->value->kind != YAML_TREE_MAP) {
		(void)place_say(err, &pair->value->at, "the service \"%.64s\" is not a map",
				pair->key);
		err_hint(err, "the keys of a service stand below its name, further to the right");
		return -EINVAL;
	}
	return 0;
}

static int check_section(struct yaml_node *root, const char *key, struct err *err)
{
	struct yaml_node *section = yaml_get(root, key);
	bool is_services = strcmp(key, "services") == 0;

	if (!section || section->tag == YAML_TAG_RESET)
		return 0;
	if (section->kind == YAML_TREE_NULL) {
		yaml_remove(root, key);
		return 0;
	}
	if (section->kind != YAML_TREE_MAP)
		return place_say(err, &section->at, "%s: this has to be a map", key);
	for (size_t i = 0; i < section->n; i++) {
		const struct yaml_pair *pair = &section->pairs[i];
		int rc = 0;

		if (is_services)
			rc = check_service(pair, err);
		else if (pair->value->kind != YAML_TREE_MAP && pair->value->kind != YAML_TREE_NULL)
			rc = place_say(err, &pair->value->at, "%s.%.64s: this has to be a map", key,
				       pair->key);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int unknown_key(const struct yaml_pair *pair, struct err *err)
{
	const char *near = nearest(pair->key, top_key, ARRAY_SIZE(top_keys));

	(void)place_say(err, &pair->at, "unknown key \"%.64s\" at the top of the file", pair->key);
	if (near)
		err_hint(err, "did you mean %s?", near);
	else
		err_hint(err, "known are services, networks, volumes, secrets, configs, models, "
			      "include, name and version, and what begins with x-");
	return -EINVAL;
}

static int check_top(struct compose_project *p, struct yaml_node *root, const char *path,
		     struct err *err)
{
	if (!root || root->kind == YAML_TREE_NULL) {
		(void)err_say(err, "%.255s: nothing is in this file", path);
		err_hint(err, "a Compose file has at least: services:");
		return -EINVAL;
	}
	if (root->kind != YAML_TREE_MAP || root->tag)
		return place_say(err, &root->at, "a Compose file is a map: services: ...");
	for (size_t i = 0; i < root->n; i++) {
		const struct yaml_pair *pair = &root->pairs[i];
		size_t k = 0;

		while (k < ARRAY_SIZE(top_keys) && strcmp(top_keys[k], pair->key) != 0)
			k++;
		if (k == ARRAY_SIZE(top_keys) && strncmp(pair->key, "x-", 2) != 0)
			return unknown_key(pair, err);
		if (strcmp(pair->key, "version") == 0)
			compose_note(p, "obsolete-version", &pair->at, NULL,
				     "`version` is obsolete and means nothing: take the line out");
	}
	yaml_remove(root, "version");
	return 0;
}

static int check_sections(struct yaml_node *root, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		int rc = check_section(root, sections[i], err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ---- files ----------------------------------------------------------------------------------- */

int compose_file_plain(struct compose_project *p, const char *path, const char *base,
		       const struct place *at, struct yaml_node **ret, struct err *err)
{
	const char *opened = base ? compose_path(p, path) : path;
	int rc = read_yaml(p, opened, at, ret, err);

	if (rc == 0)
		rc = check_top(p, *ret, opened, err);
	if (rc == 0 && !p->is_raw)
		rc = compose_expand_tree(p, *ret, err);
	if (rc == 0)
		rc = check_sections(*ret, err);
	if (rc == 0)
		compose_rebase(p, *ret, base);
	return rc;
}

static int check_chain(const struct compose_chain *chain, const struct place *at, struct err *err)
{
	for (const struct compose_chain *c = chain->up; c; c = c->up)
		if (strcmp(c->file, chain->file) == 0)
			return place_say(err, at, "include: %.255s includes itself", chain->file);
	if (chain->depth > COMPOSE_CHAIN_MAX)
		return place_say(err, at, "include: more than %d files, one in the other",
				 COMPOSE_CHAIN_MAX);
	return 0;
}

int compose_file(struct compose_project *p, const char *path, const char *base,
		 const struct place *at, const struct compose_chain *up, struct yaml_node **ret,
		 struct err *err)
{
	const char *opened = base ? compose_path(p, path) : path;
	const struct compose_chain chain = {up, opened, NULL, up ? up->depth + 1 : 0};
	int rc = check_chain(&chain, at, err);

	if (rc == 0)
		rc = compose_file_plain(p, path, base, at, ret, err);
	if (rc == 0)
		rc = compose_extend(p, *ret, opened, err);
	if (rc == 0)
		rc = compose_include(p, *ret, &chain, err);
	return rc;
}
