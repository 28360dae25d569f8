/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drysh.h - a launch as a shell script: what a room writes its commands into (--dry-run=sh).
 *
 * The script is a row of shells, each of which starts the next, as a launch is two processes:
 *
 *   launcher   outside, as the caller: control group, id maps, the end
 *   helper     in the new user namespace, but among the host's files
 *   holder     in all new namespaces, still with the caller's ids
 *   builder    the same process as root of the user namespace; its last act is exec
 *
 * All but the first are texts that are handed to `sh -c`, so nothing is written to a disk.
 */
#ifndef PILLBOX_DRYSH_H
#define PILLBOX_DRYSH_H

#include "step.h"

struct sh;

enum sh_part {
	SH_LAUNCHER,
	SH_END, /* in the launcher's clean_up(), the sandbox being gone */
	SH_HELPER,
	SH_HOLDER,
	SH_BUILDER,
	SH_LAST, /* builder, right before exec: the words of the last command that follow setpriv's */
	SH_PARTS
};

/* What follows goes there. At first it is the launcher or the builder, by the step's side. */
void sh_part(struct sh *out, enum sh_part part);

/*
 * One line of the script. The format is ours and ends without a newline; every value that is not a
 * number of ours goes through sh_quote().
 */
void sh_line(struct sh *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A comment, wrapped; control bytes are escaped. */
void sh_note(struct sh *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * The value as one word of a shell, whatever is in it: on one line, printable, and never expanded.
 * It may still begin with a dash. Lives as long as the request.
 */
const char *sh_quote(const struct run *r, const char *value);

/* Some commands need this tool; the script looks for it before it begins. */
void sh_need(struct sh *out, const char *tool, const char *package);

/* More options for the one setpriv(1), through which the sandbox gives up its rights. */
void sh_setpriv(struct sh *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Close the row of those options and go on with what is in SH_LAST; the next words are the command. */
void sh_last(struct sh *out);

/* "as_root ", the prefix that makes a command run as root of the user namespace; "" where the map has none. */
const char *sh_as_root(const struct run *r);

/* The directory of the host that the script covers for itself, and builds the tree on. */
const char *sh_stage(const struct run *r);

/* Is the map a single id? Then there is no root, and the one id has the capabilities. */
bool sh_is_single(const struct run *r);

/*
 * Set the script's $at to the place of a path of the sandbox. `is_made` makes an absent directory
 * there, which is right only on a file system of the sandbox's own.
 */
void sh_place(struct sh *out, const char *path, bool is_made);

/* "SOURCE" as an absolute path without links, quoted: the script may be run from anywhere. */
const char *sh_source(const struct run *r, const char *path);

/* Can a shell hand on a variable of this name, as it is? */
bool sh_is_name(const char *name);
/* ... and can the script read it from the caller's environment, having none of this name itself? */
bool sh_is_variable(const char *name);

#endif
