/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "common/base/buf.h"
#include "common/pki/csr.h"
#include "common/pki/der.h"
#include "common/pki/name.h"
#include "tests/bench/floor.h"

#define TBS 500		/* octets signed: about what a CMP message or certificate has */

struct signature {
	EVP_PKEY *key;
	uint8_t tbs[TBS], sig[512];
	size_t len;
};

static int
sign(void *arg)
{
	struct signature *s = arg;
	EVP_MD_CTX *m = EVP_MD_CTX_new();
	int rc = -1;

	s->len = sizeof(s->sig);
	if (m != NULL && EVP_DigestSignInit(m, NULL, EVP_sha256(), NULL, s->key) == 1 &&
	    EVP_DigestSign(m, s->sig, &s->len, s->tbs, TBS) == 1)
		rc = 0;
	EVP_MD_CTX_free(m);
	return rc;
}

static int
verify(void *arg)
{
	struct signature *s = arg;
	EVP_MD_CTX *m = EVP_MD_CTX_new();
	int rc = -1;

	if (m != NULL && EVP_DigestVerifyInit(m, NULL, EVP_sha256(), NULL, s->key) == 1 &&
	    EVP_DigestVerify(m, s->sig, s->len, s->tbs, TBS) == 1)
		rc = 0;
	EVP_MD_CTX_free(m);
	return rc;
}

static int
both_ways(struct figures *f, EVP_PKEY *key, const char *sign_name, const char *verify_name)
{
	struct signature s = { .key = key };

	return key != NULL && figure_time(f, sign_name, sign, &s) == 0 && figure_time(f, verify_name, verify, &s) == 0 ?
	    0 : -1;
}

/* A point set into a copy of a key of its group: how a P-256 key comes from its octets without OpenSSL's decoder. */
struct point {
	EVP_PKEY *template;
	unsigned char *octets;
	size_t len;
};

static int
key_from_point(void *arg)
{
	struct point *p = arg;
	EVP_PKEY *k = EVP_PKEY_dup(p->template);
	int rc = k != NULL && EVP_PKEY_set1_encoded_public_key(k, p->octets, p->len) == 1 ? 0 : -1;

	EVP_PKEY_free(k);
	return rc;
}

static int
proof_obvious(void *arg)
{
	const struct blob *b = arg;
	const unsigned char *p = b->p;
	X509_REQ *r = d2i_X509_REQ(NULL, &p, (long)b->len);
	int rc = r != NULL && X509_REQ_verify(r, X509_REQ_get0_pubkey(r)) == 1 ? 0 : -1;

	X509_REQ_free(r);
	return rc;
}

static int
proof_ours(void *arg)
{
	const struct blob *b = arg;
	struct csr *c = NULL;
	struct err e;
	int rc = csr_parse(mem_of(b), &c, &e) == 0 && csr_check_pop(c, &e) == 0 ? 0 : -1;

	csr_free(c);
	return rc;
}

static int
walk(void *arg)
{
	const struct blob *b = arg;
	struct err e;

	return der_shape(mem_of(b), b->len, 1000, &e);
}

static int
make_csr(struct key_type type, struct blob *out, struct err *e)
{
	const struct san san = { SAN_DNS, mem_str("gnb-1.ran.example") };
	struct request_names names = { .san = &san, .n_san = 1 };
	struct blob name = { NULL, 0 };
	struct key *k = NULL;
	int rc = -1;

	if (key_new(type, &k, e) == 0 && name_parse("/O=Example Operator/CN=gnb-1", &name, e) == 0) {
		names.subject = mem_of(&name);
		rc = csr_build(k, &names, out, e);
	}
	blob_free(&name);
	key_free(k);
	return rc;
}

static int
proofs(struct figures *f, struct err *e)
{
	struct blob ec = { NULL, 0 }, rsa = { NULL, 0 };
	int rc = -1;

	if (make_csr((struct key_type){ KK_EC_P256, 0 }, &ec, e) == 0 &&
	    make_csr((struct key_type){ KK_RSA, 2048 }, &rsa, e) == 0 &&
	    figure_time(f, "walk PKCS#10", walk, &ec) == 0 &&
	    figure_time(f, "PKCS#10 P-256, d2i_X509_REQ", proof_obvious, &ec) == 0 &&
	    figure_time(f, "PKCS#10 P-256, ours", proof_ours, &ec) == 0 &&
	    figure_time(f, "PKCS#10 RSA-2048, d2i_X509_REQ", proof_obvious, &rsa) == 0 &&
	    figure_time(f, "PKCS#10 RSA-2048, ours", proof_ours, &rsa) == 0)
		rc = 0;
	blob_free(&ec);
	blob_free(&rsa);
	return rc;
}

int
floor_crypto(struct figures *f, struct err *e)
{
	EVP_PKEY *ec = EVP_EC_gen("P-256"), *rsa = EVP_RSA_gen(2048);
	struct point p = { .template = ec };
	int rc = -1;

	err_set(e, R_INTERNAL, "crypto");
	if (ec != NULL)
		p.len = EVP_PKEY_get1_encoded_public_key(ec, &p.octets);
	if (both_ways(f, ec, "sign P-256", "verify P-256") == 0 &&
	    both_ways(f, rsa, "sign RSA-2048", "verify RSA-2048") == 0 &&
	    figure_time(f, "P-256 key from a point", key_from_point, &p) == 0)
		rc = proofs(f, e);
	OPENSSL_free(p.octets);
	EVP_PKEY_free(ec);
	EVP_PKEY_free(rsa);
	return rc;
}
