/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overlay.h - the writable layer over the rootfs.
 */
#ifndef PILLBOX_OVERLAY_H
#define PILLBOX_OVERLAY_H

#include "drysh.h"

/*
 * Replace r->root_tree by a detached overlay whose lower layer it is, and make the absent mount
 * points on it. The upper layer is a tmpfs, or --overlay DIR. Runs in the child, before attach.
 */
int overlay_build(struct run *r, struct err *err);

/* The same by command-line tools. */
void overlay_sh(const struct run *r, struct sh *out);

#endif
