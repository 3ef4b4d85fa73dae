/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/ra/rig.h"
#include "tests/unit/unit.h"

#define FAIL(f) (1u << FI_##f)

/* The CA, told so, answers an enrolment in PKCS#10: the verdict. */
static enum ca_verdict
enrol(struct rig *r, struct told told)
{
	rig_item(r, true, false, false);
	return rig_step(r, CA_ENROL, told);
}

static void
a_good_answer_gives_certificate_chain_and_what_lists_show(void)
{
	struct cert *c = NULL;
	struct certs chain = { NULL, 0 };
	struct err e;
	struct rig r;

	rig_open(&r, false);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ 0 }), CV_ISSUED);
	CU_ASSERT_EQUAL(r.item.err.reason, R_NONE);
	CU_ASSERT_TRUE(r.item.confirm);
	CU_ASSERT_EQUAL(cert_parse(mem_of(&r.item.cert), &c, &e), 0);
	CU_ASSERT_EQUAL(memcmp(cert_get0_spki_sha256(c), r.spki_sha256, 32), 0);
	CU_ASSERT_EQUAL(certs_parse(mem_of(&r.item.chain), 10, &chain, &e), 0);
	CU_ASSERT_EQUAL(chain.n, 2);
	CU_ASSERT_TRUE(mem_eq(cert_get0_der(chain.v[0]), mem_of(&r.item.cert)));
	CU_ASSERT_TRUE(mem_eq(cert_get0_der(chain.v[1]), cert_get0_der(r.ca.chain.v[0])));
	CU_ASSERT_TRUE(mem_eq(mem_of(&r.item.info.serial), cert_get0_serial(c)));
	CU_ASSERT_STRING_EQUAL(r.item.info.subject, "CN=gnb-1,O=Example");
	CU_ASSERT_STRING_EQUAL(r.item.info.issuer, "CN=Test CA,O=Example");
	CU_ASSERT_EQUAL(r.item.info.not_after, cert_not_after(c));
	CU_ASSERT_TRUE(r.item.peer_nonce.len >= 16);
	CU_ASSERT_TRUE(mem_eq(mem_of(&r.item.peer_signer), cert_get0_der(r.ca.chain.v[0])));
	CU_ASSERT_TRUE(r.item.answer.len > 0);
	cert_free(c);
	certs_free(&chain);
	rig_close(&r);
}

static void
granted_with_mods_is_judged_as_accepted_is(void)
{
	struct rig r;

	rig_open(&r, false);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ .status = PKI_GRANTED_WITH_MODS }), CV_ISSUED);
	rig_close(&r);
}

/* Nothing that cannot be verified, or is not about this message, decides anything. */
static void
a_tampered_answer_is_no_answer(void)
{
	static const struct {
		const char *what;
		struct told told;
	} row[] = {
		{ "a cut message", { .cut = true } },
		{ "another transaction", { .wrong_tid = true } },
		{ "another message", { .wrong_nonce = true } },
		{ "no senderNonce", { .no_sender_nonce = true } },
		{ "no protection", { .unprotected = true } },
		{ "another key", { .other_key = true } },
		{ "another signer whom the CA certified", { .other_signer = true } },
		{ "an unprotected error", { .as_error = true, .unprotected = true, .status = PKI_REJECTION } },
		{ "an error by another key", { .as_error = true, .other_key = true, .status = PKI_REJECTION } },
		{ "ip to p10cr", { .body = CMP_IP } },
		{ "kup to p10cr", { .body = CMP_KUP } },
		{ "pkiConf to p10cr", { .as_pki_conf = true } },
		{ "pollRep to p10cr", { .poll_rep = true } },
		{ "accepted without certificate", { .no_cert = true } },
		{ "another certReqId", { .req_id = 1 } },
		{ "certReqId -2", { .req_id = -2 } },
		{ "an error with an unknown status", { .as_error = true, .status = 9 } },
		{ "an unprotected one", { .as_error = true, .status = 9, .unprotected = true } },
		{ "a status for revocations", { .status = PKI_REVOCATION_WARNING } },
		{ "an unknown status", { .status = 9 } },
		{ "nothing", { .outcome = UP_LOST } },
		{ "HTTP alone", { .outcome = UP_TRANSPORT } },
	};
	struct rig r;

	rig_open(&r, false);
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		enum ca_verdict v = enrol(&r, row[i].told);

		if (v != CV_NO_ANSWER || r.item.no_resend)
			printf("%s: verdict %d\n", row[i].what, (int)v);
		CU_ASSERT_EQUAL(v, CV_NO_ANSWER);
		CU_ASSERT_FALSE(r.item.no_resend);
		CU_ASSERT_NOT_EQUAL(r.item.err.reason, R_NONE);
		CU_ASSERT_EQUAL(r.item.cert.len, 0);
		CU_ASSERT_EQUAL(r.item.chain.len, 0);
	}
	rig_close(&r);
}

static void
what_never_left_says_so(void)
{
	struct rig r;

	rig_open(&r, false);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ .outcome = UP_NEVER_LEFT }), CV_NEVER_LEFT);
	CU_ASSERT_TRUE(r.item.ca_gone);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ .outcome = UP_TRANSPORT }), CV_NO_ANSWER);
	CU_ASSERT_TRUE(r.item.ca_gone && r.item.uncounted);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ .outcome = UP_LOST }), CV_NO_ANSWER);
	CU_ASSERT_FALSE(r.item.ca_gone || r.item.uncounted);
	rig_close(&r);
}

static void
an_unverified_error_is_shown_as_such(void)
{
	struct rig r;

	rig_open(&r, false);
	(void)enrol(&r, (struct told){ .as_error = true, .unprotected = true, .status = PKI_REJECTION,
	    .fail_info = FAIL(badPOP), .text = "go away" });
	CU_ASSERT_EQUAL(r.item.err.reason, R_CA_BAD_ANSWER);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.item.err.detail, "not believed"));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.item.err.detail, "go away"));
	rig_close(&r);
}

static void
the_cmp_message_in_an_http_error_counts(void)
{
	struct rig r;

	rig_open(&r, false);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ .http_status = 500, .as_error = true,
	    .status = PKI_REJECTION, .fail_info = FAIL(badPOP) }), CV_REFUSED);
	rig_close(&r);
}

static void
the_answer_to_p10cr_may_say_minus_one_or_zero_but_to_ir_only_zero(void)
{
	struct rig r;

	rig_open(&r, false);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ .minus_one = true }), CV_ISSUED);
	CU_ASSERT_EQUAL(r.item.cert_req_id, -1);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ 0 }), CV_ISSUED);
	CU_ASSERT_EQUAL(r.item.cert_req_id, 0);
	rig_item(&r, false, true, false);
	CU_ASSERT_EQUAL(rig_step(&r, CA_ENROL, (struct told){ .minus_one = true }), CV_NO_ANSWER);
	rig_close(&r);
}

static void
implicit_confirmation_counts_only_when_it_was_asked_for(void)
{
	struct rig r;

	rig_open(&r, true);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ .implicit = true }), CV_ISSUED);
	CU_ASSERT_FALSE(r.item.confirm);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ .implicit = false }), CV_ISSUED);
	CU_ASSERT_TRUE(r.item.confirm);
	rig_close(&r);
	rig_open(&r, false);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ .implicit = true }), CV_ISSUED);
	CU_ASSERT_TRUE(r.item.confirm);
	rig_close(&r);
}

/* --- certificates --- */

static void
a_certificate_that_does_not_answer_the_request_is_bad(void)
{
	static const struct {
		struct told told;
		enum reason why;
	} row[] = {
		{ { .for_other_key = true }, R_CA_WRONG_KEY },
		{ { .other_name = true }, R_CA_WRONG_NAME },
		{ { .extra_eku = true }, R_CA_WRONG_NAME },
		{ { .expired = true }, R_CA_CERT_BAD },
		{ { .self_made = true }, R_CA_WRONG_KEY },
	};
	struct rig r;

	rig_open(&r, false);
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		CU_ASSERT_EQUAL(enrol(&r, row[i].told), CV_BAD_CERT);
		CU_ASSERT_EQUAL(r.item.err.reason, row[i].why);
		CU_ASSERT_TRUE(r.item.cert.len > 0);	/* kept: it must be revoked */
		CU_ASSERT_TRUE(r.item.info.serial.len > 0);
		CU_ASSERT_EQUAL(r.item.chain.len, 0);
		CU_ASSERT_TRUE(r.item.confirm);
	}
	rig_close(&r);
}

/* Key and chain are right: it is the CA's own. */
static void
a_ca_certificate_is_bad(void)
{
	struct rig r;

	rig_open(&r, false);
	CU_ASSERT_EQUAL(rig_prepare(&r, CA_ENROL), 0);
	memcpy(r.spki_sha256, cert_get0_spki_sha256(r.ca.chain.v[0]), sizeof(r.spki_sha256));
	r.told = (struct told){ .own = true };
	CU_ASSERT_EQUAL(rig_exchange(&r), CV_BAD_CERT);
	CU_ASSERT_EQUAL(r.item.err.reason, R_CA_CERT_BAD);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.item.err.detail, "CA certificate"));
	rig_close(&r);
}

static void
an_expired_certificate_is_called_so(void)
{
	struct rig r;

	rig_open(&r, false);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ .expired = true }), CV_BAD_CERT);
	CU_ASSERT_STRING_EQUAL(r.item.err.detail, "it is expired");
	rig_close(&r);
}

/* Ours may be wrong, and a rejection is for good. */
static void
a_certificate_that_is_valid_by_the_cas_clock_is_taken(void)
{
	struct rig r;

	rig_open(&r, false);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ .expired = true, .behind_s = 30 }), CV_ISSUED);
	rig_close(&r);
}

static void
a_certificate_of_an_untrusted_issuer_is_bad(void)
{
	struct rig r, foreign;
	EVP_PKEY *right;

	rig_open(&r, false);
	rig_open(&foreign, false);
	right = r.ca.pkey;
	/* the same name, the same request, another CA's key; the answer itself is signed by the right one */
	r.ca.pkey = foreign.ca.pkey;
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ 0 }), CV_BAD_CERT);
	CU_ASSERT_EQUAL(r.item.err.reason, R_CA_CERT_BAD);
	r.ca.pkey = right;
	rig_close(&r);
	rig_close(&foreign);
}

static void
a_certificate_that_is_not_valid_when_it_comes_is_bad(void)
{
	static const struct {
		int64_t from_s, to_s, behind_s;		/* behind_s 1: it says no time */
		enum ca_verdict verdict;
		const char *why;
	} row[] = {
		{ 100, 9999, 0, CV_ISSUED, "" },		/* the CA's clock is a little ahead */
		{ 1000, 9999, 0, CV_BAD_CERT, "it is not valid yet" },
		{ 1000, 9999, -2000, CV_ISSUED, "" },		/* ... or far, in its message too */
		{ 1000, 9999, 30, CV_BAD_CERT, "it is not valid yet" },
		{ 1000, 9999, 1, CV_BAD_CERT, "it is not valid yet" },
		{ 100, -100, 0, CV_BAD_CERT, "it ends before it begins" },
		{ -200, -100, 0, CV_BAD_CERT, "it is expired" },
	};
	struct rig r;

	rig_open(&r, false);
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		CU_ASSERT_EQUAL(enrol(&r, (struct told){ .from_s = row[i].from_s, .to_s = row[i].to_s,
		    .behind_s = row[i].behind_s, .no_time = row[i].behind_s == 1 }), row[i].verdict);
		CU_ASSERT_STRING_EQUAL(r.item.err.detail, row[i].why);
	}
	rig_close(&r);
}

static void
a_certificate_by_a_ca_of_another_name_is_bad(void)
{
	struct rig r, foreign;
	X509_NAME *name;

	rig_open(&r, false);
	rig_open(&foreign, false);
	name = X509_get_subject_name(foreign.ca.x509);
	CU_ASSERT_EQUAL(X509_NAME_add_entry_by_txt(name, "OU", MBSTRING_UTF8, (const unsigned char *)"x", 1, -1, 0), 1);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ .by = &foreign.ca }), CV_BAD_CERT);
	CU_ASSERT_EQUAL(r.item.err.reason, R_CA_CERT_BAD);
	rig_close(&r);
	rig_close(&foreign);
}

/* Its octets cannot be rejected by a certConf, which would have to name them. */
static void
a_certificate_that_cannot_be_read_goes_to_an_operator(void)
{
	struct rig r;

	rig_open(&r, false);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ .der = { (const uint8_t *)"\x30\x00", 2 } }), CV_NO_ANSWER);
	CU_ASSERT_TRUE(r.item.no_resend);
	CU_ASSERT_EQUAL(r.item.cert.len, 0);
	rig_close(&r);
}

static void
a_name_too_long_to_show_is_still_a_wrong_name(void)
{
	struct rig r;

	rig_open(&r, false);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ .more_names = 20 }), CV_BAD_CERT);
	CU_ASSERT_EQUAL(r.item.err.reason, R_CA_WRONG_NAME);
	CU_ASSERT_STRING_EQUAL(r.item.info.subject, "(too long to show)");
	rig_close(&r);
}

static void
a_certificate_for_a_profile_that_is_gone_is_not_taken(void)
{
	struct rig r;

	rig_open(&r, false);
	CU_ASSERT_EQUAL(rig_prepare(&r, CA_ENROL), 0);
	r.told = (struct told){ 0 };
	r.profiles.n = 0;
	CU_ASSERT_EQUAL(rig_exchange(&r), CV_BAD_CERT);
	CU_ASSERT_EQUAL(r.item.err.reason, R_PROFILE_UNKNOWN);
	rig_close(&r);
}

/* --- refusals --- */

static void
a_refusal_for_every_reason_at_once_is_not_shown_but_counts(void)
{
	char text[256];
	struct rig r;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	rig_open(&r, false);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ .status = PKI_REJECTION, .text = text,
	    .fail_info = ((1u << 27) - 1) & ~(FAIL(transactionIdInUse) | FAIL(duplicateCertReq) |
	    FAIL(certConfirmed) | FAIL(systemUnavail) | FAIL(systemFailure) | FAIL(badTime)) }), CV_REFUSED);
	CU_ASSERT_STRING_EQUAL(r.item.err.detail, "an answer too long to show");
	rig_close(&r);
}

static void
refusals_are_told_apart_by_their_fail_info(void)
{
	static const struct {
		uint32_t fail;
		bool resent;
		enum ca_verdict verdict;
		enum reason why;
		bool no_resend, gone;
	} row[] = {
		{ FAIL(badPOP), false, CV_REFUSED, R_CA_REFUSED, false, false },
		{ FAIL(badCertTemplate), false, CV_REFUSED, R_CA_REFUSED, false, false },
		{ 0, false, CV_REFUSED, R_CA_REFUSED, false, false },
		{ FAIL(systemUnavail), false, CV_AGAIN, R_CA_REFUSED, false, true },
		{ FAIL(systemFailure), false, CV_AGAIN, R_CA_REFUSED, false, false },
		{ FAIL(badTime), false, CV_AGAIN, R_CA_REFUSED, false, false },
		{ FAIL(transactionIdInUse), false, CV_NO_ANSWER, R_CA_ACTED, true, false },
		{ FAIL(badPOP), true, CV_NO_ANSWER, R_CA_REFUSED_AGAIN, true, false },
		{ FAIL(badTime), true, CV_NO_ANSWER, R_CA_REFUSED_AGAIN, true, false },
		{ FAIL(systemFailure), true, CV_NO_ANSWER, R_CA_REFUSED_AGAIN, false, false },
		{ FAIL(systemUnavail), true, CV_NO_ANSWER, R_CA_REFUSED_AGAIN, false, true },
		{ FAIL(transactionIdInUse), true, CV_NO_ANSWER, R_CA_ACTED, true, false },
		{ FAIL(duplicateCertReq), true, CV_NO_ANSWER, R_CA_ACTED, true, false },
	};
	struct rig r;

	rig_open(&r, false);
	for (size_t i = 0; i < COUNT_OF(row); i++)
		for (int as_error = 0; as_error < 2; as_error++) {
			rig_item(&r, true, false, false);
			r.item.resent = row[i].resent;
			CU_ASSERT_EQUAL(rig_step(&r, CA_ENROL, (struct told){ .status = PKI_REJECTION,
			    .fail_info = row[i].fail, .as_error = as_error != 0, .text = "so there" }),
			    row[i].verdict);
			CU_ASSERT_EQUAL(r.item.err.reason, row[i].why);
			CU_ASSERT_EQUAL(r.item.no_resend, row[i].no_resend);
			CU_ASSERT_EQUAL(r.item.ca_gone, row[i].gone);
			CU_ASSERT_PTR_NOT_NULL(strstr(r.item.err.detail, "so there"));
		}
	rig_close(&r);
}

/* --- polling --- */

static void
waiting_is_polled_until_the_certificate_comes(void)
{
	struct rig r;

	rig_open(&r, false);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ .status = PKI_WAITING, .minus_one = true }), CV_WAITING);
	CU_ASSERT_EQUAL(rig_step(&r, CA_POLL, (struct told){ .poll_rep = true, .check_after = 30,
	    .req_id = -1 }), CV_WAITING);
	CU_ASSERT_EQUAL(r.item.check_after, 30);
	CU_ASSERT_EQUAL(rig_step(&r, CA_POLL, (struct told){ .poll_rep = true, .check_after = 30, .req_id = 1 }),
	    CV_NO_ANSWER);		/* RFC 4210 section 5.3.22: it is about another request */
	CU_ASSERT_EQUAL(r.item.err.reason, R_CA_BAD_ANSWER);
	CU_ASSERT_EQUAL(rig_step(&r, CA_POLL, (struct told){ .poll_rep = true, .check_after = -1 }), CV_NO_ANSWER);
	CU_ASSERT_EQUAL(rig_step(&r, CA_POLL, (struct told){ .poll_rep = true, .req_id = 0 }), CV_WAITING);
	CU_ASSERT_EQUAL(rig_step(&r, CA_POLL, (struct told){ 0 }), CV_ISSUED);
	CU_ASSERT_EQUAL(rig_step(&r, CA_CONFIRM, (struct told){ 0 }), CV_CONFIRMED);
	rig_close(&r);
}

static void
the_final_answer_may_refer_to_the_first_message_or_the_last_poll_and_nothing_else(void)
{
	struct rig r;

	rig_open(&r, false);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ .status = PKI_WAITING }), CV_WAITING);
	CU_ASSERT_EQUAL(rig_step(&r, CA_POLL, (struct told){ .wrong_nonce = true }), CV_NO_ANSWER);
	CU_ASSERT_EQUAL(rig_step(&r, CA_POLL, (struct told){ .first_nonce = true }), CV_ISSUED);
	rig_close(&r);
}

/* What was written down of the first answer's signer is not what it was. */
static void
a_remembered_signer_that_cannot_be_read_leaves_no_answer(void)
{
	struct rig r;

	rig_open(&r, false);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ .status = PKI_WAITING }), CV_WAITING);
	r.item.peer_signer.len--;
	CU_ASSERT_EQUAL(rig_step(&r, CA_POLL, (struct told){ 0 }), CV_NO_ANSWER);
	CU_ASSERT_EQUAL(r.item.cert.len, 0);
	rig_close(&r);
}

static void
an_error_that_waits_is_polled_for_the_whole_message(void)
{
	int64_t id;
	struct err e;
	struct rig r;

	rig_open(&r, false);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ .as_error = true, .status = PKI_WAITING }), CV_WAITING);
	CU_ASSERT_EQUAL(rig_step(&r, CA_POLL, (struct told){ 0 }), CV_ISSUED);
	CU_ASSERT_EQUAL(cmp_poll_req_read(r.seen, &id, &e), 0);
	CU_ASSERT_EQUAL(id, -1);
	rig_close(&r);
}

static void
a_refusal_while_polling_is_final_unless_the_poll_was_a_resend(void)
{
	struct rig r;

	rig_open(&r, false);
	CU_ASSERT_EQUAL(enrol(&r, (struct told){ .status = PKI_WAITING }), CV_WAITING);
	r.item.resent = true;
	CU_ASSERT_EQUAL(rig_step(&r, CA_POLL, (struct told){ .status = PKI_REJECTION }), CV_NO_ANSWER);
	CU_ASSERT_TRUE(r.item.no_resend);
	r.item.resent = false;
	CU_ASSERT_EQUAL(rig_step(&r, CA_POLL, (struct told){ .status = PKI_REJECTION }), CV_REFUSED);
	rig_close(&r);
}

/* --- confirming --- */

static void
answers_to_a_confirmation(void)
{
	static const struct {
		struct told told;
		enum ca_verdict verdict;
	} row[] = {
		{ { 0 }, CV_CONFIRMED },
		{ { .no_extra_certs = true }, CV_CONFIRMED },	/* the first answer's signer is remembered */
		{ { .as_error = true, .status = PKI_REJECTION, .fail_info = FAIL(certConfirmed) }, CV_CONFIRMED },
		{ { .as_error = true, .status = PKI_REJECTION, .fail_info = FAIL(systemFailure) }, CV_NO_ANSWER },
		{ { .as_error = true, .status = PKI_WAITING }, CV_NO_ANSWER },
		{ { .as_error = true, .status = PKI_REJECTION, .fail_info = FAIL(badCertId) }, CV_REFUSED },
		{ { .as_error = true, .status = PKI_REJECTION, .unprotected = true }, CV_NO_ANSWER },
		{ { .unprotected = true }, CV_NO_ANSWER },
		{ { .wrong_nonce = true }, CV_NO_ANSWER },
		{ { .other_signer = true }, CV_NO_ANSWER },
	};
	struct rig r;

	rig_open(&r, false);
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		CU_ASSERT_EQUAL(enrol(&r, (struct told){ 0 }), CV_ISSUED);
		CU_ASSERT_EQUAL(rig_step(&r, CA_CONFIRM, row[i].told), row[i].verdict);
		CU_ASSERT_TRUE(r.item.cert.len > 0);
	}
	rig_close(&r);
}

static const struct unit_test tests[] = {
	UNIT(a_good_answer_gives_certificate_chain_and_what_lists_show),
	UNIT(granted_with_mods_is_judged_as_accepted_is),
	UNIT(a_tampered_answer_is_no_answer),
	UNIT(what_never_left_says_so),
	UNIT_AS(reg_cmp_unauthenticated_status, an_unverified_error_is_shown_as_such),
	UNIT(the_cmp_message_in_an_http_error_counts),
	UNIT(the_answer_to_p10cr_may_say_minus_one_or_zero_but_to_ir_only_zero),
	UNIT_AS(reg_cmp_confirmation_taken_away, implicit_confirmation_counts_only_when_it_was_asked_for),
	UNIT(a_certificate_that_does_not_answer_the_request_is_bad),
	UNIT(a_ca_certificate_is_bad),
	UNIT(an_expired_certificate_is_called_so),
	UNIT(a_certificate_that_is_valid_by_the_cas_clock_is_taken),
	UNIT(a_certificate_of_an_untrusted_issuer_is_bad),
	UNIT(a_certificate_that_is_not_valid_when_it_comes_is_bad),
	UNIT(a_certificate_by_a_ca_of_another_name_is_bad),
	UNIT(a_certificate_that_cannot_be_read_goes_to_an_operator),
	UNIT(a_name_too_long_to_show_is_still_a_wrong_name),
	UNIT(a_certificate_for_a_profile_that_is_gone_is_not_taken),
	UNIT(a_refusal_for_every_reason_at_once_is_not_shown_but_counts),
	UNIT(refusals_are_told_apart_by_their_fail_info),
	UNIT(waiting_is_polled_until_the_certificate_comes),
	UNIT(the_final_answer_may_refer_to_the_first_message_or_the_last_poll_and_nothing_else),
	UNIT(a_remembered_signer_that_cannot_be_read_leaves_no_answer),
	UNIT(an_error_that_waits_is_polled_for_the_whole_message),
	UNIT(a_refusal_while_polling_is_final_unless_the_poll_was_a_resend),
	UNIT(answers_to_a_confirmation),
};
extern const struct unit_suite judge_suite;
UNIT_SUITE(judge_suite, tests);
