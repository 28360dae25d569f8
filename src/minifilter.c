/* SPDX-License-Identifier: Apache-2.0 */
/*
 * minifilter - tables of system calls to BPF, for pillbox's own processes.
 *
 * Should: turn a table into a program in a buffer of the caller's and load it, with no allocation,
 * so that pid 1 can use it after a fork.
 * Mustn't: know anything about profiles, capabilities or who is calling.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "minifilter.h"
#include "util.h"

#define X32_BIT 0x40000000U

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "minifilter: the low half of an argument is taken to come first"
#endif

#define AT(field) ((uint32_t)offsetof(struct seccomp_data, field))

/* A program under construction; `full` sticks, so that callers check once. */
struct prog {
	struct sock_filter *insn;
	size_t n, size;
	bool full;
};

static void put(struct prog *p, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	if (p->n >= p->size) {
		p->full = true;
		return;
	}
	p->insn[p->n++] = (struct sock_filter){.code = code, .jt = jt, .jf = jf, .k = k};
}

static void put_load(struct prog *p, uint32_t offset)
{
	put(p, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

static void put_return(struct prog *p, uint32_t action)
{
	put(p, BPF_RET | BPF_K, action, 0, 0);
}

/* Go on when the accumulator is k, else skip `skip` instructions. */
static void put_need(struct prog *p, uint32_t k, uint8_t skip)
{
	put(p, BPF_JMP | BPF_JEQ | BPF_K, k, 0, skip);
}

static void put_rule(struct prog *p, const struct mini_rule *rule)
{
	/* Instructions left in this rule after the number's test: two an argument, one return. */
	uint8_t left = (uint8_t)(2 * rule->n_args + 1);

	put_load(p, AT(nr));
	put_need(p, (uint32_t)rule->nr, left);
	for (unsigned i = 0; i < rule->n_args; i++) {
		put_load(p, AT(args) + 8 * rule->args[i].index);
		left = (uint8_t)(left - 2);
		put_need(p, rule->args[i].value, left);
	}
	put_return(p, rule->action ? rule->action : SECCOMP_RET_ALLOW);
}

#if HAS_ASAN
/*
 * What the sanitizer's runtime uses to report a fault: without these a found bug would look like
 * a process killed by SIGSYS. Never in a release build.
 */
static const struct mini_rule asan_rules[] = {
	{.nr = __NR_mmap},          {.nr = __NR_munmap},       {.nr = __NR_mprotect},
	{.nr = __NR_madvise},       {.nr = __NR_brk},          {.nr = __NR_openat},
	{.nr = __NR_read},          {.nr = __NR_write},        {.nr = __NR_close},
	{.nr = __NR_readlinkat},    {.nr = __NR_newfstatat},   {.nr = __NR_fstat},
	{.nr = __NR_lseek},         {.nr = __NR_getpid},       {.nr = __NR_gettid},
	{.nr = __NR_futex},         {.nr = __NR_sigaltstack},  {.nr = __NR_sched_yield},
	{.nr = __NR_clock_gettime}, {.nr = __NR_tgkill},       {.nr = __NR_getrandom},
	{.nr = __NR_prlimit64},     {.nr = __NR_rt_sigaction}, {.nr = __NR_rt_sigprocmask},
	{.nr = __NR_prctl},         {.nr = __NR_uname},        {.nr = __NR_exit_group},
	{.nr = __NR_dup},           {.nr = __NR_pipe2},
#ifdef __NR_open
	{.nr = __NR_open},          {.nr = __NR_readlink},     {.nr = __NR_stat},
	{.nr = __NR_pipe},
#endif
};
#endif

int minifilter_build(const struct mini_rule *rules, size_t n, struct sock_filter *out, size_t size)
{
	struct prog p = {.insn = out, .size = size};

	/* The numbers mean something else on another architecture: int 0x80 on x86-64. */
	put_load(&p, AT(arch));
	put(&p, BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCH, 1, 0);
	put_return(&p, SECCOMP_RET_KILL_PROCESS);
#if defined(__x86_64__)
	put_load(&p, AT(nr));
	put(&p, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	put_return(&p, SECCOMP_RET_KILL_PROCESS);
#endif
#if HAS_ASAN
	for (size_t i = 0; i < ARRAY_SIZE(asan_rules); i++)
		put_rule(&p, &asan_rules[i]);
#endif
	for (size_t i = 0; i < n; i++)
		put_rule(&p, &rules[i]);
	put_return(&p, SECCOMP_RET_KILL_PROCESS);
	return p.full ? -E2BIG : (int)p.n;
}

int minifilter_load(const struct mini_rule *rules, size_t n)
{
	struct sock_filter insn[MINI_INSNS];
	int len = minifilter_build(rules, n, insn, MINI_INSNS);

	if (len < 0)
		return len;
	struct sock_fprog prog = {.len = (unsigned short)len, .filter = insn};
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0))
		return -errno;
	return 0;
}
