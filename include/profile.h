/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile.h - seccomp profiles in Docker's JSON format, from text to a checked BPF program.
 *
 * Three stages:
 *   profile.c        text -> struct profile, a flat list of rules (strict reader, which is also
 *                    profile_text.c, _fields.c, _json.c and _locate.c)
 *   profile_build.c  struct profile -> BPF (profile_head.c, profile_tree.c)
 *   profile_check.c  does the program decide what the rules say? (independent evaluation)
 * Callers use profile_compile(), which is all three. Nothing here touches the running process.
 */
#ifndef PILLBOX_PROFILE_H
#define PILLBOX_PROFILE_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define PROFILE_MAX_BYTES (1U << 20) /* of a profile's text */
#define PROFILE_MAX_RULES 4096       /* each takes at least one instruction */
#define PROFILE_MAX_INSNS 4096       /* BPF_MAXINSNS, the kernel's limit */
#define PROFILE_ARCHES 4
#define PROFILE_ARGS 6

/* What the caller gets; insns is malloc'd. The cache keeps it as it is: no other pointers. */
struct profile_result {
	struct sock_filter *insns;
	unsigned short n;
	unsigned flags;      /* for seccomp(2): SECCOMP_FILTER_FLAG_* */
	unsigned n_rules;    /* rules that are in force, one per call name */
	unsigned n_unknown;  /* call names that no architecture here knows; they were skipped */
	char unknown[96];    /* the first of them, "a, b, ..." */
	uint64_t caps_mask;  /* capabilities that includes and excludes mention */
	unsigned kernel_max; /* highest minKernel mentioned, major * 1000 + minor; 0: none */
};

/*
 * caps: the bounding set that the workload will have; kernel: major * 1000 + minor.
 * origin is the file's name, for messages. On success ret is filled; profile_result_free() it.
 */
int profile_compile(const char *origin, const char *text, size_t len, uint64_t caps,
		    unsigned kernel, struct profile_result *ret, struct err *err);
void profile_result_free(struct profile_result *res);

/* ---- between the stages ------------------------------------------------------------------- */

struct profile_cond {
	unsigned index; /* argument 0..5 */
	int op;         /* enum scmp_compare */
	uint64_t value; /* what to compare with; MASKED_EQ: the mask */
	uint64_t datum; /* MASKED_EQ: what the masked argument must equal */
};

/* One call name, one action, conditions that must all hold. Several rules on a call are OR-ed. */
struct profile_rule {
	const char *name; /* owned by the profile */
	uint32_t action;  /* SCMP_ACT_*, data included */
	unsigned n_conds;
	struct profile_cond conds[PROFILE_ARGS];
	unsigned entry; /* which of "syscalls" it comes from, from 0 */
	unsigned line;  /* where that stands in the text, from 1 */
};

struct profile {
	const char *origin;
	uint32_t def_action;
	unsigned flags;
	uint32_t arches[PROFILE_ARCHES]; /* SCMP_ARCH_*; [0] is the native one */
	unsigned n_arches;
	struct profile_rule *rules; /* in force, sorted by name, no duplicates */
	size_t n_rules;
	size_t cap_rules;
	char **names; /* every call name mentioned, in force or not; sorted */
	size_t n_names;
	size_t cap_names;
	uint64_t caps_mask;
	unsigned kernel_max;
};

/* Room for the program and what its head needs to know per architecture. */
struct profile_prog {
	struct sock_filter insns[PROFILE_MAX_INSNS];
	unsigned n;
	uint32_t newest[PROFILE_ARCHES]; /* highest call number the profile mentions, by arches[] */
};

int profile_read(const char *origin, const char *text, size_t len, uint64_t caps, unsigned kernel,
		 struct profile *ret, struct err *err);
void profile_free(struct profile *p);

/*
 * Where something stands in a profile's text, from 1; columns are characters. A path is like
 * "syscalls[12].args[0].op", "" is the whole. The value's place; profile_locate_key(): that of the
 * name before it. -ENOENT: not there, and then it is the place of the innermost thing that is.
 */
int profile_locate(const char *text, size_t len, const char *path, unsigned *ret_line,
		   unsigned *ret_col);
int profile_locate_key(const char *text, size_t len, const char *path, unsigned *ret_line,
		       unsigned *ret_col);
/* The line and column of a byte. */
void profile_position(const char *text, size_t len, size_t at, unsigned *ret_line,
		      unsigned *ret_col);

/* The highest number of each of arches[] that the profile mentions, in force or not. */
void profile_newest(const struct profile *p, uint32_t *ret);
/* The program; -E2BIG: too long. Fills prog->newest. */
int profile_head(const struct profile *p, struct profile_prog *prog);
/* Its part for the calls of one architecture whose rule is plain, with the number loaded. */
int profile_tree(const struct profile *p, uint32_t arch, struct profile_prog *prog);
/* Is rule `at` its call's only one, and without conditions? */
bool profile_rule_is_plain(const struct profile *p, size_t at);
int profile_build(const struct profile *p, struct profile_prog *prog, struct err *err);
int profile_check(const struct profile *p, const struct profile_prog *prog, struct err *err);

/*
 * Number of a call on an architecture, libseccomp's or our table's of newer calls; -ENOENT: it has
 * none. On 32-bit x86 a socket or System V IPC call has a number of its own or only one behind
 * socketcall(2) or ipc(2): then *ret_mux is that call's number and *ret_sub the first argument.
 */
int profile_call(uint32_t arch, const char *name, int *ret_mux, unsigned *ret_sub);
bool profile_call_is_new(uint32_t arch, const char *name);
/* The name by number of a call that a libseccomp may not know yet; NULL: it is none of those. */
const char *profile_new_call_name(uint32_t arch, uint32_t nr);
/* The AUDIT_ARCH_* value that the kernel reports: x32 shares x86_64's. */
uint32_t profile_audit_arch(uint32_t arch);

/* Is an unknown call answered with ENOSYS? Only where the default is to refuse with an errno. */
bool profile_has_enosys(const struct profile *p);

/* Run a program over one call; false: an instruction that no filter of ours contains. */
bool profile_sim(const struct sock_filter *insns, unsigned n, const struct seccomp_data *data,
		 uint32_t *ret);

#endif
