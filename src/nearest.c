/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nearest.c - "did you mean".
 *
 * Should: find the word that was probably meant.
 * Mustn't: be slow or allocate, however long the word is.
 */
#include <string.h>
#include <strings.h>

#include "nearest.h"

#define WORD_MAX 48

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static unsigned min2(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* The optimal string alignment distance, row by row; longer words than WORD_MAX are all far. */
unsigned edit_distance(const char *a, const char *b)
{
	unsigned rows[3][WORD_MAX + 1];
	size_t la = strnlen(a, WORD_MAX + 1), lb = strnlen(b, WORD_MAX + 1);

	if (la > WORD_MAX || lb > WORD_MAX)
		return 2 * WORD_MAX;
	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned *row = rows[i % 3], *up = rows[(i - 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned change = lower(a[i - 1]) != lower(b[j - 1]);

			row[j] = min2(min2(up[j], row[j - 1]) + 1, up[j - 1] + change);
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]))
				row[j] = min2(row[j], rows[(i - 2) % 3][j - 2] + 1);
		}
	}
	return rows[la % 3][lb];
}

const char *nearest(const char *word, const char *(*name)(size_t i), size_t n)
{
	size_t len = strnlen(word, WORD_MAX + 1);
	unsigned best = (unsigned)(len < 6 ? 2 : len / 3) + 1;
	const char *found = NULL;

	if (len > WORD_MAX || len == 0)
		return NULL;
	if (best > len)
		best = (unsigned)len; /* replacing every letter is not being near */
	for (size_t i = 0; i < n; i++) {
		const char *candidate = name(i);
		unsigned far;

		if (!candidate)
			continue;
		far = edit_distance(word, candidate);
		if (far < best) {
			best = far;
			found = candidate;
		}
	}
	/* "net" means "network", though four letters are missing. A typing error comes first. */
	for (size_t i = 0; best > 1 && len >= 3 && i < n; i++) {
		const char *candidate = name(i);

		if (candidate && strncasecmp(candidate, word, len) == 0)
			return candidate;
	}
	return found;
}
