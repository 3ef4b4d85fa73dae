/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/store/fix.h"

/* --- one table of states --- */

static void
the_table_of_states_is_the_same_in_c_and_in_sql(void)
{
	const struct request_trans *t;
	char sql[256], count[16];
	size_t n;

	t = request_transitions(&n);
	snprintf(count, sizeof(count), "%zu", n);
	CU_ASSERT_STRING_EQUAL(fix_value("SELECT count(*) FROM nemra.request_transition"), count);
	for (size_t i = 0; i < n; i++) {
		snprintf(sql, sizeof(sql), "SELECT to_state FROM nemra.request_transition WHERE from_state = '%s' "
		    "AND event = '%s'", request_state_name(t[i].from), request_event_name(t[i].ev));
		CU_ASSERT_STRING_EQUAL(fix_value(sql), request_state_name(t[i].to));
	}
}

static void
the_names_have_the_same_order_in_c_and_in_sql(void)
{
	char want[512] = "", *to = want;

	for (enum request_state s = RQ_NONE; s < RQ_STATES; s++)
		to += snprintf(to, sizeof(want) - (size_t)(to - want), "%s ", request_state_name(s));
	CU_ASSERT_STRING_EQUAL(fix_value("SELECT string_agg(e || ' ', '' ORDER BY e) "
	    "FROM unnest(enum_range(NULL::nemra.request_state)) AS e"), want);
	to = want;
	for (enum request_event ev = EV_UPLOADED; ev < EV_EVENTS; ev++)
		to += snprintf(to, sizeof(want) - (size_t)(to - want), "%s ", request_event_name(ev));
	CU_ASSERT_STRING_EQUAL(fix_value("SELECT string_agg(e || ' ', '' ORDER BY e) "
	    "FROM unnest(enum_range(NULL::nemra.request_event)) AS e"), want);
}

static void
open_is_the_same_in_c_and_in_sql(void)
{
	for (enum request_state s = RQ_NONE; s < RQ_STATES; s++)
		CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT nemra.is_open('%s')", request_state_name(s)),
		    request_state_is_open(s) ? "t" : "f");
}

/* What the owner's own statement may not do: SQLSTATE 23514, or 42501. */
static bool
fails(struct db *db, const char *sql)
{
	PGresult *r = NULL;
	struct err e;

	if (pg_query(db, sql, NULL, &r, &e) == 0) {
		PQclear(r);
		return false;
	}
	return e.reason == R_DB_ERROR && (strstr(e.detail, "23514") != NULL || strstr(e.detail, "42501") != NULL);
}

static bool
change_fails(const struct uuid *id, const char *change)
{
	char sql[512];

	snprintf(sql, sizeof(sql), "UPDATE nemra.queue SET %s WHERE request = '%s'", change, fix_text(id));
	return fails(fix_db("nemra_owner"), sql);
}

/* A path, and the history that goes with it. */
#define LED(path) "path = '{" path "}', went = went || '{" path "}', went_at = went_at || nemra.went_now('{" path "}')"

static void
sql_refuses_what_is_not_in_the_table(void)
{
	struct uuid id = fix_queued(fix_ca());

	CU_ASSERT_TRUE(change_fails(&id, "state = 'sent', " LED("sent")));
	CU_ASSERT_TRUE(change_fails(&id, "state = 'sent', path = '{}'"));
	CU_ASSERT_TRUE(change_fails(&id, "state = 'sent'"));
	CU_ASSERT_TRUE(change_fails(&id, "state = 'confirmed', " LED("prepared,sent,issued,confirmed")));
	CU_ASSERT_TRUE(change_fails(&id, "state = 'sent', " LED("prepared")));
	CU_ASSERT_TRUE(change_fails(&id, "state = 'prepared', " LED("prepared,sent")));
	CU_ASSERT_TRUE(change_fails(&id, "epoch = 7"));	/* the old path does not lead from here */
	CU_ASSERT_TRUE(change_fails(&id, "state = 'cancelled', " LED("cancelled")));	/* still due */
	CU_ASSERT_FALSE(change_fails(&id, "epoch = 7, path = '{}'"));
	CU_ASSERT_FALSE(change_fails(&id, "state = 'sent', " LED("prepared,sent")));
	CU_ASSERT_TRUE(change_fails(&id, "state = 'issued', path = '{issued}'"));	/* its history is missing */
	CU_ASSERT_TRUE(change_fails(&id, "state = 'issued', path = '{issued}', went = went || '{waiting}', "
	    "went_at = went_at || now()"));
	CU_ASSERT_TRUE(fails(fix_db("nemra_owner"), "DELETE FROM nemra.queue"));
	CU_ASSERT_TRUE(fails(fix_db("nemra_owner"), "INSERT INTO nemra.queue (request, station, state, path, "
	    "went, went_at, ca, changed_at) VALUES (gen_random_uuid(), gen_random_uuid(), 'queued', '{admitted}', "
	    "'{admitted}', ARRAY[now()], 'x', now())"));
}

/* --- audit --- */

static void
the_audit_trail_does_not_change(void)
{
	struct db *db = fix_db("nemra_owner");

	fix_queued(fix_ca());
	CU_ASSERT_TRUE(fails(db, "UPDATE nemra.audit_event SET who = 'me'"));
	CU_ASSERT_TRUE(fails(db, "DELETE FROM nemra.audit_event"));
	CU_ASSERT_TRUE(fails(db, "TRUNCATE nemra.audit_event"));
	CU_ASSERT_TRUE(fails(db, "DELETE FROM nemra.audit_link"));
	CU_ASSERT_TRUE(fails(db, "UPDATE nemra.audit_link SET seq = seq + 1"));
}

static void
not_even_a_superuser_changes_it_by_accident(void)
{
	struct db *db = fix_db("postgres");

	CU_ASSERT_TRUE(fails(db, "UPDATE nemra.audit_event SET who = 'me'"));
	CU_ASSERT_TRUE(fails(db, "DELETE FROM nemra.audit_link"));
}

/* The MACs of all that was ever linked are over this text. */
static void
the_text_of_an_event_is_the_json_of_its_columns(void)
{
	CU_ASSERT_STRING_EQUAL(fix_value("SELECT bool_and(nemra.audit_content(e) = jsonb_build_array('nemra-audit-1', "
	    "(e).id, to_char((e).at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), (e).who, (e).what, "
	    "(e).object, (e).outcome, (e).reason, (e).before, (e).after)::text) "
	    "FROM (SELECT (x.id, now(), who, what, who || E'\\n\\t', 'success', reason, a, b)::nemra.audit_event AS e "
	    "FROM generate_series(1, 3::bigint) AS x (id), "
	    "unnest(ARRAY['a \"b\" \\ / <c>', E'\\x01\\x7f\\u2028\\U0001f600', '']) AS who, "
	    "unnest(ARRAY['request.x', E'\\u00e9']) AS what, unnest(ARRAY[NULL, 'R_\"X']) AS reason, "
	    "unnest(ARRAY[NULL, '{\"b\": [1.50, null], \"a\": \"\\u0007\"}'::jsonb]) AS a, "
	    "unnest(ARRAY[NULL, '[]'::jsonb]) AS b) AS y"), "t");
}

/* --- roles --- */

static const char *const tables[] = {
	"station", "request", "request_key", "spki_key", "queue", "request_step", "request_reason",
	"transaction_key", "message", "certificate", "certificate_key", "ca_bucket", "ca_health",
	"count_total", "count_delta", "audit_event", "audit_pending", "audit_link",
	"daemon_health", "daemon_part", "request_transition", "schema_version", "request_default"
};

static const char *const functions[] = {
	"door_identify", "door_submit", "door_read", "door_watch", "door_mark",
	"work_claim", "work_due", "work_prepared", "work_sent", "work_done", "work_release", "work_refuse",
	"work_tokens", "work_circuit", "work_ca_paused",
	"audit_lock", "audit_head", "audit_unlinked", "audit_link_add", "ops_station_put", "ops_station_block",
	"ops_request_decide"
};

static bool
may(const char *role, const char *right, const char *table)
{
	char sql[192];

	snprintf(sql, sizeof(sql), "SELECT has_table_privilege('%s', 'nemra.%s', '%s')", role, table, right);
	return strcmp(fix_value(sql), "t") == 0;
}

static bool
may_call(const char *role, const char *function)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "SELECT bool_or(has_function_privilege('%s', oid, 'EXECUTE')) FROM pg_proc "
	    "WHERE pronamespace = 'nemra'::regnamespace AND proname = '%s'", role, function);
	return strcmp(fix_value(sql), "t") == 0;
}

static void
doors_and_dispatcher_have_no_right_on_any_table(void)
{
	static const char *const roles[] = { "nemra_httpd", "nemra_sftpd", "nemra_dispatch" };
	char sql[128];

	for (size_t r = 0; r < COUNT_OF(roles); r++)
		for (size_t t = 0; t < COUNT_OF(tables); t++) {
			CU_ASSERT_FALSE(may(roles[r], "SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER",
			    tables[t]));
			snprintf(sql, sizeof(sql), "SELECT * FROM nemra.%s", tables[t]);
			CU_ASSERT_TRUE(fails(fix_db(roles[r]), sql));
		}
}

static void
nobody_writes_to_a_table_directly(void)
{
	static const char *const roles[] = { "nemra_opsd", "nemra_reconcile" };

	for (size_t r = 0; r < COUNT_OF(roles); r++)
		for (size_t t = 0; t < COUNT_OF(tables); t++)
			CU_ASSERT_FALSE(may(roles[r], "INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER", tables[t]));
	CU_ASSERT_TRUE(may("nemra_opsd", "SELECT", "queue"));
	CU_ASSERT_TRUE(may("nemra_reconcile", "SELECT", "certificate"));
	CU_ASSERT_FALSE(may("nemra_reconcile", "SELECT", "request"));
}

static void
each_role_calls_its_own_functions_and_no_others(void)
{
	static const struct {
		const char *role;
		const char *prefix[2];
	} own[] = {
		{ "nemra_httpd", { "door_", "door_" } },
		{ "nemra_sftpd", { "door_", "door_" } },
		{ "nemra_dispatch", { "work_", "audit_" } },
		{ "nemra_opsd", { "ops_", "ops_" } },
		{ "nemra_reconcile", { "none", "none" } },
	};

	for (size_t r = 0; r < COUNT_OF(own); r++)
		for (size_t f = 0; f < COUNT_OF(functions); f++) {
			bool mine = strncmp(functions[f], own[r].prefix[0], strlen(own[r].prefix[0])) == 0 ||
			    strncmp(functions[f], own[r].prefix[1], strlen(own[r].prefix[1])) == 0;

			CU_ASSERT_EQUAL(may_call(own[r].role, functions[f]), mine);
		}
}

static void
the_inner_functions_are_for_nobody(void)
{
	CU_ASSERT_STRING_EQUAL(fix_value("SELECT count(*) FROM pg_proc p WHERE pronamespace = 'nemra'::regnamespace "
	    "AND has_function_privilege('nemra_httpd', oid, 'EXECUTE') AND proname NOT LIKE 'door\\_%' "
	    "AND proname NOT IN ('schema_version_now', 'health_beat')"), "0");
	CU_ASSERT_FALSE(may_call("nemra_httpd", "door_take_keys"));
	CU_ASSERT_FALSE(may_call("nemra_dispatch", "count_fold"));
	CU_ASSERT_FALSE(may_call("nemra_dispatch", "steps_add"));
}

static void
every_definer_function_fixes_its_search_path(void)
{
	CU_ASSERT_STRING_EQUAL(fix_value("SELECT coalesce(string_agg(proname, ' '), 'all') FROM pg_proc "
	    "WHERE pronamespace = 'nemra'::regnamespace AND prosecdef "
	    "AND NOT coalesce(proconfig @> '{\"search_path=pg_catalog, pg_temp\"}', false)"), "all");
}

static void
no_daemon_can_make_objects_or_temporary_tables(void)
{
	CU_ASSERT_TRUE(fails(fix_db("nemra_httpd"), "CREATE TEMPORARY TABLE t (i int)"));
	CU_ASSERT_TRUE(fails(fix_db("nemra_httpd"), "CREATE TABLE public.t (i int)"));
	CU_ASSERT_TRUE(fails(fix_db("nemra_httpd"), "CREATE TABLE nemra.t (i int)"));
	CU_ASSERT_TRUE(fails(fix_db("nemra_dispatch"),
	    "CREATE FUNCTION nemra.f() RETURNS int LANGUAGE sql AS 'SELECT 1'"));
}

/* --- growth --- */

static void
a_claim_uses_the_partial_index(void)
{
	static const char explain[] = "SELECT string_agg(line, ' ') FROM nemra.test_explain() AS line";

	fix_sql("CREATE FUNCTION nemra.test_explain() RETURNS SETOF text LANGUAGE plpgsql AS $f$ BEGIN "
	    "RETURN QUERY EXPLAIN (COSTS off) SELECT q.request FROM nemra.queue AS q "
	    "WHERE q.ca = 'core' AND q.next_at <= now() ORDER BY q.next_at, q.request LIMIT 100 "
	    "FOR UPDATE SKIP LOCKED; END $f$");
	fix_sql("INSERT INTO nemra.queue (request, station, state, path, went, went_at, ca, changed_at) "
	    "SELECT gen_random_uuid(), gen_random_uuid(), 'refused', p, p, nemra.went_now(p), 'many', now() "
	    "FROM generate_series(1, 20000), CAST('{uploaded,refused}' AS nemra.request_event[]) AS p");
	fix_sql("ANALYZE nemra.queue");
	CU_ASSERT_PTR_NOT_NULL(strstr(fix_value(explain), "queue_due"));
	CU_ASSERT_PTR_NULL(strstr(fix_value(explain), "Sort"));
	CU_ASSERT_PTR_NULL(strstr(fix_value(explain), "Seq Scan"));
	fix_sql("DROP FUNCTION nemra.test_explain");
}

static void
requests_land_in_the_partition_of_their_time(void)
{
	struct uuid id = fix_queued(fix_ca());

	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT tableoid::regclass::text = 'nemra.request_' || "
	    "to_char(now() AT TIME ZONE 'UTC', 'YYYY') FROM nemra.request WHERE id = '%s'", fix_text(&id)), "t");
}

static void
a_clock_ten_years_off_loses_nothing(void)
{
	struct fix_station s = fix_station();
	struct door_upload up = fix_upload(&s);
	struct door_read d = { .station = s.id };
	struct err e;

	memset(up.id.b, 0xf0, 6);
	fix_submit(&up);
	CU_ASSERT_EQUAL(up.state, RQ_QUEUED);
	d.request = up.request;
	CU_ASSERT_EQUAL(door_read(fix_db("nemra_httpd"), &d, 1, &e), 0);
	CU_ASSERT_TRUE(d.found);
	door_read_free(&d);
}

/* --- nemra-db --- */

static void
migrating_twice_changes_nothing(void)
{
	static const char *const args[] = { "migrate", NULL };
	static const char count[] = "SELECT count(*) FROM nemra.schema_version";
	char before[16];

	snprintf(before, sizeof(before), "%s", fix_value(count));
	CU_ASSERT_EQUAL(fix_nemra_db(args), 0);
	CU_ASSERT_STRING_EQUAL(fix_value(count), before);
}

static void
a_foreign_database_is_migrated_by_its_url(void)
{
	char url[160];
	const char *const migrate[] = { "--url", url, "migrate", NULL };

	CU_ASSERT_EQUAL_FATAL(pg_command(fix_db("postgres"), "CREATE DATABASE elsewhere OWNER nemra_owner", false,
	    NULL), 0);
	snprintf(url, sizeof(url), "host=%s/run dbname=elsewhere user=nemra_owner", fix_dir());
	CU_ASSERT_EQUAL(fix_nemra_db(migrate), 0);
	CU_ASSERT_EQUAL(fix_nemra_db(migrate), 0);
	CU_ASSERT_EQUAL(pg_command(fix_db("postgres"), "DROP DATABASE elsewhere WITH (FORCE)", false, NULL), 0);
}

static void
init_start_and_status_can_be_repeated(void)
{
	static const char *const init[] = { "init", NULL }, *const start[] = { "start", NULL },
	    *const status[] = { "status", NULL };

	CU_ASSERT_EQUAL(fix_nemra_db(init), 0);
	CU_ASSERT_EQUAL(fix_nemra_db(start), 0);
	CU_ASSERT_EQUAL(fix_nemra_db(status), 0);
}

static void
a_backup_is_for_its_owner_only_and_never_overwrites(void)
{
	char file[128];
	const char *const backup[] = { "backup", file, NULL };
	struct stat st;

	snprintf(file, sizeof(file), "%s/backup.dump", unit_tmp());
	CU_ASSERT_EQUAL_FATAL(fix_nemra_db(backup), 0);
	CU_ASSERT_EQUAL_FATAL(stat(file, &st), 0);
	CU_ASSERT_TRUE(st.st_size > 1000);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
	CU_ASSERT_EQUAL(fix_nemra_db(backup), 2);
}

static void
what_is_not_understood_ends_with_1(void)
{
	static const char *const verb[] = { "frobnicate", NULL }, *const more[] = { "start", "now", NULL },
	    *const option[] = { "--frob", NULL };

	CU_ASSERT_EQUAL(fix_nemra_db(verb), 1);
	CU_ASSERT_EQUAL(fix_nemra_db(more), 1);
	CU_ASSERT_EQUAL(fix_nemra_db(option), 1);
}

static const struct unit_test tests[] = {
	UNIT(the_table_of_states_is_the_same_in_c_and_in_sql),
	UNIT(the_names_have_the_same_order_in_c_and_in_sql),
	UNIT(open_is_the_same_in_c_and_in_sql),
	UNIT(sql_refuses_what_is_not_in_the_table),
	UNIT(the_audit_trail_does_not_change),
	UNIT(the_text_of_an_event_is_the_json_of_its_columns),
	UNIT(not_even_a_superuser_changes_it_by_accident),
	UNIT(doors_and_dispatcher_have_no_right_on_any_table),
	UNIT(nobody_writes_to_a_table_directly),
	UNIT(each_role_calls_its_own_functions_and_no_others),
	UNIT(the_inner_functions_are_for_nobody),
	UNIT(every_definer_function_fixes_its_search_path),
	UNIT(no_daemon_can_make_objects_or_temporary_tables),
	UNIT(a_claim_uses_the_partial_index),
	UNIT(requests_land_in_the_partition_of_their_time),
	UNIT(a_clock_ten_years_off_loses_nothing),
	UNIT(migrating_twice_changes_nothing),
	UNIT(a_foreign_database_is_migrated_by_its_url),
	UNIT(init_start_and_status_can_be_repeated),
	UNIT(a_backup_is_for_its_owner_only_and_never_overwrites),
	UNIT(what_is_not_understood_ends_with_1),
};

UNIT_SUITE(schema_suite, tests);
