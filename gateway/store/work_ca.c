/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/pg.h"
#include "gateway/store/work.h"

static const struct stmt q_tokens = { "work_tokens", "SELECT * FROM nemra.work_tokens($1, $2, $3, $4)", true };
static const struct stmt q_circuit = { "work_circuit", "SELECT nemra.work_circuit($1, $2, $3, $4)", true };
static const struct stmt q_note = { "work_ca_note", "SELECT nemra.work_ca_note($1, $2, $3, $4)", true };
static const struct stmt q_paused = { "work_ca_paused", "SELECT nemra.work_ca_paused($1)", false };

static const enum arg_type scalars[4] = { ARG_SCALAR, ARG_SCALAR, ARG_SCALAR, ARG_SCALAR };

int
work_tokens(struct db *db, const char *ca, double rate, double burst, uint32_t want, uint32_t *got,
    int64_t *wait_ms, struct err *e)
{
	struct args a;
	PGresult *r = NULL;
	int rc;

	if (rate <= 0) {
		*got = want;
		*wait_ms = 0;
		return 0;
	}
	args_init(&a, scalars, 4);
	args_set_text(&a, 0, ca);
	args_set_f64(&a, 1, rate);
	args_set_f64(&a, 2, burst < 1 ? 1 : burst);
	args_set_i64(&a, 3, want > INT32_MAX ? INT32_MAX : want);
	rc = pg_call(db, &q_tokens, &a, &r, e);
	args_free(&a);
	if (rc != 0)
		return -1;
	*got = (uint32_t)res_i64(r, 0, 0);
	*wait_ms = res_i64(r, 0, 1);
	PQclear(r);
	return 0;
}

static const char *
circuit_name(enum circuit c)
{
	switch (c) {
	case CIRCUIT_CLOSED:
		return "closed";
	case CIRCUIT_OPEN:
		return "open";
	case CIRCUIT_TRIAL:
		return "trial";
	}
	return "open";
}

int
work_circuit(struct db *db, const char *ca, enum circuit c, const struct err *why, struct err *e)
{
	struct args a;
	PGresult *r = NULL;
	int rc;

	args_init(&a, scalars, 4);
	args_set_text(&a, 0, ca);
	args_set_text(&a, 1, circuit_name(c));
	if (why != NULL && why->reason != R_NONE) {
		args_set_text(&a, 2, reason_info(why->reason)->id);
		args_set_text(&a, 3, why->detail);
	}
	rc = pg_call(db, &q_circuit, &a, &r, e);
	args_free(&a);
	PQclear(r);
	return rc;
}

int
work_ca_note(struct db *db, const char *ca, const struct err *why, int64_t latency_ms, struct err *e)
{
	struct args a;
	PGresult *r = NULL;
	int rc;

	args_init(&a, scalars, 4);
	args_set_text(&a, 0, ca);
	if (why->reason != R_NONE) {
		args_set_text(&a, 1, reason_info(why->reason)->id);
		args_set_text(&a, 2, why->detail);
	}
	if (latency_ms >= 0)
		args_set_i64(&a, 3, latency_ms < INT32_MAX ? latency_ms : INT32_MAX);
	rc = pg_call(db, &q_note, &a, &r, e);
	args_free(&a);
	PQclear(r);
	return rc;
}

int
work_ca_paused(struct db *db, const char *ca, bool *paused, struct err *e)
{
	struct args a;
	PGresult *r = NULL;
	int rc;

	args_init(&a, scalars, 1);
	args_set_text(&a, 0, ca);
	rc = pg_call(db, &q_paused, &a, &r, e);
	args_free(&a);
	if (rc != 0)
		return -1;
	*paused = res_bool(r, 0, 0);
	PQclear(r);
	return 0;
}
