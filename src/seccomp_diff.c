/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_diff.c - `pillbox seccomp diff`: which calls get another answer from B than from A.
 *
 * Two profiles are the same when they answer the same, however they are written. So both programs are
 * run over every number of every architecture that one of them has, and for calls with conditions over
 * the arguments at which one of the two may change its answer.
 *
 * Should: show both sides of every difference.
 * Mustn't: compare text, or rules one by one.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "caps_names.h"
#include "profile_values.h"
#include "json_text.h"
#include "seccomp_cmd.h"
#include "term.h"

#define X32_BIT 0x40000000U
#define CHANGES_MAX 4096 /* no architecture has half as many calls */

enum kind { SAME, ONLY_A, ONLY_B, CONDITIONS, ANSWERS };

struct change {
	uint32_t nr;
	const char *name; /* NULL: none is known */
	enum kind kind;
	uint32_t a, b; /* the answers, where they differ */
	bool is_fixed; /* they are these whatever the arguments */
};

/* One architecture. */
struct section {
	uint32_t arch;
	struct profile_view a, b;
	struct change *changes;
	size_t n;
};

struct diff {
	struct seccomp_profile a, b;
	struct section sections[2 * PROFILE_ARCHES];
	unsigned n;
	struct term term;
};

static uint32_t newest_of(const struct section *s)
{
	return s->a.newest > s->b.newest ? s->a.newest : s->b.newest;
}

/* ---- one call ------------------------------------------------------------------------------- */

struct pair {
	const struct section *s;
	uint32_t nr;
	bool a_some, a_all, b_some, b_all, differs, one_allows, is_started, is_mixed;
	uint32_t a, b; /* the first that differ, or the first of all */
	struct err *err;
};

static int compare_at(void *arg, const __u64 *args)
{
	struct pair *p = arg;
	struct verdict a, b;
	bool a_allows, b_allows;

	if (profile_verdict(&p->s->a, p->nr, args, &a, p->err) < 0 ||
	    profile_verdict(&p->s->b, p->nr, args, &b, p->err) < 0)
		return -EINVAL;
	a_allows = verdict_allows(a.action);
	b_allows = verdict_allows(b.action);
	p->a_some |= a_allows;
	p->a_all &= a_allows;
	p->b_some |= b_allows;
	p->b_all &= b_allows;
	p->one_allows |= a_allows != b_allows;
	p->is_mixed |= p->is_started && (a.action != p->a || b.action != p->b);
	if (!p->is_started || (a.action != b.action && !p->differs)) {
		p->a = a.action;
		p->b = b.action;
	}
	p->differs |= a.action != b.action;
	p->is_started = true;
	return 0;
}

static enum kind kind_of(const struct pair *p)
{
	if (!p->differs)
		return SAME;
	if (p->a_all && !p->b_some)
		return ONLY_A;
	if (p->b_all && !p->a_some)
		return ONLY_B;
	return p->one_allows ? CONDITIONS : ANSWERS;
}

static int compare_call(struct section *s, uint32_t nr, struct err *err)
{
	struct pair p = {.s = s, .nr = nr, .a_all = true, .b_all = true, .err = err};
	const struct profile_entry *ea, *eb;
	size_t na = profile_view_rules(&s->a, nr, &ea), nb = profile_view_rules(&s->b, nr, &eb);
	auto_free struct profile_entry *both = calloc(na + nb + 1, sizeof(*both));
	enum kind kind;
	int rc;

	if (!both)
		return err_set(err, ENOMEM, "%zu rules", na + nb);
	memcpy(both, ea, na * sizeof(*both));
	memcpy(both + na, eb, nb * sizeof(*both));
	rc = profile_points(both, na + nb, s->a.is_32bit, compare_at, &p);
	if (rc < 0)
		return rc == -ENOMEM ? err_set(err, ENOMEM, "%zu rules", na + nb) : rc;
	kind = kind_of(&p);
	if (kind != SAME && s->n < CHANGES_MAX)
		s->changes[s->n++] = (struct change){
			.nr = nr,
			.name = nr > newest_of(s) ? NULL : call_name(s->arch, nr),
			.kind = kind,
			.a = p.a,
			.b = p.b,
			.is_fixed = !p.is_mixed};
	return 0;
}

/* ---- all calls ------------------------------------------------------------------------------ */

static int by_name(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	if (x->name && y->name)
		return strcmp(x->name, y->name);
	if (x->name || y->name)
		return x->name ? -1 : 1;
	return x->nr < y->nr ? -1 : x->nr > y->nr;
}

static int compare_arch(struct diff *d, uint32_t arch, struct err *err)
{
	struct section *s = &d->sections[d->n++];
	uint32_t first = arch == SCMP_ARCH_X32 ? X32_BIT : 0;
	int rc;

	s->arch = arch;
	s->changes = calloc(CHANGES_MAX, sizeof(*s->changes));
	if (!s->changes)
		return err_set(err, ENOMEM, "%s", seccomp_arch(arch));
	rc = profile_view(&s->a, &d->a.p, d->a.prog, arch, err);
	rc = rc ? rc : profile_view(&s->b, &d->b.p, d->b.prog, arch, err);
	/* If only one has it, every call differs, and that is said in one line. */
	if (rc || s->a.is_listed != s->b.is_listed)
		return rc;
	for (uint32_t nr = first; nr <= newest_of(s) + 1 && rc == 0; nr++)
		rc = compare_call(s, nr, err);
	if (s->n)
		qsort(s->changes, s->n, sizeof(*s->changes), by_name);
	return rc;
}

static bool has_section(const struct diff *d, uint32_t arch)
{
	for (unsigned i = 0; i < d->n; i++)
		if (d->sections[i].arch == arch)
			return true;
	return false;
}

static int compare_all(struct diff *d, struct err *err)
{
	const struct profile *both[] = {&d->a.p, &d->b.p};
	int rc = 0;

	for (unsigned k = 0; k < 2; k++)
		for (unsigned i = 0; i < both[k]->n_arches && rc == 0; i++)
			if (!has_section(d, both[k]->arches[i]))
				rc = compare_arch(d, both[k]->arches[i], err);
	return rc;
}

static bool is_same(const struct diff *d)
{
	if (d->a.p.flags != d->b.p.flags)
		return false;
	for (unsigned i = 0; i < d->n; i++)
		if (d->sections[i].n || d->sections[i].a.is_listed != d->sections[i].b.is_listed)
			return false;
	return true;
}

/* ---- text ----------------------------------------------------------------------------------- */

static const struct change *find_change(const struct section *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->changes[i].name && strcmp(s->changes[i].name, name) == 0)
			return &s->changes[i];
	return NULL;
}

/* Has every call that both architectures have the same kind of change, or none? */
static bool is_like(const struct section *s, const struct section *first)
{
	for (size_t i = 0; i < call_table_len; i++) {
		const char *name = call_table[i].name;
		const struct change *a = find_change(s, name), *b = find_change(first, name);
		unsigned sub;
		int mux;

		if ((a ? a->kind : SAME) != (b ? b->kind : SAME) &&
		    profile_call(s->arch, name, &mux, &sub) >= 0 &&
		    profile_call(first->arch, name, &mux, &sub) >= 0)
			return false;
	}
	return true;
}

static const char *change_name(const struct section *s, const struct change *c, char *buf,
			       size_t size)
{
	if (c->name)
		return c->name;
	if (c->nr > newest_of(s))
		return "whatever is newer";
	(void)snprintf(buf, size, "number %u", c->nr & ~X32_BIT);
	return buf;
}

static char *side_text(const struct profile_view *v, const struct change *c, uint32_t action)
{
	const struct profile_entry *e;
	size_t n = profile_view_rules(v, c->nr, &e);
	char answer[64];

	/* Not even the default action: ENOSYS for what is newer. */
	if (n == 0)
		return strdup(seccomp_answer(action, answer, sizeof(answer)));
	return seccomp_rules_text(c->name ? call_info(c->name) : NULL, e, n, v->p->def_action);
}

static int print_sides(const struct diff *d, const struct section *s, const struct change *c,
		       struct err *err)
{
	auto_free char *a = side_text(&s->a, c, c->a), *b = side_text(&s->b, c, c->b);
	char name[32];

	if (!a || !b)
		return err_set(err, ENOMEM, "the report");
	term_line(&d->term, 2, STYLE_KEY, change_name(s, c, name, sizeof(name)));
	term_para(&d->term, 4, 7, STYLE_PLAIN, "A:", a);
	term_para(&d->term, 4, 7, STYLE_PLAIN, "B:", b);
	return 0;
}

/* Is it said in one line with others of the same kind? */
static bool is_listed(const struct change *c)
{
	return c->kind == ONLY_A || c->kind == ONLY_B || (c->kind == ANSWERS && c->is_fixed);
}

/* Do they go into one line? */
static bool is_alike(const struct change *c, const struct change *like)
{
	return c->kind == like->kind && is_listed(c) &&
	       (c->kind != ANSWERS || (c->a == like->a && c->b == like->b));
}

/* Is it a difference of `first`, too? */
static bool is_repeated(const struct change *c, const struct section *first)
{
	return first && c->name && find_change(first, c->name);
}

/* Numbers without names follow each other: " to 423". How many there are. */
static size_t print_rest(const struct section *s, size_t at, FILE *out)
{
	const struct change *c = &s->changes[at];
	size_t n = 0;

	while (at + n + 1 < s->n && !c[n].name && is_alike(&c[n + 1], c) &&
	       c[n + 1].nr == c->nr + n + 1 && c[n + 1].nr <= newest_of(s))
		n++;
	if (n)
		fprintf(out, " to %u", c[n].nr & ~X32_BIT);
	return n;
}

/* All that are like this one. */
static int print_names(const struct diff *d, const struct section *s, const struct section *first,
		       const struct change *like, struct err *err)
{
	auto_free char *text = NULL;
	char label[192], a[64], b[64];
	const char *blank = "";
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return err_set(err, ENOMEM, "the report");
	for (size_t i = 0; i < s->n; i++) {
		const struct change *c = &s->changes[i];

		if (!is_alike(c, like) || is_repeated(c, first))
			continue;
		fprintf(out, "%s%s", blank, change_name(s, c, label, sizeof(label)));
		blank = " ";
		i += print_rest(s, i, out);
	}
	if (fclose(out))
		return err_set(err, ENOMEM, "the report");
	if (like->kind == ANSWERS)
		(void)snprintf(label, sizeof(label), "A: %s; B: %s",
			       seccomp_answer(like->a, a, sizeof(a)),
			       seccomp_answer(like->b, b, sizeof(b)));
	else
		(void)snprintf(label, sizeof(label), "only %c allows",
			       like->kind == ONLY_A ? 'A' : 'B');
	term_line(&d->term, 2, STYLE_KEY, label);
	term_para(&d->term, 4, 4, STYLE_PLAIN, "", text);
	return 0;
}

/* `first`: what differs there, too, is not repeated. */
static int print_changes(const struct diff *d, const struct section *s, const struct section *first,
			 struct err *err)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct change *c = &s->changes[i];
		size_t before = 0;

		if (is_repeated(c, first))
			continue;
		while (before < i && (!is_alike(c, &s->changes[before]) ||
				      is_repeated(&s->changes[before], first)))
			before++;
		if (is_listed(c) && before == i && print_names(d, s, first, c, err) < 0)
			return -err->num;
	}
	for (size_t i = 0; i < s->n; i++) {
		const struct change *c = &s->changes[i];

		if (!is_listed(c) && !is_repeated(c, first) && print_sides(d, s, c, err) < 0)
			return -err->num;
	}
	return 0;
}

static int print_section(const struct diff *d, unsigned at, struct err *err)
{
	const struct section *s = &d->sections[at];
	const struct section *first = at && is_like(s, &d->sections[0]) ? &d->sections[0] : NULL;
	const char *arch = seccomp_arch(s->arch);
	char text[128];

	if (s->a.is_listed != s->b.is_listed)
		(void)snprintf(text, sizeof(text),
			       "%s: only %c has it; under %c every call kills the process", arch,
			       s->a.is_listed ? 'A' : 'B', s->a.is_listed ? 'B' : 'A');
	else if (s->n == 0)
		(void)snprintf(text, sizeof(text), "%s: no difference", arch);
	else if (first)
		(void)snprintf(text, sizeof(text), "%s: as %s, and what it alone has", arch,
			       seccomp_arch(first->arch));
	else
		(void)snprintf(text, sizeof(text), "%s:", arch);
	fputc('\n', d->term.out);
	term_line(&d->term, 0, STYLE_TITLE, text);
	return print_changes(d, s, first, err);
}

static void print_side(const struct diff *d, const char *label, const struct seccomp_profile *sp)
{
	char text[1024], caps[768], answer[64];

	(void)snprintf(text, sizeof(text), "%.200s; capabilities: %s; default: %s; flags: %s",
		       sp->origin, caps_text(sp->caps, caps, sizeof(caps)),
		       seccomp_answer(sp->p.def_action, answer, sizeof(answer)),
		       seccomp_flags(sp->p.flags));
	term_para(&d->term, 0, 3, STYLE_KEY, label, text);
}

static int print_text(struct diff *d, struct err *err)
{
	term_init(&d->term, stdout);
	print_side(d, "A:", &d->a);
	print_side(d, "B:", &d->b);
	for (unsigned i = 0; i < d->n; i++)
		if (print_section(d, i, err) < 0)
			return -err->num;
	return 0;
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static json_t *side_json(const struct seccomp_profile *sp)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "profile", json_of_text(sp->origin),
			 "capabilities", seccomp_caps_json(sp->caps), "default",
			 seccomp_action_json(sp->p.def_action), "architectures",
			 seccomp_arches_json(&sp->p), "flags", seccomp_flags_json(sp->p.flags));
}

static void add_changes(json_t *list, const struct section *s)
{
	static const char *const kinds[] = {[ONLY_A] = "only_a",
					    [ONLY_B] = "only_b",
					    [CONDITIONS] = "conditions",
					    [ANSWERS] = "answers"};

	for (size_t i = 0; i < s->n; i++) {
		const struct change *c = &s->changes[i];
		auto_free char *a = side_text(&s->a, c, c->a), *b = side_text(&s->b, c, c->b);

		(void)json_array_append_new(
			list, json_pack("{s:s, s:s?, s:I, s:s, s:s?, s:s?}", "arch",
					seccomp_arch(s->arch), "call", c->name, "nr",
					(json_int_t)c->nr, "kind", kinds[c->kind], "a", a, "b", b));
	}
}

static int print_document(const struct diff *d, struct err *err)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < d->n; i++)
		add_changes(list, &d->sections[i]);
	return seccomp_print_json(json_pack("{s:i, s:b, s:o, s:o, s:o}", "format", SECCOMP_FORMAT,
					    "same", is_same(d), "a", side_json(&d->a), "b",
					    side_json(&d->b), "changes", list),
				  err);
}

/* ---- the command ---------------------------------------------------------------------------- */

static int diff(const struct seccomp_req *req, struct diff *d, struct err *err)
{
	int rc = 0;

	if (strcmp(req->words[0], "-") == 0 && strcmp(req->words[1], "-") == 0)
		return err_say(err, "-: standard input can be read once only");
	rc = seccomp_profile_load(req, req->words[0], &d->a, err);
	rc = rc ? rc : seccomp_profile_load(req, req->words[1], &d->b, err);
	rc = rc ? rc : compare_all(d, err);
	rc = rc ? rc : req->is_json ? print_document(d, err) : print_text(d, err);
	return rc ? rc : !is_same(d);
}

int seccomp_diff(const struct seccomp_req *req, struct err *err)
{
	auto_free struct diff *d = calloc(1, sizeof(*d));
	int rc;

	if (!d)
		return err_set(err, ENOMEM, "two profiles");
	rc = diff(req, d, err);
	for (unsigned i = 0; i < d->n; i++) {
		profile_view_free(&d->sections[i].a);
		profile_view_free(&d->sections[i].b);
		free(d->sections[i].changes);
	}
	seccomp_profile_free(&d->a);
	seccomp_profile_free(&d->b);
	return rc;
}
