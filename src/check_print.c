/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_print.c - the report of `pillbox check`, for people and as JSON.
 *
 * Should: hold the same in both: nothing is left out of one that is in the other.
 * Mustn't: wrap a cure: it is there to be copied.
 */
#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/utsname.h>

#include "check.h"
#include "term.h"

#ifndef PILLBOX_VERSION
#define PILLBOX_VERSION "unknown"
#endif

#define STATE_WIDTH 12
#define LACKS_MAX 16

static const enum preset_id presets[] = {PRESET_HARDENED, PRESET_STRICT, PRESET_DOCKER};

/* ---- text ----------------------------------------------------------------------------------- */

static enum style state_style(const struct check *c, enum check_state state)
{
	if (state == CHECK_WORKS)
		return STYLE_GOOD;
	return check_group(c) == CHECK_EXTRA ? STYLE_DIM : STYLE_BAD;
}

static void line_print(const struct term *t, const struct check *c, const struct check_result *r,
		       const char **last_cure)
{
	char label[STATE_WIDTH + CHECK_WHAT + 8];
	char text[sizeof(r->cure) + 16];

	(void)snprintf(label, sizeof(label), "%-*s%s", STATE_WIDTH, check_state_name(r->state),
		       c->what);
	term_para(t, 2, 2 + STATE_WIDTH + CHECK_WHAT + 2, state_style(c, r->state), label,
		  r->detail);
	if (r->state == CHECK_WORKS || r->behind)
		return;
	term_para(t, 2 + STATE_WIDTH, 2 + STATE_WIDTH + 7, STYLE_PLAIN, "loses:", c->loses);
	(void)snprintf(text, sizeof(text), "cure:  %s",
		       strcmp(r->cure, *last_cure) ? r->cure : "the same");
	*last_cure = r->cure;
	term_line(t, 2 + STATE_WIDTH, STYLE_PLAIN, text);
}

static void verdict_print(const struct term *t, const struct check_host *h, enum preset_id preset)
{
	const char *names[LACKS_MAX];
	size_t n = check_lacks(preset, h->done, names, LACKS_MAX);
	char label[64], text[512] = "in full";

	for (size_t i = 0; i < n && i < LACKS_MAX; i++) {
		size_t len = i ? strlen(text) : 0;

		(void)snprintf(text + len, sizeof(text) - len, "%s%s",
			       i ? ", " : "not in full: ", names[i]);
	}
	(void)snprintf(label, sizeof(label), "preset %s%s", preset_name(preset),
		       preset == PRESET_HARDENED ? " (the default)" : "");
	term_para(t, 0, 2 + STATE_WIDTH + CHECK_WHAT + 2, n ? STYLE_BAD : STYLE_GOOD, label, text);
}

int check_print(const struct check_host *h)
{
	static const char *const titles[CHECK_GROUPS] = {
		[CHECK_DEFAULT] = "needed by the default preset",
		[CHECK_OPTIONS] = "needed by options and other presets",
		[CHECK_EXTRA] = "optional",
	};
	const char *last_cure = "";
	struct term t;

	term_init(&t, stdout);
	for (int group = 0; group < CHECK_GROUPS; group++) {
		term_line(&t, 0, STYLE_TITLE, titles[group]);
		for (size_t i = 0; i < checks_len; i++)
			if ((int)check_group(&checks[i]) == group)
				line_print(&t, &checks[i], &h->done[i], &last_cure);
		fputc('\n', t.out);
	}
	for (size_t i = 0; i < ARRAY_SIZE(presets); i++)
		verdict_print(&t, h, presets[i]);
	return ferror(t.out) ? -EIO : 0;
}

/* ---- JSON ----------------------------------------------------------------------------------- */

/* A path of the host may be in it, and that may be no UTF-8. */
static json_t *text_json(const char *text)
{
	char safe[2048];
	json_t *j;

	escape(safe, sizeof(safe), text);
	j = json_string(safe);
	if (j)
		return j;
	for (char *p = safe; *p; p++)
		*p = *p & 0x80 ? '?' : *p;
	return json_string(safe);
}

static json_t *user_json(const struct check_host *h)
{
	json_t *range = json_array();

	for (unsigned i = 0; i < h->range.n; i++) {
		const struct id_extent *e = &h->range.ext[i];

		if (e->outside != h->plan.caller_uid)
			(void)json_array_append_new(
				range, json_pack("{s:I, s:I}", "first", (json_int_t)e->outside,
						 "count", (json_int_t)e->count));
	}
	return json_pack("{s:I, s:I, s:o}", "uid", (json_int_t)h->plan.caller_uid, "gid",
			 (json_int_t)h->plan.caller_gid, "range", range);
}

static json_t *checks_json(const struct check_host *h)
{
	json_t *list = json_array();

	for (size_t i = 0; i < checks_len; i++) {
		const struct check *c = &checks[i];
		const struct check_result *r = &h->done[i];
		const struct check_result *why = r;

		/* The cure of what it hangs on. */
		while (why->behind)
			why = &h->done[check_index(why->behind)];
		(void)json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:s, s:s, s:o, s:s?, s:o}", "id", c->id, "what",
				  c->what, "group", check_group_name(check_group(c)), "state",
				  check_state_name(r->state), "detail", text_json(r->detail),
				  "loses", r->state == CHECK_WORKS ? NULL : c->loses, "cure",
				  r->state == CHECK_WORKS ? json_null() : text_json(why->cure)));
	}
	return list;
}

static json_t *presets_json(const struct check_host *h)
{
	json_t *all = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(presets); i++)
		(void)json_object_set_new(all, preset_name(presets[i]),
					  json_boolean(!check_lacks(presets[i], h->done, NULL, 0)));
	return all;
}

int check_json(const struct check_host *h, FILE *out)
{
	struct utsname uts = {.release = "?"};
	json_t *doc;
	int rc;

	(void)uname(&uts);
	doc = json_pack("{s:s, s:o, s:o, s:b, s:o, s:o}", "pillbox", PILLBOX_VERSION, "kernel",
			text_json(uts.release), "user", user_json(h), "default_preset",
			!check_lacks(PRESET_HARDENED, h->done, NULL, 0), "presets", presets_json(h),
			"checks", checks_json(h));
	if (!doc) {
		errno = ENOMEM;
		return -ENOMEM;
	}
	rc = json_dumpf(doc, out, JSON_INDENT(2));
	json_decref(doc);
	return rc < 0 || fputc('\n', out) == EOF ? -EIO : 0;
}
