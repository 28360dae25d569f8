/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls_values.h - the tables behind call_value_text() and call_value_parse().
 *
 * A kind's value has up to two parts: a field of bits in which one of several choices stands (the
 * access mode of open, the signal of clone), and bits of their own, the flags.
 */
#ifndef PILLBOX_CALLS_VALUES_H
#define PILLBOX_CALLS_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call_word {
	const char *name;
	uint64_t value;
};

/* How a number without a name is written. */
enum call_base {
	CALL_HEX,
	CALL_DEC,
	CALL_INT, /* signed, 32 bits: -1; the sign may go on above them */
	CALL_ID,  /* the same, but all ones is the only negative number */
	CALL_OCT,
};

struct call_kind {
	const char *name;
	enum call_base base;
	bool is_64;                      /* the kernel looks at all 64 bits; else at the low 32 */
	uint64_t field;                  /* the bits in which one of choices stands */
	const struct call_word *choices; /* NULL: there are none; this goes for flags as well */
	const struct call_word *flags; /* none is 0; one of several bits stands before its parts */
	const char *zero;              /* what 0 is called, if that is no choice */
};

/* A #define or an enumerator, by the name it has; and the end of a table. */
/* clang-format off */
#define CALL_WORD(word) {#word, word}
#define CALL_END {NULL, 0}
/* clang-format on */

extern const struct call_kind call_kinds[];
extern const size_t call_kinds_len;

/* calls_commands.c, calls_ioctl.c */
extern const struct call_word call_fcntls[], call_prctls[], call_ptraces[], call_keyctls[];
extern const struct call_word call_bpfs[], call_ioctls[];

/* NULL: no such kind. */
const struct call_kind *call_kind(const char *name);

#endif
