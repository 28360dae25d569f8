/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_io.c - which block devices the limits on I/O are about.
 *
 * Theory of operation
 *
 * The user names files, the kernel takes numbers: io.max has one line for each device, with
 * up to four values. So each file is looked at, and what several options say of one device, by
 * whatever names, becomes one row of plan->io, which cgroup_limits.c turns into lines.
 *
 * The kernel limits whole disks only and answers ENODEV for a partition. Limiting the disk instead
 * would hit what nobody asked for, so that is an error which names the disk.
 *
 * A weight that no scheduler looks at is taken by the kernel all the same. pillbox refuses it: what
 * was asked for would not be had.
 *
 * Should: only look at files; refuse what the kernel would refuse, but with the reason.
 * Mustn't: open a device: that alone can move a tape, spin up a disk or hang.
 */
#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "step.h"

const char *io_option(enum io_kind kind)
{
	static const char *const names[IO_KINDS] = {
		[IO_READ_BPS] = "--device-read-bps",   [IO_WRITE_BPS] = "--device-write-bps",
		[IO_READ_IOPS] = "--device-read-iops", [IO_WRITE_IOPS] = "--device-write-iops",
		[IO_WEIGHT] = "--blkio-weight-device",
	};

	return names[kind];
}

int io_merge(struct io_device *table, size_t *n, dev_t dev, const struct io_req *req)
{
	struct io_device *row = NULL;

	for (size_t i = 0; i < *n && !row; i++)
		if (table[i].dev == dev)
			row = &table[i];
	if (!row) {
		row = &table[(*n)++];
		*row = (struct io_device){.path = req->path, .dev = dev};
		for (size_t i = 0; i < IO_KINDS; i++)
			row->value[i] = LIMIT_UNSET;
	}
	if (row->value[req->kind] != LIMIT_UNSET && row->value[req->kind] != req->value)
		return -EEXIST;
	row->value[req->kind] = req->value;
	return 0;
}

/* The disk that a partition is on, by the kernel's name; false: it is no partition. */
static bool whole_disk(dev_t dev, char *buf, size_t size)
{
	char path[64], target[PATH_MAX];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/partition", major(dev),
		       minor(dev));
	if (faccessat(AT_FDCWD, path, F_OK, 0) < 0)
		return false;
	*strrchr(path, '/') = '\0';
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	/* ".../block/sda/sda1" */
	(void)snprintf(buf, size, "%s", basename(dirname(target)));
	return true;
}

static int device_find(const struct io_req *req, dev_t *ret, struct err *err)
{
	const char *option = io_option(req->kind);
	char disk[256];
	struct stat st;

	if (stat(req->path, &st) < 0)
		return err_set(err, errno, "%s %s", option, req->path);
	if (!S_ISBLK(st.st_mode)) {
		(void)err_say(err, "%s %s: not a block device", option, req->path);
		err_hint(err, "lsblk lists them");
		return -EINVAL;
	}
	if (whole_disk(st.st_rdev, disk, sizeof(disk))) {
		(void)err_say(err, "%s %s: a partition, and the kernel limits whole disks only",
			      option, req->path);
		err_hint(err, "this one is on /dev/%s: name that instead", disk);
		return -EINVAL;
	}
	*ret = st.st_rdev;
	return 0;
}

/* A disk whose scheduler is BFQ: "none mq-deadline [bfq]". */
static bool has_bfq_disk(void)
{
	DIR *dir = opendir("/sys/block");
	const struct dirent *e;
	bool is_found = false;

	while (dir && !is_found && (e = readdir(dir))) {
		auto_free char *text = NULL;
		char path[PATH_MAX];
		size_t len;

		(void)snprintf(path, sizeof(path), "/sys/block/%s/queue/scheduler", e->d_name);
		is_found = e->d_name[0] != '.' &&
			   read_file(AT_FDCWD, path, 4096, &text, &len) == 0 &&
			   strstr(text, "[bfq]");
	}
	if (dir)
		(void)closedir(dir);
	return is_found;
}

/* The kernel's own weights are off until root turns them on for a disk. */
static bool has_iocost_disk(void)
{
	auto_free char *text = NULL;
	size_t len;

	return read_file(AT_FDCWD, "/sys/fs/cgroup/io.cost.qos", 1 << 16, &text, &len) == 0 &&
	       strstr(text, "enable=1");
}

/*
 * The kernel takes a weight also where no scheduler looks at it. (Of a single device it refuses one
 * that has no effect, and of a device that isn't there.)
 */
static int weight_check(const struct run *r, struct err *err)
{
	uint64_t weight = r->spec->limits.blkio_weight;

	if (weight == LIMIT_UNSET || weight == 0 || !r->plan->has_cgroup ||
	    !(r->plan->cgroup_need & CTL_IO) || has_bfq_disk() || has_iocost_disk())
		return 0;
	if (r->spec->allow_missing & MISSING_CGROUP) {
		note("NOT ENFORCED: --blkio-weight: no disk here has a scheduler that knows weights");
		return 0;
	}
	(void)err_say(err, "--blkio-weight %ju: no disk here has a scheduler that knows weights",
		      (uintmax_t)weight);
	err_hint(err,
		 "as root: modprobe bfq, and echo bfq >/sys/block/NAME/queue/scheduler for each "
		 "disk; or do without: --allow-missing=cgroup");
	return -EINVAL;
}

static int io_devices_run(struct run *r, struct err *err)
{
	const struct limits *l = &r->spec->limits;

	r->plan->io = arena_alloc(r->spec->arena, (l->n_io + 1) * sizeof(*r->plan->io));
	for (size_t i = 0; i < l->n_io; i++) {
		dev_t dev = 0;
		int rc = device_find(&l->io[i], &dev, err);

		if (rc < 0)
			return rc;
		rc = io_merge(r->plan->io, &r->plan->n_io, dev, &l->io[i]);
		if (rc < 0)
			return err_say(
				err,
				"%s %s: contradicts what is said of the same device, %u:%u, under "
				"another name",
				io_option(l->io[i].kind), l->io[i].path, major(dev), minor(dev));
	}
	return weight_check(r, err);
}

static bool io_devices_wanted(const struct run *r)
{
	return r->spec->limits.n_io > 0 || r->spec->limits.blkio_weight != LIMIT_UNSET;
}

static void io_devices_show(const struct run *r, struct show *out)
{
	for (size_t i = 0; i < r->plan->n_io; i++)
		show(out, "devices", "%s is %u:%u", r->plan->io[i].path, major(r->plan->io[i].dev),
		     minor(r->plan->io[i].dev));
}

const struct step step_io_devices = {
	.id = "io-devices",
	.what = "find the block devices that limits on I/O name, and whether weights have an effect",
	.why = "before anything is touched: a name that is no whole disk is refused while there is "
	       "nothing to clean up; before `cgroup`, which writes the numbers found here; after "
	       "`cgroup-plan`, whose reason is nearer to the cure where there is no place for a "
	       "group at all",
	.refs = "stat(2), cgroups(7), sysfs(5)",
	.side = PARENT,
	.is_pure = true,
	.wanted = io_devices_wanted,
	.by = "--device-read-bps and the like, --blkio-weight or --blkio-weight-device",
	.show = io_devices_show,
	.run = io_devices_run,
};
