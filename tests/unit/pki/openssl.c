/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What we make, read by OpenSSL's own types: a second opinion on our templates.
 */
#include <openssl/cms.h>
#include <openssl/crmf.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "common/pki/crmf.h"
#include "common/pki/envelope.h"
#include "tests/unit/pki/kit.h"

static const char *const kinds[] = { "ec-p256", "ec-p384", "ec-p521", "rsa-2048", "ed25519", "ed448" };

static void
openssl_verifies_our_pkcs10_requests(void)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct key *k = kit_key(kinds[i]);
		struct blob der = kit_csr(k);
		const unsigned char *p = der.p;
		X509_REQ *r = d2i_X509_REQ(NULL, &p, (long)der.len);

		CU_ASSERT_PTR_NOT_NULL_FATAL(r);
		CU_ASSERT_PTR_EQUAL(p, der.p + der.len);
		CU_ASSERT_EQUAL(X509_REQ_verify(r, X509_REQ_get0_pubkey(r)), 1);
		X509_REQ_free(r);
		blob_free(&der);
		key_free(k);
	}
}

static void
openssl_verifies_our_crmf_requests(void)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct key *k = kit_key(kinds[i]);
		struct blob der = kit_crmf(k);
		const unsigned char *p = der.p;
		OSSL_CRMF_MSGS *m = d2i_OSSL_CRMF_MSGS(NULL, &p, (long)der.len);

		CU_ASSERT_PTR_NOT_NULL_FATAL(m);
		CU_ASSERT_PTR_EQUAL(p, der.p + der.len);
		CU_ASSERT_EQUAL(OSSL_CRMF_MSGS_verify_popo(m, 0, 0, NULL, NULL), 1);
		OSSL_CRMF_MSGS_free(m);
		blob_free(&der);
		key_free(k);
	}
}

/* Signature alone: trust is another test's. */
static bool
cms_verifies(struct mem der)
{
	const unsigned char *p = der.p;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.len);
	bool ok = cms != NULL && p == der.p + der.len &&
	    CMS_verify(cms, NULL, NULL, NULL, NULL, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) == 1;

	CMS_ContentInfo_free(cms);
	return ok;
}

static void
openssl_verifies_our_envelopes(void)
{
	static const char *const devices[] = { "ec", "p384", "p521", "rsa" };

	for (size_t i = 0; i < COUNT_OF(devices); i++) {
		struct key *k = kit_key("ec-p256"), *device = kit_device_key(devices[i]);
		struct blob p10 = kit_csr(k), der = { NULL, 0 };
		struct envelope_content in = { "gnb-1", NULL, mem_of(&p10), MEM_NONE };
		char name[32];
		const char *names[1] = { name };
		struct certs chain;
		struct err e;

		snprintf(name, sizeof(name), "device-%s", devices[i]);
		chain = kit_certs(names, 1);
		CU_ASSERT_EQUAL_FATAL(envelope_build(&in, device, &chain, &der, &e), 0);
		CU_ASSERT_TRUE(cms_verifies(mem_of(&der)));
		certs_free(&chain);
		blob_free(&der);
		blob_free(&p10);
		key_free(device);
		key_free(k);
	}
}

static const struct unit_test tests[] = {
	UNIT(openssl_verifies_our_pkcs10_requests),
	UNIT(openssl_verifies_our_crmf_requests),
	UNIT(openssl_verifies_our_envelopes),
};
UNIT_SUITE(openssl_suite, tests);
