/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dryrun.c - what a launch would do, without doing it: as text and as JSON.
 *
 * Should: read the list of steps and their values; print to standard output.
 * Mustn't: know any step by name, or run after anything was touched.
 */
#include "dryrun.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"
#include "term.h"

/* The version of the JSON: raised when a key changes its meaning or goes. */
#define FORMAT 1
#define TEXT_COLUMN 20

static bool is_skipped(const struct run *r, const struct step *s)
{
	for (size_t i = 0; i < r->spec->n_skip; i++)
		if (!strcmp(r->spec->skip[i], s->id))
			return true;
	return false;
}

/* ---- text ----------------------------------------------------------------------------------- */

struct text {
	struct term term;
	const char *label; /* of the step, until its first line is printed */
};

static void text_line(const char *line, void *arg)
{
	struct text *t = arg;

	term_para(&t->term, t->label ? 0 : TEXT_COLUMN, TEXT_COLUMN, STYLE_TITLE,
		  t->label ? t->label : "", line);
	t->label = NULL;
}

static void dry_text(const struct run *r)
{
	struct text t;
	unsigned n = 0;

	term_init(&t.term, stdout);
	for (size_t i = 0; i < program_len; i++) {
		const struct step *s = program[i];
		char label[64];

		if (is_skipped(r, s)) {
			term_para(&t.term, 3, TEXT_COLUMN, STYLE_BAD, s->id, "LEFT OUT by --skip");
			continue;
		}
		if (!step_wanted(r, s))
			continue;
		(void)snprintf(label, sizeof(label), "%2u %s", ++n, s->id);
		t.label = label;
		show_lines(r, s, text_line, &t);
		if (t.label) /* no values of its own: say what it does */
			text_line(s->what, &t);
	}
}

/* ---- JSON ----------------------------------------------------------------------------------- */

/* JSON is UTF-8; a path need not be. Such a value is escaped as on the screen, \xNN. */
static json_t *json_text(const char *text)
{
	json_t *j = json_string(text);
	char safe[16384];
	size_t n = 0;

	if (j)
		return j;
	for (const unsigned char *p = (const unsigned char *)text; *p && n + 5 < sizeof(safe); p++)
		n += (size_t)snprintf(safe + n, sizeof(safe) - n, *p < 0x80 ? "%c" : "\\x%02x", *p);
	return json_string(safe);
}

struct values {
	struct show show;
	json_t *object;
};

static void values_put(struct show *out, const char *key, const char *value)
{
	struct values *v = (struct values *)out;
	json_t *list = json_object_get(v->object, key);

	if (!list) {
		list = json_array();
		(void)json_object_set_new(v->object, key, list);
	}
	(void)json_array_append_new(list, json_text(value));
}

json_t *dry_json_step(const struct run *r, const struct step *s)
{
	struct values v = {.show = {.put = values_put}, .object = json_object()};
	bool is_wanted = step_wanted(r, s);
	json_t *calls = json_array();

	for (const char *line = s->calls; line && *line;) {
		size_t len = strcspn(line, "\n");

		(void)json_array_append_new(calls, json_stringn(line, len));
		line += len + (line[len] == '\n');
	}
	if (is_wanted && s->show)
		s->show(r, &v.show);
	return json_pack("{s:s, s:s, s:b, s:b, s:s, s:b, s:s, s:s, s:s, s:o, s:o}", "id", s->id,
			 "side", s->side == PARENT ? "launcher" : "sandbox", "reads_only",
			 s->is_pure, "wanted", is_wanted, "with", s->by ? s->by : "", "skipped",
			 is_skipped(r, s), "what", s->what, "why", s->why, "read",
			 s->refs ? s->refs : "", "calls", calls, "values", v.object);
}

static int dry_json(const struct run *r)
{
	json_t *steps = json_array();
	json_t *root;
	int rc;

	for (size_t i = 0; i < program_len; i++)
		(void)json_array_append_new(steps, dry_json_step(r, program[i]));
	root = json_pack("{s:i, s:s, s:s, s:o, s:o}", "format", FORMAT, "pillbox", PILLBOX_VERSION,
			 "preset", preset_name(r->spec->preset), "rootfs",
			 json_text(r->spec->rootfs), "steps", steps);
	if (!root)
		return -ENOMEM;
	rc = json_dumpf(root, stdout, JSON_INDENT(2)) < 0 ? -EIO : 0;
	json_decref(root);
	(void)putchar('\n');
	return rc;
}

int dry_run(const struct run *r, struct err *err)
{
	sigset_t pipe;
	int rc = 0;

	/* Nothing was made: a reader that has seen enough may end us, as it does any program. */
	(void)sigemptyset(&pipe);
	(void)sigaddset(&pipe, SIGPIPE);
	(void)sigprocmask(SIG_UNBLOCK, &pipe, NULL);
	switch (r->spec->dry_run) {
	case DRY_NONE:
		return 0;
	case DRY_TEXT:
		dry_text(r);
		break;
	case DRY_JSON:
		rc = dry_json(r);
		break;
	case DRY_SH:
		dry_sh(r, stdout);
		break;
	case DRY_DOT:
		dry_dot(r, stdout);
		break;
	}
	if (rc < 0 || fflush(stdout) != 0)
		return err_set(err, rc < 0 ? -rc : errno, "--dry-run: standard output");
	return 0;
}
