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

struct plan;
struct run;
struct sh;
struct io_device;

#define SCOPE_SLICE "app.slice"  /* where a user's systemd has ordinary programs */
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

/* ---- cgroup_host.c: what /proc says --------------------------------------------------------- */

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

/* The name of bit 1 << i. */
const char *cgroup_ctl_name(unsigned i);
/* The set as text: "memory pids", or for write() with a sign "+memory +pids". */
void cgroup_ctl_list(unsigned set, char sign, char *buf, size_t size);
/* Copy; false when it does not fit, and then nothing is copied: half a path is another path. */
bool cgroup_keep(char *out, size_t size, const char *text, size_t len);

/* ---- cgroup_find.c, scope_find.c: the ladder ------------------------------------------------ */

/* What a place is looked for, and by whom. */
struct cgroup_ask {
	unsigned need;    /* controllers that the limits need: all of them, or it is no place */
	unsigned want;    /* those that are taken along where the place has them, to count */
	uid_t uid;        /* the caller */
	pid_t self;       /* the launcher */
	const char *run;  /* "/run": where systemd is seen and reached; a test has its own */
	const char *unit; /* the name of a scope, should one be asked for ... */
	const char *exe;  /* ... and our own executable: the program that asks is near it */
};

/* Where the sandbox's group goes. */
struct cgroup_place {
	char parent[PATH_MAX];
	unsigned take; /* the controllers it gives, of those needed or wanted */
	bool make;     /* parent must be made first: real root's own */
	bool leaf;     /* we stand in parent ourselves, alone */
	/* parent is the scope `unit`, which systemd has to make and put us into; then also: */
	bool scope;
	char scope_path[PATH_MAX];    /* the same group, as /proc/self/cgroup will show it */
	char scope_program[PATH_MAX]; /* who asks systemd for us */
	char left[512];               /* a limit around us that the scope isn't below, or "" */
};

#define CGROUP_OR_WITHOUT "; or do without: --allow-missing=cgroup" /* the end of each hint */

/*
 * The ladder: the lowest directory in which a group can be made as asked. Only reads.
 * -errno: there is none; *err says why and what helps.
 */
int cgroup_place(const struct cgroup_host *h, const struct cgroup_ask *ask,
		 struct cgroup_place *ret, struct err *err);
/*
 * The rung of the user's systemd. -ESRCH: the user has none running; another -errno: something
 * else is in the way.
 */
int scope_place(const struct cgroup_host *h, const struct cgroup_ask *ask, struct cgroup_place *ret,
		struct err *err);
/* 0 when the kernel has these controllers in cgroup v2, as far as can be seen from here. */
int cgroup_kernel_has(const struct cgroup_host *h, unsigned need, struct err *err);
/* A whole sentence, the errno that it stands for and the cure. The first one told stays. */
void cgroup_say(struct err *err, int num, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* ---- cgroup_sweep.c, cgroup_plan.c ----------------------------------------------------------- */

/* Remove the groups in `parent` that killed launchers left. */
void cgroup_sweep(int parent);
/* Keep sweepers out, shared with others who make groups; flock(LOCK_UN) ends it. 0 or -errno. */
int cgroup_sweep_hold(int parent);

/*
 * Real root: a process that removes CGROUP_ROOT_DIR from `top` once it gets REMOVER_GO from the launcher,
 * or for its death. _end sends it, and waits until it is done.
 */
#define CGROUP_ROOT_DIR "pillbox"
#define REMOVER_GO SIGTERM
int cgroup_remover_start(struct run *r, int top, struct err *err);
void cgroup_remover_end(struct run *r);

/*
 * Is the group that failed with `err` one that only counts? Then the sandbox is the same without
 * it, the reason is told as a note, and *err is empty again.
 */
bool cgroup_go_without(const struct run *r, struct err *err);

/* ---- cgroup_limits.c: the values ------------------------------------------------------------ */

/* One file of the group and what goes in. */
struct cgroup_write {
	size_t row;         /* where cgroup_write_next() goes on; 0 before the first one */
	const char *option; /* who asked, for messages */
	unsigned ctl;       /* the controller that owns the file */
	const char *file;
	const char *text; /* the value when it isn't in `value` */
	char value[144];
	const char *alt;    /* when `file` is absent: this one ... */
	char alt_value[48]; /* ... with this value */
	bool is_implied;    /* follows from another limit, was not asked by itself */
};

/*
 * Pure: the limits as files, one after the other, in the order in which they are written:
 *	struct cgroup_write w = {0};
 *	while (cgroup_write_next(limits, plan, &w)) ...
 * The devices are those of the plan; with NULL there are none. False: there is no more.
 */
bool cgroup_write_next(const struct limits *l, const struct plan *p, struct cgroup_write *w);
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

/* ---- cgroup_io.c: limits of single devices --------------------------------------------------- */

/* "--device-read-bps", ... */
const char *io_option(enum io_kind kind);
/*
 * Pure: add what was asked of device `dev` to the table of n rows, which has room for one more.
 * 0; -EEXIST: something else was asked of the same device, under another name.
 */
int io_merge(struct io_device *table, size_t *n, dev_t dev, const struct io_req *req);

/* cgroup_sh.c: the same by command-line tools. */
void cgroup_sh(const struct run *r, struct sh *out);

#endif
