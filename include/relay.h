/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay.h - bytes between the caller's terminal and the workload's.
 */
#ifndef PILLBOX_RELAY_H
#define PILLBOX_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

#include "step.h"

struct relay_buf {
	size_t start, end; /* bytes not yet written: data[start..end) */
	char data[8192];
};

enum relay_fd { RELAY_IN, RELAY_OUT, RELAY_MASTER, RELAY_FDS };

struct relay {
	int fd[RELAY_FDS];      /* -1: not (any more) served */
	bool is_own[RELAY_FDS]; /* our own open file description, non-blocking */
	int term;               /* the caller's terminal, whose size is copied; or -1 */
	bool has_mode;          /* its mode is ours to change: input comes from it */
	bool is_raw;
	bool is_shared;     /* stdout goes elsewhere: whoever reads it may use the terminal, too */
	bool is_background; /* the shell gave the terminal to someone else */
	bool is_hangup;     /* one side is gone and the workload has not been told */
	int lost;       /* errno that kept output from getting out; 0: none, or its reader left */
	bool is_in_tty; /* RELAY_IN is a terminal: its end is a hang-up, not an EOF */
	unsigned eofs;  /* end-of-file characters still to send */
	char last;      /* last byte sent to the workload */
	int64_t pause_until; /* ms: no slave is open, ask again then; 0: not paused */
	pid_t pgrp;
	struct termios saved, raw;
	struct relay_buf to_master, to_out;
};

/*
 * Take over the master in r->tty. Opens its own descriptions of the caller's terminal, because
 * O_NONBLOCK on an inherited one would stay set in the caller's shell. Without a terminal of the
 * workload's own everything below does nothing.
 */
void relay_init(struct relay *l, const struct run *r);

/* Raw mode while we are in the foreground, and the window size. Again after every stop. */
void relay_enter(struct relay *l);
/* The caller's mode back. */
void relay_leave(struct relay *l);
void relay_resize(const struct relay *l);

/* Fill RELAY_FDS entries of a poll set; the result is a timeout in ms, or -1. */
int relay_poll(struct relay *l, struct pollfd *p);
/* Move what can be moved. */
void relay_move(struct relay *l, const struct pollfd *p);
/* After the workload's end: what it wrote last, for at most `ms` milliseconds. */
void relay_drain(struct relay *l, int64_t ms);

int64_t clock_ms(void);

#endif
