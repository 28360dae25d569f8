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
#include <getopt.h>
#include <linux/close_range.h>
#include <seccomp.h>
#include <signal.h>
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

static const struct {
	const char *name;
	int num;
} errors[] = {{"EPERM", EPERM},   {"ENOMEM", ENOMEM}, {"EINTR", EINTR},
	      {"ENOSPC", ENOSPC}, {"EMFILE", EMFILE}, {"ENOSYS", ENOSYS}};
#define N_ERRORS (sizeof(errors) / sizeof(errors[0]))

/* Shared by all workers: what the first clean launch did. */
struct shared {
	struct record record;
	struct point points[MAX_POINTS];
};

struct item {
	struct fault fault[2];
	int n;
};

struct report {
	unsigned item;
	int outcome;
	struct fault second;
	bool was_swept; /* a control group stayed, and the next launch removed it */
	char why[220];
};

static struct setup setup = {.label = "launch", .payload = "/bin/probe", .within = 10, .slow = 1};
static struct shared *shared;
static struct record *record; /* a worker's own: launches that go astray add processes to it */
static struct item *items;
static size_t n_items;
static int jobs = 2;
static long every = 1, pairs, seed = 1;
static bool wants_fail = true, wants_kill = true, wants_list;
static bool is_error_wanted[N_ERRORS];
static const char *figures, *place, *calls;

/* ---- names ---------------------------------------------------------------------------------- */

static const char *call_name(long nr)
{
	static char text[32];
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)nr);

	snprintf(text, sizeof(text), "%s", name ? name : "?");
	free(name);
	return text;
}

static const char *error_name(int num)
{
	for (size_t i = 0; i < N_ERRORS; i++)
		if (errors[i].num == num)
			return errors[i].name;
	return "KILL";
}

static void name_roles(struct record *r)
{
	int pid_1 = r->payload > 0 ? r->roles[r->payload].parent : -1;

	for (int i = 0; i < r->n_roles; i++) {
		const char *name = i == 0 ? "launcher" : i == pid_1 ? "child" : NULL;

		if (i == r->payload)
			name = pid_1 > 0 ? "command" : "child";
		if (name)
			snprintf(r->roles[i].name, sizeof(r->roles[i].name), "%s", name);
		else
			snprintf(r->roles[i].name, sizeof(r->roles[i].name), "helper-%d", i);
	}
}

static long call_of(const struct fault *f)
{
	const struct record *r = &shared->record;

	for (size_t i = 0; i < r->n_points; i++)
		if (r->points[i].role == f->role && r->points[i].n == f->n)
			return r->points[i].nr;
	return -1;
}

/* As --at takes it: ROLE:N:ERRNO or ROLE:N:KILL:VICTIM. */
static void describe(const struct item *item, char *text, size_t size)
{
	const struct record *r = &shared->record;
	size_t used = 0;

	for (int i = 0; i < item->n && used < size; i++) {
		const struct fault *f = &item->fault[i];

		if (f->role == FAULT_LATER) {
			used += (size_t)snprintf(text + used, size - used, " and %s later",
						 error_name(f->num));
			continue;
		}
		used += (size_t)snprintf(
			text + used, size - used, "%s%s:%ld:%s%s%s (%s)", i ? "," : "",
			r->roles[f->role].name, f->n, error_name(f->num), f->num ? "" : ":",
			f->num ? "" : r->roles[f->victim].name, call_name(call_of(f)));
	}
}

static int role_by_name(const char *name)
{
	for (int i = 0; i < shared->record.n_roles; i++)
		if (!strcmp(shared->record.roles[i].name, name))
			return i;
	fprintf(stderr, "faults: no process %s\n", name);
	exit(2);
}

static void parse_place(char *text, struct item *ret)
{
	*ret = (struct item){.n = 0};
	for (char *one; ret->n < 2 && (one = strsep(&text, ","));) {
		struct fault *f = &ret->fault[ret->n++];
		char *role = strsep(&one, ":"), *n = strsep(&one, ":"), *num = strsep(&one, ":");

		if (!role || !n || !num) {
			fprintf(stderr, "faults: --at ROLE:N:ERRNO or ROLE:N:KILL:VICTIM\n");
			exit(2);
		}
		f->role = role_by_name(role);
		f->n = strtol(n, NULL, 10);
		for (size_t i = 0; i < N_ERRORS; i++)
			if (!strcmp(errors[i].name, num))
				f->num = errors[i].num;
		f->victim = f->num ? 0 : role_by_name(one && *one ? one : role);
	}
}

/* ---- the plan ------------------------------------------------------------------------------- */

static void plan_add(struct fault f)
{
	items[n_items++] = (struct item){.fault = {f}, .n = 1};
}

/* Is NAME in the list of --calls? */
static bool is_listed(const char *name)
{
	size_t len = strlen(name);

	for (const char *at = calls; at && (at = strstr(at, name)); at += len)
		if ((at == calls || at[-1] == ',') && (!at[len] || at[len] == ','))
			return true;
	return false;
}

static bool is_point_wanted(const struct record *r, const struct point *p)
{
	return !calls || is_listed(call_name(p->nr)) || is_listed(r->roles[p->role].name);
}

static void plan_fail(const struct record *r)
{
	for (size_t i = 0; i < r->n_points; i++) {
		const struct point *p = &r->points[i];

		if (never_fails(p->nr) || !is_point_wanted(r, p))
			continue;
		for (size_t e = 0; e < N_ERRORS; e++)
			if (is_error_wanted[e] && (!is_brk(p->nr) || errors[e].num == ENOMEM))
				plan_add((struct fault){p->role, p->n, errors[e].num, 0});
	}
}

/* The process itself; the launcher; pid 1 of the sandbox, when it is there. */
static void plan_kill(const struct record *r)
{
	int child = -1;

	for (int i = 0; i < r->n_roles; i++)
		if (!strcmp(r->roles[i].name, "child"))
			child = i;
	for (size_t i = 0; i < r->n_points; i++) {
		const struct point *p = &r->points[i];

		if (!is_point_wanted(r, p))
			continue;
		plan_add((struct fault){p->role, p->n, 0, p->role});
		if (p->role)
			plan_add((struct fault){p->role, p->n, 0, 0});
		if (child > 0 && p->role != child && i > r->born[child])
			plan_add((struct fault){p->role, p->n, 0, child});
	}
}

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static void plan_pairs(size_t n_single)
{
	for (long i = 0; i < pairs; i++) {
		uint64_t dice = mix((uint64_t)seed * 1000003 + (uint64_t)i + 1);
		struct item *item = &items[n_items++];

		*item = items[dice % n_single];
		item->n = 2;
		dice = mix(dice);
		item->fault[1] = (struct fault){FAULT_LATER, 0, 0, 0};
		if (dice % 7)
			item->fault[1].num = errors[dice / 7 % N_ERRORS].num;
	}
}

static void plan_make(const struct record *r)
{
	size_t kept = 0, room = r->n_points * (N_ERRORS + 3) + (size_t)pairs + 1;
	size_t n_single;

	items = calloc(room, sizeof(*items));
	if (!items)
		die("memory");
	if (wants_fail)
		plan_fail(r);
	if (wants_kill)
		plan_kill(r);
	n_single = n_items;
	for (size_t i = 0; i < n_single; i++)
		if ((long)(i % (size_t)every) == seed % every)
			items[kept++] = items[i];
	n_items = pairs ? n_single : kept;
	if (!pairs || !n_single)
		return;
	n_items = n_single;
	/* Pairs alone: the single ones are where they start. */
	plan_pairs(n_single);
	memmove(items, items + n_single, (size_t)pairs * sizeof(*items));
	n_items = (size_t)pairs;
}

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
	trace_random = mix((uint64_t)seed * 7919 + i + 1) | 1;
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
	for (size_t i = (size_t)worker; i < n_items; i += (size_t)jobs) {
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
	char *text = strdup(place);

	items = calloc(1, sizeof(*items));
	if (!text || !items)
		die("memory");
	parse_place(text, items);
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
	describe(item, text, sizeof(text));
	if (sums.exceptions++ < 400)
		printf("  %s: %s: %s%s%s\n", setup.label, text, outcome_names[r->outcome],
		       r->why[0] ? ": " : "", r->why);
	fflush(stdout);
}

static void put_figures(long ms)
{
	FILE *f = figures ? fopen(figures, "ae") : NULL;

	if (figures && !f)
		die(figures);
	if (!f)
		f = stdout;
	fprintf(f, "%s|%zu|%ld|%ld|%ld|%ld|%ld|%ld|%ld|%ld|%ld|%ld|%ld|%ld.%ld\n", setup.label,
		shared->record.n_points, sums.fail, sums.kill, sums.pair, sums.by[OUT_REFUSED],
		sums.by[OUT_RAN], sums.by[OUT_ENDED], sums.by[OUT_LIBRARY], sums.by[OUT_KILLED],
		sums.swept, sums.by[OUT_UNREACHED], sums.exceptions, ms / 1000, ms % 1000 / 100);
	if (f != stdout)
		fclose(f);
}

/* ---- main ----------------------------------------------------------------------------------- */

enum {
	OPT_LABEL = 256,
	OPT_USER,
	OPT_PAYLOAD,
	OPT_WATCH,
	OPT_WORDS,
	OPT_TAG,
	OPT_TTY,
	OPT_JOBS,
	OPT_EVERY,
	OPT_ERRORS,
	OPT_NO_FAIL,
	OPT_NO_KILL,
	OPT_PAIRS,
	OPT_SEED,
	OPT_FIGURES,
	OPT_SLOW,
	OPT_LIST,
	OPT_AT,
	OPT_MAIN,
	OPT_WITHIN,
	OPT_CALLS
};

static const struct option options[] = {
	{"label", 1, NULL, OPT_LABEL},     {"user", 1, NULL, OPT_USER},
	{"payload", 1, NULL, OPT_PAYLOAD}, {"watch", 1, NULL, OPT_WATCH},
	{"words", 1, NULL, OPT_WORDS},     {"tag", 1, NULL, OPT_TAG},
	{"tty", 0, NULL, OPT_TTY},         {"jobs", 1, NULL, OPT_JOBS},
	{"every", 1, NULL, OPT_EVERY},     {"errors", 1, NULL, OPT_ERRORS},
	{"no-fail", 0, NULL, OPT_NO_FAIL}, {"no-kill", 0, NULL, OPT_NO_KILL},
	{"pairs", 1, NULL, OPT_PAIRS},     {"seed", 1, NULL, OPT_SEED},
	{"figures", 1, NULL, OPT_FIGURES}, {"slow", 1, NULL, OPT_SLOW},
	{"list", 0, NULL, OPT_LIST},       {"at", 1, NULL, OPT_AT},
	{"calls", 1, NULL, OPT_CALLS},     {"within", 1, NULL, OPT_WITHIN},
	{"main", 1, NULL, OPT_MAIN},       {NULL, 0, NULL, 0}};

static long number(const char *text, long min)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || n < min) {
		fprintf(stderr, "faults: %s is no number from %ld on\n", text, min);
		exit(2);
	}
	return n;
}

static void parse_one(int c)
{
	switch (c) {
	case OPT_LABEL:
		setup.label = optarg;
		return;
	case OPT_USER:
		setup.user = optarg;
		return;
	case OPT_PAYLOAD:
		setup.payload = optarg;
		return;
	case OPT_WORDS:
		setup.words = optarg;
		return;
	case OPT_TAG:
		setup.tag = optarg;
		return;
	case OPT_TTY:
		setup.has_tty = true;
		return;
	case OPT_JOBS:
		jobs = (int)number(optarg, 1);
		return;
	case OPT_EVERY:
		every = number(optarg, 1);
		return;
	case OPT_NO_FAIL:
		wants_fail = false;
		return;
	case OPT_NO_KILL:
		wants_kill = false;
		return;
	case OPT_PAIRS:
		pairs = number(optarg, 0);
		return;
	case OPT_SEED:
		seed = number(optarg, 0);
		return;
	case OPT_FIGURES:
		figures = optarg;
		return;
	case OPT_SLOW:
		setup.slow = (int)number(optarg, 1);
		return;
	case OPT_LIST:
		wants_list = true;
		return;
	case OPT_AT:
		place = optarg;
		return;
	case OPT_CALLS:
		calls = optarg;
		return;
	case OPT_WITHIN:
		setup.within = number(optarg, 1);
		return;
	case OPT_MAIN:
		setup.main_call = seccomp_syscall_resolve_name(optarg);
		return;
	case OPT_WATCH:
		if (setup.n_watch < 16)
			setup.watch[setup.n_watch++] = optarg;
		return;
	case OPT_ERRORS:
		for (size_t i = 0; i < N_ERRORS; i++)
			is_error_wanted[i] = strstr(optarg, errors[i].name);
		return;
	default:
		exit(2);
	}
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

	plan_make(&shared->record);
	if (pipe(pipe_fd))
		die("pipe");
	for (int w = 0; w < jobs; w++) {
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
	if (close_range(3, ~0U,
			CLOSE_RANGE_CLOEXEC)) /* whatever a shell left open is not the launcher's */
		die("descriptors");
	for (size_t i = 0; i < N_ERRORS; i++)
		is_error_wanted[i] = true;
	for (int c; (c = getopt_long(argc, argv, "+", options, NULL)) != -1;)
		parse_one(c);
	argv += optind;
	if (!*argv) {
		fprintf(stderr, "usage: faults [OPTION...] -- LAUNCHER ARG...\n");
		return 2;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		die("memory");
	shared->record = (struct record){
		.payload = -1, .points = shared->points, .room = MAX_POINTS};
	host_enter();
	record_clean(argv);
	if (wants_list) {
		for (size_t i = 0; i < shared->record.n_points; i++)
			printf("%s:%ld %s\n", shared->record.roles[shared->points[i].role].name,
			       shared->points[i].n, call_name(shared->points[i].nr));
		return 0;
	}
	if (place)
		one_place(argv);
	return sweep(argv);
}
