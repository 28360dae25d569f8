/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options_secret.c - setters: --secret and --config.
 *
 * Should: say where a file's text comes from, and what the file is called inside.
 * Mustn't: read the text, or let a message show any of it.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "options_set.h"

#define SECRETS_MAX 1000

/* "--secret content=hush": what follows is not for messages. */
static const char *without_content(struct arena *a, const char *origin)
{
	static const char field[] = "content=";
	const char *at = strstr(origin, field);

	if (!at)
		return arena_strdup(a, origin);
	return arena_printf(a, "%.*s...", (int)(at - origin + (long)sizeof(field) - 1), origin);
}

static int unknown_field(const struct secret_req *r, const char *key, struct err *err)
{
	int rc;

	/* A comma in a text that is not quoted: what stands behind it is the text. */
	if (r->content) {
		rc = err_say(err, "%s: an unknown field behind content=", r->origin);
		err_hint(err, "a text with commas stands in quotes, as in a CSV file: "
			      "\"content=a,b\",target=NAME");
		return rc;
	}
	rc = err_say(err, "%s: '%.60s' is unknown here", r->origin, key);
	err_hint(err, "src=FILE, env=NAME or content=TEXT; target=NAME, uid=, gid=, mode=");
	return rc;
}

static int secret_field(struct secret_req *r, const char *key, const char *v, struct err *err)
{
	const char **text = NULL, *origin = r->origin;
	char where[256];
	int rc;

	if (strcmp(key, "src") == 0 || strcmp(key, "source") == 0)
		text = &r->file;
	else if (strcmp(key, "env") == 0)
		text = &r->env;
	else if (strcmp(key, "content") == 0)
		text = &r->content;
	else if (strcmp(key, "target") == 0 || strcmp(key, "dst") == 0)
		text = &r->target;
	if (!v && r->content)
		return unknown_field(r, key, err);
	if (!v || (!*v && text != &r->content))
		return err_say(err, "%s: %s has no value", origin, key);
	if (text) {
		if (*text && strcmp(*text, v) != 0)
			return err_say(err, "%s: two values for %s", origin, key);
		*text = v;
		return 0;
	}
	/* The origin doesn't show what stands behind content=, and so not the field either. */
	snprintf(where, sizeof(where), "%.200s: %s", origin, key);
	if (strcmp(key, "uid") == 0) {
		rc = value_id(v, where, &r->uid, err);
		r->has_uid = rc == 0;
		return rc;
	}
	if (strcmp(key, "gid") == 0) {
		rc = value_id(v, where, &r->gid, err);
		r->has_gid = rc == 0;
		return rc;
	}
	if (strcmp(key, "mode") == 0)
		return value_mode(v, origin, &r->mode, err);
	return unknown_field(r, key, err);
}

static int check_source(const struct secret_req *r, struct err *err)
{
	int n = !!r->file + !!r->env + !!r->content;

	if (n != 1)
		return err_say(err, "%s: %s src=FILE, env=NAME %s content=TEXT is needed",
			       r->origin, n ? "only one of" : "one of", n ? "and" : "or");
	if (r->env && strchr(r->env, '='))
		return err_say(err, "%s: '%s' is not the name of a variable", r->origin, r->env);
	if (r->content && !r->target) {
		err_say(err, "%s: target= is missing", r->origin);
		err_hint(err, "src= and env= give the file its name; content=TEXT has none");
		return -EINVAL;
	}
	return 0;
}

/* The name a file gets by itself; "" is refused like any other that is none. */
static void default_target(struct secret_req *r)
{
	const char *name = r->file ? r->file : r->env ? r->env : "";
	const char *slash = r->file ? strrchr(name, '/') : NULL;

	if (!r->target)
		r->target = slash ? slash + 1 : name;
}

static bool is_file_name(const char *name)
{
	return *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
	       strlen(name) <= NAME_MAX;
}

/* A place of its own; what is named below /run/secrets is a secret's name again. */
static int place_target(struct spec *s, struct secret_req *r, struct err *err)
{
	static const char secrets[] = "/run/secrets/";
	const char *path = *r->target == '/' ? r->target : arena_printf(s->arena, "/%s", r->target);

	if (path_tidy(s->arena, path, &path) < 0 || strlen(path) >= PATH_MAX)
		return err_say(err, "%s: the target must be a path without '..'", r->origin);
	if (strncmp(path, secrets, sizeof(secrets) - 1) == 0 &&
	    is_file_name(path + sizeof(secrets) - 1)) {
		r->target = path + sizeof(secrets) - 1;
		return 0;
	}
	r->target = path;
	return mount_target_check(path, r->origin, err);
}

static int check_target(struct spec *s, struct secret_req *r, struct err *err)
{
	int rc = 0;

	if (r->is_public || *r->target == '/') {
		rc = place_target(s, r, err);
	} else if (!is_file_name(r->target)) {
		rc = err_say(err, "%s: '%.100s' is not a file name", r->origin, r->target);
		err_hint(err, "target=NAME, without '/': the file is /run/secrets/NAME; or an "
			      "absolute path");
	}
	for (size_t i = 0; i < s->n_secrets && rc == 0; i++)
		if (strcmp(s->secrets[i].target, r->target) == 0)
			rc = err_say(err, "%s: %s%s is the target of %s too", r->origin,
				     *r->target == '/' ? "" : "/run/secrets/", r->target,
				     s->secrets[i].origin);
	return rc;
}

static int opt_file(struct spec *s, const char *value, struct secret_req *r, struct err *err)
{
	const char *cursor = value;
	int rc = 0;

	while (cursor) {
		const char *field, *key, *v;

		rc = value_next(s->arena, &cursor, r->origin, &field, err);
		if (rc < 0)
			return rc;
		value_cut(s->arena, field, &key, &v);
		rc = secret_field(r, key, v, err);
		if (rc < 0)
			return rc;
	}
	rc = check_source(r, err);
	if (rc < 0)
		return rc;
	default_target(r);
	rc = check_target(s, r, err);
	if (rc < 0)
		return rc;
	if (s->n_secrets >= SECRETS_MAX)
		return err_say(err, "%s: more than %d secrets and configs", r->origin, SECRETS_MAX);
	s->secrets = list_grow(s->arena, s->secrets, s->n_secrets, sizeof(*r));
	s->secrets[s->n_secrets++] = *r;
	return 0;
}

int opt_secret(struct spec *s, const char *value, const char *origin, struct err *err)
{
	struct secret_req r = {.origin = without_content(s->arena, origin), .mode = 0400};

	return opt_file(s, value, &r, err);
}

int opt_config(struct spec *s, const char *value, const char *origin, struct err *err)
{
	struct secret_req r = {
		.origin = without_content(s->arena, origin), .mode = 0444, .is_public = true};

	return opt_file(s, value, &r, err);
}
