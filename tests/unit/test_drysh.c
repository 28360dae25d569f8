/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_drysh.c - the script of --dry-run=sh: what becomes of a value in it, judged by the shells.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "drysh_frame.h"
#include "util.h"

static struct arena arena;
static struct spec spec = {.arena = &arena};
static const struct run run = {.spec = &spec};

static void setup(void)
{
	struct err err = {0};

	cr_assert_eq(arena_init(&arena, &err), 0);
}

static void teardown(void)
{
	munmap(arena.base, arena.size);
}

TestSuite(drysh, .init = setup, .fini = teardown);

/* What this shell makes of the text, as one word; its output ends with a mark, or it said more. */
static size_t shell_says(const char *const shell[], const char *quoted, char *buf, size_t size)
{
	static const char head[] = "set -eu\nnl='\n'\nset -- ",
			  tail[] = "\nprintf '%s|%s' \"$1\" $#\n";
	int in[2], out[2], status;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	cr_assert(pipe(in) == 0 && pipe(out) == 0);
	pid = fork();
	cr_assert(pid >= 0);
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		for (int i = 0; i < 2; i++)
			close(in[i]), close(out[i]);
		execvp(shell[0], (char *const *)(uintptr_t)shell);
		_exit(126);
	}
	close(in[0]), close(out[1]);
	cr_assert(write(in[1], head, strlen(head)) > 0 &&
		  write(in[1], quoted, strlen(quoted)) > 0 && write(in[1], tail, strlen(tail)) > 0);
	close(in[1]);
	while (len < size - 1 && (n = read(out[0], buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
	close(out[0]);
	waitpid(pid, &status, 0);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: status %d for %s", shell[0],
		  status, quoted);
	return len;
}

static void round_trip(const char *value)
{
	static const char *const shells[][4] = {
		{"dash", "-s", NULL}, {"busybox", "sh", "-s", NULL}, {"bash", "-s", NULL}};
	const char *quoted = sh_quote(&run, value);

	for (const char *p = quoted; *p; p++)
		cr_expect((unsigned char)*p >= ' ' && *p != 0x7f, "byte %02x in %s", *p, quoted);
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		char got[4096];
		size_t len = shell_says(shells[i], quoted, got, sizeof(got));

		cr_expect(len == strlen(value) + 2 && !memcmp(got, value, strlen(value)) &&
				  !strcmp(got + strlen(value), "|1"),
			  "%s: %s gave '%s'", shells[i][0], quoted, got);
	}
}

Test(drysh, a_value_stays_one_word)
{
	static const char *const values[] = {
		"",
		"plain",
		"-n",
		"--help",
		"it's",
		"'",
		"''",
		"\\",
		"\\'",
		"'\\''",
		"$HOME $(id) `id` ${x} $nl $1",
		"a;b|c&d>e<f*?[x]#!~ ",
		"\"double\"",
		"\n",
		"\n\n",
		"ends\n",
		"\nHELPER\nHOLDER\nBUILDER\n",
		"\nBUILDER\n}\nrm -rf /\n",
		"\t\r\a\033[2J\177",
		"\001\002'\003",
		"%s%n\\n\\0",
		"\xff\xfe\x80\xc0\xaf",
		"\xed\xa0\x80 \xf4\x90\x80\x80 \xc3",
		"\xc3\xbc \xe6\x97\xa5 \xf0\x9f\x90\xa7",
		"\xe2\x80\xae reversed \xc2\x9b 31m",
		"=",
		"A=B",
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		round_trip(values[i]);
}

Test(drysh, any_bytes_stay_one_word)
{
	static const char often[] = "'\"\\$`\n ()-=%";
	unsigned seed = 1;

	for (int round = 0; round < 60; round++) {
		char value[65];
		size_t len = (size_t)(rand_r(&seed) % 64);

		for (size_t i = 0; i < len; i++)
			value[i] = rand_r(&seed) % 2 ? often[rand_r(&seed) % (sizeof(often) - 1)]
						     : (char)(1 + rand_r(&seed) % 255);
		value[len] = '\0';
		round_trip(value);
	}
}

/* What is shown is what is there: nothing that turns the direction of writing, no hidden mark. */
Test(drysh, nothing_deceptive_is_written_as_it_is)
{
	static const char *const hidden[] = {"\xe2\x80\xae", "\xe2\x80\x8b", "\xe2\x81\xa6",
					     "\xef\xbb\xbf", "\xd8\x9c",     "\xc2\x85"};

	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		cr_expect(!strstr(sh_quote(&run, hidden[i]), hidden[i]), "character %zu", i);
	cr_expect(strstr(sh_quote(&run, "\xc3\xbc"), "\xc3\xbc"), "a letter is escaped");
}

Test(drysh, names_of_variables)
{
	static const char *const good[] = {"A", "_a", "http_proxy", "X1"};
	static const char *const bad[] = {"",   "1A",  "A.B", "A-B",     "A B",
					  "A$", "PWD", "_",   "\xc3\xbc"};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		cr_expect(sh_is_name(good[i]) && sh_is_variable(good[i]), "%s", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		cr_expect(!sh_is_name(bad[i]) && !sh_is_variable(bad[i]), "%s", bad[i]);
	/* A value of the user's may be called so; but "$root" in the script is the script's. */
	cr_expect(sh_is_name("root") && !sh_is_variable("root"));
}

/* ---- the control group ---------------------------------------------------------------------- */

static struct plan plan;
static const struct run group_run = {.spec = &spec, .plan = &plan};

/* What cgroup_sh() wrote, as one program for dash: the launcher's part, then what is given, the end. */
static void group_script(const char *between, char *buf, size_t size)
{
	struct sh out = {.r = &group_run, .step = &step_cgroup, .at = SH_LAUNCHER};

	for (size_t i = 0; i < SH_PARTS; i++)
		sh_text_begin(&out.part[i]);
	sh_text_begin(&out.tools);
	cgroup_sh(&group_run, &out);
	for (size_t i = 0; i < SH_PARTS; i++)
		sh_text_end(&out.part[i]);
	sh_text_end(&out.tools);
	/* A plain directory stands for the group: its files have to be removed by hand. */
	snprintf(buf, size,
		 "set -eu\nrmdir() { rm -r \"$1\"; }\nclean_up() {\n%s}\n%s\n%s\nclean_up\n",
		 out.part[SH_END].buf, out.part[SH_LAUNCHER].buf, between);
	for (size_t i = 0; i < SH_PARTS; i++)
		free(out.part[i].buf);
	free(out.tools.buf);
}

static void shell_runs(const char *script, char *ret, size_t size)
{
	const char *const argv[] = {"dash", "-c", script, NULL};
	int out[2], status;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	cr_assert(pipe(out) == 0);
	pid = fork();
	if (pid == 0) {
		dup2(out[1], 1);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(126);
	}
	close(out[1]);
	while (len < size - 1 && (n = read(out[0], ret + len, size - 1 - len)) > 0)
		len += (size_t)n;
	ret[len] = '\0';
	close(out[0]);
	waitpid(pid, &status, 0);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d of:\n%s", status,
		  script);
}

/* The same files and values as cgroup.c writes, whatever the name and the place are called. */
Test(drysh, the_group_gets_the_limits)
{
	char dir[] = "/tmp/unit-drysh.XXXXXX", script[16384], got[4096];
	struct cgroup_write w = {0};
	size_t n = 0;

	cr_assert(mkdtemp(dir));
	preset_apply(&spec, PRESET_STRICT);
	spec.limits.cpu_shares = 512;
	spec.limits.reservation = 16 << 20;
	spec.name = "it's";
	plan.has_cgroup = true;
	plan.cgroup_parent = arena_printf(&arena, "%s/a $(id) b", dir);
	plan.cgroup_name = CGROUP_PREFIX "it's";
	plan.cgroup_need = cgroup_need(&spec.limits);
	cr_assert(mkdir(plan.cgroup_parent, 0700) == 0);
	group_script("cd \"$group\"; for f in *; do echo \"$f=$(cat \"$f\")\"; done; cd /", script,
		     sizeof(script));
	shell_runs(script, got, sizeof(got));

	for (; cgroup_write_next(&spec.limits, NULL, &w); n++) {
		const char *want = arena_printf(&arena, "%s=%s\n", w.file,
						w.text ? w.text : w.value);

		/* Without swap there is nothing to limit, and without the file no way to. */
		cr_expect(strstr(got, want) || !strcmp(w.file, "memory.swap.max"), "no %s in:\n%s",
			  want, got);
	}
	cr_expect(n >= 5, "only %zu files", n);
	cr_expect(access(arena_printf(&arena, "%s/%s", plan.cgroup_parent, plan.cgroup_name),
			 F_OK) != 0,
		  "the group is still there");
	cr_expect(unlink(arena_printf(&arena, "%s/cgroup.subtree_control", plan.cgroup_parent)) ==
		  0);
	cr_expect(rmdir(plan.cgroup_parent) == 0 && rmdir(dir) == 0);
}
