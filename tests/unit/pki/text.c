/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/text.h"

#include <string.h>

#include "tests/unit/unit.h"

static enum reason
b64(const char *text, size_t max, const char *want)
{
	struct blob out = { NULL, 0 };
	struct err e = { R_NONE, "" };

	if (base64_parse(mem_str(text), max, &out, &e) != 0)
		return e.reason;
	CU_ASSERT_TRUE(mem_eq(mem_of(&out), mem_str(want)));
	blob_free(&out);
	return R_NONE;
}

/* RFC 4648 section 10 */
static void
base64_reads_the_published_examples(void)
{
	CU_ASSERT_EQUAL(b64("Zg==", 9, "f"), R_NONE);
	CU_ASSERT_EQUAL(b64("Zm8=", 9, "fo"), R_NONE);
	CU_ASSERT_EQUAL(b64("Zm9v", 9, "foo"), R_NONE);
	CU_ASSERT_EQUAL(b64("Zm9vYg==", 9, "foob"), R_NONE);
	CU_ASSERT_EQUAL(b64("Zm9vYmFy", 9, "foobar"), R_NONE);
	CU_ASSERT_EQUAL(b64(" Zm9v\r\n\tYmFy \n", 9, "foobar"), R_NONE);
}

static void
base64_that_is_damaged_is_refused(void)
{
	static const char *const bad[] = { "", " ", "Z", "Zg", "Zg=", "Zg===", "====", "=Zg=", "Zg==Zg==",
	    "Zm9-", "Zm9_", "Zm9\x01", "Zh==", "Zm9=", "Zm9v Yg=" };

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		CU_ASSERT_EQUAL(b64(bad[i], 100, ""), R_BAD_BASE64);
}

static void
base64_takes_max_octets_and_not_one_more(void)
{
	CU_ASSERT_EQUAL(b64("Zm9vYmFy", 7, "foobar"), R_NONE);
	CU_ASSERT_EQUAL(b64("Zm9vYmFy", 6, "foobar"), R_NONE);
	CU_ASSERT_EQUAL(b64("Zm9vYmFy", 5, ""), R_TOO_LONG);
	CU_ASSERT_EQUAL(b64("Zm9vYg==", 4, "foob"), R_NONE);
	CU_ASSERT_EQUAL(b64("Zm9vYg==", 3, ""), R_TOO_LONG);
}

static void
what_base64_writes_it_reads_back(void)
{
	uint8_t data[200];
	struct err e;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 37);
	for (size_t n = 1; n < sizeof(data); n++) {
		struct blob out = { NULL, 0 };
		struct buf b;

		buf_init(&b, 1000);
		base64_add(&b, (struct mem){ data, n }, n % 2 == 0);
		CU_ASSERT_EQUAL(base64_parse(buf_mem(&b), n, &out, &e), 0);
		CU_ASSERT_TRUE(mem_eq(mem_of(&out), (struct mem){ data, n }));
		blob_free(&out);
		buf_free(&b);
	}
}

static void
lines_of_pem_have_64_characters(void)
{
	uint8_t data[49] = { 0 };
	struct buf b;

	buf_init(&b, 1000);
	pem_add(&b, "X", (struct mem){ data, sizeof(data) });
	CU_ASSERT_STRING_EQUAL(buf_text(&b), "-----BEGIN X-----\n"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nAA==\n-----END X-----\n");
	CU_ASSERT_TRUE(pem_is(buf_mem(&b)));
	CU_ASSERT_TRUE(pem_is(mem_str("\n -----BEGIN X-----")));
	CU_ASSERT_FALSE(pem_is(mem_str("0\x82")));
	CU_ASSERT_FALSE(pem_is(MEM_NONE));
	buf_free(&b);
}

static enum reason
pem(const char *text)
{
	struct blob out = { NULL, 0 };
	struct err e = { R_NONE, "" };

	if (pem_parse(mem_str(text), "CERTIFICATE REQUEST", 6, &out, &e) != 0)
		return e.reason;
	CU_ASSERT_TRUE(mem_eq(mem_of(&out), mem_str("foobar")));
	blob_free(&out);
	return R_NONE;
}

#define B "-----BEGIN CERTIFICATE REQUEST-----"
#define E "-----END CERTIFICATE REQUEST-----"

static void
pem_with_white_space_around_it_is_read(void)
{
	CU_ASSERT_EQUAL(pem(B "\nZm9vYmFy\n" E "\n"), R_NONE);
	CU_ASSERT_EQUAL(pem("\r\n\t" B "\r\nZm9v\r\nYmFy\r\n" E "  \r\n"), R_NONE);
	CU_ASSERT_EQUAL(pem("-----BEGIN NEW CERTIFICATE REQUEST-----\nZm9vYmFy\n"
	    "-----END NEW CERTIFICATE REQUEST-----"), R_NONE);
}

static void
pem_that_is_not_one_object_is_refused(void)
{
	CU_ASSERT_EQUAL(pem(""), R_BAD_PEM);
	CU_ASSERT_EQUAL(pem("text\n" B "\nZm9vYmFy\n" E), R_BAD_PEM);
	CU_ASSERT_EQUAL(pem(B "\nZm9vYmFy\n" E "\nx"), R_TRAILING_BYTES);
	CU_ASSERT_EQUAL(pem(B "\nZm9vYmFy\n" E "\n" B "\nZm9vYmFy\n" E), R_TRAILING_BYTES);
	CU_ASSERT_EQUAL(pem(B "\nZm9vYmFy\n"), R_BAD_PEM);
	CU_ASSERT_EQUAL(pem(B "\nProc-Type: 4,ENCRYPTED\n\nZm9vYmFy\n" E), R_BAD_PEM);
	CU_ASSERT_EQUAL(pem(B), R_BAD_PEM);
	CU_ASSERT_EQUAL(pem("-----BEGIN "), R_BAD_PEM);
	CU_ASSERT_EQUAL(pem(B "\nZm9vYmFy\n-----END CERTIFICATE-----"), R_BAD_PEM);
	CU_ASSERT_EQUAL(pem("-----BEGIN CERTIFICATE-----\nZm9vYmFy\n-----END CERTIFICATE-----"), R_BAD_PEM);
	CU_ASSERT_EQUAL(pem(B "\nZm9vYmFyYQ==\n" E), R_TOO_LONG);
}

static const struct unit_test tests[] = {
	UNIT(base64_reads_the_published_examples),
	UNIT(base64_that_is_damaged_is_refused),
	UNIT(base64_takes_max_octets_and_not_one_more),
	UNIT(what_base64_writes_it_reads_back),
	UNIT(lines_of_pem_have_64_characters),
	UNIT(pem_with_white_space_around_it_is_read),
	UNIT(pem_that_is_not_one_object_is_refused),
};
UNIT_SUITE(text_suite, tests);
