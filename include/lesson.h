/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lesson.h - the pages of docs/lessons, built into the program.
 */
#ifndef PILLBOX_LESSON_H
#define PILLBOX_LESSON_H

#include <stdbool.h>
#include <stddef.h>

struct term;
struct seam;

struct lesson {
	const char *file; /* its name in docs/lessons */
	const char *text; /* Markdown, the part of it that lesson_print() knows */
};

/* Made by the Makefile: [0] is README.md, [N] lesson N. */
extern const struct lesson lessons[];
extern const size_t lessons_len;

/* What a page says about itself: `# N. TITLE` in its first line, `M minutes.` in its third. */
struct lesson_head {
	unsigned number, minutes;
	char title[64];
};
bool lesson_head(const struct lesson *lesson, struct lesson_head *ret);

/* A page, up to the line `until` and with it; NULL: to its end. */
void lesson_print(const struct term *t, const char *text, const char *until);

/* The command `pillbox lesson [N]`; argv[0] is N. Returns the exit status. */
int lesson_main(int argc, char *argv[], const struct seam *seam);

#endif
