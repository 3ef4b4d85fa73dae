/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What an answer means for a request. Only a verified message of the CA decides anything; whatever else
 * comes, or does not, is "no answer". A no to a message sent twice says nothing of the first copy.
 */
#include "common/base/clock.h"
#include "common/cmp/verify.h"
#include "common/pki/cert.h"
#include "gateway/ra/internal.h"

#define FAIL(f) (1u << (f))

/* The CA knows the transaction or the request: it acted on a copy that we know nothing of. */
#define FAIL_ACTED (FAIL(FI_transactionIdInUse) | FAIL(FI_duplicateCertReq) | FAIL(FI_certConfirmed))

/* Nothing was issued and nothing is wrong with the request: RFC 9483 section 3.6.4. */
#define FAIL_BUSY (FAIL(FI_systemUnavail) | FAIL(FI_systemFailure))

/* A message made anew may pass: it has the time of then. */
#define FAIL_LATER (FAIL_BUSY | FAIL(FI_badTime))

static void
no_answer(struct ca_item *it, enum reason r, const char *what)
{
	it->verdict = CV_NO_ANSWER;
	(void)err_set(&it->err, r, "%s", what);
}

/* "rejection: badPOP: text", for people. Freed by the caller. */
static const char *
status_text(const struct pki_status_info *s, struct buf *b)
{
	buf_init(b, sizeof(((struct err *)NULL)->detail));
	pki_status_print(s, b);
	return buf_ok(b) ? buf_text(b) : "an answer too long to show";
}

static void
with_status(struct ca_item *it, enum ca_verdict v, enum reason r, const struct pki_status_info *s)
{
	struct buf b;

	it->verdict = v;
	(void)err_set(&it->err, r, "%s", status_text(s, &b));
	buf_free(&b);
}

/* --- a verified no --- */

/* A no to an earlier copy is unknown, so a no to this one ends nothing; only "busy" is worth another try. */
static void
resend_refused(struct ca_item *it, const struct pki_status_info *s)
{
	with_status(it, CV_NO_ANSWER, R_CA_REFUSED_AGAIN, s);
	it->uncounted = (s->fail_info & FAIL_BUSY) != 0;
	it->no_resend = !it->uncounted;
}

static void
enrolment_refused(struct ca_item *it, const struct pki_status_info *s)
{
	it->ca_gone = (s->fail_info & FAIL(FI_systemUnavail)) != 0;
	if ((s->fail_info & FAIL_ACTED) != 0) {
		/* Also on a first sending, as far as we know: the database may be an older one restored. */
		with_status(it, CV_NO_ANSWER, R_CA_ACTED, s);
		it->no_resend = true;
	} else if (it->resent) {
		resend_refused(it, s);
	} else {
		with_status(it, (s->fail_info & FAIL_LATER) != 0 ? CV_AGAIN : CV_REFUSED, R_CA_REFUSED, s);
	}
}

static void
confirmation_refused(struct ca_item *it, const struct pki_status_info *s)
{
	it->ca_gone = (s->fail_info & FAIL(FI_systemUnavail)) != 0;
	if ((s->fail_info & FAIL(FI_certConfirmed)) != 0)
		with_status(it, CV_CONFIRMED, R_NONE, s);
	else if ((s->fail_info & FAIL_LATER) != 0)
		with_status(it, CV_NO_ANSWER, R_CA_REFUSED, s);
	else
		with_status(it, CV_REFUSED, R_CA_NOT_CONFIRMED, s);
}

/* --- bodies --- */

/* r has a certificate: cmp_cert_rep_read() wants one with this status. */
static void
read_certificate(const struct ra *ra, struct ca_item *it, const struct cmp_msg *m,
    const struct cmp_cert_rep *r)
{
	bool granted = ra->o.implicit_confirm && cmp_msg_get0_header(m)->implicit_confirm;
	struct err e;

	it->confirm = !granted;		/* RFC 4210 section 5.1.1.1: granted is only what was asked for */
	if (ra_check_cert(ra, it, r->cert, cmp_msg_get0_extra_certs(m),
	    cmp_msg_get0_header(m)->message_time, &e) == 0) {
		it->verdict = CV_ISSUED;
		return;
	}
	if (e.reason == R_NO_MEMORY) {	/* a rejection could not be taken back; the CA says it all again */
		blob_free(&it->cert);
		it->confirm = false;
		no_answer(it, R_NO_MEMORY, e.detail);
		return;
	}
	it->err = e;
	it->verdict = CV_BAD_CERT;
	if (it->cert.len == 0) {	/* not even a certificate: nothing to reject, and no better one to be had */
		it->verdict = CV_NO_ANSWER;
		it->no_resend = true;
	}
}

/* RFC 9483 section 4.1.4 wants -1 for p10cr; many CAs say 0. */
static bool
cert_req_id_fits(const struct ca_item *it, int64_t id)
{
	return id == 0 || (id == -1 && ra_request_body(it) == CMP_P10CR);
}

static void
read_cert_rep(const struct ra *ra, struct ca_item *it, const struct cmp_msg *m)
{
	struct cmp_cert_rep r;
	struct err e;

	if (cmp_cert_rep_read(m, &r, &e) != 0) {
		no_answer(it, R_CA_BAD_ANSWER, e.detail);
		return;
	}
	if (!cert_req_id_fits(it, r.cert_req_id)) {
		no_answer(it, R_CA_BAD_ANSWER, "certReqId is not that of the request");
		return;
	}
	it->cert_req_id = r.cert_req_id;
	switch ((enum pki_status)r.status.status) {
	case PKI_ACCEPTED:
	case PKI_GRANTED_WITH_MODS:
		read_certificate(ra, it, m, &r);
		return;
	case PKI_WAITING:
		with_status(it, CV_WAITING, R_NONE, &r.status);
		return;
	case PKI_REJECTION:
		enrolment_refused(it, &r.status);
		return;
	case PKI_REVOCATION_WARNING:
	case PKI_REVOCATION_NOTIFICATION:
	case PKI_KEY_UPDATE_WARNING:
		break;
	}
	with_status(it, CV_NO_ANSWER, R_CA_BAD_ANSWER, &r.status);
}

static void
read_poll_rep(struct ca_item *it, const struct cmp_msg *m)
{
	struct cmp_poll_rep p;
	struct err e;

	if (cmp_poll_rep_read(m, &p, &e) != 0) {
		no_answer(it, R_CA_BAD_ANSWER, e.detail);
		return;
	}
	if (p.cert_req_id != it->cert_req_id && !cert_req_id_fits(it, p.cert_req_id)) {
		no_answer(it, R_CA_BAD_ANSWER, "certReqId is not that of the request");
		return;
	}
	it->verdict = CV_WAITING;
	it->check_after = p.check_after > 0 ? p.check_after : 0;
	(void)err_set(&it->err, R_NONE, "%s", p.reason);
}

/* A verified error message. Delayed delivery of anything but a certificate starts with one (RFC 9483 4.4). */
static void
read_error(struct ca_item *it, const struct cmp_msg *m)
{
	struct pki_status_info s;
	struct err e;

	if (cmp_error_read(m, &s, &e) != 0) {
		no_answer(it, R_CA_BAD_ANSWER, e.detail);
	} else if (s.status == PKI_WAITING && it->step == CA_CONFIRM) {
		/* certConf is sent again, as it is, until the CA has made up its mind */
		with_status(it, CV_NO_ANSWER, R_CA_POLL_LIMIT, &s);
	} else if (s.status == PKI_WAITING) {
		it->cert_req_id = -1;
		with_status(it, CV_WAITING, R_NONE, &s);
	} else if (it->step == CA_CONFIRM) {
		confirmation_refused(it, &s);
	} else {
		enrolment_refused(it, &s);
	}
}

static void
read_body(const struct ra *ra, struct ca_item *it, const struct cmp_msg *m)
{
	enum cmp_body body = cmp_msg_body(m);

	if (body == CMP_ERROR)
		read_error(it, m);
	else if (body == CMP_PKICONF)
		it->verdict = CV_CONFIRMED;
	else if (body == CMP_POLLREP)
		read_poll_rep(it, m);
	else
		read_cert_rep(ra, it, m);
}

/* --- is it the CA's, and an answer to this message? --- */

static uint32_t
bodies_expected(const struct ca_item *it)
{
	uint32_t rep = ra_request_body(it) == CMP_IR ? CMP_BIT(CMP_IP) : CMP_BIT(CMP_CP);

	switch (it->step) {
	case CA_ENROL:
		break;
	case CA_POLL:
		rep |= CMP_BIT(CMP_POLLREP);
		break;
	case CA_CONFIRM:
		rep = CMP_BIT(CMP_PKICONF);
		break;
	}
	return rep | CMP_BIT(CMP_ERROR);
}

static int
verify(const struct ra *ra, const struct ca_item *it, const struct cmp_msg *m, struct cert **signer,
    struct err *e)
{
	struct cert *known = NULL;
	struct cmp_expect x = {
		.bodies = bodies_expected(it),
		.answer = true,
		.transaction_id = { it->transaction_id, sizeof(it->transaction_id) },
		.recip_nonce = { { it->sender_nonce, sizeof(it->sender_nonce) }, MEM_NONE },
		.sender = mem_of(&ra->recipient),
		.trust = ra->o.trust,
		.now = clock_wall_s(),
	};
	int rc = -1;

	if (it->step == CA_POLL)	/* the final answer may refer to either (RFC 9483 section 4.4) */
		x.recip_nonce[1] = (struct mem){ it->first_nonce, sizeof(it->first_nonce) };
	if (it->peer_signer.len > 0 && cert_parse_known(mem_of(&it->peer_signer), &known, e) != 0)
		return -1;
	x.known_signer = known;
	rc = cmp_verify(m, &x, signer, e);
	cert_free(known);
	return rc;
}

/* The words of a message that proves nothing are still worth showing, as what they are. */
static void
unbelieved(struct ca_item *it, const struct cmp_msg *m, const struct err *why)
{
	struct pki_status_info s;
	struct err e, shown;
	struct buf b;

	if (cmp_msg_body(m) == CMP_ERROR && cmp_error_read(m, &s, &e) == 0) {
		(void)err_set(&shown, R_CA_BAD_ANSWER, "%s; not verified, not believed: %.150s",
		    reason_info(why->reason)->id, status_text(&s, &b));
		buf_free(&b);
	} else {
		(void)err_set(&shown, R_CA_BAD_ANSWER, "%s: %.200s", reason_info(why->reason)->id, why->detail);
	}
	no_answer(it, R_CA_BAD_ANSWER, shown.detail);
}

static int
remember(struct ca_item *it, const struct cmp_msg *m, const struct cert *signer, struct err *e)
{
	if (blob_set1(&it->peer_nonce, cmp_msg_get0_header(m)->sender_nonce, e) != 0)
		return -1;
	return blob_set1(&it->peer_signer, cert_get0_der(signer), e);
}

static void
read_answer(const struct ra *ra, struct ca_item *it)
{
	struct cert *signer = NULL;
	struct cmp_msg *m = NULL;
	struct err e;

	if (cmp_msg_parse(mem_of(&it->answer), &m, &e) != 0) {
		no_answer(it, R_CA_BAD_ANSWER, e.detail);
		return;
	}
	if (verify(ra, it, m, &signer, &e) != 0)
		unbelieved(it, m, &e);
	else if (remember(it, m, signer, &e) != 0)
		no_answer(it, e.reason, e.detail);
	else
		read_body(ra, it, m);
	cert_free(signer);
	cmp_msg_free(m);
}

void
ra_judge(const struct ra *ra, struct ca_item *it, struct upstream_call *c)
{
	it->retry_after = c->retry_after;
	it->ca_gone = c->gone;
	it->err = c->err;
	switch (c->outcome) {
	case UP_ANSWER:
		blob_free(&it->answer);
		it->answer = c->answer;
		c->answer = (struct blob){ NULL, 0 };
		read_answer(ra, it);
		return;
	case UP_TRANSPORT:
		it->verdict = CV_NO_ANSWER;
		it->uncounted = c->gone;
		return;
	case UP_NEVER_LEFT:
		it->verdict = CV_NEVER_LEFT;
		return;
	case UP_LOST:
		it->verdict = CV_NO_ANSWER;
		return;
	}
}
