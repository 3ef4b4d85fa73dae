/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/der.h"

#include <string.h>

#include "common/base/limits.h"
#include "tests/unit/unit.h"

static enum reason
shape(const void *p, size_t len, size_t max, size_t elements)
{
	struct err e = { R_NONE, "" };

	return der_shape((struct mem){ p, len }, max, elements, &e) == 0 ? R_NONE : e.reason;
}

#define SHAPE(s) shape(s, sizeof(s) - 1, 1000, 100)

static void
der_in_its_shortest_form_passes(void)
{
	CU_ASSERT_EQUAL(SHAPE("\x30\x00"), R_NONE);
	CU_ASSERT_EQUAL(SHAPE("\x30\x03\x02\x01\x05"), R_NONE);
	CU_ASSERT_EQUAL(SHAPE("\xa0\x02\x30\x00"), R_NONE);
	CU_ASSERT_EQUAL(SHAPE("\x80\x01x"), R_NONE);
}

static void
what_is_not_der_is_refused(void)
{
	CU_ASSERT_EQUAL(SHAPE(""), R_NOT_DER);
	CU_ASSERT_EQUAL(SHAPE("\x30"), R_NOT_DER);
	CU_ASSERT_EQUAL(SHAPE("\x30\x04\x02\x01\x05"), R_NOT_DER);
	CU_ASSERT_EQUAL(SHAPE("\x30\x03\x02\x02\x05"), R_NOT_DER);
	CU_ASSERT_EQUAL(SHAPE("\x30\x81\x03\x02\x01\x05"), R_NOT_DER);		/* long form of 3 */
	CU_ASSERT_EQUAL(SHAPE("\x30\x80\x02\x01\x05\x00\x00"), R_NOT_DER);	/* indefinite */
	CU_ASSERT_EQUAL(SHAPE("\x24\x03\x04\x01x"), R_NOT_DER);		/* OCTET STRING in parts */
	CU_ASSERT_EQUAL(SHAPE("\x10\x00"), R_NOT_DER);				/* SEQUENCE without parts */
	CU_ASSERT_EQUAL(SHAPE("\x30\x02\x00\x00"), R_NOT_DER);		/* end-of-contents */
	CU_ASSERT_EQUAL(SHAPE("\x30\x04\x1f\x02\x01x"), R_NOT_DER);		/* tag 2 in the long form */
	CU_ASSERT_EQUAL(SHAPE("\x30\xff\xff\xff\xff\xff\xff\xff\xff"), R_NOT_DER);
}

static void
bytes_behind_the_element_are_told_from_damage(void)
{
	CU_ASSERT_EQUAL(SHAPE("\x30\x00\x00"), R_TRAILING_BYTES);
	CU_ASSERT_EQUAL(SHAPE("\x30\x03\x02\x01\x05\x30\x00"), R_TRAILING_BYTES);
}

static void
max_octets_pass_and_not_one_more(void)
{
	uint8_t b[12] = { 0x04, 10 };

	CU_ASSERT_EQUAL(shape(b, 12, 13, 9), R_NONE);
	CU_ASSERT_EQUAL(shape(b, 12, 12, 9), R_NONE);
	CU_ASSERT_EQUAL(shape(b, 12, 11, 9), R_TOO_LONG);
}

static void
max_elements_pass_and_not_one_more(void)
{
	static const char three[] = "\x30\x04\x05\x00\x05\x00";

	CU_ASSERT_EQUAL(shape(three, 6, 100, 4), R_NONE);
	CU_ASSERT_EQUAL(shape(three, 6, 100, 3), R_NONE);
	CU_ASSERT_EQUAL(shape(three, 6, 100, 2), R_TOO_COMPLEX);
}

/* NULL inside n - 1 SEQUENCEs. */
static enum reason
nested(size_t n)
{
	uint8_t b[200];
	size_t len = 2;

	memcpy(b + sizeof(b) - 2, "\x05\x00", 2);
	while (--n > 0) {
		b[sizeof(b) - len - 1] = (uint8_t)len;
		b[sizeof(b) - len - 2] = 0x30;
		len += 2;
	}
	return shape(b + sizeof(b) - len, len, 1000, 1000);
}

static void
max_levels_pass_and_not_one_more(void)
{
	CU_ASSERT_EQUAL(nested(LIM_DER_DEPTH - 1), R_NONE);
	CU_ASSERT_EQUAL(nested(LIM_DER_DEPTH), R_NONE);
	CU_ASSERT_EQUAL(nested(LIM_DER_DEPTH + 1), R_TOO_COMPLEX);
}

static void
elements_are_taken_one_by_one(void)
{
	struct mem rest = { (const uint8_t *)"\x05\x00\x04\x01x", 5 }, one = der_take(&rest);

	CU_ASSERT_EQUAL(one.len, 2);
	one = der_take(&rest);
	CU_ASSERT_EQUAL(one.len, 3);
	CU_ASSERT_TRUE(mem_eq(der_inside(one), mem_str("x")));
	one = der_take(&rest);
	CU_ASSERT_EQUAL(one.len, 0);
	CU_ASSERT_EQUAL(rest.len, 0);
}

static const struct unit_test tests[] = {
	UNIT(der_in_its_shortest_form_passes),
	UNIT(what_is_not_der_is_refused),
	UNIT(bytes_behind_the_element_are_told_from_damage),
	UNIT(max_octets_pass_and_not_one_more),
	UNIT(max_elements_pass_and_not_one_more),
	UNIT(max_levels_pass_and_not_one_more),
	UNIT(elements_are_taken_one_by_one),
};
UNIT_SUITE(der_suite, tests);
