/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options_parse.c - the command line against options[].
 *
 * Should: split everything first, then look for contradictions, then apply: so that the order of
 *	   the options never decides which of two wishes wins.
 * Mustn't: know any single option, or touch anything outside the arena.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "asked.h"
#include "nearest.h"
#include "options_set.h"

/* How much of a value a message repeats; the rest says nothing that the start does not. */
#define ORIGIN_VALUE_MAX 100
#define ORIGIN_SIZE (ORIGIN_VALUE_MAX + 64)

/* One option as found on the line. */
struct item {
	const struct option_def *def;
	const char *value; /* NULL: a flag */
	const char
		*origin; /* a front end's: it gives way to what the line says; NULL: the line's */
	size_t prev;     /* 1 + index of the item before it with the same def, 0: the first one */
	bool is_short;   /* spelled with its letter */
	bool is_repeat;  /* exactly this was said before, or the line says otherwise */
};

struct line {
	char *const *argv;
	int argc, at; /* at: the next argument to look at */
	struct item *items;
	size_t n_items;
	size_t *last; /* by option: 1 + index of its latest item */
	bool is_help;
};

static const char *long_name(size_t i)
{
	return i < options_len ? options[i].name : "help";
}

static const struct option_def *by_name(const char *name, size_t len)
{
	for (size_t i = 0; i < options_len; i++)
		if (strlen(options[i].name) == len && memcmp(options[i].name, name, len) == 0)
			return &options[i];
	return NULL;
}

static const struct option_def *by_letter(char letter)
{
	for (size_t i = 0; i < options_len; i++)
		if (options[i].letter == letter)
			return &options[i];
	return NULL;
}

static int unknown(const char *word, struct err *err)
{
	char shown[256];
	const char *near;
	int rc;

	snprintf(shown, sizeof(shown), "%s", word);
	shown[strcspn(shown, "=")] = '\0';
	rc = err_say(err, "%s: unknown option", shown);
	near = shown[1] == '-' ? nearest(shown + 2, long_name, options_len + 1) : NULL;
	if (near)
		err_hint(err, "did you mean --%s?", near);
	else
		err_hint(err, "`pillbox run --help` lists the options; they end at ROOTFS");
	return rc;
}

/* "--memory 5x", as the user spelled it. */
static const char *origin_of(const struct item *item, char *buf)
{
	const struct option_def *def = item->def;
	char letter[2] = {def->letter, '\0'};
	int len;

	if (item->origin)
		return item->origin;
	len = snprintf(buf, ORIGIN_SIZE, "%s%.40s", item->is_short ? "-" : "--",
		       item->is_short ? letter : def->name);

	if (item->value && len > 0)
		snprintf(buf + len, ORIGIN_SIZE - (size_t)len, " %.*s%s", ORIGIN_VALUE_MAX,
			 *item->value ? item->value : "''",
			 strlen(item->value) > ORIGIN_VALUE_MAX ? "..." : "");
	return buf;
}

static int add_item(struct line *l, const struct item *item, struct err *err)
{
	size_t n = l->n_items;
	size_t *last = &l->last[item->def - options];

	/* Not in the arena: a line of megabytes would fill it, and only the values have to stay. */
	if ((n & (n - 1)) == 0) {
		struct item *larger = reallocarray(l->items, n ? 2 * n : 1, sizeof(*larger));

		if (!larger)
			return err_set(err, ENOMEM, "%zu options", n);
		l->items = larger;
	}
	l->items[n] = *item;
	l->items[n].prev = *last;
	*last = ++l->n_items;
	return 0;
}

static int add(struct line *l, const struct option_def *def, const char *value, bool is_short,
	       struct err *err)
{
	const struct item item = {.def = def, .value = value, .is_short = is_short};

	return add_item(l, &item, err);
}

static int missing_value(const struct option_def *def, const char *spelled, struct err *err)
{
	int rc = err_say(err, "%s: the value is missing", spelled);

	err_hint(err, "--%s %s: %s", def->name, def->metavar, def->help);
	return rc;
}

static int flag_value(const struct option_def *def, const char *value, struct err *err)
{
	int rc;

	/* Docker writes flags as --init=true too. */
	if (strcmp(value, "true") == 0)
		return 0;
	rc = err_say(err, "--%s=%.100s: --%s takes no value", def->name, value, def->name);
	err_hint(err, "leave the option out, or say its opposite where there is one");
	return rc;
}

/* "docker run ..." and not ROOTFS. */
static bool is_line(const char *word)
{
	return word[strcspn(word, " \t\n")] != '\0';
}

static int long_option(struct line *l, const char *word, struct err *err)
{
	const char *name = word + 2, *equals = strchr(name, '=');
	const struct option_def *def;

	if (strcmp(name, "help") == 0) {
		l->is_help = true;
		return 0;
	}
	def = by_name(name, equals ? (size_t)(equals - name) : strlen(name));
	if (!def)
		return unknown(word, err);
	if (!def->metavar) {
		int rc = equals ? flag_value(def, equals + 1, err) : 0;

		return rc < 0 ? rc : add(l, def, NULL, false, err);
	}
	if (!equals && def->bare && !(def->is_line && l->at < l->argc && is_line(l->argv[l->at])))
		return add(l, def, def->bare, false, err);
	if (!equals && l->at >= l->argc)
		return missing_value(def, word, err);
	return add(l, def, equals ? equals + 1 : l->argv[l->at++], false, err);
}

/* -i, -it, -m 5g, -m5g, -m=5g, -itm5g */
static int short_options(struct line *l, const char *word, struct err *err)
{
	int rc = 0;

	for (const char *letter = word + 1; *letter && rc == 0; letter++) {
		const struct option_def *def = by_letter(*letter);
		char spelled[3] = {'-', *letter, '\0'};

		if (*letter == 'h') {
			l->is_help = true;
			return 0;
		}
		if (!def)
			return unknown(letter == word + 1 && letter[1] ? word : spelled, err);
		if (!def->metavar) {
			rc = add(l, def, NULL, true, err);
			continue;
		}
		if (letter[1])
			return add(l, def, letter + 1 + (letter[1] == '='), true, err);
		if (l->at >= l->argc)
			return missing_value(def, spelled, err);
		return add(l, def, l->argv[l->at++], true, err);
	}
	return rc;
}

int options_words(const char *word, const char *next)
{
	const struct option_def *def = NULL;

	if (word[0] != '-' || !word[1])
		return 1;
	if (word[1] == '-') {
		def = by_name(word + 2, strlen(word + 2)); /* none with a '=' in it */
		if (!def || !def->metavar)
			return 1;
		return !def->bare || (def->is_line && next && is_line(next)) ? 2 : 1;
	}
	for (word++; *word; word++) {
		def = by_letter(*word);
		if (def && def->metavar)
			return word[1] ? 1 : 2;
	}
	return 1;
}

int options_split(int argc, char *argv[], options_own_fn *own, void *arg, char ***ret_argv,
		  int *ret_argc, struct err *err)
{
	char **rest = calloc((size_t)argc + 1, sizeof(*rest));
	int at = 0, n = 0;

	*ret_argv = rest;
	if (!rest)
		return err_set(err, ENOMEM, "%d options", argc);
	while (at < argc && argv[at][0] == '-' && argv[at][1] && strcmp(argv[at], "--") != 0) {
		int rc;

		if (!strcmp(argv[at], "--help") || !strcmp(argv[at], "-h"))
			return OPTIONS_HELP;
		rc = own(arg, argc, argv, &at, err);
		if (rc < 0)
			return rc;
		if (rc > 0)
			continue;
		for (int words = options_words(argv[at], argv[at + 1]); words > 0 && at < argc;
		     words--)
			rest[n++] = argv[at++];
	}
	while (at < argc)
		rest[n++] = argv[at++];
	*ret_argc = n;
	return 0;
}

static int split(struct line *l, struct err *err)
{
	while (l->at < l->argc) {
		const char *word = l->argv[l->at];
		int rc;

		if (word[0] != '-' || !word[1])
			return 0;
		l->at++;
		if (strcmp(word, "--") == 0)
			return 0;
		rc = word[1] == '-' ? long_option(l, word, err) : short_options(l, word, err);
		if (rc < 0 || l->is_help)
			return rc;
	}
	return 0;
}

/* Both given, and they cannot both be meant. */
static int contradiction(const struct item *a, const struct item *b, struct err *err)
{
	char text_a[ORIGIN_SIZE], text_b[ORIGIN_SIZE];

	return err_say(err, "%s: contradicts %s", origin_of(b, text_b), origin_of(a, text_a));
}

static bool same_key(const struct item *a, const struct item *b)
{
	size_t len = strcspn(a->value, "=:");

	return strcspn(b->value, "=:") == len && memcmp(a->value, b->value, len) == 0;
}

/* Compare an item with the earlier ones of its option. */
static int check_same(const struct line *l, struct item *item, struct err *err)
{
	const struct option_def *def = item->def;
	size_t before = 0;

	for (size_t at = item->prev; at; at = l->items[at - 1].prev) {
		const struct item *other = &l->items[at - 1];

		if (++before > OPTION_LIST_MAX)
			return err_say(err, "--%s: more than %d times", def->name, OPTION_LIST_MAX);
		if (def->count == COUNT_KEYED && !same_key(other, item))
			continue;
		if (item->origin && !other->origin) {
			item->is_repeat = true; /* the line's goes over it */
			return 0;
		}
		if (item->value && strcmp(other->value, item->value) != 0)
			return contradiction(other, item, err);
		item->is_repeat = true;
		return 0;
	}
	return 0;
}

/* Two options that exclude each other; what a front end says gives way to the line. */
static int check_excl(struct item *item, const struct item *other, struct err *err)
{
	if (!other->def->excl || other->def == item->def ||
	    strcmp(other->def->excl, item->def->excl) != 0)
		return 0;
	if (!item->origin || other->origin)
		return contradiction(other, item, err);
	item->is_repeat = true;
	return 0;
}

static int check(const struct line *l, struct err *err)
{
	for (size_t i = 0; i < l->n_items; i++) {
		struct item *item = &l->items[i];
		int rc = 0;

		if (item->def->count != COUNT_MANY)
			rc = check_same(l, item, err);
		/* Repeats of a flag are dropped, so few items carry `excl` and few are compared. */
		for (size_t j = 0; item->def->excl && !item->is_repeat && j < i && rc == 0; j++)
			rc = check_excl(item, &l->items[j], err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int apply(struct spec *s, const struct line *l, enum option_phase phase, bool is_front,
		 struct err *err)
{
	for (size_t i = 0; i < l->n_items; i++) {
		const struct item *item = &l->items[i];
		char origin[ORIGIN_SIZE];
		int rc;

		if (item->def->phase != phase || item->is_repeat || !item->origin == is_front)
			continue;
		rc = item->def->set(s, item->value, origin_of(item, origin), err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* The preset, then what a front end says, then the line: of each, files before the rest. */
static int apply_all(struct spec *s, const struct line *l, struct err *err)
{
	static const struct {
		enum option_phase phase;
		bool is_front;
	} order[] = {{PHASE_PRESET, true}, {PHASE_PRESET, false}, {PHASE_FILE, true},
		     {PHASE_LINE, true},   {PHASE_FILE, false},   {PHASE_LINE, false}};
	int rc = 0;

	preset_apply(s, PRESET_HARDENED);
	for (size_t i = 0; i < ARRAY_SIZE(order) && rc == 0; i++)
		rc = apply(s, l, order[i].phase, order[i].is_front, err);
	return rc;
}

/* ---- front ends ----------------------------------------------------------------------------- */

static int add_given(struct line *l, const struct option_given *given, size_t n, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		struct item item = {.def = by_name(given[i].name, strlen(given[i].name)),
				    .value = given[i].value,
				    .origin = given[i].origin};

		rc = item.def ? add_item(l, &item, err)
			      : err_say(err, "%s: there is no option --%s", given[i].origin,
					given[i].name);
	}
	return rc;
}

/* Behind the line's own options, over which they must not go. */
static int add_front(struct spec *s, struct line *l, const char *const *rest, struct asked **ret,
		     bool *ret_used, struct err *err)
{
	const struct item *front = NULL;
	int rc;

	for (size_t i = 0; i < l->n_items; i++) {
		if (!l->items[i].def->front)
			continue;
		if (front)
			return contradiction(front, &l->items[i], err);
		front = &l->items[i];
	}
	if (!front)
		return 0;
	*ret = arena_alloc(s->arena, sizeof(**ret));
	rc = front->def->front(s->arena, front->value, rest, *ret, ret_used, err);
	return rc < 0 ? rc : add_given(l, (*ret)->options, (*ret)->n_options, err);
}

/* ---- ROOTFS and command --------------------------------------------------------------------- */

struct operands {
	const char *rootfs;       /* NULL: none */
	const char *const *words; /* behind it, without the "--"; NULL-terminated */
	size_t n;
};

static struct operands operands_find(const struct line *l)
{
	struct operands o = {0};
	int at = l->at;

	if (at < l->argc)
		o.rootfs = l->argv[at++];
	if (at < l->argc && strcmp(l->argv[at], "--") == 0)
		at++;
	o.words = (const char *const *)(l->argv + at);
	o.n = (size_t)(l->argc - at);
	return o;
}

static int operands_take(struct spec *s, const struct operands *o, struct err *err)
{
	static const char *const shell[] = {"/bin/sh", NULL};

	if (o->rootfs && !*o->rootfs)
		return err_say(err, "ROOTFS: the path is empty");
	if (o->n && !*o->words[0])
		return err_say(err, "COMMAND: empty");
	if (s->asked)
		return asked_operands(s->asked, o->rootfs, o->words, o->n, s, err);
	if (!o->rootfs) {
		err_say(err, "ROOTFS: missing");
		err_hint(err, "pillbox run [options] ROOTFS [--] [COMMAND [ARG...]]");
		return -EINVAL;
	}
	s->rootfs = o->rootfs;
	s->argc = o->n ? o->n : 1;
	s->argv = o->n ? o->words : shell;
	return 0;
}

int options_parse(struct spec *s, int argc, char *const argv[], struct err *err)
{
	auto_free size_t *last = calloc(options_len, sizeof(*last));
	struct line l = {.argv = argv, .argc = argc, .last = last};
	struct asked *asked = NULL;
	bool is_used = false; /* the words behind ROOTFS are the front end's */
	struct operands o;
	int rc;

	if (!last)
		return err_set(err, ENOMEM, "the option table");
	rc = split(&l, err);
	if (rc == 0 && l.is_help)
		rc = OPTIONS_HELP;
	o = operands_find(&l);
	if (rc == 0)
		rc = add_front(s, &l, o.words, &asked, &is_used, err);
	if (rc == 0)
		rc = check(&l, err);
	if (rc == 0)
		rc = apply_all(s, &l, err);
	s->asked = asked;
	if (is_used)
		o.n = 0;
	if (rc == 0)
		rc = operands_take(s, &o, err);
	free(l.items);
	return rc;
}

int options_given(struct spec *s, const struct option_given *given, size_t n, struct err *err)
{
	auto_free size_t *last = calloc(options_len, sizeof(*last));
	struct line l = {.last = last};
	int rc;

	if (!last)
		return err_set(err, ENOMEM, "the option table");
	rc = add_given(&l, given, n, err);
	if (rc == 0)
		rc = check(&l, err);
	if (rc == 0)
		rc = apply_all(s, &l, err);
	free(l.items);
	return rc;
}
