/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.c - what came out: one line of JSON each, a whole document, or a table for people.
 *
 * Should:  hold the same in all of them.
 */
#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/utsname.h>

#include "json.h"
#include "probe.h"
#include "term.h"
#include "util.h"

static struct grade grade_of(const struct result *results, size_t n)
{
	struct grade g = {0};

	for (size_t i = 0; i < n; i++)
		grade_add(&g, results[i].verdict, results[i].attack->weight);
	grade_end(&g);
	return g;
}

/* ---- JSON -------------------------------------------------------------------------------------- */

static const struct attack_group *group_of(const struct attack *attack)
{
	for (const struct attack_group *g = attack_groups; g->id; g++)
		for (const struct attack *k = g->attacks; k->id; k++)
			if (k == attack)
				return g;
	return &attack_groups[0]; /* of no list: it cannot be */
}

static json_t *attack_json(const struct attack *k)
{
	const struct attack_group *group = group_of(k);

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s?, s:o, s:b, s:s?}", "id", k->id,
			 "group", group->id, "title", group->title, "what", k->what, "gives",
			 k->gives, "weight", (int)k->weight, "cure", k->cure, "needs_caps",
			 json_caps(k->caps), "needs_host_caps", k->in_first, "hidden_by",
			 k->ns ? ns_names[k->ns - 1] : NULL);
}

static json_t *result_json(const struct result *r)
{
	json_t *attack = attack_json(r->attack), *outcome;

	outcome = json_pack(
		"{s:s, s:s?, s:o, s:s, s:s?, s:i, s:o}", "verdict", verdict_names[r->verdict], "by",
		r->verdict == VERDICT_BLOCKED ? by_names[r->by] : NULL, "why", json_safe(r->why),
		"call", r->call, "errno", r->err ? strerrorname_np(r->err) : NULL, "signal",
		r->signal, "note", json_safe(r->note));
	(void)json_object_update_new(attack, outcome);
	return attack;
}

/* Takes the object. */
static void line(FILE *out, json_t *j)
{
	if (j)
		(void)json_dumpf(j, out, JSON_COMPACT);
	json_decref(j);
	(void)fputc('\n', out);
	(void)fflush(out);
}

void report_facts(FILE *out)
{
	line(out, json_pack("{s:o}", "facts", json_facts()));
}

void report_start(FILE *out, const struct attack *k)
{
	line(out, json_pack("{s:o}", "start", attack_json(k)));
}

void report_line(FILE *out, const struct result *r)
{
	line(out, result_json(r));
}

int report_json(FILE *out, const struct result *results, size_t n)
{
	struct utsname uts = {.release = "?", .machine = "?"};
	char letter[2] = "";
	json_t *list = json_array(), *doc;
	struct grade g = grade_of(results, n);
	int rc;

	(void)uname(&uts);
	letter[0] = g.letter;
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, result_json(&results[i]));
	doc = json_pack("{s:s, s:o, s:s, s:o, s:{s:s, s:i, s:i, s:i, s:i, s:i}, s:o}", "probe",
			PILLBOX_VERSION, "kernel", json_safe(uts.release), "machine", uts.machine,
			"facts", json_facts(), "summary", "grade", letter, "exposure",
			(int)g.exposure, "blocked", (int)g.blocked, "allowed", (int)g.allowed,
			"unknown", (int)g.unknown, "not_applicable", (int)g.not_applicable,
			"attacks", list);
	rc = doc ? json_dumpf(doc, out, JSON_INDENT(1)) : -1;
	json_decref(doc);
	return rc < 0 || fputc('\n', out) == EOF || fflush(out) ? -EIO : 0;
}

/* ---- for people -------------------------------------------------------------------------------- */

#define COLUMN_WHY 52

static void row(const struct term *t, const struct result *r)
{
	static const enum style styles[] = {
		[VERDICT_BLOCKED] = STYLE_GOOD,
		[VERDICT_ALLOWED] = STYLE_BAD,
		[VERDICT_NOT_APPLICABLE] = STYLE_DIM,
		[VERDICT_UNKNOWN] = STYLE_BAD,
	};
	char label[200], text[sizeof(r->why) + sizeof(r->note) + sizeof(r->call) + 64];
	const char *err = r->err ? strerrorname_np(r->err) : "";

	(void)snprintf(label, sizeof(label), "%-15s%s", verdict_names[r->verdict], r->attack->what);
	if (r->verdict == VERDICT_BLOCKED)
		(void)snprintf(text, sizeof(text), "%s: %s%s%s", by_names[r->by], r->why,
			       *err ? ", " : "", err);
	else
		(void)snprintf(text, sizeof(text), "%s", r->note);
	term_para(t, 2, COLUMN_WHY, styles[r->verdict], label, text);
	if (r->verdict == VERDICT_ALLOWED)
		term_para(t, 17, 24, STYLE_PLAIN, "gives:", r->attack->gives);
}

void report_table(FILE *out, const struct result *results, size_t n)
{
	const struct attack_group *last = NULL;
	struct grade g = grade_of(results, n);
	struct term t;
	char text[300];

	term_init(&t, out);
	for (size_t i = 0; i < n; i++) {
		const struct attack_group *group = group_of(results[i].attack);

		if (group != last)
			term_line(&t, 0, STYLE_TITLE, group->title);
		last = group;
		row(&t, &results[i]);
	}
	(void)snprintf(
		text, sizeof(text),
		"%u attacks blocked, %u allowed, %u unknown, %u not applicable; exposure %u of "
		"100 (weight %u of %u), grade %c",
		g.blocked, g.allowed, g.unknown, g.not_applicable, g.exposure, g.weight_open,
		g.weight_tried, g.letter);
	(void)fputc('\n', out);
	term_para(&t, 0, 0, STYLE_TITLE, "", text);
}
