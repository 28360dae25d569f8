/* SPDX-License-Identifier: Apache-2.0 */
/*
 * needs.c - from a call to what it needs besides the filter's word: a capability, a file that is on
 * a writable mount, permission bits.
 *
 * The rules are those of capabilities(7) and the calls' own pages, read off the arguments, the
 * process' ids and the file's owner, mode and mount. They are right for the ordinary cases. What
 * they say goes into a report; the kernel decides for itself.
 *
 * Should: work without the heap, in the listener's process.
 * Mustn't: follow a link of the workload's out of its root.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

#include "needs.h"
#include "sys.h"

/* How a call needs a capability. */
enum need {
	NEED_ALWAYS,
	NEED_UID, /* an id among the arguments that is not its own */
	NEED_GID,
	NEED_OWNER,  /* chown: arguments from `first` on are uid and gid */
	NEED_MODE,   /* chmod, utimensat: of a file that is another's */
	NEED_DEVICE, /* mknod: the mode is argument `first` */
	NEED_PORT,   /* bind */
	NEED_SOCKET,
	NEED_NAMESPACE, /* clone, unshare: flags are argument `first` */
	NEED_PRCTL,
	NEED_KILL,
};

static const struct rule {
	const char *call;
	enum need need;
	unsigned cap;
	unsigned first, n; /* arguments that are looked at */
} rules[] = {
	{"setuid", NEED_UID, CAP_SETUID, 0, 1},
	{"setreuid", NEED_UID, CAP_SETUID, 0, 2},
	{"setresuid", NEED_UID, CAP_SETUID, 0, 3},
	{"setfsuid", NEED_UID, CAP_SETUID, 0, 1},
	{"setgid", NEED_GID, CAP_SETGID, 0, 1},
	{"setregid", NEED_GID, CAP_SETGID, 0, 2},
	{"setresgid", NEED_GID, CAP_SETGID, 0, 3},
	{"setfsgid", NEED_GID, CAP_SETGID, 0, 1},
	{"setgroups", NEED_ALWAYS, CAP_SETGID, 0, 0},
	{"chown", NEED_OWNER, CAP_CHOWN, 1, 2},
	{"lchown", NEED_OWNER, CAP_CHOWN, 1, 2},
	{"fchown", NEED_OWNER, CAP_CHOWN, 1, 2},
	{"fchownat", NEED_OWNER, CAP_CHOWN, 2, 2},
	{"chmod", NEED_MODE, CAP_FOWNER, 0, 0},
	{"fchmodat", NEED_MODE, CAP_FOWNER, 0, 0},
	{"mknod", NEED_DEVICE, CAP_MKNOD, 1, 1},
	{"mknodat", NEED_DEVICE, CAP_MKNOD, 2, 1},
	{"bind", NEED_PORT, CAP_NET_BIND_SERVICE, 0, 0},
	{"socket", NEED_SOCKET, CAP_NET_RAW, 0, 0},
	{"clone", NEED_NAMESPACE, CAP_SYS_ADMIN, 0, 1},
	{"unshare", NEED_NAMESPACE, CAP_SYS_ADMIN, 0, 1},
	{"prctl", NEED_PRCTL, CAP_SETPCAP, 0, 0},
	{"kill", NEED_KILL, CAP_KILL, 0, 1},
	{"chroot", NEED_ALWAYS, CAP_SYS_CHROOT, 0, 0},
	{"mount", NEED_ALWAYS, CAP_SYS_ADMIN, 0, 0},
	{"umount2", NEED_ALWAYS, CAP_SYS_ADMIN, 0, 0},
	{"pivot_root", NEED_ALWAYS, CAP_SYS_ADMIN, 0, 0},
	{"setns", NEED_ALWAYS, CAP_SYS_ADMIN, 0, 0},
	{"sethostname", NEED_ALWAYS, CAP_SYS_ADMIN, 0, 0},
	{"setdomainname", NEED_ALWAYS, CAP_SYS_ADMIN, 0, 0},
	{"open_by_handle_at", NEED_ALWAYS, CAP_DAC_READ_SEARCH, 0, 0},
	{"clock_settime", NEED_ALWAYS, CAP_SYS_TIME, 0, 0},
	{"settimeofday", NEED_ALWAYS, CAP_SYS_TIME, 0, 0},
	{"reboot", NEED_ALWAYS, CAP_SYS_BOOT, 0, 0},
	{"bpf", NEED_ALWAYS, CAP_BPF, 0, 0},
	{"perf_event_open", NEED_ALWAYS, CAP_PERFMON, 0, 0},
	{"syslog", NEED_ALWAYS, CAP_SYSLOG, 0, 0},
	{"acct", NEED_ALWAYS, CAP_SYS_PACCT, 0, 0},
	{"iopl", NEED_ALWAYS, CAP_SYS_RAWIO, 0, 0},
	{"ioperm", NEED_ALWAYS, CAP_SYS_RAWIO, 0, 0},
};

/* What a call does to the file that it names, where no argument has the flags of open(2). */
enum {
	ENTRY = -1,  /* makes or takes an entry of its directory */
	RUNS = -2,   /* executes it */
	ITSELF = -3, /* changes the file that is there */
	MAKES = -4,  /* either */
};

/* Calls that name a file: which argument the path is, and the directory it begins at (-1: cwd). */
static const struct place {
	const char *call;
	int path, at;
	int flags; /* argument with the flags of open(2), or one of the above */
} places[] = {
	{"open", 0, -1, 1},        {"openat", 1, 0, 2},        {"creat", 0, -1, MAKES},
	{"mkdir", 0, -1, ENTRY},   {"mkdirat", 1, 0, ENTRY},   {"rmdir", 0, -1, ENTRY},
	{"unlink", 0, -1, ENTRY},  {"unlinkat", 1, 0, ENTRY},  {"rename", 1, -1, ENTRY},
	{"renameat", 3, 2, ENTRY}, {"renameat2", 3, 2, ENTRY}, {"link", 1, -1, ENTRY},
	{"linkat", 3, 2, ENTRY},   {"symlink", 1, -1, ENTRY},  {"symlinkat", 2, 1, ENTRY},
	{"mknod", 0, -1, ENTRY},   {"mknodat", 1, 0, ENTRY},   {"truncate", 0, -1, ITSELF},
	{"chmod", 0, -1, ITSELF},  {"fchmodat", 1, 0, ITSELF}, {"chown", 0, -1, ITSELF},
	{"execve", 0, -1, RUNS},
};

static const struct rule *find_rule(const char *call)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (!strcmp(rules[i].call, call))
			return &rules[i];
	return NULL;
}

static const struct place *find_place(const char *call)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (!strcmp(places[i].call, call))
			return &places[i];
	return NULL;
}

const char *needs_call(size_t i)
{
	if (i < ARRAY_SIZE(rules))
		return rules[i].call;
	i -= ARRAY_SIZE(rules);
	return i < ARRAY_SIZE(places) ? places[i].call : NULL;
}

bool needs_has_rule(const char *call)
{
	return find_rule(call) || find_place(call);
}

/* ---- files ---------------------------------------------------------------------------------- */

static bool writes(const struct place *at, const struct seccomp_data *data)
{
	uint64_t flags = at->flags >= 0 ? data->args[at->flags] : 0;

	if (at->flags < 0)
		return at->flags != RUNS;
	return (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
}

/* The path as the sandbox has it, from its root; false: not to be found out. */
static bool path_of(const struct place *at, const struct seccomp_data *data, const struct peer *p,
		    char *buf, size_t size)
{
	char rest[NEEDS_PATH];
	ssize_t n;

	if (peer_string(p, data->args[at->path], rest, sizeof(rest)) || !rest[0])
		return false;
	if (rest[0] == '/')
		return snprintf(buf, size, "%s", rest) < (int)size;
	if (at->at >= 0 && (int)data->args[at->at] != AT_FDCWD)
		n = peer_fd_path(p, (int)data->args[at->at], buf, size - 1);
	else
		n = readlinkat(p->proc, "cwd", buf, size - 1);
	if (n <= 0 || buf[0] != '/')
		return false;
	buf[n] = '\0';
	return snprintf(buf + n, size - (size_t)n, "/%s", rest) < (int)(size - (size_t)n);
}

/* The file itself; links are followed, and below the sandbox's root only. -1: there is none. */
static int open_inside(const struct peer *p, const char *path)
{
	auto_close int root = openat(p->proc, "root", O_RDONLY | O_CLOEXEC);

	return root < 0 ? -1
			: sys_openat2(root, path, O_PATH | O_CLOEXEC, 0,
				      RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

static bool stat_inside(const struct peer *p, const char *path, struct stat *ret)
{
	auto_close int fd = open_inside(p, path);

	return fd >= 0 && fstat(fd, ret) == 0;
}

/* Would the permission bits alone refuse it? path_resolution(7); access lists are not looked at. */
static bool is_refused(const struct peer *p, const struct stat *st, unsigned want)
{
	unsigned shift = st->st_uid == p->uid[3] ? 6 : peer_in_group(p, st->st_gid) ? 3 : 0;

	return (st->st_mode >> shift & want) != want;
}

void needs_parent(char *path)
{
	char *slash;

	while ((slash = strrchr(path, '/')) && slash > path && !slash[1])
		*slash = '\0';
	if (slash)
		slash[slash == path] = '\0';
}

/* Where links have led, from the sandbox's root: mounts are told by that. */
static bool real_path(int fd, struct needs *n)
{
	char link[32];
	ssize_t len;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, n->real, sizeof(n->real) - 1);
	if (len <= 0)
		return false;
	n->real[len] = '\0';
	return true;
}

static void look_at_file(struct needs *n, const struct place *at, const struct seccomp_data *data,
			 const struct peer *p)
{
	auto_close int fd = -1;
	struct statvfs fs;
	struct stat st;
	unsigned want = writes(at, data) ? 2 : 4;

	if (!path_of(at, data, p, n->path, sizeof(n->path)))
		return;
	n->is_writing = want == 2;
	if (at->flags >= 0 && (data->args[at->flags] & O_ACCMODE) == O_RDWR)
		want = 6;
	n->is_execute = at->flags == RUNS;
	if (n->is_execute)
		want = 1;
	/* Who may change owner and mode is no matter of the bits. */
	if (at->flags == ITSELF && strcmp(at->call, "truncate") != 0)
		want = 0;
	fd = at->flags == ENTRY ? -1 : open_inside(p, n->path);
	if (fd < 0 && (!n->is_writing || at->flags == ITSELF))
		return; /* it is not there, and the kernel says so */
	if (fd < 0) {
		char dir[sizeof(n->path)];

		memcpy(dir, n->path, sizeof(dir));
		needs_parent(dir);
		want = 3;
		fd = open_inside(p, dir);
	}
	if (fd < 0 || fstat(fd, &st) || fstatvfs(fd, &fs) || !real_path(fd, n))
		return;
	n->has_file = true;
	n->is_device = S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode);
	n->is_special = n->is_device || S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode);
	n->mount_flags = fs.f_flag;
	n->mode = st.st_mode;
	n->is_refused = is_refused(p, &st, want);
	/* No capability helps to execute what nobody may execute. */
	if (n->is_refused && !(n->is_execute && !(st.st_mode & 0111)))
		n->caps |= 1ULL << CAP_DAC_OVERRIDE;
}

/* ---- capabilities --------------------------------------------------------------------------- */

/* What an id of the sandbox is out here; UINT32_MAX: "leave it", or nothing. */
static uint32_t outside(const struct id_map *map, uint64_t arg)
{
	uint32_t id = (uint32_t)arg;

	for (unsigned i = 0; i < map->n; i++)
		if (id >= map->ext[i].inside && id - map->ext[i].inside < map->ext[i].count)
			return map->ext[i].outside + (id - map->ext[i].inside);
	return UINT32_MAX;
}

static bool is_foreign(const struct id_map *map, const struct rule *rule,
		       const struct seccomp_data *data, const uint32_t own[4])
{
	for (unsigned i = 0; i < rule->n; i++) {
		uint32_t id = outside(map, data->args[rule->first + i]);
		bool is_own = id == UINT32_MAX;

		for (unsigned k = 0; k < 4; k++)
			is_own |= id == own[k];
		if (!is_own)
			return true;
	}
	return false;
}

/* chown(2): to give a file away, or to a group that is not one's own. */
static bool gives_away(const struct run *r, const struct rule *rule,
		       const struct seccomp_data *data, const struct peer *p)
{
	uint32_t uid = outside(&r->plan->uids, data->args[rule->first]);
	uint32_t gid = outside(&r->plan->gids, data->args[rule->first + 1]);

	return (uid != UINT32_MAX && uid != p->uid[3]) ||
	       (gid != UINT32_MAX && !peer_in_group(p, gid));
}

/* Ports that are for all are no matter of capabilities: the preset docker opens them. */
static bool is_low_port(const struct run *r, const struct seccomp_data *data, const struct peer *p)
{
	struct sockaddr_in in = {0}; /* the port of an IPv6 address stands at the same place */
	unsigned port, first = 1024;
	uint64_t n;

	if (peer_read(p, data->args[1], &in, sizeof(in)) <
	    (long)offsetof(struct sockaddr_in, sin_addr))
		return false;
	for (size_t i = 0; i < r->spec->n_sysctls; i++)
		if (!strcmp(r->spec->sysctls[i].key, "net.ipv4.ip_unprivileged_port_start") &&
		    parse_u64(r->spec->sysctls[i].value, 65535, &n) == 0)
			first = (unsigned)n;
	port = ntohs(in.sin_port);
	return (in.sin_family == AF_INET || in.sin_family == AF_INET6) && port && port < first;
}

static bool is_raw_socket(const struct seccomp_data *data)
{
	uint32_t family = (uint32_t)data->args[0], type = (uint32_t)data->args[1] & 0xf;

	return family == AF_PACKET ||
	       ((family == AF_INET || family == AF_INET6) && type == SOCK_RAW);
}

bool needs_is_raw_socket(const char *call, const struct seccomp_data *data)
{
	return !strcmp(call, "socket") && is_raw_socket(data);
}

/* kill(2) of somebody else's process; a process group or everybody is not looked at. */
static bool is_anothers(const struct seccomp_data *data, const struct peer *p)
{
	char path[64];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)data->args[0]);
	return (int)data->args[0] > 0 && stat_inside(p, path, &st) && st.st_uid != p->uid[0] &&
	       st.st_uid != p->uid[1];
}

static bool is_needed(const struct run *r, const struct rule *rule, const struct seccomp_data *data,
		      const struct peer *p)
{
	const uint64_t spaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
				CLONE_NEWPID | CLONE_NEWNET;
	const struct place *at = find_place(rule->call);
	char path[2 * NEEDS_PATH];
	uint64_t first = data->args[rule->first];
	struct stat st;

	switch (rule->need) {
	case NEED_UID:
		return is_foreign(&r->plan->uids, rule, data, p->uid);
	case NEED_GID:
		return is_foreign(&r->plan->gids, rule, data, p->gid);
	case NEED_OWNER:
		return gives_away(r, rule, data, p);
	case NEED_MODE:
		return at && path_of(at, data, p, path, sizeof(path)) &&
		       stat_inside(p, path, &st) && st.st_uid != p->uid[3];
	case NEED_DEVICE:
		return S_ISCHR(first) || S_ISBLK(first);
	case NEED_PORT:
		return is_low_port(r, data, p);
	case NEED_SOCKET:
		return is_raw_socket(data);
	case NEED_NAMESPACE:
		return (first & spaces) && !(first & CLONE_NEWUSER);
	case NEED_PRCTL:
		return first == PR_CAPBSET_DROP || first == PR_SET_SECUREBITS;
	case NEED_KILL:
		return is_anothers(data, p);
	case NEED_ALWAYS:
		return true;
	}
	return false;
}

void needs_find(const struct run *r, const char *call, const struct seccomp_data *data,
		const struct peer *p, struct needs *ret)
{
	const struct rule *rule = find_rule(call);
	const struct place *at = find_place(call);

	memset(ret, 0, sizeof(*ret));
	if (rule && is_needed(r, rule, data, p))
		ret->caps |= 1ULL << rule->cap;
	if (at)
		look_at_file(ret, at, data, p);
}
