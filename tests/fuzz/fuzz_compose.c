/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_compose.c - any bytes as Compose files and .env: read, interpolated, merged, extended, written,
 * and its services as options.
 *
 * Input: compose.yaml, compose.override.yaml, b.yml and .env with a 0xff byte between them; what is
 * missing or empty is not there. What must hold for every input is asserted: it is refused with a
 * message, or what `config` writes of it is read again, and written as the very same text.
 *
 * tests/fuzz/corpus/fuzz_compose: a seed for each part of the format and each kind of mistake.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compose.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const files[] = {"compose.yaml", "compose.override.yaml", "b.yml", ".env"};
static char dir[] = "/tmp/pillbox-fuzz-XXXXXX";
static int home_fd, dir_fd; /* libFuzzer's own paths are relative to the first */

static void hold(int is_true)
{
	if (!is_true)
		abort();
}

static void clean(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		(void)unlinkat(dir_fd, files[i], 0);
	(void)unlinkat(dir_fd, "again.yml", 0);
	(void)rmdir(dir);
}

/* An environment that is always the same, and a directory in which no other file is found. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	hold(clearenv() == 0 && setenv("A", "a", 1) == 0 && setenv("EMPTY", "", 1) == 0 &&
	     setenv("HOME", "/nonexistent", 1) == 0);
	hold(mkdtemp(dir) && atexit(clean) == 0);
	home_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	hold(home_fd >= 0 && dir_fd >= 0);
	return 0;
}

static void put(const char *path, const void *text, size_t len)
{
	FILE *out = fopen(path, "we");

	hold(out && fwrite(text, 1, len, out) == len);
	hold(fclose(out) == 0);
}

/* What is in the message, if it names a place at all, are numbers from 1 on. */
static void hold_message(const struct err *err)
{
	unsigned line, column;
	int end = 0;

	hold(err->is_set && err->msg[0]);
	if (sscanf(err->msg, "%*[a-z.]:%u:%u: %n", &line, &column, &end) == 2)
		hold(line && column && end && err->msg[end]);
}

static char *config(struct compose_project *p, size_t *ret_len)
{
	struct err err = {0};
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);

	hold(out && compose_config(p, NULL, out, &err) == 0);
	hold(fclose(out) == 0);
	return text;
}

/* Each service as options and verdicts, or refused with a message. */
static void try_services(const struct compose_project *p)
{
	for (size_t i = 0; p->services && i < p->services->n; i++) {
		struct asked asked;
		struct err err = {0};

		if (compose_service(p, p->services->pairs[i].key, &asked, &err) < 0) {
			hold_message(&err);
			continue;
		}
		hold(!err.is_set);
		for (size_t v = 0; v < asked.n_verdicts; v++)
			hold(asked.verdicts[v].key && asked.verdicts[v].verdict < VERDICTS);
		for (size_t o = 0; o < asked.n_options; o++)
			hold(asked.options[o].name && asked.options[o].origin);
	}
}

/* A project's text, or NULL and a message. */
static char *round_of(const struct compose_req *req, char *name, size_t name_size, size_t *ret_len)
{
	struct compose_project p;
	struct err err = {0};
	struct arena arena;
	char *text = NULL;

	hold(arena_init(&arena, &err) == 0);
	if (compose_load(&p, &arena, req, &err) < 0) {
		hold_message(&err);
	} else {
		hold(!err.is_set && p.root && p.name[0]);
		(void)snprintf(name, name_size, "%s", p.name);
		text = config(&p, ret_len);
		try_services(&p);
	}
	hold(munmap(arena.base, arena.size) == 0);
	return text;
}

static void try_files(void)
{
	struct compose_req req = {.n_files = 0}, again = {.files = {"again.yml"}, .n_files = 1};
	char name[256], other[256];
	char *first, *second;
	size_t len, len_again;

	first = round_of(&req, name, sizeof(name), &len);
	if (!first)
		return;
	put("again.yml", first, len);
	second = round_of(&again, other, sizeof(other), &len_again);
	hold(second && len == len_again && memcmp(first, second, len) == 0);
	hold(strcmp(name, other) == 0);
	free(first);
	free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	hold(fchdir(dir_fd) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		const uint8_t *end = size ? memchr(data, 0xff, size) : NULL;
		size_t n = end ? (size_t)(end - data) : size;

		(void)unlink(files[i]);
		if (n || i == 0)
			put(files[i], data, n);
		data += n + (end != NULL);
		size -= n + (end != NULL);
	}
	try_files();
	hold(fchdir(home_fd) == 0);
	return 0;
}
