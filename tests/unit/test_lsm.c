/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_lsm.c - apparmor.c and landlock_plan.c: names, labels, the list of profiles, rights by ABI,
 * and the decision of lsm-check. test_tcp.c has the filter.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lsm.h"
#include "step.h"

static struct err err;

static bool name_ok(const char *name)
{
	memset(&err, 0, sizeof(err));
	return apparmor_name_check(name, &err) == 0;
}

Test(apparmor, names)
{
	char longer[5001];

	cr_expect(name_ok("pillbox-default"));
	cr_expect(name_ok("/usr/bin/x//hat"));
	cr_expect(name_ok(":ns:profile"));
	cr_expect(name_ok("unconfined_x"), "a name, not the word unconfined");
	cr_expect(!name_ok("") && strstr(err.msg, "missing"));
	cr_expect(!name_ok("a b") && strstr(err.msg, "blank"));
	cr_expect(!name_ok("a\nb") && strstr(err.msg, "control"));
	cr_expect(!name_ok("a\x7f"));
	memset(longer, 'a', 5000);
	longer[5000] = '\0';
	cr_expect(!name_ok(longer) && strstr(err.msg, "5000") && strlen(err.msg) < 200, "%s",
		  err.msg);
	longer[APPARMOR_NAME_MAX] = '\0';
	cr_expect(name_ok(longer));
}

Test(apparmor, labels)
{
	static const struct {
		const char *label;
		int want;
	} rows[] = {
		{"p (enforce)\n", 0},
		{"p (enforce)", 0},
		{"p (kill)", 0},
		{"p (complain)\n", -EPERM},
		{"p (unconfined)\n", -EPERM},
		{"p\n", -EPERM},
		{"unconfined\n", -ENOENT},
		{"", -ENOENT},
		{"px (enforce)", -ENOENT},
		{"xp (enforce)", -ENOENT},
		{"q//&p (enforce)", 0},
		{"p//&q (enforce)", 0},
		{"q//&p//&z (enforce)", 0},
		{"q//&pp (enforce)", -ENOENT},
		{"p//&q (mixed)", 0},
		{"q//&p (mixed)", 0},
		{"p (mixed)", -EPERM},
		{"p//hat (enforce)", -ENOENT},
		/* Linux 6.12 with kernel.apparmor_restrict_unprivileged_unconfined=1 */
		{"p//&unconfined (enforce)", 0},
		{"a//&p//&unconfined (enforce)", 0},
		{"a//&unconfined (enforce)", -ENOENT},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		cr_expect(apparmor_label_check(rows[i].label, "p") == rows[i].want, "%s: %d",
			  rows[i].label, apparmor_label_check(rows[i].label, "p"));
	cr_expect(apparmor_label_check("unconfined_x (enforce)", "unconfined") == -ENOENT);
}

static void profile(const char *dir, const char *entry, const char *name, const char *mode)
{
	const char *text[2] = {name, mode};
	static const char *const file[2] = {"name", "mode"};
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, entry);
	cr_assert(mkdir(path, 0755) == 0);
	for (int i = 0; i < 2; i++) {
		FILE *f;

		(void)snprintf(path, sizeof(path), "%s/%s/%s", dir, entry, file[i]);
		f = fopen(path, "w");
		cr_assert(f);
		(void)fprintf(f, "%s\n", text[i]);
		(void)fclose(f);
	}
}

Test(apparmor, list_of_profiles)
{
	char dir[] = "/tmp/pillbox-test-XXXXXX";
	char cmd[64];
	char mode[32];

	cr_assert(mkdtemp(dir));
	profile(dir, "usr.bin.man.1", "/usr/bin/man", "enforce");
	profile(dir, "pillbox-default.7", "pillbox-default", "enforce");
	profile(dir, "pillbox-default-old.8", "pillbox-default-old", "complain");
	profile(dir, "k.9", "k", "kill");
	profile(dir, "u.10", "u", "unconfined");
	cr_expect(apparmor_find(dir, "pillbox-default") == PROFILE_ENFORCED);
	cr_expect(apparmor_find(dir, "/usr/bin/man") == PROFILE_ENFORCED);
	cr_expect(apparmor_find(dir, "k") == PROFILE_ENFORCED);
	cr_expect(apparmor_find(dir, "pillbox-default-old") == PROFILE_WEAK);
	cr_expect(apparmor_find(dir, "u") == PROFILE_WEAK);
	cr_expect(apparmor_find(dir, "pillbox") == PROFILE_ABSENT);
	/* A name of its own in front of the number, and one that the directory's does not show. */
	profile(dir, "p.1.11", "p.1", "complain");
	profile(dir, "p.12", "p", "enforce");
	profile(dir, "else.13", "q", "kill");
	cr_expect(apparmor_find(dir, "p") == PROFILE_ENFORCED);
	cr_expect(apparmor_find(dir, "p.1") == PROFILE_WEAK);
	cr_expect(apparmor_find(dir, "q") == PROFILE_ENFORCED);
	cr_expect(apparmor_mode(dir, "u", mode, sizeof(mode)) == 0 && !strcmp(mode, "unconfined"));
	cr_expect(apparmor_mode(dir, "pill", mode, sizeof(mode)) == -ENOENT);
	(void)snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	cr_assert(system(cmd) == 0);
	cr_expect(apparmor_find(dir, "pillbox-default") == PROFILE_HIDDEN);
	cr_expect(apparmor_mode(dir, "pillbox-default", mode, sizeof(mode)) == -EACCES);
}

Test(landlock, rights_by_abi)
{
	/* One more each with ABI 2 (refer), 3 (truncate), 5 (ioctl); ABI 4 and 6 bring others. */
	static const unsigned bits[] = {0, 13, 14, 15, 15, 16, 16, 16};

	for (unsigned abi = 0; abi < ARRAY_SIZE(bits); abi++)
		cr_expect(landlock_all(abi) == (1ULL << bits[abi]) - 1, "ABI %u: %#lx", abi,
			  (unsigned long)landlock_all(abi));
	/* Never more than the ABI has (EINVAL), never device nodes, and no ioctl outside of /dev. */
	for (unsigned abi = 1; abi < ARRAY_SIZE(bits); abi++) {
		uint64_t dir = landlock_writable(abi, S_IFDIR);

		cr_expect(!(dir & ~landlock_all(abi)));
		cr_expect(!(dir & (1ULL << 6 | 1ULL << 11 | 1ULL << 15)));
		cr_expect(!(landlock_writable(abi, S_IFREG) & ~(7ULL | 1ULL << 14)));
	}
}

Test(landlock, what_an_abi_leaves_open)
{
	static const struct {
		unsigned abi;
		const char *gaps;
	} rows[] = {
		{1, "cutting files short (ABI 3), TCP (ABI 4), ioctl on devices (ABI 5), "
		    "abstract sockets and signals (ABI 6)"},
		{2, "cutting files short (ABI 3), TCP (ABI 4), ioctl on devices (ABI 5), "
		    "abstract sockets and signals (ABI 6)"},
		{3, "TCP (ABI 4), ioctl on devices (ABI 5), abstract sockets and signals (ABI 6)"},
		{4, "ioctl on devices (ABI 5), abstract sockets and signals (ABI 6)"},
		{5, "abstract sockets and signals (ABI 6)"},
		{6, ""},
		{7, ""},
	};
	char text[160];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		landlock_gaps(rows[i].abi, text, sizeof(text));
		cr_expect(!strcmp(text, rows[i].gaps), "ABI %u: %s", rows[i].abi, text);
	}
	landlock_gaps(1, text, 10);
	cr_expect(strlen(text) == 9, "cut, not overrun: %s", text);
}

/* An older kernel answers EINVAL to a flag that it does not know. */
Test(landlock, logging_is_off_where_it_exists)
{
	for (unsigned abi = 0; abi < 7; abi++)
		cr_expect(landlock_flags(abi) == 0, "ABI %u", abi);
	cr_expect(landlock_flags(7) == (1 | 4),
		  "denials before execve, and those of domains inside");
}

/* ---- lsm-check on this kernel, whatever it has ----------------------------------------------- */

static struct run run;
static struct plan plan;

static int check(struct spec *s)
{
	static struct arena a;

	memset(&err, 0, sizeof(err));
	memset(&plan, 0, sizeof(plan));
	cr_assert(a.base || arena_init(&a, &err) == 0);
	s->arena = &a;
	run.spec = s;
	run.plan = &plan;
	return step_lsm_check.run(&run, &err);
}

static bool has_apparmor(void)
{
	return access("/sys/module/apparmor", F_OK) == 0;
}

Test(lsm_check, apparmor_absent)
{
	struct spec s = {.preset = PRESET_HARDENED, .landlock = MODE_OFF, .no_new_privs = true};

	if (has_apparmor())
		cr_skip_test("this kernel has AppArmor");
	cr_expect(check(&s) == 0 && !plan.apparmor, "the default: a profile if it is loaded");
	s.apparmor = "unconfined";
	cr_expect(check(&s) == 0 && !plan.apparmor);
	s.apparmor = "unconfined_x";
	cr_expect(check(&s) < 0 && !plan.apparmor);
	cr_expect(!strcmp(err.msg, "apparmor=unconfined_x: this kernel has no AppArmor"), "%s",
		  err.msg);
	cr_expect(strstr(err.hint, "--allow-missing=apparmor"), "%s", err.hint);
	s.allow_missing = MISSING_APPARMOR;
	cr_expect(check(&s) == 0 && !plan.apparmor);
	s.apparmor = "a b";
	cr_expect(check(&s) < 0, "a bad name is bad whatever may be missing");
}

Test(lsm_check, strict_wants_a_profile)
{
	struct spec s = {.preset = PRESET_STRICT, .landlock = MODE_OFF, .no_new_privs = true};

	if (has_apparmor())
		cr_skip_test("this kernel has AppArmor");
	cr_expect(check(&s) < 0);
	cr_expect(strstr(err.msg, "pillbox-default, which preset strict wants: "), "%s", err.msg);
	s.allow_missing = MISSING_APPARMOR;
	cr_expect(check(&s) == 0);
	s.allow_missing = 0;
	s.apparmor = "unconfined"; /* the user's word is above the preset's */
	cr_expect(check(&s) == 0);
}

Test(lsm_check, landlock)
{
	struct spec s = {.apparmor = "unconfined", .landlock = MODE_AUTO, .no_new_privs = true};
	int abi = landlock_abi();

	cr_expect(abi <= 7);
	if (abi < 2)
		cr_skip_test("this kernel has no Landlock");
	cr_expect(check(&s) == 0 && plan.landlock_abi == (unsigned)abi);
	s.landlock = MODE_ON;
	cr_expect(check(&s) == 0 && plan.landlock_abi == (unsigned)abi);
	s.landlock = MODE_OFF;
	cr_expect(check(&s) == 0 && plan.landlock_abi == 0);
	s.no_new_privs = false;
	s.landlock = MODE_AUTO;
	cr_expect(check(&s) == 0 && plan.landlock_abi == 0);
	s.landlock = MODE_ON;
	cr_expect(check(&s) < 0 && strstr(err.msg, "no_new_privs"), "%s", err.msg);
	s.allow_missing = MISSING_LANDLOCK;
	cr_expect(check(&s) == 0 && plan.landlock_abi == 0);
}

/* With a profile applied, auto leaves Landlock out; --tcp none asks for it all the same. */
static int plan_with(struct spec *s, const char *apparmor)
{
	(void)check(&(struct spec){.apparmor = "unconfined", .landlock = MODE_OFF});
	memset(&err, 0, sizeof(err));
	memset(&plan, 0, sizeof(plan));
	plan.apparmor = apparmor;
	s->arena = run.spec->arena;
	run.spec = s;
	return landlock_plan(&run, &err);
}

Test(lsm_check, landlock_next_to_apparmor)
{
	struct spec s = {.landlock = MODE_AUTO, .no_new_privs = true};
	int abi = landlock_abi();

	if (abi < 4)
		cr_skip_test("this kernel's Landlock has no rule for TCP");
	cr_expect(plan_with(&s, "p") == 0 && plan.landlock_abi == 0);
	cr_expect(!strcmp(plan.landlock_why, "an AppArmor profile is applied"));
	s.tcp = TCP_NONE; /* as by a preset: no reason for Landlock */
	cr_expect(plan_with(&s, "p") == 0 && plan.landlock_abi == 0 && !plan.landlock_tcp);
	cr_expect(plan.tcp_filter, "the filter needs no Landlock");
	s.is_tcp_asked = true;
	cr_expect(plan_with(&s, "p") == 0 && plan.landlock_abi == (unsigned)abi);
	cr_expect(plan.landlock_tcp && plan.tcp_filter);
	s.landlock = MODE_OFF;
	cr_expect(plan_with(&s, "p") < 0 && !strcmp(err.msg, "--tcp none: Landlock: it is off"),
		  "%s", err.msg);
	cr_expect(strstr(err.hint, "add --landlock on; or do without: --allow-missing=landlock"));
}

Test(lsm_check, tcp)
{
	struct spec s = {.landlock = MODE_ON, .no_new_privs = true, .preset = PRESET_HARDENED};
	int abi = landlock_abi();

	if (abi < 1)
		cr_skip_test("this kernel has no Landlock");
	cr_expect(plan_with(&s, NULL) == 0 && !plan.landlock_tcp && !plan.tcp_filter);
	/* By the preset: as far as the kernel can. */
	s.tcp = TCP_NONE;
	cr_expect(plan_with(&s, NULL) == 0 && plan.landlock_tcp == (abi >= 4) && plan.tcp_filter);
	/* The strict profile has no such sockets: one filter is enough, unless the user took another. */
	s.preset = PRESET_STRICT;
	cr_expect(plan_with(&s, NULL) == 0 && !plan.tcp_filter);
	s.filter = FILTER_UNCONFINED;
	cr_expect(plan_with(&s, NULL) == 0 && plan.tcp_filter);
	/* By option: or an error. */
	s.is_tcp_asked = true;
	cr_expect((plan_with(&s, NULL) == 0) == (abi >= 4), "%s", err.msg);
	cr_expect(abi >= 4 || strstr(err.msg, "has no rule for TCP"), "%s", err.msg);
	s.no_new_privs = false;
	s.landlock = MODE_AUTO;
	cr_expect(plan_with(&s, NULL) < 0 &&
			  strstr(err.msg, "--tcp none: Landlock: it needs no_new"),
		  "%s", err.msg);
	s.allow_missing = MISSING_LANDLOCK;
	cr_expect(plan_with(&s, NULL) == 0 && !plan.landlock_tcp && !plan.tcp_filter);
	s.no_new_privs = true;
	s.landlock = MODE_OFF;
	cr_expect(plan_with(&s, NULL) == 0 && !plan.landlock_tcp && plan.tcp_filter);
}
