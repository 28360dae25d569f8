/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_show.c - `pillbox seccomp show`: what a profile allows, for people.
 *
 * Should: begin with what is dangerous; tell for every call of the architecture what becomes of it.
 * Mustn't: say "allowed" of a call whose answer depends on its arguments.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "caps_names.h"
#include "json_text.h"
#include "seccomp_cmd.h"
#include "term.h"

#define WIDTH 100 /* where the output is no terminal */

enum state { ALLOWED, CONDITIONAL, REFUSED, STATES };

static const char *const state_names[] = {
	[ALLOWED] = "allowed", [CONDITIONAL] = "conditional", [REFUSED] = "refused"};

struct row {
	const struct call_info *info;
	uint32_t nr;
	enum state state;
	const struct profile_entry *rules;
	size_t n_rules;
	uint32_t action; /* where it is the same for all arguments */
};

struct view {
	struct seccomp_profile sp;
	struct profile_view v;
	struct row *rows;
	size_t n;
	struct profile_unlock *unlocks;
	size_t n_unlocks;
	struct term term;
};

/* ---- what there is -------------------------------------------------------------------------- */

static int add_row(struct view *w, const struct call_info *info, struct err *err)
{
	struct row *row = &w->rows[w->n];
	struct profile_answers a;
	unsigned sub;
	int mux, rc, nr = profile_call(w->v.arch, info->name, &mux, &sub);

	if (nr < 0)
		return 0;
	*row = (struct row){.info = info, .nr = (uint32_t)nr};
	row->n_rules = profile_view_rules(&w->v, row->nr, &row->rules);
	rc = profile_answers(&w->v, row->nr, &a, err);
	if (rc < 0)
		return rc;
	row->action = a.weakest;
	row->state = a.strictest != a.weakest ? CONDITIONAL : a.can_allow ? ALLOWED : REFUSED;
	w->n++;
	return 0;
}

static int look(const struct seccomp_req *req, struct view *w, struct err *err)
{
	struct seccomp_profile *sp = &w->sp;
	int rc = seccomp_profile_load(req, req->words[0], sp, err);

	rc = rc ? rc : profile_view(&w->v, &sp->p, sp->prog, req->arch, err);
	if (rc < 0)
		return rc;
	w->rows = calloc(call_table_len + 1, sizeof(*w->rows));
	if (!w->rows)
		return err_set(err, ENOMEM, "%s", sp->origin);
	for (size_t i = 0; i < call_table_len && rc == 0; i++)
		rc = add_row(w, &call_table[i], err);
	return rc ? rc
		  : profile_unlocks(sp->origin, sp->text, sp->len, sp->caps, sp->kernel,
				    &w->unlocks, &w->n_unlocks, err);
}

/* ---- text ----------------------------------------------------------------------------------- */

static void title(const struct view *w, const char *text)
{
	fputc('\n', w->term.out);
	term_line(&w->term, 0, STYLE_TITLE, text);
}

/* A line of the head; printf's text at a column of its own. */
static void __attribute__((format(printf, 3, 4)))
head(const struct view *w, const char *label, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	term_para(&w->term, 2, 18, STYLE_PLAIN, label, text);
}

/* The names that were skipped, "none" if there are none. */
static void unknown_text(const struct profile *p, char *buf, size_t size)
{
	size_t used = 0;

	(void)snprintf(buf, size, "none");
	for (size_t i = 0; i < p->n_names && used < size; i++)
		if (!(i && strcmp(p->names[i], p->names[i - 1]) == 0) &&
		    !seccomp_is_call(p->names[i]))
			used += (size_t)snprintf(buf + used, size - used, "%s%.64s",
						 used ? " " : "", p->names[i]);
}

static void print_head(const struct view *w)
{
	const struct profile *p = &w->sp.p;
	const char *last = w->v.is_listed && profile_has_enosys(p)
				   ? call_name(w->v.arch, w->v.newest)
				   : NULL;
	char text[1024], answer[64];
	size_t used = 0;

	term_line(&w->term, 0, STYLE_TITLE, w->sp.origin);
	head(w, "capabilities", "%s (preset %s)", caps_text(w->sp.caps, text, sizeof(text)),
	     preset_name(w->sp.preset));
	head(w, "kernel", "%u.%u", w->sp.kernel / 1000, w->sp.kernel % 1000);
	head(w, "default action", "%s%s%s", seccomp_answer(p->def_action, answer, sizeof(answer)),
	     last ? "; calls newer than all that it names get ENOSYS, the last is " : "",
	     last ? last : "");
	for (unsigned i = 0; i < p->n_arches; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? " " : "",
					 seccomp_arch(p->arches[i]));
	head(w, "architectures", "%s; shown: %s%s", text, seccomp_arch(w->v.arch),
	     w->v.is_listed ? "" : ", whose calls all kill the process");
	head(w, "flags", "%s", seccomp_flags(p->flags));
	head(w, "rules", "%zu in force, %u instructions", p->n_rules, w->sp.prog->n);
	unknown_text(p, text, sizeof(text));
	head(w, "unknown names", "%s", text);
}

static void print_danger(const struct view *w, const struct row *r)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "%s%s",
		       r->state == CONDITIONAL ? "with conditions, see below: " : "",
		       r->info->danger);
	term_para(&w->term, 2, 26, r->state == ALLOWED ? STYLE_BAD : STYLE_PLAIN, r->info->name,
		  text);
}

/* Those without conditions first. */
static void print_dangers(const struct view *w)
{
	bool is_any = false;

	for (int state = ALLOWED; state < REFUSED; state++) {
		for (size_t i = 0; i < w->n; i++) {
			if (!w->rows[i].info->danger || (int)w->rows[i].state != state)
				continue;
			if (!is_any)
				title(w, "Dangerous calls that it allows");
			is_any = true;
			print_danger(w, &w->rows[i]);
		}
	}
}

static size_t count(const struct view *w, const char *group, enum state state)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		n += w->rows[i].state == state &&
		     (!group || strcmp(w->rows[i].info->group, group) == 0);
	return n;
}

static int print_names(const struct view *w, const char *group, enum state state, struct err *err)
{
	auto_free char *text = NULL;
	const char *blank = "";
	size_t size;
	FILE *out;

	if (!count(w, group, state))
		return 0;
	out = open_memstream(&text, &size);
	if (!out)
		return err_set(err, ENOMEM, "the report");
	for (size_t i = 0; i < w->n; i++) {
		if (w->rows[i].state != state || strcmp(w->rows[i].info->group, group) != 0)
			continue;
		fprintf(out, "%s%s", blank, w->rows[i].info->name);
		blank = " ";
	}
	if (fclose(out))
		return err_set(err, ENOMEM, "the report");
	term_para(&w->term, 2, 15, state == REFUSED ? STYLE_DIM : STYLE_PLAIN, state_names[state],
		  text);
	return 0;
}

static int print_groups(const struct view *w, struct err *err)
{
	for (size_t g = 0; g < call_groups_len; g++) {
		const char *name = call_groups[g].name;
		size_t n[STATES];
		char label[128];

		for (int s = 0; s < STATES; s++)
			n[s] = count(w, name, (enum state)s);
		if (n[ALLOWED] + n[CONDITIONAL] + n[REFUSED] == 0)
			continue;
		(void)snprintf(label, sizeof(label),
			       "%s: %zu allowed, %zu conditional, %zu refused", name, n[ALLOWED],
			       n[CONDITIONAL], n[REFUSED]);
		title(w, label);
		for (int s = 0; s < STATES; s++)
			if (print_names(w, name, (enum state)s, err) < 0)
				return -err->num;
	}
	return 0;
}

static int print_conditions(const struct view *w, struct err *err)
{
	if (count(w, NULL, CONDITIONAL))
		title(w, "Conditions");
	for (size_t i = 0; i < w->n; i++) {
		const struct row *r = &w->rows[i];
		auto_free char *text = NULL;

		if (r->state != CONDITIONAL)
			continue;
		text = seccomp_rules_text(r->info, r->rules, r->n_rules, w->sp.p.def_action);
		if (!text)
			return err_set(err, ENOMEM, "the report");
		term_para(&w->term, 2, 20, STYLE_KEY, r->info->name, text);
	}
	return 0;
}

static void print_unlocks(const struct view *w)
{
	if (w->n_unlocks)
		title(w, "What one more capability would open");
	for (size_t i = 0; i < w->n_unlocks; i++) {
		const struct profile_unlock *u = &w->unlocks[i];
		char label[64], name[32], text[8192];
		size_t used = 0;

		(void)snprintf(label, sizeof(label), "--cap-add %s",
			       cap_name(u->cap, name, sizeof(name)));
		for (size_t k = 0; k < u->n && used < sizeof(text); k++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
						 k ? " " : "", u->calls[k]);
		term_para(&w->term, 2, 30, STYLE_KEY, label, text);
	}
}

static int print_text(struct view *w, struct err *err)
{
	term_init(&w->term, stdout);
	if (!isatty(STDOUT_FILENO))
		w->term.width = WIDTH;
	print_head(w);
	print_dangers(w);
	if (print_groups(w, err) < 0 || print_conditions(w, err) < 0)
		return -err->num;
	print_unlocks(w);
	return 0;
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static json_t *row_json(const struct view *w, const struct row *r)
{
	auto_free char *text = NULL;
	json_t *j = json_pack("{s:s, s:I, s:s, s:s, s:s?}", "name", r->info->name, "nr",
			      (json_int_t)r->nr, "group", r->info->group, "state",
			      state_names[r->state], "danger", r->info->danger);

	if (r->state != CONDITIONAL) {
		(void)json_object_set_new(j, "answer", seccomp_action_json(r->action));
		return j;
	}
	text = seccomp_rules_text(r->info, r->rules, r->n_rules, w->sp.p.def_action);
	(void)json_object_set_new(j, "rules", text ? json_string(text) : NULL);
	return j;
}

static json_t *unlocks_json(const struct view *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n_unlocks; i++) {
		json_t *calls = json_array();
		char name[32];

		for (size_t k = 0; k < w->unlocks[i].n; k++)
			(void)json_array_append_new(calls, json_string(w->unlocks[i].calls[k]));
		(void)json_array_append_new(
			list,
			json_pack("{s:s, s:o}", "capability",
				  cap_name(w->unlocks[i].cap, name, sizeof(name)), "calls", calls));
	}
	return list;
}

static json_t *unknown_json(const struct profile *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->n_names; i++)
		if (!(i && strcmp(p->names[i], p->names[i - 1]) == 0) &&
		    !seccomp_is_call(p->names[i]))
			(void)json_array_append_new(list, json_of_text(p->names[i]));
	return list;
}

static int print_document(const struct view *w, struct err *err)
{
	const struct profile *p = &w->sp.p;
	json_t *calls = json_array();
	char kernel[16];

	for (size_t i = 0; i < w->n; i++)
		(void)json_array_append_new(calls, row_json(w, &w->rows[i]));
	(void)snprintf(kernel, sizeof(kernel), "%u.%u", w->sp.kernel / 1000, w->sp.kernel % 1000);
	return seccomp_print_json(
		json_pack("{s:i, s:o, s:s, s:o, s:s, s:o, s:o, s:s, s:o, s:i, s:i, s:o, s:o, s:o}",
			  "format", SECCOMP_FORMAT, "profile", json_of_text(w->sp.origin), "preset",
			  preset_name(w->sp.preset), "capabilities", seccomp_caps_json(w->sp.caps),
			  "kernel", kernel, "default", seccomp_action_json(p->def_action),
			  "architectures", seccomp_arches_json(p), "arch", seccomp_arch(w->v.arch),
			  "flags", seccomp_flags_json(p->flags), "rules", (int)p->n_rules,
			  "instructions", (int)w->sp.prog->n, "unknown", unknown_json(p), "calls",
			  calls, "opens", unlocks_json(w)),
		err);
}

int seccomp_show(const struct seccomp_req *req, struct err *err)
{
	struct view w = {0};
	int rc = look(req, &w, err);

	rc = rc ? rc : req->is_json ? print_document(&w, err) : print_text(&w, err);
	profile_unlocks_free(w.unlocks, w.n_unlocks);
	profile_view_free(&w.v);
	seccomp_profile_free(&w.sp);
	free(w.rows);
	return rc;
}
