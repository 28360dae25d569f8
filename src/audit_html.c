/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_html.c - the report as one page: no script, nothing fetched, readable on a phone.
 *
 * Should: escape every text: some of it was read in the sandbox.
 */
#include <errno.h>
#include <string.h>

#include "audit_setting.h"
#include "dryrun.h"

static const char head[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\">\n"
	"<head>\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
	"'unsafe-inline'\">\n"
	"<title>pillbox audit</title>\n"
	"<style>\n"
	":root { color-scheme: light dark; --good: #1a7f37; --bad: #c62828; --dim: #707070; }\n"
	"@media (prefers-color-scheme: dark) { :root { --good: #5fd07f; --bad: #ff8a80; --dim: #a0a0a0; } }\n"
	"body { font: 16px/1.4 system-ui, sans-serif; margin: 0 auto; max-width: 70rem; padding: 1rem; }\n"
	"h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 1.5rem 0 .3rem; }\n"
	".wide { overflow-x: auto; }\n"
	"table { border-collapse: collapse; width: 100%; }\n"
	"th, td { text-align: left; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid "
	"#8884; overflow-wrap: anywhere; }\n"
	"th.what { font-weight: normal; min-width: 9rem; }\n"
	".blocked, .holds { color: var(--good); } .na, .not { color: var(--dim); }\n"
	".allowed, .unknown, .broken { color: var(--bad); font-weight: bold; }\n"
	".grade { font-size: 2.5rem; font-weight: bold; margin-right: .5rem; }\n"
	"td { min-width: 5.5rem; } summary { cursor: pointer; }\n"
	"small { color: var(--dim); display: block; font-size: .9rem; }\n"
	"@media (max-width: 40rem) {\n"
	/* Side by side on a phone: the name over its row of cells, all columns in the window. */
	".many tr { display: grid; grid-template-columns: repeat(var(--n), minmax(5.5rem, 1fr)); "
	"border-bottom: 1px solid #8884; }\n"
	".many tr > :first-child { grid-column: 1 / -1; padding-top: .5rem; }\n"
	".many th, .many td { border: 0; min-width: 0; padding: .1rem .25rem; }\n"
	".many th.what small { display: none; } .many summary { list-style: none; }\n"
	".many summary::after { content: ' \\203a'; }\n"
	"th { padding-left: 0; } ul { padding-left: 1.2rem; }\n"
	"}\n"
	"code { overflow-wrap: anywhere; }\n"
	"</style>\n"
	"</head>\n"
	"<body>\n"
	"<h1>pillbox audit</h1>\n";

static void text(FILE *out, const char *raw)
{
	char safe[1024];

	escape(safe, sizeof(safe), raw);
	for (const char *p = safe; *p; p++) {
		const char *name = *p == '<'   ? "&lt;"
				   : *p == '>' ? "&gt;"
				   : *p == '&' ? "&amp;"
					       : NULL;

		if (name || *p == '"')
			(void)fputs(name ? name : "&quot;", out);
		else
			(void)fputc(*p & 0x80 ? '?' : *p, out);
	}
}

/* One word; with a note below it, or behind it when it stands beside others. */
static void cell(FILE *out, const char *class, const char *word, const char *note, bool is_folded)
{
	(void)fprintf(out, "<td class=\"%s\">%s", class,
		      !*note      ? ""
		      : is_folded ? "<details><summary>"
				  : "");
	text(out, word);
	if (*note) {
		(void)fputs(is_folded ? "</summary><small>" : "<small>", out);
		text(out, note);
		(void)fputs(is_folded ? "</small></details>" : "</small>", out);
	}
	(void)fputs("</td>", out);
}

/* A row's first cell. */
static void name(FILE *out, const char *what, const char *note)
{
	(void)fputs("<tr><th class=\"what\" scope=\"row\">", out);
	text(out, what);
	if (*note) {
		(void)fputs("<small>", out);
		text(out, note);
		(void)fputs("</small>", out);
	}
	(void)fputs("</th>", out);
}

static void titles(FILE *out, const struct setting *s, size_t n, const char *title)
{
	(void)fputs("<h2>", out);
	text(out, title);
	(void)fputs("</h2>\n<div class=\"wide\">", out);
	if (n < 2) {
		(void)fputs("<table>\n", out);
		return;
	}
	(void)fprintf(out, "<table class=\"many\" style=\"--n: %zu\">\n", n);
	(void)fputs("<tr><td></td>", out);
	for (size_t i = 0; i < n; i++) {
		(void)fputs("<th scope=\"col\">", out);
		text(out, s[i].name);
		(void)fputs("</th>", out);
	}
	(void)fputs("</tr>\n", out);
}

static void grade(FILE *out, const struct setting *s)
{
	const struct grade *g = &s->grade;
	struct cure cures[3];
	size_t n = audit_cures(s, cures);

	(void)fprintf(out, "<p><span class=\"grade\">%c</span><b>", g->letter);
	text(out, s->name);
	(void)fprintf(
		out,
		"</b>: exposure %u of 100; %u attacks blocked, %u allowed, %u unknown, %u not "
		"applicable</p>\n",
		g->exposure, g->blocked, g->allowed, g->unknown, g->not_applicable);
	if (s->broken)
		(void)fprintf(
			out,
			"<p class=\"broken\">%u that was asked for does not hold: see below</p>\n",
			s->broken);
	if (n)
		(void)fputs("<p>Would lower it most:</p>\n<ul>\n", out);
	for (size_t i = 0; i < n; i++) {
		(void)fputs("<li><code>", out);
		text(out, cures[i].option);
		(void)fprintf(out, "</code> (weight %u, attacks: %u)</li>\n", cures[i].weight,
			      cures[i].n_attacks);
	}
	if (n)
		(void)fputs("</ul>\n", out);
}

static void controls(FILE *out, const struct setting *s, size_t n)
{
	titles(out, s, n, "Controls");
	for (size_t c = 0; c < s[0].n_controls; c++) {
		name(out, s[0].controls[c].what, "");
		for (size_t i = 0; i < n; i++) {
			const struct control_row *row = &s[i].controls[c];
			const char *word = audit_control_word(row);
			char note[600];

			(void)snprintf(note, sizeof(note), "asked: %s%s%s%s%s", row->asked,
				       *row->inside ? "; inside: " : "", row->inside,
				       *row->outside ? "; outside: " : "", row->outside);
			cell(out,
			     !strcmp(word, "-") || !strcmp(word, "not shown") ? "not"
			     : !strcmp(word, "holds")                         ? word
									      : "broken",
			     !strcmp(word, "-") ? "not asked for" : word, row->is_asked ? note : "",
			     n > 1);
		}
		(void)fputs("</tr>\n", out);
	}
	(void)fputs("</table></div>\n", out);
}

static void attack(FILE *out, const struct attack_row *a, bool is_folded)
{
	char note[1024];

	if (!a) {
		cell(out, "na", "not tried", "", false);
	} else if (!strcmp(a->verdict, "blocked")) {
		(void)snprintf(note, sizeof(note), "%s%s%s", a->why, *a->err ? ", " : "", a->err);
		cell(out, "blocked", a->by, note, is_folded);
	} else if (!a->is_open) {
		cell(out, "na", a->verdict, a->note, is_folded);
	} else {
		(void)snprintf(note, sizeof(note), "%s%s%s", a->note, *a->note ? "; " : "",
			       a->is_meant ? "the settings let it" : "NOT MEANT");
		cell(out, a->verdict, a->verdict, note, is_folded);
	}
}

static void attacks(FILE *out, const struct setting *s, size_t n)
{
	const char *title = NULL;

	for (size_t a = 0; a < s[0].n_attacks; a++) {
		const struct attack_row *row = &s[0].attacks[a];

		if (!title || strcmp(title, row->title) != 0) {
			(void)fputs(title ? "</table></div>\n" : "", out);
			titles(out, s, n, row->title);
		}
		title = row->title;
		name(out, row->what, row->gives);
		for (size_t i = 0; i < n; i++)
			attack(out, audit_attack(&s[i], row->id), n > 1);
		(void)fputs("</tr>\n", out);
	}
	(void)fputs(title ? "</table></div>\n" : "", out);
}

int audit_html(const struct setting *s, size_t n, FILE *out)
{
	(void)fputs(head, out);
	for (size_t i = 0; i < n; i++)
		grade(out, &s[i]);
	controls(out, s, n);
	attacks(out, s, n);
	(void)fputs("<p><small>pillbox " PILLBOX_VERSION ", rootfs ", out);
	text(out, s[0].spec->rootfs);
	(void)fputs("</small></p>\n</body>\n</html>\n", out);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
