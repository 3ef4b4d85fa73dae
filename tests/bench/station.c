/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/station.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/enc.h"
#include "common/pki/crmf.h"
#include "common/pki/csr.h"
#include "common/pki/envelope.h"
#include "common/pki/hash.h"
#include "common/pki/name.h"

#define DAYS_S 86400L

struct factory {
	X509 *cert;
	EVP_PKEY *key;
};

static int
load_factory(const char *cert, const char *key, struct factory *f, struct err *e)
{
	BIO *c = BIO_new_file(cert, "r"), *k = BIO_new_file(key, "r");

	if (c != NULL && k != NULL) {
		f->cert = PEM_read_bio_X509(c, NULL, NULL, NULL);
		f->key = PEM_read_bio_PrivateKey(k, NULL, NULL, NULL);
	}
	BIO_free(c);
	BIO_free(k);
	return f->cert != NULL && f->key != NULL ? 0 : err_set(e, R_FILE_IO, "%s, %s", cert, key);
}

/* Our struct key of an OpenSSL key: by way of its DER. */
static int
key_of(EVP_PKEY *from, struct key **out, struct err *e)
{
	unsigned char *der = NULL;
	PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(from);
	int len = p8 != NULL ? i2d_PKCS8_PRIV_KEY_INFO(p8, &der) : -1;
	int rc = len > 0 ? key_parse((struct mem){ der, (size_t)len }, out, e) : err_set(e, R_INTERNAL, "PKCS#8");

	PKCS8_PRIV_KEY_INFO_free(p8);
	OPENSSL_free(der);
	return rc;
}

static int
add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	int rc = ext != NULL && X509_add_ext(x, ext, -1) == 1 ? 0 : -1;

	X509_EXTENSION_free(ext);
	return rc;
}

static int
add_name(X509_NAME *n, const char *type, const char *value)
{
	return X509_NAME_add_entry_by_txt(n, type, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0);
}

static int
fill_device(X509 *x, const struct station *s, const struct factory *f)
{
	unsigned char serial[12];
	char name[80];
	BIGNUM *n = NULL;
	X509_NAME *subject = X509_get_subject_name(x);
	int rc = -1;

	snprintf(name, sizeof(name), "SN-%s", s->name);
	if (RAND_bytes(serial, sizeof(serial)) != 1 || (n = BN_bin2bn(serial, sizeof(serial), NULL)) == NULL ||
	    BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) == NULL || X509_set_version(x, X509_VERSION_3) != 1 ||
	    X509_gmtime_adj(X509_getm_notBefore(x), -DAYS_S) == NULL ||
	    X509_gmtime_adj(X509_getm_notAfter(x), 3650 * DAYS_S) == NULL ||
	    X509_set_issuer_name(x, X509_get_subject_name(f->cert)) != 1 || X509_set_pubkey(x, s->key) != 1)
		goto out;
	if (add_name(subject, "O", "Lab Vendor") != 1 || add_name(subject, "serialNumber", name) != 1 ||
	    add_extension(x, NID_basic_constraints, "critical,CA:FALSE") != 0 ||
	    add_extension(x, NID_key_usage, "critical,digitalSignature") != 0)
		goto out;
	rc = X509_sign(x, f->key, EVP_sha256()) > 0 ? 0 : -1;
out:
	BN_free(n);
	return rc;
}

/* --- requests --- */

static int
envelope_of(const struct station *s, struct mem pkcs10, struct blob *out, struct err *e)
{
	const struct envelope_content in = { .station = s->name, .pkcs10 = pkcs10 };
	struct certs chain = { NULL, 0 };
	struct cert *c = NULL;
	struct key *device = NULL;
	unsigned char *der = NULL;
	int len = i2d_X509(s->cert, &der), rc = -1;

	if (len <= 0) {
		(void)err_set(e, R_INTERNAL, "device certificate");
		goto out;
	}
	if (cert_parse((struct mem){ der, (size_t)len }, &c, e) != 0 || certs_add(&chain, c, e) != 0)
		goto out;
	c = NULL;
	if (key_of(s->key, &device, e) == 0)
		rc = envelope_build(&in, device, &chain, out, e);
out:
	OPENSSL_free(der);
	cert_free(c);
	certs_free(&chain);
	key_free(device);
	return rc;
}

/* EST wants base64 (RFC 8951 section 3). */
static int
base64_of(struct blob *b, struct err *e)
{
	struct blob text = { mem_calloc(1, 4 * (b->len / 3 + 1) + 1), 0 };

	if (text.p == NULL)
		return err_set(e, R_NO_MEMORY, "base64");
	text.len = (size_t)EVP_EncodeBlock(text.p, b->p, (int)b->len);
	blob_free(b);
	*b = text;
	return 0;
}

static int
new_key(enum load_key kind, struct key **out, struct err *e)
{
	EVP_PKEY *rsa = NULL;
	int rc;

	if (kind == LOAD_P256)
		return key_new((struct key_type){ KK_EC_P256, 0 }, out, e);
	if (rsa_key_quick(&rsa, e) != 0)
		return -1;
	rc = key_of(rsa, out, e);
	EVP_PKEY_free(rsa);
	return rc;
}

static int
build_request(const struct options *o, const struct station *s, const struct key *k,
    const struct request_names *names, struct request *r, struct err *e)
{
	struct blob pkcs10 = { NULL, 0 };
	int rc;

	if (o->form == LOAD_CRMF)
		return crmf_build(k, names, &r->body, e);
	if (o->form == LOAD_PKCS10)
		return csr_build(k, names, &r->body, e) != 0 ||
		    (o->door == LOAD_EST && base64_of(&r->body, e) != 0) ? -1 : 0;
	rc = csr_build(k, names, &pkcs10, e);
	if (rc == 0)
		rc = envelope_of(s, mem_of(&pkcs10), &r->body, e);
	blob_free(&pkcs10);
	return rc;
}

static int
make_request(const struct options *o, const struct station *s, struct request *r, struct err *e)
{
	char subject[128], dns[80];
	struct blob name = { NULL, 0 };
	struct san san = { .kind = SAN_DNS };
	struct request_names names = { .san = &san, .n_san = 1 };
	struct key *k = NULL;
	int rc = -1;

	snprintf(subject, sizeof(subject), "/O=Example Operator/CN=%s", s->name);
	snprintf(dns, sizeof(dns), "%s.ran.example", s->name);
	san.value = mem_str(dns);
	if (name_parse(subject, &name, e) != 0 || new_key(o->key, &k, e) != 0)
		goto out;
	names.subject = mem_of(&name);
	if (blob_set1(&r->spki, key_get0_spki(k), e) == 0)
		rc = build_request(o, s, k, &names, r, e);
out:
	blob_free(&name);
	key_free(k);
	return rc;
}

static int
make_station(const struct options *o, const struct factory *f, size_t i, struct station *s, struct err *e)
{
	snprintf(s->name, sizeof(s->name), "%s-%06zu", o->prefix, i);
	s->key = EVP_EC_gen("P-256");
	s->cert = X509_new();
	s->request = mem_calloc(o->each, sizeof(*s->request));
	if (s->key == NULL || s->cert == NULL || s->request == NULL || fill_device(s->cert, s, f) != 0)
		return err_set(e, R_INTERNAL, "device certificate of %s", s->name);
	for (size_t k = 0; k < o->each; k++)
		if (make_request(o, s, &s->request[k], e) != 0)
			return -1;
	return 0;
}

int
stations_make(const struct options *o, const char *ca_cert, const char *ca_key, struct stations *out,
    struct err *e)
{
	struct factory f = { NULL, NULL };
	int rc = -1;

	*out = (struct stations){ .v = mem_calloc(o->stations, sizeof(*out->v)), .n = o->stations, .each = o->each };
	if (out->v == NULL) {
		out->n = 0;
		return err_set(e, R_NO_MEMORY, "stations");
	}
	if (load_factory(ca_cert, ca_key, &f, e) != 0)
		goto out;
	for (size_t i = 0; i < out->n; i++)
		if (make_station(o, &f, i, &out->v[i], e) != 0)
			goto out;
	rc = 0;
out:
	X509_free(f.cert);
	EVP_PKEY_free(f.key);
	return rc;
}

void
stations_free(struct stations *s)
{
	for (size_t i = 0; i < s->n; i++) {
		for (size_t k = 0; s->v[i].request != NULL && k < s->each; k++) {
			blob_free(&s->v[i].request[k].body);
			blob_free(&s->v[i].request[k].spki);
		}
		free(s->v[i].request);
		X509_free(s->v[i].cert);
		EVP_PKEY_free(s->v[i].key);
	}
	free(s->v);
	*s = (struct stations){ NULL, 0, 0 };
}

static int
device_key_hash(const struct station *s, char *hex, struct err *e)
{
	uint8_t hash[SHA256_LEN];
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(s->key, &der);
	int rc = len > 0 ? sha256((struct mem){ der, (size_t)len }, hash, e) : err_set(e, R_INTERNAL, "public key");

	OPENSSL_free(der);
	hex_print((struct mem){ hash, sizeof(hash) }, hex);
	return rc;
}

int
stations_write_csv(const struct stations *s, const struct options *o, const char *path, struct err *e)
{
	FILE *f = fopen(path, "we");
	char hex[2 * SHA256_LEN + 1];
	int rc = 0;

	if (f == NULL)
		return err_sys(e, R_FILE_IO, "%s", path);
	fprintf(f, "station,vendor,serial,profile,device_key\r\n");
	for (size_t i = 0; i < s->n && rc == 0; i++) {
		rc = device_key_hash(&s->v[i], hex, e);
		fprintf(f, "%s,lab,SN-%s,gnb,%s\r\n", s->v[i].name, s->v[i].name, hex);
	}
	for (size_t i = 0; i < o->inventory; i++)
		fprintf(f, "%s-idle-%07zu,lab,SN-%s-idle-%07zu,gnb,\r\n", o->prefix, i, o->prefix, i);
	if (fclose(f) != 0 && rc == 0)
		rc = err_sys(e, R_FILE_IO, "%s", path);
	return rc;
}
