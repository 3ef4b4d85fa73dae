/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ops/import.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "gateway/ops/import_priv.h"
#include "gateway/ops/json.h"

struct import *
import_new(const struct import_options *o)
{
	struct import *im = xcalloc(1, sizeof(*im));

	im->o = *o;
	im->line = o->ndjson && o->first_line > 0 ? o->first_line : 1;
	im->errors = json_array();
	buf_init(&im->json_line, IMPORT_ROW);
	if (im->errors == NULL || import_csv_open(&im->csv) != 0)
		mem_exhausted();	/* for an empty array */
	return im;
}

static void
drop_batch(struct import *im)
{
	for (size_t i = 0; i < im->n_batch; i++)
		import_station_free(&im->batch[i]);
	im->n_batch = 0;
}

void
import_free(struct import *im)
{
	if (im == NULL)
		return;
	drop_batch(im);
	csv_free(&im->csv);
	buf_free(&im->json_line);
	json_decref(im->errors);
	free(im);
}

bool
import_stopped(const struct import *im)
{
	return im->stopped;
}

void
import_fail(struct import *im, const struct err *e)
{
	im->fatal = *e;
	im->stopped = true;
}

/* A try goes on, so that one run shows everything that is wrong with a file. */
static void
add_error(struct import *im, size_t line, const char *station, const char *action, const struct err *why)
{
	const struct reason_info *r = reason_info(why->reason);
	json_t *o = json_pack("{s:I, s:o, s:s, s:s, s:o}", "line", (json_int_t)line, "station",
	    json_text(station), "action", action, "reason", r->id, "message",
	    json_text(why->detail[0] != '\0' ? why->detail : r->sentence));
	struct err e;

	if (o == NULL || json_array_append_new(im->errors, o) != 0) {
		err_set(&e, R_NO_MEMORY, "errors of an import");
		import_fail(im, &e);
		return;
	}
	im->failed++;
	if (!im->o.keep_going && !im->o.dry_run)
		im->stopped = true;
}

static void
count_batch(struct import *im)
{
	for (size_t i = 0; i < im->n_batch; i++) {
		const struct ops_station *s = &im->batch[i];

		switch (s->change) {
		case CH_ADDED:
			im->added++;
			break;
		case CH_CHANGED:
			im->changed++;
			break;
		case CH_SAME:
			im->same++;
			break;
		case CH_ERROR:
			break;
		}
	}
	if (im->n_batch > 0 && !im->o.dry_run)
		im->taken_to = im->batch_line[im->n_batch - 1];
}

static void
put_batch(struct import *im)
{
	enum ops_put how = im->o.dry_run ? PUT_TRY : im->o.keep_going ? PUT_GOOD : PUT_ALL;
	bool bad = false;
	struct err e;

	if (im->n_batch == 0)
		return;
	err_clear(&e);
	if (im->o.put(im->o.arg, im->batch, im->n_batch, how, &e) != 0) {
		import_fail(im, &e);
		drop_batch(im);
		return;
	}
	for (size_t i = 0; i < im->n_batch; i++)
		if (im->batch[i].change == CH_ERROR) {
			bad = true;
			add_error(im, im->batch_line[i], im->batch[i].s.name, "store", &im->batch[i].err);
		}
	if (!bad || how != PUT_ALL)
		count_batch(im);
	if (json_array_size(im->errors) >= IMPORT_ERRORS)
		im->stopped = true;
	drop_batch(im);
}

/* Names in a batch are distinct: a second line for a station waits for the first to be taken. */
static bool
in_batch(const struct import *im, const char *name)
{
	for (size_t i = 0; i < im->n_batch; i++)
		if (strcmp(im->batch[i].s.name, name) == 0)
			return true;
	return false;
}

/* What stands before a bad line is taken, unless the bad line ends the import. */
static void
bad_row(struct import *im, size_t line, const char *station, const char *action, const struct err *why)
{
	add_error(im, line, station, action, why);
	if (im->stopped)
		drop_batch(im);
	else if (json_array_size(im->errors) >= IMPORT_ERRORS) {
		put_batch(im);
		im->stopped = true;
	}
}

void
import_row_end(struct import *im, const struct err *bad)
{
	const char *name = im->row.value[IC_STATION] != NULL ? im->row.value[IC_STATION] : "";
	struct err e;

	im->lines++;
	if (bad != NULL) {
		bad_row(im, im->row.line, name, "read", bad);
		return;
	}
	if (im->n_batch == IMPORT_BATCH || in_batch(im, name))
		put_batch(im);
	if (im->stopped)
		return;
	if (import_row_take(&im->row, im->o.profiles, &im->batch[im->n_batch], &e) != 0) {
		bad_row(im, im->row.line, name, "check", &e);
		return;
	}
	im->batch_line[im->n_batch++] = im->row.line;
}

void
import_line_bad(struct import *im, size_t line, const char *what)
{
	struct err e;

	im->lines++;
	err_set(&e, R_IMPORT_LINE, "%s", what);
	bad_row(im, line, "", "read", &e);
}

void
import_feed(struct import *im, struct mem data)
{
	if (im->stopped)
		return;
	if (im->o.ndjson)
		import_json_feed(im, data);
	else
		import_csv_feed(im, data);
}

static int
by_line(const void *a, const void *b)
{
	json_int_t x = json_integer_value(json_object_get(*(json_t *const *)a, "line"));
	json_int_t y = json_integer_value(json_object_get(*(json_t *const *)b, "line"));

	return (x > y) - (x < y);
}

/* What the store refuses is known at the end of a batch, after what was wrong with later lines. */
static json_t *
sorted(const json_t *errors)
{
	size_t n = json_array_size(errors);
	json_t **one = xcalloc(n + 1, sizeof(*one)), *list = json_array();

	for (size_t i = 0; i < n; i++)
		one[i] = json_array_get(errors, i);
	qsort(one, n, sizeof(*one), by_line);
	for (size_t i = 0; i < n; i++)
		if (json_array_append(list, one[i]) != 0) {
			json_decref(list);
			list = NULL;
			break;
		}
	free(one);
	return list;
}

int
import_finish(struct import *im, json_t **report, struct err *e)
{
	if (im->o.ndjson)
		import_json_finish(im);
	else
		import_csv_finish(im);
	if (!im->stopped)
		put_batch(im);
	drop_batch(im);
	if (im->fatal.reason != R_NONE) {
		if (im->taken_to > 0)
			return err_set(e, im->fatal.reason, "%.160s; what stands up to line %zu is taken",
			    im->fatal.detail, im->taken_to);
		*e = im->fatal;
		return -1;
	}
	*report = json_pack("{s:I, s:I, s:I, s:I, s:I, s:b, s:I, s:o}", "lines", (json_int_t)im->lines,
	    "added", (json_int_t)im->added, "changed", (json_int_t)im->changed, "same", (json_int_t)im->same,
	    "failed", (json_int_t)im->failed, "stopped", im->stopped, "taken_to", (json_int_t)im->taken_to,
	    "errors", sorted(im->errors));
	return *report != NULL ? 0 : err_set(e, R_NO_MEMORY, "report of an import");
}
