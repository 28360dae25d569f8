/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_text.c - answers, arguments and conditions as people read them, and as JSON.
 *
 * Should: write a condition so that it can be checked against seccomp(2): `(u32)x` is the low half of
 *         an argument, which is all that the kernel takes of an int.
 * Mustn't: decide anything.
 */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls_values.h"
#include "caps_names.h"
#include "profile_json.h"
#include "seccomp_cmd.h"

#define RULES_SHOWN 60 /* of one action; nobody reads more */

/* ---- answers -------------------------------------------------------------------------------- */

static const char *errno_text(uint32_t action, char *buf, size_t size)
{
	int num = (int)(action & SECCOMP_RET_DATA);
	const char *name = strerrorname_np(num);

	if (name)
		return name;
	(void)snprintf(buf, size, "errno %d", num);
	return buf;
}

const char *seccomp_answer(uint32_t action, char *buf, size_t size)
{
	char name[32];

	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		return "allowed";
	case SECCOMP_RET_LOG:
		return "allowed and logged";
	case SECCOMP_RET_TRAP:
		return "refused with SIGSYS";
	case SECCOMP_RET_TRACE:
		return "left to a tracer, refused with ENOSYS without one";
	case SECCOMP_RET_KILL_THREAD:
		return "kills the thread";
	case SECCOMP_RET_KILL_PROCESS:
		return "kills the process";
	default:
		break;
	}
	if (!(action & SECCOMP_RET_DATA))
		return "skipped, and returns 0";
	(void)snprintf(buf, size, "refused with %s", errno_text(action, name, sizeof(name)));
	return buf;
}

const char *seccomp_arch(uint32_t arch)
{
	static const struct {
		uint32_t arch;
		const char *name;
	} known[] = {{SCMP_ARCH_X86_64, "x86_64"},
		     {SCMP_ARCH_X86, "x86"},
		     {SCMP_ARCH_X32, "x32"},
		     {SCMP_ARCH_AARCH64, "aarch64"},
		     {SCMP_ARCH_ARM, "arm"}};
	const struct profile_arch *other = profile_arch_by_token(arch);

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].arch == arch)
			return known[i].name;
	return other ? other->name : "another architecture";
}

const char *seccomp_flags(unsigned flags)
{
	static const char *const names[] = {"none", "LOG", "SPEC_ALLOW", "LOG SPEC_ALLOW"};

	return names[((flags & SECCOMP_FILTER_FLAG_LOG) != 0) +
		     2 * ((flags & SECCOMP_FILTER_FLAG_SPEC_ALLOW) != 0)];
}

const char *seccomp_place(const char *origin, const struct profile_rule *rule, char *buf,
			  size_t size)
{
	if (rule->line)
		(void)snprintf(buf, size, "%s:%u: syscalls[%u]", origin, rule->line, rule->entry);
	else
		(void)snprintf(buf, size, "%s: syscalls[%u]", origin, rule->entry);
	return buf;
}

/* ---- conditions ----------------------------------------------------------------------------- */

/* The n-th word of a list; its length, 0: there are not so many. */
static size_t word_at(const char *list, unsigned n, const char **ret)
{
	for (; list && n; n--) {
		list = strchr(list, ' ');
		list += list ? 1 : 0;
	}
	*ret = list;
	return list ? strcspn(list, " ") : 0;
}

/* Kinds that say what the number is, but not what for. */
static bool is_plain(const char *kind)
{
	static const char *const plain[] = {"int", "hex", "fd", "ptr", "path", "pid", "size"};

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (strcmp(plain[i], kind) == 0)
			return true;
	return false;
}

const char *seccomp_arg(const struct call_info *info, unsigned index, char *buf, size_t size,
			char kind[SECCOMP_KIND])
{
	const char *word;
	size_t len = word_at(info ? info->args : NULL, index, &word);

	(void)snprintf(kind, SECCOMP_KIND, "%.*s", (int)len, len ? word : "");
	if (len == 0 || is_plain(kind))
		(void)snprintf(buf, size, "arg%u", index);
	else
		(void)snprintf(buf, size, "%s", kind);
	return buf;
}

/* Is a value a set of bits, so that a part of it has a name, too? */
static bool is_bits(const char *kind)
{
	const struct call_kind *k = call_kind(kind);

	return k && (k->flags || k->base == CALL_OCT);
}

static const char *hex(uint64_t value, char *buf, size_t size)
{
	(void)snprintf(buf, size, value < 10 ? "%llu" : "0x%llx", (unsigned long long)value);
	return buf;
}

static void masked_text(FILE *out, const char *arg, const char *kind, const struct profile_cond *c)
{
	char mask[512], datum[512];

	if (c->value == UINT64_MAX || c->value == UINT32_MAX) {
		fprintf(out, "%s%s = %s", c->value == UINT32_MAX ? "(u32)" : "", arg,
			call_value_text(kind, c->datum, datum, sizeof(datum)));
		return;
	}
	/* CLONE_NEWTIME stands where clone(2) has a signal. */
	if (strcmp(kind, "cloneflags") == 0 && (c->value & 0xff) == CLONE_NEWTIME)
		kind = "unshare";
	if (is_bits(kind)) {
		call_value_text(kind, c->value, mask, sizeof(mask));
		call_value_text(kind, c->datum, datum, sizeof(datum));
	} else {
		hex(c->value, mask, sizeof(mask));
		hex(c->datum, datum, sizeof(datum));
	}
	fprintf(out, strchr(mask, '|') ? "%s & (%s) = %s" : "%s & %s = %s", arg, mask,
		c->datum ? datum : "0");
}

static void cond_text(FILE *out, const struct call_info *info, const struct profile_cond *c)
{
	static const char *const signs[] = {
		[SCMP_CMP_NE] = "!=", [SCMP_CMP_LT] = "<",  [SCMP_CMP_LE] = "<=",
		[SCMP_CMP_EQ] = "=",  [SCMP_CMP_GE] = ">=", [SCMP_CMP_GT] = ">"};
	char arg[32], value[512], kind[SECCOMP_KIND];

	seccomp_arg(info, c->index, arg, sizeof(arg), kind);
	if (c->op == SCMP_CMP_MASKED_EQ) {
		masked_text(out, arg, kind, c);
		return;
	}
	if (c->op == SCMP_CMP_EQ || c->op == SCMP_CMP_NE)
		call_value_text(kind, c->value, value, sizeof(value));
	else
		(void)snprintf(value, sizeof(value), c->value < 4096 ? "%llu" : "0x%llx",
			       (unsigned long long)c->value);
	fprintf(out, "%s %s %s", arg, signs[c->op], value);
}

void seccomp_conds_text(FILE *out, const struct call_info *info, const struct profile_cond *conds,
			unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		fputs(i ? " and " : "", out);
		cond_text(out, info, &conds[i]);
	}
}

/* ---- all rules of a call -------------------------------------------------------------------- */

/*
 * "All but these" has to be written as many rules of a few bits each. Where the rules are about one
 * argument's low half and leave out a handful of values, those say more. Half a value is extended bit
 * by bit while no rule holds for it whatever the rest is.
 */
struct search {
	const struct profile_entry *e;
	size_t n;
	uint32_t found[8];
	size_t n_found, n_steps;
};

static bool search_fits(const struct profile_entry *e, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (e[i].n_conds != 1 || e[i].conds[0].op != SCMP_CMP_MASKED_EQ ||
		    e[i].conds[0].index != e[0].conds[0].index || e[i].action != e[0].action ||
		    e[i].conds[0].value > UINT32_MAX)
			return false;
	return n > 8;
}

/* The bits of `known` are decided. False: too many values, or too long a search. */
static bool search_from(struct search *s, uint32_t known, uint32_t value)
{
	uint32_t bit = ~known & (known + 1);
	size_t at;

	if (++s->n_steps > 100000)
		return false;
	for (size_t i = 0; i < s->n; i++) {
		uint32_t mask = (uint32_t)s->e[i].conds[0].value;

		if ((mask & ~known) == 0 && (value & mask) == s->e[i].conds[0].datum)
			return true;
	}
	if (bit)
		return search_from(s, known | bit, value) &&
		       search_from(s, known | bit, value | bit);
	if (s->n_found == ARRAY_SIZE(s->found))
		return false;
	for (at = s->n_found++; at && s->found[at - 1] > value; at--)
		s->found[at] = s->found[at - 1];
	s->found[at] = value;
	return true;
}

static bool print_exceptions(FILE *out, const struct call_info *info, const struct profile_entry *e,
			     size_t n)
{
	struct search s = {.e = e, .n = n};
	char arg[32], value[256], kind[SECCOMP_KIND];

	if (!search_fits(e, n) || !search_from(&s, 0, 0) || s.n_found == 0)
		return false;
	seccomp_arg(info, e[0].conds[0].index, arg, sizeof(arg), kind);
	fprintf(out, " unless (u32)%s = ", arg);
	for (size_t i = 0; i < s.n_found; i++)
		fprintf(out, "%s%s", i ? " or " : "",
			call_value_text(kind, s.found[i], value, sizeof(value)));
	return true;
}

/* The next stricter-to-weaker action after *at; false: there is none. */
static bool next_action(const struct profile_entry *e, size_t n, bool is_first, uint32_t *at)
{
	bool is_found = false;
	uint32_t next = 0;

	for (size_t i = 0; i < n; i++) {
		if (!is_first && !profile_is_stricter(*at, e[i].action))
			continue;
		if (!is_found || profile_is_stricter(e[i].action, next))
			next = e[i].action;
		is_found = true;
	}
	*at = next;
	return is_found;
}

static bool is_always(const struct profile_entry *e, size_t n, uint32_t action)
{
	for (size_t i = 0; i < n; i++)
		if (e[i].action == action && e[i].n_conds == 0)
			return true;
	return false;
}

static void print_rules(FILE *out, const struct call_info *info, const struct profile_entry *e,
			size_t n, uint32_t action)
{
	size_t seen = 0;

	for (size_t i = 0; i < n; i++) {
		if (e[i].action != action || ++seen > RULES_SHOWN)
			continue;
		fprintf(out, "%s%s", seen > 1 ? " or " : " if ", e[i].n_conds > 1 ? "(" : "");
		seccomp_conds_text(out, info, e[i].conds, e[i].n_conds);
		fputs(e[i].n_conds > 1 ? ")" : "", out);
	}
	if (seen > RULES_SHOWN)
		fprintf(out, " or by %zu rules more", seen - RULES_SHOWN);
}

/* The strictest action comes first, as it holds where several rules fit. */
char *seccomp_rules_text(const struct call_info *info, const struct profile_entry *e, size_t n,
			 uint32_t def)
{
	char *text = NULL, answer[48];
	size_t size;
	FILE *out = open_memstream(&text, &size);
	uint32_t action = 0;
	bool is_first = true, is_last = false;

	if (!out)
		return NULL;
	for (; !is_last && next_action(e, n, is_first, &action); is_first = false) {
		is_last = is_always(e, n, action);
		fprintf(out, "%s%s%s", is_first ? "" : "; ",
			is_last && !is_first ? "otherwise " : "",
			seccomp_answer(action, answer, sizeof(answer)));
		if (!is_last && !(is_first && print_exceptions(out, info, e, n)))
			print_rules(out, info, e, n, action);
	}
	if (!is_last)
		fprintf(out, "%s%s", is_first ? "" : "; otherwise ",
			seccomp_answer(def, answer, sizeof(answer)));
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

/* ---- JSON ----------------------------------------------------------------------------------- */

json_t *seccomp_action_json(uint32_t action)
{
	static const struct {
		uint32_t action;
		const char *name;
	} names[] = {{SECCOMP_RET_ALLOW, "allow"},
		     {SECCOMP_RET_LOG, "log"},
		     {SECCOMP_RET_TRAP, "trap"},
		     {SECCOMP_RET_TRACE, "trace"},
		     {SECCOMP_RET_KILL_THREAD, "kill_thread"},
		     {SECCOMP_RET_KILL_PROCESS, "kill_process"}};
	char buf[32];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if ((action & SECCOMP_RET_ACTION_FULL) == names[i].action)
			return json_pack("{s:s}", "action", names[i].name);
	return json_pack("{s:s, s:s}", "action", "errno", "errno",
			 action & SECCOMP_RET_DATA ? errno_text(action, buf, sizeof(buf)) : "0");
}

json_t *seccomp_caps_json(uint64_t caps)
{
	json_t *list = json_array();
	char name[32];

	for (unsigned cap = 0; cap < 63; cap++)
		if (caps & 1ULL << cap)
			(void)json_array_append_new(list,
						    json_string(cap_name(cap, name, sizeof(name))));
	return list;
}

json_t *seccomp_arches_json(const struct profile *p)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < p->n_arches; i++)
		(void)json_array_append_new(list, json_string(seccomp_arch(p->arches[i])));
	return list;
}

json_t *seccomp_flags_json(unsigned flags)
{
	json_t *list = json_array();

	if (flags & SECCOMP_FILTER_FLAG_LOG)
		(void)json_array_append_new(list, json_string("LOG"));
	if (flags & SECCOMP_FILTER_FLAG_SPEC_ALLOW)
		(void)json_array_append_new(list, json_string("SPEC_ALLOW"));
	return list;
}

int seccomp_print_json(json_t *doc, struct err *err)
{
	int rc = doc ? json_dumpf(doc, stdout, JSON_INDENT(1)) : 0;

	if (!doc)
		return err_set(err, ENOMEM, "the report");
	json_decref(doc);
	return rc < 0 || putchar('\n') == EOF ? err_set(err, errno, "standard output") : 0;
}
