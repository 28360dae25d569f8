/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_test.c - `pillbox seccomp test`: the answer to one call, and the rule that gives it.
 *
 * An argument that was not given is not taken for 0: the rules are cut down to what they still say
 * once the given ones are filled in, and if the answer depends on the rest, that is the answer.
 *
 * Should: say what would have to change for the call to be allowed.
 * Mustn't: guess an argument.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "caps_names.h"
#include "nearest.h"
#include "profile_values.h"
#include "json_text.h"
#include "seccomp_cmd.h"
#include "term.h"

#define X32_BIT 0x40000000U
#define STATUS_DEPENDS 2

struct test {
	const struct seccomp_req *req;
	struct seccomp_profile sp;
	struct profile_view v;
	const char *name; /* of the call; NULL: it has none */
	const struct call_info *info;
	uint32_t nr;
	int mux; /* -1, or the call that it is behind (socketcall) */
	unsigned sub;
	__u64 args[PROFILE_ARGS];
	unsigned n_args;
	/* the rules with the given arguments filled in */
	struct profile_entry *left;
	struct profile_cond (*conds)[PROFILE_ARGS];
	size_t n_left;
	/* what was found */
	struct verdict verdict;
	bool is_seen, is_mixed;
	uint64_t openers; /* capabilities */
	struct err *err;
};

/* ---- the call ------------------------------------------------------------------------------- */

static const char *known_call(size_t i)
{
	return call_table[i].name;
}

static int find_call(struct test *t, const char *word, struct err *err)
{
	const char *near;
	uint64_t nr;
	int found, rc;

	t->mux = -1;
	if (parse_u64(word, UINT32_MAX, &nr) == 0) {
		if (t->v.arch == SCMP_ARCH_X86_64 && nr >= X32_BIT) {
			profile_view_free(&t->v);
			rc = profile_view(&t->v, &t->sp.p, t->sp.prog, SCMP_ARCH_X32, err);
			if (rc < 0)
				return rc;
		}
		t->nr = (uint32_t)nr | (t->v.arch == SCMP_ARCH_X32 && nr < X32_BIT ? X32_BIT : 0);
		t->name = call_name(t->v.arch, t->nr);
		t->info = t->name ? call_info(t->name) : NULL;
		return 0;
	}
	found = profile_call(t->v.arch, word, &t->mux, &t->sub);
	t->name = word;
	t->info = call_info(word);
	if (found >= 0 || t->mux >= 0) {
		t->nr = found >= 0 ? (uint32_t)found : (uint32_t)t->mux;
		if (found >= 0)
			return 0;
		/* It has no number of its own. */
		t->args[0] = t->sub;
		t->n_args = 1;
		return 0;
	}
	if (t->info) {
		rc = err_say(err, "%s: %s has no such call", word, seccomp_arch(t->v.arch));
		err_hint(err, "--arch names another architecture");
		return rc;
	}
	rc = err_say(err, "'%.60s': no system call is called so", word);
	near = nearest(word, known_call, call_table_len);
	if (near)
		err_hint(err, "did you mean %s?", near);
	else
		err_hint(err, "a name as in syscalls(2), or a number");
	return rc;
}

/* The call stands for a subcall of socketcall(2) or ipc(2), whose arguments no filter sees. */
static bool is_behind(const struct test *t)
{
	return t->mux >= 0 && t->nr == (uint32_t)t->mux;
}

static int read_arg(struct test *t, unsigned i, const char *word, struct err *err)
{
	char name[32], kind[SECCOMP_KIND];
	uint64_t value;
	int rc;

	seccomp_arg(t->info, i, name, sizeof(name), kind);
	if (call_value_parse(kind, word, &value) < 0) {
		rc = err_say(err, "'%.60s': neither a number nor a name for %s of %s", word, name,
			     t->name ? t->name : "this call");
		err_hint(err, "names as in the C headers, joined by |; or decimal, 0x hexadecimal, "
			      "0 octal, -1");
		return rc;
	}
	if (t->v.is_32bit && value > UINT32_MAX && value < UINT64_MAX - INT32_MAX)
		return err_say(err, "'%.60s': a register of %s has 32 bits", word,
			       seccomp_arch(t->v.arch));
	t->args[i] = t->v.is_32bit ? (uint32_t)value : value;
	return 0;
}

static int read_args(struct test *t, struct err *err)
{
	const struct seccomp_req *req = t->req;

	if (is_behind(t))
		return 0;
	for (int i = 2; i < req->n_words; i++) {
		int rc = read_arg(t, (unsigned)i - 2, req->words[i], err);

		if (rc < 0)
			return rc;
	}
	t->n_args = (unsigned)req->n_words - 2;
	return 0;
}

/* ---- the answer ----------------------------------------------------------------------------- */

/* Does the rule still matter, and by which conditions on what was not given? */
static bool cut_down(const struct test *t, const struct profile_entry *e, struct profile_entry *ret,
		     struct profile_cond *conds)
{
	*ret = *e;
	ret->conds = conds;
	ret->n_conds = 0;
	for (unsigned i = 0; i < e->n_conds; i++) {
		struct profile_entry one = {.n_conds = 1, .conds = &e->conds[i]};
		const struct profile_entry *by;

		if (e->conds[i].index >= t->n_args) {
			conds[ret->n_conds++] = e->conds[i];
			continue;
		}
		(void)profile_decide(&one, 1, 0, t->args, &by);
		if (!by)
			return false;
	}
	return true;
}

static int cut_all(struct test *t, struct err *err)
{
	const struct profile_entry *e;
	size_t n = profile_view_rules(&t->v, t->nr, &e);

	t->left = calloc(n + 1, sizeof(*t->left));
	t->conds = calloc(n + 1, sizeof(*t->conds));
	if (!t->left || !t->conds)
		return err_set(err, ENOMEM, "%s", t->sp.origin);
	for (size_t i = 0; i < n; i++)
		if (cut_down(t, &e[i], &t->left[t->n_left], t->conds[t->n_left]))
			t->n_left++;
	return 0;
}

static int ask(void *arg, const __u64 *args)
{
	struct test *t = arg;
	__u64 all[PROFILE_ARGS];
	struct verdict verdict;
	int rc;

	memcpy(all, args, sizeof(all));
	memcpy(all, t->args, t->n_args * sizeof(all[0]));
	rc = profile_verdict(&t->v, t->nr, all, &verdict, t->err);
	if (rc < 0)
		return rc;
	if (t->is_seen && verdict.action != t->verdict.action)
		t->is_mixed = true;
	t->verdict = verdict;
	t->is_seen = true;
	return 0;
}

static int answer(struct test *t, struct err *err)
{
	const struct seccomp_profile *sp = &t->sp;
	int rc = cut_all(t, err);

	t->err = err;
	rc = rc ? rc : profile_points(t->left, t->n_left, t->v.is_32bit, ask, t);
	if (rc == -ENOMEM)
		(void)err_set(err, ENOMEM, "%s", sp->origin);
	if (rc == 0 && !t->is_mixed && !verdict_allows(t->verdict.action))
		rc = profile_unlockers(sp->origin, sp->text, sp->len, sp->caps, sp->kernel,
				       t->v.arch, t->nr, t->args, &t->openers, err);
	return rc;
}

/* ---- the report ----------------------------------------------------------------------------- */

static void print_call(const struct test *t, FILE *out)
{
	char value[256], name[32], kind[SECCOMP_KIND];

	if (t->name)
		fprintf(out, "%s", t->name);
	else
		fprintf(out, "call %u", t->nr);
	if (t->n_args == 0 || is_behind(t))
		return;
	for (unsigned i = 0; i < t->n_args; i++) {
		seccomp_arg(t->info, i, name, sizeof(name), kind);
		fprintf(out, "%s%s", i ? ", " : "(",
			call_value_text(kind, t->args[i], value, sizeof(value)));
	}
	fputc(')', out);
}

/* "default:12: syscalls[3]: family = AF_UNIX" */
static void print_reason(const struct test *t, FILE *out)
{
	const struct profile_rule *rule = t->verdict.rule;
	const struct profile *p = &t->sp.p;
	char place[512];

	switch (t->verdict.by) {
	case BY_RULE:
		fprintf(out, "%s", seccomp_place(t->sp.origin, rule, place, sizeof(place)));
		if (rule->n_conds)
			fputs(": ", out);
		seccomp_conds_text(out, t->info, rule->conds, rule->n_conds);
		break;
	case BY_DEFAULT:
		fputs("no rule fits: the default action", out);
		break;
	case BY_NEWER:
		fprintf(out, "newer than all that the profile names: the last is %s",
			call_name(t->v.arch, t->v.newest) ? call_name(t->v.arch, t->v.newest)
							  : "none");
		break;
	case BY_ARCH:
		fprintf(out, "the profile has nothing for %s: only", seccomp_arch(t->v.arch));
		for (unsigned i = 0; i < p->n_arches; i++)
			fprintf(out, " %s", seccomp_arch(p->arches[i]));
		break;
	}
}

/* What is printed by `print`, malloc'd; NULL: no memory. */
static char *as_text(const struct test *t, void (*print)(const struct test *t, FILE *out))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	print(t, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* What else each of the capabilities opens that would open this call. */
static int print_openers(const struct term *term, const struct test *t, struct err *err)
{
	const struct seccomp_profile *sp = &t->sp;
	struct profile_unlock *u;
	size_t n;
	int rc = profile_unlocks(sp->origin, sp->text, sp->len, sp->caps, sp->kernel, &u, &n, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		char label[64], cap[32], text[8192];
		size_t used;

		if (!(t->openers & 1ULL << u[i].cap))
			continue;
		(void)snprintf(label, sizeof(label), "--cap-add %s",
			       cap_name(u[i].cap, cap, sizeof(cap)));
		used = (size_t)snprintf(text, sizeof(text), "would allow it, and gives:");
		for (size_t k = 0; k < u[i].n && used < sizeof(text) - 64; k++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, " %s",
						 u[i].calls[k]);
		term_para(term, 2, 3 + (unsigned)strlen(label), STYLE_KEY, label, text);
	}
	profile_unlocks_free(u, n);
	return 0;
}

/* The same call by another number: socketcall(2) goes round rules on the arguments of socket(2). */
static int print_behind(const struct term *term, const struct test *t, struct err *err)
{
	__u64 args[PROFILE_ARGS] = {t->sub};
	char text[192], answer[64];
	struct verdict v;
	const char *mux;
	int rc;

	if (t->mux < 0)
		return 0;
	rc = profile_verdict(&t->v, (uint32_t)t->mux, args, &v, err);
	if (rc < 0)
		return rc;
	mux = call_name(t->v.arch, (uint32_t)t->mux);
	(void)snprintf(text, sizeof(text),
		       "%s as %s(%u), whose arguments are in memory, where no filter can look: %s",
		       is_behind(t) ? "only" : "also", mux ? mux : "?", t->sub,
		       seccomp_answer(v.action, answer, sizeof(answer)));
	term_para(term, 2, 2, STYLE_PLAIN, "", text);
	return 0;
}

static int print_text(const struct test *t, struct err *err)
{
	auto_free char *call = as_text(t, print_call), *reason = as_text(t, print_reason);
	auto_free char *rules = seccomp_rules_text(t->info, t->left, t->n_left, t->sp.p.def_action);
	bool is_allowed = verdict_allows(t->verdict.action);
	char answer[64], label[96];
	struct term term;
	int rc;

	if (!call || !reason || !rules)
		return err_set(err, ENOMEM, "the report");
	term_init(&term, stdout);
	(void)snprintf(label, sizeof(label), "%s:",
		       t->is_mixed ? "it depends on the other arguments"
				   : seccomp_answer(t->verdict.action, answer, sizeof(answer)));
	term_para(&term, 0, (unsigned)strlen(label) + 1,
		  t->is_mixed  ? STYLE_KEY
		  : is_allowed ? STYLE_GOOD
			       : STYLE_BAD,
		  label, call);
	term_para(&term, 2, 2, STYLE_PLAIN, "", t->is_mixed ? rules : reason);
	rc = print_behind(&term, t, err);
	return rc < 0 || t->is_mixed || is_allowed ? rc : print_openers(&term, t, err);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static json_t *reason_json(const struct test *t)
{
	static const char *const by[] = {[BY_RULE] = "rule",
					 [BY_DEFAULT] = "default",
					 [BY_NEWER] = "newer",
					 [BY_ARCH] = "architecture"};
	const struct profile_rule *rule = t->verdict.rule;
	auto_free char *text = as_text(t, print_reason);
	json_t *j = json_pack("{s:s, s:o}", "by", by[t->verdict.by], "text",
			      text ? json_of_text(text) : NULL);

	if (rule)
		(void)json_object_set_new(j, "rule",
					  json_pack("{s:i, s:i}", "entry", (int)rule->entry, "line",
						    (int)rule->line));
	return j;
}

static int print_document(const struct test *t, struct err *err)
{
	auto_free char *rules = seccomp_rules_text(t->info, t->left, t->n_left, t->sp.p.def_action);
	const char *verdict = t->is_mixed                         ? "depends"
			      : verdict_allows(t->verdict.action) ? "allowed"
								  : "refused";
	json_t *args = json_array();

	for (unsigned i = 0; i < t->n_args; i++) {
		char hex[24];

		(void)snprintf(hex, sizeof(hex), "0x%llx", (unsigned long long)t->args[i]);
		(void)json_array_append_new(args, json_string(hex));
	}
	return seccomp_print_json(
		json_pack("{s:i, s:o, s:s, s:o, s:I, s:o, s:s, s:o, s:o, s:s?, s:o}", "format",
			  SECCOMP_FORMAT, "profile", json_of_text(t->sp.origin), "arch",
			  seccomp_arch(t->v.arch), "call",
			  t->name ? json_string(t->name) : json_null(), "nr", (json_int_t)t->nr,
			  "args", args, "verdict", verdict, "answer",
			  t->is_mixed ? json_null() : seccomp_action_json(t->verdict.action),
			  "reason", t->is_mixed ? json_null() : reason_json(t), "rules", rules,
			  "opened_by", seccomp_caps_json(t->openers)),
		err);
}

/* ---- the command ---------------------------------------------------------------------------- */

static int test(struct test *t, struct err *err)
{
	const struct seccomp_req *req = t->req;
	int rc = seccomp_profile_load(req, req->words[0], &t->sp, err);

	rc = rc ? rc : profile_view(&t->v, &t->sp.p, t->sp.prog, req->arch, err);
	rc = rc ? rc : find_call(t, req->words[1], err);
	rc = rc ? rc : read_args(t, err);
	rc = rc ? rc : answer(t, err);
	rc = rc ? rc : req->is_json ? print_document(t, err) : print_text(t, err);
	if (rc < 0)
		return rc;
	return t->is_mixed ? STATUS_DEPENDS : !verdict_allows(t->verdict.action);
}

int seccomp_test(const struct seccomp_req *req, struct err *err)
{
	struct test t = {.req = req};
	int rc = test(&t, err);

	profile_view_free(&t.v);
	seccomp_profile_free(&t.sp);
	free(t.left);
	free(t.conds);
	return rc;
}
