/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gendoc.c - writes what is said about pillbox outside of it, from what it is made of.
 *
 *	gendoc [--check] DOCS [FILE.md...]
 *
 * DOCS/pillbox.1, DOCS/completion/pillbox.bash and DOCS/completion/_pillbox are written whole. In
 * each FILE.md the lines between `<!-- NAME: begin -->` and `<!-- NAME: end -->` are replaced;
 * NAME is options, presets, order or checks. --check writes nothing, and fails where something differs.
 *
 * Should: give the same bytes on every machine and day.
 * Mustn't: hold a list of options, steps or defaults: options[], program[] and preset_apply() do.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "caps_names.h"
#include "gendoc.h"
#include "lsm.h"

#define TEXT_MAX (4UL << 20)

static bool is_check;
static int n_different;

struct preset_row {
	const char *title;
	void (*print)(FILE *out, const struct spec *s);
};

static void row_user(FILE *out, const struct spec *s)
{
	fprintf(out, "%s", s->user);
}

static void row_root(FILE *out, const struct spec *s)
{
	fputs(s->root_mode == ROOT_READONLY ? "read-only" : "writable, changes vanish", out);
}

static void row_tmpfs(FILE *out, const struct spec *s)
{
	for (size_t i = 0; i < s->n_mounts; i++)
		fprintf(out, "%s%s (%ju MiB%s)", i ? ", " : "", s->mounts[i].target,
			(uintmax_t)(s->mounts[i].size >> 20), s->mounts[i].is_exec ? ", exec" : "");
	if (s->n_mounts == 0)
		fputs("none", out);
}

static void row_proc(FILE *out, const struct spec *s)
{
	fprintf(out, "%s%s", s->proc_mode == PROC_FULL ? "full" : "processes only",
		s->is_masked ? ", masked" : "");
}

static void row_sys(FILE *out, const struct spec *s)
{
	fputs(s->has_sys ? "read-only" : "none", out);
}

static void row_caps(FILE *out, const struct spec *s)
{
	char text[1024];

	fputs(caps_text(s->caps, text, sizeof(text)), out);
}

static void row_nnp(FILE *out, const struct spec *s)
{
	fputs(s->no_new_privs ? "on" : "off", out);
}

static void row_securebits(FILE *out, const struct spec *s)
{
	fputs(s->is_securebits_locked ? "locked" : "not set", out);
}

static void row_seccomp(FILE *out, const struct spec *s)
{
	fprintf(out, "built in, for %s", preset_name(s->preset));
}

static void row_nested(FILE *out, const struct spec *s)
{
	fputs(s->nested_userns ? "as the seccomp profile says" : "forbidden", out);
}

static void row_ports(FILE *out, const struct spec *s)
{
	fputs(s->preset == PRESET_DOCKER ? "for every user" : "need NET_BIND_SERVICE", out);
}

static void row_apparmor(FILE *out, const struct spec *s)
{
	fputs(s->preset == PRESET_STRICT ? APPARMOR_DEFAULT : APPARMOR_DEFAULT ", if loaded", out);
}

static void row_landlock(FILE *out, const struct spec *s)
{
	static const char *const names[] = {
		[MODE_AUTO] = "without an AppArmor profile",
		[MODE_ON] = "on",
		[MODE_OFF] = "off",
	};

	fputs(names[s->landlock], out);
}

static void row_network(FILE *out, const struct spec *s)
{
	fputs(s->net == NET_NONE ? "none" : "host", out);
}

static void row_tcp(FILE *out, const struct spec *s)
{
	fputs(s->tcp == TCP_NONE ? "none" : "as the network", out);
}

static void row_limits(FILE *out, const struct spec *s)
{
	const struct limits *l = &s->limits;
	const char *comma = "";

	if (l->pids != LIMIT_UNSET)
		fprintf(out, "%s%ju pids", comma, (uintmax_t)l->pids), comma = ", ";
	if (l->memory != LIMIT_UNSET)
		fprintf(out, "%s%ju MiB memory", comma, (uintmax_t)(l->memory >> 20)), comma = ", ";
	if (l->nano_cpus != LIMIT_UNSET)
		fprintf(out, "%s%g CPU", comma, (double)l->nano_cpus / 1e9), comma = ", ";
	if (!*comma)
		fputs("none", out);
}

static void row_shm(FILE *out, const struct spec *s)
{
	fprintf(out, "%ju MiB", (uintmax_t)(s->shm_size >> 20));
}

static void row_stop(FILE *out, const struct spec *s)
{
	fprintf(out, "SIG%s, %u s", sigabbrev_np(s->stop_signal), s->stop_timeout);
}

static const struct preset_row preset_rows[] = {
	{"user", row_user},
	{"root", row_root},
	{"tmpfs", row_tmpfs},
	{"/proc", row_proc},
	{"/sys", row_sys},
	{"/dev/shm", row_shm},
	{"capabilities", row_caps},
	{"securebits", row_securebits},
	{"no_new_privs", row_nnp},
	{"seccomp", row_seccomp},
	{"nested user namespaces", row_nested},
	{"AppArmor", row_apparmor},
	{"Landlock", row_landlock},
	{"network", row_network},
	{"TCP", row_tcp},
	{"ports below 1024", row_ports},
	{"limits", row_limits},
	{"stop", row_stop},
};

const char *preset_title(size_t row)
{
	return row < ARRAY_SIZE(preset_rows) ? preset_rows[row].title : NULL;
}

void preset_cell(FILE *out, struct arena *a, size_t row, enum preset_id id)
{
	struct spec s = {.arena = a};

	preset_apply(&s, id);
	preset_rows[row].print(out, &s);
}

/* A cell of a markdown table: '|' would end it. */
void md_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '|' || *text == '<')
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void md_option(FILE *out, const struct option_def *def)
{
	fputs("| `", out);
	if (def->letter)
		fprintf(out, "-%c`, `", def->letter);
	fprintf(out, "--%s", def->name);
	if (def->metavar) {
		fputs(def->bare ? "[=" : " ", out);
		md_text(out, def->metavar);
		fputs(def->bare ? "]" : "", out);
	}
	fputs("` | ", out);
	md_text(out, def->help);
	fprintf(out, " | %s |\n", def->step ? def->step : "");
}

static void md_options(FILE *out, struct arena *a)
{
	(void)a;
	for (int group = 0; group < GROUP_COUNT; group++) {
		fprintf(out, "%s### %s\n\n| option | what it does | step |\n| --- | --- | --- |\n",
			group ? "\n" : "", option_group_title((enum option_group)group));
		for (size_t i = 0; i < options_len; i++) {
			const struct option_def *def = &options[i];

			if ((int)def->group != group)
				continue;
			md_option(out, def);
		}
	}
}

static void md_audit_options(FILE *out, struct arena *a)
{
	(void)a;
	fputs("| option | what it does | |\n| --- | --- | --- |\n", out);
	for (size_t i = 0; i < audit_options_len; i++)
		md_option(out, &audit_options[i]);
}

static void md_presets(FILE *out, struct arena *a)
{
	static const enum preset_id ids[] = {PRESET_DOCKER, PRESET_HARDENED, PRESET_STRICT};

	fputs("| |", out);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		fprintf(out, " `%s` |", preset_name(ids[i]));
	fputs("\n| --- | --- | --- | --- |\n", out);
	for (size_t row = 0; preset_title(row); row++) {
		fprintf(out, "| %s |", preset_title(row));
		for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
			fputc(' ', out);
			preset_cell(out, a, row, ids[i]);
			fputs(" |", out);
		}
		fputc('\n', out);
	}
}

static void md_order(FILE *out, struct arena *a)
{
	(void)a;
	fputs("| step | side | what | why here |\n| --- | --- | --- | --- |\n", out);
	for (size_t i = 0; i < program_len; i++) {
		fprintf(out, "| %s | %s | ", program[i]->id,
			program[i]->side == PARENT ? "launcher" : "child");
		md_text(out, program[i]->what);
		fputs(" | ", out);
		md_text(out, program[i]->why);
		fputs(" |\n", out);
	}
}

static const struct {
	const char *name;
	void (*print)(FILE *out, struct arena *a);
} regions[] = {
	{"options", md_options},
	{"audit-options", md_audit_options},
	{"presets", md_presets},
	{"order", md_order},
	{"checks", md_checks},
	{"compose-keys", md_compose_keys},
	{"docker-flags", md_docker_flags},
};

static void die(const char *what, int num)
{
	fprintf(stderr, "gendoc: %s: %s\n", what, strerror(num));
	exit(1);
}

/* Write `text`, or compare with what is there. Takes the text. */
static void put(const char *path, char *text, size_t len)
{
	auto_free char *old = NULL;
	size_t old_len = 0;
	FILE *out;

	(void)read_file(AT_FDCWD, path, TEXT_MAX, &old, &old_len); /* absent: nothing to compare */
	if (!old || old_len != len || memcmp(old, text, len) != 0) {
		if (is_check) {
			fprintf(stderr, "gendoc: %s is not what `make docs` writes\n", path);
			n_different++;
		} else {
			out = fopen(path, "we");
			if (!out || fwrite(text, 1, len, out) != len || fclose(out) != 0)
				die(path, errno);
		}
	}
	free(text);
}

static void put_whole(const char *dir, const char *name, void (*print)(FILE *, struct arena *),
		      struct arena *a)
{
	char path[4096], *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		die(name, errno);
	print(out, a);
	if (fclose(out) != 0)
		die(name, errno);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	put(path, text, len);
}

/* Copy `text`, with each region between its markers made anew. Returns how many there were. */
static int copy_regions(FILE *out, const char *path, const char *text, struct arena *a)
{
	int n = 0;

	while (*text) {
		const char *first = NULL, *end;
		size_t found = 0;
		char mark[64];

		for (size_t i = 0; i < ARRAY_SIZE(regions); i++) {
			const char *at;

			snprintf(mark, sizeof(mark), "<!-- %s: begin -->\n", regions[i].name);
			at = strstr(text, mark);
			if (at && (!first || at < first)) {
				first = at + strlen(mark);
				found = i;
			}
		}
		if (!first)
			break;
		snprintf(mark, sizeof(mark), "<!-- %s: end -->", regions[found].name);
		end = strstr(first, mark);
		if (!end) {
			fprintf(stderr, "gendoc: %s: %s is missing\n", path, mark);
			exit(1);
		}
		fwrite(text, 1, (size_t)(first - text), out);
		fputc('\n', out);
		regions[found].print(out, a);
		fputc('\n', out);
		text = end;
		n++;
	}
	fputs(text, out);
	return n;
}

static void put_regions(const char *path, struct arena *a)
{
	auto_free char *old = NULL;
	size_t old_len = 0, len = 0;
	char *text = NULL;
	FILE *out;
	int rc = read_file(AT_FDCWD, path, TEXT_MAX, &old, &old_len);

	if (rc < 0)
		die(path, -rc);
	out = open_memstream(&text, &len);
	if (!out)
		die(path, errno);
	if (copy_regions(out, path, old, a) == 0)
		fprintf(stderr, "gendoc: %s: no region\n", path);
	if (fclose(out) != 0)
		die(path, errno);
	put(path, text, len);
}

int main(int argc, char **argv)
{
	struct err err = {0};
	struct arena a;
	int at = 1;

	if (at < argc && strcmp(argv[at], "--check") == 0) {
		is_check = true;
		at++;
	}
	if (at >= argc || argv[at][0] == '-') {
		fputs("usage: gendoc [--check] DOCS [FILE.md...]\n", stderr);
		return 2;
	}
	if (arena_init(&a, &err) < 0) {
		err_print(&err, "gendoc");
		return 1;
	}
	put_whole(argv[at], "pillbox.1", print_man, &a);
	put_whole(argv[at], "completion/pillbox.bash", print_bash, &a);
	put_whole(argv[at], "completion/_pillbox", print_zsh, &a);
	while (++at < argc)
		put_regions(argv[at], &a);
	return n_different ? 1 : 0;
}
