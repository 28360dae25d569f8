/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli.h - the program, from its first instruction to its exit status.
 */
#ifndef PILLBOX_CLI_H
#define PILLBOX_CLI_H

#include "step.h"

/* All of pillbox. `seam` is NULL but in the test binary. Returns the exit status. */
int cli_main(int argc, char *argv[], const struct seam *seam);

#endif
