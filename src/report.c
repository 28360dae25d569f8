/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.c - the values of each step as text, and the report of --verbose.
 *
 * Should: read the list of steps and nothing else, so that the report is what is done.
 * Mustn't: know any step by name.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"
#include "show.h"

void show(struct show *out, const char *key, const char *fmt, ...)
{
	char value[8192];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	out->put(out, key, value);
}

/* Values are gathered until the key changes: "nodes: null zero full" reads better than ten lines. */
struct lines {
	struct show show;
	void (*line)(const char *text, void *arg);
	void *arg;
	const char *key;
	bool has_blank; /* a value in the line has one: another would not stand apart from it */
	char text[8192];
	size_t len;
};

static void lines_flush(struct lines *l)
{
	if (l->key)
		l->line(l->text, l->arg);
	l->key = NULL;
	l->len = 0;
}

static void lines_put(struct show *out, const char *key, const char *value)
{
	struct lines *l = (struct lines *)out;
	char safe[8192];
	size_t room;
	int n;

	escape(safe, sizeof(safe), value);
	room = sizeof(l->text) - l->len;
	if (l->key && (strcmp(l->key, key) != 0 || l->has_blank || strchr(safe, ' ') ||
		       strlen(safe) + 2 > room))
		lines_flush(l);
	room = sizeof(l->text) - l->len;
	if (l->key)
		n = snprintf(l->text + l->len, room, " %s", safe);
	else
		n = snprintf(l->text, room, "%s: %s", key, safe);
	l->key = key;
	l->has_blank = strchr(safe, ' ');
	l->len += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

void show_lines(const struct run *r, const struct step *s,
		void (*line)(const char *text, void *arg), void *arg)
{
	struct lines l = {.show = {.put = lines_put}, .line = line, .arg = arg};

	if (!s->show)
		return;
	s->show(r, &l.show);
	lines_flush(&l);
}

static void note_line(const char *text, void *arg)
{
	const struct step *s = arg;

	note("%s: %s", s->id, text);
}

void report_plan(const struct run *r)
{
	for (size_t i = 0; i < program_len; i++)
		if (step_wanted(r, program[i]))
			show_lines(r, program[i], note_line, (void *)(uintptr_t)program[i]);
}
