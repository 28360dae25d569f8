/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_keys_other.c - keys about images, several services, and other people's extensions.
 *
 * Should: say for each what a single sandbox without images makes of it.
 * Mustn't: fetch, build or start anything.
 */
#include <string.h>

#include "compose_keys.h"
#include "nearest.h"

int key_image(struct reading *r, const struct item *it)
{
	if (!*it->node->text)
		return wrong(r, it, "the image's name is empty");
	r->asked->image = it->node->text;
	if (yaml_get(r->service, "x-rootfs"))
		say(r, it, VERDICT_IGNORED,
		    "nothing is fetched: the files are those of x-rootfs, and what the image says of "
		    "user, command and variables is not known");
	else
		say(r, it, VERDICT_IGNORED,
		    "nothing is fetched: the files are those of --rootfs DIR or `x-rootfs: DIR`, and "
		    "what the image says of user, command and variables is not known");
	return 0;
}

int key_container_name(struct reading *r, const struct item *it)
{
	return enforce(r, it, "name", it->node->text);
}

int key_scale(struct reading *r, const struct item *it)
{
	if (strcmp(it->node->text, "1") == 0)
		say(r, it, VERDICT_ENFORCED, "%s", "");
	else if (it->node->text[0] == '-')
		return wrong(r, it, "less than none");
	else
		say(r, it, VERDICT_IGNORED, "one is started each time, however many are asked for");
	return 0;
}

static int depends_on(struct reading *r, const struct item *it, const char *name)
{
	const char *near;
	int rc;

	if (yaml_get(r->project->services, name)) {
		say(r, it, VERDICT_IGNORED, "no other service is started");
		return 0;
	}
	rc = wrong(r, it, "no service %.60s is among the file's", name);
	near = nearest_key(r->project->services, name);
	if (near)
		err_hint(r->err, "did you mean %s?", near);
	return rc;
}

int key_depends_on(struct reading *r, const struct item *it)
{
	return each_keyed(r, it, "m", "condition restart:b required:b", depends_on);
}

static int watch_one(struct reading *r, const struct item *it)
{
	return check_fields(r, it, "path action target ignore:sl include:sl exec:m initial_sync:b");
}

int key_develop(struct reading *r, const struct item *it)
{
	struct item list;
	int rc = check_fields(r, it, "watch:l");

	if (rc == 0 && item_get(r, it, "watch", &list))
		rc = each_entry(r, &list, "m", watch_one);
	if (rc == 0)
		say(r, it, VERDICT_IGNORED, "nothing is watched or rebuilt");
	return rc;
}

int key_models(struct reading *r, const struct item *it)
{
	int rc = 0;

	for (size_t i = 0; i < it->node->n && rc == 0; i++) {
		bool is_map = it->node->kind == YAML_TREE_MAP;
		struct item one = is_map ? item_of_pair(r, it, &it->node->pairs[i])
					 : item_of_entry(r, it, i);

		rc = check_kind(r, &one, is_map ? "mn" : "s");
		if (rc == 0)
			rc = check_fields(r, &one, "endpoint_var model_var");
	}
	if (rc == 0)
		say(r, it, VERDICT_IGNORED, "no model is served here");
	return rc;
}

/* x-...: anybody's. pillbox has x-rootfs, x-preset and, of a volume, x-path. */
int key_extension(struct reading *r, const struct item *it)
{
	static const char *const own[] = {"x-rootfs", "x-preset"};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		int rc;

		if (edit_distance(it->key, own[i]) > 2)
			continue;
		rc = wrong(r, it, "an extension that is nearly one of pillbox'");
		err_hint(r->err, "did you mean %s?", own[i]);
		return rc;
	}
	say_hidden(r, it, VERDICT_IGNORED, "somebody else's extension");
	return 0;
}
