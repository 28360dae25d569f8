/* SPDX-License-Identifier: Apache-2.0 */
/*
 * landlock.c - a second opinion on what may be written, that needs no administrator.
 *
 * Theory of operation
 *
 * Mount flags already make the root read-only. Landlock says the same again in other terms, by
 * path and for good: whatever process of the sandbox comes by whatever mount, it reads and executes
 * below "/", and writes only to the declared places. The two fail independently.
 *
 *   /            read, list, execute; everything when the root is writable
 *   -v, --tmpfs, the preset's tmpfs, /dev/shm      everything but device nodes
 *   /dev         open its nodes for writing, ioctl on them (terminals)
 *   /proc        write: comm, oom_score_adj, uid_map ... each has the kernel's own checks
 *   descriptors 0 to 2 and the preserved ones      what they are open for, as /dev/stdout opens it
 *
 * The rules add up along the path, and none takes away: what is declared writable is so with all
 * that is mounted below it. Where "/" itself is writable (--writable, --overlay, preset docker),
 * Landlock therefore adds nothing for files; it still refuses device nodes and every mount.
 *
 * TCP: with --tcp none nothing may be bound or connected (ABI 4). The kernel asks Landlock at
 * bind(2) and connect(2) of plain TCP only; the ways around that are closed by the filter of tcp.c.
 * Else TCP is not handled: `--network none` is a network namespace with nothing but its own
 * loopback, and servers on it shall work; `--network host` means the host's. Abstract unix sockets
 * and signals are confined to the sandbox (ABI 6), which matters with --network host; signals from
 * outside, such as the launcher forwards to init, still arrive.
 *
 * Never covered, whatever the ABI: UDP and other sockets, unix sockets by path, owner, mode, times
 * and extended attributes of a file. Those are the network namespace's and the mount flags' alone.
 *
 * What is refused is not logged (ABI 7): the one refusal before execve is our own proof, and after
 * it a workload that may write the host's audit log by doing forbidden things, or by making domains
 * of its own, could fill it.
 *
 * Should: take every right that the kernel knows away, then give back what is declared.
 * Mustn't: be followed by a mount of any kind (the kernel refuses them from here on), or trust
 * that it works without having seen it refuse something.
 */
#include "dev.h"
#include "lsm.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "landlock_kernel.h"
#include "step.h"
#include "sys.h"

/* struct landlock_ruleset_attr as of ABI 6; an older kernel takes the front part. */
struct ruleset {
	uint64_t fs, net, scoped;
};

#define RIGHTS_READ \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

/* ---- rules ---------------------------------------------------------------------------------- */

/* Give `rights`, as far as the ABI and the kind of file have them, on what the descriptor holds. */
static int rule_add(const struct run *r, int ruleset, int fd, uint64_t rights, const char *what,
		    struct err *err)
{
	struct landlock_path_beneath_attr rule = {.parent_fd = fd};
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "%s", what);
	rule.allowed_access = rights & landlock_all(r->plan->landlock_abi);
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= RIGHTS_FILE;
	if (!rule.allowed_access)
		return 0;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		return err_set(err, errno, "Landlock rule for %s", what);
	return 0;
}

/* Below a mount of our own: nobody can exchange anything in there. */
static int rule_own(const struct run *r, int ruleset, int mount, const char *path, uint64_t rights,
		    struct err *err)
{
	auto_close int fd = sys_openat2(mount, path, O_PATH | O_CLOEXEC, 0,
					RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);

	if (fd < 0)
		return err_set(err, -fd, "%s below the sandbox's own mount", path);
	return rule_add(r, ruleset, fd, rights, path, err);
}

/*
 * We are inside: "/" is the sandbox's root, and a link in the path leads to where a mount led. Only,
 * the rootfs may have changed since: what isn't the mount that we made gets no right.
 */
static int rule_mount(const struct run *r, int ruleset, size_t i, uint64_t rights, struct err *err)
{
	const char *path = r->spec->mounts[i].target;
	auto_close int fd = sys_openat2(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0,
					RESOLVE_NO_MAGICLINKS);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(err, errno, "%s", path);
	if (st.st_dev != r->mounted[i].dev || st.st_ino != r->mounted[i].ino)
		return 0;
	return rule_add(r, ruleset, fd, rights, path, err);
}

/*
 * What we were handed: /dev/stdout opens the file behind descriptor 1 anew, and that is outside of
 * "/", where no other rule reaches. Pipes and sockets need none.
 */
static int rule_fd(const struct run *r, int ruleset, int fd, struct err *err)
{
	uint64_t rights = 0;
	struct stat st;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fstat(fd, &st) < 0)
		return 0; /* closed: nothing to open anew */
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode) && !S_ISFIFO(st.st_mode) &&
	    !S_ISDIR(st.st_mode))
		return 0;
	if ((flags & O_ACCMODE) != O_WRONLY)
		rights |= RIGHTS_READ & ~LANDLOCK_ACCESS_FS_EXECUTE;
	if ((flags & O_ACCMODE) != O_RDONLY)
		rights |= LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;
	if (S_ISCHR(st.st_mode))
		rights |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	if (rule_add(r, ruleset, fd, rights, "an inherited descriptor", err) == 0)
		return 0;
	if (err->num != EBADFD && err->num != EBADF)
		return -err->num;
	*err = (struct err){0}; /* memfd, pipe: a file system that Landlock leaves alone */
	return 0;
}

static int rules_mounts(const struct run *r, int ruleset, struct err *err)
{
	const unsigned abi = r->plan->landlock_abi;

	for (size_t i = 0; i < r->spec->n_mounts; i++) {
		const struct mount_req *m = &r->spec->mounts[i];
		uint64_t rights = landlock_writable(abi, S_IFDIR);

		if (m->is_readonly && !m->is_dev)
			continue;
		if (m->is_readonly)
			/* A node is written on a read-only mount, too. */
			rights = LANDLOCK_ACCESS_FS_WRITE_FILE;
		if (m->is_dev)
			rights |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
		if (dev_makes(m) ? rule_own(r, ruleset, r->dev, m->target + strlen("/dev/"), rights,
					    err) < 0
				 : rule_mount(r, ruleset, i, rights, err) < 0)
			return -err->num;
	}
	return 0;
}

static int rules_all(const struct run *r, int ruleset, struct err *err)
{
	const unsigned abi = r->plan->landlock_abi;
	uint64_t root = RIGHTS_READ;

	if (r->spec->root_mode != ROOT_READONLY)
		root |= landlock_writable(abi, S_IFDIR);
	if (rule_add(r, ruleset, r->root, root, "/", err) < 0 ||
	    rule_add(r, ruleset, r->dev,
		     LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_IOCTL_DEV, "/dev",
		     err) < 0 ||
	    rule_own(r, ruleset, r->dev, "shm", landlock_writable(abi, S_IFDIR), err) < 0 ||
	    rule_own(r, ruleset, r->dev, "mqueue", landlock_writable(abi, S_IFDIR), err) < 0 ||
	    rule_add(r, ruleset, r->proc,
		     LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE, "/proc",
		     err) < 0 ||
	    rules_mounts(r, ruleset, err) < 0)
		return -err->num;
	for (int fd = 0; fd < 3 + (int)r->spec->preserve_fds; fd++)
		if (rule_fd(r, ruleset, fd, err) < 0)
			return -err->num;
	return 0;
}

/* ---- seeing it refuse ----------------------------------------------------------------------- */

/* Something that Landlock will answer otherwise than the kernel does now. */
struct proof {
	int node;   /* before ABI 6: errno of making a device node, 0 when it was made */
	int socket; /* ABI 6: an abstract socket made outside of the domain, else -1 */
	struct sockaddr_un name;
	socklen_t name_len;
};

/*
 * Making a device node takes a capability that nobody in a user namespace has: EPERM. Landlock is
 * asked before that, and no rule gives the right to: EACCES. (Not a whiteout, 0:0, which anybody
 * may make: for that, Debian's 6.1.0-56 asks for the right to regular files, and 6.18.44 doesn't.)
 */
static int node_errno(const struct run *r)
{
	static const char node[] = ".pillbox-landlock";
	auto_close int shm = sys_openat2(r->dev, "shm", O_PATH | O_DIRECTORY | O_CLOEXEC, 0,
					 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);

	if (shm < 0 || mknodat(shm, node, S_IFCHR | 0600, makedev(1, 3)) < 0)
		return errno;
	(void)unlinkat(shm, node, 0);
	return 0;
}

static int proof_prepare(const struct run *r, struct proof *p, struct err *err)
{
	p->socket = -1;
	p->node = 0;
	if (r->plan->landlock_abi < 6) {
		p->node = node_errno(r);
		return 0;
	}
	p->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	memset(&p->name, 0, sizeof(p->name));
	p->name.sun_family = AF_UNIX;
	p->name_len = sizeof(p->name);
	/* An address without a name asks the kernel for a free abstract one. */
	if (p->socket < 0 ||
	    bind(p->socket, (const struct sockaddr *)&p->name, sizeof(p->name.sun_family)) < 0 ||
	    getsockname(p->socket, (struct sockaddr *)&p->name, &p->name_len) < 0)
		return err_set(err, errno, "abstract socket to test Landlock with");
	return 0;
}

/* ABI 6: the scope refuses the socket from before. */
static int proof_socket(const struct proof *p, struct err *err)
{
	auto_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_set(err, errno, "socket to test Landlock with");
	if (connect(fd, (const struct sockaddr *)&p->name, p->name_len) == 0)
		return err_say(err, "Landlock took the rules and refuses nothing");
	if (errno != EPERM)
		return err_set(err, errno, "Landlock does not answer as expected");
	return 0;
}

/*
 * Before that: the device node's other answer. Where something else answered in the first place (a
 * filter around pillbox, AppArmor), nothing can be shown, and the kernel's word that the rules are
 * in force has to do.
 */
static int proof_node(const struct run *r, const struct proof *p, struct err *err)
{
	int num = node_errno(r);

	if (num == EACCES || (num && (p->node != EPERM || prctl(PR_GET_SECCOMP) != 0)))
		return 0;
	return err_say(err, "Landlock took the rules and refuses nothing");
}

/* Rules in force refuse a port before the kernel looks whether there is room for one. */
static int proof_tcp(struct err *err)
{
	const struct sockaddr_in any = {.sin_family = AF_INET};
	auto_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return 0; /* no IPv4 here, or a filter around us: no way to TCP that could be seen */
	if (bind(fd, (const struct sockaddr *)&any, sizeof(any)) == 0)
		return err_say(err, "Landlock took the rules and lets a TCP port be bound");
	if (errno != EACCES)
		return err_set(err, errno, "Landlock does not answer as expected");
	return 0;
}

static int landlock_run(struct run *r, struct err *err)
{
	const unsigned abi = r->plan->landlock_abi;
	struct ruleset attr = {.fs = landlock_all(abi)};
	size_t size = abi >= 6 ? sizeof(attr) : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
	struct proof proof;
	auto_close int ruleset = -1;
	int rc;

	if (r->plan->landlock_tcp)
		attr.net = LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP;
	if (abi >= 6)
		attr.scoped = LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (ruleset < 0)
		return err_set(err, errno, "Landlock ruleset of ABI %u", abi);
	if (rules_all(r, ruleset, err) < 0 || proof_prepare(r, &proof, err) < 0)
		return -err->num;
	rc = syscall(SYS_landlock_restrict_self, ruleset, landlock_flags(abi)) < 0
		     ? err_set(err, errno, "put the Landlock rules in force")
		     : 0;
	if (rc == 0)
		rc = abi >= 6 ? proof_socket(&proof, err) : proof_node(r, &proof, err);
	if (rc == 0 && r->plan->landlock_tcp)
		rc = proof_tcp(err);
	if (proof.socket >= 0)
		(void)close(proof.socket);
	if (rc == 0)
		r->page->landlock = (int)abi;
	return rc;
}

/* ---- the step ------------------------------------------------------------------------------- */

static bool landlock_wanted(const struct run *r)
{
	return r->plan->landlock_abi > 0;
}

static void landlock_show(const struct run *r, struct show *out)
{
	show(out, "abi", "%u", r->plan->landlock_abi);
	show(out, "root", "%s",
	     r->spec->root_mode == ROOT_READONLY ? "read and execute" : "everything");
	show(out, "writable", "/dev");
	show(out, "writable", "/proc");
	for (size_t i = 0; i < r->spec->n_mounts; i++)
		if (!r->spec->mounts[i].is_readonly)
			show(out, "writable", "%s", r->spec->mounts[i].target);
	if (r->plan->landlock_abi >= 6) {
		show(out, "stays_inside", "abstract unix sockets");
		show(out, "stays_inside", "signals");
	}
	if (r->plan->landlock_tcp)
		show(out, "refused", "TCP bind and connect");
}

/*
 * The kernel shows a domain to nobody outside. So the child looks, right after it is in: that page
 * says what it saw, and it stays 0 when the step was left out or the rules refused nothing.
 */
static int landlock_verify(const struct run *r, struct err *err)
{
	if (r->page->landlock == (int)r->plan->landlock_abi)
		return 0;
	return err_say(err, "Landlock was planned (ABI %u) and not seen in force",
		       r->plan->landlock_abi);
}

static const struct hint landlock_hints[] = {
	{EPERM,
	 "Landlock needs no_new_privs; or a filter around pillbox forbids it: --landlock off"},
	{E2BIG,
	 "sixteen layers of Landlock are around pillbox already, and the kernel takes no more: "
	 "start it outside of some, or --landlock off"},
	{ENOMEM, "out of kernel memory for the rules"},
	{EMFILE, "--ulimit nofile is in force by now, and the last steps need some of them: 16 do"},
	{0, NULL},
};

const struct step step_landlock = {
	.id = "landlock",
	.what = "Landlock: nothing is written but what was declared writable; no TCP with --tcp none",
	.why = "after no_new_privs, without which the kernel refuses it, and after the last mount, "
	       "because every mount is refused from here on; before `init`, so that pid 1 and the "
	       "command are in the same domain and can signal each other",
	.refs = "landlock(7), landlock_restrict_self(2)",
	.calls = "landlock_create_ruleset(EVERY RIGHT)\n"
		 "landlock_add_rule(PATH, RIGHTS) for what is given back\n"
		 "landlock_restrict_self()",
	.side = CHILD,
	.wanted = landlock_wanted,
	.by = "--landlock on",
	.show = landlock_show,
	.no_tool = "setpriv of util-linux 2.38 cannot; that of 2.40 has --landlock-access",
	.run = landlock_run,
	.verify = landlock_verify,
	.hints = landlock_hints,
};
