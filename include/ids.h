/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ids.h - who is who: subordinate ranges, the id map, the workload's user.
 *
 * What decides is pure: text and numbers in, a result or an error out, nothing of the host
 * touched, so that the unit tests and the fuzzers call the very functions a launch uses.
 */
#ifndef PILLBOX_IDS_H
#define PILLBOX_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"
#include "step.h"

/* A text that was read from a file, with the file's name for messages. NULL text: no such file. */
struct id_text {
	const char *file;
	const char *text;
	size_t len;
};

/* --- /etc/subuid and /etc/subgid (subid.c) --- */

#define SUBID_MAX 64       /* ranges of one user that are looked at */
#define SUBID_BLOCK 65536u /* the size that distributions give out, and that we ask for */

struct subid_range {
	uint32_t start, count; /* count > 0, start + count <= 2^32 - 1 */
	unsigned line;         /* where it stands, for messages */
};

/*
 * The ranges of one user, in the file's order: lines whose owner is `login` (NULL: no name is
 * known) or the uid in decimal. Every line is checked for its form, whoever it belongs to.
 * -EINVAL: a bad line, named with its number; -E2BIG: more than max ranges.
 */
int subid_parse(const char *file, const char *text, size_t len, const char *login, uid_t uid,
		struct subid_range *ret, size_t max, size_t *ret_n, struct err *err);
/* Is any id of start .. start+count-1 given to anybody? Lines of a bad form count as absent. */
bool subid_taken(const struct id_text *t, uint32_t start, uint32_t count);

/* --- the choice of the map (ids.c) --- */

#define OWN_EXTENTS 340 /* the kernel's limit of lines in a map, user_namespaces(7) */

/* One of /proc/PID/uid_map, gid_map. -EINVAL: not of its form; -E2BIG: more than max lines. */
int idmap_parse(const char *text, struct id_extent *ret, size_t max, size_t *ret_n);
/* The same, read from a process. */
int idmap_read(const char *path, struct id_extent *ret, size_t max, size_t *ret_n);

struct ids_in {
	enum userns_mode mode;
	uid_t caller_uid;
	gid_t caller_gid;
	const char *login; /* the caller's, or NULL */
	uid_t owner_uid;   /* of the rootfs directory */
	gid_t owner_gid;
	dev_t dev; /* the rootfs, to choose root's block */
	ino_t ino;
	struct id_text subuid, subgid; /* not looked at with USERNS_SINGLE */
	struct id_extent own_uids[OWN_EXTENTS],
		own_gids[OWN_EXTENTS]; /* our own namespace's maps */
	size_t n_own_uids, n_own_gids;
	uid_t uid; /* the workload's */
	gid_t gid;
};

struct ids_out {
	enum map_kind kind;
	struct id_map uids, gids;
	const char *why; /* one clause, for reports */
};

int ids_choose(const struct ids_in *in, struct ids_out *ret, struct err *err);
/*
 * Refuse `id` ("uid" or "gid") when it is outside the map; `what` asked for it: "-u 1000".
 */
int ids_fit(const struct ids_out *map, const char *what, const char *kind, uint32_t id,
	    const struct ids_in *in, struct err *err);
/* Is container id `id` in the map? */
bool id_map_has(const struct id_map *m, uint32_t id);
/* The same for an id of the host. */
bool id_map_has_outside(const struct id_map *m, uint32_t id);
/* How many ids it has; 0..N-1 unless it is a single-id map. */
uint32_t id_map_count(const struct id_map *m);
/* "0 100000 65536\n..." as the kernel takes it. Returns the length; size 256 is always enough. */
size_t id_map_print(const struct id_map *m, char *out, size_t size);
const char *map_kind_name(enum map_kind kind);

/* --- the workload's user (user.c) --- */

#define USER_GROUPS 64            /* plan.groups */
#define USER_FILE_MAX (16u << 20) /* a passwd or group above this is refused */

struct passwd_entry {
	const char *name, *home; /* into the text, not terminated */
	size_t name_len, home_len;
	uid_t uid;
	gid_t gid;
	unsigned line;
};

/*
 * The first line of a passwd whose name is `name`, or, with a NULL name, whose uid is `uid`.
 * 1: found; 0: there is none; -EINVAL: the line is there and not usable.
 */
int passwd_find(const struct id_text *t, const char *name, uid_t uid, struct passwd_entry *ret,
		struct err *err);
/* The gid of the first line of a group file with this name: 1, 0 or -EINVAL as above. */
int group_find(const struct id_text *t, const char *name, gid_t *ret, struct err *err);

/* What the container's file is, or why it could not be read (num: errno; ENOENT: no entries). */
struct user_file {
	struct id_text t;
	int num;
};

struct user_req {
	const char *user;
	const char **group_add;
	size_t n_group_add;
};

struct user_out {
	uid_t uid;
	gid_t gid;
	gid_t groups[USER_GROUPS]; /* the gid itself first, as Docker has it */
	size_t n_groups;
	const char *home; /* into the passwd text, or "/" */
	size_t home_len;
};

/* Does the answer depend on the group file? Lets the step leave it closed. */
bool user_needs_group(const struct user_req *req);
int user_resolve(const struct user_req *req, const struct user_file *passwd,
		 const struct user_file *group, struct user_out *ret, struct err *err);

#endif
