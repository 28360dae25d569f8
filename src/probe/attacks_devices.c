/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attacks_devices.c - device nodes: those that are here, and own ones.
 *
 * Should:  look at the bytes of no disk; remove what was made.
 * Mustn't: open a device that does something when it is opened (a watchdog, a tape, a line).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "probe.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define OPEN(name, flags, ...)                                    \
	static void name(struct attempt *a)                       \
	{                                                         \
		static const char *const paths[] = {__VA_ARGS__}; \
                                                                  \
		try_any(a, paths, COUNT(paths), flags);           \
	}

OPEN(dev_mem, O_RDONLY, "/dev/port", "/dev/kmem", "/dev/mem")
OPEN(dev_kvm, O_RDWR, "/dev/kvm")
OPEN(dev_fuse, O_RDWR, "/dev/fuse")
OPEN(dev_loop, O_RDWR, "/dev/loop-control")
/* Only such as do nothing when they are opened for reading. */
OPEN(dev_others, O_RDONLY, "/dev/hwrng", "/dev/rtc0", "/dev/vcs", "/dev/userfaultfd",
     "/dev/udmabuf", "/dev/btrfs-control", "/dev/mapper/control", "/dev/vfio/vfio",
     "/dev/vhost-net", "/dev/vhost-vsock", "/dev/kfd", "/dev/nvidiactl", "/dev/snd/controlC0",
     "/dev/input/event0", "/dev/input/mice", "/dev/hidraw0", "/dev/video0", "/dev/fb0",
     "/dev/dri/card0", "/dev/dri/renderD128")

static void dev_kmsg(struct attempt *a)
{
	char record[1024];
	int fd = try_open(a, "/dev/kmsg", O_RDONLY);

	/* Here a reader has a place of its own: no other loses the record. */
	if (fd >= 0 && TRY(a, read, fd, record, sizeof(record)) > 0)
		worked(a, "the kernel's log");
}

/* Every node of a block device in /dev, whatever its name. */
static void dev_disks(struct attempt *a)
{
	DIR *dev = opendir("/dev");
	const struct dirent *entry;
	bool is_any = false;
	struct stat st;
	char path[300];

	while (dev && (entry = readdir(dev))) {
		(void)snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
		if (stat(path, &st) || !S_ISBLK(st.st_mode))
			continue;
		is_any = true;
		if (try_open(a, path, O_RDONLY) >= 0) {
			worked(a, "%s", path);
			return;
		}
	}
	if (!is_any && try_open(a, "/dev", O_RDONLY) >= 0)
		held(a, BY_ABSENT, "no disk is in /dev");
}

/* Where a node would count: what is written is no use on nodev, unless there is nothing else. */
static const char *node_place(void)
{
	static const char *const places[] = {"/tmp", "/run", "/var/tmp", "/", "/root", "/dev"};
	struct statvfs fs;

	for (size_t i = 0; i < COUNT(places); i++)
		if (access(places[i], W_OK) == 0 && statvfs(places[i], &fs) == 0 &&
		    !(fs.f_flag & ST_NODEV))
			return places[i];
	return scratch(NULL);
}

/* A node of ours, opened and removed: the rules cannot look at it any more, so what is said is. */
static int node_open(struct attempt *a, mode_t kind, dev_t number, int flags)
{
	const char *dir = node_place();
	struct statvfs fs = {0};
	char path[300];
	int fd;

	own_name(path, sizeof(path), dir);
	if (TRY(a, mknodat, AT_FDCWD, path, kind | 0600, number) < 0)
		return (int)a->ret;
	fd = try_open(a, path, flags);
	about(a, dir, R_OK);
	(void)statvfs(path, &fs);
	(void)unlink(path);
	if (fd == -EACCES && fs.f_flag & ST_NODEV)
		held(a, BY_MOUNT_FLAG, "nodev on %s", dir);
	/* The node is ours and of mode 0600; security modules say EACCES. */
	else if (fd == -EPERM)
		held(a, BY_LIMIT, "the control group's list of devices, or the driver");
	return fd;
}

/* The kernel's log, for writing, which its driver refuses to nobody; nothing is written. */
static void mknod_char(struct attempt *a)
{
	if (node_open(a, S_IFCHR, makedev(1, 11), O_WRONLY) >= 0)
		worked(a, "a node for the kernel's log, opened for writing");
}

/* By the numbers that a first disk has, and those that /proc names. */
static void mknod_block(struct attempt *a)
{
	dev_t numbers[32] = {makedev(8, 0), makedev(254, 0), makedev(253, 0), makedev(259, 0)};
	FILE *partitions = fopen("/proc/partitions", "re");
	unsigned major, minor;
	bool is_there = false;
	size_t n = 4;
	char line[256];

	while (partitions && n < COUNT(numbers) && fgets(line, sizeof(line), partitions))
		if (sscanf(line, "%u %u", &major, &minor) == 2)
			numbers[n++] = makedev(major, minor);
	if (partitions)
		(void)fclose(partitions);
	for (size_t i = 0; i < n; i++) {
		int fd = node_open(a, S_IFBLK, numbers[i], O_RDONLY);

		if (fd >= 0)
			worked(a, "block device %u:%u", major(numbers[i]), minor(numbers[i]));
		if (fd >= 0 || a->nr == SYS_mknodat)
			return;
		is_there |= fd != -ENXIO && fd != -ENODEV;
	}
	if (!is_there)
		not_applicable(a, "no disk by the numbers that disks have");
}

/* ---- the table ------------------------------------------------------------------------------- */

/* clang-format off */
const struct attack attacks_devices[] = {
	{.id = "mknod-char", .what = "make a device node and open it",
	 .gives = "any device of the host, by its number",
	 .weight = 7, .caps = CAP(MKNOD), .in_first = true, .cure = "--cap-drop MKNOD",
	 .run = mknod_char},
	{.id = "mknod-block", .what = "make a disk's node and open it",
	 .gives = "every file of the host, past all owners and modes",
	 .weight = 9, .caps = CAP(MKNOD), .in_first = true, .cure = "--cap-drop MKNOD",
	 .run = mknod_block},
	{.id = "dev-disks", .what = "open a disk of the host",
	 .gives = "every file of the host, past all owners and modes",
	 .weight = 9, .cure = "--preset hardened", .run = dev_disks},
	{.id = "dev-mem", .what = "open the machine's memory",
	 .gives = "all of the host: kernel, keys, other users",
	 .weight = 10, .caps = CAP(SYS_RAWIO), .in_first = true, .cure = "--preset hardened",
	 .run = dev_mem},
	{.id = "dev-kmsg", .what = "read the kernel's log by its device",
	 .gives = "addresses in the kernel, and what happens on the host",
	 .weight = 2, .caps = CAP(SYSLOG), .in_first = true, .cure = "--preset hardened",
	 .run = dev_kmsg},
	{.id = "dev-kvm", .what = "open /dev/kvm",
	 .gives = "the kernel's hypervisor: wide code, close to the hardware",
	 .weight = 4, .cure = "--preset hardened", .run = dev_kvm},
	{.id = "dev-fuse", .what = "open /dev/fuse",
	 .gives = "a file system that answers the kernel when it likes, a help in winning races",
	 .weight = 3, .cure = "--preset hardened", .run = dev_fuse},
	{.id = "dev-loop-control", .what = "open /dev/loop-control",
	 .gives = "disks made of files, and so any file system's parser",
	 .weight = 4, .cure = "--preset hardened", .run = dev_loop},
	{.id = "dev-others", .what = "open another device of the host",
	 .gives = "screen, keyboard, sound, graphics drivers and their faults",
	 .weight = 4, .cure = "--preset hardened", .run = dev_others},
	{0},
};
/* clang-format on */
