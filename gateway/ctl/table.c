/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ctl/table.h"

#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/attr.h"
#include "gateway/ctl/out.h"

#define COLUMNS_MAX 32

struct table {
	struct libscols_table *tb;
	const char *column[COLUMNS_MAX];
	size_t n;
};

/* libsmartcols fails for want of memory alone. */
static void
must(bool good)
{
	if (!good) {
		fprintf(stderr, "nemractl: no memory\n");
		exit(CTL_LOCAL);
	}
}

struct table *
table_new(const char *const *columns, bool headings, bool color)
{
	struct table *t = xcalloc(1, sizeof(*t));

	t->tb = scols_new_table();
	must(t->tb != NULL);
	(void)scols_table_enable_noheadings(t->tb, !headings);
	(void)scols_table_enable_colors(t->tb, color);
	(void)scols_table_set_column_separator(t->tb, "  ");
	for (; columns[t->n] != NULL && t->n < COLUMNS_MAX; t->n++) {
		t->column[t->n] = columns[t->n];
		must(scols_table_new_column(t->tb, columns[t->n], 0, 0) != NULL);
	}
	return t;
}

static const char *
color_of(const char *text)
{
	static const struct {
		const char *text, *color;
	} colors[] = {
		{ "confirmed", "green" }, { "delivered", "green" }, { "installed", "green" }, { "active", "green" },
		{ "closed", "green" }, { "success", "green" }, { "held", "brown" }, { "in_doubt", "brown" },
		{ "exported", "brown" }, { "trial", "brown" }, { "paused", "brown" }, { "open", "red" },
		{ "well", "green" }, { "running", "green" }, { "degraded", "brown" }, { "down", "red" },
		{ "silent", "red" }, { "refused", "red" }, { "expired", "red" }, { "blocked", "red" },
		{ "failure", "red" },
	};

	for (size_t i = 0; i < COUNT_OF(colors); i++)
		if (strcmp(colors[i].text, text) == 0)
			return colors[i].color;
	return NULL;
}

void
table_cells(struct table *t, const char *const *cell)
{
	struct libscols_line *line = scols_table_new_line(t->tb, NULL);

	must(line != NULL);
	for (size_t i = 0; i < t->n; i++) {
		const char *text = cell[i] == NULL || *cell[i] == '\0' ? "-" : cell[i];
		const char *color = color_of(text);

		must(scols_line_set_data(line, i, text) == 0);
		if (color != NULL)
			(void)scols_cell_set_color(scols_line_get_cell(line, i), color);
	}
}

void
table_row(struct table *t, const json_t *row)
{
	const char *cell[COLUMNS_MAX];
	char number[COLUMNS_MAX][32];

	for (size_t i = 0; i < t->n; i++)
		cell[i] = out_text(json_object_get(row, t->column[i]), number[i]);
	table_cells(t, cell);
}

void
table_print(struct table *t)
{
	if (t == NULL)
		return;
	(void)scols_table_set_stream(t->tb, stdout);
	(void)scols_print_table(t->tb);
	scols_unref_table(t->tb);
	free(t);
}
