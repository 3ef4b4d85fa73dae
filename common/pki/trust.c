/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/trust.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/pki/cert_int.h"
#include "common/pki/pem.h"
#include "common/pki/trust_memo.h"
#include "common/pki/trust_plain.h"

#define ANCHORS_MAX 1024	/* in one file */
#define AUTH_LEVEL 2		/* 112 bits: no SHA-1, RSA from 2048 bits */

struct trust {
	X509_STORE *store;
	struct certs anchors;
	bool crls;		/* to be asked: then no path is kept */
	struct trust_memo memo;
};

/*
 * An anchor is not a part of the path (RFC 5280 section 6.1), so nobody asks whether it is revoked;
 * OpenSSL would, and want a list of whoever issued it. Up here it is known to be an anchor: trust is
 * settled before revocation is looked at.
 */
static int
on_error(int ok, X509_STORE_CTX *ctx)
{
	int last = sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) - 1;

	if (ok == 1 || X509_STORE_CTX_get_error(ctx) != X509_V_ERR_UNABLE_TO_GET_CRL)
		return ok;
	return X509_STORE_CTX_get_error_depth(ctx) == last;
}

/* Each anchor ends a path, be it self-signed or not. */
static int
set_params(X509_STORE *store)
{
	X509_VERIFY_PARAM *p = X509_STORE_get0_param(store);

	if (X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN) != 1)
		return 0;
	X509_VERIFY_PARAM_set_auth_level(p, AUTH_LEVEL);
	X509_VERIFY_PARAM_set_depth(p, LIM_CHAIN);
	X509_STORE_set_verify_cb(store, on_error);
	return 1;
}

int
trust_new(struct trust **out, struct err *e)
{
	struct trust *t = mem_calloc(1, sizeof(*t));

	if (t == NULL)
		return err_set(e, R_NO_MEMORY, "trust");
	if (memo_init(&t->memo, e) != 0) {
		free(t);
		return -1;
	}
	t->store = X509_STORE_new();
	if (t->store == NULL || set_params(t->store) != 1) {
		trust_free(t);
		return ossl_fail(e, R_NO_MEMORY, "trust");
	}
	*out = t;
	return 0;
}

static int
add_anchor(struct trust *t, const struct cert *c, struct err *e)
{
	X509 *x = cert_get0_x509(c, e);
	struct cert *mine;

	if (x == NULL)
		return -1;
	if (!cert_is_ca(c))
		return err_set(e, R_CONFIG, "a trust anchor is not a CA certificate");
	if (X509_STORE_add_cert(t->store, x) != 1)
		return ossl_fail(e, R_NO_MEMORY, "trust anchor");
	mine = cert_dup(c);
	if (certs_add(&t->anchors, mine, e) != 0) {
		cert_free(mine);
		return -1;
	}
	return 0;
}

int
trust_add(struct trust *t, const struct certs *anchors, struct err *e)
{
	for (size_t i = 0; i < anchors->n; i++)
		if (add_anchor(t, anchors->v[i], e) != 0)
			return -1;
	return 0;
}

int
trust_add_file(struct trust *t, const char *path, struct err *e)
{
	struct certs l = { NULL, 0 };
	int rc;

	if (certs_load(path, ANCHORS_MAX, &l, e) != 0)
		return -1;
	rc = trust_add(t, &l, e);
	certs_free(&l);
	return rc;
}

static int
add_crl(struct trust *t, struct mem der, struct err *e)
{
	X509_CRL *crl = asn_decode(ASN1_ITEM_rptr(X509_CRL), der, "CRL", e);
	int rc;

	if (crl == NULL) {
		if (e != NULL && e->reason != R_NO_MEMORY)
			e->reason = R_CRL_UNUSABLE;
		return -1;
	}
	if (X509_CRL_get0_nextUpdate(crl) == NULL) {
		X509_CRL_free(crl);
		return err_set(e, R_CRL_UNUSABLE, "RFC 5280 section 5.1.2.5: no nextUpdate, it would never be too old");
	}
	rc = X509_STORE_add_crl(t->store, crl);
	X509_CRL_free(crl);
	return rc == 1 ? 0 : ossl_fail(e, R_NO_MEMORY, "CRL");
}

static int
add_pem_crls(struct trust *t, struct mem text, struct err *e)
{
	struct blob der = { NULL, 0 };
	size_t n = 0;
	int rc;

	while ((rc = pem_next(&text, "X509 CRL", LIM_CRL, &der, e)) == 0) {
		rc = add_crl(t, mem_of(&der), e);
		blob_free(&der);
		if (rc != 0)
			return -1;
		n++;
	}
	if (rc < 0)
		return -1;
	return n > 0 ? 0 : err_set(e, R_CRL_UNUSABLE, "no CRL in the file");
}

int
trust_add_crl_file(struct trust *t, const char *path, struct err *e)
{
	struct blob b = { NULL, 0 };
	bool pem;
	int rc = -1;

	if (file_read(path, LIM_CRL, &b, e) != 0)
		return -1;
	t->crls = true;
	memo_clear(&t->memo);
	pem = b.len > 0 && memmem(b.p, b.len, "-----BEGIN ", 11) != NULL;
	if (X509_STORE_set_flags(t->store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL) != 1)
		ossl_fail(e, R_INTERNAL, "CRL check");
	else
		rc = pem ? add_pem_crls(t, mem_of(&b), e) : add_crl(t, mem_of(&b), e);
	blob_free(&b);
	return rc;
}

const struct certs *
trust_get0_anchors(const struct trust *t)
{
	return &t->anchors;
}

void
trust_free(struct trust *t)
{
	if (t == NULL)
		return;
	X509_STORE_free(t->store);
	certs_free(&t->anchors);
	memo_destroy(&t->memo);
	free(t);
}

/* --- verification --- */

static enum reason
reason_of(int error)
{
	switch (error) {
	case X509_V_ERR_CERT_NOT_YET_VALID:
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return R_CERT_EXPIRED;
	case X509_V_ERR_CERT_REVOKED:
		return R_CERT_REVOKED;
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
	case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
	case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
	case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
	case X509_V_ERR_DIFFERENT_CRL_SCOPE:
	case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
		return R_CRL_UNUSABLE;
	case X509_V_ERR_OUT_OF_MEM:
	case X509_V_ERR_STORE_LOOKUP:
		return R_NO_MEMORY;
	default:
		return R_CERT_NOT_TRUSTED;
	}
}

static int
purpose_id(enum trust_purpose p)
{
	switch (p) {
	case TRUST_TLS_CLIENT:
		return X509_PURPOSE_SSL_CLIENT;
	case TRUST_TLS_SERVER:
		return X509_PURPOSE_SSL_SERVER;
	case TRUST_ANY:
		break;
	}
	return X509_PURPOSE_ANY;
}

/* What may stand between; all lent. */
static int
fill_untrusted(STACK_OF(X509) *to, const struct certs *others, struct err *e)
{
	for (size_t i = 0; others != NULL && i < others->n; i++) {
		X509 *x = cert_get0_x509(others->v[i], e);

		if (x == NULL)
			return -1;
		if (sk_X509_push(to, x) <= 0)
			return ossl_fail(e, R_NO_MEMORY, "path");
	}
	return 0;
}

/* Our own of the certificate that OpenSSL put into the path. */
static const struct cert *
find_ours(const X509 *x, const struct cert *leaf, const struct certs *others,
    const struct certs *anchors)
{
	if (cert_get0_x509(leaf, NULL) == x)
		return leaf;
	for (size_t i = 0; others != NULL && i < others->n; i++)
		if (cert_get0_x509(others->v[i], NULL) == x)
			return others->v[i];
	for (size_t i = 0; i < anchors->n; i++)
		if (X509_cmp(cert_get0_x509(anchors->v[i], NULL), x) == 0)
			return anchors->v[i];
	return NULL;
}

static int
copy_chain(STACK_OF(X509) *path, const struct trust *t, const struct cert *leaf,
    const struct certs *others, struct certs *chain, struct err *e)
{
	struct certs l = { NULL, 0 };

	for (int i = 0; i < sk_X509_num(path); i++) {
		const struct cert *c = find_ours(sk_X509_value(path, i), leaf, others, &t->anchors);
		struct cert *mine = c == NULL ? NULL : cert_dup(c);

		if (mine == NULL || certs_add(&l, mine, e) != 0) {
			cert_free(mine);
			certs_free(&l);
			return mine == NULL ? err_set(e, R_INTERNAL, "path holds a stranger") : -1;
		}
	}
	*chain = l;
	return 0;
}

static int
run(X509_STORE_CTX *ctx, enum trust_purpose purpose, int64_t now, struct err *e)
{
	X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(ctx);
	int error;

	ossl_begin();
	X509_VERIFY_PARAM_set_time(p, (time_t)now);
	if (X509_VERIFY_PARAM_set_purpose(p, purpose_id(purpose)) != 1)
		return ossl_fail(e, R_INTERNAL, "purpose");
	if (X509_verify_cert(ctx) == 1)
		return 0;
	error = X509_STORE_CTX_get_error(ctx);
	/* Without memory OpenSSL also says "signature failure" and the like: the queue knows. */
	err_set(e, ossl_no_memory() ? R_NO_MEMORY : reason_of(error), "certificate %d of the path: %s",
	    X509_STORE_CTX_get_error_depth(ctx) + 1, X509_verify_cert_error_string(error));
	return -1;
}

/* Has OpenSSL find the path. */
static int
find_path(const struct trust *t, const struct cert *leaf, const struct certs *others,
    enum trust_purpose purpose, int64_t now, struct certs *chain, struct err *e)
{
	STACK_OF(X509) *untrusted = sk_X509_new_null();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509 *x = cert_get0_x509(leaf, e);
	int rc = -1;

	if (x == NULL)
		goto out;
	if (untrusted == NULL || ctx == NULL) {
		ossl_fail(e, R_NO_MEMORY, "path");
		goto out;
	}
	if (fill_untrusted(untrusted, others, e) != 0)
		goto out;
	if (X509_STORE_CTX_init(ctx, t->store, x, untrusted) != 1) {
		ossl_fail(e, R_NO_MEMORY, "path");
		goto out;
	}
	if (run(ctx, purpose, now, e) == 0)
		rc = copy_chain(X509_STORE_CTX_get0_chain(ctx), t, leaf, others, chain, e);
out:
	X509_STORE_CTX_free(ctx);
	sk_X509_free(untrusted);
	return rc;
}

static int
put_first(struct certs *l, const struct cert *c, struct err *e)
{
	struct cert *mine = cert_dup(c);

	if (certs_add(l, mine, e) != 0) {
		cert_free(mine);
		return -1;
	}
	for (size_t i = l->n - 1; i > 0; i--)
		l->v[i] = l->v[i - 1];
	l->v[0] = mine;
	return 0;
}

/* Below an issuer whose path is known: 1. 0: it is not that simple. -1: error. */
static int
find_below(struct trust_memo *memo, const struct cert *leaf, const struct certs *others,
    enum trust_purpose purpose, int64_t now, struct certs *chain, struct err *e)
{
	struct certs path = { NULL, 0 };
	int rc = memo_find_issuer(memo, leaf, others, purpose, now, &path, e);

	if (rc != 1)
		return rc;
	if (!plain_leaf(leaf, path.v[0], purpose, now)) {
		certs_free(&path);
		return 0;
	}
	if (put_first(&path, leaf, e) != 0) {
		certs_free(&path);
		return -1;
	}
	*chain = path;
	return 1;
}

/* As trust_verify(), the path being found anew. */
static int
find_anew(const struct trust *t, const struct cert *leaf, const struct certs *others,
    enum trust_purpose purpose, int64_t now, struct certs *chain, struct err *e)
{
	/* What is remembered is behind a lock and changes no answer. */
	struct trust_memo *memo = &((struct trust *)t)->memo;
	int below = find_below(memo, leaf, others, purpose, now, chain, e);

	if (below < 0 || (below == 0 && find_path(t, leaf, others, purpose, now, chain, e) != 0))
		return -1;
	memo_add(memo, chain, purpose);
	return 0;
}

int
trust_verify(const struct trust *t, const struct cert *leaf, const struct certs *others,
    enum trust_purpose purpose, int64_t now, struct certs *chain, struct err *e)
{
	struct trust_memo *memo = &((struct trust *)t)->memo;
	struct certs path = { NULL, 0 };
	int known = t->crls ? 0 : memo_find(memo, leaf, others, purpose, now, chain, e);

	if (known != 0)
		return known == 1 ? 0 : -1;
	if ((t->crls ? find_path : find_anew)(t, leaf, others, purpose, now, &path, e) != 0)
		return -1;
	if (chain != NULL)
		*chain = path;
	else
		certs_free(&path);
	return 0;
}
