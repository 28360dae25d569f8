/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options_teach.c - setters: what is for learning.
 *
 * Should: know the steps only by their names in the list.
 * Mustn't: let --skip take away what the launch cannot do without.
 */
#include <string.h>

#include "nearest.h"
#include "options_set.h"
#include "step.h"

static const char *step_name(size_t i)
{
	return program[i]->id;
}

/* The step of this name; NULL and an error: there is none. */
static const struct step *step_find(const char *name, const char *origin, struct err *err)
{
	const char *near;

	for (size_t i = 0; i < program_len; i++)
		if (!strcmp(program[i]->id, name))
			return program[i];
	(void)err_say(err, "%s: no step of this name", origin);
	near = nearest(name, step_name, program_len);
	if (near)
		err_hint(err, "did you mean %s?", near);
	else
		err_hint(err, "`pillbox run --dry-run ...` lists the steps");
	return NULL;
}

int opt_dry_run(struct spec *s, const char *value, const char *origin, struct err *err)
{
	static const enum dry_run forms[] = {DRY_TEXT, DRY_JSON, DRY_SH, DRY_DOT};
	int i, rc = value_choice(value, "text json sh dot", origin, &i, err);

	if (rc == 0)
		s->dry_run = forms[i];
	return rc;
}

int opt_explain(struct spec *s, const char *value, const char *origin, struct err *err)
{
	const struct step *step = value[0] ? step_find(value, origin, err) : NULL;

	if (value[0] && !step)
		return -err->num;
	s->is_explained = true;
	s->explain_step = step ? step->id : NULL;
	return 0;
}

int opt_step(struct spec *s, const char *value, const char *origin, struct err *err)
{
	(void)value, (void)origin, (void)err;
	s->is_explained = true;
	s->is_stepped = true;
	return 0;
}

int opt_skip(struct spec *s, const char *value, const char *origin, struct err *err)
{
	const char *cursor = value;

	while (cursor) {
		const struct step *step;
		const char *name;
		int rc = value_next(s->arena, &cursor, origin, &name, err);

		if (rc < 0)
			return rc;
		step = step_find(name, origin, err);
		if (!step)
			return -err->num;
		if (step->is_vital || step->is_pure) {
			(void)err_say(err, "%s: nothing works without %s", origin, step->id);
			err_hint(err, "what it does: %s", step->what);
			return -err->num;
		}
		s->skip = list_grow(s->arena, s->skip, s->n_skip, sizeof(*s->skip));
		s->skip[s->n_skip++] = step->id;
	}
	return 0;
}
