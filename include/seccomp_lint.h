/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_lint.h - what `pillbox seccomp lint` finds; between seccomp_lint*.c only.
 */
#ifndef PILLBOX_SECCOMP_LINT_H
#define PILLBOX_SECCOMP_LINT_H

#include "seccomp_cmd.h"

enum severity { SEV_ERROR, SEV_WARNING, SEV_NOTE, SEVERITIES };

struct finding {
	enum severity severity;
	unsigned line;  /* 0: the profile as a whole */
	const char *id; /* stable: docs/seccomp.md lists them */
	char *text;
};

struct lint {
	struct seccomp_profile sp;
	json_t *root;          /* of the text, as profile_parse() makes it */
	struct profile_view v; /* of the native architecture; no program if it has none */
	struct finding *found;
	size_t n;
	bool is_short; /* of memory */
};

void lint_add(struct lint *l, enum severity severity, unsigned line, const char *id,
	      const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* The line of the rule's name, not only of its entry; 0: there is no rule. */
unsigned lint_line(const struct lint *l, const struct profile_rule *rule);
/* The line of syscalls[entry].names[name]; `line`, that of the entry, where there is no such list. */
unsigned lint_name_line(const struct lint *l, size_t entry, size_t name, unsigned line);

/* seccomp_lint_rules.c: what is written: names, conditions, rules beside each other. */
void lint_text(struct lint *l);
void lint_rules(struct lint *l);

/* seccomp_lint_calls.c: what is allowed. */
void lint_calls(struct lint *l);

#endif
