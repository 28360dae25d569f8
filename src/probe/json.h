/* SPDX-License-Identifier: Apache-2.0 */
/* json.h - the parts of a report as JSON. */
#ifndef PILLBOX_PROBE_JSON_H
#define PILLBOX_PROBE_JSON_H

#include <jansson.h>
#include <stdint.h>

/* Control bytes escaped: notes hold what the sandbox shows, and that may be no UTF-8. */
json_t *json_safe(const char *text);
/* ["CHOWN", "KILL"] */
json_t *json_caps(uint64_t caps);
/* Ids, sets, namespaces, filter, label, limits: docs/audit.md. */
json_t *json_facts(void);

#endif
