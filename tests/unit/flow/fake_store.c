/* SPDX-License-Identifier: Apache-2.0 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"
#include "gateway/store/health.h"
#include "tests/unit/flow/fake.h"

struct fake fake;

/* --- clock --- */

int64_t
clock_mono_ms(void)
{
	return fake.now;
}

int64_t
clock_wall_us(void)
{
	return fake.now * 1000;
}

int64_t
clock_wall_s(void)
{
	return fake.now / 1000;
}

/* --- store --- */

struct db {
	int nothing;
};
static struct db the_db;

/* Fails before or after the work, as told. */
static bool
failing(enum fake_call c, bool after, struct err *e)
{
	if (!after)
		fake.calls[c]++;
	if (fake.away)
		return err_set(e, R_DB_AWAY, "away") != 0;
	if (fake.fail[c] == R_NONE || fake.fail_after[c] != after)
		return false;
	(void)err_set(e, fake.fail[c], "told to");
	if (fake.fail[c] == R_DB_AWAY)
		fake.away = true;
	fake.fail[c] = R_NONE;
	fake.fail_after[c] = false;
	return true;
}

int
db_open(const struct db_options *o, struct db **out, struct err *e)
{
	CU_ASSERT_STRING_EQUAL(o->role, "nemra_dispatch");
	if (failing(FAKE_OPEN, false, e))
		return -1;
	*out = &the_db;
	return 0;
}

int
db_reopen(struct db *db, struct err *e)
{
	(void)db;
	return failing(FAKE_REOPEN, false, e) ? -1 : 0;
}

void
db_close(struct db *db)
{
	(void)db;
}

bool
db_is_away(const struct db *db)
{
	(void)db;
	return fake.away;
}

int
db_listen(struct db *db, const char *channel, struct err *e)
{
	(void)db;
	(void)channel;
	(void)e;
	return 0;
}

int
db_fd(const struct db *db)
{
	(void)db;
	return -1;
}

int
db_drain(struct db *db, bool *notified, struct err *e)
{
	(void)db;
	if (failing(FAKE_DRAIN, false, e))
		return -1;
	*notified = fake.notified;
	fake.notified = false;
	return 0;
}

bool
db_in_transaction(const struct db *db)
{
	(void)db;
	return fake.in_transaction;
}

static bool
row_is_due(const struct fake_row *r)
{
	return r->due >= 0 && r->due <= fake.now && r->lease <= fake.now;
}

int
work_due(struct db *db, const char *ca, size_t max, struct work_due *out, struct err *e)
{
	(void)db;
	if (failing(FAKE_DUE, false, e))
		return -1;
	*out = (struct work_due){ .next_ms = -1 };
	for (size_t i = 0; i < fake.n_rows; i++) {
		const struct fake_row *r = &fake.row[i];
		int64_t at = r->lease > r->due ? r->lease : r->due;

		if (r->due < 0 || strcmp(r->ca, ca) != 0)
			continue;
		if (row_is_due(r) && out->due < max)
			out->due++;
		if (row_is_due(r) && fake.now - r->due > out->oldest_ms)
			out->oldest_ms = fake.now - r->due;
		if (!row_is_due(r) && (out->next_ms < 0 || at - fake.now < out->next_ms))
			out->next_ms = at - fake.now;
	}
	return 0;
}

static void
fill_work(struct work *w, const struct fake_row *r)
{
	struct err e;

	w->request = r->id;
	w->station = xstrdup("gnb-1");
	w->profile = xstrdup("gnb");
	w->state = r->state;
	w->epoch = r->epoch;
	w->tries = r->tries;
	w->item.request = r->id;
	w->item.station = w->station;
	w->item.profile = w->profile;
	w->item.attempt = r->attempt;
	w->item.step = r->step;
	w->item.reject = r->reject;
	if (r->message[0] != '\0')
		CU_ASSERT_EQUAL_FATAL(blob_set1(&w->item.message, mem_str(r->message), &e), 0);
}

int
work_claim(struct db *db, const char *ca, size_t max, int lease_s, struct work **out, size_t *n,
    struct err *e)
{
	(void)db;
	if (failing(FAKE_CLAIM, false, e))
		return -1;
	*n = 0;
	*out = xcalloc(max, sizeof(**out));
	for (size_t i = 0; i < fake.n_rows && *n < max; i++) {
		struct fake_row *r = &fake.row[i];

		if (!row_is_due(r) || strcmp(r->ca, ca) != 0)
			continue;
		r->epoch++;
		r->lease = fake.now + lease_s * 1000;
		fill_work(&(*out)[(*n)++], r);
	}
	return 0;
}

void
work_free(struct work *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(w[i].station);
		free(w[i].profile);
		ca_item_free(&w[i].item);
	}
	free(w);
}

/* Compare and set: NULL, and the row lost, when somebody else has it. */
static struct fake_row *
still_ours(struct work *w)
{
	for (size_t i = 0; i < fake.n_rows; i++) {
		struct fake_row *r = &fake.row[i];

		if (memcmp(&r->id, &w->request, sizeof(r->id)) != 0)
			continue;
		if (r->epoch == w->epoch && r->state == w->state)
			return r;
	}
	w->lost = true;
	return NULL;
}

static void
apply(struct fake_row *r, enum request_event ev)
{
	struct err e;

	CU_ASSERT_EQUAL(request_apply(&r->state, ev, &e), 0);
}

int
work_prepared(struct db *db, struct work **w, size_t n, struct err *e)
{
	(void)db;
	if (failing(FAKE_PREPARED, false, e))
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct fake_row *r = still_ours(w[i]);

		if (r == NULL)
			continue;
		apply(r, EV_PREPARED);
		w[i]->state = r->state;
		r->tries = 0;
		snprintf(r->message, sizeof(r->message), "%.*s", (int)w[i]->item.message.len,
		    (const char *)w[i]->item.message.p);
	}
	return failing(FAKE_PREPARED, true, e) ? -1 : 0;
}

int
work_sent(struct db *db, struct work **w, size_t n, struct err *e)
{
	(void)db;
	if (failing(FAKE_SENT, false, e))
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct fake_row *r = still_ours(w[i]);

		if (r == NULL)
			continue;
		CU_ASSERT_NOT_EQUAL(r->message[0], '\0');
		apply(r, EV_SENT);
		w[i]->state = r->state;
		w[i]->item.resent = r->tries > 0;	/* as far as the store counts */
		w[i]->tries = ++r->tries;
	}
	return failing(FAKE_SENT, true, e) ? -1 : 0;
}

static void
next_message(struct fake_row *r, enum ca_step step)
{
	r->step = step;
	r->message[0] = '\0';
	r->tries = 0;
}

static void
done_issued(struct fake_row *r, const struct ca_item *it)
{
	apply(r, EV_ISSUED);
	if (it->confirm) {
		next_message(r, CA_CONFIRM);
	} else {
		apply(r, EV_CONFIRMED);
		r->due = -1;
	}
}

static void
done_confirmed(struct fake_row *r, const struct ca_item *it)
{
	if (it->reject) {
		apply(r, EV_ANSWER_LOST);
		return;
	}
	apply(r, EV_CONFIRMED);
	r->due = -1;
}

static void
done_row(struct fake_row *r, const struct ca_item *it)
{
	switch (it->verdict) {
	case CV_ISSUED:
		done_issued(r, it);
		return;
	case CV_WAITING:
		apply(r, EV_WAITING);
		next_message(r, CA_POLL);
		return;
	case CV_CONFIRMED:
		done_confirmed(r, it);
		return;
	case CV_REFUSED:
		apply(r, it->step == CA_CONFIRM ? EV_ANSWER_LOST : EV_REFUSED);
		r->due = it->step == CA_CONFIRM ? r->due : -1;
		return;
	case CV_AGAIN:
		apply(r, EV_RETRIED);
		next_message(r, CA_ENROL);
		r->attempt++;
		return;
	case CV_BAD_CERT:
		apply(r, EV_ANSWER_LOST);
		next_message(r, CA_CONFIRM);
		r->reject = true;
		return;
	case CV_NEVER_LEFT:
		apply(r, EV_NEVER_LEFT);
		r->tries--;
		return;
	case CV_NO_ANSWER:
		if (it->step == CA_ENROL || it->no_resend)
			apply(r, EV_ANSWER_LOST);
		r->tries -= it->uncounted ? 1 : 0;
		return;
	case CV_NONE:
		CU_FAIL("an outcome without verdict");
	}
}

int
work_done(struct db *db, struct work **w, const int64_t *delay_ms, size_t n, struct err *e)
{
	(void)db;
	if (failing(FAKE_DONE, false, e))
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct fake_row *r = still_ours(w[i]);

		if (r == NULL)
			continue;
		r->due = delay_ms[i] < 0 ? -1 : fake.now + delay_ms[i];
		r->lease = 0;
		r->reason = w[i]->item.err.reason;
		done_row(r, &w[i]->item);
		r->epoch++;	/* the claim has ended */
	}
	return failing(FAKE_DONE, true, e) ? -1 : 0;
}

int
work_release(struct db *db, struct work **w, const int64_t *delay_ms, size_t n, const struct err *why,
    struct err *e)
{
	(void)db;
	if (failing(FAKE_RELEASE, false, e))
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct fake_row *r = still_ours(w[i]);

		if (r == NULL)
			continue;
		r->due = delay_ms[i] < 0 ? -1 : fake.now + delay_ms[i];
		r->lease = 0;
		r->reason = why->reason;
	}
	return 0;
}

int
work_refuse(struct db *db, struct work **w, size_t n, struct err *e)
{
	(void)db;
	if (failing(FAKE_REFUSE, false, e))
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct fake_row *r = still_ours(w[i]);

		if (r == NULL)
			continue;
		apply(r, EV_REFUSED);
		r->due = -1;
		r->reason = w[i]->item.err.reason;
	}
	return 0;
}

int
work_tokens(struct db *db, const char *ca, double rate, double burst, uint32_t want, uint32_t *got,
    int64_t *wait_ms, struct err *e)
{
	(void)db;
	(void)ca;
	(void)burst;
	if (failing(FAKE_TOKENS, false, e))
		return -1;
	*got = fake.tokens < want ? (uint32_t)fake.tokens : want;
	fake.tokens -= *got;
	*wait_ms = *got > 0 ? 0 : (int64_t)(1000 / rate);
	return 0;
}

int
work_circuit(struct db *db, const char *ca, enum circuit c, const struct err *why, struct err *e)
{
	(void)db;
	(void)ca;
	(void)why;
	if (failing(FAKE_CIRCUIT, false, e))
		return -1;
	fake.circuit = (int)c;
	return 0;
}

int
work_ca_paused(struct db *db, const char *ca, bool *paused, struct err *e)
{
	(void)db;
	(void)ca;
	(void)e;
	*paused = fake.paused;
	return 0;
}

int
work_audit_lock(struct db *db, bool *mine, struct err *e)
{
	(void)db;
	(void)e;
	*mine = !fake.lock_elsewhere;
	return 0;
}

int
work_audit_unlinked(struct db *db, size_t max, struct audit_row **rows, size_t *n, int64_t *seq,
    uint8_t head[32], struct err *e)
{
	(void)db;
	(void)e;
	*n = fake.unlinked < max ? fake.unlinked : max;
	*rows = xcalloc(*n, sizeof(**rows));
	*seq = 0;
	memset(head, 0, 32);
	return 0;
}

int
work_audit_link(struct db *db, const struct audit_row *rows, const uint8_t (*mac)[32], size_t n,
    int64_t seq, const uint8_t prev[32], struct err *e)
{
	(void)db;
	(void)rows;
	(void)mac;
	(void)seq;
	(void)prev;
	if (failing(FAKE_LINK, false, e))
		return -1;
	fake.unlinked -= n;
	return 0;
}

void
work_audit_free(struct audit_row *rows, size_t n)
{
	(void)n;
	free(rows);
}

/* --- health --- */

int
work_ca_note(struct db *db, const char *ca, const struct err *why, int64_t latency_ms, struct err *e)
{
	(void)db;
	(void)ca;
	(void)latency_ms;
	if (fake.away)
		return err_set(e, R_DB_AWAY, "away");
	fake.noted = why->reason;
	fake.notes++;
	return 0;
}

void
health_set(const char *part, const struct err *why, int64_t value)
{
	(void)value;
	if (strcmp(part, "signer") == 0)
		fake.signer = why != NULL ? why->reason : R_NONE;
}

int
health_turn(struct db *db, struct err *e)
{
	(void)db;
	return fake.away ? err_set(e, R_DB_AWAY, "away") : 0;
}

int64_t
health_next_ms(void)
{
	return HEALTH_EVERY_MS;
}

void
health_goodbye(struct db *db)
{
	(void)db;
	fake.goodbyes++;
}
