/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_cgroup.c - checks: limits in control groups.
 *
 * For each controller by itself the ladder is asked where a group could be made, so that one that is
 * not delegated does not hide the others. Then one group with all that can be had is made by the
 * steps of a launch, and removed by them.
 *
 * Should: do this in the launcher itself: where the launcher stands, and that it stands there alone,
 * decides what can be had, and a child would stand beside it.
 * Mustn't: leave the group behind, or the launcher anywhere else than it was. Killed in between it
 * would; then the next launch removes the group, as it does after a killed launcher.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "runner.h"

static int hosts_read(struct check_host *h, struct err *err)
{
	auto_free char *self = NULL;
	auto_free char *mounts = NULL;
	size_t len;
	int rc;

	if (h->has_cgroups)
		return 0;
	rc = read_file(AT_FDCWD, "/proc/self/cgroup", 1 << 16, &self, &len);
	if (rc < 0)
		return err_set(err, -rc, "/proc/self/cgroup");
	rc = read_file(AT_FDCWD, "/proc/self/mountinfo", 16 << 20, &mounts, &len);
	if (rc < 0)
		return err_set(err, -rc, "/proc/self/mountinfo");
	cgroup_parse_self(self, &h->cgroups);
	cgroup_parse_mounts(mounts, &h->cgroups);
	h->has_cgroups = true;
	return 0;
}

/* A CPU that we may run on, for the list. */
static const char *cpu_list(struct check_host *h)
{
	cpu_set_t set;
	int cpu = 0;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET((size_t)cpu, &set))
			cpu++;
	return arena_printf(h->spec.arena, "%d", cpu);
}

/* A limit of each controller, except io: its limits need a disk or a scheduler. */
static void limits_fill(struct check_host *h, unsigned set, struct spec *s)
{
	struct limits *l = &s->limits;

	l->pids = LIMIT_UNSET;
	if (set & CTL_CPU)
		l->nano_cpus = 1000000000;
	if (set & CTL_CPUSET)
		l->cpuset_cpus = cpu_list(h);
	if (set & CTL_MEMORY)
		l->memory = 64 << 20;
	if (set & CTL_PIDS)
		l->pids = 100;
	/* Or the limit on processes goes to where no group is needed. */
	s->no_new_privs = false;
	/* Never the same twice: what systemd made for the first trial may still be there. */
	s->name = arena_printf(h->spec.arena, "check-%d-%u", getpid(), h->n_groups++);
}

/* The steps of the list from the first to the last one of the room, as the runner takes them. */
static bool is_of_room(const struct step *s)
{
	return s->side == PARENT && !strncmp(s->id, "cgroup", strlen("cgroup"));
}

/* Make a group with these limits, and remove it. */
static void group_try(struct check_host *h, unsigned set, bool has_swap, struct err *err)
{
	struct spec spec = h->spec;
	struct plan plan = h->plan;
	sigset_t all, before;
	struct run r;
	size_t i;

	/* Ctrl-C comes after the group is gone again. */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	limits_fill(h, set, &spec);
	if (has_swap)
		spec.limits.memory_swap = spec.limits.memory;
	run_init(&r, &spec);
	r.plan = &plan;
	for (i = 0; i < program_len && !err->is_set; i++) {
		const struct step *s = program[i];

		if (!is_of_room(s) || !step_wanted(&r, s))
			continue;
		if (s->run(&r, err) < 0)
			step_hint(&r, s, err);
	}
	while (i-- > 0)
		if (is_of_room(program[i]) && program[i]->undo && step_wanted(&r, program[i]))
			program[i]->undo(&r);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}

static int place_find(const struct check_host *h, unsigned ctl, struct cgroup_place *ret,
		      struct err *err)
{
	char exe[PATH_MAX] = "";
	const struct cgroup_ask ask = {
		.need = ctl,
		.uid = h->plan.caller_uid,
		.self = getpid(),
		.run = "/run",
		.unit = "pillbox-check.scope", /* only looked for, never made */
		.exe = exe,
	};

	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
		return err_set(err, errno, "/proc/self/exe");
	return cgroup_place(&h->cgroups, &ask, ret, err);
}

/* All that the ladder has a place for. */
static void group_find(struct check_host *h)
{
	struct cgroup_place place;

	h->is_group_tried = true;
	for (unsigned i = 0; i < CTL_COUNT; i++) {
		struct err none = {0};

		if (place_find(h, 1u << i, &place, &none) == 0)
			h->group_ok |= 1u << i;
	}
	if (!h->group_ok)
		return;
	/* With the limit on swap first: mostly it works, and then once is enough. */
	if (h->group_ok & CTL_MEMORY)
		group_try(h, h->group_ok, true, &h->swap);
	if (!(h->group_ok & CTL_MEMORY) || h->swap.is_set)
		group_try(h, h->group_ok, false, &h->group);
}

/* Does the kernel have it at all? Its list tells of both versions: name, hierarchy, groups, enabled. */
static bool is_in_kernel(unsigned ctl)
{
	auto_free char *text = NULL;
	size_t len;

	if (read_file(AT_FDCWD, "/proc/cgroups", 1 << 16, &text, &len) < 0)
		return true; /* not shown here, as much as there is */
	for (const char *line = text; line; line = strchr(line, '\n')) {
		int enabled = 0;
		char at[32];

		line += *line == '\n';
		if (sscanf(line, "%31s %*d %*d %d", at, &enabled) == 2 && enabled &&
		    cgroup_parse_controllers(at) == ctl)
			return true;
	}
	return false;
}

/* A scope that is not there yet is one that systemd would be asked for. */
static bool is_scope_to_be(const char *dir)
{
	size_t len = strlen(dir);

	return len > 6 && !strcmp(dir + len - 6, ".scope") && access(dir, F_OK) < 0;
}

void check_controller(const struct check *c, struct check_host *h, struct check_result *ret)
{
	struct cgroup_place place = {0};
	struct err err = {0};

	if (hosts_read(h, &err) == 0 && !h->is_group_tried)
		group_find(h);
	if (!err.is_set)
		(void)place_find(h, c->arg, &place, &err);
	if (!err.is_set)
		err = h->group;
	if (err.is_set) {
		check_fail(ret, NULL, &err);
		ret->state = is_in_kernel(c->arg) ? CHECK_RESTRICTED : CHECK_MISSING;
		return;
	}
	if (is_scope_to_be(place.parent))
		check_set(ret, CHECK_WORKS, "in a scope from the user's systemd");
	else
		check_set(ret, CHECK_WORKS, "in %s", place.parent);
}

/* Docker's --memory-swap counts both together, and the kernel may count no swap. */
void check_swap(const struct check *c, struct check_host *h, struct check_result *ret)
{
	struct err err = h->swap;

	(void)c;
	if (err.is_set)
		check_fail(ret, NULL, &err);
	else
		check_set(ret, CHECK_WORKS, "memory and swap are limited together");
}
