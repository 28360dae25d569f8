/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_bisect.c - which controls have to be loosened for a command to succeed.
 *
 * Theory of operation
 *
 * Each control that is on has an option that loosens it; each capability is one of them. The command is
 * run with none loosened (it fails, or there is nothing to find) and with all (it succeeds, or it is not a
 * control that stops it). Then delta debugging (Zeller, Hildebrandt 2002, ddmin): halves, quarters and so on of the
 * set are taken away as long as the command goes on to succeed. What is left is minimal: without any
 * one of it the command fails again.
 *
 * Should: run each trial as `pillbox run` would, and call success what the command calls it: exit 0.
 * Mustn't: take longer than --timeout in all.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit_setting.h"
#include "caps_names.h"
#include "cli.h"
#include "runner.h"
#include "sys.h"

/* ---- what can be loosened -------------------------------------------------------------------- */

struct loosening {
	const char *option;
	bool (*is_tight)(const struct spec *s);
	void (*loosen)(struct spec *s);
	const char *opens; /* what comes with it */
};

static bool filter_tight(const struct spec *s)
{
	return s->filter != FILTER_UNCONFINED;
}

static void filter_loosen(struct spec *s)
{
	s->filter = FILTER_UNCONFINED;
}

static bool apparmor_tight(const struct spec *s)
{
	return !s->apparmor || strcmp(s->apparmor, "unconfined") != 0;
}

static void apparmor_loosen(struct spec *s)
{
	s->apparmor = "unconfined";
}

static bool landlock_tight(const struct spec *s)
{
	return s->landlock != MODE_OFF;
}

static void landlock_loosen(struct spec *s)
{
	s->landlock = MODE_OFF;
}

static bool tcp_tight(const struct spec *s)
{
	return s->tcp != TCP_ANY;
}

static void tcp_loosen(struct spec *s)
{
	s->tcp = TCP_ANY;
}

static bool nnp_tight(const struct spec *s)
{
	return s->no_new_privs;
}

static void nnp_loosen(struct spec *s)
{
	s->no_new_privs = false;
}

static bool root_tight(const struct spec *s)
{
	return s->root_mode == ROOT_READONLY;
}

static void root_loosen(struct spec *s)
{
	s->root_mode = ROOT_WRITABLE;
}

static bool masks_tight(const struct spec *s)
{
	return s->is_masked;
}

static void masks_loosen(struct spec *s)
{
	s->is_masked = false;
}

static bool net_tight(const struct spec *s)
{
	return s->net == NET_NONE;
}

static void net_loosen(struct spec *s)
{
	s->net = NET_HOST;
}

static bool nested_tight(const struct spec *s)
{
	return !s->nested_userns;
}

static void nested_loosen(struct spec *s)
{
	s->nested_userns = true;
}

static bool user_tight(const struct spec *s)
{
	return s->user && strcmp(s->user, "0:0") != 0 && strcmp(s->user, "0") != 0;
}

static void user_loosen(struct spec *s)
{
	s->user = "0:0";
}

static bool pids_tight(const struct spec *s)
{
	return s->limits.pids < LIMIT_MAX;
}

static void pids_loosen(struct spec *s)
{
	s->limits.pids = LIMIT_UNSET;
}

static bool memory_tight(const struct spec *s)
{
	return s->limits.memory < LIMIT_MAX;
}

static void memory_loosen(struct spec *s)
{
	s->limits.memory = s->limits.memory_swap = LIMIT_UNSET;
}

static bool exec_tight(const struct spec *s)
{
	for (size_t i = 0; i < s->n_mounts; i++)
		if (s->mounts[i].kind == MOUNT_TMPFS && !s->mounts[i].is_exec)
			return true;
	return false;
}

static void exec_loosen(struct spec *s)
{
	for (size_t i = 0; i < s->n_mounts; i++)
		if (s->mounts[i].kind == MOUNT_TMPFS)
			s->mounts[i].is_exec = true;
}

/* clang-format off */
static const struct loosening loosenings[] = {
	{"--security-opt seccomp=unconfined", filter_tight, filter_loosen,
	 "all system calls; a profile that allows the one it needs opens less"},
	{"--security-opt apparmor=unconfined", apparmor_tight, apparmor_loosen, "what the profile denies"},
	{"--landlock off", landlock_tight, landlock_loosen, "files by owner and mode alone"},
	{"--tcp any", tcp_tight, tcp_loosen, "TCP, as --network allows it"},
	{"--security-opt no-new-privileges=false", nnp_tight, nnp_loosen, "set-user-ID programs of the tree"},
	{"--writable", root_tight, root_loosen, "writing to the root, in memory; a --tmpfs opens less"},
	{"--security-opt systempaths=unconfined", masks_tight, masks_loosen, "what is masked in /proc and /sys"},
	{"--network host", net_tight, net_loosen, "the host's network, with its loopback and abstract sockets"},
	{"--nested-userns", nested_tight, nested_loosen, "the kernel's code behind user namespaces"},
	{"--user 0:0", user_tight, user_loosen, "root inside"},
	{"--pids-limit -1", pids_tight, pids_loosen, "any number of processes"},
	{"--memory (a higher one, or none)", memory_tight, memory_loosen, "more of the host's memory"},
	{"--tmpfs DIR:exec", exec_tight, exec_loosen, "programs from what is writable"},
};
/* clang-format on */

#define N_LOOSENINGS ARRAY_SIZE(loosenings)
#define ITEMS_MAX (N_LOOSENINGS + 64)

/* An item: an index of loosenings[], or N_LOOSENINGS + a capability's number. */
struct items {
	unsigned item[ITEMS_MAX];
	size_t n;
};

static void item_apply(struct spec *s, unsigned item)
{
	if (item < N_LOOSENINGS)
		loosenings[item].loosen(s);
	else
		s->cap_add |= CAP_BIT(item - N_LOOSENINGS);
}

static void items_all(const struct spec *s, struct items *ret)
{
	*ret = (struct items){0};
	for (unsigned i = 0; i < N_LOOSENINGS; i++)
		if (loosenings[i].is_tight(s))
			ret->item[ret->n++] = i;
	for (unsigned cap = 0; cap < 64; cap++)
		if (caps_known() >> cap & 1 && !(s->caps >> cap & 1))
			ret->item[ret->n++] = (unsigned)N_LOOSENINGS + cap;
}

/* ---- one trial ------------------------------------------------------------------------------- */

struct bisect {
	const struct audit_req *req;
	uint64_t until_us; /* clock_us() at which --timeout is over */
	unsigned trials;
	bool is_late;
};

static struct spec *spec_make(struct arena *arena, const struct bisect *b,
			      const struct items *loose, struct err *err)
{
	struct spec *s = arena_alloc(arena, sizeof(*s));

	s->arena = arena;
	if (audit_spec(s, b->req->run_argc, b->req->run_argv, err) < 0)
		return NULL;
	for (size_t i = 0; i < loose->n; i++)
		item_apply(s, loose->item[i]);
	cli_own_strings(s);
	return spec_finish(s, err) < 0 ? NULL : s;
}

/* The child: the launcher of one run, with nothing to read and nobody to read it. */
static _Noreturn void trial_child(const struct bisect *b, const struct items *loose)
{
	struct arena arena = {0};
	struct err err = {0};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), status = EXIT_SETUP;
	const struct spec *s;

	if (null < 0 || arena_init(&arena, &err) < 0)
		_exit(EXIT_SETUP);
	s = spec_make(&arena, b, loose, &err);
	note_off();
	for (int fd = 0; fd <= 2; fd++)
		(void)dup2(null, fd);
	if (s)
		status = runner_launch(s, NULL);
	(void)fflush(NULL);
	_exit(status);
}

/* The command's exit status under these; -ETIMEDOUT; or -errno. */
static int trial_run(struct bisect *b, const struct items *loose)
{
	uint64_t now = clock_us();
	pid_t pid;
	struct pollfd p;
	int status = -1;

	if (now >= b->until_us) {
		b->is_late = true;
		return -ETIMEDOUT;
	}
	b->trials++;
	pid = audit_fork();
	if (pid == 0)
		trial_child(b, loose);
	if (pid < 0)
		return -errno;
	p = (struct pollfd){.fd = sys_pidfd_open(pid, 0), .events = POLLIN};
	if (poll(&p, 1, (int)((b->until_us - now) / 1000) + 1) == 0) {
		(void)sys_pidfd_send_signal(p.fd, SIGKILL);
		b->is_late = true;
	}
	(void)waitpid(pid, &status, 0);
	(void)close(p.fd);
	return b->is_late ? -ETIMEDOUT : WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_SIGNAL;
}

/* ---- delta debugging ------------------------------------------------------------------------- */

/* `from` without its k-th part of `parts`. */
static void without(const struct items *from, size_t k, size_t parts, struct items *ret)
{
	size_t first = k * from->n / parts, end = (k + 1) * from->n / parts;

	*ret = (struct items){0};
	for (size_t i = 0; i < from->n; i++)
		if (i < first || i >= end)
			ret->item[ret->n++] = from->item[i];
}

/* `loose` succeeds; make it minimal. False: the time was over before it was known to be. */
static bool minimize(struct bisect *b, struct items *loose)
{
	size_t parts = 2;

	while (loose->n >= 1) {
		bool is_smaller = false;
		struct items fewer;

		parts = parts > loose->n ? loose->n : parts;
		for (size_t k = 0; k < parts && !is_smaller; k++) {
			without(loose, k, parts, &fewer);
			if (trial_run(b, &fewer) == 0) {
				*loose = fewer;
				is_smaller = true;
			}
			if (b->is_late)
				return false;
		}
		if (!is_smaller && parts == loose->n)
			return true;
		parts = is_smaller ? (parts > 2 ? parts - 1 : 2) : 2 * parts;
	}
	return true;
}

/* ---- the report ------------------------------------------------------------------------------ */

static void items_print(const struct items *loose)
{
	char name[32];

	for (size_t i = 0; i < loose->n; i++) {
		unsigned item = loose->item[i];

		if (item < N_LOOSENINGS)
			printf("  %-42s opens %s\n", loosenings[item].option,
			       loosenings[item].opens);
		else
			printf("  --cap-add %s\n",
			       cap_name(item - (unsigned)N_LOOSENINGS, name, sizeof(name)));
	}
}

static int told(const struct bisect *b, const char *text)
{
	printf("%s (%u runs)\n", text, b->trials);
	return fflush(stdout) ? EXIT_SETUP : 1;
}

/* Exit status 0: found, or there was nothing to find; 1: not found. */
static int search(struct bisect *b, const struct spec *s)
{
	struct items loose = {0};
	int none = trial_run(b, &loose), all;
	bool is_minimal;

	if (none == 0) {
		printf("the command succeeds under these settings: nothing has to be loosened\n");
		return fflush(stdout) ? EXIT_SETUP : 0;
	}
	items_all(s, &loose);
	all = b->is_late ? -ETIMEDOUT : trial_run(b, &loose);
	if (b->is_late)
		return told(b, "the time is over before the command has ended twice: --timeout");
	if (all != 0) {
		printf("exit status %d as asked, %d with everything loosened: ", none, all);
		return told(b, "no control is the only cause");
	}
	is_minimal = minimize(b, &loose);
	printf("exit status %d as asked. It succeeds with%s:\n", none,
	       is_minimal ? "" : " (the time was over: perhaps not all of it is needed)");
	items_print(&loose);
	return told(b, is_minimal ? "without any one of these it fails"
				  : "a longer --timeout may find less") == EXIT_SETUP
		       ? EXIT_SETUP
		       : 0;
}

int audit_bisect(const struct audit_req *req)
{
	struct bisect b = {.req = req, .until_us = clock_us() + req->timeout * 1000000ULL};
	const struct items none = {0};
	struct arena arena = {0};
	struct err err = {0};
	const struct spec *s = NULL;

	if (arena_init(&arena, &err) == 0)
		s = spec_make(&arena, &b, &none, &err);
	if (s && (s->dry_run || s->is_explained || s->n_skip || s->preserve_fds))
		err_say(&err, "--bisect: not with --dry-run, --explain, --step, --skip or "
			      "--preserve-fds");
	if (!s || err.is_set || cli_inherited_fds(0, &err) < 0) {
		err_print(&err, "audit");
		return EXIT_SETUP;
	}
	return search(&b, s);
}
