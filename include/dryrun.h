/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dryrun.h - what a launch would do. Called by the runner when every pure step has run and nothing
 * was touched yet.
 */
#ifndef PILLBOX_DRYRUN_H
#define PILLBOX_DRYRUN_H

#include <jansson.h>
#include <stdio.h>

#include "step.h"

#ifndef PILLBOX_VERSION
#define PILLBOX_VERSION "unknown"
#endif

/* In the form that r->spec->dry_run names, on standard output. -errno: it cannot be written. */
int dry_run(const struct run *r, struct err *err);

/* One step with its values, as in --dry-run=json; docs/dry-run.md. */
json_t *dry_json_step(const struct run *r, const struct step *s);

/* drysh.c: an equivalent shell script. */
void dry_sh(const struct run *r, FILE *out);
/* drydot.c: the sandbox as a drawing for Graphviz. */
void dry_dot(const struct run *r, FILE *out);

#endif
