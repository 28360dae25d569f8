/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose.h - Compose files as settings of a sandbox. Source of all meanings: the Compose
 * specification (05-services, 10-fragments to 14-include) and Docker's own reading of it.
 *
 *   yaml_tree         one file as a tree
 *   compose_vars      ${NAME:-default} in values
 *   compose_env       .env files
 *   compose_files     one file: read, looked at; compose_paths: its paths made the project's
 *   compose_merge     several files, one over the other; compose_extend, compose_include
 *   compose_load      which files, the project's name and directory, profiles
 *   compose_config    the project as YAML again
 *   compose_service   one service -> struct asked, by the tables of compose_keys_*.c
 *   compose_advice    what the file should have and hasn't
 *   compose           the command
 */
#ifndef PILLBOX_COMPOSE_H
#define PILLBOX_COMPOSE_H

#include "asked.h"
#include "step.h"
#include "yaml_tree.h"

#define COMPOSE_FILES_MAX 16
#define COMPOSE_LIST_MAX 64

/* What the command line says about the project. */
struct compose_req {
	const char *files[COMPOSE_FILES_MAX]; /* -f; none: looked for as Docker does */
	size_t n_files;
	const char *env_files[COMPOSE_LIST_MAX]; /* --env-file; none: .env of the project */
	size_t n_env_files;
	const char *profiles[COMPOSE_LIST_MAX]; /* --profile; and COMPOSE_PROFILES */
	size_t n_profiles;
	const char *project_dir;  /* --project-directory, or NULL: where the first file is */
	const char *project_name; /* -p, or NULL: `name:`, COMPOSE_PROJECT_NAME, the directory's */
	struct compose_read *reads; /* all files, for the limits on them */
	size_t n_reads;
	bool is_raw; /* config --no-interpolate */
};

/* A variable for interpolation; the caller's environment goes before .env. */
struct compose_var {
	const char *name, *value;
};

/* A file that was read; `extended`: what it gave, for the next service that extends one of it. */
struct compose_read {
	const char *path;
	struct yaml_node *extended;
};

struct compose_project {
	struct arena *arena;
	const char *dir; /* paths of the file are relative to it; "." or as the user named it */
	const char *name;
	const char *const *files; /* those that were read, NULL-terminated */
	struct yaml_node *root;   /* merged, extended, interpolated; a map */
	struct yaml_node *services, *secrets, *configs, *volumes, *networks; /* maps, or NULL */
	struct compose_var *vars;                                            /* of the .env files */
	size_t n_vars;
	struct advice *notes; /* what was noticed while reading: an unset variable, `version:` */
	size_t n_notes;
	const char *const *profiles; /* the active ones; "*": all */
	size_t n_profiles;
	struct compose_read *reads; /* all files, for the limits on them */
	size_t n_reads;
	bool is_raw;     /* nothing is interpolated */
	size_t expanded; /* bytes that interpolation made so far */
};

/* compose_load.c. 0, or -errno with err. All in `a`. */
int compose_load(struct compose_project *p, struct arena *a, const struct compose_req *req,
		 struct err *err);
/* Is it without `profiles`, or is one of them active? One that is named is run all the same. */
bool compose_is_active(const struct compose_project *p, const struct yaml_node *service);
/* A path of the file, relative to the project directory; "~/..." is the caller's home. */
const char *compose_path(const struct compose_project *p, const char *path);

/*
 * compose_vars.c: $NAME, ${NAME}, ${NAME:-d} ${NAME-d} ${NAME:?e} ${NAME?e} ${NAME:+r} ${NAME+r},
 * nested, and $$. *ret is `text` itself where nothing is in it.
 */
int compose_expand(struct compose_project *p, const struct place *at, const char *text,
		   const char **ret, struct err *err);
/* The caller's environment, then .env; NULL: not set. */
const char *compose_lookup(const struct compose_project *p, const char *name);
/* The whole tree below n, in place; no keys. */
int compose_expand_tree(struct compose_project *p, struct yaml_node *n, struct err *err);
/*
 * compose_env.c: a file in the format of .env: NAME=VALUE, quotes, `export`, comments, references to
 * what stands before. is_raw: `format: raw`, the value is what stands there. `path` is opened as it
 * is: compose_path() before. Each name once, the last one of it.
 */
int compose_env_file(struct compose_project *p, const char *path, bool is_raw,
		     struct compose_var **ret, size_t *ret_n, struct err *err);

/* compose_merge.c: `over` laid over `base` as the specification's 13-merge says; a new tree. */
int compose_merge(struct arena *a, struct yaml_node *base, struct yaml_node *over,
		  struct yaml_node **ret, struct err *err);

/* compose_config.c: the whole as YAML, or of the services one only. */
int compose_config(const struct compose_project *p, const char *service, FILE *out,
		   struct err *err);

/* compose_service.c: an unknown key is an error. `name` NULL: the only service there is. */
int compose_service(const struct compose_project *p, const char *name, struct asked *ret,
		    struct err *err);
/* compose_advice.c: `service` after everything else. */
void compose_advise(const struct compose_project *p, const struct yaml_node *service,
		    struct asked *a);

/*
 * options_front.c: SERVICE, or fields service=,file=,... quoted as in a CSV file. *ret_service NULL: the
 * only one there is.
 */
int compose_req_parse(struct arena *a, const char *value, struct compose_req *ret,
		      const char **ret_service, struct err *err);

/* compose.c: the command. */
int cmd_compose(int argc, char *argv[], const struct seam *seam);
extern const struct option_def compose_options[];
extern const size_t compose_options_len;

#endif
