/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_keys.c - every key that a service of the Compose specification can have (05-services.md,
 *		    deploy.md, develop.md), and what pillbox makes of it.
 *
 * The documentation's table is made from this one. A row without a reader has one verdict, and its
 * text is the reason.
 *
 * Should: have a row for each key; one that is missing is an error for whoever writes it.
 * Mustn't: promise anything that the reader behind it doesn't do.
 */
#include "compose_keys.h"

#define YES VERDICT_ENFORCED
#define OTHERWISE VERDICT_DIFFERENTLY
#define PRIVILEGE VERDICT_UNPRIVILEGED
#define NO VERDICT_IGNORED

#define LABELS "names for tools that look at Docker; nothing reads them here"
#define NO_IMAGES "images are neither fetched nor kept here"
#define WINDOWS "for containers of Windows"
#define HOOK "no program but the service's own is started in a sandbox"

#define HOOK_FIELDS "command:sln user privileged:b working_dir environment:ml"
#define BUILD                                                                                      \
	"context dockerfile dockerfile_inline entitlements:l args:ml ssh:mls labels:ml "           \
	"cache_from:l cache_to:l no_cache:b additional_contexts:ml network provenance sbom "       \
	"pull:b target shm_size extra_hosts:ml isolation privileged:b secrets:l tags:l ulimits:m " \
	"platforms:l"

/* clang-format off */
const struct compose_key compose_keys[] = {
	{ .name = "annotations", "ml", NO, LABELS },
	{ .name = "attach", "b", NO, "what it prints always goes to the caller" },
	{ .name = "blkio_config", "m", YES, "io.weight and io.max of its control group; weights need a scheduler that heeds them", key_blkio },
	{ .name = "build", "sm", NO, "nothing is built: give the files with `x-rootfs: DIR` or --rootfs DIR", NULL, BUILD },
	{ .name = "cap_add", "l", YES, "kept in the bounding set, and for a user other than root in the ambient set", key_cap_add },
	{ .name = "cap_drop", "l", YES, "gone from all five sets", key_cap_drop },
	{ .name = "cgroup", "s", YES, "a cgroup namespace of its own; host is not offered", key_cgroup },
	{ .name = "cgroup_parent", "s", NO, "pillbox finds a place of its own for the group: below the caller's session" },
	{ .name = "command", "sln", YES, "run as it stands, without a shell; a text is cut into words as Docker Compose does", key_command },
	{ .name = "configs", "l", YES, "files from file, environment or content, sealed; uid, gid and mode honoured; external is not", key_configs },
	{ .name = "container_name", "s", YES, "the sandbox's name", key_container_name },
	{ .name = "cpu_count", "i", NO, WINDOWS "; cpus limits CPU time" },
	{ .name = "cpu_percent", "i", NO, WINDOWS "; cpus limits CPU time" },
	{ .name = "cpu_period", "s", YES, "cpu.max of its control group", key_cpu_period },
	{ .name = "cpu_quota", "s", YES, "cpu.max of its control group", key_cpu_quota },
	{ .name = "cpu_rt_period", "s", NO, "control groups of version 2 have nothing for it" },
	{ .name = "cpu_rt_runtime", "s", NO, "control groups of version 2 have nothing for it" },
	{ .name = "cpu_shares", "s", YES, "cpu.weight of its control group", key_cpu_shares },
	{ .name = "cpus", "s", YES, "cpu.max of its control group", key_cpus },
	{ .name = "cpuset", "s", YES, "cpuset.cpus of its control group", key_cpuset },
	{ .name = "credential_spec", "m", NO, WINDOWS, NULL, "config file registry" },
	{ .name = "depends_on", "lm", NO, "no other service is started", key_depends_on },
	{ .name = "deploy", "mn", YES, "resources: as the plain keys, with which they must agree; the rest is for a cluster", key_deploy },
	{ .name = "develop", "mn", NO, "nothing is watched or rebuilt", key_develop },
	{ .name = "device_cgroup_rules", "l", PRIVILEGE, "the device controller takes real root; only the nodes of `devices` are there", key_device_cgroup_rules },
	{ .name = "devices", "l", YES, "the host's node, as far as the caller may open it; rights less than rw take real root", key_devices },
	{ .name = "dns", "sl", YES, "in /etc/resolv.conf", key_dns },
	{ .name = "dns_opt", "l", YES, "in /etc/resolv.conf", key_dns_opt },
	{ .name = "dns_search", "sl", YES, "in /etc/resolv.conf", key_dns_search },
	{ .name = "domainname", "s", YES, "of the sandbox's own uts namespace", key_domainname },
	{ .name = "driver_opts", "m", NO, "a network's key, without a meaning for a service" },
	{ .name = "entrypoint", "sln", YES, "run as it stands, without a shell, in front of the command", key_entrypoint },
	{ .name = "env_file", "sl", YES, "read when the file is; `environment` goes over it", key_env_file },
	{ .name = "environment", "ml", YES, "handed over byte for byte; a name without a value is the caller's, or .env's", key_environment },
	{ .name = "expose", "l", NO, "a note for readers, with Docker too: it opens nothing", key_expose },
	{ .name = "extends", "sm", YES, "already merged into the service", NULL, "service file" },
	{ .name = "external_links", "l", NO, "there are no other containers to reach" },
	{ .name = "extra_hosts", "ml", YES, "in /etc/hosts; host-gateway has no address here", key_extra_hosts },
	{ .name = "gpus", "sl", NO, "pillbox knows no driver of GPUs; `devices` shows single device nodes", NULL, COMPOSE_DEVICE_FIELDS },
	{ .name = "group_add", "l", YES, "ids, or names from the root's own group file", key_group_add },
	{ .name = "healthcheck", "m", NO, "nobody asks a sandbox how it is", NULL,
	  "disable:b interval retries:i start_interval start_period test:sl timeout" },
	{ .name = "hostname", "s", YES, "of the sandbox's own uts namespace", key_hostname },
	{ .name = "image", "s", NO, "a name for readers: the files are those of x-rootfs or --rootfs", key_image },
	{ .name = "init", "b", YES, "true: pillbox' own init; false: the program is process 1", key_init },
	{ .name = "ipc", "s", YES, "an ipc namespace of its own; sharing one is not offered", key_ipc },
	{ .name = "isolation", "s", NO, WINDOWS },
	{ .name = "label_file", "sl", NO, LABELS },
	{ .name = "labels", "ml", NO, LABELS },
	{ .name = "links", "l", NO, "no other service is started" },
	{ .name = "logging", "m", NO, "what it prints goes to the caller: to a file or to systemd's journal from there", NULL,
	  "driver options:m" },
	{ .name = "mac_address", "s", NO, "there is no interface but the loopback one" },
	{ .name = "mem_limit", "s", YES, "memory.max of its control group", key_memory },
	{ .name = "mem_reservation", "s", YES, "memory.low of its control group", key_memory_reservation },
	{ .name = "mem_swappiness", "i", NO, "control groups of version 2 have nothing for it; memswap_limit limits swap" },
	{ .name = "memswap_limit", "s", YES, "memory.swap.max of its control group: what is more than mem_limit", key_memory_swap },
	{ .name = "models", "ml", NO, "no model is served here", key_models },
	{ .name = "network_mode", "s", YES, "none and host are enforced; the others are a loopback interface only, for now", key_network_mode },
	{ .name = "networks", "lm", OTHERWISE, "a loopback interface only, for now", key_networks },
	{ .name = "oom_kill_disable", "b", NO, "control groups of version 2 have nothing for it", key_oom_kill_disable },
	{ .name = "oom_score_adj", "i", YES, "of all processes; below the caller's own it takes CAP_SYS_RESOURCE", key_oom_score_adj },
	{ .name = "pid", "sn", YES, "process ids of its own; sharing the host's or another's is not offered", key_pid },
	{ .name = "pids_limit", "i", YES, "pids.max of its control group", key_pids_limit },
	{ .name = "platform", "s", NO, "the programs of the root are what they are" },
	{ .name = "ports", "l", OTHERWISE, "read and checked; published ports are not yet available", key_ports },
	{ .name = "post_start", "l", NO, HOOK, NULL, HOOK_FIELDS },
	{ .name = "pre_stop", "l", NO, HOOK, NULL, HOOK_FIELDS },
	{ .name = "privileged", "b", PRIVILEGE, "true is refused by run, with what to ask for instead", key_privileged },
	{ .name = "profiles", "l", YES, "a service that is named is run, whatever its profiles" },
	{ .name = "provider", "m", NO, "no other program is asked to run a service", NULL, "type options:m" },
	{ .name = "pull_policy", "s", NO, NO_IMAGES },
	{ .name = "pull_refresh_after", "s", NO, NO_IMAGES },
	{ .name = "read_only", "b", YES, "the root and every mount in it; false: writes go to memory and vanish", key_read_only },
	{ .name = "restart", "s", NO, "a sandbox that ended stays ended; systemd's Restart= starts it again", key_restart },
	{ .name = "runtime", "s", NO, "pillbox is the runtime" },
	{ .name = "scale", "i", NO, "one is started each time", key_scale },
	{ .name = "secrets", "l", YES, "files from file or environment, sealed; uid, gid and mode honoured; external is not", key_secrets },
	{ .name = "security_opt", "l", YES, "no-new-privileges, seccomp, apparmor and systempaths; label is SELinux's", key_security_opt },
	{ .name = "shm_size", "s", YES, "of /dev/shm", key_shm_size },
	{ .name = "stdin_open", "b", YES, "always: standard input is the caller's", key_stdin_open },
	{ .name = "stop_grace_period", "s", YES, "whole seconds, rounded up", key_stop_grace_period },
	{ .name = "stop_signal", "s", YES, "sent when pillbox is asked to end", key_stop_signal },
	{ .name = "storage_opt", "m", PRIVILEGE, "a quota for what is written takes real root; read_only and tmpfs with size= limit it" },
	{ .name = "sysctls", "ml", YES, "those of the sandbox's own namespaces; any other is an error", key_sysctls },
	{ .name = "tmpfs", "sl", YES, "empty, noexec, nosuid, nodev if nothing else is said", key_tmpfs },
	{ .name = "tty", "b", YES, "a terminal of its own", key_tty },
	{ .name = "ulimits", "m", YES, "setrlimit(2); above the caller's hard limit it takes real root", key_ulimits },
	{ .name = "use_api_socket", "b", NO, "there is no Docker here", key_use_api_socket },
	{ .name = "user", "s", YES, "ids, or names from the root's own passwd and group files", key_user },
	{ .name = "userns_mode", "s", PRIVILEGE, "always a user namespace of its own, which is stricter; host takes real root", key_userns_mode },
	{ .name = "uts", "s", YES, "a host name of its own; host is not offered", key_uts },
	{ .name = "volumes", "l", YES, "directories of the host as binds; named ones where x-path says, else in memory", key_volumes },
	{ .name = "volumes_from", "l", NO, "there are no other containers: name the volumes here" },
	{ .name = "working_dir", "s", YES, "the command starts there", key_working_dir },
	{ .name = "x-preset", "s", YES, "docker (the default), hardened or strict: pillbox' defaults below the file", key_preset },
	{ .name = "x-rootfs", "s", YES, "the directory that stands for the image, relative to the project's", key_rootfs },
};
/* clang-format on */

const size_t compose_keys_len = ARRAY_SIZE(compose_keys);
