/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_json.c - the report for programs: JSON, documented in docs/audit.md, and Markdown.
 */
#include <errno.h>
#include <string.h>

#include "audit_setting.h"
#include "json_text.h"
#include "dryrun.h"

/* Raised when a key changes its meaning or goes. */
#define FORMAT 1

/* ---- JSON ------------------------------------------------------------------------------------ */

static json_t *holds_json(int holds)
{
	return holds < 0 ? json_null() : json_boolean(holds);
}

static json_t *controls_json(const struct setting *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->n_controls; i++) {
		const struct control_row *c = &s->controls[i];

		(void)json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o}", "id", c->id, "what",
				  c->what, "asked", c->is_asked, "value", json_of_text(c->asked),
				  "inside", json_of_text(c->inside), "holds_inside",
				  holds_json(c->holds_inside), "outside", json_of_text(c->outside),
				  "holds_outside", holds_json(c->holds_outside)));
	}
	return list;
}

/* As the probe said it, and what only we know: was it meant? */
static json_t *attacks_json(const struct setting *s)
{
	const json_t *said = json_object_get(s->doc, "attacks");
	json_t *list = json_array();

	for (size_t i = 0; i < s->n_attacks; i++) {
		json_t *j = json_copy(json_array_get(said, i));
		const struct attack_row *a = &s->attacks[i];

		(void)json_object_set_new(j, "verdict", json_string(a->verdict));
		(void)json_object_set_new(j, "meant",
					  a->is_open ? json_boolean(a->is_meant) : json_null());
		(void)json_object_set_new(j, "should_be_stopped_by",
					  a->claimed ? json_string(a->claimed) : json_null());
		(void)json_array_append_new(list, j);
	}
	return list;
}

static json_t *cures_json(const struct setting *s)
{
	struct cure cures[3];
	size_t n = audit_cures(s, cures);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(
			list, json_pack("{s:s, s:i, s:i}", "option", cures[i].option, "weight",
					(int)cures[i].weight, "attacks", (int)cures[i].n_attacks));
	return list;
}

static json_t *setting_json(const struct setting *s)
{
	const char letter[2] = {s->grade.letter, '\0'};
	const struct grade *g = &s->grade;

	return json_pack(
		"{s:o, s:s, s:o, s:{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}, s:o, s:o, "
		"s:o, s:o}",
		"name", json_of_text(s->name), "preset", preset_name(s->spec->preset), "rootfs",
		json_of_text(s->spec->rootfs), "summary", "grade", letter, "exposure",
		(int)g->exposure, "weight_open", (int)g->weight_open, "weight_tried",
		(int)g->weight_tried, "blocked", (int)g->blocked, "allowed", (int)g->allowed,
		"unknown", (int)g->unknown, "not_applicable", (int)g->not_applicable, "broken",
		(int)s->broken, "would_help", cures_json(s), "controls", controls_json(s),
		"attacks", attacks_json(s), "facts",
		json_deep_copy(json_object_get(s->doc, "facts")));
}

int audit_json(const struct setting *s, size_t n, FILE *out)
{
	json_t *list = json_array(), *doc;
	int rc;

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, setting_json(&s[i]));
	doc = json_pack("{s:i, s:s, s:o}", "format", FORMAT, "pillbox", PILLBOX_VERSION, "settings",
			list);
	/* ASCII: what the sandbox says could have a control character of two bytes, U+009B. */
	rc = doc ? json_dumpf(doc, out, JSON_INDENT(1) | JSON_ENSURE_ASCII) : -1;
	json_decref(doc);
	return rc < 0 || fputc('\n', out) == EOF || fflush(out) ? -EIO : 0;
}

/* ---- Markdown -------------------------------------------------------------------------------- */

/* A cell: no pipe, no line's end, nothing that Markdown takes for markup. */
static void cell(FILE *out, const char *text)
{
	char safe[1024];

	escape(safe, sizeof(safe), text);
	(void)fputs("| ", out);
	for (const char *p = safe; *p; p++) {
		if (strchr("|\\`*_<>[]&", *p))
			(void)fputc('\\', out);
		(void)fputc(*p, out);
	}
	(void)fputc(' ', out);
}

static void row_start(const struct setting *s, size_t n, const char *title, FILE *out)
{
	cell(out, title);
	for (size_t i = 0; i < n; i++)
		cell(out, s[i].name);
	(void)fputs("|\n", out);
	for (size_t i = 0; i <= n; i++)
		(void)fputs("| --- ", out);
	(void)fputs("|\n", out);
}

int audit_markdown(const struct setting *s, size_t n, FILE *out)
{
	row_start(s, n, "control", out);
	for (size_t c = 0; c < s[0].n_controls; c++) {
		cell(out, s[0].controls[c].what);
		for (size_t i = 0; i < n; i++)
			cell(out, audit_control_word(&s[i].controls[c]));
		(void)fputs("|\n", out);
	}
	(void)fputc('\n', out);
	row_start(s, n, "attack", out);
	for (size_t a = 0; a < s[0].n_attacks; a++) {
		cell(out, s[0].attacks[a].what);
		for (size_t i = 0; i < n; i++)
			cell(out, audit_attack_word(audit_attack(&s[i], s[0].attacks[a].id)));
		(void)fputs("|\n", out);
	}
	cell(out, "grade, exposure of 100");
	for (size_t i = 0; i < n; i++)
		(void)fprintf(out, "| %c, %u ", s[i].grade.letter, s[i].grade.exposure);
	(void)fputs("|\n", out);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
