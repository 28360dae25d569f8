/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.h - `pillbox check`: what this host offers, found out by doing it.
 *
 * One table of checks (check_table.c). Most are carried out in a child with namespaces of its own,
 * made as a launch makes them and with the very steps of a launch where there is one; some only
 * look. One loop (check.c) runs them in the table's order, one writer (check_print.c) prints them.
 */
#ifndef PILLBOX_CHECK_H
#define PILLBOX_CHECK_H

#include <stddef.h>

#include "cgroup.h"
#include "step.h"

enum check_state {
	CHECK_WORKS,
	CHECK_RESTRICTED, /* it is there, and kept from us, or only a part of it can be had */
	CHECK_MISSING,    /* not in this kernel, not installed, or switched off */
};

/* What a check matters for; the order in which they are shown. */
enum check_group {
	CHECK_DEFAULT, /* the default preset */
	CHECK_OPTIONS, /* options, and the other presets */
	CHECK_EXTRA,   /* nothing that can be asked for today */
	CHECK_GROUPS,
};

#define IN(preset) (1u << (preset))
#define IN_ALL (IN(PRESET_DOCKER) | IN(PRESET_HARDENED) | IN(PRESET_STRICT))

struct check_result {
	enum check_state state;
	char detail[600]; /* what was seen: one clause */
	char cure[800];   /* what to do about it; "" when it works */
	const char
		*behind; /* id of the check that failed, so that this one was not tried; or NULL */
};

struct check;
struct trial;

/* What all checks share. */
struct check_host {
	struct spec spec; /* the default preset */
	struct plan plan; /* the caller, the kernel, and the id map of the trials */
	struct err ids;   /* why there is no such map, if there is none */
	bool has_cgroups; /* `cgroups` is filled */
	struct cgroup_host cgroups;
	unsigned group_ok;   /* controllers that a group can be made with */
	struct err group;    /* why a group with all of these failed; not set: it was made */
	struct err swap;     /* the same with a limit on swap */
	bool is_group_tried; /* the three above are filled */
	unsigned n_groups;   /* how many were tried, for their names */
	struct id_map range; /* the subordinate ids a sandbox gets, as uids; n = 0: none */
	struct check_result
		*done; /* by index of the table; those before the one in hand are filled */
};

struct check {
	const char *id;     /* stable: scripts select by it */
	const char *what;   /* the name in the list, at most CHECK_WHAT columns */
	unsigned presets;   /* those that cannot be enforced in full without it: IN(PRESET_...) */
	unsigned either;    /* presets for which one of all that have this bit is enough */
	bool is_extra;      /* no preset and no option needs it */
	const char *loses;  /* what is not to be had without it: one clause */
	const char *behind; /* id of an earlier check without which this one makes no sense */
	unsigned arg;       /* look: one of several of a kind */
	/* Reads, in the launcher. */
	void (*look)(const struct check *c, struct check_host *h, struct check_result *ret);
	/*
	 * Or: acts, in a child with a user and a mount namespace and those of `namespaces`
	 * (CLONE_NEW*) besides; is_plain: as the caller, with only those. 0 and trial_say(); or an
	 * error, with trial_as() the step that explains it. Used by `look` when both are there.
	 */
	uint64_t namespaces;
	bool is_plain;
	int (*act)(struct trial *t, struct err *err);
	const char *root_only; /* why nobody but real root needs it, or NULL */
};

#define CHECK_WHAT 21

extern const struct check checks[];
extern const size_t checks_len;

/* ---- check.c -------------------------------------------------------------------------------- */

/* The command. Exit status 0: the default preset can be enforced in full; 1: it cannot. */
int cmd_check(int argc, char *argv[], const struct seam *seam);

/*
 * Pure: the names of what keeps a preset from being enforced in full, at most `max` of them; what
 * could only not be tried for lack of another is not among them. Returns how many; 0: in full.
 */
size_t check_lacks(enum preset_id preset, const struct check_result *done, const char **names,
		   size_t max);
enum check_group check_group(const struct check *c);
/* Pure: what an errno says. Under somebody's filter a call that is not there may be hidden. */
enum check_state check_state(int num, bool is_filtered);
const char *check_state_name(enum check_state state);
const char *check_group_name(enum check_group group);
/* The table's index of an id; checks_len: there is none. */
size_t check_index(const char *id);

__attribute__((format(printf, 3, 4))) void check_set(struct check_result *ret,
						     enum check_state state, const char *fmt, ...);
__attribute__((format(printf, 2, 3))) void check_cure(struct check_result *ret, const char *fmt,
						      ...);
/* An error of `step` (or NULL) as a result: its state, its text, and as the cure its hint. */
void check_fail(struct check_result *ret, const struct step *step, struct err *err);

/* ---- check_print.c -------------------------------------------------------------------------- */

/* 0, or -errno: the output could not be written. */
int check_print(const struct check_host *h);
int check_json(const struct check_host *h, FILE *out);

/* ---- check_trial.c -------------------------------------------------------------------------- */

/* The child's view. */
struct trial {
	struct run run; /* its spec and plan are those below */
	struct spec spec;
	struct plan plan;
	struct trial_page *page; /* shared with the launcher */
};

/* Carry out c->act in a child with the map of `plan`. */
void trial(const struct check *c, const struct check_host *h, const struct plan *plan,
	   struct check_result *ret);
/* The detail. */
__attribute__((format(printf, 2, 3))) void trial_say(struct trial *t, const char *fmt, ...);
/* It works, but not all of it: the cure. */
__attribute__((format(printf, 2, 3))) void trial_partly(struct trial *t, const char *fmt, ...);
/* What is being tried, for the case that it kills us. */
void trial_at(struct trial *t, const char *what);
/* `step` explains whatever error comes next. */
void trial_as(struct trial *t, const struct step *step);
/* Run a step of the launch. */
int trial_step(struct trial *t, const struct step *step, struct err *err);

/* ---- the rooms ------------------------------------------------------------------------------ */

/* check_ns.c */
void check_kernel(const struct check *c, struct check_host *h, struct check_result *ret);
void check_range(const struct check *c, struct check_host *h, struct check_result *ret);
void check_userns(const struct check *c, struct check_host *h, struct check_result *ret);
void check_map(const struct check *c, struct check_host *h, struct check_result *ret);
int act_map(struct trial *t, struct err *err);
int act_calls(struct trial *t, struct err *err);
int act_userns(struct trial *t, struct err *err);
int act_namespaces(struct trial *t, struct err *err);
int act_caps(struct trial *t, struct err *err);
int act_pids(struct trial *t, struct err *err);
int act_keyring(struct trial *t, struct err *err);
int act_loopback(struct trial *t, struct err *err);

/* check_mount.c */
int act_pivot(struct trial *t, struct err *err);
int act_proc(struct trial *t, struct err *err);
int act_nested(struct trial *t, struct err *err);
int act_dev(struct trial *t, struct err *err);
int act_devpts(struct trial *t, struct err *err);
int act_mqueue(struct trial *t, struct err *err);
int act_sysfs(struct trial *t, struct err *err);
int act_overlay(struct trial *t, struct err *err);
int act_overlay_tmpfs(struct trial *t, struct err *err);
int act_idmapped(struct trial *t, struct err *err);

/* check_lsm.c */
int act_seccomp(struct trial *t, struct err *err);
int act_actions(struct trial *t, struct err *err);
int act_landlock(struct trial *t, struct err *err);
int act_apparmor(struct trial *t, struct err *err);

/* check_cgroup.c */
void check_controller(const struct check *c, struct check_host *h, struct check_result *ret);
void check_swap(const struct check *c, struct check_host *h, struct check_result *ret);

/* check_host.c */
void check_pasta(const struct check *c, struct check_host *h, struct check_result *ret);

#endif
