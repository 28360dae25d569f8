/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.c - the workload's seccomp filter: chosen and compiled before anything is touched, loaded
 * as late as can be.
 *
 * Should: take the program that was compiled with pillbox wherever it fits; name the call when a
 *         profile cannot be compiled faithfully.
 * Mustn't: load a program that profile_check() has not seen, in this launch or in the one that put it
 *	    into the cache (profile_cache.h says who can), or go on without one.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "builtin_filter.h"
#include "notify.h"
#include "profile.h"
#include "profile_cache.h"
#include "step.h"
#include "verify.h"

/* ---- filter-compile ----------------------------------------------------------------------- */

static const struct builtin_filter *find_builtin(enum preset_id preset)
{
	const char *name = preset == PRESET_DOCKER   ? "docker"
			   : preset == PRESET_STRICT ? "strict"
						     : "default";

	for (size_t i = 0; i < n_builtin_filters; i++) {
		if (strcmp(builtin_filters[i].name, name) == 0)
			return &builtin_filters[i];
	}
	return NULL;
}

/* Refuse now, while nothing is made, what the kernel would refuse in the child. */
static int check_kernel(struct err *err)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0)
		return 0;
	err_set(err, errno, "seccomp: this kernel cannot filter system calls");
	err_hint(
		err,
		"it needs CONFIG_SECCOMP_FILTER; if pillbox runs in a container, that container's "
		"own profile may forbid seccomp(2). --security-opt seccomp=unconfined does without");
	return -errno;
}

/* For the one who tells what would open a refused call (denials.c). */
static void keep_text(struct run *r, const char *text, size_t len)
{
	if (r->spec->notify != NOTIFY_DENIALS)
		return;
	r->plan->filter_text = arena_strndup(r->spec->arena, text, len);
	r->plan->filter_text_len = len;
}

/* The cache is a help only: what is wrong with it is told to who wants to know all, and that's all. */
static void tell_cache(const struct spec *s, const struct err *err)
{
	if (s->is_verbose && err->is_set)
		note("seccomp cache: %s%s%s: not used", err->msg, err->raw ? "" : ": ",
		     err->raw ? "" : strerror(err->num));
}

static bool open_cache(const struct spec *s, struct profile_cache *ret)
{
	struct err err = {0};

	if (s->no_cache)
		return false;
	if (profile_cache_open(ret, !s->dry_run, &err)) {
		tell_cache(s, &err);
		return false;
	}
	/* What runs inside could prepare the filter of the next launch. */
	for (size_t i = 0; i < s->n_mounts; i++) {
		const struct mount_req *m = &s->mounts[i];

		if (m->kind != MOUNT_BIND || m->is_readonly ||
		    !profile_cache_is_below(ret, m->source))
			continue;
		err_say(&err, "%s: the sandbox may write to %s", m->origin, ret->path);
		tell_cache(s, &err);
		profile_cache_close(ret);
		return false;
	}
	return true;
}

/* From the cache, else compiled and put there, where this launch may. */
static int compile_cached(const struct spec *s, const char *origin, const char *text, size_t len,
			  unsigned kernel, struct profile_result *ret, struct err *err)
{
	struct err cache_err = {0};
	struct profile_cache cache;
	int rc;

	if (!open_cache(s, &cache))
		return profile_compile(origin, text, len, s->caps, kernel, ret, err);
	profile_cache_key(&cache, text, len, s->caps, kernel);
	rc = profile_cache_load(&cache, ret, &cache_err);
	tell_cache(s, &cache_err);
	if (rc == 0) {
		if (s->is_verbose)
			note("seccomp cache: %s: as compiled before, %s/%s", origin, cache.path,
			     cache.name);
	} else {
		rc = profile_compile(origin, text, len, s->caps, kernel, ret, err);
		memset(&cache_err, 0, sizeof(cache_err));
		if (!rc && !s->dry_run)
			(void)profile_cache_store(&cache, ret, &cache_err);
		tell_cache(s, &cache_err);
	}
	profile_cache_close(&cache);
	return rc;
}

static int compile(struct run *r, const char *origin, const char *text, size_t len, struct err *err)
{
	const struct spec *s = r->spec;
	struct plan *plan = r->plan;
	struct profile_result res;
	struct sock_filter *copy;

	if (compile_cached(s, origin, text, len, plan->kernel, &res, err))
		return -EINVAL;
	keep_text(r, text, len);
	copy = arena_alloc(s->arena, res.n * sizeof(*copy));
	memcpy(copy, res.insns, res.n * sizeof(*copy));
	plan->filter = copy;
	plan->n_filter = res.n;
	plan->filter_flags = res.flags;
	if (res.n_unknown && s->is_verbose)
		note("%s: %u call names are unknown here and were skipped: %s%s", origin,
		     res.n_unknown, res.unknown, res.n_unknown > 1 ? ", ..." : "");
	profile_result_free(&res);
	return 0;
}

static int compile_file(struct run *r, struct err *err)
{
	const char *file = r->spec->filter_file;
	auto_free char *text = NULL;
	size_t len;
	int rc = read_file(AT_FDCWD, file, PROFILE_MAX_BYTES, &text, &len);

	if (rc == -EFBIG)
		return err_say(err, "--security-opt seccomp=%s: larger than the limit of %u bytes",
			       file, PROFILE_MAX_BYTES);
	if (rc)
		return err_set(err, -rc, "--security-opt seccomp=%s", file);
	r->plan->filter_name = file;
	return compile(r, file, text, len, err);
}

static int use_builtin(struct run *r, struct err *err)
{
	const struct builtin_filter *b = find_builtin(r->spec->preset);
	struct plan *plan = r->plan;

	if (!b)
		return err_say(err, "seccomp: no built-in profile for preset %s",
			       preset_name(r->spec->preset));
	plan->filter_name = arena_printf(r->spec->arena, "built-in profile %s", b->name);
	if ((r->spec->caps & b->caps_mask) != (b->caps & b->caps_mask))
		return compile(r, plan->filter_name, b->json, b->json_len, err);
	keep_text(r, b->json, b->json_len);
	plan->filter = b->insns;
	plan->n_filter = b->n;
	plan->filter_flags = b->flags;
	return 0;
}

/* Filters that we run under ourselves, in a container for instance: the workload has them too. */
static unsigned own_filters(void)
{
	char text[32];
	uint64_t n;

	return proc_status(getpid(), "Seccomp_filters", text, sizeof(text)) == 0 &&
			       parse_u64(text, UINT16_MAX, &n) == 0
		       ? (unsigned)n
		       : 0;
}

/* SCMP_ACT_LOG writes where a caller without rights cannot read, or nowhere: that has to be said. */
static void note_logged(const struct plan *plan)
{
	auto_free char *logged = NULL;
	bool is_log = false;
	size_t len;

	for (unsigned i = 0; i < plan->n_filter; i++)
		is_log |= plan->filter[i].code == (BPF_RET | BPF_K) &&
			  plan->filter[i].k == SECCOMP_RET_LOG;
	if (!is_log)
		return;
	if (read_file(AT_FDCWD, "/proc/sys/kernel/seccomp/actions_logged", 4096, &logged, &len) ==
		    0 &&
	    !strstr(logged, "log"))
		note("%s: SCMP_ACT_LOG: this kernel logs no such calls "
		     "(kernel.seccomp.actions_logged); --explain-denials shows them here",
		     plan->filter_name);
	else
		note("%s: SCMP_ACT_LOG: the host's audit log has the calls (ausearch -m seccomp), or "
		     "without auditd its kernel log (journalctl -k, type=1326); --explain-denials "
		     "shows them here",
		     plan->filter_name);
}

static int compile_run(struct run *r, struct err *err)
{
	int rc = check_kernel(err);

	if (rc)
		return rc;
	if (r->spec->verify)
		r->plan->n_filters_outside = own_filters();
	if (r->spec->filter == FILTER_FILE)
		rc = compile_file(r, err);
	else if (r->spec->filter == FILTER_BUILTIN)
		rc = use_builtin(r, err);
	if (rc == 0 && r->spec->notify)
		return notify_program(r, err);
	if (rc == 0)
		note_logged(r->plan);
	return rc;
}

/* Is there a filter? To record, there is one that only asks. */
static bool compile_wanted(const struct run *r)
{
	return r->spec->filter != FILTER_UNCONFINED || r->spec->notify == NOTIFY_ALLOWED;
}

static void compile_show(const struct run *r, struct show *out)
{
	show(out, "profile", "%s", r->plan->filter_name ? r->plan->filter_name : "none");
	show(out, "instructions", "%u", r->plan->n_filter);
}

const struct step step_filter_compile = {
	.id = "filter-compile",
	.what = "choose the seccomp profile and turn it into a program that the kernel can run",
	.why = "needs the final capability set, because a profile's rules depend on it, and comes before "
	       "anything is made, so that a mistake in a profile costs nothing. The built-in profiles "
	       "were compiled with pillbox; any other program is compared with its rules, call by call, "
	       "before it is used, and kept in the caller's cache directory: the one thing that a launch "
	       "writes here, and a dry run doesn't",
	.refs = "seccomp(2), bpf(2), seccomp_rule_add(3)",
	.side = PARENT,
	.is_pure = true,
	.wanted = compile_wanted,
	.by = "any --security-opt seccomp= but unconfined",
	.show = compile_show,
	.run = compile_run,
	.hints =
		(const struct hint[]){
			{ENOENT,
			 "the file is looked for in the current directory; \"builtin\" names pillbox's own "
			 "profile, \"unconfined\" none"},
			{EACCES, "the file must be readable by the caller"},
			{EISDIR, "name the JSON file itself"},
			{EINVAL,
			 "a seccomp profile is a regular file in Docker's JSON format; pillbox seccomp lint "
			 "FILE reads one without running anything"},
			{0, NULL}},
};

/* ---- filter-early, filter ----------------------------------------------------------------- */

static int load(struct run *r, struct err *err)
{
	const struct plan *plan = r->plan;
	/* The kernel's struct has no const, and it only reads. */
	struct sock_fprog prog = {.len = plan->n_filter,
				  .filter = (struct sock_filter *)(uintptr_t)plan->filter};

	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, plan->filter_flags, &prog);

	if (fd < 0)
		return err_set(err, errno, "load the seccomp filter (%s)", plan->filter_name);
	/* It asks: the descriptor goes to the launcher with the baton, for the next step (notify). */
	if (plan->filter_flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)
		r->hand = (int)fd;
	return 0;
}

static int load_verify(const struct run *r, struct err *err)
{
	char mode[16], count[16];
	uint64_t n;
	pid_t pid = verify_pid(r);
	int rc = proc_status(pid, "Seccomp", mode, sizeof(mode));

	if (rc == 0)
		rc = proc_status(pid, "Seccomp_filters", count, sizeof(count));
	if (rc)
		return err_set(err, -rc, "/proc/%d/status: seccomp", (int)pid);
	if (strcmp(mode, "2") != 0)
		return err_say(err, "/proc/%d/status: Seccomp is %s, not 2: no filter is loaded",
			       (int)pid, mode);
	/* The one of step tcp does not stand in for this one. */
	if (parse_u64(count, UINT16_MAX, &n) ||
	    n <= r->plan->n_filters_outside + r->plan->tcp_filter)
		return err_say(err,
			       "/proc/%d/status: Seccomp_filters is %s, and %u of them are the "
			       "caller's own: ours is not loaded",
			       (int)pid, count, r->plan->n_filters_outside);
	return 0;
}

static void load_show(const struct run *r, struct show *out)
{
	compile_show(r, out);
	show(out, "flags", "0x%x", r->plan->filter_flags);
}

static const struct hint load_hints[] = {
	{EACCES,
	 "a filter needs no_new_privs, or CAP_SYS_ADMIN in the user namespace when it is loaded"},
	{EBUSY,
	 "with --explain-denials the filter asks a process outside, and only one of a process's "
	 "filters can: one that pillbox itself runs under does already"},
	{EINVAL, "the kernel does not take this program or one of the profile's flags"},
	{ENOMEM,
	 "the filters of one process may have 32768 instructions together; pillbox runs under "
	 "other filters already, or memory is short"},
	{ENOSYS, "this kernel was built without seccomp filters"},
	{EPERM,
	 "with --verify the profile has to allow read, write and recvmsg; or a filter that pillbox "
	 "itself runs under forbids seccomp(2)"},
	{0, NULL},
};

static bool early_wanted(const struct run *r)
{
	return !r->spec->no_new_privs && compile_wanted(r);
}

const struct step step_filter_early = {
	.id = "filter-early",
	.what = "load the seccomp filter, early because no_new_privs is off",
	.why = "without no_new_privs the kernel takes a filter only from who has CAP_SYS_ADMIN in the user "
	       "namespace, and the next step gives that up. The price: the steps that follow run under "
	       "the profile, so it has to allow them",
	.refs = "seccomp(2), capabilities(7)",
	.calls = "seccomp(SECCOMP_SET_MODE_FILTER, FLAGS, PROGRAM)",
	.side = CHILD,
	.wanted = early_wanted,
	.by = "a filter without no_new_privs, as in --preset docker",
	.show = load_show,
	.no_tool =
		"setpriv of util-linux 2.38 cannot; later ones have --seccomp-filter. bwrap and systemd can "
		"load one, but build a sandbox of their own around it",
	.run = load,
	.verify = load_verify,
	.hints = load_hints,
};

static bool late_wanted(const struct run *r)
{
	return r->spec->no_new_privs && compile_wanted(r);
}

const struct step step_filter = {
	.id = "filter",
	.what = "load the seccomp filter",
	.why = "the last step before the command, so that the profile need not allow what pillbox itself "
	       "does on the way. no_new_privs is set by now, and so no capability is needed",
	.refs = "seccomp(2), prctl(2)",
	.calls = "seccomp(SECCOMP_SET_MODE_FILTER, FLAGS, PROGRAM)",
	.side = CHILD,
	.wanted = late_wanted,
	.by = "a filter and no_new_privs: --security-opt no-new-privileges",
	.show = load_show,
	.no_tool =
		"setpriv of util-linux 2.38 cannot; later ones have --seccomp-filter. bwrap and systemd can "
		"load one, but build a sandbox of their own around it",
	.run = load,
	.verify = load_verify,
	.hints = load_hints,
};
