/* SPDX-License-Identifier: Apache-2.0 */
/* test_helper.c - what a program that pillbox depends on gets of ours, and how long it may take. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper.h"

#define HELPER_TEST_MS 5000

static struct err err;
static struct helper h;

/* The script's words on standard output, or on the other descriptor, in h.said. */
static int sh(const char *script, int fd, unsigned ms)
{
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};
	int rc;

	memset(&err, 0, sizeof(err));
	h = (struct helper)HELPER_NONE;
	cr_assert(helper_start(&h, argv, fd, &err) == 0, "%s", err.msg);
	rc = helper_wait(&h, 1, ms, &err);
	return rc;
}

static void says(const char *script, const char *want)
{
	cr_assert(sh(script, 1, HELPER_TEST_MS) == 0, "%s", err.msg);
	cr_expect_str_eq(h.said, want, "%s", script);
	helper_end(&h);
}

Test(helper, no_variable_of_ours)
{
	setenv("LD_AUDIT_NOT", "x", 1);
	setenv("GCONV_PATH", "/nowhere", 1);
	setenv("PATH", "/nowhere", 1);
	says("unset PWD OLDPWD SHLVL _; env", "PATH=/usr/sbin:/usr/bin\n");
}

/* High ones: the low ones are the test program's own. */
Test(helper, no_descriptor_of_ours)
{
	for (int fd = 100; fd < 104; fd++)
		cr_assert(dup2(2, fd) >= 0);
	says("for fd in 100 101 102 103; do [ ! -e /proc/$$/fd/$fd ] || echo $fd; done; echo done",
	     "done\n");
	says("readlink /proc/self/fd/0", "/dev/null\n");
	says("readlink /proc/self/fd/2", "/dev/null\n");
}

Test(helper, no_directory_of_ours)
{
	cr_assert(chdir("/usr") == 0);
	says("pwd -P", "/\n");
}

Test(helper, no_signal_mask_of_ours)
{
	static const char *const argv[] = {"/bin/grep", "SigBlk:", "/proc/self/status", NULL};
	sigset_t two;

	(void)sigemptyset(&two);
	(void)sigaddset(&two, SIGUSR1);
	(void)sigaddset(&two, SIGPIPE);
	(void)sigprocmask(SIG_BLOCK, &two, NULL);
	/* Not by a shell: dash empties the mask itself. */
	memset(&err, 0, sizeof(err));
	h = (struct helper)HELPER_NONE;
	cr_assert(helper_start(&h, argv, 1, &err) == 0, "%s", err.msg);
	cr_assert(helper_wait(&h, 1, HELPER_TEST_MS, &err) == 0, "%s", err.msg);
	cr_expect_str_eq(h.said, "SigBlk:\t0000000000000000\n");
	helper_end(&h);
}

Test(helper, a_process_group_of_its_own)
{
	char group[32];

	cr_assert(sh("ps -o pgid= -p $$", 1, HELPER_TEST_MS) == 0, "%s", err.msg);
	(void)snprintf(group, sizeof(group), "%d", getpgrp());
	cr_expect(strtol(h.said, NULL, 10) > 1 &&
			  strtol(h.said, NULL, 10) != strtol(group, NULL, 10),
		  "'%s', and ours is %s", h.said, group);
	helper_end(&h);
}

/* A child of its own holds the pipe open: that one ends, too, or the word would be written. */
Test(helper, one_that_hangs_is_ended_with_its_children, .timeout = 20)
{
	char name[] = "/tmp/pillbox-helper-XXXXXX", script[128];
	int fd = mkstemp(name);

	cr_assert(fd >= 0);
	(void)snprintf(script, sizeof(script), "(sleep 1; echo late >%s) & sleep 60", name);
	cr_expect(sh(script, 1, 300) != 0);
	helper_end(&h);
	(void)usleep(1500000);
	cr_expect(lseek(fd, 0, SEEK_END) == 0, "a child of it went on");
	(void)close(fd);
	(void)unlink(name);
}

Test(helper, one_that_floods_is_cut_short, .timeout = 20)
{
	cr_assert(sh("head -c 300000 /dev/zero | tr '\\0' x; exit 3", 1, HELPER_TEST_MS) == 0, "%s",
		  err.msg);
	cr_expect(h.n_said < 8192 && strlen(h.said) == h.n_said, "%zu bytes", h.n_said);
	cr_expect(h.code == CLD_EXITED && h.status == 3);
	helper_end(&h);
}
