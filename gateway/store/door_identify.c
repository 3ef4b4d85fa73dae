/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/door.h"
#include "gateway/store/pg.h"

static const struct stmt q_identify = { "door_identify",
	"SELECT * FROM nemra.door_identify($1, $2, $3, $4, $5)", true };

enum { A_KEY, A_VENDOR, A_SERIAL, A_BIND, A_SOURCE, A_COUNT };
static const enum arg_type types[A_COUNT] = { ARG_BYTEAS, ARG_TEXTS, ARG_TEXTS, ARG_BOOLS, ARG_TEXTS };

enum { C_I, C_REASON, C_BOUND, C_STATION };

static void
read_row(const PGresult *r, int row, struct door_who *w)
{
	enum reason why = res_reason(r, row, C_REASON);

	w->bound_now = res_bool(r, row, C_BOUND);
	if (!res_null(r, row, C_STATION))
		res_station(r, row, C_STATION, &w->station);
	if (why != R_NONE)
		err_set(&w->err, why, "%s", w->station.name != NULL ? w->station.name : w->serial);
}

int
door_identify(struct db *db, struct door_who *who, size_t n, struct err *e)
{
	struct args a;
	PGresult *r = NULL;
	int rc;

	args_init(&a, types, A_COUNT);
	for (size_t i = 0; i < n; i++) {
		args_bytes(&a, A_KEY, (struct mem){ who[i].device_key, sizeof(who[i].device_key) });
		args_text(&a, A_VENDOR, who[i].vendor != NULL ? who[i].vendor : "");
		args_text(&a, A_SERIAL, who[i].serial != NULL ? who[i].serial : "");
		args_bool(&a, A_BIND, who[i].bind);
		args_text(&a, A_SOURCE, who[i].source != NULL ? who[i].source : "");
	}
	rc = pg_call(db, &q_identify, &a, &r, e);
	args_free(&a);
	if (rc != 0)
		return -1;
	for (int row = 0; row < PQntuples(r); row++) {
		size_t i = (size_t)res_i64(r, row, C_I) - 1;

		if (i < n)
			read_row(r, row, &who[i]);
	}
	PQclear(r);
	return 0;
}
