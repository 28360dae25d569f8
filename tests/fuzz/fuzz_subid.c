/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_subid.c - any bytes as /etc/subuid, /etc/subgid and /proc/self/uid_map, through to the map.
 *
 * Input: a byte of switches, then three texts with a 0xff byte between them. What must hold for
 * every input is asserted: an accepted map has 1 to ID_EXTENTS lines, no id twice on either side,
 * and, in the initial namespace, nobody who is the host's root.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ids.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(int is_true)
{
	if (!is_true)
		abort();
}

/* Up to the next 0xff, as a text of its own, so that a sanitizer sees a read beyond its end. */
static char *piece(const uint8_t **at, const uint8_t *end, size_t *ret_len)
{
	const uint8_t *sep = *at < end ? memchr(*at, 0xff, (size_t)(end - *at)) : NULL;
	size_t len = (size_t)((sep ? sep : end) - *at);
	char *text = malloc(len + 1);

	if (!text)
		abort();
	memcpy(text, *at, len);
	text[len] = '\0';
	*at = sep ? sep + 1 : end;
	*ret_len = len;
	return text;
}

static void map_hold(const struct id_map *m, int is_initial)
{
	hold(m->n >= 1 && m->n <= ID_EXTENTS);
	for (unsigned i = 0; i < m->n; i++) {
		const struct id_extent *a = &m->ext[i];

		hold(a->count > 0);
		hold((uint64_t)a->inside + a->count <= UINT32_MAX);
		hold((uint64_t)a->outside + a->count <= UINT32_MAX);
		hold(!is_initial || a->outside != 0);
		for (unsigned k = 0; k < i; k++) {
			const struct id_extent *b = &m->ext[k];

			hold(a->inside >= b->inside + b->count ||
			     b->inside >= a->inside + a->count);
			hold(a->outside >= b->outside + b->count ||
			     b->outside >= a->outside + a->count);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct id_extent all = {0, 0, UINT32_MAX};
	static struct ids_in in;
	const uint8_t *at = data + 1, *end = data + size;
	struct err err = {.num = 0};
	char *uid_text, *gid_text, *map_text, line[256];
	size_t map_len;
	struct ids_out out;
	int is_initial;

	if (size < 1)
		return 0;
	memset(&in, 0, sizeof(in));
	in.subuid.file = "/etc/subuid";
	in.subgid.file = "/etc/subgid";
	in.subuid.text = uid_text = piece(&at, end, &in.subuid.len);
	in.subgid.text = gid_text = piece(&at, end, &in.subgid.len);
	map_text = piece(&at, end, &map_len);
	is_initial = !(data[0] & 1) ||
		     idmap_parse(map_text, in.own_uids, OWN_EXTENTS, &in.n_own_uids);
	if (is_initial) {
		in.own_uids[0] = all;
		in.n_own_uids = 1;
	}
	memcpy(in.own_gids, in.own_uids, sizeof(in.own_gids));
	in.n_own_gids = in.n_own_uids;
	in.mode = (enum userns_mode)((data[0] >> 1) % 3);
	in.caller_uid = in.caller_gid = data[0] & 8 ? 0 : 1000;
	in.owner_uid = in.owner_gid = data[0] & 16 ? 100000 : data[0] & 32 ? 101 : in.caller_uid;
	in.login = data[0] & 64 ? NULL : "alice";
	in.uid = in.gid = 1000;
	in.ino = size;
	if (!ids_choose(&in, &out, &err)) {
		map_hold(&out.uids, is_initial);
		map_hold(&out.gids, is_initial);
		hold(out.why && !err.is_set);
		hold(id_map_print(&out.uids, line, sizeof(line)) < sizeof(line) - 1);
		(void)ids_fit(&out, "fuzz", "uid", 65536, &in, &err);
	} else {
		hold(err.is_set && err.msg[0]);
	}
	free(uid_text);
	free(gid_text);
	free(map_text);
	return 0;
}
