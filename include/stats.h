/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats.h - what a sandbox used and which limits it hit, told when it has ended.
 */
#ifndef PILLBOX_STATS_H
#define PILLBOX_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct run;

#define USAGE_UNKNOWN UINT64_MAX

/* Limits that were hit, the one that weighs most first; bits of a set. */
enum usage_hit {
	HIT_MEMORY = 1 << 0,       /* processes were killed at --memory */
	HIT_MEMORY_ABOVE = 1 << 1, /* ... for want of memory, but not at a limit of the sandbox */
	HIT_PIDS = 1 << 2,         /* a fork failed at --pids-limit */
	HIT_PIDS_ABOVE = 1 << 3,   /* ... at the limit of a group above */
};
#define HIT_COUNT 4

/* Each number is USAGE_UNKNOWN where nothing tells it. */
struct usage {
	bool has_group; /* the numbers are those of a control group */
	uint64_t wall_us;
	uint64_t cpu_user_us, cpu_system_us; /* no group: of processes that were waited for */
	uint64_t periods, throttled_periods, throttled_us;
	uint64_t memory_peak, swap_peak; /* bytes */
	uint64_t max_resident;           /* bytes: the largest single process */
	uint64_t oom_kills;
	uint64_t pids_peak;
	uint64_t io_read_bytes, io_written_bytes, io_reads, io_writes; /* all devices together */
	unsigned hit;
};

/* ---- stats.c: asking the kernel ------------------------------------------------------------- */

/*
 * After the sandbox ended and before undo: name each limit that was hit, and with --stats print the
 * report. Uses openat and read below r->cgroup, and write; no heap. So it works under the
 * launcher's own filter.
 */
void stats_report(const struct run *r);

/* The number after `key` in a flat keyed file such as memory.events, or USAGE_UNKNOWN. Pure. */
uint64_t usage_key(const char *text, const char *key);
/* The sum over all devices of io.stat's text. Pure. */
void usage_io(const char *text, struct usage *u);
/* From the texts of memory.events and pids.events ("" when there is none), and u's peaks. Pure. */
unsigned usage_hits(const struct run *r, const struct usage *u, const char *memory_events,
		    const char *pids_events);

/* ---- stats_text.c: telling it; pure --------------------------------------------------------- */

/* "killed: out of memory (limit 64M, peak 63.9M)" */
void usage_hit_text(const struct run *r, const struct usage *u, enum usage_hit hit, char *buf,
		    size_t size);
/* Lines for a person, with a line end each. */
void usage_text(const struct run *r, const struct usage *u, char *buf, size_t size);
/* One line of JSON, as docs/stats.md describes it. What doesn't fit is an empty text. */
void usage_json(const struct run *r, const struct usage *u, char *buf, size_t size);

#endif
