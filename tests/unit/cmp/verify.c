/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * RFC 9483 section 3.5: each check is met by a message that is wrong in that place alone.
 */
#include <string.h>

#include "tests/unit/cmp/fixture.h"
#include "tests/unit/unit.h"

static struct signer signer;
static struct trust *trust;

static void
set_up(void)
{
	signer_init(&signer, "signer");
	trust = pki_trust();
}

static void
tear_down(void)
{
	signer_clear(&signer);
	trust_free(trust);
	trust = NULL;
}

/* Takes m over. */
static enum reason
reason_of(struct cmp_msg *m, const struct cmp_expect *x)
{
	struct cert *by = NULL;
	struct err e;
	int rc;

	err_clear(&e);
	rc = cmp_verify(m, x, &by, &e);
	CU_ASSERT_EQUAL(rc == 0, e.reason == R_NONE);
	CU_ASSERT_EQUAL(rc == 0, by != NULL);
	cert_free(by);
	cmp_msg_free(m);
	return e.reason;
}

static enum reason
reason_of_header(struct cmp_header h)
{
	const struct cmp_expect x = answer_expect(trust);

	return reason_of(make_answer(&signer, h, true), &x);
}

/* As reason_of_header, but nothing is filled in: h says it all. */
static enum reason
reason_of_whole_header(struct cmp_header h)
{
	const struct cmp_expect x = answer_expect(trust);

	return reason_of(make_answer(&signer, h, false), &x);
}

static struct cmp_header
whole_header(void)
{
	struct cmp_header h = answer_header();

	cmp_protector_header(&signer.protector, &h);
	return h;
}

static void
a_right_answer_is_verified_and_names_its_signer(void)
{
	struct cmp_expect x;
	struct cert *by = NULL;
	struct cmp_msg *m;
	struct err e;

	set_up();
	x = answer_expect(trust);
	x.sender = cert_get0_subject(signer.chain.v[0]);
	m = make_answer(&signer, answer_header(), true);
	CU_ASSERT_EQUAL(cmp_verify(m, &x, &by, &e), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(by);
	CU_ASSERT(mem_eq(cert_get0_der(by), cert_get0_der(signer.chain.v[0])));
	cert_free(by);
	cmp_msg_free(m);
	tear_down();
}

static void
pvno_must_be_2_or_3(void)
{
	struct cmp_header h;

	set_up();
	h = whole_header();
	h.pvno = 3;
	CU_ASSERT_EQUAL(reason_of_whole_header(h), R_NONE);
	h.pvno = 1;
	CU_ASSERT_EQUAL(reason_of_whole_header(h), R_UNSUPPORTED_VERSION);
	h.pvno = 4;
	CU_ASSERT_EQUAL(reason_of_whole_header(h), R_UNSUPPORTED_VERSION);
	tear_down();
}

static void
an_error_message_may_have_pvno_1(void)
{
	const struct pki_status_info s = { .status = PKI_REJECTION };
	struct blob content = { NULL, 0 };
	struct cmp_expect x;
	struct cmp_header h;
	struct err e;

	set_up();
	x = answer_expect(trust);
	h = whole_header();
	h.pvno = 1;
	CU_ASSERT_EQUAL_FATAL(cmp_error_build(&s, &content, &e), 0);
	CU_ASSERT_EQUAL(reason_of(make_message(&signer, h, false, CMP_ERROR, mem_of(&content)), &x), R_NONE);
	blob_free(&content);
	tear_down();
}

static void
transaction_id_must_be_there_and_ours(void)
{
	struct cmp_header h = answer_header();

	set_up();
	h.transaction_id = MEM_NONE;
	CU_ASSERT_EQUAL(reason_of_header(h), R_CMP_HEADER);
	h.transaction_id = MEM(nonce_b);
	CU_ASSERT_EQUAL(reason_of_header(h), R_CMP_TRANSACTION_ID);
	tear_down();
}

static void
body_must_be_one_of_those_expected(void)
{
	struct cmp_expect x;

	set_up();
	x = answer_expect(trust);
	x.bodies = CMP_BIT(CMP_IP) | CMP_BIT(CMP_ERROR);
	CU_ASSERT_EQUAL(reason_of(make_answer(&signer, answer_header(), true), &x), R_CMP_BODY);
	x.bodies = CMP_BIT(CMP_PKICONF);
	CU_ASSERT_EQUAL(reason_of(make_answer(&signer, answer_header(), true), &x), R_NONE);
	tear_down();
}

static void
sender_nonce_must_have_128_bits(void)
{
	struct cmp_header h = answer_header();

	set_up();
	h.sender_nonce.len = CMP_NONCE_LEN - 1;
	CU_ASSERT_EQUAL(reason_of_header(h), R_CMP_SENDER_NONCE);
	h.sender_nonce = MEM_NONE;
	CU_ASSERT_EQUAL(reason_of_header(h), R_CMP_SENDER_NONCE);
	tear_down();
}

static void
recip_nonce_must_be_one_that_we_sent(void)
{
	struct cmp_header h = answer_header();
	struct cmp_expect x;

	set_up();
	h.recip_nonce = MEM(nonce_b);
	CU_ASSERT_EQUAL(reason_of_header(h), R_CMP_RECIP_NONCE);
	h.recip_nonce = MEM_NONE;
	CU_ASSERT_EQUAL(reason_of_header(h), R_CMP_RECIP_NONCE);
	x = answer_expect(trust);
	h.recip_nonce = MEM(nonce_b);
	x.recip_nonce[1] = MEM(nonce_b);
	CU_ASSERT_EQUAL(reason_of(make_answer(&signer, h, true), &x), R_NONE);
	tear_down();
}

static void
a_first_message_needs_no_nonce_of_ours(void)
{
	struct cmp_header h = answer_header();
	struct cmp_expect x;

	set_up();
	x = answer_expect(trust);
	x.answer = false;
	x.transaction_id = x.recip_nonce[0] = MEM_NONE;
	h.recip_nonce = MEM_NONE;
	CU_ASSERT_EQUAL(reason_of(make_answer(&signer, h, true), &x), R_NONE);
	tear_down();
}

/* The message without its protection, its header as it was. */
static struct cmp_msg *
strip(struct cmp_msg *m)
{
	struct blob part = { NULL, 0 };
	struct cmp_msg *bare = NULL;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(cmp_msg_protected_part(m, &part, &e), 0);
	CU_ASSERT_EQUAL_FATAL(cmp_part_parse(mem_of(&part), &bare, &e), 0);
	blob_free(&part);
	cmp_msg_free(m);
	return bare;
}

static void
a_message_without_protection_is_refused(void)
{
	struct cmp_expect x;

	set_up();
	x = answer_expect(trust);
	CU_ASSERT_EQUAL(reason_of(strip(make_answer(&signer, answer_header(), true)), &x),
	    R_CMP_UNPROTECTED);
	tear_down();
}

static void
a_mac_is_refused_by_its_kind(void)
{
	struct blob der = unit_data("cmp/openssl/ir-mac.der");
	struct cmp_expect x;
	struct cmp_msg *m;
	struct err e;

	set_up();
	x = answer_expect(trust);
	x.answer = false;
	CU_ASSERT_EQUAL_FATAL(cmp_msg_parse(mem_of(&der), &m, &e), 0);
	CU_ASSERT_EQUAL(reason_of(m, &x), R_CMP_PROTECTION_KIND);
	blob_free(&der);
	tear_down();
}

static void
protection_without_an_algorithm_is_refused(void)
{
	struct cmp_header h;

	set_up();
	h = whole_header();
	h.protection_alg = MEM_NONE;
	CU_ASSERT_EQUAL(reason_of_whole_header(h), R_CMP_HEADER);
	tear_down();
}

static void
an_algorithm_that_is_not_allowed_is_refused(void)
{
	static const uint8_t ecdsa_sha1[] = { 0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1 };
	struct cmp_header h;

	set_up();
	h = whole_header();
	h.protection_alg = MEM(ecdsa_sha1);
	CU_ASSERT_EQUAL(reason_of_whole_header(h), R_WEAK_ALGORITHM);
	tear_down();
}

static void
sender_kid_must_point_to_a_certificate_that_came_along(void)
{
	struct cmp_header h;

	set_up();
	h = whole_header();
	h.sender_kid = MEM(nonce_a);
	CU_ASSERT_EQUAL(reason_of_whole_header(h), R_CMP_PROTECTION);
	h.sender_kid = MEM_NONE;
	CU_ASSERT_EQUAL(reason_of_whole_header(h), R_NONE);
	tear_down();
}

/* It has no subjectKeyIdentifier, so the sender's name is all there is to point with. */
static void
a_certificate_without_key_identifier_is_found_by_the_senders_name(void)
{
	struct cmp_expect x;
	struct cmp_header h;
	struct signer noski;

	set_up();
	signer_init(&noski, "noski");
	x = answer_expect(trust);
	h = answer_header();
	cmp_protector_header(&noski.protector, &h);
	h.sender_kid = MEM(nonce_a);
	CU_ASSERT_EQUAL(reason_of(make_answer(&noski, h, false), &x), R_NONE);
	h.sender = cert_get0_subject(signer.chain.v[0]);
	CU_ASSERT_EQUAL(reason_of(make_answer(&noski, h, false), &x), R_CMP_PROTECTION);
	signer_clear(&noski);
	tear_down();
}

static void
sender_must_be_the_subject_of_the_signer(void)
{
	struct cmp_header h;

	set_up();
	h = whole_header();
	h.sender = cert_get0_subject(signer.chain.v[1]);
	CU_ASSERT_EQUAL(reason_of_whole_header(h), R_CMP_PROTECTION);
	h.sender = MEM_NONE;
	CU_ASSERT_EQUAL(reason_of_whole_header(h), R_CMP_PROTECTION);
	tear_down();
}

static void
another_sender_than_expected_is_refused(void)
{
	struct cert *by = NULL;
	struct cmp_expect x;
	struct cmp_msg *m;
	struct err e;

	set_up();
	x = answer_expect(trust);
	x.sender = cert_get0_subject(signer.chain.v[1]);
	CU_ASSERT_EQUAL(reason_of(make_answer(&signer, answer_header(), true), &x), R_CMP_SIGNER);
	m = make_answer(&signer, answer_header(), true);
	err_clear(&e);
	CU_ASSERT_EQUAL(cmp_verify(m, &x, &by, &e), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, "it is CN="));	/* both names, for who has to find the misspelt one */
	CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, ", not CN="));
	cmp_msg_free(m);
	tear_down();
}

static enum reason
reason_of_signer(const char *name, int64_t later)
{
	struct cmp_expect x = answer_expect(trust);
	struct signer s;
	enum reason r;

	signer_init(&s, name);
	x.now += later;
	r = reason_of(make_answer(&s, answer_header(), true), &x);
	signer_clear(&s);
	return r;
}

static void
the_signers_certificate_must_be_trusted_and_for_signatures(void)
{
	const int64_t century = INT64_C(101) * 365 * 86400;

	set_up();
	CU_ASSERT_EQUAL(reason_of_signer("signer", 0), R_NONE);
	CU_ASSERT_EQUAL(reason_of_signer("noski", 0), R_NONE);
	CU_ASSERT_EQUAL(reason_of_signer("stranger", 0), R_CMP_SIGNER);
	CU_ASSERT_EQUAL(reason_of_signer("encipher", 0), R_CMP_SIGNER);
	CU_ASSERT_EQUAL(reason_of_signer("signer", century), R_CERT_EXPIRED);
	tear_down();
}

/* The message with other certificates behind it: they are not protected. */
static struct cmp_msg *
with_extra(struct cmp_msg *m, const struct certs *extra)
{
	struct blob part = { NULL, 0 }, der = { NULL, 0 };
	struct cmp_msg *other = NULL;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(cmp_msg_protected_part(m, &part, &e), 0);
	CU_ASSERT_EQUAL_FATAL(cmp_msg_assemble(mem_of(&part), cmp_msg_get0_protection(m), extra, &der, &e), 0);
	CU_ASSERT_EQUAL_FATAL(cmp_msg_parse(mem_of(&der), &other, &e), 0);
	blob_free(&part);
	blob_free(&der);
	cmp_msg_free(m);
	return other;
}

static void
a_signer_with_a_key_too_weak_is_refused(void)
{
	struct certs weak = { NULL, 0 };
	struct cmp_expect x;
	struct cmp_header h;
	struct err e;

	set_up();
	CU_ASSERT_EQUAL_FATAL(certs_load("tests/data/pki/device-rsa1024.pem", 1, &weak, &e), 0);
	x = answer_expect(trust);
	h = whole_header();
	h.sender = cert_get0_subject(weak.v[0]);
	h.sender_kid = MEM_NONE;
	CU_ASSERT_EQUAL(reason_of(with_extra(make_answer(&signer, h, false), &weak), &x), R_KEY_TOO_WEAK);
	certs_free(&weak);
	tear_down();
}

static void
a_signer_known_from_before_is_found_without_extra_certs(void)
{
	struct cmp_expect x;
	struct signer other;

	set_up();
	x = answer_expect(trust);
	CU_ASSERT_EQUAL(reason_of(with_extra(make_answer(&signer, answer_header(), true), NULL), &x),
	    R_CMP_PROTECTION);
	x.known_signer = signer.chain.v[0];
	CU_ASSERT_EQUAL(reason_of(with_extra(make_answer(&signer, answer_header(), true), NULL), &x), R_NONE);
	signer_init(&other, "ra");
	CU_ASSERT_EQUAL(reason_of(with_extra(make_answer(&other, answer_header(), true), NULL), &x),
	    R_CMP_PROTECTION);
	x.now = cert_not_after(x.known_signer) + 1;
	CU_ASSERT_EQUAL(reason_of(with_extra(make_answer(&signer, answer_header(), true), NULL), &x),
	    R_CERT_EXPIRED);
	x.now = cert_not_before(x.known_signer) - 1;
	CU_ASSERT_EQUAL(reason_of(with_extra(make_answer(&signer, answer_header(), true), NULL), &x),
	    R_CERT_EXPIRED);
	signer_clear(&other);
	tear_down();
}

static void
an_anchor_may_sign_and_stay_out_of_extra_certs(void)
{
	struct cmp_expect x;
	struct signer root;

	set_up();
	signer_init(&root, "root");
	x = answer_expect(trust);
	CU_ASSERT_EQUAL(reason_of(make_answer(&root, answer_header(), true), &x), R_NONE);
	CU_ASSERT_EQUAL(reason_of(with_extra(make_answer(&root, answer_header(), true), NULL), &x), R_NONE);
	signer_clear(&root);
	signer_init(&root, "stranger");
	CU_ASSERT_EQUAL(reason_of(with_extra(make_answer(&root, answer_header(), true), NULL), &x),
	    R_CMP_PROTECTION);
	signer_clear(&root);
	tear_down();
}

static void
extra_certs_come_in_any_order_and_with_strangers(void)
{
	struct cert *stranger = pki_cert("stranger"), *root = pki_cert("root");
	struct cert *mixed[4];
	struct cmp_expect x;

	set_up();
	x = answer_expect(trust);
	mixed[0] = stranger;
	mixed[1] = signer.chain.v[1];
	mixed[2] = root;
	mixed[3] = signer.chain.v[0];
	CU_ASSERT_EQUAL(reason_of(with_extra(make_answer(&signer, answer_header(), true),
	    &(struct certs){ mixed, 4 }), &x), R_NONE);
	mixed[1] = stranger;			/* the way to the root is cut */
	CU_ASSERT_EQUAL(reason_of(with_extra(make_answer(&signer, answer_header(), true),
	    &(struct certs){ mixed, 4 }), &x), R_CMP_SIGNER);
	cert_free(stranger);
	cert_free(root);
	tear_down();
}

static void
a_changed_signature_is_refused(void)
{
	struct cmp_expect x;
	struct blob der;
	struct cmp_msg *m, *changed = NULL;
	struct mem bits;
	struct err e;
	size_t at;

	set_up();
	x = answer_expect(trust);
	m = make_answer(&signer, answer_header(), true);
	der = (struct blob){ NULL, 0 };
	CU_ASSERT_EQUAL_FATAL(blob_set1(&der, cmp_msg_get0_der(m), &e), 0);
	bits = cmp_msg_get0_protection(m);
	at = 0;
	while (memcmp(der.p + at, bits.p, bits.len) != 0)
		at++;
	der.p[at + bits.len - 1] ^= 1;
	CU_ASSERT_EQUAL_FATAL(cmp_msg_parse(mem_of(&der), &changed, &e), 0);
	CU_ASSERT_EQUAL(reason_of(changed, &x), R_CMP_PROTECTION);
	cmp_msg_free(m);
	blob_free(&der);
	tear_down();
}

static void
no_flipped_bit_is_believed(void)
{
	struct cmp_expect x;
	struct blob der = { NULL, 0 };
	struct cmp_msg *m;
	struct err e;
	size_t covered, believed = 0;

	set_up();
	x = answer_expect(trust);
	m = make_answer(&signer, answer_header(), true);
	CU_ASSERT_EQUAL_FATAL(blob_set1(&der, cmp_msg_get0_der(m), &e), 0);
	/* header, body and protection; behind them stand the certificates, which nothing covers */
	covered = der.len - cert_get0_der(signer.chain.v[0]).len - cert_get0_der(signer.chain.v[1]).len - 8;
	cmp_msg_free(m);
	for (size_t i = 0; i < covered * 8; i++) {
		der.p[i / 8] ^= (uint8_t)(1 << i % 8);
		if (cmp_msg_parse(mem_of(&der), &m, &e) == 0) {
			believed += cmp_verify(m, &x, NULL, &e) == 0;
			cmp_msg_free(m);
		}
		der.p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	CU_ASSERT_EQUAL(believed, 0);
	blob_free(&der);
	tear_down();
}

/* Who asks the signer to sign gets what it refuses, item by item. */
static int
refuse_second(void *self, struct cmp_sign_item *items, size_t n, struct err *e)
{
	int rc = cmp_sign_with_key(self, items, n, e);

	if (n > 1)
		(void)err_set(&items[1].err, R_SIGNER_REFUSED, "not this one");
	return rc;
}

static void
many_are_protected_with_one_question_and_fail_one_by_one(void)
{
	struct blob content = { NULL, 0 };
	struct cmp_out out[4] = { 0 };
	struct cmp_expect x;
	struct cmp_msg *m;
	struct err e;

	set_up();
	x = answer_expect(trust);
	CU_ASSERT_EQUAL_FATAL(cmp_pki_conf_build(&content, &e), 0);
	for (size_t i = 0; i < 4; i++)
		out[i] = (struct cmp_out){ .header = answer_header(), .body = CMP_PKICONF,
		    .content = mem_of(&content), .with_chain = true };
	out[2].content = MEM_NONE;			/* cannot be built, so it is not asked for */
	signer.protector.sign = refuse_second;
	CU_ASSERT_EQUAL(cmp_protect(&signer.protector, out, 4, &e), 0);
	CU_ASSERT_EQUAL(out[1].err.reason, R_SIGNER_REFUSED);
	CU_ASSERT_PTR_NULL(out[1].der.p);
	CU_ASSERT_EQUAL(out[2].err.reason, R_NOT_DER);
	for (size_t i = 0; i < 4; i += 3) {
		CU_ASSERT_EQUAL(out[i].err.reason, R_NONE);
		CU_ASSERT_EQUAL_FATAL(cmp_msg_parse(mem_of(&out[i].der), &m, &e), 0);
		CU_ASSERT_EQUAL(reason_of(m, &x), R_NONE);
		blob_free(&out[i].der);
	}
	blob_free(&content);
	tear_down();
}

static const struct unit_test tests[] = {
	UNIT(a_right_answer_is_verified_and_names_its_signer),
	UNIT(pvno_must_be_2_or_3),
	UNIT(an_error_message_may_have_pvno_1),
	UNIT(transaction_id_must_be_there_and_ours),
	UNIT(body_must_be_one_of_those_expected),
	UNIT(sender_nonce_must_have_128_bits),
	UNIT_AS(reg_cmp_replayed_answer, recip_nonce_must_be_one_that_we_sent),
	UNIT(a_first_message_needs_no_nonce_of_ours),
	UNIT(a_message_without_protection_is_refused),
	UNIT_AS(reg_cve_2024_36066_shared_secret, a_mac_is_refused_by_its_kind),
	UNIT(protection_without_an_algorithm_is_refused),
	UNIT_AS(reg_cmp_weaker_algorithm, an_algorithm_that_is_not_allowed_is_refused),
	UNIT(sender_kid_must_point_to_a_certificate_that_came_along),
	UNIT(a_signer_with_a_key_too_weak_is_refused),
	UNIT(a_certificate_without_key_identifier_is_found_by_the_senders_name),
	UNIT(sender_must_be_the_subject_of_the_signer),
	UNIT_AS(reg_cmp_trusted_but_another, another_sender_than_expected_is_refused),
	UNIT(the_signers_certificate_must_be_trusted_and_for_signatures),
	UNIT(a_signer_known_from_before_is_found_without_extra_certs),
	UNIT(an_anchor_may_sign_and_stay_out_of_extra_certs),
	UNIT(extra_certs_come_in_any_order_and_with_strangers),
	UNIT(a_changed_signature_is_refused),
	UNIT(no_flipped_bit_is_believed),
	UNIT(many_are_protected_with_one_question_and_fail_one_by_one),
};
UNIT_SUITE(verify_suite, tests);
