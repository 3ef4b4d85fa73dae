/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/cmp/verify.h"
#include "common/pki/envelope.h"
#include "common/pki/name.h"
#include "tests/unit/ra/rig.h"
#include "tests/unit/unit.h"

static const struct told properly = { 0 };

static const struct cmp_header *
seen(const struct rig *r)
{
	return cmp_msg_get0_header(r->seen);
}

/* What a CA checks of an RA's message: RFC 9483 section 3.5. */
static void
ca_believes_it(const struct rig *r, uint32_t body)
{
	const struct cmp_expect x = { .bodies = body, .trust = r->trust, .now = clock_wall_s() };
	struct err e;

	CU_ASSERT_EQUAL(cmp_verify(r->seen, &x, NULL, &e), 0);
}

static void
the_enrolment_carries(struct rig *r, enum cmp_body body, const struct blob *request)
{
	struct mem content;
	struct err e;

	CU_ASSERT_EQUAL(cmp_msg_body(r->seen), body);
	CU_ASSERT_EQUAL(cmp_request_read(r->seen, &content, &e), 0);
	CU_ASSERT_TRUE(mem_eq(content, mem_of(request)));
	ca_believes_it(r, CMP_BIT(body));
}

static void
a_pkcs10_goes_as_p10cr_and_crmf_as_ir_bit_for_bit(void)
{
	struct rig r;

	rig_open(&r, false);
	CU_ASSERT_EQUAL(rig_step(&r, CA_ENROL, properly), CV_ISSUED);
	the_enrolment_carries(&r, CMP_P10CR, &r.csr);
	rig_item(&r, false, true, false);
	CU_ASSERT_EQUAL(rig_step(&r, CA_ENROL, properly), CV_ISSUED);
	the_enrolment_carries(&r, CMP_IR, &r.crmf);
	rig_item(&r, true, true, true);		/* both: CMP takes the CRMF */
	CU_ASSERT_EQUAL(rig_step(&r, CA_ENROL, properly), CV_ISSUED);
	the_enrolment_carries(&r, CMP_IR, &r.crmf);
	rig_close(&r);
}

/* The profile still says so when the operator has let the request go. */
static void
what_was_held_goes_once_it_is_approved(void)
{
	struct rig r;

	rig_open(&r, true);
	r.profile.hold = true;
	CU_ASSERT_EQUAL(rig_step(&r, CA_ENROL, properly), CV_ISSUED);
	rig_close(&r);
}

static void
the_first_header_is_as_rfc_9483_wants_it(void)
{
	const struct cmp_header *h;
	struct rig r;

	rig_open(&r, true);
	CU_ASSERT_EQUAL(rig_step(&r, CA_ENROL, properly), CV_ISSUED);
	h = seen(&r);
	CU_ASSERT_EQUAL(h->pvno, 2);
	CU_ASSERT_TRUE(name_equal(h->sender, cert_get0_subject(r.ra_chain.v[0])));
	CU_ASSERT_TRUE(name_equal(h->recipient, cert_get0_subject(r.ca.chain.v[0])));
	CU_ASSERT_TRUE(mem_eq(h->sender_kid, cert_get0_ski(r.ra_chain.v[0])));
	CU_ASSERT_TRUE(h->message_time > clock_wall_s() - 60);
	CU_ASSERT_EQUAL(h->transaction_id.len, 16);
	CU_ASSERT_EQUAL(h->transaction_id.p[0], 1);	/* the attempt, as the rig derives it */
	CU_ASSERT_EQUAL(h->sender_nonce.len, 16);
	CU_ASSERT_EQUAL(h->recip_nonce.len, 0);
	CU_ASSERT_TRUE(h->implicit_confirm);
	CU_ASSERT_EQUAL(cmp_msg_get0_extra_certs(r.seen)->n, 1);
	rig_close(&r);
}

static void
later_messages_chain_the_nonces_and_ask_for_nothing_new(void)
{
	uint8_t first[16], tid[16];
	struct blob peer = { NULL, 0 };
	struct err e;
	struct rig r;

	rig_open(&r, true);
	CU_ASSERT_EQUAL(rig_step(&r, CA_ENROL, (struct told){ .status = PKI_WAITING }), CV_WAITING);
	memcpy(first, seen(&r)->sender_nonce.p, 16);
	memcpy(tid, seen(&r)->transaction_id.p, 16);
	CU_ASSERT_EQUAL(blob_set1(&peer, mem_of(&r.item.peer_nonce), &e), 0);
	CU_ASSERT_EQUAL(rig_step(&r, CA_POLL, properly), CV_ISSUED);
	CU_ASSERT_EQUAL(cmp_msg_body(r.seen), CMP_POLLREQ);
	CU_ASSERT_TRUE(mem_eq(seen(&r)->recip_nonce, mem_of(&peer)));
	CU_ASSERT_NOT_EQUAL(memcmp(seen(&r)->sender_nonce.p, first, 16), 0);
	CU_ASSERT_EQUAL(memcmp(seen(&r)->transaction_id.p, tid, 16), 0);
	CU_ASSERT_FALSE(seen(&r)->implicit_confirm);
	ca_believes_it(&r, CMP_BIT(CMP_POLLREQ));
	CU_ASSERT_EQUAL(r.txid_asks, 1);	/* only a new transaction needs an id */
	blob_free(&peer);
	rig_close(&r);
}

static void
check_confirmation(struct rig *r, bool accepted, int64_t id)
{
	struct cmp_cert_conf c;
	struct cert *cert = NULL;
	struct buf hash;
	struct err e;

	buf_init(&hash, 64);
	CU_ASSERT_EQUAL(cmp_cert_conf_read(r->seen, &c, &e), 0);
	CU_ASSERT_EQUAL(cert_parse(mem_of(&r->item.cert), &cert, &e), 0);
	CU_ASSERT_EQUAL(cert_cert_hash(cert, &hash, &e), 0);
	CU_ASSERT_TRUE(mem_eq(c.cert_hash, buf_mem(&hash)));
	CU_ASSERT_EQUAL(c.accepted, accepted);
	CU_ASSERT_EQUAL(c.cert_req_id, id);
	ca_believes_it(r, CMP_BIT(CMP_CERTCONF));
	cert_free(cert);
	buf_free(&hash);
}

static void
a_confirmation_has_the_certificates_hash_and_the_answers_cert_req_id(void)
{
	struct rig r;

	rig_open(&r, false);
	CU_ASSERT_EQUAL(rig_step(&r, CA_ENROL, (struct told){ .minus_one = true }), CV_ISSUED);
	CU_ASSERT_TRUE(r.item.confirm);
	CU_ASSERT_EQUAL(rig_step(&r, CA_CONFIRM, properly), CV_CONFIRMED);
	check_confirmation(&r, true, -1);
	rig_close(&r);
}

static void
a_bad_certificate_is_rejected_in_the_confirmation(void)
{
	struct rig r;

	rig_open(&r, false);
	CU_ASSERT_EQUAL(rig_step(&r, CA_ENROL, (struct told){ .for_other_key = true }), CV_BAD_CERT);
	r.item.reject = true;
	CU_ASSERT_EQUAL(rig_step(&r, CA_CONFIRM, properly), CV_CONFIRMED);
	check_confirmation(&r, false, 0);
	rig_close(&r);
}

static void
a_batch_costs_the_signer_three_questions(void)
{
	struct ca_item copy[20], *items[20];
	struct err e;
	struct rig r;

	rig_open(&r, false);
	for (size_t i = 0; i < 20; i++) {
		copy[i] = r.item;
		copy[i].attempt = (uint32_t)i + 1;
		items[i] = &copy[i];
	}
	CU_ASSERT_EQUAL(r.ra.prepare(r.ra.self, items, 20, &e), 0);
	CU_ASSERT_EQUAL(r.credential_asks + r.txid_asks + r.sign_asks, 3);
	for (size_t i = 0; i < 20; i++) {
		CU_ASSERT_TRUE(copy[i].message.len > 0);
		CU_ASSERT_EQUAL(copy[i].transaction_id[0], i + 1);
		ca_item_free(&copy[i]);
	}
	rig_close(&r);
}

static void
without_the_signer_nothing_is_made(void)
{
	struct rig r;

	rig_open(&r, false);
	r.signer_away = true;
	CU_ASSERT_EQUAL(rig_prepare(&r, CA_ENROL), -1);
	CU_ASSERT_EQUAL(r.item.message.len, 0);
	rig_close(&r);
}

static void
with_a_credential_that_is_replaced_meanwhile_messages_are_made_anew(void)
{
	struct rig r;

	rig_open(&r, false);
	r.replaced = 2;
	CU_ASSERT_EQUAL(rig_prepare(&r, CA_ENROL), 0);
	CU_ASSERT_TRUE(r.item.message.len > 0);
	CU_ASSERT_EQUAL(r.credential_asks, 3);
	CU_ASSERT_EQUAL(r.sign_asks, 3);
	CU_ASSERT_EQUAL(r.txid_asks, 1);
	blob_free(&r.item.message);
	r.replaced = UINT_MAX;			/* that is not for ever */
	CU_ASSERT_EQUAL(rig_prepare(&r, CA_ENROL), -1);
	CU_ASSERT_EQUAL(r.item.message.len, 0);
	rig_close(&r);
}

/* --- the second check --- */

static void
is_refused(struct rig *r, enum reason why)
{
	CU_ASSERT_EQUAL(rig_prepare(r, CA_ENROL), -1);
	CU_ASSERT_EQUAL(r->item.err.reason, why);
	CU_ASSERT_EQUAL(r->item.message.len, 0);
	CU_ASSERT_EQUAL(r->sign_asks, 0);
}

static void
an_envelope_by_another_device_is_refused(void)
{
	struct rig r;

	rig_open(&r, false);
	rig_item(&r, true, true, true);
	r.device_key[5] ^= 1;
	is_refused(&r, R_ENVELOPE_OTHER_STATION);
	rig_close(&r);
}

static void
an_envelope_for_another_station_or_profile_is_refused(void)
{
	struct profile two[2];
	struct rig r;

	rig_open(&r, false);
	rig_item(&r, true, true, true);
	r.item.station = "gnb-2";
	is_refused(&r, R_ENVELOPE_OTHER_STATION);
	rig_item(&r, true, true, true);
	two[0] = two[1] = r.profile;
	two[1].name = (char *)(uintptr_t)"other";
	r.profiles = (struct profiles){ two, 2 };
	r.item.profile = "other";
	is_refused(&r, R_PROFILE_UNKNOWN);
	rig_close(&r);
}

static void
an_envelope_around_another_request_is_refused(void)
{
	struct rig r;

	rig_open(&r, false);
	rig_item(&r, true, false, true);	/* the CRMF that is inside was not stored */
	is_refused(&r, R_ENVELOPE_BAD);
	rig_item(&r, false, true, true);	/* nor the PKCS#10 */
	is_refused(&r, R_ENVELOPE_BAD);
	rig_close(&r);
}

static void
an_envelope_may_leave_the_profile_to_the_inventory(void)
{
	struct envelope_content c = { .station = "gnb-1" };
	struct rig r;
	struct err e;

	rig_open(&r, false);
	c.pkcs10 = mem_of(&r.csr);
	blob_free(&r.envelope);
	CU_ASSERT_EQUAL_FATAL(envelope_build(&c, r.device, &r.device_chain, &r.envelope, &e), 0);
	rig_item(&r, true, false, true);
	CU_ASSERT_EQUAL(rig_prepare(&r, CA_ENROL), 0);
	rig_close(&r);
}

static void
a_stored_request_that_cannot_be_read_is_refused(void)
{
	struct rig r;

	rig_open(&r, false);
	r.item.pkcs10.len--;
	is_refused(&r, R_NOT_DER);
	rig_close(&r);
}

static void
a_changed_octet_of_the_evidence_is_refused(void)
{
	struct rig r;

	rig_open(&r, false);
	rig_item(&r, true, true, true);
	r.envelope.p[r.envelope.len - 5] ^= 1;
	is_refused(&r, R_ENVELOPE_SIGNATURE);
	rig_close(&r);
}

/* It is the signer that finds it; the request is told what the door would have told it. */
static void
a_request_without_a_good_proof_is_refused_as_such(void)
{
	struct rig r;

	rig_open(&r, false);
	r.csr.p[r.csr.len - 5] ^= 1;
	rig_item(&r, true, false, false);
	CU_ASSERT_EQUAL(rig_prepare(&r, CA_ENROL), -1);
	CU_ASSERT_EQUAL(r.item.err.reason, R_BAD_SIGNATURE);
	CU_ASSERT_EQUAL(r.item.message.len, 0);
	r.csr.p[r.csr.len - 5] ^= 1;
	r.crmf.p[r.crmf.len - 5] ^= 1;
	rig_item(&r, false, true, false);
	CU_ASSERT_EQUAL(rig_prepare(&r, CA_ENROL), -1);
	CU_ASSERT_EQUAL(r.item.err.reason, R_BAD_SIGNATURE);
	CU_ASSERT_EQUAL(r.item.message.len, 0);
	rig_close(&r);
}

static void
what_the_signer_refuses_for_its_own_reasons_stays_its_own(void)
{
	struct rig r;

	rig_open(&r, false);
	r.refuses = R_SIGNER_REFUSED;
	CU_ASSERT_EQUAL(rig_prepare(&r, CA_ENROL), -1);
	CU_ASSERT_EQUAL(r.item.err.reason, R_SIGNER_REFUSED);
	CU_ASSERT_EQUAL(r.item.message.len, 0);
	rig_item(&r, true, false, false);
	r.refuses = R_NO_MEMORY;		/* no word about the request */
	CU_ASSERT_EQUAL(rig_prepare(&r, CA_ENROL), -1);
	CU_ASSERT_EQUAL(r.item.err.reason, R_NO_MEMORY);
	rig_item(&r, true, false, false);
	r.refuses = R_NONE;
	CU_ASSERT_EQUAL(rig_step(&r, CA_ENROL, (struct told){ .status = PKI_WAITING }), CV_WAITING);
	r.refuses = R_SIGNER_REFUSED;		/* nor is one about a poll */
	r.station.blocked = true;
	CU_ASSERT_EQUAL(rig_prepare(&r, CA_POLL), -1);
	CU_ASSERT_EQUAL(r.item.err.reason, R_SIGNER_REFUSED);
	rig_close(&r);
}

static void
what_inventory_or_profile_no_longer_allow_is_refused(void)
{
	struct rig r;

	rig_open(&r, false);
	r.station.blocked = true;
	is_refused(&r, R_STATION_BLOCKED);
	r.station.blocked = false;
	r.station.subject = (char *)(uintptr_t)"CN=another,O=Example";
	is_refused(&r, R_SUBJECT_MISMATCH);
	r.station.subject = (char *)(uintptr_t)"";
	r.profile.envelope_required = true;
	is_refused(&r, R_ENVELOPE_REQUIRED);
	rig_item(&r, true, true, true);
	CU_ASSERT_EQUAL(rig_prepare(&r, CA_ENROL), 0);
	rig_close(&r);
}

static void
a_stored_hash_of_another_key_is_refused(void)
{
	struct rig r;

	rig_open(&r, false);
	r.spki_sha256[0] ^= 1;
	is_refused(&r, R_KEY_BAD);
	rig_close(&r);
}

static void
one_bad_request_does_not_stop_the_batch(void)
{
	struct ca_item bad, *items[2];
	struct err e;
	struct rig r;

	rig_open(&r, false);
	bad = r.item;
	bad.profile = "unknown";
	items[0] = &bad;
	items[1] = &r.item;
	CU_ASSERT_EQUAL(r.ra.prepare(r.ra.self, items, 2, &e), 0);
	CU_ASSERT_EQUAL(bad.err.reason, R_PROFILE_UNKNOWN);
	CU_ASSERT_EQUAL(r.item.err.reason, R_NONE);
	CU_ASSERT_TRUE(r.item.message.len > 0);
	rig_close(&r);
}

static const struct unit_test tests[] = {
	UNIT(a_pkcs10_goes_as_p10cr_and_crmf_as_ir_bit_for_bit),
	UNIT(what_was_held_goes_once_it_is_approved),
	UNIT(the_first_header_is_as_rfc_9483_wants_it),
	UNIT(later_messages_chain_the_nonces_and_ask_for_nothing_new),
	UNIT(a_confirmation_has_the_certificates_hash_and_the_answers_cert_req_id),
	UNIT(a_bad_certificate_is_rejected_in_the_confirmation),
	UNIT(a_batch_costs_the_signer_three_questions),
	UNIT(without_the_signer_nothing_is_made),
	UNIT(with_a_credential_that_is_replaced_meanwhile_messages_are_made_anew),
	UNIT(an_envelope_by_another_device_is_refused),
	UNIT(an_envelope_for_another_station_or_profile_is_refused),
	UNIT(an_envelope_around_another_request_is_refused),
	UNIT(an_envelope_may_leave_the_profile_to_the_inventory),
	UNIT(a_stored_request_that_cannot_be_read_is_refused),
	UNIT(a_changed_octet_of_the_evidence_is_refused),
	UNIT(a_request_without_a_good_proof_is_refused_as_such),
	UNIT(what_the_signer_refuses_for_its_own_reasons_stays_its_own),
	UNIT(what_inventory_or_profile_no_longer_allow_is_refused),
	UNIT(a_stored_hash_of_another_key_is_refused),
	UNIT(one_bad_request_does_not_stop_the_batch),
};
extern const struct unit_suite prepare_suite;
UNIT_SUITE(prepare_suite, tests);
