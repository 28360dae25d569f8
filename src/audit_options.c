/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_options.c - the options of `pillbox audit` that are not those of run.
 *
 * Should: leave each word of run's for options_parse() to judge.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "audit_setting.h"
#include "options_set.h"

/* clang-format off */
const struct option_def audit_options[] = {
	{ .name = "format", .metavar = "FORM", .choices = "table json markdown html", .group = GROUP_REPORT,
	  .help = "Print the report as a table (the default), as json, markdown or html." },
	{ .name = "fail-below", .metavar = "GRADE", .choices = "A B C D E F", .group = GROUP_REPORT,
	  .help = "Exit with status 1 when the grade is worse than this one." },
	{ .name = "fail-on", .metavar = "ATTACK[,ATTACK...]", .count = COUNT_MANY, .group = GROUP_REPORT,
	  .help = "Exit with status 1 when one of these attacks is allowed." },
	{ .name = "compare", .metavar = "WHAT", .count = COUNT_MANY, .group = GROUP_REPORT,
	  .help = "Put another setting beside: a preset's name, service=NAME[,file=FILE] of a Compose file, or a "
		  "file of options, one a line." },
	{ .name = "only", .metavar = "ATTACK[,ATTACK...]", .group = GROUP_REPORT,
	  .help = "Try these attacks only; `pillbox-probe --list` names them all." },
	{ .name = "bisect", .group = GROUP_REPORT,
	  .help = "Find the fewest controls to loosen for COMMAND to succeed (exit status 0), by running it "
		  "again and again; give the command behind ROOTFS." },
	{ .name = "timeout", .metavar = "SECONDS", .group = GROUP_REPORT,
	  .help = "End the search of --bisect after so long; the default is 60." },
};
/* clang-format on */
const size_t audit_options_len = ARRAY_SIZE(audit_options);
_Static_assert(ARRAY_SIZE(audit_options) <= AUDIT_OPTIONS_MAX, "room in struct audit_req");

static int add_ids(struct audit_req *req, char *list, const char *origin, struct err *err)
{
	size_t before = req->n_fail_on;
	char *save = NULL;

	for (char *id = strtok_r(list, ",", &save); id; id = strtok_r(NULL, ",", &save)) {
		if (req->n_fail_on == AUDIT_LIST_MAX)
			return err_say(err, "%s: more than %d attacks", origin, AUDIT_LIST_MAX);
		req->fail_on[req->n_fail_on++] = id;
	}
	/* A gate that nothing can fail is a typing error. */
	return req->n_fail_on > before ? 0 : err_say(err, "%s: names no attack", origin);
}

/* The first value of an option that takes one; the same again is fine. */
static int once(const char **first, const char *value, const char *name, const char *origin,
		struct err *err)
{
	if (*first && strcmp(*first, value) != 0)
		return err_say(err, "%s: contradicts --%s %.40s", origin, name, *first);
	*first = value;
	return 0;
}

static int take(struct audit_req *req, const char *name, char *value, struct err *err)
{
	char origin[64];
	int i, rc;

	(void)snprintf(origin, sizeof(origin), "--%s %.40s", name, value);
	if (!*value)
		return value_not_empty(value, origin, err);
	for (i = 0; i < (int)audit_options_len; i++)
		if (audit_options[i].count == COUNT_ONCE && !strcmp(name, audit_options[i].name) &&
		    once(&req->given[i], value, name, origin, err) < 0)
			return -EINVAL;
	if (!strcmp(name, "format")) {
		rc = value_choice(value, audit_options[0].choices, origin, &i, err);
		req->format = rc < 0 ? AUDIT_TABLE : (enum audit_format)i;
		return rc;
	}
	if (!strcmp(name, "fail-below")) {
		rc = value_choice(value, audit_options[1].choices, origin, &i, err);
		req->fail_below = rc < 0 ? 0 : (char)('A' + i);
		return rc;
	}
	if (!strcmp(name, "fail-on"))
		return add_ids(req, value, origin, err);
	if (!strcmp(name, "timeout"))
		return value_number(value, 1, 86400, origin, &req->timeout, err);
	if (!strcmp(name, "bisect"))
		return err_say(err, "%s: it takes no value", origin);
	if (!strcmp(name, "compare")) {
		if (req->n_compare == SETTINGS_MAX - 1)
			return err_say(err, "%s: more than %d", origin, SETTINGS_MAX - 1);
		req->compare[req->n_compare++] = value;
		return 0;
	}
	req->only = value;
	return 0;
}

/* argv[*at] if it is one of ours, with its value: 1 and *at moved on; 0: it is not. */
static int ours(void *arg, int argc, char *argv[], int *at, struct err *err)
{
	struct audit_req *req = arg;
	const char *word = argv[*at], *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);

	for (size_t i = 0; i < audit_options_len; i++) {
		const struct option_def *def = &audit_options[i];

		if (strncmp(word, "--", 2) != 0 || strlen(def->name) != len - 2 ||
		    memcmp(word + 2, def->name, len - 2) != 0)
			continue;
		if (!def->metavar && !equals) {
			req->is_bisect = true;
			++*at;
			return 1;
		}
		if (!equals && *at + 1 == argc) {
			err_say(err, "%s: the value is missing", word);
			err_hint(err, "--%s %s: %s", def->name, def->metavar, def->help);
			return -EINVAL;
		}
		*at += equals ? 1 : 2;
		return take(req, def->name, equals ? argv[*at - 1] + len + 1 : argv[*at - 1], err) <
				       0
			       ? -EINVAL
			       : 1;
	}
	return 0;
}

int audit_parse(struct audit_req *req, int argc, char *argv[], struct err *err)
{
	*req = (struct audit_req){.timeout = 60};
	return options_split(argc, argv, ours, req, &req->run_argv, &req->run_argc, err);
}

int audit_spec(struct spec *s, int argc, char *argv[], struct err *err)
{
	int rc = options_parse(s, argc, argv, err);

	if (rc != OPTIONS_HELP)
		return rc;
	err_say(err, "--help: by itself only");
	err_hint(err, "`pillbox audit --help`");
	return -EINVAL;
}

/* ---- files of options ---------------------------------------------------------------------- */

static char *trimmed(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	for (len = strlen(text); len && strchr(" \t\r", text[len - 1]); len--)
		text[len - 1] = '\0';
	return text;
}

int audit_file(struct arena *a, const char *path, char ***ret_argv, int *ret_argc, struct err *err)
{
	auto_free char *text = NULL;
	char *save = NULL, **words;
	size_t len, lines = 4;
	int n = 0, rc = read_file(AT_FDCWD, path, 1 << 16, &text, &len);

	if (rc < 0)
		return err_set(err, -rc, "--compare %s: no preset, and no file of options", path);
	if (strlen(text) != len)
		return err_say(err, "--compare %s: a NUL byte: no text", path);
	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	words = arena_alloc(a, 2 * lines * sizeof(char *));
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		size_t name;

		line = trimmed(line);
		if (!*line || *line == '#')
			continue;
		if (*line != '-' || !line[strspn(line, "-")]) {
			err_say(err, "--compare %s: '%.60s': not an option", path, line);
			err_hint(err, "one option a line: --name value, --name=value");
			return -EINVAL;
		}
		name = strcspn(line, " \t=");
		if (line[name] == '=' || !line[name]) {
			words[n++] = arena_strdup(a, line);
			continue;
		}
		words[n++] = arena_strndup(a, line, name);
		words[n++] = arena_strdup(a, trimmed(line + name));
	}
	*ret_argv = words;
	*ret_argc = n;
	return 0;
}
