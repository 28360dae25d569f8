/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_rows.c - from what was read to rows: was it meant, the sum, the grade, the cures.
 *
 * Should: call an attack that works meant only where no control that was asked for claims to stop it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit_setting.h"
#include "caps_names.h"

static const char *text(const json_t *row, const char *key)
{
	const char *value = json_string_value(json_object_get(row, key));

	return value ? value : "";
}

/* Does it need a capability that was not left to it? */
static bool needs_more(const struct setting *s, const json_t *row)
{
	const json_t *caps = json_object_get(row, "needs_caps");
	unsigned cap;

	for (size_t i = 0; i < json_array_size(caps); i++) {
		const char *name = json_string_value(json_array_get(caps, i));

		if (name && cap_by_name(name, &cap) == 0 && cap < 64 &&
		    !(s->spec->caps & CAP_BIT(cap)))
			return true;
	}
	return false;
}

/* Ports below 1024 may be for everybody: Docker's default, and one of the user's own sysctls. */
static bool has_low_ports(const struct spec *s)
{
	uint64_t first = 1024;

	for (size_t i = 0; i < s->n_sysctls; i++)
		if (!strcmp(s->sysctls[i].key, "net.ipv4.ip_unprivileged_port_start"))
			(void)parse_u64(s->sysctls[i].value, 65536, &first);
	return first < 1024;
}

/* The control that should have stopped it, or NULL. pillbox never maps the host's root. */
static const char *claim(const struct setting *s, const json_t *row)
{
	if (needs_more(s, row) &&
	    (strcmp(text(row, "id"), "bind-low-port") != 0 || !has_low_ports(s->spec)))
		return "caps";
	if (json_is_true(json_object_get(row, "needs_host_caps")) &&
	    json_array_size(json_object_get(row, "needs_caps")))
		return "userns";
	return audit_claim(s, text(row, "id"));
}

static enum verdict verdict_of(const char *name)
{
	for (int i = 0; i <= VERDICT_UNKNOWN; i++)
		if (!strcmp(name, verdict_names[i]))
			return (enum verdict)i;
	return VERDICT_UNKNOWN;
}

static void row_fill(struct setting *s, const json_t *j, struct attack_row *row)
{
	enum verdict verdict = verdict_of(text(j, "verdict"));
	json_int_t weight = json_integer_value(json_object_get(j, "weight"));

	*row = (struct attack_row){
		.id = text(j, "id"),
		.group = text(j, "group"),
		.title = text(j, "title"),
		.what = text(j, "what"),
		.gives = text(j, "gives"),
		.verdict = verdict_names[verdict],
		.by = text(j, "by"),
		.why = text(j, "why"),
		.call = text(j, "call"),
		.err = text(j, "errno"),
		.note = text(j, "note"),
		.cure = text(j, "cure"),
		.weight = weight < 1 || weight > 10 ? 10 : (unsigned)weight,
		.is_open = verdict == VERDICT_ALLOWED || verdict == VERDICT_UNKNOWN,
		.is_meant = true,
	};
	grade_add(&s->grade, verdict, row->weight);
	if (verdict != VERDICT_ALLOWED)
		return;
	row->claimed = claim(s, j);
	row->is_meant = !row->claimed;
	s->broken += !row->is_meant;
}

int audit_rows(struct setting *s, struct err *err)
{
	const json_t *list = json_object_get(s->doc, "attacks");

	s->n_attacks = json_array_size(list);
	s->attacks = calloc(s->n_attacks + 1, sizeof(*s->attacks));
	if (!s->attacks)
		return err_set(err, ENOMEM, "%zu attacks", s->n_attacks);
	audit_controls(s);
	for (size_t i = 0; i < s->n_attacks; i++)
		row_fill(s, json_array_get(list, i), &s->attacks[i]);
	grade_end(&s->grade);
	return 0;
}

/* ---- cures ----------------------------------------------------------------------------------- */

static void cure_add(struct cure *cures, size_t *n, size_t max, const struct attack_row *row)
{
	size_t i = 0;

	while (i < *n && strcmp(cures[i].option, row->cure) != 0)
		i++;
	if (i == max)
		return;
	if (i == *n)
		cures[(*n)++] = (struct cure){.option = row->cure};
	cures[i].weight += row->weight;
	cures[i].n_attacks++;
}

size_t audit_cures(const struct setting *s, struct cure ret[3])
{
	struct cure all[AUDIT_LIST_MAX];
	size_t n = 0, found = 0;

	for (size_t i = 0; i < s->n_attacks; i++)
		if (s->attacks[i].is_open && s->attacks[i].cure[0])
			cure_add(all, &n, ARRAY_SIZE(all), &s->attacks[i]);
	while (found < 3 && found < n) {
		size_t best = found;

		for (size_t i = found; i < n; i++)
			if (all[i].weight > all[best].weight)
				best = i;
		ret[found] = all[best];
		all[best] = all[found];
		found++;
	}
	return found;
}
