/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "gateway/store/pg.h"
#include "gateway/store/work.h"

static const struct stmt q_claim = { "work_claim", "SELECT * FROM nemra.work_claim($1, $2, $3)", true };
static const struct stmt q_due = { "work_due", "SELECT * FROM nemra.work_due($1, $2)", false };

enum { A_CA, A_MAX, A_LEASE, A_COUNT };
static const enum arg_type types[A_COUNT] = { ARG_SCALAR, ARG_SCALAR, ARG_SCALAR };

enum {
	C_REQUEST, C_STATE, C_EPOCH, C_TRIES, C_ATTEMPT, C_STEP, C_QUEUED_AT, C_PROFILE, C_SHA256, C_SPKI, C_ENVELOPE,
	C_PKCS10, C_CRMF, C_TRANSACTION_ID, C_SENDER_NONCE, C_FIRST_NONCE, C_MESSAGE, C_PEER_NONCE, C_PEER_SIGNER,
	C_CERT_REQ_ID, C_CERTIFICATE, C_STATION
};

static enum ca_step
step_parse(const char *name)
{
	if (strcmp(name, "poll") == 0)
		return CA_POLL;
	return strcmp(name, "confirm") == 0 ? CA_CONFIRM : CA_ENROL;
}

/* The item lends what work owns. */
static void
lend(struct work *w)
{
	struct ca_item *it = &w->item;

	it->request = w->request;
	it->station = w->station;
	it->profile = w->profile;
	it->row = &w->row;
	it->envelope = mem_of(&w->envelope);
	it->device_key = (struct mem){ w->device_key, sizeof(w->device_key) };
	it->pkcs10 = mem_of(&w->pkcs10);
	it->crmf = mem_of(&w->crmf);
	it->upload_sha256 = (struct mem){ w->sha256, sizeof(w->sha256) };
	it->spki_sha256 = (struct mem){ w->spki_sha256, sizeof(w->spki_sha256) };
}

static void
read_transaction(const PGresult *r, int row, const struct work *w, struct ca_item *it)
{
	it->step = step_parse(res_text(r, row, C_STEP));
	res_bytes(r, row, C_TRANSACTION_ID, it->transaction_id, sizeof(it->transaction_id));
	res_bytes(r, row, C_SENDER_NONCE, it->sender_nonce, sizeof(it->sender_nonce));
	res_bytes(r, row, C_FIRST_NONCE, it->first_nonce, sizeof(it->first_nonce));
	it->message = res_blob(r, row, C_MESSAGE);
	it->peer_nonce = res_blob(r, row, C_PEER_NONCE);
	it->peer_signer = res_blob(r, row, C_PEER_SIGNER);
	it->cert_req_id = res_i64(r, row, C_CERT_REQ_ID);
	it->cert = res_blob(r, row, C_CERTIFICATE);
	it->resent = w->tries > 0;
	/* a certConf outside issued can only be the one that says no */
	it->reject = it->step == CA_CONFIRM && w->state != RQ_ISSUED;
}

static void
read_row(const PGresult *r, int row, struct work *w)
{
	w->request = res_uuid(r, row, C_REQUEST);
	w->state = request_state_parse(res_text(r, row, C_STATE));
	w->epoch = res_i64(r, row, C_EPOCH);
	w->tries = (uint32_t)res_i64(r, row, C_TRIES);
	w->item.attempt = (uint32_t)res_i64(r, row, C_ATTEMPT);
	w->queued_at = res_i64(r, row, C_QUEUED_AT);
	w->profile = res_dup(r, row, C_PROFILE);
	res_bytes(r, row, C_SHA256, w->sha256, sizeof(w->sha256));
	res_bytes(r, row, C_SPKI, w->spki_sha256, sizeof(w->spki_sha256));
	w->envelope = res_blob(r, row, C_ENVELOPE);
	w->pkcs10 = res_blob(r, row, C_PKCS10);
	w->crmf = res_blob(r, row, C_CRMF);
	read_transaction(r, row, w, &w->item);
	res_station(r, row, C_STATION, &w->row);
	w->station = xstrdup(w->row.name);
	memcpy(w->device_key, w->row.device_key, sizeof(w->device_key));
	lend(w);
}

int
work_claim(struct db *db, const char *ca, size_t max, int lease_s, struct work **out, size_t *n, struct err *e)
{
	struct args a;
	PGresult *r = NULL;
	struct work *w;
	int rc;

	args_init(&a, types, A_COUNT);
	args_set_text(&a, A_CA, ca);
	args_set_i64(&a, A_MAX, (int64_t)max);
	args_set_i64(&a, A_LEASE, lease_s);
	rc = pg_call(db, &q_claim, &a, &r, e);
	args_free(&a);
	if (rc != 0)
		return -1;
	*n = (size_t)PQntuples(r);
	w = xcalloc(*n, sizeof(*w));
	for (size_t i = 0; i < *n; i++)
		read_row(r, (int)i, &w[i]);
	PQclear(r);
	*out = w;
	return 0;
}

int
work_due(struct db *db, const char *ca, size_t max, struct work_due *out, struct err *e)
{
	struct args a;
	PGresult *r = NULL;
	int rc;

	args_init(&a, types, A_LEASE);
	args_set_text(&a, A_CA, ca);
	args_set_i64(&a, A_MAX, (int64_t)max);
	rc = pg_call(db, &q_due, &a, &r, e);
	args_free(&a);
	if (rc != 0)
		return -1;
	out->due = (size_t)res_i64(r, 0, 0);
	out->oldest_ms = res_i64(r, 0, 1);
	out->next_ms = res_i64(r, 0, 2);
	PQclear(r);
	return 0;
}

void
work_free(struct work *w, size_t n)
{
	for (size_t i = 0; w != NULL && i < n; i++) {
		free(w[i].station);
		free(w[i].profile);
		blob_free(&w[i].envelope);
		blob_free(&w[i].pkcs10);
		blob_free(&w[i].crmf);
		station_free(&w[i].row);
		ca_item_free(&w[i].item);
	}
	free(w);
}
