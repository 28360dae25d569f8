/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export_text.c - quoting for each format, and what several formats have in common.
 *
 * Should: give back, when the other program has read the text, the very bytes that went in; refuse
 *	   what its format cannot hold.
 * Mustn't: let any value end its line, its quotes or its comment.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "asked.h"
#include "caps_names.h"
#include "export.h"
#include "json_text.h"

/* ---- comments -------------------------------------------------------------------------------- */

/* ASCII only: a comment has no quotes, and YAML takes no bytes that are not UTF-8. */
static void __attribute__((format(printf, 3, 0)))
comment(struct export *e, const char *kind, const char *fmt, va_list args)
{
	char text[1024], safe[2048];

	(void)vsnprintf(text, sizeof(text), fmt, args);
	escape(safe, sizeof(safe), text);
	for (char *c = safe; *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	(void)fprintf(e->out, "%*s# %s%s\n", e->indent, "", kind, safe);
}

void export_missing(struct export *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	comment(e, "not expressible: ", fmt, args);
	va_end(args);
	e->n_missing++;
}

void export_weaker(struct export *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	comment(e, "weaker: ", fmt, args);
	va_end(args);
	e->n_missing++;
}

void export_comment(struct export *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	comment(e, "", fmt, args);
	va_end(args);
}

/* ---- quoting --------------------------------------------------------------------------------- */

static void cannot_hold(struct export *e, const char *format, const char *text, const char *what)
{
	char shown[64];

	(void)snprintf(shown, sizeof(shown), "%.40s", text);
	(void)err_say(e->err, "'%s': %s, which %s cannot hold", shown, what, format);
}

static bool is_plain(const char *text)
{
	return *text && text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789_@%+=:,./-")] == '\0';
}

/* A line is also read by people, on a terminal. */
static bool has_control(const char *text, const char *but)
{
	for (; *text; text++)
		if (((unsigned char)*text < 0x20 || *text == 0x7f) && !strchr(but, *text))
			return true;
	return false;
}

void export_shell(struct export *e, FILE *out, const char *text)
{
	if (has_control(text, "\n\t")) {
		cannot_hold(e, "a line for a shell", text, "a control character");
		return;
	}
	if (is_plain(text)) {
		(void)fputs(text, out);
		return;
	}
	(void)fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'')
			(void)fputs("'\\''", out);
		else
			(void)fputc(*text, out);
	}
	(void)fputc('\'', out);
}

/* Code points that YAML takes for control characters or ends of lines: their length in UTF-8. */
static size_t yaml_special(const unsigned char *at, unsigned *ret)
{
	if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0) {
		*ret = at[1];
		return 2;
	}
	if (at[0] == 0xe2 && at[1] == 0x80 && (at[2] == 0xa8 || at[2] == 0xa9)) {
		*ret = 0x2000U + (at[2] & 0x3fU);
		return 3;
	}
	if (at[0] == 0xef &&
	    ((at[1] == 0xbb && at[2] == 0xbf) || (at[1] == 0xbf && at[2] >= 0xbe))) {
		*ret = at[1] == 0xbb ? 0xfeffU : 0xff00U + 0xc0U + (at[2] & 0x3fU);
		return 3;
	}
	return 0;
}

void export_yaml(struct export *e, const char *text)
{
	json_t *valid = json_string(text);
	unsigned special;

	json_decref(valid);
	if (!valid) {
		cannot_hold(e, "YAML", "a value", "it is not UTF-8");
		return;
	}
	(void)fputc('"', e->out);
	for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
		size_t len = yaml_special(at, &special);

		if (len) {
			(void)fprintf(e->out, "\\u%04x", special);
			at += len - 1;
		} else if (*at < 0x20 || *at == 0x7f) {
			(void)fprintf(e->out, "\\u%04x", *at);
		} else if (*at == '"' || *at == '\\') {
			(void)fprintf(e->out, "\\%c", *at);
		} else if (*at == '$' && e->target == EXPORT_COMPOSE) {
			(void)fputs("$$", e->out);
		} else {
			(void)fputc(*at, e->out);
		}
	}
	(void)fputc('"', e->out);
}

void export_key(struct export *e, int indent, const char *name, const char *value)
{
	(void)fprintf(e->out, "%*s%s:", indent, "", name);
	if (value) {
		(void)fputc(' ', e->out);
		export_yaml(e, value);
	}
	(void)fputc('\n', e->out);
}

void export_key_plain(struct export *e, int indent, const char *name, const char *value)
{
	(void)fprintf(e->out, "%*s%s: %s\n", indent, "", name, value);
}

void export_item(struct export *e, int indent, const char *value)
{
	(void)fprintf(e->out, "%*s- ", indent, "");
	export_yaml(e, value);
	(void)fputc('\n', e->out);
}

void export_unit_word(struct export *e, const char *text, bool is_command)
{
	(void)fputc('"', e->out);
	for (; *text; text++) {
		const unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			(void)fprintf(e->out, "\\%c", c);
		else if (c == '%')
			(void)fputs("%%", e->out);
		else if (c == '$' && is_command)
			(void)fputs("$$", e->out);
		else if (c < 0x20 || c >= 0x7f)
			(void)fprintf(e->out, "\\x%02x", c);
		else
			(void)fputc(c, e->out);
	}
	(void)fputc('"', e->out);
}

bool export_unit_path(const char *path)
{
	for (; *path; path++)
		if ((unsigned char)*path < 0x21 || (unsigned char)*path >= 0x7f ||
		    strchr("\"'\\:;#", *path))
			return false;
	return true;
}

/* ---- values ---------------------------------------------------------------------------------- */

const char *export_path(struct export *e, const char *path)
{
	char cwd[PATH_MAX];

	if (*path == '/')
		return path;
	if (!getcwd(cwd, sizeof(cwd))) {
		(void)err_set(e->err, errno, "%s: the current directory", path);
		return path;
	}
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	if (strcmp(path, ".") == 0)
		return arena_strdup(e->s->arena, cwd);
	return arena_printf(e->s->arena, "%s/%s", strcmp(cwd, "/") ? cwd : "", path);
}

const char *export_size(struct export *e, uint64_t bytes)
{
	static const char *const units[][3] = {
		[EXPORT_COMPOSE] = {"g", "m", "k"},       [EXPORT_DOCKER] = {"g", "m", "k"},
		[EXPORT_PODMAN] = {"g", "m", "k"},        [EXPORT_SYSTEMD] = {"G", "M", "K"},
		[EXPORT_KUBERNETES] = {"Gi", "Mi", "Ki"},
	};

	for (unsigned i = 0; i < 3; i++) {
		unsigned shift = 30 - 10 * i;

		if (bytes && bytes % (1ULL << shift) == 0)
			return arena_printf(e->s->arena, "%ju%s", (uintmax_t)(bytes >> shift),
					    units[e->target][i]);
	}
	return arena_printf(e->s->arena, "%ju%s", (uintmax_t)bytes,
			    e->target == EXPORT_COMPOSE ? "b" : "");
}

const char *export_tmpfs(struct export *e, const struct mount_req *m)
{
	struct arena *a = e->s->arena;
	const char *text = arena_printf(
		a, "%s,%s,%s,%s", m->is_readonly ? "ro" : "rw", m->is_exec ? "exec" : "noexec",
		m->is_suid ? "suid" : "nosuid", m->is_dev ? "dev" : "nodev");

	if (m->size)
		text = arena_printf(a, "%s,size=%s", text, export_size(e, m->size));
	if (e->target == EXPORT_SYSTEMD) /* its default is 0755, and not the kernel's */
		text = arena_printf(a, "%s,mode=%04o", text, m->has_mode ? m->mode : 01777);
	else if (m->has_mode)
		text = arena_printf(a, "%s,mode=%o", text, m->mode);
	if (m->has_uid)
		text = arena_printf(a, "%s,uid=%u", text, m->uid);
	if (m->has_gid)
		text = arena_printf(a, "%s,gid=%u", text, m->gid);
	if (m->inodes)
		text = arena_printf(a, "%s,nr_inodes=%ju", text, (uintmax_t)m->inodes);
	return text;
}

const char *export_cpus(struct export *e, uint64_t nano)
{
	char *text = arena_printf(e->s->arena, "%ju.%09ju", (uintmax_t)(nano / 1000000000),
				  (uintmax_t)(nano % 1000000000));
	size_t len = strlen(text);

	while (text[len - 1] == '0')
		text[--len] = '\0';
	if (text[len - 1] == '.')
		text[--len] = '\0';
	return text;
}

const char *export_signal(struct export *e, int sig)
{
	const char *name = sigabbrev_np(sig);

	return name ? arena_printf(e->s->arena, "SIG%s", name)
		    : arena_printf(e->s->arena, "%d", sig);
}

bool export_quota(const struct limits *l, uint64_t *ret_quota, uint64_t *ret_period)
{
	bool has_quota = l->cpu_quota != LIMIT_UNSET && l->cpu_quota && l->cpu_quota != LIMIT_MAX;

	*ret_period = 100000;
	if (l->nano_cpus != LIMIT_UNSET) {
		*ret_quota = l->nano_cpus / 10000;
		return true;
	}
	if (l->cpu_period != LIMIT_UNSET && l->cpu_period)
		*ret_period = l->cpu_period;
	*ret_quota = l->cpu_quota;
	return has_quota;
}

const char *export_env_name(struct export *e, const char *entry)
{
	return arena_strndup(e->s->arena, entry, strcspn(entry, "="));
}

const char *export_name(const struct export *e)
{
	const char *name = e->s->asked ? e->s->asked->name : NULL;

	if (e->s->name)
		return e->s->name;
	if (name && *name && *name != '-' && is_plain(name) && !strpbrk(name, "@%+=:,/"))
		return name;
	return "app";
}

const char *export_image(const struct export *e)
{
	const char *image = e->s->asked ? e->s->asked->image : NULL;

	return image && *image && *image != '-' ? image : "IMAGE";
}

const char *export_hostname(struct export *e)
{
	const char *name = e->s->hostname;

	if (!strchr("-.+", name[0]) && !strchr(name, '+'))
		return name;
	export_missing(e, "host name %s: a name with a + or a - at the start", name);
	return NULL;
}

const char *export_host(struct export *e, const char *entry)
{
	size_t ip = strcspn(entry, "\t");

	return arena_printf(e->s->arena, "%s%c%.*s", entry + ip + 1,
			    memchr(entry, ':', ip) ? '=' : ':', (int)ip, entry);
}

bool export_is_made(const struct spec *s, const struct secret_req *r)
{
	bool has_dns = s->dns.n || s->dns_search.n || s->dns_options.n;

	return (s->hosts.n && strcmp(r->target, "/etc/hosts") == 0) ||
	       (has_dns && strcmp(r->target, "/etc/resolv.conf") == 0);
}

const char *export_secret_kind(const struct secret_req *r)
{
	return r->is_public ? "config" : "secret";
}

const char *export_secret_target(struct export *e, const struct secret_req *r)
{
	return secret_is_placed(r) ? r->target
				   : arena_printf(e->s->arena, "/run/secrets/%s", r->target);
}

const char *export_secret_name(struct export *e, size_t n)
{
	return arena_printf(e->s->arena, "%s-secret%zu", export_name(e), n + 1);
}

/*
 * The docker preset's own comes first; Docker sets it, too. Without it the ports below 1024 are
 * closed here and open there.
 */
size_t export_sysctls(struct export *e, const struct sysctl_req **ret)
{
	static const struct sysctl_req closed = {.key = "net.ipv4.ip_unprivileged_port_start",
						 .value = "1024"};
	const struct spec *s = e->s;
	struct sysctl_req *all;
	size_t n = 0;

	if (s->preset == PRESET_DOCKER && s->net != NET_HOST) {
		*ret = s->sysctls + 1;
		return s->n_sysctls - 1;
	}
	all = arena_alloc(s->arena, (s->n_sysctls + 1) * sizeof(*all));
	if (s->net != NET_HOST)
		all[n++] = closed;
	for (size_t i = 0; i < s->n_sysctls; i++) {
		if (strcmp(s->sysctls[i].key, closed.key) == 0)
			n = 0; /* the user's own word, below */
	}
	for (size_t i = 0; i < s->n_sysctls; i++)
		all[n++] = s->sysctls[i];
	*ret = all;
	return n;
}

const char *export_cap(struct export *e, uint64_t set, unsigned *at)
{
	char name[32];

	for (; *at < 64; ++*at) {
		if (!(set & CAP_BIT(*at)))
			continue;
		if (CAP_BIT(*at) == CAP_ALL_BIT) {
			++*at;
			return "ALL";
		}
		(void)cap_name((*at)++, name, sizeof(name));
		return arena_strdup(e->s->arena, name);
	}
	return NULL;
}

void export_caps(const struct export *e, uint64_t *ret_drop, uint64_t *ret_add)
{
	const struct spec *s = e->s;

	*ret_drop = s->cap_drop;
	*ret_add = s->cap_add;
	/* podman's default set is another than Docker's, the other presets' is empty */
	if ((s->preset != PRESET_DOCKER || e->target == EXPORT_PODMAN) &&
	    !((s->cap_add | s->cap_drop) & CAP_ALL_BIT)) {
		*ret_drop = CAP_ALL_BIT;
		*ret_add = s->caps;
	}
}

void export_docker_lacks(struct export *e)
{
	const struct spec *s = e->s;

	if (s->is_securebits_locked)
		export_missing(e, "locked securebits: there, root of the container gets its "
				  "capabilities back by execve");
	if (s->landlock != MODE_OFF)
		export_missing(e, "--landlock: files are restricted by mounts and AppArmor only");
	if (s->tcp == TCP_NONE)
		export_missing(e, "--tcp none");
	if (!s->nested_userns)
		export_weaker(e,
			      "user namespaces inside are refused by the seccomp profile only, not "
			      "by a sysctl");
	if (!s->has_sys)
		export_weaker(e, "/sys is there, read-only; here there is none");
	if (s->proc_mode == PROC_SUBSET)
		export_weaker(e, "/proc is whole but for Docker's masks, not subset=pid");
	if (s->filter == FILTER_BUILTIN && s->preset != PRESET_DOCKER)
		export_weaker(e,
			      "seccomp: the engine's own profile; %s's is pillbox's "
			      "profiles/seccomp/%s.json: seccomp=FILE takes it",
			      preset_name(s->preset),
			      s->preset == PRESET_STRICT ? "strict" : "default");
	if (s->root_mode == ROOT_OVERLAY)
		export_missing(e, "--overlay %s: changes go where the engine keeps the container's",
			       s->overlay_dir);
	if (s->userns == USERNS_SINGLE)
		export_missing(e, "--userns single: the id map is the engine's");
	for (size_t i = 0; i < s->n_skip; i++)
		export_missing(e, "--skip %s: it is done there", s->skip[i]);
}
