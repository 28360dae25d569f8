/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options_limits.c - setters: limits, rlimits, sysctls.
 *
 * Should: bring each value into the unit that struct limits names. What is too small or disagrees
 *	   with another limit is found by spec_finish(), for every front end.
 * Mustn't: ask the host what it has; the cgroup step does.
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "nearest.h"
#include "options_set.h"

#define CPUS_MAX 100000     /* more than any machine has; keeps the product below 2^64 */
#define CPU_NUMBER_MAX 8191 /* CONFIG_NR_CPUS ends here, and so do memory nodes */

int opt_memory(struct spec *s, const char *value, const char *origin, struct err *err)
{
	return value_size(value, origin, &s->limits.memory, err);
}

int opt_memory_reservation(struct spec *s, const char *value, const char *origin, struct err *err)
{
	return value_size(value, origin, &s->limits.reservation, err);
}

int opt_memory_swap(struct spec *s, const char *value, const char *origin, struct err *err)
{
	if (strcmp(value, "-1") == 0) {
		s->limits.memory_swap = LIMIT_MAX;
		return 0;
	}
	return value_size(value, origin, &s->limits.memory_swap, err);
}

/* "1.5" -> 1500000000 */
int opt_cpus(struct spec *s, const char *value, const char *origin, struct err *err)
{
	size_t whole = strspn(value, "0123456789");
	const char *fraction = value[whole] == '.' ? value + whole + 1 : value + whole;
	size_t digits = strspn(fraction, "0123456789");
	uint64_t cpus = 0, nano = 0;

	if (whole + digits == 0 || fraction[digits] || (value[whole] == '.' && !digits) ||
	    digits > 9) {
		int rc = err_say(err, "%s: not a number of CPUs", origin);

		err_hint(err, "a number such as 2 or 0.5, at most nine digits behind the point");
		return rc;
	}
	for (size_t i = 0; i < whole && cpus <= CPUS_MAX; i++)
		cpus = cpus * 10 + (uint64_t)(value[i] - '0');
	if (cpus > CPUS_MAX)
		return err_say(err, "%s: more than %d CPUs", origin, CPUS_MAX);
	for (size_t i = 0; i < 9; i++)
		nano = nano * 10 + (i < digits ? (uint64_t)(fraction[i] - '0') : 0);
	s->limits.nano_cpus = cpus * 1000000000 + nano;
	s->limits.nano_cpus_preset = false;
	return 0;
}

int opt_cpu_quota(struct spec *s, const char *value, const char *origin, struct err *err)
{
	if (strcmp(value, "-1") == 0) {
		s->limits.cpu_quota = LIMIT_MAX;
		return 0;
	}
	return value_number(value, 0, INT64_MAX, origin, &s->limits.cpu_quota, err);
}

int opt_cpu_period(struct spec *s, const char *value, const char *origin, struct err *err)
{
	return value_number(value, 0, INT64_MAX, origin, &s->limits.cpu_period, err);
}

int opt_cpu_shares(struct spec *s, const char *value, const char *origin, struct err *err)
{
	return value_number(value, 0, INT64_MAX, origin, &s->limits.cpu_shares, err);
}

/* "0-3,7": numbers and ascending ranges. The kernel would take more, such as blanks. */
static int check_list(const char *value, const char *origin, struct err *err)
{
	const char *at = value;
	int rc;

	while (*at) {
		uint64_t from = 0, to = 0;
		size_t len;

		for (len = 0; at[len] >= '0' && at[len] <= '9' && from <= CPU_NUMBER_MAX; len++)
			from = from * 10 + (uint64_t)(at[len] - '0');
		if (len == 0 || from > CPU_NUMBER_MAX)
			break;
		at += len;
		if (*at == '-') {
			at++;
			for (len = 0; at[len] >= '0' && at[len] <= '9' && to <= CPU_NUMBER_MAX;
			     len++)
				to = to * 10 + (uint64_t)(at[len] - '0');
			if (len == 0 || to > CPU_NUMBER_MAX || to < from)
				break;
			at += len;
		}
		if (!*at)
			return 0;
		if (*at != ',')
			break;
		at++;
	}
	rc = err_say(err, "%s: not a list of numbers", origin);
	err_hint(err, "numbers up to %d and ascending ranges, such as 0-3,7", CPU_NUMBER_MAX);
	return rc;
}

int opt_cpuset_cpus(struct spec *s, const char *value, const char *origin, struct err *err)
{
	int rc = check_list(value, origin, err);

	if (rc == 0)
		s->limits.cpuset_cpus = value;
	return rc;
}

int opt_cpuset_mems(struct spec *s, const char *value, const char *origin, struct err *err)
{
	int rc = check_list(value, origin, err);

	if (rc == 0)
		s->limits.cpuset_mems = value;
	return rc;
}

int opt_pids_limit(struct spec *s, const char *value, const char *origin, struct err *err)
{
	if (strcmp(value, "-1") == 0) {
		s->limits.pids = LIMIT_MAX;
		return 0;
	}
	/* PID_MAX_LIMIT of the kernel: there can be no more tasks. */
	return value_number(value, 0, 4194304, origin, &s->limits.pids, err);
}

int opt_blkio_weight(struct spec *s, const char *value, const char *origin, struct err *err)
{
	return value_number(value, 0, UINT16_MAX, origin, &s->limits.blkio_weight, err);
}

int opt_oom_score_adj(struct spec *s, const char *value, const char *origin, struct err *err)
{
	int64_t number;
	int rc = parse_i64(value, -1000, 1000, &number);

	if (rc == -EINVAL)
		return err_say(err, "%s: not a whole number", origin);
	if (rc < 0)
		return err_say(err, "%s: must be between -1000 and 1000", origin);
	s->has_oom_score_adj = true;
	s->oom_score_adj = (int)number;
	return 0;
}

static const struct {
	const char *name;
	int resource;
} rlimits[] = {
	{"as", RLIMIT_AS},
	{"core", RLIMIT_CORE},
	{"cpu", RLIMIT_CPU},
	{"data", RLIMIT_DATA},
	{"fsize", RLIMIT_FSIZE},
	{"locks", RLIMIT_LOCKS},
	{"memlock", RLIMIT_MEMLOCK},
	{"msgqueue", RLIMIT_MSGQUEUE},
	{"nice", RLIMIT_NICE},
	{"nofile", RLIMIT_NOFILE},
	{"nproc", RLIMIT_NPROC},
	{"rss", RLIMIT_RSS},
	{"rtprio", RLIMIT_RTPRIO},
	{"rttime", RLIMIT_RTTIME},
	{"sigpending", RLIMIT_SIGPENDING},
	{"stack", RLIMIT_STACK},
};

static const char *rlimit_name(size_t i)
{
	return rlimits[i].name;
}

static int ulimit_value(const char *text, const char *origin, uint64_t *ret, struct err *err)
{
	int rc;

	if (strcmp(text, "-1") == 0) {
		*ret = UINT64_MAX;
		return 0;
	}
	if (parse_u64(text, INT64_MAX, ret) == 0)
		return 0;
	rc = err_say(err, "%s: '%s' is not a limit", origin, text);
	err_hint(err, "NAME=SOFT[:HARD], whole numbers, -1 for unlimited: nofile=1024:4096");
	return rc;
}

int opt_ulimit(struct spec *s, const char *value, const char *origin, struct err *err)
{
	struct ulimit_req req = {0};
	const char *name, *soft, *near, *colon;
	size_t i;
	int rc;

	value_cut(s->arena, value, &name, &soft);
	for (i = 0; i < ARRAY_SIZE(rlimits) && strcmp(rlimits[i].name, name) != 0; i++)
		;
	if (i == ARRAY_SIZE(rlimits)) {
		rc = err_say(err, "%s: no limit is called '%s'", origin, name);
		near = nearest(name, rlimit_name, ARRAY_SIZE(rlimits));
		if (near)
			err_hint(err, "did you mean %s?", near);
		return rc;
	}
	if (!soft)
		return err_say(err, "%s: '=' and the limit are missing", origin);
	colon = strchr(soft, ':');
	req.name = rlimits[i].name;
	req.resource = rlimits[i].resource;
	rc = ulimit_value(colon ? arena_strndup(s->arena, soft, (size_t)(colon - soft)) : soft,
			  origin, &req.soft, err);
	req.hard = req.soft;
	if (rc == 0 && colon)
		rc = ulimit_value(colon + 1, origin, &req.hard, err);
	if (rc < 0)
		return rc;
	if (req.soft > req.hard)
		return err_say(err, "%s: the soft limit is above the hard one", origin);
	s->ulimits = list_grow(s->arena, s->ulimits, s->n_ulimits, sizeof(req));
	s->ulimits[s->n_ulimits++] = req;
	return 0;
}

/* Those that belong to one of the sandbox's own namespaces; a final dot stands for all below. */
static const char *const sysctl_allowed[] = {
	"net.",          "fs.mqueue.",    "user.",         "kernel.domainname",
	"kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem",
	"kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced",
};

static bool is_sysctl_allowed(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(sysctl_allowed); i++) {
		const char *known = sysctl_allowed[i];
		size_t len = strlen(known);

		if (known[len - 1] == '.' ? strncmp(key, known, len) == 0 : strcmp(key, known) == 0)
			return true;
	}
	return false;
}

/* Components of [a-z0-9_-], none empty: nothing that could leave /proc/sys when it is a path. */
static bool is_sysctl_key(const char *key)
{
	size_t len = strlen(key);

	return len > 0 && len < 256 && key[0] != '.' && key[len - 1] != '.' &&
	       strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_.-") == len && !strstr(key, "..");
}

static int sysctl_refused(const char *key, const char *origin, struct err *err)
{
	int rc = err_say(err, "%s: %s is not in a namespace of the sandbox's own", origin, key);

	if (strcmp(key, "kernel.hostname") == 0)
		err_hint(err, "--hostname sets it");
	else
		err_hint(err, "net.*, fs.mqueue.*, user.*, kernel.domainname, kernel.msg*, "
			      "kernel.sem and kernel.shm* are; others would change the host");
	return rc;
}

int opt_sysctl(struct spec *s, const char *value, const char *origin, struct err *err)
{
	struct sysctl_req req = {0};
	char *path;
	int rc;

	value_cut(s->arena, value, &req.key, &req.value);
	if (!is_sysctl_key(req.key)) {
		rc = err_say(err, "%s: not the name of a sysctl", origin);
		err_hint(err, "lower-case names with dots between them: net.ipv4.ip_forward=1");
		return rc;
	}
	if (!req.value || !*req.value)
		return err_say(err, "%s: the value is missing", origin);
	if (!is_sysctl_allowed(req.key))
		return sysctl_refused(req.key, origin, err);
	if (strcmp(req.key, "user.max_user_namespaces") == 0) {
		rc = err_say(err, "%s: pillbox sets this one itself", origin);
		err_hint(err, "--nested-userns allows user namespaces inside");
		return rc;
	}
	/* '+' and '/' have smuggled a second key into other launchers' helpers. */
	for (const char *c = req.value; *c; c++)
		if (*c < ' ' || *c > '~' || *c == '+' || *c == '/')
			return err_say(err, "%s: the value has a character that no sysctl needs",
				       origin);
	if (strlen(req.value) > 1024)
		return err_say(err, "%s: the value is longer than 1024 bytes", origin);
	path = arena_strdup(s->arena, req.key);
	for (char *c = path; *c; c++)
		if (*c == '.')
			*c = '/';
	req.path = path;
	s->sysctls = list_grow(s->arena, s->sysctls, s->n_sysctls, sizeof(req));
	s->sysctls[s->n_sysctls++] = req;
	return 0;
}
