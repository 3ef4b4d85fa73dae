/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/flow/flow.h"

#include <string.h>

#include "gateway/flow/circuit.h"
#include "gateway/flow/retry.h"
#include "tests/unit/flow/fake.h"
#include "tests/unit/unit.h"

#define SECOND 1000

/* Each row has ended well. */
static void
all_are(enum request_state s)
{
	for (size_t i = 0; i < fake.n_rows; i++)
		CU_ASSERT_EQUAL(fake.row[i].state, s);
}

static struct flow *
fresh(size_t n, enum request_state s)
{
	fake_reset();
	for (size_t i = 0; i < n; i++)
		(void)fake_add(s);
	return fake_flow();
}

/* --- the way --- */

static void
a_request_is_prepared_sent_issued_and_confirmed(void)
{
	struct flow *f = fresh(1, RQ_QUEUED);

	fake_settle(f);
	all_are(RQ_CONFIRMED);
	CU_ASSERT_EQUAL(fake.sends, 2);
	CU_ASSERT_STRING_EQUAL(fake.sent[0], "enrol 1 of 01");
	CU_ASSERT_STRING_EQUAL(fake.sent[1], "confirm 2 of 01");
	CU_ASSERT_TRUE(flow_is_idle(f));
	flow_free(f);
}

static void
an_implicit_confirmation_saves_an_exchange(void)
{
	struct flow *f = fresh(1, RQ_QUEUED);

	fake.answer = fake_issue_implicit;
	fake_settle(f);
	all_are(RQ_CONFIRMED);
	CU_ASSERT_EQUAL(fake.sends, 1);
	flow_free(f);
}

static void
many_rows_share_commits(void)
{
	struct flow *f = fresh(40, RQ_QUEUED);

	fake_run(f, 5 * SECOND);
	all_are(RQ_CONFIRMED);
	CU_ASSERT_EQUAL(fake.sends, 80);
	CU_ASSERT_TRUE(fake.calls[FAKE_SENT] <= 14);	/* batches of 8, and what is left over */
	flow_free(f);
}

static void
no_more_is_under_way_than_there_is_room(void)
{
	struct flow *f = fresh(40, RQ_QUEUED);

	fake.room = 5;
	fake.hold = true;
	fake_run(f, 2 * SECOND);
	CU_ASSERT_EQUAL(fake.n_flying, 5);
	CU_ASSERT_EQUAL(fake.sends, 5);
	fake.hold = false;
	fake_run(f, 5 * SECOND);
	all_are(RQ_CONFIRMED);
	flow_free(f);
}

static void
under_load_rows_wait_for_company_but_not_for_ever(void)
{
	struct flow *f = fresh(1, RQ_QUEUED);

	fake.hold = true;
	fake_settle(f);		/* alone: at once */
	CU_ASSERT_EQUAL(fake.sends, 1);
	(void)fake_add(RQ_QUEUED);
	fake_settle(f);
	CU_ASSERT_EQUAL(fake.sends, 1);
	for (int i = 0; i < 6; i++)
		(void)fake_add(RQ_QUEUED);
	fake_run(f, 90);
	CU_ASSERT_EQUAL(fake.sends, 1);
	fake_run(f, 20);
	CU_ASSERT_EQUAL(fake.sends, 8);
	for (int i = 0; i < 8; i++)
		(void)fake_add(RQ_QUEUED);
	fake_settle(f);		/* a full batch: at once */
	CU_ASSERT_EQUAL(fake.sends, 16);
	flow_free(f);
}

static void
nobody_claims_for_a_few_places_while_most_are_taken(void)
{
	struct flow *f = fresh(8, RQ_QUEUED);

	fake.room = 10;
	fake.hold = true;
	fake_settle(f);
	CU_ASSERT_EQUAL(fake.sends, 8);
	for (int i = 0; i < 5; i++)
		(void)fake_add(RQ_QUEUED);
	fake_run(f, 5 * SECOND);
	CU_ASSERT_EQUAL(fake.sends, 8);
	fake.hold = false;
	fake_run(f, 5 * SECOND);
	all_are(RQ_CONFIRMED);
	flow_free(f);
}

/* Each upload's commit is heard of. */
static void
the_database_is_not_asked_again_about_rows_that_wait_for_company(void)
{
	struct flow *f = fresh(1, RQ_QUEUED);
	unsigned asked;

	fake.hold = true;
	fake_settle(f);
	CU_ASSERT_EQUAL(fake.sends, 1);
	(void)fake_add(RQ_QUEUED);
	fake.notified = true;
	fake_settle(f);
	asked = fake.calls[FAKE_DUE];
	for (int i = 0; i < 5; i++) {
		(void)fake_add(RQ_QUEUED);
		fake.notified = true;
		fake_settle(f);
	}
	CU_ASSERT_EQUAL(fake.calls[FAKE_DUE], asked);
	CU_ASSERT_EQUAL(fake.sends, 1);
	fake_run(f, 110);
	CU_ASSERT_EQUAL(fake.sends, 7);
	flow_free(f);
}

static void
answers_that_come_one_by_one_share_a_commit(void)
{
	struct flow *f = fresh(8, RQ_QUEUED);

	fake.answer = fake_issue_implicit;
	fake.held = 8;
	fake_settle(f);
	CU_ASSERT_EQUAL(fake.n_flying, 8);
	while (fake.held > 4) {
		fake.held--;
		fake_settle(f);
		fake.now++;
	}
	CU_ASSERT_EQUAL(fake.n_flying, 4);
	CU_ASSERT_EQUAL(fake.calls[FAKE_DONE], 0);
	fake_run(f, 10);	/* not for ever, though others are still to come */
	CU_ASSERT_EQUAL(fake.calls[FAKE_DONE], 1);
	fake.held = 0;
	fake_settle(f);		/* none is: at once */
	CU_ASSERT_EQUAL(fake.calls[FAKE_DONE], 2);
	all_are(RQ_CONFIRMED);
	flow_free(f);
}

static void
an_idle_queue_is_not_looked_at(void)
{
	struct flow *f = fresh(0, RQ_QUEUED);
	unsigned looked;

	fake_settle(f);
	looked = fake.calls[FAKE_DUE];
	fake_run(f, 3600 * SECOND);
	CU_ASSERT_EQUAL(fake.calls[FAKE_DUE], looked);
	(void)fake_add(RQ_QUEUED);	/* and NOTIFY */
	fake_settle(f);
	all_are(RQ_CONFIRMED);
	flow_free(f);
}

static void
polling_follows_check_after(void)
{
	struct flow *f = fresh(1, RQ_QUEUED);

	fake.answer = fake_wait_once;
	fake_run(f, 2900);
	all_are(RQ_WAITING);
	CU_ASSERT_EQUAL(fake.sends, 1);
	fake_run(f, 1 * SECOND);
	all_are(RQ_CONFIRMED);
	CU_ASSERT_STRING_EQUAL(fake.sent[1], "poll 2 of 01");
	flow_free(f);
}

/* --- lost answers --- */

static void
a_lost_answer_is_followed_by_the_same_bytes_five_times_and_no_more(void)
{
	struct flow *f = fresh(1, RQ_QUEUED);

	fake.answer = fake_lose;
	fake_run(f, 3600 * SECOND);
	all_are(RQ_IN_DOUBT);
	CU_ASSERT_EQUAL(fake.sends, 1 + RETRY_RESENDS);
	CU_ASSERT_EQUAL(fake.prepared, 1);
	for (unsigned i = 1; i < fake.sends; i++)
		CU_ASSERT_STRING_EQUAL(fake.sent[i], fake.sent[0]);
	CU_ASSERT_EQUAL(fake.row[0].due, -1);
	CU_ASSERT_EQUAL(fake.row[0].reason, R_CA_SILENT);
	flow_free(f);
}

static void
an_answer_to_a_resend_is_as_good(void)
{
	struct flow *f = fresh(1, RQ_QUEUED);

	fake.answer = fake_lose;
	fake_run(f, 5 * SECOND);
	fake.answer = fake_issue;
	fake_run(f, 60 * SECOND);
	all_are(RQ_CONFIRMED);
	flow_free(f);
}

static bool resent;

static void
note_resent(struct ca_item *it)
{
	resent = it->resent;
	fake_issue_implicit(it);
}

static void
a_row_found_sent_is_sent_again_as_stored(void)
{
	struct flow *f = fresh(1, RQ_SENT);

	strcpy(fake.row[0].message, "stored");
	fake.row[0].tries = 1;
	fake.answer = note_resent;
	resent = false;
	fake_settle(f);
	all_are(RQ_CONFIRMED);
	CU_ASSERT_EQUAL(fake.prepared, 0);
	CU_ASSERT_STRING_EQUAL(fake.sent[0], "stored");
	CU_ASSERT_TRUE(resent);
	flow_free(f);
}

static void
a_copy_that_an_http_error_answered_may_have_arrived(void)
{
	struct flow *f = fresh(1, RQ_QUEUED);

	fake.answer = fake_busy_http;
	fake_run(f, 5 * SECOND);
	all_are(RQ_IN_DOUBT);
	CU_ASSERT_EQUAL(fake.row[0].tries, 0);
	fake.answer = note_resent;
	resent = false;
	fake_run(f, 60 * SECOND);
	all_are(RQ_CONFIRMED);
	CU_ASSERT_TRUE(resent);
	flow_free(f);
}

static void
a_row_found_prepared_is_sent_for_the_first_time(void)
{
	struct flow *f = fresh(1, RQ_PREPARED);

	strcpy(fake.row[0].message, "stored");
	fake.answer = note_resent;
	resent = true;
	fake_settle(f);
	all_are(RQ_CONFIRMED);
	CU_ASSERT_STRING_EQUAL(fake.sent[0], "stored");
	CU_ASSERT_FALSE(resent);
	flow_free(f);
}

static void
a_message_that_our_crashes_sent_too_often_is_parked(void)
{
	static const enum request_state found[] = { RQ_SENT, RQ_IN_DOUBT };

	for (size_t i = 0; i < COUNT_OF(found); i++) {
		struct flow *f = fresh(1, found[i]);

		strcpy(fake.row[0].message, "stored");
		fake.row[0].tries = 100;
		fake_run(f, 60 * SECOND);
		all_are(RQ_IN_DOUBT);
		CU_ASSERT_EQUAL(fake.sends, 0);
		CU_ASSERT_TRUE(fake.row[0].due < 0);
		CU_ASSERT_EQUAL(fake.row[0].reason, R_CA_SILENT);
		flow_free(f);
	}
}

static void
an_unanswered_confirmation_is_sent_again_as_stored(void)
{
	struct flow *f = fresh(1, RQ_QUEUED);

	fake_settle(f);
	flow_free(f);
	f = fresh(1, RQ_ISSUED);
	fake.row[0].step = CA_CONFIRM;
	fake.answer = fake_lose;
	fake_run(f, 60 * SECOND);
	all_are(RQ_ISSUED);
	CU_ASSERT_TRUE(fake.sends > 3);
	CU_ASSERT_EQUAL(fake.prepared, 1);
	fake.answer = fake_issue;
	fake_run(f, 600 * SECOND);
	all_are(RQ_CONFIRMED);
	flow_free(f);
}

/* --- other outcomes --- */

static void
a_refusal_ends_it(void)
{
	struct flow *f = fresh(1, RQ_QUEUED);

	fake.answer = fake_refuse;
	fake_run(f, 3600 * SECOND);
	all_are(RQ_REFUSED);
	CU_ASSERT_EQUAL(fake.sends, 1);
	CU_ASSERT_EQUAL(fake.row[0].reason, R_CA_REFUSED);
	flow_free(f);
}

static void
not_now_becomes_new_attempts(void)
{
	struct flow *f = fresh(1, RQ_QUEUED);

	fake.answer = fake_later;
	fake_run(f, 60 * SECOND);
	CU_ASSERT_TRUE(fake.row[0].attempt > 2);
	CU_ASSERT_EQUAL(fake.prepared, fake.sends);
	fake.answer = fake_issue;
	fake_run(f, 3600 * SECOND);
	all_are(RQ_CONFIRMED);
	flow_free(f);
}

static void
a_bad_certificate_is_rejected_and_the_request_waits_for_an_operator(void)
{
	struct flow *f = fresh(1, RQ_QUEUED);

	fake.answer = fake_bad_cert;
	fake_run(f, 3600 * SECOND);
	all_are(RQ_IN_DOUBT);
	CU_ASSERT_EQUAL(fake.sends, 2);
	CU_ASSERT_STRING_EQUAL(fake.sent[1], "confirm 2 of 01");
	CU_ASSERT_EQUAL(fake.row[0].due, -1);
	flow_free(f);
}

static void
our_second_check_refuses_before_anything_leaves(void)
{
	struct flow *f = fresh(3, RQ_QUEUED);

	fake.refuse = R_ENVELOPE_SIGNATURE;
	fake_run(f, 60 * SECOND);
	all_are(RQ_REFUSED);
	CU_ASSERT_EQUAL(fake.sends, 0);
	CU_ASSERT_EQUAL(fake.row[0].reason, R_ENVELOPE_SIGNATURE);
	flow_free(f);
}

static void
what_the_signer_will_not_sign_waits_and_goes_on_once_that_is_mended(void)
{
	struct flow *f = fresh(1, RQ_QUEUED);

	fake.refuse = R_SIGNER_REFUSED;
	fake_run(f, 130 * SECOND);
	all_are(RQ_QUEUED);
	CU_ASSERT_EQUAL(fake.row[0].reason, R_SIGNER_REFUSED);
	fake.refuse = R_NONE;
	fake_run(f, 130 * SECOND);
	all_are(RQ_CONFIRMED);
	flow_free(f);
}

/* --- what surrounds us --- */

static void
while_the_ca_is_away_one_probe_goes_at_a_time(void)
{
	struct flow *f = fresh(40, RQ_QUEUED);
	size_t queued = 0;

	fake.answer = fake_gone;
	fake_run(f, 1800 * SECOND);
	for (size_t i = 0; i < fake.n_rows; i++)
		queued += fake.row[i].state == RQ_QUEUED;
	CU_ASSERT_TRUE(fake.sends >= 8 + 30 && fake.sends <= 8 + 70);
	CU_ASSERT_TRUE(queued > 0);
	CU_ASSERT_EQUAL(fake.circuit, CIRCUIT_OPEN);
	CU_ASSERT_EQUAL(fake.calls[FAKE_CIRCUIT], 1);	/* told once, not at each probe */
	fake.answer = fake_issue;
	fake_run(f, 300 * SECOND);
	all_are(RQ_CONFIRMED);
	CU_ASSERT_EQUAL(fake.circuit, CIRCUIT_CLOSED);
	flow_free(f);
}

static void
a_day_of_http_errors_brings_nobody_to_an_operator(void)
{
	struct flow *f = fresh(10, RQ_QUEUED);

	fake.answer = fake_busy_http;
	for (int hour = 0; hour < 2; hour++) {
		fake_run(f, 3600 * SECOND);
		fake.sends = 0;		/* room for the record of what was sent */
	}
	fake.answer = fake_issue;
	fake_run(f, 600 * SECOND);
	all_are(RQ_CONFIRMED);
	flow_free(f);
}

/* Nothing but the first few is a try: all others are the CA's silence, not theirs. */
static void
hours_of_silence_bring_nobody_to_an_operator(void)
{
	struct flow *f = fresh(30, RQ_QUEUED);
	unsigned parked = 0;

	fake.answer = fake_lose;
	fake_run(f, 2 * 3600 * SECOND);
	for (size_t i = 0; i < fake.n_rows; i++)
		parked += fake.row[i].due < 0;
	CU_ASSERT_EQUAL(parked, 0);
	CU_ASSERT_EQUAL(fake.noted, R_CA_NO_ANSWER);
	fake.answer = fake_issue;
	fake_run(f, 300 * SECOND);
	all_are(RQ_CONFIRMED);
	flow_free(f);
}

static void
while_the_signer_is_away_rows_stay_queued(void)
{
	struct flow *f = fresh(20, RQ_QUEUED);
	unsigned claims;

	fake.signer_away = true;
	fake_run(f, 600 * SECOND);
	all_are(RQ_QUEUED);
	claims = fake.calls[FAKE_CLAIM];
	CU_ASSERT_TRUE(claims >= 10 && claims < 80);
	CU_ASSERT_EQUAL(fake.row[0].reason, R_SIGNER_AWAY);
	fake.signer_away = false;
	fake_run(f, 60 * SECOND);
	all_are(RQ_CONFIRMED);
	flow_free(f);
}

static void
a_paused_ca_gets_nothing(void)
{
	struct flow *f = fresh(3, RQ_QUEUED);

	fake.paused = true;
	fake_run(f, 60 * SECOND);
	CU_ASSERT_EQUAL(fake.sends, 0);
	fake.paused = false;
	fake.notified = true;
	fake_run(f, 1 * SECOND);
	all_are(RQ_CONFIRMED);
	flow_free(f);
}

static void
the_rate_is_kept_by_tokens_taken_in_blocks(void)
{
	struct flow *f;

	fake_reset();
	for (int i = 0; i < 30; i++)
		(void)fake_add(RQ_QUEUED);
	fake.tokens = 5;
	fake.answer = fake_issue_implicit;
	f = fake_flow_rate(10);
	fake_run(f, 50);
	CU_ASSERT_EQUAL(fake.sends, 5);
	fake.tokens = 100;
	fake_run(f, 2 * SECOND);
	all_are(RQ_CONFIRMED);
	CU_ASSERT_TRUE(fake.calls[FAKE_TOKENS] < 15);
	flow_free(f);
}

static void
cas_do_not_wait_for_each_other(void)
{
	struct flow *f;

	fake_reset();
	for (int i = 0; i < 20; i++)
		fake_add(RQ_QUEUED)->ca = i % 2 == 0 ? "core" : "edge";
	f = fake_flow_two();
	fake_run(f, 5 * SECOND);
	for (size_t i = 0; i < 20; i += 2)
		CU_ASSERT_EQUAL(fake.row[i].state, RQ_CONFIRMED);
	CU_ASSERT_EQUAL(fake.n_edge, 4);	/* full, and silent */
	CU_ASSERT_EQUAL(fake.row[19].state, RQ_QUEUED);
	flow_free(f);
}

/* --- the database goes away --- */

static void
comes_back(struct flow *f)
{
	fake.away = false;
	fake_run(f, 120 * SECOND);
	all_are(RQ_CONFIRMED);
	CU_ASSERT_TRUE(flow_is_idle(f));
}

/* At each call, before and after its commit: nothing is lost, and no message is made twice. */
static void
the_database_may_be_lost_at_every_call(void)
{
	static const enum fake_call call[] = { FAKE_OPEN, FAKE_DRAIN, FAKE_DUE, FAKE_CLAIM, FAKE_PREPARED,
		FAKE_SENT, FAKE_DONE };

	for (size_t i = 0; i < COUNT_OF(call); i++)
		for (int after = 0; after < 2; after++)
			for (int unknown = 0; unknown < 2; unknown++) {
				struct flow *f = fresh(3, RQ_QUEUED);

				fake.fail[call[i]] = unknown ? R_DB_UNKNOWN : R_DB_AWAY;
				fake.fail_after[call[i]] = after != 0;
				fake_run(f, 5 * SECOND);
				comes_back(f);
				CU_ASSERT_EQUAL(fake.fail[call[i]], after && call[i] < FAKE_PREPARED ?
				    (unknown ? R_DB_UNKNOWN : R_DB_AWAY) : R_NONE);
				flow_free(f);
			}
}

static void
nothing_is_sent_when_the_commit_of_sent_is_unknown(void)
{
	struct flow *f = fresh(1, RQ_QUEUED);

	fake.fail[FAKE_SENT] = R_DB_UNKNOWN;
	fake.fail_after[FAKE_SENT] = true;
	fake_run(f, 1 * SECOND);
	CU_ASSERT_EQUAL(fake.sends, 0);
	all_are(RQ_SENT);
	comes_back(f);
	CU_ASSERT_EQUAL(fake.prepared, 2);	/* one enrolment, one confirmation */
	flow_free(f);
}

static void
an_outcome_outlives_the_loss_of_the_database(void)
{
	struct flow *f = fresh(1, RQ_QUEUED);

	fake.fail[FAKE_DONE] = R_DB_AWAY;
	fake_run(f, 2 * SECOND);
	CU_ASSERT_FALSE(flow_is_idle(f));
	comes_back(f);
	CU_ASSERT_EQUAL(fake.sends, 2);		/* the answer was kept: nothing was sent again */
	flow_free(f);
}

static void
a_row_that_somebody_else_took_is_dropped(void)
{
	struct flow *f = fresh(1, RQ_QUEUED);

	fake.hold = true;
	fake_settle(f);
	fake.row[0].epoch++;
	fake.hold = false;
	fake_settle(f);
	all_are(RQ_SENT);
	CU_ASSERT_TRUE(flow_is_idle(f));
	comes_back(f);		/* when the other's lease has ended */
	flow_free(f);
}

static void
one_row_that_the_database_will_not_take_does_not_stop_the_others(void)
{
	struct flow *f = fresh(4, RQ_QUEUED);

	fake.fail[FAKE_DONE] = R_DB_ERROR;
	fake_run(f, 120 * SECOND);
	all_are(RQ_CONFIRMED);
	flow_free(f);
}

static void
a_statement_that_always_fails_does_not_make_it_spin(void)
{
	struct flow *f = fresh(1, RQ_QUEUED);

	for (int i = 0; i < 60; i++) {
		fake.fail[FAKE_DUE] = R_DB_ERROR;
		fake_run(f, 1 * SECOND);
	}
	CU_ASSERT_TRUE(fake.calls[FAKE_DUE] < 30);
	fake.fail[FAKE_DUE] = R_NONE;
	comes_back(f);
	flow_free(f);
}

/* --- the end --- */

static void
a_stop_claims_nothing_more_and_stores_what_comes(void)
{
	struct flow *f = fresh(20, RQ_QUEUED);

	fake.hold = true;
	(void)flow_turn(f);
	CU_ASSERT_EQUAL(fake.n_flying, 8);
	flow_stop(f);
	fake_run(f, 1 * SECOND);
	CU_ASSERT_FALSE(flow_is_idle(f));
	fake.hold = false;
	fake_settle(f);
	CU_ASSERT_TRUE(flow_is_idle(f));
	CU_ASSERT_EQUAL(fake.sends, 8);
	flow_free(f);
}

static void
what_is_under_way_at_the_end_is_freed(void)
{
	struct flow *f = fresh(3, RQ_QUEUED);

	fake.hold = true;
	fake_settle(f);
	CU_ASSERT_EQUAL(fake.n_flying, 3);
	flow_free(f);		/* the leak checker is the assertion */
}

/* --- audit --- */

static void
audit_events_are_linked_within_a_second(void)
{
	struct flow *f = fresh(0, RQ_QUEUED);

	fake_settle(f);
	fake.unlinked = 1200;
	fake.notified = true;
	fake_run(f, 1 * SECOND);
	CU_ASSERT_EQUAL(fake.unlinked, 0);
	CU_ASSERT_EQUAL(fake.calls[FAKE_LINK], 3);
	flow_free(f);
}

static void
audit_events_wait_for_the_signer_and_for_the_lock(void)
{
	struct flow *f = fresh(0, RQ_QUEUED);

	fake.unlinked = 5;
	fake.signer_away = true;
	fake_run(f, 60 * SECOND);
	CU_ASSERT_EQUAL(fake.unlinked, 5);
	fake.signer_away = false;
	fake.lock_elsewhere = true;
	fake_run(f, 60 * SECOND);
	CU_ASSERT_EQUAL(fake.unlinked, 5);
	fake.lock_elsewhere = false;
	fake_run(f, 2 * SECOND);
	CU_ASSERT_EQUAL(fake.unlinked, 0);
	flow_free(f);
}

static const struct unit_test tests[] = {
	UNIT(a_request_is_prepared_sent_issued_and_confirmed),
	UNIT(an_implicit_confirmation_saves_an_exchange),
	UNIT(many_rows_share_commits),
	UNIT(no_more_is_under_way_than_there_is_room),
	UNIT(under_load_rows_wait_for_company_but_not_for_ever),
	UNIT(nobody_claims_for_a_few_places_while_most_are_taken),
	UNIT(the_database_is_not_asked_again_about_rows_that_wait_for_company),
	UNIT(answers_that_come_one_by_one_share_a_commit),
	UNIT(an_idle_queue_is_not_looked_at),
	UNIT(polling_follows_check_after),
	UNIT(a_lost_answer_is_followed_by_the_same_bytes_five_times_and_no_more),
	UNIT(an_answer_to_a_resend_is_as_good),
	UNIT(a_row_found_sent_is_sent_again_as_stored),
	UNIT(a_copy_that_an_http_error_answered_may_have_arrived),
	UNIT(a_row_found_prepared_is_sent_for_the_first_time),
	UNIT(a_message_that_our_crashes_sent_too_often_is_parked),
	UNIT(an_unanswered_confirmation_is_sent_again_as_stored),
	UNIT(a_refusal_ends_it),
	UNIT(not_now_becomes_new_attempts),
	UNIT(a_bad_certificate_is_rejected_and_the_request_waits_for_an_operator),
	UNIT(our_second_check_refuses_before_anything_leaves),
	UNIT(what_the_signer_will_not_sign_waits_and_goes_on_once_that_is_mended),
	UNIT(while_the_ca_is_away_one_probe_goes_at_a_time),
	UNIT(a_day_of_http_errors_brings_nobody_to_an_operator),
	UNIT(hours_of_silence_bring_nobody_to_an_operator),
	UNIT(while_the_signer_is_away_rows_stay_queued),
	UNIT(a_paused_ca_gets_nothing),
	UNIT(the_rate_is_kept_by_tokens_taken_in_blocks),
	UNIT(cas_do_not_wait_for_each_other),
	UNIT(the_database_may_be_lost_at_every_call),
	UNIT(nothing_is_sent_when_the_commit_of_sent_is_unknown),
	UNIT(an_outcome_outlives_the_loss_of_the_database),
	UNIT(a_row_that_somebody_else_took_is_dropped),
	UNIT(one_row_that_the_database_will_not_take_does_not_stop_the_others),
	UNIT(a_statement_that_always_fails_does_not_make_it_spin),
	UNIT(a_stop_claims_nothing_more_and_stores_what_comes),
	UNIT(what_is_under_way_at_the_end_is_freed),
	UNIT(audit_events_are_linked_within_a_second),
	UNIT(audit_events_wait_for_the_signer_and_for_the_lock),
};
extern const struct unit_suite flow_suite;
UNIT_SUITE(flow_suite, tests);
