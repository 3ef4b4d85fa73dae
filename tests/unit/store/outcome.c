/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/work_done.h"

#include "tests/unit/store/fix.h"

#define DELAY 5000

static uint8_t byte[1];

static struct work
work(enum request_state state, enum ca_step step, enum ca_verdict verdict)
{
	return (struct work){
		.state = state, .tries = 1,
		.item = { .step = step, .verdict = verdict, .answer = { byte, 1 }, .confirm = true },
	};
}

static struct work_outcome
outcome(const struct work *w)
{
	struct work_outcome o;

	work_outcome(w, DELAY, &o);
	return o;
}

static void
a_certificate_is_issued_and_its_certconf_due_at_once(void)
{
	struct work w = work(RQ_SENT, CA_ENROL, CV_ISSUED);
	struct work_outcome o = outcome(&w);

	CU_ASSERT_EQUAL(o.state, RQ_ISSUED);
	CU_ASSERT_EQUAL(o.step, CA_CONFIRM);
	CU_ASSERT_TRUE(o.forget && o.certificate && o.accepted && o.answered && !o.bad);
	CU_ASSERT_EQUAL(o.delay_ms, 0);
	CU_ASSERT_EQUAL(o.tries, 0);
}

static void
an_implicitly_confirmed_certificate_is_confirmed_in_the_same_commit(void)
{
	struct work w = work(RQ_WAITING, CA_POLL, CV_ISSUED);
	struct work_outcome o;

	w.item.confirm = false;
	o = outcome(&w);
	CU_ASSERT_EQUAL(o.state, RQ_CONFIRMED);
	CU_ASSERT_EQUAL(o.n_path, 2);
	CU_ASSERT_EQUAL(o.delay_ms, -1);
}

static void
waiting_asks_for_a_new_poll_after_the_delay(void)
{
	struct work w = work(RQ_SENT, CA_ENROL, CV_WAITING);
	struct work_outcome o = outcome(&w);

	CU_ASSERT_TRUE(o.state == RQ_WAITING && o.step == CA_POLL && o.forget && o.tries == 0);
	CU_ASSERT_EQUAL(o.delay_ms, DELAY);
}

static void
a_confirmed_one_is_not_due_any_more(void)
{
	struct work w = work(RQ_ISSUED, CA_CONFIRM, CV_CONFIRMED);
	struct work_outcome o = outcome(&w);

	CU_ASSERT_TRUE(o.state == RQ_CONFIRMED && o.delay_ms == -1);
}

static void
a_no_ends_the_request_but_at_certconf_puts_it_in_doubt(void)
{
	struct work w = work(RQ_SENT, CA_ENROL, CV_REFUSED);
	struct work_outcome o = outcome(&w);

	CU_ASSERT_TRUE(o.state == RQ_REFUSED && o.delay_ms == -1);
	w = work(RQ_ISSUED, CA_CONFIRM, CV_REFUSED);
	CU_ASSERT_EQUAL(outcome(&w).state, RQ_IN_DOUBT);
}

static void
not_now_is_a_new_attempt(void)
{
	struct work w = work(RQ_SENT, CA_ENROL, CV_AGAIN);
	struct work_outcome o = outcome(&w);

	CU_ASSERT_TRUE(o.state == RQ_QUEUED && o.again && o.forget && o.tries == 0 && o.step == CA_ENROL);
}

static void
a_bad_certificate_is_kept_and_rejected(void)
{
	struct work w = work(RQ_SENT, CA_ENROL, CV_BAD_CERT);
	struct work_outcome o = outcome(&w);

	CU_ASSERT_TRUE(o.state == RQ_IN_DOUBT && o.certificate && !o.accepted && o.step == CA_CONFIRM && o.forget);
	CU_ASSERT_EQUAL(o.delay_ms, DELAY);
	w.item.confirm = false;
	CU_ASSERT_EQUAL(outcome(&w).delay_ms, -1);
}

static void
a_heard_rejection_waits_for_an_operator(void)
{
	struct work w = work(RQ_SENT, CA_CONFIRM, CV_CONFIRMED);
	struct work_outcome o;

	w.item.reject = true;
	o = outcome(&w);
	CU_ASSERT_TRUE(o.state == RQ_IN_DOUBT && o.delay_ms == -1 && !o.bad);
	w.item.verdict = CV_NO_ANSWER;
	o = outcome(&w);
	CU_ASSERT_TRUE(o.state == RQ_IN_DOUBT && o.delay_ms == DELAY && !o.forget);
}

static void
only_a_first_copy_that_never_left_is_prepared_again(void)
{
	struct work w = work(RQ_SENT, CA_ENROL, CV_NEVER_LEFT);
	struct work_outcome o = outcome(&w);

	CU_ASSERT_TRUE(o.state == RQ_PREPARED && o.tries == 0 && !o.forget && !o.answered);
	w.tries = 2;
	o = outcome(&w);
	CU_ASSERT_TRUE(o.state == RQ_IN_DOUBT && o.tries == 1 && !o.forget);
	w = work(RQ_SENT, CA_CONFIRM, CV_NEVER_LEFT);
	CU_ASSERT_EQUAL(outcome(&w).state, RQ_IN_DOUBT);
	w = work(RQ_WAITING, CA_POLL, CV_NEVER_LEFT);
	CU_ASSERT_EQUAL(outcome(&w).state, RQ_WAITING);
	w = work(RQ_ISSUED, CA_CONFIRM, CV_NEVER_LEFT);
	CU_ASSERT_EQUAL(outcome(&w).state, RQ_ISSUED);
}

static void
a_lost_answer_keeps_the_message(void)
{
	struct work w = work(RQ_SENT, CA_ENROL, CV_NO_ANSWER);
	struct work_outcome o = outcome(&w);

	CU_ASSERT_TRUE(o.state == RQ_IN_DOUBT && !o.forget && o.tries == 1 && !o.answered);
	w.item.uncounted = true;
	CU_ASSERT_EQUAL(outcome(&w).tries, 0);
	w = work(RQ_WAITING, CA_POLL, CV_NO_ANSWER);
	o = outcome(&w);
	CU_ASSERT_TRUE(o.state == RQ_WAITING && o.n_path == 0);
	w.item.no_resend = true;
	CU_ASSERT_EQUAL(outcome(&w).state, RQ_IN_DOUBT);
	w = work(RQ_ISSUED, CA_CONFIRM, CV_NO_ANSWER);
	CU_ASSERT_EQUAL(outcome(&w).state, RQ_ISSUED);
}

static void
what_the_table_does_not_know_is_bad(void)
{
	static const enum ca_verdict all[] = { CV_ISSUED, CV_WAITING, CV_CONFIRMED, CV_REFUSED, CV_AGAIN, CV_BAD_CERT };

	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct work w = work(RQ_DELIVERED, CA_ENROL, all[i]);

		CU_ASSERT_TRUE(outcome(&w).bad);
	}
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct work w = work(RQ_CANCELLED, CA_ENROL, all[i]);

		CU_ASSERT_TRUE(outcome(&w).bad);
	}
}

static const struct unit_test tests[] = {
	UNIT(a_certificate_is_issued_and_its_certconf_due_at_once),
	UNIT(an_implicitly_confirmed_certificate_is_confirmed_in_the_same_commit),
	UNIT(waiting_asks_for_a_new_poll_after_the_delay),
	UNIT(a_confirmed_one_is_not_due_any_more),
	UNIT(a_no_ends_the_request_but_at_certconf_puts_it_in_doubt),
	UNIT(not_now_is_a_new_attempt),
	UNIT(a_bad_certificate_is_kept_and_rejected),
	UNIT(a_heard_rejection_waits_for_an_operator),
	UNIT(only_a_first_copy_that_never_left_is_prepared_again),
	UNIT(a_lost_answer_keeps_the_message),
	UNIT(what_the_table_does_not_know_is_bad),
};

UNIT_SUITE(outcome_suite, tests);
