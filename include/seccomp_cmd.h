/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_cmd.h - `pillbox seccomp`: a workbench for seccomp profiles (docs/seccomp.md).
 *
 *   seccomp_cmd.c      the actions, their options
 *   seccomp_load.c     from a PROFILE on the command line to a program
 *   seccomp_text.c     answers and conditions as people read them
 *   seccomp_show.c ... one file an action
 */
#ifndef PILLBOX_SECCOMP_CMD_H
#define PILLBOX_SECCOMP_CMD_H

#include <jansson.h>

#include "calls.h"
#include "profile_verdict.h"
#include "step.h"

/* What was asked. */
struct seccomp_req {
	char **words; /* what is no option, behind the action */
	int n_words;
	uint64_t cap_add, cap_drop; /* with CAP_ALL_BIT */
	const char *preset;         /* NULL: the profile's own, else hardened */
	unsigned kernel;            /* major * 1000 + minor; 0: the running one */
	uint32_t arch;              /* SCMP_ARCH_* */
	const char *output;
	bool is_json;
};

/* One action: 0 or 1 is the exit status, -errno with err set. */
typedef int seccomp_action(const struct seccomp_req *req, struct err *err);
seccomp_action seccomp_compile, seccomp_diff, seccomp_lint, seccomp_show, seccomp_test;

#define SECCOMP_FORMAT 1 /* of the JSON; raised when a key changes its meaning or goes */

int cmd_seccomp(int argc, char *argv[], const struct seam *seam);

/* ---- a profile ------------------------------------------------------------------------------ */

struct seccomp_profile {
	const char *origin; /* for messages and reports; points into the request */
	const char *text;
	size_t len;
	char *own_text; /* text, where it is not built in */
	enum preset_id preset;
	uint64_t caps; /* the bounding set it was read for */
	unsigned kernel;
	struct profile p;
	struct profile_prog *prog; /* NULL until seccomp_profile_build() */
};

/*
 * Find PROFILE, "-" for standard input, and read it for the capabilities and the kernel that were
 * asked for. seccomp_profile_free() it, after a failure too; a zeroed one will do.
 */
int seccomp_profile_read(const struct seccomp_req *req, const char *name,
			 struct seccomp_profile *ret, struct err *err);
/* Compile it and compare the program with the rules. */
int seccomp_profile_build(struct seccomp_profile *sp, struct err *err);
/* Both. */
int seccomp_profile_load(const struct seccomp_req *req, const char *name,
			 struct seccomp_profile *ret, struct err *err);
void seccomp_profile_free(struct seccomp_profile *sp);
/* Has any architecture a call of this name? Otherwise its rules were skipped. */
bool seccomp_is_call(const char *name);

/* ---- text ----------------------------------------------------------------------------------- */

/* "allowed", "refused with EPERM", "kills the process". Returns buf, or a constant. */
const char *seccomp_answer(uint32_t action, char *buf, size_t size);
/* SCMP_ARCH_* -> "x86_64" */
const char *seccomp_arch(uint32_t arch);

/* SECCOMP_FILTER_FLAG_* -> "LOG SPEC_ALLOW", "none" */
const char *seccomp_flags(unsigned flags);

/*
 * What argument `index` of a call is called in conditions: "family", or "arg1" where nothing better
 * is known. `kind` is for call_value_text().
 */
#define SECCOMP_KIND 24
const char *seccomp_arg(const struct call_info *info, unsigned index, char *buf, size_t size,
			char kind[SECCOMP_KIND]);

/* "family < 38 and arg1 = 2"; nothing for n 0. */
void seccomp_conds_text(FILE *out, const struct call_info *info, const struct profile_cond *conds,
			unsigned n);
/*
 * All rules of a call, "allowed if family < 38 or family = 39; otherwise refused with EPERM".
 * malloc'd; NULL: no memory.
 */
char *seccomp_rules_text(const struct call_info *info, const struct profile_entry *e, size_t n,
			 uint32_t def);
/* "FILE:12: syscalls[3]" */
const char *seccomp_place(const char *origin, const struct profile_rule *rule, char *buf,
			  size_t size);

/* {"action": "errno", "errno": "EPERM"} */
json_t *seccomp_action_json(uint32_t action);
json_t *seccomp_caps_json(uint64_t caps);
json_t *seccomp_arches_json(const struct profile *p);
json_t *seccomp_flags_json(unsigned flags);
/* Print a document and let go of it; NULL is one that memory was short for. */
int seccomp_print_json(json_t *doc, struct err *err);

#endif
