/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clone.c - the one clone3 that makes all namespaces at once.
 *
 * Should: leave parent and child connected (baton, pidfd, failure page) and nothing else shared.
 * Mustn't: make a process that could outlive the launcher or run outside its cgroup.
 */
#include "runner.h"
#include "sys.h"

#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "drysh.h"
#include "supervise.h"
#include "verify.h"

static uint64_t clone_namespaces(const struct spec *s)
{
	uint64_t flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
			 CLONE_NEWCGROUP;

	return s->net == NET_HOST ? flags : flags | CLONE_NEWNET;
}

static void clone_show(const struct run *r, struct show *out)
{
	static const char *const always[] = {"user", "mnt", "pid", "ipc", "uts", "cgroup"};

	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		show(out, "namespaces", "%s", always[i]);
	if (r->spec->net != NET_HOST)
		show(out, "namespaces", "net");
	if (r->plan->has_cgroup)
		show(out, "born_in", "the control group");
}

static int clone_run(struct run *r, struct err *err)
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	int pair[2];
	int pidfd = -1;
	sigset_t mask;
	pid_t pid;

	supervise_signals(&mask);
	r->sigfd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (r->sigfd < 0)
		return err_set(err, errno, "signalfd");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_set(err, errno, "socket pair for the baton");
	r->baton = pair[0];
	r->baton_child = pair[1];
	args.flags = clone_namespaces(r->spec) | CLONE_PIDFD | CLONE_CLEAR_SIGHAND;
	args.pidfd = (uint64_t)(uintptr_t)&pidfd;
	if (r->cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)r->cgroup;
	}
	r->life.born_us = clock_us();
	pid = sys_clone3(&args);
	if (pid < 0)
		return err_set(err, -pid, "clone3 with new namespaces");
	if (pid == 0) {
		runner_become_child(r);
		return 0;
	}
	(void)close(take_fd(&r->baton_child)); /* or our own copy would keep EOF from us */
	r->child = pid;
	r->pidfd = pidfd;
	if (!r->spec->has_init) {
		/* The workload is pid 1 itself: signals go straight to it. */
		r->workload = fcntl(pidfd, F_DUPFD_CLOEXEC, 0);
		if (r->workload < 0)
			return err_set(err, errno, "copy of the pidfd");
	}
	return 0;
}

static void clone_sh(const struct run *r, struct sh *out)
{
	sh_note(out,
		"Two tools for the one call: the user namespace has to have its maps before a tool can "
		"make the others in it. pdeathsig: when this shell is killed, so is all the rest. "
		"default-signal: a shell has what runs in the background ignore Ctrl-C. setpriv by its path: busybox sh would take its own.");
	sh_line(out, "(");
	if (r->plan->has_cgroup)
		sh_line(out, "\techo 0 >\"$group/cgroup.procs\" # 0: the process that writes");
	sh_line(out, "\texec /usr/bin/setpriv --pdeathsig KILL -- env --default-signal \\");
	sh_line(out, "\t\tunshare --user --keep-caps -- \\");
	sh_line(out, "\t\tsh -euc \"$(helper)\" helper \"$(holder)\" \"$(builder)\" <&9");
	sh_line(out, ") &");
	sh_line(out, "child=$!");
	sh_line(out, "exec 3<&- 4>&- 9<&-");
	sh_line(out, "read -r _ <&5 || exit 125");
	sh_line(out, "exec 5<&-");
	sh_part(out, SH_HELPER);
	sh_line(out, "setpriv --pdeathsig KILL -- env --default-signal \\");
	sh_line(out,
		"\tunshare --mount --pid%s --ipc --uts --cgroup --fork --kill-child=KILL%s -- \\",
		r->spec->net == NET_HOST ? "" : " --net",
		step_wanted(r, &step_private) ? "" : " --propagation unchanged");
	sh_line(out, "\tsh -euc \"$1\" holder \"$2\" <&9 9<&- &");
	sh_line(out, "child=$!");
	sh_line(out, "exec 3<&- 4>&- 9<&-");
	sh_line(out, "read -r _ <&5 || exit 125 # the sandbox has no rights any more, and waits");
}

/* NSpid lists the pid in each namespace from ours down: "NSpid: 4711 1" is pid 1 of its own. */
static int verify_by_pid(const struct run *r, struct err *err)
{
	char text[128];
	char *last;

	if (proc_status(r->child, "NSpid", text, sizeof(text)) < 0)
		return err_set(err, errno, "status of the sandbox");
	last = strpbrk(text, " \t");
	if (!last || strcmp(last + strspn(last, " \t"), "1") != 0)
		return err_say(err, "the sandbox has no pid namespace of its own: NSpid %s", text);
	return 0;
}

/* The level of pid namespaces and the namespaces that differ are what the kernel shows of others. */
static int clone_verify(const struct run *r, struct err *err)
{
	char path[64], theirs[64], ours[64];
	static const char *const kinds[] = {"user",   "mnt", "pid_for_children", "ipc", "uts",
					    "cgroup", "net"};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		ssize_t n, m;

		if (!strcmp(kinds[i], "net") && r->spec->net == NET_HOST)
			continue;
		(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", r->child, kinds[i]);
		n = readlink(path, theirs, sizeof(theirs) - 1);
		if (n < 0 && errno == EACCES)
			return verify_by_pid(r, err); /* not dumpable: /proc hides its links */
		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[i]);
		m = readlink(path, ours, sizeof(ours) - 1);
		if (n <= 0 || m <= 0)
			return err_set(err, errno, "namespace %s of the sandbox", kinds[i]);
		if (n == m && !memcmp(theirs, ours, (size_t)n))
			return err_say(err, "namespace %s is the host's", kinds[i]);
	}
	return 0;
}

static const struct hint clone_hints[] = {
	{ENOSYS, "clone3 needs Linux 5.3; inside a container its seccomp filter may hide it"},
	{EINVAL, "the kernel lacks one of the namespaces: see /proc/self/ns"},
	{ENOMEM, "out of memory or of pids in this pid namespace"},
	{EAGAIN, "the limit on processes is reached: ulimit -u, or pids.max of the cgroup"},
	{EBUSY, "the cgroup is not a leaf: see cgroups(7), no internal processes"},
	{0, NULL},
};

const struct step step_clone = {
	.id = "clone",
	.what = "one clone3: new user, mount, pid, net, ipc, uts and cgroup namespaces",
	.why = "all limits are written by now, so the child is born inside its cgroup; one call, so "
	       "that there is no moment with only some of the namespaces",
	.refs = "clone3(2), namespaces(7), pidfd_open(2)",
	.calls =
		"socketpair(AF_UNIX, SOCK_SEQPACKET) for the baton\n"
		"clone3({flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_PIDFD | CLONE_CLEAR_SIGHAND (| CLONE_INTO_CGROUP)})",
	.side = PARENT,
	.is_vital = true,
	.show = clone_show,
	.sh = clone_sh,
	.run = clone_run,
	.verify = clone_verify,
	.hints = clone_hints,
};
