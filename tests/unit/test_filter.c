/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_filter.c - the built-in profiles and the compiled programs as a whole: tables of
 * expectations, Docker's own profile, random rules, damaged programs, and the running kernel.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpfsim.h"
#include "builtin_filter.h"
#include "caps_names.h"
#include "profile.h"
#include "step.h"

#define KERNEL 6012
#define BIT(cap) (1ULL << (cap))

static struct err err;

static const struct builtin_filter *builtin(const char *name)
{
	for (size_t i = 0; i < n_builtin_filters; i++) {
		if (strcmp(builtin_filters[i].name, name) == 0)
			return &builtin_filters[i];
	}
	cr_assert(false, "no built-in filter %s", name);
	return NULL;
}

static void recompile(const char *name, const char *json, size_t len, uint64_t caps,
		      struct profile_result *ret)
{
	memset(&err, 0, sizeof(err));
	cr_assert(profile_compile(name, json, len, caps, KERNEL, ret, &err) == 0, "%s", err.msg);
	cr_assert(bpfsim_reject(ret->insns, ret->n) == NULL,
		  "%s: the kernel would not load it for %s", name,
		  bpfsim_reject(ret->insns, ret->n));
}

Test(filter, builtin_is_up_to_date)
{
	cr_assert(n_builtin_filters == 3);
	for (size_t i = 0; i < n_builtin_filters; i++) {
		const struct builtin_filter *b = &builtin_filters[i];
		struct profile_result r;

		recompile(b->name, b->json, b->json_len, b->caps, &r);
		cr_expect(r.n == b->n && memcmp(r.insns, b->insns, r.n * sizeof(*r.insns)) == 0,
			  "%s", b->name);
		cr_expect(r.flags == b->flags && r.caps_mask == b->caps_mask && r.n_unknown == 0);
		profile_result_free(&r);
		/* a capability outside the mask changes nothing */
		recompile(b->name, b->json, b->json_len, b->caps | BIT(CAP_LEASE), &r);
		cr_expect(r.n == b->n && memcmp(r.insns, b->insns, r.n * sizeof(*r.insns)) == 0);
		cr_expect(!(b->caps_mask & BIT(CAP_LEASE)));
		profile_result_free(&r);
	}
}

/* ---- tables of expectations --------------------------------------------------------------- */

static uint32_t arch_by_name(const char *name)
{
	return strcmp(name, "x86_64") == 0 ? SCMP_ARCH_X86_64
	       : strcmp(name, "x86") == 0  ? SCMP_ARCH_X86
	       : strcmp(name, "x32") == 0  ? SCMP_ARCH_X32
					   : 0;
}

static bool parse_answer(const char *word, const char *number, uint32_t *ret)
{
	if (strcmp(word, "allow") == 0)
		*ret = SECCOMP_RET_ALLOW;
	else if (strcmp(word, "kill") == 0)
		*ret = SECCOMP_RET_KILL_PROCESS;
	else if (strcmp(word, "errno") == 0 && *number)
		*ret = SECCOMP_RET_ERRNO | (uint32_t)strtoul(number, NULL, 10);
	else
		return false;
	return true;
}

static void parse_args(char *text, uint64_t *args)
{
	char *save = NULL;

	for (char *a = strtok_r(text, ",", &save); a; a = strtok_r(NULL, ",", &save)) {
		if (a[0] >= '0' && a[0] <= '5' && a[1] == '=')
			args[a[0] - '0'] = strtoull(a + 2, NULL, 0);
		else
			cr_assert(strcmp(a, "-") == 0, "%s is no argument", a);
	}
}

static void expect_line(const char *where, char *line, const struct profile_result *r)
{
	char call[64], arg_text[96], arch_name[16], word[16], number[8] = "";
	uint64_t args[6] = {0};
	uint32_t arch, want, got, nr;
	unsigned sub;
	int mux;

	line[strcspn(line, "\n")] = '\0';
	cr_assert(sscanf(line, "%63s %95s %15s %15s %7[0-9]", call, arg_text, arch_name, word,
			 number) >= 4,
		  "%s: %s", where, line);
	arch = arch_by_name(arch_name);
	cr_assert(arch && parse_answer(word, number, &want), "%s: %s", where, line);
	parse_args(arg_text, args);
	nr = call[0] == '#' ? (uint32_t)strtoul(call + 1, NULL, 0)
			    : (uint32_t)profile_call(arch, call, &mux, &sub);
	cr_assert(call[0] == '#' || (int)nr >= 0, "%s: no call %s", where, call);
	got = bpfsim_call(r->insns, r->n, profile_audit_arch(arch), nr, args);
	cr_expect(got == want, "%s: %s: the answer is 0x%x", where, line, got);
}

static void expect_file(const char *name)
{
	const struct builtin_filter *b = builtin(name);
	struct profile_result r;
	char path[128], line[256], where[160];
	unsigned n = 0, checked = 0;
	uint64_t caps;
	FILE *in;

	snprintf(path, sizeof(path), "profiles/seccomp/%s.expect", name);
	in = fopen(path, "re");
	cr_assert(in, "%s: %s", path, strerror(errno));
	recompile(name, b->json, b->json_len, b->caps, &r);
	while (fgets(line, sizeof(line), in)) {
		n++;
		snprintf(where, sizeof(where), "%s:%u", path, n);
		if (line[0] == '\n' || strncmp(line, "# ", 2) == 0 || strcmp(line, "#\n") == 0)
			continue;
		if (strncmp(line, "caps ", 5) == 0) {
			line[strcspn(line, "\n")] = '\0';
			caps = 0;
			cr_assert(strcmp(line + 5, "-") == 0 ||
				  caps_parse(line + 5, where, &caps, &err) == 0);
			profile_result_free(&r);
			recompile(name, b->json, b->json_len, caps, &r);
			continue;
		}
		expect_line(where, line, &r);
		checked++;
	}
	cr_expect(checked > 40, "%s: only %u lines", path, checked);
	profile_result_free(&r);
	fclose(in);
}

Test(filter, expect_default)
{
	expect_file("default");
}
Test(filter, expect_strict)
{
	expect_file("strict");
}
Test(filter, expect_docker)
{
	expect_file("docker");
}

/* ---- Docker's own profile ----------------------------------------------------------------- */

static const uint64_t arg_sets[][6] = {
	{0},
	{1, 1, 1, 1, 1, 1},
	{8},
	{0x11},
	{0x20000},
	{0x20008},
	{0xffffffff},
	{0x10000011},
	{0x7e020000},
	{0x80},
	{37},
	{38},
	{39},
	{40},
	{41},
	{0x100000026},
	{0x100000000},
	{16, 3, 9},
	{2, 0x21a4, 0x21a4},
	{3, 0x5412},
	{0x40000000},
	{1ULL << 63},
	{~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL},
};

static unsigned compare_programs(const struct profile_result *a, const struct profile_result *b,
				 uint64_t caps)
{
	static const struct {
		uint32_t arch, first;
	} arches[] = {
		{AUDIT_ARCH_X86_64, 0}, {AUDIT_ARCH_I386, 0}, {AUDIT_ARCH_X86_64, 0x40000000}};
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(arches); i++) {
		for (uint32_t nr = arches[i].first; nr < arches[i].first + 600; nr++) {
			for (size_t k = 0; k < ARRAY_SIZE(arg_sets); k++) {
				uint32_t x = bpfsim_call(a->insns, a->n, arches[i].arch, nr,
							 arg_sets[k]);
				uint32_t y = bpfsim_call(b->insns, b->n, arches[i].arch, nr,
							 arg_sets[k]);

				cr_expect(
					x == y,
					"caps 0x%lx, arch 0x%x, call %u, arguments %zu: 0x%x and not 0x%x",
					caps, arches[i].arch, nr, k, x, y);
				n++;
			}
		}
	}
	return n;
}

Test(filter, docker_is_docker)
{
	const struct builtin_filter *b = builtin("docker");
	const char *shared = getenv("PILLBOX_SHARED");
	auto_free char *path = NULL, *text = NULL;
	struct profile_result ours, theirs;
	unsigned n = 0;
	size_t len;

	cr_assert(asprintf(&path, "%s/data/moby-seccomp-default.json",
			   shared ? shared : "../shared") > 0);
	if (read_file(AT_FDCWD, path, PROFILE_MAX_BYTES, &text, &len))
		cr_skip_test("Docker's profile is not at %s", path);
	for (int cap = -3; cap <= CAP_LAST_CAP; cap++) {
		uint64_t caps = cap == -3   ? 0
				: cap == -2 ? b->caps
				: cap == -1 ? ~0ULL >> 1
					    : BIT(cap);

		recompile("ours", b->json, b->json_len, caps, &ours);
		recompile("theirs", text, len, caps, &theirs);
		/* the same mask: or a launch would take the prebuilt program where it does not fit */
		cr_expect(ours.caps_mask == theirs.caps_mask);
		n += compare_programs(&ours, &theirs, caps);
		profile_result_free(&ours);
		profile_result_free(&theirs);
	}
	cr_expect(n > 1000000);
}

/* ---- random rules, damaged programs ------------------------------------------------------- */

static uint64_t random_state = 42;

static uint64_t rnd(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	return random_state ^= random_state << 17;
}

/* Values that collide: few low halves, few high halves. */
static uint64_t rnd_value(void)
{
	static const uint32_t half[] = {0,          1,          2,          0x10,
					0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};

	return (uint64_t)half[rnd() % 8] << 32 | half[rnd() % 8];
}

static bool holds(const struct profile_cond *c, uint64_t v)
{
	return c->op == SCMP_CMP_EQ   ? v == c->value
	       : c->op == SCMP_CMP_NE ? v != c->value
	       : c->op == SCMP_CMP_LT ? v < c->value
	       : c->op == SCMP_CMP_LE ? v <= c->value
	       : c->op == SCMP_CMP_GT ? v > c->value
	       : c->op == SCMP_CMP_GE ? v >= c->value
				      : (v & c->value) == c->datum;
}

static const char *const op_names[] = {"", "NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"};

struct random_rules {
	struct profile_cond conds[4][2];
	unsigned n, n_conds[4];
};

static char *random_profile(struct random_rules *r)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	fprintf(out,
		"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_X32\"], \"syscalls\": "
		"[{\"names\": [\"execve\", \"exit_group\"], \"action\": \"SCMP_ACT_ALLOW\"}");
	r->n = 1 + (unsigned)(rnd() % 4);
	for (unsigned i = 0; i < r->n; i++) {
		fprintf(out, ", {\"name\": \"ioctl\", \"action\": \"SCMP_ACT_ALLOW\", \"args\": [");
		r->n_conds[i] = 1 + (unsigned)(rnd() % 2);
		for (unsigned k = 0; k < r->n_conds[i]; k++) {
			struct profile_cond *c = &r->conds[i][k];

			c->index = k ? 3 : 1;
			c->op = 2 + (int)(rnd() % 6);
			c->value = rnd_value();
			c->datum = c->op == SCMP_CMP_MASKED_EQ ? rnd_value() & c->value : 0;
			fprintf(out,
				"%s{\"index\": %u, \"op\": \"SCMP_CMP_%s\", \"value\": %lu, \"valueTwo\": %lu}",
				k ? ", " : "", c->index, op_names[c->op], c->value, c->datum);
		}
		fprintf(out, "]}");
	}
	fprintf(out, "]}");
	fclose(out);
	return text;
}

Test(filter, random_rules, .timeout = 60)
{
	for (unsigned round = 0; round < 400; round++) {
		struct random_rules r;
		auto_free char *text = random_profile(&r);
		struct profile_result res;

		recompile("random", text, strlen(text), 0, &res);
		for (unsigned point = 0; point < 500; point++) {
			uint64_t args[6] = {rnd(), rnd_value() + rnd() % 3 - 1, rnd(),
					    rnd_value() + rnd() % 3 - 1};
			uint32_t want = SECCOMP_RET_ERRNO | EPERM, got;

			for (unsigned i = 0; i < r.n; i++) {
				bool fits = holds(&r.conds[i][0], args[1]);

				if (r.n_conds[i] == 2)
					fits = fits && holds(&r.conds[i][1], args[3]);
				want = fits ? SECCOMP_RET_ALLOW : want;
			}
			got = bpfsim_call(res.insns, res.n, AUDIT_ARCH_X86_64, SYS_ioctl, args);
			cr_assert(got == want, "%s: 0x%lx, 0x%lx: 0x%x", text, args[1], args[3],
				  got);
			got = bpfsim_call(res.insns, res.n, AUDIT_ARCH_X86_64, 0x40000000 + 514,
					  args);
			cr_assert(got == want, "x32: %s: 0x%lx, 0x%lx: 0x%x", text, args[1],
				  args[3], got);
		}
		profile_result_free(&res);
	}
}

static bool differ_at(const struct profile_prog *a, const struct profile_prog *b, uint32_t arch,
		      uint32_t nr, const uint64_t *args)
{
	return bpfsim_call(a->insns, a->n, arch, nr, args) !=
	       bpfsim_call(b->insns, b->n, arch, nr, args);
}

/* Does any call get another answer? Every number, foreign ones, and ioctl near what it refuses. */
static bool is_other(const struct profile_prog *a, const struct profile_prog *b)
{
	for (uint32_t nr = 0; nr < 520; nr++) {
		for (size_t k = 0; k < ARRAY_SIZE(arg_sets); k++) {
			if (differ_at(a, b, AUDIT_ARCH_X86_64, nr, arg_sets[k]) ||
			    differ_at(a, b, AUDIT_ARCH_X86_64, 0x40000000 + nr, arg_sets[k]) ||
			    differ_at(a, b, AUDIT_ARCH_I386, nr, arg_sets[k]))
				return true;
		}
	}
	for (unsigned k = 0; k < 10000; k++) {
		uint64_t args[6] = {0, (const uint64_t[]){0x5412, 0x541c, 0x5423}[rnd() % 3]};

		for (unsigned flips = (unsigned)(rnd() % 4); flips; flips--)
			args[1] ^= 1ULL << rnd() % 64;
		if (differ_at(a, b, AUDIT_ARCH_X86_64, SYS_ioctl, args))
			return true;
	}
	return false;
}

/* The check must see every damage that changes an answer. */
Test(filter, damage_is_seen, .timeout = 120)
{
	static struct profile_prog good, broken;
	const struct builtin_filter *b = builtin("strict");
	struct profile p;
	unsigned seen = 0, missed = 0;

	cr_assert(profile_read("p", b->json, b->json_len, 0, KERNEL, &p, &err) == 0);
	cr_assert(profile_build(&p, &good, &err) == 0 && profile_check(&p, &good, &err) == 0);
	for (unsigned i = 0; i < good.n; i++) {
		for (unsigned kind = 0; kind < 3; kind++) {
			struct sock_filter *in = &broken.insns[i];
			struct err e = {0};

			broken = good;
			if (kind == 0)
				in->k ^= BPF_CLASS(in->code) == BPF_RET ? 0x7fff0000 ^ 0x00050001
									: 1;
			else if (BPF_CLASS(in->code) != BPF_JMP || in->jt == in->jf)
				continue;
			else if (kind == 1)
				in->jt = in->jf;
			else
				in->jf = in->jt;
			if (bpfsim_reject(broken.insns, broken.n))
				continue;
			if (profile_check(&p, &broken, &e) == 0) {
				cr_expect(!is_other(&good, &broken),
					  "instruction %u, kind %u: not seen", i, kind);
				missed++;
			} else {
				seen++;
			}
		}
	}
	/* those not seen change nothing: two ways to the same answer */
	cr_expect(seen > 600 && missed < seen / 5, "%u seen, %u not", seen, missed);
	profile_free(&p);
}
