/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/signer/fixture.h"

#include <openssl/crmf.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/pki/crmf.h"
#include "common/pki/csr.h"
#include "gateway/signer/socket.h"
#include "tests/unit/unit.h"

static void
need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fixture: %s\n", what);
	exit(2);
}

/* --- certificates --- */

#define DAY 86400L

static EVP_PKEY *ca_key;
static X509 *ca_cert;

static X509_NAME *
name_of(const char *cn)
{
	X509_NAME *n = X509_NAME_new();

	need(X509_NAME_add_entry_by_txt(n, "O", MBSTRING_UTF8, (const unsigned char *)"Example Operator", -1, -1,
	    0) == 1, "O");
	need(X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0) == 1, "CN");
	return n;
}

static void
add_extension(X509 *x, X509 *issuer, const char *text)
{
	char name[64];
	const char *eq = strchr(text, '=');
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	snprintf(name, sizeof(name), "%.*s", (int)(eq - text), text);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf(NULL, &ctx, name, eq + 1);
	need(ext != NULL && X509_add_ext(x, ext, -1) == 1, text);
	X509_EXTENSION_free(ext);
}

static X509 *
issue(EVP_PKEY *key, const char *cn, const char *const *ext, long from, long until)
{
	static long serial = 1;
	bool own_id = false;
	X509 *x = X509_new();
	X509_NAME *subject = name_of(cn), *issuer = name_of("Test CA");

	need(X509_set_version(x, X509_VERSION_3) == 1 &&
	    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(x), from) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(x), until) != NULL &&
	    X509_set_subject_name(x, subject) == 1 && X509_set_issuer_name(x, issuer) == 1 &&
	    X509_set_pubkey(x, key) == 1, "certificate");
	for (size_t i = 0; ext[i] != NULL; i++) {
		add_extension(x, x, ext[i]);
		own_id = own_id || strncmp(ext[i], "subjectKeyIdentifier", 20) == 0;
	}
	if (!own_id)
		add_extension(x, x, "subjectKeyIdentifier=hash");
	need(X509_sign(x, ca_key, EVP_sha256()) > 0, "signature");
	X509_NAME_free(subject);
	X509_NAME_free(issuer);
	return x;
}

static void
forget_ca(void)
{
	EVP_PKEY_free(ca_key);
	X509_free(ca_cert);
}

static void
make_ca(void)
{
	static const char *const ext[] = { "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign",
		NULL };

	if (ca_key != NULL)
		return;
	ca_key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	need(ca_key != NULL, "key of the CA");
	ca_cert = issue(ca_key, "Test CA", ext, -DAY, 30 * DAY);
	need(atexit(forget_ca) == 0, "atexit");
}

struct trust *
fx_trust(void)
{
	struct certs l = { NULL, 0 };
	struct trust *t = NULL;
	unsigned char *der = NULL;
	int len = i2d_X509(ca_cert, &der);
	struct err e;

	need(certs_parse((struct mem){ der, (size_t)len }, 1, &l, &e) == 0 && trust_new(&t, &e) == 0 &&
	    trust_add(t, &l, &e) == 0, "trust");
	certs_free(&l);
	OPENSSL_free(der);
	return t;
}

static EVP_PKEY *
read_key(const char *path)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *k;

	need(f != NULL, path);
	k = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	need(k != NULL, path);
	(void)fclose(f);
	return k;
}

void
fx_write_cert_valid(const char *path, const char *key_path, const char *const *ext, long from, long until)
{
	EVP_PKEY *k = read_key(key_path);
	X509 *x;
	FILE *f = fopen(path, "we");

	make_ca();
	x = issue(k, "RA", ext, from, until);
	need(f != NULL && PEM_write_X509(f, x) == 1 && fclose(f) == 0, path);
	X509_free(x);
	EVP_PKEY_free(k);
}

void
fx_write_cert(const char *path, const char *key_path, const char *const *ext)
{
	fx_write_cert_valid(path, key_path, ext, -DAY, 30 * DAY);
}

/* --- files and server --- */

void
fx_write(const char *path, const void *data, size_t len, mode_t mode)
{
	struct err e;

	need(file_write(path, (struct mem){ data, len }, mode, &e) == 0, path);
}

void
fx_copy(const char *from, const char *to)
{
	struct blob b = { NULL, 0 };
	struct err e;

	need(file_read(from, 65536, &b, &e) == 0, from);
	fx_write(to, b.p, b.len, 0600);
	blob_free(&b);
}

static void
write_new_key(const char *path)
{
	const struct key_type type = { KK_EC_P256, 0 };
	struct key *k = NULL;
	struct err e;

	need(key_new(type, &k, &e) == 0 && key_write(k, path, &e) == 0, path);
	key_free(k);
}

void
fx_files(struct fixture *f)
{
	static const char *const ext[] = { "keyUsage=digitalSignature", "extendedKeyUsage=1.3.6.1.5.5.7.3.28",
		NULL };
	static char name[] = "O=Example Operator";
	static char *names[] = { name };
	char hex[80] = "";
	uint8_t raw[32];

	memset(f, 0, sizeof(*f));
	snprintf(f->dir, sizeof(f->dir), "%s", unit_tmp());
	snprintf(f->ra_key, sizeof(f->ra_key), "%s/ra.key", f->dir);
	snprintf(f->ra_cert, sizeof(f->ra_cert), "%s/ra.pem", f->dir);
	snprintf(f->txid_key, sizeof(f->txid_key), "%s/txid.key", f->dir);
	snprintf(f->audit_key, sizeof(f->audit_key), "%s/audit.key", f->dir);
	write_new_key(f->ra_key);
	fx_write_cert(f->ra_cert, f->ra_key, ext);
	for (unsigned i = 0; i < 32; i++) {
		raw[i] = (uint8_t)i;
		snprintf(hex + 2 * i, sizeof(hex) - 2 * i, "%02X", i + 32);
	}
	hex[64] = '\n';
	fx_write(f->txid_key, raw, sizeof(raw), 0600);
	fx_write(f->audit_key, hex, 65, 0600);
	f->conf = (struct signer_conf){ .run = f->dir, .ra_key = f->ra_key, .ra_cert = f->ra_cert,
		.txid_key = f->txid_key, .audit_key = f->audit_key, .names = names, .n_names = 1 };
	f->wake[0] = f->wake[1] = -1;
}

void
fx_open(struct fixture *f)
{
	struct err e = { R_NONE, "" };

	if (signer_server_new(&f->conf, &f->server, &e) != 0)
		need(false, e.detail);
}

static void *
serve(void *arg)
{
	struct fixture *f = arg;
	char c;

	/* the other end closes: then a read gives 0 */
	while (recv(f->wake[0], &c, 1, MSG_DONTWAIT) != 0)
		signer_server_turn(f->server, 1000, f->wake[0]);
	return NULL;
}

void
fx_run(struct fixture *f)
{
	if (f->server == NULL)
		fx_open(f);
	need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, f->wake) == 0 &&
	    pthread_create(&f->thread, NULL, serve, f) == 0, "thread");
}

void
fx_pause(struct fixture *f)
{
	if (f->wake[1] < 0)
		return;
	(void)close(f->wake[1]);
	need(pthread_join(f->thread, NULL) == 0, "join");
	(void)close(f->wake[0]);
	f->wake[0] = f->wake[1] = -1;
}

void
fx_end(struct fixture *f)
{
	fx_pause(f);
	signer_server_free(f->server);
	f->server = NULL;
}

const char *
fx_socket(const struct fixture *f, enum signer_role role)
{
	static struct sockaddr_un at;

	need(signer_socket_path(f->dir, role, &at, NULL) == 0, "path");
	return at.sun_path;
}

/* --- requests --- */

static struct key *station_key;
static EVP_PKEY *station_pkey;

static void
forget_station(void)
{
	key_free(station_key);
	EVP_PKEY_free(station_pkey);
}

struct key *
fx_station_key(void)
{
	char path[160];
	struct err e;

	if (station_key == NULL) {
		snprintf(path, sizeof(path), "%s/station.key", unit_tmp());
		write_new_key(path);
		need(key_load(path, &station_key, &e) == 0, path);
		station_pkey = read_key(path);
		need(atexit(forget_station) == 0, "atexit");
	}
	return station_key;
}

static X509_NAME *
parse_name(const char *text)
{
	struct blob der = { NULL, 0 };
	const unsigned char *p;
	X509_NAME *n;
	struct err e;

	need(name_parse(text, &der, &e) == 0, text);
	p = der.p;
	n = d2i_X509_NAME(NULL, &p, (long)der.len);
	need(n != NULL, text);
	blob_free(&der);
	return n;
}

static struct blob
owned(unsigned char *der, int len)
{
	struct blob b = { NULL, 0 };
	struct err e;

	need(len > 0 && blob_set1(&b, (struct mem){ der, (size_t)len }, &e) == 0, "DER");
	OPENSSL_free(der);
	return b;
}

struct blob
fx_csr(const char *subject, const char *const *ext)
{
	X509_REQ *r = X509_REQ_new();
	X509_NAME *n = parse_name(subject);
	STACK_OF(X509_EXTENSION) *exts = NULL;
	unsigned char *der = NULL;
	struct blob b;

	(void)fx_station_key();
	need(X509_REQ_set_subject_name(r, n) == 1 && X509_REQ_set_pubkey(r, station_pkey) == 1, "request");
	for (size_t i = 0; ext != NULL && ext[i] != NULL; i++) {
		char name[64];
		const char *eq = strchr(ext[i], '=');
		X509_EXTENSION *x;
		X509V3_CTX ctx;

		X509V3_set_ctx(&ctx, NULL, NULL, r, NULL, 0);
		snprintf(name, sizeof(name), "%.*s", (int)(eq - ext[i]), ext[i]);
		x = X509V3_EXT_conf(NULL, &ctx, name, eq + 1);
		need(x != NULL && X509v3_add_ext(&exts, x, -1) != NULL, ext[i]);
		X509_EXTENSION_free(x);
	}
	if (exts != NULL)
		need(X509_REQ_add_extensions(r, exts) == 1, "extensions");
	need(X509_REQ_sign(r, station_pkey, EVP_sha256()) > 0, "signature");
	b = owned(der, i2d_X509_REQ(r, &der));
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	X509_NAME_free(n);
	X509_REQ_free(r);
	return b;
}

struct blob
fx_crmf(const char *subject)
{
	struct blob name = { NULL, 0 }, der = { NULL, 0 };
	struct request_names n = { .n_san = 0 };
	struct err e;

	need(name_parse(subject, &name, &e) == 0, subject);
	n.subject = mem_of(&name);
	need(crmf_build(fx_station_key(), &n, &der, &e) == 0, "CRMF");
	blob_free(&name);
	return der;
}

struct blob
fx_crmf_ra_verified(const char *subject)
{
	OSSL_CRMF_MSG *m = OSSL_CRMF_MSG_new();
	STACK_OF(OSSL_CRMF_MSG) *all = sk_OSSL_CRMF_MSG_new_null();
	X509_NAME *n = parse_name(subject);
	unsigned char *der = NULL;
	struct blob b;

	(void)fx_station_key();
	need(OSSL_CRMF_MSG_set_certReqId(m, 0) == 1 &&
	    OSSL_CRMF_CERTTEMPLATE_fill(OSSL_CRMF_MSG_get0_tmpl(m), station_pkey, n, NULL, NULL) == 1 &&
	    OSSL_CRMF_MSG_create_popo(OSSL_CRMF_POPO_RAVERIFIED, m, station_pkey, EVP_sha256(), NULL, NULL) == 1 &&
	    sk_OSSL_CRMF_MSG_push(all, m) == 1, "CRMF");
	b = owned(der, i2d_OSSL_CRMF_MSGS(all, &der));
	sk_OSSL_CRMF_MSG_pop_free(all, OSSL_CRMF_MSG_free);
	X509_NAME_free(n);
	return b;
}

struct cmp_header
fx_header(const struct certs *chain, struct mem sig_alg)
{
	static const uint8_t tid[CMP_NONCE_LEN] = "transaction 0001", nonce[CMP_NONCE_LEN] = "the RA's nonce 1";
	const struct cmp_protector p = { .chain = chain, .sig_alg = sig_alg };
	struct cmp_header h = { .message_time = 1700000000, .transaction_id = { tid, sizeof(tid) },
		.sender_nonce = { nonce, sizeof(nonce) } };

	cmp_protector_header(&p, &h);
	h.recipient = cert_get0_issuer(chain->v[0]);
	return h;
}

struct blob
fx_part(const struct cmp_header *h, enum cmp_body body, struct mem content)
{
	struct blob part = { NULL, 0 };
	struct err e = { R_NONE, "" };

	if (cmp_part_build(h, body, content, &part, &e) != 0)
		need(false, e.detail);
	return part;
}

void
fx_credential(const struct fixture *f, struct credential *c)
{
	struct signer *s = NULL;
	struct err e;

	memset(c, 0, sizeof(*c));
	need(signer_new(fx_socket(f, ROLE_DISPATCH), &s, &e) == 0, "client");
	if (signer_credential(s, &c->chain, &c->sig_alg, &e) != 0)
		need(false, e.detail);
	signer_free(s);
}

void
fx_credential_free(struct credential *c)
{
	certs_free(&c->chain);
	blob_free(&c->sig_alg);
}
