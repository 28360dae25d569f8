/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - the options of `pillbox run` as one table.
 *
 * Parsing, --help, the man page, the shell completions and the table in the documentation are all
 * readers of options[]: an option is told once, here, and exists everywhere.
 */
#ifndef PILLBOX_OPTIONS_H
#define PILLBOX_OPTIONS_H

#include <stdio.h>

#include "spec.h"

/* A setter: checks `value` and stores it. `origin` is the option as given, for messages. */
typedef int option_fn(struct spec *s, const char *value, const char *origin, struct err *err);

enum option_group {
	GROUP_START,  /* what to run and how it starts */
	GROUP_FILES,  /* root, mounts, secrets */
	GROUP_IDS,    /* users, groups, maps */
	GROUP_RIGHTS, /* capabilities, seccomp, LSMs */
	GROUP_LIMITS, /* cgroup, rlimits, sysctls */
	GROUP_TTY,    /* terminal, signals, pid 1 */
	GROUP_TEACH,  /* explaining */
	GROUP_REPORT, /* what pillbox says */
	GROUP_COUNT,
};

enum option_count {
	COUNT_ONCE,  /* one value: the same again is fine, another one is a contradiction */
	COUNT_MANY,  /* a list: each one adds */
	COUNT_KEYED, /* a list of KEY=VALUE: as COUNT_ONCE for each key */
};

/*
 * When it is applied, whatever the order on the line: the preset, then files, then the rest, each
 * over what came before.
 */
enum option_phase {
	PHASE_LINE,   /* most options */
	PHASE_PRESET, /* the defaults, under everything else */
	PHASE_FILE,   /* values from a file, which the command line overrides */
};

struct asked;

struct option_def {
	const char *name;    /* long name, without the dashes */
	char letter;         /* short name, or 0 */
	const char *metavar; /* what the value is called; NULL: a flag */
	const char
		*bare; /* the value when none is given; one that is needs the '=' then; or NULL */
	bool is_line;  /* no '=' is needed for a value with a blank in it */
	const char *choices; /* the whole set of values, blank-separated, for completion; or NULL */
	const char *files;   /* "file" or "dir": the value is completed as a path; or NULL */
	const char *help;    /* one sentence */
	const char *step;    /* id of the step that carries it out, or NULL */
	const char *excl;    /* options with one word here contradict each other */
	enum option_group group;
	enum option_count count;
	enum option_phase phase;
	option_fn *set;
	/*
	 * Not one setting but many: read a file or a line into *ret, which the other options of the
	 * command line are laid over. `rest`: the words behind ROOTFS; *ret_used: are they a part of it?
	 */
	int (*front)(struct arena *a, const char *value, const char *const *rest, struct asked *ret,
		     bool *ret_used, struct err *err);
};

extern const struct option_def options[];
extern const size_t options_len;

/* Those of `pillbox audit` beside them (audit_options.c); `set` and `step` are not used. */
extern const struct option_def audit_options[];
extern const size_t audit_options_len;
/* Those of `pillbox record` (record.c), likewise. */
extern const struct option_def record_options[];
extern const size_t record_options_len;

/* Those of `pillbox seccomp`, all of its actions together (seccomp_cmd.c). */
extern const struct option_def seccomp_options[];
extern const size_t seccomp_options_len;

/* "Root and files", ... */
const char *option_group_title(enum option_group group);

#define OPTIONS_HELP 1

/*
 * Parse what follows `pillbox run`: [options] ROOTFS [--] [COMMAND [ARG...]]. Options end at
 * ROOTFS. s->arena is ready; argv is NULL-terminated, stays alive and is pointed into.
 * 0: *s is filled, spec_finish() comes next. OPTIONS_HELP: the user asked for help, nothing else
 * was looked at. -errno: err is set.
 */
int options_parse(struct spec *s, int argc, char *const argv[], struct err *err);

/* An option that no command line said: a Compose file's, a docker run line's. */
struct option_given {
	const char *name;   /* without dashes */
	const char *value;  /* NULL: a flag */
	const char *origin; /* what messages of the setter begin with: "compose.yml:7:5: cpus 99" */
};

/*
 * Check and apply what a front end says, as options_parse() would a line. Without ROOTFS and
 * command. 0, or -errno with err.
 */
int options_given(struct spec *s, const struct option_given *given, size_t n, struct err *err);

/* How many words an option of run takes: 2 when its value is `next`, the next word, else 1. */
int options_words(const char *word, const char *next);

/* An option of a command's own at argv[*at]: 1 and *at is behind it; 0: it is none; -errno and err. */
typedef int options_own_fn(void *arg, int argc, char *argv[], int *at, struct err *err);
/*
 * For a command that takes run's options and some of its own: the others go into *ret_argv, malloc'd,
 * for options_parse(). What is unknown is among them, and options_parse() will say so. 0,
 * OPTIONS_HELP, or -errno with err; *ret_argv is to be freed in each case.
 */
int options_split(int argc, char *argv[], options_own_fn *own, void *arg, char ***ret_argv,
		  int *ret_argc, struct err *err);

/* The lines of a table as --help has them. */
void options_lines(FILE *out, const struct option_def *table, size_t n);

/* The text of `pillbox run --help`. 0, or -EIO when it could not be written. */
int options_help(FILE *out);

#endif
