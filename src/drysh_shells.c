/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drysh_shells.c - the lines of the script that belong to no step: how its shells begin, take turns
 * and end.
 *
 * Should: notice when any of the shells died, and take all the others with it.
 * Mustn't: leave a name on the host: the pipes have none once they are open.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "drysh_frame.h"

/* ---- what the rooms ask ---------------------------------------------------------------------- */

bool sh_is_single(const struct run *r)
{
	return r->plan->map_kind == MAP_SINGLE;
}

const char *sh_as_root(const struct run *r)
{
	return sh_is_single(r) ? "" : "as_root ";
}

static bool is_in(const char *path, const char *dir)
{
	char real[PATH_MAX];

	return path && realpath(path, real) && path_below(real, dir);
}

/* The tree is built on a directory that is covered there; nothing that is mounted may be in it. */
static bool is_needed(const struct spec *s, const char *dir)
{
	if (is_in(s->rootfs, dir))
		return true;
	if (s->root_mode == ROOT_OVERLAY && is_in(s->overlay_dir, dir))
		return true;
	for (size_t i = 0; i < s->n_mounts; i++)
		if (s->mounts[i].kind == MOUNT_BIND && is_in(s->mounts[i].source, dir))
			return true;
	for (size_t i = 0; i < s->n_secrets; i++)
		if (is_in(s->secrets[i].file, dir))
			return true;
	return false;
}

const char *sh_stage(const struct run *r)
{
	static const char *const dirs[] = {"/mnt", "/media", "/srv",     "/opt",  "/boot",
					   "/run", "/tmp",   "/var/tmp", "/home", "/root"};
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (lstat(dirs[i], &st) == 0 && S_ISDIR(st.st_mode) && !is_needed(r->spec, dirs[i]))
			return dirs[i];
	return "/mnt"; /* something in each of the ten: that one will not be found, and be named */
}

/* ---- how the shells begin -------------------------------------------------------------------- */

static void put_fail(FILE *f)
{
	fputs("fail() {\n"
	      "\tprintf '%s\\n' \"$1\" >&2\n"
	      "\texit 125\n"
	      "}\n",
	      f);
}

static void put_as_root(const struct run *r, FILE *f)
{
	if (!sh_is_single(r))
		fputs("as_root() { setpriv --reuid 0 --regid 0 --clear-groups -- \"$@\"; }\n", f);
}

static void begin_launcher(FILE *f)
{
	fputs("\t# The shells take turns: who has done its part passes the baton, an empty line,\n"
	      "\t# inwards by the pipe \"down\" or outwards by the pipe \"up\". Where the other end\n"
	      "\t# of a pipe is closed somebody has died.\n"
	      "\tpipes=$(mktemp -d)\n"
	      "\tmkfifo \"$pipes/down\" \"$pipes/up\"\n"
	      "\texec 7<>\"$pipes/down\" # opened for one way only it would wait for the other\n"
	      "\texec 8<>\"$pipes/up\"\n"
	      "\texec 3<\"$pipes/down\"\n"
	      "\texec 6>\"$pipes/down\"\n"
	      "\texec 5<\"$pipes/up\"\n"
	      "\texec 4>\"$pipes/up\"\n"
	      "\texec 7>&- 8>&-\n"
	      "\trm -r \"$pipes\"\n"
	      "\texec 9<&0 # kept: a shell gives /dev/null to what runs in the background\n"
	      "\n"
	      "\tchild=''\n"
	      "\ttrap clean_up EXIT\n"
	      "\ttrap 'exit 129' HUP\n"
	      "\ttrap 'exit 130' INT\n"
	      "\ttrap 'exit 143' TERM\n"
	      "\ttrap '' PIPE # a baton for the dead is an error like any other\n",
	      f);
}

static void begin_helper(const struct run *r, FILE *f)
{
	put_as_root(r, f);
	fputs("echo >&4     # the user namespace is there ...\n"
	      "read -r _ <&3 # ... and has its maps\n",
	      f);
}

static void begin_holder(const struct run *r, FILE *f)
{
	const char *as_root = sh_as_root(r);

	fputs("exec 5<&- 6>&-\n"
	      "umask 022\n",
	      f);
	put_as_root(r, f);
	fprintf(f,
		"\n"
		"# The tree is built in memory, on a file system that covers %s for us alone.\n"
		"stage=%s\n"
		"%smount -t tmpfs -o mode=0755,nosuid,nodev stage \"$stage\"\n"
		"%smkdir \"$stage/root\"\n",
		sh_stage(r), sh_stage(r), as_root, as_root);
}

static void begin_builder(const struct run *r, FILE *f)
{
	fprintf(f,
		"umask 022\n"
		"stage=%s\n"
		"root=$stage/root\n"
		"\n",
		sh_stage(r));
	put_fail(f);
	fputs("\n"
	      "# $at: where a path of the sandbox is now. A symbolic link of the rootfs may lead\n"
	      "# anywhere, so none is followed; those that pillbox saw are resolved already.\n"
	      "place() { # PATH\n"
	      "\tat=$root${1%/}\n"
	      "\t[ \"$(realpath -m -- \"$at\")\" = \"$at\" ] || fail \"$1: a symbolic link is in the way\"\n"
	      "}\n"
	      "\n"
	      "# Add flags to a mount and to all mounts below it. remount sets just those that it is\n"
	      "# given, so the ones that are there are given again.\n"
	      "add_flags() { # FLAGS DIRECTORY\n"
	      "\tfound=''\n"
	      "\twhile read -r _ _ _ _ dir now _; do\n"
	      "\t\tcase $dir in *\\\\*) dir=$(printf '%b/' \"$dir\") ;; esac # \\040 is a blank\n"
	      "\t\tdir=${dir%/}\n"
	      "\t\tcase $dir in \"$2\" | \"$2\"/*)\n"
	      "\t\t\tmount -o \"remount,bind,$now,$1\" \"$dir\"\n"
	      "\t\t\tfound=yes\n"
	      "\t\t\t;;\n"
	      "\t\tesac\n"
	      "\tdone </proc/self/mountinfo\n"
	      "\t[ -n \"$found\" ] || fail \"$2: is no mount\"\n"
	      "}\n"
	      "\n"
	      "set -- # the words of the last command, which grow from step to step\n",
	      f);
}

void sh_begin(struct sh *out)
{
	for (size_t i = 0; i < SH_PARTS; i++)
		sh_text_begin(&out->part[i]);
	sh_text_begin(&out->tools);
	begin_launcher(out->part[SH_LAUNCHER].out);
	begin_helper(out->r, out->part[SH_HELPER].out);
	begin_holder(out->r, out->part[SH_HOLDER].out);
	begin_builder(out->r, out->part[SH_BUILDER].out);
}

/* ---- put together ---------------------------------------------------------------------------- */

static void put_value(const char *text, void *arg)
{
	struct sh *out = arg;
	char first[64];

	(void)snprintf(first, sizeof(first), "#   %-15s ", out->step ? out->step->id : "");
	sh_wrap(out->to, first, "#                     ", text);
	out->step = NULL;
}

/* What no command says: the results of the steps that only look. */
static void put_decisions(struct sh *out)
{
	fputs("#\n"
	      "# What pillbox found out, and decided, when it wrote this:\n"
	      "#\n",
	      out->to);
	for (size_t i = 0; i < program_len; i++) {
		out->step = program[i];
		if (program[i]->is_pure && step_wanted(out->r, program[i]))
			show_lines(out->r, program[i], put_value, out);
	}
}

static void put_missing(struct sh *out)
{
	char text[1024] = "";
	size_t len = 0;

	for (size_t i = 0; i < program_len && len < sizeof(text); i++)
		if (program[i]->no_tool && step_wanted(out->r, program[i]))
			len += (size_t)snprintf(text + len, sizeof(text) - len, " %s",
						program[i]->id);
	if (*text)
		sh_wrap(out->to, "# marked NO TOOL; here these are: ", "# ", text + 1);
}

static void put_head(struct sh *out)
{
	fputs("#!/bin/sh\n"
	      "# shellcheck disable=SC2016,SC2317 # not to be expanded; called by trap\n"
	      "#\n"
	      "# A sandbox by hand: what `pillbox run` does, by the tools of Debian 12.\n"
	      "#\n"
	      "# Each step of the launch stands here under its name, with what it does, why it\n"
	      "# stands at this place, and the commands. Run it with sh. It writes nothing to a\n"
	      "# disk, cleans up after itself, and its exit status is the command's.\n"
	      "#\n"
	      "# What no tool can do makes this sandbox weaker than pillbox's own. Such steps are\n",
	      out->to);
	put_missing(out);
	fputs("#\n"
	      "# Tools are programs of the host: where the host's root is gone there are none. So\n"
	      "# this is a row of shells, each of them started by the one before:\n"
	      "#\n"
	      "#   launcher  outside, as you: makes the control group, writes the id maps, waits\n"
	      "#   helper    in the new user namespace, but among the host's files: does what is\n"
	      "#             left to do when the sandbox has given up its rights\n"
	      "#   holder    in all the new namespaces, with your ids: takes hold of what is to\n"
	      "#             be mounted\n"
	      "#   builder   the same process, as root in there: makes the tree, gives up its\n"
	      "#             rights, and becomes the command\n",
	      out->to);
	put_decisions(out);
	fputs("\n"
	      "set -eu\n"
	      "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"
	      "export PATH\n",
	      out->to);
}

/* A variable for newlines in values, in the shells that need it. */
static void put_newline(const struct sh *out, enum sh_part part)
{
	if (strstr(out->part[part].buf, "\"$nl\""))
		fputs("nl='\n'\n", out->to);
}

static void put_tools(const struct sh *out)
{
	fputs("\n", out->to);
	put_fail(out->to);
	fprintf(out->to,
		"\n"
		"for tool in \\\n"
		"\tunshare:util-linux \\\n"
		"\tmount:mount%s; do\n"
		"\tcommand -v \"${tool%%:*}\" >/dev/null ||\n"
		"\t\tfail \"${tool%%:*}: not found; as root: apt-get install ${tool#*:}\"\n"
		"done\n",
		out->tools.buf);
}

static void put_launcher(const struct sh *out)
{
	fprintf(out->to,
		"\n"
		"clean_up() {\n"
		"\t[ -z \"$child\" ] || kill -KILL \"$child\" 2>/dev/null || :\n"
		"\twait # who is killed takes all that it started with it\n"
		"%s"
		"}\n"
		"\n"
		"# ==== launcher: outside, as you\n"
		"launcher() {\n"
		"%s"
		"\n"
		"\techo >&6 # the baton\n"
		"\texec 6>&-\n"
		"\tstatus=0\n"
		"\twait \"$child\" || status=$?\n"
		"\tchild=''\n"
		"\texit \"$status\"\n"
		"}\n",
		out->part[SH_END].buf, out->part[SH_LAUNCHER].buf);
}

static void put_inner(const struct sh *out, enum sh_part part, const char *name, const char *end,
		      const char *about)
{
	fprintf(out->to,
		"\n"
		"# ==== %s: %s\n"
		"%s() {\n"
		"\tcat <<'%s'\n",
		name, about, name, end);
	put_newline(out, part);
	fprintf(out->to,
		"%s"
		"%s\n"
		"}\n",
		out->part[part].buf, end);
}

void sh_put_script(struct sh *out)
{
	fputs("\n"
	      "echo >&6 # the baton: the sandbox sees nothing but itself\n"
	      "status=0\n"
	      "wait \"$child\" || status=$?\n"
	      "exit \"$status\"\n",
	      out->part[SH_HELPER].out);
	for (size_t i = 0; i < SH_PARTS; i++)
		if (i != SH_LAST) /* sh_last() did */
			sh_text_end(&out->part[i]);
	sh_text_end(&out->tools);
	put_head(out);
	put_newline(out, SH_LAUNCHER);
	put_tools(out);
	put_launcher(out);
	put_inner(out, SH_HELPER, "helper", "HELPER",
		  "in the new user namespace, but among the host's files");
	put_inner(out, SH_HOLDER, "holder", "HOLDER", "in all the new namespaces, with your ids");
	put_inner(out, SH_BUILDER, "builder", "BUILDER", "the same process, as root in there");
	fputs("\nlauncher\n", out->to);
	for (size_t i = 0; i < SH_PARTS; i++)
		free(out->part[i].buf);
	free(out->tools.buf);
}
