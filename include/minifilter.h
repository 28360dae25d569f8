/* SPDX-License-Identifier: Apache-2.0 */
/*
 * minifilter.h - seccomp allow-lists for pillbox's own processes (launcher, init, guard).
 *
 * The workload's filter comes from a profile and libseccomp. These three are a dozen rules each,
 * known when pillbox is compiled, and have to be loaded where nothing may be allocated: a table
 * and a loop are all it takes.
 */
#ifndef PILLBOX_MINIFILTER_H
#define PILLBOX_MINIFILTER_H

#include <linux/audit.h>
#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

/* Set in a build with AddressSanitizer, whose runtime needs system calls of its own. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#ifndef HAS_ASAN
#define HAS_ASAN 0
#endif

/* What seccomp_data.arch says of a call of this very program. */
#if defined(__x86_64__)
#define OWN_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define OWN_ARCH AUDIT_ARCH_RISCV64
#else
#error "minifilter: this architecture's AUDIT_ARCH_ number is not in the table yet"
#endif

struct mini_arg {
	unsigned index; /* which argument, 0..5 */
	uint32_t value; /* its low 32 bits: enough for what the kernel takes as an int */
};

/* One rule; several for one system call are alternatives. What no rule names ends the process. */
struct mini_rule {
	int nr;          /* __NR_* */
	uint32_t action; /* SECCOMP_RET_*; 0: allow */
	unsigned n_args; /* how many of args have to match */
	struct mini_arg args[2];
};

/* ioctl(2) is a thousand system calls in one: a rule for this request. */
#define MINI_IOCTL(request)                                                         \
	{                                                                           \
		.nr = __NR_ioctl, .n_args = 1, .args = { {1, (uint32_t)(request)} } \
	}

#define MINI_INSNS 320 /* instructions of the longest list */

/*
 * Rules -> program: checks the architecture, refuses x32, then the rules in order, then
 * KILL_PROCESS. Returns the number of instructions, or -E2BIG.
 */
int minifilter_build(const struct mini_rule *rules, size_t n, struct sock_filter *out, size_t size);

/* Build and load for the calling thread. Needs no_new_privs or CAP_SYS_ADMIN. 0 or -errno. */
int minifilter_load(const struct mini_rule *rules, size_t n);

#endif
