/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/ops_list.h"

#include <stdio.h>
#include <string.h>

#include "gateway/store/ops_cond.h"

#define SQL_MAX (16u * 1024)
#define LIST_CONDS 20
#define LIST_LIMIT 1000
#define VALUE_MAX 2049

/* A statement under construction. */
struct list {
	struct buf sql;
	struct args args;
	size_t n_args;
};

static const struct column *
find(const struct noun *noun, const char *name)
{
	for (size_t i = 0; i < noun->n; i++)
		if (strcmp(noun->column[i].name, name) == 0)
			return &noun->column[i];
	return NULL;
}

/* --- the text: pieces from tables, numbers of parameters --- */

static void
show(struct buf *b, const struct column *c)
{
	static const char *const around[][2] = {
		[COL_TEXT] = { "", "" },
		[COL_UUID] = { "(", ")::text" },
		[COL_INT] = { "(", ")::text" },
		[COL_BOOL] = { "CASE WHEN ", " THEN 'yes' ELSE 'no' END" },
		[COL_HEX] = { "pg_catalog.encode(", ", 'hex')" },
		[COL_STATE] = { "(", ")::text" },
		[COL_PAST] = { "nemra.rfc3339(", ")" },
		[COL_FUTURE] = { "nemra.rfc3339(", ")" },
		[COL_SHOWN] = { "", "" },
	};

	buf_add_str(b, around[c->type][0]);
	buf_add_str(b, c->value);
	buf_add_str(b, around[c->type][1]);
}

/* Parameter $n in the form that the column compares with. */
static void
parameter(struct buf *b, const struct column *c, bool ago, size_t n)
{
	switch (c->type) {
	case COL_TEXT:
	case COL_SHOWN:
		buf_printf(b, "$%zu::text", n);
		return;
	case COL_UUID:
		buf_printf(b, "$%zu::uuid", n);
		return;
	case COL_INT:
		buf_printf(b, "$%zu::bigint", n);
		return;
	case COL_BOOL:
		buf_printf(b, "($%zu::text = 'yes')", n);
		return;
	case COL_HEX:
		buf_printf(b, "pg_catalog.decode($%zu::text, 'hex')", n);
		return;
	case COL_STATE:
		buf_printf(b, "$%zu::nemra.request_state", n);
		return;
	case COL_PAST:
	case COL_FUTURE:
		if (ago)
			buf_printf(b, "(pg_catalog.now() %s pg_catalog.make_interval(secs => $%zu::float8))",
			    c->type == COL_PAST ? "-" : "+", n);
		else
			buf_printf(b, "$%zu::timestamptz", n);
		return;
	}
}

/* Fixed pieces with the parameter between them: one or two times. */
static void
pieces(struct buf *b, const char *const piece[3], const struct column *c, size_t n)
{
	buf_add_str(b, piece[0]);
	for (size_t i = 1; i < 3 && piece[i] != NULL; i++) {
		parameter(b, c, false, n);
		buf_add_str(b, piece[i]);
	}
}

static int
add_cond(struct list *l, const struct noun *noun, const struct ops_cond *cond, struct err *e)
{
	static const char *const op[] = {
		[OP_EQ] = ") = ", [OP_NE] = ") IS DISTINCT FROM ", [OP_LT] = ") < ", [OP_LE] = ") <= ",
		[OP_GT] = ") > ", [OP_GE] = ") >= ",
	};
	const struct column *c = find(noun, cond->key);
	char value[VALUE_MAX];
	bool ago;

	if (c == NULL)
		return err_set(e, R_BAD_PARAMETER, "there is no key %.32s", cond->key);
	if (cond_value(c, cond, value, sizeof(value), &ago, e) != 0)
		return -1;
	args_set_text(&l->args, l->n_args++, value);
	buf_add_str(&l->sql, " AND ");
	if (cond->op == OP_EQ && c->equal[0] != NULL)
		pieces(&l->sql, c->equal, c, l->n_args);
	else {
		buf_add_str(&l->sql, "(");
		buf_add_str(&l->sql, c->value);
		buf_add_str(&l->sql, op[cond->op]);
		parameter(&l->sql, c, ago, l->n_args);
	}
	return 0;
}

/* The key is checked as a condition on it would be. */
static int
add_after(struct list *l, const struct noun *noun, const char *after, struct err *e)
{
	const struct ops_cond cond = { noun->column[0].name, OP_EQ, after };
	char value[VALUE_MAX];
	bool ago;

	if (after == NULL || after[0] == '\0')
		return 0;
	if (cond_value(&noun->column[0], &cond, value, sizeof(value), &ago, e) != 0)
		return -1;
	args_set_text(&l->args, l->n_args++, value);
	buf_add_str(&l->sql, " AND ");
	pieces(&l->sql, noun->order, &noun->column[0], l->n_args);
	return 0;
}

static int
build(struct list *l, const struct noun *noun, const struct ops_query *q, struct err *e)
{
	size_t limit = q->limit == 0 || q->limit > LIST_LIMIT ? LIST_LIMIT : q->limit;

	if (q->n_cond > LIST_CONDS)
		return err_set(e, R_BAD_PARAMETER, "more than %d conditions", LIST_CONDS);
	buf_add_str(&l->sql, "SELECT ");
	for (size_t i = 0; i < noun->n; i++) {
		buf_add_str(&l->sql, i > 0 ? ", " : "");
		show(&l->sql, &noun->column[i]);
	}
	buf_add_str(&l->sql, noun->from);
	if (add_after(l, noun, q->after, e) != 0)
		return -1;
	for (size_t i = 0; i < q->n_cond; i++)
		if (add_cond(l, noun, &q->cond[i], e) != 0)
			return -1;
	buf_printf(&l->sql, "%s LIMIT %zu", noun->by, limit);
	l->args.n = l->n_args;
	if (!buf_ok(&l->sql))
		return err_set(e, R_BAD_PARAMETER, "the filter is too long");
	return 0;
}

/* --- running it --- */

static int
each(const PGresult *r, size_t n, ops_row_fn *fn, void *arg, struct err *e)
{
	const char *value[LIST_COLUMNS];

	for (int row = 0; row < PQntuples(r); row++) {
		for (size_t i = 0; i < n; i++)
			value[i] = PQgetisnull(r, row, (int)i) ? NULL : PQgetvalue(r, row, (int)i);
		if (fn(arg, value, n) != 0)
			return err_set(e, R_INTERNAL, "a row could not be taken");
	}
	return 0;
}

int
list_run(struct db *db, const struct noun *noun, const struct ops_query *q, ops_row_fn *fn, void *arg,
    struct err *e)
{
	static const enum arg_type scalars[ARGS_MAX] = { ARG_SCALAR };
	struct list l = { .n_args = 0 };
	PGresult *r = NULL;
	int rc;

	buf_init(&l.sql, SQL_MAX);
	args_init(&l.args, scalars, LIST_CONDS + 1);
	rc = build(&l, noun, q, e);
	if (rc == 0)
		rc = pg_query(db, buf_text(&l.sql), &l.args, &r, e);
	if (rc != 0 && strncmp(db->sqlstate, "22", 2) == 0 && e->reason == R_DB_ERROR)
		e->reason = R_BAD_PARAMETER;	/* a date that does not exist, and the like */
	if (rc == 0)
		rc = each(r, noun->n, fn, arg, e);
	PQclear(r);
	args_free(&l.args);
	buf_free(&l.sql);
	return rc;
}
