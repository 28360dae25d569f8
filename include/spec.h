/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec.h - the whole request, as one struct.
 *
 * Front ends (command line, Compose files, docker run lines) only fill it; spec_finish() validates it;
 * after that it is read-only memory. Nothing else parses anything the user wrote.
 * Names and meanings are those of `docker run` unless the comment says otherwise.
 */
#ifndef PILLBOX_SPEC_H
#define PILLBOX_SPEC_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"
#include "util.h"

enum preset_id { PRESET_DOCKER, PRESET_HARDENED, PRESET_STRICT };

enum root_mode {
	ROOT_READONLY, /* the tree as it is, read-only */
	ROOT_WRITABLE, /* overlay with its upper layer on a tmpfs: changes vanish */
	ROOT_OVERLAY,  /* overlay with its upper layer in a directory of the user's: changes stay */
};

enum userns_mode {
	USERNS_AUTO,   /* the subordinate range when there is one, else a single id */
	USERNS_SINGLE, /* only the workload's own id, mapped to the caller */
	USERNS_RANGE,  /* the subordinate range, or an error */
};

enum net_mode { NET_NONE, NET_HOST };

enum tcp_mode {
	TCP_ANY,  /* as the network allows */
	TCP_NONE, /* no TCP at all: not even on a loopback of our own */
};

enum proc_mode {
	PROC_FULL,   /* everything, with masked and read-only paths */
	PROC_SUBSET, /* subset=pid: only the process directories (proc(5), Linux 5.8) */
};

enum filter_mode {
	FILTER_BUILTIN,    /* the preset's own profile, compiled when pillbox was built */
	FILTER_FILE,       /* a profile in Docker's JSON format, compiled at launch */
	FILTER_UNCONFINED, /* none, because the user said so */
};

enum auto_mode { MODE_AUTO, MODE_ON, MODE_OFF };

enum dry_run { DRY_NONE, DRY_TEXT, DRY_JSON, DRY_SH, DRY_DOT };

enum stats_mode { STATS_NONE, STATS_TEXT, STATS_JSON };

/* A control that --allow-missing=NAME lets pillbox do without; a bit set in spec.allow_missing. */
enum missing {
	MISSING_CGROUP = 1 << 0,
	MISSING_APPARMOR = 1 << 1,
	MISSING_LANDLOCK = 1 << 2,
};

enum mount_kind { MOUNT_BIND, MOUNT_TMPFS };

/* One mount inside the sandbox: -v, --mount, --tmpfs, or one of the preset's tmpfs. */
struct mount_req {
	enum mount_kind kind;
	const char *origin; /* how the user asked for it, for messages: "-v /a:/b", "preset" */
	const char *source; /* bind only: host path as the user gave it */
	const char *target; /* tidy absolute path inside the sandbox */
	bool is_readonly;   /* bind: recursive */
	bool is_exec;       /* programs may be executed from it */
	bool is_suid;       /* honour set-user-ID bits */
	bool is_dev;        /* honour device nodes */
	bool is_device; /* --device: the source is one node; below /dev it is made by step dev */
	bool has_mode;  /* mode below is set */
	uint32_t mode;  /* tmpfs: permission bits of its root; kernel default 1777 */
	bool has_uid, has_gid;
	uint32_t uid, gid; /* tmpfs: owner of its root, container ids */
	uint64_t size;     /* tmpfs: bytes; 0: the kernel's default of half the memory */
	uint64_t inodes;   /* tmpfs: nr_inodes; 0: the kernel's default */
	unsigned said;     /* which of ro, rw, exec, ... the option has: a bit each */
	bool is_unsure;    /* ... one of them and its opposite */
};

enum notify_mode {
	NOTIFY_NONE,
	NOTIFY_DENIALS, /* --explain-denials: those that it refuses or logs */
	NOTIFY_ALLOWED, /* `pillbox record`: those that it allows */
};

/*
 * --secret and --config: a file in memory, read-only; never in the environment. The files that
 * pillbox writes itself (/etc/hosts) are such, too.
 */
struct secret_req {
	const char *origin;  /* for messages; shows no content */
	const char *file;    /* host path, or NULL */
	const char *env;     /* variable of the caller's environment, or NULL */
	const char *content; /* the text itself, or NULL */
	const char *target;  /* file name below /run/secrets, or a tidy absolute path elsewhere */
	uint32_t uid, gid;   /* container ids; default: the workload's user */
	bool has_uid, has_gid;
	uint32_t mode;  /* default 0400, of a config 0444 */
	bool is_public; /* a config: may be a program, and its text may be shown */
};

/* Is it bound to a place of its own, outside of /run/secrets? */
static inline bool secret_is_placed(const struct secret_req *s)
{
	return s->target[0] == '/';
}

struct word_list {
	const char **words;
	size_t n;
};

/* --ulimit NAME=SOFT[:HARD], setrlimit(2). */
struct ulimit_req {
	const char *name;    /* lower case, as in prlimit(1) */
	int resource;        /* RLIMIT_* */
	uint64_t soft, hard; /* UINT64_MAX: unlimited (RLIM_INFINITY) */
};

struct sysctl_req {
	const char *key;  /* dotted, as given: net.ipv4.ip_unprivileged_port_start */
	const char *path; /* below /proc/sys: net/ipv4/... */
	const char *value;
};

#define LIMIT_UNSET UINT64_MAX     /* nothing was asked */
#define LIMIT_MAX (UINT64_MAX - 1) /* "max": no limit, written as such */

/* What --device-read-bps and its like say of one block device. */
enum io_kind { IO_READ_BPS, IO_WRITE_BPS, IO_READ_IOPS, IO_WRITE_IOPS, IO_WEIGHT, IO_KINDS };
#define IO_REQS_MAX 128 /* of all kinds together */

struct io_req {
	enum io_kind kind;
	const char *path; /* as the user gave it; step `io-devices` finds out which device it is */
	uint64_t value;   /* bytes or requests a second, at least 1; IO_WEIGHT: 10..1000 */
};

/* cgroup v2 limits; each is LIMIT_UNSET or a value in the unit named. */
struct limits {
	uint64_t memory;       /* bytes: memory.max; at least 6 MiB, as in Docker */
	uint64_t reservation;  /* bytes: memory.low; at most memory */
	uint64_t memory_swap;  /* bytes, memory + swap together (Docker's meaning), or LIMIT_MAX */
	uint64_t nano_cpus;    /* 1e-9 CPUs: cpu.max = nano_cpus/10000 of a 100 ms period */
	bool nano_cpus_preset; /* nano_cpus is the preset's, and gives way to a quota */
	uint64_t cpu_quota;  /* microseconds in each period: cpu.max; 0: not asked; or LIMIT_MAX */
	uint64_t cpu_period; /* microseconds, 1000..1000000; 0: not asked, then 100 ms */
	uint64_t cpu_shares; /* 2..262144: mapped to cpu.weight */
	uint64_t pids;       /* tasks: pids.max, or RLIMIT_NPROC where that is as strong */
	uint64_t blkio_weight;                 /* 10..1000: mapped to io.weight */
	const char *cpuset_cpus, *cpuset_mems; /* lists as in cpuset.cpus, or NULL */
	struct io_req *io;                     /* limits of single devices, as they were given */
	size_t n_io;
};

struct asked;
struct record_log;

struct spec {
	struct arena *arena;
	char *args;      /* the process's own argument and environment strings ... */
	size_t args_len; /* ... which init wipes: /proc/1/cmdline is for all to read */

	/* what to run */
	enum preset_id preset;
	const char *rootfs;      /* the directory, as the user gave it */
	const char *const *argv; /* NULL-terminated, at least one element */
	size_t argc;
	const char *name;       /* --name, or NULL */
	const char *hostname;   /* at most 64 bytes */
	const char *domainname; /* at most 64 bytes, or NULL: as outside */
	const char *workdir;    /* tidy absolute path inside */

	/* environment: only what was asked, "NAME=VALUE" */
	const char **env;
	bool *env_is_foreign; /* of each: from the caller's environment or a file, not from an option */
	size_t n_env;

	/* names: what is asked for here makes /etc/hosts and /etc/resolv.conf inside pillbox's own */
	struct word_list hosts; /* "IP\tNAME" */
	struct word_list dns, dns_search, dns_options;

	/* ids */
	const char *user;       /* "UID[:GID]" or names from the container's passwd and group */
	const char **group_add; /* names or numbers */
	size_t n_group_add;
	enum userns_mode userns;

	/* file system */
	enum root_mode root_mode;
	const char *overlay_dir;  /* ROOT_OVERLAY: holds upper/ and work/ */
	struct mount_req *mounts; /* in the order they are made */
	size_t n_mounts;
	struct secret_req *secrets;
	size_t n_secrets;
	uint64_t shm_size; /* bytes of /dev/shm; Docker's default is 64 MiB */
	enum proc_mode proc_mode;
	bool has_sys;   /* a read-only /sys */
	bool is_masked; /* Docker's masked and read-only paths; off by systempaths=unconfined */

	/* privileges */
	uint64_t caps;      /* bit n: capability n is in the bounding set; after spec_finish */
	uint64_t cap_added; /* those named by --cap-add and not only by the preset */
	uint64_t cap_add, cap_drop; /* as given; bit 63 stands for ALL */
	bool is_securebits_locked; /* NOROOT on, all bits locked: capabilities come by ambient only */
	bool no_new_privs;
	enum filter_mode filter;
	const char *filter_file; /* FILTER_FILE */
	bool no_cache; /* compiled profiles are neither looked up nor kept (profile_cache.h) */
	const char
		*apparmor; /* profile name; NULL: the default one if loaded; "unconfined": none */
	enum auto_mode landlock; /* AUTO: on where no AppArmor profile is applied */
	enum tcp_mode tcp;       /* NONE: by Landlock, and by a filter for what it leaves open */
	bool is_tcp_asked;       /* by option: a host without the means is an error */
	bool nested_userns;      /* user namespaces may be made inside */

	/* limits */
	struct limits limits;
	struct ulimit_req *ulimits;
	size_t n_ulimits;
	struct sysctl_req *sysctls;
	size_t n_sysctls;
	bool has_oom_score_adj;
	int oom_score_adj; /* -1000..1000 */

	/* network, processes, terminal */
	enum net_mode net;
	bool has_init;         /* pid 1 is pillbox's own init */
	enum auto_mode tty;    /* AUTO: a terminal of its own when stdin is one */
	int stop_signal;       /* sent when the launcher gets SIGTERM; default SIGTERM */
	unsigned stop_timeout; /* seconds until SIGKILL; default 10 */
	unsigned preserve_fds; /* descriptors 3 .. 3+N-1 are handed to the workload */

	/* how it is told */
	unsigned allow_missing; /* enum missing bits */
	bool is_verbose;
	bool is_quiet;            /* no notes; errors stay */
	enum stats_mode stats;    /* what the sandbox used, told when it has ended */
	enum dry_run dry_run;     /* tell what would be done, and do nothing */
	bool is_explained;        /* narrate each step ... */
	const char *explain_step; /* ... or this one only, in depth; NULL: all */
	bool is_stepped;          /* the same, and wait for a key before each step */
	const char **skip;        /* ids of steps to leave out on purpose */
	size_t n_skip;
	const struct asked
		*asked; /* the Compose service or docker run line it comes from, or NULL */
	struct record_log *record; /* where `pillbox record` has its notes; shared memory */
	enum notify_mode notify;   /* about which calls the filter asks the listener (notify.c) */
	bool verify; /* compare the sandbox with the plan, from outside, before exec */
	/*
	 * `pillbox audit`: what verify finds goes to standard output, a line of JSON for each step,
	 * and ends nothing; and the command is the program in `probe`, a descriptor.
	 */
	bool is_audit;
	int probe;
};

/* The defaults of a preset (design table in docs/); everything else zero. */
void preset_apply(struct spec *s, enum preset_id id);
/* "docker", "hardened", "strict" <-> enum; -EINVAL for another name. */
int preset_by_name(const char *name, enum preset_id *ret);
const char *preset_name(enum preset_id id);
/* The bounding set of a preset, before --cap-add and --cap-drop. */
uint64_t preset_caps(enum preset_id id);

/*
 * Everything that can be refused without looking at the host, and the values that follow from
 * others (capability set, mount order, hostname). Call once, after the last option.
 */
int spec_finish(struct spec *s, struct err *err);

/* options_names.c: the files of `hosts` and `dns`, as configs. */
int names_finish(struct spec *s, struct err *err);

/*
 * Docker's capability algorithm (moby daemon/pkg/oci/caps): add has ALL: everything minus the
 * drops; else drop has ALL: exactly the adds; else (base minus drops) plus adds.
 * `all` is the set the kernel knows.
 */
uint64_t caps_resolve(uint64_t base, uint64_t add, uint64_t drop, uint64_t all);
#define CAP_ALL_BIT (1ULL << 63)

/* Docker's default set: docker-run(1), --cap-add. */
#define CAP_BIT(cap) (1ULL << (cap))
#define CAPS_DOCKER                                                                              \
	(CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_DAC_OVERRIDE) | CAP_BIT(CAP_FSETID) |                  \
	 CAP_BIT(CAP_FOWNER) | CAP_BIT(CAP_MKNOD) | CAP_BIT(CAP_NET_RAW) | CAP_BIT(CAP_SETGID) | \
	 CAP_BIT(CAP_SETUID) | CAP_BIT(CAP_SETFCAP) | CAP_BIT(CAP_SETPCAP) |                     \
	 CAP_BIT(CAP_NET_BIND_SERVICE) | CAP_BIT(CAP_SYS_CHROOT) | CAP_BIT(CAP_KILL) |           \
	 CAP_BIT(CAP_AUDIT_WRITE))

#endif
