/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_host.c - any bytes as what the host's /proc and control groups show: /proc/self/cgroup and
 * mountinfo, controllers, events, io.stat, id maps, AppArmor's labels.
 *
 * Input: texts with a 0xff byte between them, each given to every reader. What must hold for every
 * input is asserted: terminated texts within their buffers, escapes undone no further than once, a
 * place for a group only below what the text names.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "ids.h"
#include "lsm.h"
#include "stats.h"
#include "step.h"
#include "verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(int is_true)
{
	if (!is_true)
		abort();
}

#define HOLD_TEXT(buf) hold(strnlen(buf, sizeof(buf)) < sizeof(buf))

/* Up to the next 0xff, as a text of its own, so that a sanitizer sees a read beyond its end. */
static char *piece(const uint8_t **at, const uint8_t *end, size_t *ret_len)
{
	const uint8_t *sep = *at < end ? memchr(*at, 0xff, (size_t)(end - *at)) : NULL;
	size_t len = (size_t)((sep ? sep : end) - *at);
	char *text = malloc(len + 1);

	hold(text != NULL);
	memcpy(text, *at, len);
	text[len] = '\0';
	*at = sep ? sep + 1 : end;
	*ret_len = len;
	return text;
}

static void try_groups(const char *self, const char *mounts)
{
	static struct cgroup_host h;
	static struct cgroup_place place;
	struct cgroup_ask ask = {.need = CTL_MEMORY,
				 .want = CTL_PIDS | CTL_CPU,
				 .uid = 1000,
				 .self = 1,
				 .run = "/nonexistent",
				 .unit = "pillbox-fuzz.scope",
				 .exe = "/nonexistent/pillbox"};
	struct err err = {0};
	int rc;

	memset(&h, 0, sizeof(h));
	memset(&place, 0, sizeof(place));
	cgroup_parse_self(self, &h);
	cgroup_parse_mounts(mounts, &h);
	HOLD_TEXT(h.path);
	HOLD_TEXT(h.mount);
	HOLD_TEXT(h.root);
	for (unsigned i = 0; i < CTL_COUNT; i++)
		HOLD_TEXT(h.v1_mount[i]);
	hold((h.v1 & ~((1U << CTL_COUNT) - 1)) == 0);
	hold(!h.mount[0] || strlen(h.mount) <= strlen(mounts));
	/* Only where the text can't name a directory of this machine's: the ladder reads it. */
	if (strncmp(h.mount, "/sys", 4) == 0 || strncmp(h.mount, "/proc", 5) == 0 ||
	    strstr(h.mount, "..") || h.mount[0] != '/')
		return;
	rc = cgroup_place(&h, &ask, &place, &err);
	hold(rc == 0 || (err.is_set && err.msg[0]));
	hold(rc != 0 || strncmp(place.parent, h.mount, strlen(h.mount)) == 0);
}

static void try_stats(const char *text)
{
	static const char *const keys[] = {"oom_kill", "max", "nr_periods", "", "usage_usec"};
	char buf[64];
	struct usage u = {0};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		(void)usage_key(text, keys[i]);
		(void)cgroup_key(text, keys[i]);
	}
	usage_io(text, &u);
	hold((cgroup_parse_controllers(text) & ~((1U << CTL_COUNT) - 1)) == 0);
	cgroup_ctl_list(cgroup_parse_controllers(text), '+', buf, sizeof(buf));
	HOLD_TEXT(buf);
	cgroup_size_text(u.io_read_bytes, buf, sizeof(buf));
	HOLD_TEXT(buf);
	(void)cgroup_same("memory.max", text, "max\n");
	(void)cgroup_same("cpuset.cpus", "0-3", text);
	(void)cgroup_same("io.max", text, text);
}

static void try_rest(const char *text, size_t len)
{
	struct id_extent map[OWN_EXTENTS];
	struct err err = {0};
	size_t n = 0;

	if (idmap_parse(text, map, OWN_EXTENTS, &n) == 0)
		hold(n <= OWN_EXTENTS);
	(void)apparmor_label_check(text, "pillbox-default");
	if (apparmor_name_check(text, &err) == 0) {
		hold(len > 0 && !strchr(text, '\n') && !err.is_set);
		(void)apparmor_label_check("pillbox-default (enforce)", text);
	} else {
		hold(err.is_set);
	}
	(void)verify_option(text, "ro");
	(void)verify_option("rw,nosuid", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *at = data, *end = data + size;
	size_t len, other_len;
	char *self = piece(&at, end, &len), *mounts = piece(&at, end, &other_len);

	try_groups(self, mounts);
	try_groups(mounts, self);
	try_stats(self);
	try_stats(mounts);
	try_rest(self, len);
	try_rest(mounts, other_len);
	free(self);
	free(mounts);
	return 0;
}
