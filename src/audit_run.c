/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_run.c - one setting: the launch, the probe in it, and what both say.
 *
 * Theory of operation
 *
 *   audit     witness, pipe, fork ... read lines until the pipe's end ... wait, take the witness away
 *   launcher          the normal list of steps; step verify writes a line for each step
 *   probe                                            (exec) facts, then a line before and after
 *                                                    each attack
 *
 * Should: launch by runner_launch() and nothing else: what is audited is what `run` makes.
 * Mustn't: believe a line further than to print it: the probe stands in a hostile place.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asked.h"
#include "audit_setting.h"
#include "cli.h"
#include "dryrun.h"
#include "options.h"
#include "probe.h"
#include "runner.h"
#include "supervise.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* Linux 6.3; without it vm.memfd_noexec may refuse to execute it */
#endif

/* ---- in the launcher ------------------------------------------------------------------------- */

int audit_verify(const struct run *r)
{
	for (size_t i = 0; i < program_len; i++) {
		const struct step *s = program[i];
		struct err err = {0};
		json_t *j = dry_json_step(r, s), *line;
		bool holds = true;
		char *text;

		if (s->verify && step_wanted(r, s))
			holds = s->verify(r, &err) == 0 && !err.is_set;
		line = json_pack("{s:o, s:o, s:s}", "step", j, "holds",
				 s->verify && step_wanted(r, s) ? json_boolean(holds) : json_null(),
				 "problem", err.msg);
		text = line ? json_dumps(line, JSON_COMPACT) : NULL;
		if (!text || dprintf(STDOUT_FILENO, "%s\n", text) < 0)
			return -EIO;
		free(text);
		json_decref(line);
	}
	return 0;
}

/* The probe as a descriptor that nobody can write to, whoever gets hold of it (CVE-2019-5736). */
static int probe_open(struct err *err)
{
	size_t len = probe_program_len;
	int fd = memfd_create("pillbox-probe", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("pillbox-probe", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return err_set(err, errno, "memory for the probe");
	if (write(fd, probe_program, len) != (ssize_t)len ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)) {
		err_set(err, errno ? errno : ENOSPC, "the probe's program");
		(void)close(fd);
		return -EIO;
	}
	return fd;
}

pid_t audit_fork(void)
{
	pid_t parent = getpid(), pid;

	(void)fflush(NULL);
	pid = fork();
	/* Whatever kills the reader must end the sandbox, too. */
	if (pid == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) || getppid() != parent))
		_exit(EXIT_SETUP);
	return pid;
}

static _Noreturn void launcher(const struct spec *s, const struct seam *seam, int out)
{
	int status = EXIT_SETUP;

	if (dup2(out, STDOUT_FILENO) == STDOUT_FILENO)
		status = runner_launch(s, seam);
	(void)fflush(NULL);
	_exit(status);
}

/* ---- the lines ------------------------------------------------------------------------------- */

/* Until the pipe's end. Whoever asks us to end asks the launcher. */
static void lines_read(struct audit_lines *in, int fd, int sigfd, pid_t pid)
{
	struct pollfd p[] = {{.fd = fd, .events = POLLIN}, {.fd = sigfd, .events = POLLIN}};
	struct signalfd_siginfo info;
	char buf[4096];

	for (;;) {
		ssize_t n;

		if (poll(p, ARRAY_SIZE(p), -1) < 0 && errno != EINTR)
			return;
		/* What the terminal sends, the launcher gets by itself. */
		if (p[1].revents && read(sigfd, &info, sizeof(info)) == sizeof(info) &&
		    info.ssi_code == SI_USER && info.ssi_signo != SIGCHLD)
			(void)kill(pid, (int)info.ssi_signo);
		if (!p[0].revents)
			continue;
		n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			return;
		audit_lines_take(in, buf, (size_t)n);
	}
}

/* ---- one setting ----------------------------------------------------------------------------- */

struct argv_room {
	struct spec *spec;
	const char **argv;
	size_t n;
};

static void target_add(const char *key_value, void *arg)
{
	struct argv_room *room = arg;

	room->argv[room->n++] = arena_printf(room->spec->arena, "--target=%s", key_value);
}

/* What can be filled at most: with the swap that comes with it, as far as this host has any. */
static uint64_t memory_all(const struct limits *l)
{
	struct sysinfo host = {0};
	uint64_t swap, most;

	if (l->memory >= LIMIT_MAX)
		return LIMIT_UNSET;
	(void)sysinfo(&host);
	swap = (uint64_t)host.totalswap * host.mem_unit;
	most = l->memory_swap == LIMIT_UNSET ? l->memory : l->memory_swap - l->memory;
	return l->memory + (most < swap ? most : swap);
}

static void probe_argv(struct spec *s, const struct witness *w, const char *only)
{
	struct argv_room room = {s, arena_alloc(s->arena, 32 * sizeof(char *)), 0};
	const struct {
		const char *key;
		uint64_t value;
	} limits[] = {{"pids", s->limits.pids}, {"memory", memory_all(&s->limits)}};

	room.argv[room.n++] = "pillbox-probe";
	room.argv[room.n++] = "--format=lines";
	if (only)
		room.argv[room.n++] = arena_printf(s->arena, "--only=%s", only);
	witness_print(w, target_add, &room);
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (limits[i].value < LIMIT_MAX)
			room.argv[room.n++] = arena_printf(s->arena, "--target=%s=%lu",
							   limits[i].key,
							   (unsigned long)limits[i].value);
	s->argv = room.argv;
	s->argc = room.n;
}

/* Options that are about something else than the sandbox. */
static int refuse_options(const struct spec *s, char *argv[], int argc, struct err *err)
{
	const char *const *end = (const char *const *)argv + argc;

	if (s->dry_run || s->is_explained || s->stats) {
		err_say(err, "%s: not with audit",
			s->dry_run        ? "--dry-run"
			: s->is_explained ? "--explain, --step"
					  : "--stats");
		err_hint(err, "`pillbox run` has it");
		return -EINVAL;
	}
	if (!s->asked && s->argv >= (const char *const *)argv && s->argv < end) {
		err_say(err, "COMMAND %.60s: an audit runs a program of its own", s->argv[0]);
		err_hint(err, "pillbox audit [options] ROOTFS");
		return -EINVAL;
	}
	return 0;
}

static int setting_spec(struct setting *ret, int argc, char *argv[], struct err *err)
{
	struct spec *s;

	if (arena_init(&ret->arena, err) < 0)
		return -ENOMEM;
	s = ret->spec = arena_alloc(&ret->arena, sizeof(*s));
	s->arena = &ret->arena;
	if (audit_spec(s, argc, argv, err) < 0 || refuse_options(s, argv, argc, err) < 0)
		return -EINVAL;
	if (cli_inherited_fds(s->preserve_fds, err) < 0)
		return -EINVAL;
	cli_own_strings(s);
	s->is_audit = s->verify = true;
	if (s->is_quiet)
		note_off();
	if (s->asked)
		asked_notes(s->asked, s->is_verbose);
	return 0;
}

/* Launch, read, wait. The exit status of the launcher, or -errno. */
static int setting_launch(struct setting *s, const struct seam *seam, struct err *err)
{
	struct audit_lines in = {.doc = s->doc};
	auto_close int sigfd = -1;
	pid_t pid;
	int pipes[2], status;
	sigset_t mask;

	supervise_signals(&mask);
	sigfd = signalfd(-1, &mask, SFD_CLOEXEC);
	if (sigfd < 0 || pipe2(pipes, O_CLOEXEC) < 0)
		return err_set(err, errno, "a pipe to the sandbox");
	pid = audit_fork();
	if (pid == 0)
		launcher(s->spec, seam, pipes[1]);
	(void)close(pipes[1]);
	if (pid > 0) {
		lines_read(&in, pipes[0], sigfd, pid);
		(void)waitpid(pid, &status, 0);
		status = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_SIGNAL + WTERMSIG(status);
		audit_lines_end(&in, s, status);
	} else {
		status = err_set(err, errno, "a process for the launch");
	}
	(void)close(pipes[0]);
	return status;
}

int audit_setting(struct setting *ret, const char *name, int argc, char *argv[],
		  const struct audit_req *req)
{
	struct err err = {0};
	struct witness w;
	int status = -EINVAL;

	*ret = (struct setting){.name = name};
	ret->doc = json_pack("{s:[], s:{}, s:[]}", "steps", "facts", "attacks");
	if (!ret->doc || setting_spec(ret, argc, argv, &err) < 0)
		goto out;
	status = witness_start(&w);
	if (status < 0) {
		err_set(&err, -status, "things outside to attack");
		goto out;
	}
	probe_argv(ret->spec, &w, req->only);
	status = spec_finish(ret->spec, &err);
	if (status == 0)
		status = ret->spec->probe = probe_open(&err);
	if (status >= 0)
		status = setting_launch(ret, req->seam, &err);
	if (ret->spec->probe > 0)
		(void)close(ret->spec->probe);
	witness_end(&w);
	/* Attacked and told: how the probe ended after that is one of its rows. */
	if (status >= 0 && json_array_size(json_object_get(ret->doc, "attacks")))
		return audit_rows(ret, &err) < 0 ? EXIT_SETUP : 0;
	if (status == STATUS_NO_ATTACK && req->only) {
		err_say(&err, "--only %.100s: no attack of this name", req->only);
		err_hint(&err, "`pillbox-probe --list` names them all");
		goto out;
	}
	if (status > 0)
		return status; /* the launcher has said why */
	if (status == 0)
		err_say(&err, "the probe ended without a word");
out:
	if (!err.is_set)
		err_say(&err, "no memory");
	err_print(&err, "audit");
	return EXIT_SETUP;
}

void audit_free(struct setting *s)
{
	json_decref(s->doc);
	free(s->attacks);
}
