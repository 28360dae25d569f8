/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_keys_rights.c - who the service runs as, and what it may: users, capabilities, security_opt.
 *
 * Should: say of each right what it is worth in a user namespace.
 * Mustn't: weaken anything that the file does not name.
 */
#include <linux/capability.h>
#include <string.h>
#include <strings.h>

#include "caps_names.h"
#include "compose_keys.h"
#include "nearest.h"

/*
 * The kernel asks for these in the first user namespace only (capable() and not ns_capable()): in
 * any other they are a bit without an effect.
 */
static const uint64_t real_root_only =
	1ULL << CAP_SYS_MODULE | 1ULL << CAP_SYS_RAWIO | 1ULL << CAP_SYS_PACCT |
	1ULL << CAP_SYS_TIME | 1ULL << CAP_SYS_TTY_CONFIG | 1ULL << CAP_MKNOD |
	1ULL << CAP_AUDIT_CONTROL | 1ULL << CAP_AUDIT_WRITE | 1ULL << CAP_AUDIT_READ |
	1ULL << CAP_MAC_ADMIN | 1ULL << CAP_MAC_OVERRIDE | 1ULL << CAP_SYSLOG |
	1ULL << CAP_WAKE_ALARM | 1ULL << CAP_BLOCK_SUSPEND | 1ULL << CAP_LINUX_IMMUTABLE |
	1ULL << CAP_LEASE | 1ULL << CAP_PERFMON | 1ULL << CAP_BPF | 1ULL << CAP_IPC_LOCK |
	1ULL << CAP_SYS_NICE | 1ULL << CAP_SYS_RESOURCE;

/* ALL is CAP_LAST_CAP + 1. */
static int read_cap(struct reading *r, const struct item *it, unsigned *ret)
{
	const char *name = it->node->text;
	char near[32];
	int rc;

	*ret = CAP_LAST_CAP + 1;
	if (strcasecmp(name, "ALL") == 0 || cap_by_name(name, ret) == 0)
		return 0;
	rc = wrong(r, it, "'%.40s' is no capability", name);
	if (cap_nearest(name, near, sizeof(near)))
		err_hint(r->err, "did you mean %s?", near);
	else
		err_hint(r->err, "capabilities(7) lists them; one an entry; ALL means all of them");
	return rc;
}

static int cap_add_one(struct reading *r, const struct item *it)
{
	unsigned cap;
	int rc = read_cap(r, it, &cap);

	if (rc < 0)
		return rc;
	ask(r, it, "cap-add", it->node->text);
	if (cap > CAP_LAST_CAP)
		say(r, it, VERDICT_DIFFERENTLY,
		    "all of them, but in a user namespace of the sandbox's own: none counts on the host");
	else if (real_root_only >> cap & 1)
		say(r, it, VERDICT_UNPRIVILEGED,
		    "the bit is set, but the kernel heeds this one only with real root's privilege; "
		    "take the entry out if the program runs without it here");
	else if (!is_root_user(r->service))
		say(r, it, VERDICT_DIFFERENTLY,
		    "the program has it (by the ambient set); with Docker a user other than root "
		    "loses it when the program starts");
	else
		say(r, it, VERDICT_ENFORCED,
		    "over the sandbox's own namespaces; it counts for nothing on the host");
	return 0;
}

int key_cap_add(struct reading *r, const struct item *it)
{
	return each_entry(r, it, "s", cap_add_one);
}

static int cap_drop_one(struct reading *r, const struct item *it)
{
	unsigned cap;
	int rc = read_cap(r, it, &cap);

	return rc < 0 ? rc : enforce(r, it, "cap-drop", it->node->text);
}

int key_cap_drop(struct reading *r, const struct item *it)
{
	return each_entry(r, it, "s", cap_drop_one);
}

int key_privileged(struct reading *r, const struct item *it)
{
	static const char cure[] =
		"name what the program needs: cap_add: [NAME], devices: [/dev/NAME], "
		"security_opt: [systempaths=unconfined] or [seccomp=unconfined]";

	if (!is_true(it->node)) {
		say(r, it, VERDICT_ENFORCED, "%s", "");
		return 0;
	}
	say(r, it, VERDICT_UNPRIVILEGED,
	    "it would switch off every control at once, and run refuses it; %s", cure);
	asked_refuse(r->asked, &it->at, it->key, cure,
		     "not offered, it would switch off every control at once");
	return 0;
}

/* ---- security_opt ----------------------------------------------------------------------------- */

static int opt_nnp(struct reading *r, const struct item *it, const char *value)
{
	static const char *const yes[] = {"true", "1", "t"}, *const no[] = {"false", "0", "f"};
	bool is_yes = !value, is_no = false;

	for (size_t i = 0; value && i < ARRAY_SIZE(yes); i++) {
		is_yes |= strcasecmp(value, yes[i]) == 0;
		is_no |= strcasecmp(value, no[i]) == 0;
	}
	if (is_yes == is_no)
		return wrong(r, it, "no-new-privileges is true or false, and not '%.40s'", value);
	return enforce(r, it, "security-opt",
		       is_yes ? "no-new-privileges=true" : "no-new-privileges=false");
}

static int opt_seccomp(struct reading *r, const struct item *it, const char *value)
{
	if (!value || !*value)
		return wrong(r, it, "the file is missing behind seccomp");
	if (strcmp(value, "unconfined") == 0 || strcmp(value, "builtin") == 0)
		return enforce(r, it, "security-opt",
			       arena_printf(r->asked->arena, "seccomp=%s", value));
	return enforce(
		r, it, "security-opt",
		arena_printf(r->asked->arena, "seccomp=%s", compose_path(r->project, value)));
}

static int opt_apparmor(struct reading *r, const struct item *it, const char *value)
{
	if (!value || !*value)
		return wrong(r, it, "the profile's name is missing behind apparmor");
	ask(r, it, "security-opt", arena_printf(r->asked->arena, "apparmor=%s", value));
	if (strcmp(value, "unconfined") == 0)
		say(r, it, VERDICT_ENFORCED, "%s", "");
	else
		say(r, it, VERDICT_ENFORCED,
		    "if this host has the profile loaded; else nothing is started. Loading one takes "
		    "root: apparmor_parser -r FILE");
	return 0;
}

static int opt_systempaths(struct reading *r, const struct item *it, const char *value)
{
	int rc;

	if (value && strcmp(value, "unconfined") == 0 && strchr(it->node->text, '='))
		return enforce(r, it, "security-opt", "systempaths=unconfined");
	rc = wrong(r, it, "not known to Docker in this form");
	err_hint(r->err, "systempaths=unconfined, with '=', is the only one");
	return rc;
}

static int opt_label(struct reading *r, const struct item *it, const char *value)
{
	(void)value;
	say(r, it, VERDICT_IGNORED, "SELinux: pillbox neither sets nor needs labels");
	return 0;
}

static int opt_writable_cgroups(struct reading *r, const struct item *it, const char *value)
{
	(void)value;
	say(r, it, VERDICT_IGNORED, "/sys/fs/cgroup stays read-only, which is stricter");
	return 0;
}

static const struct {
	const char *name;
	int (*read)(struct reading *r, const struct item *it, const char *value);
} security_opts[] = {
	{"no-new-privileges", opt_nnp},
	{"seccomp", opt_seccomp},
	{"apparmor", opt_apparmor},
	{"systempaths", opt_systempaths},
	{"label", opt_label},
	{"disable", opt_label},
	{"writable-cgroups", opt_writable_cgroups},
};

static const char *security_opt_name(size_t i)
{
	return security_opts[i].name;
}

static int security_opt_one(struct reading *r, const struct item *it)
{
	const char *text = it->node->text, *near;
	size_t len = strcspn(text, "=:");
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(security_opts); i++)
		if (strlen(security_opts[i].name) == len &&
		    memcmp(security_opts[i].name, text, len) == 0)
			return security_opts[i].read(r, it, text[len] ? text + len + 1 : NULL);
	rc = wrong(r, it, "'%.60s' is unknown", text);
	near = nearest(arena_strndup(r->asked->arena, text, len), security_opt_name,
		       ARRAY_SIZE(security_opts));
	if (near)
		err_hint(r->err, "did you mean %s?", near);
	else
		err_hint(r->err, "no-new-privileges:true, seccomp:FILE, apparmor:NAME, "
				 "systempaths=unconfined, label:...");
	return rc;
}

int key_security_opt(struct reading *r, const struct item *it)
{
	return each_entry(r, it, "s", security_opt_one);
}

/* ---- users ------------------------------------------------------------------------------------ */

int key_user(struct reading *r, const struct item *it)
{
	int rc;

	if (*it->node->text)
		return enforce(r, it, "user", it->node->text);
	/* ${UID} that is not set: Docker would run it as root without a word */
	rc = wrong(r, it, "the user is empty, which would mean root");
	err_hint(r->err, "\"1000:1000\", or \"0:0\" if it has to be root");
	return rc;
}

static int group_one(struct reading *r, const struct item *it)
{
	return enforce(r, it, "group-add", it->node->text);
}

int key_group_add(struct reading *r, const struct item *it)
{
	return each_entry(r, it, "s", group_one);
}

int key_userns_mode(struct reading *r, const struct item *it)
{
	int rc;

	if (strcmp(it->node->text, "host") == 0) {
		say(r, it, VERDICT_UNPRIVILEGED,
		    "the sandbox has a user namespace of its own all the same, which is stricter: "
		    "root inside is not root outside. The host's takes real root");
		return 0;
	}
	if (!*it->node->text || strcmp(it->node->text, "private") == 0) {
		say(r, it, VERDICT_ENFORCED, "%s", "");
		return 0;
	}
	rc = wrong(r, it, "'%.40s' is no mode of Docker's", it->node->text);
	err_hint(r->err, "host is the only one; leave the key out for a namespace of its own");
	return rc;
}

int key_preset(struct reading *r, const struct item *it)
{
	static const char *const known[] = {"docker", "hardened", "strict"};
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(known[i], it->node->text) != 0)
			continue;
		/* the option itself was asked for first of all */
		say(r, it, VERDICT_ENFORCED, "%s",
		    i ? "pillbox's own: stricter defaults than Docker's under this file"
		      : "pillbox's own: Docker's defaults, as without it");
		return 0;
	}
	rc = wrong(r, it, "'%.40s' is no preset", it->node->text);
	err_hint(r->err, "docker, hardened or strict");
	return rc;
}
