/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/db.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/store/fix.h"

static void
an_sqlstate_says_what_to_do(void)
{
	CU_ASSERT_EQUAL(pg_reason("53100"), R_STORE_FULL);
	CU_ASSERT_EQUAL(pg_reason("53300"), R_DB_AWAY);
	CU_ASSERT_EQUAL(pg_reason("08006"), R_DB_AWAY);
	CU_ASSERT_EQUAL(pg_reason("57P01"), R_DB_AWAY);
	CU_ASSERT_EQUAL(pg_reason("57014"), R_DB_AWAY);
	CU_ASSERT_EQUAL(pg_reason("40P01"), R_DB_AWAY);
	CU_ASSERT_EQUAL(pg_reason("25006"), R_DB_AWAY);
	CU_ASSERT_EQUAL(pg_reason("42883"), R_DB_SCHEMA);
	CU_ASSERT_EQUAL(pg_reason("42501"), R_DB_ERROR);
	CU_ASSERT_EQUAL(pg_reason(NULL), R_DB_ERROR);
}

/* --- opening --- */

static enum reason
open_fails(const char *url, const char *role, bool synchronous)
{
	const struct db_options o = { .url = url, .role = role, .synchronous = synchronous };
	struct db *db = NULL;
	struct err e = { R_NONE, "" };

	if (db_open(&o, &db, &e) == 0)
		db_close(db);
	return e.reason;
}

static void
a_server_that_is_not_there_is_away(void)
{
	CU_ASSERT_EQUAL(open_fails("host=/nowhere dbname=nemra", "nemra_httpd", false), R_DB_AWAY);
	CU_ASSERT_EQUAL(open_fails("not a url", "nemra_httpd", false), R_DB_AWAY);
}

static void
a_database_without_our_schema_says_so(void)
{
	char url[160];

	snprintf(url, sizeof(url), "host=%s/run dbname=postgres", fix_dir());
	CU_ASSERT_EQUAL(open_fails(url, "nemra_owner", false), R_DB_SCHEMA);
}

static void
another_schema_version_says_so(void)
{
	fix_sql("INSERT INTO nemra.schema_version (version, name) VALUES (9999, 'from the future')");
	CU_ASSERT_EQUAL(open_fails(fix_url(), "nemra_httpd", false), R_DB_SCHEMA);
	fix_sql("DELETE FROM nemra.schema_version WHERE version = 9999");
	CU_ASSERT_EQUAL(open_fails(fix_url(), "nemra_httpd", false), R_NONE);
}

static void
a_weaker_server_than_demanded_says_so(void)
{
	CU_ASSERT_EQUAL(open_fails(fix_url(), "nemra_httpd", true), R_DB_WEAK);
	fix_sql("ALTER ROLE nemra_owner SET synchronous_commit = off");
	CU_ASSERT_EQUAL(open_fails(fix_url(), "nemra_owner", false), R_DB_WEAK);
	fix_sql("ALTER ROLE nemra_owner RESET synchronous_commit");
	CU_ASSERT_EQUAL(open_fails(fix_url(), "nemra_owner", false), R_NONE);
}

/* --- notifications --- */

static bool
heard(struct db *db)
{
	struct pollfd p = { .fd = db_fd(db), .events = POLLIN };
	bool notified = false;
	struct err e;

	if (poll(&p, 1, 0) > 0)
		CU_ASSERT_EQUAL(db_drain(db, &notified, &e), 0);
	return notified;
}

/* A round trip: what was sent before has arrived afterwards. */
static void
settle(struct db *db)
{
	struct err e;

	CU_ASSERT_EQUAL(pg_command(db, "SELECT 1", false, &e), 0);
}

static bool
heard_after_round_trip(struct db *db)
{
	bool notified;
	struct err e;

	settle(db);
	CU_ASSERT_EQUAL(db_drain(db, &notified, &e), 0);
	return notified;
}

static void
an_upload_wakes_the_queue_and_nobody_else(void)
{
	struct db *queue = fix_new("nemra_dispatch"), *news = fix_new("nemra_httpd");
	struct err e;

	CU_ASSERT_EQUAL_FATAL(db_listen(queue, STORE_QUEUE, &e), 0);
	CU_ASSERT_EQUAL_FATAL(db_listen(news, STORE_NEWS, &e), 0);
	CU_ASSERT_FALSE(heard(queue));
	fix_queued(fix_ca());
	CU_ASSERT_TRUE(heard_after_round_trip(queue));
	CU_ASSERT_FALSE(heard_after_round_trip(queue));
	CU_ASSERT_FALSE(heard_after_round_trip(news));
	db_close(queue);
	db_close(news);
}

static void
a_refusal_is_news(void)
{
	struct db *news = fix_new("nemra_httpd");
	struct uuid id = fix_queued(fix_ca());
	struct err e;

	CU_ASSERT_EQUAL_FATAL(db_listen(news, STORE_NEWS, &e), 0);
	fix_sql_of("UPDATE nemra.queue SET state = 'refused', path = '{refused}', "
	    "went = went || '{refused}', went_at = went_at || nemra.went_now('{refused}'), "
	    "next_at = NULL WHERE request = '%s'",
	    fix_text(&id));
	CU_ASSERT_TRUE(heard_after_round_trip(news));
	db_close(news);
}

/* --- losing the connection --- */

static void
kill_backend(struct db *db)
{
	char sql[96];

	snprintf(sql, sizeof(sql), "SELECT pg_terminate_backend(%d, 10000)", PQbackendPID(db->conn));
	fix_sql(sql);
}

static void
a_lost_connection_is_away_and_comes_back_listening(void)
{
	struct db *db = fix_new("nemra_owner");
	bool notified;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(db_listen(db, STORE_QUEUE, &e), 0);
	kill_backend(db);
	CU_ASSERT_EQUAL(pg_command(db, "SELECT 1", false, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_DB_AWAY);
	CU_ASSERT_TRUE(db_is_away(db));
	CU_ASSERT_EQUAL(db_fd(db), -1);
	CU_ASSERT_EQUAL(pg_command(db, "SELECT 1", false, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_DB_AWAY);
	CU_ASSERT_EQUAL_FATAL(db_reopen(db, &e), 0);
	CU_ASSERT_EQUAL(db_drain(db, &notified, &e), 0);
	CU_ASSERT_TRUE(notified);	/* something may have been missed */
	fix_queued(fix_ca());
	CU_ASSERT_TRUE(heard_after_round_trip(db));
	db_close(db);
}

static void
drain_notices_a_lost_connection(void)
{
	struct db *db = fix_new("nemra_owner");
	bool notified;
	struct err e;
	int rc = 0;

	kill_backend(db);
	for (int i = 0; i < 3 && rc == 0; i++)	/* the last words first, then the end */
		rc = db_drain(db, &notified, &e);
	CU_ASSERT_EQUAL(rc, -1);
	CU_ASSERT_TRUE(db_is_away(db));
	db_close(db);
}

/*
 * The server ends this very session in the middle of the upload's commit, by a deferred trigger. The upload must not
 * be acknowledged, and the retry must get the one request.
 */
static void
a_backend_that_dies_while_it_commits_acknowledges_nothing(void)
{
	struct db *db = fix_new("nemra_httpd");
	struct fix_station s = fix_station();
	struct door_upload up = fix_upload(&s);
	struct err e;

	fix_sql("CREATE FUNCTION nemra.test_die() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS "
	    "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); RETURN NULL; END $$");
	CU_ASSERT_EQUAL_FATAL(pg_command(fix_db("postgres"), "ALTER FUNCTION nemra.test_die OWNER TO postgres", false,
	    &e), 0);
	fix_sql("CREATE CONSTRAINT TRIGGER test_die AFTER INSERT ON nemra.request_key DEFERRABLE INITIALLY DEFERRED "
	    "FOR EACH ROW EXECUTE FUNCTION nemra.test_die()");
	CU_ASSERT_EQUAL(door_submit(db, &up, 1, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_DB_UNKNOWN);
	CU_ASSERT_TRUE(db_is_away(db));
	CU_ASSERT_EQUAL_FATAL(pg_command(fix_db("postgres"), "DROP FUNCTION nemra.test_die CASCADE", false, &e), 0);
	CU_ASSERT_EQUAL_FATAL(db_reopen(db, &e), 0);
	CU_ASSERT_EQUAL(door_submit(db, &up, 1, &e), 0);
	CU_ASSERT_FALSE(up.existed);
	CU_ASSERT_EQUAL(up.state, RQ_QUEUED);
	db_close(db);
}

static void
a_warning_while_committing_is_an_unknown_outcome(void)
{
	struct fix_station s = fix_station();
	struct door_upload up = fix_upload(&s);
	struct uuid first = up.id;
	struct err e;

	fix_sql("CREATE FUNCTION nemra.test_warn() RETURNS trigger LANGUAGE plpgsql AS "
	    "$$ BEGIN RAISE WARNING 'canceling wait for synchronous replication'; RETURN NULL; END $$");
	fix_sql("CREATE CONSTRAINT TRIGGER test_warn AFTER INSERT ON nemra.request_key DEFERRABLE INITIALLY DEFERRED "
	    "FOR EACH ROW EXECUTE FUNCTION nemra.test_warn()");
	CU_ASSERT_EQUAL(door_submit(fix_db("nemra_httpd"), &up, 1, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_DB_UNKNOWN);
	fix_sql("DROP FUNCTION nemra.test_warn CASCADE");
	/* it had been committed: the same upload again finds it */
	up.id = uuid_new();
	CU_ASSERT_EQUAL(door_submit(fix_db("nemra_httpd"), &up, 1, &e), 0);
	CU_ASSERT_TRUE(up.existed);
	CU_ASSERT_EQUAL(memcmp(&up.request, &first, sizeof(first)), 0);
}

/* Lets the server wait for that standby at each commit; "" for none. */
static void
want_standby(const char *name)
{
	char sql[96];
	struct err e;

	snprintf(sql, sizeof(sql), "ALTER SYSTEM SET synchronous_standby_names = '%s'", name);
	CU_ASSERT_EQUAL_FATAL(pg_command(fix_db("postgres"), sql, false, &e), 0);
	CU_ASSERT_EQUAL_FATAL(pg_command(fix_db("postgres"), "SELECT pg_reload_conf()", false, &e), 0);
}

/*
 * The server that went down in the wait for its standby comes up with the upload in it. It answers a retry only when
 * a standby has it: the retry must wait too. Somebody else ends the wait; the server may take a moment to begin it.
 */
static void
an_upload_found_again_waits_for_the_standby_too(void)
{
	struct fix_station s = fix_station();
	struct door_upload up = fix_upload(&s);
	struct db *db = fix_new("nemra_httpd"), *other = fix_new("postgres");
	struct err e = { 0 };
	int rc = 0;

	fix_submit(&up);
	want_standby("nobody");
	CU_ASSERT_EQUAL_FATAL(PQsendQuery(other->conn, "DO $$ BEGIN FOR i IN 1 .. 1000 LOOP "
	    "PERFORM pg_stat_clear_snapshot(); "
	    "PERFORM pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND "
	    "usename = 'nemra_httpd'; EXIT WHEN FOUND; PERFORM pg_sleep(0.01); END LOOP; END $$"), 1);
	for (int i = 0; rc == 0 && i < 100; i++) {
		CU_ASSERT_EQUAL(pg_command(db, "SELECT pg_sleep(0.01)", false, &e), 0);
		up.id = uuid_new();
		rc = door_submit(db, &up, 1, &e);
	}
	CU_ASSERT_EQUAL(rc, -1);
	CU_ASSERT_EQUAL(e.reason, R_DB_UNKNOWN);
	want_standby("");
	db_close(other);
	CU_ASSERT_EQUAL(door_submit(db, &up, 1, &e), 0);
	CU_ASSERT_TRUE(up.existed);
	db_close(db);
}

static void
a_full_disk_is_told_and_nothing_is_stored(void)
{
	struct fix_station s = fix_station();
	struct door_upload up = fix_upload(&s);
	struct err e;

	fix_sql("CREATE FUNCTION nemra.test_full() RETURNS trigger LANGUAGE plpgsql AS "
	    "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$");
	fix_sql("CREATE TRIGGER test_full BEFORE INSERT ON nemra.queue FOR EACH STATEMENT "
	    "EXECUTE FUNCTION nemra.test_full()");
	CU_ASSERT_EQUAL(door_submit(fix_db("nemra_httpd"), &up, 1, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_STORE_FULL);
	CU_ASSERT_FALSE(db_is_away(fix_db("nemra_httpd")));
	fix_sql("DROP FUNCTION nemra.test_full CASCADE");
	CU_ASSERT_EQUAL(door_submit(fix_db("nemra_httpd"), &up, 1, &e), 0);
	CU_ASSERT_FALSE(up.existed);
}

/* --- units of several calls --- */

static void
a_unit_is_committed_or_rolled_back_whole(void)
{
	struct db *db = fix_new("nemra_httpd");
	struct fix_station s = fix_station();
	struct door_upload up = fix_upload(&s);
	struct err e;

	CU_ASSERT_EQUAL_FATAL(db_begin(db, &e), 0);
	CU_ASSERT_TRUE(db_in_transaction(db));
	CU_ASSERT_EQUAL(door_submit(db, &up, 1, &e), 0);
	db_rollback(db);
	CU_ASSERT_FALSE(db_in_transaction(db));
	CU_ASSERT_EQUAL(door_submit(db, &up, 1, &e), 0);
	CU_ASSERT_FALSE(up.existed);
	db_close(db);
}

static void
a_failed_unit_does_not_commit(void)
{
	struct db *db = fix_new("nemra_httpd");
	struct fix_station s = fix_station();
	struct door_upload up = fix_upload(&s);
	struct err e;

	CU_ASSERT_EQUAL_FATAL(db_begin(db, &e), 0);
	CU_ASSERT_EQUAL(door_submit(db, &up, 1, &e), 0);
	CU_ASSERT_EQUAL(pg_command(db, "SELECT 1/0", false, &e), -1);
	CU_ASSERT_EQUAL(db_commit(db, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_DB_ERROR);
	CU_ASSERT_FALSE(db_in_transaction(db));
	CU_ASSERT_EQUAL(door_submit(db, &up, 1, &e), 0);
	CU_ASSERT_FALSE(up.existed);
	db_close(db);
}

static void
a_connection_lost_before_the_commit_is_away_and_during_it_unknown(void)
{
	struct db *db = fix_new("nemra_owner");
	struct err e;

	CU_ASSERT_EQUAL_FATAL(db_begin(db, &e), 0);
	kill_backend(db);
	CU_ASSERT_EQUAL(pg_command(db, "SELECT 1", true, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_DB_AWAY);
	CU_ASSERT_FALSE(db_in_transaction(db));
	CU_ASSERT_EQUAL_FATAL(db_reopen(db, &e), 0);
	CU_ASSERT_EQUAL_FATAL(db_begin(db, &e), 0);
	CU_ASSERT_EQUAL(pg_command(db, "SELECT 1", true, &e), 0);
	kill_backend(db);
	CU_ASSERT_EQUAL(db_commit(db, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_DB_UNKNOWN);
	db_close(db);
}

static const struct unit_test tests[] = {
	UNIT(an_sqlstate_says_what_to_do),
	UNIT(a_server_that_is_not_there_is_away),
	UNIT(a_database_without_our_schema_says_so),
	UNIT(another_schema_version_says_so),
	UNIT(a_weaker_server_than_demanded_says_so),
	UNIT(an_upload_wakes_the_queue_and_nobody_else),
	UNIT(a_refusal_is_news),
	UNIT(a_lost_connection_is_away_and_comes_back_listening),
	UNIT(drain_notices_a_lost_connection),
	UNIT(a_backend_that_dies_while_it_commits_acknowledges_nothing),
	UNIT(a_warning_while_committing_is_an_unknown_outcome),
	UNIT(an_upload_found_again_waits_for_the_standby_too),
	UNIT(a_full_disk_is_told_and_nothing_is_stored),
	UNIT(a_unit_is_committed_or_rolled_back_whole),
	UNIT(a_failed_unit_does_not_commit),
	UNIT(a_connection_lost_before_the_commit_is_away_and_during_it_unknown),
};

UNIT_SUITE(db_suite, tests);
