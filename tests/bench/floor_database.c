/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Durable commits: rows of 600 octets appended, and narrow rows changed, one and a hundred to a statement. The time is
 * the backend's.
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <time.h>

#include "tests/bench/floor.h"

static int64_t
backend_ns(PGconn *db)
{
	struct timespec t;
	clockid_t clock;

	if (clock_getcpuclockid(PQbackendPID(db), &clock) != 0 || clock_gettime(clock, &t) != 0)
		return 0;
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int
run(PGconn *db, const char *sql)
{
	PGresult *r = PQexec(db, sql);
	int rc = PQresultStatus(r) == PGRES_COMMAND_OK ? 0 : -1;

	PQclear(r);
	return rc;
}

static int
run_prepared(PGconn *db, const char *name, int from, int to)
{
	char a[16], b[16];
	const char *const v[] = { a, b };
	PGresult *r;
	int rc;

	snprintf(a, sizeof(a), "%d", from);
	snprintf(b, sizeof(b), "%d", to);
	r = PQexecPrepared(db, name, 2, v, NULL, NULL, 0);
	rc = PQresultStatus(r) == PGRES_COMMAND_OK ? 0 : -1;
	PQclear(r);
	return rc;
}

static int
prepare(PGconn *db, const char *name, const char *sql)
{
	PGresult *r = PQprepare(db, name, sql, 2, NULL);
	int rc = PQresultStatus(r) == PGRES_COMMAND_OK ? 0 : -1;

	PQclear(r);
	return rc;
}

/* calls statements over rows each, from row *next on; its time a row. */
static int
figure(PGconn *db, struct figures *f, const char *name, const char *statement, int rows, int calls, int *next)
{
	int64_t from = backend_ns(db);

	for (int i = 0; i < calls; i++, *next += rows)
		if (run_prepared(db, statement, *next, *next + rows - 1) != 0)
			return -1;
	figure_add(f, name, (double)(backend_ns(db) - from) / 1e3 / rows / calls);
	return 0;
}

static int
make_tables(PGconn *db)
{
	static const char *const sql[] = {
		"SET client_min_messages = error",
		"DROP SCHEMA IF EXISTS bench_floor CASCADE",
		"CREATE SCHEMA bench_floor",
		"CREATE TABLE bench_floor.wide (id int PRIMARY KEY, body bytea NOT NULL)",
		"CREATE TABLE bench_floor.narrow (id int PRIMARY KEY, state int NOT NULL) WITH (fillfactor = 70)",
		"INSERT INTO bench_floor.narrow SELECT i, 0 FROM generate_series(0, 9999) i",
	};

	for (size_t i = 0; i < COUNT_OF(sql); i++)
		if (run(db, sql[i]) != 0)
			return -1;
	return prepare(db, "insert", "INSERT INTO bench_floor.wide SELECT i, decode(repeat(md5(i::text), 37), 'hex') "
	    "FROM generate_series($1::int, $2::int) i") == 0 &&
	    prepare(db, "change", "UPDATE bench_floor.narrow SET state = state + 1 "
	    "WHERE id BETWEEN $1::int AND $2::int") == 0 ? 0 : -1;
}

static int
measure(PGconn *db, struct figures *f)
{
	int insert = 0, change = 0;

	return make_tables(db) == 0 &&
	    figure(db, f, "commit of 1 row", "insert", 1, 100, &insert) == 0 &&
	    figure(db, f, "insert, 100 rows a commit", "insert", 100, 40, &insert) == 0 &&
	    figure(db, f, "update of 1 row", "change", 1, 100, &change) == 0 &&
	    figure(db, f, "update, 100 rows a commit", "change", 100, 40, &change) == 0 ? 0 : -1;
}

int
floor_database(struct figures *f, const char *url, struct err *e)
{
	PGconn *db = PQconnectdb(url);
	int rc = -1;

	if (PQstatus(db) == CONNECTION_OK)
		rc = measure(db, f);
	if (rc != 0)
		err_set(e, R_INTERNAL, "database: %.200s", PQerrorMessage(db));
	else
		rc = run(db, "DROP SCHEMA bench_floor CASCADE");
	PQfinish(db);
	return rc;
}
