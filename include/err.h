/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err.h - one error, carried from where it happened to the one place that prints it.
 *
 * House rule: a function returns 0 or -errno and takes `struct err *` last. The first failure
 * wins: once an error is set, later err_set() calls on it are ignored, so clean-up code cannot
 * hide the cause. A function either sets an error or returns quietly, it never prints.
 *
 * All storage is inside the struct, because the same struct lives in the shared failure page
 * (see page.h): a child that may not allocate fills it with plain stores.
 */
#ifndef PILLBOX_ERR_H
#define PILLBOX_ERR_H

#include <stdbool.h>

/* Exit status of the launcher itself; the same numbers as Docker's (docker-run(1), EXIT STATUS). */
enum {
	EXIT_SETUP = 125,     /* pillbox refused or could not build the sandbox */
	EXIT_NOT_EXEC = 126,  /* the command was found but cannot be executed */
	EXIT_NOT_FOUND = 127, /* the command was not found */
	EXIT_SIGNAL = 128,    /* 128 + n: the command was ended by signal n */
};

struct err {
	int num;        /* errno of the cause, > 0; EINVAL for a request that makes no sense */
	int exit;       /* exit status this failure asks for; EXIT_SETUP unless said otherwise */
	bool is_set;    /* a failure is stored here */
	bool raw;       /* msg already names the cause: do not append strerror(num) */
	char msg[768];  /* "<object>: <cause>", not yet escaped, no newline */
	char hint[768]; /* the cure, or "" */
};

/*
 * Store a failure: `<printf text>: <strerror(num)>`. Returns -num, so that
 * `return err_set(err, errno, "%s", path);` is one line. Does not change errno.
 */
int err_set(struct err *err, int num, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same, but the text is the whole message: no strerror is appended. Returns -EINVAL. */
int err_say(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Attach the cure to an error that has none yet. Ignored when a hint is there or no error is. */
void err_hint(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Print `pillbox: <where>: <msg>` and, where there is one, `hint: <hint>` on stderr, each one line
 * with every byte escaped that could drive a terminal. `where` names the step or option.
 */
void err_print(const struct err *err, const char *where);

/* `pillbox: note: ...` on stderr: for what is weaker than asked or NOT ENFORCED. */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* --quiet: no notes from here on. Errors are printed all the same. */
void note_off(void);
/* A line that --quiet does not hide, because it was asked for. */
void tell(const char *prefix, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Lines end with a CR, too: stderr is a terminal in raw mode. */
void err_raw(bool yes);

#endif
