/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.c - one attack, in a process of its own, and the verdict.
 *
 * Should:  outlive whatever the attack does: errors, signals, a hang.
 * Mustn't: know any attack by its name.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

static _Noreturn void attack_child(const struct attack *k, struct attempt *a)
{
	/* A group of its own, to be killed with all that it started; and it dies with the judge. */
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	(void)signal(SIGTTOU, SIG_IGN);
	(void)signal(SIGTTIN, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	k->run(a);
	_exit(0);
}

/* Wait for it; false: it had to be killed. A pidfd may be refused to us here. */
static bool attack_wait(pid_t pid, unsigned seconds, int *ret_status)
{
	struct timespec pause = {0, 100000}, now, start;

	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	for (;;) {
		if (waitpid(pid, ret_status, WNOHANG) == pid)
			return true;
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - start.tv_sec > (time_t)seconds)
			break;
		(void)nanosleep(&pause, NULL);
		if (pause.tv_nsec < 5000000)
			pause.tv_nsec *= 2;
	}
	kill(pid, SIGKILL);
	waitpid(pid, ret_status, 0);
	return false;
}

static void judge(const struct attack *k, const struct attempt *a, int status, struct result *r)
{
	if (a->end == END_WORKED) {
		r->verdict = VERDICT_ALLOWED;
	} else if (a->end == END_NOT_APPLICABLE) {
		r->verdict = VERDICT_NOT_APPLICABLE;
	} else if (a->end == END_HELD || a->is_in_call || (a->call[0] && a->ret < 0)) {
		r->verdict = VERDICT_BLOCKED;
		by_rule(k, a, status, r);
	} else {
		(void)snprintf(r->note, sizeof(r->note), "%s",
			       WIFSIGNALED(status) ? "it was killed between its calls"
						   : "it came back without a word");
	}
}

void attack_run(const struct attack *k, struct result *r)
{
	unsigned seconds = k->seconds ? k->seconds : ATTACK_SECONDS;
	struct attempt *a;
	int status = 0;
	bool has_ended;
	pid_t pid;

	*r = (struct result){.attack = k, .verdict = VERDICT_UNKNOWN};
	a = mmap(NULL, sizeof(*a), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (a == MAP_FAILED) {
		(void)snprintf(r->note, sizeof(r->note), "no memory for it");
		return;
	}
	a->call = "";
	pid = fork();
	if (pid == 0)
		attack_child(k, a);
	if (pid < 0) {
		(void)snprintf(r->note, sizeof(r->note), "no process for it: %s",
			       strerrordesc_np(errno));
		goto out;
	}
	has_ended = attack_wait(pid, seconds, &status);
	(void)kill(-pid, SIGKILL);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	(void)snprintf(r->call, sizeof(r->call), "%s", a->call);
	(void)snprintf(r->note, sizeof(r->note), "%s", a->note);
	r->err = a->ret < 0 && !a->is_in_call ? (int)-a->ret : 0;
	r->signal = has_ended && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	if (has_ended || a->end != END_OPEN)
		judge(k, a, status, r);
	else
		(void)snprintf(r->note, sizeof(r->note), "no end after %u s, %s %s", seconds,
			       a->is_in_call ? "in" : "after", a->call);
out:
	munmap(a, sizeof(*a));
}
