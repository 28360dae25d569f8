/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export_syscalls.c - a seccomp profile as a unit's SystemCallFilter=.
 *
 * A unit has names and no arguments. A call that the profile allows for some arguments is allowed
 * for all of them there: without it, most programs would not even start.
 *
 * Should: say each call whose answer is another one there.
 * Mustn't: allow a call of which the profile knows no allowed use.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <string.h>

#include "builtin_filter.h"
#include "export.h"
#include "profile.h"

/* clone3(2) hides its flags from filters. RestrictNamespaces= answers it with ENOSYS, as Docker's
 * profile does, but only where the list lets it through. */
static bool is_clone3(const struct profile_rule *r)
{
	return strcmp(r->name, "clone3") == 0 && r->action == SCMP_ACT_ERRNO(ENOSYS);
}

/* Does some rule on this name allow it? *ret_whole: whatever the arguments are. */
static bool is_allowed(const struct profile *p, size_t *at, bool *ret_whole)
{
	const char *name = p->rules[*at].name;
	bool is_any = false, is_whole = true;

	for (; *at < p->n_rules && strcmp(p->rules[*at].name, name) == 0; ++*at) {
		const struct profile_rule *r = &p->rules[*at];
		bool is_yes = r->action == SCMP_ACT_ALLOW || r->action == SCMP_ACT_LOG;

		is_any = is_any || is_yes || is_clone3(r);
		is_whole = is_whole && (is_clone3(r) || (is_yes && r->n_conds == 0));
	}
	*ret_whole = is_whole;
	return is_any;
}

static void allow_list(struct export *e, const struct profile *p)
{
	size_t at = 0, width = 0;

	(void)fputs("SystemCallFilter=", e->out);
	while (at < p->n_rules) {
		const char *name = p->rules[at].name;
		bool is_whole;

		if (!is_allowed(p, &at, &is_whole))
			continue;
		width += strlen(name) + 1;
		if (width > 90) {
			(void)fputs("\nSystemCallFilter=", e->out);
			width = strlen(name) + 1;
		}
		(void)fprintf(e->out, "%s ", name);
	}
	(void)fputc('\n', e->out);
	for (at = 0; at < p->n_rules;) {
		const char *name = p->rules[at].name;
		bool is_whole;

		if (is_allowed(p, &at, &is_whole) && !is_whole)
			export_weaker(e, "%s: with any arguments; the profile looks at them", name);
	}
}

static void deny_list(struct export *e, const struct profile *p)
{
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct profile_rule *r = &p->rules[i];

		if (r->action == SCMP_ACT_ALLOW)
			continue;
		if (r->n_conds)
			export_missing(e, "seccomp: %s with certain arguments", r->name);
		else if ((r->action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
			(void)fprintf(e->out, "SystemCallFilter=~%s:%u\n", r->name,
				      r->action & SECCOMP_RET_DATA);
		else if (r->action == SCMP_ACT_KILL_PROCESS || r->action == SCMP_ACT_KILL_THREAD)
			(void)fprintf(e->out, "SystemCallFilter=~%s:kill\n", r->name);
		else
			export_missing(e, "seccomp: the action for %s", r->name);
	}
}

static void write_filter(struct export *e, const struct profile *p)
{
	uint32_t kind = p->def_action & SECCOMP_RET_ACTION_FULL;

	if (kind == SECCOMP_RET_ALLOW) {
		deny_list(e, p);
		return;
	}
	if (kind == SECCOMP_RET_LOG) {
		export_missing(e, "seccomp: a profile that logs what it has no rule for");
		return;
	}
	if (kind == SECCOMP_RET_ERRNO)
		(void)fprintf(e->out, "SystemCallErrorNumber=%u\n",
			      p->def_action & SECCOMP_RET_DATA);
	allow_list(e, p);
}

static const struct builtin_filter *builtin(const struct spec *s)
{
	static const char *const names[] = {[PRESET_DOCKER] = "docker",
					    [PRESET_HARDENED] = "default",
					    [PRESET_STRICT] = "strict"};

	for (size_t i = 0; i < n_builtin_filters; i++)
		if (strcmp(builtin_filters[i].name, names[s->preset]) == 0)
			return &builtin_filters[i];
	return NULL;
}

void export_syscalls(struct export *e)
{
	const struct spec *s = e->s;
	const struct builtin_filter *b = builtin(s);
	const char *origin = "profile", *text = b ? b->json : "";
	size_t len = b ? b->json_len : 0;
	auto_free char *own = NULL;
	struct profile p = {0};

	if (s->filter == FILTER_UNCONFINED)
		return;
	if (s->filter == FILTER_FILE) {
		int rc = read_file(AT_FDCWD, s->filter_file, PROFILE_MAX_BYTES, &own, &len);

		if (rc < 0) {
			(void)err_set(e->err, -rc, "%s", s->filter_file);
			return;
		}
		text = own;
		origin = s->filter_file;
	}
	if (profile_read(origin, text, len, s->caps, BUILTIN_KERNEL, &p, e->err) == 0)
		write_filter(e, &p);
	profile_free(&p);
}
