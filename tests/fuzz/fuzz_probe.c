/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_probe.c - any bytes as what comes from inside the sandbox to an audit, through to its reports.
 *
 * Input: two bytes, the length of the first piece that is read and the exit status, then the stream.
 * What must hold for every input is asserted: lists within their bounds, every attack with a verdict
 * of ours, text without control bytes, JSON that is read again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "audit_setting.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(int is_true)
{
	if (!is_true)
		abort();
}

static char *report(int (*writer)(const struct setting *, size_t, FILE *), const struct setting *s,
		    size_t *ret_len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);

	hold(out && writer(s, 1, out) == 0);
	hold(fclose(out) == 0);
	return text;
}

static int print_table(const struct setting *s, size_t n, FILE *out)
{
	(void)n;
	return audit_print(s, out);
}

/* JSON has no escape for DEL that every writer uses, and no terminal does anything at it. */
static void plain_hold(const char *text, size_t len, int is_json)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		hold(c == '\n' || (c >= 0x20 && (c != 0x7f || is_json)));
		hold(!is_json || c < 0x80);
	}
}

static void reports(const struct setting *s)
{
	int (*const writers[])(const struct setting *, size_t, FILE *) = {
		print_table, audit_markdown, audit_html, audit_compare_print, audit_json};

	for (size_t i = 0; i < ARRAY_SIZE(writers); i++) {
		size_t len = 0;
		char *text = report(writers[i], s, &len);

		plain_hold(text, len, writers[i] == audit_json);
		if (writers[i] == audit_json) {
			json_t *j = json_loadb(text, len, 0, NULL);

			hold(json_is_object(j));
			json_decref(j);
		}
		free(text);
	}
}

static void try_rows(struct setting *s)
{
	struct err err = {0};

	if (audit_rows(s, &err) < 0) {
		hold(err.is_set && err.msg[0]);
		return;
	}
	hold(s->n_attacks <= ATTACKS_MAX && s->n_controls <= CONTROLS_MAX);
	for (size_t i = 0; i < s->n_attacks; i++) {
		const struct attack_row *a = &s->attacks[i];

		hold(a->id && a->group && a->title && a->verdict);
	}
	reports(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct audit_lines in;
	struct setting s = {.name = "fuzz"};
	struct spec spec = {.rootfs = "/fuzz"};
	struct err err = {0};
	size_t first;

	if (size < 2)
		return 0;
	hold(arena_init(&s.arena, &err) == 0);
	spec.arena = &s.arena;
	s.spec = &spec;
	in.len = 0;
	in.start = NULL;
	in.doc = s.doc = json_pack("{s:[], s:{}, s:[]}", "steps", "facts", "attacks");
	hold(s.doc != NULL);
	first = data[0] < size - 2 ? data[0] : size - 2;
	audit_lines_take(&in, (const char *)data + 2, first);
	audit_lines_take(&in, (const char *)data + 2 + first, size - 2 - first);
	audit_lines_end(&in, &s, data[1]);
	json_decref(in.start);
	hold(json_array_size(json_object_get(s.doc, "attacks")) <= ATTACKS_MAX);
	try_rows(&s);
	hold(munmap(s.arena.base, s.arena.size) == 0);
	s.arena.base = NULL;
	audit_free(&s);
	return 0;
}
