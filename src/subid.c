/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subid.c - strict reader of /etc/subuid and /etc/subgid, subuid(5).
 *
 * Should: accept only lines whose meaning is beyond doubt, and name file, line and reason for any
 * other. newuidmap(1) reads the same files with its own, laxer rules (it takes "0100" for octal
 * and skips what it cannot read): where the two could differ we refuse, because the ids that the
 * report shows have to be the ids that are mapped.
 * Mustn't: touch the host (pure), guess, or repair.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ids.h"
#include "util.h"

#define ID_END 4294967295ULL /* one past the last usable id: (uid_t)-1 means "none" */
#define OWNER_MAX 256

struct line {
	const char *owner; /* not terminated */
	size_t owner_len;
	uint64_t start, count;
};

/* The next line without its newline; false at the end. A last line without newline counts. */
static bool line_next(const char **at, const char *end, const char **ret, size_t *ret_len)
{
	const char *nl;

	if (*at >= end)
		return false;
	nl = memchr(*at, '\n', (size_t)(end - *at));
	*ret = *at;
	*ret_len = (size_t)((nl ? nl : end) - *at);
	*at = nl ? nl + 1 : end;
	return true;
}

static bool is_blank(const char *text, size_t len)
{
	return len == 0 || text[0] == '#';
}

/* A field of decimal digits, not terminated. */
static int field_parse(const char *text, size_t len, uint64_t *ret)
{
	char buf[24];

	if (len == 0)
		return -EINVAL;
	if (len >= sizeof(buf)) /* longer than any 64-bit number */
		return -ERANGE;
	memcpy(buf, text, len);
	buf[len] = '\0';
	return parse_u64(buf, UINT32_MAX, ret);
}

/* Split one line. NULL: it is good; else what is wrong with it. */
static const char *line_split(const char *text, size_t len, struct line *ret)
{
	const char *colon1, *colon2, *end = text + len;
	int e1, e2;

	if (memchr(text, '\0', len))
		return "holds a NUL byte";
	if (text[len - 1] == '\r')
		return "ends in CR LF; the file has to have Unix line ends";
	colon1 = memchr(text, ':', len);
	colon2 = colon1 ? memchr(colon1 + 1, ':', (size_t)(end - colon1 - 1)) : NULL;
	if (!colon2 || memchr(colon2 + 1, ':', (size_t)(end - colon2 - 1)))
		return "is not of the form NAME:START:COUNT";
	ret->owner = text;
	ret->owner_len = (size_t)(colon1 - text);
	if (ret->owner_len == 0 || ret->owner_len >= OWNER_MAX)
		return ret->owner_len ? "has too long a name" : "has no name";
	e1 = field_parse(colon1 + 1, (size_t)(colon2 - colon1 - 1), &ret->start);
	e2 = field_parse(colon2 + 1, (size_t)(end - colon2 - 1), &ret->count);
	if (e1 == -EINVAL || e2 == -EINVAL)
		return "has a START or COUNT that is not a plain decimal number";
	if (e1 || e2)
		return "has a START or COUNT above 4294967295";
	return NULL;
}

static bool is_owner(const struct line *l, const char *login, const char *uid)
{
	if (login && strlen(login) == l->owner_len && !memcmp(login, l->owner, l->owner_len))
		return true;
	return strlen(uid) == l->owner_len && !memcmp(uid, l->owner, l->owner_len);
}

/* First pass: the form of every line, and the lines that are the user's. */
static int ranges_collect(const struct id_text *t, const char *login, const char *uid,
			  struct subid_range *ret, size_t max, size_t *ret_n, struct err *err)
{
	const char *at = t->text, *end = t->text + t->len, *text, *why;
	unsigned number = 0;
	struct line l;
	size_t len, n = 0;

	while (line_next(&at, end, &text, &len)) {
		number++;
		if (is_blank(text, len))
			continue;
		why = line_split(text, len, &l);
		if (why)
			return err_say(err, "%s:%u: the line %s", t->file, number, why);
		if (!is_owner(&l, login, uid))
			continue;
		if (l.count == 0)
			return err_say(err, "%s:%u: the range has no ids (COUNT is 0)", t->file,
				       number);
		if (l.start + l.count > ID_END)
			return err_say(
				err,
				"%s:%u: the range %llu:%llu goes beyond the last id, 4294967294",
				t->file, number, (unsigned long long)l.start,
				(unsigned long long)l.count);
		if (n == max) {
			err_say(err, "%s:%u: more than %zu ranges for one user", t->file, number,
				max);
			return -E2BIG;
		}
		ret[n++] = (struct subid_range){(uint32_t)l.start, (uint32_t)l.count, number};
	}
	*ret_n = n;
	return 0;
}

static bool overlaps(uint64_t a, uint64_t a_count, uint64_t b, uint64_t b_count)
{
	return a_count && b_count && a < b + b_count && b < a + a_count;
}

/*
 * Second pass: no range of the user's may share ids with any other line, his own or another
 * user's: two users with the same ids could enter each other's sandboxes and files.
 */
static int ranges_overlap(const struct id_text *t, const struct subid_range *r, size_t n,
			  struct err *err)
{
	const char *at = t->text, *end = t->text + t->len, *text;
	unsigned number = 0;
	struct line l;
	size_t len;

	while (line_next(&at, end, &text, &len)) {
		number++;
		if (is_blank(text, len) || line_split(text, len, &l))
			continue;
		for (size_t i = 0; i < n; i++) {
			if (r[i].line == number ||
			    !overlaps(r[i].start, r[i].count, l.start, l.count))
				continue;
			return err_say(err,
				       "%s:%u: the range %u:%u overlaps line %u, %.*s:%llu:%llu",
				       t->file, r[i].line, r[i].start, r[i].count, number,
				       (int)l.owner_len, l.owner, (unsigned long long)l.start,
				       (unsigned long long)l.count);
		}
	}
	return 0;
}

int subid_parse(const char *file, const char *text, size_t len, const char *login, uid_t uid,
		struct subid_range *ret, size_t max, size_t *ret_n, struct err *err)
{
	struct id_text t = {.file = file, .text = text, .len = text ? len : 0};
	char number[16];
	size_t n = 0;
	int res;

	if (!t.text)
		t.text = "";
	snprintf(number, sizeof(number), "%u", uid);
	res = ranges_collect(&t, login, number, ret, max, &n, err);
	if (!res && n)
		res = ranges_overlap(&t, ret, n, err);
	if (res)
		return res;
	*ret_n = n;
	return 0;
}

bool subid_taken(const struct id_text *t, uint32_t start, uint32_t count)
{
	const char *at = t->text, *end = t->text ? t->text + t->len : NULL, *text;
	struct line l;
	size_t len;

	while (line_next(&at, end, &text, &len)) {
		if (is_blank(text, len) || line_split(text, len, &l))
			continue;
		if (overlaps(start, count, l.start, l.count))
			return true;
	}
	return false;
}
