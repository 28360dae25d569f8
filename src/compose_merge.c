/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_merge.c - one tree laid over another, as the specification's 13-merge says.
 *
 * Should: add what is missing, append lists, merge maps; know the few keys of a service for which
 *	   that would be wrong, by one table.
 * Mustn't: change what it is given, or take a text for a map without saying so.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compose_files.h"

/* What is different for a key of a service. */
enum how {
	HOW_PLAIN,   /* maps are merged, lists appended, texts replaced */
	HOW_REPLACE, /* the later one only */
	HOW_NAMED,   /* a map, or a list of NAME=VALUE: as a map */
	HOW_NAMES,   /* a map, or a list of its keys: as a map */
	HOW_LIST,    /* a list or one text: as a list, no text twice */
	HOW_HOSTS,   /* a list of NAME=ADDRESS or a map: as a list, no text twice */
	HOW_TARGET,  /* a list with one entry a target */
	HOW_PORT,    /* a list with one entry a port */
	HOW_TEST,    /* a map, of which `test` is replaced */
	HOW_EACH,    /* a map, of which each value is replaced */
	HOW_LOGGING, /* a map; another driver has other options */
	HOW_BUILD,   /* a map, or a text that is its `context` */
};

static const struct {
	const char *key;
	enum how how;
} services_keys[] = {
	{"annotations", HOW_NAMED}, {"build", HOW_BUILD},       {"cap_add", HOW_LIST},
	{"cap_drop", HOW_LIST},     {"command", HOW_REPLACE},   {"configs", HOW_TARGET},
	{"depends_on", HOW_NAMES},  {"devices", HOW_TARGET},    {"dns", HOW_LIST},
	{"dns_opt", HOW_LIST},      {"dns_search", HOW_LIST},   {"entrypoint", HOW_REPLACE},
	{"env_file", HOW_LIST},     {"environment", HOW_NAMED}, {"expose", HOW_LIST},
	{"extra_hosts", HOW_HOSTS}, {"group_add", HOW_LIST},    {"healthcheck", HOW_TEST},
	{"label_file", HOW_LIST},   {"labels", HOW_NAMED},      {"links", HOW_LIST},
	{"logging", HOW_LOGGING},   {"networks", HOW_NAMES},    {"ports", HOW_PORT},
	{"profiles", HOW_LIST},     {"secrets", HOW_TARGET},    {"security_opt", HOW_LIST},
	{"sysctls", HOW_NAMED},     {"tmpfs", HOW_TARGET},      {"ulimits", HOW_EACH},
	{"volumes", HOW_TARGET},
};

static enum how how_of(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(services_keys); i++)
		if (strcmp(services_keys[i].key, key) == 0)
			return services_keys[i].how;
	return HOW_PLAIN;
}

/* Where in the file the merge is. */
enum level { LEVEL_ROOT, LEVEL_SERVICES, LEVEL_SERVICE, LEVEL_BELOW };

struct merge {
	struct arena *arena;
	struct err *err;
};

static int merge_maps(const struct merge *m, struct yaml_node *base, struct yaml_node *over,
		      enum level level, struct yaml_node **ret);

static const char *kind_name(const struct yaml_node *n)
{
	static const char *const names[] = {"nothing", "a text", "a list", "a map"};

	return names[n->kind];
}

static int cannot(const struct merge *m, const struct yaml_node *base, const struct yaml_node *over)
{
	(void)place_say(m->err, &over->at, "%s cannot be laid over %s (%.255s:%u)", kind_name(over),
			kind_name(base), base->at.file ? base->at.file : "", base->at.line);
	err_hint(m->err, "!override before it replaces the other one");
	return -EINVAL;
}

/* ---- both as the same kind ----------------------------------------------------------------------- */

/* A list of NAME=VALUE, or of names, as a map. */
static struct yaml_node *as_map(const struct merge *m, struct yaml_node *n, bool is_named)
{
	struct yaml_node *map;

	if (n->kind != YAML_TREE_LIST)
		return n;
	map = yaml_map(m->arena, &n->at);
	for (size_t i = 0; i < n->n; i++) {
		struct yaml_node *item = n->items[i];
		const char *equals;

		if (item->kind != YAML_TREE_SCALAR)
			return n; /* it is no such list; whoever reads the key will say so */
		equals = is_named ? strchr(item->text, '=') : NULL;
		if (equals)
			yaml_put(m->arena, map,
				 arena_strndup(m->arena, item->text, (size_t)(equals - item->text)),
				 &item->at, yaml_scalar(m->arena, &item->at, equals + 1));
		else
			yaml_put(m->arena, map, item->text, &item->at,
				 yaml_null(m->arena, &item->at));
	}
	return map;
}

static struct yaml_node *as_list(const struct merge *m, struct yaml_node *n)
{
	struct yaml_node *list;

	if (n->kind != YAML_TREE_SCALAR)
		return n;
	list = yaml_list(m->arena, &n->at);
	yaml_push(m->arena, list, n);
	return list;
}

/* {name: address} and {name: [address]} as "name=address". */
static struct yaml_node *as_hosts(const struct merge *m, struct yaml_node *n)
{
	struct yaml_node *list;

	if (n->kind != YAML_TREE_MAP)
		return n;
	list = yaml_list(m->arena, &n->at);
	for (size_t i = 0; i < n->n; i++) {
		struct yaml_node *value = as_list(m, n->pairs[i].value);

		for (size_t j = 0; value->kind == YAML_TREE_LIST && j < value->n; j++)
			if (value->items[j]->kind == YAML_TREE_SCALAR)
				yaml_push(
					m->arena, list,
					yaml_scalar(m->arena, &n->pairs[i].at,
						    arena_printf(m->arena, "%s=%s", n->pairs[i].key,
								 value->items[j]->text)));
	}
	return list;
}

static struct yaml_node *as_build(const struct merge *m, struct yaml_node *n)
{
	struct yaml_node *map;

	if (n->kind != YAML_TREE_SCALAR)
		return n;
	map = yaml_map(m->arena, &n->at);
	yaml_add(m->arena, map, "context", &n->at, n);
	return map;
}

/* ---- lists in which an entry has an identity ------------------------------------------------------ */

static const char *text_of(const struct yaml_node *n, const char *key, const char *without)
{
	const struct yaml_node *value = yaml_get(n, key);

	return value && value->kind == YAML_TREE_SCALAR ? value->text : without;
}

/* "/a/" and "/a" are one place. */
static const char *without_slash(const struct merge *m, const char *path, size_t len)
{
	while (len > 1 && path[len - 1] == '/')
		len--;
	return arena_strndup(m->arena, path, len);
}

/* The target of SOURCE:TARGET[:OPTIONS], of TARGET (a volume without a name, a tmpfs, a secret). */
static const char *target_of(const struct merge *m, const char *key, const struct yaml_node *n)
{
	const char *target, *prefix = strcmp(key, "secrets") == 0 ? "/run/secrets/" : "/";
	bool is_mount = strcmp(key, "volumes") == 0 || strcmp(key, "devices") == 0;
	bool is_name = strcmp(key, "secrets") == 0 || strcmp(key, "configs") == 0;
	const char *colon;

	if (n->kind == YAML_TREE_MAP)
		target = text_of(n, "target", text_of(n, "source", NULL));
	else
		target = n->kind == YAML_TREE_SCALAR ? n->text : NULL;
	if (!target)
		return NULL;
	if (is_name)
		return target[0] == '/' ? target : arena_printf(m->arena, "%s%s", prefix, target);
	colon = n->kind == YAML_TREE_SCALAR ? strchr(target, ':') : NULL;
	if (colon && is_mount && colon[1])
		return without_slash(m, colon + 1, strcspn(colon + 1, ":"));
	return without_slash(m, target, colon ? (size_t)(colon - target) : strlen(target));
}

/* "ADDRESS:PUBLISHED:TARGET/PROTOCOL", both ways of writing alike. */
static const char *port_of(const struct merge *m, const struct yaml_node *n)
{
	const char *colon, *slash;
	size_t len;

	if (n->kind == YAML_TREE_MAP) {
		const char *ip = text_of(n, "host_ip", ""),
			   *published = text_of(n, "published", "");

		return arena_printf(m->arena, "%s%s%s:%s/%s", ip, ip[0] ? ":" : "", published,
				    text_of(n, "target", ""), text_of(n, "protocol", "tcp"));
	}
	if (n->kind != YAML_TREE_SCALAR)
		return NULL;
	slash = strrchr(n->text, '/');
	len = slash ? (size_t)(slash - n->text) : strlen(n->text);
	colon = memchr(n->text, ':', len);
	return arena_printf(m->arena, "%s%.*s/%s", colon ? "" : ":", (int)len, n->text,
			    slash ? slash + 1 : "tcp");
}

static const char *identity(const struct merge *m, const char *key, enum how how,
			    const struct yaml_node *n)
{
	if (how == HOW_TARGET)
		return target_of(m, key, n);
	if (how == HOW_PORT)
		return port_of(m, n);
	return n->kind == YAML_TREE_SCALAR ? n->text : NULL;
}

/* `over` behind `base`; an entry of the same identity takes the place of the earlier one. */
static int merge_unique(const struct merge *m, const char *key, enum how how,
			const struct yaml_node *base, const struct yaml_node *over,
			struct yaml_node **ret)
{
	struct yaml_node *list = yaml_list(m->arena, &over->at);
	const char **seen;

	if (base->kind != YAML_TREE_LIST || over->kind != YAML_TREE_LIST)
		return cannot(m, base, over);
	if (base->n + over->n > YAML_MAX_ITEMS)
		return place_say(m->err, &over->at, "%.64s: more than %d entries", key,
				 YAML_MAX_ITEMS);
	seen = arena_alloc(m->arena, (base->n + over->n + 1) * sizeof(*seen));
	for (size_t i = 0; i < base->n + over->n; i++) {
		struct yaml_node *n = i < base->n ? base->items[i] : over->items[i - base->n];
		const char *id = identity(m, key, how, n);
		size_t j = 0;

		while (j < list->n && !(id && seen[j] && strcmp(id, seen[j]) == 0))
			j++;
		if (j < list->n) {
			list->items[j] = n;
			continue;
		}
		seen[list->n] = id;
		yaml_push(m->arena, list, n);
	}
	*ret = list;
	return 0;
}

/* ---- merging ----------------------------------------------------------------------------------- */

static int merge_plain(const struct merge *m, struct yaml_node *base, struct yaml_node *over,
		       struct yaml_node **ret)
{
	if (base->kind == YAML_TREE_MAP && over->kind == YAML_TREE_MAP)
		return merge_maps(m, base, over, LEVEL_BELOW, ret);
	if (base->kind == YAML_TREE_LIST && over->kind == YAML_TREE_LIST) {
		struct yaml_node *list = yaml_list(m->arena, &over->at);

		if (base->n + over->n > YAML_MAX_ITEMS)
			return place_say(m->err, &over->at, "more than %d entries together",
					 YAML_MAX_ITEMS);
		for (size_t i = 0; i < base->n; i++)
			yaml_push(m->arena, list, base->items[i]);
		for (size_t i = 0; i < over->n; i++)
			yaml_push(m->arena, list, over->items[i]);
		*ret = list;
		return 0;
	}
	if (base->kind != YAML_TREE_SCALAR || over->kind != YAML_TREE_SCALAR)
		return cannot(m, base, over);
	*ret = over;
	return 0;
}

/* A map of which the values of one key (NULL: all) are replaced and not merged. */
static int merge_replacing(const struct merge *m, const char *which, struct yaml_node *base,
			   struct yaml_node *over, struct yaml_node **ret)
{
	struct yaml_node *kept = yaml_map(m->arena, &base->at);

	if (base->kind != YAML_TREE_MAP || over->kind != YAML_TREE_MAP)
		return cannot(m, base, over);
	for (size_t i = 0; i < base->n; i++) {
		const struct yaml_pair *pair = &base->pairs[i];
		const struct yaml_node *other = yaml_get(over, pair->key);
		bool is_replaced = other && other->kind != YAML_TREE_NULL &&
				   (!which || strcmp(which, pair->key) == 0);

		/* an empty place keeps the order, and is not merged with */
		yaml_add(m->arena, kept, pair->key, &pair->at,
			 is_replaced ? yaml_null(m->arena, &pair->at) : pair->value);
	}
	return merge_maps(m, kept, over, LEVEL_BELOW, ret);
}

/* NAME: VALUE, where nothing is a value, too: "as the caller has it". */
static int merge_named(const struct merge *m, struct yaml_node *base, struct yaml_node *over,
		       struct yaml_node **ret)
{
	const struct yaml_node *b = as_map(m, base, true), *o = as_map(m, over, true);
	struct yaml_node *map = yaml_map(m->arena, &over->at);

	if (b->kind != YAML_TREE_MAP || o->kind != YAML_TREE_MAP)
		return cannot(m, base, over);
	for (size_t i = 0; i < b->n; i++)
		yaml_add(m->arena, map, b->pairs[i].key, &b->pairs[i].at, b->pairs[i].value);
	for (size_t i = 0; i < o->n; i++)
		yaml_put(m->arena, map, o->pairs[i].key, &o->pairs[i].at, o->pairs[i].value);
	*ret = map;
	return 0;
}

static int merge_logging(const struct merge *m, struct yaml_node *base, struct yaml_node *over,
			 struct yaml_node **ret)
{
	const char *before = text_of(base, "driver", NULL), *after = text_of(over, "driver", NULL);

	if (before && after && strcmp(before, after) != 0) {
		*ret = over;
		return 0;
	}
	return merge_plain(m, base, over, ret);
}

static int merge_key(const struct merge *m, const char *key, struct yaml_node *base,
		     struct yaml_node *over, struct yaml_node **ret)
{
	enum how how = how_of(key);

	switch (how) {
	case HOW_REPLACE:
		*ret = over;
		return 0;
	case HOW_NAMED:
		return merge_named(m, base, over, ret);
	case HOW_NAMES:
		if (base->kind == YAML_TREE_LIST && over->kind == YAML_TREE_LIST)
			return merge_unique(m, key, HOW_LIST, base, over, ret);
		return merge_plain(m, as_map(m, base, false), as_map(m, over, false), ret);
	case HOW_HOSTS:
		return merge_unique(m, key, how, as_hosts(m, base), as_hosts(m, over), ret);
	case HOW_LIST:
	case HOW_TARGET:
	case HOW_PORT:
		return merge_unique(m, key, how, as_list(m, base), as_list(m, over), ret);
	case HOW_TEST:
		return merge_replacing(m, "test", base, over, ret);
	case HOW_EACH:
		return merge_replacing(m, NULL, base, over, ret);
	case HOW_LOGGING:
		return merge_logging(m, base, over, ret);
	case HOW_BUILD:
		return merge_plain(m, as_build(m, base), as_build(m, over), ret);
	default:
		return merge_plain(m, base, over, ret);
	}
}

/*
 * One value over another. What is marked !reset stays, so that it also hides what a file before this
 * one has: compose_drop_resets() takes it away at the end.
 */
static int merge_value(const struct merge *m, const char *key, struct yaml_node *base,
		       struct yaml_node *over, enum level level, struct yaml_node **ret)
{
	*ret = over;
	if (over->tag || base->tag == YAML_TAG_RESET || base->kind == YAML_TREE_NULL)
		return 0;
	if (over->kind == YAML_TREE_NULL) { /* an empty key changes nothing */
		*ret = base;
		return 0;
	}
	if (level == LEVEL_SERVICE)
		return merge_key(m, key, base, over, ret);
	if (level == LEVEL_BELOW || (level == LEVEL_ROOT && strcmp(key, "services") != 0))
		return merge_plain(m, base, over, ret);
	if (base->kind != YAML_TREE_MAP || over->kind != YAML_TREE_MAP)
		return cannot(m, base, over);
	return merge_maps(m, base, over, level + 1, ret);
}

static int merge_maps(const struct merge *m, struct yaml_node *base, struct yaml_node *over,
		      enum level level, struct yaml_node **ret)
{
	struct yaml_node *map = yaml_map(m->arena, &over->at);

	for (size_t i = 0; i < base->n; i++) {
		const struct yaml_pair *b = &base->pairs[i], *o = yaml_find(over, b->key);
		struct yaml_node *value = b->value;
		int rc = o ? merge_value(m, b->key, b->value, o->value, level, &value) : 0;

		if (rc < 0)
			return rc;
		yaml_add(m->arena, map, b->key, value == b->value ? &b->at : &o->at, value);
	}
	for (size_t i = 0; i < over->n; i++)
		if (!yaml_find(base, over->pairs[i].key))
			yaml_add(m->arena, map, over->pairs[i].key, &over->pairs[i].at,
				 over->pairs[i].value);
	if (map->n > YAML_MAX_ITEMS)
		return place_say(m->err, &over->at, "more than %d entries together",
				 YAML_MAX_ITEMS);
	*ret = map;
	return 0;
}

int compose_merge(struct arena *a, struct yaml_node *base, struct yaml_node *over,
		  struct yaml_node **ret, struct err *err)
{
	struct merge m = {a, err};

	return merge_maps(&m, base, over, LEVEL_ROOT, ret);
}

int compose_merge_service(struct arena *a, struct yaml_node *base, struct yaml_node *over,
			  struct yaml_node **ret, struct err *err)
{
	struct merge m = {a, err};

	return merge_maps(&m, base, over, LEVEL_SERVICE, ret);
}

int compose_drop_resets(struct yaml_node *n, struct err *err)
{
	int rc = 0;

	n->tag = YAML_TAG_NONE;
	for (size_t i = 0; n->kind == YAML_TREE_LIST && i < n->n && rc == 0; i++) {
		if (n->items[i]->tag) {
			rc = place_say(err, &n->items[i]->at,
				       "!reset or !override of one entry of a list");
			err_hint(err, "write it before the whole list");
		} else {
			rc = compose_drop_resets(n->items[i], err);
		}
	}
	for (size_t i = 0; n->kind == YAML_TREE_MAP && i < n->n && rc == 0;) {
		if (n->pairs[i].value->tag == YAML_TAG_RESET)
			yaml_remove(n, n->pairs[i].key);
		else
			rc = compose_drop_resets(n->pairs[i++].value, err);
	}
	return rc;
}
