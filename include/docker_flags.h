/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker_flags.h - flags of docker run: what the files that read such a line share.
 *
 *   docker_words    text -> words, as a shell would, and nothing of a shell besides
 *   docker_line     words -> struct asked, by the table of flags
 *   docker_flags    the table: each flag, and what becomes of it
 *   docker_values   flags whose value decides what becomes of them
 */
#ifndef PILLBOX_DOCKER_FLAGS_H
#define PILLBOX_DOCKER_FLAGS_H

#include "docker_line.h"

struct docker_line {
	struct asked *asked;
	bool is_podman;
	bool is_rootfs; /* podman's --rootfs: a directory stands where the image would */
	bool has_tmpfs; /* podman's --read-only-tmpfs=false was not said */
	bool is_readonly;
	const char *entrypoint; /* NULL: not given */
};

struct docker_flag;
/* `key` is the flag with its dashes. 0, or -errno with err. */
typedef int docker_flag_fn(struct docker_line *l, const struct docker_flag *flag, const char *key,
			   const char *value, struct err *err);

struct docker_flag {
	const char *name;
	char letter;
	bool is_flag;         /* takes no value; --NAME=false is understood */
	bool is_zero_unset;   /* 0 is the same as nothing */
	const char *option;   /* run's, which takes the same value; or NULL */
	const char *off;      /* run's option for --NAME=false; NULL: it is the default */
	docker_flag_fn *read; /* instead of `option`; or NULL */
	const char *
		like; /* the key of Compose's that has the same verdict for the same reason; or NULL */
	enum verdict_kind verdict;
	const char *text; /* what is done instead, or why nothing is; NULL: as Docker does it */
};

extern const struct docker_flag docker_flags[];
extern const size_t docker_flags_len;

/* What is told of a flag that has no reader; with one: the usual verdict, for the documentation. */
void docker_flag_verdict(const struct docker_flag *flag, enum verdict_kind *ret,
			 const char **ret_text);

/* docker_values.c */
docker_flag_fn docker_cgroupns, docker_entrypoint, docker_env, docker_ipc, docker_mount;
docker_flag_fn docker_network, docker_pid, docker_privileged, docker_read_only;
docker_flag_fn docker_read_only_tmpfs, docker_restart, docker_rootfs, docker_security_opt;
docker_flag_fn docker_sig_proxy, docker_userns, docker_uts, docker_volume;

#endif
