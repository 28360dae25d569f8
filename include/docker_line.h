/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker_line.h - a `docker run` line as settings of a sandbox.
 */
#ifndef PILLBOX_DOCKER_LINE_H
#define PILLBOX_DOCKER_LINE_H

#include "asked.h"

/*
 * Words as a shell would see them: quotes, backslashes, continued lines. What a shell would carry
 * out or replace ($NAME, `...`, |, ;, >, globs) is refused by name: nothing is executed here.
 */
int docker_line_words(struct arena *a, const char *text, const char *const **ret, size_t *ret_n,
		      struct err *err);

/*
 * [sudo] docker|podman|nerdctl [container] run|create FLAG... IMAGE [COMMAND [ARG...]]. Every flag of
 * docker run has a verdict; one that is unknown is an error.
 */
int docker_line_read(struct arena *a, const char *const *words, size_t n, struct asked *ret,
		     struct err *err);

#endif
