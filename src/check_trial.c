/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_trial.c - one operation, tried in a child that may fail, hang or be killed.
 *
 * Theory of operation
 *
 * The child is made as `clone` makes the sandbox's, its map is written by step `idmap`, and it
 * begins with `become-root` and `private`, so that what is tried afterwards is tried by whom it
 * would be in a launch. What it finds goes into a page that both share; the page is believed,
 * because nothing but our own code ran in the child. What it made lives in namespaces that end with
 * it, or in descriptors.
 *
 *   launcher   clone3 ... write the map, "go" ... wait for the socket's end, or the deadline
 *   child                  (waits)               become-root, private, act, exit
 *
 * Should: tell apart that the operation failed, hung, and was killed.
 * Mustn't: change anything outside of the child; leave it behind, even when the launcher is killed.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "check.h"
#include "host.h"
#include "runner.h"
#include "sys.h"

#define TRIAL_MS \
	3000 /* milliseconds on a real machine, but an emulated one is a hundred times slower */

struct trial_page {
	struct page page;        /* with the error */
	const struct step *step; /* whose hints fit it */
	char at[64];             /* what is being tried */
	char detail[600];
	char cure[800]; /* not "": restricted */
	bool is_done;
};

/* ---- for those who act ---------------------------------------------------------------------- */

void trial_say(struct trial *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(t->page->detail, sizeof(t->page->detail), fmt, ap);
	va_end(ap);
}

void trial_partly(struct trial *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(t->page->cure, sizeof(t->page->cure), fmt, ap);
	va_end(ap);
}

void trial_at(struct trial *t, const char *what)
{
	(void)snprintf(t->page->at, sizeof(t->page->at), "%s", what);
}

void trial_as(struct trial *t, const struct step *step)
{
	t->page->step = step;
}

int trial_step(struct trial *t, const struct step *step, struct err *err)
{
	trial_as(t, step);
	trial_at(t, step->id);
	return step->run(&t->run, err);
}

/* ---- the child ------------------------------------------------------------------------------ */

static void act(struct trial *t, const struct check *c, struct err *err)
{
	if (!c->is_plain && trial_step(t, &step_become_root, err) < 0)
		return;
	/* Changing ids cleared it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) {
		err_set(err, errno, "signal at the launcher's death");
		return;
	}
	if ((!c->is_plain || c->namespaces & CLONE_NEWNS) && trial_step(t, &step_private, err) < 0)
		return;
	trial_as(t, NULL);
	trial_at(t, "");
	if (c->act(t, err) < 0 && !err->is_set)
		err_say(err, "it failed without a word");
}

static _Noreturn void child_main(struct trial *t, const struct check *c, int sock)
{
	char go;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* again, and looked at, in act() */
	/* The end of the file: the launcher could not write the map, or is gone. */
	if (read(sock, &go, 1) == 1)
		act(t, c, &t->page->page.err);
	t->page->is_done = true;
	_exit(0);
}

/* ---- the launcher --------------------------------------------------------------------------- */

/* Until it ends. False: it did not, and was killed. The pid is its own, it is not reaped. */
static bool child_wait(pid_t pid, int pidfd, int sock, siginfo_t *ret)
{
	struct pollfd end = {.fd = sock, .events = POLLIN};
	bool is_late;
	int n;

	do /* after a stop and a continue it has its time again */
		n = poll(&end, 1, TRIAL_MS);
	while (n < 0 && errno == EINTR);
	is_late = n <= 0;
	if (is_late && (pidfd < 0 || sys_pidfd_send_signal(pidfd, SIGKILL) < 0))
		(void)kill(pid, SIGKILL);
	while (waitid(P_PID, (id_t)pid, ret, WEXITED | __WALL) < 0 && errno == EINTR)
		;
	return !is_late;
}

/* Neither done nor an error: what ended it? */
static void death_explain(const struct trial_page *page, bool is_late, const siginfo_t *info,
			  struct err *err)
{
	const char *at = page->at[0] ? page->at : "the child";

	if (is_late) {
		err_set(err, ETIMEDOUT, "%s: no answer for %d s", at, TRIAL_MS / 1000);
	} else if (info->si_code != CLD_EXITED && info->si_status == SIGSYS) {
		err_say(err, "%s: a seccomp filter around pillbox kills who calls it", at);
		err->num = EPERM;
	} else {
		err_say(err, "%s: the child ended with %s %d", at,
			info->si_code == CLD_EXITED ? "status" : "signal", info->si_status);
	}
}

static pid_t child_start(const struct check *c, struct trial *t, int sock[2], int *pidfd)
{
	struct clone_args args = {.flags = c->namespaces | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
				  .exit_signal = SIGCHLD,
				  .pidfd = (uint64_t)(uintptr_t)pidfd};
	pid_t pid;

	if (!c->is_plain)
		args.flags |= CLONE_NEWUSER | CLONE_NEWNS;
	/* Without a namespace no clone3: what needs none is tried where clone3 is hidden, too. */
	if (c->is_plain && !c->namespaces)
		pid = fork();
	else
		pid = sys_clone3(&args);
	if (pid == 0) {
		(void)close(sock[0]);
		child_main(t, c, sock[1]);
	}
	return pid < 0 && c->is_plain && !c->namespaces ? -errno : pid;
}

static const struct step *child_run(const struct check *c, struct trial *t, struct err *err)
{
	auto_close int ours = -1;
	auto_close int pidfd = -1;
	siginfo_t info = {0};
	const struct step *step = &step_clone;
	bool is_late;
	int sock[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock) < 0) {
		err_set(err, errno, "socket pair for the trial");
		return NULL;
	}
	ours = sock[0];
	pid = child_start(c, t, sock, &pidfd);
	(void)close(sock[1]);
	if (pid < 0) {
		err_set(err, -pid, "clone3 with new namespaces");
		return step;
	}
	t->run.child = pid;
	step = &step_idmap;
	if (c->is_plain || step->run(&t->run, err) == 0) {
		step = NULL;
		(void)!write(ours, "", 1); /* gone already: its death tells */
	} else {
		(void)shutdown(ours, SHUT_WR);
	}
	is_late = !child_wait(pid, pidfd, ours, &info);
	if (!step && t->page->page.err.is_set)
		page_err(&t->page->page, err);
	else if (!step && !t->page->is_done)
		death_explain(t->page, is_late, &info, err);
	return step ? step : t->page->step;
}

void trial(const struct check *c, const struct check_host *h, const struct plan *plan,
	   struct check_result *ret)
{
	struct trial_page *page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct trial t = {.spec = h->spec, .plan = *plan, .page = page};
	const struct step *step = NULL;
	struct err err = {0};

	if (page == MAP_FAILED) {
		err_set(&err, errno, "memory for the trial");
		check_fail(ret, NULL, &err);
		return;
	}
	run_init(&t.run, &t.spec);
	t.run.plan = &t.plan;
	t.run.page = &page->page;
	step = child_run(c, &t, &err);
	if (err.is_set) {
		check_fail(ret, step, &err);
	} else {
		check_set(ret, page->cure[0] ? CHECK_RESTRICTED : CHECK_WORKS, "%s", page->detail);
		check_cure(ret, "%s", page->cure);
	}
	(void)munmap(page, sizeof(*page));
}
