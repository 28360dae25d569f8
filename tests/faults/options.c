/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.c - the command line of faults; faults.c has the list.
 *
 * Should:  refuse what is no number where one is wanted.
 * Mustn't: act.
 */
#include "faults.h"

#include <getopt.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct setup setup = {.label = "launch", .payload = "/bin/probe", .within = 10, .slow = 1};
struct want want = {.every = 1, .seed = 1, .jobs = 2, .errors = (1u << N_ERRORS) - 1};

enum {
	OPT_LABEL = 256,
	OPT_USER,
	OPT_PAYLOAD,
	OPT_WATCH,
	OPT_WORDS,
	OPT_TAG,
	OPT_TTY,
	OPT_JOBS,
	OPT_EVERY,
	OPT_ERRORS,
	OPT_NO_FAIL,
	OPT_NO_KILL,
	OPT_PAIRS,
	OPT_SEED,
	OPT_FIGURES,
	OPT_SLOW,
	OPT_LIST,
	OPT_AT,
	OPT_MAIN,
	OPT_WITHIN,
	OPT_CALLS
};

static const struct option options[] = {
	{"label", 1, NULL, OPT_LABEL},     {"user", 1, NULL, OPT_USER},
	{"payload", 1, NULL, OPT_PAYLOAD}, {"watch", 1, NULL, OPT_WATCH},
	{"words", 1, NULL, OPT_WORDS},     {"tag", 1, NULL, OPT_TAG},
	{"tty", 0, NULL, OPT_TTY},         {"jobs", 1, NULL, OPT_JOBS},
	{"every", 1, NULL, OPT_EVERY},     {"errors", 1, NULL, OPT_ERRORS},
	{"no-fail", 0, NULL, OPT_NO_FAIL}, {"no-kill", 0, NULL, OPT_NO_KILL},
	{"pairs", 1, NULL, OPT_PAIRS},     {"seed", 1, NULL, OPT_SEED},
	{"figures", 1, NULL, OPT_FIGURES}, {"slow", 1, NULL, OPT_SLOW},
	{"list", 0, NULL, OPT_LIST},       {"at", 1, NULL, OPT_AT},
	{"calls", 1, NULL, OPT_CALLS},     {"within", 1, NULL, OPT_WITHIN},
	{"main", 1, NULL, OPT_MAIN},       {NULL, 0, NULL, 0}};

static long number(const char *text, long min)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || n < min) {
		fprintf(stderr, "faults: %s is no number from %ld on\n", text, min);
		exit(2);
	}
	return n;
}

static void parse_one(int c)
{
	switch (c) {
	case OPT_LABEL:
		setup.label = optarg;
		return;
	case OPT_USER:
		setup.user = optarg;
		return;
	case OPT_PAYLOAD:
		setup.payload = optarg;
		return;
	case OPT_WORDS:
		setup.words = optarg;
		return;
	case OPT_TAG:
		setup.tag = optarg;
		return;
	case OPT_TTY:
		setup.has_tty = true;
		return;
	case OPT_JOBS:
		want.jobs = (int)number(optarg, 1);
		return;
	case OPT_EVERY:
		want.every = number(optarg, 1);
		return;
	case OPT_NO_FAIL:
		want.no_fail = true;
		return;
	case OPT_NO_KILL:
		want.no_kill = true;
		return;
	case OPT_PAIRS:
		want.pairs = number(optarg, 0);
		return;
	case OPT_SEED:
		want.seed = number(optarg, 0);
		return;
	case OPT_FIGURES:
		want.figures = optarg;
		return;
	case OPT_SLOW:
		setup.slow = (int)number(optarg, 1);
		return;
	case OPT_LIST:
		want.only_list = true;
		return;
	case OPT_AT:
		want.place = optarg;
		return;
	case OPT_CALLS:
		want.calls = optarg;
		return;
	case OPT_WITHIN:
		setup.within = number(optarg, 1);
		return;
	case OPT_MAIN:
		setup.main_call = seccomp_syscall_resolve_name(optarg);
		return;
	case OPT_WATCH:
		if (setup.n_watch < 16)
			setup.watch[setup.n_watch++] = optarg;
		return;
	case OPT_ERRORS:
		want.errors = 0;
		for (size_t i = 0; i < N_ERRORS; i++)
			if (strstr(optarg, errors[i].name))
				want.errors |= 1u << i;
		return;
	default:
		exit(2);
	}
}

void options_parse(int argc, char **argv)
{
	for (int c; (c = getopt_long(argc, argv, "+", options, NULL)) != -1;)
		parse_one(c);
	if (argv[optind])
		return;
	fprintf(stderr, "usage: faults [OPTION...] -- LAUNCHER ARG...\n");
	exit(2);
}
