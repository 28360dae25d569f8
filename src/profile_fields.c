/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_fields.c - the fields of a profile's JSON objects, and the errors about them.
 *
 * Should: name the place of every error, in the file and in the profile.
 * Mustn't: know which fields there are, or what they mean.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "profile_json.h"
#include "util.h"

/* key NULL: rd->where itself. */
static int say(struct reader *rd, const char *key, bool is_key, const char *text)
{
	char path[sizeof(rd->where) + 128];
	unsigned line, col;

	snprintf(path, sizeof(path), "%s%s%.120s", rd->where, key && *rd->where ? "." : "",
		 key ? key : "");
	if (is_key)
		(void)profile_locate_key(rd->text, rd->len, path, &line, &col);
	else
		(void)profile_locate(rd->text, rd->len, path, &line, &col);
	return err_say(rd->err, "%s:%u:%u: %s%s%s", rd->origin, line, col, rd->where,
		       *rd->where ? ": " : "", text);
}

int profile_bad(struct reader *rd, const char *key, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return say(rd, key, false, text);
}

const char *profile_item(struct reader *rd, const char *key, size_t index)
{
	snprintf(rd->item, sizeof(rd->item), "%.32s[%zu]", key, index);
	return rd->item;
}

size_t profile_enter(struct reader *rd, const char *fmt, ...)
{
	size_t outer = strlen(rd->where), n = outer;
	va_list ap;

	if (n && n + 1 < sizeof(rd->where))
		rd->where[n++] = '.';
	va_start(ap, fmt);
	(void)vsnprintf(rd->where + n, sizeof(rd->where) - n, fmt, ap);
	va_end(ap);
	return outer;
}

void profile_leave(struct reader *rd, size_t outer)
{
	rd->where[outer] = '\0';
}

void profile_hint_words(struct reader *rd, const char *what, const void *array, size_t n,
			size_t size)
{
	char text[512] = "";
	size_t used = 0;

	for (size_t i = 0; i < n && used < sizeof(text); i++) {
		const char *word;

		memcpy(&word, (const char *)array + i * size, sizeof(word));
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? ", " : "",
					 word);
	}
	err_hint(rd->err, "%s %s", what, text);
}

int profile_fields(struct reader *rd, json_t *obj, const char *what, const char *const *known)
{
	const char *key;
	json_t *value;

	if (!json_is_object(obj))
		return profile_bad(rd, NULL, "%s is not a JSON object", what);
	json_object_foreach(obj, key, value)
	{
		char text[160];
		size_t i = 0;

		while (known[i] && strcmp(known[i], key) != 0)
			i++;
		if (known[i])
			continue;
		snprintf(text, sizeof(text), "unknown field \"%.64s\" in %s", key, what);
		say(rd, key, true, text);
		profile_hint_words(rd, "the fields here are", known, i, sizeof(*known));
		return -EINVAL;
	}
	return 0;
}

json_t *profile_field(json_t *obj, const char *key)
{
	json_t *value = json_object_get(obj, key);

	return json_is_null(value) ? NULL : value;
}

int profile_string(struct reader *rd, json_t *obj, const char *key, const char **ret)
{
	json_t *value = profile_field(obj, key);

	if (value && (!json_is_string(value) || profile_long_number(value)))
		return profile_bad(rd, key, "\"%s\" is not a string", key);
	*ret = value ? json_string_value(value) : NULL;
	return 0;
}

int profile_list(struct reader *rd, json_t *obj, const char *key, json_t **ret)
{
	json_t *list = profile_field(obj, key);
	json_t *value;
	size_t i;

	if (list && !json_is_array(list))
		return profile_bad(rd, key, "\"%s\" is not a list", key);
	json_array_foreach(list, i, value)
	{
		if (!json_is_string(value) || !*json_string_value(value) ||
		    profile_long_number(value))
			return profile_bad(rd, profile_item(rd, key, i),
					   "\"%s\" holds something that is not a name", key);
	}
	*ret = list;
	return 0;
}

int profile_number(struct reader *rd, json_t *obj, const char *key, uint64_t max, uint64_t *ret)
{
	json_t *value = profile_field(obj, key);
	int rc;

	if (!value)
		return 0;
	if (json_is_integer(value) && json_integer_value(value) >= 0) {
		*ret = (uint64_t)json_integer_value(value);
		rc = *ret <= max ? 0 : -ERANGE;
	} else if (profile_long_number(value)) {
		rc = parse_u64(profile_long_number(value), max, ret);
	} else if (json_is_integer(value)) {
		return profile_bad(rd, key, "\"%s\" is negative: %lld", key,
				   (long long)json_integer_value(value));
	} else {
		return profile_bad(rd, key, "\"%s\" is not a whole number", key);
	}
	if (rc)
		return profile_bad(rd, key, "\"%s\" is not in 0..%llu", key,
				   (unsigned long long)max);
	return 0;
}
