/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls_values.c - arguments of system calls as the headers spell them, and back.
 *
 * Should: lose nothing: what call_value_text() writes call_value_parse() reads as the same value;
 *         say it where bits are set that the kernel does not look at.
 * Mustn't: allocate, or trust a value: it is the workload's.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "calls.h"
#include "calls_values.h"

#define HIGH_BITS " (high bits 0x"
#define LOW(v) ((v)&UINT32_MAX)

/* For what is of no kind. */
static const struct call_kind plain = {.name = "", .base = CALL_DEC, .is_64 = true};

const struct call_kind *call_kind(const char *name)
{
	for (size_t i = 0; i < call_kinds_len; i++) {
		if (strcmp(call_kinds[i].name, name) == 0)
			return &call_kinds[i];
	}
	return NULL;
}

static const struct call_kind *kind_or_plain(const char *name)
{
	const struct call_kind *k = call_kind(name);

	return k ? k : &plain;
}

/* ---- to text -------------------------------------------------------------------------------- */

struct out {
	char *buf;
	size_t size;
	size_t used; /* below size */
};

__attribute__((format(printf, 2, 3))) static void put(struct out *o, const char *fmt, ...)
{
	size_t left = o->size - o->used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(o->buf + o->used, left, fmt, ap);
	va_end(ap);
	if (n > 0)
		o->used += (size_t)n < left ? (size_t)n : left - 1;
}

static void put_name(struct out *o, const char *name)
{
	put(o, "%s%s", o->used ? "|" : "", name);
}

static bool is_negative(const struct call_kind *k, uint64_t v)
{
	return (k->base == CALL_INT && v > INT32_MAX) || (k->base == CALL_ID && v == UINT32_MAX);
}

static void put_number(struct out *o, enum call_base base, uint64_t v)
{
	unsigned long long n = v;

	if (base == CALL_OCT)
		put(o, "%#llo", n);
	else if (base == CALL_HEX || v > UINT32_MAX)
		put(o, "%#llx", n);
	else
		put(o, "%llu", n);
}

static const struct call_word *word_of(const struct call_word *w, uint64_t value)
{
	for (; w && w->name; w++) {
		if (w->value == value)
			return w;
	}
	return NULL;
}

/* All that has a name; gives back what is left. */
static uint64_t put_names(struct out *o, const struct call_kind *k, uint64_t v)
{
	const struct call_word *w = word_of(k->choices, v & k->field);

	if (w) {
		put_name(o, w->name);
		v &= ~k->field;
	}
	for (w = k->flags; w && w->name; w++) {
		if ((v & w->value) != w->value)
			continue;
		put_name(o, w->name);
		v &= ~w->value;
	}
	return v;
}

static void put_value(struct out *o, const struct call_kind *k, uint64_t v)
{
	uint64_t rest;

	if (v == 0 && k->zero) {
		put(o, "%s", k->zero);
		return;
	}
	/* Every bit at once is no set of flags: it is -1, "what is it now" for instance. */
	if (k->flags && v == (k->is_64 ? UINT64_MAX : UINT32_MAX)) {
		put_number(o, CALL_HEX, v);
		return;
	}
	rest = put_names(o, k, v);
	if (!o->used && is_negative(k, v))
		put(o, "%d", (int)v);
	else if (!o->used)
		put_number(o, k->base, v);
	else if (rest)
		put(o, "|%#llx", (unsigned long long)rest);
}

const char *call_value_text(const char *kind, uint64_t value, char *buf, size_t size)
{
	const struct call_kind *k = kind_or_plain(kind);
	uint64_t v = k->is_64 ? value : LOW(value);
	uint64_t high = k->is_64 ? 0 : value >> 32;
	struct out o = {.buf = buf, .size = size};

	if (size == 0)
		return buf;
	put_value(&o, k, v);
	if (high && !(high == UINT32_MAX && is_negative(k, v)))
		put(&o, HIGH_BITS "%llx)", (unsigned long long)high);
	return buf;
}

/* ---- from text ------------------------------------------------------------------------------ */

/* C's notation, a sign allowed; no blanks. -1 fills the bits that the kernel looks at. */
static int parse_number(const struct call_kind *k, const char *text, size_t len, uint64_t *ret)
{
	char digits[32];
	bool is_minus = *text == '-';
	unsigned long long v;
	char *end;

	if (is_minus) {
		text++;
		len--;
	}
	if (len >= sizeof(digits) || !isdigit((unsigned char)*text))
		return -EINVAL;
	snprintf(digits, sizeof(digits), "%.*s", (int)len, text);
	errno = 0;
	v = strtoull(digits, &end, 0);
	if (*end)
		return -EINVAL;
	if (errno || (is_minus && v > (k->is_64 ? 1ULL << 63 : 1ULL << 31)))
		return -ERANGE;
	*ret = !is_minus ? v : k->is_64 ? -v : LOW(-v);
	return 0;
}

static bool is_word(const char *name, const char *text, size_t len)
{
	return name && strlen(name) == len && strncasecmp(name, text, len) == 0;
}

static const struct call_word *word_named(const struct call_word *w, const char *text, size_t len)
{
	for (; w && w->name; w++) {
		if (is_word(w->name, text, len))
			return w;
	}
	return NULL;
}

/* Two choices would stand in one field: *has_choice. */
static int parse_word(const struct call_kind *k, const char *text, size_t len, bool *has_choice,
		      uint64_t *ret)
{
	const struct call_word *choice = word_named(k->choices, text, len);
	const struct call_word *flag = word_named(k->flags, text, len);

	if (choice && *has_choice)
		return -EINVAL;
	if (choice)
		*has_choice = true;
	if (choice || flag)
		*ret = choice ? choice->value : flag->value;
	else if (is_word(k->zero, text, len))
		*ret = 0;
	else if (is_word("AT_FDCWD", text, len))
		*ret = k->is_64 ? (uint64_t)AT_FDCWD : LOW((uint64_t)AT_FDCWD);
	else
		return parse_number(k, text, len, ret);
	return 0;
}

/* The end of what call_value_text() writes where bits are set that do not count. */
static int parse_high(const char *text, uint64_t *ret)
{
	unsigned long long v;
	int end = -1;

	if (sscanf(text, HIGH_BITS "%8llx)%n", &v, &end) != 1 || end < 0 || text[end] ||
	    v > UINT32_MAX)
		return -EINVAL;
	*ret = (uint64_t)v << 32;
	return 0;
}

int call_value_parse(const char *kind, const char *text, uint64_t *ret)
{
	const struct call_kind *k = kind_or_plain(kind);
	bool has_choice = false;
	uint64_t value = 0, part;
	int rc;

	for (;; text++) {
		size_t len = strcspn(text, "| ");

		rc = parse_word(k, text, len, &has_choice, &part);
		if (rc)
			return rc;
		value |= part;
		text += len;
		if (*text != '|')
			break;
	}
	if (*text && k->is_64)
		return -EINVAL;
	if (*text) {
		rc = parse_high(text, &part);
		if (rc)
			return rc;
		value |= part;
	}
	*ret = value;
	return 0;
}
