/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_seccomp.c - any profile that can be read, through what `pillbox seccomp` says of it.
 *
 * Input: eight bytes of capabilities, then the text. No program is built, which fuzz_profile does:
 * here the rules are read, put into words, compared with themselves and linted. A finding has a line
 * of the text or none.
 */
#include <seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "profile_json.h"
#include "seccomp_lint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(int is_true)
{
	if (!is_true)
		abort();
}

static unsigned lines(const char *text, size_t len)
{
	unsigned n = 1;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

static void try_words(const struct profile_view *v)
{
	for (size_t i = 0, n; i < v->n; i += n) {
		const struct profile_entry *e;
		struct profile_answers a;
		struct err err = {0};
		const char *name = call_name(v->arch, v->entries[i].nr);
		char *text;

		n = profile_view_rules(v, v->entries[i].nr, &e);
		hold(n > 0 && e == &v->entries[i]);
		hold(profile_answers(v, e->nr, &a, &err) == 0 && (a.can_allow || a.can_refuse));
		hold(!profile_is_stricter(a.weakest, a.strictest));
		text = seccomp_rules_text(name ? call_info(name) : NULL, e, n, v->p->def_action);
		hold(text && *text);
		free(text);
	}
}

static void try_lint(struct lint *l)
{
	struct err err = {0};

	l->root = profile_parse("f.json", l->sp.text, l->sp.len, &err);
	hold(l->root != NULL);
	lint_text(l);
	lint_rules(l);
	lint_calls(l);
	for (size_t i = 0; i < l->n; i++) {
		hold(l->found[i].line <= lines(l->sp.text, l->sp.len));
		free(l->found[i].text);
	}
	free(l->found);
	json_decref(l->root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lint l = {.sp = {.origin = "f.json", .kernel = 6012}};
	struct profile_unlock *u;
	struct err err = {0};
	size_t n;

	if (size < sizeof(l.sp.caps))
		return 0;
	memcpy(&l.sp.caps, data, sizeof(l.sp.caps));
	l.sp.text = (const char *)data + sizeof(l.sp.caps);
	l.sp.len = size - sizeof(l.sp.caps);
	if (profile_read("f.json", l.sp.text, l.sp.len, l.sp.caps, l.sp.kernel, &l.sp.p, &err))
		return 0;
	for (unsigned i = 0; i < l.sp.p.n_arches; i++) {
		hold(profile_view(&l.v, &l.sp.p, NULL, l.sp.p.arches[i], &err) == 0);
		try_words(&l.v);
		profile_view_free(&l.v);
	}
	hold(profile_unlocks("f.json", l.sp.text, l.sp.len, l.sp.caps, l.sp.kernel, &u, &n, &err) ==
	     0);
	profile_unlocks_free(u, n);
	hold(profile_view(&l.v, &l.sp.p, NULL, seccomp_arch_native(), &err) == 0);
	try_lint(&l);
	profile_view_free(&l.v);
	profile_free(&l.sp.p);
	return 0;
}
