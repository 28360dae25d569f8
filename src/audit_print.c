/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_print.c - the report for people, and several settings side by side.
 *
 * Should: say first what was asked for and does not hold.
 * Mustn't: need a wider terminal than 80 columns, or colour, to be understood.
 */
#include <errno.h>
#include <string.h>

#include "audit_setting.h"
#include "term.h"

#define COLUMN 34
#define COLUMN_BY 62 /* of what stopped an attack: one word, and in a wide window all of it */
#define WIDE 110

/* ---- one setting ----------------------------------------------------------------------------- */

static bool is_broken(const struct control_row *c)
{
	return c->is_asked && (!c->holds_inside || !c->holds_outside);
}

static void broken_print(const struct term *t, const struct setting *s)
{
	char text[512];

	if (!s->broken)
		return;
	term_line(t, 0, STYLE_BAD, "ASKED FOR, AND DOES NOT HOLD");
	for (size_t i = 0; i < s->n_controls; i++) {
		const struct control_row *c = &s->controls[i];

		if (!is_broken(c))
			continue;
		(void)snprintf(text, sizeof(text), "asked: %s; inside: %s; outside: %s", c->asked,
			       c->holds_inside < 0 ? "not shown" : c->inside,
			       c->holds_outside < 0 ? "not shown" : c->outside);
		term_para(t, 2, COLUMN, STYLE_BAD, c->what, text);
	}
	for (size_t i = 0; i < s->n_attacks; i++) {
		const struct attack_row *a = &s->attacks[i];

		if (a->is_meant)
			continue;
		(void)snprintf(text, sizeof(text), "it works, and %s should have stopped it: %s",
			       a->claimed, a->note);
		term_para(t, 2, COLUMN, STYLE_BAD, a->what, text);
	}
	(void)fputc('\n', t->out);
}

static void controls_print(const struct term *t, const struct setting *s)
{
	term_line(t, 0, STYLE_TITLE, "Controls: asked; inside; outside");
	for (size_t i = 0; i < s->n_controls; i++) {
		const struct control_row *c = &s->controls[i];
		char text[600];

		if (!c->is_asked) {
			(void)snprintf(text, sizeof(text), "not asked for%s%s",
				       c->holds_inside < 0 ? "" : "; inside: ",
				       c->holds_inside < 0 ? "" : c->inside);
			term_para(t, 2, COLUMN, STYLE_DIM, c->what, text);
			continue;
		}
		(void)snprintf(text, sizeof(text), "%s; %s; %s", c->asked,
			       c->holds_inside < 0 ? "not shown" : c->inside,
			       c->holds_outside < 0 ? "not shown" : c->outside);
		term_para(t, 2, COLUMN, is_broken(c) ? STYLE_BAD : STYLE_GOOD, c->what, text);
	}
	(void)fputc('\n', t->out);
}

static enum style attack_style(const struct attack_row *a)
{
	if (a->is_open)
		return STYLE_BAD;
	return strcmp(a->verdict, "blocked") ? STYLE_DIM : STYLE_GOOD;
}

static void attack_print(const struct term *t, const struct attack_row *a)
{
	char label[200], text[1024];

	(void)snprintf(label, sizeof(label), "%-9s %s",
		       strcmp(a->verdict, "not applicable") ? a->verdict : "n/a", a->what);
	if (!strcmp(a->verdict, "blocked") && t->width < WIDE)
		(void)snprintf(text, sizeof(text), "%s", a->by);
	else if (!strcmp(a->verdict, "blocked"))
		(void)snprintf(text, sizeof(text), "%s: %s%s%s", a->by, a->why, *a->err ? ", " : "",
			       a->err);
	else if (!strcmp(a->verdict, "not applicable") && t->width < WIDE)
		text[0] = '\0';
	else
		(void)snprintf(text, sizeof(text), "%s%s%s", a->note,
			       *a->note && a->is_open ? "; " : "",
			       !a->is_open   ? ""
			       : a->is_meant ? "the settings let it"
					     : "NOT MEANT");
	term_para(t, 2, COLUMN_BY, attack_style(a), label, text);
	if (a->is_open && *a->gives)
		term_para(t, 12, 20, STYLE_PLAIN, "gives:", a->gives);
}

static void attacks_print(const struct term *t, const struct setting *s)
{
	const char *title = "";

	for (size_t i = 0; i < s->n_attacks; i++) {
		const struct attack_row *a = &s->attacks[i];

		if (strcmp(title, a->title) != 0)
			term_line(t, 0, STYLE_TITLE, a->title);
		title = a->title;
		attack_print(t, a);
	}
	(void)fputc('\n', t->out);
}

static void grade_print(const struct term *t, const struct setting *s)
{
	const struct grade *g = &s->grade;
	struct cure cures[3];
	size_t n = audit_cures(s, cures);
	char text[300];

	(void)snprintf(
		text, sizeof(text),
		"grade %c: exposure %u of 100 (weight %u of %u); %u attacks blocked, %u allowed, "
		"%u unknown, %u not applicable",
		g->letter, g->exposure, g->weight_open, g->weight_tried, g->blocked, g->allowed,
		g->unknown, g->not_applicable);
	term_para(t, 0, 0, g->weight_open ? STYLE_TITLE : STYLE_GOOD, "", text);
	if (n)
		term_line(t, 0, STYLE_TITLE, "would lower it most:");
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(text, sizeof(text), "weight %u, %u attack%s", cures[i].weight,
			       cures[i].n_attacks, cures[i].n_attacks == 1 ? "" : "s");
		term_para(t, 2, COLUMN, STYLE_KEY, cures[i].option, text);
	}
}

int audit_print(const struct setting *s, FILE *out)
{
	struct term t;

	term_init(&t, out);
	broken_print(&t, s);
	controls_print(&t, s);
	attacks_print(&t, s);
	grade_print(&t, s);
	return fflush(out) || ferror(out) ? -EIO : 0;
}

/* ---- side by side ---------------------------------------------------------------------------- */

const struct attack_row *audit_attack(const struct setting *s, const char *id)
{
	for (size_t i = 0; i < s->n_attacks; i++)
		if (!strcmp(s->attacks[i].id, id))
			return &s->attacks[i];
	return NULL;
}

const char *audit_control_word(const struct control_row *c)
{
	if (!c->is_asked)
		return "-";
	if (c->holds_inside < 0 && c->holds_outside < 0)
		return "not shown";
	return is_broken(c) ? "BROKEN" : "holds";
}

const char *audit_attack_word(const struct attack_row *a)
{
	if (!a)
		return "?";
	if (!strcmp(a->verdict, "not applicable"))
		return "n/a";
	if (!a->is_open)
		return a->by;
	return a->is_meant ? a->verdict : "ALLOWED";
}

#define NAME_WIDTH 40
#define WORD_WIDTH 13

static void cells(FILE *out, const char *name, const char *const *words, size_t n)
{
	(void)fprintf(out, "  %-*.*s", NAME_WIDTH, NAME_WIDTH, name);
	for (size_t i = 0; i < n; i++)
		(void)fprintf(out, " %-*.*s", i + 1 < n ? WORD_WIDTH : 0, WORD_WIDTH, words[i]);
	(void)fputc('\n', out);
}

int audit_compare_print(const struct setting *s, size_t n, FILE *out)
{
	const char *words[SETTINGS_MAX];
	const char *title = "";
	char grades[SETTINGS_MAX][16];
	struct term t;

	term_init(&t, out);
	for (size_t i = 0; i < n; i++)
		words[i] = s[i].name;
	cells(out, "", words, n);
	term_line(&t, 0, STYLE_TITLE, "Controls");
	for (size_t c = 0; c < s[0].n_controls; c++) {
		for (size_t i = 0; i < n; i++)
			words[i] = audit_control_word(&s[i].controls[c]);
		cells(out, s[0].controls[c].what, words, n);
	}
	for (size_t a = 0; a < s[0].n_attacks; a++) {
		if (strcmp(title, s[0].attacks[a].title) != 0)
			term_line(&t, 0, STYLE_TITLE, s[0].attacks[a].title);
		title = s[0].attacks[a].title;
		for (size_t i = 0; i < n; i++)
			words[i] = audit_attack_word(audit_attack(&s[i], s[0].attacks[a].id));
		cells(out, s[0].attacks[a].what, words, n);
	}
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(grades[i], sizeof(grades[i]), "%c (%u)", s[i].grade.letter,
			       s[i].grade.exposure);
		words[i] = grades[i];
	}
	term_line(&t, 0, STYLE_TITLE, "Grade and exposure");
	cells(out, "0 is best, 100 worst", words, n);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
