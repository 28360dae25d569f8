/* SPDX-License-Identifier: Apache-2.0 */
/*
 * faults.c - what a launcher does when a system call fails, or a process of it is killed, at every
 * place where that can happen.
 *
 * A clean launch under ptrace gives the list of all system calls of all the launcher's processes up to
 * the payload's execve (of the launcher itself: up to its end). Then, one launch each: every call
 * fails with every errno; at every call the process that makes it, the launcher and the sandbox's pid 1
 * are killed. Each launch is judged by one contract (judge.c), and the host has to be as before.
 *
 * Should:  print each exception with the place (--at PLACE makes it again, with all that was said),
 *          and one line of figures; exit 1 when there was an exception.
 * Mustn't: call a launch good that was not looked at: what is not reached counts for nothing.
 *
 * usage: faults [OPTION...] -- LAUNCHER ARG...       %w in an argument is the worker's number,
 *                                               %n the launch's
 *   --label TEXT      for the figures          --user NAME      who launches
 *   --payload PATH    as it is executed        --watch PATH     has to stay as it is; names:PATH: only
 *                                               what is there, not its contents
 *   --words FILE      begin of an error line, one each line; without: a peer, for which other
 *                     statuses and any words will do
 *   --tag TEXT        in the name of the launcher's control groups
 *   --main CALL       the launcher's first call of its own: those before are its C library's
 *   --tty             on a terminal            --jobs N         workers
 *   --every N         only every N-th          --errors E,E...  which errnos
 *   --no-fail, --no-kill, --pairs N, --seed N  which launches
 *   --figures FILE    append one line to it    --slow N         times are N times longer
 *   --calls C,C...    only these calls, and all of these processes (command)
 *   --within SECONDS  for each launch; 10
 *   --list            the calls, and no sweep  --at PLACE[,PLACE]
 */
#include "faults.h"

#include <errno.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_POINTS 65536
#define KEYRING_SESSION (-3)

/* Shared by all workers: what the first clean launch did. */
struct shared {
	struct record record;
	struct point points[MAX_POINTS];
};

struct report {
	unsigned item;
	int outcome;
	struct fault second;
	bool was_swept; /* a control group stayed, and the next launch removed it */
	char why[220];
};

static struct shared *shared;
static struct record *record; /* a worker's own: launches that go astray add processes to it */
static struct item *items;
static size_t n_items;

/* ---- a worker ------------------------------------------------------------------------------- */

static char **argv_of(int worker, char *const *argv)
{
	size_t n = 0;
	char **ret;

	while (argv[n])
		n++;
	ret = calloc(n + 1, sizeof(*ret));
	for (size_t i = 0; ret && i < n; i++) {
		const char *at = strstr(argv[i], "%w");

		if (!at)
			ret[i] = argv[i];
		else if (asprintf(&ret[i], "%.*s%d%s", (int)(at - argv[i]), argv[i], worker,
				  at + 2) < 0)
			die("memory");
	}
	return ret;
}

/* Prints what was wrong; a sweep of a launcher that fails by itself says nothing. */
static void clean_launch(struct result *r, bool is_first)
{
	char why[220] = "";

	trace_launch(&setup, record, is_first, NULL, 0, r);
	if (is_first)
		name_roles(&shared->record);
	if (shared->record.payload < 0 || r->is_late || r->left || !WIFEXITED(r->status) ||
	    WEXITSTATUS(r->status) || !r->out[0]) {
		fprintf(stderr, "faults: %s: the clean launch fails (status %#x): %s%s\n",
			setup.label, r->status, r->err, why);
		_exit(97);
	}
}

static void worker_enter(int worker, char *const *argv, struct result *r)
{
	static struct record own;
	char text[32];

	own = shared->record;
	record = worker < 0 ? &shared->record : &own;
	setup.worker = worker;
	setup.argv = argv_of(worker, argv);
	if (setup.tag)
		setup.tag = argv_of(worker, (char *const[]){strdup(setup.tag), NULL})[0];
	trace_start(&setup);
	host_watch(&setup);
	snprintf(text, sizeof(text), "%ld", syscall(SYS_keyctl, 0, KEYRING_SESSION, 0, 0, 0));
	setenv("FAULTS_KEYRING", text, 1);
	clean_launch(r, worker < 0);
	if (worker >= 0) /* the first one may make a layer or a cache that later ones find */
		clean_launch(r, false);
	judge_clean(&setup, r);
}

/* An empty group may stay when the launcher was killed: the next launch has to remove it. */
static bool is_swept(const char *before, struct result *scratch)
{
	char *after;
	bool same;

	trace_launch(&setup, record, false, NULL, 0, scratch);
	after = host_groups(&setup);
	same = !strcmp(before, after);
	free(after);
	return same;
}

static void one_item(unsigned i, const char *groups, struct result *r, struct report *ret)
{
	const struct item *item = &items[i];
	static struct result scratch;
	char *state, *after;

	state = host_state(&setup);
	trace_random = mix((uint64_t)want.seed * 7919 + i + 1) | 1;
	trace_launch(&setup, record, false, item->fault, item->n, r);
	*ret = (struct report){.item = i, .second = r->second};
	ret->outcome = (int)judge(&setup, item->fault, item->n, r, ret->why, sizeof(ret->why));
	after = host_state(&setup);
	if (ret->outcome < OUT_HANG && strcmp(state, after) != 0) {
		ret->outcome = OUT_HOST;
		host_difference(state, after, ret->why, sizeof(ret->why));
	}
	free(after);
	after = host_groups(&setup);
	if (ret->outcome < OUT_HANG && strcmp(groups, after) != 0) {
		ret->was_swept = r->is_launcher_killed && is_swept(groups, &scratch);
		if (!ret->was_swept) {
			ret->outcome = OUT_HOST;
			host_difference(groups, after, ret->why, sizeof(ret->why));
		}
	}
	free(after);
	free(state);
}

static _Noreturn void worker_main(int worker, char *const *argv, int to)
{
	static struct result r;
	char *groups, why[220];

	worker_enter(worker, argv, &r);
	groups = host_groups(&setup);
	for (size_t i = (size_t)worker; i < n_items; i += (size_t)want.jobs) {
		struct report report;

		one_item((unsigned)i, groups, &r, &report);
		if (write(to, &report, sizeof(report)) != sizeof(report))
			die("report");
	}
	clean_launch(&r, false); /* after all that it still goes as it did at first */
	if (judge(&setup, NULL, 0, &r, why, sizeof(why)) != OUT_RAN) {
		fprintf(stderr, "faults: %s: the clean launch at the end: %s\n", setup.label, why);
		_exit(97);
	}
	_exit(0);
}

static _Noreturn void one_place(char *const *argv)
{
	static struct result r;
	struct report report;
	char *text = strdup(want.place);

	items = calloc(1, sizeof(*items));
	if (!text || !items)
		die("memory");
	parse_place(&shared->record, text, items);
	n_items = 1;
	worker_enter(0, argv, &r);
	one_item(0, host_groups(&setup), &r, &report);
	printf("%s\nfired: %d, status %#x: %s%s%s%s\n", r.err, r.fired, (unsigned)r.status,
	       outcome_names[report.outcome], report.why[0] ? ": " : "", report.why,
	       report.was_swept ? ", a group was removed by the next launch" : "");
	_exit(report.outcome >= OUT_HANG);
}

/* ---- the figures ---------------------------------------------------------------------------- */

static struct figures {
	long fail, kill, pair, swept, by[OUT_COUNT], exceptions;
} sums;

static void take_report(const struct report *r)
{
	struct item *item = &items[r->item];
	char text[256];

	sums.by[r->outcome]++;
	sums.swept += r->was_swept;
	if (r->outcome != OUT_UNREACHED)
		*(item->n == 2 ? &sums.pair : item->fault[0].num ? &sums.fail : &sums.kill) += 1;
	if (r->outcome < OUT_HANG)
		return;
	if (item->n == 2 && item->fault[1].role == FAULT_LATER)
		item->fault[1] = r->second;
	describe(&shared->record, item, text, sizeof(text));
	if (sums.exceptions++ < 400)
		printf("  %s: %s: %s%s%s\n", setup.label, text, outcome_names[r->outcome],
		       r->why[0] ? ": " : "", r->why);
	fflush(stdout);
}

static void put_figures(long ms)
{
	FILE *f = want.figures ? fopen(want.figures, "ae") : NULL;

	if (want.figures && !f)
		die(want.figures);
	if (!f)
		f = stdout;
	fprintf(f, "%s|%zu|%ld|%ld|%ld|%ld|%ld|%ld|%ld|%ld|%ld|%ld|%ld|%ld.%ld\n", setup.label,
		shared->record.n_points, sums.fail, sums.kill, sums.pair, sums.by[OUT_REFUSED],
		sums.by[OUT_RAN], sums.by[OUT_ENDED], sums.by[OUT_LIBRARY], sums.by[OUT_KILLED],
		sums.swept, sums.by[OUT_UNREACHED], sums.exceptions, ms / 1000, ms % 1000 / 100);
	if (f != stdout)
		fclose(f);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A process of its own makes the list, since each launch leaves its marks on the tracer. */
static void record_clean(char *const *argv)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		static struct result r;

		worker_enter(-1, argv, &r);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		exit(97);
}

static int sweep(char *const *argv)
{
	long start = now_ms();
	struct report report;
	int pipe_fd[2], rc = 0, status;
	size_t seen = 0;

	items = plan_make(&shared->record, &n_items);
	if (pipe(pipe_fd))
		die("pipe");
	for (int w = 0; w < want.jobs; w++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid)
			worker_main(w, argv, pipe_fd[1]);
	}
	close(pipe_fd[1]);
	for (; read(pipe_fd[0], &report, sizeof(report)) == sizeof(report); seen++)
		take_report(&report);
	while (wait(&status) > 0)
		rc |= status;
	if (rc || seen != n_items) {
		fprintf(stderr, "faults: %s: %zu of %zu launches were judged\n", setup.label, seen,
			n_items);
		return 97;
	}
	put_figures(now_ms() - start);
	return sums.exceptions > 0;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* What a shell left open is not the launcher's. */
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC))
		die("descriptors");
	options_parse(argc, argv);
	argv += optind;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		die("memory");
	shared->record = (struct record){
		.payload = -1, .points = shared->points, .room = MAX_POINTS};
	host_enter();
	record_clean(argv);
	if (want.only_list) {
		for (size_t i = 0; i < shared->record.n_points; i++)
			printf("%s:%ld %s\n", shared->record.roles[shared->points[i].role].name,
			       shared->points[i].n, call_name(shared->points[i].nr));
		return 0;
	}
	if (want.place)
		one_place(argv);
	return sweep(argv);
}
