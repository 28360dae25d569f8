/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.c - the payload of the real-kernel tests: a static program that runs inside the sandbox
 * and says what it finds.
 *
 * Should:  `probe facts` prints what the kernel shows about this process as key=value lines;
 *          `probe try NAME [ARG...]` tries one thing and prints `NAME=OK`, `NAME=EPERM` (the errno's
 *          name) or `NAME=SIGSYS` (the signal that ended the attempt). Exit 0 whenever it could
 *          print the answer; the tests compare the answer. `probe use` is in probe-use.c.
 * Mustn't: need anything from the rootfs, or harm a host: a try is refused in the host's own pid
 *          namespace, where some of them would reach everything.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

static void put(const char *key, const char *text)
{
	printf("%s=", key);
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c < 0x20 || *c == 0x7f || *c == '\\')
			printf("\\x%02x", *c);
		else
			putchar(*c);
	}
	putchar('\n');
}

/* A small file as one line: blanks squeezed, line ends as ';'. Unreadable: the errno's name. */
static void put_file(const char *key, const char *path)
{
	char text[4096];
	size_t n, out = 0;
	FILE *f = fopen(path, "re");

	if (!f) {
		put(key, errno_name(errno));
		return;
	}
	n = fread(text, 1, sizeof(text) - 1, f);
	if (ferror(f)) {
		put(key, errno_name(errno));
		fclose(f);
		return;
	}
	fclose(f);
	for (size_t i = 0; i < n; i++) {
		char c = text[i] == '\t' ? ' ' : text[i];

		if (c == '\0')
			break;
		if (c == ' ' && (!out || text[out - 1] == ' ' || text[out - 1] == ';'))
			continue;
		text[out++] = c == '\n' ? ';' : c;
	}
	while (out && (text[out - 1] == ';' || text[out - 1] == ' '))
		out--;
	text[out] = '\0';
	put(key, text);
}

static void put_status(void)
{
	static const char *const wanted[] = {
		"CapInh",     "CapPrm",  "CapEff",          "CapBnd",      "CapAmb",
		"NoNewPrivs", "Seccomp", "Seccomp_filters", "SigBlk",      "SigIgn",
		"SigCgt",     "Umask",   "Groups",          "TracerPid",   "Uid",
		"Gid",        "NSpid",   "Threads",         "CoreDumping", "Cpus_allowed_list",
	};
	char line[4096];
	FILE *f = fopen("/proc/self/status", "re");

	if (!f) {
		put("status", errno_name(errno));
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		char *value = strchr(line, ':');

		if (!value)
			continue;
		*value++ = '\0';
		value += strspn(value, " \t");
		value[strcspn(value, "\n")] = '\0';
		for (char *c = value + strlen(value); c > value && c[-1] == ' '; c--)
			c[-1] = '\0';
		for (char *c = value; *c; c++)
			if (*c == '\t')
				*c = ' ';
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
			if (!strcmp(line, wanted[i]))
				put(wanted[i], value);
	}
	fclose(f);
}

static void put_namespaces(void)
{
	static const char *const kinds[] = {"user", "mnt", "pid",    "net",
					    "ipc",  "uts", "cgroup", "time"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char path[64], key[32], target[128];
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[i]);
		snprintf(key, sizeof(key), "ns.%s", kinds[i]);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0) {
			put(key, errno_name(errno));
			continue;
		}
		target[n] = '\0';
		put(key, target);
	}
}

static void put_limits(void)
{
	static const struct {
		const char *name;
		int resource;
	} limits[] = {
		{"cpu", RLIMIT_CPU},           {"fsize", RLIMIT_FSIZE},
		{"data", RLIMIT_DATA},         {"stack", RLIMIT_STACK},
		{"core", RLIMIT_CORE},         {"rss", RLIMIT_RSS},
		{"nproc", RLIMIT_NPROC},       {"nofile", RLIMIT_NOFILE},
		{"memlock", RLIMIT_MEMLOCK},   {"as", RLIMIT_AS},
		{"locks", RLIMIT_LOCKS},       {"sigpending", RLIMIT_SIGPENDING},
		{"msgqueue", RLIMIT_MSGQUEUE}, {"nice", RLIMIT_NICE},
		{"rtprio", RLIMIT_RTPRIO},     {"rttime", RLIMIT_RTTIME},
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit lim;

		if (getrlimit((__rlimit_resource_t)limits[i].resource, &lim)) {
			printf("rlimit.%s=%s\n", limits[i].name, errno_name(errno));
			continue;
		}
		printf("rlimit.%s=", limits[i].name);
		if (lim.rlim_cur == RLIM_INFINITY)
			printf("unlimited:");
		else
			printf("%llu:", (unsigned long long)lim.rlim_cur);
		if (lim.rlim_max == RLIM_INFINITY)
			printf("unlimited\n");
		else
			printf("%llu\n", (unsigned long long)lim.rlim_max);
	}
}

/* The open descriptors, without the one this function reads them through. */
static void put_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *ent;
	int count = 0;

	if (!dir) {
		put("fds", errno_name(errno));
		return;
	}
	while ((ent = readdir(dir))) {
		char key[300], target[1024];
		ssize_t n;

		if (ent->d_name[0] == '.' || atoi(ent->d_name) == dirfd(dir))
			continue;
		n = readlinkat(dirfd(dir), ent->d_name, target, sizeof(target) - 1);
		target[n < 0 ? 0 : n] = '\0';
		snprintf(key, sizeof(key), "fd.%s", ent->d_name);
		put(key, n < 0 ? errno_name(errno) : target);
		count++;
	}
	closedir(dir);
	printf("fds=%d\n", count);
}

/* mount=TARGET FSTYPE OPTIONS SUPEROPTIONS [PROPAGATION...], a line per mount, proc(5). */
static void put_mounts(void)
{
	static char line[16384];
	FILE *f = fopen("/proc/self/mountinfo", "re");
	int count = 0;

	if (!f) {
		put("mounts", errno_name(errno));
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		char *dash, *field[6] = {NULL}, *fstype, *super, *at = line, *opt;

		line[strcspn(line, "\n")] = '\0';
		dash = strstr(line, " - ");
		if (!dash)
			continue;
		*dash = '\0';
		for (int i = 0; i < 6 && at; i++)
			field[i] = strsep(&at, " ");
		opt = at;
		at = dash + 3;
		fstype = strsep(&at, " ");
		strsep(&at, " ");
		super = at ? at : "";
		printf("mount=%s %s %s %s%s%s\n", field[4], fstype, field[5], super,
		       opt && *opt ? " " : "", opt ? opt : "");
		printf("mountroot=%s %s\n", field[4], field[3]);
		count++;
	}
	fclose(f);
	printf("mounts=%d\n", count);
}

static void put_process(void)
{
	char text[4096];
	long key;
	cpu_set_t cpus;

	printf("uid=%u\neuid=%u\ngid=%u\negid=%u\n", getuid(), geteuid(), getgid(), getegid());
	printf("pid=%d\nppid=%d\nsid=%d\npgrp=%d\n", getpid(), getppid(), getsid(0), getpgrp());
	put("hostname", gethostname(text, sizeof(text)) ? errno_name(errno) : text);
	put("cwd", getcwd(text, sizeof(text)) ? text : errno_name(errno));
	printf("securebits=%d\n", prctl(PR_GET_SECUREBITS));
	printf("dumpable=%d\n", prctl(PR_GET_DUMPABLE));
	printf("pdeathsig=%d\n", ({
		       int sig = -1;
		       prctl(PR_GET_PDEATHSIG, &sig);
		       sig;
	       }));
	printf("subreaper=%d\n", ({
		       int on = -1;
		       prctl(PR_GET_CHILD_SUBREAPER, &on);
		       on;
	       }));
	printf("personality=%#x\n", (unsigned)personality(0xffffffff));
	errno = 0;
	printf("nice=%d\n", getpriority(PRIO_PROCESS, 0));
	CPU_ZERO(&cpus);
	if (!sched_getaffinity(0, sizeof(cpus), &cpus))
		printf("cpus=%d\n", CPU_COUNT(&cpus));
	printf("scheduler=%d\n", sched_getscheduler(0));
	printf("timerslack=%d\n", prctl(PR_GET_TIMERSLACK));
	key = syscall(SYS_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */, -3 /* session */, 0);
	if (key < 0)
		put("keyring", errno_name(errno));
	else
		printf("keyring=%ld\n", key);
	for (int fd = 0; fd < 3; fd++) {
		printf("tty.%d=%s\n", fd, isatty(fd) ? "yes" : "no");
		if (isatty(fd))
			printf("ttyname.%d=%s\n", fd,
			       ttyname(fd) ? ttyname(fd) : errno_name(errno));
	}
	if (isatty(0))
		printf("tcpgrp=%d\n", tcgetpgrp(0));
}

static int facts(int argc, char **argv, char **envp)
{
	put_process();
	put_status();
	put_namespaces();
	put_file("uid_map", "/proc/self/uid_map");
	put_file("gid_map", "/proc/self/gid_map");
	put_file("setgroups", "/proc/self/setgroups");
	put_file("oom_score_adj", "/proc/self/oom_score_adj");
	put_file("attr.current", "/proc/self/attr/current");
	put_file("cgroup", "/proc/self/cgroup");
	put_file("comm1", "/proc/1/comm");
	put_file("max_user_namespaces", "/proc/sys/user/max_user_namespaces");
	put_limits();
	put_fds();
	put_mounts();
	for (int i = 0; i < argc; i++) {
		char key[32];

		snprintf(key, sizeof(key), "argv.%d", i);
		put(key, argv[i]);
	}
	for (int i = 0; envp[i]; i++)
		put("env", envp[i]);
	return 0;
}

/* Run one attempt in a child, because some answers kill. */
static int try_one(const struct attempt *a, char **args)
{
	int pipe_fd[2], status, answer = 0;
	pid_t pid;

	if (pipe2(pipe_fd, O_CLOEXEC))
		return 1;
	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		printf("%s=fork:%s\n", a->name, errno_name(errno));
		return 1;
	}
	if (!pid) {
		int ret;

		errno = 0;
		ret = a->run(args);
		fflush(stdout);
		answer = ret < 0 ? (errno ? errno : -1) : 0;
		if (write(pipe_fd[1], &answer, sizeof(answer)) != sizeof(answer))
			_exit(1);
		_exit(0);
	}
	close(pipe_fd[1]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (read(pipe_fd[0], &answer, sizeof(answer)) == sizeof(answer))
		printf("%s=%s\n", a->name, answer ? errno_name(answer) : "OK");
	else if (WIFSIGNALED(status))
		printf("%s=SIG%s\n", a->name, sigabbrev_np(WTERMSIG(status)));
	else
		printf("%s=EXIT%d\n", a->name, WEXITSTATUS(status));
	close(pipe_fd[0]);
	return 0;
}

static bool on_host(void)
{
	char target[64];
	ssize_t n = readlink("/proc/self/ns/pid", target, sizeof(target) - 1);

	if (n < 0)
		return false; /* no /proc: only ever so inside */
	target[n] = '\0';
	return !strcmp(target, "pid:[4026531836]");
}

static const struct attempt *const tables[] = {attempts, attempts_landlock};
#define N_TABLES (sizeof(tables) / sizeof(tables[0]))

static int try_args(char **argv)
{
	if (!argv[0]) {
		for (size_t i = 0; i < N_TABLES; i++)
			for (const struct attempt *a = tables[i]; a->name; a++)
				printf("%s%s%s\n", a->name, a->args ? " " : "",
				       a->args ? a->args : "");
		return 0;
	}
	if (on_host()) {
		fprintf(stderr, "probe: not in the host's own pid namespace\n");
		return 2;
	}
	for (size_t i = 0; i < N_TABLES; i++)
		for (const struct attempt *a = tables[i]; a->name; a++)
			if (!strcmp(a->name, argv[0]))
				return try_one(a, argv + 1);
	fprintf(stderr, "probe: unknown attempt %s\n", argv[0]);
	return 2;
}

/* `each NAME...`: attempts without arguments, one after the other in one launch. */
static int try_each(char **argv)
{
	int ret = 0;

	for (; *argv; argv++) {
		char *one[] = {*argv, NULL};

		ret |= try_args(one);
	}
	return ret;
}

/* Not in a child of its own: who uses too much is to be what dies. */
static int use(char **argv)
{
	if (on_host()) {
		fprintf(stderr, "probe: not in the host's own pid namespace\n");
		return 2;
	}
	for (const struct attempt *a = uses; a->name; a++) {
		if (strcmp(a->name, argv[0]) != 0)
			continue;
		if (a->run(argv + 1) == 0)
			return 0;
		printf("%s=%s\n", a->name, errno_name(errno));
		return 1;
	}
	fprintf(stderr, "probe: unknown use %s\n", argv[0]);
	return 2;
}

/*
 * The security state as a launch under test has to show it, line by line: all facts, what some of the
 * controls refuse that no fact shows, and a last line, so that a cut can be seen.
 */
static int state(int argc, char **argv, char **envp)
{
	static const char *const names[] = {"keyctl",        "unshare-user", "mount",
					    "socket-packet", "bpf",          "io-uring",
					    "tcp-bind",      "setuid",       "securebits"};
	char *landlock[] = {strdup("whiteout"), strdup("/tmp/whiteout"), NULL};

	facts(argc, argv, envp);
	printf("timerslack=%d\n", prctl(PR_GET_TIMERSLACK));
	try_args(landlock);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *one[] = {strdup(names[i]), NULL};

		try_args(one);
	}
	printf("end\n");
	return 0;
}

int main(int argc, char **argv, char **envp)
{
	if (argc < 2 || !strcmp(argv[1], "facts"))
		return facts(argc, argv, envp);
	if (!strcmp(argv[1], "state"))
		return state(argc, argv, envp);
	if (!strcmp(argv[1], "try"))
		return try_args(argv + 2);
	if (!strcmp(argv[1], "each"))
		return try_each(argv + 2);
	if (!strcmp(argv[1], "outside"))
		return outside(argv + 2);
	if (!strcmp(argv[1], "under"))
		return run_under(argv + 2);
	if (!strcmp(argv[1], "use") && argc >= 4)
		return use(argv + 2);
	if (!strcmp(argv[1], "exit") && argc == 3)
		return atoi(argv[2]);
	if (!strcmp(argv[1], "signal") && argc == 3) {
		signal(atoi(argv[2]), SIG_DFL);
		kill(getpid(), atoi(argv[2]));
		pause();
	}
	fprintf(stderr,
		"usage: probe facts | state | try [NAME [ARG...]] | each NAME... | use NAME ARG... | under NR=ERRNO... -- COMMAND "
		"[ARG...] | exit N | signal N | "
		"outside NAME ...\n");
	return 2;
}
