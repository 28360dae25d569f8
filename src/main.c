/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - nothing but main(), so that the test binary can link everything else. */
#include "cli.h"

int main(int argc, char *argv[])
{
	return cli_main(argc, argv, NULL);
}
