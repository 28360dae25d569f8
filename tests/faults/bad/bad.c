/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bad.c - launchers that break the contract, each in one way: the sweep has to notice every one.
 *
 * usage: bad MODE DIR PAYLOAD ARG...     it fails where its one prctl(PR_SET_TIMERSLACK) fails
 *
 * Should:  keep the contract in mode `good`, and in all others break it in the way of their name.
 * Mustn't: break it as long as nothing fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static const char *mode;

static bool is(const char *name)
{
	return !strcmp(mode, name);
}

static _Noreturn void fail(const char *what)
{
	static char line[200];

	if (write(2, line, (size_t)snprintf(line, sizeof(line), "pillbox: run: %s\n", what)) < 0)
		_exit(125);
	_exit(125);
}

static void make_file(const char *dir)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/left", dir);
	close(open(path, O_CREAT | O_WRONLY, 0600));
}

/* What a launcher should not do when a call failed. True: it goes on. */
static bool misbehave(const char *dir)
{
	struct termios t;

	if (is("hang"))
		pause();
	if (is("leak") && !fork())
		pause();
	if (is("silent"))
		_exit(125);
	if (is("lines") && write(2, "pillbox: run: this\n", 19) < 0)
		_exit(125);
	if (is("nameless") && write(2, "that failed\n", 12) > 0)
		_exit(125);
	if (is("status")) {
		(void)!write(2, "pillbox: run: that\n", 19);
		_exit(1);
	}
	if (is("crash"))
		raise(SIGSEGV);
	if (is("file"))
		make_file(dir);
	if (is("mount"))
		mount("none", dir, "tmpfs", 0, NULL);
	if (is("key"))
		syscall(SYS_add_key, "user", "left", "x", 1, KEY_SPEC_SESSION_KEYRING);
	if (is("terminal") && !tcgetattr(0, &t)) {
		t.c_lflag ^= ECHO;
		tcsetattr(0, TCSANOW, &t);
	}
	if (is("state") && dup2(2, 5) < 0) /* the payload gets a descriptor more */
		_exit(125);
	return is("state");
}

int main(int argc, char **argv)
{
	pid_t helper = 0, pid;
	int status;

	if (argc < 4)
		return 2;
	mode = argv[1];
	if (is("orphan")) {
		helper = fork();
		if (!helper)
			pause();
	}
	if (prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0) && !misbehave(argv[2]))
		fail("timer slack");
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
			fail("leash");
		execv(argv[3], argv + 3);
		fail("execute");
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			fail("wait");
	}
	if (helper > 0) {
		kill(helper, SIGKILL);
		waitpid(helper, NULL, 0);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
