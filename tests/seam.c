/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seam.c - pillbox with a seam: the same objects, and options in front that make one step fail,
 * leave one out, or move one to another place. Never installed.
 *
 *   pillbox-seam [--fail-at=STEP:ERRNO] [--skip=STEP] [--move=STEP:BEFORE] [--list] run ...
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "util.h"

static const struct step *moved[128];

static int step_index(const char *id)
{
	for (size_t i = 0; i < program_len; i++)
		if (!strcmp(program[i]->id, id))
			return (int)i;
	fprintf(stderr, "seam: no step %s\n", id);
	exit(2);
}

/* "STEP:BEFORE": the list with STEP taken out and put in front of BEFORE. */
static void move_step(struct seam *seam, char *arg)
{
	char *before = strchr(arg, ':');
	const struct step *what;
	int from, to;

	if (!before)
		exit(2);
	*before++ = '\0';
	from = step_index(arg);
	to = step_index(before);
	what = program[from];
	for (size_t i = 0; i < program_len; i++)
		moved[i] = program[i];
	if (from < to)
		to--;
	memmove(&moved[from], &moved[from + 1],
		(program_len - (size_t)from - 1) * sizeof(moved[0]));
	memmove(&moved[to + 1], &moved[to], (program_len - (size_t)to - 1) * sizeof(moved[0]));
	moved[to] = what;
	seam->list = moved;
}

/* id, side, pure: what the tests loop over. */
static void list_steps(void)
{
	for (size_t i = 0; i < program_len; i++)
		printf("%s %s%s%s\n", program[i]->id,
		       program[i]->side == PARENT ? "parent" : "child",
		       program[i]->is_pure ? " pure" : "", program[i]->verify ? " verify" : "");
}

int main(int argc, char *argv[])
{
	struct seam seam = {0};
	int i;

	for (i = 1; i < argc && !strncmp(argv[i], "--", 2); i++) {
		if (!strncmp(argv[i], "--fail-at=", 10)) {
			char *num = strchr(argv[i] + 10, ':');

			if (!num)
				return 2;
			*num++ = '\0';
			seam.fail_at = argv[i] + 10;
			seam.fail_errno = atoi(num);
			(void)step_index(seam.fail_at);
		} else if (!strncmp(argv[i], "--skip=", 7)) {
			seam.skip = argv[i] + 7;
			(void)step_index(seam.skip);
		} else if (!strncmp(argv[i], "--move=", 7)) {
			move_step(&seam, argv[i] + 7);
		} else if (!strcmp(argv[i], "--list")) {
			list_steps();
			return 0;
		} else {
			return 2;
		}
	}
	argv[i - 1] = argv[0];
	return cli_main(argc - i + 1, argv + i - 1, &seam);
}
