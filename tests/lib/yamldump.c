/* SPDX-License-Identifier: Apache-2.0 */
/* yamldump.c - see yamldump.h. */
#include "yamldump.h"

#include <stdio.h>

static void dump(FILE *out, const struct yaml_node *n)
{
	static const char *const tags[] = {"", "!reset ", "!override "};

	if (!n) {
		fputs("(empty)", out);
		return;
	}
	fputs(tags[n->tag], out);
	if (n->kind == YAML_TREE_NULL)
		fputs("~", out);
	else if (n->kind == YAML_TREE_SCALAR)
		fprintf(out, n->is_plain ? "%s" : "\"%s\"", n->text);
	else
		fputs(n->kind == YAML_TREE_LIST ? "[" : "{", out);
	for (size_t i = 0; n->kind == YAML_TREE_LIST && i < n->n; i++) {
		fputs(i ? "," : "", out);
		dump(out, n->items[i]);
	}
	for (size_t i = 0; n->kind == YAML_TREE_MAP && i < n->n; i++) {
		fprintf(out, "%s%s:", i ? "," : "", n->pairs[i].key);
		dump(out, n->pairs[i].value);
	}
	if (n->kind >= YAML_TREE_LIST)
		fputs(n->kind == YAML_TREE_LIST ? "]" : "}", out);
}

char *yaml_dumped(const struct yaml_node *n)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	dump(out, n);
	fclose(out);
	return text;
}
