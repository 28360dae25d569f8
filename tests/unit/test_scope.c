/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_scope.c - scope.c with a script in the place of pillbox-scope: what it is told, and what of
 * its answers is believed.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "step.h"

static char dir[64], script[80];
static char here[PATH_MAX]; /* our own group, as the kernel shows it */
static struct spec spec;
static struct plan plan;
static struct run run;
static struct err err;

static void setup(void)
{
	struct cgroup_host h = {.has_path = false};
	char *text = NULL;
	size_t len;

	cr_assert(read_file(AT_FDCWD, "/proc/self/cgroup", 65536, &text, &len) == 0);
	cgroup_parse_self(text, &h);
	free(text);
	(void)snprintf(here, sizeof(here), "%s", h.path);
	(void)snprintf(dir, sizeof(dir), "/tmp/pillbox-test-XXXXXX");
	cr_assert(mkdtemp(dir));
	(void)snprintf(script, sizeof(script), "%s/pillbox-scope", dir);
	memset(&spec.limits, 0xff, sizeof(spec.limits));
	spec.limits.cpuset_cpus = spec.limits.cpuset_mems = NULL;
	spec.limits.memory = 64 << 20;
	plan.scope_program = script;
	plan.scope_unit = "pillbox-x.scope";
	plan.scope_path = here;
	plan.cgroup_need = CTL_MEMORY | CTL_CPU;
	plan.cgroup_want = CTL_PIDS;
	run.spec = &spec;
	run.plan = &plan;
}

static void drop(void)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/args", dir);
	(void)unlink(path);
	(void)unlink(script);
	(void)rmdir(dir);
}

TestSuite(scope, .init = setup, .fini = drop);

static int answered(const char *commands)
{
	FILE *f = fopen(script, "w");

	cr_assert(f);
	fprintf(f, "#!/bin/sh\n%s\n", commands);
	cr_assert(fclose(f) == 0 && chmod(script, 0755) == 0);
	memset(&err, 0, sizeof(err));
	run.has_no_scope = false;
	return step_cgroup_scope.run(&run, &err);
}

Test(scope, what_it_is_told)
{
	char commands[256], want[160], *text = NULL;
	size_t len;

	if (!here[0])
		cr_skip_test("no cgroup2 here");
	(void)snprintf(commands, sizeof(commands),
		       "env | grep -v ^PWD= >%s/args; echo \"$@\" >>%s/args; echo done", dir, dir);
	cr_assert(answered(commands) == 0, "%s", err.msg);
	(void)snprintf(commands, sizeof(commands), "%s/args", dir);
	cr_assert(read_file(AT_FDCWD, commands, 4096, &text, &len) == 0);
	(void)snprintf(want, sizeof(want), "%d pillbox-x.scope app.slice cpu memory pids\n",
		       getpid());
	cr_expect(!strncmp(text, "PATH=", 5), "%s", text);
	cr_expect_str_eq(strchr(text, '\n') + 1, want);
	free(text);
}

Test(scope, only_the_kernel_is_believed)
{
	plan.scope_path = "/user.slice/somewhere/else.scope";
	cr_expect(answered("echo done") == -ESTALE);
	cr_expect(strstr(err.msg, "--memory: systemd says that we are in /user.slice/somewhere/"),
		  "%s", err.msg);
	cr_expect(err.raw && err.hint[0]);
}

Test(scope, words)
{
	static const struct {
		const char *commands;
		int num;
		const char *part;
	} rows[] = {
		{"echo 'connect /x: Refused'", ECONNREFUSED,
		 "manager does not answer: /x: Refused"},
		{"echo 'namespace '", EXDEV, "in another pid namespace"},
		{"echo 'exists '", EEXIST, "--memory: there is a scope of this name"},
		{"echo 'timeout '", ETIME, "does not answer in time"},
		{"echo 'failed dependency'; exit 1", EIO, "could not start the scope: dependency"},
		{"echo 'refused a: b'; exit 1", EPERM, "systemd refuses the scope: a: b"},
		/* No answer: not one of the words, not a line, not the first line, not with 0. */
		{"echo refuse", EPROTO, "without an answer, exit status 0"},
		{"echo refusedx", EPROTO, "without an answer, exit status 0"},
		{"printf done", EPROTO, "without an answer, exit status 0"},
		{"echo; echo done", EPROTO, "without an answer, exit status 0"},
		{"echo done; exit 3", EPROTO, "without an answer, exit status 3"},
		{"echo done; kill -KILL $$", EPROTO, "without an answer, by signal 9"},
		{"echo done >&2", EPROTO, "without an answer, exit status 0"},
		{"echo done and more", EPROTO, "without an answer, exit status 0"},
		{"head -c 9999 /dev/zero", EPROTO, "without an answer, exit status 0"},
		{"head -c 9999 /dev/zero | tr '\\000' x", EPROTO, "without an answer"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int rc = answered(rows[i].commands);

		cr_expect(rc == -rows[i].num, "%s: %d", rows[i].commands, rc);
		cr_expect(strstr(err.msg, rows[i].part), "%s: '%s' has no '%s'", rows[i].commands,
			  err.msg, rows[i].part);
		cr_expect(err.raw && err.hint[0], "%s", rows[i].commands);
	}
}

Test(scope, no_program)
{
	(void)unlink(script);
	cr_expect(step_cgroup_scope.run(&run, &err) == -EPROTO);
	cr_expect(strstr(err.msg, "exit status 127"), "%s", err.msg);
}

/* Asked for only to count: said, and gone without. */
Test(scope, only_to_count)
{
	plan.cgroup_need = 0;
	plan.cgroup_counts = true;
	spec.limits.memory = LIMIT_UNSET;
	cr_expect(answered("echo 'refused for now'; exit 1") == 0);
	cr_expect(run.has_no_scope && !err.is_set);
	cr_expect(step_cgroup.run(&run, &err) == 0, "a group was made for it all the same");
	if (here[0])
		cr_expect(answered("echo done") == 0 && !run.has_no_scope);
}
