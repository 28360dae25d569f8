/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secrets.c - --secret and --config: files in memory, at /run/secrets or at a path of their own.
 *
 * Theory of operation
 *
 * What is named NAME lies on a tmpfs that is mounted on /run/secrets. What has a path of its own
 * lies, numbered, on a second tmpfs, and each file is bound to its place alone. A mount can be
 * copied only while it is attached (before Linux 6.15), so that tmpfs is attached over the root,
 * which descriptors see past, and detached again when all its files are bound.
 *
 * Should: read the text as the caller, before anything is touched; pass it through a memfd, so
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

/* How many have a path of their own, or have none. */
static size_t count(const struct run *r, bool is_placed)
{
	size_t n = 0;

	for (size_t i = 0; i < r->spec->n_secrets; i++)
		n += secret_is_placed(&r->spec->secrets[i]) == is_placed;
	return n;
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
	} else if (s->content) {
		value = s->content;
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

/* Who holds it as a file while the script builds: "$stage/secrets/NAME" or "$stage/files/N". */
static const char *sh_file(const struct run *r, size_t i)
{
	const struct secret_req *s = &r->spec->secrets[i];

	return secret_is_placed(s) ? arena_printf(r->spec->arena, "\"$stage/files/%zu\"", i)
				   : arena_printf(r->spec->arena, "\"$stage/secrets\"/%s",
						  sh_quote(r, s->target));
}

static void sh_tmpfs(const struct run *r, struct sh *out, const char *name, const char *flags)
{
	const char *as_root = sh_as_root(r);

	sh_line(out, "%smkdir \"$stage/%s\"", as_root, name);
	sh_line(out,
		"%smount -t tmpfs -o nosuid,nodev%s,mode=0755,size=64m,nr_inodes=4096 tmpfs \\",
		as_root, flags);
	sh_line(out, "\t\"$stage/%s\"", name);
}

static void sh_text_of(const struct run *r, struct sh *out, size_t i)
{
	const struct secret_req *s = &r->spec->secrets[i];
	const char *file = sh_file(r, i);

	if (s->file)
		sh_line(out, "cat %s >%s", sh_source(r, s->file), file);
	else if (s->content && s->is_public)
		sh_line(out, "printf '%%s' %s >%s", sh_quote(r, s->content), file);
	else if (s->content)
		sh_line(out, "printf '%%s' \"${SECRET_%zu?is not set: the text of a secret}\" >%s",
			i, file);
	else if (sh_is_variable(s->env))
		sh_line(out, "printf '%%s' \"${%s?is not set}\" >%s", s->env, file);
	else
		sh_line(out,
			"printf '%%s\\n' 'no shell variable can have the name of secret '%s; exit 125",
			sh_quote(r, s->target));
}

/* A place inside for each, written by the caller's process: root of the namespace may not read them. */
static void secrets_read_sh(const struct run *r, struct sh *out)
{
	sh_part(out, SH_HOLDER);
	if (count(r, false))
		sh_tmpfs(r, out, "secrets", ",noexec");
	if (count(r, true))
		sh_tmpfs(r, out, "files", "");
	for (size_t i = 0; i < r->spec->n_secrets; i++) {
		sh_line(out, "%stouch %s", sh_as_root(r), sh_file(r, i));
		sh_text_of(r, out, i);
	}
}

/* Where each comes from and where it goes; never what is in it. */
static void secrets_read_show(const struct run *r, struct show *out)
{
	for (size_t i = 0; i < r->spec->n_secrets; i++) {
		const struct secret_req *s = &r->spec->secrets[i];

		show(out, "files", "%s%s %04o from %s%s",
		     secret_is_placed(s) ? "" : "/run/secrets/", s->target, s->mode,
		     s->file  ? s->file
		     : s->env ? "variable "
			      : "the request",
		     s->env ? s->env : "");
	}
}

const struct step step_secrets_read = {
	.id = "secrets-read",
	.what = "read the secrets and configs into anonymous memory",
	.why = "as the caller and before anything is touched, so that a missing one is said first",
	.refs = "memfd_create(2)",
	.calls = "memfd_create(\"secret\", MFD_CLOEXEC)",
	.side = PARENT,
	.is_pure = true,
	.wanted = secrets_wanted,
	.by = "--secret, --config, --add-host or --dns",
	.show = secrets_read_show,
	.sh = secrets_read_sh,
	.run = secrets_read_run,
	.hints =
		(const struct hint[]){
			{EFBIG,
			 "a secret or config has at most 1 MiB: mount larger files with -v FILE:TARGET:ro"},
			{0, NULL}},
};

/* One file of a tmpfs of ours, with its owner and mode. */
static int secret_write(struct run *r, size_t i, int dir, const char *name, struct err *err)
{
	const struct secret_req *s = &r->spec->secrets[i];
	auto_close int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
				   0600);
	uid_t uid = s->has_uid ? s->uid : r->plan->uid;
	gid_t gid = s->has_gid ? s->gid : r->plan->gid;
	struct stat st;
	off_t at = 0;

	if (fd < 0 || fstat(r->secrets[i], &st) < 0)
		return err_set(err, errno, "%s: %s", s->origin, s->target);
	while (at < st.st_size)
		if (sendfile(fd, r->secrets[i], &at, (size_t)(st.st_size - at)) <= 0)
			return err_set(err, errno ? errno : EIO, "%s: %s", s->origin, s->target);
	if (fchown(fd, uid, gid) < 0)
		return err_set(err, errno, "%s: owner %u:%u", s->origin, uid, gid);
	if (fchmod(fd, s->mode) < 0)
		return err_set(err, errno, "%s: mode %04o", s->origin, s->mode);
	(void)close(take_fd(&r->secrets[i]));
	return 0;
}

/* All of one kind on a new tmpfs, which is read-only when they are written. */
static int files_make(struct run *r, bool is_placed, uint64_t attr, struct err *err)
{
	struct mnt_tmpfs t = {.has_mode = true, .mode = 0755, .size = 64UL << 20, .inodes = 4096};
	auto_close int fd = mnt_tmpfs(&t, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | attr, err);
	int rc;

	if (fd < 0)
		return fd;
	for (size_t i = 0; i < r->spec->n_secrets; i++) {
		const struct secret_req *s = &r->spec->secrets[i];
		char number[24];

		(void)snprintf(number, sizeof(number), "%zu", i);
		if (secret_is_placed(s) == is_placed &&
		    secret_write(r, i, fd, is_placed ? number : s->target, err) < 0)
			return -EIO;
	}
	rc = mnt_setattr(fd, 0, MOUNT_ATTR_RDONLY, 0);
	return rc < 0 ? err_set(err, -rc, "make the files of secrets read-only") : take_fd(&fd);
}

/* The mount point, made where that is allowed. */
static int point_open(const struct run *r, const char *path, bool is_dir)
{
	int flags = is_dir ? O_DIRECTORY : 0;
	int fd = mnt_resolve(r->root, path, flags);
	int rc;

	if (fd != -ENOENT)
		return fd;
	rc = mnt_make(r, r->root, path, is_dir);
	return rc < 0 ? rc : mnt_resolve(r->root, path, flags);
}

static int named_mount(struct run *r, struct err *err)
{
	auto_close int fd = files_make(r, false, MOUNT_ATTR_NOEXEC, err);
	auto_close int target = -1;
	int rc;

	if (fd < 0)
		return fd;
	target = point_open(r, "/run/secrets", true);
	rc = target < 0 ? target : mnt_attach(fd, target);
	return rc < 0 ? err_set(err, -rc, "mount /run/secrets") : 0;
}

static int placed_bind(struct run *r, int stage, size_t i, struct err *err)
{
	const struct secret_req *s = &r->spec->secrets[i];
	auto_close int target = -1;
	auto_close int fd = -1;
	char number[24];
	int rc;

	(void)snprintf(number, sizeof(number), "%zu", i);
	fd = mnt_clone(stage, number, s->is_public ? 0 : MOUNT_ATTR_NOEXEC, err);
	if (fd < 0)
		return fd;
	target = point_open(r, s->target, false);
	rc = target < 0 ? target : mnt_attach(fd, target);
	return rc < 0 ? err_set(err, -rc, "%s: mount on %s", s->origin, s->target) : 0;
}

static int placed_mount(struct run *r, struct err *err)
{
	auto_close int stage = files_make(r, true, 0, err);
	int rc;

	if (stage < 0)
		return stage;
	rc = mnt_attach(stage, r->root);
	if (rc < 0)
		return err_set(err, -rc, "attach the files of secrets");
	for (size_t i = 0; i < r->spec->n_secrets; i++)
		if (secret_is_placed(&r->spec->secrets[i]) && placed_bind(r, stage, i, err) < 0)
			return -EIO;
	if (fchdir(stage) < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return err_set(err, errno, "detach the files of secrets");
	return 0;
}

static int secrets_run(struct run *r, struct err *err)
{
	if (count(r, false) && named_mount(r, err) < 0)
		return -EIO;
	return count(r, true) ? placed_mount(r, err) : 0;
}

static void placed_sh(const struct run *r, struct sh *out, size_t i)
{
	const struct secret_req *s = &r->spec->secrets[i];
	char target[PATH_MAX];

	verify_target(r, s->target, target);
	sh_place(out, target, false);
	if (mount_is_on_tmpfs(r->spec, s->target, r->spec->n_mounts))
		sh_line(out, "mkdir -p \"${at%%/*}\"; [ -e \"$at\" ] || : >\"$at\"");
	sh_line(out, "mount --bind %s \"$at\"", sh_file(r, i));
	sh_line(out, "add_flags ro,nosuid,nodev%s \"$at\"", s->is_public ? "" : ",noexec");
}

static void secrets_sh(const struct run *r, struct sh *out)
{
	char target[PATH_MAX];

	for (size_t i = 0; i < r->spec->n_secrets; i++) {
		const struct secret_req *s = &r->spec->secrets[i];

		sh_line(out, "chown %u:%u %s", s->has_uid ? s->uid : r->plan->uid,
			s->has_gid ? s->gid : r->plan->gid, sh_file(r, i));
		sh_line(out, "chmod %04o %s", s->mode, sh_file(r, i));
	}
	if (count(r, false)) {
		verify_target(r, "/run/secrets", target);
		sh_line(out, "add_flags ro \"$stage/secrets\"");
		sh_place(out, target, false);
		sh_line(out,
			"[ -d \"$at\" ] || mkdir -p \"$at\" # only ever on a file system of ours");
		sh_line(out, "mount --rbind \"$stage/secrets\" \"$at\"");
	}
	if (count(r, true))
		sh_line(out, "add_flags ro \"$stage/files\"");
	for (size_t i = 0; i < r->spec->n_secrets; i++)
		if (secret_is_placed(&r->spec->secrets[i]))
			placed_sh(r, out, i);
}

static int point_verify(const struct run *r, const char *path, struct err *err)
{
	char point[PATH_MAX];

	verify_target(r, path, point);
	return verify_mount(r, point, "ro") ? 0 : err_say(err, "no read-only mount on %s", point);
}

/* Below another mount a link may lead elsewhere than in the rootfs: then the place is not known. */
static bool is_on_mount(const struct spec *s, const char *path)
{
	for (size_t i = 0; i < s->n_mounts; i++)
		if (path_below(path, s->mounts[i].target))
			return true;
	return false;
}

static int secrets_verify(const struct run *r, struct err *err)
{
	const struct spec *s = r->spec;

	if (count(r, false) && point_verify(r, "/run/secrets", err) < 0)
		return -EINVAL;
	for (size_t i = 0; i < s->n_secrets; i++) {
		const char *path = s->secrets[i].target;

		if (!secret_is_placed(&s->secrets[i]) ||
		    (is_on_mount(s, path) && !verify_mount(r, path, NULL)))
			continue;
		if (point_verify(r, path, err) < 0)
			return -EINVAL;
	}
	return 0;
}

const struct step step_secrets = {
	.id = "secrets",
	.what = "write the secrets and configs on a tmpfs of their own, seal it, bind what goes elsewhere",
	.why = "after the mounts, which would cover them",
	.refs = "tmpfs(5), mount_setattr(2)",
	.calls =
		"fsopen(\"tmpfs\"), fsmount()\n"
		"sendfile(memfd, file), fchown(), fchmod(0400)\n"
		"mount_setattr({attr_set = MOUNT_ATTR_RDONLY})\n"
		"move_mount(mount, \"/run/secrets\")\n"
		"with a path of its own: open_tree(file, OPEN_TREE_CLONE), move_mount(file, path)\n"
		"fchdir(tmpfs), umount2(\".\", MNT_DETACH)",
	.side = CHILD,
	.wanted = secrets_wanted,
	.by = "--secret, --config, --add-host or --dns",
	.sh = secrets_sh,
	.run = secrets_run,
	.verify = secrets_verify,
	.hints =
		(const struct hint[]){
			{EROFS,
			 "the file to mount on does not exist, and is not on a file system of the "
			 "sandbox's own: make an empty one in the rootfs, or below the bind it belongs to"},
			{ENOTDIR, "a file can only be mounted on a file"},
			{EINVAL, "uid and gid have to be ids of the map: see user_namespaces(7)"},
			{0, NULL}},
};
