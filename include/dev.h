/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dev.h - the nodes of the sandbox's /dev.
 */
#ifndef PILLBOX_DEV_H
#define PILLBOX_DEV_H

#include <stddef.h>

#include "spec.h"

/* The host's node of that name as a detached mount, checked to be the right device; or -errno. */
int dev_node(const char *name, struct err *err);
/* The name of the i-th of them; NULL: there are no more. */
const char *dev_node_name(size_t i);

/* Is it --device with a place in our /dev? Step dev makes it then, and not step mounts. */
bool dev_makes(const struct mount_req *m);

#endif
