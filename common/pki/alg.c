/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/alg.h"

#include <openssl/obj_mac.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/pki/algs.h"

#define OID_EC		"1.2.840.10045.2.1"
#define OID_RSA		"1.2.840.113549.1.1.1"
#define OID_PKCS1	"1.2.840.113549.1.1."
#define OID_ECDSA	"1.2.840.10045.4.3."
#define OID_SHA2	"2.16.840.1.101.3.4.2."
#define OID_NIST_SIG	"2.16.840.1.101.3.4.3."

/* RFC 5480, RFC 3279, RFC 8410, RFC 9881 */
static const struct key_alg key_algs[] = {
	{ KK_EC_P256, KF_EC, "ec-p256", OID_EC, "1.2.840.10045.3.1.7", "P-256", 65, OID_ECDSA "2" },
	{ KK_EC_P384, KF_EC, "ec-p384", OID_EC, "1.3.132.0.34", "P-384", 97, OID_ECDSA "3" },
	{ KK_EC_P521, KF_EC, "ec-p521", OID_EC, "1.3.132.0.35", "P-521", 133, OID_ECDSA "4" },
	{ KK_RSA, KF_RSA, "rsa", OID_RSA, NULL, "RSA", 0, OID_PKCS1 "11" },
	{ KK_ED25519, KF_RAW, "ed25519", "1.3.101.112", NULL, "ED25519", 32, "1.3.101.112" },
	{ KK_ED448, KF_RAW, "ed448", "1.3.101.113", NULL, "ED448", 57, "1.3.101.113" },
	{ KK_ML_DSA_44, KF_RAW, "ml-dsa-44", OID_NIST_SIG "17", NULL, "ML-DSA-44", 1312,
	    OID_NIST_SIG "17" },
	{ KK_ML_DSA_65, KF_RAW, "ml-dsa-65", OID_NIST_SIG "18", NULL, "ML-DSA-65", 1952,
	    OID_NIST_SIG "18" },
	{ KK_ML_DSA_87, KF_RAW, "ml-dsa-87", OID_NIST_SIG "19", NULL, "ML-DSA-87", 2592,
	    OID_NIST_SIG "19" },
};

/* RFC 5758, RFC 4055, RFC 8410, RFC 9881. SHA-1 and MD5 are not here, so they are refused. */
static const struct sig_alg sig_algs[] = {
	{ OID_ECDSA "2", SP_ABSENT, KF_EC, KK_NONE, "SHA256", NULL },
	{ OID_ECDSA "3", SP_ABSENT, KF_EC, KK_NONE, "SHA384", NULL },
	{ OID_ECDSA "4", SP_ABSENT, KF_EC, KK_NONE, "SHA512", NULL },
	{ OID_PKCS1 "11", SP_NULL, KF_RSA, KK_RSA, "SHA256", NULL },
	{ OID_PKCS1 "12", SP_NULL, KF_RSA, KK_RSA, "SHA384", NULL },
	{ OID_PKCS1 "13", SP_NULL, KF_RSA, KK_RSA, "SHA512", NULL },
	{ OID_PKCS1 "10", SP_PSS, KF_RSA, KK_RSA, NULL, NULL },
	{ "1.3.101.112", SP_ABSENT, KF_RAW, KK_ED25519, NULL, "SHA512" },
	{ "1.3.101.113", SP_ABSENT, KF_RAW, KK_ED448, NULL, "SHAKE256" },
	{ OID_NIST_SIG "17", SP_ABSENT, KF_RAW, KK_ML_DSA_44, NULL, NULL },
	{ OID_NIST_SIG "18", SP_ABSENT, KF_RAW, KK_ML_DSA_65, NULL, NULL },
	{ OID_NIST_SIG "19", SP_ABSENT, KF_RAW, KK_ML_DSA_87, NULL, NULL },
};

static const struct {
	const char *name;
	const char *oid;
} digests[] = {
	{ "SHA256", OID_SHA2 "1" },
	{ "SHA384", OID_SHA2 "2" },
	{ "SHA512", OID_SHA2 "3" },
};

/* OID of an AlgorithmIdentifier and the type of its parameters (V_ASN1_UNDEF: absent). */
static bool
algor_read(const X509_ALGOR *a, char oid[OID_TEXT], int *type, const void **value)
{
	const ASN1_OBJECT *o;

	if (a == NULL)
		return false;
	X509_ALGOR_get0(&o, type, value, a);
	return asn_oid(o, oid);
}

static bool
absent_or_null(int type)
{
	return type == V_ASN1_UNDEF || type == V_ASN1_NULL;
}

const struct key_alg *
key_alg_of(enum key_kind kind)
{
	for (size_t i = 0; i < COUNT_OF(key_algs); i++)
		if (key_algs[i].kind == kind)
			return &key_algs[i];
	return NULL;
}

const struct key_alg *
key_alg_of_pkey(const EVP_PKEY *k)
{
	char group[OID_TEXT];
	size_t len;

	for (size_t i = 0; i < COUNT_OF(key_algs); i++) {
		const struct key_alg *a = &key_algs[i];

		if (a->family != KF_EC) {
			if (EVP_PKEY_is_a(k, a->ossl) == 1)
				return a;
		} else if (EVP_PKEY_is_a(k, "EC") == 1 &&
		    EVP_PKEY_get_group_name(k, group, sizeof(group), &len) == 1 &&
		    OBJ_sn2nid(group) == EC_curve_nist2nid(a->ossl))
			return a;
	}
	return NULL;
}

/* RFC 5480 section 2.1.1: namedCurve alone. RFC 3279 section 2.3.1: NULL. RFC 8410: absent. */
static bool
key_params_ok(const struct key_alg *a, int type, const void *value)
{
	char curve[OID_TEXT];

	switch (a->family) {
	case KF_EC:
		return type == V_ASN1_OBJECT && asn_oid(value, curve) && strcmp(curve, a->curve) == 0;
	case KF_RSA:
		return type == V_ASN1_NULL;
	case KF_RAW:
		break;
	}
	return type == V_ASN1_UNDEF;
}

const struct key_alg *
key_alg_find(const X509_ALGOR *a, struct err *e)
{
	const void *value = NULL;
	bool known = false;
	char oid[OID_TEXT];
	int type;

	if (!algor_read(a, oid, &type, &value)) {
		err_set(e, R_KEY_BAD, "algorithm has no readable OID");
		return NULL;
	}
	for (size_t i = 0; i < COUNT_OF(key_algs); i++) {
		if (strcmp(oid, key_algs[i].oid) != 0)
			continue;
		if (key_params_ok(&key_algs[i], type, value))
			return &key_algs[i];
		known = true;
	}
	/* A foreign named curve is another type of key; anything else in its place is malformed. */
	if (known && !(strcmp(oid, OID_EC) == 0 && type == V_ASN1_OBJECT))
		err_set(e, R_KEY_BAD, "parameters of %s are not a named curve, NULL or absent, "
		    "as its type wants", oid);
	else
		err_set(e, R_KEY_TYPE, known ? "curve of %s is not allowed" : "%s is not allowed", oid);
	return NULL;
}

const char *
digest_find(const X509_ALGOR *a)
{
	const void *value = NULL;
	char oid[OID_TEXT];
	int type;

	if (!algor_read(a, oid, &type, &value) || !absent_or_null(type))
		return NULL;
	for (size_t i = 0; i < COUNT_OF(digests); i++)
		if (strcmp(oid, digests[i].oid) == 0)
			return digests[i].name;
	return NULL;
}

const char *
digest_oid(const char *digest)
{
	for (size_t i = 0; i < COUNT_OF(digests); i++)
		if (strcmp(digest, digests[i].name) == 0)
			return digests[i].oid;
	return NULL;
}

/* MGF1 with the hash of the message, as RFC 4055 section 3.1 recommends. */
static bool
mgf_ok(const X509_ALGOR *mgf, const char *digest)
{
	const ASN1_STRING *params = NULL;
	const ASN1_OBJECT *o;
	const char *found;
	X509_ALGOR *hash;
	int type;

	if (mgf == NULL)
		return false;
	X509_ALGOR_get0(&o, &type, (const void **)&params, mgf);
	if (OBJ_obj2nid(o) != NID_mgf1 || type != V_ASN1_SEQUENCE)
		return false;
	hash = asn_decode(ASN1_ITEM_rptr(X509_ALGOR), asn_mem(params), "hash of MGF1", NULL);
	found = hash == NULL ? NULL : digest_find(hash);
	X509_ALGOR_free(hash);
	return found != NULL && strcmp(found, digest) == 0;
}

/* RSASSA-PSS-params (RFC 4055 section 3.1): SHA-2, the same in MGF1, a salt that fits, trailer 1. */
static int
choose_pss(const ASN1_STRING *params, struct sig_choice *c, struct err *e)
{
	RSA_PSS_PARAMS *p = asn_decode(ASN1_ITEM_rptr(RSA_PSS_PARAMS), asn_mem(params),
	    "RSASSA-PSS parameters", e);
	int64_t salt = 20, trailer = 1;		/* the defaults */
	int rc = -1;

	if (p == NULL)
		return -1;
	c->digest = p->hashAlgorithm == NULL ? NULL : digest_find(p->hashAlgorithm);
	if (c->digest == NULL || !mgf_ok(p->maskGenAlgorithm, c->digest)) {
		err_set(e, R_WEAK_ALGORITHM, "hash of RSASSA-PSS");
		goto out;
	}
	if ((p->saltLength != NULL && ASN1_INTEGER_get_int64(&salt, p->saltLength) != 1) ||
	    (p->trailerField != NULL && ASN1_INTEGER_get_int64(&trailer, p->trailerField) != 1) ||
	    salt < 20 || salt > LIM_RSA_BITS_MAX / 8 || trailer != 1) {
		ossl_fail(e, R_WEAK_ALGORITHM, "salt or trailer of RSASSA-PSS");
		goto out;
	}
	c->salt_len = (int)salt;
	rc = 0;
out:
	RSA_PSS_PARAMS_free(p);
	return rc;
}

static bool
sig_params_ok(enum sig_params want, int type)
{
	switch (want) {
	case SP_ABSENT:
		return type == V_ASN1_UNDEF;
	case SP_NULL:
		return absent_or_null(type);
	case SP_PSS:
		break;
	}
	return type == V_ASN1_SEQUENCE;
}

int
sig_choose(const X509_ALGOR *a, struct sig_choice *out, struct err *e)
{
	const void *value = NULL;
	char oid[OID_TEXT];
	int type;

	if (!algor_read(a, oid, &type, &value))
		return err_set(e, R_WEAK_ALGORITHM, "signature algorithm has no readable OID");
	for (size_t i = 0; i < COUNT_OF(sig_algs); i++) {
		if (strcmp(oid, sig_algs[i].oid) != 0)
			continue;
		if (!sig_params_ok(sig_algs[i].params, type))
			return err_set(e, R_WEAK_ALGORITHM, "parameters of %s", oid);
		*out = (struct sig_choice){ &sig_algs[i], sig_algs[i].digest, -1 };
		return sig_algs[i].params == SP_PSS ? choose_pss(value, out, e) : 0;
	}
	return err_set(e, R_WEAK_ALGORITHM, "%s", oid);
}

int
sig_choose_rsa(const char *digest, struct sig_choice *out, struct err *e)
{
	for (size_t i = 0; i < COUNT_OF(sig_algs); i++) {
		if (sig_algs[i].params != SP_NULL || strcmp(sig_algs[i].digest, digest) != 0)
			continue;
		*out = (struct sig_choice){ &sig_algs[i], digest, -1 };
		return 0;
	}
	return err_set(e, R_WEAK_ALGORITHM, "RSA with %s", digest);
}

/* "rsa-3072": the digits, without sign or leading zero. */
static bool
rsa_bits(const char *s, unsigned *bits)
{
	unsigned long v;
	char *end;

	if (s[0] < '1' || s[0] > '9' || strlen(s) > 5)
		return false;
	v = strtoul(s, &end, 10);
	*bits = (unsigned)v;
	return *end == '\0' && v >= LIM_RSA_BITS_MIN && v <= LIM_RSA_BITS_MAX;
}

int
key_type_parse(const char *name, struct key_type *out, struct err *e)
{
	unsigned bits = 0;

	for (size_t i = 0; i < COUNT_OF(key_algs); i++) {
		const struct key_alg *a = &key_algs[i];

		if (a->kind == KK_RSA ? strncmp(name, "rsa-", 4) != 0 || !rsa_bits(name + 4, &bits) :
		    strcmp(name, a->name) != 0)
			continue;
		*out = (struct key_type){ a->kind, bits };
		return 0;
	}
	return err_set(e, R_KEY_TYPE, "no such type of key; known are ec-p256, ec-p384, ec-p521, "
	    "rsa-%u to rsa-%u, ed25519, ed448, ml-dsa-44, ml-dsa-65, ml-dsa-87",
	    LIM_RSA_BITS_MIN, LIM_RSA_BITS_MAX);
}

void
key_type_print(struct key_type t, char *out)
{
	const struct key_alg *a = key_alg_of(t.kind);

	if (t.kind == KK_RSA)
		snprintf(out, KEY_TYPE_TEXT, "rsa-%u", t.bits);
	else
		snprintf(out, KEY_TYPE_TEXT, "%s", a == NULL ? "none" : a->name);
}

bool
key_type_covers(struct key_type want, struct key_type have)
{
	if (want.kind == KK_NONE || want.kind != have.kind)
		return false;
	return want.kind != KK_RSA || have.bits >= want.bits;
}
