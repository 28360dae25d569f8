/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gendoc_shell.c - completions for bash and zsh.
 *
 * Should: know where ROOTFS stands, since options are completed before it only.
 * Mustn't: run pillbox, or anything else, to complete a word.
 */
#include <string.h>

#include "cli.h"
#include "compose.h"
#include "export.h"
#include "gendoc.h"

/* Those that take the next word as their value, or those that don't. */
static void print_names(FILE *out, const struct option_def *table, size_t n, bool with_value)
{
	const char *blank = "";

	for (size_t i = 0; i < n; i++) {
		if ((table[i].metavar && !table[i].bare) != with_value)
			continue;
		fprintf(out, "%s--%s", blank, table[i].name);
		blank = " ";
		if (table[i].letter)
			fprintf(out, " -%c", table[i].letter);
	}
}

/* What completes the value; one that may be left out is completed behind a '=' only. */
static void bash_value(FILE *out, const struct option_def *def)
{
	const char *indent = def->bare ? "\t\t\t" : "\t\t";

	if (def->bare)
		fputs("\t\tif [[ $equals ]]; then\n", out);
	if (def->choices)
		fprintf(out, "%smapfile -t COMPREPLY < <(compgen -W '%s' -- \"$cur\")\n", indent,
			def->choices);
	else if (def->files)
		fprintf(out,
			"%scompopt -o filenames\n"
			"%smapfile -t COMPREPLY < <(compgen -%c -- \"$cur\")\n",
			indent, indent, *def->files == 'd' ? 'd' : 'f');
	fprintf(out, "%sreturn\n%s\t\t;;\n", indent, def->bare ? "\t\tfi\n" : "");
}

static void bash_cases(FILE *out, const struct option_def *table, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct option_def *def = &table[i];

		if (!def->metavar)
			continue;
		fprintf(out, "\t--%s", def->name);
		if (def->letter)
			fprintf(out, " | -%c", def->letter);
		fputs(")\n", out);
		bash_value(out, def);
	}
}

/* The commands, blanks between them. */
static void print_commands(FILE *out)
{
	struct cli_command c;

	for (size_t i = 0; cli_command(i, &c); i++)
		fprintf(out, "%s%s", i ? " " : "", c.name);
}

/* What a command does, where its usage is "one [X] | two [X]": the words one and two. */
static bool print_actions(FILE *out, const char *usage)
{
	const char *blank = "";

	for (const char *at = usage; at; at = strchr(at, '|')) {
		size_t len;

		at += strspn(at, "| ");
		len = strcspn(at, " |");
		if (*at < 'a' || *at > 'z')
			break;
		if (out)
			fprintf(out, "%s%.*s", blank, (int)len, at);
		blank = " ";
	}
	return *blank;
}

/* Commands that take run's options and some of their own. */
static const struct more {
	const char *command;
	const struct option_def *table;
	const size_t *n;
} more[] = {
	{"audit", audit_options, &audit_options_len},
	{"record", record_options, &record_options_len},
	{"export", export_options, &export_options_len},
};

/* The options of a command with actions, where it has any. */
static const struct option_def *action_options(const char *command, size_t *ret_n)
{
	if (strcmp(command, "compose") == 0) {
		*ret_n = compose_options_len;
		return compose_options;
	}
	*ret_n = strcmp(command, "seccomp") == 0 ? seccomp_options_len : 0;
	return seccomp_options;
}

/* Values behind an option, and the options themselves. */
static void bash_action_options(FILE *out, const char *command)
{
	size_t n;
	const struct option_def *table = action_options(command, &n);

	if (n == 0)
		return;
	fputs("\t\tcase $prev in\n", out);
	bash_cases(out, table, n);
	fputs("\t\tesac\n"
	      "\t\tif [[ $cur == -* ]]; then\n"
	      "\t\t\tmapfile -t COMPREPLY < <(compgen -W '",
	      out);
	print_names(out, table, n, true);
	fputc(' ', out);
	print_names(out, table, n, false);
	fputs(" --help' -- \"$cur\")\n"
	      "\t\t\treturn\n"
	      "\t\tfi\n",
	      out);
}

static void bash_actions(FILE *out)
{
	struct cli_command c;

	fputs("\tcase ${COMP_WORDS[1]} in\n\trun | audit | record | export) ;;\n", out);
	for (size_t i = 0; cli_command(i, &c); i++) {
		if (!print_actions(NULL, c.usage))
			continue;
		fprintf(out, "\t%s)\n", c.name);
		bash_action_options(out, c.name);
		fputs("\t\tif ((COMP_CWORD == 2)); then\n"
		      "\t\t\tmapfile -t COMPREPLY < <(compgen -W '",
		      out);
		(void)print_actions(out, c.usage);
		fputs("' -- \"$cur\")\n"
		      "\t\telse\n"
		      "\t\t\tcompopt -o filenames\n"
		      "\t\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
		      "\t\tfi\n"
		      "\t\treturn\n"
		      "\t\t;;\n",
		      out);
	}
	fputs("\t*) return ;;\n\tesac\n", out);
}

void print_bash(FILE *out, struct arena *a)
{
	(void)a;
	fputs("# SPDX-License-Identifier: Apache-2.0\n"
	      "# shellcheck shell=bash\n"
	      "# Made by gendoc from the option table: change that.\n\n"
	      "_pillbox() {\n"
	      "\tlocal cur prev i word rootfs='' equals=''\n"
	      "\tlocal valued=' ",
	      out);
	print_names(out, options, options_len, true);
	fputs(" '\n\tlocal flags='", out);
	print_names(out, options, options_len, false);
	fputs(" --help'\n\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
		fprintf(out, "\tif [[ ${COMP_WORDS[1]} == %s ]]; then\n\t\tvalued+=' ",
			more[i].command);
		print_names(out, more[i].table, *more[i].n, true);
		fputs(" '\n\t\tflags+=' ", out);
		print_names(out, more[i].table, *more[i].n, false);
		fputs("'\n\tfi\n", out);
	}
	fputs("\tcur=${COMP_WORDS[COMP_CWORD]}\n"
	      "\tprev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\tif ((COMP_CWORD == 1)); then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W '",
	      out);
	print_commands(out);
	fputs("' -- \"$cur\")\n"
	      "\t\treturn\n"
	      "\tfi\n",
	      out);
	bash_actions(out);
	fputs("\t# bash splits --option=value at the '='.\n"
	      "\tif [[ $cur == '=' ]]; then\n"
	      "\t\tcur='' equals=1\n"
	      "\telif [[ $prev == '=' ]]; then\n"
	      "\t\tprev=${COMP_WORDS[COMP_CWORD - 2]} equals=1\n"
	      "\tfi\n"
	      "\tfor ((i = 2; i < COMP_CWORD; i++)); do\n"
	      "\t\tword=${COMP_WORDS[i]}\n"
	      "\t\tif [[ $valued == *\" $word \"* ]]; then\n"
	      "\t\t\ti=$((i + 1))\n"
	      "\t\t\t[[ ${COMP_WORDS[i]} == '=' ]] && i=$((i + 1))\n"
	      "\t\telif [[ $word == '=' ]]; then\n"
	      "\t\t\ti=$((i + 1))\n"
	      "\t\telif [[ $word != -* ]]; then\n"
	      "\t\t\trootfs=$word\n"
	      "\t\t\tbreak\n"
	      "\t\tfi\n"
	      "\tdone\n"
	      "\t# Behind ROOTFS stands a command of the sandbox, which is not looked into.\n"
	      "\t[[ $rootfs ]] && return\n"
	      "\tcase $prev in\n",
	      out);
	bash_cases(out, options, options_len);
	for (size_t i = 0; i < ARRAY_SIZE(more); i++)
		bash_cases(out, more[i].table, *more[i].n);
	fputs("\tesac\n"
	      "\tif [[ $cur == -* ]]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W \"$valued $flags\" -- \"$cur\")\n"
	      "\telse\n"
	      "\t\tcompopt -o filenames\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n"
	      "\tfi\n"
	      "}\n\n"
	      "complete -F _pillbox pillbox\n",
	      out);
}

/* Text inside '...' and inside the [...] of an _arguments specification. */
static void zsh_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'') {
			fputs("'\\''", out);
			continue;
		}
		if (strchr("[]:\\", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

/* (--init --no-init): once one is given, the others are not offered. */
static void zsh_excluded(FILE *out, const struct option_def *def)
{
	const char *blank = "";

	if (def->count != COUNT_ONCE) {
		fputs("*", out);
		return;
	}
	fputc('(', out);
	for (size_t i = 0; i < options_len; i++) {
		const struct option_def *other = &options[i];

		if (other != def && (!def->excl || !other->excl || strcmp(def->excl, other->excl)))
			continue;
		fprintf(out, "%s--%s", blank, other->name);
		blank = " ";
		if (other->letter)
			fprintf(out, " -%c", other->letter);
	}
	fputc(')', out);
}

static void zsh_option(FILE *out, const struct option_def *def, bool is_letter)
{
	fputs("\t\t'", out);
	zsh_excluded(out, def);
	if (is_letter)
		fprintf(out, "-%c%s[", def->letter, def->metavar ? "+" : "");
	else
		fprintf(out, "--%s%s[", def->name, !def->metavar ? "" : def->bare ? "=-" : "=");
	zsh_text(out, def->help);
	fputc(']', out);
	if (def->metavar) {
		fputs(def->bare ? "::" : ":", out);
		zsh_text(out, def->metavar);
		fputc(':', out);
		if (def->choices)
			fprintf(out, "(%s)", def->choices);
		else if (def->files)
			fputs(*def->files == 'd' ? "_files -/" : "_files", out);
	}
	fputs("' \\\n", out);
}

static void zsh_action_options(FILE *out, const char *command)
{
	size_t n;
	const struct option_def *table = action_options(command, &n);

	if (n == 0)
		return;
	fputs("\t\t\tif [[ $PREFIX == -* ]]; then\n\t\t\t\tcompadd -- ", out);
	print_names(out, table, n, true);
	fputc(' ', out);
	print_names(out, table, n, false);
	fputs(" --help\n\t\t\t\treturn\n\t\t\tfi\n", out);
}

static void zsh_actions(FILE *out)
{
	struct cli_command c;

	fputs("\tcase $words[2] in\n\trun | audit | record | export) ;;\n", out);
	for (size_t i = 0; cli_command(i, &c); i++) {
		if (!print_actions(NULL, c.usage))
			continue;
		fprintf(out, "\t%s)\n\t\tif ((CURRENT == 3)); then\n\t\t\tcompadd ", c.name);
		(void)print_actions(out, c.usage);
		fputs("\n\t\telse\n", out);
		zsh_action_options(out, c.name);
		fputs("\t\t\t_files\n\t\tfi\n\t\treturn\n\t\t;;\n", out);
	}
	fputs("\t*) return ;;\n\tesac\n", out);
}

void print_zsh(FILE *out, struct arena *a)
{
	(void)a;
	fputs("#compdef pillbox\n"
	      "# SPDX-License-Identifier: Apache-2.0\n"
	      "# Made by gendoc from the option table: change that.\n\n"
	      "_pillbox() {\n"
	      "\tif ((CURRENT == 2)); then\n"
	      "\t\tcompadd ",
	      out);
	print_commands(out);
	fputs("\n\t\treturn\n\tfi\n", out);
	zsh_actions(out);
	fputs("\tlocal -a more\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
		fprintf(out, "\tif [[ $words[2] == %s ]]; then\n\t\tmore=( \\\n", more[i].command);
		for (size_t k = 0; k < *more[i].n; k++)
			zsh_option(out, &more[i].table[k], false);
		fputs("\t\t)\n\tfi\n", out);
	}
	fputs("\tshift words\n"
	      "\t((CURRENT--))\n"
	      "\t_arguments -s -S -A '-*' \\\n",
	      out);
	for (size_t i = 0; i < options_len; i++) {
		zsh_option(out, &options[i], false);
		if (options[i].letter)
			zsh_option(out, &options[i], true);
	}
	fputs("\t\t'(- *)'{-h,--help}'[show the options]' \\\n"
	      "\t\t\"${more[@]}\" \\\n"
	      "\t\t'1:ROOTFS:_files -/' \\\n"
	      "\t\t'*:::COMMAND:'\n"
	      "}\n\n"
	      "_pillbox \"$@\"\n",
	      out);
}
