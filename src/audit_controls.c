/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_controls.c - the controls, a row each: asked, inside, outside.
 *
 * Should: take what was asked from the step that sets the control, what is inside from the kernel's
 * own words as the probe read them, what is outside from that step's verify().
 * Mustn't: call it held because it was asked.
 */
#include <linux/securebits.h>
#include <string.h>

#include "audit_setting.h"
#include "caps_names.h"

/* What a row looks at. */
struct look {
	const struct spec *spec;
	const json_t *step, *also, *facts;
};

struct control {
	const char *id, *what;
	const char *step; /* sets it; and is asked, outside, whether it holds */
	const char *also; /* another step whose verify() has a word in it, or NULL */
	const char *key;  /* the value of the step that says what was asked; NULL: it is a matter of
			     yes or no */
	bool (*asked)(const struct look *l); /* NULL: when the step is wanted */
	/* 1, 0, or -1: nothing shows it in there; with a text */
	int (*inside)(const struct look *l, char *buf, size_t size);
};

/* ---- asked ----------------------------------------------------------------------------------- */

/* The first of a step's values under this key, or "". */
static const char *value(const struct look *l, const char *key)
{
	const json_t *list = json_object_get(json_object_get(l->step, "values"), key);
	const char *text = json_string_value(json_array_get(list, 0));

	return text ? text : "";
}

static bool value_has(const struct look *l, const char *key, const char *start)
{
	const json_t *list = json_object_get(json_object_get(l->step, "values"), key);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text && !strncmp(text, start, strlen(start)))
			return true;
	}
	return false;
}

static bool net_asked(const struct look *l)
{
	return l->spec->net == NET_NONE;
}

static bool caps_asked(const struct look *l)
{
	(void)l;
	return true;
}

static bool locked_asked(const struct look *l)
{
	return l->spec->is_securebits_locked;
}

static bool core_asked(const struct look *l)
{
	for (size_t i = 0; i < l->spec->n_ulimits; i++)
		if (!strcmp(l->spec->ulimits[i].name, "core") && l->spec->ulimits[i].hard)
			return false;
	return true;
}

/* With --allow-missing a limit may be wanted and asked of nobody. */
static bool pids_asked(const struct look *l)
{
	const json_t *cgroup = json_object_get(l->also, "wanted");

	return l->spec->limits.pids < LIMIT_MAX &&
	       (json_is_true(cgroup) || value_has(l, "limits", "nproc="));
}

static bool memory_asked(const struct look *l)
{
	return l->spec->limits.memory < LIMIT_MAX &&
	       json_is_true(json_object_get(l->step, "wanted"));
}

static bool nested_asked(const struct look *l)
{
	return !l->spec->nested_userns;
}

/* ---- inside ---------------------------------------------------------------------------------- */

static int own_namespace(const struct look *l, const char *kind, char *buf, size_t size)
{
	const json_t *own = json_object_get(json_object_get(l->facts, "own_namespaces"), kind);

	if (!json_is_boolean(own))
		return -1;
	(void)snprintf(buf, size, "%s", json_is_true(own) ? "its own" : "the host's");
	return json_is_true(own);
}

static int user_inside(const struct look *l, char *buf, size_t size)
{
	return own_namespace(l, "user", buf, size);
}

static int net_inside(const struct look *l, char *buf, size_t size)
{
	return own_namespace(l, "net", buf, size);
}

static int others_inside(const struct look *l, char *buf, size_t size)
{
	static const char *const kinds[] = {"mnt", "pid", "ipc", "uts", "cgroup"};
	int holds = 1;

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		char one[32] = "not shown";
		int own = own_namespace(l, kinds[i], one, sizeof(one));
		size_t len = strlen(buf);

		if (own == 1)
			continue;
		holds = own == 0 || holds == 0 ? 0 : -1;
		(void)snprintf(buf + len, size - len, "%s%s: %s", len ? ", " : "", kinds[i], one);
	}
	if (holds == 1)
		(void)snprintf(buf, size, "all its own");
	return holds;
}

static int ids_inside(const struct look *l, char *buf, size_t size)
{
	const json_t *uid = json_object_get(l->facts, "uid"),
		     *gid = json_object_get(l->facts, "gid");
	char want[64];

	if (!json_is_integer(uid) || !json_is_integer(gid))
		return -1;
	(void)snprintf(buf, size, "%lld:%lld", (long long)json_integer_value(uid),
		       (long long)json_integer_value(gid));
	(void)snprintf(want, sizeof(want), "%s:%s", value(l, "uid"), value(l, "gid"));
	return !strcmp(buf, want);
}

static uint64_t caps_of(const struct look *l, const char *set)
{
	const json_t *list = json_object_get(json_object_get(l->facts, "capabilities"), set);
	uint64_t caps = 0;
	unsigned cap;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));

		if (name && cap_by_name(name, &cap) == 0 && cap < 64)
			caps |= CAP_BIT(cap);
	}
	return caps;
}

/* More than was left is what counts; a workload that is not uid 0 may have fewer. */
static int caps_inside(const struct look *l, char *buf, size_t size)
{
	uint64_t effective = caps_of(l, "CapEff"), bounding = caps_of(l, "CapBnd");

	if (!json_object_get(l->facts, "capabilities"))
		return -1;
	(void)caps_text(effective, buf, size);
	return !((effective | bounding | caps_of(l, "CapPrm")) & ~l->spec->caps);
}

static int number_inside(const struct look *l, const char *key, json_int_t want, char *buf,
			 size_t size)
{
	const json_t *fact = json_object_get(l->facts, key);

	if (!json_is_integer(fact))
		return -1;
	(void)snprintf(buf, size, "%lld", (long long)json_integer_value(fact));
	return json_integer_value(fact) == want;
}

static int nnp_inside(const struct look *l, char *buf, size_t size)
{
	return number_inside(l, "no_new_privs", 1, buf, size);
}

/* What caps.c locks is its own to say; that uid 0 means nothing to execve(2) is what it is for. */
static int locked_inside(const struct look *l, char *buf, size_t size)
{
	const json_t *fact = json_object_get(l->facts, "securebits");
	const json_int_t want = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED |
				SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
				SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

	if (!json_is_integer(fact))
		return -1;
	(void)snprintf(buf, size, "0x%llx", (long long)json_integer_value(fact));
	return (json_integer_value(fact) & want) == want;
}

static int filter_inside(const struct look *l, char *buf, size_t size)
{
	const char *mode = json_string_value(json_object_get(l->facts, "seccomp"));
	const json_t *n = json_object_get(l->facts, "filters");

	if (!mode)
		return -1;
	(void)snprintf(buf, size, json_is_integer(n) ? "%s, %lld of them" : "%s", mode,
		       (long long)json_integer_value(n));
	return !strcmp(mode, "filter");
}

static int apparmor_inside(const struct look *l, char *buf, size_t size)
{
	const char *label = json_string_value(json_object_get(l->facts, "apparmor"));
	const char *name = strchr(value(l, "at_exec"), ' '); /* "enter NAME", "stack NAME" */

	if (!label)
		return -1;
	(void)snprintf(buf, size, "%s", label);
	return name && strstr(label, name + 1) && !strstr(label, "(complain)");
}

static int nested_inside(const struct look *l, char *buf, size_t size)
{
	return number_inside(l, "max_user_namespaces", 0, buf, size);
}

static int root_inside(const struct look *l, char *buf, size_t size)
{
	const json_t *fact = json_object_get(l->facts, "root_is_readonly");

	if (!json_is_boolean(fact))
		return -1;
	(void)snprintf(buf, size, "%s", json_is_true(fact) ? "read-only" : "writable");
	return json_is_true(fact);
}

static int fds_inside(const struct look *l, char *buf, size_t size)
{
	return number_inside(l, "descriptors", l->spec->preserve_fds, buf, size);
}

static int core_inside(const struct look *l, char *buf, size_t size)
{
	const json_t *core = json_object_get(json_object_get(l->facts, "limits"), "core");

	if (!json_is_integer(core))
		return -1;
	(void)snprintf(buf, size, "%lld", (long long)json_integer_value(core));
	return json_integer_value(core) == 0;
}

static int umask_inside(const struct look *l, char *buf, size_t size)
{
	const json_t *fact = json_object_get(l->facts, "umask");

	if (!json_is_integer(fact))
		return -1;
	(void)snprintf(buf, size, "%04o", (unsigned)json_integer_value(fact));
	return json_integer_value(fact) == 022;
}

/* clang-format off */
static const struct control controls[] = {
	{"userns", "user namespace", "clone", "idmap", "namespaces", NULL, user_inside},
	{"namespaces", "other namespaces", "clone", NULL, "namespaces", NULL, others_inside},
	{"network", "network namespace", "clone", "net-lo", "namespaces", net_asked, net_inside},
	{"pivot", "a root of its own", "pivot", NULL, NULL, NULL, NULL},
	{"root-ro", "read-only root", "root-ro", NULL, NULL, NULL, root_inside},
	{"mounts", "mounts and their flags", "mounts", NULL, "mounts", NULL, NULL},
	{"dev", "a /dev of its own", "dev", NULL, "nodes", NULL, NULL},
	{"proc", "a /proc of its own", "proc", NULL, "mounts", NULL, NULL},
	{"mask", "masks over /proc and /sys", "mask", NULL, "hidden", NULL, NULL},
	{"user", "user and group", "caps", NULL, "uid", NULL, ids_inside},
	{"caps", "capabilities", "caps", NULL, "bounding", caps_asked, caps_inside},
	{"securebits", "locked securebits", "caps", NULL, "securebits", locked_asked, locked_inside},
	{"nnp", "no_new_privs", "nnp", NULL, NULL, NULL, nnp_inside},
	{"filter", "seccomp filter", "filter", "filter-early", "profile", NULL, filter_inside},
	{"apparmor", "AppArmor profile", "lsm", NULL, "at_exec", NULL, apparmor_inside},
	{"landlock", "Landlock", "landlock", NULL, "abi", NULL, NULL},
	{"tcp", "no TCP", "tcp", NULL, NULL, NULL, NULL},
	{"nested", "no user namespaces inside", "sysctl", NULL, "set", nested_asked, nested_inside},
	{"pids", "limit on processes", "limits", "cgroup", "limits", pids_asked, NULL},
	{"core", "no core files", "limits", NULL, "limits", core_asked, core_inside},
	{"memory", "limit on memory", "cgroup", NULL, NULL, memory_asked, NULL},
	{"fds", "no inherited descriptors", "fds", NULL, NULL, NULL, fds_inside},
	{"umask", "umask", "umask", NULL, NULL, NULL, umask_inside},
	{"session", "a session of its own", "session", NULL, NULL, NULL, NULL},
	{"keyring", "a session keyring of its own", "keyring", NULL, NULL, NULL, NULL},
	{"init", "pid 1 that confines itself", "init", NULL, "pid_1", NULL, NULL},
	{"undump", "not dumpable while it is built", "undump", NULL, NULL, NULL, NULL},
	{"tty", "a terminal of its own", "tty", NULL, NULL, NULL, NULL},
};
/* clang-format on */

static const json_t *step_of(const struct setting *s, const char *id)
{
	const json_t *steps = json_object_get(s->doc, "steps");

	for (size_t i = 0; id && i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);
		const char *name = json_string_value(json_object_get(step, "id"));

		if (name && !strcmp(name, id))
			return step;
	}
	return NULL;
}

/* All values of a key, one after the other. */
static void asked_text(const struct control *c, const struct look *l, bool is_asked, char *buf,
		       size_t size)
{
	const json_t *list = json_object_get(json_object_get(l->step, "values"), c->key);
	size_t len = 0;

	(void)snprintf(buf, size, "%s", is_asked ? "yes" : "no");
	for (size_t i = 0; is_asked && i < json_array_size(list) && len + 1 < size; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		len += (size_t)snprintf(buf + len, size - len, "%s%s", i ? " " : "",
					text ? text : "?");
	}
	/* Cut: nobody is to take half a path for a whole one. */
	if (len >= size)
		memcpy(buf + size - 4, "...", 4);
}

/* Both steps' verify(), the first that has an answer that is not good. */
static int outside(const json_t *step, const json_t *also, char *buf, size_t size)
{
	const json_t *both[] = {step, also};
	int holds = -1;

	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		const json_t *answer = json_object_get(both[i], "holds");
		const char *problem = json_string_value(json_object_get(both[i], "problem"));

		if (!json_is_boolean(answer))
			continue;
		holds = json_is_true(answer);
		(void)snprintf(buf, size, "%s", holds ? "holds" : problem ? problem : "?");
		if (!holds)
			return 0;
	}
	return holds;
}

void audit_controls(struct setting *s)
{
	s->n_controls = 0;
	s->broken = 0;
	for (size_t i = 0; i < ARRAY_SIZE(controls) && i < CONTROLS_MAX; i++) {
		const struct control *c = &controls[i];
		struct control_row *row = &s->controls[s->n_controls++];
		const json_t *also = step_of(s, c->also);
		struct look l = {s->spec, step_of(s, c->step), also,
				 json_object_get(s->doc, "facts")};
		bool is_wanted;

		/* One control, set early or late. */
		if (also && !json_is_true(json_object_get(l.step, "wanted")) && c->asked == NULL)
			l.step = json_is_true(json_object_get(also, "wanted")) ? also : l.step;
		is_wanted = json_is_true(json_object_get(l.step, "wanted"));
		*row = (struct control_row){.id = c->id, .what = c->what, .holds_inside = -1};
		row->is_asked = c->asked ? c->asked(&l) : is_wanted;
		asked_text(c, &l, row->is_asked, row->asked, sizeof(row->asked));
		row->holds_outside = row->is_asked ? outside(l.step, also, row->outside,
							     sizeof(row->outside))
						   : -1;
		if (c->inside)
			row->holds_inside = c->inside(&l, row->inside, sizeof(row->inside));
		if (row->is_asked && (!row->holds_inside || !row->holds_outside))
			s->broken++;
	}
}
