/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_options.c - any words as the command line of `pillbox run`, checked to the end, and any bytes as
 * the env file that it may name.
 *
 * Input: pieces with a 0xff byte between them: the text of the file `env`, then the words. What must
 * hold for every input is asserted: it is refused with a message, or what is asked for is within what
 * the steps rely on: a root and a command, tidy targets, capabilities that exist, no limit of zero.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "options.h"

#define WORDS 64

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/pillbox-fuzz-XXXXXX";
static int home_fd, dir_fd; /* libFuzzer's own paths are relative to the first */

static void hold(int is_true)
{
	if (!is_true)
		abort();
}

static void clean(void)
{
	(void)unlinkat(dir_fd, "env", 0);
	(void)rmdir(dir);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	hold(clearenv() == 0 && setenv("A", "a", 1) == 0 && setenv("HOME", "/nonexistent", 1) == 0);
	hold(mkdtemp(dir) && atexit(clean) == 0);
	home_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	hold(home_fd >= 0 && dir_fd >= 0);
	return 0;
}

static void path_hold(const char *path)
{
	hold(path[0] == '/' && !strstr(path, "//") && !strstr(path, "/../") &&
	     !strstr(path, "/./"));
	hold(!path[1] || path[strlen(path) - 1] != '/');
}

static void spec_hold(const struct spec *s)
{
	hold(s->rootfs && s->rootfs[0] && s->argv && s->argv[0] && s->argv[0][0]);
	hold((s->caps & ~((1ULL << 41) - 1)) == 0 || s->caps >> 63 == 0);
	path_hold(s->workdir);
	for (size_t i = 0; i < s->n_mounts; i++) {
		const struct mount_req *m = &s->mounts[i];

		path_hold(m->target);
		hold(strlen(m->target) < 4096);
		hold(m->kind != MOUNT_BIND || (m->source && m->source[0]));
		hold(!m->has_uid || m->uid != UINT32_MAX);
		hold(!m->has_gid || m->gid != UINT32_MAX);
		for (size_t k = 0; k < i; k++)
			hold(strcmp(s->mounts[k].target, m->target) != 0);
	}
	for (size_t i = 0; i < s->n_env; i++)
		hold(strchr(s->env[i], '=') != NULL && s->env[i][0] != '=');
}

/* The pieces, each a text of its own, so that a sanitizer sees a read beyond its end. */
static size_t pieces(const uint8_t *data, size_t size, char **ret)
{
	size_t n = 0;

	while (n < WORDS) {
		const uint8_t *sep = size ? memchr(data, 0xff, size) : NULL;
		size_t len = sep ? (size_t)(sep - data) : size;

		ret[n] = malloc(len + 1);
		hold(ret[n] != NULL);
		memcpy(ret[n], data, len);
		ret[n++][len] = '\0';
		if (!sep)
			break;
		data = sep + 1;
		size -= len + 1;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *words[WORDS + 1] = {NULL};
	struct spec spec = {0};
	struct err err = {0};
	struct arena arena;
	size_t n;
	FILE *out;
	int rc;

	hold(fchdir(dir_fd) == 0);
	n = pieces(data, size, words);
	out = fopen("env", "we");
	hold(out && fputs(words[0], out) >= 0 && fclose(out) == 0);
	hold(arena_init(&arena, &err) == 0);
	spec.arena = &arena;
	rc = options_parse(&spec, (int)n - 1, words + 1, &err);
	rc = rc ? rc : spec_finish(&spec, &err);
	if (rc < 0)
		hold(err.is_set && err.msg[0] && err.exit == EXIT_SETUP);
	else if (rc == 0)
		spec_hold(&spec);
	hold(munmap(arena.base, arena.size) == 0);
	for (size_t i = 0; i < n; i++)
		free(words[i]);
	hold(fchdir(home_fd) == 0);
	return 0;
}
