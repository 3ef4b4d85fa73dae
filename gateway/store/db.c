/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/db.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "common/base/alloc.h"
#include "gateway/store/pg.h"

/* Schema versions that this program understands. */
#define SCHEMA_MIN 7
#define SCHEMA_MAX 7

#define PATIENCE_S 30

/* Milliseconds but for the first; the client waits a little longer than that (pg.c). */
#define SESSION "-c statement_timeout=%ds -c idle_in_transaction_session_timeout=10000 -c lock_timeout=20000 " \
	"-c client_min_messages=warning -c search_path=pg_catalog,pg_temp -c timezone=UTC -c jit=off"

static const struct stmt q_settings = { "settings",
	"SELECT current_setting('fsync'), current_setting('full_page_writes'), "
	"current_setting('synchronous_commit'), current_setting('synchronous_standby_names'), "
	"pg_is_in_recovery()", false };
static const struct stmt q_schema = { "schema", "SELECT nemra.schema_version_now()", false };

static void
on_notice(void *arg, const PGresult *r)
{
	struct db *db = arg;
	const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (severity == NULL || strcmp(severity, "WARNING") == 0)
		db->warned = true;
}

/* --- connecting --- */

static int
check_durability(const struct db *db, const PGresult *r, struct err *e)
{
	static const char *const setting[] = { "fsync", "full_page_writes" };
	const char *commit = res_text(r, 0, 2);

	for (int i = 0; i < 2; i++)
		if (strcmp(res_text(r, 0, i), "on") != 0)
			return err_set(e, R_DB_WEAK, "%s is %s", setting[i], res_text(r, 0, i));
	if (strcmp(commit, "off") == 0)
		return err_set(e, R_DB_WEAK, "synchronous_commit is off");
	if (!db->synchronous)
		return 0;
	if (strcmp(commit, "on") != 0 && strcmp(commit, "remote_apply") != 0)
		return err_set(e, R_DB_WEAK, "synchronous_commit is %s", commit);
	if (res_text(r, 0, 3)[0] == '\0')
		return err_set(e, R_DB_WEAK, "synchronous_standby_names is empty");
	return 0;
}

static int
check_settings(struct db *db, struct err *e)
{
	PGresult *r = NULL;
	int rc;

	if (pg_call(db, &q_settings, NULL, &r, e) != 0)
		return -1;
	if (res_bool(r, 0, 4))
		rc = err_set(e, R_DB_AWAY, "the server is a standby");
	else
		rc = check_durability(db, r, e);
	PQclear(r);
	return rc;
}

static int
check_schema(struct db *db, struct err *e)
{
	PGresult *r = NULL;
	int64_t version;

	if (pg_call(db, &q_schema, NULL, &r, e) != 0)
		return -1;
	version = res_i64(r, 0, 0);
	PQclear(r);
	if (version < SCHEMA_MIN || version > SCHEMA_MAX)
		return err_set(e, R_DB_SCHEMA, "version %lld, this program needs %d to %d", (long long)version,
		    SCHEMA_MIN, SCHEMA_MAX);
	return 0;
}

static int
connect_to(struct db *db, struct err *e)
{
	/* What comes after dbname is ours; the URL may name another user. */
	const char *const key[] = { "user", "dbname", "connect_timeout", "client_encoding", "options",
		"target_session_attrs", "tcp_user_timeout", "fallback_application_name", NULL };
	char session[sizeof(SESSION) + 16];
	const char *const value[] = { db->role, db->url, "5", "UTF8", session, "read-write", "30000", db->role,
		NULL };
	char why[160];

	snprintf(session, sizeof(session), SESSION, db->patience_s);
	db->conn = PQconnectdbParams(key, value, 1);
	if (db->conn != NULL && PQstatus(db->conn) == CONNECTION_OK && PQsetnonblocking(db->conn, 1) == 0) {
		(void)PQsetNoticeReceiver(db->conn, on_notice, db);
		return 0;
	}
	snprintf(why, sizeof(why), "%s", db->conn != NULL ? PQerrorMessage(db->conn) : "no memory");
	why[strcspn(why, "\n")] = '\0';
	PQfinish(db->conn);
	db->conn = NULL;
	return err_set(e, R_DB_AWAY, "%s", why);
}

static void
disconnect(struct db *db)
{
	PQfinish(db->conn);
	db->conn = NULL;
	db->n_prepared = 0;
	db->in_transaction = db->has_audit_lock = db->notified = false;
}

static int listen_on(struct db *db, const char *channel, struct err *e) MUSTUSE;

int
db_reopen(struct db *db, struct err *e)
{
	disconnect(db);
	if (connect_to(db, e) != 0)
		return -1;
	if (check_settings(db, e) != 0 || check_schema(db, e) != 0)
		goto bad;
	for (size_t i = 0; i < db->n_channels; i++)
		if (listen_on(db, db->channel[i], e) != 0)
			goto bad;
	db->notified = true;	/* whatever came in between was not heard */
	return 0;
bad:
	disconnect(db);
	return -1;
}

int
db_open(const struct db_options *o, struct db **out, struct err *e)
{
	struct db *db = xcalloc(1, sizeof(*db));

	db->url = xstrdup(o->url);
	db->role = xstrdup(o->role);
	db->synchronous = o->synchronous;
	db->patience_s = o->patience_s > 0 ? o->patience_s : PATIENCE_S;
	if (db_reopen(db, e) != 0) {
		db_close(db);
		return -1;
	}
	db->notified = false;
	*out = db;
	return 0;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	disconnect(db);
	free(db->url);
	free(db->role);
	free(db);
}

int
db_space(const char *url, int64_t *size, int64_t *left)
{
	PQconninfoOption *o = PQconninfoParse(url, NULL);
	char path[512] = "";
	struct statvfs fs;

	for (const PQconninfoOption *i = o; i != NULL && i->keyword != NULL; i++)
		if (strcmp(i->keyword, "host") == 0 && i->val != NULL && i->val[0] == '/')
			snprintf(path, sizeof(path), "%s/../data", i->val);
	PQconninfoFree(o);
	if (path[0] == '\0' || statvfs(path, &fs) != 0)
		return -1;
	*size = (int64_t)(fs.f_blocks * fs.f_frsize);
	*left = (int64_t)(fs.f_bavail * fs.f_frsize);
	return 0;
}

bool
db_is_away(const struct db *db)
{
	return db->conn == NULL;
}

/* --- notifications --- */

static const struct {
	const char *channel, *command;
} channels[DB_CHANNELS] = {
	{ STORE_QUEUE, "LISTEN " STORE_QUEUE },
	{ STORE_NEWS, "LISTEN " STORE_NEWS },
	{ STORE_AUDIT, "LISTEN " STORE_AUDIT },
};

static int
listen_on(struct db *db, const char *channel, struct err *e)
{
	for (size_t i = 0; i < COUNT_OF(channels); i++)
		if (strcmp(channel, channels[i].channel) == 0)
			return pg_command(db, channels[i].command, false, e);
	return err_set(e, R_INTERNAL, "no channel %s", channel);
}

int
db_listen(struct db *db, const char *channel, struct err *e)
{
	if (db->n_channels == DB_CHANNELS)
		return err_set(e, R_INTERNAL, "too many channels");
	if (listen_on(db, channel, e) != 0)
		return -1;
	db->channel[db->n_channels++] = channel;
	return 0;
}

int
db_fd(const struct db *db)
{
	return db->conn != NULL ? PQsocket(db->conn) : -1;
}

int
db_drain(struct db *db, bool *notified, struct err *e)
{
	PGnotify *n;

	*notified = false;
	if (db->conn == NULL)
		return err_set(e, R_DB_AWAY, "not connected");
	if (PQconsumeInput(db->conn) != 1 || PQstatus(db->conn) != CONNECTION_OK) {
		disconnect(db);
		return err_set(e, R_DB_AWAY, "the connection was lost");
	}
	while ((n = PQnotifies(db->conn)) != NULL) {
		db->notified = true;
		PQfreemem(n);
	}
	*notified = db->notified;
	db->notified = false;
	return 0;
}

/* --- transactions --- */

int
db_begin(struct db *db, struct err *e)
{
	assert(!db->in_transaction);
	if (pg_command(db, "BEGIN", false, e) != 0)
		return -1;
	db->in_transaction = true;
	return 0;
}

int
db_commit(struct db *db, struct err *e)
{
	bool failed = db->conn != NULL && PQtransactionStatus(db->conn) != PQTRANS_INTRANS;

	if (failed) {
		db_rollback(db);
		return err_set(e, R_DB_ERROR, "the transaction had failed before its end");
	}
	/* from here on a lost connection leaves the outcome open */
	db->in_transaction = false;
	return pg_command(db, "COMMIT", true, e);
}

void
db_rollback(struct db *db)
{
	struct err e;

	if (db->conn != NULL && PQtransactionStatus(db->conn) != PQTRANS_IDLE &&
	    pg_command(db, "ROLLBACK", false, &e) != 0)
		disconnect(db);
	db->in_transaction = false;
}

bool
db_in_transaction(const struct db *db)
{
	return db->in_transaction;
}
