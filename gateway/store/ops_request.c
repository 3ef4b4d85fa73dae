/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "gateway/store/ops_list.h"

static const struct stmt q_decide = { "ops_request_decide", "SELECT * FROM nemra.ops_request_decide($1, $2, $3, $4)",
	true };
static const struct stmt q_repair = { "ops_request_repair", "SELECT * FROM nemra.ops_request_repair($1, $2, $3, $4)",
	true };
static const struct stmt q_pause = { "ops_ca_pause", "SELECT nemra.ops_ca_pause($1, $2, $3, $4)", true };
static const struct stmt q_forms = { "ops_request_forms",
	"SELECT r.envelope, r.pkcs10, r.crmf FROM nemra.request AS r WHERE r.id = $1", false };
static const struct stmt q_steps = { "ops_request_steps",
	"SELECT t.state::text, nemra.rfc3339(t.at), t.reason FROM nemra.request_step AS t WHERE t.request = $1 "
	"ORDER BY t.id", false };
static const struct stmt q_messages = { "ops_request_messages",
	"SELECT m.kind, nemra.rfc3339(m.at), m.der FROM nemra.message AS m WHERE m.request = $1 ORDER BY m.id", false };
static const struct stmt q_chain = { "ops_chain_of_request",
	"SELECT c.chain FROM nemra.certificate AS c WHERE c.request = $1 AND c.chain IS NOT NULL "
	"ORDER BY c.accepted DESC, c.id DESC LIMIT 1", false };
static const struct stmt q_chain_by_key = { "ops_chain_by_key",
	"SELECT c.chain FROM nemra.certificate_key AS k JOIN nemra.certificate AS c ON c.request = k.request "
	"AND c.issuer_sha256 = k.issuer_sha256 AND c.serial = k.serial "
	"WHERE k.issuer_sha256 = decode(split_part($1::text, ':', 1), 'hex') "
	"AND k.serial = decode(split_part($1::text, ':', 2), 'hex') AND c.chain IS NOT NULL "
	"ORDER BY c.id DESC LIMIT 1", false };

static const enum arg_type scalars[4] = { ARG_SCALAR, ARG_SCALAR, ARG_SCALAR, ARG_SCALAR };

/* --- yes or no --- */

/* Both answer with a reason, or NULL, and the state that was found. */
static int
change(struct db *db, const struct stmt *s, const char *who, const struct uuid *id, bool on, const char *why,
    struct err *e)
{
	struct args a;
	PGresult *r = NULL;
	enum reason reason;
	int rc;

	args_init(&a, scalars, 4);
	args_set_text(&a, 0, who);
	args_set_uuid(&a, 1, id);
	args_set_bool(&a, 2, on);
	args_set_text(&a, 3, why);
	rc = pg_call(db, s, &a, &r, e);
	args_free(&a);
	if (rc != 0)
		return -1;
	reason = res_reason(r, 0, 0);
	if (reason != R_NONE)
		rc = err_set(e, reason, "%s", reason == R_NOT_FOUND ? "no such request" : res_text(r, 0, 1));
	PQclear(r);
	return rc;
}

int
ops_request_decide(struct db *db, const char *who, const struct uuid *id, bool approve, const char *why,
    struct err *e)
{
	return change(db, &q_decide, who, id, approve, why, e);
}

int
ops_request_repair(struct db *db, const char *who, const struct uuid *id, bool retry, const char *why,
    struct err *e)
{
	return change(db, &q_repair, who, id, retry, why, e);
}

int
ops_ca_pause(struct db *db, const char *who, const char *ca, bool pause, const char *why, struct err *e)
{
	struct args a;
	PGresult *r = NULL;
	int rc;

	args_init(&a, scalars, 4);
	args_set_text(&a, 0, who);
	args_set_text(&a, 1, ca);
	args_set_bool(&a, 2, pause);
	args_set_text(&a, 3, why);
	rc = pg_call(db, &q_pause, &a, &r, e);
	args_free(&a);
	if (rc == 0 && res_reason(r, 0, 0) != R_NONE)
		rc = err_set(e, res_reason(r, 0, 0), "no CA %.64s", ca);
	PQclear(r);
	return rc;
}

/* --- one request, with all that is known of it --- */

static int
ask(struct db *db, const struct stmt *s, const struct uuid *id, PGresult **r, struct err *e)
{
	struct args a;
	int rc;

	args_init(&a, scalars, 1);
	args_set_uuid(&a, 0, id);
	rc = pg_call(db, s, &a, r, e);
	args_free(&a);
	return rc;
}

static int
take_row(void *arg, const char *const *value, size_t n)
{
	struct ops_request *out = arg;

	for (size_t i = 0; i < n; i++)
		out->column[i] = value[i] != NULL ? xstrdup(value[i]) : NULL;
	out->n = n;
	return 0;
}

static int
read_columns(struct db *db, const struct uuid *id, struct ops_request *out, struct err *e)
{
	char text[UUID_TEXT];
	const struct ops_cond cond = { noun_request.column[0].name, OP_EQ, text };
	const struct ops_query q = { .cond = &cond, .n_cond = 1, .limit = 1 };

	uuid_print(id, text);
	if (list_run(db, &noun_request, &q, take_row, out, e) != 0)
		return -1;
	return out->n > 0 ? 0 : err_set(e, R_NOT_FOUND, "no request %s", text);
}

static int
read_forms(struct db *db, const struct uuid *id, struct ops_request *out, struct err *e)
{
	PGresult *r = NULL;

	if (ask(db, &q_forms, id, &r, e) != 0)
		return -1;
	if (PQntuples(r) > 0) {
		out->envelope = res_blob(r, 0, 0);
		out->pkcs10 = res_blob(r, 0, 1);
		out->crmf = res_blob(r, 0, 2);
	}
	PQclear(r);
	return 0;
}

static int
read_steps(struct db *db, const struct uuid *id, struct ops_request *out, struct err *e)
{
	PGresult *r = NULL;

	if (ask(db, &q_steps, id, &r, e) != 0)
		return -1;
	out->n_steps = (size_t)PQntuples(r);
	out->step = xcalloc(out->n_steps, sizeof(*out->step));
	for (size_t i = 0; i < out->n_steps; i++) {
		out->step[i].state = res_dup(r, (int)i, 0);
		out->step[i].at = res_dup(r, (int)i, 1);
		out->step[i].why = res_null(r, (int)i, 2) ? NULL : res_dup(r, (int)i, 2);
	}
	PQclear(r);
	return 0;
}

static int
read_messages(struct db *db, const struct uuid *id, struct ops_request *out, struct err *e)
{
	PGresult *r = NULL;

	if (ask(db, &q_messages, id, &r, e) != 0)
		return -1;
	out->n_messages = (size_t)PQntuples(r);
	out->message = xcalloc(out->n_messages, sizeof(*out->message));
	for (size_t i = 0; i < out->n_messages; i++) {
		out->message[i].kind = res_dup(r, (int)i, 0);
		out->message[i].at = res_dup(r, (int)i, 1);
		out->message[i].der = res_blob(r, (int)i, 2);
	}
	PQclear(r);
	return 0;
}

int
ops_request_show(struct db *db, const struct uuid *id, struct ops_request *out, struct err *e)
{
	struct ops_request q = { .n = 0 };

	if (read_columns(db, id, &q, e) != 0 || read_forms(db, id, &q, e) != 0 || read_steps(db, id, &q, e) != 0 ||
	    read_messages(db, id, &q, e) != 0) {
		ops_request_free(&q);
		return -1;
	}
	*out = q;
	return 0;
}

void
ops_request_free(struct ops_request *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->column[i]);
	for (size_t i = 0; i < r->n_steps; i++) {
		free(r->step[i].state);
		free(r->step[i].at);
		free(r->step[i].why);
	}
	for (size_t i = 0; i < r->n_messages; i++) {
		free(r->message[i].kind);
		free(r->message[i].at);
		blob_free(&r->message[i].der);
	}
	free(r->step);
	free(r->message);
	blob_free(&r->envelope);
	blob_free(&r->pkcs10);
	blob_free(&r->crmf);
	memset(r, 0, sizeof(*r));
}

/* --- certificates --- */

static bool
key_ok(const char *key)
{
	static const char digits[] = "0123456789abcdef";
	size_t issuer = strspn(key, digits), serial;

	if (issuer != 64 || key[issuer] != ':')
		return false;
	serial = strspn(key + issuer + 1, digits);
	return serial % 2 == 0 && serial <= 2 * 64 && key[issuer + 1 + serial] == '\0';
}

int
ops_certificate_chain(struct db *db, const char *key, struct blob *pem, struct err *e)
{
	struct uuid id;
	bool by_request = uuid_parse(key, &id, NULL) == 0;
	struct args a;
	PGresult *r = NULL;
	int rc;

	if (!by_request && !key_ok(key))
		return err_set(e, R_BAD_PARAMETER, "neither a request nor the key of a certificate");
	args_init(&a, scalars, 1);
	args_set_text(&a, 0, key);
	rc = pg_call(db, by_request ? &q_chain : &q_chain_by_key, &a, &r, e);
	args_free(&a);
	if (rc != 0)
		return -1;
	if (PQntuples(r) == 0)
		rc = err_set(e, R_NOT_FOUND, "no certificate %.140s", key);
	else
		*pem = res_blob(r, 0, 0);
	PQclear(r);
	return rc;
}
