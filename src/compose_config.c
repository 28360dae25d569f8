/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_config.c - the project as YAML again: `pillbox compose config`.
 *
 * Should: write what reads as the same tree again, here and elsewhere: a text that looks like a number
 *	   is quoted, a '$' is written as $$.
 * Mustn't: hide anything: it is the user's own file.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "compose_files.h"

struct writer {
	const struct compose_project *p;
	yaml_emitter_t emitter;
};

static bool emit(struct writer *w, yaml_event_t *event, int is_made)
{
	return is_made && yaml_emitter_emit(&w->emitter, event);
}

/* Would some reader of YAML take it for something else than a text? A little too often is no harm. */
static bool looks_special(const char *text)
{
	static const char *const words[] = {"y",    "n",     "yes",  "no", "on", "off",
					    "true", "false", "null", "~",  "<<", "="};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	return !text[0] || strchr("+-.0123456789", text[0]) || strchr(text, '\n');
}

/* A number, a date, a word: what can be without quotes wherever it stands. */
static bool is_word(const char *text)
{
	static const char allowed[] = "+-.:_0123456789"
				      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t len = strspn(text, allowed);

	return len && !text[len] && text[len - 1] != ':' && strpbrk(text, allowed + 5) &&
	       strncmp(text, "---", 3) != 0 && strncmp(text, "...", 3) != 0;
}

static bool write_text(struct writer *w, const char *text, bool is_plain)
{
	/* By the text alone where it can't be plain: what is written is written the same again. */
	bool is_quoted = looks_special(text) && !(is_plain && is_word(text));
	yaml_scalar_style_t style = is_quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE
					      : YAML_PLAIN_SCALAR_STYLE;
	yaml_event_t event;

	/* where plain cannot be, the emitter takes quotes by itself */
	return emit(w, &event,
		    yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
						 (int)strlen(text), 1, 1, style));
}

/* What interpolation would take away again. */
static const char *with_dollars(const struct writer *w, const char *text)
{
	return w->p->is_raw ? text : arena_doubled(w->p->arena, text, '$');
}

static bool write_node(struct writer *w, const struct yaml_node *n);

static bool write_list(struct writer *w, const struct yaml_node *n)
{
	yaml_event_t event;
	bool is_good = emit(w, &event,
			    yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
								 n->n ? YAML_BLOCK_SEQUENCE_STYLE
								      : YAML_FLOW_SEQUENCE_STYLE));

	for (size_t i = 0; i < n->n && is_good; i++)
		is_good = write_node(w, n->items[i]);
	return is_good && emit(w, &event, yaml_sequence_end_event_initialize(&event));
}

static bool write_map(struct writer *w, const struct yaml_node *n)
{
	yaml_event_t event;
	bool is_good = emit(w, &event,
			    yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
								n->n ? YAML_BLOCK_MAPPING_STYLE
								     : YAML_FLOW_MAPPING_STYLE));

	for (size_t i = 0; i < n->n && is_good; i++)
		is_good = write_text(w, n->pairs[i].key, false) && write_node(w, n->pairs[i].value);
	return is_good && emit(w, &event, yaml_mapping_end_event_initialize(&event));
}

static bool write_node(struct writer *w, const struct yaml_node *n)
{
	switch (n->kind) {
	case YAML_TREE_LIST:
		return write_list(w, n);
	case YAML_TREE_MAP:
		return write_map(w, n);
	case YAML_TREE_SCALAR:
		return write_text(w, with_dollars(w, n->text), n->is_plain);
	default:
		return write_text(w, "null", true);
	}
}

/* ---- what is shown ----------------------------------------------------------------------------- */

static void add_variable(const struct compose_project *p, struct yaml_node *map, const char *name,
			 const struct place *at, struct yaml_node *value)
{
	const char *found = value->kind == YAML_TREE_NULL ? compose_lookup(p, name) : NULL;

	if (found && !compose_is_utf8(found))
		found = NULL; /* YAML has no way to write it: it stays the caller's */
	yaml_put(p->arena, map, name, at, found ? yaml_scalar(p->arena, at, found) : value);
}

/* NAME alone has the caller's value; a list is a map. As Docker shows it. */
static struct yaml_node *environment(const struct compose_project *p, struct yaml_node *n)
{
	struct yaml_node *map = yaml_map(p->arena, &n->at);
	struct arena *a = p->arena;

	for (size_t i = 0; n->kind == YAML_TREE_MAP && i < n->n; i++)
		add_variable(p, map, n->pairs[i].key, &n->pairs[i].at, n->pairs[i].value);
	for (size_t i = 0; n->kind == YAML_TREE_LIST && i < n->n; i++) {
		const struct yaml_node *item = n->items[i];
		const char *equals;

		if (item->kind != YAML_TREE_SCALAR)
			return n;
		equals = strchr(item->text, '=');
		if (equals)
			yaml_put(a, map,
				 arena_strndup(a, item->text, (size_t)(equals - item->text)),
				 &item->at, yaml_scalar(a, &item->at, equals + 1));
		else
			add_variable(p, map, item->text, &item->at, yaml_null(a, &item->at));
	}
	return n->kind == YAML_TREE_MAP || n->kind == YAML_TREE_LIST ? map : n;
}

static struct yaml_node *shown_service(const struct compose_project *p,
				       const struct yaml_node *service)
{
	struct yaml_node *map = yaml_map(p->arena, &service->at);

	for (size_t i = 0; i < service->n; i++) {
		const struct yaml_pair *pair = &service->pairs[i];
		bool is_env = !p->is_raw && strcmp(pair->key, "environment") == 0;

		yaml_add(p->arena, map, pair->key, &pair->at,
			 is_env ? environment(p, pair->value) : pair->value);
	}
	return map;
}

/* The name, the services, the rest in its order. */
static struct yaml_node *shown(const struct compose_project *p, const char *only)
{
	const struct place *at = &p->root->at;
	struct yaml_node *root = yaml_map(p->arena, at), *services = yaml_map(p->arena, at);

	yaml_add(p->arena, root, "name", at, yaml_scalar(p->arena, at, p->name));
	for (size_t i = 0; p->services && i < p->services->n; i++) {
		const struct yaml_pair *pair = &p->services->pairs[i];

		if (!only || strcmp(only, pair->key) == 0)
			yaml_add(p->arena, services, pair->key, &pair->at,
				 shown_service(p, pair->value));
	}
	yaml_add(p->arena, root, "services", at, services);
	for (size_t i = 0; i < p->root->n; i++) {
		const struct yaml_pair *pair = &p->root->pairs[i];

		if (strcmp(pair->key, "name") != 0 && strcmp(pair->key, "services") != 0)
			yaml_add(p->arena, root, pair->key, &pair->at, pair->value);
	}
	return root;
}

int compose_config(const struct compose_project *p, const char *service, FILE *out, struct err *err)
{
	struct writer w = {.p = p};
	yaml_event_t event;
	bool is_good;

	if (service && !yaml_get(p->services, service)) {
		(void)place_say(err, p->services ? &p->services->at : &p->root->at,
				"no service is called %.100s", service);
		err_hint(err, "without a name all of them are shown");
		return -EINVAL;
	}
	if (!yaml_emitter_initialize(&w.emitter))
		return err_set(err, ENOMEM, "config");
	yaml_emitter_set_output_file(&w.emitter, out);
	yaml_emitter_set_unicode(&w.emitter, 1);
	yaml_emitter_set_width(&w.emitter, -1);
	is_good = emit(&w, &event,
		       yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)) &&
		  emit(&w, &event,
		       yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1)) &&
		  write_node(&w, shown(p, service)) &&
		  emit(&w, &event, yaml_document_end_event_initialize(&event, 1)) &&
		  emit(&w, &event, yaml_stream_end_event_initialize(&event));
	yaml_emitter_delete(&w.emitter);
	if (!is_good || fflush(out))
		return err_say(err, "standard output cannot be written");
	return 0;
}
