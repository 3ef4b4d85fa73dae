/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "gateway/store/work_done.h"
#include "gateway/store/work_priv.h"

/* --- what a verdict means, by the table of request.c --- */

static void
lead(struct work_outcome *o, enum request_event ev)
{
	if (o->bad || o->n_path == COUNT_OF(o->path) || request_apply(&o->state, ev, NULL) != 0)
		o->bad = true;
	else
		o->path[o->n_path++] = ev;
}

static void
next_is(struct work_outcome *o, enum ca_step step)
{
	o->step = step;
	o->forget = true;
	o->tries = 0;
}

/* waiting and issued stay what they are: the same bytes go again. */
static void
no_answer(const struct work *w, struct work_outcome *o)
{
	bool stays = w->state == RQ_WAITING || w->state == RQ_ISSUED;

	if (w->item.uncounted && o->tries > 0)
		o->tries--;
	if (!stays || w->item.no_resend)
		lead(o, EV_ANSWER_LOST);
}

/*
 * Only when no copy of the enrolment message ever left is it as if it had not been sent. An earlier copy, or a
 * transaction that the CA knows already, stays in doubt.
 */
static void
never_left(const struct work *w, struct work_outcome *o)
{
	if (o->tries > 0)
		o->tries--;
	if (w->state == RQ_SENT && (o->tries > 0 || w->item.step != CA_ENROL))
		lead(o, EV_ANSWER_LOST);
	else
		lead(o, EV_NEVER_LEFT);
}

static void
issued(const struct work *w, struct work_outcome *o)
{
	lead(o, EV_ISSUED);
	o->certificate = o->accepted = true;
	next_is(o, CA_CONFIRM);
	if (w->item.confirm)
		o->delay_ms = 0;
	else
		lead(o, EV_CONFIRMED);
}

static void
bad_cert(const struct work *w, struct work_outcome *o)
{
	lead(o, EV_ANSWER_LOST);
	o->certificate = true;
	next_is(o, CA_CONFIRM);
	if (!w->item.confirm)
		o->delay_ms = -1;
}

/* The CA knows now that we do not want its certificate; a person must see to the rest. */
static void
rejection_heard(struct work_outcome *o)
{
	lead(o, EV_ANSWER_LOST);
	o->forget = true;
	o->delay_ms = -1;
}

static void
by_verdict(const struct work *w, struct work_outcome *o)
{
	switch (w->item.verdict) {
	case CV_ISSUED:
		issued(w, o);
		return;
	case CV_WAITING:
		lead(o, EV_WAITING);
		next_is(o, CA_POLL);
		return;
	case CV_CONFIRMED:
		lead(o, EV_CONFIRMED);
		o->forget = true;
		return;
	case CV_REFUSED:
		lead(o, w->item.step == CA_CONFIRM ? EV_ANSWER_LOST : EV_REFUSED);
		o->forget = true;
		return;
	case CV_AGAIN:
		lead(o, EV_RETRIED);
		o->again = true;
		next_is(o, CA_ENROL);
		return;
	case CV_BAD_CERT:
		bad_cert(w, o);
		return;
	case CV_NEVER_LEFT:
		never_left(w, o);
		return;
	case CV_NONE:
	case CV_NO_ANSWER:
		no_answer(w, o);
		return;
	}
}

void
work_outcome(const struct work *w, int64_t delay_ms, struct work_outcome *o)
{
	bool answered = w->item.verdict != CV_NO_ANSWER && w->item.verdict != CV_NEVER_LEFT &&
	    w->item.verdict != CV_NONE;

	memset(o, 0, sizeof(*o));
	o->state = w->state;
	o->step = w->item.step;
	o->tries = w->tries;
	o->delay_ms = delay_ms;
	o->answered = answered && w->item.answer.len > 0;
	if (w->item.reject && (w->item.verdict == CV_CONFIRMED || w->item.verdict == CV_REFUSED))
		rejection_heard(o);
	else
		by_verdict(w, o);
	if (o->state == RQ_CONFIRMED || o->state == RQ_REFUSED)
		o->delay_ms = -1;
}

/* --- writing --- */

static const struct stmt q_done = { "work_done",
	"SELECT * FROM nemra.work_done($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, "
	"$18, $19, $20, $21, $22, $23, $24, $25, $26, $27)", true };

enum {
	D_PATH = W_FIRST, D_TO, D_STEP, D_FORGET, D_TRIES, D_AGAIN, D_DELAY, D_REASON, D_DETAIL, D_ANSWER,
	D_PEER_NONCE, D_PEER_SIGNER, D_CERT_REQ_ID, C_REQUEST, C_ACCEPTED, C_ISSUER_SHA256, C_SERIAL, C_SPKI,
	C_SUBJECT, C_ISSUER, C_NOT_BEFORE, C_NOT_AFTER, C_DER, C_CHAIN, D_COUNT
};
static const enum arg_type types[D_COUNT] = {
	W_TYPES, [D_PATH] = ARG_TEXTS, [D_TO] = ARG_TEXTS, [D_STEP] = ARG_TEXTS, [D_FORGET] = ARG_BOOLS,
	[D_TRIES] = ARG_INTS, [D_AGAIN] = ARG_BOOLS, [D_DELAY] = ARG_BIGINTS, [D_REASON] = ARG_TEXTS,
	[D_DETAIL] = ARG_TEXTS, [D_ANSWER] = ARG_BYTEAS, [D_PEER_NONCE] = ARG_BYTEAS,
	[D_PEER_SIGNER] = ARG_BYTEAS, [D_CERT_REQ_ID] = ARG_BIGINTS, [C_REQUEST] = ARG_UUIDS,
	[C_ACCEPTED] = ARG_BOOLS, [C_ISSUER_SHA256] = ARG_BYTEAS, [C_SERIAL] = ARG_BYTEAS, [C_SPKI] = ARG_BYTEAS,
	[C_SUBJECT] = ARG_TEXTS, [C_ISSUER] = ARG_TEXTS, [C_NOT_BEFORE] = ARG_BIGINTS,
	[C_NOT_AFTER] = ARG_BIGINTS, [C_DER] = ARG_BYTEAS, [C_CHAIN] = ARG_BYTEAS,
};

static void
add_path(struct args *a, const struct work_outcome *o)
{
	char path[64];

	snprintf(path, sizeof(path), "%s%s%s", o->n_path > 0 ? request_event_name(o->path[0]) : "",
	    o->n_path > 1 ? "," : "", o->n_path > 1 ? request_event_name(o->path[1]) : "");
	args_text(a, D_PATH, path);
	args_text(a, D_TO, request_state_name(o->state));
}

static void
add_outcome(struct args *a, const struct work *w, const struct work_outcome *o)
{
	const struct ca_item *it = &w->item;
	bool told = it->err.reason != R_NONE;

	work_seen(a, w);
	add_path(a, o);
	args_text(a, D_STEP, ca_step_name(o->step));
	args_bool(a, D_FORGET, o->forget);
	args_int(a, D_TRIES, (int32_t)o->tries);
	args_bool(a, D_AGAIN, o->again);
	args_bigint(a, D_DELAY, o->delay_ms);
	args_text(a, D_REASON, told ? reason_info(it->err.reason)->id : NULL);
	args_text(a, D_DETAIL, told && it->err.detail[0] != '\0' ? it->err.detail : NULL);
	args_bytes_or_null(a, D_ANSWER, o->answered ? mem_of(&it->answer) : MEM_NONE);
	args_bytes_or_null(a, D_PEER_NONCE, mem_of(&it->peer_nonce));
	args_bytes_or_null(a, D_PEER_SIGNER, it->step == CA_ENROL ? mem_of(&it->peer_signer) : MEM_NONE);
	args_bigint(a, D_CERT_REQ_ID, it->cert_req_id);
}

static void
add_certificate(struct args *a, const struct work *w, const struct work_outcome *o)
{
	const struct ca_cert *c = &w->item.info;

	args_uuid(a, C_REQUEST, &w->request);
	args_bool(a, C_ACCEPTED, o->accepted);
	args_bytes(a, C_ISSUER_SHA256, (struct mem){ c->issuer_sha256, sizeof(c->issuer_sha256) });
	args_bytes(a, C_SERIAL, mem_of(&c->serial));
	args_bytes(a, C_SPKI, (struct mem){ c->spki_sha256, sizeof(c->spki_sha256) });
	args_text(a, C_SUBJECT, c->subject != NULL ? c->subject : "");
	args_text(a, C_ISSUER, c->issuer != NULL ? c->issuer : "");
	args_bigint(a, C_NOT_BEFORE, c->not_before);
	args_bigint(a, C_NOT_AFTER, c->not_after);
	args_bytes(a, C_DER, mem_of(&w->item.cert));
	args_bytes_or_null(a, C_CHAIN, mem_of(&w->item.chain));
}

static void
now_done(struct work *w, const char *outcome)
{
	struct work_outcome o;

	work_outcome(w, 0, &o);
	w->state = strcmp(outcome, "unusable") == 0 ? RQ_IN_DOUBT : o.state;
	w->tries = o.tries;
}

/*
 * A verdict that the table does not allow in this state is a bug. It must not keep the others' answers from being
 * stored: the row is left out, comes back as lost, and its lease runs out.
 */
static void
add_one(struct args *a, struct work *w, int64_t delay_ms)
{
	struct work_outcome o;

	work_outcome(w, delay_ms, &o);
	if (o.bad) {
		err_set(&w->item.err, R_INTERNAL, "verdict %d in state %s", (int)w->item.verdict,
		    request_state_name(w->state));
		return;
	}
	add_outcome(a, w, &o);
	if (o.certificate && w->item.cert.len > 0)
		add_certificate(a, w, &o);
}

int
work_done(struct db *db, struct work **w, const int64_t *delay_ms, size_t n, struct err *e)
{
	struct args a;

	args_init(&a, types, D_COUNT);
	for (size_t i = 0; i < n; i++)
		add_one(&a, w[i], delay_ms[i]);
	return work_write(db, &q_done, &a, w, n, now_done, e);
}
