/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_export.c - settings in other programs' words: that they come back as they went, and that no
 * value gets out of its place.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "export.h"
#include "yaml_tree.h"

#define ARGS_MAX 64

static struct arena arena;
static struct err err;

static void setup(void)
{
	memset(&err, 0, sizeof(err));
	cr_assert_eq(arena_init(&arena, &err), 0);
}

static void teardown(void)
{
	munmap(arena.base, arena.size);
}

TestSuite(export, .init = setup, .fini = teardown);

/* The text for a target, or NULL and err. */
static char *export_words(enum export_target target, const char *const *words)
{
	struct spec *s = arena_alloc(&arena, sizeof(*s));
	char *argv[ARGS_MAX + 1] = {NULL}, *text = NULL;
	unsigned n_missing;
	size_t len = 0;
	int argc = 0, rc;
	FILE *out;

	for (; words[argc]; argc++)
		argv[argc] = arena_strdup(&arena, words[argc]);
	s->arena = &arena;
	rc = options_parse(s, argc, argv, &err);
	if (rc == 0)
		rc = spec_finish(s, &err);
	cr_assert_eq(rc, 0, "%s: %s", words[0], err.msg);
	out = open_memstream(&text, &len);
	rc = export_write(s, target, out, &n_missing, &err);
	(void)fclose(out);
	if (rc == 0)
		return text;
	free(text);
	return NULL;
}

#define EXPORT(target, ...) export_words(target, (const char *const[]){__VA_ARGS__, NULL})

static void want(const char *text, const char *part)
{
	cr_expect(text && strstr(text, part), "no '%s' in:\n%s", part, text ? text : err.msg);
}

static void want_not(const char *text, const char *part)
{
	cr_expect(text && !strstr(text, part), "'%s' in:\n%s", part, text ? text : err.msg);
}

/* A line begins with this. */
static bool has_line(const char *text, const char *start)
{
	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, start, strlen(start)) == 0)
			return true;
		if (!*text)
			break;
	}
	return false;
}

static const char *const plenty[] = {
	"--preset",
	"docker",
	"--name",
	"web",
	"--hostname",
	"box",
	"--user",
	"1337:1337",
	"--group-add",
	"5",
	"--workdir",
	"/srv",
	"-e",
	"A=b c",
	"--read-only",
	"--tmpfs",
	"/tmp:size=1m,mode=1777,uid=5",
	"-v",
	"/srv/site:/srv:ro",
	"--cap-drop",
	"ALL",
	"--cap-add",
	"NET_BIND_SERVICE",
	"--security-opt",
	"no-new-privileges",
	"--memory",
	"512m",
	"--memory-reservation",
	"128m",
	"--cpus",
	"0.25",
	"--pids-limit",
	"100",
	"--ulimit",
	"nofile=100:200",
	"--sysctl",
	"net.ipv4.ip_forward=1",
	"--shm-size",
	"1m",
	"--stop-signal",
	"INT",
	"--stop-timeout",
	"5",
	"/r",
	"--",
	"/bin/httpd",
	"-f",
	NULL,
};

static const char *const hostile[] = {
	"--preset", "docker",
	"-e",       "A=$HOME %h \"q\" 'p' \\n # x: - {}",
	"-e",       "B=two\nlines\t.",
	"-e",       "C=\xc3\xa4\xe2\x80\xa8\xef\xbb\xbf",
	"-v",       "/a b'$c\"%d,e:/x y",
	"--tmpfs",  "/t$p",
	"/r",       "--",
	"-c",       "a;b",
	"$(id)",    "`id`",
	"%n",       "",
	"#",        "*",
	NULL,
};

static const char *const others[][16] = {
	{"--", "/r", "--", "a"},
	{"--preset", "strict", "/r", "--", "a"},
	{"--cap-add", "ALL", "--cap-drop", "SYS_ADMIN,MKNOD", "/r", "--", "a"},
	{"--preset", "docker", "--cap-drop", "NET_RAW", "--network", "host", "/r", "--", "a"},
	{"--writable", "--no-init", "--tty", "/r", "--", "a"},
	{"--preset", "docker", "--no-tty", "--cpu-quota", "5000", "--cpu-period", "10000",
	 "--cpu-shares", "512", "/r", "--", "a"},
	{"--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined",
	 "--security-opt", "systempaths=unconfined", "/r", "--", "a"},
	{"--memory", "64m", "--memory-swap", "-1", "--pids-limit", "-1", "--oom-score-adj", "5",
	 "/r", "--", "a"},
	{"--add-host", "a:192.0.2.1", "--add-host", "b=2001:db8::1", "--dns", "192.0.2.2",
	 "--dns-search", "x.org", "--domainname", "d.org", "/r", "--", "a"},
	{"--blkio-weight", "500", "--device-read-bps", "/dev/sda:1m", "--cpuset-cpus", "0-1", "/r",
	 "--", "a"},
	{"--preset", "docker", "--secret", "src=/s/key,target=key", "--ulimit", "core=-1", "/r",
	 "--", "a"},
	{"--device", "/dev/fuse", "--tmpfs", "/x:exec,suid,dev,ro,nr_inodes=9", "/r", "--", "a"},
	{"--mount", "type=bind,source=/a:b,target=/c:d,readonly", "/r", "--", "a"},
};

/* Only the line itself: what stands in front of it depends on the preset. */
static char *docker_line(char *text)
{
	char *line = text;

	while (line && *line == '#')
		line = strchr(line, '\n') + 1;
	return line;
}

static void round_docker(const char *const *words)
{
	char *first = export_words(EXPORT_DOCKER, words), *line, *second;

	cr_assert(first, "%s", err.msg);
	line = docker_line(first);
	second = EXPORT(EXPORT_DOCKER, "--from-docker", line, "/r");
	cr_assert(second, "%s", err.msg);
	cr_expect_str_eq(docker_line(second), line);
	free(first);
	free(second);
}

Test(export, a_docker_line_comes_back)
{
	round_docker(plenty);
	round_docker(hostile);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		round_docker(others[i]);
}

static void round_compose(const char *const *words)
{
	char path[] = "/tmp/pillbox-test-XXXXXX";
	char *first = export_words(EXPORT_COMPOSE, words), *second;
	int fd = mkstemp(path);

	cr_assert(first, "%s", err.msg);
	cr_assert_eq(write(fd, first, strlen(first)), (ssize_t)strlen(first));
	(void)close(fd);
	second = EXPORT(EXPORT_COMPOSE, "--from-compose",
			arena_printf(&arena, "service=%s,file=%s",
				     strstr(first, "\"web\"") ? "web" : "app", path),
			"-");
	(void)unlink(path);
	cr_assert(second, "%s", err.msg);
	cr_expect_str_eq(second, first);
	free(first);
	free(second);
}

Test(export, a_compose_file_comes_back)
{
	round_compose(plenty);
	round_compose(hostile);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		round_compose(others[i]);
}

/* YAML's own reader sees the values, whatever is in them. */
Test(export, yaml_is_read_back)
{
	char *text = export_words(EXPORT_KUBERNETES, hostile);
	struct yaml_node *root, *pod, *env, *command, *c;

	cr_assert(text, "%s", err.msg);
	cr_assert_eq(yaml_read(&arena, "pod", text, strlen(text), &root, &err), 0, "%s\n%s",
		     err.msg, text);
	pod = yaml_get(root, "spec");
	c = yaml_get(pod, "containers")->items[0];
	command = yaml_get(c, "command");
	env = yaml_get(c, "env");
	cr_expect_str_eq(command->items[0]->text, "-c");
	cr_expect_str_eq(command->items[2]->text, "$$(id)");
	cr_expect_str_eq(command->items[5]->text, "");
	cr_expect_str_eq(yaml_get(env->items[0], "value")->text,
			 "$$HOME %h \"q\" 'p' \\n # x: - {}");
	cr_expect_str_eq(yaml_get(env->items[1], "value")->text, "two\nlines\t.");
	cr_expect_str_eq(yaml_get(env->items[2], "value")->text,
			 "\xc3\xa4\xe2\x80\xa8\xef\xbb\xbf");
	free(text);
}

Test(export, a_unit)
{
	char *text = export_words(EXPORT_SYSTEMD, plenty);

	cr_expect(has_line(text, "ExecStart=\"/bin/httpd\" \"-f\"\n"), "%s", text);
	cr_expect(has_line(text, "RootDirectory=/r\n"));
	cr_expect(has_line(text, "User=1337\n"));
	cr_expect(has_line(text, "Group=1337\n"));
	cr_expect(has_line(text, "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\n"));
	cr_expect(has_line(text, "AmbientCapabilities=CAP_NET_BIND_SERVICE\n"));
	cr_expect(has_line(text, "NoNewPrivileges=yes\n"));
	cr_expect(has_line(text, "BindReadOnlyPaths=/srv/site:/srv\n"));
	cr_expect(has_line(text, "MemoryMax=512M\n"));
	cr_expect(has_line(text, "MemoryLow=128M\n"));
	cr_expect(has_line(text, "CPUQuota=25.00%\n"));
	cr_expect(has_line(text, "TasksMax=100\n"));
	cr_expect(has_line(text, "LimitNOFILE=100:200\n"));
	cr_expect(has_line(text, "PrivateNetwork=yes\n"));
	cr_expect(has_line(text, "KillSignal=SIGINT\n"));
	cr_expect(has_line(text, "SystemCallErrorNumber=1\n"));
	want(text, " openat ");
	want_not(text, " keyctl ");
	want(text, " clone3 ");
	want(text, "# weaker: clone: with any arguments");
	free(text);
	text = export_words(EXPORT_SYSTEMD, hostile);
	want(text, "Environment=\"A=$HOME %%h \\\"q\\\" 'p' \\\\n # x: - {}\"\n");
	want(text, "Environment=\"B=two\\x0alines\\x09.\"\n");
	want(text, "# not expressible: a command that begins with -\n");
	want(text, "# not expressible: -v /x y: a path that a unit's list cannot hold\n");
	free(text);
	text = EXPORT(EXPORT_SYSTEMD, "/r", "--", "/a", "$x", "%y", ";");
	cr_expect(has_line(text, "ExecStart=\"/a\" \"$$x\" \"%%y\" \";\"\n"), "%s", text);
	free(text);
}

Test(export, a_pod)
{
	char *text = export_words(EXPORT_KUBERNETES, plenty);

	want(text, "    runAsUser: 1337\n");
	want(text, "    runAsNonRoot: true\n");
	want(text, "        allowPrivilegeEscalation: false\n");
	want(text, "        readOnlyRootFilesystem: true\n");
	want(text, "          drop:\n            - \"ALL\"\n");
	want(text, "          cpu: \"250m\"\n");
	want(text, "          memory: \"512Mi\"\n");
	want(text, "# not expressible: --pids-limit 100");
	free(text);
}

Test(export, podman_has_more)
{
	char *text = EXPORT(EXPORT_PODMAN, "--secret", "src=/s/key,mode=0440", "/r", "--", "a");

	want(text, "# first: podman secret create app-secret1 /s/key\n");
	want(text, "--secret app-secret1,type=mount,target=/run/secrets/key,mode=0440");
	want(text, "--read-only-tmpfs=false");
	want(text, "--rootfs /r a\n");
	free(text);
}

static const enum export_target targets[] = {EXPORT_COMPOSE, EXPORT_DOCKER, EXPORT_PODMAN,
					     EXPORT_SYSTEMD, EXPORT_KUBERNETES};

/* Of a secret its path, of the caller's environment its name. */
Test(export, nothing_hidden_gets_out)
{
	(void)setenv("PILLBOX_TEST_SECRET", "xyzzy", 1);
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		char *text = EXPORT(targets[i], "-e", "PILLBOX_TEST_SECRET", "--secret",
				    "env=PILLBOX_TEST_SECRET,target=t", "--secret",
				    "content=plugh,target=u", "/r");

		want_not(text, "xyzzy");
		want_not(text, "plugh");
		want(text, "PILLBOX_TEST_SECRET");
		free(text);
	}
}

/* A comment is one line, whatever is named in it. */
Test(export, a_comment_cannot_be_left)
{
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		char *text = EXPORT(targets[i], "--overlay", "/o\nExecStart=/evil", "--user",
				    "root", "/r\nExecStart=/evil\r\xff", "--", "a");

		if (!text) { /* YAML cannot hold the name of the root */
			cr_expect(strstr(err.msg, "cannot hold"), "%s", err.msg);
			memset(&err, 0, sizeof(err));
			continue;
		}
		cr_expect(!has_line(text, "ExecStart=/evil"), "%s", text);
		free(text);
	}
}

Test(export, what_a_format_cannot_hold_is_an_error)
{
	cr_expect_null(EXPORT(EXPORT_COMPOSE, "/r", "--", "a\xff"));
	want(err.msg, "not UTF-8");
	memset(&err, 0, sizeof(err));
	cr_expect_null(EXPORT(EXPORT_DOCKER, "/r", "--", "a\033[0m"));
	want(err.msg, "a control character");
	memset(&err, 0, sizeof(err));
	cr_expect_null(EXPORT(EXPORT_SYSTEMD, "--security-opt", "seccomp=/nowhere.json", "/r"));
	want(err.msg, "/nowhere.json");
}

Test(export, weaker_settings_are_counted)
{
	char *text = EXPORT(EXPORT_DOCKER, "--preset", "strict", "/r");

	want(text, "# not expressible: locked securebits");
	want(text, "# not expressible: --tcp none");
	want(text, "# weaker: /proc");
	want(text, "profiles/seccomp/strict.json");
	free(text);
}
