/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_program.c - what must be true of the list of steps, whatever is in it.
 */
#include <criterion/criterion.h>
#include <ctype.h>
#include <string.h>

#include "options.h"
#include "step.h"

#define MAX_HINTS 64

static bool is_kebab(const char *id)
{
	if (!islower((unsigned char)id[0]))
		return false;
	for (const char *p = id; *p; p++)
		if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) &&
		    (*p != '-' || p[1] == '-' || !p[1]))
			return false;
	return true;
}

/* A clause for users: there, printable, without a full stop that would end somebody's sentence. */
static void text_is_good(const struct step *s, const char *name, const char *text, size_t min)
{
	cr_assert(text, "%s: no %s", s->id, name);
	cr_expect(strlen(text) >= min, "%s: %s says next to nothing: '%s'", s->id, name, text);
	cr_expect(text[0] && text[strlen(text) - 1] != '.', "%s: %s ends with a full stop", s->id,
		  name);
	for (const char *p = text; *p; p++)
		cr_expect((unsigned char)*p >= ' ' && *p != 0x7f, "%s: control byte in %s", s->id,
			  name);
	cr_expect(!strstr(text, "  "), "%s: two blanks in %s", s->id, name);
}

Test(program, ids_are_unique_and_kebab_case)
{
	for (size_t i = 0; i < program_len; i++) {
		cr_assert(program[i] && program[i]->id, "step %zu has no id", i);
		cr_expect(is_kebab(program[i]->id), "%s is not kebab-case", program[i]->id);
		for (size_t j = 0; j < i; j++)
			cr_expect(program[i] != program[j] &&
					  strcmp(program[i]->id, program[j]->id) != 0,
				  "%s is there twice", program[i]->id);
	}
}

Test(program, every_step_can_be_explained)
{
	for (size_t i = 0; i < program_len; i++) {
		const struct step *s = program[i];

		text_is_good(s, "what", s->what, 10);
		text_is_good(s, "why", s->why, 20);
		text_is_good(s, "refs", s->refs, 4);
		cr_expect(s->run, "%s does nothing", s->id);
		cr_expect(strchr(s->refs, '(') && strchr(s->refs, ')'),
			  "%s: no manual page in refs: %s", s->id, s->refs);
	}
}

/* A step that may be absent says what brings it, and the options it names are there. */
Test(program, every_absent_step_says_what_brings_it)
{
	for (size_t i = 0; i < program_len; i++) {
		const struct step *s = program[i];

		cr_expect(!s->wanted == !s->by, "%s: wanted and by belong together", s->id);
		for (const char *at = s->by; at && (at = strstr(at, "--")); at++) {
			size_t len = strcspn(at += 2, " ,=");
			bool is_there = false;

			for (size_t o = 0; o < options_len && !is_there; o++)
				is_there = strlen(options[o].name) == len &&
					   !memcmp(options[o].name, at, len);
			cr_expect(is_there, "%s: there is no option --%.*s", s->id, (int)len, at);
		}
	}
}

/* The script of --dry-run=sh has a command for it, or says why there is none. */
Test(program, every_step_has_a_tool_or_says_why_not)
{
	for (size_t i = 0; i < program_len; i++) {
		const struct step *s = program[i];

		cr_expect(s->is_pure || s->sh || s->no_tool, "%s: neither sh nor no_tool", s->id);
		if (s->no_tool)
			text_is_good(s, "no_tool", s->no_tool, 20);
	}
}

/* Between the two sides there is nobody to hand over to before clone. */
Test(program, no_child_step_before_clone)
{
	bool has_clone = false;

	for (size_t i = 0; i < program_len; i++) {
		has_clone |= !strcmp(program[i]->id, "clone");
		cr_expect(has_clone || program[i]->side == PARENT, "%s is before clone",
			  program[i]->id);
	}
	cr_expect(has_clone, "there is no clone");
}

Test(program, exec_is_last)
{
	const struct step *s = program[program_len - 1];

	cr_expect(!strcmp(s->id, "exec") && s->side == CHILD && !s->wanted, "%s is last", s->id);
}

/* The child's undo is its death. */
Test(program, only_parent_steps_are_undone)
{
	for (size_t i = 0; i < program_len; i++)
		cr_expect(!program[i]->undo || program[i]->side == PARENT, "%s", program[i]->id);
}

/* A dry run is the pure steps and no other; after the first other one the request is frozen. */
Test(program, pure_steps_are_a_prefix_of_the_parent)
{
	bool is_over = false;

	for (size_t i = 0; i < program_len; i++) {
		const struct step *s = program[i];

		is_over |= !s->is_pure;
		cr_expect(!is_over || !s->is_pure, "%s is pure and stands after one that is not",
			  s->id);
		cr_expect(!s->is_pure || (s->side == PARENT && !s->undo),
			  "%s is pure and has something to undo, or is the child's", s->id);
	}
	cr_expect(program[0]->is_pure, "there is no pure step");
}

Test(program, hints_end_and_say_something)
{
	for (size_t i = 0; i < program_len; i++) {
		const struct hint *h = program[i]->hints;
		size_t n = 0;

		for (; h && h[n].text; n++) {
			cr_assert(n < MAX_HINTS, "%s: no end of hints", program[i]->id);
			cr_expect(h[n].num >= 0 && h[n].num < 4096, "%s: hint for errno %d",
				  program[i]->id, h[n].num);
			text_is_good(program[i], "a hint", h[n].text, 10);
			/* err_hint() keeps the first: a later one for the same errno is never seen. */
			for (size_t j = 0; j < n; j++)
				cr_expect(h[j].num && h[j].num != h[n].num,
					  "%s: hint %zu is never shown", program[i]->id, n);
		}
	}
}

/* What has to stand before what, whatever else changes: the constraints that no error reports. */
Test(program, order_that_the_kernel_does_not_check)
{
	static const char *const before[][2] = {
		{"idmap", "become-root"},
		{"idmap", "undump"},
		{"private", "root-bind"},
		{"root-ro", "mounts"},
		{"proc", "mask"},
		{"dev", "mask"},
		{"sysctl", "mask"},
		{"mounts", "secrets"},
		{"pivot", "cwd"},
		{"filter-early", "caps"},
		{"caps", "leash"},
		{"nnp", "filter"},
		{"mounts", "landlock"},
		{"caps", "init"},
		{"leash", "init"},
		{"landlock", "init"},
		{"init", "fds"},
		{"fds", "filter"},
		{"filter", "verify"},
		{"keyring", "filter"},
		{"lsm", "nnp"},
		{"cgroup-plan", "cgroup-scope"},
		{"cgroup-scope", "cgroup"},
		{"cgroup", "clone"},
		{"nnp", "landlock"},
		{"landlock", "tcp"},
		{"tcp", "init"},
	};

	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		size_t at[2] = {program_len, program_len};

		for (size_t j = 0; j < program_len; j++)
			for (int k = 0; k < 2; k++)
				if (!strcmp(program[j]->id, before[i][k]))
					at[k] = j;
		cr_expect(at[0] < at[1] && at[1] < program_len, "%s must stand before %s",
			  before[i][0], before[i][1]);
	}
}
