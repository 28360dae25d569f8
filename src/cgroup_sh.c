/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_sh.c - the room of cgroup.c, by command-line tools (--dry-run=sh).
 *
 * Should: write the same values to the same files as cgroup.c, and take everything away again.
 * Mustn't: go on when a limit was not taken.
 */
#include <stdio.h>
#include <string.h>

#include "cgroup.h"
#include "drysh.h"

#define LEAF "launcher-of-pillbox"

static void parent_sh(const struct run *r, struct sh *out)
{
	const struct plan *p = r->plan;
	const char *slash = strrchr(p->cgroup_parent, '/');
	char list[64], *top = arena_strndup(r->spec->arena, p->cgroup_parent,
					    (size_t)(slash - p->cgroup_parent));

	cgroup_ctl_list(p->cgroup_need, '+', list, sizeof(list));
	if (p->cgroup_leaf) {
		sh_note(out,
			"This shell has to be alone in its group, and steps into a leaf of it: a group that "
			"hands controllers on holds no process itself.");
		sh_line(out, "parent=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)");
		sh_line(out, "mkdir -p \"$parent/" LEAF "\"");
		sh_line(out, "echo 0 >\"$parent/" LEAF "/cgroup.procs\"");
	} else {
		sh_line(out, "parent=%s", sh_quote(r, p->cgroup_parent));
	}
	if (p->cgroup_make) {
		sh_line(out, "echo '%s' >%s/cgroup.subtree_control", list, sh_quote(r, top));
		sh_line(out, "mkdir -p \"$parent\"");
	}
	sh_line(out, "echo '%s' >\"$parent/cgroup.subtree_control\"", list);
}

static void limit_sh(const struct run *r, struct sh *out, const struct cgroup_write *w)
{
	const char *value = w->text ? w->text : w->value;

	if (w->alt) {
		sh_line(out, "if [ -e \"$group/%s\" ]; then", w->file);
		sh_line(out, "\techo %s >\"$group/%s\"", sh_quote(r, value), w->file);
		sh_line(out, "else");
		sh_line(out, "\techo %s >\"$group/%s\"", sh_quote(r, w->alt_value), w->alt);
		sh_line(out, "fi");
	} else if (!strcmp(w->file, "memory.swap.max")) {
		sh_line(out, "if [ -e \"$group/%s\" ] || [ \"$(wc -l </proc/swaps)\" -gt 1 ]; then",
			w->file);
		sh_line(out, "\techo %s >\"$group/%s\"", sh_quote(r, value), w->file);
		sh_line(out, "fi # without swap there is nothing to limit");
	} else {
		sh_line(out, "echo %s >\"$group/%s\"", sh_quote(r, value), w->file);
	}
}

static void end_sh(const struct run *r, struct sh *out)
{
	const struct plan *p = r->plan;
	char list[64];

	cgroup_ctl_list(p->cgroup_need, '-', list, sizeof(list));
	sh_part(out, SH_END);
	sh_line(out, "[ -n \"${group-}\" ] || return 0 # not made yet");
	sh_line(out, "echo 1 >\"$group/cgroup.kill\"");
	sh_line(out,
		"rmdir \"$group\" || { sleep 1; rmdir \"$group\"; } # a dead process may not be gone yet");
	if (p->cgroup_leaf) {
		sh_line(out, "echo '%s' >\"$parent/cgroup.subtree_control\"", list);
		sh_line(out, "echo 0 >\"$parent/cgroup.procs\"");
		sh_line(out, "rmdir \"$parent/" LEAF "\"");
	}
	if (p->cgroup_make)
		sh_line(out, "rmdir \"$parent\" 2>/dev/null || : # others are in it");
}

void cgroup_sh(const struct run *r, struct sh *out)
{
	struct cgroup_write w = {0};

	parent_sh(r, out);
	sh_line(out, "mkdir \"$parent\"/%s%s",
		sh_quote(r, r->spec->name ? r->plan->cgroup_name : CGROUP_PREFIX),
		r->spec->name ? "" : "\"$$\"");
	sh_line(out, "group=$parent/%s%s",
		sh_quote(r, r->spec->name ? r->plan->cgroup_name : CGROUP_PREFIX),
		r->spec->name ? "" : "$$");
	while (cgroup_write_next(&r->spec->limits, r->plan, &w))
		if (w.ctl & r->plan->cgroup_need)
			limit_sh(r, out, &w);
	end_sh(r, out);
}
