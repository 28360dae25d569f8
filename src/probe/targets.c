/* SPDX-License-Identifier: Apache-2.0 */
/*
 * targets.c - what outside offers to attack, as it was told to us.
 *
 * Should:  refuse what cannot be: a typing error would make a row look blocked.
 */
#include <stdlib.h>
#include <string.h>

#include "probe.h"
#include "util.h"

struct targets targets = {.shm = -1, .pts = -1};
const char *const ns_names[NS_KINDS] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"};

static bool text_set(char *buf, size_t size, const char *value)
{
	if (!value[0] || strlen(value) >= size)
		return false;
	memcpy(buf, value, strlen(value) + 1);
	return true;
}

static bool number_set(const char *key, const char *value)
{
	uint64_t n;

	if (parse_u64(value, INT64_MAX, &n) < 0)
		return false;
	if (!strcmp(key, "pid") && n && n <= INT32_MAX)
		targets.pid = (pid_t)n;
	else if (!strcmp(key, "port") && n && n <= UINT16_MAX)
		targets.port = (unsigned)n;
	else if (!strcmp(key, "shm") && n <= INT32_MAX)
		targets.shm = (long)n;
	else if (!strcmp(key, "pts") && n <= INT32_MAX)
		targets.pts = (long)n;
	else if (!strcmp(key, "ptsdev") && n)
		targets.ptsdev = n;
	else if (!strcmp(key, "key") && n && n <= INT32_MAX)
		targets.key = (long)n;
	else if (!strcmp(key, "pids"))
		targets.pids = n;
	else if (!strcmp(key, "memory"))
		targets.memory = n;
	else
		return false;
	return true;
}

bool target_set(const char *text)
{
	const char *value = strchr(text, '=');
	uint64_t n;
	char key[16];

	if (!value || (size_t)(value - text) >= sizeof(key))
		return false;
	memcpy(key, text, (size_t)(value - text));
	key[value - text] = '\0';
	value++;
	if (!strcmp(key, "abstract"))
		return text_set(targets.abstract, sizeof(targets.abstract), value);
	if (!strcmp(key, "file"))
		return text_set(targets.file, sizeof(targets.file), value);
	if (!strcmp(key, "word"))
		return text_set(targets.word, sizeof(targets.word), value);
	for (int i = 0; i < NS_KINDS; i++)
		if (!strncmp(key, "ns.", 3) && !strcmp(key + 3, ns_names[i])) {
			if (parse_u64(value, UINT64_MAX, &n) < 0 || !n)
				return false;
			targets.ns[i] = n;
			return true;
		}
	return number_set(key, value);
}
