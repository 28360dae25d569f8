/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options_front.c - the options that stand for many: --from-compose and --from-docker.
 *
 * Should: find the text, hand it to its reader.
 * Mustn't: know a key of Compose's or a flag of docker's.
 */
#include <errno.h>
#include <string.h>

#include "compose.h"
#include "docker_line.h"
#include "options_set.h"

static int too_many(const char *origin, const char *key, size_t max, struct err *err)
{
	return err_say(err, "%s: more than %zu times %s=", origin, max, key);
}

/* One field of --from-compose; all but `service` have lists or one value of the request. */
static int compose_field(struct compose_req *req, const char **service, const char *key,
			 const char *v, struct err *err)
{
	static const char origin[] = "--from-compose";
	const struct {
		const char *key, **list;
		size_t max, *n; /* NULL: one value */
	} fields[] = {
		{"service", service, 1, NULL},
		{"file", req->files, ARRAY_SIZE(req->files), &req->n_files},
		{"env-file", req->env_files, ARRAY_SIZE(req->env_files), &req->n_env_files},
		{"profile", req->profiles, ARRAY_SIZE(req->profiles), &req->n_profiles},
		{"project-directory", &req->project_dir, 1, NULL},
		{"project-name", &req->project_name, 1, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strcmp(fields[i].key, key) != 0)
			continue;
		if (!v || !*v)
			return err_say(err, "%s: %s has no value", origin, key);
		if (fields[i].n && *fields[i].n == fields[i].max)
			return too_many(origin, key, fields[i].max, err);
		if (!fields[i].n && *fields[i].list && strcmp(*fields[i].list, v) != 0)
			return err_say(err, "%s: two values for %s", origin, key);
		fields[i].list[fields[i].n ? (*fields[i].n)++ : 0] = v;
		return 0;
	}
	err_say(err, "%s: '%.60s' is unknown here", origin, key);
	err_hint(err, "service=, file=, env-file=, profile=, project-directory=, project-name=");
	return -EINVAL;
}

int compose_req_parse(struct arena *a, const char *value, struct compose_req *ret,
		      const char **ret_service, struct err *err)
{
	const char *cursor = value;

	*ret = (struct compose_req){0};
	*ret_service = NULL;
	if (!strpbrk(value, "=,\"")) {
		*ret_service = value;
		return value_not_empty(value, "--from-compose", err);
	}
	while (cursor) {
		const char *field, *key, *v;

		if (value_next(a, &cursor, "--from-compose", &field, err) < 0)
			return -EINVAL;
		value_cut(a, field, &key, &v);
		if (compose_field(ret, ret_service, key, v, err) < 0)
			return -EINVAL;
	}
	return 0;
}

static int refused(const struct asked *a, struct err *err)
{
	if (!a->refusal)
		return 0;
	err_say(err, "%s", a->refusal);
	err_hint(err, "%s", a->refusal_hint);
	return -EINVAL;
}

int front_compose(struct arena *a, const char *value, const char *const *rest, struct asked *ret,
		  bool *ret_used, struct err *err)
{
	struct compose_project project;
	struct compose_req req;
	const char *service;

	(void)rest, (void)ret_used;
	if (compose_req_parse(a, value, &req, &service, err) < 0 ||
	    compose_load(&project, a, &req, err) < 0 ||
	    compose_service(&project, service, ret, err) < 0)
		return -EINVAL;
	ret->notes = project.notes;
	ret->n_notes = project.n_notes;
	return refused(ret, err);
}

int front_docker(struct arena *a, const char *value, const char *const *rest, struct asked *ret,
		 bool *ret_used, struct err *err)
{
	const char *const *words = rest;
	size_t n = 0;

	*ret_used = strcmp(value, "-") == 0;
	if (!*ret_used && docker_line_words(a, value, &words, &n, err) < 0)
		return -EINVAL;
	if (*ret_used)
		while (words[n])
			n++;
	if (!n) {
		err_say(err, "--from-docker: no docker run line");
		err_hint(err, "--from-docker 'docker run ...' ROOTFS, or --from-docker ROOTFS -- "
			      "docker run ...");
		return -EINVAL;
	}
	if (docker_line_read(a, words, n, ret, err) < 0)
		return -EINVAL;
	return refused(ret, err);
}
