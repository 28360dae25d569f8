/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit.c - the command `pillbox audit`: settings, one after the other, then the report.
 *
 * Exit status: 0; 1: a control that was asked for does not hold, or --fail-below, --fail-on; 125: it
 * could not be done.
 *
 * Should: audit the setting of the line first, then each of --compare with nothing of the line but
 * ROOTFS.
 */
#include "audit_setting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "options.h"
#include "runner.h"

static int fail(const struct err *err)
{
	err_print(err, "audit");
	return EXIT_SETUP;
}

static int help(void)
{
	printf("usage: pillbox audit [OPTION...] ROOTFS\n\n"
	       "Builds the sandbox that `pillbox run` would make with these options, attacks it from "
	       "inside,\nand says of each control whether it holds and of each attack what stopped "
	       "it.\nAll options of run, and:\n\n");
	options_lines(stdout, audit_options, audit_options_len);
	return fflush(stdout) ? EXIT_SETUP : 0;
}

/* --allow-missing of the line: what this host lacks, it lacks in each column. */
static size_t allowed_missing(const struct audit_req *req, const char **ret, size_t max)
{
	size_t n = 0;

	for (int i = 0; i < req->run_argc && n + 2 <= max; i++) {
		if (!strncmp(req->run_argv[i], "--allow-missing=", 16))
			ret[n++] = req->run_argv[i];
		if (!strcmp(req->run_argv[i], "--allow-missing")) {
			ret[n++] = req->run_argv[i];
			ret[n++] = req->run_argv[i + 1];
		}
	}
	return n;
}

/* What --compare names: a preset, a Compose service, or a file of options. */
static int compare_argv(const struct audit_req *req, const char *what, const char *rootfs,
			struct arena *a, char ***ret_argv, int *ret_argc, struct err *err)
{
	const char *missing[8];
	size_t n = allowed_missing(req, missing, ARRAY_SIZE(missing));
	enum preset_id preset;
	char **given, **words;
	int n_given = 1;

	if (!strncmp(what, "service=", 8)) {
		given = arena_alloc(a, sizeof(char *));
		given[0] = arena_printf(a, "--from-compose=%s", what);
	} else if (preset_by_name(what, &preset) < 0) {
		if (audit_file(a, what, &given, &n_given, err) < 0)
			return -EINVAL;
	} else {
		given = arena_alloc(a, sizeof(char *));
		given[0] = arena_printf(a, "--preset=%s", what);
	}
	words = arena_alloc(a, (n + (size_t)n_given + 2) * sizeof(char *));
	for (size_t i = 0; i < n; i++)
		words[i] = arena_strdup(a, missing[i]);
	memcpy(words + n, given, (size_t)n_given * sizeof(char *));
	words[n + (size_t)n_given] = arena_strdup(a, rootfs);
	*ret_argv = words;
	*ret_argc = (int)n + n_given + 1;
	return 0;
}

static bool grade_fails(const struct audit_req *req, const struct setting *s)
{
	return req->fail_below && s->grade.letter > req->fail_below;
}

/* --fail-on names an attack that was tried. */
static int fail_on_check(const struct audit_req *req, const struct setting *s, bool *ret_fails,
			 struct err *err)
{
	for (size_t i = 0; i < req->n_fail_on; i++) {
		const struct attack_row *a = audit_attack(s, req->fail_on[i]);

		if (!a) {
			err_say(err, "--fail-on %.60s: no attack of this name was tried",
				req->fail_on[i]);
			err_hint(err, "`pillbox-probe --list` names them all");
			return -EINVAL;
		}
		*ret_fails |= a->is_open;
	}
	return 0;
}

static int report(const struct audit_req *req, const struct setting *s, size_t n)
{
	switch (req->format) {
	case AUDIT_TABLE:
		return n > 1 ? audit_compare_print(s, n, stdout) : audit_print(s, stdout);
	case AUDIT_JSON:
		return audit_json(s, n, stdout);
	case AUDIT_MARKDOWN:
		return audit_markdown(s, n, stdout);
	case AUDIT_HTML:
		return audit_html(s, n, stdout);
	}
	return -EINVAL;
}

/* All settings; the exit status. */
static int audit(const struct audit_req *req, struct setting *s, struct arena *a)
{
	struct err err = {0};
	bool fails = false;
	size_t n = 1;
	int status = audit_setting(&s[0], "this", req->run_argc, req->run_argv, req);

	if (status)
		return status;
	s[0].name = req->n_compare ? "this" : preset_name(s[0].spec->preset);
	for (; n <= req->n_compare; n++) {
		char **argv;
		int argc;

		if (compare_argv(req, req->compare[n - 1], s[0].spec->rootfs, a, &argv, &argc,
				 &err) < 0)
			return fail(&err);
		status = audit_setting(&s[n], req->compare[n - 1], argc, argv, req);
		if (status)
			return status;
	}
	if (fail_on_check(req, &s[0], &fails, &err) < 0)
		return fail(&err);
	if (report(req, s, n) < 0) {
		err_say(&err, "standard output cannot be written");
		return fail(&err);
	}
	return s[0].broken || fails || grade_fails(req, &s[0]);
}

int cmd_audit(int argc, char *argv[], const struct seam *seam)
{
	struct setting settings[SETTINGS_MAX] = {0};
	struct audit_req req;
	struct arena arena;
	struct err err = {0};
	int rc, status;

	if (arena_init(&arena, &err) < 0)
		return fail(&err);
	rc = audit_parse(&req, argc, argv, &err);
	req.seam = seam;
	if (rc)
		status = rc == OPTIONS_HELP ? help() : fail(&err);
	else
		status = req.is_bisect ? audit_bisect(&req) : audit(&req, settings, &arena);
	for (size_t i = 0; i < SETTINGS_MAX; i++)
		audit_free(&settings[i]);
	free(req.run_argv);
	return status;
}
