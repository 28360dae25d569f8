/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bystander - start a process of our own that stands beside the sandbox.
 *
 * Should: come back only when the process is settled, that is confined; or with its own reason.
 * Mustn't: leave a process behind that is not settled.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervise.h"
#include "sys.h"
#include "verify.h"

static _Noreturn void bystander_main(struct run *r, const struct bystander *b, int ready)
{
	struct err err = {0};

	if (b->settle(r, &ready, &err)) {
		/* Short of that the launcher sees the end without a word, and fails all the same. */
		(void)!write(ready, &err, sizeof(err));
		_exit(EXIT_SETUP);
	}
	(void)!write(ready, "", 1);
	(void)close(ready);
	b->loop(r);
	_exit(EXIT_SETUP);
}

/* One byte: it stands. An error struct: that is why not. Nothing: it was killed. */
static int bystander_ready(const char *name, int ready, struct err *err)
{
	struct err theirs = {0};
	ssize_t n;

	do
		n = read(ready, &theirs, sizeof(theirs));
	while (n < 0 && errno == EINTR);
	if (n == 1)
		return 0;
	if (n != (ssize_t)sizeof(theirs))
		return err_say(err, "process %s ended before it was ready", name);
	*err = theirs;
	return -err->num;
}

int bystander_start(struct run *r, const struct bystander *b, pid_t *ret_pid, struct err *err)
{
	auto_close int from = -1;
	int ready[2];
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC))
		return err_set(err, errno, "pipe from %s", b->name);
	from = ready[0];
	pid = fork();
	if (pid == 0)
		bystander_main(r, b, ready[1]);
	(void)close(ready[1]); /* or our own copy would keep EOF from us */
	if (pid < 0)
		return err_set(err, errno, "fork");
	*ret_pid = pid;
	return bystander_ready(b->name, from, err);
}

int bystander_places(const int *from, size_t n, int first, struct err *err)
{
	int high[BYSTANDER_FDS];

	/* Up and down again: any of them may have one of the places already. */
	for (size_t i = 0; i < n; i++)
		high[i] = fcntl(from[i], F_DUPFD, 16);
	for (size_t i = 0; i < n; i++)
		if (high[i] < 0 || dup2(high[i], first + (int)i) < 0)
			return err_set(err, errno, "keep the descriptors");
	return 0;
}

int bystander_verify(const struct bystander *b, pid_t pid, struct err *err)
{
	char name[32] = "", mode[16] = "";

	if (pid <= 0 || proc_status(pid, "Name", name, sizeof(name)) < 0 ||
	    proc_status(pid, "Seccomp", mode, sizeof(mode)) < 0)
		return err_say(err, "there is no process %s", b->name);
	if (strcmp(name, b->name) != 0 || strcmp(mode, "2") != 0)
		return err_say(err, "process %d is no confined %s: Name %s, Seccomp %s", pid,
			       b->name, name, mode);
	return 0;
}
