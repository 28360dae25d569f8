/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_service.c - one service of a project: its keys by the table, then what belongs together.
 *
 * Should: give each key that is there at least one verdict, in the order of the file.
 * Mustn't: know what a key means; compose_keys_*.c do.
 */
#include <errno.h>
#include <string.h>

#include "compose_keys.h"

static void no_such_service(const struct compose_project *p, const char *name, struct err *err)
{
	const char *near = nearest_key(p->services, name), *list = "";

	(void)place_say(err, &p->services->at, "no service is called %.100s", name);
	if (near)
		err_hint(err, "did you mean %s?", near);
	for (size_t i = 0; i < p->services->n && i < 20; i++)
		list = arena_printf(p->arena, "%s%s%s", list, i ? ", " : "",
				    p->services->pairs[i].key);
	err_hint(err, "there are: %s", list);
}

/* NULL: there is none, and err says so. */
static const struct yaml_pair *find_service(const struct compose_project *p, const char *name,
					    struct err *err)
{
	const struct place nowhere = {.file = p->files && p->files[0] ? p->files[0] : p->dir};

	if (!p->services || p->services->kind != YAML_TREE_MAP || !p->services->n) {
		(void)place_say(err, p->root ? &p->root->at : &nowhere, "no services are in it");
		err_hint(err, "services: {NAME: {...}}");
		return NULL;
	}
	for (size_t i = 0; name && i < p->services->n; i++)
		if (strcmp(p->services->pairs[i].key, name) == 0)
			return &p->services->pairs[i];
	if (name) {
		no_such_service(p, name, err);
		return NULL;
	}
	if (p->services->n == 1)
		return &p->services->pairs[0];
	(void)place_say(err, &p->services->at, "%zu services, and none is named", p->services->n);
	err_hint(err, "name one, such as %s", p->services->pairs[0].key);
	return NULL;
}

/* The preset goes below everything, and says so in the name of the key, where there is one. */
static void ask_preset(struct reading *r)
{
	struct item preset = {.key = "x-preset", .at = r->asked->at}, there;
	const char *name = "docker";

	if (service_get(r, "x-preset", &there) && there.node->kind == YAML_TREE_SCALAR) {
		preset = there;
		name = there.node->text;
	}
	ask(r, &preset, "preset", name);
}

/* argv is entrypoint and command; none at all is not an empty one. */
static void join_words(struct reading *r)
{
	struct compose_words all = {0};

	for (size_t i = 0; i < r->entrypoint.n; i++)
		words_add(r, &all, r->entrypoint.words[i]);
	for (size_t i = 0; i < r->command.n; i++)
		words_add(r, &all, r->command.words[i]);
	r->asked->entrypoint = r->entrypoint.words;
	r->asked->n_entrypoint = r->entrypoint.n;
	r->asked->argv = all.words;
	r->asked->argc = all.n;
}

int compose_service(const struct compose_project *p, const char *name, struct asked *ret,
		    struct err *err)
{
	const struct yaml_pair *pair = find_service(p, name, err);
	struct reading r = {.project = p, .asked = ret, .err = err};
	struct item service;
	int rc;

	if (!pair)
		return -EINVAL;
	*ret = (struct asked){.arena = p->arena, .name = pair->key, .at = pair->at};
	r.service = pair->value;
	service = (struct item){.key = pair->key, .at = pair->at, .node = pair->value};
	rc = check_kind(&r, &service, "m");
	if (rc < 0)
		return rc;
	service.key = NULL; /* keys are called "user", not "web.user" */
	ask_preset(&r);
	rc = read_table(&r, &service, compose_keys, compose_keys_len);
	if (rc < 0)
		return rc;
	join_words(&r);
	compose_advise(p, pair->value, ret);
	return 0;
}
