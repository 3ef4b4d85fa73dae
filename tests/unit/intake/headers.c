/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "gateway/intake/headers.h"
#include "tests/unit/unit.h"

#define F(n, v) { { (const uint8_t *)(n), sizeof(n) - 1 }, { (const uint8_t *)(v), sizeof(v) - 1 } }

struct head_case {
	const char *what;
	enum reason expected;
	struct http_field f[4];
};

static const struct head_case cases[] = {
	{ "ordinary", R_NONE, { F("Host", "a"), F("Content-Length", "5"), F("Content-Type", "application/cms") } },
	{ "length in capitals", R_NONE, { F("CONTENT-LENGTH", "5") } },
	{ "length with space", R_NONE, { F("Content-Length", " 5 ") } },
	{ "two lengths", R_HTTP_AMBIGUOUS, { F("Content-Length", "5"), F("Content-Length", "6") } },
	{ "two equal lengths", R_HTTP_AMBIGUOUS, { F("Content-Length", "5"), F("Content-Length", "5") } },
	{ "two lengths in two cases", R_HTTP_AMBIGUOUS, { F("Content-Length", "5"), F("content-length", "5") } },
	{ "a list of lengths", R_HTTP_AMBIGUOUS, { F("Content-Length", "5, 5") } },
	{ "a negative length", R_HTTP_AMBIGUOUS, { F("Content-Length", "-5") } },
	{ "a signed length", R_HTTP_AMBIGUOUS, { F("Content-Length", "+5") } },
	{ "a hexadecimal length", R_HTTP_AMBIGUOUS, { F("Content-Length", "0x5") } },
	{ "a length with letters", R_HTTP_AMBIGUOUS, { F("Content-Length", "5a") } },
	{ "an empty length", R_HTTP_AMBIGUOUS, { F("Content-Length", "") } },
	{ "a length that overflows", R_HTTP_AMBIGUOUS, { F("Content-Length", "18446744073709551621") } },
	{ "length and encoding", R_HTTP_AMBIGUOUS, { F("Content-Length", "5"), F("Transfer-Encoding", "chunked") } },
	{ "encoding and length", R_HTTP_AMBIGUOUS, { F("Transfer-Encoding", "chunked"), F("Content-Length", "5") } },
	{ "length and identity", R_HTTP_AMBIGUOUS, { F("Content-Length", "5"), F("Transfer-Encoding", "identity") } },
	{ "two encodings", R_HTTP_AMBIGUOUS, { F("Transfer-Encoding", "chunked"), F("Transfer-Encoding", "x") } },
	{ "chunked", R_HTTP_CHUNKED, { F("Transfer-Encoding", "chunked") } },
	{ "chunked, strangely", R_HTTP_CHUNKED, { F("Transfer-Encoding", "\x0b" "chunked") } },
	{ "two hosts", R_HTTP_AMBIGUOUS, { F("Host", "a"), F("Host", "b") } },
	{ "two types", R_HTTP_AMBIGUOUS, { F("Content-Type", "a/b"), F("Content-Type", "c/d") } },
	{ "a space in a name", R_HTTP_AMBIGUOUS, { F("Content-Length ", "5") } },
	{ "a tab in a name", R_HTTP_AMBIGUOUS, { F("Content-Length\t", "5") } },
	{ "an empty name", R_HTTP_AMBIGUOUS, { F("", "5") } },
	{ "a NUL in a value", R_HTTP_AMBIGUOUS, { F("Content-Type", "application/cms\0x") } },
	{ "a NUL in a name", R_HTTP_AMBIGUOUS, { F("Host\0", "a") } },
	{ "a letter outside ASCII in a name", R_HTTP_AMBIGUOUS, { F("H\xc3\xb6st", "a") } },
};

static void
each_header_is_judged_as_the_table_says(void)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct http_head h;
		struct err e = { 0 };
		size_t n = 0;
		enum reason got;

		while (n < 4 && cases[i].f[n].name.p != NULL)
			n++;
		got = http_head_read(cases[i].f, n, &h, &e) == 0 ? R_NONE : e.reason;
		if (got != cases[i].expected)
			printf("%s: %s\n", cases[i].what, reason_info(got)->id);
		CU_ASSERT_EQUAL(got, cases[i].expected);
	}
}

static enum reason
read_many(size_t n, size_t value_len)
{
	struct http_field *f = calloc(n, sizeof(*f));
	uint8_t *value = calloc(1, value_len + 1);
	struct http_head h;
	struct err e = { 0 };
	int rc;

	memset(value, 'v', value_len);
	for (size_t i = 0; i < n; i++)
		f[i] = (struct http_field){ { (const uint8_t *)"X", 1 }, { value, value_len } };
	rc = http_head_read(f, n, &h, &e);
	free(value);
	free(f);
	return rc == 0 ? R_NONE : e.reason;
}

static void
the_number_of_fields_has_a_limit(void)
{
	CU_ASSERT_EQUAL(read_many(LIM_HTTP_HEADERS - 1, 1), R_NONE);
	CU_ASSERT_EQUAL(read_many(LIM_HTTP_HEADERS, 1), R_NONE);
	CU_ASSERT_EQUAL(read_many(LIM_HTTP_HEADERS + 1, 1), R_HTTP_HEADERS);
}

static void
all_fields_together_have_a_limit(void)
{
	CU_ASSERT_EQUAL(read_many(1, LIM_HTTP_HEADER - 6), R_NONE);
	CU_ASSERT_EQUAL(read_many(1, LIM_HTTP_HEADER - 5), R_NONE);
	CU_ASSERT_EQUAL(read_many(1, LIM_HTTP_HEADER - 4), R_HTTP_HEADERS);
}

static struct http_head
read_one(const char *name, const char *value)
{
	struct http_field f = { mem_str(name), mem_str(value) };
	struct http_head h;
	struct err e;

	CU_ASSERT_EQUAL(http_head_read(&f, 1, &h, &e), 0);
	return h;
}

static void
the_media_type_loses_case_and_parameters(void)
{
	CU_ASSERT_STRING_EQUAL(read_one("Content-Type", "Application/PKCS10").type, "application/pkcs10");
	CU_ASSERT_STRING_EQUAL(read_one("content-type", " application/cms ; name=x").type, "application/cms");
	CU_ASSERT_STRING_EQUAL(read_one("X", "application/cms").type, "");
	CU_ASSERT_EQUAL(strlen(read_one("Content-Type", "application/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").type), HEAD_TYPE - 1);
}

static void
the_length_is_read(void)
{
	CU_ASSERT_TRUE(read_one("Content-Length", "0").has_length);
	CU_ASSERT_EQUAL(read_one("Content-Length", "16384").length, 16384);
	CU_ASSERT_FALSE(read_one("X", "1").has_length);
}

static void
prefer_wait_is_found_among_others_and_capped(void)
{
	CU_ASSERT_EQUAL(read_one("Prefer", "wait=7").wait, 7);
	CU_ASSERT_EQUAL(read_one("prefer", "respond-async, wait=7").wait, 7);
	CU_ASSERT_EQUAL(read_one("Prefer", "wait = 7 ; x=1 , foo").wait, 7);
	CU_ASSERT_EQUAL(read_one("Prefer", "wait=3, wait=9").wait, 3);
	CU_ASSERT_EQUAL(read_one("Prefer", "wait=30").wait, 30);
	CU_ASSERT_EQUAL(read_one("Prefer", "wait=31").wait, HEAD_WAIT_MAX);
	CU_ASSERT_EQUAL(read_one("Prefer", "wait=999999999999").wait, HEAD_WAIT_MAX);
	CU_ASSERT_EQUAL(read_one("Prefer", "wait=-1").wait, 0);
	CU_ASSERT_EQUAL(read_one("Prefer", "wait=x").wait, 0);
	CU_ASSERT_EQUAL(read_one("Prefer", "wait").wait, 0);
	CU_ASSERT_EQUAL(read_one("Prefer", "await=5").wait, 0);
	CU_ASSERT_EQUAL(read_one("Prefer", ",,;=,").wait, 0);
	CU_ASSERT_EQUAL(read_one("Prefer", "").wait, 0);
}

static const struct unit_test tests[] = {
	UNIT(each_header_is_judged_as_the_table_says),
	UNIT(the_number_of_fields_has_a_limit),
	UNIT(all_fields_together_have_a_limit),
	UNIT(the_media_type_loses_case_and_parameters),
	UNIT(the_length_is_read),
	UNIT(prefer_wait_is_found_among_others_and_capped),
};
extern const struct unit_suite headers_suite;
UNIT_SUITE(headers_suite, tests);
