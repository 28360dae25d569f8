/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_verdict.h - a profile's answer to a call, and what gave it.
 */
#ifndef PILLBOX_PROFILE_VERDICT_H
#define PILLBOX_PROFILE_VERDICT_H

#include "profile_reading.h"

enum verdict_by {
	BY_RULE,
	BY_DEFAULT, /* no rule fits */
	BY_NEWER,   /* above every number that the profile mentions */
	BY_ARCH,    /* the profile has nothing for this architecture */
};

struct verdict {
	uint32_t action; /* SECCOMP_RET_* and its data */
	enum verdict_by by;
	const struct profile_rule *rule; /* BY_RULE: the one, or one of several with this action */
};

/* A profile seen from one architecture. */
struct profile_view {
	const struct profile *p;
	const struct profile_prog *prog; /* NULL: the rules alone are asked */
	uint32_t arch, audit_arch;
	bool is_listed; /* the profile has the architecture */
	bool is_32bit;
	uint32_t newest;
	struct profile_entry *entries;
	size_t n;
};

/* p and prog stay where they are; profile_view_free() it. */
int profile_view(struct profile_view *v, const struct profile *p, const struct profile_prog *prog,
		 uint32_t arch, struct err *err);
void profile_view_free(struct profile_view *v);

/* The rules in force for one call; how many. */
size_t profile_view_rules(const struct profile_view *v, uint32_t nr,
			  const struct profile_entry **ret);

/*
 * The answer to one call, by the rules and by the program, which must agree: if they do not, that is
 * an error, and a bug of ours. On x86_64 a number from x32's bit on (0x40000000) is a call of x32, whose
 * view it takes, although the kernel reports the same architecture for both.
 */
int profile_verdict(const struct profile_view *v, uint32_t nr, const __u64 *args,
		    struct verdict *ret, struct err *err);

/* All answers that there are to a call, by its arguments. */
struct profile_answers {
	bool can_allow, can_refuse;
	uint32_t strictest, weakest;
};
int profile_answers(const struct profile_view *v, uint32_t nr, struct profile_answers *ret,
		    struct err *err);

/* Does the call take place? SECCOMP_RET_ALLOW or LOG. */
bool verdict_allows(uint32_t action);

/* ---- capabilities ---------------------------------------------------------------------------- */

/* What one more capability opens; the names are call_table's. */
struct profile_unlock {
	unsigned cap;
	const char **calls; /* sorted */
	size_t n;
};

/*
 * For each capability that the profile's rules depend on and that is not in caps: the calls of the
 * native architecture that get a weaker answer with it, for some arguments at least. Malloc'd, by
 * number of the capability; without those that open nothing. profile_unlocks_free() it.
 */
int profile_unlocks(const char *origin, const char *text, size_t len, uint64_t caps,
		    unsigned kernel, struct profile_unlock **ret, size_t *ret_n, struct err *err);
void profile_unlocks_free(struct profile_unlock *u, size_t n);

/* The capabilities each of which alone would let this one call take place. */
int profile_unlockers(const char *origin, const char *text, size_t len, uint64_t caps,
		      unsigned kernel, uint32_t arch, uint32_t nr, const __u64 *args, uint64_t *ret,
		      struct err *err);

#endif
