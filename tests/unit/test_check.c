/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `pillbox check`: the table, the judgement, and the JSON, without trying anything on the host.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define MAX_CHECKS 64

static struct check_result done[MAX_CHECKS];

static void all_work(void)
{
	cr_assert_leq(checks_len, MAX_CHECKS);
	memset(done, 0, sizeof(done));
}

static void set(const char *id, enum check_state state)
{
	size_t i = check_index(id);

	cr_assert_lt(i, checks_len, "%s", id);
	done[i].state = state;
}

static size_t lacks(enum preset_id preset)
{
	return check_lacks(preset, done, NULL, 0);
}

Test(check, table)
{
	for (size_t i = 0; i < checks_len; i++) {
		const struct check *c = &checks[i];

		cr_assert_eq(check_index(c->id), i, "%s twice", c->id);
		cr_assert_eq(strspn(c->id, "abcdefghijklmnopqrstuvwxyz-"), strlen(c->id), "%s",
			     c->id);
		cr_assert_leq(strlen(c->what), CHECK_WHAT, "%s", c->what);
		cr_assert(c->loses && c->loses[0], "%s", c->id);
		cr_assert(c->look || c->act, "%s", c->id);
		cr_assert_eq(c->presets & c->either, 0, "%s", c->id);
		if (!c->behind)
			continue;
		/* Before it; and in every preset that needs this one, or a lack could go unnamed. */
		cr_assert_lt(check_index(c->behind), i, "%s behind %s", c->id, c->behind);
		cr_assert_eq(c->presets & ~checks[check_index(c->behind)].presets, 0,
			     "%s behind %s", c->id, c->behind);
	}
	cr_assert_eq(check_index("nonesuch"), checks_len);
}

/* The table's bits are what presets.c makes of the presets. */
Test(check, presets)
{
	static const enum preset_id ids[] = {PRESET_DOCKER, PRESET_HARDENED, PRESET_STRICT};

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct arena a = {0};
		struct err err = {0};
		struct spec s = {.arena = &a};

		cr_assert_eq(arena_init(&a, &err), 0);
		preset_apply(&s, ids[i]);
		const struct {
			const char *id;
			bool is_needed;
		} want[] = {
			{"userns", true},
			{"map", true},
			{"proc", true},
			{"loopback", s.net == NET_NONE},
			{"nested", !s.nested_userns},
			{"pids", s.limits.pids != LIMIT_UNSET},
			{"sysfs", s.has_sys},
			{"overlay", s.root_mode != ROOT_READONLY},
			{"seccomp", s.filter != FILTER_UNCONFINED},
			{"landlock", s.landlock == MODE_ON},
			{"cgroup-memory", s.limits.memory != LIMIT_UNSET},
			{"cgroup-cpu", s.limits.nano_cpus != LIMIT_UNSET},
			{"cgroup-cpuset", s.limits.cpuset_cpus != NULL},
		};
		for (size_t k = 0; k < ARRAY_SIZE(want); k++)
			cr_assert_eq(!!(checks[check_index(want[k].id)].presets & IN(ids[i])),
				     want[k].is_needed, "%s in %s", want[k].id,
				     preset_name(ids[i]));
		cr_assert_eq(!!(checks[check_index("landlock")].either & IN(ids[i])),
			     s.landlock == MODE_AUTO);
	}
}

Test(check, one_lack_of_the_default)
{
	const char *names[4] = {NULL};

	for (size_t i = 0; i < checks_len; i++) {
		bool counts = checks[i].presets & IN(PRESET_HARDENED);

		all_work();
		cr_assert_eq(lacks(PRESET_HARDENED), 0);
		done[i].state = CHECK_MISSING;
		cr_assert_eq(lacks(PRESET_HARDENED), counts, "%s", checks[i].id);
		done[i].state = CHECK_RESTRICTED;
		cr_assert_eq(check_lacks(PRESET_HARDENED, done, names, 4), counts, "%s",
			     checks[i].id);
		if (counts)
			cr_assert_str_eq(names[0], checks[i].what);
	}
}

Test(check, one_security_module_is_enough)
{
	const char *names[4] = {NULL};

	all_work();
	set("apparmor", CHECK_MISSING);
	cr_assert_eq(lacks(PRESET_HARDENED), 0);
	cr_assert_eq(lacks(PRESET_STRICT), 1);
	set("landlock", CHECK_RESTRICTED);
	cr_assert_eq(check_lacks(PRESET_HARDENED, done, names, 4), 1);
	cr_assert_str_eq(names[0], "Landlock");
	cr_assert_eq(lacks(PRESET_STRICT), 2);
	cr_assert_eq(lacks(PRESET_DOCKER), 0);
	set("apparmor", CHECK_WORKS);
	cr_assert_eq(lacks(PRESET_HARDENED), 0);
}

Test(check, without_a_range_it_is_still_full)
{
	all_work();
	set("range", CHECK_RESTRICTED);
	set("pasta", CHECK_MISSING);
	for (size_t i = 0; i < checks_len; i++)
		if (!strncmp(checks[i].id, "cgroup", 6))
			done[i].state = CHECK_RESTRICTED;
	cr_assert_eq(lacks(PRESET_HARDENED), 0);
	cr_assert_eq(lacks(PRESET_DOCKER), 0);
	cr_assert_eq(lacks(PRESET_STRICT), 2);
}

/* Only the first of a row of failures is named, and there is no more room than there is. */
Test(check, lacks_are_causes)
{
	const char *names[2] = {NULL};

	all_work();
	set("userns", CHECK_MISSING);
	for (size_t i = 0; i < checks_len; i++) {
		if (!checks[i].behind)
			continue;
		done[i].state = CHECK_MISSING;
		done[i].behind = checks[i].behind;
	}
	cr_assert_eq(check_lacks(PRESET_HARDENED, done, names, 2), 1);
	cr_assert_str_eq(names[0], "user namespace");
	set("kernel", CHECK_MISSING);
	set("calls", CHECK_MISSING);
	cr_assert_eq(check_lacks(PRESET_HARDENED, done, names, 2), 3);
	cr_assert_str_eq(names[1], "system calls");
}

Test(check, state_of_an_error)
{
	cr_assert_eq(check_state(EPERM, false), CHECK_RESTRICTED);
	cr_assert_eq(check_state(EACCES, false), CHECK_RESTRICTED);
	cr_assert_eq(check_state(EROFS, true), CHECK_RESTRICTED);
	cr_assert_eq(check_state(ENODEV, true), CHECK_MISSING);
	cr_assert_eq(check_state(ENOSPC, false), CHECK_MISSING);
	cr_assert_eq(check_state(ENOSYS, false), CHECK_MISSING);
	cr_assert_eq(check_state(ENOSYS, true), CHECK_RESTRICTED);
}

static json_t *json_of(struct check_host *h)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	json_error_t error;
	json_t *doc;

	cr_assert_eq(check_json(h, out), 0);
	fclose(out);
	doc = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	cr_assert(doc, "%s: %s", error.text, text);
	free(text);
	return doc;
}

static const char *field(json_t *doc, const char *id, const char *key)
{
	return json_string_value(json_object_get(
		json_array_get(json_object_get(doc, "checks"), check_index(id)), key));
}

Test(check, json)
{
	struct check_host h = {.done = done};
	json_t *doc, *range;

	all_work();
	h.plan.caller_uid = 1003;
	h.range = (struct id_map){2, {{0, 1003, 1}, {1, 165536, 65536}}};
	set("proc", CHECK_RESTRICTED);
	snprintf(done[check_index("proc")].detail, sizeof(done->detail), "bad byte \xff \033[1m");
	snprintf(done[check_index("proc")].cure, sizeof(done->cure), "uncover it");
	set("nested", CHECK_MISSING);
	done[check_index("nested")].behind = "proc";
	doc = json_of(&h);
	cr_assert(json_is_false(json_object_get(doc, "default_preset")));
	cr_assert(json_is_false(json_object_get(json_object_get(doc, "presets"), "hardened")));
	cr_assert_eq(json_array_size(json_object_get(doc, "checks")), checks_len);
	cr_assert_str_eq(field(doc, "proc", "state"), "restricted");
	cr_assert_str_eq(field(doc, "proc", "group"), "default");
	cr_assert_str_eq(field(doc, "proc", "detail"), "bad byte ? \\x1b[1m");
	/* Not tried: the cure is that of what it hangs on. */
	cr_assert_str_eq(field(doc, "nested", "cure"), "uncover it");
	cr_assert_null(field(doc, "kernel", "cure"));
	cr_assert_null(field(doc, "kernel", "loses"));
	range = json_object_get(json_object_get(doc, "user"), "range");
	cr_assert_eq(json_array_size(range), 1);
	cr_assert_eq(json_integer_value(json_object_get(json_array_get(range, 0), "first")),
		     165536);
	json_decref(doc);

	all_work();
	doc = json_of(&h);
	cr_assert(json_is_true(json_object_get(doc, "default_preset")));
	json_decref(doc);
}
