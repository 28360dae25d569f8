/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export_kubernetes.c - the settings as a pod with one container.
 *
 * Should: fit the "restricted" Pod Security Standard where the settings do.
 * Mustn't: name a file of the host's for a secret: it is an object of the cluster's.
 */
#include <ctype.h>
#include <string.h>

#include "export.h"

#define POD 2       /* keys of the pod's spec */
#define CONTAINER 6 /* of the container */

static void key_bool(struct export *e, int indent, const char *name, bool value)
{
	export_key_plain(e, indent, name, value ? "true" : "false");
}

#define PLAINF(e, indent, name, ...) \
	export_key_plain(e, indent, name, arena_printf((e)->s->arena, __VA_ARGS__))
#define KEYF(e, indent, name, ...) \
	export_key(e, indent, name, arena_printf((e)->s->arena, __VA_ARGS__))

/* As names of objects must be: lower case, digits and dashes, at most 63. */
static const char *object_name(struct export *e, const char *text)
{
	char *name = arena_strndup(e->s->arena, text, strnlen(text, 63));
	size_t len;

	for (char *c = name; *c; c++)
		*c = isalnum((unsigned char)*c) ? (char)tolower((unsigned char)*c) : '-';
	for (len = strlen(name); len && name[len - 1] == '-'; len--)
		name[len - 1] = '\0';
	while (*name == '-')
		name++;
	return *name ? name : "app";
}

/* ---- the pod --------------------------------------------------------------------------------- */

static void words(struct export *e, const char *name, const struct word_list *list)
{
	if (list->n)
		export_key(e, POD + 2, name, NULL);
	for (size_t i = 0; i < list->n; i++)
		export_item(e, POD + 4, list->words[i]);
}

static void part_names(struct export *e)
{
	const struct spec *s = e->s;

	if (s->hosts.n)
		export_key(e, POD, "hostAliases", NULL);
	for (size_t i = 0; i < s->hosts.n; i++) {
		size_t ip = strcspn(s->hosts.words[i], "\t");

		(void)fprintf(e->out, "%*s- ip: ", POD + 2, "");
		export_yaml(e, arena_strndup(s->arena, s->hosts.words[i], ip));
		(void)fputc('\n', e->out);
		export_key(e, POD + 4, "hostnames", NULL);
		export_item(e, POD + 6, s->hosts.words[i] + ip + 1);
	}
	if (!s->dns.n && !s->dns_search.n && !s->dns_options.n)
		return;
	export_key_plain(e, POD, "dnsPolicy", s->dns.n ? "None" : "Default");
	export_key(e, POD, "dnsConfig", NULL);
	words(e, "nameservers", &s->dns);
	words(e, "searches", &s->dns_search);
	if (s->dns_options.n)
		export_missing(e, "--dns-option: options have names and values there");
}

static void part_pod(struct export *e)
{
	const struct spec *s = e->s;

	(void)fprintf(e->out,
		      "apiVersion: v1\nkind: Pod\nmetadata:\n  name: %s\nspec:\n"
		      "  restartPolicy: Never\n  automountServiceAccountToken: false\n"
		      "  enableServiceLinks: false\n  hostPID: false\n  hostIPC: false\n",
		      object_name(e, export_name(e)));
	e->indent = POD;
	key_bool(e, POD, "hostNetwork", s->net == NET_HOST);
	if (s->net == NET_NONE)
		export_missing(e,
			       "--network none: a pod has an address: a NetworkPolicy that selects "
			       "it and allows nothing closes it");
	key_bool(e, POD, "hostUsers", false);
	export_key(e, POD, "hostname", object_name(e, s->hostname));
	if (s->domainname)
		export_missing(e, "--domainname %s", s->domainname);
	part_names(e);
	PLAINF(e, POD, "terminationGracePeriodSeconds", "%u", s->stop_timeout);
}

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

static void pod_user(struct export *e)
{
	const struct spec *s = e->s;
	size_t len = strcspn(s->user, ":");
	const char *user = arena_strndup(s->arena, s->user, len);
	const char *group = s->user[len] ? s->user + len + 1 : NULL;

	if (is_number(user))
		export_key_plain(e, POD + 2, "runAsUser", user);
	else
		export_missing(e, "--user %s: a pod takes numbers only", user);
	if (group && is_number(group))
		export_key_plain(e, POD + 2, "runAsGroup", group);
	else if (group)
		export_missing(e, "--user :%s: a pod takes numbers only", group);
	key_bool(e, POD + 2, "runAsNonRoot", strcmp(user, "0") != 0 && is_number(user));
	if (s->n_group_add)
		export_key(e, POD + 2, "supplementalGroups", NULL);
	for (size_t i = 0; i < s->n_group_add; i++) {
		if (is_number(s->group_add[i]))
			(void)fprintf(e->out, "%*s- %s\n", POD + 4, "", s->group_add[i]);
		else
			export_missing(e, "--group-add %s: a pod takes numbers only",
				       s->group_add[i]);
	}
}

static void pod_security(struct export *e)
{
	const struct spec *s = e->s;
	const struct sysctl_req *sysctls;
	size_t n = export_sysctls(e, &sysctls);

	export_key(e, POD, "securityContext", NULL);
	e->indent = POD + 2;
	pod_user(e);
	export_key(e, POD + 2, "seccompProfile", NULL);
	export_key_plain(e, POD + 4, "type",
			 s->filter == FILTER_UNCONFINED ? "Unconfined"
			 : s->filter == FILTER_FILE     ? "Localhost"
							: "RuntimeDefault");
	if (s->filter == FILTER_FILE) {
		const char *slash = strrchr(s->filter_file, '/');
		const char *name = slash ? slash + 1 : s->filter_file;

		KEYF(e, POD + 4, "localhostProfile", "profiles/%s", name);
		export_comment(e,
			       "first: the file as /var/lib/kubelet/seccomp/profiles/%s on each "
			       "node",
			       name);
	}
	if (n)
		export_key(e, POD + 2, "sysctls", NULL);
	for (size_t i = 0; i < n; i++) {
		(void)fprintf(e->out, "%*s- name: ", POD + 4, "");
		export_yaml(e, sysctls[i].key);
		(void)fputc('\n', e->out);
		export_key(e, POD + 6, "value", sysctls[i].value);
	}
}

/* ---- the container --------------------------------------------------------------------------- */

/* $(NAME) is the kubelet's; $$ is its way to say $. */
static const char *without_references(struct export *e, const char *text)
{
	return arena_doubled(e->s->arena, text, '$');
}

static void part_container(struct export *e)
{
	const struct spec *s = e->s;

	(void)fprintf(e->out, "%*scontainers:\n%*s- name: %s\n", POD, "", POD + 2, "",
		      object_name(e, export_name(e)));
	e->indent = CONTAINER;
	export_comment(e, "the image is of %s", export_path(e, s->rootfs));
	export_key(e, CONTAINER, "image", export_image(e));
	export_key(e, CONTAINER, "command", NULL);
	for (size_t i = 0; i < s->argc; i++)
		export_item(e, CONTAINER + 2, without_references(e, s->argv[i]));
	export_key(e, CONTAINER, "workingDir", s->workdir);
	key_bool(e, CONTAINER, "stdin", s->tty == MODE_ON);
	key_bool(e, CONTAINER, "tty", s->tty == MODE_ON);
	if (s->stop_signal != SIGTERM)
		export_missing(e, "--stop-signal %s: it is the image's own",
			       export_signal(e, s->stop_signal));
	if (s->has_init)
		export_missing(e, "--init: the command is process 1");
	if (s->preserve_fds)
		export_missing(e, "--preserve-fds %u", s->preserve_fds);
}

static void part_environment(struct export *e)
{
	const struct spec *s = e->s;

	if (s->n_env)
		export_key(e, CONTAINER, "env", NULL);
	for (size_t i = 0; i < s->n_env; i++) {
		const char *name = export_env_name(e, s->env[i]);

		(void)fprintf(e->out, "%*s- name: ", CONTAINER + 2, "");
		export_yaml(e, name);
		(void)fputc('\n', e->out);
		if (s->env_is_foreign[i])
			export_missing(e, "%s: its value is of the caller's environment or a file",
				       name);
		else
			export_key(e, CONTAINER + 4, "value",
				   without_references(e, s->env[i] + strlen(name) + 1));
	}
}

static void cap_list(struct export *e, const char *name, uint64_t set)
{
	unsigned at = 0;

	if (set)
		export_key(e, CONTAINER + 4, name, NULL);
	for (const char *cap; (cap = export_cap(e, set, &at));)
		export_item(e, CONTAINER + 6, cap);
}

static void apparmor(struct export *e)
{
	const struct spec *s = e->s;
	bool is_off = s->apparmor && strcmp(s->apparmor, "unconfined") == 0;

	export_key(e, CONTAINER + 2, "appArmorProfile", NULL);
	export_key_plain(e, CONTAINER + 4, "type",
			 !s->apparmor ? "RuntimeDefault"
			 : is_off     ? "Unconfined"
				      : "Localhost");
	if (s->apparmor && !is_off)
		export_key(e, CONTAINER + 4, "localhostProfile", s->apparmor);
}

static void part_security(struct export *e)
{
	const struct spec *s = e->s;
	uint64_t drop, add;

	export_caps(e, &drop, &add);
	export_key(e, CONTAINER, "securityContext", NULL);
	e->indent = CONTAINER + 2;
	key_bool(e, CONTAINER + 2, "privileged", false);
	key_bool(e, CONTAINER + 2, "allowPrivilegeEscalation", !s->no_new_privs);
	key_bool(e, CONTAINER + 2, "readOnlyRootFilesystem", s->root_mode == ROOT_READONLY);
	export_key_plain(e, CONTAINER + 2, "procMount", s->is_masked ? "Default" : "Unmasked");
	if (drop || add)
		export_key(e, CONTAINER + 2, "capabilities", NULL);
	cap_list(e, "drop", drop);
	cap_list(e, "add", add);
	apparmor(e);
	export_docker_lacks(e);
}

static void resource(struct export *e, bool *is_first, const char *name, const char *kind,
		     const char *value)
{
	if (*is_first)
		export_key(e, CONTAINER + 2, kind, NULL);
	*is_first = false;
	export_key(e, CONTAINER + 4, name, value);
}

static void part_resources(struct export *e)
{
	const struct limits *m = &e->s->limits;
	bool is_first = true, is_request = true;
	uint64_t quota, period;
	bool has_cpu = export_quota(m, &quota, &period);

	if (!has_cpu && m->memory == LIMIT_UNSET && m->reservation == LIMIT_UNSET)
		return;
	export_key(e, CONTAINER, "resources", NULL);
	if (has_cpu)
		resource(e, &is_first, "cpu", "limits",
			 arena_printf(e->s->arena, "%jum",
				      (uintmax_t)((unsigned __int128)quota * 1000 / period)));
	if (m->memory != LIMIT_UNSET)
		resource(e, &is_first, "memory", "limits", export_size(e, m->memory));
	if (m->reservation != LIMIT_UNSET)
		resource(e, &is_request, "memory", "requests", export_size(e, m->reservation));
}

static void part_other_limits(struct export *e)
{
	const struct spec *s = e->s;
	const struct limits *m = &s->limits;

	e->indent = CONTAINER;
	if (m->memory_swap != LIMIT_UNSET)
		export_missing(e, "--memory-swap: swap is the node's");
	if (m->cpu_shares != LIMIT_UNSET)
		export_missing(e, "--cpu-shares: they follow from requests.cpu");
	if (m->cpuset_cpus || m->cpuset_mems)
		export_missing(e,
			       "--cpuset-cpus, --cpuset-mems: the kubelet's CPU manager chooses");
	if (m->pids != LIMIT_UNSET && m->pids != LIMIT_MAX)
		export_missing(e, "--pids-limit %ju: podPidsLimit of the kubelet is for all pods",
			       (uintmax_t)m->pids);
	if (m->blkio_weight != LIMIT_UNSET || m->n_io)
		export_missing(e, "limits on block devices");
	for (size_t i = 0; i < s->n_ulimits; i++)
		export_missing(e, "--ulimit %s", s->ulimits[i].name);
	if (s->has_oom_score_adj)
		export_missing(e, "--oom-score-adj: it follows from requests and limits");
}

/* ---- volumes --------------------------------------------------------------------------------- */

static bool is_volume(const struct mount_req *m)
{
	return !m->is_device;
}

static void volume_mount(struct export *e, const char *name, size_t n, const char *path,
			 bool is_readonly)
{
	(void)fprintf(e->out, "%*s- name: %s%zu\n", CONTAINER + 2, "", name, n);
	export_key(e, CONTAINER + 4, "mountPath", path);
	key_bool(e, CONTAINER + 4, "readOnly", is_readonly);
}

static void part_mounts(struct export *e)
{
	const struct spec *s = e->s;

	export_key(e, CONTAINER, "volumeMounts", NULL);
	e->indent = CONTAINER + 2;
	volume_mount(e, "shm", 0, "/dev/shm", false);
	for (size_t i = 0; i < s->n_mounts; i++) {
		const struct mount_req *m = &s->mounts[i];

		if (!is_volume(m)) {
			export_missing(e, "--device %s: a device plugin gives it", m->source);
			continue;
		}
		volume_mount(e, "mount", i, m->target, m->is_readonly);
		if (!m->is_exec)
			export_weaker(e, "%s: not noexec", m->target);
	}
	for (size_t i = 0; i < s->n_secrets; i++) {
		const struct secret_req *r = &s->secrets[i];

		if (export_is_made(s, r))
			continue;
		volume_mount(e, "secret", i, export_secret_target(e, r), true);
		export_key_plain(e, CONTAINER + 4, "subPath", "value");
	}
}

static void volume_tmpfs(struct export *e, const struct mount_req *m)
{
	export_key(e, POD + 4, "emptyDir", NULL);
	export_key_plain(e, POD + 6, "medium", "Memory");
	if (m->size)
		export_key(e, POD + 6, "sizeLimit", export_size(e, m->size));
	if (m->has_uid || m->has_gid || (m->has_mode && m->mode != 0777))
		export_weaker(e, "%s: mode 0777, owner root", m->target);
	if (m->inodes)
		export_missing(e, "%s: a limit on inodes", m->target);
}

static void volume_secret(struct export *e, const struct secret_req *r, size_t n)
{
	const char *name = object_name(e, export_secret_name(e, n));

	(void)fprintf(e->out, "%*s- name: secret%zu\n", POD + 2, "", n);
	export_key(e, POD + 4, "secret", NULL);
	export_key_plain(e, POD + 6, "secretName", name);
	PLAINF(e, POD + 6, "defaultMode", "%u", r->mode); /* JSON has no octal numbers */
	export_comment(e, "first: kubectl create secret generic %s --from-file=value=FILE", name);
	if (r->has_uid || r->has_gid)
		export_weaker(e, "%s belongs to root: fsGroup gives it a group",
			      export_secret_target(e, r));
}

static void part_volumes(struct export *e)
{
	const struct spec *s = e->s;

	(void)fprintf(e->out, "%*svolumes:\n%*s- name: shm0\n%*semptyDir:\n%*smedium: Memory\n",
		      POD, "", POD + 2, "", POD + 4, "", POD + 6, "");
	export_key(e, POD + 6, "sizeLimit", export_size(e, s->shm_size));
	e->indent = POD + 2;
	for (size_t i = 0; i < s->n_mounts; i++) {
		const struct mount_req *m = &s->mounts[i];

		if (!is_volume(m))
			continue;
		(void)fprintf(e->out, "%*s- name: mount%zu\n", POD + 2, "", i);
		if (m->kind == MOUNT_TMPFS) {
			volume_tmpfs(e, m);
			continue;
		}
		export_key(e, POD + 4, "hostPath", NULL);
		export_key(e, POD + 6, "path", export_path(e, m->source));
		export_weaker(e, "%s: a directory of whichever node the pod runs on", m->target);
	}
	for (size_t i = 0; i < s->n_secrets; i++)
		if (!export_is_made(s, &s->secrets[i]))
			volume_secret(e, &s->secrets[i], i);
}

void export_kubernetes(struct export *e)
{
	static export_fn *const parts[] = {
		part_pod,       pod_security,      part_container, part_environment, part_security,
		part_resources, part_other_limits, part_mounts,    part_volumes,
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		parts[i](e);
}
