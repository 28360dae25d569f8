/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export_compose.c - the settings as a service of a Compose file.
 *
 * Should: mean the same to Docker and, with x-rootfs and x-preset, to `pillbox compose`.
 * Mustn't: leave a value unquoted: YAML would guess at what it is.
 */
#include <string.h>

#include "export.h"

#define SERVICE 4 /* where a key of the service stands */

#define KEYF(e, indent, name, ...) \
	export_key(e, indent, name, arena_printf((e)->s->arena, __VA_ARGS__))

static void words(struct export *e, const char *name, const struct word_list *list)
{
	if (list->n)
		export_key(e, SERVICE, name, NULL);
	for (size_t i = 0; i < list->n; i++)
		export_item(e, SERVICE + 2, list->words[i]);
}

static void part_start(struct export *e)
{
	const struct spec *s = e->s;
	const char *hostname = export_hostname(e);

	export_comment(e, "the image is of x-rootfs: tar -C DIRECTORY -c . | docker import - NAME");
	export_key(e, SERVICE, "image", export_image(e));
	export_key(e, SERVICE, "x-rootfs", export_path(e, s->rootfs));
	if (s->preset != PRESET_DOCKER)
		export_key(e, SERVICE, "x-preset", preset_name(s->preset));
	if (s->name)
		export_key(e, SERVICE, "container_name", s->name);
	export_key(e, SERVICE, "command", NULL);
	for (size_t i = 0; i < s->argc; i++)
		export_item(e, SERVICE + 2, s->argv[i]);
	if (hostname)
		export_key(e, SERVICE, "hostname", hostname);
	if (s->domainname)
		export_key(e, SERVICE, "domainname", s->domainname);
	export_key(e, SERVICE, "network_mode", s->net == NET_HOST ? "host" : "none");
	if (s->hosts.n)
		export_key(e, SERVICE, "extra_hosts", NULL);
	for (size_t i = 0; i < s->hosts.n; i++)
		export_item(e, SERVICE + 2, export_host(e, s->hosts.words[i]));
	words(e, "dns", &s->dns);
	words(e, "dns_search", &s->dns_search);
	words(e, "dns_opt", &s->dns_options);
	export_key(e, SERVICE, "working_dir", s->workdir);
	if (s->n_env)
		export_key(e, SERVICE, "environment", NULL);
	for (size_t i = 0; i < s->n_env; i++)
		export_item(e, SERVICE + 2,
			    s->env_is_foreign[i] ? export_env_name(e, s->env[i]) : s->env[i]);
}

static void part_process(struct export *e)
{
	const struct spec *s = e->s;

	export_key(e, SERVICE, "user", s->user);
	if (s->n_group_add)
		export_key(e, SERVICE, "group_add", NULL);
	for (size_t i = 0; i < s->n_group_add; i++)
		export_item(e, SERVICE + 2, s->group_add[i]);
	export_key_plain(e, SERVICE, "init", s->has_init ? "true" : "false");
	if (s->tty != MODE_AUTO)
		export_key_plain(e, SERVICE, "tty", s->tty == MODE_ON ? "true" : "false");
	export_key_plain(e, SERVICE, "stdin_open", "true");
	export_key(e, SERVICE, "stop_signal", export_signal(e, s->stop_signal));
	KEYF(e, SERVICE, "stop_grace_period", "%us", s->stop_timeout);
	if (s->preserve_fds)
		export_missing(e, "--preserve-fds %u", s->preserve_fds);
}

static void caps(struct export *e, const char *name, uint64_t set)
{
	unsigned at = 0;

	if (set)
		export_key(e, SERVICE, name, NULL);
	for (const char *cap; (cap = export_cap(e, set, &at));)
		export_item(e, SERVICE + 2, cap);
}

static void part_rights(struct export *e)
{
	const struct spec *s = e->s;
	uint64_t drop, add;

	export_caps(e, &drop, &add);
	caps(e, "cap_drop", drop);
	caps(e, "cap_add", add);
	if (s->no_new_privs || s->filter != FILTER_BUILTIN || s->apparmor || !s->is_masked)
		export_key(e, SERVICE, "security_opt", NULL);
	if (s->no_new_privs)
		export_item(e, SERVICE + 2, "no-new-privileges:true");
	if (s->filter == FILTER_UNCONFINED)
		export_item(e, SERVICE + 2, "seccomp:unconfined");
	if (s->filter == FILTER_FILE)
		export_item(e, SERVICE + 2,
			    arena_printf(s->arena, "seccomp:%s", export_path(e, s->filter_file)));
	if (s->apparmor)
		export_item(e, SERVICE + 2, arena_printf(s->arena, "apparmor:%s", s->apparmor));
	if (!s->is_masked)
		export_item(e, SERVICE + 2, "systempaths=unconfined");
	export_weaker(e, "no user namespace: root inside is root outside, unless the daemon has "
			 "userns-remap or is rootless");
	export_docker_lacks(e);
}

static void write_bind(struct export *e, const struct mount_req *m)
{
	if (!m->is_exec)
		export_missing(e, "%s: noexec of a bind", m->target);
	(void)fprintf(e->out, "%*s- type: bind\n", SERVICE + 2, "");
	export_key(e, SERVICE + 4, "source", export_path(e, m->source));
	export_key(e, SERVICE + 4, "target", m->target);
	export_key_plain(e, SERVICE + 4, "read_only", m->is_readonly ? "true" : "false");
	export_key(e, SERVICE + 4, "bind", NULL);
	export_key_plain(e, SERVICE + 6, "create_host_path", "false");
}

static void tmpfs(struct export *e, const struct mount_req *m)
{
	if (strchr(m->target, ':'))
		export_missing(e, "tmpfs %s: a target with a colon", m->target);
	else
		export_item(e, SERVICE + 2,
			    arena_printf(e->s->arena, "%s:%s", m->target, export_tmpfs(e, m)));
}

enum kind { KIND_TMPFS, KIND_BIND, KIND_DEVICE, KINDS };

static enum kind kind_of(const struct mount_req *m)
{
	return m->is_device ? KIND_DEVICE : m->kind == MOUNT_BIND ? KIND_BIND : KIND_TMPFS;
}

static void device(struct export *e, const struct mount_req *m)
{
	export_item(e, SERVICE + 2, arena_printf(e->s->arena, "%s:%s", m->source, m->target));
}

static void part_files(struct export *e)
{
	static const struct {
		const char *name;
		void (*write)(struct export *e, const struct mount_req *m);
	} kinds[KINDS] = {
		[KIND_TMPFS] = {"tmpfs", tmpfs},
		[KIND_BIND] = {"volumes", write_bind},
		[KIND_DEVICE] = {"devices", device},
	};
	const struct spec *s = e->s;

	export_key_plain(e, SERVICE, "read_only", s->root_mode == ROOT_READONLY ? "true" : "false");
	export_key(e, SERVICE, "shm_size", export_size(e, s->shm_size));
	for (size_t kind = 0; kind < KINDS; kind++) {
		bool is_first = true;

		for (size_t i = 0; i < s->n_mounts; i++) {
			if (kind_of(&s->mounts[i]) != kind)
				continue;
			if (is_first)
				export_key(e, SERVICE, kinds[kind].name, NULL);
			is_first = false;
			kinds[kind].write(e, &s->mounts[i]);
		}
	}
}

/* Those that the top of the file has an entry for; what a secret holds is not written down. */
static bool is_told(const struct spec *s, const struct secret_req *r, bool is_public)
{
	return r->is_public == is_public && !export_is_made(s, r) && (is_public || !r->content);
}

static size_t n_told(const struct spec *s, bool is_public)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_secrets; i++)
		n += is_told(s, &s->secrets[i], is_public);
	return n;
}

static void secrets(struct export *e, const char *name, bool is_public)
{
	const struct spec *s = e->s;

	if (n_told(s, is_public))
		export_key(e, SERVICE, name, NULL);
	for (size_t i = 0; i < s->n_secrets; i++) {
		const struct secret_req *r = &s->secrets[i];

		if (!is_told(s, r, is_public))
			continue;
		if (r->file)
			export_weaker(e, "%s: a file has its owner and mode of outside there",
				      r->target);
		(void)fprintf(e->out, "%*s- source: %s%zu\n", SERVICE + 2, "",
			      export_secret_kind(r), i + 1);
		export_key(e, SERVICE + 4, "target", r->target);
		if (r->has_uid)
			KEYF(e, SERVICE + 4, "uid", "%u", r->uid);
		if (r->has_gid)
			KEYF(e, SERVICE + 4, "gid", "%u", r->gid);
		KEYF(e, SERVICE + 4, "mode", "%04o", r->mode);
	}
}

static void part_secrets(struct export *e)
{
	const struct spec *s = e->s;

	for (size_t i = 0; i < s->n_secrets; i++)
		if (!s->secrets[i].is_public && s->secrets[i].content)
			export_missing(e, "secret %s: its text is not written here",
				       s->secrets[i].target);
	secrets(e, "secrets", false);
	secrets(e, "configs", true);
}

static void limit(struct export *e, const char *name, uint64_t value, bool is_size)
{
	if (value == LIMIT_MAX)
		export_key_plain(e, SERVICE, name, "-1");
	else if (value != LIMIT_UNSET && is_size)
		export_key(e, SERVICE, name, export_size(e, value));
	else if (value != LIMIT_UNSET)
		export_key_plain(e, SERVICE, name,
				 arena_printf(e->s->arena, "%ju", (uintmax_t)value));
}

static void devices(struct export *e, const char *name, enum io_kind kind)
{
	const struct limits *m = &e->s->limits;
	bool is_first = true;

	for (size_t i = 0; i < m->n_io; i++) {
		if (m->io[i].kind != kind)
			continue;
		if (is_first)
			export_key(e, SERVICE + 2, name, NULL);
		is_first = false;
		(void)fprintf(e->out, "%*s- path: ", SERVICE + 4, "");
		export_yaml(e, m->io[i].path);
		(void)fprintf(e->out, "\n%*s%s: %ju\n", SERVICE + 6, "",
			      kind == IO_WEIGHT ? "weight" : "rate", (uintmax_t)m->io[i].value);
	}
}

static void part_limits(struct export *e)
{
	const struct limits *m = &e->s->limits;

	limit(e, "mem_limit", m->memory, true);
	limit(e, "mem_reservation", m->reservation, true);
	limit(e, "memswap_limit", m->memory_swap, true);
	if (m->nano_cpus != LIMIT_UNSET)
		export_key_plain(e, SERVICE, "cpus", export_cpus(e, m->nano_cpus));
	if (m->cpu_quota)
		limit(e, "cpu_quota", m->cpu_quota, false);
	if (m->cpu_period)
		limit(e, "cpu_period", m->cpu_period, false);
	limit(e, "cpu_shares", m->cpu_shares, false);
	if (m->cpuset_cpus)
		export_key(e, SERVICE, "cpuset", m->cpuset_cpus);
	if (m->cpuset_mems)
		export_missing(e, "--cpuset-mems %s: Compose has no key for it", m->cpuset_mems);
	limit(e, "pids_limit", m->pids, false);
	if (m->blkio_weight != LIMIT_UNSET || m->n_io)
		export_key(e, SERVICE, "blkio_config", NULL);
	if (m->blkio_weight != LIMIT_UNSET)
		export_key_plain(e, SERVICE + 2, "weight",
				 arena_printf(e->s->arena, "%ju", (uintmax_t)m->blkio_weight));
	devices(e, "weight_device", IO_WEIGHT);
	devices(e, "device_read_bps", IO_READ_BPS);
	devices(e, "device_write_bps", IO_WRITE_BPS);
	devices(e, "device_read_iops", IO_READ_IOPS);
	devices(e, "device_write_iops", IO_WRITE_IOPS);
}

static void rlimit(struct export *e, const char *name, uint64_t soft, uint64_t hard)
{
	export_key(e, SERVICE + 2, name, NULL);
	(void)fprintf(e->out, "%*ssoft: %jd\n%*shard: %jd\n", SERVICE + 4, "",
		      soft == UINT64_MAX ? (intmax_t)-1 : (intmax_t)soft, SERVICE + 4, "",
		      hard == UINT64_MAX ? (intmax_t)-1 : (intmax_t)hard);
}

static void part_kernel(struct export *e)
{
	const struct spec *s = e->s;
	const struct sysctl_req *sysctls;
	size_t n = export_sysctls(e, &sysctls);
	bool has_core = false;

	export_key(e, SERVICE, "ulimits", NULL);
	for (size_t i = 0; i < s->n_ulimits; i++) {
		has_core = has_core || strcmp(s->ulimits[i].name, "core") == 0;
		rlimit(e, s->ulimits[i].name, s->ulimits[i].soft, s->ulimits[i].hard);
	}
	if (!has_core)
		rlimit(e, "core", 0, 0);
	if (n)
		export_key(e, SERVICE, "sysctls", NULL);
	for (size_t i = 0; i < n; i++)
		export_key(e, SERVICE + 2, sysctls[i].key, sysctls[i].value);
	if (s->has_oom_score_adj)
		export_key_plain(e, SERVICE, "oom_score_adj",
				 arena_printf(s->arena, "%d", s->oom_score_adj));
}

/* Where they come from; what is in a secret stays there. */
static void sources(struct export *e, const char *name, bool is_public)
{
	const struct spec *s = e->s;

	if (n_told(s, is_public))
		(void)fprintf(e->out, "\n%s:\n", name);
	for (size_t i = 0; i < s->n_secrets; i++) {
		const struct secret_req *r = &s->secrets[i];

		if (!is_told(s, r, is_public))
			continue;
		(void)fprintf(e->out, "  %s%zu:\n", export_secret_kind(r), i + 1);
		if (r->file)
			export_key(e, 4, "file", export_path(e, r->file));
		else if (r->env)
			export_key(e, 4, "environment", r->env);
		else
			export_key(e, 4, "content", r->content);
	}
}

void export_compose(struct export *e)
{
	static export_fn *const parts[] = {
		part_start,   part_process, part_rights, part_files,
		part_secrets, part_limits,  part_kernel,
	};

	(void)fputs("services:\n  ", e->out);
	export_yaml(e, export_name(e));
	(void)fputs(":\n", e->out);
	e->indent = SERVICE;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		parts[i](e);
	sources(e, "secrets", false);
	sources(e, "configs", true);
}
