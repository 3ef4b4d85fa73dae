/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a builder of body.h makes, its reader reads; what RFC 9483 does not allow, no reader takes.
 */
#include <openssl/asn1.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/limits.h"
#include "tests/unit/cmp/fixture.h"
#include "tests/unit/unit.h"

/* A message without protection around the content. Frees the content. */
static struct cmp_msg *
around(enum cmp_body body, struct blob *content)
{
	struct blob part = { NULL, 0 };
	const struct cmp_header h = { .pvno = 2, .transaction_id = MEM(tid), .sender_nonce = MEM(nonce_a) };
	struct cmp_msg *m = NULL;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(cmp_part_build(&h, body, mem_of(content), &part, &e), 0);
	CU_ASSERT_EQUAL_FATAL(cmp_part_parse(mem_of(&part), &m, &e), 0);
	CU_ASSERT_EQUAL(cmp_msg_body(m), body);
	CU_ASSERT(mem_eq(cmp_msg_get0_body(m), mem_of(content)));
	blob_free(&part);
	blob_free(content);
	return m;
}

static void
cert_rep_carries_a_certificate(void)
{
	struct cert *c = pki_cert("station"), *root = pki_cert("root");
	const struct certs pubs = { &root, 1 };
	const struct cmp_cert_rep in = { .cert_req_id = -1, .cert = cert_get0_der(c), .ca_pubs = &pubs,
	    .status.status = PKI_GRANTED_WITH_MODS };
	const enum cmp_body bodies[] = { CMP_IP, CMP_CP, CMP_KUP };
	struct cmp_cert_rep got;
	struct blob content = { NULL, 0 };
	struct err e;

	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		struct cmp_msg *m;

		CU_ASSERT_EQUAL_FATAL(cmp_cert_rep_build(&in, &content, &e), 0);
		m = around(bodies[i], &content);
		CU_ASSERT_EQUAL_FATAL(cmp_cert_rep_read(m, &got, &e), 0);
		CU_ASSERT_EQUAL(got.cert_req_id, -1);
		CU_ASSERT_EQUAL(got.status.status, PKI_GRANTED_WITH_MODS);
		CU_ASSERT(mem_eq(got.cert, in.cert));
		CU_ASSERT(got.has_ca_pubs);
		cmp_msg_free(m);
	}
	cert_free(c);
	cert_free(root);
}

static void
cert_rep_carries_a_refusal_with_its_bits_and_words(void)
{
	const struct cmp_cert_rep in = { .status = { .status = PKI_REJECTION, .text = "no quota",
	    .fail_info = 1u << FI_badAlg | 1u << FI_badPOP | 1u << FI_duplicateCertReq } };
	struct blob content = { NULL, 0 };
	struct cmp_cert_rep got;
	struct cmp_msg *m;
	struct buf text;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(cmp_cert_rep_build(&in, &content, &e), 0);
	m = around(CMP_CP, &content);
	CU_ASSERT_EQUAL_FATAL(cmp_cert_rep_read(m, &got, &e), 0);
	CU_ASSERT_EQUAL(got.status.fail_info, in.status.fail_info);
	CU_ASSERT_EQUAL(got.cert.len, 0);
	CU_ASSERT(!got.has_ca_pubs);
	buf_init(&text, 200);
	pki_status_print(&got.status, &text);
	CU_ASSERT_STRING_EQUAL(buf_text(&text), "rejection: badAlg, badPOP, duplicateCertReq: no quota");
	buf_free(&text);
	cmp_msg_free(m);
}

static enum reason
cert_rep_reason(const struct cmp_cert_rep *in)
{
	struct blob content = { NULL, 0 };
	struct cmp_cert_rep got;
	struct cmp_msg *m;
	struct err e;

	err_clear(&e);
	CU_ASSERT_EQUAL_FATAL(cmp_cert_rep_build(in, &content, &e), 0);
	m = around(CMP_IP, &content);
	CU_ASSERT_EQUAL(cmp_cert_rep_read(m, &got, &e) == 0, e.reason == R_NONE);
	cmp_msg_free(m);
	return e.reason;
}

static void
status_and_certificate_must_fit(void)
{
	struct cert *c = pki_cert("station");
	struct cmp_cert_rep r = { .cert = cert_get0_der(c) };

	CU_ASSERT_EQUAL(cert_rep_reason(&r), R_NONE);
	r.status.status = PKI_WAITING;
	CU_ASSERT_EQUAL(cert_rep_reason(&r), R_CMP_BODY);
	r.cert = MEM_NONE;
	CU_ASSERT_EQUAL(cert_rep_reason(&r), R_NONE);
	r.status.status = PKI_ACCEPTED;
	CU_ASSERT_EQUAL(cert_rep_reason(&r), R_CMP_BODY);
	r.status.status = 7;
	CU_ASSERT_EQUAL(cert_rep_reason(&r), R_CMP_BODY);
	cert_free(c);
}

static void
words_of_a_status_are_made_printable_and_cut(void)
{
	struct pki_status_info in = { .status = PKI_REJECTION, .text = "a\nb\xc3\xa9\"" }, got;
	struct blob content = { NULL, 0 };
	struct cmp_msg *m;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(cmp_error_build(&in, &content, &e), 0);
	m = around(CMP_ERROR, &content);
	CU_ASSERT_EQUAL_FATAL(cmp_error_read(m, &got, &e), 0);
	CU_ASSERT_PTR_NULL(strpbrk(got.text, "\n\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "\xc3\xa9"));
	cmp_msg_free(m);
	memset(in.text, 'x', sizeof(in.text) - 1);	/* then a character that would stand across the end */
	memcpy(in.text, "\n", 1);
	CU_ASSERT_EQUAL_FATAL(cmp_error_build(&in, &content, &e), 0);
	m = around(CMP_ERROR, &content);
	CU_ASSERT_EQUAL_FATAL(cmp_error_read(m, &got, &e), 0);
	CU_ASSERT_EQUAL(strlen(got.text), sizeof(got.text) - 1);
	cmp_msg_free(m);
}

static void
cert_conf_accepts_or_rejects(void)
{
	struct cmp_cert_conf in = { .cert_req_id = -1, .cert_hash = MEM(nonce_a), .accepted = true }, got;
	struct blob content = { NULL, 0 };
	struct cmp_msg *m;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(cmp_cert_conf_build(&in, &content, &e), 0);
	m = around(CMP_CERTCONF, &content);
	CU_ASSERT_EQUAL_FATAL(cmp_cert_conf_read(m, &got, &e), 0);
	CU_ASSERT(got.accepted);
	CU_ASSERT_EQUAL(got.cert_req_id, -1);
	CU_ASSERT(mem_eq(got.cert_hash, in.cert_hash));
	cmp_msg_free(m);
	in.accepted = false;
	in.status = (struct pki_status_info){ .status = PKI_REJECTION, .fail_info = 1u << FI_badCertTemplate };
	CU_ASSERT_EQUAL_FATAL(cmp_cert_conf_build(&in, &content, &e), 0);
	m = around(CMP_CERTCONF, &content);
	CU_ASSERT_EQUAL_FATAL(cmp_cert_conf_read(m, &got, &e), 0);
	CU_ASSERT(!got.accepted);
	CU_ASSERT_EQUAL(got.status.fail_info, in.status.fail_info);
	cmp_msg_free(m);
}

static const uint8_t empty_sequence[] = { 0x30, 0 };

static void
cert_conf_without_a_status_rejects(void)
{
	struct blob content = { NULL, 0 };
	struct cmp_cert_conf got;
	struct cmp_msg *m;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(blob_set1(&content, MEM(empty_sequence), &e), 0);
	m = around(CMP_CERTCONF, &content);
	CU_ASSERT_EQUAL_FATAL(cmp_cert_conf_read(m, &got, &e), 0);
	CU_ASSERT(!got.accepted);
	CU_ASSERT_EQUAL(got.cert_hash.len, 0);
	cmp_msg_free(m);
}

static void
poll_request_and_reply(void)
{
	const struct cmp_poll_rep in = { .cert_req_id = 0, .check_after = 3600, .reason = "somebody looks at it" };
	struct blob content = { NULL, 0 };
	struct cmp_poll_rep got;
	struct cmp_msg *m;
	struct err e;
	int64_t id;

	CU_ASSERT_EQUAL_FATAL(cmp_poll_req_build(-1, &content, &e), 0);
	m = around(CMP_POLLREQ, &content);
	CU_ASSERT_EQUAL(cmp_poll_req_read(m, &id, &e), 0);
	CU_ASSERT_EQUAL(id, -1);
	CU_ASSERT_EQUAL(cmp_poll_rep_read(m, &got, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_CMP_BODY);
	cmp_msg_free(m);
	CU_ASSERT_EQUAL_FATAL(cmp_poll_rep_build(&in, &content, &e), 0);
	m = around(CMP_POLLREP, &content);
	CU_ASSERT_EQUAL(cmp_poll_rep_read(m, &got, &e), 0);
	CU_ASSERT_EQUAL(got.check_after, 3600);
	CU_ASSERT_STRING_EQUAL(got.reason, in.reason);
	cmp_msg_free(m);
}

static void
a_negative_check_after_is_refused(void)
{
	const struct cmp_poll_rep in = { .check_after = -1 };
	struct blob content = { NULL, 0 };
	struct cmp_poll_rep got;
	struct cmp_msg *m;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(cmp_poll_rep_build(&in, &content, &e), 0);
	m = around(CMP_POLLREP, &content);
	CU_ASSERT_EQUAL(cmp_poll_rep_read(m, &got, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_CMP_BODY);
	cmp_msg_free(m);
}

static void
pki_conf_is_null(void)
{
	struct blob content = { NULL, 0 };
	struct cmp_msg *m;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(cmp_pki_conf_build(&content, &e), 0);
	m = around(CMP_PKICONF, &content);
	cmp_msg_free(m);
	CU_ASSERT_EQUAL_FATAL(blob_set1(&content, MEM(empty_sequence), &e), 0);
	{
		const struct cmp_header h = { .pvno = 2 };
		struct blob part = { NULL, 0 };

		CU_ASSERT_EQUAL_FATAL(cmp_part_build(&h, CMP_PKICONF, mem_of(&content), &part, &e), 0);
		CU_ASSERT_EQUAL(cmp_part_parse(mem_of(&part), &m, &e), -1);
		CU_ASSERT_EQUAL(e.reason, R_NOT_DER);
		blob_free(&part);
	}
	blob_free(&content);
}

static void
ca_certs_are_asked_for_and_given(void)
{
	struct cert *two[] = { pki_cert("root"), pki_cert("sub") };
	const struct certs in = { two, 2 };
	struct certs got = { NULL, 0 };
	struct blob content = { NULL, 0 }, value = { NULL, 0 };
	struct cmp_msg *m;
	struct mem v;
	char oid[64];
	struct err e;

	CU_ASSERT_EQUAL_FATAL(cmp_gen_build(OID_IT_CA_CERTS, MEM_NONE, &content, &e), 0);
	m = around(CMP_GENM, &content);
	CU_ASSERT_EQUAL(cmp_gen_read(m, oid, &v, &e), 0);
	CU_ASSERT_STRING_EQUAL(oid, OID_IT_CA_CERTS);
	CU_ASSERT_EQUAL(v.len, 0);
	cmp_msg_free(m);
	CU_ASSERT_EQUAL_FATAL(cmp_ca_certs_build(&in, &value, &e), 0);
	CU_ASSERT_EQUAL_FATAL(cmp_gen_build(OID_IT_CA_CERTS, mem_of(&value), &content, &e), 0);
	m = around(CMP_GENP, &content);
	CU_ASSERT_EQUAL(cmp_gen_read(m, oid, &v, &e), 0);
	CU_ASSERT(mem_eq(v, mem_of(&value)));
	CU_ASSERT_EQUAL_FATAL(cmp_ca_certs_read(v, &got, &e), 0);
	CU_ASSERT_EQUAL(got.n, 2);
	CU_ASSERT(mem_eq(cert_get0_der(got.v[1]), cert_get0_der(two[1])));
	certs_free(&got);
	cmp_msg_free(m);
	blob_free(&value);
	cert_free(two[0]);
	cert_free(two[1]);
}

static void
ca_certs_with_something_behind_are_refused(void)
{
	static const uint8_t twice[] = { 0x30, 0, 0x30, 0 }, junk[] = { 0x30, 3, 2, 1, 0 };
	struct certs got = { NULL, 0 };
	struct err e;

	CU_ASSERT_EQUAL(cmp_ca_certs_read(MEM(twice), &got, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_NOT_DER);
	CU_ASSERT_EQUAL(cmp_ca_certs_read(MEM(junk), &got, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_NOT_DER);
	CU_ASSERT_EQUAL(got.n, 0);
}

/* OCTET STRING of n octets in a SEQUENCE: some request. */
static struct blob
some_request(size_t n)
{
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
	STACK_OF(ASN1_TYPE) *list = sk_ASN1_TYPE_new_null();
	ASN1_TYPE *t = ASN1_TYPE_new();
	struct blob b = { NULL, 0 };
	unsigned char *der = NULL;
	struct err e;
	uint8_t *octets = mem_calloc(n, 1);
	int len;

	CU_ASSERT_FATAL(octets != NULL && ASN1_STRING_set(s, octets, (int)n) == 1);
	free(octets);
	ASN1_TYPE_set(t, V_ASN1_OCTET_STRING, s);
	CU_ASSERT_FATAL(sk_ASN1_TYPE_push(list, t) > 0);
	len = i2d_ASN1_SEQUENCE_ANY(list, &der);
	CU_ASSERT_FATAL(len > 0 && blob_set1(&b, (struct mem){ der, (size_t)len }, &e) == 0);
	OPENSSL_free(der);
	sk_ASN1_TYPE_pop_free(list, ASN1_TYPE_free);
	return b;
}

#define MEMBERS 100

static void
a_hundred_messages_nest_and_come_out_as_they_were(void)
{
	struct blob member[MEMBERS] = { { NULL, 0 } }, content = { NULL, 0 }, part = { NULL, 0 };
	struct mem in[MEMBERS], got[MEMBERS];
	const struct cmp_header outer = { .pvno = 2, .transaction_id = MEM(nonce_b) };
	struct cmp_msg *m = NULL;
	struct err e;
	size_t n = 0;

	for (size_t i = 0; i < MEMBERS; i++) {
		const struct cmp_header h = { .pvno = 2, .transaction_id = { (const uint8_t *)&in[i], 8 } };
		struct blob rq = some_request(500 + i), p = { NULL, 0 };

		CU_ASSERT_EQUAL_FATAL(cmp_part_build(&h, CMP_P10CR, mem_of(&rq), &p, &e), 0);
		CU_ASSERT_EQUAL_FATAL(cmp_msg_assemble(mem_of(&p), MEM(nonce_a), NULL, &member[i], &e), 0);
		in[i] = mem_of(&member[i]);
		blob_free(&rq);
		blob_free(&p);
	}
	CU_ASSERT_EQUAL_FATAL(cmp_nested_build(in, MEMBERS, &content, &e), 0);
	CU_ASSERT_EQUAL_FATAL(cmp_part_build(&outer, CMP_NESTED, mem_of(&content), &part, &e), 0);
	CU_ASSERT_EQUAL_FATAL(cmp_part_parse(mem_of(&part), &m, &e), 0);
	CU_ASSERT_EQUAL(cmp_nested_read(m, got, MEMBERS - 1, &n, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_TOO_LONG);
	CU_ASSERT_EQUAL_FATAL(cmp_nested_read(m, got, MEMBERS, &n, &e), 0);
	CU_ASSERT_EQUAL_FATAL(n, MEMBERS);
	for (size_t i = 0; i < MEMBERS; i++)
		CU_ASSERT(mem_eq(got[i], in[i]));
	cmp_msg_free(m);
	for (size_t i = 0; i < MEMBERS; i++)
		blob_free(&member[i]);
	blob_free(&content);
	blob_free(&part);
}

static void
nested_in_nested_and_empty_nested_are_refused(void)
{
	const struct cmp_header h = { .pvno = 2 };
	struct blob rq = some_request(10), part = { NULL, 0 }, once = { NULL, 0 }, content = { NULL, 0 };
	struct cmp_msg *m;
	struct mem one, got[2];
	struct err e;
	size_t n;

	CU_ASSERT_EQUAL_FATAL(cmp_part_build(&h, CMP_IR, mem_of(&rq), &part, &e), 0);
	one = mem_of(&part);
	CU_ASSERT_EQUAL_FATAL(cmp_nested_build(&one, 1, &content, &e), 0);
	CU_ASSERT_EQUAL_FATAL(cmp_part_build(&h, CMP_NESTED, mem_of(&content), &once, &e), 0);
	one = mem_of(&once);
	CU_ASSERT_EQUAL_FATAL(cmp_nested_build(&one, 1, &content, &e), 0);
	m = around(CMP_NESTED, &content);
	CU_ASSERT_EQUAL(cmp_nested_read(m, got, 2, &n, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_CMP_BODY);
	cmp_msg_free(m);
	CU_ASSERT_EQUAL(cmp_nested_build(NULL, 0, &content, &e), -1);
	CU_ASSERT_EQUAL_FATAL(blob_set1(&content, MEM(empty_sequence), &e), 0);
	m = around(CMP_NESTED, &content);
	CU_ASSERT_EQUAL(cmp_nested_read(m, got, 2, &n, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_CMP_BODY);
	cmp_msg_free(m);
	blob_free(&rq);
	blob_free(&part);
	blob_free(&once);
}

static void
a_reader_refuses_every_other_body(void)
{
	struct cmp_cert_rep rep;
	struct cmp_cert_conf conf;
	struct cmp_poll_rep poll;
	struct pki_status_info status;
	struct blob content = { NULL, 0 };
	struct mem got[1], v;
	struct cmp_msg *m;
	char oid[64];
	struct err e;
	int64_t id;
	size_t n;

	CU_ASSERT_EQUAL_FATAL(cmp_pki_conf_build(&content, &e), 0);
	m = around(CMP_PKICONF, &content);
	CU_ASSERT(cmp_cert_rep_read(m, &rep, &e) == -1 && e.reason == R_CMP_BODY);
	CU_ASSERT(cmp_cert_conf_read(m, &conf, &e) == -1 && e.reason == R_CMP_BODY);
	CU_ASSERT(cmp_poll_rep_read(m, &poll, &e) == -1 && e.reason == R_CMP_BODY);
	CU_ASSERT(cmp_poll_req_read(m, &id, &e) == -1 && e.reason == R_CMP_BODY);
	CU_ASSERT(cmp_error_read(m, &status, &e) == -1 && e.reason == R_CMP_BODY);
	CU_ASSERT(cmp_nested_read(m, got, 1, &n, &e) == -1 && e.reason == R_CMP_BODY);
	CU_ASSERT(cmp_gen_read(m, oid, &v, &e) == -1 && e.reason == R_CMP_BODY);
	CU_ASSERT(cmp_request_read(m, &v, &e) == -1 && e.reason == R_CMP_BODY);
	cmp_msg_free(m);
}

static const struct unit_test tests[] = {
	UNIT(cert_rep_carries_a_certificate),
	UNIT(cert_rep_carries_a_refusal_with_its_bits_and_words),
	UNIT(status_and_certificate_must_fit),
	UNIT(words_of_a_status_are_made_printable_and_cut),
	UNIT(cert_conf_accepts_or_rejects),
	UNIT(cert_conf_without_a_status_rejects),
	UNIT(poll_request_and_reply),
	UNIT(a_negative_check_after_is_refused),
	UNIT(pki_conf_is_null),
	UNIT(ca_certs_are_asked_for_and_given),
	UNIT(ca_certs_with_something_behind_are_refused),
	UNIT(a_hundred_messages_nest_and_come_out_as_they_were),
	UNIT(nested_in_nested_and_empty_nested_are_refused),
	UNIT(a_reader_refuses_every_other_body),
};
UNIT_SUITE(body_suite, tests);
