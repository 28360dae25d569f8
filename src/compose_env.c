/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_env.c - files in the format of .env: NAME=VALUE lines as Compose reads them.
 *
 * Should: say file, line and column of what it can't read.
 * Mustn't: show a value in a message; run anything: it looks like a shell's file and is none.
 *
 * docker run --env-file is another format, in which nothing is quoted: options_env.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "compose_files.h"
#include "options_set.h"

#define ENV_FILE_MAX (1UL << 20)
#define ENV_VARS_MAX 4096
#define BLANK " \t\v\f\r"

struct env_reader {
	struct compose_project *p;
	struct err *err;
	struct place at;  /* of what begins at `text` */
	const char *text; /* what is left */
	bool is_raw;
	struct compose_var *vars;
	size_t n;
};

static void skip(struct env_reader *r, size_t n)
{
	for (; n; n--, r->text++) {
		if (*r->text == '\n') {
			r->at.line++;
			r->at.column = 1;
		} else if (((unsigned char)*r->text & 0xc0) != 0x80) {
			r->at.column++;
		}
	}
}

static int add(struct env_reader *r, const char *name, const char *value)
{
	size_t i = 0;

	while (i < r->n && strcmp(r->vars[i].name, name) != 0)
		i++;
	if (i == ENV_VARS_MAX)
		return place_say(r->err, &r->at, "more than %d variables", ENV_VARS_MAX);
	if (i == r->n) {
		r->vars = list_grow(r->p->arena, r->vars, r->n, sizeof(*r->vars));
		r->n++;
	}
	r->vars[i] = (struct compose_var){name, value};
	return 0;
}

/* A name alone: as the caller has it, or .env; not set there: nothing. */
static int add_inherited(struct env_reader *r, const char *name)
{
	const char *value = compose_lookup(r->p, name);

	return value ? add(r, name, value) : 0;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* The character that an escape stands for; 0: it is none, and stays as it is written. */
static char escaped(char c)
{
	static const char from[] = "abfnrtv\\\"", to[] = "\a\b\f\n\r\t\v\\\"";
	const char *found = c ? strchr(from, c) : NULL;

	return found ? to[found - from] : 0;
}

/*
 * What stands between quotes. In single ones only \' means something. In double ones \$ becomes $$,
 * which is one '$' after expansion.
 */
static const char *unquote(struct env_reader *r, const char *text, size_t len, char quote)
{
	char *out = arena_alloc(r->p->arena, 2 * len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i], next = i + 1 < len ? text[i + 1] : 0;

		out[n++] = c;
		if (c != '\\')
			continue;
		if (quote == '\'') {
			if (next == '\'')
				out[n - 1] = text[++i];
		} else if (next == '$') {
			out[n - 1] = '$';
			out[n++] = '$';
			i++;
		} else if (escaped(next)) {
			out[n - 1] = escaped(next);
			i++;
		}
	}
	return out;
}

static int expand(struct env_reader *r, const struct place *at, const char *text, const char **ret)
{
	int rc = compose_expand_with(r->p, r->vars, r->n, at, text, ret, r->err);

	if (rc < 0)
		err_hint(r->err, "in single quotes a '$' is a '$'");
	return rc;
}

static int read_quoted(struct env_reader *r, const char **ret)
{
	struct place at = r->at;
	char quote = *r->text;
	const char *begin = r->text + 1;
	size_t len = 0;

	while (begin[len] && begin[len] != quote)
		len += begin[len] == '\\' && begin[len + 1] ? 2 : 1;
	if (!begin[len]) {
		(void)place_say(r->err, &at, "the quote %c is not closed", quote);
		err_hint(r->err,
			 "a value with a quote in it: put it into quotes of the other kind");
		return -EINVAL;
	}
	skip(r, len + 2);
	skip(r, strspn(r->text, BLANK));
	if (*r->text && *r->text != '\n' && *r->text != '#')
		return place_say(r->err, &r->at, "text behind the closing quote");
	skip(r, strcspn(r->text, "\n"));
	*ret = unquote(r, begin, len, quote);
	return quote == '"' ? expand(r, &at, *ret, ret) : 0;
}

/* Up to the end of the line, or to a '#' behind a blank. */
static int read_plain(struct env_reader *r, const char **ret)
{
	size_t line = strcspn(r->text, "\n"), len = 0;
	struct place at = r->at;
	const char *text = r->text;

	while (len < line && !(text[len] == '#' && (!len || strchr(BLANK, text[len - 1]))))
		len++;
	while (len && strchr(BLANK, text[len - 1]))
		len--;
	skip(r, line);
	return expand(r, &at, arena_strndup(r->p->arena, text, len), ret);
}

/* ---- lines ----------------------------------------------------------------------------------- */

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_.-[]", c));
}

static int read_name(struct env_reader *r, const char **ret)
{
	size_t len = 0;

	if (strncmp(r->text, "export", 6) == 0 && r->text[6] && strchr(" \t", r->text[6]))
		skip(r, 6 + strspn(r->text + 6, BLANK));
	while (is_name_char(r->text[len]))
		len++;
	if (!len) {
		(void)place_say(r->err, &r->at, "the name of a variable has to stand here");
		err_hint(r->err, "NAME=VALUE; a comment begins with '#'");
		return -EINVAL;
	}
	*ret = arena_strndup(r->p->arena, r->text, len);
	skip(r, len);
	return 0;
}

static int read_line(struct env_reader *r)
{
	const char *name, *value;
	int rc = read_name(r, &name);

	if (rc < 0)
		return rc;
	skip(r, strspn(r->text, BLANK));
	if (!*r->text || *r->text == '\n' || *r->text == '#') {
		skip(r, strcspn(r->text, "\n"));
		return add_inherited(r, name);
	}
	if (*r->text != '=' && *r->text != ':')
		return place_say(r->err, &r->at, "after the name of a variable: =");
	skip(r, 1);
	skip(r, strspn(r->text, BLANK));
	if (*r->text == '"' || *r->text == '\'')
		rc = read_quoted(r, &value);
	else
		rc = read_plain(r, &value);
	return rc < 0 ? rc : add(r, name, value);
}

/* format: raw. What stands behind '=' is the value, byte for byte. */
static int read_raw_line(struct env_reader *r)
{
	size_t line = strcspn(r->text, "\n"), end = line, name = strcspn(r->text, "=\n");
	struct arena *a = r->p->arena;
	const char *text = r->text;

	if (end && text[end - 1] == '\r')
		end--;
	if (!name)
		return place_say(r->err, &r->at, "no name before '='");
	if (strcspn(text, BLANK) < (name < end ? name : end))
		return place_say(r->err, &r->at, "a blank in the name of a variable");
	skip(r, line);
	if (name >= end)
		return add_inherited(r, arena_strndup(a, text, end));
	return add(r, arena_strndup(a, text, name),
		   arena_strndup(a, text + name + 1, end - name - 1));
}

static int read_all(struct env_reader *r)
{
	int rc = 0;

	if (strncmp(r->text, "\xef\xbb\xbf", 3) == 0) /* no part of the first name */
		r->text += 3;
	for (;;) {
		skip(r, strspn(r->text, BLANK "\n"));
		if (!*r->text || rc < 0)
			return rc;
		if (*r->text == '#')
			skip(r, strcspn(r->text, "\n"));
		else
			rc = r->is_raw ? read_raw_line(r) : read_line(r);
	}
}

int compose_env_file(struct compose_project *p, const char *path, bool is_raw,
		     struct compose_var **ret, size_t *ret_n, struct err *err)
{
	struct env_reader r = {p, err, {arena_strdup(p->arena, path), 1, 1}, NULL, is_raw, NULL, 0};
	auto_free char *text = NULL;
	size_t len;
	int rc = read_file(AT_FDCWD, path, ENV_FILE_MAX, &text, &len);

	if (rc < 0) {
		(void)err_say(err, "%.255s: %s", path,
			      rc == -EINVAL ? "not a regular file" : strerror(-rc));
		return rc;
	}
	if (strlen(text) != len)
		return err_say(err, "%.255s: a NUL byte", path);
	r.text = text;
	rc = read_all(&r);
	if (rc < 0)
		return rc;
	*ret = r.vars;
	*ret_n = r.n;
	return 0;
}

int compose_env_add(struct compose_project *p, const char *path, bool is_over, struct err *err)
{
	struct compose_var *vars = NULL;
	size_t n = 0;
	int rc = compose_env_file(p, path, false, &vars, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		size_t at = 0;

		while (at < p->n_vars && strcmp(p->vars[at].name, vars[i].name) != 0)
			at++;
		if (at < p->n_vars && !is_over)
			continue;
		if (at == p->n_vars) {
			p->vars = list_grow(p->arena, p->vars, p->n_vars, sizeof(*p->vars));
			p->n_vars++;
		}
		p->vars[at] = vars[i];
	}
	return rc;
}

int compose_env_default(struct compose_project *p, const char *dir, struct err *err)
{
	const char *path = strcmp(dir, ".") == 0 ? ".env" : arena_printf(p->arena, "%s/.env", dir);
	struct stat st;

	if (stat(path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	return compose_env_add(p, path, false, err);
}
