/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_files.h - what the rooms that read Compose files say to each other; nobody else needs it.
 *
 * A path in a file is relative to that file's directory. As soon as a file is read, its paths are
 * rewritten to be relative to the project's directory (compose_rebase), so that whatever is merged
 * or extended afterwards needs no memory of where it came from.
 */
#ifndef PILLBOX_COMPOSE_FILES_H
#define PILLBOX_COMPOSE_FILES_H

#include "compose.h"

#define COMPOSE_CHAIN_MAX 32  /* includes of includes, extends of extends */
#define COMPOSE_READS_MAX 128 /* files of a project */
#define COMPOSE_NOTES_MAX 200

/* A file that is being read, and the one that asked for it: where a circle is seen. */
struct compose_chain {
	const struct compose_chain *up;
	const char *file, *service;
	unsigned depth;
};

/* compose_files.c */

/*
 * One file, with what it extends and includes. `path` is relative to the project directory for those
 * that other files name (base: their directory; at: where), and as the user gave it for -f (base and
 * at NULL).
 */
int compose_file(struct compose_project *p, const char *path, const char *base,
		 const struct place *at, const struct compose_chain *up, struct yaml_node **ret,
		 struct err *err);
/* The same without either: bounded, its top-level keys looked at, interpolated, rebased. */
int compose_file_plain(struct compose_project *p, const char *path, const char *base,
		       const struct place *at, struct yaml_node **ret, struct err *err);

/* compose_include.c: `include` of a file, taken out of `root`, what it brings is put in. */
int compose_include(struct compose_project *p, struct yaml_node *root,
		    const struct compose_chain *chain, struct err *err);

/* compose_paths.c */
void compose_rebase(struct compose_project *p, struct yaml_node *root, const char *base);
/* The directory of a path; "." where there is none. */
const char *compose_dirname(struct arena *a, const char *path);
/* Is it on another machine (a URL, a registry)? */
bool compose_is_remote(const char *path);

/* compose_extend.c: `extends` of each service of a file, in place. `path` names the file. */
int compose_extend(struct compose_project *p, struct yaml_node *root, const char *path,
		   struct err *err);

/* compose_merge.c: one service over another. */
int compose_merge_service(struct arena *a, struct yaml_node *base, struct yaml_node *over,
			  struct yaml_node **ret, struct err *err);
/* What is still marked !reset goes, when there is nothing left to lay over. */
int compose_drop_resets(struct yaml_node *n, struct err *err);

/* compose_env.c: the variables of a file beside those there are; over: they win. */
int compose_env_add(struct compose_project *p, const char *path, bool is_over, struct err *err);
/* `.env` of a directory, where there is one, behind what is there. */
int compose_env_default(struct compose_project *p, const char *dir, struct err *err);

/* compose_vars.c: compose_expand() that knows some more variables, after all others. */
int compose_expand_with(struct compose_project *p, const struct compose_var *more, size_t n_more,
			const struct place *at, const char *text, const char **ret,
			struct err *err);
bool compose_is_utf8(const char *text);
void compose_note(struct compose_project *p, const char *id, const struct place *at,
		  const char *add, const char *text);

#endif
