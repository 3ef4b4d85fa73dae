/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Rows and objects to standard output, as the user asked for: a table for people, JSON, CSV. Rows stream: what
 * is kept is one page of a table.
 */
#ifndef NEMRA_CTL_OUT_H
#define NEMRA_CTL_OUT_H

#include <jansson.h>
#include <stdbool.h>

#include "gateway/ctl/cmd.h"

enum out_kind { OUT_TABLE, OUT_JSON, OUT_NDJSON, OUT_CSV };

struct out;

/*
 * columns of a table, csv_columns of CSV (and NDJSON, where they are a must); NULL: those of the first row.
 */
struct out *out_new(enum out_kind kind, const char *const *columns, const char *const *csv_columns,
    bool color);
void out_row(struct out *o, json_t *row);

/* Ends and frees. CTL_LOCAL when standard output could not take it all. */
enum ctl_exit out_end(struct out *o) MUSTUSE;

enum out_kind out_kind(const struct ctl *c);
bool out_color(const struct ctl *c);

/* For people: what the reason of each CA that does not answer means, and what to do. */
void out_ca_trouble(const struct ctl *c, const json_t *cas);

/* One object: its scalars as lines of key and value, its arrays of objects as tables below. */
enum ctl_exit out_object(const struct ctl *c, json_t *object) MUSTUSE;

/* What a cell or field shows of a value; into text, which is big enough for numbers. */
const char *out_text(const json_t *v, char text[32]);

#endif
