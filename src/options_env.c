/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options_env.c - setters: the environment.
 *
 * Should: hand over what was asked and nothing else, byte for byte.
 * Mustn't: let a line of a file be something else than it looks: no quotes, no continuation, no
 *	    expansion, as in Docker.
 *
 * An entry without '=' stands for "not set": it is how an absent variable of the caller's undoes an
 * earlier entry. spec_finish() takes these out.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "options_set.h"

#define ENV_FILE_MAX (1UL << 20)
#define ENTRY_MAX ((1UL << 17) - 1) /* execve(2): 32 pages for a string with its NUL */

static void add(struct spec *s, const char *entry, bool is_foreign)
{
	s->env_is_foreign = list_grow(s->arena, s->env_is_foreign, s->n_env,
				      sizeof(*s->env_is_foreign));
	s->env_is_foreign[s->n_env] = is_foreign;
	s->env = list_grow(s->arena, s->env, s->n_env, sizeof(*s->env));
	s->env[s->n_env++] = entry;
}

/* NAME alone: as the caller has it. */
static void add_from_caller(struct spec *s, const char *name)
{
	const char *value = getenv(name);

	add(s, value ? arena_printf(s->arena, "%s=%s", name, value) : name, true);
}

int opt_env(struct spec *s, const char *value, const char *origin, struct err *err)
{
	/* Not `origin`: the value may be a secret, and errors end up in logs. */
	(void)origin;
	if (!value[0] || value[0] == '=')
		return err_say(err, "--env: the name of the variable is missing");
	if (strchr(value, '='))
		add(s, value, false);
	else
		add_from_caller(s, value);
	return 0;
}

/* One line of an --env-file, without its newline. */
static int env_line(struct spec *s, char *line, size_t len, const char *where, struct err *err)
{
	size_t name;

	if (len && line[len - 1] == '\r')
		line[--len] = '\0';
	line += strspn(line, " \t\v\f");
	if (!*line || *line == '#')
		return 0;
	name = strcspn(line, "=");
	if (name == 0)
		return err_say(err, "%s: no variable name before '='", where);
	if (strcspn(line, " \t\v\f\r") < name) {
		int rc = err_say(err, "%s: blank in the name of a variable", where);

		err_hint(err, "NAME=VALUE, no blank around '=', no `export`, no quotes");
		return rc;
	}
	if (len > ENTRY_MAX)
		return err_say(err, "%s: longer than %lu bytes, which no program can be given",
			       where, ENTRY_MAX);
	if (line[name])
		add(s, arena_strdup(s->arena, line), true);
	else
		add_from_caller(s, arena_strdup(s->arena, line));
	return 0;
}

static int open_failed(const char *value, int num, struct err *err)
{
	int rc;

	switch (num) {
	case EFBIG:
		rc = err_say(err, "--env-file %s: larger than 1 MiB", value);
		break;
	case EINVAL:
		rc = err_say(err, "--env-file %s: not a regular file", value);
		break;
	default:
		return err_set(err, num, "--env-file %s", value);
	}
	err_hint(err, "it is a text file of NAME=VALUE lines");
	return rc;
}

int opt_env_file(struct spec *s, const char *value, const char *origin, struct err *err)
{
	auto_free char *text = NULL;
	size_t len = 0, number = 1;
	int rc = value_not_empty(value, origin, err);

	if (rc < 0)
		return rc;
	rc = read_file(AT_FDCWD, value, ENV_FILE_MAX, &text, &len);
	if (rc < 0)
		return open_failed(value, -rc, err);
	for (char *line = text; line < text + len; number++) {
		char *end = memchr(line, '\n', (size_t)(text + len - line));
		size_t n = end ? (size_t)(end - line) : (size_t)(text + len - line);
		char where[200];

		snprintf(where, sizeof(where), "--env-file %.150s:%zu", value, number);
		line[n] = '\0';
		if (strlen(line) != n)
			return err_say(err, "%s: a NUL byte", where);
		if (number == 1 && strncmp(line, "\xef\xbb\xbf", 3) == 0) {
			line += 3; /* a byte order mark is no part of the first name */
			n -= 3;
		}
		rc = env_line(s, line, n, where, err);
		if (rc < 0)
			return rc;
		line += n + 1;
	}
	return 0;
}
