/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root.h - the commands of root.c's steps in the script of --dry-run=sh (root_sh.c).
 */
#ifndef PILLBOX_ROOT_H
#define PILLBOX_ROOT_H

#include "drysh.h"

void hold_sh(const struct run *r, struct sh *out);
void private_sh(const struct run *r, struct sh *out);
void root_bind_sh(const struct run *r, struct sh *out);
void root_ro_sh(const struct run *r, struct sh *out);
void root_attach_sh(const struct run *r, struct sh *out);

#endif
