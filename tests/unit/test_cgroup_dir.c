/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_cgroup_dir.c - cgroup.c on the real kernel: made, locked, swept, killed, removed. Needs to be
 * root and a cgroup2 mount, with or without controllers: no limits are written here.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "step.h"
#include "supervise.h"

/* Each test has a directory of its own, as if it were the root of the tree. */
static char mount[PATH_MAX], top[PATH_MAX + 32], parent[PATH_MAX + 64];
static struct spec spec;
static struct plan plan;
static struct run run;
static struct err err;

static bool setup(const char *name)
{
	static struct cgroup_host host;
	char *text = NULL;
	size_t len;

	cr_assert(read_file(AT_FDCWD, "/proc/self/mountinfo", 16 << 20, &text, &len) == 0);
	cgroup_parse_mounts(text, &host);
	free(text);
	(void)snprintf(mount, sizeof(mount), "%s", host.mount);
	if (getuid() != 0 || !mount[0] || access(mount, W_OK) < 0)
		return false;
	/* Not by the pid: in a pid namespace each run has the same ones. */
	(void)snprintf(top, sizeof(top), "%s/unit-XXXXXX", mount);
	cr_assert(mkdtemp(top) && chmod(top, 0755) == 0, "%s: %s", top, strerror(errno));
	(void)snprintf(parent, sizeof(parent), "%s/pillbox", top);
	memset(&spec.limits, 0xff, sizeof(spec.limits));
	spec.limits.cpuset_cpus = spec.limits.cpuset_mems = NULL;
	plan.has_cgroup = plan.cgroup_make = true;
	plan.cgroup_parent = parent;
	plan.cgroup_name = name;
	run.spec = &spec;
	run.plan = &plan;
	run.cgroup = run.cgroup_parent = run.workload = -1;
	return true;
}

static void drop(void)
{
	cr_expect(rmdir(top) == 0, "something was left in %s: %s", top, strerror(errno));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)at;
	for (int ms = 0; type == FTW_DP && rmdir(path) < 0 && errno == EBUSY && ms < 1000; ms++)
		(void)usleep(1000); /* killed, and not yet gone */
	return 0;
}

/* A test that failed stops where it is; what it made must not outlive it. */
static void clear(void)
{
	char path[PATH_MAX + 64];

	if (!top[0] || access(top, F_OK) < 0)
		return;
	(void)snprintf(path, sizeof(path), "%s/cgroup.procs", mount);
	(void)write_file(AT_FDCWD, path, "0"); /* ourselves out of it */
	(void)snprintf(path, sizeof(path), "%s/cgroup.kill", top);
	(void)write_file(AT_FDCWD, path, "1");
	(void)nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(cgroup_dir, .fini = clear);

static bool exists(const char *name)
{
	char path[PATH_MAX + 128];

	(void)snprintf(path, sizeof(path), "%s/%s", parent, name);
	return access(path, F_OK) == 0;
}

static void put_pid(int group, pid_t pid)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%d", pid);
	cr_assert(write_file(group, "cgroup.procs", text) == 0);
}

Test(cgroup_dir, made_and_removed)
{
	if (!setup("pillbox-unit-a"))
		cr_skip_test("needs root and cgroup2");
	cr_assert(step_cgroup.run(&run, &err) == 0, "%s", err.msg);
	cr_expect(exists("pillbox-unit-a") && run.cgroup >= 0 && run.cgroup_parent == -1);
	cr_expect(fcntl(run.cgroup, F_GETFD) & FD_CLOEXEC);
	step_cgroup.undo(&run);
	cr_expect(!exists("pillbox-unit-a") && run.cgroup == -1 && run.cgroup_parent == -1);
	step_cgroup.undo(&run); /* nothing left to do, nothing done */
	drop();
}

/*
 * The launcher has no capabilities left by then, and the real root of the tree has mode 0555. This is
 * that mode and that launcher: without the remover the directory would stay.
 */
Test(cgroup_dir, removed_without_capabilities)
{
	struct err e = {0};
	int status = 0;
	pid_t pid;

	if (!setup("pillbox-unit-g"))
		cr_skip_test("needs root and cgroup2");
	cr_assert(chmod(top, 0555) == 0);
	pid = fork();
	if (pid == 0) {
		if (step_cgroup.run(&run, &err) < 0 || run.remover <= 0)
			_exit(1);
		run.sigfd = run.pidfd = -1;
		if (confine_launcher(&run, NULL, 0, &e) < 0)
			_exit(2);
		/* The counterpart: this process cannot. */
		if (unlinkat(run.cgroup, "../../other", AT_REMOVEDIR) == 0 || errno != ENOENT)
			_exit(3);
		step_cgroup.undo(&run);
		_exit(run.remover == 0 ? 0 : 4);
	}
	cr_expect(waitpid(pid, &status, 0) == pid && status == 0, "status %x", status);
	cr_expect(access(parent, F_OK) < 0, "%s stays", parent);
	drop();
}

/* Killed, the launcher gives no word; the kernel sends it in its name. */
Test(cgroup_dir, removed_when_the_launcher_is_killed)
{
	int status = 0, ms = 0;
	pid_t pid;

	if (!setup("pillbox-unit-h"))
		cr_skip_test("needs root and cgroup2");
	pid = fork();
	if (pid == 0) {
		/* With the group in it, the directory would be kept for the next run to sweep. */
		if (step_cgroup.run(&run, &err) < 0 ||
		    unlinkat(run.cgroup, "../pillbox-unit-h", AT_REMOVEDIR) < 0)
			_exit(1);
		(void)raise(SIGKILL);
	}
	cr_expect(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status), "status %x", status);
	for (; access(parent, F_OK) == 0 && ms < 5000; ms += 10)
		(void)usleep(10000);
	cr_expect(access(parent, F_OK) < 0, "%s stays", parent);
	drop();
}

Test(cgroup_dir, undo_kills_what_is_in_it)
{
	int status = 0;
	pid_t pid;

	if (!setup("pillbox-unit-b"))
		cr_skip_test("needs root and cgroup2");
	cr_assert(step_cgroup.run(&run, &err) == 0, "%s", err.msg);
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	run.child = pid;
	cr_expect(step_cgroup.verify(&run, &err) < 0 && strstr(err.msg, "is not in"), "%s",
		  err.msg);
	put_pid(run.cgroup, pid);
	memset(&err, 0, sizeof(err));
	cr_expect(step_cgroup.verify(&run, &err) == 0, "%s", err.msg);
	/* Reaped by init in real life; here the zombie stays ours and must not keep the group. */
	step_cgroup.undo(&run);
	cr_expect(!exists("pillbox-unit-b"));
	cr_expect(waitpid(pid, &status, WNOHANG) == pid && WIFSIGNALED(status) &&
		  WTERMSIG(status) == SIGKILL);
	drop();
}

Test(cgroup_dir, name_in_use)
{
	struct run other;

	if (!setup("pillbox-unit-c"))
		cr_skip_test("needs root and cgroup2");
	spec.name = "unit-c";
	cr_assert(step_cgroup.run(&run, &err) == 0, "%s", err.msg);
	other = run;
	other.cgroup = other.cgroup_parent = -1;
	other.remover = 0;
	cr_expect(step_cgroup.run(&other, &err) == -EEXIST);
	cr_expect(err.num == EEXIST && strstr(err.hint, "--name"), "%s", err.hint);
	step_cgroup.undo(&other);
	cr_expect(exists("pillbox-unit-c"), "the loser removed the winner's group");
	step_cgroup.undo(&run);
	cr_expect(!exists("pillbox-unit-c"));
	drop();
}

Test(cgroup_dir, sweeps_the_dead_only)
{
	char path[PATH_MAX + 128];
	int held;

	if (!setup("pillbox-unit-d"))
		cr_skip_test("needs root and cgroup2");
	(void)mkdir(parent, 0755);
	(void)snprintf(path, sizeof(path), "%s/pillbox-unit-dead", parent);
	cr_assert(mkdir(path, 0755) == 0);
	(void)snprintf(path, sizeof(path), "%s/other", parent);
	cr_assert(mkdir(path, 0755) == 0);
	(void)snprintf(path, sizeof(path), "%s/pillbox-unit-live", parent);
	cr_assert(mkdir(path, 0755) == 0);
	held = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert(held >= 0 && flock(held, LOCK_EX | LOCK_NB) == 0);
	cr_assert(step_cgroup.run(&run, &err) == 0, "%s", err.msg);
	cr_expect(!exists("pillbox-unit-dead"), "a dead one stays");
	cr_expect(exists("pillbox-unit-live"), "a live one was removed");
	cr_expect(exists("other"), "not ours");
	(void)rmdir(path);
	(void)close(held);
	(void)snprintf(path, sizeof(path), "%s/other", parent);
	(void)rmdir(path);
	step_cgroup.undo(&run);
	drop();
}

/* Launches that begin and end at once: nobody takes a new group for a dead one. */
Test(cgroup_dir, many_at_once)
{
	int bad = 0;

	if (!setup("pillbox-unit-e"))
		cr_skip_test("needs root and cgroup2");
	for (int i = 0; i < 8; i++) {
		if (fork())
			continue;
		for (int j = 0; j < 25; j++) {
			char name[64];
			struct err e = {0};

			(void)snprintf(name, sizeof(name), "pillbox-unit-%d-%d", i, j);
			plan.cgroup_name = name;
			if (step_cgroup.run(&run, &e) < 0 ||
			    write_file(run.cgroup, "cgroup.freeze", "0") < 0) {
				err_print(&e, "cgroup");
				_exit(1);
			}
			step_cgroup.undo(&run);
			if (exists(name))
				_exit(2);
		}
		_exit(0);
	}
	for (int i = 0; i < 8; i++) {
		int status = 0;

		cr_assert(wait(&status) > 0);
		bad += status != 0;
	}
	cr_expect(bad == 0, "%d of 8 failed", bad);
	drop();
}

Test(cgroup_dir, steps_aside_and_comes_back)
{
	char *text = NULL;
	char want[128];
	size_t len;
	int fd;

	if (!setup("pillbox-unit-f"))
		cr_skip_test("needs root and cgroup2");
	fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put_pid(fd, getpid());
	plan.cgroup_parent = top;
	plan.cgroup_make = false;
	plan.cgroup_leaf = true;
	cr_expect(step_cgroup.run(&run, &err) == 0, "%s", err.msg);
	cr_expect(read_file(AT_FDCWD, "/proc/self/cgroup", 65536, &text, &len) == 0);
	cr_expect(strstr(text, "/launcher-of-pillbox\n"), "%s", text);
	free(text);
	step_cgroup.undo(&run);
	cr_expect(read_file(fd, "cgroup.procs", 65536, &text, &len) == 0);
	(void)snprintf(want, sizeof(want), "%d\n", getpid());
	cr_expect_str_eq(text, want);
	free(text);
	fd = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put_pid(fd, getpid());
	drop();
}
