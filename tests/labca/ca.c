/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/labca/ca.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/pki/name.h"
#include "common/pki/text.h"

#define CA_DAYS 3650

static void
path_of(char out[4096], const char *dir, const char *name)
{
	snprintf(out, 4096, "%s/%s", dir, name);
}

static EVP_PKEY *
load_pkey(const char *path, struct err *e)
{
	BIO *b = BIO_new_file(path, "r");
	EVP_PKEY *k = b == NULL ? NULL : PEM_read_bio_PrivateKey(b, NULL, NULL, NULL);

	BIO_free(b);
	if (k == NULL)
		(void)openssl_failed(e, path);
	return k;
}

static int
fill_root(X509 *x, EVP_PKEY *key, struct mem subject, struct err *e)
{
	const unsigned char *p = subject.p;
	X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)subject.len);
	int rc = -1;

	if (name == NULL || X509_set_version(x, X509_VERSION_3) != 1 ||
	    X509_set_subject_name(x, name) != 1 || X509_set_issuer_name(x, name) != 1 ||
	    X509_gmtime_adj(X509_getm_notBefore(x), -3600) == NULL ||
	    X509_time_adj_ex(X509_getm_notAfter(x), CA_DAYS, 0, NULL) == NULL ||
	    X509_set_pubkey(x, key) != 1) {
		(void)openssl_failed(e, "ca.crt");
		goto out;
	}
	if (set_random_serial(x, e) != 0 ||
	    add_extension(x, x, NID_basic_constraints, "critical,CA:TRUE", e) != 0 ||
	    add_extension(x, x, NID_key_usage, "critical,digitalSignature,keyCertSign,cRLSign", e) != 0 ||
	    add_extension(x, x, NID_subject_key_identifier, "hash", e) != 0)
		goto out;
	if (X509_sign(x, key, EVP_sha256()) <= 0) {
		(void)openssl_failed(e, "ca.crt");
		goto out;
	}
	rc = 0;
out:
	X509_NAME_free(name);
	return rc;
}

static int
write_root(const char *path, X509 *x, struct err *e)
{
	unsigned char *der = NULL;
	int len = i2d_X509(x, &der), rc;
	struct buf b;

	if (len <= 0)
		return openssl_failed(e, path);
	buf_init(&b, LIM_KEY_FILE);
	pem_add(&b, "CERTIFICATE", (struct mem){ der, (size_t)len });
	OPENSSL_free(der);
	rc = buf_ok(&b) ? file_write(path, buf_mem(&b), 0644, e) : err_set(e, R_NO_MEMORY, "ca.crt");
	buf_free(&b);
	return rc;
}

static int
make_key(const char *path, struct err *e)
{
	struct key *k = NULL;
	int rc;

	if (key_new((struct key_type){ KK_EC_P256, 0 }, &k, e) != 0)
		return -1;
	rc = key_write(k, path, e);
	key_free(k);
	return rc;
}

int
ca_init(const char *dir, const char *subject, struct err *e)
{
	char key_path[4096], cert_path[4096];
	struct blob name = { NULL, 0 };
	EVP_PKEY *key = NULL;
	X509 *x = NULL;
	int rc = -1;

	path_of(key_path, dir, "ca.key");
	path_of(cert_path, dir, "ca.crt");
	if (access(key_path, F_OK) == 0 && access(cert_path, F_OK) == 0)
		return 0;
	if (name_parse(subject, &name, e) != 0 || make_key(key_path, e) != 0)
		goto out;
	key = load_pkey(key_path, e);
	if (key == NULL)
		goto out;
	x = X509_new();
	if (x == NULL) {
		(void)openssl_failed(e, "ca.crt");
		goto out;
	}
	if (fill_root(x, key, mem_of(&name), e) != 0)
		goto out;
	rc = write_root(cert_path, x, e);
out:
	X509_free(x);
	EVP_PKEY_free(key);
	blob_free(&name);
	return rc;
}

static int
load_trust(const char *dir, struct ca *ca, struct err *e)
{
	char path[4096];

	path_of(path, dir, "ra-trust.pem");
	if (trust_new(&ca->ra_trust, e) != 0)
		return -1;
	return trust_add_file(ca->ra_trust, path, e);
}

static int
load_cert(const char *dir, struct ca *ca, struct err *e)
{
	const unsigned char *p;
	char path[4096];
	struct mem der;

	path_of(path, dir, "ca.crt");
	if (certs_load(path, 1, &ca->chain, e) != 0)
		return -1;
	if (!cert_fits_key(ca->chain.v[0], ca->key))
		return err_set(e, R_KEY_UNUSABLE, "%s does not fit ca.key", path);
	der = cert_get0_der(ca->chain.v[0]);
	p = der.p;
	ca->x509 = d2i_X509(NULL, &p, (long)der.len);
	return ca->x509 == NULL ? openssl_failed(e, path) : 0;
}

int
ca_load(const char *dir, struct ca *ca, struct err *e)
{
	char path[4096];

	*ca = (struct ca){ 0 };
	path_of(path, dir, "ca.key");
	ca->pkey = load_pkey(path, e);
	if (ca->pkey == NULL || key_load(path, &ca->key, e) != 0 || load_cert(dir, ca, e) != 0 ||
	    load_trust(dir, ca, e) != 0) {
		ca_clear(ca);
		return -1;
	}
	ca->protector = (struct cmp_protector){ .chain = &ca->chain,
	    .sig_alg = key_get0_sig_alg(ca->key), .self = ca->key, .sign = cmp_sign_with_key };
	return 0;
}

void
ca_clear(struct ca *ca)
{
	key_free(ca->key);
	EVP_PKEY_free(ca->pkey);
	X509_free(ca->x509);
	certs_free(&ca->chain);
	trust_free(ca->ra_trust);
	*ca = (struct ca){ 0 };
}
