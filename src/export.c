/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export.c - `pillbox export`: what was tried here, to be used elsewhere.
 *
 * Should: read the same options as run, by the same setters; print all or nothing.
 * Mustn't: read a secret, a rootfs or anything else that the options only name.
 */
#include "export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "asked.h"
#include "nearest.h"
#include "output.h"

static const struct {
	const char *name;
	export_fn *write;
} targets[] = {
	[EXPORT_COMPOSE] = {"compose", export_compose},
	[EXPORT_DOCKER] = {"docker", export_docker},
	[EXPORT_PODMAN] = {"podman", export_docker},
	[EXPORT_SYSTEMD] = {"systemd", export_systemd},
	[EXPORT_KUBERNETES] = {"kubernetes", export_kubernetes},
};

/* clang-format off */
const struct option_def export_options[] = {
	{ .name = "to", .metavar = "TARGET", .choices = "compose docker podman systemd kubernetes",
	  .group = GROUP_REPORT,
	  .help = "Write a Compose service (the default), a docker or podman run line, a systemd unit "
		  "or a Kubernetes pod." },
};
/* clang-format on */
const size_t export_options_len = ARRAY_SIZE(export_options);

static const char *target_name(size_t i)
{
	return targets[i].name;
}

int export_target_by_name(const char *name, enum export_target *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		if (strcmp(targets[i].name, name) == 0) {
			*ret = (enum export_target)i;
			return 0;
		}
	}
	return -EINVAL;
}

int export_write(const struct spec *s, enum export_target target, FILE *out,
		 unsigned *ret_n_missing, struct err *err)
{
	struct export e = {.s = s, .target = target, .out = out, .err = err};

	targets[target].write(&e);
	*ret_n_missing = e.n_missing;
	if (fflush(out) != 0 && !err->is_set)
		return err_set(err, errno, "output");
	return err->is_set ? -err->num : 0;
}

/* ---- the command ----------------------------------------------------------------------------- */

struct request {
	enum export_target target;
	const char *to; /* as given, or NULL */
	char **argv;    /* run's own words */
	int argc;
};

static int unknown_target(const char *name, struct err *err)
{
	const char *near = nearest(name, target_name, ARRAY_SIZE(targets));
	int rc = err_say(err, "--to %.60s: the targets are: %s", name, export_options[0].choices);

	if (near)
		err_hint(err, "did you mean %s?", near);
	return rc;
}

static int ours(void *arg, int argc, char *argv[], int *at, struct err *err)
{
	struct request *req = arg;
	const char *word = argv[*at], *value = NULL;

	if (strncmp(word, "--to=", 5) == 0)
		value = word + 5;
	else if (strcmp(word, "--to") != 0)
		return 0;
	else if (++*at < argc)
		value = argv[*at];
	if (!value)
		return err_say(err, "--to: the value is missing");
	if (req->to && strcmp(req->to, value) != 0)
		return err_say(err, "--to %.60s: contradicts --to %.60s", value, req->to);
	req->to = value;
	if (export_target_by_name(value, &req->target) < 0)
		return unknown_target(value, err);
	++*at;
	return 1;
}

static int help(void)
{
	puts("Usage: pillbox export [--to TARGET] [options] ROOTFS [--] [COMMAND [ARG...]]\n\n"
	     "Write the settings that `pillbox run` would have with these options in another program's\n"
	     "words. What it lacks is said in comments. Nothing is run.\n");
	options_lines(stdout, export_options, export_options_len);
	puts("\nAll other options are those of `pillbox run`.");
	return fflush(stdout) ? -EIO : 0;
}

static int print(const struct spec *s, const struct request *req, struct err *err)
{
	auto_free char *text = NULL;
	unsigned n_missing = 0;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int rc;

	if (!out)
		return err_set(err, ENOMEM, "memory for the text");
	rc = export_write(s, req->target, out, &n_missing, err);
	if (fclose(out) != 0 && rc == 0)
		rc = err_set(err, errno, "memory for the text");
	if (rc == 0)
		rc = output_all(STDOUT_FILENO, text, len);
	if (rc < 0)
		return err->is_set ? rc : err_set(err, -rc, "standard output");
	if (s->is_quiet)
		note_off();
	if (s->asked)
		asked_notes(s->asked, s->is_verbose);
	if (n_missing)
		note("%s: %u %s not expressible or weaker there: see the lines with #",
		     targets[req->target].name, n_missing,
		     n_missing == 1 ? "setting is" : "settings are");
	return 0;
}

static int export(struct request *req, struct err *err)
{
	struct arena arena = {0};
	struct spec *s;
	int rc = arena_init(&arena, err);

	if (rc < 0)
		return rc;
	s = arena_alloc(&arena, sizeof(*s));
	s->arena = &arena;
	rc = options_parse(s, req->argc, req->argv, err);
	if (rc == OPTIONS_HELP)
		return help();
	if (rc == 0)
		rc = spec_finish(s, err);
	return rc < 0 ? rc : print(s, req, err);
}

int cmd_export(int argc, char *argv[], const struct seam *seam)
{
	struct request req = {.target = EXPORT_COMPOSE};
	struct err err = {0};
	int rc = options_split(argc, argv, ours, &req, &req.argv, &req.argc, &err);

	(void)seam;
	rc = rc == OPTIONS_HELP ? help() : rc < 0 ? rc : export(&req, &err);
	free(req.argv);
	if (rc < 0)
		err_print(&err, "export");
	return rc < 0 ? EXIT_SETUP : 0;
}
