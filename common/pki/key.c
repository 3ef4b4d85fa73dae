/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/key.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/pki/key_int.h"
#include "common/pki/text.h"

struct key {
	EVP_PKEY *pkey;
	const struct key_alg *alg;
	const char *digest;	/* NULL: the algorithm has its own */
	struct key_type type;
	struct blob spki;
	struct blob sig_alg;
	OSSL_LIB_CTX *ctx;	/* where it works; NULL: the default one */
	bool elsewhere;		/* in a token, which may go away */
};

/* DER AlgorithmIdentifier of our signatures; RFC 4055 section 5: NULL parameters with RSA. */
static int
make_sig_alg(struct key *k, struct err *e)
{
	ASN1_OBJECT *oid = asn_oid_new(k->alg->sig_oid);
	X509_ALGOR *a = X509_ALGOR_new();
	int type = k->alg->family == KF_RSA ? V_ASN1_NULL : V_ASN1_UNDEF;
	struct sig_choice how;
	int rc = -1;

	if (oid == NULL || a == NULL || X509_ALGOR_set0(a, oid, type, NULL) != 1) {
		ASN1_OBJECT_free(oid);
		ossl_fail(e, R_NO_MEMORY, "signature algorithm");
		goto out;
	}
	if (sig_choose(a, &how, e) != 0 ||
	    asn_encode(ASN1_ITEM_rptr(X509_ALGOR), a, &k->sig_alg, e) != 0)
		goto out;
	k->digest = how.digest;
	rc = 0;
out:
	X509_ALGOR_free(a);
	return rc;
}

static int
make_spki(struct key *k, struct err *e)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(k->pkey, &der), rc;

	if (len <= 0)
		return ossl_fail(e, R_KEY_UNUSABLE, "public half");
	rc = blob_set1(&k->spki, (struct mem){ der, (size_t)len }, e);
	OPENSSL_free(der);
	return rc;
}

/* Signs and checks: a token that does not answer, or halves that do not belong together, show now. */
static int
try_out(const struct key *k, struct err *e)
{
	static const char probe[] = "nemra: does this key sign?";
	struct mem tbs = { (const uint8_t *)probe, sizeof(probe) };
	struct pubkey *pub = NULL;
	struct buf sig;
	int rc = -1;

	buf_init(&sig, LIM_REQUEST);
	if (pubkey_parse(mem_of(&k->spki), &pub, e) == 0 && key_sign(k, tbs, &sig, e) == 0 &&
	    pubkey_verify(pub, mem_of(&k->sig_alg), tbs, buf_mem(&sig), e) == 0)
		rc = 0;
	else if (e != NULL && e->reason == R_BAD_SIGNATURE)
		err_set(e, R_KEY_UNUSABLE, "its halves do not belong together");
	buf_free(&sig);
	pubkey_free(pub);
	return rc;
}

/* Takes from over, also on failure. */
static int
wrap(const struct token_key *from, bool elsewhere, struct key **out, struct err *e)
{
	struct key *k = mem_calloc(1, sizeof(*k));
	EVP_PKEY *pkey = from->pkey;
	int rc = -1;

	if (k == NULL) {
		EVP_PKEY_free(pkey);
		key_provider_release(from->ctx);
		return err_set(e, R_NO_MEMORY, "key");
	}
	k->pkey = pkey;
	k->ctx = from->ctx;
	k->elsewhere = elsewhere;
	k->alg = key_alg_of_pkey(pkey);
	if (k->alg == NULL) {
		ossl_fail(e, R_KEY_TYPE, "the private key is of a type that is not allowed");
		goto out;
	}
	k->type = (struct key_type){ k->alg->kind,
	    k->alg->family == KF_RSA ? (unsigned)EVP_PKEY_get_bits(pkey) : 0 };
	if (make_spki(k, e) != 0 || make_sig_alg(k, e) != 0 || try_out(k, e) != 0)
		goto out;
	*out = k;
	k = NULL;
	rc = 0;
out:
	key_free(k);
	return rc;
}

int
key_wrap(EVP_PKEY *pkey, struct key **out, struct err *e)
{
	return wrap(&(struct token_key){ .pkey = pkey }, false, out, e);
}

int
key_new(struct key_type type, struct key **out, struct err *e)
{
	const struct key_alg *a = key_alg_of(type.kind);
	EVP_PKEY *k;

	if (a == NULL)
		return err_set(e, R_KEY_TYPE, "no such type of key");
	switch (a->family) {
	case KF_EC:
		k = EVP_PKEY_Q_keygen(NULL, NULL, "EC", a->ossl);
		break;
	case KF_RSA:
		if (type.bits < LIM_RSA_BITS_MIN || type.bits > LIM_RSA_BITS_MAX)
			return err_set(e, R_KEY_TYPE, "RSA of %u bits", type.bits);
		k = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)type.bits);
		break;
	default:
		k = EVP_PKEY_Q_keygen(NULL, NULL, a->ossl);
		break;
	}
	if (k == NULL)
		return ossl_fail(e, R_KEY_TYPE, "this OpenSSL cannot make such a key");
	return key_wrap(k, out, e);
}

/* An encrypted key is refused, not asked for. */
static int
no_password(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;
	return -1;
}

static EVP_PKEY *
read_pem(struct mem text)
{
	BIO *bio = BIO_new_mem_buf(text.p, (int)text.len);
	EVP_PKEY *k = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);

	BIO_free(bio);
	return k;
}

/* PKCS#8 PrivateKeyInfo and nothing behind it. */
static EVP_PKEY *
read_der(struct mem der)
{
	PKCS8_PRIV_KEY_INFO *p8 = asn_decode(ASN1_ITEM_rptr(PKCS8_PRIV_KEY_INFO), der, "PKCS#8", NULL);
	EVP_PKEY *k = p8 == NULL ? NULL : EVP_PKCS82PKEY(p8);

	PKCS8_PRIV_KEY_INFO_free(p8);
	return k;
}

int
key_parse(struct mem text, struct key **out, struct err *e)
{
	EVP_PKEY *k;

	if (text.len == 0 || text.len > LIM_KEY_FILE)
		return err_set(e, R_KEY_UNUSABLE, "%zu octets", text.len);
	k = memmem(text.p, text.len, "-----BEGIN", 10) != NULL ? read_pem(text) : read_der(text);
	if (k == NULL)
		return ossl_fail(e, R_KEY_UNUSABLE, "not an unencrypted private key in PEM or PKCS#8 DER");
	return key_wrap(k, out, e);
}

static int
load_file(const char *path, struct key **out, struct err *e)
{
	struct blob text = { NULL, 0 };
	int rc;

	if (file_read_secret(path, LIM_KEY_FILE, &text, e) != 0)
		return -1;
	rc = key_parse(mem_of(&text), out, e);
	blob_cleanse(&text);
	return rc == 0 ? 0 : err_at(e, path);
}

int
key_load(const char *uri, struct key **out, struct err *e)
{
	struct token_key found;

	if (!key_is_uri(uri))
		return load_file(uri, out, e);
	if (key_open_uri(uri, &found, e) != 0)
		return -1;
	return wrap(&found, true, out, e);
}

int
key_print(const struct key *k, struct buf *text, struct err *e)
{
	PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(k->pkey);
	struct blob der = { NULL, 0 };
	int rc = -1;

	if (p8 == NULL) {
		ossl_fail(e, R_KEY_UNUSABLE, "the key cannot be exported");
		goto out;
	}
	if (asn_encode(ASN1_ITEM_rptr(PKCS8_PRIV_KEY_INFO), p8, &der, e) != 0)
		goto out;
	pem_add(text, "PRIVATE KEY", mem_of(&der));
	rc = buf_ok(text) ? 0 : err_set(e, R_NO_MEMORY, "key as text");
out:
	blob_cleanse(&der);
	PKCS8_PRIV_KEY_INFO_free(p8);
	return rc;
}

int
key_write(const struct key *k, const char *path, struct err *e)
{
	struct buf text;
	int rc = -1;

	buf_init(&text, LIM_KEY_FILE);
	if (key_print(k, &text, e) == 0)
		rc = file_write(path, buf_mem(&text), 0600, e);
	buf_cleanse(&text);
	return rc;
}

struct key_type
key_type(const struct key *k)
{
	return k->type;
}

struct mem
key_get0_spki(const struct key *k)
{
	return mem_of(&k->spki);
}

struct mem
key_get0_sig_alg(const struct key *k)
{
	return mem_of(&k->sig_alg);
}

int
key_sign(const struct key *k, struct mem tbs, struct buf *sig, struct err *e)
{
	int size = EVP_PKEY_get_size(k->pkey);
	size_t len = size > 0 ? (size_t)size : 0;
	uint8_t *to = len == 0 ? NULL : buf_room(sig, len);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	int rc = -1;

	if (to == NULL || md == NULL)
		err_set(e, len > 0 && sig->over ? R_TOO_LONG : R_NO_MEMORY, "signature of %zu octets", len);
	else if (EVP_DigestSignInit_ex(md, NULL, k->digest, k->ctx, NULL, k->pkey, NULL) != 1 ||
	    EVP_DigestSign(md, to, &len, tbs.p, tbs.len) != 1)
		ossl_fail(e, k->elsewhere ? R_TOKEN_AWAY : R_KEY_UNUSABLE, "signing");
	else
		rc = 0;
	if (to != NULL)
		sig->len -= rc == 0 ? (size_t)size - len : (size_t)size;
	EVP_MD_CTX_free(md);
	return rc;
}

void
key_free(struct key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	key_provider_release(k->ctx);
	blob_free(&k->spki);
	blob_free(&k->sig_alg);
	free(k);
}
