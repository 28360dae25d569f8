/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_calls.c - the numbers of system calls, by name and architecture.
 *
 * Should: know every call that libseccomp knows, and the newer ones that a profile may name.
 * Mustn't: guess: a name without a number has none.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "profile.h"
#include "util.h"

#define X32_BIT 0x40000000U

/*
 * Calls that a libseccomp may not know yet. From 424 on a call has one number on every
 * architecture here (x32 adds its bit, and has no shadow stacks); the two below that exist on
 * x86_64 only.
 */
static const struct {
	const char *name;
	int nr;
} newer[] = {
	{"uretprobe", 335},         {"uprobe", 336},
	{"cachestat", 451},         {"fchmodat2", 452},
	{"map_shadow_stack", 453},  {"futex_wake", 454},
	{"futex_wait", 455},        {"futex_requeue", 456},
	{"statmount", 457},         {"listmount", 458},
	{"lsm_get_self_attr", 459}, {"lsm_set_self_attr", 460},
	{"lsm_list_modules", 461},  {"mseal", 462},
	{"setxattrat", 463},        {"getxattrat", 464},
	{"listxattrat", 465},       {"removexattrat", 466},
	{"open_tree_attr", 467},    {"file_getattr", 468},
	{"file_setattr", 469},
};

uint32_t profile_audit_arch(uint32_t arch)
{
	return arch == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : arch;
}

static int newer_call(uint32_t arch, const char *name)
{
	switch (arch) {
	case SCMP_ARCH_X86_64:
	case SCMP_ARCH_X86:
	case SCMP_ARCH_X32:
	case SCMP_ARCH_AARCH64:
	case SCMP_ARCH_ARM:
	case SCMP_ARCH_RISCV64:
	case SCMP_ARCH_PPC64LE:
	case SCMP_ARCH_S390X:
		break;
	default:
		return -ENOENT;
	}
	for (size_t i = 0; i < ARRAY_SIZE(newer); i++) {
		if (strcmp(newer[i].name, name) != 0)
			continue;
		if (newer[i].nr < 424 && arch != SCMP_ARCH_X86_64)
			return -ENOENT;
		if (newer[i].nr == 453 && arch == SCMP_ARCH_X32)
			return -ENOENT;
		return arch == SCMP_ARCH_X32 ? newer[i].nr | (int)X32_BIT : newer[i].nr;
	}
	return -ENOENT;
}

/* The number of its own that a call behind a multiplexer has on x86; libseccomp tells only so. */
static int x86_direct(const char *name)
{
	for (int nr = 337; nr <= 402; nr++) {
		char *known = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86, nr);
		bool is_it = known && strcmp(known, name) == 0;

		free(known);
		if (is_it)
			return nr;
	}
	return -ENOENT;
}

int profile_call(uint32_t arch, const char *name, int *ret_mux, unsigned *ret_sub)
{
	int nr = seccomp_syscall_resolve_name_arch(arch, name);

	*ret_mux = -1;
	if (nr == __NR_SCMP_ERROR)
		return newer_call(arch, name);
	/* libseccomp's numbers for these: -100 - n of socketcall(2), -200 - n of ipc(2). */
	if (arch == SCMP_ARCH_X86 && nr <= -100 && nr > -300) {
		*ret_mux = nr > -200 ? 102 : 117;
		*ret_sub = (unsigned)-nr % 100;
		return x86_direct(name);
	}
	return nr >= 0 ? nr : -ENOENT;
}

bool profile_call_is_new(uint32_t arch, const char *name)
{
	return seccomp_syscall_resolve_name_arch(arch, name) == __NR_SCMP_ERROR &&
	       newer_call(arch, name) >= 0;
}

const char *profile_new_call_name(uint32_t arch, uint32_t nr)
{
	unsigned sub;
	int mux;

	for (size_t i = 0; i < ARRAY_SIZE(newer); i++) {
		if (profile_call(arch, newer[i].name, &mux, &sub) == (int)nr)
			return newer[i].name;
	}
	return NULL;
}
