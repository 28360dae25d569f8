/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options_rights.c - setters: capabilities, seccomp, AppArmor, Landlock and what may be missing.
 *
 * Should: make each weakening a wish of its own, said in full.
 * Mustn't: have a word that switches off several controls at once.
 */
#include <string.h>

#include "caps_names.h"
#include "nearest.h"
#include "options_set.h"

int opt_cap_add(struct spec *s, const char *value, const char *origin, struct err *err)
{
	return caps_parse(value, origin, &s->cap_add, err);
}

int opt_cap_drop(struct spec *s, const char *value, const char *origin, struct err *err)
{
	return caps_parse(value, origin, &s->cap_drop, err);
}

int opt_privileged(struct spec *s, const char *value, const char *origin, struct err *err)
{
	int rc = err_say(err,
			 "--privileged: not offered, it would switch off every control at once");

	(void)s, (void)value, (void)origin;
	err_hint(err, "ask for what is needed: --cap-add NAME, --security-opt seccomp=unconfined, "
		      "--security-opt systempaths=unconfined, --writable, or --preset docker");
	return rc;
}

static int set_nnp(struct spec *s, const char *value, const char *origin, struct err *err)
{
	int i = 0, rc = value ? value_choice(value, "true false", origin, &i, err) : 0;

	if (rc == 0)
		s->no_new_privs = i == 0;
	return rc;
}

static int set_seccomp(struct spec *s, const char *value, const char *origin, struct err *err)
{
	if (!value || !*value)
		return err_say(err, "%s: a file or `unconfined` is missing", origin);
	s->filter_file = NULL;
	if (strcmp(value, "unconfined") == 0) {
		s->filter = FILTER_UNCONFINED;
	} else if (strcmp(value, "builtin") == 0) {
		s->filter = FILTER_BUILTIN;
	} else {
		s->filter = FILTER_FILE;
		s->filter_file = value;
	}
	return 0;
}

static int set_apparmor(struct spec *s, const char *value, const char *origin, struct err *err)
{
	size_t len = value ? strlen(value) : 0;

	if (len == 0)
		return err_say(err, "%s: a profile name or `unconfined` is missing", origin);
	/* "//&" separates stacked profiles, so that '&' is never part of one name. */
	if (len > 1024)
		return err_say(err, "%s: a profile name of %zu bytes", origin, len);
	for (size_t i = 0; i < len; i++)
		if (value[i] <= ' ' || value[i] > '~' || value[i] == '&')
			return err_say(err, "%s: not a profile name", origin);
	s->apparmor = value;
	return 0;
}

static int set_systempaths(struct spec *s, const char *value, const char *origin, struct err *err)
{
	if (!value || strcmp(value, "unconfined") != 0)
		return err_say(err, "%s: only systempaths=unconfined exists", origin);
	s->is_masked = false;
	return 0;
}

static const struct {
	const char *name;
	option_fn *set;
} security_opts[] = {
	{"no-new-privileges", set_nnp},
	{"seccomp", set_seccomp},
	{"apparmor", set_apparmor},
	{"systempaths", set_systempaths},
};

static const char *security_opt_name(size_t i)
{
	return security_opts[i].name;
}

int opt_security_opt(struct spec *s, const char *value, const char *origin, struct err *err)
{
	size_t len = strcspn(value, "=:");
	const char *near;
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(security_opts); i++)
		if (strlen(security_opts[i].name) == len &&
		    memcmp(security_opts[i].name, value, len) == 0)
			return security_opts[i].set(s, value[len] ? value + len + 1 : NULL, origin,
						    err);
	rc = err_say(err, "%s: unknown", origin);
	near = nearest(arena_strndup(s->arena, value, len), security_opt_name,
		       ARRAY_SIZE(security_opts));
	if (near)
		err_hint(err, "did you mean %s?", near);
	else
		err_hint(err, "no-new-privileges[=true|false], seccomp=FILE|unconfined, "
			      "apparmor=NAME|unconfined, systempaths=unconfined");
	return rc;
}

int opt_landlock(struct spec *s, const char *value, const char *origin, struct err *err)
{
	static const enum auto_mode modes[] = {MODE_AUTO, MODE_ON, MODE_OFF};
	int i, rc = value_choice(value, "auto on off", origin, &i, err);

	if (rc == 0)
		s->landlock = modes[i];
	return rc;
}

/*
 * A word of its own and no mode of --network: it goes with either of them, and what keeps TCP away
 * is another kernel object than the network namespace.
 */
int opt_tcp(struct spec *s, const char *value, const char *origin, struct err *err)
{
	static const enum tcp_mode modes[] = {TCP_ANY, TCP_NONE};
	int i, rc = value_choice(value, "any none", origin, &i, err);

	if (rc == 0) {
		s->tcp = modes[i];
		s->is_tcp_asked = true;
	}
	return rc;
}

int opt_allow_missing(struct spec *s, const char *value, const char *origin, struct err *err)
{
	static const unsigned bits[] = {MISSING_CGROUP, MISSING_APPARMOR, MISSING_LANDLOCK};
	const char *cursor = value;

	while (cursor) {
		const char *name;
		int i, rc = value_next(s->arena, &cursor, origin, &name, err);

		if (rc == 0)
			rc = value_choice(name, "cgroup apparmor landlock", origin, &i, err);
		if (rc < 0)
			return rc;
		s->allow_missing |= bits[i];
	}
	return 0;
}

int opt_nested_userns(struct spec *s, const char *value, const char *origin, struct err *err)
{
	(void)value, (void)origin, (void)err;
	s->nested_userns = true;
	return 0;
}

int opt_explain_denials(struct spec *s, const char *value, const char *origin, struct err *err)
{
	(void)value, (void)origin, (void)err;
	s->notify = NOTIFY_DENIALS;
	return 0;
}

int opt_no_cache(struct spec *s, const char *value, const char *origin, struct err *err)
{
	(void)value, (void)origin, (void)err;
	s->no_cache = true;
	return 0;
}
