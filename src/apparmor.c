/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apparmor.c - the profile that the command runs under.
 *
 * Theory of operation
 *
 * The label of a task changes at execve when "exec NAME" was written to its attr/exec before, or
 * "stack NAME" when it is confined already: then both hold, because replacing a profile that
 * somebody put around pillbox would be a way out of it (and with no_new_privs the kernel refuses it
 * at execve, where nobody can say why). Whether the profile is loaded is looked up first, in the
 * kernel's list, which an ordinary user can read on most systems; where not, the kernel's answer
 * to the write decides, and ENOENT is "not loaded".
 *
 * The write goes through our own procfs, found by openat2 without any link that leads elsewhere:
 * a rootfs that brings its own /proc/self/attr/exec would swallow the label, and the command would
 * run unconfined (this happened to others: CVE-2019-16884).
 *
 * Should: make sure before the start that the name is loaded and enforced.
 * Mustn't: end up without the profile that was asked for, however it fails.
 */
#include "lsm.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/apparmor.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "drysh.h"
#include "step.h"
#include "sys.h"

#define PROFILES "/sys/kernel/security/apparmor/policy/profiles"
#define HINT_WITHOUT "; or do without: --allow-missing=apparmor"

/* ---- pure ----------------------------------------------------------------------------------- */

int apparmor_name_check(const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (!len) {
		err_say(err, "apparmor=: the name of a profile is missing");
		err_hint(err, "apparmor=NAME of a loaded profile, or apparmor=unconfined for none");
		return -err->num;
	}
	if (len > APPARMOR_NAME_MAX)
		return err_say(err,
			       "apparmor=%.40s...: a profile name has at most %d bytes, not %zu",
			       name, APPARMOR_NAME_MAX, len);
	for (const unsigned char *p = (const unsigned char *)name; *p; p++)
		if (*p <= ' ' || *p == 0x7f)
			return err_say(
				err, "apparmor=%.200s: a profile name has no blank or control byte",
				name);
	return 0;
}

int apparmor_label_check(const char *label, const char *name)
{
	size_t name_len = strlen(name);
	const char *mode = strstr(label, " (");
	size_t len = mode ? (size_t)(mode - label) : strcspn(label, "\n");

	for (const char *part = label; part && part < label + len;) {
		const char *next = strstr(part, "//&");
		size_t part_len = next && next < label + len ? (size_t)(next - part)
							     : (size_t)(label + len - part);

		/* Compared in full: "unconfined_x" is no "unconfined", nor the other way round. */
		if (part_len == name_len && !memcmp(part, name, name_len)) {
			if (mode &&
			    (!strncmp(mode, " (enforce)", 10) || !strncmp(mode, " (kill)", 7)))
				return 0;
			/* Stacked on one that only complains; ours was seen enforced before. */
			if (mode && next && !strncmp(mode, " (mixed)", 8))
				return 0;
			if (mode && part != label && !strncmp(mode, " (mixed)", 8))
				return 0;
			return -EPERM;
		}
		part = next && next < label + len ? next + 3 : NULL;
	}
	return -ENOENT;
}

/* ---- what the host has ---------------------------------------------------------------------- */

static bool line_is(int dirfd, const char *dir, const char *file, const char *text)
{
	auto_free char *got = NULL;
	char path[NAME_MAX + 16];
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (read_file(dirfd, path, 8192, &got, &len) < 0)
		return false;
	got[strcspn(got, "\n")] = '\0';
	return !strcmp(got, text);
}

enum apparmor_state apparmor_find(const char *dir, const char *name)
{
	enum apparmor_state state = PROFILE_ABSENT;
	DIR *list = opendir(dir);
	const struct dirent *e;

	if (!list)
		return PROFILE_HIDDEN;
	/* Each is a directory with a mangled name; its file `name` has the true one. */
	while ((e = readdir(list))) {
		if (e->d_name[0] == '.' || !line_is(dirfd(list), e->d_name, "name", name))
			continue;
		state = line_is(dirfd(list), e->d_name, "mode", "enforce") ||
					line_is(dirfd(list), e->d_name, "mode", "kill")
				? PROFILE_ENFORCED
				: PROFILE_WEAK;
		break;
	}
	(void)closedir(list);
	return state;
}

/* 0, or why the kernel has no AppArmor for us; the words are for "apparmor=NAME: <words>". */
static int enabled(const char **ret_why)
{
	if (aa_is_enabled())
		return 0;
	switch (errno) {
	case ENOSYS:
		*ret_why = "this kernel has no AppArmor";
		break;
	case ECANCELED:
		*ret_why = "AppArmor is switched off on the kernel command line";
		break;
	case ENOENT:
		*ret_why = "AppArmor's files are not there (securityfs is not mounted here)";
		break;
	default:
		*ret_why = "AppArmor's state cannot be read";
	}
	return -errno;
}

/* Are we under a profile that denies something? */
static bool is_confined(void)
{
	char *label = NULL;
	char *mode = NULL;
	bool is = false;

	if (aa_getcon(&label, &mode) >= 0 && label)
		is = strcmp(label, "unconfined") != 0 && (!mode || strcmp(mode, "unconfined") != 0);
	free(label); /* mode points into it */
	return is;
}

/* Asked for and not to be had: an error, or, with the user's word, said and gone on without. */
static int without(struct run *r, const char *name, const char *why, const char *cure,
		   struct err *err)
{
	if (r->spec->allow_missing & MISSING_APPARMOR) {
		note("NOT ENFORCED: AppArmor profile %.200s: %s", name, why);
		return 0;
	}
	if (r->spec->apparmor)
		(void)err_say(err, "apparmor=%.200s: %s", name, why);
	else
		(void)err_say(err, "AppArmor profile %s, which preset %s wants: %s", name,
			      preset_name(r->spec->preset), why);
	err->num = ENOENT;
	err_hint(err, "%s" HINT_WITHOUT, cure);
	return -err->num;
}

#define CURE_BOOT                                                                          \
	"boot with `apparmor=1 lsm=...,apparmor` on the kernel command line, or run with " \
	"--security-opt apparmor=unconfined"
#define CURE_LOAD \
	"load it as root: apparmor_parser -r FILE (pillbox's own: /etc/apparmor.d/pillbox-default)"
#define CURE_ENFORCE \
	"as root: aa-enforce PROFILE, or apparmor_parser -r FILE without flags=(complain)"

static int profile_plan(struct run *r, const char *name, bool is_asked, struct err *err)
{
	bool may_miss = r->spec->allow_missing & MISSING_APPARMOR;
	const char *why = NULL;
	int rc = enabled(&why);

	/* Without securityfs AppArmor can still be in force: a container on an AppArmor host. */
	if (rc < 0 && (rc != -ENOENT || may_miss || !is_asked))
		return is_asked ? without(r, name, why, CURE_BOOT, err) : 0;
	switch (apparmor_find(PROFILES, name)) {
	case PROFILE_ABSENT:
		if (is_asked)
			return without(r, name, "the profile is not loaded", CURE_LOAD, err);
		return 0;
	case PROFILE_WEAK:
		if (without(r, name, "the profile is loaded but not in enforce mode", CURE_ENFORCE,
			    err) < 0)
			return -err->num;
		break; /* entered all the same: whoever complains wants the log */
	case PROFILE_HIDDEN:
		if (!is_asked || may_miss) {
			/* Entered on suspicion, a profile that is absent would end the launch. */
			if (is_asked)
				return without(r, name, "the list of profiles cannot be read",
					       CURE_LOAD, err);
			if (r->spec->is_verbose)
				note("AppArmor: no profile is applied, their list cannot be read");
			return 0;
		}
		break;
	case PROFILE_ENFORCED:
		break;
	}
	r->plan->apparmor = arena_strdup(r->spec->arena, name);
	r->plan->apparmor_stack = is_confined();
	return 0;
}

static int lsm_check_run(struct run *r, struct err *err)
{
	const char *name = r->spec->apparmor;
	bool is_asked = name || r->spec->preset == PRESET_STRICT;

	if (name && apparmor_name_check(name, err) < 0)
		return -err->num;
	if (!name || strcmp(name, "unconfined") != 0)
		if (profile_plan(r, name ? name : APPARMOR_DEFAULT, is_asked, err) < 0)
			return -err->num;
	return landlock_plan(r, err);
}

static void lsm_check_show(const struct run *r, struct show *out)
{
	show(out, "apparmor", "%s", r->plan->apparmor ? r->plan->apparmor : "none");
	if (r->plan->apparmor_stack)
		show(out, "apparmor_how", "stacked on the launcher's own");
	if (r->plan->landlock_abi)
		show(out, "landlock_abi", "%u", r->plan->landlock_abi);
	else
		show(out, "landlock_abi", "none");
}

/* ---- the child ------------------------------------------------------------------------------ */

/* Our own attr file: thread-self is a link, but one by name, and it leads to ourselves. */
static int attr_open(int proc, const char *const *files, uint64_t flags)
{
	int fd = -ENOENT;

	for (size_t i = 0; files[i] && fd == -ENOENT; i++)
		fd = sys_openat2(proc, files[i], flags | O_CLOEXEC | O_NOCTTY, 0,
				 RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS);
	return fd;
}

/* attr/exec belongs to whichever LSM comes first; attr/apparmor/exec (Linux 5.1) to AppArmor. */
static const char *const attr_exec[] = {"thread-self/attr/apparmor/exec", "thread-self/attr/exec",
					NULL};

static int lsm_run(struct run *r, struct err *err)
{
	const char *name = r->plan->apparmor;
	char text[APPARMOR_NAME_MAX + 64];
	auto_close int fd = -1;
	struct statfs fs;
	ssize_t n;
	int len;

	if (fstatfs(r->proc, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return err_say(err, "the sandbox's /proc is not a proc file system");
	fd = attr_open(r->proc, attr_exec, O_WRONLY);
	if (fd < 0)
		return err_set(err, -fd, "attr/exec of /proc");
	len = snprintf(text, sizeof(text), "%s %s", r->plan->apparmor_stack ? "stack" : "exec",
		       name);
	n = write(fd, text, (size_t)len);
	if (n != len)
		return err_set(err, n < 0 ? errno : EIO, "apparmor=%.200s", name);
	(void)close(take_fd(&fd));
	/* The kernel took it; it shows what it will do, so look. */
	fd = attr_open(r->proc, attr_exec, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	n = apparmor_label_check(text, name);
	if (n < 0 && !(n == -EPERM && r->spec->allow_missing & MISSING_APPARMOR))
		return err_set(err, (int)-n, "apparmor=%.200s: the kernel will enter \"%.200s\"",
			       name, text);
	return 0;
}

static bool lsm_wanted(const struct run *r)
{
	return r->plan->apparmor;
}

static void lsm_show(const struct run *r, struct show *out)
{
	show(out, "at_exec", "%s %s", r->plan->apparmor_stack ? "stack" : "enter",
	     r->plan->apparmor);
}

static void lsm_sh(const struct run *r, struct sh *out)
{
	if (r->plan->apparmor_stack) {
		sh_note(out,
			"pillbox is confined itself and would add this profile to that one. aa-exec can "
			"only replace, so this is the end.");
		sh_line(out, "fail 'AppArmor: no tool stacks a profile'");
		return;
	}
	sh_note(out,
		"The profile begins with the next program, so it comes after all that it might "
		"forbid: see below.");
	sh_need(out, "aa-exec", "apparmor");
	sh_part(out, SH_LAST);
	sh_line(out, "set -- \"$@\" aa-exec -p %s --", sh_quote(r, r->plan->apparmor));
}

/* The pid behind a pidfd, as our /proc names it. 0: gone. */
static pid_t pidfd_pid(int pidfd)
{
	auto_free char *text = NULL;
	const char *line;
	char path[64];
	size_t len;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	if (read_file(AT_FDCWD, path, 4096, &text, &len) < 0)
		return 0;
	line = strstr(text, "\nPid:");
	return line ? (pid_t)strtol(line + 5, NULL, 10) : 0;
}

/*
 * Of another process the kernel shows the label in force, not the one that execve will bring. So
 * before execve the child's own look (above) has to do; after it, the command must have the label.
 */
static int lsm_verify(const struct run *r, struct err *err)
{
	auto_free char *label = NULL;
	pid_t pid = r->workload >= 0 ? pidfd_pid(r->workload) : r->child;
	char path[64];
	size_t len;
	int rc;

	if (!r->page->hot)
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/attr/apparmor/current", pid);
	rc = read_file(AT_FDCWD, path, 8192, &label, &len);
	if (rc == -ENOENT) {
		(void)snprintf(path, sizeof(path), "/proc/%d/attr/current", pid);
		rc = read_file(AT_FDCWD, path, 8192, &label, &len);
	}
	if (rc < 0)
		return err_set(err, -rc, "%s", path);
	rc = apparmor_label_check(label, r->plan->apparmor);
	if (rc == 0 || (rc == -EPERM && r->spec->allow_missing & MISSING_APPARMOR))
		return 0;
	label[strcspn(label, "\n")] = '\0';
	return err_say(err, "process %d runs as \"%.200s\", not under %.200s", pid, label,
		       r->plan->apparmor);
}

static const struct hint lsm_hints[] = {
	{ENOENT, "the profile is not loaded: apparmor_parser -r FILE, as root" HINT_WITHOUT},
	{EACCES, "the profile around pillbox does not let it change to this one: it needs a rule "
		 "`change_profile -> NAME,`" HINT_WITHOUT},
	{EPERM, "with no_new_privs a confined process can only add a profile; this kernel cannot "
		"stack (Linux 4.8)" HINT_WITHOUT},
	{EINVAL,
	 "attr/exec belongs to another security module: /sys/kernel/security/lsm" HINT_WITHOUT},
	{0, NULL},
};

const struct step step_lsm_check = {
	.id = "lsm-check",
	.what = "look whether the AppArmor profile is loaded and enforced, whether pillbox is "
		"confined itself, and which Landlock the kernel has",
	.why = "before anything is touched: the kernel would tell about a missing profile only "
	       "when the sandbox is nearly finished; and Landlock's default depends on it",
	.refs = "apparmor(7), aa_is_enabled(2), aa_getcon(2), landlock(7)",
	.calls = "landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION)",
	.side = PARENT,
	.is_pure = true,
	.show = lsm_check_show,
	.run = lsm_check_run,
};

const struct step step_lsm = {
	.id = "lsm",
	.what = "have the kernel enter the AppArmor profile at execve",
	.why = "after the mounts, because the name is written through the sandbox's own /proc; "
	       "the profile is in force only from execve on, so it need not allow the rest of the "
	       "set-up; before `nnp`, `landlock` and `filter`, which might forbid the write",
	.refs = "apparmor(7), aa_change_profile(2), aa_stack_profile(2), proc_pid_attr(5)",
	.calls = "write(\"exec PROFILE\") to /proc/thread-self/attr/apparmor/exec",
	.side = CHILD,
	.wanted = lsm_wanted,
	.show = lsm_show,
	.sh = lsm_sh,
	.run = lsm_run,
	.verify = lsm_verify,
	.hints = lsm_hints,
};
