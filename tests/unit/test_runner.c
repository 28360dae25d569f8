/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_runner.c - the walk over the list, with steps that only write down that they ran.
 *
 * Each launch happens in a process of its own, because a launch that succeeds ends with the launcher
 * confining itself. What happened is told through shared memory.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner.h"
#include "sys.h"

#define MAX_LIST 128

static struct diary {
	char text[256]; /* "a1 B1 ..." in the order in which it happened */
	pid_t launcher, child;
	int wrong_side;     /* steps that ran in the other process */
	char passed[2][16]; /* what was read from the descriptors that were handed over */
} * diary;

static struct outcome {
	int status;
	char said[4096];
} got;

static void setup(void)
{
	diary = mmap(NULL, sizeof(*diary), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	cr_assert(diary != MAP_FAILED);
	/* What a dead launcher leaves becomes our child, and can be waited for. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

static void note_down(const struct run *r, enum side side, const char *word)
{
	size_t len = strlen(diary->text);

	(void)snprintf(diary->text + len, sizeof(diary->text) - len, "%s%s", len ? " " : "", word);
	if (r->side != side)
		diary->wrong_side++;
}

/* Not for undo: the launcher has confined itself by then, and getpid() is not what it may call. */
static void check_pid(enum side side)
{
	if (getpid() != (side == PARENT ? diary->launcher : diary->child))
		diary->wrong_side++;
}

/* ---- fake steps ---------------------------------------------------------------------------- */

static int fake_clone(struct run *r, struct err *err)
{
	int pair[2];
	pid_t pid;

	note_down(r, PARENT, "clone");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_set(err, errno, "socketpair");
	r->baton = pair[0];
	r->baton_child = pair[1];
	pid = fork();
	if (pid < 0)
		return err_set(err, errno, "fork");
	if (pid == 0) {
		diary->child = getpid();
		runner_become_child(r);
		return 0;
	}
	(void)close(take_fd(&r->baton_child));
	r->child = pid;
	r->pidfd = sys_pidfd_open(pid, 0);
	r->workload = dup(r->pidfd);
	return 0;
}

#define RUN(name, side_)                                      \
	static int run_##name(struct run *r, struct err *err) \
	{                                                     \
		(void)err;                                    \
		check_pid(side_);                             \
		note_down(r, side_, #name);                   \
		return 0;                                     \
	}
#define UNDO(name)                               \
	static void undo_##name(struct run *r)   \
	{                                        \
		note_down(r, PARENT, "-" #name); \
	}

// clang-format off
RUN(pure, PARENT)
RUN(p1, PARENT)
RUN(p2, PARENT)
RUN(p3, PARENT)
RUN(p4, PARENT)
RUN(c1, CHILD)
RUN(c2, CHILD)
RUN(c3, CHILD)
UNDO(p1)
UNDO(p2)
UNDO(p3)
UNDO(clone)
// clang-format on

static bool never(const struct run *r)
{
	(void)r;
	return false;
}

static int run_never(struct run *r, struct err *err)
{
	note_down(r, r->side, "never");
	return err_set(err, EIO, "a step ran that nobody wanted");
}

/* Stands for execve: the end of the child's socket while `hot` is set. */
static int run_end(struct run *r, struct err *err)
{
	(void)err;
	note_down(r, CHILD, "end");
	r->page->hot = 1;
	_exit(7);
}

static int run_vanish(struct run *r, struct err *err)
{
	(void)r, (void)err;
	_exit(0);
}

static int run_killed(struct run *r, struct err *err)
{
	(void)r, (void)err;
	raise(SIGKILL);
	return 0;
}

/* What was planned lies in memory that is read-only by now. The sanitizer's handler would not die. */
static int run_changes(struct run *r, struct err *err)
{
	(void)err;
	note_down(r, CHILD, "changes");
	(void)signal(SIGSEGV, SIG_DFL);
	r->plan->uid++;
	return 0;
}

static int run_die(struct run *r, struct err *err)
{
	(void)err;
	note_down(r, PARENT, "die");
	raise(SIGKILL);
	return 0;
}

static int run_fail(struct run *r, struct err *err)
{
	note_down(r, r->side, "fail");
	return err_set(err, ENOSPC, "the disk of '%s'", "fake");
}

/* Every byte that the parent reads is wrong. */
static int run_hostile(struct run *r, struct err *err)
{
	(void)err;
	memset(r->page, 0xff, sizeof(*r->page));
	_exit(0);
}

static int run_hostile_text(struct run *r, struct err *err)
{
	(void)err;
	memset(&r->page->err, '\033', sizeof(r->page->err));
	r->page->err.is_set = true;
	r->page->err.raw = true;
	r->page->err.num = INT_MIN;
	r->page->err.exit = 0; /* as if all were well */
	r->page->step = INT_MIN;
	_exit(0);
}

static int run_extra(struct run *r, struct err *err)
{
	(void)err;
	/* Bytes that mean nothing, and then the baton twice. */
	if (write(r->baton, "x", 1) != 1 || write(r->baton, "\0", 1) != 1 ||
	    write(r->baton, "B", 1) != 1)
		_exit(3);
	for (;;)
		pause();
}

static int run_give(struct run *r, struct err *err)
{
	r->hand = memfd_create("hand", MFD_CLOEXEC);
	if (r->hand < 0 || write(r->hand, r->side == CHILD ? "child" : "parent", 6) < 5)
		return err_set(err, errno, "memfd");
	return 0;
}

static int run_take(struct run *r, struct err *err)
{
	if (r->received < 0 || pread(r->received, diary->passed[r->side], 15, 0) < 0)
		return err_set(err, errno, "nothing was handed over");
	(void)close(take_fd(&r->received));
	return 0;
}

static const struct hint fake_hints[] = {
	{EPERM, "not this one"}, {ENOSPC, "buy a disk"}, {0, NULL}};

#define STEP(name, side_, ...)                              \
	static const struct step name = {.id = #name,       \
					 .what = "x",       \
					 .why = "x",        \
					 .refs = "x",       \
					 .side = side_,     \
					 .run = run_##name, \
					 __VA_ARGS__}
STEP(pure, PARENT, .is_pure = true);
STEP(p1, PARENT, .undo = undo_p1);
STEP(p2, PARENT, .undo = undo_p2);
STEP(p3, PARENT, .undo = undo_p3);
STEP(p4, PARENT, .hints = NULL);
STEP(c1, CHILD, .hints = NULL);
STEP(c2, CHILD, .hints = NULL);
STEP(c3, CHILD, .hints = NULL);
STEP(end, CHILD, .hints = NULL);
STEP(vanish, CHILD, .hints = NULL);
STEP(changes, CHILD, .hints = NULL);
STEP(killed, CHILD, .hints = NULL);
STEP(die, PARENT, .hints = NULL);
STEP(hostile, CHILD, .hints = fake_hints);
STEP(hostile_text, CHILD, .hints = NULL);
STEP(extra, CHILD, .hints = NULL);

static const struct step clone_ = {
	.id = "fork", .side = PARENT, .run = fake_clone, .undo = undo_clone};
static const struct step p_fail = {
	.id = "p-fail", .side = PARENT, .run = run_fail, .hints = fake_hints};
static const struct step c_fail = {
	.id = "c-fail", .side = CHILD, .run = run_fail, .hints = fake_hints};
static const struct step p_give = {.id = "p-give", .side = PARENT, .run = run_give};
static const struct step c_give = {.id = "c-give", .side = CHILD, .run = run_give};
static const struct step p_take = {.id = "p-take", .side = PARENT, .run = run_take};
static const struct step c_take = {.id = "c-take", .side = CHILD, .run = run_take};
static const struct step unwanted = {
	.id = "unwanted", .side = CHILD, .wanted = never, .run = run_never};
static const struct step unwanted_p = {
	.id = "unwanted-p", .side = PARENT, .wanted = never, .run = run_never};

/* ---- a launch in a process of its own --------------------------------------------------------- */

static void launcher(const struct step *const *list, const char *fail_at, const char *skip)
{
	struct seam seam = {.fail_at = fail_at, .fail_errno = ENOMEM, .skip = skip, .list = list};
	struct arena arena = {0};
	struct err err = {0};
	struct spec *s;

	diary->launcher = getpid();
	if (arena_init(&arena, &err) < 0)
		_exit(99);
	s = arena_alloc(&arena, sizeof(*s));
	s->arena = &arena;
	preset_apply(s, PRESET_HARDENED);
	s->has_init = false;
	s->n_mounts = 0;
	_exit(runner_launch(s, &seam));
}

static void launch_with(const char *fail_at, const char *skip, const struct step *const *steps)
{
	const struct step *list[MAX_LIST];
	size_t n = 0;
	int out[2];
	pid_t pid;
	ssize_t len, all = 0;

	cr_assert(program_len <= MAX_LIST);
	for (; steps[n]; n++)
		list[n] = steps[n];
	cr_assert(n <= program_len, "more fake steps than real ones");
	for (; n < program_len; n++) /* what is not needed is not wanted */
		list[n] = n % 2 ? &unwanted : &unwanted_p;
	cr_assert(pipe2(out, O_CLOEXEC) == 0);
	pid = fork();
	if (pid == 0) {
		(void)dup2(out[1], STDERR_FILENO);
		(void)dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
		launcher(list, fail_at, skip);
	}
	(void)close(out[1]);
	while ((len = read(out[0], got.said + all, sizeof(got.said) - 1 - (size_t)all)) > 0)
		all += len;
	got.said[all] = '\0';
	cr_assert(waitpid(pid, &got.status, 0) == pid);
	(void)close(out[0]);
}

#define LAUNCH(...) launch_with(NULL, NULL, (const struct step *const[]){__VA_ARGS__, NULL})

static void happened(const char *want)
{
	cr_expect_str_eq(diary->text, want);
	cr_expect(diary->wrong_side == 0, "%d steps ran in the wrong process", diary->wrong_side);
}

static void ended(int code, const char *said)
{
	cr_expect(WIFEXITED(got.status) && WEXITSTATUS(got.status) == code,
		  "status %#x, not %d: %s", (unsigned)got.status, code, got.said);
	cr_expect_str_eq(got.said, said);
}

/* The launcher is the child's parent: when it is gone and nobody came to us, nobody is left. */
static void nobody_left(void)
{
	cr_expect(waitpid(-1, NULL, 0) < 0 && errno == ECHILD, "a process outlived the launcher");
}

TestSuite(runner, .init = setup, .timeout = 30);

/* ---- the walk ------------------------------------------------------------------------------ */

/* Each kind of boundary: parent after parent, parent-child, child after child, child-parent. */
Test(runner, order_of_the_list_is_order_of_time)
{
	LAUNCH(&pure, &p1, &clone_, &p2, &c1, &c2, &p3, &c3, &p4, &end);
	happened("pure p1 clone p2 c1 c2 p3 c3 p4 end -p3 -p2 -clone -p1");
	ended(7, "");
	nobody_left();
}

Test(runner, child_first_after_clone)
{
	LAUNCH(&clone_, &c1, &end);
	happened("clone c1 end -clone");
	ended(7, "");
}

Test(runner, unwanted_steps_do_not_hand_over)
{
	LAUNCH(&unwanted_p, &clone_, &p2, &unwanted, &p3, &c1, &unwanted_p, &c2, &end);
	happened("clone p2 p3 c1 c2 end -p3 -p2 -clone");
	ended(7, "");
}

Test(runner, descriptors_travel_with_the_baton_both_ways)
{
	LAUNCH(&clone_, &p_give, &c_take, &c_give, &p_take, &end);
	ended(7, "");
	cr_expect_str_eq(diary->passed[CHILD], "parent");
	cr_expect_str_eq(diary->passed[PARENT], "child");
}

/* ---- failures ------------------------------------------------------------------------------ */

#define FAIL_TEXT "the disk of 'fake': No space left on device\nhint: buy a disk\n"

Test(runner, failing_parent_step_before_clone)
{
	LAUNCH(&p1, &p2, &p_fail, &p3, &clone_, &end);
	happened("p1 p2 fail -p2 -p1");
	ended(125, "pillbox: p-fail: " FAIL_TEXT);
}

Test(runner, failing_parent_step_ends_the_child)
{
	LAUNCH(&p1, &clone_, &c1, &p2, &p_fail, &c2, &p3, &end);
	happened("p1 clone c1 p2 fail -p2 -clone -p1");
	ended(125, "pillbox: p-fail: " FAIL_TEXT);
	nobody_left();
}

Test(runner, failing_child_step_is_told_by_the_page)
{
	LAUNCH(&p1, &clone_, &p2, &c1, &c_fail, &c2, &end);
	happened("p1 clone p2 c1 fail -p2 -clone -p1");
	ended(125, "pillbox: c-fail: " FAIL_TEXT);
	nobody_left();
}

/* The parent step after the failed child step never ran, and is not undone. */
Test(runner, failing_child_step_before_a_parent_step)
{
	LAUNCH(&p1, &clone_, &c_fail, &p3, &end);
	happened("p1 clone fail -clone -p1");
	ended(125, "pillbox: c-fail: " FAIL_TEXT);
}

Test(runner, child_that_vanishes)
{
	LAUNCH(&p1, &clone_, &c1, &vanish, &p3, &end);
	happened("p1 clone c1 -clone -p1");
	ended(125, "pillbox: vanish: the sandbox ended during set-up without a reason\n");
	nobody_left();
}

Test(runner, child_that_is_killed)
{
	LAUNCH(&p1, &clone_, &c1, &killed, &p3, &end);
	happened("p1 clone c1 -clone -p1");
	ended(125, "pillbox: killed: the sandbox was killed by signal 9 during set-up\n");
	nobody_left();
}

Test(runner, the_plan_cannot_be_changed_once_things_are_touched)
{
	LAUNCH(&p1, &clone_, &changes, &end);
	happened("p1 clone changes -clone -p1");
	ended(125, "pillbox: changes: the sandbox was killed by signal 11 during set-up\n");
	nobody_left();
}

/* The child waits for the baton; the end of the socket is the end of it. */
Test(runner, killed_launcher_takes_the_child_along)
{
	int status = 0;

	LAUNCH(&clone_, &c1, &die, &c2, &end);
	happened("clone c1 die");
	cr_expect(WIFSIGNALED(got.status) && WTERMSIG(got.status) == SIGKILL);
	cr_expect(waitpid(diary->child, &status, 0) == diary->child);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 125, "status %#x", (unsigned)status);
	nobody_left();
}

Test(runner, child_that_talks_out_of_turn)
{
	LAUNCH(&p1, &clone_, &c1, &extra);
	happened("p1 clone c1 -clone -p1");
	ended(125, "pillbox: fork: the sandbox answered out of turn\n");
	nobody_left();
}

/* ---- the seam ------------------------------------------------------------------------------ */

Test(runner, seam_fails_a_step)
{
	launch_with("c2", NULL, (const struct step *const[]){&p1, &clone_, &c1, &c2, &end, NULL});
	happened("p1 clone c1 -clone -p1");
	ended(125, "pillbox: c2: injected: Cannot allocate memory\n");
}

Test(runner, seam_skips_a_step)
{
	launch_with(NULL, "c1", (const struct step *const[]){&p1, &clone_, &c1, &c2, &end, NULL});
	happened("p1 clone c2 end -clone -p1");
	ended(7, "");
}

/* ---- the page ------------------------------------------------------------------------------ */

Test(runner, page_of_ones_is_made_safe)
{
	static struct page page;
	struct err err;

	memset(&page, 0xff, sizeof(page));
	page_err(&page, &err);
	cr_expect(err.msg[sizeof(err.msg) - 1] == '\0' && err.hint[sizeof(err.hint) - 1] == '\0');
	cr_expect(err.num == EPROTO, "errno %d", err.num);
	cr_expect(err.exit == EXIT_SETUP, "exit %d", err.exit);
	cr_expect(*(unsigned char *)&err.is_set == 1 && *(unsigned char *)&err.raw == 1);
}

Test(runner, numbers_of_the_page_are_bounded)
{
	static const struct {
		int num, exit, want_num, want_exit;
	} cases[] = {
		{0, 0, 0, 125},
		{4095, 126, 4095, 126},
		{4096, 127, EPROTO, 127},
		{-1, -1, EPROTO, 125},
		{INT_MIN, 0, EPROTO, 125},
		{INT_MAX, 128, EPROTO, 125},
		{ENOSPC, 256, ENOSPC, 125},
		{ENOSPC, 1, ENOSPC, 125},
	};
	static struct page page;
	struct err err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		page.err.num = cases[i].num;
		page.err.exit = cases[i].exit;
		page_err(&page, &err);
		cr_expect(err.num == cases[i].want_num && err.exit == cases[i].want_exit,
			  "%d and %d became %d and %d", cases[i].num, cases[i].exit, err.num,
			  err.exit);
		cr_expect(!err.is_set && !err.raw);
	}
}

static void one_clean_line(void)
{
	cr_expect(WIFEXITED(got.status) && WEXITSTATUS(got.status) == 125, "status %#x",
		  (unsigned)got.status);
	cr_expect(!strncmp(got.said, "pillbox: ", 9), "'%s'", got.said);
	for (const char *p = got.said; *p; p++)
		cr_expect((unsigned char)*p >= ' ' || *p == '\n', "control byte %#x",
			  (unsigned char)*p);
	nobody_left();
}

Test(runner, launch_with_a_page_of_ones)
{
	LAUNCH(&p1, &clone_, &hostile, &p3, &end);
	happened("p1 clone -clone -p1");
	one_clean_line();
}

Test(runner, launch_with_a_page_that_drives_the_terminal)
{
	LAUNCH(&p1, &clone_, &hostile_text, &p3, &end);
	happened("p1 clone -clone -p1");
	one_clean_line();
	cr_expect(strstr(got.said, "\\x1b\\x1b"), "not escaped: %.100s", got.said);
}
