/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose_keys_ports.c - ports and expose: read strictly, and named as what they are not yet.
 *
 * Should: find a mistake in an entry now and not when networks come.
 * Mustn't: let anything listen outside.
 */
#include <arpa/inet.h>
#include <string.h>

#include "compose_keys.h"

static const char form[] = "[ADDRESS:][PORT[-PORT]:]PORT[-PORT][/tcp|/udp], in quotes";

/* "80" or "8000-8010": *ret_n is how many. */
static bool read_range(const char *text, size_t len, uint64_t *ret_n)
{
	char word[16];
	uint64_t from, to;
	char *dash;

	if (!len || len >= sizeof(word))
		return false;
	memcpy(word, text, len);
	word[len] = '\0';
	dash = strchr(word, '-');
	if (dash)
		*dash = '\0';
	if (parse_u64(word, 65535, &from) < 0 || parse_u64(dash ? dash + 1 : word, 65535, &to) < 0)
		return false;
	*ret_n = to - from + 1;
	return from <= to;
}

static bool is_protocol(const char *text)
{
	return strcmp(text, "tcp") == 0 || strcmp(text, "udp") == 0 || strcmp(text, "sctp") == 0;
}

static bool is_address(const char *text, size_t len)
{
	char word[INET6_ADDRSTRLEN + 2];
	unsigned char bytes[16];

	if (len >= sizeof(word))
		return false;
	memcpy(word, text, len);
	word[len] = '\0';
	if (word[0] == '[' && len > 2 && word[len - 1] == ']') {
		word[len - 1] = '\0';
		return inet_pton(AF_INET6, word + 1, bytes) == 1;
	}
	return inet_pton(AF_INET, word, bytes) == 1 || inet_pton(AF_INET6, word, bytes) == 1;
}

/* The pieces from behind, because an IPv6 address has colons itself. */
static bool is_port(const char *text)
{
	size_t len = strcspn(text, "/"), tail = len, head;
	uint64_t inside, outside;

	if (text[len] && !is_protocol(text + len + 1))
		return false;
	while (tail && text[tail - 1] != ':')
		tail--;
	if (!read_range(text + tail, len - tail, &inside) || text[tail] == '0')
		return false;
	if (!tail)
		return true;
	head = --tail;
	while (head && text[head - 1] != ':')
		head--;
	if (tail > head) {
		if (!read_range(text + head, tail - head, &outside))
			return false;
		if (outside != inside && inside != 1)
			return false;
	}
	return !head || is_address(text, head - 1);
}

static int refuse_port(struct reading *r, const struct item *it, const char *text)
{
	int rc = wrong(r, it, "'%.60s' is not a port to publish", text);

	err_hint(r->err, "%s", form);
	return rc;
}

static int check_long(struct reading *r, const struct item *it)
{
	struct item f;
	uint64_t n;
	int rc = check_fields(r, it, "name mode host_ip target published protocol app_protocol");

	if (rc < 0)
		return rc;
	if (!item_get(r, it, "target", &f))
		return wrong(r, it, "`target`, the port inside, is missing");
	if (!read_range(f.node->text, strlen(f.node->text), &n) || n != 1)
		return refuse_port(r, &f, f.node->text);
	if (item_get(r, it, "published", &f) && *f.node->text &&
	    !read_range(f.node->text, strlen(f.node->text), &n))
		return refuse_port(r, &f, f.node->text);
	if (item_get(r, it, "protocol", &f) && !is_protocol(f.node->text))
		return wrong(r, &f, "'%.20s' is neither tcp nor udp", f.node->text);
	if (item_get(r, it, "host_ip", &f) && !is_address(f.node->text, strlen(f.node->text)))
		return wrong(r, &f, "'%.60s' is not an address", f.node->text);
	return 0;
}

static int port_one(struct reading *r, const struct item *it)
{
	const struct yaml_node *mode = yaml_get(r->service, "network_mode");
	int rc = 0;

	if (it->node->kind == YAML_TREE_MAP)
		rc = check_long(r, it);
	else if (!is_port(it->node->text))
		rc = refuse_port(r, it, it->node->text);
	if (rc < 0)
		return rc;
	if (mode && mode->kind == YAML_TREE_SCALAR && strcmp(mode->text, "host") == 0)
		say(r, it, VERDICT_IGNORED,
		    "with the host's own network the program's ports are open as they are");
	else
		say(r, it, VERDICT_DIFFERENTLY,
		    "published ports are not yet available, they come with networks: nothing "
		    "listens outside; network_mode: host is a way until then, and a weaker one");
	return 0;
}

int key_ports(struct reading *r, const struct item *it)
{
	return each_entry(r, it, "sm", port_one);
}

static int expose_one(struct reading *r, const struct item *it)
{
	const char *text = it->node->text;
	size_t len = strcspn(text, "/");
	uint64_t n;

	if (!read_range(text, len, &n) || (text[len] && !is_protocol(text + len + 1)))
		return refuse_port(r, it, text);
	say(r, it, VERDICT_IGNORED, "a note for readers, with Docker too: it opens nothing");
	return 0;
}

int key_expose(struct reading *r, const struct item *it)
{
	return each_entry(r, it, "s", expose_one);
}
