/* SPDX-License-Identifier: Apache-2.0 */
/*
 * denials.c - a refused system call as a line for people.
 *
 *     pillbox: refused: socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT) = EPERM: sh (process 3), by
 *     built-in profile default
 *     hint: ...
 *
 * Should: say each different call once, whatever the workload does; work without the heap, in a
 *         process that is confined already.
 * Mustn't: print a byte of the workload's as it is.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>

#include "call_text.h"
#include "calls.h"
#include "caps_names.h"
#include "profile_verdict.h"
#include "util.h"

/* ---- what is remembered --------------------------------------------------------------------- */

/* Open addressing, never emptied: what a workload can do to it is to fill it. */
bool denials_new(struct denials *d, uint64_t hash)
{
	size_t at = hash % ARRAY_SIZE(d->seen);

	if (d->n >= ARRAY_SIZE(d->seen) / 2) {
		for (size_t i = 0; i < ARRAY_SIZE(d->seen); i++)
			if (d->seen[i] == hash)
				return false;
		if (!d->is_full)
			tell("pillbox: ",
			     "refused: %u different calls were told; further ones are not", d->n);
		d->is_full = true;
		return false;
	}
	while (d->seen[at]) {
		if (d->seen[at] == hash)
			return false;
		at = (at + 1) % ARRAY_SIZE(d->seen);
	}
	d->seen[at] = hash;
	d->n++;
	return true;
}

/* ---- the line ------------------------------------------------------------------------------- */

static const char *mode_text(const struct seccomp_data *call)
{
	switch (call_arch(call)) {
	case SCMP_ARCH_X86:
		return " in 32-bit mode";
	case SCMP_ARCH_X32:
		return " in x32 mode";
	default:
		return "";
	}
}

static void answer_text(uint32_t action, char *buf, size_t size)
{
	unsigned num = action & SECCOMP_RET_DATA;
	const char *name = strerrorname_np((int)num);

	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_LOG:
		(void)snprintf(buf, size, "is let through, and logged without --explain-denials");
		break;
	case SECCOMP_RET_ERRNO:
		if (num == 0)
			(void)snprintf(buf, size, "= 0, without being made");
		else
			(void)snprintf(buf, size, "= %s", name ? name : "an unknown errno");
		break;
	default:
		(void)snprintf(buf, size, "ends the process");
		break;
	}
}

/* What would open a call, found out while there is still a heap. */
static struct {
	struct profile_unlock *unlocks;
	size_t n;
	struct profile rules;
} knowledge;

void denials_prepare(const struct run *r)
{
	static const uint32_t arches[] = {SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32,
					  SCMP_ARCH_AARCH64, SCMP_ARCH_ARM};
	const struct plan *plan = r->plan;
	struct err err = {0}; /* not told: it was compiled before, and lines need no hints */

	for (size_t i = 0; i < ARRAY_SIZE(arches); i++)
		(void)call_name(arches[i], 0);
	if (!plan->filter_text)
		return;
	if (profile_unlocks(plan->filter_name, plan->filter_text, plan->filter_text_len,
			    r->spec->caps, plan->kernel, &knowledge.unlocks, &knowledge.n, &err))
		knowledge.n = 0;
	(void)profile_read(plan->filter_name, plan->filter_text, plan->filter_text_len,
			   r->spec->caps, plan->kernel, &knowledge.rules, &err);
}

/* The capability that opens the call, and how many others: the one that opens the fewest. */
static const struct profile_unlock *unlocker(const char *call)
{
	const struct profile_unlock *best = NULL;

	for (size_t i = 0; i < knowledge.n; i++) {
		const struct profile_unlock *u = &knowledge.unlocks[i];

		for (size_t k = 0; k < u->n; k++)
			if (!strcmp(u->calls[k], call) && (!best || u->n < best->n))
				best = u;
	}
	return best;
}

static bool is_allowed_otherwise(const char *call)
{
	for (size_t i = 0; i < knowledge.rules.n_rules; i++) {
		const struct profile_rule *rule = &knowledge.rules.rules[i];

		if (!strcmp(rule->name, call) && rule->n_conds && rule->action == SCMP_ACT_ALLOW)
			return true;
	}
	return false;
}

static void tell_unlocker(const struct profile_unlock *u, const char *call)
{
	struct text t = {.len = 0};
	char cap[64];
	size_t n = 0;

	for (size_t i = 0; i < u->n; i++) {
		if (!strcmp(u->calls[i], call))
			continue;
		if (n < 8)
			text_add(&t, "%s%s", n ? ", " : "", u->calls[i]);
		n++;
	}
	if (n > 8)
		text_add(&t, " and %zu more", n - 8);
	tell("hint: ", "--cap-add %s would allow it%s%s",
	     caps_text(1ULL << u->cap, cap, sizeof(cap)), n ? ", and also " : "", t.buf);
}

static void tell_hint(const struct run *r, const struct call_info *info, uint32_t action)
{
	const struct profile_unlock *u = info ? unlocker(info->name) : NULL;

	if ((action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_LOG)
		return;
	if (action == (SECCOMP_RET_ERRNO | ENOSYS))
		tell("hint: ",
		     "ENOSYS says that the kernel has no such call, and programs then take "
		     "an older one");
	else if (u)
		tell_unlocker(u, info->name);
	else if (info && is_allowed_otherwise(info->name))
		tell("hint: ", "with other arguments it is allowed: `pillbox seccomp test %s %s`",
		     r->spec->filter_file ? r->spec->filter_file : "PROFILE", info->name);
	else if (info)
		tell("hint: ",
		     "no capability opens it in this profile; `pillbox record` writes one that "
		     "allows what is used. Its group: %s%s%s",
		     info->group, info->danger ? "; what it has been used for: " : "",
		     info->danger ? info->danger : "");
}

void denials_tell(const struct run *r, struct denials *d, const struct seccomp_data *call,
		  const struct peer *p, uint32_t action)
{
	const char *name = call_name(call_arch(call), (uint32_t)call->nr);
	struct text t = {.len = 0};
	char answer[80];

	d->total++;
	if (!denials_new(d, call_text(&t, call, p)))
		return;
	answer_text(action, answer, sizeof(answer));
	tell("pillbox: ", "%s: %s %s: %s (process %d)%s, by %s",
	     (action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_LOG ? "logged" : "refused", t.buf,
	     answer, p->name, p->inside, mode_text(call), r->plan->filter_name);
	tell_hint(r, name ? call_info(name) : NULL, action);
}

void denials_end(const struct denials *d)
{
	if (d->total > d->n)
		tell("pillbox: ", "%lu system calls were refused or logged, %u different ones",
		     d->total, d->n);
}
