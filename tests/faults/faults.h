/* SPDX-License-Identifier: Apache-2.0 */
/* faults.h - what the parts of the sweep share: see faults.c for the whole. */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MAX_ROLES 256
#define MAX_TEXT (1 << 17)

/*
 * A process of the launch is known by its place in the tree: the k-th process that its parent made.
 * Pids differ from launch to launch, this does not.
 */
struct role {
	int parent; /* index of a role; -1: the launcher itself */
	int nth;
	char name[24]; /* launcher, child, command, helper-N */
};

/* The n-th system call of one process in the clean launch. */
struct point {
	int role;
	long n;
	long nr;
};

struct record {
	struct role roles[MAX_ROLES];
	int n_roles;
	int payload; /* the role that executed the payload; -1: none did */
	struct point *points;
	size_t n_points, room;
	long main_at; /* the launcher's first call that is not its C library's; 0: not known */
	size_t born[MAX_ROLES]; /* index of the point before which it was first seen */
};

/* At call `n` of `role`: fail it with `num`, or with num 0 kill `victim`. */
struct fault {
	int role;
	long n;
	int num;
	int victim;
};

struct setup {
	const char *label;
	char *const *argv;   /* the launcher's command line */
	const char *user;    /* who runs it; NULL: the caller */
	const char *payload; /* path whose execve ends the sweep */
	const char *
		words; /* file with a word a line: what an error line may begin with; NULL: a peer */
	const char *watch[16]; /* files and directories that have to stay as they are */
	int n_watch;
	const char *tag; /* control groups with this in their name are the launcher's */
	long main_call;  /* the launcher's first call of its own; 0: not known */
	bool has_tty;
	int worker;
	long within; /* seconds: a launch has to be over by then */
	int slow;    /* all times are so many times longer */
};

/* What one launch is to meet. */
struct item {
	struct fault fault[2];
	int n;
};

/* What is to be swept, from the command line. */
struct want {
	long every, pairs, seed;
	int jobs;
	bool no_fail, no_kill, only_list;
	unsigned errors; /* bits: by index of errors[] */
	const char *calls, *figures, *place;
};

struct error_name {
	const char *name;
	int num;
};

struct result {
	int status; /* as of waitpid */
	bool is_late;
	struct fault second; /* of a pair: where it came to be */
	int fired;           /* how many of the faults happened */
	bool is_library;     /* one of them at a call that the C library makes for itself */
	bool is_write_hit;   /* one of them at a write to standard error */
	bool is_launcher_killed;
	int left; /* processes that lived on */
	char out[MAX_TEXT], err[MAX_TEXT];
};

enum outcome {
	OUT_UNREACHED, /* the launch took another way */
	OUT_REFUSED,   /* one line of error, and its status */
	OUT_RAN,       /* the payload ran, in the clean run's state */
	OUT_ENDED, /* the payload ran in that state, and was ended with a line, or as it was killed */
	OUT_LIBRARY, /* the C library ended the launcher, before anything was done */
	OUT_KILLED,  /* the launcher was killed, and nothing stayed */
	OUT_HANG,    /* from here on: exceptions */
	OUT_LEFT,
	OUT_HOST,
	OUT_CRASH,
	OUT_SILENT,
	OUT_LINES,
	OUT_STATUS,
	OUT_STATE,
	OUT_COUNT
};

/* options.c */
extern struct setup setup;
extern struct want want;
void options_parse(int argc, char **argv); /* getopt's optind is behind them */

/* names.c */
#define N_ERRORS 6
extern const struct error_name errors[N_ERRORS];
const char *call_name(long nr); /* until the next call */
void name_roles(struct record *r);
void describe(const struct record *r, const struct item *item, char *text, size_t size);
void parse_place(const struct record *r, char *text, struct item *ret);

/* plan.c */
struct item *plan_make(const struct record *r, size_t *ret_n);
uint64_t mix(uint64_t x);

/* host.c */
void host_enter(void);                  /* a mount namespace of our own */
void host_watch(const struct setup *s); /* once a worker */
void host_terminal(int fd);
char *host_state(const struct setup *s);  /* all but control groups; to be freed */
char *host_groups(const struct setup *s); /* to be freed */
void host_difference(const char *before, const char *after, char *ret, size_t size);
_Noreturn void die(const char *what);

/* launch.c */
void trace_start(const struct setup *s); /* once a worker, before the first launch */
void trace_launch(const struct setup *s, struct record *rec, bool records,
		  const struct fault *faults, int n_faults, struct result *ret);

/* trace.c */
void trace_begin(const struct setup *s, struct record *rec, bool records,
		 const struct fault *faults, int n_faults, struct result *ret, pid_t pid);
void trace_stop(pid_t pid, int status); /* a process stopped ... */
void trace_end(pid_t pid, int status);  /* ... or ended */
bool trace_is_over(void);               /* the launcher ended */
void trace_let_go(void);                /* whatever stops from here on is let go */
bool never_fails(long nr);
bool is_brk(long nr);
extern uint64_t trace_random; /* state of the generator that picks the second fault of a pair */
#define FAULT_LATER (-2)      /* role of a second fault: some call after the first, picked then */

/* judge.c */
void judge_clean(const struct setup *s, const struct result *clean);
enum outcome judge(const struct setup *s, const struct fault *faults, int n_faults,
		   const struct result *r, char *ret_why, size_t size);
extern const char *const outcome_names[OUT_COUNT];

#endif
