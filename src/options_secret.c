/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options_secret.c - setter: --secret.
 *
 * Should: say where a secret comes from and what its file below /run/secrets is called.
 * Mustn't: read the secret, or print anything of it.
 */
#include <errno.h>
#include <string.h>

#include "options_set.h"

#define SECRETS_MAX 1000

static int secret_field(struct secret_req *r, const char *key, const char *v, const char *origin,
			struct err *err)
{
	const char **text = NULL;
	int rc;

	if (!v || !*v)
		return err_say(err, "%s: %s has no value", origin, key);
	if (strcmp(key, "src") == 0 || strcmp(key, "source") == 0)
		text = &r->file;
	else if (strcmp(key, "env") == 0)
		text = &r->env;
	else if (strcmp(key, "target") == 0 || strcmp(key, "dst") == 0)
		text = &r->target;
	if (text) {
		if (*text && strcmp(*text, v) != 0)
			return err_say(err, "%s: two values for %s", origin, key);
		*text = v;
		return 0;
	}
	if (strcmp(key, "uid") == 0) {
		rc = value_id(v, origin, &r->uid, err);
		r->has_uid = rc == 0;
		return rc;
	}
	if (strcmp(key, "gid") == 0) {
		rc = value_id(v, origin, &r->gid, err);
		r->has_gid = rc == 0;
		return rc;
	}
	if (strcmp(key, "mode") == 0)
		return value_mode(v, origin, &r->mode, err);
	rc = err_say(err, "%s: '%.60s' is unknown here", origin, key);
	err_hint(err, "src=FILE or env=NAME, target=NAME, uid=, gid=, mode=");
	return rc;
}

static int check_target(const struct spec *s, const struct secret_req *r, struct err *err)
{
	const char *name = r->target;
	int rc;

	if (!*name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    strlen(name) > 255) {
		rc = err_say(err, "%s: '%.100s' is not a file name", r->origin, name);
		err_hint(err, "target=NAME, without '/': the file is /run/secrets/NAME");
		return rc;
	}
	for (size_t i = 0; i < s->n_secrets; i++)
		if (strcmp(s->secrets[i].target, name) == 0)
			return err_say(err, "%s: /run/secrets/%s is the target of %s too",
				       r->origin, name, s->secrets[i].origin);
	return 0;
}

int opt_secret(struct spec *s, const char *value, const char *origin, struct err *err)
{
	struct secret_req r = {.origin = arena_strdup(s->arena, origin), .mode = 0400};
	const char *cursor = value;
	int rc;

	while (cursor) {
		const char *field, *key, *v;

		rc = value_next(s->arena, &cursor, origin, &field, err);
		if (rc < 0)
			return rc;
		value_cut(s->arena, field, &key, &v);
		rc = secret_field(&r, key, v, origin, err);
		if (rc < 0)
			return rc;
	}
	if (!r.file == !r.env)
		return err_say(err, "%s: either src=FILE or env=NAME is needed", origin);
	if (r.env && strchr(r.env, '='))
		return err_say(err, "%s: '%s' is not the name of a variable", origin, r.env);
	if (!r.target && r.file) {
		const char *slash = strrchr(r.file, '/');

		r.target = slash ? slash + 1 : r.file;
	} else if (!r.target) {
		r.target = r.env;
	}
	rc = check_target(s, &r, err);
	if (rc < 0)
		return rc;
	if (s->n_secrets >= SECRETS_MAX)
		return err_say(err, "%s: more than %d secrets", origin, SECRETS_MAX);
	s->secrets = list_grow(s->arena, s->secrets, s->n_secrets, sizeof(r));
	s->secrets[s->n_secrets++] = r;
	return 0;
}
