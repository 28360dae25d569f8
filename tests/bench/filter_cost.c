/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter_cost.c - what a seccomp filter costs a call that it allows.
 *
 * For each filter a process that has loaded it and makes the same calls when it is told to. They
 * take turns on one processor, so that what the machine does meanwhile hits all of them.
 *
 * Since 5.11 the kernel finds out, when a filter is loaded, which calls it allows whatever their
 * arguments are, and runs no filter for those. `one instruction` is the least that any filter can
 * cost: the way into the kernel is longer with a filter than without, whatever the filter says.
 *
 * Should:  say for each filter how many calls the kernel can answer so, by the kernel's own rule.
 * Mustn't: count a call that the filter refuses.
 *
 * usage: filter_cost [-n ROUNDS] [--json] [NAME=PROFILE.json...]
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "builtin_filter.h"
#include "profile.h"
#include "util.h"

enum { MAX_FILTERS = 12, BATCH = 5000, N_CALLS = 6, CALLS_KNOWN = 512 };

static char page[4096];
static int zero, root;

/* The rules of some of the filters look at the arguments of the last three. */
static const char *const calls[N_CALLS] = {
	"getppid", "pread of 4 KiB", "openat and close", "ioctl", "personality", "socket",
};

static long do_call(size_t which)
{
	switch (which) {
	case 0:
		return syscall(SYS_getppid);
	case 1:
		return syscall(SYS_pread64, zero, page, sizeof(page), 0L);
	case 2:
		return syscall(SYS_close, syscall(SYS_openat, root, "tmp", O_PATH | O_DIRECTORY));
	case 3:
		return syscall(SYS_ioctl, -1, 0x5401UL, 0L); /* TCGETS of nothing: EBADF */
	case 4:
		return syscall(SYS_personality, 0xffffffffUL);
	default:
		return syscall(SYS_socket, AF_UNIX, 15L, 0L); /* no such type: EINVAL */
	}
}

struct filter {
	const char *name;
	struct sock_filter *insns;
	unsigned short n;
	unsigned flags;
	unsigned n_cached;
	bool is_refused[N_CALLS];
	int order, answer; /* pipes to and from the process that has it */
	double *ns[N_CALLS];
};

static struct filter list[MAX_FILTERS];
static size_t n_list;

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "filter_cost: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- what the kernel can cache ------------------------------------------------------------ */

/* kernel/seccomp.c, seccomp_is_const_allow(): run with the number and architecture known, no more. */
static bool is_cached(const struct filter *f, int nr)
{
	struct seccomp_data d = {.nr = nr, .arch = AUDIT_ARCH_X86_64};
	uint32_t action;

	for (unsigned fill = 0; fill < 2; fill++) {
		memset(d.args, fill ? 0xff : 0, sizeof(d.args));
		if (!profile_sim(f->insns, f->n, &d, &action) || action != SECCOMP_RET_ALLOW)
			return false;
	}
	/* The same way through the program, and no load of anything else on it. */
	for (unsigned pc = 0, a = 0; pc < f->n; pc++) {
		const struct sock_filter *in = &f->insns[pc];
		bool is_true = false;

		if (BPF_CLASS(in->code) == BPF_RET)
			return true;
		if (BPF_CLASS(in->code) == BPF_LD) {
			if (in->k > offsetof(struct seccomp_data, arch))
				return false;
			a = in->k ? d.arch : (unsigned)d.nr;
			continue;
		}
		if (BPF_CLASS(in->code) == BPF_ALU) {
			a &= in->k;
			continue;
		}
		switch (BPF_OP(in->code)) {
		case BPF_JA:
			pc += in->k;
			continue;
		case BPF_JEQ:
			is_true = a == in->k;
			break;
		case BPF_JGT:
			is_true = a > in->k;
			break;
		case BPF_JGE:
			is_true = a >= in->k;
			break;
		default:
			is_true = (a & in->k) != 0;
		}
		pc += is_true ? in->jt : in->jf;
	}
	return false;
}

/* ---- the processes ------------------------------------------------------------------------ */

/* Of this process alone: others that run meanwhile don't count. */
static double now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static _Noreturn void serve(const struct filter *f, int order, int answer)
{
	struct sock_fprog prog = {.len = f->n, .filter = f->insns};
	int free_errno[N_CALLS];
	unsigned char which;

	for (size_t i = 0; i < N_CALLS; i++) {
		errno = 0;
		(void)do_call(i);
		free_errno[i] = errno;
	}
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    (f->n && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, f->flags, &prog)))
		fail(f->name);
	while (read(order, &which, 1) == 1) {
		double start, ns;

		errno = 0;
		(void)do_call(which);
		if (errno != free_errno[which]) {
			ns = -1;
		} else {
			start = now_ns();
			for (unsigned i = 0; i < BATCH; i++)
				(void)do_call(which);
			ns = (now_ns() - start) / BATCH;
		}
		if (write(answer, &ns, sizeof(ns)) != sizeof(ns))
			break;
	}
	_exit(0);
}

static void start(struct filter *f, unsigned rounds)
{
	int order[2], answer[2];
	pid_t pid;

	for (size_t i = 0; i < N_CALLS; i++) {
		f->ns[i] = calloc(rounds, sizeof(double));
		if (!f->ns[i])
			fail(f->name);
	}
	for (int nr = 0; f->n && nr < CALLS_KNOWN; nr++)
		f->n_cached += is_cached(f, nr);
	if (pipe2(order, O_CLOEXEC) || pipe2(answer, O_CLOEXEC))
		fail("pipe");
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		(void)close(order[1]);
		(void)close(answer[0]);
		serve(f, order[0], answer[1]);
	}
	(void)close(order[0]);
	(void)close(answer[1]);
	f->order = order[1];
	f->answer = answer[0];
}

static double ask(const struct filter *f, unsigned char which)
{
	double ns;

	if (write(f->order, &which, 1) != 1 || read(f->answer, &ns, sizeof(ns)) != sizeof(ns))
		fail(f->name);
	return ns;
}

/* ---- the contestants ---------------------------------------------------------------------- */

static struct filter *add(const char *name, const struct sock_filter *insns, unsigned short n,
			  unsigned flags)
{
	struct filter *f = &list[n_list++];

	if (n_list == MAX_FILTERS)
		exit(2);
	f->name = name;
	f->insns = malloc(n * sizeof(*insns) + 1);
	if (!f->insns)
		fail(name);
	if (n)
		memcpy(f->insns, insns, n * sizeof(*insns));
	f->n = n;
	f->flags = flags;
	return f;
}

static void add_file(char *arg)
{
	char *file = strchr(arg, '=');
	struct profile_result res;
	struct err err = {0};
	char *text;
	size_t len;

	if (!file)
		exit(2);
	*file++ = '\0';
	errno = -read_file(AT_FDCWD, file, PROFILE_MAX_BYTES, &text, &len);
	if (errno)
		fail(file);
	if (profile_compile(file, text, len, 0, BUILTIN_KERNEL, &res, &err)) {
		err_print(&err, "filter_cost");
		exit(1);
	}
	(void)add(arg, res.insns, res.n, res.flags);
	free(text);
	profile_result_free(&res);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void report_table(unsigned rounds)
{
	printf("%-16s %6s", "ns a call", "cached");
	for (size_t c = 0; c < N_CALLS; c++)
		printf(" %16s", calls[c]);
	for (size_t i = 0; i < n_list; i++) {
		printf("\n%-16s %6u", list[i].name, list[i].n_cached);
		for (size_t c = 0; c < N_CALLS; c++) {
			double ns = list[i].ns[c][rounds / 2];

			if (list[i].is_refused[c])
				printf(" %16s", "refused");
			else
				printf(" %8.1f %6.2fx", ns, ns / list[0].ns[c][rounds / 2]);
		}
	}
	printf("\nmedians of %u rounds of %u calls, interleaved; ratio to no filter; cached: of %u call "
	       "numbers, those\nthat the kernel allows without running the filter\n",
	       rounds, BATCH, CALLS_KNOWN);
}

static void report_json(unsigned rounds)
{
	printf("{\n  \"rounds\": %u,\n  \"filters\": [", rounds);
	for (size_t i = 0; i < n_list; i++) {
		printf("%s\n    {\"name\": \"%s\", \"instructions\": %u, \"cached\": %u",
		       i ? "," : "", list[i].name, list[i].n, list[i].n_cached);
		for (size_t c = 0; c < N_CALLS; c++)
			if (!list[i].is_refused[c])
				printf(", \"%s\": %.2f", calls[c], list[i].ns[c][rounds / 2]);
		printf("}");
	}
	printf("\n  ]\n}\n");
}

int main(int argc, char **argv)
{
	static const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	unsigned rounds = 401;
	bool json = false;
	cpu_set_t one;

	(void)add("no filter", NULL, 0, 0);
	(void)add("one instruction", &allow, 1, 0);
	for (size_t i = 0; i < n_builtin_filters; i++)
		(void)add(builtin_filters[i].name, builtin_filters[i].insns, builtin_filters[i].n,
			  builtin_filters[i].flags);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json"))
			json = true;
		else if (!strcmp(argv[i], "-n") && i + 1 < argc)
			rounds = (unsigned)atoi(argv[++i]);
		else
			add_file(argv[i]);
	}
	if (!rounds)
		return 2;
	zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	root = open("/", O_PATH | O_CLOEXEC);
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (zero < 0 || root < 0 || sched_setaffinity(0, sizeof(one), &one))
		fail("set up");
	for (size_t i = 0; i < n_list; i++)
		start(&list[i], rounds);
	for (unsigned r = 0; r < rounds; r++)
		for (unsigned char c = 0; c < N_CALLS; c++)
			for (size_t i = 0; i < n_list; i++) {
				list[i].ns[c][r] = ask(&list[i], c);
				list[i].is_refused[c] |= list[i].ns[c][r] < 0;
			}
	for (size_t i = 0; i < n_list; i++)
		for (size_t c = 0; c < N_CALLS; c++)
			qsort(list[i].ns[c], rounds, sizeof(double), by_value);
	if (json)
		report_json(rounds);
	else
		report_table(rounds);
	return 0;
}
