/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_plan.c - which limits need a control group, and where it goes.
 *
 * --stats wants a group as well, to be told what was used. That is a wish: whatever stands in its
 * way is kept for the report (plan->cgroup_why) and stops nothing.
 *
 * Should: decide only, from the request and what cgroup_find.c sees; name every limit that an
 * error or a NOT ENFORCED is about.
 * Mustn't: make anything, or let a limit go without the user's --allow-missing=cgroup.
 */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
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

/* The cause with what errno says, for a text that isn't an error. */
static void cause_text(const struct err *cause, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%s%s%s", cause->msg, cause->raw ? "" : ": ",
		       cause->raw ? "" : strerrordesc_np(cause->num));
}

/*
 * Find the place for what is asked. Where the processes' limit has no place in a group but the
 * rlimit is as strong, it goes there, and ask->need is what is left. -EAGAIN: none, and the user
 * said to go on without; then nothing is needed any more.
 */
static int plan_place(struct run *r, const struct cgroup_host *h, struct cgroup_ask *ask,
		      struct cgroup_place *place, struct err *err)
{
	struct err cause = {0};
	char options[256], text[sizeof(cause.msg) + 128];
	int rc = cgroup_place(h, ask, place, &cause);

	if (rc < 0 && (ask->need & CTL_PIDS) && rlimit_holds(r)) {
		r->plan->pids_by_rlimit = true;
		ask->need &= ~(unsigned)CTL_PIDS;
		cause = (struct err){0};
		rc = cgroup_place(h, ask, place, &cause);
	}
	if (rc == 0)
		return 0;
	cause_text(&cause, text, sizeof(text));
	if (!ask->need || r->spec->allow_missing & MISSING_CGROUP) {
		cgroup_options(&r->spec->limits, ask->need, options, sizeof(options));
		if (ask->need)
			note("NOT ENFORCED: %s: %s", options, text);
		ask->need = 0;
		r->plan->cgroup_why = arena_strdup(r->spec->arena, text);
		return -EAGAIN;
	}
	/* Of a request of which some is bound to v1, that is what has to be dealt with. */
	cgroup_options(&r->spec->limits, ask->need & h->v1 ? ask->need & h->v1 : ask->need, options,
		       sizeof(options));
	err_set(err, cause.num, "%s: %s", options, cause.msg);
	err->raw = cause.raw;
	err_hint(err, "%s", cause.hint);
	return rc;
}

/*
 * The scope's name: that of the sandbox, so that systemd sees to it that there is only one; else
 * one that nobody had, because systemd may not have forgotten the scope of the last one with our
 * pid. Of all that a name may consist of, systemd's units do without '+'.
 */
static const char *unit_name(const struct run *r)
{
	struct arena *a = r->spec->arena;
	uint64_t random = 0;
	char text[4 * 64 + 1];
	size_t n = 0;

	if (!r->spec->name) {
		if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
			random = 0; /* too early after boot: the pid will do */
		return arena_printf(a, CGROUP_PREFIX "%d-%" PRIx64 ".scope", getpid(), random);
	}
	for (const char *c = r->spec->name; *c && n + 5 < sizeof(text); c++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, *c == '+' ? "\\x2b" : "%c", *c);
	return arena_printf(a, CGROUP_PREFIX "%s.scope", text);
}

static void plan_keep(struct run *r, const struct cgroup_ask *ask, const struct cgroup_place *place)
{
	struct arena *a = r->spec->arena;
	struct plan *p = r->plan;

	p->has_cgroup = true;
	p->cgroup_need = ask->need;
	p->cgroup_counts = !ask->need;
	p->cgroup_want = place->take & ~ask->need;
	p->cgroup_parent = arena_strdup(a, place->parent);
	p->cgroup_make = place->make;
	p->cgroup_leaf = place->leaf;
	p->cgroup_name = r->spec->name ? arena_printf(a, CGROUP_PREFIX "%s", r->spec->name)
				       : arena_printf(a, CGROUP_PREFIX "%d", getpid());
	if (!place->scope)
		return;
	if (place->left[0])
		note("in a scope of its own the sandbox is no longer below %s", place->left);
	p->scope_unit = ask->unit;
	p->scope_path = arena_strdup(a, place->scope_path);
	p->scope_program = arena_strdup(a, place->scope_program);
}

/* Not on the stack: each is several paths long. */
struct work {
	struct cgroup_host host;
	struct cgroup_place place;
	char exe[PATH_MAX];
};

static int plan_group(struct run *r, unsigned need, unsigned want, struct work *w, struct err *err)
{
	struct cgroup_ask ask = {
		.need = need,
		.want = want,
		.uid = r->plan->caller_uid,
		.self = getpid(),
		.run = "/run",
		.unit = unit_name(r),
		.exe = w->exe,
	};
	int rc;

	if (host_read(&w->host, err) < 0)
		return -err->num;
	if (readlink("/proc/self/exe", w->exe, sizeof(w->exe) - 1) < 0)
		return err_set(err, errno, "/proc/self/exe");
	rc = plan_place(r, &w->host, &ask, &w->place, err);
	/* The limits are given up; what they would have cost may be counted all the same. */
	if (rc == -EAGAIN && need && want)
		rc = plan_place(r, &w->host, &ask, &w->place, err);
	if (rc == 0)
		plan_keep(r, &ask, &w->place);
	return rc == -EAGAIN ? 0 : rc;
}

static int cgroup_plan_run(struct run *r, struct err *err)
{
	unsigned need = cgroup_need(&r->spec->limits);
	unsigned want = r->spec->stats != STATS_NONE ? CTL_CPU | CTL_MEMORY | CTL_PIDS | CTL_IO : 0;
	auto_free struct work *w = NULL;

	/* No directory, no D-Bus, no clean-up: the cheap way wherever it is as strong. */
	if (need == CTL_PIDS && rlimit_holds(r)) {
		r->plan->pids_by_rlimit = true;
		need = 0;
	}
	if (!need && !want)
		return 0;
	if (r->spec->name && strchr(r->spec->name, '/'))
		return err_say(err, "--name %s: a name has no '/'", r->spec->name);
	w = calloc(1, sizeof(*w));
	if (!w)
		return err_set(err, ENOMEM, "cgroup");
	return plan_group(r, need, want, w, err);
}

bool cgroup_go_without(const struct run *r, struct err *err)
{
	char text[sizeof(err->msg) + 128];

	if (!r->plan->cgroup_counts)
		return false;
	cause_text(err, text, sizeof(text));
	note("no control group to count in: %s", text);
	*err = (struct err){0};
	return true;
}

static bool cgroup_plan_wanted(const struct run *r)
{
	return r->spec->stats != STATS_NONE || cgroup_need(&r->spec->limits) != 0;
}

static void cgroup_plan_show(const struct run *r, struct show *out)
{
	const struct plan *p = r->plan;

	if (p->pids_by_rlimit)
		show(out, "pids_limit", "RLIMIT_NPROC, which counts per user namespace and uid");
	if (p->has_cgroup)
		show(out, "group", "%s/%s", p->cgroup_parent, p->cgroup_name);
	else if (p->cgroup_why)
		show(out, "no_group", "%s", p->cgroup_why);
	if (p->cgroup_leaf)
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
	.by = "a limit such as --memory or --pids-limit, or --stats",
	.show = cgroup_plan_show,
	.run = cgroup_plan_run,
};
