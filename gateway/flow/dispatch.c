/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * From a claim to the wire: the message is stored before it is sent, and the row is marked sent before the
 * first octet leaves. What fails on the way is dropped: the row is in the database as it was, and
 * comes back when its lease has ended.
 */
#include <assert.h>
#include <stdlib.h>

#include "common/base/alloc.h"
#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "gateway/flow/internal.h"
#include "gateway/flow/retry.h"
#include "gateway/store/health.h"

#define SIGNER_MS 1000			/* first back-off while the signer is away */
#define SIGNER_MAX_MS 30000
#define HELD_UP_MS 60000		/* something here must be mended before this row can go */

/* Rows that share a fate. */
struct rows {
	struct work **v;
	size_t n;
};

/* --- batches --- */

static struct batch *
batch_new(struct ca_flow *c, struct work *w, size_t n)
{
	struct batch *b = xcalloc(1, sizeof(*b));

	b->ca = c;
	b->w = w;
	b->n = b->open = n;
	b->slot = xcalloc(n, sizeof(*b->slot));
	b->next = c->batches;
	if (b->next != NULL)
		b->next->prev = b;
	c->batches = b;
	for (size_t i = 0; i < n; i++) {
		b->slot[i] = (struct slot){ .batch = b, .work = &w[i], .sends = w[i].tries + 1 };
		w[i].item.tag = &b->slot[i];
		w[i].item.row = &w[i].row;
	}
	return b;
}

static void
batch_free(struct batch *b)
{
	work_free(b->w, b->n);
	free(b->slot);
	free(b);
}

static void
batch_unlink(struct batch *b)
{
	if (b->prev != NULL)
		b->prev->next = b->next;
	else
		b->ca->batches = b->next;
	if (b->next != NULL)
		b->next->prev = b->prev;
}

void
slot_close(struct slot *s)
{
	struct batch *b = s->batch;

	if (--b->open > 0)
		return;
	batch_unlink(b);
	batch_free(b);
}

void
batches_drop(struct ca_flow *c)
{
	struct batch *b = c->batches, *next;

	c->batches = NULL;
	for (; b != NULL; b = next) {
		next = b->next;
		batch_free(b);
	}
}

static void
rows_close(struct rows *r)
{
	for (size_t i = 0; i < r->n; i++)
		slot_close(r->v[i]->item.tag);
	r->n = 0;
}

/* Somebody else has them now: not an error, a lease that ended. */
static void
rows_drop_lost(struct rows *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n; i++) {
		if (r->v[i]->lost)
			slot_close(r->v[i]->item.tag);
		else
			r->v[kept++] = r->v[i];
	}
	r->n = kept;
}

/* --- what cannot go --- */

static void
log_row(enum log_level level, const char *event, const struct ca_flow *c, const struct work *w,
    const struct err *e)
{
	char id[UUID_TEXT];
	struct log_line l;

	uuid_print(&w->request, id);
	log_begin(&l, level, event);
	log_str(&l, "request", id);
	log_str(&l, "station", w->station);
	log_str(&l, "ca", c->o.name);
	log_err(&l, e);
	log_end(&l);
}

static void
release(struct ca_flow *c, struct rows *r, int64_t delay_ms, const struct err *why)
{
	int64_t *delay = xcalloc(r->n, sizeof(*delay));
	struct err e;

	for (size_t i = 0; i < r->n; i++)
		delay[i] = delay_ms;
	if (r->n > 0 && work_release(c->flow->db, r->v, delay, r->n, why, &e) != 0)
		flow_db_failed(c->flow, "queue.release", &e);
	free(delay);
	rows_close(r);
}

static void
refuse(struct ca_flow *c, struct work *w)
{
	struct err e;

	log_row(LOG_NOTICE, "request.refused", c, w, &w->item.err);
	if (work_refuse(c->flow->db, &w, 1, &e) != 0)
		flow_db_failed(c->flow, "queue.refuse", &e);
	slot_close(w->item.tag);
}

/* The request's own fault ends it, while nothing has left; anything else is for somebody here to mend. */
static void
set_aside(struct ca_flow *c, struct work *w)
{
	struct rows one = { &w, 1 };

	if (w->item.step == CA_ENROL && reason_info(w->item.err.reason)->class == RC_REFUSE) {
		refuse(c, w);
		return;
	}
	log_row(LOG_WARN, "request.held_up", c, w, &w->item.err);
	release(c, &one, HELD_UP_MS, &w->item.err);
}

static void
set_aside_failed(struct ca_flow *c, struct rows *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n; i++) {
		if (r->v[i]->item.err.reason == R_NONE)
			r->v[kept++] = r->v[i];
		else
			set_aside(c, r->v[i]);
	}
	r->n = kept;
}

/* --- the way --- */

static void
signer_is_away(struct ca_flow *c, struct rows *r, const struct err *why)
{
	int64_t wait = retry_backoff_ms(SIGNER_MS, SIGNER_MAX_MS, ++c->signer_away);

	if (c->signer_away == 1)
		log_failure(LOG_WARN, "signer.away", why);
	health_set("signer", why, c->signer_away);
	c->signer_at = c->flow->now + wait;
	release(c, r, wait, why);
}

/* Messages for those that have none; they are stored before anybody could send them. */
static void
prepare(struct ca_flow *c, struct rows *r)
{
	struct ca_item **items;
	struct err e;
	int rc;

	if (r->n == 0)
		return;
	items = xcalloc(r->n, sizeof(struct ca_item *));
	for (size_t i = 0; i < r->n; i++)
		items[i] = &r->v[i]->item;
	rc = c->o.backend->prepare(c->o.backend->self, items, r->n, &e);
	free(items);
	if (rc != 0) {
		signer_is_away(c, r, &e);
		return;
	}
	c->signer_away = 0;
	health_set("signer", NULL, 0);
	set_aside_failed(c, r);
	FAILPOINT("signed");
	if (r->n > 0 && work_prepared(c->flow->db, r->v, r->n, &e) != 0) {
		flow_db_failed(c->flow, "queue.prepared", &e);
		rows_close(r);
		return;
	}
	FAILPOINT("prepared");
	rows_drop_lost(r);
	set_aside_failed(c, r);		/* R_CMP_TRANSACTION_ID */
}

/* From here on they may have left: the commit comes before the first octet. */
static void
mark_sent(struct ca_flow *c, struct rows *r)
{
	struct err e;

	if (r->n > 0 && work_sent(c->flow->db, r->v, r->n, &e) != 0) {
		flow_db_failed(c->flow, "queue.sent", &e);
		rows_close(r);
		return;
	}
	FAILPOINT("sent");
	rows_drop_lost(r);
}

static void
send_all(struct ca_flow *c, struct rows *r)
{
	struct ca_item **items;

	if (r->n == 0)
		return;
	assert(!db_in_transaction(c->flow->db));	/* never open across the network */
	items = xcalloc(r->n, sizeof(struct ca_item *));
	for (size_t i = 0; i < r->n; i++) {
		struct slot *s = r->v[i]->item.tag;

		s->sent_at = c->flow->now;
		items[i] = &r->v[i]->item;
		items[i]->resent = s->resent;
	}
	c->in_flight += r->n;
	pace_used(&c->pace, r->n);
	c->o.backend->send(c->o.backend->self, items, r->n);
	free(items);
	FAILPOINT("sending");
}

/* Too many crashes of ours with this message under way: it stays, for an operator, as after a lost answer. */
static void
park(struct ca_flow *c, struct slot *s)
{
	struct ca_item *it = &s->work->item;
	struct rows one = { &s->work, 1 };

	(void)err_set(&it->err, R_CA_SILENT, "sent %u times", s->work->tries);
	if (s->work->state == RQ_IN_DOUBT) {
		release(c, &one, RETRY_OPERATOR, &it->err);
		return;
	}
	it->verdict = CV_NO_ANSWER;
	it->no_resend = true;
	s->delay_ms = RETRY_OPERATOR;
	settle_add(s);
}

#ifdef NEMRA_CONTROL_RESIGN
/*
 * A fault for the crash rig to find (tests/crash/crash.mk); no product is built with it. What goes again is signed
 * anew.
 */
static void
sign_again(struct ca_flow *c, struct work *w)
{
	struct ca_item *it = &w->item;
	struct err e;

	if (c->o.backend->prepare(c->o.backend->self, &it, 1, &e) != 0)
		log_failure(LOG_WARN, "control.resign", &e);
}
#endif

/*
 * A row with a message sends that: as stored, however old, whoever made it. One found sent had a sender
 * that died, or whose answer was lost; the same octets are all that may follow.
 */
static void
sort_row(struct ca_flow *c, struct slot *s, struct rows *make, struct rows *ready)
{
	struct work *w = s->work;
	bool under_way = w->state == RQ_SENT || w->state == RQ_IN_DOUBT;

	s->resent = w->tries > 0 || (w->item.step == CA_ENROL && under_way);
#ifdef NEMRA_CONTROL_RESIGN
	if (s->resent && w->item.message.len > 0)
		sign_again(c, w);
#endif
	if (retry_is_spent(&w->item, w->tries))
		park(c, s);
	else if (w->item.message.len == 0)
		make->v[make->n++] = w;
	else
		ready->v[ready->n++] = w;
}

void
dispatch(struct ca_flow *c, struct work *w, size_t n)
{
	struct batch *b = batch_new(c, w, n);
	struct rows make = { xcalloc(n, sizeof(struct work *)), 0 };
	struct rows ready = { xcalloc(n, sizeof(struct work *)), 0 };

	b->open++;		/* ours, until we are through */
	for (size_t i = 0; i < n; i++)
		sort_row(c, &b->slot[i], &make, &ready);
	prepare(c, &make);
	for (size_t i = 0; i < make.n; i++)
		ready.v[ready.n++] = make.v[i];
	if (c->flow->db_ok)
		mark_sent(c, &ready);
	else
		rows_close(&ready);
	send_all(c, &ready);
	free(make.v);
	free(ready.v);
	slot_close(&b->slot[0]);
}
