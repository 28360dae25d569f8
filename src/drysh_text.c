/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drysh_text.c - values and comments of the script of --dry-run=sh.
 *
 * A name in a rootfs may hold any byte. In the script it has to stay one word, on its own line (or
 * it could end a here-document and go on as commands), and a script that is looked at in a terminal
 * must not steer it.
 *
 * Should: be the one place that quotes.
 * Mustn't: emit a newline, a control byte, or what makes text look other than it is.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drysh_frame.h"

#define NOTE_WIDTH 80

/* ---- texts that grow ------------------------------------------------------------------------- */

/* A dry run without memory says so and ends: it has touched nothing. */
static _Noreturn void no_memory(void)
{
	struct err err = {0};

	err_set(&err, ENOMEM, "--dry-run=sh");
	err_print(&err, "run");
	_exit(EXIT_SETUP);
}

void sh_text_begin(struct sh_text *t)
{
	t->out = open_memstream(&t->buf, &t->len);
	if (!t->out)
		no_memory();
}

void sh_text_end(struct sh_text *t)
{
	if (fclose(t->out) != 0)
		no_memory();
}

/* ---- quoting -------------------------------------------------------------------------------- */

/*
 * Characters of Unicode that change how the text around them is shown: C1 controls, line separators
 * and marks of writing direction, with which a script can look like another one.
 */
static bool is_deceptive(uint32_t c)
{
	return (c >= 0x80 && c < 0xa0) || c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

/* Bytes of one character that may stand as it is; 0: this byte may not. */
static size_t printable(const unsigned char *p)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len;
	uint32_t c;

	if (*p < 0x80)
		return *p >= 0x20 && *p != 0x7f;
	len = *p >= 0xf0 && *p < 0xf8 ? 4 : *p >= 0xe0 && *p < 0xf0 ? 3 : *p < 0xe0 ? 2 : 0;
	if (!len || *p < 0xc0)
		return 0;
	c = *p & (0x7fU >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < smallest[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) || is_deceptive(c))
		return 0;
	return len;
}

/* Bytes that cannot stand as they are: a newline by a variable, because $( ) would cut it off. */
static void put_odd(FILE *out, const unsigned char **p)
{
	if (**p == '\n') {
		++*p;
		fputs("\"$nl\"", out);
		return;
	}
	fputs("\"$(printf '", out);
	for (; **p && **p != '\n' && !printable(*p); ++*p)
		fprintf(out, "\\%03o", **p);
	fputs("')\"", out);
}

static void put_quoted(FILE *out, const char *value)
{
	const unsigned char *p = (const unsigned char *)value;

	fputc('\'', out);
	while (*p) {
		size_t len = printable(p);

		if (!len) {
			fputc('\'', out);
			put_odd(out, &p);
			fputc('\'', out);
		} else if (*p == '\'') {
			fputs("'\\''", out);
			p++;
		} else {
			fprintf(out, "%.*s", (int)len, (const char *)p);
			p += len;
		}
	}
	fputc('\'', out);
}

const char *sh_quote(const struct run *r, const char *value)
{
	struct sh_text text;
	const char *copy;

	sh_text_begin(&text);
	put_quoted(text.out, value);
	sh_text_end(&text);
	copy = arena_strndup(r->spec->arena, text.buf, text.len);
	free(text.buf);
	return copy;
}

const char *sh_source(const struct run *r, const char *path)
{
	char real[PATH_MAX];

	return sh_quote(r, realpath(path, real) ? real : path);
}

/* What a shell sets and exports or keeps to itself, whatever its environment says. */
static const char *const shell_names[] = {
	"IFS", "LINENO", "OLDPWD", "OPTIND", "PPID", "PWD", "SHLVL", "_",
};

/* The script's own variables; tests/unit/test_drysh.c looks for one that is not here. */
static const char *const own_names[] = {
	"PATH", "at",   "child",  "dir",   "found", "group", "nl",     "node",
	"now",  "path", "parent", "pipes", "root",  "stage", "status", "tool",
};

static bool is_among(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

bool sh_is_name(const char *name)
{
	for (const char *p = name; *p; p++) {
		bool is_letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_';

		if (!is_letter && (p == name || *p < '0' || *p > '9'))
			return false;
	}
	return *name && !is_among(name, shell_names, ARRAY_SIZE(shell_names));
}

bool sh_is_variable(const char *name)
{
	return sh_is_name(name) && !is_among(name, own_names, ARRAY_SIZE(own_names));
}

/* ---- comments ------------------------------------------------------------------------------- */

/* As escape() does, and what is_deceptive() names besides: here a value stands among our own words. */
static void make_printable(char *out, size_t size, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n = 0;

	while (*p && n + 5 < size) {
		size_t len = printable(p);

		if (len)
			memcpy(out + n, p, len);
		else
			(void)snprintf(out + n, size - n, "\\x%02x", *p);
		n += len ? len : 4;
		p += len ? len : 1;
	}
	out[n] = '\0';
}

void sh_wrap(FILE *out, const char *first, const char *next, const char *text)
{
	char safe[16384];
	size_t at = strlen(first);
	bool is_start = true; /* of a line: no blank before the word */

	make_printable(safe, sizeof(safe), text);
	fputs(first, out);
	for (const char *word = safe; *word;) {
		size_t len = strcspn(word, " ");

		if (!is_start && at + 1 + len > NOTE_WIDTH) {
			fprintf(out, "\n%s", next);
			at = strlen(next);
			is_start = true;
		}
		fprintf(out, "%s%.*s", is_start ? "" : " ", (int)len, word);
		at += len + !is_start;
		is_start = false;
		word += len;
		word += *word == ' ';
	}
	fputc('\n', out);
}
