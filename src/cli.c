/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli.c - start-up: make the process itself safe, then find the subcommand.
 *
 * Should: refuse what can never be right (set-uid, a directory as stdin) and repair what the caller
 * left behind (closed descriptors, ignored signals, a blocked mask) before anything else runs.
 * Mustn't: read the environment, a file or an option before that.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "asked.h"
#include "audit.h"
#include "check.h"
#include "compose.h"
#include "export.h"
#include "lesson.h"
#include "lsm.h"
#include "nearest.h"
#include "options.h"
#include "record.h"
#include "runner.h"
#include "seccomp_cmd.h"
#include "supervise.h"
#include "sys.h"

#ifndef PILLBOX_VERSION
#define PILLBOX_VERSION "unknown"
#endif

/* ---- the process itself -------------------------------------------------------------------- */

/* There is no set-uid mode: every bug in one was root (CVE-2016-8659, CVE-2020-5291). */
static int refuse_setuid(struct err *err)
{
	if (!getauxval(AT_SECURE) && getuid() == geteuid() && getgid() == getegid())
		return 0;
	err_say(err, "refusing to run set-uid, set-gid or with file capabilities");
	err_hint(err, "pillbox needs no privilege: chmod u-s,g-s it, setcap -r it");
	return -EPERM;
}

/* A closed 0, 1 or 2 would become the first file that is opened, and be written into. */
static int standard_fds(struct err *err)
{
	struct stat st;

	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", fd ? O_WRONLY : O_RDONLY) != fd)
			return err_set(err, errno ? errno : EBADF,
				       "descriptor %d is closed, /dev/null", fd);
	}
	for (int fd = 0; fd <= 2; fd++) {
		static const char *const names[] = {"stdin", "stdout", "stderr"};

		if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
			err_say(err, "%s: it is a directory", names[fd]);
			err_hint(err,
				 "the sandbox could walk out of it: redirect it from /dev/null");
			return -EISDIR;
		}
	}
	return 0;
}

/*
 * Default dispositions, and everything that is forwarded blocked: it is read from a signalfd, in
 * the supervisor and while the sandbox is built alike.
 */
static int signals_reset(struct err *err)
{
	struct rlimit core;
	sigset_t mask;

	/* EINVAL: SIGKILL, SIGSTOP and libc's own two, which nobody can have changed either. */
	for (int sig = 1; sig < NSIG; sig++)
		if (signal(sig, SIG_DFL) == SIG_ERR && errno != EINVAL)
			return err_set(err, errno, "default action of signal %d", sig);
	supervise_signals(&mask);
	if (sigprocmask(SIG_SETMASK, &mask, NULL) < 0)
		return err_set(err, errno, "signal mask");
	if (getrlimit(RLIMIT_CORE, &core) < 0)
		return err_set(err, errno, "limit on core dumps");
	core.rlim_cur = 0; /* the child sets it again, with the hard one */
	return setrlimit(RLIMIT_CORE, &core) < 0 ? err_set(err, errno, "no core dumps") : 0;
}

/* Nothing inherited stays open but what --preserve-fds names, and that must be fit to be handed on. */
int cli_inherited_fds(unsigned preserve, struct err *err)
{
	struct stat st;
	int rc;

	for (unsigned i = 0; i < preserve; i++) {
		if (fstat((int)(3 + i), &st) < 0)
			return err_set(err, errno, "--preserve-fds %u: descriptor %u", preserve,
				       3 + i);
		if (S_ISDIR(st.st_mode)) {
			err_say(err, "--preserve-fds %u: descriptor %u is a directory", preserve,
				3 + i);
			err_hint(err, "the sandbox could walk out of it: use -v DIR:TARGET");
			return -EISDIR;
		}
	}
	rc = sys_close_range(3 + preserve, ~0U, 0);
	return rc < 0 ? err_set(err, -rc, "close inherited descriptors") : 0;
}

/* ---- subcommands --------------------------------------------------------------------------- */

static int fail(const char *where, const struct err *err)
{
	err_print(err, where);
	return err->exit ? err->exit : EXIT_SETUP;
}

static const char *skip_what(const char *id)
{
	size_t i = 0;

	while (i + 1 < program_len && strcmp(program[i]->id, id) != 0)
		i++;
	return program[i]->what;
}

/* What is weaker than the preset promises is said each time, on stderr; --quiet hides it. */
static void spec_notes(const struct spec *s)
{
	if (s->is_quiet)
		note_off();
	if (s->asked)
		asked_notes(s->asked, s->is_verbose);
	if (s->net == NET_HOST)
		note("--network host: the sandbox shares the host's network, its loopback services and "
		     "its abstract unix sockets");
	for (size_t i = 0; i < s->n_skip; i++)
		note("--skip %s: NOT ENFORCED: %s", s->skip[i], skip_what(s->skip[i]));
	if (s->filter == FILTER_UNCONFINED)
		note("seccomp=unconfined: NOT ENFORCED: no system call filter");
}

/* The kernel lays arguments and environment out as one block of strings. */
static char *own_strings;
static size_t own_strings_len;

static void own_strings_find(int argc, char *argv[])
{
	char *end;

	if (argc < 1)
		return;
	end = argv[argc - 1] + strlen(argv[argc - 1]) + 1;
	for (char **e = environ; *e && *e == end; e++)
		end += strlen(*e) + 1;
	own_strings = argv[0];
	own_strings_len = (size_t)(end - argv[0]);
}

void cli_own_strings(struct spec *s)
{
	s->args = own_strings;
	s->args_len = own_strings_len;
}

int cmd_run(int argc, char *argv[], const struct seam *seam)
{
	struct arena arena = {0};
	struct spec *s;
	struct err err = {0};
	int rc;

	if (arena_init(&arena, &err) < 0)
		return fail("run", &err);
	s = arena_alloc(&arena, sizeof(*s));
	s->arena = &arena;
	rc = options_parse(s, argc, argv, &err);
	if (rc == OPTIONS_HELP)
		return options_help(stdout) < 0 ? EXIT_SETUP : 0;
	if (rc < 0 || spec_finish(s, &err) < 0)
		return fail("run", &err);
	if (cli_inherited_fds(s->preserve_fds, &err) < 0)
		return fail("run", &err);
	cli_own_strings(s);
	spec_notes(s);
	return runner_launch(s, seam);
}

static int cmd_apparmor(int argc, char *argv[], const struct seam *seam)
{
	(void)seam;
	return apparmor_command(argc, argv);
}

static int cmd_help(int argc, char *argv[], const struct seam *seam);

static int cmd_version(int argc, char *argv[], const struct seam *seam)
{
	(void)argc, (void)argv, (void)seam;
	return printf("pillbox %s\n", PILLBOX_VERSION) < 0 || fflush(stdout) ? EXIT_SETUP : 0;
}

static const struct command {
	const char *name, *usage, *help;
	int (*run)(int argc, char *argv[], const struct seam *seam);
} commands[] = {
	{"run", "[OPTION...] ROOTFS [--] [COMMAND [ARG...]]",
	 "run a command in a sandbox around the directory ROOTFS", cmd_run},
	{"audit", "[OPTION...] ROOTFS",
	 "build the sandbox that run would, attack it from inside, and say what held: each control as "
	 "asked, as seen inside and outside, each attack with what stopped it, a grade, and what would "
	 "lower the exposure most; exit status 1 when a control that was asked for does not hold",
	 cmd_audit},
	{"record", "-o FILE [--merge] [OPTION...] ROOTFS [--] [COMMAND [ARG...]]",
	 "run a command as run would, and write the smallest seccomp profile, in Docker's format, that "
	 "allows what it did; say which capabilities it used and where it wrote",
	 cmd_record},
	{"compose", "run|config|check|audit [-f FILE...] [OPTION...] [SERVICE] [-- COMMAND...]",
	 "take the settings of a service from a Compose file: run it on a directory, audit it, or say "
	 "of each key whether it is enforced and what the file should have and hasn't",
	 cmd_compose},
	{"export", "[--to TARGET] [OPTION...] ROOTFS [--] [COMMAND [ARG...]]",
	 "write the settings that run would have with these options as a Compose service, a docker or "
	 "podman run line, a systemd unit or a Kubernetes pod; what has no equivalent there is said",
	 cmd_export},
	{"check", "[--json]",
	 "what this host offers: works, restricted or missing, and the cure; exit status 0 if the "
	 "default preset can be enforced in full",
	 cmd_check},
	{"apparmor", "load [FILE...] | unload [NAME...] | status",
	 "load pillbox's AppArmor profiles, or others, into the kernel; take them out; see whether "
	 "they are there (exit status 0) and what AppArmor does to user namespaces",
	 cmd_apparmor},
	{"seccomp",
	 "show PROFILE | test PROFILE CALL [ARG...] | diff A B | compile PROFILE -o FILE | lint PROFILE",
	 "look at a seccomp profile in Docker's format: what it allows, its answer to one call and the "
	 "rule that gave it, what differs between two, the program for the kernel, mistakes and dangers; "
	 "PROFILE is a file, - or one that is built in: default, strict, docker",
	 cmd_seccomp},
	{"lesson", "[N]", "a short lesson on what a container is made of; without N, the list",
	 lesson_main},
	{"help", "", "this text; `pillbox run --help` lists the options of run", cmd_help},
	{"version", "", "print the version", cmd_version},
};

static int cmd_help(int argc, char *argv[], const struct seam *seam)
{
	(void)argc, (void)argv, (void)seam;
	printf("pillbox: a minimal hardened container launcher\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  pillbox %s %s\n      %s\n", commands[i].name, commands[i].usage,
		       commands[i].help);
	return fflush(stdout) ? EXIT_SETUP : 0;
}

bool cli_command(size_t n, struct cli_command *ret)
{
	if (n >= ARRAY_SIZE(commands))
		return false;
	*ret = (struct cli_command){commands[n].name, commands[n].usage, commands[n].help};
	return true;
}

static const char *command_name(size_t i)
{
	return commands[i].name;
}

static int cmd_unknown(const char *name)
{
	const char *close_to = nearest(name, command_name, ARRAY_SIZE(commands));
	struct err err = {0};

	err_say(&err, "'%s': no such command", name);
	if (close_to)
		err_hint(&err, "did you mean: pillbox %s", close_to);
	else
		err_hint(&err, "pillbox help lists the commands");
	return fail("", &err);
}

int cli_main(int argc, char *argv[], const struct seam *seam)
{
	struct err err = {0};
	const char *name = argc > 1 ? argv[1] : NULL;

	own_strings_find(argc, argv);
	if (refuse_setuid(&err) < 0 || standard_fds(&err) < 0 || signals_reset(&err) < 0)
		return fail("start", &err);
	if (!name) {
		err_say(&err, "COMMAND: missing");
		err_hint(&err, "pillbox run ROOTFS [COMMAND [ARG...]]; pillbox help");
		return fail("", &err);
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		name = "help";
	if (!strcmp(name, "--version") || !strcmp(name, "-V"))
		name = "version";
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(name, commands[i].name))
			return commands[i].run(argc - 2, argv + 2, seam);
	return cmd_unknown(name);
}
