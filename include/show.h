/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show.h - how a step says which values it will use: key and value, into whatever reads it
 * (--verbose, --dry-run as text or JSON, --explain).
 */
#ifndef PILLBOX_SHOW_H
#define PILLBOX_SHOW_H

/* One reader. `value` is raw: it may hold any byte but NUL, and the reader has to escape it. */
struct show {
	void (*put)(struct show *out, const char *key, const char *value);
};

/*
 * A key in snake_case, the same for the same thing in every step, and its value. A key that comes
 * several times in a row is a list. Keys are part of what --dry-run=json promises: docs/dry-run.md.
 */
void show(struct show *out, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

struct run;
struct step;

/*
 * The values of one step as lines of text, "key: value" each; values without a blank share a line.
 * Control bytes are escaped. Calls `line` for each.
 */
void show_lines(const struct run *r, const struct step *s,
		void (*line)(const char *text, void *arg), void *arg);

#endif
