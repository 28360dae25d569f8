/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_keys_deploy.c - `deploy`: its limits are the plain keys' in other words, the rest is for a
 *			   cluster.
 *
 * Should: refuse two spellings that disagree, naming both places.
 * Mustn't: let one of them win in silence.
 */
#include <stdlib.h>
#include <string.h>

#include "compose_keys.h"

static bool is_same(const char *a, const char *b)
{
	char *end_a, *end_b;
	double number_a = strtod(a, &end_a), number_b = strtod(b, &end_b);
	uint64_t size_a, size_b;

	if (!*end_a && !*end_b)
		return number_a >= number_b && number_a <= number_b;
	if (parse_size(a, &size_a) == 0 && parse_size(b, &size_b) == 0)
		return size_a == size_b;
	return strcmp(a, b) == 0;
}

int agree(struct reading *r, const struct item *it, const char *other, bool *ret_is_there)
{
	struct item plain;
	int rc;

	*ret_is_there = service_get(r, other, &plain) && plain.node->kind == YAML_TREE_SCALAR &&
			!is_zero(plain.node->text);
	if (!*ret_is_there || is_same(it->node->text, plain.node->text))
		return 0;
	rc = wrong(r, it, "%.40s contradicts %s %.40s at %u:%u", it->node->text, other,
		   plain.node->text, plain.at.line, plain.at.column);
	err_hint(r->err, "they are two spellings of one setting; keep one, or make them the same");
	return rc;
}

/* One that the plain key's reader can read. */
static int as_plain(struct reading *r, const struct item *it, const char *plain, key_fn *read)
{
	bool is_there;
	int rc = agree(r, it, plain, &is_there);

	if (rc < 0)
		return rc;
	if (!is_there)
		return read(r, it);
	say(r, it, VERDICT_ENFORCED, "the same as %s", plain);
	return 0;
}

static int limit_memory(struct reading *r, const struct item *it)
{
	return as_plain(r, it, "mem_limit", key_memory);
}

static int limit_cpus(struct reading *r, const struct item *it)
{
	return as_plain(r, it, "cpus", key_cpus);
}

static int limit_pids(struct reading *r, const struct item *it)
{
	return as_plain(r, it, "pids_limit", key_pids_limit);
}

static int reserve_memory(struct reading *r, const struct item *it)
{
	return as_plain(r, it, "mem_reservation", key_memory_reservation);
}

static int replicas(struct reading *r, const struct item *it)
{
	bool is_there;
	int rc = agree(r, it, "scale", &is_there);

	return rc < 0 ? rc : key_scale(r, it);
}

static const struct compose_key limits[] = {
	{"cpus", "s", VERDICT_ENFORCED, "", limit_cpus, NULL},
	{"memory", "s", VERDICT_ENFORCED, "", limit_memory, NULL},
	{"pids", "i", VERDICT_ENFORCED, "", limit_pids, NULL},
};

static const struct compose_key reservations[] = {
	{"cpus", "s", VERDICT_IGNORED,
	 "a share for a cluster's scheduler, which Docker Compose ignores, too; cpu_shares weighs "
	 "services against each other",
	 NULL, NULL},
	{"memory", "s", VERDICT_ENFORCED, "", reserve_memory, NULL},
	{"generic_resources", "l", VERDICT_IGNORED, "for a cluster's scheduler", NULL,
	 "discrete_resource_spec:m"},
	{"devices", "l", VERDICT_IGNORED,
	 "pillbox knows no driver of GPUs; `devices` shows single device nodes", NULL,
	 COMPOSE_DEVICE_FIELDS},
};

static int key_limits(struct reading *r, const struct item *it)
{
	return read_table(r, it, limits, ARRAY_SIZE(limits));
}

static int key_reservations(struct reading *r, const struct item *it)
{
	return read_table(r, it, reservations, ARRAY_SIZE(reservations));
}

static const struct compose_key resources[] = {
	{"limits", "m", VERDICT_ENFORCED, "", key_limits, NULL},
	{"reservations", "m", VERDICT_ENFORCED, "", key_reservations, NULL},
};

static int key_resources(struct reading *r, const struct item *it)
{
	return read_table(r, it, resources, ARRAY_SIZE(resources));
}

static int placement(struct reading *r, const struct item *it)
{
	struct item list;
	int rc = check_fields(r, it, "constraints:l preferences:l max_replicas_per_node:i");

	if (rc == 0 && item_get(r, it, "preferences", &list))
		for (size_t i = 0; i < list.node->n && rc == 0; i++) {
			struct item one = item_of_entry(r, &list, i);

			rc = check_kind(r, &one, "m");
			if (rc == 0)
				rc = check_fields(r, &one, "spread");
		}
	if (rc == 0)
		say(r, it, VERDICT_IGNORED, "for a cluster: there is one machine");
	return rc;
}

#define UPDATE "parallelism:i delay failure_action monitor max_failure_ratio order"

static const struct compose_key deploy[] = {
	{"mode", "s", VERDICT_IGNORED, "for a cluster: one sandbox is started", NULL, NULL},
	{"endpoint_mode", "s", VERDICT_IGNORED, "for a cluster's network", NULL, NULL},
	{"replicas", "i", VERDICT_IGNORED, "", replicas, NULL},
	{"labels", "ml", VERDICT_IGNORED,
	 "names for tools that look at Docker; nothing reads them here", NULL, NULL},
	{"rollback_config", "m", VERDICT_IGNORED, "for a cluster: nothing is updated here", NULL,
	 UPDATE},
	{"update_config", "m", VERDICT_IGNORED, "for a cluster: nothing is updated here", NULL,
	 UPDATE},
	{"resources", "m", VERDICT_ENFORCED, "", key_resources, NULL},
	{"restart_policy", "m", VERDICT_IGNORED,
	 "a sandbox that ended stays ended; systemd's Restart= starts it again", NULL,
	 "condition delay max_attempts:i window"},
	{"placement", "m", VERDICT_IGNORED, "", placement, NULL},
};

int key_deploy(struct reading *r, const struct item *it)
{
	if (it->node->kind == YAML_TREE_MAP)
		return read_table(r, it, deploy, ARRAY_SIZE(deploy));
	say(r, it, VERDICT_IGNORED, "nothing is in it");
	return 0;
}
