/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attacks_rights.c - attacks on who this process is: ids, capabilities, limits, and kernel keys.
 *
 * Should:  change this process only, and files of its own; read no key but the one that was told.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "setid.h"

/* ---- ids --------------------------------------------------------------------------------------- */

static void setuid_root(struct attempt *a)
{
	uid_t real, effective, saved;

	(void)getresuid(&real, &effective, &saved);
	if (!real || !effective || !saved)
		not_applicable(a, "this is uid 0 already");
	else if (TRY(a, setuid, 0) == 0)
		worked(a, "uid 0, from %u", real);
}

static void setgid_root(struct attempt *a)
{
	gid_t real, effective, saved;

	(void)getresgid(&real, &effective, &saved);
	if (!real || !effective || !saved)
		not_applicable(a, "this is gid 0 already");
	else if (TRY(a, setgid, 0) == 0)
		worked(a, "gid 0, from %u", real);
}

static void setuid_other(struct attempt *a)
{
	unsigned id = setid_other(geteuid());

	if (TRY(a, setresuid, id, id, id) == 0)
		worked(a, "uid %u", geteuid());
}

static void setgid_other(struct attempt *a)
{
	unsigned id = setid_other(getegid());

	if (TRY(a, setresgid, id, id, id) == 0)
		worked(a, "gid %u", getegid());
}

/* Where a user maps its own gid, the kernel wants setgroups(2) given up for good. */
static void set_groups(struct attempt *a)
{
	gid_t group = setid_other(getegid());
	char text[8] = "";
	int fd;

	if (TRY(a, setgroups, 1, &group) == 0) {
		worked(a, "member of group %u", group);
		return;
	}
	fd = open("/proc/self/setgroups", O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, text, 4) == 4 && !strcmp(text, "deny") && by_filter(a) == 0 &&
	    fact_caps("CapEff") & CAP(SETGID))
		held(a, BY_NAMESPACE, "setgroups is denied in this user namespace");
	if (fd >= 0)
		close(fd);
}

/* ---- files of ours and of others ----------------------------------------------------------------- */

static void file_caps(struct attempt *a)
{
	const struct vfs_cap_data data = {.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
					  .data = {{.permitted = 1U << CAP_NET_RAW}}};
	const char *path;
	int fd;

	path = setid_own_file(a, &fd);
	if (!path)
		return;
	(void)unlink(path);
	if (TRY(a, fsetxattr, fd, "security.capability", &data, sizeof(data), 0) == 0)
		worked(a, "a program that gives CAP_NET_RAW to whoever runs it");
}

static void chown_other(struct attempt *a)
{
	int fd;
	const char *path = setid_own_file(a, &fd);

	if (!path)
		return;
	(void)unlink(path);
	if (TRY(a, fchown, fd, setid_other(geteuid()), -1) == 0)
		worked(a, "a file of ours became one of uid %u", setid_other(geteuid()));
}

/* A file that its mode closes to everybody */
static void dac_override(struct attempt *a)
{
	int fd;
	const char *path = setid_own_file(a, &fd);

	if (!path)
		return;
	if (TRY(a, fchmod, fd, 0) == 0 && try_open(a, path, O_RDWR) >= 0)
		worked(a, "a file of mode 0000 is open");
	a->path[0] = '\0'; /* its mode is what the capability is for */
	(void)unlink(path);
}

/* ---- capabilities and limits ------------------------------------------------------------------- */

static void caps_set(struct __user_cap_data_struct data[2], uint64_t permitted,
		     uint64_t inheritable)
{
	for (int i = 0; i < 2; i++) {
		data[i].permitted = data[i].effective = (unsigned)(permitted >> 32 * i);
		data[i].inheritable = (unsigned)(inheritable >> 32 * i);
	}
}

static void cap_ambient(struct attempt *a)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	uint64_t permitted = fact_caps("CapPrm"), ambient = fact_caps("CapAmb");
	struct __user_cap_data_struct data[2] = {{0}};
	int cap = 0;

	while (cap < 63 && !((permitted & ~ambient) >> cap & 1))
		cap++;
	if (cap == 63) {
		held(a, BY_CAPABILITY, "no capability is permitted%s",
		     ambient ? " but those that are ambient" : "");
		return;
	}
	caps_set(data, permitted, permitted);
	if (TRY(a, capset, &head, data) == 0 &&
	    TRY(a, prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) == 0)
		worked(a, "capability %d outlives a change of uid and execve", cap);
}

/*
 * Into the inheritable set, from where a program with file capabilities takes them: what is permitted
 * goes in, and with SETPCAP all of the bounding set. One of any kind, where there is none in either.
 */
static void cap_inherit(struct attempt *a)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	uint64_t bounding = fact_caps("CapBnd"), permitted = fact_caps("CapPrm");
	struct __user_cap_data_struct data[2] = {{0}};

	caps_set(data, permitted, bounding ? bounding : CAP(NET_RAW));
	if (TRY(a, capset, &head, data) == 0)
		worked(a, "all of the bounding set is inheritable");
	else if (a->ret == -EPERM && by_filter(a) == 0)
		held(a, BY_CAPABILITY, "none to give that is permitted, and SETPCAP missing");
}

/* What is locked stays so; without a lock the bits that are set are set once more. */
static void securebits(struct attempt *a)
{
	const int locks = SECURE_ALL_LOCKS;
	int now = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

	if (now > 0 && now & locks && fact_caps("CapEff") & CAP(SETPCAP))
		held(a, BY_CAPABILITY, "securebits 0x%x hold locks", now);
	else if (TRY(a, prctl, PR_SET_SECUREBITS, now < 0 ? 0 : now, 0, 0, 0) == 0)
		worked(a, "securebits can be set");
}

/* One more than the hard limit of something that has one */
static void rlimit_raise(struct attempt *a)
{
	static const int kinds[] = {RLIMIT_RTPRIO, RLIMIT_NICE, RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE,
				    RLIMIT_NPROC};
	struct rlimit limit;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (getrlimit(kinds[i], &limit) || limit.rlim_max == RLIM_INFINITY)
			continue;
		limit.rlim_max++;
		if (TRY(a, prlimit64, 0, kinds[i], &limit, NULL) == 0)
			worked(a, "a hard limit is %llu now", (unsigned long long)limit.rlim_max);
		return;
	}
	not_applicable(a, "no hard limit that could be raised");
}

/* ---- keys -------------------------------------------------------------------------------------- */

static void keyring_session(struct attempt *a)
{
	long id = TRY(a, keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);

	if (id >= 0)
		worked(a, "keyring %ld", id);
}

static void key_add(struct attempt *a)
{
	long id = TRY(a, add_key, "user", "pillbox-probe", "x", 1, KEY_SPEC_PROCESS_KEYRING);

	if (id >= 0)
		worked(a, "key %ld, gone with this process", id);
}

/* Nothing is called for it: it is looked for in keyrings only, and ENOKEY is their answer. */
static void key_request(struct attempt *a)
{
	if (TRY(a, request_key, "user", "pillbox-probe-none", NULL, 0) == -ENOKEY || a->ret >= 0)
		worked(a, "the keyrings were searched");
}

static void key_read_host(struct attempt *a)
{
	char text[sizeof(targets.word)] = "";

	if (!targets.key || !targets.word[0]) {
		not_applicable(a, "no key outside was told (--target=key=SERIAL)");
		return;
	}
	if (TRY(a, keyctl, KEYCTL_READ, targets.key, text, sizeof(text) - 1) >= 0) {
		if (!strcmp(text, targets.word))
			worked(a, "key %ld was read", targets.key);
		else
			held(a, BY_NAMESPACE, "key %ld of here is another", targets.key);
	} else if (a->ret == -EACCES && by_filter(a) == 0) {
		held(a, BY_PERMISSION, "it is in no keyring that this process holds");
	}
}

/* A ring to link it to that cannot be: EINVAL comes after the question whose it may be. */
static void keyring_persistent(struct attempt *a)
{
	if (TRY(a, keyctl, KEYCTL_GET_PERSISTENT, -1, 0) == -EINVAL)
		worked(a, "all was granted but a wrong keyring to put it into");
}

/* ---- the table --------------------------------------------------------------------------------- */

const struct attack attacks_rights[] = {
	{.id = "setuid-root",
	 .what = "become uid 0",
	 .gives = "root of the sandbox, with its files and programs",
	 .weight = 4,
	 .caps = CAP(SETUID),
	 .ns = IN(USER),
	 .cure = "--cap-drop SETUID",
	 .run = setuid_root},
	{.id = "setgid-root",
	 .what = "become gid 0",
	 .gives = "the files of root's group",
	 .weight = 3,
	 .caps = CAP(SETGID),
	 .ns = IN(USER),
	 .cure = "--cap-drop SETGID",
	 .run = setgid_root},
	{.id = "setuid-other",
	 .what = "become another user",
	 .gives = "the files and processes of any user of the sandbox",
	 .weight = 3,
	 .caps = CAP(SETUID),
	 .ns = IN(USER),
	 .cure = "--cap-drop SETUID",
	 .run = setuid_other},
	{.id = "setgid-other",
	 .what = "become another group",
	 .gives = "the files of any group of the sandbox",
	 .weight = 3,
	 .caps = CAP(SETGID),
	 .ns = IN(USER),
	 .cure = "--cap-drop SETGID",
	 .run = setgid_other},
	{.id = "setgroups",
	 .what = "join another group",
	 .gives = "the files of that group, or those that it is kept from",
	 .weight = 3,
	 .caps = CAP(SETGID),
	 .ns = IN(USER),
	 .cure = "--cap-drop SETGID",
	 .run = set_groups},
	{.id = "setuid-binary",
	 .what = "run a set-user-ID program",
	 .gives = "root by a flaw in any of those programs",
	 .weight = 6,
	 .cure = "--security-opt no-new-privileges",
	 .run = setid_program},
	{.id = "setuid-make",
	 .what = "make a set-user-ID program that works",
	 .gives = "a way back to this user for whoever knows the file",
	 .weight = 4,
	 .caps = CAP(SETUID),
	 .ns = IN(USER),
	 .cure = "--security-opt no-new-privileges",
	 .run = setid_make},
	{.id = "file-caps",
	 .what = "give a program capabilities",
	 .gives = "rights for whoever runs the file, also later",
	 .weight = 4,
	 .caps = CAP(SETFCAP),
	 .cure = "--cap-drop SETFCAP",
	 .run = file_caps},
	{.id = "chown-other",
	 .what = "give a file to another user",
	 .gives = "files that pass for another user's",
	 .weight = 3,
	 .caps = CAP(CHOWN),
	 .ns = IN(USER),
	 .cure = "--cap-drop CHOWN",
	 .run = chown_other},
	{.id = "dac-override",
	 .what = "open a file against its mode",
	 .gives = "all files, whatever owner and mode say",
	 .weight = 5,
	 .caps = CAP(DAC_OVERRIDE),
	 .cure = "--cap-drop DAC_OVERRIDE",
	 .run = dac_override},
	{.id = "cap-ambient",
	 .what = "raise an ambient capability",
	 .gives = "capabilities that outlive a change of user",
	 .weight = 2,
	 .cure = "--cap-drop ALL",
	 .run = cap_ambient},
	{.id = "capset",
	 .what = "make capabilities inheritable",
	 .gives = "more of them, by way of programs with file capabilities",
	 .weight = 2,
	 .cure = "--cap-drop ALL",
	 .run = cap_inherit},
	{.id = "securebits",
	 .what = "set the securebits",
	 .gives = "uid changes that keep the capabilities",
	 .weight = 2,
	 .caps = CAP(SETPCAP),
	 .cure = "--cap-drop SETPCAP",
	 .run = securebits},
	{.id = "rlimit-raise",
	 .what = "raise a hard resource limit",
	 .gives = "limits that hold no more",
	 .weight = 3,
	 .caps = CAP(SYS_RESOURCE),
	 .in_first = true,
	 .cure = "--cap-drop SYS_RESOURCE",
	 .run = rlimit_raise},
	{.id = "keyring-session",
	 .what = "use the session keyring",
	 .gives = "the kernel's key store: what it holds, and its bugs",
	 .weight = 3,
	 .cure = "--security-opt seccomp=builtin",
	 .run = keyring_session},
	{.id = "add-key",
	 .what = "add a key",
	 .gives = "kernel memory and code behind a call with a long record of bugs",
	 .weight = 3,
	 .cure = "--security-opt seccomp=builtin",
	 .run = key_add},
	{.id = "request-key",
	 .what = "search the keyrings",
	 .gives = "keys that others left, and a helper of the host's",
	 .weight = 3,
	 .cure = "--security-opt seccomp=builtin",
	 .run = key_request},
	{.id = "key-read-host",
	 .what = "read a key of the host's",
	 .gives = "a secret of the caller's keyring",
	 .weight = 7,
	 .cure = "--security-opt seccomp=builtin",
	 .run = key_read_host},
	{.id = "keyring-persistent",
	 .what = "get the persistent keyring",
	 .gives = "Kerberos tickets that outlive the session",
	 .weight = 4,
	 .cure = "--security-opt seccomp=builtin",
	 .run = keyring_persistent},
	{0},
};
