/* SPDX-License-Identifier: Apache-2.0 */
/* nearest.h - "did you mean": the known word that is nearest to an unknown one. */
#ifndef PILLBOX_NEAREST_H
#define PILLBOX_NEAREST_H

#include <stddef.h>

/* Insertions, deletions, replacements and swaps of neighbours from a to b, letters of any case. */
unsigned edit_distance(const char *a, const char *b);

/* The nearest of name(0) .. name(n-1), or NULL when none is near. name() may give NULL. */
const char *nearest(const char *word, const char *(*name)(size_t i), size_t n);

#endif
