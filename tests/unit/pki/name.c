/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/name.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/pki/kit.h"

/* The RFC 2253 text of what was parsed, or the reason's id. Valid until the next call. */
static const char *
again(const char *text)
{
	static char out[2048];
	struct blob der = { NULL, 0 };
	struct err e;
	struct buf b;

	if (name_parse(text, &der, &e) != 0)
		return reason_info(e.reason)->id;
	buf_init(&b, sizeof(out) - 1);
	name_print(mem_of(&der), &b);
	memcpy(out, buf_text(&b), b.len + 1);
	buf_free(&b);
	blob_free(&der);
	return out;
}

static void
names_print_as_they_were_written(void)
{
	CU_ASSERT_STRING_EQUAL(again("CN=gnb-1,O=Example Operator"), "CN=gnb-1,O=Example Operator");
	CU_ASSERT_STRING_EQUAL(again(" CN = gnb-1 , O = Example Operator "), "CN=gnb-1,O=Example Operator");
	CU_ASSERT_STRING_EQUAL(again("/O=Example Operator/CN=gnb-1"), "CN=gnb-1,O=Example Operator");
	CU_ASSERT_STRING_EQUAL(again("serialNumber=4711,C=DE"), "serialNumber=4711,C=DE");
	CU_ASSERT_STRING_EQUAL(again("2.5.4.3=x"), "CN=x");
	CU_ASSERT_STRING_EQUAL(again("CN=a,DC=ran,DC=example"), "CN=a,DC=ran,DC=example");
	CU_ASSERT_STRING_EQUAL(again(""), "");
}

static void
escapes_of_rfc_4514_are_understood(void)
{
	CU_ASSERT_STRING_EQUAL(again("CN=a\\,b"), "CN=a\\,b");
	CU_ASSERT_STRING_EQUAL(again("CN=a\\2Cb"), "CN=a\\,b");
	CU_ASSERT_STRING_EQUAL(again("CN=a\\+b"), "CN=a\\+b");
	CU_ASSERT_STRING_EQUAL(again("CN=\\ a\\ "), "CN=\\ a\\ ");
	CU_ASSERT_STRING_EQUAL(again("CN=\\#a"), "CN=\\#a");
	CU_ASSERT_STRING_EQUAL(again("CN=L\\C3\\BC"), "CN=L\\C3\\BC");
	CU_ASSERT_STRING_EQUAL(again("CN=L\xc3\xbc"), "CN=L\\C3\\BC");
	CU_ASSERT_STRING_EQUAL(again("CN=a/b"), "CN=a/b");
	CU_ASSERT_STRING_EQUAL(again("/CN=a\\/b"), "CN=a/b");
	CU_ASSERT_STRING_EQUAL(again("/CN=a,b"), "CN=a\\,b");
}

static void
text_that_is_no_plain_name_is_refused(void)
{
	static const char *const bad[] = { "CN", "=x", "CN=", "CN= ", ",", "CN=a,", "CN=a,,O=b", "/", "/CN=a/",
	    "CN=a+OU=b", "/CN=a+OU=b", "XX=a", "CN=#0c0161", "CN=a;O=b", "CN=\"a\"", "CN=a<b", "CN=a\\",
	    "CN=a\\x", "CN=\\00", "CN=a\\0Ab", "CN=\xc3", "CN=a,CN=b", "C=DEU", "serialNumber=\xc3\xbc" };

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (!kit_reason(bad[i], reason_by_id(again(bad[i])), R_NAME_MALFORMED))
			CU_FAIL();
}

static void
values_have_the_bounds_of_rfc_5280(void)
{
	char text[1100] = "CN=";

	memset(text + 3, 'x', 64);
	CU_ASSERT_STRING_EQUAL(again(text), text);
	memset(text + 3, 'x', 65);
	CU_ASSERT_STRING_EQUAL(again(text), "NAME_MALFORMED");
	memset(text + 3, 'x', 1022);
	CU_ASSERT_STRING_EQUAL(again(text), "TOO_LONG");
}

static bool
equal(const char *a, const char *b)
{
	struct blob da = kit_name(a), db = kit_name(b);
	bool eq = name_equal(mem_of(&da), mem_of(&db)) && name_equal(mem_of(&db), mem_of(&da));

	blob_free(&da);
	blob_free(&db);
	return eq;
}

/* RFC 5280 section 7.1 */
static void
case_and_white_space_do_not_matter(void)
{
	CU_ASSERT_TRUE(equal("CN=gnb-1,O=Example Operator", "CN=GNB-1,O=example  operator"));
	CU_ASSERT_TRUE(equal("", ""));
	CU_ASSERT_FALSE(equal("CN=gnb-1", "CN=gnb-2"));
	CU_ASSERT_FALSE(equal("CN=gnb-1,O=x", "O=x,CN=gnb-1"));
	CU_ASSERT_FALSE(equal("CN=gnb-1", "CN=gnb-1,O=x"));
	CU_ASSERT_FALSE(equal("CN=gnb-1", ""));
	CU_ASSERT_FALSE(equal("CN=gnb-1", "OU=gnb-1"));
}

/* CN=gnb in PrintableString, BMPString and UTF8String. */
static void
string_type_does_not_matter(void)
{
	static const uint8_t printable[] = "\x30\x0e\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x13\x03gnb";
	static const uint8_t bmp[] = "\x30\x11\x31\x0f\x30\x0d\x06\x03\x55\x04\x03\x1e\x06\0g\0n\0b";
	struct mem p = { printable, sizeof(printable) - 1 }, b = { bmp, sizeof(bmp) - 1 };
	struct blob u = kit_name("CN=gnb");
	struct err e;

	CU_ASSERT_TRUE(name_equal(p, mem_of(&u)));
	CU_ASSERT_TRUE(name_equal(b, mem_of(&u)));
	CU_ASSERT_EQUAL(name_check(p, &e), 0);
	CU_ASSERT_EQUAL(name_check(b, &e), 0);
	blob_free(&u);
}

static void
no_bytes_and_an_empty_sequence_are_the_null_dn(void)
{
	struct mem null_dn = { (const uint8_t *)"\x30\x00", 2 };
	struct err e;

	CU_ASSERT_TRUE(name_is_null(MEM_NONE));
	CU_ASSERT_TRUE(name_is_null(null_dn));
	CU_ASSERT_TRUE(name_equal(MEM_NONE, null_dn));
	CU_ASSERT_EQUAL(name_check(null_dn, &e), 0);
}

static void
broken_names_equal_nothing_and_print_as_nothing(void)
{
	struct mem broken = mem_str("0\x03xyz"), other = mem_str("0\x01x");
	struct buf b;
	struct err e;

	buf_init(&b, 100);
	name_print(broken, &b);
	CU_ASSERT_EQUAL(b.len, 0);
	CU_ASSERT_FALSE(name_equal(broken, other));
	CU_ASSERT_EQUAL(name_check(broken, &e), -1);
	buf_free(&b);
}

/* OpenSSL reads names in BER, too: there the RDNs would not be counted. */
static void
names_that_are_not_der_do_not_pass(void)
{
	static const uint8_t lax[] = "\x30\x81\x0e\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x0c\x03gnb";
	struct err e;

	CU_ASSERT_EQUAL(name_check((struct mem){ lax, sizeof(lax) - 1 }, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_NAME_MALFORMED);
}

static const struct unit_test tests[] = {
	UNIT(names_print_as_they_were_written),
	UNIT(escapes_of_rfc_4514_are_understood),
	UNIT(text_that_is_no_plain_name_is_refused),
	UNIT(values_have_the_bounds_of_rfc_5280),
	UNIT(case_and_white_space_do_not_matter),
	UNIT(string_type_does_not_matter),
	UNIT(no_bytes_and_an_empty_sequence_are_the_null_dn),
	UNIT(names_that_are_not_der_do_not_pass),
	UNIT(broken_names_equal_nothing_and_print_as_nothing),
};
UNIT_SUITE(name_suite, tests);
