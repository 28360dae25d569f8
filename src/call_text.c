/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_text.c - a system call with its arguments as a person would write it.
 *
 * Should: work without the heap, in the listener's process.
 * Mustn't: print a byte of the workload's as it is.
 */
#include "call_text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "calls.h"
#include "profile.h"
#include "util.h"

#define PATH_SHOWN 200

uint32_t call_arch(const struct seccomp_data *call)
{
	if (call->arch == AUDIT_ARCH_X86_64)
		return (uint32_t)call->nr & 0x40000000U ? SCMP_ARCH_X32 : SCMP_ARCH_X86_64;
	return call->arch; /* the others have the same value for both */
}

void text_add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, sizeof(t->buf) - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len = t->len + (size_t)n < sizeof(t->buf) ? t->len + (size_t)n
							     : sizeof(t->buf) - 1;
}

/* ---- arguments ------------------------------------------------------------------------------ */

static void add_quoted(struct text *t, const char *text)
{
	char safe[4 * PATH_SHOWN];

	escape(safe, sizeof(safe), text);
	text_add(t, "\"%s\"", safe);
}

static void add_path(struct text *t, const struct peer *p, uint64_t addr)
{
	char path[PATH_SHOWN];

	if (!addr)
		text_add(t, "NULL");
	else if (peer_string(p, addr, path, sizeof(path)))
		text_add(t, "0x%llx", (unsigned long long)addr);
	else
		add_quoted(t, path);
}

static void add_unix(struct text *t, const struct sockaddr_un *un, size_t len)
{
	size_t n = len - offsetof(struct sockaddr_un, sun_path);
	char name[sizeof(un->sun_path) + 2] = "";
	bool is_abstract = n > 0 && un->sun_path[0] == '\0';

	/* An abstract name begins with a NUL byte, and is written with an @. */
	if (n > sizeof(un->sun_path))
		n = sizeof(un->sun_path);
	memcpy(name, un->sun_path, n);
	if (is_abstract)
		name[0] = '@';
	add_quoted(t, name);
}

static void add_sockaddr(struct text *t, const struct peer *p, uint64_t addr, uint64_t len)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
		struct sockaddr_nl nl;
	} sa = {0};
	char host[INET6_ADDRSTRLEN] = "", family[64];
	size_t want = len < sizeof(sa) ? (size_t)len : sizeof(sa);
	long n = addr ? peer_read(p, addr, &sa, want) : -EFAULT;

	if (n < (long)sizeof(sa.any.sa_family)) {
		text_add(t, "0x%llx", (unsigned long long)addr);
		return;
	}
	switch (sa.any.sa_family) {
	case AF_INET:
		text_add(t, "%s:%u", inet_ntop(AF_INET, &sa.in.sin_addr, host, sizeof(host)),
			 ntohs(sa.in.sin_port));
		return;
	case AF_INET6:
		text_add(t, "[%s]:%u", inet_ntop(AF_INET6, &sa.in6.sin6_addr, host, sizeof(host)),
			 ntohs(sa.in6.sin6_port));
		return;
	case AF_UNIX:
		add_unix(t, &sa.un, (size_t)n);
		return;
	case AF_NETLINK:
		text_add(t, "{AF_NETLINK, pid %u, groups 0x%x}", sa.nl.nl_pid, sa.nl.nl_groups);
		return;
	default:
		text_add(t, "{%s}",
			 call_value_text("family", sa.any.sa_family, family, sizeof(family)));
		return;
	}
}

static bool is_word(const char *word, size_t len, const char *name)
{
	return strlen(name) == len && !strncmp(word, name, len);
}

/* Words whose values say nothing about what kind of call it is. */
static bool is_plain(const char *word, size_t len)
{
	static const char *const plain[] = {"int",  "fd",  "at",  "path", "ptr",  "sockaddr",
					    "mode", "pid", "uid", "gid",  "size", "hex"};

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (is_word(word, len, plain[i]))
			return true;
	return false;
}

static void add_arg(struct text *t, const struct peer *p, const struct seccomp_data *call,
		    unsigned i, const char *word, size_t len)
{
	uint64_t v = call->args[i];
	char kind[16], value[200];

	if (is_word(word, len, "path"))
		add_path(t, p, v);
	else if (is_word(word, len, "sockaddr"))
		add_sockaddr(t, p, v, i + 1 < PROFILE_ARGS ? call->args[i + 1] : 0);
	else if (is_word(word, len, "at") && (int)v == AT_FDCWD)
		text_add(t, "AT_FDCWD");
	else if (is_word(word, len, "mode"))
		text_add(t, "0%llo", (unsigned long long)v);
	else if (is_word(word, len, "ptr") || is_word(word, len, "hex"))
		text_add(t, v ? "0x%llx" : "0", (unsigned long long)v);
	else if (is_word(word, len, "size"))
		text_add(t, "%llu", (unsigned long long)v);
	else if (is_plain(word, len))
		text_add(t, "%d", (int)v);
	else if (snprintf(kind, sizeof(kind), "%.*s", (int)len, word) > 0)
		text_add(t, "%s", call_value_text(kind, v, value, sizeof(value)));
}

/* "name(arg, arg)"; with words for the arguments where they are known. Returns its hash. */
uint64_t call_text(struct text *t, const struct seccomp_data *call, const struct peer *p)
{
	const char *name = call_name(call_arch(call), (uint32_t)call->nr);
	const struct call_info *info = name ? call_info(name) : NULL;
	const char *words = info && info->args ? info->args : "";
	uint64_t hash = 14695981039346656037ULL;
	unsigned n = 0;

	hash = hash_mix(hash, call->arch);
	hash = hash_mix(hash, (uint64_t)call->nr);
	if (name)
		text_add(t, "%s(", name);
	else
		text_add(t, "system call %u(", (unsigned)call->nr);
	for (const char *word = words; *word && n < PROFILE_ARGS; n++) {
		size_t len = strcspn(word, " "), from;

		if (n)
			text_add(t, ", ");
		from = t->len;
		add_arg(t, p, call, n, word, len);
		if (!is_plain(word, len))
			hash = hash_mix(hash, call->args[n]);
		/* Where to is what makes it another call; a name of a file is not. */
		for (size_t at = from; is_word(word, len, "sockaddr") && at < t->len; at++)
			hash = hash_mix(hash, (uint64_t)t->buf[at]);
		word += len;
		word += strspn(word, " ");
	}
	text_add(t, ")");
	return hash ? hash : 1;
}
