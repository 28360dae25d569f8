/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bpfsim.c - classic BPF as seccomp runs it, for tests. See seccomp(2), "Filters".
 */
#include "bpfsim.h"

#include <stdlib.h>
#include <string.h>

static bool is_known(const struct sock_filter *in)
{
	switch (in->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return in->k % 4 == 0 && in->k < sizeof(struct seccomp_data);
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
	case BPF_RET | BPF_K:
	case BPF_RET | BPF_A:
	case BPF_ALU | BPF_NEG:
		return true;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return in->k < BPF_MEMWORDS;
	default:
		break;
	}
	if (BPF_CLASS(in->code) == BPF_ALU) {
		static const uint16_t ops[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_AND,
					       BPF_OR,  BPF_XOR, BPF_LSH, BPF_RSH};

		for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
			if (in->code == (BPF_ALU | ops[i] | BPF_X))
				return true;
			if (in->code == (BPF_ALU | ops[i] | BPF_K))
				return ops[i] == BPF_DIV                        ? in->k != 0
				       : ops[i] == BPF_LSH || ops[i] == BPF_RSH ? in->k < 32
										: true;
		}
	}
	return BPF_CLASS(in->code) == BPF_JMP && BPF_OP(in->code) <= BPF_JSET;
}

const char *bpfsim_reject(const struct sock_filter *prog, size_t n)
{
	if (n == 0 || n > BPF_MAXINSNS)
		return "its length";
	for (size_t i = 0; i < n; i++) {
		if (!is_known(&prog[i]))
			return "an unknown instruction";
		if (BPF_CLASS(prog[i].code) != BPF_JMP)
			continue;
		if (BPF_OP(prog[i].code) == BPF_JA
			    ? prog[i].k >= n - i - 1
			    : i + prog[i].jt + 1 >= n || i + prog[i].jf + 1 >= n)
			return "a jump out of the program";
	}
	return BPF_CLASS(prog[n - 1].code) == BPF_RET ? NULL : "no return at its end";
}

static uint32_t alu(uint16_t op, uint32_t a, uint32_t b)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return b ? a / b : 0;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return a << (b & 31);
	case BPF_RSH:
		return a >> (b & 31);
	case BPF_NEG:
		return -a;
	default:
		abort();
	}
}

static bool test(uint16_t op, uint32_t a, uint32_t b)
{
	return op == BPF_JEQ   ? a == b
	       : op == BPF_JGT ? a > b
	       : op == BPF_JGE ? a >= b
			       : (a & b) != 0;
}

uint32_t bpfsim_run(const struct sock_filter *prog, size_t n, const struct seccomp_data *data)
{
	uint32_t mem[BPF_MEMWORDS] = {0}, a = 0, x = 0;

	for (size_t pc = 0; pc < n; pc++) {
		const struct sock_filter *in = &prog[pc];
		uint32_t operand = BPF_SRC(in->code) == BPF_X ? x : in->k;
		uint32_t value = in->k;

		switch (BPF_CLASS(in->code)) {
		case BPF_RET:
			return BPF_RVAL(in->code) == BPF_A ? a : in->k;
		case BPF_LD:
		case BPF_LDX:
			if (BPF_MODE(in->code) == BPF_ABS)
				memcpy(&value, (const char *)data + in->k, sizeof(value));
			else if (BPF_MODE(in->code) == BPF_MEM)
				value = mem[in->k];
			else if (BPF_MODE(in->code) == BPF_LEN)
				value = sizeof(*data);
			*(BPF_CLASS(in->code) == BPF_LD ? &a : &x) = value;
			break;
		case BPF_ST:
			mem[in->k] = a;
			break;
		case BPF_STX:
			mem[in->k] = x;
			break;
		case BPF_ALU:
			a = alu(BPF_OP(in->code), a, operand);
			break;
		case BPF_MISC:
			if (BPF_MISCOP(in->code) == BPF_TAX)
				x = a;
			else
				a = x;
			break;
		case BPF_JMP:
			if (BPF_OP(in->code) == BPF_JA)
				pc += in->k;
			else
				pc += test(BPF_OP(in->code), a, operand) ? in->jt : in->jf;
			break;
		default:
			abort();
		}
	}
	abort();
}

uint32_t bpfsim_call(const struct sock_filter *prog, size_t n, uint32_t arch, uint32_t nr,
		     const uint64_t args[6])
{
	struct seccomp_data data = {.nr = (int)nr, .arch = arch};

	for (int i = 0; i < 6; i++)
		data.args[i] = args ? args[i] : 0;
	return bpfsim_run(prog, n, &data);
}
