/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_tree.c - libyaml's events as a tree within bounds.
 *
 * Should: give each node its place; count an alias as everything it stands for, before anybody walks
 *	   it; refuse what Compose's own reader would take in silence, such as a key twice.
 * Mustn't: recurse, or know what a key means: of YAML's own words there are only `<<`, null and tags.
 *
 * The file is a stack of open lists and maps. What is complete goes into the one above it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "options_set.h"
#include "yaml_tree.h"

#define ANCHORS_MAX 1024
#define STANDARD "tag:yaml.org,2002:"

/* The key of a merge is this very text: a quoted "<<" is a key like any other. */
static const char merge_key[] = "<<";

struct anchor {
	const char *name;
	struct yaml_node *node;
	size_t weight; /* nodes in it, aliases counted; 0: it is not complete yet */
	unsigned depth;
};

struct frame {
	struct yaml_node *node;
	const char *key; /* of a map: what the next value belongs to; NULL: a key is next */
	struct place key_at;
	size_t start; /* what was counted when it began */
	unsigned depth;
	struct anchor *anchor;
};

struct reader {
	struct arena *arena;
	struct err *err;
	const char *name;
	struct anchor anchors[ANCHORS_MAX];
	size_t n_anchors;
	struct frame frames[YAML_MAX_DEPTH];
	size_t n_frames;
	size_t count;
	struct yaml_node *root;
};

static struct place place_of(const struct reader *r, const yaml_mark_t *mark)
{
	return (struct place){r->name, (unsigned)mark->line + 1, (unsigned)mark->column + 1};
}

/* ---- merge keys ------------------------------------------------------------------------------ */

/* What `from` has and `map` has not. */
static int take_pairs(struct reader *r, struct yaml_node *map, const struct yaml_node *from)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct yaml_pair *p = &from->pairs[i];

		if (yaml_find(map, p->key))
			continue;
		if (map->n >= YAML_MAX_ITEMS)
			return place_say(r->err, &map->at,
					 "more than %d entries in one list or map", YAML_MAX_ITEMS);
		yaml_add(r->arena, map, p->key, &p->at, p->value);
	}
	return 0;
}

/* `<<` is taken out of the map, and what it names comes behind the map's own keys. */
static int merge_keys(struct reader *r, struct yaml_node *map)
{
	const struct yaml_pair *pair = yaml_find(map, merge_key);
	const struct yaml_node *from = pair && pair->key == merge_key ? pair->value : NULL;
	struct place at;

	if (!from)
		return 0;
	at = pair->at;
	yaml_remove(map, merge_key);
	if (from->kind == YAML_TREE_MAP)
		return take_pairs(r, map, from);
	if (from->kind != YAML_TREE_LIST) {
		(void)place_say(r->err, &at, "<<: its value is not a map");
		err_hint(r->err,
			 "<<: *NAME, where &NAME stands before a map; several: <<: [*A, *B]");
		return -EINVAL;
	}
	for (size_t i = 0; i < from->n; i++) {
		int rc;

		if (from->items[i]->kind != YAML_TREE_MAP)
			return place_say(r->err, &from->items[i]->at, "<<: this is not a map");
		rc = take_pairs(r, map, from->items[i]);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ---- putting together -------------------------------------------------------------------------- */

static int too_many(struct reader *r, const struct place *at)
{
	(void)place_say(r->err, at, "more than %d values, each alias counted as what it stands for",
			YAML_MAX_NODES);
	err_hint(r->err, "aliases of aliases multiply: write the few that are needed");
	return -EINVAL;
}

static int take_key(struct reader *r, struct frame *f, const struct yaml_node *n)
{
	const struct yaml_pair *before;

	if (n->kind != YAML_TREE_SCALAR || n->tag) {
		(void)place_say(r->err, &n->at, "a key has to be a word");
		err_hint(r->err, "quote it: \"null\": ...");
		return -EINVAL;
	}
	before = yaml_find(f->node, n->text);
	if (before) {
		(void)place_say(r->err, &n->at,
				"the key \"%.64s\" stands here twice, first in line %u", n->text,
				before->at.line);
		err_hint(r->err, strcmp(n->text, merge_key) ? "keep one of them"
							    : "name them together: <<: [*A, *B]");
		return -EINVAL;
	}
	f->key = n->is_plain && strcmp(n->text, merge_key) == 0 ? merge_key : n->text;
	f->key_at = n->at;
	return 0;
}

/* A node that is complete, or (alias_at) what an alias names. */
static int take(struct reader *r, struct yaml_node *n, unsigned depth, const struct place *alias_at)
{
	struct frame *f = r->n_frames ? &r->frames[r->n_frames - 1] : NULL;

	if (!f) {
		r->root = n;
		return 0;
	}
	if (f->node->n >= YAML_MAX_ITEMS)
		return place_say(r->err, alias_at ? alias_at : &n->at,
				 "more than %d entries in one list or map", YAML_MAX_ITEMS);
	if (f->node->kind == YAML_TREE_MAP && !f->key) {
		if (alias_at)
			return place_say(r->err, alias_at, "an alias is no key");
		return take_key(r, f, n);
	}
	if (f->depth < depth + 1)
		f->depth = depth + 1;
	if (f->node->kind == YAML_TREE_LIST) {
		yaml_push(r->arena, f->node, n);
		return 0;
	}
	yaml_add(r->arena, f->node, f->key, &f->key_at, n);
	f->key = NULL;
	return 0;
}

static int add_anchor(struct reader *r, const struct place *at, const yaml_char_t *name,
		      struct yaml_node *n, struct anchor **ret)
{
	*ret = NULL;
	if (!name)
		return 0;
	if (r->n_anchors == ANCHORS_MAX)
		return place_say(r->err, at, "more than %d anchors", ANCHORS_MAX);
	*ret = &r->anchors[r->n_anchors++];
	**ret = (struct anchor){arena_strdup(r->arena, (const char *)name), n, 0, 0};
	return 0;
}

static int take_alias(struct reader *r, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct place at = place_of(r, &event->start_mark);
	const struct anchor *found = NULL;

	/* the last one of a name, as YAML has it */
	for (size_t i = r->n_anchors; i-- > 0 && !found;)
		if (strcmp(r->anchors[i].name, name) == 0)
			found = &r->anchors[i];
	if (!found) {
		(void)place_say(r->err, &at, "*%.64s: no anchor of this name stands before it",
				name);
		err_hint(r->err,
			 "anchors hold in one file only; quote a text that begins with '*'");
		return -EINVAL;
	}
	if (!found->weight)
		return place_say(r->err, &at, "*%.64s stands inside of what it names", name);
	r->count += found->weight;
	if (r->count > YAML_MAX_NODES)
		return too_many(r, &at);
	if (r->n_frames + found->depth > YAML_MAX_DEPTH)
		return place_say(r->err, &at, "more than %d levels deep", YAML_MAX_DEPTH);
	return take(r, yaml_copy(r->arena, found->node), found->depth, &at);
}

/* ---- tags ------------------------------------------------------------------------------------ */

static int unknown_tag(struct reader *r, const struct place *at, const char *tag)
{
	bool is_standard = strncmp(tag, STANDARD, sizeof(STANDARD) - 1) == 0;

	(void)place_say(r->err, at, "the tag \"%s%.64s\" means nothing here",
			is_standard ? "!!" : "", tag + (is_standard ? sizeof(STANDARD) - 1 : 0));
	err_hint(r->err, "tags are !reset, !override, !!str, !!int, !!float, !!bool, !!null, !!map "
			 "and !!seq; quote a text that begins with '!'");
	return -EINVAL;
}

/* !reset and !override; *ret_type: what stands behind "!!", or NULL. */
static int read_tag(struct reader *r, const yaml_char_t *tag, struct yaml_node *n,
		    const char **ret_type)
{
	const char *text = (const char *)tag;

	*ret_type = NULL;
	if (!text || !text[0])
		return 0;
	if (strcmp(text, "!reset") == 0)
		n->tag = YAML_TAG_RESET;
	else if (strcmp(text, "!override") == 0)
		n->tag = YAML_TAG_OVERRIDE;
	else if (strcmp(text, "!") == 0) /* YAML's own way of saying: not by how it looks */
		*ret_type = n->kind == YAML_TREE_SCALAR ? "str" : NULL;
	else if (strncmp(text, STANDARD, sizeof(STANDARD) - 1) == 0)
		*ret_type = text + sizeof(STANDARD) - 1;
	else
		return unknown_tag(r, &n->at, text);
	return 0;
}

/* What a scalar is, by its tag or by how it looks. */
static int type_scalar(struct reader *r, struct yaml_node *n, const char *type, const char *tag,
		       bool is_quoted)
{
	static const char *const plain[] = {"int", "float", "bool"};

	if (!type) {
		n->is_plain = !is_quoted;
		if (n->is_plain && yaml_is_null(n->text))
			n->kind = YAML_TREE_NULL;
		return 0;
	}
	if (strcmp(type, "str") == 0)
		return 0;
	if (strcmp(type, "null") == 0) {
		if (!yaml_is_null(n->text))
			return place_say(r->err, &n->at, "!!null with a value");
		n->kind = YAML_TREE_NULL;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (strcmp(type, plain[i]) == 0) {
			n->is_plain = true;
			return 0;
		}
	return unknown_tag(r, &n->at, tag);
}

/* ---- events ---------------------------------------------------------------------------------- */

static int take_scalar(struct reader *r, const yaml_event_t *event)
{
	struct place at = place_of(r, &event->start_mark);
	const char *text = (const char *)event->data.scalar.value, *type;
	size_t len = event->data.scalar.length;
	bool is_quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	struct yaml_node *n = yaml_scalar(r->arena, &at, NULL);
	struct anchor *anchor = NULL;
	int rc;

	if (memchr(text, '\0', len))
		return place_say(r->err, &at, "a NUL byte in a text");
	n->text = arena_strndup(r->arena, text, len);
	rc = read_tag(r, event->data.scalar.tag, n, &type);
	if (rc == 0)
		rc = type_scalar(r, n, type, (const char *)event->data.scalar.tag, is_quoted);
	if (rc == 0)
		rc = add_anchor(r, &at, event->data.scalar.anchor, n, &anchor);
	if (rc < 0)
		return rc;
	if (anchor)
		anchor->weight = 1;
	if (++r->count > YAML_MAX_NODES)
		return too_many(r, &at);
	return take(r, n, 0, NULL);
}

/* A list or a map begins. */
static int open_node(struct reader *r, const yaml_event_t *event)
{
	bool is_map = event->type == YAML_MAPPING_START_EVENT;
	const yaml_char_t *tag = is_map ? event->data.mapping_start.tag
					: event->data.sequence_start.tag;
	const yaml_char_t *name = is_map ? event->data.mapping_start.anchor
					 : event->data.sequence_start.anchor;
	struct place at = place_of(r, &event->start_mark);
	struct yaml_node *n = is_map ? yaml_map(r->arena, &at) : yaml_list(r->arena, &at);
	struct frame *f = &r->frames[r->n_frames];
	const char *type;
	int rc;

	if (r->n_frames == YAML_MAX_DEPTH)
		return place_say(r->err, &at, "more than %d levels deep", YAML_MAX_DEPTH);
	if (r->n_frames && f[-1].node->kind == YAML_TREE_MAP && !f[-1].key)
		return place_say(r->err, &at, "a key has to be a word, this is a %s",
				 is_map ? "map" : "list");
	rc = read_tag(r, tag, n, &type);
	if (rc < 0)
		return rc;
	if (type && strcmp(type, is_map ? "map" : "seq") != 0)
		return unknown_tag(r, &at, (const char *)tag);
	*f = (struct frame){.node = n, .start = r->count};
	if (++r->count > YAML_MAX_NODES)
		return too_many(r, &at);
	rc = add_anchor(r, &at, name, n, &f->anchor);
	r->n_frames++;
	return rc;
}

static int close_node(struct reader *r)
{
	struct frame *f;
	unsigned depth;
	int rc;

	if (!r->n_frames)
		return 0; /* libyaml ends nothing that it did not begin */
	f = &r->frames[r->n_frames - 1];
	depth = f->depth ? f->depth : 1;
	rc = f->node->kind == YAML_TREE_MAP ? merge_keys(r, f->node) : 0;
	if (rc < 0)
		return rc;
	if (f->anchor) {
		f->anchor->weight = r->count - f->start;
		f->anchor->depth = depth;
	}
	r->n_frames--;
	return take(r, f->node, depth, NULL);
}

static int take_event(struct reader *r, const yaml_event_t *event)
{
	struct place at = place_of(r, &event->start_mark);

	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return take_scalar(r, event);
	case YAML_ALIAS_EVENT:
		return take_alias(r, event);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return open_node(r, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_node(r);
	case YAML_DOCUMENT_START_EVENT:
		if (!r->root)
			return 0;
		(void)place_say(r->err, &at, "a second document begins");
		err_hint(r->err, "one file, one document: several files are given by several -f");
		return -EINVAL;
	default:
		return 0;
	}
}

/* ---- libyaml's own errors ---------------------------------------------------------------------- */

/* The reader below the scanner counts in bytes only. */
static struct place place_of_byte(const struct reader *r, const char *text, size_t offset)
{
	struct place at = {r->name, 1, 1};

	for (size_t i = 0; i < offset; i++) {
		if (text[i] == '\n') {
			at.line++;
			at.column = 1;
		} else if (((unsigned char)text[i] & 0xc0) != 0x80) {
			at.column++;
		}
	}
	return at;
}

static int parser_failed(struct reader *r, const yaml_parser_t *p, const char *text, size_t len)
{
	const char *problem = p->problem ? p->problem : "cannot be read";
	struct place at = place_of(r, &p->problem_mark);
	size_t byte = p->problem_mark.index;

	if (p->error == YAML_MEMORY_ERROR)
		return err_set(r->err, ENOMEM, "%.255s", r->name);
	if (p->error == YAML_READER_ERROR) {
		at = place_of_byte(r, text, p->problem_offset < len ? p->problem_offset : len);
		(void)place_say(r->err, &at, "%s", problem);
		err_hint(r->err, "a Compose file is text in UTF-8");
		return -EINVAL;
	}
	if (p->context)
		(void)place_say(r->err, &at, "%s, %s", problem, p->context);
	else
		(void)place_say(r->err, &at, "%s", problem);
	/* the index counts characters: in a file of others than ASCII the byte is another one */
	if (strstr(problem, "tab character") ||
	    (strstr(problem, "cannot start any token") && byte < len && text[byte] == '\t'))
		err_hint(r->err, "YAML is indented by blanks, not by tabs");
	else if (strstr(problem, "cannot start any token"))
		err_hint(r->err, "quote a text that begins with '@', '`' or '%%'");
	else if (strstr(problem, "did not find expected"))
		err_hint(r->err, "before this place an indentation does not fit, or a quote or a "
				 "bracket is not closed");
	else if (strstr(problem, "mapping values are not allowed"))
		err_hint(r->err,
			 "a ':' too much, or an indentation that does not fit: quote a value "
			 "with \": \" in it");
	return -EINVAL;
}

static int read_events(struct reader *r, yaml_parser_t *parser, const char *text, size_t len)
{
	for (;;) {
		yaml_event_t event;
		bool is_end;
		int rc;

		if (!yaml_parser_parse(parser, &event))
			return parser_failed(r, parser, text, len);
		is_end = event.type == YAML_STREAM_END_EVENT;
		rc = take_event(r, &event);
		yaml_event_delete(&event);
		if (rc < 0 || is_end)
			return rc;
	}
}

int yaml_read(struct arena *a, const char *name, const char *text, size_t len,
	      struct yaml_node **ret, struct err *err)
{
	struct place whole = {name, 0, 0};
	struct reader *r;
	yaml_parser_t parser;
	int rc;

	*ret = NULL;
	if (len > YAML_MAX_BYTES)
		return place_say(err, &whole, "larger than %lu KiB", YAML_MAX_BYTES >> 10);
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* no part of the first key */
		text += 3;
		len -= 3;
	}
	r = arena_alloc(a, sizeof(*r));
	*r = (struct reader){.arena = a, .err = err, .name = arena_strdup(a, name)};
	if (!yaml_parser_initialize(&parser))
		return err_set(err, ENOMEM, "%.255s", name);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	rc = read_events(r, &parser, text, len);
	yaml_parser_delete(&parser);
	if (rc < 0)
		return rc;
	*ret = r->root;
	return 0;
}
