/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_keys_net.c - namespaces that are shared or not, networks, names of hosts.
 *
 * Should: say where a service is more alone here than with Docker.
 * Mustn't: open anything to the host but by network_mode: host.
 */
#include <string.h>

#include "compose_keys.h"

/* service:NAME and container:ID, another one's namespace: 1; 0: neither; -EINVAL: no such service. */
static int is_joined(struct reading *r, const struct item *it, const char *mode)
{
	const struct yaml_node *services = r->project->services;
	int rc;

	if (strncmp(mode, "container:", 10) == 0)
		return mode[10] != '\0';
	if (strncmp(mode, "service:", 8) != 0 || !mode[8])
		return 0;
	if (yaml_get(services, mode + 8))
		return 1;
	rc = wrong(r, it, "no service %.60s is among the file's", mode + 8);
	if (nearest_key(services, mode + 8))
		err_hint(r->err, "did you mean service:%s?", nearest_key(services, mode + 8));
	return rc;
}

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

/* What `what` is shared with in Docker is not shared here. */
static int namespace_mode(struct reading *r, const struct item *it, const char *const *own,
			  const char *what, const char *choices)
{
	const char *mode = it->node->kind == YAML_TREE_SCALAR ? it->node->text : "";
	int rc;

	if (!*mode || is_one_of(mode, own)) {
		say(r, it, VERDICT_ENFORCED, "%s", "");
		return 0;
	}
	if (strcmp(mode, "host") == 0) {
		say(r, it, VERDICT_IGNORED,
		    "the sandbox has %s of its own all the same, which is stricter: nothing of the "
		    "host's is seen",
		    what);
		return 0;
	}
	rc = is_joined(r, it, mode);
	if (rc < 0)
		return rc;
	if (rc) {
		say(r, it, VERDICT_IGNORED,
		    "the sandbox has %s of its own: no other service is started here to share with",
		    what);
		return 0;
	}
	rc = wrong(r, it, "'%.60s' is no mode of Docker's", mode);
	err_hint(r->err, "%s", choices);
	return rc;
}

int key_pid(struct reading *r, const struct item *it)
{
	static const char *const own[] = {NULL};

	return namespace_mode(r, it, own, "process ids",
			      "host, service:NAME or container:NAME; leave it out for its own");
}

int key_ipc(struct reading *r, const struct item *it)
{
	static const char *const own[] = {"private", NULL};
	const char *mode = it->node->text;

	if (strcmp(mode, "shareable") == 0) {
		say(r, it, VERDICT_DIFFERENTLY, "its own, and nothing else can join it");
		return 0;
	}
	if (strcmp(mode, "none") == 0) {
		say(r, it, VERDICT_DIFFERENTLY,
		    "its own, but /dev/shm is there: shm_size: 4k makes it useless");
		return 0;
	}
	return namespace_mode(r, it, own, "shared memory and message queues",
			      "private, shareable, none, host, service:NAME or container:NAME");
}

int key_uts(struct reading *r, const struct item *it)
{
	static const char *const own[] = {"private", NULL};

	return namespace_mode(r, it, own, "a host name",
			      "host; leave it out for a name of its own");
}

int key_cgroup(struct reading *r, const struct item *it)
{
	static const char *const own[] = {"private", NULL};

	return namespace_mode(r, it, own, "a view of the control groups", "private or host");
}

/* ---- network ---------------------------------------------------------------------------------- */

static const char lonely[] =
	"only a loopback interface: networks of several services come with a later version; until "
	"then the service reaches nothing and nothing reaches it";

int key_network_mode(struct reading *r, const struct item *it)
{
	const char *mode = it->node->text;
	struct item networks;
	int rc;

	if (service_get(r, "networks", &networks) && networks.node->n) {
		rc = wrong(r, it, "contradicts `networks` at %u:%u", networks.at.line,
			   networks.at.column);
		err_hint(r->err, "Compose allows one of the two");
		return rc;
	}
	if (strcmp(mode, "none") == 0)
		return enforce(r, it, "network", "none");
	if (strcmp(mode, "host") == 0) {
		ask(r, it, "network", "host");
		say(r, it, VERDICT_ENFORCED,
		    "the host's own interfaces, ports and abstract sockets");
		return 0;
	}
	rc = is_joined(r, it, mode);
	if (rc < 0)
		return rc;
	if (rc) {
		say(r, it, VERDICT_DIFFERENTLY, "%s", lonely);
		return 0;
	}
	if (!*mode || strspn(mode, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "_.-") != strlen(mode)) {
		rc = wrong(r, it, "'%.60s' is no mode of Docker's", mode);
		err_hint(r->err, "none, host, bridge, service:NAME, or a network's name");
		return rc;
	}
	say(r, it, VERDICT_DIFFERENTLY, "%s", lonely);
	return 0;
}

static int network_one(struct reading *r, const struct item *it, const char *name)
{
	const struct yaml_node *network = yaml_get(r->project->networks, name);
	const struct yaml_node *internal = yaml_get(network, "internal");
	int rc;

	if (!network && strcmp(name, "default") != 0) {
		rc = wrong(r, it, "no network %.60s is among the file's", name);
		if (nearest_key(r->project->networks, name))
			err_hint(r->err, "did you mean %s?",
				 nearest_key(r->project->networks, name));
		err_hint(r->err, "add it on the outermost level: networks: {%.60s: {}}", name);
		return rc;
	}
	if (internal && is_true(internal))
		say(r, it, VERDICT_DIFFERENTLY, "stricter than internal: %s", lonely);
	else
		say(r, it, VERDICT_DIFFERENTLY, "%s", lonely);
	return 0;
}

int key_networks(struct reading *r, const struct item *it)
{
	if (it->node->n == 0)
		say(r, it, VERDICT_DIFFERENTLY, "%s", lonely);
	return each_keyed(r, it, "mn",
			  "aliases:l interface_name ipv4_address ipv6_address link_local_ips:l "
			  "mac_address driver_opts:m priority:i gw_priority:i",
			  network_one);
}

/* ---- names ------------------------------------------------------------------------------------ */

int key_hostname(struct reading *r, const struct item *it)
{
	return enforce(r, it, "hostname", it->node->text);
}

int key_domainname(struct reading *r, const struct item *it)
{
	return enforce(r, it, "domainname", it->node->text);
}

static int host_one(struct reading *r, const struct item *it, const char *name, const char *address)
{
	size_t len = strlen(address);

	if (strcmp(address, "host-gateway") == 0) {
		say(r, it, VERDICT_IGNORED,
		    "there is no way to the host, so it has no address to write down");
		return 0;
	}
	if (len > 2 && address[0] == '[' && address[len - 1] == ']')
		address = arena_strndup(r->asked->arena, address + 1, len - 2);
	return enforce(r, it, "add-host", arena_printf(r->asked->arena, "%s=%s", name, address));
}

/* "NAME=ADDRESS", or with the ':' that addresses may have themselves. */
static int host_line(struct reading *r, const struct item *it)
{
	const char *text = it->node->text;
	size_t len = strcspn(text, "=:");

	if (!len || !text[len] || !text[len + 1]) {
		int rc = wrong(r, it, "not a name and an address");

		err_hint(r->err, "\"db=10.0.0.2\"");
		return rc;
	}
	return host_one(r, it, arena_strndup(r->asked->arena, text, len), text + len + 1);
}

int key_extra_hosts(struct reading *r, const struct item *it)
{
	if (it->node->kind == YAML_TREE_LIST)
		return each_entry(r, it, "s", host_line);
	for (size_t i = 0; i < it->node->n; i++) {
		const char *name = it->node->pairs[i].key;
		struct item host = item_of_pair(r, it, &it->node->pairs[i]);
		int rc = check_kind(r, &host, "sl");

		if (rc == 0 && host.node->kind == YAML_TREE_SCALAR)
			rc = host_one(r, &host, name, host.node->text);
		else if (rc == 0)
			for (size_t j = 0; j < host.node->n && rc == 0; j++) {
				struct item address = item_of_entry(r, &host, j);

				rc = check_kind(r, &address, "s");
				if (rc == 0)
					rc = host_one(r, &address, name, address.node->text);
			}
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int resolv(struct reading *r, const struct item *it, const char *option)
{
	ask(r, it, option, it->node->text);
	say(r, it, VERDICT_ENFORCED,
	    "in /etc/resolv.conf; without a network (network_mode: host) nobody answers");
	return 0;
}

static int dns_one(struct reading *r, const struct item *it)
{
	return resolv(r, it, "dns");
}

static int dns_search_one(struct reading *r, const struct item *it)
{
	return resolv(r, it, "dns-search");
}

static int dns_opt_one(struct reading *r, const struct item *it)
{
	return resolv(r, it, "dns-option");
}

int key_dns(struct reading *r, const struct item *it)
{
	return each_entry(r, it, "s", dns_one);
}

int key_dns_search(struct reading *r, const struct item *it)
{
	return each_entry(r, it, "s", dns_search_one);
}

int key_dns_opt(struct reading *r, const struct item *it)
{
	return each_entry(r, it, "s", dns_opt_one);
}
