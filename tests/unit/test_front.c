/* SPDX-License-Identifier: Apache-2.0 */
/* Options that a front end says, and those of the line over them; what is told of the keys. */
#include <criterion/criterion.h>
#include <string.h>

#include "asked.h"
#include "options_set.h"

static struct arena arena;
static struct spec spec;
static struct err err;

static void setup(void)
{
	err = (struct err){0};
	cr_assert_eq(arena_init(&arena, &err), 0);
	spec = (struct spec){.arena = &arena};
}

/* Words with blanks between them; a word in {} has its blanks as they are. */
static int parse(const char *line)
{
	char *argv[64], *text = arena_strdup(&arena, line);
	int argc = 0;

	while (*text) {
		char end = *text == '{' ? '}' : ' ';

		text += end == '}';
		argv[argc++] = text;
		text += strcspn(text, (char[]){end, 0});
		if (*text)
			*text++ = '\0';
		text += strspn(text, " ");
	}
	argv[argc] = NULL;
	return options_parse(&spec, argc,
			     memcpy(arena_alloc(&arena, sizeof(argv)), argv, sizeof(argv)), &err);
}

TestSuite(front, .init = setup);

#define LINE "{docker run --cpus 2 --init -e A=1 --read-only --cap-drop ALL img prog arg}"

Test(front, a_line_by_itself)
{
	cr_assert_eq(parse("--from-docker " LINE " /tree"), 0, "%s", err.msg);
	cr_assert_eq(spec.preset, PRESET_DOCKER);
	cr_assert_eq(spec.limits.nano_cpus, 2000000000);
	cr_assert_eq(spec.root_mode, ROOT_READONLY);
	cr_assert_str_eq(spec.rootfs, "/tree");
	cr_assert_eq(spec.argc, 2);
	cr_assert_str_eq(spec.argv[0], "prog");
	cr_assert_str_eq(spec.argv[1], "arg");
	cr_assert_null(spec.argv[2]);
	cr_assert_not_null(spec.asked);
}

Test(front, the_line_goes_over_it)
{
	cr_assert_eq(
		parse("--cpus 1 --writable --no-init -e A=2 --preset strict --from-docker " LINE
		      " /tree -- other"),
		0, "%s", err.msg);
	cr_assert_eq(spec.preset, PRESET_STRICT);
	cr_assert_eq(spec.limits.nano_cpus, 1000000000);
	cr_assert_eq(spec.root_mode, ROOT_WRITABLE);
	cr_assert_not(spec.has_init);
	cr_assert_eq(spec.argc, 1);
	cr_assert_str_eq(spec.argv[0], "other");
	cr_assert_eq(spec_finish(&spec, &err), 0, "%s", err.msg);
	cr_assert_str_eq(spec.env[spec.n_env - 1], "A=2");
}

Test(front, words_behind_the_root)
{
	cr_assert_eq(parse("--from-docker /tree -- docker run --user 5 img prog"), 0, "%s",
		     err.msg);
	cr_assert_str_eq(spec.user, "5");
	cr_assert_str_eq(spec.argv[0], "prog");
	cr_assert_eq(spec.argc, 1);
}

Test(front, what_cannot_be)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{"--from-docker /tree", "no docker run line"},
		{"--from-docker " LINE, "ROOTFS: missing"},
		{"--from-docker " LINE " --from-compose web /tree", "contradicts"},
		{"--from-docker " LINE " --from-docker {docker run x} /tree", "contradicts"},
		{"--from-docker {docker run --cpus 99x img} /tree -- a", "--cpus 99x"},
		{"--from-docker {docker run --privileged img} /tree -- a", "--privileged"},
		{"--from-compose {} /tree", "empty"},
		{"--from-compose service=a,service=b /tree", "two values"},
		{"--from-compose nothing=a /tree", "unknown here"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		setup();
		cr_expect_lt(parse(cases[i].line), 0, "%s", cases[i].line);
		cr_expect(strstr(err.msg, cases[i].says), "%s: %s", cases[i].line, err.msg);
	}
}

Test(front, no_command_is_told_at_the_end)
{
	cr_assert_eq(parse("--from-docker {docker run img} /tree"), 0, "%s", err.msg);
	cr_assert_lt(spec_finish(&spec, &err), 0);
	cr_assert(strstr(err.msg, "image's own is not known"), "%s", err.msg);
}

Test(front, words_end_with_a_null)
{
	static const char *words[] = {"a", "b", "not one of them"};
	const struct asked a = {.argv = words, .argc = 2, .entrypoint = words, .n_entrypoint = 1};

	cr_assert_eq(asked_operands(&a, "/tree", NULL, 0, &spec, &err), 0);
	cr_assert_eq(spec.argc, 2);
	cr_assert_null(spec.argv[2]);
	cr_assert_eq(asked_operands(&a, "/tree", words + 1, 1, &spec, &err), 0);
	cr_assert_eq(spec.argc, 2);
	cr_assert_str_eq(spec.argv[0], "a");
	cr_assert_null(spec.argv[2]);
}

/* Each place and key stands in front of what the setter says. */
Test(front, given_by_name)
{
	const struct option_given good[] = {{"memory", "64m", "f:1:2: mem_limit 64m"},
					    {"read-only", NULL, "f:3:1: read_only"}};
	const struct option_given bad[] = {{"memory", "x", "f:1:2: mem_limit x"}};
	const struct option_given twice[] = {{"memory", "64m", "f:1:2: mem_limit 64m"},
					     {"memory", "65m", "f:9:2: deploy 65m"}};
	const struct option_given none[] = {{"nothing", "x", "f:1:2: k"}};

	cr_assert_eq(options_given(&spec, good, 2, &err), 0, "%s", err.msg);
	cr_assert_eq(spec.limits.memory, 64 << 20);
	cr_assert_eq(spec.root_mode, ROOT_READONLY);
	cr_assert_lt(options_given(&spec, bad, 1, &err), 0);
	cr_assert(strstr(err.msg, "f:1:2: mem_limit x"), "%s", err.msg);
	err = (struct err){0};
	cr_assert_lt(options_given(&spec, twice, 2, &err), 0);
	cr_assert(strstr(err.msg, "f:9:2: deploy 65m: contradicts f:1:2"), "%s", err.msg);
	err = (struct err){0};
	cr_assert_lt(options_given(&spec, none, 1, &err), 0);
	cr_assert(strstr(err.msg, "there is no option --nothing"), "%s", err.msg);
}

/* A report has everything but what was handed over as hidden. */
Test(front, report)
{
	struct asked a = {.arena = &arena, .name = "web", .at = {"f", 1, 1}};
	const struct place at = {"f", 7, 5};
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	json_t *j;

	asked_hidden(&a, &at, "environment.KEY", "env", "KEY=hush");
	asked_verdict(&a, &at, "environment.KEY", "", VERDICT_ENFORCED, "%s", "");
	asked_verdict(&a, &at, "ports[0]", "80:80\x1b[31m", VERDICT_IGNORED, "no network: %d", 1);
	asked_advice(&a, &at, "no-user", "user: \"1000\"", "it is root");
	cr_assert_eq(asked_print(&a, out), 0);
	(void)fclose(out);
	cr_assert(strstr(text, "web (f:1): 2 keys: 1 enforced, 1 ignored\n"), "%s", text);
	cr_assert(strstr(text, "ports[0]: 80:80\\x1b[31m\n"), "%s", text);
	cr_assert(strstr(text, "no network: 1\n"), "%s", text);
	cr_assert(strstr(text, "write: user: \"1000\"\n"), "%s", text);
	cr_assert_null(strstr(text, "hush"));
	free(text);
	j = asked_json(&a);
	cr_assert_eq(json_array_size(json_object_get(j, "keys")), 2);
	cr_assert_eq(json_array_size(json_object_get(j, "advice")), 1);
	json_decref(j);
	cr_assert_null(strstr(a.options[0].origin, "hush"));
}
