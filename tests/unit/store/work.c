/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/work.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "tests/unit/store/fix.h"
#include "tests/unit/store/steps.h"

/* --- claiming --- */

static void
a_claim_brings_the_request_and_its_station(void)
{
	const char *ca = fix_ca();
	struct fix_station s = fix_station();
	struct door_upload up = fix_upload(&s);
	struct work *w;

	up.ca = ca;
	up.envelope = mem_str("an envelope");
	fix_submit(&up);
	w = claim_one(ca);
	CU_ASSERT_EQUAL(memcmp(&w->request, &up.request, sizeof(struct uuid)), 0);
	CU_ASSERT_EQUAL(w->state, RQ_QUEUED);
	CU_ASSERT_EQUAL(w->epoch, 1);
	CU_ASSERT_EQUAL(w->tries, 0);
	CU_ASSERT_STRING_EQUAL(w->station, s.name);
	CU_ASSERT_STRING_EQUAL(w->profile, "gnb");
	CU_ASSERT_TRUE(mem_eq(w->item.pkcs10, mem_str("a request")));
	CU_ASSERT_TRUE(mem_eq(w->item.envelope, mem_str("an envelope")));
	CU_ASSERT_EQUAL(w->item.crmf.len, 0);
	CU_ASSERT_EQUAL(w->item.attempt, 1);
	CU_ASSERT_EQUAL(w->item.step, CA_ENROL);
	CU_ASSERT_EQUAL(w->item.message.len, 0);
	CU_ASSERT_EQUAL(memcmp(w->item.upload_sha256.p, up.sha256, 32), 0);
	CU_ASSERT_EQUAL(memcmp(w->item.spki_sha256.p, up.spki_sha256, 32), 0);
	CU_ASSERT_EQUAL(memcmp(w->device_key, s.key, 32), 0);
	CU_ASSERT_PTR_EQUAL(w->item.row, &w->row);
	CU_ASSERT_STRING_EQUAL(w->row.san_dns[0], "a.example");
	CU_ASSERT_TRUE(w->queued_at > INT64_C(1700000000000000));
	work_free(w, 1);
}

static void
a_claimed_row_is_not_claimed_again_before_its_lease_ends(void)
{
	const char *ca = fix_ca();
	struct work *w, *again;
	size_t n;
	struct err e;

	fix_queued(ca);
	w = claim_for(ca, 60);
	CU_ASSERT_EQUAL_FATAL(work_claim(fix_db("nemra_dispatch"), ca, 10, 60, &again, &n, &e), 0);
	CU_ASSERT_EQUAL(n, 0);
	work_free(again, n);
	end_lease(w);
	again = claim_for(ca, 60);
	CU_ASSERT_EQUAL(again->epoch, 2);
	work_free(again, 1);
	work_free(w, 1);
}

static void
a_claim_takes_only_its_ca_and_at_most_max(void)
{
	const char *ca = fix_ca(), *other = fix_ca();
	struct work *w;
	size_t n;
	struct err e;

	for (int i = 0; i < 3; i++)
		fix_queued(ca);
	CU_ASSERT_EQUAL_FATAL(work_claim(fix_db("nemra_dispatch"), other, 10, 60, &w, &n, &e), 0);
	CU_ASSERT_EQUAL(n, 0);
	work_free(w, n);
	CU_ASSERT_EQUAL_FATAL(work_claim(fix_db("nemra_dispatch"), ca, 2, 60, &w, &n, &e), 0);
	CU_ASSERT_EQUAL(n, 2);
	work_free(w, n);
}

static void
two_connections_never_claim_the_same_row(void)
{
	const char *ca = fix_ca();
	struct db *a = fix_new("nemra_dispatch"), *b = fix_new("nemra_dispatch");
	struct work *wa, *wb;
	size_t na, nb;
	struct err e;

	for (int i = 0; i < 10; i++)
		fix_queued(ca);
	CU_ASSERT_EQUAL_FATAL(db_begin(a, &e), 0);
	CU_ASSERT_EQUAL_FATAL(work_claim(a, ca, 4, 60, &wa, &na, &e), 0);
	/* a's rows are locked and not yet committed: b skips them and does not wait */
	CU_ASSERT_EQUAL_FATAL(work_claim(b, ca, 10, 60, &wb, &nb, &e), 0);
	CU_ASSERT_EQUAL_FATAL(db_commit(a, &e), 0);
	CU_ASSERT_EQUAL(na, 4);
	CU_ASSERT_EQUAL(nb, 6);
	for (size_t i = 0; i < na; i++)
		for (size_t k = 0; k < nb; k++)
			CU_ASSERT_NOT_EQUAL(memcmp(&wa[i].request, &wb[k].request, sizeof(struct uuid)), 0);
	work_free(wa, na);
	work_free(wb, nb);
	db_close(a);
	db_close(b);
}

static void
due_says_how_much_and_when(void)
{
	const char *ca = fix_ca();
	struct work_due d;
	struct work *w;
	int64_t delay = 30000;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(work_due(fix_db("nemra_dispatch"), ca, 10, &d, &e), 0);
	CU_ASSERT_TRUE(d.due == 0 && d.next_ms == -1);
	fix_queued(ca);
	CU_ASSERT_EQUAL_FATAL(work_due(fix_db("nemra_dispatch"), ca, 10, &d, &e), 0);
	CU_ASSERT_TRUE(d.due == 1 && d.next_ms == 0 && d.oldest_ms >= 0);
	w = claim_one(ca);
	CU_ASSERT_EQUAL_FATAL(work_release(fix_db("nemra_dispatch"), &w, &delay, 1, NULL, &e), 0);
	CU_ASSERT_EQUAL_FATAL(work_due(fix_db("nemra_dispatch"), ca, 10, &d, &e), 0);
	CU_ASSERT_TRUE(d.due == 0 && d.next_ms > 25000 && d.next_ms <= 30000);
	work_free(w, 1);
}

/* --- the way to the CA --- */

static void
the_straight_way_stores_each_step(void)
{
	const char *ca = fix_ca();
	struct work *w;

	fix_queued(ca);
	w = claim_one(ca);
	prepare(w, "ir");
	CU_ASSERT_EQUAL(w->state, RQ_PREPARED);
	send_it(w);
	CU_ASSERT_EQUAL(w->state, RQ_SENT);
	CU_ASSERT_EQUAL(w->tries, 1);
	answer_with_certificate(w, true);
	done(w, 0);
	CU_ASSERT_EQUAL(w->state, RQ_ISSUED);
	work_free(w, 1);
	w = claim_one(ca);
	CU_ASSERT_EQUAL(w->state, RQ_ISSUED);
	CU_ASSERT_EQUAL(w->item.step, CA_CONFIRM);
	CU_ASSERT_EQUAL(w->item.message.len, 0);
	CU_ASSERT_TRUE(mem_eq(mem_of(&w->item.cert), mem_str("a certificate")));
	CU_ASSERT_TRUE(mem_eq(mem_of(&w->item.peer_nonce), mem_str("peer nonce")));
	CU_ASSERT_TRUE(mem_eq(mem_of(&w->item.peer_signer), mem_str("signer")));
	CU_ASSERT_EQUAL(w->item.cert_req_id, -1);
	CU_ASSERT_FALSE(w->item.reject);
	prepare(w, "certConf");
	send_it(w);
	CU_ASSERT_EQUAL(w->state, RQ_ISSUED);
	w->item.verdict = CV_CONFIRMED;
	set_answer(w, "pkiConf");
	done(w, 0);
	CU_ASSERT_EQUAL(fix_state(&w->request), RQ_CONFIRMED);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT string_agg(state::text, ' ' ORDER BY id) FROM nemra.request_step "
	    "WHERE request = '%s'", fix_text(&w->request)), "received queued prepared sent issued confirmed");
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT string_agg(kind, ' ' ORDER BY id) FROM nemra.message "
	    "WHERE request = '%s'", fix_text(&w->request)), "enrol answer confirm answer");
	work_free(w, 1);
}

static void
a_confirmed_certificate_is_delivered_to_its_station_only(void)
{
	const char *ca = fix_ca();
	struct uuid id = fix_queued(ca);
	struct fix_station other = fix_station();
	struct door_read d = { .request = id, .want_certificate = true, .delivering = true };
	struct work *w = claim_one(ca);
	struct err e;

	d.station = w->row.id;
	prepare(w, "ir");
	send_it(w);
	CU_ASSERT_EQUAL(door_read(fix_db("nemra_httpd"), &d, 1, &e), 0);
	CU_ASSERT_TRUE(d.found && d.state == RQ_SENT && d.chain.len == 0);
	door_read_free(&d);
	answer_with_certificate(w, false);
	done(w, 0);
	work_free(w, 1);
	CU_ASSERT_EQUAL(door_read(fix_db("nemra_httpd"), &d, 1, &e), 0);
	CU_ASSERT_EQUAL(d.state, RQ_DELIVERED);
	CU_ASSERT_TRUE(mem_eq(mem_of(&d.chain), mem_str("a chain")));
	door_read_free(&d);
	d.station = other.id;
	CU_ASSERT_EQUAL(door_read(fix_db("nemra_httpd"), &d, 1, &e), 0);
	CU_ASSERT_FALSE(d.found);
	door_read_free(&d);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT string_agg(what, ' ' ORDER BY id) FROM nemra.audit_event "
	    "WHERE object = '%s'", fix_text(&id)),
	    "request.uploaded request.prepared request.sent request.confirmed request.delivered");
}

/* Reads two requests' certificates in one call, and waits for a lock in the middle of it. */
static struct db *
begin_reading(const struct work *first, const struct work *second)
{
	struct db *db = fix_new("nemra_httpd");
	char sql[512], s[2][UUID_TEXT], r[2][UUID_TEXT];

	uuid_print(&first->row.id, s[0]);
	uuid_print(&second->row.id, s[1]);
	uuid_print(&first->request, r[0]);
	uuid_print(&second->request, r[1]);
	(void)snprintf(sql, sizeof(sql), "SELECT state, chain IS NOT NULL FROM nemra.door_read('{%s,%s}', '{%s,%s}', "
	    "'{f,f}', '{t,t}', '{t,t}') ORDER BY i", s[0], s[1], r[0], r[1]);
	CU_ASSERT_EQUAL_FATAL(PQsendQuery(db->conn, sql), 1);
	while (PQflush(db->conn) == 1)
		continue;
	while (strcmp(fix_value("SELECT count(*) FROM pg_locks WHERE NOT granted"), "0") == 0)
		(void)poll(NULL, 0, 5);
	return db;
}

static void
nobody_gets_a_certificate_that_is_not_delivered(void)
{
	const char *ca[2] = { fix_ca(), fix_ca() };
	struct work *w[2];
	struct db *reader;
	PGresult *r;

	for (int i = 0; i < 2; i++) {
		fix_queued(ca[i]);
		w[i] = claim_one(ca[i]);
		prepare(w[i], "ir");
		send_it(w[i]);
		answer_with_certificate(w[i], false);
	}
	done(w[0], 0);
	fix_sql("BEGIN");
	fix_sql_of("SELECT FROM nemra.queue WHERE request = '%s' FOR UPDATE", fix_text(&w[0]->request));
	reader = begin_reading(w[0], w[1]);
	done(w[1], 0);			/* it was not confirmed when the call began to deliver */
	fix_sql("COMMIT");
	r = PQgetResult(reader->conn);
	CU_ASSERT_EQUAL_FATAL(PQntuples(r), 2);
	CU_ASSERT_STRING_EQUAL(PQgetvalue(r, 0, 0), "delivered");
	CU_ASSERT_STRING_EQUAL(PQgetvalue(r, 0, 1), "t");
	CU_ASSERT_STRING_EQUAL(PQgetvalue(r, 1, 0), "confirmed");
	CU_ASSERT_STRING_EQUAL(PQgetvalue(r, 1, 1), "f");
	PQclear(r);
	db_close(reader);
	work_free(w[0], 1);
	work_free(w[1], 1);
}

static void
an_interrupted_sender_leaves_the_same_bytes_to_the_next(void)
{
	const char *ca = fix_ca();
	struct work *w, *next;

	fix_queued(ca);
	w = claim_one(ca);
	prepare(w, "the only message");
	send_it(w);
	end_lease(w);
	next = claim_one(ca);
	CU_ASSERT_EQUAL(next->state, RQ_SENT);
	CU_ASSERT_EQUAL(next->tries, 1);
	CU_ASSERT_TRUE(next->item.resent);
	CU_ASSERT_EQUAL(next->item.step, CA_ENROL);
	CU_ASSERT_TRUE(mem_eq(mem_of(&next->item.message), mem_str("the only message")));
	CU_ASSERT_EQUAL(memcmp(next->item.transaction_id, w->item.transaction_id, 16), 0);
	CU_ASSERT_EQUAL(memcmp(next->item.sender_nonce, w->item.sender_nonce, 16), 0);
	send_it(next);
	CU_ASSERT_EQUAL(next->tries, 2);
	/* the late one's answer comes to nothing */
	answer_with_certificate(w, true);
	done_lost(w);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT count(*) FROM nemra.certificate WHERE request = '%s'",
	    fix_text(&w->request)), "0");
	work_free(w, 1);
	work_free(next, 1);
}

static void
a_lost_answer_puts_it_in_doubt_and_the_same_bytes_go_again(void)
{
	const char *ca = fix_ca();
	struct work *w;

	fix_queued(ca);
	w = claim_one(ca);
	prepare(w, "ir");
	send_it(w);
	w->item.verdict = CV_NO_ANSWER;
	err_set(&w->item.err, R_CA_NO_ANSWER, "timeout");
	done(w, 0);
	CU_ASSERT_EQUAL(w->state, RQ_IN_DOUBT);
	work_free(w, 1);
	w = claim_one(ca);
	CU_ASSERT_EQUAL(w->state, RQ_IN_DOUBT);
	CU_ASSERT_TRUE(mem_eq(mem_of(&w->item.message), mem_str("ir")));
	CU_ASSERT_FALSE(w->item.reject);
	send_it(w);
	CU_ASSERT_EQUAL(w->state, RQ_SENT);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT count(*) FROM nemra.message WHERE request = '%s'",
	    fix_text(&w->request)), "1");
	work_free(w, 1);
}

static void
what_never_left_is_built_anew_under_the_same_id(void)
{
	const char *ca = fix_ca();
	struct work *w;
	uint8_t id[16];

	fix_queued(ca);
	w = claim_one(ca);
	prepare(w, "old");
	memcpy(id, w->item.transaction_id, sizeof(id));
	send_it(w);
	w->item.verdict = CV_NEVER_LEFT;
	done(w, 0);
	CU_ASSERT_EQUAL(w->state, RQ_PREPARED);
	work_free(w, 1);
	w = claim_one(ca);
	CU_ASSERT_EQUAL(w->state, RQ_PREPARED);
	CU_ASSERT_EQUAL(w->tries, 0);
	memcpy(w->item.transaction_id, id, sizeof(id));
	prepare_same(w, "new");
	CU_ASSERT_EQUAL(w->item.err.reason, R_NONE);
	work_free(w, 1);
}

static void
waiting_is_polled_with_a_new_message(void)
{
	const char *ca = fix_ca();
	struct work *w;

	fix_queued(ca);
	w = claim_one(ca);
	prepare(w, "ir");
	send_it(w);
	w->item.verdict = CV_WAITING;
	set_answer(w, "ip waiting");
	done(w, 0);
	CU_ASSERT_EQUAL(w->state, RQ_WAITING);
	work_free(w, 1);
	for (int i = 0; i < 2; i++) {
		w = claim_one(ca);
		CU_ASSERT_TRUE(w->state == RQ_WAITING && w->item.step == CA_POLL && w->item.message.len == 0);
		prepare(w, "pollReq");
		send_it(w);
		w->item.verdict = CV_WAITING;
		set_answer(w, "pollRep");
		done(w, 0);
		work_free(w, 1);
	}
	w = claim_one(ca);
	prepare(w, "pollReq");
	send_it(w);
	answer_with_certificate(w, false);
	done(w, 0);
	CU_ASSERT_EQUAL(fix_state(&w->request), RQ_CONFIRMED);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT string_agg(state::text, ' ' ORDER BY id) FROM nemra.request_step "
	    "WHERE request = '%s'", fix_text(&w->request)), "received queued prepared sent waiting issued confirmed");
	work_free(w, 1);
}

static void
not_now_comes_back_as_a_second_attempt(void)
{
	const char *ca = fix_ca();
	struct work *w;

	fix_queued(ca);
	w = claim_one(ca);
	prepare(w, "ir");
	send_it(w);
	w->item.verdict = CV_AGAIN;
	set_answer(w, "error");
	done(w, 0);
	work_free(w, 1);
	w = claim_one(ca);
	CU_ASSERT_TRUE(w->state == RQ_QUEUED && w->item.attempt == 2 && w->item.message.len == 0 && w->tries == 0);
	CU_ASSERT_EQUAL(w->item.peer_nonce.len, 0);
	prepare(w, "ir again");
	CU_ASSERT_EQUAL(w->item.err.reason, R_NONE);
	work_free(w, 1);
}

static void
a_refused_request_keeps_the_cas_words(void)
{
	const char *ca = fix_ca();
	struct work *w;

	fix_queued(ca);
	w = claim_one(ca);
	prepare(w, "ir");
	send_it(w);
	w->item.verdict = CV_REFUSED;
	err_set(&w->item.err, R_CA_REFUSED, "badCertTemplate: not today");
	set_answer(w, "ip rejection");
	done(w, -1);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT state || ' ' || reason || ' ' || detail || ' ' || policy_no "
	    "FROM nemra.queue WHERE request = '%s'", fix_text(&w->request)),
	    "refused CA_REFUSED badCertTemplate: not today false");
	work_free(w, 1);
}

static void
our_own_second_check_refuses_and_may_judge_anew(void)
{
	const char *ca = fix_ca();
	struct work *w;
	struct err e;

	fix_queued(ca);
	w = claim_one(ca);
	err_set(&w->item.err, R_ENVELOPE_SIGNATURE, "no");
	CU_ASSERT_EQUAL_FATAL(work_refuse(fix_db("nemra_dispatch"), &w, 1, &e), 0);
	CU_ASSERT_FALSE(w->lost);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT state || ' ' || reason || ' ' || policy_no FROM nemra.queue "
	    "WHERE request = '%s'", fix_text(&w->request)), "refused ENVELOPE_SIGNATURE true");
	work_free(w, 1);
}

static void
a_released_row_tells_operators_why(void)
{
	const char *ca = fix_ca();
	struct work *w;
	struct err e, why;
	int64_t never = -1;

	fix_queued(ca);
	w = claim_one(ca);
	err_set(&why, R_CA_UNREACHABLE, "connection refused");
	CU_ASSERT_EQUAL_FATAL(work_release(fix_db("nemra_dispatch"), &w, &never, 1, &why, &e), 0);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT state || ' ' || reason || ' ' || (next_at IS NULL) "
	    "FROM nemra.queue WHERE request = '%s'", fix_text(&w->request)), "queued CA_UNREACHABLE true");
	work_free(w, 1);
}

/* --- what must be unique --- */

static void
a_transaction_id_belongs_to_one_request_at_a_ca(void)
{
	const char *ca = fix_ca();
	struct work *w, *first;

	fix_queued(ca);
	first = claim_one(ca);
	prepare(first, "ir");
	fix_queued(ca);
	w = claim_one(ca);
	memcpy(w->item.transaction_id, first->item.transaction_id, 16);
	prepare_same(w, "ir");
	CU_ASSERT_FALSE(w->lost);
	CU_ASSERT_EQUAL(w->item.err.reason, R_CMP_TRANSACTION_ID);
	CU_ASSERT_EQUAL(w->state, RQ_QUEUED);
	CU_ASSERT_EQUAL(fix_state(&w->request), RQ_QUEUED);
	work_free(first, 1);
	work_free(w, 1);
}

static void
a_serial_that_another_request_has_is_not_delivered(void)
{
	const char *ca = fix_ca();
	struct work *w, *first;

	fix_queued(ca);
	first = claim_one(ca);
	prepare(first, "ir");
	send_it(first);
	answer_with_certificate(first, false);
	done(first, 0);
	fix_queued(ca);
	w = claim_one(ca);
	prepare(w, "ir");
	send_it(w);
	answer_with_certificate(w, false);
	CU_ASSERT_EQUAL_FATAL(blob_set1(&w->item.info.serial, mem_of(&first->item.info.serial), NULL), 0);
	done(w, 0);
	CU_ASSERT_EQUAL(w->state, RQ_IN_DOUBT);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT q.state || ' ' || q.reason || ' ' || c.accepted FROM nemra.queue q "
	    "JOIN nemra.certificate c USING (request) WHERE q.request = '%s'", fix_text(&w->request)),
	    "in_doubt CA_CERT_BAD false");
	work_free(first, 1);
	work_free(w, 1);
}

static void
a_certificate_for_another_key_is_not_delivered(void)
{
	const char *ca = fix_ca();
	struct work *w;

	fix_queued(ca);
	w = claim_one(ca);
	prepare(w, "ir");
	send_it(w);
	answer_with_certificate(w, false);
	w->item.info.spki_sha256[0] ^= 1;
	done(w, 0);
	CU_ASSERT_EQUAL(fix_state(&w->request), RQ_IN_DOUBT);
	work_free(w, 1);
}

static void
a_bad_certificate_is_stored_and_rejected_and_left_to_an_operator(void)
{
	const char *ca = fix_ca();
	struct work *w;

	fix_queued(ca);
	w = claim_one(ca);
	prepare(w, "ir");
	send_it(w);
	answer_with_certificate(w, true);
	w->item.verdict = CV_BAD_CERT;
	err_set(&w->item.err, R_CA_WRONG_NAME, "CN=other");
	done(w, 0);
	CU_ASSERT_EQUAL(fix_state(&w->request), RQ_IN_DOUBT);
	work_free(w, 1);
	w = claim_one(ca);
	CU_ASSERT_TRUE(w->state == RQ_IN_DOUBT && w->item.step == CA_CONFIRM && w->item.reject &&
	    w->item.message.len == 0 && w->item.cert.len > 0);
	prepare(w, "certConf rejection");
	CU_ASSERT_EQUAL(w->state, RQ_IN_DOUBT);
	send_it(w);
	w->item.verdict = CV_CONFIRMED;
	set_answer(w, "pkiConf");
	done(w, 0);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT state || ' ' || (next_at IS NULL) FROM nemra.queue "
	    "WHERE request = '%s'", fix_text(&w->request)), "in_doubt true");
	work_free(w, 1);
}

static void
one_impossible_verdict_does_not_spoil_the_batch(void)
{
	const char *ca = fix_ca();
	struct work *w, *both[2];
	int64_t delay[2] = { 0, 0 };
	size_t n;
	struct err e;

	fix_queued(ca);
	fix_queued(ca);
	CU_ASSERT_EQUAL_FATAL(work_claim(fix_db("nemra_dispatch"), ca, 2, 60, &w, &n, &e), 0);
	CU_ASSERT_EQUAL_FATAL(n, 2);
	both[0] = &w[0];
	both[1] = &w[1];
	prepare(&w[1], "ir");
	send_it(&w[1]);
	w[0].item.verdict = CV_CONFIRMED;
	w[1].item.verdict = CV_WAITING;
	set_answer(&w[1], "ip");
	CU_ASSERT_EQUAL_FATAL(work_done(fix_db("nemra_dispatch"), both, delay, 2, &e), 0);
	CU_ASSERT_TRUE(w[0].lost && w[0].item.err.reason == R_INTERNAL);
	CU_ASSERT_TRUE(!w[1].lost && w[1].state == RQ_WAITING);
	work_free(w, n);
}

static const struct unit_test tests[] = {
	UNIT(a_claim_brings_the_request_and_its_station),
	UNIT(a_claimed_row_is_not_claimed_again_before_its_lease_ends),
	UNIT(a_claim_takes_only_its_ca_and_at_most_max),
	UNIT(two_connections_never_claim_the_same_row),
	UNIT(due_says_how_much_and_when),
	UNIT(the_straight_way_stores_each_step),
	UNIT(a_confirmed_certificate_is_delivered_to_its_station_only),
	UNIT(nobody_gets_a_certificate_that_is_not_delivered),
	UNIT(an_interrupted_sender_leaves_the_same_bytes_to_the_next),
	UNIT(a_lost_answer_puts_it_in_doubt_and_the_same_bytes_go_again),
	UNIT(what_never_left_is_built_anew_under_the_same_id),
	UNIT(waiting_is_polled_with_a_new_message),
	UNIT(not_now_comes_back_as_a_second_attempt),
	UNIT(a_refused_request_keeps_the_cas_words),
	UNIT(our_own_second_check_refuses_and_may_judge_anew),
	UNIT(a_released_row_tells_operators_why),
	UNIT(a_transaction_id_belongs_to_one_request_at_a_ca),
	UNIT(a_serial_that_another_request_has_is_not_delivered),
	UNIT(a_certificate_for_another_key_is_not_delivered),
	UNIT(a_bad_certificate_is_stored_and_rejected_and_left_to_an_operator),
	UNIT(one_impossible_verdict_does_not_spoil_the_batch),
};

UNIT_SUITE(work_suite, tests);
