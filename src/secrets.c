/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secrets.c - --secret: files on a private tmpfs at /run/secrets.
 *
 * Should: read the secret as the caller, before anything is touched; pass it through a memfd, so
 * that no memory of the launcher or of init holds it; leave the tmpfs read-only.
 * Mustn't: put a secret into the environment, the arguments, the rootfs or any message.
 */
#include "drysh.h"
#include "mnt.h"
#include "sys.h"
#include "verify.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

/* A secret is a key or a password; Docker's limit for swarm secrets is 500 KiB. */
#define SECRET_MAX (1UL << 20)

static bool secrets_wanted(const struct run *r)
{
	return r->spec->n_secrets > 0;
}

static int secret_read(const struct secret_req *s, int memfd, struct err *err)
{
	auto_free char *text = NULL;
	const char *value;
	size_t len = 0;
	int rc;

	if (s->env) {
		value = getenv(s->env);
		if (!value)
			return err_say(err, "%s: variable %s is not set", s->origin, s->env);
		len = strlen(value);
	} else {
		rc = read_file(AT_FDCWD, s->file, SECRET_MAX, &text, &len);
		if (rc == -EINVAL)
			return err_say(err, "%s: %s is not a regular file", s->origin, s->file);
		if (rc < 0)
			return err_set(err, -rc, "%s: %s", s->origin, s->file);
		value = text;
	}
	for (size_t done = 0; done < len;) {
		ssize_t n = write(memfd, value + done, len - done);

		if (n < 0)
			return err_set(err, errno, "%s", s->origin);
		done += (size_t)n;
	}
	if (text)
		explicit_bzero(text, len);
	return 0;
}

static int secrets_read_run(struct run *r, struct err *err)
{
	for (size_t i = 0; i < r->spec->n_secrets; i++) {
		r->secrets[i] = memfd_create("secret", MFD_CLOEXEC);
		if (r->secrets[i] < 0)
			return err_set(err, errno, "%s", r->spec->secrets[i].origin);
		if (secret_read(&r->spec->secrets[i], r->secrets[i], err) < 0)
			return -EINVAL;
	}
	return 0;
}

/* A place inside for each, written by the caller's process: root of the namespace may not read them. */
static void secrets_read_sh(const struct run *r, struct sh *out)
{
	const char *as_root = sh_as_root(r);

	sh_part(out, SH_HOLDER);
	sh_line(out, "%smkdir \"$stage/secrets\"", as_root);
	sh_line(out,
		"%smount -t tmpfs -o nosuid,nodev,noexec,mode=0755,size=64m,nr_inodes=4096 tmpfs \\",
		as_root);
	sh_line(out, "\t\"$stage/secrets\"");
	for (size_t i = 0; i < r->spec->n_secrets; i++) {
		const struct secret_req *s = &r->spec->secrets[i];
		const char *target = sh_quote(r, s->target);

		sh_line(out, "%stouch \"$stage/secrets\"/%s", as_root, target);
		if (s->file)
			sh_line(out, "cat %s >\"$stage/secrets\"/%s", sh_source(r, s->file),
				target);
		else if (sh_is_variable(s->env))
			sh_line(out, "printf '%%s' \"${%s?is not set}\" >\"$stage/secrets\"/%s",
				s->env, target);
		else
			sh_line(out,
				"printf '%%s\\n' 'no shell variable can have the name of secret '%s; exit 125",
				target);
	}
}

const struct step step_secrets_read = {
	.id = "secrets-read",
	.what = "read the secrets into anonymous memory",
	.why = "as the caller and before anything is touched, so that a missing one is said first",
	.refs = "memfd_create(2)",
	.calls = "memfd_create(\"secret\", MFD_CLOEXEC)",
	.side = PARENT,
	.is_pure = true,
	.wanted = secrets_wanted,
	.by = "--secret",
	.sh = secrets_read_sh,
	.run = secrets_read_run,
	.hints =
		(const struct hint[]){
			{EFBIG,
			 "a secret has at most 1 MiB: mount larger files with -v FILE:TARGET:ro"},
			{0, NULL}},
};

static int secret_write(const struct run *r, size_t i, int dir, struct err *err)
{
	const struct secret_req *s = &r->spec->secrets[i];
	auto_close int fd = openat(dir, s->target,
				   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	uid_t uid = s->has_uid ? s->uid : r->plan->uid;
	gid_t gid = s->has_gid ? s->gid : r->plan->gid;
	struct stat st;
	off_t at = 0;

	if (fd < 0 || fstat(r->secrets[i], &st) < 0)
		return err_set(err, errno, "%s: /run/secrets/%s", s->origin, s->target);
	while (at < st.st_size)
		if (sendfile(fd, r->secrets[i], &at, (size_t)(st.st_size - at)) <= 0)
			return err_set(err, errno ? errno : EIO, "%s: /run/secrets/%s", s->origin,
				       s->target);
	if (fchown(fd, uid, gid) < 0)
		return err_set(err, errno, "%s: owner %u:%u", s->origin, uid, gid);
	if (fchmod(fd, s->mode) < 0)
		return err_set(err, errno, "%s: mode %04o", s->origin, s->mode);
	return 0;
}

static int secrets_run(struct run *r, struct err *err)
{
	struct mnt_tmpfs t = {.has_mode = true, .mode = 0755, .size = 64UL << 20, .inodes = 4096};
	auto_close int target = -1;
	auto_close int fd = mnt_tmpfs(&t, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
				      err);
	int rc;

	if (fd < 0)
		return fd;
	for (size_t i = 0; i < r->spec->n_secrets; i++) {
		if (secret_write(r, i, fd, err) < 0)
			return -EIO;
		(void)close(take_fd(&r->secrets[i]));
	}
	rc = mnt_setattr(fd, 0, MOUNT_ATTR_RDONLY, 0);
	if (rc < 0)
		return err_set(err, -rc, "make /run/secrets read-only");
	target = mnt_resolve(r->root, "/run/secrets", O_DIRECTORY);
	if (target == -ENOENT) {
		rc = mnt_make(r, r->root, "/run/secrets", true);
		target = rc < 0 ? rc : mnt_resolve(r->root, "/run/secrets", O_DIRECTORY);
	}
	rc = target < 0 ? target : mnt_attach(fd, target);
	return rc < 0 ? err_set(err, -rc, "mount /run/secrets") : 0;
}

static void secrets_sh(const struct run *r, struct sh *out)
{
	char target[PATH_MAX];

	for (size_t i = 0; i < r->spec->n_secrets; i++) {
		const struct secret_req *s = &r->spec->secrets[i];
		const char *name = sh_quote(r, s->target);

		sh_line(out, "chown %u:%u \"$stage/secrets\"/%s",
			s->has_uid ? s->uid : r->plan->uid, s->has_gid ? s->gid : r->plan->gid,
			name);
		sh_line(out, "chmod %04o \"$stage/secrets\"/%s", s->mode, name);
	}
	verify_target(r, "/run/secrets", target);
	sh_line(out, "add_flags ro \"$stage/secrets\"");
	sh_place(out, target, false);
	sh_line(out, "[ -d \"$at\" ] || mkdir -p \"$at\" # only ever on a file system of ours");
	sh_line(out, "mount --rbind \"$stage/secrets\" \"$at\"");
}

static int secrets_verify(const struct run *r, struct err *err)
{
	char point[PATH_MAX];

	verify_target(r, "/run/secrets", point);
	return verify_mount(r, point, "ro") ? 0 : err_say(err, "no read-only mount on %s", point);
}

const struct step step_secrets = {
	.id = "secrets",
	.what = "write the secrets on a tmpfs of their own and seal it",
	.why = "after the tmpfs on /run, which would cover it",
	.refs = "tmpfs(5), mount_setattr(2)",
	.calls = "fsopen(\"tmpfs\"), fsmount()\n"
		 "sendfile(memfd, file), fchown(), fchmod(0400)\n"
		 "mount_setattr({attr_set = MOUNT_ATTR_RDONLY})\n"
		 "move_mount(mount, \"/run/secrets\")",
	.side = CHILD,
	.wanted = secrets_wanted,
	.by = "--secret",
	.sh = secrets_sh,
	.run = secrets_run,
	.verify = secrets_verify,
	.hints =
		(const struct hint[]){
			{EINVAL, "uid and gid have to be ids of the map: see user_namespaces(7)"},
			{0, NULL}},
};
