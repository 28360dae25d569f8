/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_compose_read.c - Compose files: variables, .env, merging, extends, include, which files there
 * are, and the whole written as YAML again.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compose_files.h"
#include "yamldump.h"

static struct arena arena;
static struct err err;
static struct compose_project p;
static char dir[] = "/tmp/pillbox-compose-XXXXXX";

static void fresh(void)
{
	static char *const clean[] = {NULL};

	environ = (char **)(uintptr_t)clean;
	cr_assert_eq(setenv("HOME", "/home/u", 1), 0);
	cr_assert_eq(setenv("A", "1", 1), 0);
	cr_assert_eq(setenv("EMPTY", "", 1), 0);
	cr_assert_eq(arena_init(&arena, &err), 0);
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chdir(dir), 0);
	cr_assert_eq(mkdir("demo", 0755) | chdir("demo"), 0);
}

static void gone(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	environ = (char *[]){NULL};
	cr_expect_eq(system(command), 0);
}

TestSuite(compose_read, .init = fresh, .fini = gone);

static void put(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	cr_assert_not_null(out, "%s", path);
	fputs(text, out);
	fclose(out);
}

static void renew(void)
{
	arena.used = 0; /* what is in it is written over, which no test minds */
	memset(arena.base, 0, 1 << 20);
	memset(&err, 0, sizeof(err));
}

static int load(const char *first, ...)
{
	struct compose_req req = {.n_files = 0};
	va_list ap;

	renew();
	va_start(ap, first);
	for (const char *f = first; f; f = va_arg(ap, const char *))
		req.files[req.n_files++] = f;
	va_end(ap);
	return compose_load(&p, &arena, &req, &err);
}

/* The whole or a service as text; to be freed. */
static char *config(const char *service)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	cr_expect_eq(compose_config(&p, service, out, &err), 0);
	fclose(out);
	return text;
}

static void expect_service(const char *name, const char *tree)
{
	auto_free char *text = yaml_dumped(yaml_get(p.services, name));

	cr_expect_str_eq(text, tree, "%s: %s", name, text);
}

static bool has_note(const char *id, const char *text)
{
	for (size_t i = 0; i < p.n_notes; i++)
		if (strcmp(p.notes[i].id, id) == 0 && strstr(p.notes[i].text, text))
			return true;
	return false;
}

/* ---- variables ------------------------------------------------------------------------------- */

static const struct {
	const char *text, *is;
} expanded[] = {
	{"", ""},
	{"plain", "plain"},
	{"$A", "1"},
	{"${A}", "1"},
	{"x${A}y$A-$A.", "x1y1-1."},
	{"$$A $$ $${A}", "$A $ ${A}"},
	{"$$$A", "$1"},
	{"$NOT|", "|"},
	{"${A:-d}${A-d}", "11"},
	{"${EMPTY:-d}|${EMPTY-d}|", "d||"},
	{"${NOT:-d}|${NOT-d}|${NOT:-}|${NOT-}|", "d|d|||"},
	{"${A:+r}|${A+r}|${EMPTY:+r}|${EMPTY+r}|${NOT:+r}|${NOT+r}", "r|r||r||"},
	{"${A:?no}${A?no}${EMPTY?no}", "11"},
	{"${NOT:-${NOT2:-${A}}}", "1"},
	{"${NOT:-a${A}b$A$$}", "a1b1$"},
	{"${NOT:-a:b-c?d+e}", "a:b-c?d+e"},
	{"${NOT:-$$}", "$"},
	{"${A:+${HOME}/x}", "/home/u/x"},
	{"${NOT:-{\"a\":1}", "{\"a\":1"},
	{"$A$A", "11"},
	{"$A_B|$Ab", "|"},
	{"%A {A} \\$$", "%A {A} \\$"},
};

Test(compose_read, variables)
{
	static const struct place at = {"f.yml", 3, 7};
	const char *text;

	for (size_t i = 0; i < ARRAY_SIZE(expanded); i++) {
		p = (struct compose_project){.arena = &arena};
		renew();
		cr_expect_eq(compose_expand(&p, &at, expanded[i].text, &text, &err), 0, "%s: %s",
			     expanded[i].text, err.msg);
		cr_expect_str_eq(text, expanded[i].is, "%s: %s", expanded[i].text, text);
	}
	cr_expect_eq(compose_expand(&p, &at, "same", &text, &err), 0);
	cr_expect_str_eq(text, "same");
}

static const struct {
	const char *text, *msg, *hint;
} bad_variables[] = {
	{"$", "f.yml:3:7: a '$' that no variable follows", "write $$"},
	{"a$ b", "f.yml:3:7: a '$' that no variable follows", "write $$"},
	{"$1", "f.yml:3:7: a '$' that no variable follows", ""},
	{"$-", "f.yml:3:7: a '$' that no variable follows", ""},
	{"${", "f.yml:3:7: \"${\" is not closed", ""},
	{"${A", "f.yml:3:7: \"${A\" is not closed", ""},
	{"${A:-${B}", "f.yml:3:7: \"${A\" is not closed", ""},
	{"${}", "f.yml:3:7: \"${\" without the name of a variable", ""},
	{"${:-x}", "f.yml:3:7: \"${\" without the name of a variable", ""},
	{"${ A}", "f.yml:3:7: \"${\" without the name of a variable", ""},
	{"${1A}", "f.yml:3:7: \"${\" without the name of a variable", ""},
	{"${A }", "f.yml:3:7: \"${A\" goes on with something unknown", ":-DEFAULT"},
	{"${A:}", "f.yml:3:7: \"${A\" goes on with something unknown", ""},
	{"${A:x}", "f.yml:3:7: \"${A\" goes on with something unknown", ""},
	{"${A%x}", "f.yml:3:7: \"${A\" goes on with something unknown", ""},
	{"${NOT?}", "f.yml:3:7: the variable NOT has to be set", "NOT=... in the environment"},
	{"${NOT:?say $A}", "f.yml:3:7: the variable NOT has to be set: say $A", ""},
	{"${EMPTY:?it}", "f.yml:3:7: the variable EMPTY has to be set: it", ""},
	{"${NOT:-${NOT:?x}}", "f.yml:3:7: the variable NOT has to be set: x", ""},
	{"${BIN}", "f.yml:3:7: the variable BIN is no text in UTF-8", ""},
	{"${a-${a-${a-${a-${a-${a-${a-${a-${a-${a-${a-${a-${a-${a-${a-${a-${a-"
	 "x}}}}}}}}}}}}}}}}}",
	 "f.yml:3:7: variables nested deeper than 16", ""},
};

Test(compose_read, bad_variables)
{
	static const struct place at = {"f.yml", 3, 7};
	const char *text;

	cr_assert_eq(setenv("BIN", "secret\xff", 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad_variables); i++) {
		p = (struct compose_project){.arena = &arena};
		renew();
		cr_expect_lt(compose_expand(&p, &at, bad_variables[i].text, &text, &err), 0, "%s",
			     bad_variables[i].text);
		cr_expect_str_eq(err.msg, bad_variables[i].msg, "%s: %s", bad_variables[i].text,
				 err.msg);
		cr_expect_not_null(strstr(err.hint, bad_variables[i].hint), "%s", err.hint);
		cr_expect_null(strstr(err.msg, "secret"));
	}
}

/* A variable that doubles with each line of .env, or is only long, ends as an error. */
Test(compose_read, variables_grow)
{
	char text[4096] = "A0=xxxxxxxxxx\n";
	size_t len = strlen(text);

	for (int i = 1; i < 30; i++)
		len += (size_t)sprintf(text + len, "A%d=$A%d$A%d\n", i, i - 1, i - 1);
	put(".env", text);
	put("compose.yaml", "services: {}\n");
	cr_expect_lt(load(NULL), 0);
	cr_expect_str_eq(err.msg, ".env:15:5: too long with its variables: more than 128 KiB");
}

/* Values and never keys; what was plain stays plain; nothing is an empty text. */
Test(compose_read, variables_in_a_tree)
{
	put("c.yml", "services:\n  a:\n    cpus: ${N:-0.5}\n    \"$A\": '$A'\n    e: ${EMPTY}\n"
		     "    n: ${NULL:-null}\n    u: [$UNSET, $UNSET, $OTHER]\n");
	cr_expect_eq(load("c.yml", NULL), 0, "%s", err.msg);
	expect_service("a", "{cpus:0.5,$A:\"1\",e:\"\",n:\"null\",u:[\"\",\"\",\"\"]}");
	cr_expect_eq(p.n_notes, 2);
	cr_expect(has_note("unset-variable", "UNSET is not set"));
	cr_expect(p.notes[0].at.line == 7 && p.notes[0].at.column == 9);
	cr_expect(has_note("unset-variable", "OTHER is not set"));
}

/* ---- .env -------------------------------------------------------------------------------------- */

static const struct {
	const char *text, *is;
} env_files[] = {
	{"", ""},
	{"\n# comment\n  # another\n\n", ""},
	{"A=x\nB=y", "A=x|B=y|"},
	{"A=x\r\nB='y'\r\n", "A=x|B=y|"},
	{"\xef\xbb\xbfQ=x\n", "Q=x|"},
	{"Q=", "Q=|"},
	{"Q=x # comment", "Q=x|"},
	{"Q=x#y", "Q=x#y|"},
	{"Q=# comment", "Q=|"},
	{"Q = x  ", "Q=x|"},
	{"Q: x", "Q=x|"},
	{"export Q=x\nexport\tR=y", "Q=x|R=y|"},
	{"exported=1", "exported=1|"},
	{"Q=a b c", "Q=a b c|"},
	{"Q='a # $A \\n'", "Q=a # $A \\n|"},
	{"Q='it\\'s'", "Q=it's|"},
	{"Q=\"a # $A \\n\\t\\\\ \\\"q\\\" \\$A \\x\" # c", "Q=a # 1 \n\t\\ \"q\" $A \\x|"},
	{"Q=\"two\nlines\"\nR='and\n\nthree'\nS=z", "Q=two\nlines|R=and\n\nthree|S=z|"},
	{"Q=$A${NOT:-d}$$", "Q=1d$|"},
	{"Q=x\nR=${Q}y\nS=\"$R z\"\nT='$R'", "Q=x|R=xy|S=xy z|T=$R|"},
	{"Q=1\nQ=2", "Q=2|"},
	{"A=file\nR=$A", "A=file|R=1|"}, /* the caller's goes first */
	{"A\nNOT\nQ=x", "A=1|Q=x|"},
	{"A # as the caller has it", "A=1|"},
	{"a.b-c[0]=x", "a.b-c[0]=x|"},
	{"Q=a=b:c", "Q=a=b:c|"},
	{"  Q=x", "Q=x|"},
	{"Q=it's", "Q=it's|"},
	{"Q=\"\"\nR=''", "Q=|R=|"},
};

static char *env_text(const struct compose_var *vars, size_t n)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s=%s|", vars[i].name, vars[i].value);
	fclose(out);
	return text;
}

static int read_env(const char *text, bool is_raw, char **ret)
{
	struct compose_var *vars = NULL;
	size_t n = 0;
	int rc;

	p = (struct compose_project){.arena = &arena};
	renew();
	put("e.env", text);
	rc = compose_env_file(&p, "e.env", is_raw, &vars, &n, &err);
	*ret = rc ? NULL : env_text(vars, n);
	return rc;
}

Test(compose_read, env_files)
{
	for (size_t i = 0; i < ARRAY_SIZE(env_files); i++) {
		auto_free char *is = NULL;

		cr_expect_eq(read_env(env_files[i].text, false, &is), 0, "%s: %s",
			     env_files[i].text, err.msg);
		cr_expect_str_eq(is, env_files[i].is, "%s: %s", env_files[i].text, is);
	}
}

Test(compose_read, raw_env_files)
{
	static const struct {
		const char *text, *is;
	} raw[] = {
		{"Q='x' # y\nR=\"$A\"\nS= z \n", "Q='x' # y|R=\"$A\"|S= z |"},
		{"# c\nA\nNOT\nQ=$\r\n", "A=1|Q=$|"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(raw); i++) {
		auto_free char *is = NULL;

		cr_expect_eq(read_env(raw[i].text, true, &is), 0, "%s", err.msg);
		cr_expect_str_eq(is, raw[i].is, "%s", is);
	}
}

static const struct {
	const char *text, *msg;
	bool is_raw;
} bad_env_files[] = {
	{"=x", "e.env:1:1: the name of a variable has to stand here", false},
	{"Q=x\n\n  \xc3\xa9=1", "e.env:3:3: the name of a variable has to stand here", false},
	{"a b=c", "e.env:1:3: after the name of a variable: =", false},
	{"Q+=c", "e.env:1:2: after the name of a variable: =", false},
	{"export =c", "e.env:1:8: the name of a variable has to stand here", false},
	{"Q='secret", "e.env:1:3: the quote ' is not closed", false},
	{"\nQ=\"secret\\\"\n\n", "e.env:2:3: the quote \" is not closed", false},
	{"Q='secret'more", "e.env:1:11: text behind the closing quote", false},
	{"Q=\"two\nlines\"x", "e.env:2:7: text behind the closing quote", false},
	{"Q=secret$", "e.env:1:3: a '$' that no variable follows", false},
	{"Q=\"secret${A\"", "e.env:1:3: \"${A\" is not closed", false},
	{"Q=${NOT:?set it}", "e.env:1:3: the variable NOT has to be set: set it", false},
	{"Q R=x", "e.env:1:1: a blank in the name of a variable", true},
	{"=x", "e.env:1:1: no name before '='", true},
};

Test(compose_read, bad_env_files)
{
	auto_free char *is = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(bad_env_files); i++) {
		cr_expect_lt(read_env(bad_env_files[i].text, bad_env_files[i].is_raw, &is), 0, "%s",
			     bad_env_files[i].text);
		cr_expect_str_eq(err.msg, bad_env_files[i].msg, "%s: %s", bad_env_files[i].text,
				 err.msg);
		cr_expect_null(strstr(err.msg, "secret"));
	}
	cr_assert_eq(mkfifo("fifo", 0600), 0);
	memset(&err, 0, sizeof(err));
	cr_expect_lt(compose_env_file(&p, "fifo", false, NULL, NULL, &err), 0);
	cr_expect_str_eq(err.msg, "fifo: not a regular file");
}

/* ---- merging ----------------------------------------------------------------------------------- */

/* Keys of one service: a file, the one laid over it, what comes of them. */
static const struct {
	const char *base, *over, *is;
} merged[] = {
	{"{a: 1, b: 2}", "{b: 3, c: 4}", "{a:1,b:3,c:4}"},
	{"{a: [1]}", "{a: [2, 1]}", "{a:[1,2,1]}"},
	{"{a: {x: {y: 1, z: [1]}}}", "{a: {x: {z: [2]}, w: 1}}", "{a:{x:{y:1,z:[1,2]},w:1}}"},
	{"{a: 1}", "{a: null}", "{a:1}"},
	{"{a: null}", "{a: {b: 1}}", "{a:{b:1}}"},
	/* replaced */
	{"{command: [a, b]}", "{command: c}", "{command:c}"},
	{"{entrypoint: x}", "{entrypoint: [y]}", "{entrypoint:[y]}"},
	{"{healthcheck: {test: [a, b], interval: 5s}}", "{healthcheck: {test: c}}",
	 "{healthcheck:{test:c,interval:5s}}"},
	{"{healthcheck: {test: [a]}}", "{healthcheck: {test: [b]}}", "{healthcheck:{test:[b]}}"},
	{"{ulimits: {nofile: 5, core: 1}}", "{ulimits: {nofile: {soft: 1, hard: 2}}}",
	 "{ulimits:{nofile:{soft:1,hard:2},core:1}}"},
	{"{logging: {driver: a, options: {x: 1}}}", "{logging: {options: {y: 2}}}",
	 "{logging:{driver:a,options:{x:1,y:2}}}"},
	{"{logging: {driver: a, options: {x: 1}}}", "{logging: {driver: b}}",
	 "{logging:{driver:b}}"},
	/* maps and lists of NAME=VALUE */
	{"{environment: [A=1, B=2, C]}", "{environment: {B: 3, D: ~}}",
	 "{environment:{A:\"1\",B:3,C:~,D:~}}"},
	{"{environment: {A: 1}}", "{environment: [A]}", "{environment:{A:~}}"},
	{"{environment: [A=1]}", "{environment: [A=2, 'B=x=y']}",
	 "{environment:{A:\"2\",B:\"x=y\"}}"},
	{"{labels: [a=1]}", "{labels: {a: 2}}", "{labels:{a:2}}"},
	{"{sysctls: {a: 1}}", "{sysctls: [a=2]}", "{sysctls:{a:\"2\"}}"},
	{"{depends_on: [a]}", "{depends_on: {b: {condition: c}}}",
	 "{depends_on:{a:~,b:{condition:c}}}"},
	{"{depends_on: [a, b]}", "{depends_on: [b, c]}", "{depends_on:[a,b,c]}"},
	{"{networks: {n: {aliases: [x]}}}", "{networks: [n, m]}",
	 "{networks:{n:{aliases:[x]},m:~}}"},
	{"{extra_hosts: [a=1]}", "{extra_hosts: {b: 2, c: [3, 4]}}",
	 "{extra_hosts:[a=1,\"b=2\",\"c=3\",\"c=4\"]}"},
	/* one text is a list of one; none twice */
	{"{dns: 1.1.1.1}", "{dns: [8.8.8.8, 1.1.1.1]}", "{dns:[1.1.1.1,8.8.8.8]}"},
	{"{env_file: a}", "{env_file: b}", "{env_file:[a,b]}"},
	{"{cap_add: [A]}", "{cap_add: [B, A]}", "{cap_add:[A,B]}"},
	{"{build: ./x}", "{build: {args: {a: 1}}}", "{build:{context:./x,args:{a:1}}}"},
	/* one entry a target */
	{"{volumes: [a:/x, b:/y, /z]}", "{volumes: [c:/y:ro, d:/z, e:/w]}",
	 "{volumes:[a:/x,c:/y:ro,d:/z,e:/w]}"},
	{"{volumes: [a:/x/]}", "{volumes: [{type: bind, source: s, target: /x}]}",
	 "{volumes:[{type:bind,source:s,target:/x}]}"},
	{"{tmpfs: /a}", "{tmpfs: ['/b:size=1m', '/a:ro']}", "{tmpfs:[\"/a:ro\",\"/b:size=1m\"]}"},
	{"{devices: ['/dev/a:/dev/x']}", "{devices: ['/dev/b:/dev/x:r', /dev/c]}",
	 "{devices:[\"/dev/b:/dev/x:r\",/dev/c]}"},
	{"{secrets: [a, {source: b, target: c}]}",
	 "{secrets: [{source: a, uid: '1'}, {source: d, target: /run/secrets/c}]}",
	 "{secrets:[{source:a,uid:\"1\"},{source:d,target:/run/secrets/c}]}"},
	{"{configs: [a]}", "{configs: [{source: x, target: /a}]}",
	 "{configs:[{source:x,target:/a}]}"},
	{"{ports: ['80:80', 1.2.3.4:5:6/udp]}",
	 "{ports: [80:80/tcp, {target: 6, published: 5, host_ip: 1.2.3.4, protocol: udp}, 81:80]}",
	 "{ports:[80:80/tcp,{target:6,published:5,host_ip:1.2.3.4,protocol:udp},81:80]}"},
	{"{ports: [80]}", "{ports: ['80', {target: 80}]}", "{ports:[{target:80}]}"},
	/* tags */
	{"{a: [1], b: {c: 1, d: 2}, e: 1}", "{a: !reset [], b: {c: !reset null}, f: !reset 1}",
	 "{b:{d:2},e:1}"},
	{"{environment: {A: 1, B: 2}}", "{environment: {A: !reset null}}", "{environment:{B:2}}"},
	{"{a: [1], b: {c: 1}}", "{a: !override [2], b: !override {d: 1}}", "{a:[2],b:{d:1}}"},
	{"{a: {b: 1}}", "{a: !override text}", "{a:text}"},
	{"{a: !reset x}", "{a: [1]}", "{a:[1]}"},
};

static int merge(const char *base, const char *over)
{
	char text[1024];

	(void)snprintf(text, sizeof(text), "services:\n  s: %s\n", base);
	put("b.yml", text);
	(void)snprintf(text, sizeof(text), "services:\n  s: %s\n", over);
	put("o.yml", text);
	return load("b.yml", "o.yml", NULL);
}

Test(compose_read, merging)
{
	for (size_t i = 0; i < ARRAY_SIZE(merged); i++) {
		cr_expect_eq(merge(merged[i].base, merged[i].over), 0, "%s: %s", merged[i].base,
			     err.msg);
		expect_service("s", merged[i].is);
	}
}

Test(compose_read, what_cannot_be_merged)
{
	static const struct {
		const char *base, *over, *msg;
	} bad[] = {
		{"{a: [1]}", "{a: {b: 1}}",
		 "o.yml:2:10: a map cannot be laid over a list (b.yml:2)"},
		{"{a: {b: 1}}", "{a: x}", "o.yml:2:10: a text cannot be laid over a map (b.yml:2)"},
		{"{ports: {a: 1}}", "{ports: [1]}",
		 "o.yml:2:14: a list cannot be laid over a map (b.yml:2)"},
		{"{environment: x}", "{environment: [A=1]}",
		 "o.yml:2:20: a list cannot be laid over a text (b.yml:2)"},
		{"{}", "{a: [!reset 1]}", "o.yml:2:11: !reset or !override of one entry of a list"},
		{"{}", "{a: [!override {}]}",
		 "o.yml:2:11: !reset or !override of one entry of a list"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cr_expect_lt(merge(bad[i].base, bad[i].over), 0, "%s", bad[i].over);
		cr_expect_str_eq(err.msg, bad[i].msg, "%s", err.msg);
	}
}

/* Services and sections: of three files the last one counts; a whole service can be reset. */
Test(compose_read, three_files)
{
	put("a.yml", "services: {x: {i: 1}, y: {i: 1}}\nvolumes: {v: }\nx-k: [1]\n");
	put("b.yml", "services: {x: {i: 2, j: 2}, z: {i: 2}}\nvolumes: {w: {external: true}}\n");
	put("c.yml", "services: {x: {j: 3}, y: !reset null}\nnetworks: {n: }\nsecrets:\n");
	cr_expect_eq(load("a.yml", "b.yml", "c.yml", NULL), 0, "%s", err.msg);
	expect_service("x", "{i:2,j:3}");
	expect_service("z", "{i:2}");
	cr_expect_eq(p.services->n, 2);
	cr_expect_eq(p.volumes->n, 2);
	cr_expect_eq(p.networks->n, 1);
	cr_expect_null(p.secrets);
	cr_expect_str_eq(p.files[2], "c.yml");
	cr_expect_null(p.files[3]);
}

/* ---- the top of a file ------------------------------------------------------------------------- */

static const struct {
	const char *text, *msg, *hint;
} bad_files[] = {
	{"", "c.yml: nothing is in this file", "services:"},
	{"# only a comment\n", "c.yml: nothing is in this file", ""},
	{"~", "c.yml: nothing is in this file", ""},
	{"- a\n", "c.yml:1:1: a Compose file is a map: services: ...", ""},
	{"!reset {services: {}}", "c.yml:1:1: a Compose file is a map", ""},
	{"service:\n  a: {}\n", "c.yml:1:1: unknown key \"service\" at the top of the file",
	 "did you mean services?"},
	{"services: {}\nfoo: 1\n", "c.yml:2:1: unknown key \"foo\"", "known are services"},
	{"services: []\n", "c.yml:1:11: services: this has to be a map", ""},
	{"services:\n  web:\n", "c.yml:2:7: the service \"web\" is not a map", "further to the"},
	{"services:\n  web: image\n", "c.yml:2:8: the service \"web\" is not a map", ""},
	{"services:\n  'a/b': {}\n", "c.yml:2:3: \"a/b\" is no name of a service", "letters"},
	{"services:\n  '': {}\n", "c.yml:2:3: \"\" is no name of a service", ""},
	{"secrets: x\n", "c.yml:1:10: secrets: this has to be a map", ""},
	{"secrets:\n  s: ./file\n", "c.yml:2:6: secrets.s: this has to be a map", ""},
	{"name: Upper\n", "c.yml:1:7: \"Upper\" is no name of a project", "small letters"},
	{"name: ''\n", "c.yml:1:7: \"\" is no name of a project", ""},
	{"name: [x]\n", "c.yml:1:7: name: this has to be a text", ""},
	{"include: x.yml\n", "c.yml:1:10: include: this has to be a list", ""},
	{"include: [x.yml]\n", "c.yml:1:11: x.yml: No such file or directory", ""},
	{"include: [c.yml]\n", "c.yml:1:11: include: c.yml includes itself", ""},
	{"include: [demo]\n", "c.yml:1:11: demo: Is a directory", ""},
	{"include:\n  - env_file: a\n", "c.yml:2:5: include: the path is missing", ""},
	{"include:\n  - {path: a, x: 1}\n", "c.yml:2:15: include: unknown key \"x\"", "known are"},
	{"include: [{path: [[]]}]\n", "c.yml:1:19: include: the path has to be a text", ""},
	{"include: ['oci://x/y']\n", "c.yml:1:11: include: oci://x/y is not on this machine",
	 "fetch it"},
	{"include: [{path: a, env_file: {}}]\n", "c.yml:1:31: include: env_file has to be a text",
	 ""},
	{"services:\n  a: {extends: a}\n", "c.yml:2:7: extends: the service \"a\" extends itself",
	 ""},
	{"services:\n  a: {extends: b}\n  b: {extends: {service: a}}\n",
	 "c.yml:2:7: extends: the service \"a\" extends itself", ""},
	{"services:\n  a: {extends: {service: a, file: c.yml}}\n",
	 "c.yml:2:7: extends: the service \"a\" extends itself", ""},
	{"services:\n  a: {extends: b}\n",
	 "c.yml:2:16: extends: there is no service \"b\" in c.yml", "file: FILE"},
	{"services:\n  a: {extends: {file: x.yml}}\n",
	 "c.yml:2:7: extends: the name of a service is missing", ""},
	{"services:\n  a: {extends: {file: x.yml, service: b}}\n",
	 "c.yml:2:23: x.yml: No such file or directory", ""},
	{"services:\n  a: {extends: {srv: b}}\n", "c.yml:2:17: extends: unknown key \"srv\"",
	 "service and file"},
	{"services:\n  a: {extends: [b]}\n", "c.yml:2:7: extends: the name of a service is missing",
	 ""},
	{"services:\n  a: {extends: {file: [], service: b}}\n",
	 "c.yml:2:23: extends: file has to be a path", ""},
	{"services:\n  a: {extends: {file: 'https://x/y', service: b}}\n",
	 "c.yml:2:23: extends: https://x/y is not on this machine", ""},
	{"services:\n  a:\n    image: ${X\n", "c.yml:3:12: \"${X\" is not closed", ""},
};

Test(compose_read, bad_files)
{
	cr_assert_eq(mkdir("demo", 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad_files); i++) {
		put("c.yml", bad_files[i].text);
		cr_expect_lt(load("c.yml", NULL), 0, "%s", bad_files[i].text);
		cr_expect_eq(strncmp(err.msg, bad_files[i].msg, strlen(bad_files[i].msg)), 0,
			     "%s: %s", bad_files[i].text, err.msg);
		cr_expect_not_null(strstr(err.hint, bad_files[i].hint), "%s: %s", bad_files[i].text,
				   err.hint);
	}
	cr_expect_lt(load("none.yml", NULL), 0);
	cr_expect_str_eq(err.msg, "none.yml: No such file or directory");
	cr_expect_lt(load("", NULL), 0);
	cr_expect_str_eq(err.msg, "--file: the path is empty");
	cr_expect_lt(load("/dev/zero", NULL), 0);
	cr_expect_str_eq(err.msg, "/dev/zero: not a regular file");
}

Test(compose_read, version_is_noticed)
{
	put("c.yml", "version: '3'\nservices: {a: {}}\nx-any: 1\n");
	cr_expect_eq(load("c.yml", NULL), 0, "%s", err.msg);
	cr_expect(has_note("obsolete-version", "obsolete"));
	cr_expect_null(yaml_get(p.root, "version"));
	cr_expect_not_null(yaml_get(p.root, "x-any"));
}

/* ---- extends, include ---------------------------------------------------------------------------- */

#define PATHS                                                                           \
	"volumes: [./v:/v, ../w:/w:ro, /abs:/a, ~/h:/h, named:/n, /anon,"               \
	" {type: bind, source: s, target: /t}, {type: volume, source: s, target: /u}]," \
	" env_file: [e, {path: f}], label_file: l, build: ctx, x-rootfs: r,"            \
	" security_opt: ['seccomp:p.json', 'seccomp=unconfined', 'label:disable']"

#define PATHS_OF_SUB                                                                             \
	"volumes:[./sub/v:/v,./sub/../w:/w:ro,/abs:/a,~/h:/h,named:/n,/anon,"                    \
	"{type:bind,source:./sub/s,target:/t},{type:volume,source:s,target:/u}],"                \
	"env_file:[./sub/e,{path:./sub/f}],label_file:./sub/l,build:./sub/ctx,x-rootfs:./sub/r," \
	"security_opt:[\"seccomp:./sub/p.json\",\"seccomp=unconfined\",\"label:disable\"]"

Test(compose_read, extends)
{
	cr_assert_eq(mkdir("sub", 0755), 0);
	put("sub/b.yml", "services:\n  b: {extends: {file: deep.yml, service: d}, " PATHS "}\n");
	put("sub/deep.yml", "services: {d: {cap_drop: [all], env_file: d.env}}\n");
	put("c.yml", "services:\n"
		     "  a: {extends: {file: sub/b.yml, service: b}, cap_drop: [x], user: '1'}\n"
		     "  e: {extends: a, user: !reset null, volumes: !override [x:/y]}\n");
	cr_expect_eq(load("c.yml", NULL), 0, "%s", err.msg);
	expect_service("a", "{cap_drop:[all,x],env_file:[./sub/d.env,./sub/e,{path:./sub/f}],"
			    "volumes:[./sub/v:/v,./sub/../w:/w:ro,/abs:/a,~/h:/h,named:/n,/anon,"
			    "{type:bind,source:./sub/s,target:/t},"
			    "{type:volume,source:s,target:/u}],label_file:./sub/l,build:./sub/ctx,"
			    "x-rootfs:./sub/r,security_opt:[\"seccomp:./sub/p.json\","
			    "\"seccomp=unconfined\",\"label:disable\"],user:\"1\"}");
	cr_expect_null(yaml_get(yaml_get(p.services, "e"), "user"));
	cr_expect_eq(yaml_get(yaml_get(p.services, "e"), "volumes")->n, 1);
	cr_expect_eq(yaml_get(yaml_get(p.services, "a"), "volumes")->n, 8);
}

Test(compose_read, include)
{
	auto_free char *volumes = NULL;

	cr_assert_eq(mkdir("sub", 0755), 0);
	put("sub/i.yml", "include: [j.yml]\nservices:\n  b: {" PATHS ", image: \"$V$A\"}\n"
			 "secrets: {s: {file: s.txt}}\nconfigs: {c: {file: /c}}\n"
			 "volumes: {n: {x-path: p}, o: {driver_opts: {device: ./d}},"
			 " t: {driver_opts: {device: tmpfs}}}\n");
	put("sub/j.yml", "services: {j: {image: $W}}\n");
	put("sub/.env", "V=sub\nA=not\nW=w\n");
	put("c.yml", "include: [sub/i.yml]\nservices: {a: {image: \"x$V\"}}\n");
	cr_expect_eq(load("c.yml", NULL), 0, "%s", err.msg);
	expect_service("b", "{" PATHS_OF_SUB ",image:\"sub1\"}");
	expect_service("j", "{image:w}");
	expect_service("a", "{image:\"x\"}"); /* its own file has no V */
	cr_expect_str_eq(yaml_get(yaml_get(p.secrets, "s"), "file")->text, "./sub/s.txt");
	cr_expect_str_eq(yaml_get(yaml_get(p.configs, "c"), "file")->text, "/c");
	volumes = yaml_dumped(p.volumes);
	cr_expect_str_eq(volumes, "{n:{x-path:./sub/p},o:{driver_opts:{device:./sub/d}},"
				  "t:{driver_opts:{device:tmpfs}}}");
	cr_expect_null(yaml_get(p.root, "include"));
}

Test(compose_read, include_long)
{
	cr_assert_eq(mkdir("sub", 0755) | mkdir("other", 0755), 0);
	put("sub/1.yml", "services: {b: {env_file: x, image: $V, a: 1}}\n");
	put("sub/2.yml", "services: {b: {a: 2}}\n");
	put("1.env", "V=one\n");
	put("2.env", "V=two\n");
	put("c.yml", "include:\n  - path: [sub/1.yml, sub/2.yml]\n    project_directory: other\n"
		     "    env_file: [1.env, 2.env]\nservices: {}\n");
	cr_expect_eq(load("c.yml", NULL), 0, "%s", err.msg);
	expect_service("b", "{env_file:./other/x,image:two,a:2}");
}

/* The same twice is no conflict, something else of that name is. */
Test(compose_read, include_conflict)
{
	put("i.yml", "services:\n  a: {image: i}\n");
	put("j.yml", "include: [i.yml]\nservices: {}\n");
	put("c.yml", "include: [i.yml, j.yml]\nservices: {b: {image: x}}\n");
	cr_expect_eq(load("c.yml", NULL), 0, "%s", err.msg);
	put("c.yml", "include: [i.yml]\nservices:\n  a: {image: x}\n");
	cr_expect_lt(load("c.yml", NULL), 0);
	cr_expect_str_eq(err.msg, "i.yml:2:3: services.a: this file is included, and c.yml:3 has "
				  "another");
	put("i.yml", "include: [j.yml]\n");
	put("j.yml", "include: [./i.yml]\n");
	cr_expect_lt(load("i.yml", NULL), 0);
	cr_expect_str_eq(err.msg, "j.yml:1:11: include: i.yml includes itself");
}

/* ---- which files there are ----------------------------------------------------------------------- */

Test(compose_read, finds_files)
{
	cr_expect_lt(load(NULL), 0);
	cr_expect_str_eq(err.msg, "no Compose file here or in a directory above");
	put("docker-compose.yaml", "services: {d: {}}\n");
	put("docker-compose.yml", "services: {c: {}}\n");
	cr_expect_eq(load(NULL), 0, "%s", err.msg);
	cr_expect_str_eq(p.files[0], "docker-compose.yml");
	put("compose.yml", "services: {b: {}}\n");
	put("compose.yaml", "services: {a: {x: 1}}\n");
	put("compose.override.yaml", "services: {a: {x: 2}}\n");
	cr_expect_eq(load(NULL), 0, "%s", err.msg);
	cr_expect_str_eq(p.files[0], "compose.yaml");
	cr_expect_str_eq(p.files[1], "compose.override.yaml");
	expect_service("a", "{x:2}");
	cr_expect_str_eq(p.dir, ".");
	cr_expect_str_eq(p.name, "demo");
	/* one that is named has no override */
	cr_expect_eq(load("compose.yaml", NULL), 0);
	expect_service("a", "{x:1}");
	/* from below */
	cr_assert_eq(mkdir("Sub", 0755) | mkdir("Sub/Dir", 0755) | chdir("Sub/Dir"), 0);
	cr_expect_eq(load(NULL), 0, "%s", err.msg);
	cr_expect_str_eq(p.files[0], "../../compose.yaml");
	cr_expect_str_eq(p.dir, "../..");
	cr_expect_str_eq(p.name, "demo");
	cr_expect(has_note("file-above", "../../compose.yaml"));
	cr_expect_str_eq(compose_path(&p, "./x"), "../../x");
	cr_expect_str_eq(compose_path(&p, "/x"), "/x");
	cr_expect_str_eq(compose_path(&p, "~/x"), "/home/u/x");
}

Test(compose_read, environment_names_files_and_profiles)
{
	struct compose_req req = {.profiles = {"p"}, .n_profiles = 1};

	put("1.yml", "services:\n  a: {profiles: [p]}\n  b: {profiles: [q]}\n  c: {profiles: [r]}\n"
		     "  d: {}\n  e: {profiles: []}\n");
	put("2.yml", "services: {d: {x: 1}}\nname: $COMPOSE_PROJECT_NAME-x\n");
	put(".env", "COMPOSE_FILE=1.yml;2.yml\nCOMPOSE_PATH_SEPARATOR=;\n"
		    "COMPOSE_PROFILES=q, s\nV=1\n");
	renew();
	cr_expect_eq(compose_load(&p, &arena, &req, &err), 0, "%s", err.msg);
	expect_service("d", "{x:1}");
	cr_expect_str_eq(p.name, "demo-x");
	cr_expect(compose_is_active(&p, yaml_get(p.services, "a")));
	cr_expect(compose_is_active(&p, yaml_get(p.services, "b")));
	cr_expect_not(compose_is_active(&p, yaml_get(p.services, "c")));
	cr_expect(compose_is_active(&p, yaml_get(p.services, "d")));
	cr_expect(compose_is_active(&p, yaml_get(p.services, "e")));
	/* the caller's environment goes before .env, the line before both */
	cr_assert_eq(setenv("COMPOSE_FILE", "1.yml", 1) | setenv("COMPOSE_PROFILES", "*", 1), 0);
	cr_assert_eq(setenv("COMPOSE_PROJECT_NAME", "of-env", 1), 0);
	cr_expect_eq(load(NULL), 0, "%s", err.msg);
	expect_service("d", "{}");
	cr_expect_str_eq(p.name, "of-env");
	cr_expect(compose_is_active(&p, yaml_get(p.services, "c")));
	cr_expect_str_eq(compose_lookup(&p, "V"), "1");
	req.project_name = "of-line";
	renew();
	cr_expect_eq(compose_load(&p, &arena, &req, &err), 0, "%s", err.msg);
	cr_expect_str_eq(p.name, "of-line");
	req.project_name = "Bad Name";
	renew();
	cr_expect_lt(compose_load(&p, &arena, &req, &err), 0);
	cr_expect_str_eq(err.msg, "\"Bad Name\" is no name of a project");
}

Test(compose_read, env_files_of_the_line)
{
	struct compose_req req = {
		.files = {"sub/c.yml"}, .n_files = 1, .env_files = {"1.env", "2.env"}};

	cr_assert_eq(mkdir("sub", 0755), 0);
	put("sub/c.yml", "services: {a: {image: \"$V$W\"}}\n");
	put(".env", "V=here\n");
	put("sub/.env", "V=sub\nW=w\n");
	put("1.env", "V=one\nW=one\n");
	put("2.env", "V=two$W\n");
	renew();
	cr_expect_eq(compose_load(&p, &arena, &req, &err), 0, "%s", err.msg);
	expect_service("a", "{image:\"herew\"}");
	cr_assert_eq(setenv("COMPOSE_ENV_FILES", "2.env, 1.env", 1), 0);
	renew();
	cr_expect_eq(compose_load(&p, &arena, &req, &err), 0, "%s", err.msg);
	expect_service("a", "{image:\"oneone\"}");
	cr_assert_eq(unsetenv("COMPOSE_ENV_FILES") | setenv("COMPOSE_DISABLE_ENV_FILE", "true", 1),
		     0);
	renew();
	cr_expect_eq(compose_load(&p, &arena, &req, &err), 0, "%s", err.msg);
	expect_service("a", "{image:\"\"}");
	req.n_env_files = 2;
	renew();
	cr_expect_eq(compose_load(&p, &arena, &req, &err), 0, "%s", err.msg);
	expect_service("a", "{image:\"twooneone\"}");
	req.env_files[1] = "none.env";
	renew();
	cr_expect_eq(compose_load(&p, &arena, &req, &err), -ENOENT);
	cr_expect_str_eq(err.msg, "none.env: No such file or directory");
}

Test(compose_read, project_directory)
{
	struct compose_req req = {.files = {"c.yml"}, .n_files = 1, .project_dir = "dir"};

	cr_assert_eq(mkdir("dir", 0755), 0);
	put("c.yml", "services: {a: {extends: {file: e.yml, service: e}}}\n");
	put("dir/e.yml", "services: {e: {env_file: x}}\n");
	renew();
	cr_expect_eq(compose_load(&p, &arena, &req, &err), 0, "%s", err.msg);
	expect_service("a", "{env_file:x}");
	cr_expect_str_eq(compose_path(&p, "x"), "dir/x");
	cr_expect_str_eq(p.name, "dir");
}

/* ---- as YAML again ------------------------------------------------------------------------------- */

Test(compose_read, config)
{
	auto_free char *text = NULL, *one = NULL;

	put("c.yml", "name: n\nx-a: &a {k: '5'}\nservices:\n  b: {image: '$$x', n: 5, s: '5', "
		     "on: 'yes', e: '', z: ~, l: [], m: {}, x: {<<: *a}}\n"
		     "  c: {environment: [A, NOT, 'X=$$1', Y=yes]}\n");
	cr_expect_eq(load("c.yml", NULL), 0, "%s", err.msg);
	text = config(NULL);
	cr_expect_str_eq(text, "name: \"n\"\n"
			       "services:\n  b:\n    image: $$x\n    \"n\": 5\n    s: \"5\"\n"
			       "    \"on\": \"yes\"\n    e: \"\"\n    z: null\n    l: []\n"
			       "    m: {}\n    x:\n      k: \"5\"\n"
			       "  c:\n    environment:\n      A: \"1\"\n      NOT: null\n"
			       "      X: $$1\n      \"Y\": \"yes\"\n"
			       "x-a:\n  k: \"5\"\n");
	one = config("b");
	cr_expect_null(strstr(one, "  c:"));
	cr_expect_lt(compose_config(&p, "d", stdout, &err), 0);
	cr_expect_str_eq(err.msg, "c.yml:4:3: no service is called d");
}

/* A text may lose quotes that it doesn't need. */
static char *without_quotes(char *text)
{
	size_t n = 0;

	for (const char *c = text; *c; c++)
		if (*c != '"')
			text[n++] = *c;
	text[n] = '\0';
	return text;
}

/* What is written is read as the same tree, and written the same. */
static void expect_same_again(const char *text)
{
	auto_free char *first = NULL, *second = NULL, *before = NULL, *after = NULL;

	put("c.yml", text);
	cr_expect_eq(load("c.yml", NULL), 0, "%s: %s", text, err.msg);
	before = without_quotes(yaml_dumped(p.services));
	first = config(NULL);
	put("again.yml", first);
	cr_expect_eq(load("again.yml", NULL), 0, "%s: %s", first, err.msg);
	after = without_quotes(yaml_dumped(p.services));
	second = config(NULL);
	cr_expect_str_eq(first, second, "%s\n---\n%s", first, second);
	cr_expect_str_eq(before, after, "%s\n---\n%s", before, after);
}

Test(compose_read, config_is_read_again)
{
	static const char *const values[] = {
		"$DASH",
		"$COLON",
		"-5",
		"+.5",
		"-a",
		"12:30:45",
		"'-5'",
		"5",
		"'5'",
		"true",
		"'true'",
		"null",
		"'null'",
		"~",
		"'~'",
		"''",
		"\"\"",
		"yes",
		"'yes'",
		"'0x1f'",
		"0o17",
		"80:80",
		"'80:80'",
		"'- a'",
		"'a: b'",
		"'a #b'",
		"'#'",
		"\" a\"",
		"\"a \"",
		"\"a\\nb\"",
		"\"\\n\"",
		"\"a\\n\\n b\\n\"",
		"\"\\t\"",
		"\"\\x07\"",
		"\"\\u00e9\\u2028\\ufeff\\U0001F600\"",
		"'''x'''",
		"'\"x\"'",
		"'[a]'",
		"'{a'",
		"'*a'",
		"'&a'",
		"'!a'",
		"'%a'",
		"'@a'",
		"'`a'",
		"'|'",
		"'>'",
		"'---'",
		"'...'",
		"'<<'",
		"'='",
		"'?'",
		"'? a'",
		"'-'",
		"'$$'",
		"'$$$$x'",
		"'${NOT:-$$}'",
		"${A}",
		"'${A}'",
		"\"\\\\\"",
		"a b  c",
		"\"a\\rb\"",
		"2001-01-01",
		"'2001-01-01'",
		"1e3",
		"'1e3'",
		".5",
		"'.5'",
		"'.inf'",
		"!!str 5",
		"[[], {}, [[x]]]",
		"{? 'a: b' : {'': 1}}",
		"{'<<': 1}",
		"{'$A': '$A'}",
		"|\n      x\n       y\n\n",
		">\n      x\n      y\n",
	};
	char text[512];

	cr_assert_eq(setenv("DASH", "-y\"", 1) | setenv("COLON", "5:", 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		(void)snprintf(text, sizeof(text), "services:\n  s:\n    k: %s\n", values[i]);
		expect_same_again(text);
		(void)snprintf(text, sizeof(text),
			       "services:\n  s:\n    k: &x\n      - %s\n    l: *x\n",
			       strchr("|>", values[i][0]) ? "x" : values[i]);
		expect_same_again(text);
	}
}

/* What YAML cannot hold is left for the caller's environment to say. */
Test(compose_read, config_without_utf8)
{
	auto_free char *text = NULL;

	cr_assert_eq(setenv("BIN", "x\xff", 1), 0);
	put("c.yml", "name: x\nservices: {a: {environment: [BIN]}}\n");
	cr_expect_eq(load("c.yml", NULL), 0, "%s", err.msg);
	text = config(NULL);
	cr_expect_str_eq(text, "name: x\nservices:\n  a:\n    environment:\n      BIN: null\n");
}

/* Without interpolation a '$' stays as it is. */
Test(compose_read, config_raw)
{
	struct compose_req req = {.files = {"c.yml"}, .n_files = 1, .is_raw = true};
	auto_free char *text = NULL;

	put("c.yml", "name: $X\nservices: {a: {image: \"${B:-x}$$\", environment: [A, C=$D]}}\n");
	renew();
	cr_expect_eq(compose_load(&p, &arena, &req, &err), 0, "%s", err.msg);
	text = config(NULL);
	cr_expect_str_eq(text, "name: $X\nservices:\n  a:\n    image: ${B:-x}$$\n"
			       "    environment:\n    - A\n    - C=$D\n");
}
