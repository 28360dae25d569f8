/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_claims.c - which control promises to stop which attack.
 *
 * An attack that works although a control that was asked for promises to stop it means that the
 * control does not hold. What needs a capability that was not left, or one that only the host's root
 * has, is promised by `caps` and `userns` and needs no line here.
 *
 * Should: promise no more than the control does alone: a wrong line is a false alarm.
 */
#include <string.h>

#include "audit_setting.h"

/*
 * Control, attacks. `filter` is pillbox's own profile (default, strict); `docker-filter` any built-in
 * one. A profile of the user's promises nothing: only he knows what it should hold.
 */
static const struct {
	const char *control, *attacks;
} claims[] = {
	{"docker-filter",
	 "unshare-user keyring-session add-key request-key key-read-host keyring-persistent "
	 "userfaultfd-user io-uring fanotify-watch quotactl personality-exec personality-aslr "
	 "personality-zero mbind move-pages obsolete-calls socket-vsock socket-alg unknown-call "
	 "new-calls drop-filter"},
	{"filter",
	 "clone-user clone3-user nested-userns-mount clone3-behind-filter modify-ldt name-to-handle "
	 "socket-rare netlink-generic socket-packet socket-xdp netlink-netfilter netlink-xfrm "
	 "netlink-audit netlink-uevent int80-getpid int80-unshare int80-mount int80-socketcall "
	 "x32-getpid high-bits chroot chroot-escape mknod-char mknod-block"},
	{"nested", "unshare-user clone-user clone3-user nested-userns-mount clone3-behind-filter"},
	{"namespaces",
	 "mountinfo-host ptrace-host vm-read-host vm-write-host mem-host environ-others maps-others "
	 "cmdline-others root-host kill-host pidfd-open-host prlimit-host renice-host "
	 "see-host-processes setns-host host-segment host-segments"},
	{"network",
	 "host-loopback host-abstract metadata-route internet-route host-interfaces netlink-uevent"},
	{"pivot", "host-file host-sockets cwd-outside"},
	{"userns",
	 "core-pattern kernel-helpers release-agent binfmt-register sysrq-trigger "
	 "proc-sys-write proc-irq-write proc-bus-write proc-mtrr-write sys-write cgroup-write "
	 "proc-slabinfo"},
	{"mask",
	 "proc-kcore proc-timer-list proc-keys proc-interrupts proc-hardware sys-firmware sys-powercap "
	 "sysrq-trigger proc-sys-write proc-irq-write proc-bus-write"},
	{"dev",
	 "dev-disks dev-mem dev-kmsg dev-kvm dev-fuse dev-loop-control dev-others tun-tap shm-fill"},
	{"root-ro", "write-root"},
	{"nnp", "setuid-binary setuid-make"},
	{"fds", "fd-inherited"},
	{"core", "core-dump"},
	{"pids", "fork-bomb"},
	{"memory", "memory-hog"},
};

static bool is_asked(const struct setting *s, const char *control)
{
	bool is_filter = !strcmp(control, "filter"), is_any = !strcmp(control, "docker-filter");

	if ((is_filter || is_any) && s->spec->filter != FILTER_BUILTIN)
		return false;
	/* Each capability that is added opens its calls in the profile, too. */
	if ((is_filter || is_any) && s->spec->cap_added)
		return false;
	if (is_filter && s->spec->preset == PRESET_DOCKER)
		return false;
	if (!strcmp(control, "fds") && s->spec->preserve_fds)
		return false;
	for (size_t i = 0; !strcmp(control, "dev") && i < s->spec->n_mounts; i++)
		if (s->spec->mounts[i].is_device)
			return false;
	for (size_t i = 0; i < s->n_controls; i++)
		if (!strcmp(s->controls[i].id, is_any ? "filter" : control))
			return s->controls[i].is_asked;
	return false;
}

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	/* A row without an id is about none of them. */
	for (const char *p = list; len && (p = strstr(p, word)); p += len)
		if ((p == list || p[-1] == ' ') && (!p[len] || p[len] == ' '))
			return true;
	return false;
}

const char *audit_claim(const struct setting *s, const char *attack)
{
	for (size_t i = 0; i < ARRAY_SIZE(claims); i++)
		if (has_word(claims[i].attacks, attack) && is_asked(s, claims[i].control))
			return !strcmp(claims[i].control, "docker-filter") ? "filter"
									   : claims[i].control;
	return NULL;
}
