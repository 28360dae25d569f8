/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_take.c - in the listener's process: one note for each kind of call.
 *
 * Should: be quick: each call of the workload waits for it. Work without the heap.
 * Mustn't: answer; notify.c does, with the filter's word.
 */
#include <string.h>
#include <sys/mman.h>

#include "call_text.h"
#include "calls.h"
#include "needs.h"
#include "record.h"

struct record_log *record_log_new(void)
{
	struct record_log *log = mmap(NULL, sizeof(*log), PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (log == MAP_FAILED)
		return NULL;
	for (size_t i = 0; i < RECORD_CALLS; i++)
		log->calls[i].nr = -1;
	return log;
}

void record_ran(struct record_log *log)
{
	log->has_run = true;
}

static bool is_same(const struct seccomp_data *a, const struct seccomp_data *b,
		    const struct record_arg *arg)
{
	struct profile_cond x[2], y[2];
	unsigned n;

	if (a->arch != b->arch || a->nr != b->nr)
		return false;
	n = record_conds(arg, a->args, x);
	return n == record_conds(arg, b->args, y) && !memcmp(x, y, n * sizeof(x[0]));
}

/* Open addressing by number: the kinds of one call stand together. */
static void note_call(struct record_log *log, const struct seccomp_data *call,
		      const struct record_arg *arg)
{
	size_t at = (size_t)call->nr * 7 % RECORD_CALLS;

	while (log->calls[at].nr != -1) {
		if (is_same(&log->calls[at], call, arg))
			return;
		at = (at + 1) % RECORD_CALLS;
	}
	if (log->n >= RECORD_CALLS / 4 * 3) {
		log->is_full = true;
		return;
	}
	log->calls[at] = *call;
	log->n++;
}

static void add_dir(struct record_log *log, char *path)
{
	if (!path[0])
		return;
	needs_parent(path);
	if (strlen(path) >= RECORD_DIR_LEN) {
		log->has_more_dirs = true;
		return;
	}
	for (unsigned i = 0; i < log->n_dirs; i++)
		if (!strcmp(log->dirs[i], path))
			return;
	if (log->n_dirs == RECORD_DIRS) {
		log->has_more_dirs = true;
		return;
	}
	memcpy(log->dirs[log->n_dirs++], path, strlen(path) + 1);
}

void record_prepare(const struct run *r)
{
	struct record_log *log = r->spec->record;

	memcpy(log->judge, r->plan->judge, r->plan->n_judge * sizeof(log->judge[0]));
	log->n_judge = r->plan->n_judge;
	log->kernel = r->plan->kernel;
}

void record_take(const struct run *r, const struct seccomp_notif *q, int proc, int listener)
{
	struct record_log *log = r->spec->record;
	const char *name = call_name(call_arch(&q->data), (uint32_t)q->data.nr);
	struct needs needs;
	struct peer peer;

	if (!name)
		return; /* a number without a call: the kernel says ENOSYS, with any profile */
	log->has_begun |= strncmp(name, "execve", 6) == 0;
	/* pillbox's own calls on the way to execve; loaded early, the profile has to allow them. */
	if (!log->has_begun && r->spec->no_new_privs)
		return;
	note_call(log, &q->data, record_arg(name));
	if (!log->has_begun || !needs_has_rule(name) || peer_open(proc, listener, q, &peer))
		return;
	needs_find(r, name, &q->data, &peer, &needs);
	log->caps |= needs.caps & peer.caps;
	if (needs.is_writing && !needs.is_special)
		add_dir(log, needs.path);
	peer_close(&peer);
}
