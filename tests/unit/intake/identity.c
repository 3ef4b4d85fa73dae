/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/identity.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/pki/cert.h"
#include "common/pki/text.h"
#include "tests/unit/unit.h"

#define DATA "tests/data/intake/"

static struct factory_options
factory(const char *vendor, const char *crl, const char *pattern)
{
	return (struct factory_options){ vendor, DATA "factory-root.pem", crl, "subject.serialNumber", pattern,
		true };
}

static struct anchors *
anchors_open(const struct factory_options *f, size_t n)
{
	static char operator_root[] = DATA "operator-root.pem";
	static char *operators[] = { operator_root };
	const struct anchors_options o = { f, n, operators, 1, "" };
	struct anchors *a = NULL;
	struct err e;

	if (anchors_new(&o, &a, &e) != 0)
		printf("anchors: %s\n", e.detail);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	return a;
}

/* What TLS would hand over for the certificates of a file. */
struct chain {
	struct certs certs;
	struct peer peer;
};

static struct chain
chain_load(const char *name)
{
	struct chain c = { { NULL, 0 }, { .n = 0 } };
	char path[128];
	struct err e;

	snprintf(path, sizeof(path), DATA "%s", name);
	CU_ASSERT_EQUAL_FATAL(certs_load(path, LIM_CHAIN, &c.certs, &e), 0);
	for (size_t i = 0; i < c.certs.n; i++)
		c.peer.cert[c.peer.n++] = cert_get0_der(c.certs.v[i]);
	c.peer.spki = cert_get0_spki(c.certs.v[0]);
	return c;
}

static enum reason
verify(struct identity *id, const struct anchors *a, const char *name, int64_t later_s)
{
	struct chain c = chain_load(name);
	struct err e = { 0 };
	int rc;

	memset(id, 0, sizeof(*id));
	rc = identity_verify(id, a, &c.peer, clock_wall_s() + later_s, 1000, &e);
	CU_ASSERT_EQUAL(rc == 0, id->err.reason == R_NONE);
	certs_free(&c.certs);
	return rc == 0 ? R_NONE : e.reason;
}

static void
a_factory_certificate_over_its_intermediate_tells_vendor_and_serial(void)
{
	const struct factory_options f = factory("acme", "", "^SN-(.+)$");
	struct anchors *a = anchors_open(&f, 1);
	struct identity id;

	CU_ASSERT_EQUAL(verify(&id, a, "device.pem", 0), R_NONE);
	CU_ASSERT_STRING_EQUAL(id.vendor, "acme");
	CU_ASSERT_STRING_EQUAL(id.serial, "0001");
	CU_ASSERT_TRUE(id.bind);
	CU_ASSERT_TRUE(id.not_after > clock_wall_s());
	anchors_release(a);
}

static void
each_certificate_is_judged_as_the_table_says(void)
{
	static const struct {
		const char *name;
		enum reason expected;
	} cases[] = {
		{ "device-good.pem", R_NONE },
		{ "device-revoked.pem", R_CERT_REVOKED },
		{ "device-nameless.pem", R_NO_VENDOR_ID },
		{ "device-double.pem", R_NO_VENDOR_ID },
		{ "device-server.pem", R_CERT_NOT_TRUSTED },
		{ "foreign.pem", R_CERT_NOT_TRUSTED },
		{ "operator-device.pem", R_NONE },
	};
	const struct factory_options f = factory("acme", DATA "factory.crl", "^(.+)$");
	struct anchors *a = anchors_open(&f, 1);
	struct identity id;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		enum reason got = verify(&id, a, cases[i].name, 0);

		if (got != cases[i].expected)
			printf("%s: %s\n", cases[i].name, reason_info(got)->id);
		CU_ASSERT_EQUAL(got, cases[i].expected);
	}
	anchors_release(a);
}

static void
with_a_list_for_the_root_only_a_certificate_below_it_is_refused(void)
{
	const struct factory_options f = factory("acme", DATA "factory.crl", "^(.+)$");
	struct anchors *a = anchors_open(&f, 1);
	struct identity id;

	CU_ASSERT_EQUAL(verify(&id, a, "device.pem", 0), R_CRL_UNUSABLE);
	anchors_release(a);
}

static void
an_operators_certificate_has_no_vendor_and_binds_nothing(void)
{
	const struct factory_options f = factory("acme", "", "^(.+)$");
	struct anchors *a = anchors_open(&f, 1);
	struct identity id;

	CU_ASSERT_EQUAL(verify(&id, a, "operator-device.pem", 0), R_NONE);
	CU_ASSERT_STRING_EQUAL(id.vendor, "");
	CU_ASSERT_STRING_EQUAL(id.serial, "");
	CU_ASSERT_FALSE(id.bind);
	anchors_release(a);
}

static void
a_pattern_that_does_not_fit_lets_the_next_vendor_try(void)
{
	const struct factory_options f[] = { factory("other", "", "^XX-(.+)$"), factory("acme", "", "^SN-(.+)$") };
	struct anchors *a = anchors_open(f, 2);
	struct identity id;

	CU_ASSERT_EQUAL(verify(&id, a, "device-good.pem", 0), R_NONE);
	CU_ASSERT_STRING_EQUAL(id.vendor, "acme");
	anchors_release(a);
	a = anchors_open(f, 1);
	CU_ASSERT_EQUAL(verify(&id, a, "device-good.pem", 0), R_NO_VENDOR_ID);
	anchors_release(a);
}

static void
of_two_vendors_whose_patterns_do_not_fit_the_first_is_named(void)
{
	struct factory_options f[] = { factory("other", "", "^(.+)$"), factory("acme", "", "^YY-(.+)$") };
	struct anchors *a;
	struct identity id;

	f[0].serial = "subject.OU";
	a = anchors_open(f, 2);
	CU_ASSERT_EQUAL(verify(&id, a, "device-good.pem", 0), R_NO_VENDOR_ID);
	CU_ASSERT_PTR_NOT_NULL(strstr(id.err.detail, "OU"));
	anchors_release(a);
}

static void
a_vendor_too_long_to_keep_is_refused(void)
{
	char vendor[IDENTITY_TEXT + 1] = "";
	const struct factory_options f = factory(vendor, "", "^(.+)$");
	struct anchors *a;
	struct identity id;

	memset(vendor, 'v', IDENTITY_TEXT);
	vendor[IDENTITY_TEXT] = '\0';
	a = anchors_open(&f, 1);
	CU_ASSERT_EQUAL(verify(&id, a, "device-good.pem", 0), R_NO_VENDOR_ID);
	anchors_release(a);
	vendor[IDENTITY_TEXT - 1] = '\0';
	a = anchors_open(&f, 1);
	CU_ASSERT_EQUAL(verify(&id, a, "device-good.pem", 0), R_NONE);
	CU_ASSERT_EQUAL(strlen(id.vendor), IDENTITY_TEXT - 1);
	anchors_release(a);
}

/* Its own root, with a commonName of so many octets: X.520 bounds it, decoders read on. */
static struct blob
self_made(size_t len)
{
	static unsigned char text[2 * LIM_SUBJECT];
	EVP_PKEY *k = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	BASIC_CONSTRAINTS ca = { .ca = 1 };
	unsigned char *der = NULL;
	struct blob out = { NULL, 0 };
	struct err e;
	int n;

	memset(text, 's', sizeof(text));
	CU_ASSERT_EQUAL(X509_NAME_add_entry_by_NID(name, NID_commonName, V_ASN1_UTF8STRING, text, (int)len, -1, 0), 1);
	CU_ASSERT_EQUAL(X509_set_version(x, X509_VERSION_3), 1);
	CU_ASSERT_EQUAL(X509_set_issuer_name(x, name), 1);
	CU_ASSERT_EQUAL(X509_set_pubkey(x, k), 1);
	CU_ASSERT_EQUAL(ASN1_INTEGER_set_int64(X509_get_serialNumber(x), 7), 1);
	CU_ASSERT_PTR_NOT_NULL(X509_gmtime_adj(X509_getm_notBefore(x), -60));
	CU_ASSERT_PTR_NOT_NULL(X509_gmtime_adj(X509_getm_notAfter(x), 3600));
	CU_ASSERT_EQUAL(X509_add1_ext_i2d(x, NID_basic_constraints, &ca, 1, X509V3_ADD_DEFAULT), 1);
	CU_ASSERT_TRUE(X509_sign(x, k, EVP_sha256()) > 0);
	n = i2d_X509(x, &der);
	CU_ASSERT_TRUE_FATAL(n > 0);
	CU_ASSERT_EQUAL_FATAL(blob_set1(&out, (struct mem){ der, (size_t)n }, &e), 0);
	OPENSSL_free(der);
	X509_free(x);
	EVP_PKEY_free(k);
	return out;
}

static enum reason
reason_of_serial(size_t len)
{
	struct factory_options f = factory("acme", "", "^(.+)$");
	struct blob der = self_made(len);
	struct cert *c = NULL;
	struct peer p = { .n = 1 };
	struct identity id = { 0 };
	struct anchors *a;
	struct buf pem;
	struct err e;
	char path[128];

	buf_init(&pem, 65536);
	pem_add(&pem, "CERTIFICATE", mem_of(&der));
	snprintf(path, sizeof(path), "%s/self.pem", unit_tmp());
	CU_ASSERT_EQUAL_FATAL(file_write(path, buf_mem(&pem), 0600, &e), 0);
	CU_ASSERT_EQUAL_FATAL(cert_parse(mem_of(&der), &c, &e), 0);
	p.cert[0] = mem_of(&der);
	p.spki = cert_get0_spki(c);
	f.ca = path;
	f.serial = "subject.CN";
	a = anchors_open(&f, 1);
	e.reason = R_NONE;
	CU_ASSERT_EQUAL(identity_verify(&id, a, &p, clock_wall_s(), 1, &e) == 0, strlen(id.serial) == len);
	anchors_release(a);
	cert_free(c);
	buf_free(&pem);
	blob_free(&der);
	return id.err.reason;
}

static void
a_serial_too_long_to_keep_is_refused(void)
{
	CU_ASSERT_EQUAL(reason_of_serial(IDENTITY_TEXT - 1), R_NONE);
	CU_ASSERT_EQUAL(reason_of_serial(IDENTITY_TEXT), R_NO_VENDOR_ID);
	CU_ASSERT_EQUAL(reason_of_serial(LIM_SUBJECT), R_NO_VENDOR_ID);
	CU_ASSERT_EQUAL(reason_of_serial(LIM_SUBJECT + 1), R_NO_VENDOR_ID);
}

static void
a_second_entry_without_a_list_does_not_save_a_revoked_certificate(void)
{
	const struct factory_options f[] = { factory("acme", DATA "factory.crl", "^(.+)$"),
		factory("careless", "", "^(.+)$") };
	struct anchors *a = anchors_open(f, 2);
	struct identity id;

	CU_ASSERT_EQUAL(verify(&id, a, "device-revoked.pem", 0), R_CERT_REVOKED);
	anchors_release(a);
}

static void
time_is_looked_at_when_verifying_and_at_each_request(void)
{
	const struct factory_options f = factory("acme", "", "^(.+)$");
	struct anchors *a = anchors_open(&f, 1);
	struct identity id;
	struct err e;

	CU_ASSERT_EQUAL(verify(&id, a, "device.pem", 200LL * 365 * 86400), R_CERT_EXPIRED);
	CU_ASSERT_EQUAL(verify(&id, a, "device.pem", -20LL * 365 * 86400), R_CERT_EXPIRED);
	CU_ASSERT_EQUAL(verify(&id, a, "device.pem", 0), R_NONE);
	CU_ASSERT_EQUAL(identity_in_time(&id, id.not_after, &e), 0);
	CU_ASSERT_EQUAL(identity_in_time(&id, id.not_after + 1, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_CERT_EXPIRED);
	CU_ASSERT_EQUAL(identity_in_time(&id, id.not_before - 1, &e), -1);
	anchors_release(a);
}

static void
no_certificate_is_its_own_reason(void)
{
	const struct factory_options f = factory("acme", "", "^(.+)$");
	struct anchors *a = anchors_open(&f, 1);
	const struct peer nobody = { .n = 0 };
	struct identity id = { 0 };
	struct err e;

	CU_ASSERT_EQUAL(identity_verify(&id, a, &nobody, clock_wall_s(), 1, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_NO_CLIENT_CERT);
	anchors_release(a);
}

static void
what_tls_and_openssl_read_differently_is_refused(void)
{
	const struct factory_options f = factory("acme", "", "^(.+)$");
	struct anchors *a = anchors_open(&f, 1);
	struct chain c = chain_load("device.pem"), other = chain_load("foreign.pem");
	struct identity id = { 0 };
	struct err e;

	c.peer.spki = other.peer.spki;
	CU_ASSERT_EQUAL(identity_verify(&id, a, &c.peer, clock_wall_s(), 1, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_CLIENT_CERT_BAD);
	c.peer.spki = MEM_NONE;
	CU_ASSERT_EQUAL(identity_verify(&id, a, &c.peer, clock_wall_s(), 1, &e), -1);
	certs_free(&c.certs);
	certs_free(&other.certs);
	anchors_release(a);
}

/* Each octet of the leaf changed, one at a time: read differently, not trusted, or not read at all. */
static void
no_changed_certificate_is_accepted(void)
{
	const struct factory_options f = factory("acme", "", "^(.+)$");
	struct anchors *a = anchors_open(&f, 1);
	struct chain c = chain_load("device-good.pem");
	struct blob der = { NULL, 0 };
	struct identity id = { 0 };
	struct err e;

	CU_ASSERT_EQUAL_FATAL(blob_set1(&der, c.peer.cert[0], &e), 0);
	c.peer.cert[0] = mem_of(&der);
	for (size_t i = 0; i < der.len; i++) {
		der.p[i] ^= 0x01;
		CU_ASSERT_EQUAL(identity_verify(&id, a, &c.peer, clock_wall_s(), 1, &e), -1);
		der.p[i] ^= 0x01;
	}
	for (size_t n = 0; n < der.len; n++) {
		c.peer.cert[0].len = n;
		CU_ASSERT_EQUAL(identity_verify(&id, a, &c.peer, clock_wall_s(), 1, &e), -1);
	}
	c.peer.cert[0].len = der.len;
	CU_ASSERT_EQUAL(identity_verify(&id, a, &c.peer, clock_wall_s(), 1, &e), 0);
	blob_free(&der);
	certs_free(&c.certs);
	anchors_release(a);
}

static void
a_verified_chain_is_fresh_for_its_anchors_and_its_time(void)
{
	const struct factory_options f = factory("acme", "", "^(.+)$");
	struct anchors *a = anchors_open(&f, 1), *b = anchors_open(&f, 1);
	struct identity id;

	CU_ASSERT_EQUAL(verify(&id, a, "device.pem", 0), R_NONE);
	CU_ASSERT_TRUE(identity_is_fresh(&id, a, 1000 + IDENTITY_TTL_MS - 1));
	CU_ASSERT_FALSE(identity_is_fresh(&id, a, 1000 + IDENTITY_TTL_MS));
	CU_ASSERT_FALSE(identity_is_fresh(&id, b, 1000));
	anchors_release(a);
	anchors_release(b);
}

static void
a_refused_identity_is_never_fresh_and_knows_no_station(void)
{
	const struct factory_options f = factory("acme", "", "^(.+)$");
	struct anchors *a = anchors_open(&f, 1);
	struct identity id;
	struct err why;

	CU_ASSERT_EQUAL(verify(&id, a, "device.pem", 0), R_NONE);
	id.station.name = xstrdup("gnb-1");
	id.asked_at = 1;
	(void)err_set(&why, R_CLIENT_CERT_BAD, "told to");
	identity_refuse(&id, &why);
	CU_ASSERT_EQUAL(id.err.reason, R_CLIENT_CERT_BAD);
	CU_ASSERT_FALSE(identity_is_fresh(&id, a, 1));
	CU_ASSERT_FALSE(identity_knows_station(&id, 1));
	anchors_release(a);
}

static void
another_key_forgets_the_station(void)
{
	const struct factory_options f = factory("acme", "", "^(.+)$");
	struct anchors *a = anchors_open(&f, 1);
	struct chain c = chain_load("device.pem"), other = chain_load("device-good.pem");
	struct identity id = { 0 };
	struct err e;

	CU_ASSERT_EQUAL(identity_verify(&id, a, &c.peer, clock_wall_s(), 1, &e), 0);
	id.station.name = xstrdup("gnb-1");
	id.asked_at = 1;
	CU_ASSERT_EQUAL(identity_verify(&id, a, &c.peer, clock_wall_s(), 2, &e), 0);
	CU_ASSERT_TRUE(identity_knows_station(&id, 2));
	CU_ASSERT_FALSE(identity_knows_station(&id, 1 + STATION_TTL_MS));
	CU_ASSERT_EQUAL(identity_verify(&id, a, &other.peer, clock_wall_s(), 3, &e), 0);
	CU_ASSERT_FALSE(identity_knows_station(&id, 3));
	identity_free(&id);
	certs_free(&c.certs);
	certs_free(&other.certs);
	anchors_release(a);
}

static void
anchors_that_cannot_be_read_are_refused(void)
{
	const struct factory_options bad[] = {
		{ "acme", DATA "missing.pem", "", "subject.CN", "^(.+)$", true },
		{ "acme", DATA "device-good.pem", "", "subject.CN", "^(.+)$", true },
		{ "acme", DATA "factory-root.pem", DATA "missing.crl", "subject.CN", "^(.+)$", true },
		{ "acme", DATA "factory-root.pem", "", "subject.CN", "^(", true },
	};

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		const struct anchors_options o = { &bad[i], 1, NULL, 0, "" };
		struct anchors *a = NULL;
		struct err e;

		CU_ASSERT_EQUAL(anchors_new(&o, &a, &e), -1);
		CU_ASSERT_PTR_NULL(a);
	}
}

static void
what_is_handed_out_is_the_operators_alone(void)
{
	const struct factory_options f = factory("acme", "", "^(.+)$");
	struct anchors *a = anchors_open(&f, 1);
	struct certs l = { NULL, 0 };
	struct err e;

	CU_ASSERT_EQUAL_FATAL(certs_parse(mem_of(&a->operators_pem), LIM_CHAIN, &l, &e), 0);
	CU_ASSERT_EQUAL(l.n, 1);
	CU_ASSERT_TRUE(a->operators_p7.len > 0);
	CU_ASSERT_PTR_NOT_NULL(strstr((const char *)a->hint.p, "BEGIN CERTIFICATE"));
	certs_free(&l);
	anchors_release(a);
}

static const struct unit_test tests[] = {
	UNIT(a_factory_certificate_over_its_intermediate_tells_vendor_and_serial),
	UNIT(each_certificate_is_judged_as_the_table_says),
	UNIT(with_a_list_for_the_root_only_a_certificate_below_it_is_refused),
	UNIT(an_operators_certificate_has_no_vendor_and_binds_nothing),
	UNIT(a_pattern_that_does_not_fit_lets_the_next_vendor_try),
	UNIT(of_two_vendors_whose_patterns_do_not_fit_the_first_is_named),
	UNIT(a_vendor_too_long_to_keep_is_refused),
	UNIT(a_serial_too_long_to_keep_is_refused),
	UNIT_AS(reg_cve_2020_25276_revoked_client, a_second_entry_without_a_list_does_not_save_a_revoked_certificate),
	UNIT(time_is_looked_at_when_verifying_and_at_each_request),
	UNIT(no_certificate_is_its_own_reason),
	UNIT(what_tls_and_openssl_read_differently_is_refused),
	UNIT(no_changed_certificate_is_accepted),
	UNIT(a_verified_chain_is_fresh_for_its_anchors_and_its_time),
	UNIT(a_refused_identity_is_never_fresh_and_knows_no_station),
	UNIT(another_key_forgets_the_station),
	UNIT(anchors_that_cannot_be_read_are_refused),
	UNIT(what_is_handed_out_is_the_operators_alone),
};
extern const struct unit_suite identity_suite;
UNIT_SUITE(identity_suite, tests);
