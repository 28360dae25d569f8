/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit.h - `pillbox audit`, as the rest of pillbox sees it; audit_setting.h has the inside.
 */
#ifndef PILLBOX_AUDIT_H
#define PILLBOX_AUDIT_H

struct run;
struct seam;

/*
 * The command. Exit status 0; 1: a control that was asked for does not hold, or what --fail-below or
 * --fail-on forbids; 125: it could not be done.
 */
int cmd_audit(int argc, char *argv[], const struct seam *seam);

/* Step verify, in an audit: what each step was asked and whether it holds, a line of JSON each. */
int audit_verify(const struct run *r);

#endif
