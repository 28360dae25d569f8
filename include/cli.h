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

/* The n-th command as help, completions and the man page tell it; false: there are not so many. */
struct cli_command {
	const char *name, *usage, *help;
};
bool cli_command(size_t n, struct cli_command *ret);

#endif
