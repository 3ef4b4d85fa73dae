/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/unit/unit.h"

static void
a_buffer_takes_max_octets_and_not_one_more(void)
{
	struct buf b;
	struct blob out = { NULL, 0 };
	struct err e;

	buf_init(&b, 4);
	buf_add(&b, "abc", 3);
	buf_add_u8(&b, 'd');
	CU_ASSERT_TRUE(buf_ok(&b));
	buf_add_u8(&b, 'e');
	CU_ASSERT_FALSE(buf_ok(&b));
	CU_ASSERT_EQUAL(buf_take(&b, &out, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_TOO_LONG);
	CU_ASSERT_PTR_NULL(out.p);
	buf_free(&b);
}

static void
a_failed_buffer_stays_failed_until_reset(void)
{
	struct buf b;

	buf_init(&b, 2);
	buf_add_str(&b, "abc");
	buf_add_str(&b, "a");
	CU_ASSERT_FALSE(buf_ok(&b));
	CU_ASSERT_EQUAL(b.len, 0);
	CU_ASSERT_PTR_NULL(buf_text(&b));
	buf_reset(&b);
	buf_add_str(&b, "ab");
	CU_ASSERT_TRUE(buf_ok(&b));
	CU_ASSERT_STRING_EQUAL(buf_text(&b), "ab");
	buf_free(&b);
}

static void
numbers_are_big_endian_and_read_back(void)
{
	static const uint8_t wanted[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	struct buf b;
	struct rd r;

	buf_init(&b, 64);
	buf_add_u8(&b, 0x01);
	buf_add_u16(&b, 0x0203);
	buf_add_u32(&b, 0x04050607);
	buf_add_u64(&b, 0x08090a0b0c0d0e0fULL);
	CU_ASSERT_TRUE(mem_eq(buf_mem(&b), (struct mem){ wanted, sizeof(wanted) }));
	rd_init(&r, buf_mem(&b));
	CU_ASSERT_EQUAL(rd_u8(&r), 0x01);
	CU_ASSERT_EQUAL(rd_u16(&r), 0x0203);
	CU_ASSERT_EQUAL(rd_u32(&r), 0x04050607);
	CU_ASSERT_EQUAL(rd_u64(&r), 0x08090a0b0c0d0e0fULL);
	CU_ASSERT_TRUE(rd_done(&r));
	buf_free(&b);
}

static void
reading_beyond_the_end_fails_for_good(void)
{
	struct rd r;

	rd_init(&r, (struct mem){ (const uint8_t *)"abc", 3 });
	CU_ASSERT_EQUAL(rd_u32(&r), 0);
	CU_ASSERT_EQUAL(rd_u8(&r), 0);
	CU_ASSERT_FALSE(rd_done(&r));
}

static void
printing_grows_the_buffer_and_keeps_the_limit(void)
{
	struct buf b;

	buf_init(&b, 1000);
	for (int i = 0; i < 90; i++)
		buf_printf(&b, "%010d", i);
	CU_ASSERT_EQUAL(b.len, 900);
	buf_printf(&b, "%0101d", 1);
	CU_ASSERT_FALSE(buf_ok(&b));
	CU_ASSERT_EQUAL(b.len, 900);
	buf_free(&b);
}

static void
blobs_copy_and_empty_themselves(void)
{
	struct blob a = { NULL, 0 };

	CU_ASSERT_EQUAL(blob_set1(&a, mem_str("one"), NULL), 0);
	CU_ASSERT_EQUAL(blob_set1(&a, mem_str("three"), NULL), 0);
	CU_ASSERT_TRUE(mem_eq(mem_of(&a), mem_str("three")));
	blob_cleanse(&a);
	CU_ASSERT_PTR_NULL(a.p);
	CU_ASSERT_EQUAL(a.len, 0);
	blob_free(&a);
	blob_free(NULL);
}

static const struct unit_test tests[] = {
	UNIT(a_buffer_takes_max_octets_and_not_one_more),
	UNIT(a_failed_buffer_stays_failed_until_reset),
	UNIT(numbers_are_big_endian_and_read_back),
	UNIT(reading_beyond_the_end_fails_for_good),
	UNIT(printing_grows_the_buffer_and_keeps_the_limit),
	UNIT(blobs_copy_and_empty_themselves),
};
extern const struct unit_suite buf_suite;
UNIT_SUITE(buf_suite, tests);
