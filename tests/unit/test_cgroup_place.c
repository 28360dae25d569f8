/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_cgroup_place.c - cgroup_host.c, cgroup_find.c and scope_find.c: what /proc says of all kinds
 * of hosts, and on which rung of the ladder a group is made there. The trees are plain directories
 * with files of the same names, and a directory that stands for /run.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cgroup.h"
#include "step.h"

/* ---- the two files of /proc ----------------------------------------------------------------- */

static struct cgroup_host host; /* large: not on the stack of a test */

static void parse(const char *self, const char *mounts)
{
	memset(&host, 0, sizeof(host));
	cgroup_parse_self(self, &host);
	cgroup_parse_mounts(mounts, &host);
}

Test(cgroup_parse, unified)
{
	parse("0::/user.slice/a.scope\n",
	      "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
	      "30 25 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
	cr_expect(host.has_path);
	cr_expect_str_eq(host.path, "/user.slice/a.scope");
	cr_expect_str_eq(host.mount, "/sys/fs/cgroup");
	cr_expect_str_eq(host.root, "/");
	cr_expect(host.v1 == 0);
}

Test(cgroup_parse, hybrid)
{
	parse("9:name=systemd:/x\n8:pids:/\n7:blkio:/\n5:devices:/\n4:memory:/a:b\n2:cpu,cpuacct:/\n0::/x\n",
	      "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
	      "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:7 master:1 - cgroup cgroup rw,memory\n"
	      "38 31 0:35 / /mnt/with\\040blank rw - cgroup cgroup rw,blkio\n"
	      "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
	cr_expect(host.v1 == (CTL_PIDS | CTL_IO | CTL_MEMORY | CTL_CPU));
	cr_expect_str_eq(host.v1_mount[2], "/sys/fs/cgroup/memory");
	cr_expect_str_eq(host.v1_mount[0], "/sys/fs/cgroup/cpu,cpuacct");
	cr_expect_str_eq(host.v1_mount[4], "/mnt/with blank");
	cr_expect_str_eq(host.v1_mount[3], "", "pids is bound and not mounted");
	cr_expect_str_eq(host.mount, "/sys/fs/cgroup/unified");
	cr_expect_str_eq(host.path, "/x");
}

/* Recorded: Debian 12, a login by ssh; the second line is of a mount below a blank. */
Test(cgroup_parse, session_and_service)
{
	parse("0::/user.slice/user-1000.slice/session-3.scope\n",
	      "24 29 0:22 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw\n"
	      "34 24 0:29 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 "
	      "cgroup2 rw,nsdelegate,memory_recursiveprot\n");
	cr_expect_str_eq(host.path, "/user.slice/user-1000.slice/session-3.scope");
	cr_expect_str_eq(host.mount, "/sys/fs/cgroup");
	cr_expect_str_eq(host.root, "/");
	parse("0::/system.slice/system-foo.slice/foo@a:b.service\n", "");
	cr_expect_str_eq(host.path, "/system.slice/system-foo.slice/foo@a:b.service");
	cr_expect(!host.mount[0]);
}

/* Recorded: Docker with its own cgroup namespace, and with the host's. */
Test(cgroup_parse, container)
{
	parse("0::/\n",
	      "1289 1288 0:29 / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup "
	      "rw,nsdelegate\n");
	cr_expect_str_eq(host.path, "/");
	cr_expect_str_eq(host.root, "/");
	parse("0::/system.slice/docker-0123.scope\n",
	      "1289 1288 0:29 /system.slice/docker-0123.scope /sys/fs/cgroup ro - cgroup2 cgroup "
	      "rw\n");
	cr_expect_str_eq(host.root, "/system.slice/docker-0123.scope");
	/* In a namespace of our own below the mount's: the root shows as a way out of it. */
	parse("0::/\n", "1 2 0:29 /../.. /sys/fs/cgroup rw - cgroup2 cgroup rw\n");
	cr_expect_str_eq(host.root, "/../..");
}

Test(cgroup_parse, the_mount_that_shows_us)
{
	parse("0::/a/b\n", "1 0 0:1 /other /mnt rw - cgroup2 cgroup2 rw\n"
			   "2 0 0:1 /a /mnt2 rw - cgroup2 cgroup2 rw\n"
			   "3 0 0:1 / /mnt3 rw - cgroup2 cgroup2 rw\n");
	cr_expect_str_eq(host.mount, "/mnt2");
	cr_expect_str_eq(host.root, "/a");
}

Test(cgroup_parse, nonsense_is_skipped)
{
	static char longer[3 * PATH_MAX];

	parse("", "");
	cr_expect(!host.has_path && !host.mount[0] && !host.v1);
	parse("0:\n0\n:\n::\n\n\n12:memory\n",
	      "cgroup2\n- cgroup2 -\n1 2 3 4 5 6 - cgroup2\n - - - - - - - -\n");
	cr_expect(!host.has_path && !host.mount[0] && !host.v1);
	(void)snprintf(longer, sizeof(longer), "0::/%0*d\n", 2 * PATH_MAX, 0);
	parse(longer, "");
	cr_expect(!host.has_path, "half a path is another path");
	cr_expect(cgroup_parse_controllers("cpuset cpu io memory hugetlb pids rdma misc\n") ==
		  (CTL_CPUSET | CTL_CPU | CTL_IO | CTL_MEMORY | CTL_PIDS));
	cr_expect(cgroup_parse_controllers("") == 0);
	cr_expect(cgroup_parse_controllers("memoryx xmemory\n") == 0);
}

Test(cgroup_parse, lists)
{
	char text[64];

	cgroup_ctl_list(CTL_MEMORY | CTL_PIDS, '+', text, sizeof(text));
	cr_expect_str_eq(text, "+memory +pids");
	cgroup_ctl_list(CTL_IO, '-', text, sizeof(text));
	cr_expect_str_eq(text, "-io");
	cgroup_ctl_list(CTL_CPU | CTL_CPUSET, 0, text, sizeof(text));
	cr_expect_str_eq(text, "cpu cpuset");
	cgroup_ctl_list(0, '+', text, sizeof(text));
	cr_expect_str_eq(text, "");
}

/* ---- the ladder ----------------------------------------------------------------------------- */

static char base[64], tree[80], run_dir[80]; /* base/cgroup, base/run */

static void put(const char *dir, const char *file, const char *text)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s%s/%s", tree, dir, file);
	f = fopen(path, "w");
	cr_assert(f, "%s", path);
	(void)fputs(text, f);
	(void)fclose(f);
}

/* A group with these controllers, handing those on, holding these processes. */
static void group(const char *dir, const char *has, const char *gives, const char *procs)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s%s", tree, dir);
	if (dir[0])
		cr_assert(mkdir(path, 0755) == 0, "%s", path);
	put(dir, "cgroup.controllers", has);
	put(dir, "cgroup.subtree_control", gives);
	put(dir, "cgroup.procs", procs);
	put(dir, "cgroup.type", "domain\n");
}

/* Only the root of the whole tree has no type. */
static void real_root(const char *has)
{
	char type[128];

	group("", has, "memory pids\n", "1\n2\n");
	(void)snprintf(type, sizeof(type), "%s/cgroup.type", tree);
	cr_assert(unlink(type) == 0);
}

static void run_make(const char *sub)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s%s", run_dir, sub);
	cr_assert(mkdir(path, 0755) == 0, "%s", path);
}

static void tree_make(void)
{
	(void)snprintf(base, sizeof(base), "/tmp/pillbox-test-XXXXXX");
	cr_assert(mkdtemp(base) && chmod(base, 0755) == 0);
	(void)snprintf(tree, sizeof(tree), "%s/cgroup", base);
	(void)snprintf(run_dir, sizeof(run_dir), "%s/run", base);
	cr_assert(mkdir(tree, 0755) == 0 && mkdir(run_dir, 0755) == 0);
}

static int tree_rm(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static void tree_drop(void)
{
	(void)nftw(base, tree_rm, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(cgroup_place, .init = tree_make, .fini = tree_drop);

static void delegate(const char *dir)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s%s", tree, dir);
	if (setxattr(path, "user.delegate", "1", 1, 0) < 0)
		cr_skip_test("no user attributes in /tmp");
}

/* The ordinary user of these tests: the caller, or when that is root somebody else. */
static uid_t user(void)
{
	return getuid() ? getuid() : 4242;
}

static void own(const char *dir)
{
	static const char *const files[] = {"", "/cgroup.procs", "/cgroup.subtree_control"};
	char path[256];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		(void)snprintf(path, sizeof(path), "%s%s%s", tree, dir, files[i]);
		cr_assert(chown(path, user(), (gid_t)-1) == 0, "%s", path);
	}
}

/* systemd runs, the user has a manager that was handed `has`, and pillbox-scope is there. */
static void manager(const char *has, bool is_up)
{
	char text[256];

	run_make("/systemd");
	run_make("/systemd/system");
	run_make("/user");
	if (!is_up)
		return;
	(void)snprintf(text, sizeof(text), "/user/%u", user());
	run_make(text);
	(void)snprintf(text, sizeof(text), "/user/%u/systemd", user());
	run_make(text);
	(void)snprintf(text, sizeof(text), "%s/user/%u/systemd/private", run_dir, user());
	cr_assert(mknod(text, S_IFSOCK | 0600, 0) == 0 && chown(text, user(), (gid_t)-1) == 0);
	group("/user.slice", "cpu memory pids\n", "memory pids\n", "");
	(void)snprintf(text, sizeof(text), "/user.slice/user-%u.slice", user());
	group(text, "memory pids\n", "memory pids\n", "");
	(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "/session-1.scope");
	group(text, "memory pids\n", "", "1\n4711\n");
	(void)snprintf(text, sizeof(text), "/user.slice/user-%u.slice/user@%u.service", user(),
		       user());
	group(text, has, has, "");
	own(text);
	delegate(text);
}

static void helper(const char *where, mode_t mode)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", base, where);
	f = fopen(path, "w");
	cr_assert(f && fclose(f) == 0 && chmod(path, mode) == 0);
}

static struct cgroup_place place;
static struct err err;
static unsigned want;

static int find(const char *self, unsigned need, uid_t uid)
{
	char exe[128];
	struct cgroup_ask ask = {.need = need,
				 .want = want,
				 .uid = uid,
				 .self = 4711,
				 .run = run_dir,
				 .unit = "pillbox-x.scope",
				 .exe = exe};

	memset(&host, 0, sizeof(host));
	memset(&place, 0, sizeof(place));
	memset(&err, 0, sizeof(err));
	host.has_path = true;
	(void)snprintf(exe, sizeof(exe), "%s/pillbox", base);
	(void)snprintf(host.path, sizeof(host.path), "%s", self);
	(void)snprintf(host.mount, sizeof(host.mount), "%s", tree);
	(void)snprintf(host.root, sizeof(host.root), "/");
	return cgroup_place(&host, &ask, &place, &err);
}

static void found(const char *self, unsigned need, const char *parent, bool leaf)
{
	char want_dir[256];
	int rc = find(self, need, getuid());

	(void)snprintf(want_dir, sizeof(want_dir), "%s%s", tree, parent);
	cr_expect(rc == 0, "refused: %s", err.msg);
	cr_expect(!strcmp(place.parent, want_dir), "%s and not %s", place.parent, want_dir);
	cr_expect(place.leaf == leaf && !place.make && !place.scope && !err.is_set);
}

static void refused(const char *self, unsigned need, uid_t uid, int num, const char *part,
		    const char *cure)
{
	int rc = find(self, need, uid);

	cr_expect(rc == -num, "%d and not -%d: %s", rc, num, err.msg);
	cr_expect(strstr(err.msg, part), "'%s' has no '%s'", err.msg, part);
	cr_expect(strstr(err.hint, cure), "'%s' has no '%s'", err.hint, cure);
	cr_expect(strstr(err.hint, "--allow-missing=cgroup"), "%s", err.hint);
	cr_expect(err.raw && !place.parent[0]);
}

Test(cgroup_place, alone_in_a_delegated_scope)
{
	group("", "cpu memory pids\n", "cpu memory pids\n", "");
	group("/app.slice", "memory pids\n", "memory pids\n", "");
	group("/app.slice/run.scope", "memory pids\n", "", "4711\n");
	delegate("/app.slice/run.scope");
	found("/app.slice/run.scope", CTL_MEMORY, "/app.slice/run.scope", true);
	cr_expect(place.take == CTL_MEMORY);
}

Test(cgroup_place, leaf_below_a_delegated_scope)
{
	group("", "memory\n", "memory\n", "");
	group("/run.scope", "memory\n", "", "");
	group("/run.scope/shell", "memory\n", "", "1\n4711\n");
	delegate("/run.scope");
	found("/run.scope/shell", CTL_MEMORY, "/run.scope", false);
}

Test(cgroup_place, never_above_the_unit)
{
	/* Everything is ours and empty, but it is systemd's. */
	group("", "memory\n", "memory\n", "");
	group("/app.slice", "memory\n", "memory\n", "");
	group("/app.slice/run.scope", "memory\n", "", "1\n4711\n");
	refused("/app.slice/run.scope", CTL_MEMORY, getuid(), EACCES, "no Delegate=yes",
		"Delegate= of that unit");
	delegate("/app.slice/run.scope");
	refused("/app.slice/run.scope", CTL_MEMORY, getuid(), EBUSY, "holds other processes",
		"a group of its own");
}

Test(cgroup_place, plain_tree_without_systemd)
{
	group("", "memory pids\n", "memory pids\n", "");
	group("/mine", "memory pids\n", "", "");
	group("/mine/a", "\n", "", "1\n2\n4711\n");
	found("/mine/a", CTL_MEMORY | CTL_PIDS, "/mine", false);
}

Test(cgroup_place, processes_do_not_matter_where_it_hands_on)
{
	group("", "memory\n", "memory\n", "1\n");
	group("/a", "memory\n", "", "1\n4711\n");
	found("/a", CTL_MEMORY, "", false);
}

/* Without systemd there is nobody to ask but root: the sentences and cures are others. */
Test(cgroup_place, without_systemd)
{
	group("", "cpu io memory pids\n", "memory pids\n", "");
	group("/run.scope", "memory pids\n", "", "4711\n");
	delegate("/run.scope");
	refused("/run.scope", CTL_MEMORY | CTL_CPU | CTL_IO, getuid(), ENOENT,
		"no controller cpu io", "cgroup.subtree_control of each group above");
	group("/root", "memory\n", "", "4711\n");
	refused("/root", CTL_MEMORY, getuid() + 1, EACCES, "not delegated to this user",
		"chown -R");
}

Test(cgroup_place, bound_to_v1)
{
	struct cgroup_ask ask = {.need = CTL_MEMORY | CTL_PIDS | CTL_CPU, .run = run_dir};

	group("", "\n", "", "");
	memset(&err, 0, sizeof(err));
	parse("4:memory:/\n8:pids:/\n0::/\n",
	      "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
	cr_expect(cgroup_place(&host, &ask, &place, &err) == -EOPNOTSUPP);
	cr_expect_str_eq(err.msg, "memory is bound to cgroup v1 at /sys/fs/cgroup/memory; "
				  "pids is bound to cgroup v1");
	cr_expect(strstr(err.hint, "systemd.unified_cgroup_hierarchy=1"));
	cr_expect(strstr(err.hint, "cgroup_no_v1=all"));
	/* Hybrid: what is mounted as cgroup2 is a tree without controllers. */
	memset(&err, 0, sizeof(err));
	parse("4:memory:/\n0::/\n",
	      "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
	      "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
	cr_expect(cgroup_place(&host, &ask, &place, &err) == -EOPNOTSUPP);
	cr_expect_str_eq(err.msg, "memory is bound to cgroup v1 at /sys/fs/cgroup/memory (a hybrid "
				  "host: cgroup v2 at /sys/fs/cgroup/unified comes without it)");
}

Test(cgroup_place, not_mounted)
{
	struct cgroup_ask ask = {.need = CTL_MEMORY, .uid = 1000, .self = 1, .run = run_dir};

	memset(&err, 0, sizeof(err));
	parse("0::/\n", "");
	manager("memory\n", false);
	cr_expect(cgroup_place(&host, &ask, &place, &err) == -ENOENT);
	cr_expect(strstr(err.msg, "not mounted"), "%s", err.msg);
	cr_expect(strstr(err.hint, "mount -t cgroup2"), "%s", err.hint);
	memset(&err, 0, sizeof(err));
	parse("9:cpu:/\n", "");
	cr_expect(cgroup_place(&host, &ask, &place, &err) == -ENOENT);
	cr_expect(strstr(err.hint, "cgroup_no_v1=all"), "%s", err.hint);
}

Test(cgroup_place, outside_of_the_namespace)
{
	real_root("memory pids\n");
	manager("memory pids\n", true);
	helper("pillbox-scope", 0755);
	refused("/../../x", CTL_MEMORY, user(), ENOENT, "does not show below", "cgroup namespace");
}

Test(cgroup_place, real_root_has_its_own)
{
	char want_dir[128];

	if (getuid() != 0)
		cr_skip_test("needs to be root");
	real_root("cpu memory pids\n");
	group("/s.service", "memory\n", "", "4711\n");
	cr_expect(find("/s.service", CTL_MEMORY | CTL_CPU, 0) == 0, "%s", err.msg);
	(void)snprintf(want_dir, sizeof(want_dir), "%s/pillbox", tree);
	cr_expect_str_eq(place.parent, want_dir);
	cr_expect(place.make && !place.leaf && !place.scope);
	refused("/s.service", CTL_IO, 0, ENOENT, "offers no controller io", "cgroup_disable=");
	/* In a scope with Delegate=yes root stays in it, too. */
	delegate("/s.service");
	cr_expect(find("/s.service", CTL_MEMORY, 0) == 0, "%s", err.msg);
	cr_expect(place.leaf && !place.make);
}

/* uid 0 of a user namespace: the tree's root is there, and it is somebody else's. */
Test(cgroup_place, root_of_a_user_namespace)
{
	if (getuid() != 0)
		cr_skip_test("needs to be root");
	real_root("cpu memory pids\n");
	group("/s.scope", "memory\n", "", "4711\n");
	cr_assert(chown(tree, 65534, 65534) == 0);
	own("/s.scope");
	manager("memory pids\n", true);
	helper("pillbox-scope", 0755);
	refused("/s.scope", CTL_MEMORY, 0, EACCES, "not delegated to this user", "chown -R");
	cr_expect(!place.make && !place.scope);
}

/* ---- the rung of the user's systemd --------------------------------------------------------- */

static const char *session(void)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "/user.slice/user-%u.slice/session-1.scope", user());
	return path;
}

/* As root, everything but what own() gave away belongs to somebody else than the user. */
static void need_root(void)
{
	if (getuid() != 0)
		cr_skip_test("needs to be root: what isn't the user's has to be another's");
}

static void found_scope(const char *self, unsigned need, unsigned take)
{
	char path[256], dir[512];
	int rc = find(self, need, user());

	(void)snprintf(path, sizeof(path),
		       "/user.slice/user-%u.slice/user@%u.service/app.slice/pillbox-x.scope",
		       user(), user());
	(void)snprintf(dir, sizeof(dir), "%s%s", tree, path);
	cr_assert(rc == 0, "refused: %s", err.msg);
	cr_expect_str_eq(place.scope_path, path);
	cr_expect_str_eq(place.parent, dir);
	cr_expect(place.scope && place.leaf && !place.make);
	cr_expect(place.take == take, "%x and not %x", place.take, take);
	(void)snprintf(dir, sizeof(dir), "%s/pillbox-scope", base);
	cr_expect_str_eq(place.scope_program, dir);
}

Test(cgroup_place, scope_from_a_session)
{
	need_root();
	real_root("cpu io memory pids\n");
	manager("memory pids\n", true);
	helper("pillbox-scope", 0755);
	found_scope(session(), CTL_MEMORY, CTL_MEMORY);
	/* From anywhere else too: cron's service, another user's session, a full scope of our own. */
	group("/system.slice", "memory pids\n", "memory pids\n", "");
	group("/system.slice/cron.service", "memory pids\n", "", "1\n4711\n");
	found_scope("/system.slice/cron.service", CTL_MEMORY | CTL_PIDS, CTL_MEMORY | CTL_PIDS);
	group("/mine.scope", "memory pids\n", "", "1\n4711\n");
	own("/mine.scope");
	delegate("/mine.scope");
	found_scope("/mine.scope", CTL_MEMORY, CTL_MEMORY);
	/* Alone in it, no scope is needed. */
	put("/mine.scope", "cgroup.procs", "4711\n");
	cr_expect(find("/mine.scope", CTL_MEMORY, user()) == 0 && !place.scope && place.leaf);
}

/* Out of a unit that has limits: for a limit of our own that is told, to count it isn't done. */
Test(cgroup_place, limits_that_are_left)
{
	need_root();
	real_root("cpu io memory pids\n");
	manager("memory pids\n", true);
	helper("pillbox-scope", 0755);
	put("/user.slice", "memory.max", "4096\n"); /* the manager is below that, too */
	found_scope(session(), CTL_MEMORY, CTL_MEMORY);
	cr_expect_str_eq(place.left, "");
	put(session(), "memory.max", "max\n");
	put(session(), "cpu.max", "max 100000\n");
	put(session(), "cpuset.cpus", "\n");
	found_scope(session(), CTL_MEMORY, CTL_MEMORY);
	cr_expect_str_eq(place.left, "");
	put(session(), "cpu.max", "5000 100000\n");
	found_scope(session(), CTL_MEMORY, CTL_MEMORY);
	cr_expect(!strncmp(place.left, "cpu.max of ", 11), "%s", place.left);
	put(session(), "cpu.max", "max 100000\n");
	put(session(), "cpuset.cpus", "0-1\n");
	found_scope(session(), CTL_MEMORY, CTL_MEMORY);
	cr_expect(!strncmp(place.left, "cpuset.cpus of ", 15), "%s", place.left);
	want = CTL_MEMORY;
	cr_expect(find(session(), 0, user()) == -EBUSY && !place.scope && !place.parent[0]);
	cr_expect(strstr(err.msg, "would take it out of cpuset.cpus of "), "%s", err.msg);
}

Test(cgroup_place, no_manager)
{
	char text[256];

	need_root();
	real_root("cpu io memory pids\n");
	manager("", false);
	helper("pillbox-scope", 0755);
	group("/session-1.scope", "memory pids\n", "", "1\n4711\n");
	(void)snprintf(text, sizeof(text),
		       "there is no user manager of uid %u to ask for a scope (no "
		       "%s/user/%u/systemd/private)",
		       user(), run_dir, user());
	refused("/session-1.scope", CTL_MEMORY, user(), ESRCH, text, "loginctl enable-linger 4242");
	cr_expect_str_eq(err.msg, text);
	/* In a system service there is a second cure. */
	group("/system.slice", "memory pids\n", "memory pids\n", "");
	group("/system.slice/foo.service", "memory pids\n", "", "1\n4711\n");
	refused("/system.slice/foo.service", CTL_MEMORY, user(), ESRCH,
		"and foo.service, in which we are, has no Delegate=yes",
		"systemctl edit foo.service");
	cr_expect(!strncmp(err.msg, text, strlen(text)), "%s", err.msg);
	cr_expect(strstr(err.hint, "enable-linger 4242"));
	/* Where the place is ours and only full, that is what can be helped. */
	own("/system.slice/foo.service");
	delegate("/system.slice/foo.service");
	refused("/system.slice/foo.service", CTL_MEMORY, user(), EBUSY, "holds other processes",
		"a group of its own");
	put("/system.slice/foo.service", "cgroup.procs", "4711\n");
	refused("/system.slice/foo.service", CTL_MEMORY | CTL_IO, user(), ENOENT,
		"no controller io delegated", "Delegate= of that unit");
}

/* The socket may be anything, and its directory anyone's. */
Test(cgroup_place, not_this_users_socket)
{
	char path[160];

	need_root();
	real_root("memory pids\n");
	manager("memory pids\n", true);
	helper("pillbox-scope", 0755);
	(void)snprintf(path, sizeof(path), "%s/user/%u/systemd/private", run_dir, user());
	cr_assert(chown(path, user() + 1, (gid_t)-1) == 0);
	refused(session(), CTL_MEMORY, user(), ESRCH, "no user manager", "enable-linger");
	cr_assert(unlink(path) == 0 && symlink("/dev/null", path) == 0);
	refused(session(), CTL_MEMORY, user(), ESRCH, "no user manager", "enable-linger");
	/* D-Bus alone will do. */
	(void)snprintf(path, sizeof(path), "%s/user/%u/bus", run_dir, user());
	cr_assert(mknod(path, S_IFSOCK | 0600, 0) == 0 && chown(path, user(), (gid_t)-1) == 0);
	found_scope(session(), CTL_MEMORY, CTL_MEMORY);
}

Test(cgroup_place, controller_not_handed_to_the_manager)
{
	char text[256];

	need_root();
	real_root("cpu memory pids\n");
	manager("memory pids\n", true);
	helper("pillbox-scope", 0755);
	(void)snprintf(text, sizeof(text), "user@%u.service has no controller cpu delegated to it",
		       user());
	refused(session(), CTL_MEMORY | CTL_CPU, user(), ENOENT, text,
		"/etc/systemd/system/user@.service.d/delegate.conf");
	cr_expect(strstr(err.hint, "`[Service]` and `Delegate=cpu cpuset io memory pids`"));
	cr_expect(strstr(err.hint, "systemctl daemon-reload"));
	cr_expect(strstr(err.hint, "systemctl restart user@4242"));
	/* What the kernel doesn't have, no drop-in brings. */
	refused(session(), CTL_CPU | CTL_IO, user(), ENOENT, "this kernel offers no controller io",
		"cgroup_disable=");
}

Test(cgroup_place, manager_elsewhere)
{
	char path[160];

	need_root();
	real_root("memory pids\n");
	manager("memory pids\n", true);
	helper("pillbox-scope", 0755);
	(void)snprintf(path, sizeof(path), "%s/user.slice/user-%u.slice/user@%u.service", tree,
		       user(), user());
	cr_assert(chown(path, 0, 0) == 0);
	refused(session(), CTL_MEMORY, user(), ENOENT, "not to be seen, or not this user's",
		"where it runs");
}

Test(cgroup_place, program_that_asks)
{
	char path[128];

	need_root();
	real_root("memory pids\n");
	manager("memory pids\n", true);
	refused(session(), CTL_MEMORY, user(), ENOENT, "the program pillbox-scope", "make install");
	helper("pillbox-scope", 0775);
	refused(session(), CTL_MEMORY, user(), EACCES, "is not executed", "make install");
	helper("pillbox-scope", 0757);
	refused(session(), CTL_MEMORY, user(), EACCES, "is not executed", "make install");
	helper("pillbox-scope", 0644);
	refused(session(), CTL_MEMORY, user(), EACCES, "is not executed", "make install");
	helper("pillbox-scope", 0755);
	(void)snprintf(path, sizeof(path), "%s/pillbox-scope", base);
	cr_assert(chown(path, user() + 1, (gid_t)-1) == 0);
	refused(session(), CTL_MEMORY, user(), EACCES, "is not executed", "make install");
	cr_assert(chown(path, user(), (gid_t)-1) == 0);
	found_scope(session(), CTL_MEMORY, CTL_MEMORY);
	/* Where everyone can put a file, a file of the user's may be there for something else. */
	cr_assert(chmod(base, 01777) == 0);
	refused(session(), CTL_MEMORY, user(), EACCES, "is not executed", "make install");
}

Test(cgroup_place, installed_program)
{
	char path[128];

	need_root();
	real_root("memory pids\n");
	manager("memory pids\n", true);
	(void)snprintf(path, sizeof(path), "%s/bin", base);
	cr_assert(mkdir(path, 0755) == 0);
	(void)snprintf(path, sizeof(path), "%s/libexec", base);
	cr_assert(mkdir(path, 0755) == 0);
	(void)snprintf(path, sizeof(path), "%s/libexec/pillbox", base);
	cr_assert(mkdir(path, 0755) == 0);
	helper("libexec/pillbox/pillbox-scope", 0755);
	refused(session(), CTL_MEMORY, user(), ENOENT, "the program pillbox-scope", "make install");
	(void)strcat(base, "/bin"); /* where pillbox is now */
	cr_expect(find(session(), CTL_MEMORY, user()) == 0, "%s", err.msg);
	cr_expect(strstr(place.scope_program, "/bin/../libexec/pillbox/pillbox-scope"));
	base[strlen(base) - 4] = '\0';
}

/* ---- what is only counted (--stats) --------------------------------------------------------- */

Test(cgroup_place, counting_takes_what_is_there)
{
	need_root();
	want = CTL_CPU | CTL_MEMORY | CTL_PIDS | CTL_IO;
	real_root("cpu memory pids\n");
	manager("memory pids\n", true);
	helper("pillbox-scope", 0755);
	found_scope(session(), 0, CTL_MEMORY | CTL_PIDS);
	found_scope(session(), CTL_MEMORY, CTL_MEMORY | CTL_PIDS);
	/* A limit needs all it needs, with or without counting. */
	refused(session(), CTL_CPU, user(), ENOENT, "no controller cpu", "delegate.conf");
	group("/s.service", "memory\n", "", "4711\n");
	cr_expect(find("/s.service", 0, 0) == 0, "%s", err.msg);
	cr_expect(place.make && place.take == (CTL_CPU | CTL_MEMORY | CTL_PIDS));
}

/* The limit has a place where not all can be counted: it isn't lost for that. */
Test(cgroup_place, counting_costs_no_limit)
{
	need_root();
	want = CTL_CPU | CTL_MEMORY | CTL_PIDS | CTL_IO;
	group("", "cpu memory pids\n", "memory\n", "1\n");
	own("");
	group("/a", "memory pids\n", "", "1\n4711\n");
	own("/a");
	cr_expect(find("/a", CTL_MEMORY, user()) == 0, "%s", err.msg);
	cr_expect(!strcmp(place.parent, tree) && place.take == CTL_MEMORY, "%s %x", place.parent,
		  place.take);
	cr_expect(find("/a", 0, user()) < 0 && err.num == EBUSY, "%s", err.msg);
}
