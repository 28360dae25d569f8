/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asked.c - what a front end found: options, verdicts, advice, and how they are told.
 *
 * Should: name file, line, column and key with everything.
 * Mustn't: know any key; show a value that was handed over as hidden.
 */
#include "asked.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "json_text.h"
#include "options_set.h"

#define VALUE_MAX 60 /* of a value that a message shows */

static char *__attribute__((format(printf, 2, 0)))
printf_arena(struct arena *arena, const char *fmt, va_list args)
{
	char text[1024];

	(void)vsnprintf(text, sizeof(text), fmt, args);
	return arena_strdup(arena, text);
}

static const char *shortened(struct arena *arena, const char *value)
{
	size_t len = strlen(value);

	return len <= VALUE_MAX ? arena_strdup(arena, value)
				: arena_printf(arena, "%.*s...", VALUE_MAX, value);
}

static const char *origin_text(struct arena *arena, const struct place *at, const char *key)
{
	return at->file ? arena_printf(arena, "%s:%u:%u: %s", at->file, at->line, at->column, key)
			: key;
}

static void add_option(struct asked *a, const char *option, const char *value, const char *origin)
{
	a->options = list_grow(a->arena, a->options, a->n_options, sizeof(*a->options));
	a->options[a->n_options++] = (struct option_given){option, value, origin};
}

void asked_option(struct asked *a, const struct place *at, const char *key, const char *option,
		  const char *value)
{
	const char *origin = origin_text(a->arena, at, arena_strdup(a->arena, key));

	if (value)
		origin = arena_printf(a->arena, "%s %s", origin, shortened(a->arena, value));
	add_option(a, option, value, origin);
}

void asked_hidden(struct asked *a, const struct place *at, const char *key, const char *option,
		  const char *value)
{
	add_option(a, option, value, origin_text(a->arena, at, arena_strdup(a->arena, key)));
}

void asked_verdict(struct asked *a, const struct place *at, const char *key, const char *value,
		   enum verdict_kind verdict, const char *fmt, ...)
{
	va_list args;
	const char *text;

	va_start(args, fmt);
	text = printf_arena(a->arena, fmt, args);
	va_end(args);
	a->verdicts = list_grow(a->arena, a->verdicts, a->n_verdicts, sizeof(*a->verdicts));
	a->verdicts[a->n_verdicts++] = (struct key_verdict){
		.key = arena_strdup(a->arena, key),
		.value = shortened(a->arena, value ? value : ""),
		.at = *at,
		.verdict = verdict,
		.text = text,
	};
}

void asked_advice(struct asked *a, const struct place *at, const char *id, const char *add,
		  const char *fmt, ...)
{
	va_list args;
	const char *text;

	va_start(args, fmt);
	text = printf_arena(a->arena, fmt, args);
	va_end(args);
	a->advice = list_grow(a->arena, a->advice, a->n_advice, sizeof(*a->advice));
	a->advice[a->n_advice++] = (struct advice){
		.id = id, .at = *at, .text = text, .add = arena_strdup(a->arena, add)};
}

void asked_refuse(struct asked *a, const struct place *at, const char *key, const char *hint,
		  const char *fmt, ...)
{
	va_list args;
	const char *text;

	if (a->refusal)
		return;
	va_start(args, fmt);
	text = printf_arena(a->arena, fmt, args);
	va_end(args);
	a->refusal = arena_printf(a->arena, "%s: %s", origin_text(a->arena, at, key), text);
	a->refusal_hint = arena_strdup(a->arena, hint);
}

const char *verdict_name(enum verdict_kind v)
{
	static const char *const names[] = {"enforced", "enforced differently", "not enforceable",
					    "ignored"};

	return names[v];
}

/* ---- for who runs it ------------------------------------------------------------------------ */

void asked_notes(const struct asked *a, bool is_verbose)
{
	const char *dot = a->name ? "." : "", *name = a->name ? a->name : "";
	size_t ignored = 0;

	for (size_t i = 0; i < a->n_notes; i++)
		note("%s:%u:%u: %s", a->notes[i].at.file, a->notes[i].at.line,
		     a->notes[i].at.column, a->notes[i].text);
	for (size_t i = 0; i < a->n_verdicts; i++) {
		const struct key_verdict *v = &a->verdicts[i];
		const char *what = v->verdict == VERDICT_UNPRIVILEGED ? "NOT ENFORCED"
								      : verdict_name(v->verdict);

		if (v->verdict == VERDICT_IGNORED)
			ignored++;
		if (v->verdict != VERDICT_ENFORCED && (is_verbose || v->verdict != VERDICT_IGNORED))
			note("%s%s%s: %s: %s", name, dot, v->key, what, v->text);
	}
	if (ignored && !is_verbose)
		note("%zu %s without effect here: --verbose says which, and why", ignored,
		     ignored == 1 ? "key is" : "keys are");
}

static int no_rootfs(const struct asked *a, struct err *err)
{
	if (!a->name) {
		err_say(err, "ROOTFS: missing");
		err_hint(err, "the directory that stands for the image: pillbox run "
			      "--from-docker='docker run ...' ROOTFS");
		return -EINVAL;
	}
	if (a->image)
		place_say(err, &a->at,
			  "services.%s: no root file system: there is no image store for %.100s",
			  a->name, a->image);
	else
		place_say(err, &a->at, "services.%s: no root file system", a->name);
	err_hint(
		err,
		"--rootfs DIR, or `x-rootfs: DIR` in the service; `docker export` unpacked is one");
	return -EINVAL;
}

int asked_no_command(const struct asked *a, struct err *err)
{
	if (a->name)
		place_say(err, &a->at, "services.%s: no command, and the image's own is not known",
			  a->name);
	else
		err_say(err, "COMMAND: missing, and the image's own is not known");
	err_hint(err, "%s",
		 a->name ? "`command:` in the service, or -- COMMAND on the line"
			 : "give it behind the image's name");
	return -EINVAL;
}

int asked_operands(const struct asked *a, const char *rootfs, const char *const *argv, size_t argc,
		   struct spec *s, struct err *err)
{
	const char **all;

	s->rootfs = rootfs && strcmp(rootfs, "-") != 0 ? rootfs : a->rootfs;
	if (!s->rootfs)
		return no_rootfs(a, err);
	/* A front end counts its words; execve(2) wants a NULL behind the last one. */
	if (!argc && a->argc) {
		all = arena_alloc(s->arena, (a->argc + 1) * sizeof(*all));
		memcpy(all, a->argv, a->argc * sizeof(*all));
		s->argv = all;
	}
	s->argc = a->argc; /* none: spec_finish() says so, if nothing else is run */
	if (!argc)
		return 0;
	all = arena_alloc(s->arena, (a->n_entrypoint + argc + 1) * sizeof(*all));
	if (a->n_entrypoint)
		memcpy(all, a->entrypoint, a->n_entrypoint * sizeof(*all));
	memcpy(all + a->n_entrypoint, argv, argc * sizeof(*all));
	s->argv = all;
	s->argc = a->n_entrypoint + argc;
	return 0;
}

/* ---- reports -------------------------------------------------------------------------------- */

/* One field, safe on a terminal. */
static void put(FILE *out, const char *text)
{
	char shown[2048];

	escape(shown, sizeof(shown), text);
	(void)fputs(shown, out);
}

/* A text below its key, folded at blanks. */
static void put_folded(FILE *out, const char *text, size_t indent)
{
	char shown[2048];
	const char *rest = shown;
	const size_t width = 100 - indent;

	escape(shown, sizeof(shown), text);
	while (*rest) {
		size_t len = strlen(rest), cut = len;

		if (len > width) {
			for (cut = width; cut && rest[cut] != ' '; cut--)
				;
			if (!cut)
				cut = width;
		}
		(void)fprintf(out, "%*s%.*s\n", (int)indent, "", (int)cut, rest);
		rest += cut;
		rest += strspn(rest, " ");
	}
}

static void print_counts(const struct asked *a, FILE *out)
{
	size_t n[VERDICTS] = {0};
	bool is_first = true;

	for (size_t i = 0; i < a->n_verdicts; i++)
		n[a->verdicts[i].verdict]++;
	put(out, a->name ? a->name : "docker run");
	if (a->at.file) {
		(void)fputs(" (", out);
		put(out, a->at.file);
		(void)fprintf(out, ":%u)", a->at.line);
	}
	(void)fprintf(out, ": %zu %s", a->n_verdicts, a->n_verdicts == 1 ? "key" : "keys");
	for (size_t v = 0; v < VERDICTS; v++) {
		if (!n[v])
			continue;
		(void)fprintf(out, "%s%zu %s", is_first ? ": " : ", ", n[v],
			      verdict_name((enum verdict_kind)v));
		is_first = false;
	}
	(void)fputs("\n", out);
}

static void print_verdict(const struct key_verdict *v, FILE *out)
{
	char where[32];

	(void)snprintf(where, sizeof(where), "%u:%u", v->at.line, v->at.column);
	(void)fprintf(out, "  %-7s %-21s ", v->at.file ? where : "", verdict_name(v->verdict));
	put(out, v->key);
	if (*v->value) {
		(void)fputs(": ", out);
		put(out, v->value);
	}
	(void)fputs("\n", out);
	if (*v->text)
		put_folded(out, v->text, 32);
}

int asked_print(const struct asked *a, FILE *out)
{
	print_counts(a, out);
	for (size_t i = 0; i < a->n_verdicts; i++)
		print_verdict(&a->verdicts[i], out);
	if (a->n_advice)
		(void)fprintf(out, "\n  advice:\n");
	for (size_t i = 0; i < a->n_advice; i++) {
		const struct advice *v = &a->advice[i];

		(void)fprintf(out, "  %-7u %s\n", v->at.line, v->id);
		put_folded(out, v->text, 10);
		if (*v->add) {
			(void)fputs("          write: ", out);
			put(out, v->add);
			(void)fputs("\n", out);
		}
	}
	return fflush(out) || ferror(out) ? -EIO : 0;
}

static json_t *place_json(const struct place *at)
{
	return json_pack("{s:o?, s:i, s:i}", "file", at->file ? json_of_text(at->file) : NULL,
			 "line", (int)at->line, "column", (int)at->column);
}

json_t *asked_json(const struct asked *a)
{
	json_t *verdicts = json_array(), *advice = json_array();

	for (size_t i = 0; i < a->n_verdicts; i++) {
		const struct key_verdict *v = &a->verdicts[i];

		(void)json_array_append_new(
			verdicts,
			json_pack("{s:o, s:o, s:s, s:o, s:o}", "key", json_of_text(v->key), "value",
				  json_of_text(v->value), "verdict", verdict_name(v->verdict),
				  "text", json_of_text(v->text), "at", place_json(&v->at)));
	}
	for (size_t i = 0; i < a->n_advice; i++) {
		const struct advice *v = &a->advice[i];

		(void)json_array_append_new(advice, json_pack("{s:s, s:o, s:o, s:o}", "id", v->id,
							      "text", json_of_text(v->text),
							      "write", json_of_text(v->add), "at",
							      place_json(&v->at)));
	}
	return json_pack("{s:o?, s:o, s:o, s:o}", "service", a->name ? json_of_text(a->name) : NULL,
			 "at", place_json(&a->at), "keys", verdicts, "advice", advice);
}
