/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker_words.c - a line of text into words, as a shell would part it.
 *
 * Should: give the words that the user's shell would have given to docker, or say why not.
 * Mustn't: expand or execute anything; a line from a web page is nobody's program.
 */
#include <string.h>

#include "docker_line.h"

#define WORDS_MAX 8192

struct reader {
	const char *text, *at;
	char *out; /* of the word being read */
	size_t n;
};

static int refuse(const struct reader *r, const char *what, const char *hint, struct err *err)
{
	unsigned line = 1, column = 1;
	int rc;

	for (const char *c = r->text; c < r->at; c++) {
		column = *c == '\n' ? 1 : column + 1;
		line += *c == '\n';
	}
	rc = err_say(err, "--from-docker: line %u, column %u: %s", line, column, what);
	err_hint(err, "%s", hint);
	return rc;
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* {a,b} and {1..3} are several words to a shell; {{.Name}} is not. */
static bool is_brace(const char *at)
{
	size_t len = strcspn(at, "} \t\n");

	return at[len] == '}' && (memchr(at, ',', len) || memmem(at, len, "..", 2));
}

/* What a shell would replace: inside double quotes too, or only outside of them. */
static int check_special(const struct reader *r, bool is_quoted, struct err *err)
{
	static const char by_hand[] = "write out what it stands for, or quote it if it is meant";
	const char *at = r->at;

	if (*at == '`')
		return refuse(r, "`...`: no command is executed", by_hand, err);
	if (*at == '$' && at[1] == '(')
		return refuse(r, "$(...): no command is executed", by_hand, err);
	if (*at == '$' && (is_name(at[1]) || (at[1] && strchr("{?$!#*@-", at[1])) ||
			   (!is_quoted && (at[1] == '\'' || at[1] == '"'))))
		return refuse(r, "$: no variable is expanded", by_hand, err);
	if (is_quoted)
		return 0;
	if (strchr("*?[", *at))
		return refuse(r, "* ? [: no pattern is expanded", by_hand, err);
	if (*at == '{' && is_brace(at))
		return refuse(r, "{...}: no braces are expanded", by_hand, err);
	if (*at == '~' && r->n == 0)
		return refuse(r, "~: no home directory is looked up", by_hand, err);
	if (*at == '#' && r->n == 0)
		return refuse(r, "#: a comment", "leave it out, or quote it", err);
	if (strchr(";|&<>()", *at))
		return refuse(r, "; | & < > ( ): this is no script",
			      "only the docker run line itself, or quote the character", err);
	return 0;
}

/* Behind the opening quote; ends behind the closing one. */
static int quoted(struct reader *r, char quote, struct err *err)
{
	const struct reader start = *r;

	for (; *r->at && *r->at != quote; r->at++) {
		if (quote == '"') {
			int rc = check_special(r, true, err);

			if (rc < 0)
				return rc;
			if (*r->at == '\\' && r->at[1] == '\n') {
				r->at++;
				continue;
			}
			if (*r->at == '\\' && r->at[1] && strchr("\"\\$`", r->at[1]))
				r->at++;
		}
		r->out[r->n++] = *r->at;
	}
	if (!*r->at)
		return refuse(&start, "a quote that is never closed", "close it", err);
	r->at++;
	return 0;
}

/* One word; *ret_any: there was one, if only of quotes. */
static int word(struct reader *r, bool *ret_any, struct err *err)
{
	*ret_any = false;
	while (*r->at && !strchr(" \t\r\n", *r->at)) {
		int rc = 0;

		if (*r->at == '\\' && r->at[1] == '\n') {
			r->at += 2;
			continue;
		}
		if (*r->at == '\\' && r->at[1] == '\r' && r->at[2] == '\n') {
			r->at += 3;
			continue;
		}
		if (*r->at == '\\' && !r->at[1])
			return refuse(r, "a backslash at the end", "leave it out", err);
		if (*r->at == '\'' || *r->at == '"') {
			r->at++;
			rc = quoted(r, r->at[-1], err);
		} else if (*r->at == '\\') {
			r->out[r->n++] = r->at[1];
			r->at += 2;
		} else {
			rc = check_special(r, false, err);
			r->out[r->n++] = *r->at++;
		}
		if (rc < 0)
			return rc;
		*ret_any = true;
	}
	return 0;
}

int docker_line_words(struct arena *a, const char *text, const char *const **ret, size_t *ret_n,
		      struct err *err)
{
	struct reader r = {.text = text, .at = text, .out = arena_alloc(a, strlen(text) + 1)};
	const char **words = arena_alloc(a, (WORDS_MAX + 1) * sizeof(*words));
	bool any, is_ended = false;
	size_t n = 0;

	for (;;) {
		int rc;

		for (; *r.at && strchr(" \t\r\n", *r.at); r.at++)
			is_ended = is_ended || (*r.at == '\n' && n);
		if (!*r.at)
			break;
		r.n = 0;
		rc = word(&r, &any, err);
		if (rc < 0)
			return rc;
		if (!any)
			continue; /* a continued line */
		if (is_ended)
			return refuse(&r, "a second line",
				      "a backslash at the end of a line continues it", err);
		if (n == WORDS_MAX)
			return err_say(err, "--from-docker: more than %d words", WORDS_MAX);
		words[n++] = arena_strndup(a, r.out, r.n);
	}
	*ret = words;
	*ret_n = n;
	return 0;
}
