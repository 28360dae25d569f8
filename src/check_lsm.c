/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_lsm.c - checks: seccomp, Landlock, AppArmor.
 *
 * Should: put each in force on a child and see it refuse something that worked before.
 * Mustn't: believe a version number where an effect can be had.
 */
#include <errno.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "check.h"
#include "host.h"
#include "lsm.h"
#include "runner.h"
#include "sys.h"

/* ---- seccomp -------------------------------------------------------------------------------- */

/* Without a key to add it says EFAULT; every profile of ours refuses it before it looks. */
static int add_nothing(void)
{
	return syscall(SYS_add_key, NULL, NULL, NULL, 0, 0) < 0 ? errno : 0;
}

int act_seccomp(struct trial *t, struct err *err)
{
	int before, after;

	trial_at(t, "add_key");
	before = add_nothing();
	t->spec.verify = true; /* count the filters that are around us already */
	if (trial_step(t, &step_filter_compile, err) < 0 || trial_step(t, &step_nnp, err) < 0 ||
	    trial_step(t, &step_filter, err) < 0)
		return -err->num;
	t->run.child = getpid();
	after = add_nothing();
	if (step_filter.verify(&t->run, err) < 0)
		return -err->num;
	if (before != EPERM && after != EPERM)
		return err_say(err, "a filter was loaded and refuses nothing");
	trial_say(t, "the %s is in force", t->plan.filter_name);
	return 0;
}

/* What a profile of the user's may ask for, besides what ours do. */
int act_actions(struct trial *t, struct err *err)
{
	static const struct {
		const char *name;
		uint32_t action;
	} actions[] = {
		{"ERRNO", SECCOMP_RET_ERRNO},
		{"KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
		{"KILL_THREAD", SECCOMP_RET_KILL_THREAD},
		{"LOG", SECCOMP_RET_LOG},
		{"TRACE", SECCOMP_RET_TRACE},
		{"TRAP", SECCOMP_RET_TRAP},
		{"USER_NOTIF", SECCOMP_RET_USER_NOTIF},
	};
	static const struct {
		const char *name;
		unsigned flag;
	} flags[] = {{"log", SECCOMP_FILTER_FLAG_LOG},
		     {"spec_allow", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
		     {"new_listener", SECCOMP_FILTER_FLAG_NEW_LISTENER}};
	char has[256] = "", absent[256] = "";

	for (size_t i = 0; i < ARRAY_SIZE(actions) + ARRAY_SIZE(flags); i++) {
		size_t f = i - ARRAY_SIZE(actions);
		bool is_flag = i >= ARRAY_SIZE(actions);
		const char *name = is_flag ? flags[f].name : actions[i].name;
		bool is_there;
		char *list;
		size_t len;

		/* A flag that is known and no program: EFAULT. */
		if (is_flag)
			is_there = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags[f].flag,
					   NULL) < 0 &&
				   errno == EFAULT;
		else
			is_there = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0,
					   &actions[i].action) == 0;
		list = is_there ? has : absent;
		len = strlen(list);
		(void)snprintf(list + len, sizeof(has) - len, "%s%s", len ? " " : "", name);
	}
	if (absent[0]) {
		trial_as(t, &step_filter_compile);
		(void)err_say(err, "not to be had: %s", absent);
		err->num = ENOSYS;
		return -ENOSYS;
	}
	trial_say(t, "%s", has);
	return 0;
}

/* ---- Landlock ------------------------------------------------------------------------------- */

#define ABI_AUTO 2u /* from here on `--landlock auto` switches it on */
#define NET_BIND_TCP (1ULL << 0)
#define NET_CONNECT_TCP (1ULL << 1)
#define SCOPE_ABSTRACT (1ULL << 0)
#define SCOPE_SIGNAL (1ULL << 1)

/* What an ABI added; said of each whether this kernel has it. */
static const struct {
	unsigned abi;
	const char *what, *kernel;
} landlock_parts[] = {
	{1, "files", "5.13"}, {2, "renames", "5.19"}, {3, "truncate", "6.2"},
	{4, "TCP", "6.7"},    {5, "devices", "6.10"}, {6, "abstract sockets and signals", "6.12"},
};

/* Something that works now and must be refused later, for every ABI that can be seen to. */
struct proof {
	int socket;
	struct sockaddr_un name;
	socklen_t len;
};

static int proof_prepare(struct proof *p, struct err *err)
{
	p->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	p->name = (struct sockaddr_un){.sun_family = AF_UNIX};
	p->len = sizeof(p->name);
	if (p->socket < 0 ||
	    bind(p->socket, (const struct sockaddr *)&p->name, sizeof(p->name.sun_family)) < 0 ||
	    getsockname(p->socket, (struct sockaddr *)&p->name, &p->len) < 0)
		return err_set(err, errno, "abstract socket");
	return 0;
}

static int try_read(void)
{
	auto_close int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? errno : 0;
}

/* Port 0 is any free one: nothing that anybody could meet. */
static int try_bind(void)
{
	const struct sockaddr addr = {.sa_family = AF_INET};
	auto_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	return bind(fd, &addr, 16) < 0 ? errno : 0;
}

static int try_connect(const struct proof *p)
{
	auto_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	return connect(fd, (const struct sockaddr *)&p->name, p->len) < 0 ? errno : 0;
}

static int landlock_enter(unsigned abi, struct err *err)
{
	const uint64_t attr[] = {landlock_all(abi), NET_BIND_TCP | NET_CONNECT_TCP,
				 SCOPE_ABSTRACT | SCOPE_SIGNAL};
	const size_t size = (abi >= 6 ? 3 : abi >= 4 ? 2 : 1) * sizeof(attr[0]);
	auto_close int rules = (int)syscall(SYS_landlock_create_ruleset, attr, size, 0);

	if (rules < 0)
		return err_set(err, errno, "Landlock ruleset");
	if (syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		return err_set(err, errno, "Landlock rules in force");
	return 0;
}

static void landlock_tell(struct trial *t, unsigned abi)
{
	char has[256] = "", absent[256] = "";

	for (size_t i = 0; i < ARRAY_SIZE(landlock_parts); i++) {
		bool is_there = landlock_parts[i].abi <= abi;
		char *list = is_there ? has : absent;
		size_t len = strlen(list);

		(void)snprintf(list + len, sizeof(has) - len, "%s%s%s%s%s", len ? ", " : "",
			       landlock_parts[i].what, is_there ? "" : " (",
			       is_there ? "" : landlock_parts[i].kernel, is_there ? "" : ")");
	}
	trial_say(t, "ABI %u: %s%s%s", abi, has, absent[0] ? "; not: " : "", absent);
	if (abi < ABI_AUTO)
		trial_partly(t, "Linux 5.19: before it Landlock forbids every rename between "
				"directories, so it is on only with --landlock on");
}

int act_landlock(struct trial *t, struct err *err)
{
	struct proof proof;
	int abi;

	trial_at(t, "landlock_create_ruleset");
	abi = landlock_abi();
	if (abi < 0 && host_is_filtered()) /* who answers so may not be the kernel */
		return err_set(err, -abi, "landlock_create_ruleset");
	t->spec.landlock = MODE_ON; /* asked for, so that its absence is an error with a cure */
	trial_as(t, &step_lsm_check);
	if (landlock_plan(&t->run, err) < 0) {
		err->num = abi < 0 ? -abi : err->num;
		return -err->num;
	}
	if (try_read() != 0 || try_bind() != 0 || proof_prepare(&proof, err) < 0)
		return err_say(err, "what is to be refused fails already");
	if (trial_step(t, &step_nnp, err) < 0)
		return -err->num;
	trial_as(t, &step_landlock);
	if (landlock_enter((unsigned)abi, err) < 0)
		return -err->num;
	if (try_read() != EACCES)
		return err_say(err, "Landlock took the rules and refuses no file");
	if (abi >= 4 && try_bind() != EACCES)
		return err_say(err, "Landlock took the rules and refuses no TCP");
	if (abi >= 6 && try_connect(&proof) != EPERM)
		return err_say(err, "Landlock took the rules and refuses no abstract socket");
	landlock_tell(t, (unsigned)abi);
	return 0;
}

/* ---- AppArmor ------------------------------------------------------------------------------- */

/* As preset strict asks for it: loaded, enforced, and the kernel takes the change of profile. */
int act_apparmor(struct trial *t, struct err *err)
{
	t->spec.preset = PRESET_STRICT;
	t->spec.landlock = MODE_OFF;
	if (trial_step(t, &step_lsm_check, err) < 0)
		return -err->num;
	t->run.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (t->run.proc < 0)
		return err_set(err, errno, "/proc");
	if (trial_step(t, &step_lsm, err) < 0)
		return -err->num;
	trial_say(t, "%s is loaded and can be %s", t->plan.apparmor,
		  t->plan.apparmor_stack ? "stacked on our own profile" : "entered");
	return 0;
}
