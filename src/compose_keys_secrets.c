/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_keys_secrets.c - secrets and configs: a name here, what it is on the outermost level.
 *
 * Should: honour uid, gid and mode, which Docker Compose does not for files.
 * Mustn't: have anything of a secret in a message, a verdict or an origin.
 */
#include <string.h>

#include "compose_keys.h"

struct kind {
	const char *option, *list; /* of run; the key on the outermost level */
	const char *fields;
	bool is_config;
};

static const struct kind secret_kind = {
	"secret", "secrets",
	"name environment file external:bm labels:ml driver driver_opts:m template_driver", false};
static const struct kind config_kind = {
	"config", "configs", "name content environment file external:bm labels:ml template_driver",
	true};

/* A variable of .env (or the project's name) is not in the caller's environment, where run would look for it. */
static bool is_from_env_file(const struct compose_project *p, const char *value)
{
	for (size_t i = 0; i < p->n_vars; i++)
		if (p->vars[i].value == value)
			return true;
	return value == p->name;
}

static int from_variable(struct reading *r, const struct item *it, const char *name,
			 const char **list, bool *ret_is_hidden)
{
	const char *value = compose_lookup(r->project, name);
	int rc;

	if (!value) {
		rc = wrong(r, it, "the variable %.60s is not set", name);
		err_hint(r->err, "set it where pillbox is called, or in .env");
		return rc;
	}
	*ret_is_hidden = is_from_env_file(r->project, value);
	*list = *ret_is_hidden ? csv_add(r, NULL, "content", value) : csv_add(r, NULL, "env", name);
	return 0;
}

/* What the entry's own map says; *list is what the source says. */
static int target_fields(struct reading *r, const struct item *it, const struct kind *k,
			 const char *name, const char **list)
{
	const char *target = NULL, *mode = "0444";
	struct item f;
	int rc = 0;

	if (it->node->kind == YAML_TREE_MAP && item_get(r, it, "target", &f)) {
		target = f.node->text;
		if (!*target)
			return wrong(r, &f, "the target is empty");
	}
	if (!target)
		target = k->is_config ? arena_printf(r->asked->arena, "/%s", name) : name;
	*list = csv_add(r, *list, "target", target);
	if (it->node->kind == YAML_TREE_MAP) {
		if (item_get(r, it, "uid", &f))
			*list = csv_add(r, *list, "uid", f.node->text);
		if (item_get(r, it, "gid", &f))
			*list = csv_add(r, *list, "gid", f.node->text);
		if (item_get(r, it, "mode", &f))
			rc = read_mode(r, &f, &mode);
	}
	*list = csv_add(r, *list, "mode", mode);
	return rc;
}

/* A service that starts without its secret fails somewhere else, or runs with a default. */
static void outside(struct reading *r, const struct item *it, const char *where)
{
	static const char cure[] =
		"`file:` or `environment:` in the top-level entry brings it here";

	say(r, it, VERDICT_UNPRIVILEGED,
	    "%s: it is not in this file, there is no store to take it from, and run refuses; %s",
	    where, cure);
	asked_refuse(r->asked, &it->at, it->key, cure, "%s: there is no store to take it from",
		     where);
}

/* Where it comes from: 0 and *list; 1: from where nothing can be had, said as a verdict. */
static int source(struct reading *r, const struct item *it, const struct item *top,
		  const char **list, bool *ret_is_hidden)
{
	struct item f;
	int rc;

	if (item_get(r, top, "external", &f) && (f.node->kind == YAML_TREE_MAP || is_true(f.node)))
		return outside(r, it, "external"), 1;
	if (item_get(r, top, "driver", &f))
		return outside(r, it, "a driver of a cluster's"), 1;
	if (item_get(r, top, "file", &f) && *f.node->text) {
		*list = csv_add(r, NULL, "src", compose_path(r->project, f.node->text));
		return 0;
	}
	if (item_get(r, top, "environment", &f) && *f.node->text)
		return from_variable(r, &f, f.node->text, list, ret_is_hidden);
	if (item_get(r, top, "content", &f)) {
		*list = csv_add(r, NULL, "content", f.node->text);
		*ret_is_hidden = true;
		return 0;
	}
	rc = wrong(r, top, "nothing says where it comes from");
	err_hint(r->err, "file: PATH or environment: NAME");
	return rc;
}

static int one(struct reading *r, const struct item *it, const struct kind *k)
{
	const struct yaml_node *tops = k->is_config ? r->project->configs : r->project->secrets;
	struct item all = {.key = k->list, .node = tops}, top, name_item = *it;
	bool is_hidden = false;
	const char *list = NULL, *name;
	int rc = 0;

	if (it->node->kind == YAML_TREE_MAP) {
		rc = check_fields(r, it, "source target uid gid mode");
		if (rc == 0 && !item_get(r, it, "source", &name_item))
			rc = wrong(r, it, "`source` is missing");
	}
	if (rc < 0)
		return rc;
	name = name_item.node->text;
	if (!tops || !item_get(r, &all, name, &top)) {
		rc = wrong(r, &name_item, "no %.60s is among the file's %s", name, k->list);
		if (nearest_key(tops, name))
			err_hint(r->err, "did you mean %s?", nearest_key(tops, name));
		err_hint(r->err, "add it on the outermost level: %s: {%.60s: {file: PATH}}",
			 k->list, name);
		return rc;
	}
	rc = check_kind(r, &top, "m");
	if (rc == 0)
		rc = check_fields(r, &top, k->fields);
	if (rc == 0)
		rc = source(r, it, &top, &list, &is_hidden);
	if (rc)
		return rc < 0 ? rc : 0;
	rc = target_fields(r, it, k, name, &list);
	if (rc < 0)
		return rc;
	if (is_hidden)
		ask_hidden(r, it, k->option, list);
	else
		ask(r, it, k->option, list);
	asked_verdict(r->asked, &it->at, it->key, name, VERDICT_ENFORCED, "%s",
		      it->node->kind == YAML_TREE_MAP
			      ? "uid, gid and mode too, which Docker Compose passes over for files"
			      : "");
	return 0;
}

static int secret_one(struct reading *r, const struct item *it)
{
	return one(r, it, &secret_kind);
}

static int config_one(struct reading *r, const struct item *it)
{
	return one(r, it, &config_kind);
}

int key_secrets(struct reading *r, const struct item *it)
{
	return each_entry(r, it, "sm", secret_one);
}

int key_configs(struct reading *r, const struct item *it)
{
	return each_entry(r, it, "sm", config_one);
}
