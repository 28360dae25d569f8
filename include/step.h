/* SPDX-License-Identifier: Apache-2.0 */
/*
 * step.h - what the program does is one ordered list of these.
 *
 * Three structs and who may change them:
 *   spec  what was asked. Filled by front ends, frozen before anything is touched.
 *   plan  what that comes to on this host (id map, user, filter, ...). Filled by the `is_pure`
 *         steps at the head of the list, which only read; frozen with the spec.
 *   run   descriptors and pids of this launch. The child has its own copy after clone.
 */
#ifndef PILLBOX_STEP_H
#define PILLBOX_STEP_H

#include <linux/filter.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <termios.h>

#include "show.h"
#include "spec.h"

enum side { PARENT, CHILD };

/* One line of uid_map or gid_map, user_namespaces(7). */
struct id_extent {
	uint32_t inside, outside, count;
};

#define ID_EXTENTS 5 /* more than five extents take another path in the kernel: CVE-2018-18955 */

struct id_map {
	unsigned n;
	struct id_extent ext[ID_EXTENTS];
};

enum map_kind {
	MAP_SINGLE, /* one id, written by us, setgroups denied */
	MAP_CALLER, /* container 0 is the caller, 1.. the subordinate range */
	MAP_RANGE,  /* the subordinate range only: the tree is owned by an id in it */
	MAP_ROOT,   /* real root: a range, and the tree through an id-mapped mount */
};

/* Limits of one block device: io.max and io.weight of the group. */
struct io_device {
	const char *path; /* how it was called first, for messages */
	dev_t dev;
	uint64_t value[IO_KINDS]; /* or LIMIT_UNSET */
};

/* What --device named when it was looked at first. */
struct device_seen {
	dev_t rdev;
	mode_t type; /* S_IFCHR or S_IFBLK; 0: this mount is no device */
};

struct plan {
	/* host */
	uid_t caller_uid;
	gid_t caller_gid;
	unsigned kernel;   /* major * 1000 + minor, 6012 for 6.12 */
	unsigned last_cap; /* highest capability the kernel knows */

	/* root-open */
	dev_t root_dev;
	ino_t root_ino;
	uid_t root_uid; /* owner of the rootfs directory, host ids */
	gid_t root_gid;
	bool need_overlay;   /* writable, or a mount point is absent */
	const char **absent; /* mount points to make on the overlay; "x/" a directory, "x" a file */
	size_t n_absent;
	struct device_seen *devices; /* by index of the mount */

	/* ids */
	enum map_kind map_kind;
	const char *map_why; /* one clause, for reports */
	struct id_map uids, gids;
	uid_t uid; /* the workload's, container ids */
	gid_t gid;
	gid_t groups[64]; /* supplementary, container ids */
	size_t n_groups;
	const char *home; /* from the container's passwd, else "/" */

	/* filter-compile */
	const struct sock_filter *filter; /* NULL: unconfined */
	unsigned short n_filter;
	const char *filter_name;    /* for reports */
	unsigned filter_flags;      /* for seccomp(2): SECCOMP_FILTER_FLAG_* */
	unsigned n_filters_outside; /* those the launcher runs under itself; for verify */
	/* ... when it asks (notify.c): what it says without asking, and the way past it for us */
	const struct sock_filter *judge;
	unsigned short n_judge;
	uint64_t nonce[3];
	const char *filter_text; /* the profile, for --explain-denials */
	size_t filter_text_len;

	/* lsm-check */
	const char *apparmor;     /* profile to enter, NULL: none */
	bool apparmor_stack;      /* we are confined ourselves: stack, never replace */
	unsigned landlock_abi;    /* 0: not applied */
	const char *landlock_why; /* not applied: the reason, for reports */
	bool landlock_tcp;        /* its rules take TCP away, too */
	bool tcp_filter;          /* step tcp: no TCP socket can be made */

	/* io-devices */
	struct io_device *io; /* what is asked of block devices, each of them once */
	size_t n_io;

	/* cgroup */
	bool has_cgroup;           /* a group is made */
	const char *cgroup_why;    /* one was wanted, and why there is none; else NULL */
	const char *cgroup_parent; /* host path of the directory it is made in */
	const char *cgroup_name;
	unsigned cgroup_need; /* controllers of the limits it has: bits of enum cgroup_ctl */
	unsigned cgroup_want; /* more of them, which only count (--stats); may fail at no loss */
	bool cgroup_counts;   /* no limit depends on it: it is there to be read at the end */
	bool cgroup_make;     /* cgroup_parent is ours to make (real root) and to remove */
	bool cgroup_leaf;     /* the launcher stands in cgroup_parent and steps into a leaf first */
	const char *scope_unit;    /* cgroup_parent is this scope, yet to be asked for; or NULL */
	const char *scope_path;    /* ... as /proc/self/cgroup shows it */
	const char *scope_program; /* ... and who asks systemd for it */
	bool pids_by_rlimit;       /* the pids limit is enforced by RLIMIT_NPROC */

	/* tty, env, exec */
	bool has_tty;
	bool passes_tty[3]; /* this standard stream of the caller's goes in, past the terminal */
	const char *const *envp;
	const char *const *paths; /* candidates for argv[0], tried in order */
	size_t n_paths;
};

/*
 * The failure page: shared anonymous memory, the only thing a dying child still reaches after
 * seccomp and close_range. The parent treats every byte as hostile (page_err()).
 */
struct page {
	volatile int step; /* index of the step in hand on the child's side */
	volatile int hot;  /* 1: execve was called; EOF on the baton while hot: it succeeded */
	volatile int is_init_ready; /* 1: init is confined and waits for the command's end */
	volatile int has_status;    /* init stored `status` */
	volatile int status;        /* the workload's wait status */
	volatile int apparmor;      /* 1: the child saw that execve will enter the profile */
	volatile int landlock;      /* Landlock's ABI, after the child saw it refuse something */
	volatile int tcp;           /* 1: the child saw the filter of step tcp refuse a socket */
	struct err err;             /* the child's failure */
};

/* Test seam: filled only by the test binary (tests/seam.c), always NULL in pillbox itself. */
struct seam {
	const char *fail_at;            /* id of the step to fail ... */
	int fail_errno;                 /* ... with this errno instead of running it */
	const char *skip;               /* id of the step to leave out in silence */
	const struct step *const *list; /* another order of program[], same length, or NULL */
};

#define OWN_DEVS 64

/*
 * Of a sandbox that ran: when, how it ended, and what the kernel counted for pid 1 and all that was
 * waited for below it. Parent only; the times are microseconds of CLOCK_MONOTONIC.
 */
struct life {
	uint64_t born_us;  /* just before clone */
	uint64_t ended_us; /* its last process is gone */
	bool has_usage;    /* the three below are known */
	uint64_t cpu_user_us, cpu_system_us;
	uint64_t max_resident; /* bytes: the largest single process */
	int status;            /* what pillbox exits with */
	int signal;            /* that ended the command, or 0 */
	int init_signal;       /* that ended pillbox-init from outside, or 0 */
};

struct watch;
struct sh;

/* What a mount shows: by this it is known again when its path is walked a second time. */
struct mounted {
	dev_t dev;
	ino_t ino;
};

struct run {
	const struct spec *spec;
	struct plan *plan;
	struct page *page;
	const struct seam *seam;
	struct watch *watch; /* parent: the state of --explain and --step (explain.c), or NULL */
	enum side side;      /* which process this copy belongs to */

	/* spine */
	int baton;       /* this side's end of the socket pair */
	int baton_child; /* parent, before clone: the child's end */
	int hand;        /* a descriptor to pass along with the baton, or -1 */
	int received;    /* the descriptor that came with the baton, or -1 */
	int sigfd;       /* parent: signalfd with everything that is forwarded */
	pid_t child;     /* parent: pid 1 of the sandbox, host pid */
	int pidfd;       /* parent: its pidfd */
	int workload;    /* parent: pidfd of the workload (== pidfd without init) */
	pid_t guard;     /* parent: the guard process (guard.c), or 0 */
	int launcher;    /* parent: its own pidfd, while the guard is started; else -1 */
	int listener; /* parent: where the filter asks, while notify.c starts who answers; else -1 */
	pid_t listens; /* parent: the process that answers (notify.c), or 0 */

	/* rooms */
	int root_src;    /* parent: O_PATH of the rootfs; child: the same in its own mount ns */
	int *src;        /* child: O_PATH of each bind source, by mount index; else -1 */
	int overlay_src; /* child: O_PATH of --overlay DIR */
	int root_tree; /* the detached tree: made by the parent when id-mapped, else by the child */
	int root;      /* child: the new root, attached */
	int null;      /* child: our /dev/null, checked to be 1:3 */
	int proc;      /* child: our own procfs */
	int sys;       /* child: the sysfs on /sys */
	int dev;       /* child: the tmpfs on /dev */
	struct mounted *mounted; /* child: what lies on each mount's target, by mount index */
	int *secrets;            /* memfd of each secret */
	int tty;                 /* parent: the master; child: the slave */
	int cgroup;              /* parent: directory of our group */
	int cgroup_parent;       /* parent: where our group is about to be made; else -1 */
	pid_t remover;           /* parent: the remover (cgroup_remover.c), or 0 */
	bool has_no_scope;       /* parent: there was to be one, to count in, and systemd refused */
	dev_t own_dev[OWN_DEVS]; /* child: st_dev of file systems we mounted and may create in */
	size_t n_own_dev;

	struct life life;

	/* terminal */
	struct termios tty_saved; /* the caller's, to be put back */
	bool has_tty_saved;       /* tty_saved is filled: stdin is a terminal */
};

struct hint {
	int num;          /* errno; 0: any */
	const char *text; /* what to do about it */
};

struct step {
	const char *id;   /* kebab-case, unique */
	const char *what; /* one clause: what it does */
	const char *why;  /* why it stands at this place in the order, and what breaks otherwise */
	const char *refs; /* man pages */
	/*
	 * The system calls it makes, with their arguments, one a line, for --explain; tests/teach
	 * compares the names with what strace sees. NULL: it only reads files.
	 */
	const char *calls;
	enum side side;
	bool is_pure;  /* only reads: also run by a dry run */
	bool is_vital; /* nothing works without it: --skip refuses */
	/* NULL: always. Looks at spec and plan only, so that both sides agree. */
	bool (*wanted)(const struct run *r);
	const char *by; /* with .wanted: what would bring it, options first; for --explain */
	/* The values it will use (show.h). */
	void (*show)(const struct run *r, struct show *out);
	/*
	 * The same by command-line tools, for --dry-run=sh (drysh.h), or why there is no tool that does
	 * it; both where a tool comes near. A pure step needs neither.
	 */
	void (*sh)(const struct run *r, struct sh *out);
	const char *no_tool;
	int (*run)(struct run *r, struct err *err);
	/* PARENT steps only; called in reverse order, also after the sandbox ended. */
	void (*undo)(struct run *r);
	/* From outside: does the control hold in process r->child? Sets err when it does not. */
	int (*verify)(const struct run *r, struct err *err);
	const struct hint *hints; /* ends with a NULL text */
};

/* Is it carried out in this launch? Its own wanted(), and not left out by --skip. */
bool step_wanted(const struct run *r, const struct step *s);

/* The one list, in the order in which things happen (program.c). */
extern const struct step *const program[];
extern const size_t program_len;

/* Every room's steps, for program.c. */
extern const struct step step_host, step_root_open, step_ids, step_overlay_check, step_overlay_dirs,
	step_user, step_secrets_read, step_filter_compile, step_lsm_check, step_command,
	step_io_devices, step_cgroup_plan, step_cgroup_scope, step_cgroup, step_clone, step_idmap,
	step_oom, step_root_idmap, step_guard, step_hold, step_become_root, step_undump,
	step_net_lo, step_hostname, step_private, step_root_bind, step_root_ro, step_root_attach,
	step_mounts, step_secrets, step_dev, step_tty, step_tty_attach, step_proc, step_sysctl,
	step_mask, step_sys, step_pivot, step_cwd, step_session, step_limits, step_keyring,
	step_umask, step_filter_early, step_notify_early, step_caps, step_lsm, step_nnp,
	step_landlock, step_tcp, step_leash, step_init, step_fds, step_filter, step_notify,
	step_verify, step_exec;

#endif
