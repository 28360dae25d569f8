/* SPDX-License-Identifier: Apache-2.0 */
/*
 * term.h - text for people: as wide as the terminal, in colour where that is wanted.
 */
#ifndef PILLBOX_TERM_H
#define PILLBOX_TERM_H

#include <stdbool.h>
#include <stdio.h>

enum style { STYLE_PLAIN, STYLE_TITLE, STYLE_KEY, STYLE_DIM, STYLE_GOOD, STYLE_BAD, STYLE_COUNT };

struct term {
	FILE *out;
	unsigned width; /* columns; 80 when it is no terminal, so that tests and logs agree */
	bool has_color; /* a terminal, and neither NO_COLOR (no-color.org) nor TERM=dumb is set */
};

void term_init(struct term *t, FILE *out);

/*
 * One paragraph: `label` in `style` at column `indent`, the text from `column` on, wrapped between
 * words. Control bytes are escaped, so a path of the rootfs cannot steer the terminal. label may be "".
 */
void term_para(const struct term *t, unsigned indent, unsigned column, enum style style,
	       const char *label, const char *text);

/* A line as it is but for control bytes; never wrapped: it is meant to be copied. */
void term_line(const struct term *t, unsigned indent, enum style style, const char *text);

#endif
