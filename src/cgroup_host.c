/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_host.c - what /proc says about cgroups on this host, as a struct.
 *
 * Should: be pure; take any text, as a container's /proc may show any.
 * Mustn't: decide anything from it: cgroup_find.c does.
 */
#include "cgroup.h"

#include <stdio.h>
#include <string.h>

static const char *const ctl_names[CTL_COUNT] = {"cpu", "cpuset", "memory", "pids", "io"};

static unsigned ctl_by_name(const char *name, size_t len)
{
	if (len == 5 && !memcmp(name, "blkio", 5))
		return CTL_IO; /* its name in cgroup v1 */
	for (unsigned i = 0; i < CTL_COUNT; i++)
		if (strlen(ctl_names[i]) == len && !memcmp(name, ctl_names[i], len))
			return 1u << i;
	return 0;
}

/* Names separated by any of `sep`, at most `len` bytes. */
static unsigned ctl_set(const char *text, size_t len, const char *sep)
{
	unsigned set = 0;

	for (size_t i = 0; i < len;) {
		size_t word = strcspn(text + i, sep);

		if (word > len - i)
			word = len - i;
		set |= ctl_by_name(text + i, word);
		i += word + 1;
	}
	return set;
}

const char *cgroup_ctl_name(unsigned i)
{
	return ctl_names[i];
}

unsigned cgroup_parse_controllers(const char *text)
{
	return ctl_set(text, strlen(text), " \n");
}

void cgroup_ctl_list(unsigned set, char sign, char *buf, size_t size)
{
	const char mark[2] = {sign, '\0'};
	size_t used = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < CTL_COUNT && used < size; i++) {
		int len;

		if (!(set & 1u << i))
			continue;
		len = snprintf(buf + used, size - used, "%s%s%s", used ? " " : "", mark,
			       ctl_names[i]);
		used += len > 0 ? (size_t)len : 0;
	}
}

/* ---- the two files of /proc ----------------------------------------------------------------- */

bool cgroup_keep(char *out, size_t size, const char *text, size_t len)
{
	if (len >= size)
		return false;
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

/* cgroups(7): "hierarchy-ID:controller-list:path", v2 has ID 0 and no list. */
void cgroup_parse_self(const char *text, struct cgroup_host *h)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		const char *list = memchr(text, ':', len);
		const char *path = list ? memchr(list + 1, ':', len - (size_t)(list + 1 - text))
					: NULL;

		if (path) {
			size_t path_len = len - (size_t)(path + 1 - text);

			if (!strncmp(text, "0::", 3))
				h->has_path = cgroup_keep(h->path, sizeof(h->path), path + 1,
							  path_len);
			else
				h->v1 |= ctl_set(list + 1, (size_t)(path - list - 1), ",");
		}
		text += len + (text[len] == '\n');
	}
}

/* One field of mountinfo, with its octal escapes (blank, tab, newline, backslash) undone. */
static bool unescape(char *out, size_t size, const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '\\' && i + 3 < len && text[i + 1] >= '0' && text[i + 1] <= '3') {
			c = (char)((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
				   (text[i + 3] - '0'));
			i += 3;
		}
		if (n + 1 >= size)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	return true;
}

/*
 * proc(5): "36 35 98:0 /root /mount rw,noatime master:1 - type source super-options". Mounts come
 * in the order they were made; the first cgroup2 mount that shows our group is the one to use.
 */
static void parse_mount(const char *line, size_t len, struct cgroup_host *h)
{
	const char *field[32];
	size_t field_len[32];
	size_t n = 0, dash = 0;
	char type[16];

	for (size_t i = 0; i < len && n < ARRAY_SIZE(field);) {
		size_t word = strcspn(line + i, " ");

		word = word > len - i ? len - i : word;
		field[n] = line + i;
		field_len[n] = word;
		if (!dash && n >= 6 && word == 1 && line[i] == '-')
			dash = n;
		n++;
		i += word + 1;
	}
	if (!dash || dash + 3 >= n ||
	    !cgroup_keep(type, sizeof(type), field[dash + 1], field_len[dash + 1]))
		return;
	if (!strcmp(type, "cgroup")) {
		unsigned set = ctl_set(field[dash + 3], field_len[dash + 3], ",");

		h->v1 |= set;
		for (unsigned i = 0; i < CTL_COUNT; i++)
			if (set & 1u << i && !h->v1_mount[i][0])
				(void)unescape(h->v1_mount[i], sizeof(h->v1_mount[i]), field[4],
					       field_len[4]);
	} else if (!strcmp(type, "cgroup2")) {
		char root[PATH_MAX];

		if (!unescape(root, sizeof(root), field[3], field_len[3]))
			return;
		if (h->mount[0] &&
		    (!h->has_path || path_below(h->path, h->root) || !path_below(h->path, root)))
			return;
		if (unescape(h->mount, sizeof(h->mount), field[4], field_len[4]))
			(void)cgroup_keep(h->root, sizeof(h->root), root, strlen(root));
	}
}

void cgroup_parse_mounts(const char *text, struct cgroup_host *h)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		parse_mount(text, len, h);
		text += len + (text[len] == '\n');
	}
}
