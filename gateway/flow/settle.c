/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * From an outcome to the database. Outcomes are kept here until a commit of theirs is known: when that fails in
 * the middle they are stored again, and a row that had been changed the first time says "lost".
 */
#include <stdlib.h>

#include "common/base/alloc.h"
#include "common/base/failpoint.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "gateway/flow/internal.h"
#include "gateway/flow/retry.h"
#include "gateway/store/health.h"

#define FETCH 64
#define STORE_SOME 64		/* outcomes are stored at once when there are as many, */
#define STORE_WAIT_MS 8		/* or the first is as old, or as many ms as outcomes are still to come, */
#define STORE_WAIT_MAX_MS 40	/* or none is */

static const char *
verdict_name(enum ca_verdict v)
{
	switch (v) {
	case CV_NONE:
		break;
	case CV_ISSUED:
		return "issued";
	case CV_WAITING:
		return "waiting";
	case CV_CONFIRMED:
		return "confirmed";
	case CV_REFUSED:
		return "refused";
	case CV_AGAIN:
		return "again";
	case CV_BAD_CERT:
		return "bad_certificate";
	case CV_NEVER_LEFT:
		return "never_left";
	case CV_NO_ANSWER:
		return "no_answer";
	}
	return "none";
}

/*
 * An operator will want to know; the rest is for those who follow one request. That a CA is away is one line of the
 * circuit, not one of each message that did not leave.
 */
static enum log_level
level_of(const struct ca_flow *c, const struct slot *s)
{
	const struct ca_item *it = &s->work->item;

	if (it->verdict == CV_BAD_CERT)
		return LOG_ERROR;
	if (it->verdict == CV_NEVER_LEFT && c->breaker.state != CIRCUIT_CLOSED)
		return LOG_TRACE;
	if (s->delay_ms == RETRY_OPERATOR)
		return LOG_WARN;
	return it->verdict == CV_REFUSED ? LOG_NOTICE : LOG_INFO;
}

static void
log_outcome(const struct ca_flow *c, const struct slot *s)
{
	const struct ca_item *it = &s->work->item;
	static const char *const step[] = {
		[CA_ENROL] = "enrol", [CA_POLL] = "poll", [CA_CONFIRM] = "confirm",
	};
	char id[UUID_TEXT];
	struct log_line l;

	uuid_print(&s->work->request, id);
	log_begin(&l, level_of(c, s), "ca.outcome");
	log_str(&l, "request", id);
	log_str(&l, "station", s->work->station);
	log_str(&l, "ca", c->o.name);
	log_hex(&l, "transaction", (struct mem){ it->transaction_id, sizeof(it->transaction_id) });
	log_str(&l, "step", step[it->step]);
	log_str(&l, "outcome", verdict_name(it->verdict));
	log_u64(&l, "sends", s->sends);
	if (it->err.reason != R_NONE)
		log_err(&l, &it->err);
	log_end(&l);
}

void
settle_add(struct slot *s)
{
	struct ca_flow *c = s->batch->ca;

	if (c->n_unstored == c->cap_unstored) {
		c->cap_unstored = c->cap_unstored * 2 + FETCH;
		c->unstored = xgrow(c->unstored, c->cap_unstored, sizeof(struct slot *));
	}
	if (c->n_unstored == 0)
		c->unstored_since = c->flow->now;
	c->unstored[c->n_unstored++] = s;
	log_outcome(c, s);
}

/* What the next note to operators says. */
static void
remember(struct ca_flow *c, const struct ca_item *it, int64_t took_ms)
{
	if (it->answer.len > 0)
		c->latency_ms = c->latency_ms < 0 ? took_ms : (7 * c->latency_ms + took_ms) / 8;
	if (it->err.reason != R_NONE)
		c->last_error = it->err;
}

static void
take_outcome(struct ca_flow *c, struct ca_item *it)
{
	int64_t now = c->flow->now;
	struct slot *s = it->tag;
	bool probe = c->breaker.state != CIRCUIT_CLOSED;

	c->in_flight--;
	c->look = true;		/* there is room */
	c->heard = true;
	remember(c, it, now - s->sent_at);
	breaker_outcome(&c->breaker, it, now);
	if (c->breaker.state != CIRCUIT_CLOSED)
		c->why = it->err;
	/* the silence of a CA that is away says nothing of this message: its ladder waits */
	if (probe && breaker_is_silence(it))
		it->uncounted = true;
	s->delay_ms = retry_delay_ms(it, s->sends,
	    c->breaker.state == CIRCUIT_OPEN ? c->breaker.probe_at - now : 0);
	settle_add(s);
}

static void
fetch(struct ca_flow *c)
{
	const struct ca_backend *b = c->o.backend;
	struct ca_item *done[FETCH];
	size_t n;

	while ((n = b->turn(b->self, done, FETCH)) > 0)
		for (size_t i = 0; i < n; i++)
			take_outcome(c, done[i]);
}

/* Stored, or lost to somebody else who will store what he gets. */
static void
stored(struct ca_flow *c, struct slot *s)
{
	const struct ca_item *it = &s->work->item;

	if (s->work->lost)
		log_failure(LOG_NOTICE, "ca.outcome_late", &it->err);
	if ((it->verdict == CV_ISSUED || it->verdict == CV_BAD_CERT) && it->confirm)
		c->hurry = true;
	slot_close(s);
}

static int
store_some(struct ca_flow *c, size_t from, size_t n, struct err *e)
{
	struct work **w = xcalloc(n, sizeof(struct work *));
	int64_t *delay = xcalloc(n, sizeof(*delay));
	int rc;

	for (size_t i = 0; i < n; i++) {
		w[i] = c->unstored[from + i]->work;
		delay[i] = c->unstored[from + i]->delay_ms;
	}
	rc = work_done(c->flow->db, w, delay, n, e);
	free(w);
	free(delay);
	return rc;
}

/* The database is there and does not take them together: one that it will not take must not stop the rest. */
static size_t
store_one_by_one(struct ca_flow *c, size_t from, size_t n)
{
	struct err e;

	for (size_t i = 0; i < n; i++) {
		if (store_some(c, from + i, 1, &e) != 0) {
			flow_db_failed(c->flow, "queue.done", &e);
			if (!c->flow->db_ok)
				return i;
		}
		stored(c, c->unstored[from + i]);
	}
	return n;
}

int64_t
settle_at(const struct ca_flow *c)
{
	int64_t wait = c->in_flight > STORE_WAIT_MS ? (int64_t)c->in_flight : STORE_WAIT_MS;

	wait = wait < STORE_WAIT_MAX_MS ? wait : STORE_WAIT_MAX_MS;
	if (c->n_unstored == 0)
		return NEVER;
	if (c->in_flight == 0 || c->n_unstored >= STORE_SOME)
		return c->flow->now;
	return c->unstored_since + wait;
}

/* Answers that come one by one share a commit. */
static void
store(struct ca_flow *c)
{
	size_t at = 0;
	struct err e;

	if (settle_at(c) > c->flow->now || !c->flow->db_ok)
		return;
	FAILPOINT("answered");
	while (at < c->n_unstored && c->flow->db_ok) {
		size_t n = c->n_unstored - at < LIM_BATCH_ITEMS ? c->n_unstored - at : LIM_BATCH_ITEMS;

		if (store_some(c, at, n, &e) == 0) {
			for (size_t i = 0; i < n; i++)
				stored(c, c->unstored[at + i]);
			at += n;
			continue;
		}
		flow_db_failed(c->flow, "queue.done", &e);
		if (c->flow->db_ok)
			at += store_one_by_one(c, at, n);
	}
	FAILPOINT("stored");
	for (size_t i = at; i < c->n_unstored; i++)
		c->unstored[i - at] = c->unstored[i];
	c->n_unstored -= at;
	c->flow->audit.look = true;
}

/* Operators see a circuit that opened or closed, not each probe. */
static void
tell_circuit(struct ca_flow *c)
{
	enum circuit now = c->breaker.state == CIRCUIT_CLOSED ? CIRCUIT_CLOSED : CIRCUIT_OPEN;
	struct log_line l;
	struct err e;

	if (!c->heard || c->told == (int)now || !c->flow->db_ok)
		return;
	if (now == CIRCUIT_CLOSED)
		err_clear(&c->why);
	if (work_circuit(c->flow->db, c->o.name, now, &c->why, &e) != 0) {
		flow_db_failed(c->flow, "ca.circuit", &e);
		if (!c->flow->db_ok)
			return;
	}
	c->told = (int)now;
	log_begin(&l, now == CIRCUIT_OPEN ? LOG_WARN : LOG_NOTICE, now == CIRCUIT_OPEN ? "ca.away" : "ca.there");
	log_str(&l, "ca", c->o.name);
	if (now == CIRCUIT_OPEN)
		log_err(&l, &c->why);
	log_end(&l);
}

static void
note(struct ca_flow *c)
{
	struct flow *f = c->flow;
	struct err e;

	/* the first one says that there is such a CA */
	if (!f->db_ok || (c->noted_at != 0 && (f->now - c->noted_at < HEALTH_EVERY_MS ||
	    (c->last_error.reason == R_NONE && c->latency_ms < 0))))
		return;
	c->noted_at = f->now;
	if (work_ca_note(f->db, c->o.name, &c->last_error, c->latency_ms, &e) != 0) {
		flow_db_failed(f, "ca.note", &e);
		return;
	}
	err_clear(&c->last_error);
	c->latency_ms = -1;
}

void
settle_turn(struct ca_flow *c)
{
	fetch(c);
	store(c);
	tell_circuit(c);
	note(c);
}
