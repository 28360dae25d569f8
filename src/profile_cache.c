/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_cache.c - compiled seccomp profiles as files below the caller's cache directory.
 *
 * An entry is a head, the result of profile_compile() as it lies in memory, and the instructions.
 * Its name is a hash of all that the result depends on: the format here, pillbox's version, the
 * source of the compiler (PROFILE_REVISION, from the Makefile, so that nobody has to remember it),
 * libseccomp, the processor, the profile's text, capabilities and kernel. Another pillbox looks
 * under other names and never reads what this one wrote.
 *
 * An entry is written under a name of its own and renamed, so that a reader sees it whole or not at
 * all, however many start at once. It isn't synced: after a power cut the checksum tells.
 *
 * The hash is nettle's, which uses the processor's instructions for it: on a profile of 18 KiB it
 * takes 11 us, and a plain one in C 67, a third of what a launch from the cache may cost.
 *
 * Should: take nothing that anybody but the caller could have written; read by descriptor, into
 *         memory of our own, and look at that copy only.
 * Mustn't: follow a link below the cache directory, wait for a FIFO, change the mode or owner of what
 *          is there, or make anything in a directory of somebody else's.
 */
#include "profile_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util.h"

#ifndef PILLBOX_VERSION
#define PILLBOX_VERSION "unknown"
#endif
#ifndef PROFILE_REVISION
#define PROFILE_REVISION "unknown"
#endif

#define MAGIC "pillbox1"  /* of the format below */
#define NEW_PREFIX "new-" /* of a name that is still being written, or was when somebody died */
#define OTHERS_WRITE 0022 /* an ACL shows here as well, in the mode of the group */
#define LIST_MAX (4 * PROFILE_CACHE_ENTRIES)

struct entry {
	char magic[8];
	unsigned char key[PROFILE_CACHE_KEY];
	unsigned char sum[SHA256_DIGEST_SIZE]; /* of all the rest */
	struct profile_result res;             /* with insns NULL */
	struct sock_filter insns[];
};

/* ---- the directory ------------------------------------------------------------------------ */

/* $XDG_CACHE_HOME counts only as an absolute path, says the XDG base directory specification. */
static int cache_home(char *ret, struct err *err)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	int len;

	if (xdg && xdg[0] == '/')
		len = snprintf(ret, PATH_MAX, "%s", xdg);
	else if (home && home[0] == '/')
		len = snprintf(ret, PATH_MAX, "%s/.cache", home);
	else
		return err_say(err, "neither XDG_CACHE_HOME nor HOME is an absolute path");
	if (len >= PATH_MAX - 32)
		return err_say(err, "the path of the cache directory is too long");
	while (len > 1 && ret[len - 1] == '/')
		ret[--len] = '\0';
	return 0;
}

static int check_owner(int fd, const char *path, mode_t forbidden, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "%s", path);
	if (st.st_uid != geteuid())
		return err_say(err, "%s: belongs to uid %u, and not to the caller", path,
			       st.st_uid);
	if (st.st_mode & forbidden)
		return err_say(err, "%s: others may write to it (mode %04o)", path,
			       st.st_mode & 07777);
	return 0;
}

static int open_dir(int at, const char *name, int flags, bool is_made, const char *path,
		    struct err *err)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);

	if (fd < 0 && errno == ENOENT) {
		if (!is_made)
			return -ENOENT;
		if (mkdirat(at, name, 0700) == 0 || errno == EEXIST)
			fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
	}
	return fd < 0 ? err_set(err, errno, "%s", path) : fd;
}

/*
 * The caller says where it is, so links on the way are his. It has to be his own: root with another
 * user's HOME, as sudo leaves it, neither believes what is there nor makes anything.
 */
static int open_home(char *path, bool is_made, struct err *err)
{
	auto_close int parent = -1;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;
	char *last = strrchr(path, '/');

	if (fd >= 0 || errno != ENOENT)
		return fd >= 0 ? fd : err_set(err, errno, "%s", path);
	if (!is_made || last == path)
		return -ENOENT;
	*last = '\0';
	parent = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = parent < 0 ? err_set(err, errno, "%s", path) : check_owner(parent, path, 0, err);
	*last = '/';
	return rc ? rc : open_dir(parent, last + 1, 0, true, path, err);
}

int profile_cache_open(struct profile_cache *ret, bool is_made, struct err *err)
{
	static const char *const below[] = {"pillbox", "seccomp"};
	auto_close int dir = -1;
	int rc = cache_home(ret->path, err);

	if (rc)
		return rc;
	dir = open_home(ret->path, is_made, err);
	if (dir < 0)
		return dir;
	rc = check_owner(dir, ret->path, 0, err);
	for (size_t i = 0; i < ARRAY_SIZE(below) && !rc; i++) {
		size_t len = strlen(ret->path);
		int next;

		(void)snprintf(ret->path + len, sizeof(ret->path) - len, "/%s", below[i]);
		next = open_dir(dir, below[i], O_NOFOLLOW, is_made, ret->path, err);
		if (next < 0)
			return next;
		(void)close(dir);
		dir = next;
		rc = check_owner(dir, ret->path, OTHERS_WRITE, err);
	}
	if (rc)
		return rc;
	ret->dir = take_fd(&dir);
	return 0;
}

void profile_cache_close(struct profile_cache *c)
{
	(void)close(take_fd(&c->dir));
}

/* ---- is it within reach of somebody? ------------------------------------------------------ */

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* A file: is it one of the entries? */
static bool is_entry(const struct profile_cache *c, const char *path)
{
	char real[PATH_MAX];
	struct stat dir, own;

	if (!realpath(path, real))
		return true;
	*strrchr(real, '/') = '\0';
	return stat(real[0] ? real : "/", &dir) < 0 || fstat(c->dir, &own) < 0 ||
	       is_same(&dir, &own);
}

/* By device and inode, so that a link or a bind mount is no other directory. Unsure means yes. */
bool profile_cache_is_below(const struct profile_cache *c, const char *path)
{
	auto_close int at = -1;
	struct stat want, root, here, above;

	if (stat(path, &want) < 0 || stat("/", &root) < 0 || fstat(c->dir, &here) < 0)
		return true;
	if (!S_ISDIR(want.st_mode))
		return is_entry(c, path);
	at = openat(c->dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	while (at >= 0) {
		int up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		(void)close(at);
		at = up;
		if (is_same(&here, &want))
			return true;
		if (at < 0 || fstat(at, &above) < 0)
			return true;
		if (is_same(&here, &above) && is_same(&here, &root))
			return false;
		here = above;
	}
	return true;
}

/* ---- keys and sums ------------------------------------------------------------------------ */

void profile_cache_key(struct profile_cache *c, const char *text, size_t len, uint64_t caps,
		       unsigned kernel)
{
	static const char maker[] = MAGIC "\n" PILLBOX_VERSION "\n" PROFILE_REVISION;
	const struct scmp_version *lib = seccomp_version();
	const uint64_t numbers[] = {
		lib->major, lib->minor, lib->micro, seccomp_arch_native(),
		caps,       kernel,     len,        sizeof(struct profile_result)};
	struct sha256_ctx hash;

	sha256_init(&hash);
	sha256_update(&hash, sizeof(maker), (const uint8_t *)maker);
	sha256_update(&hash, sizeof(numbers), (const uint8_t *)numbers);
	sha256_update(&hash, len, (const uint8_t *)text);
	sha256_digest(&hash, sizeof(c->key), c->key);
	for (size_t i = 0; i < sizeof(c->key); i++)
		(void)snprintf(c->name + 2 * i, 3, "%02x", c->key[i]);
}

static void entry_sum(const struct entry *e, size_t size, unsigned char *ret)
{
	size_t after = offsetof(struct entry, res);
	struct sha256_ctx hash;

	sha256_init(&hash);
	sha256_update(&hash, offsetof(struct entry, sum), (const uint8_t *)e);
	sha256_update(&hash, size - after, (const uint8_t *)e + after);
	sha256_digest(&hash, SHA256_DIGEST_SIZE, ret);
}

/* ---- reading ------------------------------------------------------------------------------ */

static int bad_entry(const struct profile_cache *c, const char *what, struct err *err)
{
	return err_say(err, "%s/%s: %s", c->path, c->name, what);
}

/* Could anybody but the caller have written it? NULL: no. */
static const char *who_else(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "not a regular file";
	if (st->st_uid != geteuid())
		return "belongs to another user";
	if (st->st_mode & OTHERS_WRITE)
		return "others may write to it";
	/* 0: another launch has just replaced it */
	return st->st_nlink > 1 ? "has more than one link" : NULL;
}

/* The entry in memory, malloc'd, if it can only be the caller's. NULL without an error: none there. */
static struct entry *read_entry(const struct profile_cache *c, size_t *ret_size, struct err *err)
{
	auto_close int fd = openat(c->dir, c->name,
				   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	auto_free struct entry *e = NULL;
	struct entry *ret;
	const char *what;
	struct stat st;
	size_t size;

	if (fd < 0 && errno == ENOENT)
		return NULL;
	if (fd < 0 || fstat(fd, &st) < 0)
		return (void)err_set(err, errno, "%s/%s", c->path, c->name), NULL;
	what = who_else(&st);
	if (!what && (st.st_size < (off_t)(sizeof(*e) + sizeof(e->insns[0])) ||
		      st.st_size > (off_t)(sizeof(*e) + PROFILE_MAX_INSNS * sizeof(e->insns[0]))))
		what = "not the size of an entry";
	if (what)
		return (void)bad_entry(c, what, err), NULL;
	size = (size_t)st.st_size;
	e = malloc(size);
	if (!e || read(fd, e, size) != (ssize_t)size)
		return (void)bad_entry(c, "cannot be read whole", err), NULL;
	*ret_size = size;
	ret = e;
	e = NULL;
	return ret;
}

/* The least that any program of ours does, as profile_check() asks for it. */
static bool can_execute(const struct entry *e)
{
	struct seccomp_data d = {.nr = SYS_execve,
				 .arch = profile_audit_arch(seccomp_arch_native())};
	uint32_t action;

	return profile_sim(e->insns, e->res.n, &d, &action) &&
	       (action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG);
}

int profile_cache_load(const struct profile_cache *c, struct profile_result *ret, struct err *err)
{
	size_t size = 0;
	auto_free struct entry *e = read_entry(c, &size, err);
	unsigned char sum[SHA256_DIGEST_SIZE];
	struct profile_result res;

	if (!e)
		return err->is_set ? -EINVAL : -ENOENT;
	entry_sum(e, size, sum);
	if (memcmp(e->magic, MAGIC, sizeof(e->magic)) != 0 ||
	    memcmp(e->key, c->key, sizeof(e->key)) != 0)
		return bad_entry(c, "is not what its name says", err);
	if (memcmp(e->sum, sum, sizeof(sum)) != 0)
		return bad_entry(c, "is damaged", err);
	res = e->res;
	if (size != sizeof(*e) + res.n * sizeof(*res.insns) || res.insns || !can_execute(e))
		return bad_entry(c, "does not hold a filter", err);
	res.unknown[sizeof(res.unknown) - 1] = '\0';
	res.insns = malloc(res.n * sizeof(*res.insns));
	if (!res.insns)
		return err_set(err, ENOMEM, "%s/%s", c->path, c->name);
	memcpy(res.insns, e->insns, res.n * sizeof(*res.insns));
	*ret = res;
	return 0;
}

/* ---- writing ------------------------------------------------------------------------------ */

struct known {
	char name[256];
	struct timespec at;
};

static int by_age(const void *a, const void *b)
{
	const struct timespec *x = &((const struct known *)a)->at;
	const struct timespec *y = &((const struct known *)b)->at;

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? -1 : 1;
	return x->tv_nsec < y->tv_nsec ? -1 : x->tv_nsec > y->tv_nsec;
}

/* An entry, or what is left of one that was never finished; nothing else is ours to remove. */
static bool is_ours(const char *name)
{
	return strncmp(name, NEW_PREFIX, strlen(NEW_PREFIX)) == 0 ||
	       (strlen(name) == 2 * PROFILE_CACHE_KEY &&
		strspn(name, "0123456789abcdef") == 2 * PROFILE_CACHE_KEY);
}

static void remove_oldest(const struct profile_cache *c)
{
	auto_free struct known *list = calloc(LIST_MAX, sizeof(*list));
	int fd = openat(c->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;
	struct stat st;
	size_t n = 0;

	if (!dir && fd >= 0)
		(void)close(fd);
	if (!dir)
		return;
	while (list && n < LIST_MAX && (d = readdir(dir))) {
		if (!is_ours(d->d_name) || fstatat(c->dir, d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		(void)snprintf(list[n].name, sizeof(list[n].name), "%s", d->d_name);
		list[n++].at = st.st_mtim;
	}
	(void)closedir(dir);
	if (n > PROFILE_CACHE_ENTRIES)
		qsort(list, n, sizeof(*list), by_age);
	for (size_t i = 0; i + PROFILE_CACHE_ENTRIES < n; i++)
		(void)unlinkat(c->dir, list[i].name, 0); /* another launch may have been first */
}

static struct entry *make_entry(const struct profile_cache *c, const struct profile_result *res,
				size_t *ret_size)
{
	size_t size = sizeof(struct entry) + res->n * sizeof(*res->insns);
	struct entry *e = malloc(size);

	if (!e)
		return NULL;
	memcpy(e->magic, MAGIC, sizeof(e->magic));
	memcpy(e->key, c->key, sizeof(e->key));
	e->res = *res;
	e->res.insns = NULL;
	memcpy(e->insns, res->insns, res->n * sizeof(*res->insns));
	entry_sum(e, size, e->sum);
	*ret_size = size;
	return e;
}

/* Where a file may not become that large, writing would end the process by SIGXFSZ. */
static bool fits_limit(size_t size)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur >= size;
}

int profile_cache_store(const struct profile_cache *c, const struct profile_result *res,
			struct err *err)
{
	auto_free struct entry *e = NULL;
	auto_close int fd = -1;
	char name[32];
	uint64_t word;
	size_t size;
	int rc = 0;

	e = make_entry(c, res, &size);
	if (!e)
		return err_set(err, ENOMEM, "%s", c->path);
	if (!fits_limit(size))
		return err_set(err, EFBIG, "%s/%s", c->path, c->name);
	if (getrandom(&word, sizeof(word), GRND_NONBLOCK) != sizeof(word))
		return err_set(err, errno, "%s: a name for the entry", c->path);
	(void)snprintf(name, sizeof(name), NEW_PREFIX "%016llx", (unsigned long long)word);
	fd = openat(c->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, errno, "%s/%s", c->path, name);
	errno = ENOSPC; /* what less than all of it means */
	if (write(fd, e, size) != (ssize_t)size || renameat(c->dir, name, c->dir, c->name) < 0) {
		rc = err_set(err, errno, "%s/%s", c->path, c->name);
		(void)unlinkat(c->dir, name, 0);
	}
	if (!rc)
		remove_oldest(c);
	return rc;
}
