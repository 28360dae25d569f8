/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace.c - one launch under ptrace: count its system calls, and at one of them let something go wrong.
 *
 * Theory of operation
 *
 * Every process of the launch is traced from its first call on, and stops at each. Where a call is to
 * fail, its process is resumed with PTRACE_SYSEMU: the kernel stops it at the call and leaves the call
 * out, seccomp filters included, so that an errno can be put in the result's place whatever filter is
 * in force. Just before the last fault takes effect everything is let go: what follows runs untraced,
 * at its own speed, and a zombie belongs to its parent at once and not to the tracer first.
 *
 * A set-user-ID helper that a launcher executes is let go before its execve: a tracer that is no root
 * would cost it its privilege, and its inside is not the launcher's work.
 *
 *
 * Should: end within the time limits whatever the launch does, and leave no process.
 * Mustn't: judge, or change what the launch does but for the fault.
 */
#include "faults.h"

#include <elf.h>
#include <errno.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_TRACEES 128

#ifndef PTRACE_SYSEMU
#define PTRACE_SYSEMU 31
#endif

struct tracee {
	pid_t pid;
	int role;          /* -1: stopped before its parent's event came */
	long count;        /* system calls so far */
	int forks;         /* processes that it made */
	bool is_parked;    /* stopped, until its parent's event comes */
	bool in_vfork;     /* cannot be stopped before its child executes or ends */
	uint64_t break_at; /* what brk said last: that is what it says when it fails */
	bool is_brk;       /* the call in hand */
	bool in_call;      /* stopped at the call in hand, not yet behind it */
	bool is_payload;   /* its next exec event is the payload's */
};

static struct tracee tracees[MAX_TRACEES];
static int n_tracees;
static const struct setup *now;
static struct record *record;
static bool is_recording, is_started, is_free; /* is_free: whatever stops is let go */
static struct fault todo[2];
static int n_todo, n_done;
static pid_t launcher;
static struct result *result;
uint64_t trace_random = 1;

static long ptrace_do(int request, pid_t pid, unsigned long addr, unsigned long data)
{
	return syscall(SYS_ptrace, request, pid, addr, data);
}

static uint64_t next_random(void)
{
	trace_random ^= trace_random << 13;
	trace_random ^= trace_random >> 7;
	trace_random ^= trace_random << 17;
	return trace_random;
}

/* ---- calls ---------------------------------------------------------------------------------- */

/* These return nothing that could be an error, or do not return. */
bool never_fails(long nr)
{
	return nr == SYS_exit || nr == SYS_exit_group || nr == SYS_rt_sigreturn ||
	       nr == SYS_restart_syscall;
}

/* Its error is no errno but the old break. */
bool is_brk(long nr)
{
	return nr == SYS_brk;
}

#if defined(__x86_64__)
static void call_result(struct user_regs_struct *r, long value)
{
	r->rax = (unsigned long)value;
	r->orig_rax = ~0UL; /* no call to restart */
}
static void call_again(struct user_regs_struct *r)
{
	r->rax = r->orig_rax;
	r->rip -= 2;
}
#elif defined(__aarch64__)
static void call_result(struct user_regs_struct *r, long value)
{
	r->regs[0] = (unsigned long)value;
}
static void call_again(struct user_regs_struct *r)
{
	r->pc -= 4;
}
#else
#error "x86-64 and arm64"
#endif

/* Leave a call out, with this result; or, where it was left out already, make it after all. */
static void regs_change(pid_t pid, bool is_result, long value)
{
	struct user_regs_struct regs;
	struct iovec iov = {&regs, sizeof(regs)};

	if (ptrace_do(PTRACE_GETREGSET, pid, NT_PRSTATUS, (unsigned long)&iov))
		return; /* it was killed */
	if (is_result)
		call_result(&regs, value);
	else
		call_again(&regs);
	ptrace_do(PTRACE_SETREGSET, pid, NT_PRSTATUS, (unsigned long)&iov);
}

/* ---- the processes -------------------------------------------------------------------------- */

static struct tracee *find(pid_t pid)
{
	for (int i = 0; i < n_tracees; i++)
		if (tracees[i].pid == pid)
			return &tracees[i];
	return NULL;
}

static struct tracee *find_role(int role)
{
	for (int i = 0; i < n_tracees; i++)
		if (tracees[i].role == role)
			return &tracees[i];
	return NULL;
}

static struct tracee *add(pid_t pid)
{
	if (n_tracees == MAX_TRACEES)
		die("too many processes");
	tracees[n_tracees] = (struct tracee){.pid = pid, .role = -1};
	return &tracees[n_tracees++];
}

static void forget(pid_t pid)
{
	struct tracee *t = find(pid);

	if (t)
		*t = tracees[--n_tracees];
}

static int role_of(int parent, int nth)
{
	struct record *r = record;

	for (int i = 0; i < r->n_roles; i++)
		if (r->roles[i].parent == parent && r->roles[i].nth == nth)
			return i;
	if (r->n_roles == MAX_ROLES)
		return MAX_ROLES - 1;
	r->roles[r->n_roles] = (struct role){.parent = parent, .nth = nth};
	r->born[r->n_roles] = r->n_points;
	return r->n_roles++;
}

static void let_go(pid_t pid, int sig)
{
	ptrace_do(PTRACE_DETACH, pid, 0, (unsigned long)sig);
	forget(pid);
}

static void resume(struct tracee *t, int sig)
{
	const struct fault *f = n_done < n_todo ? &todo[n_done] : NULL;
	bool is_next = f && f->num && f->role == t->role && t->count == f->n - 1 && !t->in_call;

	if (ptrace_do(is_next ? PTRACE_SYSEMU : PTRACE_SYSCALL, t->pid, 0, (unsigned long)sig) &&
	    errno != ESRCH)
		die("resume");
}

/* ---- letting all go ------------------------------------------------------------------------- */

void trace_end(pid_t pid, int status)
{
	forget(pid);
	if (pid != launcher)
		return;
	result->status = status;
	launcher = 0;
}

/* Stop this one wherever it is, and let it go; its new children, too. */
static void let_go_running(pid_t pid)
{
	int status, event;

	ptrace_do(PTRACE_INTERRUPT, pid, 0, 0);
	while (waitpid(pid, &status, __WALL) != pid) {
		if (errno != EINTR || result->is_late)
			return;
	}
	if (!WIFSTOPPED(status)) {
		trace_end(pid, status);
		return;
	}
	event = status >> 16;
	if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
	    event == PTRACE_EVENT_CLONE) {
		unsigned long child = 0;

		ptrace_do(PTRACE_GETEVENTMSG, pid, 0, (unsigned long)&child);
		if (child && !find((pid_t)child))
			let_go_running((pid_t)child);
	}
	let_go(pid, event || WSTOPSIG(status) == (SIGTRAP | 0x80) ? 0 : WSTOPSIG(status));
}

/* Everything but the one that is stopped at its call, and perhaps the launcher. */
static void let_all_go(pid_t but, bool keep_launcher)
{
	for (int i = n_tracees - 1; i >= 0; i--) {
		struct tracee t;

		if (i >= n_tracees) /* more than one went */
			continue;
		t = tracees[i];
		if (t.pid == but || (keep_launcher && t.pid == launcher) || t.in_vfork)
			continue;
		if (t.is_parked)
			let_go(t.pid, 0);
		else
			let_go_running(t.pid);
	}
}

/* ---- the fault ------------------------------------------------------------------------------ */

/* The second of a pair: some call soon after, of any process that lives. */
static const struct fault *pick_later(const struct tracee *now, struct fault *f)
{
	const struct tracee *t = next_random() % 2 ? now
						   : &tracees[next_random() % (unsigned)n_tracees];

	if (t->role < 0)
		t = now;
	f->role = t->role;
	f->n = t->count + 1 + (long)(next_random() % 40);
	f->victim = f->role;
	return f;
}

static void fire_kill(struct tracee *t, const struct fault *f, bool is_last)
{
	struct tracee *victim = find_role(f->victim);
	pid_t pid = t->pid, target = victim ? victim->pid : 0;

	if (!target) {
		resume(t, 0);
		return;
	}
	result->fired++;
	result->is_launcher_killed |= target == launcher;
	if (is_last) {
		let_all_go(pid, false);
		is_free = true;
		if (target == pid) {
			let_go(pid, SIGKILL);
		} else {
			kill(target, SIGKILL);
			let_go(pid, 0);
		}
		return;
	}
	kill(target, SIGKILL);
	if (target != pid)
		resume(t, 0);
}

static void fire(struct tracee *t, const struct ptrace_syscall_info *info)
{
	struct fault f = todo[n_done++];
	bool is_last = n_done == n_todo;
	pid_t pid = t->pid;
	long nr = (long)info->entry.nr;

	if (!is_last && todo[n_done].role == FAULT_LATER)
		result->second = *pick_later(t, &todo[n_done]);
	if (!f.num) {
		fire_kill(t, &f, is_last);
		return;
	}
	if (never_fails(nr)) { /* another call than expected: make it after all */
		t->in_call = false;
		regs_change(pid, false, 0);
		resume(t, 0);
		return;
	}
	result->fired++;
	result->is_library |= t->role == 0 && (t->count < record->main_at || nr == SYS_futex);
	result->is_write_hit |= (nr == SYS_write || nr == SYS_writev) && info->entry.args[0] == 2;
	if (is_last) {
		let_all_go(pid, false);
		is_free = true;
	}
	t->in_call = false; /* it was left out: there is no stop behind it */
	regs_change(pid, true, is_brk(nr) ? (long)t->break_at : -f.num);
	if (is_last)
		let_go(pid, 0);
	else
		resume(t, 0);
}
/* ---- one stop ------------------------------------------------------------------------------- */
static bool path_at(pid_t pid, uint64_t addr, char *path, size_t size)
{
	struct iovec here = {path, size - 1}, there = {(void *)(uintptr_t)addr, size - 1};
	ssize_t n = process_vm_readv(pid, &here, 1, &there, 1, 0);
	if (n < 0) { /* the string may end before a page that is not there */
		there.iov_len = here.iov_len = 4096 - addr % 4096 < size ? 4096 - addr % 4096
									 : size - 1;
		n = process_vm_readv(pid, &here, 1, &there, 1, 0);
	}
	path[n < 0 ? 0 : n] = '\0';
	return n > 0;
}
static bool is_set_id(const char *path)
{
	struct stat st;
	return path[0] == '/' && stat(path, &st) == 0 && st.st_mode & (S_ISUID | S_ISGID);
}
/* An execve: the payload's, a helper's, or one of the launcher's own. False: it was let go. */
static bool at_exec(struct tracee *t, const struct ptrace_syscall_info *info)
{
	char path[4096];
	bool is_at = info->entry.nr == SYS_execveat;
	if (!path_at(t->pid, info->entry.args[is_at], path, sizeof(path)))
		return true;
	t->is_payload = t->role != 0 && !strcmp(path, now->payload);
	if (is_set_id(path)) {
		let_go(t->pid, 0);
		return false;
	}
	return true;
}
static void note_point(const struct tracee *t, long nr)
{
	struct record *r = record;
	if (r->n_points == r->room)
		die("too many system calls");
	if (now->main_call && !r->main_at && !t->role && nr == now->main_call)
		r->main_at = t->count;
	r->points[r->n_points++] = (struct point){t->role, t->count, nr};
}
static void at_call(struct tracee *t)
{
	const struct fault *f = n_done < n_todo ? &todo[n_done] : NULL;
	struct ptrace_syscall_info info = {0};
	t->in_call = false;
	if (ptrace_do(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), (unsigned long)&info) > 0 &&
	    info.op == PTRACE_SYSCALL_INFO_EXIT && t->is_brk)
		t->break_at = (uint64_t)info.exit.rval;
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY || info.entry.nr == SYS_restart_syscall) {
		resume(t, 0);
		return;
	}
	t->count++;
	t->in_call = true;
	t->is_brk = is_brk((long)info.entry.nr);
	if (is_recording)
		note_point(t, (long)info.entry.nr);
	if (f && f->role == t->role && t->count == f->n) {
		fire(t, &info);
		return;
	}
	if ((info.entry.nr == SYS_execve || info.entry.nr == SYS_execveat) && !at_exec(t, &info))
		return;
	resume(t, 0);
}
static void at_fork(struct tracee *t, bool is_vfork)
{
	int role = role_of(t->role, ++t->forks);
	uint64_t break_at = t->break_at;
	unsigned long msg = 0;
	struct tracee *child;
	pid_t parent = t->pid;
	t->in_vfork = is_vfork;
	ptrace_do(PTRACE_GETEVENTMSG, t->pid, 0, (unsigned long)&msg);
	child = find((pid_t)msg);
	if (!child)
		child = add((pid_t)msg); /* its first stop is yet to come */
	child->role = role;
	child->break_at = break_at;
	if (child->is_parked) {
		child->is_parked = false;
		resume(child, 0);
	}
	resume(find(parent), 0);
}
static void at_event(struct tracee *t, int event, int sig)
{
	switch (event) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_CLONE:
	case PTRACE_EVENT_VFORK:
		at_fork(t, event == PTRACE_EVENT_VFORK);
		return;
	case PTRACE_EVENT_EXEC:
		is_started = true;
		if (t->is_payload) {
			pid_t pid = t->pid;
			if (is_recording)
				record->payload = t->role;
			let_all_go(pid, true);
			let_go(pid, 0);
			return;
		}
		break;
	case PTRACE_EVENT_EXIT:
		let_go(t->pid, 0);
		return;
	case PTRACE_EVENT_VFORK_DONE:
		t->in_vfork = false;
		break;
	case PTRACE_EVENT_STOP:
		if (t->role < 0) {
			t->is_parked = true;
			return;
		}
		if (sig != SIGTRAP) {
			ptrace_do(PTRACE_LISTEN, t->pid, 0, 0);
			return;
		}
		break;
	default:
		break;
	}
	if (is_started)
		resume(t, 0);
	else
		ptrace_do(PTRACE_CONT, t->pid, 0, 0);
}
void trace_stop(pid_t pid, int status)
{
	struct tracee *t = find(pid);
	int event = status >> 16;
	int sig = WSTOPSIG(status);
	if (is_free) {
		let_go(pid, event || sig == (SIGTRAP | 0x80) ? 0 : sig);
		return;
	}
	if (!t)
		t = add(pid);
	if (event)
		at_event(t, event, sig);
	else if (sig == (SIGTRAP | 0x80))
		at_call(t);
	else if (is_started)
		resume(t, sig);
	else
		ptrace_do(PTRACE_CONT, pid, 0, (unsigned long)sig);
}

void trace_begin(const struct setup *s, struct record *rec, bool records,
		 const struct fault *faults, int n_faults, struct result *ret, pid_t pid)
{
	const unsigned long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
				      PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
				      PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT |
				      PTRACE_O_TRACEVFORKDONE;

	now = s;
	record = rec;
	result = ret;
	is_recording = records;
	is_started = is_free = false;
	n_tracees = n_done = 0;
	n_todo = n_faults;
	for (int i = 0; i < n_faults; i++)
		todo[i] = faults[i];
	launcher = pid;
	add(pid)->role = role_of(-1, 0);
	if (ptrace_do(PTRACE_SEIZE, pid, 0, options))
		die("ptrace");
}

bool trace_is_over(void)
{
	return !launcher;
}

void trace_let_go(void)
{
	is_free = true;
}
