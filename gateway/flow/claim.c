/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * When to claim, and how much. A queue that is idle is served at once; under load rows wait for company, so
 * that the database's work is shared. Nobody looks at the queue without a reason: a NOTIFY, an
 * answer that made room, or the moment when the next row is due.
 */
#include "common/base/failpoint.h"
#include "gateway/flow/internal.h"
#include "gateway/flow/retry.h"

#define STOLEN_MS 1000		/* others hold what is due: they may die */
#define BROKEN_MS 5000		/* the database refuses a statement */

static void
look_again_at(struct ca_flow *c, int64_t at)
{
	c->look = false;
	c->look_at = at;
}

static void
failed(struct ca_flow *c, const char *what, const struct err *e)
{
	look_again_at(c, c->flow->now + BROKEN_MS);
	flow_db_failed(c->flow, what, e);
}

/* How many messages may be under way more, as far as the back-end and the endpoint's health go. */
static size_t
room(struct ca_flow *c)
{
	size_t n = c->o.backend->room(c->o.backend->self);
	size_t allowed = breaker_allows(&c->breaker, c->in_flight, c->flow->now);

	n = n < allowed ? n : allowed;
	return n < c->o.batch_max ? n : c->o.batch_max;
}

/*
 * By size or age, but never later than it makes sense: at once when nothing is under way, or when rows of ours wait
 * for their next step; and not for a few places while most of them are taken.
 */
static bool
must_go(const struct ca_flow *c)
{
	return c->in_flight == 0 || c->hurry;
}

/* Known without asking the database, which would be asked after each upload and each answer. */
static bool
waits(struct ca_flow *c, size_t n)
{
	if (must_go(c))
		return false;
	if (n < c->in_flight) {
		look_again_at(c, NEVER);
		return true;
	}
	if (c->flow->now >= c->company_until)
		return false;
	look_again_at(c, c->company_until);
	return true;
}

static bool
batch_is_ready(struct ca_flow *c, const struct work_due *d, size_t n)
{
	if (must_go(c) || d->due >= n || d->oldest_ms >= c->o.batch_wait_ms)
		return true;
	c->company_until = c->flow->now + c->o.batch_wait_ms - d->oldest_ms;
	look_again_at(c, c->company_until);
	return false;
}

/* How many to claim now; 0: look_again_at() has been said. */
static size_t
claim_size(struct ca_flow *c)
{
	struct flow *f = c->flow;
	size_t n = room(c), allowed;
	struct work_due d;
	bool paused;
	struct err e;

	if (n == 0 || f->now < c->signer_at) {
		look_again_at(c, n == 0 ? breaker_next(&c->breaker) : c->signer_at);
		return 0;
	}
	if (waits(c, n))
		return 0;
	if (work_ca_paused(f->db, c->o.name, &paused, &e) != 0 ||
	    work_due(f->db, c->o.name, n, &d, &e) != 0) {
		failed(c, "queue.look", &e);
		return 0;
	}
	if (paused || d.due == 0) {
		look_again_at(c, paused || d.next_ms < 0 ? NEVER : f->now + d.next_ms);
		return 0;
	}
	if (!batch_is_ready(c, &d, n))
		return 0;
	n = n < d.due ? n : d.due;
	if (pace_take(&c->pace, f->db, n, f->now, &allowed, &e) != 0) {
		failed(c, "pace.take", &e);
		return 0;
	}
	if (allowed == 0)
		look_again_at(c, c->pace.at);
	return allowed;
}

/* Long enough for one that stands in line to the last moment, behind an exchange that takes all its time, as it does
 * itself. */
static int
lease_s(const struct ca_flow *c)
{
	return (int)((2 * c->o.timeout_ms + FLOW_LINE_MS) / 1000);
}

void
claim_turn(struct ca_flow *c)
{
	struct flow *f = c->flow;
	struct work *w = NULL;
	size_t n, got = 0;
	struct err e;

	if (f->now >= c->look_at)
		c->look = true;
	if (!c->look || !f->db_ok || f->stopping)
		return;
	n = claim_size(c);
	if (n == 0)
		return;
	c->hurry = false;
	if (work_claim(f->db, c->o.name, n, lease_s(c), &w, &got, &e) != 0) {
		failed(c, "queue.claim", &e);
		return;
	}
	FAILPOINT("claimed");
	if (got > 0) {
		dispatch(c, w, got);
		return;
	}
	work_free(w, 0);
	look_again_at(c, f->now + STOLEN_MS);
}
