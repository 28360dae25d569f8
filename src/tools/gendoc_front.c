/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gendoc_front.c - the tables of docs/compose.md: each key of a service, each flag of a docker run line.
 *
 * Should: be made from the tables that the readers use.
 */
#include "compose_keys.h"
#include "docker_flags.h"
#include "gendoc.h"

void md_compose_keys(FILE *out, struct arena *a)
{
	(void)a;
	fputs("| key | verdict | what pillbox does |\n| --- | --- | --- |\n", out);
	for (size_t i = 0; i < compose_keys_len; i++) {
		const struct compose_key *k = &compose_keys[i];

		fprintf(out, "| `%s` | %s | ", k->name, verdict_name(k->verdict));
		md_text(out, k->text ? k->text : "");
		fputs(" |\n", out);
	}
}

void md_docker_flags(FILE *out, struct arena *a)
{
	(void)a;
	fputs("| flag | verdict | what pillbox does |\n| --- | --- | --- |\n", out);
	for (size_t i = 0; i < docker_flags_len; i++) {
		const struct docker_flag *f = &docker_flags[i];
		enum verdict_kind verdict;
		const char *text;

		docker_flag_verdict(f, &verdict, &text);
		fputs("| ", out);
		if (f->letter)
			fprintf(out, "`-%c`, ", f->letter);
		fprintf(out, "`--%s` | %s | ", f->name, verdict_name(verdict));
		md_text(out, text);
		if (!*text && f->option)
			fprintf(out, "as `--%s`", f->option);
		fputs(" |\n", out);
	}
}
