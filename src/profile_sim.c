/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_sim.c - runs a filter program over one call, as the kernel would.
 *
 * Should: know the few instructions that filters here are made of, and stop at any other.
 * Mustn't: read outside the program or the call.
 */
#include <string.h>

#include "profile.h"

bool profile_sim(const struct sock_filter *insns, unsigned n, const struct seccomp_data *data,
		 uint32_t *ret)
{
	uint32_t a = 0;

	for (unsigned pc = 0; pc < n; pc++) {
		const struct sock_filter *in = &insns[pc];
		bool is_true;

		switch (in->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (in->k % 4 || in->k + 4 > sizeof(*data))
				return false;
			memcpy(&a, (const char *)data + in->k, sizeof(a));
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= in->k;
			continue;
		case BPF_JMP | BPF_JA:
			if (in->k >= n)
				return false;
			pc += in->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			is_true = a == in->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			is_true = a > in->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			is_true = a >= in->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			is_true = (a & in->k) != 0;
			break;
		case BPF_RET | BPF_K:
			*ret = in->k;
			return true;
		default:
			return false;
		}
		pc += is_true ? in->jt : in->jf;
	}
	return false;
}
