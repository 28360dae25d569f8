/* SPDX-License-Identifier: Apache-2.0 */
/*
 * differential.c - compiled seccomp profiles against another reading of their rules, by the million.
 *
 * usage: differential SETS [SEED [JOBS]]
 *
 * Each set is a profile made by chance (random_rules.c), read and compiled by pillbox, and run over
 * ARGS argument sets by tests/lib/bpfsim.c. What profile_check() says of it is asked for one in
 * CHECKED sets, since a launch does, and it takes most of the time. The same rules are given to
 * libseccomp for one in LIB sets: how often is its program wrong, and does the check see it?
 *
 * Should:  print `ok - ` and `not ok - ` lines; fail when a program answers what its rules don't say,
 *          when the check passes a wrong one, or when an altered reading goes unnoticed.
 * Mustn't: use anything of src/profile*.c to know what is right.
 */
#include <errno.h>
#include <linux/memfd.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpfsim.h"
#include "profile.h"
#include "random_rules.h"
#include "util.h"

#define ARGS 48    /* argument sets of a rule set */
#define CHECKED 20 /* one set in so many goes through profile_check(), too */
#define LIB 50     /* and one is given to libseccomp */
#define LIB_ARGS 600
#define ALTERED 100 /* one set in so many is read with one comparison exchanged */

struct tally {
	unsigned long sets, answers, refused, wrong, checked, check_bad;
	unsigned long lib, lib_wrong, lib_weaker, lib_seen, lib_missed, lib_refused;
	unsigned long altered, altered_seen;
};

static struct profile_prog prog;

static int say(bool ok, const char *text)
{
	printf("%s - %s\n", ok ? "ok" : "not ok", text);
	return ok ? 0 : 1;
}

static void fail(struct tally *t, const char *what, const char *where)
{
	if (!t->wrong++)
		printf("  %s: %s\n", what, where);
}

/* Compare at `n` argument sets; how many answers differ. */
static unsigned compare(const struct set *s, const struct set *reading, unsigned n, uint64_t *state,
			struct tally *t)
{
	unsigned differ = 0;

	for (unsigned i = 0; i < n; i++) {
		unsigned at = (unsigned)(rnd(state) % s->n_calls);
		enum set_abi abi = (enum set_abi)(rnd(state) % 4 % ABIS);
		const struct set_call *c = &reading->calls[at];
		uint64_t args[6];
		uint32_t want, got;

		set_args(c, abi, args, state);
		want = set_answer(reading, c, abi, args);
		got = bpfsim_call(prog.insns, prog.n, set_arch[abi], set_calls[c->which].nr[abi],
				  args);
		if (want == got)
			continue;
		if (!differ++ && t)
			fail(t, "another answer", set_where(s, c, abi, args));
	}
	return differ;
}

/* One comparison is exchanged: at some arguments the answers must differ. */
static void try_altered(const struct set *s, uint64_t *state, struct tally *t)
{
	static const enum set_op other[SET_OPS] = {OP_EQ, OP_LE, OP_LT, OP_NE, OP_GT, OP_GE, OP_EQ};
	struct set reading = *s;
	struct set_rule *r = &reading.calls[0].rules[0];

	r->conds[0].op = other[r->conds[0].op];
	t->altered++;
	t->altered_seen += compare(s, &reading, 2000, state, NULL) > 0;
}

static void one_set(uint64_t *state, unsigned long i, struct tally *t)
{
	struct err err = {0};
	auto_free char *text = NULL;
	struct profile p;
	struct set s;
	bool is_refused;

	set_random(&s, SET_ANY, state);
	text = set_text(&s);
	t->sets++;
	if (profile_read("set", text, strlen(text), 0, 6012, &p, &err) ||
	    profile_build(&p, &prog, &err)) {
		fail(t, err.msg, text);
		return;
	}
	if (bpfsim_reject(prog.insns, prog.n))
		fail(t, "the kernel would not take it", text);
	else
		compare(&s, &s, ARGS, state, t);
	t->answers += ARGS;
	is_refused = set_is_refused(&s);
	t->refused += is_refused;
	if (i % CHECKED == 0) {
		t->checked++;
		if ((profile_check(&p, &prog, &err) != 0) != is_refused ||
		    (is_refused && !strstr(err.msg, "true for every value"))) {
			t->check_bad++;
			fail(t, is_refused ? "not refused" : err.msg, text);
		}
	}
	if (i % ALTERED == 0 && !is_refused)
		try_altered(&s, state, t);
	profile_free(&p);
}

/* ---- libseccomp --------------------------------------------------------------------------- */

static const enum scmp_compare lib_ops[SET_OPS] = {SCMP_CMP_NE,       SCMP_CMP_LT, SCMP_CMP_LE,
						   SCMP_CMP_EQ,       SCMP_CMP_GE, SCMP_CMP_GT,
						   SCMP_CMP_MASKED_EQ};

/* Its program of the same rules, into `prog`; false: it refuses them. */
static bool lib_build(const struct set *s)
{
	scmp_filter_ctx ctx = seccomp_init(s->def);
	const struct set_call *c = &s->calls[0];
	int fd = memfd_create("program", MFD_CLOEXEC), rc;
	ssize_t len;

	if (!ctx || fd < 0)
		abort();
	rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	rc = rc ? rc : seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, 59, 0, NULL);
	rc = rc ? rc : seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, 231, 0, NULL);
	for (unsigned r = 0; r < c->n_rules && !rc; r++) {
		const struct set_cond *cond = &c->rules[r].conds[0];
		struct scmp_arg_cmp cmp = {cond->index, lib_ops[cond->op], cond->value,
					   cond->datum};

		rc = seccomp_rule_add_array(ctx, c->rules[r].action,
					    (int)set_calls[c->which].nr[ABI_X86_64], 1, &cmp);
		rc = rc == -EEXIST ? 0 : rc;
	}
	rc = rc ? rc : seccomp_export_bpf(ctx, fd);
	len = rc ? 0 : pread(fd, prog.insns, sizeof(prog.insns), 0);
	if (len < 0)
		abort();
	prog.n = (unsigned)((size_t)len / sizeof(prog.insns[0]));
	close(fd);
	seccomp_release(ctx);
	return len > 0;
}

static bool is_weaker(uint32_t got, uint32_t want)
{
	return (int32_t)got > (int32_t)want;
}

static void one_lib(uint64_t *state, struct tally *t)
{
	unsigned wrong = 0, weaker = 0;
	auto_free char *text = NULL;
	struct err err = {0};
	struct profile p;
	struct set s;
	bool is_seen;

	set_random(&s, SET_PLAIN, state);
	text = set_text(&s);
	if (set_is_refused(&s))
		return;
	if (profile_read("set", text, strlen(text), 0, 6012, &p, &err)) {
		fail(t, err.msg, text);
		return;
	}
	t->lib++;
	if (!lib_build(&s) || bpfsim_reject(prog.insns, prog.n)) {
		t->lib_refused++;
		profile_free(&p);
		return;
	}
	for (unsigned i = 0; i < LIB_ARGS; i++) {
		uint64_t args[6];
		uint32_t want, got;

		set_args(&s.calls[0], ABI_X86_64, args, state);
		want = set_answer(&s, &s.calls[0], ABI_X86_64, args);
		got = bpfsim_call(prog.insns, prog.n, set_arch[ABI_X86_64],
				  set_calls[s.calls[0].which].nr[ABI_X86_64], args);
		wrong += want != got;
		weaker += is_weaker(got, want);
	}
	profile_newest(&p, prog.newest);
	is_seen = profile_check(&p, &prog, &err) != 0;
	t->lib_wrong += wrong || is_seen;
	t->lib_weaker += weaker > 0;
	t->lib_seen += is_seen;
	if (wrong && !is_seen) {
		t->lib_missed++;
		fail(t, "the check passed a wrong program of libseccomp's", text);
	}
	profile_free(&p);
}

/* `arg0 <= 0 || arg0 >= 0x1000000010`, of which libseccomp 2.5.4 and 2.6.1 let 0x10 through. */
static int known_case(void)
{
	const uint64_t args[6] = {0x10};
	struct set s = {.def = SECCOMP_RET_TRAP, .n_calls = 1};
	struct set_call *c = &s.calls[0];
	uint32_t nr = set_calls[0].nr[ABI_X86_64], ours, lib;
	auto_free char *text = NULL;
	struct err err = {0};
	struct profile p;
	bool is_seen;

	c->n_rules = 2;
	c->rules[0] = (struct set_rule){SECCOMP_RET_ALLOW, 1, {{0, OP_LE, 0, 0}}};
	c->rules[1] = (struct set_rule){SECCOMP_RET_ALLOW, 1, {{0, OP_GE, 0x1000000010, 0}}};
	text = set_text(&s);
	if (profile_read("set", text, strlen(text), 0, 6012, &p, &err) ||
	    profile_build(&p, &prog, &err) || profile_check(&p, &prog, &err))
		return say(false, err.msg);
	ours = bpfsim_call(prog.insns, prog.n, set_arch[ABI_X86_64], nr, args);
	if (!lib_build(&s))
		return say(false, "libseccomp refuses the known case");
	lib = bpfsim_call(prog.insns, prog.n, set_arch[ABI_X86_64], nr, args);
	is_seen = profile_check(&p, &prog, &err) != 0;
	profile_free(&p);
	return say(ours == SECCOMP_RET_TRAP && (lib == ours || is_seen),
		   lib == ours ? "a0 <= 0 || a0 >= 0x1000000010 refuses 0x10, libseccomp's too"
			       : "a0 <= 0 || a0 >= 0x1000000010 refuses 0x10; libseccomp's program "
				 "allows it, and the check refuses that");
}

/* ---- the work, by as many processes as asked ------------------------------------------------ */

static void work(unsigned long sets, uint64_t seed, struct tally *t)
{
	uint64_t state = seed * 0x2545f4914f6cdd1dULL;

	for (unsigned long i = 0; i < sets; i++) {
		one_set(&state, i, t);
		if (i % LIB == 0)
			one_lib(&state, t);
	}
}

static bool add_up(int fd, unsigned long *sum)
{
	struct tally part;
	unsigned long *from = (unsigned long *)&part;

	if (read(fd, &part, sizeof(part)) != (ssize_t)sizeof(part))
		return false;
	for (size_t i = 0; i < sizeof(part) / sizeof(*from); i++)
		sum[i] += from[i];
	return true;
}

static bool spread(unsigned long sets, uint64_t seed, unsigned jobs, struct tally *all)
{
	bool ok = true;
	int ends[2];

	if (pipe(ends))
		return false;
	fflush(stdout);
	for (unsigned i = 0; i < jobs; i++) {
		struct tally t = {0};

		if (fork())
			continue;
		work(sets / jobs + (i < sets % jobs), seed + i, &t);
		fflush(stdout);
		_exit(write(ends[1], &t, sizeof(t)) != (ssize_t)sizeof(t));
	}
	close(ends[1]);
	for (unsigned i = 0; i < jobs; i++)
		ok = add_up(ends[0], (unsigned long *)all) && ok;
	for (int status; wait(&status) > 0;)
		ok = ok && status == 0;
	close(ends[0]);
	return ok;
}

int main(int argc, char **argv)
{
	unsigned long sets = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	unsigned jobs = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1;
	const struct scmp_version *v = seccomp_version();
	struct tally t = {0};
	char text[512];
	int rc;

	if (!sets || !jobs || jobs > 64) {
		fprintf(stderr, "usage: differential SETS [SEED [JOBS]]\n");
		return 2;
	}
	if (!spread(sets, seed, jobs, &t))
		return say(false, "a process of the test ended early");
	snprintf(text, sizeof(text),
		 "%lu rule sets, %lu answers, seed %llu: %lu differ from the rules", t.sets,
		 t.answers, (unsigned long long)seed, t.wrong);
	rc = say(t.sets == sets && t.wrong == 0, text);
	snprintf(text, sizeof(text),
		 "of %lu the check passes all but those with two \"not equal\" on one argument: "
		 "%lu exceptions (%lu such sets among all)",
		 t.checked, t.check_bad, t.refused);
	rc |= say(t.checked > 0 && t.check_bad == 0, text);
	snprintf(
		text, sizeof(text),
		"libseccomp %u.%u.%u: %lu of %lu programs are wrong, %lu weaker, %lu sets it refuses; "
		"the check sees %lu, passes %lu wrong ones",
		v->major, v->minor, v->micro, t.lib_wrong, t.lib, t.lib_weaker, t.lib_refused,
		t.lib_seen, t.lib_missed);
	rc |= say(t.lib > 0 && t.lib_missed == 0 && t.lib_seen < t.lib, text);
	snprintf(text, sizeof(text), "one comparison read otherwise: noticed in %lu of %lu sets",
		 t.altered_seen, t.altered);
	rc |= say(t.altered > 0 && t.altered_seen * 2 > t.altered, text);
	return rc | known_case();
}
