/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * certConf and pollReq: the later messages of a transaction, from the one who began it.
 */
#include <string.h>

#include "common/base/clock.h"
#include "common/cmp/verify.h"
#include "tests/labca/labca.h"

#define POLLS_UNTIL_ISSUED 2
#define CHECK_AFTER_S 1

/* Protection by the same key as the first request's, our last nonce in it. */
static int
check_follows(const struct exchange *x, const struct txn *t, struct err *e)
{
	struct cmp_expect expect = {
		.bodies = CMP_BIT(cmp_msg_body(x->msg)),
		.answer = true,
		.transaction_id = { t->id, t->id_len },
		.recip_nonce = { { t->nonce, sizeof(t->nonce) } },
		.trust = x->ca->ca.ra_trust,
		.now = clock_wall_s(),
	};
	struct cert *first = NULL, *signer = NULL;
	int rc = -1;

	if (cert_parse(mem_of(&t->signer), &first, e) != 0)
		return -1;
	expect.known_signer = first;
	if (cmp_verify(x->msg, &expect, &signer, e) != 0)
		goto out;
	if (memcmp(cert_get0_spki_sha256(first), cert_get0_spki_sha256(signer), SHA256_LEN) != 0) {
		(void)err_set(e, R_CMP_SIGNER, "another one began this transaction");
		goto out;
	}
	rc = 0;
out:
	cert_free(first);
	cert_free(signer);
	return rc;
}

static int
save_step(struct exchange *x, struct txn *t, struct err *e)
{
	memcpy(t->nonce, x->nonce, sizeof(t->nonce));
	memcpy(t->last.sha256, x->sha256, SHA256_LEN);
	t->last.answer = x->n;
	json_object_set_new(x->note, "state", json_string(txn_state_name(t->state)));
	return txns_save(x->ca->txns, t, e);
}

/* The transaction of a message that goes on. NULL: there is nothing more to do but return *rc. */
static struct txn *
go_on(struct exchange *x, int *rc, struct err *e)
{
	struct txn *t = txns_find(x->ca->txns, x->h->transaction_id);
	struct err why;

	if (t == NULL) {
		*rc = reply_error(x, FI_badRequest, "no such transaction", e);
		return NULL;
	}
	if (memcmp(t->last.sha256, x->sha256, SHA256_LEN) == 0) {
		*rc = reply_again(x, t, t->last.answer, e);
		return NULL;
	}
	if (check_follows(x, t, &why) != 0) {
		*rc = reply_reason(x, &why, e);
		return NULL;
	}
	return t;
}

/* RFC 9483 section 4.1.1: certHash and certReqId name the certificate that was issued. */
static int
check_cert_conf(const struct txn *t, const struct cmp_cert_conf *c, struct err *e)
{
	struct cert *cert = NULL;
	struct buf hash;
	int rc = -1;

	buf_init(&hash, 64);
	if (cert_parse(mem_of(&t->cert), &cert, e) != 0 || cert_cert_hash(cert, &hash, e) != 0)
		goto out;
	if (!buf_ok(&hash) || !mem_eq(buf_mem(&hash), c->cert_hash) || c->cert_req_id != t->cert_req_id)
		(void)err_set(e, R_CERT_REQ_ID, "certHash or certReqId is of another certificate");
	else
		rc = 0;
out:
	buf_free(&hash);
	cert_free(cert);
	return rc;
}

static int
confirm_locked(struct exchange *x, struct err *e)
{
	struct cmp_cert_conf c;
	struct err why;
	struct txn *t;
	int rc;

	t = go_on(x, &rc, e);
	if (t == NULL)
		return rc;
	if (t->state != TXN_ISSUED)
		return reply_error(x, FI_certConfirmed, "nothing is to be confirmed", e);
	if (cmp_cert_conf_read(x->msg, &c, &why) != 0 ||
	    (c.cert_hash.len > 0 && check_cert_conf(t, &c, &why) != 0))
		return reply_reason(x, &why, e);
	t->state = c.accepted ? TXN_DONE : TXN_REJECTED;
	x->reply.body = CMP_PKICONF;
	if (cmp_pki_conf_build(&x->reply.content, e) != 0)
		return -1;
	return save_step(x, t, e);
}

int
confirm(struct exchange *x, struct err *e)
{
	int rc;

	pthread_mutex_lock(&x->ca->lock);
	rc = confirm_locked(x, e);
	pthread_mutex_unlock(&x->ca->lock);
	return rc;
}

static int
poll_locked(struct exchange *x, struct err *e)
{
	struct cmp_poll_rep p = { .check_after = CHECK_AFTER_S };
	struct err why;
	struct txn *t;
	int rc;

	t = go_on(x, &rc, e);
	if (t == NULL)
		return rc;
	if (cmp_poll_req_read(x->msg, &p.cert_req_id, &why) != 0)
		return reply_reason(x, &why, e);
	if (t->state != TXN_WAITING)
		return reply_error(x, FI_badRequest, "nothing is to be waited for", e);
	if (++t->polls < POLLS_UNTIL_ISSUED) {
		x->reply.body = CMP_POLLREP;
		rc = cmp_poll_rep_build(&p, &x->reply.content, e);
	} else {
		t->state = t->implicit ? TXN_DONE : TXN_ISSUED;
		rc = reply_cert(x, t, e);
	}
	return rc != 0 ? rc : save_step(x, t, e);
}

int
poll_again(struct exchange *x, struct err *e)
{
	int rc;

	pthread_mutex_lock(&x->ca->lock);
	rc = poll_locked(x, e);
	pthread_mutex_unlock(&x->ca->lock);
	return rc;
}
