/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_json.h - the fields of a seccomp profile, one at a time; used by profile.c only.
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
	uint64_t caps;
	unsigned kernel;
	uint32_t native;
	struct profile *p;
	struct err *err;
	char where[48]; /* "syscalls[12]", "" at the top */
};

struct profile_arch {
	const char *scmp; /* SCMP_ARCH_... */
	const char *name; /* in includes and excludes */
	uint32_t token;
	char family; /* a kernel for one of a family can run the others */
};

/* Set rd->err to "<file>: <place>: <text>". */
int profile_bad(struct reader *rd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

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
int profile_arch(struct reader *rd, const char *name, const struct profile_arch **ret);

/*
 * The action and, for ERRNO and TRACE, its data: a number, or, as podman's files have it too, a
 * name. Where both are given they must agree.
 */
int profile_action(struct reader *rd, json_t *obj, const char *key, const char *num_key,
		   const char *name_key, uint32_t *ret);

/* Do "includes" and "excludes" let this rule be in force here? */
int profile_in_force(struct reader *rd, json_t *obj, bool *ret);

/* One element of "args". */
int profile_condition(struct reader *rd, json_t *obj, struct profile_cond *ret);

#endif
