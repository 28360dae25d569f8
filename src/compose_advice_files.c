/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_advice_files.c - the same for what is mounted, and for what is open to the network.
 *
 * Should: judge a path of the host by what an attacker has from it.
 * Mustn't: look whether it is there.
 */
#include <string.h>

#include "compose_advice.h"

/* One volume, as far as advice goes. */
struct seen {
	const char *source; /* a path of the host, tidy where it can be */
	bool is_readonly;
	struct place at;
};

static void seen_short(struct asked *a, const struct yaml_node *n, struct seen *ret)
{
	const char *first = strchr(n->text, ':'), *second = first ? strchr(first + 1, ':') : NULL;

	if (!first)
		return;
	ret->source = arena_strndup(a->arena, n->text, (size_t)(first - n->text));
	while (second) {
		size_t len = strcspn(++second, ",");

		ret->is_readonly |= len == 2 && memcmp(second, "ro", 2) == 0;
		second = second[len] ? second + len : NULL;
	}
}

/* Any way to tell Docker, podman or containerd what to do. */
static bool is_engine_socket(const char *path)
{
	static const char *const sockets[] = {"/docker.sock", "/podman.sock", "/containerd.sock",
					      "/crio.sock"};
	static const char *const dirs[] = {"/run", "/var/run", "/run/docker", "/run/podman",
					   "/run/containerd"};
	size_t len = strlen(path);

	for (size_t i = 0; i < ARRAY_SIZE(sockets); i++) {
		size_t n = strlen(sockets[i]);

		if (len >= n && strcmp(path + len - n, sockets[i]) == 0)
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (strcmp(path, dirs[i]) == 0)
			return true;
	return false;
}

static bool is_host_dir(const char *path)
{
	static const char *const dirs[] = {"/etc", "/root", "/home", "/proc", "/sys", "/dev",
					   "/var", "/usr",  "/boot", "/lib",  "/bin", "/sbin",
					   "/opt", "/srv",  "/tmp",  "/mnt"};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (strcmp(path, dirs[i]) == 0)
			return true;
	return strncmp(path, "/etc/", 5) == 0 || strncmp(path, "/proc/", 6) == 0 ||
	       strncmp(path, "/sys/", 5) == 0 || strncmp(path, "/boot/", 6) == 0 ||
	       strcmp(path, "~") == 0 || strcmp(path, "~/") == 0;
}

static void judge(const struct compose_project *p, struct asked *a, const struct seen *s)
{
	const char *path = s->source, *tidy;

	if (!path)
		return;
	if (path_tidy(a->arena, path, &tidy) == 0)
		path = tidy;
	if (is_engine_socket(path)) {
		asked_advice(
			a, &s->at, "docker-socket", "leave it out, or a proxy that filters it",
			"Whoever can write to %.100s starts a privileged container and is root on "
			"the host; read-only doesn't change that.",
			path);
		return;
	}
	if (strcmp(path, "/") == 0) {
		asked_advice(a, &s->at, "host-root", "mount only the directory that is needed",
			     "The whole host is inside, %s.",
			     s->is_readonly ? "with every key and password that can be read"
					    : "and can be changed");
		return;
	}
	if (s->is_readonly)
		return;
	if (is_host_dir(path))
		asked_advice(
			a, &s->at, "host-path",
			arena_printf(a->arena, "- %.200s:...:ro, or a directory of its own", path),
			"The program can change %.100s on the host, and so what others there do.",
			path);
	else if (strcmp(path, ".") == 0 || strcmp(path, "./") == 0 || strcmp(path, p->dir) == 0)
		asked_advice(a, &s->at, "project-directory", "- .:...:ro",
			     "The program can change this Compose file, and what the next start "
			     "allows it.");
}

static void volumes(const struct compose_project *p, const struct yaml_node *service,
		    struct asked *a)
{
	const struct yaml_node *list = yaml_get(service, "volumes");
	const struct yaml_pair *socket = pair_of(service, "use_api_socket");

	for (size_t i = 0; list && list->kind == YAML_TREE_LIST && i < list->n; i++) {
		const struct yaml_node *n = list->items[i], *ro = yaml_get(n, "read_only");
		struct seen s = {.at = n->at};

		if (n->kind == YAML_TREE_SCALAR) {
			seen_short(a, n, &s);
		} else if (n->kind == YAML_TREE_MAP) {
			s.source = scalar_of(yaml_get(n, "source"));
			s.is_readonly = ro && is_true(ro);
		}
		judge(p, a, &s);
	}
	if (socket && is_true(socket->value))
		asked_advice(
			a, &socket->at, "docker-socket", "leave it out",
			"Whoever controls the program starts a privileged container and is root "
			"on the host.");
}

/* ---- tmpfs, devices, secrets ------------------------------------------------------------------ */

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (; *list; list += *list == ',') {
		size_t n = strcspn(list, ",");

		if (n >= len && memcmp(list, word, len) == 0 && (n == len || word[len - 1] == '='))
			return true;
		list += n;
	}
	return false;
}

static void tmpfs_one(struct asked *a, const struct yaml_node *n)
{
	const char *text = scalar_of(n), *colon = text ? strchr(text, ':') : NULL;
	const char *words = colon ? colon + 1 : "";

	if (!text)
		return;
	if (has_word(words, "exec"))
		asked_advice(a, &n->at, "tmpfs-exec", "leave `exec` out",
			     "What an attacker downloads to it can be executed there.");
	if (has_word(words, "suid") || has_word(words, "dev"))
		asked_advice(a, &n->at, "tmpfs-suid", "leave `suid` and `dev` out",
			     "Root inside can leave a program there that is root for everybody.");
	if (!has_word(words, "size="))
		asked_advice(
			a, &n->at, "tmpfs-size",
			arena_printf(a->arena, "tmpfs: [\"%.200s%ssize=64m\"]", text,
				     colon ? "," : ":"),
			"Files written there take memory: all that the limit leaves, or half of the "
			"host's.");
}

static void tmpfs(const struct yaml_node *service, struct asked *a)
{
	const struct yaml_node *n = yaml_get(service, "tmpfs");

	if (n && n->kind == YAML_TREE_SCALAR)
		tmpfs_one(a, n);
	for (size_t i = 0; n && n->kind == YAML_TREE_LIST && i < n->n; i++)
		tmpfs_one(a, n->items[i]);
}

static void devices(const struct yaml_node *service, struct asked *a)
{
	const struct yaml_node *list = yaml_get(service, "devices");

	for (size_t i = 0; list && list->kind == YAML_TREE_LIST && i < list->n; i++) {
		const struct yaml_node *n = list->items[i];
		const char *name = n->kind == YAML_TREE_MAP ? scalar_of(yaml_get(n, "source"))
							    : scalar_of(n);

		if (name)
			asked_advice(
				a, &n->at, "device", "leave it out if the program runs without",
				"The kernel's driver behind %.*s is open to whoever controls the "
				"program; a disk or memory device is the host itself.",
				(int)strcspn(name, ":"), name);
	}
}

static void secrets(const struct yaml_node *service, struct asked *a)
{
	const struct yaml_node *list = yaml_get(service, "secrets");

	for (size_t i = 0; list && list->kind == YAML_TREE_LIST && i < list->n; i++) {
		const struct yaml_pair *mode = pair_of(list->items[i], "mode");
		const char *text = mode ? scalar_of(mode->value) : NULL;
		size_t len = text ? strlen(text) : 0;

		if (len && strchr("4567", text[len - 1]))
			asked_advice(a, &mode->at, "secret-mode", "uid: \"1000\", mode: \"0400\"",
				     "Every user inside can read the secret, not only the one that "
				     "needs it.");
	}
}

/* ---- ports ------------------------------------------------------------------------------------ */

/* Does this entry open a port of the host on every address? */
static bool is_open_to_all(const struct yaml_node *n)
{
	const char *text = scalar_of(n), *last, *ip;

	if (n->kind == YAML_TREE_MAP) {
		ip = scalar_of(yaml_get(n, "host_ip"));
		return yaml_get(n, "published") &&
		       (!ip || !*ip || !strcmp(ip, "0.0.0.0") || !strcmp(ip, "::"));
	}
	if (!text)
		return false;
	last = strrchr(text, ':');
	if (!last || memchr(text, ':', (size_t)(last - text)) == NULL)
		return true;
	return strncmp(text, "0.0.0.0:", 8) == 0 || strncmp(text, "[::]:", 5) == 0;
}

static void ports(const struct yaml_node *service, struct asked *a)
{
	const struct yaml_node *list = yaml_get(service, "ports");

	for (size_t i = 0; list && list->kind == YAML_TREE_LIST && i < list->n; i++) {
		const struct yaml_node *n = list->items[i];
		const char *text = scalar_of(n);

		if (is_open_to_all(n))
			asked_advice(
				a, &n->at, "ports-all-addresses",
				text ? arena_printf(a->arena, "- \"127.0.0.1:%s%.40s\"",
						    strchr(text, ':') ? "" : "8080:", text)
				     : "host_ip: 127.0.0.1",
				"Everybody who reaches the host reaches the port: Docker opens it "
				"past the host's own firewall.");
	}
}

void compose_advise_files(const struct compose_project *p, const struct yaml_node *service,
			  struct asked *a)
{
	const struct yaml_pair *ro = pair_of(service, "read_only");

	if (!ro || !is_true(ro->value))
		asked_advice(
			a, ro ? &ro->at : &a->at, "writable-root", "read_only: true",
			"An attacker can change the service's programs and leave tools behind; "
			"tmpfs: [/tmp] for what has to be written.");
	volumes(p, service, a);
	tmpfs(service, a);
	devices(service, a);
	secrets(service, a);
	ports(service, a);
}
