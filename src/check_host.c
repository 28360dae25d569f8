/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_host.c - checks: programs of the host.
 *
 * Should: look where pillbox would look, by absolute path.
 * Mustn't: run them.
 */
#include <unistd.h>

#include "check.h"

/* A user-mode network for --network pasta, which this version has not. */
void check_pasta(const struct check *c, struct check_host *h, struct check_result *ret)
{
	static const char *const paths[] = {"/usr/bin/pasta", "/usr/local/bin/pasta"};

	(void)c, (void)h;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (access(paths[i], X_OK) == 0) {
			check_set(ret, CHECK_WORKS, "%s; this version does not use it yet",
				  paths[i]);
			return;
		}
	}
	check_set(ret, CHECK_MISSING, "not installed; this version does not use it yet");
	check_cure(ret, "apt install passt");
}
