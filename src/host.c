/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host.c - what this host is, and what it forbids.
 *
 * Should: find out before anything is touched what the kernel's error number will not say; turn a
 * bare EPERM or ENOSPC into the sysctl, the LSM or the container around us that caused it.
 * Mustn't: change anything.
 */
#include "host.h"
#include "lsm.h"
#include "runner.h"
#include "sys.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/magic.h>

#include "verify.h"

/* Oldest kernel with mount_setattr on id-mapped mounts, per-namespace RLIMIT_NPROC, cgroup.kill. */
#define KERNEL_MIN 5014

long sysctl_number(const char *path)
{
	auto_free char *text = NULL;
	size_t len;

	if (read_file(AT_FDCWD, path, 4096, &text, &len) < 0)
		return -1;
	return strtol(text, NULL, 10);
}

int host_kernel(unsigned *ret, struct err *err)
{
	struct utsname uts;
	unsigned major, minor;

	if (uname(&uts) < 0 || sscanf(uts.release, "%u.%u", &major, &minor) != 2)
		return err_say(err, "kernel version: cannot be read");
	*ret = major * 1000 + minor;
	if (*ret >= KERNEL_MIN)
		return 0;
	(void)err_say(err, "kernel %u.%u: pillbox needs Linux %u.%u or later", major, minor,
		      KERNEL_MIN / 1000, KERNEL_MIN % 1000);
	err_hint(err, "boot a later kernel");
	return -err->num;
}

int host_proc(struct err *err)
{
	struct statfs fs;

	if (statfs("/proc/self", &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC)
		return 0;
	(void)err_say(err, "/proc: no proc file system is mounted there");
	err_hint(err, "mount -t proc proc /proc: id maps are written through it");
	return -err->num;
}

/* The numbers are those with which the kernel itself would refuse the clone. */
int host_userns(uid_t caller, struct err *err)
{
	if (sysctl_number("/proc/sys/user/max_user_namespaces") == 0) {
		(void)err_say(err, "user namespaces: /proc/sys/user/max_user_namespaces is 0");
		err_hint(err, "as root: sysctl user.max_user_namespaces=10000");
		err->num = ENOSPC;
		return -err->num;
	}
	if (caller && sysctl_number("/proc/sys/kernel/unprivileged_userns_clone") == 0) {
		(void)err_say(err, "user namespaces: kernel.unprivileged_userns_clone is 0");
		err_hint(err, "as root: sysctl kernel.unprivileged_userns_clone=1");
		err->num = EPERM;
		return -err->num;
	}
	return 0;
}

void host_limits(struct plan *plan)
{
	long cap = sysctl_number("/proc/sys/kernel/cap_last_cap");

	plan->last_cap = cap > 0 && cap < 63 ? (unsigned)cap : 40;
}

static int host_run(struct run *r, struct err *err)
{
	if (host_kernel(&r->plan->kernel, err) < 0 || host_proc(err) < 0)
		return -err->num;
	host_limits(r->plan);
	r->plan->caller_uid = geteuid();
	r->plan->caller_gid = getegid();
	return host_userns(r->plan->caller_uid, err);
}

static void host_show(const struct run *r, struct show *out)
{
	show(out, "kernel", "%u.%u", r->plan->kernel / 1000, r->plan->kernel % 1000);
	show(out, "caller", "%u:%u", r->plan->caller_uid, r->plan->caller_gid);
}

/* ---- after a failure ---------------------------------------------------------------------- */

static bool is_chrooted(void)
{
	struct stat ours, first;

	/* Only root may follow /proc/1/root; without that the question stays open. */
	return stat("/", &ours) == 0 && stat("/proc/1/root", &first) == 0 &&
	       (ours.st_ino != first.st_ino || ours.st_dev != first.st_dev);
}

bool host_is_filtered(void)
{
	return prctl(PR_GET_SECCOMP) == 2;
}

/* ENOSPC of clone: a counter in /proc/sys/user is used up, or 33 user namespaces are nested. */
static void explain_counters(struct err *err)
{
	static const char *const kinds[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "/proc/sys/user/max_%s_namespaces", kinds[i]);
		if (sysctl_number(path) != 0)
			continue;
		err_hint(err, "%s is 0: as root: sysctl user.max_%s_namespaces=10000", path,
			 kinds[i]);
		return;
	}
	err_hint(err, "a counter in /proc/sys/user/max_*_namespaces is used up, or user namespaces "
		      "are nested 32 deep");
}

static void explain_clone(struct err *err)
{
	if (err->num == ENOSPC || err->num == EUSERS)
		explain_counters(err);
	if (err->num != EPERM)
		return;
	if (is_chrooted())
		err_hint(err, "inside a chroot the kernel makes no user namespace: start pillbox "
			      "outside it");
	else if (host_is_filtered())
		err_hint(err,
			 "a seccomp filter is on us: we are inside a container that forbids user "
			 "namespaces (Docker: --security-opt seccomp=unconfined)");
	else
		err_hint(err,
			 "user namespaces are forbidden here, by a security module or a sysctl");
}

/*
 * Ubuntu's restriction: the namespace *is* made, but every capability in it is denied, so that
 * whatever comes first and needs one fails. Not for root, nor for a program with a profile.
 */
static bool is_userns_restricted(const struct run *r, const char *label)
{
	return r->plan->caller_uid && !strcmp(label, "unconfined") &&
	       sysctl_number(APPARMOR_USERNS_SYSCTL) == 1;
}

static void explain_apparmor(const struct run *r, struct err *err)
{
	char label[APPARMOR_NAME_MAX + 32];
	bool is_confined = apparmor_own(label, sizeof(label));
	char exe[256];
	ssize_t len;

	if (is_confined)
		err_hint(
			err,
			"pillbox runs under the AppArmor profile %.200s, which may forbid this: as "
			"root, dmesg | grep DENIED",
			label);
	if (!is_userns_restricted(r, label))
		return;
	len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	exe[len > 0 ? len : 0] = '\0';
	err_hint(err,
		 APPARMOR_USERNS_NAME
		 " is 1: AppArmor takes the capabilities from user namespaces. "
		 "As root: make install; pillbox apparmor load. That grants them to the installed "
		 "pillbox; to this one too after: mkdir -p /etc/apparmor.d/tunables/pillbox.d; "
		 "echo '@{pillbox_exe} += %s' >/etc/apparmor.d/tunables/pillbox.d/local; "
		 "pillbox apparmor load /etc/apparmor.d/pillbox",
		 exe);
}

void host_explain(const struct run *r, const struct step *step, struct err *err)
{
	/* What only reads does not meet it; exec and lsm have hints of their own. */
	if ((err->num == EPERM || err->num == EACCES) && !step->is_pure &&
	    strcmp(step->id, "exec") != 0 && strcmp(step->id, "lsm") != 0)
		explain_apparmor(r, err);
	if (!strcmp(step->id, "clone"))
		explain_clone(err);
}

static const struct hint host_hints[] = {{0, NULL}};

const struct step step_host = {
	.id = "host",
	.what = "see what the host allows: kernel version, user namespaces, /proc",
	.why = "first, so that what cannot work is said before anything is touched",
	.refs = "user_namespaces(7), uname(2), proc(5)",
	.calls = "uname()\n"
		 "open(\"/proc/sys/user/max_user_namespaces\")",
	.side = PARENT,
	.is_pure = true,
	.show = host_show,
	.run = host_run,
	.hints = host_hints,
};
