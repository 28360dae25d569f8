/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gendoc_check.c - what `pillbox check` looks at, from its table: for docs/check.md and pillbox(1).
 *
 * Should: name the presets that cannot be enforced in full without it.
 * Mustn't: hold a list of checks: checks[] does.
 */
#include "check.h"
#include "gendoc.h"

/* "hardened, strict"; in brackets where one of several is enough; "" for none. */
static void presets_of(const struct check *c, char *buf, size_t size)
{
	static const enum preset_id ids[] = {PRESET_HARDENED, PRESET_STRICT, PRESET_DOCKER};
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(ids) && len < size; i++) {
		bool is_one = c->either & IN(ids[i]);

		if (is_one || c->presets & IN(ids[i]))
			len += (size_t)snprintf(buf + len, size - len, "%s%s%s%s", len ? ", " : "",
						is_one ? "(" : "", preset_name(ids[i]),
						is_one ? ")" : "");
	}
}

void md_checks(FILE *out, struct arena *a)
{
	char presets[64];

	(void)a;
	fputs("| id | name | presets | without it |\n| --- | --- | --- | --- |\n", out);
	for (size_t i = 0; i < checks_len; i++) {
		presets_of(&checks[i], presets, sizeof(presets));
		fprintf(out, "| `%s` | %s | %s | %s |\n", checks[i].id, checks[i].what, presets,
			checks[i].loses);
	}
}
