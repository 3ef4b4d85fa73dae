/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/door.h"
#include "gateway/store/pg.h"

static const struct stmt q_submit = { "door_submit",
	"SELECT * FROM nemra.door_submit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, "
	"$17, $18)", true };

enum {
	A_ID, A_STATION, A_DOOR, A_SOURCE, A_PROFILE, A_CA, A_OPERATION, A_FORM, A_SHA256, A_SPKI, A_ENVELOPE,
	A_PKCS10, A_CRMF, A_SUBJECT, A_VERDICT, A_REASON, A_DETAIL, A_MAX_OPEN, A_COUNT
};
static const enum arg_type types[A_COUNT] = {
	[A_ID] = ARG_UUIDS, [A_STATION] = ARG_UUIDS, [A_DOOR] = ARG_TEXTS, [A_SOURCE] = ARG_TEXTS,
	[A_PROFILE] = ARG_TEXTS, [A_CA] = ARG_TEXTS, [A_OPERATION] = ARG_TEXTS, [A_FORM] = ARG_INTS,
	[A_SHA256] = ARG_BYTEAS, [A_SPKI] = ARG_BYTEAS, [A_ENVELOPE] = ARG_BYTEAS, [A_PKCS10] = ARG_BYTEAS,
	[A_CRMF] = ARG_BYTEAS, [A_SUBJECT] = ARG_TEXTS, [A_VERDICT] = ARG_TEXTS, [A_REASON] = ARG_TEXTS,
	[A_DETAIL] = ARG_TEXTS, [A_MAX_OPEN] = ARG_INTS,
};

enum { C_I, C_REQUEST, C_EXISTED, C_STATE, C_REASON, C_DETAIL, C_AT };

static const char *
or_empty(const char *s)
{
	return s != NULL ? s : "";
}

static void
add(struct args *a, const struct door_upload *u)
{
	bool has_reason = u->verdict != EV_ADMITTED && u->why.reason != R_NONE;

	args_uuid(a, A_ID, &u->id);
	args_uuid(a, A_STATION, &u->station);
	args_text(a, A_DOOR, or_empty(u->door));
	args_text(a, A_SOURCE, or_empty(u->source));
	args_text(a, A_PROFILE, or_empty(u->profile));
	args_text(a, A_CA, or_empty(u->ca));
	args_text(a, A_OPERATION, or_empty(u->operation));
	args_int(a, A_FORM, u->form);
	args_bytes(a, A_SHA256, (struct mem){ u->sha256, sizeof(u->sha256) });
	args_bytes(a, A_SPKI, (struct mem){ u->spki_sha256, sizeof(u->spki_sha256) });
	args_bytes_or_null(a, A_ENVELOPE, u->envelope);
	args_bytes_or_null(a, A_PKCS10, u->pkcs10);
	args_bytes_or_null(a, A_CRMF, u->crmf);
	args_text(a, A_SUBJECT, or_empty(u->subject));
	args_text(a, A_VERDICT, request_event_name(u->verdict));
	args_text(a, A_REASON, has_reason ? reason_info(u->why.reason)->id : NULL);
	args_text(a, A_DETAIL, has_reason && u->why.detail[0] != '\0' ? u->why.detail : NULL);
	args_int(a, A_MAX_OPEN, u->max_open > INT32_MAX ? INT32_MAX : (int32_t)u->max_open);
}

static void
read_row(const PGresult *r, int row, struct door_upload *u)
{
	enum reason why = res_reason(r, row, C_REASON);

	u->request = res_uuid(r, row, C_REQUEST);
	u->existed = res_bool(r, row, C_EXISTED);
	u->state = request_state_parse(res_text(r, row, C_STATE));
	u->at = res_i64(r, row, C_AT);
	err_clear(&u->err);
	if (why != R_NONE)
		err_set(&u->err, why, "%s", res_text(r, row, C_DETAIL));
}

int
door_submit(struct db *db, struct door_upload *up, size_t n, struct err *e)
{
	struct args a;
	PGresult *r = NULL;
	int rc;

	args_init(&a, types, A_COUNT);
	for (size_t i = 0; i < n; i++)
		add(&a, &up[i]);
	rc = pg_call(db, &q_submit, &a, &r, e);
	args_free(&a);
	if (rc != 0)
		return -1;
	if ((size_t)PQntuples(r) != n)
		rc = err_set(e, R_DB_ERROR, "%d answers for %zu uploads", PQntuples(r), n);
	for (int row = 0; rc == 0 && row < PQntuples(r); row++)
		read_row(r, row, &up[res_i64(r, row, C_I) - 1]);
	PQclear(r);
	return rc;
}
