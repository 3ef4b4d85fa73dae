/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Answers, and how the modes spoil them.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/enc.h"
#include "common/base/uuid.h"
#include "tests/labca/labca.h"

#define CONFIRM_WAIT_S 300

static struct pki_status_info
rejection(enum fail_info bit, const char *text)
{
	struct pki_status_info s = { .status = PKI_REJECTION };

	if (bit != FI_NONE)
		s.fail_info = UINT32_C(1) << (unsigned)bit;
	snprintf(s.text, sizeof(s.text), "%s", text);
	return s;
}

int
reply_error(struct exchange *x, enum fail_info bit, const char *text, struct err *e)
{
	const struct pki_status_info s = rejection(bit, text);

	json_object_set_new(x->note, "refused", json_string(text));
	x->reply.body = CMP_ERROR;
	return cmp_error_build(&s, &x->reply.content, e);
}

int
reply_reason(struct exchange *x, const struct err *why, struct err *e)
{
	char text[PKI_STATUS_TEXT];

	err_print(why, text, sizeof(text));
	return reply_error(x, reason_info(why->reason)->fail_info, text, e);
}

int
reply_refusal(struct exchange *x, const struct txn *t, enum fail_info bit, const char *text,
    struct err *e)
{
	const struct cmp_cert_rep r = { .cert_req_id = t->cert_req_id, .status = rejection(bit, text) };

	json_object_set_new(x->note, "refused", json_string(text));
	x->reply.body = t->answer_body;
	return cmp_cert_rep_build(&r, &x->reply.content, e);
}

int
reply_cert(struct exchange *x, struct txn *t, struct err *e)
{
	struct cmp_cert_rep r = { .cert_req_id = t->cert_req_id };

	x->reply.body = t->answer_body;
	if (t->state == TXN_WAITING) {
		r.status.status = PKI_WAITING;
		return cmp_cert_rep_build(&r, &x->reply.content, e);
	}
	r.cert = mem_of(&t->cert);
	x->reply.implicit = t->implicit;
	if (!t->implicit)
		x->reply.confirm_wait_until = clock_wall_s() + CONFIRM_WAIT_S;
	return cmp_cert_rep_build(&r, &x->reply.content, e);
}

void
note_issued(struct exchange *x, struct mem der)
{
	struct cert *c = NULL;
	struct buf name;
	char hex[128];
	struct err e;

	if (cert_parse(der, &c, &e) != 0)
		return;
	buf_init(&name, LIM_SUBJECT);
	if (cert_get0_serial(c).len < sizeof(hex) / 2) {
		hex_print(cert_get0_serial(c), hex);
		json_object_set_new(x->note, "issued", json_string(hex));
	}
	name_print(cert_get0_subject(c), &name);
	if (buf_text(&name) != NULL)
		json_object_set_new(x->note, "subject", json_string(buf_text(&name)));
	buf_free(&name);
	cert_free(c);
}

/* The state was saved, and nobody has its answer: it is said as the state has it, under the nonce that is saved. */
static int
reply_anew(struct exchange *x, struct txn *t, struct err *e)
{
	memcpy(x->nonce, t->nonce, sizeof(x->nonce));
	if (t->state == TXN_REFUSED)
		return reply_refusal(x, t, FI_badRequest, "refused before", e);
	if (cmp_msg_body(x->msg) == CMP_CERTCONF) {
		x->reply.body = CMP_PKICONF;
		return cmp_pki_conf_build(&x->reply.content, e);
	}
	note_issued(x, mem_of(&t->cert));
	return reply_cert(x, t, e);
}

int
reply_again(struct exchange *x, struct txn *t, uint64_t answer, struct err *e)
{
	json_object_set_new(x->note, "repeat_of", json_integer((json_int_t)answer));
	if (!journal_has_answer(x->ca->journal, answer))
		return reply_anew(x, t, e);
	x->reply.ready = true;
	return journal_answer(x->ca->journal, answer, &x->out, e);
}

static void
fill_header(const struct exchange *x, struct cmp_header *h)
{
	*h = (struct cmp_header){
		.recipient = x->h->sender,
		.message_time = clock_wall_s(),
		.transaction_id = x->h->transaction_id,
		.sender_nonce = { x->nonce, sizeof(x->nonce) },
		.recip_nonce = x->h->sender_nonce,
		.implicit_confirm = x->reply.implicit,
		.confirm_wait_until = x->reply.confirm_wait_until,
	};
}

static int
build_protected(const struct exchange *x, const struct cmp_header *h, struct blob *der, struct err *e)
{
	struct cmp_out o = { .header = *h, .body = x->reply.body, .content = mem_of(&x->reply.content),
	    .with_chain = true };

	if (cmp_protect(&x->ca->ca.protector, &o, 1, e) != 0)
		return -1;
	if (o.err.reason != R_NONE) {
		*e = o.err;
		return -1;
	}
	blob_free(der);
	*der = o.der;
	return 0;
}

static int
build_unprotected(const struct exchange *x, struct cmp_header h, struct blob *der, struct err *e)
{
	struct blob part = { NULL, 0 };
	int rc = -1;

	cmp_protector_header(&x->ca->ca.protector, &h);
	h.protection_alg = MEM_NONE;
	if (cmp_part_build(&h, x->reply.body, mem_of(&x->reply.content), &part, e) == 0)
		rc = cmp_msg_assemble(mem_of(&part), MEM_NONE, NULL, der, e);
	blob_free(&part);
	return rc;
}

/* The good answer is kept for a repeat; the bad one is what goes out. */
static int
spoil(struct exchange *x, struct cmp_header h, struct err *e)
{
	uint8_t other[CMP_NONCE_LEN];

	if (journal_keep(x->ca->journal, x->n, mem_of(&x->out), e) != 0)
		return -1;
	random_fill(other, sizeof(other));
	if (x->mode == MODE_UNPROTECTED)
		return build_unprotected(x, h, &x->out, e);
	if (x->mode == MODE_WRONG_NONCE)
		h.recip_nonce = (struct mem){ other, sizeof(other) };
	else
		h.transaction_id = (struct mem){ other, sizeof(other) };
	return build_protected(x, &h, &x->out, e);
}

int
answer_build(struct exchange *x, struct err *e)
{
	struct cmp_header h;

	if (x->reply.ready)
		return 0;
	fill_header(x, &h);
	if (build_protected(x, &h, &x->out, e) != 0)
		return -1;
	if (x->mode == MODE_WRONG_NONCE || x->mode == MODE_WRONG_TID || x->mode == MODE_UNPROTECTED)
		return spoil(x, h, e);
	return 0;
}
