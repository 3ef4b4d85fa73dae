/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * RSA keys from a pool of primes. Whoever sees two moduli of one prime can factor both: good for a load test, for
 * nothing else. To the gateway they are RSA-2048 keys like any other.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "tests/bench/station.h"

#define POOL 256u
#define PRIME_BITS 1024

static BIGNUM *pool[POOL];
static size_t n_pool, next;	/* next: of the second primes that the last prime has had */

void
rsa_primes_free(void)
{
	for (size_t i = 0; i < n_pool; i++)
		BN_clear_free(pool[i]);
	n_pool = next = 0;
}

/* A prime with its two highest bits set, so that a product has full length, and e not dividing p - 1. */
static BIGNUM *
new_prime(const BIGNUM *e, BN_CTX *c)
{
	BIGNUM *p = BN_secure_new(), *rest = BN_new();
	bool good = false;

	while (p != NULL && rest != NULL && !good) {
		if (BN_generate_prime_ex(p, PRIME_BITS, 0, NULL, NULL, NULL) != 1 || BN_sub_word(p, 1) != 1 ||
		    BN_mod(rest, p, e, c) != 1 || BN_add_word(p, 1) != 1)
			break;
		good = !BN_is_zero(rest);
	}
	BN_free(rest);
	if (!good) {
		BN_clear_free(p);
		return NULL;
	}
	return p;
}

/* d = e^-1 mod lcm would be shorter; (p-1)(q-1) is as right (RFC 8017 section 3.2 allows both). */
static int
fill(OSSL_PARAM_BLD *b, const BIGNUM *p, const BIGNUM *q, const BIGNUM *e, BN_CTX *c)
{
	BIGNUM *p1 = BN_CTX_get(c), *q1 = BN_CTX_get(c), *phi = BN_CTX_get(c), *n = BN_CTX_get(c),
	    *d = BN_CTX_get(c), *dp = BN_CTX_get(c), *dq = BN_CTX_get(c), *qi = BN_CTX_get(c);

	if (qi == NULL || BN_sub(p1, p, BN_value_one()) != 1 || BN_sub(q1, q, BN_value_one()) != 1 ||
	    BN_mul(phi, p1, q1, c) != 1 || BN_mul(n, p, q, c) != 1 || BN_mod_inverse(d, e, phi, c) == NULL ||
	    BN_mod(dp, d, p1, c) != 1 || BN_mod(dq, d, q1, c) != 1 || BN_mod_inverse(qi, q, p, c) == NULL)
		return -1;
	return OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e) == 1 &&
	    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_D, d) == 1 &&
	    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_FACTOR1, p) == 1 &&
	    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_FACTOR2, q) == 1 &&
	    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_EXPONENT1, dp) == 1 &&
	    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_EXPONENT2, dq) == 1 &&
	    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, qi) == 1 ? 0 : -1;
}

static EVP_PKEY *
from_primes(const BIGNUM *p, const BIGNUM *q, const BIGNUM *e, BN_CTX *c)
{
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *x = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (b == NULL || x == NULL || fill(b, p, q, e, c) != 0)
		goto out;
	params = OSSL_PARAM_BLD_to_param(b);
	if (params == NULL || EVP_PKEY_fromdata_init(x) != 1 ||
	    EVP_PKEY_fromdata(x, &key, EVP_PKEY_KEYPAIR, params) != 1)
		key = NULL;
out:
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	EVP_PKEY_CTX_free(x);
	return key;
}

/* The next pair (last, i): a new prime when the last one has met all before it. */
static int
next_pair(const BIGNUM *e, BN_CTX *c)
{
	if (n_pool >= 2 && next < n_pool - 1)
		return 0;
	do {
		if (n_pool == POOL || (pool[n_pool] = new_prime(e, c)) == NULL)
			return -1;
		n_pool++;
	} while (n_pool < 2);
	next = 0;
	return 0;
}

int
rsa_key_quick(EVP_PKEY **out, struct err *err)
{
	BN_CTX *c = BN_CTX_new();
	BIGNUM *e = BN_new();
	int rc = -1;

	if (c == NULL || e == NULL || BN_set_word(e, RSA_F4) != 1 || next_pair(e, c) != 0)
		goto out;
	BN_CTX_start(c);
	*out = from_primes(pool[n_pool - 1], pool[next++], e, c);
	BN_CTX_end(c);
	rc = *out != NULL ? 0 : -1;
out:
	BN_free(e);
	BN_CTX_free(c);
	return rc == 0 ? 0 : err_set(err, R_INTERNAL, "RSA key from primes");
}
