/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/flow/retry.h"

#include "tests/unit/unit.h"

#define ROUNDS 200		/* of what has jitter in it */

static void
a_lost_answer_is_followed_by_the_ladder_and_then_an_operator(void)
{
	static const int64_t step[] = { 2000, 4000, 8000, 16000, 32000 };

	for (uint32_t sends = 1; sends <= RETRY_RESENDS; sends++)
		for (int i = 0; i < ROUNDS; i++) {
			struct ca_item it = { .step = CA_ENROL, .verdict = CV_NO_ANSWER };
			int64_t ms = retry_delay_ms(&it, sends, 0);

			CU_ASSERT_TRUE(ms >= step[sends - 1] * 8 / 10 && ms <= step[sends - 1] * 12 / 10);
		}
	for (uint32_t sends = RETRY_RESENDS + 1; sends < RETRY_RESENDS + 4; sends++) {
		struct ca_item it = { .step = CA_ENROL, .verdict = CV_NO_ANSWER, .err = { .reason = R_CA_NO_ANSWER } };

		CU_ASSERT_EQUAL(retry_delay_ms(&it, sends, 0), RETRY_OPERATOR);
		CU_ASSERT_EQUAL(it.err.reason, R_CA_SILENT);
	}
}

static void
a_follow_up_is_tried_much_longer_but_not_for_ever(void)
{
	struct ca_item it = { .step = CA_CONFIRM, .verdict = CV_NO_ANSWER };

	for (uint32_t sends = 10; sends < RETRY_FOLLOW_UPS; sends++) {
		int64_t ms = retry_delay_ms(&it, sends, 0);

		CU_ASSERT_TRUE(ms >= 240000 && ms <= 360000);
	}
	CU_ASSERT_EQUAL(retry_delay_ms(&it, RETRY_FOLLOW_UPS, 0), RETRY_OPERATOR);
}

static void
retry_after_is_obeyed(void)
{
	struct ca_item it = { .step = CA_ENROL, .verdict = CV_NO_ANSWER, .retry_after = 100 };

	CU_ASSERT_TRUE(retry_delay_ms(&it, 1, 0) >= 100000);
	it.uncounted = true;
	CU_ASSERT_TRUE(retry_delay_ms(&it, 1, 0) >= 100000);
	CU_ASSERT_TRUE(retry_delay_ms(&it, 1, 200000) >= 200000);
	it.verdict = CV_NEVER_LEFT;
	CU_ASSERT_TRUE(retry_delay_ms(&it, 1, 0) >= 100000);
	it.verdict = CV_AGAIN;
	it.attempt = 1;
	CU_ASSERT_TRUE(retry_delay_ms(&it, 1, 0) >= 100000);
}

static void
an_http_error_is_not_a_step_of_the_ladder(void)
{
	struct ca_item it = { .step = CA_ENROL, .verdict = CV_NO_ANSWER, .uncounted = true };

	CU_ASSERT_NOT_EQUAL(retry_delay_ms(&it, RETRY_RESENDS + 1, 0), RETRY_OPERATOR);
}

static void
what_a_resend_cannot_cure_waits_for_an_operator(void)
{
	struct ca_item it = { .step = CA_ENROL, .verdict = CV_NO_ANSWER, .no_resend = true,
	    .err = { .reason = R_CA_ACTED } };

	CU_ASSERT_EQUAL(retry_delay_ms(&it, 1, 0), RETRY_OPERATOR);
	CU_ASSERT_EQUAL(it.err.reason, R_CA_ACTED);
}

static void
check_after_is_a_minimum_within_a_day(void)
{
	static const struct {
		int64_t said, least, most;
	} row[] = { { 0, 1000, 1101 }, { 60, 60000, 66001 }, { 86400, 86400000, 95040001 },
		{ INT64_MAX, 86400000, 95040001 } };

	for (size_t k = 0; k < COUNT_OF(row); k++)
		for (int i = 0; i < ROUNDS; i++) {
			struct ca_item it = { .step = CA_POLL, .verdict = CV_WAITING, .check_after = row[k].said };
			int64_t ms = retry_delay_ms(&it, 1, 0);

			CU_ASSERT_TRUE(ms >= row[k].least && ms <= row[k].most);
		}
}

static void
not_now_is_a_new_attempt_until_there_were_too_many(void)
{
	struct ca_item it = { .step = CA_ENROL, .verdict = CV_AGAIN, .err = { .reason = R_CA_REFUSED } };

	for (it.attempt = 1; it.attempt < RETRY_ATTEMPTS; it.attempt++) {
		int64_t ms = retry_delay_ms(&it, 1, 0);

		CU_ASSERT_TRUE(ms >= 5000 && ms <= 3600000);
		CU_ASSERT_EQUAL(it.verdict, CV_AGAIN);
	}
	CU_ASSERT_EQUAL(retry_delay_ms(&it, 1, 0), 0);
	CU_ASSERT_EQUAL(it.verdict, CV_REFUSED);
	CU_ASSERT_EQUAL(it.err.reason, R_CA_TOO_OFTEN);
}

static void
a_decided_step_goes_on_at_once_or_rests(void)
{
	struct ca_item it = { .step = CA_ENROL, .verdict = CV_ISSUED, .confirm = true };

	CU_ASSERT_EQUAL(retry_delay_ms(&it, 1, 0), 0);
	it.verdict = CV_BAD_CERT;
	CU_ASSERT_EQUAL(retry_delay_ms(&it, 1, 0), 0);
	it.confirm = false;
	CU_ASSERT_EQUAL(retry_delay_ms(&it, 1, 0), RETRY_OPERATOR);
	it = (struct ca_item){ .step = CA_CONFIRM, .verdict = CV_CONFIRMED, .reject = true };
	CU_ASSERT_EQUAL(retry_delay_ms(&it, 1, 0), RETRY_OPERATOR);
	it = (struct ca_item){ .step = CA_CONFIRM, .verdict = CV_REFUSED };
	CU_ASSERT_EQUAL(retry_delay_ms(&it, 1, 0), RETRY_OPERATOR);
}

static void
back_off_doubles_to_its_limit(void)
{
	for (uint32_t n = 1; n < 80; n++)
		for (int i = 0; i < 20; i++) {
			int64_t full = n < 7 ? 1000 << (n - 1) : 60000;
			int64_t ms = retry_backoff_ms(1000, 60000, n);

			full = full > 60000 ? 60000 : full;
			CU_ASSERT_TRUE(ms >= full / 2 && ms <= full);
			CU_ASSERT_TRUE(retry_jitter_ms(1000, 60000, n) <= full);
		}
}

static const struct unit_test tests[] = {
	UNIT(a_lost_answer_is_followed_by_the_ladder_and_then_an_operator),
	UNIT(a_follow_up_is_tried_much_longer_but_not_for_ever),
	UNIT(retry_after_is_obeyed),
	UNIT(an_http_error_is_not_a_step_of_the_ladder),
	UNIT(what_a_resend_cannot_cure_waits_for_an_operator),
	UNIT(check_after_is_a_minimum_within_a_day),
	UNIT(not_now_is_a_new_attempt_until_there_were_too_many),
	UNIT(a_decided_step_goes_on_at_once_or_rests),
	UNIT(back_off_doubles_to_its_limit),
};
extern const struct unit_suite retry_suite;
UNIT_SUITE(retry_suite, tests);
