/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Inside the store: statements, their results, and what an SQLSTATE means to us. Nothing else includes this.
 */
#ifndef NEMRA_STORE_PG_H
#define NEMRA_STORE_PG_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/uuid.h"
#include "gateway/core/request.h"
#include "gateway/core/station.h"
#include "gateway/store/args.h"
#include "gateway/store/db.h"

#define DB_STATEMENTS 24
#define DB_CHANNELS 3

/* A statement of ours; prepared at its first use on a connection. */
struct stmt {
	const char *name;
	const char *sql;
	bool writes;		/* a lost connection leaves its outcome unknown */
};

struct db {
	PGconn *conn;		/* NULL: away */
	char *url;
	char *role;
	bool synchronous;
	int patience_s;
	bool in_transaction;
	bool warned;		/* the server sent a WARNING since it was cleared */
	bool has_audit_lock;
	bool notified;
	char sqlstate[6];	/* of the last error that the server sent */
	const char *channel[DB_CHANNELS];
	size_t n_channels;
	const struct stmt *prepared[DB_STATEMENTS];
	size_t n_prepared;
};

/* The result must be freed with PQclear(). In binary; -1 also when the outcome is not known (R_DB_UNKNOWN). */
int pg_call(struct db *db, const struct stmt *s, struct args *a, PGresult **out, struct err *e) MUSTUSE;

/* As pg_call with text results, and not prepared: for statements that are put together from fixed pieces. */
int pg_query(struct db *db, const char *sql, struct args *a, PGresult **out, struct err *e) MUSTUSE;

/* A command without parameters or result. */
int pg_command(struct db *db, const char *sql, bool writes, struct err *e) MUSTUSE;

/* What to do about it: R_STORE_FULL, R_DB_AWAY, R_DB_SCHEMA, R_DB_ERROR. */
enum reason pg_reason(const char *sqlstate);

/* --- reading a binary result; a NULL reads as 0, false, "", empty --- */

bool res_null(const PGresult *r, int row, int col);
int64_t res_i64(const PGresult *r, int row, int col);		/* int4 or int8 */
bool res_bool(const PGresult *r, int row, int col);
struct uuid res_uuid(const PGresult *r, int row, int col);
struct mem res_mem(const PGresult *r, int row, int col);	/* lives as long as r */
const char *res_text(const PGresult *r, int row, int col);	/* lives as long as r */
struct blob res_blob(const PGresult *r, int row, int col);	/* the caller's */
char *res_dup(const PGresult *r, int row, int col);		/* the caller's */
void res_bytes(const PGresult *r, int row, int col, uint8_t *out, size_t len);	/* exactly len, else zeros */
enum reason res_reason(const PGresult *r, int row, int col);	/* R_NONE when NULL, '' or unknown */

/* text[] and int8[]; the lists are the caller's. */
void res_texts(const PGresult *r, int row, int col, char ***v, size_t *n);
size_t res_i64s(const PGresult *r, int row, int col, int64_t *v, size_t max);

/* The station's twelve columns from col on. */
void res_station(const PGresult *r, int row, int col, struct station *out);
#define RES_STATION_COLUMNS 12

#endif
