/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_head.c - the program of a filter: architectures, comparing arguments, ENOSYS.
 *
 * libseccomp merges comparisons and gets some of them wrong (profile_check.c). Here every rule is a
 * row of tests of its own, the high half, then the low half.
 *
 * ENOSYS is for every call newer than all that the profile names. A refusal with EPERM makes a C
 * library believe that the kernel has the call and said no; ENOSYS makes it use the older one.
 *
 * One architecture, entered with the call's number loaded:
 *
 *     jeq CALL, 1, 0      for each call whose answer depends on more than its number
 *     ja  next
 *     <tests> ret ACTION  for each of its rules, the strictest action first
 *     ret DEFAULT
 *     next: ...
 *     jgt NEWEST, 0, 1
 *     ret ENOSYS
 *     <tree>              the answer by number alone (profile_tree.c)
 *
 * After the last one, for any other: kill the process. x86_64 and x32 share an architecture value
 * and differ in bit 30 of the number; number -1 is no x32 call, but one that a tracer took away.
 *
 * On 32-bit x86 a rule for a socket or System V IPC call is also one for socketcall(2) or ipc(2)
 * with that call's number as its first argument.
 *
 * Should: be plain rather than short: the kernel does not run filters for calls that are always
 *         allowed, it looks those up.
 * Mustn't: let a call that is handled by its arguments come to the tree.
 */
#include <endian.h>
#include <errno.h>
#include <seccomp.h>
#include <string.h>

#include "profile.h"
#include "util.h"

#define X32_BIT 0x40000000U
#define MUX_MAX 64 /* rules for one multiplexer; ipc(2) has 12 calls behind it, socketcall(2) 20 */

/* Where a jump goes that is not known yet; no test is that far away. */
#define TO_FAIL 255
#define TO_OK 254

bool profile_has_enosys(const struct profile *p)
{
	return (p->def_action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
}

bool profile_rule_is_plain(const struct profile *p, size_t at)
{
	const struct profile_rule *r = p->rules;

	return r[at].n_conds == 0 && !(at && strcmp(r[at - 1].name, r[at].name) == 0) &&
	       !(at + 1 < p->n_rules && strcmp(r[at + 1].name, r[at].name) == 0);
}

/* ---- instructions --------------------------------------------------------------------------- */

static int emit(struct profile_prog *prog, struct sock_filter insn)
{
	if (prog->n >= PROFILE_MAX_INSNS)
		return -E2BIG;
	prog->insns[prog->n++] = insn;
	return 0;
}

static int emit_ret(struct profile_prog *prog, uint32_t action)
{
	return emit(prog, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* A jump over what follows it; patch() sets how far once that is known. */
static int emit_skip(struct profile_prog *prog, unsigned *ret_at)
{
	*ret_at = prog->n;
	return emit(prog, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0));
}

static void patch(struct profile_prog *prog, unsigned at)
{
	prog->insns[at].k = prog->n - at - 1;
}

/* ---- the tests of one rule ---------------------------------------------------------------- */

static int emit_jump(struct profile_prog *prog, unsigned op, uint32_t k, uint8_t jt, uint8_t jf)
{
	return emit(prog, (struct sock_filter)BPF_JUMP(BPF_JMP | op | BPF_K, k, jt, jf));
}

static int emit_load(struct profile_prog *prog, unsigned index, bool is_high)
{
	size_t at = offsetof(struct seccomp_data, args) + index * sizeof(uint64_t);

	at += is_high == (__BYTE_ORDER == __LITTLE_ENDIAN) ? sizeof(uint32_t) : 0;
	return emit(prog, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)at));
}

static int emit_masked(struct profile_prog *prog, const struct profile_cond *c)
{
	int rc = 0;

	for (unsigned half = 0; half < 2 && !rc; half++) {
		uint32_t mask = (uint32_t)(half ? c->value : c->value >> 32);
		uint32_t want = (uint32_t)(half ? c->datum : c->datum >> 32);

		if (!mask)
			continue;
		rc = emit_load(prog, c->index, !half);
		if (!rc && mask != UINT32_MAX)
			rc = emit(prog,
				  (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
		rc = rc ? rc : emit_jump(prog, BPF_JEQ, want, 0, TO_FAIL);
	}
	return rc;
}

/* The high half decides unless it is equal; then the low half does. */
static int emit_cond(struct profile_prog *prog, const struct profile_cond *c)
{
	uint32_t high = (uint32_t)(c->value >> 32), low = (uint32_t)c->value;
	bool is_less = c->op == SCMP_CMP_LT || c->op == SCMP_CMP_LE;
	bool is_equality = c->op == SCMP_CMP_EQ || c->op == SCMP_CMP_NE;
	uint8_t above = is_less ? TO_FAIL : TO_OK, below = is_less ? TO_OK : TO_FAIL;
	int rc;

	if (c->op == SCMP_CMP_MASKED_EQ)
		return emit_masked(prog, c);
	rc = emit_load(prog, c->index, true);
	if (is_equality) {
		uint8_t other = c->op == SCMP_CMP_NE ? TO_OK : TO_FAIL;

		rc = rc ? rc : emit_jump(prog, BPF_JEQ, high, 0, other);
	} else {
		rc = rc ? rc : emit_jump(prog, BPF_JGT, high, above, 0);
		rc = rc ? rc : emit_jump(prog, BPF_JEQ, high, 0, below);
	}
	rc = rc ? rc : emit_load(prog, c->index, false);
	if (rc)
		return rc;
	switch (c->op) {
	case SCMP_CMP_EQ:
		return emit_jump(prog, BPF_JEQ, low, 0, TO_FAIL);
	case SCMP_CMP_NE:
		return emit_jump(prog, BPF_JEQ, low, TO_FAIL, 0);
	case SCMP_CMP_GT:
		return emit_jump(prog, BPF_JGT, low, 0, TO_FAIL);
	case SCMP_CMP_GE:
		return emit_jump(prog, BPF_JGE, low, 0, TO_FAIL);
	case SCMP_CMP_LT:
		return emit_jump(prog, BPF_JGE, low, TO_FAIL, 0);
	case SCMP_CMP_LE:
		return emit_jump(prog, BPF_JGT, low, TO_FAIL, 0);
	default:
		return -EINVAL;
	}
}

/* Every jump from `from` on that is marked `mark` gets the current end as its target. */
static void resolve(struct profile_prog *prog, unsigned from, uint8_t mark)
{
	for (unsigned i = from; i < prog->n; i++) {
		struct sock_filter *in = &prog->insns[i];

		if (BPF_CLASS(in->code) != BPF_JMP || BPF_OP(in->code) == BPF_JA)
			continue;
		if (in->jt == mark)
			in->jt = (uint8_t)(prog->n - i - 1);
		if (in->jf == mark)
			in->jf = (uint8_t)(prog->n - i - 1);
	}
}

static int emit_rule(struct profile_prog *prog, const struct profile_rule *rule)
{
	unsigned start = prog->n;
	int rc = 0;

	for (unsigned i = 0; i < rule->n_conds && !rc; i++) {
		unsigned cond = prog->n;

		rc = emit_cond(prog, &rule->conds[i]);
		resolve(prog, cond, TO_OK);
	}
	rc = rc ? rc : emit_ret(prog, rule->action);
	resolve(prog, start, TO_FAIL);
	return rc;
}

/* ---- the calls of one architecture -------------------------------------------------------- */

/* The kernel's order: as signed numbers, the stricter action is the smaller one. */
static bool next_action(const struct profile_rule *rules, size_t n, const int32_t *after,
			int32_t *ret)
{
	bool is_found = false;

	for (size_t i = 0; i < n; i++) {
		int32_t action = (int32_t)rules[i].action;

		if ((after && action <= *after) || (is_found && action >= *ret))
			continue;
		*ret = action;
		is_found = true;
	}
	return is_found;
}

/*
 * All rules of one call; the first that fits ends the program, so the strictest come first, and
 * after one without conditions nothing follows.
 */
static int emit_call(const struct profile *p, struct profile_prog *prog, uint32_t nr,
		     const struct profile_rule *rules, size_t n)
{
	int32_t action = 0, before;
	const int32_t *after = NULL;
	bool is_ended = false;
	unsigned skip;
	int rc;

	rc = emit_jump(prog, BPF_JEQ, nr, 1, 0);
	rc = rc ? rc : emit_skip(prog, &skip);
	while (!rc && !is_ended && next_action(rules, n, after, &action)) {
		for (size_t i = 0; i < n && !rc && !is_ended; i++) {
			if ((int32_t)rules[i].action != action)
				continue;
			rc = emit_rule(prog, &rules[i]);
			is_ended = rules[i].n_conds == 0;
		}
		before = action;
		after = &before;
	}
	if (!rc && !is_ended)
		rc = emit_ret(prog, p->def_action);
	if (!rc)
		patch(prog, skip);
	return rc;
}

/* A multiplexer of 32-bit x86: its own rule, if there is one, and one for each call behind it. */
static int emit_mux(const struct profile *p, struct profile_prog *prog, int at_mux)
{
	struct profile_rule rules[MUX_MAX];
	bool is_behind = false;
	size_t n = 0;

	for (size_t i = 0; i < p->n_rules && n < ARRAY_SIZE(rules); i++) {
		unsigned sub = 0;
		int mux, nr = profile_call(SCMP_ARCH_X86, p->rules[i].name, &mux, &sub);

		if (!profile_rule_is_plain(p, i) || (mux != at_mux && nr != at_mux))
			continue;
		rules[n] = p->rules[i];
		if (mux == at_mux) {
			rules[n].n_conds = 1;
			rules[n].conds[0] = (struct profile_cond){0, SCMP_CMP_EQ, sub, 0};
			is_behind = true;
		}
		n++;
	}
	return is_behind ? emit_call(p, prog, (uint32_t)at_mux, rules, n) : 0;
}

/* Entered with the number loaded, and never left. */
static int emit_calls(const struct profile *p, unsigned at, struct profile_prog *prog)
{
	int rc = 0;

	for (size_t i = 0, n; i < p->n_rules && !rc; i += n) {
		const char *name = p->rules[i].name;
		unsigned sub;
		int mux, nr;

		n = 1;
		while (i + n < p->n_rules && strcmp(p->rules[i + n].name, name) == 0)
			n++;
		if (profile_rule_is_plain(p, i))
			continue;
		nr = profile_call(p->arches[at], name, &mux, &sub);
		if (nr >= 0)
			rc = emit_call(p, prog, (uint32_t)nr, &p->rules[i], n);
	}
	if (!rc && p->arches[at] == SCMP_ARCH_X86) {
		rc = emit_mux(p, prog, 102);           /* socketcall */
		rc = rc ? rc : emit_mux(p, prog, 117); /* ipc */
	}
	if (!rc && profile_has_enosys(p)) {
		rc = emit_jump(prog, BPF_JGT, prog->newest[at], 0, 1);
		rc = rc ? rc : emit_ret(prog, SECCOMP_RET_ERRNO | ENOSYS);
	}
	return rc ? rc : profile_tree(p, p->arches[at], prog);
}

/* ---- all architectures --------------------------------------------------------------------- */

static int find_arch(const struct profile *p, uint32_t arch)
{
	for (unsigned i = 0; i < p->n_arches; i++) {
		if (p->arches[i] == arch)
			return (int)i;
	}
	return -1;
}

static int emit_arch(const struct profile *p, unsigned at, struct profile_prog *prog)
{
	int x32 = p->arches[at] == SCMP_ARCH_X86_64 ? find_arch(p, SCMP_ARCH_X32) : -1;
	bool has_x32_bit = p->arches[at] == SCMP_ARCH_X86_64;
	unsigned skip_arch, skip_x32 = 0;
	int rc;

	rc = emit_jump(prog, BPF_JEQ, p->arches[at], 1, 0);
	rc = rc ? rc : emit_skip(prog, &skip_arch);
	rc = rc ? rc
		: emit(prog, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							  offsetof(struct seccomp_data, nr)));
	if (has_x32_bit) {
		rc = rc ? rc : emit_jump(prog, BPF_JGE, X32_BIT, 0, 1);
		rc = rc ? rc : emit_skip(prog, &skip_x32);
	}
	rc = rc ? rc : emit_calls(p, at, prog);
	if (!rc && has_x32_bit) {
		patch(prog, skip_x32);
		if (x32 >= 0)
			rc = emit_calls(p, (unsigned)x32, prog);
		else
			rc = emit_jump(prog, BPF_JEQ, UINT32_MAX, 0, 1);
		if (!rc && x32 < 0)
			rc = emit_ret(prog, p->def_action);
		if (!rc && x32 < 0)
			rc = emit_ret(prog, SECCOMP_RET_KILL_PROCESS);
	}
	if (!rc)
		patch(prog, skip_arch);
	return rc;
}

void profile_newest(const struct profile *p, uint32_t *ret)
{
	for (unsigned a = 0; a < p->n_arches; a++) {
		ret[a] = p->arches[a] == SCMP_ARCH_X32 ? X32_BIT : 0;
		for (size_t i = 0; i < p->n_names; i++) {
			int mux;
			unsigned sub;
			int nr;

			if (i && strcmp(p->names[i], p->names[i - 1]) == 0)
				continue;
			nr = profile_call(p->arches[a], p->names[i], &mux, &sub);
			if (nr > 0 && (uint32_t)nr > ret[a])
				ret[a] = (uint32_t)nr;
		}
	}
}

int profile_head(const struct profile *p, struct profile_prog *prog)
{
	int rc = 0;

	prog->n = 0;
	profile_newest(p, prog->newest);
	for (unsigned i = 0; i < p->n_arches && !rc; i++) {
		if (p->arches[i] == SCMP_ARCH_X32)
			continue; /* inside x86_64's block */
		rc = emit(prog, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							     offsetof(struct seccomp_data, arch)));
		rc = rc ? rc : emit_arch(p, i, prog);
	}
	return rc ? rc : emit_ret(prog, SECCOMP_RET_KILL_PROCESS);
}
