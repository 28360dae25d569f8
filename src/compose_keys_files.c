/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_keys_files.c - the root, tmpfs, devices, working directory.
 *
 * Should: say how long what is written stays.
 * Mustn't: look at the host's files; the steps do.
 */
#include <string.h>

#include "compose_keys.h"

int key_rootfs(struct reading *r, const struct item *it)
{
	if (!*it->node->text)
		return wrong(r, it, "the directory's name is empty");
	r->asked->rootfs = compose_path(r->project, it->node->text);
	say(r, it, VERDICT_ENFORCED, "pillbox's own: the directory that stands for the image");
	return 0;
}

int key_read_only(struct reading *r, const struct item *it)
{
	if (is_true(it->node))
		return enforce(r, it, "read-only", NULL);
	ask(r, it, "writable", NULL);
	say(r, it, VERDICT_DIFFERENTLY,
	    "what is written goes to memory and is gone at the end; with Docker it stays until the "
	    "container is removed");
	return 0;
}

/* Docker takes these and the kernel would; for a file system in memory they change nothing. */
static bool is_idle_word(const char *word, size_t len)
{
	static const char *const words[] = {
		"atime",       "noatime",       "diratime", "nodiratime", "relatime", "norelatime",
		"strictatime", "nostrictatime", "async",    "sync",       "dirsync",  "private",
		"rprivate",    "defaults",      "nocopyup", "bind",       "rbind",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i]) == len && memcmp(words[i], word, len) == 0)
			return true;
	return false;
}

static int tmpfs_one(struct reading *r, const struct item *it)
{
	const char *text = it->node->text, *at = strchr(text, ':'), *kept;
	const char *words = NULL, *left_out = NULL;

	if (strlen(text) > 4096)
		return wrong(r, it, "%zu bytes for one mount", strlen(text));
	kept = at ? arena_strndup(r->asked->arena, text, (size_t)(at - text)) : text;
	while (at && *at) {
		size_t len = strcspn(++at, ",");
		const char *word = arena_strndup(r->asked->arena, at, len);
		const char **list = is_idle_word(at, len) ? &left_out : &words;

		*list = *list ? arena_printf(r->asked->arena, "%s,%s", *list, word) : word;
		at += len;
	}
	if (words)
		kept = arena_printf(r->asked->arena, "%s:%s", kept, words);
	ask(r, it, "tmpfs", kept);
	if (left_out)
		say(r, it, VERDICT_DIFFERENTLY, "without %s, which changes nothing in memory",
		    left_out);
	else
		say(r, it, VERDICT_ENFORCED, "%s", "");
	return 0;
}

int key_tmpfs(struct reading *r, const struct item *it)
{
	return each_entry(r, it, "s", tmpfs_one);
}

int key_shm_size(struct reading *r, const struct item *it)
{
	if (!is_zero(it->node->text))
		return enforce(r, it, "shm-size", it->node->text);
	say(r, it, VERDICT_ENFORCED, "0 means 64m, as with Docker");
	return 0;
}

int key_working_dir(struct reading *r, const struct item *it)
{
	if (!*it->node->text)
		return wrong(r, it, "the directory's name is empty");
	return enforce(r, it, "workdir", it->node->text);
}

/* ---- devices ---------------------------------------------------------------------------------- */

static int device(struct reading *r, const struct item *it, const char *source, const char *target,
		  const char *rights)
{
	/* m, making nodes, is nobody's in a user namespace */
	bool is_all = !rights || (strchr(rights, 'r') && strchr(rights, 'w'));
	const char *value = source;

	if (*source != '/') {
		say_hidden(r, it, VERDICT_IGNORED,
			   "'%.60s' is no path below /dev: pillbox knows no device drivers (CDI)",
			   source);
		return 0;
	}
	if (target || rights)
		value = arena_printf(r->asked->arena, "%s:%s%s%s", source, target ? target : source,
				     rights ? ":" : "", rights ? rights : "");
	ask(r, it, "device", value);
	if (is_all)
		say(r, it, VERDICT_ENFORCED, "as far as the caller may open it on the host");
	else
		say(r, it, VERDICT_UNPRIVILEGED,
		    "rights less than rw take the device controller, which takes real root; the "
		    "node's own permissions on the host do the same");
	return 0;
}

static int device_one(struct reading *r, const struct item *it)
{
	struct arena *a = r->asked->arena;
	struct item source, f;
	const char *text, *colon, *second, *target = NULL, *rights = NULL;
	int rc;

	if (it->node->kind == YAML_TREE_MAP) {
		rc = check_fields(r, it, "source target permissions");
		if (rc < 0)
			return rc;
		if (!item_get(r, it, "source", &source))
			return wrong(r, it, "`source` is missing");
		if (item_get(r, it, "target", &f))
			target = f.node->text;
		if (item_get(r, it, "permissions", &f))
			rights = f.node->text;
		return device(r, it, source.node->text, target, rights);
	}
	text = it->node->text;
	colon = strchr(text, ':');
	if (!colon)
		return device(r, it, text, NULL, NULL);
	second = strchr(colon + 1, ':');
	target = second ? arena_strndup(a, colon + 1, (size_t)(second - colon - 1)) : colon + 1;
	rights = second ? second + 1 : NULL;
	if (!second && *target != '/') {
		rights = target; /* SRC:rwm */
		target = NULL;
	}
	if (rights && (!*rights || strspn(rights, "rwm") != strlen(rights)))
		return wrong(r, it, "'%.20s' are not rights of r, w and m", rights);
	return device(r, it, arena_strndup(a, text, (size_t)(colon - text)), target, rights);
}

int key_devices(struct reading *r, const struct item *it)
{
	return each_entry(r, it, "sm", device_one);
}

/* "c 1:3 mr" */
static bool is_device_rule(const char *text)
{
	const char *numbers = text + 2, *rights = strchr(numbers, ' ');

	return strchr("abc", text[0]) && text[1] == ' ' && rights && rights[1] &&
	       strspn(numbers, "0123456789*:") == (size_t)(rights - numbers) &&
	       memchr(numbers, ':', (size_t)(rights - numbers)) &&
	       strspn(rights + 1, "rwm") == strlen(rights + 1);
}

static int device_rule_one(struct reading *r, const struct item *it)
{
	const char *text = it->node->text;
	int rc;

	if (strlen(text) > 2 && is_device_rule(text)) {
		say(r, it, VERDICT_UNPRIVILEGED,
		    "the device controller takes real root; without it only the nodes that `devices` "
		    "names are there, and no program can make others");
		return 0;
	}
	rc = wrong(r, it, "'%.40s' is no rule", text);
	err_hint(r->err, "\"c 1:3 mr\": a, b or c, the numbers or *, and r, w, m");
	return rc;
}

int key_device_cgroup_rules(struct reading *r, const struct item *it)
{
	return each_entry(r, it, "s", device_rule_one);
}

int key_use_api_socket(struct reading *r, const struct item *it)
{
	if (is_true(it->node))
		say(r, it, VERDICT_IGNORED,
		    "there is no Docker here; and who has its socket is root on the host");
	else
		say(r, it, VERDICT_ENFORCED, "%s", "");
	return 0;
}
