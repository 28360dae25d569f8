/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe-use.c - `probe use NAME ARG...`: use up something that can be limited, and say how much
 * was had and how long it took.
 *
 * Should:  print key=value lines, whole numbers; end by itself.
 * Mustn't: need more than its arguments say, or more than libc.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

static int64_t now_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void rest(int64_t ms)
{
	const struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

/* "VmRSS:   123 kB" -> KEY=123 */
static void put_status(const char *field, const char *key)
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, field, strlen(field)))
			printf("%s=%ld\n", key, strtol(line + strlen(field), NULL, 10));
	if (f)
		fclose(f);
}

/* MIB [HOLD_MS]: have so much memory, written to page by page, and keep it for a while. */
static int use_memory(char **args)
{
	size_t size = strtoul(args[0], NULL, 10) << 20;
	unsigned char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
				0);

	if (p == MAP_FAILED)
		return -1;
	for (size_t i = 0; i < size; i += 4096)
		p[i] = (unsigned char)(i >> 12) | 1;
	printf("mib=%s\n", args[0]);
	fflush(stdout);
	if (args[1])
		rest(strtol(args[1], NULL, 10));
	put_status("VmRSS:", "resident_kib");
	put_status("VmSwap:", "swapped_kib");
	return 0;
}

/* MS: spin for so long, and say how much CPU time that was, and on which CPUs. */
static int use_cpu(char **args)
{
	int64_t ms = strtol(args[0], NULL, 10);
	int64_t start = now_ms(CLOCK_MONOTONIC), cpu = now_ms(CLOCK_PROCESS_CPUTIME_ID), end;
	uint64_t seen = 0;

	do {
		for (volatile int i = 0; i < 10000; i++)
			;
		seen |= 1ULL << (sched_getcpu() & 63);
		end = now_ms(CLOCK_MONOTONIC);
	} while (end - start < ms);
	printf("wall_ms=%lld\ncpu_ms=%lld\nran_on=", (long long)(end - start),
	       (long long)(now_ms(CLOCK_PROCESS_CPUTIME_ID) - cpu));
	for (int i = 0; i < 64; i++)
		if (seen & 1ULL << i)
			printf("%s%d", seen & ((1ULL << i) - 1) ? "," : "", i);
	printf("\n");
	return 0;
}

/* read|write FILE KIB: past the page cache, so that the device sees it now; 64 KiB at a time. */
static int use_disk(char **args)
{
	enum { BLOCK = 65536 };
	bool is_write = !strcmp(args[0], "write");
	long kib = args[1] && args[2] ? strtol(args[2], NULL, 10) : 0, done = 0;
	int64_t start = now_ms(CLOCK_MONOTONIC);
	void *buf = NULL;
	int fd = args[1] ? open(args[1],
				O_DIRECT | O_CLOEXEC | (is_write ? O_WRONLY | O_CREAT : O_RDONLY),
				0644)
			 : -1;

	if (fd < 0 || posix_memalign(&buf, 4096, BLOCK))
		return -1;
	memset(buf, 'x', BLOCK);
	for (; done < kib; done += BLOCK / 1024)
		if ((is_write ? write(fd, buf, BLOCK) : read(fd, buf, BLOCK)) != BLOCK)
			return -1;
	printf("kib=%ld\nms=%lld\n", done, (long long)(now_ms(CLOCK_MONOTONIC) - start));
	free(buf);
	return close(fd);
}

const struct attempt uses[] = {
	{"memory", "MIB [HOLD_MS]", use_memory},
	{"cpu", "MS", use_cpu},
	{"disk", "read|write FILE KIB", use_disk},
	{NULL, NULL, NULL},
};
