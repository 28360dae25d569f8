/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkfilter.c - build-time tool: seccomp profiles -> one C file with the compiled programs.
 *
 *     mkfilter OUT.c NAME=FILE...
 *
 * The programs go through the same reader, compiler and check as a profile at launch, so a profile
 * of ours that is compiled wrongly stops the build.
 *
 * Should: write the same bytes for the same input; leave no half-written file behind.
 * Mustn't: be installed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtin_filter.h"
#include "profile.h"
#include "spec.h"
#include "util.h"

static uint64_t caps_of(const char *name)
{
	return strcmp(name, "docker") == 0 ? CAPS_DOCKER : 0;
}

static void put_insns(FILE *out, unsigned at, const struct profile_result *res)
{
	fprintf(out, "\nstatic const struct sock_filter insns_%u[] = {\n", at);
	for (unsigned i = 0; i < res->n; i++) {
		const struct sock_filter *in = &res->insns[i];

		fprintf(out, "\t{0x%02x, %u, %u, 0x%08x},\n", in->code, in->jt, in->jf, in->k);
	}
	fprintf(out, "};\n");
}

/* As a list of numbers: a string constant of this length is more than ISO C promises. */
static void put_text(FILE *out, unsigned at, const char *text, size_t len)
{
	fprintf(out, "\nstatic const char json_%u[] = {", at);
	for (size_t i = 0; i <= len; i++)
		fprintf(out, "%s%d,", i % 20 ? " " : "\n\t", i < len ? text[i] : 0);
	fprintf(out, "\n};\n");
}

struct entry {
	char name[32];
	struct profile_result res;
	size_t len;
};

static int add(FILE *out, unsigned at, const char *arg, struct entry *ret, struct err *err)
{
	const char *file = strchr(arg, '=');
	auto_free char *text = NULL;
	int rc;

	if (!file || file == arg || (size_t)(file - arg) >= sizeof(ret->name))
		return err_say(err, "%s: not NAME=FILE", arg);
	memcpy(ret->name, arg, (size_t)(file - arg));
	file++;
	rc = read_file(AT_FDCWD, file, PROFILE_MAX_BYTES, &text, &ret->len);
	if (rc)
		return err_set(err, -rc, "%s", file);
	rc = profile_compile(file, text, ret->len, caps_of(ret->name), BUILTIN_KERNEL, &ret->res,
			     err);
	if (rc)
		return rc;
	if (ret->res.kernel_max > BUILTIN_KERNEL)
		return err_say(err,
			       "%s: a built-in profile may not depend on a kernel newer than the "
			       "oldest one that pillbox runs on",
			       file);
	if (ret->res.n_unknown)
		return err_say(err, "%s: unknown calls: %s", file, ret->res.unknown);
	put_insns(out, at, &ret->res);
	put_text(out, at, text, ret->len);
	return 0;
}

static int write_all(FILE *out, char **args, unsigned n, struct entry *entries, struct err *err)
{
	fprintf(out, "/* Written by mkfilter. */\n#include \"builtin_filter.h\"\n");
	for (unsigned i = 0; i < n; i++) {
		int rc = add(out, i, args[i], &entries[i], err);

		if (rc)
			return rc;
	}
	fprintf(out, "\nconst struct builtin_filter builtin_filters[] = {\n");
	for (unsigned i = 0; i < n; i++) {
		const struct entry *e = &entries[i];

		fprintf(out, "\t{\"%s\", insns_%u, %u, %u, 0x%llxULL, 0x%llxULL, json_%u, %zu},\n",
			e->name, i, e->res.n, e->res.flags, (unsigned long long)caps_of(e->name),
			(unsigned long long)e->res.caps_mask, i, e->len);
	}
	fprintf(out, "};\nconst size_t n_builtin_filters = %u;\n", n);
	return 0;
}

int main(int argc, char **argv)
{
	struct err err = {0};
	struct entry *entries;
	char tmp[4096];
	FILE *out;
	int rc;

	if (argc < 3) {
		fprintf(stderr, "usage: mkfilter OUT.c NAME=FILE...\n");
		return 2;
	}
	entries = calloc((size_t)argc, sizeof(*entries));
	snprintf(tmp, sizeof(tmp), "%s.tmp", argv[1]);
	out = fopen(tmp, "we");
	if (!out || !entries) {
		err_set(&err, errno, "%s", tmp);
		err_print(&err, "mkfilter");
		return 1;
	}
	rc = write_all(out, argv + 2, (unsigned)argc - 2, entries, &err);
	if ((fclose(out) || rename(tmp, argv[1])) && !rc)
		rc = err_set(&err, errno, "%s", argv[1]);
	if (rc) {
		(void)unlink(tmp);
		(void)unlink(argv[1]);
		err_print(&err, "mkfilter");
	}
	for (int i = 0; i < argc - 2; i++)
		profile_result_free(&entries[i].res);
	free(entries);
	return rc ? 1 : 0;
}
