/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_advice.c - what a service should have and hasn't, or has and better hadn't.
 *
 * It is about the file, under Docker as well as here: x-preset changes nothing in it. What is said of
 * files and ports is in compose_advice_files.c.
 *
 * Should: say in one sentence what an attacker has from it, and the line that takes it away.
 * Mustn't: show the value of a variable; say anything of what is merely unusual.
 */
#include <string.h>
#include <strings.h>

#include "compose_advice.h"

const char *scalar_of(const struct yaml_node *n)
{
	return n && n->kind == YAML_TREE_SCALAR ? n->text : NULL;
}

const struct yaml_pair *pair_of(const struct yaml_node *map, const char *key)
{
	for (size_t i = 0; map && map->kind == YAML_TREE_MAP && i < map->n; i++)
		if (strcmp(map->pairs[i].key, key) == 0)
			return &map->pairs[i];
	return NULL;
}

/* An entry of a list, in any case; NULL: it isn't there. */
static const struct yaml_node *entry_of(const struct yaml_node *list, const char *text)
{
	for (size_t i = 0; list && list->kind == YAML_TREE_LIST && i < list->n; i++) {
		const char *entry = scalar_of(list->items[i]);

		if (entry && strcasecmp(entry, text) == 0)
			return list->items[i];
	}
	return NULL;
}

/* ---- limits ----------------------------------------------------------------------------------- */

static bool is_limited(const struct yaml_node *service, const char *plain, const char *deploy)
{
	const struct yaml_node *resources = yaml_get(yaml_get(service, "deploy"), "resources");
	const char *a = scalar_of(yaml_get(service, plain));
	const char *b = scalar_of(yaml_get(yaml_get(resources, "limits"), deploy));

	return (a && !is_zero(a) && *a != '-') || (b && !is_zero(b) && *b != '-');
}

static void limits(const struct yaml_node *service, struct asked *a)
{
	const char *quota = scalar_of(yaml_get(service, "cpu_quota"));
	const struct yaml_node *core = yaml_get(yaml_get(service, "ulimits"), "core");
	const char *hard = scalar_of(core) ? scalar_of(core) : scalar_of(yaml_get(core, "hard"));

	if (!is_limited(service, "mem_limit", "memory"))
		asked_advice(a, &a->at, "no-memory-limit", "mem_limit: 512m",
			     "Whoever controls the program can use up the host's memory, and the "
			     "kernel then kills programs of others.");
	if (!is_limited(service, "pids_limit", "pids"))
		asked_advice(
			a, &a->at, "no-pids-limit", "pids_limit: 128",
			"A fork bomb fills the host's table of processes, and nobody can log in "
			"to stop it.");
	if (!is_limited(service, "cpus", "cpus") && (!quota || is_zero(quota) || *quota == '-'))
		asked_advice(
			a, &a->at, "no-cpu-limit", "cpus: 1",
			"Whoever controls the program can keep all CPUs busy, for mining or to "
			"starve the others.");
	if (hard && !is_zero(hard))
		asked_advice(
			a, &core->at, "core-dumps", "ulimits: {core: 0}",
			"A crash writes the program's memory to a file, with every password and "
			"key in it.");
}

/* ---- rights ----------------------------------------------------------------------------------- */

/* clang-format off */
static const struct {
	const char *name, *gain;
} bad_caps[] = {
	{ "ALL", "every right of root, and with it a way out of a container of Docker's" },
	{ "SYS_ADMIN", "mounts, namespaces and more: nearly all of root, and the usual way out of a container" },
	{ "SYS_MODULE", "code in the kernel" },
	{ "SYS_RAWIO", "the memory and the ports of the machine" },
	{ "SYS_PTRACE", "the memory of other processes, and what seccomp forbids by way of them" },
	{ "DAC_READ_SEARCH", "every file of the host, by open_by_handle_at" },
	{ "DAC_OVERRIDE", "every file inside, whatever its owner and mode" },
	{ "BPF", "programs in the kernel" },
	{ "PERFMON", "what the kernel and other processes do" },
	{ "NET_ADMIN", "interfaces, routes and packet filters, and the kernel's code for them" },
	{ "NET_RAW", "forged packets: spoofed addresses and names for its neighbours" },
	{ "MKNOD", "device nodes" },
	{ "SYS_BOOT", "a reboot, or another kernel" },
	{ "SYS_TIME", "the host's clock, and with it what certificates and logs say" },
	{ "SYSLOG", "addresses in the kernel, which attacks on it need" },
	{ "MAC_ADMIN", "the rules of AppArmor or SELinux" },
	{ "MAC_OVERRIDE", "what AppArmor or SELinux forbids" },
	{ "SETFCAP", "programs that are root for whoever starts them" },
};
/* clang-format on */

static void cap_add(const struct yaml_node *service, struct asked *a)
{
	const struct yaml_node *list = yaml_get(service, "cap_add");

	for (size_t i = 0; list && list->kind == YAML_TREE_LIST && i < list->n; i++) {
		const char *name = scalar_of(list->items[i]);

		if (name && strncasecmp(name, "CAP_", 4) == 0)
			name += 4;
		for (size_t j = 0; name && j < ARRAY_SIZE(bad_caps); j++)
			if (strcasecmp(bad_caps[j].name, name) == 0)
				asked_advice(a, &list->items[i]->at, "cap-add",
					     "leave it out, or name the one thing that needs it",
					     "%s gives whoever controls the program %s.",
					     bad_caps[j].name, bad_caps[j].gain);
	}
	if (list && list->n && !is_root_user(service))
		asked_advice(
			a, &list->at, "cap-lost",
			"sysctls: {net.ipv4.ip_unprivileged_port_start: 0} for low ports, or "
			"setcap on the program",
			"Docker gives added capabilities to root only: a user other than root "
			"loses them when the program starts, so they only widen what root inside "
			"could do.");
}

static void security_opt(const struct yaml_node *service, struct asked *a)
{
	static const struct {
		const char *name, *id, *add, *gain;
	} bad[] = {
		{"seccomp", "seccomp-unconfined", "seccomp:./profile.json, or nothing",
		 "Every system call is open, and most ways into the kernel go through a rare one."},
		{"apparmor", "apparmor-unconfined", "apparmor:docker-default, or nothing",
		 "Nothing but permissions keeps the program from files below /proc and /sys, and from "
		 "mounts."},
		{"systempaths", "systempaths-unconfined", "leave it out",
		 "The kernel's settings and secrets below /proc and /sys can be read and, as root, "
		 "written."},
		{"label", "label-disable", "leave it out",
		 "On hosts with SELinux the container is no longer kept apart by labels."},
	};
	const struct yaml_node *list = yaml_get(service, "security_opt");
	bool has_nnp = false;

	for (size_t i = 0; list && list->kind == YAML_TREE_LIST && i < list->n; i++) {
		const char *text = scalar_of(list->items[i]);
		size_t len = text ? strcspn(text, ":=") : 0;

		if (len == 17 && strncmp(text, "no-new-privileges", len) == 0)
			has_nnp |= !text[len] || !strchr("fF0", text[len + 1]);
		for (size_t j = 0; text && j < ARRAY_SIZE(bad); j++)
			if (strlen(bad[j].name) == len && !memcmp(bad[j].name, text, len) &&
			    text[len] &&
			    (!strcmp(text + len + 1, "unconfined") ||
			     !strcmp(text + len + 1, "disable")))
				asked_advice(a, &list->items[i]->at, bad[j].id, bad[j].add, "%s",
					     bad[j].gain);
	}
	if (!has_nnp)
		asked_advice(
			a, list ? &list->at : &a->at, "no-new-privileges",
			"security_opt: [\"no-new-privileges:true\"]",
			"A program with the set-user-ID bit inside, such as su or mount, makes "
			"root of whoever controls the service.");
}

static void rights(const struct yaml_node *service, struct asked *a)
{
	const struct yaml_pair *user = pair_of(service, "user");
	const struct yaml_pair *privileged = pair_of(service, "privileged");
	const struct yaml_node *drop = yaml_get(service, "cap_drop");
	const char *name = user ? scalar_of(user->value) : "0";

	if (name && (!strcmp(name, "0") || !strncmp(name, "0:", 2) || !strcmp(name, "root") ||
		     !strncmp(name, "root:", 5)))
		asked_advice(
			a, user ? &user->at : &a->at, "no-user", "user: \"1000:1000\"",
			"The program is root inside: it may change every file of the container, "
			"and a hole in the kernel or in Docker makes it root on the host.");
	if (!entry_of(drop, "ALL"))
		asked_advice(
			a, drop ? &drop->at : &a->at, "no-cap-drop", "cap_drop: [ALL]",
			"Fourteen of root's rights are left, NET_RAW and SETUID among them; most "
			"services need none.");
	if (privileged && is_true(privileged->value))
		asked_advice(
			a, &privileged->at, "privileged", "cap_add: [...], devices: [...]",
			"The program is root on the host but in name: all devices, all rights, "
			"no filter.");
	cap_add(service, a);
	security_opt(service, a);
}

/* ---- namespaces ------------------------------------------------------------------------------- */

static void namespaces(const struct yaml_node *service, struct asked *a)
{
	static const struct {
		const char *key, *id, *gain;
	} shared[] = {
		{"network_mode", "host-network",
		 "The program reaches everything that listens on the host's own addresses, and takes "
		 "the host's ports."},
		{"pid", "host-pid",
		 "The program sees the host's processes, their arguments and, as root, their memory."},
		{"ipc", "host-ipc",
		 "The program reads and writes the shared memory of the host's programs."},
		{"uts", "host-uts", "The program knows, and as root changes, the host's name."},
		{"userns_mode", "host-userns",
		 "Root inside is root on the host: nothing but the other walls is between them."},
		{"cgroup", "host-cgroup",
		 "The program sees how the host's control groups are laid out."},
	};

	for (size_t i = 0; i < ARRAY_SIZE(shared); i++) {
		const struct yaml_pair *pair = pair_of(service, shared[i].key);
		const char *mode = pair ? scalar_of(pair->value) : NULL;

		if (mode && strcmp(mode, "host") == 0)
			asked_advice(a, &pair->at, shared[i].id, "leave it out", "%s",
				     shared[i].gain);
	}
}

/* ---- environment and image -------------------------------------------------------------------- */

static bool looks_secret(const char *name)
{
	static const char *const parts[] = {"PASSWORD",   "PASSWD",    "SECRET",     "TOKEN",
					    "API_KEY",    "APIKEY",    "ACCESS_KEY", "PRIVATE_KEY",
					    "CREDENTIAL", "PASSPHRASE"};
	static const char *const ends[] = {"_KEY", "_PASS", "_PWD"};
	size_t len = strlen(name);

	/* PASSWORD_FILE names a file: that is the cure */
	if (len > 5 && strcasecmp(name + len - 5, "_FILE") == 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (strcasestr(name, parts[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (len > strlen(ends[i]) && !strcasecmp(name + len - strlen(ends[i]), ends[i]))
			return true;
	return false;
}

static void variable(struct asked *a, const struct place *at, const char *name, const char *value)
{
	char file[64];
	size_t i;

	if (!value || !*value || !looks_secret(name))
		return;
	for (i = 0; name[i] && i + 1 < sizeof(file); i++)
		file[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
	file[i] = '\0';
	asked_advice(a, at, "secret-in-environment",
		     arena_printf(a->arena, "secrets: [%s], and %.60s_FILE: /run/secrets/%s", file,
				  name, file),
		     "Every process inside has %.100s, and so have /proc, docker inspect and many "
		     "crash reports.",
		     name);
}

static void environment(const struct yaml_node *service, struct asked *a)
{
	const struct yaml_node *env = yaml_get(service, "environment");

	for (size_t i = 0; env && i < env->n; i++) {
		if (env->kind == YAML_TREE_MAP) {
			variable(a, &env->pairs[i].at, env->pairs[i].key,
				 scalar_of(env->pairs[i].value));
		} else if (env->kind == YAML_TREE_LIST && scalar_of(env->items[i])) {
			const char *text = scalar_of(env->items[i]), *equals = strchr(text, '=');

			if (equals)
				variable(a, &env->items[i]->at,
					 arena_strndup(a->arena, text, (size_t)(equals - text)),
					 equals + 1);
		}
	}
}

static void image(const struct yaml_node *service, struct asked *a)
{
	const struct yaml_pair *pair = pair_of(service, "image");
	const char *name = pair ? scalar_of(pair->value) : NULL, *slash, *colon;

	if (!name || strchr(name, '@'))
		return;
	slash = strrchr(name, '/');
	colon = strchr(slash ? slash : name, ':');
	if (!colon || strcmp(colon, ":latest") == 0)
		asked_advice(
			a, &pair->at, "image-latest",
			arena_printf(a->arena, "image: %.*s:1.2.3@sha256:...",
				     (int)(colon ? colon - name : (long)strlen(name)), name),
			"Whoever can push to the registry decides what runs after the next pull.");
}

void compose_advise(const struct compose_project *p, const struct yaml_node *service,
		    struct asked *a)
{
	rights(service, a);
	namespaces(service, a);
	limits(service, a);
	environment(service, a);
	image(service, a);
	compose_advise_files(p, service, a);
}
