/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervise.h - what pillbox's own processes do once the workload runs.
 *
 *   launcher   supervise(): forwards signals, relays the terminal, waits, knows the exit status
 *   init       pid 1 inside (init.c): reaps, passes signals on
 *   guard      a bystander outside (guard.c): acts when the launcher is killed
 *   listener   another one (notify.c): hears of the calls that the workload's filter asks about
 *
 * All of them confine themselves with confine_process() before they settle down.
 */
#ifndef PILLBOX_SUPERVISE_H
#define PILLBOX_SUPERVISE_H

#include <signal.h>

#include "minifilter.h"
#include "step.h"

/*
 * From exec to the end. Called in the launcher when the workload runs. Returns its exit status:
 * 0..255, 128+n when signal n ended it. -errno with err set: the launcher could not confine itself
 * or lost its eyes; the caller then kills the sandbox, as after any failed step.
 */
int supervise(struct run *r, struct err *err);

/* What the launcher does with a signal it got. */
enum signal_rule {
	SIGNAL_PASS,   /* to the workload, as it is */
	SIGNAL_STOP,   /* SIGTERM: the workload's stop signal, later SIGKILL */
	SIGNAL_TSTP,   /* put the terminal back and stop */
	SIGNAL_CONT,   /* go on */
	SIGNAL_RESIZE, /* SIGWINCH: new size for the workload's terminal, else passed on */
	SIGNAL_CHILD,  /* one of ours ended */
	SIGNAL_DROP,   /* meant for us, and answered where it arises (SIGPIPE: by EPIPE) */
	SIGNAL_FATAL,  /* never blocked: a fault of the launcher itself, or not blockable */
};

enum signal_rule signal_rule(int sig);

/* The set main() blocks at the start and the signalfd reads: all but SIGNAL_FATAL. */
void supervise_signals(sigset_t *ret);

/* SIGKILL for pid 1, and so for all of the sandbox. */
void sandbox_kill(int pidfd);

/*
 * The exit status to report. `code` and `value` are si_code and si_status of pid 1; `page` is
 * hostile and only believed as far as it agrees with them.
 */
int exit_status(int code, int value);
int workload_status(const struct page *page, bool has_init, int code, int value, int *ret_signal);

/*
 * No capabilities, not dumpable, no_new_privs, the name, the allow-list; cannot be undone. No
 * allocation: init calls it after its fork.
 */
int confine_process(const char *name, const struct mini_rule *rules, size_t n, struct err *err);

/* The same, but for these capabilities: of the remover (cgroup_remover.c) and nobody else. */
int confine_process_with(const char *name, uint64_t caps, const struct mini_rule *rules, size_t n,
			 struct err *err);

/* Close every descriptor that is not in keep (any order, -1 and doubles allowed). 0 or -errno. */
int close_all_but(const int *keep, size_t n);

/* The launcher's: closes all that supervise() and the undo functions do not need. */
int confine_launcher(const struct run *r, const int *terminal, size_t n_terminal, struct err *err);

/*
 * A process of ours outside of the sandbox. settle() confines it, moving *ready to where it keeps
 * it; loop() is the rest of its life, and ends it with _exit().
 */
struct bystander {
	const char *name; /* of the process, and for messages */
	int (*settle)(struct run *r, int *ready, struct err *err);
	void (*loop)(struct run *r);
};

#define BYSTANDER_FDS 4
/* Start it and wait until it is settled; *ret_pid is set as soon as there is something to kill. */
int bystander_start(struct run *r, const struct bystander *b, pid_t *ret_pid, struct err *err);
/* In settle(): move n descriptors (at most BYSTANDER_FDS) to first, first + 1, ... */
int bystander_places(const int *from, size_t n, int first, struct err *err);
/* Is it there and confined? From outside. */
int bystander_verify(const struct bystander *b, pid_t pid, struct err *err);

/* CHILD, from the session step: the slave becomes controlling terminal and descriptors 0, 1, 2. */
int tty_take(struct run *r, struct err *err);

/*
 * The caller's terminal: the first of descriptors 0, 1, 2 that is one, or -1. Input comes from
 * it only when it is 0, and only then its mode is changed.
 */
int tty_caller(void);
/* Remember the mode of the caller's terminal in r->tty_saved, once. False: stdin is not one. */
bool tty_save(struct run *r);
/*
 * The mode of the caller's terminal while the workload runs: raw, made from r->tty_saved. Where
 * stdout goes past the terminal, lines still get their CR: the next program of the pipeline writes
 * to it, too, and knows nothing of the mode. (Our own lines get a second one, which does no harm.)
 */
void tty_raw_mode(const struct run *r, struct termios *ret);
bool tty_same_mode(const struct termios *a, const struct termios *b);

#endif
