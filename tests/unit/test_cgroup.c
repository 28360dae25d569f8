/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_cgroup.c - cgroup_limits.c: limits as files. Where a group can be made: test_cgroup_place.c.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cgroup.h"
#include "step.h"

#define MIB (1ULL << 20)

static struct limits none(void)
{
	struct limits l;

	memset(&l, 0xff, sizeof(l)); /* LIMIT_UNSET is all ones */
	l.cpuset_cpus = l.cpuset_mems = NULL;
	return l;
}

/* The value that goes into `file`, or NULL. */
static const char *value_of(const struct limits *l, const char *file)
{
	static struct cgroup_write w[CGROUP_WRITES];
	size_t n = cgroup_writes(l, w);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(w[i].file, file))
			return w[i].text ? w[i].text : w[i].value;
	return NULL;
}

static void expect_value(const struct limits *l, const char *file, const char *want)
{
	const char *got = value_of(l, file);

	if (!want)
		cr_expect(!got, "%s is written: %s", file, got);
	else
		cr_expect(got && !strcmp(got, want), "%s: %s and not %s", file,
			  got ? got : "nothing", want);
}

/* ---- values --------------------------------------------------------------------------------- */

Test(cgroup_writes, nothing_asked)
{
	struct limits l = none();
	struct cgroup_write w[CGROUP_WRITES];

	cr_expect(cgroup_writes(&l, w) == 0);
	cr_expect(cgroup_need(&l) == 0);
	/* 0 and "unlimited" are Docker's words for no limit: no group is made for them. */
	l.pids = l.memory_swap = LIMIT_MAX;
	l.memory = l.nano_cpus = l.cpu_shares = 0;
	cr_expect(cgroup_need(&l) == 0);
}

Test(cgroup_writes, memory_and_swap)
{
	static const struct {
		uint64_t swap;
		const char *want;
	} rows[] = {
		{LIMIT_UNSET, "67108864"}, /* as much swap as memory */
		{0, "67108864"},
		{64 * MIB, "0"}, /* equal: no swap */
		{96 * MIB, "33554432"},
		{LIMIT_MAX, NULL}, /* -1: the kernel's default is "max" already */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct limits l = none();

		l.memory = 64 * MIB;
		l.memory_swap = rows[i].swap;
		expect_value(&l, "memory.max", "67108864");
		expect_value(&l, "memory.oom.group", "1");
		expect_value(&l, "memory.low", NULL);
		expect_value(&l, "memory.swap.max", rows[i].want);
		cr_expect(cgroup_need(&l) == CTL_MEMORY);
	}
}

Test(cgroup_writes, each_other_limit)
{
	struct limits l = none();
	struct cgroup_write w[CGROUP_WRITES];

	l.nano_cpus = 500000000;
	l.cpu_shares = 1024;
	l.cpuset_cpus = "0-1";
	l.cpuset_mems = "0";
	l.pids = 20;
	l.blkio_weight = 500;
	l.reservation = 6 * MIB;
	expect_value(&l, "cpu.max", "50000 100000");
	expect_value(&l, "cpu.weight", "100");
	expect_value(&l, "cpuset.cpus", "0-1");
	expect_value(&l, "cpuset.mems", "0");
	expect_value(&l, "pids.max", "20");
	expect_value(&l, "memory.low", "6291456");
	expect_value(&l, "io.bfq.weight", "500");
	cr_expect(cgroup_need(&l) == (CTL_CPU | CTL_CPUSET | CTL_PIDS | CTL_MEMORY | CTL_IO));
	cr_expect(cgroup_writes(&l, w) == 7);
	cr_expect(!strcmp(w[6].alt, "io.weight") && !strcmp(w[6].alt_value, "4950"));
	/* Everything at once fits the array. */
	l.memory = 64 * MIB;
	cr_expect(cgroup_writes(&l, w) == 10);
}

Test(cgroup_writes, options_are_named_once)
{
	struct limits l = none();
	char text[128], tiny[12];

	l.memory = 64 * MIB;
	l.pids = 5;
	l.nano_cpus = 1;
	cgroup_options(&l, CTL_MEMORY | CTL_PIDS, text, sizeof(text));
	cr_expect_str_eq(text, "--memory, --pids-limit");
	cgroup_options(&l, CTL_IO, text, sizeof(text));
	cr_expect_str_eq(text, "");
	cgroup_options(&l, ~0u, tiny, sizeof(tiny));
	cr_expect(strlen(tiny) == sizeof(tiny) - 1);
}

Test(cgroup_same, kernels_spelling)
{
	cr_expect(cgroup_same("pids.max", "20", "20\n"));
	cr_expect(!cgroup_same("pids.max", "20", "2\n"));
	cr_expect(!cgroup_same("pids.max", "20", "200\n"));
	cr_expect(!cgroup_same("pids.max", "20", "max\n"));
	cr_expect(cgroup_same("cpu.max", "50000 100000", "50000 100000\n"));
	cr_expect(cgroup_same("memory.max", "67108864", "67108864\n"));
	cr_expect(cgroup_same("memory.max", "67108865", "67108864\n"), "rounded down to a page");
	cr_expect(!cgroup_same("memory.max", "67108864", "67112960\n"), "more than was asked");
	cr_expect(!cgroup_same("memory.max", "67108864", "max\n"));
	cr_expect(cgroup_same("cpuset.cpus", "0,1,2,4", "0-2,4\n"));
	cr_expect(!cgroup_same("cpuset.cpus", "0-3", "0-1\n"));
	cr_expect(!cgroup_same("cpuset.cpus", "0-3", "\n"));
	cr_expect(!cgroup_same("cpuset.cpus", "0-99999999", "0-1\n"));
	cr_expect(!cgroup_same("cpuset.cpus", "x", "x\n"));
	cr_expect(cgroup_same("io.bfq.weight", "500", "default 500\n"));
	cr_expect(cgroup_same("io.weight", "500", "default 500\n8:0 100\n"));
}

Test(cgroup_text, sizes_and_keys)
{
	static const struct {
		uint64_t bytes;
		const char *want;
	} rows[] = {
		{0, "0"},
		{1023, "1023"},
		{1024, "1K"},
		{64 * MIB, "64M"},
		{1536 * MIB, "1.5G"},
		{64 * MIB - 4096, "63.9M"},
		{1ULL << 40, "1T"},
		{LIMIT_MAX, "16777215.9T"},
	};
	static const char events[] = "low 0\nhigh 0\nmax 31\noom 2\noom_kill 1\noom_group_kill 0\n";
	char text[32];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cgroup_size_text(rows[i].bytes, text, sizeof(text));
		cr_expect_str_eq(text, rows[i].want);
	}
	cr_expect(cgroup_key(events, "oom_kill") == 1);
	cr_expect(cgroup_key(events, "oom") == 2, "not the first key that starts so");
	cr_expect(cgroup_key(events, "max") == 31);
	cr_expect(cgroup_key(events, "low") == 0);
	cr_expect(cgroup_key(events, "absent") == 0);
	cr_expect(cgroup_key("", "max") == 0);
}
