/* SPDX-License-Identifier: Apache-2.0 */
/* test_text.c - what a text of somebody else's becomes before it is printed; files for the user. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"
#include "util.h"

static const struct {
	const char *text, *want;
} texts[] = {
	{"", ""},
	{"a word", "a word"},
	{"\xc3\xbc", "\xc3\xbc"},
	{"two\nlines\tand a tab", "two\\nlines\\tand a tab"},
	{"\x1b[2J", "\\x1b[2J"},
	{"\x9b"
	 "2J",
	 "\\x9b2J"}, /* the same in one byte */
	{"\x7f", "\\x7f"},
	{"\x01\x1f", "\\x01\\x1f"},
	{"\r", "\\x0d"},
};

Test(text, escape)
{
	char out[64];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		escape(out, sizeof(out), texts[i].text);
		cr_expect_str_eq(out, texts[i].want, "%zu", i);
	}
}

/* Cut where it is full, never in the middle of what stands for a byte. */
Test(text, escape_of_what_does_not_fit)
{
	char out[12];

	memset(out, 'x', sizeof(out));
	escape(out, 10, "\x1b\x1b\x1b\x1b\x1b\x1b");
	cr_expect_str_eq(out, "\\x1b\\x1b", "'%s'", out);
	cr_expect(out[10] == 'x' && out[11] == 'x');
}

/* Somebody else may write to the directory, and knows the name that stands beside the file. */
Test(output, a_link_in_the_way)
{
	char dir[] = "/tmp/pillbox-output-XXXXXX", file[64], beside[96], other[64];
	struct err err = {0};
	struct stat st;

	cr_assert(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/file", dir);
	(void)snprintf(other, sizeof(other), "%s/other", dir);
	(void)snprintf(beside, sizeof(beside), "%s.%d.new", file, (int)getpid());
	cr_assert(symlink(other, beside) == 0);
	cr_expect(output_file(file, "text", 4, &err) < 0);
	cr_expect(stat(other, &st) < 0, "it was written where the link leads");
	(void)unlink(beside);
	(void)unlink(other);
	(void)unlink(file);
	(void)rmdir(dir);
}
