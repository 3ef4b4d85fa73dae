/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/flow/fake.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

/* --- back-end --- */

static int
backend_prepare(void *self, struct ca_item **items, size_t n, struct err *e)
{
	static const char *const step[] = { "enrol", "poll", "confirm" };
	char text[64];

	(void)self;
	if (fake.signer_away)
		return err_set(e, R_SIGNER_AWAY, "told to");
	for (size_t i = 0; i < n; i++) {
		CU_ASSERT_PTR_NOT_NULL(items[i]->row);
		err_clear(&items[i]->err);
		if (fake.refuse != R_NONE) {
			(void)err_set(&items[i]->err, fake.refuse, "told to");
			continue;
		}
		snprintf(text, sizeof(text), "%s %u of %02x", step[items[i]->step], ++fake.prepared,
		    items[i]->request.b[0]);
		CU_ASSERT_EQUAL(blob_set1(&items[i]->message, mem_str(text), e), 0);
	}
	return 0;
}

static void
backend_send(void *self, struct ca_item **items, size_t n)
{
	(void)self;
	for (size_t i = 0; i < n; i++) {
		CU_ASSERT_TRUE_FATAL(fake.n_flying < FAKE_ROWS && fake.sends < COUNT_OF(fake.sent));
		snprintf(fake.sent[fake.sends++], sizeof(fake.sent[0]), "%.*s", (int)items[i]->message.len,
		    (const char *)items[i]->message.p);
		items[i]->verdict = CV_NONE;
		fake.flying[fake.n_flying++] = items[i];
	}
}

static size_t
backend_room(void *self)
{
	(void)self;
	return fake.room - fake.n_flying;
}

static size_t
backend_turn(void *self, struct ca_item **done, size_t max)
{
	size_t n = 0;

	(void)self;
	while (!fake.hold && fake.n_flying > fake.held && n < max) {
		done[n] = fake.flying[--fake.n_flying];
		err_clear(&done[n]->err);
		done[n]->confirm = done[n]->ca_gone = done[n]->uncounted = done[n]->no_resend = false;
		done[n]->retry_after = 0;
		fake.answer(done[n++]);
	}
	return n;
}

const struct ca_backend fake_backend = {
	.name = "fake", .prepare = backend_prepare, .send = backend_send, .room = backend_room,
	.turn = backend_turn,
};

/* --- a CA that takes everything and says nothing --- */

static void
edge_send(void *self, struct ca_item **items, size_t n)
{
	(void)self;
	for (size_t i = 0; i < n; i++)
		fake.edge[fake.n_edge++] = items[i];
}

static size_t
edge_room(void *self)
{
	(void)self;
	return 4 - fake.n_edge;
}

static size_t
edge_turn(void *self, struct ca_item **done, size_t max)
{
	(void)self;
	(void)done;
	(void)max;
	return 0;
}

static const struct ca_backend edge_backend = {
	.name = "edge", .prepare = backend_prepare, .send = edge_send, .room = edge_room, .turn = edge_turn,
};

static void
heard(struct ca_item *it)
{
	struct err e;

	CU_ASSERT_EQUAL(blob_set1(&it->answer, mem_str("answer"), &e), 0);
}

void
fake_issue(struct ca_item *it)
{
	heard(it);
	it->verdict = it->step == CA_CONFIRM ? CV_CONFIRMED : CV_ISSUED;
	it->confirm = it->verdict == CV_ISSUED;
}

void
fake_issue_implicit(struct ca_item *it)
{
	heard(it);
	it->verdict = CV_ISSUED;
}

void
fake_lose(struct ca_item *it)
{
	it->verdict = CV_NO_ANSWER;
	(void)err_set(&it->err, R_CA_NO_ANSWER, "lost");
}

void
fake_gone(struct ca_item *it)
{
	it->verdict = CV_NEVER_LEFT;
	it->ca_gone = true;
	(void)err_set(&it->err, R_CA_UNREACHABLE, "refused");
}

void
fake_busy_http(struct ca_item *it)
{
	it->verdict = CV_NO_ANSWER;
	it->ca_gone = it->uncounted = true;
	it->retry_after = 7;
	(void)err_set(&it->err, R_CA_HTTP, "503");
}

void
fake_refuse(struct ca_item *it)
{
	heard(it);
	it->verdict = CV_REFUSED;
	(void)err_set(&it->err, R_CA_REFUSED, "badPOP");
}

void
fake_wait_once(struct ca_item *it)
{
	if (it->step != CA_ENROL) {
		fake_issue(it);
		return;
	}
	heard(it);
	it->verdict = CV_WAITING;
	it->check_after = 3;
}

void
fake_later(struct ca_item *it)
{
	heard(it);
	it->verdict = CV_AGAIN;
	(void)err_set(&it->err, R_CA_REFUSED, "systemFailure");
}

void
fake_bad_cert(struct ca_item *it)
{
	fake_issue(it);
	if (it->verdict != CV_ISSUED)
		return;
	it->verdict = CV_BAD_CERT;
	(void)err_set(&it->err, R_CA_WRONG_KEY, "another");
}

/* --- running --- */

static int
fake_audit(void *self, int64_t seq, const uint8_t prev[32], const struct mem *content, uint8_t (*mac)[32],
    size_t n, struct err *e)
{
	(void)self;
	(void)seq;
	(void)prev;
	(void)content;
	(void)mac;
	(void)n;
	return fake.signer_away ? err_set(e, R_SIGNER_AWAY, "told to") : 0;
}

static void
fake_wait(void *self, int wait_ms, int wake_fd)
{
	(void)self;
	(void)wake_fd;
	fake.now += wait_ms;
}

void
fake_reset(void)
{
	fake = (struct fake){ .now = 1000000, .room = 32, .answer = fake_issue, .circuit = -1 };
}

struct fake_row *
fake_add(enum request_state state)
{
	struct fake_row *r = &fake.row[fake.n_rows++];

	CU_ASSERT_TRUE_FATAL(fake.n_rows <= FAKE_ROWS);
	*r = (struct fake_row){ .ca = "core", .state = state, .due = fake.now, .attempt = 1 };
	r->id.b[0] = (uint8_t)fake.n_rows;
	fake.notified = true;
	return r;
}

static struct flow *
flow_of(size_t n_cas, double rate)
{
	static struct flow_ca ca[2];
	struct flow_options o = {
		.db = { .url = "", .role = "nemra_dispatch" },
		.cas = ca, .n_cas = n_cas, .wait = fake_wait, .audit = fake_audit, .wake_fd = -1,
	};
	struct flow *f = NULL;
	struct err e;

	ca[0] = ca[1] = (struct flow_ca){ .name = "core", .backend = &fake_backend, .batch_max = 8,
	    .batch_wait_ms = 100, .rate = rate, .timeout_ms = 5000 };
	ca[1].name = "edge";
	ca[1].backend = &edge_backend;
	CU_ASSERT_EQUAL_FATAL(flow_new(&o, &f, &e), 0);
	return f;
}

struct flow *
fake_flow_rate(double rate)
{
	return flow_of(1, rate);
}

struct flow *
fake_flow_two(void)
{
	return flow_of(2, 0);
}

struct flow *
fake_flow(void)
{
	return fake_flow_rate(0);
}

void
fake_settle(struct flow *f)
{
	for (int i = 0; i < 100; i++)
		if (flow_turn(f) > 0)
			return;
	CU_FAIL("it turns for ever without waiting");
}

void
fake_run(struct flow *f, int64_t ms)
{
	int64_t until = fake.now + ms;
	unsigned turns = 0;

	while (fake.now < until) {
		int wait = flow_turn(f);

		if (wait > until - fake.now)
			wait = (int)(until - fake.now);
		flow_wait(f, wait);
		CU_ASSERT_TRUE_FATAL(++turns < 20000);	/* it does not spin */
	}
}
