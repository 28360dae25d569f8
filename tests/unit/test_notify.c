/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_notify.c - the filter that asks: what it never lets through; and profiles made from notes.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "bpfsim.h"
#include "builtin_filter.h"
#include "call_text.h"
#include "needs.h"
#include "notify.h"
#include "record.h"

static struct err err;
static struct arena arena;
static struct spec spec;
static struct plan plan;
static struct run run;

static void set_up(const struct builtin_filter *b, enum notify_mode mode)
{
	memset(&err, 0, sizeof(err));
	memset(&spec, 0, sizeof(spec));
	memset(&plan, 0, sizeof(plan));
	cr_assert(arena_init(&arena, &err) == 0);
	spec.arena = &arena;
	spec.notify = mode;
	spec.no_new_privs = true;
	plan.kernel = 6012;
	plan.filter = b ? b->insns : NULL;
	plan.n_filter = b ? b->n : 0;
	run.spec = &spec;
	run.plan = &plan;
}

static const uint32_t arches[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, 0xdeadbeef};
static const uint64_t args_tried[][6] = {
	{0},
	{1, 0x5412, 3, 4, 5, 6},
	{2, 0x8901, 0},
	{0x10000011, 0, 0},
	{~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL},
};

static bool is_looked_at(uint32_t arch, uint32_t nr)
{
	unsigned sub;
	const char *name;
	int mux;

	if (arch == AUDIT_ARCH_X86_64 && (nr == SYS_execve || nr == SYS_execveat))
		return true;
	for (size_t i = 0; arch == AUDIT_ARCH_X86_64 && (name = needs_call(i)); i++)
		if (profile_call(SCMP_ARCH_X86_64, name, &mux, &sub) == (int)nr)
			return true;
	return false;
}

/* What the program that asks has to say, from what the other says. */
static uint32_t expected(uint32_t was, bool is_looked)
{
	uint32_t action = was & SECCOMP_RET_ACTION_FULL;

	if (spec.notify == NOTIFY_ALLOWED)
		return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG
			       ? SECCOMP_RET_USER_NOTIF
			       : was;
	if (is_looked || (action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_TRAP &&
			  action != SECCOMP_RET_TRACE))
		return SECCOMP_RET_USER_NOTIF;
	return was;
}

static void compare(const struct builtin_filter *b, enum notify_mode mode)
{
	set_up(b, mode);
	cr_assert(notify_program(&run, &err) == 0, "%s", err.msg);
	cr_assert(bpfsim_reject(plan.filter, plan.n_filter) == NULL, "%s",
		  bpfsim_reject(plan.filter, plan.n_filter));
	cr_expect(plan.filter_flags & SECCOMP_FILTER_FLAG_NEW_LISTENER);
	for (size_t a = 0; a < ARRAY_SIZE(arches); a++)
		for (uint32_t nr = 0; nr < 1200; nr++)
			for (size_t k = 0; k < ARRAY_SIZE(args_tried); k++) {
				uint32_t at = nr < 600 ? nr : 0x40000000U + nr - 600;
				uint32_t was = bpfsim_call(plan.judge, plan.n_judge, arches[a], at,
							   args_tried[k]);
				uint32_t is = bpfsim_call(plan.filter, plan.n_filter, arches[a], at,
							  args_tried[k]);

				cr_assert(is == expected(was, is_looked_at(arches[a], at)),
					  "%s: arch 0x%x, call 0x%x: 0x%x, and was 0x%x", b->name,
					  arches[a], at, is, was);
			}
}

Test(notify, asks_where_it_refused)
{
	for (size_t i = 0; i < n_builtin_filters; i++)
		compare(&builtin_filters[i], NOTIFY_DENIALS);
}

Test(notify, asks_where_it_allowed)
{
	for (size_t i = 0; i < n_builtin_filters; i++)
		compare(&builtin_filters[i], NOTIFY_ALLOWED);
}

/* The way past for the baton: with all 192 bits, and with none of them wrong. */
Test(notify, only_the_nonce_passes)
{
	static const long calls[] = {SYS_sendmsg, SYS_recvmsg};
	uint64_t args[6] = {5, 0x1000, 0};

	set_up(NULL, NOTIFY_ALLOWED);
	cr_assert(notify_program(&run, &err) == 0, "%s", err.msg);
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		memcpy(args + 3, plan.nonce, sizeof(plan.nonce));
		cr_expect(bpfsim_call(plan.filter, plan.n_filter, AUDIT_ARCH_X86_64,
				      (uint32_t)calls[i], args) == SECCOMP_RET_ALLOW);
		for (unsigned bit = 0; bit < 192; bit++) {
			args[3 + bit / 64] ^= 1ULL << bit % 64;
			cr_expect(bpfsim_call(plan.filter, plan.n_filter, AUDIT_ARCH_X86_64,
					      (uint32_t)calls[i], args) == SECCOMP_RET_USER_NOTIF,
				  "bit %u", bit);
			args[3 + bit / 64] ^= 1ULL << bit % 64;
		}
	}
	cr_expect(bpfsim_call(plan.filter, plan.n_filter, AUDIT_ARCH_X86_64, SYS_mount, args) ==
		  SECCOMP_RET_USER_NOTIF);
	cr_expect(bpfsim_call(plan.filter, plan.n_filter, AUDIT_ARCH_I386, SYS_sendmsg, args) ==
		  SECCOMP_RET_USER_NOTIF);
	cr_expect(plan.nonce[0] && plan.nonce[1] && plan.nonce[2]);
}

Test(notify, a_full_program_has_no_room)
{
	static struct sock_filter many[PROFILE_MAX_INSNS];

	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	set_up(NULL, NOTIFY_DENIALS);
	plan.filter = many;
	plan.n_filter = PROFILE_MAX_INSNS - 10;
	plan.filter_name = "many";
	cr_expect(notify_program(&run, &err) == -EINVAL);
	cr_expect(strstr(err.msg, "more are needed"), "%s", err.msg);
}

/* A trap cannot be answered from outside, so such a program keeps its word about every call. */
Test(notify, a_program_that_traps)
{
	static const struct sock_filter trap[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_chown, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const uint64_t args[6] = {0};

	set_up(NULL, NOTIFY_DENIALS);
	plan.filter = trap;
	plan.n_filter = ARRAY_SIZE(trap);
	cr_assert(notify_program(&run, &err) == 0, "%s", err.msg);
	cr_expect(bpfsim_call(plan.filter, plan.n_filter, AUDIT_ARCH_X86_64, SYS_chown, args) ==
		  SECCOMP_RET_TRAP);
}

/* ---- what is told --------------------------------------------------------------------------- */

Test(denials, each_once_and_not_too_many)
{
	static struct denials d;
	unsigned told = 0;

	for (uint64_t hash = 1; hash <= 100000; hash++) {
		bool is_first = denials_new(&d, hash * 0x9e3779b97f4a7c15ULL);

		told += is_first;
		cr_assert(!denials_new(&d, hash * 0x9e3779b97f4a7c15ULL) || !is_first);
	}
	cr_expect(told == ARRAY_SIZE(d.seen) / 2, "%u", told);
}

/* ---- notes -> profile ----------------------------------------------------------------------- */

static struct record_log *notes;

static void note_call(uint32_t nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	for (size_t i = 0; i < RECORD_CALLS; i++)
		if (notes->calls[i].nr == -1) {
			notes->calls[i] = (struct seccomp_data){
				.nr = (int)nr, .arch = AUDIT_ARCH_X86_64, .args = {a0, a1, a2}};
			notes->n++;
			return;
		}
}

static void new_notes(void)
{
	const struct builtin_filter *b = &builtin_filters[0];

	set_up(b, NOTIFY_ALLOWED);
	notes = record_log_new();
	cr_assert(notes);
	notes->kernel = 6012;
	memcpy(notes->judge, b->insns, b->n * sizeof(b->insns[0]));
	notes->n_judge = b->n;
}

static uint32_t answer(json_t *doc, uint32_t nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	char *text = json_dumps(doc, 0);
	const uint64_t args[6] = {a0, a1, a2};
	struct profile_result res;
	uint32_t ret;

	cr_assert(profile_compile("doc", text, strlen(text), 0, 6012, &res, &err) == 0, "%s",
		  err.msg);
	ret = bpfsim_call(res.insns, res.n, AUDIT_ARCH_X86_64, nr, args);
	profile_result_free(&res);
	free(text);
	return ret;
}

#define NO (SECCOMP_RET_ERRNO | EPERM)

Test(record, what_was_noted_and_no_more)
{
	json_t *doc, *again;
	unsigned added;

	new_notes();
	note_call(SYS_read, 1, 2, 3);
	note_call(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	note_call(SYS_socket, AF_NETLINK, SOCK_RAW, 0);
	note_call(SYS_ioctl, 0, 0xffffffff00005401ULL, 0); /* as musl's: an int with its sign */
	note_call(SYS_clone, 0x1200011, 0, 0);
	doc = record_profile(&spec, notes, "doc", NULL, &added, &err);
	cr_assert(doc, "%s", err.msg);
	cr_expect(added == 5, "%u", added);
	cr_expect(answer(doc, SYS_read, 9, 9, 9) == SECCOMP_RET_ALLOW);
	cr_expect(answer(doc, SYS_write, 9, 9, 9) == NO);
	cr_expect(answer(doc, SYS_socket, AF_UNIX, SOCK_DGRAM, 0) == SECCOMP_RET_ALLOW);
	cr_expect(answer(doc, SYS_socket, AF_INET, SOCK_STREAM, 0) == NO);
	cr_expect(answer(doc, SYS_socket, AF_NETLINK, SOCK_RAW, 0) == SECCOMP_RET_ALLOW);
	cr_expect(answer(doc, SYS_socket, AF_NETLINK, SOCK_RAW, 12) == NO);
	cr_expect(answer(doc, SYS_ioctl, 0, 0x5401, 0) == SECCOMP_RET_ALLOW);
	cr_expect(answer(doc, SYS_ioctl, 0, 0x5412, 0) == NO);
	cr_expect(answer(doc, SYS_clone, 0x1200011, 0, 0) == SECCOMP_RET_ALLOW);
	cr_expect(answer(doc, SYS_clone, 0x10000011, 0, 0) == NO);
	cr_expect(answer(doc, SYS_clone3, 0, 0, 0) == (SECCOMP_RET_ERRNO | ENOSYS));
	cr_expect(answer(doc, SYS_execve, 0, 0, 0) == SECCOMP_RET_ALLOW);
	again = record_profile(&spec, notes, "doc", doc, &added, &err);
	cr_assert(again, "%s", err.msg);
	cr_expect(added == 0 && json_equal(doc, again), "the second time changed something");
	json_decref(doc);
	json_decref(again);
}

Test(record, merged_into_any_profile)
{
	json_t *base, *doc;
	unsigned added;

	new_notes();
	note_call(SYS_mkdir, 0, 0, 0);
	base = json_loadb(builtin_filters[1].json, builtin_filters[1].json_len, 0, NULL);
	cr_assert(base);
	doc = record_profile(&spec, notes, "doc", base, &added, &err);
	cr_assert(doc, "%s", err.msg);
	cr_expect(added == 0, "strict allows mkdir: %u", added);
	json_decref(doc);
	note_call(SYS_inotify_init1, 0, 0, 0);
	doc = record_profile(&spec, notes, "doc", base, &added, &err);
	cr_assert(doc, "%s", err.msg);
	cr_expect(added == 1 && answer(doc, SYS_inotify_init1, 0, 0, 0) == SECCOMP_RET_ALLOW);
	cr_expect(answer(doc, SYS_inotify_add_watch, 0, 0, 0) == NO);
	json_decref(doc);
	json_decref(base);
	/* a rule that refuses cannot be outvoted: the strictest holds */
	base = json_pack("{s:s, s:[{s:s, s:s}]}", "defaultAction", "SCMP_ACT_ALLOW", "syscalls",
			 "name", "mkdir", "action", "SCMP_ACT_ERRNO");
	cr_expect(!record_profile(&spec, notes, "doc", base, &added, &err));
	cr_expect(strstr(err.msg, "a rule of it refuses mkdir"), "%s", err.msg);
	json_decref(base);
}

Test(record, many_values_are_any_value)
{
	json_t *doc;
	unsigned added;

	new_notes();
	for (uint32_t i = 0; i < 60; i++)
		note_call(SYS_ioctl, 0, 0x6000 + i, 0);
	doc = record_profile(&spec, notes, "doc", NULL, &added, &err);
	cr_assert(doc, "%s", err.msg);
	cr_expect(answer(doc, SYS_ioctl, 0, 0x1234, 0) == SECCOMP_RET_ALLOW);
	json_decref(doc);
}
