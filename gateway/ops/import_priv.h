/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the import: a reader (CSV or JSON) fills the one row, import_row_end() judges it and puts it into
 * the batch.
 */
#ifndef NEMRA_OPS_IMPORT_PRIV_H
#define NEMRA_OPS_IMPORT_PRIV_H

#include <csv.h>

#include "gateway/ops/import.h"

enum import_column {
	IC_STATION, IC_VENDOR, IC_MODEL, IC_SERIAL, IC_REGION, IC_PROFILE, IC_SUBJECT, IC_SAN_DNS, IC_SAN_IP,
	IC_DEVICE_KEY, IC_SSH_KEY, IC_STATE,
	IC_COLUMNS
};

struct import_row {
	size_t line;			/* where it begins */
	const char *value[IC_COLUMNS];	/* NULL: not given; into space */
	size_t used;
	char space[IMPORT_ROW + IC_COLUMNS];
};

struct import {
	struct import_options o;
	struct import_row row;
	size_t line;			/* the line we are in */
	size_t row_bytes;		/* of the row so far, as they came */
	bool skipping;			/* to the end of a line that cannot be read */
	bool stopped;
	struct err fatal;		/* stopped because of this; R_NONE: because of a line */

	/* CSV */
	struct csv_parser csv;
	size_t seen;			/* octets, as far as a byte order mark needs it */
	bool row_ended;
	bool has_header;
	enum import_column header[IC_COLUMNS];
	size_t n_header;
	size_t n_fields;		/* of the row so far */
	struct err row_err;		/* the first thing wrong with it */

	/* NDJSON */
	struct buf json_line;

	/* outcome */
	struct ops_station batch[IMPORT_BATCH];
	size_t batch_line[IMPORT_BATCH];
	size_t n_batch;
	size_t lines, added, changed, same, failed;
	size_t taken_to;
	json_t *errors;
};

/* -1 when there is no such column. */
int import_column_find(struct mem name);
const char *import_column_name(enum import_column c);

void import_row_reset(struct import_row *r, size_t line);

/* Copies the text; R_IMPORT_LINE when the column was given before, or the text is not clean UTF-8. */
int import_row_set(struct import_row *r, enum import_column c, struct mem text, struct err *e) MUSTUSE;

/* Checks every value. profiles: as in import_options. */
int import_row_take(const struct import_row *r, const struct profiles *profiles, struct ops_station *out,
    struct err *e) MUSTUSE;
void import_station_free(struct ops_station *s);

/* The row is complete; bad: what the reader found wrong with it, or NULL. */
void import_row_end(struct import *im, const struct err *bad);

/* A line that cannot be read at all. */
void import_line_bad(struct import *im, size_t line, const char *what);

/* Ends everything. */
void import_fail(struct import *im, const struct err *e);

int import_csv_open(struct csv_parser *csv);
void import_csv_feed(struct import *im, struct mem data);
void import_csv_finish(struct import *im);
void import_json_feed(struct import *im, struct mem data);
void import_json_finish(struct import *im);

#endif
