/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * CSV by libcsv in its strict form. It is fed line by line, so that rows know their line, and a line that
 * cannot be read costs no more than itself.
 */
#include <string.h>

#include "gateway/ops/import_priv.h"

/*
 * An export has one "'" more before a value that a spreadsheet would take for a formula (after any number of
 * them): off with it again.
 */
static struct mem
without_guard(struct mem text)
{
	static const char begins_formula[] = { '=', '+', '-', '@', '\t', '\r' };
	size_t i = 0;

	while (i < text.len && text.p[i] == '\'')
		i++;
	if (i > 0 && i < text.len &&
	    memchr(begins_formula, text.p[i], sizeof(begins_formula)) != NULL)
		return (struct mem){ text.p + 1, text.len - 1 };
	return text;
}

static void
on_header_field(struct import *im, struct mem name)
{
	int c = import_column_find(name);

	if (im->row_err.reason != R_NONE)
		return;
	if (c < 0) {
		err_set(&im->row_err, R_IMPORT_LINE, "line 1: there is no column \"%.*s\"",
		    (int)(name.len < 64 ? name.len : 64), name.p == NULL ? "" : (const char *)name.p);
		return;
	}
	for (size_t i = 0; i < im->n_header; i++)
		if (im->header[i] == (enum import_column)c) {
			err_set(&im->row_err, R_IMPORT_LINE, "line 1: column %s stands twice",
			    import_column_name((enum import_column)c));
			return;
		}
	im->header[im->n_header++] = (enum import_column)c;
}

/* What is wrong with a field is told at the end of its row. */
static void
on_row_field(struct import *im, struct mem text)
{
	size_t i = im->n_fields++;
	struct err e;

	if (i < im->n_header && im->row_err.reason == R_NONE &&
	    import_row_set(&im->row, im->header[i], without_guard(text), &e) != 0)
		im->row_err = e;
}

static void
on_field(void *p, size_t len, void *arg)
{
	struct import *im = arg;
	struct mem text = { p, len };

	if (!im->has_header)
		on_header_field(im, text);
	else
		on_row_field(im, text);
}

static void
end_header(struct import *im)
{
	bool named = false;

	for (size_t i = 0; i < im->n_header; i++)
		named = named || im->header[i] == IC_STATION;
	if (im->row_err.reason == R_NONE && !named)
		err_set(&im->row_err, R_IMPORT_LINE, "line 1: the header has no column station");
	if (im->row_err.reason != R_NONE)
		import_fail(im, &im->row_err);
	im->has_header = true;
}

static void
begin_row(struct import *im, size_t line)
{
	import_row_reset(&im->row, line);
	err_clear(&im->row_err);
	im->n_fields = 0;
	im->row_bytes = 0;
}

static void
on_row(int c, void *arg)
{
	struct import *im = arg;

	(void)c;
	im->row_ended = true;
	if (im->stopped)
		return;
	if (!im->has_header) {
		if (im->n_header == 0 && im->row_err.reason == R_NONE)
			return;			/* an empty line before the header */
		end_header(im);
	} else if (im->n_fields > 0) {
		if (im->row_err.reason == R_NONE && im->n_fields != im->n_header)
			err_set(&im->row_err, R_IMPORT_LINE, "%zu fields where the header has %zu",
			    im->n_fields, im->n_header);
		import_row_end(im, im->row_err.reason == R_NONE ? NULL : &im->row_err);
	}
	begin_row(im, im->row.line);
}

int
import_csv_open(struct csv_parser *csv)
{
	return csv_init(csv, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
}

/* Forgets the row that was begun; a line that cannot be read ends with its newline. */
static void
give_up_row(struct import *im, const char *what)
{
	struct err e;

	if (!im->has_header) {
		err_set(&e, R_IMPORT_LINE, "line 1: %s", what);
		import_fail(im, &e);
		return;
	}
	import_line_bad(im, im->row.line, what);
	csv_free(&im->csv);
	(void)import_csv_open(&im->csv);	/* fails on NULL alone */
	begin_row(im, im->row.line);
	im->skipping = true;
}

static void
csv_failed(struct import *im)
{
	struct err e;

	if (csv_error(&im->csv) == CSV_EPARSE) {
		give_up_row(im, "a quote stands where none may be");
		return;
	}
	err_set(&e, R_NO_MEMORY, "%s", csv_strerror(csv_error(&im->csv)));
	import_fail(im, &e);
}

static void
feed_segment(struct import *im, struct mem seg)
{
	im->row_ended = false;
	if (im->row_bytes + seg.len > IMPORT_ROW)
		give_up_row(im, "the row is too long");
	else if (csv_parse(&im->csv, seg.p, seg.len, on_field, on_row, im) != seg.len)
		csv_failed(im);
	else if (!im->row_ended)
		im->row_bytes += seg.len;
}

/* The line after its newline: a row begins here, unless a quoted field goes on. */
static void
end_line(struct import *im)
{
	bool after_header = im->row_ended && im->has_header && im->row.line == 0;

	im->line = after_header && im->o.first_line > 0 ? im->o.first_line : im->line + 1;
	if (im->row_ended || im->skipping)
		im->row.line = im->has_header ? im->line : 0;
	im->skipping = false;
}

/* Excel writes a byte order mark before its UTF-8. */
static struct mem
without_bom(struct import *im, struct mem data)
{
	static const uint8_t bom[] = { 0xef, 0xbb, 0xbf };

	while (im->seen < sizeof(bom) && data.len > 0) {
		if (data.p[0] != bom[im->seen]) {
			im->seen = sizeof(bom);
			break;
		}
		im->seen++;
		data.p++;
		data.len--;
	}
	return data;
}

void
import_csv_feed(struct import *im, struct mem data)
{
	data = without_bom(im, data);
	while (data.len > 0 && !im->stopped) {
		const uint8_t *nl = memchr(data.p, '\n', data.len);
		size_t n = nl != NULL ? (size_t)(nl - data.p) + 1 : data.len;

		if (!im->skipping)
			feed_segment(im, (struct mem){ data.p, n });
		if (nl != NULL)
			end_line(im);
		data.p += n;
		data.len -= n;
	}
}

void
import_csv_finish(struct import *im)
{
	struct err e;

	if (!im->stopped && !im->skipping && csv_fini(&im->csv, on_field, on_row, im) != 0)
		give_up_row(im, "the closing quote is missing");
	if (!im->stopped && !im->has_header) {
		err_set(&e, R_IMPORT_LINE, "there is no header row");
		import_fail(im, &e);
	}
}
