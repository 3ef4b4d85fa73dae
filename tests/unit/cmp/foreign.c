/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Messages made by OpenSSL and by Bouncy Castle (tests/data/cmp/make.sh): read, verified, and put together
 * again from their parts to the same bytes.
 */
#include <stdio.h>
#include <string.h>

#include "common/pki/crmf.h"
#include "common/pki/csr.h"
#include "tests/unit/cmp/fixture.h"
#include "tests/unit/unit.h"

static const struct foreign {
	const char *file;
	enum cmp_body body;
} all[] = {
	{ "openssl/ir.der", CMP_IR },
	{ "openssl/ip.der", CMP_IP },
	{ "openssl/ir-certconf.der", CMP_CERTCONF },
	{ "openssl/ip-pkiconf.der", CMP_PKICONF },
	{ "openssl/cr.der", CMP_CR },
	{ "openssl/cp.der", CMP_CP },
	{ "openssl/kur.der", CMP_KUR },
	{ "openssl/kup.der", CMP_KUP },
	{ "openssl/p10cr.der", CMP_P10CR },
	{ "openssl/p10cr-cp.der", CMP_CP },
	{ "openssl/p10cr-certconf.der", CMP_CERTCONF },
	{ "openssl/ir-implicit.der", CMP_IR },
	{ "openssl/ip-implicit.der", CMP_IP },
	{ "openssl/ip-waiting.der", CMP_IP },
	{ "openssl/pollreq1.der", CMP_POLLREQ },
	{ "openssl/pollrep.der", CMP_POLLREP },
	{ "openssl/ip-polled.der", CMP_IP },
	{ "openssl/ip-refused.der", CMP_IP },
	{ "openssl/genm.der", CMP_GENM },
	{ "openssl/genp.der", CMP_GENP },
	{ "openssl/rr.der", CMP_RR },
	{ "openssl/rp.der", CMP_RP },
	{ "openssl/error.der", CMP_ERROR },
	{ "bc/ir.der", CMP_IR },
	{ "bc/p10cr.der", CMP_P10CR },
	{ "bc/nested.der", CMP_NESTED },
	{ "bc/genm.der", CMP_GENM },
	{ "bc/error.der", CMP_ERROR },
	{ "bc/pollreq.der", CMP_POLLREQ },
	{ "bc/certconf.der", CMP_CERTCONF },
};

static struct cmp_msg *
load(const char *file)
{
	struct cmp_msg *m = NULL;
	struct blob der;
	char path[64];
	struct err e;

	snprintf(path, sizeof(path), "cmp/%s", file);
	der = unit_data(path);
	CU_ASSERT_EQUAL_FATAL(cmp_msg_parse(mem_of(&der), &m, &e), 0);
	CU_ASSERT(mem_eq(cmp_msg_get0_der(m), mem_of(&der)));
	blob_free(&der);
	return m;
}

static void
each_is_known_by_its_body(void)
{
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct cmp_msg *m = load(all[i].file);

		CU_ASSERT_EQUAL(cmp_msg_body(m), all[i].body);
		CU_ASSERT_EQUAL(cmp_msg_get0_header(m)->pvno, 2);
		CU_ASSERT_EQUAL(cmp_msg_get0_header(m)->transaction_id.len, 16);
		CU_ASSERT_EQUAL(cmp_msg_get0_header(m)->sender_nonce.len, 16);
		CU_ASSERT(cmp_msg_get0_header(m)->message_time > 1700000000);
		cmp_msg_free(m);
	}
}

static void
each_is_put_together_again_to_the_same_bytes(void)
{
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct cmp_msg *m = load(all[i].file);
		struct blob part = { NULL, 0 }, der = { NULL, 0 };
		struct err e;

		CU_ASSERT_EQUAL_FATAL(cmp_msg_protected_part(m, &part, &e), 0);
		CU_ASSERT_EQUAL_FATAL(cmp_msg_assemble(mem_of(&part), cmp_msg_get0_protection(m),
		    cmp_msg_get0_extra_certs(m), &der, &e), 0);
		CU_ASSERT(mem_eq(mem_of(&der), cmp_msg_get0_der(m)));
		blob_free(&part);
		blob_free(&der);
		cmp_msg_free(m);
	}
}

static void
each_protection_is_verified(void)
{
	struct trust *t = pki_trust();

	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct cmp_msg *m = load(all[i].file);
		const struct cmp_expect x = { .bodies = CMP_BIT(all[i].body), .trust = t, .now = pki_now() };
		struct err e;

		err_clear(&e);
		CU_ASSERT_EQUAL(cmp_verify(m, &x, NULL, &e), 0);
		CU_ASSERT_EQUAL(e.reason, R_NONE);
		cmp_msg_free(m);
	}
	trust_free(t);
}

static void
proof_of_possession_in_a_foreign_request_still_fits(void)
{
	static const char *const crmfs[] = { "openssl/ir.der", "openssl/cr.der", "openssl/kur.der", "bc/ir.der" };
	static const char *const csrs[] = { "openssl/p10cr.der", "bc/p10cr.der" };
	struct blob p10 = unit_data("cmp/pki/station.p10");
	struct cmp_msg *m;
	struct mem rq;
	struct err e;

	for (size_t i = 0; i < COUNT_OF(crmfs); i++) {
		struct crmf *c = NULL;

		m = load(crmfs[i]);
		CU_ASSERT_EQUAL_FATAL(cmp_request_read(m, &rq, &e), 0);
		CU_ASSERT_EQUAL_FATAL(crmf_parse(rq, &c, &e), 0);
		CU_ASSERT_EQUAL(crmf_check_pop(c, &e), 0);
		crmf_free(c);
		cmp_msg_free(m);
	}
	for (size_t i = 0; i < COUNT_OF(csrs); i++) {
		m = load(csrs[i]);
		CU_ASSERT_EQUAL_FATAL(cmp_request_read(m, &rq, &e), 0);
		CU_ASSERT(mem_eq(rq, mem_of(&p10)));
		cmp_msg_free(m);
	}
	blob_free(&p10);
}

static void
certificate_answers_are_read(void)
{
	struct cert *station = pki_cert("station");
	struct cmp_cert_rep r;
	struct cmp_msg *m;
	struct err e;

	m = load("openssl/ip.der");
	CU_ASSERT_EQUAL_FATAL(cmp_cert_rep_read(m, &r, &e), 0);
	CU_ASSERT(r.cert_req_id == 0 && r.status.status == PKI_ACCEPTED);
	CU_ASSERT(mem_eq(r.cert, cert_get0_der(station)));
	CU_ASSERT(!cmp_msg_get0_header(m)->implicit_confirm);
	cmp_msg_free(m);
	m = load("openssl/p10cr-cp.der");
	CU_ASSERT_EQUAL_FATAL(cmp_cert_rep_read(m, &r, &e), 0);
	CU_ASSERT_EQUAL(r.cert_req_id, -1);
	cmp_msg_free(m);
	m = load("openssl/ip-implicit.der");
	CU_ASSERT(cmp_msg_get0_header(m)->implicit_confirm);
	cmp_msg_free(m);
	m = load("openssl/ip-waiting.der");
	CU_ASSERT_EQUAL_FATAL(cmp_cert_rep_read(m, &r, &e), 0);
	CU_ASSERT(r.status.status == PKI_WAITING && r.cert.len == 0);
	cmp_msg_free(m);
	m = load("openssl/ip-refused.der");
	CU_ASSERT_EQUAL_FATAL(cmp_cert_rep_read(m, &r, &e), 0);
	CU_ASSERT(r.status.status == PKI_REJECTION && r.status.fail_info == 1u << FI_badRequest);
	CU_ASSERT_STRING_EQUAL(r.status.text, "no quota");
	cmp_msg_free(m);
	cert_free(station);
}

static void
cert_conf_names_the_hash_of_the_certificate(void)
{
	struct cert *station = pki_cert("station");
	struct cmp_cert_conf c;
	struct cmp_msg *m = load("openssl/ir-certconf.der");
	struct buf hash;
	struct err e;

	buf_init(&hash, 64);
	CU_ASSERT_EQUAL_FATAL(cmp_cert_conf_read(m, &c, &e), 0);
	CU_ASSERT(c.accepted && c.cert_req_id == 0);
	CU_ASSERT_EQUAL(cert_cert_hash(station, &hash, &e), 0);
	CU_ASSERT(mem_eq(c.cert_hash, buf_mem(&hash)));
	buf_free(&hash);
	cmp_msg_free(m);
	cert_free(station);
}

static void
polls_errors_and_general_messages_are_read(void)
{
	struct pki_status_info s;
	struct cmp_poll_rep p;
	struct cmp_msg *m;
	char oid[64];
	struct mem v;
	struct err e;
	int64_t id;

	m = load("openssl/pollreq1.der");
	CU_ASSERT(cmp_poll_req_read(m, &id, &e) == 0 && id == 0);
	cmp_msg_free(m);
	m = load("openssl/pollrep.der");
	CU_ASSERT(cmp_poll_rep_read(m, &p, &e) == 0 && p.check_after == 1);
	cmp_msg_free(m);
	m = load("bc/error.der");
	CU_ASSERT_EQUAL_FATAL(cmp_error_read(m, &s, &e), 0);
	CU_ASSERT_EQUAL(s.fail_info, 1u << FI_badPOP);
	CU_ASSERT_STRING_EQUAL(s.text, "first; second");
	cmp_msg_free(m);
	m = load("openssl/error-unprotected.der");
	CU_ASSERT_EQUAL(cmp_error_read(m, &s, &e), 0);
	CU_ASSERT_EQUAL(cmp_msg_get0_protection(m).len, 0);
	cmp_msg_free(m);
	m = load("bc/genm.der");
	CU_ASSERT(cmp_gen_read(m, oid, &v, &e) == 0 && strcmp(oid, OID_IT_CA_CERTS) == 0 && v.len == 0);
	cmp_msg_free(m);
}

static void
members_of_a_nested_message_are_messages(void)
{
	struct cmp_msg *m = load("bc/nested.der"), *inner = NULL;
	struct blob ir = unit_data("cmp/bc/ir.der");
	struct mem got[2];
	struct err e;
	size_t n;

	CU_ASSERT_EQUAL_FATAL(cmp_nested_read(m, got, 2, &n, &e), 0);
	CU_ASSERT_EQUAL(n, 2);
	CU_ASSERT(mem_eq(got[0], mem_of(&ir)));
	CU_ASSERT_EQUAL_FATAL(cmp_msg_parse(got[1], &inner, &e), 0);
	CU_ASSERT_EQUAL(cmp_msg_body(inner), CMP_P10CR);
	cmp_msg_free(inner);
	cmp_msg_free(m);
	blob_free(&ir);
}

static const struct unit_test tests[] = {
	UNIT(each_is_known_by_its_body),
	UNIT(each_is_put_together_again_to_the_same_bytes),
	UNIT(each_protection_is_verified),
	UNIT(proof_of_possession_in_a_foreign_request_still_fits),
	UNIT(certificate_answers_are_read),
	UNIT(cert_conf_names_the_hash_of_the_certificate),
	UNIT(polls_errors_and_general_messages_are_read),
	UNIT(members_of_a_nested_message_are_messages),
};
UNIT_SUITE(foreign_suite, tests);
