/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Public keys opened our way and OpenSSL's: what we take OpenSSL takes, too, as the same key; what it takes and our
 * rules allow, we take.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/pki/key_int.h"
#include "tests/unit/pki/kit.h"

#define EC_KEYS 1000	/* of P-256; of the larger curves a tenth */

static bool
ours_takes(struct mem spki)
{
	struct pubkey *k = NULL;
	struct err e;
	bool taken = pubkey_parse(spki, &k, &e) == 0;

	pubkey_free(k);
	return taken;
}

/* A curve by its name, a point by both coordinates. */
static bool
ec_allowed(EVP_PKEY *k, const X509_ALGOR *a, struct mem point)
{
	static const char *const groups[] = { "prime256v1", "secp384r1", "secp521r1" };
	const void *value;
	char name[64];
	int type;

	X509_ALGOR_get0(NULL, &type, &value, a);
	if (type != V_ASN1_OBJECT || point.p[0] != 4 ||
	    EVP_PKEY_get_group_name(k, name, sizeof(name), NULL) != 1)
		return false;
	for (size_t i = 0; i < COUNT_OF(groups); i++)
		if (strcmp(name, groups[i]) == 0)
			return true;
	return false;
}

/* OpenSSL takes negative numbers for positive ones. */
static bool
rsa_allowed(const X509_ALGOR *a, struct mem der)
{
	const unsigned char *p = der.p;
	STACK_OF(ASN1_TYPE) *l = d2i_ASN1_SEQUENCE_ANY(NULL, &p, (long)der.len);
	const ASN1_TYPE *t[2] = { sk_ASN1_TYPE_value(l, 0), sk_ASN1_TYPE_value(l, 1) };
	bool ok = l != NULL && sk_ASN1_TYPE_num(l) == 2 && p == der.p + der.len && t[0]->type == V_ASN1_INTEGER &&
	    t[1]->type == V_ASN1_INTEGER;
	BIGNUM *n = ok ? ASN1_INTEGER_to_BN(t[0]->value.integer, NULL) : NULL;
	BIGNUM *e = ok ? ASN1_INTEGER_to_BN(t[1]->value.integer, NULL) : NULL;
	int type;

	X509_ALGOR_get0(NULL, &type, NULL, a);
	ok = ok && type == V_ASN1_NULL && !BN_is_negative(n) && !BN_is_negative(e) && BN_is_odd(n) && BN_is_odd(e) &&
	    BN_num_bits(n) >= LIM_RSA_BITS_MIN && BN_num_bits(n) <= LIM_RSA_BITS_MAX && BN_num_bits(e) > 16 &&
	    BN_num_bits(e) <= 256 && !rsa_is_roca(n);
	BN_free(e);
	BN_free(n);
	sk_ASN1_TYPE_pop_free(l, ASN1_TYPE_free);
	return ok;
}

/* OpenSSL drops the last bits of a key that is said not to end on an octet. */
static bool
is_whole_octets(struct mem spki)
{
	const unsigned char *p = spki.p;
	STACK_OF(ASN1_TYPE) *l = d2i_ASN1_SEQUENCE_ANY(NULL, &p, (long)spki.len);
	const ASN1_TYPE *bits = l == NULL ? NULL : sk_ASN1_TYPE_value(l, 1);
	bool whole = bits != NULL && bits->type == V_ASN1_BIT_STRING && (bits->value.bit_string->flags & 7) == 0;

	sk_ASN1_TYPE_pop_free(l, ASN1_TYPE_free);
	return whole;
}

/* The obvious way: OpenSSL's decoder, and then what we allow. */
static bool
openssl_takes(struct mem spki)
{
	const unsigned char *p = spki.p, *bits;
	X509_PUBKEY *x = d2i_X509_PUBKEY(NULL, &p, (long)spki.len);
	EVP_PKEY *k = x == NULL || p != spki.p + spki.len ? NULL : X509_PUBKEY_get(x);
	X509_ALGOR *a = NULL;
	bool taken = false;
	int len, unused;

	if (k != NULL && is_whole_octets(spki) && X509_PUBKEY_get0_param(NULL, &bits, &len, &a, x) == 1) {
		const struct mem key = { bits, (size_t)len };

		switch (EVP_PKEY_get_base_id(k)) {
		case EVP_PKEY_EC:
			taken = ec_allowed(k, a, key);
			break;
		case EVP_PKEY_RSA:
			taken = rsa_allowed(a, key);
			break;
		case EVP_PKEY_ED25519:
			X509_ALGOR_get0(NULL, &unused, NULL, a);
			taken = unused == V_ASN1_UNDEF;
			break;
		default:
			break;
		}
	}
	EVP_PKEY_free(k);
	X509_PUBKEY_free(x);
	ERR_clear_error();
	return taken;
}

static bool
agree(struct mem spki, const char *what, size_t at)
{
	bool ours = ours_takes(spki), theirs = openssl_takes(spki);

	if (ours == theirs)
		return true;
	fprintf(stderr, "%s %zu: %s takes it alone\n", what, at, ours ? "ours" : "OpenSSL");
	return false;
}

static struct blob
spki_of(EVP_PKEY *k)
{
	unsigned char *p = NULL;
	struct blob b = { NULL, 0 };
	int len = i2d_PUBKEY(k, &p);
	struct err e;

	CU_ASSERT_EQUAL_FATAL(blob_set1(&b, (struct mem){ p, (size_t)len }, &e), 0);
	OPENSSL_free(p);
	return b;
}

/* The key that we opened checks what the private half signed. */
static void
same_key(struct mem spki, const struct key *k)
{
	static const struct mem text = { (const uint8_t *)"nemra", 5 };
	struct pubkey *p = NULL;
	struct buf sig;
	struct err e;

	buf_init(&sig, 2048);
	CU_ASSERT_EQUAL_FATAL(pubkey_parse(spki, &p, &e), 0);
	CU_ASSERT_EQUAL(key_sign(k, text, &sig, &e), 0);
	CU_ASSERT_EQUAL(pubkey_verify(p, key_get0_sig_alg(k), text, buf_mem(&sig), &e), 0);
	buf_free(&sig);
	pubkey_free(p);
}

static void
both_ways_open_thousands_of_keys(void)
{
	static const struct { const char *type; int n; } kinds[] = { { "ec-p256", EC_KEYS },
	    { "ec-p384", EC_KEYS / 10 }, { "ec-p521", EC_KEYS / 10 }, { "rsa-2048", 3 }, { "ed25519", EC_KEYS } };

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		for (int n = 0; n < kinds[i].n; n++) {
			struct key *k = kit_key(kinds[i].type);

			CU_ASSERT_TRUE(openssl_takes(key_get0_spki(k)));
			same_key(key_get0_spki(k), k);
			key_free(k);
		}
	}
}

/* The point is at the end. Of a point's two neighbours above and below, one at most is on the curve: y and p - y. */
static void
no_way_opens_a_point_that_is_not_on_the_curve(void)
{
	static const struct { const char *group; size_t len; } curves[] = { { "P-256", 32 }, { "P-384", 48 },
	    { "P-521", 66 } };

	for (size_t c = 0; c < COUNT_OF(curves); c++) {
		for (int n = 0; n < 100; n++) {
			EVP_PKEY *k = EVP_EC_gen(curves[c].group);
			struct blob b = spki_of(k);
			uint8_t *x = b.p + b.len - 2 * curves[c].len, *y = b.p + b.len - curves[c].len;

			y[curves[c].len - 1] ^= 1;
			CU_ASSERT_FALSE(ours_takes(mem_of(&b)));
			CU_ASSERT_FALSE(openssl_takes(mem_of(&b)));
			y[curves[c].len - 1] ^= 1;
			CU_ASSERT_TRUE(ours_takes(mem_of(&b)));
			memset(x, 0xff, curves[c].len);		/* more than the field has */
			CU_ASSERT_FALSE(ours_takes(mem_of(&b)));
			memset(x, 0, 2 * curves[c].len);
			CU_ASSERT_FALSE(ours_takes(mem_of(&b)));
			CU_ASSERT_FALSE(openssl_takes(mem_of(&b)));
			blob_free(&b);
			EVP_PKEY_free(k);
		}
	}
}

static EVP_PKEY *
convert(EVP_PKEY *k, const char *name, const char *value)
{
	CU_ASSERT_EQUAL_FATAL(EVP_PKEY_set_utf8_string_param(k, name, value), 1);
	return k;
}

static void
other_forms_of_a_point_and_of_a_curve_are_refused(void)
{
	static const char *const other[] = { "P-224", "secp256k1", "brainpoolP256r1" };
	static const char *const forms[] = { "compressed", "hybrid" };
	struct blob b;

	for (size_t i = 0; i < COUNT_OF(other); i++) {
		EVP_PKEY *k = EVP_EC_gen(other[i]);

		b = spki_of(k);
		CU_ASSERT_FALSE(ours_takes(mem_of(&b)));
		blob_free(&b);
		EVP_PKEY_free(k);
	}
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		EVP_PKEY *k = convert(EVP_EC_gen("P-256"), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, forms[i]);

		b = spki_of(k);
		CU_ASSERT_FALSE(ours_takes(mem_of(&b)));
		CU_ASSERT_FALSE(openssl_takes(mem_of(&b)));
		blob_free(&b);
		EVP_PKEY_free(k);
	}
	EVP_PKEY *k = convert(EVP_EC_gen("P-256"), OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT);
	b = spki_of(k);
	CU_ASSERT_TRUE(b.len > 200);		/* the curve is written out */
	CU_ASSERT_FALSE(ours_takes(mem_of(&b)));
	blob_free(&b);
	EVP_PKEY_free(k);
}

static struct blob
rsa_spki(const BIGNUM *n, const BIGNUM *e)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params;
	EVP_PKEY *k = NULL;
	struct blob b;

	OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e);
	params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY_fromdata_init(ctx);
	CU_ASSERT_EQUAL_FATAL(EVP_PKEY_fromdata(ctx, &k, EVP_PKEY_PUBLIC_KEY, params), 1);
	b = spki_of(k);
	EVP_PKEY_free(k);
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_BLD_free(bld);
	return b;
}

/* n-1, n and n+1 of each limit; a modulus need not be a product of primes to be read. */
static void
rsa_keys_are_judged_alike_at_the_edges(void)
{
	static const int bits[] = { 2046, 2047, 2048, 2049, 4096, 8191, 8192, 8193 };
	static const char *const exponents[] = { "1", "2", "3", "FFFF", "10000", "10001", "10003",
	    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
	    "10000000000000000000000000000000000000000000000000000000000000001" };
	BIGNUM *n = BN_new(), *e = NULL;

	for (size_t i = 0; i < COUNT_OF(bits); i++) {
		for (size_t k = 0; k < COUNT_OF(exponents); k++) {
			for (int odd = 0; odd < 2; odd++) {
				struct blob b;

				BN_rand(n, bits[i], BN_RAND_TOP_ONE, odd ? BN_RAND_BOTTOM_ODD : BN_RAND_BOTTOM_ANY);
				if (!odd)
					BN_clear_bit(n, 0);
				BN_hex2bn(&e, exponents[k]);
				b = rsa_spki(n, e);
				CU_ASSERT_TRUE(agree(mem_of(&b), exponents[k], (size_t)bits[i]));
				CU_ASSERT_TRUE(k != 5 || ours_takes(mem_of(&b)) ==
				    (odd && bits[i] >= LIM_RSA_BITS_MIN && bits[i] <= LIM_RSA_BITS_MAX));
				blob_free(&b);
			}
		}
	}
	BN_free(e);
	BN_free(n);
}

static void
both_ways_agree_on_each_changed_bit(void)
{
	static const char *const kinds[] = { "ec-p256", "ec-p384", "rsa-2048", "ed25519" };

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct key *k = kit_key(kinds[i]);
		struct blob b = { NULL, 0 };
		struct err e;

		CU_ASSERT_EQUAL_FATAL(blob_set1(&b, key_get0_spki(k), &e), 0);
		for (size_t bit = 0; bit < 8 * b.len; bit++) {
			b.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
			CU_ASSERT_TRUE(agree(mem_of(&b), kinds[i], bit));
			b.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		}
		for (size_t len = 0; len < b.len; len++)
			CU_ASSERT_FALSE(ours_takes((struct mem){ b.p, len }));
		blob_free(&b);
		key_free(k);
	}
}

static const struct unit_test tests[] = {
	UNIT(both_ways_open_thousands_of_keys),
	UNIT(no_way_opens_a_point_that_is_not_on_the_curve),
	UNIT(other_forms_of_a_point_and_of_a_curve_are_refused),
	UNIT(rsa_keys_are_judged_alike_at_the_edges),
	UNIT(both_ways_agree_on_each_changed_bit),
};
UNIT_SUITE(pubkey_suite, tests);
