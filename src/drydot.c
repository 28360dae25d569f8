/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drydot.c - the sandbox as a drawing: processes, namespaces, mounts, group, filters (Graphviz).
 *
 * Should: draw what the plan says; escape everything that is not ours.
 * Mustn't: be needed to understand anything else.
 */
#include "dryrun.h"

#include <string.h>

#include "caps_names.h"
#include "runner.h"
#include "watch.h"

/* Inside a quoted label: no quote, no backslash, no control byte of anybody else's. */
static void dot_text(FILE *out, const char *text)
{
	char safe[8192];

	escape(safe, sizeof(safe), text);
	for (const char *p = safe; *p; p++) {
		if (*p == '"' || *p == '\\')
			fputc('\\', out);
		fputc(*p, out);
	}
}

static void map_text(FILE *out, const char *name, const struct id_map *m)
{
	for (unsigned i = 0; i < m->n; i++)
		fprintf(out, "%s %u %u %u\\l", name, m->ext[i].inside, m->ext[i].outside,
			m->ext[i].count);
}

static void draw_launcher(const struct run *r, FILE *out)
{
	fprintf(out,
		"  launcher [label=\"pillbox\\nuid %u on the host\\nforwards signals, waits\"];\n",
		r->plan->caller_uid);
	fputs("  rootfs [shape=folder, label=\"", out);
	dot_text(out, r->spec->rootfs);
	fputs("\"];\n", out);
	for (size_t i = 0; i < r->spec->n_mounts; i++) {
		if (r->spec->mounts[i].kind != MOUNT_BIND)
			continue;
		fprintf(out, "  source%zu [shape=folder, label=\"", i);
		dot_text(out, r->spec->mounts[i].source);
		fputs("\"];\n", out);
	}
	if (r->plan->has_cgroup) {
		fputs("  cgroup [shape=box3d, label=\"control group\\n", out);
		dot_text(out, r->plan->cgroup_name);
		fputs("\"];\n", out);
	}
}

static void draw_command(const struct run *r, FILE *out)
{
	const struct spec *s = r->spec;
	bool has_filter = step_wanted(r, &step_filter) || step_wanted(r, &step_filter_early);
	unsigned n_caps = (unsigned)__builtin_popcountll(s->caps);

	if (s->has_init)
		fputs("    init [label=\"pid 1: pillbox-init\\nreaps, 7 system calls\"];\n", out);
	fputs("    command [label=\"", out);
	dot_text(out, s->argv[0]);
	fprintf(out, "\\nuid %u gid %u\\n%u capabilities\\nno_new_privs %s\\n", r->plan->uid,
		r->plan->gid, step_wanted(r, &step_caps) ? n_caps : 41,
		step_wanted(r, &step_nnp) ? "on" : "off");
	if (has_filter)
		fprintf(out, "seccomp: %u instructions\\n", r->plan->n_filter);
	else
		fputs("no seccomp filter\\n", out);
	if (r->plan->apparmor) {
		fputs("AppArmor: ", out);
		dot_text(out, r->plan->apparmor);
		fputs("\\n", out);
	}
	if (step_wanted(r, &step_landlock))
		fprintf(out, "Landlock ABI %u\\n", r->plan->landlock_abi);
	fputs("\"];\n", out);
	if (s->has_init)
		fputs("    init -> command [label=\"fork\"];\n", out);
}

static void draw_mounts(const struct run *r, FILE *out)
{
	const struct spec *s = r->spec;

	fprintf(out, "    root [shape=folder, label=\"/\\n%s\"];\n",
		s->root_mode != ROOT_READONLY   ? "writable overlay"
		: step_wanted(r, &step_root_ro) ? "read-only"
						: "writable: root-ro was left out");
	for (size_t i = 0; i < s->n_mounts; i++) {
		const struct mount_req *m = &s->mounts[i];

		fprintf(out, "    mount%zu [shape=folder, label=\"", i);
		dot_text(out, m->target);
		fprintf(out, "\\n%s %s\"];\n    root -> mount%zu [arrowhead=none];\n",
			m->kind == MOUNT_BIND ? "bind" : "tmpfs", m->is_readonly ? "ro" : "rw", i);
	}
	fputs("    dev [shape=folder, label=\"/dev\\nown, sealed\"];\n"
	      "    root -> dev [arrowhead=none];\n"
	      "    proc [shape=folder, label=\"/proc\\nown pids, masked\"];\n"
	      "    root -> proc [arrowhead=none];\n",
	      out);
}

void dry_dot(const struct run *r, FILE *out)
{
	fputs("digraph pillbox {\n"
	      "  rankdir=TB; node [shape=box, fontname=\"sans-serif\", fontsize=11];\n"
	      "  edge [fontname=\"sans-serif\", fontsize=10];\n"
	      "  graph [fontname=\"sans-serif\", fontsize=12];\n",
	      out);
	draw_launcher(r, out);
	fprintf(out,
		"  subgraph cluster_sandbox {\n    style=rounded; label=\"namespaces: user mnt "
		"pid ipc uts cgroup%s\\l",
		r->spec->net == NET_HOST ? "" : " net");
	map_text(out, "uid_map", &r->plan->uids);
	map_text(out, "gid_map", &r->plan->gids);
	fputs("host name ", out);
	dot_text(out, r->spec->hostname);
	fputs("\\l\";\n", out);
	draw_command(r, out);
	draw_mounts(r, out);
	fputs("  }\n", out);
	fprintf(out, "  launcher -> %s [label=\"clone3\"];\n",
		r->spec->has_init ? "init" : "command");
	fputs("  command -> root [style=dotted, arrowhead=none, label=\"sees\"];\n"
	      "  rootfs -> root [style=dashed, label=\"open_tree\"];\n",
	      out);
	for (size_t i = 0; i < r->spec->n_mounts; i++)
		if (r->spec->mounts[i].kind == MOUNT_BIND)
			fprintf(out, "  source%zu -> mount%zu [style=dashed];\n", i, i);
	if (r->plan->has_cgroup)
		fprintf(out, "  cgroup -> %s [style=dashed, label=\"limits\"];\n",
			r->spec->has_init ? "init" : "command");
	fputs("}\n", out);
}
