/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asked.h - what a front end makes of a Compose service or a `docker run` line: options of
 * `pillbox run`, and a verdict for every key, so that nothing is passed over in silence.
 *
 * A front end never touches struct spec: it says options by their names, options_apply() checks and
 * stores them by the same setters as the command line's.
 */
#ifndef PILLBOX_ASKED_H
#define PILLBOX_ASKED_H

#include <jansson.h>
#include <stdio.h>

#include "options.h"
#include "yaml_tree.h"

enum verdict_kind {
	VERDICT_ENFORCED,     /* holds as Docker's would */
	VERDICT_DIFFERENTLY,  /* something is done for it; the text says what */
	VERDICT_UNPRIVILEGED, /* cannot be had without privilege; the text says which */
	VERDICT_IGNORED,      /* nothing is done for it; the text says why */
};
#define VERDICTS 4

/* One key of a service, or one flag of a line. */
struct key_verdict {
	const char *key;   /* "deploy.resources.limits.cpus", "volumes[2]", "--cpus" */
	const char *value; /* shortened; never what a secret or an environment variable holds */
	struct place at;
	enum verdict_kind verdict;
	const char *text; /* how, what would be needed, why; "" for most that are enforced */
};

/* Something that the file has and better hadn't, or hasn't and better had. */
struct advice {
	const char *id;   /* "no-user", "docker-socket": stable, for scripts */
	struct place at;  /* of the key, or of the service where a key is missing */
	const char *text; /* one sentence: what an attacker has from it */
	const char *add;  /* the line to add or to write instead, YAML or a flag */
};

struct asked {
	struct arena *arena;
	const char *name;        /* the service; NULL: a line */
	struct place at;         /* of the service */
	const char *rootfs;      /* x-rootfs, relative to the project directory; or NULL */
	const char *image;       /* for documentation; or NULL */
	const char *const *argv; /* entrypoint and command, or NULL: none is given */
	size_t argc;
	const char *const
		*entrypoint; /* the part of argv that a command on the line doesn't replace */
	size_t n_entrypoint;
	const struct advice *notes; /* noticed while the file was read, for whoever runs it */
	size_t n_notes;
	const char *refusal, *refusal_hint; /* of what must not be run at all; or NULL */
	struct option_given *options;
	size_t n_options;
	struct key_verdict *verdicts;
	size_t n_verdicts;
	struct advice *advice;
	size_t n_advice;
};

/*
 * Ask for an option of run's; `option` without dashes; value NULL for a flag. The messages of its
 * setter begin with the place and the key.
 */
void asked_option(struct asked *a, const struct place *at, const char *key, const char *option,
		  const char *value);
/* The same for a value that no message may show: a secret, an environment variable. */
void asked_hidden(struct asked *a, const struct place *at, const char *key, const char *option,
		  const char *value);
void asked_verdict(struct asked *a, const struct place *at, const char *key, const char *value,
		   enum verdict_kind verdict, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
void asked_advice(struct asked *a, const struct place *at, const char *id, const char *add,
		  const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* `privileged` and its like: check says it, run refuses. The message begins with place and key. */
void asked_refuse(struct asked *a, const struct place *at, const char *key, const char *hint,
		  const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* "enforced", "enforced differently", "not enforceable", "ignored" */
const char *verdict_name(enum verdict_kind v);

/* What isn't enforced, as notes on stderr, for who runs it; is_verbose: what is ignored, too. */
void asked_notes(const struct asked *a, bool is_verbose);

/* The report of `compose check`: a line a key, then the advice. 0 or -EIO. */
int asked_print(const struct asked *a, FILE *out);
/* The same as JSON, an object to be put into a larger one. NULL: no memory. */
json_t *asked_json(const struct asked *a);
/*
 * rootfs, argv and argc of the spec: what the line gave (NULL: nothing, "-": the front end's own), else
 * what was asked.
 */
int asked_no_command(const struct asked *a, struct err *err); /* -EINVAL and the error */
int asked_operands(const struct asked *a, const char *rootfs, const char *const *argv, size_t argc,
		   struct spec *s, struct err *err);

#endif
