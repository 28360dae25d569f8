/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options_value.c - readers of values that several options share.
 *
 * Should: take the whole text or refuse it, and say what would have been right.
 * Mustn't: guess, round, trim or stop at the first character that does not fit.
 */
#include <errno.h>
#include <string.h>

#include "options_set.h"

int value_not_empty(const char *value, const char *origin, struct err *err)
{
	return *value ? 0 : err_say(err, "%s: the value is empty", origin);
}

int value_number(const char *value, uint64_t min, uint64_t max, const char *origin, uint64_t *ret,
		 struct err *err)
{
	uint64_t number;
	int rc = parse_u64(value, max, &number);

	if (rc == -EINVAL) {
		rc = err_say(err, "%s: not a whole number", origin);
		err_hint(err, "decimal digits only: no sign, blank, unit or leading zero");
		return rc;
	}
	if (rc < 0 || number < min)
		return err_say(err, "%s: must be between %ju and %ju", origin, (uintmax_t)min,
			       (uintmax_t)max);
	*ret = number;
	return 0;
}

int value_size(const char *value, const char *origin, uint64_t *ret, struct err *err)
{
	int rc = parse_size(value, ret);

	if (rc == 0)
		return 0;
	if (rc == -ERANGE)
		return err_say(err, "%s: too large for a number of bytes", origin);
	rc = err_say(err, "%s: not a size", origin);
	err_hint(err, "a number and, if it is not bytes, one of k, m, g, t: 512m, 1.5g");
	return rc;
}

int value_id(const char *value, const char *origin, uint32_t *ret, struct err *err)
{
	int rc = parse_id(value, ret);

	if (rc == 0)
		return 0;
	if (rc == -ERANGE)
		return err_say(err, "%s: id %s is too large: the last one is 4294967294", origin,
			       value);
	rc = err_say(err, "%s: '%s' is not an id", origin, value);
	err_hint(err, "decimal digits only: no sign, blank or leading zero");
	return rc;
}

int value_mode(const char *value, const char *origin, uint32_t *ret, struct err *err)
{
	size_t len = strspn(value, "01234567");
	uint32_t mode = 0;

	for (size_t i = 0; i < len && mode <= 07777; i++)
		mode = mode * 8 + (uint32_t)(value[i] - '0');
	if (len == 0 || value[len] || len > 5 || mode > 07777) {
		int rc = err_say(err, "%s: mode '%s' is not octal permission bits", origin, value);

		err_hint(err, "for example 0755 or 1777");
		return rc;
	}
	*ret = mode;
	return 0;
}

int value_choice(const char *value, const char *choices, const char *origin, int *ret,
		 struct err *err)
{
	size_t len = strlen(value);
	const char *at = choices;

	for (int i = 0; *at; i++) {
		size_t word = strcspn(at, " ");

		if (word == len && memcmp(at, value, len) == 0) {
			*ret = i;
			return 0;
		}
		at += word;
		at += strspn(at, " ");
	}
	return err_say(err, "%s: the choices are: %s", origin, choices);
}

/* One field in quotes: *at stands on the opening one and is left behind the closing one. */
static int quoted_field(struct arena *a, const char **at, const char *origin, const char **ret,
			struct err *err)
{
	const char *from = *at + 1;
	char *out = arena_alloc(a, strlen(from) + 1);
	size_t n = 0;

	for (; *from; from++) {
		if (*from == '"' && from[1] == '"')
			from++;
		else if (*from == '"')
			break;
		out[n++] = *from;
	}
	if (*from != '"')
		return err_say(err, "%s: a quote is not closed", origin);
	if (from[1] && from[1] != ',')
		return err_say(err, "%s: text behind a closing quote", origin);
	*at = from + 1;
	*ret = out;
	return 0;
}

int value_next(struct arena *a, const char **cursor, const char *origin, const char **ret,
	       struct err *err)
{
	const char *at = *cursor;

	if (*at == '"') {
		int rc = quoted_field(a, &at, origin, ret, err);

		if (rc < 0)
			return rc;
	} else {
		size_t len = strcspn(at, ",");

		*ret = arena_strndup(a, at, len);
		at += len;
	}
	if (!**ret)
		return err_say(err, "%s: an empty field between commas", origin);
	*cursor = *at == ',' ? at + 1 : NULL;
	return 0;
}

const char *value_csv(struct arena *a, const char *list, const char *key, const char *value)
{
	const char *comma = list ? "," : "";

	if (!list)
		list = "";
	if (!value)
		return arena_printf(a, "%s%s%s", list, comma, key);
	if (!strpbrk(value, ",\"\n"))
		return arena_printf(a, "%s%s%s=%s", list, comma, key, value);
	return arena_printf(a, "%s%s\"%s=%s\"", list, comma, key, arena_doubled(a, value, '"'));
}

void value_cut(struct arena *a, const char *field, const char **ret_key, const char **ret_value)
{
	const char *equals = strchr(field, '=');

	*ret_key = equals ? arena_strndup(a, field, (size_t)(equals - field)) : field;
	*ret_value = equals ? equals + 1 : NULL;
}

void *list_grow(struct arena *a, const void *array, size_t n, size_t elem)
{
	void *larger;

	/* The arena cannot move what it gave out. A power of two is full, since it only doubles. */
	if (n & (n - 1))
		return (void *)(uintptr_t)array;
	larger = arena_alloc(a, (n ? 2 * n : 1) * elem);
	if (n)
		memcpy(larger, array, n * elem);
	return larger;
}
