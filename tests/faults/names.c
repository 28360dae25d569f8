/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.c - processes, calls and errors by name, as the reports say them and --at takes them.
 *
 * Should:  be able to read what it writes.
 * Mustn't: name a process by anything but its place among the others.
 */
#include "faults.h"

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct error_name errors[N_ERRORS] = {{"EPERM", EPERM},   {"ENOMEM", ENOMEM},
					    {"EINTR", EINTR},   {"ENOSPC", ENOSPC},
					    {"EMFILE", EMFILE}, {"ENOSYS", ENOSYS}};

const char *call_name(long nr)
{
	static char text[32];
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)nr);

	snprintf(text, sizeof(text), "%s", name ? name : "?");
	free(name);
	return text;
}

static const char *error_name(int num)
{
	for (size_t i = 0; i < N_ERRORS; i++)
		if (errors[i].num == num)
			return errors[i].name;
	return "KILL";
}

void name_roles(struct record *r)
{
	int pid_1 = r->payload > 0 ? r->roles[r->payload].parent : -1;

	for (int i = 0; i < r->n_roles; i++) {
		const char *name = i == 0 ? "launcher" : i == pid_1 ? "child" : NULL;

		if (i == r->payload)
			name = pid_1 > 0 ? "command" : "child";
		if (name)
			snprintf(r->roles[i].name, sizeof(r->roles[i].name), "%s", name);
		else
			snprintf(r->roles[i].name, sizeof(r->roles[i].name), "helper-%d", i);
	}
}

static long call_of(const struct record *r, const struct fault *f)
{
	for (size_t i = 0; i < r->n_points; i++)
		if (r->points[i].role == f->role && r->points[i].n == f->n)
			return r->points[i].nr;
	return -1;
}

/* As --at takes it: ROLE:N:ERRNO or ROLE:N:KILL:VICTIM. */
void describe(const struct record *r, const struct item *item, char *text, size_t size)
{
	size_t used = 0;

	for (int i = 0; i < item->n && used < size; i++) {
		const struct fault *f = &item->fault[i];

		if (f->role == FAULT_LATER) {
			used += (size_t)snprintf(text + used, size - used, " and %s later",
						 error_name(f->num));
			continue;
		}
		used += (size_t)snprintf(
			text + used, size - used, "%s%s:%ld:%s%s%s (%s)", i ? "," : "",
			r->roles[f->role].name, f->n, error_name(f->num), f->num ? "" : ":",
			f->num ? "" : r->roles[f->victim].name, call_name(call_of(r, f)));
	}
}

static int role_by_name(const struct record *r, const char *name)
{
	for (int i = 0; i < r->n_roles; i++)
		if (!strcmp(r->roles[i].name, name))
			return i;
	fprintf(stderr, "faults: no process %s\n", name);
	exit(2);
}

void parse_place(const struct record *r, char *text, struct item *ret)
{
	*ret = (struct item){.n = 0};
	for (char *one; ret->n < 2 && (one = strsep(&text, ","));) {
		struct fault *f = &ret->fault[ret->n++];
		char *role = strsep(&one, ":"), *n = strsep(&one, ":"), *num = strsep(&one, ":");

		if (!role || !n || !num) {
			fprintf(stderr, "faults: --at ROLE:N:ERRNO or ROLE:N:KILL:VICTIM\n");
			exit(2);
		}
		f->role = role_by_name(r, role);
		f->n = strtol(n, NULL, 10);
		for (size_t i = 0; i < N_ERRORS; i++)
			if (!strcmp(errors[i].name, num))
				f->num = errors[i].num;
		f->victim = f->num ? 0 : role_by_name(r, one && *one ? one : role);
	}
}
