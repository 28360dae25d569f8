/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge.c - the contract: is what a launch did with a fault in it what pillbox promises?
 *
 *   - over in 10 s, and no process of it lives 1 s later
 *   - refused: exit 125 (126 or 127 where the command could not be executed), and one line on standard
 *     error that begins with the step; hints and notes besides
 *   - or the payload ran, and what it saw of its own state is to the line what it sees in the clean run;
 *     when it was ended before its end, what it had written until then
 *   - before main(), and where it uses a futex of its own, the C library ends the process itself with a
 *     line of its own: nothing was done then, and the payload must not have run
 *   - a launcher that was killed says nothing; the others' deaths are told by it
 *
 * A peer has no steps and other numbers: it has to end with a status other than 0 and some word.
 *
 * Should: name the first breach.
 * Mustn't: know what fault was injected, but for who was killed and whether the message was hit.
 */
#include "faults.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char *const outcome_names[OUT_COUNT] = {
	[OUT_UNREACHED] = "not reached",
	[OUT_REFUSED] = "refused",
	[OUT_RAN] = "ran",
	[OUT_ENDED] = "ended",
	[OUT_LIBRARY] = "ended by the C library",
	[OUT_KILLED] = "killed",
	[OUT_HANG] = "still running when its time was over",
	[OUT_LEFT] = "a process lives on",
	[OUT_HOST] = "the host changed",
	[OUT_CRASH] = "the launcher crashed",
	[OUT_SILENT] = "not a word",
	[OUT_LINES] = "not one line that names the step",
	[OUT_STATUS] = "exit status",
	[OUT_STATE] = "the payload's state differs",
};

#define EXIT_LIBRARY 127 /* of glibc's start-up code */

static char clean_out[MAX_TEXT], clean_err[MAX_TEXT];
static int clean_status;
static char words[16384];

/* ---- what the payload saw ------------------------------------------------------------------- */

static bool is_host_namespace(const char *kind, size_t len, const char *value)
{
	char path[64], target[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/ns/%.*s", (int)len, kind);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	return !strcmp(target, value);
}

/* Numbers that are new in every launch become what they mean. */
static void put_line(char *line, char *to, size_t size)
{
	char *value = strchr(line, '=');
	char *open = strchr(line, '[');

	char *gone = strncmp(line, "fd.", 3) ? NULL : strstr(line, " (deleted)");

	line[strcspn(line, "\r")] = '\0';
	if (!gone && !strncmp(line, "mountroot=", 10))
		gone = strstr(line, "//deleted");
	if (gone) /* the terminal's name, when its master is closed already */
		*gone = '\0';
	if (value && !strncmp(line, "ns.", 3))
		snprintf(to, size, "%.*s=%s", (int)(value - line), line,
			 is_host_namespace(line + 3, (size_t)(value - line - 3), value + 1)
				 ? "host"
				 : "own");
	else if (value && !strncmp(line, "keyring=", 8) && isdigit((unsigned char)value[1]))
		snprintf(to, size, "keyring=%s",
			 !strcmp(value + 1, getenv("FAULTS_KEYRING")) ? "the caller's" : "own");
	else if (!strncmp(line, "fd.", 3) && open)
		snprintf(to, size, "%.*s", (int)(open - line), line);
	else
		snprintf(to, size, "%s", line);
}

static void normalise(const char *from, char *to)
{
	size_t used = 0;

	to[0] = '\0';
	while (*from && used + 8192 < MAX_TEXT) {
		size_t n = strcspn(from, "\n");
		char line[8192];

		snprintf(line, sizeof(line), "%.*s", (int)n, from);
		put_line(line, to + used, sizeof(line));
		used += strlen(to + used);
		if (from[n] == '\n')
			to[used++] = '\n';
		to[used] = '\0';
		from += n + (from[n] == '\n');
	}
}

/* Past a line about the terminal: without its launcher that is gone, before the payload is. */
static const char *past_terminal(const char *at)
{
	while (!strncmp(at, "tty", 3) || !strncmp(at, "tcpgrp", 6)) {
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return at;
}

/* The first line in which they differ; with is_part `ours` may end anywhere. */
static bool same_state(const char *ours, bool is_part, char *ret_why, size_t size)
{
	static char text[MAX_TEXT];
	const char *a = clean_out, *b = text;

	normalise(ours, text);
	while (*a || *b) {
		size_t n, m;

		if (is_part) {
			a = past_terminal(a);
			b = past_terminal(b);
		}
		n = strcspn(a, "\n");
		m = strcspn(b, "\n");
		if (is_part && !b[m])
			return true;
		if (n != m || memcmp(a, b, n)) {
			size_t same = 0; /* a long line from a little before the place on */

			while (same < n && same < m && a[same] == b[same])
				same++;
			same = same > 70 ? same - 30 : 0;
			snprintf(ret_why, size, "`%.*s`, not `%.*s`",
				 m - same < 90 ? (int)(m - same) : 90, b + same,
				 n - same < 90 ? (int)(n - same) : 90, a + same);
			return false;
		}
		a += n + (a[n] == '\n');
		b += m + (b[m] == '\n');
	}
	return true;
}

/* ---- what the launcher said ----------------------------------------------------------------- */

/* Is it a whole line of `text`? */
static bool is_line_of(const char *text, const char *line, size_t len)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		if (n == len && !memcmp(text, line, len))
			return true;
		text += n + (text[n] == '\n');
	}
	return false;
}

static bool names_step(const char *line)
{
	size_t n;

	if (strncmp(line, "pillbox: ", 9))
		return false;
	n = strcspn(line + 9, ": \n");
	return line[9 + n] == ':' && is_line_of(words, line + 9, n);
}

/* How many lines of error; *ret_named: each of them names a step; *ret_exec: and one names exec. */
static int error_lines(const char *err, bool *ret_named, bool *ret_exec)
{
	int count = 0;

	*ret_named = true;
	*ret_exec = false;
	while (*err) {
		size_t n = strcspn(err, "\n");

		if (n && strncmp(err, "hint: ", 6) && strncmp(err, "pillbox: note: ", 15) &&
		    strncmp(err, "pillbox: usage: ", 16)) {
			count++;
			*ret_named &= names_step(err);
			*ret_exec |= !strncmp(err, "pillbox: exec: ", 15);
		}
		err += n + (err[n] == '\n');
	}
	return count;
}

/*
 * Of a launch that went well: what it says in the clean run. Figures of usage are new each time; a note
 * may tell of something that was given up, but not of a control.
 */
static bool says_as_clean(const char *err)
{
	while (*err) {
		size_t n = strcspn(err, "\n");
		bool is_new = !is_line_of(clean_err, err, n);

		if (is_new && strncmp(err, "pillbox: usage: ", 16) &&
		    (strncmp(err, "pillbox: note: ", 15) || memmem(err, n, "NOT ENFORCED", 12)))
			return false;
		err += n + (err[n] == '\n');
	}
	return true;
}

/* ---- the judgement -------------------------------------------------------------------------- */

void judge_clean(const struct setup *s, const struct result *clean)
{
	FILE *f;
	size_t n;

	normalise(clean->out, clean_out);
	snprintf(clean_err, sizeof(clean_err), "%s", clean->err);
	clean_status = clean->status;
	if (!s->words)
		return;
	f = fopen(s->words, "re");
	if (!f)
		die(s->words);
	n = fread(words, 1, sizeof(words) - 1, f);
	words[n] = '\0';
	fclose(f);
}

static enum outcome judge_peer(const struct result *r, bool ran, char *why, size_t size)
{
	if (r->status == clean_status)
		return !ran || !same_state(r->out, false, why, size) ? OUT_STATE : OUT_RAN;
	if (!WIFEXITED(r->status))
		return OUT_CRASH;
	if (ran && !same_state(r->out, true, why, size))
		return OUT_STATE;
	if (ran)
		return OUT_ENDED;
	return r->err[0] ? OUT_REFUSED : OUT_SILENT;
}

/* Not the launcher was hit, or it lived: what it says and how it ends is to be as promised. */
static enum outcome judge_end(const struct setup *s, const struct fault *faults, int n,
			      const struct result *r, bool ran, char *why, size_t size)
{
	bool is_named, is_exec, is_kill = false;
	int lines = error_lines(r->err, &is_named, &is_exec);
	int code = WEXITSTATUS(r->status);

	for (int i = 0; i < n; i++)
		is_kill |= !faults[i].num;
	if (!WIFEXITED(r->status)) {
		snprintf(why, size, "by signal %d", WTERMSIG(r->status));
		return OUT_CRASH;
	}
	if (r->status == clean_status) {
		if (!ran || !same_state(r->out, false, why, size))
			return OUT_STATE;
		if (!says_as_clean(r->err)) {
			snprintf(why, size, "status %d, and says: %.*s", code,
				 (int)strcspn(r->err, "\n"), r->err);
			return OUT_LINES;
		}
		return OUT_RAN;
	}
	if (ran && !same_state(r->out, true, why, size))
		return OUT_STATE;
	snprintf(why, size, "status %d, says: %.*s", code, (int)strcspn(r->err, "\n"), r->err);
	if (code == 128 + 9 && is_kill && (lines == 0 || (lines == 1 && is_named)))
		return OUT_ENDED; /* the command, or its pid 1, was killed: that is its status */
	if (code == 128 + 1 && ran && s->has_tty)
		return OUT_ENDED; /* its terminal is gone: the command is hung up */
	if (code < 125 || code > 127)
		return OUT_STATUS;
	if (lines == 0)
		return r->is_write_hit ? OUT_REFUSED : OUT_SILENT;
	if (lines != 1 || !is_named)
		return OUT_LINES;
	if (code != 125 && !is_exec)
		return OUT_STATUS;
	return ran ? OUT_ENDED : OUT_REFUSED;
}

enum outcome judge(const struct setup *s, const struct fault *faults, int n_faults,
		   const struct result *r, char *why, size_t size)
{
	bool ran = r->out[0] != '\0';

	why[0] = '\0';
	if (r->is_late)
		return OUT_HANG;
	if (r->left) {
		snprintf(why, size, "%d", r->left);
		return OUT_LEFT;
	}
	if (n_faults && !r->fired)
		return OUT_UNREACHED;
	if (r->is_launcher_killed && WIFSIGNALED(r->status) && WTERMSIG(r->status) == 9) {
		if (ran && !same_state(r->out, true, why, size))
			return OUT_STATE;
		return OUT_KILLED;
	}
	if (r->is_library && !ran &&
	    (WIFSIGNALED(r->status) || WEXITSTATUS(r->status) == EXIT_LIBRARY))
		return OUT_LIBRARY;
	if (!s->words)
		return judge_peer(r, ran, why, size);
	return judge_end(s, faults, n_faults, r, ran, why, size);
}
