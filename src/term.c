/* SPDX-License-Identifier: Apache-2.0 */
/*
 * term.c - wrapping and colour for the teaching texts.
 *
 * Should: print plain text wherever it is not a terminal; count columns, not bytes.
 * Mustn't: let a byte of anybody else's reach the terminal unescaped.
 */
#include "term.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "util.h"

#define WIDTH_PLAIN 80
#define WIDTH_MIN 40
#define WIDTH_MAX 110 /* longer lines are hard to read */

static const char *const codes[STYLE_COUNT] = {
	[STYLE_PLAIN] = "",      [STYLE_TITLE] = "\033[1m", [STYLE_KEY] = "\033[36m",
	[STYLE_DIM] = "\033[2m", [STYLE_GOOD] = "\033[32m", [STYLE_BAD] = "\033[31m",
};

void term_init(struct term *t, FILE *out)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	struct winsize size;
	int fd = fileno(out);

	t->out = out;
	t->width = WIDTH_PLAIN;
	t->has_color = false;
	if (!isatty(fd))
		return;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col)
		t->width = size.ws_col < WIDTH_MIN   ? WIDTH_MIN
			   : size.ws_col > WIDTH_MAX ? WIDTH_MAX
						     : size.ws_col;
	t->has_color = !(no_color && no_color[0]) && term && strcmp(term, "dumb") != 0;
}

static void styled(const struct term *t, enum style style, const char *text)
{
	bool has_code = t->has_color && codes[style][0];

	fprintf(t->out, "%s%s%s", has_code ? codes[style] : "", text, has_code ? "\033[0m" : "");
}

/* Columns of UTF-8 text, one for each character: the texts have no wide ones. */
static unsigned columns(const char *text, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

void term_para(const struct term *t, unsigned indent, unsigned column, enum style style,
	       const char *label, const char *text)
{
	char safe[16384];
	unsigned at = indent + columns(label, strlen(label));
	bool is_start = true; /* of a line: no blank before the word */

	fprintf(t->out, "%*s", (int)indent, "");
	styled(t, style, label);
	if (*label && *text && at >= column) { /* no room: the text begins below it */
		fputc('\n', t->out);
		at = 0;
	}
	if (at < column) {
		fprintf(t->out, "%*s", (int)(column - at), "");
		at = column;
	}
	escape(safe, sizeof(safe), text);
	for (const char *word = safe; *word;) {
		size_t len = strcspn(word, " ");
		unsigned width = columns(word, len);

		if (!is_start && at + 1 + width > t->width) {
			fprintf(t->out, "\n%*s", (int)column, "");
			at = column;
			is_start = true;
		}
		fprintf(t->out, "%s%.*s", is_start ? "" : " ", (int)len, word);
		at += width + !is_start;
		is_start = false;
		word += len;
		word += *word == ' ';
	}
	fputc('\n', t->out);
}

void term_line(const struct term *t, unsigned indent, enum style style, const char *text)
{
	char safe[16384];

	escape(safe, sizeof(safe), text);
	fprintf(t->out, "%*s", (int)indent, "");
	styled(t, style, safe);
	fputc('\n', t->out);
}
