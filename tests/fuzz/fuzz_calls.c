/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_calls.c - any system call of a hostile process, with any memory behind its arguments, as the text
 * that --explain-denials prints of it.
 *
 * Input: number, architecture and six arguments, then the process' memory, which every address reads.
 * What must hold for every input is asserted: one line without control bytes that fits its buffer, and
 * the same text and hash for the same call.
 */
#include <errno.h>
#include <linux/audit.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "call_text.h"
#include "profile_verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* In place of peer.c's (Makefile): there is no process. */
long __wrap_peer_read(const struct peer *p, uint64_t addr, void *buf, size_t size);
int __wrap_peer_string(const struct peer *p, uint64_t addr, char *buf, size_t size);
long __wrap_peer_fd_path(const struct peer *p, int fd, char *buf, size_t size);

static const uint8_t *memory;
static size_t memory_len;

static void hold(int is_true)
{
	if (!is_true)
		abort();
}

long __wrap_peer_read(const struct peer *p, uint64_t addr, void *buf, size_t size)
{
	size_t at = memory_len ? addr % memory_len : 0;

	(void)p;
	if (!addr || addr >> 47)
		return -EFAULT;
	if (size > memory_len - at)
		size = memory_len - at;
	memcpy(buf, memory + at, size);
	return (long)size;
}

int __wrap_peer_string(const struct peer *p, uint64_t addr, char *buf, size_t size)
{
	long n = __wrap_peer_read(p, addr, buf, size - 1);

	buf[n > 0 ? n : 0] = '\0';
	return n < 0 ? (int)n : 0;
}

long __wrap_peer_fd_path(const struct peer *p, int fd, char *buf, size_t size)
{
	return __wrap_peer_read(p, (uint64_t)fd + 1, buf, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seccomp_data call = {.arch = AUDIT_ARCH_X86_64};
	static const uint32_t arches[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64,
					  0};
	const struct peer peer = {
		.pid = 5, .inside = 2, .name = "fuzz", .proc = -1, .listener = -1};
	struct text one = {.len = 0}, other = {.len = 0};
	uint64_t hash;

	if (size < 3 + sizeof(call.args))
		return 0;
	/* Numbers that exist are what there is a text for. */
	call.nr = (data[0] << 8 | data[1]) & 0x3ff;
	call.nr |= data[2] & 4 ? 0x40000000 : 0;
	call.arch = arches[data[2] & 3];
	memcpy(call.args, data + 3, sizeof(call.args));
	memory = data + 3 + sizeof(call.args);
	memory_len = size - 3 - sizeof(call.args);
	hash = call_text(&one, &call, &peer);
	hold(hash != 0 && one.len < sizeof(one.buf) && one.len == strlen(one.buf));
	for (size_t i = 0; i < one.len; i++)
		hold((unsigned char)one.buf[i] >= 0x20 && one.buf[i] != 0x7f);
	hold(call_text(&other, &call, &peer) == hash && strcmp(one.buf, other.buf) == 0);
	return 0;
}
