/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/cert.h"

#include <stdio.h>
#include <string.h>

#include "common/base/enc.h"
#include "common/pki/text.h"
#include "tests/unit/pki/kit.h"

static void
a_certificate_tells_its_fields(void)
{
	struct cert *c = kit_cert("device-ec"), *ca = kit_cert("factory-sub"), *root = kit_cert("factory-root");
	struct key *k = kit_device_key("ec"), *other = kit_key("ec-p256");

	CU_ASSERT_TRUE(name_equal(cert_get0_issuer(c), cert_get0_subject(ca)));
	CU_ASSERT_EQUAL(cert_not_before(c), 1577836800);
	CU_ASSERT_EQUAL(cert_not_after(c), INT64_C(4733510400));
	CU_ASSERT_FALSE(cert_is_ca(c));
	CU_ASSERT_TRUE(cert_is_ca(ca));
	CU_ASSERT_FALSE(cert_self_issued(ca));
	CU_ASSERT_TRUE(cert_self_issued(root));
	CU_ASSERT_EQUAL(cert_get0_ski(c).len, 20);
	CU_ASSERT_EQUAL(cert_get0_serial(c).len, 2);
	CU_ASSERT_TRUE(cert_allows_usage(c, USAGE_DIGITAL_SIGNATURE));
	CU_ASSERT_FALSE(cert_allows_usage(c, USAGE_KEY_CERT_SIGN));
	CU_ASSERT_TRUE(cert_allows_usage(ca, USAGE_KEY_CERT_SIGN | USAGE_CRL_SIGN));
	CU_ASSERT_TRUE(cert_has_eku(c, eku_oid("clientAuth")));
	CU_ASSERT_FALSE(cert_has_eku(c, eku_oid("serverAuth")));
	CU_ASSERT_TRUE(cert_fits_key(c, k));
	CU_ASSERT_FALSE(cert_fits_key(c, other));
	CU_ASSERT_PTR_NOT_NULL(cert_get0_pubkey(c));
	CU_ASSERT_EQUAL(cert_get0_wanted(c)->n_san, 2);
	key_free(other);
	key_free(k);
	cert_free(root);
	cert_free(ca);
	cert_free(c);
}

static void
a_copy_outlives_the_first(void)
{
	struct cert *c = kit_cert("device-ec"), *d = cert_dup(c);

	cert_free(c);
	CU_ASSERT_FALSE(cert_is_ca(d));
	CU_ASSERT_TRUE(cert_get0_der(d).len > 0);
	cert_free(d);
	cert_free(NULL);
}

static void
a_key_that_is_not_allowed_can_still_be_looked_at(void)
{
	struct cert *c = kit_cert("device-rsa1024");

	CU_ASSERT_PTR_NULL(cert_get0_pubkey(c));
	CU_ASSERT_EQUAL(cert_get0_wanted(c)->key.kind, KK_NONE);
	cert_free(c);
}

static bool
field_is(const char *cert, const char *field, const char *want)
{
	struct cert *c = kit_cert(cert);
	struct err e = { R_NONE, "" };
	struct buf b;
	bool ok;

	buf_init(&b, 100);
	if (cert_field(c, field, &b, &e) != 0)
		ok = want == NULL && e.reason == R_NO_VENDOR_ID;
	else
		ok = want != NULL && strcmp(buf_text(&b), want) == 0;
	buf_free(&b);
	cert_free(c);
	return ok;
}

static void
one_field_gives_the_vendors_serial(void)
{
	CU_ASSERT_TRUE(field_is("device-ec", "subject.serialNumber", "SN-4711"));
	CU_ASSERT_TRUE(field_is("device-ec", "subject.CN", "gnb SN-4711"));
	CU_ASSERT_TRUE(field_is("device-ec", "subject.O", "Acme"));
	CU_ASSERT_TRUE(field_is("device-ec", "san.dns", "sn-4711.acme.example"));
	CU_ASSERT_TRUE(field_is("device-ec", "san.uri", "urn:acme:sn-4711"));
}

static void
a_field_that_is_absent_or_doubled_is_no_identity(void)
{
	CU_ASSERT_TRUE(field_is("device-nosan", "subject.serialNumber", NULL));
	CU_ASSERT_TRUE(field_is("device-ec", "subject.OU", NULL));
	CU_ASSERT_TRUE(field_is("device-ec", "san.ip", NULL));
	CU_ASSERT_TRUE(field_is("device-twoserials", "subject.serialNumber", NULL));
	CU_ASSERT_TRUE(field_is("device-twoserials", "san.dns", NULL));
	CU_ASSERT_TRUE(field_is("device-ec", "subject.nonsense", NULL));
	CU_ASSERT_TRUE(cert_field_known("subject.serialNumber"));
	CU_ASSERT_TRUE(cert_field_known("san.email"));
	CU_ASSERT_FALSE(cert_field_known("subject."));
	CU_ASSERT_FALSE(cert_field_known("CN"));
	CU_ASSERT_FALSE(cert_field_known("san.other"));
}

/* RFC 9483 section 4.1.1: these are signed with SHA-256. */
static void
cert_hash_is_by_the_certificates_own_hash(void)
{
	struct cert *c = kit_cert("device-ec"), *weak = kit_cert("device-sha1");
	uint8_t md[SHA256_LEN];
	struct err e;
	struct buf b;

	buf_init(&b, 100);
	CU_ASSERT_EQUAL(cert_cert_hash(c, &b, &e), 0);
	CU_ASSERT_EQUAL(sha256(cert_get0_der(c), md, &e), 0);
	CU_ASSERT_TRUE(mem_eq(buf_mem(&b), (struct mem){ md, sizeof(md) }));
	CU_ASSERT_EQUAL(cert_cert_hash(weak, &b, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_WEAK_ALGORITHM);
	buf_free(&b);
	cert_free(weak);
	cert_free(c);
}

/* RFC 9481 section 2: SHA-512 with Ed25519, SHAKE256 of 512 bits with Ed448, its own with RSASSA-PSS. */
static void
cert_hash_is_the_one_that_openssl_computed(void)
{
	static const char *const kinds[] = { "ed25519", "ed448", "pss384", "ec512" };

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		char name[32], file[64], hex[2 * 64 + 1];
		struct blob want;
		struct cert *c;
		struct err e;
		struct buf b;

		snprintf(name, sizeof(name), "self-%s", kinds[i]);
		snprintf(file, sizeof(file), "pki/self-%s.hash", kinds[i]);
		want = unit_data(file);
		c = kit_cert(name);
		buf_init(&b, 64);
		CU_ASSERT_EQUAL(cert_cert_hash(c, &b, &e), 0);
		hex_print(buf_mem(&b), hex);
		CU_ASSERT_TRUE(mem_eq(mem_str(hex), (struct mem){ want.p, want.len - 1 }));
		buf_free(&b);
		cert_free(c);
		blob_free(&want);
	}
}

static void
a_list_as_pem_is_read_back_with_text_between(void)
{
	static const char *const names[] = { "device-ec", "factory-sub", "factory-root" };
	struct certs l = kit_certs(names, 3), back = { NULL, 0 };
	struct err e;
	struct buf b;

	buf_init(&b, 20000);
	buf_add_str(&b, "subject=/CN=something\n");
	certs_print_pem(&l, &b);
	CU_ASSERT_EQUAL(certs_parse(buf_mem(&b), 3, &back, &e), 0);
	CU_ASSERT_EQUAL(back.n, 3);
	CU_ASSERT_TRUE(mem_eq(cert_get0_der(back.v[2]), cert_get0_der(l.v[2])));
	certs_free(&back);
	CU_ASSERT_EQUAL(certs_parse(buf_mem(&b), 2, &back, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_TOO_COMPLEX);
	CU_ASSERT_EQUAL(certs_parse(cert_get0_der(l.v[0]), 1, &back, &e), 0);
	CU_ASSERT_EQUAL(back.n, 1);
	certs_free(&back);
	buf_free(&b);
	certs_free(&l);
}

static enum reason
list(const char *text)
{
	struct certs l = { NULL, 0 };
	struct err e = { R_NONE, "" };

	if (certs_parse(mem_str(text), 9, &l, &e) == 0) {
		certs_free(&l);
		return R_NONE;
	}
	return e.reason;
}

static void
what_is_no_list_of_certificates_is_refused(void)
{
	CU_ASSERT_EQUAL(list(""), R_NOT_DER);
	CU_ASSERT_EQUAL(list("hello"), R_NOT_DER);
	CU_ASSERT_EQUAL(list("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"), R_NOT_DER);
	CU_ASSERT_EQUAL(list("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"), R_BAD_PEM);
	CU_ASSERT_EQUAL(list("-----BEGIN CERTIFICATE-----\nMAA=\n"), R_BAD_PEM);
}

static void
certs_only_messages_are_read_back(void)
{
	static const char *const names[] = { "device-ec", "factory-sub" };
	struct certs l = kit_certs(names, 2), back = { NULL, 0 };
	struct blob der = { NULL, 0 };
	struct err e;

	CU_ASSERT_EQUAL(certs_build_p7(&l, &der, &e), 0);
	CU_ASSERT_EQUAL(certs_parse_p7(mem_of(&der), 2, &back, &e), 0);
	CU_ASSERT_EQUAL(back.n, 2);
	CU_ASSERT_TRUE(mem_eq(cert_get0_der(back.v[0]), cert_get0_der(l.v[0])));
	certs_free(&back);
	CU_ASSERT_EQUAL(certs_parse_p7(mem_of(&der), 1, &back, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_TOO_COMPLEX);
	CU_ASSERT_EQUAL(certs_parse_p7((struct mem){ der.p, der.len - 1 }, 2, &back, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_NOT_DER);
	blob_free(&der);
	certs_free(&l);
}

static const struct unit_test tests[] = {
	UNIT(a_certificate_tells_its_fields),
	UNIT(a_copy_outlives_the_first),
	UNIT(a_key_that_is_not_allowed_can_still_be_looked_at),
	UNIT(one_field_gives_the_vendors_serial),
	UNIT(a_field_that_is_absent_or_doubled_is_no_identity),
	UNIT(cert_hash_is_by_the_certificates_own_hash),
	UNIT(cert_hash_is_the_one_that_openssl_computed),
	UNIT(a_list_as_pem_is_read_back_with_text_between),
	UNIT(what_is_no_list_of_certificates_is_refused),
	UNIT(certs_only_messages_are_read_back),
};
UNIT_SUITE(cert_suite, tests);
