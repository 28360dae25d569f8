/* SPDX-License-Identifier: Apache-2.0 */
/*
 * race.c - a hostile process that exchanges what a launch walks through, and a payload that looks
 * what came of it.
 *
 * Theory of operation
 *
 * One process exchanges directories with symbolic links (renameat2 with RENAME_EXCHANGE: there is no
 * moment with neither) as fast as it can, with pauses of random length, so that some launches meet
 * hundreds of exchanges and some meet exactly one at a random place. Another starts the command again
 * and again and sorts what comes out. A start may run or be refused, by the contract for errors;
 * nothing else. The payload may find a directory of the racer's at any name, at any time: also after
 * a perfect launch the racer goes on, and what is mounted moves with the name. What it may never find
 * is a procfs or sysfs without its masks, a mount without its flags, or anything of the host's.
 *
 * Should:  race run COUNT [-s] [-p N] [-x A B]... -- COMMAND...
 *              -s       no more starts after one that was bad
 *              -p N     pauses N times longer, where a launch takes so much longer
 *              -x A B   these two names are exchanged (any number of pairs; one at random each time)
 *              prints started=, ran=, refused=, bad=, swaps=, a line `bad: ...` for the first few,
 *              `seen: COUNT TEXT` for each different line of output and `why: COUNT TEXT` for each
 *              reason; status 1 when one was bad, 123 for our own failure
 *          race look [-w] [-f FORBIDDEN]... NAME...
 *              what each name is: `NAME=procfs`, sysfs, tmpfs, mount, plain or a word about what is
 *              wrong, which ends with status 3; -w: the root is writable
 * Mustn't: exchange anything outside of the names given; leave a process behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TROUBLE 123
#define PAIRS 16
#define TEXTS 24
#define LIMIT_MS 20000 /* a launch that takes longer hangs, on however slow a machine */

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "race: %s: %s\n", what, strerror(errno));
	exit(TROUBLE);
}

/* ---- the racer ------------------------------------------------------------------------------ */

/* Two names, each as the directory it is in, held before anything moves, and its last component. */
static struct {
	int dir[2];
	const char *name[2];
} pairs[PAIRS];
static unsigned n_pairs, slow = 1;
static unsigned long *swaps;

static void hold(unsigned side, char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash)
		die(path);
	*slash = '\0';
	pairs[n_pairs].dir[side] = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	pairs[n_pairs].name[side] = slash + 1;
	if (pairs[n_pairs].dir[side] < 0)
		die(path);
}

static void swap(unsigned i)
{
	if (syscall(SYS_renameat2, pairs[i].dir[0], pairs[i].name[0], pairs[i].dir[1],
		    pairs[i].name[1], 2 /* RENAME_EXCHANGE */))
		_exit(TROUBLE);
	++*swaps;
}

static void pause_us(unsigned us)
{
	struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

	if (us)
		nanosleep(&t, NULL);
}

/*
 * Until it is killed. There and back, for a moment or longer, with pauses in which a launch can come
 * some way; now and then many times at once.
 */
static _Noreturn void exchange(void)
{
	unsigned seed = (unsigned)time(NULL) ^ (unsigned)getpid();

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		unsigned i = (unsigned)rand_r(&seed) % n_pairs;
		unsigned times = (unsigned)rand_r(&seed) % 8 ? 1 : (unsigned)rand_r(&seed) % 100;
		bool is_quick = times > 1 || (unsigned)rand_r(&seed) % 2;

		while (times--) {
			swap(i);
			pause_us(is_quick ? 0 : (unsigned)rand_r(&seed) % 300);
			swap(i);
		}
		pause_us((unsigned)rand_r(&seed) % (1500 * slow / n_pairs));
	}
}

/* ---- the starts ----------------------------------------------------------------------------- */

struct texts {
	struct {
		char text[200];
		unsigned count;
	} of[TEXTS];
};

static void texts_add(struct texts *t, const char *text)
{
	for (unsigned i = 0; i < TEXTS; i++) {
		if (!t->of[i].count)
			snprintf(t->of[i].text, sizeof(t->of[i].text), "%s", text);
		if (strncmp(t->of[i].text, text, sizeof(t->of[i].text) - 1))
			continue;
		t->of[i].count++;
		return;
	}
}

static void texts_print(const struct texts *t, const char *word)
{
	for (unsigned i = 0; i < TEXTS && t->of[i].count; i++)
		printf("%s: %u %s\n", word, t->of[i].count, t->of[i].text);
}

/* Run it with both outputs in one file each; its status, 128 + signal, or 124: it hung. */
static int start(char **argv, int out, int err)
{
	struct pollfd p = {.events = POLLIN};
	int status;
	pid_t pid;

	if (ftruncate(out, 0) || ftruncate(err, 0) || lseek(out, 0, SEEK_SET) ||
	    lseek(err, 0, SEEK_SET))
		die("output");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		if (dup2(out, 1) < 0 || dup2(err, 2) < 0)
			_exit(TROUBLE);
		execv(argv[0], argv);
		_exit(TROUBLE);
	}
	p.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (p.fd < 0)
		die("pidfd_open");
	if (poll(&p, 1, LIMIT_MS) != 1)
		kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	close(p.fd);
	if (!p.revents)
		return 124;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static char *text_of(int fd, char *buf, size_t size)
{
	ssize_t n = pread(fd, buf, size - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

/* One line `pillbox: `, hints and notes besides: then `line` is that line. */
static bool is_contract(char *text, const char **line)
{
	unsigned errors = 0;

	for (char *save = NULL, *l = strtok_r(text, "\n", &save); l;
	     l = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(l, "hint: ", 6) || !strncmp(l, "pillbox: note: ", 15))
			continue;
		if (strncmp(l, "pillbox: ", 9))
			return false;
		*line = l;
		errors++;
	}
	return errors == 1;
}

static int run(unsigned count, bool is_short, char **argv)
{
	int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);
	static struct texts seen, why;
	unsigned started = 0, ran = 0, refused = 0, bad = 0;
	char text[4096];
	pid_t racer;
	int status;

	swaps = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (out < 0 || err < 0 || swaps == MAP_FAILED)
		die("memory");
	racer = fork();
	if (racer < 0)
		die("fork");
	if (!racer)
		exchange();
	for (unsigned i = 0; i < count && !(bad && is_short); i++) {
		const char *line = "";
		int rc = start(argv, out, err);

		started++;

		if (rc == 125 && is_contract(text_of(err, text, sizeof(text)), &line)) {
			refused++;
			texts_add(&why, line);
		} else if (rc == 0) {
			ran++;
			text_of(out, text, sizeof(text));
			for (char *save = NULL, *l = strtok_r(text, "\n", &save); l;
			     l = strtok_r(NULL, "\n", &save))
				texts_add(&seen, l);
		} else if (++bad < 6) {
			printf("bad: status %d: %s", rc, text_of(out, text, sizeof(text)));
			printf(" %s\n", text_of(err, text, sizeof(text)));
		}
	}
	if (waitpid(racer, &status, WNOHANG)) {
		printf("bad: the racer ended\n");
		bad++;
	}
	kill(racer, SIGKILL);
	(void)waitpid(racer, &status, 0);
	printf("started=%u\nran=%u\nrefused=%u\nbad=%u\nswaps=%lu\n", started, ran, refused, bad,
	       *swaps);
	texts_print(&seen, "seen");
	texts_print(&why, "why");
	return bad > 0;
}

/* ---- the payload ---------------------------------------------------------------------------- */

static const char *const proc_hidden[] = {
	"kcore",      "keys", "timer_list", "latency_stats", "sched_debug",
	"interrupts", "acpi", "asound",     "scsi",          NULL};
static const char *const proc_sealed[] = {"sys", "irq", "bus", "fs", "sysrq-trigger", NULL};
static const char *const sys_hidden[] = {"firmware", "devices/virtual/powercap", NULL};
static bool is_writable;

/* A file covered by null, or a directory covered by an empty read-only tmpfs. */
static bool is_covered(int dir, const char *name)
{
	int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;
	struct stat st;
	bool is;

	if (fd < 0)
		return errno == ENOENT; /* this kernel has none */
	if (fstat(fd, &st) || fstatfs(fd, &fs))
		return false;
	is = S_ISDIR(st.st_mode) ? fs.f_type == TMPFS_MAGIC && fs.f_flags & ST_RDONLY
				 : S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
	close(fd);
	return is;
}

static bool is_sealed(int dir, const char *name)
{
	int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0)
		return errno == ENOENT;
	if (fstatfs(fd, &fs))
		return false;
	close(fd);
	return fs.f_flags & ST_RDONLY;
}

/* What is wrong with a procfs or sysfs; NULL: nothing. */
static const char *masks_lack(int dir, bool is_proc)
{
	char comm[16] = "";
	int fd;

	for (const char *const *h = is_proc ? proc_hidden : sys_hidden; *h; h++)
		if (!is_covered(dir, *h))
			return *h;
	if (!is_proc)
		return is_sealed(dir, ".") ? NULL : "ro";
	for (const char *const *h = proc_sealed; *h; h++)
		if (!is_sealed(dir, *h))
			return *h;
	fd = openat(dir, "1/comm", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, comm, sizeof(comm)) < 12 || strncmp(comm, "pillbox-init", 12))
		return "process 1, which is the host's";
	close(fd);
	return NULL;
}

/* A directory with a file `mark` is a bind of the test's: read-only, nosuid, nodev, noexec. */
static const char *bind_lacks(const struct statfs *fs)
{
	return !(fs->f_flags & ST_RDONLY)   ? "ro"
	       : !(fs->f_flags & ST_NOSUID) ? "nosuid"
	       : !(fs->f_flags & ST_NODEV)  ? "nodev"
	       : !(fs->f_flags & ST_NOEXEC) ? "noexec"
					    : NULL;
}

static const char *look_at(const char *name, const char **lack)
{
	int dir = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	*lack = NULL;
	if (dir < 0)
		return "none";
	if (fstatfs(dir, &fs))
		return "none";
	if (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC) {
		*lack = masks_lack(dir, fs.f_type == PROC_SUPER_MAGIC);
		return fs.f_type == PROC_SUPER_MAGIC ? "procfs" : "sysfs";
	}
	if (!faccessat(dir, "mark", F_OK, 0)) {
		*lack = bind_lacks(&fs);
		return "bind";
	}
	if (!faccessat(dir, "urandom", F_OK, 0)) {
		*lack = !(fs.f_flags & ST_RDONLY)   ? "ro"
			: !(fs.f_flags & ST_NOSUID) ? "nosuid"
						    : NULL;
		return "dev";
	}
	if (fs.f_type == TMPFS_MAGIC && !(fs.f_flags & ST_RDONLY))
		return "tmpfs";
	/* The root is read-only: what is writable must be a file system of the sandbox's own. */
	*lack = !is_writable && !(fs.f_flags & ST_RDONLY) ? "ro" : NULL;
	return "plain";
}

static int look(char **argv)
{
	char cwd[4096] = "";
	int rc = 0;

	if (syscall(SYS_getcwd, cwd, sizeof(cwd)) < 0 || cwd[0] != '/') {
		printf("BAD working directory %s\n", cwd);
		rc = 3;
	}
	if (*argv && !strcmp(*argv, "-w")) {
		is_writable = true;
		argv++;
	}
	for (; *argv && !strcmp(*argv, "-f"); argv += 2) {
		if (!argv[1])
			return TROUBLE;
		if (!access(argv[1], F_OK)) {
			printf("BAD %s can be reached\n", argv[1]);
			rc = 3;
		}
	}
	for (; *argv; argv++) {
		const char *lack, *what = look_at(*argv, &lack);

		if (lack) {
			printf("BAD %s is %s without %s\n", *argv, what, lack);
			rc = 3;
		} else {
			printf("%s=%s\n", *argv, what);
		}
	}
	return rc;
}

int main(int argc, char **argv)
{
	bool is_short;
	unsigned count;

	if (argc > 2 && !strcmp(argv[1], "look"))
		return look(argv + 2);
	if (argc < 5 || strcmp(argv[1], "run"))
		return TROUBLE;
	count = (unsigned)strtoul(argv[2], NULL, 10);
	argv += 3;
	is_short = argv[0] && !strcmp(argv[0], "-s");
	argv += is_short;
	if (argv[0] && !strcmp(argv[0], "-p") && argv[1]) {
		slow = (unsigned)strtoul(argv[1], NULL, 10);
		argv += 2;
	}
	for (; argv[0] && !strcmp(argv[0], "-x") && argv[1] && argv[2]; argv += 3) {
		if (n_pairs == PAIRS)
			return TROUBLE;
		hold(0, argv[1]);
		hold(1, argv[2]);
		n_pairs++;
	}
	if (!argv[0] || strcmp(argv[0], "--") || !argv[1] || !n_pairs)
		return TROUBLE;
	return run(count, is_short, argv + 1);
}
