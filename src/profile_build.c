/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_build.c - all stages of compiling a profile, one after the other.
 *
 * Should: give the caller a program only if profile_check() found that it is what the rules say.
 * Mustn't: let a stage's mistake pass because another one should have seen it.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile.h"
#include "util.h"

int profile_build(const struct profile *p, struct profile_prog *prog, struct err *err)
{
	int rc = profile_head(p, prog);

	if (rc != -E2BIG)
		return rc ? err_set(err, -rc, "%s", p->origin) : 0;
	err_say(err, "%s: the filter has more than %d instructions, which is what the kernel takes",
		p->origin, PROFILE_MAX_INSNS);
	err_hint(err, "use fewer argument conditions or fewer architectures");
	return -EINVAL;
}

/* ---- all three stages --------------------------------------------------------------------- */

static void count_unknown(const struct profile *p, struct profile_result *res)
{
	size_t used = 0;

	for (size_t i = 0; i < p->n_names; i++) {
		const char *name = p->names[i];
		size_t len = strlen(name);

		if (i && strcmp(name, p->names[i - 1]) == 0)
			continue;
		if (seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR ||
		    profile_call_is_new(p->arches[0], name) ||
		    profile_call_is_new(SCMP_ARCH_X86_64, name))
			continue;
		res->n_unknown++;
		if (used + len + 3 < sizeof(res->unknown))
			used += (size_t)snprintf(res->unknown + used, sizeof(res->unknown) - used,
						 "%s%s", used ? ", " : "", name);
	}
}

int profile_compile(const char *origin, const char *text, size_t len, uint64_t caps,
		    unsigned kernel, struct profile_result *ret, struct err *err)
{
	auto_free struct profile_prog *prog = malloc(sizeof(*prog));
	struct profile_result res = {0};
	struct profile p;
	int rc;

	if (!prog)
		return err_set(err, ENOMEM, "%s", origin);
	if (profile_read(origin, text, len, caps, kernel, &p, err))
		return -EINVAL;
	rc = profile_build(&p, prog, err);
	if (!rc)
		rc = profile_check(&p, prog, err);
	if (!rc) {
		count_unknown(&p, &res);
		res.n = (unsigned short)prog->n;
		res.flags = p.flags;
		res.n_rules = (unsigned)p.n_rules;
		res.caps_mask = p.caps_mask;
		res.kernel_max = p.kernel_max;
		res.insns = malloc(prog->n * sizeof(*prog->insns));
		if (res.insns)
			memcpy(res.insns, prog->insns, prog->n * sizeof(*prog->insns));
		else
			rc = err_set(err, ENOMEM, "%s", origin);
	}
	profile_free(&p);
	if (rc == 0)
		*ret = res;
	return rc ? -EINVAL : 0;
}

void profile_result_free(struct profile_result *res)
{
	free(res->insns);
	memset(res, 0, sizeof(*res));
}
