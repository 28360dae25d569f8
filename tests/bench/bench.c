/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench.c - times how long a launch takes, side by side with others that do as much.
 *
 * Should:  run the contestants interleaved, so that what the machine does meanwhile hits all of
 *          them; report medians, and each one's ratio to the first.
 * Mustn't: compare what does not run: a contestant whose trial fails is listed with its reason.
 *
 * usage: bench [-n RUNS] [--json] < LIST
 * LIST: a line per contestant, NAME<TAB>ARG<TAB>ARG...; the first is the yardstick.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONTESTANTS = 16, MAX_ARGS = 128, TIME_LIMIT = 20 };

struct contestant {
	char *name;
	char *argv[MAX_ARGS];
	double *ms;    /* one per run */
	char why[200]; /* the reason when it does not run here, else "" */
};

static struct contestant list[MAX_CONTESTANTS];
static size_t n_list;
static volatile pid_t running;

static void too_slow(int sig)
{
	(void)sig;
	if (running > 0)
		(void)kill(running, SIGKILL);
}

static double now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void set_variable(char *ret, size_t size, const char *name)
{
	const char *value = getenv(name);

	(void)snprintf(ret, size, "%s=%s", name, value ? value : "/nonexistent");
}

/* Start, wait, and tell the milliseconds; what it prints goes to out_fd. -1: it failed. */
static double launch(char *const argv[], int out_fd)
{
	static char runtime[300], cache[300];
	char *const envp[] = {runtime, cache, NULL};
	posix_spawn_file_actions_t actions;
	double start, end;
	int status = -1;
	pid_t pid;

	/* crun and runc keep their state in the one, pillbox its compiled profiles in the other */
	set_variable(runtime, sizeof(runtime), "XDG_RUNTIME_DIR");
	set_variable(cache, sizeof(cache), "XDG_CACHE_HOME");
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_adddup2(&actions, out_fd, 1);
	(void)posix_spawn_file_actions_adddup2(&actions, out_fd, 2);
	(void)alarm(TIME_LIMIT);
	start = now_ms();
	errno = posix_spawn(&pid, argv[0], &actions, NULL, argv, envp);
	if (errno) {
		dprintf(out_fd, "%s: %m\n", argv[0]);
	} else {
		running = pid;
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	end = now_ms();
	(void)alarm(0);
	running = 0;
	(void)posix_spawn_file_actions_destroy(&actions);
	return status == 0 ? end - start : -1;
}

/* Does it run here at all? Two launches that also warm the caches. */
static void trial(struct contestant *c)
{
	for (int i = 0; i < 2 && !c->why[0]; i++) {
		int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		ssize_t n;

		if (fd < 0)
			exit(1);
		if (launch(c->argv, fd) < 0) {
			n = pread(fd, c->why, sizeof(c->why) - 1, 0);
			c->why[n > 0 ? n : 0] = '\0';
			c->why[strcspn(c->why, "\n")] = '\0';
			for (char *p = c->why; *p; p++)
				if (*p == '"' || *p == '\\' || (unsigned char)*p < 0x20)
					*p = '\'';
			if (!c->why[0])
				(void)snprintf(c->why, sizeof(c->why), "it failed without a word");
		}
		(void)close(fd);
	}
}

static void read_list(void)
{
	char *line = NULL;
	size_t size = 0;

	while (n_list < MAX_CONTESTANTS && getline(&line, &size, stdin) > 0) {
		struct contestant *c = &list[n_list];
		char *at = line;
		int argc = 0;

		line[strcspn(line, "\n")] = '\0';
		if (!*line)
			continue;
		c->name = strsep(&at, "\t");
		while (at && argc < MAX_ARGS - 1)
			c->argv[argc++] = strsep(&at, "\t");
		line = NULL; /* kept: name and arguments point into it */
		if (argc)
			n_list++;
	}
	free(line);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double quantile(const struct contestant *c, int runs, double q)
{
	return c->ms[(int)(q * (runs - 1))];
}

static void report_table(int runs)
{
	double base = quantile(&list[0], runs, 0.5);

	printf("%-24s %9s %9s %9s %7s\n", "", "median", "p10", "p90", "ratio");
	for (size_t i = 0; i < n_list; i++) {
		const struct contestant *c = &list[i];

		if (c->why[0])
			printf("%-24s does not run here: %s\n", c->name, c->why);
		else
			printf("%-24s %6.2f ms %6.2f ms %6.2f ms %6.2fx\n", c->name,
			       quantile(c, runs, 0.5), quantile(c, runs, 0.1),
			       quantile(c, runs, 0.9), quantile(c, runs, 0.5) / base);
	}
	printf("%d launches each, interleaved; ratio of medians to %s\n", runs, list[0].name);
}

static void report_json(int runs)
{
	double base = quantile(&list[0], runs, 0.5);

	printf("{\n  \"runs\": %d,\n  \"contestants\": [\n", runs);
	for (size_t i = 0; i < n_list; i++) {
		const struct contestant *c = &list[i];
		const char *end = i + 1 < n_list ? "," : "";

		if (c->why[0])
			printf("    {\"name\": \"%s\", \"error\": \"%s\"}%s\n", c->name, c->why,
			       end);
		else
			printf("    {\"name\": \"%s\", \"median_ms\": %.3f, \"p10_ms\": %.3f, "
			       "\"p90_ms\": %.3f, \"ratio\": %.3f}%s\n",
			       c->name, quantile(c, runs, 0.5), quantile(c, runs, 0.1),
			       quantile(c, runs, 0.9), quantile(c, runs, 0.5) / base, end);
	}
	printf("  ]\n}\n");
}

int main(int argc, char **argv)
{
	int runs = 200, null;
	bool json = false;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json"))
			json = true;
		else if (!strcmp(argv[i], "-n") && i + 1 < argc)
			runs = atoi(argv[++i]);
	}
	if (runs < 1)
		return 2;
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	(void)sigaction(SIGALRM, &(struct sigaction){.sa_handler = too_slow}, NULL);
	read_list();
	for (size_t i = 0; i < n_list; i++) {
		list[i].ms = calloc((size_t)runs, sizeof(double));
		trial(&list[i]);
	}
	if (!n_list || list[0].why[0]) {
		fprintf(stderr, "bench: the yardstick does not run: %s\n", list[0].why);
		return 1;
	}
	for (int run = 0; run < runs; run++)
		for (size_t i = 0; i < n_list; i++) {
			if (list[i].why[0])
				continue;
			list[i].ms[run] = launch(list[i].argv, null);
			if (list[i].ms[run] < 0)
				(void)snprintf(list[i].why, sizeof(list[i].why),
					       "launch %d of %d failed", run + 1, runs);
		}
	for (size_t i = 0; i < n_list; i++)
		qsort(list[i].ms, (size_t)runs, sizeof(double), by_value);
	if (json)
		report_json(runs);
	else
		report_table(runs);
	return 0;
}
