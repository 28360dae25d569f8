/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_docker_line.c - docker run lines: words, flags, what becomes of each, what is refused.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "docker_flags.h"
#include "docker_line.h"

static struct arena arena;
static struct err err;
static struct asked asked;

static void setup(void)
{
	memset(&err, 0, sizeof(err));
	cr_assert_eq(arena_init(&arena, &err), 0);
}

static void teardown(void)
{
	munmap(arena.base, arena.size);
}

TestSuite(docker_line, .init = setup, .fini = teardown);

static void again(void)
{
	teardown();
	memset(&arena, 0, sizeof(arena));
	setup();
}

/* Words as "a|b|c", or the error. */
static const char *words_of(const char *text)
{
	const char *const *words;
	const char *joined = "";
	size_t n;

	if (docker_line_words(&arena, text, &words, &n, &err) < 0)
		return err.msg;
	cr_assert_null(words[n]);
	for (size_t i = 0; i < n; i++)
		joined = arena_printf(&arena, "%s%s%s", joined, i ? "|" : "", words[i]);
	return joined;
}

Test(docker_line, words_as_a_shell_sees_them)
{
	static const char *const rows[][2] = {
		{"", ""},
		{"  docker\trun  ", "docker|run"},
		{"a 'b c' \"d e\"", "a|b c|d e"},
		{"a'b'\"c\"d", "abcd"},
		{"'' \"\"", "|"},
		{"a\\ b", "a b"},
		{"a \\\n  b\\\nc", "a|bc"},
		{"a \\\r\n b", "a|b"},
		{"\"a\\\"b\\\\c\\$d\\n\"", "a\"b\\c$d\\n"},
		{"'a\\b$c`d'", "a\\b$c`d"},
		{"\"x\\\ny\"", "xy"},
		{"'two\nlines'", "two\nlines"},
		{"a$ b", "a$|b"},
		{"tag={{.Name}}", "tag={{.Name}}"},
		{"'*' \\* a~b a#b", "*|*|a~b|a#b"},
		{"docker run x\n", "docker|run|x"},
		{"\n\n docker run x", "docker|run|x"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cr_expect_str_eq(words_of(rows[i][0]), rows[i][1], "%s: %s", rows[i][0],
				 words_of(rows[i][0]));
		again();
	}
}

Test(docker_line, nothing_is_expanded_or_executed)
{
	static const char *const rows[][2] = {
		{"a $HOME", "line 1, column 3: $"},
		{"a \"${HOME}\"", "no variable"},
		{"a $(id)", "no command"},
		{"a \"`id`\"", "no command"},
		{"a\n$1", "line 2, column 1"},
		{"a $'x'", "no variable"},
		{"a *.c", "no pattern"},
		{"a b?", "no pattern"},
		{"a [x]", "no pattern"},
		{"a {b,c}", "no braces"},
		{"a {1..3}", "no braces"},
		{"a ~/x", "home directory"},
		{"a # b", "a comment"},
		{"a; b", "this is no script"},
		{"a | b", "this is no script"},
		{"a && b", "this is no script"},
		{"a > b", "this is no script"},
		{"a < b", "this is no script"},
		{"(a)", "this is no script"},
		{"a 'b", "line 1, column 4: a quote that is never closed"},
		{"a \"b", "never closed"},
		{"a \\", "backslash"},
		{"docker run x\ndocker run y", "a second line"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *got = words_of(rows[i][0]);

		cr_expect(strstr(got, rows[i][1]), "%s: %s", rows[i][0], got);
		cr_expect(err.is_set && *err.hint, "%s", rows[i][0]);
		again();
	}
}

/* 0 or the error of the line. */
static int read_line(const char *text)
{
	const char *const *words;
	size_t n;
	int rc = docker_line_words(&arena, text, &words, &n, &err);

	return rc < 0 ? rc : docker_line_read(&arena, words, n, &asked, &err);
}

/* "name=value name ..." without the preset. */
static const char *options_of(const struct asked *a)
{
	const char *all = "";

	cr_assert_str_eq(a->options[0].name, "preset");
	cr_assert_str_eq(a->options[0].value, "docker");
	for (size_t i = 1; i < a->n_options; i++)
		all = arena_printf(&arena, "%s%s%s%s%s", all, i > 1 ? " " : "", a->options[i].name,
				   a->options[i].value ? "=" : "",
				   a->options[i].value ? a->options[i].value : "");
	return all;
}

static const struct key_verdict *verdict_of(const char *key)
{
	for (size_t i = 0; i < asked.n_verdicts; i++)
		if (strcmp(asked.verdicts[i].key, key) == 0)
			return &asked.verdicts[i];
	return NULL;
}

/* What stands before the image, and the options that become of it. */
static const char *const spellings[][2] = {
	{"--memory=5m", "memory=5m"},
	{"--memory 5m", "memory=5m"},
	{"-m 5m", "memory=5m"},
	{"-m5m", "memory=5m"},
	{"-m=5m", "memory=5m"},
	{"-itm 5m", "interactive tty memory=5m"},
	{"-t=false -i", "no-tty interactive"},
	{"--init=true --rm", "init rm"},
	{"--init=false", "no-init"},
	{"--rm=0", ""},
	{"--read-only", "read-only"},
	{"--read-only=false", "writable"},
	{"--cpus 0 --memory 0 --pids-limit 0", ""},
	{"--pids-limit -1", "pids-limit=-1"},
	{"--net none", "network=none"},
	{"--network=host", "network=host"},
	{"--network web", ""},
	{"-h box -c 512", "hostname=box cpu-shares=512"},
	{"-e A=b -e C", "env=A=b env=C"},
	{"--dns-opt ndots:1", "dns-option=ndots:1"},
	{"-v /a:/b", "volume=/a:/b"},
	{"-v ./a:/b:ro", "volume=./a:/b:ro"},
	{"-v /a:/b:ro,Z,cached", "volume=/a:/b:ro"},
	{"-v data:/b", "tmpfs=/b:exec"},
	{"-v data:/b:ro", "tmpfs=/b:exec,ro"},
	{"-v /b", "tmpfs=/b:exec"},
	{"-v ./key:/run/secrets/key:ro", "secret=src=./key,target=key,mode=0444"},
	{"--mount type=bind,source=/a,target=/b,readonly",
	 "mount=type=bind,source=/a,target=/b,readonly"},
	{"--mount type=bind,src=/a,dst=/b,bind-propagation=rslave,consistency=cached",
	 "mount=type=bind,src=/a,dst=/b"},
	{"--mount 'type=bind,\"src=/a,b\",dst=/b'", "mount=type=bind,\"src=/a,b\",dst=/b"},
	{"--mount source=data,target=/b", "tmpfs=/b:exec"},
	{"--mount type=volume,target=/b,ro", "tmpfs=/b:exec,ro"},
	{"--mount type=tmpfs,target=/b,tmpfs-size=1m", "mount=type=tmpfs,target=/b,tmpfs-size=1m"},
	{"--mount type=bind,src=/k,dst=/run/secrets/k", "secret=src=/k,target=k,mode=0444"},
	{"--mount type=image,src=x,dst=/b", ""},
	{"--security-opt no-new-privileges", "security-opt=no-new-privileges"},
	{"--security-opt seccomp:x.json", "security-opt=seccomp:x.json"},
	{"--security-opt label=disable --security-opt label:type:x", ""},
	{"--security-opt unmask=ALL", "security-opt=systempaths=unconfined"},
	{"--pid host --ipc host --uts host --cgroupns host", ""},
	{"-d -p 80:80 --restart always --log-driver none --health-cmd x", ""},
	{"--ulimit nofile=1:2 --sysctl net.core.x=1", "ulimit=nofile=1:2 sysctl=net.core.x=1"},
	{"--device /dev/fuse --group-add 5", "device=/dev/fuse group-add=5"},
};

Test(docker_line, flags_become_options)
{
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		const char *line = arena_printf(&arena, "docker run %s image cmd", spellings[i][0]);

		cr_assert_eq(read_line(line), 0, "%s: %s", line, err.msg);
		cr_expect_str_eq(options_of(&asked), spellings[i][1], "%s: %s", spellings[i][0],
				 options_of(&asked));
		cr_expect_str_eq(asked.image, "image");
		cr_expect_eq(asked.argc, 1);
		cr_expect_str_eq(asked.argv[0], "cmd");
		again();
	}
}

/* None is passed over: what becomes of it is an option, or has a reason. */
Test(docker_line, each_flag_has_a_verdict)
{
	for (size_t i = 0; i < docker_flags_len; i++) {
		const struct docker_flag *f = &docker_flags[i];
		const struct key_verdict *v;
		const char *value = strcmp(f->name, "mount") == 0    ? "=type=tmpfs,target=/x"
				    : strcmp(f->name, "volume") == 0 ? "=/a:/b"
								     : "=none";
		const char *line = arena_printf(&arena, "docker run --%s%s image cmd", f->name,
						f->is_flag ? "" : value);

		cr_assert_eq(read_line(line), 0, "%s: %s", line, err.msg);
		v = verdict_of(arena_printf(&arena, "--%s", f->name));
		if (strcmp(f->name, "read-only-tmpfs") == 0)
			continue; /* told where it counts: podman's --read-only */
		cr_assert(v, "%s: no verdict", f->name);
		cr_expect(v->verdict == VERDICT_ENFORCED || *v->text, "%s: no reason", f->name);
		cr_expect(asked.n_options > 1 || v->verdict != VERDICT_ENFORCED || *v->text ||
				  f->read,
			  "%s: enforced by nothing", f->name);
		again();
	}
}

Test(docker_line, the_table_is_sound)
{
	for (size_t i = 0; i < docker_flags_len; i++) {
		const struct docker_flag *f = &docker_flags[i];
		enum verdict_kind verdict;
		const char *text;
		bool is_known = !f->option;

		for (size_t k = 0; k < i; k++) {
			cr_expect_str_neq(docker_flags[k].name, f->name);
			cr_expect(!f->letter || docker_flags[k].letter != f->letter, "%s", f->name);
		}
		for (size_t k = 0; f->option && k < options_len; k++) {
			if (strcmp(options[k].name, f->option) != 0)
				continue;
			is_known = true;
			cr_expect_eq(!options[k].metavar, f->is_flag, "%s", f->name);
		}
		cr_expect(is_known, "%s: there is no --%s", f->name, f->option);
		docker_flag_verdict(f, &verdict, &text);
		cr_expect(f->option || *text, "%s: nothing for the documentation", f->name);
	}
}

Test(docker_line, heads_and_commands)
{
	cr_assert_eq(read_line("sudo /usr/bin/docker -H tcp://x --debug container run a b c"), 0);
	cr_expect_eq(asked.argc, 2);
	cr_expect_eq(verdict_of("-H")->verdict, VERDICT_IGNORED);
	again();
	cr_assert_eq(read_line("docker create --entrypoint /e a b"), 0);
	cr_expect_str_eq(asked.argv[0], "/e");
	cr_expect_str_eq(asked.argv[1], "b");
	cr_expect_eq(asked.n_entrypoint, 1);
	again();
	cr_assert_eq(read_line("docker run --entrypoint '' a b"), 0);
	cr_expect_eq(asked.n_entrypoint, 0);
	again();
	cr_assert_eq(read_line("docker run a"), 0);
	cr_expect_null(asked.argv);
	again();
	/* flags end at the image */
	cr_assert_eq(read_line("docker run a --privileged"), 0);
	cr_expect_null(asked.refusal);
	cr_expect_str_eq(asked.argv[0], "--privileged");
	again();
	cr_assert_eq(read_line("docker run -- a b"), 0);
	cr_expect_str_eq(asked.image, "a");
	again();
	cr_assert_eq(read_line("podman run --read-only --rootfs /r cmd"), 0);
	cr_expect_str_eq(asked.rootfs, "/r");
	cr_expect_null(asked.image);
	cr_expect(verdict_of("--read-only-tmpfs"));
	cr_expect(strstr(options_of(&asked), "cap-drop=MKNOD,NET_RAW,AUDIT_WRITE"));
}

Test(docker_line, privileged_is_refused_by_name)
{
	cr_assert_eq(read_line("docker run --privileged a"), 0);
	cr_expect(strstr(asked.refusal, "--privileged: not offered"), "%s", asked.refusal);
	cr_expect(strstr(asked.refusal_hint, "--cap-add"));
	again();
	cr_assert_eq(read_line("docker run --privileged=false a"), 0);
	cr_expect_null(asked.refusal);
}

Test(docker_line, no_message_shows_a_variable)
{
	cr_assert_eq(read_line("docker run -e TOKEN=hidden a"), 0);
	for (size_t i = 0; i < asked.n_verdicts; i++)
		cr_expect(!strstr(asked.verdicts[i].value, "hidden"));
	for (size_t i = 0; i < asked.n_options; i++)
		cr_expect(!strstr(asked.options[i].origin, "hidden"));
}

Test(docker_line, refused)
{
	static const char *const rows[][3] = {
		{"", "not a docker run line", "docker|podman"},
		{"ls -l", "'ls'", ""},
		{"sudo", "not a docker run line", ""},
		{"docker exec a b", "'exec'", ""},
		{"docker compose run web", "'compose'", "pillbox compose run"},
		{"docker run", "the image's name is missing", ""},
		{"docker run --rm", "the image's name is missing", ""},
		{"docker run ''", "the image's name is missing", ""},
		{"docker run --memroy 5m a", "--memroy: neither", "did you mean --memory?"},
		{"docker run --memory", "--memory: the value is missing", ""},
		{"docker run -m", "-m: the value is missing", ""},
		{"docker run -x a", "-x: neither", ""},
		{"docker run -tx a", "-x: neither", ""},
		{"docker run --rm=maybe a", "neither true nor false", ""},
		{"docker run --entrypoint a --entrypoint b c", "contradicts", ""},
		{"docker run --mount type=volume a", "the target is missing", ""},
		{"docker run --mount 'type=bind,\"x' a", "a quote is not closed", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cr_expect(read_line(rows[i][0]) < 0, "%s", rows[i][0]);
		cr_expect(strstr(err.msg, rows[i][1]), "%s: %s", rows[i][0], err.msg);
		cr_expect(strstr(err.hint, rows[i][2]), "%s: %s", rows[i][0], err.hint);
		again();
	}
}
