/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_text.c - from a profile's text to a JSON tree, or to what is wrong with it as JSON.
 *
 * Should: tell every place as it is in the text that was given.
 * Mustn't: know what a profile is.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile_json.h"
#include "util.h"

/* Before the digits of a number that was given as a string. No word of a profile starts with it. */
#define LONG_MARK '\x7f'
#define LONG_DIGITS 19

/* The number that starts at text[i], if it has to be given as a string: how many digits, or 0. */
static size_t long_number(const char *text, size_t len, size_t i)
{
	char prev = i ? text[i - 1] : ' ';
	size_t n = 0;

	if (text[i] < '1' || text[i] > '9' || isalnum((unsigned char)prev) || strchr("-+.", prev))
		return 0;
	while (i + n < len && isdigit((unsigned char)text[i + n]))
		n++;
	if (n < LONG_DIGITS || (i + n < len && strchr(".eE", text[i + n])))
		return 0;
	/* As a key it is an error, and stays one. */
	for (i += n; i < len && isspace((unsigned char)text[i]); i++)
		;
	return i < len && text[i] == ':' ? 0 : n;
}

/*
 * jansson keeps numbers as signed 64 bit, but an argument has 64 bits without a sign. So a number
 * of 19 digits or more becomes a string with a mark before it is parsed: profile_long_number().
 * *at is a place in the result, and becomes the same place in the text.
 */
static char *quote_long_numbers(const char *text, size_t len, size_t *ret_len, size_t *at)
{
	char *out = malloc(len + 3 * (len / LONG_DIGITS) + 4);
	size_t n = 0, want = *at;
	bool in_string = false;

	for (size_t i = 0; out && i < len;) {
		size_t digits = in_string ? 0 : long_number(text, len, i);

		if (n <= want)
			*at = i;
		if (digits) {
			out[n++] = '"';
			out[n++] = LONG_MARK;
			memcpy(out + n, text + i, digits);
			n += digits;
			i += digits;
			out[n++] = '"';
			continue;
		}
		if (in_string && text[i] == '\\' && i + 1 < len)
			out[n++] = text[i++];
		else if (text[i] == '"')
			in_string = !in_string;
		out[n++] = text[i++];
	}
	if (n <= want)
		*at = len;
	*ret_len = n;
	return out;
}

const char *profile_long_number(const json_t *value)
{
	const char *text = json_string_value(value);

	return text && *text == LONG_MARK ? text + 1 : NULL;
}

/* `at` is where jansson stopped: behind the last byte that it took. */
static void not_json(const char *origin, const char *text, size_t len, size_t at,
		     const json_error_t *where, struct err *err)
{
	const char *nul = memchr(text, '\0', at < len ? at + 1 : len);
	const char *why = where->text;
	unsigned line, col;
	char byte[32];

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		at = 0;
		why = "it starts with a byte order mark";
	} else if (nul) {
		at = (size_t)(nul - text);
		why = "there is a NUL byte";
	} else if (json_error_code(where) == json_error_invalid_utf8 && at < len) {
		snprintf(byte, sizeof(byte), "byte 0x%02x is not UTF-8", (unsigned char)text[at]);
		why = byte;
	} else if (at) {
		/* to the first byte of the last character */
		while (--at && ((unsigned char)text[at] & 0xc0) == 0x80)
			;
	}
	profile_position(text, len, at, &line, &col);
	err_say(err, "%s:%u:%u: not JSON: %s", origin, line, col, why);
	err_hint(err, why == where->text ? "a seccomp profile is a JSON file in Docker's format"
					 : "save the profile as UTF-8 without a byte order mark");
}

json_t *profile_parse(const char *origin, const char *text, size_t len, struct err *err)
{
	size_t quoted_len, at = 0;
	auto_free char *quoted = NULL;
	json_error_t where;
	json_t *root;

	if (len > PROFILE_MAX_BYTES) {
		err_say(err, "%s: a profile of %zu bytes is above the limit of %u", origin, len,
			PROFILE_MAX_BYTES);
		return NULL;
	}
	quoted = quote_long_numbers(text, len, &quoted_len, &at);
	if (!quoted) {
		err_set(err, ENOMEM, "%s", origin);
		return NULL;
	}
	root = json_loadb(quoted, quoted_len, JSON_REJECT_DUPLICATES, &where);
	if (root)
		return root;
	at = where.position > 0 ? (size_t)where.position : 0;
	/* once more, for the place only */
	free(quote_long_numbers(text, len, &quoted_len, &at));
	not_json(origin, text, len, at, &where, err);
	return NULL;
}
