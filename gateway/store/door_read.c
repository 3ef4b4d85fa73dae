/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "gateway/store/door.h"
#include "gateway/store/pg.h"

static const struct stmt q_read = { "door_read", "SELECT * FROM nemra.door_read($1, $2, $3, $4, $5)", true };
static const struct stmt q_watch = { "door_watch", "SELECT nemra.door_watch($1, $2, $3)", false };
static const struct stmt q_mark = { "door_mark", "SELECT * FROM nemra.door_mark($1, $2, $3)", true };

/* --- read --- */

enum { A_STATION, A_REQUEST, A_TIMELINE, A_CERTIFICATE, A_DELIVERING, A_COUNT };
static const enum arg_type types[A_COUNT] = { ARG_UUIDS, ARG_UUIDS, ARG_BOOLS, ARG_BOOLS, ARG_BOOLS };

enum { C_I, C_STATE, C_REASON, C_DETAIL, C_PROFILE, C_CHAIN, C_STEP_STATE, C_STEP_AT };

static void
read_steps(const PGresult *r, int row, struct door_read *d)
{
	int64_t at[DOOR_STEPS];
	size_t n_at = res_i64s(r, row, C_STEP_AT, at, DOOR_STEPS), n;
	char **state;

	res_texts(r, row, C_STEP_STATE, &state, &n);
	for (size_t i = 0; i < n && i < n_at; i++) {
		d->step[i] = (struct door_step){ request_state_parse(state[i]), at[i] };
		d->n_steps = i + 1;
	}
	texts_free(state, n);
}

static void
read_row(const PGresult *r, int row, struct door_read *d)
{
	d->found = true;
	d->state = request_state_parse(res_text(r, row, C_STATE));
	d->reason = res_reason(r, row, C_REASON);
	d->detail = res_null(r, row, C_DETAIL) ? NULL : res_dup(r, row, C_DETAIL);
	d->profile = res_dup(r, row, C_PROFILE);
	d->chain = res_blob(r, row, C_CHAIN);
	read_steps(r, row, d);
}

int
door_read(struct db *db, struct door_read *d, size_t n, struct err *e)
{
	struct args a;
	PGresult *r = NULL;
	int rc;

	args_init(&a, types, A_COUNT);
	for (size_t i = 0; i < n; i++) {
		args_uuid(&a, A_STATION, &d[i].station);
		args_uuid(&a, A_REQUEST, &d[i].request);
		args_bool(&a, A_TIMELINE, d[i].want_timeline);
		args_bool(&a, A_CERTIFICATE, d[i].want_certificate);
		args_bool(&a, A_DELIVERING, d[i].delivering && d[i].want_certificate);
		d[i].found = false;
	}
	rc = pg_call(db, &q_read, &a, &r, e);
	args_free(&a);
	if (rc != 0)
		return -1;
	for (int row = 0; row < PQntuples(r); row++) {
		size_t i = (size_t)res_i64(r, row, C_I) - 1;

		if (i < n)
			read_row(r, row, &d[i]);
	}
	PQclear(r);
	return 0;
}

void
door_read_free(struct door_read *d)
{
	free(d->detail);
	free(d->profile);
	blob_free(&d->chain);
	d->detail = d->profile = NULL;
	d->n_steps = 0;
}

/* --- watch --- */

enum { W_STATION, W_REQUEST, W_WAITS, W_COUNT };
static const enum arg_type watch_types[W_COUNT] = { ARG_UUIDS, ARG_UUIDS, ARG_TEXTS };

int
door_watch(struct db *db, struct door_watch *w, size_t n, bool (*waits)(enum request_state),
    struct err *e)
{
	struct args a;
	PGresult *r = NULL;
	int rc;

	args_init(&a, watch_types, W_COUNT);
	for (size_t i = 0; i < n; i++) {
		args_uuid(&a, W_STATION, &w[i].station);
		args_uuid(&a, W_REQUEST, &w[i].request);
		w[i].over = false;
	}
	for (int s = 0; s < RQ_STATES; s++)
		if (waits((enum request_state)s))
			args_text(&a, W_WAITS, request_state_name((enum request_state)s));
	rc = pg_call(db, &q_watch, &a, &r, e);
	args_free(&a);
	if (rc != 0)
		return -1;
	for (int row = 0; row < PQntuples(r); row++) {
		size_t i = (size_t)res_i64(r, row, 0) - 1;

		if (i < n)
			w[i].over = true;
	}
	PQclear(r);
	return 0;
}

/* --- mark --- */

enum { M_STATION, M_REQUEST, M_EVENT, M_COUNT };
static const enum arg_type mark_types[M_COUNT] = { ARG_UUIDS, ARG_UUIDS, ARG_TEXTS };

int
door_mark(struct db *db, struct door_mark *m, size_t n, struct err *e)
{
	struct args a;
	PGresult *r = NULL;
	int rc;

	args_init(&a, mark_types, M_COUNT);
	for (size_t i = 0; i < n; i++) {
		args_uuid(&a, M_STATION, &m[i].station);
		args_uuid(&a, M_REQUEST, &m[i].request);
		args_text(&a, M_EVENT, request_event_name(m[i].event));
		m[i].found = false;
		err_clear(&m[i].err);
	}
	rc = pg_call(db, &q_mark, &a, &r, e);
	args_free(&a);
	if (rc != 0)
		return -1;
	for (int row = 0; row < PQntuples(r); row++) {
		size_t i = (size_t)res_i64(r, row, 0) - 1;
		enum reason why = res_reason(r, row, 1);

		if (i >= n)
			continue;
		m[i].found = true;
		if (why != R_NONE)
			err_set(&m[i].err, why, "%s", res_text(r, row, 2));
	}
	PQclear(r);
	return 0;
}
