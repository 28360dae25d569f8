/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_node.c - the nodes of a YAML tree: made, looked up, added to.
 *
 * Should: keep the order of what is put in, and the places.
 * Mustn't: know YAML's syntax or what a key means.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "options_set.h"
#include "yaml_tree.h"

static struct yaml_node *node(struct arena *a, const struct place *at, enum yaml_kind kind)
{
	struct yaml_node *n = arena_alloc(a, sizeof(*n));

	n->kind = kind;
	if (at)
		n->at = *at;
	return n;
}

struct yaml_node *yaml_null(struct arena *a, const struct place *at)
{
	return node(a, at, YAML_TREE_NULL);
}

struct yaml_node *yaml_scalar(struct arena *a, const struct place *at, const char *text)
{
	struct yaml_node *n = node(a, at, YAML_TREE_SCALAR);

	n->text = text;
	return n;
}

struct yaml_node *yaml_list(struct arena *a, const struct place *at)
{
	return node(a, at, YAML_TREE_LIST);
}

struct yaml_node *yaml_map(struct arena *a, const struct place *at)
{
	return node(a, at, YAML_TREE_MAP);
}

bool yaml_is_null(const char *text)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

struct yaml_pair *yaml_find(const struct yaml_node *map, const char *key)
{
	if (!map || map->kind != YAML_TREE_MAP)
		return NULL;
	for (size_t i = 0; i < map->n; i++)
		if (strcmp(map->pairs[i].key, key) == 0)
			return &map->pairs[i];
	return NULL;
}

struct yaml_node *yaml_get(const struct yaml_node *n, const char *key)
{
	const struct yaml_pair *pair = yaml_find(n, key);

	return pair ? pair->value : NULL;
}

void yaml_push(struct arena *a, struct yaml_node *list, struct yaml_node *item)
{
	list->items = list_grow(a, list->items, list->n, sizeof(struct yaml_node *));
	list->items[list->n++] = item;
}

void yaml_add(struct arena *a, struct yaml_node *map, const char *key, const struct place *at,
	      struct yaml_node *value)
{
	map->pairs = list_grow(a, map->pairs, map->n, sizeof(*map->pairs));
	map->pairs[map->n++] = (struct yaml_pair){key, *at, value};
}

void yaml_put(struct arena *a, struct yaml_node *map, const char *key, const struct place *at,
	      struct yaml_node *value)
{
	struct yaml_pair *pair = yaml_find(map, key);

	if (pair)
		*pair = (struct yaml_pair){pair->key, *at, value};
	else
		yaml_add(a, map, key, at, value);
}

void yaml_remove(struct yaml_node *map, const char *key)
{
	struct yaml_pair *pair = yaml_find(map, key);

	if (!pair)
		return;
	map->n--;
	memmove(pair, pair + 1, (size_t)(map->pairs + map->n - pair) * sizeof(*pair));
}

struct yaml_node *yaml_copy(struct arena *a, const struct yaml_node *n)
{
	struct yaml_node *copy = arena_alloc(a, sizeof(*copy));

	*copy = *n;
	copy->n = 0;
	copy->items = NULL;
	copy->pairs = NULL;
	for (size_t i = 0; n->kind == YAML_TREE_LIST && i < n->n; i++)
		yaml_push(a, copy, yaml_copy(a, n->items[i]));
	for (size_t i = 0; n->kind == YAML_TREE_MAP && i < n->n; i++)
		yaml_add(a, copy, n->pairs[i].key, &n->pairs[i].at,
			 yaml_copy(a, n->pairs[i].value));
	return copy;
}

bool yaml_equal(const struct yaml_node *a, const struct yaml_node *b)
{
	if (a->kind != b->kind || a->n != b->n)
		return false;
	if (a->kind == YAML_TREE_SCALAR)
		return strcmp(a->text, b->text) == 0;
	for (size_t i = 0; i < a->n; i++) {
		const struct yaml_node *other;

		if (a->kind == YAML_TREE_LIST)
			other = b->items[i];
		else
			other = yaml_get(b, a->pairs[i].key);
		if (!other ||
		    !yaml_equal(a->kind == YAML_TREE_LIST ? a->items[i] : a->pairs[i].value, other))
			return false;
	}
	return true;
}

int place_say(struct err *err, const struct place *at, const char *fmt, ...)
{
	char text[sizeof(err->msg)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!at || !at->file)
		return err_say(err, "%s", text);
	if (!at->line)
		return err_say(err, "%.255s: %s", at->file, text);
	return err_say(err, "%.255s:%u:%u: %s", at->file, at->line, at->column, text);
}
