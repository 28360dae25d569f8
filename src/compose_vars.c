/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_vars.c - $NAME and ${NAME...} in the values of a Compose file.
 *
 * Should: say where a '$' is that means nothing; say once that a variable is not set.
 * Mustn't: show a value in a message: it may be a secret. Names only, and what a file has after `?`.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compose_files.h"
#include "options_set.h"

#define NESTED_MAX 16
#define VALUE_MAX (128UL << 10) /* of one value: no program can be given a longer one */
#define TOTAL_MAX (4UL << 20)   /* of all that interpolation makes */

struct expansion {
	struct compose_project *p;
	const struct compose_var *more;
	size_t n_more;
	const struct place *at;
	struct err *err;
	char *text;
	size_t len, room;
};

/* ---- variables ------------------------------------------------------------------------------- */

static const char *find_var(const struct compose_var *vars, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(vars[i].name, name) == 0)
			return vars[i].value;
	return NULL;
}

const char *compose_lookup(const struct compose_project *p, const char *name)
{
	const char *value = getenv(name);

	if (!value)
		value = find_var(p->vars, p->n_vars, name);
	if (!value && strcmp(name, "COMPOSE_PROJECT_NAME") == 0)
		value = p->name;
	return value;
}

void compose_note(struct compose_project *p, const char *id, const struct place *at,
		  const char *add, const char *text)
{
	if (p->n_notes > COMPOSE_NOTES_MAX)
		return;
	for (size_t i = 0; i < p->n_notes; i++)
		if (strcmp(p->notes[i].text, text) == 0)
			return;
	if (p->n_notes == COMPOSE_NOTES_MAX) {
		id = "more-notes";
		text = "there is more of the like, which is not shown";
		add = NULL;
	}
	p->notes = list_grow(p->arena, p->notes, p->n_notes, sizeof(*p->notes));
	p->notes[p->n_notes++] = (struct advice){id, *at, text, add};
}

static void note_unset(const struct expansion *x, const char *name)
{
	struct arena *a = x->p->arena;

	compose_note(x->p, "unset-variable", x->at, arena_printf(a, "${%.128s:-VALUE}", name),
		     arena_printf(a, "the variable %.128s is not set: nothing stands in its place",
				  name));
}

/* ---- the text that comes of it ------------------------------------------------------------------- */

static int put(struct expansion *x, const char *text, size_t len)
{
	if (x->len + len > VALUE_MAX || x->p->expanded + len > TOTAL_MAX) {
		(void)place_say(x->err, x->at, "too long with its variables: more than %lu KiB",
				x->len + len > VALUE_MAX ? VALUE_MAX >> 10 : TOTAL_MAX >> 10);
		return -EINVAL;
	}
	if (x->len + len + 1 > x->room) {
		size_t room = 2 * (x->len + len) + 64;
		char *larger = arena_alloc(x->p->arena, room);

		if (x->len)
			memcpy(larger, x->text, x->len);
		x->text = larger;
		x->room = room;
	}
	memcpy(x->text + x->len, text, len);
	x->len += len;
	x->text[x->len] = '\0';
	x->p->expanded += len;
	return 0;
}

/* Length of the first character, 0 where it is none of UTF-8's. */
static size_t utf8_char(const unsigned char *s)
{
	size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (s[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* too long for what it says, half of a pair, beyond the last one */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

bool compose_is_utf8(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len = 1;

	for (; *s && len; s += len)
		len = utf8_char(s);
	return len;
}

static int put_value(struct expansion *x, const char *name, const char *value)
{
	if (!compose_is_utf8(value))
		return place_say(x->err, x->at, "the variable %.128s is no text in UTF-8", name);
	return put(x, value, strlen(value));
}

/* ---- reading --------------------------------------------------------------------------------- */

static size_t name_len(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len &&
	       (text[n] == '_' || (text[n] >= 'a' && text[n] <= 'z') ||
		(text[n] >= 'A' && text[n] <= 'Z') || (n && text[n] >= '0' && text[n] <= '9')))
		n++;
	return n;
}

/* Where the '}' is that belongs to the "${" before text, or len. */
static size_t brace_end(const char *text, size_t len)
{
	unsigned open = 1;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '}' && --open == 0)
			return i;
		if (text[i] == '$' && i + 1 < len && text[i + 1] == '{') {
			open++;
			i++;
		}
	}
	return len;
}

static const char *look(const struct expansion *x, const char *name)
{
	const char *value = compose_lookup(x->p, name);

	return value ? value : find_var(x->more, x->n_more, name);
}

static int expand(struct expansion *x, const char *text, size_t len, unsigned depth);

static int required(struct expansion *x, const char *name, const char *text, size_t len)
{
	/* As it stands, not expanded: what is in a variable is not shown. */
	(void)place_say(x->err, x->at, "the variable %.128s has to be set%s%.*s", name,
			len ? ": " : "", (int)(len < 200 ? len : 200), text);
	err_hint(x->err, "%.128s=... in the environment, in .env or in a file of --env-file", name);
	return -EINVAL;
}

/* What stands between "${" and "}". */
static int expand_braced(struct expansion *x, const char *text, size_t len, unsigned depth)
{
	size_t n = name_len(text, len);
	const char *name = arena_strndup(x->p->arena, text, n), *value = look(x, name);
	bool is_colon = n < len && text[n] == ':', is_there;
	const char *word = text + n + is_colon + 1;
	size_t word_len = len - (size_t)(word - text);

	if (!n)
		return place_say(x->err, x->at, "\"${\" without the name of a variable");
	if (n == len) {
		if (!value)
			note_unset(x, name);
		return value ? put_value(x, name, value) : 0;
	}
	if (n + is_colon >= len || !strchr("-?+", text[n + is_colon])) {
		(void)place_say(x->err, x->at, "\"${%.128s\" goes on with something unknown", name);
		err_hint(x->err, "after the name: } or one of :-DEFAULT -DEFAULT :?MESSAGE "
				 "?MESSAGE :+VALUE +VALUE; write $$ for a '$'");
		return -EINVAL;
	}
	is_there = value && !(is_colon && !value[0]);
	switch (text[n + is_colon]) {
	case '-':
		return is_there ? put_value(x, name, value) : expand(x, word, word_len, depth + 1);
	case '+':
		return is_there ? expand(x, word, word_len, depth + 1) : 0;
	default:
		return is_there ? put_value(x, name, value) : required(x, name, word, word_len);
	}
}

/* One '$' and what belongs to it; *ret is how much that was. */
static int expand_one(struct expansion *x, const char *text, size_t len, unsigned depth,
		      size_t *ret)
{
	size_t n = name_len(text + 1, len - 1), end;

	if (n) {
		*ret = n + 1;
		return expand_braced(x, text + 1, n, depth);
	}
	if (len > 1 && text[1] == '$') {
		*ret = 2;
		return put(x, "$", 1);
	}
	if (len < 2 || text[1] != '{') {
		(void)place_say(x->err, x->at, "a '$' that no variable follows");
		err_hint(x->err, "write $$ for one '$'");
		return -EINVAL;
	}
	end = brace_end(text + 2, len - 2);
	if (end == len - 2)
		return place_say(x->err, x->at, "\"${%.*s\" is not closed",
				 (int)name_len(text + 2, len - 2 < 128 ? len - 2 : 128), text + 2);
	*ret = end + 3;
	return expand_braced(x, text + 2, end, depth);
}

static int expand(struct expansion *x, const char *text, size_t len, unsigned depth)
{
	if (depth > NESTED_MAX)
		return place_say(x->err, x->at, "variables nested deeper than %d", NESTED_MAX);
	for (size_t i = 0; i < len;) {
		const char *dollar = memchr(text + i, '$', len - i);
		size_t n = dollar ? (size_t)(dollar - text) - i : len - i;
		int rc = put(x, text + i, n);

		i += n;
		if (rc == 0 && dollar) {
			rc = expand_one(x, text + i, len - i, depth, &n);
			i += n;
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

int compose_expand_with(struct compose_project *p, const struct compose_var *more, size_t n_more,
			const struct place *at, const char *text, const char **ret, struct err *err)
{
	struct expansion x = {.p = p, .more = more, .n_more = n_more, .at = at, .err = err};
	int rc;

	*ret = text;
	if (!strchr(text, '$'))
		return 0;
	rc = expand(&x, text, strlen(text), 0);
	if (rc == 0)
		*ret = x.len ? x.text : "";
	return rc;
}

int compose_expand(struct compose_project *p, const struct place *at, const char *text,
		   const char **ret, struct err *err)
{
	return compose_expand_with(p, NULL, 0, at, text, ret, err);
}

int compose_expand_tree(struct compose_project *p, struct yaml_node *n, struct err *err)
{
	const char *before = n->text;
	int rc = 0;

	if (n->kind == YAML_TREE_SCALAR) {
		rc = compose_expand(p, &n->at, before, &n->text, err);
		/* an empty text is not the same as nothing, and neither is the word "null" */
		if (rc == 0 && n->text != before && yaml_is_null(n->text))
			n->is_plain = false;
	}
	for (size_t i = 0; n->kind == YAML_TREE_LIST && i < n->n && rc == 0; i++)
		rc = compose_expand_tree(p, n->items[i], err);
	for (size_t i = 0; n->kind == YAML_TREE_MAP && i < n->n && rc == 0; i++)
		rc = compose_expand_tree(p, n->pairs[i].value, err);
	return rc;
}
