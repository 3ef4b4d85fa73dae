/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/signer/keys.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"
#include "common/base/enc.h"
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/base/log.h"

#define OID_CMC_RA "1.3.6.1.5.5.7.3.28"		/* RFC 6402 section 2.10 */
#define SECURE_HEAP (256u * 1024)		/* for all keys, also while new ones are loaded */
#define SECURE_LEAST 32
#define SECRET_FILE_MAX 128u

/* OpenSSL takes private numbers from here: locked, not in a core dump, guard pages around it. */
static int
secure_memory(struct err *e)
{
	struct log_line l;
	int rc;

	if (CRYPTO_secure_malloc_initialized() == 1)
		return 0;
	rc = CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_LEAST);
	if (rc == 1)
		return 0;
	if (rc != 2)
		return err_set(e, R_NO_MEMORY, "no secure heap");
	log_begin(&l, LOG_WARN, "signer.memory_not_locked");
	log_str(&l, "fix", "raise LimitMEMLOCK");
	log_end(&l);
	return 0;
}

static bool
blank(uint8_t c)
{
	return c == '\n' || c == '\r';
}

/* 32 octets, or 64 digits with a line end. */
static int
decode_secret(struct mem text, const char *path, uint8_t out[MAC_KEY_LEN], struct err *e)
{
	char digits[2 * MAC_KEY_LEN + 1];
	int rc;

	if (text.len == MAC_KEY_LEN) {
		memcpy(out, text.p, MAC_KEY_LEN);
		return 0;
	}
	while (text.len > 2 * MAC_KEY_LEN && blank(text.p[text.len - 1]))
		text.len--;
	if (text.len != 2 * MAC_KEY_LEN)
		goto bad;
	memcpy(digits, text.p, 2 * MAC_KEY_LEN);
	digits[2 * MAC_KEY_LEN] = '\0';
	rc = hex_parse(digits, out, MAC_KEY_LEN, NULL);
	mem_cleanse(digits, sizeof(digits));
	if (rc == 0)
		return 0;
bad:
	return err_set(e, R_KEY_UNUSABLE, "%s: neither 32 octets nor 64 hexadecimal digits", path);
}

static int
load_secret(const char *path, const char *what, uint8_t **out, struct err *e)
{
	struct blob text = { NULL, 0 };
	int rc = -1;

	if (path[0] == '\0')
		return err_set(e, R_CONFIG, "%s is not set", what);
	if (file_read_secret(path, SECRET_FILE_MAX, &text, e) != 0)
		return -1;
	*out = OPENSSL_secure_zalloc(MAC_KEY_LEN);
	if (*out == NULL)
		err_set(e, R_NO_MEMORY, "%s", what);
	else
		rc = decode_secret(mem_of(&text), path, *out, e);
	blob_cleanse(&text);
	return rc;
}

static void
warn_doubtful(const char *path, const char *what)
{
	struct log_line l;

	log_begin(&l, LOG_WARN, "signer.certificate_doubtful");
	log_str(&l, "file", path);
	log_str(&l, "what", what);
	log_end(&l);
}

static int
check_certificate(const struct signer_conf *c, const struct signer_keys *k, struct err *e)
{
	const struct cert *ra = k->chain.n > 0 ? k->chain.v[0] : NULL;
	int64_t now = clock_wall_s();

	if (ra == NULL)
		return err_set(e, R_KEY_UNUSABLE, "%s holds no certificate", c->ra_cert);
	if (!cert_fits_key(ra, k->ra))
		return err_set(e, R_KEY_UNUSABLE, "%s is not the certificate of the key", c->ra_cert);
	if (!cert_allows_usage(ra, USAGE_DIGITAL_SIGNATURE))
		return err_set(e, R_KEY_UNUSABLE, "%s: keyUsage without digitalSignature", c->ra_cert);
	if (!cert_has_eku(ra, OID_CMC_RA))
		warn_doubtful(c->ra_cert, "no extended key usage id-kp-cmcRA: a CA may not take it for an RA");
	if (now < cert_not_before(ra) || now > cert_not_after(ra))
		warn_doubtful(c->ra_cert, "not valid now");
	return 0;
}

static int
load_all(const struct signer_conf *c, struct signer_keys *k, struct err *e)
{
	if (c->ra_key[0] == '\0' || c->ra_cert[0] == '\0')
		return err_set(e, R_CONFIG, "signer.ra_key or signer.ra_cert is not set");
	if (key_load(c->ra_key, &k->ra, e) != 0 ||
	    certs_load(c->ra_cert, LIM_CHAIN, &k->chain, e) != 0 || check_certificate(c, k, e) != 0 ||
	    load_secret(c->txid_key, "signer.txid_key", &k->txid, e) != 0 ||
	    load_secret(c->audit_key, "signer.audit_key", &k->audit, e) != 0)
		return -1;
	if (CRYPTO_memcmp(k->txid, k->audit, MAC_KEY_LEN) == 0)
		return err_set(e, R_KEY_UNUSABLE, "signer.txid_key and signer.audit_key are the same");
	return 0;
}

int
signer_keys_load(const struct signer_conf *c, struct signer_keys **out, struct err *e)
{
	struct signer_keys *k;

	if (secure_memory(e) != 0)
		return -1;
	k = xcalloc(1, sizeof(*k));
	if (load_all(c, k, e) != 0) {
		signer_keys_free(k);
		return -1;
	}
	*out = k;
	return 0;
}

void
signer_keys_free(struct signer_keys *k)
{
	if (k == NULL)
		return;
	key_free(k->ra);
	certs_free(&k->chain);
	OPENSSL_secure_clear_free(k->txid, MAC_KEY_LEN);
	OPENSSL_secure_clear_free(k->audit, MAC_KEY_LEN);
	free(k);
}
