/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain.c - telling a launch while it happens (--explain).
 *
 * Should: tell nothing of its own: what, why, calls and values are the step's, the evidence is the
 * kernel's. Print to standard error; standard output is the command's.
 * Mustn't: change what is done, or know any step by name.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evidence.h"
#include "options.h"
#include "runner.h"
#include "term.h"
#include "verify.h"
#include "watch.h"

#define TEXT_COLUMN 16
#define LINES_MAX 24 /* of one kind of change; a recursive mount change would fill pages */

struct watch {
	struct term term;
	struct stepper stepper;
	struct evidence last;
	pid_t last_pid;
	unsigned number, of; /* "3/41" */
	size_t next;         /* index in program[] of what was not told yet */
};

bool is_watched(const struct run *r)
{
	return r->spec->is_explained;
}

/* With --explain=STEP only that one is told; everything happens all the same. */
static bool is_told(const struct run *r, const struct step *s)
{
	return !r->spec->explain_step || !strcmp(r->spec->explain_step, s->id);
}

int watch_start(struct run *r, struct err *err)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		return err_set(err, ENOMEM, "--explain");
	r->watch = w;
	w->stepper.tty = w->stepper.signals = -1;
	term_init(&w->term, stderr);
	if (r->spec->is_stepped && stepper_open(&w->stepper, err) < 0)
		return -err->num;
	return 0;
}

/* Whose facts tell about the sandbox: before clone only we are there. */
static pid_t watched_pid(const struct run *r)
{
	return r->child ? verify_pid(r) : getpid();
}

static void tell_line(const char *text, void *arg)
{
	const struct watch *w = arg;
	const char *value = strchr(text, ':');
	char key[64];

	(void)snprintf(key, sizeof(key), "%.*s", (int)(value - text), text);
	term_para(&w->term, TEXT_COLUMN, TEXT_COLUMN + (unsigned)strlen(key) + 2, STYLE_KEY, key,
		  value + 2);
}

static void tell_calls(const struct watch *w, const struct step *s)
{
	for (const char *line = s->calls; line && *line;) {
		size_t len = strcspn(line, "\n");
		char one[512];

		(void)snprintf(one, sizeof(one), "%.*s", (int)len, line);
		term_para(&w->term, line == s->calls ? 3 : TEXT_COLUMN, TEXT_COLUMN, STYLE_DIM,
			  line == s->calls ? "calls" : "", one);
		line += len + (line[len] == '\n');
	}
}

/* In depth, for one step: what may go wrong, and the options that lead here. */
static void tell_depth(const struct watch *w, const struct step *s)
{
	const char *label = "options";

	for (size_t i = 0; i < options_len; i++) {
		char text[512];

		if (!options[i].step || strcmp(options[i].step, s->id) != 0)
			continue;
		(void)snprintf(text, sizeof(text), "--%s: %s", options[i].name, options[i].help);
		term_para(&w->term, 3, TEXT_COLUMN, STYLE_DIM, label, text);
		label = "";
	}
	label = "fails";
	for (const struct hint *h = s->hints; h && h->text; h++) {
		char text[1024];

		(void)snprintf(text, sizeof(text), "%s: %s",
			       h->num ? strerrorname_np(h->num) : "any error", h->text);
		term_para(&w->term, 3, TEXT_COLUMN, STYLE_DIM, label, text);
		label = "";
	}
}

/* The steps that were passed over since the last one, with what would bring them. */
static void tell_unwanted(struct run *r, const struct step *upto)
{
	struct watch *w = r->watch;

	for (; w->next < program_len && program[w->next] != upto; w->next++) {
		const struct step *s = program[w->next];
		char text[512];

		if (step_wanted(r, s) || !is_told(r, s))
			continue;
		(void)snprintf(text, sizeof(text), "not here: %s. With: %s", s->what, s->by);
		for (size_t i = 0; i < r->spec->n_skip; i++)
			if (!strcmp(r->spec->skip[i], s->id))
				(void)snprintf(text, sizeof(text), "LEFT OUT by --skip: %s",
					       s->what);
		term_para(&w->term, 0, TEXT_COLUMN, STYLE_DIM, s->id, text);
	}
	w->next++;
}

int watch_before(struct run *r, const struct step *s, struct err *err)
{
	struct watch *w = r->watch;

	if (!w->of) /* what is wanted may change while the pure steps decide; the end is exact */
		for (size_t i = 0; i < program_len; i++)
			w->of += step_wanted(r, program[i]);
	w->number++;
	tell_unwanted(r, s);
	if (is_told(r, s)) {
		fputc('\n', w->term.out);
		term_para(&w->term, 0, TEXT_COLUMN, STYLE_TITLE, s->id, s->what);
		term_para(&w->term, 3, TEXT_COLUMN, STYLE_DIM, "why here", s->why);
		if (s->refs)
			term_para(&w->term, 3, TEXT_COLUMN, STYLE_DIM, "read", s->refs);
		term_para(&w->term, 3, TEXT_COLUMN, STYLE_DIM, "where",
			  s->side == PARENT ? "in the launcher" : "in the sandbox's process");
		tell_calls(w, s);
		if (r->spec->explain_step)
			tell_depth(w, s);
		if (!s->is_pure)
			show_lines(r, s, tell_line, w);
		(void)fflush(w->term.out);
	}
	if (r->spec->is_stepped && is_told(r, s) && stepper_ask(&w->stepper, r, s, err) < 0)
		return -err->num;
	if (!s->is_pure) {
		w->last_pid = watched_pid(r);
		evidence_read(&w->last, w->last_pid);
	}
	return 0;
}

/* Count first, print up to a limit: a change of propagation touches every mount of the host. */
struct telling {
	const struct watch *w;
	unsigned n;
};

static void tell_change(const char *was, const char *is, size_t key, void *arg)
{
	struct telling *t = arg;
	char text[8300];

	if (++t->n > LINES_MAX)
		return;
	if (was && is)
		(void)snprintf(text, sizeof(text), "%.4096s  ->  %.4096s", was,
			       is + key + strspn(is + key, " "));
	else
		(void)snprintf(text, sizeof(text), "%c %.4096s", was ? '-' : '+', was ? was : is);
	term_line(&t->w->term, TEXT_COLUMN, is ? STYLE_GOOD : STYLE_BAD, text);
}

void watch_after(struct run *r, const struct step *s)
{
	struct watch *w = r->watch;
	struct telling t = {.w = w};
	struct evidence now;

	if (s->is_pure) {
		if (is_told(r, s))
			show_lines(r, s, tell_line, w);
		(void)fflush(w->term.out);
		return;
	}
	evidence_read(&now, watched_pid(r));
	if (is_told(r, s)) {
		term_para(&w->term, 3, TEXT_COLUMN, STYLE_DIM, "kernel", "");
		evidence_diff(&w->last, &now, tell_change, &t);
		if (!t.n)
			term_line(&w->term, TEXT_COLUMN, STYLE_DIM,
				  "shows nothing of this from outside");
		if (t.n > LINES_MAX)
			fprintf(w->term.out, "%*s... and %u lines more\n", TEXT_COLUMN, "",
				t.n - LINES_MAX);
		(void)fflush(w->term.out);
	}
	evidence_free(&now);
	evidence_free(&w->last);
}

void watch_end(struct run *r)
{
	struct watch *w = r->watch;

	if (!w)
		return;
	evidence_free(&w->last);
	stepper_close(&w->stepper);
	(void)fflush(w->term.out);
	free(w);
	r->watch = NULL;
}
