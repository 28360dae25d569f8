/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order.c - the order mutation test: every child step, moved to every earlier place.
 *
 *   order test SEAM ROOTFS TABLE [CONFIG [STEP [BEFORE]]]   compare with the table
 *   order table SEAM ROOTFS                                 print a new table
 *   order payload                                           what runs inside: facts, READY, sleep
 *
 * A launch with a step at the wrong place either fails (loud), or gives the same sandbox (same), or
 * runs without any error and is wrong: the facts that the payload finds differ from those of the
 * right order, or something outlives the launcher's SIGKILL. Each pair that is wrong in silence
 * stands in TABLE; one that is not in it, and one in it that is no longer wrong, fails the test.
 *
 * Should:  compare everything the payload can see and that does not change from run to run.
 * Mustn't: judge by what differs anyway: namespace numbers, device numbers, times.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "order.h"

#define MAX_STEPS 128
#define MAX_JOBS 8192
#define START_MS 15000 /* the launcher gives up on a stuck set-up after 10 s */
#define DEATH_MS 5000  /* SIGKILL is at once; the scheduler of a busy machine is not */

/* The sandboxes whose order is changed; together they want every child step that can run here. */
static const struct config {
	const char *name;
	const char *options[16];
} configs[] = {
	{"hardened", {"--secret", "env=ORDER_SECRET,target=word", "-w", "/tmp", NULL}},
	{"docker",
	 {"--preset", "docker", "-w", "/usr", "-v", "/usr:/mnt:ro", "--sysctl",
	  "net.ipv4.ip_unprivileged_port_start=0", NULL}},
	{"no-init", {"--no-init", "--landlock", "off", "--ulimit", "nofile=200:300", NULL}},
	{"terminal",
	 {"-t", "-u", "0:0", "--cap-add", "chown", "--tcp", "none", "--allow-missing", "landlock",
	  NULL}},
};
#define N_CONFIGS (sizeof(configs) / sizeof(configs[0]))

/* Steps that no configuration can want on every machine that this runs on. */
static const char *const beyond[] = {"lsm"}; /* needs AppArmor and a loaded profile */

enum verdict { SAME, LOUD, WRONG };

struct job {
	int config, step, before;
	enum verdict verdict;
	char keys[400]; /* WRONG: the facts that differ */
	char said[200]; /* LOUD: the first line of the errors */
};

static struct job *jobs; /* shared with the workers */
static atomic_int *next_job;
static int n_jobs;
static char *steps[MAX_STEPS]; /* the child steps, in order */
static int n_steps;
static bool reached[MAX_STEPS]; /* wanted by some configuration */
static const char *seam, *rootfs;

static void die(const char *what)
{
	printf("not ok - order: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int ms_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int)(t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

/* ---- one launch ---------------------------------------------------------------------------- */

struct outcome {
	bool is_ready;   /* the payload got to its end */
	bool has_status; /* the launcher ended by itself ... */
	int status;      /* ... with this */
	bool is_left;    /* something outlived the launcher */
	char facts[MAX_FACTS];
	char said[200];
};

/* We are the subreaper: whatever outlives the launcher becomes our child. */
static bool all_gone(void)
{
	int end = ms_now() + DEATH_MS;

	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0)
			return true;
		if (pid == 0) {
			if (ms_now() > end)
				return false;
			usleep(300);
		}
	}
}

static void kill_children(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *ent;

	while (dir && (ent = readdir(dir))) {
		char path[300], text[512];
		char *at;
		int fd, ppid;
		ssize_t n;

		if (atoi(ent->d_name) <= 1)
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", ent->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
		if (fd >= 0)
			close(fd);
		if (n <= 0)
			continue;
		text[n] = '\0';
		at = strrchr(text, ')');
		if (at && sscanf(at + 1, " %*c %d", &ppid) == 1 && ppid == getpid())
			kill(atoi(ent->d_name), SIGKILL);
	}
	if (dir)
		closedir(dir);
	all_gone();
}

static pid_t start(const struct config *c, const char *first, int out, int err)
{
	const char *argv[32] = {seam};
	size_t n = 1;
	pid_t pid;

	if (first)
		argv[n++] = first;
	argv[n++] = "run";
	argv[n++] = "--quiet";
	for (size_t i = 0; c->options[i]; i++)
		argv[n++] = c->options[i];
	argv[n++] = rootfs;
	argv[n++] = "/bin/order";
	argv[n++] = "payload";
	pid = fork();
	if (pid)
		return pid;
	/* A group of its own, as from a shell: job control of the terminal must not reach us. */
	setpgid(0, 0);
	if (dup2(open("/dev/null", O_RDONLY), 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(99);
	execv(seam, (char **)argv);
	_exit(99);
}

/* Until READY, the end of the output, or the deadline. */
static void read_facts(struct outcome *o, int fd)
{
	int end = ms_now() + START_MS;
	size_t len = 0;

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t n;

		if (poll(&p, 1, end - ms_now()) <= 0)
			break;
		n = read(fd, o->facts + len, sizeof(o->facts) - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
		o->facts[len] = '\0';
		if (strstr(o->facts, "\nREADY")) {
			o->is_ready = true;
			break;
		}
	}
	o->facts[len] = '\0';
}

static void launch(const struct config *c, const char *first, struct outcome *o)
{
	int out[2];
	int err = memfd_create("stderr", MFD_CLOEXEC);
	ssize_t n;
	pid_t pid;

	memset(o, 0, sizeof(*o));
	if (pipe2(out, O_CLOEXEC) || err < 0)
		die("pipe");
	pid = start(c, first, out[1], err);
	close(out[1]);
	read_facts(o, out[0]);
	if (!o->is_ready && waitpid(pid, &o->status, 0) == pid)
		o->has_status = true;
	else
		kill(pid, SIGKILL);
	o->is_left = !all_gone();
	if (o->is_left)
		kill_children();
	close(out[0]);
	n = pread(err, o->said, sizeof(o->said) - 1, 0);
	o->said[n < 0 ? 0 : n] = '\0';
	o->said[strcspn(o->said, "\n")] = '\0';
	close(err);
	facts_tidy(o->facts);
}

static void judge(const struct outcome *clean, const struct outcome *o, struct job *j)
{
	j->keys[0] = '\0';
	snprintf(j->said, sizeof(j->said), "%s", o->said);
	if (!o->is_ready) {
		if (WIFEXITED(o->status) && WEXITSTATUS(o->status) != 0 && !o->is_left) {
			j->verdict = LOUD;
			return;
		}
		facts_add(j->keys, sizeof(j->keys),
			  o->is_left ? "leftovers-of-a-failed-launch" : "no-facts-and-no-error");
	} else {
		facts_differ(clean->facts, o->facts, j->keys, sizeof(j->keys));
		if (o->is_left)
			facts_add(j->keys, sizeof(j->keys), "survives-the-launcher");
	}
	j->verdict = j->keys[0] ? WRONG : SAME;
}

/* ---- all of them --------------------------------------------------------------------------- */

static void steps_read(void)
{
	char line[256], command[4200];
	FILE *f;

	snprintf(command, sizeof(command), "'%s' --list", seam);
	f = popen(command, "re");
	while (f && fgets(line, sizeof(line), f)) {
		char id[64], side[16];

		if (sscanf(line, "%63s %15s", id, side) == 2 && !strcmp(side, "child") &&
		    n_steps < MAX_STEPS)
			steps[n_steps++] = strdup(id);
	}
	if (!f || pclose(f) || n_steps < 2) {
		errno = EINVAL;
		die(command);
	}
}

/* Is the step in this sandbox's list? Then it can be made to fail. */
static bool is_wanted(const struct config *c, const char *step)
{
	static struct outcome o;
	char first[128];

	snprintf(first, sizeof(first), "--fail-at=%s:1", step);
	launch(c, first, &o);
	return !o.is_ready;
}

static bool matches(const char *filter, const char *text)
{
	return !filter || !strcmp(filter, text);
}

static void jobs_make(char *filter[3])
{
	for (size_t c = 0; c < N_CONFIGS; c++) {
		bool wanted[MAX_STEPS];

		if (!matches(filter[0], configs[c].name))
			continue;
		for (int i = 0; i < n_steps; i++)
			reached[i] |= wanted[i] = is_wanted(&configs[c], steps[i]);
		for (int i = 0; i < n_steps; i++)
			for (int b = 0; b < i; b++)
				if (wanted[i] && wanted[b] && strcmp(steps[i], "exec") != 0 &&
				    matches(filter[1], steps[i]) && matches(filter[2], steps[b]) &&
				    n_jobs < MAX_JOBS)
					jobs[n_jobs++] = (struct job){
						.config = (int)c, .step = i, .before = b};
	}
}

static void worker(const struct outcome *clean)
{
	static struct outcome o;
	char first[160];
	int i;

	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	while ((i = atomic_fetch_add(next_job, 1)) < n_jobs) {
		struct job *j = &jobs[i];

		snprintf(first, sizeof(first), "--move=%s:%s", steps[j->step], steps[j->before]);
		launch(&configs[j->config], first, &o);
		judge(&clean[j->config], &o, j);
		if (getenv("ORDER_DEBUG") && j->verdict == WRONG)
			fprintf(stderr, "%s\n", o.facts);
	}
	_exit(0);
}

/* The right order, twice: facts that differ between two clean runs would prove nothing. */
static bool clean_runs(struct outcome *clean)
{
	static struct outcome again;
	bool is_good = true;

	for (size_t c = 0; c < N_CONFIGS; c++) {
		struct job j = {0};

		launch(&configs[c], NULL, &clean[c]);
		launch(&configs[c], NULL, &again);
		judge(&clean[c], &again, &j);
		if (!clean[c].is_ready || !again.is_ready || clean[c].is_left ||
		    j.verdict != SAME) {
			printf("not ok - %s: the right order: %s%s %s\n", configs[c].name,
			       clean[c].is_ready ? "differs from run to run: " : clean[c].said,
			       j.keys, clean[c].is_left ? "(something outlives the launcher)" : "");
			is_good = false;
		}
	}
	return is_good;
}

/* ---- the right order, interrupted ----------------------------------------------------------- */

#define DEATHS 60
#define DEATH_STEP_US 300 /* a launch takes about ten milliseconds */

/* SIGKILL to the launcher at any moment of the set-up: nothing of the sandbox may stay. */
static int deaths(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int failed = 0;

	for (size_t c = 0; c < N_CONFIGS; c++) {
		int left = 0;

		for (int i = 0; i < DEATHS; i++) {
			pid_t pid = start(&configs[c], NULL, null, null);

			usleep((useconds_t)(i * DEATH_STEP_US));
			kill(pid, SIGKILL);
			if (all_gone())
				continue;
			left++;
			kill_children();
		}
		if (left)
			printf("not ok - %s: launcher killed during set-up: the sandbox survived %d of %d "
			       "times\n",
			       configs[c].name, left, DEATHS);
		else
			printf("ok - %s: launcher killed during set-up: %d times, nothing survives\n",
			       configs[c].name, DEATHS);
		failed += left;
	}
	close(null);
	return failed;
}

/* ---- the table: CONFIG STEP BEFORE KEYS ----------------------------------------------------- */

#define MAX_KNOWN 2048
static struct known {
	char config[32], step[64], before[64];
	bool is_seen;
} known[MAX_KNOWN];
static int n_known;

static void table_read(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[1024];

	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f)) {
		struct known *k = &known[n_known];

		if (line[0] != '#' && n_known < MAX_KNOWN &&
		    sscanf(line, "%31s %63s %63s", k->config, k->step, k->before) == 3)
			n_known++;
	}
	fclose(f);
}

static struct known *known_find(const struct job *j)
{
	for (int i = 0; i < n_known; i++)
		if (!strcmp(known[i].config, configs[j->config].name) &&
		    !strcmp(known[i].step, steps[j->step]) &&
		    !strcmp(known[i].before, steps[j->before]))
			return &known[i];
	return NULL;
}

/* A step that no configuration wants is a step that nobody tests. */
static int report_reach(void)
{
	int failed = 0;

	for (int i = 0; i < n_steps; i++) {
		bool is_beyond = false;

		for (size_t b = 0; b < sizeof(beyond) / sizeof(beyond[0]); b++)
			is_beyond |= !strcmp(beyond[b], steps[i]);
		if (!reached[i] && !is_beyond && ++failed)
			printf("not ok - reach: no configuration wants step %s\n", steps[i]);
	}
	if (!failed)
		printf("ok - reach: every child step is wanted by a configuration\n");
	return failed;
}

static int report(char *filter[3])
{
	int failed = filter[0] ? 0 : report_reach();

	for (size_t c = 0; c < N_CONFIGS; c++) {
		int n[3] = {0}, bad = 0;

		for (int i = 0; i < n_jobs; i++) {
			const struct job *j = &jobs[i];
			struct known *k = known_find(j);

			if (j->config != (int)c)
				continue;
			n[j->verdict]++;
			if (k)
				k->is_seen = true;
			if ((j->verdict == WRONG) == (k != NULL))
				continue;
			bad++;
			if (k)
				printf("not ok - %s: %s before %s: is in the table, and now it is %s%s\n",
				       configs[c].name, steps[j->step], steps[j->before],
				       j->verdict == LOUD ? "refused: " : "the same",
				       j->verdict == LOUD ? j->said : "");
			else
				printf("not ok - %s: %s before %s: runs without an error and is wrong: %s\n",
				       configs[c].name, steps[j->step], steps[j->before], j->keys);
		}
		if (!bad && n[0] + n[1] + n[2])
			printf("ok - %s: %d moves: %d refused, %d the same, %d wrong as known\n",
			       configs[c].name, n[0] + n[1] + n[2], n[LOUD], n[SAME], n[WRONG]);
		failed += bad;
	}
	for (int i = 0; i < n_known && !filter[0]; i++)
		if (!known[i].is_seen && ++failed)
			printf("not ok - %s: %s before %s: is in the table, and there is no such move\n",
			       known[i].config, known[i].step, known[i].before);
	return failed ? 1 : 0;
}

static int print_table(void)
{
	for (int i = 0; i < n_jobs; i++)
		if (jobs[i].verdict == WRONG)
			printf("%s %s %s %s\n", configs[jobs[i].config].name, steps[jobs[i].step],
			       steps[jobs[i].before], jobs[i].keys);
	return 0;
}

static void run_jobs(const struct outcome *clean)
{
	/* Twice as many as processors: what survives its launcher keeps a worker waiting. */
	long n_workers = 2 * sysconf(_SC_NPROCESSORS_ONLN);

	fflush(stdout);
	atomic_store(next_job, 0);
	for (long i = 0; i < n_workers; i++)
		if (!fork())
			worker(clean);
	while (wait(NULL) > 0)
		;
}

/* Under load a death can come late: what looks wrong and is new gets a second look. */
static void look_again(const struct outcome *clean)
{
	static struct outcome o;
	char first[160];

	for (int i = 0; i < n_jobs; i++) {
		if ((jobs[i].verdict == WRONG) == (known_find(&jobs[i]) != NULL))
			continue;
		snprintf(first, sizeof(first), "--move=%s:%s", steps[jobs[i].step],
			 steps[jobs[i].before]);
		launch(&configs[jobs[i].config], first, &o);
		judge(&clean[jobs[i].config], &o, &jobs[i]);
	}
}

int main(int argc, char *argv[])
{
	static struct outcome clean[N_CONFIGS];
	char *filter[3] = {NULL};

	if (argc == 2 && !strcmp(argv[1], "payload"))
		return payload();
	if (argc < 4 || (!strcmp(argv[1], "test") && argc < 5)) {
		fprintf(stderr, "usage: order test SEAM ROOTFS TABLE [CONFIG [STEP [BEFORE]]]\n"
				"       order table SEAM ROOTFS\n");
		return 2;
	}
	seam = argv[2];
	rootfs = argv[3];
	for (int i = 0; i < 3 && 5 + i < argc; i++)
		filter[i] = argv[5 + i];
	setenv("ORDER_SECRET", "sesame", 1);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	jobs = mmap(NULL, MAX_JOBS * sizeof(*jobs) + sizeof(*next_job), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (jobs == MAP_FAILED)
		die("memory");
	next_job = (atomic_int *)(jobs + MAX_JOBS);
	if (!strcmp(argv[1], "test"))
		table_read(argv[4]);
	steps_read();
	if (!clean_runs(clean))
		return 1;
	jobs_make(filter);
	run_jobs(clean);
	if (!strcmp(argv[1], "table"))
		return print_table();
	look_again(clean);
	return report(filter) | (filter[0] ? 0 : deaths() > 0);
}
