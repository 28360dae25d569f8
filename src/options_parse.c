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

#include "nearest.h"
#include "options_set.h"

/* How much of a value a message repeats; the rest says nothing that the start does not. */
#define ORIGIN_VALUE_MAX 100
#define ORIGIN_SIZE (ORIGIN_VALUE_MAX + 64)

/* One option as found on the line. */
struct item {
	const struct option_def *def;
	const char *value; /* NULL: a flag */
	size_t prev;       /* 1 + index of the item before it with the same def, 0: the first one */
	bool is_short;     /* spelled with its letter */
	bool is_repeat;    /* exactly this was said before */
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
	int len = snprintf(buf, ORIGIN_SIZE, "%s%.40s", item->is_short ? "-" : "--",
			   item->is_short ? letter : def->name);

	if (item->value && len > 0)
		snprintf(buf + len, ORIGIN_SIZE - (size_t)len, " %.*s%s", ORIGIN_VALUE_MAX,
			 *item->value ? item->value : "''",
			 strlen(item->value) > ORIGIN_VALUE_MAX ? "..." : "");
	return buf;
}

static int add(struct line *l, const struct option_def *def, const char *value, bool is_short,
	       struct err *err)
{
	size_t n = l->n_items;
	size_t *last = &l->last[def - options];

	/* Not in the arena: a line of megabytes would fill it, and only the values have to stay. */
	if ((n & (n - 1)) == 0) {
		struct item *larger = reallocarray(l->items, n ? 2 * n : 1, sizeof(*larger));

		if (!larger)
			return err_set(err, ENOMEM, "%zu options", n);
		l->items = larger;
	}
	l->items[n] = (struct item){
		.def = def, .value = value, .prev = *last, .is_short = is_short};
	*last = ++l->n_items;
	return 0;
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
	if (!equals && def->bare)
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

int options_words(const char *word)
{
	const struct option_def *def = NULL;

	if (word[0] != '-' || !word[1])
		return 1;
	if (word[1] == '-') {
		def = by_name(word + 2, strlen(word + 2)); /* none with a '=' in it */
		return def && def->metavar && !def->bare ? 2 : 1;
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
		for (int words = options_words(argv[at]); words > 0 && at < argc; words--)
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
		if (item->value && strcmp(other->value, item->value) != 0)
			return contradiction(other, item, err);
		item->is_repeat = true;
		return 0;
	}
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
			if (l->items[j].def != item->def && l->items[j].def->excl &&
			    strcmp(l->items[j].def->excl, item->def->excl) == 0)
				rc = contradiction(&l->items[j], item, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int apply_all(struct spec *s, const struct line *l, struct err *err)
{
	static const enum option_phase order[] = {PHASE_PRESET, PHASE_FILE, PHASE_LINE};

	preset_apply(s, PRESET_HARDENED);
	for (size_t phase = 0; phase < ARRAY_SIZE(order); phase++) {
		for (size_t i = 0; i < l->n_items; i++) {
			const struct item *item = &l->items[i];
			char origin[ORIGIN_SIZE];
			int rc;

			if (item->def->phase != order[phase] || item->is_repeat)
				continue;
			rc = item->def->set(s, item->value, origin_of(item, origin), err);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

static int operands(struct spec *s, const struct line *l, struct err *err)
{
	static const char *const shell[] = {"/bin/sh", NULL};
	int at = l->at;

	if (at >= l->argc) {
		int rc = err_say(err, "ROOTFS: missing");

		err_hint(err, "pillbox run [options] ROOTFS [--] [COMMAND [ARG...]]");
		return rc;
	}
	s->rootfs = l->argv[at++];
	if (!*s->rootfs)
		return err_say(err, "ROOTFS: the path is empty");
	if (at < l->argc && strcmp(l->argv[at], "--") == 0)
		at++;
	if (at < l->argc && !*l->argv[at])
		return err_say(err, "COMMAND: empty");
	s->argc = at < l->argc ? (size_t)(l->argc - at) : 1;
	s->argv = at < l->argc ? (const char *const *)(l->argv + at) : shell;
	return 0;
}

int options_parse(struct spec *s, int argc, char *const argv[], struct err *err)
{
	auto_free size_t *last = calloc(options_len, sizeof(*last));
	struct line l = {.argv = argv, .argc = argc, .last = last};
	int rc;

	if (!last)
		return err_set(err, ENOMEM, "the option table");
	rc = split(&l, err);
	if (rc == 0 && l.is_help)
		rc = OPTIONS_HELP;
	if (rc == 0)
		rc = check(&l, err);
	if (rc == 0)
		rc = apply_all(s, &l, err);
	if (rc == 0)
		rc = operands(s, &l, err);
	free(l.items);
	return rc;
}
