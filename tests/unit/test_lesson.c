/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_lesson.c - the pages that are built in: their heads, and that printing loses nothing.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lesson.h"
#include "term.h"

#define LIST_HEADING "## The lessons"

static char *printed(const char *text, const char *until, unsigned width, bool has_color)
{
	struct term t = {.width = width, .has_color = has_color};
	char *out = NULL;
	size_t size;

	t.out = open_memstream(&out, &size);
	cr_assert(t.out);
	lesson_print(&t, text, until);
	(void)fclose(t.out);
	return out;
}

Test(lesson, heads)
{
	struct lesson_head head;

	cr_assert_geq(lessons_len, 11);
	cr_expect_str_eq(lessons[0].file, "README.md");
	cr_expect(strstr(lessons[0].text, "\n" LIST_HEADING "\n"), "README.md has no list");
	for (unsigned i = 1; i < lessons_len; i++) {
		cr_assert(lesson_head(&lessons[i], &head), "%s has no head", lessons[i].file);
		cr_expect_eq(head.number, i, "%s is number %u", lessons[i].file, head.number);
		cr_expect(head.minutes >= 5 && head.minutes <= 10, "%s takes %u minutes",
			  lessons[i].file, head.minutes);
		cr_expect(strlen(head.title) > 5 && strlen(head.title) < 47, "%s: title '%s'",
			  lessons[i].file, head.title);
		/* The list in README.md, for those who read it in a browser. */
		char line[256];

		(void)snprintf(line, sizeof(line), "\n%u. [%s](%s), %u minutes\n", i, head.title,
			       lessons[i].file, head.minutes);
		cr_expect(strstr(lessons[0].text, line), "README.md has no line%s", line);
	}
}

Test(lesson, no_head)
{
	static const char *const bad[] = {"", "# Title\n\n5 minutes. x", "# 1. Title\n\nFive. x",
					  "# 1. Title\n"};
	struct lesson_head head;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct lesson page = {"x.md", bad[i]};

		cr_expect_not(lesson_head(&page, &head), "taken: %s", bad[i]);
	}
}

/* The next word of *text, or "" at its end; blanks of any kind are skipped. */
static size_t next_word(const char **text)
{
	*text += strspn(*text, " \n");
	return strcspn(*text, " \n");
}

/* What Markdown needs and a terminal does not: at the start of a line. */
static bool is_mark(const char *text, const char *word, size_t len)
{
	if (!len || (word > text && word[-1] != '\n'))
		return false;
	return !strncmp(word, "```", 3) || (len <= 2 && strspn(word, "#") == len);
}

Test(lesson, every_word_is_printed)
{
	for (size_t i = 0; i < lessons_len; i++) {
		char *out = printed(lessons[i].text, NULL, 60, false);
		const char *in = lessons[i].text, *got = out;

		for (;;) {
			size_t in_len = next_word(&in);

			if (is_mark(lessons[i].text, in, in_len)) {
				/* ```console guest: the rest of such a line is no text either */
				in += in[0] == '`' ? strcspn(in, "\n") : in_len;
				continue;
			}
			size_t got_len = next_word(&got);

			cr_assert(in_len == got_len && !strncmp(in, got, in_len),
				  "%s: '%.*s' is printed as '%.*s'", lessons[i].file, (int)in_len,
				  in, (int)got_len, got);
			if (!in_len)
				break;
			in += in_len;
			got += got_len;
		}
		free(out);
	}
}

Test(lesson, is_as_wide_as_the_terminal)
{
	static const unsigned widths[] = {40, 60, 110};

	for (size_t w = 0; w < sizeof(widths) / sizeof(widths[0]); w++) {
		char *out = printed(lessons[1].text, NULL, widths[w], false);
		size_t longest = 0;

		for (const char *line = out; *line; line += strcspn(line, "\n") + 1) {
			size_t len = strcspn(line, "\n");

			if (strncmp(line, "    ", 4) != 0 && len > longest)
				longest = len;
		}
		cr_expect(longest <= widths[w] && longest > widths[w] - 20, "%zu at width %u",
			  longest, widths[w]);
		free(out);
	}
}

static const char page[] = "# A title\n\nOne\nparagraph.\n\n- first\n  item\n- second\n\n"
			   "```console\n$ echo x  y\nx  y\n\nz\n```\n\n## End\n\nNot this.\n";

Test(lesson, layout)
{
	char *out = printed(page, "## End", 60, false);

	cr_expect_str_eq(out, "A title\n\nOne paragraph.\n\n- first item\n- second\n\n"
			      "    $ echo x  y\n    x  y\n\n    z\n\nEnd\n");
	free(out);
}

Test(lesson, colour)
{
	char *out = printed(page, "## End", 60, true);

	cr_expect(strstr(out, "\033[1mA title\033[0m"), "no title in bold");
	cr_expect(strstr(out, "    \033[1m$ echo x  y\033[0m\n    x  y\n"),
		  "the command does not stand out from its output");
	free(out);
}

/* Longer than any page has: cut, never written past the end. */
Test(lesson, long_paragraph)
{
	char *text = calloc(1, 20001);
	char *out;

	for (size_t i = 0; i < 20000; i++)
		text[i] = i % 100 == 99 ? '\n' : 'a';
	out = printed(text, NULL, 60, false);
	cr_expect_lt(strlen(out), 5000);
	free(out);
	free(text);
}
