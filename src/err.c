/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err.c - storing one failure, and the only place that prints it.
 *
 * Should: work in a child that may not allocate; keep errno; print one line, escaped.
 * Mustn't: be called to print by anything but the spine.
 */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

static bool is_note_off;

static void __attribute__((format(printf, 4, 0)))
store(struct err *err, int num, bool raw, const char *fmt, va_list ap)
{
	int saved = errno;

	if (!err->is_set) {
		(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
		err->num = num;
		err->raw = raw;
		err->exit = EXIT_SETUP;
		err->is_set = true;
	}
	errno = saved;
}

int err_set(struct err *err, int num, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	store(err, num, false, fmt, ap);
	va_end(ap);
	return num > 0 ? -num : -EINVAL;
}

int err_say(struct err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	store(err, EINVAL, true, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

void err_hint(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	if (err->is_set && !err->hint[0]) {
		va_start(ap, fmt);
		(void)vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
		va_end(ap);
	}
	errno = saved;
}

static bool is_raw;

void err_raw(bool yes)
{
	is_raw = yes;
}

/* In one piece, so that lines of several launchers do not mix; a closed stderr is not our failure. */
static void print_line(const char *prefix, const char *text)
{
	char safe[4096];
	char line[4200];
	int len;

	escape(safe, sizeof(safe), text);
	len = snprintf(line, sizeof(line), "%s%s%s\n", prefix, safe, is_raw ? "\r" : "");
	if (len > 0)
		write_out(STDERR_FILENO, line, (size_t)len);
}

void err_print(const struct err *err, const char *where)
{
	char text[2048];

	if (err->raw || !err->num)
		(void)snprintf(text, sizeof(text), "%s%s%s", where, where[0] ? ": " : "", err->msg);
	else
		(void)snprintf(text, sizeof(text), "%s%s%s: %s", where, where[0] ? ": " : "",
			       err->msg, strerror(err->num));
	print_line("pillbox: ", text);
	if (err->hint[0])
		print_line("hint: ", err->hint);
}

void note_off(void)
{
	is_note_off = true;
}

void tell(const char *prefix, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	print_line(prefix, text);
}

void note(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (is_note_off)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	print_line("pillbox: note: ", text);
}
