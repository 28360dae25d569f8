/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe-try.c - the attempts of `probe try`: each does one thing that a sandbox may forbid.
 *
 * Should:  be harmless where it succeeds inside a sandbox that is thrown away.
 * Mustn't: be called in the host's pid namespace (probe.c sees to that).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

const char *errno_name(int num)
{
	const char *name = strerrorname_np(num);

	return name ? name : "?";
}

static int need(char **args, int n)
{
	for (int i = 0; i < n; i++)
		if (!args[i]) {
			fprintf(stderr, "probe: argument missing\n");
			_exit(2);
		}
	return 0;
}

/* mounts */

static int do_mount(char **args)
{
	return mount("none", args[0] ? args[0] : "/tmp", "tmpfs", 0, NULL);
}

static int do_mount_bind(char **args)
{
	(void)args;
	return mount("/", "/tmp", NULL, MS_BIND, NULL);
}

static int do_mount_proc(char **args)
{
	(void)args;
	return mount("proc", "/tmp", "proc", 0, NULL);
}

static int do_remount(char **args)
{
	return mount(NULL, args[0] ? args[0] : "/", NULL, MS_REMOUNT | MS_BIND, NULL);
}

static int do_umount(char **args)
{
	return umount2(args[0] ? args[0] : "/proc", MNT_DETACH);
}

static int do_fsopen(char **args)
{
	return (int)syscall(SYS_fsopen, args[0] ? args[0] : "tmpfs", 0);
}

static int do_open_tree(char **args)
{
	(void)args;
	return (int)syscall(SYS_open_tree, AT_FDCWD, "/", 1 /* OPEN_TREE_CLONE */);
}

static int do_mount_setattr(char **args)
{
	uint64_t attr[4] = {0, 1 /* MOUNT_ATTR_RDONLY off */, 0, 0};

	return (int)syscall(SYS_mount_setattr, AT_FDCWD, args[0] ? args[0] : "/", 0, attr,
			    sizeof(attr));
}

/* A new file system, attached by descriptor: the way that mount(2) is not asked. */
static int do_move_mount(char **args)
{
	int fs = (int)syscall(SYS_fsopen, "tmpfs", 0), tree;

	if (fs < 0 || syscall(SYS_fsconfig, fs, 6 /* FSCONFIG_CMD_CREATE */, NULL, NULL, 0))
		return -1;
	tree = (int)syscall(SYS_fsmount, fs, 0, 0);
	return tree < 0 ? -1
			: (int)syscall(SYS_move_mount, tree, "", AT_FDCWD,
				       args[0] ? args[0] : "/tmp", 4 /* MOVE_MOUNT_F_EMPTY_PATH */);
}

static int do_pivot(char **args)
{
	(void)args;
	return (int)syscall(SYS_pivot_root, "/tmp", "/tmp");
}

static int do_chroot(char **args)
{
	return chroot(args[0] ? args[0] : "/tmp");
}

/* files */

static int do_open_w(char **args)
{
	need(args, 1);
	return open(args[0], O_WRONLY | O_CLOEXEC);
}

static int do_open_rw(char **args)
{
	need(args, 1);
	return open(args[0], O_RDWR | O_CLOEXEC);
}

static int do_create(char **args)
{
	need(args, 1);
	return open(args[0], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

static int do_read(char **args)
{
	char text[64];
	int fd;

	need(args, 1);
	fd = open(args[0], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? -1 : (int)read(fd, text, sizeof(text));
}

/* `write PATH TEXT`: a file that is there already. */
static int do_write(char **args)
{
	const char *text;
	int fd;

	need(args, 1);
	text = args[1] ? args[1] : "0";
	fd = open(args[0], O_WRONLY | O_CLOEXEC);
	return fd < 0 ? -1 : (int)write(fd, text, strlen(text));
}

static int do_mkdir(char **args)
{
	need(args, 1);
	return mkdir(args[0], 0700);
}

static int do_unlink(char **args)
{
	need(args, 1);
	return unlink(args[0]);
}

static int do_mknod(char **args)
{
	return mknod(args[0] ? args[0] : "/tmp/probe-node", S_IFCHR | 0666, makedev(1, 3));
}

static int do_chown(char **args)
{
	int fd = open("/tmp/probe-chown", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return -1;
	return fchown(fd, args[0] ? (uid_t)atoi(args[0]) : 0, (gid_t)-1);
}

/* Copy this program to PATH and run it from there: is the mount noexec? */
static int do_exec_from(char **args)
{
	char *const argv[] = {"probe", "exit", "0", NULL};
	char *const envp[] = {NULL};
	char buf[65536];
	ssize_t n;
	int in, out;

	need(args, 1);
	in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	out = open(args[0], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	if (in < 0 || out < 0)
		return -1;
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			return -1;
	close(out);
	execve(args[0], argv, envp);
	return -1;
}

/* Every other process's executable, opened for writing (the class of CVE-2019-5736). */
static int do_exe_write(char **args)
{
	int last = ESRCH;

	(void)args;
	for (int pid = 1; pid < 64; pid++) {
		char path[64];
		int fd;

		if (pid == getpid() || pid == getppid())
			continue;
		snprintf(path, sizeof(path), "/proc/%d/exe", pid);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0)
			return 0;
		if (errno != ENOENT)
			last = errno;
	}
	errno = last;
	return -1;
}

static int do_handle(char **args)
{
	struct {
		struct file_handle h;
		unsigned char bytes[8];
	} handle = {.h = {.handle_bytes = 8, .handle_type = 1}, .bytes = {2}};

	(void)args;
	return open_by_handle_at(AT_FDCWD, &handle.h, O_RDONLY);
}

/* ids and capabilities */

static int do_setuid(char **args)
{
	return setuid(args[0] ? (uid_t)strtoul(args[0], NULL, 10) : 0);
}

static int do_setgid(char **args)
{
	return setgid(args[0] ? (gid_t)strtoul(args[0], NULL, 10) : 0);
}

static int do_setgroups(char **args)
{
	gid_t none = args[0] ? (gid_t)strtoul(args[0], NULL, 10) : 0;

	return (int)syscall(SYS_setgroups, 1, &none);
}

static int do_capset(char **args)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {{1, 1, 0}, {0, 0, 0}};

	(void)args;
	return (int)syscall(SYS_capset, &head, data);
}

static int do_securebits(char **args)
{
	(void)args;
	return prctl(PR_SET_SECUREBITS, 0);
}

static int do_nice(char **args)
{
	(void)args;
	return setpriority(PRIO_PROCESS, 0, -5);
}

/* namespaces */

static int do_unshare(char **args)
{
	static const struct {
		const char *name;
		int flag;
	} kinds[] = {
		{"user", CLONE_NEWUSER},     {"mnt", CLONE_NEWNS},    {"pid", CLONE_NEWPID},
		{"net", CLONE_NEWNET},       {"ipc", CLONE_NEWIPC},   {"uts", CLONE_NEWUTS},
		{"cgroup", CLONE_NEWCGROUP}, {"time", CLONE_NEWTIME},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, args[0] ? args[0] : "user"))
			return unshare(kinds[i].flag);
	errno = EINVAL;
	return -1;
}

static int do_unshare_user(char **args)
{
	(void)args;
	return unshare(CLONE_NEWUSER);
}

static int do_clone_user(char **args)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	(void)args;
	if (!pid)
		_exit(0);
	return pid < 0 ? -1 : 0;
}

static int do_clone3_user(char **args)
{
	struct clone_args ca = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &ca, sizeof(ca));

	(void)args;
	if (!pid)
		_exit(0);
	return pid < 0 ? -1 : 0;
}

/* A user namespace and in it the mount that makes it dangerous. */
static int do_nested(char **args)
{
	(void)args;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return -1;
	return mount("none", "/tmp", "tmpfs", 0, NULL);
}

static int do_setns(char **args)
{
	int fd = open(args[0] ? args[0] : "/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : setns(fd, 0);
}

static int do_sethostname(char **args)
{
	(void)args;
	return sethostname("probe", 5);
}

/* other processes */

static int do_ptrace(char **args)
{
	pid_t pid = args[0] ? atoi(args[0]) : 1;

	return ptrace(PTRACE_SEIZE, pid, NULL, NULL) ? -1 : 0;
}

static int do_vm_write(char **args)
{
	static char byte;
	struct iovec local = {&byte, 1}, remote = {&byte, 1};

	return process_vm_writev(args[0] ? atoi(args[0]) : 1, &local, 1, &remote, 1, 0) < 0 ? -1
											    : 0;
}

static int do_mem(char **args)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", args[0] ? atoi(args[0]) : 1);
	return open(path, O_RDWR | O_CLOEXEC);
}

static int do_kill_all(char **args)
{
	(void)args;
	/* the answer has to outlive this process's siblings: report, then see who is left */
	return kill(-1, SIGKILL);
}

static int do_kill_init(char **args)
{
	return kill(1, args[0] ? atoi(args[0]) : SIGKILL);
}

/* terminals */

static int do_tiocsti(char **args)
{
	char c = '#';

	(void)args;
	return ioctl(0, TIOCSTI, &c);
}

/* The kernel reads only the low 32 bits of the command; a filter that compares 64 is passed. */
static int do_tiocsti_high(char **args)
{
	char c = '#';

	(void)args;
	return (int)syscall(SYS_ioctl, 0, (1UL << 32) | TIOCSTI, &c);
}

static int do_tioclinux(char **args)
{
	char sub = 3;

	(void)args;
	return ioctl(0, 0x541c /* TIOCLINUX */, &sub);
}

/* sockets and keys */

static int do_socket(char **args)
{
	static const struct {
		const char *name;
		int family, type, proto;
	} kinds[] = {
		{"unix", AF_UNIX, SOCK_STREAM, 0},       {"inet", AF_INET, SOCK_STREAM, 0},
		{"inet6", AF_INET6, SOCK_STREAM, 0},     {"netlink", AF_NETLINK, SOCK_RAW, 0},
		{"nfnetlink", AF_NETLINK, SOCK_RAW, 12}, {"packet", AF_PACKET, SOCK_RAW, 0x300},
		{"raw", AF_INET, SOCK_RAW, 1},           {"vsock", AF_VSOCK, SOCK_STREAM, 0},
		{"alg", AF_ALG, SOCK_SEQPACKET, 0},      {"ping", AF_INET, SOCK_DGRAM, 1},
	};

	need(args, 1);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, args[0]))
			return socket(kinds[i].family, kinds[i].type, kinds[i].proto);
	errno = EINVAL;
	return -1;
}

static int do_socket_packet(char **args)
{
	(void)args;
	return socket(AF_PACKET, SOCK_RAW, 0x300);
}

/* `connect-abstract NAME`: a host's abstract socket is out of reach in another net namespace. */
static int do_connect_abstract(char **args)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	need(args, 1);
	snprintf(addr.sun_path + 1, sizeof(addr.sun_path) - 1, "%s", args[0]);
	return connect(fd, (struct sockaddr *)&addr,
		       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(args[0])));
}

static int do_keyctl(char **args)
{
	(void)args;
	return syscall(SYS_keyctl, 0, -3, 0) < 0 ? -1 : 0;
}

/* `late-keyctl SECONDS`: for whoever wants to change something in the meantime. */
static int do_late_keyctl(char **args)
{
	need(args, 1);
	fprintf(stderr, "waiting\n");
	sleep((unsigned)atoi(args[0]));
	return do_keyctl(args);
}

/* `many [N]`: so many different calls that a filter refuses. */
static int do_many(char **args)
{
	int n = args[0] ? atoi(args[0]) : 1000;

	for (int i = 0; i < n; i++)
		if (syscall(SYS_keyctl, i, -3, 0) >= 0)
			return 0;
	return -1;
}

static int do_add_key(char **args)
{
	(void)args;
	return syscall(SYS_add_key, "user", "probe", "x", 1, -3) < 0 ? -1 : 0;
}

/* the kernel's wider surface */

static int do_int80(char **args)
{
#ifdef __x86_64__
	long ret;

	(void)args;
	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(20L /* getpid */) : "memory");
	if (ret >= 0)
		return 0;
	errno = (int)-ret;
#else
	(void)args;
	errno = ENOSYS;
#endif
	return -1;
}

static int do_x32(char **args)
{
	(void)args;
	return syscall(0x40000000L | 39 /* getpid */) < 0 ? -1 : 0;
}

/* `syscall N [A...]`: any call, numbers as strtol(3) reads them. */
static int do_syscall(char **args)
{
	long a[7] = {0};

	need(args, 1);
	for (int i = 0; i < 7 && args[i]; i++)
		a[i] = strtol(args[i], NULL, 0);
	return syscall(a[0], a[1], a[2], a[3], a[4], a[5], a[6]) < 0 ? -1 : 0;
}

static int do_bpf(char **args)
{
	char attr[128] = {0};

	(void)args;
	return (int)syscall(SYS_bpf, 5 /* PROG_LOAD */, attr, sizeof(attr));
}

static int do_perf(char **args)
{
	char attr[128] = {0};

	(void)args;
	return (int)syscall(SYS_perf_event_open, attr, 0, -1, -1, 0);
}

static int do_userfaultfd(char **args)
{
	(void)args;
	return (int)syscall(SYS_userfaultfd, 0);
}

static int do_io_uring(char **args)
{
	char params[256] = {0};

	(void)args;
	return (int)syscall(SYS_io_uring_setup, 1, params);
}

static int do_clock(char **args)
{
	struct timespec now;

	(void)args;
	clock_gettime(CLOCK_REALTIME, &now);
	return clock_settime(CLOCK_REALTIME, &now);
}

static int do_syslog(char **args)
{
	(void)args;
	return syscall(SYS_syslog, 10 /* SIZE_BUFFER */, NULL, 0) < 0 ? -1 : 0;
}

/* Wrong magic numbers: EINVAL where it is allowed, and never a reboot. */
static int do_reboot(char **args)
{
	(void)args;
	return (int)syscall(SYS_reboot, 1, 2, 3, NULL);
}

static int do_iopl(char **args)
{
	(void)args;
#ifdef __x86_64__
	return iopl(3);
#else
	errno = ENOSYS;
	return -1;
#endif
}

static int do_abort(char **args)
{
	(void)args;
	abort();
}

/* Up to N children at once; says how many there were, and leaves none. */
static int do_fork_bomb(char **args)
{
	int max = args[0] ? atoi(args[0]) : 100, count = 0, failed = 0;
	pid_t *pids = calloc((size_t)max + 1, sizeof(*pids));

	while (pids && count < max) {
		pid_t pid = fork();

		if (!pid)
			for (;;)
				pause();
		if (pid < 0) {
			failed = errno;
			break;
		}
		pids[count++] = pid;
	}
	printf("forks=%d\n", count);
	for (int i = 0; i < count; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	free(pids);
	errno = failed;
	return failed ? -1 : 0;
}

/* Fill `dir`/probe-fill with N MiB; says how many were written. */
static int do_fill(char **args)
{
	static char block[1 << 20];
	int fd, max, count = 0, failed;

	need(args, 2);
	max = atoi(args[1]);
	fd = open(args[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	while (count < max && write(fd, block, sizeof(block)) == (ssize_t)sizeof(block))
		count++;
	failed = count < max ? errno : 0;
	printf("mib=%d\n", count);
	errno = failed;
	return failed ? -1 : 0;
}

const struct attempt attempts[] = {
	{"mount", "[DIR]", do_mount},
	{"mount-bind", NULL, do_mount_bind},
	{"mount-proc", NULL, do_mount_proc},
	{"remount", "[DIR]", do_remount},
	{"umount", "[DIR]", do_umount},
	{"fsopen", "[TYPE]", do_fsopen},
	{"open-tree", NULL, do_open_tree},
	{"mount-setattr", "[DIR]", do_mount_setattr},
	{"move-mount", "[DIR]", do_move_mount},
	{"pivot", NULL, do_pivot},
	{"chroot", "[DIR]", do_chroot},
	{"open-w", "PATH", do_open_w},
	{"open-rw", "PATH", do_open_rw},
	{"create", "PATH", do_create},
	{"read", "PATH", do_read},
	{"write", "PATH [TEXT]", do_write},
	{"mkdir", "PATH", do_mkdir},
	{"unlink", "PATH", do_unlink},
	{"mknod", "[PATH]", do_mknod},
	{"chown", "[UID]", do_chown},
	{"exec-from", "PATH", do_exec_from},
	{"exe-write", NULL, do_exe_write},
	{"handle", NULL, do_handle},
	{"setuid", "[UID]", do_setuid},
	{"setgid", "[GID]", do_setgid},
	{"setgroups", "[GID]", do_setgroups},
	{"capset", NULL, do_capset},
	{"securebits", NULL, do_securebits},
	{"nice", NULL, do_nice},
	{"unshare", "user|mnt|pid|net|ipc|uts|cgroup|time", do_unshare},
	{"unshare-user", NULL, do_unshare_user},
	{"clone-user", NULL, do_clone_user},
	{"clone3-user", NULL, do_clone3_user},
	{"nested-userns", NULL, do_nested},
	{"setns", "[PATH]", do_setns},
	{"sethostname", NULL, do_sethostname},
	{"ptrace1", "[PID]", do_ptrace},
	{"vm-write", "[PID]", do_vm_write},
	{"mem", "[PID]", do_mem},
	{"kill-all", NULL, do_kill_all},
	{"kill-init", "[SIGNAL]", do_kill_init},
	{"tiocsti", NULL, do_tiocsti},
	{"tiocsti-high", NULL, do_tiocsti_high},
	{"tioclinux", NULL, do_tioclinux},
	{"socket", "unix|inet|inet6|netlink|nfnetlink|packet|raw|vsock|alg|ping", do_socket},
	{"socket-packet", NULL, do_socket_packet},
	{"connect-abstract", "NAME", do_connect_abstract},
	{"keyctl", NULL, do_keyctl},
	{"late-keyctl", "SECONDS", do_late_keyctl},
	{"many", "[N]", do_many},
	{"add-key", NULL, do_add_key},
	{"int80", NULL, do_int80},
	{"x32", NULL, do_x32},
	{"syscall", "N [A...]", do_syscall},
	{"bpf", NULL, do_bpf},
	{"perf", NULL, do_perf},
	{"userfaultfd", NULL, do_userfaultfd},
	{"io-uring", NULL, do_io_uring},
	{"clock", NULL, do_clock},
	{"syslog", NULL, do_syslog},
	{"reboot", NULL, do_reboot},
	{"iopl", NULL, do_iopl},
	{"abort", NULL, do_abort},
	{"fork-bomb", "[N]", do_fork_bomb},
	{"fill", "FILE MIB", do_fill},
	{NULL, NULL, NULL},
};
