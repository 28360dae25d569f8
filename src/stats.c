/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats.c - what the sandbox used, and which limit it hit.
 *
 * Theory of operation
 *
 * The kernel counts all of it in the files of the control group, from the first process, which
 * was born there, to the last. They are read when the sandbox is empty and before its group is
 * removed. The sandbox sees its group read-only or not at all, so it cannot forge a number.
 *
 * Without a group there is what wait(2) tells of pid 1 and of all that was waited for below it. That
 * is less: a process whose parent never waited for it, or that was still there at the end, isn't
 * in. So it is named for what it is, and the rest is "not known"; all of it where pid 1 was killed.
 *
 * By now the launcher runs under its own filter (confine.c): openat below the group's descriptor,
 * read, write and close are in it. Buffers are of fixed size, since the heap cannot grow.
 *
 * Should: tell what is known and say what isn't; be quiet when nothing was asked and nothing hit.
 * Mustn't: fail. The command has ended, and its exit status stands.
 */
#include "stats.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "step.h"

/* All of a file: its length, or -1 when it is not there or does not fit: half would be a lie. */
static ssize_t file_text(int dirfd, const char *file, char *buf, size_t size)
{
	auto_close int fd = openat(dirfd, file, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n = fd < 0 ? -1 : 1;

	for (; n > 0 && used<size; used += n> 0 ? (size_t)n : 0)
		n = read(fd, buf + used, size - used);
	if (n < 0 || used == size) {
		buf[0] = '\0';
		return -1;
	}
	buf[used] = '\0';
	return (ssize_t)used;
}

static uint64_t file_number(int dirfd, const char *file)
{
	char text[32];

	if (file_text(dirfd, file, text, sizeof(text)) < 0 || text[0] < '0' || text[0] > '9')
		return USAGE_UNKNOWN;
	return strtoull(text, NULL, 10);
}

uint64_t usage_key(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, len) && line[len] == ' ')
			return strtoull(line + len + 1, NULL, 10);
	}
	return USAGE_UNKNOWN;
}

/*
 * "254:0 rbytes=4096 wbytes=0 rios=1 wios=0 ..." Older kernels put devices without any numbers in
 * front of the next one's, so a word counts wherever it stands.
 */
void usage_io(const char *text, struct usage *u)
{
	const struct {
		const char *key;
		uint64_t *sum;
	} keys[] = {
		{"rbytes=", &u->io_read_bytes},
		{"wbytes=", &u->io_written_bytes},
		{"rios=", &u->io_reads},
		{"wios=", &u->io_writes},
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		*keys[i].sum = 0;
	for (const char *word = text; *word; word += strspn(word, " \n")) {
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
			size_t len = strlen(keys[i].key);

			if (!strncmp(word, keys[i].key, len))
				*keys[i].sum += strtoull(word + len, NULL, 10);
		}
		word += strcspn(word, " \n");
	}
}

static bool is_there(uint64_t number)
{
	return number != USAGE_UNKNOWN && number > 0;
}

unsigned usage_hits(const struct run *r, const struct usage *u, const char *memory_events,
		    const char *pids_events)
{
	const struct limits *l = &r->spec->limits;
	bool has_pids = !r->plan->pids_by_rlimit && l->pids != LIMIT_UNSET && l->pids != LIMIT_MAX;
	unsigned hit = 0;

	/*
	 * oom_kill counts our processes whoever's limit it was; oom counts in the group that ran out,
	 * and in those above it.
	 */
	if (is_there(usage_key(memory_events, "oom_kill")))
		hit |= is_there(usage_key(memory_events, "oom")) ? HIT_MEMORY : HIT_MEMORY_ABOVE;
	/* Up to Linux 6.10 `max` counts our forks that failed, whoever's limit it was. */
	if (is_there(usage_key(pids_events, "max")))
		hit |= has_pids && u->pids_peak >= l->pids ? HIT_PIDS : HIT_PIDS_ABOVE;
	return hit;
}

static void read_group(const struct run *r, struct usage *u)
{
	static char text[16384]; /* io.stat has a line for each device */
	char memory[1024] = "", pids[256] = "";
	int dir = r->cgroup;

	(void)file_text(dir, "memory.events", memory, sizeof(memory));
	(void)file_text(dir, "pids.events", pids, sizeof(pids));
	u->oom_kills = usage_key(memory, "oom_kill");
	u->memory_peak = file_number(dir, "memory.peak"); /* Linux 5.19 */
	u->pids_peak = file_number(dir, "pids.peak");     /* Linux 6.1 */
	u->hit = usage_hits(r, u, memory, pids);
	if (r->spec->stats == STATS_NONE)
		return;
	u->swap_peak = file_number(dir, "memory.swap.peak"); /* Linux 6.5 */
	if (file_text(dir, "cpu.stat", text, sizeof(text)) > 0) {
		u->cpu_user_us = usage_key(text, "user_usec");
		u->cpu_system_us = usage_key(text, "system_usec");
		u->periods = usage_key(text, "nr_periods");
		u->throttled_periods = usage_key(text, "nr_throttled");
		u->throttled_us = usage_key(text, "throttled_usec");
	}
	if (file_text(dir, "io.stat", text, sizeof(text)) >= 0) /* empty: there was none */
		usage_io(text, u);
}

static void read_all(const struct run *r, struct usage *u)
{
	memset(u, 0xff, sizeof(*u)); /* USAGE_UNKNOWN is all ones */
	u->hit = 0;
	u->has_group = r->plan->has_cgroup && r->cgroup >= 0;
	u->wall_us = r->life.ended_us - r->life.born_us;
	if (r->life.has_usage) {
		u->cpu_user_us = r->life.cpu_user_us;
		u->cpu_system_us = r->life.cpu_system_us;
		u->max_resident = r->life.max_resident;
	}
	if (u->has_group)
		read_group(r, u);
}

void stats_report(const struct run *r)
{
	static char report[24576]; /* a line for each of IO_REQS_MAX devices fits */
	char text[512];
	struct usage u;

	if (r->spec->stats == STATS_NONE && !r->plan->has_cgroup && !r->life.init_signal)
		return;
	read_all(r, &u);
	for (unsigned i = 0; i < HIT_COUNT; i++) {
		if (!(u.hit & 1u << i))
			continue;
		usage_hit_text(r, &u, (enum usage_hit)(1u << i), text, sizeof(text));
		note("%s", text);
	}
	/* The kernel kills init with the others when memory runs out: that was told just now. */
	if (r->life.init_signal && !(u.hit & (HIT_MEMORY | HIT_MEMORY_ABOVE)))
		note("the sandbox's init was ended by signal %d from outside", r->life.init_signal);
	if (r->spec->stats == STATS_NONE)
		return;
	if (r->spec->stats == STATS_JSON)
		usage_json(r, &u, report, sizeof(report));
	else
		usage_text(r, &u, report, sizeof(report));
	write_out(STDERR_FILENO, report, strlen(report));
}
