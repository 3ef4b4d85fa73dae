/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The server's half of a mutual TLS 1.3 handshake by GnuTLS, as libmicrohttpd does it: both ends in one thread, over
 * two buffers, the clock running while the server works.
 */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>
#include <time.h>

#include "common/base/buf.h"
#include "tests/bench/floor.h"

#define PIPE (64u * 1024)

struct way {
	uint8_t data[PIPE];
	size_t from, to;
};

struct end {
	gnutls_session_t s;
	struct way *in, *out;
};

static ssize_t
push(gnutls_transport_ptr_t self, const void *p, size_t len)
{
	struct way *w = ((struct end *)self)->out;

	if (w->to + len > PIPE)
		return -1;
	memcpy(w->data + w->to, p, len);
	w->to += len;
	return (ssize_t)len;
}

static ssize_t
pull(gnutls_transport_ptr_t self, void *p, size_t len)
{
	struct end *x = self;
	size_t have = x->in->to - x->in->from;

	if (have == 0) {
		gnutls_transport_set_errno(x->s, EAGAIN);
		return -1;
	}
	len = have < len ? have : len;
	memcpy(p, x->in->data + x->in->from, len);
	x->in->from += len;
	return (ssize_t)len;
}

static int
pull_timeout(gnutls_transport_ptr_t self, unsigned ms)
{
	struct end *x = self;

	(void)ms;
	return x->in->to > x->in->from;
}

static int
end_open(struct end *x, unsigned flags, gnutls_certificate_credentials_t cred, struct way *in, struct way *out)
{
	x->in = in;
	x->out = out;
	if (gnutls_init(&x->s, flags | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) != 0)
		return -1;
	gnutls_transport_set_ptr(x->s, x);
	gnutls_transport_set_push_function(x->s, push);
	gnutls_transport_set_pull_function(x->s, pull);
	gnutls_transport_set_pull_timeout_function(x->s, pull_timeout);
	return gnutls_priority_set_direct(x->s, "NORMAL:-VERS-ALL:+VERS-TLS1.3", NULL) == 0 &&
	    gnutls_credentials_set(x->s, GNUTLS_CRD_CERTIFICATE, cred) == 0 ? 0 : -1;
}

/* One handshake; what the server's half took is added to *ns. */
static int
shake(gnutls_certificate_credentials_t cred, struct way *there, struct way *back, int64_t *ns)
{
	struct end server = { NULL, NULL, NULL }, client = { NULL, NULL, NULL };
	int s = GNUTLS_E_AGAIN, c = GNUTLS_E_AGAIN, rc = -1;
	int64_t from;

	there->from = there->to = back->from = back->to = 0;
	if (end_open(&client, GNUTLS_CLIENT, cred, back, there) != 0)
		goto out;
	from = thread_ns();
	if (end_open(&server, GNUTLS_SERVER, cred, there, back) != 0)
		goto out;
	gnutls_certificate_server_set_request(server.s, GNUTLS_CERT_REQUIRE);
	*ns += thread_ns() - from;
	for (int turn = 0; turn < 10 && (s != 0 || c != 0); turn++) {
		if (c != 0)
			c = gnutls_handshake(client.s);
		from = thread_ns();
		if (s != 0)
			s = gnutls_handshake(server.s);
		*ns += thread_ns() - from;
	}
	rc = s == 0 && c == 0 ? 0 : -1;
out:
	if (client.s != NULL)
		gnutls_deinit(client.s);
	from = thread_ns();
	if (server.s != NULL)
		gnutls_deinit(server.s);
	*ns += thread_ns() - from;
	return rc;
}

static int
self_signed(gnutls_certificate_credentials_t cred)
{
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crt_t crt = NULL;
	time_t now = time(NULL);
	int rc = -1;

	if (gnutls_x509_privkey_init(&key) == 0 && gnutls_x509_crt_init(&crt) == 0 &&
	    gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
	    0) == 0 &&
	    gnutls_x509_crt_set_version(crt, 3) == 0 && gnutls_x509_crt_set_serial(crt, "\1", 1) == 0 &&
	    gnutls_x509_crt_set_dn(crt, "CN=localhost", NULL) == 0 &&
	    gnutls_x509_crt_set_activation_time(crt, now - 60) == 0 &&
	    gnutls_x509_crt_set_expiration_time(crt, now + 3600) == 0 && gnutls_x509_crt_set_key(crt, key) == 0 &&
	    gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0) == 0 &&
	    gnutls_certificate_set_x509_key(cred, &crt, 1, key) == 0)
		rc = 0;
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
	return rc;
}

int
floor_tls(struct figures *f, struct err *e)
{
	static struct way there, back;
	gnutls_certificate_credentials_t cred = NULL;
	int64_t ns = 0, slice = (int64_t)f->slice_ms * 2000000;
	int rc = -1, n = 0;

	if (gnutls_certificate_allocate_credentials(&cred) != 0 || self_signed(cred) != 0 ||
	    shake(cred, &there, &back, &ns) != 0)
		goto out;
	for (ns = 0; ns < slice; n++)
		if (shake(cred, &there, &back, &ns) != 0)
			goto out;
	figure_add(f, "TLS 1.3 mutual handshake, server", (double)ns / 1e3 / n);
	rc = 0;
out:
	gnutls_certificate_free_credentials(cred);
	return rc == 0 ? 0 : err_set(e, R_INTERNAL, "TLS");
}
