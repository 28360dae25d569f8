/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.c - what a process inherits and should not: session, terminal, limits, keyring, umask,
 * scheduling, dumpability, descriptors; and the ties that make it die with the launcher.
 *
 * Should: give every workload the same start, however pillbox itself was started.
 * Mustn't: hand over anything of the caller's that was not asked for.
 */
#include "step.h"
#include "sys.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "session.h"
#include "supervise.h"
#include "verify.h"

/* ---- undump ------------------------------------------------------------------------------- */

static int undump_run(struct run *r, struct err *err)
{
	(void)r;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_set(err, errno, "become non-dumpable");
	return 0;
}

/* The files in /proc of a process that is not dumpable belong to root: proc(5). */
static int undump_verify(const struct run *r, struct err *err)
{
	char path[64];
	struct stat st;

	if (r->plan->caller_uid == 0 && r->plan->map_kind == MAP_SINGLE)
		return 0; /* then they would be root's anyway */
	(void)snprintf(path, sizeof(path), "/proc/%d/status", verify_pid(r));
	if (stat(path, &st) < 0)
		return err_set(err, errno, "%s", path);
	return st.st_uid == 0 ? 0
			      : err_say(err, "%s belongs to %u, not root: the process is dumpable",
					path, st.st_uid);
}

const struct step step_undump = {
	.id = "undump",
	.what = "close our own memory and /proc entry to ptrace by the caller's other processes",
	.why = "after the id map: the uid_map of a non-dumpable process cannot be written by an ordinary "
	       "user; before the child holds anything worth stealing",
	.refs = "prctl(2) PR_SET_DUMPABLE, ptrace(2)",
	.calls = "prctl(PR_SET_DUMPABLE, 0)",
	.side = CHILD,
	.no_tool = "prctl only changes the process that calls it, and execve sets it back",
	.run = undump_run,
	.verify = undump_verify,
};

/* ---- limits ------------------------------------------------------------------------------- */

static int limit_set(const char *name, int resource, rlim_t soft, rlim_t hard, struct err *err)
{
	struct rlimit now, want = {soft, hard};

	if (getrlimit(resource, &now) < 0)
		return err_set(err, errno, "ulimit %s", name);
	if (setrlimit(resource, &want) < 0) {
		err_set(err, errno, "ulimit %s=%llu:%llu", name, (unsigned long long)soft,
			(unsigned long long)hard);
		if (errno == EPERM)
			err_hint(err,
				 "a hard limit cannot be raised without privilege; here it is %llu",
				 (unsigned long long)now.rlim_max);
		return -err->num;
	}
	return 0;
}

bool has_ulimit(const struct spec *s, int resource)
{
	for (size_t i = 0; i < s->n_ulimits; i++)
		if (s->ulimits[i].resource == resource)
			return true;
	return false;
}

static int limits_run(struct run *r, struct err *err)
{
	const struct spec *s = r->spec;

	/*
	 * A core dump runs the host's helper on data that the workload made (CVE-2022-4415). The hard
	 * limit too, or the workload could raise it again.
	 */
	if (!has_ulimit(s, RLIMIT_CORE) && limit_set("core", RLIMIT_CORE, 0, 0, err) < 0)
		return -EPERM;
	if (r->plan->pids_by_rlimit &&
	    limit_set("nproc", RLIMIT_NPROC, s->limits.pids, s->limits.pids, err) < 0)
		return -EPERM;
	for (size_t i = 0; i < s->n_ulimits; i++) {
		const struct ulimit_req *u = &s->ulimits[i];

		if (limit_set(u->name, u->resource, u->soft, u->hard, err) < 0)
			return -EPERM;
	}
	return 0;
}

static void limits_show(const struct run *r, struct show *out)
{
	const struct spec *s = r->spec;

	if (!has_ulimit(s, RLIMIT_CORE))
		show(out, "limits", "core=0");
	if (r->plan->pids_by_rlimit)
		show(out, "limits", "nproc=%llu", (unsigned long long)s->limits.pids);
	for (size_t i = 0; i < s->n_ulimits; i++)
		show(out, "limits", "%s=%llu:%llu", s->ulimits[i].name,
		     (unsigned long long)s->ulimits[i].soft,
		     (unsigned long long)s->ulimits[i].hard);
}

/* The line of /proc/PID/limits: "Max processes             1024                 1024 ..." */
static int limits_verify(const struct run *r, struct err *err)
{
	auto_free char *text = NULL;
	unsigned long long soft = 0;
	char path[64];
	const char *line;
	size_t len;
	int rc;

	(void)snprintf(path, sizeof(path), "/proc/%d/limits", verify_pid(r));
	rc = read_file(AT_FDCWD, path, 1 << 16, &text, &len);
	if (rc < 0)
		return err_set(err, -rc, "limits of the workload");
	if (!r->plan->pids_by_rlimit)
		return 0;
	line = strstr(text, "Max processes");
	if (!line || sscanf(line, "Max processes %llu", &soft) != 1 || soft != r->spec->limits.pids)
		return err_say(err, "the limit on processes is not %llu",
			       (unsigned long long)r->spec->limits.pids);
	return 0;
}

const struct step step_limits = {
	.id = "limits",
	.what = "resource limits: no core dumps, and the ones asked for",
	.why = "before the ids change, as root of the user namespace; before exec, which inherits them",
	.refs = "setrlimit(2)",
	.calls = "prlimit64(RLIMIT_NAME, {SOFT, HARD}) for each",
	.side = CHILD,
	.show = limits_show,
	.sh = limits_sh,
	.run = limits_run,
	.verify = limits_verify,
	.hints = (const struct hint[]){{EINVAL, "the soft limit is above the hard one"}, {0, NULL}},
};

/* ---- oom ---------------------------------------------------------------------------------- */

static bool oom_wanted(const struct run *r)
{
	return r->spec->has_oom_score_adj;
}

static int oom_run(struct run *r, struct err *err)
{
	char path[64], text[16];
	int rc;

	(void)snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", r->child);
	(void)snprintf(text, sizeof(text), "%d", r->spec->oom_score_adj);
	rc = write_file(AT_FDCWD, path, text);
	return rc < 0 ? err_set(err, -rc, "--oom-score-adj %s", text) : 0;
}

static void oom_show(const struct run *r, struct show *out)
{
	show(out, "oom_score_adj", "%d", r->spec->oom_score_adj);
}

static int oom_verify(const struct run *r, struct err *err)
{
	auto_free char *text = NULL;
	char path[64];
	size_t len;
	int rc;

	(void)snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", verify_pid(r));
	rc = read_file(AT_FDCWD, path, 64, &text, &len);
	if (rc < 0)
		return err_set(err, -rc, "OOM score of the workload");
	if (strtol(text, NULL, 10) != r->spec->oom_score_adj)
		return err_say(err, "oom_score_adj is %.8s, not %d", text, r->spec->oom_score_adj);
	return 0;
}

const struct step step_oom = {
	.id = "oom",
	.what = "the score by which the kernel picks a victim when memory runs out",
	.why = "before undump, which takes the process' /proc entry away from an ordinary user; inherited "
	       "by fork and execve",
	.refs = "proc(5) oom_score_adj",
	.calls = "write(SCORE) to /proc/PID/oom_score_adj",
	.side = PARENT,
	.wanted = oom_wanted,
	.by = "--oom-score-adj",
	.show = oom_show,
	.sh = oom_sh,
	.run = oom_run,
	.verify = oom_verify,
	.hints =
		(const struct hint[]){
			{EACCES,
			 "the OOM score cannot be lowered below its current value without privilege"},
			{0, NULL}},
};

/* ---- keyring ------------------------------------------------------------------------------ */

static int keyring_run(struct run *r, struct err *err)
{
	(void)r;
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0)
		return 0;
	/* A kernel without keyrings has none to share; but then it has none to tell the number of either. */
	if (errno == ENOSYS &&
	    syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) < 0 &&
	    errno == ENOSYS)
		return 0;
	return err_set(err, errno ? errno : ENOSYS, "new session keyring");
}

const struct step step_keyring = {
	.id = "keyring",
	.what = "a fresh, empty session keyring",
	.why = "session keyrings are not namespaced: without this the workload could use the caller's keys; "
	       "before the filter, which forbids keyctl",
	.refs = "keyctl(2), session-keyring(7)",
	.calls = "keyctl(KEYCTL_JOIN_SESSION_KEYRING, NULL)",
	.side = CHILD,
	.sh = keyring_sh,
	.run = keyring_run,
	.hints =
		(const struct hint[]){
			{EDQUOT,
			 "the caller's quota of keys is used up: /proc/sys/kernel/keys/maxkeys"},
			{0, NULL}},
};

/* ---- umask -------------------------------------------------------------------------------- */

#define TIMER_SLACK_NS 50000 /* what the kernel gives to init, and so to all that did not ask */

static int umask_run(struct run *r, struct err *err)
{
	struct sched_param param = {0};
	unsigned long cpus[128];

	(void)r;
	(void)umask(022);
	if (personality(PER_LINUX) < 0)
		return err_set(err, errno, "reset the personality");
	if (sched_getscheduler(0) != SCHED_OTHER && sched_setscheduler(0, SCHED_OTHER, &param) < 0)
		return err_set(err, errno, "reset the scheduling policy");
	/* Not 0, which is what we inherited ourselves; after the policy, whose change may set it. */
	if (prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS, 0, 0, 0) < 0)
		return err_set(err, errno, "reset the timer slack");
	/* The kernel cuts this to the CPUs that the cpuset allows. */
	memset(cpus, 0xff, sizeof(cpus));
	if (syscall(SYS_sched_setaffinity, 0, sizeof(cpus), cpus) < 0)
		return err_set(err, errno, "reset the CPU affinity");
	return 0;
}

static int umask_verify(const struct run *r, struct err *err)
{
	return verify_status(r, "Umask", "0022", err);
}

const struct step step_umask = {
	.id = "umask",
	.what = "umask 022, and the defaults for personality, timer slack, scheduler and CPU affinity",
	.why = "these are inherited and namespaced by nothing; before the filter, which forbids some",
	.refs = "umask(2), personality(2), sched_setaffinity(2)",
	.calls = "umask(022)\n"
		 "personality(PER_LINUX)\n"
		 "prctl(PR_SET_TIMERSLACK, 50000)\n"
		 "sched_setaffinity(ALL)",
	.side = CHILD,
	.sh = umask_sh,
	.run = umask_run,
	.verify = umask_verify,
};

/* ---- nnp ---------------------------------------------------------------------------------- */

static bool nnp_wanted(const struct run *r)
{
	return r->spec->no_new_privs;
}

static int nnp_run(struct run *r, struct err *err)
{
	(void)r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(err, errno, "no_new_privs");
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return err_say(err, "no_new_privs did not stay on");
	return 0;
}

static int nnp_verify(const struct run *r, struct err *err)
{
	return verify_status(r, "NoNewPrivs", "1", err);
}

const struct step step_nnp = {
	.id = "nnp",
	.what = "no_new_privs: from here on execve gives no privilege, by set-user-ID or file "
		"capabilities",
	.why = "after lsm, because it can forbid a change of AppArmor profile; before landlock and the "
	       "filter, which the kernel takes from an unprivileged process only with it",
	.refs = "prctl(2) PR_SET_NO_NEW_PRIVS",
	.calls = "prctl(PR_SET_NO_NEW_PRIVS, 1)",
	.side = CHILD,
	.wanted = nnp_wanted,
	.by = "--security-opt no-new-privileges",
	.sh = nnp_sh,
	.run = nnp_run,
	.verify = nnp_verify,
};

/* ---- leash -------------------------------------------------------------------------------- */

static int leash_run(struct run *r, struct err *err)
{
	char byte;
	ssize_t n;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return err_set(err, errno, "signal at the launcher's death");
	if (step_wanted(r, &step_caps) && getuid() != r->plan->uid)
		return err_say(err, "uid %u is not the workload's: its change would undo the leash",
			       getuid());
	/* It may have died before that line; then the socket is at its end, and nobody is left. */
	n = recv(r->baton, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	if (n == 0)
		_exit(EXIT_SETUP);
	return 0;
}

const struct step step_leash = {
	.id = "leash",
	.what = "SIGKILL for pid 1, and so for the whole pid namespace, when the launcher dies",
	.why = "after the last change of ids, which clears it; then look whether the launcher still lives",
	.refs = "prctl(2) PR_SET_PDEATHSIG, pid_namespaces(7)",
	.calls = "prctl(PR_SET_PDEATHSIG, SIGKILL)",
	.side = CHILD,
	.sh = leash_sh,
	.run = leash_run,
};

/* ---- session ------------------------------------------------------------------------------ */

static int session_run(struct run *r, struct err *err)
{
	if (setsid() < 0)
		return err_set(err, errno, "new session");
	return r->plan->has_tty ? tty_take(r, err) : 0;
}

/* In /proc/PID/stat after the name in brackets: state, ppid, pgrp, session. */
static int session_verify(const struct run *r, struct err *err)
{
	auto_free char *text = NULL;
	char path[64];
	char *at;
	size_t len;
	int session = 0;
	int rc;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", verify_pid(r));
	rc = read_file(AT_FDCWD, path, 4096, &text, &len);
	if (rc < 0)
		return err_set(err, -rc, "%s", path);
	at = strrchr(text, ')');
	if (!at || sscanf(at + 1, " %*c %*d %*d %d", &session) != 1)
		return err_say(err, "%s: not understood", path);
	return session == r->child ? 0 : err_say(err, "session %d is not pid 1's own", session);
}

const struct step step_session = {
	.id = "session",
	.what = "a session of its own, with its own terminal or none",
	.why = "without it the workload could push input into the caller's terminal (TIOCSTI, "
	       "CVE-2017-5226); after pivot, because the terminal is the one on our own /dev/pts",
	.refs = "setsid(2), credentials(7), tty_ioctl(4)",
	.calls =
		"setsid()\n"
		"with a terminal: ioctl(TIOCSCTTY), dup2() to those of 0, 1, 2 that are not redirected",
	.side = CHILD,
	.sh = session_sh,
	.run = session_run,
	.verify = session_verify,
};

/* ---- fds ---------------------------------------------------------------------------------- */

static int fds_run(struct run *r, struct err *err)
{
	sigset_t none;
	int rc = sys_close_range(3 + r->spec->preserve_fds, ~0U, CLOSE_RANGE_CLOEXEC);

	if (rc < 0)
		return err_set(err, -rc, "mark all descriptors close-on-exec");
	/* Blocked since main(): the workload starts with an empty mask. */
	(void)sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return err_set(err, errno, "signal mask");
	return 0;
}

/* The descriptors of an undumpable process are hidden; the mask is what the kernel shows of this. */
static int fds_verify(const struct run *r, struct err *err)
{
	return verify_status(r, "SigBlk", "0000000000000000", err);
}

const struct step step_fds = {
	.id = "fds",
	.what = "mark every descriptor but 0, 1, 2 (and --preserve-fds) close-on-exec; empty the signal "
		"mask",
	.why = "after init, which still hands over a descriptor; just before the filter, so that nothing "
	       "opens one afterwards (CVE-2016-9962, CVE-2024-21626)",
	.refs = "close_range(2), sigprocmask(2)",
	.calls = "close_range(3, ~0, CLOSE_RANGE_CLOEXEC)\n"
		 "rt_sigprocmask(SIG_SETMASK, none)",
	.side = CHILD,
	.sh = fds_sh,
	.no_tool =
		"of what you left open, descriptors from 10 on stay so: a shell can close 0 to 9 only",
	.run = fds_run,
	.verify = fds_verify,
};
