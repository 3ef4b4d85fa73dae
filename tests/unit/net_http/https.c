/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/net/http/client.h"
#include "tests/unit/net_http/peer.h"
#include "tests/unit/unit.h"

#define OK_EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

/* A key and a certificate that signs itself, as the peer's, the client's, or a stranger's. */
struct id {
	EVP_PKEY *key;
	X509 *cert;
	char cert_file[128], key_file[128];
};

static void
must(int ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "cannot set up: %s\n", what);
		exit(2);
	}
}

static void
id_write(struct id *id, const char *dir, const char *name)
{
	FILE *f;

	snprintf(id->cert_file, sizeof(id->cert_file), "%s/%s.pem", dir, name);
	snprintf(id->key_file, sizeof(id->key_file), "%s/%s.key", dir, name);
	f = fopen(id->cert_file, "w");
	must(f != NULL && PEM_write_X509(f, id->cert) == 1 && fclose(f) == 0, "certificate file");
	f = fopen(id->key_file, "w");
	must(f != NULL && PEM_write_PrivateKey(f, id->key, NULL, NULL, 0, NULL, NULL) == 1 && fclose(f) == 0,
	    "key file");
}

static void
id_make(struct id *id, const char *dir, const char *name, const char *san)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
	X509_NAME *subject;

	id->key = EVP_EC_gen("P-256");
	id->cert = X509_new();
	must(id->key != NULL && id->cert != NULL && ext != NULL, name);
	subject = X509_get_subject_name(id->cert);
	must(X509_set_version(id->cert, X509_VERSION_3) == 1 &&
	    ASN1_INTEGER_set(X509_get_serialNumber(id->cert), 1) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(id->cert), -60) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(id->cert), 3600) != NULL &&
	    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0) == 1 &&
	    X509_set_issuer_name(id->cert, subject) == 1 && X509_set_pubkey(id->cert, id->key) == 1 &&
	    X509_add_ext(id->cert, ext, -1) == 1 && X509_sign(id->cert, id->key, EVP_sha256()) > 0, name);
	X509_EXTENSION_free(ext);
	id_write(id, dir, name);
}

static void
id_free(struct id *id)
{
	EVP_PKEY_free(id->key);
	X509_free(id->cert);
}

/* One exchange with a peer of that identity; client_ca: whom the peer demands (NULL: nobody). */
static void
ask(const struct id *peer, const struct http_options *o, X509 *client_ca, struct http_exchange *x, int *requests)
{
	const char *answers[] = { OK_EMPTY, NULL };
	struct peer p = { .answer = answers, .tls = SSL_CTX_new(TLS_server_method()) };
	struct http *h = NULL;
	struct err e;

	must(p.tls != NULL && SSL_CTX_use_certificate(p.tls, peer->cert) == 1 &&
	    SSL_CTX_use_PrivateKey(p.tls, peer->key) == 1, "TLS server");
	if (client_ca != NULL) {
		must(X509_STORE_add_cert(SSL_CTX_get_cert_store(p.tls), client_ca) == 1, "client CA");
		SSL_CTX_set_verify(p.tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	}
	peer_start(&p);
	x->method = "POST";
	x->url = p.url;
	x->body = mem_str("secret");
	CU_ASSERT_EQUAL_FATAL(http_new(o, &h, &e), 0);
	if (http_do(h, x, &e) != 0)
		x->err = e;
	http_free(h);
	peer_stop(&p);
	*requests = atomic_load(&p.requests);
	SSL_CTX_free(p.tls);
}

static const struct http_options base = {
	.connections = 1, .connect_ms = 3000, .total_ms = 5000, .max_answer = 64,
};

static void
a_trusted_peer_is_spoken_to_with_the_client_certificate(void)
{
	const char *dir = unit_tmp();
	struct id peer, client;
	struct http_options o = base;
	struct http_exchange x = { 0 };
	int n;

	id_make(&peer, dir, "peer", "IP:127.0.0.1");
	id_make(&client, dir, "client", "DNS:client.example");
	o.ca_file = peer.cert_file;
	o.cert_file = client.cert_file;
	o.key_file = client.key_file;
	ask(&peer, &o, client.cert, &x, &n);
	CU_ASSERT_EQUAL(x.err.reason, R_NONE);
	CU_ASSERT_EQUAL(x.status, 200);
	CU_ASSERT_EQUAL(n, 1);
	http_exchange_free(&x);
	id_free(&peer);
	id_free(&client);
}

static void
a_peer_of_another_anchor_or_name_hears_nothing(void)
{
	const char *dir = unit_tmp();
	struct id peer, other, misnamed;
	struct http_options o = base;
	struct http_exchange x = { 0 };
	int n;

	id_make(&peer, dir, "peer", "IP:127.0.0.1");
	id_make(&other, dir, "other", "IP:127.0.0.1");
	id_make(&misnamed, dir, "misnamed", "IP:127.0.0.2,DNS:localhost");
	o.ca_file = other.cert_file;
	ask(&peer, &o, NULL, &x, &n);
	CU_ASSERT_EQUAL(x.err.reason, R_PEER_NOT_TRUSTED);
	CU_ASSERT_TRUE(x.never_left);
	CU_ASSERT_EQUAL(n, 0);
	http_exchange_free(&x);
	o.ca_file = misnamed.cert_file;
	ask(&misnamed, &o, NULL, &x, &n);
	CU_ASSERT_EQUAL(x.err.reason, R_PEER_NOT_TRUSTED);
	CU_ASSERT_TRUE(x.never_left);
	CU_ASSERT_EQUAL(n, 0);
	http_exchange_free(&x);
	id_free(&peer);
	id_free(&other);
	id_free(&misnamed);
}

static void
without_anchor_no_https(void)
{
	struct id peer;
	struct http_exchange x = { 0 };
	int n;

	id_make(&peer, unit_tmp(), "peer", "IP:127.0.0.1");
	ask(&peer, &base, NULL, &x, &n);
	CU_ASSERT_EQUAL(x.err.reason, R_CONFIG);
	CU_ASSERT_EQUAL(n, 0);
	http_exchange_free(&x);
	id_free(&peer);
}

static void
files_that_cannot_be_used_have_their_own_reasons(void)
{
	const char *dir = unit_tmp();
	struct id peer, a, b;
	struct http_options o = base;
	struct http_exchange x = { 0 };
	int n;

	id_make(&peer, dir, "peer", "IP:127.0.0.1");
	id_make(&a, dir, "a", "DNS:a.example");
	id_make(&b, dir, "b", "DNS:b.example");
	o.ca_file = "/nonexistent/ca.pem";
	ask(&peer, &o, NULL, &x, &n);
	CU_ASSERT_EQUAL(x.err.reason, R_FILE_IO);
	http_exchange_free(&x);
	o.ca_file = peer.cert_file;
	o.cert_file = a.cert_file;
	o.key_file = b.key_file;
	ask(&peer, &o, NULL, &x, &n);
	CU_ASSERT_EQUAL(x.err.reason, R_KEY_UNUSABLE);
	CU_ASSERT_EQUAL(n, 0);
	http_exchange_free(&x);
	id_free(&peer);
	id_free(&a);
	id_free(&b);
}

static const struct unit_test tests[] = {
	UNIT(a_trusted_peer_is_spoken_to_with_the_client_certificate),
	UNIT(a_peer_of_another_anchor_or_name_hears_nothing),
	UNIT(without_anchor_no_https),
	UNIT(files_that_cannot_be_used_have_their_own_reasons),
};
extern const struct unit_suite https_suite;
UNIT_SUITE(https_suite, tests);
