/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gendoc_man.c - pillbox(1).
 *
 * Should: be read in a terminal by somebody who has a question.
 * Mustn't: carry a date, or text from elsewhere without escaping it for troff.
 */
#include <string.h>

#include "cli.h"
#include "compose.h"
#include "export.h"
#include "gendoc.h"

/*
 * Text for troff: '-' and '\' are escaped, words in `backquotes` are bold, and a line never
 * begins with a request.
 */
static void man_text(FILE *out, const char *text)
{
	bool is_bold = false, is_start = true;

	for (; *text; text++) {
		if (is_start && (*text == '.' || *text == '\''))
			fputs("\\&", out);
		is_start = *text == '\n';
		if (*text == '`') {
			is_bold = !is_bold;
			fputs(is_bold ? "\\fB" : "\\fR", out);
		} else if (*text == '\\') {
			fputs("\\e", out);
		} else if (*text == '-') {
			fputs("\\-", out);
		} else {
			fputc(*text, out);
		}
	}
	if (is_bold)
		fputs("\\fR", out);
	fputc('\n', out);
}

/* Sections that say what no table knows. Lines that begin with '.' are requests as they stand. */
static void man_lines(FILE *out, const char *const *lines)
{
	for (; *lines; lines++) {
		if (**lines == '.')
			fprintf(out, "%s\n", *lines);
		else
			man_text(out, *lines);
	}
}

static void man_head(FILE *out)
{
	static const char *const lines[] = {
		".TH PILLBOX 1 \"\" \"pillbox\" \"User Commands\"",
		".nh",
		".SH NAME",
		"pillbox - run a root filesystem directory as a hardened sandbox",
		".SH SYNOPSIS",
		".B pillbox run",
		".RI [ options ] \" ROOTFS \" \"[\\fB\\-\\-\\fP] [\" COMMAND \" [\" ARG ...]]",
		".br",
		".B pillbox audit",
		".RI [ options ] \" ROOTFS\"",
		".br",
		".B pillbox audit \\-\\-bisect",
		".RI [ options ] \" ROOTFS \" \\fB\\-\\-\\fP \" COMMAND \" [\" ARG ...]",
		".br",
		".B pillbox record",
		".RI \"\\fB\\-o\\fP \" FILE \" [\\fB\\-\\-merge\\fP] [\" options \"] \" ROOTFS \" \\fB\\-\\-\\fP \" COMMAND \" [\" ARG ...]",
		".br",
		".B pillbox export",
		".RI \"[\\fB\\-\\-to\\fP \" TARGET \"] [\" options \"] \" ROOTFS \" [\\fB\\-\\-\\fP \" COMMAND \" [\" ARG ...]]",
		".br",
		".B pillbox check",
		".RB [ \\-\\-json ]",
		".br",
		".B pillbox seccomp",
		".RI \"show \" PROFILE \" | test \" PROFILE \" \" CALL \" [\" ARG \"...] | diff \" A \" \" B",
		".br",
		".B pillbox seccomp",
		".RI \"compile \" PROFILE \" \\fB\\-o\\fP \" FILE \" | lint \" PROFILE",
		".br",
		".B pillbox apparmor",
		".RI \"load [\" FILE \"...] | unload [\" NAME \"...] | status\"",
		NULL,
	};
	static const char *const description[] = {
		".SH DESCRIPTION",
		"`pillbox run` takes the directory ROOTFS and runs COMMAND in it, /bin/sh if none "
		"is given. It builds a sandbox around it from namespaces, id maps, mounts, "
		"control group limits, capabilities, no_new_privs, AppArmor, Landlock and "
		"seccomp. It needs no root, no daemon and no set-user-ID bit of its own.",
		".PP",
		"ROOTFS is never changed, unless `--overlay` names a directory for the changes. "
		"What is asked for and cannot be had is an error before anything is touched. When "
		"pillbox ends, however it ends, nothing of the sandbox is left.",
		".PP",
		"Names and values of options are those of `docker run`. Options end at ROOTFS. An "
		"option given twice with different values is an error; options that add to a list "
		"may be given again and again.",
		NULL,
	};

	fputs("'\\\" t\n.\\\" Made by gendoc from the tables of the program: change these.\n", out);
	man_lines(out, lines);
	man_lines(out, description);
}

static void man_commands(FILE *out)
{
	struct cli_command c;

	fputs(".SH COMMANDS\n", out);
	for (size_t i = 0; cli_command(i, &c); i++) {
		fprintf(out, ".TP\n\\fBpillbox %s\\fR ", c.name);
		man_text(out, c.usage);
		man_text(out, c.help);
	}
}

static void man_option(FILE *out, const struct option_def *def)
{
	fputs(".TP\n", out);
	if (def->letter)
		fprintf(out, "\\fB\\-%c\\fR, ", def->letter);
	fputs("\\fB\\-\\-", out);
	for (const char *c = def->name; *c; c++)
		fprintf(out, *c == '-' ? "\\-" : "%c", *c);
	fputs(def->bare ? "\\fR[=" : "\\fR ", out);
	fputs(def->metavar ? def->metavar : "", out);
	fputs(def->bare ? "]\n" : "\n", out);
	man_text(out, def->help);
	if (def->step)
		fprintf(out, "\\(-> %s\n", def->step);
}

static void man_options(FILE *out)
{
	fputs(".SH OPTIONS OF RUN\n", out);
	man_text(out,
		 "A size is a number of bytes, with a fraction if need be, and one of b, k, m, g "
		 "or t behind it, in powers of 1024. The word behind an arrow is the step that "
		 "carries the option out, as in THE ORDER below.");
	for (int group = 0; group < GROUP_COUNT; group++) {
		fprintf(out, ".SS %s\n", option_group_title((enum option_group)group));
		for (size_t i = 0; i < options_len; i++) {
			const struct option_def *def = &options[i];

			if ((int)def->group == group)
				man_option(out, def);
		}
	}
	fputs(".SH OPTIONS OF AUDIT\n", out);
	man_text(out, "Those of run, and:");
	for (size_t i = 0; i < audit_options_len; i++)
		man_option(out, &audit_options[i]);
	fputs(".SH OPTIONS OF RECORD\n", out);
	man_text(out, "Those of run, and:");
	for (size_t i = 0; i < record_options_len; i++)
		man_option(out, &record_options[i]);
	fputs(".SH OPTIONS OF COMPOSE\n", out);
	man_text(
		out,
		"With run those of run as well, with audit those of audit; they go over the file's. "
		"docs/compose.md has every key of a service.");
	for (size_t i = 0; i < compose_options_len; i++)
		man_option(out, &compose_options[i]);
	fputs(".SH OPTIONS OF EXPORT\n", out);
	man_text(out, "Those of run, and:");
	for (size_t i = 0; i < export_options_len; i++)
		man_option(out, &export_options[i]);
	fputs(".SH OPTIONS OF SECCOMP\n", out);
	for (size_t i = 0; i < seccomp_options_len; i++)
		man_option(out, &seccomp_options[i]);
}

static void man_order(FILE *out)
{
	fputs(".SH THE ORDER\n", out);
	man_text(out,
		 "What pillbox does, in the order in which it happens, and why each step stands "
		 "where it does. Some are left out where they are not wanted.");
	for (size_t i = 0; i < program_len; i++) {
		const struct step *step = program[i];

		fprintf(out, ".TP\n\\fB%s\\fR (%s)\n", step->id,
			step->side == PARENT ? "launcher" : "child");
		man_text(out, step->what);
		fputs(".br\n.I Here:\n", out);
		man_text(out, step->why);
		if (step->refs) {
			fputs(".br\n.I See:\n", out);
			man_text(out, step->refs);
		}
	}
}

static void man_presets(FILE *out, struct arena *a)
{
	static const enum preset_id ids[] = {PRESET_DOCKER, PRESET_HARDENED, PRESET_STRICT};

	fputs(".SH PRESETS\n", out);
	man_text(
		out,
		"What holds when no option says otherwise. `docker` has Docker's own defaults, as "
		"a base to harden from; `hardened` is what pillbox does by itself; `strict` is the "
		"least that can still run a program.");
	fputs(".TS\nallbox tab(|);\nlB lB lB lB\nlB lx lx lx.\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		fprintf(out, "|%s", preset_name(ids[i]));
	fputc('\n', out);
	for (size_t row = 0; preset_title(row); row++) {
		fprintf(out, "T{\n.na\n");
		man_text(out, preset_title(row));
		fputs("T}", out);
		for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
			fputs("|T{\n.na\n", out);
			preset_cell(out, a, row, ids[i]);
			fputs("\nT}", out);
		}
		fputc('\n', out);
	}
	fputs(".TE\n", out);
}

static void man_check(FILE *out)
{
	static const char *const lines[] = {
		".SH HOST CHECK",
		"`pillbox check` tries on this host, in children and namespaces of its own, each thing "
		"that a sandbox is made of, and says of each: `works`, `restricted` (it is there, and "
		"kept from the caller or to be had in part only) or `missing`; what is lost by it; and "
		"the command or file that cures it. `--json` gives the same as one document. Nothing "
		"is changed on the host, and nothing stays behind.",
		".PP",
		"The exit status is 0 when the default preset can be enforced in full by this user, 1 "
		"when it cannot. A map of one id is enough for that, and so is one of AppArmor and "
		"Landlock.",
		NULL,
	};

	man_lines(out, lines);
}

static void man_audit(FILE *out)
{
	static const char *const lines[] = {
		".SH AUDIT",
		"`pillbox audit` builds the sandbox that `pillbox run` would make with the same options, and "
		"executes a program of its own in it, by descriptor and under all controls: it needs nothing "
		"from ROOTFS. That program tries attacks, each in a child, each harmless where it works. The "
		"report has a line for each control (as it was asked for, as the kernel shows it inside, as it "
		"looks from outside) and one for each attack: `blocked` and by what, found by rule and not "
		"guessed; `allowed`, and whether the settings meant it to be; or not applicable.",
		".PP",
		"The grade is A for no exposure and F for more than half of it: the weights of the attacks that "
		"are allowed or unknown, in percent of all that could be tried; B up to 5, C up to 15, D up to "
		"30, E up to 50. The exit status is 1 when a control that was asked for does not hold, which "
		"then stands first, or when `--fail-below` or `--fail-on` says so.",
		".PP",
		"`pillbox-probe` is that program by itself, for other runtimes: `pillbox-probe --witness` "
		"outside makes things to attack and prints the options for the probe inside.",
		NULL,
	};

	man_lines(out, lines);
}

static void man_record(FILE *out)
{
	static const char *const lines[] = {
		".SH RECORDING A PROFILE",
		"`pillbox record` runs a command as `pillbox run` would, and writes the smallest profile that "
		"allows what it did. The filter of the run stays in force: what it refuses is refused, and is "
		"not in the profile. Arguments are part of it where they make a call another one: socket "
		"families, ioctl requests, prctl operations, namespaces of clone. Timing makes programs call "
		"differently, so record several runs, with `--merge`. On stderr it says which capabilities were "
		"used and which directories were written to, as options for `pillbox run`. The exit status is "
		"the command's.",
		".PP",
		"`pillbox run --explain-denials` tells of each call that the filter refuses: its name and "
		"arguments, and what would open it; and of calls that the filter allows and something else "
		"refuses, where it can be seen from outside: a missing capability, a read-only, noexec or nodev "
		"mount, permission bits. Nothing is allowed by it.",
		NULL,
	};

	man_lines(out, lines);
}

static void man_seccomp(FILE *out)
{
	static const char *const lines[] = {
		".SH SECCOMP PROFILES",
		"`pillbox seccomp` looks at profiles in Docker's JSON format: a file, `-` for standard "
		"input, or one that is built in, `default`, `strict` or `docker` (./default is a file). A "
		"profile depends on the capabilities of the workload: it is read as `pillbox run` would "
		"with the same `--preset`, `--cap-add` and `--cap-drop`.",
		".PP",
		"`show` tells what becomes of each call, by group, what is dangerous in that, and what one "
		"more capability would open. `test` gives the answer to one call and the rule it comes from; "
		"arguments are numbers, or names as in the C headers joined by |; one that is left out is not "
		"taken for 0. `diff` compares the answers of two profiles, not their text. `compile` writes "
		"the program, an array of struct sock_filter, as bubblewrap's `--seccomp` takes it. `lint` "
		"names mistakes and dangers.",
		".PP",
		"The exit status is 125 for an error. Otherwise that of `test` is 0 when the call is allowed, "
		"1 when it is refused, 2 when that depends on arguments that were not given; of `diff` 0 when "
		"both are the same; of `lint` 0 when there are neither errors nor warnings.",
		NULL,
	};

	man_lines(out, lines);
}

static void man_exit(FILE *out)
{
	static const struct {
		int status;
		const char *text;
	} rows[] = {
		{EXIT_SETUP, "pillbox refused, or could not build the sandbox; the command did not "
			     "start."},
		{EXIT_NOT_EXEC, "The command was found and cannot be executed."},
		{EXIT_NOT_FOUND, "The command was not found."},
	};

	fputs(".SH EXIT STATUS\n", out);
	man_text(out, "That of the command; otherwise:");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fprintf(out, ".TP\n.B %d\n", rows[i].status);
		man_text(out, rows[i].text);
	}
	fprintf(out, ".TP\n.B %d+\\fIn\\fP\n", EXIT_SIGNAL);
	man_text(out, "The command was ended by signal n.");
}

static void man_files(FILE *out)
{
	static const char *const lines[] = {
		".SH FILES",
		".TP\n.I /etc/apparmor.d/pillbox-default\fR, \fI/etc/apparmor.d/pillbox",
		"The AppArmor profiles of commands and, where user namespaces are granted by "
		"profile, of pillbox itself. In a source tree the first is profiles/apparmor's. A "
		"site's own rules go to /etc/apparmor.d/local/pillbox-default.",
		".TP\n.I /etc/subuid\\fR, \\fI/etc/subgid",
		"The subordinate ids of the caller. Without them the sandbox has one user and one "
		"group.",
		".TP\n.I /etc/passwd\\fR, \\fI/etc/group",
		"Those of ROOTFS, where `--user` or `--group-add` gives a name. They are read "
		"strictly, and a name of digits is an id.",
		".TP\n.I PREFIX/libexec/pillbox/pillbox-scope",
		"Asks the user's systemd for a scope, where a limit has no other place. One in the "
		"directory of pillbox itself goes first. It belongs to root or to the caller and is "
		"writable by nobody else, or it is not executed.",
		".TP\n.I /run/user/UID/systemd/private",
		"Where it asks, or else at /run/user/UID/bus. The environment is not looked at.",
		".TP\n.I /run/secrets",
		"Inside: what `--secret` asked for by a name, on a file system of its own in memory.",
		".SH EXAMPLES",
		"A shell in a directory tree:",
		".PP\n.EX\n    pillbox run ./rootfs\n.EE\n.PP",
		"A build with the sources read-only, half a CPU and 256 MiB:",
		".PP\n.EX\n    pillbox run \\-m 256m \\-\\-cpus 0.5 \\-v ./src:/src:ro \\-w /src "
		"./rootfs make O=/tmp\n.EE\n.PP",
		"A server that keeps its data in a directory of the host and reads a password:",
		".PP\n.EX\n    pillbox run \\-v ./data:/data \\-\\-secret src=./password ./rootfs "
		"server \\-\\-data /data\n.EE\n.PP",
		"Docker's defaults, with one control more:",
		".PP\n.EX\n    pillbox run \\-\\-preset docker \\-\\-cap\\-drop ALL ./rootfs "
		"id\n.EE",
		".SH SECURITY",
		"ROOTFS and everything that runs in it are taken for hostile. They must not read "
		"or change what was not handed to them, gain rights, outlive pillbox, or reach "
		"the caller's terminal.",
		".PP",
		"All sandboxes share the host's kernel: a hole in a system call that the filter "
		"allows is a hole in the sandbox. Time that a program takes and caches that it "
		"fills can be observed from other programs. What is handed in by `--volume`, "
		"`--preserve-fds` or `--network host` is as open to the command as to the caller. "
		"Limits need a control group; where `--allow-missing` did without something, the "
		"report says NOT ENFORCED.",
		".PP",
		"pillbox refuses to run set-user-ID.",
		".SH SEE ALSO",
		".BR bwrap (1),",
		".BR docker\\-run (1),",
		".BR newuidmap (1),",
		".BR subuid (5),",
		".BR capabilities (7),",
		".BR cgroups (7),",
		".BR landlock (7),",
		".BR namespaces (7),",
		".BR user_namespaces (7),",
		".BR seccomp (2)",
		NULL,
	};

	man_lines(out, lines);
}

void print_man(FILE *out, struct arena *a)
{
	man_head(out);
	man_commands(out);
	man_options(out);
	man_order(out);
	man_presets(out, a);
	man_check(out);
	man_audit(out);
	man_seccomp(out);
	man_record(out);
	man_exit(out);
	man_files(out);
}
