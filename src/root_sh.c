/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root_sh.c - the room of root.c, by command-line tools (--dry-run=sh).
 *
 * Should: use the values that root.c's steps use.
 * Mustn't: hand a path of the rootfs to a tool before place() has looked at it.
 */
#include "root.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "overlay.h"

/*
 * A bind of `source` on a new place of the stage. mount is run as root of the user namespace, who
 * may not pass through the caller's directories; the shell may, so it goes there first, and the
 * source is "." then.
 */
static void hold_one(const struct run *r, struct sh *out, const char *source, const char *name)
{
	const char *as_root = sh_as_root(r);
	char path[PATH_MAX], file[PATH_MAX];
	struct stat st;
	char *slash;

	if (!realpath(source, path))
		(void)snprintf(path, sizeof(path), "%s", source);
	if (stat(path, &st) < 0 || S_ISDIR(st.st_mode)) {
		if (strcmp(name, "root") != 0)
			sh_line(out, "%smkdir \"$stage/%s\"", as_root, name);
		sh_line(out, "cd %s", sh_quote(r, path));
		sh_line(out, "%smount --no-canonicalize --rbind . \"$stage/%s\"", as_root, name);
		return;
	}
	slash = strrchr(path, '/');
	(void)snprintf(file, sizeof(file), ".%s", slash ? slash : "/");
	if (slash)
		slash[slash == path] = '\0';
	sh_line(out, "%stouch \"$stage/%s\"", as_root, name);
	sh_line(out, "cd %s", sh_quote(r, path));
	sh_line(out, "%smount --no-canonicalize --bind %s \"$stage/%s\"", as_root,
		sh_quote(r, file), name);
}

void hold_sh(const struct run *r, struct sh *out)
{
	const struct spec *s = r->spec;
	char name[32];

	sh_part(out, SH_HOLDER);
	if (!sh_is_single(r))
		sh_note(out,
			"This shell may pass where you may; mount, run by root of the user namespace, "
			"need not. So the shell goes there, and mounts \".\" as it is, unresolved.");
	hold_one(r, out, s->rootfs, r->plan->need_overlay ? "lower" : "root");
	for (size_t i = 0; i < s->n_mounts; i++) {
		if (s->mounts[i].kind != MOUNT_BIND)
			continue;
		(void)snprintf(name, sizeof(name), "bind-%zu", i);
		hold_one(r, out, s->mounts[i].source, name);
	}
	if (s->root_mode == ROOT_OVERLAY)
		hold_one(r, out, s->overlay_dir, "store");
	sh_line(out, "cd /");
}

void private_sh(const struct run *r, struct sh *out)
{
	(void)r;
	sh_note(out, "Done already, by unshare: --propagation private is its default.");
}

void root_bind_sh(const struct run *r, struct sh *out)
{
	if (r->plan->need_overlay) {
		overlay_sh(r, out);
		return;
	}
	sh_note(out, "The holder made the copy, on $root. No device of the tree's works.");
	sh_line(out, "add_flags nodev \"$root\"");
}

void root_ro_sh(const struct run *r, struct sh *out)
{
	(void)r;
	sh_line(out, "add_flags ro \"$root\"");
}

void root_attach_sh(const struct run *r, struct sh *out)
{
	sh_note(out, "Not over /, but where it is: it becomes / by the pivot.");
	if (r->spec->no_new_privs)
		sh_line(out, "add_flags nosuid \"$root\"");
}
