/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_page.c - any bytes in the failure page, as a hostile child would leave it, through to the line
 * that is printed.
 *
 * Input: a byte of switches, then the page; what is missing is zero. What must hold for every input is
 * asserted: one line `pillbox: ...` and at most one `hint: ...`, no control byte in them, of bounded
 * length; an exit status of ours and an error number that exists.
 */
#include <errno.h>
#include <linux/memfd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runner.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Of the sanitizers: their reports go where stderr was. */
void __sanitizer_set_report_fd(void *fd);

static int out_fd, real_fd;

static void hold(int is_true)
{
	if (!is_true)
		abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	out_fd = memfd_create("stderr", MFD_CLOEXEC);
	real_fd = dup(STDERR_FILENO);
	hold(out_fd >= 0 && real_fd >= 0);
	__sanitizer_set_report_fd((void *)(uintptr_t)real_fd);
	return 0;
}

/* What err_print() writes. */
static size_t printed(const struct err *err, const char *where, char *buf, size_t size)
{
	ssize_t n;

	hold(ftruncate(out_fd, 0) == 0 && lseek(out_fd, 0, SEEK_SET) == 0);
	hold(dup2(out_fd, STDERR_FILENO) == STDERR_FILENO);
	err_print(err, where);
	hold(dup2(real_fd, STDERR_FILENO) == STDERR_FILENO);
	n = pread(out_fd, buf, size, 0);
	hold(n > 0 && (size_t)n < size);
	return (size_t)n;
}

static const char *line_hold(const char *at, const char *end, const char *prefix)
{
	const char *line_end = memchr(at, '\n', (size_t)(end - at));

	hold(line_end && line_end - at < 4200);
	hold(strncmp(at, prefix, strlen(prefix)) == 0);
	for (; at < line_end; at++)
		hold((unsigned char)*at >= 0x20 && *at != 0x7f);
	return line_end + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char buf[16384];
	static struct page page;
	struct err err;
	const char *end, *at = buf;

	if (size < 1)
		return 0;
	memset((void *)&page, 0, sizeof(page));
	memcpy((void *)&page, data + 1, size - 1 < sizeof(page) ? size - 1 : sizeof(page));
	/* Mutations seldom reach the error behind the numbers: with a switch they begin there. */
	if (data[0] & 1)
		memcpy((void *)&page.err, data + 1,
		       size - 1 < sizeof(page.err) ? size - 1 : sizeof(page.err));
	page_err(&page, &err);
	hold(err.num >= 0 && err.num <= 4095);
	hold(err.exit == EXIT_SETUP || err.exit == EXIT_NOT_EXEC || err.exit == EXIT_NOT_FOUND);
	hold(strnlen(err.msg, sizeof(err.msg)) < sizeof(err.msg));
	hold(strnlen(err.hint, sizeof(err.hint)) < sizeof(err.hint));
	/* Clean-up code adds to it, or tries to. */
	err_hint(&err, "a hint of %d bytes", 5);
	(void)err_set(&err, EIO, "later");
	end = buf + printed(&err, data[0] & 2 ? "exec" : "", buf, sizeof(buf));
	at = line_hold(at, end, "pillbox: ");
	if (at < end)
		at = line_hold(at, end, "hint: ");
	hold(at == end);
	return 0;
}
