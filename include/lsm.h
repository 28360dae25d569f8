/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lsm.h - what AppArmor's and Landlock's rooms share with each other and with the tests.
 */
#ifndef PILLBOX_LSM_H
#define PILLBOX_LSM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "spec.h"

struct run;
struct show;
struct sock_filter;

/* ---- apparmor.c ----------------------------------------------------------------------------- */

#define APPARMOR_DEFAULT "pillbox-default"
/* The profile of pillbox itself. It confines nothing, it grants user namespaces (Ubuntu). */
#define APPARMOR_LAUNCHER "pillbox"
#define APPARMOR_USERNS_NAME "kernel.apparmor_restrict_unprivileged_userns"
#define APPARMOR_USERNS_SYSCTL "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
/* One write(2) to attr/exec is cut at a page in silence, and another name would be entered. */
#define APPARMOR_NAME_MAX 1024

/* Pure: can this be a profile's name? Not empty, not too long, no blank or control byte. */
int apparmor_name_check(const char *name, struct err *err);

/*
 * Pure: does a label as in attr/current, "a//&b (enforce)", hold this profile in enforce mode?
 * 0; -ENOENT: another label; -EPERM: it is there, but not enforced.
 */
int apparmor_label_check(const char *label, const char *name);

enum apparmor_state {
	PROFILE_ENFORCED,
	PROFILE_WEAK, /* loaded, but in complain, unconfined or another mode that denies nothing */
	PROFILE_ABSENT,
	PROFILE_HIDDEN,     /* the list of profiles is not for us */
	PROFILE_UNREADABLE, /* reading it failed: that is no word about the profile */
};

/* The kernel's directory of loaded profiles. Not `profiles` beside it: that is root's only. */
#define APPARMOR_PROFILES "/sys/kernel/security/apparmor/policy/profiles"

/* Look a profile up in `dir`, which is APPARMOR_PROFILES but in the tests. */
enum apparmor_state apparmor_find(const char *dir, const char *name);
/* Its mode in the kernel's word, "enforce". -ENOENT: not loaded; -EACCES: `dir` cannot be read. */
int apparmor_mode(const char *dir, const char *name, char *mode, size_t size);

/* 0, or -errno and why the kernel has no AppArmor for us, as words for "...: <words>". */
int apparmor_enabled(const char **ret_why);
#define APPARMOR_CURE_BOOT                                                                       \
	"boot with `apparmor=1 lsm=...,apparmor` on the kernel command line, and a kernel that " \
	"was built with it"

/*
 * The label of this process, "NAME (MODE)" or "unconfined"; "" where the kernel tells none. True
 * when it is one that denies something.
 */
bool apparmor_own(char *text, size_t size);

/* apparmor_cmd.c: `pillbox apparmor`; argv holds what follows that word. Returns the exit status. */
int apparmor_command(int argc, char *argv[]);

/* ---- landlock_plan.c ------------------------------------------------------------------------ */

/* The kernel's Landlock ABI, at most the newest that this program knows; or -errno. */
int landlock_abi(void);
/* Pure: is that errno the kernel's word that there is no Landlock, and not a failure? */
bool landlock_is_absent(int abi);

/* Decide about Landlock; called by lsm-check after AppArmor. */
int landlock_plan(struct run *r, struct err *err);

/* What was decided, for --verbose: the ABI and what it leaves uncovered, or why there is none. */
void landlock_plan_show(const struct run *r, struct show *out);

/* Pure: every file system right that ABI `abi` knows. */
uint64_t landlock_all(unsigned abi);
/* Pure: the rights of a place that may be written, of which `mode` (S_IF*) tells what it is. */
uint64_t landlock_writable(unsigned abi, mode_t mode);
/* Pure: flags for landlock_restrict_self(2): what the kernel shall not log. */
uint32_t landlock_flags(unsigned abi);
/* Pure: what a newer ABI covers and this one doesn't, as a list for reports; "" for none. */
void landlock_gaps(unsigned abi, char *buf, size_t size);

/* ---- tcp.c ---------------------------------------------------------------------------------- */

/* Decide about the filter of step tcp; called by landlock_plan(). */
void tcp_plan(struct run *r);
/* Pure: the filter that refuses TCP sockets, for the tests; sets the number of instructions. */
const struct sock_filter *tcp_filter(unsigned short *ret_n);

#endif
