/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls.h - system calls for people: names, groups, what makes one dangerous, how arguments read.
 *
 * profile_calls.c knows the numbers. This is what is said about them: by `pillbox seccomp`, by
 * `pillbox record` and by run --explain-denials. Nothing here decides anything.
 */
#ifndef PILLBOX_CALLS_H
#define PILLBOX_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What an argument is. The order of syscalls(2)'s prototypes, as 64-bit calls have them; what is not
 * listed is a number. Words are separated by one space in call_info.args: "at path oflags mode" for
 * openat(2), whose mode means nothing without O_CREAT or O_TMPFILE.
 *
 *   int       a signed 32-bit number             hex      a number in hexadecimal, 64 bits
 *   fd        a descriptor                       at       a directory descriptor or AT_FDCWD
 *   path      a string in the caller's memory    ptr      an address of something else
 *   sockaddr  an address; the next argument is its length
 *   mode      octal                              pid uid gid size   what they say
 *   and every kind of call_value_text() below
 */
struct call_info {
	const char *name;
	const char *group;  /* one of call_groups[] */
	const char *danger; /* what it was good for in attacks, one clause ("with" that argument) */
	const char *args;   /* see above; either is NULL where there is nothing to say */
};

struct call_group {
	const char *name;
	const char *what; /* one clause */
};

extern const struct call_group call_groups[];
extern const size_t call_groups_len;
/* Every call that any supported architecture has, sorted by name. */
extern const struct call_info call_table[];
extern const size_t call_table_len;

/* NULL: nobody here has heard of it. */
const struct call_info *call_info(const char *name);
/*
 * The name of a call by number, on an architecture (SCMP_ARCH_*): libseccomp's or, for newer calls,
 * ours. Points to static storage of this module; NULL where there is no such call. Allocates at its
 * first use for an architecture, and not after that. With bit 30 a number is x32's, of x86_64 too.
 */
const char *call_name(uint32_t arch, uint32_t nr);

/*
 * A value as the headers spell it: "AF_NETLINK", "CLONE_NEWUSER|SIGCHLD", "O_WRONLY|O_CREAT". The
 * kinds: family socktype oflags cloneflags ioctl prctl personality prot mapflags msflags umflags
 * signal netlink keyctl bpf madvise fcntl ptrace socklevel atflags memfd unshare, fdflags (what
 * pipe2 and other makers of descriptors take), accessflags, unlinkflags and treeflags (of faccessat2,
 * unlinkat and open_tree), and the words above: int, at, mode ... netlink is the third argument of
 * socket(2), where the first is AF_NETLINK.
 *
 * Bits that have no name follow in hexadecimal. An unknown kind, or a value without names, gives the
 * number. Of most kinds the kernel looks at the low 32 bits only; where others are set they follow
 * as " (high bits 0x1)". Allocates nothing. Returns buf.
 */
const char *call_value_text(const char *kind, uint64_t value, char *buf, size_t size);
/*
 * The same backwards: names in any case, joined by `|`, or a number in C's notation, -1 and AT_FDCWD
 * included. Negative numbers fill the bits that the kernel looks at, 32 or 64. What call_value_text()
 * has written gives the value that it was given.
 * -EINVAL: no such name in this kind, or two of which only one can be; -ERANGE: too large a number.
 */
int call_value_parse(const char *kind, const char *text, uint64_t *ret);

#endif
