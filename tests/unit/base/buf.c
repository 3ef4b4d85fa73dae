/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

static void
a_buffer_takes_max_octets_and_not_one_more(void)
{
	struct buf b;
	struct blob out = { NULL, 0 };
	struct err e;

	buf_init(&b, 4);
	buf_add(&b, "abcd", 4);
	CU_ASSERT_TRUE(buf_ok(&b));
	buf_add_u8(&b, 'e');
	CU_ASSERT_FALSE(buf_ok(&b));
	CU_ASSERT_EQUAL(buf_take(&b, &out, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_TOO_LONG);
	buf_free(&b);
}

static const struct unit_test tests[] = {
	UNIT(a_buffer_takes_max_octets_and_not_one_more),
};
extern const struct unit_suite buf_suite;
UNIT_SUITE(buf_suite, tests);
