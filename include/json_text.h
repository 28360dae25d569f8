/* SPDX-License-Identifier: Apache-2.0 */
/* json_text.h - text of anybody's as a JSON string. */
#ifndef PILLBOX_JSON_TEXT_H
#define PILLBOX_JSON_TEXT_H

#include <jansson.h>

/* JSON is UTF-8; text that isn't is escaped, as on the screen, with ? for what is no ASCII. */
json_t *json_of_text(const char *text);

#endif
