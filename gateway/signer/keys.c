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
#include "gateway/signer/memory.h"

#define OID_CMC_RA "1.3.6.1.5.5.7.3.28"		/* RFC 6402 section 2.10 */
#define SECRET_FILE_MAX 128u

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

/* --- the RA's certificate --- */

static bool
is_chain(const struct certs *l)
{
	for (size_t i = 0; i + 1 < l->n; i++)
		if (!mem_eq(cert_get0_issuer(l->v[i]), cert_get0_subject(l->v[i + 1])))
			return false;
	return true;
}

static unsigned
doubts_about(const struct certs *chain)
{
	const struct cert *ra = chain->v[0];
	int64_t now = clock_wall_s();

	return (cert_has_eku(ra, OID_CMC_RA) ? 0 : DOUBT_EKU) |
	    (now < cert_not_before(ra) || now > cert_not_after(ra) ? DOUBT_TIME : 0) |
	    (is_chain(chain) ? 0 : DOUBT_CHAIN);
}

/* The gravest of them in words. */
static const char *
doubt_text(unsigned doubts)
{
	if (doubts & DOUBT_TIME)
		return "not valid now";
	if (doubts & DOUBT_EKU)
		return "no extended key usage id-kp-cmcRA: a CA may not take it for an RA";
	if (doubts & DOUBT_CHAIN)
		return "what follows the certificate is not its chain, each certificate issued by the next";
	return NULL;
}

static void
warn_doubtful(const char *path, unsigned doubts)
{
	struct log_line l;

	for (unsigned bit = 1; bit <= DOUBT_CHAIN; bit <<= 1) {
		if ((doubts & bit) == 0)
			continue;
		log_begin(&l, LOG_WARN, "signer.certificate_doubtful");
		log_str(&l, "file", path);
		log_str(&l, "what", doubt_text(bit));
		log_end(&l);
	}
}

static int
check_certificate(const struct signer_conf *c, struct signer_keys *k, struct err *e)
{
	const struct cert *ra = k->chain.n > 0 ? k->chain.v[0] : NULL;

	if (ra == NULL)
		return err_set(e, R_KEY_UNUSABLE, "%s holds no certificate", c->ra_cert);
	if (!cert_fits_key(ra, k->ra))
		return err_set(e, R_KEY_UNUSABLE, "%s is not the certificate of the key", c->ra_cert);
	if (!cert_allows_usage(ra, USAGE_DIGITAL_SIGNATURE))
		return err_set(e, R_KEY_UNUSABLE, "%s: keyUsage without digitalSignature", c->ra_cert);
	k->doubts = doubts_about(&k->chain);
	return 0;
}

int64_t
signer_keys_left(const struct signer_keys *k, int64_t now)
{
	int64_t end = INT64_MAX;

	for (size_t i = 0; i < k->chain.n; i++)
		if (cert_not_after(k->chain.v[i]) < end)
			end = cert_not_after(k->chain.v[i]);
	return end - now;
}

/* The key may stand before it, in one file that is replaced as a whole. */
static int
load_chain(const char *path, struct certs *out, struct err *e)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	struct blob text = { NULL, 0 };
	struct mem m;
	const uint8_t *first;
	int rc;

	if (file_read(path, LIM_KEY_FILE, &text, e) != 0)
		return -1;
	m = mem_of(&text);
	first = m.len > 0 ? memmem(m.p, m.len, begin, sizeof(begin) - 1) : NULL;
	if (first != NULL)
		m = (struct mem){ first, m.len - (size_t)(first - m.p) };
	rc = certs_parse(m, LIM_CHAIN, out, e);
	blob_cleanse(&text);
	return rc == 0 ? 0 : err_at(e, path);
}

static int
name_authorities(struct signer_keys *k, struct err *e)
{
	names_init(&k->authorities, 2 * k->chain.n);
	for (size_t i = 0; i < k->chain.n; i++)
		if (names_add(&k->authorities, cert_get0_subject(k->chain.v[i]), e) != 0 ||
		    names_add(&k->authorities, cert_get0_issuer(k->chain.v[i]), e) != 0)
			return -1;
	return 0;
}

/* --- all together --- */

/*
 * A message made under the old certificate must not be signed with another key: what tells the two apart is what
 * a header says of its signer.
 */
static bool
can_be_told_apart(const struct signer_keys *a, const struct signer_keys *b)
{
	const struct cert *x = a->chain.v[0], *y = b->chain.v[0];

	return mem_eq(cert_get0_spki(x), cert_get0_spki(y)) || !mem_eq(cert_get0_ski(x), cert_get0_ski(y)) ||
	    !mem_eq(cert_get0_subject(x), cert_get0_subject(y)) || !mem_eq(mem_of(&a->sig_alg), mem_of(&b->sig_alg));
}

static int
check_replacement(const struct signer_conf *c, const struct signer_keys *old, const struct signer_keys *k,
    struct err *e)
{
	unsigned fresh = k->doubts & ~old->doubts;

	if (fresh != 0)
		return err_set(e, R_KEY_UNUSABLE, "%s: %s", c->ra_cert, doubt_text(fresh));
	if (!can_be_told_apart(old, k))
		return err_set(e, R_KEY_UNUSABLE, "%s: another key with the same subjectKeyIdentifier, or none",
		    c->ra_cert);
	if (CRYPTO_memcmp(k->txid, old->txid, MAC_KEY_LEN) != 0)
		return err_set(e, R_KEY_UNUSABLE, "%s has changed: open requests depend on the old one", c->txid_key);
	if (CRYPTO_memcmp(k->audit, old->audit, MAC_KEY_LEN) != 0)
		return err_set(e, R_KEY_UNUSABLE, "%s has changed: the audit chain depends on the old one",
		    c->audit_key);
	return 0;
}

static int
load_all(const struct signer_conf *c, struct signer_keys *k, struct err *e)
{
	if (c->ra_key[0] == '\0' || c->ra_cert[0] == '\0')
		return err_set(e, R_CONFIG, "signer.ra_key or signer.ra_cert is not set");
	k->ra_uri = c->ra_key;
	if (load_chain(c->ra_cert, &k->chain, e) != 0 || name_authorities(k, e) != 0 ||
	    load_secret(c->txid_key, "signer.txid_key", &k->txid, e) != 0 ||
	    load_secret(c->audit_key, "signer.audit_key", &k->audit, e) != 0)
		return -1;
	if (CRYPTO_memcmp(k->txid, k->audit, MAC_KEY_LEN) == 0)
		return err_set(e, R_KEY_UNUSABLE, "signer.txid_key and signer.audit_key are the same");
	/* last: a token that is asked counts */
	if (key_load(c->ra_key, &k->ra, e) != 0 || blob_set1(&k->sig_alg, key_get0_sig_alg(k->ra), e) != 0)
		return -1;
	return check_certificate(c, k, e);
}

int
signer_keys_load(const struct signer_conf *c, const struct signer_keys *old, struct signer_keys **out,
    struct err *e)
{
	struct signer_keys *k;

	if (signer_memory_lock(e) != 0)
		return -1;
	k = xcalloc(1, sizeof(*k));
	if (load_all(c, k, e) != 0 || (old != NULL && check_replacement(c, old, k, e) != 0)) {
		signer_keys_free(k);
		return -1;
	}
	warn_doubtful(c->ra_cert, k->doubts);
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
	names_free(&k->authorities);
	blob_free(&k->sig_alg);
	OPENSSL_secure_clear_free(k->txid, MAC_KEY_LEN);
	OPENSSL_secure_clear_free(k->audit, MAC_KEY_LEN);
	free(k);
}
