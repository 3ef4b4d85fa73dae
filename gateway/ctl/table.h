/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A page of an aligned table, by libsmartcols.
 */
#ifndef NEMRA_CTL_TABLE_H
#define NEMRA_CTL_TABLE_H

#include <jansson.h>
#include <stdbool.h>

struct table;

/* headings: print them; a key of a row is a column. */
struct table *table_new(const char *const *columns, bool headings, bool color);
void table_row(struct table *t, const json_t *row);
void table_cells(struct table *t, const char *const *cell);	/* one a column */
void table_print(struct table *t);				/* and free */

#endif
