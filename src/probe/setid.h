/* SPDX-License-Identifier: Apache-2.0 */
/* setid.h - set-user-ID programs, and files of our own to try rights on. */
#ifndef PILLBOX_PROBE_SETID_H
#define PILLBOX_PROBE_SETID_H

#include "probe.h"

/* An id that is not this one; small ones are mapped where any but one are. */
static inline unsigned setid_other(unsigned ours)
{
	return ours == 2 ? 3 : 2;
}

/* A new file where files may be written; NULL: there is none, and the refused try says so. */
const char *setid_own_file(struct attempt *a, int *ret_fd);

void setid_program(struct attempt *a); /* one that is there */
void setid_make(struct attempt *a);    /* one of our own */

#endif
