/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export_docker.c - the settings as a docker run line, or a podman run line.
 *
 * Should: name each setting, also where it is the program's default today.
 * Mustn't: put a comment into the line: a shell would end the line there.
 */
#include <stdlib.h>
#include <string.h>

#include "cgroup.h"
#include "export.h"
#include "options_set.h"

struct line {
	struct export *e;
	const struct spec *s;
	FILE *args; /* the options; comments go in front of them */
	bool is_podman;
};

static void arg(const struct line *l, const char *option, const char *value)
{
	(void)fprintf(l->args, " \\\n  %s", option);
	if (!value)
		return;
	(void)fputc(' ', l->args);
	export_shell(l->e, l->args, value);
}

#define ARGF(l, option, ...) arg(l, option, arena_printf((l)->s->arena, __VA_ARGS__))

static void line_names(const struct line *l)
{
	const struct spec *s = l->s;
	const char *hostname = export_hostname(l->e);

	arg(l, "--rm", NULL);
	if (s->name)
		arg(l, "--name", s->name);
	if (hostname)
		arg(l, "--hostname", hostname);
	if (s->domainname)
		arg(l, "--domainname", s->domainname);
	arg(l, "--user", s->user);
	for (size_t i = 0; i < s->n_group_add; i++)
		arg(l, "--group-add", s->group_add[i]);
	if (strcmp(s->workdir, "/") != 0)
		arg(l, "--workdir", s->workdir);
	for (size_t i = 0; i < s->n_env; i++)
		arg(l, "--env",
		    s->env_is_foreign[i] ? export_env_name(l->e, s->env[i]) : s->env[i]);
	arg(l, s->has_init ? "--init" : "--init=false", NULL);
	if (s->tty != MODE_AUTO)
		arg(l, s->tty == MODE_ON ? "--tty" : "--tty=false", NULL);
	arg(l, "--interactive", NULL);
	arg(l, "--stop-signal", export_signal(l->e, s->stop_signal));
	ARGF(l, "--stop-timeout", "%u", s->stop_timeout);
	if (s->preserve_fds && l->is_podman)
		ARGF(l, "--preserve-fds", "%u", s->preserve_fds);
	else if (s->preserve_fds)
		export_missing(l->e, "--preserve-fds %u", s->preserve_fds);
}

static void line_rights(const struct line *l)
{
	const struct spec *s = l->s;
	uint64_t drop, add;
	unsigned at = 0;

	export_caps(l->e, &drop, &add);
	for (const char *name; (name = export_cap(l->e, drop, &at));)
		arg(l, "--cap-drop", name);
	at = 0;
	for (const char *name; (name = export_cap(l->e, add, &at));)
		arg(l, "--cap-add", name);
	if (s->no_new_privs)
		arg(l, "--security-opt", "no-new-privileges");
	if (s->filter == FILTER_UNCONFINED)
		arg(l, "--security-opt", "seccomp=unconfined");
	if (s->filter == FILTER_FILE)
		ARGF(l, "--security-opt", "seccomp=%s", export_path(l->e, s->filter_file));
	if (s->apparmor)
		ARGF(l, "--security-opt", "apparmor=%s", s->apparmor);
	if (!s->is_masked)
		arg(l, "--security-opt", l->is_podman ? "unmask=ALL" : "systempaths=unconfined");
	if (!l->is_podman)
		export_weaker(l->e,
			      "no user namespace: root inside is root outside, unless the daemon "
			      "has userns-remap or is rootless");
	export_docker_lacks(l->e);
}

static const char *mount_fields(const struct line *l, const char *source, const char *target,
				bool is_readonly)
{
	struct arena *a = l->s->arena;
	const char *text = value_csv(a, "type=bind", "source", source);

	text = value_csv(a, text, "target", target);
	return is_readonly ? value_csv(a, text, "readonly", NULL) : text;
}

static void line_bind(const struct line *l, const struct mount_req *m)
{
	const char *source = export_path(l->e, m->source), *ro = m->is_readonly ? ":ro" : "";

	if (!m->is_exec)
		export_missing(l->e, "%s: noexec of a bind", m->target);
	if (m->is_suid && m->is_dev)
		export_comment(l->e, "%s: set-user-ID bits and devices count there too", m->target);
	if (!strchr(source, ':') && !strchr(m->target, ':'))
		ARGF(l, "--volume", "%s:%s%s", source, m->target, ro);
	else
		arg(l, "--mount", mount_fields(l, source, m->target, m->is_readonly));
}

static void line_tmpfs(const struct line *l, const struct mount_req *m)
{
	if (strchr(m->target, ':'))
		export_missing(l->e, "--tmpfs %s: a target with a colon", m->target);
	else
		ARGF(l, "--tmpfs", "%s:%s", m->target, export_tmpfs(l->e, m));
}

static void podman_secret(const struct line *l, const struct secret_req *r, const char *name)
{
	struct arena *a = l->s->arena;
	const char *text = value_csv(a, arena_printf(a, "%s,type=mount", name), "target",
				     export_secret_target(l->e, r));

	text = arena_printf(a, "%s,mode=%04o", text, r->mode);

	export_comment(l->e, "first: podman secret create %s%s %s", r->env ? "--env " : "", name,
		       r->env ? r->env : export_path(l->e, r->file));
	if (r->has_uid)
		text = arena_printf(a, "%s,uid=%u", text, r->uid);
	if (r->has_gid)
		text = arena_printf(a, "%s,gid=%u", text, r->gid);
	arg(l, "--secret", text);
}

static void line_secret(const struct line *l, const struct secret_req *r, const char *name)
{
	const char *target = export_secret_target(l->e, r), *kind = export_secret_kind(r);

	if (r->content) {
		export_missing(l->e, "%s %s: its text is not written here", kind, target);
	} else if (l->is_podman) {
		podman_secret(l, r, name);
	} else if (!r->file) {
		export_missing(l->e, "%s %s from a variable: docker run has no secrets", kind,
			       target);
	} else {
		export_weaker(
			l->e,
			"%s %s: docker run has none: the file itself is bound, with the owner "
			"and mode that it has outside",
			kind, target);
		arg(l, "--mount", mount_fields(l, export_path(l->e, r->file), target, true));
	}
}

static void line_files(const struct line *l)
{
	const struct spec *s = l->s;

	if (s->root_mode == ROOT_READONLY)
		arg(l, "--read-only", NULL);
	if (s->root_mode == ROOT_READONLY && l->is_podman)
		arg(l, "--read-only-tmpfs=false", NULL);
	for (size_t i = 0; i < s->n_mounts; i++) {
		if (s->mounts[i].is_device)
			ARGF(l, "--device", "%s:%s", s->mounts[i].source, s->mounts[i].target);
		else if (s->mounts[i].kind == MOUNT_BIND)
			line_bind(l, &s->mounts[i]);
		else
			line_tmpfs(l, &s->mounts[i]);
	}
	for (size_t i = 0; i < s->n_secrets; i++)
		if (!export_is_made(s, &s->secrets[i]))
			line_secret(l, &s->secrets[i], export_secret_name(l->e, i));
	arg(l, "--shm-size", export_size(l->e, s->shm_size));
}

static void number(const struct line *l, const char *option, uint64_t value)
{
	if (value == LIMIT_MAX)
		arg(l, option, "-1");
	else if (value != LIMIT_UNSET)
		ARGF(l, option, "%ju", (uintmax_t)value);
}

static void size(const struct line *l, const char *option, uint64_t value)
{
	if (value == LIMIT_MAX)
		arg(l, option, "-1");
	else if (value != LIMIT_UNSET)
		arg(l, option, export_size(l->e, value));
}

static void line_limits(const struct line *l)
{
	const struct limits *m = &l->s->limits;

	size(l, "--memory", m->memory);
	size(l, "--memory-reservation", m->reservation);
	size(l, "--memory-swap", m->memory_swap);
	if (m->nano_cpus != LIMIT_UNSET)
		arg(l, "--cpus", export_cpus(l->e, m->nano_cpus));
	if (m->cpu_quota)
		number(l, "--cpu-quota", m->cpu_quota);
	if (m->cpu_period)
		number(l, "--cpu-period", m->cpu_period);
	number(l, "--cpu-shares", m->cpu_shares);
	if (m->cpuset_cpus)
		arg(l, "--cpuset-cpus", m->cpuset_cpus);
	if (m->cpuset_mems)
		arg(l, "--cpuset-mems", m->cpuset_mems);
	/* podman's default is 2048 */
	number(l, "--pids-limit", m->pids == LIMIT_UNSET && l->is_podman ? LIMIT_MAX : m->pids);
	number(l, "--blkio-weight", m->blkio_weight);
	for (size_t i = 0; i < m->n_io; i++)
		ARGF(l, io_option(m->io[i].kind), "%s:%ju", m->io[i].path,
		     (uintmax_t)m->io[i].value);
}

static const char *rlimit(const struct line *l, uint64_t value)
{
	return value == UINT64_MAX ? "-1" : arena_printf(l->s->arena, "%ju", (uintmax_t)value);
}

static void words(const struct line *l, const char *option, const struct word_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		arg(l, option, list->words[i]);
}

static void line_network(const struct line *l)
{
	const struct spec *s = l->s;

	arg(l, "--network", s->net == NET_HOST ? "host" : "none");
	for (size_t i = 0; i < s->hosts.n; i++)
		arg(l, "--add-host", export_host(l->e, s->hosts.words[i]));
	words(l, "--dns", &s->dns);
	words(l, "--dns-search", &s->dns_search);
	words(l, "--dns-option", &s->dns_options);
}

static void line_kernel(const struct line *l)
{
	const struct spec *s = l->s;
	const struct sysctl_req *sysctls;
	size_t n = export_sysctls(l->e, &sysctls);
	bool has_core = false;

	for (size_t i = 0; i < s->n_ulimits; i++) {
		has_core = has_core || strcmp(s->ulimits[i].name, "core") == 0;
		ARGF(l, "--ulimit", "%s=%s:%s", s->ulimits[i].name, rlimit(l, s->ulimits[i].soft),
		     rlimit(l, s->ulimits[i].hard));
	}
	if (!has_core)
		arg(l, "--ulimit", "core=0:0");
	for (size_t i = 0; i < n; i++)
		ARGF(l, "--sysctl", "%s=%s", sysctls[i].key, sysctls[i].value);
	if (s->has_oom_score_adj)
		ARGF(l, "--oom-score-adj", "%d", s->oom_score_adj);
}

static void line_command(const struct line *l)
{
	const char *rootfs = export_path(l->e, l->s->rootfs);

	if (l->is_podman) {
		arg(l, "--rootfs", rootfs);
	} else {
		export_comment(l->e,
			       "IMAGE is of %s: tar -C DIRECTORY -c . | docker import - IMAGE",
			       rootfs);
		(void)fputs(" \\\n  ", l->args);
		export_shell(l->e, l->args, export_image(l->e));
	}
	for (size_t i = 0; i < l->s->argc; i++) {
		(void)fputc(' ', l->args);
		export_shell(l->e, l->args, l->s->argv[i]);
	}
}

void export_docker(struct export *e)
{
	static void (*const parts[])(const struct line *) = {
		line_names,  line_network, line_rights,  line_files,
		line_limits, line_kernel,  line_command,
	};
	auto_free char *text = NULL;
	size_t len = 0;
	struct line l = {.e = e, .s = e->s, .is_podman = e->target == EXPORT_PODMAN};

	l.args = open_memstream(&text, &len);
	if (!l.args) {
		(void)err_say(e->err, "no memory for the line");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		parts[i](&l);
	if (fclose(l.args) != 0) {
		(void)err_say(e->err, "no memory for the line");
		return;
	}
	(void)fprintf(e->out, "%s run%s\n", l.is_podman ? "podman" : "docker", text);
}
