/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_lint.c - `pillbox seccomp lint`: mistakes and dangers in a profile.
 *
 *   error    it cannot be used, or nothing runs under it
 *   warning  it does not do what somebody who wrote it can have meant, or it opens what was the way of
 *            many attacks
 *   note     worth knowing
 *
 * A profile that cannot be read is no finding: that is an error of the command, with its place.
 *
 * Should: name the place, and say what to write instead where there is one answer.
 * Mustn't: warn of what our own profiles do on purpose.
 */
#include "json_text.h"
#include "seccomp_lint.h"

#include <errno.h>
#include <seccomp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "profile_json.h"
#include "term.h"

#define FOUND_MAX 4096
#define LOCATE_MAX 200 /* findings whose place is looked for: each walks the text from its start */

static const char *const severities[] = {
	[SEV_ERROR] = "error", [SEV_WARNING] = "warning", [SEV_NOTE] = "note"};

void lint_add(struct lint *l, enum severity severity, unsigned line, const char *id,
	      const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	if (l->n == FOUND_MAX)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!l->found)
		l->found = calloc(FOUND_MAX, sizeof(*l->found));
	if (l->found)
		l->found[l->n] = (struct finding){
			.severity = severity, .line = line, .id = id, .text = strdup(text)};
	if (!l->found || !l->found[l->n].text)
		l->is_short = true;
	else
		l->n++;
}

unsigned lint_name_line(const struct lint *l, size_t entry, size_t name, unsigned line)
{
	unsigned found, col;
	char path[64];

	(void)snprintf(path, sizeof(path), "syscalls[%zu].names[%zu]", entry, name);
	if (l->n < LOCATE_MAX && profile_locate(l->sp.text, l->sp.len, path, &found, &col) == 0)
		return found;
	return line;
}

unsigned lint_line(const struct lint *l, const struct profile_rule *rule)
{
	const json_t *entries = json_object_get(l->root, "syscalls"), *names, *value;
	size_t i;

	if (!rule)
		return 0;
	names = json_object_get(json_array_get(entries, rule->entry), "names");
	json_array_foreach(names, i, value)
	{
		if (strcmp(json_string_value(value), rule->name) == 0)
			return lint_name_line(l, rule->entry, i, rule->line);
	}
	return rule->line;
}

/* The compiler's own opinion. Without a program the rules alone are asked. */
static void build(struct lint *l)
{
	size_t len = strlen(l->sp.origin);
	struct err err = {0};

	if (seccomp_profile_build(&l->sp, &err) == 0)
		return;
	free(l->sp.prog);
	l->sp.prog = NULL;
	lint_add(l, SEV_ERROR, 0, "unusable", "%s%s%s",
		 strncmp(err.msg, l->sp.origin, len) == 0 && err.msg[len] == ':' ? err.msg + len + 2
										 : err.msg,
		 *err.hint ? "; " : "", err.hint);
}

static int by_line(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->severity != y->severity)
		return x->severity < y->severity ? -1 : 1;
	return strcmp(x->text, y->text);
}

static size_t count(const struct lint *l, enum severity severity)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += l->found[i].severity == severity;
	return n;
}

/* ---- the report ----------------------------------------------------------------------------- */

static void print_text(const struct lint *l)
{
	static const enum style styles[] = {
		[SEV_ERROR] = STYLE_BAD, [SEV_WARNING] = STYLE_KEY, [SEV_NOTE] = STYLE_PLAIN};
	struct term term;

	term_init(&term, stdout);
	for (size_t i = 0; i < l->n; i++) {
		const struct finding *f = &l->found[i];
		char line[4096], place[24] = "";

		if (f->line)
			(void)snprintf(place, sizeof(place), ":%u", f->line);
		(void)snprintf(line, sizeof(line), "%.500s%s: %s: %s [%s]", l->sp.origin, place,
			       severities[f->severity], f->text, f->id);
		term_line(&term, 0, styles[f->severity], line);
	}
	for (int s = 0; s < SEVERITIES; s++) {
		size_t n = count(l, (enum severity)s);

		printf("%zu %s%s%s", n, severities[s], n == 1 ? "" : "s",
		       s + 1 < SEVERITIES ? ", " : "\n");
	}
}

static int print_document(const struct lint *l, struct err *err)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->n; i++) {
		const struct finding *f = &l->found[i];

		(void)json_array_append_new(
			list, json_pack("{s:s, s:o, s:s, s:o}", "severity", severities[f->severity],
					"line", f->line ? json_integer(f->line) : json_null(), "id",
					f->id, "text", json_of_text(f->text)));
	}
	return seccomp_print_json(json_pack("{s:i, s:o, s:i, s:i, s:i, s:o}", "format",
					    SECCOMP_FORMAT, "profile", json_of_text(l->sp.origin),
					    "errors", (int)count(l, SEV_ERROR), "warnings",
					    (int)count(l, SEV_WARNING), "notes",
					    (int)count(l, SEV_NOTE), "findings", list),
				  err);
}

/* ---- the command ---------------------------------------------------------------------------- */

static int lint(const struct seccomp_req *req, struct lint *l, struct err *err)
{
	int rc = seccomp_profile_read(req, req->words[0], &l->sp, err);

	if (rc)
		return rc;
	build(l);
	rc = profile_view(&l->v, &l->sp.p, l->sp.prog, seccomp_arch_native(), err);
	if (rc)
		return rc;
	/* It was read before, so that only memory can be short. */
	l->root = profile_parse(l->sp.origin, l->sp.text, l->sp.len, err);
	if (!l->root)
		return -err->num;
	lint_text(l);
	lint_rules(l);
	lint_calls(l);
	if (l->is_short)
		return err_set(err, ENOMEM, "%s", l->sp.origin);
	if (l->n)
		qsort(l->found, l->n, sizeof(*l->found), by_line);
	if (!req->is_json)
		print_text(l);
	else if (print_document(l, err) < 0)
		return -err->num;
	return count(l, SEV_ERROR) + count(l, SEV_WARNING) > 0;
}

int seccomp_lint(const struct seccomp_req *req, struct err *err)
{
	struct lint l = {0};
	int rc = lint(req, &l, err);

	for (size_t i = 0; i < l.n; i++)
		free(l.found[i].text);
	free(l.found);
	json_decref(l.root);
	profile_view_free(&l.v);
	seccomp_profile_free(&l.sp);
	return rc;
}
