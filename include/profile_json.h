/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_json.h - the parts of the profile reader; used by profile.c, _json, _text and _locate only.
 *
 * Every function returns 0, or -EINVAL with rd->err set to a message that names the place.
 */
#ifndef PILLBOX_PROFILE_JSON_H
#define PILLBOX_PROFILE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "profile.h"

struct reader {
	const char *origin;
	const char *text; /* for the place of an error */
	size_t len;
	uint64_t caps;
	unsigned kernel;
	uint32_t native;
	struct profile *p;
	struct err *err;
	char where[64];       /* "syscalls[12].args[0]", "" at the top: see profile_enter() */
	char item[64];        /* profile_item() */
	unsigned entry, line; /* of "syscalls", now */
};

struct profile_arch {
	const char *scmp; /* SCMP_ARCH_... */
	const char *name; /* in includes and excludes */
	uint32_t token;
	char family; /* a kernel for one of a family can run the others */
};

/* A JSON tree, or NULL with err set. */
json_t *profile_parse(const char *origin, const char *text, size_t len, struct err *err);
/* The digits of a number that jansson cannot hold, or NULL. */
const char *profile_long_number(const json_t *value);

/* The line of one element of "syscalls" after the other; 0 where it is not known. */
struct profile_lines {
	const char *next, *counted, *end;
	unsigned line;
};
void profile_lines_start(struct profile_lines *l, const char *text, size_t len);
unsigned profile_lines_next(struct profile_lines *l);

/*
 * Set rd->err to "<file>:<line>:<column>: <where>: <text>". key: the field of rd->where that is
 * wrong, or profile_item() of it; NULL: the whole.
 */
int profile_bad(struct reader *rd, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* "names[3]"; valid until the next call. */
const char *profile_item(struct reader *rd, const char *key, size_t index);
/*
 * Add to rd->where; the result goes to profile_leave(). On an error nobody leaves: it ends the
 * reading.
 */
size_t profile_enter(struct reader *rd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void profile_leave(struct reader *rd, size_t outer);
/* A hint "<what> A, B, C" from an array whose elements start with a `const char *`. */
void profile_hint_words(struct reader *rd, const char *what, const void *array, size_t n,
			size_t size);

/* Refuse every field that is not in the list, so that a misspelt one cannot be passed over. */
int profile_fields(struct reader *rd, json_t *obj, const char *what, const char *const *known);
/* NULL where the field is absent or null, which Docker's own files use for "nothing". */
json_t *profile_field(json_t *obj, const char *key);
int profile_string(struct reader *rd, json_t *obj, const char *key, const char **ret);
/* An array of non-empty strings; NULL where there is none. */
int profile_list(struct reader *rd, json_t *obj, const char *key, json_t **ret);
/* *ret stays as it is where the field is absent. */
int profile_number(struct reader *rd, json_t *obj, const char *key, uint64_t max, uint64_t *ret);

const struct profile_arch *profile_arch_by_token(uint32_t token);
/* "SCMP_ARCH_..."; key as in profile_bad(). */
int profile_arch(struct reader *rd, const char *key, const char *name,
		 const struct profile_arch **ret);

/*
 * The action and, for ERRNO and TRACE, its data: a number, or, as podman's files have it too, a
 * name. Where both are given they must agree.
 */
int profile_action(struct reader *rd, json_t *obj, const char *key, const char *num_key,
		   const char *name_key, uint32_t *ret);

/* The error for what Docker hands to a program of the host's. */
int profile_no_agent(struct reader *rd, const char *key, const char *what);

/* Do "includes" and "excludes" let this rule be in force here? */
int profile_in_force(struct reader *rd, json_t *obj, bool *ret);

/* One element of "args". */
int profile_condition(struct reader *rd, json_t *obj, struct profile_cond *ret);

#endif
