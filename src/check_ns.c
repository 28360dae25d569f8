/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_ns.c - checks: the kernel, user namespaces and their maps, the other namespaces, and what a
 * process gives up in them.
 *
 * Should: see an effect, not only a system call that returned 0.
 * Mustn't: be called anywhere but in a child of its own (act_*).
 */
#include <errno.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "check.h"
#include "host.h"
#include "ids.h"
#include "mnt.h"
#include "runner.h"
#include "sys.h"
#include "verify.h"

/* ---- kernel --------------------------------------------------------------------------------- */

/* What pillbox uses where the kernel has it, and does without where not. */
static const struct {
	unsigned kernel;
	const char *what;
} newer[] = {
	{5019, "peak memory of a sandbox, Landlock"},
	{6001, "peak number of processes"},
	{6002, "Landlock: truncate"},
	{6006, "--writable: replaced directories"},
	{6007, "Landlock: TCP"},
	{6010, "Landlock: devices"},
	{6012, "Landlock: abstract sockets and signals"},
};

void check_kernel(const struct check *c, struct check_host *h, struct check_result *ret)
{
	struct utsname uts = {.release = "?"};
	struct err err = {0};
	size_t len;
	bool is_first = true;

	(void)c;
	if (host_kernel(&h->plan.kernel, &err) < 0 || host_proc(&err) < 0) {
		check_fail(ret, NULL, &err);
		return;
	}
	(void)uname(&uts);
	check_set(ret, CHECK_WORKS, "Linux %.60s", uts.release);
	for (size_t i = 0; i < ARRAY_SIZE(newer); i++) {
		if (h->plan.kernel >= newer[i].kernel)
			continue;
		len = strlen(ret->detail);
		(void)snprintf(ret->detail + len, sizeof(ret->detail) - len, "%s %u.%u %s",
			       is_first ? "; later ones add:" : ",", newer[i].kernel / 1000,
			       newer[i].kernel % 1000, newer[i].what);
		is_first = false;
	}
}

/* ---- system calls --------------------------------------------------------------------------- */

/*
 * Those that need no privilege, with arguments that change nothing; the calls for mounts are made
 * where there is the right to make them. A bad argument is a good answer: the call is there.
 */
int act_calls(struct trial *t, struct err *err)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC};
	const struct {
		const char *name;
		long nr, args[4];
	} calls[] = {
		{"clone3", SYS_clone3, {0}},
		{"pidfd_open", SYS_pidfd_open, {getpid()}},
		{"pidfd_send_signal", SYS_pidfd_send_signal, {-1}},
		{"close_range", SYS_close_range, {INT32_MAX, INT32_MAX}},
		{"openat2",
		 SYS_openat2,
		 {AT_FDCWD, (long)(uintptr_t) "/", (long)(uintptr_t)&how, sizeof(how)}},
		{"open_tree", SYS_open_tree, {AT_FDCWD, (long)(uintptr_t) "/", OPEN_TREE_CLOEXEC}},
	};
	char absent[256] = "";

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		const long *a = calls[i].args;
		size_t len = strlen(absent);

		trial_at(t, calls[i].name);
		if (syscall(calls[i].nr, a[0], a[1], a[2], a[3], 0, 0) >= 0 ||
		    (errno != ENOSYS && errno != EPERM && errno != EACCES))
			continue;
		(void)snprintf(absent + len, sizeof(absent) - len, "%s%s", len ? ", " : "",
			       calls[i].name);
		err->num = errno;
	}
	if (absent[0]) {
		int num = err->num;

		(void)err_say(err, "%s: not to be had", absent);
		err->num = num;
		return -num;
	}
	trial_say(t, "clone3, pidfd, openat2, open_tree and others");
	return 0;
}

/* ---- user namespace ------------------------------------------------------------------------- */

/*
 * That it can be made says nothing: where AppArmor restricts it (Ubuntu), the clone succeeds and
 * every capability is gone. The first use of one is a mount.
 */
int act_userns(struct trial *t, struct err *err)
{
	const long restricted = sysctl_number(
		"/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
	struct mnt_tmpfs plain = {.size = 1 << 16, .has_mode = true, .mode = 0755};
	auto_close int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int tmpfs = -1;
	auto_close int file = -1;
	int rc;

	/* A step without hints of its own: what took the capabilities away is host.c's to say. */
	trial_as(t, &step_private);
	tmpfs = mnt_tmpfs(&plain, MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID, err);
	if (tmpfs < 0)
		return tmpfs;
	rc = top < 0 ? -errno : mnt_attach(tmpfs, top);
	if (rc < 0) {
		/* It could be made, so the capability is there. */
		err_set(err, -rc, "attach a tmpfs");
		if (rc == -EPERM)
			err_hint(err,
				 "we are in a Landlock domain, where nothing can be mounted: start "
				 "pillbox outside of it (another pillbox: --landlock off)");
		return rc;
	}
	file = openat(tmpfs, "file", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file < 0)
		return err_set(err, errno, "file on a tmpfs of our own");
	trial_say(t, "map and mounts%s",
		  restricted == 1 ? "; AppArmor restricts it for others "
				    "(kernel.apparmor_restrict_unprivileged_userns is 1)"
				  : "");
	return 0;
}

void check_userns(const struct check *c, struct check_host *h, struct check_result *ret)
{
	struct err err = h->ids;

	if (err.is_set || host_userns(h->plan.caller_uid, &err) < 0)
		check_fail(ret, NULL, &err);
	else
		trial(c, h, &h->plan, ret);
	if (ret->state == CHECK_RESTRICTED && !ret->cure[0])
		check_cure(ret, "a security module keeps capabilities from user namespaces: dmesg "
				"names it");
}

int act_namespaces(struct trial *t, struct err *err)
{
	struct utsname uts;

	if (trial_step(t, &step_hostname, err) < 0)
		return -err->num;
	if (uname(&uts) < 0 || strcmp(uts.nodename, t->spec.hostname) != 0)
		return err_say(err, "the host name did not change");
	if (getpid() != 1)
		return err_say(err, "the first process of the pid namespace has pid %d", getpid());
	trial_say(t, "mount, pid, net, ipc, uts and cgroup");
	return 0;
}

/* ---- the id map ----------------------------------------------------------------------------- */

/* The map of a launch by somebody who owns the tree; false: an error, as a launch would have it. */
static bool map_choose(struct check_host *h, enum userns_mode mode, struct plan *plan,
		       struct err *err)
{
	struct run r;

	h->spec.userns = mode;
	run_init(&r, &h->spec);
	r.plan = plan;
	if (step_ids.run(&r, err) < 0)
		step_hint(&r, &step_ids, err);
	h->spec.userns = USERNS_AUTO;
	return !err->is_set;
}

/*
 * What a launch takes when nothing is said of it. A range that is there and cannot be mapped is an
 * error of the launch, other than no range.
 */
void check_map(const struct check *c, struct check_host *h, struct check_result *ret)
{
	struct plan plan = h->plan;
	struct err err = {0};

	if (map_choose(h, USERNS_AUTO, &plan, &err)) {
		trial(c, h, &plan, ret);
	} else {
		check_fail(ret, NULL, &err);
		ret->state = err.num == ENOENT ? CHECK_MISSING : CHECK_RESTRICTED;
	}
	if (ret->state == CHECK_WORKS &&
	    (plan.map_kind == MAP_CALLER || plan.map_kind == MAP_RANGE))
		h->range = plan.uids;
}

/* To have ids is to be able to become one. */
int act_map(struct trial *t, struct err *err)
{
	if (trial_step(t, &step_caps, err) < 0)
		return -err->num;
	trial_say(t, "%s", map_kind_name(t->plan.map_kind));
	return 0;
}

/* Which ids a map has besides the caller's own. */
static void range_say(const struct check_host *h, struct check_result *ret)
{
	const struct id_map *m = &h->range;
	size_t len = 0;

	for (unsigned i = 0; i < m->n && len < sizeof(ret->detail); i++)
		if (m->ext[i].outside != h->plan.caller_uid)
			len += (size_t)snprintf(ret->detail + len, sizeof(ret->detail) - len,
						"%s%u from %u on", len ? ", " : "", m->ext[i].count,
						m->ext[i].outside);
}

void check_range(const struct check *c, struct check_host *h, struct check_result *ret)
{
	struct plan plan = h->plan;
	struct err err = {0};

	(void)c;
	if (h->range.n) {
		range_say(h, ret);
	} else if (h->plan.map_kind == MAP_ROOT) {
		check_set(ret, CHECK_WORKS, "%u for each tree, from those set aside for containers",
			  id_map_count(&h->plan.uids));
	} else {
		(void)map_choose(h, USERNS_RANGE, &plan, &err);
		check_fail(ret, NULL, &err);
		ret->state = CHECK_RESTRICTED; /* there is one id always */
	}
}

/* ---- what is given up ----------------------------------------------------------------------- */

int act_caps(struct trial *t, struct err *err)
{
	static const char *const fields[] = {"CapBnd", "CapPrm", "CapEff", "CapInh", "CapAmb"};
	char text[32];

	if (trial_step(t, &step_caps, err) < 0 || trial_step(t, &step_nnp, err) < 0)
		return -err->num;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (proc_status(getpid(), fields[i], text, sizeof(text)) < 0 ||
		    strspn(text, "0") != strlen(text))
			return err_say(err, "%s is %s after all were dropped", fields[i], text);
	trial_say(t, "all dropped, securebits locked, no_new_privs");
	return 0;
}

#define PIDS 5

/* As the preset limits them: RLIMIT_NPROC, which counts in the user namespace. */
int act_pids(struct trial *t, struct err *err)
{
	unsigned n = 1;
	pid_t pid;

	t->plan.pids_by_rlimit = true;
	t->spec.limits.pids = PIDS;
	if (trial_step(t, &step_limits, err) < 0 || trial_step(t, &step_caps, err) < 0)
		return -err->num;
	while ((pid = fork()) > 0 && n <= PIDS)
		n++;
	if (pid == 0) {
		(void)pause(); /* its namespace ends with the first process */
		_exit(0);
	}
	if (pid > 0 || errno != EAGAIN || n != PIDS)
		return err_say(err, "%u processes were made under a limit of %u", n, PIDS);
	trial_say(t, "RLIMIT_NPROC, counted in the user namespace");
	return 0;
}

int act_keyring(struct trial *t, struct err *err)
{
	long before = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
	bool has_none = before < 0 && errno == ENOSYS;

	if (trial_step(t, &step_keyring, err) < 0)
		return -err->num;
	if (!has_none &&
	    syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) == before)
		return err_say(err, "the session keyring is still the caller's");
	trial_say(t, "%s", has_none ? "this kernel has none to share" : "a new, empty one");
	return 0;
}

/* ---- network -------------------------------------------------------------------------------- */

int act_loopback(struct trial *t, struct err *err)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(addr);
	auto_close int server = -1;
	auto_close int client = -1;

	if (trial_step(t, &step_net_lo, err) < 0)
		return -err->num;
	server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server < 0 || client < 0)
		return err_set(err, errno, "TCP socket");
	if (bind(server, (const struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(server, 1) < 0 || getsockname(server, (struct sockaddr *)&addr, &len) < 0)
		return err_set(err, errno, "server on 127.0.0.1");
	if (connect(client, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_set(err, errno, "connection to 127.0.0.1");
	trial_say(t, "a network namespace, and a connection in it");
	return 0;
}
