/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attacks_proc.c - what /proc and /sys tell of the host's kernel, and what they would set.
 *
 * Should:  see whether a file is the kernel's own, or covered by something else.
 * Mustn't: write. The kernel checks when such a file is opened, and that is what is tried.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "probe.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- reading --------------------------------------------------------------------------------- */

/* Is what was opened on the kernel's own file system, as its path says? */
static bool is_genuine(const char *path, int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs))
		return false;
	if (!strncmp(path, "/proc/", 6))
		return fs.f_type == PROC_SUPER_MAGIC;
	return fs.f_type == SYSFS_MAGIC || fs.f_type == TRACEFS_MAGIC || fs.f_type == DEBUGFS_MAGIC;
}

/* The first line of the first of them that tells something: in `line`, and said. */
static bool reveal(struct attempt *a, const char *const *paths, size_t n, char *line, size_t size)
{
	const char *covered = NULL, *refused = NULL;

	for (size_t i = 0; i < n; i++) {
		int fd = try_open(a, paths[i], O_RDONLY);
		long len = -1;

		if (fd < 0 && fd != -ENOENT)
			refused = paths[i];
		if (fd >= 0 && !is_genuine(paths[i], fd))
			covered = paths[i];
		else if (fd >= 0)
			len = TRY(a, read, fd, line, size - 1);
		if (fd >= 0)
			close(fd);
		if (len > 0) {
			line[len] = '\0';
			line[strcspn(line, "\n")] = '\0';
			worked(a, "%s: %.100s", paths[i], line);
			return true;
		}
	}
	if (covered)
		held(a, BY_ABSENT, "%s is covered by something else", covered);
	else if (refused)
		(void)try_open(a, refused, O_RDONLY);
	else if (a->ret == 0)
		held(a, BY_ABSENT, "%s is empty", paths[n - 1]);
	return false;
}

/* The same of directories: has one an entry? */
static void reveal_dir(struct attempt *a, const char *const *paths, size_t n)
{
	const char *covered = NULL, *empty = NULL;

	for (size_t i = 0; i < n; i++) {
		char entries[1024];
		int fd = try_open(a, paths[i], O_RDONLY | O_DIRECTORY);

		if (fd < 0)
			continue;
		if (!is_genuine(paths[i], fd))
			covered = paths[i];
		/* "." and ".." take 24 bytes each. */
		else if (TRY(a, getdents64, fd, entries, sizeof(entries)) > 48)
			worked(a, "%s and what is in it", paths[i]);
		else if (a->ret >= 0)
			empty = paths[i];
		close(fd);
		if (a->end == END_WORKED)
			return;
	}
	if (covered)
		held(a, BY_ABSENT, "%s is covered by something else", covered);
	else if (empty)
		held(a, BY_ABSENT, "%s is empty", empty);
}

#define READ(name, ...)                                                   \
	static void name(struct attempt *a)                               \
	{                                                                 \
		static const char *const paths[] = {__VA_ARGS__};         \
		char line[256];                                           \
                                                                          \
		(void)reveal(a, paths, COUNT(paths), line, sizeof(line)); \
	}
#define LIST(name, ...)                                           \
	static void name(struct attempt *a)                       \
	{                                                         \
		static const char *const paths[] = {__VA_ARGS__}; \
                                                                  \
		reveal_dir(a, paths, COUNT(paths));               \
	}

READ(proc_timers, "/proc/timer_list")
READ(proc_keys, "/proc/keys")
READ(proc_interrupts, "/proc/interrupts")
READ(proc_slab, "/proc/pagetypeinfo", "/proc/vmallocinfo", "/proc/slabinfo")
READ(sys_tracing, "/sys/kernel/debug/tracing/current_tracer", "/sys/kernel/debug/sched/debug",
     "/sys/kernel/tracing/current_tracer")
READ(sys_power, "/sys/devices/virtual/powercap/intel-rapl/intel-rapl:0/energy_uj",
     "/sys/class/powercap/intel-rapl:0/energy_uj")
LIST(proc_hardware, "/proc/asound", "/proc/scsi", "/proc/acpi")
LIST(sys_firmware, "/sys/firmware")
LIST(sys_disks, "/sys/class/dmi/id", "/sys/block")

/* Opened only: a record that is read here is gone for the logger. */
static void proc_kmsg(struct attempt *a)
{
	int fd = try_open(a, "/proc/kmsg", O_RDONLY);

	if (fd >= 0 && is_genuine("/proc/kmsg", fd))
		worked(a, "the kernel's log");
	else if (fd >= 0)
		held(a, BY_ABSENT, "/proc/kmsg is covered by something else");
}

/* Headers only: the memory itself comes after them. */
static void proc_kcore(struct attempt *a)
{
	static const char *const paths[] = {"/proc/kcore"};
	char head[64];

	if (reveal(a, paths, COUNT(paths), head, sizeof(head)))
		worked(a, "the kernel's memory, as a file");
}

/* The file is readable, but what counts in it is zero for those without this right. */
static void zeros(struct attempt *a, unsigned cap, const char *what)
{
	if (!(fact_caps("CapEff") & 1ULL << cap))
		held(a, BY_CAPABILITY, "%s zero: %s missing", what,
		     cap == CAP_SYSLOG ? "SYSLOG" : "SYS_ADMIN");
	else if (!fact_first_user_ns())
		held(a, BY_NAMESPACE, "%s zero: the right counts for the own user namespace only",
		     what);
	else
		held(a, BY_KERNEL, "%s zero", what);
}

/* Does the first line begin with an address that is none? */
static void addresses(struct attempt *a, const char *path, unsigned cap)
{
	char line[256];

	if (!reveal(a, &path, 1, line, sizeof(line)))
		return;
	if (!strncmp(line + strspn(line, " "), "0000000", 7))
		zeros(a, cap, "addresses are");
}

static void proc_kallsyms(struct attempt *a)
{
	addresses(a, "/proc/kallsyms", CAP_SYSLOG);
}

/* The first line begins at zero for all, and ends there for those without the right. */
static void proc_iomem(struct attempt *a)
{
	static char text[1 << 16];
	const char *dash;
	long n;
	int fd = try_open(a, "/proc/iomem", O_RDONLY);

	if (fd < 0)
		return;
	if (!is_genuine("/proc/iomem", fd)) {
		held(a, BY_ABSENT, "/proc/iomem is covered by something else");
		return;
	}
	n = TRY(a, read, fd, text, sizeof(text) - 1);
	if (n <= 0)
		return;
	dash = strchr(text, '-');
	if (dash && strspn(dash + 1, "0") < strcspn(dash + 1, " "))
		worked(a, "where the machine's memory and devices are");
	else
		zeros(a, CAP_SYS_ADMIN, "addresses are");
}

/* Number of the page that our own variable is in (Rowhammer needs it) */
static void proc_pagemap(struct attempt *a)
{
	static char page[2 * 4096];
	uint64_t entry = 0;
	int fd;

	page[0] = 1;
	fd = try_open(a, "/proc/self/pagemap", O_RDONLY);
	if (fd < 0 || TRY(a, pread64, fd, &entry, sizeof(entry),
			  (long)((uintptr_t)page / (uintptr_t)sysconf(_SC_PAGESIZE) * 8)) < 0)
		return;
	/* Bits 0 to 54 are the number, bit 63 says that there is a page (admin-guide/mm/pagemap) */
	if (entry & ((1ULL << 55) - 1))
		worked(a, "which page of the machine's memory is ours");
	else
		zeros(a, CAP_SYS_ADMIN, "page numbers are");
}

/* ---- writing --------------------------------------------------------------------------------- */

#define WRITE(name, ...)                                          \
	static void name(struct attempt *a)                       \
	{                                                         \
		static const char *const paths[] = {__VA_ARGS__}; \
                                                                  \
		try_any(a, paths, COUNT(paths), O_WRONLY);        \
	}

WRITE(core_pattern, "/proc/sys/kernel/core_pattern")
WRITE(kernel_helpers, "/sys/kernel/uevent_helper", "/proc/sys/kernel/poweroff_cmd",
      "/proc/sys/kernel/modprobe")
WRITE(binfmt_register, "/proc/sys/fs/binfmt_misc/register")
WRITE(sysrq_trigger, "/proc/sysrq-trigger")
WRITE(proc_sys, "/proc/sys/vm/drop_caches", "/proc/sys/vm/overcommit_memory",
      "/proc/sys/fs/protected_hardlinks", "/proc/sys/kernel/panic", "/proc/sys/kernel/printk")
WRITE(proc_irq, "/proc/irq/default_smp_affinity")
WRITE(proc_bus, "/proc/bus/pci/00/01.0", "/proc/bus/pci/00/00.0")
WRITE(proc_mtrr, "/proc/mtrr")
WRITE(sys_write, "/sys/power/state", "/sys/devices/system/cpu/cpu1/online",
      "/sys/kernel/mm/transparent_hugepage/enabled")
/* Version 1's controllers, where a distribution mounts them, and the file of an own mount */
WRITE(release_agent, "/sys/fs/cgroup/systemd/release_agent", "/sys/fs/cgroup/cpu/release_agent",
      "/sys/fs/cgroup/rdma/release_agent", "/sys/fs/cgroup/memory/release_agent")
WRITE(cgroup_write, "/sys/fs/cgroup/unified/cgroup.procs", "/sys/fs/cgroup/pids/cgroup.procs",
      "/sys/fs/cgroup/memory/cgroup.procs", "/sys/fs/cgroup/memory.max",
      "/sys/fs/cgroup/cgroup.procs")

/* ---- the table ------------------------------------------------------------------------------- */

/* clang-format off */
const struct attack attacks_proc[] = {
	{.id = "core-pattern", .what = "set the host's core dump handler",
	 .gives = "a program of choice, run as root on the host at the next crash",
	 .weight = 10, .cure = "--preset hardened", .run = core_pattern},
	{.id = "kernel-helpers", .what = "set a program that the kernel starts",
	 .gives = "a program of choice, run as root on the host when a module or device is asked for",
	 .weight = 10, .cure = "--preset hardened", .run = kernel_helpers},
	{.id = "release-agent", .what = "set a control group's release agent",
	 .gives = "a program of choice, run as root on the host (CVE-2022-0492)",
	 .weight = 10, .cure = "--preset hardened", .run = release_agent},
	{.id = "binfmt-register", .what = "register an interpreter for the host's programs",
	 .gives = "a program of choice in the place of others, set-user-ID ones among them",
	 .weight = 9, .cure = "--preset hardened", .run = binfmt_register},
	{.id = "sysrq-trigger", .what = "press the magic SysRq key",
	 .gives = "the host halted, or all its processes killed",
	 .weight = 8, .cure = "--preset hardened", .run = sysrq_trigger},
	{.id = "proc-sys-write", .what = "set kernel parameters of the host",
	 .gives = "the host's protections and memory policy, switched off",
	 .weight = 7, .cure = "--preset hardened", .run = proc_sys},
	{.id = "proc-irq-write", .what = "move the host's interrupts",
	 .gives = "another's processor slowed down",
	 .weight = 2, .cure = "--preset hardened", .run = proc_irq},
	{.id = "proc-bus-write", .what = "write to a PCI device's configuration",
	 .gives = "devices that stop, or read and write where they should not",
	 .weight = 7, .cure = "--preset hardened", .run = proc_bus},
	{.id = "proc-mtrr-write", .what = "set how memory is cached",
	 .gives = "a host too slow to use",
	 .weight = 3, .caps = CAP(SYS_ADMIN), .in_first = true, .cure = "--preset hardened",
	 .run = proc_mtrr},
	{.id = "sys-write", .what = "set the host's hardware by /sys",
	 .gives = "the host asleep, or short of processors",
	 .weight = 6, .cure = "--preset hardened", .run = sys_write},
	{.id = "cgroup-write", .what = "leave the own control group",
	 .gives = "no limits any more",
	 .weight = 5, .cure = "--preset hardened", .run = cgroup_write},
	{.id = "proc-kcore", .what = "read the kernel's memory by /proc/kcore",
	 .gives = "all of the host: kernel, keys, other users",
	 .weight = 10, .caps = CAP(SYS_RAWIO), .in_first = true, .cure = "--preset hardened",
	 .run = proc_kcore},
	{.id = "proc-kmsg", .what = "read the kernel's log by /proc/kmsg",
	 .gives = "addresses in the kernel, and records that the host's logger then misses",
	 .weight = 2, .caps = CAP(SYSLOG), .in_first = true, .cure = "--preset hardened",
	 .run = proc_kmsg},
	{.id = "proc-kallsyms", .what = "read the kernel's addresses",
	 .gives = "where everything is in the kernel, which an exploit needs first",
	 .weight = 3, .caps = CAP(SYSLOG), .in_first = true, .cure = "--cap-drop SYSLOG",
	 .run = proc_kallsyms},
	{.id = "proc-iomem", .what = "read the map of physical memory",
	 .gives = "where the kernel lies in it",
	 .weight = 2, .caps = CAP(SYS_ADMIN), .in_first = true, .cure = "--cap-drop SYS_ADMIN",
	 .run = proc_iomem},
	{.id = "proc-pagemap", .what = "read own pages' physical numbers",
	 .gives = "neighbours in the memory chips, which Rowhammer needs",
	 .weight = 3, .caps = CAP(SYS_ADMIN), .in_first = true, .cure = "--cap-drop SYS_ADMIN",
	 .run = proc_pagemap},
	{.id = "proc-slabinfo", .what = "read the kernel's memory statistics",
	 .gives = "whether an attack on the kernel's memory goes well",
	 .weight = 2, .cure = "--preset hardened", .run = proc_slab},
	{.id = "proc-timer-list", .what = "read the kernel's timers",
	 .gives = "what other processes wait for",
	 .weight = 1, .cure = "--preset hardened", .run = proc_timers},
	{.id = "proc-keys", .what = "list keys in /proc/keys",
	 .gives = "which keys the user's programs hold",
	 .weight = 1, .cure = "--preset hardened", .run = proc_keys},
	{.id = "proc-interrupts", .what = "read the host's interrupt counters",
	 .gives = "when somebody types, and how long the words are",
	 .weight = 2, .cure = "--preset hardened", .run = proc_interrupts},
	{.id = "proc-hardware", .what = "look at /proc/acpi, scsi, asound",
	 .gives = "the host's hardware, and switches for some of it",
	 .weight = 2, .cure = "--preset hardened", .run = proc_hardware},
	{.id = "sys-firmware", .what = "read the firmware's tables",
	 .gives = "the machine's make, and addresses in its firmware",
	 .weight = 2, .cure = "--preset hardened", .run = sys_firmware},
	{.id = "sys-powercap", .what = "read the power meter",
	 .gives = "keys, guessed from the power a processor takes (CVE-2020-8694)",
	 .weight = 3, .cure = "--preset hardened", .run = sys_power},
	{.id = "sys-hardware", .what = "list the host's disks and make in /sys",
	 .gives = "the host's hardware, enough to know it again",
	 .weight = 1, .cure = "--preset hardened", .run = sys_disks},
	{.id = "sys-tracing", .what = "use the kernel's tracer",
	 .gives = "what every process and the kernel does",
	 .weight = 5, .cure = "--preset hardened", .run = sys_tracing},
	{0},
};
/* clang-format on */
