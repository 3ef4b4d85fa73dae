/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/pki/name.h"
#include "tests/unit/unit.h"

#define DNS(s) { SAN_DNS, { (const uint8_t *)(s), sizeof(s) - 1 } }
#define URI(s) { SAN_URI, { (const uint8_t *)(s), sizeof(s) - 1 } }

static void
sets_of_names_are_equal_in_any_order(void)
{
	const struct san a[] = { DNS("a.example"), URI("urn:x") }, b[] = { URI("urn:x"), DNS("A.EXAMPLE") },
	    twice[] = { DNS("a.example"), URI("urn:x"), DNS("a.Example") }, more[] = { DNS("a.example"),
	    URI("urn:x"), DNS("b.example") }, upper[] = { DNS("a.example"), URI("urn:X") },
	    kind[] = { DNS("a.example"), DNS("urn:x") };

	CU_ASSERT_TRUE(san_equal(a, 2, b, 2));
	CU_ASSERT_TRUE(san_equal(a, 2, twice, 3));
	CU_ASSERT_TRUE(san_equal(NULL, 0, NULL, 0));
	CU_ASSERT_FALSE(san_equal(a, 2, more, 3));
	CU_ASSERT_FALSE(san_equal(more, 3, a, 2));
	CU_ASSERT_FALSE(san_equal(a, 2, upper, 2));
	CU_ASSERT_FALSE(san_equal(a, 2, kind, 2));
	CU_ASSERT_FALSE(san_equal(a, 2, NULL, 0));
}

static void
names_are_printed_so_that_they_can_be_shown(void)
{
	static const uint8_t six[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
	const struct san s[] = { DNS("a.example"), { SAN_IP, { (const uint8_t *)"\xc0\0\2\1", 4 } },
	    { SAN_IP, { six, 16 } }, URI("urn:\n"), { SAN_OTHER, { (const uint8_t *)"x", 1 } } };
	struct buf b;

	buf_init(&b, 1000);
	san_print(s, COUNT_OF(s), &b);
	CU_ASSERT_STRING_EQUAL(buf_text(&b),
	    "DNS:a.example, IP:192.0.2.1, IP:2001:db8::1, URI:urn:\\x0a, other");
	buf_free(&b);
}

static enum reason
dns(const char *s)
{
	struct err e = { R_NONE, "" };

	return dns_name_check(mem_str(s), &e) == 0 ? R_NONE : e.reason;
}

static void
plain_host_names_pass_and_others_do_not(void)
{
	static const char *const bad[] = { "", ".", "a.", ".a", "a..b", "*.a", "a_b", "-a", "a-", "a.-b", "a b",
	    "a\xc3\xbc", "a/b", "a:1", "xn--\x7f" };

	CU_ASSERT_EQUAL(dns("gnb-1.ran.example"), R_NONE);
	CU_ASSERT_EQUAL(dns("gnb"), R_NONE);
	CU_ASSERT_EQUAL(dns("1.2"), R_NONE);
	CU_ASSERT_EQUAL(dns("xn--bcher-kva.example"), R_NONE);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		CU_ASSERT_EQUAL(dns(bad[i]), R_NAME_MALFORMED);
}

static void
labels_have_63_characters_and_names_253(void)
{
	char s[300];

	memset(s, 'a', sizeof(s));
	s[63] = '\0';
	CU_ASSERT_EQUAL(dns(s), R_NONE);
	s[63] = 'a';
	s[64] = '\0';
	CU_ASSERT_EQUAL(dns(s), R_NAME_MALFORMED);
	for (size_t i = 0; i < sizeof(s); i++)
		s[i] = i % 50 == 49 ? '.' : 'a';
	s[253] = '\0';
	CU_ASSERT_EQUAL(dns(s), R_NONE);
	s[253] = 'a';
	s[254] = '\0';
	CU_ASSERT_EQUAL(dns(s), R_NAME_MALFORMED);
}

static void
addresses_are_read_in_both_versions(void)
{
	uint8_t ip[16];
	size_t len;
	struct err e;

	CU_ASSERT_EQUAL(ip_parse("192.0.2.1", ip, &len, &e), 0);
	CU_ASSERT_TRUE(len == 4 && memcmp(ip, "\xc0\0\2\1", 4) == 0);
	CU_ASSERT_EQUAL(ip_parse("2001:db8::1", ip, &len, &e), 0);
	CU_ASSERT_TRUE(len == 16 && ip[0] == 0x20 && ip[15] == 1);
	CU_ASSERT_EQUAL(ip_parse("192.0.2", ip, &len, &e), -1);
	CU_ASSERT_EQUAL(ip_parse("192.0.2.1/24", ip, &len, &e), -1);
	CU_ASSERT_EQUAL(ip_parse("fe80::1%eth0", ip, &len, &e), -1);
	CU_ASSERT_EQUAL(ip_parse("", ip, &len, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_NAME_MALFORMED);
}

static const struct unit_test tests[] = {
	UNIT(sets_of_names_are_equal_in_any_order),
	UNIT(names_are_printed_so_that_they_can_be_shown),
	UNIT(plain_host_names_pass_and_others_do_not),
	UNIT(labels_have_63_characters_and_names_253),
	UNIT(addresses_are_read_in_both_versions),
};
UNIT_SUITE(san_suite, tests);
