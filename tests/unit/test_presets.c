/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_presets.c - the defaults, one by one: a change of one of them has to be made here too, and
 * so is never an accident.
 */
#include <criterion/criterion.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "options.h"

static struct arena arena;
static struct spec spec;

static void setup(void)
{
	struct err err = {0};

	cr_assert_eq(arena_init(&arena, &err), 0);
	memset(&spec, 0xa5, sizeof(spec)); /* whatever was there must not shine through */
	spec.arena = &arena;
}

static void teardown(void)
{
	munmap(arena.base, arena.size);
}

TestSuite(presets, .init = setup, .fini = teardown);

Test(presets, names)
{
	static const enum preset_id ids[] = {PRESET_DOCKER, PRESET_HARDENED, PRESET_STRICT};
	enum preset_id id;

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		cr_expect_eq(preset_by_name(preset_name(ids[i]), &id), 0);
		cr_expect_eq(id, ids[i]);
	}
	cr_expect_lt(preset_by_name("Docker", &id), 0);
	cr_expect_lt(preset_by_name("", &id), 0);
}

static void expect_common(void)
{
	cr_expect_eq(spec.arena, &arena);
	cr_expect_eq(spec.stop_signal, SIGTERM);
	cr_expect_eq(spec.stop_timeout, 10);
	cr_expect_eq(spec.shm_size, 64 << 20);
	cr_expect_eq(spec.net, NET_NONE);
	cr_expect_eq(spec.filter, FILTER_BUILTIN);
	cr_expect_eq(spec.userns, USERNS_AUTO);
	cr_expect(spec.is_masked && spec.has_init);
	cr_expect_eq(spec.tty, MODE_AUTO);
	cr_expect_str_eq(spec.workdir, "/");
	cr_expect_eq(spec.allow_missing, 0);
	cr_expect_eq(spec.limits.reservation, LIMIT_UNSET);
	cr_expect_eq(spec.limits.memory_swap, LIMIT_UNSET);
	cr_expect_eq(spec.limits.cpu_shares, LIMIT_UNSET);
	cr_expect_eq(spec.limits.blkio_weight, LIMIT_UNSET);
	cr_expect_null(spec.apparmor);
	cr_expect(spec.tcp == (spec.preset == PRESET_STRICT ? TCP_NONE : TCP_ANY) &&
		  !spec.is_tcp_asked);
	cr_expect(spec.n_env == 0 && spec.n_secrets == 0 && spec.preserve_fds == 0);
}

Test(presets, docker)
{
	preset_apply(&spec, PRESET_DOCKER);
	expect_common();
	cr_expect_str_eq(spec.user, "0:0");
	cr_expect_eq(spec.root_mode, ROOT_WRITABLE);
	cr_expect_eq(spec.n_mounts, 0);
	cr_expect_eq(spec.caps, 0xa80425fbULL, "the mask every container of Docker's shows");
	cr_expect(!spec.no_new_privs && !spec.is_securebits_locked && spec.has_sys);
	cr_expect(spec.nested_userns);
	cr_expect_eq(spec.landlock, MODE_OFF);
	cr_expect_eq(spec.proc_mode, PROC_FULL);
	cr_expect_eq(spec.limits.pids, LIMIT_UNSET);
	cr_expect_eq(spec.limits.memory, LIMIT_UNSET);
	cr_expect_eq(spec.limits.nano_cpus, LIMIT_UNSET);
}

Test(presets, hardened)
{
	static const char *const targets[] = {"/tmp", "/run", "/var/tmp"};

	preset_apply(&spec, PRESET_HARDENED);
	expect_common();
	cr_expect_str_eq(spec.user, "1000:1000");
	cr_expect_eq(spec.root_mode, ROOT_READONLY);
	cr_expect_eq(spec.caps, 0);
	cr_expect(spec.no_new_privs && spec.is_securebits_locked && !spec.has_sys);
	cr_expect_not(spec.nested_userns);
	cr_expect_eq(spec.landlock, MODE_AUTO);
	cr_expect_eq(spec.limits.pids, 1024);
	cr_expect_eq(spec.limits.memory, LIMIT_UNSET);
	cr_assert_eq(spec.n_mounts, ARRAY_SIZE(targets));
	for (size_t i = 0; i < spec.n_mounts; i++) {
		const struct mount_req *m = &spec.mounts[i];

		cr_expect_str_eq(m->target, targets[i]);
		cr_expect(m->kind == MOUNT_TMPFS && !m->is_readonly && !m->is_suid && !m->is_dev);
		cr_expect(m->size > 0 && m->inodes > 0 && m->has_mode && m->mode == 01777);
		cr_expect_eq(m->is_exec, i == 0, "programs run from /tmp only");
	}
}

Test(presets, strict)
{
	preset_apply(&spec, PRESET_STRICT);
	expect_common();
	cr_expect_eq(spec.proc_mode, PROC_SUBSET);
	cr_expect_eq(spec.landlock, MODE_ON);
	cr_expect_eq(spec.limits.pids, 128);
	cr_expect_eq(spec.limits.memory, 512ULL << 20);
	cr_expect_eq(spec.limits.nano_cpus, 1000000000);
	cr_expect(spec.no_new_privs && spec.is_securebits_locked && spec.caps == 0);
	cr_assert_eq(spec.n_mounts, 1);
	cr_expect_str_eq(spec.mounts[0].target, "/tmp");
	cr_expect_not(spec.mounts[0].is_exec);
}

/* Options add to the preset's list, and the list they start from must not be shared. */
Test(presets, lists_grow)
{
	char *argv[] = {
		strdup("-v"), strdup("/a:/a"),   strdup("-v"),   strdup("/b:/b"), strdup("--tmpfs"),
		strdup("/c"), strdup("--tmpfs"), strdup("/tmp"), strdup("R"),     NULL};
	struct err err = {0};

	cr_assert_eq(options_parse(&spec, 9, argv, &err), 0, "%s", err.msg);
	cr_assert_eq(spec.n_mounts, 6);
	cr_expect_str_eq(spec.mounts[0].origin, "--tmpfs /tmp");
	preset_apply(&spec, PRESET_HARDENED);
	cr_expect_str_eq(spec.mounts[0].origin, "preset");
}
