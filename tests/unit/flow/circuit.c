/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/flow/circuit.h"

#include "tests/unit/unit.h"

static uint8_t octet;
static const struct ca_item good = { .verdict = CV_ISSUED, .answer = { &octet, 1 } };
static const struct ca_item gone = { .verdict = CV_NEVER_LEFT, .ca_gone = true };
static const struct ca_item asked = { .verdict = CV_NO_ANSWER, .ca_gone = true, .retry_after = 90 };
static const struct ca_item lost = { .verdict = CV_NO_ANSWER };

static void
closed_it_allows_everything(void)
{
	struct breaker b;

	breaker_init(&b);
	breaker_outcome(&b, &good, 0);
	CU_ASSERT_EQUAL(breaker_allows(&b, 0, 0), SIZE_MAX);
	CU_ASSERT_EQUAL(breaker_next(&b), INT64_MAX);
}

static void
when_the_endpoint_is_gone_one_probe_goes_an_interval(void)
{
	struct breaker b;
	int64_t at;

	breaker_init(&b);
	breaker_outcome(&b, &gone, 1000);
	at = breaker_next(&b);
	CU_ASSERT_TRUE(at >= 1500 && at <= 2000);
	CU_ASSERT_EQUAL(breaker_allows(&b, 0, at - 1), 0);
	CU_ASSERT_EQUAL(breaker_allows(&b, 0, at), 1);
	CU_ASSERT_EQUAL(breaker_allows(&b, 1, at), 0);		/* the probe is under way */
	breaker_outcome(&b, &gone, at);
	CU_ASSERT_EQUAL(breaker_allows(&b, 0, at), 0);
	CU_ASSERT_TRUE(breaker_next(&b) >= at + 1000 && breaker_next(&b) <= at + 2000);
}

static void
those_that_left_before_it_opened_do_not_lengthen_the_wait(void)
{
	struct breaker b;
	int64_t at;

	breaker_init(&b);
	breaker_outcome(&b, &gone, 0);
	at = breaker_next(&b);
	for (int i = 0; i < 20; i++)
		breaker_outcome(&b, &gone, 1);
	CU_ASSERT_EQUAL(breaker_next(&b), at);
	breaker_outcome(&b, &asked, 1);
	CU_ASSERT_EQUAL(breaker_next(&b), 90001);
}

static void
the_wait_grows_to_a_minute_and_no_more(void)
{
	struct breaker b;
	int64_t now = 0;

	breaker_init(&b);
	for (int i = 0; i < 40; i++) {
		breaker_outcome(&b, &gone, now);
		CU_ASSERT_TRUE(breaker_next(&b) - now <= BREAKER_WAIT_MAX_MS);
		now = breaker_next(&b);
		CU_ASSERT_EQUAL(breaker_allows(&b, 0, now), 1);
	}
	breaker_outcome(&b, &gone, now);
	CU_ASSERT_TRUE(breaker_next(&b) - now >= BREAKER_WAIT_MAX_MS / 2);
}

static void
answers_that_nobody_can_believe_are_silence(void)
{
	static const struct ca_item rubbish = { .verdict = CV_NO_ANSWER, .answer = { &octet, 1 },
		.err = { .reason = R_CA_BAD_ANSWER } };
	static const struct ca_item doubt = { .verdict = CV_NO_ANSWER, .answer = { &octet, 1 }, .no_resend = true,
		.err = { .reason = R_CA_ACTED } };
	struct breaker b;

	breaker_init(&b);
	for (int i = 0; i < BREAKER_LOST; i++) {
		CU_ASSERT_EQUAL(b.state, CIRCUIT_CLOSED);
		breaker_outcome(&b, &rubbish, 0);
	}
	CU_ASSERT_EQUAL(b.state, CIRCUIT_OPEN);
	CU_ASSERT_EQUAL(breaker_allows(&b, 0, breaker_next(&b)), 1);
	breaker_outcome(&b, &doubt, breaker_next(&b));	/* verified, if no good */
	CU_ASSERT_EQUAL(b.state, CIRCUIT_CLOSED);
}

static void
after_an_outage_the_queue_is_let_out_slowly(void)
{
	struct breaker b;

	breaker_init(&b);
	breaker_outcome(&b, &gone, 0);
	CU_ASSERT_EQUAL(breaker_allows(&b, 0, breaker_next(&b)), 1);
	breaker_outcome(&b, &good, 5000);
	for (size_t window = 1; window < 50; window++) {
		CU_ASSERT_EQUAL(breaker_allows(&b, 0, 5000), window);
		breaker_outcome(&b, &good, 5000);
	}
}

static void
a_message_that_stood_in_line_for_too_long_says_nothing_of_the_endpoint(void)
{
	static const struct ca_item late = { .verdict = CV_NEVER_LEFT };
	struct breaker b;

	breaker_init(&b);
	for (int i = 0; i < 10 * BREAKER_LOST; i++)
		breaker_outcome(&b, &late, 0);
	CU_ASSERT_EQUAL(b.state, CIRCUIT_CLOSED);
}

static void
many_silences_in_a_row_open_it_too(void)
{
	struct breaker b;

	breaker_init(&b);
	for (int i = 0; i < BREAKER_LOST - 1; i++)
		breaker_outcome(&b, &lost, 0);
	breaker_outcome(&b, &good, 0);
	for (int i = 0; i < BREAKER_LOST - 1; i++)
		breaker_outcome(&b, &lost, 0);
	CU_ASSERT_EQUAL(b.state, CIRCUIT_CLOSED);
	breaker_outcome(&b, &lost, 0);
	CU_ASSERT_EQUAL(b.state, CIRCUIT_OPEN);
	CU_ASSERT_EQUAL(breaker_allows(&b, 0, breaker_next(&b)), 1);
	breaker_outcome(&b, &lost, 5000);	/* a silent probe is enough */
	CU_ASSERT_EQUAL(b.state, CIRCUIT_OPEN);
}

static const struct unit_test tests[] = {
	UNIT(closed_it_allows_everything),
	UNIT(when_the_endpoint_is_gone_one_probe_goes_an_interval),
	UNIT(those_that_left_before_it_opened_do_not_lengthen_the_wait),
	UNIT(the_wait_grows_to_a_minute_and_no_more),
	UNIT(answers_that_nobody_can_believe_are_silence),
	UNIT(after_an_outage_the_queue_is_let_out_slowly),
	UNIT(a_message_that_stood_in_line_for_too_long_says_nothing_of_the_endpoint),
	UNIT(many_silences_in_a_row_open_it_too),
};
extern const struct unit_suite circuit_suite;
UNIT_SUITE(circuit_suite, tests);
