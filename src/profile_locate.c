/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_locate.c - where in a profile's text something stands, as line and column.
 *
 * jansson keeps no positions. So when there is an error to tell, its place is looked up in the text
 * once more: a good profile pays only for the lines of its rules.
 *
 * Should: stay inside the text and take time in proportion to it, whatever it holds.
 * Mustn't: judge: jansson has accepted this text, or its message is all that is told.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "profile_json.h"

/* ---- steps through JSON; `end` means that the text ended first ------------------------------ */

static const char *skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
		p++;
	return p;
}

/* From the opening quote to behind the closing one. */
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++) {
		if (*p == '\\' && p + 1 < end)
			p++;
	}
	return p < end ? p + 1 : end;
}

/* Counts brackets and does not recurse, so that depth costs no stack. */
static const char *skip_value(const char *p, const char *end)
{
	unsigned depth = 0;

	while (p < end) {
		char c = *p;

		if (depth == 0 && (c == ',' || c == ']' || c == '}'))
			return p;
		p = c == '"' ? skip_string(p, end) : p + 1;
		if (c == '[' || c == '{')
			depth++;
		else if (c == ']' || c == '}')
			depth--;
	}
	return p;
}

/* The first element or member of what opens at p, or NULL. */
static const char *first(const char *p, const char *end, char open)
{
	if (p >= end || *p != open)
		return NULL;
	p = skip_space(p + 1, end);
	return p < end && *p != ']' && *p != '}' ? p : NULL;
}

/* The one after the value at p, or NULL. */
static const char *next(const char *p, const char *end)
{
	p = skip_value(p, end);
	if (p >= end || *p != ',')
		return NULL;
	p = skip_space(p + 1, end);
	return p < end ? p : NULL;
}

/* ---- along a path --------------------------------------------------------------------------- */

static const char *element(const char *p, const char *end, const char **path)
{
	char *rest;
	unsigned long index = strtoul(*path + 1, &rest, 10);

	p = first(p, end, '[');
	for (; p && index; index--)
		p = next(p, end);
	*path = *rest == ']' ? rest + 1 : rest;
	return p;
}

/*
 * The longest match wins: an unknown field may be called "args[0]". Keys are compared as they are
 * written: one that is spelled with escapes is not found.
 */
static const char *member(const char *p, const char *end, const char **path, bool want_key)
{
	size_t len = strlen(*path), best = 0;
	const char *found = NULL;

	for (p = first(p, end, '{'); p && *p == '"';) {
		const char *key = p + 1, *value = skip_string(p, end);
		size_t n = (size_t)(value - key) - (value > key);

		value = skip_space(value, end);
		if (value >= end || *value != ':')
			break;
		value = skip_space(value + 1, end);
		if (n <= len && n >= best && memcmp(*path, key, n) == 0 &&
		    strchr(".[", (*path)[n])) {
			found = want_key && n == len ? p : value;
			best = n;
		}
		p = next(value, end);
	}
	*path += best;
	return found;
}

static int locate(const char *text, size_t len, const char *path, bool want_key, const char **ret)
{
	const char *end = text + len, *p = skip_space(text, end);

	*ret = p;
	while (*path) {
		if (*path == '[') {
			p = element(p, end, &path);
		} else {
			path += *path == '.';
			p = member(p, end, &path, want_key);
		}
		if (!p)
			return -ENOENT;
		*ret = p;
	}
	return 0;
}

void profile_position(const char *text, size_t len, size_t at, unsigned *ret_line,
		      unsigned *ret_col)
{
	unsigned line = 1, col = 1;

	if (at > len)
		at = len;
	for (size_t i = 0; i < at; i++) {
		if (text[i] == '\n') {
			line++;
			col = 1;
		} else if (((unsigned char)text[i] & 0xc0) != 0x80) {
			col++;
		}
	}
	*ret_line = line;
	*ret_col = col;
}

static int locate_position(const char *text, size_t len, const char *path, bool want_key,
			   unsigned *ret_line, unsigned *ret_col)
{
	const char *p;
	int rc = locate(text, len, path, want_key, &p);

	profile_position(text, len, (size_t)(p - text), ret_line, ret_col);
	return rc;
}

int profile_locate(const char *text, size_t len, const char *path, unsigned *ret_line,
		   unsigned *ret_col)
{
	return locate_position(text, len, path, false, ret_line, ret_col);
}

int profile_locate_key(const char *text, size_t len, const char *path, unsigned *ret_line,
		       unsigned *ret_col)
{
	return locate_position(text, len, path, true, ret_line, ret_col);
}

/* ---- the lines of all rules ------------------------------------------------------------------- */

void profile_lines_start(struct profile_lines *l, const char *text, size_t len)
{
	const char *list;

	*l = (struct profile_lines){.counted = text, .end = text + len, .line = 1};
	if (locate(text, len, "syscalls", false, &list) == 0)
		l->next = first(list, l->end, '[');
}

unsigned profile_lines_next(struct profile_lines *l)
{
	if (!l->next)
		return 0;
	while (l->counted < l->next)
		l->line += *l->counted++ == '\n';
	l->next = next(l->next, l->end);
	return l->line;
}
