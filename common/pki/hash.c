/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/hash.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/pki/ossl.h"

int
sha256(struct mem data, uint8_t out[SHA256_LEN], struct err *e)
{
	if (EVP_Digest(data.p, data.len, out, NULL, EVP_sha256(), NULL) != 1)
		return ossl_fail(e, R_NO_MEMORY, "SHA-256");
	return 0;
}

int
hmac_sha256(struct mem key, struct mem data, uint8_t out[SHA256_LEN], struct err *e)
{
	unsigned len = 0;

	/* An empty key must not reach HMAC() as NULL: that would mean "the one from before". */
	if (key.len > INT_MAX ||
	    HMAC(EVP_sha256(), key.len > 0 ? (const void *)key.p : "", (int)key.len, data.p, data.len,
	    out, &len) == NULL || len != SHA256_LEN)
		return ossl_fail(e, R_NO_MEMORY, "HMAC-SHA-256");
	return 0;
}

bool
secret_eq(struct mem a, struct mem b)
{
	return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.p, b.p, a.len) == 0);
}
