/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * ir, cr, kur and p10cr: RFC 9483 sections 4.1 and 5.1.1. An RA signs them; the proof of possession is the
 * station's own and is checked here, so raVerified is no use.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/cmp/verify.h"
#include "common/pki/crmf.h"
#include "common/pki/csr.h"
#include "tests/labca/labca.h"

#define EKU_CMC_RA "1.3.6.1.5.5.7.3.28"

/* A request in either form. */
struct wish {
	struct csr *csr;
	struct crmf *crmf;
	const struct wanted *wanted;
};

static void
wish_clear(struct wish *w)
{
	csr_free(w->csr);
	crmf_free(w->crmf);
}

static int
wish_read(const struct cmp_msg *m, struct wish *w, struct err *e)
{
	struct mem content;

	if (cmp_request_read(m, &content, e) != 0)
		return -1;
	if (cmp_msg_body(m) == CMP_P10CR) {
		if (csr_parse(content, &w->csr, e) != 0 || csr_check_pop(w->csr, e) != 0)
			return -1;
		w->wanted = csr_get0_wanted(w->csr);
		return 0;
	}
	if (crmf_parse(content, &w->crmf, e) != 0 || crmf_check_pop(w->crmf, e) != 0)
		return -1;
	w->wanted = crmf_get0_wanted(w->crmf);
	return 0;
}

static enum cmp_body
answer_body(enum cmp_body request)
{
	if (request == CMP_IR)
		return CMP_IP;
	return request == CMP_KUR ? CMP_KUP : CMP_CP;
}

/* Protection, and the right to ask at all: RFC 9483 section 3.5, last point of the second list. */
static int
check_sender(const struct exchange *x, struct cert **signer, enum fail_info *bit, struct err *e)
{
	const struct cmp_expect expect = {
		.bodies = CMP_BIT(cmp_msg_body(x->msg)),
		.trust = x->ca->ca.ra_trust,
		.now = clock_wall_s(),
	};

	if (cmp_verify(x->msg, &expect, signer, e) != 0) {
		*bit = reason_info(e->reason)->fail_info;
		return -1;
	}
	if (!cert_has_eku(*signer, EKU_CMC_RA)) {
		*bit = FI_notAuthorized;
		return err_set(e, R_CMP_SIGNER, "no id-kp-cmcRA in its extKeyUsage");
	}
	return 0;
}

static int
issue(struct exchange *x, struct txn *t, const struct wanted *w, struct err *e)
{
	struct key *other = NULL;
	struct mem spki = MEM_NONE;
	int rc;

	if (x->mode == MODE_WRONG_KEY) {
		if (key_new((struct key_type){ KK_EC_P256, 0 }, &other, e) != 0)
			return -1;
		spki = key_get0_spki(other);
	}
	rc = ca_issue(&x->ca->ca, w, spki, x->ca->days, &t->cert, e);
	key_free(other);
	if (rc == 0)
		note_issued(x, mem_of(&t->cert));
	return rc;
}

/* Judges the request; t is fresh. The reply is a refusal, a "waiting" or a certificate. */
static int
decide(struct exchange *x, struct txn *t, struct err *e)
{
	struct wish w = { NULL, NULL, NULL };
	char text[PKI_STATUS_TEXT];
	struct err why;
	int rc;

	t->state = TXN_REFUSED;
	if (x->mode == MODE_REFUSE)
		return reply_refusal(x, t, FI_badRequest, "the lab CA was told to refuse", e);
	err_clear(&why);
	if (wish_read(x->msg, &w, &why) != 0 || issue(x, t, w.wanted, &why) != 0) {
		err_print(&why, text, sizeof(text));
		rc = reply_refusal(x, t, reason_info(why.reason)->fail_info, text, e);
	} else {
		t->implicit = x->h->implicit_confirm && !x->ca->no_implicit;
		t->state = x->mode == MODE_WAIT ? TXN_WAITING : t->implicit ? TXN_DONE : TXN_ISSUED;
		rc = reply_cert(x, t, e);
	}
	wish_clear(&w);
	return rc;
}

/* A new transaction, from the request to the stored answer. */
static int
begin(struct exchange *x, const struct cert *signer, struct err *e)
{
	struct txn *t = txns_begin(x->ca->txns, x->h->transaction_id, e);

	if (t == NULL || blob_set1(&t->signer, cert_get0_der(signer), e) != 0)
		return -1;
	t->answer_body = answer_body(cmp_msg_body(x->msg));
	t->cert_req_id = cmp_msg_body(x->msg) == CMP_P10CR ? x->ca->p10cr_id : 0;
	memcpy(t->nonce, x->nonce, sizeof(t->nonce));
	memcpy(t->first.sha256, x->sha256, SHA256_LEN);
	t->first.answer = x->n;
	t->last = t->first;
	if (decide(x, t, e) != 0)
		return -1;
	return txns_save(x->ca->txns, t, e);
}

/* The transactionID is known: promises of a CA differ here, and the mode chooses one. */
static int
repeat(struct exchange *x, struct txn *t, const struct cert *signer, struct err *e)
{
	bool same = memcmp(t->first.sha256, x->sha256, SHA256_LEN) == 0;

	if (!same || x->mode == MODE_TID_IN_USE)
		return reply_error(x, FI_transactionIdInUse, "this transactionID is in use", e);
	if (x->mode == MODE_REISSUE)
		return begin(x, signer, e);
	return reply_again(x, t, t->first.answer, e);
}

int
enrol(struct exchange *x, struct err *e)
{
	struct cert *signer = NULL;
	enum fail_info bit = FI_NONE;
	char text[PKI_STATUS_TEXT];
	struct txn *t;
	struct err why;
	int rc;

	if (check_sender(x, &signer, &bit, &why) != 0) {
		err_print(&why, text, sizeof(text));
		cert_free(signer);
		return reply_error(x, bit, text, e);
	}
	pthread_mutex_lock(&x->ca->lock);
	t = txns_find(x->ca->txns, x->h->transaction_id);
	rc = t != NULL ? repeat(x, t, signer, e) : begin(x, signer, e);
	pthread_mutex_unlock(&x->ca->lock);
	cert_free(signer);
	return rc;
}

int
general(struct exchange *x, struct err *e)
{
	struct blob value = { NULL, 0 };
	struct cert *signer = NULL;
	enum fail_info bit = FI_NONE;
	char oid[64];
	struct mem asked;
	struct err why;
	int rc = -1;

	if (check_sender(x, &signer, &bit, &why) != 0 || cmp_gen_read(x->msg, oid, &asked, &why) != 0) {
		cert_free(signer);
		return reply_reason(x, &why, e);
	}
	cert_free(signer);
	if (strcmp(oid, OID_IT_CA_CERTS) != 0)
		return reply_error(x, FI_badRequest, "only id-it-caCerts is answered", e);
	x->reply.body = CMP_GENP;
	if (cmp_ca_certs_build(&x->ca->ca.chain, &value, e) == 0)
		rc = cmp_gen_build(OID_IT_CA_CERTS, mem_of(&value), &x->reply.content, e);
	blob_free(&value);
	return rc;
}
