/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_extend.c - `extends`: a service laid over another one, of this file or of another.
 *
 * Should: read each other file once; refuse a circle with its place.
 * Mustn't: take more than the service: volumes, secrets and what else it names stay where they are.
 */
#include <errno.h>
#include <string.h>

#include "compose_files.h"
#include "nearest.h"

struct extend {
	struct compose_project *p;
	struct err *err;
};

/* A file that another one extends. */
static int load(const struct extend *x, const struct yaml_node *file, const char **ret_path,
		struct yaml_node **ret)
{
	struct compose_project *p = x->p;
	const char *path = compose_path(p, file->text);
	int rc;

	if (compose_is_remote(file->text)) {
		(void)place_say(x->err, &file->at, "extends: %.128s is not on this machine",
				file->text);
		err_hint(x->err, "fetch it, look at it, and name the file");
		return -EINVAL;
	}
	*ret_path = path;
	for (size_t i = 0; i < p->n_reads; i++)
		if (p->reads[i].extended && strcmp(p->reads[i].path, path) == 0) {
			*ret = p->reads[i].extended;
			return 0;
		}
	rc = compose_file_plain(p, file->text, compose_dirname(p->arena, file->text), &file->at,
				ret, x->err);
	if (rc == 0)
		p->reads[p->n_reads - 1].extended = *ret;
	return rc;
}

/* extends: NAME, or {service: NAME, file: FILE} */
static int read_extends(const struct extend *x, const struct yaml_pair *extends,
			const struct yaml_node **ret_service, const struct yaml_node **ret_file)
{
	const struct yaml_node *n = extends->value;

	*ret_file = NULL;
	*ret_service = n;
	if (n->kind == YAML_TREE_MAP) {
		for (size_t i = 0; i < n->n; i++)
			if (strcmp(n->pairs[i].key, "service") != 0 &&
			    strcmp(n->pairs[i].key, "file") != 0) {
				(void)place_say(x->err, &n->pairs[i].at,
						"extends: unknown key \"%.64s\"", n->pairs[i].key);
				err_hint(x->err, "known are service and file");
				return -EINVAL;
			}
		*ret_service = yaml_get(n, "service");
		*ret_file = yaml_get(n, "file");
	}
	if (*ret_file && ((*ret_file)->kind != YAML_TREE_SCALAR || !(*ret_file)->text[0]))
		return place_say(x->err, &(*ret_file)->at, "extends: file has to be a path");
	if (*ret_service && (*ret_service)->kind == YAML_TREE_SCALAR)
		return 0;
	(void)place_say(x->err, &extends->at, "extends: the name of a service is missing");
	err_hint(x->err, "extends: NAME, or {file: FILE, service: NAME}");
	return -EINVAL;
}

static int no_service(const struct extend *x, const struct yaml_node *service, const char *path)
{
	(void)place_say(x->err, &service->at, "extends: there is no service \"%.64s\" in %.255s",
			service->text, path);
	err_hint(x->err, "extends: {file: FILE, service: NAME} for one of another file");
	return -EINVAL;
}

static int check_chain(const struct extend *x, const struct compose_chain *chain,
		       const struct place *at)
{
	for (const struct compose_chain *c = chain->up; c; c = c->up)
		if (strcmp(c->file, chain->file) == 0 && strcmp(c->service, chain->service) == 0)
			return place_say(x->err, at,
					 "extends: the service \"%.64s\" extends itself",
					 chain->service);
	if (chain->depth > COMPOSE_CHAIN_MAX)
		return place_say(x->err, at, "extends: more than %d services, one over the other",
				 COMPOSE_CHAIN_MAX);
	return 0;
}

static int extend(const struct extend *x, struct yaml_node *root, struct yaml_pair *pair,
		  const char *path, const struct compose_chain *up)
{
	const struct compose_chain chain = {up, path, pair->key, up ? up->depth + 1 : 0};
	const struct yaml_pair *extends = yaml_find(pair->value, "extends");
	const struct yaml_node *service = NULL, *file = NULL;
	struct yaml_node *from = root;
	const char *from_path = path;
	struct yaml_pair *base;
	int rc;

	if (!extends)
		return 0;
	rc = check_chain(x, &chain, &extends->at);
	if (rc == 0)
		rc = read_extends(x, extends, &service, &file);
	if (rc == 0 && file)
		rc = load(x, file, &from_path, &from);
	if (rc || !service) /* there is none only with an error */
		return rc;
	base = yaml_find(yaml_get(from, "services"), service->text);
	if (!base || base->value->kind != YAML_TREE_MAP)
		return no_service(x, service, from_path);
	rc = extend(x, from, base, from_path, &chain);
	if (rc < 0)
		return rc;
	yaml_remove(pair->value, "extends");
	return compose_merge_service(x->p->arena, base->value, pair->value, &pair->value, x->err);
}

int compose_extend(struct compose_project *p, struct yaml_node *root, const char *path,
		   struct err *err)
{
	const struct extend x = {p, err};
	const struct yaml_node *services = yaml_get(root, "services");
	int rc = 0;

	for (size_t i = 0;
	     services && services->kind == YAML_TREE_MAP && i < services->n && rc == 0; i++)
		rc = extend(&x, root, &services->pairs[i], path, NULL);
	return rc;
}
