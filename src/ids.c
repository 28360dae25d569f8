/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ids.c - choosing the id map.
 *
 * Should: follow one rule, "the owner of the rootfs is root inside", within what the caller may
 * map; refuse a map in which anything inside would be the host's root, and a request whose user or
 * group has no place in the map, before anything is touched.
 * Mustn't: read files (ids_host.c does), fall from a range to a single id because of an error, or
 * make a map of more than ID_EXTENTS lines (CVE-2018-18955).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ids.h"
#include "util.h"

#define IDS_ALL UINT32_MAX /* "0 0 4294967295": the whole space, the initial user namespace */

/* The block that systemd sets aside for containers, in units of 65536 ids. */
#define BLOCK_FIRST 8u   /* 524288 */
#define BLOCK_END 28672u /* 1879048192, exclusive */

/* One kind of id, so that uids and gids take the same path. */
struct side_in {
	const char *kind; /* "uid", "gid" */
	const struct id_text *file;
	const struct id_extent *own; /* our own namespace's map */
	size_t n_own;
	uint32_t caller, owner;
	struct subid_range r[SUBID_MAX];
	size_t n;
	bool is_outside; /* ranges exist, but none that our own map holds */
};

bool id_map_has(const struct id_map *m, uint32_t id)
{
	for (unsigned i = 0; i < m->n; i++)
		if (id >= m->ext[i].inside && id - m->ext[i].inside < m->ext[i].count)
			return true;
	return false;
}

bool id_map_has_outside(const struct id_map *m, uint32_t id)
{
	for (unsigned i = 0; i < m->n; i++)
		if (id >= m->ext[i].outside && id - m->ext[i].outside < m->ext[i].count)
			return true;
	return false;
}

uint32_t id_map_count(const struct id_map *m)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < m->n; i++)
		sum += m->ext[i].count;
	return sum;
}

size_t id_map_print(const struct id_map *m, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < m->n && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%u %u %u\n", m->ext[i].inside,
					m->ext[i].outside, m->ext[i].count);
	return len < size ? len : size - 1;
}

const char *map_kind_name(enum map_kind kind)
{
	static const char *const names[] = {
		[MAP_SINGLE] = "a single id",
		[MAP_CALLER] = "the caller and the subordinate range",
		[MAP_RANGE] = "the subordinate range",
		[MAP_ROOT] = "a range, shown through an id-mapped mount",
	};

	return names[kind];
}

/* A decimal of at most 32 bits and the blanks before it. */
static bool number_next(const char **at, uint32_t *ret)
{
	uint64_t v = 0;
	const char *p = *at;

	while (*p == ' ')
		p++;
	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (uint64_t)(*p - '0');
		if (v > UINT32_MAX)
			return false;
	}
	*at = p;
	*ret = (uint32_t)v;
	return true;
}

int idmap_parse(const char *text, struct id_extent *ret, size_t max, size_t *ret_n)
{
	size_t n = 0;

	while (*text) {
		struct id_extent e;

		if (!number_next(&text, &e.inside) || !number_next(&text, &e.outside) ||
		    !number_next(&text, &e.count) || *text != '\n')
			return -EINVAL;
		text++;
		if (n == max)
			return -E2BIG;
		ret[n++] = e;
	}
	*ret_n = n;
	return 0;
}

static bool is_whole(const struct id_extent *own, size_t n)
{
	return n == 1 && own->inside == 0 && own->outside == 0 && own->count == IDS_ALL;
}

/* The kernel accepts a line of a map only if it lies within one line of the writer's own map. */
static bool own_holds(const struct side_in *s, uint32_t start, uint32_t count)
{
	for (size_t i = 0; i < s->n_own; i++)
		if (start >= s->own[i].inside &&
		    (uint64_t)start + count <= (uint64_t)s->own[i].inside + s->own[i].count)
			return true;
	return false;
}

/* Append ids; what does not fit into ID_EXTENTS lines or 32 bits is left out. */
static void map_add(struct id_map *m, uint32_t outside, uint32_t count)
{
	uint32_t inside = id_map_count(m);

	if (count > UINT32_MAX - inside)
		count = UINT32_MAX - inside;
	if (count == 0 || m->n == ID_EXTENTS)
		return;
	m->ext[m->n++] = (struct id_extent){inside, outside, count};
}

/*
 * The ranges in their order, turned so that `first` becomes container id 0 and the ids after it
 * keep their distance: a tree that was shifted by `first` as a whole then has the right owners.
 */
static void map_turned(struct id_map *m, const struct side_in *s, uint32_t first)
{
	size_t at = 0;
	uint32_t off;

	while (at < s->n && (first < s->r[at].start || first - s->r[at].start >= s->r[at].count))
		at++;
	if (at == s->n) { /* not one of them: as they are */
		at = 0;
		first = s->r[0].start;
	}
	off = first - s->r[at].start;
	map_add(m, first, s->r[at].count - off);
	for (size_t i = 1; i < s->n; i++)
		map_add(m, s->r[(at + i) % s->n].start, s->r[(at + i) % s->n].count);
	map_add(m, s->r[at].start, off);
}

static bool in_ranges(const struct side_in *s, uint32_t id)
{
	for (size_t i = 0; i < s->n; i++)
		if (id >= s->r[i].start && id - s->r[i].start < s->r[i].count)
			return true;
	return false;
}

/* The ranges of one file that may be used. An error: a line that must not be there. */
static int side_ranges(struct side_in *s, const struct ids_in *in, struct err *err)
{
	struct subid_range all[SUBID_MAX];
	size_t n = 0;
	int res = subid_parse(s->file->file, s->file->text, s->file->len, in->login, in->caller_uid,
			      all, SUBID_MAX, &n, err);

	s->n = 0;
	for (size_t i = 0; !res && i < n; i++) {
		const struct subid_range *r = &all[i];

		if (r->start == 0)
			return err_say(err, "%s:%u: the range %u:%u includes %s 0, the host's root",
				       s->file->file, r->line, r->start, r->count, s->kind);
		if (s->caller >= r->start && s->caller - r->start < r->count)
			return err_say(
				err, "%s:%u: the range %u:%u includes the caller's own %s %u",
				s->file->file, r->line, r->start, r->count, s->kind, s->caller);
		if (own_holds(s, r->start, r->count))
			s->r[s->n++] = *r;
	}
	s->is_outside = n && !s->n;
	return res;
}

/* The lowest block that nobody has, for the cure. */
static uint32_t block_free(const struct ids_in *in)
{
	uint32_t at = 100000; /* where useradd starts, login.defs(5) */

	while (at < 4000000000u && (subid_taken(&in->subuid, at, SUBID_BLOCK) ||
				    subid_taken(&in->subgid, at, SUBID_BLOCK)))
		at += SUBID_BLOCK;
	return at;
}

static void hint_range(const struct ids_in *in, struct err *err)
{
	uint32_t at = block_free(in), end = at + SUBID_BLOCK - 1;

	if (in->login)
		err_hint(err, "as root: usermod --add-subuids %u-%u --add-subgids %u-%u %s", at,
			 end, at, end, in->login);
	else
		err_hint(err, "as root, add the line %u:%u:%u to /etc/subuid and to /etc/subgid",
			 in->caller_uid, at, SUBID_BLOCK);
}

/* splitmix64's finisher: neighbours in, far apart out. */
static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/*
 * A block for a tree of real root's: always the same for the same tree, so that what it leaves in
 * an --overlay directory still has its owner the next time; never one that a user has in subuid.
 */
static int block_choose(const struct ids_in *in, uint32_t *ret, struct err *err)
{
	const uint32_t n = BLOCK_END - BLOCK_FIRST;
	uint32_t at = (uint32_t)(mix(mix((uint64_t)in->dev) ^ (uint64_t)in->ino) % n);

	for (uint32_t i = 0; i < 64; i++) {
		uint32_t start = (BLOCK_FIRST + (at + i) % n) * SUBID_BLOCK;

		if (!subid_taken(&in->subuid, start, SUBID_BLOCK) &&
		    !subid_taken(&in->subgid, start, SUBID_BLOCK)) {
			*ret = start;
			return 0;
		}
	}
	return err_say(err,
		       "id map: /etc/subuid and /etc/subgid leave no free block for the sandbox");
}

static int choose_root(const struct ids_in *in, const struct side_in *u, const struct side_in *g,
		       struct ids_out *out, struct err *err)
{
	uint32_t start = 0;
	int res;

	out->kind = MAP_ROOT;
	if (u->n && g->n) {
		bool is_turned;

		/* A tree that is already owned by root's range needs no id-mapped mount. */
		out->kind = in_ranges(u, u->owner) ? MAP_RANGE : MAP_ROOT;
		is_turned = out->kind == MAP_RANGE && u->owner != u->r[0].start;
		map_turned(&out->uids, u, out->kind == MAP_RANGE ? u->owner : u->r[0].start);
		map_turned(&out->gids, g, is_turned ? g->owner : g->r[0].start);
		out->why = "root's range in /etc/subuid and /etc/subgid";
		return 0;
	}
	if (in->mode == USERNS_RANGE) {
		err_say(err, "--userns range: root has no range in /etc/subuid and /etc/subgid");
		err_hint(err, "leave --userns out: a block of ids that nobody has is taken then");
		return -EINVAL;
	}
	res = block_choose(in, &start, err);
	if (res)
		return res;
	map_add(&out->uids, start, SUBID_BLOCK);
	map_add(&out->gids, start, SUBID_BLOCK);
	out->why = "root is never mapped to root: a block of the ids set aside for containers";
	return 0;
}

static int choose_single(const struct ids_in *in, bool is_initial, const char *why,
			 struct ids_out *out, struct err *err)
{
	if (is_initial && (in->caller_uid == 0 || in->caller_gid == 0)) {
		err_say(err, "id map: a single id would map the sandbox's %s to the host's root",
			in->caller_uid == 0 ? "user" : "group");
		err_hint(err, in->caller_uid == 0
				      ? "leave --userns single out, or run as an ordinary user"
				      : "run with an ordinary primary group");
		return -EINVAL;
	}
	out->kind = MAP_SINGLE;
	out->why = why;
	out->uids = (struct id_map){1, {{in->uid, in->caller_uid, 1}}};
	out->gids = (struct id_map){1, {{in->gid, in->caller_gid, 1}}};
	return 0;
}

static void choose_range(const struct side_in *u, const struct side_in *g, struct ids_out *out)
{
	if (in_ranges(u, u->owner)) {
		/*
		 * Groups are turned only with the users: a tree whose base is the range's first id
		 * may well have a directory of group 42 at its top.
		 */
		bool is_turned = u->owner != u->r[0].start;

		out->kind = MAP_RANGE;
		out->why = "the rootfs is owned by an id of the caller's subordinate range";
		map_turned(&out->uids, u, u->owner);
		map_turned(&out->gids, g, is_turned ? g->owner : g->r[0].start);
		return;
	}
	out->kind = MAP_CALLER;
	out->why = u->owner == u->caller
			   ? "the caller owns the rootfs"
			   : "the rootfs is owned by somebody else, and the caller is root inside";
	map_add(&out->uids, u->caller, 1);
	map_add(&out->gids, g->caller, 1);
	map_turned(&out->uids, u, u->r[0].start);
	map_turned(&out->gids, g, g->r[0].start);
}

/* Why there is no range; NULL: there is one. */
static const char *range_absent(const struct ids_in *in, const struct side_in *u,
				const struct side_in *g, bool is_initial)
{
	if (u->is_outside || g->is_outside)
		return "the subordinate range is not in the user namespace that pillbox runs in";
	if (!u->n && !g->n)
		return "the caller has no range in /etc/subuid and /etc/subgid";
	if (!u->n)
		return "the caller has a range in /etc/subgid, but none in /etc/subuid";
	if (!g->n)
		return "the caller has a range in /etc/subuid, but none in /etc/subgid";
	if (!is_initial && in->caller_uid != 0 && !own_holds(u, 0, 1))
		return "this user namespace has no root, so newuidmap has no power in it";
	return NULL;
}

/* The last look, whatever chose the map. */
static int map_check(const struct id_map *m, const char *kind, bool is_initial, struct err *err)
{
	for (unsigned i = 0; i < m->n; i++)
		if (is_initial && m->ext[i].outside == 0)
			return err_say(err, "id map: container %s %u would be the host's root",
				       kind, m->ext[i].inside);
	return m->n ? 0 : err_say(err, "id map: no %s is mapped", kind);
}

int ids_choose(const struct ids_in *in, struct ids_out *ret, struct err *err)
{
	struct side_in u = {.kind = "uid",
			    .file = &in->subuid,
			    .own = in->own_uids,
			    .n_own = in->n_own_uids,
			    .caller = in->caller_uid,
			    .owner = in->owner_uid};
	struct side_in g = {.kind = "gid",
			    .file = &in->subgid,
			    .own = in->own_gids,
			    .n_own = in->n_own_gids,
			    .caller = in->caller_gid,
			    .owner = in->owner_gid};
	bool is_initial = is_whole(in->own_uids, in->n_own_uids);
	struct ids_out out = {.kind = MAP_SINGLE};
	const char *why = "--userns single";
	int res = 0;

	if (in->mode != USERNS_SINGLE) {
		res = side_ranges(&u, in, err);
		if (!res)
			res = side_ranges(&g, in, err);
		if (res) {
			err_hint(err, "correct the file as root, or run with --userns single");
			return res;
		}
		why = range_absent(in, &u, &g, is_initial);
	}
	if (in->mode != USERNS_SINGLE && in->caller_uid == 0 && is_initial) {
		res = choose_root(in, &u, &g, &out, err);
	} else if (!why) {
		choose_range(&u, &g, &out);
	} else if (in->mode == USERNS_RANGE) {
		res = err_say(err, "--userns range: %s", why);
		hint_range(in, err);
	} else {
		res = choose_single(in, is_initial, why, &out, err);
	}
	if (!res)
		res = map_check(&out.uids, "uid", is_initial, err);
	if (!res)
		res = map_check(&out.gids, "gid", is_initial, err);
	if (!res)
		*ret = out;
	return res;
}

int ids_fit(const struct ids_out *map, const char *what, const char *kind, uint32_t id,
	    const struct ids_in *in, struct err *err)
{
	const struct id_map *m = strcmp(kind, "gid") ? &map->uids : &map->gids;

	if (id_map_has(m, id))
		return 0;
	if (map->kind == MAP_SINGLE) {
		err_say(err, "%s: container %s %u is outside the map, which has only %s %u (%s)",
			what, kind, id, kind, m->ext[0].inside, map->why);
		if (in->mode != USERNS_SINGLE)
			hint_range(in, err);
		else
			err_hint(err, "without --userns single a subordinate range is used");
		return -EINVAL;
	}
	err_say(err, "%s: container %s %u is outside the map 0..%u", what, kind, id,
		id_map_count(m) - 1);
	if (id >= SUBID_BLOCK)
		err_hint(err, "ask for an id below %u", id_map_count(m));
	else
		hint_range(in, err);
	return -EINVAL;
}
