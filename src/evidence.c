/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence.c - what the kernel shows of a process, as lines that can be compared.
 *
 * Theory of operation
 *
 * Nothing here knows a step. All that /proc shows of the process is read before and after, and what
 * differs is what the step did, as far as it can be seen from outside. So the narration cannot
 * claim more than the kernel says, and a step that was taken out shows no change.
 *
 * Should: read /proc only.
 * Mustn't: judge (verify.c does), or know what a step is meant to change.
 */
#include "evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

/* The first word of a line; a line belongs to the kind whose name it starts with. */
enum kind { KIND_NS, KIND_COUNT };
static const char *const kinds[KIND_COUNT] = {"ns/"};

__attribute__((format(printf, 2, 3))) static void add(struct evidence *e, const char *fmt, ...)
{
	char **grown = realloc(e->line, (e->n + 1) * sizeof(*grown));
	char *text = NULL;
	va_list ap;

	if (!grown)
		return; /* a line less in a story */
	e->line = grown;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) >= 0)
		e->line[e->n++] = text;
	va_end(ap);
}

static char *slurp(pid_t pid, const char *file)
{
	char path[64];
	char *text = NULL;
	size_t len;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return read_file(AT_FDCWD, path, 16 << 20, &text, &len) < 0 ? NULL : text;
}

static void read_links(struct evidence *e, pid_t pid)
{
	static const char *const links[] = {"ns/user", "ns/mnt", "ns/pid",    "ns/net",
					    "ns/ipc",  "ns/uts", "ns/cgroup", "ns/time"};
	char path[64], target[256];

	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		ssize_t n;

		(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, links[i]);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0) { /* not dumpable: its links are for nobody */
			e->hidden |= 1U << KIND_NS;
			return;
		}
		target[n] = '\0';
		add(e, "%s %s", links[i], target);
	}
}

/* The fields of status that a sandbox is about. */
static void read_status(struct evidence *e, pid_t pid)
{
	static const char *const fields[] = {"Umask",  "Uid",        "Gid",     "Groups",
					     "NSpid",  "CapInh",     "CapPrm",  "CapEff",
					     "CapBnd", "CapAmb",     "Seccomp", "Seccomp_filters",
					     "SigBlk", "NoNewPrivs", "SigIgn"};
	auto_free char *text = slurp(pid, "status");
	char *save = NULL;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		size_t len = strcspn(line, ":");

		for (char *p = line; *p; p++)
			*p = *p == '\t' ? ' ' : *p;
		for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
			if (strlen(fields[i]) == len && !memcmp(line, fields[i], len))
				add(e, "%.*s: %s", (int)len, line,
				    line + len + 1 + strspn(line + len + 1, " \t"));
	}
}

/* Each line of a file under one name, runs of blanks made one. */
static void read_lines(struct evidence *e, pid_t pid, const char *file, const char *name)
{
	auto_free char *text = slurp(pid, file);
	char *save = NULL;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *out = line;

		for (const char *p = line; *p; p++) {
			char c = *p == '\t' ? ' ' : *p;

			if (c != ' ' || (out > line && out[-1] != ' '))
				*out++ = c;
		}
		while (out > line && out[-1] == ' ')
			out--;
		*out = '\0';
		add(e, "%s %s", name, line);
	}
}

/*
 * proc(5): "36 35 98:0 /root /mount rw,noatime master:1 - type source super". Numbers are left out:
 * they change with every copy and say nothing.
 */
static void read_mounts(struct evidence *e, pid_t pid)
{
	auto_free char *text = slurp(pid, "mountinfo");
	char *save = NULL;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		char root[4096], point[4096], options[256], type[64];
		const char *dash = strstr(line, " - ");
		const char *shared = strstr(line, " shared:");
		bool is_shared = shared && dash && shared < dash;

		if (!dash ||
		    sscanf(line, "%*d %*d %*s %4095s %4095s %255s", root, point, options) != 3 ||
		    sscanf(dash + 3, "%63s", type) != 1)
			continue;
		add(e, "mount %s %s %s%s%s%s", point, type, options, is_shared ? " shared" : "",
		    strcmp(root, "/") ? " of " : "", strcmp(root, "/") ? root : "");
	}
}

static void read_misc(struct evidence *e, pid_t pid)
{
	auto_free char *stat = slurp(pid, "stat");
	const char *rest = stat ? strrchr(stat, ')') : NULL;
	int session, tty;

	/* proc(5): after the name: state, ppid, pgrp, session, tty_nr */
	if (rest && sscanf(rest + 1, " %*c %*d %*d %d %d", &session, &tty) == 2) {
		add(e, "session %d", session);
		add(e, "terminal %d:%d", tty >> 8 & 0xff, (tty & 0xff) | (tty >> 12 & 0xfff00));
	}
	read_lines(e, pid, "uid_map", "uid_map");
	read_lines(e, pid, "gid_map", "gid_map");
	read_lines(e, pid, "setgroups", "setgroups");
	read_lines(e, pid, "oom_score_adj", "oom_score_adj");
	read_lines(e, pid, "limits", "limit");
	read_lines(e, pid, "cgroup", "cgroup");
	read_lines(e, pid, "comm", "name");
	read_lines(e, pid, "attr/current", "label");
	read_lines(e, pid, "net/if_inet6", "address");
}

void evidence_read(struct evidence *e, pid_t pid)
{
	*e = (struct evidence){0};
	read_links(e, pid);
	read_status(e, pid);
	read_misc(e, pid);
	read_mounts(e, pid);
}

void evidence_free(struct evidence *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->line[i]);
	free(e->line);
	*e = (struct evidence){0};
}

static bool has_line(const struct evidence *e, const char *line)
{
	for (size_t i = 0; i < e->n; i++)
		if (!strcmp(e->line[i], line))
			return true;
	return false;
}

static bool is_hidden(unsigned hidden, const char *line)
{
	for (unsigned i = 0; i < KIND_COUNT; i++)
		if (hidden & 1U << i && !strncmp(line, kinds[i], strlen(kinds[i])))
			return true;
	return false;
}

/* The name of the fact: "ns/mnt", "CapEff:"; of a mount also where it is. */
static size_t key_len(const char *line)
{
	size_t len = strcspn(line, " ");

	if (!strncmp(line, "mount ", 6))
		len += 1 + strcspn(line + len + 1, " ");
	else if (!strncmp(line, "limit ", 6)) /* "limit Max core file size 0 ..." */
		len += strcspn(line + len, "0123456789u");
	return len;
}

/* The one line that `a` has and `b` has not, of the same fact as `line`; NULL: none, or several. */
static const char *only_other(const struct evidence *a, const struct evidence *b, const char *line)
{
	size_t len = key_len(line);
	const char *found = NULL;

	for (size_t i = 0; i < a->n; i++) {
		if (key_len(a->line[i]) != len || memcmp(a->line[i], line, len) != 0 ||
		    has_line(b, a->line[i]))
			continue;
		if (found)
			return NULL;
		found = a->line[i];
	}
	return found;
}

void evidence_diff(const struct evidence *old, const struct evidence *now,
		   void (*each)(const char *was, const char *is, size_t key, void *arg), void *arg)
{
	unsigned hidden = old->hidden | now->hidden;

	for (size_t i = 0; i < old->n; i++) {
		const char *line = old->line[i];
		const char *other;

		if (is_hidden(hidden, line) || has_line(now, line))
			continue;
		other = only_other(now, old, line);
		if (other && !only_other(old, now, line))
			other = NULL;
		each(line, other, key_len(line), arg);
	}
	for (size_t i = 0; i < now->n; i++) {
		const char *line = now->line[i];

		if (is_hidden(hidden, line) || has_line(old, line))
			continue;
		if (only_other(old, now, line) && only_other(now, old, line))
			continue; /* told as a change above */
		each(NULL, line, key_len(line), arg);
	}
}
