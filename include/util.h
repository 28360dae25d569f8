/* SPDX-License-Identifier: Apache-2.0 */
/*
 * util.h - small tools without side effects on the sandbox, used by every room.
 */
#ifndef PILLBOX_UTIL_H
#define PILLBOX_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* auto_close int fd = -1;  closed when it goes out of scope. take_fd(&fd) hands it on. */
void auto_close_fn(const int *fd);
#define auto_close __attribute__((cleanup(auto_close_fn)))
int take_fd(int *fd);

/* auto_free char *p = NULL;  freed when it goes out of scope (parent only: the child never frees). */
void auto_free_fn(void *p);
#define auto_free __attribute__((cleanup(auto_free_fn)))

/*
 * The arena: the one place where the request (spec) and what was resolved from it (plan) live.
 * It only grows, and arena_freeze() makes it read-only before anything is touched, so that no
 * later code, and no bug in it, can change what was validated.
 */
struct arena {
	char *base;  /* start of the mapping */
	size_t used; /* bytes handed out */
	size_t size; /* bytes mapped */
};

int arena_init(struct arena *a, struct err *err);
/* Zeroed memory, aligned to 16. Never NULL: a request too large for the arena ends the program. */
void *arena_alloc(struct arena *a, size_t size);
char *arena_strdup(struct arena *a, const char *text);
char *arena_strndup(struct arena *a, const char *text, size_t len);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* With each `c` twice: "" in CSV, %% in a unit, $$ in Compose. */
char *arena_doubled(struct arena *a, const char *text, char c);
/* n descriptors, none open yet. Not in the arena: that is read-only by the time they are opened. */
int *fd_table(size_t n);
int arena_freeze(struct arena *a, struct err *err);

/*
 * Strict numbers: the whole text must be decimal digits, no sign, no blank, no prefix, no leading
 * zero but "0" itself. -EINVAL: not such a number; -ERANGE: above max.
 */
int parse_u64(const char *text, uint64_t max, uint64_t *ret);
/* A signed decimal, "-" allowed, otherwise as strict as parse_u64. */
int parse_i64(const char *text, int64_t min, int64_t max, int64_t *ret);
/* A uid or gid: 0..4294967294. (uid_t)-1 means "unchanged" to setresuid(2) and is refused. */
int parse_id(const char *text, uint32_t *ret);
/*
 * Docker's sizes: a number, a fraction allowed ("1.5g"), and one of b k kb m mb g gb t tb in any
 * case, 1024-based. -EINVAL: not a size; -ERANGE: not below 2^63.
 */
int parse_size(const char *text, uint64_t *ret);

/* Microseconds of CLOCK_MONOTONIC. */
uint64_t clock_us(void);

/* Write `text` to `out`, escaping control bytes, as \n, \t, \xNN; always NUL-terminated. */
void escape(char *out, size_t size, const char *text);

/*
 * Read a whole regular file of at most `max` bytes; the result is malloc'd and NUL-terminated.
 * Anything but a regular file is refused (a FIFO would hang, a device never end).
 * -EFBIG: larger than max. dirfd/path as in openat(2).
 */
int read_file(int dirfd, const char *path, size_t max, char **ret_text, size_t *ret_len);

/* Write all of text to an existing file below dirfd; -errno of the open or the write. */
int write_file(int dirfd, const char *path, const char *text);

/*
 * Text for a person: all of it, or as much as is read. In one write(2) where there is room, so that
 * lines of several programs do not mix. A closed or blocked reader is not our failure.
 */
void write_out(int fd, const char *text, size_t len);

/* Make `path` absolute-looking and tidy: "/a//b/./c/" -> "/a/b/c". -EINVAL on ".." or a relative one. */
int path_tidy(struct arena *a, const char *path, const char **ret);
/* Is `path` equal to `dir` or below it (both tidy)? */
bool path_below(const char *path, const char *dir);

#endif
