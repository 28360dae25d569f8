/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attacks_kernel.c - the kernel's wider surface: calls that no ordinary program needs.
 *
 * Should:  get past the check of rights, and no further: each call names something that cannot be,
 * so that a kernel that lets us only finds nothing to do.
 * Mustn't: change anything of the host's, whoever runs it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/mempolicy.h>
#include <linux/perf_event.h>
#include <linux/reboot.h>
#include <linux/userfaultfd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/quota.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

#define NOWHERE "/pillbox-probe/no/such/file"

/*
 * A call whose arguments are wrong: `err` is what the kernel says about them once it has found that
 * we may make it. 0: it has to succeed.
 */
static void past(struct attempt *a, long ret, int err, const char *got)
{
	if (err ? ret == -err : ret >= 0)
		worked(a, "%s", got);
}

/* A function of an attack that is one such call. */
#define ONE_CALL(fn, err, got, ...)                     \
	static void fn(struct attempt *a)               \
	{                                               \
		past(a, TRY(a, __VA_ARGS__), err, got); \
	}

/*
 * A switch of the administrator's that refuses it to everybody from the value `off` on. It is asked
 * last: neither a filter nor a missing capability explains the EPERM.
 */
static void unless_switched(struct attempt *a, uint64_t caps, const char *path, long off)
{
	char text[16] = "";
	long value;
	int fd;

	if (a->end != END_OPEN || a->ret != -EPERM || caps & ~fact_caps("CapEff") ||
	    by_filter(a) != 0)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text) - 1) > 0) {
		value = strtol(text, NULL, 10);
		if (value >= off)
			held(a, BY_KERNEL, "%s is %ld", path, value);
	}
	close(fd);
}

/* ---- programs and measurements in the kernel ---------------------------------------------------- */

static void bpf_load(struct attempt *a)
{
	static const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (uintptr_t)code,
		.insn_cnt = 2,
		.license = (uintptr_t) "",
	};

	past(a, TRY(a, bpf, BPF_PROG_LOAD, &attr, sizeof(attr)), 0,
	     "a program of ours was checked and loaded");
}

static void bpf_map(struct attempt *a)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4,
		.value_size = 8,
		.max_entries = 1,
	};

	past(a, TRY(a, bpf, BPF_MAP_CREATE, &attr, sizeof(attr)), 0, "a map of one entry");
}

static void perf(struct attempt *a, bool is_kernel, pid_t pid, int cpu, const char *got)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.disabled = 1,
		.exclude_kernel = !is_kernel,
		.exclude_hv = 1,
	};

	past(a, TRY(a, perf_event_open, &attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC), 0, got);
}

static void perf_self(struct attempt *a)
{
	long paranoid = fact_number("/proc/sys/kernel/perf_event_paranoid");

	perf(a, false, 0, -1, "a counter of our own process");
	/* Debian's kernels have more than the kernel's own three values: none for anybody. */
	if (a->ret == -EACCES && paranoid > 2 && by_filter(a) == 0)
		held(a, BY_CAPABILITY, "PERFMON missing, and kernel.perf_event_paranoid is %ld",
		     paranoid);
}

static void perf_kernel(struct attempt *a)
{
	perf(a, true, 0, -1, "a counter that sees where the kernel is while it works for us");
}

static void perf_cpu(struct attempt *a)
{
	perf(a, false, -1, 0, "a counter of all processes on CPU 0, the host's too");
}

/* A fault of the kernel's own on our page waits for as long as we like. */
ONE_CALL(userfault_kernel, 0, "also the kernel's own faults stop for us", userfaultfd, O_CLOEXEC)
ONE_CALL(userfault_user, 0, "faults of user mode stop for us", userfaultfd,
	 O_CLOEXEC | UFFD_USER_MODE_ONLY)

static void io_uring(struct attempt *a)
{
	char params[256] = {0}; /* struct io_uring_params and room to grow */

	past(a, TRY(a, io_uring_setup, 1, params), 0, "a ring for one call at a time");
	unless_switched(a, 0, "/proc/sys/kernel/io_uring_disabled", 1);
}

/* ---- another kernel, or a part of one ------------------------------------------------------------ */

/* More segments than there can be. Never none at all: that unloads the kernel that is loaded. */
static void kexec(struct attempt *a)
{
	past(a, TRY(a, kexec_load, 0, 1L << 20, NULL, 0), EINVAL, "only the number was wrong");
	unless_switched(a, CAP(SYS_BOOT), "/proc/sys/kernel/kexec_load_disabled", 1);
}

static void kexec_file(struct attempt *a)
{
	past(a, TRY(a, kexec_file_load, -1, -1, 0, NULL, 1UL << 31), EINVAL,
	     "only the flag was wrong");
	unless_switched(a, CAP(SYS_BOOT), "/proc/sys/kernel/kexec_load_disabled", 1);
}

static void module_refused(struct attempt *a)
{
	if (a->ret == -EKEYREJECTED)
		held(a, BY_KERNEL, "it takes signed modules only");
	unless_switched(a, CAP(SYS_MODULE), "/proc/sys/kernel/modules_disabled", 1);
}

static void module_init(struct attempt *a)
{
	static const char garbage[256];

	past(a, TRY(a, init_module, garbage, sizeof(garbage), ""), ENOEXEC,
	     "it was read, and is no module");
	module_refused(a);
}

static void module_finit(struct attempt *a)
{
	past(a, TRY(a, finit_module, -1, "", 0), EBADF, "only the file was missing");
	module_refused(a);
}

static void module_delete(struct attempt *a)
{
	past(a, TRY(a, delete_module, "pillbox_probe_none", O_NONBLOCK), ENOENT,
	     "only the module was missing");
	module_refused(a);
}

/*
 * The true magic numbers, and no command. In a pid namespace of its own the call does no more than
 * end that namespace.
 */
static void machine_reboot(struct attempt *a)
{
	if (TRY(a, reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, 0x12345678, NULL) != -EINVAL)
		return;
	if (ns_is_own(NS_PID) == 1)
		held(a, BY_NAMESPACE, "it would end no more than the pid namespace of its own");
	else
		worked(a, "only the command was wrong");
}

/* ---- the machine: log, swap, clock, ports ---------------------------------------------------------- */

static void log_read(struct attempt *a)
{
	char text[1024] = "";

	if (TRY(a, syslog, 3 /* SYSLOG_ACTION_READ_ALL */, text, sizeof(text)) >= 0)
		worked(a, "%ld bytes of the kernel's log", a->ret);
}

ONE_CALL(swap_on, ENOENT, "only the file was missing", swapon, NOWHERE, 0)
ONE_CALL(swap_off, ENOENT, "only the file was missing", swapoff, NOWHERE)
/* A name, even of nothing: without one it would end the accounting that there is. */
ONE_CALL(accounting, ENOENT, "only the file was missing", acct, NOWHERE)

/* Neither a time nor a zone */
ONE_CALL(time_of_day, 0, "the call came back well; it had nothing to set", settimeofday, NULL, NULL)

/*
 * The hour zero: rights are asked first, then it is before the machine was started, which
 * clock_settime(2) refuses.
 */
static void clock_set(struct attempt *a)
{
	static const struct timespec zero;

	past(a, TRY(a, clock_settime, CLOCK_REALTIME, &zero), EINVAL, "only the time was wrong");
}

/* A tick of nothing: out of the range that is looked at after the rights. */
static void clock_tick(struct attempt *a)
{
	struct timex timex = {.modes = ADJ_TICK};

	past(a, TRY(a, adjtimex, &timex), EINVAL, "only the length of the tick was wrong");
}

#ifdef __x86_64__
ONE_CALL(port_level, 0, "all ports of the machine", iopl, 3)
/* 0x80: what is written there goes to the lamps of a test card. Nothing is. */
ONE_CALL(port_one, 0, "port 0x80", ioperm, 0x80, 1, 1)

static void local_segments(struct attempt *a)
{
	/* struct user_desc: entry 0, base 0, one byte, 32 bits, data, writable */
	const unsigned desc[4] = {0, 0, 0, 1};

	past(a, TRY(a, modify_ldt, 0x11, desc, sizeof(desc)), 0, "a descriptor of ours");
}
#else
static void port_level(struct attempt *a)
{
	not_applicable(a, "this processor has no such ports or segments");
}
#define port_one port_level
#define local_segments port_level
#endif

/* ---- files by number, quotas, fanotify --------------------------------------------------------------- */

ONE_CALL(fanotify_content, 0, "a group that is asked before each opening", fanotify_init,
	 FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY)
ONE_CALL(fanotify_watch, 0, "a group that is told afterwards", fanotify_init,
	 FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_CLOEXEC, O_RDONLY)
/* Of all file systems at once: those that have none have nothing to do. */
ONE_CALL(quota, 0, "all quotas were written back", quotactl, QCMD(Q_SYNC, USRQUOTA), NULL, 0, NULL)

struct handle {
	struct file_handle head;
	unsigned char bytes[MAX_HANDLE_SZ];
};

/* Of the first place whose file system has handles: overlayfs has none, tmpfs and ext4 have. */
static bool handle_take(struct attempt *a, struct handle *h)
{
	static const char *const places[] = {"/", "/dev/shm", "/tmp", "/etc/passwd"};
	int mount_id;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		h->head.handle_bytes = sizeof(h->bytes);
		(void)TRY(a, name_to_handle_at, AT_FDCWD, places[i], h, &mount_id, 0);
		if (a->ret == 0 && chdir(places[i]) == 0)
			return true;
		if (a->ret == 0 || (a->ret != -EOPNOTSUPP && a->ret != -ENOENT))
			break;
	}
	return a->ret == 0;
}

static void name_to_handle(struct attempt *a)
{
	struct handle h = {0};

	if (handle_take(a, &h))
		worked(a, "a handle of %u bytes", h.head.handle_bytes);
}

/*
 * The class of "shocker": a handle is a number, and any file's can be guessed. Not with O_DIRECTORY:
 * newer kernels allow that below one's own mounts. ESTALE is the answer to a wrong guess, and only
 * those that may ask get it.
 */
static void open_by_handle(struct attempt *a)
{
	struct handle h = {.head = {.handle_bytes = 8, .handle_type = 1}, .bytes = {2}};
	struct handle own = {0};

	if (handle_take(a, &own))
		h = own;
	past(a, TRY(a, open_by_handle_at, AT_FDCWD, &h, O_RDONLY | O_CLOEXEC), 0,
	     "a file was opened by its number alone");
	if (a->ret == -ESTALE)
		worked(a, "only the number was wrong");
}

/* ---- memory and the way programs run ------------------------------------------------------------------ */

ONE_CALL(personality_exec, 0, "all that is readable is executable in the next program", personality,
	 READ_IMPLIES_EXEC)
ONE_CALL(personality_aslr, 0, "the next program's addresses are known", personality,
	 ADDR_NO_RANDOMIZE)
ONE_CALL(personality_zero, 0, "the next program has a page at address 0", personality, PER_SVR4)

static void *page(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

ONE_CALL(memory_policy, 0, "a policy for a page of our own", mbind, page(), 4096, MPOL_DEFAULT,
	 NULL, 0, 0)

static void memory_where(struct attempt *a)
{
	void *at = page();
	int node = -1;

	past(a, TRY(a, move_pages, 0, 1, &at, NULL, &node, 0), 0, "the node of a page of our own");
}

/* Any of them. The ones that few kernels have go first: the last that is refused is the verdict. */
static void obsolete(struct attempt *a)
{
#ifdef __x86_64__
	char text[64] = "";

	if (TRY(a, uselib, NOWHERE) == -ENOENT)
		worked(a, "uselib, which loads a library into the kernel's hands, is there");
	else if (TRY(a, ustat, 0, text) == -EINVAL)
		worked(a, "ustat, older than statfs, is there");
	else if (TRY(a, sysfs, 3) > 0)
		worked(a, "sysfs: this kernel knows %ld kinds of file systems", a->ret);
#else
	(void)TRY(a, nfsservctl, 0, NULL, NULL);
#endif
}

/* ---- the list ---------------------------------------------------------------------------------------- */

/* A right of the host's first user namespace is needed, or none at all. */
#define FILTER "--security-opt seccomp=builtin"
#define HARDENED "--preset hardened" /* where the docker preset's filter lets it, too */
#define DROP(cap) "--cap-drop " #cap
#define ROW(id_, weight_, caps_, cure_, run_, what_, gives_)                              \
	{                                                                                 \
		.id = (id_), .what = (what_), .gives = (gives_), .weight = (weight_),     \
		.caps = (caps_), .in_first = (caps_) != 0, .cure = (cure_), .run = (run_) \
	}

const struct attack attacks_kernel[] = {
	ROW("bpf-load", 8, CAP(BPF), FILTER, bpf_load, "load a BPF program into the kernel",
	    "code that runs in the kernel, behind a verifier that has had many holes"),
	ROW("bpf-map", 4, CAP(BPF), FILTER, bpf_map, "make a BPF map",
	    "memory of the kernel's with contents of the attacker's choice"),
	ROW("perf-event", 3, 0, FILTER, perf_self, "count events of an own process",
	    "the perf subsystem, where many holes of the kernel were"),
	ROW("perf-kernel", 4, CAP(PERFMON), FILTER, perf_kernel,
	    "watch the kernel while it works for us",
	    "addresses of the kernel, which its own randomisation hides"),
	ROW("perf-cpu", 5, CAP(PERFMON), FILTER, perf_cpu, "watch all processes of one CPU",
	    "what other processes of the host do, and when"),
	ROW("userfaultfd", 5, CAP(SYS_PTRACE), FILTER, userfault_kernel,
	    "handle the kernel's page faults",
	    "the kernel stopped in the middle of a call: what makes races easy to win"),
	ROW("userfaultfd-user", 1, 0, FILTER, userfault_user, "handle page faults of user mode",
	    "code of the kernel's that no ordinary program needs"),
	ROW("io-uring", 6, 0, FILTER, io_uring, "make calls by way of a shared ring",
	    "files and sockets without system calls that a filter sees, and much young code"),
	ROW("kexec-load", 10, CAP(SYS_BOOT), DROP(SYS_BOOT), kexec, "load another kernel to start",
	    "the whole machine, with the next reboot or at once"),
	ROW("kexec-file-load", 10, CAP(SYS_BOOT), DROP(SYS_BOOT), kexec_file,
	    "load another kernel from a file",
	    "the whole machine, with the next reboot or at once"),
	ROW("init-module", 10, CAP(SYS_MODULE), DROP(SYS_MODULE), module_init,
	    "load a kernel module from memory", "own code in the kernel: the host"),
	ROW("finit-module", 10, CAP(SYS_MODULE), DROP(SYS_MODULE), module_finit,
	    "load a kernel module from a file", "own code in the kernel: the host"),
	ROW("delete-module", 7, CAP(SYS_MODULE), DROP(SYS_MODULE), module_delete,
	    "remove a kernel module",
	    "drivers of the host's taken away, such as that of a firewall"),
	{.id = "reboot",
	 .what = "reboot the machine",
	 .gives = "the host stopped",
	 .weight = 8,
	 .caps = CAP(SYS_BOOT),
	 .cure = DROP(SYS_BOOT),
	 .run = machine_reboot},
	ROW("syslog-read", 3, CAP(SYSLOG), FILTER, log_read, "read the kernel's log",
	    "addresses and hardware of the host, names of its programs"),
	ROW("swapon", 7, CAP(SYS_ADMIN), DROP(SYS_ADMIN), swap_on, "add swap space",
	    "memory of all processes of the host, written to a file of the attacker's"),
	ROW("swapoff", 4, CAP(SYS_ADMIN), DROP(SYS_ADMIN), swap_off, "take swap space away",
	    "a host that is short of memory brought down"),
	ROW("acct", 4, CAP(SYS_PACCT), DROP(SYS_PACCT), accounting, "turn on process accounting",
	    "a record of each program that ends on the host, in a file of the attacker's"),
	ROW("settimeofday", 4, CAP(SYS_TIME), DROP(SYS_TIME), time_of_day, "set the time of day",
	    "wrong time on the host: certificates and logs lie"),
	ROW("clock-settime", 4, CAP(SYS_TIME), DROP(SYS_TIME), clock_set,
	    "set the real-time clock of the kernel",
	    "wrong time on the host: certificates and logs lie"),
	ROW("adjtimex", 3, CAP(SYS_TIME), DROP(SYS_TIME), clock_tick,
	    "make the clock go faster or slower",
	    "a host whose time drifts, and nobody sees a jump"),
	ROW("iopl", 9, CAP(SYS_RAWIO), DROP(SYS_RAWIO), port_level,
	    "take all I/O ports of the machine",
	    "disks and other hardware without the kernel: the host"),
	ROW("ioperm", 9, CAP(SYS_RAWIO), DROP(SYS_RAWIO), port_one,
	    "take one I/O port of the machine", "hardware without the kernel: the host"),
	ROW("modify-ldt", 2, 0, HARDENED, local_segments, "add a segment descriptor",
	    "code of the kernel's for old programs, where several holes were"),
	ROW("fanotify", 5, CAP(SYS_ADMIN), DROP(SYS_ADMIN), fanotify_content,
	    "decide each opening of a file",
	    "programs of the host that open files held up, and what they open"),
	ROW("fanotify-watch", 1, 0, FILTER, fanotify_watch, "watch files by fanotify",
	    "code of the kernel's that few programs need"),
	ROW("quotactl", 1, 0, FILTER, quota, "write back all quotas",
	    "quota code of every file system of the host, and load for its disks"),
	ROW("name-to-handle", 1, 0, HARDENED, name_to_handle, "get the number of a file",
	    "how files of the host are numbered: the first half of an escape"),
	ROW("open-by-handle", 10, CAP(DAC_READ_SEARCH), DROP(DAC_READ_SEARCH), open_by_handle,
	    "open a file by its number",
	    "every file of the host's file system, whatever the root directory is"),
	ROW("personality-exec", 2, 0, FILTER, personality_exec,
	    "make all readable memory executable", "programs in which injected data runs as code"),
	ROW("personality-aslr", 2, 0, FILTER, personality_aslr, "turn address randomisation off",
	    "programs of the sandbox at known addresses: the first half of many exploits"),
	ROW("personality-zero", 2, 0, FILTER, personality_zero, "get a page at address zero",
	    "null pointers of a program that lead to data and do not crash it"),
	ROW("mbind", 1, 0, FILTER, memory_policy, "choose memory nodes for a page",
	    "placement of memory, and code of the kernel's where holes were"),
	ROW("move-pages", 1, 0, FILTER, memory_where, "ask where a page of memory lies",
	    "the layout of the machine's memory, and code that few programs need"),
	ROW("obsolete-calls", 1, 0, FILTER, obsolete, "make calls that nobody uses any more",
	    "code of the kernel's that nobody has looked at for years"),
	{0},
};
