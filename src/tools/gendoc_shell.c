/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gendoc_shell.c - completions for bash and zsh.
 *
 * Should: know where ROOTFS stands, since options are completed before it only.
 * Mustn't: run pillbox, or anything else, to complete a word.
 */
#include <string.h>

#include "gendoc.h"

static void print_names(FILE *out, bool with_value)
{
	const char *blank = "";

	for (size_t i = 0; i < options_len; i++) {
		if (!options[i].metavar == with_value)
			continue;
		fprintf(out, "%s--%s", blank, options[i].name);
		blank = " ";
		if (options[i].letter)
			fprintf(out, " -%c", options[i].letter);
	}
}

static void bash_cases(FILE *out)
{
	for (size_t i = 0; i < options_len; i++) {
		const struct option_def *def = &options[i];

		if (!def->metavar)
			continue;
		fprintf(out, "\t--%s", def->name);
		if (def->letter)
			fprintf(out, " | -%c", def->letter);
		fputs(")\n", out);
		if (def->choices)
			fprintf(out, "\t\tmapfile -t COMPREPLY < <(compgen -W '%s' -- \"$cur\")\n",
				def->choices);
		else if (def->files)
			fprintf(out,
				"\t\tcompopt -o filenames\n"
				"\t\tmapfile -t COMPREPLY < <(compgen -%c -- \"$cur\")\n",
				*def->files == 'd' ? 'd' : 'f');
		fputs("\t\treturn\n\t\t;;\n", out);
	}
}

void print_bash(FILE *out, struct arena *a)
{
	(void)a;
	fputs("# SPDX-License-Identifier: Apache-2.0\n"
	      "# shellcheck shell=bash\n"
	      "# Made by gendoc from the option table: change that.\n\n"
	      "_pillbox() {\n"
	      "\tlocal cur prev i word rootfs=\n"
	      "\tlocal valued=' ",
	      out);
	print_names(out, true);
	fputs(" '\n\tlocal flags='", out);
	print_names(out, false);
	fputs(" --help'\n\n"
	      "\tcur=${COMP_WORDS[COMP_CWORD]}\n"
	      "\tprev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\tif ((COMP_CWORD == 1)); then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W 'run check' -- \"$cur\")\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tif [[ ${COMP_WORDS[1]} == check ]]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W '--json' -- \"$cur\")\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\t# bash splits --option=value at the '='.\n"
	      "\tif [[ $cur == '=' ]]; then\n"
	      "\t\tcur=\n"
	      "\telif [[ $prev == '=' ]]; then\n"
	      "\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n"
	      "\tfi\n"
	      "\tfor ((i = 2; i < COMP_CWORD; i++)); do\n"
	      "\t\tword=${COMP_WORDS[i]}\n"
	      "\t\tif [[ $valued == *\" $word \"* ]]; then\n"
	      "\t\t\ti=$((i + 1))\n"
	      "\t\t\t[[ ${COMP_WORDS[i]} == '=' ]] && i=$((i + 1))\n"
	      "\t\telif [[ $word != -* ]]; then\n"
	      "\t\t\trootfs=$word\n"
	      "\t\t\tbreak\n"
	      "\t\tfi\n"
	      "\tdone\n"
	      "\t# Behind ROOTFS stands a command of the sandbox, which is not looked into.\n"
	      "\t[[ $rootfs ]] && return\n"
	      "\tcase $prev in\n",
	      out);
	bash_cases(out);
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
		fprintf(out, "--%s%s[", def->name, def->metavar ? "=" : "");
	zsh_text(out, def->help);
	fputc(']', out);
	if (def->metavar) {
		fputc(':', out);
		zsh_text(out, def->metavar);
		fputc(':', out);
		if (def->choices)
			fprintf(out, "(%s)", def->choices);
		else if (def->files)
			fputs(*def->files == 'd' ? "_files -/" : "_files", out);
	}
	fputs("' \\\n", out);
}

void print_zsh(FILE *out, struct arena *a)
{
	(void)a;
	fputs("#compdef pillbox\n"
	      "# SPDX-License-Identifier: Apache-2.0\n"
	      "# Made by gendoc from the option table: change that.\n\n"
	      "_pillbox() {\n"
	      "\tif ((CURRENT == 2)); then\n"
	      "\t\tcompadd run check\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tif [[ $words[2] == check ]]; then\n"
	      "\t\tcompadd -- --json\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tshift words\n"
	      "\t((CURRENT--))\n"
	      "\t_arguments -s -S -A '-*' \\\n",
	      out);
	for (size_t i = 0; i < options_len; i++) {
		zsh_option(out, &options[i], false);
		if (options[i].letter)
			zsh_option(out, &options[i], true);
	}
	fputs("\t\t'(- *)'{-h,--help}'[show the options]' \\\n"
	      "\t\t'1:ROOTFS:_files -/' \\\n"
	      "\t\t'*:::COMMAND:'\n"
	      "}\n\n"
	      "_pillbox \"$@\"\n",
	      out);
}
