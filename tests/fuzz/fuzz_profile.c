/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_profile.c - any bytes as a seccomp profile, through to the checked program.
 *
 * Input: eight bytes of capabilities, then the text. What must hold for every input is asserted: a
 * profile is refused with a message that names the file, or gives a program of legal length that
 * answers every call and lets execve through.
 */
#include <linux/audit.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(int is_true)
{
	if (!is_true)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seccomp_data call = {.nr = SYS_execve, .arch = AUDIT_ARCH_X86_64};
	struct profile_result res = {0};
	struct err err = {0};
	uint32_t action;
	uint64_t caps;

	if (size < sizeof(caps))
		return 0;
	memcpy(&caps, data, sizeof(caps));
	if (profile_compile("f.json", (const char *)data + sizeof(caps), size - sizeof(caps), caps,
			    6012, &res, &err)) {
		hold(err.is_set && strncmp(err.msg, "f.json:", 7) == 0 && !res.insns);
		return 0;
	}
	hold(!err.is_set && res.n > 0 && res.n <= PROFILE_MAX_INSNS);
	hold(profile_sim(res.insns, res.n, &call, &action));
	hold(action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG);
	for (uint32_t nr = 0; nr < 1024; nr += 7) {
		call.nr = (int)(nr | (nr & 1 ? 0x40000000U : 0));
		hold(profile_sim(res.insns, res.n, &call, &action));
	}
	profile_result_free(&res);
	return 0;
}
