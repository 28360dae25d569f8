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

/* The first line of a small file of the list, cut to `size`. */
static int first_line(int dirfd, const char *dir, const char *file, char *text, size_t size)
{
	auto_free char *got = NULL;
	char path[NAME_MAX + 16];
	size_t len;
	int rc;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	rc = read_file(dirfd, path, 8192, &got, &len);
	if (rc < 0)
		return rc;
	(void)snprintf(text, size, "%.*s", (int)strcspn(got, "\n"), got);
	return 0;
}

/*
 * Each profile is a directory whose file `name` has the true name. The directory's own is the name
 * with blanks and slashes mangled and a number behind it: where nothing is to be mangled, one look
 * at it tells nearly all the others apart, of which a desktop has hundreds.
 */
static bool may_be(const char *entry, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(entry, name, len) && entry[len] == '.';
}

static int mode_look(DIR *list, bool is_quick, const char *name, char *mode, size_t size)
{
	const struct dirent *e;

	rewinddir(list);
	for (errno = 0; (e = readdir(list)); errno = 0) {
		char text[APPARMOR_NAME_MAX + 2];
		int rc;

		if (e->d_name[0] == '.' || may_be(e->d_name, name) != is_quick)
			continue;
		rc = first_line(dirfd(list), e->d_name, "name", text, sizeof(text));
		if (rc == -ENOENT) /* unloaded this very moment */
			continue;
		if (rc < 0)
			return rc;
		if (strcmp(text, name) == 0)
			return first_line(dirfd(list), e->d_name, "mode", mode, size);
	}
	return errno ? -errno : -ENOENT;
}

int apparmor_mode(const char *dir, const char *name, char *mode, size_t size)
{
	DIR *list = opendir(dir);
	int rc;

	if (!list)
		return errno == ENOENT ? -EACCES : -errno;
	rc = mode_look(list, true, name, mode, size);
	if (rc == -ENOENT)
		rc = mode_look(list, false, name, mode, size);
	(void)closedir(list);
	return rc;
}

enum apparmor_state apparmor_find(const char *dir, const char *name)
{
	char mode[32];
	int rc = apparmor_mode(dir, name, mode, sizeof(mode));

	if (rc == -EACCES)
		return PROFILE_HIDDEN;
	if (rc == -ENOENT)
		return PROFILE_ABSENT;
	if (rc < 0)
		return PROFILE_UNREADABLE;
	return !strcmp(mode, "enforce") || !strcmp(mode, "kill") ? PROFILE_ENFORCED : PROFILE_WEAK;
}

int apparmor_enabled(const char **ret_why)
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

bool apparmor_own(char *text, size_t size)
{
	char *label = NULL;
	char *mode = NULL;
	bool is = false;

	(void)snprintf(text, size, "%s", "");
	if (aa_getcon(&label, &mode) >= 0 && label) {
		/* A profile with flags=(unconfined) has a name and denies nothing. */
		is = strcmp(label, "unconfined") != 0 && (!mode || strcmp(mode, "unconfined") != 0);
		(void)snprintf(text, size, mode ? "%s (%s)" : "%s", label, mode);
	}
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

#define CURE_BOOT APPARMOR_CURE_BOOT ", or run with --security-opt apparmor=unconfined"
#define CURE_LOAD \
	"as root: pillbox apparmor load (pillbox's own profiles), or pillbox apparmor load FILE"
#define CURE_ENFORCE \
	"take flags=(complain) out of its file, and as root: pillbox apparmor load FILE"

static int profile_plan(struct run *r, const char *name, bool is_asked, struct err *err)
{
	bool may_miss = r->spec->allow_missing & MISSING_APPARMOR;
	const char *why = NULL;
	int rc = apparmor_enabled(&why);
	char own[APPARMOR_NAME_MAX];

	/* What failed is no word that there is none. */
	if (rc < 0 && rc != -ENOSYS && rc != -ECANCELED && rc != -ENOENT && rc != -EACCES)
		return err_set(err, -rc, "look whether AppArmor is in force");
	/* Without securityfs AppArmor can still be in force: a container on an AppArmor host. */
	if (rc < 0 && (rc != -ENOENT || may_miss || !is_asked))
		return is_asked ? without(r, name, why, CURE_BOOT, err) : 0;
	switch (apparmor_find(APPARMOR_PROFILES, name)) {
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
	case PROFILE_UNREADABLE:
		return err_say(err, "the list of AppArmor profiles cannot be read to its end");
	case PROFILE_ENFORCED:
		break;
	}
	r->plan->apparmor = arena_strdup(r->spec->arena, name);
	r->plan->apparmor_stack = apparmor_own(own, sizeof(own));
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
	landlock_plan_show(r, out);
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

#define AT_EXEC_MAX (APPARMOR_NAME_MAX + 64) /* also for what is read back, with its mode */

/* What is written to attr/exec, as aa_change_profile(2) and aa_stack_profile(2) do; its length. */
static int at_exec(const struct plan *p, char *buf, size_t size)
{
	return snprintf(buf, size, "%s %s", p->apparmor_stack ? "stack" : "exec", p->apparmor);
}

static int lsm_run(struct run *r, struct err *err)
{
	const char *name = r->plan->apparmor;
	char text[AT_EXEC_MAX];
	auto_close int fd = -1;
	struct statfs fs;
	ssize_t n;
	int len;

	if (fstatfs(r->proc, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC) {
		err_hint(err, "a profile is entered through /proc; without it: --security-opt "
			      "apparmor=unconfined");
		return err_say(err, "the sandbox's /proc is not a proc file system");
	}
	fd = attr_open(r->proc, attr_exec, O_WRONLY);
	if (fd < 0)
		return err_set(err, -fd, "attr/exec of /proc");
	len = at_exec(r->plan, text, sizeof(text));
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
	r->page->apparmor = 1;
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
	char text[AT_EXEC_MAX];

	(void)at_exec(r->plan, text, sizeof(text));
	sh_note(out,
		"The profile begins with the next program, so it comes after all that it might "
		"forbid: see below. (aa-exec would write to the number of its process, which is "
		"another one in the /proc of the host, still in use here.)");
	sh_part(out, SH_LAST);
	sh_line(out,
		"set -- \"$@\" /bin/sh -euc 'echo \"$0\" >/proc/self/attr/apparmor/exec; exec \"$@\"' "
		"%s",
		sh_quote(r, text));
}

/*
 * Of another process the kernel shows the label in force, and not the one that execve will bring.
 * So the child itself looks, in lsm_run; its word in the page is missing when the step was left out.
 */
static int lsm_verify(const struct run *r, struct err *err)
{
	if (r->page->apparmor == 1)
		return 0;
	return err_say(err, "AppArmor profile %.200s was planned and not seen accepted",
		       r->plan->apparmor);
}

static const struct hint lsm_hints[] = {
	{ENOENT, "the profile is not loaded: " CURE_LOAD HINT_WITHOUT},
	{EACCES, "the profile around pillbox does not let it add this one: it needs the rule "
		 "`change_profile -> &NAME,`" HINT_WITHOUT},
	{EPERM, "with no_new_privs a confined process can only add a profile; this kernel cannot "
		"stack (Linux 4.8)" HINT_WITHOUT},
	{EINVAL,
	 "attr/exec belongs to another security module: /sys/kernel/security/lsm" HINT_WITHOUT},
	{0, NULL},
};

static const struct hint check_hints[] = {
	{EPROTO,
	 "one call of Landlock is answered as if there were none, another is not: a seccomp "
	 "filter around pillbox does that; it has to let landlock_* through"},
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
	.hints = check_hints,
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
	.by = "--security-opt apparmor=NAME, or the profile pillbox-default loaded",
	.show = lsm_show,
	.sh = lsm_sh,
	.run = lsm_run,
	.verify = lsm_verify,
	.hints = lsm_hints,
};
