/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runner.c - the spine: walks the one list of steps, in two processes at once.
 *
 * Theory of operation
 *
 * Parent and child walk the same array. Before `clone` there is only the parent. From there on
 * one byte, the baton, changes hands over a socket pair whenever the next wanted step belongs to
 * the other side; who does not hold it skips to its own next step and waits there. So exactly one
 * side runs at a time, and the order of the array is the order of time.
 *
 *   parent  ...  clone  idmap  ..|baton..................|  tty-attach |baton.........| EOF
 *   child                        |  hold ... tty  |baton.|             | pivot ... exec|
 *
 * Who holds which descriptor: each side one end of the pair, both close-on-exec. A peer's death is
 * EOF and EOF means stop; EOF while page->hot is set means that execve succeeded. A descriptor can
 * travel with the baton (run.hand -> run.received). The built-in init sends one more message, the
 * workload's pidfd, before it closes everything.
 *
 * A failing child stores its error in the shared page and exits: this works after seccomp, without
 * descriptors, and when exec itself is killed. The parent then kills what is left through the
 * pidfd, reaps, and undoes its own steps in reverse order.
 *
 * Should: know nothing about what a step does.
 * Mustn't: wait for anything without watching the child's pidfd and a deadline.
 */
#include "runner.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dryrun.h"
#include "record.h"
#include "stats.h"
#include "supervise.h"
#include "sys.h"
#include "watch.h"

/* A set-up takes milliseconds. One that takes this long is stuck, and the user wants to know where. */
#define SETUP_DEADLINE_MS 8000

enum { MSG_BATON = 'B', MSG_WORKLOAD = 'I', MSG_SHELL = 'S' };

static const struct step *step_at(const struct run *r, size_t i)
{
	return r->seam && r->seam->list ? r->seam->list[i] : program[i];
}

bool step_wanted(const struct run *r, const struct step *s)
{
	for (size_t i = 0; i < r->spec->n_skip; i++)
		if (!strcmp(r->spec->skip[i], s->id))
			return false;
	return !s->wanted || s->wanted(r);
}

void page_err(const struct page *page, struct err *ret)
{
	memcpy(ret, &page->err, sizeof(*ret));
	ret->msg[sizeof(ret->msg) - 1] = '\0';
	ret->hint[sizeof(ret->hint) - 1] = '\0';
	/* A bool read from hostile bytes may hold neither 0 nor 1: build fresh ones. */
	ret->is_set = *(const unsigned char *)&page->err.is_set != 0;
	ret->raw = *(const unsigned char *)&page->err.raw != 0;
	if (ret->num < 0 || ret->num > 4095)
		ret->num = EPROTO;
	if (ret->exit != EXIT_NOT_EXEC && ret->exit != EXIT_NOT_FOUND)
		ret->exit = EXIT_SETUP;
}

static int page_step(const struct page *page)
{
	int step = page->step;

	return step >= 0 && (size_t)step < program_len ? step : 0;
}

/* The child's last act on failure: everything is in the page already. */
static _Noreturn void child_fail(const struct run *r)
{
	r->page->hot = 0;
	_exit(r->page->err.exit ? r->page->err.exit : EXIT_SETUP);
}

void runner_become_child(struct run *r)
{
	r->side = CHILD;
	/* Our own copy of the launcher's end would keep us from seeing that it is gone. */
	if (close(r->baton)) {
		err_set(&r->page->err, errno, "close the launcher's end of the baton");
		child_fail(r);
	}
	r->baton = r->baton_child;
	r->baton_child = -1;
}

/* ---- the baton ---------------------------------------------------------------------------- */

/*
 * sendmsg or recvmsg. The kernel ignores the last three arguments; a filter that asks about each
 * call knows us by them, or nobody could ever hand over the descriptor by which it is answered.
 */
static ssize_t baton_call(const struct run *r, long nr, struct msghdr *msg, int flags)
{
	const uint64_t *nonce = r->plan->nonce;

	return syscall(nr, r->baton, msg, flags, nonce[0], nonce[1], nonce[2]);
}

static int baton_pass(struct run *r, struct err *err)
{
	char byte = MSG_BATON;
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	if (r->hand >= 0) {
		struct cmsghdr *c;

		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &r->hand, sizeof(int));
	}
	/* Without a descriptor a plain write: a workload's filter may be loaded already (verify). */
	do
		n = msg.msg_control ? baton_call(r, SYS_sendmsg, &msg, MSG_NOSIGNAL)
				    : write(r->baton, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (r->hand >= 0)
		(void)close(take_fd(&r->hand));
	return n == 1 ? 0 : err_set(err, n < 0 ? errno : EPIPE, "hand over to the other side");
}

/* One message from the socket: 0 and its byte, -EPIPE at EOF, -EAGAIN when there is none, -errno. */
static int baton_read(struct run *r, int flags, char *ret_byte)
{
	char byte = 0;
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};
	struct cmsghdr *c;
	int fd = -1;
	ssize_t n;

	do
		n = baton_call(r, SYS_recvmsg, &msg, MSG_CMSG_CLOEXEC | flags);
	while (n < 0 && errno == EINTR);
	if (n <= 0) /* ECONNRESET: it went without reading what was sent to it */
		return n < 0 && errno != ECONNRESET ? -errno : -EPIPE;
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(c), sizeof(int));
	if (byte == MSG_WORKLOAD) {
		if (r->workload >= 0)
			(void)close(r->workload);
		r->workload = fd;
	} else if (fd >= 0) {
		if (r->received >= 0)
			(void)close(r->received);
		r->received = fd;
	}
	*ret_byte = byte;
	return 0;
}

static int ms_since(const struct timespec *start)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int)((now.tv_sec - start->tv_sec) * 1000 +
		     (now.tv_nsec - start->tv_nsec) / 1000000);
}

/* A signal while the sandbox is being built: the user gave up. Anything harmless is dropped. */
static int parent_interrupted(struct run *r, struct err *err)
{
	struct signalfd_siginfo info;

	if (read(r->sigfd, &info, sizeof(info)) != sizeof(info))
		return 0;
	switch (info.ssi_signo) {
	case SIGINT:
	case SIGTERM:
	case SIGHUP:
	case SIGQUIT:
		err_say(err, "interrupted by signal %u before the command started", info.ssi_signo);
		err->exit = EXIT_SIGNAL + (int)info.ssi_signo;
		return -EINTR;
	default:
		return 0;
	}
}

/* Parent: wait for the child's next message. -EPIPE: it is gone, or it executed the command. */
static int parent_wait(struct run *r, int limit_ms, struct err *err)
{
	struct timespec start;
	struct pollfd p[] = {{.fd = r->baton, .events = POLLIN},
			     {.fd = r->pidfd, .events = POLLIN},
			     {.fd = r->sigfd, .events = POLLIN}};

	(void)clock_gettime(CLOCK_MONOTONIC, &start); /* cannot fail for this clock */
	for (;;) {
		int left = limit_ms < 0 ? INT_MAX : limit_ms - ms_since(&start);
		char byte = 0;
		int rc;

		if (left <= 0 || poll(p, ARRAY_SIZE(p), left) == 0)
			return err_set(err, ETIMEDOUT, "no answer from the sandbox for %d s",
				       limit_ms / 1000);
		/*
		 * Before the signals: one that was sent to a command that runs already belongs to
		 * it, and must not be dropped or taken for a request to give up.
		 */
		rc = baton_read(r, MSG_DONTWAIT, &byte);
		if (rc == 0 && byte == MSG_BATON)
			return 0;
		if (rc == 0)
			continue; /* the command's EOF may stand behind it */
		if (rc == -EPIPE || (rc == -EAGAIN && p[1].revents))
			return -EPIPE;
		if (rc < 0 && rc != -EAGAIN)
			return err_set(err, -rc, "hear from the sandbox");
		if (p[2].revents && parent_interrupted(r, err) < 0)
			return -EINTR;
	}
}

/* Child: wait for the baton. The parent's death is the end, too; then nobody reads the page. */
static void child_wait(struct run *r)
{
	int rc;

	for (char byte = 0;;) {
		rc = baton_read(r, 0, &byte);
		if (rc < 0)
			break;
		if (byte != MSG_SHELL)
			return;
		child_shell(r);
		byte = MSG_BATON;
		rc = write(r->baton, &byte, 1) == 1 ? 0 : -errno;
		if (rc < 0)
			break;
	}
	err_set(&r->page->err, -rc, "hear from the launcher");
	child_fail(r);
}

int runner_child_shell(struct run *r, struct err *err)
{
	char byte = MSG_SHELL;

	if (write(r->baton, &byte, 1) != 1)
		return err_set(err, errno, "hand over to the sandbox");
	return parent_wait(r, -1, err);
}

/* ---- the walk ----------------------------------------------------------------------------- */

static int step_run(struct run *r, const struct step *s, struct err *err)
{
	const struct seam *seam = r->seam;

	if (seam && seam->fail_at && !strcmp(seam->fail_at, s->id))
		return err_set(err, seam->fail_errno, "injected");
	if (seam && seam->skip && !strcmp(seam->skip, s->id))
		return 0;
	return s->run(r, err);
}

/*
 * What this host does to us, where it is that; else the step's own sentence, which the errno picks
 * (0 stands for any).
 */
void step_hint(const struct run *r, const struct step *s, struct err *err)
{
	host_explain(r, s, err);
	for (const struct hint *h = s->hints; h && h->text; h++)
		if (h->num == err->num || !h->num)
			err_hint(err, "%s", h->text);
}

#define WALK_DRY 1

/* The baton goes to `to`, if it is not there. The side that gets it returns when it has it. */
static int baton_move(struct run *r, enum side *holder, enum side to, struct err *err)
{
	enum side from = *holder;

	*holder = to;
	if (from == to)
		return 0;
	if (from == r->side && baton_pass(r, r->side == CHILD ? &r->page->err : err) < 0) {
		if (r->side == CHILD)
			child_fail(r);
		return -EPIPE;
	}
	if (to != r->side)
		return 0;
	if (r->side == PARENT)
		return parent_wait(r, SETUP_DEADLINE_MS, err);
	child_wait(r);
	return 0;
}

/*
 * Walk the list. Returns 0 in the parent when the child is past its last step, -errno with *err
 * and *at set after a failure of a parent step, -EPIPE when the child is gone, WALK_DRY when only a
 * dry run was asked for.
 */
static int walk(struct run *r, size_t *at, struct err *err)
{
	const bool is_told = is_watched(r);
	enum side holder = PARENT;
	bool is_frozen = false;
	int rc;

	for (size_t i = 0; i < program_len; i++) {
		const struct step *s = step_at(r, i);

		if (!s->is_pure && r->spec->dry_run)
			return dry_run(r, err) < 0 ? -err->num : WALK_DRY;
		if (!s->is_pure && !is_frozen) {
			/* From here on things are touched, and what was decided stays decided. */
			is_frozen = true;
			if (r->spec->is_verbose && r->side == PARENT)
				report_plan(r);
			if (arena_freeze(r->spec->arena, err) < 0)
				return -err->num;
		}
		if (!step_wanted(r, s))
			continue;
		if (is_told && r->side == PARENT && watch_before(r, s, err) < 0)
			return *at = i, -err->num;
		rc = baton_move(r, &holder, s->side, err);
		if (rc < 0)
			return rc;
		if (s->side == r->side) {
			*at = i;
			if (!r->child) /* the child's own, and while there is none */
				r->page->step = (int)i;
			if (step_run(r, s, r->side == CHILD ? &r->page->err : err) < 0) {
				if (r->side == CHILD)
					child_fail(r);
				step_hint(r, s, err);
				return err->num ? -err->num : -EINVAL;
			}
		}
		/* Watched: nothing moves while the launcher speaks. exec does not come back. */
		if (!is_told || i + 1 == program_len)
			continue;
		rc = baton_move(r, &holder, PARENT, err);
		if (rc < 0)
			return rc;
		if (r->side == PARENT)
			watch_after(r, s);
	}
	return 0;
}

/* The child is gone or past exec: which, and why? 0: the command runs. */
static int child_outcome(struct run *r, size_t *at, struct err *err)
{
	struct pollfd end = {.fd = r->pidfd, .events = POLLIN};
	siginfo_t info = {0};

	*at = (size_t)page_step(r->page);
	page_err(r->page, err);
	if (err->is_set) {
		step_hint(r, step_at(r, *at), err);
		if (!strcmp(step_at(r, *at)->id, "exec"))
			exec_explain(r, err);
		return -err->num;
	}
	memset(err, 0, sizeof(*err));
	if (r->page->hot)
		return 0;
	/*
	 * Not a word in the page: it was killed. Its descriptors are closed a moment before it can be
	 * waited for. WNOWAIT: cleaning up reaps it.
	 */
	(void)poll(&end, 1, 1000);
	if (waitid(P_PIDFD, (id_t)r->pidfd, &info, WEXITED | WNOWAIT | WNOHANG) == 0 &&
	    info.si_pid && info.si_code != CLD_EXITED)
		return err_say(err, "the sandbox was killed by signal %d during set-up",
			       info.si_status);
	return err_say(err, "the sandbox ended during set-up without a reason");
}

/* Kill whatever is left of the sandbox and reap it. pid 1's death is the namespace's death. */
static void child_end(struct run *r)
{
	struct pollfd p = {.fd = r->pidfd, .events = POLLIN};
	siginfo_t info;

	if (r->pidfd < 0)
		return;
	sandbox_kill(r->pidfd);
	(void)poll(&p, 1, SETUP_DEADLINE_MS);
	(void)waitid(P_PIDFD, (id_t)r->pidfd, &info, WEXITED | WNOHANG);
}

static void undo_all(struct run *r, size_t at)
{
	for (size_t i = at + 1; i-- > 0;) {
		const struct step *s = step_at(r, i);

		if (s->undo && s->side == PARENT && step_wanted(r, s))
			s->undo(r);
	}
}

static int launch(struct run *r)
{
	struct err err = {0};
	size_t at = 0;
	size_t last = 0;
	int status = EXIT_SETUP;
	int rc = is_watched(r) ? watch_start(r, &err) : 0;

	if (rc == 0)
		rc = walk(r, &at, &err);

	/* Past its last step, which never returns: nothing below is the child's business. */
	if (r->side == CHILD)
		child_fail(r);
	last = at;
	if (rc == WALK_DRY)
		return 0;
	if (rc == 0) { /* the child's last run of steps ends in exec: EOF is the good answer */
		rc = parent_wait(r, SETUP_DEADLINE_MS, &err);
		if (rc == 0)
			rc = err_say(&err, "the sandbox answered out of turn");
	}
	if (rc == -EPIPE && r->child)
		rc = child_outcome(r, &at, &err);
	watch_end(r);
	if (rc == 0) {
		if (r->spec->record)
			record_ran(r->spec->record);
		status = supervise(r, &err);
		if (status >= 0)
			stats_report(r);
	}
	if (err.is_set) {
		if (r->spec->n_skip)
			err_hint(&err, "it may need what --skip %s left out: skip it, too",
				 r->spec->skip[0]);
		err_print(&err, step_at(r, at)->id);
		if (r->spec->is_verbose)
			note("step %s: %s", step_at(r, at)->id, step_at(r, at)->why);
		status = err.exit ? err.exit : EXIT_SETUP;
	}
	child_end(r);
	undo_all(r, last);
	return status;
}

void run_init(struct run *r, const struct spec *s)
{
	*r = (struct run){.spec = s};
	r->baton = r->baton_child = r->hand = r->received = r->sigfd = r->pidfd = -1;
	r->workload = r->root_src = r->overlay_src = r->root_tree = r->root = -1;
	r->null = r->proc = r->sys = r->dev = r->tty = r->cgroup = r->cgroup_parent = -1;
	r->launcher = r->listener = -1;
}

int runner_launch(const struct spec *s, const struct seam *seam)
{
	struct err err = {0};
	struct run run;
	int status;

	run_init(&run, s);
	run.seam = seam;
	run.plan = arena_alloc(s->arena, sizeof(*run.plan));
	run.page = mmap(NULL, sizeof(*run.page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	run.src = fd_table(s->n_mounts);
	run.secrets = fd_table(s->n_secrets);
	run.mounted = calloc(s->n_mounts + 1, sizeof(*run.mounted));
	if (run.page == MAP_FAILED || !run.src || !run.secrets || !run.mounted) {
		err_set(&err, ENOMEM, "memory for the launch");
		err_print(&err, "run");
		return EXIT_SETUP;
	}
	status = launch(&run);
	free(run.src);
	free(run.secrets);
	free(run.mounted);
	return status;
}
