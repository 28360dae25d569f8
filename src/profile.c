/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile.c - reads a seccomp profile in Docker's JSON format into a flat list of rules.
 *
 * A profile is a security decision that somebody wrote down, so nothing in it may be passed over:
 * an unknown field, operator, architecture or capability is an error that names the place. Only
 * an unknown call name is skipped, as Docker does, because profiles list calls of every kernel and
 * processor; they are counted, so that the report can say so.
 *
 * Should: treat the text as hostile (size, depth, number ranges); decide here which rules are in
 *         force for these capabilities, this kernel and this processor.
 * Mustn't: know about BPF, or look at the running system other than the arguments it is given.
 */
#include "profile.h"

#include <errno.h>
#include <jansson.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile_json.h"
#include "util.h"

static int grow(void *list, size_t n, size_t *cap, size_t size)
{
	void *bigger;
	void **at = list;

	if (n < *cap)
		return 0;
	bigger = realloc(*at, (*cap ? *cap * 2 : 64) * size);
	if (!bigger)
		return -ENOMEM;
	*cap = *cap ? *cap * 2 : 64;
	*at = bigger;
	return 0;
}

/* ---- rules -------------------------------------------------------------------------------- */

static int add_rule(struct reader *rd, const char *name, uint32_t action,
		    const struct profile_cond *conds, unsigned n)
{
	struct profile *p = rd->p;
	struct profile_rule *rule;

	if (p->n_rules >= 4UL * PROFILE_MAX_RULES)
		return profile_bad(rd, NULL, "more than %lu rules", 4UL * PROFILE_MAX_RULES);
	if (grow(&p->rules, p->n_rules, &p->cap_rules, sizeof(*p->rules)))
		return err_set(rd->err, ENOMEM, "%s", rd->origin);
	rule = &p->rules[p->n_rules++];
	memset(rule, 0, sizeof(*rule));
	rule->name = name;
	rule->action = action;
	rule->n_conds = n;
	rule->entry = rd->entry;
	rule->line = rd->line;
	if (n)
		memcpy(rule->conds, conds, n * sizeof(*conds));
	return 0;
}

/*
 * Conditions are AND-ed; but two on one argument make each condition a rule of its own, OR-ed:
 * what Docker's runtimes do, because libseccomp cannot compare an argument twice in a rule.
 */
static int add_rules(struct reader *rd, const char *name, uint32_t action,
		     const struct profile_cond *conds, unsigned n)
{
	unsigned seen = 0;
	bool is_twice = false;

	for (unsigned i = 0; i < n; i++) {
		is_twice |= (seen & (1U << conds[i].index)) != 0;
		seen |= 1U << conds[i].index;
	}
	if (!is_twice)
		return add_rule(rd, name, action, conds, n);
	for (unsigned i = 0; i < n; i++) {
		if (add_rule(rd, name, action, &conds[i], 1))
			return -EINVAL;
	}
	return 0;
}

static int add_name(struct reader *rd, const char *name, const char **ret)
{
	struct profile *p = rd->p;

	if (grow(&p->names, p->n_names, &p->cap_names, sizeof(*p->names)))
		return err_set(rd->err, ENOMEM, "%s", rd->origin);
	p->names[p->n_names] = strdup(name);
	if (!p->names[p->n_names])
		return err_set(rd->err, ENOMEM, "%s", rd->origin);
	*ret = p->names[p->n_names++];
	return 0;
}

static int read_names(struct reader *rd, json_t *obj, json_t **ret_list, const char **ret_name)
{
	const char *name = NULL;
	json_t *list = NULL;

	if (profile_string(rd, obj, "name", &name) || profile_list(rd, obj, "names", &list))
		return -EINVAL;
	/* As in Docker, an empty one is one that is not there. */
	if (name && !*name)
		name = NULL;
	if (name && json_array_size(list))
		return profile_bad(rd, "name", "both \"name\" and \"names\" are given");
	if (!name && json_array_size(list) == 0)
		return profile_bad(rd, list ? "names" : NULL, "\"names\" is missing or empty");
	*ret_list = list;
	*ret_name = name;
	return 0;
}

#define MAX_CONDS 64 /* in one entry; two on one argument are split */

static int read_entry(struct reader *rd, json_t *obj)
{
	static const char *const known[] = {"name", "names",   "action",   "errnoRet", "errno",
					    "args", "comment", "includes", "excludes", NULL};
	struct profile_cond conds[MAX_CONDS];
	json_t *list = NULL, *args, *value;
	const char *single = NULL, *name = NULL;
	uint32_t action = 0;
	unsigned n = 0;
	bool in_force = false;
	size_t i, n_names, outer;

	if (profile_fields(rd, obj, "a rule", known) || read_names(rd, obj, &list, &single) ||
	    profile_action(rd, obj, "action", "errnoRet", "errno", &action) ||
	    profile_in_force(rd, obj, &in_force))
		return -EINVAL;
	args = profile_field(obj, "args");
	if (args && !json_is_array(args))
		return profile_bad(rd, "args", "\"args\" is not a list");
	json_array_foreach(args, i, value)
	{
		outer = profile_enter(rd, "args[%zu]", i);
		if (n == MAX_CONDS)
			return profile_bad(rd, NULL, "more than %d conditions", MAX_CONDS);
		if (profile_condition(rd, value, &conds[n++]))
			return -EINVAL;
		profile_leave(rd, outer);
	}
	n_names = single ? 1 : json_array_size(list);
	for (i = 0; i < n_names; i++) {
		if (add_name(rd, single ? single : json_string_value(json_array_get(list, i)),
			     &name))
			return -EINVAL;
		if (in_force && add_rules(rd, name, action, conds, n))
			return -EINVAL;
	}
	return 0;
}

/* ---- the top level ------------------------------------------------------------------------ */

static void add_arch(struct reader *rd, const struct profile_arch *a)
{
	const struct profile_arch *native = profile_arch_by_token(rd->native);
	struct profile *p = rd->p;

	/* A kernel never reports an architecture of another family: no use in a filter. */
	if (!native || a->family != native->family)
		return;
	for (unsigned i = 0; i < p->n_arches; i++) {
		if (p->arches[i] == a->token)
			return;
	}
	if (p->n_arches < PROFILE_ARCHES)
		p->arches[p->n_arches++] = a->token;
}

static int read_arch_map(struct reader *rd, json_t *map)
{
	static const char *const known[] = {"architecture", "subArchitectures", NULL};
	const struct profile_arch *a, *sub;
	const char *name = NULL;
	json_t *entry, *list = NULL, *value;
	size_t i, j, outer;

	json_array_foreach(map, i, entry)
	{
		outer = profile_enter(rd, "archMap[%zu]", i);
		if (profile_fields(rd, entry, "archMap", known) ||
		    profile_string(rd, entry, "architecture", &name) ||
		    profile_list(rd, entry, "subArchitectures", &list))
			return -EINVAL;
		if (!name)
			return profile_bad(rd, NULL, "\"architecture\" is missing in archMap");
		if (profile_arch(rd, "architecture", name, &a))
			return -EINVAL;
		json_array_foreach(list, j, value)
		{
			if (profile_arch(rd, profile_item(rd, "subArchitectures", j),
					 json_string_value(value), &sub))
				return -EINVAL;
			if (a->token == rd->native)
				add_arch(rd, sub);
		}
		profile_leave(rd, outer);
	}
	return 0;
}

static int read_arches(struct reader *rd, json_t *root)
{
	json_t *map = profile_field(root, "archMap");
	const struct profile_arch *a;
	json_t *list = NULL, *value;
	size_t i;

	if (profile_list(rd, root, "architectures", &list))
		return -EINVAL;
	if (map && !json_is_array(map))
		return profile_bad(rd, "archMap", "\"archMap\" is not a list");
	if (json_array_size(list) && json_array_size(map))
		return profile_bad(rd, "archMap",
				   "both \"architectures\" and \"archMap\" are given");
	rd->p->arches[0] = rd->native;
	rd->p->n_arches = 1;
	json_array_foreach(list, i, value)
	{
		if (profile_arch(rd, profile_item(rd, "architectures", i), json_string_value(value),
				 &a))
			return -EINVAL;
		add_arch(rd, a);
	}
	return map ? read_arch_map(rd, map) : 0;
}

static int read_flags(struct reader *rd, json_t *root)
{
	static const struct {
		const char *name;
		unsigned flag;
	} flags[] = {
		{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
		{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
		/* The filter is loaded while there is one thread: nothing to synchronise. */
		{"SECCOMP_FILTER_FLAG_TSYNC", 0},
		/* Of use to an agent only, and there is none. */
		{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 0},
	};
	json_t *list = NULL, *value;
	size_t i, j;

	if (profile_list(rd, root, "flags", &list))
		return -EINVAL;
	json_array_foreach(list, i, value)
	{
		for (j = 0; j < ARRAY_SIZE(flags); j++) {
			if (strcmp(flags[j].name, json_string_value(value)) == 0)
				break;
		}
		if (j == ARRAY_SIZE(flags)) {
			profile_bad(rd, profile_item(rd, "flags", i), "unknown flag \"%.64s\"",
				    json_string_value(value));
			profile_hint_words(rd, "the flags are", flags, ARRAY_SIZE(flags),
					   sizeof(*flags));
			return -EINVAL;
		}
		rd->p->flags |= flags[j].flag;
	}
	return 0;
}

static int read_agent(struct reader *rd, json_t *root)
{
	static const char *const keys[] = {"listenerPath", "listenerMetadata"};
	const char *text = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (profile_string(rd, root, keys[i], &text))
			return -EINVAL;
		if (text && *text)
			return profile_no_agent(rd, keys[i], keys[i]);
	}
	return 0;
}

/* What Docker takes for "no filter". It could as well be a file that lost its content. */
static int check_not_empty(struct reader *rd, json_t *root, json_t *list)
{
	const char *action = NULL;

	if (profile_string(rd, root, "defaultAction", &action))
		return -EINVAL;
	if ((action && *action) || json_array_size(list))
		return 0;
	profile_bad(rd, NULL,
		    "\"defaultAction\" is missing and there are no rules, so this is no filter");
	err_hint(rd->err, "if that is what is meant: --security-opt seccomp=unconfined");
	return -EINVAL;
}

static int read_entries(struct reader *rd, json_t *list)
{
	struct profile_lines lines;
	json_t *entry;
	size_t i;

	profile_lines_start(&lines, rd->text, rd->len);
	json_array_foreach(list, i, entry)
	{
		size_t outer = profile_enter(rd, "syscalls[%zu]", i);

		rd->entry = (unsigned)i;
		rd->line = profile_lines_next(&lines);
		if (read_entry(rd, entry))
			return -EINVAL;
		profile_leave(rd, outer);
	}
	return 0;
}

static int read_root(struct reader *rd, json_t *root)
{
	static const char *const known[] = {"defaultAction",
					    "defaultErrnoRet",
					    "defaultErrno",
					    "architectures",
					    "archMap",
					    "flags",
					    "syscalls",
					    "listenerPath",
					    "listenerMetadata",
					    "comment",
					    NULL};
	json_t *list;

	if (profile_fields(rd, root, "the profile", known))
		return -EINVAL;
	list = profile_field(root, "syscalls");
	if (list && !json_is_array(list))
		return profile_bad(rd, "syscalls", "\"syscalls\" is not a list");
	if (check_not_empty(rd, root, list) ||
	    profile_action(rd, root, "defaultAction", "defaultErrnoRet", "defaultErrno",
			   &rd->p->def_action) ||
	    read_agent(rd, root) || read_arches(rd, root) || read_flags(rd, root))
		return -EINVAL;
	return read_entries(rd, list);
}

static int by_rule(const void *a, const void *b)
{
	const struct profile_rule *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	if (c)
		return c;
	if (x->action != y->action)
		return x->action < y->action ? -1 : 1;
	if (x->n_conds != y->n_conds)
		return x->n_conds < y->n_conds ? -1 : 1;
	return memcmp(x->conds, y->conds, sizeof(x->conds));
}

/* Of rules that say the same the first is kept, so that it is always the same one. */
static int by_rule_and_entry(const void *a, const void *b)
{
	const struct profile_rule *x = a, *y = b;
	int c = by_rule(a, b);

	if (c)
		return c;
	return x->entry < y->entry ? -1 : x->entry > y->entry;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int tidy(struct reader *rd)
{
	struct profile *p = rd->p;
	size_t n = 0;

	if (p->n_rules)
		qsort(p->rules, p->n_rules, sizeof(*p->rules), by_rule_and_entry);
	for (size_t i = 0; i < p->n_rules; i++) {
		if (i == 0 || by_rule(&p->rules[n - 1], &p->rules[i]) != 0)
			p->rules[n++] = p->rules[i];
	}
	p->n_rules = n;
	if (p->n_names)
		qsort(p->names, p->n_names, sizeof(*p->names), by_name);
	if (n > PROFILE_MAX_RULES) {
		profile_bad(rd, "syscalls",
			    "%zu rules are in force, and the kernel takes %d instructions", n,
			    PROFILE_MAX_INSNS);
		err_hint(rd->err, "put calls without conditions first, or use fewer values");
		return -EINVAL;
	}
	return 0;
}

int profile_read(const char *origin, const char *text, size_t len, uint64_t caps, unsigned kernel,
		 struct profile *ret, struct err *err)
{
	struct profile p = {.origin = origin};
	struct reader rd = {.origin = origin,
			    .text = text,
			    .len = len,
			    .caps = caps,
			    .kernel = kernel,
			    .native = seccomp_arch_native(),
			    .p = &p,
			    .err = err};
	json_t *root = profile_parse(origin, text, len, err);
	int rc;

	if (!root)
		return -EINVAL;
	rc = read_root(&rd, root);
	if (rc == 0)
		rc = tidy(&rd);
	json_decref(root);
	if (rc) {
		profile_free(&p);
		return -EINVAL;
	}
	*ret = p;
	return 0;
}

void profile_free(struct profile *p)
{
	for (size_t i = 0; i < p->n_names; i++)
		free(p->names[i]);
	free(p->names);
	free(p->rules);
	memset(p, 0, sizeof(*p));
}
