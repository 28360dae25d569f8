/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_tcp.c - the filter of step tcp, call by call in a simulator, and that the strict profile, where
 * it is left out, refuses the same.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/audit.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "bpfsim.h"
#include "builtin_filter.h"
#include "lsm.h"
#include "profile.h"
#include "step.h"

#define REFUSED (SECCOMP_RET_ERRNO | EACCES)
#define OK SECCOMP_RET_ALLOW
#define X32 0x40000000U
#define HIGH (7ULL << 32) /* the kernel takes an int: what is above is no part of it */

#if defined(__x86_64__)
#define OWN AUDIT_ARCH_X86_64
#define OTHER AUDIT_ARCH_I386
#define OTHER_SOCKET 359
#else
#define OWN AUDIT_ARCH_AARCH64
#define OTHER AUDIT_ARCH_ARM
#define OTHER_SOCKET 281
#endif

static uint32_t answer(uint32_t arch, uint32_t nr, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t args[6] = {a, b, c, 0, 0, 0};
	unsigned short n;
	const struct sock_filter *f = tcp_filter(&n);

	return bpfsim_call(f, n, arch, nr, args);
}

Test(tcp, the_kernel_takes_it)
{
	unsigned short n;
	const struct sock_filter *f = tcp_filter(&n);

	cr_expect(bpfsim_reject(f, n) == NULL, "%s", bpfsim_reject(f, n));
}

static const struct {
	const char *what;
	uint64_t family, type, protocol;
	uint32_t want;
} sockets[] = {
	{"TCP", AF_INET, SOCK_STREAM, 0, REFUSED},
	{"TCP by number", AF_INET, SOCK_STREAM, 6, REFUSED},
	{"TCP over IPv6", AF_INET6, SOCK_STREAM, 0, REFUSED},
	{"flags", AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, REFUSED},
	{"flags that do not exist", AF_INET, SOCK_STREAM | 0x7ffff000, 0, REFUSED},
	{"high halves", AF_INET | HIGH, SOCK_STREAM | HIGH, HIGH, REFUSED},
	{"Multipath TCP", AF_INET, SOCK_STREAM, 262, REFUSED},
	{"Multipath TCP over IPv6", AF_INET6, SOCK_STREAM, 262, REFUSED},
	{"SCTP", AF_INET, SOCK_STREAM, 132, REFUSED},
	{"SMC", 43, SOCK_STREAM, 0, REFUSED},
	{"RDS", 21, SOCK_SEQPACKET, 0, REFUSED},
	{"UDP", AF_INET, SOCK_DGRAM, 0, OK},
	{"UDP over IPv6", AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0, OK},
	{"ping", AF_INET, SOCK_DGRAM, 1, OK},
	{"unix", AF_UNIX, SOCK_STREAM, 0, OK},
	{"netlink", AF_NETLINK, SOCK_RAW, 0, OK},
	{"nothing", 0, 0, 0, OK},
	{"another family's number in the high half", HIGH | AF_UNIX, SOCK_STREAM, 0, OK},
};

Test(tcp, sockets)
{
	for (size_t i = 0; i < ARRAY_SIZE(sockets); i++) {
		uint64_t f = sockets[i].family, t = sockets[i].type, p = sockets[i].protocol;

		cr_expect_eq(answer(OWN, __NR_socket, f, t, p), sockets[i].want, "%s",
			     sockets[i].what);
		cr_expect_eq(answer(OWN, __NR_socket | X32, f, t, p), sockets[i].want, "x32: %s",
			     sockets[i].what);
		cr_expect_eq(answer(OTHER, OTHER_SOCKET, f, t, p), sockets[i].want, "32 bits: %s",
			     sockets[i].what);
	}
}

Test(tcp, other_ways_to_a_socket)
{
	cr_expect_eq(answer(OWN, __NR_io_uring_setup, 8, 0, 0), REFUSED);
	cr_expect_eq(answer(OWN, __NR_io_uring_enter, 8, 0, 0), REFUSED);
	cr_expect_eq(answer(OWN, __NR_io_uring_setup | X32, 8, 0, 0), REFUSED);
	cr_expect_eq(answer(OTHER, __NR_io_uring_setup, 8, 0, 0), REFUSED);
	cr_expect_eq(answer(OTHER, __NR_io_uring_enter, 8, 0, 0), REFUSED);
	/* socketcall(2): which socket is in memory, so none; its other calls are as they were */
	cr_expect_eq(answer(OTHER, 102, 1, 0, 0), REFUSED);
	cr_expect_eq(answer(OTHER, 102, 3, 0, 0), OK);
}

/* Every other number, with arguments that mean TCP where they are socket's. */
Test(tcp, all_other_calls_pass)
{
	for (uint32_t nr = 0; nr < 600; nr++) {
		if (nr == __NR_io_uring_setup || nr == __NR_io_uring_enter)
			continue;
		if (nr != __NR_socket) {
			cr_expect_eq(answer(OWN, nr, AF_INET, SOCK_STREAM, 0), OK, "call %u", nr);
			cr_expect_eq(answer(OWN, nr | X32, AF_INET, SOCK_STREAM, 0), OK, "x32 %u",
				     nr);
		}
		if (nr != OTHER_SOCKET && nr != 102)
			cr_expect_eq(answer(OTHER, nr, AF_INET, SOCK_STREAM, 0), OK, "32 bits: %u",
				     nr);
	}
}

static void no_tcp_in(const char *json, size_t len, uint64_t caps)
{
	struct profile_result r;
	struct err err = {0};

	cr_assert(profile_compile("strict", json, len, caps, 6012, &r, &err) == 0, "%s", err.msg);
	for (size_t i = 0; i < ARRAY_SIZE(sockets); i++) {
		const uint64_t args[6] = {sockets[i].family, sockets[i].type, sockets[i].protocol};

		if (sockets[i].want != OK)
			cr_expect(bpfsim_call(r.insns, r.n, OWN, __NR_socket, args) != OK,
				  "capabilities %#lx: %s", (unsigned long)caps, sockets[i].what);
	}
	profile_result_free(&r);
}

Test(tcp, the_strict_profile_does_it_too)
{
	for (size_t i = 0; i < n_builtin_filters; i++) {
		const struct builtin_filter *b = &builtin_filters[i];

		if (strcmp(b->name, "strict") != 0)
			continue;
		no_tcp_in(b->json, b->json_len, 0);
		no_tcp_in(b->json, b->json_len, CAP_ALL_BIT - 1);
		return;
	}
	cr_assert(false, "there is no profile strict");
}
