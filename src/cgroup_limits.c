/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_limits.c - limits as the user thinks of them <-> the files of a cgroup.
 *
 * Should: be pure but for cgroup_limit_hit(); be the one place that knows what is written where,
 * so that writing, showing and verifying cannot differ.
 * Mustn't: know where a group is.
 */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "limits_math.h"
#include "step.h"

#define CPU_PERIOD_US UINT64_C(100000) /* cpu.max's period: Docker's, and the kernel's default */
#define NANOS_PER_QUOTA_US UINT64_C(10000)
#define LIST_MAX 8192 /* CPUs and memory nodes that a list may name */

static bool limit_asked(uint64_t value)
{
	return value != LIMIT_UNSET && value != LIMIT_MAX && value != 0;
}

/* The next free row, filled in as far as all rows are alike. */
static struct cgroup_write *row(struct cgroup_write *out, size_t *n, unsigned ctl,
				const char *option, const char *file)
{
	struct cgroup_write *w = &out[(*n)++];

	memset(w, 0, sizeof(*w));
	w->ctl = ctl;
	w->option = option;
	w->file = file;
	return w;
}

static void row_number(struct cgroup_write *out, size_t *n, unsigned ctl, const char *option,
		       const char *file, uint64_t value)
{
	struct cgroup_write *w = row(out, n, ctl, option, file);

	(void)snprintf(w->value, sizeof(w->value), "%" PRIu64, value);
}

/*
 * Docker's --memory-swap is memory and swap together; cgroup v2 counts swap alone. Not asked: as
 * much swap as memory. Without this line a container that was given 64M could go on into swap.
 */
static void writes_swap(const struct limits *l, struct cgroup_write *out, size_t *n)
{
	struct cgroup_write *w;
	bool is_asked = limit_asked(l->memory_swap);
	uint64_t swap = l->memory;

	if (l->memory_swap == LIMIT_MAX || !limit_asked(l->memory))
		return;
	if (is_asked)
		swap = l->memory_swap > l->memory ? l->memory_swap - l->memory : 0;
	w = row(out, n, CTL_MEMORY, is_asked ? "--memory-swap" : "--memory", "memory.swap.max");
	w->is_implied = !is_asked;
	(void)snprintf(w->value, sizeof(w->value), "%" PRIu64, swap);
}

static void writes_memory(const struct limits *l, struct cgroup_write *out, size_t *n)
{
	if (limit_asked(l->memory)) {
		row_number(out, n, CTL_MEMORY, "--memory", "memory.max", l->memory);
		/* All or nothing: a sandbox of which the kernel killed one process is half dead. */
		row_number(out, n, CTL_MEMORY, "--memory", "memory.oom.group", 1);
	}
	if (limit_asked(l->reservation))
		row_number(out, n, CTL_MEMORY, "--memory-reservation", "memory.low",
			   l->reservation);
	writes_swap(l, out, n);
}

size_t cgroup_writes(const struct limits *l, struct cgroup_write out[CGROUP_WRITES])
{
	struct cgroup_write *w;
	size_t n = 0;

	writes_memory(l, out, &n);
	if (limit_asked(l->nano_cpus)) {
		w = row(out, &n, CTL_CPU, "--cpus", "cpu.max");
		(void)snprintf(w->value, sizeof(w->value), "%" PRIu64 " %" PRIu64,
			       l->nano_cpus / NANOS_PER_QUOTA_US, CPU_PERIOD_US);
	}
	if (limit_asked(l->cpu_shares))
		row_number(out, &n, CTL_CPU, "--cpu-shares", "cpu.weight",
			   cpu_weight_from_shares(l->cpu_shares));
	if (l->cpuset_cpus && l->cpuset_cpus[0])
		row(out, &n, CTL_CPUSET, "--cpuset-cpus", "cpuset.cpus")->text = l->cpuset_cpus;
	if (l->cpuset_mems && l->cpuset_mems[0])
		row(out, &n, CTL_CPUSET, "--cpuset-mems", "cpuset.mems")->text = l->cpuset_mems;
	if (limit_asked(l->pids))
		row_number(out, &n, CTL_PIDS, "--pids-limit", "pids.max", l->pids);
	if (limit_asked(l->blkio_weight)) {
		/* BFQ takes Docker's scale as it is; iocost has the scale of the other weights. */
		row_number(out, &n, CTL_IO, "--blkio-weight", "io.bfq.weight", l->blkio_weight);
		w = &out[n - 1];
		w->alt = "io.weight";
		(void)snprintf(w->alt_value, sizeof(w->alt_value), "%" PRIu64,
			       io_weight_from_blkio(l->blkio_weight));
	}
	return n;
}

unsigned cgroup_need(const struct limits *l)
{
	struct cgroup_write w[CGROUP_WRITES];
	size_t n = cgroup_writes(l, w);
	unsigned need = 0;

	for (size_t i = 0; i < n; i++)
		need |= w[i].ctl;
	return need;
}

void cgroup_options(const struct limits *l, unsigned set, char *buf, size_t size)
{
	struct cgroup_write w[CGROUP_WRITES];
	size_t n = cgroup_writes(l, w);
	const char *last = "";
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < n && used < size; i++) {
		int len;

		if (!(w[i].ctl & set) || w[i].is_implied || !strcmp(w[i].option, last))
			continue;
		len = snprintf(buf + used, size - used, "%s%s", used ? ", " : "", w[i].option);
		used += len > 0 ? (size_t)len : 0;
		last = w[i].option;
	}
}

/* A list as in cpuset(7), "0-2,4", as a bitmap. False: not such a list. */
static bool list_parse(const char *text, unsigned char map[LIST_MAX / 8])
{
	memset(map, 0, LIST_MAX / 8);
	while (*text && *text != '\n') {
		char *end;
		unsigned long from, to;

		if (*text < '0' || *text > '9')
			return false;
		from = to = strtoul(text, &end, 10);
		if (*end == '-') {
			if (end[1] < '0' || end[1] > '9')
				return false;
			to = strtoul(end + 1, &end, 10);
		}
		if (from > to || to >= LIST_MAX)
			return false;
		for (; from <= to; from++)
			map[from / 8] |= (unsigned char)(1u << (from % 8));
		if (*end == ',')
			end++;
		else if (*end && *end != '\n')
			return false;
		text = end;
	}
	return true;
}

static bool list_same(const char *a, const char *b)
{
	unsigned char x[LIST_MAX / 8], y[LIST_MAX / 8];

	return list_parse(a, x) && list_parse(b, y) && !memcmp(x, y, sizeof(x));
}

bool cgroup_same(const char *file, const char *asked, const char *got)
{
	size_t len = strcspn(got, "\n");

	if (!strncmp(file, "cpuset.", 7))
		return list_same(asked, got);
	if (!strncmp(file, "io.", 3) && !strncmp(got, "default ", 8)) {
		got += 8;
		len = strcspn(got, "\n");
	}
	if (!strncmp(file, "memory.", 7)) {
		uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
		uint64_t want = strtoull(asked, NULL, 10);
		uint64_t have = strtoull(got, NULL, 10);

		/* Kept in pages, rounded down: never more than was asked. */
		return got[0] >= '0' && got[0] <= '9' && have <= want && want - have < page;
	}
	return strlen(asked) == len && !memcmp(asked, got, len);
}

void cgroup_size_text(uint64_t bytes, char *buf, size_t size)
{
	static const char units[] = "TGMK";

	for (int shift = 40, i = 0; shift > 0; shift -= 10, i++) {
		uint64_t unit = 1ULL << shift;

		if (bytes < unit)
			continue;
		if (bytes % unit == 0)
			(void)snprintf(buf, size, "%" PRIu64 "%c", bytes >> shift, units[i]);
		else
			(void)snprintf(buf, size, "%" PRIu64 ".%" PRIu64 "%c", bytes >> shift,
				       (bytes % unit) * 10 >> shift, units[i]);
		return;
	}
	(void)snprintf(buf, size, "%" PRIu64, bytes);
}

uint64_t cgroup_key(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, len) && line[len] == ' ')
			return strtoull(line + len + 1, NULL, 10);
	}
	return 0;
}

/* Into a fixed buffer: the launcher's heap does not grow any more when this is called. */
static bool file_text(int dirfd, const char *file, char *buf, size_t size)
{
	auto_close int fd = openat(dirfd, file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	buf[n > 0 ? n : 0] = '\0';
	return n > 0;
}

int cgroup_limit_hit(struct run *r, char *buf, size_t size)
{
	const struct limits *l = &r->spec->limits;
	char text[1024], limit[32], peak[32];

	buf[0] = '\0';
	if (!r->plan->has_cgroup || r->cgroup < 0)
		return 0;
	if (limit_asked(l->memory) && file_text(r->cgroup, "memory.events", text, sizeof(text)) &&
	    cgroup_key(text, "oom_kill")) {
		cgroup_size_text(l->memory, limit, sizeof(limit));
		if (file_text(r->cgroup, "memory.peak", text, sizeof(text))) { /* Linux 5.19 */
			cgroup_size_text(strtoull(text, NULL, 10), peak, sizeof(peak));
			(void)snprintf(buf, size, "out of memory (limit %s, peak %s)", limit, peak);
		} else {
			(void)snprintf(buf, size, "out of memory (limit %s)", limit);
		}
		return 1;
	}
	if (limit_asked(l->pids) && file_text(r->cgroup, "pids.events", text, sizeof(text)) &&
	    cgroup_key(text, "max")) {
		(void)snprintf(buf, size, "pids limit %" PRIu64 " reached", l->pids);
		return 1;
	}
	return 0;
}
