/* SPDX-License-Identifier: Apache-2.0 */
/* json_text.c - text of anybody's as a JSON string. */
#include "json_text.h"

#include "util.h"

json_t *json_of_text(const char *text)
{
	char safe[4096];
	json_t *j = json_string(text);

	if (j)
		return j;
	escape(safe, sizeof(safe), text);
	for (char *p = safe; *p; p++)
		*p = *p & 0x80 ? '?' : *p;
	return json_string(safe);
}
