/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify - who answers when the workload's filter asks.
 *
 * Theory of operation
 *
 * The child loads a filter that asks (notify_program.c) and gets a descriptor for it, the listener.
 * It travels to the launcher with the baton, and the launcher forks a process that does nothing
 * but answer, with the filter's own word: it runs the program as it was (plan->judge) over the
 * registers that the kernel hands out, which nobody can change any more. When the last process
 * under the filter is gone the kernel says so, and the listener's process ends.
 *
 * When it dies before, the kernel answers ENOSYS in its place: nothing that asks is ever allowed by
 * its death. It is a process of its own, and not the launcher, because it reads the workload's
 * memory and turns it into text.
 *
 * Should: answer whatever happens to the text; be confined before the first question.
 * Mustn't: let a call pass for what was read from memory.
 */
#include "notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "profile.h"
#include "record.h"
#include "supervise.h"
#include "sys.h"

/* The descriptors it keeps, by their place; the last one only until it is ready. */
enum { AT_STDERR = 2, AT_LISTENER, AT_PROC, AT_READY };

#define END_MS 2000 /* for it to see that everybody is gone */

/* Both are longer on a later kernel, which tells how long (SECCOMP_GET_NOTIF_SIZES). */
#define NOTIF_ROOM 512
static union {
	struct seccomp_notif n;
	char room[NOTIF_ROOM];
} question;
static union {
	struct seccomp_notif_resp r;
	char room[NOTIF_ROOM];
} answer;

/* ---- the process ---------------------------------------------------------------------------- */

/*
 * What the kernel would have done itself. The signal is SIGSYS, unless the process could live on
 * with that; pid 1 of a namespace takes only SIGKILL from outside.
 */
static void end_peer(const struct peer *p)
{
	auto_close int fd = sys_pidfd_open(p->pid, 0);

	if (fd < 0 || !peer_is_waiting(p))
		return;
	(void)sys_pidfd_send_signal(fd, p->has_sigsys || p->inside == 1 ? SIGKILL : SIGSYS);
}

static void reply(uint32_t action, const struct peer *p)
{
	memset(&answer, 0, sizeof(answer));
	answer.r.id = question.n.id;
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		answer.r.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		break;
	case SECCOMP_RET_ERRNO:
		answer.r.error = -(int)(action & SECCOMP_RET_DATA);
		break;
	default:
		answer.r.error = -ENOSYS;
		if (p)
			end_peer(p);
		break;
	}
	/* ENOENT: it was killed meanwhile, or a signal came and it will ask again. */
	(void)ioctl(AT_LISTENER, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

static void take_question(struct run *r, struct denials *d)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;
	struct peer peer;
	bool has_peer;

	memset(&question, 0, sizeof(question)); /* or the kernel refuses */
	if (ioctl(AT_LISTENER, SECCOMP_IOCTL_NOTIF_RECV, &question))
		return;
	(void)profile_sim(r->plan->judge, r->plan->n_judge, &question.n.data, &action);
	if (r->spec->record) {
		record_take(r, &question.n, AT_PROC, AT_LISTENER);
		reply(action, NULL);
		return;
	}
	/* What pillbox does on the way to execve is not the command's. */
	if (r->spec->no_new_privs && !d->has_begun && question.n.data.nr != __NR_execve &&
	    question.n.data.nr != __NR_execveat) {
		reply(action, NULL);
		return;
	}
	d->has_begun = true;
	has_peer = peer_open(AT_PROC, AT_LISTENER, &question.n, &peer) == 0;
	if (has_peer && action == SECCOMP_RET_ALLOW)
		denials_foresee(r, d, &question.n.data, &peer);
	else if (has_peer)
		denials_tell(r, d, &question.n.data, &peer, action);
	reply(action, has_peer ? &peer : NULL);
	if (has_peer)
		peer_close(&peer);
}

static void listen_loop(struct run *r)
{
	static struct denials denials;
	struct pollfd p = {.fd = AT_LISTENER, .events = POLLIN};

	for (;;) {
		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			break;
		if (p.revents & POLLIN)
			take_question(r, &denials);
		else if (p.revents)
			break;
	}
	if (!r->spec->record)
		denials_end(&denials);
	_exit(0);
}

static int listen_settle(struct run *r, int *ready, struct err *err)
{
	static const struct mini_rule rules[] = {
#ifdef __NR_poll
		{.nr = __NR_poll},
#endif
		{.nr = __NR_ppoll},
		MINI_IOCTL(SECCOMP_IOCTL_NOTIF_RECV),
		MINI_IOCTL(SECCOMP_IOCTL_NOTIF_SEND),
		MINI_IOCTL(SECCOMP_IOCTL_NOTIF_ID_VALID),
		/* To read, and by a name: what is written goes to stderr. */
		{.nr = __NR_openat, .n_args = 1, .args = {{2, O_RDONLY | O_CLOEXEC}}},
		{.nr = __NR_pread64},
		{.nr = __NR_process_vm_readv},
		{.nr = __NR_pidfd_getfd},
#ifdef __NR_readlink
		{.nr = __NR_readlink},
#endif
		{.nr = __NR_readlinkat},
		{.nr = __NR_openat2},
		{.nr = __NR_newfstatat},
		{.nr = __NR_fstat},
		{.nr = __NR_fstatfs},
		{.nr = __NR_write, .n_args = 1, .args = {{0, AT_STDERR}}},
		{.nr = __NR_write, .n_args = 1, .args = {{0, AT_READY}}},
		{.nr = __NR_close},
		{.nr = __NR_pidfd_open},
		{.nr = __NR_pidfd_send_signal},
		{.nr = __NR_exit_group},
		{.nr = __NR_rt_sigreturn},
		{.nr = __NR_restart_syscall},
	};
	static const int keep[] = {AT_STDERR, AT_LISTENER, AT_PROC, AT_READY};
	auto_close int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const int from[] = {r->listener, proc, *ready};
	struct seccomp_notif_sizes sizes = {0};
	int rc;

	if (proc < 0 || chdir("/"))
		return err_set(err, errno, "/proc");
	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes))
		return err_set(err, errno, "ask the kernel how it asks");
	if (sizes.seccomp_notif > NOTIF_ROOM || sizes.seccomp_notif_resp > NOTIF_ROOM)
		return err_say(err,
			       "this kernel's questions have %u bytes, and there is room for %d",
			       sizes.seccomp_notif, NOTIF_ROOM);
	/* The caller's terminal is raw while the command runs, and nothing adds a CR there. */
	err_raw(r->plan->has_tty && isatty(STDIN_FILENO) && isatty(STDERR_FILENO));
	denials_prepare(r);
	if (r->spec->record)
		record_prepare(r);
	rc = bystander_places(from, ARRAY_SIZE(from), AT_LISTENER, err);
	if (rc)
		return rc;
	*ready = AT_READY;
	if (close_all_but(keep, ARRAY_SIZE(keep)))
		return err_set(err, errno, "close descriptors");
	return confine_process("pillbox-listen", rules, ARRAY_SIZE(rules), err);
}

/* ---- the steps ------------------------------------------------------------------------------ */

static const struct bystander listener = {"pillbox-listen", listen_settle, listen_loop};

static int notify_run(struct run *r, struct err *err)
{
	int rc;

	r->listener = take_fd(&r->received);
	if (r->listener < 0)
		return err_say(err, "the filter's descriptor did not come");
	rc = bystander_start(r, &listener, &r->listens, err);
	(void)close(take_fd(&r->listener));
	return rc;
}

/* Everybody under the filter is gone by now, and so it is about to end, having told the last. */
static void notify_undo(struct run *r)
{
	siginfo_t info = {0};

	if (r->listens <= 0)
		return;
	for (int ms = 0; ms < END_MS && !info.si_pid; ms++) {
		if (waitid(P_PID, (id_t)r->listens, &info, WEXITED | WNOHANG))
			break; /* reaped already: whoever has its pid now is not ours to kill */
		if (!info.si_pid)
			(void)poll(NULL, 0, 1);
	}
	if (!info.si_pid && !waitid(P_PID, (id_t)r->listens, &info, WEXITED | WNOHANG | WNOWAIT)) {
		(void)kill(r->listens, SIGKILL); /* ours and not reaped */
		(void)waitid(P_PID, (id_t)r->listens, &info, WEXITED);
	}
	r->listens = 0;
}

static int notify_verify(const struct run *r, struct err *err)
{
	return bystander_verify(&listener, r->listens, err);
}

static void notify_show(const struct run *r, struct show *out)
{
	show(out, "asks_about", "%s",
	     r->spec->notify == NOTIFY_DENIALS ? "calls that are refused or logged"
					       : "calls that are allowed");
}

static const struct hint notify_hints[] = {
	{EAGAIN, "the limit on processes is reached: ulimit -u, or pids.max of the cgroup"},
	{0, NULL},
};

static bool early_wanted(const struct run *r)
{
	return r->spec->notify && !r->spec->no_new_privs;
}

const struct step step_notify_early = {
	.id = "notify-early",
	.what = "a process outside that answers when the filter asks, early because no_new_privs is off",
	.why = "right after filter-early, which made the descriptor to listen on: until somebody answers, "
	       "each call that is asked about waits",
	.refs = "seccomp_unotify(2)",
	.calls = "fork()",
	.side = PARENT,
	.wanted = early_wanted,
	.by = "--explain-denials without no_new_privs, as in --preset docker",
	.show = notify_show,
	.no_tool = "no tool answers a filter's questions",
	.run = notify_run,
	.undo = notify_undo,
	.hints = notify_hints,
};

static bool late_wanted(const struct run *r)
{
	return r->spec->notify && r->spec->no_new_privs;
}

const struct step step_notify = {
	.id = "notify",
	.what = "a process outside that answers when the filter asks",
	.why = "right after filter, which made the descriptor to listen on: until somebody answers, each "
	       "call that is asked about waits, execve too",
	.refs = "seccomp_unotify(2)",
	.calls = "fork()",
	.side = PARENT,
	.wanted = late_wanted,
	.by = "--explain-denials",
	.show = notify_show,
	.no_tool = "no tool answers a filter's questions",
	.run = notify_run,
	.undo = notify_undo,
	.verify = notify_verify,
	.hints = notify_hints,
};
