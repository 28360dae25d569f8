/* SPDX-License-Identifier: Apache-2.0 */
/* output.h - what a user gets as a file. */
#ifndef PILLBOX_OUTPUT_H
#define PILLBOX_OUTPUT_H

#include <stddef.h>

#include "err.h"

/*
 * Write data to `path`. A regular file, or none, is replaced when the new one is whole; a symbolic
 * link stays one, and what is no regular file is written into.
 */
int output_file(const char *path, const void *data, size_t len, struct err *err);
/* All of it to a descriptor; -errno. */
int output_all(int fd, const void *data, size_t len);

#endif
