/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "common/base/alloc.h"
#include "gateway/store/work.h"
#include "tests/unit/store/fix.h"

/* --- pace, circuit, audit --- */

static void
tokens_are_given_in_blocks_up_to_the_burst(void)
{
	const char *ca = fix_ca();
	uint32_t got;
	int64_t wait;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(work_tokens(fix_db("nemra_dispatch"), ca, 0.01, 5, 3, &got, &wait, &e), 0);
	CU_ASSERT_EQUAL(got, 3);
	CU_ASSERT_EQUAL_FATAL(work_tokens(fix_db("nemra_dispatch"), ca, 0.01, 5, 3, &got, &wait, &e), 0);
	CU_ASSERT_EQUAL(got, 2);
	CU_ASSERT_EQUAL_FATAL(work_tokens(fix_db("nemra_dispatch"), ca, 0.01, 5, 3, &got, &wait, &e), 0);
	CU_ASSERT_EQUAL(got, 0);
	CU_ASSERT_TRUE(wait > 90000 && wait <= 100000);
	CU_ASSERT_EQUAL_FATAL(work_tokens(fix_db("nemra_dispatch"), ca, 0, 5, 99, &got, &wait, &e), 0);
	CU_ASSERT_EQUAL(got, 99);
}

static void
a_clock_that_was_set_back_gives_no_tokens(void)
{
	const char *ca = fix_ca();
	uint32_t got;
	int64_t wait;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(work_tokens(fix_db("nemra_dispatch"), ca, 10, 5, 5, &got, &wait, &e), 0);
	fix_sql_of("UPDATE nemra.ca_bucket SET filled_at = now() + interval '10 years' WHERE ca = '%s'", ca);
	CU_ASSERT_EQUAL_FATAL(work_tokens(fix_db("nemra_dispatch"), ca, 10, 5, 5, &got, &wait, &e), 0);
	CU_ASSERT_EQUAL(got, 0);
}

static void
a_circuit_is_audited_when_it_changes_and_not_when_it_is_said_again(void)
{
	const char *ca = fix_ca();
	struct err e, why;

	err_set(&why, R_CA_UNREACHABLE, "refused");
	CU_ASSERT_EQUAL(work_circuit(fix_db("nemra_dispatch"), ca, CIRCUIT_OPEN, &why, &e), 0);
	CU_ASSERT_EQUAL(work_circuit(fix_db("nemra_dispatch"), ca, CIRCUIT_OPEN, &why, &e), 0);
	CU_ASSERT_EQUAL(work_circuit(fix_db("nemra_dispatch"), ca, CIRCUIT_TRIAL, NULL, &e), 0);
	CU_ASSERT_EQUAL(work_circuit(fix_db("nemra_dispatch"), ca, CIRCUIT_CLOSED, NULL, &e), 0);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT string_agg(after->>'circuit', ' ' ORDER BY id) "
	    "FROM nemra.audit_event WHERE object = '%s'", ca), "open trial closed");
}

static void
an_operator_can_pause_a_ca(void)
{
	const char *ca = fix_ca();
	bool paused = true;
	struct err e;

	CU_ASSERT_EQUAL(work_ca_paused(fix_db("nemra_dispatch"), ca, &paused, &e), 0);
	CU_ASSERT_FALSE(paused);
	fix_sql_of("INSERT INTO nemra.ca_health (ca, paused) VALUES ('%s', true)", ca);
	CU_ASSERT_EQUAL(work_ca_paused(fix_db("nemra_dispatch"), ca, &paused, &e), 0);
	CU_ASSERT_TRUE(paused);
}

static void
link_all(struct db *db)
{
	struct audit_row *rows;
	uint8_t head[32], (*mac)[32];
	int64_t seq;
	size_t n;
	struct err e;

	do {
		CU_ASSERT_EQUAL_FATAL(work_audit_unlinked(db, 1000, &rows, &n, &seq, head, &e), 0);
		mac = xcalloc(n, sizeof(*mac));
		for (size_t i = 0; i < n; i++)
			fix_random(mac[i], 32);
		if (n > 0)
			CU_ASSERT_EQUAL_FATAL(work_audit_link(db, rows, (const uint8_t (*)[32])mac, n, seq, head,
			    &e), 0);
		free(mac);
		work_audit_free(rows, n);
	} while (n > 0);
}

/* Events of one statement wait in groups of a hundred; a run takes whole groups, and at least one. */
static void
what_waits_is_handed_out_by_whole_groups(void)
{
	struct db *db = fix_new("nemra_dispatch");
	struct audit_row *rows;
	uint8_t head[32], mac[2][32] = { { 0 } };
	int64_t seq;
	size_t n;
	struct err e;

	link_all(db);
	fix_sql("INSERT INTO nemra.audit_event (who, what, object, outcome) SELECT 'x', 'y', 'z', 'success' "
	    "FROM generate_series(1, 250)");
	CU_ASSERT_STRING_EQUAL(fix_value("SELECT string_agg(cardinality(events)::text, ' ' ORDER BY event) "
	    "FROM nemra.audit_pending"), "100 100 50");
	CU_ASSERT_EQUAL_FATAL(work_audit_unlinked(db, 220, &rows, &n, &seq, head, &e), 0);
	CU_ASSERT_EQUAL(n, 200);
	work_audit_free(rows, n);
	CU_ASSERT_EQUAL_FATAL(work_audit_unlinked(db, 2, &rows, &n, &seq, head, &e), 0);
	CU_ASSERT_EQUAL_FATAL(n, 100);
	/* a part of a group is not linked */
	CU_ASSERT_EQUAL(work_audit_link(db, rows, (const uint8_t (*)[32])mac, 2, seq, head, &e), -1);
	work_audit_free(rows, n);
	link_all(db);
	CU_ASSERT_STRING_EQUAL(fix_value("SELECT count(*) FROM nemra.audit_event e "
	    "WHERE NOT EXISTS (SELECT FROM nemra.audit_link l WHERE l.event = e.id)"), "0");
	db_close(db);
}

static void
one_dispatcher_links_the_trail_without_gaps(void)
{
	struct db *a = fix_new("nemra_dispatch"), *b = fix_new("nemra_dispatch");
	bool mine;
	struct err e;

	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL_FATAL(work_audit_lock(a, &mine, &e), 0);
		CU_ASSERT_TRUE(mine);
	}
	CU_ASSERT_EQUAL_FATAL(work_audit_lock(b, &mine, &e), 0);
	CU_ASSERT_FALSE(mine);
	fix_queued(fix_ca());
	link_all(a);
	CU_ASSERT_STRING_EQUAL(fix_value("SELECT count(*) FROM nemra.audit_event e "
	    "WHERE NOT EXISTS (SELECT FROM nemra.audit_link l WHERE l.event = e.id)"), "0");
	CU_ASSERT_STRING_EQUAL(fix_value("SELECT count(*) FROM nemra.audit_link l JOIN nemra.audit_link p "
	    "ON p.seq = l.seq - 1 WHERE l.prev <> p.mac"), "0");
	CU_ASSERT_STRING_EQUAL(fix_value("SELECT max(seq) = count(*) FROM nemra.audit_link"), "t");
	db_close(a);
	fix_sql("SELECT pg_advisory_lock(7235421, 1), pg_advisory_unlock(7235421, 1)");	/* a's session has ended */
	CU_ASSERT_EQUAL_FATAL(work_audit_lock(b, &mine, &e), 0);
	CU_ASSERT_TRUE(mine);
	db_close(b);
}

static void
a_link_to_an_old_head_is_refused(void)
{
	struct db *db = fix_db("nemra_dispatch");
	struct audit_row *rows;
	uint8_t head[32], mac[1][32] = { { 1 } };
	int64_t seq;
	size_t n;
	struct err e;

	link_all(db);
	fix_queued(fix_ca());
	CU_ASSERT_EQUAL_FATAL(work_audit_unlinked(db, 1, &rows, &n, &seq, head, &e), 0);
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT_TRUE(rows[0].content.len > 20);
	CU_ASSERT_EQUAL(work_audit_link(db, rows, (const uint8_t (*)[32])mac, 1, seq - 1, head, &e), -1);
	head[0] ^= 1;
	CU_ASSERT_EQUAL(work_audit_link(db, rows, (const uint8_t (*)[32])mac, 1, seq, head, &e), -1);
	head[0] ^= 1;
	CU_ASSERT_EQUAL(work_audit_link(db, rows, (const uint8_t (*)[32])mac, 1, seq, head, &e), 0);
	CU_ASSERT_EQUAL(work_audit_link(db, rows, (const uint8_t (*)[32])mac, 1, seq + 1, mac[0], &e), -1);
	work_audit_free(rows, n);
}

static void
counts_are_kept_and_fold_to_the_same(void)
{
	static const char same[] =
	    "SELECT count(*) FROM (SELECT ca, state, count(*)::bigint AS n FROM nemra.queue GROUP BY ca, state) AS q "
	    "FULL JOIN (SELECT * FROM nemra.count WHERE kind = 'request' AND n <> 0) AS c USING (ca, state) "
	    "WHERE q.n IS DISTINCT FROM c.n";

	CU_ASSERT_STRING_EQUAL(fix_value(same), "0");
	fix_sql("SELECT nemra.count_fold(1000000)");
	CU_ASSERT_STRING_EQUAL(fix_value("SELECT count(*) FROM nemra.count_delta"), "0");
	CU_ASSERT_STRING_EQUAL(fix_value(same), "0");
	CU_ASSERT_STRING_EQUAL(fix_value("SELECT (SELECT n FROM nemra.count WHERE kind = 'audit_event') = "
	    "(SELECT count(*) FROM nemra.audit_event)"), "t");
	CU_ASSERT_STRING_EQUAL(fix_value("SELECT (SELECT n FROM nemra.count WHERE kind = 'station') > 0"), "t");
}

static const struct unit_test tests[] = {
	UNIT(tokens_are_given_in_blocks_up_to_the_burst),
	UNIT(a_clock_that_was_set_back_gives_no_tokens),
	UNIT(a_circuit_is_audited_when_it_changes_and_not_when_it_is_said_again),
	UNIT(an_operator_can_pause_a_ca),
	UNIT(what_waits_is_handed_out_by_whole_groups),
	UNIT(one_dispatcher_links_the_trail_without_gaps),
	UNIT(a_link_to_an_old_head_is_refused),
	UNIT(counts_are_kept_and_fold_to_the_same),
};

UNIT_SUITE(shared_suite, tests);
