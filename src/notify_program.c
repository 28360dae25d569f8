/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_program.c - a filter that asks, made from one that answers.
 *
 * The program is the same, instruction by instruction, with other returns: where it refused a call
 * (or, to record, where it allowed one) it asks. So it does about calls that something else than a
 * filter often refuses, to see what that would be. In front stands one exception: the message that
 * hands the listener to the launcher is a call like any other, and the only one that nobody could
 * answer. It carries 192 random bits in arguments that the kernel ignores, which nobody but the
 * launch that made them knows: they die with its memory at execve.
 *
 * Should: keep every answer that cannot be given from outside (TRAP, TRACE) in the program.
 * Mustn't: allow anything that the program refuses.
 */
#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>

#include "minifilter.h"
#include "needs.h"
#include "profile.h"

static bool is_asked(enum notify_mode mode, uint32_t action)
{
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_KILL_PROCESS:
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_ERRNO:
		return mode == NOTIFY_DENIALS;
	case SECCOMP_RET_LOG:
		return true;
	case SECCOMP_RET_ALLOW:
		return mode == NOTIFY_ALLOWED;
	default:
		return false;
	}
}

/* Calls that are looked at although the filter allows them: something else may refuse them. */
static unsigned find_looked_at(const struct run *r, uint32_t *ret, unsigned max)
{
	const struct plan *plan = r->plan;
	unsigned n = 0, sub;
	const char *name;
	int mux;

	if (r->spec->notify != NOTIFY_DENIALS)
		return 0;
	/* By its first call the command is told from pillbox. It is allowed, or nothing could run. */
	ret[n++] = SYS_execve;
	ret[n++] = SYS_execveat;
	/* Those of a program that traps must go through it: a trap cannot be answered from outside. */
	for (unsigned i = 0; i < plan->n_judge; i++) {
		uint32_t action = plan->judge[i].k & SECCOMP_RET_ACTION_FULL;

		if (plan->judge[i].code == (BPF_RET | BPF_K) &&
		    (action == SECCOMP_RET_TRAP || action == SECCOMP_RET_TRACE))
			return n;
	}
	for (size_t i = 0; (name = needs_call(i)) && n < max; i++) {
		int nr = profile_call(seccomp_arch_native(), name, &mux, &sub);

		if (nr >= 0)
			ret[n++] = (uint32_t)nr;
	}
	return n;
}

#define LOOKED_AT 128      /* calls at most */
#define HEAD(n) (20 + (n)) /* instructions in front, with n calls that are looked at */

static struct sock_filter load(size_t offset)
{
	return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset);
}

/* Is it k? Then on at `yes`, else at `no`; both are places, and `at` is this one. */
static struct sock_filter test(uint32_t k, unsigned at, unsigned yes, unsigned no)
{
	return (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, (uint8_t)(yes - at - 1),
					    (uint8_t)(no - at - 1));
}

static void put_head(struct sock_filter *out, const uint64_t *nonce, const uint32_t *calls,
		     unsigned n_calls)
{
	const unsigned end = HEAD(n_calls), ask = end - 1, ours = 6 + n_calls;
	const size_t spare = offsetof(struct seccomp_data, args) + 3 * sizeof(__u64);
	unsigned n = 0;

	out[n++] = load(offsetof(struct seccomp_data, arch));
	out[n] = test(OWN_ARCH, n, n + 1, end), n++;
	out[n++] = load(offsetof(struct seccomp_data, nr));
	for (unsigned i = 0; i < n_calls; i++, n++)
		out[n] = test(calls[i], n, ask, n + 1);
	out[n] = test(SYS_sendmsg, n, ours, n + 1), n++;
	out[n] = test(SYS_recvmsg, n, ours, n + 1), n++;
	out[n++] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, end - ours);
	/* Both halves of the last three arguments, in the order in which they lie in memory. */
	for (unsigned i = 0; i < 6; i++) {
		uint32_t half;

		memcpy(&half, (const char *)nonce + sizeof(half) * i, sizeof(half));
		out[n++] = load(spare + sizeof(half) * i);
		out[n] = test(half, n, n + 1, end), n++;
	}
	out[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	out[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
}

int notify_program(struct run *r, struct err *err)
{
	static const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct plan *plan = r->plan;
	uint32_t calls[LOOKED_AT];
	struct sock_filter *out;
	unsigned n;

	if (!plan->filter) { /* recorded without a filter */
		plan->filter = &allow;
		plan->n_filter = 1;
		plan->filter_name = "no profile";
	}
	plan->judge = plan->filter;
	plan->n_judge = plan->n_filter;
	n = find_looked_at(r, calls, LOOKED_AT);
	if (plan->n_judge + HEAD(n) > PROFILE_MAX_INSNS)
		return err_say(err,
			       "%s: the filter has %u instructions, and %u more are needed to ask "
			       "about calls; the kernel takes %d",
			       plan->filter_name, plan->n_judge, HEAD(n), PROFILE_MAX_INSNS);
	if (getrandom(plan->nonce, sizeof(plan->nonce), 0) != sizeof(plan->nonce))
		return err_set(err, errno, "random numbers");
	out = arena_alloc(r->spec->arena, (plan->n_judge + HEAD(n)) * sizeof(*out));
	put_head(out, plan->nonce, calls, n);
	n = HEAD(n);
	memcpy(out + n, plan->judge, plan->n_judge * sizeof(*out));
	for (unsigned i = n; i < n + plan->n_judge; i++)
		if (out[i].code == (BPF_RET | BPF_K) && is_asked(r->spec->notify, out[i].k))
			out[i].k = SECCOMP_RET_USER_NOTIF;
	plan->filter = out;
	plan->n_filter = (unsigned short)(n + plan->n_judge);
	plan->filter_flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	/* Without it a signal makes the call be asked again, which is only told twice. */
	if (plan->kernel >= 5019)
		plan->filter_flags |= SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	return 0;
}
