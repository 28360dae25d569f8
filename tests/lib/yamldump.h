/* SPDX-License-Identifier: Apache-2.0 */
/* yamldump.h - a tree in one line, to be compared. */
#ifndef PILLBOX_YAMLDUMP_H
#define PILLBOX_YAMLDUMP_H

#include "yaml_tree.h"

/*
 * ~ is nothing, "text" was quoted or means a text, {} and [] as in YAML; to be freed. "(empty)":
 * there is no tree.
 */
char *yaml_dumped(const struct yaml_node *n);

#endif
