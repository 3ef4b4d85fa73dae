/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "gateway/store/work_priv.h"

static const struct stmt q_prepared = { "work_prepared",
	"SELECT * FROM nemra.work_prepared($1, $2, $3, $4, $5, $6, $7, $8)", true };
static const struct stmt q_sent = { "work_sent", "SELECT * FROM nemra.work_sent($1, $2, $3)", true };
static const struct stmt q_release = { "work_release", "SELECT * FROM nemra.work_release($1, $2, $3, $4, $5, $6)",
	true };
static const struct stmt q_refuse = { "work_refuse", "SELECT * FROM nemra.work_refuse($1, $2, $3, $4, $5)", true };

const char *
ca_step_name(enum ca_step step)
{
	switch (step) {
	case CA_ENROL:
		return "enrol";
	case CA_POLL:
		return "poll";
	case CA_CONFIRM:
		return "confirm";
	}
	return "enrol";
}

void
work_seen(struct args *a, const struct work *w)
{
	args_uuid(a, W_REQUEST, &w->request);
	args_text(a, W_STATE, request_state_name(w->state));
	args_bigint(a, W_EPOCH, w->epoch);
}

static struct work *
find(struct work **w, size_t n, struct uuid id)
{
	for (size_t i = 0; i < n; i++)
		if (memcmp(&w[i]->request, &id, sizeof(id)) == 0)
			return w[i];
	return NULL;
}

int
work_write(struct db *db, const struct stmt *s, struct args *a, struct work **w, size_t n, work_row_fn *fn,
    struct err *e)
{
	PGresult *r = NULL;
	int rc = pg_call(db, s, a, &r, e);

	args_free(a);
	if (rc != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		w[i]->lost = true;
	for (int row = 0; row < PQntuples(r); row++) {
		struct work *mine = find(w, n, res_uuid(r, row, 0));

		if (mine == NULL)
			continue;
		mine->lost = false;
		fn(mine, res_text(r, row, 1));
	}
	PQclear(r);
	return 0;
}

/* --- prepared --- */

enum { P_STEP = W_FIRST, P_TRANSACTION_ID, P_SENDER_NONCE, P_FIRST_NONCE, P_MESSAGE, P_COUNT };
static const enum arg_type prepared_types[P_COUNT] = { W_TYPES, ARG_TEXTS, ARG_BYTEAS, ARG_BYTEAS, ARG_BYTEAS,
	ARG_BYTEAS };

static void
now_prepared(struct work *w, const char *outcome)
{
	if (strcmp(outcome, "taken") == 0) {
		err_set(&w->item.err, R_CMP_TRANSACTION_ID, "the CA has it from another request");
		return;
	}
	if (w->state == RQ_QUEUED)
		w->state = RQ_PREPARED;
	w->tries = 0;
	w->item.resent = false;
}

int
work_prepared(struct db *db, struct work **w, size_t n, struct err *e)
{
	struct args a;

	args_init(&a, prepared_types, P_COUNT);
	for (size_t i = 0; i < n; i++) {
		const struct ca_item *it = &w[i]->item;

		work_seen(&a, w[i]);
		args_text(&a, P_STEP, ca_step_name(it->step));
		args_bytes(&a, P_TRANSACTION_ID,
		    (struct mem){ it->transaction_id, sizeof(it->transaction_id) });
		args_bytes(&a, P_SENDER_NONCE, (struct mem){ it->sender_nonce, sizeof(it->sender_nonce) });
		args_bytes(&a, P_FIRST_NONCE, (struct mem){ it->first_nonce, sizeof(it->first_nonce) });
		args_bytes_or_null(&a, P_MESSAGE, mem_of(&it->message));
	}
	return work_write(db, &q_prepared, &a, w, n, now_prepared, e);
}

/* --- sent --- */

static const enum arg_type seen_types[W_FIRST] = { W_TYPES };

static void
now_sent(struct work *w, const char *outcome)
{
	(void)outcome;
	if (w->state != RQ_WAITING && w->state != RQ_ISSUED)
		w->state = RQ_SENT;
	w->item.resent = w->tries > 0;
	w->tries++;
}

int
work_sent(struct db *db, struct work **w, size_t n, struct err *e)
{
	struct args a;

	args_init(&a, seen_types, W_FIRST);
	for (size_t i = 0; i < n; i++)
		work_seen(&a, w[i]);
	return work_write(db, &q_sent, &a, w, n, now_sent, e);
}

/* --- given back, and refused --- */

enum { G_DELAY = W_FIRST, G_WHY, G_DETAIL, G_COUNT };
static const enum arg_type release_types[G_COUNT] = { W_TYPES, ARG_BIGINTS, ARG_SCALAR, ARG_SCALAR };

static void
now_released(struct work *w, const char *outcome)
{
	(void)w;
	(void)outcome;
}

int
work_release(struct db *db, struct work **w, const int64_t *delay_ms, size_t n, const struct err *why,
    struct err *e)
{
	struct args a;

	args_init(&a, release_types, G_COUNT);
	for (size_t i = 0; i < n; i++) {
		work_seen(&a, w[i]);
		args_bigint(&a, G_DELAY, delay_ms[i]);
	}
	if (why != NULL && why->reason != R_NONE) {
		args_set_text(&a, G_WHY, reason_info(why->reason)->id);
		args_set_text(&a, G_DETAIL, why->detail);
	}
	return work_write(db, &q_release, &a, w, n, now_released, e);
}

enum { F_REASON = W_FIRST, F_DETAIL, F_COUNT };
static const enum arg_type refuse_types[F_COUNT] = { W_TYPES, ARG_TEXTS, ARG_TEXTS };

static void
now_refused(struct work *w, const char *outcome)
{
	(void)outcome;
	w->state = RQ_REFUSED;
}

int
work_refuse(struct db *db, struct work **w, size_t n, struct err *e)
{
	struct args a;

	args_init(&a, refuse_types, F_COUNT);
	for (size_t i = 0; i < n; i++) {
		work_seen(&a, w[i]);
		args_text(&a, F_REASON, reason_info(w[i]->item.err.reason)->id);
		args_text(&a, F_DETAIL, w[i]->item.err.detail);
	}
	return work_write(db, &q_refuse, &a, w, n, now_refused, e);
}
