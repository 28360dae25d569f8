/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_cmd.c - `pillbox seccomp`: its actions and their options.
 *
 * The options that run has too mean the same here. All may stand anywhere behind the action, and
 * "-100" is a word: arguments of calls look like that.
 *
 * Should: refuse what an action has no use for.
 * Mustn't: look at a profile; that is each action's.
 */
#include "seccomp_cmd.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "caps_names.h"
#include "nearest.h"
#include "options_set.h"

enum { OPT_CAP_ADD, OPT_CAP_DROP, OPT_PRESET, OPT_KERNEL, OPT_ARCH, OPT_JSON, OPT_OUTPUT };

/* clang-format off */
const struct option_def seccomp_options[] = {
	[OPT_CAP_ADD] = { .name = "cap-add", .metavar = "NAME[,NAME...]", .count = COUNT_MANY, .group = GROUP_RIGHTS,
	  .help = "Capabilities that the workload gets, as with run: rules may depend on them." },
	[OPT_CAP_DROP] = { .name = "cap-drop", .metavar = "NAME[,NAME...]", .count = COUNT_MANY, .group = GROUP_RIGHTS,
	  .help = "Capabilities that it loses." },
	[OPT_PRESET] = { .name = "preset", .metavar = "PRESET", .choices = "docker hardened strict", .group = GROUP_RIGHTS,
	  .help = "Whose capabilities to begin with; the default is hardened for a file, and for a "
		  "built-in profile the preset that it belongs to." },
	[OPT_KERNEL] = { .name = "kernel", .metavar = "MAJOR.MINOR", .group = GROUP_RIGHTS,
	  .help = "The kernel to read the profile for; the default is the running one." },
	[OPT_ARCH] = { .name = "arch", .metavar = "ARCH", .choices = "x86_64 x86 x32 aarch64 arm", .group = GROUP_RIGHTS,
	  .help = "show, test: whose calls; the default is this machine's own." },
	[OPT_JSON] = { .name = "json", .group = GROUP_REPORT,
	  .help = "show, test, diff, lint: as one JSON document." },
	[OPT_OUTPUT] = { .name = "output", .letter = 'o', .metavar = "FILE", .files = "file", .group = GROUP_REPORT,
	  .help = "compile: where the program goes; - is standard output." },
};
/* clang-format on */
const size_t seccomp_options_len = ARRAY_SIZE(seccomp_options);

static const uint32_t arches[] = {SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32, SCMP_ARCH_AARCH64,
				  SCMP_ARCH_ARM};

static const struct action {
	const char *name, *words;
	int min, max;     /* how many words */
	const char *only; /* of the options that are not for every action */
	seccomp_action *run;
} actions[] = {
	{"show", "PROFILE", 1, 1, "json arch", seccomp_show},
	{"test", "PROFILE CALL [ARG...]", 2, 2 + PROFILE_ARGS, "json arch", seccomp_test},
	{"diff", "A B", 2, 2, "json", seccomp_diff},
	{"compile", "PROFILE -o FILE", 1, 1, "output", seccomp_compile},
	{"lint", "PROFILE", 1, 1, "json", seccomp_lint},
};

/* ---- options -------------------------------------------------------------------------------- */

struct line {
	const struct action *action;
	const char *given[ARRAY_SIZE(seccomp_options)];
	struct seccomp_req *req;
};

static const char *option_name(size_t i)
{
	return i < seccomp_options_len ? seccomp_options[i].name : "help";
}

static int unknown(const char *word, struct err *err)
{
	char shown[64];
	const char *near;
	int rc;

	(void)snprintf(shown, sizeof(shown), "%s", word);
	shown[strcspn(shown, "=")] = '\0';
	rc = err_say(err, "%s: unknown option", shown);
	near = shown[1] == '-' ? nearest(shown + 2, option_name, seccomp_options_len + 1) : NULL;
	if (near)
		err_hint(err, "did you mean --%s?", near);
	else
		err_hint(err, "pillbox seccomp --help lists the options");
	return rc;
}

/* --cap-add, --cap-drop, --preset and --kernel are for every action. */
static bool takes(const struct action *a, size_t option)
{
	return option <= OPT_KERNEL || strstr(a->only, seccomp_options[option].name);
}

static int set_kernel(struct seccomp_req *req, const char *value, const char *origin,
		      struct err *err)
{
	const char *dot = strchr(value, '.');
	char major[8] = "";
	uint64_t a, b;
	int rc;

	if (dot && (size_t)(dot - value) < sizeof(major))
		memcpy(major, value, (size_t)(dot - value));
	if (dot && parse_u64(major, 999, &a) == 0 && parse_u64(dot + 1, 999, &b) == 0 && a) {
		req->kernel = (unsigned)(a * 1000 + b);
		return 0;
	}
	rc = err_say(err, "%s: not of the form MAJOR.MINOR", origin);
	err_hint(err, "for example --kernel 6.1");
	return rc;
}

static int set(struct line *l, size_t option, const char *value, struct err *err)
{
	const struct option_def *def = &seccomp_options[option];
	struct seccomp_req *req = l->req;
	char origin[96];
	int i = 0, rc;

	(void)snprintf(origin, sizeof(origin), "--%s %.60s", def->name, value);
	if (def->count == COUNT_ONCE && l->given[option] && strcmp(l->given[option], value) != 0)
		return err_say(err, "%s: contradicts --%s %.40s", origin, def->name,
			       l->given[option]);
	l->given[option] = value;
	rc = def->choices ? value_choice(value, def->choices, origin, &i, err) : 0;
	if (rc < 0)
		return rc;
	switch (option) {
	case OPT_CAP_ADD:
		return caps_parse(value, origin, &req->cap_add, err);
	case OPT_CAP_DROP:
		return caps_parse(value, origin, &req->cap_drop, err);
	case OPT_PRESET:
		req->preset = value;
		return 0;
	case OPT_KERNEL:
		return set_kernel(req, value, origin, err);
	case OPT_ARCH:
		req->arch = arches[i];
		return 0;
	case OPT_JSON:
		req->is_json = true;
		return 0;
	default:
		req->output = value;
		return 0;
	}
}

/* Which option `word` is, and what of it is the value: NULL, none is in this word. */
static size_t find(const char *word, const char **ret_value)
{
	size_t len = strcspn(word, "=");

	for (size_t i = 0; i < seccomp_options_len; i++) {
		const struct option_def *def = &seccomp_options[i];

		if (def->letter && word[0] == '-' && word[1] == def->letter) {
			*ret_value = word[2] ? word + 2 : NULL;
			return i;
		}
		if (strncmp(word, "--", 2) == 0 && strlen(def->name) == len - 2 &&
		    memcmp(word + 2, def->name, len - 2) == 0) {
			*ret_value = word[len] ? word + len + 1 : NULL;
			return i;
		}
	}
	return seccomp_options_len;
}

/* argv[*at] is an option; *at moves behind it and its value. */
static int take(struct line *l, int argc, char *argv[], int *at, struct err *err)
{
	const char *word = argv[(*at)++], *value = NULL;
	size_t option = find(word, &value);
	const struct option_def *def = &seccomp_options[option];

	if (option == seccomp_options_len)
		return unknown(word, err);
	if (!takes(l->action, option))
		return err_say(err, "--%s: %s has no use for it", def->name, l->action->name);
	if (!def->metavar && value)
		return err_say(err, "--%s=%.60s: it takes no value", def->name, value);
	if (def->metavar && !value && *at < argc)
		value = argv[(*at)++];
	if (def->metavar && !value) {
		err_say(err, "--%s: the value is missing", def->name);
		err_hint(err, "--%s %s: %s", def->name, def->metavar, def->help);
		return -EINVAL;
	}
	return set(l, option, value ? value : "", err);
}

/* "-" is standard input, and "-1" the argument of a call. */
static bool is_word(const char *arg)
{
	return arg[0] != '-' || !arg[1] || (arg[1] >= '0' && arg[1] <= '9');
}

static int parse(const struct action *a, struct seccomp_req *req, int argc, char *argv[],
		 struct err *err)
{
	struct line l = {.action = a, .req = req};
	bool is_ended = false;

	for (int at = 0; at < argc;) {
		if (!is_ended && strcmp(argv[at], "--") == 0) {
			is_ended = true;
			at++;
		} else if (is_ended || is_word(argv[at])) {
			req->words[req->n_words++] = argv[at++];
		} else if (!strcmp(argv[at], "--help") || !strcmp(argv[at], "-h")) {
			return OPTIONS_HELP;
		} else if (take(&l, argc, argv, &at, err) < 0) {
			return -err->num;
		}
	}
	if (req->n_words >= a->min && req->n_words <= a->max)
		return 0;
	if (req->n_words < a->min)
		err_say(err, "a word is missing");
	else
		err_say(err, "'%.60s': one word too many", req->words[a->max]);
	err_hint(err, "usage: pillbox seccomp %s [OPTION...] %s", a->name, a->words);
	return -EINVAL;
}

/* ---- the command ---------------------------------------------------------------------------- */

static const char *action_name(size_t i)
{
	return actions[i].name;
}

static int help(struct err *err)
{
	printf("usage:\n");
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		printf("  pillbox seccomp %s [OPTION...] %s\n", actions[i].name, actions[i].words);
	printf("\nPROFILE is a file in Docker's JSON format, - for standard input, or a built-in one:\n"
	       "default, strict, docker.\n\n");
	options_lines(stdout, seccomp_options, seccomp_options_len);
	return fflush(stdout) || ferror(stdout) ? err_set(err, errno, "standard output") : 0;
}

static int no_action(const char *name, struct err *err)
{
	const char *near = name ? nearest(name, action_name, ARRAY_SIZE(actions)) : NULL;

	if (name)
		err_say(err, "'%.60s': no such action", name);
	else
		err_say(err, "no action");
	if (near)
		err_hint(err, "did you mean: pillbox seccomp %s", near);
	else
		err_hint(err, "show, test, diff, compile or lint; pillbox seccomp --help");
	return -EINVAL;
}

static int run(const struct action *a, int argc, char *argv[], struct err *err)
{
	auto_free char **words = calloc((size_t)argc + 1, sizeof(*words));
	struct seccomp_req req = {.words = words, .arch = seccomp_arch_native()};
	int rc;

	if (!words)
		return err_set(err, ENOMEM, "%d words", argc);
	rc = parse(a, &req, argc, argv, err);
	if (rc == OPTIONS_HELP)
		return help(err);
	if (rc == 0)
		rc = a->run(&req, err);
	if (rc >= 0 && (fflush(stdout) || ferror(stdout)))
		rc = err_set(err, errno, "standard output");
	return rc;
}

int cmd_seccomp(int argc, char *argv[], const struct seam *seam)
{
	const char *name = argc > 0 ? argv[0] : NULL;
	const struct action *a = NULL;
	char where[32] = "seccomp";
	struct err err = {0};
	int rc;

	(void)seam;
	for (size_t i = 0; name && i < ARRAY_SIZE(actions); i++)
		if (strcmp(name, actions[i].name) == 0)
			a = &actions[i];
	if (a) {
		(void)snprintf(where, sizeof(where), "seccomp %s", name);
		rc = run(a, argc - 1, argv + 1, &err);
	} else if (name && (!strcmp(name, "--help") || !strcmp(name, "-h"))) {
		rc = help(&err);
	} else {
		rc = no_action(name, &err);
	}
	if (rc >= 0)
		return rc;
	err_print(&err, where);
	return EXIT_SETUP;
}
