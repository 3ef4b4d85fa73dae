/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A path found below a remembered issuer, against the same one found by OpenSSL alone: the answers are equal on
 * certificates that differ in whatever path validation looks at.
 */
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/uuid.h"
#include "common/pki/trust.h"
#include "common/pki/trust_plain.h"
#include "tests/unit/pki/kit.h"

#define DAY 86400
#define SIGNATURE 64	/* octets of Ed25519's, the last of a certificate */

static const enum trust_purpose purposes[] = { TRUST_ANY, TRUST_TLS_CLIENT, TRUST_TLS_SERVER };

struct ca {
	EVP_PKEY *key;
	X509 *x;
	struct certs list;	/* it alone, as ours */
};

/* What a certificate is made of; NULL and 0: as of an everyday one. */
struct form {
	const char *what;
	const char *ext[3][2];	/* name and value as "openssl req -addext" takes them */
	long from, to;		/* seconds from KIT_NOW; both 0: a day before, a day after */
	const char *issuer;	/* the name it gives */
	bool plain;		/* OpenSSL need not be asked when the purpose is TRUST_ANY */
};

static EVP_PKEY *
new_key(void)
{
	EVP_PKEY *k = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	CU_ASSERT_PTR_NOT_NULL_FATAL(k);
	return k;
}

static void
set_name(X509_NAME *n, const char *cn)
{
	CU_ASSERT_EQUAL_FATAL(X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0),
	    1);
}

static void
add_ext(X509 *x, X509 *issuer, const char *name, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_nconf(NULL, &ctx, name, value);
	if (e == NULL)
		fprintf(stderr, "%s=%s\n", name, value);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL_FATAL(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

/* ca NULL: self-signed. */
static X509 *
make(const struct form *f, const char *cn, EVP_PKEY *key, const struct ca *ca)
{
	long from = f->from == 0 && f->to == 0 ? -DAY : f->from, to = f->from == 0 && f->to == 0 ? DAY : f->to;
	X509 *x = X509_new();

	CU_ASSERT_PTR_NOT_NULL_FATAL(x);
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 4711);
	X509_time_adj(X509_getm_notBefore(x), from, &(time_t){ KIT_NOW });
	X509_time_adj(X509_getm_notAfter(x), to, &(time_t){ KIT_NOW });
	set_name(X509_get_subject_name(x), cn);
	if (f->issuer != NULL)
		set_name(X509_get_issuer_name(x), f->issuer);
	else
		X509_set_issuer_name(x, X509_get_subject_name(ca != NULL ? ca->x : x));
	X509_set_pubkey(x, key);
	for (size_t i = 0; i < COUNT_OF(f->ext) && f->ext[i][0] != NULL; i++)
		add_ext(x, ca != NULL ? ca->x : x, f->ext[i][0], f->ext[i][1]);
	CU_ASSERT_FATAL(X509_sign(x, ca != NULL ? ca->key : key, NULL) > 0);
	return x;
}

static struct blob
encode(const X509 *x)
{
	unsigned char *p = NULL;
	struct blob der = { NULL, 0 };
	int len = i2d_X509(x, &p);
	struct err e;

	CU_ASSERT_EQUAL_FATAL(blob_set1(&der, (struct mem){ p, (size_t)len }, &e), 0);
	OPENSSL_free(p);
	return der;
}

static struct ca
new_ca(const char *constraint, const char *value)
{
	const struct form f = { .ext = { { "basicConstraints", "critical,CA:TRUE" },
	    { "subjectKeyIdentifier", "hash" }, { constraint, value } } };
	struct ca ca = { .key = new_key() };
	struct cert *c = NULL;
	struct blob der;
	struct err e;

	ca.x = make(&f, "Plain CA", ca.key, NULL);
	der = encode(ca.x);
	CU_ASSERT_EQUAL_FATAL(cert_parse(mem_of(&der), &c, &e), 0);
	CU_ASSERT_EQUAL_FATAL(certs_add(&ca.list, c, &e), 0);
	blob_free(&der);
	return ca;
}

static void
ca_free(struct ca *ca)
{
	certs_free(&ca->list);
	X509_free(ca->x);
	EVP_PKEY_free(ca->key);
}

static const struct form everyday = { .what = "everyday", .plain = true, .ext = {
	{ "keyUsage", "critical,digitalSignature" }, { "subjectAltName", "DNS:gnb-1.ran.example" },
	{ "authorityKeyIdentifier", "keyid:always" } } };

static struct cert *
new_leaf(const struct form *f, const struct ca *ca)
{
	EVP_PKEY *k = new_key();
	X509 *x = make(f, "gnb-1", k, ca);
	struct blob der = encode(x);
	struct cert *c = NULL;
	struct err e;

	if (cert_parse(mem_of(&der), &c, &e) != 0)
		c = NULL;		/* cert_parse() is strict, too */
	blob_free(&der);
	X509_free(x);
	EVP_PKEY_free(k);
	return c;
}

/* Anchored at ca; warm: it has seen a leaf of it for each purpose that there can be. */
static struct trust *
new_trust(const struct ca *ca, bool warm)
{
	struct cert *first = warm ? new_leaf(&everyday, ca) : NULL;
	struct trust *t = NULL;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(trust_new(&t, &e), 0);
	CU_ASSERT_EQUAL_FATAL(trust_add(t, &ca->list, &e), 0);
	for (size_t i = 0; warm && i < COUNT_OF(purposes); i++)
		CU_ASSERT_EQUAL(trust_verify(t, first, NULL, purposes[i], KIT_NOW, NULL, &e), 0);
	cert_free(first);
	return t;
}

static enum reason
ask(const struct trust *t, const struct cert *c, enum trust_purpose purpose, int64_t now)
{
	struct err e = { R_NONE, "" };

	return trust_verify(t, c, NULL, purpose, now, NULL, &e) == 0 ? R_NONE : e.reason;
}

/* One leaf, both ways, at one time. The warm one is used again, the cold one must not have learned anything. */
static bool
agrees(const struct ca *ca, const struct trust *warm, const struct cert *c, const char *what, int64_t now)
{
	bool ok = true;

	for (size_t i = 0; i < COUNT_OF(purposes); i++) {
		struct trust *cold = new_trust(ca, false);

		ok = kit_reason(what, ask(warm, c, purposes[i], now), ask(cold, c, purposes[i], now)) && ok;
		trust_free(cold);
	}
	return ok;
}

static const struct form forms[] = {
	{ .what = "no extension", .plain = true },
	{ .what = "client", .ext = { { "extendedKeyUsage", "clientAuth" } }, .plain = true },
	{ .what = "server", .ext = { { "extendedKeyUsage", "serverAuth" } }, .plain = true },
	{ .what = "any usage",
	    .ext = { { "extendedKeyUsage", "anyExtendedKeyUsage" } }, .plain = true },
	{ .what = "critical usage",
	    .ext = { { "extendedKeyUsage", "critical,clientAuth" } }, .plain = true },
	{ .what = "encipherment",
	    .ext = { { "keyUsage", "critical,keyEncipherment" } }, .plain = true },
	{ .what = "agreement", .ext = { { "keyUsage", "keyAgreement" } }, .plain = true },
	{ .what = "no usage at all", .ext = { { "keyUsage", "DER:0303070000" } } },
	{ .what = "not a usage", .ext = { { "keyUsage", "DER:0500" } } },
	{ .what = "not a CA",
	    .ext = { { "basicConstraints", "critical,CA:FALSE" } }, .plain = true },
	{ .what = "a CA", .ext = { { "basicConstraints", "critical,CA:TRUE" } } },
	{ .what = "length without CA", .ext = { { "basicConstraints", "DER:3003020101" } } },
	{ .what = "negative length", .ext = { { "basicConstraints", "DER:30060101FF0201FF" } } },
	{ .what = "its own identifier",
	    .ext = { { "subjectKeyIdentifier", "hash" } }, .plain = true },
	{ .what = "critical identifier", .ext = { { "subjectKeyIdentifier", "critical,hash" } } },
	{ .what = "another issuer's key",
	    .ext = { { "authorityKeyIdentifier", "DER:3006800401020304" } } },
	{ .what = "issuer's serial number",
	    .ext = { { "authorityKeyIdentifier", "keyid:always,issuer:always" } } },
	{ .what = "not an identifier", .ext = { { "authorityKeyIdentifier", "DER:0500" } } },
	{ .what = "points", .ext = { { "crlDistributionPoints", "URI:http://ca.example/crl" },
	    { "authorityInfoAccess", "caIssuers;URI:http://ca.example/ca" },
	    { "certificatePolicies", "critical,DER:3007300506032A0304" } }, .plain = true },
	{ .what = "critical points",
	    .ext = { { "crlDistributionPoints", "critical,URI:http://ca.example/crl" } }, .plain = true },
	{ .what = "relative point",
	    .ext = { { "crlDistributionPoints", "DER:30123010A00EA10C300A06035504030C03616263" } } },
	{ .what = "empty point", .ext = { { "crlDistributionPoints", "DER:30023000" } } },
	{ .what = "not points", .ext = { { "crlDistributionPoints", "DER:0500" } } },
	{ .what = "critical access",
	    .ext = { { "authorityInfoAccess", "critical,caIssuers;URI:http://ca.example/ca" } } },
	{ .what = "unknown", .ext = { { "1.2.3.4", "DER:0500" } } },
	{ .what = "unknown and critical", .ext = { { "1.2.3.4", "critical,DER:0500" } } },
	{ .what = "constraints", .ext = { { "nameConstraints", "permitted;DNS:example" } } },
	{ .what = "proxy",
	    .ext = { { "proxyCertInfo", "critical,DER:300C300A06082B06010505071500" } } },
	{ .what = "Netscape's type", .ext = { { "nsCertType", "server" } } },
	{ .what = "addresses", .ext = { { "1.3.6.1.5.5.7.1.7", "critical,DER:3000" } } },
	{ .what = "names",
	    .ext = { { "subjectAltName", "critical,DNS:gnb-1,IP:192.0.2.1,URI:urn:x,email:a@b" } }, .plain = true },
	{ .what = "expired", .from = -DAY, .to = -1 },
	{ .what = "expires now", .from = -DAY, .to = 0 },
	{ .what = "begins now", .from = 0, .to = DAY, .plain = true },
	{ .what = "begins later", .from = 1, .to = DAY },
	{ .what = "another issuer", .issuer = "Other CA" },
	{ .what = "issuer as OpenSSL compares", .issuer = "plain  ca" },
	{ .what = "self-issued", .issuer = "gnb-1" },
};

static void
openssl_gives_the_same_answer_on_each_form(void)
{
	struct ca ca = new_ca(NULL, NULL);
	struct trust *warm = new_trust(&ca, true);

	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		struct cert *c = new_leaf(&forms[i], &ca);

		if (c == NULL) {
			CU_ASSERT_FALSE(forms[i].plain);
			continue;
		}
		CU_ASSERT_TRUE(agrees(&ca, warm, c, forms[i].what, KIT_NOW));
		if (plain_leaf(c, ca.list.v[0], TRUST_ANY, KIT_NOW) != forms[i].plain) {
			fprintf(stderr, "%s: %splain\n", forms[i].what, forms[i].plain ? "not " : "");
			CU_FAIL("plain");
		}
		cert_free(c);
	}
	trust_free(warm);
	ca_free(&ca);
}

static void
openssl_gives_the_same_answer_at_each_time(void)
{
	static const int64_t times[] = { -DAY - 1, -DAY, -DAY + 1, 0, DAY - 1, DAY, DAY + 1 };
	struct ca ca = new_ca(NULL, NULL);
	struct trust *warm = new_trust(&ca, true);
	struct cert *c = new_leaf(&everyday, &ca);

	for (size_t i = 0; i < COUNT_OF(times); i++)
		CU_ASSERT_TRUE(agrees(&ca, warm, c, "time", KIT_NOW + times[i]));
	cert_free(c);
	trust_free(warm);
	ca_free(&ca);
}

static void
a_path_is_not_taken_below_an_issuer_that_binds_more(void)
{
	static const struct form inside = { .ext = { { "subjectAltName", "DNS:gnb.ran.example" } } };
	static const struct form outside = { .ext = { { "subjectAltName", "DNS:gnb.elsewhere.test" } } };
	struct ca ca = new_ca("nameConstraints", "critical,permitted;DNS:ran.example");
	struct trust *t = new_trust(&ca, true);
	struct cert *in = new_leaf(&inside, &ca), *out = new_leaf(&outside, &ca);

	CU_ASSERT_FALSE(plain_issuer(&ca.list));
	CU_ASSERT_EQUAL(ask(t, in, TRUST_ANY, KIT_NOW), R_NONE);
	CU_ASSERT_EQUAL(ask(t, out, TRUST_ANY, KIT_NOW), R_CERT_NOT_TRUSTED);
	cert_free(in);
	cert_free(out);
	trust_free(t);
	ca_free(&ca);
}

/* The name of a CA proves nothing, nor does its key's identifier. */
static void
a_namesake_of_the_issuer_is_not_it(void)
{
	static const struct form by_name = { .what = "by name" };
	struct ca ca = new_ca(NULL, NULL), fake = new_ca(NULL, NULL);
	struct trust *t = new_trust(&ca, true);
	struct cert *c = new_leaf(&by_name, &fake);

	CU_ASSERT_TRUE(plain_names(c, ca.list.v[0]));
	CU_ASSERT_EQUAL(ask(t, c, TRUST_ANY, KIT_NOW), R_CERT_NOT_TRUSTED);
	cert_free(c);
	trust_free(t);
	ca_free(&fake);
	ca_free(&ca);
}

/* The chain is the same, too, and what is above the leaf must have come along each time. */
static void
a_path_below_a_known_issuer_is_that_of_openssl(void)
{
	static const char *const leaves[] = { "device-ec", "device-rsa", "device-p384", "device-p521",
	    "device-ed25519", "device-noski", "device-keyenc", "device-nosan", "device-sha1", "device-rsa1024",
	    "device-expired", "device-future", "device-other" };
	static const char *const names[] = { "factory-sub" };
	static const char *const root[] = { "factory-root" };
	struct certs sub = kit_certs(names, 1), anchor = kit_certs(root, 1), path = { NULL, 0 };
	struct trust *warm, *cold;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(trust_new(&warm, &e), 0);
	CU_ASSERT_EQUAL_FATAL(trust_add(warm, &anchor, &e), 0);
	for (size_t i = 0; i < COUNT_OF(leaves); i++) {
		struct cert *c = kit_cert(leaves[i]);
		struct certs again = { NULL, 0 };
		int have, want;

		CU_ASSERT_EQUAL_FATAL(trust_new(&cold, &e), 0);
		CU_ASSERT_EQUAL_FATAL(trust_add(cold, &anchor, &e), 0);
		CU_ASSERT_EQUAL(trust_verify(warm, c, NULL, TRUST_ANY, KIT_NOW, NULL, &e), -1);
		have = trust_verify(warm, c, &sub, TRUST_ANY, KIT_NOW, &again, &e);
		want = trust_verify(cold, c, &sub, TRUST_ANY, KIT_NOW, &path, &e);
		CU_ASSERT_EQUAL(have, want);
		CU_ASSERT_EQUAL(again.n, path.n);
		for (size_t k = 0; k < again.n && k < path.n; k++)
			CU_ASSERT_TRUE(mem_eq(cert_get0_der(again.v[k]), cert_get0_der(path.v[k])));
		certs_free(&again);
		certs_free(&path);
		trust_free(cold);
		cert_free(c);
	}
	trust_free(warm);
	certs_free(&anchor);
	certs_free(&sub);
}

/* Signs the octets of a certificate as they are now; its lengths take two octets each. */
static void
sign_again(struct blob *der, EVP_PKEY *key)
{
	size_t len = SIGNATURE, tbs = (size_t)(der->p[6] << 8 | der->p[7]) + 4;
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	CU_ASSERT_EQUAL_FATAL(EVP_DigestSignInit_ex(md, NULL, NULL, NULL, NULL, key, NULL), 1);
	CU_ASSERT_EQUAL_FATAL(EVP_DigestSign(md, der->p + der->len - SIGNATURE, &len, der->p + 4, tbs), 1);
	EVP_MD_CTX_free(md);
}

/* Any octet of what is signed may be another, and the signature fits: the two ways still agree. */
static void
openssl_gives_the_same_answer_on_changed_octets(void)
{
	uint32_t seed = random_below(UINT32_MAX), state = seed;
	struct ca ca = new_ca(NULL, NULL);
	struct trust *warm = new_trust(&ca, true);
	EVP_PKEY *k = new_key();
	/* long enough for lengths of two octets */
	X509 *x = make(&everyday, "gnb-1 with a name that is quite a bit longer than others", k, &ca);
	struct blob good = encode(x);
	size_t parsed = 0, plain = 0;

	CU_ASSERT_TRUE_FATAL(good.p[1] == 0x82 && good.p[5] == 0x82);
	for (size_t i = 8; i + SIGNATURE < good.len; i++) {
		struct blob der = { NULL, 0 };
		struct cert *c = NULL;
		struct err e;

		state = state * 1664525u + 1013904223u;
		CU_ASSERT_EQUAL_FATAL(blob_set1(&der, mem_of(&good), &e), 0);
		der.p[i] ^= (uint8_t)(1u << (state >> 29));
		sign_again(&der, ca.key);
		if (cert_parse(mem_of(&der), &c, &e) == 0) {
			parsed++;
			plain += plain_leaf(c, ca.list.v[0], TRUST_ANY, KIT_NOW);
			if (!agrees(&ca, warm, c, "changed", KIT_NOW)) {
				fprintf(stderr, "octet %zu, seed %u\n", i, seed);
				CU_FAIL("they differ");
			}
		}
		cert_free(c);
		blob_free(&der);
	}
	CU_ASSERT_TRUE(parsed > 50);
	CU_ASSERT_TRUE(plain > 20);
	blob_free(&good);
	X509_free(x);
	EVP_PKEY_free(k);
	trust_free(warm);
	ca_free(&ca);
}

static const struct unit_test tests[] = {
	UNIT(openssl_gives_the_same_answer_on_each_form),
	UNIT(openssl_gives_the_same_answer_at_each_time),
	UNIT(a_path_is_not_taken_below_an_issuer_that_binds_more),
	UNIT(a_namesake_of_the_issuer_is_not_it),
	UNIT(a_path_below_a_known_issuer_is_that_of_openssl),
	UNIT(openssl_gives_the_same_answer_on_changed_octets),
};
UNIT_SUITE(plain_suite, tests);
