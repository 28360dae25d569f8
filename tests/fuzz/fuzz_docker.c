/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_docker.c - any bytes as a docker run line, and what is accepted as every export.
 *
 * What must hold for every input is asserted: it is refused with a message, or each flag has a
 * verdict; its export as a docker line is accepted, and is exported as the very same line.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "asked.h"
#include "export.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(int is_true)
{
	if (!is_true)
		abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	hold(clearenv() == 0 && setenv("A", "a", 1) == 0);
	return 0;
}

/* A line's text for one target; NULL: refused, with a message. */
static char *export_line(struct arena *a, const char *line, enum export_target target,
			 const struct spec **ret)
{
	struct spec *s = arena_alloc(a, sizeof(*s));
	char *argv[] = {arena_printf(a, "--from-docker=%s", line), arena_strdup(a, "/r"), NULL};
	struct err err = {0};
	unsigned n_missing;
	char *text = NULL;
	size_t len = 0;
	FILE *out;
	int rc;

	s->arena = a;
	rc = options_parse(s, 2, argv, &err);
	if (rc == 0)
		rc = spec_finish(s, &err);
	*ret = rc == 0 ? s : NULL;
	if (rc == 0) {
		out = open_memstream(&text, &len);
		hold(out != NULL);
		rc = export_write(s, target, out, &n_missing, &err);
		hold(fclose(out) == 0);
	}
	hold(rc <= 0 && err.is_set == (rc < 0) && (rc == 0 || err.msg[0]));
	if (rc == 0)
		return text;
	free(text);
	return NULL;
}

/* The line itself, without the comments in front of it. */
static const char *without_comments(const char *text)
{
	while (*text == '#')
		text = strchr(text, '\n') + 1;
	return text;
}

static void try_line(const char *line)
{
	struct err err = {0};
	struct arena arena;
	const struct spec *s;
	char *first, *second;

	hold(arena_init(&arena, &err) == 0);
	first = export_line(&arena, line, EXPORT_DOCKER, &s);
	for (size_t i = 0; s && i < s->asked->n_verdicts; i++)
		hold(s->asked->verdicts[i].verdict == VERDICT_ENFORCED ||
		     s->asked->verdicts[i].text[0]);
	if (first) {
		second = export_line(&arena, without_comments(first), EXPORT_DOCKER, &s);
		hold(second && strcmp(without_comments(first), without_comments(second)) == 0);
		free(second);
	}
	for (int target = 0; s && target <= EXPORT_KUBERNETES; target++)
		free(export_line(&arena, line, (enum export_target)target, &s));
	free(first);
	hold(munmap(arena.base, arena.size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = strndup((const char *)data, size);

	hold(line != NULL);
	try_line(line);
	free(line);
	return 0;
}
