/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_keys_process.c - what is run: entrypoint and command, environment, terminal, signals.
 *
 * Should: hand over words and variables byte for byte.
 * Mustn't: run a shell; show a variable's value.
 */
#include <errno.h>
#include <string.h>

#include "compose_keys.h"

/* ---- entrypoint and command ------------------------------------------------------------------- */

static int words(struct reading *r, const struct item *it, struct compose_words *ret)
{
	int rc = 0;

	*ret = (struct compose_words){0};
	if (it->node->kind == YAML_TREE_SCALAR)
		rc = split_words(r, it, ret);
	for (size_t i = 0; it->node->kind == YAML_TREE_LIST && i < it->node->n && rc == 0; i++) {
		struct item word = item_of_entry(r, it, i);

		rc = check_kind(r, &word, "s");
		if (rc == 0)
			words_add(r, ret, word.node->text);
	}
	return rc;
}

/* Only the first word is shown: the others may be anything. */
static void say_words(struct reading *r, const struct item *it, const struct compose_words *w,
		      const char *empty)
{
	const char *text = w->n ? "" : empty;

	if (w->n > 1 && it->node->kind == YAML_TREE_SCALAR)
		text = arena_printf(r->asked->arena, "%zu words; no shell runs it", w->n);
	asked_verdict(r->asked, &it->at, it->key, w->n ? w->words[0] : "", VERDICT_ENFORCED, "%s",
		      text);
}

int key_entrypoint(struct reading *r, const struct item *it)
{
	int rc = words(r, it, &r->entrypoint);

	if (rc == 0)
		say_words(r, it, &r->entrypoint, "none, and the image's own is not known here");
	return rc;
}

int key_command(struct reading *r, const struct item *it)
{
	int rc = words(r, it, &r->command);

	if (rc == 0)
		say_words(r, it, &r->command, "none, and the image's own is not known here");
	return rc;
}

/* ---- environment ------------------------------------------------------------------------------ */

static int variable(struct reading *r, const struct item *it, const char *name, const char *value)
{
	if (strchr(name, '='))
		return wrong(r, it, "a name with '=' in it");
	if (!value) {
		value = compose_lookup(r->project, name);
		if (!value) {
			say_hidden(r, it, VERDICT_ENFORCED,
				   "not set where pillbox is called, so not set inside");
			return 0;
		}
	}
	ask_hidden(r, it, "env", arena_printf(r->asked->arena, "%s=%s", name, value));
	say_hidden(r, it, VERDICT_ENFORCED, "%s", "");
	return 0;
}

/* A later option wins, and `environment` does, wherever in the file it stands: files go first. */
int key_environment(struct reading *r, const struct item *it)
{
	struct item files;
	int rc = 0;

	if (service_get(r, "env_file", &files)) {
		rc = check_kind(r, &files, "sl");
		if (rc == 0)
			rc = key_env_file(r, &files);
	}
	return rc < 0 ? rc : each_named(r, it, variable);
}

static int env_file(struct reading *r, const struct item *it, const char *path, bool is_raw,
		    bool is_required)
{
	/* A copy, since reading notes which variables are not set; they become advice. */
	struct compose_project p = *r->project;
	struct err err = {0};
	struct compose_var *vars;
	size_t n;
	int rc;

	if (!*path)
		return wrong(r, it, "the file's name is empty");
	rc = compose_env_file(&p, compose_path(r->project, path), is_raw, &vars, &n, &err);
	if (rc == -ENOENT && !is_required) {
		say_hidden(r, it, VERDICT_ENFORCED, "%.200s is not there and not required", path);
		return 0;
	}
	if (rc < 0) {
		(void)wrong(r, it, "%.400s", err.msg);
		if (err.hint[0])
			err_hint(r->err, "%s", err.hint);
		return rc;
	}
	for (size_t i = 0; i < n; i++)
		ask_hidden(r, it, "env",
			   arena_printf(r->asked->arena, "%s=%s", vars[i].name, vars[i].value));
	for (size_t i = r->project->n_notes; i < p.n_notes; i++)
		asked_advice(r->asked, &p.notes[i].at, p.notes[i].id,
			     p.notes[i].add ? p.notes[i].add : "", "%s", p.notes[i].text);
	asked_verdict(r->asked, &it->at, it->key, path, VERDICT_ENFORCED, "%zu variable%s", n,
		      n == 1 ? "" : "s");
	return 0;
}

static int env_file_one(struct reading *r, const struct item *it)
{
	struct item path, f;
	bool is_raw = false, is_required = true;
	int rc;

	if (it->node->kind == YAML_TREE_SCALAR)
		return env_file(r, it, it->node->text, false, true);
	rc = check_fields(r, it, "path format required:b");
	if (rc < 0)
		return rc;
	if (!item_get(r, it, "path", &path))
		return wrong(r, it, "`path` is missing");
	if (item_get(r, it, "required", &f))
		is_required = is_true(f.node);
	if (item_get(r, it, "format", &f)) {
		is_raw = strcmp(f.node->text, "raw") == 0;
		if (!is_raw && *f.node->text)
			return wrong(r, &f, "'%.40s': the only format with a name is raw",
				     f.node->text);
	}
	return env_file(r, it, path.node->text, is_raw, is_required);
}

int key_env_file(struct reading *r, const struct item *it)
{
	if (r->has_env_files)
		return 0;
	r->has_env_files = true;
	return each_entry(r, it, "sm", env_file_one);
}

/* ---- terminal, process 1, signals ------------------------------------------------------------- */

int key_tty(struct reading *r, const struct item *it)
{
	return enforce(r, it, is_true(it->node) ? "tty" : "no-tty", NULL);
}

int key_stdin_open(struct reading *r, const struct item *it)
{
	if (is_true(it->node))
		return enforce(r, it, "interactive", NULL);
	say(r, it, VERDICT_DIFFERENTLY,
	    "standard input is always the caller's: call pillbox with </dev/null");
	return 0;
}

int key_init(struct reading *r, const struct item *it)
{
	if (is_true(it->node)) {
		ask(r, it, "init", NULL);
		say(r, it, VERDICT_ENFORCED, "pillbox' own, which needs no file in the root");
	} else {
		ask(r, it, "no-init", NULL);
		say(r, it, VERDICT_ENFORCED,
		    "the program is process 1 itself; without the key pillbox' own init is");
	}
	return 0;
}

int key_stop_signal(struct reading *r, const struct item *it)
{
	return enforce(r, it, "stop-signal", it->node->text);
}

int key_stop_grace_period(struct reading *r, const struct item *it)
{
	uint64_t seconds;
	int rc = read_seconds(r, it, &seconds);

	if (rc < 0)
		return rc;
	ask(r, it, "stop-timeout", arena_printf(r->asked->arena, "%ju", (uintmax_t)seconds));
	say(r, it, VERDICT_ENFORCED, "%s", "");
	return 0;
}

int key_restart(struct reading *r, const struct item *it)
{
	static const char *const known[] = {"no", "always", "unless-stopped", "on-failure"};
	const char *policy = it->node->text;
	size_t len = strcspn(policy, ":");
	uint64_t times;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strlen(known[i]) != len || memcmp(known[i], policy, len) != 0)
			continue;
		if (policy[len] && (i != 3 || parse_u64(policy + len + 1, UINT32_MAX, &times) < 0))
			break;
		if (i == 0)
			say(r, it, VERDICT_ENFORCED, "%s", "");
		else
			say(r, it, VERDICT_IGNORED,
			    "a sandbox that ended stays ended; systemd's Restart= starts it again");
		return 0;
	}
	(void)wrong(r, it, "'%.40s' is no policy", policy);
	err_hint(r->err, "\"no\", always, unless-stopped, on-failure or on-failure:N");
	return -EINVAL;
}
