/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/upstream/upstream.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "tests/unit/net_http/peer.h"
#include "tests/unit/unit.h"

#define TURNS 400		/* of 10 ms: beyond that something hangs */
#define LINE_MS 300
#define CMP_TYPE "Content-Type: application/pkixcmp\r\n"

struct rig {
	struct upstream_pool *pool;
	struct upstream up;
};

static void
rig_open(struct rig *r, const char *url, size_t parallel, long timeout_ms)
{
	const struct upstream_http o = { .url = url, .parallel = parallel, .timeout_ms = timeout_ms,
	    .line_ms = LINE_MS };
	struct err e;

	CU_ASSERT_EQUAL_FATAL(upstream_pool_new(4, &r->pool, &e), 0);
	CU_ASSERT_EQUAL_FATAL(upstream_http_new(r->pool, &o, &r->up, &e), 0);
}

static void
rig_close(struct rig *r)
{
	r->up.free(r->up.self);
	upstream_pool_free(r->pool);
}

static struct upstream_call *
await(struct rig *r)
{
	struct upstream_call *c = NULL;

	for (int i = 0; i < TURNS && (c = r->up.turn(r->up.self)) == NULL; i++)
		upstream_pool_wait(r->pool, 10, -1);
	return c;
}

/* One message to a peer that gives that answer, then closes. */
static void
hear(const char *answer, struct upstream_call *c)
{
	const char *answers[] = { answer, NULL };
	struct peer p = { .answer = answers, .close_after = true };
	struct rig r;

	memset(c, 0, sizeof(*c));
	c->message = mem_str("message");
	peer_start(&p);
	rig_open(&r, p.url, 1, 2000);
	r.up.start(r.up.self, c);
	CU_ASSERT_PTR_EQUAL(await(&r), c);
	CU_ASSERT_PTR_NULL(r.up.turn(r.up.self));
	if (atomic_load(&p.requests) > 0)
		CU_ASSERT_PTR_NOT_NULL(strstr(p.last, "Content-Type: application/pkixcmp\r\n"));
	rig_close(&r);
	peer_stop(&p);
}

static void
a_cmp_body_is_an_answer_also_with_an_http_error(void)
{
	static const struct {
		const char *answer;
		int status;
	} row[] = {
		{ "HTTP/1.1 200 OK\r\n" CMP_TYPE "Content-Length: 3\r\n\r\nder", 200 },
		{ "HTTP/1.1 200 OK\r\nContent-Type: Application/PKIXCMP; x=y\r\nContent-Length: 3\r\n\r\nder", 200 },
		{ "HTTP/1.1 400 Bad\r\n" CMP_TYPE "Content-Length: 3\r\n\r\nder", 400 },
		{ "HTTP/1.1 503 No\r\n" CMP_TYPE "Retry-After: 7\r\nContent-Length: 3\r\n\r\nder", 503 },
	};

	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct upstream_call c;

		hear(row[i].answer, &c);
		CU_ASSERT_EQUAL(c.outcome, UP_ANSWER);
		CU_ASSERT_EQUAL(c.http_status, row[i].status);
		CU_ASSERT_EQUAL(c.err.reason, R_NONE);
		CU_ASSERT_FALSE(c.gone);
		CU_ASSERT_TRUE(mem_eq(mem_of(&c.answer), mem_str("der")));
		blob_free(&c.answer);
	}
}

static void
what_http_says_for_itself_is_no_answer(void)
{
	static const struct {
		const char *answer;
		int status;
		int64_t retry_after;
		bool gone;
	} row[] = {
		{ "HTTP/1.1 503 No\r\nContent-Type: text/html\r\nRetry-After: 9\r\nContent-Length: 2\r\n\r\nno",
		    503, 9, true },
		{ "HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n", 429, 0, true },
		/* nobody signed this: it must not keep a CA's requests back for a year */
		{ "HTTP/1.1 503 No\r\nRetry-After: 31536000\r\nContent-Length: 0\r\n\r\n", 503, 3600, true },
		{ "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi", 200, 0, true },
		{ "HTTP/1.1 200 OK\r\n" CMP_TYPE "Content-Length: 0\r\n\r\n", 200, 0, true },
		{ "HTTP/1.1 302 Go\r\nLocation: /x\r\n" CMP_TYPE "Content-Length: 3\r\n\r\nder", 302, 0, true },
		{ "HTTP/1.1 413 Long\r\nContent-Length: 0\r\n\r\n", 413, 0, false },
	};

	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct upstream_call c;

		hear(row[i].answer, &c);
		CU_ASSERT_EQUAL(c.outcome, UP_TRANSPORT);
		CU_ASSERT_EQUAL(c.http_status, row[i].status);
		CU_ASSERT_EQUAL(c.retry_after, row[i].retry_after);
		CU_ASSERT_EQUAL(c.gone, row[i].gone);
		CU_ASSERT_EQUAL(c.err.reason, R_CA_HTTP);
		CU_ASSERT_PTR_NULL(c.answer.p);
	}
}

static void
an_answer_that_is_cut_or_never_comes_is_lost(void)
{
	static const struct {
		const char *answer;
		enum reason reason;
	} row[] = {
		{ PEER_CLOSE, R_CA_NO_ANSWER },
		{ "HTTP/1.1 200 OK\r\n" CMP_TYPE "Content-Length: 30\r\n\r\nder", R_CA_BAD_ANSWER },
		{ "gibberish\r\n\r\n", R_CA_BAD_ANSWER },
	};

	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct upstream_call c;

		hear(row[i].answer, &c);
		CU_ASSERT_EQUAL(c.outcome, UP_LOST);
		CU_ASSERT_EQUAL(c.err.reason, row[i].reason);
		CU_ASSERT_PTR_NULL(c.answer.p);
	}
}

static void
each_endpoint_has_its_own_time_limit(void)
{
	const char *answers[] = { PEER_SILENT, NULL };
	struct peer p = { .answer = answers };
	struct upstream_call c = { .message = mem_str("m") };
	struct rig r;

	peer_start(&p);
	rig_open(&r, p.url, 1, 100);
	r.up.start(r.up.self, &c);
	CU_ASSERT_PTR_EQUAL(await(&r), &c);
	CU_ASSERT_EQUAL(c.outcome, UP_LOST);
	rig_close(&r);
	peer_stop(&p);
}

static void
nobody_there_means_never_left_also_for_those_in_line(void)
{
	struct peer p = { .answer = (const char *[]){ NULL } };
	struct upstream_call c[4] = { 0 };
	struct rig r;

	peer_start(&p);
	peer_stop(&p);
	rig_open(&r, p.url, 2, 2000);
	CU_ASSERT_EQUAL(r.up.room(r.up.self), 4);
	for (size_t i = 0; i < 4; i++) {
		c[i].message = mem_str("m");
		r.up.start(r.up.self, &c[i]);
	}
	CU_ASSERT_EQUAL(r.up.room(r.up.self), 0);
	for (size_t i = 0; i < 4; i++) {
		struct upstream_call *got = await(&r);

		CU_ASSERT_PTR_NOT_NULL_FATAL(got);
		CU_ASSERT_EQUAL(got->outcome, UP_NEVER_LEFT);
		CU_ASSERT_TRUE(got->gone);
		CU_ASSERT_EQUAL(got->err.reason, R_CA_UNREACHABLE);
	}
	CU_ASSERT_EQUAL(r.up.room(r.up.self), 4);
	rig_close(&r);
}

static void
one_exchange_at_a_time_goes_over_one_kept_connection(void)
{
	static const char ok[] = "HTTP/1.1 200 OK\r\n" CMP_TYPE "Content-Length: 3\r\n\r\nder";
	const char *answers[] = { ok, ok, ok, NULL };
	struct peer p = { .answer = answers };
	struct upstream_call c[2] = { 0 };
	struct rig r;

	peer_start(&p);
	rig_open(&r, p.url, 1, 2000);
	for (size_t i = 0; i < 2; i++) {
		c[i].message = mem_str("m");
		r.up.start(r.up.self, &c[i]);
	}
	for (size_t i = 0; i < 2; i++) {
		CU_ASSERT_PTR_EQUAL(await(&r), &c[i]);
		CU_ASSERT_EQUAL(c[i].outcome, UP_ANSWER);
		blob_free(&c[i].answer);
	}
	CU_ASSERT_EQUAL(atomic_load(&p.connections), 1);
	rig_close(&r);
	peer_stop(&p);
}

static void
the_line_grows_with_what_is_answered_in_a_second(void)
{
	static const char ok[] = "HTTP/1.1 200 OK\r\n" CMP_TYPE "Content-Length: 3\r\n\r\nder";
	const char *answers[22] = { NULL };
	struct peer p = { .answer = answers };
	struct rig r;

	for (size_t i = 0; i < 20; i++)
		answers[i] = ok;
	peer_start(&p);
	rig_open(&r, p.url, 1, 2000);
	CU_ASSERT_EQUAL(r.up.room(r.up.self), 2);
	for (size_t i = 0; i < 20; i++) {
		struct upstream_call c = { .message = mem_str("m") };

		r.up.start(r.up.self, &c);
		CU_ASSERT_PTR_EQUAL(await(&r), &c);
		blob_free(&c.answer);
	}
	CU_ASSERT_TRUE(r.up.room(r.up.self) >= 1 + 10);		/* within this second or the last */
	rig_close(&r);
	peer_stop(&p);
}

static void
who_stood_in_line_for_too_long_never_leaves(void)
{
	const char *answers[] = { PEER_SILENT, NULL };
	struct peer p = { .answer = answers };
	struct upstream_call c[2] = { 0 };
	struct rig r;

	peer_start(&p);
	rig_open(&r, p.url, 1, 2 * LINE_MS);
	for (size_t i = 0; i < 2; i++) {
		c[i].message = mem_str("m");
		r.up.start(r.up.self, &c[i]);
	}
	CU_ASSERT_PTR_EQUAL(await(&r), &c[0]);
	CU_ASSERT_EQUAL(c[0].outcome, UP_LOST);
	CU_ASSERT_PTR_EQUAL(await(&r), &c[1]);
	CU_ASSERT_EQUAL(c[1].outcome, UP_NEVER_LEFT);
	CU_ASSERT_FALSE(c[1].gone);
	rig_close(&r);
	peer_stop(&p);
}

static void
a_wait_does_not_sleep_over_a_finished_call(void)
{
	struct peer p = { .answer = (const char *[]){ NULL } };
	struct upstream_call c[2] = { 0 };
	int64_t start;
	struct rig r;

	peer_start(&p);
	peer_stop(&p);
	rig_open(&r, p.url, 1, 2000);
	for (size_t i = 0; i < 2; i++) {
		c[i].message = mem_str("m");
		r.up.start(r.up.self, &c[i]);
	}
	CU_ASSERT_PTR_NOT_NULL(await(&r));	/* the second has been sent home with the first */
	start = clock_mono_ms();
	upstream_pool_wait(r.pool, 5000, -1);
	CU_ASSERT_TRUE(clock_mono_ms() - start < 2000);
	CU_ASSERT_PTR_NOT_NULL(r.up.turn(r.up.self));
	rig_close(&r);
}

static void
what_is_under_way_at_the_end_is_given_up(void)
{
	const char *answers[] = { PEER_SILENT, NULL };
	struct peer p = { .answer = answers };
	struct upstream_call c[2] = { 0 };
	struct rig r;

	peer_start(&p);
	rig_open(&r, p.url, 1, 5000);
	for (size_t i = 0; i < 2; i++) {
		c[i].message = mem_str("m");
		r.up.start(r.up.self, &c[i]);
	}
	upstream_pool_wait(r.pool, 20, -1);
	rig_close(&r);		/* the leak checker is the assertion */
	peer_stop(&p);
}

static void
answer_same(void *arg, struct upstream_call *c)
{
	struct err e;

	c->outcome = UP_ANSWER;
	CU_ASSERT_EQUAL(blob_set1(&c->answer, c->message, &e), 0);
	++*(int *)arg;
}

static void
memory_answers_in_order(void)
{
	struct upstream_call c[2] = { { .message = mem_str("a") }, { .message = mem_str("b") } };
	struct upstream up;
	struct err e;
	int n = 0;

	CU_ASSERT_EQUAL_FATAL(upstream_memory_new(answer_same, &n, &up, &e), 0);
	up.start(up.self, &c[0]);
	up.start(up.self, &c[1]);
	for (size_t i = 0; i < 2; i++) {
		CU_ASSERT_PTR_EQUAL(up.turn(up.self), &c[i]);
		CU_ASSERT_TRUE(mem_eq(mem_of(&c[i].answer), c[i].message));
		blob_free(&c[i].answer);
	}
	CU_ASSERT_PTR_NULL(up.turn(up.self));
	CU_ASSERT_EQUAL(n, 2);
	up.free(up.self);
}

static const struct unit_test tests[] = {
	UNIT(a_cmp_body_is_an_answer_also_with_an_http_error),
	UNIT(what_http_says_for_itself_is_no_answer),
	UNIT(an_answer_that_is_cut_or_never_comes_is_lost),
	UNIT(each_endpoint_has_its_own_time_limit),
	UNIT(nobody_there_means_never_left_also_for_those_in_line),
	UNIT(one_exchange_at_a_time_goes_over_one_kept_connection),
	UNIT(the_line_grows_with_what_is_answered_in_a_second),
	UNIT(who_stood_in_line_for_too_long_never_leaves),
	UNIT(a_wait_does_not_sleep_over_a_finished_call),
	UNIT(what_is_under_way_at_the_end_is_given_up),
	UNIT(memory_answers_in_order),
};
extern const struct unit_suite upstream_suite;
UNIT_SUITE(upstream_suite, tests);
