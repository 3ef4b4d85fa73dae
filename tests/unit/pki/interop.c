/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What OpenSSL's, GnuTLS's and Bouncy Castle's tools make is read; tests/data/pki/make.sh made it.
 */
#include <string.h>

#include "common/pki/crmf.h"
#include "common/pki/envelope.h"
#include "common/pki/text.h"
#include "tests/unit/pki/kit.h"

static void
csr_is_read(const char *file, struct mem der, enum key_kind kind)
{
	struct blob subject = kit_name("CN=gnb-1,O=Example Operator");
	const struct wanted *w;
	struct csr *c = NULL;
	struct err e = { R_NONE, "" };

	if (csr_parse(der, &c, &e) != 0 || csr_check_pop(c, &e) != 0) {
		kit_reason(file, e.reason, R_NONE);
		CU_FAIL_FATAL();
	}
	w = csr_get0_wanted(c);
	CU_ASSERT_EQUAL(w->key.kind, kind);
	CU_ASSERT_TRUE(name_equal(w->subject, mem_of(&subject)));
	CU_ASSERT_TRUE(w->n_san > 0 && mem_eq(w->san[0].value, mem_str("gnb-1.ran.example")));
	csr_free(c);
	blob_free(&subject);
}

static void
requests_by_openssl_and_bouncy_castle_are_read(void)
{
	static const struct { const char *file; enum key_kind kind; } files[] = {
		{ "pki/openssl-p256.csr", KK_EC_P256 }, { "pki/openssl-p384.csr", KK_EC_P384 },
		{ "pki/openssl-p521.csr", KK_EC_P521 }, { "pki/openssl-rsa2048.csr", KK_RSA },
		{ "pki/openssl-rsapss.csr", KK_RSA }, { "pki/openssl-ed25519.csr", KK_ED25519 },
		{ "pki/openssl-ed448.csr", KK_ED448 }, { "pki/bc-ec.csr", KK_EC_P256 },
	};

	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct blob der = unit_data(files[i].file);

		csr_is_read(files[i].file, mem_of(&der), files[i].kind);
		blob_free(&der);
	}
}

static void
requests_by_gnutls_are_read(void)
{
	static const struct { const char *file; enum key_kind kind; } files[] = {
		{ "pki/gnutls-p256.csr.pem", KK_EC_P256 }, { "pki/gnutls-rsa2048.csr.pem", KK_RSA },
	};
	struct err e;

	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct blob text = unit_data(files[i].file), der = { NULL, 0 };

		/* certtool writes a description before the PEM. */
		const char *at = strstr((const char *)text.p, "-----BEGIN");

		CU_ASSERT_PTR_NOT_NULL_FATAL(at);
		CU_ASSERT_EQUAL_FATAL(pem_parse(mem_str(at), "CERTIFICATE REQUEST", 4096, &der, &e), 0);
		csr_is_read(files[i].file, mem_of(&der), files[i].kind);
		blob_free(&der);
		blob_free(&text);
	}
}

static void
everything_that_openssl_was_told_to_ask_for_is_seen(void)
{
	struct blob der = unit_data("pki/openssl-challenge.csr");
	const struct wanted *w;
	struct csr *c = NULL;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(csr_parse(mem_of(&der), &c, &e), 0);
	w = csr_get0_wanted(c);
	CU_ASSERT_TRUE(w->challenge_password);
	CU_ASSERT_EQUAL(w->n_san, 3);
	CU_ASSERT_TRUE(w->san[1].kind == SAN_IP && w->san[2].kind == SAN_URI);
	CU_ASSERT_EQUAL(w->key_usage, USAGE_DIGITAL_SIGNATURE | USAGE_KEY_AGREEMENT);
	CU_ASSERT_EQUAL(w->n_eku, 2);
	CU_ASSERT_EQUAL(w->n_ext, 2);
	csr_free(c);
	blob_free(&der);
}

static void
crmf_by_openssl_and_bouncy_castle_is_read(void)
{
	static const char *const files[] = { "pki/openssl-p256.crmf", "pki/bc-ec.crmf" };

	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct blob der = unit_data(files[i]);
		struct crmf *c = NULL;
		struct err e = { R_NONE, "" };

		if (crmf_parse(mem_of(&der), &c, &e) != 0 || crmf_check_pop(c, &e) != 0) {
			kit_reason(files[i], e.reason, R_NONE);
			CU_FAIL_FATAL();
		}
		CU_ASSERT_EQUAL(crmf_get0_wanted(c)->key.kind, KK_EC_P256);
		CU_ASSERT_EQUAL(crmf_get0_wanted(c)->n_san, 1);
		crmf_free(c);
		blob_free(&der);
	}
}

static void
envelopes_by_openssl_and_bouncy_castle_are_opened(void)
{
	static const char *const files[] = { "pki/openssl-ec.p7m", "pki/openssl-issuerserial.p7m",
	    "pki/openssl-rsa.p7m", "pki/openssl-p384.p7m", "pki/bc-ec.p7m", "pki/made-ec.p7m" };

	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct blob der = unit_data(files[i]);
		struct envelope *v = NULL;
		struct csr *c = NULL;
		struct err e = { R_NONE, "" };

		if (envelope_parse(mem_of(&der), &v, &e) != 0) {
			kit_reason(files[i], e.reason, R_NONE);
			CU_FAIL_FATAL();
		}
		CU_ASSERT_STRING_EQUAL(envelope_get0_content(v)->station, "gnb-1");
		CU_ASSERT_EQUAL(csr_parse(envelope_get0_content(v)->pkcs10, &c, &e), 0);
		csr_free(c);
		envelope_free(v);
		blob_free(&der);
	}
}

static void
certificates_in_pkcs7_by_others_are_read(void)
{
	static const struct { const char *file; size_t n; } files[] = {
		{ "pki/openssl.p7c", 2 }, { "pki/bc-ber.p7c", 1 }	/* indefinite lengths */
	};

	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct blob der = unit_data(files[i].file);
		struct certs l = { NULL, 0 };
		struct err e = { R_NONE, "" };

		CU_ASSERT_EQUAL(certs_parse_p7(mem_of(&der), 9, &l, &e), 0);
		kit_reason(files[i].file, e.reason, R_NONE);
		CU_ASSERT_EQUAL(l.n, files[i].n);
		certs_free(&l);
		blob_free(&der);
	}
}

static const struct unit_test tests[] = {
	UNIT(requests_by_openssl_and_bouncy_castle_are_read),
	UNIT(requests_by_gnutls_are_read),
	UNIT(everything_that_openssl_was_told_to_ask_for_is_seen),
	UNIT(crmf_by_openssl_and_bouncy_castle_is_read),
	UNIT(envelopes_by_openssl_and_bouncy_castle_are_opened),
	UNIT(certificates_in_pkcs7_by_others_are_read),
};
UNIT_SUITE(interop_suite, tests);
