/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - pillbox-probe: try the attacks here, and say what stopped each.
 *
 * Should:  run in any sandbox: without /proc, /dev, /tmp, a libc's files or a writable directory.
 * Mustn't: need a right that a sandbox takes away.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

enum format { FORMAT_TABLE, FORMAT_JSON, FORMAT_LINES };

static const char usage[] =
	"usage: pillbox-probe [--format=table|json|lines] [--only=ID[,ID...]] [--target=KEY=VALUE...]\n"
	"       pillbox-probe --list[=markdown]\n"
	"       pillbox-probe --witness\n"
	"\n"
	"Tries attacks from where it runs, each in a child of its own, and says what stopped each.\n"
	"Each is harmless where it works. Exit status: 0 all done, whatever came out; 125 bad usage.\n"
	"\n"
	"  --format=FORMAT     table for people; json: one document; lines: one JSON object an attack,\n"
	"                      each as soon as it is known\n"
	"  --only=ID,...       only these attacks\n"
	"  --target=KEY=VALUE  something outside to attack, as --witness prints it\n"
	"  --list              the attacks, with their weights and what each would give\n"
	"  --witness           outside: make things to attack, print them as --target=KEY=VALUE, a\n"
	"                      line each, and keep them until stdin ends\n";

static void target_line(const char *key_value, void *arg)
{
	(void)fprintf(arg, "--target=%s\n", key_value);
}

static int witness_main(void)
{
	struct witness w;
	char byte;
	int rc = witness_start(&w);

	if (rc < 0) {
		(void)fprintf(stderr, "pillbox-probe: --witness: %s\n", strerrordesc_np(-rc));
		return 125;
	}
	witness_print(&w, target_line, stdout);
	(void)fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	witness_end(&w);
	return 0;
}

static int list_main(bool is_markdown)
{
	for (const struct attack_group *g = attack_groups; g->id; g++) {
		if (is_markdown)
			printf("\n## %s\n\n| id | weight | what | what it would give |\n"
			       "| --- | ---: | --- | --- |\n",
			       g->title);
		else
			printf("%s\n", g->title);
		for (const struct attack *k = g->attacks; k->id; k++)
			if (is_markdown)
				printf("| `%s` | %u | %s | %s |\n", k->id, k->weight, k->what,
				       k->gives);
			else
				printf("  %-24s %2u  %s: %s\n", k->id, k->weight, k->what,
				       k->gives);
	}
	return fflush(stdout) ? 125 : 0;
}

/* The attacks of --only=ID,ID, or all. */
static bool only_take(const char *ids, bool is_read, const struct attack **ret, size_t *ret_n)
{
	*ret_n = 0;
	for (const struct attack_group *g = attack_groups; !ids && g->id; g++)
		for (const struct attack *k = g->attacks; k->id && *ret_n < ATTACKS_MAX; k++)
			ret[(*ret_n)++] = k;
	while (ids && *ids && *ret_n < ATTACKS_MAX) {
		char id[64];
		size_t len = strcspn(ids, ",");

		(void)snprintf(id, sizeof(id), "%.*s", (int)len, ids);
		ret[*ret_n] = attack_by_id(id);
		if (!ret[(*ret_n)++] && is_read)
			return false; /* pillbox has the words for it */
		if (!ret[*ret_n - 1]) {
			(void)fprintf(stderr, "pillbox-probe: --only: '%s': no such attack\n", id);
			(void)fprintf(stderr, "pillbox-probe: hint: --list has them\n");
			return false;
		}
		ids += len + (ids[len] == ',');
	}
	return true;
}

static int probe(const char *only, enum format format)
{
	static const struct attack *attacks[ATTACKS_MAX];
	static struct result results[ATTACKS_MAX];
	size_t n;

	if (!only_take(only, format == FORMAT_LINES, attacks, &n))
		return format == FORMAT_LINES ? STATUS_NO_ATTACK : 125;
	if (format == FORMAT_LINES)
		report_facts(stdout);
	for (size_t i = 0; i < n; i++) {
		if (format == FORMAT_LINES)
			report_start(stdout, attacks[i]);
		attack_run(attacks[i], &results[i]);
		if (format == FORMAT_LINES)
			report_line(stdout, &results[i]);
	}
	if (format == FORMAT_JSON)
		return report_json(stdout, results, n) < 0 ? 125 : 0;
	if (format == FORMAT_TABLE)
		report_table(stdout, results, n);
	return fflush(stdout) || ferror(stdout) ? 125 : 0;
}

int main(int argc, char *argv[])
{
	static const struct option options[] = {
		{"format", required_argument, NULL, 'f'}, {"only", required_argument, NULL, 'o'},
		{"target", required_argument, NULL, 't'}, {"list", optional_argument, NULL, 'l'},
		{"witness", no_argument, NULL, 'w'},      {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},      {0},
	};
	static const char *const formats[] = {"table", "json", "lines"};
	enum format format = FORMAT_TABLE;
	const char *only = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'f':
			for (format = 0; format < 3 && strcmp(formats[format], optarg) != 0;
			     format++)
				;
			if (format < 3)
				break;
			(void)fprintf(stderr,
				      "pillbox-probe: --format: '%s': not table, json or lines\n",
				      optarg);
			return 125;
		case 'o':
			only = optarg;
			break;
		case 't':
			if (target_set(optarg))
				break;
			(void)fprintf(stderr, "pillbox-probe: --target: '%s' cannot be\n", optarg);
			return 125;
		case 'l':
			return list_main(optarg && !strcmp(optarg, "markdown"));
		case 'w':
			return witness_main();
		case 'V':
			return printf("pillbox-probe %s\n", PILLBOX_VERSION) < 0 ? 125 : 0;
		case 'h':
			return printf("%s", usage) < 0 ? 125 : 0;
		default:
			(void)fprintf(stderr, "%s", usage);
			return 125;
		}
	}
	if (optind != argc) {
		(void)fprintf(stderr, "pillbox-probe: '%s': no arguments, only options\n",
			      argv[optind]);
		return 125;
	}
	return probe(only, format);
}
