/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_sim.c - runs a filter program over one call, as the kernel would.
 *
 * Should: know the few instructions that filters here are made of, and stop at any other.
 * Mustn't: read outside the program or the call.
 */
#include <string.h>

#include "profile.h"
#include "profile_tests.h"

enum profile_sim_end profile_sim_within(const struct sock_filter *insns, unsigned n, unsigned pc,
					const struct seccomp_data *data, size_t len, uint32_t *ret)
{
	uint32_t a = 0;

	for (; pc < n; pc++) {
		const struct sock_filter *in = &insns[pc];
		bool is_true;

		switch (in->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (in->k % 4 || in->k > sizeof(*data) - 4)
				return PROFILE_SIM_UNKNOWN;
			if (in->k >= len) {
				*ret = pc;
				return PROFILE_SIM_BEYOND;
			}
			memcpy(&a, (const char *)data + in->k, sizeof(a));
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= in->k;
			continue;
		case BPF_JMP | BPF_JA:
			if (in->k >= n)
				return PROFILE_SIM_UNKNOWN;
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
			return PROFILE_SIM_ANSWER;
		default:
			return PROFILE_SIM_UNKNOWN;
		}
		pc += is_true ? in->jt : in->jf;
	}
	return PROFILE_SIM_UNKNOWN;
}

bool profile_sim(const struct sock_filter *insns, unsigned n, const struct seccomp_data *data,
		 uint32_t *ret)
{
	return profile_sim_within(insns, n, 0, data, sizeof(*data), ret) == PROFILE_SIM_ANSWER;
}
