/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Stations from CSV (RFC 4180, header row) or NDJSON, as a stream: octets go in as they come, rows go out in
 * batches, and memory does not grow with the file. Lines are taken in their order, so that the last of two
 * lines for one station counts.
 *
 * Without keep_going the first line that cannot be taken ends the import: nothing of its batch or after it is
 * taken. A try (dry run) goes through the whole file and takes nothing.
 */
#ifndef NEMRA_OPS_IMPORT_H
#define NEMRA_OPS_IMPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "gateway/core/profile.h"
#include "gateway/store/ops.h"

#define IMPORT_BATCH	500u		/* rows a transaction */
#define IMPORT_ROW	(64u * 1024)	/* octets of a row */
#define IMPORT_ERRORS	10000u		/* reported in one call; more end it */

struct import_options {
	bool ndjson;			/* else CSV */
	bool dry_run;
	bool keep_going;
	const struct profiles *profiles;	/* those that a row may name; NULL: any */
	size_t first_line;		/* number of the first line of rows; 0: as it stands */
	/* ops_station_put() without its first two arguments */
	int (*put)(void *arg, struct ops_station *s, size_t n, enum ops_put how, struct err *e);
	void *arg;
};

struct import;

struct import *import_new(const struct import_options *o);
void import_free(struct import *im);

/* Once it has stopped, what comes is dropped. */
void import_feed(struct import *im, struct mem data);
bool import_stopped(const struct import *im);

/*
 * The end of the data. report: {lines, added, changed, same, failed, stopped, taken_to, errors:[{line, station,
 * action, reason, message}]}. -1: the header is not right, or the store failed; the detail says what was taken.
 */
int import_finish(struct import *im, json_t **report, struct err *e) MUSTUSE;

#endif
