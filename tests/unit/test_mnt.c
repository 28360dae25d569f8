/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_mnt.c - looks at the rootfs and at sources that only a race would need: what was checked was
 * exchanged afterwards, or a link stands where nothing was.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mnt.h"
#include "runner.h"

static struct spec spec;
static struct plan plan;
static struct run run;
static struct err err;

static void set_up(void)
{
	struct stat st;

	memset(&err, 0, sizeof(err));
	run_init(&run, &spec);
	run.plan = &plan;
	spec.rootfs = "/usr";
	plan.map_kind = MAP_CALLER;
	cr_assert(stat("/usr", &st) == 0);
	plan.root_dev = st.st_dev;
	plan.root_ino = st.st_ino;
}

Test(mnt, an_exchanged_root_is_seen)
{
	set_up();
	cr_expect(step_hold.run(&run, &err) == 0, "%s", err.msg);
	plan.root_ino++;
	cr_expect(step_hold.run(&run, &err) < 0);
	cr_expect(strstr(err.msg, "was exchanged"), "%s", err.msg);
	set_up();
	plan.root_dev++;
	cr_expect(step_hold.run(&run, &err) < 0);
	cr_expect(strstr(err.msg, "was exchanged"), "%s", err.msg);
}

Test(mnt, an_exchanged_device_is_seen)
{
	static struct mount_req device = {.kind = MOUNT_BIND,
					  .origin = "--device",
					  .source = "/dev/null",
					  .target = "/dev/x",
					  .is_device = true,
					  .is_dev = true};
	static struct device_seen seen;
	static int src[2] = {-1, -1};
	struct stat st;

	set_up();
	cr_assert(stat("/dev/null", &st) == 0);
	seen = (struct device_seen){.rdev = st.st_rdev, .type = S_IFCHR};
	spec.mounts = &device;
	spec.n_mounts = 1;
	plan.devices = &seen;
	run.src = src;
	cr_expect(step_hold.run(&run, &err) == 0, "%s", err.msg);
	seen.rdev++;
	cr_expect(step_hold.run(&run, &err) < 0);
	cr_expect(strstr(err.msg, "was exchanged"), "%s", err.msg);
	memset(&err, 0, sizeof(err));
	seen = (struct device_seen){.rdev = st.st_rdev, .type = S_IFBLK};
	cr_expect(step_hold.run(&run, &err) < 0);
	cr_expect(strstr(err.msg, "was exchanged"), "%s", err.msg);
}

/* The lookup finds nothing, and the file would be made where the link leads. */
Test(mnt, a_link_that_leads_nowhere)
{
	char dir[] = "/tmp/pillbox-mnt-XXXXXX";
	struct stat st;
	int root;

	set_up();
	cr_assert(mkdtemp(dir));
	root = open(dir, O_PATH | O_DIRECTORY);
	cr_assert(root >= 0 && symlinkat("made", root, "link") == 0);
	mnt_own(&run, root);
	cr_expect(mnt_make(&run, root, "/link", false) < 0);
	cr_expect(fstatat(root, "made", &st, 0) < 0 && errno == ENOENT);
	cr_expect(mnt_make(&run, root, "/file", false) == 0);
	cr_expect(fstatat(root, "file", &st, 0) == 0 && S_ISREG(st.st_mode));
	/* Not in what is not the sandbox's own. */
	run.n_own_dev = 0;
	cr_expect(mnt_make(&run, root, "/other", true) == -EROFS);
	(void)unlinkat(root, "file", 0);
	(void)unlinkat(root, "made", 0);
	(void)unlinkat(root, "link", 0);
	(void)rmdir(dir);
}
