/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_cache.h - compiled seccomp profiles, kept from one launch to the next.
 *
 * To compile a profile of Docker's size and to check the program takes longer than all the rest of
 * a launch. The result depends on nothing but the text, the capabilities, the kernel and the
 * compiler, so it is found again by a hash of those.
 *
 *     $XDG_CACHE_HOME/pillbox/seccomp/KEY      else $HOME/.cache/pillbox/seccomp/KEY
 *
 * Whoever can write there as the caller can put a weaker program under a key: the checksum in an
 * entry tells damage, not malice. So an entry counts only if nobody but the caller can have written
 * it, by owner, mode and link count, of the directories as well. What runs with the caller's own
 * rights is trusted with his cache as it is with his ~/.profile: above all a sandbox to which he
 * gave his home directory writable. A launch that does that itself doesn't use the cache.
 *
 * No failure here is a failure of the launch: the profile is compiled then.
 */
#ifndef PILLBOX_PROFILE_CACHE_H
#define PILLBOX_PROFILE_CACHE_H

#include <limits.h>

#include "profile.h"

#define PROFILE_CACHE_ENTRIES 64UL /* the oldest goes when there are more */
#define PROFILE_CACHE_KEY 32UL     /* bytes of a key, a SHA-256 */

struct profile_cache {
	int dir;             /* the directory with the entries */
	char path[PATH_MAX]; /* its name, for messages */
	unsigned char key[PROFILE_CACHE_KEY];
	char name[2 * PROFILE_CACHE_KEY + 1]; /* of the entry: the key in hexadecimal */
};

/*
 * is_made: directories that are missing are made. -ENOENT without an error: it isn't there yet; any
 * other error: there is none that can be used. Close it if 0 was returned.
 */
int profile_cache_open(struct profile_cache *ret, bool is_made, struct err *err);
void profile_cache_close(struct profile_cache *c);

/* What the entry is for: as profile_compile() gets it. */
void profile_cache_key(struct profile_cache *c, const char *text, size_t len, uint64_t caps,
		       unsigned kernel);

/* -ENOENT without an error: no such entry. An error: there is one, and it must not be used. */
int profile_cache_load(const struct profile_cache *c, struct profile_result *ret, struct err *err);
/* Put the entry there, whole or not at all, over whatever has its name. */
int profile_cache_store(const struct profile_cache *c, const struct profile_result *res,
			struct err *err);

/* Could who may write to `path`, and to all below it, write entries? */
bool profile_cache_is_below(const struct profile_cache *c, const char *path);

#endif
