/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_keys.h - the keys of a Compose service: one table, and the readers behind it.
 * Only compose_*.c include this, and who tells of the table.
 *
 *   compose_keys           the table
 *   compose_value          kinds, names, places; what all readers share
 *   compose_text           durations, permission bits, command lines
 *   compose_keys_rights    capabilities, security_opt, user, namespaces
 *   compose_keys_files     read_only, tmpfs, devices, ...
 *   compose_keys_volumes   volumes
 *   compose_keys_secrets   secrets, configs
 *   compose_keys_limits    memory, CPU, I/O, ulimits, sysctls
 *   compose_keys_deploy    deploy, and that it agrees with the plain spelling
 *   compose_keys_net       networks, names, DNS
 *   compose_keys_ports     ports, expose
 *   compose_keys_process   command, environment, signals
 *   compose_keys_other     image, scale, what only Docker has a use for
 */
#ifndef PILLBOX_COMPOSE_KEYS_H
#define PILLBOX_COMPOSE_KEYS_H

#include "compose.h"

struct compose_words {
	const char **words;
	size_t n;
};

/* One service while it is read. */
struct reading {
	const struct compose_project *project;
	const struct yaml_node *service;
	struct asked *asked;
	struct err *err;
	struct compose_words entrypoint, command;
	bool has_env_files; /* they are read: once, before `environment` */
};

/* A value, and what it is called in messages and verdicts. */
struct item {
	const char *key; /* "deploy.resources.limits.cpus", "volumes[2]" */
	struct place at; /* of the key; in a list of the entry */
	const struct yaml_node *node;
};

typedef int key_fn(struct reading *r, const struct item *it);

/*
 * Kinds, one letter each: s scalar, b boolean, i whole number, l list, m map, n nothing.
 * Without a reader the verdict is always this one, and `text` its reason.
 */
struct compose_key {
	const char *name;
	const char *kinds;
	enum verdict_kind verdict; /* with a reader: the usual one, for the documentation */
	const char *text;          /* what pillbox does with it, whatever the value */
	key_fn *read;
	/*
	 * Without a reader: the keys of the map, or of each map of the list, "name name:kinds", s if none
	 * are said. NULL: all entries are scalars.
	 */
	const char *fields;
};

/* A device as a driver knows it, in `gpus` and below `deploy`. */
#define COMPOSE_DEVICE_FIELDS "capabilities:l count device_ids:l driver options:ml"

extern const struct compose_key compose_keys[];
extern const size_t compose_keys_len;

/* ---- compose_value.c -------------------------------------------------------------------------- */

/* "<place>: <key>: ..."; -EINVAL. */
int wrong(struct reading *r, const struct item *it, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A verdict that shows a scalar's text, and one that doesn't. */
void say(struct reading *r, const struct item *it, enum verdict_kind verdict, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void say_hidden(struct reading *r, const struct item *it, enum verdict_kind verdict,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Ask for an option of run's in the name of this key. */
void ask(struct reading *r, const struct item *it, const char *option, const char *value);
void ask_hidden(struct reading *r, const struct item *it, const char *option, const char *value);
/* ask() and an enforced verdict without a text. */
int enforce(struct reading *r, const struct item *it, const char *option, const char *value);

struct item item_of_pair(struct reading *r, const struct item *parent, const struct yaml_pair *p);
struct item item_of_entry(struct reading *r, const struct item *parent, size_t i);
/* The item of a key in a map; false: it isn't there. */
bool item_get(struct reading *r, const struct item *map, const char *name, struct item *ret);
/* A key of the service itself. */
bool service_get(struct reading *r, const char *name, struct item *ret);

int check_kind(struct reading *r, const struct item *it, const char *kinds);
/* Each key of the map is one of `fields` (as in struct compose_key) and of its kind. */
int check_fields(struct reading *r, const struct item *map, const char *fields);
/* Each key of the map by a table, as the service's own are. */
int read_table(struct reading *r, const struct item *map, const struct compose_key *table,
	       size_t n);
/* A scalar as itself, a list entry by entry; entries that are not of `kinds` are an error. */
int each_entry(struct reading *r, const struct item *it, const char *kinds, key_fn *fn);

/* A list of names, or a map of them with settings that are of `fields` and of `kinds`: fn for each. */
typedef int keyed_fn(struct reading *r, const struct item *it, const char *name);
int each_keyed(struct reading *r, const struct item *it, const char *kinds, const char *fields,
	       keyed_fn *fn);

/* NAME: VALUE of a map, or "NAME=VALUE" of a list. value NULL: there is none. */
typedef int named_fn(struct reading *r, const struct item *it, const char *name, const char *value);
int each_named(struct reading *r, const struct item *it, named_fn *fn);

/* yes, on, true, ...: as Docker Compose reads it. */
bool is_bool(const char *text, bool *ret);
/* The text of a scalar is a boolean by check_kind(). */
bool is_true(const struct yaml_node *n);
/* "0", "0.0", "0m": Docker's word for "no limit". */
bool is_zero(const char *text);
/* ---- compose_text.c ---- */
/* 1m30s, 500ms, in seconds, rounded up. */
int read_seconds(struct reading *r, const struct item *it, uint64_t *ret);
/* Permission bits: octal, but a plain number without a leading zero is decimal in YAML. */
int read_mode(struct reading *r, const struct item *it, const char **ret);
/* `list` and one more "key=value", quoted as in a CSV file where it must be. */
const char *csv_add(struct reading *r, const char *list, const char *key, const char *value);
/* Words as in a shell; nothing is expanded, and what only a shell could do is an error. */
int split_words(struct reading *r, const struct item *it, struct compose_words *ret);
void words_add(struct reading *r, struct compose_words *list, const char *word);
/* The key of the map that is nearest to an unknown one, or NULL. */
const char *nearest_key(const struct yaml_node *map, const char *name);

/* The service's user is root, as Docker would have it. */
bool is_root_user(const struct yaml_node *service);

/* ---- the readers, by topic -------------------------------------------------------------------- */

key_fn key_cap_add, key_cap_drop, key_privileged, key_security_opt, key_user, key_group_add;
key_fn key_userns_mode, key_pid, key_ipc, key_uts, key_cgroup, key_device_cgroup_rules;
key_fn key_preset;

key_fn key_read_only, key_tmpfs, key_devices, key_working_dir, key_shm_size, key_rootfs;
key_fn key_volumes, key_secrets, key_configs, key_use_api_socket;

key_fn key_memory, key_memory_reservation, key_memory_swap, key_cpus, key_cpu_quota, key_cpu_period;
key_fn key_cpu_shares, key_cpuset, key_pids_limit, key_oom_score_adj, key_oom_kill_disable;
key_fn key_blkio, key_ulimits, key_sysctls, key_deploy;

key_fn key_network_mode, key_networks, key_hostname, key_domainname, key_extra_hosts, key_dns;
key_fn key_dns_search, key_dns_opt, key_ports, key_expose;

key_fn key_command, key_entrypoint, key_environment, key_env_file, key_tty, key_stdin_open;
key_fn key_init, key_stop_signal, key_stop_grace_period, key_restart;

key_fn key_image, key_container_name, key_scale, key_depends_on, key_develop, key_models;
key_fn key_extension;

/* The plain key and its deploy spelling disagree: an error that names both places. */
int agree(struct reading *r, const struct item *it, const char *other, bool *ret_is_there);

#endif
