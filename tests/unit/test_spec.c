/* SPDX-License-Identifier: Apache-2.0 */
/* test_spec.c - capability algebra, names, weights, and what spec_finish() refuses and fills in. */
#include <criterion/criterion.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/mman.h>

#include "caps_names.h"
#include "limits_math.h"
#include "spec.h"

#define BIT(cap) (1ULL << (cap))

static struct arena arena;
static struct spec spec;
static struct err err;
static const char *const command[] = {"/bin/true", NULL};

static void setup(void)
{
	memset(&err, 0, sizeof(err));
	memset(&spec, 0, sizeof(spec));
	cr_assert_eq(arena_init(&arena, &err), 0);
	spec.arena = &arena;
	preset_apply(&spec, PRESET_HARDENED);
	spec.rootfs = "R";
	spec.argv = command;
	spec.argc = 1;
}

static void teardown(void)
{
	munmap(arena.base, arena.size);
}

TestSuite(spec, .init = setup, .fini = teardown);

Test(caps, resolve)
{
	static const uint64_t all = 0xff, base = 0x0f;
	static const struct {
		uint64_t add, drop, want;
	} rows[] = {
		{0, 0, 0x0f},
		{0x10, 0, 0x1f},
		{0, 0x01, 0x0e},
		{0x10, 0x01, 0x1e},
		{0x01, 0x01, 0x0f}, /* the addition wins */
		{0, CAP_ALL_BIT, 0},
		{0x12, CAP_ALL_BIT, 0x12},
		{0x12, CAP_ALL_BIT | 0x02, 0x12},
		{CAP_ALL_BIT, 0, 0xff},
		{CAP_ALL_BIT, 0x81, 0x7e},
		{CAP_ALL_BIT | 0x01, 0x01, 0xfe}, /* ALL minus the drops, whatever else is added */
		{CAP_ALL_BIT, CAP_ALL_BIT, 0xff}, /* Docker's; spec_finish() refuses it */
		{0x100, 0, 0x0f},                 /* unknown to the kernel */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		cr_expect_eq(caps_resolve(base, rows[i].add, rows[i].drop, all), rows[i].want,
			     "%zu", i);
}

Test(caps, names)
{
	char text[1024], name[32];
	unsigned cap;

	for (unsigned i = 0; i <= CAP_LAST_CAP; i++) {
		cr_expect_eq(cap_by_name(cap_name(i, name, sizeof(name)), &cap), 0, "%s", name);
		cr_expect_eq(cap, i);
	}
	cr_expect_eq(cap_by_name("cap_Sys_Admin", &cap), 0);
	cr_expect_eq(cap, CAP_SYS_ADMIN);
	cr_expect_lt(cap_by_name("", &cap), 0);
	cr_expect_lt(cap_by_name("CAP_CAP_CHOWN", &cap), 0);
	cr_expect_lt(cap_by_name("0", &cap), 0);
	cr_expect_str_eq(cap_name(50, name, sizeof(name)), "CAP_50");
	cr_expect_str_eq(caps_text(0, text, sizeof(text)), "none");
	cr_expect_str_eq(caps_text(BIT(CAP_KILL) | BIT(CAP_CHOWN), text, sizeof(text)),
			 "CHOWN KILL");
	cr_expect_eq(strlen(caps_text(caps_known(), text, 8)), 7, "cut, not overrun");
}

Test(caps, parse)
{
	struct err e = {0};
	uint64_t set = 0;

	cr_expect_eq(caps_parse("chown,CAP_KILL", "--cap-add", &set, &e), 0);
	cr_expect_eq(set, BIT(CAP_CHOWN) | BIT(CAP_KILL));
	cr_expect_eq(caps_parse("all", "--cap-add", &set, &e), 0);
	cr_expect_eq(set, BIT(CAP_CHOWN) | BIT(CAP_KILL) | CAP_ALL_BIT);
	cr_expect_lt(caps_parse("kill,sys_amdin", "--cap-add", &set, &e), 0);
	cr_expect(strstr(e.hint, "SYS_ADMIN"));
}

Test(limits, weights)
{
	static const struct {
		uint64_t shares, weight;
	} rows[] = {
		{0, 1},      {2, 1},      {128, 21},   {256, 35},       {512, 59},
		{1024, 100}, {2048, 174}, {4096, 303}, {262144, 10000}, {1000000, 10000},
	};
	uint64_t last = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		cr_expect_eq(cpu_weight_from_shares(rows[i].shares), rows[i].weight, "%ju",
			     (uintmax_t)rows[i].shares);
	for (uint64_t shares = 2; shares <= 262144; shares++) {
		uint64_t weight = cpu_weight_from_shares(shares);

		cr_assert(weight >= last && weight >= 1 && weight <= 10000, "%ju",
			  (uintmax_t)shares);
		last = weight;
	}
	cr_expect_eq(io_weight_from_blkio(10), 1);
	cr_expect_eq(io_weight_from_blkio(500), 4950);
	cr_expect_eq(io_weight_from_blkio(1000), 10000);
}

Test(spec, caps_final)
{
	preset_apply(&spec, PRESET_DOCKER);
	spec.rootfs = "R";
	spec.argv = command;
	spec.argc = 1;
	spec.cap_add = BIT(CAP_NET_ADMIN) | BIT(CAP_KILL);
	spec.cap_drop = CAP_ALL_BIT;
	cr_assert_eq(spec_finish(&spec, &err), 0);
	cr_expect_eq(spec.caps, BIT(CAP_NET_ADMIN) | BIT(CAP_KILL));
	cr_expect_eq(spec.cap_added, BIT(CAP_NET_ADMIN) | BIT(CAP_KILL));
}

Test(spec, caps_all)
{
	spec.cap_add = CAP_ALL_BIT;
	spec.cap_drop = BIT(CAP_SYS_ADMIN);
	cr_assert_eq(spec_finish(&spec, &err), 0);
	cr_expect_eq(spec.caps, caps_known() & ~BIT(CAP_SYS_ADMIN));
	cr_expect_eq(spec.cap_added, spec.caps);
}

Test(spec, hostname)
{
	cr_assert_eq(spec_finish(&spec, &err), 0);
	cr_expect_str_eq(spec.hostname, "pillbox");
}

Test(spec, mount_order)
{
	static struct mount_req mounts[] = {
		{.target = "/a/b/c", .origin = "1"}, {.target = "/z", .origin = "2"},
		{.target = "/a/b", .origin = "3"},   {.target = "/a", .origin = "4"},
		{.target = "/y/x", .origin = "5"},
	};
	static const char *const want[] = {"/z", "/a", "/a/b", "/y/x", "/a/b/c"};

	spec.mounts = mounts;
	spec.n_mounts = ARRAY_SIZE(mounts);
	cr_assert_eq(spec_finish(&spec, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		cr_expect_str_eq(spec.mounts[i].target, want[i]);
}

Test(spec, env_last_wins)
{
	const char *env[] = {"A=1", "AB=1", "B=1", "A=2", "B", "C", "C=3", "D=x", "D", "AB=2"};

	spec.env = env;
	spec.n_env = ARRAY_SIZE(env);
	cr_assert_eq(spec_finish(&spec, &err), 0);
	cr_assert_eq(spec.n_env, 3);
	cr_expect_str_eq(spec.env[0], "A=2");
	cr_expect_str_eq(spec.env[1], "C=3");
	cr_expect_str_eq(spec.env[2], "AB=2");
}

Test(spec, half_filled)
{
	spec.rootfs = NULL;
	cr_expect_lt(spec_finish(&spec, &err), 0);
	setup();
	spec.argc = 0;
	cr_expect_lt(spec_finish(&spec, &err), 0);
	setup();
	spec.root_mode = ROOT_OVERLAY;
	cr_expect_lt(spec_finish(&spec, &err), 0);
	cr_expect(strstr(err.msg, "--overlay"));
}

Test(spec, limits)
{
	static const uint64_t mib = 1 << 20;
	const struct limits unset = spec.limits;
	struct limits *l = &spec.limits;

	l->memory = 6 * mib - 1;
	cr_expect_lt(spec_finish(&spec, &err), 0);
	memset(&err, 0, sizeof(err));
	*l = unset;
	l->memory = 64 * mib;
	l->reservation = 64 * mib;
	l->memory_swap = LIMIT_MAX;
	l->cpu_shares = 1024;
	cr_expect_eq(spec_finish(&spec, &err), 0, "%s", err.msg);
	*l = unset;
	l->nano_cpus = 9999999;
	cr_expect_lt(spec_finish(&spec, &err), 0);
	memset(&err, 0, sizeof(err));
	*l = unset;
	l->pids = LIMIT_MAX;
	cr_expect_eq(spec_finish(&spec, &err), 0);
}
