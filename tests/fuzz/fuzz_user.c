/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_user.c - any bytes as -u, --group-add and the rootfs' passwd and group.
 *
 * Input: four texts with a 0xff byte between them. What must hold for every input is asserted: no
 * id that setresuid(2) reads as "unchanged", a digit in front means exactly that number, and a
 * home that is an absolute path without control bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ids.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(int is_true)
{
	if (!is_true)
		abort();
}

/* Up to the next 0xff, as a text of its own, so that a sanitizer sees a read beyond its end. */
static char *piece(const uint8_t **at, const uint8_t *end, size_t *ret_len)
{
	const uint8_t *sep = *at < end ? memchr(*at, 0xff, (size_t)(end - *at)) : NULL;
	size_t len = (size_t)((sep ? sep : end) - *at);
	char *text = malloc(len + 1);

	if (!text)
		abort();
	memcpy(text, *at, len);
	text[len] = '\0';
	*at = sep ? sep + 1 : end;
	*ret_len = len;
	return text;
}

static void out_hold(const struct user_req *req, const struct user_out *out)
{
	hold(out->uid != UINT32_MAX && out->gid != UINT32_MAX);
	hold(out->n_groups >= 1 && out->n_groups <= USER_GROUPS && out->groups[0] == out->gid);
	for (size_t i = 0; i < out->n_groups; i++)
		hold(out->groups[i] != UINT32_MAX);
	if (req->user[0] >= '0' && req->user[0] <= '9')
		hold(strtoull(req->user, NULL, 10) == out->uid);
	hold(req->user[0] != '+' && req->user[0] != '-' && req->user[0] != ' ' && req->user[0]);
	hold(out->home_len >= 1 && out->home[0] == '/');
	for (size_t i = 0; i < out->home_len; i++)
		hold((unsigned char)out->home[i] >= 0x20 && out->home[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct user_file passwd = {.t.file = "etc/passwd"}, group = {.t.file = "etc/group"};
	const uint8_t *at = data, *end = data + size;
	struct err err = {.num = 0};
	char *user, *add, *passwd_text, *group_text;
	const char *list[1];
	struct user_req req;
	struct user_out out;
	size_t len;

	if (size < 1)
		return 0;
	user = piece(&at, end, &len);
	add = piece(&at, end, &len);
	passwd.t.text = passwd_text = piece(&at, end, &passwd.t.len);
	group.t.text = group_text = piece(&at, end, &group.t.len);
	list[0] = add;
	req = (struct user_req){user, list, len && add[0] ? 1 : 0};
	if (!user_resolve(&req, &passwd, &group, &out, &err))
		out_hold(&req, &out);
	else
		hold(err.is_set && err.msg[0]);
	if (!user_needs_group(&req)) { /* then the file must make no difference */
		struct user_out again;
		struct err other = {.num = 0};
		int is_same;

		group.num = 5;
		is_same = !user_resolve(&req, &passwd, &group, &again, &other) == !err.is_set;
		hold(is_same);
	}
	free(user);
	free(add);
	free(passwd_text);
	free(group_text);
	return 0;
}
