/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_limits.c - limits as the user thinks of them <-> the files of a cgroup.
 *
 * Should: be pure; be the one place that knows what is written where, so that writing, showing and
 * verifying cannot differ.
 * Mustn't: know where a group is.
 */
#include "cgroup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
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

static void put_number(struct cgroup_write *w, uint64_t value)
{
	(void)snprintf(w->value, sizeof(w->value), "%" PRIu64, value);
}

static bool row_memory(const struct limits *l, struct cgroup_write *w)
{
	put_number(w, l->memory);
	return limit_asked(l->memory);
}

/* All or nothing: a sandbox of which the kernel killed one process is half dead. */
static bool row_oom_group(const struct limits *l, struct cgroup_write *w)
{
	put_number(w, 1);
	return limit_asked(l->memory);
}

static bool row_reservation(const struct limits *l, struct cgroup_write *w)
{
	put_number(w, l->reservation);
	return limit_asked(l->reservation);
}

/*
 * Docker's --memory-swap is memory and swap together; cgroup v2 counts swap alone. Not asked: as
 * much swap as memory. Without this line a container that was given 64M could go on into swap.
 */
static bool row_swap(const struct limits *l, struct cgroup_write *w)
{
	uint64_t swap = l->memory;

	if (l->memory_swap == LIMIT_MAX || !limit_asked(l->memory))
		return false;
	w->is_implied = !limit_asked(l->memory_swap);
	if (w->is_implied)
		w->option = "--memory";
	else
		swap = l->memory_swap > l->memory ? l->memory_swap - l->memory : 0;
	put_number(w, swap);
	return true;
}

/* Either spelling of Docker's: so many CPUs, or a quota in each period. */
static bool row_cpu_max(const struct limits *l, struct cgroup_write *w)
{
	uint64_t quota = l->cpu_quota, period = l->cpu_period;

	if (limit_asked(l->nano_cpus)) {
		quota = l->nano_cpus / NANOS_PER_QUOTA_US;
		w->option = "--cpus";
	} else if (!limit_asked(quota)) {
		w->option = "--cpu-period";
	}
	if (!limit_asked(quota) && !limit_asked(period))
		return false;
	if (!limit_asked(period))
		period = CPU_PERIOD_US;
	if (limit_asked(quota))
		(void)snprintf(w->value, sizeof(w->value), "%" PRIu64 " %" PRIu64, quota, period);
	else
		(void)snprintf(w->value, sizeof(w->value), "max %" PRIu64, period);
	return true;
}

static bool row_cpu_weight(const struct limits *l, struct cgroup_write *w)
{
	put_number(w, cpu_weight_from_shares(l->cpu_shares));
	return limit_asked(l->cpu_shares);
}

static bool row_cpus(const struct limits *l, struct cgroup_write *w)
{
	w->text = l->cpuset_cpus;
	return w->text && *w->text;
}

static bool row_mems(const struct limits *l, struct cgroup_write *w)
{
	w->text = l->cpuset_mems;
	return w->text && *w->text;
}

static bool row_pids(const struct limits *l, struct cgroup_write *w)
{
	put_number(w, l->pids);
	return limit_asked(l->pids);
}

/* BFQ takes Docker's scale as it is; iocost has the scale of the other weights. */
static bool row_io_weight(const struct limits *l, struct cgroup_write *w)
{
	put_number(w, l->blkio_weight);
	w->alt = "io.weight";
	(void)snprintf(w->alt_value, sizeof(w->alt_value), "%" PRIu64,
		       io_weight_from_blkio(l->blkio_weight));
	return limit_asked(l->blkio_weight);
}

/* The files, in the order in which they are written. False: there is nothing to write. */
static const struct {
	unsigned ctl;
	const char *option, *file;
	bool (*fill)(const struct limits *l, struct cgroup_write *w);
} rows[] = {
	{CTL_MEMORY, "--memory", "memory.max", row_memory},
	{CTL_MEMORY, "--memory", "memory.oom.group", row_oom_group},
	{CTL_MEMORY, "--memory-reservation", "memory.low", row_reservation},
	{CTL_MEMORY, "--memory-swap", "memory.swap.max", row_swap},
	{CTL_CPU, "--cpu-quota", "cpu.max", row_cpu_max},
	{CTL_CPU, "--cpu-shares", "cpu.weight", row_cpu_weight},
	{CTL_CPUSET, "--cpuset-cpus", "cpuset.cpus", row_cpus},
	{CTL_CPUSET, "--cpuset-mems", "cpuset.mems", row_mems},
	{CTL_PIDS, "--pids-limit", "pids.max", row_pids},
	{CTL_IO, "--blkio-weight", "io.bfq.weight", row_io_weight},
};

/* The line of a device in io.max: what was not asked stays at max. */
static bool row_io_max(const struct io_device *d, struct cgroup_write *w)
{
	static const char *const keys[] = {
		[IO_READ_BPS] = "rbps",
		[IO_WRITE_BPS] = "wbps",
		[IO_READ_IOPS] = "riops",
		[IO_WRITE_IOPS] = "wiops",
	};
	size_t used;

	w->file = "io.max";
	w->option = NULL;
	used = (size_t)snprintf(w->value, sizeof(w->value), "%u:%u", major(d->dev), minor(d->dev));
	for (size_t i = 0; i < ARRAY_SIZE(keys) && used < sizeof(w->value); i++) {
		if (d->value[i] == LIMIT_UNSET)
			continue;
		if (!w->option)
			w->option = io_option((enum io_kind)i);
		used += (size_t)snprintf(w->value + used, sizeof(w->value) - used, " %s=%" PRIu64,
					 keys[i], d->value[i]);
	}
	return w->option;
}

static bool row_io_device_weight(const struct io_device *d, struct cgroup_write *w)
{
	uint64_t weight = d->value[IO_WEIGHT];

	w->option = io_option(IO_WEIGHT);
	w->file = "io.bfq.weight";
	w->alt = "io.weight";
	(void)snprintf(w->value, sizeof(w->value), "%u:%u %" PRIu64, major(d->dev), minor(d->dev),
		       weight);
	(void)snprintf(w->alt_value, sizeof(w->alt_value), "%u:%u %" PRIu64, major(d->dev),
		       minor(d->dev), io_weight_from_blkio(weight));
	return weight != LIMIT_UNSET;
}

bool cgroup_write_next(const struct limits *l, const struct plan *p, struct cgroup_write *w)
{
	/* Behind the others two rows for each device. */
	for (size_t row = w->row; row < ARRAY_SIZE(rows) || p; row++) {
		size_t i = row - ARRAY_SIZE(rows);
		bool is_asked;

		*w = (struct cgroup_write){.row = row + 1, .ctl = CTL_IO};
		if (row < ARRAY_SIZE(rows)) {
			w->ctl = rows[row].ctl;
			w->option = rows[row].option;
			w->file = rows[row].file;
			is_asked = rows[row].fill(l, w);
		} else if (!p || i / 2 >= p->n_io) {
			return false;
		} else if (i % 2 == 0) {
			is_asked = row_io_max(&p->io[i / 2], w);
		} else {
			is_asked = row_io_device_weight(&p->io[i / 2], w);
		}
		if (is_asked)
			return true;
	}
	return false;
}

unsigned cgroup_need(const struct limits *l)
{
	struct cgroup_write w = {0};
	unsigned need = l->n_io ? CTL_IO : 0;

	while (cgroup_write_next(l, NULL, &w))
		need |= w.ctl;
	return need;
}

static void add_name(const char *name, char *buf, size_t size)
{
	size_t used = strlen(buf);

	(void)snprintf(buf + used, size - used, "%s%s", used ? ", " : "", name);
}

void cgroup_options(const struct limits *l, unsigned set, char *buf, size_t size)
{
	struct cgroup_write w = {0};
	const char *last = "";
	bool is_told[IO_KINDS] = {false};

	buf[0] = '\0';
	while (cgroup_write_next(l, NULL, &w)) {
		if (!(w.ctl & set) || w.is_implied || !strcmp(w.option, last))
			continue;
		add_name(w.option, buf, size);
		last = w.option;
	}
	for (size_t i = 0; set & CTL_IO && i < l->n_io; i++) {
		if (!is_told[l->io[i].kind])
			add_name(io_option(l->io[i].kind), buf, size);
		is_told[l->io[i].kind] = true;
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

/* One word of a line, such as "rbps=1048576" in "8:0 rbps=1048576 wbps=max". */
static bool has_word(const char *line, size_t len, const char *word, size_t word_len)
{
	for (size_t at = 0; at < len;) {
		size_t end = at + strcspn(line + at, " \n");

		if (end - at == word_len && !memcmp(line + at, word, word_len))
			return true;
		at = end + 1;
	}
	return false;
}

/* The kernel has a line for each device, with all of its values; what was asked is among them. */
static bool device_same(const char *asked, const char *got)
{
	size_t name = strcspn(asked, " ");

	name += asked[name] == ' ';
	for (const char *line = got; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		bool is_same = true;

		if (strncmp(line, asked, name) != 0)
			continue;
		for (const char *word = asked + name; *word && is_same; word += *word == ' ') {
			size_t len = strcspn(word, " ");

			is_same = has_word(line, strcspn(line, "\n"), word, len);
			word += len;
		}
		return is_same;
	}
	return false;
}

bool cgroup_same(const char *file, const char *asked, const char *got)
{
	size_t len = strcspn(got, "\n");

	if (!strncmp(file, "io.", 3) && strchr(asked, ':'))
		return device_same(asked, got);
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
