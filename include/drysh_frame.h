/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drysh_frame.h - shared by the files that make the script (src/drysh*.c), not by the rooms.
 */
#ifndef PILLBOX_DRYSH_FRAME_H
#define PILLBOX_DRYSH_FRAME_H

#include <stdio.h>

#include "drysh.h"

/* A text that grows. */
struct sh_text {
	FILE *out;
	char *buf; /* valid after sh_text_end() */
	size_t len;
};

struct sh {
	const struct run *r;
	FILE *to; /* the script */
	struct sh_text part[SH_PARTS];
	struct sh_text tools;    /* "\ttool:package \\\n" for each */
	const struct step *step; /* the one in hand */
	enum sh_part at;         /* the part that its next line goes to */
	bool is_titled[SH_PARTS];
	unsigned n_titled;  /* the parts in which it has a heading already */
	bool has_own_words; /* a blank comment line parts its own words from the script's notes */
	bool has_setpriv;   /* setpriv's row of words has begun */
};

/* ---- drysh_shells.c: the lines of the shells that belong to no step ---- */

void sh_begin(struct sh *out);
void sh_put_script(struct sh *out);

/* ---- drysh_text.c ---- */

/* A comment of whole words: `first` begins its first line, `next` the others. */
void sh_wrap(FILE *out, const char *first, const char *next, const char *text);

void sh_text_begin(struct sh_text *t);
void sh_text_end(struct sh_text *t);

#endif
