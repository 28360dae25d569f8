/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.c - `pillbox check`: run the table of checks, and judge.
 *
 * "In full" means for the default preset that every check which it needs works, and so that a plain
 * `pillbox run ROOTFS` is not refused. A map of one id is enough for it: the command has one user
 * inside either way, and what is lost is that this user is the caller himself on the host, should
 * anything ever get out. So a missing subordinate range is shown as restricted, and does not change
 * the exit status; one that is there and cannot be mapped does, because a launch refuses it.
 *
 * Should: try everything, whatever failed before, unless it makes no sense without that.
 * Mustn't: take long (a second for all), ask anything, or leave anything behind.
 */
#include "check.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "host.h"
#include "ids.h"
#include "runner.h"
#include "supervise.h"

#define EXIT_NOT_FULL 1

/* ---- pure ----------------------------------------------------------------------------------- */

enum check_state check_state(int num, bool is_filtered)
{
	switch (num) {
	case EPERM:
	case EACCES:
	case EROFS:
	case EBUSY:
	case EAGAIN:
	case EDQUOT:
	case ETIME:
	case ETIMEDOUT:
		return CHECK_RESTRICTED;
	case ENOSYS:
		/* Filters of containers answer so, to look like an old kernel. */
		return is_filtered ? CHECK_RESTRICTED : CHECK_MISSING;
	default:
		return CHECK_MISSING;
	}
}

const char *check_state_name(enum check_state state)
{
	static const char *const names[] = {
		[CHECK_WORKS] = "works",
		[CHECK_RESTRICTED] = "restricted",
		[CHECK_MISSING] = "missing",
	};

	return names[state];
}

const char *check_group_name(enum check_group group)
{
	static const char *const names[] = {
		[CHECK_DEFAULT] = "default",
		[CHECK_OPTIONS] = "options",
		[CHECK_EXTRA] = "optional",
	};

	return names[group];
}

enum check_group check_group(const struct check *c)
{
	if ((c->presets | c->either) & IN(PRESET_HARDENED))
		return CHECK_DEFAULT;
	return c->is_extra ? CHECK_EXTRA : CHECK_OPTIONS;
}

size_t check_index(const char *id)
{
	for (size_t i = 0; i < checks_len; i++)
		if (!strcmp(checks[i].id, id))
			return i;
	return checks_len;
}

size_t check_lacks(enum preset_id preset, const struct check_result *done, const char **names,
		   size_t max)
{
	const char *either = NULL; /* the first of those of which one is enough */
	bool has_either = false;
	size_t n = 0;

	for (size_t i = 0; i < checks_len; i++) {
		bool works = done[i].state == CHECK_WORKS;

		if (checks[i].either & IN(preset)) {
			either = either ? either : checks[i].what;
			has_either |= works;
		}
		/* What was not tried lacks nothing of its own. */
		if (!works && !done[i].behind && checks[i].presets & IN(preset) && n++ < max)
			names[n - 1] = checks[i].what;
	}
	if (either && !has_either && n++ < max)
		names[n - 1] = either;
	return n;
}

/* ---- results -------------------------------------------------------------------------------- */

void check_set(struct check_result *ret, enum check_state state, const char *fmt, ...)
{
	va_list ap;

	ret->state = state;
	va_start(ap, fmt);
	(void)vsnprintf(ret->detail, sizeof(ret->detail), fmt, ap);
	va_end(ap);
}

void check_cure(struct check_result *ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(ret->cure, sizeof(ret->cure), fmt, ap);
	va_end(ap);
}

/* What every container's filter can do to every call; the steps' own hints come first. */
static void filter_hint(struct err *err)
{
	if (host_is_filtered() && (err->num == EPERM || err->num == ENOSYS))
		err_hint(err, "a seccomp filter is around pillbox: start it outside of that "
			      "container, or the container without it (Docker: --security-opt "
			      "seccomp=unconfined)");
}

void check_fail(struct check_result *ret, const struct step *step, struct err *err)
{
	struct plan plan = {.caller_uid = geteuid(), .caller_gid = getegid()};
	struct spec spec = {.preset = PRESET_HARDENED};
	struct run run;

	run_init(&run, &spec);
	run.plan = &plan;
	if (step)
		step_hint(&run, step, err);
	filter_hint(err);
	check_set(ret, check_state(err->num, host_is_filtered()), "%s%s%s", err->msg,
		  err->raw || !err->num ? "" : ": ",
		  err->raw || !err->num ? "" : strerrordesc_np(err->num));
	check_cure(ret, "%s", err->hint);
}

/* ---- the run -------------------------------------------------------------------------------- */

/* The default preset, and the id map that a launch of it would have; by our own hand if we can. */
static bool host_prepare(struct check_host *h, struct arena *a, struct err *err)
{
	struct run r;

	if (arena_init(a, err) < 0)
		return false;
	h->spec.arena = a;
	preset_apply(&h->spec, PRESET_HARDENED);
	h->spec.hostname = "pillbox-check";
	h->done = arena_alloc(a, checks_len * sizeof(*h->done));
	h->plan.caller_uid = geteuid();
	h->plan.caller_gid = getegid();
	h->plan.uid = h->plan.gid = 1000; /* the preset's user */
	h->plan.root_uid = h->plan.caller_uid;
	h->plan.root_gid = h->plan.caller_gid;
	host_limits(&h->plan);
	run_init(&r, &h->spec);
	r.plan = &h->plan;
	/* Root's map is written by hand in any case; a user's single id saves two programs a trial. */
	h->spec.userns = h->plan.caller_uid ? USERNS_SINGLE : USERNS_AUTO;
	if (step_ids.run(&r, &h->ids) < 0)
		step_hint(&r, &step_ids, &h->ids);
	h->spec.userns = USERNS_AUTO;
	return true;
}

/* The check that failed, so that this one can't work; NULL: none did. */
static const char *is_behind(const struct check *c, const struct check_host *h)
{
	for (const struct check *b = c; b->behind; b = &checks[check_index(b->behind)])
		if (h->done[check_index(b->behind)].state != CHECK_WORKS)
			return b->behind;
	return NULL;
}

static void check_one(const struct check *c, struct check_host *h, struct check_result *ret)
{
	const char *behind = is_behind(c, h);

	if (c->root_only && h->plan.map_kind != MAP_ROOT) {
		check_set(ret, CHECK_WORKS, "not needed: %s", c->root_only);
	} else if (behind) {
		check_set(ret, CHECK_MISSING, "not tried: there is no %s",
			  checks[check_index(behind)].what);
		ret->behind = behind;
	} else if (c->look) {
		c->look(c, h, ret);
	} else if (!c->is_plain && h->ids.is_set) {
		struct err err = h->ids;

		check_fail(ret, &step_ids, &err);
	} else {
		trial(c, h, &h->plan, ret);
	}
	if (ret->state != CHECK_WORKS && !ret->cure[0] && !behind)
		check_cure(ret, "none is known; dmesg may say more");
}

static int usage(struct err *err, const char *arg)
{
	err_say(err, "%s: unknown argument", arg);
	err_hint(err, "usage: pillbox check [--json]");
	err_print(err, "check");
	return EXIT_SETUP;
}

int cmd_check(int argc, char *argv[], const struct seam *seam)
{
	struct arena arena = {0};
	struct check_host h = {0};
	struct err err = {0};
	bool is_json = false;
	sigset_t mask;

	(void)seam;
	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return printf("usage: pillbox check [--json]\n") < 0 || fflush(stdout)
				       ? EXIT_SETUP
				       : 0;
		if (strcmp(argv[i], "--json") != 0)
			return usage(&err, argv[i]);
		is_json = true;
	}
	/* Nobody reads a signalfd here: Ctrl-C ends us, and the kernel the child. */
	supervise_signals(&mask);
	if (sigprocmask(SIG_UNBLOCK, &mask, NULL) < 0)
		err_set(&err, errno, "signal mask");
	if (err.is_set || !host_prepare(&h, &arena, &err)) {
		err_print(&err, "check");
		return EXIT_SETUP;
	}
	for (size_t i = 0; i < checks_len; i++)
		check_one(&checks[i], &h, &h.done[i]);
	if ((is_json ? check_json(&h, stdout) : check_print(&h)) < 0 || fflush(stdout)) {
		err_set(&err, errno, "write the report");
		err_print(&err, "check");
		return EXIT_SETUP;
	}
	return check_lacks(PRESET_HARDENED, h.done, NULL, 0) ? EXIT_NOT_FULL : 0;
}
