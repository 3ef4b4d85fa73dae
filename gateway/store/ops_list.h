/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Lists of operators: a noun is a table of columns; a filter picks from it. The text of a statement is put together
 * from these fixed pieces and numbers of parameters alone.
 */
#ifndef NEMRA_STORE_OPS_LIST_H
#define NEMRA_STORE_OPS_LIST_H

#include "gateway/store/ops.h"
#include "gateway/store/pg.h"

#define LIST_COLUMNS 32

enum column_type {
	COL_TEXT,
	COL_UUID,
	COL_INT,
	COL_BOOL,		/* "yes", "no" */
	COL_HEX,		/* bytea */
	COL_STATE,		/* of a request */
	COL_PAST,		/* a time; 30d is that long ago */
	COL_FUTURE,		/* a time; 30d is that far ahead */
	COL_SHOWN		/* cannot be filtered by */
};

struct column {
	const char *name;
	enum column_type type;
	const char *value;	/* SQL: compared, and shown as its type is */
	const char *equal[3];	/* where an equality has a faster way: SQL before, between and after the parameter */
};

struct noun {
	const struct column *column;	/* the first is the key */
	size_t n;
	const char *from;	/* SQL: FROM … [WHERE …] */
	const char *order[3];	/* SQL of "beyond this key", in the same way */
	const char *by;		/* SQL: ORDER BY … */
};

/* Checks q and calls fn for each row. R_BAD_PARAMETER names the key or value. */
int list_run(struct db *db, const struct noun *noun, const struct ops_query *q, ops_row_fn *fn, void *arg,
    struct err *e) MUSTUSE;

extern const struct noun noun_station, noun_request, noun_certificate, noun_audit;

#endif
