/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/tls.h"

#include <gnutls/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/base/log.h"

#define SPKI_MAX 2048	/* RSA of LIM_RSA_BITS_MAX bits, with room */

/*
 * A handshake that has begun may still use a pair that was replaced. It is over after a minute at most; this many
 * ticks of a second let it be over, and none is counted while the process stands still.
 */
#define KEEP_TICKS 300u

enum doubt {
	DOUBT_TIME = 1 << 0,	/* not valid now */
	DOUBT_SERVER = 1 << 1	/* not for TLS servers */
};

/* One reading of the two files. */
struct pair {
	struct pair *older;
	unsigned ticks;		/* since it was replaced */
	gnutls_pcert_st cert[LIM_CHAIN];
	unsigned n;
	gnutls_privkey_t key;
	int64_t not_after;	/* of the first that expires */
	unsigned doubts;
};

struct tls_door {
	char *cert_file, *key_file;
	void (*greeted)(void *arg, int fd);
	void *greeted_arg;
	pthread_mutex_t lock;
	struct pair *now;
};

static struct tls_door *_Atomic the_door;

/* No tickets: who comes again proves its key again. */
const char *
tls_priorities(bool tls12)
{
	if (!tls12)
		return "NORMAL:-VERS-ALL:+VERS-TLS1.3:%NO_TICKETS:%SERVER_PRECEDENCE";
	return "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:"
	    "+CHACHA20-POLY1305:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-SIGN-ALL:+SIGN-ECDSA-SHA256:"
	    "+SIGN-ECDSA-SHA384:+SIGN-ECDSA-SHA512:+SIGN-ECDSA-SECP256R1-SHA256:"
	    "+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-ECDSA-SECP521R1-SHA512:+SIGN-EDDSA-ED25519:"
	    "+SIGN-EDDSA-ED448:+SIGN-RSA-PSS-SHA256:+SIGN-RSA-PSS-SHA384:+SIGN-RSA-PSS-SHA512:"
	    "+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-PSS-RSAE-SHA384:+SIGN-RSA-PSS-RSAE-SHA512:"
	    "+SIGN-RSA-SHA256:+SIGN-RSA-SHA384:+SIGN-RSA-SHA512:%NO_TICKETS:%SAFE_RENEGOTIATION:"
	    "%SERVER_PRECEDENCE";
}

static void
pair_free(struct pair *p)
{
	if (p == NULL)
		return;
	for (unsigned i = 0; i < p->n; i++)
		gnutls_pcert_deinit(&p->cert[i]);
	if (p->key != NULL)
		gnutls_privkey_deinit(p->key);
	free(p);
}

static void
look_at_certs(struct pair *p, const gnutls_x509_crt_t *list, unsigned n)
{
	const time_t now = (time_t)clock_wall_s();

	p->doubts = gnutls_x509_crt_check_key_purpose(list[0], GNUTLS_KP_TLS_WWW_SERVER, 0) != 0 ? 0 : DOUBT_SERVER;
	p->not_after = INT64_MAX;
	for (unsigned i = 0; i < n; i++) {
		time_t end = gnutls_x509_crt_get_expiration_time(list[i]);

		if (now > end || now < gnutls_x509_crt_get_activation_time(list[i]))
			p->doubts |= DOUBT_TIME;
		if ((int64_t)end < p->not_after)
			p->not_after = (int64_t)end;
	}
}

static int
read_certs(struct pair *p, const char *file, struct err *e)
{
	gnutls_x509_crt_t list[LIM_CHAIN];
	struct blob text = { NULL, 0 };
	gnutls_datum_t d;
	unsigned n = LIM_CHAIN;
	int rc;

	if (file_read(file, LIM_TRUST_FILE, &text, e) != 0)
		return -1;
	d = (gnutls_datum_t){ text.p, (unsigned)text.len };
	rc = gnutls_x509_crt_list_import(list, &n, &d, GNUTLS_X509_FMT_PEM,
	    GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED | GNUTLS_X509_CRT_LIST_FAIL_IF_UNSORTED);
	blob_free(&text);
	if (rc < 0)
		return err_set(e, R_KEY_UNUSABLE, "%s: not a chain in PEM, leaf first: %s", file,
		    gnutls_strerror(rc));
	look_at_certs(p, list, n);
	rc = gnutls_pcert_import_x509_list(p->cert, list, &n, 0);
	for (unsigned i = 0; i < n; i++)
		gnutls_x509_crt_deinit(list[i]);
	if (rc < 0)
		return err_set(e, R_KEY_UNUSABLE, "%s: %s", file, gnutls_strerror(rc));
	p->n = n;
	return 0;
}

static int
read_key(struct pair *p, const char *file, struct err *e)
{
	struct blob text = { NULL, 0 };
	gnutls_datum_t d;
	int rc;

	if (file_read_secret(file, LIM_KEY_FILE, &text, e) != 0)
		return -1;
	d = (gnutls_datum_t){ text.p, (unsigned)text.len };
	rc = gnutls_privkey_init(&p->key);
	if (rc == 0)
		rc = gnutls_privkey_import_x509_raw(p->key, &d, GNUTLS_X509_FMT_PEM, NULL, 0);
	blob_cleanse(&text);
	if (rc < 0)
		return err_set(e, R_KEY_UNUSABLE, "%s: not an unencrypted private key in PEM: %s", file,
		    gnutls_strerror(rc));
	return 0;
}

/* A key that does not fit its certificate must be found now, not by the first station. */
static int
check_fit(struct pair *p, const char *file, struct err *e)
{
	unsigned char a[64], b[64];
	size_t na = sizeof(a), nb = sizeof(b);
	gnutls_pubkey_t pub = NULL;
	bool fits = false;

	if (gnutls_pubkey_init(&pub) == 0 && gnutls_pubkey_import_privkey(pub, p->key, 0, 0) == 0 &&
	    gnutls_pubkey_get_key_id(pub, GNUTLS_KEYID_USE_SHA256, a, &na) == 0 &&
	    gnutls_pubkey_get_key_id(p->cert[0].pubkey, GNUTLS_KEYID_USE_SHA256, b, &nb) == 0)
		fits = mem_eq((struct mem){ a, na }, (struct mem){ b, nb });
	gnutls_pubkey_deinit(pub);
	if (!fits)
		return err_set(e, R_KEY_UNUSABLE, "%s does not fit its certificate", file);
	return 0;
}

static const char *
doubt_text(unsigned doubts)
{
	return doubts & DOUBT_TIME ? "not valid now" : "its extended key usage is not for TLS servers";
}

/* What would make things worse is refused; what is as doubtful as before, or there from the start, is told. */
static int
check_doubts(const struct tls_door *d, const struct pair *p, struct err *e)
{
	unsigned fresh = d->now != NULL ? p->doubts & ~d->now->doubts : 0;
	struct log_line l;

	if (fresh != 0)
		return err_set(e, R_KEY_UNUSABLE, "%s: %s", d->cert_file, doubt_text(fresh));
	if (p->doubts != 0) {
		log_begin(&l, LOG_WARN, "httpd.certificate_doubtful");
		log_str(&l, "file", d->cert_file);
		log_str(&l, "what", doubt_text(p->doubts));
		log_end(&l);
	}
	return 0;
}

int
tls_door_reload(struct tls_door *d, struct err *e)
{
	struct pair *p = xcalloc(1, sizeof(*p));

	if (read_certs(p, d->cert_file, e) != 0 || read_key(p, d->key_file, e) != 0 ||
	    check_fit(p, d->key_file, e) != 0 || check_doubts(d, p, e) != 0) {
		pair_free(p);
		return -1;
	}
	pthread_mutex_lock(&d->lock);
	p->older = d->now;
	d->now = p;
	pthread_mutex_unlock(&d->lock);
	return 0;
}

void
tls_door_tick(struct tls_door *d)
{
	struct pair **at = &d->now->older, *over;

	while ((over = *at) != NULL) {
		if (++over->ticks < KEEP_TICKS) {
			at = &over->older;
			continue;
		}
		*at = over->older;
		pair_free(over);
	}
}

int64_t
tls_door_not_after(const struct tls_door *d)
{
	return d->now->not_after;
}

int
tls_door_new(const char *cert_file, const char *key_file, struct tls_door **out, struct err *e)
{
	struct tls_door *d = xcalloc(1, sizeof(*d));

	d->cert_file = xstrdup(cert_file);
	d->key_file = xstrdup(key_file);
	pthread_mutex_init(&d->lock, NULL);
	if (tls_door_reload(d, e) != 0) {
		tls_door_free(d);
		return -1;
	}
	atomic_store(&the_door, d);
	*out = d;
	return 0;
}

void
tls_door_watch(struct tls_door *d, void (*greeted)(void *arg, int fd), void *arg)
{
	d->greeted = greeted;
	d->greeted_arg = arg;
}

int
tls_door_present(gnutls_session_t session, const gnutls_datum_t *ca, int n_ca,
    const gnutls_pk_algorithm_t *algs, int n_algs, gnutls_pcert_st **cert, unsigned *n,
    gnutls_privkey_t *key)
{
	struct tls_door *d = atomic_load(&the_door);

	(void)ca;
	(void)n_ca;
	(void)algs;
	(void)n_algs;
	if (d == NULL)
		return -1;
	if (d->greeted != NULL)
		d->greeted(d->greeted_arg, gnutls_transport_get_int(session));
	pthread_mutex_lock(&d->lock);
	*cert = d->now->cert;
	*n = d->now->n;
	*key = d->now->key;
	pthread_mutex_unlock(&d->lock);
	return 0;
}

void
tls_door_free(struct tls_door *d)
{
	struct tls_door *self = d;
	struct pair *p, *older;

	if (d == NULL)
		return;
	(void)atomic_compare_exchange_strong(&the_door, &self, NULL);
	for (p = d->now; p != NULL; p = older) {
		older = p->older;
		pair_free(p);
	}
	pthread_mutex_destroy(&d->lock);
	free(d->cert_file);
	free(d->key_file);
	free(d);
}

/* --- the peer --- */

static int
leaf_spki(const gnutls_datum_t *der, struct buf *spki, struct err *e)
{
	gnutls_datum_t out = { NULL, 0 };
	gnutls_x509_crt_t crt = NULL;
	gnutls_pubkey_t pub = NULL;
	int rc;

	rc = gnutls_x509_crt_init(&crt);
	if (rc == 0)
		rc = gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER);
	if (rc == 0)
		rc = gnutls_pubkey_init(&pub);
	if (rc == 0)
		rc = gnutls_pubkey_import_x509(pub, crt, 0);
	if (rc == 0)
		rc = gnutls_pubkey_export2(pub, GNUTLS_X509_FMT_DER, &out);
	if (rc == 0)
		buf_add(spki, out.data, out.size);
	gnutls_free(out.data);
	if (pub != NULL)
		gnutls_pubkey_deinit(pub);
	if (crt != NULL)
		gnutls_x509_crt_deinit(crt);
	if (rc != 0 || !buf_ok(spki) || spki->len > SPKI_MAX)
		return err_set(e, R_CLIENT_CERT_BAD, "TLS cannot read its public key");
	return 0;
}

int
tls_peer(gnutls_session_t session, struct peer *p, struct buf *spki, struct err *e)
{
	const gnutls_datum_t *list;
	unsigned n = 0;

	p->n = 0;
	list = gnutls_certificate_get_peers(session, &n);
	if (list == NULL || n == 0)
		return 0;
	if (n > LIM_CHAIN)
		return err_set(e, R_CLIENT_CERT_BAD, "%u certificates", n);
	for (unsigned i = 0; i < n; i++) {
		if (list[i].size > LIM_CERT)
			return err_set(e, R_CLIENT_CERT_BAD, "%u octets", list[i].size);
		p->cert[i] = (struct mem){ list[i].data, list[i].size };
	}
	if (leaf_spki(&list[0], spki, e) != 0)
		return -1;
	p->spki = buf_mem(spki);
	p->n = n;
	return 0;
}
