/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_ids.c - subid.c and ids.c: what is read from /etc/subuid, and which map comes of it.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ids.h"

/* Parse `text` as alice's (uid 1000); the result is kept in these. */
static struct subid_range got[SUBID_MAX];
static size_t n_got;
static struct err err;

static int parse_len(const char *text, size_t len)
{
	memset(&err, 0, sizeof(err));
	n_got = 99;
	return subid_parse("/etc/subuid", text, len, "alice", 1000, got, SUBID_MAX, &n_got, &err);
}

static int parse(const char *text)
{
	return parse_len(text, strlen(text));
}

/* The text is refused, and the message has this part. */
static void refused(const char *text, const char *part)
{
	cr_expect(parse(text) == -EINVAL, "accepted: %s", text);
	cr_expect(err.is_set && err.raw && strstr(err.msg, part), "'%s' has no '%s'", err.msg,
		  part);
	cr_expect(n_got == 99, "a ret_ parameter was set on failure");
}

static void accepted(const char *text, size_t n)
{
	cr_expect(parse(text) == 0, "refused: %s: %s", text, err.msg);
	cr_expect(!err.is_set && n_got == n, "%s: %zu ranges and not %zu", text, n_got, n);
}

Test(subid, good)
{
	accepted("", 0);
	accepted("\n# a remark\n\n", 0);
	accepted("bob:100000:65536\n", 0);
	accepted("alice:100000:65536\n", 1);
	cr_expect(got[0].start == 100000 && got[0].count == 65536 && got[0].line == 1);
	accepted("alice:100000:65536", 1);  /* no final newline */
	accepted("1000:100000:65536\n", 1); /* by uid */
	accepted("bob:1:1\nalice:100000:10\n1000:200000:20\n", 2);
	cr_expect(got[1].start == 200000 && got[1].count == 20 && got[1].line == 3);
	accepted("alice:1:4294967294\n", 1); /* the last id there is */
	accepted("alic:1:1\nalicee:2:2\n10000:3:3\n01000:4:4\nAlice:5:5\n", 0);
	accepted("bob:100:0\nalice:50:100\n", 1);    /* others may have an empty range */
	accepted("alice:100:10\nalice:110:10\n", 2); /* neighbours do not overlap */
}

Test(subid, no_file)
{
	memset(&err, 0, sizeof(err));
	cr_expect(subid_parse("f", NULL, 0, "alice", 1000, got, SUBID_MAX, &n_got, &err) == 0);
	cr_expect(n_got == 0);
}

Test(subid, no_login)
{
	const char *text = "alice:1:1\n1000:5:5\n:";

	memset(&err, 0, sizeof(err));
	cr_expect(subid_parse("f", text, strlen(text) - 1, NULL, 1000, got, SUBID_MAX, &n_got,
			      &err) == 0);
	cr_expect(n_got == 1 && got[0].start == 5);
}

Test(subid, malformed)
{
	refused("alice\n", "/etc/subuid:1: the line is not of the form NAME:START:COUNT");
	refused("x:1:1\n\nalice:1\n", "/etc/subuid:3: ");
	refused("alice:1:2:3\n", "not of the form");
	refused("bob:1:2:3\n", "not of the form"); /* whoever it belongs to */
	refused(":1:2\n", "no name");
	refused("alice::2\n", "not a plain decimal");
	refused("alice:1:\n", "not a plain decimal");
	refused("alice: 1:2\n", "not a plain decimal");
	refused("alice:+1:2\n", "not a plain decimal");
	refused("alice:-1:2\n", "not a plain decimal");
	refused("alice:0x10:2\n", "not a plain decimal");
	refused("alice:0100:2\n", "not a plain decimal"); /* newuidmap would read 64 */
	refused("alice:1:2 \n", "not a plain decimal");
	refused("alice:1:2x\n", "not a plain decimal");
	refused("alice:4294967296:1\n", "above 4294967295");
	refused("alice:1:99999999999999999999999999\n", "above 4294967295");
	refused("alice:1:18446744073709551617\n", "above 4294967295");
	refused("alice:1:2\r\n", "CR LF");
	refused("bob:1:2\r\nalice:5:5\n", "/etc/subuid:1: the line ends in CR LF");
	refused(" \n", "not of the form");
}

Test(subid, nul_byte)
{
	cr_expect(parse_len("alice:1:\0002\n", 11) == -EINVAL);
	cr_expect(strstr(err.msg, "NUL") != NULL);
}

Test(subid, senseless)
{
	refused("alice:1:0\n", "has no ids");
	refused("alice:1:4294967295\n", "beyond the last id");
	refused("alice:4294967295:1\n", "beyond the last id");
	refused("alice:100:10\nalice:109:10\n",
		"/etc/subuid:2: the range 109:10 overlaps line 1, alice:100:10");
	refused("alice:100:10\nalice:100:10\n", "overlaps line 1");
	refused("alice:100:10\n1000:105:1\n", "overlaps line 1");
	refused("bob:1:1000\nalice:100:10\n",
		"/etc/subuid:2: the range 100:10 overlaps line 1, bob:1:1000");
}

Test(subid, too_many)
{
	char text[SUBID_MAX * 32 + 64];
	size_t len = 0;

	for (unsigned i = 0; i <= SUBID_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "alice:%u:1\n",
					1000 + 2 * i);
	cr_expect(parse(text) == -E2BIG);
	cr_expect(strstr(err.msg, "/etc/subuid:65: more than 64 ranges") != NULL, "%s", err.msg);
}

Test(subid, taken)
{
	const char *text = "bob:100:10\nbroken\neve:300:0\n";
	struct id_text t = {"f", text, strlen(text)};

	cr_expect(subid_taken(&t, 109, 1) && subid_taken(&t, 0, 101) && subid_taken(&t, 105, 2));
	cr_expect(!subid_taken(&t, 110, 1000) && !subid_taken(&t, 0, 100));
}

/* --- the choice --- */

static struct ids_in in;
static struct ids_out out;

static void text_set(struct id_text *t, const char *file, const char *text)
{
	*t = (struct id_text){file, text, text ? strlen(text) : 0};
}

/* alice, 1000:1000, in the initial namespace, her own rootfs; a range if text is not NULL. */
static void alice(const char *subuid, const char *subgid)
{
	static const struct id_extent all = {0, 0, UINT32_MAX};

	memset(&in, 0, sizeof(in));
	in.caller_uid = in.caller_gid = in.owner_uid = in.owner_gid = 1000;
	in.login = "alice";
	in.uid = in.gid = 1000;
	in.dev = 5;
	in.ino = 77;
	in.own_uids[0] = in.own_gids[0] = all;
	in.n_own_uids = in.n_own_gids = 1;
	text_set(&in.subuid, "/etc/subuid", subuid);
	text_set(&in.subgid, "/etc/subgid", subgid);
}

static void root_user(const char *subuid, const char *subgid)
{
	alice(subuid, subgid);
	in.caller_uid = in.caller_gid = in.owner_uid = in.owner_gid = 0;
	in.login = "root";
}

static int choose(void)
{
	memset(&err, 0, sizeof(err));
	memset(&out, 0, sizeof(out));
	return ids_choose(&in, &out, &err);
}

static void is_map(enum map_kind kind, const char *uids, const char *gids)
{
	char text[256];
	int res = choose();

	cr_assert(res == 0, "refused: %s", err.msg);
	cr_expect(out.kind == kind, "kind %d", out.kind);
	cr_expect(out.why && out.why[0]);
	(void)id_map_print(&out.uids, text, sizeof(text));
	cr_expect(!strcmp(text, uids), "uids are:\n%s", text);
	(void)id_map_print(&out.gids, text, sizeof(text));
	cr_expect(!strcmp(text, gids), "gids are:\n%s", text);
}

static void is_refused(const char *msg, const char *hint)
{
	cr_expect(choose() < 0, "accepted");
	cr_expect(strstr(err.msg, msg) != NULL, "'%s' has no '%s'", err.msg, msg);
	cr_expect(strstr(err.hint, hint) != NULL, "'%s' has no '%s'", err.hint, hint);
	cr_expect(out.why == NULL, "a ret_ parameter was set on failure");
}

#define R "alice:100000:65536\n"

Test(choose, caller)
{
	alice(R, R);
	is_map(MAP_CALLER, "0 1000 1\n1 100000 65536\n", "0 1000 1\n1 100000 65536\n");
	in.owner_uid = in.owner_gid = 0; /* a root-owned tree */
	is_map(MAP_CALLER, "0 1000 1\n1 100000 65536\n", "0 1000 1\n1 100000 65536\n");
}

Test(choose, several_ranges_at_most_five_extents)
{
	alice("alice:100:1\nalice:200:2\nalice:300:3\nalice:400:4\nalice:500:5\nalice:600:6\n",
	      "alice:100:10\n");
	is_map(MAP_CALLER, "0 1000 1\n1 100 1\n2 200 2\n4 300 3\n7 400 4\n",
	       "0 1000 1\n1 100 10\n");
	in.owner_uid = 301;
	in.owner_gid = 100;
	is_map(MAP_RANGE, "0 301 2\n2 400 4\n6 500 5\n11 600 6\n17 100 1\n", "0 100 10\n");
}

Test(choose, range)
{
	alice(R, R);
	in.owner_uid = in.owner_gid = 100000;
	is_map(MAP_RANGE, "0 100000 65536\n", "0 100000 65536\n");
	in.owner_gid = 100042; /* the tree's base is the range's first id: groups stay */
	is_map(MAP_RANGE, "0 100000 65536\n", "0 100000 65536\n");
	in.owner_uid = in.owner_gid = 100500; /* turned: the owner is root inside */
	is_map(MAP_RANGE, "0 100500 65036\n65036 100000 500\n",
	       "0 100500 65036\n65036 100000 500\n");
	in.owner_gid = 1000; /* a group outside: as it is */
	is_map(MAP_RANGE, "0 100500 65036\n65036 100000 500\n", "0 100000 65536\n");
	in.owner_uid = 165535;
	is_map(MAP_RANGE, "0 165535 1\n1 100000 65535\n", "0 100000 65536\n");
	in.owner_uid = 165536; /* one beyond */
	is_map(MAP_CALLER, "0 1000 1\n1 100000 65536\n", "0 1000 1\n1 100000 65536\n");
}

Test(choose, single)
{
	alice(NULL, NULL);
	is_map(MAP_SINGLE, "1000 1000 1\n", "1000 1000 1\n");
	in.uid = 0;
	in.gid = 5;
	is_map(MAP_SINGLE, "0 1000 1\n", "5 1000 1\n");
	alice(R, R);
	in.mode = USERNS_SINGLE;
	is_map(MAP_SINGLE, "1000 1000 1\n", "1000 1000 1\n");
	alice("alice:broken\n", R); /* single does not look at the files */
	in.mode = USERNS_SINGLE;
	is_map(MAP_SINGLE, "1000 1000 1\n", "1000 1000 1\n");
}

Test(choose, one_file_only)
{
	alice(R, NULL);
	is_map(MAP_SINGLE, "1000 1000 1\n", "1000 1000 1\n");
	cr_expect(strstr(out.why, "none in /etc/subgid") != NULL);
	alice("bob:1:1\n", R);
	is_map(MAP_SINGLE, "1000 1000 1\n", "1000 1000 1\n");
	cr_expect(strstr(out.why, "none in /etc/subuid") != NULL);
}

Test(choose, range_demanded)
{
	alice("bob:100000:65536\n", NULL);
	in.mode = USERNS_RANGE;
	is_refused("--userns range: the caller has no range",
		   "usermod --add-subuids 165536-231071 --add-subgids 165536-231071 alice");
	in.login = NULL;
	is_refused("--userns range", "1000:165536:65536");
	alice(NULL, NULL);
	in.mode = USERNS_RANGE;
	is_refused("no range", "--add-subuids 100000-165535");
}

Test(choose, bad_line_is_an_error_not_a_single_id)
{
	alice("alice:100000:x\n", R);
	is_refused("/etc/subuid:1: ", "--userns single");
	alice(R, "bob:1\n" R);
	is_refused("/etc/subgid:1: ", "--userns single");
}

Test(choose, own_id_and_root_are_refused)
{
	alice("alice:900:200\n", R);
	is_refused("/etc/subuid:1: the range 900:200 includes the caller's own uid 1000", "");
	alice(R, "alice:1000:1\n");
	is_refused("/etc/subgid:1: the range 1000:1 includes the caller's own gid 1000", "");
	alice("alice:0:10\n", R);
	is_refused("includes uid 0", "");
	alice(R, "x:5:1\nalice:0:1\n");
	is_refused("/etc/subgid:2: the range 0:1 includes gid 0", "");
}

Test(choose, group_zero)
{
	alice(R, R);
	in.caller_gid = 0; /* an ordinary user in group root */
	is_refused("container gid 0 would be the host's root", "");
	in.mode = USERNS_SINGLE;
	is_refused("the sandbox's group to the host's root", "primary group");
}

Test(choose, root_block)
{
	uint32_t first;

	root_user(NULL, NULL);
	cr_assert(choose() == 0);
	cr_expect(out.kind == MAP_ROOT && out.uids.n == 1 && out.uids.ext[0].count == 65536);
	first = out.uids.ext[0].outside;
	cr_expect(first >= 524288 && first <= 1879048191 - 65535 && first % 65536 == 0);
	cr_expect(!memcmp(&out.uids, &out.gids, sizeof(out.gids)));
	cr_assert(choose() == 0 && out.uids.ext[0].outside == first, "not the same again");
	in.ino++;
	cr_assert(choose() == 0 && out.uids.ext[0].outside != first, "the same for another tree");
}

Test(choose, root_block_avoids_users)
{
	char text[64];
	uint32_t first;

	root_user(NULL, NULL);
	cr_assert(choose() == 0);
	first = out.uids.ext[0].outside;
	(void)snprintf(text, sizeof(text), "bob:%u:1\n", first + 7);
	text_set(&in.subgid, "/etc/subgid", text);
	cr_assert(choose() == 0);
	cr_expect(out.uids.ext[0].outside != first && out.gids.ext[0].outside != first);
}

Test(choose, root_range)
{
	root_user("root:100000:65536\n", "root:200000:65536\n");
	is_map(MAP_ROOT, "0 100000 65536\n", "0 200000 65536\n");
	in.owner_uid = 1000;
	is_map(MAP_ROOT, "0 100000 65536\n", "0 200000 65536\n");
	in.owner_uid = 100000; /* it is owned by the range already: no id-mapped mount */
	is_map(MAP_RANGE, "0 100000 65536\n", "0 200000 65536\n");
	in.mode = USERNS_RANGE;
	is_map(MAP_RANGE, "0 100000 65536\n", "0 200000 65536\n");
}

Test(choose, root_never_root)
{
	root_user(NULL, NULL);
	in.mode = USERNS_SINGLE;
	is_refused("to the host's root", "--userns single");
	in.mode = USERNS_RANGE;
	is_refused("root has no range", "--userns");
	root_user("root:0:65536\n", "root:100000:65536\n");
	is_refused("includes uid 0", "");
}

/* uid 0 of a user namespace that has 1000 ids. */
static void nested_root(const char *subuid, const char *subgid)
{
	root_user(subuid, subgid);
	in.own_uids[0] = in.own_gids[0] = (struct id_extent){0, 100000, 1000};
}

Test(choose, nested_root)
{
	nested_root(NULL, NULL);
	is_map(MAP_SINGLE, "1000 0 1\n", "1000 0 1\n");
	nested_root("root:1:999\n", "root:1:999\n");
	is_map(MAP_CALLER, "0 0 1\n1 1 999\n", "0 0 1\n1 1 999\n");
	nested_root("root:1:1000\n", "root:1:999\n"); /* one id more than there are */
	is_map(MAP_SINGLE, "1000 0 1\n", "1000 0 1\n");
	cr_expect(strstr(out.why, "user namespace that pillbox runs in") != NULL);
	in.mode = USERNS_RANGE;
	is_refused("not in the user namespace", "");
}

Test(choose, nested_user_without_root)
{
	alice(R, R);
	in.own_uids[0] = in.own_gids[0] = (struct id_extent){1000, 1000, 1};
	is_map(MAP_SINGLE, "1000 1000 1\n", "1000 1000 1\n");
	in.own_uids[1] = in.own_gids[1] = (struct id_extent){100000, 5000, 65536};
	in.n_own_uids = in.n_own_gids = 2;
	is_map(MAP_SINGLE, "1000 1000 1\n", "1000 1000 1\n");
	cr_expect(strstr(out.why, "no root") != NULL);
	in.own_uids[2] = in.own_gids[2] = (struct id_extent){0, 4000, 1};
	in.n_own_uids = in.n_own_gids = 3;
	is_map(MAP_CALLER, "0 1000 1\n1 100000 65536\n", "0 1000 1\n1 100000 65536\n");
}

Test(fit, outside)
{
	alice("alice:100000:999\n", "alice:100000:999\n");
	cr_assert(choose() == 0);
	cr_expect(ids_fit(&out, "-u", "uid", 999, &in, &err) == 0);
	cr_expect(ids_fit(&out, "-u 1000", "uid", 1000, &in, &err) == -EINVAL);
	cr_expect(!strcmp(err.msg, "-u 1000: container uid 1000 is outside the map 0..999"), "%s",
		  err.msg);
	cr_expect(strstr(err.hint, "usermod --add-subuids 100999-") == NULL, "blocks are whole: %s",
		  err.hint);
	cr_expect(strstr(err.hint, "usermod --add-subuids 165536-231071") != NULL, "%s", err.hint);
}

Test(fit, single)
{
	alice(NULL, NULL);
	cr_assert(choose() == 0);
	cr_expect(ids_fit(&out, "--tmpfs /x", "gid", 1000, &in, &err) == 0);
	cr_expect(ids_fit(&out, "--tmpfs /x", "gid", 0, &in, &err) == -EINVAL);
	cr_expect(
		strstr(err.msg,
		       "--tmpfs /x: container gid 0 is outside the map, which has only gid 1000") !=
			NULL,
		"%s", err.msg);
}

Test(fit, end_of_the_id_space)
{
	alice("alice:1001:4294966294\n", "alice:1001:4294966294\n");
	is_map(MAP_CALLER, "0 1000 1\n1 1001 4294966294\n", "0 1000 1\n1 1001 4294966294\n");
	cr_expect(id_map_has(&out.uids, 4294966294u) && !id_map_has(&out.uids, 4294966295u));
	cr_expect(id_map_count(&out.uids) == 4294966295u);
}

Test(procmap, parse)
{
	struct id_extent e[2];
	size_t n = 9;

	cr_expect(idmap_parse("         0          0 4294967295\n", e, 2, &n) == 0);
	cr_expect(n == 1 && e[0].inside == 0 && e[0].outside == 0 && e[0].count == UINT32_MAX);
	cr_expect(idmap_parse("0 1 2\n3 4 5\n", e, 2, &n) == 0 && n == 2 && e[1].outside == 4);
	cr_expect(idmap_parse("", e, 2, &n) == 0 && n == 0);
	n = 9;
	cr_expect(idmap_parse("0 1 2\n3 4 5\n6 7 8\n", e, 2, &n) == -E2BIG && n == 9);
	cr_expect(idmap_parse("0 1\n", e, 2, &n) == -EINVAL);
	cr_expect(idmap_parse("0 1 2", e, 2, &n) == -EINVAL);
	cr_expect(idmap_parse("0 1 4294967296\n", e, 2, &n) == -EINVAL);
	cr_expect(idmap_parse("0 -1 2\n", e, 2, &n) == -EINVAL);
}

Test(procmap, five_full_lines_fit_the_buffer)
{
	struct id_map m = {.n = ID_EXTENTS};
	char text[256];

	for (unsigned i = 0; i < m.n; i++)
		m.ext[i] = (struct id_extent){4294967295u, 4294967295u, 4294967295u};
	cr_expect(id_map_print(&m, text, sizeof(text)) == 5 * 33);
}
