/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lesson.c - the lessons in the terminal: pillbox lesson [N].
 *
 * Theory of operation: the Makefile turns docs/lessons/ into one table of strings. A page is printed
 * line by line: paragraphs and list items are joined and wrapped to the terminal, blocks of commands
 * and their output stay as they are.
 *
 * Should: show the same text as docs/lessons, without a pager, a file or the environment's help.
 * Mustn't: know anything about a lesson but its head; the list is made of the heads.
 */
#include "lesson.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "err.h"
#include "term.h"
#include "util.h"

#define CODE_INDENT 4
#define LIST_HEADING "## The lessons" /* in README.md; below it stands the list for a browser */

bool lesson_head(const struct lesson *lesson, struct lesson_head *ret)
{
	*ret = (struct lesson_head){0};
	return sscanf(lesson->text, "# %u. %63[^\n]\n\n%u minutes. ", &ret->number, ret->title,
		      &ret->minutes) == 3;
}

/* ---- one page ------------------------------------------------------------------------------- */

struct page_print {
	const struct term *t;
	char para[4096]; /* lines joined by a blank, until the paragraph ends */
	size_t len;
	unsigned column; /* 2 below the dash of a list item */
	bool is_code;
};

static void flush_para(struct page_print *p)
{
	if (p->len)
		term_para(p->t, 0, p->column, STYLE_PLAIN, p->column ? "-" : "", p->para);
	p->len = 0;
	p->column = 0;
}

static void add_to_para(struct page_print *p, const char *line, size_t len)
{
	int n = snprintf(p->para + p->len, sizeof(p->para) - p->len, "%s%.*s", p->len ? " " : "",
			 (int)len, line);

	if (n > 0 && p->len + (size_t)n < sizeof(p->para))
		p->len += (size_t)n;
}

/* A command to type stands out from what it prints. */
static void print_code(const struct page_print *p, const char *line, size_t len)
{
	char text[512];
	bool is_typed = len >= 2 && (line[0] == '$' || line[0] == '>') && line[1] == ' ';

	(void)snprintf(text, sizeof(text), "%.*s", (int)len, line);
	term_line(p->t, len ? CODE_INDENT : 0, is_typed ? STYLE_TITLE : STYLE_PLAIN, text);
}

static void print_line(struct page_print *p, const char *line, size_t len)
{
	char title[128];

	if (len >= 3 && !strncmp(line, "```", 3)) {
		flush_para(p);
		p->is_code = !p->is_code;
	} else if (p->is_code) {
		print_code(p, line, len);
	} else if (line[0] == '#') {
		size_t hashes = strspn(line, "# ");

		flush_para(p);
		(void)snprintf(title, sizeof(title), "%.*s", (int)(len - hashes), line + hashes);
		term_line(p->t, 0, STYLE_TITLE, title);
	} else if (len == 0) {
		flush_para(p);
		fputc('\n', p->t->out);
	} else if (len > 2 && line[0] == '-' && line[1] == ' ') {
		flush_para(p);
		p->column = 2;
		add_to_para(p, line + 2, len - 2);
	} else {
		size_t blanks = strspn(line, " ");

		add_to_para(p, line + blanks, len - blanks);
	}
}

void lesson_print(const struct term *t, const char *text, const char *until)
{
	struct page_print p = {.t = t};

	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");

		print_line(&p, line, len);
		if (until && strlen(until) == len && !strncmp(line, until, len))
			break;
		line += len + (line[len] == '\n');
	}
	flush_para(&p);
}

/* ---- the command ---------------------------------------------------------------------------- */

static void print_list(const struct term *t)
{
	lesson_print(t, lessons[0].text, LIST_HEADING);
	fputc('\n', t->out);
	for (size_t i = 1; i < lessons_len; i++) {
		struct lesson_head head;

		if (lesson_head(&lessons[i], &head))
			fprintf(t->out, "%4u  %-46s %2u min\n", head.number, head.title,
				head.minutes);
	}
	fputs("\nNext:  pillbox lesson 1\n", t->out);
}

/* 1 to the last; 0 for anything else. */
static size_t number_of(const char *text)
{
	size_t n = 0;

	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9' || n >= lessons_len)
			return 0;
		n = n * 10 + (size_t)(*p - '0');
	}
	return n < lessons_len ? n : 0;
}

static int lesson_run(int argc, char *argv[], struct err *err)
{
	size_t number = argc == 1 ? number_of(argv[0]) : 0;
	struct term t;

	if (argc > 0 && !number) {
		(void)err_say(err,
			      argc == 1 ? "'%s': no such lesson" : "'%s ...': one number is enough",
			      argv[0]);
		err_hint(err, "pillbox lesson lists them, 1 to %zu", lessons_len - 1);
		return -err->num;
	}
	term_init(&t, stdout);
	if (number)
		lesson_print(&t, lessons[number].text, NULL);
	else
		print_list(&t);
	return fflush(stdout) || ferror(stdout) ? err_set(err, errno, "standard output") : 0;
}

int lesson_main(int argc, char *argv[], const struct seam *seam)
{
	struct err err = {0};

	(void)seam;
	if (lesson_run(argc, argv, &err) < 0) {
		err_print(&err, "lesson");
		return err.exit;
	}
	return 0;
}
