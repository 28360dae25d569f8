/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attacks_root.c - attacks by chroot(2): another root, and the way out of one.
 *
 * Should:  change the root of the attempt's own process only.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>

#include "probe.h"

static void chroot_dir(struct attempt *a)
{
	const char *dir = scratch(NULL);

	if (TRY(a, chroot, dir) == 0)
		worked(a, "%s is /", dir);
}

/*
 * A directory above the root stays above it when chroot(2) moves the root further down: nothing
 * stops ".." on the way up any more, but the root of the mount namespace does.
 */
static void chroot_escape(struct attempt *a)
{
	const char *dir = scratch(NULL);
	struct statx before, after;
	int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (!strcmp(dir, "/")) {
		not_applicable(a, "no directory but / to go down to");
		return;
	}
	if (statx(top, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &before) ||
	    TRY(a, chroot, dir) < 0 || TRY(a, fchdir, top) < 0)
		return;
	for (int i = 0; i < 64; i++)
		if (TRY(a, chdir, "..") < 0)
			return;
	if (statx(AT_FDCWD, ".", 0, STATX_INO | STATX_MNT_ID, &after))
		return;
	if (before.stx_ino != after.stx_ino || before.stx_mnt_id != after.stx_mnt_id ||
	    before.stx_dev_minor != after.stx_dev_minor ||
	    before.stx_dev_major != after.stx_dev_major)
		worked(a, "reached a directory above /: inode %llu of device %u:%u", after.stx_ino,
		       after.stx_dev_major, after.stx_dev_minor);
	else
		held(a, BY_NAMESPACE, "/ is the root of the mount namespace: nothing is above it");
}

const struct attack attacks_root[] = {
	{.id = "chroot",
	 .what = "chroot to a directory",
	 .gives = "set-user-ID programs that find its files where they trust /etc and /lib",
	 .weight = 2,
	 .caps = CAP(SYS_CHROOT),
	 .cure = "--cap-drop SYS_CHROOT",
	 .run = chroot_dir},
	{.id = "chroot-escape",
	 .what = "climb out of the root by ..",
	 .gives = "the files of the host, where the root was set by chroot alone",
	 .weight = 9,
	 .caps = CAP(SYS_CHROOT),
	 .cure = "--cap-drop SYS_CHROOT",
	 .run = chroot_escape},
	{0},
};
