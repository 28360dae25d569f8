/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_plan.c - which limits need a control group, and where it goes.
 *
 * Should: decide only, from the request and what cgroup_find.c sees; name every limit that an
 * error or a NOT ENFORCED is about.
 * Mustn't: make anything, or let a limit go without the user's --allow-missing=cgroup.
 */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "step.h"

/*
 * RLIMIT_NPROC counts per user namespace and uid since Linux 5.14. That is the sandbox, as long as
 * its processes cannot become another uid: no CAP_SETUID, and no set-user-ID program either.
 */
static bool rlimit_holds(const struct run *r)
{
	return r->plan->kernel >= 5014 && r->spec->no_new_privs &&
	       !(r->spec->caps & (1ULL << CAP_SETUID));
}

static int host_read(struct cgroup_host *h, struct err *err)
{
	auto_free char *self = NULL;
	auto_free char *mounts = NULL;
	size_t len;
	int rc = read_file(AT_FDCWD, "/proc/self/cgroup", 1 << 16, &self, &len);

	if (rc < 0)
		return err_set(err, -rc, "/proc/self/cgroup");
	rc = read_file(AT_FDCWD, "/proc/self/mountinfo", 16 << 20, &mounts, &len);
	if (rc < 0)
		return err_set(err, -rc, "/proc/self/mountinfo");
	cgroup_parse_self(self, h);
	cgroup_parse_mounts(mounts, h);
	return 0;
}

/*
 * Find the place for what is in *need. Where the processes' limit has no place in a group but the
 * rlimit is as strong, it goes there, and *need is what is left. -EAGAIN: none, and the user said
 * to go on without.
 */
static int plan_place(struct run *r, const struct cgroup_host *h, unsigned *need,
		      struct cgroup_place *place, struct err *err)
{
	struct err cause = {0};
	char options[256];
	int rc = cgroup_place(h, *need, r->plan->caller_uid, getpid(), place, &cause);

	if (rc < 0 && (*need & CTL_PIDS) && rlimit_holds(r)) {
		r->plan->pids_by_rlimit = true;
		*need &= ~(unsigned)CTL_PIDS;
		cause = (struct err){0};
		rc = cgroup_place(h, *need, r->plan->caller_uid, getpid(), place, &cause);
	}
	if (rc == 0)
		return 0;
	if (r->spec->allow_missing & MISSING_CGROUP) {
		cgroup_options(&r->spec->limits, *need, options, sizeof(options));
		note("NOT ENFORCED: %s: %s%s%s", options, cause.msg, cause.raw ? "" : ": ",
		     cause.raw ? "" : strerrordesc_np(cause.num));
		return -EAGAIN;
	}
	/* Of a request of which some is bound to v1, that is what has to be dealt with. */
	cgroup_options(&r->spec->limits, *need & h->v1 ? *need & h->v1 : *need, options,
		       sizeof(options));
	err_set(err, cause.num, "%s: %s", options, cause.msg);
	err->raw = cause.raw;
	err_hint(err, "%s", cause.hint);
	return rc;
}

static int cgroup_plan_run(struct run *r, struct err *err)
{
	unsigned need = cgroup_need(&r->spec->limits);
	auto_free struct cgroup_host *h = NULL;
	struct cgroup_place place = {0};
	struct arena *a = r->spec->arena;
	int rc;

	/* No directory, no D-Bus, no clean-up: the cheap way wherever it is as strong. */
	if (need == CTL_PIDS && rlimit_holds(r)) {
		r->plan->pids_by_rlimit = true;
		return 0;
	}
	if (r->spec->name && strchr(r->spec->name, '/'))
		return err_say(err, "--name %s: a name has no '/'", r->spec->name);
	h = calloc(1, sizeof(*h));
	if (!h)
		return err_set(err, ENOMEM, "cgroup");
	if (host_read(h, err) < 0)
		return -err->num;
	rc = plan_place(r, h, &need, &place, err);
	if (rc < 0)
		return rc == -EAGAIN ? 0 : rc;
	r->plan->cgroup_need = need;
	r->plan->cgroup_parent = arena_strdup(a, place.parent);
	r->plan->cgroup_make = place.make;
	r->plan->cgroup_leaf = place.leaf;
	r->plan->cgroup_name = r->spec->name ? arena_printf(a, CGROUP_PREFIX "%s", r->spec->name)
					     : arena_printf(a, CGROUP_PREFIX "%d", getpid());
	r->plan->has_cgroup = true;
	return 0;
}

static bool cgroup_plan_wanted(const struct run *r)
{
	return cgroup_need(&r->spec->limits) != 0;
}

static void cgroup_plan_show(const struct run *r, struct show *out)
{
	if (r->plan->pids_by_rlimit)
		show(out, "pids_limit", "RLIMIT_NPROC, which counts per user namespace and uid");
	if (r->plan->has_cgroup)
		show(out, "group", "%s/%s", r->plan->cgroup_parent, r->plan->cgroup_name);
	if (r->plan->cgroup_leaf)
		show(out, "launcher", "steps into a leaf beside it");
}

const struct step step_cgroup_plan = {
	.id = "cgroup-plan",
	.what = "find where a control group with these limits can be made on this host",
	.why = "before anything is touched: a limit that cannot be had is refused while there is "
	       "nothing to clean up; after `host`, whose kernel version decides whether a limit on "
	       "processes needs a group at all",
	.refs = "cgroups(7), proc_pid_cgroup(5), getrlimit(2)",
	.calls = "open(\"/proc/self/cgroup\"), open(\"/proc/self/mountinfo\")",
	.side = PARENT,
	.is_pure = true,
	.wanted = cgroup_plan_wanted,
	.show = cgroup_plan_show,
	.run = cgroup_plan_run,
};
