/* SPDX-License-Identifier: Apache-2.0 */
/* gendoc.h - what the files of gendoc share. */
#ifndef PILLBOX_GENDOC_H
#define PILLBOX_GENDOC_H

#include "options.h"
#include "step.h"

/* The table of presets, cell by cell; NULL behind the last row. */
const char *preset_title(size_t row);
void preset_cell(FILE *out, struct arena *a, size_t row, enum preset_id id);

/* gendoc.c: a cell of a markdown table. */
void md_text(FILE *out, const char *text);

/* gendoc_front.c */
void md_compose_keys(FILE *out, struct arena *a);
void md_docker_flags(FILE *out, struct arena *a);

/* gendoc_check.c */
void md_checks(FILE *out, struct arena *a);

void print_man(FILE *out, struct arena *a);
void print_bash(FILE *out, struct arena *a);
void print_zsh(FILE *out, struct arena *a);

#endif
