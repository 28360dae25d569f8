/* SPDX-License-Identifier: Apache-2.0 */
/*
 * caps_names.c - capability names, by libcap-ng.
 *
 * Should: accept what Docker accepts: any case, "CAP_" or not, ALL; print names one way.
 * Mustn't: look at or change the capabilities of any process.
 */
#include <cap-ng.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "caps_names.h"
#include "nearest.h"
#include "spec.h"

/* The longest name, CHECKPOINT_RESTORE, and room to spare. */
#define NAME_MAX_LEN 32

uint64_t caps_known(void)
{
	return (1ULL << (CAP_LAST_CAP + 1)) - 1;
}

int cap_by_name(const char *name, unsigned *ret)
{
	const char *bare = strncasecmp(name, "CAP_", 4) == 0 ? name + 4 : name;

	for (unsigned cap = 0; cap <= CAP_LAST_CAP; cap++) {
		const char *known = capng_capability_to_name(cap);

		if (known && strcasecmp(known, bare) == 0) {
			*ret = cap;
			return 0;
		}
	}
	return -EINVAL;
}

const char *cap_name(unsigned cap, char *buf, size_t size)
{
	const char *known = cap <= CAP_LAST_CAP ? capng_capability_to_name(cap) : NULL;
	size_t i;

	if (!known) {
		snprintf(buf, size, "CAP_%u", cap);
		return buf;
	}
	for (i = 0; known[i] && i + 1 < size; i++)
		buf[i] = known[i] >= 'a' && known[i] <= 'z' ? (char)(known[i] - 'a' + 'A')
							    : known[i];
	buf[i] = '\0';
	return buf;
}

static const char *name_at(size_t i)
{
	return i <= CAP_LAST_CAP ? capng_capability_to_name((unsigned)i) : "ALL";
}

const char *cap_nearest(const char *name, char *buf, size_t size)
{
	const char *bare = strncasecmp(name, "CAP_", 4) == 0 ? name + 4 : name;
	const char *near = nearest(bare, name_at, CAP_LAST_CAP + 2);
	unsigned cap;

	return near && cap_by_name(near, &cap) == 0 ? cap_name(cap, buf, size) : NULL;
}

static int unknown(const char *name, const char *origin, struct err *err)
{
	char near[NAME_MAX_LEN];
	int rc = err_say(err, "%s: %s is no capability", origin, *name ? name : "an empty name");

	if (cap_nearest(name, near, sizeof(near)))
		err_hint(err, "did you mean %s?", near);
	else
		err_hint(err, "capabilities(7) lists them; ALL means all of them");
	return rc;
}

int caps_parse(const char *list, const char *origin, uint64_t *set, struct err *err)
{
	uint64_t found = 0;

	for (const char *at = list;; at++) {
		size_t len = strcspn(at, ",");
		char name[NAME_MAX_LEN + 8];
		unsigned cap;

		snprintf(name, sizeof(name), "%.*s", (int)(len < sizeof(name) ? len : sizeof(name)),
			 at);
		if (strcasecmp(name, "ALL") == 0 || strcasecmp(name, "CAP_ALL") == 0)
			found |= CAP_ALL_BIT;
		else if (len < sizeof(name) && cap_by_name(name, &cap) == 0)
			found |= 1ULL << cap;
		else
			return unknown(name, origin, err);
		at += len;
		if (!*at)
			break;
	}
	*set |= found;
	return 0;
}

const char *caps_text(uint64_t caps, char *buf, size_t size)
{
	size_t used = 0;

	snprintf(buf, size, "none");
	for (unsigned cap = 0; cap < 63; cap++) {
		char name[NAME_MAX_LEN];
		int len;

		if (!(caps & (1ULL << cap)))
			continue;
		len = snprintf(buf + used, size - used, "%s%s", used ? " " : "",
			       cap_name(cap, name, sizeof(name)));
		if (len < 0 || (size_t)len >= size - used)
			break;
		used += (size_t)len;
	}
	return buf;
}
