/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.c - what a launch comes to, said before it happens (--verbose).
 *
 * Should: read the list of steps and nothing else, so that the report is what is done.
 * Mustn't: know any step by name.
 */
#include "runner.h"

#include <stdlib.h>
#include <string.h>

void report_plan(const struct run *r)
{
	for (size_t i = 0; i < program_len; i++) {
		const struct step *s = program[i];
		auto_free char *text = NULL;
		char *save = NULL;
		size_t len = 0;
		FILE *out;

		if (!s->show || (s->wanted && !s->wanted(r)))
			continue;
		out = open_memstream(&text, &len);
		if (!out)
			return; /* no memory for a report: the launch itself needs none here */
		s->show(r, out);
		if (fclose(out) != 0)
			continue;
		for (char *line = strtok_r(text, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save))
			note("%s: %s", s->id, line);
	}
}
