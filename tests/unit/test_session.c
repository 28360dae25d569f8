/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_session.c - what no test from outside can see of the steps of session.c, because something else
 * holds as well; and the ties of the processes that are not pid 1.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit_setting.h"
#include "cli.h"
#include "runner.h"

static struct spec spec;
static struct plan plan;
static struct run run;

static void set_up(void)
{
	run_init(&run, &spec);
	run.plan = &plan;
	plan.uid = getuid();
}

/* Exit status of `body` in a child; -1 when it did not exit. */
static int in_child(int (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(body());
	cr_assert(pid > 0 && waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- fds: every descriptor of ours has the flag from its birth; this step is for one that has not */

static int marks(void)
{
	struct err err = {0};

	for (int fd = 3; fd < 40; fd++)
		if (dup2(2, fd) < 0)
			return 90;
	if (step_fds.run(&run, &err))
		return 91;
	for (int fd = 0; fd < 40; fd++) {
		bool is_kept = fd < 3 + (int)spec.preserve_fds;

		if (fcntl(fd, F_GETFD) != (is_kept ? 0 : FD_CLOEXEC))
			return 100 + fd;
	}
	return 0;
}

Test(session, descriptors_are_marked)
{
	set_up();
	cr_expect_eq(in_child(marks), 0);
	spec.preserve_fds = 2;
	cr_expect_eq(in_child(marks), 0);
}

/* ---- what the caller left open: closed at the start, long before that step --------------------- */

static int closes(void)
{
	struct err err = {0};

	for (int fd = 3; fd < 40; fd++)
		if (dup2(2, fd) < 0)
			return 90;
	if (cli_inherited_fds(2, &err))
		return 91;
	for (int fd = 0; fd < 40; fd++)
		if ((fcntl(fd, F_GETFD) >= 0) != (fd < 5))
			return 100 + fd;
	return 0;
}

static int refuses_directory(void)
{
	struct err err = {0};
	int fd = open("/", O_RDONLY | O_DIRECTORY);

	if (dup2(2, 3) < 0 || dup2(fd, 4) < 0)
		return 90;
	return cli_inherited_fds(2, &err) == -EISDIR ? 0 : 1;
}

Test(session, inherited_descriptors_are_closed)
{
	cr_expect_eq(in_child(closes), 0);
	cr_expect_eq(in_child(refuses_directory), 0);
}

/* ---- leash ---------------------------------------------------------------------------------- */

static int leash(void)
{
	struct err err = {0};
	int sig = 0;

	if (step_leash.run(&run, &err) || prctl(PR_GET_PDEATHSIG, &sig, 0, 0, 0))
		return 1;
	return sig == SIGKILL ? 7 : 2;
}

Test(session, leash_and_a_launcher_that_is_gone)
{
	int pair[2];

	set_up();
	cr_assert(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	run.baton = pair[0];
	cr_expect_eq(in_child(leash), 7);
	/* It died before the signal was asked for: nobody would ever send it. */
	(void)close(pair[1]);
	cr_expect_eq(in_child(leash), EXIT_SETUP);
}

Test(session, leash_under_another_user)
{
	int pair[2];

	set_up();
	cr_assert(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	run.baton = pair[0];
	plan.uid = getuid() + 1; /* not yet the workload's: its change would take the leash off */
	cr_expect_eq(in_child(leash), 1);
}

/* ---- --verify: a sandbox that is not there -------------------------------------------------- */

Test(session, verify_sees_namespaces_of_the_host)
{
	struct err err = {0};

	set_up();
	run.child = getpid();
	cr_expect(step_clone.verify(&run, &err) < 0);
	cr_expect(strstr(err.msg, "namespace user is the host's"), "%s", err.msg);
}

/* ---- an audit's launcher -------------------------------------------------------------------- */

Test(session, the_launcher_of_an_audit_dies_with_its_reader)
{
	int status, sig = 0;
	pid_t pid = audit_fork();

	if (pid == 0)
		_exit(prctl(PR_GET_PDEATHSIG, &sig, 0, 0, 0) ? 1 : sig);
	cr_assert(pid > 0 && waitpid(pid, &status, 0) == pid);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == SIGKILL, "status %#x",
		  (unsigned)status);
}
