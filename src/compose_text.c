/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_text.c - texts of a Compose file that have a form of their own: durations, permission
 *		    bits, command lines.
 *
 * Should: refuse what Docker and a reader of the file could understand in two ways.
 * Mustn't: expand anything; run anything.
 */
#include <errno.h>
#include <string.h>

#include "compose_keys.h"
#include "options_set.h"

bool is_zero(const char *text)
{
	size_t digits = strspn(text, "0.");

	return digits && strspn(text + digits, "bkmgtBKMGT") == strlen(text + digits);
}

/* Longest names first: "ms" is no "m". */
static const struct {
	const char *name;
	uint64_t us;
} units[] = {
	{"us", 1}, {"ms", 1000}, {"h", 3600000000}, {"m", 60000000}, {"s", 1000000},
};

static const char *unit(const char *at, uint64_t *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		size_t len = strlen(units[i].name);

		if (strncmp(at, units[i].name, len) == 0) {
			*ret = units[i].us;
			return at + len;
		}
	}
	return NULL;
}

int read_seconds(struct reading *r, const struct item *it, uint64_t *ret)
{
	const char *at = it->node->text;
	const uint64_t most = 1000000ULL * 1000000; /* eleven days, in microseconds */
	uint64_t sum = 0;

	while (*at) {
		uint64_t us = 0, whole = 0, fraction = 0, scale = 1;
		const char *end = at;

		for (; *end >= '0' && *end <= '9' && whole <= most; end++)
			whole = whole * 10 + (uint64_t)(*end - '0');
		if (end == at || whole > most)
			break;
		if (*end == '.')
			for (end++; *end >= '0' && *end <= '9' && scale < 1000000; end++) {
				fraction = fraction * 10 + (uint64_t)(*end - '0');
				scale *= 10;
			}
		end = unit(end, &us);
		if (!end || whole > most / us)
			break;
		sum += whole * us + fraction * us / scale;
		if (sum > most)
			break;
		at = end;
	}
	if (*at || at == it->node->text) {
		int rc = wrong(r, it, "'%.40s' is not a duration", it->node->text);

		err_hint(r->err, "numbers with a unit, h, m, s, ms or us: 90s, 1m30s");
		return rc;
	}
	*ret = (sum + 999999) / 1000000;
	return 0;
}

int read_mode(struct reading *r, const struct item *it, const char **ret)
{
	const char *text = it->node->text;
	uint64_t number;
	int rc;

	if (strncmp(text, "0o", 2) == 0)
		text += 2;
	if (!it->node->is_plain || *text == '0' || strspn(text, "0123456789") != strlen(text)) {
		*ret = text; /* octal; the option says what is wrong with it */
		return 0;
	}
	if (strspn(text, "01234567") != strlen(text) && parse_u64(text, 07777, &number) == 0) {
		*ret = arena_printf(r->asked->arena, "%04o", (unsigned)number);
		return 0;
	}
	rc = wrong(r, it, "%.20s without quotes is a decimal number in YAML, not octal", text);
	err_hint(r->err, "write \"0%.4s\", with the quotes", text);
	return rc;
}

const char *csv_add(struct reading *r, const char *list, const char *key, const char *value)
{
	return value_csv(r->asked->arena, list, key, value);
}

void words_add(struct reading *r, struct compose_words *list, const char *word)
{
	list->words = list_grow(r->asked->arena, list->words, list->n, sizeof(*list->words));
	list->words[list->n++] = word;
}

/* The end of one word's text; *out grows. -EINVAL: a quote or a backslash without an end. */
static const char *one_word(const char *at, char **out)
{
	char quote = '\0';

	for (; *at && (quote || !strchr(" \t\r\n", *at)); at++) {
		if (*at == quote) {
			quote = '\0';
		} else if (!quote && (*at == '"' || *at == '\'')) {
			quote = *at;
		} else if (*at == '\\' && quote != '\'') {
			at++;
			if (!*at)
				return NULL;
			/* Docker Compose makes these two of them, in quotes and without */
			*(*out)++ = *at == 'n' ? '\n' : *at == 't' ? '\t' : *at;
		} else if (!quote && strchr(";&|<>()`", *at)) {
			return at; /* not at a blank: the caller says so */
		} else {
			*(*out)++ = *at;
		}
	}
	return quote ? NULL : at;
}

int split_words(struct reading *r, const struct item *it, struct compose_words *ret)
{
	const char *at = it->node->text;
	char *out = arena_alloc(r->asked->arena, strlen(at) + 2); /* of all words, one by one */

	*ret = (struct compose_words){0};
	for (at += strspn(at, " \t\r\n"); *at; at += strspn(at, " \t\r\n")) {
		const char *word = out;
		int rc;

		at = one_word(at, &out);
		if (!at)
			return wrong(r, it, "a quote or a backslash is not closed");
		if (*at && !strchr(" \t\r\n", *at)) {
			rc = wrong(r, it, "'%c' is a shell's, and no shell runs this", *at);
			err_hint(r->err,
				 "quote it, or have a shell: [\"/bin/sh\", \"-c\", \"...\"]");
			return rc;
		}
		*out++ = '\0';
		words_add(r, ret, word);
	}
	return 0;
}
