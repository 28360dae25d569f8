/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.h - pillbox-probe: attacks, tried from inside a sandbox, and what stopped each.
 *
 * Each attack runs in a process of its own and notes its last system call in memory that the judge
 * (run.c) shares, so that one that is killed tells as much as one that is refused. What stopped it is
 * found by rule (by.c), never guessed: what no rule knows is BY_UNKNOWN.
 *
 * Built twice: static, to run in any sandbox (main.c), and into pillbox, which needs the texts.
 */
#ifndef PILLBOX_PROBE_H
#define PILLBOX_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/types.h>

/* ---- what outside offers --------------------------------------------------------------------- */

/*
 * Things on the host to attack, made by witness.c before the sandbox starts and told on the
 * command line as --target=KEY=VALUE. Without one an attack on it is NOT_APPLICABLE: nobody could
 * tell "blocked" from "not there".
 */
struct targets {
	pid_t pid;          /* pid=N: a process of the caller's, in the host's pid namespace */
	unsigned port;      /* port=N: somebody listens there on the host's 127.0.0.1 */
	char abstract[100]; /* abstract=NAME: an abstract unix socket that somebody listens on */
	long shm;           /* shm=ID: a System V shared memory segment of the host's; -1: none */
	long key;           /* key=SERIAL: a key in the caller's session keyring; 0: none */
	long pts;           /* pts=N: a terminal of the caller's, /dev/pts/N outside; -1: none */
	uint64_t ptsdev;    /* ptsdev=DEV: st_dev of the host's /dev/pts; 0: not known */
	char file[200];     /* file=PATH: outside of the rootfs; the word in it is `word` */
	char word[40];      /* word=TEXT: what `file`, the key and the segment hold */
	uint64_t ns[8];     /* ns.KIND=INODE: the host's namespaces, by enum ns_kind */
	uint64_t pids, memory; /* pids=N, memory=BYTES: limits that were asked for; 0: none */
};

/* Take KEY=VALUE; false: no such key, or its value cannot be. targets.c */
bool target_set(const char *text);

/*
 * Make all of them, print each as KEY=VALUE, and keep them until the process ends. Harmless to the
 * host: a sleeping child, sockets on loopback, a segment, a key, a file of the caller's. witness.c
 */
struct witness {
	pid_t child;
	int life;      /* pipe to the child: its end is our death */
	void *segment; /* attached, or NULL */
	int sockets[2], pty;
	struct targets targets;
};
int witness_start(struct witness *w);
void witness_end(struct witness *w);
void witness_print(const struct witness *w, void (*line)(const char *key_value, void *arg),
		   void *arg);

enum ns_kind { NS_USER, NS_MNT, NS_PID, NS_NET, NS_IPC, NS_UTS, NS_CGROUP, NS_KINDS };

extern struct targets targets;
extern const char *const ns_names[NS_KINDS]; /* "user", "mnt" ...: files of /proc/self/ns */

/*
 * Is this namespace another one than the host's? 1, 0, or -1 where that is not known. Without a
 * witness the numbers of the first namespaces tell (include/linux/proc_ns.h); net and mnt have none.
 */
int ns_is_own(enum ns_kind kind);

/* ---- one attempt ----------------------------------------------------------------------------- */

enum end {
	END_OPEN,   /* the attack's function came back without a word: its last call failed */
	END_WORKED, /* it did the harm, or would have */
	END_HELD,   /* something other than an error held it; `note` and `by` say what */
	END_NOT_APPLICABLE, /* it could not be tried; `note` says why */
};

/* What stopped an attack */
enum by {
	BY_UNKNOWN,
	BY_SECCOMP,
	BY_CAPABILITY,
	BY_NAMESPACE,
	BY_MOUNT_FLAG, /* ro, nosuid, nodev, noexec */
	BY_NNP,        /* no_new_privs */
	BY_LSM,        /* AppArmor, Landlock, another */
	BY_LIMIT,
	BY_PERMISSION, /* owner and mode of the file, or the uid */
	BY_ABSENT,     /* the object is not there: an own /dev, a mask, no /sys */
	BY_KERNEL,     /* this kernel refuses it to everybody, or has no such call */
	BY_COUNT,
};
extern const char *const by_names[BY_COUNT];

/* Lives in memory shared with the judge. */
struct attempt {
	enum end end;
	enum by by;       /* with END_HELD */
	bool is_in_call;  /* the call below has not come back */
	const char *call; /* name of the last system call, "" before the first */
	unsigned arch;    /* AUDIT_ARCH_* of the call; 0: this program's own */
	long nr, args[6];
	long ret;       /* of the last call; -errno when it failed */
	char path[256]; /* the file that the last call was about, or "" */
	int access;     /* R_OK, W_OK, X_OK: what it was wanted for */
	char note[256]; /* one line for people: what was seen */
};

/* A system call of the attack: TRY(a, mount, "none", "/tmp", "tmpfs", 0, NULL). Returns -errno. */
#define TRY(a, name, ...) \
	try_call((a), #name, SYS_##name, (const long[6]){TRY_ARGS(__VA_ARGS__, 0, 0, 0, 0, 0, 0)})
#define TRY_ARGS(a1, a2, a3, a4, a5, a6, ...) \
	(long)(a1), (long)(a2), (long)(a3), (long)(a4), (long)(a5), (long)(a6)
#define TRY0(a, name) try_call((a), #name, SYS_##name, (const long[6]){0})
long try_call(struct attempt *a, const char *name, long nr, const long args[6]);
/* The same by another gate of the kernel: `arch` as in struct attempt. */
long try_abi(struct attempt *a, const char *name, unsigned arch, long nr, const long args[6]);
/*
 * Make a call by the gate of `arch`: 0 or, on x86_64, AUDIT_ARCH_I386 (int 0x80: pointers below
 * 4 GiB, five arguments). Returns -errno. Of a kernel without that gate the process gets SIGSEGV.
 */
long abi_call(unsigned arch, long nr, const long args[6]);

/* After TRY: the call was about this file, for R_OK, W_OK or X_OK. Rules about mounts look at it. */
void about(struct attempt *a, const char *path, int access);
/* openat(2) and about() in one; a descriptor or -errno. Always with O_CLOEXEC and O_NONBLOCK. */
int try_open(struct attempt *a, const char *path, int flags);
/* Open any of them: the first that lets us is what worked(); else the refusal that says most. */
void try_any(struct attempt *a, const char *const *paths, size_t n, int flags);
/* socket(2) with SOCK_CLOEXEC; a descriptor or -errno. */
int try_socket(struct attempt *a, int family, int type, int protocol);

/* How it ended; each is said once, as the attack's last act. */
void worked(struct attempt *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void held(struct attempt *a, enum by by, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void not_applicable(struct attempt *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A remark that goes with a refusal; how it ended stays open. */
void remark(struct attempt *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- the attacks ----------------------------------------------------------------------------- */

struct attack {
	const char *id;    /* "mount-tmpfs": stable, lower case */
	const char *what;  /* what is tried, a verb first: "mount a tmpfs" */
	const char *gives; /* what an attacker would have from it */
	unsigned weight;   /* 1 (a leak of little use) to 10 (the host is lost) */
	uint64_t caps;     /* CAP(x) | ...: without these the kernel refuses; 0: none is needed */
	bool in_first;     /* `caps` have to be held in the first (the host's) user namespace */
	int ns;            /* 1 + enum ns_kind: which namespace hides the object; 0: none */
	const char *cure;  /* option of pillbox that blocks it; NULL: there is none */
	unsigned seconds;  /* it may take so long; 0: ATTACK_SECONDS */
	void (*run)(struct attempt *a);
};
#define CAP(x) (1ULL << CAP_##x)
#define IN(kind) (1 + NS_##kind)

struct attack_group {
	const char *id;               /* "mounts" */
	const char *title;            /* "Mounts" */
	const struct attack *attacks; /* ends with id == NULL */
};
extern const struct attack_group attack_groups[];  /* ends with id == NULL; attacks.c */
const struct attack *attack_by_id(const char *id); /* NULL: there is none */

extern const struct attack attacks_mount[], attacks_root[], attacks_ns[], attacks_process[],
	attacks_rights[], attacks_kernel[], attacks_sockets[], attacks_net[], attacks_files[],
	attacks_devices[], attacks_proc[], attacks_terminal[], attacks_limits[], attacks_abi[];

/* ---- judging --------------------------------------------------------------------------------- */

enum verdict { VERDICT_BLOCKED, VERDICT_ALLOWED, VERDICT_NOT_APPLICABLE, VERDICT_UNKNOWN };
extern const char *const verdict_names[]; /* "blocked", "allowed", "not applicable", "unknown" */

struct result {
	const struct attack *attack;
	enum verdict verdict; /* UNKNOWN: it neither worked nor was refused: time ran out */
	enum by by;           /* with BLOCKED */
	char why[256];        /* by what exactly: "CAP_SYS_ADMIN", "ro on /", "the mount call" */
	char call[32];        /* the system call that decided, or "" */
	int err;              /* its errno, 0: none */
	int signal;           /* that ended the attack, 0: none */
	char note[256];
};

/* Try one attack, in a child of its own, and judge it. */
#define ATTACK_SECONDS 5
void attack_run(const struct attack *attack, struct result *ret_result);

/*
 * Does a seccomp filter refuse this call? Asked of the kernel, with a filter of our own on top that
 * hands the call to us (SECCOMP_RET_USER_NOTIF): whatever an outer filter refuses ranks above that
 * (seccomp(2)), so a call that arrives is one that all others let pass. It is never made. Where no
 * listener can be had, SECCOMP_RET_TRACE without a tracer answers ENOSYS in the same place.
 * 1: yes; 0: no; -1: cannot be told.
 */
int by_filter(const struct attempt *a);

/* Fill by, why of a refused attempt. `status` as of waitpid(2). */
void by_rule(const struct attack *attack, const struct attempt *a, int status,
	     struct result *result);

/* ---- the report (report.c) ---------------------------------------------------------------------- */

#define ATTACKS_MAX 256
#define STATUS_NO_ATTACK 124 /* of --format=lines: --only names one that there is not */

/* A to F, and the sum behind it. What is neither blocked nor allowed counts as allowed. */
struct grade {
	unsigned blocked, allowed, unknown, not_applicable;
	unsigned weight_open, weight_tried;
	unsigned exposure; /* 0..100: weight_open of weight_tried, rounded up */
	char letter;
};
/* Count one; and when all are counted, exposure and letter. grade.c */
void grade_add(struct grade *g, enum verdict verdict, unsigned weight);
void grade_end(struct grade *g);

/* Lines of JSON, what pillbox reads while the probe runs: what holds here, then each result. */
void report_facts(FILE *out);
void report_start(FILE *out, const struct attack *attack);
void report_line(FILE *out, const struct result *r);
int report_json(FILE *out, const struct result *results, size_t n);
void report_table(FILE *out, const struct result *results, size_t n);

/* ---- what holds here, as the kernel shows it ---------------------------------------------------- */

uint64_t fact_caps(const char *which); /* "CapEff", "CapBnd"...: of /proc/self/status; 0 without */
long fact_status(const char *key, int base, long absent); /* a number of /proc/self/status */
long fact_number(const char *path); /* of a file of /proc; -1: not to be read */
bool fact_first_user_ns(void);      /* is ours the host's user namespace? */
/* Does the namespace that we are in belong to our user namespace? 1, 0; -1: unknown. */
int fact_ns_ours(enum ns_kind kind);
bool fact_label(char *buf, size_t size); /* AppArmor's label; false: none, or not to be read */

/*
 * In how many layers of Landlock are we? No call tells, but no more than so many can be stacked
 * (LANDLOCK_MAX_NUM_LAYERS; 64 before ABI 2), so how many more there can be does. -1: unknown.
 */
int fact_landlock(void);

/* A directory that may be written, or if none may, one that is there; never NULL. */
const char *scratch(bool *ret_is_writable);
/* A name in `dir` that nobody else uses. */
void own_name(char *buf, size_t size, const char *dir);
/* Mounts from here on stay in this process, where the kernel lets us; an attack's own undoing. */
void private_mounts(struct attempt *a);

#endif
