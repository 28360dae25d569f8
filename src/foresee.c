/* SPDX-License-Identifier: Apache-2.0 */
/*
 * foresee.c - why a call will fail that the filter lets pass: a capability that is missing, a flag of
 * a mount, permission bits, Landlock, pillbox's AppArmor profile. The call goes on all the same, and
 * the kernel decides.
 *
 * Should: speak only where the kernel's rule is known and leaves no doubt.
 * Mustn't: tell the same twice, or keep the call waiting for long.
 */
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "call_text.h"
#include "calls.h"
#include "caps_names.h"
#include "needs.h"
#include "util.h"

struct cause {
	const char *error; /* what the call will get */
	char why[400], cure[300];
};

static void cause(struct cause *c, const char *error)
{
	c->error = error;
	c->why[0] = c->cure[0] = '\0';
}

/* The mount of the list that the path is on, by its target. */
static const struct mount_req *mount_of(const struct spec *s, const char *path)
{
	const struct mount_req *best = NULL;

	for (size_t i = 0; i < s->n_mounts; i++)
		if (path_below(path, s->mounts[i].target) &&
		    (!best || strlen(s->mounts[i].target) >= strlen(best->target)))
			best = &s->mounts[i];
	return best;
}

static void read_only(const struct run *r, const struct needs *n, struct cause *c)
{
	const struct mount_req *m = mount_of(r->spec, n->real);
	char dir[sizeof(n->path)];

	memcpy(dir, n->path, sizeof(dir));
	needs_parent(dir);
	cause(c, "EROFS");
	if (m) {
		(void)snprintf(c->why, sizeof(c->why), "the mount on %s is read-only", m->target);
		(void)snprintf(c->cure, sizeof(c->cure), "leave :ro out of what is mounted on %s",
			       m->target);
		return;
	}
	(void)snprintf(c->why, sizeof(c->why), "the file system is mounted read-only there");
	if (!dir[1])
		(void)snprintf(c->cure, sizeof(c->cure), "--writable, or write below a --tmpfs");
	else
		(void)snprintf(
			c->cure, sizeof(c->cure),
			"--tmpfs %.80s for what may vanish, -v DIR:%.80s for what is to stay, or "
			"--writable",
			dir, dir);
}

static void permission(const struct needs *n, const struct peer *p, struct cause *c)
{
	cause(c, "EACCES");
	(void)snprintf(c->why, sizeof(c->why),
		       "the permission bits (mode %04o) leave no such access to its user",
		       n->mode & 07777);
	if (n->is_execute && !(n->mode & 0111))
		(void)snprintf(c->cure, sizeof(c->cure), "chmod +x, for everybody even root");
	else
		(void)snprintf(c->cure, sizeof(c->cure),
			       "run as the file's owner (-u), or with --cap-add DAC_OVERRIDE%s",
			       p->uid[1] ? " and -u 0" : "");
}

/* Of a file that is named. False: nothing stands in the way. */
static bool by_file(const struct run *r, const struct needs *n, const struct peer *p,
		    struct cause *c)
{
	if (!n->has_file)
		return false;
	if (n->is_writing && !n->is_special && n->mount_flags & ST_RDONLY)
		return read_only(r, n, c), true;
	if (n->is_execute && n->mount_flags & ST_NOEXEC) {
		cause(c, "EACCES");
		(void)snprintf(c->why, sizeof(c->why),
			       "the mount there has the flag noexec: nothing on it is executed");
		(void)snprintf(c->cure, sizeof(c->cure),
			       "--tmpfs DIR:exec, or put the program elsewhere");
		return true;
	}
	if (n->is_device && !n->is_execute && n->mount_flags & ST_NODEV) {
		cause(c, "EACCES");
		(void)snprintf(c->why, sizeof(c->why),
			       "the mount there has the flag nodev: devices on it are dead");
		(void)snprintf(c->cure, sizeof(c->cure), "use the nodes in /dev");
		return true;
	}
	if (n->is_refused && !(p->caps & (1ULL << CAP_DAC_OVERRIDE)))
		return permission(n, p, c), true;
	return false;
}

static bool by_capability(const struct needs *n, const struct peer *p, const char *call,
			  struct cause *c)
{
	uint64_t missing = n->caps & ~(1ULL << CAP_DAC_OVERRIDE) & ~p->caps;
	char names[200];

	if (!missing)
		return false;
	cause(c, !strcmp(call, "bind") ? "EACCES" : "EPERM");
	caps_text(missing, names, sizeof(names));
	(void)snprintf(c->why, sizeof(c->why), "it takes the capability %s", names);
	(void)snprintf(c->cure, sizeof(c->cure), "--cap-add %s", names);
	return true;
}

/*
 * Landlock's rules are what was declared writable. Mounts say the same, and so it is heard only where
 * they do not: it is a second line.
 */
static bool by_landlock(const struct run *r, const struct needs *n, struct cause *c)
{
	const struct mount_req *m = mount_of(r->spec, n->real);

	if (!r->plan->landlock_abi || !n->has_file || !n->is_writing || n->is_special ||
	    r->spec->root_mode != ROOT_READONLY || (m && !m->is_readonly) ||
	    path_below(n->real, "/dev") || path_below(n->real, "/proc"))
		return false;
	cause(c, "EACCES");
	(void)snprintf(c->why, sizeof(c->why),
		       "Landlock: nothing is written but what was declared writable");
	(void)snprintf(c->cure, sizeof(c->cure),
		       "-v or --tmpfs for the place, --writable, or --landlock off");
	return true;
}

/* Of pillbox's own profile we know what it holds; of another one its log tells. */
static bool by_apparmor(const struct run *r, const char *call, const struct seccomp_data *data,
			struct cause *c)
{
	static const char *const mounts[] = {"mount", "umount2", "pivot_root"};
	bool is_refused = needs_is_raw_socket(call, data);

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++)
		is_refused |= !strcmp(call, mounts[i]);
	if (!is_refused || !r->plan->apparmor || strcmp(r->plan->apparmor, "pillbox-default") != 0)
		return false;
	cause(c, "EACCES");
	(void)snprintf(c->why, sizeof(c->why),
		       "the AppArmor profile pillbox-default has no mounts and no raw sockets");
	(void)snprintf(c->cure, sizeof(c->cure),
		       "--security-opt apparmor=unconfined, or a rule in "
		       "/etc/apparmor.d/local/pillbox-default");
	return true;
}

void denials_foresee(const struct run *r, struct denials *d, const struct seccomp_data *call,
		     const struct peer *p)
{
	const char *name = call_name(call_arch(call), (uint32_t)call->nr);
	struct text t = {.len = 0};
	struct cause c;
	struct needs n;
	uint64_t hash;

	if (!name)
		return;
	needs_find(r, name, call, p, &n);
	if (!by_file(r, &n, p, &c) && !by_capability(&n, p, name, &c) && !by_landlock(r, &n, &c) &&
	    !by_apparmor(r, name, call, &c))
		return;
	hash = call_text(&t, call, p);
	for (const char *at = n.path; *at; at++)
		hash = hash_mix(hash, (unsigned char)*at);
	d->total++;
	if (!denials_new(d, hash))
		return;
	tell("pillbox: ", "fails: %s = %s: %s (process %d): not the filter: %s", t.buf, c.error,
	     p->name, p->inside, c.why);
	tell("hint: ", "%s", c.cure);
}
