/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcp.c - with --tcp none: a filter that refuses TCP sockets, next to Landlock's rules.
 *
 * Theory of operation
 *
 * Landlock is asked at bind(2) and connect(2) of plain TCP and nowhere else. Seen on Linux 6.18,
 * under rules that allow no port: a Multipath TCP socket binds and connects, to servers of plain
 * TCP as well; sendto(2) with MSG_FASTOPEN connects; listen(2) on a socket without a name gets a
 * port. All of them begin with socket(2), whose arguments are numbers that a filter can read. So
 * this filter takes away the sockets, and Landlock what can be done with one that was not made
 * inside (--preserve-fds, or handed in through a unix socket). Such a one can still listen, or
 * connect with MSG_FASTOPEN: do not hand it in.
 *
 *   socket(AF_INET, AF_INET6; SOCK_STREAM, any protocol)   TCP, Multipath TCP, SCTP
 *   socket(AF_SMC), socket(AF_RDS)                         TCP below another name
 *   io_uring_setup, io_uring_enter                         make sockets that no filter sees
 *   on x86 and Arm of 32 bits: socketcall(SYS_SOCKET)      its arguments are in memory
 *
 * All answer EACCES, as Landlock does, so that a program meets one refusal and not two kinds.
 * The strict profile has no network sockets at all, so there this filter would be a second one for
 * nothing, and is left out.
 *
 * Should: leave UDP, unix and netlink sockets alone.
 * Mustn't: trust that it works without having seen it refuse a socket.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lsm.h"
#include "step.h"

#ifndef AF_SMC
#define AF_SMC 43
#endif

#if defined(__x86_64__)
#define OWN_ARCH AUDIT_ARCH_X86_64
#define OTHER_SOCKET 359 /* asm/unistd_32.h */
#define OTHER_SOCKETCALL 102
#elif defined(__aarch64__)
#define OWN_ARCH AUDIT_ARCH_AARCH64
#define OTHER_SOCKET 281
#define OTHER_SOCKETCALL 102
#else
#error "tcp: the 32-bit calls of this architecture are not in the table yet"
#endif
#define SOCKETCALL_SOCKET 1 /* SYS_SOCKET of linux/net.h */
#define X32_BIT 0x40000000U
#define TYPE_MASK 0xfU /* SOCK_NONBLOCK and SOCK_CLOEXEC are above */

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
#define EQUAL(k, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (k), (yes), (no))
#define MASK(k) BPF_STMT(BPF_ALU | BPF_AND | BPF_K, (k))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tcp: the low half of an argument is taken to come first"
#endif

/* The number in front of a line is its place; a jump skips as many as it says. */
/* clang-format off */
static const struct sock_filter no_tcp[] = {
	/*  0 */ LOAD(arch),
	/*  1 */ EQUAL(OWN_ARCH, 0, 6),                 /* no: 8 */
	/*  2 */ LOAD(nr),
	/*  3 */ MASK(~X32_BIT),                        /* x32: the same numbers and this bit */
	/*  4 */ EQUAL(__NR_socket, 8, 0),              /* yes: 13 */
	/*  5 */ EQUAL(__NR_io_uring_setup, 18, 0),     /* yes: 24 */
	/*  6 */ EQUAL(__NR_io_uring_enter, 17, 0),     /* yes: 24 */
	/*  7 */ RETURN(SECCOMP_RET_ALLOW),
	/* The other architecture. io_uring has the same numbers everywhere. */
	/*  8 */ LOAD(nr),
	/*  9 */ EQUAL(OTHER_SOCKET, 3, 0),             /* yes: 13 */
	/* 10 */ EQUAL(OTHER_SOCKETCALL, 10, 0),        /* yes: 21 */
	/* 11 */ EQUAL(__NR_io_uring_setup, 12, 0),     /* yes: 24 */
	/* 12 */ EQUAL(__NR_io_uring_enter, 11, 10),    /* yes: 24, no: 23 */
	/* socket(family, type, protocol): the kernel takes each as an int, so the low half is all. */
	/* 13 */ LOAD(args[0]),
	/* 14 */ EQUAL(AF_INET, 3, 0),                  /* yes: 18 */
	/* 15 */ EQUAL(AF_INET6, 2, 0),                 /* yes: 18 */
	/* 16 */ EQUAL(AF_SMC, 7, 0),                   /* yes: 24 */
	/* 17 */ EQUAL(AF_RDS, 6, 5),                   /* yes: 24, no: 23 */
	/* 18 */ LOAD(args[1]),
	/* 19 */ MASK(TYPE_MASK),
	/* 20 */ EQUAL(SOCK_STREAM, 3, 2),              /* yes: 24, no: 23 */
	/* socketcall(call, arguments) */
	/* 21 */ LOAD(args[0]),
	/* 22 */ EQUAL(SOCKETCALL_SOCKET, 1, 0),        /* yes: 24 */
	/* 23 */ RETURN(SECCOMP_RET_ALLOW),
	/* 24 */ RETURN(SECCOMP_RET_ERRNO | EACCES),
};
/* clang-format on */

const struct sock_filter *tcp_filter(unsigned short *ret_n)
{
	*ret_n = (unsigned short)ARRAY_SIZE(no_tcp);
	return no_tcp;
}

void tcp_plan(struct run *r)
{
	const struct spec *s = r->spec;

	/* Without no_new_privs the kernel takes no filter at this place; asked for, that is an error. */
	r->plan->tcp_filter = s->tcp == TCP_NONE && s->no_new_privs &&
			      !(s->filter == FILTER_BUILTIN && s->preset == PRESET_STRICT);
}

static int tcp_run(struct run *r, struct err *err)
{
	/* The kernel's struct has no const, and it only reads. */
	struct sock_fprog prog = {.len = (unsigned short)ARRAY_SIZE(no_tcp),
				  .filter = (struct sock_filter *)(uintptr_t)no_tcp};
	auto_close int fd = -1;

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) != 0)
		return err_set(err, errno, "load the filter against TCP");
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		return err_say(err, "the filter is loaded and a TCP socket can be made");
	if (errno != EACCES)
		return err_set(err, errno, "the filter does not answer as expected");
	r->page->tcp = 1;
	return 0;
}

static bool tcp_wanted(const struct run *r)
{
	return r->plan->tcp_filter;
}

static void tcp_show(const struct run *r, struct show *out)
{
	(void)r;
	show(out, "refused", "socket(AF_INET or AF_INET6, SOCK_STREAM)");
	show(out, "refused", "socket(AF_SMC), socket(AF_RDS)");
	show(out, "refused", "io_uring_setup()");
}

/* Outside one sees how many filters there are, not which: so the child looks, as in landlock.c. */
static int tcp_verify(const struct run *r, struct err *err)
{
	if (r->page->tcp == 1)
		return 0;
	return err_say(err, "the filter against TCP was planned and not seen in force");
}

static const struct hint tcp_hints[] = {
	{EACCES, "a filter needs no_new_privs: add --security-opt no-new-privileges"},
	{EPERM, "a filter around pillbox forbids seccomp(2)"},
	{ENOMEM, "the filters of one process may have 32768 instructions together; pillbox runs "
		 "under other filters already, or memory is short"},
	{0, NULL},
};

const struct step step_tcp = {
	.id = "tcp",
	.what = "a filter that refuses TCP sockets, for what Landlock's rules leave open",
	.why = "after nnp, without which the kernel takes no filter from who has no capabilities; after "
	       "landlock, which tries its own rules on a TCP socket; before `init`, so that pid 1 and "
	       "the command both have it",
	.refs = "seccomp(2), socket(2), landlock(7)",
	.calls = "seccomp(SECCOMP_SET_MODE_FILTER, 0, PROGRAM)",
	.side = CHILD,
	.no_tool =
		"no tool loads a filter of one's own; `unshare --net` takes all networks away instead",
	.wanted = tcp_wanted,
	.by = "--tcp none, where Landlock does not cover all of it",
	.show = tcp_show,
	.run = tcp_run,
	.verify = tcp_verify,
	.hints = tcp_hints,
};
