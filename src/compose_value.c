/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_value.c - what the readers of a service's keys share: kinds, names, places, small values.
 *
 * Should: name place and key with each error; take a value whole or refuse it.
 * Mustn't: know a key.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "compose_keys.h"
#include "nearest.h"
#include "options_set.h"

int wrong(struct reading *r, const struct item *it, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	place_say(r->err, &it->at, "%s: %s", it->key, text);
	return -EINVAL;
}

void say(struct reading *r, const struct item *it, enum verdict_kind verdict, const char *fmt, ...)
{
	const char *value = it->node && it->node->kind == YAML_TREE_SCALAR ? it->node->text : NULL;
	char text[1024];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	asked_verdict(r->asked, &it->at, it->key, value, verdict, "%s", text);
}

void say_hidden(struct reading *r, const struct item *it, enum verdict_kind verdict,
		const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	asked_verdict(r->asked, &it->at, it->key, NULL, verdict, "%s", text);
}

void ask(struct reading *r, const struct item *it, const char *option, const char *value)
{
	asked_option(r->asked, &it->at, it->key, option, value);
}

void ask_hidden(struct reading *r, const struct item *it, const char *option, const char *value)
{
	asked_hidden(r->asked, &it->at, it->key, option, value);
}

int enforce(struct reading *r, const struct item *it, const char *option, const char *value)
{
	ask(r, it, option, value);
	say(r, it, VERDICT_ENFORCED, "%s", "");
	return 0;
}

/* ---- items ------------------------------------------------------------------------------------ */

struct item item_of_pair(struct reading *r, const struct item *parent, const struct yaml_pair *p)
{
	const char *key = p->key;

	if (parent->key)
		key = arena_printf(r->asked->arena, "%s.%s", parent->key, p->key);
	return (struct item){.key = key, .at = p->at, .node = p->value};
}

struct item item_of_entry(struct reading *r, const struct item *parent, size_t i)
{
	const struct yaml_node *n = parent->node->items[i];

	return (struct item){
		.key = arena_printf(r->asked->arena, "%s[%zu]", parent->key, i),
		.at = n->at,
		.node = n,
	};
}

bool item_get(struct reading *r, const struct item *map, const char *name, struct item *ret)
{
	for (size_t i = 0; map->node->kind == YAML_TREE_MAP && i < map->node->n; i++) {
		if (strcmp(map->node->pairs[i].key, name) != 0)
			continue;
		*ret = item_of_pair(r, map, &map->node->pairs[i]);
		return true;
	}
	return false;
}

bool service_get(struct reading *r, const char *name, struct item *ret)
{
	return item_get(r, &(struct item){.node = r->service}, name, ret);
}

/* ---- kinds ------------------------------------------------------------------------------------ */

bool is_bool(const char *text, bool *ret)
{
	static const char *const words[] = {"true", "yes", "on", "y", "false", "no", "off", "n"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*ret = i < ARRAY_SIZE(words) / 2;
			return true;
		}
	}
	return false;
}

bool is_true(const struct yaml_node *n)
{
	bool yes = false;

	return n->kind == YAML_TREE_SCALAR && is_bool(n->text, &yes) && yes;
}

static bool is_kind(const struct yaml_node *n, char kind)
{
	int64_t number;
	bool yes;

	switch (n->kind) {
	case YAML_TREE_NULL:
		return kind == 'n';
	case YAML_TREE_LIST:
		return kind == 'l';
	case YAML_TREE_MAP:
		return kind == 'm';
	case YAML_TREE_SCALAR:
		break;
	}
	return kind == 's' || (kind == 'b' && is_bool(n->text, &yes)) ||
	       (kind == 'i' && parse_i64(n->text, INT64_MIN, INT64_MAX, &number) == 0);
}

static const char *kind_name(char kind)
{
	switch (kind) {
	case 'b':
		return "true or false";
	case 'i':
		return "a whole number";
	case 'l':
		return "a list";
	case 'm':
		return "a map";
	default:
		return "a text or number";
	}
}

int check_kind(struct reading *r, const struct item *it, const char *kinds)
{
	static const char *const is[] = {"it has no value", "not a single value", "not a list",
					 "not a map"};
	char wanted[80] = "";
	int rc;

	if (it->node->n > OPTION_LIST_MAX)
		return wrong(r, it, "more than %d entries", OPTION_LIST_MAX);
	for (const char *k = kinds; *k; k++)
		if (is_kind(it->node, *k))
			return 0;
	for (const char *k = kinds; *k; k++) {
		size_t len = strlen(wanted);

		if (*k != 'n')
			(void)snprintf(wanted + len, sizeof(wanted) - len, "%s%s",
				       len ? " or " : "", kind_name(*k));
	}
	rc = wrong(r, it, "%s; %s is needed", is[it->node->kind], wanted);
	if (it->node->kind == YAML_TREE_NULL)
		err_hint(r->err, "leave the key out, or give it a value");
	return rc;
}

/* One word of "name name:kinds". */
struct field {
	const char *name;
	size_t len;
	char kinds[8];
};

/* Behind the next word; NULL: there is none. */
static const char *next_field(const char *fields, struct field *f)
{
	size_t word, kinds;

	fields += strspn(fields, " ");
	if (!*fields)
		return NULL;
	word = strcspn(fields, " ");
	f->name = fields;
	f->len = strcspn(fields, ": ");
	kinds = f->len < word ? word - f->len - 1 : 0;
	(void)snprintf(f->kinds, sizeof(f->kinds), "%.*s", (int)kinds, fields + f->len + 1);
	if (!kinds)
		memcpy(f->kinds, "s", 2);
	return fields + word;
}

/* The nearest of these words, or NULL. */
static const char *nearest_field(struct reading *r, const char *fields, const char *unknown)
{
	const char *found = NULL;
	unsigned best = 4;
	struct field f;

	while ((fields = next_field(fields, &f))) {
		const char *name = arena_strndup(r->asked->arena, f.name, f.len);
		unsigned far = edit_distance(unknown, name);

		if (far < best && far < strlen(unknown)) {
			best = far;
			found = name;
		}
	}
	return found;
}

static int unknown_key(struct reading *r, const struct item *it, const char *fields,
		       const char *name)
{
	const char *near = nearest_field(r, fields, name);
	int rc = wrong(r, it, "no such key of Compose's");

	if (near)
		err_hint(r->err, "did you mean %s?", near);
	else
		err_hint(r->err, "an extension of your own begins with x-");
	return rc;
}

int check_fields(struct reading *r, const struct item *map, const char *fields)
{
	for (size_t i = 0; map->node->kind == YAML_TREE_MAP && i < map->node->n; i++) {
		const char *key = map->node->pairs[i].key, *rest = fields;
		struct item it = item_of_pair(r, map, &map->node->pairs[i]);
		struct field f;
		int rc = 0;

		while ((rest = next_field(rest, &f)) &&
		       (strlen(key) != f.len || memcmp(key, f.name, f.len) != 0))
			;
		if (rest)
			rc = check_kind(r, &it, f.kinds);
		else if (strncmp(key, "x-", 2) != 0)
			rc = unknown_key(r, &it, fields, key);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Without fields the entries of a list or map are single values; with them those of a list are maps. */
static int check_entries(struct reading *r, const struct item *it, const char *fields)
{
	int rc = 0;

	if (it->node->kind == YAML_TREE_MAP && fields)
		return check_fields(r, it, fields);
	for (size_t i = 0; i < it->node->n && rc == 0; i++) {
		struct item one = it->node->kind == YAML_TREE_MAP
					  ? item_of_pair(r, it, &it->node->pairs[i])
					  : item_of_entry(r, it, i);

		rc = check_kind(r, &one,
				fields                            ? "m"
				: it->node->kind == YAML_TREE_MAP ? "sn"
								  : "s");
		if (rc == 0 && fields)
			rc = check_fields(r, &one, fields);
	}
	return rc;
}

static int read_by_row(struct reading *r, const struct item *it, const struct compose_key *row)
{
	int rc = check_kind(r, it, row->kinds);

	if (rc < 0)
		return rc;
	if (row->read)
		return row->read(r, it);
	rc = check_entries(r, it, row->fields);
	if (rc == 0)
		say(r, it, row->verdict, "%s", row->text);
	return rc;
}

int read_table(struct reading *r, const struct item *map, const struct compose_key *table, size_t n)
{
	for (size_t i = 0; i < map->node->n; i++) {
		struct item it = item_of_pair(r, map, &map->node->pairs[i]);
		const char *key = map->node->pairs[i].key, *names = "";
		size_t row = 0;
		int rc;

		while (row < n && strcmp(table[row].name, key) != 0)
			row++;
		if (row < n) {
			rc = read_by_row(r, &it, &table[row]);
		} else if (strncmp(key, "x-", 2) == 0) {
			rc = key_extension(r, &it);
		} else {
			for (row = 0; row < n; row++)
				names = arena_printf(r->asked->arena, "%s %s", names,
						     table[row].name);
			rc = unknown_key(r, &it, names, key);
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

int each_entry(struct reading *r, const struct item *it, const char *kinds, key_fn *fn)
{
	if (it->node->kind == YAML_TREE_SCALAR)
		return fn(r, it);
	for (size_t i = 0; i < it->node->n; i++) {
		struct item entry = item_of_entry(r, it, i);
		int rc = check_kind(r, &entry, kinds);

		if (rc == 0)
			rc = fn(r, &entry);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int each_keyed(struct reading *r, const struct item *it, const char *kinds, const char *fields,
	       keyed_fn *fn)
{
	bool is_map = it->node->kind == YAML_TREE_MAP;
	int rc = 0;

	for (size_t i = 0; i < it->node->n && rc == 0; i++) {
		struct item one = is_map ? item_of_pair(r, it, &it->node->pairs[i])
					 : item_of_entry(r, it, i);

		rc = check_kind(r, &one, is_map ? kinds : "s");
		if (rc == 0 && is_map)
			rc = check_fields(r, &one, fields);
		if (rc == 0)
			rc = fn(r, &one, is_map ? it->node->pairs[i].key : one.node->text);
	}
	return rc;
}

int each_named(struct reading *r, const struct item *it, named_fn *fn)
{
	int rc = 0;

	for (size_t i = 0; i < it->node->n && rc == 0; i++) {
		const char *name, *value = NULL;
		struct item entry;

		if (it->node->kind == YAML_TREE_MAP) {
			entry = item_of_pair(r, it, &it->node->pairs[i]);
			name = it->node->pairs[i].key;
			rc = check_kind(r, &entry, "sn");
			if (rc == 0 && entry.node->kind == YAML_TREE_SCALAR)
				value = entry.node->text;
		} else {
			const char *equals = NULL;

			entry = item_of_entry(r, it, i);
			rc = check_kind(r, &entry, "s");
			name = rc == 0 ? entry.node->text : "";
			equals = strchr(name, '=');
			if (equals) {
				value = equals + 1;
				name = arena_strndup(r->asked->arena, name,
						     (size_t)(equals - name));
			}
		}
		if (rc == 0 && !*name)
			rc = wrong(r, &entry, "the name is missing");
		if (rc == 0)
			rc = fn(r, &entry, name, value);
	}
	return rc;
}

const char *nearest_key(const struct yaml_node *map, const char *name)
{
	const char *found = NULL;
	unsigned best = 4;

	for (size_t i = 0; map && map->kind == YAML_TREE_MAP && i < map->n; i++) {
		unsigned far = edit_distance(name, map->pairs[i].key);

		if (far < best && far < strlen(name)) {
			best = far;
			found = map->pairs[i].key;
		}
	}
	return found;
}

bool is_root_user(const struct yaml_node *service)
{
	const struct yaml_node *user = yaml_get(service, "user");
	const struct yaml_node *preset = yaml_get(service, "x-preset");
	size_t len;

	if (!user || user->kind != YAML_TREE_SCALAR)
		return !preset || preset->kind != YAML_TREE_SCALAR ||
		       strcmp(preset->text, "docker") == 0;
	len = strcspn(user->text, ":");
	return (len == 1 && user->text[0] == '0') || (len == 4 && !memcmp(user->text, "root", 4));
}
