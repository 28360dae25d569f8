/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options_set.h - the setters behind options[], and the small readers of values they share.
 * Only options*.c and spec.c include this.
 */
#ifndef PILLBOX_OPTIONS_SET_H
#define PILLBOX_OPTIONS_SET_H

#include "options.h"

/* options_start.c */
option_fn opt_preset, opt_name, opt_hostname, opt_workdir, opt_user, opt_group_add, opt_userns;
option_fn opt_network, opt_init, opt_no_init, opt_tty, opt_no_tty, opt_stop_signal;
option_fn opt_stop_timeout, opt_preserve_fds, opt_verify, opt_stats, opt_verbose, opt_quiet;
option_fn opt_nothing;

/* options_names.c */
option_fn opt_domainname, opt_add_host, opt_dns, opt_dns_search, opt_dns_option;

/* options_env.c */
option_fn opt_env, opt_env_file;

/* options_mount.c, options_secret.c */
option_fn opt_read_only, opt_writable, opt_overlay, opt_volume, opt_mount, opt_tmpfs, opt_shm_size;
option_fn opt_secret, opt_config, opt_device;
/* Is the tidy path `target` a place where something may be mounted? */
int mount_target_check(const char *target, const char *origin, struct err *err);

/* options_rights.c */
option_fn opt_cap_add, opt_cap_drop, opt_security_opt, opt_privileged, opt_landlock, opt_tcp;
option_fn opt_allow_missing, opt_nested_userns, opt_explain_denials, opt_no_cache;

/* options_teach.c */
option_fn opt_dry_run, opt_explain, opt_step, opt_skip;

/* options_limits.c */
option_fn opt_memory, opt_memory_reservation, opt_memory_swap, opt_cpus, opt_cpu_shares;
option_fn opt_cpuset_cpus, opt_cpuset_mems, opt_pids_limit, opt_blkio_weight, opt_oom_score_adj;
option_fn opt_ulimit, opt_sysctl, opt_cpu_quota, opt_cpu_period;

/* options_device.c */
option_fn opt_device_read_bps, opt_device_write_bps, opt_device_read_iops, opt_device_write_iops;
option_fn opt_blkio_weight_device;

/* options_front.c: as option_def.front */
int front_compose(struct arena *a, const char *value, const char *const *rest, struct asked *ret,
		  bool *ret_used, struct err *err);
int front_docker(struct arena *a, const char *value, const char *const *rest, struct asked *ret,
		 bool *ret_used, struct err *err);

/* More than this of one kind is a mistake or an attack, and comparing them all takes too long. */
#define OPTION_LIST_MAX 4096

/* options_value.c: each sets an error that begins with `origin`. */
int value_number(const char *value, uint64_t min, uint64_t max, const char *origin, uint64_t *ret,
		 struct err *err);
int value_size(const char *value, const char *origin, uint64_t *ret, struct err *err);
int value_id(const char *value, const char *origin, uint32_t *ret, struct err *err);
/* Octal permission bits, at most 7777. */
int value_mode(const char *value, const char *origin, uint32_t *ret, struct err *err);
/* One word of a blank-separated list: its index; else an error that lists them. */
int value_choice(const char *value, const char *choices, const char *origin, int *ret,
		 struct err *err);
int value_not_empty(const char *value, const char *origin, struct err *err);
/*
 * Take the next field off a comma-separated list, quoted as in a CSV file where it holds commas
 * itself: "a,b" with the quotes, "" for one quote. *cursor NULL: none is left.
 */
int value_next(struct arena *a, const char **cursor, const char *origin, const char **ret,
	       struct err *err);
/*
 * `list`, NULL for an empty one, and one more "key=value", quoted where value_next() needs it; value
 * NULL: the key alone.
 */
const char *value_csv(struct arena *a, const char *list, const char *key, const char *value);
/* Cut "key=value" in two; *ret_value is NULL without a '='. */
void value_cut(struct arena *a, const char *field, const char **ret_key, const char **ret_value);

/* Room for one more element: `array` itself, or a copy twice as large when n fills it. */
void *list_grow(struct arena *a, const void *array, size_t n, size_t elem);

#endif
