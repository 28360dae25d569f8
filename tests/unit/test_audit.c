/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_audit.c - `pillbox audit` without a sandbox: targets, grades, the line, files of options, and
 * what becomes of documents that a probe could have written, or somebody who stands in its place.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "audit_setting.h"
#include "options.h"

static struct setting s;
static struct spec spec;
static struct err err;
static struct audit_req req;

static void setup(void)
{
	memset(&s, 0, sizeof(s));
	memset(&spec, 0, sizeof(spec));
	memset(&err, 0, sizeof(err));
	memset(&req, 0, sizeof(req));
	cr_assert_eq(arena_init(&s.arena, &err), 0);
	spec.arena = &s.arena;
	s.spec = &spec;
	s.name = "test";
}

static void teardown(void)
{
	audit_free(&s);
	free(req.run_argv);
	munmap(s.arena.base, s.arena.size);
}

TestSuite(audit, .init = setup, .fini = teardown);

/* ---- targets --------------------------------------------------------------------------------- */

Test(audit, targets_taken)
{
	static const char *const good[] = {
		"pid=1",          "pid=2147483647",
		"port=65535",     "shm=0",
		"pts=0",          "ptsdev=18446744",
		"key=12345",      "pids=0",
		"pids=256",       "memory=9223372036854775807",
		"abstract=a b=c", "file=/tmp/x=y",
		"word=0",
	};
	char text[64];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		cr_assert(target_set(good[i]), "%s", good[i]);
	cr_assert_eq(targets.pid, 2147483647);
	cr_assert_eq(targets.port, 65535);
	cr_assert_eq(targets.shm, 0);
	cr_assert_eq(targets.pts, 0);
	cr_assert_eq(targets.ptsdev, 18446744);
	cr_assert_eq(targets.key, 12345);
	cr_assert_eq(targets.pids, 256);
	cr_assert_eq(targets.memory, INT64_MAX);
	cr_assert_str_eq(targets.abstract, "a b=c");
	cr_assert_str_eq(targets.file, "/tmp/x=y");
	for (unsigned i = 0; i < NS_KINDS; i++) {
		(void)snprintf(text, sizeof(text), "ns.%s=%u", ns_names[i], 4026531835U + i);
		cr_assert(target_set(text), "%s", text);
		cr_assert_eq(targets.ns[i], 4026531835U + i);
	}
}

Test(audit, targets_refused)
{
	static const char *const keys[] = {"pid",     "port",   "shm",    "pts",
					   "ptsdev",  "key",    "pids",   "memory",
					   "ns.user", "ns.mnt", "ns.pid", "ns.net"};
	static const char *const values[] = {"",   "-1", "+1",   " 1",   "1 ",
					     "1x", "01", "0x10", "1\n2", "18446744073709551616"};
	static const char *const bad[] = {
		"",
		"=",
		"pid",
		"=1",
		"PID=1",
		"pid=0",
		"pid=2147483648",
		"port=0",
		"port=65536",
		"shm=2147483648",
		"pts=2147483648",
		"ptsdev=0",
		"key=0",
		"key=-5",
		"key=2147483648",
		"memory=9223372036854775808",
		"ns.user=0",
		"ns.time=1",
		"ns.=1",
		"ns=1",
		"user=1",
		"nsxuser=1",
		"abstract=",
		"file=",
		"word=",
		"nothing=1",
		"a-key-of-many-letters=1",
	};
	struct targets before;
	char text[512];

	cr_assert(target_set("ns.user=5") && target_set("pid=7") && target_set("word=before"));
	before = targets;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		cr_assert_not(target_set(bad[i]), "'%s'", bad[i]);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		for (size_t k = 0; k < ARRAY_SIZE(values); k++) {
			(void)snprintf(text, sizeof(text), "%s=%s", keys[i], values[k]);
			cr_assert_not(target_set(text), "'%s'", text);
		}
	cr_assert_eq(memcmp(&before, &targets, sizeof(targets)), 0, "a refusal changed something");
}

Test(audit, targets_room)
{
	static const struct {
		const char *key;
		size_t size;
	} rooms[] = {{"abstract", sizeof(targets.abstract)},
		     {"file", sizeof(targets.file)},
		     {"word", sizeof(targets.word)}};
	char text[512];

	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++) {
		size_t len = (size_t)snprintf(text, sizeof(text), "%s=", rooms[i].key);

		memset(text + len, 'x', rooms[i].size);
		text[len + rooms[i].size] = '\0';
		cr_assert_not(target_set(text), "%s", rooms[i].key);
		text[len + rooms[i].size - 1] = '\0';
		cr_assert(target_set(text), "%s", rooms[i].key);
	}
}

/* ---- grades ---------------------------------------------------------------------------------- */

static struct grade graded(unsigned open, unsigned blocked)
{
	struct grade g = {0};

	for (unsigned i = 0; i < open; i++)
		grade_add(&g, i % 2 ? VERDICT_UNKNOWN : VERDICT_ALLOWED, 1);
	for (unsigned i = 0; i < blocked; i++)
		grade_add(&g, VERDICT_BLOCKED, 1);
	grade_add(&g, VERDICT_NOT_APPLICABLE, 10);
	grade_end(&g);
	return g;
}

Test(audit, grades)
{
	static const struct {
		unsigned open;
		char letter;
	} limits[] = {{0, 'A'},  {1, 'B'},  {5, 'B'},  {6, 'C'},  {15, 'C'}, {16, 'D'},
		      {30, 'D'}, {31, 'E'}, {50, 'E'}, {51, 'F'}, {99, 'F'}, {100, 'F'}};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		struct grade g = graded(limits[i].open, 100 - limits[i].open);

		cr_assert_eq(g.exposure, limits[i].open);
		cr_assert_eq(g.letter, limits[i].letter, "%u", limits[i].open);
		cr_assert_eq(g.weight_tried, 100);
		cr_assert_eq(g.not_applicable, 1);
		cr_assert_eq(g.allowed + g.unknown, limits[i].open);
	}
}

/* Rounded up: whatever is open is never 0, and never an A. */
Test(audit, grade_rounds_up)
{
	struct grade g = graded(1, 2000);

	cr_assert_eq(g.exposure, 1);
	cr_assert_eq(g.letter, 'B');
	g = graded(51, 949); /* 5.1 of 100 */
	cr_assert_eq(g.exposure, 6);
	cr_assert_eq(g.letter, 'C');
}

Test(audit, grade_of_nothing)
{
	struct grade g = graded(0, 0);

	cr_assert_eq(g.exposure, 0);
	cr_assert_eq(g.weight_tried, 0);
	cr_assert_eq(g.letter, 'A');
}

/* ---- the line -------------------------------------------------------------------------------- */

/* The words of a line, blank-separated; '~' stands for an empty word. */
static int parse(const char *line)
{
	static char words[4096];
	static char *argv[300];
	char *save = NULL;
	int argc = 0;

	free(req.run_argv);
	memset(&err, 0, sizeof(err));
	cr_assert_lt(strlen(line), sizeof(words));
	(void)snprintf(words, sizeof(words), "%s", line);
	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		cr_assert_lt(argc, 299);
		argv[argc++] = strcmp(w, "~") ? w : w + 1;
	}
	argv[argc] = NULL;
	return audit_parse(&req, argc, argv, &err);
}

/* What is left for run, in one string. */
static const char *rest(void)
{
	static char text[4096];
	size_t len = 0;

	text[0] = '\0';
	for (int i = 0; i < req.run_argc; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? " " : "",
					req.run_argv[i]);
	cr_assert_null(req.run_argv[req.run_argc]);
	return text;
}

Test(audit, line)
{
	static const struct {
		const char *line, *rest;
	} good[] = {
		{"ROOT", "ROOT"},
		{"", ""},
		{"--format json ROOT", "ROOT"},
		{"--format=json ROOT", "ROOT"},
		{"-m 5g --format json --cap-drop=ALL ROOT", "-m 5g --cap-drop=ALL ROOT"},
		/* A value of run's that looks like one of ours, and the other way round */
		{"--name --format --only json ROOT", "--name --format ROOT"},
		{"-v --only -m --compare ROOT", "-v --only -m --compare ROOT"},
		{"--only --name ROOT", "ROOT"},
		{"--name=--format ROOT", "--name=--format ROOT"},
		{"-itm 5g --format json ROOT", "-itm 5g ROOT"},
		{"-itm5g --format json ROOT", "-itm5g ROOT"},
		{"-itm --format ROOT", "-itm --format ROOT"},
		/* Ours end where run's end: at ROOTFS, or at -- */
		{"ROOT --format json", "ROOT --format json"},
		{"-- ROOT --format json", "-- ROOT --format json"},
		{"--format json -- --only ROOT", "-- --only ROOT"},
		{"- --format json", "- --format json"},
		{"ROOT --help", "ROOT --help"},
		{"-m -h ROOT", "-m -h ROOT"},
		{"ROOT -- ls -h", "ROOT -- ls -h"},
		/* A last word without its value is for run to refuse. */
		{"--format json -m", "-m"},
		{"--formats json ROOT", "--formats json ROOT"},
		{"--forma json ROOT", "--forma json ROOT"},
		{"-format json ROOT", "-format json ROOT"},
		{"--unknown --format json ROOT", "--unknown ROOT"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		cr_assert_eq(parse(good[i].line), 0, "%s: %s", good[i].line, err.msg);
		cr_assert_str_eq(rest(), good[i].rest, "%s: %s", good[i].line, rest());
	}
}

Test(audit, line_values)
{
	cr_assert_eq(parse("ROOT"), 0);
	cr_assert_eq(req.format, AUDIT_TABLE);
	cr_assert_eq(req.timeout, 60);
	cr_assert_eq(req.fail_below, 0);
	cr_assert_eq(
		parse("--format html --format=html --fail-below C --fail-on a,b --fail-on=c "
		      "--compare docker --compare=f --only x,y --only x,y --bisect --timeout 7 R"),
		0);
	cr_assert_eq(req.format, AUDIT_HTML);
	cr_assert_eq(req.fail_below, 'C');
	cr_assert_eq(req.n_fail_on, 3);
	cr_assert_str_eq(req.fail_on[1], "b");
	cr_assert_str_eq(req.fail_on[2], "c");
	cr_assert_eq(req.n_compare, 2);
	cr_assert_str_eq(req.compare[1], "f");
	cr_assert_str_eq(req.only, "x,y");
	cr_assert(req.is_bisect);
	cr_assert_eq(req.timeout, 7);
	cr_assert_str_eq(rest(), "R");
}

Test(audit, line_refused)
{
	static const struct {
		const char *line, *words;
	} bad[] = {
		{"--format", "--format: the value is missing"},
		{"-m 5g --only", "--only: the value is missing"},
		{"--format yaml R", "--format yaml"},
		{"--format --only R", "--format --only"},
		{"--format= R", "empty"},
		{"--format ~ R", "empty"},
		{"--only= R", "empty"},
		{"--compare ~ R", "empty"},
		{"--fail-on= R", "empty"},
		{"--fail-on , R", "names no attack"},
		{"--fail-on=,,, R", "names no attack"},
		{"--fail-below G R", "--fail-below G"},
		{"--fail-below a R", "--fail-below a"},
		{"--timeout 0 R", "--timeout 0"},
		{"--timeout 5s R", "--timeout 5s"},
		{"--timeout 86401 R", "--timeout 86401"},
		{"--bisect=yes R", "takes no value"},
		{"--bisect= R", "--bisect"},
		{"--only a --only b R", "contradicts --only a"},
		{"--format json --format html R", "contradicts --format json"},
		{"--fail-below A --fail-below=B R", "contradicts --fail-below A"},
		{"--timeout 1 --timeout 2 R", "contradicts --timeout 1"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cr_assert_lt(parse(bad[i].line), 0, "%s", bad[i].line);
		cr_assert(strstr(err.msg, bad[i].words), "%s: %s", bad[i].line, err.msg);
	}
}

Test(audit, line_help)
{
	cr_assert_eq(parse("--help"), OPTIONS_HELP);
	cr_assert_eq(parse("-m 5g -h --format"), OPTIONS_HELP);
	cr_assert_eq(parse("--format json --help R"), OPTIONS_HELP);
}

Test(audit, line_too_many)
{
	char line[2048] = "";
	size_t len = 0;

	for (int i = 0; i < SETTINGS_MAX - 1; i++)
		len += (size_t)snprintf(line + len, sizeof(line) - len, "--compare docker ");
	cr_assert_eq(parse(line), 0);
	(void)snprintf(line + len, sizeof(line) - len, "--compare docker R");
	cr_assert_lt(parse(line), 0);
	cr_assert(strstr(err.msg, "more than 7"), "%s", err.msg);
	len = (size_t)snprintf(line, sizeof(line), "--fail-on ");
	for (int i = 0; i < AUDIT_LIST_MAX; i++)
		len += (size_t)snprintf(line + len, sizeof(line) - len, "a,");
	cr_assert_eq(parse(line), 0);
	cr_assert_eq(req.n_fail_on, AUDIT_LIST_MAX);
	(void)snprintf(line + len, sizeof(line) - len, "a R");
	cr_assert_lt(parse(line), 0);
	cr_assert(strstr(err.msg, "more than 64"), "%s", err.msg);
}

Test(audit, words_of_an_option)
{
	static const struct {
		const char *word;
		int n;
	} words[] = {
		{"--memory", 2}, {"--memory=5g", 1}, {"-m", 2},
		{"-m5g", 1},     {"-m=5g", 1},       {"-itm", 2},
		{"-itm5g", 1},   {"-i", 1},          {"-it", 1},
		{"-v", 2},       {"--volume", 2},    {"--init", 1},
		{"--preset", 2}, {"--explain", 1},   {"--nothing", 1},
		{"-", 1},        {"--", 1},          {"", 1},
		{"ROOT", 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		cr_assert_eq(options_words(words[i].word, NULL), words[i].n, "%s", words[i].word);
	/* As the table has it, for each: one word more, or none. */
	for (size_t i = 0; i < options_len; i++) {
		char word[64];

		(void)snprintf(word, sizeof(word), "--%s", options[i].name);
		cr_assert_eq(options_words(word, "x"),
			     options[i].metavar && !options[i].bare ? 2 : 1, "%s", word);
	}
}

/* Help inside of what is for run would leave nothing to audit. */
Test(audit, spec_without_help)
{
	static const char *const first[] = {"--help", "-ih"};

	for (size_t i = 0; i < ARRAY_SIZE(first); i++) {
		char word[8], root[] = "/", *argv[] = {word, root, NULL};

		(void)snprintf(word, sizeof(word), "%s", first[i]);
		memset(&err, 0, sizeof(err));
		cr_assert_lt(audit_spec(&spec, 2, argv, &err), 0);
		cr_assert(strstr(err.msg, "--help"), "%s", err.msg);
	}
}

/* ---- files of options ------------------------------------------------------------------------ */

/* Its words in one string, or NULL. */
static const char *file(const char *content, size_t len)
{
	static char text[1 << 18];
	char path[] = "/tmp/pillbox-unit-XXXXXX", **argv;
	int fd = mkstemp(path), argc = 0, rc;
	size_t at = 0;

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, content, len), (ssize_t)len);
	(void)close(fd);
	memset(&err, 0, sizeof(err));
	rc = audit_file(&s.arena, path, &argv, &argc, &err);
	(void)unlink(path);
	text[0] = '\0';
	for (int i = 0; rc == 0 && i < argc; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "[%s]", argv[i]);
	return rc < 0 ? NULL : text;
}

Test(audit, file_good)
{
	static const struct {
		const char *content, *words;
	} good[] = {
		{"", ""},
		{"\n\n  \n\t\n", ""},
		{"# only\n  # comments", ""},
		{"--preset docker", "[--preset][docker]"},
		{"--preset docker\r\n--init\r\n", "[--preset][docker][--init]"},
		{"  --cap-drop=ALL  \n", "[--cap-drop=ALL]"},
		{"\t-m \t 5g\t\n", "[-m][5g]"},
		{"--env A=b c = d\n", "[--env][A=b c = d]"},
		{"--env=A=b c\n", "[--env=A=b c]"},
		{"--name #x\n", "[--name][#x]"},
		{"--name \n", "[--name]"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		const char *words = file(good[i].content, strlen(good[i].content));

		cr_assert(words, "%s: %s", good[i].content, err.msg);
		cr_assert_str_eq(words, good[i].words, "%s: %s", good[i].content, words);
	}
}

Test(audit, file_refused)
{
	static const char *const bad[] = {"docker\n",      "--init\nROOT\n", "\xef\xbb\xbf--init\n",
					  "-\n",           "--\n--init\n",   "; --init\n",
					  "\xff\xfe-\0-\0"};
	static const char nul[] = "--init\n\0--preset docker\n";
	char path[] = "/tmp/pillbox-unit-XXXXXX", **argv;
	int argc;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		cr_assert_null(file(bad[i], strlen(bad[i])), "%s", bad[i]);
	cr_assert_null(file(nul, sizeof(nul) - 1));
	cr_assert(strstr(err.msg, "NUL"), "%s", err.msg);
	cr_assert_neq(mkdtemp(path), NULL);
	cr_assert_lt(audit_file(&s.arena, path, &argv, &argc, &err), 0);
	(void)rmdir(path);
	cr_assert_lt(audit_file(&s.arena, path, &argv, &argc, &err), 0);
	cr_assert_lt(audit_file(&s.arena, "", &argv, &argc, &err), 0);
}

Test(audit, file_huge)
{
	static char big[(1 << 16) + 2];

	memset(big, '\n', sizeof(big));
	memcpy(big + (1 << 16) - 6, "--init", 6);
	cr_assert_str_eq(file(big, 1 << 16), "[--init]");
	cr_assert_null(file(big, (1 << 16) + 1));
	/* As many words as it can hold */
	for (size_t i = 0; i + 3 <= 1 << 16; i += 3)
		memcpy(big + i, "-i\n", 3);
	cr_assert(file(big, (1 << 16) - 1));
}

/* ---- documents ------------------------------------------------------------------------------- */

/* A setting of these options, blank-separated, with this document. */
static void made(const char *line, const char *doc)
{
	static char words[512];
	static char *argv[32];
	json_error_t error;
	char *save = NULL;
	int argc = 0;

	audit_free(&s);
	s.attacks = NULL;
	s.n_attacks = s.n_controls = s.broken = 0;
	s.grade = (struct grade){0};
	memset(&spec, 0, sizeof(spec));
	memset(&err, 0, sizeof(err));
	spec.arena = &s.arena;
	(void)snprintf(words, sizeof(words), "%s /", line);
	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	argv[argc] = NULL;
	cr_assert_eq(options_parse(&spec, argc, argv, &err), 0, "%s", err.msg);
	cr_assert_eq(spec_finish(&spec, &err), 0, "%s", err.msg);
	s.doc = json_loads(doc, 0, &error);
	cr_assert(s.doc, "%s: %s", error.text, doc);
	cr_assert_eq(audit_rows(&s, &err), 0);
}

/* A document with one attack and the steps that these tests need. */
#define STEPS                                                                  \
	"\"steps\": [{\"id\": \"filter\", \"wanted\": true, \"holds\": true}," \
	"{\"id\": \"clone\", \"wanted\": true, \"holds\": true},"              \
	"{\"id\": \"root-ro\", \"wanted\": true, \"holds\": true}]"
#define FACTS "\"facts\": {\"root_is_readonly\": true, \"seccomp\": \"filter\", \"filters\": 1}"
#define ATTACK(more) \
	"{" STEPS "," FACTS ", \"attacks\": [{\"group\": \"g\", \"title\": \"t\"," more "}]}"
#define ALLOWED(id) "\"id\": \"" id "\", \"weight\": 4, \"verdict\": \"allowed\""

static const struct attack_row *one(const char *line, const char *doc)
{
	made(line, doc);
	cr_assert_eq(s.n_attacks, 1);
	return &s.attacks[0];
}

Test(audit, a_missing_capability_is_a_promise)
{
	const struct attack_row *a = one(
		"", ATTACK(ALLOWED("x") ", \"needs_caps\": [\"CAP_SYS_ADMIN\"]"));

	cr_assert(a->is_open && !a->is_meant);
	cr_assert_str_eq(a->claimed, "caps");
	cr_assert_eq(s.broken, 1);
	cr_assert_eq(s.grade.allowed, 1);
	cr_assert_eq(s.grade.exposure, 100);
	cr_assert_str_eq(audit_attack_word(a), "ALLOWED");
	a = one("--cap-add SYS_ADMIN",
		ATTACK(ALLOWED("x") ", \"needs_caps\": [\"CAP_SYS_ADMIN\"]"));
	cr_assert(a->is_open && a->is_meant);
	cr_assert_null(a->claimed);
	cr_assert_eq(s.broken, 0);
	/* All of them are needed: one that is missing is enough. */
	a = one("--cap-add SYS_ADMIN",
		ATTACK(ALLOWED("x") ", \"needs_caps\": [\"CAP_SYS_ADMIN\", \"CAP_MKNOD\"]"));
	cr_assert_not(a->is_meant);
	/* One that only the host's root has */
	a = one("--cap-add ALL", ATTACK(ALLOWED("x") ", \"needs_host_caps\": true,"
						     "\"needs_caps\": [\"CAP_SYS_ADMIN\"]"));
	cr_assert_str_eq(a->claimed, "userns");
	/* Docker opens the low ports to everybody: no capability is what keeps them closed. */
	a = one("--preset docker --cap-drop ALL",
		ATTACK(ALLOWED("bind-low-port") ", \"needs_caps\": [\"NET_BIND_SERVICE\"]"));
	cr_assert(a->is_open && a->is_meant);
	a = one("--preset docker --cap-drop ALL --sysctl net.ipv4.ip_unprivileged_port_start=1024",
		ATTACK(ALLOWED("bind-low-port") ", \"needs_caps\": [\"NET_BIND_SERVICE\"]"));
	cr_assert_str_eq(a->claimed, "caps");
	a = one("", ATTACK(ALLOWED("bind-low-port") ", \"needs_caps\": [\"NET_BIND_SERVICE\"]"));
	cr_assert_str_eq(a->claimed, "caps");
	/* Blocked, unknown or not tried is no broken promise. */
	a = one("", ATTACK("\"id\": \"x\", \"weight\": 1, \"verdict\": \"unknown\","
			   "\"needs_caps\": [\"CAP_SYS_ADMIN\"]"));
	cr_assert(a->is_open && a->is_meant);
	cr_assert_eq(s.broken, 0);
}

Test(audit, promises_of_filters)
{
	static const struct {
		const char *line, *attack, *claim;
	} rows[] = {
		{"", "modify-ldt", "filter"},
		{"--preset strict", "modify-ldt", "filter"},
		{"--preset docker", "modify-ldt", NULL},
		{"--preset docker", "io-uring", "filter"},
		{"", "io-uring", "filter"},
		{"--cap-add SYS_ADMIN", "io-uring", NULL},
		{"--preset docker --cap-add SYS_ADMIN", "io-uring", NULL},
		{"--cap-drop ALL", "io-uring", "filter"},
		{"--security-opt seccomp=unconfined", "io-uring", NULL},
		{"", "write-root", "root-ro"},
		{"", "core-pattern", "userns"},
		{"", "no-such-attack", NULL},
		{"", "", NULL},
		{"", "io", NULL},
		{"", "io-uring io", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *claim;

		made(rows[i].line, ATTACK(ALLOWED("x")));
		claim = audit_claim(&s, rows[i].attack);
		cr_assert(claim && rows[i].claim ? !strcmp(claim, rows[i].claim)
						 : claim == rows[i].claim,
			  "%s: %s: %s", rows[i].line, rows[i].attack, claim ? claim : "none");
	}
}

/* A control that was not asked for promises nothing. */
Test(audit, no_step_no_promise)
{
	made("", "{\"steps\": [], \"facts\": {}, \"attacks\": []}");
	cr_assert_null(audit_claim(&s, "write-root"));
	cr_assert_null(audit_claim(&s, "io-uring"));
}

Test(audit, cures)
{
	struct cure cures[3];

	made("",
	     "{\"attacks\": ["
	     "{\"id\": \"a\", \"weight\": 3, \"verdict\": \"allowed\", \"cure\": \"one\"},"
	     "{\"id\": \"b\", \"weight\": 4, \"verdict\": \"unknown\", \"cure\": \"two\"},"
	     "{\"id\": \"c\", \"weight\": 3, \"verdict\": \"allowed\", \"cure\": \"one\"},"
	     "{\"id\": \"d\", \"weight\": 9, \"verdict\": \"blocked\", \"cure\": \"three\"},"
	     "{\"id\": \"e\", \"weight\": 9, \"verdict\": \"not applicable\", \"cure\": \"three\"},"
	     "{\"id\": \"f\", \"weight\": 10, \"verdict\": \"allowed\"},"
	     "{\"id\": \"g\", \"weight\": 5, \"verdict\": \"allowed\", \"cure\": \"four\"},"
	     "{\"id\": \"h\", \"weight\": 1, \"verdict\": \"allowed\", \"cure\": \"five\"}]}");
	cr_assert_eq(audit_cures(&s, cures), 3);
	cr_assert_str_eq(cures[0].option, "one");
	cr_assert_eq(cures[0].weight, 6);
	cr_assert_eq(cures[0].n_attacks, 2);
	cr_assert_str_eq(cures[1].option, "four");
	cr_assert_str_eq(cures[2].option, "two");
	made("", ATTACK("\"id\": \"a\", \"weight\": 3, \"verdict\": \"blocked\", \"cure\": \"c\""));
	cr_assert_eq(audit_cures(&s, cures), 0);
}

/* More cures than there is room for: the rest is left out. */
Test(audit, cures_many)
{
	struct cure cures[3];
	json_t *list = json_array();

	for (int i = 0; i < 4 * AUDIT_LIST_MAX; i++) {
		char cure[32];

		(void)snprintf(cure, sizeof(cure), "cure %d", i);
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:i, s:s}", "id", "x", "verdict",
						"allowed", "weight", 1 + i % 10, "cure", cure));
	}
	made("", "{}");
	cr_assert_eq(json_object_set_new(s.doc, "attacks", list), 0);
	free(s.attacks);
	s.n_controls = 0;
	cr_assert_eq(audit_rows(&s, &err), 0);
	cr_assert_eq(audit_cures(&s, cures), 3);
	cr_assert_eq(cures[0].weight, 10);
}

/* ---- controls -------------------------------------------------------------------------------- */

static const struct control_row *control(const char *id)
{
	for (size_t i = 0; i < s.n_controls; i++)
		if (!strcmp(s.controls[i].id, id))
			return &s.controls[i];
	cr_assert(false, "no control %s", id);
	abort();
}

Test(audit, control_rows)
{
	static const struct {
		const char *wanted, *holds, *readonly, *word;
		bool is_asked, is_broken;
		int inside, outside;
	} rows[] = {
		{"true", "true", "true", "holds", true, false, 1, 1},
		{"true", "true", "false", "BROKEN", true, true, 0, 1},
		{"true", "false", "true", "BROKEN", true, true, 1, 0},
		{"true", "false", "false", "BROKEN", true, true, 0, 0},
		{"true", "true", "null", "holds", true, false, -1, 1},
		{"true", "null", "true", "holds", true, false, 1, -1},
		{"true", "null", "null", "not shown", true, false, -1, -1},
		{"true", "\"yes\"", "\"yes\"", "not shown", true, false, -1, -1},
		{"false", "false", "false", "-", false, false, 0, -1},
		{"false", "null", "true", "-", false, false, 1, -1},
		{"1", "true", "true", "-", false, false, 1, -1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct control_row *row;
		char doc[512];

		(void)snprintf(
			doc, sizeof(doc),
			"{\"steps\": [{\"id\": \"root-ro\", \"wanted\": %s, \"holds\": %s,"
			"\"problem\": \"it is not\"}], \"facts\": {\"root_is_readonly\": %s}}",
			rows[i].wanted, rows[i].holds, rows[i].readonly);
		made("", doc);
		row = control("root-ro");
		cr_assert_eq(row->is_asked, rows[i].is_asked, "%s", doc);
		cr_assert_eq(row->holds_inside, rows[i].inside, "%s", doc);
		cr_assert_eq(row->holds_outside, rows[i].outside, "%s", doc);
		cr_assert_str_eq(audit_control_word(row), rows[i].word, "%s", doc);
		cr_assert_eq(s.broken, rows[i].is_broken, "%s", doc);
		cr_assert_str_eq(row->asked, rows[i].is_asked ? "yes" : "no");
		if (rows[i].outside == 0)
			cr_assert_str_eq(row->outside, "it is not");
	}
}

/* Not one row says that it holds, or that it does not, when nothing was told. */
Test(audit, control_rows_of_nothing)
{
	static const char *const docs[] = {
		"{}",
		"{\"steps\": [], \"facts\": {}, \"attacks\": []}",
		"{\"steps\": {}, \"facts\": [], \"attacks\": {}}",
		"{\"steps\": [1, null, {\"id\": 5}, []], \"facts\": \"x\", \"attacks\": \"x\"}",
		"{\"facts\": {\"uid\": \"0\", \"gid\": null, \"umask\": \"18\", \"securebits\": [],"
		"\"no_new_privs\": true, \"capabilities\": null, \"own_namespaces\": 1,"
		"\"seccomp\": 2, \"apparmor\": 7, \"limits\": {\"core\": \"0\"}}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(docs); i++) {
		made("-u 0:0", docs[i]);
		cr_assert_eq(s.n_attacks, 0);
		for (size_t k = 0; k < s.n_controls; k++) {
			const struct control_row *row = &s.controls[k];

			if (!strcmp(row->id, "caps") && i == 4)
				continue;
			cr_assert_eq(row->holds_inside, -1, "%s: %s: %s", docs[i], row->id,
				     row->inside);
			cr_assert_eq(row->holds_outside, -1, "%s: %s", docs[i], row->id);
		}
	}
}

Test(audit, control_values)
{
	made("",
	     "{\"steps\": [{\"id\": \"caps\", \"wanted\": true, \"holds\": true, \"values\":"
	     "{\"uid\": [\"1000\"], \"gid\": [\"1000\"], \"bounding\": [\"a\", 5, null, \"b\"]}},"
	     "{\"id\": \"umask\", \"wanted\": true, \"holds\": true},"
	     "{\"id\": \"lsm\", \"wanted\": true, \"values\": {\"at_exec\": [\"enter pillbox\"]}}],"
	     "\"facts\": {\"uid\": 1000, \"gid\": 0, \"umask\": 0, \"securebits\": 2,"
	     "\"apparmor\": \"unconfined\","
	     "\"capabilities\": {\"CapEff\": [], \"CapBnd\": [\"CAP_SYS_ADMIN\", 7, \"x\"]}}}");
	cr_assert_str_eq(control("caps")->asked, "a ? ? b");
	cr_assert_eq(control("caps")->holds_inside, 0);
	cr_assert_str_eq(control("user")->inside, "1000:0");
	cr_assert_eq(control("user")->holds_inside, 0);
	cr_assert_str_eq(control("umask")->inside, "0000");
	cr_assert_eq(control("umask")->holds_inside, 0);
	/* One bit of those that lock them is not enough. */
	cr_assert_eq(control("securebits")->holds_inside, 0);
	cr_assert_eq(control("apparmor")->holds_inside, 0);
}

/* Under the profile that was asked for, and in force. */
Test(audit, control_apparmor)
{
	static const struct {
		const char *label;
		int holds;
	} labels[] = {{"pillbox-default (enforce)", 1},
		      {"docker//&pillbox-default (enforce)", 1},
		      {"pillbox-default (complain)", 0},
		      {"other (enforce)", 0},
		      {"unconfined", 0}};

	for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
		auto_free char *doc = NULL;

		cr_assert(asprintf(&doc,
				   "{\"steps\": [{\"id\": \"lsm\", \"wanted\": true, \"values\": "
				   "{\"at_exec\": [\"enter pillbox-default\"]}}], "
				   "\"facts\": {\"apparmor\": \"%s\"}}",
				   labels[i].label) > 0);
		made("", doc);
		cr_assert_eq(control("apparmor")->holds_inside, labels[i].holds, "%s",
			     labels[i].label);
	}
}

/* ---- hostile rows ---------------------------------------------------------------------------- */

static void written(int (*writer)(const struct setting *, size_t, FILE *))
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	cr_assert_eq(writer(&s, 1, out), 0);
	cr_assert_eq(fclose(out), 0);
	cr_assert_gt(len, 0);
	if (writer == audit_json) {
		json_t *doc = json_loadb(text, len, 0, NULL);

		cr_assert(doc, "no JSON: %s", text);
		json_decref(doc);
	}
	if (writer == audit_html) {
		cr_assert_null(strstr(text, "<i>"), "markup of the probe's: %s", text);
		cr_assert_null(strchr(text, '\033'));
	}
	free(text);
}

static int print_one(const struct setting *settings, size_t n, FILE *out)
{
	(void)n;
	return audit_print(settings, out);
}

static void written_all(void)
{
	written(print_one);
	written(audit_compare_print);
	written(audit_json);
	written(audit_markdown);
	written(audit_html);
}

/* Whatever stands in a row, it is counted as open with no less weight than any. */
Test(audit, hostile_rows)
{
	static const char *const rows[] = {
		"\"id\": \"x\"",
		"\"id\": 5",
		"\"id\": null, \"verdict\": null, \"weight\": null",
		"\"id\": {}, \"verdict\": [], \"weight\": {}, \"needs_caps\": 7",
		"\"id\": \"x\", \"verdict\": \"fine\", \"weight\": 10",
		"\"id\": \"x\", \"verdict\": \"Blocked\", \"weight\": 0",
		"\"id\": \"x\", \"verdict\": \"\", \"weight\": -5",
		"\"id\": \"x\", \"verdict\": \"unknown\", \"weight\": 1000000000",
		"\"id\": \"x\", \"verdict\": \"unknown\", \"weight\": 9223372036854775807",
		"\"id\": \"x\", \"verdict\": \"unknown\", \"weight\": -9223372036854775808",
		"\"id\": \"x\", \"verdict\": \"unknown\", \"weight\": 1.5",
		"\"id\": \"x\", \"verdict\": \"unknown\", \"weight\": \"1\"",
		"\"id\": \"x\", \"needs_caps\": [1, null, \"CAP_X\", [\"CAP_CHOWN\"]]",
		"\"id\": \"x\", \"note\": \"<i>\\u001b[2J\\n|`\", \"what\": \"<i>\", \"title\": \"<i>\"",
		"\"id\": \"x\", \"group\": 1, \"title\": 2, \"what\": 3, \"gives\": 4, \"why\": 5,"
		"\"call\": 6, \"errno\": 7, \"note\": 8, \"cure\": 9, \"by\": 10",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char doc[1024];

		(void)snprintf(doc, sizeof(doc), "{\"facts\": {}, \"attacks\": [{%s}]}", rows[i]);
		made("", doc);
		cr_assert_eq(s.n_attacks, 1);
		cr_assert_eq(s.grade.unknown, 1, "%s", rows[i]);
		cr_assert_eq(s.grade.weight_open, 10, "%s: %u", rows[i], s.grade.weight_open);
		cr_assert_eq(s.grade.letter, 'F', "%s", rows[i]);
		cr_assert(s.attacks[0].is_open && s.attacks[0].is_meant);
		written_all();
	}
}

Test(audit, hostile_lists)
{
	static const char *const docs[] = {
		"{\"facts\": {}, \"attacks\": [1, null, \"x\", [], {}, true]}",
		"{\"facts\": {}, \"attacks\": [{\"id\": \"x\", \"verdict\": \"blocked\"}]}",
	};

	made("", docs[0]);
	cr_assert_eq(s.grade.unknown, 6);
	made("", docs[1]);
	written_all();
}

/* No text of JSON can be that, but a document can be made so. */
Test(audit, no_utf8)
{
	made("", "{\"facts\": {}, \"attacks\": [{\"id\": \"x\", \"verdict\": \"allowed\"}]}");
	cr_assert_eq(json_object_set_new(json_array_get(json_object_get(s.doc, "attacks"), 0),
					 "title", json_string("t")),
		     0);
	s.attacks[0].note = "\xff\xfe\xc3";
	s.attacks[0].what = "\x80\x9b";
	(void)snprintf(s.controls[0].inside, sizeof(s.controls[0].inside), "\xff");
	s.controls[0].is_asked = true;
	s.name = "\xff";
	written_all();
}

/* ---- lines ----------------------------------------------------------------------------------- */

static struct audit_lines *lines_of(const char *const *parts, size_t n)
{
	static struct audit_lines in;

	json_decref(s.doc);
	s.doc = json_pack("{s:[], s:{}, s:[]}", "steps", "facts", "attacks");
	memset(&in, 0, sizeof(in));
	in.doc = s.doc;
	for (size_t i = 0; i < n; i++)
		audit_lines_take(&in, parts[i], strlen(parts[i]));
	return &in;
}

#define LINES(...)                                   \
	lines_of((const char *const[]){__VA_ARGS__}, \
		 ARRAY_SIZE(((const char *const[]){__VA_ARGS__})))

static const char *attack_text(size_t i, const char *key)
{
	const char *text = json_string_value(
		json_object_get(json_array_get(json_object_get(s.doc, "attacks"), i), key));

	return text ? text : "";
}

static size_t n_of(const char *list)
{
	return json_array_size(json_object_get(s.doc, list));
}

Test(audit, lines)
{
	struct audit_lines *in = LINES(
		"{\"step\": {\"id\": \"caps\"}, \"holds\": true, \"problem\": \"\"}\n{\"fac",
		"ts\": {\"uid\": 1}}\n{\"start\": {\"id\": \"a\", \"title\": \"T\", \"weight\": 3}}\n",
		"{\"id\": \"a\", \"verdict\": \"blocked\"}", "\n");

	audit_lines_end(in, &s, 0);
	cr_assert_eq(n_of("steps"), 1);
	cr_assert(json_is_true(
		json_object_get(json_array_get(json_object_get(s.doc, "steps"), 0), "holds")));
	cr_assert(json_object_get(json_object_get(s.doc, "facts"), "uid"));
	cr_assert_eq(n_of("attacks"), 1);
	cr_assert_str_eq(attack_text(0, "verdict"), "blocked");
}

/* An attack that has begun has a row, whatever becomes of its result. */
Test(audit, lines_lost)
{
	static char big[70000];
	struct audit_lines *in;

	memset(big, 'x', sizeof(big) - 1);
	in = LINES(
		"{\"start\": {\"id\": \"a\", \"title\": \"T\", \"weight\": 7}}\n",
		"{\"id\": \"a\", \"note\": \"\xff\"}\n",
		"{\"start\": {\"id\": \"b\", \"title\": \"T\", \"weight\": 1}}\n",
		"{\"id\": \"b\", \"note\": \"", big,
		"\"}\n{\"start\": {\"id\": \"c\", \"title\": \"T\"}}\n",
		"not JSON\n{\"id\"\n[]\n5\nnull\n\"id\"\n\n",
		"{\"start\": {\"id\": \"d\", \"title\": \"T\", \"weight\": 2}}\n{\"id\": \"d\", \"verdict\": \"blo");
	audit_lines_end(in, &s, 137);
	cr_assert_eq(n_of("attacks"), 4);
	for (size_t i = 0; i < 4; i++) {
		cr_assert_eq(attack_text(i, "id")[0], "abcd"[i]);
		cr_assert_str_eq(attack_text(i, "verdict"), "unknown");
		cr_assert_neq(attack_text(i, "title")[0], '\0');
	}
	cr_assert(strstr(attack_text(3, "note"), "137"));
	free(s.attacks);
	made("", "{}");
	in = LINES("{\"start\": {\"id\": \"a\", \"title\": \"T\", \"weight\": 7}}\n");
	audit_lines_end(in, &s, 1);
	free(s.attacks);
	s.n_controls = 0;
	cr_assert_eq(audit_rows(&s, &err), 0);
	cr_assert_eq(s.grade.weight_open, 7);
	written_all();
}

Test(audit, lines_without_end)
{
	struct audit_lines *in = LINES("\n");

	for (int i = 0; i < 3000; i++) {
		static const char text[] = "{\"id\": \"x\"}\n{\"step\": {}}\n{\"facts\": 5}\n"
					   "{\"step\": 5}\n{\"start\": []}\n";

		audit_lines_take(in, text, sizeof(text) - 1);
	}
	audit_lines_end(in, &s, 0);
	cr_assert_eq(n_of("attacks"), ATTACKS_MAX);
	cr_assert_leq(n_of("steps"), 256);
	cr_assert(json_is_object(json_object_get(s.doc, "facts")));
}
