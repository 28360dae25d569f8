/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_lint_rules.c - what is written in a profile: names that nobody has, rules that are never or
 * always in force, rules that another one makes pointless.
 *
 * Should: look at the text for what the reader leaves out: rules not in force, names not known.
 * Mustn't: report what depends on arguments that were only sampled.
 */
#include <errno.h>
#include <jansson.h>
#include <seccomp.h>
#include <string.h>

#include "builtin_filter.h"
#include "nearest.h"
#include "profile_json.h"
#include "seccomp_lint.h"

/* ---- the text ------------------------------------------------------------------------------- */

/* One element of "syscalls" as it is written. */
struct entry {
	size_t at;
	unsigned line;
	const json_t *in, *ex;
};

static const char *known_call(size_t i)
{
	return call_table[i].name;
}

static void check_name(struct lint *l, const char *name, const struct entry *e, size_t at)
{
	const char *near;

	if (!name || seccomp_is_call(name))
		return;
	near = nearest(name, known_call, call_table_len);
	lint_add(l, SEV_WARNING, lint_name_line(l, e->at, at, e->line), "unknown-name",
		 "%.64s: no call of this name is known, so nothing is said by it%s%s%s", name,
		 near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static void check_names(struct lint *l, const json_t *obj, const struct entry *e)
{
	const json_t *list = json_object_get(obj, "names"), *value;
	size_t i;

	check_name(l, json_string_value(json_object_get(obj, "name")), e, 0);
	json_array_foreach(list, i, value)
	{
		check_name(l, json_string_value(value), e, i);
	}
}

/* "5.14" -> 5014; the reader has accepted it. 0: there is none. */
static unsigned min_kernel(const json_t *match)
{
	const char *text = json_string_value(json_object_get(match, "minKernel"));
	unsigned major = 0, minor = 0;

	return text && sscanf(text, "%u.%u", &major, &minor) == 2 ? major * 1000 + minor : 0;
}

static bool has_word(const json_t *match, const char *key, const char *word)
{
	const json_t *value;
	size_t i;

	json_array_foreach(json_object_get(match, key), i, value)
	{
		if (strcasecmp(json_string_value(value), word) == 0)
			return true;
	}
	return false;
}

static void check_arches(struct lint *l, const struct entry *e)
{
	const struct profile_arch *native = profile_arch_by_token(seccomp_arch_native());

	if (!native)
		return;
	if (json_array_size(json_object_get(e->in, "arches")) &&
	    !has_word(e->in, "arches", native->name))
		lint_add(l, SEV_NOTE, e->line, "other-arch",
			 "syscalls[%zu]: never in force on this machine: not for %s", e->at,
			 native->name);
	if (has_word(e->ex, "arches", native->name))
		lint_add(l, SEV_NOTE, e->line, "other-arch",
			 "syscalls[%zu]: never in force on this machine: excludes %s", e->at,
			 native->name);
}

static void check_kernels(struct lint *l, const struct entry *e)
{
	unsigned from = min_kernel(e->in), to = min_kernel(e->ex);

	if (to && to <= BUILTIN_KERNEL)
		lint_add(l, SEV_WARNING, e->line, "never-in-force",
			 "syscalls[%zu]: never in force: it excludes Linux %u.%u and later, and "
			 "pillbox needs %u.%u",
			 e->at, to / 1000, to % 1000, BUILTIN_KERNEL / 1000, BUILTIN_KERNEL % 1000);
	else if (from && to && to <= from)
		lint_add(
			l, SEV_WARNING, e->line, "never-in-force",
			"syscalls[%zu]: never in force: from Linux %u.%u on, but not from %u.%u on",
			e->at, from / 1000, from % 1000, to / 1000, to % 1000);
	else if (from && from <= BUILTIN_KERNEL)
		lint_add(l, SEV_NOTE, e->line, "always-in-force",
			 "syscalls[%zu]: minKernel %u.%u holds always: pillbox needs Linux %u.%u",
			 e->at, from / 1000, from % 1000, BUILTIN_KERNEL / 1000,
			 BUILTIN_KERNEL % 1000);
}

static void check_caps(struct lint *l, const struct entry *e)
{
	const json_t *value;
	size_t i;

	json_array_foreach(json_object_get(e->in, "caps"), i, value)
	{
		if (has_word(e->ex, "caps", json_string_value(value)))
			lint_add(l, SEV_WARNING, e->line, "never-in-force",
				 "syscalls[%zu]: never in force: %s is in includes and in excludes",
				 e->at, json_string_value(value));
	}
}

void lint_text(struct lint *l)
{
	struct profile_lines lines;
	const json_t *value;
	size_t i;

	profile_lines_start(&lines, l->sp.text, l->sp.len);
	json_array_foreach(json_object_get(l->root, "syscalls"), i, value)
	{
		struct entry e = {.at = i,
				  .line = profile_lines_next(&lines),
				  .in = json_object_get(value, "includes"),
				  .ex = json_object_get(value, "excludes")};

		check_names(l, value, &e);
		check_arches(l, &e);
		check_kernels(l, &e);
		check_caps(l, &e);
	}
}

/* ---- the rules in force --------------------------------------------------------------------- */

static void check_conds(struct lint *l, const struct profile_rule *r)
{
	for (unsigned i = 0; i < r->n_conds; i++) {
		const struct profile_cond *c = &r->conds[i];
		bool is_never = (c->op == SCMP_CMP_LT && c->value == 0) ||
				(c->op == SCMP_CMP_GT && c->value == UINT64_MAX);
		bool is_always = (c->op == SCMP_CMP_GE && c->value == 0) ||
				 (c->op == SCMP_CMP_LE && c->value == UINT64_MAX) ||
				 (c->op == SCMP_CMP_MASKED_EQ && c->value == 0);

		if (is_never)
			lint_add(l, SEV_WARNING, lint_line(l, r), "never-holds",
				 "%s: never matches: nothing is %s %s", r->name,
				 c->value ? "greater than" : "less than",
				 c->value ? "the highest value" : "0");
		if (is_always)
			lint_add(l, SEV_WARNING, lint_line(l, r), "always-holds",
				 "%s: the condition on argument %u holds for every value", r->name,
				 c->index);
	}
}

/* The strictest rule of a call that has no conditions. */
static const struct profile_rule *unconditional(const struct profile_rule *r, size_t n)
{
	const struct profile_rule *found = NULL;

	for (size_t i = 0; i < n; i++)
		if (!r[i].n_conds && (!found || profile_is_stricter(r[i].action, found->action)))
			found = &r[i];
	return found;
}

/* The rules of one call beside each other. */
static void check_shadows(struct lint *l, const struct profile_rule *r, size_t n)
{
	const struct profile_rule *all = unconditional(r, n);
	char a[64], b[64], place[512];

	for (size_t i = 0; all && i < n; i++) {
		if (&r[i] == all || profile_is_stricter(r[i].action, all->action))
			continue;
		seccomp_place(l->sp.origin, all, place, sizeof(place));
		if (r[i].action == all->action)
			lint_add(l, SEV_NOTE, lint_line(l, &r[i]), "redundant",
				 "%s: %s says the same without conditions", r[i].name, place);
		else
			lint_add(l, SEV_WARNING, lint_line(l, &r[i]), "shadowed",
				 "%s: never %s: at %s it is %s, and the strictest rule holds",
				 r[i].name, seccomp_answer(r[i].action, a, sizeof(a)), place,
				 seccomp_answer(all->action, b, sizeof(b)));
	}
}

/* Docker leaves such a rule out; here it wins over a weaker one that fits the call, too. */
static void check_default(struct lint *l, const struct profile_rule *r, size_t n)
{
	bool has_weaker = false;

	for (size_t i = 0; i < n; i++)
		has_weaker |= profile_is_stricter(l->sp.p.def_action, r[i].action);
	for (size_t i = 0; i < n; i++) {
		if (r[i].action != l->sp.p.def_action)
			continue;
		if (has_weaker)
			lint_add(
				l, SEV_WARNING, lint_line(l, &r[i]), "repeats-default",
				"%s: the default action, beside a weaker rule: the stricter one holds "
				"here, and Docker leaves this one out",
				r[i].name);
		else
			lint_add(l, SEV_NOTE, lint_line(l, &r[i]), "repeats-default",
				 "%s: repeats the default action", r[i].name);
	}
}

static bool is_kill(const struct profile_rule *r)
{
	uint32_t what = r->action & SECCOMP_RET_ACTION_FULL;

	return what == SECCOMP_RET_KILL_PROCESS || what == SECCOMP_RET_KILL_THREAD;
}

/* One for each entry. */
static void check_kills(struct lint *l)
{
	const struct profile *p = &l->sp.p;

	for (size_t at = 0; at < p->n_rules; at++) {
		const struct profile_rule *r = &p->rules[at];
		size_t before = 0;

		while (before < at &&
		       !(is_kill(&p->rules[before]) && p->rules[before].entry == r->entry))
			before++;
		if (is_kill(r) && before == at)
			lint_add(
				l, SEV_NOTE, lint_line(l, r), "kills",
				"%s: a program that only tries whether the kernel has it is killed; "
				"an errno lets it go on without",
				r->name);
	}
	if ((int32_t)p->def_action < (int32_t)SECCOMP_RET_TRAP)
		lint_add(l, SEV_NOTE, 0, "kills",
			 "the default action kills: a C library that tries a newer call ends the "
			 "program, and there is no ENOSYS for calls newer than the profile");
}

void lint_rules(struct lint *l)
{
	const struct profile *p = &l->sp.p;

	for (size_t i = 0, n; i < p->n_rules; i += n) {
		for (n = 1;
		     i + n < p->n_rules && strcmp(p->rules[i].name, p->rules[i + n].name) == 0;)
			n++;
		check_shadows(l, &p->rules[i], n);
		check_default(l, &p->rules[i], n);
		for (size_t k = 0; k < n; k++)
			check_conds(l, &p->rules[i + k]);
	}
	check_kills(l);
}
