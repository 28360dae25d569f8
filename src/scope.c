/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scope.c - a scope from the user's own systemd: the launcher is moved into it.
 *
 * Theory of operation
 *
 * The plan (scope_find.c) has fixed the unit's name and by that the group that systemd will make for
 * it. pillbox-scope, a small program that is linked to libsystemd, asks the user's manager for it,
 * with our pid as its only process and the controllers of the limits delegated. The manager can't
 * take us out of a session's scope itself; it has the system's manager do that.
 *
 * We wait for that, and then look into /proc/self/cgroup. Only what the kernel says there counts: who
 * answered may be anyone who could write to /run/user/UID, as a sandbox could that was given it by
 * -v. Such a one can keep us waiting for a while, and cannot make us believe in a group that isn't.
 *
 * From there on it is a delegated group in which we are alone (cgroup.c): we step into a leaf, and
 * the sandbox's group is made beside it. Nothing is undone here. When the launcher has ended,
 * in whatever way, the scope is empty, and systemd removes it with all that is below. What the unit
 * that we came from allowed its processes holds no longer; the session's end isn't ours, either.
 *
 * Should: end in that scope, or fail.
 * Mustn't: believe a word of the answer, but to quote it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "drysh.h"
#include "helper.h"
#include "step.h"

#define SCOPE_MS 22000 /* pillbox-scope itself gives up after 20 s, with a better word for it */

/* What it says when it failed: a word, and behind that what was said to it. */
static const struct answer {
	const char *word;
	int num;
	const char *text;
	const char *hint;
} answers[] = {
	{"connect", ECONNREFUSED, "the user manager does not answer",
	 "it may have ended while its socket stayed: log out everywhere and in again, or as root "
	 "`systemctl restart user@` with the uid behind the @"},
	{"namespace", EXDEV,
	 "the user manager runs in another pid namespace, where our pid is another process's",
	 "start pillbox where it runs, outside of this container"},
	{"exists", EEXIST, "there is a scope of this name",
	 "a sandbox of this name is running: choose another --name"},
	{"timeout", ETIME, "the user manager does not answer in time",
	 "see `systemctl --user status` and `systemctl --user list-jobs`"},
	{"failed", EIO, "systemd could not start the scope",
	 "a user's systemd needs the system's D-Bus to move a process out of a session (package "
	 "dbus); else see `journalctl -e`, as root"},
	{"refused", EPERM, "systemd refuses the scope",
	 "see `journalctl --user -e`, or as root `journalctl -e`"},
};

/* One line, `done` or `WORD WHAT-WAS-SAID`; anything else is no answer. */
static int answer_read(struct helper *h, const char *options, struct err *err)
{
	char *end = strchr(h->said, '\n');
	char *said;
	size_t len;

	if (end && end[1])
		end = NULL; /* more than one line */
	else if (end)
		*end = '\0';
	if (end && h->code == CLD_EXITED && h->status == 0 && !strcmp(h->said, "done"))
		return 0;
	len = strcspn(h->said, " ");
	said = h->said + len + (h->said[len] == ' ');
	for (size_t i = 0; end && i < ARRAY_SIZE(answers); i++) {
		const struct answer *a = &answers[i];

		if (strlen(a->word) != len || memcmp(a->word, h->said, len) != 0)
			continue;
		cgroup_say(err, a->num, a->hint, "%s%s%s%s", options, a->text, said[0] ? ": " : "",
			   said);
		return -a->num;
	}
	cgroup_say(err, EPROTO, "it is part of pillbox: `make install` puts it there anew",
		   "%s%s ended without an answer, %s %d", options, "pillbox-scope",
		   h->code == CLD_EXITED ? "exit status" : "by signal", h->status);
	return -EPROTO;
}

static int program_run(const struct run *r, const char *options, struct err *err)
{
	struct helper h = HELPER_NONE;
	const char *argv[4 + CTL_COUNT + 1] = {r->plan->scope_program};
	char pid[24];
	size_t n = 1;
	int rc;

	(void)snprintf(pid, sizeof(pid), "%d", getpid());
	argv[n++] = pid;
	argv[n++] = r->plan->scope_unit;
	argv[n++] = SCOPE_SLICE;
	for (unsigned i = 0; i < CTL_COUNT; i++)
		if ((r->plan->cgroup_need | r->plan->cgroup_want) & 1u << i)
			argv[n++] = cgroup_ctl_name(i);
	rc = helper_start(&h, argv, 1, err);
	if (rc == 0)
		rc = helper_wait(&h, 1, SCOPE_MS, err);
	if (rc == 0)
		rc = answer_read(&h, options, err);
	helper_end(&h);
	return rc;
}

/* Where are we? Says the kernel. */
static int where_check(const struct run *r, const char *options, struct err *err)
{
	auto_free char *text = NULL;
	struct cgroup_host h = {.has_path = false};
	size_t len;
	int rc = read_file(AT_FDCWD, "/proc/self/cgroup", 1 << 16, &text, &len);

	if (rc < 0)
		return err_set(err, -rc, "/proc/self/cgroup");
	cgroup_parse_self(text, &h);
	if (h.has_path && !strcmp(h.path, r->plan->scope_path))
		return 0;
	cgroup_say(err, ESTALE, "see `systemctl --user status`, and who else answers for it",
		   "%ssystemd says that we are in %s, and the kernel %s", options,
		   r->plan->scope_path, h.path);
	return -ESTALE;
}

static int scope_run(struct run *r, struct err *err)
{
	char options[256];
	size_t len;
	int rc;

	cgroup_options(&r->spec->limits, r->plan->cgroup_need, options, sizeof(options) - 2);
	len = strlen(options);
	if (len)
		memcpy(options + len, ": ", 3);
	rc = program_run(r, options, err);
	if (rc == 0)
		rc = where_check(r, options, err);
	if (rc < 0 && cgroup_go_without(r, err)) {
		r->has_no_scope = true;
		rc = 0;
	}
	return rc;
}

static bool scope_wanted(const struct run *r)
{
	return r->plan->scope_unit != NULL;
}

static void scope_show(const struct run *r, struct show *out)
{
	char list[64];

	cgroup_ctl_list(r->plan->cgroup_need | r->plan->cgroup_want, 0, list, sizeof(list));
	show(out, "unit", "%s", r->plan->scope_unit);
	show(out, "delegated", "%s", list);
	show(out, "asked_by", "%s", r->plan->scope_program);
}

static const struct hint scope_hints[] = {
	{ETIME, "see `systemctl --user status` and `systemctl --user list-jobs`"},
	{ENOENT, "pillbox-scope is part of pillbox: `make install` puts it there"},
	{0, NULL},
};

/* systemd-run makes a scope around a program that it starts: so the script starts itself once more. */
static void scope_sh(const struct run *r, struct sh *out)
{
	(void)r;
	sh_need(out, "systemd-run", "systemd");
	sh_line(out, "if [ -z \"${PILLBOX_IN_SCOPE-}\" ]; then");
	sh_line(out, "\texport PILLBOX_IN_SCOPE=1");
	sh_line(out, "\texec systemd-run --user --scope --quiet -p Delegate=yes sh \"$0\"");
	sh_line(out, "fi");
}

const struct step step_cgroup_scope = {
	.id = "cgroup-scope",
	.what = "ask the user's systemd for a scope with the limits' controllers",
	.why = "before `cgroup`, which makes the sandbox's group in it; after all that only reads, "
	       "since from here on systemd knows of us; only when no group that is there already "
	       "will do",
	.refs = "org.freedesktop.systemd1(5), systemd.scope(5), systemd.resource-control(5)",
	.calls = "fork(), execve(\"pillbox-scope\"), which calls StartTransientUnit over D-Bus\n"
		 "open(\"/proc/self/cgroup\") to see where systemd has put us",
	.side = PARENT,
	.wanted = scope_wanted,
	.by = "a limit that an ordinary user's systemd has to provide",
	.show = scope_show,
	.sh = scope_sh,
	.run = scope_run,
	.hints = scope_hints,
};
