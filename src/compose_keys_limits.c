/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_keys_limits.c - memory, CPU time, processes, block I/O, ulimits, sysctls.
 *
 * Should: find with its place what disagrees with another key of the service.
 * Mustn't: read a value twice in two ways; the options do the reading.
 */
#include <stdio.h>
#include <string.h>

#include "compose_keys.h"

#define MEMORY_MIN (6ULL << 20) /* Docker's, and pillbox' */

static const char no_limit[] = "0 means no limit, as with Docker";

/* The option, or for 0 a word that there is none. */
static int limit(struct reading *r, const struct item *it, const char *option)
{
	if (!is_zero(it->node->text))
		return enforce(r, it, option, it->node->text);
	say(r, it, VERDICT_ENFORCED, "%s", no_limit);
	return 0;
}

/* ---- memory ----------------------------------------------------------------------------------- */

static bool size_of(const struct yaml_node *n, uint64_t *ret)
{
	return n && n->kind == YAML_TREE_SCALAR && parse_size(n->text, ret) == 0 && *ret;
}

/* What limits memory, in either spelling. */
static bool memory_limit(struct reading *r, uint64_t *ret)
{
	const struct yaml_node *deploy = yaml_get(r->service, "deploy");
	const struct yaml_node *limits = yaml_get(yaml_get(deploy, "resources"), "limits");

	return size_of(yaml_get(r->service, "mem_limit"), ret) ||
	       size_of(yaml_get(limits, "memory"), ret);
}

static int too_small(struct reading *r, const struct item *it)
{
	uint64_t bytes;
	int rc;

	if (!size_of(it->node, &bytes) || bytes >= MEMORY_MIN)
		return 0;
	rc = wrong(r, it, "%ju bytes is below the minimum of 6 MiB", (uintmax_t)bytes);
	err_hint(r->err, "a unit may be missing: 512m is 512 MiB");
	return rc;
}

int key_memory(struct reading *r, const struct item *it)
{
	int rc = too_small(r, it);

	return rc < 0 ? rc : limit(r, it, "memory");
}

int key_memory_reservation(struct reading *r, const struct item *it)
{
	uint64_t bytes, most;
	int rc = too_small(r, it);

	if (rc < 0)
		return rc;
	if (size_of(it->node, &bytes) && memory_limit(r, &most) && bytes > most)
		return wrong(r, it, "%ju bytes is more than the limit of memory, %ju",
			     (uintmax_t)bytes, (uintmax_t)most);
	return limit(r, it, "memory-reservation");
}

int key_memory_swap(struct reading *r, const struct item *it)
{
	uint64_t bytes, memory;
	int rc;

	if (!size_of(it->node, &bytes))
		return limit(r, it, "memory-swap"); /* 0, -1, or not a size */
	if (!memory_limit(r, &memory)) {
		rc = wrong(r, it, "needs mem_limit");
		err_hint(r->err, "it limits memory and swap together; -1 leaves swap unlimited");
		return rc;
	}
	if (bytes < memory) {
		rc = wrong(r, it, "%ju bytes is less than mem_limit, %ju", (uintmax_t)bytes,
			   (uintmax_t)memory);
		err_hint(r->err,
			 "it limits memory and swap together: the same as mem_limit means no swap");
		return rc;
	}
	return limit(r, it, "memory-swap");
}

int key_oom_kill_disable(struct reading *r, const struct item *it)
{
	if (!is_true(it->node))
		say(r, it, VERDICT_ENFORCED, "%s", "");
	else
		say(r, it, VERDICT_IGNORED,
		    "control groups of version 2 have nothing for it; Docker ignores it there, too");
	return 0;
}

int key_oom_score_adj(struct reading *r, const struct item *it)
{
	if (it->node->text[0] != '-')
		return enforce(r, it, "oom-score-adj", it->node->text);
	ask(r, it, "oom-score-adj", it->node->text);
	say(r, it, VERDICT_UNPRIVILEGED,
	    "to be killed later than others takes CAP_SYS_RESOURCE on the host: without it nothing "
	    "is started");
	return 0;
}

/* ---- CPU -------------------------------------------------------------------------------------- */

int key_cpus(struct reading *r, const struct item *it)
{
	static const char *const others[] = {"cpu_quota", "cpu_period"};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct item other;
		int rc;

		if (!service_get(r, others[i], &other) || is_zero(it->node->text) ||
		    other.node->kind != YAML_TREE_SCALAR || is_zero(other.node->text))
			continue;
		rc = wrong(r, it, "contradicts %s at %u:%u", others[i], other.at.line,
			   other.at.column);
		err_hint(r->err, "they say the same in two ways; keep one");
		return rc;
	}
	return limit(r, it, "cpus");
}

int key_cpu_quota(struct reading *r, const struct item *it)
{
	return limit(r, it, "cpu-quota");
}

int key_cpu_period(struct reading *r, const struct item *it)
{
	return limit(r, it, "cpu-period");
}

int key_cpu_shares(struct reading *r, const struct item *it)
{
	uint64_t shares;

	if (parse_u64(it->node->text, UINT64_MAX, &shares) == 0 && shares &&
	    (shares < 2 || shares > 262144))
		return wrong(r, it, "%ju: must be between 2 and 262144", (uintmax_t)shares);
	return limit(r, it, "cpu-shares");
}

int key_cpuset(struct reading *r, const struct item *it)
{
	return enforce(r, it, "cpuset-cpus", it->node->text);
}

int key_pids_limit(struct reading *r, const struct item *it)
{
	if (!is_zero(it->node->text))
		return enforce(r, it, "pids-limit", it->node->text);
	ask(r, it, "pids-limit", "-1");
	say(r, it, VERDICT_ENFORCED, "%s", no_limit);
	return 0;
}

/* ---- block I/O -------------------------------------------------------------------------------- */

static int device_limit(struct reading *r, const struct item *it, const char *option,
			const char *field)
{
	struct item path, value;
	char fields[32];
	int rc;

	(void)snprintf(fields, sizeof(fields), "path %s", field);
	rc = check_fields(r, it, fields);
	if (rc < 0)
		return rc;
	if (!item_get(r, it, "path", &path) || !item_get(r, it, field, &value))
		return wrong(r, it, "`path` and `%s` are needed", field);
	return enforce(r, it, option,
		       arena_printf(r->asked->arena, "%s:%s", path.node->text, value.node->text));
}

int key_blkio(struct reading *r, const struct item *it)
{
	static const struct {
		const char *key, *option, *field;
	} lists[] = {
		{"device_read_bps", "device-read-bps", "rate"},
		{"device_write_bps", "device-write-bps", "rate"},
		{"device_read_iops", "device-read-iops", "rate"},
		{"device_write_iops", "device-write-iops", "rate"},
		{"weight_device", "blkio-weight-device", "weight"},
	};
	struct item list;
	int rc = check_fields(r, it,
			      "weight weight_device:l device_read_bps:l device_read_iops:l "
			      "device_write_bps:l device_write_iops:l");

	if (rc == 0 && item_get(r, it, "weight", &list))
		rc = limit(r, &list, "blkio-weight");
	for (size_t i = 0; i < ARRAY_SIZE(lists) && rc == 0; i++) {
		if (!item_get(r, it, lists[i].key, &list))
			continue;
		for (size_t j = 0; j < list.node->n && rc == 0; j++) {
			struct item one = item_of_entry(r, &list, j);

			rc = check_kind(r, &one, "m");
			if (rc == 0)
				rc = device_limit(r, &one, lists[i].option, lists[i].field);
		}
	}
	return rc;
}

/* ---- ulimits and sysctls ---------------------------------------------------------------------- */

static int two_limits(struct reading *r, const struct item *it, const char *name)
{
	struct item soft, hard;
	int rc = check_fields(r, it, "soft hard");

	if (rc < 0)
		return rc;
	if (!item_get(r, it, "soft", &soft) || !item_get(r, it, "hard", &hard))
		return wrong(r, it, "`soft` and `hard` are both needed");
	return enforce(
		r, it, "ulimit",
		arena_printf(r->asked->arena, "%s=%s:%s", name, soft.node->text, hard.node->text));
}

int key_ulimits(struct reading *r, const struct item *it)
{
	for (size_t i = 0; i < it->node->n; i++) {
		struct item one = item_of_pair(r, it, &it->node->pairs[i]);
		const char *name = it->node->pairs[i].key;
		int rc = check_kind(r, &one, "sm");

		if (rc == 0 && one.node->kind == YAML_TREE_MAP)
			rc = two_limits(r, &one, name);
		else if (rc == 0)
			rc = enforce(r, &one, "ulimit",
				     arena_printf(r->asked->arena, "%s=%s", name, one.node->text));
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int sysctl_one(struct reading *r, const struct item *it, const char *name, const char *value)
{
	if (!value)
		return wrong(r, it, "the value is missing");
	return enforce(r, it, "sysctl", arena_printf(r->asked->arena, "%s=%s", name, value));
}

int key_sysctls(struct reading *r, const struct item *it)
{
	return each_named(r, it, sysctl_one);
}
