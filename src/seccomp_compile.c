/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_compile.c - `pillbox seccomp compile`: the program as a file of struct sock_filter, as
 * seccomp(2) takes it and bubblewrap's --seccomp reads it.
 *
 * Mustn't: put a program on a terminal.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "output.h"
#include "seccomp_cmd.h"

static int refuse_terminal(int fd, const char *where, struct err *err)
{
	if (!isatty(fd))
		return 0;
	err_say(err, "%s: a terminal, and this is a program for the kernel", where);
	err_hint(err, "-o FILE, or redirect it");
	return -ENOTTY;
}

/* Only the loader can give them; bubblewrap cannot. */
static void tell_flags(const struct seccomp_profile *sp)
{
	if (sp->p.flags & SECCOMP_FILTER_FLAG_LOG)
		note("%s: flag SECCOMP_FILTER_FLAG_LOG is not in the program: who loads it says so "
		     "to seccomp(2)",
		     sp->origin);
	if (sp->p.flags & SECCOMP_FILTER_FLAG_SPEC_ALLOW)
		note("%s: flag SECCOMP_FILTER_FLAG_SPEC_ALLOW is not in the program: who loads it "
		     "says so to seccomp(2)",
		     sp->origin);
}

static int compile(const struct seccomp_req *req, const char *name, struct seccomp_profile *sp,
		   struct err *err)
{
	bool is_stdout = strcmp(req->output, "-") == 0;
	size_t size;
	int rc;

	if (is_stdout && refuse_terminal(STDOUT_FILENO, "standard output", err) < 0)
		return -err->num;
	if (seccomp_profile_load(req, name, sp, err) < 0)
		return -err->num;
	size = sp->prog->n * sizeof(sp->prog->insns[0]);
	if (is_stdout) {
		rc = output_all(STDOUT_FILENO, sp->prog->insns, size);
		if (rc < 0)
			return err_set(err, -rc, "standard output");
	} else {
		if (output_file(req->output, sp->prog->insns, size, err) < 0)
			return -err->num;
		printf("%s: %u instructions, %zu bytes\n", req->output, sp->prog->n, size);
	}
	tell_flags(sp);
	return 0;
}

int seccomp_compile(const struct seccomp_req *req, struct err *err)
{
	struct seccomp_profile sp = {0};
	int rc;

	if (!req->output) {
		err_say(err, "-o: missing");
		err_hint(err,
			 "pillbox seccomp compile PROFILE -o FILE, or -o - for standard output");
		return -EINVAL;
	}
	rc = compile(req, req->words[0], &sp, err);
	seccomp_profile_free(&sp);
	return rc;
}
