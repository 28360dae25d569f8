/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_verdict.c - a profile's answer to a call, and what gave it.
 *
 * Should: ask the rules for the reason and the program for the answer.
 * Mustn't: say anything where the two differ but that.
 */
#include "profile_verdict.h"

#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "profile_values.h"

#define X32_BIT 0x40000000U

bool verdict_allows(uint32_t action)
{
	uint32_t what = action & SECCOMP_RET_ACTION_FULL;

	return what == SECCOMP_RET_ALLOW || what == SECCOMP_RET_LOG;
}

int profile_view(struct profile_view *v, const struct profile *p, const struct profile_prog *prog,
		 uint32_t arch, struct err *err)
{
	uint32_t newest[PROFILE_ARCHES];

	*v = (struct profile_view){
		.p = p, .prog = prog, .arch = arch, .audit_arch = profile_audit_arch(arch)};
	v->is_32bit = !(v->audit_arch & __AUDIT_ARCH_64BIT);
	profile_newest(p, newest);
	for (unsigned i = 0; i < p->n_arches; i++) {
		if (p->arches[i] != arch)
			continue;
		v->is_listed = true;
		v->newest = newest[i];
	}
	v->entries = calloc(2 * p->n_rules + 1, sizeof(*v->entries));
	if (!v->entries)
		return err_set(err, ENOMEM, "%s", p->origin);
	if (v->is_listed)
		v->n = profile_entries(p, arch, v->entries);
	return 0;
}

void profile_view_free(struct profile_view *v)
{
	free(v->entries);
	memset(v, 0, sizeof(*v));
}

size_t profile_view_rules(const struct profile_view *v, uint32_t nr,
			  const struct profile_entry **ret)
{
	size_t low = 0, high = v->n, n = 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (v->entries[mid].nr < nr)
			low = mid + 1;
		else
			high = mid;
	}
	*ret = &v->entries[low];
	while (low + n < v->n && v->entries[low + n].nr == nr)
		n++;
	return n;
}

static bool has_arch(const struct profile *p, uint32_t arch)
{
	for (unsigned i = 0; i < p->n_arches; i++)
		if (p->arches[i] == arch)
			return true;
	return false;
}

/* As the rules have it. */
static void read_rules(const struct profile_view *v, uint32_t nr, const __u64 *args,
		       struct verdict *ret)
{
	const struct profile_entry *e, *by;
	size_t n;

	*ret = (struct verdict){.action = SECCOMP_RET_KILL_PROCESS, .by = BY_ARCH};
	/* A tracer's way to skip a call. libseccomp lets this one number of x32's through to the default. */
	if (nr == UINT32_MAX && v->audit_arch == SCMP_ARCH_X86_64 &&
	    has_arch(v->p, SCMP_ARCH_X86_64) && !has_arch(v->p, SCMP_ARCH_X32)) {
		*ret = (struct verdict){.action = v->p->def_action, .by = BY_DEFAULT};
		return;
	}
	/* A number with x32's bit is x32's, and one without it is not. */
	if (!v->is_listed ||
	    (v->audit_arch == SCMP_ARCH_X86_64 && (nr >= X32_BIT) != (v->arch == SCMP_ARCH_X32)))
		return;
	n = profile_view_rules(v, nr, &e);
	if (n == 0 && nr > v->newest && profile_has_enosys(v->p)) {
		*ret = (struct verdict){.action = SECCOMP_RET_ERRNO | ENOSYS, .by = BY_NEWER};
		return;
	}
	ret->action = profile_decide(e, n, v->p->def_action, args, &by);
	ret->by = by ? BY_RULE : BY_DEFAULT;
	ret->rule = by ? by->rule : NULL;
}

int profile_verdict(const struct profile_view *v, uint32_t nr, const __u64 *args,
		    struct verdict *ret, struct err *err)
{
	struct seccomp_data d = {.nr = (int)nr, .arch = v->audit_arch};
	uint32_t action = 0;

	read_rules(v, nr, args, ret);
	if (!v->prog)
		return 0;
	memcpy(d.args, args, sizeof(d.args));
	if (profile_sim(v->prog->insns, v->prog->n, &d, &action) && action == ret->action)
		return 0;
	err_say(err,
		"%s: call %u of architecture 0x%x: the rules say 0x%08x and the program 0x%08x",
		v->p->origin, nr, v->arch, ret->action, action);
	err_hint(err, "this is a bug of pillbox; please report it with the profile");
	return -EINVAL;
}

/* ---- all answers ---------------------------------------------------------------------------- */

struct survey {
	const struct profile_view *v;
	uint32_t nr;
	struct profile_answers *ret;
	bool is_started;
	struct err *err;
};

static int add_answer(void *arg, const __u64 *args)
{
	struct survey *s = arg;
	struct verdict verdict;
	int rc = profile_verdict(s->v, s->nr, args, &verdict, s->err);

	if (rc)
		return rc;
	if (verdict_allows(verdict.action))
		s->ret->can_allow = true;
	else
		s->ret->can_refuse = true;
	if (!s->is_started || profile_is_stricter(verdict.action, s->ret->strictest))
		s->ret->strictest = verdict.action;
	if (!s->is_started || profile_is_stricter(s->ret->weakest, verdict.action))
		s->ret->weakest = verdict.action;
	s->is_started = true;
	return 0;
}

int profile_answers(const struct profile_view *v, uint32_t nr, struct profile_answers *ret,
		    struct err *err)
{
	struct survey s = {.v = v, .nr = nr, .ret = ret, .err = err};
	const struct profile_entry *e;
	size_t n = profile_view_rules(v, nr, &e);
	int rc;

	memset(ret, 0, sizeof(*ret));
	rc = profile_points(e, n, v->is_32bit, add_answer, &s);
	return rc == -ENOMEM ? err_set(err, ENOMEM, "%s", v->p->origin) : rc;
}
