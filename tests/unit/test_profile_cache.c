/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_profile_cache.c - the cache of compiled profiles: what is taken from it and what never is,
 * many writers at once, no room, and step filter-compile with it.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "builtin_filter.h"
#include "profile_cache.h"
#include "step.h"

#define KERNEL 6012
#define TEXT                                                                                   \
	"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"flags\": [\"SECCOMP_FILTER_FLAG_LOG\"], "   \
	"\"syscalls\": [{\"names\": [\"execve\", \"exit_group\", \"read\", \"no_such_call\", " \
	"\"nor_this_one\"], \"action\": \"SCMP_ACT_ALLOW\"}, {\"name\": \"chroot\", "          \
	"\"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"caps\": [\"CAP_SYS_CHROOT\"]}}]}"

static char top[64]; /* a directory of the test's own */
static struct err err;
static struct profile_cache cache;
static struct profile_result want, got;

static char *below(const char *name)
{
	static char path[4][512];
	static unsigned at;
	char *ret = path[at++ % 4];

	(void)snprintf(ret, sizeof(path[0]), "%s/%s", top, name);
	return ret;
}

static char *entry(void)
{
	char name[160];

	(void)snprintf(name, sizeof(name), "cache/pillbox/seccomp/%s", cache.name);
	return below(name);
}

static void set_up(void)
{
	memset(&err, 0, sizeof(err));
	if (!top[0]) {
		(void)snprintf(top, sizeof(top), "/tmp/pillbox-cache-XXXXXX");
		cr_assert(mkdtemp(top));
		(void)setenv("XDG_CACHE_HOME", below("cache"), 1);
		(void)unsetenv("HOME");
	}
	if (!want.n)
		cr_assert(profile_compile("p", TEXT, strlen(TEXT), 0, KERNEL, &want, &err) == 0);
}

static void clean(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", top);
	cr_expect(system(command) == 0);
}

/* An open cache with the entry in it. */
static void stored(void)
{
	set_up();
	cr_assert(profile_cache_open(&cache, true, &err) == 0, "%s", err.msg);
	profile_cache_key(&cache, TEXT, strlen(TEXT), 0, KERNEL);
	cr_assert(profile_cache_store(&cache, &want, &err) == 0, "%s", err.msg);
}

static bool is_equal(const struct profile_result *a, const struct profile_result *b)
{
	return a->n == b->n && memcmp(a->insns, b->insns, a->n * sizeof(*a->insns)) == 0 &&
	       a->flags == b->flags && a->n_rules == b->n_rules && a->n_unknown == b->n_unknown &&
	       strcmp(a->unknown, b->unknown) == 0 && a->caps_mask == b->caps_mask &&
	       a->kernel_max == b->kernel_max;
}

static int load(void)
{
	int rc;

	memset(&err, 0, sizeof(err));
	rc = profile_cache_load(&cache, &got, &err);
	if (rc == 0) {
		cr_expect(is_equal(&got, &want));
		profile_result_free(&got);
	}
	return rc;
}

static unsigned count(const char *dir)
{
	DIR *d = opendir(dir);
	unsigned n = 0;

	cr_assert(d, "%s: %s", dir, strerror(errno));
	for (const struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

/* ---- the directory ------------------------------------------------------------------------ */

Test(profile_cache, round_trip)
{
	struct stat st;

	stored();
	cr_expect(want.n_unknown == 2 && want.flags && want.caps_mask);
	cr_expect(load() == 0, "%s", err.msg);
	cr_expect(stat(entry(), &st) == 0 && (st.st_mode & 07777) == 0600);
	for (unsigned i = 0; i < 3; i++) {
		const char *dirs[] = {"cache", "cache/pillbox", "cache/pillbox/seccomp"};

		cr_expect(stat(below(dirs[i]), &st) == 0 && (st.st_mode & 07777) == 0700);
	}
	cr_expect(count(below("cache/pillbox/seccomp")) == 1);
	profile_cache_close(&cache);
	cr_expect(cache.dir == -1);
	clean();
}

Test(profile_cache, where)
{
	set_up();
	/* nothing is made where nothing is to be made */
	cr_expect(profile_cache_open(&cache, false, &err) == -ENOENT && !err.is_set);
	cr_expect(access(below("cache"), F_OK) != 0);
	/* a relative path doesn't count */
	(void)setenv("XDG_CACHE_HOME", "cache", 1);
	(void)setenv("HOME", top, 1);
	cr_assert(profile_cache_open(&cache, true, &err) == 0, "%s", err.msg);
	cr_expect(access(below(".cache/pillbox/seccomp"), F_OK) == 0);
	cr_expect(strcmp(cache.path, below(".cache/pillbox/seccomp")) == 0);
	profile_cache_close(&cache);
	/* nor does an empty one, and slashes at the end are none too many */
	(void)setenv("XDG_CACHE_HOME", "", 1);
	cr_assert(profile_cache_open(&cache, false, &err) == 0);
	profile_cache_close(&cache);
	(void)setenv("XDG_CACHE_HOME", below(".cache//"), 1);
	cr_assert(profile_cache_open(&cache, false, &err) == 0);
	profile_cache_close(&cache);
	(void)unsetenv("XDG_CACHE_HOME");
	(void)unsetenv("HOME");
	cr_expect(profile_cache_open(&cache, true, &err) != 0 && strstr(err.msg, "absolute"));
	clean();
}

static int open_again(void)
{
	static struct profile_cache other;
	int rc;

	memset(&err, 0, sizeof(err));
	rc = profile_cache_open(&other, true, &err);
	if (rc == 0)
		profile_cache_close(&other);
	return rc;
}

Test(profile_cache, directories)
{
	static const char *const dirs[] = {"cache/pillbox", "cache/pillbox/seccomp"};

	stored();
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		static const mode_t modes[] = {0770, 0702, 01777};
		char *dir = below(dirs[i]), *away = below("away");

		for (size_t k = 0; k < ARRAY_SIZE(modes); k++) {
			cr_assert(chmod(dir, modes[k]) == 0);
			cr_expect(open_again() != 0 && strstr(err.msg, "others may write"), "%s",
				  err.msg);
		}
		cr_assert(chmod(dir, 0755) == 0);
		cr_expect(open_again() == 0);
		if (geteuid() == 0) {
			cr_assert(chown(dir, 65534, 0) == 0);
			cr_expect(open_again() != 0 && strstr(err.msg, "belongs to uid 65534"));
			cr_assert(chown(dir, 0, 0) == 0);
		}
		cr_assert(rename(dir, away) == 0 && symlink(away, dir) == 0);
		cr_expect(open_again() != 0, "a link as %s", dirs[i]);
		cr_assert(unlink(dir) == 0 && close(creat(dir, 0600)) == 0);
		cr_expect(open_again() != 0, "a file as %s", dirs[i]);
		cr_assert(unlink(dir) == 0 && rename(away, dir) == 0);
	}
	cr_expect(load() == 0);
	/* the user's own link to another disk is his own business */
	cr_assert(rename(below("cache"), below("disk")) == 0 &&
		  symlink("disk", below("cache")) == 0);
	cr_expect(open_again() == 0, "%s", err.msg);
	clean();
}

/* Root with the HOME of somebody else: nothing is read and nothing is made. */
Test(profile_cache, home_of_another)
{
	if (geteuid() != 0)
		cr_skip_test("needs root");
	set_up();
	(void)unsetenv("XDG_CACHE_HOME");
	(void)setenv("HOME", below("home"), 1);
	cr_assert(mkdir(below("home"), 0755) == 0 && chown(below("home"), 65534, 65534) == 0);
	cr_expect(open_again() != 0 && strstr(err.msg, "belongs to uid 65534"), "%s", err.msg);
	cr_expect(count(below("home")) == 0 && access(below("home/.cache"), F_OK) != 0);
	cr_assert(mkdir(below("home/.cache"), 0755) == 0 &&
		  chown(below("home/.cache"), 65534, 65534) == 0);
	cr_expect(open_again() != 0 && strstr(err.msg, "belongs to uid 65534"), "%s", err.msg);
	cr_expect(count(below("home/.cache")) == 0);
	clean();
}

Test(profile_cache, keys)
{
	char names[5][sizeof(cache.name)];

	set_up();
	cr_assert(profile_cache_open(&cache, true, &err) == 0);
	for (unsigned i = 0; i < 5; i++) {
		profile_cache_key(&cache, i == 1 ? TEXT " " : TEXT, strlen(TEXT) + (i == 1),
				  i == 2 ? 1 : 0, i == 3 ? KERNEL + 1 : KERNEL);
		memcpy(names[i], cache.name, sizeof(cache.name));
		cr_expect(strlen(cache.name) == 64);
		for (unsigned k = 0; k < i; k++)
			cr_expect((strcmp(names[i], names[k]) == 0) == (i == 4 && k == 0));
	}
	clean();
}

/* ---- entries that must not be used -------------------------------------------------------- */

static void spoil(off_t at)
{
	int fd = open(entry(), O_RDWR | O_CLOEXEC);
	char byte;

	cr_assert(fd >= 0 && pread(fd, &byte, 1, at) == 1);
	byte ^= 1;
	cr_assert(pwrite(fd, &byte, 1, at) == 1 && close(fd) == 0);
}

static off_t size_of(void)
{
	struct stat st;

	cr_assert(stat(entry(), &st) == 0);
	return st.st_size;
}

static void cut(void)
{
	cr_assert(truncate(entry(), size_of() - 8) == 0);
}
static void cut_odd(void)
{
	cr_assert(truncate(entry(), size_of() - 1) == 0);
}
static void empty(void)
{
	cr_assert(truncate(entry(), 0) == 0);
}
static void longer(void)
{
	cr_assert(truncate(entry(), size_of() + 8) == 0);
}
static void huge(void)
{
	cr_assert(truncate(entry(), 1LL << 34) == 0);
}
static void group_writes(void)
{
	cr_assert(chmod(entry(), 0620) == 0);
}
static void all_write(void)
{
	cr_assert(chmod(entry(), 0602) == 0);
}
static void hard_link(void)
{
	cr_assert(link(entry(), below("link")) == 0);
}

static void sym_link(void)
{
	cr_assert(rename(entry(), below("good")) == 0 && symlink(below("good"), entry()) == 0);
}

static void fifo(void)
{
	cr_assert(unlink(entry()) == 0 && mkfifo(entry(), 0600) == 0);
}

static void other_owner(void)
{
	if (geteuid() == 0)
		cr_assert(chown(entry(), 65534, 65534) == 0);
	else
		cut();
}

/* A good entry for other capabilities, under this name. */
static void other_key(void)
{
	struct profile_cache other = cache;

	profile_cache_key(&other, TEXT, strlen(TEXT), 1ULL << CAP_SYS_CHROOT, KERNEL);
	cr_assert(profile_cache_store(&other, &want, &err) == 0);
	cr_assert(renameat(other.dir, other.name, cache.dir, cache.name) == 0);
}

/* With a right sum, but no filter of ours. */
static void forge(const struct sock_filter *insns, unsigned short n)
{
	struct profile_result res = want;

	res.insns = (struct sock_filter *)(uintptr_t)insns;
	res.n = n;
	cr_assert(profile_cache_store(&cache, &res, &err) == 0, "%s", err.msg);
}

static void refuses_all(void)
{
	forge(&(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1), 1);
}

static void unknown_insn(void)
{
	forge(&(struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0), 1);
}

static void endless(void)
{
	forge(&(struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), 1);
}

static void no_insns(void)
{
	forge(want.insns, 0);
}

static const struct {
	const char *what, *word;
	void (*spoil)(void);
} tampering[] = {
	{"cut short", "is damaged", cut},
	{"cut short, oddly", "", cut_odd},
	{"empty", "size", empty},
	{"longer", "is damaged", longer},
	{"huge", "size", huge},
	{"writable for the group", "others may write", group_writes},
	{"writable for all", "others may write", all_write},
	{"a hard link", "more than one link", hard_link},
	{"a symbolic link", "", sym_link},
	{"a FIFO", "not a regular file", fifo},
	{"another owner", "", other_owner},
	{"for other capabilities", "not what its name says", other_key},
	{"refuses execve", "does not hold a filter", refuses_all},
	{"an unknown instruction", "does not hold a filter", unknown_insn},
	{"no end", "does not hold a filter", endless},
	{"no instructions", "size", no_insns},
};

Test(profile_cache, tampering)
{
	stored();
	for (size_t i = 0; i < ARRAY_SIZE(tampering); i++) {
		tampering[i].spoil();
		cr_expect(load() != 0 && err.is_set, "%s: it was used", tampering[i].what);
		cr_expect(strstr(err.msg, tampering[i].word), "%s: %s", tampering[i].what, err.msg);
		/* compiled anew, and over it */
		memset(&err, 0, sizeof(err));
		cr_expect(profile_cache_store(&cache, &want, &err) == 0, "%s: %s",
			  tampering[i].what, err.msg);
		cr_expect(load() == 0, "%s: not replaced: %s", tampering[i].what, err.msg);
		(void)unlink(below("link"));
		(void)unlink(below("good"));
	}
	cr_expect(count(below("cache/pillbox/seccomp")) == 1);
	clean();
}

Test(profile_cache, every_byte)
{
	off_t size;

	stored();
	size = size_of();
	for (off_t at = 0; at < size; at++) {
		spoil(at);
		cr_expect(load() != 0 && err.is_set, "byte %ld of %ld is changed", (long)at,
			  (long)size);
		spoil(at);
	}
	cr_expect(load() == 0);
	clean();
}

/* It cannot be replaced, and that's not the end of the world. */
Test(profile_cache, directory_as_entry)
{
	stored();
	cr_assert(unlink(entry()) == 0 && mkdir(entry(), 0700) == 0);
	cr_expect(load() != 0 && strstr(err.msg, "not a regular file"), "%s", err.msg);
	memset(&err, 0, sizeof(err));
	cr_expect(profile_cache_store(&cache, &want, &err) != 0 && err.is_set);
	cr_expect(count(below("cache/pillbox/seccomp")) == 1);
	clean();
}

/* ---- many at once, many entries, no room -------------------------------------------------- */

static int one_of_many(unsigned who)
{
	for (unsigned i = 0; i < 200; i++) {
		struct err e = {0};
		int rc;

		if (profile_cache_open(&cache, true, &e))
			return 1;
		/* two keys: some write what others read */
		profile_cache_key(&cache, TEXT, strlen(TEXT), 0, KERNEL + (who + i) % 2);
		rc = profile_cache_load(&cache, &got, &e);
		if (rc == 0 && !is_equal(&got, &want))
			return 2;
		if (e.is_set)
			return 3;
		if ((rc == 0 ? i % 7 == 0 : rc == -ENOENT) &&
		    profile_cache_store(&cache, &want, &e))
			return 4;
		if (rc == 0)
			profile_result_free(&got);
		if (i % 50 == 49)
			(void)unlinkat(cache.dir, cache.name, 0);
		profile_cache_close(&cache);
	}
	return 0;
}

Test(profile_cache, many_at_once, .timeout = 60)
{
	pid_t pids[8];
	int status;

	set_up();
	for (unsigned i = 0; i < 8; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(one_of_many(i));
	}
	for (unsigned i = 0; i < 8; i++)
		cr_expect(waitpid(pids[i], &status, 0) == pids[i] && status == 0, "%u: status 0x%x",
			  i, status);
	cr_expect(count(below("cache/pillbox/seccomp")) <= 2);
	clean();
}

Test(profile_cache, oldest_goes)
{
	char first[sizeof(cache.name)] = "", last[sizeof(cache.name)];

	stored();
	cr_assert(close(creat(below("cache/pillbox/seccomp/new-0123456789abcdef"), 0600)) == 0);
	cr_assert(close(creat(below("cache/pillbox/seccomp/notes.txt"), 0600)) == 0);
	for (unsigned i = 0; i < PROFILE_CACHE_ENTRIES + 10; i++) {
		struct timespec at[2] = {{.tv_sec = 1000 + i}, {.tv_sec = 1000 + i}};

		profile_cache_key(&cache, TEXT, strlen(TEXT), 0, i);
		cr_assert(profile_cache_store(&cache, &want, &err) == 0, "%s", err.msg);
		cr_assert(utimensat(cache.dir, cache.name, at, 0) == 0);
		memcpy(i ? last : first, cache.name, sizeof(last));
	}
	/* one that isn't ours stays */
	cr_expect(count(below("cache/pillbox/seccomp")) <= PROFILE_CACHE_ENTRIES + 1);
	cr_expect(access(below("cache/pillbox/seccomp/notes.txt"), F_OK) == 0);
	cr_expect(faccessat(cache.dir, first, F_OK, 0) != 0);
	cr_expect(faccessat(cache.dir, last, F_OK, 0) == 0);
	clean();
}

static void expect_no_store(int num)
{
	memset(&err, 0, sizeof(err));
	cr_expect(profile_cache_store(&cache, &want, &err) != 0 && err.num == num, "%s (%d)",
		  err.msg, err.num);
}

Test(profile_cache, file_limit)
{
	struct rlimit old;

	stored();
	cr_assert(getrlimit(RLIMIT_FSIZE, &old) == 0);
	for (rlim_t limit = 0; limit < 200; limit += 100) {
		/* without a look at it SIGXFSZ would end the process here */
		cr_assert(setrlimit(RLIMIT_FSIZE, &(struct rlimit){limit, old.rlim_max}) == 0);
		expect_no_store(EFBIG);
		cr_expect(load() == 0, "%s", err.msg);
	}
	cr_assert(setrlimit(RLIMIT_FSIZE, &old) == 0);
	cr_expect(count(below("cache/pillbox/seccomp")) == 1);
	clean();
}

/* A small disk of our own, as root or in a user namespace. Not a test: no cr_ in a forked child. */
static bool mount_small(const char *where)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	char uids[32], gids[32], opts[64];

	(void)snprintf(uids, sizeof(uids), "%u %u 1", uid, uid);
	(void)snprintf(gids, sizeof(gids), "%u %u 1", gid, gid);
	(void)snprintf(opts, sizeof(opts), "size=16k,mode=700,uid=%u,gid=%u", uid, gid);
	if (uid && (unshare(CLONE_NEWUSER) || write_file(AT_FDCWD, "/proc/self/uid_map", uids) ||
		    write_file(AT_FDCWD, "/proc/self/setgroups", "deny") ||
		    write_file(AT_FDCWD, "/proc/self/gid_map", gids)))
		return false;
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("tmpfs", where, "tmpfs", 0, opts) == 0;
}

static int on_full_disk(void)
{
	int fd;

	if (!mount_small(below("cache")))
		return 77;
	if (profile_cache_open(&cache, true, &err))
		return 1;
	profile_cache_key(&cache, TEXT, strlen(TEXT), 0, KERNEL);
	if (profile_cache_store(&cache, &want, &err) || profile_cache_load(&cache, &got, &err))
		return 2;
	fd = open(below("cache/fill"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	while (write(fd, top, sizeof(top)) == sizeof(top))
		;
	profile_cache_key(&cache, TEXT, strlen(TEXT), 1, KERNEL);
	if (profile_cache_store(&cache, &want, &err) == 0 || err.num != ENOSPC)
		return 3;
	memset(&err, 0, sizeof(err));
	if (profile_cache_load(&cache, &got, &err) != -ENOENT || err.is_set)
		return 4;
	return count(below("cache/pillbox/seccomp")) == 1 ? 0 : 5;
}

Test(profile_cache, full_disk)
{
	int status = 0;
	pid_t pid;

	set_up();
	cr_assert(mkdir(below("cache"), 0700) == 0);
	pid = fork();
	if (pid == 0)
		_exit(on_full_disk());
	cr_assert(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	clean();
	if (WEXITSTATUS(status) == 77)
		cr_skip_test("a tmpfs cannot be mounted here");
	cr_expect(status == 0, "0x%x", status);
}

/* ---- who could write there ---------------------------------------------------------------- */

Test(profile_cache, is_below)
{
	stored();
	cr_expect(profile_cache_is_below(&cache, "/"));
	cr_expect(profile_cache_is_below(&cache, "/tmp"));
	cr_expect(profile_cache_is_below(&cache, top));
	cr_expect(profile_cache_is_below(&cache, below("cache/pillbox/seccomp")));
	cr_expect(profile_cache_is_below(&cache, entry()));
	cr_expect(!profile_cache_is_below(&cache, "/etc"));
	cr_expect(!profile_cache_is_below(&cache, "/etc/passwd"));
	cr_assert(mkdir(below("other"), 0700) == 0 && symlink("cache", below("link")) == 0);
	cr_assert(symlink(entry(), below("entry")) == 0);
	cr_expect(!profile_cache_is_below(&cache, below("other")));
	cr_expect(profile_cache_is_below(&cache, below("link")));
	cr_expect(profile_cache_is_below(&cache, below("entry")));
	cr_expect(profile_cache_is_below(&cache, below("missing")), "unsure means yes");
	clean();
}

/* ---- the step ----------------------------------------------------------------------------- */

static struct arena arena;
static struct spec spec;
static struct plan plan;
static struct run run;

/* A program that nobody would compile from TEXT, so that it is seen where a filter came from. */
static const struct sock_filter weak = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

static void step_set_up(void)
{
	FILE *out;

	set_up();
	out = fopen(below("p.json"), "we");
	cr_assert(out && fputs(TEXT, out) >= 0 && fclose(out) == 0);
	cr_assert(arena_init(&arena, &err) == 0);
	spec.arena = &arena;
	spec.filter = FILTER_FILE;
	spec.filter_file = arena_strdup(&arena, below("p.json"));
	plan.kernel = KERNEL;
	run.spec = &spec;
	run.plan = &plan;
}

/* 1: from the forged entry; 0: compiled. */
static bool is_weak(void)
{
	plan.filter = NULL;
	cr_assert(step_filter_compile.run(&run, &err) == 0 && plan.filter, "%s", err.msg);
	cr_expect(plan.filter_flags == want.flags);
	return plan.n_filter == 1;
}

static void plant(void)
{
	cr_assert(profile_cache_open(&cache, true, &err) == 0);
	profile_cache_key(&cache, TEXT, strlen(TEXT), spec.caps, KERNEL);
	forge(&weak, 1);
	profile_cache_close(&cache);
}

Test(profile_cache, step)
{
	struct mount_req home = {.kind = MOUNT_BIND, .origin = "-v", .source = top};

	step_set_up();
	/* a dry run writes nothing, not even a directory */
	spec.dry_run = DRY_TEXT;
	cr_expect(!is_weak() && access(below("cache"), F_OK) != 0);
	spec.dry_run = DRY_NONE;
	spec.no_cache = true;
	cr_expect(!is_weak() && access(below("cache"), F_OK) != 0);
	spec.no_cache = false;
	cr_expect(!is_weak() && count(below("cache/pillbox/seccomp")) == 1);
	/* who can write there decides: that is why nobody else may */
	plant();
	cr_expect(is_weak());
	spec.dry_run = DRY_TEXT;
	cr_expect(is_weak());
	spec.dry_run = DRY_NONE;
	spec.no_cache = true;
	cr_expect(!is_weak());
	spec.no_cache = false;
	cr_expect(is_weak(), "--no-cache wrote");
	spec.mounts = &home;
	spec.n_mounts = 1;
	cr_expect(!is_weak(), "the sandbox can write the cache");
	home.is_readonly = true;
	cr_expect(is_weak());
	home.is_readonly = false;
	home.source = "/etc";
	cr_expect(is_weak());
	spec.caps = 1ULL << CAP_SYS_CHROOT;
	cr_expect(!is_weak());
	spec.caps = 0;
	cr_expect(is_weak());
	/* damage is noticed, and mended */
	cr_assert(truncate(entry(), 200) == 0);
	cr_expect(!is_weak());
	cr_assert(profile_cache_open(&cache, false, &err) == 0);
	cr_expect(load() == 0, "%s", err.msg);
	clean();
}

/* A built-in profile for other capabilities is compiled as well, and kept. */
Test(profile_cache, step_builtin)
{
	step_set_up();
	spec.filter = FILTER_BUILTIN;
	spec.preset = PRESET_HARDENED;
	cr_assert(step_filter_compile.run(&run, &err) == 0);
	cr_expect(plan.filter == builtin_filters[0].insns && access(below("cache"), F_OK) != 0);
	spec.caps = 1ULL << CAP_SYS_PTRACE;
	cr_assert(step_filter_compile.run(&run, &err) == 0, "%s", err.msg);
	cr_expect(plan.filter != builtin_filters[0].insns);
	cr_expect(count(below("cache/pillbox/seccomp")) == 1);
	clean();
}

Test(profile_cache, step_without_a_cache)
{
	step_set_up();
	(void)setenv("XDG_CACHE_HOME", "/proc/self", 1);
	cr_expect(!is_weak());
	(void)setenv("XDG_CACHE_HOME", "/dev/null", 1);
	cr_expect(!is_weak());
	(void)unsetenv("XDG_CACHE_HOME");
	cr_expect(!is_weak());
	clean();
}
