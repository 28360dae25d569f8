/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options_start.c - setters: names, ids, network, terminal, signals, reports.
 *
 * Should: refuse each value that could be read in two ways.
 * Mustn't: look at the host or the rootfs; names of users are resolved by the steps.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "options_set.h"

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* poll(2) counts milliseconds in an int. */
#define STOP_TIMEOUT_MAX 2000000

/* More descriptors than any program expects from its caller; RLIMIT_NOFILE is 1024 by habit. */
#define PRESERVE_FDS_MAX 1000

int opt_preset(struct spec *s, const char *value, const char *origin, struct err *err)
{
	enum preset_id id;

	if (preset_by_name(value, &id) < 0)
		return err_say(err, "%s: the presets are docker, hardened and strict", origin);
	preset_apply(s, id);
	return 0;
}

int opt_name(struct spec *s, const char *value, const char *origin, struct err *err)
{
	size_t len = strlen(value);

	/* The name becomes part of a cgroup path: no '/', and not "." or "..". */
	if (len == 0 || len > 64 || value[0] == '.' ||
	    strspn(value, LETTERS DIGITS "_+-.") != len) {
		int rc = err_say(err, "%s: not a name", origin);

		err_hint(err, "1 to 64 of A-Z a-z 0-9 _ + - . and no dot at the start");
		return rc;
	}
	s->name = value;
	return 0;
}

int opt_hostname(struct spec *s, const char *value, const char *origin, struct err *err)
{
	size_t len = strlen(value);

	if (len > 64)
		return err_say(err, "%s: %zu bytes, and the kernel keeps 64", origin, len);
	if (len == 0 || strchr("-.", value[0]) || strspn(value, LETTERS DIGITS "-._") != len) {
		int rc = err_say(err, "%s: not a host name", origin);

		err_hint(err, "A-Z a-z 0-9 - . _ and no dash or dot at the start");
		return rc;
	}
	s->hostname = value;
	return 0;
}

int opt_workdir(struct spec *s, const char *value, const char *origin, struct err *err)
{
	if (path_tidy(s->arena, value, &s->workdir) == 0)
		return 0;
	return err_say(err, "%s: must be an absolute path without '..'", origin);
}

/*
 * A user or group: an id or a name. What begins like a number is a number and nothing else:
 * "01", "1x" or "+1" would otherwise be read by one program as a name and by the next as an id,
 * and the workload would run as somebody else.
 */
static int check_owner(const char *text, const char *origin, struct err *err)
{
	size_t len = strlen(text);
	uint32_t id;
	int rc;

	if (len == 0)
		return err_say(err, "%s: an empty user or group", origin);
	if (strspn(text, DIGITS) == len)
		return value_id(text, origin, &id, err);
	if (len > 1 && text[len - 1] == '$')
		len--;
	if (strchr(LETTERS "_", text[0]) && strspn(text, LETTERS DIGITS "_.-") == len && len <= 255)
		return 0;
	rc = err_say(err, "%s: '%s' is neither an id nor a user or group name", origin, text);
	err_hint(err, "an id is decimal digits; a name begins with a letter or '_'");
	return rc;
}

int opt_user(struct spec *s, const char *value, const char *origin, struct err *err)
{
	const char *colon = strchr(value, ':');
	const char *user = colon ? arena_strndup(s->arena, value, (size_t)(colon - value)) : value;
	int rc = check_owner(user, origin, err);

	if (rc == 0 && colon)
		rc = check_owner(colon + 1, origin, err);
	if (rc == 0)
		s->user = value;
	return rc;
}

int opt_group_add(struct spec *s, const char *value, const char *origin, struct err *err)
{
	int rc = check_owner(value, origin, err);

	if (rc < 0)
		return rc;
	s->group_add = list_grow(s->arena, s->group_add, s->n_group_add, sizeof(*s->group_add));
	s->group_add[s->n_group_add++] = value;
	return 0;
}

int opt_userns(struct spec *s, const char *value, const char *origin, struct err *err)
{
	static const enum userns_mode modes[] = {USERNS_AUTO, USERNS_SINGLE, USERNS_RANGE};
	int i, rc = value_choice(value, "auto single range", origin, &i, err);

	if (rc == 0)
		s->userns = modes[i];
	return rc;
}

int opt_network(struct spec *s, const char *value, const char *origin, struct err *err)
{
	static const enum net_mode modes[] = {NET_NONE, NET_HOST};
	int i, rc = value_choice(value, "none host", origin, &i, err);

	if (rc == 0)
		s->net = modes[i];
	else
		err_hint(err, "none: loopback only; host: the host's own network, which is weaker");
	return rc;
}

int opt_init(struct spec *s, const char *value, const char *origin, struct err *err)
{
	(void)value, (void)origin, (void)err;
	s->has_init = true;
	return 0;
}

int opt_no_init(struct spec *s, const char *value, const char *origin, struct err *err)
{
	(void)value, (void)origin, (void)err;
	s->has_init = false;
	return 0;
}

int opt_tty(struct spec *s, const char *value, const char *origin, struct err *err)
{
	(void)value, (void)origin, (void)err;
	s->tty = MODE_ON;
	return 0;
}

int opt_no_tty(struct spec *s, const char *value, const char *origin, struct err *err)
{
	(void)value, (void)origin, (void)err;
	s->tty = MODE_OFF;
	return 0;
}

/* "RTMIN+3", "RTMAX-3" -> number; 0: not one. */
static int realtime_signal(const char *name)
{
	bool is_min = strncasecmp(name, "RTMIN", 5) == 0;
	char sign = is_min ? '+' : '-';
	uint64_t offset = 0;

	if (!is_min && strncasecmp(name, "RTMAX", 5) != 0)
		return 0;
	if (name[5] &&
	    (name[5] != sign || parse_u64(name + 6, (uint64_t)(SIGRTMAX - SIGRTMIN), &offset) < 0))
		return 0;
	return is_min ? SIGRTMIN + (int)offset : SIGRTMAX - (int)offset;
}

static int signal_by_name(const char *name)
{
	uint64_t number;

	if (parse_u64(name, (uint64_t)SIGRTMAX, &number) == 0)
		/* Those between are the C library's own. */
		return number < NSIG && (number < 32 || (int)number >= SIGRTMIN) ? (int)number : 0;
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (int i = 1; i < 32; i++) {
		const char *known = sigabbrev_np(i);

		if (known && strcasecmp(known, name) == 0)
			return i;
	}
	return realtime_signal(name);
}

int opt_stop_signal(struct spec *s, const char *value, const char *origin, struct err *err)
{
	int number = signal_by_name(value), rc;

	if (number > 0) {
		s->stop_signal = number;
		return 0;
	}
	rc = err_say(err, "%s: not a signal", origin);
	err_hint(err, "a name such as TERM or SIGINT, or a number; signal(7) lists them");
	return rc;
}

int opt_stop_timeout(struct spec *s, const char *value, const char *origin, struct err *err)
{
	uint64_t number;
	int rc = value_number(value, 0, STOP_TIMEOUT_MAX, origin, &number, err);

	if (rc == 0)
		s->stop_timeout = (unsigned)number;
	return rc;
}

int opt_preserve_fds(struct spec *s, const char *value, const char *origin, struct err *err)
{
	uint64_t number;
	int rc = value_number(value, 0, PRESERVE_FDS_MAX, origin, &number, err);

	if (rc == 0)
		s->preserve_fds = (unsigned)number;
	return rc;
}

int opt_verify(struct spec *s, const char *value, const char *origin, struct err *err)
{
	(void)value, (void)origin, (void)err;
	s->verify = true;
	return 0;
}

int opt_stats(struct spec *s, const char *value, const char *origin, struct err *err)
{
	static const enum stats_mode modes[] = {STATS_TEXT, STATS_JSON};
	int i, rc = value_choice(value, "text json", origin, &i, err);

	if (rc == 0)
		s->stats = modes[i];
	return rc;
}

int opt_verbose(struct spec *s, const char *value, const char *origin, struct err *err)
{
	(void)value, (void)origin, (void)err;
	s->is_verbose = true;
	return 0;
}

int opt_quiet(struct spec *s, const char *value, const char *origin, struct err *err)
{
	(void)value, (void)origin, (void)err;
	s->is_quiet = true;
	return 0;
}

/* What Docker's users type and what pillbox does anyway. */
int opt_nothing(struct spec *s, const char *value, const char *origin, struct err *err)
{
	(void)s, (void)value, (void)origin, (void)err;
	return 0;
}
