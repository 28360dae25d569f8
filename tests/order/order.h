/* SPDX-License-Identifier: Apache-2.0 */
/* order.h - what the files of the order mutation test share. */
#ifndef ORDER_H
#define ORDER_H

#include <stddef.h>

#define MAX_FACTS (64 << 10)
#define READY "READY\n" /* the payload's last line; then it sleeps */

/* payload.c: runs inside, as the command. Does not return. */
int payload(void);

/* facts.c: take out what differs from run to run, in place; `text` has room for MAX_FACTS. */
void facts_tidy(char *text);
/* The keys of all lines that only one of the two has, with commas between them. */
void facts_differ(const char *a, const char *b, char *keys, size_t size);
/* Add one, unless it is there. */
void facts_add(char *keys, size_t size, const char *key);

#endif
