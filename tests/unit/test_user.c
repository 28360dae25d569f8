/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_user.c - user.c: -u and --group-add against a passwd and group that nobody vouches for.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ids.h"

static const char passwd_good[] = "root:x:0:0:root:/root:/bin/sh\n"
				  "daemon:x:1:1::/usr/sbin:/usr/sbin/nologin\n"
				  "alice:x:1000:1000:Alice,,,:/home/alice:/bin/sh\n"
				  "1234:x:0:0:a name of digits:/:/bin/sh\n"
				  "bad:x:01:5::/:\n"
				  "badgid:x:70:x::/:\n"
				  "minus:x:4294967295:5::/:\n"
				  "short:x:80\n"
				  "rel:x:90:90::home/rel:\n"
				  "esc:x:91:91::/home/\033[2J:\n"
				  "alice:x:0:0:a second one:/evil:/bin/sh\n"
				  "other:x:1000:0:same uid:/evil:/bin/sh\n"
				  "last:x:95:96::/home/last:/bin/sh";
static const char group_good[] = "root:x:0:\n"
				 "adm:x:4:daemon,alice\n"
				 "audio:x:29:alicea,xalice\n"
				 "video:x:44:alice\n"
				 "dup:x:44:alice\n"
				 "alice:x:1000:\n"
				 "badg:x:-1:bob\n"
				 "1234:x:0:\n"
				 "tail:x:60:alice,last";

static struct user_file passwd, group;
static struct user_req req;
static struct user_out out;
static struct err err;

static struct user_file file(const char *name, const char *text)
{
	struct user_file f = {{name, text, text ? strlen(text) : 0}, text ? 0 : ENOENT};

	return f;
}

static void setup(void)
{
	passwd = file("etc/passwd", passwd_good);
	group = file("etc/group", group_good);
	memset(&req, 0, sizeof(req));
}

static int resolve(const char *user)
{
	memset(&err, 0, sizeof(err));
	memset(&out, 0x5a, sizeof(out));
	req.user = user;
	return user_resolve(&req, &passwd, &group, &out, &err);
}

/* `groups` as "1000 4 44". */
static void is_user(const char *user, uid_t uid, gid_t gid, const char *groups, const char *home)
{
	char text[1024] = "";
	size_t len = 0;

	cr_assert(resolve(user) == 0, "-u %s refused: %s", user, err.msg);
	cr_expect(out.uid == uid && out.gid == gid, "-u %s is %u:%u", user, out.uid, out.gid);
	for (size_t i = 0; i < out.n_groups; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%u", i ? " " : "",
					out.groups[i]);
	cr_expect(!strcmp(text, groups), "-u %s has the groups %s", user, text);
	cr_expect(out.home_len == strlen(home) && !memcmp(out.home, home, out.home_len),
		  "-u %s has the home %.*s", user, (int)out.home_len, out.home);
}

static void is_refused(const char *user, const char *part)
{
	struct user_out before;

	memset(&before, 0x5a, sizeof(before));
	cr_expect(resolve(user) < 0, "-u '%s' accepted as %u:%u", user, out.uid, out.gid);
	cr_expect(strstr(err.msg, part) != NULL, "'%s' has no '%s'", err.msg, part);
	cr_expect(!memcmp(&before, &out, sizeof(out)), "a ret_ parameter was set on failure");
}

TestSuite(user, .init = setup);

Test(user, numbers)
{
	is_user("0", 0, 0, "0", "/root");
	is_user("0:0", 0, 0, "0", "/root");
	is_user("1000:1000", 1000, 1000, "1000", "/home/alice");
	is_user("1000", 1000, 1000, "1000 4 44 60", "/home/alice");
	is_user("1000:5", 1000, 5, "5", "/home/alice"); /* the group given is the only one */
	is_user("77", 77, 0, "0", "/");                 /* no entry: group 0 and no others */
	is_user("77:77", 77, 77, "77", "/");
	is_user("4294967294:4294967294", 4294967294u, 4294967294u, "4294967294", "/");
	is_user("95", 95, 96, "96 60", "/home/last"); /* no newline at the end of either file */
}

Test(user, names)
{
	is_user("root", 0, 0, "0", "/root");
	is_user("alice", 1000, 1000, "1000 4 44 60", "/home/alice"); /* the first line counts */
	is_user("alice:video", 1000, 44, "44", "/home/alice");
	is_user("alice:0", 1000, 0, "0", "/home/alice");
	is_user("5:adm", 5, 4, "4", "/");
	is_user("other", 1000, 0, "0", "/evil");
	is_refused("bob", "unable to find user bob");
	is_refused("ALICE", "unable to find user ALICE");
	is_refused("alic", "unable to find user");
	is_refused("alice:none", "unable to find group none");
}

Test(user, digits_are_never_a_name)
{
	is_user("1234", 1234, 0, "0", "/");
	is_user("1234:1234", 1234, 1234, "1234", "/");
}

Test(user, strict)
{
	static const char *const bad[] = {
		"",
		":",
		":5",
		"1:",
		"1:2:3",
		"01",
		"00",
		"0:01",
		"+1",
		" 1",
		"1 ",
		"1x",
		"-1",
		"0x1",
		"1:-1",
		"1:+1",
		"1: 1",
		"1:1x",
		"1\n",
		"1.5",
		"root ",
		" root",
		"root:",
		":root",
		"-root",
		"ro/ot",
		"ro\033ot",
		"..",
		".",
		"4294967295",
		"4294967296",
		"0:4294967295",
		"99999999999999999999",
		"18446744073709551616",
		"\xc3\xa9",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		is_refused(bad[i], "-u");
	is_refused(NULL, "empty");
	is_refused("4294967295", "too large");
	is_refused("01", "no leading zeros");
	is_refused("1x", "neither a number nor a name");
}

Test(user, strict_even_if_the_file_has_it)
{
	passwd = file("etc/passwd",
		      "1x:x:0:0::/:\n+1:x:0:0::/:\n 1:x:0:0::/:\n:x:0:0::/:\n-1:x:0:0::/:\n");
	is_refused("1x", "neither");
	is_refused("+1", "neither");
	is_refused(" 1", "neither");
	is_refused("-1", "neither");
	is_refused("", "empty");
}

Test(user, long_name)
{
	char name[300];

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	is_refused(name, "too long");
}

Test(user, bad_lines)
{
	is_refused("bad", "etc/passwd:5: the line has no valid uid");
	is_refused("badgid", "etc/passwd:6: the line has no valid gid");
	is_refused("70", "etc/passwd:6: ");
	is_user("70:1", 70, 1, "1", "/"); /* nothing of the line is needed */
	is_refused("minus", "etc/passwd:7: ");
	is_refused("short", "etc/passwd:8: ");
	is_refused("alice:badg", "etc/group:7: the line has no valid gid");
	passwd = file("etc/passwd", "bob:x:5:5::/:\n");
	is_refused("bob", "etc/group:7: "); /* listed in a group that has no valid gid */
	is_user("5:5", 5, 5, "5", "/");
}

Test(user, home)
{
	is_user("rel", 90, 90, "90", "/");
	is_user("esc", 91, 91, "91", "/");
	passwd = file("etc/passwd", "a:x:1:1:::\nb:x:2:2\n");
	is_user("a", 1, 1, "1", "/");
	is_refused("b", "fewer than six");
}

Test(user, home_too_long)
{
	static char text[8192];

	(void)strcpy(text, "a:x:1:1::/");
	memset(text + 10, 'h', 5000);
	(void)strcpy(text + 5010, ":/bin/sh\n");
	passwd = file("etc/passwd", text);
	is_user("a", 1, 1, "1", "/");
}

Test(user, crlf_and_nul)
{
	static const char nul[] = "al\0ice:x:7:7::/:\nalice:x:8\0:8::/:\nbob:x:9:9::/b:\n";

	passwd = file("etc/passwd", "alice:x:1000:1000::/home/alice:/bin/sh\r\n");
	group = file("etc/group", "adm:x:4:root,alice\r\n");
	is_user("alice", 1000, 1000, "1000 4", "/home/alice");
	passwd.t = (struct id_text){"etc/passwd", nul, sizeof(nul) - 1};
	is_user("bob", 9, 9, "9", "/b");
	is_refused("alice", "etc/passwd:2: the line has no valid uid");
}

Test(user, no_files)
{
	passwd = file("etc/passwd", NULL);
	group = file("etc/group", NULL);
	is_user("1000", 1000, 0, "0", "/");
	is_user("1000:1000", 1000, 1000, "1000", "/");
	is_refused("root", "unable to find user root");
	is_refused("0:root", "unable to find group root");
}

Test(user, unreadable)
{
	passwd.num = EFBIG;
	is_user("1000:1000", 1000, 1000, "1000", "/");
	is_refused("1000", "etc/passwd: larger than 16 MiB");
	is_refused("alice:5", "etc/passwd: larger than 16 MiB");
	passwd.num = EINVAL;
	is_refused("alice", "not a regular file");
	passwd.num = EACCES;
	is_refused("alice", "etc/passwd");
	cr_expect(err.num == EACCES && strstr(err.hint, "-u UID:GID") != NULL);
	setup();
	group.num = ELOOP;
	is_user("alice:5", 1000, 5, "5", "/home/alice");
	is_user("77", 77, 0, "0", "/");
	is_refused("alice", "etc/group");
	is_refused("1:adm", "etc/group");
}

Test(user, group_add)
{
	const char *add[] = {"adm", "7", "adm", "1000"};

	req.group_add = add;
	req.n_group_add = 4;
	is_user("1000:1000", 1000, 1000, "1000 4 7", "/home/alice");
	is_user("alice", 1000, 1000, "1000 4 44 60 7", "/home/alice");
	for (size_t i = 0; i < 6; i++) {
		static const char *const bad[] = {"", "01", "-1", "4294967295", "none", "a b"};

		add[0] = bad[i];
		is_refused("1000:1000", "--group-add");
	}
}

Test(user, many_groups)
{
	char text[USER_GROUPS * 32 + 64];
	size_t len = 0;

	for (unsigned i = 0; i < USER_GROUPS - 1; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "g%u:x:%u:alice\n", i,
					2000 + i);
	group = file("etc/group", text);
	cr_expect(resolve("alice") == 0 && out.n_groups == USER_GROUPS);
	(void)snprintf(text + len, sizeof(text) - len, "more:x:9999:alice\n");
	group = file("etc/group", text);
	is_refused("alice", "etc/group: more than 64 groups");
}

Test(user, needs_group)
{
	const char *add[] = {"7", "adm"};

	req.user = "1000:1000";
	cr_expect(!user_needs_group(&req));
	req.group_add = add;
	req.n_group_add = 1;
	cr_expect(!user_needs_group(&req));
	req.n_group_add = 2;
	cr_expect(user_needs_group(&req));
	req.n_group_add = 0;
	req.user = "1000";
	cr_expect(user_needs_group(&req));
	req.user = "1000:adm";
	cr_expect(user_needs_group(&req));
}
