/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.c - the payload's lines, made comparable and compared.
 *
 * Should:  keep every line; say of each difference what it is about.
 * Mustn't: judge by what differs anyway: the numbers of namespaces, keyrings and pipes.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "order.h"

/* "ns.net=net:[4026531840]" to "ns.net=host" or "=own"; "keyring=4711" likewise. */
static void tidy_line(char *line)
{
	char path[64], ours[64];
	char *value = strchr(line, '=');
	ssize_t n;

	line[strcspn(line, "\r")] = '\0';
	if (!value++)
		return;
	if (!strncmp(line, "ns.", 3)) {
		snprintf(path, sizeof(path), "/proc/self/ns/%.*s", (int)(value - 1 - line - 3),
			 line + 3);
		n = readlink(path, ours, sizeof(ours) - 1);
		if (n > 0) {
			ours[n] = '\0';
			strcpy(value, strcmp(value, ours) ? "own" : "host");
		}
	} else if (!strncmp(line, "keyring=", 8) && value[0] >= '0' && value[0] <= '9') {
		long key = syscall(SYS_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */, -3 /* session */, 0);

		strcpy(value, strtol(value, NULL, 10) == key ? "caller" : "own");
	} else if (!strncmp(line, "fd.", 3) && strchr(value, '[')) {
		*strchr(value, '[') = '\0';
	}
}

/* All lines, tidied, with the same line end; in place. */
void facts_tidy(char *text)
{
	char *out = malloc(MAX_FACTS), *save = NULL;
	size_t len = 0;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		tidy_line(line);
		len += (size_t)snprintf(out + len, MAX_FACTS - len, "%s\n", line);
		if (len >= MAX_FACTS)
			break;
	}
	strcpy(text, out);
	free(out);
}

static bool has_line(const char *text, const char *line, size_t len)
{
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, "\n");

		if (n == len && !memcmp(p, line, len))
			return true;
		p += n + (p[n] == '\n');
	}
	return false;
}

/*
 * "mount=/tmp tmpfs ..." is about "mount:/tmp", every other line about what is before the '='. What
 * lies on /proc is one fact.
 */
static void line_key(const char *line, char *key, size_t size)
{
	const char *value = line + strcspn(line, "=\n");

	if (strncmp(line, "mount=", 6) != 0 && strncmp(line, "mountroot=", 10) != 0)
		snprintf(key, size, "%.*s", (int)(value - line), line);
	else if (!strncmp(value, "=/proc/", 7))
		snprintf(key, size, "mount:/proc/*");
	else
		snprintf(key, size, "mount:%.*s", (int)strcspn(value + 1, " \n"), value + 1);
}

void facts_add(char *keys, size_t size, const char *key)
{
	size_t len = strlen(keys), n = strlen(key);

	for (const char *p = keys; p && *p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (!strncmp(p, key, n) && (p[n] == ',' || !p[n]))
			return;
	if (strcmp(key, "mounts") != 0 && len + n + 2 < size) /* their number says nothing more */
		sprintf(keys + len, "%s%s", len ? "," : "", key);
}

/* The keys of all lines that only one of the two texts has. */
void facts_differ(const char *a, const char *b, char *keys, size_t size)
{
	char key[128];

	for (int turn = 0; turn < 2; turn++) {
		for (const char *p = a; *p;) {
			size_t n = strcspn(p, "\n");

			if (!has_line(b, p, n)) {
				line_key(p, key, sizeof(key));
				facts_add(keys, size, key);
			}
			p += n + (p[n] == '\n');
		}
		const char *other = a;

		a = b;
		b = other;
	}
}
