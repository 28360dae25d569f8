/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker_flags.c - every flag of docker run and podman run, and what becomes of it.
 *
 * Should: have a row for each, so that an unknown flag is a mistake of the line's.
 * Mustn't: leave a reason out where a flag is not done as Docker does it.
 */
#include <string.h>

#include "compose_keys.h"
#include "docker_flags.h"

#define SAME(o) .option = (o)
#define FLAG .is_flag = true
#define LIKE(k) .like = (k)
#define IGNORED(t) .verdict = VERDICT_IGNORED, .text = (t)
#define DIFFERENTLY(t) .verdict = VERDICT_DIFFERENTLY, .text = (t)
#define UNPRIVILEGED(t) .verdict = VERDICT_UNPRIVILEGED, .text = (t)

/* Reasons that several have. */
#define NO_DAEMON "there is no daemon to write or read this"
#define NO_PORTS "published ports are not yet available: nothing outside can connect to the sandbox"
#define NO_WINDOWS "it is for Windows"
#define NO_POD "there are no pods"
#define NO_SWAPPINESS "cgroup v2 has no such file for one group; --memory-swap limits swap"
#define OWN_MAP "the id map is pillbox's own: --userns range or single beside --from-docker"

/* clang-format off */
const struct docker_flag docker_flags[] = {
	/* what is run, and as whom */
	{ "entrypoint", .read = docker_entrypoint,
	  .text = "stands before the command; an empty one takes the image's away" },
	{ "env", 'e', .read = docker_env, .text = "as `--env`; no message shows the value" },
	{ "env-file", SAME("env-file") },
	{ "group-add", SAME("group-add") },
	{ "user", 'u', SAME("user") },
	{ "workdir", 'w', SAME("workdir") },
	{ "name", SAME("name") },
	{ "hostname", 'h', SAME("hostname") },
	{ "domainname", SAME("domainname") },
	{ "init", FLAG, SAME("init"), .off = "no-init" },
	{ "interactive", 'i', FLAG, SAME("interactive") },
	{ "tty", 't', FLAG, SAME("tty"), .off = "no-tty" },
	{ "stop-signal", SAME("stop-signal") },
	{ "stop-timeout", SAME("stop-timeout") },
	{ "rm", FLAG, SAME("rm") },
	{ "detach", 'd', FLAG,
	  DIFFERENTLY("it stays in the foreground: `systemd-run --user` or the shell's & detaches it") },
	{ "attach", 'a', LIKE("attach") },
	{ "detach-keys", IGNORED("there is nothing to detach from") },
	{ "sig-proxy", FLAG, .read = docker_sig_proxy,
	  .text = "signals always reach the command" },
	{ "restart", .read = docker_restart,
	  IGNORED("but `no`: pillbox runs it once, a systemd unit with Restart= starts it again") },

	/* rights */
	{ "cap-add", SAME("cap-add") },
	{ "cap-drop", SAME("cap-drop") },
	{ "privileged", FLAG, .read = docker_privileged,
	  UNPRIVILEGED("refused, with a word on what to ask for instead") },
	{ "security-opt", .read = docker_security_opt,
	  .text = "as `--security-opt`; label= is ignored, of podman's mask= and unmask= only unmask=ALL is "
		  "done" },
	{ "userns", .read = docker_userns,
	  DIFFERENTLY("there always is a user namespace, with the caller's subordinate ids") },
	{ "cgroupns", .read = docker_cgroupns, .text = "always private" },
	{ "ipc", .read = docker_ipc, .text = "always private, and /dev/shm is there" },
	{ "pid", .read = docker_pid, .text = "always private" },
	{ "uts", .read = docker_uts, .text = "always private" },
	{ "device", SAME("device") },
	{ "device-cgroup-rule", LIKE("device_cgroup_rules") },
	{ "gpus", LIKE("gpus") },
	{ "use-api-socket", FLAG, LIKE("use_api_socket") },

	/* files */
	{ "read-only", FLAG, .read = docker_read_only, .text = "as `--read-only`" },
	{ "tmpfs", SAME("tmpfs") },
	{ "volume", 'v', .read = docker_volume,
	  .text = "as `--volume`; a volume that has a name, or none, is an empty tmpfs; a file at "
		  "/run/secrets/NAME is a `--secret`" },
	{ "mount", .read = docker_mount,
	  .text = "as `--mount`; type=volume is an empty tmpfs, images and pipes are ignored" },
	{ "shm-size", SAME("shm-size"), .is_zero_unset = true },
	{ "volume-driver", IGNORED("there are no volumes but directories of the host and tmpfs") },
	{ "volumes-from", LIKE("volumes_from") },
	{ "storage-opt", LIKE("storage_opt") },

	/* limits */
	{ "blkio-weight", SAME("blkio-weight"), .is_zero_unset = true },
	{ "blkio-weight-device", SAME("blkio-weight-device") },
	{ "cpu-period", SAME("cpu-period"), .is_zero_unset = true },
	{ "cpu-quota", SAME("cpu-quota"), .is_zero_unset = true },
	{ "cpu-rt-period", LIKE("cpu_rt_period") },
	{ "cpu-rt-runtime", LIKE("cpu_rt_runtime") },
	{ "cpu-shares", 'c', SAME("cpu-shares"), .is_zero_unset = true },
	{ "cpus", SAME("cpus"), .is_zero_unset = true },
	{ "cpuset-cpus", SAME("cpuset-cpus") },
	{ "cpuset-mems", SAME("cpuset-mems") },
	{ "device-read-bps", SAME("device-read-bps") },
	{ "device-read-iops", SAME("device-read-iops") },
	{ "device-write-bps", SAME("device-write-bps") },
	{ "device-write-iops", SAME("device-write-iops") },
	{ "kernel-memory", IGNORED("cgroup v2 counts the kernel's memory in --memory") },
	{ "memory", 'm', SAME("memory"), .is_zero_unset = true },
	{ "memory-reservation", SAME("memory-reservation"), .is_zero_unset = true },
	{ "memory-swap", SAME("memory-swap"), .is_zero_unset = true },
	{ "memory-swappiness", IGNORED(NO_SWAPPINESS) },
	{ "oom-kill-disable", FLAG, LIKE("oom_kill_disable") },
	{ "oom-score-adj", SAME("oom-score-adj") },
	{ "pids-limit", SAME("pids-limit"), .is_zero_unset = true },
	{ "sysctl", SAME("sysctl") },
	{ "ulimit", SAME("ulimit") },
	{ "cgroup-parent", LIKE("cgroup_parent") },

	/* network */
	{ "network", .read = docker_network,
	  .text = "none and host as `--network`; any other is a loopback interface only" },
	{ "net", .read = docker_network, .text = "as `--network`" },
	{ "add-host", SAME("add-host") },
	{ "dns", SAME("dns") },
	{ "dns-option", SAME("dns-option") },
	{ "dns-opt", SAME("dns-option") },
	{ "dns-search", SAME("dns-search") },
	{ "publish", 'p', DIFFERENTLY(NO_PORTS) },
	{ "publish-all", 'P', FLAG, DIFFERENTLY(NO_PORTS) },
	{ "expose", LIKE("expose") },
	{ "ip", LIKE("mac_address") },
	{ "ip6", LIKE("mac_address") },
	{ "link", LIKE("links") },
	{ "link-local-ip", LIKE("mac_address") },
	{ "mac-address", LIKE("mac_address") },
	{ "network-alias", LIKE("mac_address") },
	{ "net-alias", LIKE("mac_address") },

	/* Docker's own business */
	{ "annotation", LIKE("annotations") },
	{ "cidfile", IGNORED("there is no container ID; --name names the control group") },
	{ "disable-content-trust", FLAG, LIKE("pull_policy") },
	{ "health-cmd", LIKE("healthcheck") },
	{ "health-interval", LIKE("healthcheck") },
	{ "health-retries", LIKE("healthcheck") },
	{ "health-start-interval", LIKE("healthcheck") },
	{ "health-start-period", LIKE("healthcheck") },
	{ "health-timeout", LIKE("healthcheck") },
	{ "no-healthcheck", FLAG, .text = "there is none" },
	{ "label", 'l', LIKE("labels") },
	{ "label-file", LIKE("label_file") },
	{ "log-driver", LIKE("logging") },
	{ "log-opt", LIKE("logging") },
	{ "platform", LIKE("platform") },
	{ "pull", LIKE("pull_policy") },
	{ "quiet", 'q', FLAG, LIKE("pull_policy") },
	{ "runtime", LIKE("runtime") },
	{ "cpu-count", LIKE("cpu_count") },
	{ "cpu-percent", LIKE("cpu_percent") },
	{ "io-maxbandwidth", IGNORED(NO_WINDOWS) },
	{ "io-maxiops", IGNORED(NO_WINDOWS) },
	{ "isolation", LIKE("isolation") },

	/* podman's own */
	{ "preserve-fds", SAME("preserve-fds") },
	{ "read-only-tmpfs", FLAG, .read = docker_read_only_tmpfs,
	  DIFFERENTLY("no tmpfs is made but by --tmpfs") },
	{ "rootfs", FLAG, .read = docker_rootfs,
	  .text = "the directory behind the flags is ROOTFS, where that is `-`" },
	{ "arch", LIKE("pull_policy") },
	{ "authfile", LIKE("pull_policy") },
	{ "cert-dir", LIKE("pull_policy") },
	{ "creds", LIKE("pull_policy") },
	{ "decryption-key", LIKE("pull_policy") },
	{ "image-volume", LIKE("pull_policy") },
	{ "os", LIKE("pull_policy") },
	{ "retry", LIKE("pull_policy") },
	{ "retry-delay", LIKE("pull_policy") },
	{ "rmi", FLAG, LIKE("pull_policy") },
	{ "tls-verify", FLAG, LIKE("pull_policy") },
	{ "variant", LIKE("pull_policy") },
	{ "cgroup-conf", UNPRIVILEGED("files of the control group are written by name only: the limits "
				      "have flags of their own") },
	{ "cgroups", DIFFERENTLY("a group is made where a limit needs one") },
	{ "chrootdirs", IGNORED("/etc/hosts and its like have flags of their own") },
	{ "conmon-pidfile", IGNORED(NO_DAEMON) },
	{ "env-host", FLAG, IGNORED("the caller's environment stays outside: --env NAME passes one on") },
	{ "env-merge", IGNORED("the image's environment is not known: say the whole value with --env") },
	{ "gidmap", IGNORED(OWN_MAP) },
	{ "group-entry", IGNORED("the root's own /etc/group is not changed") },
	{ "health-log-destination", LIKE("healthcheck") },
	{ "health-max-log-count", LIKE("healthcheck") },
	{ "health-max-log-size", LIKE("healthcheck") },
	{ "health-on-failure", LIKE("healthcheck") },
	{ "health-startup-cmd", LIKE("healthcheck") },
	{ "health-startup-interval", LIKE("healthcheck") },
	{ "health-startup-retries", LIKE("healthcheck") },
	{ "health-startup-success", LIKE("healthcheck") },
	{ "health-startup-timeout", LIKE("healthcheck") },
	{ "hosts-file", IGNORED("the root's own /etc/hosts stays; --add-host replaces it") },
	{ "hostuser", IGNORED("the host's users are not shown inside") },
	{ "http-proxy", FLAG, IGNORED("no variable of the caller's is passed on by itself") },
	{ "init-ctr", IGNORED(NO_POD) },
	{ "init-path", IGNORED("process 1 is pillbox's own init") },
	{ "no-hostname", FLAG, .text = "/etc/hostname is the root's own" },
	{ "no-hosts", FLAG, .text = "/etc/hosts is the root's own without --add-host" },
	{ "passwd", FLAG, .text = "the root's own /etc/passwd is not changed" },
	{ "passwd-entry", IGNORED("the root's own /etc/passwd is not changed") },
	{ "personality", IGNORED("the personality is always the kernel's default") },
	{ "pidfile", IGNORED(NO_DAEMON) },
	{ "pod", IGNORED(NO_POD) },
	{ "pod-id-file", IGNORED(NO_POD) },
	{ "rdt-class", UNPRIVILEGED("cache allocation (resctrl) is root's") },
	{ "replace", FLAG, .text = "a sandbox that has ended leaves no name behind" },
	{ "requires", IGNORED("there are no other containers") },
	{ "sdnotify", IGNORED("no descriptor or socket of systemd's is passed on") },
	{ "seccomp-policy", IGNORED("a profile is chosen with --security-opt seccomp=FILE") },
	{ "secret", IGNORED("podman's store is not read: --secret src=FILE beside --from-docker gives "
			    "the file") },
	{ "shm-size-systemd", IGNORED("/run is what --tmpfs makes it") },
	{ "subgidname", IGNORED(OWN_MAP) },
	{ "subuidname", IGNORED(OWN_MAP) },
	{ "systemd", IGNORED("no mounts are made for a systemd inside") },
	{ "timeout", IGNORED("timeout(1) ends it after a time") },
	{ "tz", IGNORED("the root's own time zone stays: --env TZ=NAME") },
	{ "uidmap", IGNORED(OWN_MAP) },
	{ "umask", DIFFERENTLY("it is always 022") },
	{ "unsetenv", .text = "nothing of the image's environment is set" },
	{ "unsetenv-all", FLAG, .text = "nothing of the image's environment is set" },
};
/* clang-format on */

const size_t docker_flags_len = ARRAY_SIZE(docker_flags);

void docker_flag_verdict(const struct docker_flag *flag, enum verdict_kind *ret,
			 const char **ret_text)
{
	*ret = flag->verdict;
	*ret_text = flag->text ? flag->text : "";
	for (size_t i = 0; flag->like && i < compose_keys_len; i++) {
		if (strcmp(compose_keys[i].name, flag->like) != 0)
			continue;
		*ret = compose_keys[i].verdict;
		*ret_text = compose_keys[i].text;
	}
}
