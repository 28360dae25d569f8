/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bpfsim.h - classic BPF as seccomp runs it, for tests.
 *
 * Written apart from src/profile_sim.c on purpose: it knows the whole instruction set that the
 * kernel takes for a filter, and checks a program the way the kernel does before it runs it.
 */
#ifndef BPFSIM_H
#define BPFSIM_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Would the kernel load it? NULL, or what is wrong. */
const char *bpfsim_reject(const struct sock_filter *prog, size_t n);

/* What the program answers; a program that bpfsim_reject() takes always answers. */
uint32_t bpfsim_run(const struct sock_filter *prog, size_t n, const struct seccomp_data *data);

/* One call: number, arguments, AUDIT_ARCH_*. */
uint32_t bpfsim_call(const struct sock_filter *prog, size_t n, uint32_t arch, uint32_t nr,
		     const uint64_t args[6]);

#endif
