/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cmp/msg.h"

#include <openssl/asn1.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/limits.h"
#include "tests/unit/cmp/fixture.h"
#include "tests/unit/unit.h"

static enum reason
parse_reason(struct mem der)
{
	struct cmp_msg *m = NULL;
	struct err e;

	err_clear(&e);
	CU_ASSERT_EQUAL(cmp_msg_parse(der, &m, &e) == 0, e.reason == R_NONE);
	CU_ASSERT_EQUAL(m != NULL, e.reason == R_NONE);
	cmp_msg_free(m);
	return e.reason;
}

/* DER of an OCTET STRING of n octets. */
static struct blob
octet_string(size_t n)
{
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
	struct blob b = { NULL, 0 };
	unsigned char *der = NULL;
	struct err e;
	uint8_t *octets = mem_calloc(n, 1);
	int len;

	CU_ASSERT_FATAL(octets != NULL && ASN1_STRING_set(s, octets, (int)n) == 1);
	free(octets);
	len = i2d_ASN1_OCTET_STRING(s, &der);
	CU_ASSERT_FATAL(len > 0 && blob_set1(&b, (struct mem){ der, (size_t)len }, &e) == 0);
	OPENSSL_free(der);
	ASN1_OCTET_STRING_free(s);
	return b;
}

static int
part_of(const struct cmp_header *h, enum cmp_body body, size_t n, struct blob *part)
{
	struct blob content = octet_string(n);
	struct err e;
	int rc = cmp_part_build(h, body, mem_of(&content), part, &e);

	blob_free(&content);
	return rc;
}

static void
a_header_comes_back_as_it_was_built(void)
{
	static const uint8_t orig[] = { 0x30, 3, 2, 1, 0 };
	struct cert *c = pki_cert("ra"), *ca = pki_cert("root");
	struct key *k = pki_key("ra");
	const struct cmp_header in = {
		.pvno = 2,
		.sender = cert_get0_subject(c),
		.recipient = cert_get0_subject(ca),
		.message_time = 1800000000,
		.protection_alg = key_get0_sig_alg(k),
		.sender_kid = cert_get0_ski(c),
		.transaction_id = MEM(tid),
		.sender_nonce = MEM(nonce_a),
		.recip_nonce = MEM(nonce_b),
		.confirm_wait_until = 1800000300,
		.cert_profile = mem_str("gnb-\xc3\xa9"),
		.orig_message = MEM(orig),
	};
	struct blob part = { NULL, 0 };
	const struct cmp_header *h;
	struct cmp_msg *m = NULL;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(part_of(&in, CMP_KRR, 5, &part), 0);
	CU_ASSERT_EQUAL_FATAL(cmp_part_parse(mem_of(&part), &m, &e), 0);
	h = cmp_msg_get0_header(m);
	CU_ASSERT_EQUAL(h->pvno, 2);
	CU_ASSERT(mem_eq(h->sender, in.sender));
	CU_ASSERT(mem_eq(h->recipient, in.recipient));
	CU_ASSERT_EQUAL(h->message_time, in.message_time);
	CU_ASSERT(mem_eq(h->protection_alg, in.protection_alg));
	CU_ASSERT(mem_eq(h->sender_kid, in.sender_kid));
	CU_ASSERT(mem_eq(h->transaction_id, in.transaction_id));
	CU_ASSERT(mem_eq(h->sender_nonce, in.sender_nonce));
	CU_ASSERT(mem_eq(h->recip_nonce, in.recip_nonce));
	CU_ASSERT(!h->implicit_confirm);
	CU_ASSERT_EQUAL(h->confirm_wait_until, in.confirm_wait_until);
	CU_ASSERT(mem_eq(h->cert_profile, in.cert_profile));
	CU_ASSERT(mem_eq(h->orig_message, in.orig_message));
	cmp_msg_free(m);
	blob_free(&part);
	key_free(k);
	cert_free(c);
	cert_free(ca);
}

static void
an_empty_header_has_null_names_and_nothing_else(void)
{
	const struct cmp_header in = { .pvno = 3, .implicit_confirm = true };
	struct blob part = { NULL, 0 };
	const struct cmp_header *h;
	struct cmp_msg *m = NULL;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(part_of(&in, CMP_KRR, 5, &part), 0);
	CU_ASSERT_EQUAL_FATAL(cmp_part_parse(mem_of(&part), &m, &e), 0);
	h = cmp_msg_get0_header(m);
	CU_ASSERT_EQUAL(h->pvno, 3);
	CU_ASSERT(h->implicit_confirm);
	CU_ASSERT_EQUAL(h->sender.len + h->recipient.len + h->transaction_id.len + h->sender_kid.len, 0);
	CU_ASSERT_EQUAL(cmp_msg_get0_protection(m).len, 0);
	CU_ASSERT_EQUAL(cmp_msg_get0_extra_certs(m)->n, 0);
	cmp_msg_free(m);
	blob_free(&part);
}

static void
fields_of_the_header_have_limits(void)
{
	static const uint8_t octets[LIM_TRANSACTION_ID + 1] = { 1 };
	struct cmp_header h = { .pvno = 2 };
	struct mem *const fields[] = { &h.transaction_id, &h.sender_nonce, &h.recip_nonce, &h.sender_kid,
	    &h.cert_profile };
	struct blob part = { NULL, 0 };
	uint8_t text[LIM_PROFILE_NAME + 1];

	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		for (size_t n = 63; n <= 65; n++) {
			*fields[i] = (struct mem){ fields[i] == &h.cert_profile ? text : octets, n };
			CU_ASSERT_EQUAL_FATAL(part_of(&h, CMP_KRR, 5, &part), 0);
			CU_ASSERT_EQUAL(parse_reason(mem_of(&part)), n <= 64 ? R_NONE : R_TOO_LONG);
			*fields[i] = MEM_NONE;
		}
	blob_free(&part);
}

/* A part whose DER is exactly len octets. */
static struct blob
part_of_length(enum cmp_body body, size_t len)
{
	const struct cmp_header h = { .pvno = 2 };
	struct blob part = { NULL, 0 };
	size_t n = len - 64;

	for (int i = 0; i < 4 && part.len != len; i++) {
		CU_ASSERT_EQUAL_FATAL(part_of(&h, body, n, &part), 0);
		n = n + len - part.len;
	}
	CU_ASSERT_EQUAL_FATAL(part.len, len);
	return part;
}

static void
a_message_has_a_limit_and_a_nested_one_another(void)
{
	for (size_t d = 0; d < 3; d++) {
		struct blob part = part_of_length(CMP_KRR, LIM_CMP_MSG - 1 + d);

		CU_ASSERT_EQUAL(parse_reason(mem_of(&part)), d < 2 ? R_NONE : R_TOO_LONG);
		blob_free(&part);
	}
}

/* PKIMessages with one element: a message of a size that a lone one may have. */
static void
a_nested_message_may_be_longer(void)
{
	const struct cmp_header h = { .pvno = 2 };
	struct blob one = part_of_length(CMP_KRR, LIM_CMP_MSG), content = { NULL, 0 }, part = { NULL, 0 };
	struct mem many[129];
	struct err e;

	for (size_t i = 0; i < COUNT_OF(many); i++)
		many[i] = mem_of(&one);
	CU_ASSERT_EQUAL_FATAL(cmp_nested_build(many, 127, &content, &e), 0);
	CU_ASSERT_EQUAL_FATAL(cmp_part_build(&h, CMP_NESTED, mem_of(&content), &part, &e), 0);
	CU_ASSERT_EQUAL(parse_reason(mem_of(&part)), R_NONE);
	CU_ASSERT_EQUAL_FATAL(cmp_nested_build(many, 128, &content, &e), 0);
	CU_ASSERT_EQUAL_FATAL(cmp_part_build(&h, CMP_NESTED, mem_of(&content), &part, &e), 0);
	CU_ASSERT_EQUAL(parse_reason(mem_of(&part)), R_TOO_LONG);
	CU_ASSERT_EQUAL_FATAL(cmp_part_build(&h, CMP_KRR, mem_of(&content), &part, &e), 0);
	CU_ASSERT_EQUAL(parse_reason(mem_of(&part)), R_TOO_LONG);
	blob_free(&one);
	blob_free(&content);
	blob_free(&part);
}

static void
what_is_cut_or_has_something_behind_is_refused(void)
{
	struct blob der = unit_data("cmp/openssl/ip.der"), more = { NULL, 0 };
	struct err e;

	for (size_t n = 0; n < der.len; n++)
		CU_ASSERT_EQUAL(parse_reason((struct mem){ der.p, n }), R_NOT_DER);
	more.p = mem_calloc(der.len + 1, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(more.p);
	more.len = der.len + 1;
	memcpy(more.p, der.p, der.len);
	CU_ASSERT_EQUAL(parse_reason(mem_of(&more)), R_TRAILING_BYTES);
	err_clear(&e);
	blob_free(&more);
	blob_free(&der);
}

/* depth SEQUENCEs in each other. */
static struct blob
deep(size_t depth)
{
	struct blob b = { mem_calloc(4 * depth, 1), 0 };
	size_t at = 4 * depth, len = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(b.p);
	for (size_t i = 0; i < depth; i++) {	/* from the inside out */
		if (len > 127) {
			b.p[--at] = (uint8_t)len;
			b.p[--at] = (uint8_t)(len >> 8);
			b.p[--at] = 0x82;
		} else {
			b.p[--at] = (uint8_t)len;
		}
		b.p[--at] = 0x30;
		len = 4 * depth - at;
	}
	memmove(b.p, b.p + at, len);
	b.len = len;
	return b;
}

static void
depth_has_a_limit(void)
{
	const struct cmp_header h = { .pvno = 2 };
	struct blob part = { NULL, 0 };
	struct err e;

	for (size_t n = LIM_CMP_DEPTH - 3; n <= LIM_CMP_DEPTH - 1; n++) {	/* two levels are around it */
		struct blob content = deep(n);

		CU_ASSERT_EQUAL_FATAL(cmp_part_build(&h, CMP_KRR, mem_of(&content), &part, &e), 0);
		CU_ASSERT_EQUAL(parse_reason(mem_of(&part)), n <= LIM_CMP_DEPTH - 2 ? R_NONE : R_TOO_COMPLEX);
		blob_free(&content);
	}
	blob_free(&part);
}

static void
no_bytes_and_strange_bytes_are_refused(void)
{
	static const uint8_t indefinite[] = { 0x30, 0x80, 0, 0 }, null[] = { 5, 0 }, empty[] = { 0x30, 0 };
	static const uint8_t constructed_string[] = { 0x30, 4, 0x24, 2, 4, 0 };

	CU_ASSERT_EQUAL(parse_reason(MEM_NONE), R_NOT_DER);
	CU_ASSERT_EQUAL(parse_reason(MEM(indefinite)), R_NOT_DER);
	CU_ASSERT_EQUAL(parse_reason(MEM(null)), R_NOT_DER);
	CU_ASSERT_EQUAL(parse_reason(MEM(empty)), R_NOT_DER);
	CU_ASSERT_EQUAL(parse_reason(MEM(constructed_string)), R_NOT_DER);
	CU_ASSERT_EQUAL(parse_reason(mem_str("-----BEGIN CERTIFICATE-----")), R_NOT_DER);
}

static void
all_27_bodies_are_known_and_no_more(void)
{
	const struct cmp_header h = { .pvno = 2 };
	static const uint8_t null[] = { 5, 0 };
	struct blob part = { NULL, 0 };
	struct err e;

	CU_ASSERT_EQUAL(CMP_BODIES, 27);
	CU_ASSERT_STRING_EQUAL(cmp_body_name(CMP_IR), "ir");
	CU_ASSERT_STRING_EQUAL(cmp_body_name(CMP_POLLREP), "pollRep");
	CU_ASSERT_STRING_EQUAL(cmp_body_name(CMP_BODIES), "?");
	CU_ASSERT_STRING_EQUAL(cmp_body_name(-1), "?");
	CU_ASSERT_EQUAL_FATAL(cmp_part_build(&h, CMP_CRLANN, MEM(null), &part, &e), 0);
	CU_ASSERT_EQUAL(parse_reason(mem_of(&part)), R_NONE);
	for (size_t i = 0; i + 3 < part.len; i++)
		if (part.p[i] == 0xa0 + CMP_CRLANN && part.p[i + 2] == 5)
			part.p[i] = 0xa0 + CMP_BODIES;
	CU_ASSERT_EQUAL(parse_reason(mem_of(&part)), R_NOT_DER);
	blob_free(&part);
}

/* The signature over a request fits only the bytes as they came: 222 octets must not become 219. */
static void
a_request_of_an_odd_encoding_survives_bit_for_bit(void)
{
	static const uint8_t odd[] = { 0x30, 0x83, 0, 0, 9, 0x30, 0x82, 0, 5, 2, 0x81, 2, 0, 0 };
	const struct cmp_header h = { .pvno = 2 };
	const enum cmp_body bodies[] = { CMP_IR, CMP_CR, CMP_KUR, CMP_P10CR };
	struct blob part = { NULL, 0 }, der = { NULL, 0 }, again = { NULL, 0 };
	struct mem content;
	struct cmp_msg *m;
	struct err e;

	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		CU_ASSERT_EQUAL_FATAL(cmp_part_build(&h, bodies[i], MEM(odd), &part, &e), 0);
		CU_ASSERT_EQUAL_FATAL(cmp_msg_assemble(mem_of(&part), MEM(nonce_a), NULL, &der, &e), 0);
		CU_ASSERT_EQUAL_FATAL(cmp_msg_parse(mem_of(&der), &m, &e), 0);
		CU_ASSERT_EQUAL(cmp_request_read(m, &content, &e), 0);
		CU_ASSERT(mem_eq(content, MEM(odd)));
		CU_ASSERT_EQUAL(cmp_msg_protected_part(m, &again, &e), 0);
		CU_ASSERT(mem_eq(mem_of(&again), mem_of(&part)));
		cmp_msg_free(m);
	}
	blob_free(&part);
	blob_free(&der);
	blob_free(&again);
}

static void
a_signature_keeps_its_trailing_zeros(void)
{
	static const uint8_t bits[] = { 1, 2, 0, 0 };
	const struct cmp_header h = { .pvno = 2 };
	struct blob part = { NULL, 0 }, der = { NULL, 0 };
	struct cmp_msg *m;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(part_of(&h, CMP_KRR, 5, &part), 0);
	CU_ASSERT_EQUAL_FATAL(cmp_msg_assemble(mem_of(&part), MEM(bits), NULL, &der, &e), 0);
	CU_ASSERT_EQUAL_FATAL(cmp_msg_parse(mem_of(&der), &m, &e), 0);
	CU_ASSERT(mem_eq(cmp_msg_get0_protection(m), MEM(bits)));
	cmp_msg_free(m);
	CU_ASSERT_EQUAL(cmp_part_parse(mem_of(&der), &m, &e), -1);	/* protected: not a part */
	CU_ASSERT_EQUAL(e.reason, R_NOT_DER);
	blob_free(&part);
	blob_free(&der);
}

static void
more_extra_certs_than_the_limit_are_refused(void)
{
	const struct cmp_header h = { .pvno = 2 };
	struct cert *c = pki_cert("root"), *many[LIM_CMP_EXTRA + 1];
	struct blob part = { NULL, 0 }, der = { NULL, 0 };
	struct err e;

	for (size_t i = 0; i < COUNT_OF(many); i++)
		many[i] = c;
	CU_ASSERT_EQUAL_FATAL(part_of(&h, CMP_KRR, 5, &part), 0);
	for (size_t n = LIM_CMP_EXTRA - 1; n <= LIM_CMP_EXTRA + 1; n++) {
		const struct certs l = { many, n };

		CU_ASSERT_EQUAL_FATAL(cmp_msg_assemble(mem_of(&part), MEM(nonce_a), &l, &der, &e), 0);
		CU_ASSERT_EQUAL(parse_reason(mem_of(&der)), n <= LIM_CMP_EXTRA ? R_NONE : R_TOO_LONG);
	}
	cert_free(c);
	blob_free(&part);
	blob_free(&der);
}

static const struct unit_test tests[] = {
	UNIT(a_header_comes_back_as_it_was_built),
	UNIT(an_empty_header_has_null_names_and_nothing_else),
	UNIT(fields_of_the_header_have_limits),
	UNIT(a_message_has_a_limit_and_a_nested_one_another),
	UNIT(a_nested_message_may_be_longer),
	UNIT(what_is_cut_or_has_something_behind_is_refused),
	UNIT(depth_has_a_limit),
	UNIT(no_bytes_and_strange_bytes_are_refused),
	UNIT(all_27_bodies_are_known_and_no_more),
	UNIT(a_request_of_an_odd_encoding_survives_bit_for_bit),
	UNIT(a_signature_keeps_its_trailing_zeros),
	UNIT(more_extra_certs_than_the_limit_are_refused),
};
UNIT_SUITE(msg_suite, tests);
