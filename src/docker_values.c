/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker_values.c - flags of a docker run line whose value decides what becomes of them.
 *
 * Should: turn each value into options of run, or say what is done instead.
 * Mustn't: check what the options' own setters check.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "docker_flags.h"
#include "options_set.h"

static const struct place nowhere;

static int judge(struct docker_line *l, const char *key, const char *value,
		 enum verdict_kind verdict, const char *text)
{
	asked_verdict(l->asked, &nowhere, key, value, verdict, "%s", text);
	return 0;
}

static int ask(struct docker_line *l, const char *key, const char *option, const char *value)
{
	asked_option(l->asked, &nowhere, key, option, value);
	return judge(l, key, value, VERDICT_ENFORCED, "");
}

static bool is_one_of(const char *value, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(value, *words) == 0)
			return true;
	return false;
}

#define ONE_OF(value, ...) is_one_of(value, (const char *const[]){__VA_ARGS__, NULL})

/* ---- namespaces ------------------------------------------------------------------------------ */

int docker_network(struct docker_line *l, const struct docker_flag *flag, const char *key,
		   const char *value, struct err *err)
{
	(void)flag, (void)err;
	if (ONE_OF(value, "none", "host"))
		return ask(l, key, "network", value);
	return judge(
		l, key, value, VERDICT_DIFFERENTLY,
		"only a loopback interface, for now: it reaches nothing and nothing reaches it");
}

/* What is always private here; a weaker wish is not granted, and nothing is lost by that. */
static int always_private(struct docker_line *l, const char *key, const char *value,
			  const char *what)
{
	if (ONE_OF(value, "", "private"))
		return judge(l, key, value, VERDICT_ENFORCED, "");
	asked_verdict(l->asked, &nowhere, key, value, VERDICT_IGNORED,
		      "the sandbox has %s of its own all the same, which is stricter", what);
	return 0;
}

int docker_pid(struct docker_line *l, const struct docker_flag *flag, const char *key,
	       const char *value, struct err *err)
{
	(void)flag, (void)err;
	return always_private(l, key, value, "processes");
}

int docker_uts(struct docker_line *l, const struct docker_flag *flag, const char *key,
	       const char *value, struct err *err)
{
	(void)flag, (void)err;
	return always_private(l, key, value, "a host name");
}

int docker_cgroupns(struct docker_line *l, const struct docker_flag *flag, const char *key,
		    const char *value, struct err *err)
{
	(void)flag, (void)err;
	return always_private(l, key, value, "a view of the control groups");
}

int docker_ipc(struct docker_line *l, const struct docker_flag *flag, const char *key,
	       const char *value, struct err *err)
{
	(void)flag, (void)err;
	if (strcmp(value, "none") == 0)
		return judge(l, key, value, VERDICT_DIFFERENTLY,
			     "an ipc namespace of its own, but /dev/shm is there: --shm-size "
			     "makes it small");
	return always_private(l, key, value, "shared memory and queues");
}

int docker_userns(struct docker_line *l, const struct docker_flag *flag, const char *key,
		  const char *value, struct err *err)
{
	(void)flag, (void)err;
	return judge(l, key, value, VERDICT_DIFFERENTLY,
		     "the sandbox always has a user namespace of its own, with the caller's "
		     "subordinate ids where there are some");
}

/* ---- rights ---------------------------------------------------------------------------------- */

int docker_privileged(struct docker_line *l, const struct docker_flag *flag, const char *key,
		      const char *value, struct err *err)
{
	static const char hint[] =
		"ask for what is needed: --cap-add NAME, --device PATH, --security-opt "
		"seccomp=unconfined, --security-opt systempaths=unconfined";

	(void)flag, (void)err;
	if (strcmp(value, "false") == 0)
		return judge(l, key, value, VERDICT_ENFORCED, "");
	asked_refuse(l->asked, &nowhere, key, hint,
		     "not offered, it would switch off every control at once");
	return judge(l, key, value, VERDICT_UNPRIVILEGED, hint);
}

int docker_security_opt(struct docker_line *l, const struct docker_flag *flag, const char *key,
			const char *value, struct err *err)
{
	size_t len = strcspn(value, "=:");
	const char *name = arena_strndup(l->asked->arena, value, len);

	(void)flag, (void)err;
	if (ONE_OF(name, "label", "disable"))
		return judge(l, key, value, VERDICT_IGNORED,
			     "SELinux labels are not set; AppArmor and Landlock are what confines");
	if (ONE_OF(name, "writable-cgroups", "proc-opts"))
		return judge(l, key, value, VERDICT_DIFFERENTLY,
			     "/proc and the control groups are as the preset has them");
	if (strcmp(name, "mask") == 0)
		return judge(
			l, key, value, VERDICT_UNPRIVILEGED,
			"only Docker's own list of paths is masked: --tmpfs PATH covers others");
	if (strcmp(value, "unmask=ALL") == 0 || strcmp(value, "unmask=all") == 0)
		return ask(l, key, "security-opt", "systempaths=unconfined");
	if (strcmp(name, "unmask") == 0)
		return judge(l, key, value, VERDICT_DIFFERENTLY,
			     "all masked paths stay masked: unmask=ALL uncovers all of them");
	return ask(l, key, "security-opt", value);
}

/* ---- processes ------------------------------------------------------------------------------- */

/* Its value may be a secret: only the name is ever shown. */
int docker_env(struct docker_line *l, const struct docker_flag *flag, const char *key,
	       const char *value, struct err *err)
{
	(void)flag, (void)err;
	asked_hidden(l->asked, &nowhere, key, "env", value);
	return judge(l, key, arena_strndup(l->asked->arena, value, strcspn(value, "=")),
		     VERDICT_ENFORCED, "");
}

int docker_entrypoint(struct docker_line *l, const struct docker_flag *flag, const char *key,
		      const char *value, struct err *err)
{
	(void)flag;
	if (l->entrypoint && strcmp(l->entrypoint, value) != 0)
		return err_say(err,
			       "--from-docker: --entrypoint %.60s: contradicts --entrypoint %.60s",
			       value, l->entrypoint);
	l->entrypoint = value;
	return judge(l, key, value, VERDICT_ENFORCED, "");
}

int docker_sig_proxy(struct docker_line *l, const struct docker_flag *flag, const char *key,
		     const char *value, struct err *err)
{
	(void)flag, (void)err;
	if (strcmp(value, "true") == 0)
		return judge(l, key, value, VERDICT_ENFORCED, "");
	return judge(l, key, value, VERDICT_DIFFERENTLY, "signals always reach the command");
}

int docker_restart(struct docker_line *l, const struct docker_flag *flag, const char *key,
		   const char *value, struct err *err)
{
	(void)flag, (void)err;
	if (ONE_OF(value, "", "no"))
		return judge(l, key, value, VERDICT_ENFORCED, "");
	return judge(l, key, value, VERDICT_IGNORED,
		     "pillbox runs it once: a systemd unit with Restart= starts it again");
}

/* ---- files ----------------------------------------------------------------------------------- */

int docker_read_only(struct docker_line *l, const struct docker_flag *flag, const char *key,
		     const char *value, struct err *err)
{
	(void)flag, (void)err;
	l->is_readonly = strcmp(value, "true") == 0;
	asked_option(l->asked, &nowhere, key, l->is_readonly ? "read-only" : "writable", NULL);
	return judge(l, key, value, VERDICT_ENFORCED, "");
}

int docker_read_only_tmpfs(struct docker_line *l, const struct docker_flag *flag, const char *key,
			   const char *value, struct err *err)
{
	(void)flag, (void)err;
	l->has_tmpfs = strcmp(value, "true") == 0;
	return l->has_tmpfs ? 0 : judge(l, key, value, VERDICT_ENFORCED, "");
}

int docker_rootfs(struct docker_line *l, const struct docker_flag *flag, const char *key,
		  const char *value, struct err *err)
{
	(void)flag, (void)err;
	l->is_rootfs = strcmp(value, "true") == 0;
	return judge(l, key, value, VERDICT_ENFORCED, "");
}

/* A volume of Docker's own lives in a place of the daemon's; programs may be executed from it. */
static int volume_as_tmpfs(struct docker_line *l, const char *key, const char *value,
			   const char *target, bool is_readonly)
{
	struct arena *a = l->asked->arena;

	asked_option(l->asked, &nowhere, key, "tmpfs",
		     arena_printf(a, "%s:exec%s", target, is_readonly ? ",ro" : ""));
	return judge(
		l, key, value, VERDICT_DIFFERENTLY,
		"an empty file system in memory instead of a volume: -v DIR:TARGET keeps what is "
		"written");
}

/* -v FILE:/run/secrets/NAME is how a secret comes into a container of docker run's. */
static const char *secret_name(const char *target)
{
	static const char dir[] = "/run/secrets/";
	const char *name = target + sizeof(dir) - 1;

	if (strncmp(target, dir, sizeof(dir) - 1) != 0 || !*name || strchr(name, '/'))
		return NULL;
	return name;
}

/* "a" or, where it has what would end a field, "\"a\"". */
static const char *csv_field(struct arena *a, const char *text)
{
	char *out, *at;

	if (!strpbrk(text, ",\""))
		return text;
	out = at = arena_alloc(a, 2 * strlen(text) + 3);
	*at++ = '"';
	for (; *text; text++) {
		if (*text == '"')
			*at++ = '"';
		*at++ = *text;
	}
	*at = '"';
	return out;
}

static int bind_as_secret(struct docker_line *l, const char *key, const char *value,
			  const char *source, const char *target)
{
	struct arena *a = l->asked->arena;

	asked_option(l->asked, &nowhere, key, "secret",
		     arena_printf(a, "%s,%s,mode=0444",
				  csv_field(a, arena_printf(a, "src=%s", source)),
				  csv_field(a, arena_printf(a, "target=%s", secret_name(target)))));
	return judge(l, key, value, VERDICT_DIFFERENTLY,
		     "a secret: a copy of the file, in memory, read-only");
}

/* Words behind the second colon: those of run's stay, those of the daemon's are told. */
static const char *volume_words(struct docker_line *l, const char *key, const char *value,
				const char *words, bool *ret_readonly)
{
	struct arena *a = l->asked->arena;
	const char *kept = "";

	while (*words) {
		size_t len = strcspn(words, ",");
		const char *word = arena_strndup(a, words, len);

		words += len + (words[len] == ',');
		*ret_readonly = *ret_readonly || strcmp(word, "ro") == 0;
		if (ONE_OF(word, "z", "Z", "U"))
			(void)judge(l, key, value, VERDICT_IGNORED,
				    "labels and owners of the host's files are not changed");
		else if (ONE_OF(word, "cached", "delegated", "consistent", "nocopy", "copy"))
			(void)judge(l, key, value, VERDICT_IGNORED,
				    "a directory is shown as it is, without a copy or a cache");
		else if (ONE_OF(word, "shared", "slave", "rshared", "rslave"))
			(void)judge(
				l, key, value, VERDICT_DIFFERENTLY,
				"mounts are always rprivate: the host's later ones stay outside");
		else
			kept = arena_printf(a, "%s%s%s", kept, *kept ? "," : "", word);
	}
	return kept;
}

int docker_volume(struct docker_line *l, const struct docker_flag *flag, const char *key,
		  const char *value, struct err *err)
{
	struct arena *a = l->asked->arena;
	const char *first = strchr(value, ':'), *second = first ? strchr(first + 1, ':') : NULL;
	const char *source, *target, *words;
	bool is_readonly = false;

	(void)flag, (void)err;
	if (!first)
		return volume_as_tmpfs(l, key, value, value, false);
	source = arena_strndup(a, value, (size_t)(first - value));
	target = second ? arena_strndup(a, first + 1, (size_t)(second - first - 1)) : first + 1;
	words = volume_words(l, key, value, second ? second + 1 : "", &is_readonly);
	if (*source && !strchr("/.~", *source))
		return volume_as_tmpfs(l, key, value, target, is_readonly);
	if (secret_name(target))
		return bind_as_secret(l, key, value, source, target);
	asked_option(l->asked, &nowhere, key, "volume",
		     arena_printf(a, "%s:%s%s%s", source, target, *words ? ":" : "", words));
	return judge(l, key, value, VERDICT_ENFORCED, "");
}

/* What a --mount says, taken apart. */
struct mount_words {
	const char *type, *source, *target;
	bool is_readonly;
	const char *kept; /* the fields that run's --mount knows, as they stood */
};

static bool is_true(const char *value)
{
	return !value || ONE_OF(value, "true", "1");
}

/* Is this field one that only Docker has a use for? Its verdict is told then. */
static bool mount_word(struct docker_line *l, const char *key, const char *all, const char *name,
		       const char *value)
{
	if (ONE_OF(name, "consistency", "bind-create-src", "bind-nonrecursive", "volume-nocopy",
		   "volume-driver", "volume-opt", "volume-label", "volume-subpath", "relabel", "U",
		   "chown", "notmpcopyup")) {
		(void)judge(l, key, all, VERDICT_IGNORED,
			    "a directory is shown as it is and with all mounts below it; there are "
			    "no volumes");
		return true;
	}
	if (strcmp(name, "bind-recursive") == 0 || strcmp(name, "bind-propagation") == 0) {
		if (value && !ONE_OF(value, "enabled", "readonly", "private", "rprivate"))
			(void)judge(
				l, key, all, VERDICT_DIFFERENTLY,
				"binds are recursive, read-only ones all the way, and rprivate");
		return true;
	}
	return false;
}

static int mount_fields(struct docker_line *l, const char *key, const char *value,
			struct mount_words *m, struct err *err)
{
	struct arena *a = l->asked->arena;
	const char *cursor = value, *field, *name, *v;

	while (cursor) {
		int rc = value_next(a, &cursor, "--mount", &field, err);

		if (rc < 0)
			return rc;
		value_cut(a, field, &name, &v);
		if (mount_word(l, key, value, name, v))
			continue;
		if (strcmp(name, "type") == 0)
			m->type = v ? v : "";
		if (ONE_OF(name, "source", "src"))
			m->source = v;
		if (ONE_OF(name, "target", "dst", "destination"))
			m->target = v;
		if (ONE_OF(name, "readonly", "ro"))
			m->is_readonly = is_true(v);
		m->kept = arena_printf(a, "%s%s%s", m->kept, *m->kept ? "," : "",
				       csv_field(a, field));
	}
	return 0;
}

int docker_mount(struct docker_line *l, const struct docker_flag *flag, const char *key,
		 const char *value, struct err *err)
{
	struct mount_words m = {.type = "volume", .kept = ""};
	int rc = mount_fields(l, key, value, &m, err);

	(void)flag;
	if (rc < 0)
		return rc;
	if (strcmp(m.type, "volume") == 0)
		return m.target ? volume_as_tmpfs(l, key, value, m.target, m.is_readonly)
				: err_say(err, "--from-docker: %s %.100s: the target is missing",
					  key, value);
	if (ONE_OF(m.type, "image", "npipe", "cluster", "glob", "devpts", "ramfs", "artifact"))
		return judge(
			l, key, value, VERDICT_IGNORED,
			"there are no images, volumes or pipes of a daemon's: type=bind with a "
			"directory, or type=tmpfs");
	if (strcmp(m.type, "bind") == 0 && m.source && m.target && secret_name(m.target))
		return bind_as_secret(l, key, value, m.source, m.target);
	asked_option(l->asked, &nowhere, key, "mount", m.kept);
	return judge(l, key, value, VERDICT_ENFORCED, "");
}
