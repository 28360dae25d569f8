/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scope_helper.c - pillbox-scope: ask the caller's own systemd to put the launcher into a scope.
 *
 *   pillbox-scope PID UNIT SLICE [CONTROLLER...]
 *
 * A program of its own, because pillbox is static and libsystemd isn't: only a launch that needs a
 * scope pays for the loader and for D-Bus. It does one thing, for the process that started it.
 *
 * Theory of operation
 *
 * The user's systemd listens on a socket of its own, and on the user's D-Bus where there is one.
 * The first needs neither dbus-user-session nor a broker's time, and is there as long as the manager
 * is, so it is tried first. Both are found by the uid: XDG_RUNTIME_DIR and DBUS_SESSION_BUS_ADDRESS
 * are not read, which after su or sudo are absent or another user's.
 *
 * What is moved is named by a number, and a number means another process in another pid namespace.
 * So whoever listens has to be visible in ours, and both of us nowhere else.
 *
 * One line on stdout: `done`, or a word for what went wrong and, after a blank, what systemd or the
 * kernel said to it. The launcher believes neither: it looks where it is.
 *
 * Should: end within ASK_MS, and at once when the launcher dies.
 * Mustn't: name any process but its parent, or take an address from the environment.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#define ASK_MS 20000   /* for all of it: a busy machine's systemd may take some seconds */
#define EXISTS_MS 1000 /* a scope of this name that has just ended is gone by then */

#define MANAGER "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER_IFACE "org.freedesktop.systemd1.Manager"
#define UNIT_EXISTS "org.freedesktop.systemd1.UnitExists"

/* The end: one line, cut to what the launcher reads; control bytes are its to escape. */
static _Noreturn void say(const char *word, const char *what, const char *text)
{
	printf("%s %.120s%s%.500s\n", word, what, text[0] ? ": " : "", text);
	exit(fflush(stdout) == 0 ? 1 : 2);
}

static long now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000L + t.tv_nsec / 1000000L;
}

static long deadline;

/* What is left, in the microseconds that sd-bus takes; never 0, which means its default. */
static uint64_t left_us(void)
{
	long left = deadline - now_ms();

	return left > 0 ? (uint64_t)left * 1000 : 1;
}

/* ---- who listens ---------------------------------------------------------------------------- */

/* NSpid has a number for each pid namespace from that of /proc down to the process's own. */
static bool is_in_one(const char *status)
{
	FILE *f = fopen(status, "re");
	char line[256];
	int first, second, n = 0;

	while (f && !n && fgets(line, sizeof(line), f))
		if (!strncmp(line, "NSpid:", 6))
			n = sscanf(line + 6, "%d %d", &first, &second);
	if (f)
		(void)fclose(f);
	return n == 1;
}

static void peer_check(sd_bus *bus)
{
	struct ucred peer = {0};
	socklen_t len = sizeof(peer);
	char status[64];

	if (getsockopt(sd_bus_get_fd(bus), SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		say("connect", "who listens", strerrordesc_np(errno));
	if (peer.uid != getuid())
		say("connect", "the socket is another user's", "");
	(void)snprintf(status, sizeof(status), "/proc/%d/status", peer.pid);
	if (peer.pid <= 0 || !is_in_one(status) || !is_in_one("/proc/self/status"))
		say("namespace", "", "");
}

static int dial(sd_bus **ret, const char *path, bool is_broker)
{
	sd_bus *bus = NULL;
	char address[128];
	int rc = sd_bus_new(&bus);

	(void)snprintf(address, sizeof(address), "unix:path=%s", path);
	if (rc >= 0)
		rc = sd_bus_set_address(bus, address);
	if (rc >= 0)
		rc = sd_bus_set_bus_client(bus, is_broker);
	if (rc >= 0)
		rc = sd_bus_start(bus);
	if (rc < 0)
		bus = sd_bus_close_unref(bus);
	*ret = bus;
	return rc;
}

static sd_bus *reach(void)
{
	sd_bus *bus = NULL;
	char own[64], broker[64];
	int rc;

	(void)snprintf(own, sizeof(own), "/run/user/%u/systemd/private", getuid());
	(void)snprintf(broker, sizeof(broker), "/run/user/%u/bus", getuid());
	rc = dial(&bus, own, false);
	if (rc < 0 && dial(&bus, broker, true) < 0)
		say("connect", own, strerrordesc_np(-rc));
	peer_check(bus);
	return bus;
}

/* ---- the scope ------------------------------------------------------------------------------ */

struct job {
	char path[128];
	char result[32]; /* how it ended; "" until then */
};

/* Dispatched by sd_bus_process() only, so after the reply that told the job's path. */
static int on_job_removed(sd_bus_message *m, void *data, sd_bus_error *error)
{
	struct job *job = data;
	const char *path, *unit, *result;
	uint32_t id;

	(void)error;
	if (sd_bus_message_read(m, "uoss", &id, &path, &unit, &result) >= 0 &&
	    !strcmp(job->path, path))
		(void)snprintf(job->result, sizeof(job->result), "%s", result);
	return 0;
}

/*
 * Names and types of the properties: org.freedesktop.systemd1(5). Only the controllers asked for
 * are delegated: each further one would be switched on for the user's other services, too.
 */
static int fill(sd_bus_message *m, char *const *argv, pid_t pid)
{
	int rc = sd_bus_message_append(m, "ss", argv[2], "fail");

	if (rc >= 0)
		rc = sd_bus_message_open_container(m, 'a', "(sv)");
	if (rc >= 0)
		rc = sd_bus_message_append(m, "(sv)(sv)(sv)(sv)", "Description", "s",
					   "pillbox and its sandbox", "Slice", "s", argv[3],
					   "CollectMode", "s", "inactive-or-failed", "PIDs", "au",
					   1, (uint32_t)pid);
	if (rc >= 0 && (rc = sd_bus_message_open_container(m, 'r', "sv")) >= 0 &&
	    (rc = sd_bus_message_append(m, "s", "DelegateControllers")) >= 0)
		rc = sd_bus_message_open_container(m, 'v', "as");
	if (rc >= 0)
		rc = sd_bus_message_append_strv(m, (char **)(uintptr_t)(argv + 4));
	for (int i = 0; i < 3 && rc >= 0; i++) /* variant, property, array of them */
		rc = sd_bus_message_close_container(m);
	return rc < 0 ? rc : sd_bus_message_append(m, "a(sa(sv))", 0);
}

/* One request; the job's path, or "" when there is a scope of this name. */
static void ask(sd_bus *bus, char *const *argv, pid_t pid, struct job *job)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *m = NULL, *reply = NULL;
	const char *path = "";
	int rc = sd_bus_message_new_method_call(bus, &m, MANAGER, MANAGER_PATH, MANAGER_IFACE,
						"StartTransientUnit");

	if (rc >= 0)
		rc = fill(m, argv, pid);
	if (rc < 0)
		say("refused", "the request", strerrordesc_np(-rc));
	rc = sd_bus_call(bus, m, left_us(), &error, &reply);
	if (rc == -ETIMEDOUT)
		say("timeout", "", "");
	if (rc < 0 && !sd_bus_error_has_name(&error, UNIT_EXISTS))
		say("refused", error.name ? error.name : "", error.message ? error.message : "");
	if (rc >= 0 && sd_bus_message_read(reply, "o", &path) < 0)
		say("refused", "the reply", "there is no job in it");
	(void)snprintf(job->path, sizeof(job->path), "%s", path);
	sd_bus_error_free(&error);
	(void)sd_bus_message_unref(reply);
	(void)sd_bus_message_unref(m);
}

static void wait_for(sd_bus *bus, const struct job *job)
{
	while (!job->result[0]) {
		int rc = sd_bus_process(bus, NULL);

		if (rc == 0)
			rc = sd_bus_wait(bus, left_us());
		if (rc < 0 && rc != -EINTR)
			say("connect", "it went away", strerrordesc_np(-rc));
		if (!job->result[0] && now_ms() >= deadline)
			say("timeout", "", "");
	}
	if (strcmp(job->result, "done") != 0)
		say("failed", job->result, "");
}

int main(int argc, char *argv[])
{
	struct job job = {.path = ""};
	sd_bus *bus;
	pid_t pid;
	int rc;

	deadline = now_ms() + ASK_MS;
	/* Then look who the parent is: if it died before, nobody would end us. */
	pid = argc < 4 ? 0 : (pid_t)strtol(argv[1], NULL, 10);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || pid <= 0 || getppid() != pid)
		return 2;
	bus = reach();
	/* Who speaks has a name on a broker only. */
	rc = sd_bus_match_signal(bus, NULL, sd_bus_is_bus_client(bus) ? MANAGER : NULL,
				 MANAGER_PATH, MANAGER_IFACE, "JobRemoved", on_job_removed, &job);
	if (rc < 0)
		say("refused", "news of jobs", strerrordesc_np(-rc));
	for (long end = now_ms() + EXISTS_MS; !job.path[0]; usleep(20000)) {
		ask(bus, argv, pid, &job);
		if (!job.path[0] && now_ms() > end)
			say("exists", "", "");
	}
	wait_for(bus, &job);
	(void)sd_bus_flush_close_unref(bus);
	return puts("done") < 0 || fflush(stdout) != 0 ? 2 : 0;
}
