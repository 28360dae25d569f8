/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup.h - limits: where a group can be made on this host, what is written into it, and what it
 * tells at the end.
 */
#ifndef PILLBOX_CGROUP_H
#define PILLBOX_CGROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "spec.h"

struct run;
struct sh;

#define CGROUP_PREFIX "pillbox-" /* every group that pillbox makes is named so */

/* The controllers that pillbox has limits for; bits of a set. */
enum cgroup_ctl {
	CTL_CPU = 1 << 0,
	CTL_CPUSET = 1 << 1,
	CTL_MEMORY = 1 << 2,
	CTL_PIDS = 1 << 3,
	CTL_IO = 1 << 4,
};
#define CTL_COUNT 5

/* ---- cgroup_find.c: this host --------------------------------------------------------------- */

/* What /proc/self/cgroup and /proc/self/mountinfo say. */
struct cgroup_host {
	bool has_path;                 /* we are in a group of the unified hierarchy */
	char path[PATH_MAX];           /* ... this one, as our cgroup namespace shows it */
	char mount[PATH_MAX];          /* where cgroup2 is mounted, "" if it isn't */
	char root[PATH_MAX];           /* the group that this mount shows as its root */
	unsigned v1;                   /* controllers bound to a cgroup v1 hierarchy */
	char v1_mount[CTL_COUNT][256]; /* ... mounted there, "" if not at all */
};

/* Pure: fill in what the text says and leave the rest. A line that makes no sense is skipped. */
void cgroup_parse_self(const char *text, struct cgroup_host *h);
void cgroup_parse_mounts(const char *text, struct cgroup_host *h);
/* "cpuset cpu io memory pids" -> bits; names we have no limits for are skipped. */
unsigned cgroup_parse_controllers(const char *text);

/* The set as text: "memory pids", or for write() with a sign "+memory +pids". */
void cgroup_ctl_list(unsigned set, char sign, char *buf, size_t size);

/* Where the sandbox's group goes. */
struct cgroup_place {
	char parent[PATH_MAX];
	bool make; /* parent must be made first: real root's own */
	bool leaf; /* we stand in parent ourselves, alone */
};

/*
 * The ladder: the lowest directory in which `uid` may make a group with the controllers `need`.
 * Only reads. -errno: there is none; *err says why and what helps.
 */
int cgroup_place(const struct cgroup_host *h, unsigned need, uid_t uid, pid_t self,
		 struct cgroup_place *ret, struct err *err);

/* ---- cgroup_limits.c: the values ------------------------------------------------------------ */

/* One file of the group and what goes in. */
struct cgroup_write {
	const char *option; /* who asked, for messages */
	unsigned ctl;       /* the controller that owns the file */
	const char *file;
	const char *text; /* the value when it isn't in `value` */
	char value[48];
	const char *alt;    /* when `file` is absent: this one ... */
	char alt_value[24]; /* ... with this value */
	bool is_implied;    /* follows from another limit, was not asked by itself */
};
#define CGROUP_WRITES 12

/* Pure: the limits as files, in the order in which they are written. Returns how many. */
size_t cgroup_writes(const struct limits *l, struct cgroup_write out[CGROUP_WRITES]);
/* The controllers that these limits need. */
unsigned cgroup_need(const struct limits *l);
/* "--memory, --memory-swap": the options that need a controller of the set. */
void cgroup_options(const struct limits *l, unsigned set, char *buf, size_t size);
/* Did the kernel keep what was written? It rounds memory to pages and rewrites lists. */
bool cgroup_same(const char *file, const char *asked, const char *got);
/* 64M, 1.5G, 1000: as the options take them. */
void cgroup_size_text(uint64_t bytes, char *buf, size_t size);
/* The number after `key` in a flat keyed file such as memory.events; 0 when it isn't there. */
uint64_t cgroup_key(const char *text, const char *key);

/*
 * After the sandbox ended, before undo: was a limit hit? 1 and a text such as
 * "out of memory (limit 64M, peak 63.9M)" or "pids limit 20 reached"; 0: none.
 * Uses openat and read below r->cgroup only, so it works under the launcher's own filter.
 */
int cgroup_limit_hit(struct run *r, char *buf, size_t size);

/* cgroup_sh.c: the same by command-line tools. */
void cgroup_sh(const struct run *r, struct sh *out);

#endif
