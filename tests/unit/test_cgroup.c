/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_cgroup.c - cgroup_limits.c: limits as files. Where a group can be made: test_cgroup_place.c.
 */
#include <errno.h>

#include <criterion/criterion.h>
#include <errno.h>
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
	l.nano_cpus_preset = false;
	l.io = NULL;
	l.n_io = 0;
	return l;
}

/* The value that goes into `file`, or NULL. */
static const char *value_of(const struct limits *l, const char *file)
{
	static struct cgroup_write w;

	memset(&w, 0, sizeof(w));
	while (cgroup_write_next(l, NULL, &w))
		if (!strcmp(w.file, file))
			return w.text ? w.text : w.value;
	return NULL;
}

static size_t count(const struct limits *l, const struct plan *p)
{
	struct cgroup_write w = {0};
	size_t n = 0;

	while (cgroup_write_next(l, p, &w))
		n++;
	return n;
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

	cr_expect(count(&l, NULL) == 0);
	cr_expect(cgroup_need(&l) == 0);
	/* 0 and "unlimited" are Docker's words for no limit: no group is made for them. */
	l.pids = l.memory_swap = LIMIT_MAX;
	l.memory = l.nano_cpus = l.cpu_shares = l.cpu_quota = l.cpu_period = 0;
	cr_expect(cgroup_need(&l) == 0);
	l.cpu_quota = LIMIT_MAX;
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
	struct cgroup_write w = {0};

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
	cr_expect(count(&l, NULL) == 7);
	while (cgroup_write_next(&l, NULL, &w) && w.ctl != CTL_IO)
		;
	cr_expect(!strcmp(w.alt, "io.weight") && !strcmp(w.alt_value, "4950"));
	l.memory = 64 * MIB;
	cr_expect(count(&l, NULL) == 10);
}

Test(cgroup_writes, cpu_max_in_both_spellings)
{
	static const struct {
		uint64_t nano, quota, period;
		const char *want, *option;
	} rows[] = {
		{1500000000, LIMIT_UNSET, LIMIT_UNSET, "150000 100000", "--cpus"},
		{LIMIT_UNSET, 25000, LIMIT_UNSET, "25000 100000", "--cpu-quota"},
		{LIMIT_UNSET, 25000, 50000, "25000 50000", "--cpu-quota"},
		{LIMIT_UNSET, 25000, 0, "25000 100000", "--cpu-quota"},
		{LIMIT_UNSET, LIMIT_UNSET, 50000, "max 50000", "--cpu-period"},
		{LIMIT_UNSET, LIMIT_MAX, 50000, "max 50000", "--cpu-period"},
		{LIMIT_UNSET, LIMIT_MAX, LIMIT_UNSET, NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct limits l = none();
		char text[64];

		l.nano_cpus = rows[i].nano;
		l.cpu_quota = rows[i].quota;
		l.cpu_period = rows[i].period;
		expect_value(&l, "cpu.max", rows[i].want);
		cgroup_options(&l, CTL_CPU, text, sizeof(text));
		cr_expect_str_eq(text, rows[i].option ? rows[i].option : "");
	}
}

/* Options in the order given, devices by number: one line of io.max for each device. */
Test(cgroup_writes, devices)
{
	static const struct io_req reqs[] = {
		{IO_READ_BPS, "/dev/a", 1048576}, {IO_WRITE_IOPS, "/dev/b", 7},
		{IO_WRITE_BPS, "/dev/also-a", 5}, {IO_READ_IOPS, "/dev/a", 9},
		{IO_WEIGHT, "/dev/b", 500},       {IO_WEIGHT, "/dev/c", 10},
	};
	static const dev_t devs[] = {0x800, 0x810, 0x800, 0x800, 0x810, 0x820};
	static const char *const want[] = {
		"--device-read-bps io.max 8:0 rbps=1048576 wbps=5 riops=9",
		"--device-write-iops io.max 8:16 wiops=7",
		"--blkio-weight-device io.bfq.weight 8:16 500 io.weight 8:16 4950",
		"--blkio-weight-device io.bfq.weight 8:32 10 io.weight 8:32 1",
	};
	struct io_req req = {IO_READ_BPS, "/dev/a", 4};
	struct io_device table[ARRAY_SIZE(reqs)];
	struct cgroup_write w = {0};
	struct limits l = none();
	struct plan p = {.io = table};
	char text[256];

	for (size_t i = 0; i < ARRAY_SIZE(reqs); i++)
		cr_assert(io_merge(table, &p.n_io, devs[i], &reqs[i]) == 0);
	cr_assert(p.n_io == 3);
	cr_expect(io_merge(table, &p.n_io, 0x800, &req) == -EEXIST, "two values for one thing");
	cr_expect(io_merge(table, &p.n_io, 0x800, &reqs[0]) == 0, "the same again");
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		cr_assert(cgroup_write_next(&l, &p, &w));
		(void)snprintf(text, sizeof(text), "%s %s %s%s%s%s%s", w.option, w.file, w.value,
			       w.alt ? " " : "", w.alt ? w.alt : "", w.alt ? " " : "", w.alt_value);
		cr_expect_str_eq(text, want[i]);
		cr_expect(w.ctl == CTL_IO);
	}
	cr_expect(!cgroup_write_next(&l, &p, &w));
	/* Before the devices are looked at it is known that the controller is needed. */
	l.io = (struct io_req *)(uintptr_t)reqs;
	l.n_io = ARRAY_SIZE(reqs);
	cr_expect(cgroup_need(&l) == CTL_IO);
	cgroup_options(&l, CTL_IO | CTL_CPU, text, sizeof(text));
	cr_expect_str_eq(text, "--device-read-bps, --device-write-iops, --device-write-bps, "
			       "--device-read-iops, --blkio-weight-device");
	cgroup_options(&l, CTL_CPU, text, sizeof(text));
	cr_expect_str_eq(text, "");
}

/* The longest line there can be. */
Test(cgroup_writes, device_line_fits)
{
	struct io_device d = {
		.dev = (dev_t)-1,
		.value = {UINT64_MAX - 2, UINT64_MAX - 2, UINT64_MAX - 2, UINT64_MAX - 2, 1000}};
	struct plan p = {.io = &d, .n_io = 1};
	struct cgroup_write w = {0};
	struct limits l = none();

	cr_assert(cgroup_write_next(&l, &p, &w));
	cr_expect_str_eq(strstr(w.value, " rbps="),
			 " rbps=18446744073709551613 wbps=18446744073709551613 "
			 "riops=18446744073709551613 wiops=18446744073709551613");
	cr_assert(cgroup_write_next(&l, &p, &w));
	cr_expect(strstr(w.alt_value, " 10000"), "%s", w.alt_value);
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
	cr_expect(!cgroup_same("io.weight", "500", "default 50\n8:0 500\n"));
}

Test(cgroup_same, devices)
{
	static const char max[] = "254:0 rbps=max wbps=1048576 riops=max wiops=max\n"
				  "8:0 rbps=1048576 wbps=1048576 riops=max wiops=7\n";
	static const char weight[] = "default 100\n8:0 500\n8:16 50\n";

	cr_expect(cgroup_same("io.max", "8:0 rbps=1048576", max));
	cr_expect(cgroup_same("io.max", "8:0 wbps=1048576 wiops=7", max));
	cr_expect(!cgroup_same("io.max", "8:0 rbps=104857", max));
	cr_expect(!cgroup_same("io.max", "8:0 bps=1048576", max));
	cr_expect(!cgroup_same("io.max", "8:0 rbps=1048576 riops=7", max));
	cr_expect(!cgroup_same("io.max", "254:0 rbps=1048576", max), "the next line's");
	cr_expect(!cgroup_same("io.max", "4:0 wbps=1048576", max));
	cr_expect(!cgroup_same("io.max", "8:0 rbps=1", "\n"));
	cr_expect(!cgroup_same("io.max", "8:0 rbps=1", ""));
	cr_expect(cgroup_same("io.bfq.weight", "8:0 500", weight));
	cr_expect(cgroup_same("io.weight", "8:16 50", weight));
	cr_expect(!cgroup_same("io.bfq.weight", "8:0 50", weight));
	cr_expect(!cgroup_same("io.bfq.weight", "8:1 500", weight));
}

Test(cgroup_text, sizes)
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
	char text[32];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cgroup_size_text(rows[i].bytes, text, sizeof(text));
		cr_expect_str_eq(text, rows[i].want);
	}
}
