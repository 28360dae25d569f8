/* SPDX-License-Identifier: Apache-2.0 */
/* caps_names.h - capability names and sets of them. */
#ifndef PILLBOX_CAPS_NAMES_H
#define PILLBOX_CAPS_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

/* Every capability that the kernel headers of this build know. */
uint64_t caps_known(void);

/* "NET_RAW", "cap_net_raw", ... in any case -> number; -EINVAL for anything else. */
int cap_by_name(const char *name, unsigned *ret);

/* Number -> "NET_RAW"; "CAP_63" style for one without a name. Returns buf. */
const char *cap_name(unsigned cap, char *buf, size_t size);
/* The one that an unknown name probably means, as cap_name() gives it, or NULL. */
const char *cap_nearest(const char *name, char *buf, size_t size);

/*
 * A comma-separated list of names, ALL among them, is or-ed into *set (ALL as CAP_ALL_BIT of
 * spec.h). An unknown name is an error that begins with `origin` and names the nearest.
 */
int caps_parse(const char *list, const char *origin, uint64_t *set, struct err *err);

/* "CHOWN KILL", "none" for the empty set, as much as fits. Returns buf. */
const char *caps_text(uint64_t caps, char *buf, size_t size);

#endif
