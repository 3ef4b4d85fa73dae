/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/agent/ca.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/agent/world.h"

static void
must(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "test CA: %s\n", what);
		exit(2);
	}
}

static struct blob
pem_of(X509 *c)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct blob out = { NULL, 0 };
	char *p = NULL;
	long n;

	must(bio != NULL && PEM_write_bio_X509(bio, c) == 1, "PEM");
	n = BIO_get_mem_data(bio, &p);
	must(blob_set1(&out, (struct mem){ (uint8_t *)p, (size_t)n }, NULL) == 0, "memory");
	BIO_free(bio);
	return out;
}

static void
set_name(X509 *c, const char *cn)
{
	static const unsigned char o[] = "Example Operator";
	X509_NAME *n = X509_get_subject_name(c);

	must(X509_NAME_add_entry_by_txt(n, "O", MBSTRING_UTF8, o, -1, -1, 0) == 1 &&
	    X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0) == 1, "name");
}

static void
add_ext(X509 *c, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, issuer, c, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	must(ext != NULL && X509_add_ext(c, ext, -1) == 1, value);
	X509_EXTENSION_free(ext);
}

static X509 *
cert_new(int64_t from, int64_t to)
{
	static long serial = 1000;
	X509 *c = X509_new();

	must(c != NULL && X509_set_version(c, X509_VERSION_3) == 1 &&
	    ASN1_INTEGER_set(X509_get_serialNumber(c), serial++) == 1 &&
	    ASN1_TIME_set(X509_getm_notBefore(c), from) != NULL &&
	    ASN1_TIME_set(X509_getm_notAfter(c), to) != NULL, "certificate");
	return c;
}

void
ca_make(struct ca *ca, const char *cn)
{
	ca->key = EVP_EC_gen("P-256");
	ca->cert = cert_new(NOW - 86400, NOW + 3650LL * 86400);
	must(ca->key != NULL, "key");
	set_name(ca->cert, cn);
	must(X509_set_issuer_name(ca->cert, X509_get_subject_name(ca->cert)) == 1 &&
	    X509_set_pubkey(ca->cert, ca->key) == 1, "issuer");
	add_ext(ca->cert, ca->cert, NID_basic_constraints, "critical,CA:TRUE");
	add_ext(ca->cert, ca->cert, NID_key_usage, "critical,keyCertSign,cRLSign");
	add_ext(ca->cert, ca->cert, NID_subject_key_identifier, "hash");
	must(X509_sign(ca->cert, ca->key, EVP_sha256()) > 0, "sign");
	ca->pem = pem_of(ca->cert);
}

void
ca_free(struct ca *ca)
{
	EVP_PKEY_free(ca->key);
	X509_free(ca->cert);
	blob_free(&ca->pem);
}

static struct blob
issue(const struct ca *ca, EVP_PKEY *key, const struct leaf *l)
{
	X509 *c = cert_new(l->from, l->to);
	struct blob out;

	set_name(c, l->cn);
	must(X509_set_issuer_name(c, X509_get_subject_name(ca->cert)) == 1 && X509_set_pubkey(c, key) == 1, "issuer");
	add_ext(c, ca->cert, NID_basic_constraints, l->is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	add_ext(c, ca->cert, NID_authority_key_identifier, "keyid:always");
	if (l->san != NULL)
		add_ext(c, ca->cert, NID_subject_alt_name, l->san);
	must(X509_sign(c, ca->key, EVP_sha256()) > 0, "sign");
	out = pem_of(c);
	X509_free(c);
	return out;
}

struct blob
ca_issue(const struct ca *ca, const struct leaf *l)
{
	const unsigned char *p = l->spki.p;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)l->spki.len);
	struct blob out;

	must(key != NULL, "public key");
	out = issue(ca, key, l);
	EVP_PKEY_free(key);
	return out;
}

struct blob
ca_device(const struct ca *ca, const char *key_path, const char *cn)
{
	const struct leaf l = { .cn = cn, .from = NOW - 3600, .to = NOW + 86400 };
	EVP_PKEY *key = EVP_EC_gen("P-256");
	FILE *f = fopen(key_path, "w");
	struct blob out;

	must(key != NULL && f != NULL && fchmod(fileno(f), 0600) == 0 &&
	    PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1 && fclose(f) == 0, key_path);
	out = issue(ca, key, &l);
	EVP_PKEY_free(key);
	return out;
}
