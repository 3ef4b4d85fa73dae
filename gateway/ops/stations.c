/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/ops/list.h"

#define LINE_NUMBER_MAX 1000000000u

int
api_station_list(struct api_call *c, struct err *e)
{
	return list_page(c, ops_station_list, ops_station_columns(), e);
}

static int
show(struct db *db, struct api_call *c, struct err *e)
{
	const char *const *columns = ops_station_columns();

	return list_one(db, ops_station_list, columns, columns[0], c->arg, &c->json, e);
}

int
api_station_show(struct api_call *c, struct err *e)
{
	struct db *db;
	int rc;

	if (pool_take(c->env->pool, &db, e) != 0)
		return -1;
	rc = show(db, c, e);
	pool_give(c->env->pool, db);
	return rc;
}

static int
block(struct api_call *c, bool on, struct err *e)
{
	char *why = NULL;
	struct db *db;
	int rc;

	if (api_body_why(c, false, &why, e) != 0)
		return -1;
	rc = pool_take(c->env->pool, &db, e);
	if (rc == 0) {
		rc = ops_station_block(db, c->who, c->arg, on, why, e);
		if (rc == 0)
			rc = show(db, c, e);
		pool_give(c->env->pool, db);
	}
	free(why);
	return rc;
}

int
api_station_block(struct api_call *c, struct err *e)
{
	return block(c, true, e);
}

int
api_station_unblock(struct api_call *c, struct err *e)
{
	return block(c, false, e);
}

/* A connection is taken for each batch, so that an import shares with everybody else. */
static int
put(void *arg, struct ops_station *s, size_t n, enum ops_put how, struct err *e)
{
	const struct api_call *c = arg;
	struct db *db;
	int rc;

	if (pool_take(c->env->pool, &db, e) != 0)
		return -1;
	rc = ops_station_put(db, c->who, s, n, how, e);
	pool_give(c->env->pool, db);
	return rc;
}

/* The media type without its parameters. */
static bool
type_is(const char *content_type, const char *type)
{
	size_t len = strcspn(content_type, "; \t");

	return len == strlen(type) && strncasecmp(content_type, type, len) == 0;
}

int
api_import_open(struct api_call *c, const char *content_type, struct import **out, struct err *e)
{
	struct import_options o = { .profiles = c->env->profiles, .put = put, .arg = c };

	o.ndjson = content_type != NULL && type_is(content_type, "application/x-ndjson");
	if (!o.ndjson && (content_type == NULL || !type_is(content_type, "text/csv")))
		return err_set(e, R_WRONG_CONTENT_TYPE, "text/csv or application/x-ndjson");
	if (api_param_bool(c, "dry_run", &o.dry_run, e) != 0 ||
	    api_param_bool(c, "keep_going", &o.keep_going, e) != 0 ||
	    api_param_size(c, "line", LINE_NUMBER_MAX, &o.first_line, e) != 0)
		return -1;
	*out = import_new(&o);
	return 0;
}
