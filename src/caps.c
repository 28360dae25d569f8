/* SPDX-License-Identifier: Apache-2.0 */
/*
 * caps.c - who the workload is and what it may: ids, all five capability sets, securebits.
 *
 * The sets, and why each is handled (capabilities(7)):
 *   bounding     what any program inside can ever have; dropped first, needs CAP_SETPCAP
 *   permitted, effective   what the process has now
 *   inheritable  empty, or the ambient set: a non-empty one was CVE-2022-24769 and its family
 *   ambient      what survives execve for a user that is not root
 * With securebits locked (hardened, strict) uid 0 means nothing to execve, so capabilities come by
 * the ambient set for every user; else (docker) root gets the bounding set as on any Linux.
 *
 * Should: read back every set and id after it was changed, and fail when it differs.
 * Mustn't: forgive any error: a bit that stays is a bit that an attacker has.
 */
#include "step.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "caps_names.h"
#include "drysh.h"
#include "ids.h"
#include "verify.h"

struct cap_sets {
	uint64_t effective, permitted, inheritable;
};

static int caps_set(const struct cap_sets *sets)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{(uint32_t)sets->effective, (uint32_t)sets->permitted, (uint32_t)sets->inheritable},
		{(uint32_t)(sets->effective >> 32), (uint32_t)(sets->permitted >> 32),
		 (uint32_t)(sets->inheritable >> 32)}};

	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static int caps_get(struct cap_sets *ret)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	ret->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	ret->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	ret->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	return 0;
}

/* What has to survive execve without being root. */
static uint64_t ambient_set(const struct run *r)
{
	if (r->spec->is_securebits_locked)
		return r->spec->caps;
	return r->plan->uid ? r->spec->cap_added & r->spec->caps : 0;
}

static uint64_t permitted_set(const struct run *r)
{
	/* Docker, not root: execve would take the others away anyway */
	if (!r->spec->is_securebits_locked && r->plan->uid)
		return ambient_set(r);
	return r->spec->caps;
}

/* ---- become-root -------------------------------------------------------------------------- */

/* All ids in one place: groups, then gid, then uid, because each needs the rights of the next. */
static int ids_set(uid_t uid, gid_t gid, const gid_t *groups, size_t n, bool can_setgroups,
		   struct err *err)
{
	uid_t u[3];
	gid_t g[3];

	if (can_setgroups && setgroups(n, groups) < 0)
		return err_set(err, errno, "set %zu supplementary groups", n);
	if (setresgid(gid, gid, gid) < 0)
		return err_set(err, errno, "gid %u", gid);
	if (setresuid(uid, uid, uid) < 0)
		return err_set(err, errno, "uid %u", uid);
	if (getresuid(&u[0], &u[1], &u[2]) < 0 || getresgid(&g[0], &g[1], &g[2]) < 0)
		return err_set(err, errno, "read the ids back");
	for (size_t i = 0; i < 3; i++)
		if (u[i] != uid || g[i] != gid)
			return err_say(err, "ids are %u:%u, not %u:%u", u[i], g[i], uid, gid);
	return 0;
}

static int become_root_run(struct run *r, struct err *err)
{
	/* A map of one id has no root: its one id holds the namespace's capabilities until caps. */
	uid_t uid = id_map_has(&r->plan->uids, 0) ? 0 : r->plan->uid;
	gid_t gid = id_map_has(&r->plan->gids, 0) ? 0 : r->plan->gid;

	return ids_set(uid, gid, NULL, 0, r->plan->map_kind != MAP_SINGLE, err);
}

static void become_root_sh(const struct run *r, struct sh *out)
{
	sh_part(out, SH_HOLDER);
	if (sh_is_single(r)) {
		sh_note(out,
			"This map has no root: its one id has all capabilities in here. It keeps them over "
			"each start of a tool because they are ambient (unshare --keep-caps).");
		sh_line(out, "exec sh -euc \"$1\" builder");
		return;
	}
	sh_line(out, "exec setpriv --reuid 0 --regid 0 --clear-groups -- sh -euc \"$1\" builder");
}

const struct step step_become_root = {
	.id = "become-root",
	.what = "become root of the user namespace and drop the caller's groups",
	.why = "before the map is written setresuid fails; before the mounts, so that what is made "
	       "belongs to the sandbox's root and not to an id outside of the map",
	.refs = "user_namespaces(7), setresuid(2), setgroups(2)",
	.calls = "setgroups(0, NULL)\n"
		 "setresgid(0, 0, 0)\n"
		 "setresuid(0, 0, 0)",
	.side = CHILD,
	.is_vital = true,
	.sh = become_root_sh,
	.run = become_root_run,
	.hints =
		(const struct hint[]){
			{EINVAL, "root (0) is not in the id map"},
			{EPERM,
			 "the user namespace gives no capabilities: a security module restricts it"},
			{0, NULL}},
};

/* ---- caps --------------------------------------------------------------------------------- */

static int bounding_drop(const struct run *r, struct err *err)
{
	for (unsigned cap = 0; cap <= r->plan->last_cap; cap++) {
		bool keep = r->spec->caps >> cap & 1;

		if (!keep && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return err_set(err, errno, "drop capability %u from the bounding set", cap);
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != keep)
			return err_say(err, "capability %u: the bounding set is not as asked", cap);
	}
	return 0;
}

static int ambient_raise(const struct run *r, uint64_t want, struct err *err)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return err_set(err, errno, "clear the ambient set");
	for (unsigned cap = 0; cap <= r->plan->last_cap; cap++)
		if (want >> cap & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return err_set(err, errno, "ambient capability %u", cap);
	return 0;
}

#define SECUREBITS                                                              \
	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED | \
	 SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |                \
	 SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

static int securebits_lock(struct err *err)
{
	/* NO_SETUID_FIXUP stays off, locked: a program that gives up root must lose its capabilities. */
	if (prctl(PR_SET_SECUREBITS, SECUREBITS, 0, 0, 0) < 0)
		return err_set(err, errno, "lock the securebits");
	if (prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) != SECUREBITS)
		return err_say(err, "the securebits are not as asked");
	return 0;
}

static int caps_run(struct run *r, struct err *err)
{
	uint64_t ambient = ambient_set(r);
	struct cap_sets want = {permitted_set(r), permitted_set(r), ambient};
	struct cap_sets now;
	int rc;

	if (bounding_drop(r, err) < 0)
		return -EPERM;
	/* Leaving uid 0 would clear permitted, which the next lines still need. */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_set(err, errno, "keep capabilities over setresuid");
	if (ids_set(r->plan->uid, r->plan->gid, r->plan->groups, r->plan->n_groups,
		    r->plan->map_kind != MAP_SINGLE, err) < 0)
		return -EPERM;
	rc = caps_get(&now);
	if (rc < 0)
		return err_set(err, -rc, "read the capabilities");
	now.effective =
		now.permitted; /* setresuid cleared effective; SETPCAP is needed once more */
	now.inheritable = ambient;
	rc = caps_set(&now);
	if (rc < 0)
		return err_set(err, -rc, "set the inheritable set");
	if (ambient_raise(r, ambient, err) < 0)
		return -EPERM;
	if (r->spec->is_securebits_locked) {
		if (securebits_lock(err) < 0)
			return -EPERM;
	} else if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0) {
		return err_set(err, errno, "clear keep-capabilities");
	}
	rc = caps_set(&want);
	if (rc < 0)
		return err_set(err, -rc, "set the capabilities");
	rc = caps_get(&now);
	if (rc < 0)
		return err_set(err, -rc, "read the capabilities back");
	if (memcmp(&now, &want, sizeof(now)) != 0)
		return err_say(err, "the capability sets are not as asked");
	return 0;
}

static void caps_show_set(struct show *out, const char *key, uint64_t set)
{
	char name[32];

	for (unsigned i = 0; i < 64; i++)
		if (set & 1ULL << i)
			show(out, key, "%s", cap_name(i, name, sizeof(name)));
	if (!set)
		show(out, key, "none");
}

static void caps_show(const struct run *r, struct show *out)
{
	show(out, "uid", "%u", r->plan->uid);
	show(out, "gid", "%u", r->plan->gid);
	for (size_t i = 0; i < r->plan->n_groups; i++)
		show(out, "groups", "%u", r->plan->groups[i]);
	caps_show_set(out, "bounding", r->spec->caps);
	caps_show_set(out, "permitted", permitted_set(r));
	caps_show_set(out, "ambient", ambient_set(r));
	show(out, "securebits", "%s", r->spec->is_securebits_locked ? "locked" : "as they are");
}

/* The names of a set in lower case, each after `before`: ",+net_raw,+kill" for setpriv(1). */
static const char *set_sh(uint64_t set, const char *before, char *buf, size_t size)
{
	size_t len = 0;
	char name[32];

	buf[0] = '\0';
	for (unsigned i = 0; i < 64 && len < size; i++) {
		if (!(set & 1ULL << i))
			continue;
		(void)cap_name(i, name, sizeof(name));
		for (char *c = name; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		len += (size_t)snprintf(buf + len, size - len, "%s%s", before, name);
	}
	return buf;
}

static void ids_sh(const struct run *r, struct sh *out)
{
	const struct plan *p = r->plan;
	char groups[USER_GROUPS * 11 + 1] = "";
	size_t len = 0;

	for (size_t i = 0; i < p->n_groups && len < sizeof(groups); i++)
		len += (size_t)snprintf(groups + len, sizeof(groups) - len, "%s%u", i ? "," : "",
					p->groups[i]);
	if (sh_is_single(r)) {
		sh_note(out, "setgroups is denied with a map of one id: the groups stay.");
		sh_setpriv(out, "--reuid %u --regid %u --keep-groups", p->uid, p->gid);
	} else {
		sh_setpriv(out, "--reuid %u --regid %u --groups %s", p->uid, p->gid, groups);
	}
}

static void caps_sh(const struct run *r, struct sh *out)
{
	bool is_locked = r->spec->is_securebits_locked;
	uint64_t ambient = ambient_set(r);
	/* SETPCAP for capsh, which needs it for the securebits and then takes it away. */
	uint64_t kept = ambient | (is_locked ? CAP_BIT(CAP_SETPCAP) : 0);
	char set[2048];

	ids_sh(r, out);
	sh_setpriv(out, "--bounding-set=-all%s", set_sh(r->spec->caps, ",+", set, sizeof(set)));
	sh_setpriv(out, "--inh-caps=-all%s", set_sh(kept, ",+", set, sizeof(set)));
	sh_setpriv(out, "--ambient-caps=-all%s", set);
	if (!is_locked)
		return;
	sh_note(out,
		"The securebits are capsh's: setpriv does not know all of them, and does not work "
		"any more once they are locked. It comes after setpriv, see below.");
	sh_need(out, "capsh", "libcap2-bin");
	sh_part(out, SH_LAST);
	sh_note(out,
		"Bits 0x%x: capabilities by the ambient set only, and all of it locked. capsh wants a "
		"shell to start; env starts whatever comes next.",
		(unsigned)SECUREBITS);
	(void)set_sh(ambient, ",cap_", set, sizeof(set));
	sh_line(out, "set -- \"$@\" capsh --secbits=%u --inh=%s --shell=/usr/bin/env --",
		(unsigned)SECUREBITS, *set ? set + 1 : set);
}

static int caps_verify(const struct run *r, struct err *err)
{
	uint64_t permitted = permitted_set(r);
	uint64_t ambient = ambient_set(r);
	const struct {
		const char *field;
		uint64_t want;
	} sets[] = {{"CapBnd", r->spec->caps},
		    {"CapPrm", permitted},
		    {"CapEff", permitted},
		    {"CapInh", ambient},
		    {"CapAmb", ambient}};

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		char want[24];

		(void)snprintf(want, sizeof(want), "%016llx", (unsigned long long)sets[i].want);
		if (verify_status(r, sets[i].field, want, err) < 0)
			return -EINVAL;
	}
	return 0;
}

const struct step step_caps = {
	.id = "caps",
	.what = "drop the bounding set, become the workload's user, set all capability sets, lock the "
		"securebits",
	.why = "after everything that needs a capability; inside it the bounding set goes first (needs "
	       "SETPCAP), then gid and uid, then the sets, which setresuid would have changed",
	.refs = "capabilities(7), setresuid(2), capset(2)",
	.calls = "prctl(PR_CAPBSET_DROP, CAPABILITY) for each one that is not in the bounding set\n"
		 "prctl(PR_SET_KEEPCAPS, 1)\n"
		 "setgroups(), setresgid(), setresuid()\n"
		 "prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)\n"
		 "prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | all locks)\n"
		 "capset(EFFECTIVE, PERMITTED, INHERITABLE)",
	.side = CHILD,
	.show = caps_show,
	.sh = caps_sh,
	.run = caps_run,
	.verify = caps_verify,
	.hints =
		(const struct hint[]){
			{EINVAL,
			 "the user or a group is not in the id map: see -u, --group-add and "
			 "/etc/subuid"},
			{EAGAIN, "the user's limit on processes is reached: ulimit -u"},
			{0, NULL}},
};
