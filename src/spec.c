/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec.c - the last look at a request, whichever front end filled it.
 *
 * Should: refuse what cannot be meant without asking the host, and fill in what follows from
 *	   other values.
 * Mustn't: read a file or make a system call; the result depends on the spec alone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "asked.h"
#include "caps_names.h"
#include "spec.h"

#define MEMORY_MIN (6ULL << 20) /* Docker's: below it not even the start of a program fits */
#define NANO_CPUS_MIN 10000000  /* 0.01 CPU: a quota of 1 ms, the kernel's smallest */
#define CPU_TIME_MIN 1000       /* the kernel's, in microseconds, for quota and period */
#define CPU_PERIOD_MAX 1000000

uint64_t caps_resolve(uint64_t base, uint64_t add, uint64_t drop, uint64_t all)
{
	uint64_t set;

	if (add & CAP_ALL_BIT)
		set = all & ~drop;
	else if (drop & CAP_ALL_BIT)
		set = add;
	else
		set = (base & ~drop) | add;
	return set & all;
}

static void finish_caps(struct spec *s)
{
	uint64_t added = (s->cap_add & CAP_ALL_BIT) ? ~0ULL : s->cap_add;

	s->caps = caps_resolve(s->caps, s->cap_add, s->cap_drop, caps_known());
	s->cap_added = s->caps & added;
}

static int out_of_range(const char *option, uint64_t value, uint64_t min, uint64_t max,
			struct err *err)
{
	if (value == LIMIT_UNSET || (value >= min && value <= max))
		return 0;
	return err_say(err, "%s %ju: must be between %ju and %ju", option, (uintmax_t)value,
		       (uintmax_t)min, (uintmax_t)max);
}

static int too_little_memory(const char *option, uint64_t value, struct err *err)
{
	int rc;

	if (value == LIMIT_UNSET || value >= MEMORY_MIN)
		return 0;
	rc = err_say(err, "%s: %ju bytes is below the minimum of 6 MiB", option, (uintmax_t)value);
	err_hint(err, "a unit may be missing: 512m is 512 MiB");
	return rc;
}

static int check_memory(const struct limits *l, struct err *err)
{
	int rc = too_little_memory("--memory", l->memory, err);

	if (rc == 0)
		rc = too_little_memory("--memory-reservation", l->reservation, err);
	if (rc < 0)
		return rc;
	if (l->reservation != LIMIT_UNSET && l->memory != LIMIT_UNSET && l->reservation > l->memory)
		return err_say(err, "--memory-reservation: %ju bytes is more than --memory, %ju",
			       (uintmax_t)l->reservation, (uintmax_t)l->memory);
	if (l->memory_swap == LIMIT_UNSET || l->memory_swap == LIMIT_MAX)
		return 0;
	if (l->memory == LIMIT_UNSET) {
		rc = err_say(err, "--memory-swap: needs --memory");
		err_hint(err, "it limits memory and swap together; -1 leaves swap unlimited");
		return rc;
	}
	if (l->memory_swap < l->memory) {
		rc = err_say(err, "--memory-swap: %ju bytes is less than --memory, %ju",
			     (uintmax_t)l->memory_swap, (uintmax_t)l->memory);
		err_hint(err,
			 "it limits memory and swap together: the same as --memory means no swap");
	}
	return rc;
}

/* Docker's two spellings of one thing. What the user says replaces the preset's. */
static int check_quota(struct limits *l, struct err *err)
{
	bool has_quota = l->cpu_quota != LIMIT_UNSET && l->cpu_quota != 0;
	bool has_period = l->cpu_period != LIMIT_UNSET && l->cpu_period != 0;

	if (has_quota && l->cpu_quota < CPU_TIME_MIN)
		return err_say(err, "--cpu-quota %ju: less than %d microseconds",
			       (uintmax_t)l->cpu_quota, CPU_TIME_MIN);
	if (has_period && (l->cpu_period < CPU_TIME_MIN || l->cpu_period > CPU_PERIOD_MAX))
		return err_say(err, "--cpu-period %ju: must be between %d and %d microseconds",
			       (uintmax_t)l->cpu_period, CPU_TIME_MIN, CPU_PERIOD_MAX);
	if (!has_quota && !has_period)
		return 0;
	if (l->nano_cpus_preset)
		l->nano_cpus = LIMIT_UNSET;
	if (l->nano_cpus != LIMIT_UNSET)
		return err_say(err, "--cpus: contradicts %s, which says the same in another way",
			       has_quota ? "--cpu-quota" : "--cpu-period");
	return 0;
}

static int check_limits(struct limits *l, struct err *err)
{
	int rc = check_memory(l, err);

	if (rc == 0 && l->nano_cpus < NANO_CPUS_MIN)
		rc = err_say(err, "--cpus: less than 0.01");
	if (rc == 0)
		rc = check_quota(l, err);
	if (rc == 0)
		rc = out_of_range("--cpu-shares", l->cpu_shares, 2, 262144, err);
	if (rc == 0)
		rc = out_of_range("--blkio-weight", l->blkio_weight, 10, 1000, err);
	if (rc == 0 && l->pids == 0) {
		rc = err_say(err, "--pids-limit 0: not even the first process could start");
		err_hint(err, "-1 means no limit");
	}
	return rc;
}

static int check_sysctls(const struct spec *s, struct err *err)
{
	for (size_t i = 0; i < s->n_sysctls; i++) {
		int rc;

		if (s->net != NET_HOST || strncmp(s->sysctls[i].key, "net.", 4) != 0)
			continue;
		rc = err_say(err, "--sysctl %s: with --network host it would change the host",
			     s->sysctls[i].key);
		err_hint(err, "net.* belongs to the network namespace; --network none has its own");
		return rc;
	}
	return 0;
}

/* How many components: "/a/b" has two. */
static size_t depth(const char *path)
{
	size_t n = 0;

	for (; *path; path++)
		n += *path == '/' && path[1];
	return n;
}

/*
 * Parents before children, or a mount on /a would hide one already made on /a/b. Among equals the
 * order given stays, so that two runs of one command line make the same list.
 */
static void sort_mounts(struct spec *s)
{
	struct mount_req *sorted = arena_alloc(s->arena, (s->n_mounts + 1) * sizeof(*sorted));
	size_t *depths = arena_alloc(s->arena, (s->n_mounts + 1) * sizeof(*depths));
	size_t n = 0;

	for (size_t i = 0; i < s->n_mounts; i++)
		depths[i] = depth(s->mounts[i].target);
	for (size_t level = 0; n < s->n_mounts; level++)
		for (size_t i = 0; i < s->n_mounts; i++)
			if (depths[i] == level)
				sorted[n++] = s->mounts[i];
	s->mounts = sorted;
}

struct env_entry {
	const char *text;
	size_t at; /* its place in spec.env: qsort() itself does not keep the order of equals */
};

static int env_order(const void *pa, const void *pb)
{
	const struct env_entry *a = pa, *b = pb;
	size_t la = strcspn(a->text, "="), lb = strcspn(b->text, "=");
	int rc = memcmp(a->text, b->text, la < lb ? la : lb);

	if (rc == 0 && la != lb)
		rc = la < lb ? -1 : 1;
	if (rc == 0)
		rc = a->at < b->at ? -1 : 1;
	return rc;
}

static bool same_name(const char *a, const char *b)
{
	size_t len = strcspn(a, "=");

	return strcspn(b, "=") == len && memcmp(a, b, len) == 0;
}

/* The last of each name stays, at its place; a name without '=' takes its variable away. */
static int finish_env(struct spec *s, struct err *err)
{
	auto_free struct env_entry *list = NULL;
	size_t n = 0;

	if (s->n_env == 0)
		return 0;
	list = calloc(s->n_env, sizeof(*list));
	if (!list)
		return err_set(err, ENOMEM, "%zu environment variables", s->n_env);
	for (size_t i = 0; i < s->n_env; i++)
		list[i] = (struct env_entry){.text = s->env[i], .at = i};
	qsort(list, s->n_env, sizeof(*list), env_order);
	for (size_t i = 0; i < s->n_env; i++)
		if ((i + 1 < s->n_env && same_name(list[i].text, list[i + 1].text)) ||
		    !strchr(list[i].text, '='))
			s->env[list[i].at] = NULL;
	for (size_t i = 0; i < s->n_env; i++) {
		if (!s->env[i])
			continue;
		if (s->env_is_foreign)
			s->env_is_foreign[n] = s->env_is_foreign[i];
		s->env[n++] = s->env[i];
	}
	s->n_env = n;
	return 0;
}

static int check_whole(const struct spec *s, struct err *err)
{
	if (!s->rootfs || !*s->rootfs)
		return err_say(err, "ROOTFS: missing");
	if (s->argc == 0 && s->asked)
		return asked_no_command(s->asked, err);
	if (s->argc == 0 || !s->argv || !s->argv[0][0])
		return err_say(err, "COMMAND: empty");
	if (s->root_mode == ROOT_OVERLAY && !s->overlay_dir)
		return err_say(err, "--overlay: the directory is missing");
	/* Docker lets the addition win. Two opposite wishes for everything are no request. */
	if (s->cap_add & s->cap_drop & CAP_ALL_BIT)
		return err_say(err, "--cap-drop ALL: contradicts --cap-add ALL");
	if (s->notify == NOTIFY_DENIALS && s->filter == FILTER_UNCONFINED) {
		err_say(err, "--explain-denials: contradicts --security-opt seccomp=unconfined");
		err_hint(err, "without a filter nothing is refused by one");
		return -EINVAL;
	}
	return 0;
}

/*
 * Docker opens the ports below 1024 to every user of a container with a network of its own (moby
 * daemon/oci_linux.go), so a file that was written for Docker relies on it.
 */
static void finish_sysctls(struct spec *s)
{
	static const struct sysctl_req ports = {.key = "net.ipv4.ip_unprivileged_port_start",
						.path = "net/ipv4/ip_unprivileged_port_start",
						.value = "0"};
	struct sysctl_req *all;

	if (s->preset != PRESET_DOCKER || s->net == NET_HOST)
		return;
	/* First, so that the user's own value, written later, stays. */
	all = arena_alloc(s->arena, (s->n_sysctls + 1) * sizeof(*all));
	all[0] = ports;
	if (s->n_sysctls)
		memcpy(all + 1, s->sysctls, s->n_sysctls * sizeof(*all));
	s->sysctls = all;
	s->n_sysctls++;
}

/* A file of --secret or --config, once bound, has nothing below it, and no other mount on it. */
static int check_placed(const struct spec *s, struct err *err)
{
	for (size_t i = 0; i < s->n_secrets; i++) {
		const struct secret_req *q = &s->secrets[i];

		if (!secret_is_placed(q))
			continue;
		for (size_t j = 0; j < s->n_mounts; j++)
			if (path_below(s->mounts[j].target, q->target))
				return err_say(err, "%s: %s is the target of %s, too", q->origin,
					       s->mounts[j].target, s->mounts[j].origin);
		for (size_t j = 0; j < s->n_secrets; j++)
			if (j != i && path_below(s->secrets[j].target, q->target))
				return err_say(err, "%s: %s is the target of %s, too", q->origin,
					       s->secrets[j].target, s->secrets[j].origin);
	}
	return 0;
}

int spec_finish(struct spec *s, struct err *err)
{
	int rc = check_whole(s, err);

	if (rc == 0)
		rc = check_limits(&s->limits, err);
	if (rc == 0)
		rc = check_sysctls(s, err);
	if (rc == 0)
		rc = finish_env(s, err);
	if (rc < 0)
		return rc;
	if (!s->hostname)
		s->hostname = s->name ? s->name : "pillbox";
	rc = names_finish(s, err);
	if (rc == 0)
		rc = check_placed(s, err);
	if (rc < 0)
		return rc;
	finish_caps(s);
	finish_sysctls(s);
	sort_mounts(s);
	return 0;
}
