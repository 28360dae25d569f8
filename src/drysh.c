/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drysh.c - an equivalent shell script (--dry-run=sh): the frame, into which the rooms write.
 *
 * Theory of operation
 *
 * The list of steps is walked once. Each wanted step writes its commands into the shell that does
 * them (drysh.h tells which there are), below a heading with its own `what` and `why`. At the end
 * the shells are put together (drysh_shells.c): each is the text of a here-document, which the one
 * before it hands to `sh -c`.
 *
 * Why four of them. Tools are programs of the host: where the old root is gone there are none. So
 * the last one to need tools stays outside (the helper does the pivot), and by then the sandbox has
 * given up all its rights and waits.
 *
 * Should: make a script that can be read from top to bottom, in the order of the list.
 * Mustn't: know what a step does, or let a value into the script that sh_quote() has not seen.
 */
#include "dryrun.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "drysh_frame.h"
#include "runner.h"

#define HEADING_WIDTH 80
#define TAB_WIDTH 8

/* ---- headings and comments ------------------------------------------------------------------- */

static const char *indent(enum sh_part part)
{
	return part == SH_LAUNCHER || part == SH_END ? "\t" : "";
}

static void paragraph(struct sh *out, const char *label, const char *text, const char *hang)
{
	const char *tab = indent(out->at);
	char first[64], next[64];

	(void)snprintf(first, sizeof(first), "%s# %s", tab, label);
	(void)snprintf(next, sizeof(next), "%s# %s", tab, hang);
	sh_wrap(out->part[out->at].out, first, next, text);
}

static void heading(struct sh *out, const char *text)
{
	const char *tab = indent(out->at);
	FILE *f = out->part[out->at].out;
	size_t width = HEADING_WIDTH - (*tab ? TAB_WIDTH : 0);

	fprintf(f, "\n%s# ---- %s ", tab, text);
	for (size_t at = strlen(text) + 8; at < width; at++)
		fputc('-', f);
	fputc('\n', f);
}

static void put_calls(struct sh *out)
{
	fprintf(out->part[out->at].out, "%s# These are the system calls:\n", indent(out->at));
	for (const char *line = out->step->calls; line && *line;) {
		size_t len = strcspn(line, "\n");
		char one[1024];

		(void)snprintf(one, sizeof(one), "%.*s", (int)len, line);
		paragraph(out, "    ", one, "      ");
		line += len + (line[len] == '\n');
	}
}

/* The step's heading, once in each part; its words only the first time. */
static void title(struct sh *out)
{
	const struct step *s = out->step;
	char again[64];

	if (out->is_titled[out->at])
		return;
	out->is_titled[out->at] = true;
	(void)snprintf(again, sizeof(again), "%s, continued", s->id);
	heading(out, out->n_titled ? again : s->id);
	out->has_own_words = !out->n_titled++;
	if (!out->has_own_words)
		return;
	paragraph(out, "", s->what, "");
	paragraph(out, "Why here: ", s->why, "");
	paragraph(out, "See ", s->refs, "");
	if (!s->no_tool)
		return;
	fprintf(out->part[out->at].out, "%s#\n", indent(out->at));
	paragraph(out, "NO TOOL: ", s->no_tool, "");
	if (s->calls)
		put_calls(out);
}

void sh_part(struct sh *out, enum sh_part part)
{
	out->at = part;
}

void sh_line(struct sh *out, const char *fmt, ...)
{
	va_list ap;

	title(out);
	if (*fmt)
		fputs(indent(out->at), out->part[out->at].out);
	va_start(ap, fmt);
	(void)vfprintf(out->part[out->at].out, fmt, ap);
	va_end(ap);
	fputc('\n', out->part[out->at].out);
}

void sh_note(struct sh *out, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	title(out);
	if (out->has_own_words)
		fprintf(out->part[out->at].out, "%s#\n", indent(out->at));
	out->has_own_words = false;
	paragraph(out, "", text, "");
}

void sh_need(struct sh *out, const char *tool, const char *package)
{
	fprintf(out->tools.out, " \\\n\t%s:%s", tool, package);
}

void sh_setpriv(struct sh *out, const char *fmt, ...)
{
	FILE *f;
	va_list ap;

	title(out);
	f = out->part[out->at].out;
	fprintf(f, "%sset -- \"$@\" %s", indent(out->at), out->has_setpriv ? "" : "setpriv ");
	va_start(ap, fmt);
	(void)vfprintf(f, fmt, ap);
	va_end(ap);
	fputc('\n', f);
	out->has_setpriv = true;
}

void sh_place(struct sh *out, const char *path, bool is_made)
{
	sh_line(out, "place %s", sh_quote(out->r, path));
	if (is_made)
		sh_line(out, "mkdir -p \"$at\"");
}

void sh_last(struct sh *out)
{
	FILE *f = out->part[out->at].out;

	sh_text_end(&out->part[SH_LAST]);
	if (out->has_setpriv)
		fputs("\nset -- \"$@\" -- # no more for setpriv\n", f);
	fputs(out->part[SH_LAST].buf, f);
}

/* ---- the walk -------------------------------------------------------------------------------- */

static bool is_skipped(const struct run *r, const struct step *s)
{
	for (size_t i = 0; i < r->spec->n_skip; i++)
		if (!strcmp(r->spec->skip[i], s->id))
			return true;
	return false;
}

static void walk(struct sh *out)
{
	for (size_t i = 0; i < program_len; i++) {
		const struct step *s = program[i];

		out->step = s;
		out->at = s->side == PARENT ? SH_LAUNCHER : SH_BUILDER;
		memset(out->is_titled, 0, sizeof(out->is_titled));
		out->n_titled = 0;
		if (is_skipped(out->r, s)) {
			heading(out, s->id);
			paragraph(out, "", "LEFT OUT by --skip", "");
		} else if (step_wanted(out->r, s)) {
			if (s->sh)
				s->sh(out->r, out);
			else if (!s->is_pure)
				title(out);
		}
	}
}

void dry_sh(const struct run *r, FILE *f)
{
	struct sh out = {.r = r, .to = f};

	sh_begin(&out);
	walk(&out);
	sh_put_script(&out);
}
