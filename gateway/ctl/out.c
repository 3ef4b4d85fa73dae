/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ctl/out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "common/base/buf.h"
#include "gateway/ctl/api.h"
#include "gateway/ctl/csv.h"
#include "gateway/ctl/table.h"

#define PAGE		500u
#define COLUMNS_MAX	32

struct out {
	enum out_kind kind;
	const char *const *columns;
	const char *const *csv_columns;
	bool color;
	struct table *table;
	size_t rows;
	char *own[COLUMNS_MAX + 1];	/* columns of the first row, when none were named */
};

enum out_kind
out_kind(const struct ctl *c)
{
	switch (c->format) {
	case FORMAT_JSON:
		return OUT_JSON;
	case FORMAT_CSV:
		return OUT_CSV;
	case FORMAT_TABLE:
		break;
	}
	return OUT_TABLE;
}

bool
out_color(const struct ctl *c)
{
	const char *no = getenv("NO_COLOR");

	return c->opt[OPT_NO_COLOR] == NULL && (no == NULL || *no == '\0') && isatty(STDOUT_FILENO) == 1;
}

struct out *
out_new(enum out_kind kind, const char *const *columns, const char *const *csv_columns, bool color)
{
	struct out *o = xcalloc(1, sizeof(*o));

	o->kind = kind;
	o->columns = columns;
	o->csv_columns = csv_columns;
	o->color = color;
	return o;
}

const char *
out_text(const json_t *v, char text[32])
{
	if (json_is_string(v))
		return json_string_value(v);
	if (json_is_boolean(v))
		return json_is_true(v) ? "yes" : "no";
	if (!json_is_integer(v))
		return "";
	snprintf(text, 32, "%lld", (long long)json_integer_value(v));
	return text;
}

/* The keys of the first row, but for what is no scalar. */
static const char *const *
own_columns(struct out *o, json_t *row)
{
	const char *key;
	json_t *v;
	size_t n = 0;

	if (o->own[0] != NULL)
		return (const char *const *)o->own;
	json_object_foreach(row, key, v)
		if (!json_is_object(v) && !json_is_array(v) && n < COLUMNS_MAX)
			o->own[n++] = xstrdup(key);
	return (const char *const *)o->own;
}

static void
csv_row(struct out *o, json_t *row)
{
	const char *const *columns = o->csv_columns != NULL ? o->csv_columns : own_columns(o, row);
	char number[32];

	for (size_t i = 0; o->rows == 0 && columns[i] != NULL; i++)
		csv_put(stdout, columns[i], i == 0);
	if (o->rows == 0)
		csv_end(stdout);
	for (size_t i = 0; columns[i] != NULL; i++)
		csv_put(stdout, out_text(json_object_get(row, columns[i]), number), i == 0);
	csv_end(stdout);
}

/* The named columns and no others: what an import takes. */
static void
ndjson_row(const struct out *o, const json_t *row)
{
	json_t *only = json_object();

	for (size_t i = 0; o->csv_columns[i] != NULL; i++)
		(void)json_object_set(only, o->csv_columns[i], json_object_get(row, o->csv_columns[i]));
	(void)json_dumpf(only, stdout, JSON_COMPACT);
	(void)fputc('\n', stdout);
	json_decref(only);
}

/* Pages after the first have no headings; their columns are as wide as they need. */
static void
page_row(struct out *o, json_t *row)
{
	if (o->table == NULL)
		o->table = table_new(o->columns != NULL ? o->columns : own_columns(o, row), o->rows < PAGE,
		    o->color);
	table_row(o->table, row);
	if ((o->rows + 1) % PAGE == 0) {
		table_print(o->table);
		o->table = NULL;
	}
}

void
out_row(struct out *o, json_t *row)
{
	switch (o->kind) {
	case OUT_TABLE:
		page_row(o, row);
		break;
	case OUT_CSV:
		csv_row(o, row);
		break;
	case OUT_JSON:
		(void)fputs(o->rows == 0 ? "[\n" : ",\n", stdout);
		(void)json_dumpf(row, stdout, JSON_INDENT(2));
		break;
	case OUT_NDJSON:
		ndjson_row(o, row);
		break;
	}
	o->rows++;
}

/* What has no row still has a header, so that a script reads an empty table and not an empty file; a
 * person is told. */
static void
end_empty(const struct out *o)
{
	const char *const *columns = o->csv_columns != NULL ? o->csv_columns : o->columns;

	if (o->kind == OUT_JSON)
		(void)fputs("[]\n", stdout);
	else if (o->kind == OUT_CSV && columns != NULL) {
		for (size_t i = 0; columns[i] != NULL; i++)
			csv_put(stdout, columns[i], i == 0);
		csv_end(stdout);
	} else if (o->kind == OUT_TABLE)
		(void)fputs("nemractl: nothing found\n", stderr);
}

static enum ctl_exit
flush(void)
{
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return CTL_OK;
	perror("nemractl: standard output");
	return CTL_LOCAL;
}

enum ctl_exit
out_end(struct out *o)
{
	table_print(o->table);
	if (o->rows == 0)
		end_empty(o);
	else if (o->kind == OUT_JSON)
		(void)fputs("\n]\n", stdout);
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		free(o->own[i]);
	free(o);
	return flush();
}

/* --- one object --- */

/* "a, b" for an array of texts. */
static char *
joined(const json_t *list)
{
	struct buf b;
	const json_t *v;
	char number[32], *text;
	size_t i;

	buf_init(&b, 64 * 1024);
	json_array_foreach(list, i, v)
		buf_printf(&b, "%s%s", i == 0 ? "" : ", ", out_text(v, number));
	text = xstrdup(buf_text(&b) == NULL ? "" : (const char *)b.p);
	buf_free(&b);
	return text;
}

static bool
has_objects(const json_t *v)
{
	return json_is_array(v) && json_is_object(json_array_get(v, 0));
}

/* An object within is "outer.inner". */
static void
add_lines(struct table *t, json_t *object, const char *outer)
{
	const char *key;
	json_t *v;

	json_object_foreach(object, key, v) {
		char number[32], name[128], *list = json_is_array(v) ? joined(v) : NULL;

		snprintf(name, sizeof(name), "%s%s%s", outer, *outer == '\0' ? "" : ".", key);
		if (json_is_object(v))
			add_lines(t, v, name);
		else if (!has_objects(v))
			table_cells(t, (const char *const[]){ name, list != NULL ? list : out_text(v, number) });
		free(list);
	}
}

/* What of an array fits a terminal; the rest is in -o json. */
static const char *const *
shown_columns(const char *array)
{
	static const char *const chain[] = { "subject", "issuer", "serial", "not_after", "key", "san", NULL };
	static const char *const messages[] = { "at", "kind", "body", "status", "transaction_id", NULL };

	static const char *const daemons[] = { "daemon", "host", "state", "pid", "version", "seen_at", NULL };
	static const char *const parts[] = { "part", "daemon", "host", "reason", "detail", NULL };
	static const char *const cas[] = { "ca", "circuit", "since", "open_requests", "in_doubt", "latency_ms",
		"last_success", "last_error", "last_error_at", NULL };
	static const struct {
		const char *array;
		const char *const *columns;
	} shown[] = {
		{ "chain", chain }, { "messages", messages }, { "daemons", daemons },
		{ "parts", parts }, { "cas", cas },
	};

	for (size_t i = 0; i < COUNT_OF(shown); i++)
		if (strcmp(shown[i].array, array) == 0)
			return shown[i].columns;
	return NULL;
}

static void
print_arrays(json_t *object, bool color)
{
	const char *key;
	json_t *v, *row;
	size_t i;

	json_object_foreach(object, key, v) {
		struct out *o;

		if (!has_objects(v))
			continue;
		printf("\n%s\n", key);
		o = out_new(OUT_TABLE, shown_columns(key), NULL, color);
		json_array_foreach(v, i, row)
			out_row(o, row);
		if (out_end(o) != CTL_OK)
			return;		/* it has said so; the end of the object finds it again */
	}
}

static void
print_lines(json_t *object, bool color)
{
	static const char *const columns[] = { "key", "value", NULL };
	struct table *t = table_new(columns, false, color);

	add_lines(t, object, "");
	table_print(t);
	print_arrays(object, color);
}

enum ctl_exit
out_object(const struct ctl *c, json_t *object)
{
	struct out *o;

	switch (c->format) {
	case FORMAT_TABLE:
		print_lines(object, out_color(c));
		break;
	case FORMAT_JSON:
		(void)json_dumpf(object, stdout, JSON_INDENT(2));
		(void)fputc('\n', stdout);
		break;
	case FORMAT_CSV:
		o = out_new(OUT_CSV, NULL, NULL, false);
		out_row(o, object);
		return out_end(o);
	}
	return flush();
}

void
out_ca_trouble(const struct ctl *c, const json_t *cas)
{
	const json_t *ca;
	size_t i;

	json_array_foreach(cas, i, ca) {
		const char *id = json_string_value(json_object_get(ca, "reason"));
		const struct reason_info *r = reason_info(id == NULL ? R_NONE : reason_by_id(id));

		if (c->format != FORMAT_TABLE || r == reason_info(R_NONE))
			continue;
		(void)fputs("\nnemractl: ca ", stderr);
		say_text(stderr, json_string_value(json_object_get(ca, "ca")));
		(void)fprintf(stderr, ": %s\n  cause:  %s\n  fix:    %s\n", r->sentence, r->cause, r->fix);
	}
}
