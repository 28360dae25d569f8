/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_json.c - the words of a seccomp profile: architectures, actions, conditions.
 *
 * Should: know every word that Docker's format has, and refuse every other one by name.
 * Mustn't: decide what a profile as a whole means; that is profile.c.
 */
#include "profile_json.h"

#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <string.h>

#include "caps_names.h"
#include "nearest.h"
#include "util.h"

/* Not in every version of the headers. */
#define ARCH_LOONGARCH64 0xC0000102U

/*
 * Every architecture a profile may name; a second name is one of Go's. Only those of the native
 * family are ever in a filter.
 */
static const struct profile_arch arches[] = {
	{"X86_64", "amd64", SCMP_ARCH_X86_64, 'x'},
	{"X86", "x86", SCMP_ARCH_X86, 'x'},
	{"X32", "x32", SCMP_ARCH_X32, 'x'},
	{"AARCH64", "arm64", SCMP_ARCH_AARCH64, 'a'},
	{"ARM", "arm", SCMP_ARCH_ARM, 'a'},
	{"RISCV64", "riscv64", SCMP_ARCH_RISCV64, 'r'},
	{"LOONGARCH64", "loong64", ARCH_LOONGARCH64, 'l'},
	{"PPC", "ppc", SCMP_ARCH_PPC, 'p'},
	{"PPC64", "ppc64", SCMP_ARCH_PPC64, 'p'},
	{"PPC64LE", "ppc64le", SCMP_ARCH_PPC64LE, 'q'},
	{"S390", "s390", SCMP_ARCH_S390, 's'},
	{"S390X", "s390x", SCMP_ARCH_S390X, 's'},
	{"MIPS", "mips", SCMP_ARCH_MIPS, 'm'},
	{"MIPS64", "mips64", SCMP_ARCH_MIPS64, 'm'},
	{"MIPS64N32", "mips64n32", SCMP_ARCH_MIPS64N32, 'm'},
	{"MIPSEL", "mipsel", SCMP_ARCH_MIPSEL, 'e'},
	{"MIPSEL", "mipsle", SCMP_ARCH_MIPSEL, 'e'},
	{"MIPSEL64", "mipsel64", SCMP_ARCH_MIPSEL64, 'e'},
	{"MIPSEL64", "mips64le", SCMP_ARCH_MIPSEL64, 'e'},
	{"MIPSEL64N32", "mipsel64n32", SCMP_ARCH_MIPSEL64N32, 'e'},
	{"MIPSEL64N32", "mips3l64n32", SCMP_ARCH_MIPSEL64N32, 'e'},
	{"PARISC", "parisc", SCMP_ARCH_PARISC, 'h'},
	{"PARISC64", "parisc64", SCMP_ARCH_PARISC64, 'h'},
	{"M68K", "m68k", AUDIT_ARCH_M68K, '6'},
	{"SH", "sh", AUDIT_ARCH_SHEL, 'j'},
	{"SHEB", "sheb", AUDIT_ARCH_SH, 'J'},
};

static const struct action {
	const char *name;
	uint32_t action;
	bool has_data; /* errnoRet is its data */
} actions[] = {
	{"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD, false},
	{"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD, false},
	{"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS, false},
	{"SCMP_ACT_TRAP", SCMP_ACT_TRAP, false},
	{"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0), true},
	{"SCMP_ACT_TRACE", SCMP_ACT_TRACE(0), true},
	{"SCMP_ACT_LOG", SCMP_ACT_LOG, false},
	{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW, false},
};

static const struct {
	const char *name;
	int op;
} ops[] = {
	{"SCMP_CMP_NE", SCMP_CMP_NE},
	{"SCMP_CMP_LT", SCMP_CMP_LT},
	{"SCMP_CMP_LE", SCMP_CMP_LE},
	{"SCMP_CMP_EQ", SCMP_CMP_EQ},
	{"SCMP_CMP_GE", SCMP_CMP_GE},
	{"SCMP_CMP_GT", SCMP_CMP_GT},
	{"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
};

/* ---- architectures ------------------------------------------------------------------------- */

const struct profile_arch *profile_arch_by_token(uint32_t token)
{
	for (size_t i = 0; i < ARRAY_SIZE(arches); i++) {
		if (arches[i].token == token)
			return &arches[i];
	}
	return NULL;
}

static const char *arch_name(size_t i)
{
	return arches[i].name;
}

static const char *arch_scmp(size_t i)
{
	return arches[i].scmp;
}

int profile_arch(struct reader *rd, const char *key, const char *name,
		 const struct profile_arch **ret)
{
	const char *near;

	for (size_t i = 0; i < ARRAY_SIZE(arches); i++) {
		if (strncmp(name, "SCMP_ARCH_", 10) == 0 &&
		    strcmp(arches[i].scmp, name + 10) == 0) {
			*ret = &arches[i];
			return 0;
		}
	}
	profile_bad(rd, key, "unknown architecture \"%.64s\"", name);
	near = nearest(strncmp(name, "SCMP_ARCH_", 10) == 0 ? name + 10 : name, arch_scmp,
		       ARRAY_SIZE(arches));
	err_hint(rd->err,
		 near ? "did you mean SCMP_ARCH_%s?" : "they are called SCMP_ARCH_%s and the like",
		 near ? near : "X86_64");
	return -EINVAL;
}

/* ---- errno and action --------------------------------------------------------------------- */

static int errno_by_name(const char *name)
{
	for (int num = 1; num < 4096; num++) {
		const char *known = strerrorname_np(num);

		if (known && strcmp(known, name) == 0)
			return num;
	}
	return -EINVAL;
}

int profile_no_agent(struct reader *rd, const char *key, const char *what)
{
	profile_bad(rd, key, "%s needs an agent that decides, and pillbox has none", what);
	err_hint(rd->err,
		 "SCMP_ACT_LOG lets a call through and logs it, SCMP_ACT_ERRNO refuses it");
	return -EINVAL;
}

int profile_action(struct reader *rd, json_t *obj, const char *key, const char *num_key,
		   const char *name_key, uint32_t *ret)
{
	const char *name = NULL, *err_name = NULL;
	const struct action *a = NULL;
	uint64_t num = UINT64_MAX;

	if (profile_string(rd, obj, key, &name) || profile_string(rd, obj, name_key, &err_name) ||
	    profile_number(rd, obj, num_key, UINT32_MAX, &num))
		return -EINVAL;
	if (!name || !*name)
		return profile_bad(rd, name ? key : NULL, "\"%s\" is missing", key);
	if (strcmp(name, "SCMP_ACT_NOTIFY") == 0)
		return profile_no_agent(rd, key, name);
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (strcmp(actions[i].name, name) == 0)
			a = &actions[i];
	}
	if (!a) {
		profile_bad(rd, key, "unknown action \"%.64s\"", name);
		profile_hint_words(rd, "the actions are", actions, ARRAY_SIZE(actions),
				   sizeof(*actions));
		return -EINVAL;
	}
	if (err_name && *err_name) {
		int by_name = errno_by_name(err_name);

		if (by_name < 0)
			return profile_bad(rd, name_key, "no errno is called \"%.32s\"", err_name);
		if (num != UINT64_MAX && num != (uint64_t)by_name)
			return profile_bad(rd, name_key, "\"%s\" says %s and \"%s\" says %llu",
					   name_key, err_name, num_key, (unsigned long long)num);
		num = (uint64_t)by_name;
	}
	if (num != UINT64_MAX && !a->has_data)
		return profile_bad(rd, err_name && *err_name ? name_key : num_key,
				   "\"%s\" has no meaning with %s", num_key, name);
	*ret = a->action;
	if (!a->has_data)
		return 0;
	if (num == UINT64_MAX)
		num = EPERM;
	/* 0 is no mistake: the call is left out and looks as if it had worked. */
	if (a->action == SCMP_ACT_ERRNO(0) && num > 4094)
		return profile_bad(rd, num_key, "\"%s\" is %llu: an errno is 0..4094", num_key,
				   (unsigned long long)num);
	if (num > UINT16_MAX)
		return profile_bad(rd, num_key, "\"%s\" is %llu, above 65535", num_key,
				   (unsigned long long)num);
	*ret |= (uint32_t)num;
	return 0;
}

/* ---- includes and excludes ---------------------------------------------------------------- */

/* "4.8" -> 4008 */
static int get_kernel(struct reader *rd, const char *text, unsigned *ret)
{
	const char *dot = strchr(text, '.');
	char major[8] = "";
	uint64_t a, b;

	if (dot && (size_t)(dot - text) < sizeof(major))
		memcpy(major, text, (size_t)(dot - text));
	if (parse_u64(major, 999, &a) || parse_u64(dot + 1, 999, &b))
		return profile_bad(rd, "minKernel",
				   "minKernel \"%.32s\" is not of the form MAJOR.MINOR", text);
	*ret = (unsigned)(a * 1000 + b);
	if (*ret > rd->p->kernel_max)
		rd->p->kernel_max = *ret;
	return 0;
}

struct match {
	bool has_caps, all_caps, any_cap;
	bool has_arches, arch;
	bool has_kernel, kernel;
};

static int match_caps(struct reader *rd, json_t *list, struct match *m)
{
	char near[32];
	json_t *value;
	unsigned cap;
	size_t i;

	m->has_caps = json_array_size(list) > 0;
	m->all_caps = true;
	json_array_foreach(list, i, value)
	{
		const char *name = json_string_value(value);

		if (cap_by_name(name, &cap)) {
			profile_bad(rd, profile_item(rd, "caps", i), "unknown capability \"%.64s\"",
				    name);
			if (cap_nearest(name, near, sizeof(near)))
				err_hint(rd->err, "did you mean CAP_%s?", near);
			else
				err_hint(rd->err, "capabilities(7) lists them");
			return -EINVAL;
		}
		rd->p->caps_mask |= 1ULL << cap;
		if (rd->caps & (1ULL << cap))
			m->any_cap = true;
		else
			m->all_caps = false;
	}
	return 0;
}

static int match_arches(struct reader *rd, json_t *list, struct match *m)
{
	json_t *value;
	size_t i;

	m->has_arches = json_array_size(list) > 0;
	json_array_foreach(list, i, value)
	{
		const char *name = json_string_value(value), *near;
		const struct profile_arch *a = arches;

		while (a < arches + ARRAY_SIZE(arches) && strcmp(a->name, name) != 0)
			a++;
		if (a == arches + ARRAY_SIZE(arches)) {
			profile_bad(rd, profile_item(rd, "arches", i),
				    "unknown architecture \"%.64s\"", name);
			near = nearest(name, arch_name, ARRAY_SIZE(arches));
			if (near)
				err_hint(rd->err, "did you mean %s?", near);
			else
				err_hint(rd->err, "they are called amd64, x86, arm64 and the like "
						  "here");
			return -EINVAL;
		}
		if (a->token == rd->native)
			m->arch = true;
	}
	return 0;
}

static int read_match(struct reader *rd, json_t *obj, const char *key, struct match *m)
{
	static const char *const known[] = {"caps", "arches", "minKernel", NULL};
	json_t *o = profile_field(obj, key);
	json_t *caps = NULL, *list = NULL;
	const char *min = NULL;
	unsigned kernel = 0;
	size_t outer;

	memset(m, 0, sizeof(*m));
	if (!o)
		return 0;
	outer = profile_enter(rd, "%s", key);
	if (profile_fields(rd, o, key, known) || profile_list(rd, o, "caps", &caps) ||
	    profile_list(rd, o, "arches", &list) || profile_string(rd, o, "minKernel", &min) ||
	    match_caps(rd, caps, m) || match_arches(rd, list, m))
		return -EINVAL;
	if (min && *min) {
		if (get_kernel(rd, min, &kernel))
			return -EINVAL;
		m->has_kernel = true;
		m->kernel = rd->kernel >= kernel;
	}
	profile_leave(rd, outer);
	return 0;
}

int profile_in_force(struct reader *rd, json_t *obj, bool *ret)
{
	struct match in, ex;

	if (read_match(rd, obj, "includes", &in) || read_match(rd, obj, "excludes", &ex))
		return -EINVAL;
	*ret = !(in.has_caps && !in.all_caps) && !(in.has_arches && !in.arch) &&
	       !(in.has_kernel && !in.kernel) && !ex.any_cap && !ex.arch && !ex.kernel;
	return 0;
}

int profile_condition(struct reader *rd, json_t *obj, struct profile_cond *ret)
{
	static const char *const known[] = {"index", "value", "valueTwo", "op", "comment", NULL};
	struct profile_cond c = {0};
	uint64_t index = UINT64_MAX;
	const char *op = NULL;

	if (profile_fields(rd, obj, "args", known) ||
	    profile_number(rd, obj, "index", PROFILE_ARGS - 1, &index) ||
	    profile_number(rd, obj, "value", UINT64_MAX, &c.value) ||
	    profile_number(rd, obj, "valueTwo", UINT64_MAX, &c.datum) ||
	    profile_string(rd, obj, "op", &op))
		return -EINVAL;
	if (index == UINT64_MAX || !op)
		return profile_bad(rd, NULL, "\"%s\" is missing in args", op ? "index" : "op");
	c.index = (unsigned)index;
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		if (strcmp(ops[i].name, op) == 0)
			c.op = ops[i].op;
	}
	if (!c.op) {
		profile_bad(rd, "op", "unknown operator \"%.64s\"", op);
		profile_hint_words(rd, "the operators are", ops, ARRAY_SIZE(ops), sizeof(*ops));
		return -EINVAL;
	}
	if (c.datum && c.op != SCMP_CMP_MASKED_EQ)
		return profile_bad(
			rd, "valueTwo",
			"\"valueTwo\" has a meaning only with SCMP_CMP_MASKED_EQ, not %s", op);
	if (c.op == SCMP_CMP_MASKED_EQ && (c.datum & ~c.value))
		return profile_bad(
			rd, "valueTwo",
			"SCMP_CMP_MASKED_EQ can never hold: \"valueTwo\" has bits outside \"value\"");
	*ret = c;
	return 0;
}
