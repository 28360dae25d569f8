/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_cache.c - any bytes as an entry of the cache of compiled profiles.
 *
 * Input: a byte of switches, then the entry's bytes, or what is changed in a good one: offset (two
 * bytes) and value. With a switch its sum is made right again, as somebody who can write there would.
 * What must hold for every input is asserted: an entry is refused with a message, or is a program that
 * fits its length; with a wrong sum only the good one is taken.
 */
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profile_cache.h"

/* As src/profile_cache.c has it: magic, key, sum, result, program. */
#define SUM_AT (8 + PROFILE_CACHE_KEY)
#define AFTER_SUM (SUM_AT + SHA256_DIGEST_SIZE)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char text[] = "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}";
static struct profile_result good;
static struct profile_cache cache;
static uint8_t entry[1 << 16], made[1 << 16];
static size_t entry_len;
static char dir[] = "/tmp/pillbox-fuzz-XXXXXX";

static void hold(int is_true)
{
	if (!is_true)
		abort();
}

static void clean(void)
{
	char path[128];

	(void)unlinkat(cache.dir, cache.name, 0);
	(void)snprintf(path, sizeof(path), "%s/pillbox/seccomp", dir);
	(void)rmdir(cache.path);
	(void)rmdir(path);
	(void)snprintf(path, sizeof(path), "%s/pillbox", dir);
	(void)rmdir(path);
	(void)rmdir(dir);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err err = {0};
	int fd;
	ssize_t n;

	(void)argc;
	(void)argv;
	hold(mkdtemp(dir) && setenv("XDG_CACHE_HOME", dir, 1) == 0);
	hold(profile_cache_open(&cache, true, &err) == 0 && atexit(clean) == 0);
	hold(profile_compile("fuzz", text, sizeof(text) - 1, 0, 6012, &good, &err) == 0);
	profile_cache_key(&cache, text, sizeof(text) - 1, 0, 6012);
	hold(profile_cache_store(&cache, &good, &err) == 0);
	fd = openat(cache.dir, cache.name, O_RDONLY | O_CLOEXEC);
	n = read(fd, entry, sizeof(entry));
	hold(fd >= 0 && n > (ssize_t)AFTER_SUM && close(fd) == 0);
	entry_len = (size_t)n;
	return 0;
}

static void sum_again(uint8_t *e, size_t len)
{
	struct sha256_ctx hash;

	sha256_init(&hash);
	sha256_update(&hash, SUM_AT, e);
	sha256_update(&hash, len - AFTER_SUM, e + AFTER_SUM);
	sha256_digest(&hash, SHA256_DIGEST_SIZE, e + SUM_AT);
}

/* The bytes of the entry: as they come, or the good one with changes. */
static size_t make(const uint8_t *data, size_t size)
{
	size_t len = size - 1;

	if (data[0] & 1) {
		memcpy(made, data + 1, len);
	} else {
		memcpy(made, entry, entry_len);
		for (size_t i = 1; i + 2 < size; i += 3)
			made[(data[i] << 8 | data[i + 1]) % entry_len] = data[i + 2];
		len = entry_len;
		if (data[0] & 4)
			len -= len > data[0] ? data[0] : 0;
	}
	if (data[0] & 2 && len >= AFTER_SUM)
		sum_again(made, len);
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct profile_result res = {0};
	struct err err = {0};
	size_t len;
	int fd, rc;

	if (size < 1 || size > sizeof(made))
		return 0;
	len = make(data, size);
	fd = openat(cache.dir, cache.name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	hold(fd >= 0 && write(fd, made, len) == (ssize_t)len && close(fd) == 0);
	rc = profile_cache_load(&cache, &res, &err);
	if (rc) {
		hold(err.is_set && err.msg[0] && !res.insns);
		return 0;
	}
	hold(!err.is_set && res.n > 0 && res.n <= PROFILE_MAX_INSNS && res.insns);
	hold(memchr(res.unknown, '\0', sizeof(res.unknown)) != NULL);
	if (!(data[0] & 2))
		hold(res.n == good.n &&
		     !memcmp(res.insns, good.insns, good.n * sizeof(*good.insns)));
	profile_result_free(&res);
	return 0;
}
