/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export_systemd.c - the settings as a unit of the system's manager.
 *
 * Should: name what a unit shares with its host that a sandbox doesn't.
 * Mustn't: write what an older systemd would pass over and so leave something open.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "caps_names.h"
#include "export.h"
#include "json_text.h"
#include "limits_math.h"
#include "lsm.h"

static void set(struct export *e, const char *name, const char *value)
{
	(void)fprintf(e->out, "%s=%s\n", name, value);
}

#define SETF(e, name, ...) set(e, name, arena_printf((e)->s->arena, __VA_ARGS__))

/* ---- what is run ----------------------------------------------------------------------------- */

static void part_command(struct export *e)
{
	const struct spec *s = e->s;

	(void)fprintf(e->out, "[Unit]\nDescription=pillbox export: %s\n\n[Service]\nType=exec\n",
		      export_name(e));
	/* Its prefixes: without a user's credentials, with another argv[0], ... */
	if (strchr("@-:+!|", s->argv[0][0]))
		export_missing(e, "a command that begins with %c", s->argv[0][0]);
	else
		(void)fputs("ExecStart=", e->out);
	for (size_t i = 0; i < s->argc && !strchr("@-:+!|", s->argv[0][0]); i++) {
		(void)fputs(i ? " " : "", e->out);
		export_unit_word(e, s->argv[i], true);
	}
	(void)fputc('\n', e->out);
	if (s->argv[0][0] != '/')
		export_comment(e, "the command is looked for in systemd's own search path");
	set(e, "KillSignal", export_signal(e, s->stop_signal));
	SETF(e, "TimeoutStopSec", "%u", s->stop_timeout);
	if (s->tty == MODE_ON)
		export_missing(e, "--tty: a terminal of its own");
	if (s->preserve_fds)
		export_missing(e, "--preserve-fds %u", s->preserve_fds);
}

static bool is_variable(const char *name)
{
	if (!*name || isdigit((unsigned char)*name))
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '_')
			return false;
	return true;
}

static void part_environment(struct export *e)
{
	const struct spec *s = e->s;

	for (size_t i = 0; i < s->n_env; i++) {
		const char *name = export_env_name(e, s->env[i]);
		json_t *text = json_string(s->env[i]);

		json_decref(text);
		if (!is_variable(name) || !text) {
			export_missing(e, "variable %s: not a name or a text that systemd takes",
				       name);
		} else if (s->env_is_foreign[i]) {
			set(e, "PassEnvironment", name);
		} else {
			(void)fputs("Environment=", e->out);
			export_unit_word(e, s->env[i], false);
			(void)fputc('\n', e->out);
		}
	}
}

static void part_user(struct export *e)
{
	const struct spec *s = e->s;
	size_t len = strcspn(s->user, ":");
	const char *user = arena_strndup(s->arena, s->user, len);

	set(e, "User", user);
	if (s->user[len])
		set(e, "Group", s->user + len + 1);
	else
		export_weaker(e, "the group is what the host's own passwd says");
	if (!isdigit((unsigned char)*user))
		export_weaker(e, "%s is looked up in the host's passwd", user);
	for (size_t i = 0; i < s->n_group_add; i++)
		set(e, "SupplementaryGroups", s->group_add[i]);
	set(e, "PrivateUsers", "yes");
	export_weaker(e, "ids inside are the host's own: files of user %s outside are its files",
		      user);
	if (s->userns == USERNS_SINGLE)
		export_missing(e, "--userns single");
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Paths that a list in a unit cannot hold are left out, and said. */
static bool can_hold(struct export *e, const char *what, const char *a, const char *b)
{
	if (export_unit_path(a) && export_unit_path(b))
		return true;
	export_missing(e, "%s %s: a path that a unit's list cannot hold", what, b);
	return false;
}

static const char *percent(struct export *e, const char *path)
{
	return arena_doubled(e->s->arena, path, '%');
}

static void write_bind(struct export *e, const struct mount_req *m)
{
	const char *source = export_path(e, m->source);

	if (!can_hold(e, m->is_device ? "--device" : "-v", source, m->target))
		return;
	SETF(e, m->is_readonly ? "BindReadOnlyPaths" : "BindPaths", "%s:%s", percent(e, source),
	     percent(e, m->target));
	if (m->is_device)
		SETF(e, "DeviceAllow", "%s rwm", percent(e, source));
	else if (!m->is_exec)
		set(e, "NoExecPaths", percent(e, m->target));
	if (!m->is_device && !m->is_suid && !e->s->no_new_privs)
		export_weaker(e, "set-user-ID bits below %s count", m->target);
}

static void tmpfs(struct export *e, const struct mount_req *m)
{
	if (can_hold(e, "--tmpfs", "", m->target))
		SETF(e, "TemporaryFileSystem", "%s:%s", percent(e, m->target), export_tmpfs(e, m));
}

static void secret(struct export *e, const struct secret_req *r, const char *name)
{
	const char *target = export_secret_target(e, r), *kind = export_secret_kind(r);

	if (!r->file || !can_hold(e, kind, export_path(e, r->file), target)) {
		export_missing(e, "%s %s: only a file can be given", kind, target);
		return;
	}
	SETF(e, "LoadCredential", "%s:%s", name, percent(e, export_path(e, r->file)));
	export_missing(e, "%s at %s: it is $CREDENTIALS_DIRECTORY/%s, with mode 0400", kind, target,
		       name);
}

static bool has_devices(const struct spec *s)
{
	for (size_t i = 0; i < s->n_mounts; i++)
		if (s->mounts[i].is_device)
			return true;
	return false;
}

static void part_root(struct export *e)
{
	const struct spec *s = e->s;
	const char *rootfs = export_path(e, s->rootfs);

	if (can_hold(e, "ROOTFS", "", rootfs))
		set(e, "RootDirectory", percent(e, rootfs));
	set(e, "MountAPIVFS", "yes");
	set(e, "PrivateMounts", "yes");
	set(e, "ReadOnlyPaths", "/");
	if (s->root_mode != ROOT_READONLY)
		export_missing(e,
			       "a writable root whose changes don't reach ROOTFS: read-only here; "
			       "RootEphemeral=yes from systemd 254 on");
	if (can_hold(e, "--workdir", "", s->workdir))
		set(e, "WorkingDirectory", percent(e, s->workdir));
	set(e, "UMask", "0022");
	set(e, has_devices(s) ? "DevicePolicy" : "PrivateDevices",
	    has_devices(s) ? "closed" : "yes");
	SETF(e, "TemporaryFileSystem", "/dev/shm:rw,noexec,nosuid,nodev,size=%s,mode=1777",
	     export_size(e, s->shm_size));
}

static void part_files(struct export *e)
{
	const struct spec *s = e->s;

	for (size_t i = 0; i < s->n_mounts; i++) {
		if (s->mounts[i].kind == MOUNT_BIND)
			write_bind(e, &s->mounts[i]);
		else
			tmpfs(e, &s->mounts[i]);
	}
	for (size_t i = 0; i < s->n_secrets; i++)
		if (!export_is_made(s, &s->secrets[i]))
			secret(e, &s->secrets[i], export_secret_name(e, i));
}

/* ---- rights ---------------------------------------------------------------------------------- */

static void caps(struct export *e, const char *name, uint64_t caps_set)
{
	unsigned at = 0;
	const char *blank = "";

	(void)fprintf(e->out, "%s=", name);
	for (const char *cap; (cap = export_cap(e, caps_set, &at)); blank = " ")
		(void)fprintf(e->out, "%sCAP_%s", blank, cap);
	(void)fputc('\n', e->out);
}

static void part_rights(struct export *e)
{
	const struct spec *s = e->s;

	caps(e, "CapabilityBoundingSet", s->caps);
	if (s->cap_added)
		caps(e, "AmbientCapabilities", s->cap_added);
	if (s->is_securebits_locked)
		set(e, "SecureBits",
		    "noroot noroot-locked no-setuid-fixup-locked keep-caps-locked");
	set(e, "NoNewPrivileges", s->no_new_privs ? "yes" : "no");
	export_syscalls(e);
	if (!s->apparmor)
		SETF(e, "AppArmorProfile", "%s%s", s->preset == PRESET_STRICT ? "" : "-",
		     APPARMOR_DEFAULT);
	else if (strcmp(s->apparmor, "unconfined") != 0)
		set(e, "AppArmorProfile", percent(e, s->apparmor));
	if (s->landlock != MODE_OFF)
		export_missing(e, "--landlock: a unit's files are restricted by mounts");
	for (size_t i = 0; i < s->n_skip; i++)
		export_missing(e, "--skip %s", s->skip[i]);
}

static void part_namespaces(struct export *e)
{
	const struct spec *s = e->s;

	set(e, "PrivateNetwork", s->net == NET_NONE ? "yes" : "no");
	set(e, "PrivateIPC", "yes");
	set(e, "ProtectHostname", "yes");
	/* In its seccomp filter, which also keeps clone3(2) from hiding what clone(2) may not do. */
	set(e, "RestrictNamespaces",
	    s->nested_userns && (s->filter == FILTER_UNCONFINED || s->caps & CAP_BIT(CAP_SYS_ADMIN))
		    ? "no"
		    : "yes");
	set(e, "KeyringMode", "private");
	set(e, "ProtectProc", "invisible");
	set(e, "ProcSubset", s->proc_mode == PROC_SUBSET ? "pid" : "all");
	if (s->is_masked) {
		set(e, "ProtectKernelTunables", "yes");
		set(e, "ProtectKernelLogs", "yes");
	}
	set(e, "ProtectKernelModules", "yes");
	set(e, "ProtectControlGroups", "yes");
	if (!s->has_sys)
		set(e, "InaccessiblePaths", "/sys");
	export_weaker(e,
		      "no pid namespace: processes of the host have numbers here, and those of the "
		      "same user can be signalled");
	export_missing(e, "--hostname %s", s->hostname);
	if (s->domainname)
		export_missing(e, "--domainname %s", s->domainname);
	if (s->hosts.n || s->dns.n || s->dns_search.n || s->dns_options.n)
		export_missing(e, "--add-host, --dns: the root's own /etc/hosts and resolv.conf");
	if (s->tcp == TCP_NONE)
		export_missing(e, "--tcp none");
	for (size_t i = 0; i < s->n_sysctls; i++)
		export_missing(e, "--sysctl %s=%s", s->sysctls[i].key, s->sysctls[i].value);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void limit(struct export *e, const char *name, uint64_t value, bool is_size)
{
	if (value == LIMIT_MAX)
		set(e, name, "infinity");
	else if (value != LIMIT_UNSET && is_size)
		set(e, name, export_size(e, value));
	else if (value != LIMIT_UNSET)
		SETF(e, name, "%ju", (uintmax_t)value);
}

static void part_memory(struct export *e)
{
	const struct limits *m = &e->s->limits;

	limit(e, "MemoryMax", m->memory, true);
	limit(e, "MemoryLow", m->reservation, true);
	if (m->memory_swap == LIMIT_MAX)
		set(e, "MemorySwapMax", "infinity");
	else if (m->memory_swap != LIMIT_UNSET)
		set(e, "MemorySwapMax", export_size(e, m->memory_swap - m->memory));
	else /* Docker's default: as much swap as memory */
		limit(e, "MemorySwapMax", m->memory, true);
}

static void part_cpu(struct export *e)
{
	const struct limits *m = &e->s->limits;
	uint64_t quota, period;

	if (export_quota(m, &quota, &period)) {
		uint64_t hundredths = (uint64_t)((unsigned __int128)quota * 10000 / period);

		SETF(e, "CPUQuota", "%ju.%02ju%%", (uintmax_t)(hundredths / 100),
		     (uintmax_t)(hundredths % 100));
		if (period != 100000)
			SETF(e, "CPUQuotaPeriodSec", "%juus", (uintmax_t)period);
	}
	if (m->cpu_shares != LIMIT_UNSET)
		SETF(e, "CPUWeight", "%ju", (uintmax_t)cpu_weight_from_shares(m->cpu_shares));
	if (m->cpuset_cpus)
		set(e, "AllowedCPUs", m->cpuset_cpus);
	if (m->cpuset_mems)
		set(e, "AllowedMemoryNodes", m->cpuset_mems);
}

static void part_io(struct export *e)
{
	static const char *const names[IO_KINDS] = {
		[IO_READ_BPS] = "IOReadBandwidthMax", [IO_WRITE_BPS] = "IOWriteBandwidthMax",
		[IO_READ_IOPS] = "IOReadIOPSMax",     [IO_WRITE_IOPS] = "IOWriteIOPSMax",
		[IO_WEIGHT] = "IODeviceWeight",
	};
	const struct limits *m = &e->s->limits;

	limit(e, "TasksMax", m->pids, false);
	if (m->blkio_weight != LIMIT_UNSET)
		SETF(e, "IOWeight", "%ju", (uintmax_t)io_weight_from_blkio(m->blkio_weight));
	for (size_t i = 0; i < m->n_io; i++) {
		uint64_t value = m->io[i].value;

		if (!can_hold(e, names[m->io[i].kind], "", m->io[i].path))
			continue;
		if (m->io[i].kind == IO_WEIGHT)
			value = io_weight_from_blkio(value);
		SETF(e, names[m->io[i].kind], "%s %ju", percent(e, m->io[i].path),
		     (uintmax_t)value);
	}
}

static const char *rlimit(struct export *e, uint64_t value)
{
	return value == UINT64_MAX ? "infinity"
				   : arena_printf(e->s->arena, "%ju", (uintmax_t)value);
}

static void part_process(struct export *e)
{
	const struct spec *s = e->s;
	bool has_core = false;

	for (size_t i = 0; i < s->n_ulimits; i++) {
		const struct ulimit_req *u = &s->ulimits[i];
		char *name = arena_printf(s->arena, "Limit%s", u->name);

		has_core = has_core || strcmp(u->name, "core") == 0;
		for (char *c = name + 5; *c; c++)
			*c = (char)toupper((unsigned char)*c);
		SETF(e, name, "%s:%s", rlimit(e, u->soft), rlimit(e, u->hard));
	}
	if (!has_core)
		set(e, "LimitCORE", "0");
	if (s->has_oom_score_adj)
		SETF(e, "OOMScoreAdjust", "%d", s->oom_score_adj);
}

void export_systemd(struct export *e)
{
	static export_fn *const parts[] = {
		part_command,    part_environment, part_user, part_root, part_files,   part_rights,
		part_namespaces, part_memory,      part_cpu,  part_io,   part_process,
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		parts[i](e);
}
