/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker_line.c - the words of a docker run line against the table of flags.
 *
 * Should: spell flags as Docker's own reader does (--x=v, --x v, -xv, -it), and have a verdict for
 *	   each one.
 * Mustn't: pass over a flag that it doesn't know; know any flag by name.
 */
#include "docker_flags.h"

#include <errno.h>
#include <string.h>

#include "nearest.h"

/* A line has no file and no lines worth naming: messages begin with the flag. */
static const struct place nowhere;

/* ---- flags ----------------------------------------------------------------------------------- */

static const char *flag_name(size_t i)
{
	return docker_flags[i].name;
}

static const struct docker_flag *by_name(const char *name, size_t len)
{
	for (size_t i = 0; i < docker_flags_len; i++)
		if (strlen(docker_flags[i].name) == len &&
		    memcmp(docker_flags[i].name, name, len) == 0)
			return &docker_flags[i];
	return NULL;
}

static const struct docker_flag *by_letter(char letter)
{
	for (size_t i = 0; i < docker_flags_len; i++)
		if (docker_flags[i].letter && docker_flags[i].letter == letter)
			return &docker_flags[i];
	return NULL;
}

static int unknown(const char *word, size_t len, struct err *err)
{
	char shown[64];
	const char *near;
	int rc;

	(void)snprintf(shown, sizeof(shown), "%.*s", (int)len, word);
	near = shown[1] == '-' ? nearest(shown + 2, flag_name, docker_flags_len) : NULL;
	rc = err_say(err, "--from-docker: %s: neither docker run nor podman run has such a flag",
		     shown);
	if (near)
		err_hint(err, "did you mean --%s?", near);
	else
		err_hint(err, "flags end at the image's name");
	return rc;
}

/* What Docker takes for a boolean. */
static int read_bool(const char *key, const char *value, bool *ret, struct err *err)
{
	static const char *const words[] = {"false", "False", "FALSE", "f", "F", "0",
					    "true",  "True",  "TRUE",  "t", "T", "1"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i], value) == 0) {
			*ret = i >= ARRAY_SIZE(words) / 2;
			return 0;
		}
	}
	return err_say(err, "--from-docker: %s=%.60s: neither true nor false", key, value);
}

/* `value` NULL: a flag that stands alone. */
static int take(struct docker_line *l, const struct docker_flag *flag, const char *value,
		struct err *err)
{
	struct asked *a = l->asked;
	const char *key = arena_printf(a->arena, "--%s", flag->name);
	enum verdict_kind verdict;
	const char *text;
	bool is_on = true;

	if (flag->is_flag && value) {
		int rc = read_bool(key, value, &is_on, err);

		if (rc < 0)
			return rc;
	}
	if (flag->read)
		return flag->read(l, flag, key, flag->is_flag ? (is_on ? "true" : "false") : value,
				  err);
	if (!is_on) {
		if (flag->off)
			asked_option(a, &nowhere, arena_printf(a->arena, "%s=false", key),
				     flag->off, NULL);
		asked_verdict(a, &nowhere, key, "false", VERDICT_ENFORCED, "%s", "");
		return 0;
	}
	if (flag->is_zero_unset && value && strcmp(value, "0") == 0) {
		asked_verdict(a, &nowhere, key, value, VERDICT_ENFORCED,
			      "0 is the same as leaving it out");
		return 0;
	}
	if (flag->option)
		asked_option(a, &nowhere, key, flag->option, flag->is_flag ? NULL : value);
	docker_flag_verdict(flag, &verdict, &text);
	asked_verdict(a, &nowhere, key, value, verdict, "%s", text);
	return 0;
}

struct words {
	const char *const *all;
	size_t n, at;
};

static int missing_value(const char *word, struct err *err)
{
	return err_say(err, "--from-docker: %.60s: the value is missing", word);
}

static int long_flag(struct docker_line *l, struct words *w, const char *word, struct err *err)
{
	size_t len = strcspn(word, "=");
	const struct docker_flag *flag = by_name(word + 2, len - 2);
	const char *value = word[len] ? word + len + 1 : NULL;

	if (!flag)
		return unknown(word, len, err);
	if (!flag->is_flag && !value) {
		if (w->at >= w->n)
			return missing_value(word, err);
		value = w->all[w->at++];
	}
	return take(l, flag, value, err);
}

/* -d, -it, -m 5g, -m5g, -m=5g, -t=false */
static int short_flags(struct docker_line *l, struct words *w, const char *word, struct err *err)
{
	int rc = 0;

	for (const char *letter = word + 1; *letter && rc == 0; letter++) {
		const struct docker_flag *flag = by_letter(*letter);
		const char spelled[3] = {'-', *letter, '\0'};

		if (!flag)
			return unknown(spelled, 2, err);
		if (flag->is_flag && letter[1] != '=') {
			rc = take(l, flag, NULL, err);
			continue;
		}
		if (letter[1])
			return take(l, flag, letter + 1 + (letter[1] == '='), err);
		if (w->at >= w->n)
			return missing_value(spelled, err);
		return take(l, flag, w->all[w->at++], err);
	}
	return rc;
}

static int read_flags(struct docker_line *l, struct words *w, struct err *err)
{
	while (w->at < w->n) {
		const char *word = w->all[w->at];
		int rc;

		if (word[0] != '-' || !word[1])
			return 0;
		w->at++;
		if (strcmp(word, "--") == 0)
			return 0;
		rc = word[1] == '-' ? long_flag(l, w, word, err) : short_flags(l, w, word, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ---- before the flags ------------------------------------------------------------------------ */

static int no_run(const struct words *w, struct err *err)
{
	int rc = err_say(err, "--from-docker: '%.60s': not a docker run line",
			 w->at < w->n ? w->all[w->at] : "");

	if (w->at < w->n && strcmp(w->all[w->at], "compose") == 0)
		err_hint(err, "pillbox compose run reads the Compose file itself");
	else
		err_hint(err, "[sudo] docker|podman|nerdctl [container] run|create [FLAG...] IMAGE "
			      "[COMMAND...]");
	return rc;
}

/* What stands between `docker` and `run` chooses a daemon; those that take a value. */
static bool is_global_with_value(const char *word)
{
	static const char *const flags[] = {"-H",
					    "--host",
					    "-c",
					    "--context",
					    "-l",
					    "--log-level",
					    "--config",
					    "--tlscacert",
					    "--tlscert",
					    "--tlskey",
					    "--root",
					    "--runroot",
					    "--url",
					    "--namespace",
					    "-n",
					    "--connection",
					    "--storage-driver",
					    "--storage-opt",
					    "--address",
					    "-a"};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (strcmp(flags[i], word) == 0)
			return true;
	return false;
}

static bool take_word(struct words *w, const char *word)
{
	if (w->at >= w->n || strcmp(w->all[w->at], word) != 0)
		return false;
	w->at++;
	return true;
}

static int read_head(struct docker_line *l, struct words *w, struct err *err)
{
	const char *slash, *program;

	(void)take_word(w, "sudo");
	if (w->at >= w->n)
		return no_run(w, err);
	slash = strrchr(w->all[w->at], '/');
	program = slash ? slash + 1 : w->all[w->at];
	l->is_podman = strcmp(program, "podman") == 0;
	if (!l->is_podman && strcmp(program, "docker") != 0 && strcmp(program, "nerdctl") != 0)
		return no_run(w, err);
	w->at++;
	while (w->at < w->n && w->all[w->at][0] == '-') {
		const char *word = w->all[w->at++];

		if (is_global_with_value(word) && w->at < w->n)
			w->at++;
		asked_verdict(l->asked, &nowhere, word, NULL, VERDICT_IGNORED,
			      "it is for the daemon, and there is none");
	}
	(void)take_word(w, "container");
	if (!take_word(w, "run") && !take_word(w, "create"))
		return no_run(w, err);
	return 0;
}

/* ---- behind them ----------------------------------------------------------------------------- */

static int read_operands(struct docker_line *l, struct words *w, struct err *err)
{
	struct asked *a = l->asked;
	const char **argv;
	size_t n_entrypoint = l->entrypoint && *l->entrypoint ? 1 : 0;

	if (w->at >= w->n || !*w->all[w->at]) {
		int rc = err_say(err, "--from-docker: the image's name is missing");

		err_hint(err, "it stands behind the flags; ROOTFS is taken instead of it");
		return rc;
	}
	if (l->is_rootfs) {
		a->rootfs = w->all[w->at++];
	} else {
		a->image = w->all[w->at++];
		asked_verdict(
			a, &nowhere, "IMAGE", a->image, VERDICT_DIFFERENTLY,
			"ROOTFS stands for it; the image's own USER, ENV, WORKDIR, ENTRYPOINT, "
			"CMD and VOLUME are not known: say them with flags");
	}
	argv = arena_alloc(a->arena, (n_entrypoint + w->n - w->at + 1) * sizeof(*argv));
	if (n_entrypoint)
		argv[0] = l->entrypoint;
	for (size_t i = w->at; i < w->n; i++)
		argv[n_entrypoint + i - w->at] = w->all[i];
	a->argc = n_entrypoint + w->n - w->at;
	a->argv = a->argc ? argv : NULL;
	a->entrypoint = n_entrypoint ? argv : NULL;
	a->n_entrypoint = n_entrypoint;
	return 0;
}

/* Where podman's defaults are not Docker's. */
static void podman_defaults(struct docker_line *l)
{
	/* An added capability wins over the same dropped: this narrows what nobody asked for. */
	asked_option(l->asked, &nowhere, "podman's default capabilities", "cap-drop",
		     "MKNOD,NET_RAW,AUDIT_WRITE");
	asked_verdict(l->asked, &nowhere, "podman", NULL, VERDICT_DIFFERENTLY,
		      "its default capabilities are taken; its default of 2048 processes is not: "
		      "--pids-limit 2048");
	if (l->is_readonly && l->has_tmpfs)
		asked_verdict(
			l->asked, &nowhere, "--read-only-tmpfs", "true", VERDICT_DIFFERENTLY,
			"podman puts a writable tmpfs on /run, /tmp and /var/tmp here; pillbox "
			"only with --tmpfs for each");
}

int docker_line_read(struct arena *a, const char *const *words, size_t n, struct asked *ret,
		     struct err *err)
{
	struct words w = {.all = words, .n = n};
	struct docker_line l = {.asked = ret, .has_tmpfs = true};
	int rc;

	*ret = (struct asked){.arena = a};
	asked_option(ret, &nowhere, "docker run", "preset", "docker");
	rc = read_head(&l, &w, err);
	if (rc == 0)
		rc = read_flags(&l, &w, err);
	if (rc == 0)
		rc = read_operands(&l, &w, err);
	if (rc == 0 && l.is_podman)
		podman_defaults(&l);
	return rc;
}
