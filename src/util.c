/* SPDX-License-Identifier: Apache-2.0 */
/*
 * util.c - numbers, text, files and the arena.
 *
 * Should: be pure or read only; be strict: what is not exactly a number is not a number.
 * Mustn't: know what a sandbox is.
 */
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define READER_MS 2000 /* for whoever reads what is written, when there is no room */

#define ARENA_SIZE (32UL << 20)

void auto_close_fn(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd); /* nothing was written through it that close could lose */
	errno = saved;
}

int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

void auto_free_fn(void *p)
{
	free(*(void **)p);
}

int arena_init(struct arena *a, struct err *err)
{
	void *base = mmap(NULL, ARENA_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (base == MAP_FAILED) {
		err_set(err, errno, "memory for the request (%lu MiB)", ARENA_SIZE >> 20);
		err_hint(err, "raise the address space limit: ulimit -v unlimited");
		return -err->num;
	}
	a->base = base;
	a->used = 0;
	a->size = ARENA_SIZE;
	return 0;
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t start = (a->used + 15) & ~(size_t)15;

	if (size > a->size || start > a->size - size) {
		struct err err = {0};

		/* Every input has its own limit far below this; reaching it is a request gone mad. */
		err_say(&err, "the request needs more than %zu MiB", a->size >> 20);
		err_print(&err, "run");
		_exit(EXIT_SETUP);
	}
	a->used = start + size;
	return a->base + start;
}

char *arena_strndup(struct arena *a, const char *text, size_t len)
{
	char *copy = arena_alloc(a, len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *arena_strdup(struct arena *a, const char *text)
{
	return arena_strndup(a, text, strlen(text));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		len = 0;
	text = arena_alloc(a, (size_t)len + 1);
	va_start(ap, fmt);
	(void)vsnprintf(text, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return text;
}

char *arena_doubled(struct arena *a, const char *text, char c)
{
	char *out = arena_alloc(a, 2 * strlen(text) + 1), *at = out;

	for (; *text; text++) {
		if (*text == c)
			*at++ = c;
		*at++ = *text;
	}
	return out;
}

int *fd_table(size_t n)
{
	int *fds = calloc(n + 1, sizeof(*fds));

	for (size_t i = 0; fds && i <= n; i++)
		fds[i] = -1;
	return fds;
}

int arena_freeze(struct arena *a, struct err *err)
{
	if (mprotect(a->base, a->size, PROT_READ) < 0)
		return err_set(err, errno, "make the request read-only");
	return 0;
}

int parse_u64(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (!text[0] || (text[0] == '0' && text[1]))
		return -EINVAL;
	for (const char *p = text; *p; p++)
		if (*p < '0' || *p > '9')
			return -EINVAL;
	for (const char *p = text; *p; p++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
			return -ERANGE;
	}
	if (value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

int parse_i64(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	bool is_negative = text[0] == '-';
	uint64_t magnitude;
	int64_t value;
	int rc = parse_u64(text + is_negative, INT64_MAX, &magnitude);

	if (rc < 0)
		return rc;
	if (is_negative && !magnitude)
		return -EINVAL; /* "-0" is a typing error, not a number */
	value = is_negative ? -(int64_t)magnitude : (int64_t)magnitude;
	if (value < min || value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

int parse_id(const char *text, uint32_t *ret)
{
	uint64_t value;
	int rc = parse_u64(text, UINT32_MAX - 1, &value);

	if (rc < 0)
		return rc;
	*ret = (uint32_t)value;
	return 0;
}

static int size_shift(const char *suffix)
{
	static const struct {
		const char *name;
		int shift;
	} units[] = {
		{"", 0},    {"b", 0},  {"k", 10},  {"kb", 10}, {"m", 20},
		{"mb", 20}, {"g", 30}, {"gb", 30}, {"t", 40},  {"tb", 40},
	};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcasecmp(suffix, units[i].name))
			return units[i].shift;
	return -1;
}

int parse_size(const char *text, uint64_t *ret)
{
	uint64_t whole = 0, fraction = 0, scale = 1;
	const char *p = text;
	int shift;

	if (*p < '0' || *p > '9')
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(*p - '0'), &whole))
			return -ERANGE;
	}
	if (*p == '.') {
		if (p[1] < '0' || p[1] > '9')
			return -EINVAL;
		for (p++; *p >= '0' && *p <= '9'; p++) {
			if (scale < 1000000) { /* finer than a millionth of a unit is noise */
				fraction = fraction * 10 + (uint64_t)(*p - '0');
				scale *= 10;
			}
		}
	}
	shift = size_shift(p);
	if (shift < 0)
		return -EINVAL;
	if (whole >= (1ULL << 63) >> shift)
		return -ERANGE;
	*ret = (whole << shift) + ((fraction << shift) / scale);
	return 0;
}

uint64_t clock_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void escape(char *out, size_t size, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	for (const unsigned char *p = (const unsigned char *)text; *p && n + 5 < size; p++) {
		/* C1 controls (0x80-0x9f) drive terminals too, but as bytes they occur inside UTF-8. */
		if (*p >= 0x20 && *p != 0x7f && *p != 0x9b) {
			out[n++] = (char)*p;
			continue;
		}
		out[n++] = '\\';
		if (*p == '\n' || *p == '\t') {
			out[n++] = *p == '\n' ? 'n' : 't';
			continue;
		}
		out[n++] = 'x';
		out[n++] = hex[*p >> 4];
		out[n++] = hex[*p & 15];
	}
	out[n] = '\0';
}

int read_file(int dirfd, const char *path, size_t max, char **ret_text, size_t *ret_len)
{
	/* O_NONBLOCK: opening a FIFO without a writer would hang before fstat can refuse it. */
	auto_close int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	auto_free char *text = NULL;
	struct stat st;
	size_t len = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (st.st_size > (off_t)max)
		return -EFBIG;
	text = malloc(max + 2 < 65536 ? max + 2 : 65536);
	for (size_t room = max + 2 < 65536 ? max + 2 : 65536; text;) {
		/* proc files have size 0: read until the end, one byte beyond max tells too large */
		ssize_t n = read(fd, text + len, room - 1 - len);

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > max)
			return -EFBIG;
		if (len == room - 1) {
			char *more = realloc(text, room * 2);

			if (!more)
				return -ENOMEM;
			text = more;
			room *= 2;
		}
	}
	if (!text)
		return -ENOMEM;
	text[len] = '\0';
	*ret_text = text;
	*ret_len = len;
	text = NULL;
	return 0;
}

int write_file(int dirfd, const char *path, const char *text)
{
	auto_close int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
	size_t len = strlen(text);
	ssize_t n;

	if (fd < 0)
		return -errno;
	/* Kernel files take a value in one write; a short write is a failure, never continued. */
	n = write(fd, text, len);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int path_tidy(struct arena *a, const char *path, const char **ret)
{
	char *out;
	size_t n = 0;

	if (path[0] != '/')
		return -EINVAL;
	out = arena_alloc(a, strlen(path) + 2);
	while (*path) {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len == 2 && path[0] == '.' && path[1] == '.')
			return -EINVAL;
		if (len && !(len == 1 && path[0] == '.')) {
			out[n++] = '/';
			memcpy(out + n, path, len);
			n += len;
		}
		path += len;
	}
	if (!n)
		out[n++] = '/';
	out[n] = '\0';
	*ret = out;
	return 0;
}

bool path_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	if (len == 1 && dir[0] == '/')
		return path[0] == '/';
	return !strncmp(path, dir, len) && (path[len] == '\0' || path[len] == '/');
}

void write_out(int fd, const char *text, size_t len)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n > 0) {
			text += n;
			len -= (size_t)n;
		} else if (n == 0 || errno != EAGAIN || poll(&p, 1, READER_MS) <= 0) {
			return;
		}
	}
}
