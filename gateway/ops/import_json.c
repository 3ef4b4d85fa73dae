/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * NDJSON: one object a line, the columns as keys, values as text; several names as an array or joined by ';'.
 */
#include <errno.h>
#include <string.h>

#include "gateway/ops/import_priv.h"

static int
join_array(const json_t *list, const char *key, struct buf *b, struct err *e)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		const char *text = json_string_value(one);

		if (text == NULL || *text == '\0' || strchr(text, ';') != NULL)
			return err_set(e, R_IMPORT_LINE, "%.32s: an array of texts", key);
		buf_printf(b, "%s%s", i == 0 ? "" : ";", text);
	}
	return 0;
}

static int
set_value(struct import_row *r, const char *key, const json_t *v, struct err *e)
{
	int c = import_column_find(mem_str(key));
	struct buf joined;
	int rc = -1;

	if (c < 0)
		return err_set(e, R_IMPORT_LINE, "there is no column \"%.64s\"", key);
	if (json_is_null(v))
		return 0;		/* as if it were not there */
	if (json_is_string(v))
		return import_row_set(r, (enum import_column)c,
		    (struct mem){ (const uint8_t *)json_string_value(v), json_string_length(v) }, e);
	if (!json_is_array(v) || (c != IC_SAN_DNS && c != IC_SAN_IP))
		return err_set(e, R_IMPORT_LINE, "%s: the value is not a text", key);
	buf_init(&joined, IMPORT_ROW);
	if (join_array(v, key, &joined, e) == 0)
		rc = buf_ok(&joined) ? import_row_set(r, (enum import_column)c, buf_mem(&joined), e) :
		    err_set(e, joined.over ? R_IMPORT_LINE : R_NO_MEMORY, "%s: too long", key);
	buf_free(&joined);
	return rc;
}

static int
read_object(struct import_row *r, struct mem line, struct err *e)
{
	json_error_t bad;
	const char *key;
	json_t *o, *v;
	int rc = 0;

	errno = 0;
	o = json_loadb((const char *)line.p, line.len, JSON_REJECT_DUPLICATES, &bad);
	if (o == NULL && errno == ENOMEM)	/* jansson does not say so */
		return err_set(e, R_NO_MEMORY, "JSON");
	if (o == NULL)
		return err_set(e, R_IMPORT_LINE, "not JSON: %.160s, column %d", bad.text, bad.column);
	if (!json_is_object(o))
		rc = err_set(e, R_IMPORT_LINE, "not a JSON object");
	else
		json_object_foreach(o, key, v) {
			rc = set_value(r, key, v, e);
			if (rc != 0)
				break;
		}
	json_decref(o);
	return rc;
}

static bool
is_blank(struct mem line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.p[i] != ' ' && line.p[i] != '\t' && line.p[i] != '\r')
			return false;
	return true;
}

static void
end_line(struct import *im)
{
	struct mem line = buf_mem(&im->json_line);
	struct err e;

	if (!buf_ok(&im->json_line) && !im->json_line.over) {
		err_set(&e, R_NO_MEMORY, "line %zu", im->line);
		import_fail(im, &e);
	} else if (!buf_ok(&im->json_line))
		import_line_bad(im, im->line, "the line is too long");
	else if (!is_blank(line)) {
		import_row_reset(&im->row, im->line);
		import_row_end(im, read_object(&im->row, line, &e) != 0 ? &e : NULL);
	}
	buf_reset(&im->json_line);
	im->line++;
}

void
import_json_feed(struct import *im, struct mem data)
{
	while (data.len > 0 && !im->stopped) {
		const uint8_t *nl = memchr(data.p, '\n', data.len);
		size_t n = nl != NULL ? (size_t)(nl - data.p) : data.len;

		buf_add(&im->json_line, data.p, n);	/* beyond its limit it only marks itself failed */
		if (nl == NULL)
			break;
		end_line(im);
		data.p += n + 1;
		data.len -= n + 1;
	}
}

void
import_json_finish(struct import *im)
{
	if (!im->stopped && (im->json_line.len > 0 || !buf_ok(&im->json_line)))
		end_line(im);
}
