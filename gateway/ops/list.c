/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ops/list.h"

#include <stdlib.h>

#include "gateway/ops/json.h"
#include "gateway/ops/where.h"

#define ROWS_DEFAULT 100u

struct page {
	const char *const *columns;
	json_t *items;
	const char *last;	/* key of the last row; lent by items */
};

json_t *
list_object(const char *const *columns, const char *const *value, size_t n)
{
	json_t *o = json_object();

	for (size_t i = 0; i < n && columns[i] != NULL; i++)
		if (json_object_set_new(o, columns[i], json_text(value[i])) != 0) {
			json_decref(o);
			return NULL;
		}
	return o;
}

static int
on_row(void *arg, const char *const *value, size_t n)
{
	struct page *p = arg;
	json_t *o = list_object(p->columns, value, n);

	if (o == NULL || json_array_append_new(p->items, o) != 0)
		return -1;
	p->last = json_string_value(json_object_get(o, p->columns[0]));
	return 0;
}

int
list_page(struct api_call *c, list_fn *list, const char *const *columns, struct err *e)
{
	struct page p = { columns, json_array(), NULL };
	struct ops_query q = { .after = api_param(c, "after"), .limit = ROWS_DEFAULT };
	struct where where;
	struct db *db;
	int rc = -1;

	if (where_parse(api_param(c, "where"), &where, e) != 0 ||
	    api_param_size(c, "limit", API_ROWS, &q.limit, e) != 0 ||
	    pool_take(c->env->pool, &db, e) != 0)
		goto out;
	q.cond = where.cond;
	q.n_cond = where.n;
	rc = list(db, &q, on_row, &p, e);
	pool_give(c->env->pool, db);
	if (rc != 0)
		goto out;
	c->json = json_pack("{s:O, s:s?}", "items", p.items, "next",
	    json_array_size(p.items) == q.limit ? p.last : NULL);
	rc = c->json != NULL ? 0 : err_set(e, R_NO_MEMORY, "a page of rows");
out:
	json_decref(p.items);
	return rc;
}

int
list_one(struct db *db, list_fn *list, const char *const *columns, const char *key, const char *value,
    json_t **out, struct err *e)
{
	const struct ops_cond cond = { key, OP_EQ, value };
	struct ops_query q = { .cond = &cond, .n_cond = 1, .limit = 1 };
	struct page p = { columns, json_array(), NULL };
	int rc = list(db, &q, on_row, &p, e);

	if (rc == 0 && json_array_size(p.items) != 1)
		rc = err_set(e, R_NOT_FOUND, "%.128s", value);
	if (rc == 0)
		*out = json_incref(json_array_get(p.items, 0));
	json_decref(p.items);
	return rc;
}
