/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - the commands of session.c's steps in the script of --dry-run=sh (session_sh.c).
 */
#ifndef PILLBOX_SESSION_H
#define PILLBOX_SESSION_H

#include "drysh.h"

void oom_sh(const struct run *r, struct sh *out);
void session_sh(const struct run *r, struct sh *out);
void limits_sh(const struct run *r, struct sh *out);
void keyring_sh(const struct run *r, struct sh *out);
void umask_sh(const struct run *r, struct sh *out);
void nnp_sh(const struct run *r, struct sh *out);
void leash_sh(const struct run *r, struct sh *out);
void fds_sh(const struct run *r, struct sh *out);

/* Is there a --ulimit for this resource? */
bool has_ulimit(const struct spec *s, int resource);

#endif
