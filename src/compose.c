/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose.c - `pillbox compose`: the command line, and the four things that can be done with a file.
 *
 * run and audit only say in other words what `pillbox run --from-compose` and `pillbox audit
 * --from-compose` do: there is one way to launch.
 *
 * Should: take words in the order in which docker compose does: SERVICE, then the command.
 * Mustn't: know a key of a service.
 */
#include "compose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "audit_setting.h"
#include "cli.h"
#include "nearest.h"
#include "options_set.h"

/* clang-format off */
const struct option_def compose_options[] = {
	{ .name = "file", .letter = 'f', .metavar = "FILE", .files = "file", .count = COUNT_MANY,
	  .group = GROUP_START,
	  .help = "Read this Compose file; a second one is laid over the first. Without it "
		  "compose.yaml or docker-compose.yml, here or in a directory above." },
	{ .name = "rootfs", .metavar = "DIR", .files = "dir", .group = GROUP_START,
	  .help = "Run on this directory; without it on the service's `x-rootfs:`." },
	{ .name = "profile", .metavar = "NAME", .count = COUNT_MANY, .group = GROUP_START,
	  .help = "Look at services of this profile, too." },
	{ .name = "env-file", .metavar = "FILE", .files = "file", .count = COUNT_MANY,
	  .group = GROUP_START,
	  .help = "Take variables for the file's ${NAME} from here and not from .env." },
	{ .name = "env-from-file", .metavar = "FILE", .files = "file", .count = COUNT_MANY,
	  .group = GROUP_START, .help = "What --env-file is to run: variables for the command." },
	{ .name = "project-directory", .metavar = "DIR", .files = "dir", .group = GROUP_START,
	  .help = "Paths of the file are relative to this; without it to where the first file is." },
	{ .name = "project-name", .letter = 'p', .metavar = "NAME", .group = GROUP_START,
	  .help = "Call the project so." },
	{ .name = "format", .metavar = "FORMAT", .choices = "text json", .group = GROUP_REPORT,
	  .help = "check: as text, or as one JSON object." },
	{ .name = "fail-on", .metavar = "WHAT[,WHAT...]",
	  .choices = "unenforceable differently ignored advice never", .group = GROUP_REPORT,
	  .help = "check: exit with status 1 when a key has this verdict, or when there is advice; "
		  "without it for unenforceable." },
	{ .name = "no-interpolate", .group = GROUP_REPORT,
	  .help = "config: leave ${NAME} as it stands." },
};
/* clang-format on */
const size_t compose_options_len = ARRAY_SIZE(compose_options);

static const char *const actions[] = {"run", "config", "check", "audit"};
enum action { ACTION_RUN, ACTION_CONFIG, ACTION_CHECK, ACTION_AUDIT, ACTION_NONE };

#define FAIL_ADVICE VERDICTS /* a bit behind those of the verdicts */

struct request {
	struct arena arena;
	enum action action;
	const char *service, *rootfs;
	struct compose_req project;
	bool is_json;
	unsigned fail_on; /* bits: verdicts, FAIL_ADVICE */
	char **words;     /* for run or audit: options ... */
	int n_words;
	char **command; /* ... and the command; NULL: none was given */
};

static int fail(const struct err *err)
{
	err_print(err, "compose");
	return err->exit ? err->exit : EXIT_SETUP;
}

static int help(void)
{
	puts("Usage: pillbox compose run    [OPTION...] SERVICE [COMMAND [ARG...]]\n"
	     "       pillbox compose audit  [OPTION...] SERVICE\n"
	     "       pillbox compose check  [OPTION...] [SERVICE]\n"
	     "       pillbox compose config [OPTION...] [SERVICE]\n\n"
	     "Take the settings of a service from a Compose file: run it on a directory, attack it from\n"
	     "inside, say of each key whether it is enforced (exit status 1: one cannot be), or show the\n"
	     "file with everything resolved. -- may stand before COMMAND.\n");
	options_lines(stdout, compose_options, compose_options_len);
	puts("\nrun takes the options of `pillbox run` as well, audit those of `pillbox audit`: they go\n"
	     "over the file's.");
	return fflush(stdout) ? EXIT_SETUP : 0;
}

/* ---- the command line ----------------------------------------------------------------------- */

/* --fail-on; "never" clears what is there without the option. */
static int fail_on(struct request *req, const char *value, struct err *err)
{
	static const char words[] = "enforced differently unenforceable ignored advice never";
	char *list = arena_strdup(&req->arena, value), *save = NULL;

	req->fail_on = 0;
	for (char *word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		int i;

		if (value_choice(word, words, "--fail-on", &i, err) < 0)
			return -EINVAL;
		if (i == 0)
			return err_say(err, "--fail-on enforced: that is what is hoped for");
		if (i <= FAIL_ADVICE)
			req->fail_on |= 1U << i;
	}
	return 0;
}

static int take_list(const char **list, size_t max, size_t *n, const char *name, const char *value,
		     struct err *err)
{
	if (*n == max)
		return err_say(err, "--%s %.60s: more than %zu", name, value, max);
	list[(*n)++] = value;
	return 0;
}

static int take_once(const char **first, const char *name, const char *value, struct err *err)
{
	if (*first && strcmp(*first, value) != 0)
		return err_say(err, "--%s %.60s: contradicts --%s %.60s", name, value, name,
			       *first);
	*first = value;
	return 0;
}

static int take(struct request *req, const char *name, const char *value, struct err *err)
{
	struct compose_req *p = &req->project;
	int i, rc;

	if (!strcmp(name, "no-interpolate")) {
		p->is_raw = true;
		return 0;
	}
	if (!value || !*value)
		return err_say(err, "--%s: empty", name);
	if (!strcmp(name, "file"))
		return take_list(p->files, ARRAY_SIZE(p->files), &p->n_files, name, value, err);
	if (!strcmp(name, "profile"))
		return take_list(p->profiles, ARRAY_SIZE(p->profiles), &p->n_profiles, name, value,
				 err);
	if (!strcmp(name, "env-file"))
		return take_list(p->env_files, ARRAY_SIZE(p->env_files), &p->n_env_files, name,
				 value, err);
	if (!strcmp(name, "rootfs"))
		return take_once(&req->rootfs, name, value, err);
	if (!strcmp(name, "project-directory"))
		return take_once(&p->project_dir, name, value, err);
	if (!strcmp(name, "project-name"))
		return take_once(&p->project_name, name, value, err);
	if (!strcmp(name, "fail-on"))
		return fail_on(req, value, err);
	if (!strcmp(name, "env-from-file")) {
		req->words[req->n_words++] = arena_printf(&req->arena, "--env-file=%s", value);
		return 0;
	}
	rc = value_choice(value, "text json", "--format", &i, err);
	req->is_json = rc == 0 && i == 1;
	return rc;
}

/* The option of a table that `word` is, with *ret_value behind its '=' or letter, or NULL. */
static const struct option_def *find(const struct option_def *table, size_t n, const char *word,
				     const char **ret_value)
{
	size_t len = strcspn(word, "=");

	*ret_value = word[len] ? word + len + 1 : NULL;
	for (size_t i = 0; i < n; i++) {
		if (!strncmp(word, "--", 2) && strlen(table[i].name) == len - 2 &&
		    !memcmp(word + 2, table[i].name, len - 2))
			return &table[i];
		if (table[i].letter && word[0] == '-' && word[1] == table[i].letter) {
			*ret_value = word[2] ? word + 2 + (word[2] == '=') : NULL;
			return &table[i];
		}
	}
	return NULL;
}

/* --format and --fail-on are audit's own there, and mean what they mean there. */
static bool is_ours(const struct request *req, const struct option_def *def)
{
	return req->action != ACTION_AUDIT ||
	       (strcmp(def->name, "format") != 0 && strcmp(def->name, "fail-on") != 0);
}

/* One option at argv[*at]: ours, or one to hand on. */
static int option(struct request *req, int argc, char *argv[], int *at, struct err *err)
{
	const char *word = argv[*at], *next = *at + 1 < argc ? argv[*at + 1] : NULL, *value, *v2;
	const struct option_def *def = find(compose_options, compose_options_len, word, &value);
	const struct option_def *audit = find(audit_options, audit_options_len, word, &v2);
	int words;

	if (def && is_ours(req, def)) {
		++*at;
		if (def->metavar && !value) {
			if (!next)
				return err_say(err, "%s: the value is missing", word);
			value = next;
			++*at;
		}
		return take(req, def->name, value, err);
	}
	if (req->action == ACTION_CONFIG || req->action == ACTION_CHECK) {
		err_say(err, "%.60s: not an option of compose %s", word, actions[req->action]);
		err_hint(err, "`pillbox compose --help`");
		return -EINVAL;
	}
	if (audit && req->action == ACTION_AUDIT)
		words = audit->metavar && !v2 ? 2 : 1;
	else
		words = options_words(word, next);
	for (; words > 0 && *at < argc; words--)
		req->words[req->n_words++] = argv[(*at)++];
	return 0;
}

static const char *action_name(size_t i)
{
	return actions[i];
}

static int action_find(struct request *req, const char *word, struct err *err)
{
	const char *near;

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (strcmp(actions[i], word) != 0)
			continue;
		req->action = (enum action)i;
		return 0;
	}
	near = nearest(word, action_name, ARRAY_SIZE(actions));
	err_say(err, "'%.60s': no such action", word);
	if (near)
		err_hint(err, "did you mean: pillbox compose %s", near);
	else
		err_hint(err, "run, config, check or audit");
	return -EINVAL;
}

/* The first word that is no option is the action, the second the service, then comes the command. */
static int split(struct request *req, int argc, char *argv[], struct err *err)
{
	int at = 0;

	while (at < argc) {
		const char *word = argv[at];

		if (!strcmp(word, "--help") || !strcmp(word, "-h"))
			return OPTIONS_HELP;
		if (!strcmp(word, "--")) {
			at++;
			break;
		}
		if (word[0] == '-' && word[1]) {
			if (option(req, argc, argv, &at, err) < 0)
				return -EINVAL;
			continue;
		}
		if (req->action != ACTION_NONE && req->service)
			break;
		if (req->action != ACTION_NONE)
			req->service = word;
		else if (action_find(req, word, err) < 0)
			return -EINVAL;
		at++;
	}
	req->command = at < argc ? argv + at : NULL;
	if (req->action == ACTION_NONE) {
		err_say(err, "no action");
		err_hint(err, "pillbox compose run|config|check|audit [-f FILE] [SERVICE]");
		return -EINVAL;
	}
	if (!req->service && (req->action == ACTION_RUN || req->action == ACTION_AUDIT)) {
		err_say(err, "SERVICE: missing");
		err_hint(err,
			 "pillbox compose %s [-f FILE] SERVICE; `pillbox compose check` lists them",
			 actions[req->action]);
		return -EINVAL;
	}
	if (req->command && req->action != ACTION_RUN)
		return err_say(err, "COMMAND %.60s: only with compose run", *req->command);
	return 0;
}

/* ---- run and audit: the same in other words -------------------------------------------------- */

static char *from_compose(struct request *req)
{
	const struct compose_req *p = &req->project;
	struct arena *a = &req->arena;
	const char *text = NULL;

	if (req->service)
		text = value_csv(a, text, "service", req->service);
	for (size_t i = 0; i < p->n_files; i++)
		text = value_csv(a, text, "file", p->files[i]);
	for (size_t i = 0; i < p->n_env_files; i++)
		text = value_csv(a, text, "env-file", p->env_files[i]);
	for (size_t i = 0; i < p->n_profiles; i++)
		text = value_csv(a, text, "profile", p->profiles[i]);
	if (p->project_dir)
		text = value_csv(a, text, "project-directory", p->project_dir);
	if (p->project_name)
		text = value_csv(a, text, "project-name", p->project_name);
	return arena_printf(a, "--from-compose=%s", text);
}

static int run_or_audit(struct request *req, const struct seam *seam)
{
	size_t n_command = 0;
	char **argv;
	int argc = 0;

	while (req->command && req->command[n_command])
		n_command++;
	argv = arena_alloc(&req->arena, ((size_t)req->n_words + n_command + 4) * sizeof(*argv));
	argv[argc++] = from_compose(req);
	for (int i = 0; i < req->n_words; i++)
		argv[argc++] = req->words[i];
	argv[argc++] = arena_strdup(&req->arena, req->rootfs ? req->rootfs : "-");
	if (n_command)
		argv[argc++] = arena_strdup(&req->arena, "--");
	for (size_t i = 0; i < n_command; i++)
		argv[argc++] = req->command[i];
	return req->action == ACTION_RUN ? cmd_run(argc, argv, seam) : cmd_audit(argc, argv, seam);
}

/* ---- check ---------------------------------------------------------------------------------- */

/* The verdicts of one service, once its values have gone through the setters. */
static int check_one(const struct request *req, const struct compose_project *p, const char *name,
		     json_t *list, bool *ret_fails, struct err *err)
{
	struct arena scratch;
	struct asked asked;
	struct spec *s;

	if (compose_service(p, name, &asked, err) < 0 || arena_init(&scratch, err) < 0)
		return -EINVAL;
	s = arena_alloc(&scratch, sizeof(*s));
	s->arena = &scratch;
	if (options_given(s, asked.options, asked.n_options, err) < 0)
		return -EINVAL;
	for (size_t i = 0; i < asked.n_verdicts; i++)
		*ret_fails |= req->fail_on >> asked.verdicts[i].verdict & 1;
	*ret_fails |= asked.n_advice && req->fail_on >> FAIL_ADVICE & 1;
	if (list)
		return json_array_append_new(list, asked_json(&asked)) < 0 ? -ENOMEM : 0;
	return asked_print(&asked, stdout);
}

static int check(const struct request *req, const struct compose_project *p, struct err *err)
{
	json_t *doc = NULL, *list = req->is_json ? json_array() : NULL;
	bool fails = false;
	int rc = 0;

	if (req->service)
		rc = check_one(req, p, req->service, list, &fails, err);
	for (size_t i = 0; !req->service && p->services && i < p->services->n && rc == 0; i++) {
		if (i && !list)
			putchar('\n');
		rc = check_one(req, p, p->services->pairs[i].key, list, &fails, err);
	}
	if (rc == 0 && list) {
		doc = json_pack("{s:O}", "services", list);
		rc = doc && json_dumpf(doc, stdout, JSON_INDENT(2)) == 0 ? puts("") : -EIO;
	}
	json_decref(doc);
	json_decref(list);
	if (rc < 0 || fflush(stdout))
		return err->is_set ? -EINVAL : err_say(err, "standard output cannot be written");
	return fails;
}

static int look(struct request *req, struct err *err)
{
	struct compose_project p;

	if (compose_load(&p, &req->arena, &req->project, err) < 0)
		return -EINVAL;
	for (size_t i = 0; i < p.n_notes; i++)
		note("%s:%u:%u: %s", p.notes[i].at.file, p.notes[i].at.line, p.notes[i].at.column,
		     p.notes[i].text);
	if (req->action == ACTION_CHECK)
		return check(req, &p, err);
	return compose_config(&p, req->service, stdout, err);
}

int cmd_compose(int argc, char *argv[], const struct seam *seam)
{
	struct request req = {.action = ACTION_NONE, .fail_on = 1U << VERDICT_UNPRIVILEGED};
	struct err err = {0};
	int rc;

	if (arena_init(&req.arena, &err) < 0)
		return fail(&err);
	req.words = arena_alloc(&req.arena, ((size_t)argc + 1) * sizeof(*req.words));
	rc = split(&req, argc, argv, &err);
	if (rc == OPTIONS_HELP)
		return help();
	if (rc == 0 && (req.action == ACTION_RUN || req.action == ACTION_AUDIT))
		return run_or_audit(&req, seam);
	if (rc == 0)
		rc = look(&req, &err);
	return rc < 0 ? fail(&err) : rc;
}
