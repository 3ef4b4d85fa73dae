/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ra/ra.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/uuid.h"
#include "common/pki/name.h"
#include "gateway/ra/internal.h"

#define CREDENTIAL_TRIES 3

/* One message under way. */
struct ra_call {
	struct upstream_call up;	/* its tag is this */
	struct ca_item *item;
	struct ra_call *prev, *next;
};

/* Messages being made, all of a batch; out[k] is that of item[k]. */
struct drafts {
	struct ca_item **item;
	struct cmp_out *out;
	struct blob *content;
	size_t n;
};

/* --- prepare --- */

/* Asks for the transactionIDs of all new transactions whose request has stood the second check. */
static int
derive_txids(const struct ra *ra, struct ca_item **items, size_t n, struct err *e)
{
	struct ra_txid *t = xcalloc(n, sizeof(*t));
	size_t m = 0;
	int rc;

	for (size_t i = 0; i < n; i++)
		if (items[i]->step == CA_ENROL && items[i]->err.reason == R_NONE)
			t[m++] = (struct ra_txid){ .station = items[i]->station,
			    .upload_sha256 = items[i]->upload_sha256, .attempt = items[i]->attempt };
	rc = m == 0 ? 0 : ra->o.signer.txids(ra->o.signer.self, t, m, e);
	m = 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (items[i]->step == CA_ENROL && items[i]->err.reason == R_NONE)
			memcpy(items[i]->transaction_id, t[m++].id, sizeof(items[i]->transaction_id));
	free(t);
	return rc;
}

/* What all three messages have in common (RFC 9483 section 3.1); the rest comes with the protection. */
static void
fill_header(const struct ra *ra, struct ca_item *it, struct cmp_header *h)
{
	random_fill(it->sender_nonce, sizeof(it->sender_nonce));
	h->recipient = mem_of(&ra->recipient);
	h->message_time = clock_wall_s();
	h->transaction_id = (struct mem){ it->transaction_id, sizeof(it->transaction_id) };
	h->sender_nonce = (struct mem){ it->sender_nonce, sizeof(it->sender_nonce) };
}

static void
draft_add(const struct ra *ra, struct ca_item *it, struct drafts *d)
{
	struct cmp_out *out = &d->out[d->n];
	struct blob *content = &d->content[d->n];
	int rc = -1;

	fill_header(ra, it, &out->header);
	out->with_chain = true;		/* some CAs find their signer nowhere else, also in later messages */
	switch (it->step) {
	case CA_ENROL:
		rc = ra_enrol_draft(ra, it, out, &it->err);
		break;
	case CA_POLL:
		rc = ra_poll_draft(it, out, content, &it->err);
		break;
	case CA_CONFIRM:
		rc = ra_confirm_draft(it, out, content, &it->err);
		break;
	}
	if (rc == 0)
		d->item[d->n++] = it;
	else
		memset(out, 0, sizeof(*out));
}

static void
drafts_take(const struct ra *ra, struct drafts *d)
{
	for (size_t k = 0; k < d->n; k++) {
		struct ca_item *it = d->item[k];

		if (d->out[k].err.reason != R_NONE) {
			it->err = d->out[k].err;
			ra_explain_refusal(ra, it);
			continue;
		}
		blob_free(&it->message);
		it->message = d->out[k].der;
		d->out[k].der = (struct blob){ NULL, 0 };
	}
}

static void
drafts_free(struct drafts *d)
{
	for (size_t k = 0; k < d->n; k++) {
		blob_free(&d->out[k].der);
		blob_free(&d->content[k]);
	}
	free(d->item);
	free(d->out);
	free(d->content);
}

/* Between our asking for the credential and for signatures it may be replaced: then again, with the new one. */
static int
protect(const struct ra *ra, struct drafts *d, struct err *e)
{
	const struct ra_signer *s = &ra->o.signer;
	struct cmp_protector p = { .self = s->self, .sign = s->sign };
	int rc = -1;

	for (unsigned i = 0; i < CREDENTIAL_TRIES && rc != 0; i++) {
		if (s->credential(s->self, &p.chain, &p.sig_alg, e) != 0)
			return -1;
		rc = cmp_protect(&p, d->out, d->n, e);
		if (rc != 0 && e->reason != R_CREDENTIAL_CHANGED)
			return -1;
	}
	return rc;
}

static int
make_messages(const struct ra *ra, struct ca_item **items, size_t n, struct err *e)
{
	struct drafts d = { 0 };
	int rc;

	d.item = xcalloc(n, sizeof(*d.item));
	d.out = xcalloc(n, sizeof(*d.out));
	d.content = xcalloc(n, sizeof(*d.content));
	for (size_t i = 0; i < n; i++)
		if (items[i]->err.reason == R_NONE)
			draft_add(ra, items[i], &d);
	rc = d.n == 0 ? 0 : protect(ra, &d, e);
	if (rc == 0)
		drafts_take(ra, &d);
	drafts_free(&d);
	return rc;
}

static int
ra_prepare(void *self, struct ca_item **items, size_t n, struct err *e)
{
	const struct ra *ra = self;

	for (size_t i = 0; i < n; i++) {
		err_clear(&items[i]->err);
		if (items[i]->step == CA_ENROL && ra_check_evidence(ra, items[i], &items[i]->err) != 0)
			continue;	/* its err says so; the others go on */
	}
	if (derive_txids(ra, items, n, e) != 0)
		return -1;
	return make_messages(ra, items, n, e);
}

/* --- send, turn --- */

static void
clear_outcome(struct ca_item *it)
{
	it->verdict = CV_NONE;
	it->confirm = it->ca_gone = it->uncounted = it->no_resend = false;
	it->check_after = it->retry_after = 0;
	blob_free(&it->answer);
	err_clear(&it->err);
}

static void
ra_send(void *self, struct ca_item **items, size_t n)
{
	struct ra *ra = self;

	for (size_t i = 0; i < n; i++) {
		struct ra_call *c = xcalloc(1, sizeof(*c));

		clear_outcome(items[i]);
		c->item = items[i];
		c->up.message = mem_of(&items[i]->message);
		c->up.tag = c;
		c->next = ra->calls;
		if (c->next != NULL)
			c->next->prev = c;
		ra->calls = c;
		ra->o.upstream.start(ra->o.upstream.self, &c->up);
	}
}

static void
call_free(struct ra_call *c)
{
	blob_free(&c->up.answer);
	free(c);
}

static void
call_unlink(struct ra *ra, struct ra_call *c)
{
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		ra->calls = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
}

static size_t
ra_turn(void *self, struct ca_item **done, size_t max)
{
	struct ra *ra = self;
	struct upstream_call *up;
	size_t n = 0;

	while (n < max && (up = ra->o.upstream.turn(ra->o.upstream.self)) != NULL) {
		struct ra_call *c = up->tag;

		ra_judge(ra, c->item, up);
		done[n++] = c->item;
		call_unlink(ra, c);
		call_free(c);
	}
	return n;
}

static size_t
ra_room(void *self)
{
	const struct ra *ra = self;

	return ra->o.upstream.room(ra->o.upstream.self);
}

static void
ra_free(void *self)
{
	struct ra *ra = self;
	struct ra_call *c, *next;

	if (ra == NULL)
		return;
	ra->o.upstream.free(ra->o.upstream.self);
	for (c = ra->calls; c != NULL; c = next) {
		next = c->next;
		call_free(c);
	}
	blob_free(&ra->recipient);
	free(ra);
}

int
ra_new(const struct ra_options *o, struct ca_backend *out, struct err *e)
{
	struct ra *ra = xcalloc(1, sizeof(*ra));

	if (name_parse(o->recipient, &ra->recipient, e) != 0) {
		free(ra);
		return -1;
	}
	ra->o = *o;
	*out = (struct ca_backend){
		.name = "cmp", .self = ra, .prepare = ra_prepare, .send = ra_send, .room = ra_room,
		.turn = ra_turn, .free = ra_free,
	};
	return 0;
}

void
ra_set_trust(struct ca_backend *b, const struct trust *trust)
{
	struct ra *ra = b->self;

	ra->o.trust = trust;
}
