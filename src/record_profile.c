/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_profile.c - from what was noted to a profile in Docker's format.
 *
 * The profile so far is compiled, and asked about each noted call; what it does not allow is added.
 * So the same notes twice change nothing, and any profile can be the beginning. At the end all of
 * it is compiled and asked once more.
 *
 * Should: end with a profile that pillbox itself reads, and that allows all that was noted.
 * Mustn't: take a rule out of the profile it began with.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "call_text.h"
#include "calls.h"
#include "profile_json.h"
#include "record.h"

/*
 * Needed by chance and not by each run: a signal that interrupts, an end that is not a signal. And
 * what `run` itself calls under the filter, to execute the command.
 */
static const char *const always[] = {"execve", "exit", "exit_group", "restart_syscall",
				     "rt_sigreturn"};

#define VALUES_MAX 24 /* of one call: more are no list that anybody reads */

struct maker {
	const struct spec *spec;
	const struct record_log *log;
	const char *origin;
	json_t *doc;
	struct profile_result now; /* doc, compiled */
	unsigned added;
	struct err *err;
};

/* ---- small pieces of JSON ------------------------------------------------------------------- */

static json_t *rule_list(json_t *doc)
{
	json_t *list = json_object_get(doc, "syscalls");

	if (!json_is_array(list)) {
		list = json_array();
		json_object_set_new(doc, "syscalls", list);
	}
	return list;
}

static bool is_empty(json_t *entry, const char *key)
{
	json_t *value = json_object_get(entry, key);

	return json_object_size(value) == 0 && json_array_size(value) == 0;
}

/* The rule that allows calls by their names alone; made where there is none. */
static json_t *plain_names(json_t *doc)
{
	json_t *list = rule_list(doc), *entry, *names;
	size_t i;

	json_array_foreach(list, i, entry)
	{
		const char *action = json_string_value(json_object_get(entry, "action"));

		names = json_object_get(entry, "names");
		if (action && !strcmp(action, "SCMP_ACT_ALLOW") && json_is_array(names) &&
		    is_empty(entry, "args") && is_empty(entry, "includes") &&
		    is_empty(entry, "excludes"))
			return names;
	}
	names = json_array();
	json_array_insert_new(list, 0,
			      json_pack("{s:o, s:s}", "names", names, "action", "SCMP_ACT_ALLOW"));
	return names;
}

static void add_name(json_t *names, const char *name)
{
	json_t *value;
	size_t i;

	json_array_foreach(names, i, value)
	{
		int c = strcmp(json_string_value(value), name);

		if (c == 0)
			return;
		if (c > 0)
			break;
	}
	json_array_insert_new(names, i, json_string(name));
}

/* Once: the same call may have come from two architectures. */
static void add_rule(json_t *doc, json_t *rule)
{
	json_t *list = rule_list(doc), *entry;
	size_t i;

	json_array_foreach(list, i, entry)
	{
		if (json_equal(entry, rule)) {
			json_decref(rule);
			return;
		}
	}
	json_array_append_new(list, rule);
}

static json_t *skeleton(void)
{
	return json_pack("{s:s, s:i, s:[], s:[]}", "defaultAction", "SCMP_ACT_ERRNO",
			 "defaultErrnoRet", EPERM, "archMap", "syscalls");
}

/* ---- compiling and asking ------------------------------------------------------------------- */

static int compile(struct maker *m)
{
	char *text = json_dumps(m->doc, JSON_COMPACT);
	int rc;

	profile_result_free(&m->now);
	if (!text)
		return err_set(m->err, ENOMEM, "%s", m->origin);
	rc = profile_compile(m->origin, text, strlen(text), m->spec->caps, m->log->kernel, &m->now,
			     m->err);
	free(text);
	return rc;
}

static uint32_t answer(const struct maker *m, const struct seccomp_data *call)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	(void)profile_sim(m->now.insns, m->now.n, call, &action);
	return action & SECCOMP_RET_ACTION_FULL;
}

static bool is_allowed(const struct maker *m, const struct seccomp_data *call)
{
	uint32_t action = answer(m, call);

	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

/* ---- architectures -------------------------------------------------------------------------- */

static const char *arch_name(uint32_t arch)
{
	const struct profile_arch *a = profile_arch_by_token(arch);

	return a ? a->scmp : NULL;
}

static bool has_arch(const struct maker *m, uint32_t arch)
{
	for (size_t i = 0; i < RECORD_CALLS; i++)
		if (m->log->calls[i].nr != -1 && call_arch(&m->log->calls[i]) == arch)
			return true;
	return false;
}

/* Both forms that Docker knows; a profile has one of them. */
static void add_arches(struct maker *m)
{
	static const uint32_t others[] = {SCMP_ARCH_X86, SCMP_ARCH_X32, SCMP_ARCH_ARM};
	json_t *flat = json_object_get(m->doc, "architectures");
	json_t *map = json_object_get(m->doc, "archMap");
	char native[40], name[40];

	(void)snprintf(native, sizeof(native), "SCMP_ARCH_%s", arch_name(seccomp_arch_native()));
	if (json_array_size(flat) == 0 && json_array_size(map) == 0) {
		json_object_del(m->doc, "architectures");
		map = json_pack("[{s:s, s:[]}]", "architecture", native, "subArchitectures");
		json_object_set_new(m->doc, "archMap", map);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		json_t *list = flat, *entry;
		size_t k;

		if (others[i] == seccomp_arch_native() || !has_arch(m, others[i]))
			continue;
		(void)snprintf(name, sizeof(name), "SCMP_ARCH_%s", arch_name(others[i]));
		json_array_foreach(map, k, entry)
		{
			if (!strcmp(json_string_value(json_object_get(entry, "architecture")),
				    native))
				list = json_object_get(entry, "subArchitectures");
		}
		add_name(list, name);
	}
}

/* ---- calls ---------------------------------------------------------------------------------- */

static unsigned count_values(const struct maker *m, const struct seccomp_data *call)
{
	unsigned n = 0;

	for (size_t i = 0; i < RECORD_CALLS; i++)
		n += m->log->calls[i].nr == call->nr && m->log->calls[i].arch == call->arch;
	return n;
}

static void add_call(struct maker *m, const struct seccomp_data *call, const char *name)
{
	const struct record_arg *arg = record_arg(name);
	struct profile_cond conds[2];
	unsigned n = record_conds(arg, call->args, conds);
	json_t *args;

	m->added++;
	if (n && count_values(m, call) > VALUES_MAX) {
		note("%s: %u kinds of it were seen: allowed with any arguments", name,
		     count_values(m, call));
		n = 0;
	}
	if (n == 0) {
		add_name(plain_names(m->doc), name);
		return;
	}
	args = json_array();
	for (unsigned i = 0; i < n; i++)
		json_array_append_new(
			args, json_pack("{s:i, s:I, s:I, s:s}", "index", (int)conds[i].index,
					"value", (json_int_t)conds[i].value, "valueTwo",
					(json_int_t)conds[i].datum, "op", "SCMP_CMP_MASKED_EQ"));
	add_rule(m->doc, json_pack("{s:[s], s:s, s:o}", "names", name, "action", "SCMP_ACT_ALLOW",
				   "args", args));
}

/*
 * clone3 takes its flags from memory, so many profiles answer ENOSYS and programs take clone. To
 * refuse it with EPERM, as all that was not used, would break what was recorded.
 */
static void add_fallbacks(struct maker *m)
{
	struct seccomp_data call = {.arch = profile_audit_arch(seccomp_arch_native())};
	uint32_t action;

	for (int nr = 0; nr < 1024; nr++) {
		const char *name = call_name(seccomp_arch_native(), (uint32_t)nr);

		call.nr = nr;
		if (!name || !profile_sim(m->log->judge, m->log->n_judge, &call, &action) ||
		    action != (SECCOMP_RET_ERRNO | ENOSYS))
			continue;
		if (!profile_sim(m->now.insns, m->now.n, &call, &action) ||
		    action == (SECCOMP_RET_ERRNO | ENOSYS) || is_allowed(m, &call))
			continue;
		add_rule(m->doc, json_pack("{s:[s], s:s, s:i}", "names", name, "action",
					   "SCMP_ACT_ERRNO", "errnoRet", ENOSYS));
	}
}

static int check_all(struct maker *m)
{
	for (size_t i = 0; i < RECORD_CALLS; i++) {
		const struct seccomp_data *call = &m->log->calls[i];
		const char *name;

		if (call->nr == -1 || is_allowed(m, call))
			continue;
		name = call_name(call_arch(call), (uint32_t)call->nr);
		err_say(m->err, "%s: a rule of it refuses %s, which was used", m->origin,
			name ? name : "a call");
		err_hint(m->err,
			 "take that rule out, or begin a new profile: -o NEW without --merge");
		return -EINVAL;
	}
	return 0;
}

static int make(struct maker *m)
{
	int rc;

	add_arches(m);
	rc = compile(m);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < RECORD_CALLS; i++) {
		const struct seccomp_data *call = &m->log->calls[i];
		const char *name = call->nr == -1 ? NULL
						  : call_name(call_arch(call), (uint32_t)call->nr);

		if (name && !is_allowed(m, call))
			add_call(m, call, name);
	}
	rc = compile(m);
	if (rc < 0)
		return rc;
	add_fallbacks(m);
	rc = compile(m);
	return rc < 0 ? rc : check_all(m);
}

json_t *record_profile(const struct spec *s, const struct record_log *log, const char *origin,
		       json_t *doc, unsigned *ret_added, struct err *err)
{
	struct maker m = {.spec = s,
			  .log = log,
			  .origin = origin,
			  .doc = doc ? json_deep_copy(doc) : skeleton(),
			  .err = err};
	int rc = m.doc ? 0 : err_set(err, ENOMEM, "%s", origin);

	for (size_t i = 0; !doc && rc == 0 && i < ARRAY_SIZE(always); i++)
		add_name(plain_names(m.doc), always[i]);
	rc = rc ? rc : make(&m);
	profile_result_free(&m.now);
	if (rc) {
		json_decref(m.doc);
		return NULL;
	}
	*ret_added = m.added;
	return m.doc;
}
