/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/books.h"

#include <jansson.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/alloc.h"

struct books {
	PGconn *db;
	const char *ca_log, *prefix;
	off_t log_from;
	char lsn[32];
};

static PGresult *
query(struct books *b, const char *sql, const char *param, struct err *e)
{
	PGresult *r = PQexecParams(b->db, sql, param != NULL ? 1 : 0, NULL, &param, NULL, NULL, 0);

	if (PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1)
		return r;
	(void)err_set(e, R_INTERNAL, "database: %.200s", PQerrorMessage(b->db));
	PQclear(r);
	return NULL;
}

int
books_open(const char *url, const char *ca_log, const char *prefix, struct books **out, struct err *e)
{
	struct books *b = mem_calloc(1, sizeof(*b));
	PGresult *r = NULL;
	struct stat st;

	if (b == NULL)
		return err_set(e, R_NO_MEMORY, "books");
	b->ca_log = ca_log;
	b->prefix = prefix;
	b->log_from = stat(ca_log, &st) == 0 ? st.st_size : 0;
	b->db = PQconnectdb(url);
	if (PQstatus(b->db) != CONNECTION_OK)
		(void)err_set(e, R_INTERNAL, "database: %.200s", PQerrorMessage(b->db));
	else
		r = query(b, "SELECT pg_current_wal_lsn()", NULL, e);
	if (r == NULL) {
		books_close(b);
		return -1;
	}
	snprintf(b->lsn, sizeof(b->lsn), "%s", PQgetvalue(r, 0, 0));
	PQclear(r);
	*out = b;
	return 0;
}

void
books_close(struct books *b)
{
	if (b == NULL)
		return;
	PQfinish(b->db);
	free(b);
}

static int64_t
number(const PGresult *r, int column)
{
	return strtoll(PQgetvalue(r, 0, column), NULL, 10);
}

static int
count_rows(struct books *b, struct count *out, struct err *e)
{
	PGresult *r = query(b,
	    "SELECT count(*), count(*) FILTER (WHERE q.state IN ('delivered', 'installed')), "
	    " (SELECT count(DISTINCT c.serial) FROM nemra.certificate c JOIN nemra.request cr ON cr.id = c.request "
	    "  JOIN nemra.station cs ON cs.id = cr.station WHERE starts_with(cs.name, $1 || '-') AND c.accepted) "
	    "FROM nemra.station s JOIN nemra.request r ON r.station = s.id JOIN nemra.queue q ON q.request = r.id "
	    "WHERE starts_with(s.name, $1 || '-')", b->prefix, e);

	if (r == NULL)
		return -1;
	out->requests = number(r, 0);
	out->delivered = number(r, 1);
	out->certificates = number(r, 2);
	PQclear(r);
	return 0;
}

static int
count_bytes(struct books *b, struct count *out, struct err *e)
{
	PGresult *r = query(b, "SELECT (pg_current_wal_lsn() - $1::pg_lsn)::bigint, "
	    "pg_database_size(current_database())", b->lsn, e);

	if (r == NULL)
		return -1;
	out->wal_bytes = number(r, 0);
	out->database_bytes = number(r, 1);
	PQclear(r);
	return 0;
}

/* Is the log's line about a certificate for one of ours? */
static bool
is_issue(const char *line, const char *prefix)
{
	json_t *o = json_loads(line, 0, NULL);
	const char *subject = json_string_value(json_object_get(o, "subject")), *cn;
	bool ours = false;

	if (subject != NULL && json_is_string(json_object_get(o, "issued"))) {
		cn = strstr(subject, "CN=");
		ours = cn != NULL && strncmp(cn + 3, prefix, strlen(prefix)) == 0;
	}
	json_decref(o);
	return ours;
}

static int
count_issued(const struct books *b, struct count *out, struct err *e)
{
	FILE *f = fopen(b->ca_log, "re");
	char *line = NULL;
	size_t size = 0;

	if (f == NULL || fseeko(f, b->log_from, SEEK_SET) != 0) {
		(void)err_sys(e, R_FILE_IO, "%s", b->ca_log);
		if (f != NULL)
			fclose(f);
		return -1;
	}
	while (getline(&line, &size, f) > 0)
		out->ca_issued += is_issue(line, b->prefix);
	free(line);
	fclose(f);
	return 0;
}

int
books_count(struct books *b, struct count *out, struct err *e)
{
	*out = (struct count){ 0 };
	return count_bytes(b, out, e) != 0 || count_rows(b, out, e) != 0 || count_issued(b, out, e) != 0 ? -1 : 0;
}
