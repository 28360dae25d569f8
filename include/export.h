/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export.h - `pillbox export`: the settings of a sandbox in other programs' words.
 *
 *   export             the command
 *   export_text        quoting for each format, and what several formats have in common
 *   export_docker      a docker run or podman run line
 *   export_compose     a Compose service
 *   export_systemd     a unit; export_syscalls is its SystemCallFilter=
 *   export_kubernetes  a pod
 *
 * A writer goes through struct spec from its first field to its last. What the other program has
 * not, or weaker, is said in a comment where it would stand, and counted.
 */
#ifndef PILLBOX_EXPORT_H
#define PILLBOX_EXPORT_H

#include <stdio.h>

#include "options.h"
#include "step.h"

enum export_target {
	EXPORT_COMPOSE,
	EXPORT_DOCKER,
	EXPORT_PODMAN,
	EXPORT_SYSTEMD,
	EXPORT_KUBERNETES,
};

struct export
{
	const struct spec *s;
	enum export_target target;
	FILE *out;
	int indent;         /* of a comment */
	unsigned n_missing; /* comments that say that something is missing or weaker */
	struct err *err;    /* set by what quotes: a value that the format cannot hold */
};

int cmd_export(int argc, char *argv[], const struct seam *seam);
extern const struct option_def export_options[];
extern const size_t export_options_len;

/* The whole text for one target. 0, or -errno with err: nothing of `out` is to be used then. */
int export_write(const struct spec *s, enum export_target target, FILE *out,
		 unsigned *ret_n_missing, struct err *err);
int export_target_by_name(const char *name, enum export_target *ret);

typedef void export_fn(struct export *e);
export_fn export_docker, export_compose, export_systemd, export_kubernetes;
/* SystemCallFilter= and its like, from the profile of the spec. */
export_fn export_syscalls;

/* ---- export_text.c --------------------------------------------------------------------------- */

/* "# not expressible: ..." and "# weaker: ...", each a line, safe whatever is in it. */
void export_missing(struct export *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void export_weaker(struct export *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Any other comment; not counted. */
void export_comment(struct export *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A word of a shell's. */
void export_shell(struct export *e, FILE *out, const char *text);
/* In double quotes, YAML and JSON alike; Compose's $ as $$ where that is the target. */
void export_yaml(struct export *e, const char *text);
/* "    NAME: " and, where there is one, the value in quotes; as it stands; an entry of a list. */
void export_key(struct export *e, int indent, const char *name, const char *value);
void export_key_plain(struct export *e, int indent, const char *name, const char *value);
void export_item(struct export *e, int indent, const char *value);
/* A word of a unit file; in a command line $ is special, too. */
void export_unit_word(struct export *e, const char *text, bool is_command);
/* Can a unit file hold this path in a list of paths? */
bool export_unit_path(const char *path);

/* A host path that holds wherever the text is used: absolute, not resolved. */
const char *export_path(struct export *e, const char *path);
/* A number of bytes with the unit of the target: "512m", "512Mi", "512M". */
const char *export_size(struct export *e, uint64_t bytes);
/* "rw,noexec,...,size=16m,mode=1777": the options of a tmpfs. */
const char *export_tmpfs(struct export *e, const struct mount_req *m);
const char *export_cpus(struct export *e, uint64_t nano); /* "0.5" */
const char *export_signal(struct export *e, int sig);     /* "SIGTERM" */
/* CPU quota and period in microseconds, by whichever option; false: no limit. */
bool export_quota(const struct limits *l, uint64_t *ret_quota, uint64_t *ret_period);
/* "NAME" of "NAME=VALUE" */
const char *export_env_name(struct export *e, const char *entry);
/* What there is as a name for the service, pod or unit: letters, digits and _.- only. */
const char *export_name(const struct export *e);
/* The image's name, where a front end was told one. */
const char *export_image(const struct export *e);
/* The host name; NULL and said: --name was taken for it, and no option or key would. */
const char *export_hostname(struct export *e);
/* "NAME:IP" of an entry of spec.hosts, NAME=IP for an IPv6 address. */
const char *export_host(struct export *e, const char *entry);
/* /etc/hosts or /etc/resolv.conf, made of spec.hosts or spec.dns: those have options of their own. */
bool export_is_made(const struct spec *s, const struct secret_req *r);
/* "secret" or "config"; where it is inside. */
const char *export_secret_kind(const struct secret_req *r);
const char *export_secret_target(struct export *e, const struct secret_req *r);
/* "app-secret1": a name for a store of the target's, the n-th from 0 */
const char *export_secret_name(struct export *e, size_t n);
/* The sysctls that must be named: not those that the target sets by itself. */
size_t export_sysctls(struct export *e, const struct sysctl_req **ret);
/* Capabilities as Docker takes them, "ALL" or a name, by their number in order; NULL: the end. */
const char *export_cap(struct export *e, uint64_t set, unsigned *at);
/* The capabilities to drop and to add, with CAP_ALL_BIT, from Docker's default set. */
void export_caps(const struct export *e, uint64_t *ret_drop, uint64_t *ret_add);
/* What Docker's kind of container lacks, whichever way it is written down. */
void export_docker_lacks(struct export *e);

#endif
