/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_lines.c - what launch and probe wrote, line by line, into one document.
 *
 * Should: turn an attack that began and told no result that can be read into a row that says so.
 * Mustn't: let whoever writes have a better grade, or more of our memory, for what he writes.
 */
#include <signal.h>
#include <string.h>

#include "audit_setting.h"

#define STEPS_MAX 256

static void start_forget(struct audit_lines *in)
{
	json_decref(in->start);
	in->start = NULL;
}

static void add(struct audit_lines *in, const char *list, json_t *row, size_t max)
{
	json_t *rows = json_object_get(in->doc, list);

	if (json_array_size(rows) < max)
		(void)json_array_append(rows, row);
}

/* The attack that began last has no result: that is what came of it. */
static void lost(struct audit_lines *in, bool is_limit, const char *note)
{
	json_t *j = in->start;

	if (!j)
		return;
	(void)json_object_set_new(
		j, "verdict",
		json_string(verdict_names[is_limit ? VERDICT_BLOCKED : VERDICT_UNKNOWN]));
	(void)json_object_set_new(j, "by",
				  is_limit ? json_string(by_names[BY_LIMIT]) : json_null());
	(void)json_object_set_new(j, "why", json_string(is_limit ? note : ""));
	(void)json_object_set_new(j, "note", json_string(note));
	add(in, "attacks", j, ATTACKS_MAX);
	start_forget(in);
}

static void line_take(struct audit_lines *in)
{
	json_t *j = json_loadb(in->line, in->len, 0, NULL);
	json_t *step = json_object_get(j, "step"), *facts = json_object_get(j, "facts");
	json_t *start = json_object_get(j, "start");

	if (json_is_object(step)) {
		(void)json_object_set(step, "holds", json_object_get(j, "holds"));
		(void)json_object_set(step, "problem", json_object_get(j, "problem"));
		add(in, "steps", step, STEPS_MAX);
	} else if (json_is_object(facts)) {
		(void)json_object_set(in->doc, "facts", facts);
	} else if (json_is_object(start)) {
		lost(in, false, "what it told cannot be read");
		in->start = json_incref(start);
	} else if (json_object_get(j, "id")) {
		add(in, "attacks", j, ATTACKS_MAX);
		start_forget(in);
	}
	json_decref(j);
}

void audit_lines_take(struct audit_lines *in, const char *buf, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (buf[i] == '\n') {
			line_take(in);
			in->len = 0;
		} else if (in->len < sizeof(in->line)) {
			in->line[in->len++] = buf[i];
		}
	}
}

/*
 * The kernel's answer to too much memory is to kill all that is in the control group
 * (memory.oom.group): then an attack on that limit was stopped by it.
 */
void audit_lines_end(struct audit_lines *in, struct setting *s, int status)
{
	const char *id = json_string_value(json_object_get(in->start, "id")), *claim;
	bool is_limit;
	char note[100];

	if (!id)
		return;
	audit_controls(s);
	claim = audit_claim(s, id);
	is_limit = status == EXIT_SIGNAL + SIGKILL && claim && !strcmp(claim, "memory");
	(void)snprintf(note, sizeof(note), "%s ended the whole sandbox (exit status %d)%s",
		       is_limit ? "the limit" : "it", status,
		       is_limit ? "" : "; what comes after was not tried");
	lost(in, is_limit, note);
}
