/* SPDX-License-Identifier: Apache-2.0 */
/*
 * landlock_plan.c - whether Landlock is used, with which ABI, and what that leaves to others.
 *
 * Theory of operation
 *
 * The kernel tells one number. Each ABI can refuse more than the one before, so what it cannot is
 * said in the report (--verbose) and, where it was asked for by name, an error:
 *
 *   ABI 1  Linux 5.13  files and directories; refuses every rename and link between directories
 *   ABI 2  5.19        such renames and links by rule        (Debian 12's 6.1 ends here)
 *   ABI 3  6.2         cutting files short
 *   ABI 4  6.7         TCP: bind and connect
 *   ABI 5  6.10        ioctl on devices
 *   ABI 6  6.12        abstract unix sockets and signals
 *   ABI 7  6.15        what is logged
 *
 * Should: decide from the request, the AppArmor profile and the kernel's number alone.
 * Mustn't: change anything, or leave away what was asked for by name without the user's word.
 */
#include "lsm.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "landlock_kernel.h"
#include "step.h"
#include "sys.h"

#define ABI_KNOWN 7u /* the newest ABI whose rights are below: a newer kernel is used as this one */
#define ABI_AUTO 2u  /* before it, Landlock forbids every rename between directories (no REFER) */
#define ABI_TCP 4u   /* Linux 6.7 */

/* ---- pure ----------------------------------------------------------------------------------- */

uint64_t landlock_all(unsigned abi)
{
	/* Bits are handed out in order: 13 at first, then one each with ABI 2, 3 and 5. */
	unsigned bits = 13u + (abi >= 2) + (abi >= 3) + (abi >= 5);

	return abi ? (1ULL << bits) - 1 : 0;
}

uint64_t landlock_writable(unsigned abi, mode_t mode)
{
	uint64_t rights = landlock_all(abi) & ~(RIGHTS_NEVER | LANDLOCK_ACCESS_FS_IOCTL_DEV);

	return S_ISDIR(mode) ? rights : rights & RIGHTS_FILE;
}

uint32_t landlock_flags(unsigned abi)
{
	return abi >= 7 ? LANDLOCK_RESTRICT_SELF_LOG_SAME_EXEC_OFF |
				  LANDLOCK_RESTRICT_SELF_LOG_SUBDOMAINS_OFF
			: 0;
}

void landlock_gaps(unsigned abi, char *buf, size_t size)
{
	static const struct {
		unsigned abi;
		const char *what;
	} news[] = {
		{3, "cutting files short"},
		{ABI_TCP, "TCP"},
		{5, "ioctl on devices"},
		{6, "abstract sockets and signals"},
	};
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(news); i++)
		if (abi < news[i].abi && len < size)
			len += (size_t)snprintf(buf + len, size - len, "%s%s (ABI %u)",
						len ? ", " : "", news[i].what, news[i].abi);
}

/* ---- the decision --------------------------------------------------------------------------- */

/*
 * A kernel without Landlock, and one that was started without it, says so to each of its calls, and so
 * does a filter that hides it. One call that fails alone is a failure: no reason to go on with less.
 */
int landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	int num = errno;

	if (abi >= 0)
		return abi > (long)ABI_KNOWN ? (int)ABI_KNOWN : (int)abi;
	if (num != ENOSYS && num != EOPNOTSUPP && num != EPERM)
		return -num;
	if (syscall(SYS_landlock_add_rule, -1, 0, NULL, 0) < 0 && errno == num)
		return -num;
	return -EPROTO;
}

bool landlock_is_absent(int abi)
{
	return abi == -ENOSYS || abi == -EOPNOTSUPP || abi == -EPERM;
}

static const char *why_absent(int abi)
{
	switch (abi) {
	case -ENOSYS:
		return "this kernel has no Landlock";
	case -EOPNOTSUPP:
		return "Landlock is not among the kernel's active security modules";
	case -EPERM:
		return "a seccomp filter around pillbox hides Landlock";
	default:
		return "Landlock cannot be used";
	}
}

/* Asked for and not to be had: an error, or, with the user's word, said and gone on without. */
static int required(const struct run *r, const char *option, const char *why, const char *cure,
		    struct err *err)
{
	bool is_tcp = strcmp(option, "--tcp none") == 0;

	if (r->spec->allow_missing & MISSING_LANDLOCK) {
		note("NOT ENFORCED: Landlock%s: %s%s", is_tcp ? " for --tcp none" : "", why,
		     is_tcp && r->plan->tcp_filter ? "; a system call filter alone refuses TCP"
						   : "");
		return 0;
	}
	(void)err_say(err, "%s: %s%s", option, is_tcp ? "Landlock: " : "", why);
	err->num = EOPNOTSUPP;
	err_hint(err, "%s; or do without: --allow-missing=landlock", cure);
	return -err->num;
}

/* The ABI that will be used, or 0 and the reason; -errno when the kernel's answer is none. */
static int landlock_choose(const struct run *r, const char **ret_why, const char **ret_cure)
{
	const struct spec *s = r->spec;
	bool is_auto = s->landlock == MODE_AUTO && !(s->tcp == TCP_NONE && s->is_tcp_asked);
	int abi;

	*ret_cure = "add --landlock on";
	*ret_why = "it is off";
	if (s->landlock == MODE_OFF)
		return 0;
	*ret_why = "an AppArmor profile is applied";
	if (is_auto && r->plan->apparmor)
		return 0;
	*ret_cure = "add --security-opt no-new-privileges";
	*ret_why = "it needs no_new_privs";
	if (!s->no_new_privs)
		return 0;
	abi = landlock_abi();
	*ret_cure =
		"it needs CONFIG_SECURITY_LANDLOCK, and landlock in lsm= on the command line of the "
		"kernel (see /sys/kernel/security/lsm)";
	*ret_why = why_absent(abi);
	if (abi < 0)
		return landlock_is_absent(abi) ? 0 : abi;
	*ret_why = "ABI 1 refuses renames between directories";
	if (is_auto && abi < (int)ABI_AUTO)
		return 0;
	*ret_why = NULL;
	return abi;
}

int landlock_plan(struct run *r, struct err *err)
{
	const struct spec *s = r->spec;
	struct plan *p = r->plan;
	const char *cure;
	int abi;

	tcp_plan(r);
	abi = landlock_choose(r, &p->landlock_why, &cure);
	if (abi < 0)
		return err_set(err, -abi, "ask the kernel for its Landlock ABI");
	p->landlock_abi = (unsigned)abi;
	if (!p->landlock_abi && s->landlock == MODE_ON &&
	    required(r, "--landlock on", p->landlock_why, cure, err) < 0)
		return -err->num;
	if (p->landlock_abi && p->landlock_abi < ABI_AUTO)
		note("Landlock ABI 1 refuses renames and links between directories");
	p->landlock_tcp = s->tcp == TCP_NONE && p->landlock_abi >= ABI_TCP;
	if (s->tcp != TCP_NONE || !s->is_tcp_asked || p->landlock_tcp)
		return 0;
	if (!p->landlock_abi)
		return required(r, "--tcp none", p->landlock_why, cure, err);
	return required(r, "--tcp none",
			arena_printf(s->arena, "ABI %u has no rule for TCP", p->landlock_abi),
			"ABI 4 came with Linux 6.7", err);
}

/* What there is, and what it leaves to others. */
void landlock_plan_show(const struct run *r, struct show *out)
{
	const struct plan *p = r->plan;
	char gaps[160];

	if (!p->landlock_abi) {
		show(out, "landlock_abi", "none");
		show(out, "landlock_why", "%s", p->landlock_why);
		return;
	}
	landlock_gaps(p->landlock_abi, gaps, sizeof(gaps));
	show(out, "landlock_abi", "%u", p->landlock_abi);
	if (gaps[0])
		show(out, "landlock_does_not_know", "%s", gaps);
	if (r->spec->tcp == TCP_NONE && !p->landlock_tcp)
		show(out, "tcp", "ABI %u has no rule for it: %s alone keep%s it away",
		     p->landlock_abi,
		     r->spec->net == NET_NONE ? "the system call filter and the network namespace"
					      : "the system call filter",
		     r->spec->net == NET_NONE ? "" : "s");
}
