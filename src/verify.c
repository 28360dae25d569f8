/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.c - what the kernel says of the sandbox, asked from outside.
 *
 * Should: believe only /proc; ask each wanted step of the list whether its control holds.
 * Mustn't: read back what pillbox wrote and call that proof where the kernel shows the effect.
 */
#include "verify.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "mnt.h"
#include "runner.h"

/* Value of "field:" in a text of "field:\tvalue" lines. */
static int field_find(char *text, const char *field, char *buf, size_t size)
{
	size_t len = strlen(field);
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *value;

		if (strncmp(line, field, len) != 0 || line[len] != ':')
			continue;
		value = line + len + 1;
		value += strspn(value, " \t");
		(void)snprintf(buf, size, "%s", value);
		for (size_t n = strlen(buf); n && (buf[n - 1] == ' ' || buf[n - 1] == '\t'); n--)
			buf[n - 1] = '\0';
		return 0;
	}
	return -ENOENT;
}

static int field_read(const char *path, const char *field, char *buf, size_t size)
{
	auto_free char *text = NULL;
	size_t len;
	int rc = read_file(AT_FDCWD, path, 1 << 16, &text, &len);

	return rc < 0 ? rc : field_find(text, field, buf, size);
}

int proc_status(pid_t pid, const char *field, char *buf, size_t size)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	return field_read(path, field, buf, size);
}

pid_t verify_pid(const struct run *r)
{
	char path[64];
	char text[32];
	uint64_t pid;

	if (r->workload < 0)
		return r->child;
	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", r->workload);
	if (field_read(path, "Pid", text, sizeof(text)) < 0 || parse_u64(text, INT32_MAX, &pid) < 0)
		return r->child;
	return (pid_t)pid;
}

int verify_status(const struct run *r, const char *field, const char *want, struct err *err)
{
	char text[256];
	int rc = proc_status(verify_pid(r), field, text, sizeof(text));

	if (rc < 0)
		return err_set(err, -rc, "%s of the workload", field);
	if (strcmp(text, want) != 0)
		return err_say(err, "%s is %s, not %s", field, text, want);
	return 0;
}

bool verify_option(const char *options, const char *option)
{
	size_t len = strlen(option);

	for (const char *p = options; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (!strncmp(p, option, len) && (p[len] == ',' || !p[len]))
			return true;
	return false;
}

/* proc(5): blanks and the backslash stand as three octal digits: "\040". In place. */
static void unescape(char *text)
{
	char *out = text;

	for (const char *p = text; *p; p++) {
		unsigned byte;

		if (*p == '\\' && sscanf(p + 1, "%3o", &byte) == 1 &&
		    strspn(p + 1, "01234567") >= 3) {
			*out++ = (char)byte;
			p += 3;
		} else {
			*out++ = *p;
		}
	}
	*out = '\0';
}

int verify_mounts(const struct run *r,
		  int (*each)(const struct run *r, const char *point, const char *options,
			      void *arg),
		  void *arg)
{
	auto_free char *text = NULL;
	char path[64];
	char *save = NULL;
	size_t len;
	int rc;

	(void)snprintf(path, sizeof(path), "/proc/%d/mountinfo", verify_pid(r));
	rc = read_file(AT_FDCWD, path, 64 << 20, &text, &len);
	for (char *line = rc < 0 ? NULL : strtok_r(text, "\n", &save); line && !rc;
	     line = strtok_r(NULL, "\n", &save)) {
		char point[PATH_MAX], options[256];

		/* proc(5): id, parent, major:minor, root, mount point, options */
		if (sscanf(line, "%*d %*d %*s %*s %4095s %255s", point, options) != 2)
			continue;
		unescape(point);
		rc = each(r, point, options, arg);
	}
	return rc;
}

struct wanted_mount {
	const char *target, *option;
	bool holds;
};

static int mount_match(const struct run *r, const char *point, const char *options, void *arg)
{
	struct wanted_mount *w = arg;

	(void)r;
	if (!strcmp(point, w->target)) /* the last one is on top */
		w->holds = !w->option || verify_option(options, w->option);
	return 0;
}

bool verify_mount(const struct run *r, const char *target, const char *option)
{
	struct wanted_mount w = {target, option, false};

	return verify_mounts(r, mount_match, &w) == 0 && w.holds;
}

void verify_target(const struct run *r, const char *target, char *buf)
{
	char link[64], root[PATH_MAX], place[PATH_MAX];
	auto_close int fd = mnt_resolve(r->root_src, target, 0);
	ssize_t n = -1, m = -1;

	if (fd >= 0) {
		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", r->root_src);
		n = readlink(link, root, sizeof(root) - 1);
		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		m = readlink(link, place, sizeof(place) - 1);
	}
	if (n > 0 && m > n && !memcmp(root, place, (size_t)n) && place[n] == '/')
		(void)snprintf(buf, PATH_MAX, "%.*s", (int)(m - n), place + n);
	else
		(void)snprintf(buf, PATH_MAX, "%s", target);
}

static bool verify_wanted(const struct run *r)
{
	return r->spec->verify;
}

static int verify_run(struct run *r, struct err *err)
{
	unsigned asked = 0;

	if (r->spec->is_audit)
		return audit_verify(r);

	for (size_t i = 0; i < program_len; i++) {
		const struct step *s = program[i];
		struct err one = {0};

		if (!s->verify || !step_wanted(r, s))
			continue;
		asked++;
		if (s->verify(r, &one) < 0 || one.is_set) {
			err_say(err, "%s does not hold: %s%s%s", s->id, one.msg,
				one.raw ? "" : ": ", one.raw ? "" : strerror(one.num));
			return -EINVAL;
		}
	}
	if (r->spec->is_verbose)
		note("verify: %u controls hold", asked);
	return 0;
}

const struct step step_verify = {
	.id = "verify",
	.what = "compare the finished sandbox with the plan, from outside, through /proc",
	.why = "after the last control and before the command, so that nothing runs in a sandbox that "
	       "is not what was asked",
	.refs = "proc(5)",
	.side = PARENT,
	.wanted = verify_wanted,
	.by = "--verify",
	.no_tool = "it is a comparison with what pillbox knows; look yourself: /proc/PID/status, "
		   "/proc/PID/mountinfo, /proc/PID/uid_map",
	.run = verify_run,
};
