/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_load.c - from a PROFILE on the command line to a checked program.
 *
 * What is looked at is what a launch would load: `pillbox run` with the same --preset, --cap-add and
 * --cap-drop has the same bounding set, and with it the same rules in force.
 *
 * Should: read a file as `pillbox run` does, with the same limits.
 * Mustn't: take a file for a built-in profile: those have three names, and ./default is a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtin_filter.h"
#include "caps_names.h"
#include "host.h"
#include "seccomp_cmd.h"

static const struct builtin_filter *find_builtin(const char *name)
{
	for (size_t i = 0; i < n_builtin_filters; i++)
		if (strcmp(builtin_filters[i].name, name) == 0)
			return &builtin_filters[i];
	return NULL;
}

static int read_stdin(struct seccomp_profile *sp, struct err *err)
{
	size_t room = PROFILE_MAX_BYTES + 1;

	sp->origin = "standard input";
	sp->own_text = malloc(room);
	if (!sp->own_text)
		return err_set(err, ENOMEM, "%s", sp->origin);
	for (ssize_t got = 1; got > 0 && sp->len < room;) {
		got = read(STDIN_FILENO, sp->own_text + sp->len, room - sp->len);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got < 0)
			return err_set(err, errno, "%s", sp->origin);
		else
			sp->len += (size_t)got;
	}
	if (sp->len == room)
		return err_say(err, "%s: larger than the limit of %u bytes", sp->origin,
			       PROFILE_MAX_BYTES);
	return 0;
}

static int read_path(const char *path, struct seccomp_profile *sp, struct err *err)
{
	int rc = read_file(AT_FDCWD, path, PROFILE_MAX_BYTES, &sp->own_text, &sp->len);

	if (rc == 0)
		return 0;
	if (rc == -EFBIG)
		return err_say(err, "%s: larger than the limit of %u bytes", path,
			       PROFILE_MAX_BYTES);
	rc = err_set(err, -rc, "%s", *path ? path : "''");
	err_hint(err, "a profile is a regular file in Docker's JSON format; - reads standard "
		      "input; default, strict and docker are built in");
	return rc;
}

static int read_text(const char *name, struct seccomp_profile *sp, struct err *err)
{
	const struct builtin_filter *b = find_builtin(name);
	int rc = 0;

	sp->origin = name;
	sp->preset = PRESET_HARDENED;
	if (b) {
		sp->text = b->json;
		sp->len = b->json_len;
		/* The profile of hardened is called default. */
		(void)preset_by_name(name, &sp->preset);
		return 0;
	}
	rc = strcmp(name, "-") == 0 ? read_stdin(sp, err) : read_path(name, sp, err);
	sp->text = sp->own_text;
	return rc;
}

static int set_caps(const struct seccomp_req *req, struct seccomp_profile *sp, struct err *err)
{
	if (req->preset)
		(void)preset_by_name(req->preset, &sp->preset);
	if (req->cap_add & req->cap_drop & CAP_ALL_BIT)
		return err_say(err, "--cap-drop ALL: contradicts --cap-add ALL");
	sp->caps = caps_resolve(preset_caps(sp->preset), req->cap_add, req->cap_drop, caps_known());
	return 0;
}

int seccomp_profile_read(const struct seccomp_req *req, const char *name,
			 struct seccomp_profile *ret, struct err *err)
{
	struct err old = {0};

	memset(ret, 0, sizeof(*ret));
	if (read_text(name, ret, err) < 0 || set_caps(req, ret, err) < 0)
		return -err->num;
	ret->kernel = req->kernel;
	/* One that is too old for pillbox is not too old to look at a profile. */
	if (!ret->kernel && host_kernel(&ret->kernel, &old) < 0 && !ret->kernel) {
		*err = old;
		return -err->num;
	}
	return profile_read(ret->origin, ret->text, ret->len, ret->caps, ret->kernel, &ret->p, err);
}

int seccomp_profile_build(struct seccomp_profile *sp, struct err *err)
{
	int rc;

	sp->prog = malloc(sizeof(*sp->prog));
	if (!sp->prog)
		return err_set(err, ENOMEM, "%s", sp->origin);
	rc = profile_build(&sp->p, sp->prog, err);
	return rc ? rc : profile_check(&sp->p, sp->prog, err);
}

int seccomp_profile_load(const struct seccomp_req *req, const char *name,
			 struct seccomp_profile *ret, struct err *err)
{
	int rc = seccomp_profile_read(req, name, ret, err);

	return rc ? rc : seccomp_profile_build(ret, err);
}

void seccomp_profile_free(struct seccomp_profile *sp)
{
	profile_free(&sp->p);
	free(sp->prog);
	free(sp->own_text);
	memset(sp, 0, sizeof(*sp));
}

bool seccomp_is_call(const char *name)
{
	/* libseccomp knows those of processors that the table does not have, too. */
	return call_info(name) || seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR;
}
