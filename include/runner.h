/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runner.h - walking the list of steps, on both sides of clone.
 */
#ifndef PILLBOX_RUNNER_H
#define PILLBOX_RUNNER_H

#include "step.h"

/*
 * Run the whole list for a finished spec. Returns the exit status for main(): the workload's own,
 * or 125/126/127 after printing the error. Everything that was made is undone by then.
 * Never returns in the child.
 */
int runner_launch(const struct spec *s, const struct seam *seam);

/* A run of nothing yet: no descriptor is open, no process is there. */
void run_init(struct run *r, const struct spec *s);

/* Give an error of this step what the host says of it, else the step's own hint. */
void step_hint(const struct run *r, const struct step *s, struct err *err);

/* Called by step `clone` in the child: from here on this copy of `r` is the child's. */
void runner_become_child(struct run *r);

/* What the child stored in the shared page, made safe: bounded, terminated, in range. */
void page_err(const struct page *page, struct err *ret);

/* report.c: the values of each wanted step, a note a line. */
void report_plan(const struct run *r);

/* host.c: what the error alone does not say (a sysctl, an LSM, a container around us). */
void host_explain(const struct run *r, const struct step *step, struct err *err);

/* exec.c: why the command could not be executed; sets the exit status 126 or 127. */
void exec_explain(const struct run *r, struct err *err);

#endif
