/* SPDX-License-Identifier: Apache-2.0 */
/*
 * soak.c - launch after launch, some of them killed at a moment of chance, and what that leaves.
 *
 * Theory of operation
 *
 * One loop keeps WIDTH launches going until COUNT have ended. Most are to end by themselves with a
 * status that differs from one to the next and without a word. One in KILL_EVERY is killed: the
 * launcher, with SIGKILL or SIGTERM, or one of its children, after a time that is drawn from all that
 * a launch takes. Whatever was killed, the launcher has to end, and with it everything it made. This
 * process is the subreaper of all: what outlives its parent becomes its child, so wait(2) knows
 * whether something is left. One at a time that is asked after each launch.
 *
 * One in LOOK_EVERY is looked at while it runs: how many descriptors has the launcher open?
 *
 * Should:  soak USER|- SEED COUNT WIDTH PILLBOX ARGS... -- ROOT    figures as NAME=VALUE lines; status
 *          1 when a launch failed, hung, spoke, or left a process. ARGS are pillbox's options.
 * Mustn't: kill anything that is not a child of a launcher of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WIDTH_MAX 64
#define ARGS_MAX 64
#define KILL_EVERY 16
#define LOOK_EVERY 25
#define HANG_US 30000000 /* a launch takes milliseconds; the machine may have other things to do */
#define GONE_US \
	1000000   /* what a killed launcher leaves to the kernel and the guard is gone by then */
#define SPAN 1000 /* launches at the start, and at the end, whose memory is compared */

enum kind { RUNS, KILLED, LOOKED_AT };
enum victim { LAUNCHER_KILL, LAUNCHER_TERM, CHILD_KILL, VICTIMS };

struct job {
	pid_t pid;
	int pidfd;
	enum kind kind;
	enum victim victim;
	int want;      /* exit status of one that runs */
	int64_t start; /* us */
	int64_t act;   /* us: when to kill it or to look; 0: done or never */
	bool is_struck;
	bool is_too_late; /* it hung and was ended */
};

static struct {
	const char *user;
	long count, width;
	char *argv[ARGS_MAX];
	int argc;
	uid_t uid;
	gid_t gid;
	int said;       /* what those say that are not killed: nothing ... */
	bool may_speak; /* ... but for the figures of --stats */
	int nowhere;
} soak;

static struct {
	long started, ended, killed, by_victim[VICTIMS], failures, hangs, left, looked;
	int64_t usual; /* us that a launch takes, a running mean */
	double first_rss, last_rss;
	long n_first, n_last, max_rss;
	long first_fds, max_fds;
} seen;

static struct job jobs[WIDTH_MAX];
static uint64_t seed;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "soak: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static uint64_t draw(uint64_t below) /* xorshift: the same seed, the same choices */
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

static void fault(const struct job *j, const char *what, int value)
{
	seen.failures++;
	if (seen.failures <= 20)
		fprintf(stderr, "soak: launch %ld, %s: %s (%d)\n", seen.ended,
			j->kind == RUNS        ? "left alone"
			: j->kind == LOOKED_AT ? "looked at"
					       : "killed",
			what, value);
}

/* ---- a launch ------------------------------------------------------------------------------- */

static _Noreturn void launch(const struct job *j)
{
	char status[16];
	char *sleeper[] = {"/bin/sleep", "1000", NULL};
	char *runner[] = {"/bin/probe", "exit", status, NULL};
	char **command = j->kind == LOOKED_AT || (j->kind == KILLED && draw(2)) ? sleeper : runner;
	int err = j->kind == RUNS ? soak.said : soak.nowhere;
	int argc = soak.argc;

	(void)snprintf(status, sizeof(status), "%d", j->want);
	while (*command)
		soak.argv[argc++] = *command++;
	soak.argv[argc] = NULL;
	if (dup2(soak.nowhere, 0) < 0 || dup2(soak.nowhere, 1) < 0 || dup2(err, 2) < 0)
		_exit(99);
	if (soak.user &&
	    (initgroups(soak.user, soak.gid) || setresgid(soak.gid, soak.gid, soak.gid) ||
	     setresuid(soak.uid, soak.uid, soak.uid)))
		_exit(99);
	(void)execv(soak.argv[0], soak.argv);
	_exit(99);
}

static void start(struct job *j)
{
	*j = (struct job){.kind = RUNS, .start = now_us()};
	j->want = (int)(seen.started % 120);
	if (seen.started % LOOK_EVERY == LOOK_EVERY - 1)
		j->kind = LOOKED_AT;
	else if (seen.started % KILL_EVERY == KILL_EVERY / 2)
		j->kind = KILLED;
	if (j->kind == KILLED) {
		j->victim = (enum victim)draw(VICTIMS);
		j->act = j->start + 1 + (int64_t)draw((uint64_t)seen.usual + 1);
	} else if (j->kind == LOOKED_AT) {
		j->act = j->start + 1;
	}
	seen.started++;
	j->pid = fork();
	if (j->pid < 0)
		die("fork");
	if (j->pid == 0)
		launch(j);
	(void)draw(2); /* the child drew; so that the next one's draw is another */
	j->pidfd = (int)syscall(SYS_pidfd_open, j->pid, 0);
	if (j->pidfd < 0)
		die("pidfd_open");
}

/* ---- what is done to it --------------------------------------------------------------------- */

static size_t children_of(pid_t pid, pid_t *list, size_t max)
{
	char path[64], text[1024];
	char *at = text, *end;
	size_t n = 0;
	ssize_t len;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	text[len > 0 ? len : 0] = '\0';
	for (; n < max; at = end) {
		pid_t child = (pid_t)strtol(at, &end, 10);

		if (end == at)
			break;
		list[n++] = child;
	}
	return n;
}

/* A child by chance. It is asked for twice: the pid behind the descriptor may be another's by then. */
static bool kill_child(const struct job *j)
{
	pid_t list[16], again[16];
	size_t n = children_of(j->pid, list, 16);
	pid_t pick = n ? list[draw(n)] : 0;
	int fd = pick ? (int)syscall(SYS_pidfd_open, pick, 0) : -1;
	bool is_ours = false;

	if (fd < 0)
		return false;
	n = children_of(j->pid, again, 16);
	for (size_t i = 0; i < n; i++)
		is_ours = is_ours || again[i] == pick;
	if (is_ours)
		(void)syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
	(void)close(fd);
	return is_ours;
}

static void signal_job(const struct job *j, int sig)
{
	(void)syscall(SYS_pidfd_send_signal, j->pidfd, sig, NULL, 0);
}

static void strike(struct job *j)
{
	j->act = 0;
	j->is_struck = true;
	if (j->victim == CHILD_KILL && !kill_child(j))
		j->victim = LAUNCHER_KILL; /* it has none yet */
	if (j->victim == CHILD_KILL)
		j->act = now_us() + GONE_US; /* it may have been one that nobody misses */
	else
		signal_job(j, j->victim == LAUNCHER_TERM ? SIGTERM : SIGKILL);
	seen.by_victim[j->victim]++;
}

static bool is_confined(pid_t pid)
{
	char path[64], line[256];
	bool yes = false;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		yes = yes || !strcmp(line, "Seccomp:\t2\n");
	if (f)
		fclose(f);
	return yes;
}

/* Only root may: the launcher is not dumpable. */
static void look(struct job *j)
{
	char path[64], link[32];
	long fds = 0;

	j->act = now_us() + 500;
	if (!is_confined(j->pid))
		return;
	for (int fd = 0; fd < 256; fd++) {
		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", j->pid, fd);
		fds += readlink(path, link, sizeof(link)) > 0;
	}
	if (fds) {
		if (!seen.looked++)
			seen.first_fds = fds;
		seen.max_fds = fds > seen.max_fds ? fds : seen.max_fds;
	}
	j->act = 0;
	signal_job(j, SIGTERM);
}

static void act(struct job *j)
{
	int64_t now = now_us();

	if (now - j->start > HANG_US && !j->is_too_late) {
		seen.hangs++;
		fault(j, "hangs", (int)j->victim);
		j->is_too_late = true;
		signal_job(j, SIGKILL);
	}
	if (!j->act || now < j->act)
		return;
	if (j->kind == LOOKED_AT) {
		look(j);
	} else if (j->is_struck) {
		j->act = 0;
		signal_job(j, SIGTERM);
	} else {
		strike(j);
	}
}

/* ---- its end -------------------------------------------------------------------------------- */

/* Is anything left, of a launch that was the only one? After a kill the kernel gets a moment. */
static void check_left(const struct job *j)
{
	int64_t until = now_us() + (j->kind == KILLED ? GONE_US : 0);

	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG | __WALL);

		if (pid < 0)
			return; /* ECHILD: no descendant at all */
		if (j->kind != KILLED || now_us() > until)
			break;
		if (pid == 0)
			(void)usleep(500);
	}
	seen.left++;
	fault(j, "left a process", (int)j->victim);
	while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
		;
}

static void count_memory(long rss)
{
	if (seen.ended <= SPAN) {
		seen.first_rss += (double)rss;
		seen.n_first++;
	}
	if (seen.ended > soak.count - SPAN) {
		seen.last_rss += (double)rss;
		seen.n_last++;
	}
	seen.max_rss = rss > seen.max_rss ? rss : seen.max_rss;
}

static void end(struct job *j, int status, const struct rusage *usage)
{
	int64_t took = now_us() - j->start;

	seen.ended++;
	if (j->kind == RUNS) {
		if (!WIFEXITED(status) || WEXITSTATUS(status) != j->want)
			fault(j, "wait status", status);
		seen.usual = seen.usual ? (seen.usual * 15 + took) / 16 : took;
		count_memory(usage->ru_maxrss);
	} else if (j->kind == LOOKED_AT) {
		/* Without init it is pid 1, for which only SIGKILL is a signal from outside. */
		if (!WIFEXITED(status) ||
		    (WEXITSTATUS(status) != 128 + SIGTERM && WEXITSTATUS(status) != 128 + SIGKILL))
			fault(j, "wait status", status);
	} else {
		seen.killed++;
	}
	(void)close(j->pidfd);
	if (soak.width == 1)
		check_left(j);
	j->pid = 0;
	if (seen.ended % 5000 == 0)
		fprintf(stderr, "soak: %ld of %ld, %ld failures\n", seen.ended, soak.count,
			seen.failures);
}

static void wait_some(void)
{
	struct pollfd p[WIDTH_MAX];
	int64_t next = now_us() + 1000000;

	for (long i = 0; i < soak.width; i++) {
		p[i] = (struct pollfd){.fd = jobs[i].pid ? jobs[i].pidfd : -1, .events = POLLIN};
		if (jobs[i].pid && jobs[i].act && jobs[i].act < next)
			next = jobs[i].act;
	}
	next -= now_us();
	struct timespec t = {.tv_sec = next / 1000000, .tv_nsec = next % 1000000 * 1000};
	if (next < 0)
		t = (struct timespec){0};
	(void)ppoll(p, (nfds_t)soak.width, &t, NULL);
	for (long i = 0; i < soak.width; i++) {
		struct rusage usage;
		int status;

		if (!jobs[i].pid)
			continue;
		if (wait4(jobs[i].pid, &status, WNOHANG, &usage) == jobs[i].pid)
			end(&jobs[i], status, &usage);
		else
			act(&jobs[i]);
	}
}

/* Those that were several at a time: after the last one everything is gone. */
static void check_all_left(void)
{
	const struct job last = {.kind = KILLED};

	check_left(&last);
}

static void tell(double seconds)
{
	double first = seen.n_first ? seen.first_rss / (double)seen.n_first : 0;
	double last = seen.n_last ? seen.last_rss / (double)seen.n_last : 0;
	struct stat st;

	if (!soak.may_speak && (fstat(soak.said, &st) || st.st_size)) {
		seen.failures++;
		fprintf(stderr, "soak: launches that were left alone said something\n");
	}
	printf("launches=%ld\nkilled=%ld\nkilled_launcher=%ld\nended_launcher=%ld\nkilled_child=%ld\n",
	       seen.ended, seen.killed, seen.by_victim[LAUNCHER_KILL],
	       seen.by_victim[LAUNCHER_TERM], seen.by_victim[CHILD_KILL]);
	printf("failures=%ld\nhangs=%ld\nleft=%ld\nseconds=%.0f\nper_second=%.0f\n", seen.failures,
	       seen.hangs, seen.left, seconds, (double)seen.ended / seconds);
	printf("rss_first_kib=%.0f\nrss_last_kib=%.0f\nrss_max_kib=%ld\n", first, last,
	       seen.max_rss);
	printf("looked=%ld\nfds_first=%ld\nfds_max=%ld\n", seen.looked, seen.first_fds,
	       seen.max_fds);
}

static void take_user(const char *name)
{
	struct passwd *p;

	if (!strcmp(name, "-"))
		return;
	p = getpwnam(name);
	if (!p)
		die(name);
	soak.user = name;
	soak.uid = p->pw_uid;
	soak.gid = p->pw_gid;
}

int main(int argc, char *argv[])
{
	int64_t from = now_us();

	if (argc < 6 || argc > 40)
		return 2;
	take_user(argv[1]);
	seed = strtoull(argv[2], NULL, 10) * 0x9e3779b97f4a7c15ULL + 1;
	soak.count = strtol(argv[3], NULL, 10);
	soak.width = strtol(argv[4], NULL, 10);
	if (soak.count < 1 || soak.width < 1 || soak.width > WIDTH_MAX)
		return 2;
	for (int i = 5; i < argc; i++) {
		soak.argv[soak.argc++] = argv[i];
		soak.may_speak = soak.may_speak || !strcmp(argv[i], "--stats");
	}
	soak.said = memfd_create("said", MFD_CLOEXEC);
	soak.nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (soak.said < 0 || soak.nowhere < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
		die("start");
	while (seen.ended < soak.count) {
		for (long i = 0; i < soak.width && seen.started < soak.count; i++)
			if (!jobs[i].pid)
				start(&jobs[i]);
		wait_some();
	}
	check_all_left();
	tell((double)(now_us() - from) / 1e6);
	return seen.failures > 0;
}
