/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names that a request may and may not have, when inventory and profile grant
 * CN=gnb-1,O=Example Operator with DNS gnb-1.ran.example and IP 192.0.2.1.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/pki/name.h"
#include "gateway/policy/names.h"
#include "tests/unit/unit.h"

/* string types, X.680 */
enum {
	UTF8 = 0x0c,
	NUMERIC = 0x12,
	PRINTABLE = 0x13,
	T61 = 0x14,
	IA5 = 0x16,
	UTCTIME = 0x17,
	VISIBLE = 0x1a,
	UNIVERSAL = 0x1c,
	BMP = 0x1e,
	OCTETS = 0x04,
	INTEGER = 0x02
};

enum attribute { NONE, CN, O, OU, C, SN, DC, EMAIL };

struct value {
	enum attribute attribute;
	int type;
	const char *text;
	size_t len;	/* 0: strlen */
	bool joined;	/* in the same RDN as the one before */
};

#define V(a, t, s) { a, t, s, sizeof(s) - 1, false }
#define JOINED(a, t, s) { a, t, s, sizeof(s) - 1, true }

static const char *
oid_of(enum attribute a)
{
	switch (a) {
	case CN:
		return "\x55\x04\x03";
	case O:
		return "\x55\x04\x0a";
	case OU:
		return "\x55\x04\x0b";
	case C:
		return "\x55\x04\x06";
	case SN:
		return "\x55\x04\x05";
	case DC:
		return "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19";
	case EMAIL:
		return "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01";
	case NONE:
		break;
	}
	return "";
}

static void
tlv(struct buf *b, uint8_t tag, struct mem m)
{
	buf_add_u8(b, tag);
	if (m.len >= 128) {
		buf_add_u8(b, 0x82);
		buf_add_u16(b, (uint16_t)m.len);
	} else {
		buf_add_u8(b, (uint8_t)m.len);
	}
	buf_add_mem(b, m);
}

static void
wrap(struct buf *out, uint8_t tag, struct buf *inner)
{
	tlv(out, tag, buf_mem(inner));
	buf_reset(inner);
}

static void
name_build(const struct value *v, size_t n, struct buf *out)
{
	struct buf atv, rdn, seq;

	buf_init(&atv, 4096);
	buf_init(&rdn, 4096);
	buf_init(&seq, 8192);
	for (size_t i = 0; i < n && v[i].attribute != NONE; i++) {
		if (!v[i].joined && rdn.len > 0)
			wrap(&seq, 0x31, &rdn);
		tlv(&atv, 0x06, mem_str(oid_of(v[i].attribute)));
		tlv(&atv, (uint8_t)v[i].type, (struct mem){ (const uint8_t *)v[i].text, v[i].len });
		wrap(&rdn, 0x30, &atv);
	}
	if (rdn.len > 0)
		wrap(&seq, 0x31, &rdn);
	wrap(out, 0x30, &seq);
	buf_free(&atv);
	buf_free(&rdn);
	buf_free(&seq);
}

static char dns_granted[] = "gnb-1.ran.example";
static char ip_granted[] = "192.0.2.1";
static char *dns_list[] = { dns_granted };
static char *ip_list[] = { ip_granted };
static char subject_granted[] = "CN=gnb-1,O=Example Operator";
static const struct grant granted = { subject_granted, dns_list, 1, ip_list, 1 };

static const struct san san_granted[] = {
	{ SAN_DNS, { (const uint8_t *)"gnb-1.ran.example", 17 } },
	{ SAN_IP, { (const uint8_t *)"\xc0\x00\x02\x01", 4 } },
};

static void
expect(const char *what, const struct wanted *w, enum reason expected)
{
	struct err e = { 0 };
	int rc = policy_names(w, &granted, &e);
	enum reason got = rc == 0 ? R_NONE : e.reason;

	if (got != expected)
		printf("%s: %s, expected %s (%s)\n", what, reason_info(got)->id, reason_info(expected)->id,
		    e.detail);
	CU_ASSERT_EQUAL(got, expected);
}

static void
expect_subject(const char *what, const struct value *v, size_t n, enum reason expected)
{
	struct wanted w = { .san = san_granted, .n_san = 2 };
	struct buf der;

	buf_init(&der, 8192);
	name_build(v, n, &der);
	w.subject = buf_mem(&der);
	expect(what, &w, expected);
	buf_free(&der);
}

/* --- subjects --- */

#define ORG V(O, UTF8, "Example Operator")

struct subject_case {
	const char *what;
	enum reason expected;
	struct value v[6];
};

static const struct subject_case subjects[] = {
	{ "as granted", R_NONE, { ORG, V(CN, UTF8, "gnb-1") } },
	/* string types: RFC 5280 sections 4.1.2.4 and 7.1; what is none of them is no name at all */
	{ "CN printable", R_NONE, { ORG, V(CN, PRINTABLE, "gnb-1") } },
	{ "CN T61", R_NONE, { ORG, V(CN, T61, "gnb-1") } },
	{ "CN IA5", R_NONE, { ORG, V(CN, IA5, "gnb-1") } },
	{ "CN visible", R_NAME_MALFORMED, { ORG, V(CN, VISIBLE, "gnb-1") } },
	{ "CN BMP", R_NONE, { ORG, V(CN, BMP, "\0g\0n\0b\0-\0" "1") } },
	{ "CN universal", R_NONE, { ORG, V(CN, UNIVERSAL, "\0\0\0g\0\0\0n\0\0\0b\0\0\0-\0\0\0" "1") } },
	{ "O printable", R_NONE, { V(O, PRINTABLE, "Example Operator"), V(CN, UTF8, "gnb-1") } },
	{ "O T61", R_NONE, { V(O, T61, "Example Operator"), V(CN, UTF8, "gnb-1") } },
	{ "both printable", R_NONE, { V(O, PRINTABLE, "Example Operator"), V(CN, PRINTABLE, "gnb-1") } },
	{ "CN octet string", R_NAME_MALFORMED, { ORG, V(CN, OCTETS, "gnb-1") } },
	{ "CN integer", R_NAME_MALFORMED, { ORG, V(CN, INTEGER, "\x01") } },
	{ "CN time", R_NAME_MALFORMED, { ORG, V(CN, UTCTIME, "260101000000Z") } },
	{ "CN numeric", R_SUBJECT_MISMATCH, { ORG, V(CN, NUMERIC, "1") } },
	{ "BMP of odd length", R_NAME_MALFORMED, { ORG, V(CN, BMP, "\0g\0n\0") } },
	{ "universal cut", R_NAME_MALFORMED, { ORG, V(CN, UNIVERSAL, "\0\0\0g\0\0") } },
	{ "UTF-8 cut", R_NAME_MALFORMED, { ORG, V(CN, UTF8, "gnb-1\xc3") } },
	{ "UTF-8 overlong", R_NAME_MALFORMED, { ORG, V(CN, UTF8, "gnb\xc0\xad" "1") } },
	{ "UTF-8 surrogate", R_NAME_MALFORMED, { ORG, V(CN, UTF8, "gnb-1\xed\xa0\x80") } },
	/* case and white space */
	{ "CN in capitals", R_NONE, { ORG, V(CN, UTF8, "GNB-1") } },
	{ "O in small letters", R_NONE, { V(O, UTF8, "example operator"), V(CN, UTF8, "gnb-1") } },
	{ "trailing space", R_NONE, { ORG, V(CN, UTF8, "gnb-1 ") } },
	{ "leading space", R_NONE, { ORG, V(CN, UTF8, " gnb-1") } },
	{ "spaces inside joined", R_NONE, { V(O, UTF8, "Example   Operator"), V(CN, UTF8, "gnb-1") } },
	{ "a space inside", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gnb -1") } },
	{ "no-break space", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gnb-1\xc2\xa0") } },
	{ "space missing", R_SUBJECT_MISMATCH, { V(O, UTF8, "ExampleOperator"), V(CN, UTF8, "gnb-1") } },
	/* other values */
	{ "another station", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gnb-2") } },
	{ "longer", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gnb-10") } },
	{ "shorter", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gnb-") } },
	{ "another operator", R_SUBJECT_MISMATCH, { V(O, UTF8, "Other Operator"), V(CN, UTF8, "gnb-1") } },
	{ "empty CN", R_NAME_MALFORMED, { ORG, V(CN, UTF8, "") } },
	{ "wildcard", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "*") } },
	{ "wildcard part", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gnb-*") } },
	{ "dotted", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gnb-1.ran.example") } },
	{ "DN inside the value", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gnb-1,O=Example Operator") } },
	{ "escaped DN inside", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gnb-1\\,CN=gnb-2") } },
	{ "slash DN inside", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gnb-1/CN=gnb-2") } },
	{ "plus inside", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gnb-1+CN=gnb-2") } },
	{ "quoted", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "\"gnb-1\"") } },
	{ "percent", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gnb%2d1") } },
	{ "hash form", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "#0c05676e622d31") } },
	/* NUL and control characters */
	{ "NUL at the end", R_NAME_MALFORMED, { ORG, V(CN, UTF8, "gnb-1\0") } },
	{ "NUL and more", R_NAME_MALFORMED, { ORG, V(CN, UTF8, "gnb-1\0.evil.example") } },
	{ "NUL in front", R_NAME_MALFORMED, { ORG, V(CN, UTF8, "\0gnb-1") } },
	{ "NUL in printable", R_NAME_MALFORMED, { ORG, V(CN, PRINTABLE, "gnb-1\0") } },
	{ "NUL in T61", R_NAME_MALFORMED, { ORG, V(CN, T61, "gnb-1\0x") } },
	{ "NUL in IA5", R_NAME_MALFORMED, { ORG, V(CN, IA5, "gnb-1\0x") } },
	{ "NUL in BMP", R_NAME_MALFORMED, { ORG, V(CN, BMP, "\0g\0n\0b\0-\0" "1\0\0") } },
	{ "newline", R_NAME_MALFORMED, { ORG, V(CN, UTF8, "gnb-1\n") } },
	{ "CR LF", R_NAME_MALFORMED, { ORG, V(CN, UTF8, "gnb-1\r\nx") } },
	{ "tab", R_NAME_MALFORMED, { ORG, V(CN, UTF8, "gnb-1\t") } },
	{ "escape", R_NAME_MALFORMED, { ORG, V(CN, UTF8, "\x1b[31mgnb-1") } },
	{ "backspace", R_NAME_MALFORMED, { ORG, V(CN, UTF8, "gnb-2\b1") } },
	{ "DEL", R_NAME_MALFORMED, { ORG, V(CN, UTF8, "gnb-1\x7f") } },
	{ "C1 control", R_NAME_MALFORMED, { ORG, V(CN, UTF8, "gnb-1\xc2\x85") } },
	/* homoglyphs and invisible characters */
	{ "Cyrillic b", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gn\xd0\xac-1") } },
	{ "Cyrillic g", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "\xd2\x91nb-1") } },
	{ "full width 1", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gnb-\xef\xbc\x91") } },
	{ "small l for 1", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gnb-l") } },
	{ "en dash", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gnb\xe2\x80\x93" "1") } },
	{ "soft hyphen", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gnb\xc2\xad-1") } },
	{ "zero width space", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gnb-1\xe2\x80\x8b") } },
	{ "zero width joiner", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gnb\xe2\x80\x8d-1") } },
	{ "right to left", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "\xe2\x80\xaegnb-1") } },
	{ "byte order mark", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "\xef\xbb\xbfgnb-1") } },
	{ "combining mark", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gnb-1\xcc\x81") } },
	{ "Latin-1 in T61", R_SUBJECT_MISMATCH, { ORG, V(CN, T61, "gnb-1\xe9") } },
	/* more, fewer, other attributes */
	{ "second CN behind", R_NAME_MALFORMED, { ORG, V(CN, UTF8, "gnb-1"), V(CN, UTF8, "gnb-2") } },
	{ "second CN in front", R_NAME_MALFORMED, { ORG, V(CN, UTF8, "gnb-2"), V(CN, UTF8, "gnb-1") } },
	{ "same CN twice", R_NAME_MALFORMED, { ORG, V(CN, UTF8, "gnb-1"), V(CN, UTF8, "gnb-1") } },
	{ "CN before O", R_SUBJECT_MISMATCH, { V(CN, UTF8, "gnb-1"), ORG } },
	{ "extra OU", R_SUBJECT_MISMATCH, { ORG, V(OU, UTF8, "Radio"), V(CN, UTF8, "gnb-1") } },
	{ "extra O", R_SUBJECT_MISMATCH, { ORG, ORG, V(CN, UTF8, "gnb-1") } },
	{ "extra C", R_SUBJECT_MISMATCH, { V(C, PRINTABLE, "DE"), ORG, V(CN, UTF8, "gnb-1") } },
	{ "extra serialNumber", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gnb-1"), V(SN, PRINTABLE, "1") } },
	{ "extra DC", R_SUBJECT_MISMATCH, { V(DC, IA5, "example"), ORG, V(CN, UTF8, "gnb-1") } },
	{ "extra e-mail", R_SUBJECT_MISMATCH, { ORG, V(CN, UTF8, "gnb-1"), V(EMAIL, IA5, "a@b.example") } },
	{ "without O", R_SUBJECT_MISMATCH, { V(CN, UTF8, "gnb-1") } },
	{ "without CN", R_SUBJECT_MISMATCH, { ORG } },
	{ "nothing at all", R_SUBJECT_MISMATCH, { { NONE, 0, NULL, 0, false } } },
	{ "name as OU", R_SUBJECT_MISMATCH, { ORG, V(OU, UTF8, "gnb-1") } },
	{ "O and CN swapped", R_SUBJECT_MISMATCH, { V(O, UTF8, "gnb-1"), V(CN, UTF8, "Example Operator") } },
	{ "two values in an RDN", R_NAME_MALFORMED, { ORG, JOINED(CN, UTF8, "gnb-1") } },
	{ "CN joined with OU", R_NAME_MALFORMED, { ORG, V(CN, UTF8, "gnb-1"), JOINED(OU, UTF8, "x") } },
	{ "two CN in one RDN", R_NAME_MALFORMED, { ORG, V(CN, UTF8, "gnb-1"), JOINED(CN, UTF8, "gnb-2") } },
};

static void
each_subject_is_judged_as_the_table_says(void)
{
	for (size_t i = 0; i < COUNT_OF(subjects); i++)
		expect_subject(subjects[i].what, subjects[i].v, COUNT_OF(subjects[i].v),
		    subjects[i].expected);
}

/* --- alternative names --- */

#define DNS(s) { SAN_DNS, { (const uint8_t *)(s), sizeof(s) - 1 } }
#define IP(s) { SAN_IP, { (const uint8_t *)(s), sizeof(s) - 1 } }
#define URI(s) { SAN_URI, { (const uint8_t *)(s), sizeof(s) - 1 } }
#define MAIL(s) { SAN_EMAIL, { (const uint8_t *)(s), sizeof(s) - 1 } }
#define OTHER(s) { SAN_OTHER, { (const uint8_t *)(s), sizeof(s) - 1 } }
#define HOST "gnb-1.ran.example"
#define ADDR "\xc0\x00\x02\x01"

struct san_case {
	const char *what;
	enum reason expected;
	size_t n;
	struct san san[4];
};

static const struct san_case sans[] = {
	{ "as granted", R_NONE, 2, { DNS(HOST), IP(ADDR) } },
	{ "other order", R_NONE, 2, { IP(ADDR), DNS(HOST) } },
	{ "capitals", R_NONE, 2, { DNS("GNB-1.RAN.Example"), IP(ADDR) } },
	{ "the same twice", R_NONE, 3, { DNS(HOST), DNS(HOST), IP(ADDR) } },
	{ "none", R_SAN_MISMATCH, 0, { { SAN_DNS, { NULL, 0 } } } },
	{ "DNS missing", R_SAN_MISMATCH, 1, { IP(ADDR) } },
	{ "IP missing", R_SAN_MISMATCH, 1, { DNS(HOST) } },
	{ "another host", R_SAN_MISMATCH, 2, { DNS("gnb-2.ran.example"), IP(ADDR) } },
	{ "one more host", R_SAN_MISMATCH, 3, { DNS(HOST), DNS("gnb-2.ran.example"), IP(ADDR) } },
	{ "parent domain", R_SAN_MISMATCH, 2, { DNS("ran.example"), IP(ADDR) } },
	{ "one label", R_SAN_MISMATCH, 2, { DNS("gnb-1"), IP(ADDR) } },
	{ "subdomain", R_SAN_MISMATCH, 2, { DNS("a.gnb-1.ran.example"), IP(ADDR) } },
	{ "other domain", R_SAN_MISMATCH, 2, { DNS("gnb-1.ran.example.evil"), IP(ADDR) } },
	{ "wildcard", R_NAME_MALFORMED, 2, { DNS("*.ran.example"), IP(ADDR) } },
	{ "wildcard beside", R_NAME_MALFORMED, 3, { DNS(HOST), DNS("*.ran.example"), IP(ADDR) } },
	{ "wildcard inside", R_NAME_MALFORMED, 2, { DNS("gnb-*.ran.example"), IP(ADDR) } },
	{ "bare wildcard", R_NAME_MALFORMED, 2, { DNS("*"), IP(ADDR) } },
	{ "NUL", R_NAME_MALFORMED, 2, { DNS(HOST "\0.evil"), IP(ADDR) } },
	{ "NUL at the end", R_NAME_MALFORMED, 2, { DNS(HOST "\0"), IP(ADDR) } },
	{ "trailing space", R_NAME_MALFORMED, 2, { DNS(HOST " "), IP(ADDR) } },
	{ "leading space", R_NAME_MALFORMED, 2, { DNS(" " HOST), IP(ADDR) } },
	{ "newline", R_NAME_MALFORMED, 2, { DNS(HOST "\n"), IP(ADDR) } },
	{ "leading dot", R_NAME_MALFORMED, 2, { DNS("." HOST), IP(ADDR) } },
	{ "empty label", R_NAME_MALFORMED, 2, { DNS("gnb-1..ran.example"), IP(ADDR) } },
	{ "empty", R_NAME_MALFORMED, 2, { DNS(""), IP(ADDR) } },
	{ "underscore", R_NAME_MALFORMED, 2, { DNS("gnb_1.ran.example"), IP(ADDR) } },
	{ "UTF-8", R_NAME_MALFORMED, 2, { DNS("gnb-\xef\xbc\x91.ran.example"), IP(ADDR) } },
	{ "IP as text", R_SAN_MISMATCH, 3, { DNS(HOST), DNS("192.0.2.1"), IP(ADDR) } },
	{ "another IP", R_SAN_MISMATCH, 2, { DNS(HOST), IP("\xc0\x00\x02\x02") } },
	{ "one more IP", R_SAN_MISMATCH, 3, { DNS(HOST), IP(ADDR), IP("\xc0\x00\x02\x02") } },
	{ "IP with mask", R_SAN_MISMATCH, 2, { DNS(HOST), IP("\xc0\x00\x02\x01\xff\xff\xff\xff") } },
	{ "IP cut", R_SAN_MISMATCH, 2, { DNS(HOST), IP("\xc0\x00\x02") } },
	{ "IP mapped to IPv6", R_SAN_MISMATCH, 2,
	    { DNS(HOST), IP("\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x01") } },
	{ "URI beside", R_SAN_MISMATCH, 3, { DNS(HOST), IP(ADDR), URI("urn:uuid:1") } },
	{ "URI of the host", R_SAN_MISMATCH, 2, { URI("https://" HOST), IP(ADDR) } },
	{ "e-mail beside", R_SAN_MISMATCH, 3, { DNS(HOST), IP(ADDR), MAIL("a@b.example") } },
	{ "otherName beside", R_SAN_MISMATCH, 3,
	    { DNS(HOST), IP(ADDR), OTHER("\xa0\x0a\x06\x03\x2a\x03\x04\xa0\x03\x0c\x01x") } },
	{ "directoryName beside", R_SAN_MISMATCH, 3, { DNS(HOST), IP(ADDR), OTHER("\xa4\x02\x30\x00") } },
	{ "registeredID beside", R_SAN_MISMATCH, 3, { DNS(HOST), IP(ADDR), OTHER("\x88\x03\x2a\x03\x04") } },
};

static void
each_set_of_alternative_names_is_judged_as_the_table_says(void)
{
	static const struct value v[] = { ORG, V(CN, UTF8, "gnb-1") };
	struct wanted w = { .n_san = 0 };
	struct buf der;

	buf_init(&der, 8192);
	name_build(v, COUNT_OF(v), &der);
	w.subject = buf_mem(&der);
	for (size_t i = 0; i < COUNT_OF(sans); i++) {
		w.san = sans[i].san;
		w.n_san = sans[i].n;
		expect(sans[i].what, &w, sans[i].expected);
	}
	buf_free(&der);
}

static void
more_names_than_the_limit_are_refused_at_once(void)
{
	static const struct value v[] = { ORG, V(CN, UTF8, "gnb-1") };
	struct san many[LIM_SAN + 1];
	struct wanted w = { .san = many, .n_san = LIM_SAN + 1 };
	struct buf der;

	for (size_t i = 0; i < COUNT_OF(many); i++)
		many[i] = san_granted[i % 2];
	buf_init(&der, 8192);
	name_build(v, COUNT_OF(v), &der);
	w.subject = buf_mem(&der);
	expect("one more than the limit", &w, R_SAN_MISMATCH);
	w.n_san = LIM_SAN;
	expect("as many as the limit", &w, R_NONE);
	buf_free(&der);
}

static void
a_subject_that_is_no_name_is_refused(void)
{
	struct wanted w = { .san = san_granted, .n_san = 2 };

	w.subject = mem_str("not DER");
	expect("not DER", &w, R_NAME_MALFORMED);
	w.subject = (struct mem){ (const uint8_t *)"\x30\x00\x00", 3 };
	CU_ASSERT_EQUAL(policy_names(&w, &granted, &(struct err){ 0 }), -1);
}

static void
a_grant_that_cannot_be_read_is_not_the_stations_fault(void)
{
	static char bad_ip[] = "192.0.2.999", bad_dns[] = "*.ran.example", bad_dn[] = "gnb-1";
	static char *bad_ips[] = { bad_ip }, *bad_names[] = { bad_dns };
	const struct grant bad[] = {
		{ subject_granted, dns_list, 1, bad_ips, 1 },
		{ subject_granted, bad_names, 1, ip_list, 1 },
		{ bad_dn, dns_list, 1, ip_list, 1 },
	};
	static const struct value v[] = { ORG, V(CN, UTF8, "gnb-1") };
	struct wanted w = { .san = san_granted, .n_san = 2 };
	struct buf der;

	buf_init(&der, 8192);
	name_build(v, COUNT_OF(v), &der);
	w.subject = buf_mem(&der);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct err e = { 0 };

		CU_ASSERT_EQUAL(policy_names(&w, &bad[i], &e), -1);
		CU_ASSERT_EQUAL(e.reason, R_SUBJECT_MISMATCH);
		CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, "inventory or profile"));
	}
	buf_free(&der);
}

static void
the_detail_names_both_sides_on_one_line(void)
{
	static const struct value v[] = { ORG, V(CN, UTF8, "gnb-2\xc3\xa9") };
	struct wanted w = { .san = san_granted, .n_san = 2 };
	struct err e = { 0 };
	struct buf der;

	buf_init(&der, 8192);
	name_build(v, COUNT_OF(v), &der);
	w.subject = buf_mem(&der);
	CU_ASSERT_EQUAL(policy_names(&w, &granted, &e), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, "gnb-2"));
	CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, "gnb-1"));
	for (const char *p = e.detail; *p != '\0'; p++)
		CU_ASSERT_TRUE(*p >= 0x20 && *p < 0x7f);
	buf_free(&der);
}

static const struct unit_test tests[] = {
	UNIT_AS(reg_cve_2022_2393_subject_of_another, each_subject_is_judged_as_the_table_says),
	UNIT_AS(reg_cve_2022_26923_alternative_name_of_another,
	    each_set_of_alternative_names_is_judged_as_the_table_says),
	UNIT(more_names_than_the_limit_are_refused_at_once),
	UNIT(a_subject_that_is_no_name_is_refused),
	UNIT(a_grant_that_cannot_be_read_is_not_the_stations_fault),
	UNIT(the_detail_names_both_sides_on_one_line),
};
extern const struct unit_suite names_suite;
UNIT_SUITE(names_suite, tests);
