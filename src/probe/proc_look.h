/* SPDX-License-Identifier: Apache-2.0 */
/* proc_look.h - what /proc gives of other processes, and what those left behind in ours. */
#ifndef PILLBOX_PROC_LOOK_H
#define PILLBOX_PROC_LOOK_H

#include "probe.h"

/* Is /proc one of another pid namespace, the host's say? Then it has another number for us. */
bool proc_is_foreign(void);

/* One process */
void look_mem(struct attempt *a, pid_t pid);
void look_entry(struct attempt *a, pid_t pid);
void look_environ(struct attempt *a, pid_t pid);
void look_fds(struct attempt *a, pid_t pid);
void look_root(struct attempt *a, pid_t pid);

/* All that are not ours, until one gives it */
enum look { LOOK_ENVIRON, LOOK_MAPS, LOOK_CMDLINE, LOOK_EXE, LOOK_ROOT };
void look_others(struct attempt *a, enum look what);

/* In this process: descriptors from 3 on, and the working directory */
void look_inherited(struct attempt *a);
void look_cwd(struct attempt *a);

#endif
