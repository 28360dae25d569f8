/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.c - `pillbox record`: run a workload, and write down what a profile has to allow.
 *
 * Theory of operation
 *
 *   record    notes in shared memory, fork ...................... wait, notes -> profile, report
 *   launcher          the normal list of steps, with a filter that asks about what it allows
 *   listener                         (notify.c) notes each call, lets it go on
 *
 * Should: launch by runner_launch() and nothing else; end with the workload's exit status.
 * Mustn't: write a profile of a workload that never ran.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "caps_names.h"
#include "cli.h"
#include "options.h"
#include "output.h"
#include "record.h"
#include "runner.h"

/* clang-format off */
const struct option_def record_options[] = {
	{ .name = "output", .letter = 'o', .metavar = "FILE", .files = "file", .group = GROUP_REPORT,
	  .help = "Where the profile goes." },
	{ .name = "merge", .group = GROUP_REPORT,
	  .help = "Add to the profile that is there, of an earlier run or anybody's, what it does not allow yet." },
};
/* clang-format on */
const size_t record_options_len = ARRAY_SIZE(record_options);

struct request {
	const char *output;
	bool is_merge;
	json_t *doc; /* the profile to merge into, or NULL */
	int argc;
	char **argv; /* run's own words */
};

/* ---- the command line ----------------------------------------------------------------------- */

static int ours(void *arg, int argc, char *argv[], int *at, struct err *err)
{
	struct request *req = arg;
	const char *word = argv[*at], *value = NULL;

	if (!strcmp(word, "--merge")) {
		req->is_merge = true;
		++*at;
		return 1;
	}
	if (!strncmp(word, "--output=", 9))
		value = word + 9;
	else if (!strncmp(word, "-o", 2) && word[2])
		value = word + 2;
	else if (strcmp(word, "-o") != 0 && strcmp(word, "--output") != 0)
		return 0;
	else if (++*at < argc)
		value = argv[*at];
	if (!value || !*value) {
		err_say(err, "-o: the file is missing");
		err_hint(err, "pillbox record -o FILE [OPTION...] ROOTFS -- COMMAND [ARG...]");
		return -EINVAL;
	}
	if (req->output && strcmp(req->output, value) != 0)
		return err_say(err, "-o %.60s: contradicts -o %.60s", value, req->output);
	req->output = value;
	++*at;
	return 1;
}

static int split(struct request *req, int argc, char *argv[], struct err *err)
{
	int rc = options_split(argc, argv, ours, req, &req->argv, &req->argc, err);

	if (rc != 0)
		return rc;
	if (req->output)
		return 0;
	err_say(err, "-o: missing");
	err_hint(err, "pillbox record -o FILE [OPTION...] ROOTFS -- COMMAND [ARG...]");
	return -EINVAL;
}

static int help(void)
{
	puts("Usage: pillbox record -o FILE [--merge] [options] ROOTFS [--] [COMMAND [ARG...]]\n\n"
	     "Run COMMAND as `pillbox run` would, and write the smallest seccomp profile, in Docker's format,\n"
	     "that allows what it did.\n");
	options_lines(stdout, record_options, record_options_len);
	puts("\nAll other options are those of `pillbox run`.");
	return fflush(stdout) ? EXIT_SETUP : 0;
}

/* The profile that is there; none is as good as an empty one. */
static int read_old(struct request *req, struct err *err)
{
	auto_free char *text = NULL;
	json_error_t where;
	size_t len;
	int rc;

	if (!req->is_merge)
		return 0;
	rc = read_file(AT_FDCWD, req->output, PROFILE_MAX_BYTES, &text, &len);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return err_set(err, -rc, "--merge %s", req->output);
	req->doc = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
	if (!req->doc)
		return err_say(err, "--merge %s:%d:%d: not JSON: %s", req->output, where.line,
			       where.column, where.text);
	return json_is_object(req->doc)
		       ? 0
		       : err_say(err, "--merge %s: no profile: not a JSON object", req->output);
}

/* ---- the run -------------------------------------------------------------------------------- */

static _Noreturn void launcher(const struct spec *s, const struct seam *seam)
{
	int status = runner_launch(s, seam);

	(void)fflush(NULL);
	_exit(status);
}

/*
 * Signals from the terminal reach the launcher by themselves; what is sent to this process is meant
 * for it. A launcher that stops with its job takes us along.
 */
static int wait_for(pid_t pid)
{
	sigset_t all;
	siginfo_t info;
	int status = 0;

	(void)sigfillset(&all);
	for (;;) {
		pid_t ended = waitpid(pid, &status, WNOHANG | WUNTRACED);

		if (ended == pid && WIFSTOPPED(status)) {
			(void)kill(getpid(), SIGSTOP);
			(void)kill(pid, SIGCONT);
			continue;
		}
		if (ended == pid)
			return WIFSIGNALED(status) ? EXIT_SIGNAL + WTERMSIG(status)
						   : WEXITSTATUS(status);
		if (ended < 0 && errno != EINTR)
			return EXIT_SETUP;
		if (sigwaitinfo(&all, &info) > 0 && info.si_code != SI_KERNEL &&
		    info.si_signo != SIGCHLD)
			(void)kill(pid, info.si_signo);
	}
}

/* ---- the report ----------------------------------------------------------------------------- */

static bool is_writable_already(const struct spec *s, const char *dir)
{
	for (size_t i = 0; i < s->n_mounts; i++)
		if (!s->mounts[i].is_readonly && path_below(dir, s->mounts[i].target))
			return true;
	return path_below(dir, "/dev") || path_below(dir, "/proc");
}

/* Is another one of the list above it, or the same and earlier? */
static bool is_covered(const struct record_log *log, unsigned at)
{
	for (unsigned i = 0; i < log->n_dirs; i++)
		if (i != at && log->dirs[i][1] && path_below(log->dirs[at], log->dirs[i]) &&
		    (i < at || strcmp(log->dirs[at], log->dirs[i]) != 0))
			return true;
	return false;
}

static void tell_dirs(const struct spec *s, const struct record_log *log)
{
	char list[2048] = "";
	size_t len = 0;

	for (unsigned i = 0; i < log->n_dirs && len < sizeof(list) - 1; i++)
		if (log->dirs[i][0] == '/' && log->dirs[i][1] && !is_covered(log, i) &&
		    !is_writable_already(s, log->dirs[i]))
			len += (size_t)snprintf(list + len, sizeof(list) - len, " --tmpfs %s",
						log->dirs[i]);
	if (len)
		tell("pillbox: ", "writable: it wrote, or tried to, outside of what is writable:%s",
		     list);
	else
		tell("pillbox: ", "writable: nothing but what is writable already");
	for (unsigned i = 0; i < log->n_dirs; i++)
		if (!strcmp(log->dirs[i], "/"))
			tell("pillbox: ",
			     "writable: it wrote, or tried to, in / itself: --writable");
	if (log->has_more_dirs)
		tell("pillbox: ", "writable: more than %d directories; the rest is not told",
		     RECORD_DIRS);
}

static void tell_caps(const struct spec *s, const struct record_log *log)
{
	char list[1024];

	if (!s->caps) {
		tell("pillbox: ", "capabilities: it had none, and needs none");
		return;
	}
	caps_text(log->caps, list, sizeof(list));
	for (char *at = strchr(list, ' '); at; at = strchr(at, ' '))
		*at = ',';
	tell("pillbox: ", "capabilities: --cap-drop ALL%s%s", log->caps ? " --cap-add " : "",
	     log->caps ? list : "");
}

static int write_profile(const struct request *req, const struct spec *s,
			 const struct record_log *log, struct err *err)
{
	unsigned added = 0;
	json_t *doc = record_profile(s, log, req->output, req->doc, &added, err);
	char *text = doc ? json_dumps(doc, JSON_INDENT(2)) : NULL;
	int rc;

	if (text)
		rc = output_file(req->output, text, strlen(text), err);
	else
		rc = doc ? err_set(err, ENOMEM, "%s", req->output) : -EINVAL;
	if (rc == 0)
		tell("pillbox: ", "%s: %u kinds of calls were seen, %u added", req->output, log->n,
		     added);
	free(text);
	json_decref(doc);
	return rc;
}

/* ---- the command ---------------------------------------------------------------------------- */

static int fail(const struct err *err)
{
	err_print(err, "record");
	return err->exit ? err->exit : EXIT_SETUP;
}

static int record(const struct request *req, struct spec *s, const struct seam *seam,
		  struct err *err)
{
	int status;
	pid_t pid;

	s->notify = NOTIFY_ALLOWED;
	s->record = record_log_new();
	if (!s->record)
		return err_set(err, ENOMEM, "memory for the notes");
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0)
		launcher(s, seam);
	if (pid < 0)
		return err_set(err, errno, "fork");
	status = wait_for(pid);
	if (!s->record->has_run)
		return status; /* and the launcher has said why */
	if (s->record->is_full)
		return err_say(err, "more than %d kinds of calls: this is no profile any more",
			       RECORD_CALLS / 4 * 3);
	if (write_profile(req, s, s->record, err) < 0)
		return -EINVAL;
	tell_caps(s, s->record);
	tell_dirs(s, s->record);
	return status;
}

static int run_request(struct request *req, const struct seam *seam, struct err *err)
{
	struct arena arena = {0};
	struct spec *s;
	int rc;

	if (read_old(req, err) < 0 || arena_init(&arena, err) < 0)
		return -EINVAL;
	s = arena_alloc(&arena, sizeof(*s));
	s->arena = &arena;
	rc = options_parse(s, req->argc, req->argv, err);
	if (rc == OPTIONS_HELP)
		return help();
	if (rc < 0 || spec_finish(s, err) < 0 || cli_inherited_fds(s->preserve_fds, err) < 0)
		return -EINVAL;
	cli_own_strings(s);
	return record(req, s, seam, err);
}

int cmd_record(int argc, char *argv[], const struct seam *seam)
{
	struct request req = {0};
	struct err err = {0};
	int rc = split(&req, argc, argv, &err);

	if (rc == OPTIONS_HELP)
		rc = help();
	else if (rc == 0)
		rc = run_request(&req, seam, &err);
	free(req.argv);
	json_decref(req.doc);
	return rc < 0 ? fail(&err) : rc;
}
