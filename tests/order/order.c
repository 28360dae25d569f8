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
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_STEPS 128
#define MAX_JOBS 8192
#define MAX_FACTS (64 << 10)
#define READY "READY\n"
#define START_MS 15000 /* the launcher gives up on a stuck set-up after 10 s */
#define DEATH_MS 1000

/* The sandboxes whose order is changed; together they want every child step that can run here. */
static const struct config {
	const char *name;
	const char *options[16];
} configs[] = {
	{"hardened", {"--secret", "env=ORDER_SECRET,target=word", "-w", "/tmp", NULL}},
	{"docker", {"--preset", "docker", "-w", "/usr", "-v", "/usr:/mnt:ro", "--sysctl",
		    "net.ipv4.ip_unprivileged_port_start=0", NULL}},
	{"no-init", {"--no-init", "--landlock", "off", "--ulimit", "nofile=200:300", NULL}},
	{"terminal", {"-t", "-u", "0:0", "--cap-add", "chown", NULL}},
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

/* ---- the payload --------------------------------------------------------------------------- */

static void put(const char *key, int rc)
{
	printf("%s=%s\n", key, rc < 0 ? strerrorname_np(errno) : "OK");
}

static void put_pid1(void)
{
	static const char *const wanted[] = {"Name", "Uid", "Gid", "Groups", "Cap", "NoNewPrivs",
					     "Seccomp", "SigBlk", "SigIgn", "Umask"};
	static const char *const paths[] = {"/proc/1/mem", "/proc/1/exe", "/proc/1/root", "/proc/1/cwd",
					    "/proc/1/fd", "/proc/1/environ"};
	char line[512], key[64];
	FILE *f = fopen("/proc/1/status", "re");

	while (f && fgets(line, sizeof(line), f))
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
			if (!strncmp(line, wanted[i], strlen(wanted[i])))
				printf("pid1.%.*s=%s", (int)strcspn(line, ":"), line,
				       line + strcspn(line, ":") + 2);
	if (f)
		fclose(f);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int fd = open(paths[i], O_RDONLY | O_CLOEXEC);

		snprintf(key, sizeof(key), "open.%s", paths[i]);
		put(key, fd);
		if (fd >= 0)
			close(fd);
	}
}

/* Which places can be written, and whose the new file is. */
static void put_writable(void)
{
	static const char *const dirs[] = {"/", "/etc", "/tmp", "/run", "/var/tmp", "/dev", "/dev/shm",
					   "/proc", "/proc/sys/kernel", "/run/secrets", "."};
	char path[128], key[64];
	struct stat st;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		int fd;

		snprintf(path, sizeof(path), "%s/.order-%d", dirs[i], getpid());
		snprintf(key, sizeof(key), "write.%s", dirs[i]);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		put(key, fd);
		if (fd < 0)
			continue;
		if (!fstat(fd, &st))
			printf("owner.%s=%u:%u mode %o\n", dirs[i], st.st_uid, st.st_gid, st.st_mode);
		close(fd);
		unlink(path);
	}
}

static void put_attempts(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc;

	put("lo", fd < 0 ? fd : bind(fd, (struct sockaddr *)&a, sizeof(a)));
	if (fd >= 0) {
		a.sin_port = htons(9);
		put("lo.connect", connect(fd, (struct sockaddr *)&a, sizeof(a)));
		close(fd);
	}
	put("kill.1", kill(1, 0));
	rc = mknod("/dev/shm/.order-node", S_IFCHR | 0600, makedev(0, 0));
	put("whiteout", rc);
	unlink("/dev/shm/.order-node");
	put("setgid0", setregid((gid_t)-1, 0));
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	put("oom.write", fd);
	if (fd >= 0)
		close(fd);
	put("sethostname", sethostname("order", 5));
	/* Last: it would change what comes after. */
	put("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
	put("unshare", unshare(CLONE_NEWUSER));
}

static int payload(void)
{
	struct stat top, here;
	char text[64] = "";
	pid_t pid;
	int fd;

	pid = fork();
	if (!pid) {
		execl("/bin/probe", "probe", "facts", (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	put_pid1();
	if (!stat("/", &top) && !stat(".", &here))
		printf("cwd.is=%s\n", top.st_ino == here.st_ino ? "the root" : "elsewhere");
	fd = open("/run/secrets/word", O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
		strcpy(text, "?");
	printf("secret=%s\n", text);
	put_writable();
	fflush(stdout);
	pid = fork();
	if (!pid) {
		put_attempts();
		fflush(stdout);
		_exit(0);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	printf(READY);
	fflush(stdout);
	for (;;)
		pause();
}

/* ---- facts, made comparable ---------------------------------------------------------------- */

/* "ns.net=net:[4026531840]" to "ns.net=host" or "=own"; "keyring=4711" likewise. */
static void tidy_line(char *line)
{
	char path[64], ours[64];
	char *value = strchr(line, '=');
	ssize_t n;

	line[strcspn(line, "\r")] = '\0';
	if (!value++)
		return;
	if (!strncmp(line, "ns.", 3)) {
		snprintf(path, sizeof(path), "/proc/self/ns/%.*s", (int)(value - 1 - line - 3), line + 3);
		n = readlink(path, ours, sizeof(ours) - 1);
		if (n > 0) {
			ours[n] = '\0';
			strcpy(value, strcmp(value, ours) ? "own" : "host");
		}
	} else if (!strncmp(line, "keyring=", 8) && value[0] >= '0' && value[0] <= '9') {
		long key = syscall(SYS_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */, -3 /* session */, 0);

		strcpy(value, strtol(value, NULL, 10) == key ? "caller" : "own");
	} else if (!strncmp(line, "fd.", 3) && strchr(value, '[')) {
		*strchr(value, '[') = '\0';
	}
}

/* All lines, tidied, with the same line end; in place. */
static void tidy(char *text)
{
	char *out = malloc(MAX_FACTS), *save = NULL;
	size_t len = 0;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		tidy_line(line);
		len += (size_t)snprintf(out + len, MAX_FACTS - len, "%s\n", line);
		if (len >= MAX_FACTS)
			break;
	}
	strcpy(text, out);
	free(out);
}

static bool has_line(const char *text, const char *line, size_t len)
{
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, "\n");

		if (n == len && !memcmp(p, line, len))
			return true;
		p += n + (p[n] == '\n');
	}
	return false;
}

/*
 * "mount=/tmp tmpfs ..." is about "mount:/tmp", every other line about what is before the '='. What
 * lies on /proc is one fact.
 */
static void line_key(const char *line, char *key, size_t size)
{
	const char *value = line + strcspn(line, "=\n");

	if (strncmp(line, "mount=", 6) != 0 && strncmp(line, "mountroot=", 10) != 0)
		snprintf(key, size, "%.*s", (int)(value - line), line);
	else if (!strncmp(value, "=/proc/", 7))
		snprintf(key, size, "mount:/proc/*");
	else
		snprintf(key, size, "mount:%.*s", (int)strcspn(value + 1, " \n"), value + 1);
}

static void key_add(char *keys, size_t size, const char *key)
{
	size_t len = strlen(keys), n = strlen(key);

	for (const char *p = keys; p && *p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (!strncmp(p, key, n) && (p[n] == ',' || !p[n]))
			return;
	if (strcmp(key, "mounts") != 0 && len + n + 2 < size) /* their number says nothing more */
		sprintf(keys + len, "%s%s", len ? "," : "", key);
}

/* The keys of all lines that only one of the two texts has. */
static void facts_differ(const char *a, const char *b, char *keys, size_t size)
{
	char key[128];

	for (int turn = 0; turn < 2; turn++) {
		for (const char *p = a; *p;) {
			size_t n = strcspn(p, "\n");

			if (!has_line(b, p, n)) {
				line_key(p, key, sizeof(key));
				key_add(keys, size, key);
			}
			p += n + (p[n] == '\n');
		}
		const char *other = a;

		a = b;
		b = other;
	}
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
	tidy(o->facts);
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
		key_add(j->keys, sizeof(j->keys), o->is_left ? "leftovers-of-a-failed-launch"
							     : "no-facts-and-no-error");
	} else {
		facts_differ(clean->facts, o->facts, j->keys, sizeof(j->keys));
		if (o->is_left)
			key_add(j->keys, sizeof(j->keys), "survives-the-launcher");
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
					jobs[n_jobs++] = (struct job){.config = (int)c, .step = i,
								      .before = b};
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
		if (!clean[c].is_ready || !again.is_ready || clean[c].is_left || j.verdict != SAME) {
			printf("not ok - %s: the right order: %s%s %s\n", configs[c].name,
			       clean[c].is_ready ? "differs from run to run: " : clean[c].said, j.keys,
			       clean[c].is_left ? "(something outlives the launcher)" : "");
			is_good = false;
		}
	}
	return is_good;
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
		    !strcmp(known[i].step, steps[j->step]) && !strcmp(known[i].before, steps[j->before]))
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
		snprintf(first, sizeof(first), "--move=%s:%s", steps[jobs[i].step], steps[jobs[i].before]);
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
	return report(filter);
}
