/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "gateway/store/ops.h"
#include "gateway/store/pg.h"

static const struct stmt q_put = { "ops_station_put",
	"SELECT * FROM nemra.ops_station_put($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)", true };
static const struct stmt q_block = { "ops_station_block", "SELECT nemra.ops_station_block($1, $2, $3, $4)", true };

enum {
	A_WHO, A_ID, A_NAME, A_GIVEN, A_VENDOR, A_MODEL, A_SERIAL, A_REGION, A_PROFILE, A_SUBJECT, A_SAN_DNS, A_SAN_IP,
	A_DEVICE_KEY, A_SSH_KEY, A_BLOCKED, A_COUNT
};
static const enum arg_type types[A_COUNT] = {
	[A_WHO] = ARG_SCALAR, [A_ID] = ARG_UUIDS, [A_NAME] = ARG_TEXTS, [A_GIVEN] = ARG_INTS, [A_VENDOR] = ARG_TEXTS,
	[A_MODEL] = ARG_TEXTS, [A_SERIAL] = ARG_TEXTS, [A_REGION] = ARG_TEXTS, [A_PROFILE] = ARG_TEXTS,
	[A_SUBJECT] = ARG_TEXTS, [A_SAN_DNS] = ARG_TEXTS, [A_SAN_IP] = ARG_TEXTS, [A_DEVICE_KEY] = ARG_BYTEAS,
	[A_SSH_KEY] = ARG_TEXTS, [A_BLOCKED] = ARG_BOOLS,
};

#define NAMES_MAX (128u * 1024)

static const char *
or_empty(const char *s)
{
	return s != NULL ? s : "";
}

/* One name a line: what no name can hold. */
static void
add_names(struct args *a, size_t i, char *const *v, size_t n)
{
	struct buf b;

	buf_init(&b, NAMES_MAX);
	for (size_t k = 0; k < n; k++) {
		buf_add_str(&b, k > 0 ? "\n" : "");
		buf_add_str(&b, v[k]);
	}
	args_text(a, i, b.len > 0 ? buf_text(&b) : "");
	buf_free(&b);
}

static void
add(struct args *a, const struct ops_station *o)
{
	const struct station *s = &o->s;
	struct uuid id = uuid_new();
	unsigned given = s->has_device_key ? o->given : o->given & ~(unsigned)OSF_DEVICE_KEY;

	args_uuid(a, A_ID, &id);
	args_text(a, A_NAME, s->name);
	args_int(a, A_GIVEN, (int32_t)given);
	args_text(a, A_VENDOR, or_empty(s->vendor));
	args_text(a, A_MODEL, or_empty(s->model));
	args_text(a, A_SERIAL, or_empty(s->serial));
	args_text(a, A_REGION, or_empty(s->region));
	args_text(a, A_PROFILE, or_empty(s->profile));
	args_text(a, A_SUBJECT, or_empty(s->subject));
	add_names(a, A_SAN_DNS, s->san_dns, s->n_san_dns);
	add_names(a, A_SAN_IP, s->san_ip, s->n_san_ip);
	args_bytes(a, A_DEVICE_KEY, (struct mem){ s->device_key, sizeof(s->device_key) });
	args_text(a, A_SSH_KEY, or_empty(o->ssh_key));
	args_bool(a, A_BLOCKED, s->blocked);
}

static enum ops_change
change_parse(const char *word)
{
	if (strcmp(word, "added") == 0)
		return CH_ADDED;
	if (strcmp(word, "changed") == 0)
		return CH_CHANGED;
	return strcmp(word, "same") == 0 ? CH_SAME : CH_ERROR;
}

static size_t
read_rows(const PGresult *r, struct ops_station *s, size_t n)
{
	size_t errors = 0;

	for (int row = 0; row < PQntuples(r); row++) {
		size_t i = (size_t)res_i64(r, row, 0) - 1;

		if (i >= n)
			continue;
		s[i].change = change_parse(res_text(r, row, 1));
		err_clear(&s[i].err);
		if (s[i].change == CH_ERROR) {
			err_set(&s[i].err, R_IMPORT_LINE, "%s", res_text(r, row, 2));
			errors++;
		}
	}
	return errors;
}

static int
put(struct db *db, const char *who, struct ops_station *s, size_t n, size_t *errors, struct err *e)
{
	struct args a;
	PGresult *r = NULL;
	int rc;

	args_init(&a, types, A_COUNT);
	args_set_text(&a, A_WHO, who);
	for (size_t i = 0; i < n; i++)
		add(&a, &s[i]);
	rc = pg_call(db, &q_put, &a, &r, e);
	args_free(&a);
	if (rc != 0)
		return -1;
	*errors = read_rows(r, s, n);
	PQclear(r);
	return 0;
}

int
ops_station_put(struct db *db, const char *who, struct ops_station *s, size_t n, enum ops_put how, struct err *e)
{
	size_t errors = 0;

	if (db_begin(db, e) != 0)
		return -1;
	if (put(db, who, s, n, &errors, e) != 0) {
		db_rollback(db);
		return -1;
	}
	if (how == PUT_TRY || (how == PUT_ALL && errors > 0)) {
		db_rollback(db);
		return 0;
	}
	return db_commit(db, e);
}

int
ops_station_block(struct db *db, const char *who, const char *name, bool block, const char *why, struct err *e)
{
	static const enum arg_type scalars[4] = { ARG_SCALAR, ARG_SCALAR, ARG_SCALAR, ARG_SCALAR };
	struct args a;
	PGresult *r = NULL;
	enum reason reason;
	int rc;

	args_init(&a, scalars, 4);
	args_set_text(&a, 0, who);
	args_set_text(&a, 1, name);
	args_set_bool(&a, 2, block);
	args_set_text(&a, 3, why);
	rc = pg_call(db, &q_block, &a, &r, e);
	args_free(&a);
	if (rc != 0)
		return -1;
	reason = res_reason(r, 0, 0);
	PQclear(r);
	return reason == R_NONE ? 0 : err_set(e, reason, "station %.64s", name);
}
