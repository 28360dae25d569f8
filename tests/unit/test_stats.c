/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_stats.c - the usage report: what the kernel's texts mean, and both forms to the letter.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "cgroup.h"
#include "stats.h"
#include "step.h"

#define MIB (1ULL << 20)

static struct arena arena;
static struct spec spec;
static struct plan plan;
static struct run run;
static struct usage u;
static char text[24576];

/* Nothing asked, no group, a command that ended well after 1.25 s. */
static void setup(void)
{
	struct err err = {0};

	cr_assert(arena_init(&arena, &err) == 0);
	memset(&spec, 0, sizeof(spec));
	memset(&plan, 0, sizeof(plan));
	memset(&run, 0, sizeof(run));
	spec.arena = &arena;
	preset_apply(&spec, PRESET_DOCKER);
	run.spec = &spec;
	run.plan = &plan;
	memset(&u, 0xff, sizeof(u));
	u.has_group = false;
	u.hit = 0;
	u.wall_us = 1250000;
	u.cpu_user_us = 600000;
	u.cpu_system_us = 25000;
	u.max_resident = 5 * MIB;
}

static void teardown(void)
{
	munmap(arena.base, arena.size);
}

/* A group with all controllers, all limits, and all numbers known. */
static void all_known(void)
{
	static struct io_device io = {.path = "/dev/vdb", .dev = 0xfe10};
	static struct io_req req = {IO_READ_BPS, "/dev/vdb", 1048576};

	plan.has_cgroup = u.has_group = true;
	plan.cgroup_need = CTL_CPU | CTL_CPUSET | CTL_MEMORY | CTL_PIDS | CTL_IO;
	spec.limits.memory = spec.limits.memory_swap = 64 * MIB;
	spec.limits.nano_cpus = 500000000;
	spec.limits.pids = 20;
	spec.limits.cpuset_cpus = "0-1";
	spec.limits.io = &req;
	spec.limits.n_io = 1;
	for (size_t i = 0; i < IO_KINDS; i++)
		io.value[i] = LIMIT_UNSET;
	io.value[IO_READ_BPS] = req.value;
	plan.io = &io;
	plan.n_io = 1;
	u.periods = 12;
	u.throttled_periods = 10;
	u.throttled_us = 950000;
	u.memory_peak = 64 * MIB - 4096;
	u.swap_peak = 0;
	u.oom_kills = 3;
	u.pids_peak = 12;
	u.io_read_bytes = 1536 * 1024;
	u.io_reads = 20;
	u.io_written_bytes = u.io_writes = 0;
	u.hit = HIT_MEMORY | HIT_PIDS;
	run.life.status = 137;
	run.life.signal = SIGKILL;
}

TestSuite(stats, .init = setup, .fini = teardown);

/* ---- the kernel's texts --------------------------------------------------------------------- */

Test(stats, keys)
{
	static const char events[] = "low 0\nhigh 0\nmax 31\noom 2\noom_kill 1\noom_group_kill 0\n";

	cr_expect(usage_key(events, "oom_kill") == 1);
	cr_expect(usage_key(events, "oom") == 2, "not the first key that starts so");
	cr_expect(usage_key(events, "max") == 31);
	cr_expect(usage_key(events, "low") == 0);
	cr_expect(usage_key(events, "absent") == USAGE_UNKNOWN);
	cr_expect(usage_key("", "max") == USAGE_UNKNOWN);
	cr_expect(usage_key("max", "max") == USAGE_UNKNOWN, "no number");
}

Test(stats, io_is_summed_over_devices)
{
	usage_io("254:0 rbytes=4096 wbytes=512 rios=2 wios=1 dbytes=7 dios=9\n"
		 "7:0 7:1 254:16 rbytes=8192 wbytes=0 rios=3 wios=0 dbytes=0 dios=0\n",
		 &u);
	cr_expect(u.io_read_bytes == 12288 && u.io_reads == 5);
	cr_expect(u.io_written_bytes == 512 && u.io_writes == 1);
	usage_io("", &u);
	cr_expect(u.io_read_bytes == 0 && u.io_writes == 0, "an empty file: no I/O");
}

Test(stats, hits)
{
	static const struct {
		uint64_t limit, peak;
		bool by_rlimit;
		const char *memory, *pids;
		unsigned want;
	} rows[] = {
		{20, 20, false, "", "", 0},
		{20, 20, false, "max 31\noom 0\noom_kill 0\n", "max 0\n", 0},
		{20, 20, false, "oom 2\noom_kill 0\n", "", 0}, /* nobody died */
		{20, 20, false, "oom 2\noom_kill 1\n", "", HIT_MEMORY},
		{20, 20, false, "oom 0\noom_kill 1\n", "", HIT_MEMORY_ABOVE},
		{20, 20, false, "", "max 3\n", HIT_PIDS},
		{20, USAGE_UNKNOWN, false, "", "max 3\n", HIT_PIDS},
		{20, 19, false, "", "max 3\n", HIT_PIDS_ABOVE}, /* until 6.10: an ancestor's */
		{LIMIT_UNSET, 19, false, "", "max 3\n", HIT_PIDS_ABOVE},
		{LIMIT_MAX, 19, false, "", "max 3\n", HIT_PIDS_ABOVE},
		{20, 20, true, "", "max 3\n", HIT_PIDS_ABOVE},
		{20, 20, false, "oom 1\noom_kill 1\n", "max 1\n", HIT_MEMORY | HIT_PIDS},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		spec.limits.pids = rows[i].limit;
		plan.pids_by_rlimit = rows[i].by_rlimit;
		u.pids_peak = rows[i].peak;
		cr_expect_eq(usage_hits(&run, &u, rows[i].memory, rows[i].pids), rows[i].want,
			     "row %zu", i);
	}
}

/* ---- limits that were hit ------------------------------------------------------------------- */

static void expect_hit(enum usage_hit hit, const char *want)
{
	usage_hit_text(&run, &u, hit, text, sizeof(text));
	cr_expect_str_eq(text, want);
}

Test(stats, sentences)
{
	all_known();
	expect_hit(HIT_MEMORY, "killed: out of memory (limit 64M, peak 63.9M)");
	expect_hit(
		HIT_MEMORY_ABOVE,
		"killed: out of memory outside of the sandbox (its own limit 64M, peak 63.9M): at a "
		"limit of a group above, or the host has no more");
	expect_hit(HIT_PIDS, "pids limit 20 reached");
	expect_hit(HIT_PIDS_ABOVE,
		   "a pids limit of a group above is reached, with 12 at most in the "
		   "sandbox (its own limit 20)");
	/* The kernel is too old to tell a peak. */
	u.memory_peak = u.pids_peak = USAGE_UNKNOWN;
	expect_hit(HIT_MEMORY, "killed: out of memory (limit 64M)");
	spec.limits.pids = LIMIT_UNSET;
	expect_hit(HIT_PIDS_ABOVE, "a pids limit of a group above is reached");
	/* The command lived on. */
	u.memory_peak = 64 * MIB;
	run.life.signal = 0;
	expect_hit(HIT_MEMORY, "out of memory (limit 64M, peak 64M); processes killed: 3, the "
			       "command was not");
	/* A limit that is not in the group is none. */
	plan.cgroup_need = CTL_CPU;
	run.life.signal = SIGKILL;
	expect_hit(
		HIT_MEMORY_ABOVE,
		"killed: out of memory outside of the sandbox (no limit of its own, peak 64M): at a "
		"limit of a group above, or the host has no more");
}

/* ---- text ----------------------------------------------------------------------------------- */

Test(stats, text_with_a_group)
{
	all_known();
	usage_text(&run, &u, text, sizeof(text));
	cr_expect_str_eq(text,
			 "pillbox: usage: wall time  1.250 s\n"
			 "pillbox: usage: CPU        0.600 s user, 0.025 s system; 50% of one CPU\n"
			 "pillbox: usage: throttled  0.950 s, in 10 of 12 periods\n"
			 "pillbox: usage: memory     63.9M peak, limit 64M\n"
			 "pillbox: usage: swap       0 peak\n"
			 "pillbox: usage: OOM kills  3\n"
			 "pillbox: usage: processes  12 peak, limit 20\n"
			 "pillbox: usage: read       1.5M in 20 requests\n"
			 "pillbox: usage: written    0 in 0 requests\n"
			 "pillbox: usage: ended      by signal 9, SIGKILL\n");
}

Test(stats, text_without_a_group)
{
	plan.cgroup_why = "no \x1b[31mplace";
	run.life.status = 3;
	usage_text(&run, &u, text, sizeof(text));
	cr_expect_str_eq(
		text, "pillbox: usage: wall time  1.250 s\n"
		      "pillbox: usage: CPU        0.600 s user, 0.025 s system; 50% of one CPU; of "
		      "processes that were waited for\n"
		      "pillbox: usage: memory     5M the largest process that was waited for\n"
		      "pillbox: usage: ended      with status 3\n"
		      "pillbox: usage: not known: throttling, peak of memory, peak of swap, OOM "
		      "kills, peak of processes, I/O: no control group (no \\x1b[31mplace)\n");
	plan.cgroup_why = NULL;
	usage_text(&run, &u, text, sizeof(text));
	cr_expect(strstr(text, "I/O: no control group\n"));
}

/* pid 1 was killed, and nobody waited for the others: a small number would be a wrong one. */
Test(stats, text_of_a_killed_init)
{
	u.cpu_user_us = u.cpu_system_us = u.max_resident = USAGE_UNKNOWN;
	run.life.status = 137;
	run.life.signal = SIGKILL;
	usage_text(&run, &u, text, sizeof(text));
	cr_expect_str_eq(text,
			 "pillbox: usage: wall time  1.250 s\n"
			 "pillbox: usage: ended      by signal 9, SIGKILL\n"
			 "pillbox: usage: not known: CPU time, throttling, peak of memory, peak of "
			 "swap, OOM kills, peak of processes, I/O: no control group\n");
}

/* What the group has not is said not to be known, and never to be 0. */
Test(stats, text_with_half_a_group)
{
	plan.has_cgroup = u.has_group = true;
	plan.cgroup_need = CTL_PIDS;
	plan.pids_by_rlimit = true;
	spec.limits.pids = 20;
	spec.limits.memory = 64 * MIB;
	u.pids_peak = 7;
	usage_text(&run, &u, text, sizeof(text));
	cr_expect(strstr(text, "processes  7 peak, limit 20 by RLIMIT_NPROC\n"), "%s", text);
	cr_expect(!strstr(text, "limit 64M"), "it isn't enforced: %s", text);
	cr_expect(strstr(text,
			 "not known: throttling, peak of memory, peak of swap, OOM kills, I/O: "
			 "its controller"),
		  "%s", text);
	cr_expect(!strstr(text, "one CPU; of"), "the group counted it: %s", text);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

Test(stats, json_with_a_group)
{
	all_known();
	usage_json(&run, &u, text, sizeof(text));
	cr_expect_str_eq(
		text,
		"{\"exit_status\":137,\"signal\":9,\"limit_hit\":\"memory\",\"source\":\"cgroup\","
		"\"no_cgroup_why\":null,\"wall_us\":1250000,\"cpu_user_us\":600000,"
		"\"cpu_system_us\":25000,\"throttled_us\":950000,\"throttled_periods\":10,"
		"\"periods\":12,\"memory_peak_bytes\":67104768,\"swap_peak_bytes\":0,"
		"\"largest_process_bytes\":5242880,\"oom_kills\":3,\"pids_peak\":12,"
		"\"io_read_bytes\":1572864,\"io_written_bytes\":0,\"io_reads\":20,\"io_writes\":0,"
		"\"limits\":{\"memory_bytes\":67108864,\"memory_swap_bytes\":67108864,"
		"\"nano_cpus\":500000000,\"cpuset_cpus\":\"0-1\",\"pids\":20,"
		"\"devices\":[{\"device\":\"254:16\",\"read_bytes_per_s\":1048576}]},"
		"\"limits_not_enforced\":null}\n");
}

Test(stats, json_without_a_group)
{
	spec.limits.memory = 64 * MIB;
	plan.cgroup_why = "\"quoted\"\n\\ \xc3\xa4\x7f";
	usage_json(&run, &u, text, sizeof(text));
	cr_expect_str_eq(
		text,
		"{\"exit_status\":0,\"signal\":null,\"limit_hit\":null,\"source\":\"wait\","
		"\"no_cgroup_why\":\"\\\"quoted\\\"\\u000a\\\\ ??\\u007f\",\"wall_us\":1250000,"
		"\"cpu_user_us\":600000,\"cpu_system_us\":25000,\"throttled_us\":null,"
		"\"throttled_periods\":null,\"periods\":null,\"memory_peak_bytes\":null,"
		"\"swap_peak_bytes\":null,\"largest_process_bytes\":5242880,\"oom_kills\":null,"
		"\"pids_peak\":null,\"io_read_bytes\":null,\"io_written_bytes\":null,"
		"\"io_reads\":null,\"io_writes\":null,\"limits\":{\"memory_bytes\":67108864},"
		"\"limits_not_enforced\":\"--memory\"}\n");
}

/* Whatever was asked, it is JSON, on one line, and it fits the launcher's buffer. */
Test(stats, json_is_always_json)
{
	static struct io_device io[IO_REQS_MAX];
	json_t *json;

	all_known();
	for (size_t i = 0; i < ARRAY_SIZE(io); i++) {
		io[i].dev = (dev_t)-1;
		for (size_t k = 0; k < IO_KINDS; k++)
			io[i].value[k] = LIMIT_UNSET;
		/* One option names one device: so many values there are at most. */
		io[i].value[i % IO_KINDS] = INT64_MAX;
	}
	plan.io = io;
	plan.n_io = ARRAY_SIZE(io);
	usage_json(&run, &u, text, sizeof(text));
	cr_expect(strlen(text) > 1 && strchr(text, '\n') == text + strlen(text) - 1);
	json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	cr_assert(json, "%s", text);
	cr_expect(json_array_size(json_object_get(json_object_get(json, "limits"), "devices")) ==
		  IO_REQS_MAX);
	json_decref(json);
	/* A buffer that is too small gives no half of an answer. */
	usage_json(&run, &u, text, 300);
	cr_expect_str_eq(text, "");
}
