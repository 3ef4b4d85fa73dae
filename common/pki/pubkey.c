/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Public keys, opened without OpenSSL's generic decoder: on 3.0 that alone takes longer than checking
 * a signature. The checks are the same and are named here.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdlib.h>

#include "common/base/alloc.h"
#include "common/base/limits.h"
#include "common/pki/key_int.h"

#define EC_KINDS 3
#define RSA_E_BITS_MAX 256	/* FIPS 186-5 appendix A.1.1; bounds what a check costs */

struct pubkey {
	EVP_PKEY *pkey;
	struct key_type type;
};

/* RFC 8017 appendix A.1.1 */
typedef struct {
	ASN1_INTEGER *modulus;
	ASN1_INTEGER *publicExponent;
} RSAPublicKeyValue;

ASN1_SEQUENCE(RSAPublicKeyValue) = {
	ASN1_SIMPLE(RSAPublicKeyValue, modulus, ASN1_INTEGER),
	ASN1_SIMPLE(RSAPublicKeyValue, publicExponent, ASN1_INTEGER)
} static_ASN1_SEQUENCE_END(RSAPublicKeyValue)

/* An EC key without a point for each curve; copied and filled. Made once, never changed. */
static EVP_PKEY *ec_empty[EC_KINDS];
static pthread_once_t ec_once = PTHREAD_ONCE_INIT;

static EVP_PKEY *
ec_empty_new(const char *group)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *k = NULL;
	char name[16];
	OSSL_PARAM params[2];

	(void)OPENSSL_strlcpy(name, group, sizeof(name));
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0);
	params[1] = OSSL_PARAM_construct_end();
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &k, EVP_PKEY_KEY_PARAMETERS, params) != 1)
		k = NULL;
	EVP_PKEY_CTX_free(ctx);
	return k;
}

static void
ec_make(void)
{
	static const enum key_kind kinds[EC_KINDS] = { KK_EC_P256, KK_EC_P384, KK_EC_P521 };

	for (size_t i = 0; i < EC_KINDS; i++)
		ec_empty[i] = ec_empty_new(key_alg_of(kinds[i])->ossl);
}

/* OpenSSL refuses a point that is not on the curve; the cofactor of these curves is 1. */
static EVP_PKEY *
open_ec(const struct key_alg *a, struct mem point, struct err *e)
{
	EVP_PKEY *k, *empty;

	/* RFC 5480 section 2.2: uncompressed; so neither infinity nor a hybrid form. */
	if (point.len != a->len || point.p[0] != 0x04) {
		err_set(e, R_KEY_BAD, "not an uncompressed point of %s", a->ossl);
		return NULL;
	}
	(void)pthread_once(&ec_once, ec_make);
	empty = ec_empty[a->kind - KK_EC_P256];
	if (empty == NULL) {
		err_set(e, R_INTERNAL, "%s", a->ossl);
		return NULL;
	}
	k = EVP_PKEY_dup(empty);
	if (k == NULL) {
		ossl_fail(e, R_NO_MEMORY, a->ossl);	/* there is no other reason, even where it says so */
		return NULL;
	}
	if (EVP_PKEY_set1_encoded_public_key(k, point.p, point.len) != 1) {
		EVP_PKEY_free(k);
		ossl_fail(e, R_KEY_BAD, "point");
		return NULL;
	}
	return k;
}

/* RFC 8017 section 3.1 and house rules: both odd and positive, e over 2^16. */
static int
rsa_check(const BIGNUM *n, const BIGNUM *exp, struct err *e)
{
	int bits = BN_num_bits(n);

	if (BN_is_negative(n) || BN_is_negative(exp) || !BN_is_odd(n))
		return err_set(e, R_KEY_BAD, "RSA modulus");
	if (bits < LIM_RSA_BITS_MIN)
		return err_set(e, R_KEY_TOO_WEAK, "RSA of %d bits", bits);
	if (bits > LIM_RSA_BITS_MAX)
		return err_set(e, R_KEY_BAD, "RSA of %d bits", bits);
	if (!BN_is_odd(exp) || BN_num_bits(exp) <= 16 || BN_num_bits(exp) > RSA_E_BITS_MAX)
		return err_set(e, R_KEY_BAD, "RSA exponent");
	if (rsa_is_roca(n))
		return err_set(e, R_KEY_TOO_WEAK, "RSA key of the kind of CVE-2017-15361 (ROCA)");
	return 0;
}

static EVP_PKEY *
rsa_from(const BIGNUM *n, const BIGNUM *exp, struct err *e)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *k = NULL;

	if (bld != NULL && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, exp) == 1)
		params = OSSL_PARAM_BLD_to_param(bld);
	if (ctx == NULL || params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &k, EVP_PKEY_PUBLIC_KEY, params) != 1) {
		k = NULL;
		ossl_fail(e, R_KEY_BAD, "RSA");
	}
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	return k;
}

static EVP_PKEY *
open_rsa(struct mem der, unsigned *bits, struct err *e)
{
	RSAPublicKeyValue *v = asn_decode(ASN1_ITEM_rptr(RSAPublicKeyValue), der, "RSAPublicKey", NULL);
	BIGNUM *n = v == NULL ? NULL : ASN1_INTEGER_to_BN(v->modulus, NULL);
	BIGNUM *exp = v == NULL ? NULL : ASN1_INTEGER_to_BN(v->publicExponent, NULL);
	EVP_PKEY *k = NULL;

	if (n == NULL || exp == NULL)
		ossl_fail(e, R_KEY_BAD, "not an RSAPublicKey");
	else if (rsa_check(n, exp, e) == 0) {
		k = rsa_from(n, exp, e);
		*bits = (unsigned)BN_num_bits(n);
	}
	BN_free(exp);
	BN_free(n);
	ASN1_item_free((ASN1_VALUE *)v, ASN1_ITEM_rptr(RSAPublicKeyValue));
	return k;
}

static EVP_PKEY *
open_raw(const struct key_alg *a, struct mem octets, struct err *e)
{
	EVP_PKEY *k;

	if (octets.len != a->len) {
		err_set(e, R_KEY_BAD, "%s key of %zu octets", a->name, octets.len);
		return NULL;
	}
	k = EVP_PKEY_new_raw_public_key_ex(NULL, a->ossl, NULL, octets.p, octets.len);
	if (k == NULL)
		ossl_fail(e, R_KEY_TYPE, "not known to this OpenSSL, or not a key");
	return k;
}

static EVP_PKEY *
open_key(const SubjectPublicKeyInfo *spki, struct key_type *type, struct err *e)
{
	X509_ALGOR *algor = asn_decode(ASN1_ITEM_rptr(X509_ALGOR), asn_mem(spki->algorithm),
	    "AlgorithmIdentifier", e);
	const struct key_alg *a = algor == NULL ? NULL : key_alg_find(algor, e);
	struct mem bits;

	X509_ALGOR_free(algor);
	if (a == NULL)
		return NULL;
	if (!asn_bits(spki->subjectPublicKey, &bits) || bits.len == 0) {
		err_set(e, R_KEY_BAD, "empty, or not whole octets");
		return NULL;
	}
	*type = (struct key_type){ a->kind, 0 };
	switch (a->family) {
	case KF_EC:
		return open_ec(a, bits, e);
	case KF_RSA:
		return open_rsa(bits, &type->bits, e);
	case KF_RAW:
		break;
	}
	return open_raw(a, bits, e);
}

int
pubkey_parse(struct mem der, struct pubkey **out, struct err *e)
{
	SubjectPublicKeyInfo *spki = asn_decode(ASN1_ITEM_rptr(SubjectPublicKeyInfo), der,
	    "SubjectPublicKeyInfo", e);
	struct pubkey *k = NULL;
	int rc = -1;

	if (spki == NULL)
		return -1;
	k = mem_calloc(1, sizeof(*k));
	if (k == NULL) {
		err_set(e, R_NO_MEMORY, "public key");
		goto out;
	}
	k->pkey = open_key(spki, &k->type, e);
	if (k->pkey == NULL)
		goto out;
	*out = k;
	k = NULL;
	rc = 0;
out:
	pubkey_free(k);
	ASN1_item_free((ASN1_VALUE *)spki, ASN1_ITEM_rptr(SubjectPublicKeyInfo));
	return rc;
}

struct key_type
pubkey_type(const struct pubkey *k)
{
	return k->type;
}

static int
set_pss(EVP_PKEY_CTX *ctx, const struct sig_choice *how)
{
	if (how->alg->params != SP_PSS)
		return 1;
	if (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, how->digest, NULL) != 1)
		return 0;
	return EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, how->salt_len);
}

int
pubkey_verify_with(const struct pubkey *k, const struct sig_choice *how, struct mem tbs,
    struct mem sig, struct err *e)
{
	const struct key_alg *a = key_alg_of(k->type.kind);
	EVP_PKEY_CTX *ctx;
	EVP_MD_CTX *md;
	int rc = -1;

	if (a->family != how->alg->family || (how->alg->kind != KK_NONE && how->alg->kind != a->kind))
		return err_set(e, R_BAD_SIGNATURE, "algorithm %s does not fit the key", how->alg->oid);
	if (sig.len == 0)
		return err_set(e, R_BAD_SIGNATURE, "empty");
	ossl_begin();
	md = EVP_MD_CTX_new();
	if (md == NULL || EVP_DigestVerifyInit_ex(md, &ctx, how->digest, NULL, NULL, k->pkey, NULL) != 1 ||
	    set_pss(ctx, how) != 1)
		ossl_fail(e, R_INTERNAL, "signature check");
	else if (EVP_DigestVerify(md, sig.p, sig.len, tbs.p, tbs.len) == 1)
		rc = 0;
	else
		ossl_fail(e, R_BAD_SIGNATURE, "it does not fit key and content");
	EVP_MD_CTX_free(md);
	return rc;
}

int
pubkey_verify(const struct pubkey *k, struct mem sig_alg, struct mem tbs, struct mem sig,
    struct err *e)
{
	X509_ALGOR *a = asn_decode(ASN1_ITEM_rptr(X509_ALGOR), sig_alg, "signature algorithm", e);
	struct sig_choice how;
	int rc = -1;

	if (a == NULL)
		return -1;
	if (sig_choose(a, &how, e) == 0)
		rc = pubkey_verify_with(k, &how, tbs, sig, e);
	X509_ALGOR_free(a);
	return rc;
}

void
pubkey_free(struct pubkey *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}
