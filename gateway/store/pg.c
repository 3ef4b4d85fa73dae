/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/pg.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/failpoint.h"

/* Longer than the server's statement_timeout (db.c): only a server that no longer answers at all meets it. */
static int64_t
answer_ms(const struct db *db)
{
	return (int64_t)db->patience_s * 4000 / 3;
}

enum reason
pg_reason(const char *sqlstate)
{
	static const struct {
		const char *prefix;
		enum reason reason;
	} map[] = {
		{ "53100", R_STORE_FULL },	/* disk_full */
		{ "53", R_DB_AWAY },		/* no connections, no memory */
		{ "08", R_DB_AWAY },		/* connection */
		{ "57P", R_DB_AWAY },		/* shutting down, starting up, terminated */
		{ "57014", R_DB_AWAY },		/* statement_timeout, cancelled */
		{ "25006", R_DB_AWAY },		/* read-only: the old primary */
		{ "25P03", R_DB_AWAY },		/* idle_in_transaction_session_timeout */
		{ "40", R_DB_AWAY },		/* deadlock, serialization */
		{ "55P03", R_DB_AWAY },		/* lock_not_available */
		{ "58030", R_STORE_FULL },	/* io_error */
		{ "3F000", R_DB_SCHEMA },	/* no such schema */
		{ "42883", R_DB_SCHEMA },	/* no such function */
		{ "42P01", R_DB_SCHEMA },	/* no such table */
		{ "42703", R_DB_SCHEMA },	/* no such column */
	};

	for (size_t i = 0; sqlstate != NULL && i < COUNT_OF(map); i++)
		if (strncmp(sqlstate, map[i].prefix, strlen(map[i].prefix)) == 0)
			return map[i].reason;
	return R_DB_ERROR;
}

/* --- sending and waiting, with a limit --- */

static int
wait_for(struct db *db, short events, int64_t deadline)
{
	struct pollfd p = { .fd = PQsocket(db->conn), .events = events };
	int64_t left;
	int rc;

	do {
		left = deadline - clock_mono_ms();
		if (left <= 0)
			return -1;
		rc = poll(&p, 1, (int)left);
	} while (rc < 0 && errno == EINTR);
	return rc > 0 ? 0 : -1;
}

static int
flush(struct db *db, int64_t deadline)
{
	int rc;

	while ((rc = PQflush(db->conn)) == 1)
		if (wait_for(db, POLLIN | POLLOUT, deadline) != 0 || PQconsumeInput(db->conn) != 1)
			return -1;
	return rc;
}

/* The next result of what was sent, NULL when there are no more. -1: the connection is lost. */
static int
next_result(struct db *db, int64_t deadline, PGresult **out)
{
	while (PQisBusy(db->conn))
		if (wait_for(db, POLLIN, deadline) != 0 || PQconsumeInput(db->conn) != 1)
			return -1;
	*out = PQgetResult(db->conn);
	return 0;
}

/* The last result of the command; an error wins over what follows. */
static int
collect(struct db *db, PGresult **out)
{
	int64_t deadline = clock_mono_ms() + answer_ms(db);
	PGresult *last = NULL, *r;

	if (flush(db, deadline) != 0)
		return -1;
	for (;;) {
		if (next_result(db, deadline, &r) != 0) {
			PQclear(last);
			return -1;
		}
		if (r == NULL)
			break;
		if (last != NULL && PQresultStatus(last) == PGRES_FATAL_ERROR) {
			PQclear(r);
			continue;
		}
		PQclear(last);
		last = r;
	}
	*out = last;
	return last != NULL ? 0 : -1;
}

static int
lost(struct db *db, bool writes, struct err *e)
{
	bool unknown = writes && !db->in_transaction;
	char why[160];

	snprintf(why, sizeof(why), "%s", PQerrorMessage(db->conn));
	why[strcspn(why, "\n")] = '\0';
	PQfinish(db->conn);
	db->conn = NULL;
	db->in_transaction = false;
	return err_set(e, unknown ? R_DB_UNKNOWN : R_DB_AWAY, "%s",
	    why[0] != '\0' ? why : "the server does not answer");
}

/*
 * An ERROR that the server sent means that nothing was committed. A FATAL one, or none at all, says nothing about
 * that; nor does a WARNING, which is how a commit says that it was not replicated.
 */
static int
judge(struct db *db, const PGresult *r, bool writes, struct err *e)
{
	ExecStatusType status = PQresultStatus(r);
	const char *severity, *sqlstate;

	if (PQstatus(db->conn) != CONNECTION_OK)
		return lost(db, writes, e);
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
		if (!writes || db->in_transaction || !db->warned)
			return 0;
		return err_set(e, R_DB_UNKNOWN, "the server warned while it committed");
	}
	severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
	sqlstate = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	if (severity == NULL || strcmp(severity, "ERROR") != 0)
		return lost(db, writes, e);
	snprintf(db->sqlstate, sizeof(db->sqlstate), "%s", sqlstate != NULL ? sqlstate : "");
	return err_set(e, pg_reason(sqlstate), "%s (%s)", PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY),
	    sqlstate != NULL ? sqlstate : "no SQLSTATE");
}

static int
finish(struct db *db, int sent, bool writes, PGresult **out, struct err *e)
{
	PGresult *r = NULL;

	if (sent != 1 || collect(db, &r) != 0)
		return lost(db, writes, e);
	if (judge(db, r, writes, e) != 0) {
		PQclear(r);
		return -1;
	}
	*out = r;
	return 0;
}

/* --- parameters --- */

struct params {
	const char *value[ARGS_MAX];
	int length[ARGS_MAX];
	int format[ARGS_MAX];
	int n;
};

static int
params_of(struct args *a, struct params *p, struct err *e)
{
	memset(p, 0, sizeof(*p));
	if (a == NULL)
		return 0;
	if (!args_finish(a))
		return err_set(e, R_TOO_LONG, "more than a statement can carry");
	p->n = (int)a->n;
	for (size_t i = 0; i < a->n; i++) {
		struct arg *v = &a->v[i];

		p->format[i] = v->type != ARG_SCALAR;
		p->length[i] = (int)v->b.len;
		if (v->type != ARG_SCALAR)
			p->value[i] = (const char *)v->b.p;
		else if (!v->null)
			p->value[i] = v->b.len > 0 ? buf_text(&v->b) : "";
	}
	return 0;
}

static int
prepare(struct db *db, const struct stmt *s, struct err *e)
{
	PGresult *r = NULL;

	for (size_t i = 0; i < db->n_prepared; i++)
		if (db->prepared[i] == s)
			return 0;
	if (db->n_prepared == DB_STATEMENTS)
		return err_set(e, R_INTERNAL, "more than %d statements", DB_STATEMENTS);
	if (finish(db, PQsendPrepare(db->conn, s->name, s->sql, 0, NULL), false, &r, e) != 0)
		return -1;
	PQclear(r);
	db->prepared[db->n_prepared++] = s;
	return 0;
}

static int
ready(struct db *db, struct err *e)
{
	db->warned = false;
	db->sqlstate[0] = '\0';
	return db->conn != NULL ? 0 : err_set(e, R_DB_AWAY, "not connected");
}

int
pg_call(struct db *db, const struct stmt *s, struct args *a, PGresult **out, struct err *e)
{
	struct params p;
	int rc;

	if (ready(db, e) != 0 || params_of(a, &p, e) != 0 || prepare(db, s, e) != 0)
		return -1;
	FAILPOINT_OF(s->name, "ask");
	rc = PQsendQueryPrepared(db->conn, s->name, p.n, p.value, p.length, p.format, 1);
	FAILPOINT_OF(s->name, "asked");
	rc = finish(db, rc, s->writes, out, e);
	FAILPOINT_OF(s->name, "told");
	return rc;
}

int
pg_query(struct db *db, const char *sql, struct args *a, PGresult **out, struct err *e)
{
	struct params p;

	if (ready(db, e) != 0 || params_of(a, &p, e) != 0)
		return -1;
	return finish(db, PQsendQueryParams(db->conn, sql, p.n, NULL, p.value, p.length, p.format, 0), false,
	    out, e);
}

int
pg_command(struct db *db, const char *sql, bool writes, struct err *e)
{
	PGresult *r = NULL;
	int rc;

	if (ready(db, e) != 0)
		return -1;
	FAILPOINT_OF(sql, "ask");
	rc = PQsendQuery(db->conn, sql);
	FAILPOINT_OF(sql, "asked");
	rc = finish(db, rc, writes, &r, e);
	FAILPOINT_OF(sql, "told");
	PQclear(r);
	return rc;
}
