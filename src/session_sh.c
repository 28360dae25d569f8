/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session_sh.c - the room of session.c, by command-line tools (--dry-run=sh).
 *
 * Should: use the values that session.c's steps use.
 * Mustn't: leave out one of their controls without a word.
 */
#include "session.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

void oom_sh(const struct run *r, struct sh *out)
{
	sh_line(out, "echo %d >\"/proc/$child/oom_score_adj\" # inherited by all it starts",
		r->spec->oom_score_adj);
}

void session_sh(const struct run *r, struct sh *out)
{
	if (r->plan->has_tty)
		sh_note(out,
			"Your terminal is still its standard input; it is only not the controlling one.");
	sh_line(out, "set -- \"$@\" setsid");
}

/* " --core=0:0" behind what is there. */
static void limit_add(char *buf, size_t size, const char *name, uint64_t soft, uint64_t hard)
{
	char text[2][24] = {"unlimited", "unlimited"};
	size_t len = strlen(buf);

	if (soft != UINT64_MAX)
		(void)snprintf(text[0], sizeof(text[0]), "%llu", (unsigned long long)soft);
	if (hard != UINT64_MAX)
		(void)snprintf(text[1], sizeof(text[1]), "%llu", (unsigned long long)hard);
	(void)snprintf(buf + len, size - len, " --%s=%s:%s", name, text[0], text[1]);
}

void limits_sh(const struct run *r, struct sh *out)
{
	const struct spec *s = r->spec;
	char text[2048] = "";

	if (!has_ulimit(s, RLIMIT_CORE))
		limit_add(text, sizeof(text), "core", 0, 0);
	if (r->plan->pids_by_rlimit)
		limit_add(text, sizeof(text), "nproc", s->limits.pids, s->limits.pids);
	for (size_t i = 0; i < s->n_ulimits; i++)
		limit_add(text, sizeof(text), s->ulimits[i].name, s->ulimits[i].soft,
			  s->ulimits[i].hard);
	if (*text)
		sh_line(out, "set -- \"$@\" prlimit%s --", text);
}

void keyring_sh(const struct run *r, struct sh *out)
{
	(void)r;
	sh_note(out, "It tells the new keyring's number on stderr.");
	sh_need(out, "keyctl", "keyutils");
	sh_line(out, "set -- \"$@\" keyctl session -");
}

void umask_sh(const struct run *r, struct sh *out)
{
	(void)r;
	sh_line(out, "umask 022");
	sh_line(out,
		"echo 50000 >/proc/self/timerslack_ns # the kernel's own; 0 would be what this shell began with");
	sh_line(out, "set -- \"$@\" setarch linux64 chrt --other 0 taskset %s",
		"ffffffffffffffffffffffffffffffff");
}

void nnp_sh(const struct run *r, struct sh *out)
{
	(void)r;
	sh_setpriv(out, "--no-new-privs");
}

void leash_sh(const struct run *r, struct sh *out)
{
	(void)r;
	sh_note(out,
		"Again, because the change of ids has cleared what unshare --kill-child had set.");
	sh_setpriv(out, "--pdeathsig KILL");
}

void fds_sh(const struct run *r, struct sh *out)
{
	(void)r;
	sh_note(out,
		"The pipes of the baton are closed in the last line, and signals were set to their "
		"defaults by env --default-signal.");
}
