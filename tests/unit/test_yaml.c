/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_yaml.c - YAML as a tree: what is read as what, where it stands, what is refused and where.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "yamldump.h"

static struct arena arena;
static struct err err;
static struct yaml_node *root;

static int read_bytes(const char *text, size_t len)
{
	memset(&err, 0, sizeof(err));
	if (!arena.base)
		cr_assert_eq(arena_init(&arena, &err), 0);
	return yaml_read(&arena, "f.yml", text, len, &root, &err);
}

static int read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

/* ---- what is read as what --------------------------------------------------------------------- */

static const struct {
	const char *text, *tree;
} good[] = {
	{"", "(empty)"},
	{"# nothing\n", "(empty)"},
	{"---\n", "~"},
	{"a", "a"},
	{"a: 1", "{a:1}"},
	{"a: '1'\nb: \"2\"", "{a:\"1\",b:\"2\"}"},
	{"a:\nb: ~\nc: null\nd: Null\ne: NULL\nf: 'null'\ng: nULL",
	 "{a:~,b:~,c:~,d:~,e:~,f:\"null\",g:nULL}"},
	{"a: [1, 'x', [], {}]", "{a:[1,\"x\",[],{}]}"},
	{"- a\n- - b\n  - c\n-", "[a,[b,c],~]"},
	{"a: yes\nb: on\nc: 0x1f\nd: 1e3\ne: 80:80\nf: 2001-01-01",
	 "{a:yes,b:on,c:0x1f,d:1e3,e:80:80,f:2001-01-01}"},
	{"a: |\n  x\n   y\nb: >\n  x\n  y\nc: x\n  y", "{a:\"x\n y\n\",b:\"x y\n\",c:x y}"},
	{"\xef\xbb\xbf"
	 "a: 1",
	 "{a:1}"},
	{"a: 1\r\nb: 2\r\n", "{a:1,b:2}"},
	{"%YAML 1.2\n---\na: 1\n...\n", "{a:1}"},
	{"a: \"\\u00e9 \\x41\\n\"", "{a:\"\xc3\xa9 A\n\"}"},
	/* tags */
	{"a: !!str 5", "{a:\"5\"}"},
	{"a: !!str", "{a:\"\"}"},
	{"a: !!str null", "{a:\"null\"}"},
	{"a: ! 5", "{a:\"5\"}"},
	{"a: !!int '5'\nb: !!bool \"yes\"\nc: !!float '1'", "{a:5,b:yes,c:1}"},
	{"a: !!null ''\nb: !!map {}\nc: !!seq []", "{a:~,b:{},c:[]}"},
	{"a: !reset null\nb: !reset []\nc: !override {d: 1}\ne: !reset x\nf: !override",
	 "{a:!reset ~,b:!reset [],c:!override {d:1},e:!reset x,f:!override ~}"},
	/* anchors and merge keys */
	{"a: &x 1\nb: *x", "{a:1,b:1}"},
	{"a: &x {k: [1]}\nb: *x\nc: [*x, *x]", "{a:{k:[1]},b:{k:[1]},c:[{k:[1]},{k:[1]}]}"},
	{"a: &x 1\nb: &x 2\nc: *x", "{a:1,b:2,c:2}"},
	{"a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  l: 3", "{a:{k:1,l:2},b:{l:3,k:1}}"},
	{"a: &x {k: 1}\nb: &y {k: 2, m: 3}\nc: {n: 4, <<: [*x, *y]}",
	 "{a:{k:1},b:{k:2,m:3},c:{n:4,k:1,m:3}}"},
	{"a: &x {k: 1}\nb: &y {<<: *x, l: 2}\nc: {<<: *y}", "{a:{k:1},b:{l:2,k:1},c:{l:2,k:1}}"},
	{"b: {<<: {k: 1}}\nc: {<<: []}", "{b:{k:1},c:{}}"},
	{"a: {\"<<\": 1}", "{a:{<<:1}}"},
	{"&k a: &v b\nc: *v\nd: *k", "{a:b,c:b,d:a}"},
	/* keys are words, whatever they look like */
	{"1: a\ntrue: b\n'': c\n\"null\": d", "{1:a,true:b,:c,null:d}"},
	{"? a\n: b\n? c", "{a:b,c:~}"},
};

Test(yaml, is_read)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		auto_free char *tree = NULL;

		cr_expect_eq(read_text(good[i].text), 0, "%s: %s", good[i].text, err.msg);
		tree = yaml_dumped(root);
		cr_expect_str_eq(tree, good[i].tree, "%s: %s", good[i].text, tree);
	}
}

/* ---- what is refused, and where it stands ------------------------------------------------------- */

static const struct {
	const char *text, *msg, *hint;
} bad[] = {
	{"a: 1\nb: 2\na: 3", "f.yml:3:1: the key \"a\" stands here twice, first in line 1", "one"},
	{"a: {b: 1, b: 1}", "f.yml:1:11: the key \"b\" stands here twice, first in line 1", ""},
	{"a: {b: 1, 'b': 1}", "f.yml:1:11: the key \"b\" stands here twice, first in line 1", ""},
	{"x: &x {k: 1}\na:\n  <<: *x\n  <<: *x", "f.yml:4:3: the key \"<<\" stands here twice",
	 "<<: [*A, *B]"},
	{"a: 1\n---\nb: 1", "f.yml:2:1: a second document begins", "several -f"},
	{"---\n---\n", "f.yml:2:1: a second document begins", ""},
	{"? [a]\n: 1", "f.yml:1:3: a key has to be a word, this is a list", ""},
	{"? {a: b}\n: 1", "f.yml:1:3: a key has to be a word, this is a map", ""},
	{"{[a]: 1}", "f.yml:1:2: a key has to be a word, this is a list", ""},
	{"null: 1", "f.yml:1:1: a key has to be a word", "quote it"},
	{"~: 1", "f.yml:1:1: a key has to be a word", ""},
	{"a:\n  !reset b: 1", "f.yml:2:3: a key has to be a word", ""},
	{"a: &a x\n*a : 1", "f.yml:2:1: an alias is no key", ""},
	/* anchors */
	{"a: *b", "f.yml:1:4: *b: no anchor of this name stands before it", "one file only"},
	{"a: [*b, &b 1]", "f.yml:1:5: *b: no anchor", ""},
	{"a: &a [*a]", "f.yml:1:8: *a stands inside of what it names", ""},
	{"a: &a {b: {c: *a}}", "f.yml:1:15: *a stands inside of what it names", ""},
	{"a: &a\n  <<: *a", "f.yml:2:7: *a stands inside of what it names", ""},
	{"a: {<<: 5}", "f.yml:1:5: <<: its value is not a map", "<<: *NAME"},
	{"a: {<<: }", "f.yml:1:5: <<: its value is not a map", ""},
	{"a:\n  <<: [{}, 1]", "f.yml:2:12: <<: this is not a map", ""},
	/* tags */
	{"a: !foo 1", "f.yml:1:4: the tag \"!foo\" means nothing here", "!reset, !override"},
	{"a: !!binary aGk=", "f.yml:1:4: the tag \"!!binary\" means nothing here", ""},
	{"a: !!map 1", "f.yml:1:4: the tag \"!!map\" means nothing here", ""},
	{"a: !!str {}", "f.yml:1:4: the tag \"!!str\" means nothing here", ""},
	{"a: !!null x", "f.yml:1:4: !!null with a value", ""},
	{"a: !<x:y> 1", "f.yml:1:4: the tag \"x:y\" means nothing here", ""},
	{"a: !Reset 1", "f.yml:1:4: the tag \"!Reset\"", ""},
	{"a: !x!y 1", "f.yml:1:4: found undefined tag handle, while parsing a node", ""},
	/* libyaml's own */
	{"\ta: 1", "f.yml:1:1: found character that cannot start any token", "not by tabs"},
	{"a: 1\n\tb: 2", "f.yml:2:1: ", "not by tabs"},
	{"a: b: c", "f.yml:1:5: mapping values are not allowed in this context", "quote a value"},
	{"a: [1", "f.yml:2:1: did not find expected ',' or ']'", "not closed"},
	{"a: 'x", "f.yml:1:6: found unexpected end of stream", ""},
	{"a:\n  b: 1\n c: 2", "f.yml:3:2: did not find expected key", ""},
	{"a: @x", "f.yml:1:4: found character that cannot start any token", "'`' or '%'"},
	{"a: \"\\q\"", "f.yml:1:5: found unknown escape character", ""},
	{"a: \"\\0\"", "f.yml:1:4: a NUL byte in a text", ""},
	{"a: \xff", "f.yml:1:4: invalid leading UTF-8 octet", "UTF-8"},
	{"a: 1\n# \xc3\xa9 \xc3(", "f.yml:2:6: invalid trailing UTF-8 octet", ""},
	{"a: \x01", "f.yml:1:4: control characters are not allowed", ""},
	{"\xff\xfe"
	 "a",
	 "f.yml:1:1: invalid leading UTF-8 octet", ""},
	{"%YAML 2.0\n---\na", "f.yml:1:1: found incompatible YAML document", ""},
};

Test(yaml, is_refused_with_its_place)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cr_expect_lt(read_text(bad[i].text), 0, "%s", bad[i].text);
		cr_expect_null(root);
		cr_expect_eq(strncmp(err.msg, bad[i].msg, strlen(bad[i].msg)), 0, "%s: %s",
			     bad[i].text, err.msg);
		cr_expect_not_null(strstr(err.hint, bad[i].hint), "%s: %s", bad[i].text, err.hint);
	}
	cr_expect_lt(read_bytes("a: 1\0b", 6), 0);
	cr_expect_str_eq(err.msg, "f.yml:1:5: control characters are not allowed");
}

/* ---- bounds ------------------------------------------------------------------------------------ */

static char *repeated(const char *head, const char *part, size_t n, const char *tail)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	fputs(head, out);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s", part);
	fputs(tail, out);
	fclose(out);
	return text;
}

Test(yaml, depth)
{
	auto_free char *fits = repeated("", "[", YAML_MAX_DEPTH, "");
	auto_free char *deep = repeated("", "[", YAML_MAX_DEPTH + 1, "");
	auto_free char *half = repeated("", "[", 40, "");
	auto_free char *half_end = repeated("", "]", 40, "");
	auto_free char *alias = NULL;
	size_t len;
	FILE *out = open_memstream(&alias, &len);

	cr_expect_lt(read_text(fits), 0);
	cr_expect_not_null(strstr(err.msg, "did not find expected"), "%s", err.msg);
	cr_expect_lt(read_text(deep), 0);
	cr_expect_str_eq(err.msg, "f.yml:1:65: more than 64 levels deep");
	/* an alias is as deep as what it names */
	fprintf(out, "a: &a %s%s\nb: %s*a%s", half, half_end, half, half_end);
	fclose(out);
	cr_expect_lt(read_text(alias), 0);
	cr_expect_str_eq(err.msg, "f.yml:2:44: more than 64 levels deep");
}

Test(yaml, nodes)
{
	auto_free char *wide = repeated("a: [", "1,", YAML_MAX_ITEMS, "1]");
	auto_free char *fits = repeated("a: [", "1,", YAML_MAX_ITEMS, "]");

	cr_expect_eq(read_text(fits), 0, "%s", err.msg);
	cr_expect_lt(read_text(wide), 0);
	cr_expect_str_eq(err.msg, "f.yml:1:8197: more than 4096 entries in one list or map");
}

/* "billion laughs": counted before it is built */
Test(yaml, aliases_multiply)
{
	char text[2048] = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
	size_t len = strlen(text);

	for (int i = 1; i < 10; i++)
		len += (size_t)sprintf(text + len,
				       "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i,
				       i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	cr_expect_lt(read_text(text), 0);
	cr_expect_not_null(strstr(err.msg, ": more than 100000 values, each alias counted"), "%s",
			   err.msg);
	cr_expect_not_null(strstr(err.hint, "aliases of aliases multiply"));
	cr_expect_eq(strncmp(err.msg, "f.yml:6:", 8), 0, "%s", err.msg);
	cr_expect_lt(arena.used, arena.size / 2);
}

Test(yaml, bytes)
{
	auto_free char *text = repeated("a: ", "x", YAML_MAX_BYTES - 3, "");
	auto_free char *more = repeated("a: ", "x", YAML_MAX_BYTES - 2, "");

	cr_expect_eq(read_text(text), 0, "%s", err.msg);
	cr_expect_lt(read_text(more), 0);
	cr_expect_str_eq(err.msg, "f.yml: larger than 1024 KiB");
}

Test(yaml, anchors)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	for (int i = 0; i < 1025; i++)
		fprintf(out, "- &a%d 1\n", i);
	fclose(out);
	cr_expect_lt(read_text(text), 0);
	cr_expect_str_eq(err.msg, "f.yml:1025:3: more than 1024 anchors");
	free(text);
}

/* ---- places, and what is shared ------------------------------------------------------------------ */

Test(yaml, places)
{
	struct yaml_pair *pair;

	cr_assert_eq(read_text("services:\n  web:\n    ports:\n      - '1'\n      - 2\n"), 0);
	pair = yaml_find(root, "services");
	cr_expect(pair->at.line == 1 && pair->at.column == 1);
	cr_expect(pair->value->at.line == 2 && pair->value->at.column == 3);
	cr_expect_str_eq(pair->at.file, "f.yml");
	pair = yaml_find(yaml_get(pair->value, "web"), "ports");
	cr_expect(pair->at.line == 3 && pair->at.column == 5);
	cr_expect(pair->value->items[1]->at.line == 5 && pair->value->items[1]->at.column == 9);
	cr_expect_null(yaml_get(root, "nothing"));
	cr_expect_null(yaml_get(NULL, "x"));
}

/* What is changed for one that an alias made is not changed for the other. */
Test(yaml, aliases_are_copies)
{
	struct yaml_node *a, *b;

	cr_assert_eq(read_text("a: &x {k: 1}\nb: *x"), 0);
	a = yaml_get(root, "a");
	b = yaml_get(root, "b");
	cr_expect(yaml_equal(a, b));
	yaml_put(&arena, a, "k", &a->at, yaml_scalar(&arena, &a->at, "2"));
	yaml_put(&arena, a, "l", &a->at, yaml_null(&arena, &a->at));
	cr_expect_str_eq(yaml_get(b, "k")->text, "1");
	cr_expect_eq(b->n, 1);
	cr_expect_not(yaml_equal(a, b));
	yaml_remove(a, "k");
	cr_expect_eq(a->n, 1);
	cr_expect_null(yaml_get(a, "k"));
	cr_expect_not_null(yaml_get(a, "l"));
}

Test(yaml, place_say)
{
	struct place at = {"f", 0, 0};

	memset(&err, 0, sizeof(err));
	cr_expect_lt(place_say(&err, &at, "%d", 5), 0);
	cr_expect_str_eq(err.msg, "f: 5");
	memset(&err, 0, sizeof(err));
	at.file = NULL;
	(void)place_say(&err, &at, "x");
	cr_expect_str_eq(err.msg, "x");
}
