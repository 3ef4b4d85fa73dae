/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "gateway/store/pg.h"
#include "gateway/store/work.h"

static const struct stmt q_lock = { "audit_lock", "SELECT nemra.audit_lock()", false };
static const struct stmt q_head = { "audit_head", "SELECT * FROM nemra.audit_head()", false };
static const struct stmt q_unlinked = { "audit_unlinked", "SELECT * FROM nemra.audit_unlinked($1)", false };
static const struct stmt q_link = { "audit_link_add",
	"SELECT nemra.audit_link_add($1, $2, $3, ($4::bytea[])[1])", true };

#define MAC 32

int
work_audit_lock(struct db *db, bool *mine, struct err *e)
{
	PGresult *r = NULL;

	/* a session lock counts its takers: take it once, it ends with the connection */
	if (db->conn == NULL || !db->has_audit_lock) {
		if (pg_call(db, &q_lock, NULL, &r, e) != 0)
			return -1;
		db->has_audit_lock = res_bool(r, 0, 0);
		PQclear(r);
	}
	*mine = db->has_audit_lock;
	return 0;
}

static int
read_head(struct db *db, int64_t *seq, uint8_t head[MAC], struct err *e)
{
	PGresult *r = NULL;

	if (pg_call(db, &q_head, NULL, &r, e) != 0)
		return -1;
	*seq = res_i64(r, 0, 0);
	res_bytes(r, 0, 1, head, MAC);
	PQclear(r);
	return 0;
}

int
work_audit_unlinked(struct db *db, size_t max, struct audit_row **rows, size_t *n, int64_t *seq, uint8_t head[32],
    struct err *e)
{
	static const enum arg_type types[] = { ARG_SCALAR };
	struct args a;
	PGresult *r = NULL;
	int rc;

	if (read_head(db, seq, head, e) != 0)
		return -1;
	args_init(&a, types, 1);
	args_set_i64(&a, 0, (int64_t)max);
	rc = pg_call(db, &q_unlinked, &a, &r, e);
	args_free(&a);
	if (rc != 0)
		return -1;
	*n = (size_t)PQntuples(r);
	*rows = xcalloc(*n, sizeof(**rows));
	for (size_t i = 0; i < *n; i++) {
		(*rows)[i].event = res_i64(r, (int)i, 0);
		(*rows)[i].content = res_blob(r, (int)i, 1);
	}
	PQclear(r);
	return 0;
}

int
work_audit_link(struct db *db, const struct audit_row *rows, const uint8_t (*mac)[32], size_t n, int64_t seq,
    const uint8_t prev[32], struct err *e)
{
	static const enum arg_type types[] = { ARG_BIGINTS, ARG_BYTEAS, ARG_SCALAR, ARG_BYTEAS };
	struct args a;
	PGresult *r = NULL;
	int rc;

	args_init(&a, types, COUNT_OF(types));
	for (size_t i = 0; i < n; i++) {
		args_bigint(&a, 0, rows[i].event);
		args_bytes(&a, 1, (struct mem){ mac[i], MAC });
	}
	args_set_i64(&a, 2, seq);
	args_bytes(&a, 3, (struct mem){ prev, MAC });
	rc = pg_call(db, &q_link, &a, &r, e);
	args_free(&a);
	PQclear(r);
	return rc;
}

void
work_audit_free(struct audit_row *rows, size_t n)
{
	for (size_t i = 0; rows != NULL && i < n; i++)
		blob_free(&rows[i].content);
	free(rows);
}
