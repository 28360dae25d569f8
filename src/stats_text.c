/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats_text.c - the report on what a sandbox used, for people and for programs.
 *
 * Should: have the same in both forms; name the unit with each number; write null, or the reason,
 * where a number isn't known. docs/stats.md lists the keys: those that are there stay as they are.
 * Mustn't: read anything; use the heap or floating point, which may.
 */
#include "stats.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "cgroup.h"
#include "step.h"

struct out {
	char *buf;
	size_t size, used;
	bool is_full;
};

__attribute__((format(printf, 2, 3))) static void put(struct out *o, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(o->buf + o->used, o->size - o->used, fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= o->size - o->used)
		o->is_full = true;
	else
		o->used += (size_t)len;
	o->buf[o->used] = '\0';
}

static bool is_limit(uint64_t value)
{
	return value != LIMIT_UNSET && value != LIMIT_MAX && value != 0;
}

/* Is this controller's limit held by the group? */
static bool is_held(const struct run *r, enum cgroup_ctl ctl)
{
	return r->plan->has_cgroup && (r->plan->cgroup_need & ctl);
}

/* ---- limits that were hit ------------------------------------------------------------------- */

static void hit_memory(const struct run *r, const struct usage *u, bool is_own, struct out *o)
{
	uint64_t limit = r->spec->limits.memory;
	bool is_end = r->life.signal == SIGKILL;
	char size[32];

	put(o, "%sout of memory%s", is_end ? "killed: " : "",
	    is_own ? "" : " outside of the sandbox");
	if (is_limit(limit) && is_held(r, CTL_MEMORY)) {
		cgroup_size_text(limit, size, sizeof(size));
		put(o, " (%slimit %s", is_own ? "" : "its own ", size);
	} else {
		put(o, " (no limit of its own");
	}
	if (u->memory_peak != USAGE_UNKNOWN) {
		cgroup_size_text(u->memory_peak, size, sizeof(size));
		put(o, ", peak %s", size);
	}
	put(o, ")%s", is_own ? "" : ": at a limit of a group above, or the host has no more");
	if (!is_end)
		put(o, "; processes killed: %" PRIu64 ", the command was not", u->oom_kills);
}

static void hit_pids_above(const struct run *r, const struct usage *u, struct out *o)
{
	uint64_t limit = r->spec->limits.pids;

	put(o, "a pids limit of a group above is reached");
	if (u->pids_peak != USAGE_UNKNOWN)
		put(o, ", with %" PRIu64 " at most in the sandbox", u->pids_peak);
	if (is_limit(limit))
		put(o, " (its own limit %" PRIu64 ")", limit);
}

void usage_hit_text(const struct run *r, const struct usage *u, enum usage_hit hit, char *buf,
		    size_t size)
{
	struct out o = {.buf = buf, .size = size};

	buf[0] = '\0';
	switch (hit) {
	case HIT_MEMORY:
	case HIT_MEMORY_ABOVE:
		hit_memory(r, u, hit == HIT_MEMORY, &o);
		break;
	case HIT_PIDS:
		put(&o, "pids limit %" PRIu64 " reached", r->spec->limits.pids);
		break;
	case HIT_PIDS_ABOVE:
		hit_pids_above(r, u, &o);
		break;
	}
}

/* ---- for people ----------------------------------------------------------------------------- */

static void label(struct out *o, const char *name)
{
	put(o, "pillbox: usage: %-10s ", name);
}

static void put_seconds(struct out *o, uint64_t us)
{
	put(o, "%" PRIu64 ".%03" PRIu64 " s", us / 1000000, us / 1000 % 1000);
}

static void put_size(struct out *o, uint64_t bytes)
{
	char text[32];

	cgroup_size_text(bytes, text, sizeof(text));
	put(o, "%s", text);
}

static void text_cpu(const struct usage *u, struct out *o)
{
	if (u->cpu_user_us != USAGE_UNKNOWN) {
		label(o, "CPU");
		put_seconds(o, u->cpu_user_us);
		put(o, " user, ");
		put_seconds(o, u->cpu_system_us);
		put(o, " system");
		if (u->wall_us)
			put(o, "; %" PRIu64 "%% of one CPU",
			    (u->cpu_user_us + u->cpu_system_us) * 100 / u->wall_us);
		put(o, "%s\n", u->has_group ? "" : "; of processes that were waited for");
	}
	if (u->throttled_us != USAGE_UNKNOWN) {
		label(o, "throttled");
		put_seconds(o, u->throttled_us);
		put(o, ", in %" PRIu64 " of %" PRIu64 " periods\n", u->throttled_periods,
		    u->periods);
	}
}

static void text_memory(const struct run *r, const struct usage *u, struct out *o)
{
	const struct limits *l = &r->spec->limits;

	if (u->memory_peak != USAGE_UNKNOWN) {
		label(o, "memory");
		put_size(o, u->memory_peak);
		put(o, " peak");
		if (is_limit(l->memory) && is_held(r, CTL_MEMORY)) {
			put(o, ", limit ");
			put_size(o, l->memory);
		}
		put(o, "\n");
	} else if (u->max_resident != USAGE_UNKNOWN) {
		label(o, "memory");
		put_size(o, u->max_resident);
		put(o, " the largest process that was waited for\n");
	}
	if (u->swap_peak != USAGE_UNKNOWN) {
		label(o, "swap");
		put_size(o, u->swap_peak);
		put(o, " peak\n");
	}
	if (u->oom_kills != USAGE_UNKNOWN) {
		label(o, "OOM kills");
		put(o, "%" PRIu64 "\n", u->oom_kills);
	}
}

static void text_pids(const struct run *r, const struct usage *u, struct out *o)
{
	uint64_t limit = r->spec->limits.pids;
	bool is_held_here = r->plan->pids_by_rlimit || is_held(r, CTL_PIDS);

	if (u->pids_peak == USAGE_UNKNOWN)
		return;
	label(o, "processes");
	put(o, "%" PRIu64 " peak", u->pids_peak);
	if (is_limit(limit) && is_held_here)
		put(o, ", limit %" PRIu64 "%s", limit,
		    r->plan->pids_by_rlimit ? " by RLIMIT_NPROC" : "");
	put(o, "\n");
}

static void text_io(const char *name, uint64_t bytes, uint64_t count, struct out *o)
{
	if (bytes == USAGE_UNKNOWN)
		return;
	label(o, name);
	put_size(o, bytes);
	put(o, " in %" PRIu64 " requests\n", count);
}

static void text_unknown(const struct run *r, const struct usage *u, struct out *o)
{
	const struct {
		const char *name;
		uint64_t value;
	} all[] = {
		{"CPU time", u->cpu_user_us},       {"throttling", u->throttled_us},
		{"peak of memory", u->memory_peak}, {"peak of swap", u->swap_peak},
		{"OOM kills", u->oom_kills},        {"peak of processes", u->pids_peak},
		{"I/O", u->io_read_bytes},
	};
	const char *why = r->plan->cgroup_why;
	const char *comma = "";
	char safe[1024];

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (all[i].value != USAGE_UNKNOWN)
			continue;
		if (!*comma)
			label(o, "not known:");
		put(o, "%s%s", comma, all[i].name);
		comma = ", ";
	}
	if (!*comma)
		return;
	if (why)
		escape(safe, sizeof(safe), why);
	if (u->has_group)
		put(o, ": its controller is not handed on here, or the kernel does not tell\n");
	else if (why)
		put(o, ": no control group (%s)\n", safe);
	else
		put(o, ": no control group\n");
}

void usage_text(const struct run *r, const struct usage *u, char *buf, size_t size)
{
	struct out o = {.buf = buf, .size = size};

	buf[0] = '\0';
	label(&o, "wall time");
	put_seconds(&o, u->wall_us);
	put(&o, "\n");
	text_cpu(u, &o);
	text_memory(r, u, &o);
	text_pids(r, u, &o);
	text_io("read", u->io_read_bytes, u->io_reads, &o);
	text_io("written", u->io_written_bytes, u->io_writes, &o);
	label(&o, "ended");
	if (r->life.signal)
		put(&o, "by signal %d, SIG%s\n", r->life.signal,
		    sigabbrev_np(r->life.signal) ? sigabbrev_np(r->life.signal) : "RT");
	else
		put(&o, "with status %d\n", r->life.status);
	text_unknown(r, u, &o);
}

/* ---- for programs --------------------------------------------------------------------------- */

static void json_key(struct out *o, const char *key)
{
	char last = o->used ? o->buf[o->used - 1] : '{';

	put(o, "%s\"%s\":", last == '{' || last == '[' ? "" : ",", key);
}

static void json_number(struct out *o, const char *key, uint64_t value)
{
	json_key(o, key);
	if (value == USAGE_UNKNOWN)
		put(o, "null");
	else
		put(o, "%" PRIu64, value);
}

/* RFC 8259. A path of the host's need not be UTF-8, and JSON has to be: ASCII it is. */
static void json_text(struct out *o, const char *key, const char *text)
{
	json_key(o, key);
	if (!text || !*text) {
		put(o, "null");
		return;
	}
	put(o, "\"");
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c == '"' || *c == '\\')
			put(o, "\\%c", *c);
		else if (*c < 0x20 || *c == 0x7f)
			put(o, "\\u%04x", *c);
		else
			put(o, "%c", *c < 0x80 ? *c : '?');
	}
	put(o, "\"");
}

/* A limit that was not asked for is left out; `null` would say that it isn't known. */
static void json_limit(struct out *o, const char *key, uint64_t value)
{
	if (is_limit(value))
		json_number(o, key, value);
}

static void json_devices(const struct plan *p, struct out *o)
{
	static const char *const keys[IO_KINDS] = {
		[IO_READ_BPS] = "read_bytes_per_s",     [IO_WRITE_BPS] = "write_bytes_per_s",
		[IO_READ_IOPS] = "read_requests_per_s", [IO_WRITE_IOPS] = "write_requests_per_s",
		[IO_WEIGHT] = "blkio_weight",
	};

	if (!p->n_io)
		return;
	json_key(o, "devices");
	put(o, "[");
	for (size_t i = 0; i < p->n_io; i++) {
		const struct io_device *d = &p->io[i];

		put(o, "%s{\"device\":\"%u:%u\"", i ? "," : "", major(d->dev), minor(d->dev));
		for (size_t k = 0; k < IO_KINDS; k++)
			json_limit(o, keys[k], d->value[k]);
		put(o, "}");
	}
	put(o, "]");
}

static void json_limits(const struct run *r, struct out *o)
{
	const struct limits *l = &r->spec->limits;
	unsigned missing = cgroup_need(l) & ~(r->plan->has_cgroup ? r->plan->cgroup_need : 0);
	char options[512];

	if (r->plan->pids_by_rlimit)
		missing &= ~(unsigned)CTL_PIDS;
	cgroup_options(l, missing, options, sizeof(options));
	json_key(o, "limits");
	put(o, "{");
	json_limit(o, "memory_bytes", l->memory);
	json_limit(o, "memory_swap_bytes", l->memory_swap);
	json_limit(o, "memory_reservation_bytes", l->reservation);
	json_limit(o, "nano_cpus", l->nano_cpus);
	json_limit(o, "cpu_quota_us", l->cpu_quota);
	json_limit(o, "cpu_period_us", l->cpu_period);
	json_limit(o, "cpu_shares", l->cpu_shares);
	if (l->cpuset_cpus)
		json_text(o, "cpuset_cpus", l->cpuset_cpus);
	if (l->cpuset_mems)
		json_text(o, "cpuset_mems", l->cpuset_mems);
	json_limit(o, "pids", l->pids);
	json_limit(o, "blkio_weight", l->blkio_weight);
	json_devices(r->plan, o);
	put(o, "}");
	json_text(o, "limits_not_enforced", options);
}

static const char *hit_name(unsigned hit)
{
	static const char *const names[HIT_COUNT] = {"memory", "memory-above", "pids",
						     "pids-above"};

	for (unsigned i = 0; i < HIT_COUNT; i++)
		if (hit & 1u << i)
			return names[i];
	return NULL;
}

void usage_json(const struct run *r, const struct usage *u, char *buf, size_t size)
{
	struct out o = {.buf = buf, .size = size};

	buf[0] = '\0';
	put(&o, "{");
	json_number(&o, "exit_status", (uint64_t)r->life.status);
	json_number(&o, "signal", r->life.signal ? (uint64_t)r->life.signal : USAGE_UNKNOWN);
	json_text(&o, "limit_hit", hit_name(u->hit));
	json_text(&o, "source", u->has_group ? "cgroup" : "wait");
	json_text(&o, "no_cgroup_why", u->has_group ? NULL : r->plan->cgroup_why);
	json_number(&o, "wall_us", u->wall_us);
	json_number(&o, "cpu_user_us", u->cpu_user_us);
	json_number(&o, "cpu_system_us", u->cpu_system_us);
	json_number(&o, "throttled_us", u->throttled_us);
	json_number(&o, "throttled_periods", u->throttled_periods);
	json_number(&o, "periods", u->periods);
	json_number(&o, "memory_peak_bytes", u->memory_peak);
	json_number(&o, "swap_peak_bytes", u->swap_peak);
	json_number(&o, "largest_process_bytes", u->max_resident);
	json_number(&o, "oom_kills", u->oom_kills);
	json_number(&o, "pids_peak", u->pids_peak);
	json_number(&o, "io_read_bytes", u->io_read_bytes);
	json_number(&o, "io_written_bytes", u->io_written_bytes);
	json_number(&o, "io_reads", u->io_reads);
	json_number(&o, "io_writes", u->io_writes);
	json_limits(r, &o);
	put(&o, "}\n");
	if (o.is_full)
		buf[0] = '\0';
}
