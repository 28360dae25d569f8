/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_build.c - from a list of rules to a BPF program: our head, then libseccomp's part.
 *
 * libseccomp gets the calls whose answer depends on nothing but their number, for all of the
 * profile's architectures, and builds a binary search over them. The rest is profile_head.c.
 *
 * Should: give foreign architectures the strictest answer, killing the process.
 * Mustn't: trust the result: profile_check() compares it with the rules before anyone uses it.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "profile.h"
#include "util.h"

/* The oldest libseccomp interface with KILL_PROCESS and LOG; forced, so that it probes nothing. */
#define API_LEVEL 3

static int too_long(const struct profile *p, size_t n, struct err *err)
{
	err_say(err, "%s: the filter has %zu instructions or more, and the kernel takes %d",
		p->origin, n, PROFILE_MAX_INSNS);
	err_hint(err, "use fewer argument conditions or fewer architectures");
	return -EINVAL;
}

static int add_rule(scmp_filter_ctx ctx, const struct profile *p, size_t at, struct err *err)
{
	const struct profile_rule *rule = &p->rules[at];
	int nr = seccomp_syscall_resolve_name(rule->name);
	int rc;

	/* The head has the others, and libseccomp refuses a rule that only repeats the default. */
	if (!profile_rule_is_plain(p, at) || nr == __NR_SCMP_ERROR || rule->action == p->def_action)
		return 0;
	rc = seccomp_rule_add(ctx, rule->action, nr, 0);
	return rc ? err_set(err, -rc, "%s: libseccomp does not take the rule for %.64s", p->origin,
			    rule->name)
		  : 0;
}

static int set_up(scmp_filter_ctx ctx, const struct profile *p, struct err *err)
{
	int rc = 0;

	rc = rc ? rc : seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	rc = rc ? rc : seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0);
	/* A binary tree over the numbers: the kernel walks the program once per call at load. */
	rc = rc ? rc : seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (unsigned i = 1; i < p->n_arches && !rc; i++)
		rc = seccomp_arch_add(ctx, p->arches[i]);
	return rc ? err_set(err, -rc, "%s: libseccomp: set up the filter", p->origin) : 0;
}

static int append_export(scmp_filter_ctx ctx, const struct profile *p, struct profile_prog *prog,
			 struct err *err)
{
	auto_close int fd = memfd_create("seccomp", MFD_CLOEXEC);
	size_t room = (PROFILE_MAX_INSNS - prog->n) * sizeof(struct sock_filter);
	off_t size;
	int rc;

	if (fd < 0)
		return err_set(err, errno, "%s: memfd_create", p->origin);
	rc = seccomp_export_bpf(ctx, fd);
	if (rc)
		return err_set(err, -rc, "%s: libseccomp cannot build the filter", p->origin);
	size = lseek(fd, 0, SEEK_END);
	if (size <= 0 || size % (off_t)sizeof(struct sock_filter))
		return err_say(err, "%s: libseccomp wrote a filter of %lld bytes", p->origin,
			       (long long)size);
	if ((size_t)size > room)
		return too_long(p, prog->n + (size_t)size / sizeof(struct sock_filter), err);
	if (pread(fd, &prog->insns[prog->n], (size_t)size, 0) != (ssize_t)size)
		return err_set(err, EIO, "%s: read the filter back", p->origin);
	prog->n += (unsigned)((size_t)size / sizeof(struct sock_filter));
	return 0;
}

int profile_build(const struct profile *p, struct profile_prog *prog, struct err *err)
{
	scmp_filter_ctx ctx;
	int rc;

	if (profile_head(p, prog))
		return too_long(p, PROFILE_MAX_INSNS + 1, err);
	(void)seccomp_api_set(API_LEVEL);
	ctx = seccomp_init(p->def_action);
	if (!ctx)
		return err_set(err, ENOMEM, "%s: libseccomp", p->origin);
	rc = set_up(ctx, p, err);
	for (size_t i = 0; i < p->n_rules && !rc; i++)
		rc = add_rule(ctx, p, i, err);
	if (!rc)
		rc = append_export(ctx, p, prog, err);
	seccomp_release(ctx);
	return rc;
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
