/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli.h - the program, from its first instruction to its exit status.
 */
#ifndef PILLBOX_CLI_H
#define PILLBOX_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "step.h"

/* All of pillbox. `seam` is NULL but in the test binary. Returns the exit status. */
int cli_main(int argc, char *argv[], const struct seam *seam);

/*
 * Close what was inherited but 0, 1, 2 and the `preserve` descriptors above, which must be fit to be
 * handed on. Before anything is opened.
 */
int cli_inherited_fds(unsigned preserve, struct err *err);

/* Note in `s` where the process's own arguments and environment stand, for init to wipe. */
void cli_own_strings(struct spec *s);

/* `pillbox run`, for commands that only say the same in other words. */
int cmd_run(int argc, char *argv[], const struct seam *seam);

/* The n-th command as help, completions and the man page tell it; false: there are not so many. */
struct cli_command {
	const char *name, *usage, *help;
};
bool cli_command(size_t n, struct cli_command *ret);

#endif
