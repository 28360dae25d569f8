/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ids_host.h - what the steps `ids` and `idmap` share.
 */
#ifndef PILLBOX_IDS_HOST_H
#define PILLBOX_IDS_HOST_H

#include <stdbool.h>
#include <sys/types.h>

#include "step.h"

/* The absolute path of newgidmap or newuidmap; NULL: it is not installed. */
const char *idmap_helper(bool is_gid);
/*
 * Write both maps of a child's new user namespace by our own hand. `deny`: setgroups first, as a
 * caller without privilege has to.
 */
int idmap_write(pid_t pid, const struct id_map *uids, const struct id_map *gids, bool deny,
		struct err *err);

/* The lines of a map, for the steps that show it. */
void id_map_show(const char *name, const struct id_map *m, struct show *out);

#endif
