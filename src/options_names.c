/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options_names.c - setters: what the sandbox calls hosts; and the two files that come of it.
 *
 * Where nothing is asked, /etc/hosts and /etc/resolv.conf are the rootfs' own. Where something is,
 * they are made like any --config.
 *
 * Should: let only words into a line of those files that cannot end it or add to it.
 * Mustn't: look at the host's resolv.conf, or look a name up.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options_set.h"

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define NAME_LEN_MAX 253 /* of a name in the DNS, in text */
#define NAMES_MAX 1000   /* of one kind */

static bool is_name(const char *text, size_t len)
{
	return len && len <= NAME_LEN_MAX && !strchr("-.", text[0]) &&
	       strspn(text, LETTERS DIGITS "-._") >= len;
}

static int add(struct spec *s, struct word_list *list, const char *word, const char *origin,
	       struct err *err)
{
	if (list->n >= NAMES_MAX)
		return err_say(err, "%s: more than %d of them", origin, NAMES_MAX);
	list->words = list_grow(s->arena, list->words, list->n, sizeof(*list->words));
	list->words[list->n++] = word;
	return 0;
}

int opt_domainname(struct spec *s, const char *value, const char *origin, struct err *err)
{
	size_t len = strlen(value);

	if (len > 64)
		return err_say(err, "%s: %zu bytes, and the kernel keeps 64", origin, len);
	if (!is_name(value, len)) {
		int rc = err_say(err, "%s: not a domain name", origin);

		err_hint(err, "A-Z a-z 0-9 - . _ and no dash or dot at the start");
		return rc;
	}
	s->domainname = value;
	return 0;
}

/* An address without the brackets around it; NULL: it is none. */
static const char *address(struct spec *s, const char *text)
{
	size_t len = strlen(text);
	unsigned char buf[sizeof(struct in6_addr)];

	if (text[0] == '[' && text[len - 1] == ']') {
		text = arena_strndup(s->arena, text + 1, len - 2);
		return inet_pton(AF_INET6, text, buf) == 1 ? text : NULL;
	}
	return inet_pton(AF_INET, text, buf) == 1 || inet_pton(AF_INET6, text, buf) == 1 ? text
											 : NULL;
}

int opt_add_host(struct spec *s, const char *value, const char *origin, struct err *err)
{
	size_t len = strcspn(value, strchr(value, '=') ? "=" : ":");
	const char *ip;
	int rc;

	if (!value[len]) {
		rc = err_say(err, "%s: the address is missing", origin);
		err_hint(err, "NAME:IP or NAME=IP, such as db:192.0.2.7 or db=2001:db8::7");
		return rc;
	}
	if (!is_name(value, len))
		return err_say(err, "%s: '%.*s' is not a host name", origin,
			       len < 100 ? (int)len : 100, value);
	if (strcmp(value + len + 1, "host-gateway") == 0) {
		rc = err_say(err, "%s: there is no host-gateway", origin);
		err_hint(err,
			 "it is Docker's bridge, and no sandbox has one; with --network host the "
			 "host is 127.0.0.1");
		return rc;
	}
	ip = address(s, value + len + 1);
	if (!ip)
		return err_say(err, "%s: '%.100s' is not an address", origin, value + len + 1);
	return add(s, &s->hosts, arena_printf(s->arena, "%s\t%.*s", ip, (int)len, value), origin,
		   err);
}

int opt_dns(struct spec *s, const char *value, const char *origin, struct err *err)
{
	const char *ip = address(s, value);

	if (!ip)
		return err_say(err, "%s: not an address", origin);
	return add(s, &s->dns, ip, origin, err);
}

int opt_dns_search(struct spec *s, const char *value, const char *origin, struct err *err)
{
	if (strcmp(value, ".") != 0 && !is_name(value, strlen(value)))
		return err_say(err, "%s: not a domain", origin);
	return add(s, &s->dns_search, value, origin, err);
}

int opt_dns_option(struct spec *s, const char *value, const char *origin, struct err *err)
{
	size_t len = strlen(value);

	if (!len || len > 64 || strspn(value, LETTERS DIGITS "-_:.") != len)
		return err_say(err, "%s: not an option of resolv.conf", origin);
	return add(s, &s->dns_options, value, origin, err);
}

/* ---- the files ------------------------------------------------------------------------------- */

static void put_hosts(const struct spec *s, FILE *out)
{
	fputs("127.0.0.1\tlocalhost\n"
	      "::1\tlocalhost ip6-localhost ip6-loopback\n"
	      "fe00::\tip6-localnet\n"
	      "ff00::\tip6-mcastprefix\n"
	      "ff02::1\tip6-allnodes\n"
	      "ff02::2\tip6-allrouters\n",
	      out);
	/* Without an address of its own the sandbox is at one of its loopback's. */
	if (s->domainname)
		fprintf(out, "127.0.1.1\t%s.%s %s\n", s->hostname, s->domainname, s->hostname);
	else
		fprintf(out, "127.0.1.1\t%s\n", s->hostname);
	for (size_t i = 0; i < s->hosts.n; i++)
		fprintf(out, "%s\n", s->hosts.words[i]);
}

static void put_line(FILE *out, const char *key, const struct word_list *list)
{
	if (list->n)
		fputs(key, out);
	for (size_t i = 0; i < list->n; i++)
		fprintf(out, " %s", list->words[i]);
	if (list->n)
		fputc('\n', out);
}

static void put_resolv(const struct spec *s, FILE *out)
{
	for (size_t i = 0; i < s->dns.n; i++)
		fprintf(out, "nameserver %s\n", s->dns.words[i]);
	put_line(out, "search", &s->dns_search);
	put_line(out, "options", &s->dns_options);
}

static int file_add(struct spec *s, const char *origin, const char *target,
		    void (*put)(const struct spec *s, FILE *out), struct err *err)
{
	struct secret_req r = {.origin = origin, .target = target, .mode = 0444, .is_public = true};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return err_set(err, ENOMEM, "%s", origin);
	put(s, out);
	if (fclose(out) != 0) {
		free(text);
		return err_set(err, ENOMEM, "%s", origin);
	}
	r.content = arena_strndup(s->arena, text, len);
	free(text);
	s->secrets = list_grow(s->arena, s->secrets, s->n_secrets, sizeof(r));
	s->secrets[s->n_secrets++] = r;
	return 0;
}

int names_finish(struct spec *s, struct err *err)
{
	const char *dns = s->dns.n ? "--dns" : s->dns_search.n ? "--dns-search" : "--dns-option";
	int rc = 0;

	if (s->hosts.n)
		rc = file_add(s, "--add-host", "/etc/hosts", put_hosts, err);
	if (rc < 0 || !(s->dns.n || s->dns_search.n || s->dns_options.n))
		return rc;
	/* The host's own servers would be meant then, and a file without them means 127.0.0.1. */
	if (!s->dns.n && s->net == NET_HOST) {
		rc = err_say(err, "%s: needs --dns with --network host", dns);
		err_hint(err, "the whole file is pillbox's own then, so name the servers, too");
		return rc;
	}
	return file_add(s, dns, "/etc/resolv.conf", put_resolv, err);
}
