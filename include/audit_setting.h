/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_setting.h - `pillbox audit` inside: the sandbox that `run` would make, attacked from inside.
 *
 * One setting is one launch of the normal list of steps, in a process of its own, with pillbox-probe
 * (src/probe) in place of the command. Launch and probe write lines of JSON to one pipe: first what
 * each step was asked and what --verify sees of it, then each attack. audit_run.c reads them into
 * struct setting; the controls are rows made from both (audit_controls.c); the writers print.
 */
#ifndef PILLBOX_AUDIT_SETTING_H
#define PILLBOX_AUDIT_SETTING_H

#include <jansson.h>
#include <stdio.h>

#include "audit.h"
#include "options.h"
#include "probe.h"
#include "step.h"

#define SETTINGS_MAX 8 /* columns of --compare, the first one included */
#define AUDIT_LIST_MAX 64
#define AUDIT_OPTIONS_MAX 8

enum audit_format { AUDIT_TABLE, AUDIT_JSON, AUDIT_MARKDOWN, AUDIT_HTML };

/* What the command line asks, but for the options of run. */
struct audit_req {
	enum audit_format format;
	char fail_below; /* 'A'..'F': a worse grade is exit status 1; 0: not asked */
	const char
		*fail_on[AUDIT_LIST_MAX]; /* ids of attacks; one that is allowed is exit status 1 */
	size_t n_fail_on;
	const char *compare[SETTINGS_MAX]; /* preset names and files of options */
	size_t n_compare;
	const char *given[AUDIT_OPTIONS_MAX]; /* values, by index of audit_options[] */
	const char *only;                     /* ids of attacks with commas, or NULL: all */
	const struct seam *seam;              /* of the test binary, or NULL */
	bool is_bisect;   /* look for what has to be loosened for a command to succeed */
	uint64_t timeout; /* of that, in seconds */
	char **run_argv;  /* the options of run, ROOTFS, and a NULL */
	int run_argc;
};

/* One control, as asked, as the kernel shows it inside and as verify sees it outside. */
struct control_row {
	const char *id, *what;
	bool is_asked;
	char asked[160], inside[160], outside[200];
	int holds_inside, holds_outside; /* 1, 0, -1: does not show there */
};
#define CONTROLS_MAX 32

/* One attack as the probe told it; `allowed` and not `is_meant` is a control that does not hold. */
struct attack_row {
	const char *id, *group, *title, *what, *gives, *verdict, *by, *why, *call, *err, *note,
		*cure;
	unsigned weight;
	bool is_open;        /* allowed, or unknown */
	bool is_meant;       /* no control that was asked for is there to stop it */
	const char *claimed; /* !is_meant: the control that should have */
};

struct setting {
	const char *name; /* "hardened", or the file of options */
	struct arena arena;
	struct spec *spec;
	json_t *doc; /* owns all text below: {"steps": [...], "facts": {...}, "attacks": [...]} */
	struct control_row controls[CONTROLS_MAX];
	size_t n_controls;
	struct attack_row *attacks;
	size_t n_attacks;
	struct grade grade;
	unsigned broken; /* controls that were asked for and do not hold */
};

/* audit_options.c. 0, OPTIONS_HELP, or -errno with err. The strings of req point into argv. */
int audit_parse(struct audit_req *req, int argc, char *argv[], struct err *err);
/* options_parse(), where a request for help is an error. 0, or -errno with err. */
int audit_spec(struct spec *s, int argc, char *argv[], struct err *err);
/* The options of a file: one a line, "--name value" or "--name=value"; '#' begins a comment. */
int audit_file(struct arena *a, const char *path, char ***ret_argv, int *ret_argc, struct err *err);

/* audit_run.c: one setting. 0: filled; else the exit status, and the error was printed. */
int audit_setting(struct setting *ret, const char *name, int argc, char *argv[],
		  const struct audit_req *req);
void audit_free(struct setting *s);
/* fork(2) of a launcher, which ends with us. */
pid_t audit_fork(void);

/* audit_lines.c: what comes from the pipe, into doc: "steps", "facts", "attacks". */
struct audit_lines {
	json_t *doc;
	json_t *start; /* the attack that began last and has no result yet, or NULL */
	char line[1 << 16];
	size_t len;
};
void audit_lines_take(struct audit_lines *in, const char *buf, size_t n);
/* The pipe's end; `status`: the launcher's. */
void audit_lines_end(struct audit_lines *in, struct setting *s, int status);

/* audit_rows.c: fill controls, attacks, the sums and the grade from doc. */
int audit_rows(struct setting *s, struct err *err);
/* audit_claims.c: a control that was asked for and promises to stop this attack; or NULL. */
const char *audit_claim(const struct setting *s, const char *attack);
/* audit_controls.c */
void audit_controls(struct setting *s);

/* The writers: 0, or -EIO. */
int audit_print(const struct setting *s, FILE *out);
int audit_compare_print(const struct setting *settings, size_t n, FILE *out);
int audit_json(const struct setting *settings, size_t n, FILE *out);
int audit_markdown(const struct setting *settings, size_t n, FILE *out);
int audit_html(const struct setting *settings, size_t n, FILE *out);

/*
 * One word each for a cell: "holds", "BROKEN", "not shown", "-" (not asked for); "seccomp", "allowed",
 * "ALLOWED" (not meant), "n/a".
 */
const char *audit_control_word(const struct control_row *c);
const char *audit_attack_word(const struct attack_row *a);
const struct attack_row *audit_attack(const struct setting *s, const char *id);

/* At most three options that would lower the exposure most: how much, and for which attacks. */
struct cure {
	const char *option;
	unsigned weight, n_attacks;
};
size_t audit_cures(const struct setting *s, struct cure ret[3]);

/* audit_bisect.c. Exit status 0: found, or nothing to find; 1: not found; 125. */
int audit_bisect(const struct audit_req *req);

/* The program, carried in this one (Makefile). */
extern const unsigned char probe_program[];
extern const uint64_t probe_program_len;

#endif
