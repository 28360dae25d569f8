/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.h - somebody follows the launch step by step: --explain and --step.
 *
 * The runner calls these in the launcher, and after clone gives the baton back to it between any
 * two steps, so that nothing moves while it speaks or waits.
 */
#ifndef PILLBOX_WATCH_H
#define PILLBOX_WATCH_H

#include "step.h"

/* Is this launch watched at all? */
bool is_watched(const struct run *r);

/* Before the first step. -errno: --step without a terminal. */
int watch_start(struct run *r, struct err *err);

/* Say what comes, and with --step wait. -ECANCELED: the user wants to end it here. */
int watch_before(struct run *r, const struct step *s, struct err *err);
/* Say what the kernel shows now. */
void watch_after(struct run *r, const struct step *s);

/* After the last step, or after a failure. */
void watch_end(struct run *r);

/* ---- stepper.c: the keyboard ---------------------------------------------------------------- */

struct stepper {
	int tty;      /* the caller's terminal; -1: nobody is asked */
	int signals;  /* signalfd: Ctrl-C at the prompt */
	bool goes_on; /* the user said `c`: no more questions */
};

int stepper_open(struct stepper *p, struct err *err);
/* Wait for the user before `s`. 0: go on. -ECANCELED: end it. */
int stepper_ask(struct stepper *p, struct run *r, const struct step *s, struct err *err);
void stepper_close(struct stepper *p);

/* Child: a shell on its own descriptors, until that ends or the launcher does. */
void child_shell(const struct run *r);

/* runner.c: have the child run its shell; returns when it is back. -EPIPE: the child is gone. */
int runner_child_shell(struct run *r, struct err *err);

#endif
