/* SPDX-License-Identifier: Apache-2.0 */
/* compose_advice.h - what the two halves of compose_advise() share. */
#ifndef PILLBOX_COMPOSE_ADVICE_H
#define PILLBOX_COMPOSE_ADVICE_H

#include "compose_keys.h"

/* compose_advice.c: NULL where there is no scalar, no such key. */
const char *scalar_of(const struct yaml_node *n);
const struct yaml_pair *pair_of(const struct yaml_node *map, const char *key);

/* compose_advice_files.c: mounts, devices, secrets, ports. */
void compose_advise_files(const struct compose_project *p, const struct yaml_node *service,
			  struct asked *a);

#endif
