/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "gateway/intake/quota.h"
#include "tests/unit/unit.h"

static struct uuid
station(unsigned n)
{
	struct uuid u = { { 0 } };

	memcpy(u.b, &n, sizeof(n));
	return u;
}

static void
a_minutes_worth_may_come_at_once_and_not_one_more(void)
{
	struct quota *q = quota_new(60);
	const struct uuid a = station(1);
	struct err e;
	int wait = 0;

	for (int i = 0; i < 60; i++)
		CU_ASSERT_EQUAL(quota_take(q, &a, 1000, &wait, &e), 0);
	CU_ASSERT_EQUAL(quota_take(q, &a, 1000, &wait, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_RATE_LIMITED);
	CU_ASSERT_TRUE(wait >= 1 && wait <= 2);
	quota_free(q);
}

static void
time_gives_tokens_back(void)
{
	struct quota *q = quota_new(60);
	const struct uuid a = station(1);
	struct err e;
	int wait;

	for (int i = 0; i < 60; i++)
		CU_ASSERT_EQUAL(quota_take(q, &a, 1000, &wait, &e), 0);
	CU_ASSERT_EQUAL(quota_take(q, &a, 1999, &wait, &e), -1);
	CU_ASSERT_EQUAL(quota_take(q, &a, 2001, &wait, &e), 0);
	CU_ASSERT_EQUAL(quota_take(q, &a, 2001, &wait, &e), -1);
	for (int i = 0; i < 60; i++)
		CU_ASSERT_EQUAL(quota_take(q, &a, 10000000, &wait, &e), 0);
	CU_ASSERT_EQUAL(quota_take(q, &a, 10000000, &wait, &e), -1);
	quota_free(q);
}

static void
one_station_does_not_use_up_anothers(void)
{
	struct quota *q = quota_new(1);
	const struct uuid a = station(1), b = station(2);
	struct err e;
	int wait;

	CU_ASSERT_EQUAL(quota_take(q, &a, 1000, &wait, &e), 0);
	CU_ASSERT_EQUAL(quota_take(q, &a, 1000, &wait, &e), -1);
	CU_ASSERT_EQUAL(quota_take(q, &b, 1000, &wait, &e), 0);
	quota_free(q);
}

static void
no_limit_is_no_limit(void)
{
	struct quota *q = quota_new(0);
	const struct uuid a = station(1);
	struct err e;
	int wait;

	for (int i = 0; i < 1000; i++)
		CU_ASSERT_EQUAL(quota_take(q, &a, 1000, &wait, &e), 0);
	quota_free(q);
}

/* Far more stations than places: an exhausted bucket is among the last to be forgotten. */
static void
newcomers_do_not_wash_out_who_is_limited(void)
{
	struct quota *q = quota_new(10);
	const struct uuid a = station(0);
	struct err e;
	int wait;

	for (int i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(quota_take(q, &a, 1000, &wait, &e), 0);
	for (unsigned n = 1; n < 200000; n++) {
		const struct uuid u = station(n);

		CU_ASSERT_EQUAL(quota_take(q, &u, 1000, &wait, &e), 0);
	}
	CU_ASSERT_EQUAL(quota_take(q, &a, 1000, &wait, &e), -1);
	quota_free(q);
}

static void
a_clock_that_goes_back_gives_nothing(void)
{
	struct quota *q = quota_new(1);
	const struct uuid a = station(1);
	struct err e;
	int wait;

	CU_ASSERT_EQUAL(quota_take(q, &a, 100000, &wait, &e), 0);
	CU_ASSERT_EQUAL(quota_take(q, &a, 1000, &wait, &e), -1);
	CU_ASSERT_EQUAL(quota_take(q, &a, 0, &wait, &e), -1);
	quota_free(q);
}

static const struct unit_test tests[] = {
	UNIT(a_minutes_worth_may_come_at_once_and_not_one_more),
	UNIT(time_gives_tokens_back),
	UNIT(one_station_does_not_use_up_anothers),
	UNIT(no_limit_is_no_limit),
	UNIT(newcomers_do_not_wash_out_who_is_limited),
	UNIT(a_clock_that_goes_back_gives_nothing),
};
extern const struct unit_suite quota_suite;
UNIT_SUITE(quota_suite, tests);
