/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_profile.c - any bytes as a seccomp profile, through to the checked program.
 *
 * Input: eight bytes of capabilities, then the text. What must hold for every input is asserted: a
 * profile is refused with a message that names the file and a place in it, or gives a program of
 * legal length that answers every call and lets execve through. And any text and any path is given
 * to the locator.
 *
 * tests/fuzz/corpus/fuzz_profile: a seed for each part of the format and each kind of mistake.
 */
#include <linux/audit.h>
#include <stdint.h>
#include <stdio.h>
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

/* Is it a line of the text, and a character of that line or its end? */
static int is_inside(const char *text, size_t len, unsigned line, unsigned col)
{
	const char *end = text + len;
	size_t chars = 0;

	for (; line > 1; line--) {
		text = text < end ? memchr(text, '\n', (size_t)(end - text)) : NULL;
		if (!text)
			return 0;
		text++;
	}
	for (; text < end && *text != '\n'; text++)
		chars += ((unsigned char)*text & 0xc0) != 0x80;
	return line == 1 && col >= 1 && col <= chars + 1;
}

static void try_paths(const char *text, size_t len)
{
	static const char *const paths[] = {"", "syscalls[1].args[0].op", "archMap[0].architecture",
					    "defaultAction"};
	char own[33] = "";
	unsigned line, col;

	memcpy(own, text, len < sizeof(own) - 1 ? len : sizeof(own) - 1);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]) + 1; i++) {
		const char *path = i ? paths[i - 1] : own;

		(void)profile_locate(text, len, path, &line, &col);
		hold(is_inside(text, len, line, col));
		(void)profile_locate_key(text, len, path, &line, &col);
		hold(is_inside(text, len, line, col));
	}
}

/* What the reader refuses has a line and a column; what comes after it, a line at most. */
static void try_places(const char *text, size_t len, uint64_t caps)
{
	struct err err = {0};
	struct profile p;
	unsigned line, col;

	if (profile_read("f.json", text, len, caps, 6012, &p, &err)) {
		hold(sscanf(err.msg, "f.json:%u:%u: ", &line, &col) == 2);
		hold(is_inside(text, len, line, col));
		return;
	}
	for (size_t i = 0; i < p.n_rules; i++)
		hold(!p.rules[i].line || is_inside(text, len, p.rules[i].line, 1));
	profile_free(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seccomp_data call = {.nr = SYS_execve, .arch = AUDIT_ARCH_X86_64};
	const char *text = (const char *)data + sizeof(uint64_t);
	struct profile_result res = {0};
	struct err err = {0};
	uint32_t action;
	uint64_t caps;

	if (size < sizeof(caps))
		return 0;
	memcpy(&caps, data, sizeof(caps));
	size -= sizeof(caps);
	try_paths(text, size);
	try_places(text, size, caps);
	if (profile_compile("f.json", text, size, caps, 6012, &res, &err)) {
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
