/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_tree.h - a YAML file as a tree, each node with the place where it stands.
 *
 * libyaml reads; yaml_tree.c bounds what it gives: size, depth and number of nodes, so that a file
 * of nested aliases ("billion laughs") ends as an error. What an alias names is copied, which these
 * bounds make cheap: whoever changes a node changes this one only. Merge keys (`<<`) are resolved
 * here, and so is nothing else of Compose's.
 */
#ifndef PILLBOX_YAML_TREE_H
#define PILLBOX_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "util.h"

#define YAML_MAX_BYTES (1UL << 20) /* of one file */
#define YAML_MAX_DEPTH 64
#define YAML_MAX_NODES 100000 /* of one file, each alias counted as the nodes it stands for */
#define YAML_MAX_ITEMS 4096   /* of one list or map */

/* Where something stands, for messages. Lines and columns count from 1; 0: unknown. */
struct place {
	const char *file; /* as the user named it; NULL: the command line */
	unsigned line, column;
};

enum yaml_kind {
	YAML_TREE_NULL, /* nothing, ~, null, unquoted */
	YAML_TREE_SCALAR,
	YAML_TREE_LIST,
	YAML_TREE_MAP,
};

/* What a tag of Compose's says of a value where files are merged (compose spec, 13-merge). */
enum yaml_tag { YAML_TAG_NONE, YAML_TAG_RESET, YAML_TAG_OVERRIDE };

struct yaml_pair {
	const char *key;
	struct place at; /* of the key */
	struct yaml_node *value;
};

struct yaml_node {
	enum yaml_kind kind;
	enum yaml_tag tag;
	struct place at;
	const char *text; /* SCALAR: decoded, never with a NUL byte inside */
	bool is_plain;    /* SCALAR without quotes: may be meant as a number or a boolean */
	size_t n;         /* LIST, MAP: how many */
	struct yaml_node **items;
	struct yaml_pair *pairs; /* no key twice; in the order of the file, merged ones behind */
};

/*
 * Read one file. `name` is what messages call it. 0 and *ret (NULL: an empty file); -errno with err
 * "<name>:<line>:<column>: <what>". Refused: more than one document, a key twice in one map, a key
 * that is no scalar, an alias to a node around it, unknown tags, what is beyond the bounds above.
 */
int yaml_read(struct arena *a, const char *name, const char *text, size_t len,
	      struct yaml_node **ret, struct err *err);

/* "", ~, null: what stands for nothing where it isn't quoted. */
bool yaml_is_null(const char *text);

/* The value of a key, or NULL where there is no such key. n may be NULL. */
struct yaml_node *yaml_get(const struct yaml_node *n, const char *key);
/* The same with the place of the key. */
struct yaml_pair *yaml_find(const struct yaml_node *map, const char *key);

/* New nodes, for what is merged, extended or made from something else. */
struct yaml_node *yaml_null(struct arena *a, const struct place *at);
struct yaml_node *yaml_scalar(struct arena *a, const struct place *at, const char *text);
struct yaml_node *yaml_list(struct arena *a, const struct place *at);
struct yaml_node *yaml_map(struct arena *a, const struct place *at);
void yaml_push(struct arena *a, struct yaml_node *list, struct yaml_node *item);
/* Replaces what has this key. */
void yaml_put(struct arena *a, struct yaml_node *map, const char *key, const struct place *at,
	      struct yaml_node *value);
/* The same where the caller knows that there is no such key yet. */
void yaml_add(struct arena *a, struct yaml_node *map, const char *key, const struct place *at,
	      struct yaml_node *value);
void yaml_remove(struct yaml_node *map, const char *key);
struct yaml_node *yaml_copy(struct arena *a, const struct yaml_node *n);
/* The same values, whatever their places and the order of keys. */
bool yaml_equal(const struct yaml_node *a, const struct yaml_node *b);

/* err_say() with "<file>:<line>:<column>: " in front. */
int place_say(struct err *err, const struct place *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
