/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apparmor_cmd.c - `pillbox apparmor`: load, unload, status.
 *
 * Theory of operation
 *
 * The policy is the administrator's. `pillbox run` never loads a profile, it only enters one that
 * is there; this command is how one comes there, and how to see whether it did. Profiles are
 * compiled by apparmor_parser, the only program that can, called by its absolute path. They are
 * where `make install` puts them and the system loads them at boot, /etc/apparmor.d; or in the
 * source tree that this program was built in, which then is what its developer is trying out.
 *
 * Should: say for each profile what came of it, and believe the kernel's list, not the parser.
 * Mustn't: be of use to anybody but root, or leave a profile half loaded without saying so.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper.h"
#include "lsm.h"
#include "util.h"

#define ETC "/etc/apparmor.d"
#define REMOVE "/sys/kernel/security/apparmor/.remove"
#define PARSER_MS 30000

static const char *const own_profiles[] = {APPARMOR_DEFAULT, APPARMOR_LAUNCHER};

/* ---- where things are ----------------------------------------------------------------------- */

static const char *parser_path(struct err *err)
{
	static const char *const paths[] = {"/usr/sbin/apparmor_parser", "/sbin/apparmor_parser"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (access(paths[i], X_OK) == 0)
			return paths[i];
	err_say(err, "apparmor_parser: not installed");
	err_hint(err, "apt-get install apparmor");
	return NULL;
}

/* In the source tree that this program was built in, if it was not installed since. */
static bool in_tree(const char *name, char *path)
{
	char exe[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	exe[len > 0 ? len : 0] = '\0';
	slash = strrchr(exe, '/');
	if (!slash)
		return false;
	*slash = '\0';
	len = snprintf(path, PATH_MAX, "%s/../profiles/apparmor/%s", exe, name);
	return len < PATH_MAX && access(path, R_OK) == 0;
}

static bool in_etc(const char *name, char *path)
{
	(void)snprintf(path, PATH_MAX, ETC "/%s", name);
	return access(path, R_OK) == 0;
}

/*
 * The file of one of our own profiles. The launcher's is for an installed pillbox, and only the
 * installed one has the rule that AppArmor 4.0 brought.
 */
static int profile_file(const char *name, char *path, struct err *err)
{
	bool is_found = strcmp(name, APPARMOR_LAUNCHER) != 0
				? in_tree(name, path) || in_etc(name, path)
				: in_etc(name, path) || in_tree(name, path);

	if (is_found)
		return 0;
	err_set(err, ENOENT, ETC "/%s", name);
	err_hint(err, "`make install` puts it there");
	return -ENOENT;
}

/* ---- load ----------------------------------------------------------------------------------- */

/* Run the parser; what it says on descriptor `fd` is left in h->said. 0: it was content. */
static int parser(struct helper *h, const char *parser_exe, const char *how, const char *file,
		  int fd, struct err *err)
{
	/*
	 * Without the cache: it goes by the last part of the file's name, and the file of that name
	 * in /etc may be another one.
	 */
	const char *argv[] = {parser_exe, "--skip-cache", how, file, NULL};

	if (helper_start(h, argv, fd, err) < 0 || helper_wait(h, 1, PARSER_MS, err) < 0)
		return -err->num;
	if (h->code == CLD_EXITED && h->status == 0)
		return 0;
	for (char *c = h->said; (c = strchr(c, '\n'));)
		*c = c[1] ? ' ' : '\0';
	if (fd == STDERR_FILENO && h->n_said)
		return err_say(err, "%s: %s", file, h->said);
	return err_say(err, "%s: apparmor_parser ended with status %d", file, h->status);
}

/* Tell what the kernel has now of each profile that the parser found in the file. */
static int loaded_tell(struct helper *h, const char *file, struct err *err)
{
	char *at = NULL;

	if (h->n_said == sizeof(h->said) - 1 && strrchr(h->said, '\n'))
		*strrchr(h->said, '\n') = '\0'; /* cut there: no half name */
	for (char *name = strtok_r(h->said, "\n", &at); name; name = strtok_r(NULL, "\n", &at)) {
		char mode[32] = "";

		if (strstr(name, "//"))
			continue; /* inside of another profile, and of its directory in the list */
		if (apparmor_mode(APPARMOR_PROFILES, name, mode, sizeof(mode)) < 0)
			return err_say(err, "%s: the kernel does not list profile %s", file, name);
		printf("loaded %s (%s) from %s\n", name, mode, file);
	}
	return 0;
}

static int load_file(const char *parser_exe, const char *file, struct err *err)
{
	struct helper load = HELPER_NONE;
	struct helper names = HELPER_NONE;
	int rc = parser(&load, parser_exe, "--replace", file, STDERR_FILENO, err);

	helper_end(&load);
	/* A second time for its other output: one pipe is all that a helper has. */
	if (rc == 0)
		rc = parser(&names, parser_exe, "--names", file, STDOUT_FILENO, err);
	if (rc == 0)
		rc = loaded_tell(&names, file, err);
	helper_end(&names);
	return rc;
}

static int may_change(const char *what, struct err *err)
{
	const char *why;

	if (geteuid() != 0) {
		err_say(err, "%s: only root may change the kernel's AppArmor profiles", what);
		err_hint(err, "sudo pillbox apparmor %s", what);
		return -EPERM;
	}
	if (apparmor_enabled(&why) < 0) {
		err_say(err, "%s: %s", what, why);
		err_hint(err, "%s", APPARMOR_CURE_BOOT);
		return -ENOSYS;
	}
	return 0;
}

static int load(int argc, char *argv[], struct err *err)
{
	const char *parser_exe;
	char path[PATH_MAX];

	if (may_change("load", err) < 0)
		return -err->num;
	parser_exe = parser_path(err);
	if (!parser_exe)
		return -err->num;
	for (int i = 0; i < argc; i++) {
		/* The parser starts in another directory. */
		if (!realpath(argv[i], path))
			return err_set(err, errno, "%s", argv[i]);
		if (load_file(parser_exe, path, err) < 0)
			return -err->num;
	}
	for (size_t i = 0; !argc && i < ARRAY_SIZE(own_profiles); i++)
		if (profile_file(own_profiles[i], path, err) < 0 ||
		    load_file(parser_exe, path, err) < 0)
			return -err->num;
	return 0;
}

/* ---- unload --------------------------------------------------------------------------------- */

static int unload_one(const char *name, struct err *err)
{
	char mode[32];
	int rc;

	if (apparmor_name_check(name, err) < 0)
		return -err->num;
	if (apparmor_mode(APPARMOR_PROFILES, name, mode, sizeof(mode)) == -ENOENT) {
		printf("not loaded: %s\n", name);
		return 0;
	}
	rc = write_file(AT_FDCWD, REMOVE, name);
	if (rc < 0)
		return err_set(err, -rc, "unload %s", name);
	printf("unloaded %s: what runs under it is confined by it no longer\n", name);
	return 0;
}

static int unload(int argc, char *argv[], struct err *err)
{
	if (may_change("unload", err) < 0)
		return -err->num;
	for (int i = 0; i < argc; i++)
		if (unload_one(argv[i], err) < 0)
			return -err->num;
	for (size_t i = 0; !argc && i < ARRAY_SIZE(own_profiles); i++)
		if (unload_one(own_profiles[i], err) < 0)
			return -err->num;
	return 0;
}

/* ---- status --------------------------------------------------------------------------------- */

static void status_userns(void)
{
	auto_free char *text = NULL;
	size_t len;

	if (read_file(AT_FDCWD, APPARMOR_USERNS_SYSCTL, 64, &text, &len) < 0)
		printf("user namespaces: this kernel's AppArmor does not restrict them\n");
	else if (strtol(text, NULL, 10) == 0)
		printf("user namespaces: not restricted (" APPARMOR_USERNS_NAME "=0)\n");
	else
		printf("user namespaces: without capabilities but for programs whose profile grants "
		       "them (" APPARMOR_USERNS_NAME "=%ld)\n",
		       strtol(text, NULL, 10));
}

static bool status_profile(const char *name, const char *absent)
{
	char mode[32] = "";
	int rc = apparmor_mode(APPARMOR_PROFILES, name, mode, sizeof(mode));

	if (rc == -EACCES)
		printf("%s: the list of loaded profiles cannot be read: " APPARMOR_PROFILES "\n",
		       name);
	else if (rc < 0)
		printf("%s: not loaded%s\n", name, absent);
	else
		printf("%s: loaded, mode %s\n", name, mode);
	return !strcmp(mode, "enforce") || !strcmp(mode, "kill");
}

/* True: a workload would be confined by pillbox-default. */
static bool status(void)
{
	char label[APPARMOR_NAME_MAX + 32];
	const char *why = NULL;
	bool is_enforced;
	int rc = apparmor_enabled(&why);

	printf("kernel: %s\n", rc < 0 ? why : "AppArmor is enabled");
	if (rc < 0 && rc != -ENOENT)
		return false;
	status_userns();
	is_enforced = status_profile(APPARMOR_DEFAULT, ": as root, pillbox apparmor load");
	(void)status_profile(APPARMOR_LAUNCHER, " (needed where user namespaces are restricted)");
	(void)apparmor_own(label, sizeof(label));
	printf("this process: %s\n", label[0] ? label : "its label cannot be read");
	return is_enforced;
}

/* ---- the command ---------------------------------------------------------------------------- */

static int command(const char *what, int argc, char *argv[], struct err *err)
{
	if (!strcmp(what, "load"))
		return load(argc, argv, err);
	if (!strcmp(what, "unload"))
		return unload(argc, argv, err);
	if (strcmp(what, "status") != 0) {
		err_say(err, "'%s': no such action", what);
		err_hint(err, "pillbox apparmor load [FILE...], unload [NAME...] or status");
		return -EINVAL;
	}
	if (argc > 0)
		return err_say(err, "status: takes no arguments");
	return status() ? 0 : 1;
}

int apparmor_command(int argc, char *argv[])
{
	struct err err = {0};
	int rc = command(argc > 0 ? argv[0] : "status", argc > 1 ? argc - 1 : 0, argv + 1, &err);

	if (fflush(stdout) != 0 && rc >= 0)
		rc = err_set(&err, errno, "output");
	if (rc >= 0)
		return rc;
	err_print(&err, "apparmor");
	return EXIT_SETUP;
}
