/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor.c - the least that `pillbox run --preset hardened --userns single` could cost.
 *
 * Should:  do the same kernel operations, in the same order, as the launcher does for its default
 *          sandbox, and nothing else: no options, no messages, no choice, no check of an input.
 * Mustn't: be used to run anything: it is a yardstick. Each failure is `floor: line N` and 125.
 *
 * usage: floor ROOTFS COMMAND [ARG...]
 */
#include "sys.h"

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "builtin_filter.h"

#define MUST(call)                                                               \
	({                                                                       \
		long must_ret = (long)(call);                                    \
		if (must_ret < 0) {                                              \
			dprintf(2, "floor: line %d: %s: %m\n", __LINE__, #call); \
			_exit(125);                                              \
		}                                                                \
		must_ret;                                                        \
	})

enum { LOCKED = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV };

static int baton;

/* The baton goes over once per change of side; each pass is a write and a read. */
static void pass(int fd)
{
	char byte = 0;

	MUST(write(fd, &byte, 1));
}

static void await(int fd)
{
	char byte;

	if (MUST(read(fd, &byte, 1)) != 1)
		_exit(125);
}

static void put_text(const char *path, const char *text)
{
	int fd = (int)MUST(open(path, O_WRONLY | O_CLOEXEC));

	MUST(write(fd, text, strlen(text)));
	close(fd);
}

static void write_maps(pid_t child)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "/proc/%d/uid_map", child);
	snprintf(text, sizeof(text), "1000 %u 1\n", getuid());
	put_text(path, text);
	snprintf(path, sizeof(path), "/proc/%d/setgroups", child);
	put_text(path, "deny");
	snprintf(path, sizeof(path), "/proc/%d/gid_map", child);
	snprintf(text, sizeof(text), "1000 %u 1\n", getgid());
	put_text(path, text);
}

/* key=value pairs end with NULL */
static int new_fs(const char *type, unsigned attr, const char *const *opts)
{
	int context = (int)MUST(sys_fsopen(type, FSOPEN_CLOEXEC)), fd;

	for (; opts && *opts; opts += 2)
		MUST(sys_fsconfig(context, opts[1] ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
				  opts[0], opts[1], 0));
	MUST(sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	fd = (int)MUST(sys_fsmount(context, FSMOUNT_CLOEXEC, attr));
	close(context);
	return fd;
}

static int below(int dir, const char *path)
{
	return (int)MUST(sys_openat2(dir, path, O_PATH | O_CLOEXEC, 0,
				     RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS));
}

static void attach(int mnt, int target)
{
	MUST(sys_move_mount(mnt, "", target, "",
			    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

static void mount_at(int mnt, int root, const char *path)
{
	int target = below(root, path);

	attach(mnt, target);
	close(target);
}

static void set_attr(int mnt, uint64_t set, uint64_t clear, unsigned flags)
{
	struct mount_attr attr = {.attr_set = set, .attr_clr = clear};

	MUST(sys_mount_setattr(mnt, "", AT_EMPTY_PATH | flags, &attr));
}

static int clone_tree(int dir, const char *path)
{
	return (int)MUST(sys_open_tree(
		dir, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (*path ? 0 : AT_EMPTY_PATH)));
}

static int make_root(int src)
{
	struct mount_attr private = {.propagation = MS_PRIVATE};
	int root;

	MUST(sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &private));
	root = (int)MUST(sys_open_tree(
		src, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE));
	set_attr(root, LOCKED | MOUNT_ATTR_RDONLY, 0, AT_RECURSIVE);
	/* onto itself: a mount has to be attached before anything can be attached below it */
	MUST(sys_move_mount(root, "", src, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
	return root;
}

static void make_tmpfs(int root)
{
	static const char *const world[] = {"size", "67108864", "mode", "1777", NULL};
	static const char *const run[] = {"size", "67108864", "mode", "755", NULL};
	int fd;

	mount_at(fd = new_fs("tmpfs", LOCKED, world), root, "/tmp");
	close(fd);
	mount_at(fd = new_fs("tmpfs", LOCKED, run), root, "/run");
	close(fd);
	mount_at(fd = new_fs("tmpfs", LOCKED, world), root, "/var/tmp");
	close(fd);
}

static void make_nodes(int dev)
{
	static const char *const nodes[] = {"null", "zero", "full", "random", "urandom", "tty"};
	static const char *const links[][2] = {
		{"/proc/self/fd", "fd"},       {"/proc/self/fd/0", "stdin"},
		{"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"},
		{"pts/ptmx", "ptmx"},
	};

	for (size_t i = 0; i < 6; i++) {
		char host[32];
		int node, target;
		struct stat st;

		snprintf(host, sizeof(host), "/dev/%s", nodes[i]);
		node = clone_tree(AT_FDCWD, host);
		MUST(fstat(node, &st));
		target = (int)MUST(
			openat(dev, nodes[i], O_CREAT | O_EXCL | O_RDONLY | O_CLOEXEC, 0666));
		set_attr(node, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0, 0);
		attach(node, target);
		close(target);
		close(node);
	}
	for (size_t i = 0; i < 5; i++)
		MUST(symlinkat(links[i][0], dev, links[i][1]));
}

static void make_dev(int root)
{
	static const char *const dev_opts[] = {"size", "65536", "mode", "755", NULL};
	static const char *const pts_opts[] = {"newinstance", NULL,  "ptmxmode", "0666",
					       "mode",        "620", NULL};
	static const char *const shm_opts[] = {"size", "67108864", "mode", "1777", NULL};
	const char *const dirs[] = {"pts", "shm", "mqueue"};
	int dev = new_fs("tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, dev_opts), fd[3];

	mount_at(dev, root, "/dev");
	make_nodes(dev);
	for (size_t i = 0; i < 3; i++)
		MUST(mkdirat(dev, dirs[i], 0755));
	fd[0] = new_fs("devpts", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, pts_opts);
	fd[1] = new_fs("tmpfs", LOCKED | MOUNT_ATTR_NOEXEC, shm_opts);
	fd[2] = new_fs("mqueue", LOCKED | MOUNT_ATTR_NOEXEC, NULL);
	for (size_t i = 0; i < 3; i++) {
		mount_at(fd[i], dev, dirs[i]);
		close(fd[i]);
	}
	set_attr(dev, MOUNT_ATTR_RDONLY, 0, 0);
	close(dev);
}

static void make_proc(int root)
{
	static const char *const masked[] = {"acpi",       "asound",        "interrupts",  "kcore",
					     "keys",       "latency_stats", "sched_debug", "scsi",
					     "timer_list", "timer_stats"};
	static const char *const readonly[] = {"bus", "fs", "irq", "sys", "sysrq-trigger"};
	static const char *const empty[] = {"size", "0", "mode", "555", NULL};
	int proc = new_fs("proc", LOCKED | MOUNT_ATTR_NOEXEC, NULL);
	/* An attached one: closing a detached mount costs a grace period. */
	int null = (int)MUST(openat(root, "dev/null", O_PATH | O_CLOEXEC | O_NOFOLLOW));

	mount_at(proc, root, "/proc");
	for (size_t i = 0; i < sizeof(masked) / sizeof(masked[0]); i++) {
		int at = openat(proc, masked[i], O_PATH | O_CLOEXEC | O_NOFOLLOW), cover;
		struct stat st;

		if (at < 0)
			continue;
		MUST(fstat(at, &st));
		cover = S_ISDIR(st.st_mode)
				? new_fs("tmpfs", LOCKED | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY,
					 empty)
				: clone_tree(null, "");
		attach(cover, at);
		close(cover);
		close(at);
	}
	for (size_t i = 0; i < sizeof(readonly) / sizeof(readonly[0]); i++) {
		int at = openat(proc, readonly[i], O_PATH | O_CLOEXEC | O_NOFOLLOW), tree;

		if (at < 0)
			continue;
		tree = clone_tree(at, "");
		set_attr(tree, MOUNT_ATTR_RDONLY, 0, 0);
		attach(tree, at);
		close(tree);
		close(at);
	}
	close(null);
	close(proc);
}

static void loopback_up(void)
{
	struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = (int)MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));

	MUST(ioctl(fd, SIOCSIFFLAGS, &ifr));
	close(fd);
}

static void drop_caps(void)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {0};

	for (int cap = 0; cap <= 40; cap++)
		MUST(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0));
	MUST(prctl(PR_SET_SECUREBITS,
		   SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
			   SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
			   SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED,
		   0, 0, 0));
	MUST(setresgid(1000, 1000, 1000));
	MUST(setresuid(1000, 1000, 1000));
	MUST(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
	MUST(syscall(SYS_capset, &head, data));
}

static void landlock(void)
{
	struct landlock_ruleset_attr attr = {.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_BLOCK |
								  LANDLOCK_ACCESS_FS_MAKE_CHAR};
	int fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	if (fd < 0)
		return; /* a kernel without it costs nothing */
	MUST(syscall(SYS_landlock_restrict_self, fd, 0));
	close(fd);
}

static void filter(const struct sock_filter *prog, unsigned short len, unsigned flags)
{
	struct sock_fprog fprog = {.len = len, .filter = (struct sock_filter *)(uintptr_t)prog};

	MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &fprog));
}

/* pid 1: its own small filter, then wait for everyone and end as the workload did. */
static void init_loop(pid_t workload)
{
	struct sock_filter allow[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_wait4, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	int status;

	MUST(sys_close_range(0, ~0U, 0));
	filter(allow, sizeof(allow) / sizeof(allow[0]), 0);
	for (;;) {
		pid_t pid = wait4(-1, &status, 0, NULL);

		if (pid == workload)
			_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
		if (pid < 0 && errno == ECHILD)
			_exit(125);
	}
}

static void child(int src, char **argv)
{
	static const struct rlimit no_core = {0, 0};
	static const struct rlimit pids = {1024, 1024};
	char *const envp[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			      "HOME=/", NULL};
	int root;
	pid_t workload;

	await(baton);
	MUST(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
	loopback_up();
	MUST(sethostname("pillbox", 7));
	root = make_root(src);
	make_tmpfs(root);
	make_dev(root);
	make_proc(root);
	MUST(fchdir(root));
	MUST(sys_pivot_root(".", "."));
	MUST(umount2(".", MNT_DETACH));
	MUST(chdir("/"));
	MUST(setsid());
	MUST(setrlimit(RLIMIT_CORE, &no_core));
	MUST(setrlimit(RLIMIT_NPROC, &pids));
	MUST(syscall(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL));
	umask(022);
	drop_caps();
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	landlock();
	MUST(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
	workload = (pid_t)MUST(fork());
	if (workload)
		init_loop(workload);
	MUST(sys_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC));
	filter(builtin_filters[0].insns, builtin_filters[0].n, builtin_filters[0].flags);
	execve(argv[0], argv, envp);
	_exit(127);
}

int main(int argc, char **argv)
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	int pidfd, pair[2], src, status, sigfd;
	struct pollfd wait_for[2];
	sigset_t all;
	pid_t pid;

	if (argc < 3)
		return 125;
	src = (int)MUST(open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC));
	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	sigfd = (int)MUST(signalfd(-1, &all, SFD_CLOEXEC));
	args.pidfd = (uint64_t)(uintptr_t)&pidfd;
	args.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
		     CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_PIDFD | CLONE_CLEAR_SIGHAND;
	pid = (pid_t)MUST(sys_clone3(&args));
	if (!pid) {
		baton = pair[1];
		close(pair[0]);
		sigemptyset(&all);
		sigprocmask(SIG_SETMASK, &all, NULL);
		/* in its own mount namespace: the parent's descriptor is of the host's mounts */
		src = (int)MUST(open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC));
		child(src, argv + 2);
	}
	close(pair[1]);
	write_maps(pid);
	pass(pair[0]);
	wait_for[0] = (struct pollfd){.fd = pidfd, .events = POLLIN};
	wait_for[1] = (struct pollfd){.fd = sigfd, .events = POLLIN};
	while (!(wait_for[0].revents & POLLIN)) {
		MUST(poll(wait_for, 2, -1));
		if (wait_for[1].revents & POLLIN) {
			struct signalfd_siginfo info;

			MUST(read(sigfd, &info, sizeof(info)));
			if (info.ssi_signo == SIGCHLD)
				continue;
			MUST(sys_pidfd_send_signal(pidfd, (int)info.ssi_signo));
		}
	}
	MUST(waitpid(pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
